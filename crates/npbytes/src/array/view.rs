//! Borrowed arrays of any strides.

use std::fmt;

use super::{Axes, Element, Elements, Slice, check_buffer, copy, owned};
use crate::dtype::{ByteOrder, DType};
use crate::error::{Error, ErrorKind, Result};
use crate::shape::{AxisOrder, Order, Shape};

/// A borrowed array: bytes, and where in them each element lies.
///
/// Every element is known to lie inside of the bytes. Strides are in bytes and may be negative (a
/// reversed axis) or zero (a broadcast one), and elements need no alignment.
#[derive(Clone)]
pub struct ArrayView<'a> {
    dtype: DType,
    shape: Shape,
    strides: Axes<isize>,
    data: &'a [u8],
    /// Where the element of index 0 on all axes starts.
    offset: usize,
}

impl<'a> ArrayView<'a> {
    /// A view of bytes that lie densely in an axis order. Does not copy.
    ///
    /// # Errors
    /// [`ErrorKind::Mismatch`] unless `data` is exactly as long as the shape and dtype say.
    pub fn new(dtype: DType, shape: Shape, order: &AxisOrder, data: &'a [u8]) -> Result<Self> {
        check_buffer(&dtype, &shape, order, data.len())?;
        Ok(Self::dense(dtype, shape, order, data))
    }

    /// A view of elements at strides in bytes, the first of which starts at `offset`. Does not copy.
    ///
    /// # Errors
    /// An element that lies outside of `data`; another number of strides than axes.
    pub fn from_strides(
        dtype: DType,
        shape: Shape,
        strides: &[isize],
        offset: usize,
        data: &'a [u8],
    ) -> Result<Self> {
        if strides.len() != shape.len() {
            return Err(Error::shape(format!("{shape} needs {} strides", shape.len())));
        }
        if shape.elements() > 0 {
            // The lowest and the highest byte of any element.
            let (mut low, mut high) = (offset as i128, offset as i128 + dtype.itemsize() as i128);
            for (&dim, &stride) in shape.iter().zip(strides) {
                let reach = (dim as i128 - 1) * stride as i128;
                low += reach.min(0);
                high += reach.max(0);
            }
            if low < 0 || high > data.len() as i128 {
                return Err(Error::shape(format!(
                    "the strides lead from byte {low} to byte {high} of {}",
                    data.len()
                )));
            }
        }
        // Without elements there is no first one, and nothing is ever read there.
        let offset = if shape.elements() > 0 { offset } else { 0 };
        Ok(Self { dtype, shape, strides: Axes::from_slice(strides), data, offset })
    }

    /// A view of bytes whose length was checked.
    pub(crate) fn dense(dtype: DType, shape: Shape, order: &AxisOrder, data: &'a [u8]) -> Self {
        debug_assert_eq!(shape.bytes(dtype.itemsize()).ok(), Some(data.len()));
        let strides = order.strides(&shape, dtype.itemsize());
        Self { dtype, shape, strides, data, offset: 0 }
    }

    /// A view of a part of this one: no element that was not there before.
    pub(super) fn part(&self, shape: Axes<usize>, strides: Axes<isize>, offset: usize) -> Self {
        let shape = Shape::of_part(shape);
        Self { dtype: self.dtype.clone(), shape, strides, data: self.data, offset }
    }

    /// The type of the elements.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The lengths of the axes, in elements.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The distance in bytes from one element to the next on each axis.
    pub fn strides(&self) -> &[isize] {
        &self.strides
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

    /// The bytes all elements take, each counted once: `ndarray.nbytes`.
    pub fn nbytes(&self) -> usize {
        // A broadcast view may count more than memory holds.
        self.len().saturating_mul(self.dtype.itemsize())
    }

    pub(super) fn data(&self) -> &'a [u8] {
        self.data
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// NumPy's `flags.c_contiguous`: the elements lie densely, the last axis varying fastest. Axes
    /// of length 1 do not count, and an array without elements is contiguous in every way.
    pub fn is_c_contiguous(&self) -> bool {
        self.is_dense((0..self.ndim()).rev())
    }

    /// NumPy's `flags.f_contiguous`: the same with the first axis varying fastest.
    pub fn is_f_contiguous(&self) -> bool {
        self.is_dense(0..self.ndim())
    }

    /// Whether axes from the fastest to the slowest are dense.
    fn is_dense(&self, axes: impl Iterator<Item = usize>) -> bool {
        if self.is_empty() {
            return true;
        }
        let mut expected = self.dtype.itemsize().cast_signed();
        for axis in axes {
            let (dim, stride) = (self.shape[axis], self.strides[axis]);
            if dim != 1 {
                if stride != expected {
                    return false;
                }
                expected = expected.wrapping_mul(dim.cast_signed());
            }
        }
        true
    }

    /// Whether NumPy writes the array in Fortran order: contiguous so, and not in C order.
    pub fn is_fortran(&self) -> bool {
        !self.is_c_contiguous() && self.is_f_contiguous()
    }

    /// The axis order in which the elements lie densely, if there is one: C first, then F.
    pub fn axis_order(&self) -> Option<AxisOrder> {
        if self.is_c_contiguous() {
            return Some(AxisOrder::C);
        }
        if self.is_f_contiguous() {
            return Some(AxisOrder::F);
        }
        let mut axes: Vec<usize> = (0..self.ndim()).collect();
        // Stable, as NumPy's: axes of equal strides keep their order.
        axes.sort_by_key(|&axis| std::cmp::Reverse(self.strides[axis].unsigned_abs()));
        if self.is_dense(axes.iter().rev().copied()) {
            AxisOrder::permuted(&axes).ok()
        } else {
            None
        }
    }

    /// The bytes as they lie in memory, if the elements lie densely in some axis order.
    pub(crate) fn memory(&self) -> Option<&'a [u8]> {
        if !self.is_empty()
            && self.strides.iter().zip(self.shape.iter()).any(|(&s, &dim)| s < 0 && dim > 1)
        {
            return None;
        }
        self.axis_order()?;
        self.data.get(self.offset..self.offset + self.nbytes())
    }

