//! Python's `str`: any sequence of code points, lone surrogates included.

use std::borrow::Cow;
use std::fmt;

/// An immutable Python `str`.
///
/// Rust's `str` cannot hold the surrogates that a Python one may, so the bytes are UTF-8 in which a
/// surrogate is three bytes like its neighbours (Python's `surrogatepass`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct PyStr(Box<[u8]>);

impl PyStr {
    /// The string of these code points; `None` where one is beyond U+10FFFF.
    pub fn from_code_points(points: impl IntoIterator<Item = u32>) -> Option<Self> {
        let mut bytes = Vec::new();
        for point in points {
            push_code_point(&mut bytes, point)?;
        }
        Some(Self(bytes.into()))
    }

    pub(crate) fn from_encoded(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Appends other strings. Surrogates that meet stay two code points, as in Python.
    /// The text as UTF-8, in which lone surrogates take three bytes each.
    pub fn as_utf8(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn append(&mut self, others: &[Self]) {
        if !others.is_empty() {
            let mut bytes = std::mem::take(&mut self.0).into_vec();
            others.iter().for_each(|other| bytes.extend_from_slice(&other.0));
            self.0 = bytes.into();
        }
    }

    /// The text, unless it holds surrogates.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text, with U+FFFD for what Unicode does not allow.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether there are no characters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The code points, surrogates included.
    pub fn code_points(&self) -> impl Iterator<Item = u32> + Clone + '_ {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (&first, tail) = rest.split_first()?;
            let (len, bits) = match first {
                0..0x80 => (0, u32::from(first)),
                0x80..0xe0 => (1, u32::from(first & 0x1f)),
                0xe0..0xf0 => (2, u32::from(first & 0x0f)),
                _ => (3, u32::from(first & 0x07)),
            };
            let (more, tail) = tail.split_at_checked(len)?;
            rest = tail;
            Some(more.iter().fold(bits, |bits, byte| bits << 6 | u32::from(byte & 0x3f)))
        })
    }
}

/// Appends a code point in UTF-8, surrogates like any other.
pub(crate) fn push_code_point(out: &mut Vec<u8>, point: u32) -> Option<()> {
    match char::from_u32(point) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None if (0xd800..0xe000).contains(&point) => {
            let [_, _, high, low] = point.to_be_bytes();
            out.extend([0xed, 0x80 | (high << 2 & 0x3f) | low >> 6, 0x80 | low & 0x3f]);
        }
        None => return None,
    }
    Some(())
}

impl From<&str> for PyStr {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<String> for PyStr {
    fn from(text: String) -> Self {
        Self(text.into_bytes().into())
    }
}

impl PartialEq<str> for PyStr {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for PyStr {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for PyStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Debug for PyStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::repr_str(self, crate::numpy::Python::DEFAULT))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn code_points_survive() {
        let all = [
            0, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd800, 0xdfff, 0xdc41, 0xe000, 0xffff, 0x1_0000,
            0x10_ffff,
        ];
        let text = PyStr::from_code_points(all).unwrap();
        assert_eq!(text.code_points().collect::<Vec<_>>(), all);
        assert_eq!(text.as_str(), None);
        assert_eq!(PyStr::from_code_points([0x11_0000]), None);
        assert_eq!(PyStr::from("λ").as_str(), Some("λ"));
    }
}
