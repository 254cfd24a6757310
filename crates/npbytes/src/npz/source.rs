//! Where the bytes of an archive are: in memory (or a map), or in a file that is read piece by piece.

#[cfg(feature = "fs")]
use std::fs::File;
use std::io::Result;
use std::ops::Range;

use bytes::Bytes;
use rawzip::ReaderAt;

use crate::array::Buffer;
use crate::error::Error;

/// Bytes that can be read anywhere, from several threads.
pub(super) enum Source {
    Memory(Bytes),
    #[cfg(feature = "fs")]
    File {
        file: rawzip::FileReader,
        len: u64,
    },
}

impl Source {
    #[cfg(feature = "fs")]
    pub(super) fn file(file: File, len: u64) -> Self {
        Self::File { file: file.into(), len }
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            #[cfg(feature = "fs")]
            Self::File { len, .. } => *len,
        }
    }

    /// Bytes that are in memory already, shared.
    pub(super) fn shared(&self, range: &Range<u64>) -> Option<Bytes> {
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(range.start).ok()?;
                let end = usize::try_from(range.end).ok()?;
                (start <= end && end <= bytes.len()).then(|| bytes.slice(start..end))
            }
            #[cfg(feature = "fs")]
            Self::File { .. } => None,
        }
    }

    /// Reads as many bytes as there are and there is room for.
    pub(super) fn fill(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        let mut len = 0;
        while len < buffer.len() {
            match self.read_at(&mut buffer[len..], offset.saturating_add(len as u64))? {
                0 => break,
                read => len += read,
            }
        }
        Ok(len)
    }

    /// All bytes of a range: shared, or read into memory of their own, each piece of which `look` sees while it
    /// is in the processor's cache.
    pub(super) fn bytes(
        &self,
        range: &Range<u64>,
        mut look: impl FnMut(&[u8]),
    ) -> crate::error::Result<Bytes> {
        const PIECE: usize = 1 << 18;
        if let Some(bytes) = self.shared(range) {
            look(&bytes);
            return Ok(bytes);
        }
        let len = range.end.saturating_sub(range.start);
        // Nothing is allocated for bytes that the file does not have.
        if range.end > self.len() {
            let found = self.len().saturating_sub(range.start);
            return Err(Error::truncated("a member", len, found).at(self.len()));
        }
        let mut buffer = Buffer::zeroed(usize::try_from(len).map_err(std::io::Error::other)?)?;
        let mut at = range.start;
        for piece in buffer.bytes_mut().chunks_mut(PIECE) {
            self.read_exact_at(piece, at)?;
            look(piece);
            at += piece.len() as u64;
        }
        Ok(buffer.into())
    }
}

impl ReaderAt for Source {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize> {
        match self {
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let rest = &bytes[start..];
                let len = rest.len().min(buffer.len());
                buffer[..len].copy_from_slice(&rest[..len]);
                Ok(len)
            }
            #[cfg(feature = "fs")]
            Self::File { len, .. } if offset >= *len => Ok(0),
            #[cfg(feature = "fs")]
            Self::File { file, .. } => loop {
                match file.read_at(buffer, offset) {
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    result => return result,
                }
            },
        }
    }
}
