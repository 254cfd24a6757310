//! Objects of one kind as values: the first that is not missing says which.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int64Array, UInt64Array};
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use npbytes::pickle::{Integer, Items, Node, NumPyValue, Objects, Pickle, Reader, Text, View};
use npbytes::{Array, ByteOrder, DType, Kind, Order};

use super::super::text;
use super::values::{Room, Valid};
use super::{Built, nothing};
use crate::{Error, Integers, Result, ToArrow};

/// How deep lists may lie in each other.
const DEPTH: usize = 64;

/// One conversion of objects.
pub(super) struct Scope<'a, 'o> {
    pub(super) options: &'o ToArrow,
    pub(super) room: Room,
    /// How many items of lists there may still be.
    pub(super) items: Cell<usize>,
    reader: Reader<'a>,
}

/// An object, by what matters here.
pub(super) enum Object<'a> {
    None,
    Str(Cow<'a, [u8]>),
    Bytes(Cow<'a, [u8]>),
    Bool(bool),
    Int(i128),
    /// Beyond 128 bits.
    Long(Integer<'a>),
    Float(f64),
    List(Items<'a>),
    Array(Box<Array>),
    Objects(Box<Objects<'a>>),
    /// A scalar that is like none of these, by its dtype.
    Scalar(DType),
    Other,
}

impl Object<'_> {
    /// Python's word for the kind.
    fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Long(_) => "int",
            Self::Float(_) => "float",
            Self::List(_) => "list",
            Self::Array(_) => "ndarray",
            Self::Objects(_) => "ndarray of objects",
            Self::Scalar(_) => "scalar",
            Self::Other => "object",
        }
    }

    /// What to call it in a message.
    fn name(&self, node: &Node<'_>) -> String {
        match self {
            Self::Scalar(dtype) => format!("numpy scalar of {dtype}"),
            Self::Other => node.type_name(),
            other => other.kind().to_owned(),
        }
    }
}

impl<'a, 'o> Scope<'a, 'o> {
    pub(super) fn new(pickle: &'a Pickle, room: Room, options: &'o ToArrow) -> Self {
        Self { options, room, items: Cell::new(room.items), reader: pickle.reader() }
    }

    /// What an object is.
    pub(super) fn object(&self, node: Node<'a>) -> Result<Object<'a>> {
        Ok(match node.view() {
            View::None => Object::None,
            View::Bool(value) => Object::Bool(value),
            View::Int(int) => Object::Int(int.into()),
            View::Long(long) => match long.to_i128() {
                Some(int) => Object::Int(int),
                None => Object::Long(long),
            },
            View::Float(float) => Object::Float(float),
            View::Str(text) => Object::Str(text.into_utf8()),
            View::Bytes(bytes) => Object::Bytes(Cow::Borrowed(bytes)),
            // What Python 2 had for both.
            View::ByteString(bytes) => match node.text() {
                Some(text) => Object::Str(Text::into_utf8(text)),
                None => Object::Bytes(bytes),
            },
            View::Tuple(items) | View::List(items) => Object::List(items),
            View::Object(_) => match node.bytes() {
                Some(bytes) => Object::Bytes(bytes),
                None => self.numpy(node)?,
            },
            View::Built => self.numpy(node)?,
            _ => Object::Other,
        })
    }

    fn numpy(&self, node: Node<'a>) -> Result<Object<'a>> {
        Ok(match self.reader.numpy(node)? {
            Some(NumPyValue::Scalar(scalar)) => of_scalar(&scalar)?,
            Some(NumPyValue::Array(found)) => Object::Array(Box::new(found.array)),
            Some(NumPyValue::Objects(objects)) => Object::Objects(objects),
            _ => Object::Other,
        })
    }

    /// Whether NaN is to be null among objects of another kind.
    fn is_missing(&self, object: &Object<'_>) -> bool {
        matches!(object, Object::None)
            || (self.options.nan_is_null && matches!(object, Object::Float(x) if x.is_nan()))
    }

    /// Objects as values, their rows counted from the first of these.
    pub(super) fn build(&self, nodes: &[Node<'a>], depth: usize) -> Result<Built> {
        if depth > DEPTH {
            return Err(Error::type_(format!("lists in lists, more than {DEPTH} deep")));
        }
        let mut first = None;
        let mut none = false;
        for (i, node) in nodes.iter().enumerate() {
            let object = self.object(*node).map_err(|error| error.at_row(i as u64))?;
            none |= matches!(object, Object::None);
            if !self.is_missing(&object) {
                first = Some((i, object));
                break;
            }
        }
        let Some((at, first)) = first else {
            return Ok(match nodes {
                // NaN alone are floats.
                [_, ..] if !none => Built::new(self.floats(nodes)?.0),
                _ => nothing(nodes.len()),
            });
        };
        let (array, nan) = match &first {
            Object::Str(_) => self.texts(nodes)?,
            Object::Bytes(_) => self.bytes(nodes)?,
            Object::Bool(_) => self.bools(nodes)?,
            Object::Int(_) | Object::Long(_) => self.integers(nodes)?,
            Object::Float(_) => (self.floats(nodes)?.0, false),
            Object::List(_) => return self.lists(nodes, depth),
            Object::Array(_) => return self.arrays(nodes, depth),
            Object::Objects(_) => return self.object_arrays(nodes, depth),
            Object::None | Object::Scalar(_) | Object::Other => {
                let found = nodes.get(at).map_or_else(String::new, |node| first.name(node));
                return Err(Error::type_(format!("objects of type {found} have no Arrow type"))
                    .at_row(at as u64)
                    .with_help("str, bytes, int, float, bool and lists and arrays of them have"));
            }
        };
        Ok(Built { nan, ..Built::new(array) })
    }

    /// Takes what each object must be, or nothing where it is missing; `quick` those that are most often there.
    pub(super) fn each<T>(
        &self,
        nodes: &[Node<'a>],
        kind: &str,
        nan: &mut bool,
        quick: impl Fn(&View<'a>) -> Option<T>,
        take: impl Fn(Object<'a>) -> std::result::Result<T, Object<'a>>,
        mut put: impl FnMut(Option<T>) -> Result<()>,
    ) -> Result<()> {
        let (mut any_nan, mut any_none) = (false, false);
        for (i, node) in nodes.iter().enumerate() {
            let row = i as u64;
            if let Some(taken) = quick(&node.view()) {
                put(Some(taken)).map_err(|error| error.at_row(row))?;
                continue;
            }
            let object = self.object(*node).map_err(|error| error.at_row(row))?;
            let taken = match take(object) {
                Ok(taken) => Some(taken),
                Err(object) if self.is_missing(&object) => {
                    any_none |= matches!(object, Object::None);
                    any_nan |= !matches!(object, Object::None);
                    None
                }
                Err(object) => {
                    let found = object.name(node);
                    let error = Error::type_(format!("{found} among objects that are {kind}"));
                    let error = error.at_row(row);
                    return Err(match object {
                        Object::Float(x) if x.is_nan() => {
                            error.with_help("it is NaN: ask for NaN to be null")
                        }
                        _ => error,
                    });
                }
            };
            put(taken).map_err(|error| error.at_row(row))?;
        }
        *nan = any_nan && !any_none;
        Ok(())
    }

    fn texts(&self, nodes: &[Node<'a>]) -> Result<(ArrayRef, bool)> {
        let (mut texts, mut valid) = (self.room.texts(nodes.len())?, Valid::default());
        let mut nan = false;
        let quick = |view: &View<'a>| match view {
            View::Str(text) => Some(text.clone().into_utf8()),
            _ => None,
        };
        let take = |object| match object {
            Object::Str(text) => Ok(text),
            other => Err(other),
        };
        self.each(nodes, "str", &mut nan, quick, take, |text| {
            valid.push(text.is_some());
            texts.push(&text.unwrap_or_default())?;
            texts.end()
        })?;
        Ok((text::finish(texts.into_inner(), self.options.text, valid.finish())?, nan))
    }

    fn bytes(&self, nodes: &[Node<'a>]) -> Result<(ArrayRef, bool)> {
        let (mut texts, mut valid) = (self.room.texts(nodes.len())?, Valid::default());
        let mut nan = false;
        let take = |object| match object {
            Object::Bytes(bytes) => Ok(bytes),
            other => Err(other),
        };
        self.each(
            nodes,
            "bytes",
            &mut nan,
            |_| None,
            take,
            |bytes| {
                valid.push(bytes.is_some());
                texts.push(&bytes.unwrap_or_default())?;
                texts.end()
            },
        )?;
        Ok((text::binary(texts.into_inner(), valid.finish())?, nan))
    }

    fn bools(&self, nodes: &[Node<'a>]) -> Result<(ArrayRef, bool)> {
        let (mut values, mut valid, mut nan) = (Vec::new(), Valid::default(), false);
        let take = |object| match object {
            Object::Bool(value) => Ok(value),
            other => Err(other),
        };
        self.each(
            nodes,
            "bool",
            &mut nan,
            |_| None,
            take,
            |value| {
                valid.push(value.is_some());
                values.push(value.unwrap_or(false));
                Ok(())
            },
        )?;
        let values = BooleanBuffer::from(values);
        Ok((Arc::new(BooleanArray::new(values, valid.finish())), nan))
    }

    fn floats(&self, nodes: &[Node<'a>]) -> Result<(ArrayRef, bool)> {
        let (mut values, mut valid, mut nan) = (Vec::new(), Valid::default(), false);
        let is_null = |x: f64| self.options.nan_is_null && x.is_nan();
        let quick = |view: &View<'a>| match view {
            View::Float(float) => Some(*float),
            _ => None,
        };
        let take = |object| match object {
            Object::Float(value) => Ok(value),
            other => Err(other),
        };
        self.each(nodes, "float", &mut nan, quick, take, |value| {
            valid.push(value.is_some_and(|x| !is_null(x)));
            values.push(value.unwrap_or(f64::NAN));
            Ok(())
        })?;
        let values = ScalarBuffer::from(values);
        Ok((Arc::new(Float64Array::try_new(values, valid.finish())?), nan))
    }

    fn integers(&self, nodes: &[Node<'a>]) -> Result<(ArrayRef, bool)> {
        let (mut values, mut valid, mut nan) = (Vec::new(), Valid::default(), false);
        values.try_reserve_exact(nodes.len()).map_err(std::io::Error::from)?;
        // The first that is no int64, and the first that is no uint64.
        let (mut wide, mut negative, mut beyond) = (None, None, None);
        let quick = |view: &View<'a>| match view {
            View::Int(int) => Some(Some(i128::from(*int))),
            _ => None,
        };
        let take = |object| match object {
            Object::Int(int) => Ok(Some(int)),
            Object::Long(_) => Ok(None),
            other => Err(other),
        };
        let mut row = 0;
        self.each(nodes, "int", &mut nan, quick, take, |int| {
            valid.push(int.is_some());
            let int = match int {
                None => Some(0),
                Some(int) => int,
            };
            let value = int.and_then(|int| i64::try_from(int).ok());
            if value.is_none() {
                wide.get_or_insert(row);
            }
            match int {
                Some(int) if int < 0 => {
                    negative.get_or_insert(row);
                }
                Some(int) if u64::try_from(int).is_ok() => {}
                _ => {
                    beyond.get_or_insert(row);
                }
            }
            values.push(value.unwrap_or(0));
            row += 1;
            Ok(())
        })?;
        let valid = valid.finish();
        let Some(wide) = wide else {
            let values = ScalarBuffer::from(values);
            return Ok((Arc::new(Int64Array::try_new(values, valid)?), nan));
        };
        if negative.is_none() && beyond.is_none() {
            let values = self.integers_as(nodes, |int| u64::try_from(int).ok(), 0)?;
            let values = ScalarBuffer::from(values);
            return Ok((Arc::new(UInt64Array::try_new(values, valid)?), nan));
        }
        let array = match self.options.integers {
            Integers::Error => {
                let message = "an int beyond 64 bits, or beyond those of the others' sign";
                return Err(Error::value(message)
                    .at_row(wide)
                    .with_help("ask for Float64, which is rounded, or for text"));
            }
            Integers::Float64 => self.rounded(nodes, valid)?,
            Integers::Text => self.decimals(nodes, valid)?,
        };
        Ok((array, nan))
    }

    fn integers_as<T: Copy>(
        &self,
        nodes: &[Node<'a>],
        of: impl Fn(i128) -> Option<T>,
        missing: T,
    ) -> Result<Vec<T>> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            values.push(match self.object(*node)? {
                Object::Int(int) => of(int).unwrap_or(missing),
                _ => missing,
            });
        }
        Ok(values)
    }

    fn rounded(&self, nodes: &[Node<'a>], valid: Option<NullBuffer>) -> Result<ArrayRef> {
        let mut values = Vec::with_capacity(nodes.len());
        for (i, node) in nodes.iter().enumerate() {
            values.push(match self.object(*node)? {
                Object::Int(int) => int as f64,
                // Read as text, it is rounded once.
                Object::Long(long) => {
                    let float = long.to_string().parse().unwrap_or(f64::INFINITY);
                    if float.is_infinite() {
                        let error = Error::value("an int beyond the range of Float64");
                        return Err(error.at_row(i as u64).with_help("ask for text"));
                    }
                    float
                }
                _ => 0.0,
            });
        }
        Ok(Arc::new(Float64Array::try_new(ScalarBuffer::from(values), valid)?))
    }

    fn decimals(&self, nodes: &[Node<'a>], valid: Option<NullBuffer>) -> Result<ArrayRef> {
        let mut texts = self.room.texts(nodes.len())?;
        for node in nodes {
            match self.object(*node)? {
                Object::Int(int) => texts.push(int.to_string().as_bytes())?,
                Object::Long(long) => texts.push(long.to_string().as_bytes())?,
                _ => {}
            }
            texts.end()?;
        }
        text::finish(texts.into_inner(), self.options.text, valid)
    }
}

/// A scalar of NumPy as the object of Python's that it is like.
fn of_scalar<'a>(scalar: &Array) -> Result<Object<'a>> {
    let native = scalar.converted(Order::C, ByteOrder::NATIVE)?;
    let view = native.view();
    let int = |int: npbytes::Result<i64>| int.map(|int| Object::Int(int.into()));
    Ok(match scalar.dtype().kind() {
        Kind::Bool => Object::Bool(native.data().iter().any(|&byte| byte != 0)),
        Kind::Int8 => int(view.get::<i8>(&[]).map(i64::from))?,
        Kind::Int16 => int(view.get::<i16>(&[]).map(i64::from))?,
        Kind::Int32 => int(view.get::<i32>(&[]).map(i64::from))?,
        Kind::Int64 => int(view.get::<i64>(&[]))?,
        Kind::UInt8 => int(view.get::<u8>(&[]).map(i64::from))?,
        Kind::UInt16 => int(view.get::<u16>(&[]).map(i64::from))?,
        Kind::UInt32 => int(view.get::<u32>(&[]).map(i64::from))?,
        Kind::UInt64 => Object::Int(view.get::<u64>(&[])?.into()),
        Kind::Float16 => Object::Float(view.get::<half::f16>(&[])?.to_f64()),
        Kind::Float32 => Object::Float(view.get::<f32>(&[])?.into()),
        Kind::Float64 => Object::Float(view.get::<f64>(&[])?),
        Kind::Bytes(_) => {
            let bytes = native.data();
            let zeros = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
            Object::Bytes(Cow::Owned(bytes[..bytes.len() - zeros].to_vec()))
        }
        Kind::Str(_) => {
            let points = native.data().as_chunks::<4>().0.iter().copied().map(u32::from_ne_bytes);
            let points: Vec<u32> = points.collect();
            let zeros = points.iter().rev().take_while(|&&point| point == 0).count();
            let points = points.iter().take(points.len() - zeros).copied();
            match npbytes::PyStr::from_code_points(points) {
                Some(text) => Object::Str(Cow::Owned(text.as_utf8().to_vec())),
                None => Object::Scalar(scalar.dtype().clone()),
            }
        }
        _ => Object::Scalar(scalar.dtype().clone()),
    })
}
