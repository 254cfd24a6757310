//! Files: read, mapped, replaced, appended to; and what a crash leaves behind.

#![cfg(feature = "fs")]
#![allow(clippy::unwrap_used)]

mod append;
#[cfg(target_os = "linux")]
#[path = "../shared/child.rs"]
mod child;
mod faults;
mod maps;
mod whole;

use bytes::Bytes;
use npbytes::npy::{self, ReadOptions, WriteOptions};
use npbytes::{Array, AxisOrder, DType, Order, Shape};

pub(crate) fn dtype(text: &str) -> DType {
    DType::parse(text).unwrap()
}

/// An array of the bytes 0, 1, 2, ... in C order.
pub(crate) fn counting(text: &str, shape: &[usize]) -> Array {
    let shape = Shape::new(shape).unwrap();
    let len = shape.bytes(dtype(text).itemsize()).unwrap();
    let data: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
    Array::new(dtype(text), shape, AxisOrder::C, data.into()).unwrap()
}

pub(crate) fn encode(array: &Array) -> Vec<u8> {
    npy::encode(&array.view(), &WriteOptions::default()).unwrap()
}

pub(crate) fn decode(bytes: &[u8]) -> Array {
    npy::decode(&Bytes::copy_from_slice(bytes), &ReadOptions::default()).unwrap()
}

#[track_caller]
pub(crate) fn assert_same(found: &Array, expected: &Array) {
    assert_eq!(found.dtype(), expected.dtype());
    assert_eq!(found.shape(), expected.shape());
    assert!(found.to_bytes(Order::C).unwrap() == expected.to_bytes(Order::C).unwrap());
}

/// The names in a folder.
pub(crate) fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
