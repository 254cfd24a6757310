//! Whether bytes were copied on their way, and why.

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

/// Why a conversion copied; nothing if it did not.
///
/// `Display` gives the reasons in words, as in `byte order, alignment`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Copied(u16);

impl Copied {
    /// Nothing was copied: both sides share one buffer.
    pub const NO: Self = Self(0);
    /// Arrow is little-endian, or NumPy was to have another byte order.
    pub const BYTE_ORDER: Self = Self(1);
    /// The bytes do not start where elements of their type can be read in place.
    pub const ALIGNMENT: Self = Self(1 << 1);
    /// The elements do not lie in the order of the rows, or not one behind the other (as the fields of structs).
    pub const ORDER: Self = Self(1 << 2);
    /// One side has a bit for a boolean, the other a byte.
    pub const BITS: Self = Self(1 << 3);
    /// Text is UTF-8 on one side and UCS-4 on the other, or of another width.
    pub const TEXT: Self = Self(1 << 4);
    /// The values themselves change: a unit, a width, a float for a decimal, the place of a null.
    pub const VALUES: Self = Self(1 << 5);
    /// What were several chunks became one.
    pub const CHUNKS: Self = Self(1 << 6);
    /// The elements were Python's objects.
    pub const OBJECTS: Self = Self(1 << 7);

    const NAMES: [(Self, &str); 8] = [
        (Self::BYTE_ORDER, "byte order"),
        (Self::ALIGNMENT, "alignment"),
        (Self::ORDER, "order in memory"),
        (Self::BITS, "bits"),
        (Self::TEXT, "text"),
        (Self::VALUES, "values"),
        (Self::CHUNKS, "chunks"),
        (Self::OBJECTS, "objects"),
    ];

    /// Whether anything was copied.
    pub const fn any(self) -> bool {
        self.0 != 0
    }

    /// Whether all of these reasons are among them.
    pub const fn contains(self, reasons: Self) -> bool {
        self.0 & reasons.0 == reasons.0
    }
}

impl BitOr for Copied {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Copied {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl fmt::Display for Copied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.any() {
            return f.write_str("no");
        }
        let mut first = true;
        for (reason, name) in Self::NAMES {
            if self.contains(reason) {
                f.write_str(if first { "" } else { ", " })?;
                f.write_str(name)?;
                first = false;
            }
        }
        Ok(())
    }
}
