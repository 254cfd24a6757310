//! Pickles: read without running any code, and written to the byte as CPython and NumPy write them.
//!
//! [`decode`] makes a [`Pickle`] of the bytes: a graph of plain values, in which what Python would import is a
//! name and what it would call is a note of the call. Nothing in it was looked up or run, whatever the pickle
//! says. [`Node`] walks it; [`Node::numpy`] recognises NumPy's own objects by an exact grammar, under the names of
//! every NumPy release.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::pickle::{self, ReadOptions, WriteOptions};
//! use npbytes::Array;
//! let array = Array::from_vec(&[2], vec![1_i16, 2])?;
//! // What `pickle.dumps(np.array([1, 2], '<i2'), protocol=4)` gives.
//! let bytes = pickle::encode(&array.view(), &WriteOptions::default())?;
//! assert_eq!(bytes.len(), 152);
//! let back = pickle::decode(&Bytes::from(bytes), &ReadOptions::default())?;
//! assert_eq!(back.root().array()?.view().to_vec::<i16>()?, [1, 2]);
//! # Ok::<(), npbytes::Error>(())
//! ```
//!
//! The rules are CPython's `Modules/_pickle.c` and NumPy's `__reduce__` methods, as measured.

mod built;
mod compat;
mod cursor;
mod disassemble;
mod distinct;
mod dtype;
#[cfg(feature = "fs")]
mod file;
mod find;
mod graph;
mod integer;
mod joblib;
mod machine;
mod names;
mod node;
mod numpy;
mod opcode;
mod pickler;
mod reconstruct;
mod retarget;
mod save;
mod scan;
mod text;
mod values;

use std::io::Write;

use bytes::Bytes;

pub use built::{ArrayClass, ArrayObject, DTypeObject, MaskedObject, ScalarObject, StringDType};
pub use disassemble::{Disassembly, Line, Memo, Operand, disassemble, disassemble_at};
pub(crate) use distinct::{DistinctItems, DistinctPairs};
#[cfg(feature = "fs")]
pub use file::{map, read, write};
pub use find::{Arrays, Path, PathStep};
pub use graph::{How, Value};
pub use integer::Integer;
pub use node::{Global, Items, Node, Object, Pairs, Step, View};
pub use numpy::{Masked, NdArray, NumPyValue, Objects, Reader};
pub use opcode::Argument;
pub use retarget::{Changes, retarget};
pub use scan::{Finding, FindingKind, Report, Scanned, Usage, Verdict, scan};
pub use text::Text;

use crate::array::{Array, ArrayView};
use crate::error::Result;
use crate::limits::Limits;
use crate::literal::PyStr;
use crate::numpy::{NumPy, Profile};
use graph::{Graph, Node as Raw};

/// How pickles are read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the input may ask for.
    pub limits: Limits,
    /// The out-of-band buffers that were pickled beside it, in order. A pickle that wants more of them can be
    /// walked all the same; only the arrays in them cannot be had.
    pub buffers: Vec<Bytes>,
}

impl ReadOptions {
    /// Reads under other limits.
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits, buffers: Vec::new() }
    }

    /// Hands in the buffers that were pickled beside it.
    #[must_use]
    pub fn buffers(mut self, buffers: Vec<Bytes>) -> Self {
        self.buffers = buffers;
        self
    }
}

/// How pickles are written.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct WriteOptions {
    /// Whose bytes to write.
    pub profile: Profile,
    /// The protocol, 0 to 5. 4 by default, as in Python 3.8 to 3.13.
    pub protocol: u8,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { profile: Profile::default(), protocol: 4 }
    }
}

impl WriteOptions {
    /// Writes the bytes of a given NumPy.
    pub fn numpy(numpy: NumPy) -> Self {
        Self { profile: numpy.into(), ..Self::default() }
    }

    /// Sets who is imitated.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the protocol.
    #[must_use]
    pub const fn protocol(mut self, protocol: u8) -> Self {
        self.protocol = protocol;
        self
    }
}

/// A buffer that is handed over beside a pickle of protocol 5.
#[derive(Clone, Debug)]
pub struct OutOfBand {
    /// The elements, in memory order.
    pub data: Bytes,
    /// Whether the array was read-only.
    pub read_only: bool,
}

/// What a pickle holds: decoded, or built to be written.
///
/// The input is shared, not copied. Identity is kept: what is one object in Python has one [`Value`].
#[derive(Clone, Debug)]
pub struct Pickle {
    graph: Graph,
    root: Value,
    protocol: u8,
    end: usize,
    depth: u64,
}

/// Reads the pickle at the start of some bytes. Runs nothing, and copies nothing: texts and elements are slices of
/// `data`. What follows the pickle is ignored; [`split`] returns it.
///
/// # Errors
/// What CPython's unpickler refuses before it calls anything: bytes that are no opcode, ends that come too early,
/// texts that are none; and an input over the limits. Offsets count from the start of `data`. What NumPy would
/// refuse in its own part is told by [`Node::numpy`].
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Pickle> {
    decode_at(data, 0, options)
}

