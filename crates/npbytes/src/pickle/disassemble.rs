//! Listings of pickles, as Python's `pickletools.dis` prints them, with NumPy's parts named.
//!
//! The listing is made from the bytes alone, so that what stands before a broken place can be seen. What the
//! parts are is looked up in the graph that the machine makes of the same bytes, as far as it comes.

mod line;
mod notes;

use std::collections::HashMap;

use bytes::Bytes;

pub use line::{Line, Memo, Operand};

use self::notes::Notes;
use super::cursor::Cursor;
use super::graph::JoblibContents;
use super::integer::Integer;
use super::opcode::{self, *};
use super::text::{self, Text};
use super::{ReadOptions, machine};
use crate::error::{Error, Result};

/// Lists the opcodes of the pickle at the start of some bytes, up to its STOP. Runs nothing.
///
/// Takes the time and memory of [`decode`](super::decode), and some for each line when that is asked for.
///
/// ```
/// use bytes::Bytes;
/// use npbytes::pickle::{self, ReadOptions};
/// // pickletools.dis(pickle.dumps({'a': 1}, 0))
/// let pickle = Bytes::from_static(b"(dp0\nVa\np1\nI1\ns.");
/// let lines = pickle::disassemble(&pickle, &ReadOptions::default());
/// let text: Vec<_> = lines.map(|line| line.map(|line| line.to_string())).collect::<Result<_, _>>()?;
/// assert_eq!(text[..3], [
///     "    0: (    MARK",
///     "    1: d        DICT       (MARK at 0)",
///     "    2: p    PUT        0",
/// ]);
/// # Ok::<(), npbytes::Error>(())
/// ```
pub fn disassemble<'a>(data: &'a Bytes, options: &ReadOptions) -> Disassembly<'a> {
    disassemble_at(data, 0, options)
}

/// Lists the opcodes of the pickle at an offset: of the second of a stream, say.
/// [`Disassembly::offset`] is where the next one starts.
pub fn disassemble_at<'a>(data: &'a Bytes, offset: u64, options: &ReadOptions) -> Disassembly<'a> {
    let start = usize::try_from(offset).unwrap_or(usize::MAX).min(data.len());
    let outcome = as_far_as_it_goes(data, start, options);
    Disassembly {
        data,
        levels: vec![Level::new(start, usize::MAX, Notes::new(outcome))],
        options: options.clone(),
        highest: None,
        finished: false,
    }
}

/// Runs a pickle for the sake of what its parts are. One that was cut fails at the head of its last frame already,
/// before what is there of that; it is run without that frame's head.
fn as_far_as_it_goes(data: &Bytes, start: usize, options: &ReadOptions) -> machine::Outcome {
    /// As long as the head of a frame, and does nothing.
    const NOTHING: &[u8; 9] = b"N0N0N0K\x000";
    let outcome = machine::run(data, start, options.buffers.clone(), &options.limits);
    let Err(error) = &outcome.root else { return outcome };
    let at = error.offset().and_then(|at| usize::try_from(at).ok());
    // The error is about the length, or about what is behind it.
    let heads = at.map(|at| [at, at.saturating_sub(9), at.saturating_sub(1)]);
    let frame = heads.into_iter().flatten().find(|&at| data.get(at) == Some(&FRAME));
    let Some(at) = frame.filter(|at| at + NOTHING.len() < data.len()) else { return outcome };
    let mut without = data.to_vec();
    if let Some(head) = without.get_mut(at..at + NOTHING.len()) {
        head.copy_from_slice(NOTHING);
    }
    machine::run(&without.into(), start, options.buffers.clone(), &options.limits)
}

/// The lines of a pickle, one by one. After an error there are no more.
#[derive(Debug)]
pub struct Disassembly<'a> {
    data: &'a Bytes,
    /// The pickle, and inside of it that of an array of objects in a joblib file.
    levels: Vec<Level>,
    options: ReadOptions,
    highest: Option<u8>,
    finished: bool,
}

