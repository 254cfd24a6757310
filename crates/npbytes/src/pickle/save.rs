//! Writes a graph as CPython's C pickler writes the objects that it stands for.
//!
//! Without recursion: what is still to be written waits on a stack. Which opcodes and frames come out is
//! `pickler.rs`; NumPy's own objects are `save/numpy.rs`.

mod bytes;
mod dtype;
mod numpy;
mod object;

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::{byte_identity, text_identity};

use super::graph::{Graph, How, Node, Unpacked, Value};
use super::names::Known;
use super::opcode::*;
use super::pickler::{Identity, Pickler};
use crate::error::{Error, Result};

pub(super) use numpy::{too_many_axes, view};

/// Items of a list or dict are written in groups of so many.
const BATCH: usize = 1000;

/// Writes a value and all that it holds.
pub(super) fn graph<'a>(pickler: &mut Pickler<'a>, graph: &'a Graph, root: Value) -> Result<()> {
    let mut saver = Saver::new(pickler, graph);
    saver.tasks.push(Task::Save(root));
    while let Some(task) = saver.tasks.pop() {
        saver.run(task)?;
    }
    Ok(())
}

/// What is still to be written.
enum Task<'a> {
    Save(Value),
    /// Values, one after the other.
    All(&'a [Value]),
    /// Items of a container, in groups.
    Batches(Batches<'a>),
    Op(u8),
    /// A memo entry for the global that was written last.
    MemoizeGlobal(Value, Option<Known>),
    EndTuple(Value, usize),
    EndFrozenSet(Value),
    EndObject(Value, How),
    EndInst(Value, Value),
    /// The end of an array's state of so many items.
    EndState(usize),
    EndScalar(Value),
    /// What joblib puts behind its stand-in for an array.
    JoblibContents(Value),
}

/// Items that are still to be written to a container.
#[derive(Clone, Copy)]
struct Batches<'a> {
    rest: &'a [Value],
    /// Values an item: 2 in dicts.
    width: usize,
    /// The opcode for one item, and for several.
    one: u8,
    many: u8,
    /// The C pickler knows the size of a real list or dict beforehand; of other objects it sees items as they
    /// come, and groups them a little differently.
    sized: bool,
    /// Whether it is at the first group.
    first: bool,
}

struct Saver<'p, 'a> {
    p: &'p mut Pickler<'a>,
    graph: &'a Graph,
    tasks: Vec<Task<'a>>,
    /// How often those were entered that may have to be written inside of themselves.
    entered: HashMap<u32, usize>,
    /// How many values may still be looked at to find out whether an object holds itself.
    looks: usize,
}

impl<'p, 'a> Saver<'p, 'a> {
    fn new(p: &'p mut Pickler<'a>, graph: &'a Graph) -> Self {
        let looks = graph.nodes.len().saturating_mul(16);
        Self { p, graph, tasks: Vec::new(), entered: HashMap::new(), looks }
    }

    fn run(&mut self, task: Task<'a>) -> Result<()> {
        match task {
            Task::Save(value) => self.save(value),
            Task::All(values) => self.all(values),
            Task::Batches(batches) => {
                self.batch(batches);
                Ok(())
            }
            Task::Op(op) => {
                self.p.op(op);
                Ok(())
            }
            Task::MemoizeGlobal(value, known) => {
                let one = |known| Identity::DecodedGlobal(value, known);
                self.p.memoize(known.map_or(Identity::Value(value), one));
                Ok(())
            }
            Task::EndTuple(value, len) => {
                self.end_tuple(value, len);
                Ok(())
            }
            Task::EndFrozenSet(value) => {
                if let Some(index) = self.p.memo(Identity::Value(value)) {
                    self.p.op(POP_MARK);
                    self.p.get_entry(index);
                } else {
                    self.p.op(FROZENSET);
                    self.p.memoize(Identity::Value(value));
                }
                Ok(())
            }
            Task::EndObject(value, how) => {
                self.p.op(match how {
                    How::NewObj if self.p.protocol >= 2 => NEWOBJ,
                    How::NewObjEx => NEWOBJ_EX,
                    How::Obj => OBJ,
                    How::NewObj | How::Reduce | How::Inst => REDUCE,
                });
                self.made(value)
            }
            Task::EndInst(value, class) => {
                self.inst(class)?;
                self.made(value)
            }
            Task::EndState(len) => {
                self.end_state(len);
                Ok(())
            }
            Task::JoblibContents(value) => self.joblib_contents(value),
            Task::EndScalar(value) => {
                self.p.close_tuple(2);
                self.p.memoize(Identity::Fresh);
                self.p.op(REDUCE);
                self.p.memoize(Identity::Value(value));
                Ok(())
            }
        }
    }

