//! The codecs and arrays by their public face: raw bytes, typed access, fields, `ndarray`, records,
//! streams. Expected values are NumPy's; the Python line that makes them stands beside them.

#![allow(clippy::unwrap_used)]

mod arrays;
mod broken_streams;
mod edges;
mod fields;
#[cfg(feature = "ndarray")]
mod interop;
mod raw;
mod records;
mod streams;

use bytes::Bytes;
use npbytes::{Array, AxisOrder, DType, Shape};

pub(crate) fn dtype(text: &str) -> DType {
    DType::parse(text).unwrap()
}

/// An array of bytes in C order.
pub(crate) fn array(text: &str, shape: &[usize], data: &[u8]) -> Array {
    let shape = Shape::new(shape).unwrap();
    Array::new(dtype(text), shape, AxisOrder::C, Bytes::copy_from_slice(data)).unwrap()
}
