//! Inflating a member: at once into memory, or piece by piece from a stream. Size and CRC are checked. NumPy
//! writes deflate and nothing else; what Python's `zipfile` reads besides, for `np.load` as well, is read here by the
//! decoders of [`compressed`](crate::compressed).

use std::io::Read;
use std::ops::Range;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use rawzip::ReaderAt;

use super::directory::Entry;
use super::record::Method;
use super::source::Source;
use crate::array::Buffer;
#[cfg(feature = "compressed")]
use crate::compressed::{Codec, Decoder};
use crate::error::{Error, ErrorKind, Result};

/// Inflates many members, one after the other, with the tables of one.
pub(super) struct Inflater(libdeflater::Decompressor);

impl Inflater {
    pub(super) fn new() -> Self {
        Self(libdeflater::Decompressor::new())
    }

    /// Inflates what is at once in memory, and starts at an offset of the archive. The size is known and has been
    /// found possible.
    pub(super) fn inflate(&mut self, deflated: &[u8], len: u64, at: u64) -> Result<Bytes> {
        let len = usize::try_from(len).map_err(std::io::Error::other)?;
        let mut buffer = Buffer::zeroed(len)?;
        match self.0.deflate_decompress(deflated, buffer.bytes_mut()) {
            Ok(found) if found == len => Ok(buffer.into()),
            Ok(found) => Err(Error::truncated("the deflated data", len as u64, found as u64)),
            Err(libdeflater::DecompressionError::InsufficientSpace) => Err(too_long(len as u64)),
            Err(libdeflater::DecompressionError::BadData) => Err(bad_data(Method::Deflated, at)),
        }
    }
}

/// Refuses contents that are not those that were written.
pub(super) fn check_crc(expected: u32, found: u32) -> Result<()> {
    if expected != found {
        return Err(Error::new(ErrorKind::Checksum { expected, found })
            .with_help("the archive was damaged, or its member changed in place"));
    }
    Ok(())
}

fn too_long(len: u64) -> Error {
    Error::archive(format!("it inflates to more than the {len} bytes that the directory says"))
}

/// The error of data that nobody compressed, which starts at an offset of the archive.
fn bad_data(method: Method, at: u64) -> Error {
    let how = match method {
        Method::Bzip2 => "bzip2",
        Method::Lzma => "lzma",
        _ => "deflated",
    };
    Error::compressed(format!("the {how} data is damaged (it starts at byte {at} of the archive)"))
        .with_help("get the archive again; `python -m zipfile -t` tells which members are damaged")
}

/// How many bytes are read at once.
const PIECE: usize = 1 << 16;

/// The contents of a member as a stream, which holds no more than a few pieces of it. The last read checks size
/// and CRC before it returns.
pub(super) struct Stream<'a> {
    source: &'a Source,
    /// What was not read yet.
    rest: Range<u64>,
    packed: Option<Packed>,
    crc: crc32fast::Hasher,
    /// How many bytes of the contents there are, and how many of them are left.
    len: u64,
    left: u64,
    expected: u32,
    check: bool,
    ended: bool,
    failed: bool,
}

/// What has been read and not yet inflated.
struct Packed {
    method: Method,
    /// Where it starts in the archive.
    start: u64,
    coder: Coder,
    /// Whether the head of the data is still to be read.
    is_new: bool,
    bytes: Box<[u8]>,
    used: Range<usize>,
    /// What the last step said of the end, if it made bytes, too.
    ended: Option<Result<bool>>,
}

enum Coder {
    Deflate(Decompress),
    #[cfg(feature = "compressed")]
    Other(Box<Decoder>),
}

/// What a step came to.
struct Step {
    taken: usize,
    made: usize,
    /// Whether that was the end.
    ended: Result<bool>,
}

impl Coder {
    fn new(method: Method) -> Self {
        match method {
            #[cfg(feature = "compressed")]
            Method::Bzip2 => Self::Other(Box::new(Decoder::new(Codec::Bzip2))),
            #[cfg(feature = "compressed")]
            Method::Lzma => Self::Other(Box::new(Decoder::new(Codec::Lzma))),
            _ => Self::Deflate(Decompress::new(false)),
        }
    }

    fn step(&mut self, input: &[u8], buffer: &mut [u8]) -> Step {
        match self {
            Self::Deflate(state) => {
                let (before, after) = (state.total_in(), state.total_out());
                let status = state.decompress(input, buffer, FlushDecompress::None);
                // Both are at most the lengths of the slices.
                Step {
                    taken: usize::try_from(state.total_in() - before).unwrap_or(0),
                    made: usize::try_from(state.total_out() - after).unwrap_or(0),
                    ended: match status {
                        Ok(status) => Ok(status == Status::StreamEnd),
                        Err(_) => Err(Error::compressed("damaged")),
                    },
                }
            }
            #[cfg(feature = "compressed")]
            Self::Other(decoder) => {
                let step = decoder.step(input, buffer);
                Step { taken: step.taken, made: step.made, ended: step.ended }
            }
        }
    }
}

impl Packed {
    fn new(method: Method, data: &Range<u64>) -> Self {
        /// Room for the head that lzma is given.
        const LEAST: usize = 32;
        let len = usize::try_from(data.end.saturating_sub(data.start)).unwrap_or(PIECE);
        Self {
            method,
            start: data.start,
            coder: Coder::new(method),
            is_new: true,
            bytes: vec![0; len.clamp(LEAST, PIECE)].into(),
            used: 0..0,
            ended: None,
        }
    }

