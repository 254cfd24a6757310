//! Python literals: the language a .npy header is written in.
//!
//! [`parse`] takes what CPython's `ast.literal_eval` takes and refuses what it refuses: no name is
//! looked up, nothing is called. [`repr_str`] and its kin write literals the way Python's `repr` does.
//! What a literal *means* (a dtype, a shape) is decided by the floors above.

mod number;
mod parse;
mod printable;
mod pystr;
mod repr;
mod string;

pub use parse::{Options, parse, parse_with};
pub use pystr::PyStr;
pub(crate) use pystr::push_code_point;
pub use repr::{is_printable, repr_bytes, repr_str, write_repr_str};
pub(crate) use string::unescape_bytes;

use crate::numpy::Python;

/// The value of a Python literal.
///
/// A dict keeps its pairs in source order, duplicates included; [`Value::get`] answers as Python
/// does, with the last one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`
    None,
    /// `...`
    Ellipsis,
    /// `True`, `False`
    Bool(bool),
    /// An integer. Those beyond 128 bits are refused while parsing.
    Int(i128),
    /// A float.
    Float(f64),
    /// A complex number, `(real, imag)`.
    Complex(f64, f64),
    /// A `str`.
    Str(PyStr),
    /// A `bytes`.
    Bytes(Vec<u8>),
    /// A tuple.
    Tuple(Vec<Self>),
    /// A list.
    List(Vec<Self>),
    /// A set.
    Set(Vec<Self>),
    /// A dict.
    Dict(Vec<(Self, Self)>),
}

impl Value {
    /// The text of a `str` that is valid Unicode.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => text.as_str(),
            _ => None,
        }
    }

    /// The items of a tuple or a list.
    pub fn items(&self) -> Option<&[Self]> {
        match self {
            Self::Tuple(items) | Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The value under a `str` key of a dict: the last one, as in Python.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(pairs) => {
                pairs.iter().rev().find(|(k, _)| k.as_str() == Some(key)).map(|(_, v)| v)
            }
            _ => None,
        }
    }

    /// What Python's `repr` prints for the value.
    pub fn repr(&self, python: Python) -> String {
        let mut out = String::new();
        repr::write_repr(&mut out, self, python);
        out
    }

    /// Python's name of the value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Ellipsis => "ellipsis",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Tuple(_) => "tuple",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
        }
    }
}
