//! Texts and bytes as the opcodes hold them: UTF-8 with surrogates, escapes, Latin-1.

use std::borrow::Cow;
use std::fmt;

use crate::array::{self, hex_digit};
use crate::error::{Error, Result};
use crate::literal::{PyStr, push_code_point};

/// A `str`: any sequence of code points, lone surrogates included. Borrowed from the input wherever the
/// input holds it as UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, [u8]>);

impl<'a> Text<'a> {
    /// Takes UTF-8 with surrogates that was checked.
    pub(super) const fn borrowed(utf8: &'a [u8]) -> Self {
        Self(Cow::Borrowed(utf8))
    }

    /// The text, unless it holds lone surrogates, which only Python has.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text as UTF-8, in which lone surrogates take three bytes each.
    pub fn as_utf8(&self) -> &[u8] {
        &self.0
    }

    /// The text with lone surrogates replaced by `U+FFFD`.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The text on its own. Copies.
    pub fn to_py_str(&self) -> PyStr {
        PyStr::from_encoded(self.0.to_vec())
    }

    /// The text as borrowed as it can be.
    pub fn into_utf8(self) -> Cow<'a, [u8]> {
        self.0
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_py_str(), f)
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

/// Whether bytes are UTF-8 in which surrogates may stand, as Python's `surrogatepass` has it.
#[inline]
pub(super) fn is_utf8(bytes: &[u8]) -> bool {
    is_short_ascii(bytes) || is_any_utf8(bytes)
}

/// Whether bytes are ASCII, and few: most texts are names. As two words that may overlap.
#[inline]
fn is_short_ascii(bytes: &[u8]) -> bool {
    let word = |half: &[u8]| match (half.first_chunk(), half.last_chunk()) {
        (Some(first), Some(last)) => u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last),
        _ => half.iter().fold(0, |all, &byte| all | u64::from(byte)),
    };
    let (first, rest) = bytes.split_at(bytes.len().min(16));
    rest.len() <= 16 && (word(first) | word(rest)) & 0x8080_8080_8080_8080 == 0
}

#[inline(never)]
fn is_any_utf8(bytes: &[u8]) -> bool {
    if bytes.is_ascii() {
        return true;
    }
    // The bytes of an array are a text of characters below U+0100.
    let mut rest = bytes.get(array::latin1_prefix(bytes)..).unwrap_or_default();
    loop {
        match std::str::from_utf8(rest) {
            Ok(_) => return true,
            Err(error) => {
                // `ED A0..BF 80..BF` is a surrogate.
                match rest.get(error.valid_up_to()..) {
                    Some([0xed, 0xa0..=0xbf, 0x80..=0xbf, tail @ ..]) => rest = tail,
                    _ => return false,
                }
            }
        }
    }
}

/// The text of a line in Python's `raw-unicode-escape`.
pub(super) fn raw_unicode_escape(line: &[u8]) -> Result<Text<'_>> {
    if line.is_ascii() && memchr::memchr(b'\\', line).is_none() {
        return Ok(Text::borrowed(line));
    }
    let mut out = Vec::with_capacity(line.len());
    raw_points(line, |point| {
        push_code_point(&mut out, point)
            .ok_or_else(|| Error::pickle("an escape is beyond U+10FFFF"))
    })?;
    Ok(Text(Cow::Owned(out)))
}

/// Whether a line is `raw-unicode-escape`.
pub(super) fn check_raw_unicode_escape(line: &[u8]) -> Result<()> {
    let mut rest = line;
    loop {
        rest = rest.get(array::escaped_prefix(rest)..).unwrap_or_default();
        rest = match rest {
            [] => return Ok(()),
            [b'\\', b'u' | b'U', ..] => raw_point(rest)?.1,
            escape => escape.get(2..).unwrap_or_default(),
        };
    }
}

/// The bytes of a line in `raw-unicode-escape` whose characters are all below U+0100: what protocol 0 makes of
/// bytes.
pub(super) fn raw_unicode_escape_latin1(line: &[u8]) -> Result<Vec<u8>> {
    let mut out = array::vec_with_room(line.len() + array::SPARE)?;
    let mut rest = line;
    loop {
        rest = rest.get(array::unescape_prefix(rest, &mut out)..).unwrap_or_default();
        rest = match rest {
            [] => break,
            [b'\\', next, tail @ ..] if !matches!(next, b'u' | b'U') => {
                out.extend([b'\\', *next]);
                tail
            }
            _ => {
                let (point, tail) = raw_point(rest)?;
                out.push(point.try_into().map_err(|_| not_latin1())?);
                tail
            }
        };
    }
    if out.len() < out.capacity() / 2 {
        out.shrink_to_fit();
    }
    Ok(out)
}

fn raw_points(line: &[u8], mut push: impl FnMut(u32) -> Result<()>) -> Result<()> {
    let mut rest = line;
    while !rest.is_empty() {
        // A backslash that is no escape takes the next character with it, so that `\\u0041` is none.
        if let [b'\\', next, tail @ ..] = rest
            && !matches!(next, b'u' | b'U')
        {
            push(b'\\'.into())?;
            push((*next).into())?;
            rest = tail;
            continue;
        }
        let (point, tail) = raw_point(rest)?;
        push(point)?;
        rest = tail;
    }
    Ok(())
}

