//! CPython's C pickler, below the level of objects: opcodes by protocol, frames, memo numbers.
//!
//! What is written when is measured of CPython's `_pickle`; what is written *of* is `save.rs`. Elements of arrays
//! that are long stay where they are until all is put together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;

use bytes::Bytes;

use super::graph::Value;
use super::names::Known;
use super::opcode::*;
use super::{OutOfBand, WriteOptions, compat};
use crate::error::{Error, Result};
use crate::numpy::Profile;

/// From this size on, a frame is closed before the next object, and a payload stands outside of frames.
const FRAME_TARGET: usize = 64 << 10;
/// A shorter frame goes without its header.
const FRAME_MIN: usize = 4;
const FRAME_HEADER: usize = 9;

/// What the memo knows an object by.
#[derive(Clone, Copy)]
pub(super) enum Identity<'i> {
    /// One that occurs once.
    Fresh,
    /// A value of the graph.
    Value(Value),
    /// Python's only `bytes` of this one byte, or of none.
    Byte(Option<u8>),
    /// Python's only `str` of this one character, or of none.
    Char(Option<u8>),
    /// A value that is a text of one character, or of none: Python's only one, unless it came from a source.
    DecodedChar(Value, Option<u8>),
    /// A value that is `bytes` of one byte, or of none.
    DecodedByte(Value, Option<u8>),
    Global(Known),
    /// A value that is one of them.
    DecodedGlobal(Value, Known),
    /// NumPy's only dtype of a kind; see `save.rs` for the number.
    NativeDType(u8),
    /// The constant `(0,)` in the source of `numpy.ma`.
    MaskedShape,
    /// A text that Python keeps once: the names of modules, and literals that look like names.
    Interned(&'i [u8]),
}

/// Slots of the memo for what there is once.
mod slot {
    use super::Known;

    pub(super) const BYTES: usize = Known::COUNT;
    pub(super) const CHARS: usize = BYTES + 257;
    pub(super) const DTYPES: usize = CHARS + 257;
    pub(super) const MASKED_SHAPE: usize = DTYPES + 31;
    pub(super) const COUNT: usize = DTYPES + 32;
}

pub(super) struct Pickler<'a> {
    pub(super) protocol: u8,
    pub(super) profile: Profile,
    pub(super) out_of_band: bool,
    /// Whether this is a file of joblib, which has a pickler in Python: it groups items a little differently.
    pub(super) joblib: bool,
    out: Vec<u8>,
    /// Where the contents of the open frame start.
    frame: usize,
    /// Payloads that belong at a place of `out`.
    pieces: Vec<(usize, Cow<'a, [u8]>)>,
    buffers: Vec<OutOfBand>,
    memoized: u32,
    singles: Box<[u32; slot::COUNT]>,
    values: HashMap<u64, u32, BuildHasherDefault<Mixer>>,
    interned: HashMap<Box<[u8]>, u32>,
    /// The entries among `singles` that are those of decoded values.
    decoded: Vec<u32>,
}

impl<'a> Pickler<'a> {
    pub(super) fn new(options: &WriteOptions, out_of_band: bool) -> Result<Self> {
        let protocol = options.protocol;
        if protocol > HIGHEST_PROTOCOL {
            return Err(Error::unsupported(format!(
                "there is no pickle protocol {protocol}, the highest is {HIGHEST_PROTOCOL}"
            )));
        }
        let mut pickler = Self {
            protocol,
            profile: options.profile,
            out_of_band: out_of_band && protocol >= 5,
            joblib: false,
            out: Vec::with_capacity(512),
            frame: 0,
            pieces: Vec::new(),
            buffers: Vec::new(),
            memoized: 0,
            singles: Box::new([u32::MAX; slot::COUNT]),
            values: HashMap::default(),
            interned: HashMap::new(),
            decoded: Vec::new(),
        };
        if protocol >= 2 {
            pickler.out.extend([PROTO, protocol]);
        }
        pickler.open_frame();
        Ok(pickler)
    }

    pub(super) fn finish(mut self) -> Result<(Vec<u8>, Vec<OutOfBand>)> {
        self.out.push(STOP);
        self.close_frame();
        if self.pieces.is_empty() {
            return Ok((self.out, self.buffers));
        }
        let payload: usize = self.pieces.iter().map(|(_, piece)| piece.len()).sum();
        let mut all = crate::array::vec_with_room(self.out.len() + payload)?;
        let mut done = 0;
        for (at, piece) in &self.pieces {
            all.extend_from_slice(self.out.get(done..*at).unwrap_or_default());
            all.extend_from_slice(piece);
            done = *at;
        }
        all.extend_from_slice(self.out.get(done..).unwrap_or_default());
        Ok((all, self.buffers))
    }

