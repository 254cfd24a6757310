//! The end of a file that grows: written behind what is there, and cut off again unless it is kept.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::path::Path;

use super::lock::Locked;

/// Bytes are collected up to this many.
const BUFFER: usize = 1 << 16;

/// The bytes behind an array. Those that are not written yet are forgotten when it is dropped, which is
/// what a [`std::io::BufWriter`] does not do.
#[derive(Debug)]
pub(super) struct Tail {
    file: Locked,
    /// What is before the elements, as it was found.
    head: Vec<u8>,
    /// Where the array ended that was found.
    start: u64,
    /// Where the file ends now.
    end: u64,
    /// Bytes for behind the end.
    pending: Vec<u8>,
    kept: bool,
}

impl Tail {
    /// Starts behind an array, which is the end of the file.
    pub(super) fn new(mut file: Locked, head_len: usize, start: u64) -> Result<Self> {
        let mut head = vec![0; head_len];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut head)?;
        let pending = Vec::with_capacity(BUFFER);
        Ok(Self { file, head, start, end: start, pending, kept: false })
    }

    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }

    /// What is before the elements, as it was found.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Forces what was written to disk, and makes sure that it is still the last of the file.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.flush()?;
        self.file.sync_data()?;
        self.expect_as_left()
    }

    /// Refuses a file that somebody else has put at the path, or has changed.
    fn expect_as_left(&self) -> Result<()> {
        if self.file.is_in_place()? && self.is_as_left()? {
            return Ok(());
        }
        Err(Error::other("it was changed or replaced since it was opened, and no rows were added"))
    }

    /// Whether the file is what this tail has made of it, as far as its header and length tell.
    fn is_as_left(&self) -> Result<bool> {
        if self.file.metadata()?.len() != self.end {
            return Ok(false);
        }
        let mut head = vec![0; self.head.len()];
        let mut file: &File = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut head)?;
        Ok(head == self.head)
    }

    /// Writes a range of another head into the file and forces it to disk. What was written stays from now
    /// on, even should this fail: the head may count it already.
    pub(super) fn put_head(&mut self, first: usize, bytes: &[u8]) -> Result<()> {
        self.kept = true;
        self.file.seek(SeekFrom::Start(first as u64))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }

    /// Copies everything behind the head.
    pub(super) fn copy_to(&mut self, mut to: &File) -> Result<()> {
        let start = self.head.len() as u64;
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
