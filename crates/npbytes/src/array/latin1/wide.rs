//! The loops of `latin1.rs` and `escape.rs` in wide registers.
//!
//! A value of [`Avx2`] or [`Avx512`] is the processor's word that it has the instructions; `unsafe` lives here to
//! use them on that word, and to write into memory before it is part of a vector; see each block.
//! Each loop stops before what it does not know or has no room for, and says how far it came.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::mem::MaybeUninit;

use super::escape::{ESCAPES, byte_of_escape, escape_len};

/// How much was read of the input, and how much was appended to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) read: usize,
    pub(super) written: usize,
}

/// Room that the loops need behind what they write: they write whole registers.
pub(super) const SLACK: usize = 64;

/// A processor with AVX2.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// A processor that can also squeeze bytes out of a register (Ice Lake, Zen 4).
#[derive(Clone, Copy)]
pub(super) struct Avx512(());

impl Avx2 {
    #[inline]
    pub(super) fn found() -> Option<Self> {
        let found = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Self(()))
    }

    /// How many bytes are not ASCII.
    pub(super) fn count_wide(self, bytes: &[u8]) -> usize {
        // SAFETY: the processor has what the function is compiled for: `self` exists.
        unsafe { count_wide(bytes) }
    }

    /// How far bytes are certainly UTF-8 of characters below U+0100; ends between characters.
    pub(super) fn latin1_prefix(self, utf8: &[u8]) -> usize {
        // SAFETY: as above.
        unsafe { latin1_prefix_avx2(utf8) }
    }

    /// Decodes UTF-8 of characters below U+0100.
    pub(super) fn decode(self, utf8: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { decode_avx2(utf8, room) })
    }

    /// Encodes bytes as UTF-8.
    pub(super) fn encode(self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { encode_avx2(bytes, room) })
    }

    /// How far a text holds plain bytes and escapes of bytes only, and no end of a line.
    pub(super) fn escaped_prefix(self, text: &[u8]) -> usize {
        // SAFETY: as above.
        unsafe { escaped_prefix(text) }
    }

    /// Decodes plain bytes and escapes of bytes.
    pub(super) fn unescape(self, text: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { unescape_avx2(text, room) })
    }

    /// Writes bytes with escapes for those that need them.
    pub(super) fn escape(self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { escape_avx2(bytes, room) })
    }
}

impl Avx512 {
    #[inline]
    pub(super) fn found() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        found.then_some(Self(()))
    }

    /// How far bytes are certainly UTF-8 of characters below U+0100; ends between characters.
    pub(super) fn latin1_prefix(self, utf8: &[u8]) -> usize {
        // SAFETY: the processor has what the function is compiled for: `self` exists.
        unsafe { latin1_prefix_avx512(utf8) }
    }

    /// Decodes UTF-8 of characters below U+0100.
    pub(super) fn decode(self, utf8: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { decode_avx512(utf8, room) })
    }

    /// Encodes bytes as UTF-8.
    pub(super) fn encode(self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { encode_avx512(bytes, room) })
    }

    /// Decodes plain bytes and escapes of bytes.
    pub(super) fn unescape(self, text: &[u8], out: &mut Vec<u8>) -> usize {
        // SAFETY: as above.
        append(out, |room| unsafe { unescape_avx512(text, room) })
    }
}

/// Lets a loop of this file fill the room that a vector has.
#[inline(always)]
fn append(out: &mut Vec<u8>, fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> Done) -> usize {
    let Done { read, written } = fill(out.spare_capacity_mut());
    let len = out.len() + written;
    // SAFETY: the loops write without gaps from the start of the room, and say how much of it they wrote.
    unsafe { out.set_len(len) };
    read
}

