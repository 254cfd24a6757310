//! The maps that stand for NumPy's objects.

use bytes::Bytes;

use super::{Node, View, wrong};
use crate::array::Array;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::literal::{PyStr, Value};
use crate::shape::{AxisOrder, Shape};

/// What a map of msgpack-numpy stands for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NumPyValue {
    /// An array in C order, which shares the message's bytes.
    Array(Array),
    /// A scalar, as an array of no axes.
    Scalar(Array),
    /// An array of Python objects.
    Objects {
        /// Its shape, as the map says it; msgpack-numpy does not look at it.
        shape: Shape,
        /// The array as a pickle of protocol 2 (`arr.dumps()`).
        pickle: Bytes,
    },
    /// A `complex` of Python.
    Complex(f64, f64),
}

/// The values under the keys that count. Of keys that are there twice, the last one does, as in a dict.
#[derive(Default)]
pub(super) struct Fields<'a> {
    nd: Option<Node<'a>>,
    kind: Option<Node<'a>>,
    dtype: Option<Node<'a>>,
    shape: Option<Node<'a>>,
    data: Option<Node<'a>>,
    complex: Option<Node<'a>>,
}

impl<'a> Fields<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        let View::Map(mut items) = node.view() else { return None };
        let mut fields = Self::default();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            let slot = match key.text() {
                Some(b"nd") => &mut fields.nd,
                Some(b"kind") => &mut fields.kind,
                Some(b"type") => &mut fields.dtype,
                Some(b"shape") => &mut fields.shape,
                Some(b"data") => &mut fields.data,
                Some(b"complex") => &mut fields.complex,
                _ => continue,
            };
            *slot = Some(value);
        }
        Some(fields)
    }
}

/// Which of NumPy's objects a map stands for, by its keys alone.
enum Form<'a> {
    Array { dtype: Node<'a>, shape: Node<'a>, data: Node<'a> },
    Objects { shape: Option<Node<'a>>, data: Node<'a> },
    Scalar { dtype: Node<'a>, data: Node<'a> },
    Complex(Node<'a>),
}

impl<'a> Form<'a> {
    fn of(node: Node<'a>) -> Option<Self> {
        let fields = Fields::of(node)?;
        let data = fields.data?;
        Some(match fields.nd.map(|nd| nd.view()) {
            Some(View::Bool(true)) => {
                if fields.kind.and_then(|kind| kind.text()) == Some(b"O") {
                    return Some(Self::Objects { shape: fields.shape, data });
                }
                Self::Array { dtype: fields.dtype?, shape: fields.shape?, data }
            }
            Some(_) => Self::Scalar { dtype: fields.dtype?, data },
            None => {
                fields.complex?;
                Self::Complex(data)
            }
        })
    }
}

/// Whether a map stands for an array or a scalar of NumPy.
pub(super) fn is_numpy(node: Node<'_>) -> bool {
    !matches!(Form::of(node), None | Some(Form::Complex(_)))
}

/// The pickle of an array of objects, which `pickle.loads` takes from anything that has bytes: an array, too.
pub(super) fn pickle(node: Node<'_>) -> Result<Option<Bytes>> {
    let Some(Form::Objects { data, .. }) = Form::of(node) else { return Ok(None) };
    if let Some(bytes) = data.bytes() {
        return Ok(Some(bytes));
    }
    match read(data) {
        Ok(Some(NumPyValue::Array(array) | NumPyValue::Scalar(array))) => {
            Ok(Some(array.data().clone()))
        }
        _ => Err(wrong("`data` is no bytes").at(data.at)),
    }
}

pub(super) fn read(node: Node<'_>) -> Result<Option<NumPyValue>> {
    let Some(form) = Form::of(node) else { return Ok(None) };
    let value = match form {
        Form::Array { dtype, shape, data } => {
            let (dtype, shape) = (dtype_of(dtype)?, shape_of(shape)?);
            NumPyValue::Array(array(dtype, shape, data)?)
        }
        Form::Scalar { dtype, data } => {
            NumPyValue::Scalar(array(dtype_of(dtype)?, Shape::new(&[])?, data)?)
        }
        Form::Objects { shape, data } => {
            let shape = shape.map_or_else(|| Shape::new(&[]), shape_of)?;
            let pickle = data.bytes();
            let pickle = pickle.ok_or_else(|| wrong("`data` is no bytes").at(data.at))?;
            NumPyValue::Objects { shape, pickle }
        }
        Form::Complex(data) => {
            let number = data.text().and_then(complex);
            let (real, imag) =
                number.ok_or_else(|| wrong("`data` is no complex number").at(data.at))?;
            NumPyValue::Complex(real, imag)
        }
    };
    Ok(Some(value))
}

/// The array that bytes are, of which there may be more than it takes.
fn array(dtype: DType, shape: Shape, data: Node<'_>) -> Result<Array> {
    if dtype.has_object() {
        return Err(Error::unsupported(format!(
            "the elements of dtype {dtype} are pointers into a process that is gone"
        ))
        .at(data.at)
        .with_help("msgpack-numpy loses objects in structs; pack their fields one by one"));
    }
    let bytes = bytes_of(data)?;
    let needed = shape.bytes(dtype.itemsize())?;
    if bytes.len() < needed {
        let error = Error::truncated("the array data", needed as u64, bytes.len() as u64);
        return Err(error.at(data.at));
    }
    Array::new(dtype, shape, AxisOrder::C, bytes.slice(..needed)).map_err(|error| error.at(data.at))
}

/// The bytes of `data`, or those of the array that it is: of a masked array, msgpack-numpy packs `a.data`
/// as an array of its own.
fn bytes_of(data: Node<'_>) -> Result<Bytes> {
    if let Some(bytes) = data.bytes() {
        return Ok(bytes);
    }
    let inner = match Form::of(data) {
        // Once: what nests deeper was written by nobody.
        Some(Form::Array { data, .. }) => data.bytes(),
        _ => None,
    };
    inner.ok_or_else(|| wrong("`data` is no bytes").at(data.at))
}

fn shape_of(node: Node<'_>) -> Result<Shape> {
    let dim = |node: Node<'_>| match node.view() {
        View::Int(dim) => usize::try_from(dim).ok(),
        _ => None,
    };
    let dims: Option<Vec<usize>> = match node.view() {
        View::List(items) if items.count_left() > crate::MAX_DIMS as u64 => {
            let axes = items.count_left();
            return Err(Error::shape(format!("{axes} axes, at most {} can be", crate::MAX_DIMS))
                .at(node.at));
        }
        View::List(items) => items.map(dim).collect(),
        // NumPy takes a number for a shape of one axis.
        _ => dim(node).map(|dim| vec![dim]),
    };
    let dims = dims.ok_or_else(|| wrong("`shape` is no list of lengths").at(node.at))?;
    Shape::new(&dims).map_err(|error| error.at(node.at))
}

