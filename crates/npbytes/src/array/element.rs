//! The Rust types that elements can be seen as.

use bytemuck::{CheckedBitPattern, NoUninit, Pod};
use half::f16;
use num_complex::Complex;

use super::pod::{DateTime64, FixedBytes, FixedStr, TimeDelta64};
use crate::dtype::{DType, Kind, TimeUnit};
use crate::error::{Error, Result};

/// A Rust type that an array's elements can be borrowed as, copied into, and made from.
///
/// Implemented for `i8`-`i64`, `u8`-`u64`, `f32`, `f64`, [`half::f16`], `bool` (whose bytes are
/// checked: NumPy keeps a 2 as it is), [`num_complex::Complex`] of `f32` and `f64`, and this crate's
/// [`DateTime64`], [`TimeDelta64`], [`FixedBytes`] and [`FixedStr`]. Structs are read with
/// [`record!`](crate::record).
///
/// The trait is sealed: its promise is that the bits are the element's bytes in native order.
pub trait Element: CheckedBitPattern<Bits: Pod> + NoUninit + Send + Sync + sealed::Sealed {
    /// The dtype of arrays that are made from such values, in this machine's byte order.
    fn dtype() -> DType;

    /// Whether the elements of a dtype are such values, whatever their byte order.
    fn accepts(dtype: &DType) -> bool;

    #[doc(hidden)]
    const SWAP_UNIT: usize;

    #[doc(hidden)]
    fn from_bits(bits: Self::Bits) -> Option<Self> {
        // Of the same size always: the bits are this type's.
        bytemuck::checked::try_cast(bits).ok()
    }

    /// Reads a value from an element's bytes.
    #[doc(hidden)]
    fn read(bytes: &[u8], native: bool) -> Result<Self> {
        let mut bits: Self::Bits = bytemuck::Zeroable::zeroed();
        let own = bytemuck::bytes_of_mut(&mut bits);
        if own.len() != bytes.len() {
            return Err(Error::truncated("an element", own.len() as u64, bytes.len() as u64));
        }
        own.copy_from_slice(bytes);
        if !native {
            own.chunks_exact_mut(Self::SWAP_UNIT).for_each(<[u8]>::reverse);
        }
        Self::from_bits(bits).ok_or_else(|| {
            Error::value(format!("{:?} is no {}", bytes, std::any::type_name::<Self>()))
        })
    }
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($type:ty, $swap:expr, $dtype:expr, $pattern:pat,)*) => {$(
        impl sealed::Sealed for $type {}

        impl Element for $type {
            const SWAP_UNIT: usize = $swap;

            fn dtype() -> DType {
                DType::native($dtype)
            }

            fn accepts(dtype: &DType) -> bool {
                matches!(dtype.kind(), $pattern)
            }
        }
    )*};
}

elements! {
    bool, 1, Kind::Bool, Kind::Bool,
    i8, 1, Kind::Int8, Kind::Int8,
    i16, 2, Kind::Int16, Kind::Int16,
    i32, 4, Kind::Int32, Kind::Int32,
    i64, 8, Kind::Int64, Kind::Int64,
    u8, 1, Kind::UInt8, Kind::UInt8,
    u16, 2, Kind::UInt16, Kind::UInt16,
    u32, 4, Kind::UInt32, Kind::UInt32,
    u64, 8, Kind::UInt64, Kind::UInt64,
    f16, 2, Kind::Float16, Kind::Float16,
    f32, 4, Kind::Float32, Kind::Float32,
    f64, 8, Kind::Float64, Kind::Float64,
    Complex<f32>, 4, Kind::Complex64, Kind::Complex64,
    Complex<f64>, 8, Kind::Complex128, Kind::Complex128,
    DateTime64, 8, Kind::DateTime64(TimeUnit::GENERIC), Kind::DateTime64(_),
    TimeDelta64, 8, Kind::TimeDelta64(TimeUnit::GENERIC), Kind::TimeDelta64(_),
}

impl<const N: usize> sealed::Sealed for FixedBytes<N> {}

impl<const N: usize> Element for FixedBytes<N> {
    const SWAP_UNIT: usize = 1;

    fn dtype() -> DType {
        DType::native(Kind::Bytes(N))
    }

    fn accepts(dtype: &DType) -> bool {
        matches!(dtype.kind(), Kind::Bytes(len) | Kind::Void(len) if *len == N)
    }
}

impl<const N: usize> sealed::Sealed for FixedStr<N> {}

impl<const N: usize> Element for FixedStr<N> {
    const SWAP_UNIT: usize = 4;

    fn dtype() -> DType {
        DType::native(Kind::Str(N))
    }

    fn accepts(dtype: &DType) -> bool {
        matches!(dtype.kind(), Kind::Str(chars) if *chars == N)
    }
}
