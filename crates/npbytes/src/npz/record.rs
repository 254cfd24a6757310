//! The records of a zip archive as CPython's `zipfile` writes them for NumPy, byte for byte. The only place
//! that knows their layout; archives are read by `rawzip`, but for the head of a member.

use crate::error::{Error, Result};
use crate::numpy::Python;

const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";
const END: &[u8; 4] = b"PK\x05\x06";
const END64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR64: &[u8; 4] = b"PK\x06\x07";

/// The length of a local header before its name.
pub(super) const LOCAL_LEN: usize = 30;
/// The length of the record at the end of an archive before its comment.
pub(super) const END_LEN: usize = 22;
/// The lengths of the two further records at the end of a large archive.
pub(super) const END64_LEN: usize = 56;
pub(super) const LOCATOR64_LEN: usize = 20;

/// `zipfile` gives sizes and offsets 64 bits from here on, though 32 would do for twice as much.
const ZIP64_LIMIT: u64 = 0x7fff_ffff;
/// The most members that the end record counts itself.
const COUNT_LIMIT: u64 = 0xffff;

const VERSION: u16 = 20;
const VERSION_ZIP64: u16 = 45;
/// 1980-01-01 00:00:00, the earliest time there is.
const TIME: [u8; 4] = [0, 0, 0x21, 0];
const UNIX: u8 = 3;
/// `0o600`, in the upper half.
const ATTRIBUTES: u32 = 0o600 << 16;

/// Encrypted, patched, strongly encrypted, masked: nothing that can be read as it is.
const FLAGS_ENCRYPTED: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;

const ZIP64_FIELD: u16 = 1;
/// The extra field that Android's `zipalign` pads with: two bytes of the alignment, then zeros.
const ALIGN_FIELD: u16 = 0xd935;
/// What the elements of an aligned member are aligned to: its .npy header is a multiple of it already.
pub(super) const ALIGN: u64 = 64;

/// How the contents of a member lie in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// As they are.
    Stored,
    /// By deflate.
    Deflated,
    /// By bzip2, which NumPy never writes, but reads. This crate does with the feature `compressed`.
    Bzip2,
    /// By lzma, of which the same holds.
    Lzma,
    /// In another way, which this crate does not read, by its number.
    Other(u16),
}

impl Method {
    pub(super) fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Stored,
            8 => Self::Deflated,
            12 => Self::Bzip2,
            14 => Self::Lzma,
            other => Self::Other(other),
        }
    }

    fn number(self) -> u16 {
        match self {
            Self::Stored => 0,
            Self::Deflated => 8,
            Self::Bzip2 => 12,
            Self::Lzma => 14,
            Self::Other(number) => number,
        }
    }

    /// Whether the contents are others than the bytes in the archive.
    pub const fn is_compressed(self) -> bool {
        !matches!(self, Self::Stored)
    }
}

/// What the records of one member say.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// As it is in the archive: `x.npy`.
    pub(super) name: Box<str>,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) uncompressed: u64,
    pub(super) compressed: u64,
    /// Where the local header is.
    pub(super) offset: u64,
    pub(super) style: Style,
}

/// What differs between archives of one content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Style {
    /// Whether the local header keeps its sizes for the zip64 field.
    hides_sizes: bool,
    /// Whether CRC and sizes follow the data, as the local header could not be changed any more.
    pub(super) descriptor: bool,
    /// Whether the data is aligned.
    pub(super) aligned: bool,
}

impl Style {
    pub(super) fn new(python: Python, descriptor: bool, aligned: bool) -> Self {
        Self { hides_sizes: python.hides_local_zip_sizes(), descriptor, aligned }
    }
}

impl Record {
    /// A member's name in the archive, as `np.savez` makes it of an array's: a NUL ends it.
    ///
    /// # Errors
    /// A name of more than 65,535 bytes.
    pub(super) fn member_name(name: &str) -> Result<Box<str>> {
        let mut name = format!("{name}.npy");
        name.truncate(name.find('\0').unwrap_or(name.len()));
        Self::checked_name(name)
    }

    /// # Errors
    /// A name of more than 65,535 bytes.
    pub(super) fn checked_name(name: String) -> Result<Box<str>> {
        if name.len() > usize::from(u16::MAX) {
            return Err(Error::member_name(format!(
                "it may have 65535 bytes of UTF-8, {name:?} has {}",
                name.len()
            )));
        }
        Ok(name.into())
    }

    fn flags(&self) -> u16 {
        let utf8 = if self.name.is_ascii() { 0 } else { FLAG_UTF8 };
        utf8 | if self.style.descriptor { FLAG_DESCRIPTOR } else { 0 }
    }

