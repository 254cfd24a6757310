//! Streams: arrays read and written in chunks of rows, larger than memory.
//!
//! A row is an item of the axis that varies slowest: of the first axis, of the last in Fortran order.

use std::io::{Read, Seek, SeekFrom, Write};

use super::header::{self, Header, PREFIX, Start};
use super::rows::Rows;
use super::{ReadOptions, WriteOptions, objects};
use crate::array::{Array, ArrayView};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// Reads .npy arrays from a stream, whole or in chunks of rows, several after the other if they were
/// saved so.
///
/// Holds no more than the rows that are asked for. Reads in pieces of the size it needs: wrap a source
/// that is slow at small reads in a [`std::io::BufReader`].
///
/// ```
/// use npbytes::{Array, npy};
/// let array = Array::from_vec(&[3, 2], vec![1_u8, 2, 3, 4, 5, 6])?;
/// let file = npy::encode(&array.view(), &npy::WriteOptions::default())?;
/// let mut reader = npy::Reader::new(&file[..], npy::ReadOptions::default())?;
/// assert_eq!(reader.header().shape().dims(), [3, 2]);
/// assert_eq!(reader.read_rows(2)?.unwrap().view().to_vec::<u8>()?, [1, 2, 3, 4]);
/// assert_eq!(reader.read_rows(2)?.unwrap().view().to_vec::<u8>()?, [5, 6]);
/// assert!(reader.read_rows(2)?.is_none());
/// assert!(reader.next_array()?.is_none());
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    options: ReadOptions,
    header: Header,
    progress: Progress,
    /// Where the current array starts in the stream.
    start: u64,
}

/// How much of the current array was read.
#[derive(Clone, Copy, Debug)]
enum Progress {
    /// So many bytes, in whole rows.
    Rows(usize),
    /// All of it, at once; or the stream is at its end.
    Whole,
    /// A read failed, and nobody knows where the source stands. Set before each read, taken back after it.
    Failed,
}

impl<R: Read> Reader<R> {
    /// Reads the header of the first array.
    ///
    /// # Errors
    /// What [`decode`](super::decode) refuses of a header, and those of the source.
    pub fn new(mut source: R, options: ReadOptions) -> Result<Self> {
        let header = read_first_header(&mut source, &options)?;
        Ok(Self { source, options, header, progress: Progress::Rows(0), start: 0 })
    }

    /// What the current array is. After an error of [`next_array`](Self::next_array) it is still the array
    /// before.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the current array starts, in bytes from the start of the stream.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Reads the current array whole; `None` where it was read already, or rows of it were (read the others
    /// with [`read_rows`](Self::read_rows)).
    ///
    /// # Errors
    /// Objects, which are not read yet; an array over the limit; a source that ends early, and those of the
    /// source: nothing more can be read then.
    pub fn read_array(&mut self) -> Result<Option<Array>> {
        self.bytes_left()?;
        let Progress::Rows(0) = self.progress else { return Ok(None) };
        let array = self.take(self.header.shape().clone(), self.header.data_len())?;
        self.progress = Progress::Whole;
        Ok(Some(array))
    }

    /// Reads up to `rows` further rows; `None` after the last. A 0-d array is one row. An array without bytes
    /// has no rows to read, whatever its shape.
    ///
    /// The array keeps its axes; the row axis ([`Header::row_axis`]) has the number of rows read.
    ///
    /// # Errors
    /// As [`read_array`](Self::read_array), the limit being that of the rows; no rows asked for.
    pub fn read_rows(&mut self, rows: usize) -> Result<Option<Array>> {
        if rows == 0 {
            return Err(Error::index("a chunk of no rows"));
        }
        let left = self.bytes_left()?;
        if left == 0 {
            return Ok(None);
        }
        let Some(axis) = self.header.row_axis() else { return self.read_array() };
        let total = self.header.shape().get(axis).copied().unwrap_or(1);
        let row_len = self.header.data_len() / total.max(1);
        let rows = rows.min(left / row_len.max(1));
        let mut dims = self.header.shape().to_vec();
        if let Some(dim) = dims.get_mut(axis) {
            *dim = rows;
        }
        let done = self.header.data_len() - left;
        let array = self.take(Shape::new(&dims)?, rows * row_len)?;
        self.progress = Progress::Rows(done + array.data().len());
        Ok(Some(array))
    }

    /// How many bytes of the current array were not read yet.
    fn bytes_left(&self) -> Result<usize> {
        match self.progress {
            Progress::Failed => Err(Error::io(std::io::Error::other(
                "an earlier read failed, where the stream stands is not known",
            ))),
            Progress::Whole => Ok(0),
            Progress::Rows(_) if self.header.dtype().has_object() => {
                Err(objects(self.header.dtype()))
            }
            Progress::Rows(done) => Ok(self.header.data_len() - done),
        }
    }