/// Reads the pickle at an offset of some bytes; offsets count from the start of the bytes all the same.
pub(crate) fn decode_at(data: &Bytes, start: usize, options: &ReadOptions) -> Result<Pickle> {
    Pickle::from_outcome(machine::run(data, start, options.buffers.clone(), &options.limits))
}

/// Reads the pickle at the start of some bytes, and returns what follows it: the next pickle of a stream, or
/// nothing. Does not copy.
///
/// # Errors
/// As [`decode`].
pub fn split(data: &Bytes, options: &ReadOptions) -> Result<(Pickle, Bytes)> {
    let pickle = decode(data, options)?;
    let rest = data.slice(pickle.end..);
    Ok((pickle, rest))
}

/// The bytes that `pickle.dumps(array, protocol)` gives in Python. An array that is contiguous in some order is
/// pickled as such; any other as the copy that NumPy makes of it.
///
/// # Errors
/// A protocol beyond 5; a dtype with objects, whose values a view cannot have (see [`Pickle::array`]).
pub fn encode(array: &ArrayView<'_>, options: &WriteOptions) -> Result<Vec<u8>> {
    let mut pickler = pickler::Pickler::new(options, false)?;
    save::view(&mut pickler, array)?;
    Ok(pickler.finish()?.0)
}

/// Writes the bytes that `pickle.dump` writes. Elements that are long and lie as they are pickled are not copied, but
/// in protocols 0 to 2, which have them as text.
///
/// # Errors
/// As [`encode`], and those of the writer.
pub fn encode_to(
    writer: &mut impl Write,
    array: &ArrayView<'_>,
    options: &WriteOptions,
) -> Result<()> {
    let mut pickler = pickler::Pickler::new(options, false)?;
    save::view(&mut pickler, array)?;
    pickler.finish_to(writer)
}

/// What `pickle.dumps(array, protocol=5, buffer_callback=buffers.append)` gives: the pickle, and the elements
/// beside it. No buffers where NumPy has none either: of protocols below 5, of slices, of datetimes.
///
/// # Errors
/// As [`encode`].
pub fn encode_out_of_band(
    array: &Array,
    options: &WriteOptions,
) -> Result<(Vec<u8>, Vec<OutOfBand>)> {
    let mut pickle = Pickle::new();
    let root = pickle.array(ArrayObject::new(array.clone()));
    pickle.set_root(root);
    pickle.encode_out_of_band(options)
}

impl Pickle {
    /// An empty graph, to build in. Its root is `None`.
    pub fn new() -> Self {
        Self {
            graph: Graph::default(),
            root: Value::NONE,
            protocol: 0,
            end: 0,
            depth: Limits::DEFAULT.pickle_depth,
        }
    }

    fn from_outcome(outcome: machine::Outcome) -> Result<Self> {
        let machine::Outcome { graph, root, protocol, end, depth } = outcome;
        Ok(Self { graph, root: root?, protocol, end, depth })
    }

