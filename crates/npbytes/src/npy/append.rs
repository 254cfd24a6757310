//! Rows added to a .npy file in place.
//!
//! New rows go behind the old ones first, where every reader takes them for trailing bytes; only when
//! they are on disk is the number in the header changed, by one small write. A crash before it leaves
//! the file that was there, with bytes behind its end.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::stream::read_header;
use super::{Header, ReadOptions, WriteOptions, header};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::replace::Replacement;
use crate::shape::{Order, Shape};

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
/// Nothing is added until [`commit`](Self::commit); dropped before, the file is as it was.
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
    path: PathBuf,
    file: BufWriter<File>,
    header: Header,
    /// The prefix of the file as it is.
    head: Vec<u8>,
    axis: usize,
    rows: usize,
    committed: bool,
}

impl Appender {
    /// Opens a file and goes to the end of its array.
    ///
    /// # Errors
    /// As [`decode`](super::decode), and those of the file; a 0-d array; bytes behind the array, unless
    /// they are to be discarded.
    pub fn open(path: impl AsRef<Path>, options: &AppendOptions) -> Result<Self> {
        let path = path.as_ref();
        Self::open_file(path, options).map_err(|error| error.in_file(path))
    }

    fn open_file(path: &Path, options: &AppendOptions) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let len = file.metadata()?.len();
        let header = read_header(&mut BufReader::with_capacity(4096, &file), &options.read)?
            .ok_or_else(|| Error::header("an empty file"))?;
        header.data_range_in(usize::try_from(len).unwrap_or(usize::MAX))?;
        let axis = header
            .row_axis()
            .ok_or_else(|| Error::shape("a 0-d array has no axis to append along"))?;
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
        let mut head = vec![0; header.data_offset()];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut head)?;
        file.seek(SeekFrom::Start(header.end()))?;
        let path = path.canonicalize()?;
        Ok(Self {
            path,
            file: BufWriter::with_capacity(1 << 16, file),
            header,
            head,
            axis,
            rows: 0,
            committed: false,
        })
    }

    /// What the file said when it was opened.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Writes rows behind those that are there: an array of the same dtype whose other axes are the same.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than an array can have; those of the file.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        if rows.dtype() != self.header.dtype() {
            return Err(Error::dtype(format!(
                "rows of {} for an array of {}",
                rows.dtype(),
                self.header.dtype()
            ))
            .with_help("convert them first"));
        }
        let same = rows.ndim() == self.header.shape().len()
            && (0..rows.ndim())
                .all(|axis| axis == self.axis || rows.shape()[axis] == self.header.shape()[axis]);
        if !same {
            return Err(Error::shape(format!(
                "rows of shape {} do not fit behind {}",
                rows.shape(),
                self.header.shape()
            )));
        }
        let count = self.rows.checked_add(rows.shape()[self.axis]);
        let total = count.ok_or_else(|| Error::shape("too many rows"))?;
        self.shape(total)?.bytes(self.header.dtype().itemsize())?;
        let order = if self.header.fortran_order() { Order::F } else { Order::C };
        rows.write_to(order, &mut self.file).map_err(|error| error.in_file(&self.path))?;
        self.rows = total;
        Ok(())
    }

    /// The shape with further rows.
    fn shape(&self, rows: usize) -> Result<Shape> {
        let mut dims = self.header.shape().to_vec();
        dims[self.axis] =
            dims[self.axis].checked_add(rows).ok_or_else(|| Error::shape("too many rows"))?;
        Shape::new(&dims)
    }

    /// Forces the rows to disk, then the header, and returns the new shape. A header without room for
    /// the new number is written with the array to a new file, which replaces the old one.
    ///
    /// # Errors
    /// Those of the file; it is then as it was, with bytes behind its end at worst.
    pub fn commit(mut self) -> Result<Shape> {
        let path = self.path.clone();
        self.commit_file().map_err(|error| error.in_file(&path))
    }

    fn commit_file(&mut self) -> Result<Shape> {
        self.file.flush()?;
        self.file.get_ref().sync_data()?;
        let shape = self.shape(self.rows)?;
        let options = WriteOptions::default().version(Some(self.header.version()));
        let (dtype, fortran) = (self.header.dtype(), self.header.fortran_order());
        // What the file's version cannot say (it may be an escape in the header that is there) goes into
        // a new file, whose version can.
        let head = header::write_in_place(self.head.len(), dtype, &shape, fortran, &options)
            .ok()
            .flatten()
            .filter(|head| {
                changed(&self.head, head)
                    .is_none_or(|(first, last)| first / SECTOR == last / SECTOR)
            });
        match head {
            Some(head) => {
                // Should the system fail from here on, the rows stay: the header may count them already.
                self.committed = true;
                if let Some((first, last)) = changed(&self.head, &head) {
                    let mut file = self.file.get_ref();
                    file.seek(SeekFrom::Start(first as u64))?;
                    file.write_all(&head[first..=last])?;
                    file.sync_data()?;
                }
            }
            None => self.rewrite(&shape)?,
        }
        self.committed = true;
        Ok(shape)
    }

    /// Copies the array behind a longer header.
    fn rewrite(&self, shape: &Shape) -> Result<()> {
        let mut head = Vec::new();
        let (dtype, fortran) = (self.header.dtype(), self.header.fortran_order());
        header::write(&mut head, dtype, shape, fortran, &WriteOptions::default())?;
        let replacement = Replacement::new(&self.path)?;
        let mut to = replacement.file();
        to.write_all(&head)?;
        let mut from = self.file.get_ref();
        from.seek(SeekFrom::Start(self.header.data_offset() as u64))?;
        std::io::copy(&mut from, &mut to)?;
        to.sync_data()?;
        replacement.finish().map(drop)
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        if !self.committed {
            // What is left behind on failure is bytes that readers ignore.
            let _ = self.file.flush();
            let _ = self.file.get_ref().set_len(self.header.end());
        }
    }
}

/// The first and the last byte that differ between two prefixes of one length.
fn changed(old: &[u8], new: &[u8]) -> Option<(usize, usize)> {
    let first = old.iter().zip(new).position(|(a, b)| a != b)?;
    let last = old.iter().zip(new).rposition(|(a, b)| a != b)?;
    Some((first, last))
}