#[inline(always)]
fn room_at<const N: usize>(
    room: &mut [MaybeUninit<u8>],
    at: usize,
) -> Option<&mut [MaybeUninit<u8>; N]> {
    room.get_mut(at..)?.first_chunk_mut()
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_32(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: reads the 32 bytes; needs no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_32(room: &mut [MaybeUninit<u8>; 32], bytes: __m256i) {
    // SAFETY: writes the 32 bytes; needs no alignment.
    unsafe { _mm256_storeu_si256(room.as_mut_ptr().cast(), bytes) };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_64(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: reads the 64 bytes; needs no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store_64(room: &mut [MaybeUninit<u8>; 64], bytes: __m512i) {
    // SAFETY: writes the 64 bytes; needs no alignment.
    unsafe { _mm512_storeu_si512(room.as_mut_ptr().cast(), bytes) };
}

#[inline]
#[target_feature(enable = "sse2")]
fn store_16(room: &mut [MaybeUninit<u8>; 16], bytes: __m128i) {
    // SAFETY: writes the 16 bytes; needs no alignment.
    unsafe { _mm_storeu_si128(room.as_mut_ptr().cast(), bytes) };
}

#[inline]
#[target_feature(enable = "sse2")]
fn load_16(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: reads the 16 bytes; needs no alignment.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Asks for memory that is read or written soon: of texts that are longer than the caches, the processor by itself
/// does not fetch as far ahead as these loops get.
#[inline(always)]
fn fetch<T, const N: usize, const AHEAD: usize>(bytes: &[T; N]) {
    let ahead = bytes.as_ptr().cast::<i8>().wrapping_add(AHEAD);
    // SAFETY: a hint, which may be about any address.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead) };
}

/// How far ahead: to be read.
const READ: usize = 4096;
/// To be written.
const WRITTEN: usize = 1024;

/// The rest of an input, and zeros behind it.
fn padded<const N: usize>(rest: &[u8]) -> [u8; N] {
    let mut chunk = [0; N];
    if let Some(start) = chunk.get_mut(..rest.len()) {
        start.copy_from_slice(rest);
    }
    chunk
}

#[target_feature(enable = "avx2,popcnt")]
fn count_wide(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks::<32>();
    let of = |chunk| bits(load_32(chunk)).count_ones() as usize;
    chunks.iter().map(of).sum::<usize>() + rest.iter().filter(|byte| !byte.is_ascii()).count()
}

/// The upper bit of each byte.
#[inline]
#[target_feature(enable = "avx2")]
fn bits(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes).cast_unsigned()
}

/// What 32 bytes are as parts of characters below U+0100.
struct Parts {
    /// The first byte of a character of two.
    lead: __m256i,
    /// Whether something does not fit: a first byte without a second, or the other way round, or neither.
    wrong: __m256i,
    /// 0x40 where the byte before is C3.
    upper: __m256i,
}

/// `before` is the chunk before.
#[inline]
#[target_feature(enable = "avx2")]
fn parts(bytes: __m256i, before: __m256i) -> Parts {
    let shifted = _mm256_alignr_epi8::<15>(bytes, _mm256_permute2x128_si256::<0x21>(before, bytes));
    let (even, c2) = (_mm256_set1_epi8(-2), _mm256_set1_epi8(0xc2_u8.cast_signed()));
    let lead = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, even), c2);
    let after_lead = _mm256_cmpeq_epi8(_mm256_and_si256(shifted, even), c2);
    let next = _mm256_cmpgt_epi8(_mm256_set1_epi8(-0x40), bytes);
    let unlike = _mm256_xor_si256(next, after_lead);
    let neither = _mm256_andnot_si256(_mm256_or_si256(lead, next), bytes);
    let c3 = _mm256_set1_epi8(0xc3_u8.cast_signed());
    let upper = _mm256_and_si256(_mm256_cmpeq_epi8(shifted, c3), _mm256_set1_epi8(0x40));
    Parts { lead, wrong: _mm256_or_si256(unlike, neither), upper }
}

#[target_feature(enable = "avx2")]
fn latin1_prefix_avx2(utf8: &[u8]) -> usize {
    let mut before = _mm256_setzero_si256();
    let mut at = 0;
    for chunk in utf8.as_chunks::<32>().0 {
        fetch::<_, _, READ>(chunk);
        let bytes = load_32(chunk);
        if bits(parts(bytes, before).wrong) != 0 {
            break;
        }
        before = bytes;
        at += 32;
    }
    between_characters(utf8, at)
}

/// The end of a prefix, or one byte before, where a character has begun there.
fn between_characters(utf8: &[u8], at: usize) -> usize {
    match utf8.get(..at) {
        Some([.., 0xc2 | 0xc3]) => at - 1,
        _ => at,
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn latin1_prefix_avx512(utf8: &[u8]) -> usize {
    let mut lead_before = 0;
    let mut at = 0;
    for chunk in utf8.as_chunks::<64>().0 {
        fetch::<_, _, READ>(chunk);
        let Some(lead) = leads(load_64(chunk), lead_before) else { break };
        lead_before = lead >> 63;
        at += 64;
    }
    between_characters(utf8, at)
}

/// The first bytes of characters of two; `None` where something is no character below U+0100, or no whole one.
/// `lead_before` is whether the byte before begins one.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn leads(bytes: __m512i, lead_before: u64) -> Option<u64> {
    let (even, c2) = (_mm512_set1_epi8(-2), _mm512_set1_epi8(0xc2_u8.cast_signed()));
    let lead = _mm512_cmpeq_epi8_mask(_mm512_and_si512(bytes, even), c2);
    let next = _mm512_cmplt_epi8_mask(bytes, _mm512_set1_epi8(-0x40));
    let is_text = next == (lead << 1 | lead_before) && _mm512_movepi8_mask(bytes) == (lead | next);
    is_text.then_some(lead)
}

/// For each set of bytes of eight that are left out, where the others are.
static KEPT: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut dropped = 0;
    while dropped < 256 {
        let (mut from, mut to) = (0_u8, 0);
        while from < 8 {
            if dropped >> from & 1 == 0 {
                table[dropped][to] = from;
                to += 1;
            }
            from += 1;
        }
        dropped += 1;
    }
    table
};

#[target_feature(enable = "avx2,popcnt")]
fn decode_avx2(utf8: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    let mut before = _mm256_setzero_si256();
    let (chunks, rest) = utf8.as_chunks::<32>();
    let last = padded(rest);
    for chunk in chunks.iter().chain((!rest.is_empty()).then_some(&last)) {
        fetch::<_, _, READ>(chunk);
        let bytes = load_32(chunk);
        let parts = parts(bytes, before);
        let Some(room) = room_at::<32>(room, done.written) else { return done };
        if bits(parts.wrong) != 0 {
            return done;
        }
        before = bytes;
        let real = (utf8.len() - done.read).min(32);
        done.read += real;
        let dropped = bits(parts.lead);
        let bytes = _mm256_or_si256(bytes, parts.upper);
        if dropped == 0 {
            store_32(room, bytes);
            done.written += real;
            continue;
        }
        let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
        let words = [low, _mm_unpackhi_epi64(low, low), high, _mm_unpackhi_epi64(high, high)];
        let mut to = 0;
        for (word, dropped) in words.into_iter().zip(dropped.to_le_bytes()) {
            let kept = u64::from_le_bytes(KEPT[usize::from(dropped)]);
            let kept = _mm_cvtsi64_si128(kept.cast_signed());
            let word = _mm_cvtsi128_si64(_mm_shuffle_epi8(word, kept));
            // There are 8 bytes at most before each of the four.
            store_8(room, to, word.cast_unsigned());
            to += 8 - dropped.count_ones() as usize;
        }
        done.written += to - (32 - real);
    }
    if let Some(0xc2 | 0xc3) = utf8.last() {
        done.read -= 1;
    }
    done
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,popcnt")]
fn decode_avx512(utf8: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    let (mut lead_before, mut c3_before) = (0_u64, 0_u64);
    let (c3, upper) = (_mm512_set1_epi8(0xc3_u8.cast_signed()), _mm512_set1_epi8(0x40));
    let (chunks, rest) = utf8.as_chunks::<64>();
    let last = padded(rest);
    for chunk in chunks.iter().chain((!rest.is_empty()).then_some(&last)) {
        fetch::<_, _, READ>(chunk);
        let bytes = load_64(chunk);
        let Some(room) = room_at::<64>(room, done.written) else { return done };
        let Some(lead) = leads(bytes, lead_before) else { return done };
        let c3 = _mm512_cmpeq_epi8_mask(bytes, c3);
        let after_c3 = c3 << 1 | c3_before;
        (lead_before, c3_before) = (lead >> 63, c3 >> 63);
        let bytes = or_some(bytes, after_c3, upper);
        fetch::<_, _, WRITTEN>(room);
        store_64(room, _mm512_maskz_compress_epi8(!lead, bytes));
        let real = (utf8.len() - done.read).min(64);
        done.read += real;
        done.written += real - lead.count_ones() as usize;
    }
    if lead_before != 0 {
        done.read -= 1;
    }
    done
}

/// The bits of `more` added to some of the bytes.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn or_some(bytes: __m512i, which: u64, more: __m512i) -> __m512i {
    _mm512_or_si512(bytes, _mm512_maskz_mov_epi8(which, more))
}

/// For each set of characters of eight that take two bytes, which bytes of their pairs are kept.
static PAIRS: [[u8; 16]; 256] = {
    let mut table = [[0; 16]; 256];
    let mut wide = 0;
    while wide < 256 {
        let (mut from, mut to) = (0_u8, 0);
        while from < 8 {
            table[wide][to] = 2 * from;
            to += 1;
            if wide >> from & 1 == 1 {
                table[wide][to] = 2 * from + 1;
                to += 1;
            }
            from += 1;
        }
        wide += 1;
    }
    table
};

#[target_feature(enable = "avx2,popcnt")]
fn encode_avx2(bytes: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    let (chunks, rest) = bytes.as_chunks::<16>();
    let last = padded(rest);
    for chunk in chunks.iter().chain((!rest.is_empty()).then_some(&last)) {
        let Some(room) = room_at::<32>(room, done.written) else { return done };
        let real = (bytes.len() - done.read).min(16);
        done.read += real;
        fetch::<_, _, READ>(chunk);
        let narrow = load_16(chunk);
        let wide = _mm_movemask_epi8(narrow).cast_unsigned();
        let lanes = _mm256_cvtepu8_epi16(narrow);
        let lead = _mm256_or_si256(
            _mm256_srli_epi16::<6>(lanes),
            _mm256_set1_epi16(0x80c0_u16.cast_signed()),
        );
        let next = _mm256_and_si256(_mm256_slli_epi16::<8>(lanes), _mm256_set1_epi16(0x3f00));
        let is_wide = _mm256_cmpgt_epi16(lanes, _mm256_set1_epi16(0x7f));
        let pairs = _mm256_blendv_epi8(lanes, _mm256_or_si256(lead, next), is_wide);
        let halves = [_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs)];
        let [first, second, ..] = wide.to_le_bytes();
        let mut to = 0;
        for (pairs, wide) in halves.into_iter().zip([first, second]) {
            let kept = load_16(&PAIRS[usize::from(wide)]);
            // There are 16 bytes at most before the second.
            if let Some(room) = room_at::<16>(room, to) {
                store_16(room, _mm_shuffle_epi8(pairs, kept));
            }
            to += 8 + wide.count_ones() as usize;
        }
        done.written += to - (16 - real);
    }
    done
}

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2,bmi2,popcnt")]
fn encode_avx512(bytes: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    let (chunks, rest) = bytes.as_chunks::<32>();
    let last = padded(rest);
    for chunk in chunks.iter().chain((!rest.is_empty()).then_some(&last)) {
        let Some(room) = room_at::<64>(room, done.written) else { return done };
        let real = (bytes.len() - done.read).min(32);
        done.read += real;
        fetch::<_, _, READ>(chunk);
        let narrow = load_32(chunk);
        let wide = bits(narrow);
        let lanes = _mm512_cvtepu8_epi16(narrow);
        let lead = _mm512_or_si512(
            _mm512_srli_epi16::<6>(lanes),
            _mm512_set1_epi16(0x80c0_u16.cast_signed()),
        );
        let next = _mm512_and_si512(_mm512_slli_epi16::<8>(lanes), _mm512_set1_epi16(0x3f00));
        let pairs = _mm512_mask_blend_epi16(wide, lanes, _mm512_or_si512(lead, next));
        let kept = 0x5555_5555_5555_5555 | _pdep_u64(wide.into(), 0xaaaa_aaaa_aaaa_aaaa);
        fetch::<_, _, WRITTEN>(room);
        store_64(room, _mm512_maskz_compress_epi8(kept, pairs));
        done.written += real + wide.count_ones() as usize;
    }
    done
}

#[target_feature(enable = "avx2,bmi1")]
fn escaped_prefix(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(window) = text.get(at..).and_then(<[u8]>::first_chunk) {
        fetch::<_, _, READ>(window);
        match first_other(window) {
            32 => at += 32,
            end => return at + end as usize,
        }
    }
    // Zeros are no digits, so that an escape that is cut is none.
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let end = first_other(&padded(rest)) as usize;
        if end < 32.min(rest.len()) {
            return at + end;
        }
        at += 32.min(rest.len());
    }
    at
}

