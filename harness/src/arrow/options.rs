//! The ways to make an array a column.

use npbytes::{Array, Kind};
use npbytes_arrow::{Bools, ByteStrings, Complex, LongDouble, Rows, Text, ToArrow};

/// A way to make arrays columns: what is asked for beside the default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Choice {
    /// Nothing.
    Default,
    /// `bool` as bytes.
    Bool8,
    /// Text as Utf8View.
    Views,
    /// Text as LargeUtf8.
    Large,
    /// `S` without the zeros that end it.
    Binary,
    /// Complex numbers as structs.
    ComplexStructs,
    /// Long doubles, rounded.
    Rounded,
    /// Halves as single floats.
    Singles,
    /// Rows as lists in lists.
    Lists,
    /// The last axis as the rows.
    LastAxis,
    /// NaN as null.
    NanIsNull,
    /// Without the metadata by which the way back is exact.
    Plain,
}

impl Choice {
    /// All of them.
    pub const ALL: [Choice; 12] = [
        Choice::Default,
        Choice::Bool8,
        Choice::Views,
        Choice::Large,
        Choice::Binary,
        Choice::ComplexStructs,
        Choice::Rounded,
        Choice::Singles,
        Choice::Lists,
        Choice::LastAxis,
        Choice::NanIsNull,
        Choice::Plain,
    ];

    /// A word for file names, scripts and the table.
    pub fn word(self) -> &'static str {
        match self {
            Choice::Default => "default",
            Choice::Bool8 => "bool8",
            Choice::Views => "views",
            Choice::Large => "large",
            Choice::Binary => "binary",
            Choice::ComplexStructs => "complex-structs",
            Choice::Rounded => "rounded",
            Choice::Singles => "singles",
            Choice::Lists => "lists",
            Choice::LastAxis => "last-axis",
            Choice::NanIsNull => "nan-null",
            Choice::Plain => "plain",
        }
    }

    /// Does it make another column of this array than the default?
    pub(super) fn fits(self, array: &Array) -> bool {
        let kind = array.dtype().kind();
        match self {
            Choice::Default => true,
            Choice::Bool8 => matches!(kind, Kind::Bool),
            Choice::Views | Choice::Large => matches!(kind, Kind::Str(_)),
            Choice::Binary => matches!(kind, Kind::Bytes(_)),
            Choice::ComplexStructs => array.dtype().typestr().contains('c'),
            Choice::Rounded => array.dtype().typestr().ends_with("f16"),
            Choice::Singles => array.dtype().typestr().ends_with("f2"),
            Choice::Lists | Choice::LastAxis => array.ndim() > 1,
            Choice::NanIsNull => array.dtype().typestr().contains('f'),
            Choice::Plain => array.ndim() <= 2,
        }
    }

    /// Does the way back give the same bytes?
    pub(super) fn is_exact(self) -> bool {
        !matches!(self, Choice::Rounded | Choice::Singles | Choice::Plain)
    }

    pub(super) fn options(self, array: &Array) -> ToArrow {
        let mut options = ToArrow::default();
        match self {
            Choice::Default => {}
            Choice::Bool8 => options.bools = Bools::Bool8,
            Choice::Views => options.text = Text::Utf8View,
            Choice::Large => options.text = Text::LargeUtf8,
            Choice::Binary => options.byte_strings = ByteStrings::Binary,
            Choice::ComplexStructs => options.complex = Complex::Struct,
            Choice::Rounded => options.long_double = LongDouble::Float64,
            Choice::Singles => options.widen_halves = true,
            Choice::Lists => options.rows = Rows::Lists,
            Choice::LastAxis => options.row_axis = array.ndim().saturating_sub(1),
            Choice::NanIsNull => options.nan_is_null = true,
            Choice::Plain => options.plain = true,
        }
        options
    }
}
