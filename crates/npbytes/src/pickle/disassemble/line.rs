//! One line of a listing: an opcode, its argument, its place, and how that is printed.

use std::borrow::Cow;
use std::fmt;

use crate::literal::{PyStr, Value as Literal, repr_bytes, repr_str};
use crate::numpy::Python;
use crate::pickle::integer::Integer;
use crate::pickle::text::Text;

/// One opcode of a pickle, or a stretch of a joblib file that is none.
///
/// Prints as a line of Python's `pickletools.dis`; with `{:#}` long arguments are shortened, and the
/// [`note`](Self::note) follows.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    pub(super) offset: usize,
    pub(super) len: usize,
    pub(super) opcode: Option<(u8, &'static str, u8)>,
    pub(super) operand: Option<Operand<'a>>,
    pub(super) depth: usize,
    pub(super) mark: Option<usize>,
    pub(super) memo: Option<Memo>,
    pub(super) note: Option<String>,
    pub(super) remark: Option<&'static str>,
}

/// What a line does with the memo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memo {
    /// Makes an entry of the top of the stack.
    Put(u64),
    /// Pushes an entry.
    Get(u64),
}

/// The argument of an opcode.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operand<'a> {
    /// A number: of an INT opcode, a length, a memo entry, a code.
    Int(i64),
    /// The length of a frame.
    Length(u64),
    /// What the INT opcode of protocols 0 and 1 has for a `bool`.
    Bool(bool),
    /// An `int` of any size.
    Long(Integer<'a>),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Str(Text<'a>),
    /// `bytes`.
    Bytes(&'a [u8]),
    /// A `bytearray`.
    ByteArray(&'a [u8]),
    /// A `str` of Python 2.
    ByteString(Cow<'a, [u8]>),
    /// A line that is text as it is: a persistent id.
    Line(&'a [u8]),
    /// The module and the name of a global.
    Global(&'a [u8], &'a [u8]),
}

impl<'a> Line<'a> {
    /// Where it starts, in bytes of the input.
    pub const fn offset(&self) -> u64 {
        self.offset as u64
    }

    /// How many bytes it takes, argument and all.
    pub const fn len(&self) -> u64 {
        self.len as u64
    }

    /// Never: a line takes a byte at least.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The opcode's name, as `pickletools` has it; `None` for bytes in a joblib file that are no opcodes.
    pub fn opcode(&self) -> Option<&'static str> {
        self.opcode.map(|(_, name, _)| name)
    }

    /// The opcode's byte.
    pub fn code(&self) -> Option<u8> {
        self.opcode.map(|(code, ..)| code)
    }

    /// The first protocol that has the opcode.
    pub fn protocol(&self) -> Option<u8> {
        self.opcode.map(|(.., protocol)| protocol)
    }

    /// The argument.
    pub const fn operand(&self) -> Option<&Operand<'a>> {
        self.operand.as_ref()
    }

    /// How many MARKs are open before it.
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// The offset of the MARK that it closes.
    pub fn mark(&self) -> Option<u64> {
        self.mark.map(|at| at as u64)
    }

    /// What it does with the memo.
    pub const fn memo(&self) -> Option<Memo> {
        self.memo
    }

    /// What it is a part of, or makes, in words: "dtype float32", "array (2, 3) float64, C order",
    /// "frame to byte 120".
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// What is odd about it, though Python takes it: a memo entry that is set again.
    pub const fn remark(&self) -> Option<&'static str> {
        self.remark
    }
}

/// The longest argument that `{:#}` prints whole, in characters.
const LONGEST: usize = 60;

/// The deepest indentation of `{:#}`.
const DEEPEST: usize = 32;

