//! The bytes of a view, in another layout than it has if need be: in memory, and to a writer block by block.

use std::borrow::Cow;
use std::io::Write;

use bytes::Bytes;

use super::{Array, ArrayView, Buffer, copy};
use crate::dtype::ByteOrder;
use crate::error::Result;
use crate::shape::{AxisOrder, Order};

/// How elements are to lie in bytes that are written: in which order of the axes, and their numbers in
/// which order of bytes. An [`Order`] alone keeps the byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// The order of the axes.
    pub order: Order,
    /// The byte order of numbers, those in structs included; [`ByteOrder::NotApplicable`] keeps theirs.
    pub byte_order: ByteOrder,
}

impl Layout {
    /// The same order of axes with numbers in a byte order.
    #[must_use]
    pub const fn byte_order(mut self, order: ByteOrder) -> Self {
        self.byte_order = order;
        self
    }
}

impl From<Order> for Layout {
    fn from(order: Order) -> Self {
        Self { order, byte_order: ByteOrder::NotApplicable }
    }
}

/// What is moved goes through a buffer of this size, or of one element where that is larger.
const BLOCK: usize = 1 << 20;

impl<'a> ArrayView<'a> {
    /// Copies the elements into an order, and into a byte order if one is given.
    pub(super) fn copied(&self, order: Order, byte_order: Option<ByteOrder>) -> Result<Bytes> {
        let mut buffer = Buffer::zeroed(self.shape().bytes(self.dtype().itemsize())?)?;
        copy::copy(self, order, byte_order, buffer.bytes_mut());
        Ok(buffer.into())
    }

    /// The bytes in C, F or A order, as `ndarray.tobytes(order)`: borrowed where they lie so
    /// already, else copied. Padding inside of structs is copied with a whole buffer, and zero
    /// where elements are moved one by one (NumPy leaves it undefined there).
    ///
    /// # Errors
    /// More memory than there is.
    pub fn to_bytes(&self, order: Order) -> Result<Cow<'a, [u8]>> {
        match self.contiguous(order) {
            Some(bytes) => Ok(Cow::Borrowed(bytes)),
            None => {
                let mut out = Vec::new();
                self.append_to(order, &mut out)?;
                Ok(Cow::Owned(out))
            }
        }
    }

    /// An owned copy in C, F or A order, with its numbers in a byte order
    /// ([`ByteOrder::NotApplicable`] keeps theirs), made in one pass.
    ///
    /// # Errors
    /// More memory than there is.
    pub fn to_array(&self, order: Order, byte_order: ByteOrder) -> Result<Array> {
        let dtype = self.dtype().with_byte_order(byte_order);
        let axes = if self.resolved(order) == Order::F { AxisOrder::F } else { AxisOrder::C };
        let data = self.copied(order, Some(byte_order))?;
        Array::new(dtype, self.shape().clone(), axes, data)
    }

    /// Appends the bytes in a layout to `out`.
    ///
    /// # Errors
    /// More memory than there is.
    pub(crate) fn append_to(&self, layout: impl Into<Layout>, out: &mut Vec<u8>) -> Result<()> {
        let layout = layout.into();
        let len = self.shape().bytes(self.dtype().itemsize())?;
        out.try_reserve(len).map_err(std::io::Error::from)?;
        match self.lies_in(layout) {
            Some(bytes) => out.extend_from_slice(bytes),
            None => {
                let start = out.len();
                out.resize(start + len, 0);
                copy::copy(self, layout.order, Some(layout.byte_order), &mut out[start..]);
            }
        }
        Ok(())
    }

    /// Writes the bytes in a layout: those that lie so already as they are, others through a buffer of
    /// bounded size.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write_to(
        &self,
        layout: impl Into<Layout>,
        writer: &mut impl Write,
    ) -> Result<()> {
        let mut layout = layout.into();
        if let Some(bytes) = self.lies_in(layout) {
            writer.write_all(bytes)?;
            return Ok(());
        }
        // Of the array, not of its parts: one row may be contiguous otherwise than the whole.
        layout.order = self.resolved(layout.order);
        self.write_blocks(layout, &mut Vec::new(), writer)
    }

    /// The bytes, if they already lie in a layout.
    fn lies_in(&self, layout: Layout) -> Option<&'a [u8]> {
        let keeps = layout.byte_order == ByteOrder::NotApplicable
            || self.dtype().with_byte_order(layout.byte_order) == *self.dtype();
        self.contiguous(layout.order).filter(|_| keeps)
    }

    /// Writes a part of an array block by block along its slowest axis.
    fn write_blocks(
        &self,
        layout: Layout,
        buffer: &mut Vec<u8>,
        writer: &mut impl Write,
    ) -> Result<()> {
        let axis = match layout.order {
            Order::F => self.ndim().saturating_sub(1),
            Order::C | Order::A => 0,
        };
        let len = match self.shape().get(axis) {
            Some(&len) if self.nbytes() > BLOCK => len,
            // A block, or a single element.
            _ => return self.write_block(layout, buffer, writer),
        };
        let row = self.nbytes() / len;
        if row > BLOCK {
            for index in 0..len {
                self.index_axis(axis, index)?.write_blocks(layout, buffer, writer)?;
            }
        } else {
            let rows = BLOCK / row;
            for start in (0..len).step_by(rows) {
                let part = self.rows(axis, start, rows.min(len - start));
                part.write_block(layout, buffer, writer)?;
            }
        }
        Ok(())
    }

    fn write_block(
        &self,
        layout: Layout,
        buffer: &mut Vec<u8>,
        writer: &mut impl Write,
    ) -> Result<()> {
        let missing = self.nbytes().saturating_sub(buffer.len());
        buffer.try_reserve_exact(missing).map_err(std::io::Error::from)?;
        buffer.resize(self.nbytes(), 0);
        copy::copy_part(self, layout.order, Some(layout.byte_order), buffer);
        writer.write_all(buffer)?;
        Ok(())
    }
}
