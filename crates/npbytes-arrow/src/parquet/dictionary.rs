//! Which columns a dictionary pays for, by a sample of their values.
//!
//! Looking up each value in a table costs many times what writing it does, and where most values differ all of that is
//! for nothing: the writer gives up on a dictionary only once its page is full.

use std::collections::HashSet;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

/// How many values of a column are looked at.
const SAMPLE: usize = 2048;
/// A dictionary pays where a value comes at least so many times, on the average of the sample.
const TIMES: usize = 4;

/// For each leaf of the columns, in the order in which Parquet has them, whether a dictionary pays.
pub(super) fn pays(batch: &RecordBatch) -> Vec<bool> {
    let mut pays = Vec::new();
    for column in batch.columns() {
        leaves(column, &mut pays);
    }
    pays
}

fn leaves(array: &ArrayRef, pays: &mut Vec<bool>) {
    match array.data_type() {
        DataType::Struct(_) => {
            array.as_struct().columns().iter().for_each(|column| leaves(column, pays))
        }
        DataType::List(_) => leaves(array.as_list::<i32>().values(), pays),
        DataType::LargeList(_) => leaves(array.as_list::<i64>().values(), pays),
        DataType::FixedSizeList(..) => leaves(array.as_fixed_size_list().values(), pays),
        DataType::Map(..) => {
            array.as_map().entries().columns().iter().for_each(|column| leaves(column, pays));
        }
        _ => pays.push(repeats(array)),
    }
}

/// Whether the values of a leaf repeat, as far as a sample tells.
fn repeats(array: &ArrayRef) -> bool {
    match array.data_type() {
        // Of one bit or none, and those that are dictionaries already.
        DataType::Boolean | DataType::Null => false,
        DataType::Dictionary(..) => true,
        DataType::Utf8 => {
            sample(array, |index| array.as_string::<i32>().value(index).as_bytes().to_vec())
        }
        DataType::LargeUtf8 => {
            sample(array, |index| array.as_string::<i64>().value(index).as_bytes().to_vec())
        }
        DataType::Utf8View => {
            sample(array, |index| array.as_string_view().value(index).as_bytes().to_vec())
        }
        DataType::Binary => sample(array, |index| array.as_binary::<i32>().value(index).to_vec()),
        DataType::LargeBinary => {
            sample(array, |index| array.as_binary::<i64>().value(index).to_vec())
        }
        DataType::BinaryView => sample(array, |index| array.as_binary_view().value(index).to_vec()),
        DataType::FixedSizeBinary(_) => {
            sample(array, |index| array.as_fixed_size_binary().value(index).to_vec())
        }
        kind => {
            let Some(width) = kind.primitive_width() else { return true };
            let data = array.to_data();
            let Some(buffer) = data.buffers().first() else { return false };
            let start = data.offset().saturating_mul(width);
            sample(array, |index| {
                let start = start + index * width;
                buffer.get(start..start + width).unwrap_or_default().to_vec()
            })
        }
    }
}

fn sample(array: &ArrayRef, value: impl Fn(usize) -> Vec<u8>) -> bool {
    let len = array.len();
    let step = (len / SAMPLE).max(1);
    let (mut seen, mut looked) = (HashSet::new(), 0_usize);
    for index in (0..len).step_by(step).take(SAMPLE) {
        if array.is_valid(index) {
            seen.insert(value(index));
            looked += 1;
        }
    }
    seen.len().saturating_mul(TIMES) <= looked
}
