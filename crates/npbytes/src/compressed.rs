//! Compressed wrappers around any encoding: gzip, zlib, bzip2, xz, lzma and zstd, told by their first bytes.
//!
//! [`decode`] takes what is in memory, [`Reader`] a stream; [`read`] opens a file. Wrappers inside of wrappers
//! are taken off too, four in all. What is inside is bytes: which encoding those have, [`sniff`](crate::sniff)
//! says. Nothing is written here.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::compressed;
//! // zlib.compress(b'some bytes')
//! let wrapped = Bytes::from_static(b"x\x9c+\xce\xcfMUH\xaa,I-\x06\0\x15\xc1\x03\xfc");
//! assert_eq!(compressed::decode(&wrapped, &compressed::ReadOptions::default())?, "some bytes");
//! # Ok::<(), npbytes::Error>(())
//! ```
//!
//! What follows a stream is taken as Python's modules take it, measured on CPython 3.11: further members, streams
//! and frames are read on; zeros behind a gzip member are padding, anything else there is an error, as it is
//! behind a zstd frame; behind bzip2, xz, lzma and zlib it is left out. Zeros behind xz are padding, as
//! its format has them (Python's `lzma` refuses them).

mod input;
mod layer;
mod steps;

use std::fmt;
use std::io::Read;
#[cfg(feature = "fs")]
use std::{fs::OpenOptions, path::Path};

use bytes::Bytes;

use self::input::Stack;
#[cfg(feature = "npz")]
pub(crate) use self::steps::Decoder;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
#[cfg(feature = "fs")]
use crate::regular;
use crate::sniff::Encoding;

/// How deep wrappers may nest. Nobody wraps more than twice; a chain of bombs does.
pub const MAX_NESTED: usize = 4;

/// The largest window or dictionary that a stream may ask for, in bytes. What the tools of xz and zstd write by
/// their presets stays below, and zstd itself refuses more unless it is told not to.
pub const MAX_WINDOW: u64 = 128 << 20;

/// How bytes are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// `gzip.compress`; several members may follow one another.
    Gzip,
    /// `zlib.compress`: deflate with a header of two bytes.
    Zlib,
    /// `bz2.compress`; several streams may follow one another.
    Bzip2,
    /// `lzma.compress`; several streams may follow one another.
    Xz,
    /// `lzma.compress(format=lzma.FORMAT_ALONE)`, the format before xz.
    Lzma,
    /// `compression.zstd.compress`; several frames may follow one another. Frames with a dictionary of their
    /// own are not read.
    Zstd,
}

impl Codec {
    /// The codec that an encoding is.
    pub const fn of(encoding: Encoding) -> Option<Self> {
        Some(match encoding {
            Encoding::Gzip => Self::Gzip,
            Encoding::Zlib => Self::Zlib,
            Encoding::Bzip2 => Self::Bzip2,
            Encoding::Xz => Self::Xz,
            Encoding::Lzma => Self::Lzma,
            Encoding::Zstd => Self::Zstd,
            _ => return None,
        })
    }

    /// Its name: `gzip`, `zlib`, `bzip2`, `xz`, `lzma`, `zstd`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Zstd => "zstd",
        }
    }

    /// Whether this is a wrapper inside of another. Two bytes of zlib are more often the first number of
    /// an array.
    const fn is_nested(self) -> bool {
        !matches!(self, Self::Zlib | Self::Lzma)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How compressed bytes are read.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the input may ask for: [`Limits::inflate_bytes`] of contents, and of more than 1 GiB no more than
    /// [`Limits::inflate_ratio`] times the input. Wrappers inside of wrappers have one limit, that of
    /// the whole.
    pub limits: Limits,
    /// How many bytes a stream has, where that is known: the ratio is then that of the whole. Else it is that of
    /// what was read so far.
    pub input_len: Option<u64>,
}

impl ReadOptions {
    /// Reads under other limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how long a stream is.
    #[must_use]
    pub const fn input_len(mut self, len: u64) -> Self {
        self.input_len = Some(len);
        self
    }
}

/// The contents of compressed bytes, all in memory: it grows with them, whatever size the input claims.
///
/// # Errors
/// [`ErrorKind::Magic`] if the bytes are not compressed; damage and sums that do not match; an end before
/// that of the stream; contents over a limit; more than [`MAX_NESTED`] wrappers, a window over [`MAX_WINDOW`].
/// Offsets count in `data`: how far it was read.
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Bytes> {
    all_of(&data[..], &options.input_len(data.len() as u64))
}

