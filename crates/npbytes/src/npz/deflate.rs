//! Deflating members: with zlib, whose bytes are those of `np.savez_compressed`, or as quickly as can be.

mod block;
mod fast;
mod huffman;
mod matches;

use std::io::Write;

use fast::FastDeflater;

use flate2::{Compress, FlushCompress, Status};

use super::{Compression, WriteOptions};
use crate::array::ArrayView;
use crate::error::Result;
use crate::npy;

/// The level that `zipfile` asks zlib for, which is its default one.
const NUMPY_LEVEL: u32 = 6;
/// How much is looked at twice at a time, so that the cache still holds it.
const PIECE: usize = 1 << 18;

/// Deflates a stream. The bytes do not depend on the pieces it comes in.
pub(super) enum Deflater {
    Zlib(Zlib),
    Fast(FastDeflater),
}

impl Deflater {
    /// For elements of so many bytes; `None` where nothing is to be deflated.
    pub(super) fn new(compression: Compression, itemsize: usize) -> Option<Self> {
        match compression {
            Compression::None => None,
            Compression::NumPy => Some(Self::Zlib(Zlib::new())),
            Compression::Fast => Some(Self::Fast(FastDeflater::new(itemsize))),
        }
    }

    /// Deflates bytes, and writes what comes of it. Returns how many were written.
    pub(super) fn write(&mut self, bytes: &[u8], target: &mut impl Write) -> std::io::Result<u64> {
        match self {
            Self::Zlib(zlib) => zlib.run(bytes, FlushCompress::None, target),
            Self::Fast(fast) => fast.write(bytes, target),
        }
    }

    /// Writes what is left.
    pub(super) fn finish(&mut self, target: &mut impl Write) -> std::io::Result<u64> {
        match self {
            Self::Zlib(zlib) => zlib.run(&[], FlushCompress::Finish, target),
            Self::Fast(fast) => fast.finish(target),
        }
    }
}

/// zlib as CPython asks for it.
pub(super) struct Zlib {
    state: Compress,
    out: Vec<u8>,
}

impl Zlib {
    fn new() -> Self {
        const OUT: usize = 1 << 16;
        let state = Compress::new(flate2::Compression::new(NUMPY_LEVEL), false);
        Self { state, out: Vec::with_capacity(OUT) }
    }

    fn run(
        &mut self,
        mut bytes: &[u8],
        flush: FlushCompress,
        target: &mut impl Write,
    ) -> std::io::Result<u64> {
        let mut written = 0;
        loop {
            let before = self.state.total_in();
            let status = self
                .state
                .compress_vec(bytes, &mut self.out, flush)
                .map_err(std::io::Error::other)?;
            // No more than there are.
            let used = usize::try_from(self.state.total_in() - before).unwrap_or(0);
            bytes = &bytes[used..];
            let full = self.out.len() == self.out.capacity();
            target.write_all(&self.out)?;
            written += self.out.len() as u64;
            self.out.clear();
            if status == Status::StreamEnd || (bytes.is_empty() && !full) {
                return Ok(written);
            }
        }
    }
}

/// A member that was deflated at once.
pub(super) struct Deflated {
    pub(super) crc: u32,
    pub(super) uncompressed: u64,
    pub(super) bytes: Vec<u8>,
}

/// Deflates an array as a .npy file.
pub(super) fn deflate(array: &ArrayView<'_>, options: &WriteOptions) -> Result<Deflated> {
    let itemsize = array.dtype().itemsize();
    deflate_with(itemsize, options, |sink| npy::encode_to(sink, array, &options.npy))
}

/// Deflates a .npy file that is there already.
pub(super) fn deflate_bytes(bytes: &[u8], options: &WriteOptions) -> Result<Deflated> {
    deflate_with(1, options, |sink| Ok(sink.write_all(bytes)?))
}

fn deflate_with(
    itemsize: usize,
    options: &WriteOptions,
    write: impl FnOnce(&mut Sink) -> Result<()>,
) -> Result<Deflated> {
    let mut sink = Sink {
        crc: crc32fast::Hasher::new(),
        uncompressed: 0,
        deflater: Deflater::new(options.compression, itemsize),
        bytes: Vec::new(),
    };
    write(&mut sink)?;
    if let Some(deflater) = &mut sink.deflater {
        deflater.finish(&mut sink.bytes)?;
    }
    let Sink { crc, uncompressed, bytes, .. } = sink;
    Ok(Deflated { crc: crc.finalize(), uncompressed, bytes })
}

struct Sink {
    crc: crc32fast::Hasher,
    uncompressed: u64,
    deflater: Option<Deflater>,
    bytes: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(PIECE)];
        self.crc.update(bytes);
        self.uncompressed += bytes.len() as u64;
        match &mut self.deflater {
            Some(deflater) => drop(deflater.write(bytes, &mut self.bytes)?),
            None => self.bytes.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
