//! Columns of numbers that are never null, written from where they lie: a page is the bytes of the array.
//!
//! The writer of record batches makes a list of the places of what is not null, gathers the values by it, encodes them
//! into memory, page by page, and holds the pages until the row group is whole. Such numbers need none of that, and
//! their smallest and greatest take one pass over each page.

mod bounds;
mod compress;

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, UInt8Type, UInt16Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use bytes::Bytes;
use parquet::basic::{Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter as _};
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, KeyValue, PageEncodingStats, ParquetMetaData,
    ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::{ColumnDescPtr, SchemaDescPtr};

use super::failure;
use super::write::Compression;
use crate::{Error, Result};
use bounds::Bounds;
use compress::Compressor;

/// What a file starts with.
const MAGIC: &[u8; 4] = b"PAR1";

/// Writes batches of such columns.
pub(super) struct Direct<W: Write + Send> {
    target: TrackedWrite<W>,
    schema: SchemaDescPtr,
    properties: WriterProperties,
    compressor: Compressor,
    /// How many bytes a page has before it is compressed.
    page: usize,
    /// How many rows a row group has.
    group: usize,
    /// The rows of the next one.
    held: Vec<RecordBatch>,
    rows: usize,
    groups: Vec<RowGroupMetaData>,
    metadata: Vec<KeyValue>,
}

/// How many bytes a row takes, if all columns are such.
pub(super) fn row_width(schema: &Schema) -> Option<usize> {
    // Parquet's numbers are little-endian.
    if cfg!(target_endian = "big") {
        return None;
    }
    schema.fields().iter().map(|field| width(field)).sum()
}

fn width(field: &Field) -> Option<usize> {
    if field.is_nullable() {
        return None;
    }
    match field.data_type() {
        // As Parquet stores them.
        DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16 => Some(4),
        DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date32 => Some(4),
        DataType::Int64 | DataType::UInt64 | DataType::Float64 | DataType::Duration(_) => Some(8),
        DataType::Timestamp(unit, _) if *unit != TimeUnit::Second => Some(8),
        _ => None,
    }
}

impl<W: Write + Send> Direct<W> {
    /// Begins a file of row groups of so many rows, with pages of so many bytes.
    ///
    /// # Errors
    /// Those of the target; a level of compression that there is not.
    pub(super) fn new(
        target: W,
        schema: SchemaDescPtr,
        properties: WriterProperties,
        compression: Compression,
        page: usize,
        group: usize,
    ) -> Result<Self> {
        let mut target = TrackedWrite::new(target);
        target.write_all(MAGIC)?;
        let metadata = properties.key_value_metadata().cloned().unwrap_or_default();
        Ok(Self {
            target,
            schema,
            properties,
            compressor: Compressor::new(compression)?,
            page,
            group: group.max(1),
            held: Vec::new(),
            rows: 0,
            groups: Vec::new(),
            metadata,
        })
    }

