//! What a pickle is made of, without Python: values of eight bytes, and nodes for those that hold others.
//!
//! A [`Value`] is a handle. Texts, bytes and numbers of the input are no more than the offset of the opcode that
//! makes them: they are read again when somebody asks. What holds other values, or was not in the input, is a
//! [`Node`] of the graph. Two values are the same Python object exactly where they are equal.

use std::collections::HashMap;
use std::ops::Range;

use bytes::Bytes;

use super::built::ArrayObject;
use super::names::{Known, Name};
use crate::literal::PyStr;

/// A value of a [`Pickle`](super::Pickle), good for that one only.
///
/// Small numbers are themselves, everything else is the place where it is found. Equal handles are the same
/// Python object, as `is` has it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u64);

/// What a [`Value`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    None,
    Bool(bool),
    EmptyTuple,
    /// No value: a state that was never set.
    Absent,
    Int(i64),
    /// The offset of an opcode whose argument is a number that [`Value::int`] cannot hold.
    Long(usize),
    Float(usize),
    /// A `str`, by the offset of its opcode.
    Text(usize),
    /// The offset of a line that is text as it is.
    Line(usize),
    Bytes(usize),
    ByteArray(usize),
    /// A `str` of Python 2.
    ByteString(usize),
    /// An out-of-band buffer, and whether it is read-only.
    Buffer(usize, bool),
    /// The index of a [`Node`].
    Node(u32),
}

impl Value {
    const TAG: u32 = 4;

    /// `None`.
    pub const NONE: Self = Self::atom(0);
    /// `False`.
    pub const FALSE: Self = Self::atom(1);
    /// `True`.
    pub const TRUE: Self = Self::atom(2);
    /// `()`, which is the same object everywhere.
    pub const EMPTY_TUPLE: Self = Self::atom(3);
    pub(super) const ABSENT: Self = Self::atom(4);

    const fn atom(index: u64) -> Self {
        Self(index << Self::TAG)
    }

    const fn place(tag: u64, at: usize) -> Self {
        Self((at as u64) << Self::TAG | tag)
    }

    /// An `int`, if it is between -2^59 and 2^59 - 1.
    #[inline]
    pub(super) const fn int(int: i64) -> Option<Self> {
        let value = Self((int << Self::TAG).cast_unsigned() | 1);
        if (value.0.cast_signed() >> Self::TAG) == int { Some(value) } else { None }
    }

    /// An `int` of 32 bits.
    #[inline]
    pub(super) const fn small(int: i32) -> Self {
        Self(((int as i64) << Self::TAG).cast_unsigned() | 1)
    }

    pub(super) const fn bool(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }

    pub(super) const fn long(at: usize) -> Self {
        Self::place(2, at)
    }

    pub(super) const fn float(at: usize) -> Self {
        Self::place(3, at)
    }

    #[inline]
    pub(super) const fn text(at: usize) -> Self {
        Self::place(4, at)
    }

    pub(super) const fn line(at: usize) -> Self {
        Self::place(5, at)
    }

    #[inline]
    pub(super) const fn bytes(at: usize) -> Self {
        Self::place(6, at)
    }

    pub(super) const fn byte_array(at: usize) -> Self {
        Self::place(7, at)
    }

    pub(super) const fn byte_string(at: usize) -> Self {
        Self::place(8, at)
    }

    pub(super) const fn buffer(index: usize, read_only: bool) -> Self {
        Self::place(9, index << 1 | read_only as usize)
    }

    #[inline]
    pub(super) const fn node(index: u32) -> Self {
        Self::place(10, index as usize)
    }

    #[inline]
    pub(super) fn unpack(self) -> Unpacked {
        let at = usize::try_from(self.0 >> Self::TAG).unwrap_or(usize::MAX);
        match self.0 & 15 {
            0 => match at {
                0 => Unpacked::None,
                1 => Unpacked::Bool(false),
                2 => Unpacked::Bool(true),
                3 => Unpacked::EmptyTuple,
                _ => Unpacked::Absent,
            },
            1 => Unpacked::Int(self.0.cast_signed() >> Self::TAG),
            2 => Unpacked::Long(at),
            3 => Unpacked::Float(at),
            4 => Unpacked::Text(at),
            5 => Unpacked::Line(at),
            6 => Unpacked::Bytes(at),
            7 => Unpacked::ByteArray(at),
            8 => Unpacked::ByteString(at),
            9 => Unpacked::Buffer(at >> 1, at & 1 == 1),
            _ => Unpacked::Node(u32::try_from(at).unwrap_or(u32::MAX)),
        }
    }

    /// The index of the node that it is.
    #[inline]
    pub(super) fn index(self) -> Option<u32> {
        match self.unpack() {
            Unpacked::Node(index) => Some(index),
            _ => None,
        }
    }

    /// A number that is unique among values.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.unpack().fmt(f)
    }
}

/// Values that lie in the graph's pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) len: u32,
}

