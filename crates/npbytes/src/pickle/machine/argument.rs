//! The arguments of opcodes that are lines of text, and the texts of values.

use std::borrow::Cow;

use crate::error::{Error, Result};
use crate::pickle::cursor::Cursor;
use crate::pickle::graph::{Unpacked, Value};
use crate::pickle::opcode::*;
use crate::pickle::text::{self, Text};

/// The number in the line of an INT or a LONG: as in a Python source, and for INT as in one of C.
pub(super) fn number(op: u8, line: &[u8], at: usize) -> Result<Value> {
    let wrong = || {
        let found = String::from_utf8_lossy(line);
        Error::pickle(format!("expected a number, found {found:?}"))
    };
    let digits = if op == LONG { line.strip_suffix(b"L").unwrap_or(line) } else { line };
    let text = std::str::from_utf8(digits).map(str::trim).map_err(|_| wrong())?;
    let plain = without_underscores(text).ok_or_else(wrong)?;
    let text = &*plain;
    let (negative, number) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let octal = op == INT && number.len() > 1;
    let (radix, number) = match number {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        // A C integer with a 0 in front.
        [b'0', rest @ ..] if octal && rest.iter().all(|digit| matches!(digit, b'0'..=b'7')) => {
            (8, rest)
        }
        rest => (10, rest),
    };
    if radix == 10 {
        let padded = number.len() > 1 && number.starts_with(b"0");
        let zeros = number.iter().all(|digit| *digit == b'0');
        if number.is_empty() || !number.iter().all(u8::is_ascii_digit) || (padded && !zeros) {
            return Err(wrong());
        }
        // Python's own bound: the time that it takes grows with the square.
        if number.len() > 4300 {
            return Err(Error::pickle(format!("a number of {} decimal digits", number.len())));
        }
        return Ok(text.parse().ok().and_then(Value::int).unwrap_or(Value::long(at)));
    }
    let number = std::str::from_utf8(number).ok().filter(|number| !number.starts_with(['+', '-']));
    let int =
        number.and_then(|number| i64::from_str_radix(number, radix).ok()).ok_or_else(wrong)?;
    Value::int(if negative { -int } else { int }).ok_or_else(wrong)
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

pub(super) fn decimal_index(line: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(line).unwrap_or_default().trim();
    without_underscores(text).unwrap_or_default().parse().map_err(|_| {
        let found = String::from_utf8_lossy(line);
        Error::pickle(format!("expected the number of a memo entry, found {found:?}"))
    })
}

/// The number in the line of a FLOAT.
pub(in crate::pickle) fn float_line(line: &[u8]) -> Result<f64> {
    let text = std::str::from_utf8(line).unwrap_or_default();
    text.parse().map_err(|_| {
        Error::pickle(format!("expected a float, found {:?}", String::from_utf8_lossy(line)))
    })
}

/// A number without the underscores that Python lets stand between digits; `None` where they stand elsewhere.
fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let groups: Vec<&str> = text.split('_').collect();
    let between = |group: &&str| !group.is_empty() && !group.ends_with(['+', '-']);
    groups.iter().all(between).then(|| Cow::Owned(groups.concat()))
}

pub(super) fn utf8_line(line: &[u8]) -> Result<&str> {
    std::str::from_utf8(line).map_err(|_| Error::pickle("a name that is not UTF-8"))
}
