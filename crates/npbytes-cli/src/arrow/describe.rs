//! What there is to say of tables and tensors: columns, types, rows, and how they are stored.

use arrow_schema::{DataType, Field};
use npbytes::NumPy;
use npbytes_arrow::{metadata, tensor};
use serde::Serialize;

use super::table::{Kind, Table};
use crate::failure::Result;
use crate::json::ArrayInfo;

/// A table.
#[derive(Debug, Serialize)]
pub(crate) struct TableInfo {
    /// How many rows there are.
    pub(crate) rows: u64,
    /// How many record batches of Arrow, or row groups of Parquet.
    pub(crate) parts: Option<u64>,
    /// How Parquet's columns are compressed, each way once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) compression: Vec<String>,
    /// What wrote the file, by its own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) created_by: Option<String>,
    /// The dtype of the structured array whose fields the columns are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dtype: Option<String>,
    pub(crate) columns: Vec<ColumnInfo>,
    /// The keys and values of the file's and the schema's metadata.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) metadata: Vec<(String, String)>,
}

/// A column.
#[derive(Debug, Serialize)]
pub(crate) struct ColumnInfo {
    pub(crate) name: String,
    /// Arrow's name of the type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) nullable: bool,
    /// Arrow's extension type, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extension: Option<String>,
    /// The dtype that it had in NumPy, where the metadata says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dtype: Option<String>,
    /// The shape of a row, of tensors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) row_shape: Option<Vec<u64>>,
    /// How many bytes it takes in the file, and uncompressed, where the file says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) compressed_size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uncompressed_size: Option<u64>,
}

impl TableInfo {
    /// The same with one of the columns alone.
    pub(crate) fn only(mut self, column: usize) -> Self {
        self.columns = self.columns.into_iter().skip(column).take(1).collect();
        self
    }
}

/// Tells about a table.
///
/// # Errors
/// A stream that is damaged.
pub(crate) fn table(table: &Table) -> Result<TableInfo> {
    let schema = table.schema();
    let mut info = TableInfo {
        rows: table.rows()?,
        parts: None,
        compression: Vec::new(),
        created_by: None,
        dtype: schema.metadata().get(metadata::DTYPE).cloned(),
        columns: schema.fields().iter().map(|field| column(field)).collect(),
        metadata: Vec::new(),
    };
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut add = |key: &str, value: &str| {
        if key != metadata::DTYPE && !pairs.iter().any(|(known, _)| known == key) {
            pairs.push((key.to_owned(), value.to_owned()));
        }
    };
    schema.metadata().iter().for_each(|(key, value)| add(key, value));
    match &table.kind {
        Kind::File(file, _) => {
            info.parts = Some(file.num_batches() as u64);
            file.metadata().iter().for_each(|(key, value)| add(key, value));
        }
        Kind::Stream { .. } => {}
        Kind::Parquet(file) => {
            info.parts = Some(file.num_row_groups() as u64);
            info.compression = file.compressions();
            info.created_by = file.created_by().map(str::to_owned);
            file.metadata().iter().for_each(|(key, value)| add(key, value));
            for (index, column) in info.columns.iter_mut().enumerate() {
                let (compressed, uncompressed) = file.column_size(index);
                column.compressed_size = Some(compressed);
                column.uncompressed_size = Some(uncompressed);
            }
        }
    }
    pairs.sort();
    info.metadata = pairs;
    Ok(info)
}

/// Tells about a column.
pub(crate) fn column(field: &Field) -> ColumnInfo {
    let own = field.metadata();
    ColumnInfo {
        name: field.name().clone(),
        kind: type_name(field.data_type()),
        nullable: field.is_nullable(),
        extension: own.get(metadata::EXTENSION_NAME).cloned(),
        dtype: own.get(metadata::DTYPE).cloned(),
        row_shape: own.get(metadata::EXTENSION_METADATA).and_then(|text| {
            let parsed: serde_json::Value = serde_json::from_str(text).ok()?;
            parsed.get("shape")?.as_array()?.iter().map(serde_json::Value::as_u64).collect()
        }),
        compressed_size: None,
        uncompressed_size: None,
    }
}

/// A type as a table of columns shows it.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::FixedSizeList(item, len) => {
            format!("FixedSizeList<{}, {len}>", type_name(item.data_type()))
        }
        DataType::List(item) => format!("List<{}>", type_name(item.data_type())),
        DataType::LargeList(item) => format!("LargeList<{}>", type_name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}", field.name(), type_name(field.data_type())))
                .collect();
            format!("Struct<{}>", fields.join(", "))
        }
        DataType::Dictionary(key, value) => {
            format!("Dictionary<{}, {}>", type_name(key), type_name(value))
        }
        DataType::Timestamp(unit, zone) => match zone {
            Some(zone) => format!("Timestamp({}, {zone})", unit_name(*unit)),
            None => format!("Timestamp({})", unit_name(*unit)),
        },
        DataType::Time32(unit) => format!("Time32({})", unit_name(*unit)),
        DataType::Time64(unit) => format!("Time64({})", unit_name(*unit)),
        DataType::Duration(unit) => format!("Duration({})", unit_name(*unit)),
        other => other.to_string(),
    }
}

fn unit_name(unit: arrow_schema::TimeUnit) -> &'static str {
    match unit {
        arrow_schema::TimeUnit::Second => "s",
        arrow_schema::TimeUnit::Millisecond => "ms",
        arrow_schema::TimeUnit::Microsecond => "us",
        arrow_schema::TimeUnit::Nanosecond => "ns",
    }
}

/// The columns as a table of text: a line each, the first of names.
pub(crate) fn columns_table(info: &TableInfo) -> Vec<[String; 4]> {
    let mut lines = vec![["type", "null", "numpy", "column"].map(str::to_owned)];
    lines.extend(info.columns.iter().map(|column| {
        let row = column.row_shape.as_ref().map(|shape| {
            let dims: Vec<String> = shape.iter().map(ToString::to_string).collect();
            format!(" rows ({})", dims.join(", "))
        });
        let numpy = match (&column.dtype, row) {
            (Some(dtype), row) => format!("{dtype}{}", row.unwrap_or_default()),
            (None, Some(row)) => row.trim_start().to_owned(),
            (None, None) => "-".into(),
        };
        let null = if column.nullable { "yes" } else { "no" };
        [column.kind.clone(), null.into(), numpy, column.name.clone()]
    }));
    lines
}

/// Tells about a tensor, whose elements start at an offset of the file.
pub(crate) fn tensor(tensor: &tensor::Tensor, offset: Option<u64>, numpy: NumPy) -> ArrayInfo {
    let view = tensor.array.view();
    ArrayInfo::new(view.dtype(), view.shape(), view.is_fortran(), offset, numpy)
}