/// A pickle that is being listed.
#[derive(Debug)]
struct Level {
    at: usize,
    /// Where the pickle around it goes on.
    back: usize,
    /// The offsets of the opcodes that made what is on the stack, and marks.
    stack: Vec<Slot>,
    /// The offsets of open MARKs, and how much lay on the stack below each.
    marks: Vec<(usize, usize)>,
    memo: HashMap<u64, usize>,
    notes: Notes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Mark,
    Made(usize),
}

impl Level {
    fn new(at: usize, back: usize, notes: Notes) -> Self {
        Self { at, back, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new(), notes }
    }
}

impl<'a> Disassembly<'a> {
    /// The highest protocol that an opcode so far belongs to: what `pickletools.dis` says last.
    pub const fn highest_protocol(&self) -> Option<u8> {
        self.highest
    }

    /// Where the next line starts. Behind the last line of a sound pickle this is its end; after an
    /// error, the place of that.
    pub fn offset(&self) -> u64 {
        self.levels.last().map_or(0, |level| level.at as u64)
    }

    /// How deep in pickles inside of the pickle the next line is: 1 for that of an array of objects in a joblib file.
    pub const fn nesting(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    fn read_line(&mut self) -> Result<Line<'a>> {
        let outer = self.levels.len() - 1;
        let Some(level) = self.levels.last_mut() else {
            return Err(Error::pickle("the listing is at its end"));
        };
        let offset = level.at;
        let mut cursor = Cursor::new(self.data, offset);
        let code = cursor.opcode()?;
        let Some((name, form, protocol)) = opcode::describe(code) else {
            return Err(Error::pickle(format!("{} is no opcode", [code].escape_ascii())));
        };
        let operand = operand(&mut cursor, code, form)?;
        let end = cursor.at();
        let mut line = Line {
            offset,
            len: end - offset,
            opcode: Some((code, name, protocol)),
            operand,
            depth: level.marks.len() + outer,
            mark: None,
            memo: None,
            note: None,
            remark: None,
        };
        level.step(code, &mut line)?;
        level.at = end;
        self.highest = self.highest.max(Some(protocol));
        if code == STOP {
            self.after_stop();
        }
        Ok(line)
    }

    fn after_stop(&mut self) {
        let inner = self.levels.pop_if(|level| level.back != usize::MAX);
        let Some(level) = inner else {
            self.finished = true;
            return;
        };
        if let Some(outer) = self.levels.last_mut() {
            outer.at = level.back.max(level.at);
        }
    }

    /// What joblib put where the last line ended.
    fn contents(&mut self) -> Option<Line<'a>> {
        let depth = self.levels.iter().map(|level| level.marks.len()).sum::<usize>();
        let level = self.levels.last_mut()?;
        let made = level.notes.take_followed()?;
        let contents = level.notes.contents(made)?;
        let end = match contents {
            JoblibContents::Data { data, .. } => data.end,
            JoblibContents::Pickle(pickle) => pickle.end,
        };
        // What is built once more has nothing behind it.
        if end < level.at {
            return None;
        }
        match contents {
            JoblibContents::Data { data, .. } => {
                let (start, range) = (level.at, data.clone());
                level.at = range.end;
                let padding = range.start.saturating_sub(start);
                let words = match padding {
                    0 => format!("joblib: raw array data, {} bytes", range.len()),
                    _ => format!(
                        "joblib: raw array data, {} bytes after {padding} of padding",
                        range.len()
                    ),
                };
                Some(Line {
                    offset: start,
                    len: range.end - start,
                    opcode: None,
                    operand: None,
                    depth,
                    mark: None,
                    memo: None,
                    note: Some(words),
                    remark: None,
                })
            }
            JoblibContents::Pickle(pickle) => {
                let back = pickle.end;
                let start = level.at;
                let outcome = machine::run_nested(self.data, start, &self.options.limits);
                self.levels.push(Level::new(start, back, Notes::new(outcome)));
                None
            }
        }
    }
}

