//! Archives: those NumPy wrote, those it should have written, and those nobody should.

#![cfg(feature = "npz")]
#![allow(clippy::unwrap_used)]

#[cfg(all(feature = "fs", target_os = "linux"))]
#[path = "../shared/child.rs"]
mod child;
#[cfg(feature = "fs")]
mod compacted;
#[cfg(feature = "fs")]
mod crashes;
#[cfg(feature = "fs")]
mod edited;
#[cfg(feature = "fs")]
mod faults;
mod hostile;
mod large;
mod limits;
mod lookup;
mod random;
#[allow(dead_code, unused, reason = "the tables of other tests have more kinds of fields")]
#[path = "../numpy/table.rs"]
mod table;
mod targets;
mod threads;
mod written;
mod zip;

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, Item, ReadOptions, WriteOptions};
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

/// An array of one axis of these bytes.
pub(crate) fn bytes_array(data: Vec<u8>) -> Array {
    let shape = Shape::new(&[data.len()]).unwrap();
    Array::new(dtype("u1"), shape, AxisOrder::C, data.into()).unwrap()
}

pub(crate) fn options(compression: Compression) -> WriteOptions {
    WriteOptions::default().compression(compression)
}

pub(crate) const COMPRESSIONS: [Compression; 3] =
    [Compression::None, Compression::NumPy, Compression::Fast];

pub(crate) fn encode(members: &[(&str, &Array)]) -> Vec<u8> {
    encode_with(members, &WriteOptions::default())
}

pub(crate) fn encode_with(members: &[(&str, &Array)], options: &WriteOptions) -> Vec<u8> {
    let members: Vec<_> = members.iter().map(|(name, array)| (*name, array.view())).collect();
    npz::encode(&members, options).unwrap()
}

pub(crate) fn open(bytes: &[u8]) -> npbytes::Result<Archive> {
    npz::decode(&Bytes::copy_from_slice(bytes), &ReadOptions::default())
}

/// All that an archive holds: names and contents.
pub(crate) fn contents(archive: &Archive) -> npbytes::Result<Vec<(String, Vec<u8>)>> {
    let member = |member: npz::Member<'_>| Ok((member.name().to_owned(), member.bytes()?.to_vec()));
    archive.members().map(member).collect()
}

#[track_caller]
pub(crate) fn assert_same(found: &Array, expected: &Array) {
    assert_eq!(found.dtype(), expected.dtype());
    assert_eq!(found.shape(), expected.shape());
    assert!(found.to_bytes(Order::C).unwrap() == expected.to_bytes(Order::C).unwrap());
}

#[track_caller]
pub(crate) fn array_of(item: &Item) -> &Array {
    match item {
        Item::Array(array) => array,
        other => panic!("no array: {other:?}"),
    }
}

/// The message without what is in it of one system only.
#[track_caller]
pub(crate) fn assert_says(error: &npbytes::Error, part: &str) {
    assert!(error.to_string().contains(part), "{error:?} does not say {part:?}");
}