    /// Reads bytes of the current array. The caller says what the progress is if that succeeds.
    fn take(&mut self, shape: Shape, len: usize) -> Result<Array> {
        let limit = self.options.limits.array_bytes;
        if len as u64 > limit {
            return Err(Error::limit("array_bytes", limit, len as u64).at(self.start));
        }
        let before = match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Rows(done) => done,
            Progress::Whole | Progress::Failed => self.header.data_len(),
        };
        let data = read_exactly(&mut self.source, len)?;
        if data.len() < len {
            let found = self.header.data_offset() + before + data.len();
            return Err(self.header.truncated(found).shifted(self.start));
        }
        Array::new(self.header.dtype().clone(), shape, self.header.order(), data.into())
    }

    /// Skips what is left of the current array and reads the header of the next; `None` at the end of
    /// the stream.
    ///
    /// An array of objects has a header too, and nothing but that can be read of it: its elements are a
    /// pickle, whose length no header says, so that it cannot even be skipped.
    /// [`into_inner`](Self::into_inner) returns the source where the pickle starts.
    ///
    /// # Errors
    /// As [`Reader::new`]; bytes after the array that are no array; an array of objects to be skipped. After
    /// an error of the source or of what was read from it, nothing more can be read.
    pub fn next_array(&mut self) -> Result<Option<&Header>> {
        let left = self.bytes_left().map_err(|error| {
            error.with_help("the length of a pickle is not known, so that it cannot be skipped")
        })?;
        self.progress = Progress::Failed;
        self.skip(left)?;
        let start = self.start.saturating_add(self.header.end());
        match read_header(&mut self.source, &self.options).map_err(|error| error.shifted(start))? {
            Some(header) => {
                (self.header, self.start, self.progress) = (header, start, Progress::Rows(0));
                Ok(Some(&self.header))
            }
            None => {
                self.progress = Progress::Whole;
                Ok(None)
            }
        }
    }

    /// Skips the last bytes of the current array.
    fn skip(&mut self, len: usize) -> Result<()> {
        let mut rest = self.source.by_ref().take(len as u64);
        let skipped = std::io::copy(&mut rest, &mut std::io::sink())?;
        if skipped < len as u64 {
            // Less than `len`, which is a `usize`.
            let skipped = usize::try_from(skipped).unwrap_or(len);
            let found = self.header.data_offset() + self.header.data_len() - len + skipped;
            return Err(self.header.truncated(found).shifted(self.start));
        }
        Ok(())
    }

    /// The source, behind what was read.
    pub fn into_inner(self) -> R {
        self.source
    }
}

/// Reads the header that a source must start with: one without any bytes is no .npy file.
pub(crate) fn read_first_header(source: &mut impl Read, options: &ReadOptions) -> Result<Header> {
    match read_header(source, options)? {
        Some(header) => Ok(header),
        None => Header::parse(&[], options),
    }
}

/// Reads a header; `None` where the source is at its end.
fn read_header(source: &mut impl Read, options: &ReadOptions) -> Result<Option<Header>> {
    // Ten bytes are there in every version; the length of a later one takes two more.
    let mut bytes = read_exactly(source, PREFIX - 2)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if matches!(bytes.get(6), Some(2 | 3)) {
        bytes.extend(read_exactly(source, 2)?);
    }
    let start = Start::parse(&bytes)?;
    let end = start.check(options)?;
    bytes.extend(read_exactly(source, end.saturating_sub(bytes.len()))?);
    Header::parse(&bytes, options).map(Some)
}

/// Reads bytes until there are `len` or the source ends. Memory grows with what arrives, not with what
/// was promised.
fn read_exactly(source: &mut impl Read, len: usize) -> Result<Vec<u8>> {
    const FIRST: usize = 1 << 20;
    let mut bytes = Vec::new();
    while bytes.len() < len {
        let more = (len - bytes.len()).min(bytes.len().max(FIRST));
        bytes.try_reserve_exact(more).map_err(std::io::Error::from)?;
        let read = source.by_ref().take(more as u64).read_to_end(&mut bytes)?;
        if read < more {
            break;
        }
    }
    Ok(bytes)
}

/// Writes one array in chunks of rows; its shape is known from the start.
///
/// After an error of the target, which may have taken a part of the rows, it writes nothing more.
#[derive(Debug)]
pub struct Writer<W: Write> {
    target: W,
    rows: Rows,
}

impl<W: Write> Writer<W> {
    /// Writes the header of an array in C order, or in Fortran order, whose rows are then those of the
    /// last axis. The header says the order that is asked for, as that of `open_memmap` does, also of an
    /// array that is contiguous both ways (of one axis, of no elements), for which `np.save` says
    /// `'fortran_order': False`.
    ///
    /// # Errors
    /// As [`encode`](super::encode); a 0-d shape.
    pub fn new(
        mut target: W,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        let mut head = Vec::new();
        header::write(&mut head, &dtype, shape, fortran_order, options)?;
        let rows = Rows::of(dtype, shape, fortran_order)?;
        target.write_all(&head)?;
        Ok(Self { target, rows })
    }