    /// Ends the pickle, and writes its parts as they are.
    pub(super) fn finish_to(mut self, writer: &mut impl Write) -> Result<()> {
        self.out.push(STOP);
        self.close_frame();
        let mut done = 0;
        for (at, piece) in &self.pieces {
            writer.write_all(self.out.get(done..*at).unwrap_or_default())?;
            writer.write_all(piece)?;
            done = *at;
        }
        Ok(writer.write_all(self.out.get(done..).unwrap_or_default())?)
    }

    fn open_frame(&mut self) {
        if self.protocol >= 4 {
            self.out.extend([0; FRAME_HEADER]);
            self.frame = self.out.len();
        }
    }

    fn close_frame(&mut self) {
        if self.protocol < 4 {
            return;
        }
        let (start, len) = (self.frame - FRAME_HEADER, self.out.len() - self.frame);
        if len >= FRAME_MIN {
            let mut header = [FRAME; FRAME_HEADER];
            header[1..].copy_from_slice(&(len as u64).to_le_bytes());
            self.out[start..self.frame].copy_from_slice(&header);
        } else {
            self.out.drain(start..self.frame);
        }
    }

    /// What happens before any object is written: a frame that is long enough ends.
    #[inline]
    pub(super) fn object(&mut self) {
        if self.protocol >= 4 && self.out.len() - self.frame >= FRAME_TARGET {
            self.close_frame();
            self.open_frame();
        }
    }

    #[inline]
    pub(super) fn op(&mut self, op: u8) {
        self.out.push(op);
    }

