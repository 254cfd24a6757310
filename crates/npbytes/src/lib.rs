#![doc = include_str!("../README.md")]

mod array;
#[cfg(feature = "compressed")]
pub mod compressed;
pub mod dtype;
mod error;
mod limits;
pub mod literal;
#[cfg(feature = "fs")]
mod lock;
#[cfg(feature = "fs")]
mod map;
pub mod msgpack;
pub mod npy;
#[cfg(feature = "npz")]
pub mod npz;
mod numpy;
pub mod pickle;
pub mod print;
pub mod raw;
#[cfg(feature = "fs")]
mod regular;
#[cfg(feature = "fs")]
mod replace;
pub mod scan;
mod shape;
pub mod sniff;
#[cfg(feature = "fs")]
mod tail;

#[doc(hidden)]
pub use array::__record;
pub use array::{
    Array, ArrayView, DateTime64, Element, Elements, FixedBytes, FixedStr, Index, Layout, Record,
    RecordField, RecordLayout, Slice, TimeDelta64,
};
pub use dtype::{ByteOrder, DType, Kind};
pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use literal::PyStr;
#[cfg(feature = "fs")]
pub use map::map_bytes;
pub use numpy::{NumPy, Profile, Python};
#[cfg(feature = "fs")]
pub use replace::replace_file;
pub use shape::{AxisOrder, MAX_DIMS, Order, Shape};
