//! Bytes and comparisons as bits: Boolean values and validities.

#[cfg(target_arch = "x86_64")]
mod sse2;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use bytes::Bytes;

#[cfg(target_arch = "x86_64")]
use self::sse2::nonzero_word;
use super::cells::Cells;
use crate::memory::Room;
use crate::{Copied, Result};

/// The bits of 64 flags that are 0 or 1, the first of them the lowest.
fn packed(flags: &[u8; 64]) -> u64 {
    let mut bits = [0; 8];
    for (bits, flags) in bits.iter_mut().zip(flags.as_chunks::<8>().0) {
        // Each factor moves one flag to a bit of the highest byte of its own.
        let word = u64::from_le_bytes(*flags).wrapping_mul(0x0102_0408_1020_4080);
        *bits = word.to_be_bytes()[0];
    }
    u64::from_le_bytes(bits)
}

/// The bits of 64 bytes, one for each that is not 0.
#[cfg(not(target_arch = "x86_64"))]
fn nonzero_word(bytes: &[u8; 64]) -> u64 {
    let any = bytes.as_chunks::<8>().0.iter();
    let any = any.fold(0, |any, word| any | u64::from_le_bytes(*word));
    if any & !0x0101_0101_0101_0101 == 0 {
        return packed(bytes);
    }
    packed(&bytes.map(|byte| u8::from(byte != 0)))
}

/// The bits of flags: one for every byte that is not 0.
pub(super) fn nonzero(bytes: &[u8]) -> Result<BooleanBuffer> {
    collect_chunks(bytes, nonzero_word, |byte| byte != 0)
}

/// The bits of items, by a flag of 0 or 1 each.
fn collect<T: Copy>(items: &[T], flag: impl Fn(T) -> u8) -> Result<BooleanBuffer> {
    let word = |chunk: &[T; 64]| {
        let mut flags = [0; 64];
        for (to, from) in flags.iter_mut().zip(chunk) {
            *to = flag(*from);
        }
        packed(&flags)
    };
    collect_chunks(items, word, |item| flag(item) != 0)
}

/// The bits of items, 64 of them at a time, those of the rest one by one.
fn collect_chunks<T: Copy>(
    items: &[T],
    word: impl Fn(&[T; 64]) -> u64,
    flag: impl Fn(T) -> bool,
) -> Result<BooleanBuffer> {
    if items.is_empty() {
        return Ok(BooleanBuffer::new_unset(0));
    }
    let (chunks, rest) = items.as_chunks::<64>();
    let mut bits = Room::zeroed(items.len().div_ceil(64) * 8)?;
    let (words, _) = bits.as_mut_slice().as_chunks_mut::<8>();
    for (to, chunk) in words.iter_mut().zip(chunks) {
        *to = word(chunk).to_le_bytes();
    }
    if let Some(last) = words.get_mut(chunks.len()) {
        let bits = rest.iter().rev().fold(0, |bits, item| bits << 1 | u64::from(flag(*item)));
        *last = bits.to_le_bytes();
    }
    Ok(BooleanBuffer::new(Buffer::from(Bytes::from(bits)), 0, items.len()))
}

/// The validity of items, by a flag of 1 for each that is valid; none if all are.
pub(super) fn validity<T: Copy>(items: &[T], flag: impl Fn(T) -> u8) -> Result<Option<NullBuffer>> {
    // Most have no nulls, and then nothing is to be written.
    const BLOCK: usize = 4096;
    let all = |block: &[T]| block.iter().fold(1, |all, &item| all & flag(item)) == 1;
    if items.chunks(BLOCK).all(all) {
        return Ok(None);
    }
    Ok(some(collect(items, flag)?))
}

fn some(bits: BooleanBuffer) -> Option<NullBuffer> {
    let nulls = NullBuffer::new(bits);
    (nulls.null_count() > 0).then_some(nulls)
}

/// The validity that a mask leaves; none if it masks nothing.
pub(super) fn unmasked(mask: Option<&Cells<'_>>) -> Result<Option<NullBuffer>> {
    let Some(mask) = mask else { return Ok(None) };
    let bytes = mask.bytes(&mut Copied::default())?;
    validity(&bytes, |byte: u8| u8::from(byte == 0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn bits_are_those_of_flags() {
        for len in 0..200_usize {
            let bytes: Vec<u8> = (0..len).map(|i| [0, 1, 2, 0, 128, 255][i * i % 6]).collect();
            let bits = nonzero(&bytes).unwrap();
            assert_eq!(bits.len(), len);
            for (i, byte) in bytes.iter().enumerate() {
                assert_eq!(bits.value(i), *byte != 0, "{i} of {len}");
            }
        }
    }

    #[test]
    fn no_nulls_is_no_validity() {
        let all = vec![1.5_f64; 10_000];
        assert!(validity(&all, |x: f64| u8::from(!x.is_nan())).unwrap().is_none());
        for at in [0, 63, 64, 4095, 4096, 9_999] {
            let mut some = all.clone();
            some[at] = f64::NAN;
            let nulls = validity(&some, |x: f64| u8::from(!x.is_nan())).unwrap();
            assert_eq!(nulls.map(|nulls| (nulls.null_count(), nulls.is_null(at))), Some((1, true)));
        }
    }
}
