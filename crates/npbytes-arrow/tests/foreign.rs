//! Columns that know nothing of NumPy, as pyarrow writes them, become the arrays that NumPy would have.
//!
//! `data/from/make_foreign.py` has pyarrow write the columns and NumPy the arrays.
#![cfg(feature = "ipc")]
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use bytes::Bytes;
use npbytes::npy::{self, Contents};
use npbytes::{Array as NumPyArray, ArrayView, Limits, Order};
use npbytes_arrow::{FromArrow, Values, from_arrow, from_chunks, from_record_batch};

/// What a column should become.
enum Expected {
    Array(NumPyArray),
    Masked(NumPyArray, NumPyArray),
    Objects(Bytes),
}

fn columns() -> RecordBatch {
    let stream = &include_bytes!("data/from/foreign.arrows")[..];
    let mut reader = StreamReader::try_new(stream, None).unwrap();
    reader.next().unwrap().unwrap()
}

fn expected() -> Vec<Expected> {
    let mut rest = Bytes::from_static(include_bytes!("data/from/foreign.npy"));
    let options = npy::ReadOptions::with_limits(Limits::default());
    let mut expected = Vec::new();
    while !rest.is_empty() {
        let elements = match npy::decode_contents(&rest, &options) {
            Ok(Contents::Objects(pickle)) => {
                let bytes = rest.split_to(pickle.len());
                (None, bytes)
            }
            _ => {
                let (array, after) = npy::split(&rest, &options).unwrap();
                rest = after;
                (Some(array), Bytes::new())
            }
        };
        let (mask, after) = npy::split(&rest, &options).unwrap();
        rest = after;
        expected.push(match elements {
            (None, bytes) => Expected::Objects(bytes),
            (Some(array), _) if mask.ndim() == 0 => Expected::Array(array),
            (Some(array), _) => Expected::Masked(array, mask),
        });
    }
    expected
}

fn same(a: &ArrayView<'_>, b: &ArrayView<'_>) -> bool {
    a.dtype() == b.dtype()
        && a.shape() == b.shape()
        && a.to_bytes(Order::C).unwrap() == b.to_bytes(Order::C).unwrap()
}

fn same_where_seen(a: &ArrayView<'_>, b: &ArrayView<'_>, mask: &ArrayView<'_>) -> bool {
    if let Some(fields) = mask.dtype().fields() {
        return fields.iter().all(|field| {
            let name = field.name().as_str().unwrap();
            let [a, b, mask] = [a, b, mask].map(|view| view.field(name).unwrap());
            same_where_seen(&a, &b, &mask)
        });
    }
    a.dtype() == b.dtype()
        && (a.shape(), a.shape()) == (b.shape(), mask.shape())
        && a.elements()
            .zip(b.elements())
            .zip(mask.elements())
            .all(|((a, b), mask)| mask != [0] || a == b)
}

fn check(name: &str, found: &Values, expected: &Expected) {
    match (found, expected) {
        (Values::Array(found), Expected::Array(expected)) => {
            assert!(same(&found.view(), &expected.view()), "{name}: {found:?}, {expected:?}");
        }
        (Values::Masked(found), Expected::Masked(expected, mask)) => {
            assert!(same(&found.mask.view(), &mask.view()), "{name}: {found:?}");
            let [found, expected] = [&found.data, expected].map(NumPyArray::view);
            assert!(same_where_seen(&found, &expected, &mask.view()), "{name}: {found:?}");
        }
        (Values::Objects(found), Expected::Objects(expected)) => {
            let found = npy::encode_objects(found, &npy::WriteOptions::default()).unwrap();
            let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
            assert_eq!(text(&found), text(expected), "{name}");
        }
        (found, _) => panic!("{name}: {found:?}"),
    }
}

#[test]
fn every_type_of_pyarrow() {
    let (batch, expected) = (columns(), expected());
    assert_eq!(batch.num_columns(), expected.len());
    let found = from_record_batch(&batch, &FromArrow::default()).unwrap();
    assert_eq!(found.len(), expected.len());
    for ((name, found), expected) in found.iter().zip(&expected) {
        check(name, &found.values, expected);
        let noted = name.starts_with("time ") || name == "timestamp with zone";
        assert_eq!(!found.notes.is_empty(), noted, "{name}: {:?}", found.notes);
    }
}

/// The column behind other rows, and in pieces, is the column.
#[test]
fn slices_and_chunks_of_every_type() {
    let (batch, expected) = (columns(), expected());
    let schema = batch.schema();
    for ((field, column), expected) in schema.fields().iter().zip(batch.columns()).zip(&expected) {
        let options = FromArrow::default();
        // Five rows out of the middle of fifteen.
        let parts: [&dyn Array; 3] = [column, column, column];
        let long = concatenated(&parts);
        let middle = long.slice(5, 5);
        check(field.name(), &from_arrow(&middle, field, &options).unwrap().values, expected);
        let chunks: [ArrayRef; 4] =
            [column.slice(0, 2), column.slice(2, 0), column.slice(2, 1), long.slice(8, 2)];
        let back = from_chunks(&chunks, field, &options).unwrap();
        assert!(back.copied.any(), "{}", field.name());
        check(field.name(), &back.values, expected);
        // In structs: the fields of a slice of structs.
        let inner = Arc::new(arrow_schema::Field::clone(field).with_name("inner"));
        let structs = arrow_array::StructArray::new(vec![inner].into(), vec![long], None);
        let outer = arrow_schema::Field::new("outer", structs.data_type().clone(), false);
        let back = from_arrow(&structs.slice(5, 5), &outer, &options);
        match (back.map(|back| back.values), expected) {
            (Ok(Values::Array(back)), Expected::Array(expected)) => {
                assert!(
                    same(&back.view().field("inner").unwrap(), &expected.view()),
                    "{}",
                    field.name()
                );
            }
            (Ok(Values::Masked(back)), Expected::Masked(expected, mask)) => {
                let seen = back.mask.view().field("inner").unwrap();
                assert!(same(&seen, &mask.view()), "{}", field.name());
                let [back, expected] = [back.data.view().field("inner").unwrap(), expected.view()];
                assert!(same_where_seen(&back, &expected, &mask.view()), "{}", field.name());
            }
            (Ok(Values::Objects(_)), Expected::Objects(_)) => {}
            (other, _) => panic!("{}: {other:?}", field.name()),
        }
    }
}

fn concatenated(parts: &[&dyn Array]) -> ArrayRef {
    let data: Vec<_> = parts.iter().map(|part| part.to_data()).collect();
    let rows = data.iter().map(arrow_data::ArrayData::len).sum();
    let mut made = arrow_data::transform::MutableArrayData::new(data.iter().collect(), false, rows);
    for (i, part) in parts.iter().enumerate() {
        made.try_extend(i, 0, part.len()).unwrap();
    }
    arrow_array::make_array(made.freeze())
}
