//! A quick deflate, for `Compression::Fast`: segments that know the bytes before them and are otherwise
//! independent, so that all threads work on one stream, in memory that does not grow with it.

use std::io::Write;

use super::block::{self, Bits};
use super::matches::{Finder, WINDOW};

/// What one thread deflates at a time.
const SEGMENT: usize = 1 << 20;
/// How much has codes of its own.
const BLOCK: usize = 1 << 15;
/// How many segments are collected before they are deflated.
const SEGMENTS: usize = 8;

/// Deflates a stream that comes in pieces.
pub(in super::super) struct FastDeflater {
    /// The window before, and what waits behind it.
    bytes: Vec<u8>,
    window: usize,
    /// How many bytes an element has.
    stride: usize,
}

impl FastDeflater {
    /// For elements of so many bytes.
    pub(super) fn new(stride: usize) -> Self {
        Self { bytes: Vec::new(), window: 0, stride }
    }

    pub(super) fn write(
        &mut self,
        mut bytes: &[u8],
        target: &mut impl Write,
    ) -> std::io::Result<u64> {
        let mut written = 0;
        loop {
            let room = self.window + SEGMENTS * SEGMENT - self.bytes.len();
            let (now, later) = bytes.split_at(bytes.len().min(room));
            self.bytes.extend_from_slice(now);
            bytes = later;
            if bytes.is_empty() {
                return Ok(written);
            }
            // More is to come, so that this is not the end.
            written += self.deflate(false, target)?;
        }
    }

    pub(super) fn finish(&mut self, target: &mut impl Write) -> std::io::Result<u64> {
        self.deflate(true, target)
    }

    /// Deflates what waits.
    fn deflate(&mut self, last: bool, target: &mut impl Write) -> std::io::Result<u64> {
        let all = &self.bytes[..];
        let ends = (self.window..all.len()).step_by(SEGMENT).map(|start| {
            let end = all.len().min(start + SEGMENT);
            (start, end, last && end == all.len())
        });
        let mut segments: Vec<(usize, usize, bool)> = ends.collect();
        if segments.is_empty() && last {
            segments.push((all.len(), all.len(), true));
        }
        let mut written = 0;
        for bytes in
            run(&segments, |&(start, end, last)| segment(all, start, end, last, self.stride))
        {
            target.write_all(&bytes)?;
            written += bytes.len() as u64;
        }
        let keep = self.bytes.len().min(WINDOW);
        self.bytes.drain(..self.bytes.len() - keep);
        self.window = keep;
        Ok(written)
    }
}

/// Deflates one segment of bytes, which ends on a whole byte.
fn segment(all: &[u8], start: usize, end: usize, last: bool, stride: usize) -> Vec<u8> {
    let before = start.min(WINDOW);
    let (bytes, window) = (&all[start - before..end], before);
    let mut finder = Finder::new(bytes.len(), stride);
    finder.prime(&bytes[..window]);
    let mut bits = Bits::default();
    let mut at = window;
    loop {
        let next = bytes.len().min(at + BLOCK);
        let parsed = finder.parse(bytes, at, next);
        block::write(&mut bits, &bytes[at..next], parsed, last && next == bytes.len());
        at = next;
        if at == bytes.len() {
            break;
        }
    }
    if !last {
        bits.sync();
    }
    bits.into_bytes()
}

#[cfg(feature = "rayon")]
fn run<T: Sync>(parts: &[T], job: impl Fn(&T) -> Vec<u8> + Send + Sync) -> Vec<Vec<u8>> {
    use rayon::prelude::*;
    if parts.len() == 1 {
        return parts.iter().map(job).collect();
    }
    parts.par_iter().with_max_len(1).map(job).collect()
}

#[cfg(not(feature = "rayon"))]
fn run<T>(parts: &[T], job: impl Fn(&T) -> Vec<u8>) -> Vec<Vec<u8>> {
    parts.iter().map(job).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn deflated(bytes: &[u8], piece: usize, stride: usize) -> Vec<u8> {
        let (mut deflater, mut out) = (FastDeflater::new(stride), Vec::new());
        for piece in bytes.chunks(piece) {
            deflater.write(piece, &mut out).unwrap();
        }
        deflater.finish(&mut out).unwrap();
        out
    }

    /// Deflates elements of several sizes, and returns the least length.
    fn check(bytes: &[u8], name: &str) -> usize {
        let lens = [1, 8, 24, usize::MAX].map(|stride| check_stride(bytes, stride, name));
        lens.into_iter().min().unwrap()
    }

    fn check_stride(bytes: &[u8], stride: usize, name: &str) -> usize {
        let out = deflated(bytes, 1 << 18, stride);
        assert!(out == deflated(bytes, 100_003, stride), "{name}: depends on the pieces");
        // Two readers, neither of which is ours.
        let mut by_libdeflate = vec![0; bytes.len()];
        let len = libdeflater::Decompressor::new().deflate_decompress(&out, &mut by_libdeflate);
        assert_eq!(len.unwrap(), bytes.len(), "{name}");
        assert!(by_libdeflate == bytes, "{name}: libdeflate reads other bytes");
        let mut by_zlib = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(&out[..]);
        std::io::Read::read_to_end(&mut reader, &mut by_zlib).unwrap();
        assert!(by_zlib == bytes, "{name}: zlib reads other bytes");
        out.len()
    }

    fn noise(len: usize, mask: u8) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8 & mask
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn what_is_deflated_is_inflated_by_others() {
        for len in (0..40).chain([257, 258, 259, 260, 32_767, 32_769, 65_537]) {
            check(&vec![0; len], "zeros");
            check(&noise(len, 0xff), "noise");
            check(&noise(len, 3), "few symbols");
            let counting: Vec<u8> = (0..len).map(|at| (at / 7).to_le_bytes()[0]).collect();
            check(&counting, "counting");
        }
    }

    #[test]
    fn a_stream_longer_than_what_is_collected_is_one_stream() {
        let mut bytes = noise(3 << 20, 0x0f);
        bytes.extend(vec![7; 7 << 20]);
        bytes.extend_from_within(..(2 << 20) + 17);
        check_stride(&bytes, 8, "segments");
        check_stride(&bytes[..SEGMENT * SEGMENTS], WINDOW, "exactly what is collected");
    }

    #[test]
    fn what_repeats_becomes_small() {
        assert!(check(&vec![0; 1 << 20], "zeros") < 8000);
        let labels: Vec<u8> =
            noise(1 << 17, 7).into_iter().flat_map(|b| u64::from(b).to_le_bytes()).collect();
        assert!(check(&labels, "labels") < labels.len() / 6);
        assert!(check(&noise(1 << 20, 0xff), "noise") < (1 << 20) + 200);
    }
}
