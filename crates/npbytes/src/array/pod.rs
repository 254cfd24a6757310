//! Elements that Rust has no type for, as newtypes of their bits.
//!
//! `unsafe` lives here to say that each is nothing but those bits; see each block.
#![allow(unsafe_code)]

use std::fmt;

use bytemuck::{Pod, Zeroable};

/// A `datetime64`: a count since 1970-01-01 of the unit in the array's dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct DateTime64(pub i64);

/// A `timedelta64`: a count of the unit in the array's dtype.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct TimeDelta64(pub i64);

/// An `S` or `V` of `N` bytes, trailing NULs included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct FixedBytes<const N: usize>(pub [u8; N]);

/// A `U` of `N` characters: UCS-4 code points, trailing NULs included.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct FixedStr<const N: usize>(pub [u32; N]);

// SAFETY: a transparent wrapper of `i64`, which may be zero.
unsafe impl Zeroable for DateTime64 {}
// SAFETY: a transparent wrapper of `i64`, which is `Pod`.
unsafe impl Pod for DateTime64 {}
// SAFETY: a transparent wrapper of `i64`, which may be zero.
unsafe impl Zeroable for TimeDelta64 {}
// SAFETY: a transparent wrapper of `i64`, which is `Pod`.
unsafe impl Pod for TimeDelta64 {}
// SAFETY: a transparent wrapper of bytes, which may be zero.
unsafe impl<const N: usize> Zeroable for FixedBytes<N> {}
// SAFETY: a transparent wrapper of an array of `u8`: no padding, every bit pattern is valid.
unsafe impl<const N: usize> Pod for FixedBytes<N> {}
// SAFETY: a transparent wrapper of an array of `u32`, which may be zero.
unsafe impl<const N: usize> Zeroable for FixedStr<N> {}
// SAFETY: a transparent wrapper of an array of `u32`: no padding, every bit pattern is valid.
unsafe impl<const N: usize> Pod for FixedStr<N> {}

impl DateTime64 {
    /// Not a time.
    pub const NAT: Self = Self(i64::MIN);

    /// Whether the value is [`NAT`](Self::NAT).
    pub const fn is_nat(self) -> bool {
        self.0 == i64::MIN
    }
}

impl TimeDelta64 {
    /// Not a time.
    pub const NAT: Self = Self(i64::MIN);

    /// Whether the value is [`NAT`](Self::NAT).
    pub const fn is_nat(self) -> bool {
        self.0 == i64::MIN
    }
}

impl<const N: usize> FixedBytes<N> {
    /// The bytes without trailing NULs: what NumPy shows of an `S`.
    pub fn trimmed(&self) -> &[u8] {
        let end = self.0.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        &self.0[..end]
    }
}

impl<const N: usize> FixedStr<N> {
    /// The code points without trailing NULs: what NumPy shows.
    pub fn trimmed(&self) -> &[u32] {
        let end = self.0.iter().rposition(|&p| p != 0).map_or(0, |last| last + 1);
        &self.0[..end]
    }

    /// The text without trailing NULs; `None` where a code point is no Unicode character.
    pub fn to_text(&self) -> Option<String> {
        self.trimmed().iter().map(|&point| char::from_u32(point)).collect()
    }
}

impl<const N: usize> fmt::Debug for FixedBytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.trimmed().escape_ascii())
    }
}

impl<const N: usize> fmt::Debug for FixedStr<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_text() {
            Some(text) => text.fmt(f),
            None => self.trimmed().fmt(f),
        }
    }
}
