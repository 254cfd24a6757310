//! Record batches as text, to be written: CSV, and one JSON object a line.
//!
//! CSV has no columns in columns: those of a struct become `name.field`, the elements of a row of an array `name_0`,
//! `name_1` and so on, `name_0_1` where it has more axes, and the parts of a complex number `name.re` and `name.im`.
//! Nulls are empty. JSON keeps lists and structs as they are; what it has no number for (NaN, infinities) is null there.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{Int32Array, RecordBatch};
//! use arrow_schema::{DataType, Field, Schema};
//! use npbytes_arrow::text;
//! let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
//! let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int32Array::from(vec![1, 2]))])?;
//! let mut writer = text::Writer::new(Vec::new(), &schema, text::Format::Csv)?;
//! writer.write(&batch)?;
//! assert_eq!(writer.finish()?, b"x\n1\n2\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, make_array};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use crate::{Error, Result, metadata};

/// The most columns of CSV that one column of Arrow becomes.
const MOST_COLUMNS: usize = 1 << 14;

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Values separated by commas, below a line of names.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// Writes record batches of one schema as text.
pub struct Writer<W: Write>(Inner<W>);

enum Inner<W: Write> {
    Csv(Box<arrow_csv::Writer<W>>, SchemaRef),
    Ndjson(arrow_json::LineDelimitedWriter<W>),
}

impl<W: Write> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let format = match &self.0 {
            Inner::Csv(..) => Format::Csv,
            Inner::Ndjson(_) => Format::Ndjson,
        };
        f.debug_struct("Writer").field("format", &format).finish()
    }
}