/// A value that holds others, or that was not in the input.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Tuple(Span),
    List(Vec<Value>),
    /// Keys and values, one after the other, in the order they were set.
    Dict(Vec<Value>),
    Set(Vec<Value>),
    FrozenSet(Span),
    Global(Name),
    Object(Object),
    /// A code of the extension registry.
    Extension(u32),
    /// A persistent id, for the reader's own lookup.
    Persistent(Value),
    // What follows is built, not decoded.
    Text(PyStr),
    Bytes(Box<Bytes>),
    ByteArray(Box<Bytes>),
    Float(f64),
    /// Little-endian, two's complement, as short as it can be.
    Long(Box<[u8]>),
    Complex(f64, f64),
    DType(Box<super::built::DTypeObject>),
    Array(Box<ArrayObject>),
    Scalar(Box<super::built::ScalarObject>),
    Masked(Box<super::built::MaskedObject>),
}

/// How an object was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum How {
    /// REDUCE: `callable(*args)`.
    Reduce,
    /// NEWOBJ: `cls.__new__(cls, *args)`.
    NewObj,
    /// NEWOBJ_EX: `cls.__new__(cls, *args, **kwargs)`; the arguments are the pair of both.
    NewObjEx,
    /// INST: `cls(*args)`, of Python 2.
    Inst,
    /// OBJ: `cls(*args)`, of Python 2.
    Obj,
}

/// Something that Python would have made by a call, and that is none here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Object {
    pub(super) how: How,
    pub(super) callable: Value,
    pub(super) args: Value,
    /// What BUILD set, or [`Value::ABSENT`].
    pub(super) state: Value,
}

/// What else was done to a node, in order; after an object's state.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    Append(Vec<Value>),
    SetItems(Vec<Value>),
    AddItems(Vec<Value>),
    Build(Value),
    /// Something that was made and thrown away while the node was on top of the stack: a state setter.
    Popped(Value),
}

/// Everything that was in the input, or was built.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// What offsets count in.
    pub(super) input: Bytes,
    pub(super) buffers: Vec<Bytes>,
    pub(super) nodes: Vec<Node>,
    /// Where each node's opcode stands; as many as there are nodes that were decoded.
    pub(super) offsets: Vec<usize>,
    /// The items of tuples and frozen sets.
    pub(super) pool: Vec<Value>,
    pub(super) effects: HashMap<u32, Vec<Effect>>,
    /// Of objects that hold themselves in what they are made of: the calls around the one that made them, from the
    /// innermost, which picklers write and throw away.
    pub(super) outer: HashMap<u32, Vec<Value>>,
    /// What followed joblib's stand-ins for arrays, by node.
    pub(super) contents: HashMap<u32, JoblibContents>,
}

/// What follows a stand-in of joblib in its stream.
#[derive(Clone, Debug)]
pub(super) enum JoblibContents {
    /// The elements, and what they are aligned to behind a byte that counts the padding, if there is one.
    Data { data: Range<usize>, align: Option<usize> },
    /// A pickle of the array, which holds objects.
    Pickle(Box<super::Pickle>),
}

impl Graph {
    #[inline]
    pub(super) fn node(&self, value: Value) -> Option<&Node> {
        value.index().and_then(|index| self.nodes.get(index as usize))
    }

    #[inline]
    pub(super) fn span(&self, span: Span) -> &[Value] {
        self.pool.get(span.start..span.start + span.len as usize).unwrap_or_default()
    }

    pub(super) fn add_span(&mut self, items: &[Value]) -> Span {
        let start = self.pool.len();
        self.pool.extend_from_slice(items);
        Span { start, len: u32::try_from(items.len()).unwrap_or(u32::MAX) }
    }

    /// The items of a tuple.
    #[inline]
    pub(super) fn tuple(&self, value: Value) -> Option<&[Value]> {
        match self.node(value) {
            Some(&Node::Tuple(span)) => Some(self.span(span)),
            None if value == Value::EMPTY_TUPLE => Some(&[]),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn object(&self, value: Value) -> Option<&Object> {
        match self.node(value) {
            Some(Node::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// Which of the globals that mean something here a value is.
    #[inline]
    pub(super) fn known(&self, value: Value) -> Known {
        match self.node(value) {
            Some(Node::Global(name)) => name.known,
            _ => Known::Other,
        }
    }

    /// What was done to a node beside setting its state.
    pub(super) fn effects(&self, value: Value) -> &[Effect] {
        let effects = value.index().and_then(|index| self.effects.get(&index));
        effects.map(Vec::as_slice).unwrap_or_default()
    }

    /// Where a value's opcode stands in the input.
    pub(super) fn offset(&self, value: Value) -> Option<usize> {
        match value.unpack() {
            Unpacked::Long(at)
            | Unpacked::Float(at)
            | Unpacked::Text(at)
            | Unpacked::Line(at)
            | Unpacked::Bytes(at)
            | Unpacked::ByteArray(at)
            | Unpacked::ByteString(at) => Some(at),
            Unpacked::Node(index) => self.offsets.get(index as usize).copied(),
            _ => None,
        }
    }
}
