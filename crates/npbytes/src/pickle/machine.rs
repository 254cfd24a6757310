//! Runs a pickle's opcodes on plain values. Nothing is imported and nothing is called: what Python would call
//! becomes an [`Object`] node that says so.
//!
//! Follows CPython's C unpickler in what it takes and refuses. Without recursion, and with memory in proportion to
//! the input: an opcode of one byte makes a node at most.

mod argument;
mod containers;
mod globals;

use std::collections::HashMap;

pub(super) use argument::{decimal_index, float_line, short_text_at, text_at};
use argument::{number, utf8_line};
use bytes::Bytes;
use containers::check_pairs;
use smallvec::SmallVec;

use super::cursor::Cursor;
use super::graph::{Effect, Graph, How, Node, Object, Span, Unpacked, Value};
use super::names::Known;
use super::opcode::*;
use super::{joblib, text};
use crate::error::{Error, Result};
use crate::limits::Limits;

/// What became of an input.
pub(super) struct Outcome {
    pub(super) graph: Graph,
    /// What STOP found on the stack, or why it was not reached.
    pub(super) root: Result<Value>,
    /// The highest protocol that PROTO named, or 0.
    pub(super) protocol: u8,
    /// Where the pickle ends: behind STOP.
    pub(super) end: usize,
    /// The limit that those who walk the graph have to keep.
    pub(super) depth: u64,
}

/// Runs the pickle at an offset of the input, to its STOP.
pub(super) fn run(input: &Bytes, start: usize, buffers: Vec<Bytes>, limits: &Limits) -> Outcome {
    run_part(input, start, buffers, limits, Joblib::Followed)
}

/// Runs a pickle as `pickle.load` would, to which joblib's stand-ins are objects like any other.
pub(super) fn run_plain(input: &Bytes, start: usize, limits: &Limits) -> Outcome {
    run_part(input, start, Vec::new(), limits, Joblib::Unknown)
}

/// Runs a pickle that stands inside of another stream, where joblib's arrays cannot be.
pub(super) fn run_nested(input: &Bytes, start: usize, limits: &Limits) -> Outcome {
    run_part(input, start, Vec::new(), limits, Joblib::Refused)
}

fn run_part(
    input: &Bytes,
    start: usize,
    buffers: Vec<Bytes>,
    limits: &Limits,
    joblib: Joblib,
) -> Outcome {
    let is_nested = joblib == Joblib::Refused;
    // Most pickles are about one array. Of nested ones there may be many, each of a few bytes.
    let few = if is_nested { 0 } else { 16 };
    let graph = Graph {
        input: input.clone(),
        buffers,
        nodes: Vec::with_capacity(few),
        offsets: Vec::with_capacity(few),
        pool: Vec::with_capacity(2 * few),
        ..Graph::default()
    };
    let mut machine = Machine {
        data: input,
        joblib,
        cursor: Cursor::new(input, start),
        graph,
        stack: Vec::with_capacity(2 * few),
        marks: SmallVec::new(),
        fence: 0,
        memo: Vec::with_capacity(2 * few),
        sparse: HashMap::new(),
        memoized: 0,
        next_buffer: 0,
        frame_end: usize::MAX,
        joblib_seen: joblib::Seen::default(),
        protocol: 0,
        op: start,
        limits,
        known: [u32::MAX; Known::COUNT],
        names: HashMap::new(),
    };
    let root = machine.run();
    let op = machine.op;
    let root = root.map_err(|error| error.at(op));
    if is_nested {
        machine.graph.nodes.shrink_to_fit();
        machine.graph.offsets.shrink_to_fit();
        machine.graph.pool.shrink_to_fit();
    }
    Outcome {
        root,
        protocol: machine.protocol,
        end: machine.cursor.at(),
        graph: machine.graph,
        depth: limits.pickle_depth,
    }
}

/// What becomes of joblib's stand-ins for arrays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joblib {
    /// What follows them is the array.
    Followed,
    /// They cannot be here: this is the pickle of such an array.
    Refused,
    /// They mean nothing.
    Unknown,
}

