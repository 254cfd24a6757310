//! Globals: which ones mean something here, under all the names that NumPy has had for them.
//!
//! This is the one place that knows where NumPy's and Python's callables live. A global is a name and stays one;
//! nothing is ever looked up.

use super::compat;
use super::graph::{Graph, Value};
use crate::numpy::NumPy;

/// A global that the grammar of NumPy's pickles, or of Python's plain data, knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(super) enum Known {
    /// Any other name.
    Other,
    /// A name that is no text: something else was to compute it.
    Computed,
    NdArray,
    DType,
    /// The type of a structured dtype whose scalars have attributes.
    Record,
    Matrix,
    MemMap,
    RecArray,
    CharArray,
    MaskedArray,
    Reconstruct,
    FromBuffer,
    Scalar,
    MaReconstruct,
    MaskedConstant,
    StringDType,
    /// A class of scalars (`numpy.float64`), or of dtypes.
    NumPyType,
    CodecsEncode,
    Bytes,
    ByteArray,
    Complex,
    Set,
    FrozenSet,
    /// joblib's stand-in for an array whose bytes follow in the stream.
    JoblibArray,
}

impl Known {
    pub(super) const COUNT: usize = Self::JoblibArray as usize + 1;

    /// The meaning of a name of Python 3.
    pub(super) fn of(module: &[u8], name: &[u8]) -> Self {
        let numpy = match module.strip_prefix(b"numpy") {
            Some(b"") => return Self::in_numpy(name),
            Some([b'.', rest @ ..]) => rest,
            _ => return Self::outside_numpy(module, name),
        };
        let core = numpy.strip_prefix(b"core.").or_else(|| numpy.strip_prefix(b"_core."));
        match (core, numpy, name) {
            (Some(b"multiarray" | b"_multiarray_umath"), _, b"_reconstruct") => Self::Reconstruct,
            (Some(b"multiarray" | b"_multiarray_umath"), _, b"scalar") => Self::Scalar,
            (Some(b"numeric"), _, b"_frombuffer") => Self::FromBuffer,
            (Some(b"_internal"), _, b"_convert_to_stringdtype_kwargs") => Self::StringDType,
            (Some(b"records"), _, b"recarray") | (_, b"rec", b"recarray") => Self::RecArray,
            (Some(b"records"), _, b"record") | (_, b"rec", b"record") => Self::Record,
            (Some(b"defchararray"), _, b"chararray") | (_, b"char", b"chararray") => {
                Self::CharArray
            }
            (Some(b"memmap"), _, b"memmap") => Self::MemMap,
            (_, b"matrixlib.defmatrix" | b"matrixlib", b"matrix") => Self::Matrix,
            (_, b"ma.core" | b"ma", b"MaskedArray") => Self::MaskedArray,
            (_, b"ma.core" | b"ma", b"_mareconstruct") => Self::MaReconstruct,
            (_, b"ma.core" | b"ma", b"MaskedConstant") => Self::MaskedConstant,
            (_, b"dtypes", name) if is_dtype_class(name) => Self::NumPyType,
            _ => Self::Other,
        }
    }

    fn in_numpy(name: &[u8]) -> Self {
        match name {
            b"ndarray" => Self::NdArray,
            b"dtype" => Self::DType,
            b"record" => Self::Record,
            b"matrix" => Self::Matrix,
            b"memmap" => Self::MemMap,
            b"recarray" => Self::RecArray,
            b"chararray" => Self::CharArray,
            _ if SCALAR_TYPES.iter().any(|known| known.as_bytes() == name) => Self::NumPyType,
            _ => Self::Other,
        }
    }

    fn outside_numpy(module: &[u8], name: &[u8]) -> Self {
        match (module, name) {
            (b"_codecs", b"encode") => Self::CodecsEncode,
            (b"builtins", b"bytes") => Self::Bytes,
            (b"builtins", b"bytearray") => Self::ByteArray,
            (b"builtins", b"complex") => Self::Complex,
            (b"builtins", b"set") => Self::Set,
            (b"builtins", b"frozenset") => Self::FrozenSet,
            (b"joblib.numpy_pickle", b"NumpyArrayWrapper") => Self::JoblibArray,
            _ => Self::Other,
        }
    }

