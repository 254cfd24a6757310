//! Loops that the compiler makes wider instructions of where the processor has them.
//!
//! `unsafe` lives here to say that the processor was asked; see each block.
#![allow(unsafe_code)]

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
}