impl<'a> Iterator for Disassembly<'a> {
    type Item = Result<Line<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        if let Some(line) = self.contents() {
            return Some(Ok(line));
        }
        let at = self.offset();
        let line = self.read_line().map_err(|error| error.at(at));
        self.finished |= line.is_err();
        Some(line)
    }
}

impl std::iter::FusedIterator for Disassembly<'_> {}

/// How many values an opcode takes from the stack beside what lies above a MARK, whether it closes one, and how
/// many it leaves.
const fn effect(code: u8) -> (usize, bool, usize) {
    match code {
        MARK | PROTO | FRAME | PUT | BINPUT | LONG_BINPUT => (0, false, 0),
        POP | STOP => (1, false, 0),
        TUPLE1 | MEMOIZE | READONLY_BUFFER | BINPERSID => (1, false, 1),
        APPEND | TUPLE2 | STACK_GLOBAL | REDUCE | BUILD | NEWOBJ => (2, false, 1),
        SETITEM | TUPLE3 | NEWOBJ_EX => (3, false, 1),
        DUP => (1, false, 2),
        APPENDS | SETITEMS | ADDITEMS => (1, true, 1),
        LIST | TUPLE | DICT | FROZENSET | INST | OBJ => (0, true, 1),
        POP_MARK => (0, true, 0),
        _ => (0, false, 1),
    }
}

impl Level {
    /// Follows what an opcode does to stack, marks and memo; completes its line.
    fn step(&mut self, code: u8, line: &mut Line<'_>) -> Result<()> {
        let (mut pops, mut closes, pushes) = effect(code);
        if code == POP && self.stack.last() == Some(&Slot::Mark) {
            (pops, closes) = (0, true);
        }
        // What APPEND and BUILD act on, which is what they leave.
        let mut target = None;
        if closes {
            let (at, below) = self.marks.pop().ok_or_else(no_mark)?;
            line.mark = Some(at);
            self.stack.truncate(below);
        }
        let fence = self.marks.last().map_or(0, |(_, below)| below + 1);
        let below = self.stack.len().saturating_sub(fence);
        if below < pops {
            return Err(Error::pickle(format!(
                "{} takes {pops} values from a stack of {below}",
                line.opcode().unwrap_or_default()
            )));
        }
        let from = self.stack.len() - pops;
        if let Some(Slot::Made(made)) = self.stack.get(from) {
            target = Some(*made);
        }
        let top = self.stack.last().copied();
        self.memo(code, line, top)?;
        self.stack.truncate(from);
        let mut made = line.offset;
        match code {
            APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS | BUILD | MEMOIZE | DUP
            | READONLY_BUFFER => made = target.unwrap_or(made),
            GET | BINGET | LONG_BINGET => {
                if let Some(Memo::Get(entry)) = line.memo {
                    made = self.memo.get(&entry).copied().unwrap_or(made);
                }
            }
            MARK => {
                self.marks.push((line.offset, self.stack.len()));
                self.stack.push(Slot::Mark);
                return Ok(());
            }
            STOP if !self.stack.is_empty() => {
                line.remark = Some("there is more on the stack than the one value");
            }
            _ => {}
        }
        self.stack.extend(std::iter::repeat_n(Slot::Made(made), pushes));
        line.note = self.notes.of(code, made, line);
        Ok(())
    }

    fn memo(&mut self, code: u8, line: &mut Line<'_>, top: Option<Slot>) -> Result<()> {
        let entry = match (code, &line.operand) {
            (MEMOIZE, _) => self.memo.len() as u64,
            (
                PUT | BINPUT | LONG_BINPUT | GET | BINGET | LONG_BINGET,
                Some(Operand::Int(entry)),
            ) => u64::try_from(*entry).map_err(|_| Error::pickle("a negative memo entry"))?,
            _ => return Ok(()),
        };
        if matches!(code, GET | BINGET | LONG_BINGET) {
            if !self.memo.contains_key(&entry) {
                return Err(Error::pickle(format!("the memo has no entry {entry}")));
            }
            line.memo = Some(Memo::Get(entry));
            return Ok(());
        }
        let Some(Slot::Made(made)) = top else {
            return Err(Error::pickle("there is nothing on the stack to memoize"));
        };
        if self.memo.insert(entry, made).is_some() {
            line.remark = Some("the memo has this entry already");
        }
        line.memo = Some(Memo::Put(entry));
        Ok(())
    }
}