/// The first of 32 bytes, which five follow, at which stands a backslash that starts no escape of a byte, or a newline.
#[inline]
#[target_feature(enable = "avx2,bmi1")]
fn first_other(window: &[u8; 32 + 5]) -> u32 {
    let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let after = |count: usize| {
        window.get(count..).and_then(<[u8]>::first_chunk).map_or(all(0), |chunk| load_32(chunk))
    };
    let like = |count: usize, byte: u8| _mm256_cmpeq_epi8(after(count), all(byte));
    let up_to = |first: u8, from: __m256i, count: u8| {
        let place = _mm256_sub_epi8(from, all(first));
        _mm256_cmpeq_epi8(_mm256_min_epu8(place, all(count)), place)
    };
    let hex = |count: usize| {
        let lower = _mm256_or_si256(after(count), all(0x20));
        _mm256_or_si256(up_to(b'0', after(count), 9), up_to(b'a', lower, 5))
    };
    let start = _mm256_and_si256(_mm256_and_si256(like(1, b'u'), like(2, b'0')), like(3, b'0'));
    let escape = _mm256_and_si256(start, _mm256_and_si256(hex(4), hex(5)));
    let backslash = _mm256_andnot_si256(escape, like(0, b'\\'));
    bits(_mm256_or_si256(backslash, like(0, b'\n'))).trailing_zeros()
}

