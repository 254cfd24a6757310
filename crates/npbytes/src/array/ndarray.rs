//! Conversions from and to `ndarray`.

use bytes::Bytes;
use ndarray::{ArrayBase, ArrayD, ArrayViewD, Axis, Data, Dimension, IxDyn, ShapeBuilder};

use super::{Array, ArrayView, Element, bytes_of};
use crate::error::{Error, Result};
use crate::shape::{AxisOrder, Order, Shape};

impl<'a> ArrayView<'a> {
    /// The array as an `ndarray` view of the same strides. Does not copy.
    ///
    /// # Errors
    /// Another element type; elements that are not aligned, whose strides are no multiples of their
    /// size, or that are not in native byte order ([`ArrayView::to_ndarray`] copies them); a byte that
    /// is no `bool`.
    pub fn as_ndarray<T: Element>(&self) -> Result<ArrayViewD<'a, T>> {
        self.expect::<T>()?;
        if self.is_empty() {
            // `ndarray` holds strides that lead nowhere against the length of the memory.
            return ArrayViewD::from_shape(IxDyn(self.shape()), self.cast::<T>(&[])?)
                .map_err(|error| Error::layout(format!("ndarray: {error}")));
        }
        let size = size_of::<T>();
        let mut start = self.offset().cast_signed();
        let mut end = start + size.cast_signed();
        let mut strides = Vec::with_capacity(self.ndim());
        for (&dim, &stride) in self.shape().iter().zip(self.strides()) {
            // An axis of one element may have any stride.
            let stride = if dim > 1 { stride } else { 0 };
            if size == 0 || !stride.unsigned_abs().is_multiple_of(size) {
                return Err(Error::layout("their strides are no multiples of their size")
                    .with_help("copy them with `to_ndarray`"));
            }
            strides.push(stride.unsigned_abs() / size);
            let reach = stride * (dim - 1).cast_signed();
            start += reach.min(0);
            end += reach.max(0);
        }
        // A view has checked that its elements lie inside.
        let bytes = &self.data()[start.cast_unsigned()..end.cast_unsigned()];
        let values = self.cast::<T>(bytes)?;
        let shape = IxDyn(self.shape()).strides(IxDyn(&strides));
        let mut view = ArrayViewD::from_shape(shape, values).map_err(|error| {
            Error::layout(format!("ndarray: {error}")).with_help("copy them with `to_ndarray`")
        })?;
        for (axis, &stride) in self.strides().iter().enumerate() {
            if stride < 0 {
                view.invert_axis(Axis(axis));
            }
        }
        Ok(view)
    }

    /// The array as an owned `ndarray` in native byte order, in Fortran order if it lies so, else in C
    /// order: one copy, in one pass.
    ///
    /// # Errors
    /// Another element type; a byte that is no `bool`; more memory than there is.
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
        let values = self.values::<T>(Order::A)?;
        let shape = IxDyn(self.shape());
        let array = if self.is_fortran() {
            ArrayD::from_shape_vec(shape.f(), values)
        } else {
            ArrayD::from_shape_vec(shape, values)
        };
        array.map_err(|error| Error::layout(format!("ndarray: {error}")))
    }
}

impl Array {
    /// An array of an `ndarray` of any layout: in Fortran order if it lies so and not in C order, as
    /// NumPy would keep it, else in C order. Copies; [`Array::from_ndarray_owned`] does not.
    ///
    /// # Errors
    /// More than 64 axes.
    pub fn from_ndarray<T, S, D>(array: &ArrayBase<S, D>) -> Result<Self>
    where
        T: Element,
        S: Data<Elem = T>,
        D: Dimension,
    {
        // A broadcast array may say more than memory holds.
        let shape = Shape::new(array.shape())?;
        shape.bytes(size_of::<T>())?;
        let mut values: Vec<T> = Vec::new();
        values.try_reserve_exact(array.len()).map_err(std::io::Error::from)?;
        let fortran = !array.is_standard_layout() && array.t().is_standard_layout();
        if fortran {
            values.extend(array.t().iter().copied());
        } else {
            values.extend(array.iter().copied());
        }
        let order = if fortran { AxisOrder::F } else { AxisOrder::C };
        Self::new(T::dtype(), shape, order, bytes_of::vec(values))
    }

    /// An array that takes over an `ndarray`'s memory. Does not copy if it lies densely from its
    /// first element on, in C, Fortran or any other axis order; else as [`Array::from_ndarray`].
    ///
    /// # Errors
    /// More than 64 axes.
    pub fn from_ndarray_owned<T: Element, D: Dimension>(
        array: ndarray::Array<T, D>,
    ) -> Result<Self> {
        let shape = Shape::new(array.shape())?;
        let size = size_of::<T>().cast_signed();
        let strides: Vec<isize> = array.strides().iter().map(|stride| stride * size).collect();
        let mut axes: Vec<usize> = (0..strides.len()).collect();
        axes.sort_by_key(|&axis| (std::cmp::Reverse(strides[axis].unsigned_abs()), axis));
        let order =
            if array.is_standard_layout() { AxisOrder::C } else { AxisOrder::permuted(&axes)? };
        let wanted = order.strides(&shape, size_of::<T>());
        let dense =
            shape.iter().zip(strides.iter().zip(&wanted)).all(|(&dim, (a, b))| dim <= 1 || a == b);
        if !dense {
            return Self::from_ndarray(&array);
        }
        let len = shape.elements();
        let (values, offset) = array.into_raw_vec_and_offset();
        let start = offset.unwrap_or(0) * size_of::<T>();
        let bytes: Bytes = bytes_of::vec(values);
        Self::new(T::dtype(), shape, order, bytes.slice(start..start + len * size_of::<T>()))
    }
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> TryFrom<&ArrayBase<S, D>> for Array {
    type Error = Error;

    /// Copies; see [`Array::from_ndarray`].
    fn try_from(array: &ArrayBase<S, D>) -> Result<Self> {
        Self::from_ndarray(array)
    }
}
