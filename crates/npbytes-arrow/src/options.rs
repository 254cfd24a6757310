//! What to make of what both sides do not have alike.

use npbytes::Limits;

/// How NumPy's values become Arrow's.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ToArrow {
    /// What `bool` becomes.
    pub bools: Bools,
    /// What `U`, `StringDType` and objects that are `str` become.
    pub text: Text,
    /// What `S` becomes.
    pub byte_strings: ByteStrings,
    /// What complex numbers become.
    pub complex: Complex,
    /// What long doubles become.
    pub long_double: LongDouble,
    /// What Python's `int` beyond 64 bits become.
    pub integers: Integers,
    /// What the rows of an array of several axes become.
    pub rows: Rows,
    /// The axis whose indices are the rows; the first by default. It takes no copy if it is the slowest in memory.
    pub row_axis: usize,
    /// Whether NaN becomes null. NaT always does, as Arrow has none.
    pub nan_is_null: bool,
    /// Whether half floats become single ones, for readers that know no halves.
    pub widen_halves: bool,
    /// Leaves out the metadata by which the way back is exact.
    pub plain: bool,
}

/// What `bool` becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bools {
    /// Arrow's Boolean, of bits: a copy.
    #[default]
    Bits,
    /// The extension `arrow.bool8`, of bytes: no copy.
    Bool8,
}

/// What text becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Text {
    /// Utf8, or LargeUtf8 where there is more of it than 2 GiB.
    #[default]
    Utf8,
    /// LargeUtf8.
    LargeUtf8,
    /// Utf8View.
    Utf8View,
}

/// What `S` becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ByteStrings {
    /// FixedSizeBinary, with all zeros that end it: no copy.
    #[default]
    FixedSizeBinary,
    /// Binary without the zeros that end it, as NumPy shows it.
    Binary,
    /// Text without the zeros that end it; an error where it is not UTF-8.
    Utf8,
}

/// What complex numbers become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Complex {
    /// An extension over FixedSizeList of two: no copy.
    #[default]
    List,
    /// Struct of `re` and `im`.
    Struct,
}

/// What long doubles become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LongDouble {
    /// An extension over FixedSizeBinary: their bytes.
    #[default]
    Bytes,
    /// Float64, rounded.
    Float64,
}

/// What Python's `int` beyond 64 bits become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Integers {
    /// An error that names the first.
    #[default]
    Error,
    /// Float64, rounded.
    Float64,
    /// Text.
    Text,
}

/// What the rows of an array of several axes become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rows {
    /// The extension `arrow.fixed_shape_tensor`.
    #[default]
    Tensor,
    /// FixedSizeList in FixedSizeList.
    Lists,
}

/// How Arrow's values become NumPy's.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct FromArrow {
    /// What nulls become, where the metadata does not say what they were.
    pub nulls: Nulls,
    /// What text becomes, where the metadata does not say.
    pub strings: Strings,
    /// What Binary becomes, where the metadata does not say.
    pub binary: Binary,
    /// What decimals become.
    pub decimals: Decimals,
    /// What lists of different lengths become.
    pub ragged: Ragged,
    /// Takes no notice of the metadata that [`to_arrow`](crate::to_arrow) left.
    pub plain: bool,
    /// Bounds on what may be asked for: [`Limits::array_bytes`].
    pub limits: Limits,
}

/// What nulls become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Nulls {
    /// NaT in times; a masked array of anything else.
    #[default]
    Masked,
    /// NaT in times, NaN in floats (and in integers, which become float64); None in objects; an error in anything else.
    NaN,
    /// An error that names the first.
    Error,
}

/// What text becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strings {
    /// `U`, as wide as the longest.
    #[default]
    Fixed,
    /// Objects that are `str`.
    Objects,
    /// NumPy 2's `StringDType`.
    StringDType,
}

/// What Binary becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Binary {
    /// Objects that are `bytes`.
    #[default]
    Objects,
    /// `S`, as wide as the longest; an error where one ends in a zero byte, which NumPy would not show.
    Fixed,
}

/// What decimals become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decimals {
    /// An error that says what to ask for.
    #[default]
    Error,
    /// float64, rounded.
    Float64,
}

/// What lists of different lengths become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ragged {
    /// An array of objects that are arrays.
    #[default]
    Objects,
    /// An error that names the first row that differs.
    Error,
}
