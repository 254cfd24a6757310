//! What Arrow has no type for, as metadata of a field: the only place that knows the keys.
//!
//! | key | is | where |
//! |---|---|---|
//! | `numpy.dtype` | the dtype, as text that [`DType::parse`](npbytes::DType::parse) reads | a column, a field of a struct; a schema: the struct whose fields are the columns |
//! | `numpy.name` | the name of the array whose fields are the columns; absent if it has none | a schema |
//! | `numpy.order` | the axes of the whole array from the slowest to the fastest in memory, as `1,0`; absent for C order | a column |
//! | `numpy.row_axis` | the axis that the rows are; absent for the first | a column |
//! | `numpy.shape` | `()`: the array has no axes, and the column one row | a column |
//! | `numpy.null` | what nulls were: `NaT`, `NaN`, `masked`, `None`, or a `StringDType`'s `na_object` as `nan`, `None` or a JSON text | a column, a schema |
//! | `numpy.fill_value` | the fill value of a masked array: the bytes of one element in hexadecimal digits | a column, a schema |
//! | `ARROW:extension:name`, `ARROW:extension:metadata` | `arrow.fixed_shape_tensor`, `arrow.bool8`, `npbytes.complex64`, `npbytes.complex128`, `npbytes.longdouble`, `npbytes.complexlongdouble` | Arrow's own |

/// The dtype, as a text.
pub const DTYPE: &str = "numpy.dtype";
/// The axes from the slowest to the fastest in memory.
pub const ORDER: &str = "numpy.order";
/// The axis that the rows are.
pub const ROW_AXIS: &str = "numpy.row_axis";
/// `()` for an array without axes.
pub const SHAPE: &str = "numpy.shape";
/// What nulls were.
pub const NULL: &str = "numpy.null";
/// The fill value of a masked array.
pub const FILL_VALUE: &str = "numpy.fill_value";
/// Arrow's key of an extension type's name.
pub const EXTENSION_NAME: &str = "ARROW:extension:name";
/// Arrow's key of what an extension type takes beside its name.
pub const EXTENSION_METADATA: &str = "ARROW:extension:metadata";
/// The name of a structured array.
pub const NAME: &str = "numpy.name";

/// [`NULL`] of times.
pub const NAT: &str = "NaT";
/// [`NULL`] of floats.
pub const NAN: &str = "NaN";
/// [`NULL`] of masked arrays.
pub const MASKED: &str = "masked";
/// [`NULL`] of objects.
pub const NONE: &str = "None";
/// [`NULL`] of a `StringDType` whose `na_object` is NaN.
pub const STRING_NAN: &str = "nan";

/// The extension over FixedSizeList of two Float32 that is a complex number.
pub const COMPLEX64: &str = "npbytes.complex64";
/// The extension over FixedSizeList of two Float64 that is a complex number.
pub const COMPLEX128: &str = "npbytes.complex128";
/// The extension over FixedSizeBinary of 16 that is a long double of x87, in the byte order that the dtype says.
pub const LONG_DOUBLE: &str = "npbytes.longdouble";
/// The extension over FixedSizeBinary of 32 that is two of them.
pub const COMPLEX_LONG_DOUBLE: &str = "npbytes.complexlongdouble";
