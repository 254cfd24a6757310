//! What Parquet has no type for, as one that it has: seconds as milliseconds.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{TimestampMillisecondType, TimestampSecondType};
use arrow_array::{
    Array, ArrayRef, FixedSizeListArray, LargeListArray, ListArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StructArray,
};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef, TimeUnit};

use crate::{Error, Result};

/// The key of a field's metadata under which the unit stands that the values had.
const UNIT: &str = "numpy.parquet_unit";
const SECONDS: &str = "s";
const FACTOR: i64 = 1000;

/// The schema as it is stored.
pub(super) fn stored_schema(schema: &Schema) -> Schema {
    map_schema(schema, &stored_leaf)
}

/// The schema as it was before it was stored.
pub(super) fn restored_schema(schema: &Schema) -> Schema {
    map_schema(schema, &restored_leaf)
}

/// A batch as it is stored.
///
/// # Errors
/// A time that is too far away for milliseconds.
pub(super) fn stored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    map_batch(batch, schema)
}

/// A batch as it was before it was stored.
///
/// # Errors
/// Milliseconds that were no seconds.
pub(super) fn restored(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    map_batch(batch, schema)
}

fn stored_leaf(field: &Field) -> Option<Field> {
    let DataType::Timestamp(TimeUnit::Second, zone) = field.data_type() else { return None };
    let mut metadata = field.metadata().clone();
    metadata.insert(UNIT.to_owned(), SECONDS.to_owned());
    let unit = DataType::Timestamp(TimeUnit::Millisecond, zone.clone());
    Some(field.clone().with_data_type(unit).with_metadata(metadata))
}

fn restored_leaf(field: &Field) -> Option<Field> {
    let DataType::Timestamp(TimeUnit::Millisecond, zone) = field.data_type() else { return None };
    let mut metadata = field.metadata().clone();
    metadata.remove(UNIT).filter(|unit| unit == SECONDS)?;
    let unit = DataType::Timestamp(TimeUnit::Second, zone.clone());
    Some(field.clone().with_data_type(unit).with_metadata(metadata))
}

type Leaf<'a> = &'a dyn Fn(&Field) -> Option<Field>;

fn map_schema(schema: &Schema, leaf: Leaf<'_>) -> Schema {
    let fields: Vec<FieldRef> =
        schema.fields().iter().map(|field| map_field(field, leaf)).collect();
    Schema::new_with_metadata(fields, schema.metadata().clone())
}

fn map_field(field: &FieldRef, leaf: Leaf<'_>) -> FieldRef {
    let inner = match field.data_type() {
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| map_field(field, leaf)).collect())
        }
        DataType::List(item) => DataType::List(map_field(item, leaf)),
        DataType::LargeList(item) => DataType::LargeList(map_field(item, leaf)),
        DataType::FixedSizeList(item, len) => DataType::FixedSizeList(map_field(item, leaf), *len),
        _ => return leaf(field).map_or_else(|| Arc::clone(field), Arc::new),
    };
    match inner == *field.data_type() {
        true => Arc::clone(field),
        false => Arc::new(field.as_ref().clone().with_data_type(inner)),
    }
}

/// The batch with the types of a schema.
fn map_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| {
        map_array(column, field).map_err(|error| error.in_column(field.name()))
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

fn map_array(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    if array.data_type() == field.data_type() {
        return Ok(Arc::clone(array));
    }
    Ok(match (array.data_type(), field.data_type()) {
        (
            DataType::Timestamp(TimeUnit::Second, _),
            DataType::Timestamp(TimeUnit::Millisecond, zone),
        ) => {
            let seconds = array.as_primitive::<TimestampSecondType>();
            let millis: PrimitiveArray<TimestampMillisecondType> = mapped(seconds, |seconds| {
                seconds.checked_mul(FACTOR).ok_or_else(|| {
                    Error::value(format!(
                        "{seconds} s is too far away for milliseconds, and Parquet has no seconds"
                    ))
                    .with_help("write an Arrow IPC file, which has them")
                })
            })?;
            Arc::new(millis.with_timezone_opt(zone.clone())) as ArrayRef
        }
        (
            DataType::Timestamp(TimeUnit::Millisecond, _),
            DataType::Timestamp(TimeUnit::Second, zone),
        ) => {
            let millis = array.as_primitive::<TimestampMillisecondType>();
            let seconds = mapped(millis, |millis| {
                if millis % FACTOR != 0 {
                    return Err(Error::metadata(format!(
                        "{UNIT} says seconds, and here are {millis} ms"
                    )));
                }
                Ok(millis / FACTOR)
            })?;
            let seconds: PrimitiveArray<TimestampSecondType> = seconds;
            Arc::new(seconds.with_timezone_opt(zone.clone()))
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let array = array.as_struct();
            let columns = array.columns().iter().zip(fields);
            let columns = columns.map(|(column, field)| {
                map_array(column, field).map_err(|error| error.in_column(field.name()))
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Arc::new(StructArray::try_new(fields.clone(), columns, array.nulls().cloned())?)
        }
        (DataType::List(_), DataType::List(item)) => {
            let array = array.as_list::<i32>();
            let values = map_array(array.values(), item)?;
            let (offsets, nulls) = (array.offsets().clone(), array.nulls().cloned());
            Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls)?)
        }
        (DataType::LargeList(_), DataType::LargeList(item)) => {
            let array = array.as_list::<i64>();
            let values = map_array(array.values(), item)?;
            let (offsets, nulls) = (array.offsets().clone(), array.nulls().cloned());
            Arc::new(LargeListArray::try_new(Arc::clone(item), offsets, values, nulls)?)
        }
        (DataType::FixedSizeList(..), DataType::FixedSizeList(item, len)) => {
            let array = array.as_fixed_size_list();
            let values = map_array(array.values(), item)?;
            let nulls = array.nulls().cloned();
            let rows = array.len();
            Arc::new(FixedSizeListArray::try_new_with_length(
                Arc::clone(item),
                *len,
                values,
                nulls,
                rows,
            )?)
        }
        // The same but for names and metadata, which the schema has.
        _ => Arc::clone(array),
    })
}

/// The values one by one, nulls left as they are.
fn mapped<I, O>(
    array: &PrimitiveArray<I>,
    value: impl Fn(i64) -> Result<i64>,
) -> Result<PrimitiveArray<O>>
where
    I: arrow_array::types::ArrowPrimitiveType<Native = i64>,
    O: arrow_array::types::ArrowPrimitiveType<Native = i64>,
{
    let nulls = array.nulls();
    let values = array.values().iter().enumerate().map(|(index, &old)| {
        match nulls.is_some_and(|nulls| nulls.is_null(index)) {
            true => Ok(0),
            false => value(old).map_err(|error| error.at_row(index as u64)),
        }
    });
    let values = values.collect::<Result<Vec<i64>>>()?;
    Ok(PrimitiveArray::try_new(values.into(), nulls.cloned())?)
}