/// The contents of a compressed file, all in memory.
///
/// # Errors
/// As [`decode`], and those of the file, which has to be a regular one.
#[cfg(feature = "fs")]
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Bytes> {
    let path = path.as_ref();
    let read = || {
        let (file, metadata) = regular::open(path, OpenOptions::new().read(true))?;
        all_of(file, &options.input_len(metadata.len()))
    };
    read().map_err(|error: Error| error.in_file(path))
}

fn all_of(source: impl Read, options: &ReadOptions) -> Result<Bytes> {
    let mut contents = Vec::new();
    Reader::new(source, options)?.read_to_end(&mut contents)?;
    contents.shrink_to_fit();
    Ok(contents.into())
}

/// The contents of a compressed stream, piece by piece. The first bytes say how it is compressed.
///
/// Errors come through [`Read`] as [`std::io::Error`]s, and are those of this crate again by
/// `npbytes::Error::from`. After one, nothing more can be read. What was read before it is right as far as
/// it goes: sums are checked at the end of a stream.
///
/// ```
/// use npbytes::compressed::{Codec, ReadOptions, Reader};
/// // zlib.compress(b'abc')
/// let stream: &[u8] = b"x\x9cKLJ\x06\0\x02M\x01'";
/// let reader = Reader::new(stream, &ReadOptions::default())?;
/// assert_eq!(reader.codecs(), [Codec::Zlib]);
/// assert_eq!(std::io::read_to_string(reader)?, "abc");
/// # Ok::<(), npbytes::Error>(())
/// ```
pub struct Reader<R> {
    stack: Stack<R>,
    codecs: Vec<Codec>,
    failed: bool,
}

impl<R: Read> Reader<R> {
    /// Reads as much of a stream as it takes to know all wrappers. Inside of another one, zlib and lzma are not
    /// taken for wrappers, as their first bytes may be numbers: they can be told to be some by a reader of
    /// their own.
    ///
    /// # Errors
    /// [`ErrorKind::Magic`] of what is not compressed; those of the source, and those of [`decode`] as far as the
    /// first bytes of the contents show them.
    pub fn new(source: R, options: &ReadOptions) -> Result<Self> {
        let mut stack = Stack::new(source);
        let mut codecs = Vec::new();
        loop {
            let head = stack.fill(Encoding::HEAD)?;
            let head = head.get(..Encoding::HEAD).unwrap_or(head);
            let codec = Encoding::of(head).and_then(Codec::of);
            let Some(codec) = codec.filter(|codec| codecs.is_empty() || codec.is_nested()) else {
                if codecs.is_empty() {
                    return Err(not_compressed(head));
                }
                return Ok(Self { stack, codecs, failed: false });
            };
            if codecs.len() == MAX_NESTED {
                let message = format!("compressed more than {MAX_NESTED} times over");
                return Err(Error::unsupported(message)
                    .at(stack.base_offset())
                    .with_help("take the outer wrappers off by the tools that made them"));
            }
            codecs.push(codec);
            stack = stack.wrapped(codec, options);
        }
    }

    /// Takes off one wrapper, and leaves those inside of it.
    pub(crate) fn outermost(source: R, codec: Codec, options: &ReadOptions) -> Self {
        let stack = Stack::new(source).wrapped(codec, options);
        Self { stack, codecs: vec![codec], failed: false }
    }

    /// How the stream is compressed: the outermost wrapper first.
    pub fn codecs(&self) -> &[Codec] {
        &self.codecs
    }

    /// How many bytes of the source were decompressed so far.
    pub fn consumed(&self) -> u64 {
        self.stack.base_offset()
    }

    /// The source, behind what was read of it, which is more than was decompressed.
    pub fn into_inner(self) -> R {
        self.stack.into_inner()
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.failed {
            return Err(std::io::Error::other("an earlier read failed, nothing more can be read"));
        }
        let read = self.stack.read_into(buffer);
        self.failed = read.is_err();
        Ok(read?)
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("codecs", &self.codecs).finish_non_exhaustive()
    }
}

fn not_compressed(head: &[u8]) -> Error {
    let found = head.get(..8).unwrap_or(head).to_vec();
    let expected = "compressed bytes (gzip, zlib, bzip2, xz, lzma or zstd)";
    let error = Error::new(ErrorKind::Magic { expected, found }).at(0_u64);
    match Encoding::of(head) {
        Some(encoding) => error.with_help(format!("the input looks like {encoding}")),
        None => error,
    }
}
