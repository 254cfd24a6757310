//! Where elements lie in bytes, in the order in which Arrow has them, and their way into a buffer.

use std::borrow::Cow;

use arrow_buffer::Buffer;
use bytes::Bytes;
use npbytes::{Array, ArrayView, AxisOrder, ByteOrder, DType, Kind, Order, Shape};

use crate::{Copied, Error, Result};

/// Elements of one dtype: bytes, and axes of (length, distance in bytes) from the slowest to the fastest, of which none
/// has a length of 1 and none can be merged with the next. The elements of an axis-ordered array seen by rows have
/// three at most.
#[derive(Clone)]
pub(super) struct Cells<'a> {
    pub(super) dtype: &'a DType,
    data: &'a Bytes,
    offset: usize,
    axes: Vec<(usize, isize)>,
    len: usize,
}

impl<'a> Cells<'a> {
    /// The elements of an array, its axes walked in this order.
    pub(super) fn of(array: &'a Array, axes: &[usize]) -> Self {
        let view = array.view();
        let axes = axes
            .iter()
            .filter_map(|&axis| Some((*array.shape().get(axis)?, *view.strides().get(axis)?)));
        let mut cells = Self {
            dtype: array.dtype(),
            data: array.data(),
            offset: 0,
            axes: Vec::new(),
            len: array.len(),
        };
        cells.push_axes(axes);
        cells
    }

    /// Elements one behind the other.
    pub(super) fn over(dtype: &'a DType, data: &'a Bytes, len: usize) -> Self {
        let axes = if len == 1 { Vec::new() } else { vec![(len, dtype.itemsize().cast_signed())] };
        Self { dtype, data, offset: 0, axes, len }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The same part of each element.
    pub(super) fn part<'b>(&self, dtype: &'b DType, offset: usize) -> Cells<'b>
    where
        'a: 'b,
    {
        Cells {
            dtype,
            data: self.data,
            offset: self.offset.saturating_add(offset),
            axes: self.axes.clone(),
            len: self.len,
        }
    }

    /// The elements of the subarrays that the elements are; of anything else themselves.
    pub(super) fn unpacked(&self) -> Self {
        let mut cells = self.clone();
        while let Some((base, shape)) = cells.dtype.as_subarray() {
            let mut stride = base.itemsize().cast_signed();
            let mut axes: Vec<_> = shape
                .iter()
                .rev()
                .map(|&dim| {
                    let axis = (dim, stride);
                    stride = stride.saturating_mul(dim.max(1).cast_signed());
                    axis
                })
                .collect();
            axes.reverse();
            cells.dtype = base;
            cells.len = cells.len.saturating_mul(shape.iter().product());
            cells.push_axes(axes.into_iter());
        }
        cells
    }

    fn push_axes(&mut self, axes: impl Iterator<Item = (usize, isize)>) {
        for (len, stride) in axes.filter(|(len, _)| *len != 1) {
            match self.axes.last_mut() {
                Some((slow_len, slow_stride))
                    if *slow_stride == stride.saturating_mul(len.cast_signed()) =>
                {
                    *slow_len = slow_len.saturating_mul(len);
                    *slow_stride = stride;
                }
                _ => self.axes.push((len, stride)),
            }
        }
    }

    /// The bytes, if the elements lie one behind the other. Does not copy.
    pub(super) fn dense(&self) -> Option<Bytes> {
        let size = self.dtype.itemsize();
        let bytes = self.len.checked_mul(size)?;
        if bytes == 0 {
            return Some(Bytes::new());
        }
        let dense = match self.axes[..] {
            [] => true,
            [(_, stride)] => stride == size.cast_signed(),
            _ => false,
        };
        let range = self.offset..self.offset.checked_add(bytes)?;
        (dense && range.end <= self.data.len()).then(|| self.data.slice(range))
    }

    /// The bytes from the first element on and the distance between elements, if it is the same between all of them and
    /// no shorter than one: `(bytes, stride)`.
    pub(super) fn strided(&self) -> Option<(&'a [u8], usize)> {
        let size = self.dtype.itemsize();
        let stride = match self.axes[..] {
            _ if self.len == 0 => size,
            [] => size,
            [(_, stride)] => usize::try_from(stride).ok().filter(|&stride| stride >= size)?,
            _ => return None,
        };
        Some((self.data.get(self.offset..)?, stride))
    }

    fn view(&self) -> Result<ArrayView<'a>> {
        let (lens, strides): (Vec<usize>, Vec<isize>) = self.axes.iter().copied().unzip();
        let shape = if self.len == 0 { Shape::new(&[0])? } else { Shape::new(&lens)? };
        let strides = if self.len == 0 { vec![0] } else { strides };
        Ok(ArrayView::from_strides(self.dtype.clone(), shape, &strides, self.offset, self.data)?)
    }

    /// The bytes of the elements, one behind the other, in their own byte order.
    pub(super) fn bytes(&self, copied: &mut Copied) -> Result<Bytes> {
        if let Some(bytes) = self.dense() {
            return Ok(bytes);
        }
        *copied |= Copied::ORDER;
        // Structs would lose what no field covers, which is nothing that Arrow keeps.
        Ok(self.view()?.to_array(Order::C, ByteOrder::NotApplicable)?.into_data())
    }

    /// The numbers in this machine's byte order, aligned to be read in place. Does not copy where they are so.
    pub(super) fn native(&self, align: usize, copied: &mut Copied) -> Result<Buffer> {
        let bytes = if self.dtype.is_native() {
            self.bytes(copied)?
        } else {
            *copied |= Copied::BYTE_ORDER;
            if self.dense().is_none() {
                *copied |= Copied::ORDER;
            }
            match self.len.saturating_mul(self.dtype.itemsize()) {
                0 => Bytes::new(),
                _ => self.view()?.to_array(Order::C, ByteOrder::NATIVE)?.into_data(),
            }
        };
        aligned(bytes, align, copied)
    }

    /// The elements for one pass over each: the bytes from the first on, and the distance between elements.
    pub(super) fn walk(&self, copied: &mut Copied) -> Result<(Cow<'a, [u8]>, usize)> {
        match self.strided() {
            Some((bytes, stride)) => Ok((Cow::Borrowed(bytes), stride)),
            None => {
                let bytes = self.bytes(copied)?;
                Ok((Cow::Owned(bytes.into()), self.dtype.itemsize()))
            }
        }
    }
}

/// Bytes as a buffer that starts at a multiple of an alignment.
pub(super) fn aligned(bytes: Bytes, align: usize, copied: &mut Copied) -> Result<Buffer> {
    if bytes.is_empty() {
        return Ok(Buffer::from_vec(Vec::<u64>::new()));
    }
    if bytes.as_ptr().addr().is_multiple_of(align) {
        return Ok(Buffer::from(bytes));
    }
    *copied |= Copied::ALIGNMENT;
    // By way of an array, whose copies lie in large pages where they are large.
    let shape = Shape::new(&[bytes.len()])?;
    let view = ArrayView::new(DType::new(Kind::UInt8)?, shape, &AxisOrder::C, &bytes)?;
    let copy = view.to_array(Order::C, ByteOrder::NotApplicable)?.into_data();
    if copy.as_ptr().addr().is_multiple_of(align) {
        return Ok(Buffer::from(copy));
    }
    Ok(Buffer::from_slice_ref(&bytes[..]))
}

/// The length of something as Arrow counts it.
pub(super) fn length(len: usize, what: &str) -> Result<i32> {
    i32::try_from(len)
        .map_err(|_| Error::type_(format!("{what} of {len}; Arrow has 2147483647 at most")))
}