    #[inline]
    fn ops(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// An opcode with its argument, and a payload that is long enough to go beside frames.
    fn payload(&mut self, header: &[u8], payload: Cow<'a, [u8]>) {
        if payload.len() < FRAME_TARGET {
            self.ops(header);
            self.ops(&payload);
        } else {
            self.close_frame();
            self.ops(header);
            self.pieces.push((self.out.len(), payload));
            self.open_frame();
        }
    }

    /// What joblib puts between opcodes: padding to `align`, counted by a byte, if there is any; then the data.
    pub(super) fn raw(&mut self, align: Option<usize>, data: Cow<'a, [u8]>) {
        self.close_frame();
        if let Some(align) = align {
            let before: usize = self.pieces.iter().map(|(_, piece)| piece.len()).sum();
            let padding = align - (before + self.out.len() + 1) % align;
            self.op(u8::try_from(padding).unwrap_or(u8::MAX));
            self.out.resize(self.out.len() + padding, 0xff);
        }
        self.pieces.push((self.out.len(), data));
        self.open_frame();
    }

    fn single(identity: Identity<'_>) -> Option<usize> {
        let one = |byte: Option<u8>| byte.map_or(256, usize::from);
        Some(match identity {
            Identity::Global(known) | Identity::DecodedGlobal(_, known) => known as usize,
            Identity::Byte(byte) | Identity::DecodedByte(_, byte) => slot::BYTES + one(byte),
            Identity::Char(char) | Identity::DecodedChar(_, char) => slot::CHARS + one(char),
            Identity::NativeDType(kind) => slot::DTYPES + usize::from(kind),
            Identity::MaskedShape => slot::MASKED_SHAPE,
            Identity::Fresh | Identity::Value(_) | Identity::Interned(_) => return None,
        })
    }

    /// The number of an object's memo entry.
    #[inline]
    pub(super) fn memo(&self, identity: Identity<'_>) -> Option<u32> {
        match identity {
            Identity::Fresh => None,
            Identity::Value(value) => self.values.get(&value.bits()).copied(),
            Identity::Interned(text) => self.interned.get(text).copied(),
            Identity::DecodedGlobal(value, known) => {
                let index = self.values.get(&value.bits()).copied();
                index.or_else(|| self.memo(Identity::Global(known)))
            }
            Identity::DecodedChar(value, _) | Identity::DecodedByte(value, _) => {
                if let Some(index) = self.values.get(&value.bits()) {
                    return Some(*index);
                }
                // Two decoded ones were two objects; one that was written for something else is this one.
                let slot = *self.singles.get(Self::single(identity)?)?;
                (slot != u32::MAX && !self.decoded.contains(&slot)).then_some(slot)
            }
            _ => {
                let slot = self.singles.get(Self::single(identity)?)?;
                (*slot != u32::MAX).then_some(*slot)
            }
        }
    }

    /// Writes the memo entry of an object that was written before; whether it was.
    #[inline]
    pub(super) fn get(&mut self, identity: Identity<'_>) -> bool {
        match self.memo(identity) {
            Some(index) => {
                self.get_entry(index);
                true
            }
            None => false,
        }
    }

    pub(super) fn get_entry(&mut self, index: u32) {
        match (self.protocol, u8::try_from(index)) {
            (0, _) => self.line(GET, &index.to_string()),
            (_, Ok(short)) => self.ops(&[BINGET, short]),
            _ => {
                self.op(LONG_BINGET);
                self.ops(&index.to_le_bytes());
            }
        }
    }

    /// Gives the object that was just written the next memo number.
    #[inline]
    pub(super) fn memoize(&mut self, identity: Identity<'_>) {
        let index = self.memoized;
        // Four billion objects are more than a graph can have.
        self.memoized = index.saturating_add(1);
        match identity {
            Identity::Fresh => {}
            Identity::Value(value) => drop(self.values.insert(value.bits(), index)),
            Identity::Interned(text) => drop(self.interned.insert(text.into(), index)),
            Identity::DecodedGlobal(value, _)
            | Identity::DecodedChar(value, _)
            | Identity::DecodedByte(value, _) => {
                self.values.insert(value.bits(), index);
                if let Some(slot) = Self::single(identity).and_then(|at| self.singles.get_mut(at))
                    && *slot == u32::MAX
                {
                    *slot = index;
                    self.decoded.push(index);
                }
            }
            _ => {
                if let Some(slot) = Self::single(identity).and_then(|at| self.singles.get_mut(at)) {
                    *slot = index;
                }
            }
        }
        match (self.protocol, u8::try_from(index)) {
            (4.., _) => self.op(MEMOIZE),
            (0, _) => self.line(PUT, &index.to_string()),
            (_, Ok(short)) => self.ops(&[BINPUT, short]),
            _ => {
                self.op(LONG_BINPUT);
                self.ops(&index.to_le_bytes());
            }
        }
    }

    /// The number of the memo entry that was made last.
    pub(super) const fn last_entry(&self) -> u32 {
        self.memoized.saturating_sub(1)
    }

    fn line(&mut self, op: u8, text: &str) {
        self.op(op);
        self.ops(text.as_bytes());
        self.op(b'\n');
    }

    pub(super) fn none(&mut self) {
        self.object();
        self.op(NONE);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.object();
        match (self.protocol, value) {
            (2.., true) => self.op(NEWTRUE),
            (2.., false) => self.op(NEWFALSE),
            (_, true) => self.line(INT, "01"),
            (_, false) => self.line(INT, "00"),
        }
    }

    #[inline]
    pub(super) fn int(&mut self, int: i64) {
        self.object();
        let Ok(narrow) = i32::try_from(int) else {
            return self.long_bytes(&super::Integer::borrowed(&int.to_le_bytes()));
        };
        if self.protocol == 0 {
            return self.line(INT, &int.to_string());
        }
        if let Ok(byte) = u8::try_from(narrow) {
            self.ops(&[BININT1, byte]);
        } else if let Ok(short) = u16::try_from(narrow) {
            self.op(BININT2);
            self.ops(&short.to_le_bytes());
        } else {
            self.op(BININT);
            self.ops(&narrow.to_le_bytes());
        }
    }

    /// An `int` of any size.
    pub(super) fn long(&mut self, long: &super::Integer<'_>) {
        match long.to_i64() {
            Some(int) => self.int(int),
            None => {
                self.object();
                self.long_bytes(long);
            }
        }
    }

    fn long_bytes(&mut self, long: &super::Integer<'_>) {
        if self.protocol < 2 {
            return self.line(LONG, &format!("{long}L"));
        }
        let bytes = long.to_le_bytes();
        match (u8::try_from(bytes.len()), u32::try_from(bytes.len())) {
            (Ok(len), _) => self.ops(&[LONG1, len]),
            (_, len) => {
                self.op(LONG4);
                self.ops(&len.unwrap_or(u32::MAX).to_le_bytes());
            }
        }
        self.ops(bytes);
    }

    pub(super) fn float(&mut self, float: f64) {
        self.object();
        if self.protocol == 0 {
            let text = crate::literal::Value::Float(float).repr(self.profile.python);
            self.line(FLOAT, &text);
        } else {
            self.op(BINFLOAT);
            self.ops(&float.to_be_bytes());
        }
    }

    /// A `str`, as UTF-8 with surrogates. Below protocol 4 it has to be shorter than 4 GiB, as names are.
    #[inline]
    pub(super) fn text(&mut self, utf8: &[u8], identity: Identity<'_>) {
        self.object();
        if self.get(identity) {
            return;
        }
        self.text_opcode(utf8);
        self.memoize(identity);
    }

    /// A `str` of any length.
    pub(super) fn any_text(&mut self, utf8: &[u8], identity: Identity<'_>) -> Result<()> {
        check_text(self.protocol, utf8.len())?;
        self.text(utf8, identity);
        Ok(())
    }

    /// A `str` whose characters are bytes.
    pub(super) fn latin1_text(&mut self, bytes: &[u8], identity: Identity<'_>) {
        self.object();
        if self.get(identity) {
            return;
        }
        if self.protocol == 0 {
            self.op(UNICODE);
            super::text::escape_latin1(bytes, &mut self.out);
            self.op(b'\n');
        } else {
            // Below protocol 4 there are no frames, and so no payloads beside them.
            let wide = crate::array::utf8_len_of_latin1(bytes);
            self.op(BINUNICODE);
            self.ops(&u32::try_from(wide).unwrap_or(u32::MAX).to_le_bytes());
            crate::array::utf8_from_latin1(bytes, &mut self.out);
        }
        self.memoize(identity);
    }

    fn text_opcode(&mut self, utf8: &[u8]) {
        if self.protocol == 0 {
            self.op(UNICODE);
            super::text::escape(utf8, &mut self.out);
            self.op(b'\n');
            return;
        }
        let (header, len) = text_header(self.protocol, utf8.len());
        let header = header.get(..len).unwrap_or(&header);
        if utf8.len() < FRAME_TARGET {
            self.ops(header);
            self.ops(utf8);
        } else {
            self.payload(header, Cow::Owned(utf8.to_vec()));
        }
    }

    /// `bytes`, of protocol 3 and up.
    pub(super) fn bytes_opcode(&mut self, bytes: Cow<'a, [u8]>) -> Result<()> {
        let len = bytes.len();
        match (u8::try_from(len), u32::try_from(len)) {
            (Ok(short), _) => {
                self.ops(&[SHORT_BINBYTES, short]);
                self.ops(&bytes);
            }
            (_, Ok(len)) => {
                let [a, b, c, d] = len.to_le_bytes();
                self.payload(&[BINBYTES, a, b, c, d], bytes);
            }
            _ if self.protocol >= 4 => self.payload(&counted(BINBYTES8, len), bytes),
            _ => {
                return Err(Error::unsupported(format!(
                    "{len} bytes in one piece take protocol 4"
                ))
                .with_help("write protocol 4 or 5"));
            }
        }
        Ok(())
    }

    /// A `bytearray`, or a buffer that can be written, of protocol 5.
    pub(super) fn byte_array_opcode(&mut self, bytes: Cow<'a, [u8]>) {
        self.payload(&counted(BYTEARRAY8, bytes.len()), bytes);
    }

    /// A buffer beside the pickle.
    pub(super) fn buffer(&mut self, data: Bytes, read_only: bool) {
        self.op(NEXT_BUFFER);
        if read_only {
            self.op(READONLY_BUFFER);
        }
        self.buffers.push(OutOfBand { data, read_only });
    }

    /// A global of Python 3's names.
    pub(super) fn global(&mut self, module: &str, name: &str, identity: Identity<'_>) {
        self.object();
        if self.get(identity) {
            return;
        }
        if self.protocol >= 4 {
            self.text(module.as_bytes(), Identity::Interned(module.as_bytes()));
            let interned = matches!(identity, Identity::Global(Known::DType))
                && self.profile.numpy.interns_dtype_name();
            let name = name.as_bytes();
            self.text(name, if interned { Identity::Interned(name) } else { Identity::Fresh });
            self.op(STACK_GLOBAL);
        } else {
            self.global_line(GLOBAL, module, name);
        }
        self.memoize(identity);
    }

    /// A global of any name in lines.
    pub(super) fn any_global_line(&mut self, op: u8, module: &str, name: &str) -> Result<()> {
        if [module, name].iter().any(|text| text.contains('\n')) {
            return Err(Error::unsupported(format!(
                "the global {module:?} {name:?}, whose name is of several lines, takes protocol 4"
            ))
            .with_help("write protocol 4 or 5"));
        }
        if self.protocol < 3 && !(module.is_ascii() && name.is_ascii()) {
            return Err(Error::unsupported(format!(
                "the global {module:?} {name:?}, whose name is not ASCII, takes protocol 3"
            ))
            .with_help("write protocol 3 or higher"));
        }
        self.global_line(op, module, name);
        Ok(())
    }

    /// A global in lines, under the names of Python 2 where the protocol is Python 2's.
    pub(super) fn global_line(&mut self, op: u8, module: &str, name: &str) {
        let (module, name) =
            if self.protocol < 3 { compat::to_python2(module, name) } else { (module, name) };
        self.line(op, module);
        self.ops(name.as_bytes());
        self.op(b'\n');
    }

    /// One of the globals that mean something here.
    pub(super) fn known(&mut self, known: Known) {
        if let Some((module, name)) = known.path(self.profile.numpy) {
            self.global(module, name, Identity::Global(known));
        }
    }

    pub(super) fn empty_tuple(&mut self) {
        self.object();
        if self.protocol == 0 {
            self.op(MARK);
            self.op(TUPLE);
        } else {
            self.op(EMPTY_TUPLE);
        }
    }

    /// Starts a tuple of a number of items, which is not 0.
    #[inline]
    pub(super) fn open_tuple(&mut self, len: usize) {
        self.object();
        if self.is_marked_tuple(len) {
            self.op(MARK);
        }
    }

    #[inline]
    pub(super) fn is_marked_tuple(&self, len: usize) -> bool {
        len > 3 || self.protocol < 2
    }

    /// Ends it, without its memo entry.
    #[inline]
    pub(super) fn close_tuple(&mut self, len: usize) {
        self.op(match len {
            1 if self.protocol >= 2 => TUPLE1,
            2 if self.protocol >= 2 => TUPLE2,
            3 if self.protocol >= 2 => TUPLE3,
            _ => TUPLE,
        });
    }
}

/// Whether a protocol can have a `str` of so many bytes.
fn check_text(protocol: u8, len: usize) -> Result<()> {
    if matches!(protocol, 1..4) && u32::try_from(len).is_err() {
        return Err(Error::unsupported(format!("a str of {len} bytes takes protocol 4"))
            .with_help("write protocol 4 or 5"));
    }
    Ok(())
}

/// The opcode of a `str` of so many bytes with its length, and how many bytes both take; of protocol 1 and up.
fn text_header(protocol: u8, len: usize) -> ([u8; 9], usize) {
    let mut header = counted(BINUNICODE, len);
    match (u8::try_from(len), u32::try_from(len)) {
        (Ok(_), _) if protocol >= 4 => {
            header[0] = SHORT_BINUNICODE;
            (header, 2)
        }
        (_, Ok(_)) => (header, 5),
        _ => (counted(BINUNICODE8, len), 9),
    }
}

fn counted(op: u8, len: usize) -> [u8; 9] {
    let mut header = [op; 9];
    header[1..].copy_from_slice(&(len as u64).to_le_bytes());
    header
}

/// Spreads numbers that are no secret: the handles of a graph.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CPython 3.11: `pickle.dumps("a" * n, protocol)` up to 4 GiB; beyond, protocols 1 to 3 raise OverflowError.
    #[test]
    fn texts_beyond_four_gib_take_protocol_4() {
        let header = |protocol, len| -> Option<Vec<u8>> {
            check_text(protocol, len).ok()?;
            let (bytes, used) = text_header(protocol, len);
            Some(bytes[..used].to_vec())
        };
        let four_gib = u32::MAX as usize + 1;
        assert_eq!(header(4, 255).as_deref(), Some(&b"\x8c\xff"[..]));
        assert_eq!(header(3, 255).as_deref(), Some(&b"X\xff\0\0\0"[..]));
        assert_eq!(header(4, 256).as_deref(), Some(&b"X\0\x01\0\0"[..]));
        assert_eq!(header(1, four_gib - 1).as_deref(), Some(&b"X\xff\xff\xff\xff"[..]));
        assert_eq!(header(4, four_gib).as_deref(), Some(&b"\x8d\0\0\0\0\x01\0\0\0"[..]));
        assert_eq!(header(3, four_gib), None);
        assert_eq!(header(1, four_gib), None);
        assert!(check_text(0, four_gib).is_ok());
    }
}
