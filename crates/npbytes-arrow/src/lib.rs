//! NumPy bytes to Arrow and back, without Python: shape, units, nulls and exactness are kept.
//!
//! [`Values`] is what NumPy has: an array, a masked array or an array of objects. [`to_arrow`] makes it an Arrow
//! array with its field, [`from_arrow`] makes an Arrow array NumPy's again. What Arrow has no type for (units, byte
//! orders, widths of strings, the shape of a row) goes into the field's metadata ([`metadata`] holds the keys), so that
//! NumPy to Arrow to NumPy gives the same bytes, also by way of an IPC or a Parquet file.
//!
//! Nothing is copied where Arrow can take the bytes as they are; where it cannot, [`Copied`] says why.

mod batch;
mod copied;
mod error;
mod from;
#[cfg(any(feature = "ipc", feature = "parquet"))]
mod guard;
#[cfg(feature = "ipc")]
pub mod ipc;
mod memory;
#[cfg(any(feature = "ipc", feature = "tensor"))]
mod message;
pub mod metadata;
mod options;
#[cfg(feature = "parquet")]
pub mod parquet;
#[cfg(feature = "tensor")]
pub mod tensor;
#[cfg(feature = "text")]
pub mod text;
mod to;
mod values;

pub use batch::{Batch, from_record_batch, members_to_batches, to_record_batch};
pub use copied::Copied;
pub use error::{Error, ErrorKind, Result};
pub use from::{Restored, RowType, dtype_of, from_arrow, from_chunks};
#[doc(hidden)]
#[cfg(any(feature = "ipc", feature = "parquet"))]
pub use guard::is_guarded;
pub use npbytes;
pub use options::{
    Binary, Bools, ByteStrings, Complex, Decimals, FromArrow, Integers, LongDouble, Nulls, Ragged,
    Rows, Strings, Text, ToArrow,
};
pub use to::{Column, field_of, to_arrow};
pub use values::{MaskedArray, Values};