#[target_feature(enable = "avx2,bmi1")]
fn unescape_avx2(text: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    let backslash = _mm256_set1_epi8(b'\\'.cast_signed());
    loop {
        let (Some(rest), Some(to)) = (text.get(done.read..), room_at::<32>(room, done.written))
        else {
            return done;
        };
        let (chunk, real) = match rest.first_chunk() {
            Some(chunk) => (*chunk, 32),
            None => (padded(rest), rest.len()),
        };
        let bytes = load_32(&chunk);
        store_32(to, bytes);
        let found = bits(_mm256_cmpeq_epi8(bytes, backslash)).trailing_zeros() as usize;
        let plain = found.min(real);
        done.read += plain;
        done.written += plain;
        if real < 32 && plain == real {
            return done;
        }
        if found < 32 {
            let start = done.read;
            while let Some(escape) = text.get(done.read..).and_then(<[u8]>::first_chunk)
                && let Some(byte) = byte_of_escape(*escape)
                && let Some(to) = room.get_mut(done.written)
            {
                to.write(byte);
                done.read += 6;
                done.written += 1;
            }
            if done.read == start {
                return done;
            }
        }
    }
}

#[cold]
#[inline(never)]
fn last_end(other: u64, limit: u32) -> u32 {
    other.trailing_zeros().min(limit)
}

