//! Arrays: a dtype, a shape and bytes.
//!
//! [`Array`] owns its bytes (a [`Bytes`], so it may share them with a network buffer or a memory
//! map) and is dense in some axis order. [`ArrayView`] borrows bytes and may have any strides:
//! slices, fields and reversed axes are views. Neither knows how arrays are stored in files.

mod buffer;
mod bytes_of;
mod copy;
mod element;
mod iter;
mod latin1;
#[cfg(feature = "ndarray")]
mod ndarray;
mod owned;
mod pod;
mod record;
mod simd;
mod slice;
mod steps;
mod view;
mod write;

use std::fmt;

use bytes::Bytes;
use smallvec::SmallVec;

pub(crate) use buffer::Buffer;
pub use element::Element;
pub use iter::Elements;
pub(crate) use latin1::{
    SPARE, escape_latin1, escaped_prefix, hex_digit, latin1_from_utf8, latin1_prefix,
    unescape_prefix, utf8_from_latin1, utf8_len_of_latin1,
};
pub(crate) use owned::vec_with_room;
pub use pod::{DateTime64, FixedBytes, FixedStr, TimeDelta64};
#[doc(hidden)]
pub use record::__record;
pub use record::{Record, RecordField, RecordLayout};
pub use slice::{Index, Slice};
pub use view::ArrayView;
pub use write::Layout;

use crate::dtype::{ByteOrder, DType};
use crate::error::{Error, Result};
use crate::raw::Mismatch;
use crate::shape::{AxisOrder, Order, Shape};

/// An owned array: dense, in some axis order.
///
/// Cheap to clone: clones share the bytes.
///
/// ```
/// use npbytes::{Array, DType};
/// let array = Array::from_vec(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6])?;
/// assert_eq!(array.dtype(), &DType::parse("i4")?);
/// assert_eq!(array.view().slice(&"1, ::-1".parse()?)?.to_vec::<i32>()?, [6, 5, 4]);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Clone)]
pub struct Array {
    dtype: DType,
    shape: Shape,
    order: AxisOrder,
    data: Bytes,
}

impl Array {
    /// An array of bytes that lie in the given axis order. Does not copy.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`](crate::ErrorKind::Mismatch) unless `data` is exactly as long as the
    /// shape and dtype say; an order of another number of axes.
    pub fn new(dtype: DType, shape: Shape, order: AxisOrder, data: Bytes) -> Result<Self> {
        check_buffer(&dtype, &shape, &order, data.len())?;
        Ok(Self { dtype, shape, order, data })
    }

    /// A C-ordered array of Rust values, in this machine's byte order. Does not copy.
    ///
    /// # Errors
    /// A shape of another number of elements.
    pub fn from_vec<T: Element>(shape: &[usize], values: Vec<T>) -> Result<Self> {
        Self::new(T::dtype(), Shape::new(shape)?, AxisOrder::C, bytes_of::vec(values))
    }

    /// The type of the elements.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The lengths of the axes, in elements.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Which axis varies slowest in memory.
    pub fn order(&self) -> &AxisOrder {
        &self.order
    }

    /// The number of axes.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements: 1 for a 0-d array.
    pub fn len(&self) -> usize {
        self.shape.elements()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All bytes, in memory order.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The bytes, in memory order, without a copy.
    pub fn into_data(self) -> Bytes {
        self.data
    }

    /// The same bytes seen as another dtype of the same itemsize, as `ndarray.view(dtype)`.
    ///
    /// # Errors
    /// Another itemsize.
    pub fn with_dtype(self, dtype: DType) -> Result<Self> {
        Self::new(dtype, self.shape, self.order, self.data)
    }

    /// A view of the whole array. Does not copy.
    pub fn view(&self) -> ArrayView<'_> {
        ArrayView::dense(self.dtype.clone(), self.shape.clone(), &self.order, &self.data)
    }

    /// The bytes in C, F or A order, as `ndarray.tobytes(order)`: shared where they lie so already,
    /// else copied.
    ///
    /// # Errors
    /// More memory than there is.
    pub fn to_bytes(&self, order: Order) -> Result<Bytes> {
        let view = self.view();
        match view.contiguous(order) {
            Some(_) => Ok(self.data.clone()),
            None => view.copied(order, None),
        }
    }

    /// The array with its elements in another byte order and axis order: itself if they already are,
    /// else a copy made in one pass.
    ///
    /// # Errors
    /// More memory than there is.
    pub fn converted(&self, order: Order, byte_order: ByteOrder) -> Result<Self> {
        if self.view().contiguous(order).is_some()
            && self.dtype.with_byte_order(byte_order) == self.dtype
        {
            return Ok(self.clone());
        }
        self.view().to_array(order, byte_order)
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Array")
            .field("dtype", &self.dtype)
            .field("shape", &self.shape)
            .field("order", &self.order)
            .field("nbytes", &self.data.len())
            .finish()
    }
}

/// Checks that a buffer of a length is exactly that of a dense array.
fn check_buffer(dtype: &DType, shape: &Shape, order: &AxisOrder, len: usize) -> Result<()> {
    if !order.fits(shape.len()) {
        return Err(Error::shape(format!("{shape} has another number of axes than the order")));
    }
    if shape.bytes(dtype.itemsize())? != len {
        return Err(Mismatch::of_buffer(dtype, shape, len).into());
    }
    Ok(())
}

/// Lengths or strides of axes.
pub(crate) type Axes<T> = SmallVec<[T; 4]>;
