//! NumPy bytes to Arrow and back, without Python.
//!
//! This crate holds its place: it will turn an [`npbytes::Array`] into Arrow arrays, record batches and
//! tensors, and back, keeping shape, units, nulls and exactness. Today it only names what both sides share:
//! the buffer. [`npbytes::Array::data`] is a `bytes::Bytes`, which `arrow_buffer::Buffer::from` takes without a
//! copy, a memory map included.

pub use npbytes;
