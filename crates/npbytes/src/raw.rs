//! Raw buffers: what `ndarray.tobytes` leaves and `np.frombuffer(...).reshape(...)` reads. The bytes
//! say nothing of themselves; dtype, shape and order come from outside.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::{DType, raw};
//! let spec = raw::Spec::new(DType::parse("<i2")?).shape(&[2, -1]);
//! let array = raw::decode(&Bytes::from_static(&[1, 0, 2, 0, 3, 0, 4, 0]), &spec)?;
//! assert_eq!(array.shape().dims(), [2, 2]);
//! let error = raw::decode(&Bytes::from_static(&[0; 6]), &spec).unwrap_err();
//! assert_eq!(error.to_string(), "6 bytes do not fill (2, -1) of int16: 3 elements are no multiple of 2");
//! # Ok::<(), npbytes::Error>(())
//! ```

mod mismatch;

#[cfg(feature = "fs")]
use std::fs::File;
#[cfg(feature = "fs")]
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
#[cfg(feature = "fs")]
use std::path::Path;

use bytes::Bytes;

pub use mismatch::{Mismatch, dtypes_of_size, shapes_of};

#[cfg(feature = "fs")]
use crate::array::Buffer;
use crate::array::{Array, ArrayView, Layout};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::shape::{AxisOrder, MAX_DIMS, Shape};
use crate::sniff::Encoding;

/// What raw bytes mean.
#[derive(Clone, Debug)]
pub struct Spec {
    dtype: DType,
    shape: Option<Vec<i64>>,
    order: AxisOrder,
    offset: usize,
    count: Option<usize>,
    limits: Limits,
}

impl Spec {
    /// A flat array of all the bytes.
    pub fn new(dtype: DType) -> Self {
        Self {
            dtype,
            shape: None,
            order: AxisOrder::C,
            offset: 0,
            count: None,
            limits: Limits::DEFAULT,
        }
    }

    /// The shape; one axis may be -1 and is then counted. `&[]` is a 0-d array.
    #[must_use]
    pub fn shape(mut self, shape: &[i64]) -> Self {
        self.shape = Some(shape.to_vec());
        self
    }

    /// The order in which the elements lie; C by default.
    #[must_use]
    pub fn order(mut self, order: AxisOrder) -> Self {
        self.order = order;
        self
    }

    /// Where the first element starts, in bytes.
    #[must_use]
    pub fn offset(mut self, bytes: usize) -> Self {
        self.offset = bytes;
        self
    }

    /// How many elements to read; what follows them is ignored. Without it, all bytes must be used.
    #[must_use]
    pub fn count(mut self, elements: usize) -> Self {
        self.count = Some(elements);
        self
    }

    /// What reading a file may take: its `array_bytes`.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// [`resolve`](Self::resolve) for bytes that are all there.
    fn resolve_in(&self, data: &[u8]) -> Result<(Shape, Range<usize>)> {
        let head = || data.get(self.offset..).and_then(mismatch::encoding_of);
        self.resolve(data.len(), head)
    }