    fn version(&self) -> u16 {
        if self.style.hides_sizes { VERSION_ZIP64 } else { VERSION }
    }

    fn name_len(&self) -> u16 {
        // Checked by `checked_name`.
        u16::try_from(self.name.len()).unwrap_or(u16::MAX)
    }

    /// The record before the data. Its length is known as soon as its offset is.
    pub(super) fn local(&self) -> Vec<u8> {
        let known = !self.style.descriptor;
        let (crc, uncompressed, compressed) =
            if known { (self.crc, self.uncompressed, self.compressed) } else { (0, 0, 0) };
        let padding = self.padding();
        let extra = 20 + padding.len();
        let mut out = Vec::with_capacity(LOCAL_LEN + self.name.len() + extra);
        out.extend(LOCAL);
        // A large member's sizes are hidden by every `zipfile`.
        let hidden =
            self.style.hides_sizes || uncompressed > ZIP64_LIMIT || compressed > ZIP64_LIMIT;
        let version = if hidden { VERSION_ZIP64 } else { VERSION };
        let size = |size: u64| if hidden { u32::MAX } else { clipped(size) };
        out.extend(version.to_le_bytes());
        out.extend(self.flags().to_le_bytes());
        out.extend(self.method.number().to_le_bytes());
        out.extend(TIME);
        out.extend(crc.to_le_bytes());
        out.extend(size(compressed).to_le_bytes());
        out.extend(size(uncompressed).to_le_bytes());
        out.extend(self.name_len().to_le_bytes());
        // 20 and less than 70 of padding.
        out.extend(u16::try_from(extra).unwrap_or(u16::MAX).to_le_bytes());
        out.extend(self.name.as_bytes());
        out.extend(ZIP64_FIELD.to_le_bytes());
        out.extend(16_u16.to_le_bytes());
        out.extend(uncompressed.to_le_bytes());
        out.extend(compressed.to_le_bytes());
        out.extend(padding);
        out
    }

    /// The extra field that moves the data to a multiple of [`ALIGN`].
    fn padding(&self) -> Vec<u8> {
        // Its own head and the two bytes that say the alignment.
        const LEAST: u64 = 6;
        if !self.style.aligned {
            return Vec::new();
        }
        let end = self.offset + (LOCAL_LEN + self.name.len() + 20) as u64;
        let len = match (ALIGN - end % ALIGN) % ALIGN {
            0 => return Vec::new(),
            len if len < LEAST => len + ALIGN,
            len => len,
        };
        let mut out = Vec::new();
        out.extend(ALIGN_FIELD.to_le_bytes());
        // Less than two times 64.
        out.extend([(len - 4).to_le_bytes()[0], 0]);
        out.extend([ALIGN.to_le_bytes()[0], 0]);
        out.resize(usize::try_from(len).unwrap_or_default(), 0);
        out
    }

    /// The record behind the data of a member whose local header could not know it.
    pub(super) fn descriptor(&self) -> [u8; 24] {
        let mut out = [0; 24];
        out[..4].copy_from_slice(DESCRIPTOR);
        out[4..8].copy_from_slice(&self.crc.to_le_bytes());
        out[8..16].copy_from_slice(&self.compressed.to_le_bytes());
        out[16..].copy_from_slice(&self.uncompressed.to_le_bytes());
        out
    }

    /// The record in the directory.
    fn central(&self, out: &mut Vec<u8>) {
        let large = self.uncompressed > ZIP64_LIMIT || self.compressed > ZIP64_LIMIT;
        let far = self.offset > ZIP64_LIMIT;
        let version = if large || far { VERSION_ZIP64 } else { self.version() };
        let size = |size: u64| if large { u32::MAX } else { clipped(size) };
        let extra = match (large, far) {
            (false, false) => 0_u16,
            (false, true) => 4 + 8,
            (true, false) => 4 + 16,
            (true, true) => 4 + 24,
        };
        out.extend(CENTRAL);
        out.extend([version.to_le_bytes()[0], UNIX]);
        out.extend(version.to_le_bytes());
        out.extend(self.flags().to_le_bytes());
        out.extend(self.method.number().to_le_bytes());
        out.extend(TIME);
        out.extend(self.crc.to_le_bytes());
        out.extend(size(self.compressed).to_le_bytes());
        out.extend(size(self.uncompressed).to_le_bytes());
        out.extend(self.name_len().to_le_bytes());
        out.extend(extra.to_le_bytes());
        // No comment, the first disk, no internal attributes.
        out.extend([0; 6]);
        out.extend(ATTRIBUTES.to_le_bytes());
        out.extend(if far { u32::MAX } else { clipped(self.offset) }.to_le_bytes());
        out.extend(self.name.as_bytes());
        if extra > 0 {
            out.extend(ZIP64_FIELD.to_le_bytes());
            out.extend((extra - 4).to_le_bytes());
        }
        if large {
            out.extend(self.uncompressed.to_le_bytes());
            out.extend(self.compressed.to_le_bytes());
        }
        if far {
            out.extend(self.offset.to_le_bytes());
        }
    }
}