struct Machine<'a> {
    data: &'a [u8],
    joblib: Joblib,
    cursor: Cursor<'a>,
    graph: Graph,
    stack: Vec<Value>,
    /// Where the stack stood at each open MARK.
    marks: SmallVec<[usize; 8]>,
    /// The last of them, or 0: what lies below is out of reach.
    fence: usize,
    memo: Vec<Value>,
    /// Memo entries far beyond the others.
    sparse: HashMap<usize, Value>,
    memoized: u64,
    next_buffer: usize,
    /// Where the frame ends that the input is in.
    frame_end: usize,
    /// What is known of joblib's arrays.
    joblib_seen: joblib::Seen,
    protocol: u8,
    /// The offset of the opcode that runs.
    op: usize,
    limits: &'a Limits,
    /// The node of each global that means something.
    known: [u32; Known::COUNT],
    names: HashMap<(Box<str>, Box<str>), u32>,
}

impl<'a> Machine<'a> {
    fn run(&mut self) -> Result<Value> {
        loop {
            let at = self.cursor.at();
            if at >= self.frame_end {
                self.end_frame(at)?;
            }
            self.op = at;
            let op = self.cursor.opcode()?;
            match op {
                SHORT_BINUNICODE => {
                    let text = self.cursor.counted8()?;
                    self.push_text(text)?;
                }
                MEMOIZE => {
                    let top = self.top()?;
                    let index = usize::try_from(self.memoized).unwrap_or(usize::MAX);
                    self.put(index, top)?;
                }
                BINPUT => {
                    let index = self.cursor.u8()?.into();
                    let top = self.top()?;
                    self.put(index, top)?;
                }
                BINGET => {
                    let index = self.cursor.u8()?.into();
                    self.get(index)?;
                }
                LONG_BINPUT => {
                    let index = self.cursor.u32()? as usize;
                    let top = self.top()?;
                    self.put(index, top)?;
                }
                LONG_BINGET => {
                    let index = self.cursor.u32()? as usize;
                    self.get(index)?;
                }
                PUT | GET => {
                    let index = decimal_index(self.cursor.line()?)?;
                    if op == PUT {
                        let top = self.top()?;
                        self.put(index, top)?;
                    } else {
                        self.get(index)?;
                    }
                }
                BININT1 => {
                    let int = self.cursor.u8()?;
                    self.stack.push(Value::small(int.into()));
                }
                BININT2 => {
                    let int = self.cursor.u16()?;
                    self.stack.push(Value::small(int.into()));
                }
                BININT => {
                    let int = self.cursor.i32()?;
                    self.stack.push(Value::small(int));
                }
                NONE => self.stack.push(Value::NONE),
                NEWTRUE => self.stack.push(Value::TRUE),
                NEWFALSE => self.stack.push(Value::FALSE),
                INT | LONG => {
                    let line = self.cursor.line()?;
                    let value = match (op, line) {
                        (INT, b"00") => Value::FALSE,
                        (INT, b"01") => Value::TRUE,
                        _ => match number(op, line, self.op)? {
                            // So the unpickler in C has it: `I+1` is true.
                            int if op == INT && line.len() == 2 && int == Value::small(0) => {
                                Value::FALSE
                            }
                            int if op == INT && line.len() == 2 && int == Value::small(1) => {
                                Value::TRUE
                            }
                            int => int,
                        },
                    };
                    self.stack.push(value);
                }
                LONG1 => {
                    let bytes = self.cursor.counted8()?;
                    self.push_long(bytes);
                }
                LONG4 => {
                    // The length is signed, and a negative one an error.
                    let len = u64::try_from(self.cursor.i32()?)
                        .map_err(|_| Error::pickle("a LONG4 of negative length"))?;
                    let bytes = self.cursor.take(len)?;
                    self.push_long(bytes);
                }
                FLOAT => {
                    float_line(self.cursor.line()?)?;
                    self.stack.push(Value::float(self.op));
                }
                BINFLOAT => {
                    self.cursor.array::<8>()?;
                    self.stack.push(Value::float(self.op));
                }
                UNICODE => {
                    self.cursor.escaped_line()?;
                    self.stack.push(Value::text(self.op));
                }
                BINUNICODE => {
                    let text = self.cursor.counted32()?;
                    self.push_text(text)?;
                }
                BINUNICODE8 => {
                    let text = self.cursor.counted64()?;
                    self.push_text(text)?;
                }
                SHORT_BINBYTES => {
                    self.cursor.counted8()?;
                    self.stack.push(Value::bytes(self.op));
                }
                BINBYTES => {
                    self.cursor.counted32()?;
                    self.stack.push(Value::bytes(self.op));
                }
                BINBYTES8 => {
                    self.cursor.counted64()?;
                    self.stack.push(Value::bytes(self.op));
                }
                BYTEARRAY8 => {
                    self.cursor.counted64()?;
                    self.stack.push(Value::byte_array(self.op));
                }
                STRING => {
                    let quoted = text::quoted(self.cursor.line()?)?;
                    crate::literal::unescape_bytes(quoted).map_err(|_| {
                        Error::pickle("the argument of STRING has an escape that is cut off")
                    })?;
                    self.stack.push(Value::byte_string(self.op));
                }
                BINSTRING => {
                    let len = u64::try_from(self.cursor.i32()?)
                        .map_err(|_| Error::pickle("a BINSTRING of negative length"))?;
                    self.cursor.take(len)?;
                    self.stack.push(Value::byte_string(self.op));
                }
                SHORT_BINSTRING => {
                    self.cursor.counted8()?;
                    self.stack.push(Value::byte_string(self.op));
                }
                NEXT_BUFFER => {
                    self.stack.push(Value::buffer(self.next_buffer, false));
                    self.next_buffer += 1;
                }
                READONLY_BUFFER => {
                    let top = self.pop()?;
                    let value = match top.unpack() {
                        Unpacked::Buffer(index, _) => Value::buffer(index, true),
                        // Of anything else that is a buffer Python takes a read-only view.
                        Unpacked::Bytes(_) => top,
                        _ => return Err(Error::pickle("READONLY_BUFFER on what is no buffer")),
                    };
                    self.stack.push(value);
                }
                EMPTY_TUPLE => self.stack.push(Value::EMPTY_TUPLE),
                TUPLE1 => self.tuple_of_last(1)?,
                TUPLE2 => self.tuple_of_last(2)?,
                TUPLE3 => self.tuple_of_last(3)?,
                TUPLE => {
                    let mark = self.pop_mark()?;
                    let value = self.tuple_from(mark)?;
                    self.stack.push(value);
                }
                EMPTY_LIST => self.push_node(Node::List(Vec::new()))?,
                LIST => {
                    let mark = self.pop_mark()?;
                    let items = self.split_off(mark)?;
                    self.push_node(Node::List(items))?;
                }
                EMPTY_DICT => self.push_node(Node::Dict(Vec::new()))?,
                DICT => {
                    let mark = self.pop_mark()?;
                    let items = self.split_off(mark)?;
                    check_pairs(&items)?;
                    self.push_node(Node::Dict(items))?;
                }
                EMPTY_SET => self.push_node(Node::Set(Vec::new()))?,
                FROZENSET => {
                    let mark = self.pop_mark()?;
                    let span = self.span_from(mark)?;
                    self.push_node(Node::FrozenSet(span))?;
                }
                APPEND => {
                    self.reach(2)?;
                    let mark = self.stack.len() - 1;
                    self.append(mark)?;
                }
                APPENDS => {
                    let mark = self.pop_mark()?;
                    self.append(mark)?;
                }
                SETITEM => {
                    self.reach(3)?;
                    let mark = self.stack.len() - 2;
                    self.set_items(mark)?;
                }
                SETITEMS => {
                    let mark = self.pop_mark()?;
                    self.set_items(mark)?;
                }
                ADDITEMS => {
                    let mark = self.pop_mark()?;
                    self.add_items(mark)?;
                }
                MARK => {
                    if self.marks.len() as u64 >= self.limits.pickle_depth {
                        let needed = self.marks.len() as u64 + 1;
                        return Err(Error::limit("pickle_depth", self.limits.pickle_depth, needed));
                    }
                    self.marks.push(self.stack.len());
                    self.fence = self.stack.len();
                }
                POP => self.pop_away()?,
                POP_MARK => {
                    let mark = self.pop_mark()?;
                    self.stack.truncate(mark);
                }
                DUP => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                GLOBAL => {
                    let module = Value::line(self.cursor.at());
                    let first = self.cursor.line()?;
                    let name = Value::line(self.cursor.at());
                    let second = self.cursor.line()?;
                    let value = self.global(module, utf8_line(first)?, name, utf8_line(second)?)?;
                    self.stack.push(value);
                }
                STACK_GLOBAL => self.stack_global()?,
                REDUCE => {
                    let (callable, args) = self.pop_call()?;
                    self.push_object(How::Reduce, callable, args)?;
                }
                NEWOBJ => {
                    let (class, args) = self.pop_call()?;
                    self.push_object(How::NewObj, class, args)?;
                }
                NEWOBJ_EX => {
                    self.reach(3)?;
                    let at = self.stack.len() - 2;
                    let args = self.tuple_from(at)?;
                    let class = self.pop()?;
                    self.push_object(How::NewObjEx, class, args)?;
                }
                INST => {
                    let module = Value::line(self.cursor.at());
                    let first = self.cursor.line()?;
                    let name = Value::line(self.cursor.at());
                    let second = self.cursor.line()?;
                    let class = self.global(module, utf8_line(first)?, name, utf8_line(second)?)?;
                    let mark = self.pop_mark()?;
                    let args = self.tuple_from(mark)?;
                    self.push_object(How::Inst, class, args)?;
                }
                OBJ => {
                    let mark = self.pop_mark()?;
                    if mark == self.stack.len() {
                        return Err(Error::pickle("OBJ without a class"));
                    }
                    let args = self.tuple_from(mark + 1)?;
                    let class = self.pop()?;
                    self.push_object(How::Obj, class, args)?;
                }
                BUILD => self.build()?,
                EXT1 => {
                    let code = self.cursor.u8()?.into();
                    self.extension(code)?;
                }
                EXT2 => {
                    let code = self.cursor.u16()?.into();
                    self.extension(code)?;
                }
                EXT4 => {
                    let code = self.cursor.i32()?;
                    self.extension(u32::try_from(code).unwrap_or(0))?;
                }
                PERSID => {
                    let id = Value::line(self.cursor.at());
                    utf8_line(self.cursor.line()?)?;
                    self.push_node(Node::Persistent(id))?;
                }
                BINPERSID => {
                    let id = self.pop()?;
                    self.push_node(Node::Persistent(id))?;
                }
                FRAME => {
                    let len = self.cursor.u64()?;
                    let mut frame = self.cursor;
                    frame.take(len).map_err(|error| {
                        error.with_help("the pickle was cut: a frame is longer than what is left")
                    })?;
                    if self.frame_end != usize::MAX {
                        return Err(Error::pickle("a FRAME inside of another"));
                    }
                    self.frame_end = frame.at();
                }
                PROTO => {
                    let protocol = self.cursor.u8()?;
                    if protocol > HIGHEST_PROTOCOL {
                        return Err(Error::pickle(format!(
                            "expected protocol 0 to {HIGHEST_PROTOCOL}, found {protocol}"
                        )));
                    }
                    self.protocol = protocol;
                }
                STOP => {
                    let root = self.pop()?;
                    let at = self.cursor.at();
                    // Some unpicklers would go on behind the frame, others behind the STOP.
                    if self.frame_end != usize::MAX && at < self.frame_end {
                        let left = self.frame_end - at;
                        return Err(Error::pickle(format!(
                            "a STOP with {left} bytes of its FRAME behind it"
                        )));
                    }
                    if at > self.frame_end {
                        self.end_frame(at)?;
                    }
                    return Ok(root);
                }
                _ => return Err(unknown_opcode(op)),
            }
        }
    }