    /// The dtype of the elements.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The shape and the byte range that the specification comes to for `len` bytes, of which some
    /// are looked at for a signature.
    fn resolve(
        &self,
        len: usize,
        head: impl FnOnce() -> Option<Encoding>,
    ) -> Result<(Shape, Range<usize>)> {
        if self.dtype.has_object() {
            return Err(Error::unsupported(format!(
                "raw bytes of dtype {} are pointers of a process that is gone",
                self.dtype
            ))
            .with_help("objects survive in .npy files and pickles only"));
        }
        let available = len.checked_sub(self.offset).ok_or_else(|| {
            Error::truncated("the bytes before the offset", self.offset as u64, len as u64)
        })?;
        let mismatch = |problem| {
            let error = Error::from(Mismatch::new(self, head(), available, problem));
            // At the start of the bytes an offset would only puzzle.
            if self.offset > 0 { error.at(self.offset) } else { error }
        };
        let itemsize = self.dtype.itemsize();
        let wanted = self.shape.as_deref().map(Wanted::parse).transpose()?;
        let elements = match self.count {
            Some(count) => count,
            None if itemsize == 0 => match &wanted {
                Some(Wanted { elements, axis: None }) => *elements,
                _ => {
                    return Err(Error::shape("elements of no bytes cannot be counted")
                        .with_help("give a shape without -1, or a count"));
                }
            },
            None if available.is_multiple_of(itemsize) => available / itemsize,
            None => return Err(mismatch(mismatch::Problem::Remainder)),
        };
        let shape = match (&wanted, &self.shape) {
            (Some(wanted), Some(dims)) => match wanted.fill(dims, elements) {
                Some(dims) => Shape::new(&dims)?,
                None if self.count.is_some() => {
                    return Err(Error::shape(format!(
                        "cannot reshape {elements} elements into {}",
                        crate::shape::Tuple(dims)
                    )));
                }
                None => return Err(mismatch(mismatch::Problem::Shape)),
            },
            _ => Shape::new(&[elements])?,
        };
        let len = shape.bytes(itemsize)?;
        if len > available {
            return Err(mismatch(mismatch::Problem::Short { needed: len }));
        }
        Ok((shape, self.offset..self.offset + len))
    }
}

/// A wanted shape: the product of its known axes, and the axis to be counted.
struct Wanted {
    elements: usize,
    axis: Option<usize>,
}

impl Wanted {
    fn parse(dims: &[i64]) -> Result<Self> {
        if dims.len() > MAX_DIMS {
            return Err(Error::shape(format!("{} axes, NumPy has {MAX_DIMS} at most", dims.len())));
        }
        let (mut elements, mut axis) = (1_usize, None);
        for (i, &dim) in dims.iter().enumerate() {
            match usize::try_from(dim) {
                Ok(dim) => {
                    elements = elements
                        .checked_mul(dim)
                        .ok_or_else(|| Error::shape("more elements than memory can address"))?;
                }
                Err(_) if dim == -1 && axis.is_none() => axis = Some(i),
                Err(_) if dim == -1 => return Err(Error::shape("only one axis may be -1")),
                Err(_) => return Err(Error::shape(format!("an axis of length {dim}"))),
            }
        }
        Ok(Self { elements, axis })
    }

    /// The axes with the unknown one counted; `None` if the elements do not fill them.
    fn fill(&self, dims: &[i64], elements: usize) -> Option<Vec<usize>> {
        let unknown = match self.axis {
            None if self.elements == elements => 0,
            Some(_) if self.elements != 0 && elements.is_multiple_of(self.elements) => {
                elements / self.elements
            }
            _ => return None,
        };
        Some(dims.iter().map(|&dim| usize::try_from(dim).unwrap_or(unknown)).collect())
    }
}

/// Reads raw bytes as the specification says. Does not copy: the array shares `data`.
///
/// # Errors
/// [`ErrorKind::Mismatch`](crate::ErrorKind::Mismatch), whose help says which dtypes and shapes the
/// bytes do fill.
pub fn decode(data: &Bytes, spec: &Spec) -> Result<Array> {
    let (shape, range) = spec.resolve_in(data)?;
    Array::new(spec.dtype.clone(), shape, spec.order.clone(), data.slice(range))
}

/// Reads borrowed raw bytes as the specification says. Does not copy.
///
/// # Errors
/// As [`decode`].
pub fn view<'a>(data: &'a [u8], spec: &Spec) -> Result<ArrayView<'a>> {
    let (shape, range) = spec.resolve_in(data)?;
    ArrayView::new(spec.dtype.clone(), shape, &spec.order, &data[range])
}

/// The bytes that `ndarray.tobytes(order)` makes; with a [`Layout`], those of an array of another byte
/// order.
///
/// # Errors
/// Objects, whose bytes are pointers; more memory than there is.
pub fn encode(array: &ArrayView<'_>, layout: impl Into<Layout>) -> Result<Vec<u8>> {
    refuse_objects(array.dtype())?;
    let mut out = Vec::new();
    array.append_to(layout, &mut out)?;
    Ok(out)
}