/// The places of the bytes so much further on.
const fn further(count: u8) -> [u8; 64] {
    let mut places = [0; 64];
    let mut place = 0_u8;
    while place < 64 {
        places[place as usize] = (place + count) & 63;
        place += 1;
    }
    places
}

static FOURTH: [u8; 64] = further(4);
static FIFTH: [u8; 64] = further(5);

#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vbmi2,avx2,bmi1,popcnt")]
fn unescape_avx512(text: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    let mut done = Done { read: 0, written: 0 };
    /// An escape that starts behind these goes beyond the chunk.
    const SEEN: u64 = (1 << 59) - 1;
    let (letter, nine) = (_mm512_set1_epi8(0x40), _mm512_set1_epi8(9));
    // Bytes of the chunk that belong to an escape in the one before.
    let mut inside = 0_u64;
    loop {
        let (Some(rest), Some(to)) = (text.get(done.read..), room_at::<64>(room, done.written))
        else {
            return done;
        };
        let (bytes, limit) = match rest.first_chunk() {
            Some(chunk) => {
                fetch::<_, _, READ>(chunk);
                (load_64(chunk), 64)
            }
            // Zeros are no digits, so that an escape that is cut is none.
            None => (load_64(&padded(rest)), u32::try_from(rest.len()).unwrap_or(0)),
        };
        let is = |byte: u8| _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte.cast_signed()));
        let up_to = |first: u8, from: __m512i, count: i8| {
            let place = _mm512_sub_epi8(from, _mm512_set1_epi8(first.cast_signed()));
            _mm512_cmple_epu8_mask(place, _mm512_set1_epi8(count))
        };
        let lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
        let hex = up_to(b'0', bytes, 9) | up_to(b'a', lower, 5);
        let backslash = is(b'\\');
        let escape = is(b'u') >> 1 & is(b'0') >> 2 & is(b'0') >> 3 & hex >> 4 & hex >> 5;
        let other = backslash & !escape & SEEN;
        // Whether it is the last is foretold; how far it goes would have to be waited for.
        let last = other != 0 || limit < 59;
        let end = if last { last_end(other, limit) } else { 59 };
        let starts = backslash & ((1 << end) - 1);
        inside |= starts << 1 | starts << 2 | starts << 3 | starts << 4 | starts << 5;
        // The digits of each escape move to its start. Bit 6 tells letters from digits.
        let digits = _mm512_add_epi8(
            _mm512_and_si512(bytes, _mm512_set1_epi8(15)),
            _mm512_maskz_mov_epi8(_mm512_test_epi8_mask(bytes, letter), nine),
        );
        let high = _mm512_permutexvar_epi8(load_64(&FOURTH), digits);
        let low = _mm512_permutexvar_epi8(load_64(&FIFTH), digits);
        let value = _mm512_or_si512(_mm512_slli_epi16::<4>(high), low);
        let bytes = _mm512_mask_mov_epi8(bytes, starts, value);
        let kept = !inside & ((1 << end) - 1);
        fetch::<_, _, WRITTEN>(to);
        store_64(to, _mm512_maskz_compress_epi8(kept, bytes));
        done.read += end as usize;
        done.written += kept.count_ones() as usize;
        if last {
            return done;
        }
        inside >>= 59;
    }
}

