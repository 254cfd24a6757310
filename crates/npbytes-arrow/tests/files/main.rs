//! Files and messages of Arrow and Parquet: those that pyarrow made (`tests/data/files/make.py`), our own, and broken
//! ones.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod broken;
mod ipc;
mod parquet;
mod tensor;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, TimestampSecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use bytes::Bytes;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/files").join(name)
}

fn file(name: &str) -> Bytes {
    let path = path(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into()
}

/// All rows of a column as texts, null as `null`.
fn texts(batches: &[RecordBatch], name: &str) -> Vec<String> {
    let columns = batches.iter().map(|batch| batch.column_by_name(name).unwrap());
    columns.flat_map(|column| (0..column.len()).map(|row| text(column, row))).collect()
}

fn text(array: &ArrayRef, row: usize) -> String {
    use arrow_schema::DataType as D;
    if array.is_null(row) {
        return "null".into();
    }
    match array.data_type() {
        D::Int32 => array.as_primitive::<Int32Type>().value(row).to_string(),
        D::Float32 => format!("{:?}", array.as_primitive::<Float32Type>().value(row)),
        D::Float64 => format!("{:?}", array.as_primitive::<Float64Type>().value(row)),
        D::Timestamp(arrow_schema::TimeUnit::Second, _) => {
            array.as_primitive::<TimestampSecondType>().value(row).to_string()
        }
        D::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        D::Dictionary(..) => {
            let (keys, values) =
                (array.as_any_dictionary().normalized_keys(), array.as_any_dictionary());
            text(values.values(), keys[row])
        }
        D::List(_) => {
            let items: ArrayRef = array.as_list::<i32>().value(row);
            let items: Vec<String> = (0..items.len()).map(|row| text(&items, row)).collect();
            format!("[{}]", items.join(" "))
        }
        other => panic!("{other}"),
    }
}

/// Checks the rows that `columns()` of make.py has.
#[track_caller]
fn assert_columns(batches: &[RecordBatch], what: &str) {
    for (name, expected) in [
        ("i", ["1", "2", "null", "4", "5"]),
        ("f", ["0.5", "-0.0", "2.5", "NaN", "1e300"]),
        ("s", ["a", "bc", "null", "", "é"]),
        ("d", ["x", "y", "x", "x", "null"]),
        ("t", ["0", "1", "null", "-1", "2147483648"]),
        ("l", ["[1.5]", "[]", "null", "[2.5 3.5]", "[4.5]"]),
    ] {
        assert_eq!(texts(batches, name), expected, "{what}, column {name}");
    }
}

/// The batches, which have one schema.
fn schema_of(batches: &[RecordBatch]) -> SchemaRef {
    Arc::clone(&batches[0].schema())
}

/// `columns()` of make.py.
fn columns() -> Vec<RecordBatch> {
    let options = npbytes_arrow::ipc::ReadOptions::default();
    let file = npbytes_arrow::ipc::File::new(file("plain.arrow"), &options).unwrap();
    file.batches().collect::<Result<_, _>>().unwrap()
}
