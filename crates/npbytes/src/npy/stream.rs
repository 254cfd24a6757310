//! Streams: arrays read and written in chunks of rows, larger than memory.
//!
//! A row is an item of the axis that varies slowest: of the first axis, of the last in Fortran order.

use std::io::{Read, Seek, SeekFrom, Write};

use super::header::{self, Header, PREFIX, Start};
use super::{ReadOptions, WriteOptions, refuse_objects};
use crate::array::{Array, ArrayView};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::shape::{Order, Shape};

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
    /// Bytes of the current array that were read.
    done: usize,
    /// Where the current array starts in the stream.
    start: u64,
}

impl<R: Read> Reader<R> {
    /// Reads the header of the first array.
    ///
    /// # Errors
    /// As [`decode`](super::decode), and those of the source.
    pub fn new(mut source: R, options: ReadOptions) -> Result<Self> {
        let header = read_header(&mut source, &options)?
            .ok_or_else(|| Start::parse(&[]).err().unwrap_or_else(|| Error::header("no bytes")))?;
        refuse_objects(header.dtype())?;
        Ok(Self { source, options, header, done: 0, start: 0 })
    }

    /// What the current array is.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Where the current array starts, in bytes from the start of the stream.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// Reads the rest of the current array's bytes as one array; `None` where rows were read before
    /// (read the others with [`read_rows`](Self::read_rows)).
    ///
    /// # Errors
    /// A source that ends early; an array over the limit.
    pub fn read_array(&mut self) -> Result<Option<Array>> {
        if self.done > 0 {
            return Ok(None);
        }
        let shape = self.header.shape().clone();
        self.take(shape, self.header.data_len()).map(Some)
    }

    /// Reads up to `rows` further rows; `None` after the last. A 0-d array is one row.
    ///
    /// The array keeps its axes; the row axis ([`Header::row_axis`]) has the number of rows read.
    ///
    /// # Errors
    /// A source that ends early; rows over the limit; no rows asked for.
    pub fn read_rows(&mut self, rows: usize) -> Result<Option<Array>> {
        if rows == 0 {
            return Err(Error::index("a chunk of no rows"));
        }
        let left = self.header.data_len() - self.done;
        let Some(axis) = self.header.row_axis() else {
            return if left > 0 { self.read_array() } else { Ok(None) };
        };
        if left == 0 {
            return Ok(None);
        }
        let total = self.header.shape().get(axis).copied().unwrap_or(1);
        let row_len = self.header.data_len() / total.max(1);
        let rows = rows.min(left / row_len.max(1));
        let mut dims = self.header.shape().to_vec();
        if let Some(dim) = dims.get_mut(axis) {
            *dim = rows;
        }
        self.take(Shape::new(&dims)?, rows * row_len).map(Some)
    }

    fn take(&mut self, shape: Shape, len: usize) -> Result<Array> {
        let limit = self.options.limits.array_bytes;
        if len as u64 > limit {
            return Err(Error::limit("array_bytes", limit, len as u64).at(self.start));
        }
        let data = read_exactly(&mut self.source, len)?;
        self.done += data.len();
        if data.len() < len {
            let found = self.header.data_offset() + self.done;
            return Err(self.header.truncated(found).shifted(self.start));
        }
        Array::new(self.header.dtype().clone(), shape, self.header.order(), data.into())
    }

    /// Skips what is left of the current array and reads the header of the next; `None` at the end of
    /// the stream.
    ///
    /// # Errors
    /// As [`Reader::new`]; bytes after the array that are no array.
    pub fn next_array(&mut self) -> Result<Option<&Header>> {
        let left = (self.header.data_len() - self.done) as u64;
        let skipped = std::io::copy(&mut self.source.by_ref().take(left), &mut std::io::sink())?;
        if skipped < left {
            let found = u64::try_from(self.header.data_offset() + self.done).unwrap_or(u64::MAX);
            let found = usize::try_from(found.saturating_add(skipped)).unwrap_or(usize::MAX);
            return Err(self.header.truncated(found).shifted(self.start));
        }
        let start = self.start.saturating_add(self.header.end());
        match read_header(&mut self.source, &self.options).map_err(|error| error.shifted(start))? {
            Some(header) => {
                refuse_objects(header.dtype())?;
                (self.header, self.start, self.done) = (header, start, 0);
                Ok(Some(&self.header))
            }
            None => {
                self.done = self.header.data_len();
                Ok(None)
            }
        }
    }

    /// The source, behind what was read.
    pub fn into_inner(self) -> R {
        self.source
    }
}