/// A directory of members, those that an archive had before first; and the records that end the archive.
///
/// `position` is where it starts in the archive.
pub(super) fn directory(
    kept: &[&[u8]],
    added: &[Record],
    position: u64,
    comment: &[u8],
) -> (Vec<u8>, Vec<u8>) {
    let mut records = kept.concat();
    for record in added {
        record.central(&mut records);
    }
    let (count, size) = ((kept.len() + added.len()) as u64, records.len() as u64);
    let mut out = Vec::new();
    if count > COUNT_LIMIT || position > ZIP64_LIMIT || size > ZIP64_LIMIT {
        let end64 = position + size;
        out.extend(END64);
        out.extend(44_u64.to_le_bytes());
        out.extend(VERSION_ZIP64.to_le_bytes());
        out.extend(VERSION_ZIP64.to_le_bytes());
        out.extend([0; 8]);
        for number in [count, count, size, position] {
            out.extend(number.to_le_bytes());
        }
        out.extend(LOCATOR64);
        out.extend([0; 4]);
        out.extend(end64.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
    }
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    out.extend(END);
    out.extend([0; 4]);
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(clipped(size).to_le_bytes());
    out.extend(clipped(position).to_le_bytes());
    out.extend(u16::try_from(comment.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend(comment);
    (records, out)
}

fn clipped(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

/// What the head of a member says of itself that its directory entry does not say with authority.
#[derive(Clone, Copy, Debug)]
pub(super) struct LocalHead {
    pub(super) utf8: bool,
    pub(super) encrypted: bool,
    pub(super) method: Method,
    pub(super) name_len: u16,
    extra_len: u16,
}

impl LocalHead {
    /// Reads the head; `None` where there is none.
    pub(super) fn parse(bytes: &[u8; LOCAL_LEN]) -> Option<Self> {
        let flags = u16_at(bytes, 6);
        bytes.starts_with(LOCAL).then(|| Self {
            utf8: is_utf8(flags),
            encrypted: is_encrypted(flags),
            method: Method::from_number(u16_at(bytes, 8)),
            name_len: u16_at(bytes, 26),
            extra_len: u16_at(bytes, 28),
        })
    }

    /// How many bytes there are before the data.
    pub(super) fn len(&self) -> u64 {
        LOCAL_LEN as u64 + u64::from(self.name_len) + u64::from(self.extra_len)
    }
}

pub(super) fn is_utf8(flags: u16) -> bool {
    flags & FLAG_UTF8 != 0
}

pub(super) fn is_encrypted(flags: u16) -> bool {
    flags & FLAGS_ENCRYPTED != 0
}

/// What the records at the end say of the directory.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) start: u64,
    pub(super) size: u64,
    pub(super) count: u64,
    /// Where the first of these records is, up to which the directory goes.
    pub(super) at: u64,
    pub(super) comment_len: u16,
}

impl End {
    /// Reads the last record, which is at `at`.
    pub(super) fn parse(bytes: &[u8; END_LEN], at: u64) -> Option<Self> {
        bytes.starts_with(END).then(|| Self {
            start: u32_at(bytes, 16).into(),
            size: u32_at(bytes, 12).into(),
            count: u16_at(bytes, 10).into(),
            at,
            comment_len: u16_at(bytes, 20),
        })
    }

    /// Where the record with 64 bits is, if there is one, by the bytes before the last record.
    pub(super) fn parse_locator(bytes: &[u8; LOCATOR64_LEN]) -> Option<u64> {
        bytes.starts_with(LOCATOR64).then(|| u64_at(bytes, 8))
    }

    /// The same with what the record with 64 bits says, which is at `at`.
    pub(super) fn with_64(self, bytes: &[u8; END64_LEN], at: u64) -> Option<Self> {
        bytes.starts_with(END64).then(|| Self {
            start: u64_at(bytes, 48),
            size: u64_at(bytes, 40),
            count: u64_at(bytes, 32),
            at,
            ..self
        })
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}
