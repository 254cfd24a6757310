//! String literals: prefixes, quotes and escapes.

use super::pystr::push_code_point;
use super::{PyStr, Value};
use crate::error::{Error, Result};

/// What the letters before a quote mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) raw: bool,
    pub(super) bytes: bool,
}

impl Prefix {
    /// Reads the letters; `None` where they are no prefix of a literal (`f` is none: it computes).
    pub(super) fn parse(letters: &[u8]) -> Option<Self> {
        let (raw, bytes) = match letters.to_ascii_lowercase().as_slice() {
            b"" | b"u" => (false, false),
            b"r" => (true, false),
            b"b" => (false, true),
            b"br" | b"rb" => (true, true),
            _ => return None,
        };
        Some(Self { raw, bytes })
    }
}

/// Reads a string whose opening quote is at `start`; returns its value and where it ends.
///
/// `text` is UTF-8. Line ends in the source count as `\n`, as CPython reads them.
pub(super) fn parse(text: &[u8], start: usize, prefix: Prefix) -> Result<(Value, usize)> {
    let unterminated = || Error::literal("a string has no closing quote").at(start);
    let quote = *text.get(start).ok_or_else(unterminated)?;
    let triple = text.get(start..start + 3) == Some(&[quote; 3]);
    let mut pos = start + if triple { 3 } else { 1 };
    let mut out = Vec::new();
    loop {
        let byte = *text.get(pos).ok_or_else(unterminated)?;
        match byte {
            _ if byte == quote && !triple => return Ok((finish(out, prefix), pos + 1)),
            _ if byte == quote && text.get(pos..pos + 3) == Some(&[quote; 3]) => {
                return Ok((finish(out, prefix), pos + 3));
            }
            b'\n' | b'\r' if !triple => return Err(unterminated()),
            b'\r' => {
                out.push(b'\n');
                pos += if text.get(pos + 1) == Some(&b'\n') { 2 } else { 1 };
            }
            b'\\' if prefix.raw => {
                // The backslash stays, and so does what it stands before, quote or not.
                out.push(byte);
                let next = *text.get(pos + 1).ok_or_else(unterminated)?;
                if next == b'\r' {
                    out.push(b'\n');
                    pos += if text.get(pos + 2) == Some(&b'\n') { 3 } else { 2 };
                } else if next < 0x80 {
                    out.push(next);
                    pos += 2;
                } else {
                    pos += 1;
                }
            }
            b'\\' => pos = escape(text, pos, prefix, &mut out)?,
            _ if prefix.bytes && byte >= 0x80 => {
                return Err(Error::literal("bytes hold ASCII characters only").at(pos));
            }
            _ => {
                out.push(byte);
                pos += 1;
            }
        }
    }
}

/// The bytes that the inside of a bytes literal stands for; those beyond ASCII stand for themselves, and so does a
/// carriage return, which ends a line in a source only.
pub(crate) fn unescape_bytes(text: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut pos = 0;
    while let Some(&byte) = text.get(pos) {
        if byte == b'\\' && text.get(pos + 1) != Some(&b'\r') {
            pos = escape(text, pos, Prefix { raw: false, bytes: true }, &mut out)?;
        } else {
            out.push(byte);
            pos += 1;
        }
    }
    Ok(out)
}

fn finish(out: Vec<u8>, prefix: Prefix) -> Value {
    if prefix.bytes { Value::Bytes(out) } else { Value::Str(PyStr::from_encoded(out)) }
}

