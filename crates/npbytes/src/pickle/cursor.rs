//! Reads the parts of an opcode's argument, and says where the input ends too early.

use super::opcode::Argument;
use super::text::check_raw_unicode_escape;
use crate::error::{Error, Result};

/// A place in the input.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(data: &'a [u8], at: usize) -> Self {
        Self { data, at }
    }

    /// The offset of the next byte.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    fn rest(&self) -> &'a [u8] {
        self.data.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn opcode(&mut self) -> Result<u8> {
        match self.data.get(self.at) {
            Some(&byte) => {
                self.at += 1;
                Ok(byte)
            }
            None => Err(self.no_stop()),
        }
    }

    #[cold]
    fn no_stop(&self) -> Error {
        Error::truncated("the pickle, before its STOP opcode", self.at as u64 + 1, self.at as u64)
            .at(self.at)
            .with_help("the pickle was cut, or is none")
    }

    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest().first_chunk() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.short(N as u64)),
        }
    }

    #[inline]
    pub(super) fn u8(&mut self) -> Result<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(super) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(super) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(super) fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    #[inline]
    pub(super) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// As many bytes as the input says; it has to have them.
    #[inline]
    pub(super) fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        match usize::try_from(len).ok().and_then(|len| self.rest().get(..len)) {
            Some(bytes) => {
                self.at += bytes.len();
                Ok(bytes)
            }
            None => Err(self.short(len)),
        }
    }

    /// The bytes up to the next newline, which is skipped.
    pub(super) fn line(&mut self) -> Result<&'a [u8]> {
        let rest = self.rest();
        match memchr::memchr(b'\n', rest) {
            Some(len) => {
                self.at += len + 1;
                rest.get(..len).ok_or_else(|| self.short(0))
            }
            None => Err(self.short(rest.len() as u64 + 1)),
        }
    }

    /// The same of a line in `raw-unicode-escape`, which is checked in the same pass.
    pub(super) fn escaped_line(&mut self) -> Result<&'a [u8]> {
        let rest = self.rest();
        let plain = crate::array::escaped_prefix(rest);
        if let Some((line, [b'\n', ..])) = rest.split_at_checked(plain) {
            self.at += plain + 1;
            return Ok(line);
        }
        let line = self.line()?;
        check_raw_unicode_escape(line.get(plain..).unwrap_or_default())?;
        Ok(line)
    }

    /// A length of a width in bytes, then as many bytes.
    #[inline]
    pub(super) fn counted8(&mut self) -> Result<&'a [u8]> {
        let len = self.u8()?;
        self.take(len.into())
    }

    #[inline]
    pub(super) fn counted32(&mut self) -> Result<&'a [u8]> {
        let len = self.u32()?;
        self.take(len.into())
    }

    #[inline]
    pub(super) fn counted64(&mut self) -> Result<&'a [u8]> {
        let len = self.u64()?;
        self.take(len)
    }

    /// Goes past an argument, whatever it says.
    pub(super) fn skip(&mut self, argument: Argument) -> Result<()> {
        match argument {
            Argument::None => Ok(()),
            Argument::U8 => self.take(1).map(drop),
            Argument::U16 => self.take(2).map(drop),
            Argument::I32 | Argument::U32 => self.take(4).map(drop),
            Argument::U64 | Argument::F64 => self.take(8).map(drop),
            Argument::DecimalLine | Argument::Line => self.line().map(drop),
            Argument::TwoLines => self.line().and_then(|_| self.line()).map(drop),
            Argument::Counted8 => self.counted8().map(drop),
            Argument::Counted32 => self.counted32().map(drop),
            Argument::Counted64 => self.counted64().map(drop),
        }
    }

    #[cold]
    fn short(&self, needed: u64) -> Error {
        Error::truncated("an opcode's argument", needed, self.rest().len() as u64).at(self.at)
    }
}
