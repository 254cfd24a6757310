//! NumPy to record batches.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{FieldRef, Schema};

use super::Batch;
use crate::to::{Metadata, to_columns};
use crate::{Column, Error, Result, ToArrow, Values, metadata, to_arrow};

/// Makes values a record batch: a structured array of one axis a column a field; anything else one column of that name.
///
/// The name of a structured array is in the schema's metadata, with what a column's has of other arrays. The mask of a
/// masked structured array is that of each column.
///
/// # Errors
/// As [`to_arrow`].
pub fn to_record_batch(name: &str, values: &Values, options: &ToArrow) -> Result<Batch> {
    let (array, masked) = match values {
        Values::Array(array) => (array, None),
        Values::Masked(masked) => (&masked.data, Some(masked)),
        Values::Objects(_) => return batch(vec![to_arrow(name, values, options)?]),
    };
    if array.dtype().fields().is_none() || array.ndim() != 1 {
        return batch(vec![to_arrow(name, values, options)?]);
    }
    let (columns, mut schema) = to_columns(array, masked, options)?;
    if !options.plain && !name.is_empty() {
        schema.insert(metadata::NAME.into(), name.into());
    }
    gathered(columns, array.len(), schema)
}

/// Makes the members of an archive one batch where they have as many rows as each other, else a batch a member. A
/// structured array is one column, a struct, so that it keeps the member's name.
///
/// # Errors
/// As [`to_arrow`], with the member's name as that of the column.
pub fn members_to_batches(members: &[(String, Values)], options: &ToArrow) -> Result<Vec<Batch>> {
    let columns = members.iter().map(|(name, values)| {
        to_arrow(name, values, options).map_err(|error| error.in_column(name))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let mut rows = columns.iter().map(|column| column.array.len());
    let first = rows.next();
    if rows.all(|rows| Some(rows) == first) {
        return Ok(vec![batch(columns)?]);
    }
    columns.into_iter().map(|column| batch(vec![column])).collect()
}

/// Columns of as many rows each.
fn batch(columns: Vec<Column>) -> Result<Batch> {
    let rows = columns.first().map_or(0, |column| column.array.len());
    gathered(columns, rows, Metadata::new())
}

fn gathered(columns: Vec<Column>, rows: usize, metadata: Metadata) -> Result<Batch> {
    let fields: Vec<FieldRef> = columns.iter().map(|column| column.field.clone()).collect();
    let copied = columns.iter().map(|column| column.copied).collect();
    let arrays = columns.into_iter().map(|column| column.array).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let batch = RecordBatch::try_new_with_options(schema, arrays, &options).map_err(Error::from)?;
    Ok(Batch { batch, copied })
}
