//! Inflating a member: at once into memory, or piece by piece from a stream. Size and CRC are checked.

use std::io::Read;
use std::ops::Range;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};
use rawzip::ReaderAt;

use super::directory::Entry;
use super::record::Method;
use super::source::Source;
use crate::array::Buffer;
use crate::error::{Error, ErrorKind, Result};

/// Inflates many members, one after the other, with the tables of one.
pub(super) struct Inflater(libdeflater::Decompressor);

impl Inflater {
    pub(super) fn new() -> Self {
        Self(libdeflater::Decompressor::new())
    }

    /// Inflates what is at once in memory. The size is known and has been found possible.
    pub(super) fn inflate(&mut self, deflated: &[u8], len: u64) -> Result<Bytes> {
        let len = usize::try_from(len).map_err(std::io::Error::other)?;
        let mut buffer = Buffer::zeroed(len)?;
        match self.0.deflate_decompress(deflated, buffer.bytes_mut()) {
            Ok(found) if found == len => Ok(buffer.into()),
            Ok(found) => Err(Error::truncated("the deflated data", len as u64, found as u64)),
            Err(libdeflater::DecompressionError::InsufficientSpace) => Err(too_long(len as u64)),
            Err(libdeflater::DecompressionError::BadData) => Err(bad_data()),
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

fn bad_data() -> Error {
    Error::archive("the deflated data is damaged")
}

/// How many bytes are read at once.
const PIECE: usize = 1 << 16;

/// The contents of a member as a stream, which holds no more than a few pieces of it. The last read checks size
/// and CRC before it returns.
pub(super) struct Stream<'a> {
    source: &'a Source,
    /// What was not read yet.
    rest: Range<u64>,
    inflater: Option<Deflated>,
    crc: crc32fast::Hasher,
    /// How many bytes of the contents are left.
    left: u64,
    expected: u32,
    check: bool,
    ended: bool,
    failed: bool,
}

/// What has been read and not yet inflated.
struct Deflated {
    state: Decompress,
    bytes: Box<[u8]>,
    used: Range<usize>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(source: &'a Source, data: Range<u64>, entry: &Entry, check: bool) -> Self {
        let inflater = (entry.method == Method::Deflated).then(|| Deflated {
            state: Decompress::new(false),
            bytes: vec![0; PIECE].into(),
            used: 0..0,
        });
        Self {
            source,
            rest: data,
            inflater,
            crc: crc32fast::Hasher::new(),
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
        let Some(deflated) = &mut self.inflater else {
            return Ok(read(self.source, &mut self.rest, buffer)?);
        };
        loop {
            if deflated.used.is_empty() {
                deflated.used = 0..read(self.source, &mut self.rest, &mut deflated.bytes)?;
            }
            let (before, after) = (deflated.state.total_in(), deflated.state.total_out());
            let input = &deflated.bytes[deflated.used.clone()];
            let flush = FlushDecompress::None;
            let status = deflated.state.decompress(input, buffer, flush).map_err(|_| bad_data())?;
            // Both are at most the lengths of the slices.
            let used = usize::try_from(deflated.state.total_in() - before).unwrap_or(0);
            let made = usize::try_from(deflated.state.total_out() - after).unwrap_or(0);
            deflated.used.start += used;
            if made > 0 {
                return Ok(made);
            }
            if status == Status::StreamEnd || (used == 0 && self.rest.is_empty()) {
                return Ok(0);
            }
        }
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
            return Err(Error::truncated("the deflated data", self.left, 0));
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
        let Some(deflated) = &mut self.inflater else { return Ok(()) };
        let mut more = [0];
        loop {
            if deflated.used.is_empty() {
                deflated.used = 0..read(self.source, &mut self.rest, &mut deflated.bytes)?;
            }
            let before = deflated.state.total_in();
            let after = deflated.state.total_out();
            let input = &deflated.bytes[deflated.used.clone()];
            let flush = FlushDecompress::None;
            let status =
                deflated.state.decompress(input, &mut more, flush).map_err(|_| bad_data())?;
            let used = usize::try_from(deflated.state.total_in() - before).unwrap_or(0);
            deflated.used.start += used;
            if deflated.state.total_out() > after {
                return Err(too_long(after));
            }
            if status == Status::StreamEnd {
                return Ok(());
            }
            if used == 0 && deflated.used.is_empty() && self.rest.is_empty() {
                return Err(Error::truncated("the deflated data", after + 1, after));
            }
            if used == 0 && !deflated.used.is_empty() {
                return Err(bad_data());
            }
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