#[target_feature(enable = "avx2,bmi1,popcnt")]
fn escape_avx2(bytes: &[u8], room: &mut [MaybeUninit<u8>]) -> Done {
    // So many bytes that need an escape among 32 are better taken byte by byte.
    const MANY: u32 = 4;
    let mut done = Done { read: 0, written: 0 };
    while let Some(window) = bytes.get(done.read..).and_then(<[u8]>::first_chunk::<ESCAPED_AT_ONCE>)
        && let Some(chunk) = window.first_chunk()
        && let Some(room) = room_at::<{ 32 * 6 + SLACK }>(room, done.written)
    {
        fetch::<_, _, READ>(chunk);
        let all = load_32(chunk);
        let is = |byte: u8| _mm256_cmpeq_epi8(all, _mm256_set1_epi8(byte.cast_signed()));
        let ends = _mm256_or_si256(is(b'\n'), is(b'\r'));
        let others = _mm256_or_si256(is(b'\\'), _mm256_or_si256(is(0), is(0x1a)));
        let mut special = bits(_mm256_or_si256(ends, others));
        let count = special.count_ones();
        done.read += 32;
        if count > MANY {
            let mut to = 0;
            for &byte in chunk {
                let word = ESCAPES[usize::from(byte)];
                store_8(room, to, word);
                to += escape_len(word);
            }
            done.written += to;
            continue;
        }
        done.written += 32 + 5 * count as usize;
        if let Some(room) = room_at::<32>(room, 0) {
            store_32(room, all);
        }
        let mut moved = 0;
        // The first without asking whether there is one, which cannot be foretold: what is written behind the chunk
        // then is written over.
        loop {
            let place = special.trailing_zeros() as usize;
            store_8(room, place + moved, ESCAPES[usize::from(chunk[place & 31])]);
            moved += 5;
            if let Some(rest) = window.get(place + 1..).and_then(<[u8]>::first_chunk)
                && let Some(room) = room_at::<32>(room, place + 1 + moved)
            {
                store_32(room, load_32(rest));
            }
            special &= special.wrapping_sub(1);
            if special == 0 {
                break;
            }
        }
    }
    done
}

/// How many bytes [`Avx2::escape`] looks at.
pub(super) const ESCAPED_AT_ONCE: usize = 32 + 33;

#[inline(always)]
fn store_8(room: &mut [MaybeUninit<u8>], at: usize, word: u64) {
    if let Some(room) = room_at::<8>(room, at) {
        room.copy_from_slice(&word.to_le_bytes().map(MaybeUninit::new));
    }
}