    /// The object that was pickled.
    pub const fn root(&self) -> Node<'_> {
        Node::new(self, self.root)
    }

    /// Reads NumPy's objects, and each dtype only once.
    pub fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// A value as a node. One of another pickle has no meaning here.
    pub const fn node(&self, value: Value) -> Node<'_> {
        Node::new(self, value)
    }

    /// Every node that was made, in that order: containers, objects and names, reachable from the root or not.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Node<'_>> {
        let count = u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX);
        (0..count).map(|index| Node::new(self, Value::node(index)))
    }

    /// The protocol that the input names; 0 where it names none, as protocols 0 and 1 do.
    pub const fn protocol(&self) -> u8 {
        self.protocol
    }

    /// How long the pickle is, in bytes of the input.
    pub const fn len(&self) -> usize {
        self.end
    }

    /// Whether nothing was decoded: the graph was built.
    pub const fn is_empty(&self) -> bool {
        self.end == 0
    }

    /// How deep a walk may go.
    const fn depth_limit(&self) -> u64 {
        self.depth
    }

    /// Sets the object that is to be pickled.
    pub const fn set_root(&mut self, value: Value) {
        self.root = value;
    }

    fn add(&mut self, node: Raw) -> Value {
        let index = self.graph.nodes.len();
        self.graph.nodes.push(node);
        Value::node(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// A `bool`.
    pub const fn bool(&mut self, value: bool) -> Value {
        Value::bool(value)
    }

    /// An `int`.
    pub fn int(&mut self, int: i64) -> Value {
        match Value::int(int) {
            Some(value) => value,
            None => self.add(Raw::Long(int.to_le_bytes().into())),
        }
    }

    /// An `int` of any size, by its little-endian bytes in two's complement.
    pub fn long(&mut self, bytes: &[u8]) -> Value {
        self.add(Raw::Long(bytes.into()))
    }

    /// A `float`.
    pub fn float(&mut self, float: f64) -> Value {
        self.add(Raw::Float(float))
    }

    /// A `complex`.
    pub fn complex(&mut self, re: f64, im: f64) -> Value {
        self.add(Raw::Complex(re, im))
    }

    /// A `str` of its own: another one with the same text is another object, unless it is of one character below
    /// U+0100, or empty, which Python has once.
    pub fn text(&mut self, text: impl Into<PyStr>) -> Value {
        self.add(Raw::Text(text.into()))
    }

    /// `bytes`. Those of one byte and of none are one object wherever they are.
    pub fn bytes(&mut self, bytes: impl Into<Bytes>) -> Value {
        self.add(Raw::Bytes(Box::new(bytes.into())))
    }

    /// A `bytearray`.
    pub fn byte_array(&mut self, bytes: impl Into<Bytes>) -> Value {
        self.add(Raw::ByteArray(Box::new(bytes.into())))
    }

    /// A `tuple`.
    pub fn tuple(&mut self, items: &[Value]) -> Value {
        if items.is_empty() {
            return Value::EMPTY_TUPLE;
        }
        let span = self.graph.add_span(items);
        self.add(Raw::Tuple(span))
    }

    /// A `list`.
    pub fn list(&mut self, items: Vec<Value>) -> Value {
        self.add(Raw::List(items))
    }

    /// A `dict`, from keys and values in order.
    pub fn dict(&mut self, pairs: impl IntoIterator<Item = (Value, Value)>) -> Value {
        let pairs = pairs.into_iter().flat_map(|(key, value)| [key, value]).collect();
        self.add(Raw::Dict(pairs))
    }

    /// A `set`, in the order in which Python would walk it, which is not said anywhere.
    pub fn set(&mut self, items: Vec<Value>) -> Value {
        self.add(Raw::Set(items))
    }

    /// A `frozenset`.
    pub fn frozen_set(&mut self, items: &[Value]) -> Value {
        let span = self.graph.add_span(items);
        self.add(Raw::FrozenSet(span))
    }

    /// An array of NumPy.
    pub fn array(&mut self, array: ArrayObject) -> Value {
        self.add(Raw::Array(Box::new(array)))
    }

    /// A scalar of NumPy.
    pub fn scalar(&mut self, scalar: ScalarObject) -> Value {
        self.add(Raw::Scalar(Box::new(scalar)))
    }

    /// A dtype. Native numbers, `bool` and `object` are one object wherever they are, as in NumPy.
    pub fn dtype(&mut self, dtype: impl Into<DTypeObject>) -> Value {
        self.add(Raw::DType(Box::new(dtype.into())))
    }

    /// A masked array of NumPy.
    pub fn masked(&mut self, masked: MaskedObject) -> Value {
        self.add(Raw::Masked(Box::new(masked)))
    }

    /// The bytes that CPython's C pickler gives for this graph. Written back in its own protocol, what that pickler
    /// wrote is the same to the byte. The arrays of a pickle of protocol 5 take the form that NumPy gives them in the
    /// protocol that is written; those of an older one keep theirs, which any protocol can have.
    ///
    /// # Errors
    /// A protocol beyond 5; objects that the protocol cannot say (`bytes` of 4 GiB below protocol 4); buffers that
    /// were not handed in.
    pub fn encode(&self, options: &WriteOptions) -> Result<Vec<u8>> {
        let pickle = self.for_protocol(options.protocol)?;
        let mut pickler = pickler::Pickler::new(options, false)?;
        save::graph(&mut pickler, &pickle.graph, pickle.root)?;
        Ok(pickler.finish()?.0)
    }

    /// Writes the same bytes. Elements that are long and lie as they are pickled are not copied.
    ///
    /// # Errors
    /// As [`Pickle::encode`], and those of the writer.
    pub fn encode_to(&self, writer: &mut impl Write, options: &WriteOptions) -> Result<()> {
        let pickle = self.for_protocol(options.protocol)?;
        let mut pickler = pickler::Pickler::new(options, false)?;
        save::graph(&mut pickler, &pickle.graph, pickle.root)?;
        pickler.finish_to(writer)
    }

    /// The bytes that `joblib.dump` writes, uncompressed: a pickle in which the elements of plain arrays, of matrices and
    /// of memmaps lie in mid-stream, aligned to 16 bytes. What joblib wrote, written back in its own protocol, is the
    /// same to the byte.
    ///
    /// # Errors
    /// As [`Pickle::encode`]; protocols 0 and 1, elements of no bytes.
    pub fn encode_joblib(&self, options: &WriteOptions) -> Result<Vec<u8>> {
        let pickle = self.for_protocol(options.protocol)?;
        let mut pickler = pickler::Pickler::new(options, false)?;
        pickler.joblib = true;
        save::graph(&mut pickler, &pickle.graph, pickle.root)?;
        Ok(pickler.finish()?.0)
    }

    /// The same, with the elements of arrays beside the pickle where protocol 5 has them so.
    ///
    /// # Errors
    /// As [`Pickle::encode`].
    pub fn encode_out_of_band(&self, options: &WriteOptions) -> Result<(Vec<u8>, Vec<OutOfBand>)> {
        let pickle = self.for_protocol(options.protocol)?;
        let mut pickler = pickler::Pickler::new(options, true)?;
        save::graph(&mut pickler, &pickle.graph, pickle.root)?;
        pickler.finish()
    }
}

impl Default for Pickle {
    fn default() -> Self {
        Self::new()
    }
}