impl<W: Write> Writer<W> {
    /// Writes the names of the columns, if it is CSV.
    ///
    /// # Errors
    /// Columns that CSV cannot have: lists of different lengths, and rows of more than 16384 elements; those of the
    /// target.
    pub fn new(target: W, schema: &Schema, format: Format) -> Result<Self> {
        Ok(Self(match format {
            Format::Csv => {
                let mut fields = Vec::new();
                for field in schema.fields() {
                    let mut names = Vec::new();
                    flat_fields(field, field.name(), &mut names)
                        .map_err(|error| error.in_column(field.name()))?;
                    fields.extend(names);
                }
                let schema = Arc::new(Schema::new(fields));
                let mut writer = arrow_csv::WriterBuilder::new().with_header(true).build(target);
                writer.write(&RecordBatch::new_empty(Arc::clone(&schema)))?;
                Inner::Csv(Box::new(writer), schema)
            }
            Format::Ndjson => {
                let builder = arrow_json::WriterBuilder::new().with_explicit_nulls(true);
                Inner::Ndjson(builder.build(target))
            }
        }))
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// Values that there is no text for, and those of the target.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.0 {
            Inner::Csv(writer, schema) => {
                let mut columns = Vec::with_capacity(schema.fields().len());
                for (column, field) in batch.columns().iter().zip(batch.schema().fields()) {
                    flat_columns(column, field, &mut columns)
                        .map_err(|error| error.in_column(field.name()))?;
                }
                let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
                let schema = Arc::clone(schema);
                let batch = RecordBatch::try_new_with_options(schema, columns, &options)?;
                writer.write(&batch)?;
            }
            Inner::Ndjson(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// Flushes the target and returns it.
    ///
    /// # Errors
    /// Those of the target.
    pub fn finish(self) -> Result<W> {
        let mut target = match self.0 {
            Inner::Csv(writer, _) => writer.into_inner(),
            Inner::Ndjson(mut writer) => {
                writer.finish()?;
                writer.into_inner()
            }
        };
        target.flush()?;
        Ok(target)
    }
}

/// The names that the elements of a fixed list have behind that of the list.
fn item_names(list: &Field, len: usize) -> Vec<String> {
    let is_complex = list
        .metadata()
        .get(metadata::EXTENSION_NAME)
        .is_some_and(|name| name.starts_with("npbytes.complex"));
    if is_complex && len == 2 {
        return vec![".re".into(), ".im".into()];
    }
    (0..len).map(|index| format!("_{index}")).collect()
}

/// How long the rows of a tensor are along each axis, where the list is one.
fn tensor_axes(list: &Field, len: usize) -> Vec<usize> {
    let text = list.metadata().get(metadata::EXTENSION_METADATA);
    let is_tensor = list
        .metadata()
        .get(metadata::EXTENSION_NAME)
        .is_some_and(|name| name == "arrow.fixed_shape_tensor");
    let parsed = text.filter(|_| is_tensor);
    let parsed = parsed.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let axis = |axis: &serde_json::Value| axis.as_u64().and_then(|axis| usize::try_from(axis).ok());
    let axes = parsed.as_ref().and_then(|parsed| {
        // Of axes in another order than memory only the places in memory are named.
        if ["permutation", "permutations"]
            .iter()
            .any(|key| parsed.get(key).is_some_and(|p| !p.is_null()))
        {
            return None;
        }
        parsed.get("shape")?.as_array()?.iter().map(axis).collect::<Option<Vec<_>>>()
    });
    let product = |axes: &Vec<usize>| axes.iter().try_fold(1_usize, |n, &axis| n.checked_mul(axis));
    axes.filter(|axes| axes.len() > 1 && product(axes) == Some(len)).unwrap_or_else(|| vec![len])
}

/// The names of the elements of a row: of a tensor by axes.
fn names_of(list: &Field, len: usize) -> Vec<String> {
    let axes = tensor_axes(list, len);
    if axes.len() < 2 {
        return item_names(list, len);
    }
    (0..len)
        .map(|index| {
            let mut rest = index;
            let mut parts: Vec<String> = Vec::new();
            for &axis in axes.iter().rev() {
                parts.push(format!("_{}", rest % axis.max(1)));
                rest /= axis.max(1);
            }
            parts.reverse();
            parts.concat()
        })
        .collect()
}

fn flat_fields(field: &Field, name: &str, fields: &mut Vec<FieldRef>) -> Result<()> {
    match field.data_type() {
        DataType::Struct(inner) => {
            for field in inner {
                flat_fields(field, &format!("{name}.{}", field.name()), fields)?;
            }
        }
        DataType::FixedSizeList(item, len) => {
            let len = usize::try_from(*len).unwrap_or(0);
            if len > MOST_COLUMNS {
                let error = Error::type_(format!("{len} elements a row are too many columns"));
                return Err(
                    error.with_help("write a file of Arrow or Parquet, or one JSON object a line")
                );
            }
            for suffix in names_of(field, len) {
                flat_fields(item, &format!("{name}{suffix}"), fields)?;
                if fields.len() > MOST_COLUMNS {
                    return Err(Error::type_(
                        "its rows have more elements than there can be columns",
                    ));
                }
            }
        }
        kind if kind.is_nested() && !matches!(kind, DataType::Dictionary(..)) => {
            let error = Error::type_(format!("CSV has no place for {kind}"));
            return Err(error.with_help("one JSON object a line has: write NDJSON"));
        }
        kind => fields.push(Arc::new(Field::new(name, kind.clone(), true))),
    }
    Ok(())
}

fn flat_columns(array: &ArrayRef, field: &Field, columns: &mut Vec<ArrayRef>) -> Result<()> {
    match field.data_type() {
        DataType::Struct(inner) => {
            let array = array.as_struct();
            for (column, field) in array.columns().iter().zip(inner) {
                let column = match array.nulls() {
                    Some(nulls) => {
                        let rows = (0..array.len()).map(|row| nulls.is_valid(row).then_some(row));
                        gathered(column, rows, array.len())?
                    }
                    None => Arc::clone(column),
                };
                flat_columns(&column, field, columns)?;
            }
        }
        DataType::FixedSizeList(item, len) => {
            let list = array.as_fixed_size_list();
            let len = usize::try_from(*len).unwrap_or(0);
            for index in 0..len {
                let rows =
                    (0..list.len()).map(|row| list.is_valid(row).then_some(row * len + index));
                let column = gathered(list.values(), rows, list.len())?;
                flat_columns(&column, item, columns)?;
            }
        }
        _ => columns.push(Arc::clone(array)),
    }
    Ok(())
}

/// The elements at these places; null where there is none.
fn gathered(
    array: &ArrayRef,
    places: impl Iterator<Item = Option<usize>>,
    len: usize,
) -> Result<ArrayRef> {
    let data = array.to_data();
    let mut gathered = MutableArrayData::new(vec![&data], true, len);
    for place in places {
        match place {
            Some(place) => gathered.try_extend(0, place, place + 1)?,
            None => gathered.try_extend_nulls(1)?,
        }
    }
    Ok(make_array(gathered.freeze()))
}