    /// Writes values until one of them takes a task of its own.
    fn all(&mut self, values: &'a [Value]) -> Result<()> {
        let waiting = self.tasks.len();
        let mut rest = values;
        while let [first, tail @ ..] = rest {
            rest = tail;
            // Whatever the value leaves to be done comes before the others.
            if !tail.is_empty() {
                self.tasks.push(Task::All(tail));
            }
            let mine = self.tasks.len();
            self.save(*first)?;
            if self.tasks.len() > mine {
                return Ok(());
            }
            self.tasks.truncate(waiting);
        }
        Ok(())
    }

    /// One group of a container's items.
    fn batch(&mut self, batches: Batches<'a>) {
        let Batches { rest, width, one, many, sized, first } = batches;
        let count = rest.len() / width;
        if self.p.protocol == 0 {
            let Some((item, rest)) = rest.split_at_checked(width) else { return };
            self.tasks.push(Task::Batches(Batches { rest, ..batches }));
            self.tasks.push(Task::Op(one));
            self.tasks.push(Task::All(item));
            return;
        }
        if count == 0 && !(sized && !first && width == 2) {
            return;
        }
        if count == 1 && (!sized || first) {
            self.tasks.push(Task::Op(one));
            self.tasks.push(Task::All(rest));
            return;
        }
        let (group, rest) = rest.split_at(rest.len().min(BATCH * width));
        // A dict whose last group is full gets an empty one after it: only a group that is not full ends it.
        let more =
            if sized && width == 2 { group.len() == BATCH * width } else { !rest.is_empty() };
        if more {
            self.tasks.push(Task::Batches(Batches { rest, first: false, ..batches }));
        }
        self.p.op(MARK);
        self.tasks.push(Task::Op(many));
        self.tasks.push(Task::All(group));
    }

