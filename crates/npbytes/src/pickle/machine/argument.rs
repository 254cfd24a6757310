//! The arguments of opcodes that are lines of text, and the texts of values.

use crate::error::{Error, Result};
use crate::pickle::cursor::Cursor;
use crate::pickle::graph::{Unpacked, Value};
use crate::pickle::integer::{Integer, without_underscores};
use crate::pickle::opcode::*;
use crate::pickle::text::{self, Text};

/// The number in the line of an INT or a LONG.
pub(super) fn number(op: u8, line: &[u8], at: usize) -> Result<Value> {
    let int = Integer::of_line(op, line).map_err(|error| {
        let found = String::from_utf8_lossy(line.get(..40).unwrap_or(line));
        Error::pickle(format!("expected {error}, found {found:?}"))
    })?;
    Ok(int.to_i64().and_then(Value::int).unwrap_or(Value::long(at)))
}

/// The UTF-8 of a text in the form that names are pickled in from protocol 4 on.
#[inline]
pub(in crate::pickle) fn short_text_at(input: &[u8], value: Value) -> Option<&[u8]> {
    let Unpacked::Text(at) = value.unpack() else { return None };
    match input.get(at..)? {
        [SHORT_BINUNICODE, len, rest @ ..] => rest.get(..usize::from(*len)),
        _ => None,
    }
}

/// The text that a value of the input is; a `str` of Python 2 is one where it is ASCII.
pub(in crate::pickle) fn text_at(input: &[u8], value: Value) -> Option<Text<'_>> {
    let at = match value.unpack() {
        Unpacked::Text(at) | Unpacked::Line(at) | Unpacked::ByteString(at) => at,
        _ => return None,
    };
    let mut cursor = Cursor::new(input, at);
    if let Unpacked::Line(_) = value.unpack() {
        return cursor.line().ok().map(Text::borrowed);
    }
    match cursor.opcode().ok()? {
        SHORT_BINUNICODE => cursor.counted8().ok().map(Text::borrowed),
        BINUNICODE => cursor.counted32().ok().map(Text::borrowed),
        BINUNICODE8 => cursor.counted64().ok().map(Text::borrowed),
        UNICODE => text::raw_unicode_escape(cursor.line().ok()?).ok(),
        SHORT_BINSTRING => cursor.counted8().ok().filter(|s| s.is_ascii()).map(Text::borrowed),
        BINSTRING => cursor.counted32().ok().filter(|s| s.is_ascii()).map(Text::borrowed),
        STRING => {
            let bytes =
                crate::literal::unescape_bytes(text::quoted(cursor.line().ok()?).ok()?).ok()?;
            bytes.is_ascii().then(|| Text::owned(bytes))
        }
        _ => None,
    }
}

pub(in crate::pickle) fn decimal_index(line: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(line).unwrap_or_default().trim();
    without_underscores(text).unwrap_or_default().parse().map_err(|_| {
        let found = String::from_utf8_lossy(line);
        Error::pickle(format!("expected the number of a memo entry, found {found:?}"))
    })
}

/// The number in the line of a FLOAT. Python's own unpickler, unlike that in C, takes spaces and underscores, too.
pub(in crate::pickle) fn float_line(line: &[u8]) -> Result<f64> {
    let text = std::str::from_utf8(line).unwrap_or_default().trim();
    without_underscores(text).unwrap_or_default().parse().map_err(|_| {
        Error::pickle(format!("expected a float, found {:?}", String::from_utf8_lossy(line)))
    })
}

pub(super) fn utf8_line(line: &[u8]) -> Result<&str> {
    std::str::from_utf8(line).map_err(|_| Error::pickle("a name that is not UTF-8"))
}
