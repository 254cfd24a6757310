//! `bytes`, `bytearray`, the `str` of Python 2 and buffers, and which texts and bytes Python has once.

use std::borrow::Cow;

use super::{Saver, numpy};
use crate::error::{Error, Result};
use crate::pickle::graph::Value;
use crate::pickle::names::Known;
use crate::pickle::opcode::*;
use crate::pickle::pickler::Identity;

impl<'a> Saver<'_, 'a> {
    /// `bytes`: below protocol 3 a text, and the call that makes bytes of it.
    pub(super) fn bytes(&mut self, bytes: Cow<'a, [u8]>, identity: Identity<'_>) -> Result<()> {
        self.p.object();
        if self.p.get(identity) {
            return Ok(());
        }
        if self.p.protocol >= 3 {
            self.p.bytes_opcode(bytes)?;
        } else {
            numpy::bytes_by_call(self.p, &bytes)?;
        }
        self.p.memoize(identity);
        Ok(())
    }

    pub(super) fn byte_array(&mut self, bytes: &'a [u8], value: Value) -> Result<()> {
        self.p.object();
        if self.p.get(Identity::Value(value)) {
            return Ok(());
        }
        if self.p.protocol >= 5 {
            self.p.byte_array_opcode(Cow::Borrowed(bytes));
        } else {
            self.p.known(Known::ByteArray);
            if bytes.is_empty() {
                self.p.empty_tuple();
            } else {
                self.p.open_tuple(1);
                self.bytes(Cow::Borrowed(bytes), byte_identity(bytes, Identity::Fresh))?;
                self.p.close_tuple(1);
                self.p.memoize(Identity::Fresh);
            }
            self.p.op(REDUCE);
        }
        self.p.memoize(Identity::Value(value));
        Ok(())
    }

    /// A `str` of Python 2, as that wrote it.
    pub(super) fn byte_string(&mut self, bytes: &[u8], value: Value) -> Result<()> {
        let (p, identity) = (&mut *self.p, Identity::Value(value));
        p.object();
        if p.get(identity) {
            return Ok(());
        }
        let text = crate::literal::repr_bytes(bytes);
        match (p.protocol, u8::try_from(bytes.len()), i32::try_from(bytes.len())) {
            (0, ..) => {
                p.op(STRING);
                text.bytes().skip(1).for_each(|byte| p.op(byte));
                p.op(b'\n');
            }
            (_, Ok(len), _) => {
                p.op(SHORT_BINSTRING);
                p.op(len);
                bytes.iter().for_each(|&byte| p.op(byte));
            }
            (_, _, Ok(len)) => {
                p.op(BINSTRING);
                len.to_le_bytes()
                    .into_iter()
                    .chain(bytes.iter().copied())
                    .for_each(|byte| p.op(byte));
            }
            _ => return Err(Error::unsupported("a str of Python 2 beyond 2 GiB")),
        }
        p.memoize(identity);
        Ok(())
    }

    pub(super) fn buffer(&mut self, value: Value, index: usize, read_only: bool) -> Result<()> {
        self.p.object();
        if self.p.get(Identity::Value(value)) {
            return Ok(());
        }
        let data = self.graph.buffers.get(index).ok_or_else(|| {
            Error::unsupported(format!("the out-of-band buffer {index} is not at hand"))
                .with_help("hand in the buffers that were pickled beside it")
        })?;
        if self.p.out_of_band {
            self.p.buffer(data.clone(), read_only);
            return Ok(());
        }
        if read_only {
            self.p.bytes_opcode(Cow::Borrowed(data))?;
        } else if self.p.protocol >= 5 {
            self.p.byte_array_opcode(Cow::Borrowed(data));
        } else {
            return Err(Error::unsupported("a buffer that can be written takes protocol 5"));
        }
        self.p.memoize(Identity::Value(value));
        Ok(())
    }
}

/// Python has the text of no character, and those of one character below U+0100, once.
pub(super) fn text_identity<'i>(utf8: &[u8], other: Identity<'i>) -> Identity<'i> {
    match *utf8 {
        [] => Identity::Char(None),
        [ascii @ 0..0x80] => Identity::Char(Some(ascii)),
        [lead @ 0xc2..=0xc3, next @ 0x80..=0xbf] => Identity::Char(Some(lead << 6 | next & 0x3f)),
        _ => other,
    }
}

/// Python has the bytes of one byte, and of none, once.
pub(super) fn byte_identity<'i>(bytes: &[u8], other: Identity<'i>) -> Identity<'i> {
    match *bytes {
        [] => Identity::Byte(None),
        [byte] => Identity::Byte(Some(byte)),
        _ => other,
    }
}
