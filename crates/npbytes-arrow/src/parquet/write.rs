//! Parquet files, written.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::ZstdLevel;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::direct::{self, Direct};
use super::{dictionary, failure, units};
use crate::guard::guarded;
use crate::{Error, Result};

/// How files are written.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// How pages are compressed.
    pub compression: Compression,
    /// The most rows of a row group.
    pub row_group_rows: usize,
    /// How many bytes a row group takes before the next one starts, about: the writer holds as many.
    pub row_group_bytes: usize,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            compression: Compression::default(),
            row_group_rows: 1 << 20,
            row_group_bytes: 64 << 20,
        }
    }
}

/// How pages are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    None,
    /// Snappy: quick, and read by whatever reads Parquet.
    Snappy,
    /// Zstandard, at a level of 1 to 22.
    Zstd(u8),
}

impl Default for Compression {
    /// Snappy, as pyarrow, DuckDB and Spark have it: elements that do not shrink cost next to nothing.
    fn default() -> Self {
        Self::Snappy
    }
}

/// How large a page becomes, uncompressed.
const PAGE: usize = 1 << 20;
/// How many values are encoded at once.
const VALUES: usize = 8192;
/// The most rows of a batch: a shape may promise any number of rows of nothing.
const MAX_BATCH_ROWS: u64 = 1 << 32;

/// Writes record batches of one schema, a row group at a time.
///
/// Of each column it is decided by the first batch whether a dictionary pays.
pub struct Writer<W: Write + Send> {
    /// Until there is a batch to look at, the target.
    state: State<W>,
    stored: SchemaRef,
    options: WriteOptions,
    metadata: Vec<(String, String)>,
    rows: u64,
}

enum State<W: Write + Send> {
    Waiting(W),
    Writing(Box<Started<W>>),
    Failed,
}

/// A file that is begun.
enum Started<W: Write + Send> {
    Any(ArrowWriter<W>),
    /// All columns are numbers that are never null.
    Numbers(Direct<W>),
}

impl<W: Write + Send> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("schema", &self.stored).field("rows", &self.rows).finish()
    }
}

impl<W: Write + Send> Writer<W> {
    /// A writer of batches of this schema. Writes nothing before the first batch.
    ///
    /// # Errors
    /// Types that Parquet does not have, and a schema without columns.
    pub fn new(target: W, schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let stored = units::stored_schema(schema);
        if stored.fields().is_empty() {
            return Err(Error::type_("a table without columns, which has no rows in Parquet"));
        }
        for field in stored.fields() {
            check_field(field)?;
        }
        guarded("the schema", || {
            ArrowSchemaConverter::new().convert(&stored).map(drop).map_err(failure)
        })?;
        Ok(Self {
            state: State::Waiting(target),
            stored: Arc::new(stored),
            options: options.clone(),
            metadata: Vec::new(),
            rows: 0,
        })
    }

    /// Adds to the key-value metadata of the file, which stands at its end.
    pub fn add_metadata(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.metadata.push((key.into(), value.into()));
    }

