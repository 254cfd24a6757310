//! Deflating members: with zlib, whose bytes are those of `np.savez_compressed`, or with what is quickest.

use std::io::Write;

use flate2::{Compress, FlushCompress, Status};

use super::{Compression, WriteOptions};
use crate::array::ArrayView;
use crate::error::Result;
use crate::npy;

/// The level that `zipfile` asks zlib for, which is its default one.
const NUMPY_LEVEL: u32 = 6;
/// That of a stream that has to be quick.
const FAST_LEVEL: u32 = 1;
/// That of libdeflate.
const LIBDEFLATE_LEVEL: i32 = 1;

/// Deflates a stream. The bytes do not depend on the pieces it comes in.
pub(super) struct Deflater {
    state: Compress,
    out: Vec<u8>,
}

impl Deflater {
    /// `None` where nothing is to be deflated.
    pub(super) fn new(compression: Compression) -> Option<Self> {
        const OUT: usize = 1 << 16;
        let level = match compression {
            Compression::None => return None,
            Compression::NumPy => NUMPY_LEVEL,
            Compression::Fast => FAST_LEVEL,
        };
        let state = Compress::new(flate2::Compression::new(level), false);
        Some(Self { state, out: Vec::with_capacity(OUT) })
    }

    /// Deflates bytes, and writes what comes of it. Returns how many were written.
    pub(super) fn write(&mut self, bytes: &[u8], target: &mut impl Write) -> std::io::Result<u64> {
        self.run(bytes, FlushCompress::None, target)
    }

    /// Writes what is left.
    pub(super) fn finish(&mut self, target: &mut impl Write) -> std::io::Result<u64> {
        self.run(&[], FlushCompress::Finish, target)
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
    if options.compression == Compression::Fast {
        return deflate_fast(&npy::encode(array, &options.npy)?);
    }
    let mut sink = Sink {
        crc: crc32fast::Hasher::new(),
        uncompressed: 0,
        deflater: Deflater::new(options.compression),
        bytes: Vec::new(),
    };
    npy::encode_to(&mut sink, array, &options.npy)?;
    if let Some(deflater) = &mut sink.deflater {
        deflater.finish(&mut sink.bytes)?;
    }
    let Sink { crc, uncompressed, bytes, .. } = sink;
    Ok(Deflated { crc: crc.finalize(), uncompressed, bytes })
}

fn deflate_fast(contents: &[u8]) -> Result<Deflated> {
    let level = libdeflater::CompressionLvl::new(LIBDEFLATE_LEVEL).unwrap_or_default();
    let mut compressor = libdeflater::Compressor::new(level);
    let bound = compressor.deflate_compress_bound(contents.len());
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(bound).map_err(std::io::Error::from)?;
    bytes.resize(bound, 0);
    let len = compressor
        .deflate_compress(contents, &mut bytes)
        .map_err(|error| std::io::Error::other(format!("deflate failed: {error:?}")))?;
    bytes.truncate(len);
    let crc = crc32fast::hash(contents);
    Ok(Deflated { crc, uncompressed: contents.len() as u64, bytes })
}

struct Sink {
    crc: crc32fast::Hasher,
    uncompressed: u64,
    deflater: Option<Deflater>,
    bytes: Vec<u8>,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // As much as the cache holds: it is looked at twice.
        let bytes = &bytes[..bytes.len().min(1 << 18)];
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