    fn list(&self, rest: &'a [Value], sized: bool) -> Task<'a> {
        let sized = sized && !self.p.joblib;
        Task::Batches(Batches { rest, width: 1, one: APPEND, many: APPENDS, sized, first: true })
    }

    fn dict(&self, rest: &'a [Value], sized: bool) -> Task<'a> {
        let sized = sized && !self.p.joblib;
        Task::Batches(Batches { rest, width: 2, one: SETITEM, many: SETITEMS, sized, first: true })
    }

    fn save(&mut self, value: Value) -> Result<()> {
        match value.unpack() {
            Unpacked::None | Unpacked::Absent => self.p.none(),
            Unpacked::Bool(value) => self.p.bool(value),
            Unpacked::Int(int) => self.p.int(int),
            Unpacked::EmptyTuple => self.p.empty_tuple(),
            Unpacked::Long(_) => {
                let long = self.graph.integer(value).ok_or_else(lost)?;
                self.p.long(&long);
            }
            Unpacked::Float(_) => {
                let float = self.graph.float(value).ok_or_else(lost)?;
                self.p.float(float);
            }
            Unpacked::Text(_) | Unpacked::Line(_) => {
                let text = self.graph.text(value).ok_or_else(lost)?;
                let utf8 = text.as_utf8();
                self.p.any_text(utf8, decoded(value, text_identity(utf8, Identity::Fresh)))?;
            }
            Unpacked::Bytes(_) => {
                let bytes = self.graph.raw_bytes(value).ok_or_else(lost)?;
                let identity = decoded(value, byte_identity(bytes, Identity::Fresh));
                self.bytes(Cow::Borrowed(bytes), identity)?;
            }
            Unpacked::ByteArray(_) => {
                let bytes = self.graph.raw_bytes(value).ok_or_else(lost)?;
                self.byte_array(bytes, value)?;
            }
            Unpacked::ByteString(_) => {
                let bytes = self.graph.byte_string(value).ok_or_else(lost)?;
                self.byte_string(&bytes, value)?;
            }
            Unpacked::Buffer(index, read_only) => self.buffer(value, index, read_only)?,
            Unpacked::Node(_) => {
                let node = self.graph.node(value).ok_or_else(lost)?;
                return self.node(value, node);
            }
        }
        Ok(())
    }

    fn node(&mut self, value: Value, node: &'a Node) -> Result<()> {
        let identity = Identity::Value(value);
        // Texts, bytes and what NumPy has once have other identities.
        match node {
            Node::Text(text) => {
                let utf8 = text.as_utf8();
                return self.p.any_text(utf8, text_identity(utf8, identity));
            }
            Node::Bytes(bytes) => {
                return self.bytes(Cow::Borrowed(bytes), byte_identity(bytes, identity));
            }
            Node::ByteArray(bytes) => return self.byte_array(bytes, value),
            Node::Float(float) => {
                self.p.float(*float);
                return Ok(());
            }
            Node::Long(bytes) => {
                self.p.long(&super::Integer::borrowed(bytes));
                return Ok(());
            }
            Node::Global(name) => return self.global(value, name),
            Node::DType(dtype) => return self.dtype_node(value, dtype),
            Node::Persistent(id) => {
                self.p.object();
                if let (Unpacked::Line(_), 0) = (id.unpack(), self.p.protocol) {
                    let text = self.graph.text(*id).ok_or_else(lost)?;
                    self.p.op(PERSID);
                    text.as_utf8().iter().for_each(|&byte| self.p.op(byte));
                    self.p.op(b'\n');
                } else {
                    self.tasks.push(Task::Op(BINPERSID));
                    self.tasks.push(Task::Save(*id));
                }
                return Ok(());
            }
            Node::Extension(code) => {
                self.extension(*code);
                return Ok(());
            }
            _ => {}
        }
        self.p.object();
        if self.p.get(identity) {
            return Ok(());
        }
        match node {
            Node::Tuple(span) => {
                let items = self.graph.span(*span);
                if self.p.is_marked_tuple(items.len()) {
                    self.p.op(MARK);
                }
                self.tasks.push(Task::EndTuple(value, items.len()));
                self.tasks.push(Task::All(items));
            }
            Node::List(items) => {
                self.open(EMPTY_LIST, LIST);
                self.p.memoize(identity);
                let task = self.list(items, true);
                self.tasks.push(task);
            }
            Node::Dict(pairs) => {
                self.open(EMPTY_DICT, DICT);
                self.p.memoize(identity);
                let task = self.dict(pairs, true);
                self.tasks.push(task);
            }
            Node::Set(items) if self.p.protocol >= 4 => {
                self.p.op(EMPTY_SET);
                self.p.memoize(identity);
                self.set_items(items);
            }
            Node::FrozenSet(span) if self.p.protocol >= 4 => {
                self.p.op(MARK);
                self.tasks.push(Task::EndFrozenSet(value));
                self.tasks.push(Task::All(self.graph.span(*span)));
            }
            Node::Set(items) => {
                let entered = self.entered.entry(value.index().unwrap_or(u32::MAX)).or_default();
                *entered += 1;
                // Each time it is met inside of itself, one more of its items is known.
                if *entered > items.len() + 2 {
                    return Err(Error::unsupported("a set that is its own item takes protocol 4"));
                }
                self.set_by_call(value, Known::Set, items);
            }
            Node::FrozenSet(span) => {
                self.set_by_call(value, Known::FrozenSet, self.graph.span(*span));
            }
            Node::Complex(re, im) => {
                self.p.known(Known::Complex);
                self.p.open_tuple(2);
                self.p.float(*re);
                self.p.float(*im);
                self.p.close_tuple(2);
                self.p.memoize(Identity::Fresh);
                self.p.op(REDUCE);
                self.p.memoize(identity);
            }
            Node::Object(object) => return self.object(value, *object),
            Node::Array(array) => return self.array(value, array),
            Node::Scalar(scalar) => return self.scalar(value, scalar),
            Node::Masked(masked) => return self.masked(value, masked),
            _ => return Err(lost()),
        }
        Ok(())
    }

    /// An empty container, by its opcode or, in protocol 0, the one that takes what lies above a MARK.
    fn open(&mut self, op: u8, marked: u8) {
        if self.p.protocol == 0 {
            self.p.op(MARK);
            self.p.op(marked);
        } else {
            self.p.op(op);
        }
    }

    fn set_items(&mut self, items: &'a [Value]) {
        // Groups end with one that is not full, as those of dicts do.
        let mut tasks = Vec::new();
        let mut groups = items.chunks(BATCH).peekable();
        while let Some(group) = groups.next() {
            tasks.extend([Task::Op(MARK), Task::All(group), Task::Op(ADDITEMS)]);
            if groups.peek().is_none() && group.len() == BATCH && !self.p.joblib {
                tasks.extend([Task::Op(MARK), Task::Op(ADDITEMS)]);
            }
        }
        self.tasks.extend(tasks.into_iter().rev());
    }

    /// `set([...])`: below protocol 4 there is no opcode for sets.
    fn set_by_call(&mut self, value: Value, class: Known, items: &'a [Value]) {
        self.p.known(class);
        self.p.open_tuple(1);
        self.p.object();
        self.open(EMPTY_LIST, LIST);
        self.p.memoize(Identity::Fresh);
        self.tasks.push(Task::EndObject(value, How::Reduce));
        self.tasks.push(Task::EndTuple(Value::ABSENT, 1));
        let task = self.list(items, true);
        self.tasks.push(task);
    }

    fn end_tuple(&mut self, value: Value, len: usize) {
        let fresh = value == Value::ABSENT;
        // A tuple that holds itself was written inside of itself.
        if let Some(index) = self.p.memo(Identity::Value(value)).filter(|_| !fresh) {
            if !self.p.is_marked_tuple(len) {
                (0..len).for_each(|_| self.p.op(POP));
            } else if self.p.protocol > 0 {
                self.p.op(POP_MARK);
            } else {
                (0..=len).for_each(|_| self.p.op(POP));
            }
            self.p.get_entry(index);
            return;
        }
        self.p.close_tuple(len);
        self.p.memoize(if fresh { Identity::Fresh } else { Identity::Value(value) });
    }

    fn global(&mut self, value: Value, name: &super::names::Name) -> Result<()> {
        let p = &mut *self.p;
        p.object();
        if p.get(Identity::Value(value)) {
            return Ok(());
        }
        // One that is also written for what was built is the same object.
        let known = name.known.path(p.profile.numpy).and_then(|known| {
            let (module, text) = name.path_in(self.graph)?;
            (known == (&*module, &*text)).then_some(name.known)
        });
        let identity = match known {
            Some(known) => Identity::DecodedGlobal(value, known),
            None => Identity::Value(value),
        };
        if p.get(identity) {
            return Ok(());
        }
        if p.protocol >= 4 && matches!(name.module.unpack(), Unpacked::Text(_) | Unpacked::Node(_))
        {
            self.tasks.push(Task::MemoizeGlobal(value, known));
            self.tasks.push(Task::Op(STACK_GLOBAL));
            self.tasks.push(Task::Save(name.name));
            self.tasks.push(Task::Save(name.module));
            return Ok(());
        }
        let (module, name) = name.path_in(self.graph).ok_or_else(|| {
            Error::unsupported("a global whose name is computed takes protocol 4")
        })?;
        if p.protocol >= 4 {
            p.text(module.as_bytes(), Identity::Interned(module.as_bytes()));
            p.text(name.as_bytes(), Identity::Fresh);
            p.op(STACK_GLOBAL);
        } else {
            p.any_global_line(GLOBAL, &module, &name)?;
        }
        p.memoize(identity);
        Ok(())
    }
}

/// A graph holds no handle that leads nowhere, unless it is another graph's.
/// What the memo knows a decoded text or `bytes` by that Python may have once.
fn decoded<'i>(value: Value, once: Identity<'i>) -> Identity<'i> {
    match once {
        Identity::Char(char) => Identity::DecodedChar(value, char),
        Identity::Byte(byte) => Identity::DecodedByte(value, byte),
        _ => Identity::Value(value),
    }
}

fn lost() -> Error {
    Error::pickle("a value that is not of this pickle")
}