    /// Where a NumPy, or Python 3, has it: the module and the name.
    pub(super) fn path(self, numpy: NumPy) -> Option<(&'static str, &'static str)> {
        let since2 = numpy.has_core_underscore();
        let pick = |two, one| if since2 { two } else { one };
        Some(match self {
            Self::NdArray => ("numpy", "ndarray"),
            Self::DType => ("numpy", "dtype"),
            Self::Record => ("numpy", "record"),
            Self::Matrix => ("numpy", "matrix"),
            Self::MemMap => ("numpy", "memmap"),
            Self::RecArray => (pick("numpy.rec", "numpy"), "recarray"),
            Self::CharArray => (pick("numpy.char", "numpy"), "chararray"),
            Self::MaskedArray => (pick("numpy.ma", "numpy.ma.core"), "MaskedArray"),
            Self::Reconstruct => {
                (pick("numpy._core.multiarray", "numpy.core.multiarray"), "_reconstruct")
            }
            Self::Scalar => (pick("numpy._core.multiarray", "numpy.core.multiarray"), "scalar"),
            Self::FromBuffer => (pick("numpy._core.numeric", "numpy.core.numeric"), "_frombuffer"),
            Self::MaReconstruct => ("numpy.ma.core", "_mareconstruct"),
            Self::MaskedConstant => ("numpy.ma.core", "MaskedConstant"),
            Self::StringDType => ("numpy._core._internal", "_convert_to_stringdtype_kwargs"),
            Self::CodecsEncode => ("_codecs", "encode"),
            Self::Bytes => ("builtins", "bytes"),
            Self::ByteArray => ("builtins", "bytearray"),
            Self::Complex => ("builtins", "complex"),
            Self::Set => ("builtins", "set"),
            Self::FrozenSet => ("builtins", "frozenset"),
            Self::JoblibArray => ("joblib.numpy_pickle", "NumpyArrayWrapper"),
            Self::Other | Self::Computed | Self::NumPyType => return None,
        })
    }
}

/// `Float64DType` and its kin.
fn is_dtype_class(name: &[u8]) -> bool {
    name.strip_suffix(b"DType")
        .is_some_and(|kind| !kind.is_empty() && kind.iter().all(u8::is_ascii_alphanumeric))
}

/// The classes of scalars that `numpy` has, in any release.
const SCALAR_TYPES: &[&str] = &[
    "bool",
    "bool_",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "intc",
    "uintc",
    "longlong",
    "ulonglong",
    "intp",
    "uintp",
    "long",
    "ulong",
    "float16",
    "float32",
    "float64",
    "longdouble",
    "float96",
    "float128",
    "complex64",
    "complex128",
    "clongdouble",
    "complex192",
    "complex256",
    "bytes_",
    "str_",
    "string_",
    "unicode_",
    "void",
    "object_",
    "datetime64",
    "timedelta64",
    "generic",
    "number",
    "integer",
    "signedinteger",
    "unsignedinteger",
    "inexact",
    "floating",
    "complexfloating",
    "flexible",
    "character",
];

/// A global: the values of its module and name, texts unless something was to compute them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub(super) module: Value,
    pub(super) name: Value,
    /// Whether the texts are Python 2's names, as in protocols 0 to 2.
    pub(super) python2: bool,
    pub(super) known: Known,
}

impl Name {
    /// The module and the name as Python 3 has them; `None` where they are computed.
    pub(super) fn path_in(&self, graph: &Graph) -> Option<(String, String)> {
        let module = graph.text(self.module)?;
        let name = graph.text(self.name)?;
        let (module, name) = canonical(module.as_str()?, name.as_str()?, self.python2);
        Some((module.to_owned(), name.to_owned()))
    }
}

/// The Python 3 name of a global.
pub(super) fn canonical<'a>(module: &'a str, name: &'a str, python2: bool) -> (&'a str, &'a str) {
    if python2 { compat::to_python3(module, name) } else { (module, name) }
}
