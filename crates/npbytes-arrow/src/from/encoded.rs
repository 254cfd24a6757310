//! Dictionaries and runs: which of their values each row is.

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type, RunEndIndexType};
use arrow_array::{Array, ArrayRef, RunArray};
use arrow_buffer::{ArrowNativeType, NullBuffer};
use arrow_schema::DataType;

use super::memory::Budget;
use crate::{Error, Result};

/// The values of a dictionary or of runs.
pub(super) fn values(array: &ArrayRef) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(..) => Some(array.as_any_dictionary_opt()?.values().clone()),
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => Some(array.as_run_opt::<Int16Type>()?.values().clone()),
            DataType::Int32 => Some(array.as_run_opt::<Int32Type>()?.values().clone()),
            DataType::Int64 => Some(array.as_run_opt::<Int64Type>()?.values().clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Which value each row is, and which rows are none. Rows that are null may lead anywhere.
pub(super) struct Keys {
    pub(super) values: ArrayRef,
    pub(super) keys: Vec<usize>,
    pub(super) nulls: Option<NullBuffer>,
}

/// The keys of a dictionary or of runs.
pub(super) fn keys(array: &dyn Array, budget: &Budget) -> Result<Keys> {
    budget.check_count(array.len(), size_of::<usize>())?;
    let found = match array.data_type() {
        DataType::Dictionary(..) => array.as_any_dictionary_opt().map(|dictionary| {
            let values = dictionary.values().clone();
            let keys =
                if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
            Keys { values, keys, nulls: dictionary.keys().nulls().cloned() }
        }),
        DataType::RunEndEncoded(ends, _) => match ends.data_type() {
            DataType::Int16 => array.as_run_opt::<Int16Type>().map(runs),
            DataType::Int32 => array.as_run_opt::<Int32Type>().map(runs),
            DataType::Int64 => array.as_run_opt::<Int64Type>().map(runs),
            _ => None,
        },
        _ => None,
    };
    found.ok_or_else(|| Error::type_(format!("{} is no dictionary", array.data_type())))
}

fn runs<R: RunEndIndexType>(array: &RunArray<R>) -> Keys {
    let ends = array.run_ends();
    let (offset, mut run) = (ends.offset(), 0);
    let keys = (0..array.len()).map(|row| {
        while ends.values().get(run).is_some_and(|end| end.as_usize() <= offset + row) {
            run += 1;
        }
        run
    });
    Keys { keys: keys.collect(), values: array.values().clone(), nulls: None }
}