fn no_mark() -> Error {
    Error::pickle("there is no MARK on the stack")
}

/// Reads the argument of an opcode.
fn operand<'a>(cursor: &mut Cursor<'a>, code: u8, form: Argument) -> Result<Option<Operand<'a>>> {
    Ok(Some(match (code, form) {
        (_, Argument::None) => return Ok(None),
        (_, Argument::U8) => Operand::Int(cursor.u8()?.into()),
        (_, Argument::U16) => Operand::Int(cursor.u16()?.into()),
        (_, Argument::I32) => Operand::Int(cursor.i32()?.into()),
        (_, Argument::U32) => Operand::Int(cursor.u32()?.into()),
        (_, Argument::U64) => Operand::Length(cursor.u64()?),
        (_, Argument::F64) => Operand::Float(cursor.array().map(f64::from_be_bytes)?),
        (GET | PUT, Argument::DecimalLine) => {
            let index = machine::decimal_index(cursor.line()?)?;
            Operand::Int(i64::try_from(index).unwrap_or(i64::MAX))
        }
        (_, Argument::DecimalLine) => number(code, cursor.line()?)?,
        (FLOAT, Argument::Line) => Operand::Float(machine::float_line(cursor.line()?)?),
        (STRING, Argument::Line) => {
            let quoted = text::quoted(cursor.line()?)?;
            Operand::ByteString(crate::literal::unescape_bytes(quoted)?.into())
        }
        (UNICODE, Argument::Line) => Operand::Str(text::raw_unicode_escape(cursor.line()?)?),
        (_, Argument::Line) => Operand::Line(cursor.line()?),
        (_, Argument::TwoLines) => Operand::Global(cursor.line()?, cursor.line()?),
        (LONG1, _) => Operand::Long(Integer::borrowed(cursor.counted8()?)),
        (LONG4 | BINSTRING, _) => {
            let len = u64::try_from(cursor.i32()?)
                .map_err(|_| Error::pickle("an argument of negative length"))?;
            let bytes = cursor.take(len)?;
            match code {
                LONG4 => Operand::Long(Integer::borrowed(bytes)),
                _ => Operand::ByteString(bytes.into()),
            }
        }
        (_, Argument::Counted8) => counted(code, cursor.counted8()?)?,
        (_, Argument::Counted32) => counted(code, cursor.counted32()?)?,
        (_, Argument::Counted64) => counted(code, cursor.counted64()?)?,
    }))
}

fn counted(code: u8, bytes: &[u8]) -> Result<Operand<'_>> {
    Ok(match code {
        SHORT_BINUNICODE | BINUNICODE | BINUNICODE8 => {
            if !text::is_utf8(bytes) {
                return Err(Error::pickle("a str that is not UTF-8"));
            }
            Operand::Str(Text::borrowed(bytes))
        }
        SHORT_BINSTRING => Operand::ByteString(bytes.into()),
        BYTEARRAY8 => Operand::ByteArray(bytes),
        _ => Operand::Bytes(bytes),
    })
}

/// A number as Python takes it in a line: with underscores, in any base, and in C's octal for INT.
fn number(code: u8, line: &[u8]) -> Result<Operand<'static>> {
    match (code, line) {
        (INT, b"00") => return Ok(Operand::Bool(false)),
        (INT, b"01") => return Ok(Operand::Bool(true)),
        _ => {}
    }
    let long = Integer::of_line(code, line).map_err(|error| {
        Error::pickle(format!("expected {error}, found {:?}", String::from_utf8_lossy(line)))
    })?;
    Ok(match (code, long.to_i64()) {
        (LONG, _) | (_, None) => Operand::Long(long),
        (_, Some(int)) => Operand::Int(int),
    })
}