    /// Writes a batch, or holds it for its row group.
    ///
    /// # Errors
    /// A batch of another schema, a time that is too far away for Parquet, and those of the target: nothing more is
    /// written then.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let batch = units::stored(batch, &self.stored).map_err(|error| {
            self.state = State::Failed;
            error.after_rows(self.rows)
        })?;
        // Rows without elements take no memory, but time and a place in the file.
        if batch.num_rows() as u64 > MAX_BATCH_ROWS {
            self.state = State::Failed;
            let rows = batch.num_rows();
            return Err(Error::value(format!(
                "a batch of {rows} rows, of which {MAX_BATCH_ROWS} can be written at once"
            )));
        }
        let mut writer = self.writer(Some(&batch))?;
        // The writer calls itself for each row group that a batch goes on in.
        let most = self.options.row_group_rows.max(1);
        for start in (0..batch.num_rows().max(1)).step_by(most) {
            let part = batch.slice(start, most.min(batch.num_rows() - start));
            guarded("the batch", || match &mut *writer {
                Started::Any(writer) => writer.write(&part).map_err(failure),
                Started::Numbers(writer) => writer.write(&part),
            })?;
        }
        self.state = State::Writing(writer);
        self.rows = self.rows.saturating_add(batch.num_rows() as u64);
        Ok(())
    }

    /// Writes the last row group and the footer, flushes the target and returns it.
    ///
    /// # Errors
    /// Those of the target.
    pub fn finish(mut self) -> Result<W> {
        let mut writer = self.writer(None)?;
        for (key, value) in std::mem::take(&mut self.metadata) {
            let pair = KeyValue::new(key, value);
            match &mut *writer {
                Started::Any(writer) => writer.append_key_value_metadata(pair),
                Started::Numbers(writer) => writer.append_key_value_metadata(pair),
            }
        }
        let mut target = match *writer {
            Started::Any(writer) => writer.into_inner().map_err(failure)?,
            Started::Numbers(writer) => writer.into_inner()?,
        };
        target.flush()?;
        Ok(target)
    }

    /// Takes the writer, which is made for the first batch. Who has it puts it back unless it failed.
    fn writer(&mut self, first: Option<&RecordBatch>) -> Result<Box<Started<W>>> {
        match std::mem::replace(&mut self.state, State::Failed) {
            State::Writing(writer) => Ok(writer),
            State::Failed => Err(std::io::Error::other("an earlier write failed").into()),
            State::Waiting(target) => {
                let dictionaries = first.map(dictionary::pays).unwrap_or_default();
                let mut properties = self.properties(&dictionaries)?;
                let width = direct::row_width(&self.stored);
                if let Some(width) = width.filter(|_| !dictionaries.contains(&true)) {
                    add_encoded_arrow_schema_to_metadata(&self.stored, &mut properties);
                    let parquet = ArrowSchemaConverter::new().convert(&self.stored);
                    let rows = self.options.row_group_bytes / width.max(1);
                    return Ok(Box::new(Started::Numbers(Direct::new(
                        target,
                        Arc::new(parquet.map_err(failure)?),
                        properties,
                        self.options.compression,
                        PAGE,
                        rows.min(self.options.row_group_rows),
                    )?)));
                }
                let options = ArrowWriterOptions::new().with_properties(properties);
                let writer =
                    ArrowWriter::try_new_with_options(target, Arc::clone(&self.stored), options);
                Ok(Box::new(Started::Any(writer.map_err(failure)?)))
            }
        }
    }

    fn properties(&self, dictionaries: &[bool]) -> Result<WriterProperties> {
        use parquet::basic::Compression as Codec;
        let codec = match self.options.compression {
            Compression::None => Codec::UNCOMPRESSED,
            Compression::Snappy => Codec::SNAPPY,
            Compression::Zstd(level) => {
                Codec::ZSTD(ZstdLevel::try_new(i32::from(level)).map_err(failure)?)
            }
        };
        let mut properties = WriterProperties::builder()
            .set_compression(codec)
            .set_created_by(concat!("npbytes ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_data_page_size_limit(PAGE)
            // Pages of as many bytes, however short the rows are.
            .set_data_page_row_count_limit(usize::MAX)
            .set_write_batch_size(VALUES)
            .set_max_row_group_row_count(Some(self.options.row_group_rows.max(1)))
            .set_max_row_group_bytes(Some(self.options.row_group_bytes.max(1)));
        let parquet = ArrowSchemaConverter::new().convert(&self.stored).map_err(failure)?;
        if dictionaries.len() == parquet.num_columns() {
            for (column, &pays) in parquet.columns().iter().zip(dictionaries) {
                properties = properties.set_column_dictionary_enabled(column.path().clone(), pays);
            }
        }
        Ok(properties.build())
    }
}

/// Refuses what no reader of Parquet opens.
fn check_field(field: &Field) -> Result<()> {
    let checked = match field.data_type() {
        DataType::FixedSizeBinary(0) => {
            Err(Error::type_("a binary of 0 bytes, which Parquet does not have"))
        }
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => {
            return check_field(item).map_err(|e| e.in_column(field.name()));
        }
        DataType::Struct(fields) => fields.iter().try_for_each(|field| check_field(field)),
        _ => Ok(()),
    };
    checked.map_err(|error| error.in_column(field.name()))
}

/// Writes a file under a temporary name and renames it, so that there is the old file or the new one.
///
/// # Errors
/// Those of the batches, of the writer and of the file.
pub fn write(
    path: impl AsRef<Path>,
    schema: &Schema,
    batches: impl IntoIterator<Item = Result<RecordBatch>>,
    options: &WriteOptions,
) -> Result<()> {
    npbytes::replace_file(path, |file: &fs::File| {
        let mut writer = Writer::new(BufWriter::with_capacity(1 << 16, file), schema, options)?;
        for batch in batches {
            writer.write(&batch?)?;
        }
        writer.finish().map(drop)
    })
}