/// Writes the bytes that [`encode`] returns: elements that already lie so are not copied, others go
/// through a buffer of bounded size.
///
/// # Errors
/// As [`encode`], and those of the writer.
pub fn encode_to(
    writer: &mut impl std::io::Write,
    array: &ArrayView<'_>,
    layout: impl Into<Layout>,
) -> Result<()> {
    refuse_objects(array.dtype())?;
    array.write_to(layout, writer)
}

fn refuse_objects(dtype: &DType) -> Result<()> {
    if dtype.has_object() {
        return Err(Error::unsupported(format!(
            "elements of dtype {dtype} have no raw bytes that mean anything"
        )));
    }
    Ok(())
}

/// Maps a file of raw bytes read-only: nothing is read until elements are looked at.
///
/// The promise of [`map_bytes`](crate::map_bytes) is asked of the caller: nobody may truncate or write the file while
/// the array lives.
///
/// # Errors
/// As [`decode`], and those of the file.
#[cfg(feature = "fs")]
pub fn map(path: impl AsRef<Path>, spec: &Spec) -> Result<Array> {
    decode(&crate::map_bytes(path)?, spec)
}

/// Reads raw bytes from a file into memory: those of the array alone, not what stands before the offset
/// or behind the count. Pipes and devices are read as far as the count goes, or to their end.
///
/// # Errors
/// As [`decode`], and those of the file; more bytes than the limit.
#[cfg(feature = "fs")]
pub fn read(path: impl AsRef<Path>, spec: &Spec) -> Result<Array> {
    let path = path.as_ref();
    read_file(path, spec).map_err(|error| error.in_file(path))
}

#[cfg(feature = "fs")]
fn read_file(path: &Path, spec: &Spec) -> Result<Array> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    let (dtype, order) = (spec.dtype.clone(), spec.order.clone());
    if metadata.is_file() {
        let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(spec.offset as u64))?;
        file.by_ref().take(Encoding::HEAD as u64).read_to_end(&mut head)?;
        let (shape, range) = spec.resolve(len, || mismatch::encoding_of(&head))?;
        spec.limits.check_array(range.len() as u64)?;
        let mut buffer = Buffer::zeroed(range.len())?;
        file.seek(SeekFrom::Start(range.start as u64))?;
        file.read_exact(buffer.bytes_mut())?;
        return Array::new(dtype, shape, order, buffer.into());
    }
    // Nobody knows how many bytes there are: one more than may be is enough to tell.
    let skipped = std::io::copy(&mut file.by_ref().take(spec.offset as u64), &mut std::io::sink())?;
    let wanted = spec.count.map(|count| count.saturating_mul(spec.dtype.itemsize()) as u64);
    let most = wanted.unwrap_or(u64::MAX).min(spec.limits.array_bytes.saturating_add(1));
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    spec.limits.check_array(bytes.len() as u64)?;
    let len = usize::try_from(skipped).unwrap_or(usize::MAX).saturating_add(bytes.len());
    let (shape, range) = spec.resolve(len, || mismatch::encoding_of(&bytes))?;
    bytes.truncate(range.len());
    Array::new(dtype, shape, order, bytes.into())
}

/// Writes the bytes that `ndarray.tobytes(order)` makes, under a temporary name in the same folder that
/// is then renamed: a file that was there is replaced whole or not at all. Its permissions are kept.
/// Pipes and devices are written directly.
///
/// The data is not forced to disk (`fsync`) before the rename.
///
/// # Errors
/// As [`encode`], and those of the file.
#[cfg(feature = "fs")]
pub fn write(
    path: impl AsRef<Path>,
    array: &ArrayView<'_>,
    layout: impl Into<Layout>,
) -> Result<()> {
    crate::replace::replace(path.as_ref(), |file| {
        let mut writer = std::io::BufWriter::new(file);
        encode_to(&mut writer, array, layout)?;
        Ok(std::io::Write::flush(&mut writer)?)
    })
}
