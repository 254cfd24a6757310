//! What the values of a graph are: they are read again where the input has them. All of it was checked when the
//! machine ran.

use std::borrow::Cow;

use super::cursor::Cursor;
use super::graph::{Graph, How, Node as Raw, Unpacked, Value};
use super::integer::Integer;
use super::machine::{float_line, short_text_at, text_at};
use super::names::Known;
use super::opcode::*;
use super::text::{self, Text};

pub(super) fn float_at(input: &[u8], at: usize) -> f64 {
    let mut cursor = Cursor::new(input, at);
    match cursor.opcode() {
        Ok(BINFLOAT) => cursor.array().map(f64::from_be_bytes).ok(),
        Ok(FLOAT) => cursor.line().ok().and_then(|line| float_line(line).ok()),
        _ => None,
    }
    .unwrap_or(f64::NAN)
}

impl Graph {
    pub(super) fn text(&self, value: Value) -> Option<Text<'_>> {
        match self.node(value) {
            Some(Raw::Text(text)) => Some(Text::borrowed(text.as_utf8())),
            _ => text_at(&self.input, value),
        }
    }

    /// A text of so many bytes at most; longer ones are not looked at, as many values may share one.
    pub(super) fn text_within(&self, value: Value, most: usize) -> Option<Text<'_>> {
        if let Some(text) = short_text_at(&self.input, value) {
            return (text.len() <= most).then(|| Text::borrowed(text));
        }
        self.line_within(value, most)?;
        self.text(value).filter(|text| text.as_utf8().len() <= most)
    }

    /// Bytes of whatever stands for bytes in any protocol, if they are so many at most; longer ones are not looked at.
    pub(super) fn bytes_within(&self, value: Value, most: usize) -> Option<Cow<'_, [u8]>> {
        if let Some(text) = self.encoded_bytes(value) {
            self.text_within(text, most.saturating_mul(2))
                .or((text == Value::NONE).then(|| Text::borrowed(b"")))?;
        }
        self.line_within(value, most)?;
        self.bytes(value).ok().flatten().filter(|bytes| bytes.len() <= most)
    }

    /// Refuses what would have to be looked at from end to end to know that it is longer: escapes take ten bytes at most.
    fn line_within(&self, value: Value, most: usize) -> Option<()> {
        let (Unpacked::Text(at) | Unpacked::Line(at) | Unpacked::ByteString(at)) = value.unpack()
        else {
            return Some(());
        };
        if self.byte_range(value).is_some_and(|range| range.len() > most) {
            return None;
        }
        let head = self.input.get(at..)?;
        let head = head.get(..most.saturating_mul(10).saturating_add(8)).unwrap_or(head);
        let is_line = matches!(value.unpack(), Unpacked::Line(_))
            || matches!(head.first(), Some(&UNICODE | &STRING));
        (!is_line || head.contains(&b'\n')).then_some(())
    }

    #[inline]
    pub(super) fn int(&self, value: Value) -> Option<i64> {
        match value.unpack() {
            Unpacked::Int(int) => Some(int),
            Unpacked::Bool(bool) => Some(bool.into()),
            Unpacked::Long(_) => self.integer(value)?.to_i64(),
            _ => None,
        }
    }

    pub(super) fn float(&self, value: Value) -> Option<f64> {
        match value.unpack() {
            Unpacked::Float(at) => Some(float_at(&self.input, at)),
            _ => match self.node(value)? {
                Raw::Float(float) => Some(*float),
                _ => None,
            },
        }
    }

    /// The number of an opcode that holds more than 59 bits, or holds fewer in more bytes than it takes.
    pub(super) fn integer(&self, value: Value) -> Option<Integer<'_>> {
        if let Some(Raw::Long(bytes)) = self.node(value) {
            return Some(Integer::borrowed(bytes));
        }
        let Unpacked::Long(at) = value.unpack() else { return None };
        let mut cursor = Cursor::new(&self.input, at);
        match cursor.opcode().ok()? {
            LONG1 => cursor.counted8().ok().map(Integer::borrowed),
            LONG4 => cursor.counted32().ok().map(Integer::borrowed),
            op @ (INT | LONG) => Integer::of_line(op, cursor.line().ok()?).ok(),
            _ => None,
        }
    }

    /// Where in the input the bytes of a `bytes`, a `bytearray` or an unescaped `str` of Python 2 lie.
    pub(super) fn byte_range(&self, value: Value) -> Option<std::ops::Range<usize>> {
        let (Unpacked::Bytes(at) | Unpacked::ByteArray(at) | Unpacked::ByteString(at)) =
            value.unpack()
        else {
            return None;
        };
        let mut cursor = Cursor::new(&self.input, at);
        let len = match cursor.opcode().ok()? {
            SHORT_BINBYTES | SHORT_BINSTRING => cursor.counted8(),
            BINBYTES | BINSTRING => cursor.counted32(),
            BINBYTES8 | BYTEARRAY8 => cursor.counted64(),
            _ => return None,
        }
        .ok()?
        .len();
        Some(cursor.at() - len..cursor.at())
    }

    pub(super) fn raw_bytes(&self, value: Value) -> Option<&[u8]> {
        match self.node(value) {
            Some(Raw::Bytes(bytes) | Raw::ByteArray(bytes)) => Some(bytes),
            _ => self.input.get(self.byte_range(value)?),
        }
    }

    /// The bytes of a `str` of Python 2.
    pub(super) fn byte_string(&self, value: Value) -> Option<Cow<'_, [u8]>> {
        let Unpacked::ByteString(at) = value.unpack() else { return None };
        if let Some(raw) = self.raw_bytes(value) {
            return Some(Cow::Borrowed(raw));
        }
        let mut cursor = Cursor::new(&self.input, at);
        cursor.opcode().ok()?;
        let quoted = text::quoted(cursor.line().ok()?).ok()?;
        crate::literal::unescape_bytes(quoted).ok().map(Cow::Owned)
    }

    /// The text that protocols 0 to 2 make of bytes, if a value is the call that makes bytes of it again.
    pub(super) fn encoded_bytes(&self, value: Value) -> Option<Value> {
        /// Names of encodings are short.
        const FEW: usize = 32;
        let object = self.object(value)?;
        if object.how != How::Reduce || object.state != Value::ABSENT {
            return None;
        }
        match (self.known(object.callable), self.tuple(object.args)?) {
            (Known::CodecsEncode, &[text, encoding]) => {
                let encoding = self.text_within(encoding, FEW)?;
                let latin1 = matches!(encoding.as_str()?, "latin1" | "latin-1");
                (latin1 && matches!(text.unpack(), Unpacked::Text(_))).then_some(text)
            }
            (Known::Bytes, &[]) => Some(Value::NONE),
            _ => None,
        }
    }

    /// The bytes of whatever stands for bytes in any protocol. Copies what is text.
    pub(super) fn bytes(&self, value: Value) -> crate::Result<Option<Cow<'_, [u8]>>> {
        if let Some(raw) = self.raw_bytes(value) {
            return Ok(Some(Cow::Borrowed(raw)));
        }
        if let Some(text) = self.encoded_bytes(value) {
            return self.latin1(text).map(|bytes| Some(Cow::Owned(bytes)));
        }
        Ok(self.byte_string(value))
    }

    /// The bytes of a text of characters below U+0100.
    pub(super) fn latin1(&self, text: Value) -> crate::Result<Vec<u8>> {
        let at = match text.unpack() {
            Unpacked::None => return Ok(Vec::new()),
            Unpacked::Text(at) => at,
            _ => return Err(crate::Error::pickle("bytes that are not made of a str")),
        };
        let mut cursor = Cursor::new(&self.input, at);
        let utf8 = match cursor.opcode()? {
            UNICODE => return text::raw_unicode_escape_latin1(cursor.line()?),
            SHORT_BINUNICODE => cursor.counted8()?,
            BINUNICODE => cursor.counted32()?,
            _ => cursor.counted64()?,
        };
        text::latin1(utf8).map_err(|error| error.at(at))
    }
}
