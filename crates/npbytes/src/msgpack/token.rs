//! Tokens: the head of a value, with the payload of one that holds no others.

use super::wrong;
use crate::error::{Error, Result};

/// The head of a value.
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    /// Where the next token starts: the first value in it, or the one behind it.
    pub(super) end: usize,
}

pub(super) enum Kind<'a> {
    Nil,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(&'a [u8]),
    Bin(&'a [u8]),
    Ext(i8, &'a [u8]),
    List(u64),
    /// The number of pairs.
    Map(u64),
}

impl Kind<'_> {
    /// How many values follow that are part of this one.
    fn parts(&self) -> u64 {
        match self {
            Self::List(count) => *count,
            // Counts have 32 bits.
            Self::Map(count) => 2 * count,
            _ => 0,
        }
    }
}

/// Reads the token at an offset.
pub(super) fn read(data: &[u8], at: usize) -> Result<Token<'_>> {
    let mut cursor = Cursor { data, at };
    let kind = cursor.kind().map_err(|error| error.at(at))?;
    Ok(Token { kind, end: cursor.at })
}

struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn kind(&mut self) -> Result<Kind<'a>> {
        let [first] = self.array("a value")?;
        Ok(match first {
            0x00..=0x7f => Kind::Int(first.into()),
            0x80..=0x8f => Kind::Map((first & 0xf).into()),
            0x90..=0x9f => Kind::List((first & 0xf).into()),
            0xa0..=0xbf => Kind::Str(self.take("a str", (first & 0x1f).into())?),
            0xc0 => Kind::Nil,
            0xc1 => return Err(wrong("no value starts with the byte c1")),
            0xc2 => Kind::Bool(false),
            0xc3 => Kind::Bool(true),
            0xc4..=0xc6 => {
                let len = self.number("the length of a bytes", 1 << (first - 0xc4))?;
                Kind::Bin(self.take("a bytes", len)?)
            }
            0xc7..=0xc9 => {
                let len = self.number("the length of an extension", 1 << (first - 0xc7))?;
                self.extension(len)?
            }
            0xca => Kind::Float(f32::from_be_bytes(self.array("a float")?).into()),
            0xcb => Kind::Float(f64::from_be_bytes(self.array("a float")?)),
            0xcc..=0xcf => Kind::Int(self.number("an int", 1 << (first - 0xcc))?.into()),
            0xd0 => Kind::Int(i8::from_be_bytes(self.array("an int")?).into()),
            0xd1 => Kind::Int(i16::from_be_bytes(self.array("an int")?).into()),
            0xd2 => Kind::Int(i32::from_be_bytes(self.array("an int")?).into()),
            0xd3 => Kind::Int(i64::from_be_bytes(self.array("an int")?).into()),
            0xd4..=0xd8 => self.extension(1 << (first - 0xd4))?,
            0xd9..=0xdb => {
                let len = self.number("the length of a str", 1 << (first - 0xd9))?;
                Kind::Str(self.take("a str", len)?)
            }
            0xdc | 0xdd => Kind::List(self.number("the length of a list", 2 << (first - 0xdc))?),
            0xde | 0xdf => Kind::Map(self.number("the length of a map", 2 << (first - 0xde))?),
            0xe0..=0xff => Kind::Int(first.cast_signed().into()),
        })
    }

    fn extension(&mut self, len: u64) -> Result<Kind<'a>> {
        let [code] = self.array("the type of an extension")?;
        Ok(Kind::Ext(code.cast_signed(), self.take("an extension", len)?))
    }

    fn take(&mut self, what: &'static str, len: u64) -> Result<&'a [u8]> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let found = rest.len() as u64;
        let bytes = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let bytes = bytes.ok_or_else(|| Error::truncated(what, len, found))?;
        self.at += bytes.len();
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N]> {
        let bytes = self.take(what, N as u64)?;
        bytes.try_into().map_err(|_| Error::truncated(what, N as u64, 0))
    }

    /// A number of 1, 2, 4 or 8 bytes, the first of which counts most.
    fn number(&mut self, what: &'static str, size: u64) -> Result<u64> {
        let bytes = self.take(what, size)?;
        Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }
}

/// Reads a whole value, and says where it ends. What it takes is a number for each level.
pub(super) fn check(data: &[u8], depth: usize) -> Result<usize> {
    let mut open: Vec<u64> = Vec::new();
    let mut at = 0;
    loop {
        let token = read(data, at)?;
        let parts = token.kind.parts();
        // Each takes a byte at least.
        let rest = (data.len() - token.end) as u64;
        if parts > rest {
            return Err(Error::truncated("a list or a map", parts, rest).at(at));
        }
        if matches!(token.kind, Kind::List(_) | Kind::Map(_)) {
            if open.len() >= depth {
                return Err(Error::limit("depth", depth as u64, depth as u64 + 1).at(at));
            }
            open.push(parts);
        }
        at = token.end;
        while let Some(0) = open.last() {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            None => return Ok(at),
        }
    }
}

/// Where the value that starts here ends. The bytes were checked.
pub(super) fn skip(data: &[u8], at: usize) -> usize {
    let (mut at, mut left) = (at, 1_u64);
    while left > 0 {
        let Ok(token) = read(data, at) else { return data.len() };
        left = (left - 1).saturating_add(token.kind.parts());
        at = token.end;
    }
    at
}
