//! The NumPy (and the Python under it) that is imitated. Every rule that changed between releases is
//! a question asked here by name, so that no codec compares version numbers.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// A NumPy release.
///
/// ```
/// use npbytes::NumPy;
/// let old: NumPy = "1.23.5".parse()?;
/// assert!(!old.growth_padding());
/// assert!(NumPy::LATEST.growth_padding());
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumPy {
    major: u16,
    minor: u16,
    patch: u16,
}

impl NumPy {
    /// The newest release whose bytes were measured.
    pub const LATEST: Self = Self::new(2, 4, 6);

    /// The release `major.minor.patch`.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether `np.dtype` knows the names that 2.0 took away, such as `float_` and `bool8`.
    pub fn has_legacy_names(self) -> bool {
        self.major < 2
    }

    /// Whether `np.dtype` knows the characters `n` and `N` of pointer-sized integers (since 2.0).
    pub fn has_pointer_characters(self) -> bool {
        self.major >= 2
    }

    /// Whether the alias `a` of `S` takes a byte order (until 2.0).
    pub fn alias_takes_byte_order(self) -> bool {
        self.major < 2
    }

    /// Whether a .npy header leaves room for its length to grow to 21 digits (since 1.24.0).
    pub fn growth_padding(self) -> bool {
        self >= Self::new(1, 24, 0)
    }

    /// The most axes an array can have.
    pub fn max_dims(self) -> usize {
        if self.major >= 2 { 64 } else { 32 }
    }

    /// Whether dtype metadata inside a struct's fields goes into the .npy header, which no NumPy can
    /// read back; 2.0 drops it.
    pub fn writes_field_metadata(self) -> bool {
        self.major < 2
    }

    /// Whether its inner module is `numpy._core` rather than `numpy.core` (since 2.0), which pickles name.
    pub fn has_core_underscore(self) -> bool {
        self.major >= 2
    }

    /// The protocol of the pickle in a .npy file of objects: 4 since 2.0, 3 before.
    pub fn object_npy_protocol(self) -> u8 {
        if self.major >= 2 { 4 } else { 3 }
    }

    /// Whether a pickled dtype's flags are a signed byte, in which an aligned struct is negative (until 2.0).
    pub fn pickles_signed_flags(self) -> bool {
        self.major < 2
    }

    /// Whether a pickled `datetime64` without metadata has `None` in its place rather than `{}` (since 2.3.3).
    pub fn pickles_no_time_metadata_as_none(self) -> bool {
        self >= Self::new(2, 3, 3)
    }

    /// Whether protocol 5 pickles an array whose axes are permuted as it lies in memory, order `'K'` (since 2.3.0).
    pub fn pickles_any_axis_order(self) -> bool {
        self >= Self::new(2, 3, 0)
    }

    /// Whether the name `dtype` in a pickle is the text that a field of that name is (1.20 to 1.24). Measured: so in
    /// 1.21.6 to 1.24.4, not in 1.19.5 and 1.25.2.
    pub fn interns_dtype_name(self) -> bool {
        (Self::new(1, 20, 0)..Self::new(1, 25, 0)).contains(&self)
    }

    /// Whether there is a `StringDType` (since 2.0).
    pub fn has_string_dtype(self) -> bool {
        self.major >= 2
    }

    /// Whether `np.dtype("1i4")` is a subarray of one and `np.dtype("i4,")` a struct of one field,
    /// rather than plain `i4` (since 2.0).
    pub fn keeps_single_repeats(self) -> bool {
        self.major >= 2
    }

    /// Whether a summarised repr names the shape (since 2.2).
    pub fn repr_names_shape(self) -> bool {
        self >= Self::new(2, 2, 0)
    }
}

impl Default for NumPy {
    fn default() -> Self {
        Self::LATEST
    }
}

impl fmt::Display for NumPy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for NumPy {
    type Err = Error;

    /// Takes `2`, `2.4` and `2.4.6`. A part that is left out is the newest one measured, for the
    /// series that were measured, else 0.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (major, minor, patch) = version_parts(text).ok_or_else(|| {
            Error::value(format!("{text:?} is not a NumPy version"))
                .with_help("write a version such as 1.26.4, 2.0 or 2.4.6")
        })?;
        let measured = |pick: &dyn Fn(&Self) -> bool| Self::MEASURED.into_iter().rfind(pick);
        let version = match (minor, patch) {
            (Some(minor), Some(patch)) => Self::new(major, minor, patch),
            (Some(minor), None) => measured(&|v| (v.major, v.minor) == (major, minor))
                .unwrap_or(Self::new(major, minor, 0)),
            _ => measured(&|v| v.major == major).unwrap_or(Self::new(major, 0, 0)),
        };
        Ok(version)
    }
}

