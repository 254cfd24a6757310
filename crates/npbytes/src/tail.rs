//! The end of a file that grows: written behind what is there, and cut off again unless it is kept.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use crate::lock::Locked;

/// Bytes are collected up to this many.
const BUFFER: usize = 1 << 16;

/// The bytes behind what a file held. Those that are not written yet are forgotten when it is dropped, which is
/// what a [`std::io::BufWriter`] does not do.
#[derive(Debug)]
pub(crate) struct Tail {
    file: Locked,
    /// Some bytes of the file as they were found, and where: those that whoever changes the file changes too.
    mark: Vec<u8>,
    mark_at: u64,
    /// Where that ended which was found.
    start: u64,
    /// Where the file ends now.
    end: u64,
    /// Bytes for behind the end.
    pending: Vec<u8>,
    kept: bool,
}

impl Tail {
    /// Starts behind what is found, at the end of the file. The file counts as changed by somebody else once
    /// the bytes of `mark` are others.
    pub(crate) fn new(mut file: Locked, mark: Range<u64>, start: u64) -> Result<Self> {
        let len = usize::try_from(mark.end.saturating_sub(mark.start)).map_err(Error::other)?;
        let mut bytes = vec![0; len];
        file.seek(SeekFrom::Start(mark.start))?;
        file.read_exact(&mut bytes)?;
        let pending = Vec::with_capacity(BUFFER);
        Ok(Self { file, mark: bytes, mark_at: mark.start, start, end: start, pending, kept: false })
    }

    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// The bytes of the mark, as they were found.
    pub(crate) fn mark(&self) -> &[u8] {
        &self.mark
    }

    /// Forces what was written to disk, and makes sure that it is still the last of the file.
    pub(crate) fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file.sync_data()?;
        self.expect_as_left()
    }

    /// Refuses a file that somebody else has put at the path, or has changed.
    fn expect_as_left(&self) -> Result<()> {
        if self.file.is_in_place()? && self.is_as_left()? {
            return Ok(());
        }
        Err(Error::other("it was changed or replaced since it was opened, and nothing was added"))
    }

    /// Whether the file is what this tail has made of it, as far as the mark and its length tell.
    fn is_as_left(&self) -> Result<bool> {
        if self.file.metadata()?.len() != self.end {
            return Ok(false);
        }
        let mut mark = vec![0; self.mark.len()];
        let mut file: &File = &self.file;
        file.seek(SeekFrom::Start(self.mark_at))?;
        file.read_exact(&mut mark)?;
        Ok(mark == self.mark)
    }

    /// Writes over bytes of the mark and forces that to disk. What was written behind the end stays from now
    /// on, even should this fail: the new bytes may count it already.
    pub(crate) fn put(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.kept = true;
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }

    /// Writes over bytes of what was written, so many before the end.
    #[cfg(feature = "npz")]
    pub(crate) fn rewrite(&mut self, back: u64, bytes: &[u8]) -> Result<()> {
        self.flush()?;
        let at = self.end.checked_sub(back).filter(|&at| at >= self.start);
        let at = at.ok_or_else(|| Error::other("those bytes were there before"))?;
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)
    }

    /// Forces what was written to disk, to stay there even should this fail.
    #[cfg(feature = "npz")]
    pub(crate) fn keep(&mut self) -> Result<()> {
        self.flush()?;
        self.kept = true;
        self.file.sync_data()
    }

    /// Copies everything behind a position.
    pub(crate) fn copy_to(&mut self, start: u64, mut to: &File) -> Result<()> {
        self.file.seek(SeekFrom::Start(start))?;
        let len = self.end.saturating_sub(start);
        let copied = std::io::copy(&mut (&*self.file).take(len), &mut to)?;
        if copied < len {
            return Err(Error::new(ErrorKind::UnexpectedEof, "it became shorter meanwhile"));
        }
        Ok(())
    }

    /// Cuts off what was written, unless somebody else has changed the file.
    fn discard(&self) -> Result<()> {
        if self.end > self.start && self.is_as_left()? {
            self.file.set_len(self.start)?;
        }
        Ok(())
    }

    /// Writes behind the end, which must be the end still: nobody else's bytes are written over.
    fn write_now(&mut self, bytes: &[u8]) -> Result<()> {
        self.expect_as_left()?;
        self.file.seek(SeekFrom::Start(self.end))?;
        let written = self.file.write_all(bytes);
        // Of a write that fails, a part may be there.
        self.end = self.file.stream_position()?;
        written
    }
}

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.pending.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() > BUFFER {
            self.write_now(bytes)?;
        } else {
            self.pending.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.write_now(&pending)?;
        self.pending = pending;
        self.pending.clear();
        Ok(())
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        if !self.kept {
            // What is left behind on failure is bytes that readers ignore.
            let _ = self.discard();
        }
    }
}