    /// C or F: what `order` comes to for this array.
    pub(crate) fn resolved(&self, order: Order) -> Order {
        match order {
            Order::A if self.is_fortran() => Order::F,
            Order::F => Order::F,
            Order::C | Order::A => Order::C,
        }
    }

    /// The bytes, if they already lie in the order.
    pub(crate) fn contiguous(&self, order: Order) -> Option<&'a [u8]> {
        let dense = match self.resolved(order) {
            Order::F => self.is_f_contiguous(),
            Order::C | Order::A => self.is_c_contiguous(),
        };
        if self.is_empty() {
            return Some(&[]);
        }
        dense.then(|| self.data.get(self.offset..self.offset + self.nbytes())).flatten()
    }

    /// Some of an axis, whose indices exist.
    pub(crate) fn rows(&self, axis: usize, start: usize, len: usize) -> Self {
        let mut shape: Axes<usize> = self.shape.iter().copied().collect();
        shape[axis] = len;
        let offset = self.moved(start.cast_signed().wrapping_mul(self.strides[axis]));
        self.part(shape, self.strides.clone(), offset)
    }

    /// The bytes of one element, as they are stored; `None` outside of the shape.
    pub fn element(&self, index: &[usize]) -> Option<&'a [u8]> {
        if index.len() != self.ndim() {
            return None;
        }
        let mut offset = self.offset.cast_signed();
        for ((&i, &dim), &stride) in index.iter().zip(self.shape.iter()).zip(&self.strides) {
            if i >= dim {
                return None;
            }
            // Inside of the shape it does not wrap, unless there are no elements at all.
            offset = offset.wrapping_add(i.cast_signed().wrapping_mul(stride));
        }
        let start = usize::try_from(offset).ok()?;
        self.data.get(start..start + self.dtype.itemsize())
    }

    /// The bytes of each element, as they are stored, in C order. Does not copy.
    pub fn elements(&self) -> Elements<'a> {
        Elements::new(self)
    }

    /// One element as a Rust value, in native byte order, wherever it lies.
    ///
    /// # Errors
    /// Another element type, an index outside of the shape, a byte that is no `bool`.
    pub fn get<T: Element>(&self, index: &[usize]) -> Result<T> {
        self.expect::<T>()?;
        let bytes = self.element(index).ok_or_else(|| {
            Error::index(format!(
                "the index {} for the shape {}",
                crate::shape::Tuple(index),
                self.shape
            ))
        })?;
        T::read(bytes, self.dtype.is_native())
    }

    /// Checks that elements are of a Rust type, in whichever byte order.
    pub(super) fn expect<T: Element>(&self) -> Result<()> {
        if T::accepts(&self.dtype) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::ElementType {
            wanted: std::any::type_name::<T>(),
            dtype: self.dtype.to_string(),
        }))
    }

    /// Checks that elements are of a Rust type and in native byte order.
    pub(crate) fn expect_native<T: Element>(&self) -> Result<()> {
        self.expect::<T>()?;
        if self.dtype.is_native() {
            return Ok(());
        }
        Err(Error::layout("they are in the other byte order")
            .with_help("copy them with `to_vec` or `to_ndarray`"))
    }

    /// The elements in C order as a Rust slice. Does not copy.
    ///
    /// # Errors
    /// Another element type; elements that are not dense in C order, not aligned, or not in native
    /// byte order ([`ErrorKind::Layout`]: [`ArrayView::to_vec`] copies them); a byte that is no
    /// `bool`.
    pub fn as_slice<T: Element>(&self) -> Result<&'a [T]> {
        self.expect::<T>()?;
        let bytes = self.contiguous(Order::C).ok_or_else(|| {
            Error::layout("they are not dense in C order").with_help("copy them with `to_vec`")
        })?;
        self.cast(bytes)
    }

    /// Dense bytes as a slice of values.
    pub(super) fn cast<T: Element>(&self, bytes: &'a [u8]) -> Result<&'a [T]> {
        self.expect_native::<T>()?;
        if self.is_empty() {
            // No bytes need no alignment.
            return Ok(&[]);
        }
        if size_of::<T>() == 0 {
            return Err(Error::layout("they take no memory").with_help("copy them with `to_vec`"));
        }
        bytemuck::checked::try_cast_slice(bytes).map_err(|error| match error {
            bytemuck::checked::CheckedCastError::InvalidBitPattern => {
                let first = bytes
                    .chunks(self.dtype.itemsize().max(1))
                    .position(|e| T::read(e, true).is_err());
                Error::value(format!("an element is no {}", std::any::type_name::<T>()))
                    .at(first.unwrap_or(0))
            }
            bytemuck::checked::CheckedCastError::PodCastError(_) => {
                Error::layout(format!("they are not aligned to {} bytes", align_of::<T>()))
                    .with_help("copy them with `to_vec` or `to_ndarray`")
            }
        })
    }

    /// The elements in C order as Rust values in native byte order: one copy, in one pass.
    ///
    /// # Errors
    /// Another element type; a byte that is no `bool`; more memory than there is.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.values(Order::C)
    }

    pub(super) fn values<T: Element>(&self, order: Order) -> Result<Vec<T>> {
        self.expect::<T>()?;
        self.check_countable()?;
        let bits: Vec<T::Bits> = match self.contiguous(order) {
            // Values of no bytes cannot be counted by them.
            Some(bytes) if self.dtype.is_native() && size_of::<T>() > 0 => owned::copied(bytes)?,
            _ => {
                self.shape.bytes(self.dtype.itemsize())?;
                let mut bits = owned::zeroed(self.len())?;
                let out = bytemuck::cast_slice_mut(&mut bits);
                copy::copy(self, order, Some(ByteOrder::NATIVE), out);
                bits
            }
        };
        owned::checked(bits)
    }

    /// Refuses to make a list of elements of no bytes that nothing in the input justifies.
    pub(super) fn check_countable(&self) -> Result<()> {
        const MOST: usize = 1 << 24;
        if self.dtype.itemsize() == 0 && self.len() > MOST {
            return Err(Error::unsupported(format!(
                "{} elements of no bytes are more than the {MOST} that are listed",
                self.len()
            )));
        }
        Ok(())
    }

    /// The part of a slice expression, such as `"0, :, 3:7:2"` read into a [`Slice`]. Does not copy.
    ///
    /// # Errors
    /// [`ErrorKind::Index`]: more indices than axes, or an integer outside of its axis.
    pub fn slice(&self, slice: &Slice) -> Result<Self> {
        slice.apply(self)
    }

    /// The sub-array at one index of an axis: one axis less. Does not copy.
    ///
    /// # Errors
    /// No such axis, or an index outside of it.
    pub fn index_axis(&self, axis: usize, index: usize) -> Result<Self> {
        let (Some(&dim), Some(&stride)) = (self.shape.get(axis), self.strides.get(axis)) else {
            return Err(Error::index(format!("no axis {axis} in {} axes", self.ndim())));
        };
        if index >= dim {
            return Err(Error::index(format!(
                "index {index} is out of bounds for axis {axis} with size {dim}"
            )));
        }
        let mut shape: Axes<usize> = self.shape.iter().copied().collect();
        let mut strides = self.strides.clone();
        shape.remove(axis);
        strides.remove(axis);
        let offset = self.moved(index.cast_signed().wrapping_mul(stride));
        Ok(self.part(shape, strides, offset))
    }

    /// The offset moved by a distance that stays inside, or that leads to no element.
    pub(super) fn moved(&self, by: isize) -> usize {
        if self.is_empty() { self.offset } else { self.offset.wrapping_add_signed(by) }
    }

    /// A field of a structured array as a view of its own; `"a.b"` is the field `b` of the field `a`
    /// unless there is a field named `a.b`. A subarray field adds its axes at the end. Does not copy.
    ///
    /// # Errors
    /// [`ErrorKind::Field`], which lists the names there are.
    pub fn field(&self, path: &str) -> Result<Self> {
        let error = match self.dtype.field(path) {
            Ok(field) => return self.reinterpreted(field.dtype(), field.offset()),
            Err(error) => error,
        };
        for (dot, _) in path.match_indices('.') {
            if let Ok(field) = self.dtype.field(&path[..dot]) {
                return self.reinterpreted(field.dtype(), field.offset())?.field(&path[dot + 1..]);
            }
        }
        Err(error)
    }

    /// The elements seen as a part of each; a subarray dtype becomes axes.
    fn reinterpreted(&self, dtype: &DType, offset: usize) -> Result<Self> {
        let (mut shape, mut strides): (Axes<usize>, Axes<isize>) =
            (self.shape.iter().copied().collect(), self.strides.clone());
        let mut dtype = dtype.clone();
        while let Some((base, sub)) = dtype.as_subarray() {
            let sub = Shape::new(sub)?;
            shape.extend(sub.iter().copied());
            strides.extend(AxisOrder::C.strides(&sub, base.itemsize()));
            dtype = base.clone();
        }
        let shape = Shape::new(&shape)?;
        Ok(Self { dtype, shape, strides, data: self.data, offset: self.offset + offset })
    }
}

impl fmt::Debug for ArrayView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArrayView")
            .field("dtype", &self.dtype)
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .finish()
    }
}