/// The first character of a line, which is not empty, and what follows it.
fn raw_point(rest: &[u8]) -> Result<(u32, &[u8])> {
    let (digits, tail) = match rest {
        [b'\\', b'u', tail @ ..] => tail.split_at_checked(4),
        [b'\\', b'U', tail @ ..] => tail.split_at_checked(8),
        [byte, tail @ ..] => return Ok(((*byte).into(), tail)),
        [] => None,
    }
    .ok_or_else(|| Error::pickle("an escape that is cut off"))?;
    let point = digits
        .iter()
        .try_fold(0_u32, |point, &digit| Some(point << 4 | u32::from(hex_digit(digit)?)));
    let point = point.filter(|point| *point <= 0x10_ffff);
    point.map(|point| (point, tail)).ok_or_else(|| Error::pickle("an escape that is no character"))
}

/// The bytes of UTF-8 whose characters are all below U+0100.
pub(super) fn latin1(utf8: &[u8]) -> Result<Vec<u8>> {
    array::latin1_from_utf8(utf8)?.ok_or_else(not_latin1)
}

fn not_latin1() -> Error {
    Error::pickle("a character beyond U+00FF stands where bytes are expected")
}

/// The contents of the quoted line of a STRING opcode.
pub(super) fn quoted(line: &[u8]) -> Result<&[u8]> {
    let line = line.trim_ascii_end();
    match line {
        [open @ (b'\'' | b'"'), inner @ .., close] if open == close => Ok(inner),
        _ => Err(Error::pickle("the argument of STRING is not in quotes")),
    }
}

impl Text<'_> {
    /// Takes UTF-8 with surrogates that was checked.
    pub(super) fn owned(utf8: Vec<u8>) -> Text<'static> {
        Text(Cow::Owned(utf8))
    }
}

/// Appends a text as a line of `raw-unicode-escape`, as the pickler writes it.
pub(super) fn escape(utf8: &[u8], out: &mut Vec<u8>) {
    if utf8.is_ascii() {
        return escape_latin1(utf8, out);
    }
    let text = PyStr::from_encoded(utf8.to_vec());
    for point in text.code_points() {
        match u8::try_from(point) {
            Ok(byte) => escape_latin1(&[byte], out),
            Err(_) if point < 0x1_0000 => {
                out.extend_from_slice(format!("\\u{point:04x}").as_bytes())
            }
            Err(_) => out.extend_from_slice(format!("\\U{point:08x}").as_bytes()),
        }
    }
}

/// Appends bytes as a line of `raw-unicode-escape`: all but five of them stand for themselves.
pub(super) fn escape_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    array::escape_latin1(bytes, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_all_lengths_are_told_from_others() {
        for len in 0..100 {
            let plain = vec![b'a'; len];
            assert!(is_utf8(&plain), "{len}");
            for place in 0..len {
                // A byte alone, and in place of as many: a character, a lone surrogate, half of one.
                let cases: [(&[u8], bool); 7] = [
                    (b"\x80", false),
                    (b"\xff", false),
                    (b"\xc3", false),
                    (b"\xc3\xa9", true),
                    (b"\xe2\x82\xac", true),
                    (b"\xed\xa0\x80", true),
                    (b"\xed\xa0", false),
                ];
                for (bytes, valid) in cases {
                    let mut text = plain.clone();
                    text.splice(place..(place + bytes.len()).min(len), bytes.iter().copied());
                    assert_eq!(is_utf8(&text), valid, "{text:x?}");
                    // Behind characters of two bytes, which are looked at in another way.
                    let mut text = "\u{e9}".repeat(place).into_bytes();
                    text.extend_from_slice(bytes);
                    text.extend_from_slice(&plain);
                    assert_eq!(is_utf8(&text), valid, "{text:x?}");
                }
            }
        }
    }

    #[test]
    fn lines_mean_what_python_makes_of_them() {
        // For each `line`: line.decode('raw-unicode-escape').encode('latin-1'), or None where either raises.
        let lines: [(&[u8], Option<&[u8]>); 14] = [
            (b"", Some(b"")),
            (b"\xff\xfe a", Some(b"\xff\xfe a")),
            (b"\\u005c\\u000a\\u0000\\u00Ff", Some(b"\\\n\x00\xff")),
            (b"\\U000000e9", Some(b"\xe9")),
            (b"\\\\u0041", Some(b"\\\\u0041")),
            (b"\\\\\\u0041", Some(b"\\\\A")),
            (b"\\x41\\n", Some(b"\\x41\\n")),
            (b"a\\", Some(b"a\\")),
            (b"\\u0100", None),
            (b"\\u00", None),
            (b"\\u00g0", None),
            (b"\\U0000004", None),
            (b"\\U00110000", None),
            (b"\\u+041", None),
        ];
        for (line, expected) in lines {
            for before in [0, 1, 30, 58, 59, 63, 64, 200] {
                let mut all = vec![b'x'; before];
                all.extend_from_slice(line);
                let found = raw_unicode_escape_latin1(&all).ok();
                let start = vec![b'x'; before];
                let expected = expected.map(|tail| [&start[..], tail].concat());
                assert_eq!(found, expected, "{all:x?}");
                let checked = check_raw_unicode_escape(&all).is_ok();
                assert_eq!(checked, expected.is_some() || line == b"\\u0100", "{all:x?}");
            }
        }
    }
}
