//! Record batches into a file of one of the formats.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use npbytes_arrow::{ipc, parquet, text};

use super::failure;
use super::flags::ToArrowArgs;
use crate::failure::Result;
use crate::format::Format;

/// What bytes go to: Parquet's writer hands them to other threads.
pub(super) type Target<'t> = Box<dyn Write + Send + 't>;

/// A file that is written a batch at a time.
pub(super) struct Sink<'t> {
    writer: Writer<'t>,
    name: String,
}

enum Writer<'t> {
    Ipc(Box<ipc::Writer<Target<'t>>>),
    Parquet(Box<parquet::Writer<Target<'t>>>),
    Text(text::Writer<Target<'t>>),
}

impl<'t> Sink<'t> {
    /// Starts a file of these columns.
    ///
    /// # Errors
    /// Columns that the format does not have, flags that it has no use for; those of the target.
    pub(super) fn new(
        target: Target<'t>,
        name: &str,
        schema: &Schema,
        format: Format,
        flags: &ToArrowArgs,
    ) -> Result<Self> {
        let wrong = |error: npbytes_arrow::Error| failure(name, &error);
        let writer = match format {
            Format::Parquet => {
                let writer = parquet::Writer::new(target, schema, &flags.parquet()?);
                Writer::Parquet(Box::new(writer.map_err(wrong)?))
            }
            Format::Csv | Format::Ndjson => {
                let is_csv = format == Format::Csv;
                let format = if is_csv { text::Format::Csv } else { text::Format::Ndjson };
                Writer::Text(text::Writer::new(target, schema, format).map_err(wrong)?)
            }
            _ => {
                let is_stream = format == Format::ArrowStream;
                let format = if is_stream { ipc::Format::Stream } else { ipc::Format::File };
                let writer = ipc::Writer::new(target, schema, &flags.ipc(format)?);
                Writer::Ipc(Box::new(writer.map_err(wrong)?))
            }
        };
        Ok(Self { writer, name: name.to_owned() })
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// Those of the target, and values that the format does not have.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let written = match &mut self.writer {
            Writer::Ipc(writer) => writer.write(batch),
            Writer::Parquet(writer) => writer.write(batch),
            Writer::Text(writer) => writer.write(batch),
        };
        written.map_err(|error| failure(&*self.name, &error))
    }

    /// Writes the end.
    ///
    /// # Errors
    /// Those of the target.
    pub(super) fn finish(self) -> Result<()> {
        let finished = match self.writer {
            Writer::Ipc(writer) => writer.finish(),
            Writer::Parquet(writer) => writer.finish(),
            Writer::Text(writer) => writer.finish(),
        };
        let flushed = finished.and_then(|mut target| Ok(target.flush()?));
        flushed.map_err(|error| failure(&*self.name, &error))
    }
}
