//! Where the contents of a member go: through the CRC and perhaps deflate, and into the target.

use std::io::Write;

use super::{Record, Writer};
use crate::error::Result;
use crate::npz::deflate::Deflater;

/// Takes the contents of one member.
pub(super) struct Sink<'w, W: Write> {
    pub(super) writer: &'w mut Writer<W>,
    pub(super) record: Record,
    /// Where the data starts.
    pub(super) data: u64,
    pub(super) crc: crc32fast::Hasher,
    pub(super) deflater: Option<Deflater>,
}

impl<W: Write> Sink<'_, W> {
    /// Ends the member, now that all of it is known.
    pub(super) fn end(mut self) -> Result<()> {
        if let Some(deflater) = &mut self.deflater {
            self.writer.position += deflater.finish(&mut self.writer.target)?;
        }
        let Self { writer, mut record, data, crc, .. } = self;
        record.crc = crc.finalize();
        record.compressed = writer.position - data;
        if let Some(rewrite) = writer.rewrite {
            let back = writer.position - record.offset;
            rewrite(&mut writer.target, back, &record.local())?;
        }
        writer.end(record)
    }
}

impl<W: Write> Write for Sink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // As much as the cache holds: it is looked at twice.
        let bytes = &bytes[..bytes.len().min(1 << 19)];
        self.crc.update(bytes);
        let target = &mut self.writer.target;
        self.writer.position += match &mut self.deflater {
            Some(deflater) => deflater.write(bytes, target)?,
            None => {
                target.write_all(bytes)?;
                bytes.len() as u64
            }
        };
        self.record.uncompressed += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// CRC and length of what is written.
#[derive(Default)]
pub(super) struct Sum {
    pub(super) crc: crc32fast::Hasher,
    pub(super) len: u64,
}

impl Write for Sum {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.crc.update(bytes);
        self.len += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) struct Counted<'w, W> {
    pub(super) target: &'w mut W,
    pub(super) len: u64,
}

impl<W: Write> Write for Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.target.write(bytes)?;
        self.len += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.target.flush()
    }
}