fn dtype_of(node: Node<'_>) -> Result<DType> {
    let limit = node.document.limits.literal_bytes;
    let len = (super::token::skip(&node.document.data, node.at) - node.at) as u64;
    if len > limit {
        return Err(Error::limit("literal_bytes", limit, len).at(node.at));
    }
    let place = |error: Error| error.without_offset().at(node.at);
    match node.text() {
        Some(text) => {
            let text =
                std::str::from_utf8(text).map_err(|_| wrong("`type` is no text").at(node.at))?;
            DType::parse(text).map_err(place)
        }
        None => DType::from_descr(&fields_of(node)?).map_err(place),
    }
}

/// The list of fields, as `np.dtype` takes it. Its depth is bounded by that of the message.
fn fields_of(node: Node<'_>) -> Result<Value> {
    let View::List(fields) = node.view() else {
        return Err(wrong("`type` is neither a text nor a list of fields").at(node.at));
    };
    let fields = fields.enumerate().map(|(index, field)| {
        let bad = || wrong("a field of `type` is no list of name, type and shape").at(field.at);
        let View::List(mut parts) = field.view() else { return Err(bad()) };
        let (Some(name), Some(dtype)) = (parts.next(), parts.next()) else { return Err(bad()) };
        let mut value = vec![name_of(name, index).ok_or_else(bad)?];
        value.push(match dtype.text() {
            Some(_) => text_of(dtype).ok_or_else(bad)?,
            None => fields_of(dtype)?,
        });
        if let Some(shape) = parts.next() {
            let dims = shape_of(shape)?;
            let dims = dims.iter().map(|&dim| Ok(Value::Int(i128::try_from(dim).unwrap_or(0))));
            value.push(Value::Tuple(dims.collect::<Result<_>>()?));
        }
        match parts.next() {
            Some(_) => Err(bad()),
            None => Ok(Value::Tuple(value)),
        }
    });
    Ok(Value::List(fields.collect::<Result<_>>()?))
}

/// The name of a field, with its title where it has one. NumPy gives one to a field without: padding, too.
fn name_of(node: Node<'_>, index: usize) -> Option<Value> {
    if let View::List(mut parts) = node.view() {
        let (title, name) = (parts.next()?, parts.next()?);
        return Some(Value::Tuple(vec![text_of(title)?, text_of(name)?]));
    }
    match node.text()? {
        [] => Some(Value::Str(PyStr::from(format!("f{index}")))),
        _ => text_of(node),
    }
}

fn text_of(node: Node<'_>) -> Option<Value> {
    let text = std::str::from_utf8(node.text()?).ok()?;
    Some(Value::Str(PyStr::from(text)))
}

/// Reads what Python's `repr` writes of a complex number: `(1+2j)`, `2j`, `(nan-infj)`.
fn complex(text: &[u8]) -> Option<(f64, f64)> {
    let text = std::str::from_utf8(text).ok()?;
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let Some(inner) = inner.strip_suffix('j') else { return Some((number(inner)?, 0.0)) };
    // The sign between the parts is the last one that is none of an exponent.
    let bytes = inner.as_bytes();
    let is_sign = |&at: &usize| {
        matches!(bytes.get(at), Some(b'+' | b'-'))
            && !matches!(bytes.get(at.wrapping_sub(1)), Some(b'e' | b'E'))
    };
    match (1..bytes.len()).rev().find(is_sign) {
        Some(at) => Some((number(inner.get(..at)?)?, number(inner.get(at..)?)?)),
        None => Some((0.0, number(inner)?)),
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}