/// Reads a header; `None` where the source is at its end.
pub(super) fn read_header(source: &mut impl Read, options: &ReadOptions) -> Result<Option<Header>> {
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

/// The rows of a chunk, in the dtype and shape that a writer needs.
#[derive(Debug)]
struct Rows {
    dtype: DType,
    /// The shape of one row.
    row: Shape,
    fortran: bool,
}

impl Rows {
    /// Checks a chunk and says how many rows it is.
    fn check(&self, rows: &ArrayView<'_>) -> Result<usize> {
        if *rows.dtype() != self.dtype {
            return Err(Error::dtype(format!(
                "rows of {} for an array of {}",
                rows.dtype(),
                self.dtype
            ))
            .with_help("convert them first"));
        }
        let (count, row) = match (rows.shape().dims(), self.fortran) {
            ([row @ .., count], true) | ([count, row @ ..], false) => (*count, row),
            ([], _) => return Err(Error::shape("rows without an axis")),
        };
        if row != self.row.dims() {
            return Err(Error::shape(format!(
                "rows of shape {} for an array with rows of {}",
                crate::shape::Tuple(row),
                self.row
            )));
        }
        Ok(count)
    }

    fn order(&self) -> Order {
        if self.fortran { Order::F } else { Order::C }
    }

    fn shape(&self, rows: usize) -> Result<Shape> {
        let mut dims = self.row.to_vec();
        dims.insert(if self.fortran { dims.len() } else { 0 }, rows);
        Shape::new(&dims)
    }
}

/// Writes one array in chunks of rows; its shape is known from the start.
#[derive(Debug)]
pub struct Writer<W: Write> {
    target: W,
    rows: Rows,
    left: usize,
}

impl<W: Write> Writer<W> {
    /// Writes the header of an array in C order, or in Fortran order, whose rows are then those of the
    /// last axis.
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
        let (left, row) = match (shape.dims(), fortran_order) {
            ([row @ .., rows], true) | ([rows, row @ ..], false) => (*rows, Shape::new(row)?),
            ([], _) => return Err(Error::shape("a 0-d array has no rows")),
        };
        target.write_all(&head)?;
        Ok(Self { target, rows: Rows { dtype, row, fortran: fortran_order }, left })
    }

    /// Writes the next rows: an array of the same dtype whose row axis may have any length.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than the header says; those of the target.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        let count = self.rows.check(rows)?;
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            Error::shape(format!("{count} rows, where only {} are left to be written", self.left))
        })?;
        rows.write_to(self.rows.order(), &mut self.target)
    }

    /// Flushes the target and returns it.
    ///
    /// # Errors
    /// Rows that are still missing; those of the target.
    pub fn finish(mut self) -> Result<W> {
        if self.left > 0 {
            return Err(Error::shape(format!("{} rows were never written", self.left)));
        }
        self.target.flush()?;
        Ok(self.target)
    }
}

/// Writes one array in chunks of rows whose number is not known at the start.
///
/// Until [`finish`](Self::finish), the header says that there are no rows: what a crash leaves behind
/// loads as an empty array.
#[derive(Debug)]
pub struct GrowingWriter<W: Write + Seek> {
    target: W,
    start: u64,
    head_len: usize,
    rows: Rows,
    written: usize,
    options: WriteOptions,
}

impl<W: Write + Seek> GrowingWriter<W> {
    /// Writes the header of an array of no rows, with the shape of a row given.
    ///
    /// # Errors
    /// As [`encode`](super::encode).
    pub fn new(
        mut target: W,
        dtype: DType,
        row: &Shape,
        fortran_order: bool,
        options: &WriteOptions,
    ) -> Result<Self> {
        let rows = Rows { dtype, row: row.clone(), fortran: fortran_order };
        let start = target.stream_position()?;
        let mut head = Vec::new();
        header::write(&mut head, &rows.dtype, &rows.shape(0)?, fortran_order, options)?;
        target.write_all(&head)?;
        Ok(Self { target, start, head_len: head.len(), rows, written: 0, options: *options })
    }

    /// Writes further rows: an array of the same dtype whose row axis may have any length.
    ///
    /// # Errors
    /// Another dtype or shape; more rows than an array can have; those of the target.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        let count = self.rows.check(rows)?;
        let written =
            self.written.checked_add(count).ok_or_else(|| Error::shape("too many rows"))?;
        self.rows.shape(written)?.bytes(self.rows.dtype.itemsize())?;
        rows.write_to(self.rows.order(), &mut self.target)?;
        self.written = written;
        Ok(())
    }

    /// Writes the number of rows into the header, flushes the target and returns it, standing behind
    /// the array.
    ///
    /// The file is byte for byte that of `np.save`, except that a NumPy before 1.24, which leaves no room
    /// for the number to grow, would have used another padding where the digits cross a multiple of 64.
    ///
    /// # Errors
    /// A number of rows that the header has no room for; those of the target.
    pub fn finish(mut self) -> Result<W> {
        let shape = self.rows.shape(self.written)?;
        let head = header::write_in_place(
            self.head_len,
            &self.rows.dtype,
            &shape,
            self.rows.fortran,
            &self.options,
        )?
        .ok_or_else(|| {
            Error::unsupported(format!("the header has no room for {} rows", self.written))
                .with_help("imitate NumPy 1.24 or later, which leaves room for 21 digits")
        })?;
        self.target.flush()?;
        let end = self.target.stream_position()?;
        self.target.seek(SeekFrom::Start(self.start))?;
        self.target.write_all(&head)?;
        self.target.seek(SeekFrom::Start(end))?;
        self.target.flush()?;
        Ok(self.target)
    }
}
