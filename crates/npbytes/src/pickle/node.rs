//! A walk through a pickle: what each value is, in Python's words.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::graph::{Effect, Graph, How, JoblibContents, Node as Raw, Unpacked, Value};
use super::machine::text_at;
use super::names::{Known, Name, canonical};
use super::text::Text;
use super::values::float_at;
use super::{Pickle, integer::Integer};

/// A value in its [`Pickle`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    pickle: &'a Pickle,
    value: Value,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum View<'a> {
    /// `None`
    None,
    /// `bool`
    Bool(bool),
    /// `int` of 64 bits
    Int(i64),
    /// `int` beyond 64 bits
    Long(Integer<'a>),
    /// `float`
    Float(f64),
    /// `complex`, where it was built; a decoded one is an [`View::Object`].
    Complex(f64, f64),
    /// `str`
    Str(Text<'a>),
    /// `str` of Python 2: bytes in a code that the pickle does not name.
    ByteString(Cow<'a, [u8]>),
    /// `bytes`
    Bytes(&'a [u8]),
    /// `bytearray`
    ByteArray(&'a [u8]),
    /// A buffer that is handed over beside the pickle, if it was.
    Buffer {
        /// Which one.
        index: usize,
        /// Whether it is to be read only.
        read_only: bool,
        /// Its bytes, unless they were not handed in.
        data: Option<&'a Bytes>,
    },
    /// `tuple`
    Tuple(Items<'a>),
    /// `list`
    List(Items<'a>),
    /// `set`, of protocol 4 on; before, it is an [`View::Object`].
    Set(Items<'a>),
    /// `frozenset`, of protocol 4 on.
    FrozenSet(Items<'a>),
    /// `dict`
    Dict(Pairs<'a>),
    /// A class or a function, by its name.
    Global(Global<'a>),
    /// Something that Python would make by a call.
    Object(Object<'a>),
    /// A code of the extension registry (`copyreg.add_extension`).
    Extension(u32),
    /// An object of the reader's own, by its persistent id.
    Persistent(Node<'a>),
    /// An object of NumPy that was built: see [`Node::numpy`].
    Built,
}

impl<'a> Node<'a> {
    pub(super) const fn new(pickle: &'a Pickle, value: Value) -> Self {
        Self { pickle, value }
    }

    pub(super) const fn graph(&self) -> &'a Graph {
        &self.pickle.graph
    }

    /// The pickle that it is in.
    pub const fn pickle(&self) -> &'a Pickle {
        self.pickle
    }

    /// The handle: equal for nodes that are one object.
    pub const fn value(&self) -> Value {
        self.value
    }

    /// The offset of the opcode that makes it, where it has one of its own: small numbers, `None` and what was
    /// built have none.
    pub fn offset(&self) -> Option<u64> {
        self.graph().offset(self.value).map(|at| at as u64)
    }

    const fn sibling(&self, value: Value) -> Self {
        Self { pickle: self.pickle, value }
    }

    const fn items_of(&self, values: &'a [Value]) -> Items<'a> {
        Items { pickle: self.pickle, values }
    }

    /// What it is. Does not copy, except for texts with escapes.
    pub fn view(&self) -> View<'a> {
        let graph = self.graph();
        match self.value.unpack() {
            Unpacked::None | Unpacked::Absent => View::None,
            Unpacked::Bool(value) => View::Bool(value),
            Unpacked::EmptyTuple => View::Tuple(self.items_of(&[])),
            Unpacked::Int(int) => View::Int(int),
            Unpacked::Long(_) => match graph.integer(self.value) {
                Some(long) => long.to_i64().map_or(View::Long(long), View::Int),
                None => View::None,
            },
            Unpacked::Float(at) => View::Float(float_at(&graph.input, at)),
            Unpacked::Text(_) | Unpacked::Line(_) => {
                text_at(&graph.input, self.value).map_or(View::None, View::Str)
            }
            Unpacked::Bytes(_) => View::Bytes(graph.raw_bytes(self.value).unwrap_or_default()),
            Unpacked::ByteArray(_) => {
                View::ByteArray(graph.raw_bytes(self.value).unwrap_or_default())
            }
            Unpacked::ByteString(_) => {
                View::ByteString(graph.byte_string(self.value).unwrap_or_default())
            }
            Unpacked::Buffer(index, read_only) => {
                View::Buffer { index, read_only, data: graph.buffers.get(index) }
            }
            Unpacked::Node(_) => graph.node(self.value).map_or(View::None, |node| self.of(node)),
        }
    }

    fn of(&self, node: &'a Raw) -> View<'a> {
        let graph = self.graph();
        match node {
            Raw::Tuple(span) => View::Tuple(self.items_of(graph.span(*span))),
            Raw::List(items) => View::List(self.items_of(items)),
            Raw::Dict(pairs) => View::Dict(Pairs(self.items_of(pairs))),
            Raw::Set(items) => View::Set(self.items_of(items)),
            Raw::FrozenSet(span) => View::FrozenSet(self.items_of(graph.span(*span))),
            Raw::Global(name) => View::Global(Global { node: *self, name: *name }),
            Raw::Object(_) => View::Object(Object { node: *self }),
            Raw::Extension(code) => View::Extension(*code),
            Raw::Persistent(id) => View::Persistent(self.sibling(*id)),
            Raw::Text(text) => View::Str(Text::borrowed(text.as_utf8())),
            Raw::Bytes(bytes) => View::Bytes(bytes),
            Raw::ByteArray(bytes) => View::ByteArray(bytes),
            Raw::Float(float) => View::Float(*float),
            Raw::Long(bytes) => View::Long(Integer::borrowed(bytes)),
            Raw::Complex(re, im) => View::Complex(*re, *im),
            Raw::DType(_) | Raw::Array(_) | Raw::Scalar(_) | Raw::Masked(_) => View::Built,
        }
    }

    /// The text, if it is a `str`; that of Python 2 is one where it is ASCII.
    pub fn text(&self) -> Option<Text<'a>> {
        self.graph().text(self.value)
    }

    /// The bytes, if it is `bytes` of any protocol (in protocols 0 to 2 they are a text to be encoded), a
    /// `bytearray` or a `str` of Python 2.
    pub fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        self.graph().bytes(self.value).ok().flatten()
    }

    /// Whether [`bytes`](Self::bytes) would give something. Does not look at them.
    pub fn is_bytes(&self) -> bool {
        let graph = self.graph();
        graph.raw_bytes(self.value).is_some()
            || graph.encoded_bytes(self.value).is_some()
            || matches!(self.value.unpack(), Unpacked::ByteString(_))
    }

    /// The number, if it is an `int` of 64 bits or a `bool`.
    pub fn int(&self) -> Option<i64> {
        self.graph().int(self.value)
    }

    /// The items, if it is a tuple, a list or a set.
    pub fn items(&self) -> Option<Items<'a>> {
        match self.view() {
            View::Tuple(items) | View::List(items) | View::Set(items) | View::FrozenSet(items) => {
                Some(items)
            }
            _ => None,
        }
    }

    /// The value of a text key, if it is a dict that has it. Goes through the keys.
    pub fn get(&self, key: &str) -> Option<Self> {
        match self.view() {
            // A key that is set twice has the last value.
            View::Dict(pairs) => pairs
                .iter()
                .rev()
                .find(|(found, _)| {
                    let text = self.graph().text_within(found.value, key.len());
                    text.is_some_and(|text| text == *key)
                })
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Node").field(&self.value).finish()
    }
}

/// The items of a container.
#[derive(Clone, Copy)]
pub struct Items<'a> {
    pickle: &'a Pickle,
    values: &'a [Value],
}

impl<'a> Items<'a> {
    pub(super) const fn new(pickle: &'a Pickle, values: &'a [Value]) -> Self {
        Self { pickle, values }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(super) const fn graph(&self) -> &'a Graph {
        &self.pickle.graph
    }

    /// A value of the same pickle.
    pub(crate) const fn sibling(&self, value: Value) -> Node<'a> {
        Node::new(self.pickle, value)
    }

    /// The item at an index.
    pub fn get(&self, index: usize) -> Option<Node<'a>> {
        self.values.get(index).map(|&value| Node::new(self.pickle, value))
    }

    /// All items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Node<'a>> + ExactSizeIterator + use<'a> {
        let pickle = self.pickle;
        self.values.iter().map(move |&value| Node::new(pickle, value))
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values).finish()
    }
}

/// The keys and values of a dict, in the order they were set; a key that was set twice is there twice.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a>(Items<'a>);

impl<'a> Pairs<'a> {
    pub(super) const fn graph(&self) -> &'a Graph {
        self.0.graph()
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len() / 2
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key and value at a place.
    pub fn get(&self, place: usize) -> Option<(Node<'a>, Node<'a>)> {
        let key = self.0.get(place.checked_mul(2)?)?;
        Some((key, self.0.get(place * 2 + 1)?))
    }

    /// All pairs.
    pub fn iter(
        &self,
    ) -> impl DoubleEndedIterator<Item = (Node<'a>, Node<'a>)> + ExactSizeIterator + use<'a> {
        let pickle = self.0.pickle;
        self.0
            .values
            .chunks_exact(2)
            .map(move |pair| (Node::new(pickle, pair[0]), Node::new(pickle, pair[1])))
    }
}

/// A class or a function that the pickle names. It was not looked up.
#[derive(Clone, Copy)]
pub struct Global<'a> {
    node: Node<'a>,
    name: Name,
}

impl<'a> Global<'a> {
    /// The module and the name as Python 3 has them. The parts of a name that something was to compute are `?`.
    pub fn path(&self) -> (String, String) {
        let graph = self.node.graph();
        let text = |value| graph.text(value).map_or("?".to_owned(), |text| text.to_string());
        let (module, name) = (text(self.name.module), text(self.name.name));
        let (module, name) = canonical(&module, &name, self.name.python2);
        (module.to_owned(), name.to_owned())
    }

    /// The module's value.
    pub const fn module(&self) -> Node<'a> {
        self.node.sibling(self.name.module)
    }

    /// The name's value.
    pub const fn name(&self) -> Node<'a> {
        self.node.sibling(self.name.name)
    }

    /// Whether the module or the name is no text, but something that Python would have to call to know.
    pub fn is_computed(&self) -> bool {
        self.name.known == Known::Computed
    }
}