/// Reads the escape at `pos`; returns where it ends.
fn escape(text: &[u8], pos: usize, prefix: Prefix, out: &mut Vec<u8>) -> Result<usize> {
    let mut push = |point: u32| {
        let known = if prefix.bytes {
            // An octal escape of a bytes literal wraps around: b'\777' is b'\xff'.
            out.push(point.to_le_bytes()[0]);
            Some(())
        } else {
            push_code_point(out, point)
        };
        known.ok_or_else(|| Error::literal("an escape is beyond U+10FFFF").at(pos))
    };
    let next = *text
        .get(pos + 1)
        .ok_or_else(|| Error::literal("a string has no closing quote").at(pos))?;
    let simple = match next {
        b'\\' | b'\'' | b'"' => next,
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\n' => return Ok(pos + 2),
        b'\r' => return Ok(pos + if text.get(pos + 2) == Some(&b'\n') { 3 } else { 2 }),
        b'0'..=b'7' => {
            let digits = text[pos + 1..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
            let (mut value, mut len) = (0, 0);
            for digit in digits {
                value = value * 8 + u32::from(digit - b'0');
                len += 1;
            }
            push(value)?;
            return Ok(pos + 1 + len);
        }
        b'x' => return hex(text, pos, 2).and_then(|(v, end)| push(v).map(|()| end)),
        b'u' if !prefix.bytes => {
            return hex(text, pos, 4).and_then(|(v, end)| push(v).map(|()| end));
        }
        b'U' if !prefix.bytes => {
            return hex(text, pos, 8).and_then(|(v, end)| push(v).map(|()| end));
        }
        b'N' if !prefix.bytes => {
            let (c, end) = named(text, pos)?;
            push(c.into())?;
            return Ok(end);
        }
        // An escape that means nothing keeps its backslash; the character itself is read next.
        _ => {
            push(b'\\'.into())?;
            return Ok(pos + 1);
        }
    };
    push(simple.into())?;
    Ok(pos + 2)
}

/// Reads exactly `len` hexadecimal digits after the escape's letter.
fn hex(text: &[u8], pos: usize, len: usize) -> Result<(u32, usize)> {
    let end = pos + 2 + len;
    let digits = text.get(pos + 2..end).and_then(|digits| std::str::from_utf8(digits).ok());
    match digits {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
            u32::from_str_radix(digits, 16).ok().map(|value| (value, end))
        }
        _ => None,
    }
    .ok_or_else(|| Error::literal(format!("an escape needs {len} hexadecimal digits")).at(pos))
}

/// Reads `\N{...}`.
fn named(text: &[u8], pos: usize) -> Result<(char, usize)> {
    let unknown = || Error::literal("unknown Unicode character name").at(pos);
    let rest = text.get(pos + 2..).and_then(|rest| rest.strip_prefix(b"{")).ok_or_else(unknown)?;
    let len = rest.iter().position(|&b| b == b'}').ok_or_else(unknown)?;
    let name = std::str::from_utf8(&rest[..len]).map_err(|_| unknown())?;
    Ok((character(name).map_err(|error| error.at(pos))?, pos + 3 + len + 1))
}

#[cfg(feature = "unicode-names")]
fn character(name: &str) -> Result<char> {
    let unknown = || Error::literal(format!("unknown Unicode character name {name:?}"));
    let found = unicode_names2::character(name).ok_or_else(unknown)?;
    // The crate matches loosely, Python only without regard to case; aliases have no name to compare.
    let exact = unicode_names2::name(found).is_none_or(|own| {
        own.to_string().eq_ignore_ascii_case(name) || !loosely_equal(&own.to_string(), name)
    });
    if exact { Ok(found) } else { Err(unknown()) }
}

#[cfg(feature = "unicode-names")]
fn loosely_equal(a: &str, b: &str) -> bool {
    let fold = |text: &str| {
        text.bytes()
            .filter(|b| !matches!(b, b' ' | b'-' | b'_'))
            .map(|b| b.to_ascii_uppercase())
            .collect::<Vec<_>>()
    };
    fold(a) == fold(b)
}

#[cfg(not(feature = "unicode-names"))]
fn character(name: &str) -> Result<char> {
    Err(Error::literal(format!("the character name {name:?} cannot be looked up"))
        .with_help("build npbytes with its feature `unicode-names`"))
}
