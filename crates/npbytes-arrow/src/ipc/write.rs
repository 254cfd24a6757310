//! Files and streams of record batches, written.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_ipc::{CompressionType, MetadataVersion};
use arrow_schema::Schema;

use crate::Result;

/// What buffers start at a multiple of, so that they are read in place.
const ALIGNMENT: usize = 64;

/// How files and streams are written.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct WriteOptions {
    /// What is written.
    pub format: Format,
    /// How buffers are compressed. What is compressed cannot be read in place.
    pub compression: Compression,
}

/// What is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A file, with a footer by which any batch is found: `.arrow`, `.feather`.
    #[default]
    File,
    /// A stream: `.arrows`.
    Stream,
}

/// How buffers are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// LZ4, as Feather files of pyarrow are by default.
    Lz4,
    /// Zstandard.
    Zstd,
}

/// Writes record batches of one schema. Rows are on their way when [`write`](Writer::write) returns: nothing is held.
pub struct Writer<W: Write>(Inner<W>);

enum Inner<W: Write> {
    File(FileWriter<W>),
    Stream(StreamWriter<W>),
}

impl<W: Write> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let format = match &self.0 {
            Inner::File(_) => Format::File,
            Inner::Stream(_) => Format::Stream,
        };
        f.debug_struct("Writer").field("format", &format).finish()
    }
}

impl<W: Write> Writer<W> {
    /// Writes the schema.
    ///
    /// # Errors
    /// Those of the target.
    pub fn new(target: W, schema: &Schema, options: &WriteOptions) -> Result<Self> {
        let compression = match options.compression {
            Compression::None => None,
            Compression::Lz4 => Some(CompressionType::LZ4_FRAME),
            Compression::Zstd => Some(CompressionType::ZSTD),
        };
        let ipc = IpcWriteOptions::try_new(ALIGNMENT, false, MetadataVersion::V5)?;
        let ipc = ipc.try_with_compression(compression)?;
        Ok(Self(match options.format {
            Format::File => Inner::File(FileWriter::try_new_with_options(target, schema, ipc)?),
            Format::Stream => {
                Inner::Stream(StreamWriter::try_new_with_options(target, schema, ipc)?)
            }
        }))
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// A batch of another schema, and those of the target.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.0 {
            Inner::File(writer) => writer.write(batch)?,
            Inner::Stream(writer) => writer.write(batch)?,
        }
        Ok(())
    }

    /// Writes the end, flushes the target and returns it.
    ///
    /// # Errors
    /// Those of the target.
    pub fn finish(self) -> Result<W> {
        Ok(match self.0 {
            Inner::File(writer) => writer.into_inner()?,
            Inner::Stream(writer) => writer.into_inner()?,
        })
    }
}

/// Writes a file or a stream under a temporary name and renames it, so that there is the old file or the new one.
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
        Ok(writer.finish()?.flush()?)
    })
}