impl fmt::Display for Global<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = self.path();
        write!(f, "{module}.{name}")
    }
}

impl fmt::Debug for Global<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Global({self})")
    }
}

/// Something that Python would make by a call, and what it would do to it then.
#[derive(Clone, Copy)]
pub struct Object<'a> {
    node: Node<'a>,
}

/// What Python would do to an object after it was made.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Step<'a> {
    /// BUILD: `__setstate__`, or attributes from a dict.
    Build(Node<'a>),
    /// APPEND: items of a list.
    Append(Items<'a>),
    /// SETITEM: items of a dict.
    SetItems(Pairs<'a>),
    /// ADDITEMS: items of a set.
    AddItems(Items<'a>),
    /// Something that is made and thrown away: a function that sets the state.
    Popped(Node<'a>),
}

impl<'a> Object<'a> {
    fn raw(&self) -> super::graph::Object {
        self.node.graph().object(self.node.value).copied().unwrap_or(super::graph::Object {
            how: How::Reduce,
            callable: Value::NONE,
            args: Value::EMPTY_TUPLE,
            state: Value::ABSENT,
        })
    }

    /// By which opcode.
    pub fn how(&self) -> How {
        self.raw().how
    }

    /// The class or function.
    pub fn callable(&self) -> Node<'a> {
        self.node.sibling(self.raw().callable)
    }

    /// The arguments: a tuple, in a sound pickle.
    pub fn args(&self) -> Node<'a> {
        self.node.sibling(self.raw().args)
    }

    /// The state that BUILD sets, if one does. That of several is the last.
    pub fn state(&self) -> Option<Node<'a>> {
        self.steps()
            .filter_map(|step| if let Step::Build(state) = step { Some(state) } else { None })
            .last()
    }

    /// What is done to the object after it was made, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'a>> + use<'a> {
        let node = self.node;
        let state = self.raw().state;
        let first = (state != Value::ABSENT).then(|| Step::Build(node.sibling(state)));
        let rest = node.graph().effects(node.value).iter();
        first.into_iter().chain(rest.map(move |effect| match effect {
            Effect::Append(items) => Step::Append(node.items_of(items)),
            Effect::SetItems(items) => Step::SetItems(Pairs(node.items_of(items))),
            Effect::AddItems(items) => Step::AddItems(node.items_of(items)),
            Effect::Build(state) => Step::Build(node.sibling(*state)),
            Effect::Popped(value) => Step::Popped(node.sibling(*value)),
        }))
    }

    /// The pickle that joblib put behind its stand-in for an array of objects.
    pub fn joblib_pickle(&self) -> Option<&'a Pickle> {
        match self.node.graph().contents.get(&self.node.value.index()?)? {
            JoblibContents::Pickle(pickle) => Some(pickle),
            JoblibContents::Data { .. } => None,
        }
    }
}

impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Object({:?})", self.callable())
    }
}