impl NumPy {
    /// The releases whose bytes were measured, oldest first.
    pub const MEASURED: [Self; 4] =
        [Self::new(1, 23, 5), Self::new(1, 26, 4), Self::new(2, 0, 2), Self::LATEST];
}

/// A CPython release: it decides which characters of a field name are written as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Python {
    major: u16,
    minor: u16,
    patch: u16,
}

impl Python {
    /// The release that the default profile imitates.
    pub const DEFAULT: Self = Self::new(3, 11, 7);

    /// The release `major.minor.patch`.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Whether `zipfile` hides the sizes of a member it was told may be large, as NumPy tells it of each, behind
    /// a zip64 field in the local header, and asks for version 4.5 to read it. Before, it wrote that field beside
    /// the sizes. Measured of 3.10.13 and 3.11.7; CPython's changelog names 3.11.4 (gh-103861).
    pub fn hides_local_zip_sizes(self) -> bool {
        self >= Self::new(3, 11, 4)
    }

    /// Whether a text of one character that stands in a source is the object that texts of one character are
    /// when a program makes them; those of some characters are not on CPython 3.11 and 3.12. Measured of 3.8.18,
    /// 3.10.13, 3.11.7, 3.12.1 and 3.13.0; it decides whether a pickle has a field's name once or twice.
    pub fn shares_one_character_literals(self, c: u8) -> bool {
        match (self.major, self.minor) {
            (3, 11) => !b"BCLST_abcdefhijklmnopqrstvwxy".contains(&c),
            (3, 12) => !b"_abcdenprsx".contains(&c),
            _ => true,
        }
    }

    /// The version of the Unicode database behind `str.isprintable`: 12.1 for CPython 3.8 and all before,
    /// 15.1 for 3.13 and all after, whose own tables are not measured.
    pub fn unicode(self) -> (u8, u8) {
        match (self.major, self.minor) {
            (..=2, _) | (3, ..=8) => (12, 1),
            (3, 9 | 10) => (13, 0),
            (3, 11) => (14, 0),
            (3, 12) => (15, 0),
            _ => (15, 1),
        }
    }
}

impl Default for Python {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for Python {
    type Err = Error;

    /// Takes `3`, `3.11` and `3.11.7`; a part that is left out is 0, `3` alone is the default.
    fn from_str(text: &str) -> Result<Self, Error> {
        match version_parts(text) {
            Some((3, None, _)) => Ok(Self::DEFAULT),
            Some((major, minor, patch)) => {
                Ok(Self::new(major, minor.unwrap_or(0), patch.unwrap_or(0)))
            }
            None => Err(Error::value(format!("{text:?} is not a Python version"))
                .with_help("write a version such as 3.11 or 3.12.1")),
        }
    }
}

/// Who is imitated: a NumPy on a CPython.
///
/// ```
/// use npbytes::{NumPy, Profile};
/// let profile = Profile::from(NumPy::new(1, 26, 4));
/// assert_eq!(profile.numpy.to_string(), "1.26.4");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Profile {
    /// The NumPy release.
    pub numpy: NumPy,
    /// The CPython release.
    pub python: Python,
}

impl From<NumPy> for Profile {
    fn from(numpy: NumPy) -> Self {
        Self { numpy, python: Python::DEFAULT }
    }
}

type Parts = (u16, Option<u16>, Option<u16>);

fn version_parts(text: &str) -> Option<Parts> {
    let number = |part: &str| {
        let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse().ok()).flatten()
    };
    let mut parts = text.trim().split('.');
    let major = number(parts.next()?)?;
    let minor = parts.next().map(number);
    let patch = parts.next().map(number);
    if parts.next().is_some() || minor == Some(None) || patch == Some(None) {
        return None;
    }
    Some((major, minor.flatten(), patch.flatten()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_version_reads_back_as_it_prints() {
        for version in NumPy::MEASURED {
            assert_eq!(version.to_string().parse::<NumPy>().unwrap(), version);
        }
    }

    #[test]
    fn a_short_version_is_the_newest_measured_of_its_series() {
        let cases = [
            ("2", "2.4.6"),
            ("1", "1.26.4"),
            ("2.0", "2.0.2"),
            ("2.3", "2.3.0"),
            ("1.26", "1.26.4"),
        ];
        for (short, long) in cases {
            assert_eq!(short.parse::<NumPy>().unwrap().to_string(), long, "{short}");
        }
    }

    #[test]
    fn what_is_no_version_is_an_error() {
        for text in ["", ".", "2.", "x", "2.4.6.1", "-1", "+2", "2..4", "99999999"] {
            assert!(text.parse::<NumPy>().is_err(), "{text}");
        }
    }
}
