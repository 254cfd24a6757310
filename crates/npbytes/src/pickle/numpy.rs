//! What NumPy's objects look like in a pickle: the grammar of `ndarray.__reduce__` and its kin, in every version.
//!
//! An exact grammar: what it does not describe is not taken for an array. Values and byte orders are those that
//! `pickle.loads` gives.

mod reader;

pub use reader::Reader;
pub(super) use reader::mask_dtype;

use super::built::{ArrayClass, DTypeObject};
use super::node::{Items, Node};
use crate::array::Array;
use crate::error::{Error, Result};
use crate::shape::Shape;

/// An object of NumPy.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NumPyValue<'a> {
    /// An array of elements.
    Array(NdArray),
    /// An array of objects, of structs with objects in them, or of a `StringDType`.
    Objects(Box<Objects<'a>>),
    /// A scalar, as an array without axes.
    Scalar(Array),
    /// A scalar that is or holds an object: the object, or the array without axes that holds it.
    ObjectScalar(Node<'a>),
    /// A dtype.
    DType(DTypeObject),
    /// A `MaskedArray`.
    Masked(Box<Masked<'a>>),
    /// `np.ma.masked`
    MaskedConstant,
}

/// An array of elements, and what its pickle says beyond them.
#[derive(Clone, Debug)]
pub struct NdArray {
    /// The elements. Zero-copy where the pickle holds them as they are.
    pub array: Array,
    /// The class.
    pub class: ArrayClass,
    /// Whether the dtype's scalars are `numpy.record`.
    pub record: bool,
    /// Whether Python could write into it.
    pub writeable: bool,
}

/// An array of objects.
#[derive(Clone, Debug)]
pub struct Objects<'a> {
    /// The dtype, which holds objects.
    pub dtype: DTypeObject,
    /// The shape.
    pub shape: Shape,
    /// Whether it lay in Fortran order.
    pub fortran: bool,
    /// The class.
    pub class: ArrayClass,
    /// The elements in C order; those of a struct are tuples.
    pub items: Items<'a>,
}

/// A masked array.
#[derive(Clone, Debug)]
pub struct Masked<'a> {
    /// The elements, those under the mask included.
    pub data: Array,
    /// Which of them are masked: `bool`, or a struct of `bool` with the fields of the data.
    pub mask: Array,
    /// What masked elements are filled with, if that was ever asked for.
    pub fill_value: Option<Node<'a>>,
    /// Whether the class is NumPy's own.
    pub plain: bool,
}

impl<'a> Node<'a> {
    /// The object of NumPy that it is, in any form that a NumPy has pickled it in; `None` if it is none.
    ///
    /// Does not copy elements, except those of protocols 0 to 2 (which are text), and those in the other byte
    /// order, which become native as `pickle.loads` makes them, unless they are parts of structs or protocol 5 holds
    /// them as a buffer.
    ///
    /// # Errors
    /// What names itself NumPy's but is not as NumPy writes it: with the offset, what was found and what was
    /// expected. A missing out-of-band buffer.
    pub fn numpy(&self) -> Result<Option<NumPyValue<'a>>> {
        Reader::new(self.pickle()).find(self.value())
    }

    /// The array or scalar that it is, if its elements are no objects; of a masked array the data.
    ///
    /// # Errors
    /// Anything else, with a word on what was found, and those of [`Node::numpy`].
    pub fn array(&self) -> Result<Array> {
        Reader::new(self.pickle()).array(*self)
    }

    /// The array of what NumPy's object is.
    fn array_of(&self, found: Option<NumPyValue<'a>>) -> Result<Array> {
        let at = |error: Error| match self.offset() {
            Some(offset) => error.at(offset),
            None => error,
        };
        match found {
            Some(NumPyValue::Array(found)) => Ok(found.array),
            Some(NumPyValue::Scalar(array)) => Ok(array),
            Some(NumPyValue::Masked(masked)) => Ok(masked.data),
            Some(NumPyValue::Objects(objects)) => Err(at(Error::unsupported(format!(
                "an array of {}, whose elements are Python objects",
                objects.dtype.dtype()
            ))
            .with_help("walk its items, which are values of the pickle"))),
            _ => Err(at(Error::pickle(format!("expected an array, found {}", self.type_name())))
                .with_help("look for the arrays inside of it: `Pickle::arrays`, or `npbytes ls`")),
        }
    }

    /// Python's word for the type, as `type(x)` prints it; of an object the name that is called.
    pub fn type_name(&self) -> String {
        use super::View;
        match self.view() {
            View::None => "None".into(),
            View::Bool(_) => "bool".into(),
            View::Int(_) | View::Long(_) => "int".into(),
            View::Float(_) => "float".into(),
            View::Complex(..) => "complex".into(),
            View::Str(_) => "str".into(),
            View::ByteString(_) => "str (Python 2)".into(),
            View::Bytes(_) => "bytes".into(),
            View::ByteArray(_) => "bytearray".into(),
            View::Buffer { .. } => "buffer".into(),
            View::Tuple(_) => "tuple".into(),
            View::List(_) => "list".into(),
            View::Set(_) => "set".into(),
            View::FrozenSet(_) => "frozenset".into(),
            View::Dict(_) => "dict".into(),
            View::Global(global) => global.to_string(),
            View::Object(object) => match object.callable().view() {
                View::Global(global) => global.to_string(),
                _ => "object".into(),
            },
            View::Extension(code) => format!("extension {code}"),
            View::Persistent(_) => "persistent".into(),
            View::Built => "numpy".into(),
        }
    }
}