impl fmt::Display for Operand<'_> {
    /// As Python's `repr`; shortened with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = f.alternate();
        match self {
            Self::Int(int) => int.fmt(f),
            Self::Length(len) => len.fmt(f),
            Self::Bool(value) => f.write_str(if *value { "True" } else { "False" }),
            Self::Long(long) if short => {
                let bytes = long.to_le_bytes().len();
                if bytes > 16 { write!(f, "an int of {bytes} bytes") } else { write!(f, "{long}") }
            }
            Self::Long(long) => write!(f, "{long}"),
            Self::Float(float) => f.write_str(&Literal::Float(*float).repr(Python::DEFAULT)),
            Self::Str(text) => write_text(f, text.as_utf8(), short),
            Self::Line(line) => write_text(f, line, short),
            Self::Bytes(bytes) => write_bytes(f, bytes, short),
            Self::ByteArray(bytes) => {
                let head = head_of(bytes, short);
                let mut text = repr_bytes(head);
                if text.starts_with("b\"") {
                    // A `bytearray` has single quotes escaped in double ones, too.
                    text = text.replace('\'', "\\'");
                }
                write!(f, "bytearray({text})")?;
                shortened(f, head.len(), bytes.len())
            }
            Self::ByteString(bytes) => {
                let head = bytes.get(..LONGEST).filter(|_| short).unwrap_or(bytes);
                let text: String = head.iter().copied().map(char::from).collect();
                f.write_str(&repr_str(&text.into(), Python::DEFAULT))?;
                shortened(f, head.len(), bytes.len())
            }
            Self::Global(module, name) => {
                let both = [*module, b" ", *name].concat();
                write_text(f, &both, short)
            }
        }
    }
}

fn shortened(f: &mut fmt::Formatter<'_>, shown: usize, len: usize) -> fmt::Result {
    if shown < len { write!(f, "... ({len} bytes)") } else { Ok(()) }
}

fn head_of(bytes: &[u8], short: bool) -> &[u8] {
    bytes.get(..LONGEST / 4).filter(|_| short && bytes.len() > LONGEST).unwrap_or(bytes)
}

fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8], short: bool) -> fmt::Result {
    let head = head_of(bytes, short);
    f.write_str(&repr_bytes(head))?;
    shortened(f, head.len(), bytes.len())
}

/// Writes UTF-8 with surrogates; what is none has the marks of what could not be read.
fn write_text(f: &mut fmt::Formatter<'_>, utf8: &[u8], short: bool) -> fmt::Result {
    let mut head = utf8;
    if short && utf8.len() > LONGEST {
        // Not in the middle of a character.
        let end =
            (0..=LONGEST).rev().find(|&at| utf8.get(at).is_none_or(|byte| byte & 0xc0 != 0x80));
        head = utf8.get(..end.unwrap_or(LONGEST)).unwrap_or(utf8);
    }
    let text: PyStr = if super::super::text::is_utf8(head) {
        Text::borrowed(head).to_py_str()
    } else {
        String::from_utf8_lossy(head).into_owned().into()
    };
    f.write_str(&repr_str(&text, Python::DEFAULT))?;
    shortened(f, head.len(), utf8.len())
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5}: ", self.offset)?;
        // What was nested thousands of times over is not a listing for people.
        let depth = if f.alternate() { self.depth.min(DEEPEST) } else { self.depth };
        let indent = 4 * depth;
        let mut width = 5 + indent;
        match self.opcode {
            Some((code, name, _)) => {
                let code = code.escape_ascii().to_string();
                write!(f, "{code:<4} ")?;
                // Wider than a format may be.
                (0..depth).try_for_each(|_| f.write_str("    "))?;
                f.write_str(name)?;
                width += name.len();
                if self.operand.is_some() || self.mark.is_some() || self.memo_made().is_some() {
                    let pad = 10_usize.saturating_sub(name.len());
                    write!(f, "{:pad$}", "")?;
                    width += pad;
                }
                let mut rest = String::new();
                if let Some(operand) = &self.operand {
                    rest =
                        if f.alternate() { format!(" {operand:#}") } else { format!(" {operand}") };
                }
                if let Some(entry) = self.memo_made() {
                    rest += &format!(" (as {entry})");
                } else if let Some(mark) = self.mark {
                    rest += &format!(" (MARK at {mark})");
                }
                f.write_str(&rest)?;
                width += rest.chars().count();
            }
            None => {
                f.write_str("     ")?;
                (0..depth).try_for_each(|_| f.write_str("    "))?;
            }
        }
        let words = [self.note.as_deref(), self.remark];
        if f.alternate() || self.opcode.is_none() {
            for (i, words) in words.into_iter().flatten().enumerate() {
                let pad = if i == 0 && self.opcode.is_some() {
                    48_usize.saturating_sub(width).max(2)
                } else {
                    0
                };
                write!(f, "{:pad$}{}{words}", "", if i == 0 { "" } else { "; " })?;
            }
        }
        Ok(())
    }
}

impl Line<'_> {
    /// The number that MEMOIZE counts; other opcodes have it as their argument.
    fn memo_made(&self) -> Option<u64> {
        match (self.memo, &self.operand) {
            (Some(Memo::Put(entry)), None) => Some(entry),
            _ => None,
        }
    }
}
