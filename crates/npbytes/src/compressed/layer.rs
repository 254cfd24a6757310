//! One wrapper: a decoder, what it may make, and what may follow its stream.

use std::io::Read;

use super::input::{Piece, Stack};
use super::steps::{Decoder, Made};
use super::{Codec, ReadOptions};
use crate::error::{Error, Result};
use crate::sniff::Encoding;

/// Contents up to this size may be any number of times the input: what is small is no danger. As in archives.
const ANY_RATIO: u64 = 1 << 30;

/// What is inside of a wrapper around `below`.
pub(super) struct Layer<R> {
    below: Stack<R>,
    codec: Codec,
    /// None behind the last stream.
    decoder: Option<Decoder>,
    options: ReadOptions,
    /// How many bytes were made.
    made: u64,
    piece: Piece,
}

impl<R: Read> Layer<R> {
    pub(super) fn new(below: Stack<R>, codec: Codec, options: &ReadOptions) -> Self {
        let decoder = Some(Decoder::new(codec));
        Self { below, codec, decoder, options: *options, made: 0, piece: Piece::new() }
    }

    /// As [`Stack::fill`].
    pub(super) fn fill(&mut self, least: usize) -> Result<&[u8]> {
        // The piece is borrowed apart from the rest.
        let mut piece = std::mem::replace(&mut self.piece, Piece::empty());
        let mut result = Ok(());
        while piece.bytes().len() < least {
            match piece.add(|room| self.make(room)) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.piece = piece;
        result.map(|()| self.piece.bytes())
    }

    pub(super) fn take(&mut self, count: usize) {
        self.piece.take(count);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.piece.bytes().is_empty()
    }

    pub(super) fn base_offset(&self) -> u64 {
        self.below.base_offset()
    }

    pub(super) fn into_below(self) -> Stack<R> {
        self.below
    }

    /// Decompresses the next bytes; none at the end.
    pub(super) fn make(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // One byte over the limit shows that it is passed.
        let limit = self.options.limits.inflate_bytes;
        let room = usize::try_from(limit.saturating_sub(self.made)).unwrap_or(usize::MAX);
        let room = room.saturating_add(1).min(buffer.len());
        let buffer = buffer.get_mut(..room).unwrap_or_default();
        while let Some(decoder) = &mut self.decoder {
            let made = decoder.make(&mut self.below, buffer);
            let made = made.map_err(|error| error.at(self.below.base_offset()))?;
            match made {
                Made::Bytes(made) => {
                    self.made = self.made.saturating_add(made as u64);
                    self.check_limits()?;
                    return Ok(made);
                }
                Made::End => {
                    let next = self.next().map_err(|error| error.at(self.below.base_offset()))?;
                    self.decoder = next.map(Decoder::new);
                }
            }
        }
        Ok(0)
    }

    /// Refuses what becomes too much.
    fn check_limits(&self) -> Result<()> {
        let limits = &self.options.limits;
        let taken = self.below.base_offset();
        if self.made > limits.inflate_bytes {
            return Err(Error::limit("inflate_bytes", limits.inflate_bytes, self.made).at(taken));
        }
        let input = self.options.input_len.unwrap_or(taken).max(taken).max(1);
        let ratio = self.made.div_ceil(input);
        if self.made > ANY_RATIO && ratio > limits.inflate_ratio {
            return Err(Error::limit("inflate_ratio", limits.inflate_ratio, ratio).at(taken));
        }
        Ok(())
    }

    /// The codec of the stream that follows the one that ended; none if nothing does that is to be read.
    fn next(&mut self) -> Result<Option<Codec>> {
        match self.codec {
            Codec::Gzip => {
                self.skip_zeros()?;
                match self.below.fill(2)? {
                    [] => Ok(None),
                    [0x1f, 0x8b, ..] => Ok(Some(Codec::Gzip)),
                    _ => Err(follows(Codec::Gzip)),
                }
            }
            Codec::Zlib => Ok(None),
            Codec::Bzip2 => Ok(match self.below.fill(4)? {
                [b'B', b'Z', b'h', b'1'..=b'9', ..] => Some(Codec::Bzip2),
                // The start of another one that is cut off.
                [b'B'] | [b'B', b'Z'] | [b'B', b'Z', b'h'] => Some(Codec::Bzip2),
                _ => None,
            }),
            // Python reads both with one decoder, which finds out for each stream.
            Codec::Xz | Codec::Lzma => {
                if self.codec == Codec::Xz {
                    self.skip_zeros()?;
                }
                let head = self.below.fill(Encoding::HEAD)?;
                self.codec = match Encoding::of(head) {
                    Some(Encoding::Xz) => Codec::Xz,
                    Some(Encoding::Lzma) => Codec::Lzma,
                    _ if is_cut(head, b"\xfd7zXZ\0") => Codec::Xz,
                    _ if is_cut(head, b"\x5d\0\0") => Codec::Lzma,
                    _ => return Ok(None),
                };
                Ok(Some(self.codec))
            }
            Codec::Zstd => Ok(match self.below.fill(1)? {
                [] => None,
                _ => Some(Codec::Zstd),
            }),
        }
    }

    fn skip_zeros(&mut self) -> Result<()> {
        loop {
            let bytes = self.below.fill(1)?;
            let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
            let is_all = zeros == bytes.len();
            self.below.take(zeros);
            if zeros == 0 || !is_all {
                return Ok(());
            }
        }
    }
}

/// Whether bytes are the start of a signature, and end in it.
fn is_cut(bytes: &[u8], signature: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= signature.len() && signature.starts_with(bytes)
}

/// The error of a stream that no compressor wrote.
pub(super) fn damaged(codec: Codec, what: impl std::fmt::Display) -> Error {
    Error::compressed(format!("the {codec} stream is damaged: {what}"))
        .with_help(format!("get the file again; `{}` says more", tool(codec)))
}

/// The error of a stream that ends too early.
pub(super) fn cut_off(codec: Codec, taken: u64) -> Error {
    let what = match codec {
        Codec::Gzip => "the gzip stream",
        Codec::Zlib => "the zlib stream",
        Codec::Bzip2 => "the bzip2 stream",
        Codec::Xz => "the xz stream",
        Codec::Lzma => "the lzma stream",
        Codec::Zstd => "the zstd stream",
    };
    Error::truncated(what, taken.saturating_add(1), taken)
        .at(taken)
        .with_help("the file was cut off: get it again")
}

/// The error of a stream that asks for too large a window.
pub(super) fn too_large(codec: Codec, needed: Option<u64>) -> Error {
    let mib = super::MAX_WINDOW >> 20;
    let needed = needed.map_or_else(String::new, |bytes| format!(" ({bytes} bytes)"));
    Error::unsupported(format!(
        "the {codec} stream asks for a window of more than {mib} MiB{needed}, which is not given"
    ))
    .with_help(format!("if it is trusted, decompress it first: {}", unpack(codec)))
}

/// The error of other bytes behind a stream.
pub(super) fn follows(codec: Codec) -> Error {
    Error::compressed(format!("bytes follow the {codec} stream that are none"))
        .with_help("Python refuses them too; cut them off")
}

/// What tells more about a damaged file.
fn tool(codec: Codec) -> &'static str {
    match codec {
        Codec::Gzip => "gzip -tv",
        Codec::Zlib => "pigz -tv",
        Codec::Bzip2 => "bzip2 -tvv",
        Codec::Xz => "xz -tvv",
        Codec::Lzma => "xz -tvv --format=lzma",
        Codec::Zstd => "zstd -tv",
    }
}

fn unpack(codec: Codec) -> &'static str {
    match codec {
        Codec::Lzma => "xz -d --format=lzma",
        Codec::Zstd => "zstd -d --long=31",
        _ => "xz -d",
    }
}