    /// Makes some bytes of what is at hand, or of what is read; none at the end, or where there is nothing more.
    fn make(&mut self, source: &Source, rest: &mut Range<u64>, buffer: &mut [u8]) -> Result<Made> {
        if let Some(ended) = self.ended.take()
            && self.checked(ended)?
        {
            return Ok(Made::End);
        }
        loop {
            if self.used.is_empty() {
                self.fill(source, rest)?;
            }
            let input = self.bytes.get(self.used.clone()).unwrap_or_default();
            let step = self.coder.step(input, buffer);
            self.used.start = self.used.start.saturating_add(step.taken).min(self.used.end);
            if step.made > 0 {
                self.ended = Some(step.ended);
                return Ok(Made::Bytes(step.made));
            }
            if self.checked(step.ended)? {
                return Ok(Made::End);
            }
            match (step.taken, self.used.is_empty()) {
                (0, true) if rest.is_empty() => return Ok(Made::Nothing),
                (0, false) => return Err(bad_data(self.method, self.start)),
                _ => {}
            }
        }
    }

    /// What a decoder says of the data, in the words of archives.
    fn checked(&self, ended: Result<bool>) -> Result<bool> {
        ended.map_err(|error| match error.kind() {
            ErrorKind::Compressed(_) => bad_data(self.method, self.start),
            _ => error,
        })
    }

    /// Reads the next piece.
    fn fill(&mut self, source: &Source, rest: &mut Range<u64>) -> Result<()> {
        if std::mem::take(&mut self.is_new) && self.method == Method::Lzma {
            return self.start_lzma(source, rest);
        }
        self.used = 0..read(source, rest, &mut self.bytes)?;
        Ok(())
    }

    /// Turns the head that lzma has in archives (a version, the length of the properties, these) into that of a file,
    /// which has the length of the contents instead. That is left open: data may have a mark at its end, or not.
    fn start_lzma(&mut self, source: &Source, rest: &mut Range<u64>) -> Result<()> {
        const HEAD: usize = 9;
        let mut head = [0; HEAD];
        let mut len = 0;
        while len < HEAD && !rest.is_empty() {
            len += read(source, rest, head.get_mut(len..).unwrap_or_default())?;
        }
        let [_, _, 5, 0, properties @ ..] = head else {
            return Err(bad_data(self.method, self.start));
        };
        let file = properties.into_iter().chain([0xff; 8]);
        self.used = 0..properties.len() + 8;
        self.bytes.iter_mut().zip(file).for_each(|(to, byte)| *to = byte);
        Ok(())
    }
}

/// What was made.
enum Made {
    /// At least one byte.
    Bytes(usize),
    /// None: the data has ended.
    End,
    /// None: there is no more of the data, which has no end.
    Nothing,
}

impl<'a> Stream<'a> {
    pub(super) fn new(source: &'a Source, data: Range<u64>, entry: &Entry, check: bool) -> Self {
        let packed = entry.method.is_compressed().then(|| Packed::new(entry.method, &data));
        Self {
            source,
            rest: data,
            packed,
            crc: crc32fast::Hasher::new(),
            len: entry.uncompressed,
            left: entry.uncompressed,
            expected: entry.crc,
            check,
            ended: false,
            failed: false,
        }
    }

    /// Reads some bytes, at least one unless there is no room for it.
    fn some(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let buffer = &mut buffer[..room];
        let Some(packed) = &mut self.packed else {
            return Ok(read(self.source, &mut self.rest, buffer)?);
        };
        Ok(match packed.make(self.source, &mut self.rest, buffer)? {
            Made::Bytes(made) => made,
            Made::End | Made::Nothing => 0,
        })
    }

    /// Checks size and CRC, once.
    fn end(&mut self) -> Result<()> {
        if !self.ended {
            self.expect_end()?;
            if self.check {
                check_crc(self.expected, self.crc.clone().finalize())?;
            }
            self.ended = true;
        }
        Ok(())
    }

    /// Reads some bytes, and checks all of them with the last.
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.left == 0 {
            self.end()?;
            return Ok(0);
        }
        let made = self.some(buffer)?;
        if made == 0 {
            return Err(Error::truncated(self.data(), self.left, 0));
        }
        if self.check {
            self.crc.update(&buffer[..made]);
        }
        self.left -= made as u64;
        if self.left == 0 {
            self.end()?;
        }
        Ok(made)
    }

    /// Makes sure that nothing follows what the directory says there is.
    fn expect_end(&mut self) -> Result<()> {
        let made = self.len;
        let Some(packed) = &mut self.packed else { return Ok(()) };
        match packed.make(self.source, &mut self.rest, &mut [0])? {
            Made::Bytes(_) => Err(too_long(made)),
            Made::End => Ok(()),
            // Of lzma, the end need not be marked.
            Made::Nothing if packed.method == Method::Lzma => Ok(()),
            Made::Nothing => Err(Error::truncated(self.data(), made + 1, made)),
        }
    }

    /// What it is that may end too early.
    fn data(&self) -> &'static str {
        match self.packed.as_ref().map(|packed| packed.method) {
            None => "a member",
            Some(Method::Deflated) => "the deflated data",
            Some(_) => "the compressed data",
        }
    }
}

fn read(source: &Source, rest: &mut Range<u64>, buffer: &mut [u8]) -> std::io::Result<usize> {
    let left = usize::try_from(rest.end - rest.start).unwrap_or(usize::MAX);
    let len = left.min(buffer.len());
    let read = source.read_at(&mut buffer[..len], rest.start)?;
    if read == 0 && len > 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    rest.start += read as u64;
    Ok(read)
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        // What was read before a failure is lost: to go on would end well, without it.
        if self.failed {
            return Err(std::io::Error::other("an earlier read of this member failed"));
        }
        let read = self.next(buffer);
        self.failed = read.is_err();
        Ok(read?)
    }
}
