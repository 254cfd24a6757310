//! What changed in NumPy's printing between releases, each change a question with a name.

use crate::numpy::NumPy;

impl NumPy {
    /// Whether `repr` shows that numbers are in the other byte order (since 1.25).
    pub(super) fn shows_byte_order(self) -> bool {
        self >= Self::new(1, 25, 0)
    }

    /// Whether float16 and float32 turn to scientific notation at 1e3 and 1e6, where their precision
    /// ends, and not at 1e8 in an array and 1e16 alone (since 2.3).
    pub(super) fn prints_narrow_floats_by_precision(self) -> bool {
        self >= Self::new(2, 3, 0)
    }

    /// Whether a Python float is rounded to the precision of the NumPy float it is compared with
    /// (since 2.0).
    pub(super) fn rounds_python_floats(self) -> bool {
        self >= Self::new(2, 0, 0)
    }

    /// Whether the print option `sign` applies to integers too (since 2.0).
    pub(super) fn signs_integers(self) -> bool {
        self >= Self::new(2, 0, 0)
    }

    /// Whether `repr` of a scalar names its type, and floats in a struct that is printed alone show
    /// all their digits (since 2.0).
    pub(super) fn names_scalar_types(self) -> bool {
        self >= Self::new(2, 0, 0)
    }
}
