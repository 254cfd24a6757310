//! Several columns at once.

mod to;

use arrow_array::RecordBatch;

pub use to::{members_to_batches, to_record_batch};

use crate::{Copied, FromArrow, Restored, Result};

/// A record batch, and what was copied for it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Batch {
    /// The columns.
    pub batch: RecordBatch,
    /// Whether and why bytes were copied, a column each.
    pub copied: Vec<Copied>,
}

/// Makes a record batch NumPy's again: a structured array if it was one, else its columns by name.
///
/// The structured array has the name that it had, or the empty one.
///
/// # Errors
/// Those of [`from_arrow`](crate::from_arrow), which name the column.
pub fn from_record_batch(
    batch: &RecordBatch,
    options: &FromArrow,
) -> Result<Vec<(String, Restored)>> {
    crate::from::from_batch(batch, options)
}