    /// Writes the row groups that are whole with these rows, and holds the others.
    ///
    /// # Errors
    /// Those of the target.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        while start < batch.num_rows() {
            let len = (self.group - self.rows).min(batch.num_rows() - start);
            self.held.push(batch.slice(start, len));
            self.rows += len;
            start += len;
            if self.rows == self.group {
                self.write_group()?;
            }
        }
        Ok(())
    }

    fn write_group(&mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        let rows = std::mem::take(&mut self.rows);
        let ordinal = i16::try_from(self.groups.len()).map_err(|_| {
            Error::value("more than 32768 row groups, which Parquet has no numbers for")
                .with_help("ask for row groups of more rows")
        })?;
        let start = self.target.bytes_written();
        let mut columns = Vec::with_capacity(self.schema.num_columns());
        for (place, column) in self.schema.clone().columns().iter().enumerate() {
            columns.push(self.write_chunk(column, &held, place)?);
        }
        let size = columns.iter().map(ColumnChunkMetaData::uncompressed_size).sum();
        let group = RowGroupMetaData::builder(self.schema.clone())
            .set_num_rows(count(rows)?)
            .set_total_byte_size(size)
            .set_ordinal(ordinal)
            .set_file_offset(count(start)?)
            .set_column_metadata(columns);
        self.groups.push(group.build().map_err(failure)?);
        Ok(())
    }

    /// Writes a column of the batches.
    fn write_chunk(
        &mut self,
        column: &ColumnDescPtr,
        batches: &[RecordBatch],
        place: usize,
    ) -> Result<ColumnChunkMetaData> {
        let start = self.target.bytes_written();
        let (mut sizes, mut rows, mut pages) = ((0, 0), 0, 0);
        let mut bounds = Bounds::default();
        for batch in batches {
            let array = batch.columns().get(place).ok_or_else(odd)?;
            if array.null_count() > 0 {
                return Err(Error::value("nulls in a column that is said to have none"));
            }
            let width = width_of(array)?;
            let per_page = (self.page / width).max(1);
            for start in (0..array.len()).step_by(per_page) {
                let part = array.slice(start, per_page.min(array.len() - start));
                let values = stored(&part)?;
                bounds.add(part.data_type(), &values)?;
                let (uncompressed, compressed) = self.write_page(values, part.len())?;
                sizes = (sizes.0 + uncompressed, sizes.1 + compressed);
                pages += 1;
            }
            rows += array.len();
        }
        let statistics = bounds.statistics(column)?;
        let encoding = PageEncodingStats {
            page_type: PageType::DATA_PAGE,
            encoding: Encoding::PLAIN,
            count: pages,
        };
        let chunk = ColumnChunkMetaData::builder(column.clone())
            .set_compression(self.properties.compression(column.path()))
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE])
            .set_page_encoding_stats(vec![encoding])
            .set_total_uncompressed_size(count(sizes.0)?)
            .set_total_compressed_size(count(sizes.1)?)
            .set_num_values(count(rows)?)
            .set_data_page_offset(count(start)?)
            .set_statistics(statistics);
        chunk.build().map_err(failure)
    }

    /// Writes a page; how many bytes it has, uncompressed and as it is, with its header.
    fn write_page(&mut self, values: Bytes, count: usize) -> Result<(usize, usize)> {
        let size = values.len();
        let page = Page::DataPage {
            buf: self.compressor.compressed(values)?,
            num_values: u32::try_from(count).map_err(|_| odd())?,
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let mut writer = SerializedPageWriter::new(&mut self.target);
        let written = writer.write_page(CompressedPage::new(page, size)).map_err(failure)?;
        Ok((written.uncompressed_size, written.compressed_size))
    }

    pub(super) fn append_key_value_metadata(&mut self, pair: KeyValue) {
        self.metadata.push(pair);
    }

    /// Writes what is held and the footer.
    ///
    /// # Errors
    /// Those of the target.
    pub(super) fn into_inner(mut self) -> Result<W> {
        if self.rows > 0 {
            self.write_group()?;
        }
        let rows = self.groups.iter().map(RowGroupMetaData::num_rows).sum();
        let file = FileMetaData::new(
            1,
            rows,
            Some(self.properties.created_by().to_owned()),
            Some(self.metadata),
            self.schema,
            None,
        );
        let metadata = ParquetMetaData::new(file, self.groups);
        let mut target = self.target.into_inner().map_err(failure)?;
        // It has no place of anything that comes with the footer, so that it need not know where it starts.
        ParquetMetaDataWriter::new(&mut target, &metadata).finish().map_err(failure)?;
        Ok(target)
    }
}

/// A column that is none of those, which its field said it was.
fn odd() -> Error {
    Error::type_("a column of another type than its field")
}

/// A number of something in a footer.
fn count(count: usize) -> Result<i64> {
    i64::try_from(count).map_err(|_| Error::value("more than a Parquet file can count"))
}

/// How many bytes a value takes in Parquet.
fn width_of(array: &ArrayRef) -> Result<usize> {
    array.data_type().primitive_width().map(|width| width.max(4)).ok_or_else(odd)
}

/// The values of an array as Parquet has them: those of fewer than four bytes in four, the others where they lie.
fn stored(array: &ArrayRef) -> Result<Bytes> {
    fn wide(values: impl Iterator<Item = i32>) -> Bytes {
        values.flat_map(i32::to_le_bytes).collect::<Vec<u8>>().into()
    }
    Ok(match array.data_type() {
        DataType::Int8 => wide(array.as_primitive::<Int8Type>().values().iter().map(|&x| x.into())),
        DataType::Int16 => {
            wide(array.as_primitive::<Int16Type>().values().iter().map(|&x| x.into()))
        }
        DataType::UInt8 => {
            wide(array.as_primitive::<UInt8Type>().values().iter().map(|&x| x.into()))
        }
        DataType::UInt16 => {
            wide(array.as_primitive::<UInt16Type>().values().iter().map(|&x| x.into()))
        }
        kind => {
            let data = array.to_data();
            let width = kind.primitive_width().ok_or_else(odd)?;
            let (start, len) = (data.offset() * width, data.len() * width);
            let buffer = data.buffers().first().filter(|buffer| start + len <= buffer.len());
            crate::memory::shared(buffer.ok_or_else(odd)?.slice_with_length(start, len))
        }
    })
}