    /// Ends the frame that the input has gone to the end of. An opcode that crosses it is read otherwise from a file
    /// than from memory, and no pickler writes one.
    #[cold]
    fn end_frame(&mut self, at: usize) -> Result<()> {
        if at > self.frame_end {
            return Err(Error::pickle("an opcode crosses the end of its FRAME"));
        }
        self.frame_end = usize::MAX;
        Ok(())
    }

    #[inline]
    fn push_text(&mut self, text: &[u8]) -> Result<()> {
        if !text::is_utf8(text) {
            return Err(Error::pickle("a str that is not UTF-8"));
        }
        self.stack.push(Value::text(self.op));
        Ok(())
    }

    fn push_long(&mut self, bytes: &[u8]) {
        let small = (bytes.len() <= 8).then(|| {
            let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
            let mut wide = if negative { [0xff; 8] } else { [0; 8] };
            wide.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            i64::from_le_bytes(wide)
        });
        self.stack.push(small.and_then(Value::int).unwrap_or(Value::long(self.op)));
    }

    #[inline]
    fn top(&self) -> Result<Value> {
        match self.stack.last() {
            Some(&value) if self.stack.len() > self.fence => Ok(value),
            _ => Err(underflow()),
        }
    }

    #[inline]
    fn pop(&mut self) -> Result<Value> {
        if self.stack.len() <= self.fence {
            return Err(underflow());
        }
        self.stack.pop().ok_or_else(underflow)
    }

