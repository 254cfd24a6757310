//! Rows added to a .npy file in place.
//!
//! New rows go behind the old ones first, where every reader takes them for trailing bytes; only when
//! they are on disk is the number in the header changed, by one small write. A crash before it, of the
//! process or of the machine, leaves the array that was there, with bytes behind its end.

use std::io::{BufReader, Write};
use std::path::Path;

use super::rows::Rows;
use super::stream::read_first_header;
use super::{Header, ReadOptions, WriteOptions, header};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::lock::Locked;
use crate::replace::Replacement;
use crate::shape::Shape;
use crate::tail::Tail;

/// A write that stays inside one sector reaches the disk whole or not at all.
const SECTOR: usize = 512;

/// How rows are appended.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct AppendOptions {
    /// How the header is read.
    pub read: ReadOptions,
    /// Whether bytes behind the array are cut off first: those of an append that a crash ended. Without
    /// it they are an error, as they may be another array.
    pub discard_trailing: bool,
}

impl AppendOptions {
    /// Cuts off bytes behind the array first.
    #[must_use]
    pub const fn discard_trailing(mut self, discard: bool) -> Self {
        self.discard_trailing = discard;
        self
    }
}

/// Adds rows to a .npy file: along the first axis, or along the last in Fortran order.
///
/// Nothing is added until [`commit`](Self::commit). Dropped before, the file has the array it had, and what
/// was written behind it is cut off, unless the file was changed meanwhile. After a write that failed,
/// nothing more can be written or committed.
///
/// Others that append in this way are kept out by a lock (`flock`) where the system and the file system have
/// one. Whatever else writes the file or replaces it does not ask for the lock; `commit` notices it by the
/// file's identity, its header and its length, and adds nothing then. Readers see the old array or the new
/// one.
///
/// ```
/// use npbytes::{Array, npy};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("log.npy");
/// npy::write(&path, &Array::from_vec(&[1, 2], vec![1_u8, 2])?.view(), &Default::default())?;
/// let mut appender = npy::Appender::open(&path, &Default::default())?;
/// appender.write_rows(&Array::from_vec(&[2, 2], vec![3_u8, 4, 5, 6])?.view())?;
/// assert_eq!(appender.commit()?.dims(), [3, 2]);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Debug)]
pub struct Appender {
    header: Header,
    rows: Rows,
    tail: Tail,
}

impl Appender {
    /// Opens a file, locks it and goes to the end of its array.
    ///
    /// # Errors
    /// As [`decode`](super::decode), and those of the file; one that somebody else appends to; a 0-d array;
    /// bytes behind the array, unless they are to be discarded ([`split`](super::split) or
    /// [`read_header`](super::read_header) tell what they are).
    pub fn open(path: impl AsRef<Path>, options: &AppendOptions) -> Result<Self> {
        let path = path.as_ref();
        Self::open_file(path, options).map_err(|error| error.in_file(path))
    }

    fn open_file(path: &Path, options: &AppendOptions) -> Result<Self> {
        let file = Locked::open(path)?;
        let header = read_first_header(&mut BufReader::with_capacity(4096, &*file), &options.read)?;
        let len = file.metadata()?.len();
        header.data_range_in(usize::try_from(len).unwrap_or(usize::MAX))?;
        let rows = Rows::behind(&header)?;
        if len > header.end() {
            if !options.discard_trailing {
                return Err(Error::header(format!(
                    "{} bytes follow the array",
                    len - header.end()
                ))
                .at(header.end())
                .with_help("discard them if an append was interrupted here"));
            }
            file.set_len(header.end())?;
        }
        let tail = Tail::new(file, 0..header.data_offset() as u64, header.end())?;
        Ok(Self { header, rows, tail })
    }

    /// What the file said when it was opened.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Writes rows behind those that are there: an array of the same dtype whose other axes are the same.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than an array can have; those of the file, after which nothing more
    /// is written.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        let written = self.rows.write(rows, &mut self.tail);
        written.map_err(|error| error.in_file(self.tail.path()))
    }

    /// Forces the rows to disk, then the header, and returns the new shape. A header without room for
    /// the new number is written with the array to a new file, which replaces the old one.
    ///
    /// # Errors
    /// Rows that were lost in a write that failed; a file that somebody else changed; those of the file. The
    /// array is then as it was. Only where the last step fails, which is to force the header (or the name of
    /// the new file) to disk, the array may have its new rows already.
    pub fn commit(mut self) -> Result<Shape> {
        self.commit_file().map_err(|error| error.in_file(self.tail.path()))
    }

    fn commit_file(&mut self) -> Result<Shape> {
        self.rows.intact()?;
        self.tail.sync()?;
        let shape = self.rows.shape()?;
        match self.head_in_place(&shape) {
            Some(head) => {
                if let Some((first, last)) = changed(self.tail.mark(), &head) {
                    self.tail.put(first as u64, &head[first..=last])?;
                }
            }
            None => self.rewrite(&shape)?,
        }
        Ok(shape)
    }

    /// The head with a new shape, if it can be written over that of the file.
    fn head_in_place(&self, shape: &Shape) -> Option<Vec<u8>> {
        let options = WriteOptions::default().version(Some(self.header.version()));
        let (dtype, fortran) = (self.header.dtype(), self.header.fortran_order());
        let old = self.tail.mark();
        // What the file's version cannot say (it may be an escape in the header that is there) goes into
        // a new file, whose version can.
        let head = header::write_in_place(old.len(), dtype, shape, fortran, &options).ok()??;
        let in_one =
            changed(old, &head).is_none_or(|(first, last)| first / SECTOR == last / SECTOR);
        in_one.then_some(head)
    }

    /// Copies the array behind a longer header.
    fn rewrite(&mut self, shape: &Shape) -> Result<()> {
        let mut head = Vec::new();
        let (dtype, fortran) = (self.header.dtype(), self.header.fortran_order());
        header::write(&mut head, dtype, shape, fortran, &WriteOptions::default())?;
        let replacement = Replacement::new(self.tail.path())?;
        replacement.file().write_all(&head)?;
        self.tail.copy_to(self.header.data_offset() as u64, replacement.file())?;
        replacement.finish_synced().map(drop)
    }
}

/// The first and the last byte that differ between two prefixes of one length.
fn changed(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    let first = old.iter().zip(new).position(|(a, b)| a != b)?;
    let last = old.iter().zip(new).rposition(|(a, b)| a != b)?;
    Some((first, last))
}
