#![doc = include_str!("../README.md")]

pub mod dtype;
mod error;
mod limits;
pub mod literal;
mod numpy;
pub mod raw;
mod shape;

pub use dtype::{ByteOrder, DType, Kind};
pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use literal::PyStr;
pub use numpy::{NumPy, Profile, Python};
pub use shape::{AxisOrder, Order, Shape};
