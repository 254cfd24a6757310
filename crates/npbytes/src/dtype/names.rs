//! The names that `np.dtype(text)` looks up, besides codes such as `<i4`.

use super::{Kind, TimeUnit};
use crate::numpy::NumPy;

/// The kind of a type character (`np.dtype('d')`), which may follow a byte order.
pub(super) fn by_char(c: u8, numpy: NumPy) -> Option<Kind> {
    Some(match c {
        b'?' => Kind::Bool,
        b'b' => Kind::Int8,
        b'h' => Kind::Int16,
        b'i' => Kind::Int32,
        b'l' | b'q' | b'p' => Kind::Int64,
        b'n' if numpy.has_pointer_characters() => Kind::Int64,
        b'B' => Kind::UInt8,
        b'H' => Kind::UInt16,
        b'I' => Kind::UInt32,
        b'L' | b'Q' | b'P' => Kind::UInt64,
        b'N' if numpy.has_pointer_characters() => Kind::UInt64,
        b'e' => Kind::Float16,
        b'f' => Kind::Float32,
        b'd' => Kind::Float64,
        b'g' => Kind::LongDouble,
        b'F' => Kind::Complex64,
        b'D' => Kind::Complex128,
        b'G' => Kind::ComplexLongDouble,
        b'S' | b'a' => Kind::Bytes(0),
        b'c' => Kind::Bytes(1),
        b'U' => Kind::Str(0),
        b'V' => Kind::Void(0),
        b'M' => Kind::DateTime64(TimeUnit::GENERIC),
        b'm' => Kind::TimeDelta64(TimeUnit::GENERIC),
        b'O' => Kind::Object,
        b'T' if numpy.has_string_dtype() => Kind::String,
        _ => return None,
    })
}

/// The kind of a letter and an itemsize in bytes: `i4`, `f16`.
pub(super) fn by_size(letter: u8, size: usize) -> Option<Kind> {
    Some(match (letter, size) {
        (b'b', 1) => Kind::Bool,
        (b'i', 1) => Kind::Int8,
        (b'i', 2) => Kind::Int16,
        (b'i', 4) => Kind::Int32,
        (b'i', 8) => Kind::Int64,
        (b'u', 1) => Kind::UInt8,
        (b'u', 2) => Kind::UInt16,
        (b'u', 4) => Kind::UInt32,
        (b'u', 8) => Kind::UInt64,
        (b'f', 2) => Kind::Float16,
        (b'f', 4) => Kind::Float32,
        (b'f', 8) => Kind::Float64,
        (b'f', 16) => Kind::LongDouble,
        (b'c', 8) => Kind::Complex64,
        (b'c', 16) => Kind::Complex128,
        (b'c', 32) => Kind::ComplexLongDouble,
        // Files of 32-bit Pythons say O4; NumPy reads its own pointer size.
        (b'O', 4 | 8) => Kind::Object,
        (b'M', 8) => Kind::DateTime64(TimeUnit::GENERIC),
        (b'm', 8) => Kind::TimeDelta64(TimeUnit::GENERIC),
        _ => return None,
    })
}

/// The kind of a name, which takes no byte order.
pub(super) fn by_name(name: &str, numpy: NumPy) -> Option<Kind> {
    Some(match name {
        "bool" | "bool_" => Kind::Bool,
        "int8" | "byte" => Kind::Int8,
        "int16" | "short" => Kind::Int16,
        "int32" | "intc" => Kind::Int32,
        "int64" | "int" | "int_" | "intp" | "long" | "longlong" => Kind::Int64,
        "uint8" | "ubyte" => Kind::UInt8,
        "uint16" | "ushort" => Kind::UInt16,
        "uint32" | "uintc" => Kind::UInt32,
        "uint64" | "uint" | "uintp" | "ulong" | "ulonglong" => Kind::UInt64,
        "float16" | "half" => Kind::Float16,
        "float32" | "single" => Kind::Float32,
        "float64" | "float" | "double" => Kind::Float64,
        "float128" | "longdouble" => Kind::LongDouble,
        "complex64" | "csingle" => Kind::Complex64,
        "complex128" | "complex" | "cdouble" => Kind::Complex128,
        "complex256" | "clongdouble" => Kind::ComplexLongDouble,
        "bytes" | "bytes_" => Kind::Bytes(0),
        "str" | "str_" | "unicode" => Kind::Str(0),
        "void" => Kind::Void(0),
        "datetime64" => Kind::DateTime64(TimeUnit::GENERIC),
        "timedelta64" => Kind::TimeDelta64(TimeUnit::GENERIC),
        "object" | "object_" => Kind::Object,
        _ if numpy.has_legacy_names() => return removed_in_2(name),
        _ => return None,
    })
}

/// The names that NumPy 2.0 took away.
pub(super) fn removed_in_2(name: &str) -> Option<Kind> {
    Some(match name {
        "bool8" => Kind::Bool,
        "int0" => Kind::Int64,
        "uint0" => Kind::UInt64,
        "float_" => Kind::Float64,
        "longfloat" => Kind::LongDouble,
        "complex_" | "cfloat" => Kind::Complex128,
        "singlecomplex" => Kind::Complex64,
        "clongfloat" | "longcomplex" => Kind::ComplexLongDouble,
        "bytes0" | "string_" => Kind::Bytes(0),
        "str0" | "unicode_" => Kind::Str(0),
        "void0" => Kind::Void(0),
        "object0" => Kind::Object,
        _ => return None,
    })
}