    /// Writes the next rows: an array of the same dtype whose row axis may have any length.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than the header says; those of the target.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        self.rows.write(rows, &mut self.target)
    }

    /// Flushes the target and returns it.
    ///
    /// # Errors
    /// Rows that are still missing, or were lost in a write that failed; those of the target.
    pub fn finish(mut self) -> Result<W> {
        self.rows.intact()?;
        if self.rows.left() > 0 {
            return Err(Error::shape(format!("{} rows were never written", self.rows.left())));
        }
        self.target.flush()?;
        Ok(self.target)
    }
}

/// Writes one array in chunks of rows whose number is not known at the start.
///
/// Until [`finish`](Self::finish), the header says that there are no rows: what a process leaves behind
/// that ends before loads as an empty array, with bytes behind it. After an error of the target, which may
/// have taken a part of the rows, it writes nothing more.
///
/// A loss of power is another matter, as the system writes a file to disk in any order: see
/// [`finish_synced`](Self::finish_synced).
#[derive(Debug)]
pub struct GrowingWriter<W: Write + Seek> {
    target: W,
    start: u64,
    head_len: usize,
    rows: Rows,
    options: WriteOptions,
}

impl<W: Write + Seek> GrowingWriter<W> {
    /// Writes the header of an array of no rows, with the shape of a row given, and flushes the target. In
    /// Fortran order the header says so, as that of [`Writer::new`] does.
    ///
    /// # Errors
    /// As [`encode`](super::encode), and those of the target.
    pub fn new(
        mut target: W,
        dtype: DType,
        row: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        let rows = Rows::growing(dtype, row.clone(), fortran_order);
        let start = target.stream_position()?;
        let mut head = Vec::new();
        header::write(&mut head, rows.dtype(), &rows.shape()?, fortran_order, options)?;
        target.write_all(&head)?;
        // What is left in a buffer is lost with the process.
        target.flush()?;
        Ok(Self { target, start, head_len: head.len(), rows, options: *options })
    }

    /// Writes further rows: an array of the same dtype whose row axis may have any length.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than an array can have; those of the target.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        self.rows.write(rows, &mut self.target)
    }

    /// Writes the number of rows into the header, flushes the target and returns it, standing behind
    /// the array.
    ///
    /// The file is byte for byte that of `np.save`, with two exceptions: the header's word on Fortran order
    /// ([`Writer::new`]), and that a NumPy before 1.24, which leaves no room for the number to grow, would have
    /// used another padding where the digits cross a multiple of 64.
    ///
    /// # Errors
    /// A number of rows that the header has no room for; rows that were lost in a write that failed; those
    /// of the target.
    pub fn finish(self) -> Result<W> {
        self.finish_synced(|_| Ok(()))
    }

    /// As [`finish`](Self::finish), with the bytes forced to disk twice: the rows before the header counts
    /// them, and the header itself. After a loss of power the file then has no rows or all of them, if the
    /// header lies in one sector of the disk, as it does at the start of a file in most cases. The file's
    /// name is on disk once its folder is synced too.
    ///
    /// ```
    /// use npbytes::{Array, DType, Shape, npy};
    /// let folder = tempfile::tempdir()?;
    /// let file = std::fs::File::create(folder.path().join("log.npy"))?;
    /// let (dtype, row) = (DType::parse("u1")?, Shape::new(&[2])?);
    /// let mut writer = npy::GrowingWriter::new(file, dtype, &row, false, &Default::default())?;
    /// writer.write_rows(&Array::from_vec(&[1, 2], vec![1_u8, 2])?.view())?;
    /// writer.finish_synced(|file| file.sync_data())?;
    /// # Ok::<(), npbytes::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`finish`](Self::finish), and those of `sync`.
    pub fn finish_synced(
        mut self,
        mut sync: impl FnMut(&mut W) -> std::io::Result<()>,
    ) -> Result<W> {
        self.rows.intact()?;
        let shape = self.rows.shape()?;
        let (dtype, fortran) = (self.rows.dtype(), self.rows.fortran());
        let head = header::write_in_place(self.head_len, dtype, &shape, fortran, &self.options)?
            .ok_or_else(|| {
                Error::unsupported(format!(
                    "the header has no room for the number of rows in {shape}"
                ))
                .with_help("imitate NumPy 1.24 or later, which leaves room for 21 digits")
            })?;
        self.target.flush()?;
        sync(&mut self.target)?;
        let end = self.target.stream_position()?;
        self.target.seek(SeekFrom::Start(self.start))?;
        self.target.write_all(&head)?;
        self.target.flush()?;
        sync(&mut self.target)?;
        self.target.seek(SeekFrom::Start(end))?;
        Ok(self.target)
    }
}
