//! Loops that the compiler makes wider instructions of where the processor has them.
//!
//! `unsafe` lives here to say that the processor was asked; see each block.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, _mm256_permute2x128_si256, _mm256_setzero_si256, _mm256_unpackhi_epi64,
    _mm256_unpacklo_epi64,
};

/// Reverses the bytes of each item.
pub(super) fn swap<const N: usize>(from: &[[u8; N]], to: &mut [[u8; N]]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just said that it has AVX2.
        return unsafe { swap_avx2(from, to) };
    }
    swap_plain(from, to);
}

#[inline(always)]
fn swap_plain<const N: usize>(from: &[[u8; N]], to: &mut [[u8; N]]) {
    for (to, from) in to.iter_mut().zip(from) {
        let mut item = *from;
        item.reverse();
        *to = item;
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn swap_avx2<const N: usize>(from: &[[u8; N]], to: &mut [[u8; N]]) {
    swap_plain(from, to);
}

/// Copies `ROWS` items each from `width` places of `data`, `stride` bytes apart, so that the items of one
/// place become a column of the lines.
pub(super) fn transpose<const N: usize, const ROWS: usize, const BLOCK: usize, const SWAP: bool>(
    lines: &mut [&mut [[u8; N]]; ROWS],
    width: usize,
    data: &[u8],
    start: isize,
    stride: isize,
) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just said that it has AVX2.
        return unsafe {
            transpose_avx2::<N, ROWS, BLOCK, SWAP>(lines, width, data, start, stride)
        };
    }
    transpose_plain::<N, ROWS, BLOCK, SWAP>(lines, width, data, start, stride);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[expect(clippy::needless_range_loop, reason = "iterators are not inlined here, see below")]
fn transpose_avx2<const N: usize, const ROWS: usize, const BLOCK: usize, const SWAP: bool>(
    lines: &mut [&mut [[u8; N]]; ROWS],
    width: usize,
    data: &[u8],
    start: isize,
    stride: isize,
) {
    let mut done = 0;
    if N == 8 {
        // Four places of four items are four registers; the compiler does not find that by itself.
        // Plain loops: a closure with these instructions is not inlined into an iterator without them.
        done = width - width % 4;
        let mut left = 0;
        while left < done {
            let mut places: [&[u8]; 4] = [&[]; 4];
            for column in 0..4 {
                let step = stride.wrapping_mul((left + column).cast_signed());
                let at = start.wrapping_add(step).cast_unsigned();
                places[column] = &data[at..at + ROWS * 8];
            }
            let mut row = 0;
            while row + 4 <= ROWS {
                let mut columns = [_mm256_setzero_si256(); 4];
                for column in 0..4 {
                    columns[column] =
                        bytemuck::pod_read_unaligned(&places[column][row * 8..row * 8 + 32]);
                }
                let rows = transpose_4x4(columns);
                for i in 0..4 {
                    let to = lines[row + i][left..left + 4].as_flattened_mut();
                    to.copy_from_slice(bytemuck::bytes_of(&rows[i]));
                    if SWAP {
                        for item in to.as_chunks_mut::<8>().0 {
                            item.reverse();
                        }
                    }
                }
                row += 4;
            }
            left += 4;
        }
    }
    let start = start.wrapping_add(stride.wrapping_mul(done.cast_signed()));
    let mut rest = lines.each_mut().map(|line| &mut line[done..]);
    transpose_plain::<N, ROWS, BLOCK, SWAP>(&mut rest, width - done, data, start, stride);
}

/// Rows of four 64-bit items become columns.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn transpose_4x4([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (ab_even, ab_odd) = (_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
    let (cd_even, cd_odd) = (_mm256_unpacklo_epi64(c, d), _mm256_unpackhi_epi64(c, d));
    [
        _mm256_permute2x128_si256::<0x20>(ab_even, cd_even),
        _mm256_permute2x128_si256::<0x20>(ab_odd, cd_odd),
        _mm256_permute2x128_si256::<0x31>(ab_even, cd_even),
        _mm256_permute2x128_si256::<0x31>(ab_odd, cd_odd),
    ]
}

