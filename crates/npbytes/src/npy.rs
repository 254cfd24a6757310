//! `.npy`: a header in Python's syntax, then the elements. What `np.save` writes and `np.load` reads.
//!
//! [`decode`] and [`encode`] work in memory; with the feature `fs`, [`read`], [`write`](fn@write), [`map`] and
//! [`MapMut`] on files, [`Reader`], [`Writer`] and [`GrowingWriter`] on streams larger than memory, and
//! [`Appender`] adds rows to a file without rewriting it.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::{Array, npy};
//! let array = Array::from_vec(&[3], vec![0_i32, 1, 2])?;
//! let file = npy::encode(&array.view(), &npy::WriteOptions::default())?;
//! assert_eq!(file.len(), 140);
//! let back = npy::decode(&Bytes::from(file), &npy::ReadOptions::default())?;
//! assert_eq!(back.view().as_slice::<i32>()?, [0, 1, 2]);
//! # Ok::<(), npbytes::Error>(())
//! ```

#[cfg(feature = "fs")]
mod append;
#[cfg(feature = "fs")]
mod file;
mod header;
#[cfg(feature = "fs")]
mod map;
mod objects;
mod rows;
mod stream;

use std::io::Write;

use bytes::Bytes;

#[cfg(feature = "fs")]
pub use append::{AppendOptions, Appender};
#[cfg(feature = "fs")]
pub use file::{read, read_header, write};
pub use header::Header;
#[cfg(feature = "fs")]
pub use map::{MapMode, MapMut, map};
pub use objects::{Contents, decode_contents, encode_objects};
#[cfg(feature = "npz")]
pub(crate) use stream::read_first_header;
pub use stream::{GrowingWriter, Reader, Writer};

use crate::array::{Array, ArrayView, Layout};
use crate::dtype::ByteOrder;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::numpy::{NumPy, Profile};
use crate::shape::Order;

/// The first six bytes of every .npy file.
pub const MAGIC: [u8; 6] = *b"\x93NUMPY";

/// How .npy bytes are read.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the input may ask for.
    pub limits: Limits,
}

impl ReadOptions {
    /// Reads under other limits than NumPy's.
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits }
    }
}

/// How .npy bytes are written.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Whose bytes to write.
    pub profile: Profile,
    /// The format version to force; the lowest that can hold the header otherwise, as `np.save` does.
    pub version: Option<(u8, u8)>,
    /// How the elements lie in the file; as `np.save` leaves them by default, which is [`Order::A`]. What
    /// `np.save(np.asfortranarray(a))` or `np.save(a.astype('>i4'))` would write is one pass here.
    pub layout: Layout,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { profile: Profile::default(), version: None, layout: Order::A.into() }
    }
}

impl WriteOptions {
    /// Writes the bytes of a given NumPy.
    pub fn numpy(numpy: NumPy) -> Self {
        Self { profile: numpy.into(), ..Self::default() }
    }

    /// Sets who is imitated.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets how the elements lie in the file.
    #[must_use]
    pub fn layout(mut self, layout: impl Into<Layout>) -> Self {
        self.layout = layout.into();
        self
    }

    /// Forces a format version, as `numpy.lib.format.write_array(version=...)`.
    #[must_use]
    pub const fn version(mut self, version: Option<(u8, u8)>) -> Self {
        self.version = version;
        self
    }
}

/// Reads the array at the start of .npy bytes. Does not copy: the array shares `data`. What follows
/// the array is ignored; [`split`] returns it.
///
/// # Errors
/// What `np.load` refuses, and negative dimensions, which some NumPy versions read from files; a header
/// over the limit; data shorter than the header says; Python objects, which [`decode_contents`] reads. Offsets
/// count from the start of `data`.
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Array> {
    let header = Header::parse(data, options)?;
    let range = header.data_range_in(data.len())?;
    header.into_array(data.slice(range))
}

/// Reads the array at the start of .npy bytes, and returns what follows it: the next array of a stream
/// that several were saved to, or nothing. Does not copy.
///
/// # Errors
/// As [`decode`].
pub fn split(data: &Bytes, options: &ReadOptions) -> Result<(Array, Bytes)> {
    let header = Header::parse(data, options)?;
    let range = header.data_range_in(data.len())?;
    let rest = data.slice(range.end..);
    Ok((header.into_array(data.slice(range))?, rest))
}

/// Reads the array at the start of borrowed .npy bytes. Does not copy.
///
/// # Errors
/// As [`decode`].
pub fn view<'a>(data: &'a [u8], options: &ReadOptions) -> Result<ArrayView<'a>> {
    let header = Header::parse(data, options)?;
    let range = header.data_range_in(data.len())?;
    header.into_view(&data[range])
}

/// The bytes that `np.save` writes. Copies the elements once.
///
/// # Errors
/// Objects (see [`encode_objects`]), fields that overlap or stand out of order, a header that a forced version cannot
/// hold.
pub fn encode(array: &ArrayView<'_>, options: &WriteOptions) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let size = array.shape().bytes(array.dtype().itemsize())?;
    out.try_reserve_exact(size.saturating_add(128)).map_err(std::io::Error::from)?;
    let layout = write_header(&mut out, array, options)?;
    array.append_to(layout, &mut out)?;
    Ok(out)
}

/// Writes the bytes that `np.save` writes. Elements that already lie in C or Fortran order are not
/// copied, others go through a buffer of bounded size.
///
/// # Errors
/// As [`encode`], and those of the writer.
pub fn encode_to(
    writer: &mut impl Write,
    array: &ArrayView<'_>,
    options: &WriteOptions,
) -> Result<()> {
    let mut head = Vec::with_capacity(128);
    let layout = write_header(&mut head, array, options)?;
    writer.write_all(&head)?;
    array.write_to(layout, writer)
}

/// Writes the header of an array, and says how its elements have to follow.
fn write_header(
    out: &mut Vec<u8>,
    array: &ArrayView<'_>,
    options: &WriteOptions,
) -> Result<Layout> {
    let fortran = match options.layout.order {
        Order::A => array.is_fortran(),
        Order::C => false,
        // An array that is contiguous both ways is not called one in Fortran order.
        Order::F => !array.is_empty() && array.shape().iter().filter(|&&dim| dim != 1).count() > 1,
    };
    let byte_order = options.layout.byte_order;
    if byte_order == ByteOrder::NotApplicable {
        header::write(out, array.dtype(), array.shape(), fortran, options)?;
    } else {
        let dtype = array.dtype().with_byte_order(byte_order);
        header::write(out, &dtype, array.shape(), fortran, options)?;
    }
    let order = if fortran { Order::F } else { Order::C };
    Ok(Layout::from(order).byte_order(byte_order))
}

/// Refuses an array whose header cannot be written.
#[cfg(feature = "npz")]
pub(crate) fn check_header(array: &ArrayView<'_>, options: &WriteOptions) -> Result<()> {
    write_header(&mut Vec::new(), array, options).map(drop)
}

/// Elements that are Python objects lie in a .npy file as a pickle.
fn refuse_objects(dtype: &crate::DType) -> Result<()> {
    if dtype.has_object() {
        return Err(objects(dtype)
            .with_help("read and write it with `npy::decode_contents` and `npy::encode_objects`"));
    }
    Ok(())
}

fn objects(dtype: &crate::DType) -> Error {
    Error::unsupported(format!(
        "the elements of a .npy file of dtype {dtype} are Python objects, in a pickle"
    ))
}
