//! Parquet files.
//!
//! [`File`] reads columns in batches of rows, [`Writer`] takes batches and holds one row group at most. Arrow's schema
//! is kept in the file, as other writers of Arrow do, so that types and metadata come back. Parquet has no seconds:
//! a Timestamp in seconds is stored in milliseconds, under a note in its field's metadata, and comes back in seconds.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{Int32Array, RecordBatch};
//! use arrow_schema::{DataType, Field, Schema};
//! use npbytes_arrow::parquet;
//! let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
//! let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int32Array::from(vec![1, 2]))])?;
//! let mut writer = parquet::Writer::new(Vec::new(), &schema, &parquet::WriteOptions::default())?;
//! writer.write(&batch)?;
//! let file = parquet::File::new(writer.finish()?.into())?;
//! assert_eq!((file.num_rows(), file.num_row_groups()), (2, 1));
//! assert_eq!(file.batches(None, 1024)?.next().unwrap()?, batch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod dictionary;
mod direct;
mod units;
mod write;

use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;

use crate::guard::guarded;
use crate::{Error, Result};

pub use write::{Compression, WriteOptions, Writer, write};

/// The most rows of a batch.
const MOST_ROWS: usize = 1 << 20;

/// A file, of which the footer was read.
#[derive(Debug)]
pub struct File {
    source: Source,
    metadata: ArrowReaderMetadata,
    /// The columns as they were before they were stored.
    schema: SchemaRef,
}

enum Source {
    Bytes(Bytes),
    File(std::fs::File),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
            Self::File(file) => file.fmt(f),
        }
    }
}

impl File {
    /// A file in memory, mapped or read. Reads its footer.
    ///
    /// # Errors
    /// What is no Parquet file, or is cut off.
    pub fn new(bytes: Bytes) -> Result<Self> {
        Self::of(Source::Bytes(bytes))
    }