    /// Makes sure of a number of values above the last MARK.
    #[inline]
    fn reach(&self, count: usize) -> Result<()> {
        if self.stack.len() < self.fence + count { Err(underflow()) } else { Ok(()) }
    }

    /// Closes the last MARK: where the stack stood.
    #[inline]
    fn pop_mark(&mut self) -> Result<usize> {
        let mark =
            self.marks.pop().ok_or_else(|| Error::pickle("there is no MARK on the stack"))?;
        self.fence = self.marks.last().copied().unwrap_or(0);
        Ok(mark)
    }

    /// POP takes a MARK away, too, where nothing lies above it.
    fn pop_away(&mut self) -> Result<()> {
        if self.stack.len() == self.fence && !self.marks.is_empty() {
            self.pop_mark()?;
            return Ok(());
        }
        let gone = self.pop()?;
        if let Some(inner) = self.same_object_next(gone) {
            self.graph.outer.entry(inner).or_default().push(gone);
            return Ok(());
        }
        if self.graph.object(gone).is_some()
            && self.stack.len() > self.fence
            && let Some(below) = self.stack.last().and_then(|below| below.index())
            // The same once more leaves no trace.
            && gone.index() != Some(below)
        {
            self.graph.effects.entry(below).or_default().push(Effect::Popped(gone));
        }
        Ok(())
    }

