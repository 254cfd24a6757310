//! Record batches: columns by name, or the structured array that they were.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StructArray};
use arrow_schema::{DataType, Field};

use super::{Restored, from_arrow};
use crate::{FromArrow, Result, metadata};

/// Makes a record batch NumPy's again.
pub(crate) fn from_batch(
    batch: &RecordBatch,
    options: &FromArrow,
) -> Result<Vec<(String, Restored)>> {
    let schema = batch.schema_ref();
    if !options.plain && schema.metadata().contains_key(metadata::DTYPE) {
        let metadata = schema.metadata().clone();
        let name = metadata.get(metadata::NAME).cloned().unwrap_or_default();
        let rows = StructArray::try_new_with_length(
            schema.fields().clone(),
            batch.columns().iter().map(Arc::clone).collect(),
            None,
            batch.num_rows(),
        )?;
        let field = Field::new(name.as_str(), DataType::Struct(schema.fields().clone()), false)
            .with_metadata(metadata);
        let restored = from_arrow(&rows as &dyn Array, &field, options)?;
        return Ok(vec![(name, restored)]);
    }
    let columns = schema.fields().iter().zip(batch.columns());
    columns
        .map(|(field, column)| {
            Ok((field.name().clone(), from_arrow(column.as_ref(), field, options)?))
        })
        .collect()
}