    /// Opens a file: of the columns that are asked for, pages are read as they are decoded.
    ///
    /// # Errors
    /// As [`File::new`], and those of the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let named = |error: std::io::Error| {
            std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        };
        Self::of(Source::File(std::fs::File::open(path).map_err(named)?))
    }

    /// As [`File::open`], of a file that is open.
    ///
    /// # Errors
    /// As [`File::open`].
    pub fn of_file(file: std::fs::File) -> Result<Self> {
        Self::of(Source::File(file))
    }

    fn of(source: Source) -> Result<Self> {
        let metadata = guarded("the footer", || {
            let options = ArrowReaderOptions::new();
            let metadata = match &source {
                Source::Bytes(bytes) => ArrowReaderMetadata::load(bytes, options),
                Source::File(file) => ArrowReaderMetadata::load(file, options),
            };
            metadata.map_err(failure)
        })?;
        let schema = units::restored_schema(metadata.schema());
        Ok(Self { source, metadata, schema: Arc::new(schema) })
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// How many rows there are, as the footer says.
    pub fn num_rows(&self) -> u64 {
        u64::try_from(self.parquet().file_metadata().num_rows()).unwrap_or(0)
    }

    /// How many row groups there are.
    pub fn num_row_groups(&self) -> usize {
        self.parquet().num_row_groups()
    }

    /// What wrote the file, by its own word.
    pub fn created_by(&self) -> Option<&str> {
        self.parquet().file_metadata().created_by()
    }

    /// How the columns are compressed, each way once, as `ZSTD` or `UNCOMPRESSED`.
    pub fn compressions(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in self.parquet().row_groups().iter().flat_map(|group| group.columns()) {
            let name = format!("{:?}", column.compression());
            let name = name.split('(').next().unwrap_or_default().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// How many bytes a column takes in the file, and uncompressed.
    pub fn column_size(&self, column: usize) -> (u64, u64) {
        let schema = self.metadata.parquet_schema();
        let mut sizes = (0_u64, 0_u64);
        for group in self.parquet().row_groups() {
            for (leaf, chunk) in group.columns().iter().enumerate() {
                if leaf < schema.num_columns() && schema.get_column_root_idx(leaf) == column {
                    let size = |size: i64| u64::try_from(size).unwrap_or(0);
                    sizes.0 = sizes.0.saturating_add(size(chunk.compressed_size()));
                    sizes.1 = sizes.1.saturating_add(size(chunk.uncompressed_size()));
                }
            }
        }
        sizes
    }

    /// The file's key-value metadata but for Arrow's schema, which is [`schema`](File::schema).
    pub fn metadata(&self) -> Vec<(&str, &str)> {
        let pairs = self.parquet().file_metadata().key_value_metadata();
        let pairs = pairs.into_iter().flatten().filter(|pair| pair.key != "ARROW:schema");
        pairs.map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap_or_default())).collect()
    }

    /// How many rows of the columns come to about so many bytes, by what the footer says of them.
    pub fn rows_of_bytes(&self, columns: Option<&[usize]>, bytes: usize) -> usize {
        let all = 0..self.schema.fields().len();
        let wanted = |column: &usize| columns.is_none_or(|columns| columns.contains(column));
        let size: u64 = all.filter(wanted).map(|column| self.column_size(column).1).sum();
        let row = size.checked_div(self.num_rows()).unwrap_or(0).max(1);
        let rows = usize::try_from(bytes as u64 / row).unwrap_or(MOST_ROWS);
        rows.clamp(1, MOST_ROWS)
    }

    /// Batches of up to so many rows, of all columns or of some, by their places in the schema and in its order.
    ///
    /// # Errors
    /// Columns that there are not, types that are not read.
    pub fn batches(&self, columns: Option<&[usize]>, rows: usize) -> Result<Batches> {
        let there = self.schema.fields().len();
        if let Some(wrong) = columns.into_iter().flatten().find(|&&column| column >= there) {
            return Err(Error::value(format!("column {wrong} of {there}")));
        }
        let parquet = self.metadata.parquet_schema();
        let mask = match columns {
            Some(columns) => ProjectionMask::roots(parquet, columns.iter().copied()),
            None => ProjectionMask::all(),
        };
        let schema: Schema = match columns {
            Some(columns) => {
                let mut columns = columns.to_vec();
                columns.sort_unstable();
                columns.dedup();
                self.schema.project(&columns)?
            }
            None => self.schema.as_ref().clone(),
        };
        let rows = rows.clamp(1, MOST_ROWS);
        let metadata = self.metadata.clone();
        let reader = guarded("the file", || {
            let reader = match &self.source {
                Source::Bytes(bytes) => {
                    ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata)
                        .with_projection(mask)
                        .with_batch_size(rows)
                        .build()
                }
                Source::File(file) => {
                    let file = file.try_clone()?;
                    ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                        .with_projection(mask)
                        .with_batch_size(rows)
                        .build()
                }
            };
            reader.map_err(failure)
        })?;
        Ok(Batches { reader: Some(reader), schema: Arc::new(schema), rows: 0 })
    }

    fn parquet(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }
}

/// Batches of a file, in the order of its rows.
pub struct Batches {
    /// Absent after an error.
    reader: Option<ParquetRecordBatchReader>,
    schema: SchemaRef,
    /// How many rows were read.
    rows: u64,
}

impl std::fmt::Debug for Batches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches").field("schema", &self.schema).field("rows", &self.rows).finish()
    }
}

impl Batches {
    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }
}

impl Iterator for Batches {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        // What panicked or failed is not asked again.
        let mut reader = self.reader.take()?;
        let next = guarded("the file", || Ok(reader.next().transpose()?));
        let batch = match next {
            Ok(None) => return None,
            Ok(Some(batch)) => batch,
            Err(error) => return Some(Err(error)),
        };
        self.reader = Some(reader);
        let rows = batch.num_rows() as u64;
        let restored = units::restored(&batch, &self.schema);
        let restored = restored.map_err(|error| error.after_rows(self.rows));
        self.rows = self.rows.saturating_add(rows);
        Some(restored)
    }
}

/// An error of Parquet's reader or writer; one of the system below it is that.
fn failure(error: ParquetError) -> Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => (*error).into(),
            Err(inner) => ArrowError::ExternalError(inner).into(),
        },
        error => ArrowError::from(error).into(),
    }
}