#[inline(always)]
fn transpose_plain<const N: usize, const ROWS: usize, const BLOCK: usize, const SWAP: bool>(
    lines: &mut [&mut [[u8; N]]; ROWS],
    width: usize,
    data: &[u8],
    start: isize,
    stride: isize,
) {
    let place = |column: usize| {
        let at = start.wrapping_add(stride.wrapping_mul(column.cast_signed())).cast_unsigned();
        data[at..at + ROWS * N].as_chunks::<N>().0
    };
    let whole = width - width % BLOCK;
    for left in (0..whole).step_by(BLOCK) {
        // All sizes are constants, so that the block stays in registers.
        let mut block = [[[0_u8; N]; BLOCK]; ROWS];
        for column in 0..BLOCK {
            for (row, item) in block.iter_mut().zip(place(left + column)) {
                let mut item = *item;
                if SWAP {
                    item.reverse();
                }
                row[column] = item;
            }
        }
        for (line, row) in lines.iter_mut().zip(&block) {
            line[left..left + BLOCK].copy_from_slice(row);
        }
    }
    for column in whole..width {
        for (line, item) in lines.iter_mut().zip(place(column)) {
            let mut item = *item;
            if SWAP {
                item.reverse();
            }
            line[column] = item;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_and_plain_agree() {
        fn check<const N: usize>() {
            for len in 0..70_u8 {
                let from: Vec<[u8; N]> = (0..len)
                    .map(|i| std::array::from_fn(|j| i.wrapping_mul(7) ^ j.to_le_bytes()[0]))
                    .collect();
                let (mut wide, mut plain) = (vec![[0; N]; from.len()], vec![[0; N]; from.len()]);
                swap(&from, &mut wide);
                swap_plain(&from, &mut plain);
                assert_eq!(wide, plain);
            }
        }
        check::<2>();
        check::<4>();
        check::<8>();
        check::<16>();
    }

    #[test]
    fn wide_and_plain_transpositions_agree() {
        fn check<const N: usize, const ROWS: usize, const BLOCK: usize, const SWAP: bool>() {
            for (width, stride) in [(0, 100), (1, 90), (7, -300), (40, 257), (33, 512)] {
                let reach = 40 * 512 + ROWS * N;
                let data: Vec<u8> =
                    (0..reach * 2).map(|i| (i * 31 % 251).to_le_bytes()[0]).collect();
                let start = reach.cast_signed();
                let mut lines = vec![vec![vec![[0_u8; N]; width]; ROWS]; 2];
                for (wide, lines) in lines.iter_mut().enumerate() {
                    let mut lines = lines.iter_mut();
                    let mut lines: [&mut [[u8; N]]; ROWS] = std::array::from_fn(|_| {
                        lines.next().map(|line| &mut line[..]).unwrap_or_default()
                    });
                    if wide == 1 {
                        transpose::<N, ROWS, BLOCK, SWAP>(&mut lines, width, &data, start, stride);
                    } else {
                        transpose_plain::<N, ROWS, BLOCK, SWAP>(
                            &mut lines, width, &data, start, stride,
                        );
                    }
                }
                assert_eq!(lines[0], lines[1], "{N} {width} {stride}");
                let at = |column: usize| (start + stride * column.cast_signed()).cast_unsigned();
                for (row, line) in lines[1].iter().enumerate() {
                    for (column, item) in line.iter().enumerate() {
                        let mut expected = data[at(column) + row * N..][..N].to_vec();
                        if SWAP {
                            expected.reverse();
                        }
                        assert_eq!(item[..], expected);
                    }
                }
            }
        }
        check::<1, 32, 32, false>();
        check::<2, 32, 16, true>();
        check::<4, 16, 8, true>();
        check::<8, 8, 4, false>();
        check::<8, 8, 4, true>();
        check::<16, 4, 2, true>();
    }
}