    /// The object that is got from the memo next, if one was made by the same call as an object that is thrown away: so
    /// picklers write an object that holds itself in what it is made of.
    fn same_object_next(&self, gone: Value) -> Option<u32> {
        let gone = self.graph.object(gone)?;
        let mut cursor = self.cursor;
        let index = match cursor.opcode().ok()? {
            GET => decimal_index(cursor.line().ok()?).ok()?,
            BINGET => cursor.u8().ok()?.into(),
            LONG_BINGET => usize::try_from(cursor.u32().ok()?).ok()?,
            _ => return None,
        };
        let inner = self.entry(index)?;
        let object = self.graph.object(inner)?;
        let same = object.how == gone.how && object.callable == gone.callable;
        inner.index().filter(|_| same)
    }

    /// A memo entry.
    #[inline]
    fn entry(&self, index: usize) -> Option<Value> {
        let dense = self.memo.get(index).filter(|value| **value != Value::ABSENT);
        dense.or_else(|| self.sparse.get(&index)).copied()
    }

    #[inline]
    fn put(&mut self, index: usize, value: Value) -> Result<()> {
        let is_next = index == self.memo.len() && self.sparse.is_empty();
        if is_next && self.memoized < self.limits.pickle_memo {
            self.memo.push(value);
            self.memoized += 1;
            return Ok(());
        }
        self.put_anywhere(index, value)
    }

    fn put_anywhere(&mut self, index: usize, value: Value) -> Result<()> {
        if index <= self.memo.len() {
            let known = match self.memo.get_mut(index) {
                Some(entry) => std::mem::replace(entry, value) != Value::ABSENT,
                None => {
                    self.memo.push(value);
                    false
                }
            };
            // An entry from before the memo had grown so far counts once.
            if known || (!self.sparse.is_empty() && self.sparse.remove(&index).is_some()) {
                return Ok(());
            }
        } else if index as u64 <= self.memoized.saturating_mul(2) + 64 {
            // A gap that the entries there are can justify: gaps themselves do not count.
            self.memo.resize(index, Value::ABSENT);
            self.memo.push(value);
            if !self.sparse.is_empty() && self.sparse.remove(&index).is_some() {
                return Ok(());
            }
        } else if self.sparse.insert(index, value).is_some() {
            return Ok(());
        }
        self.memoized += 1;
        if self.memoized > self.limits.pickle_memo {
            return Err(Error::limit("pickle_memo", self.limits.pickle_memo, self.memoized));
        }
        Ok(())
    }

    #[inline]
    fn get(&mut self, index: usize) -> Result<()> {
        match self.entry(index) {
            Some(value) => {
                self.stack.push(value);
                Ok(())
            }
            None => Err(Error::pickle(format!("the memo has no entry {index}"))),
        }
    }

    #[inline]
    fn node(&mut self, node: Node) -> Result<Value> {
        let index = self.graph.nodes.len();
        if index as u64 >= self.limits.pickle_items.min(u32::MAX.into()) {
            return Err(Error::limit("pickle_items", self.limits.pickle_items, index as u64 + 1));
        }
        self.graph.nodes.push(node);
        self.graph.offsets.push(self.op);
        Ok(Value::node(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    #[inline]
    fn push_node(&mut self, node: Node) -> Result<()> {
        let value = self.node(node)?;
        self.stack.push(value);
        Ok(())
    }

    fn push_object(&mut self, how: How, callable: Value, args: Value) -> Result<()> {
        self.push_node(Node::Object(Object { how, callable, args, state: Value::ABSENT }))
    }

    /// Moves what lies on the stack from a place on into the pool.
    #[inline]
    fn span_from(&mut self, at: usize) -> Result<Span> {
        let start = self.graph.pool.len();
        let items = self.stack.get(at..).ok_or_else(underflow)?;
        let len = u32::try_from(items.len())
            .map_err(|_| Error::limit("pickle_items", u32::MAX.into(), items.len() as u64))?;
        if (start + items.len()) as u64 > self.limits.pickle_items {
            let needed = (start + items.len()) as u64;
            return Err(Error::limit("pickle_items", self.limits.pickle_items, needed));
        }
        self.graph.pool.extend_from_slice(items);
        self.stack.truncate(at);
        Ok(Span { start, len })
    }

    fn split_off(&mut self, at: usize) -> Result<Vec<Value>> {
        let items = self.stack.get(at..).ok_or_else(underflow)?.to_vec();
        self.stack.truncate(at);
        Ok(items)
    }

    #[inline]
    fn tuple_from(&mut self, at: usize) -> Result<Value> {
        if at == self.stack.len() {
            return Ok(Value::EMPTY_TUPLE);
        }
        let span = self.span_from(at)?;
        self.node(Node::Tuple(span))
    }

    #[inline]
    fn tuple_of_last(&mut self, count: usize) -> Result<()> {
        self.reach(count)?;
        let value = self.tuple_from(self.stack.len() - count)?;
        self.stack.push(value);
        Ok(())
    }

    /// A callable and its arguments.
    fn pop_call(&mut self) -> Result<(Value, Value)> {
        let args = self.pop()?;
        let callable = self.pop()?;
        Ok((callable, args))
    }

    /// Refuses a call's list of items that goes below the last MARK.
    fn target(&self, mark: usize) -> Result<Value> {
        match mark.checked_sub(1).filter(|&at| at >= self.fence) {
            Some(at) => self.stack.get(at).copied().ok_or_else(underflow),
            None => Err(underflow()),
        }
    }
}

#[cold]
fn underflow() -> Error {
    Error::pickle("an opcode needs more values than there are on the stack")
}

#[cold]
fn unknown_opcode(op: u8) -> Error {
    Error::pickle(format!("{} is no opcode", [op].escape_ascii())).with_help(
        "the bytes are no pickle, or the pickle is damaged; `npbytes dis` shows what comes before",
    )
}
