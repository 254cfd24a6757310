//! Latin-1 and UTF-8: protocols 0 to 2 of pickle hold the bytes of arrays as text.
//!
//! Whole arrays go through here, so each loop has a wide way (`latin1/wide.rs`) for the processors that have it,
//! and a plain one without branches on what the bytes are, which nobody can foretell.

mod escape;
#[cfg(target_arch = "x86_64")]
mod wide;

pub(crate) use escape::{escape_latin1, escaped_prefix, hex_digit, unescape_prefix};

use super::owned::{reserve, vec_with_room};
use crate::error::Result;
#[cfg(target_arch = "x86_64")]
use wide::{Avx2, Avx512, SLACK};

/// Room behind the result that the wide ways write into.
#[cfg(target_arch = "x86_64")]
pub(crate) const SPARE: usize = SLACK;
#[cfg(not(target_arch = "x86_64"))]
pub(crate) const SPARE: usize = 0;

/// Below this size memory is taken for as many bytes as there are; above, pages that are not touched are not taken.
const LARGE: usize = 256 << 10;

/// The bytes that are the characters of a text; `None` unless all are below U+0100.
///
/// # Errors
/// No memory.
pub(crate) fn latin1_from_utf8(utf8: &[u8]) -> Result<Option<Vec<u8>>> {
    // Each character that is not ASCII is two bytes, if all is well.
    let wide = if utf8.len() < LARGE { count_wide(utf8) } else { 0 };
    let mut out = vec_with_room(utf8.len() - wide / 2 + SPARE)?;
    Ok(decode(utf8, &mut out).then_some(out))
}

fn decode(utf8: &[u8], out: &mut Vec<u8>) -> bool {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        let done = match Avx512::found() {
            Some(avx512) => avx512.decode(utf8, out),
            None => avx2.decode(utf8, out),
        };
        return done == utf8.len();
    }
    decode_plain(utf8, out)
}

fn decode_plain(utf8: &[u8], out: &mut Vec<u8>) -> bool {
    let (mut after_lead, mut upper, mut wrong) = (false, 0, false);
    for chunk in utf8.chunks(64) {
        if !after_lead && chunk.is_ascii() {
            out.extend_from_slice(chunk);
            continue;
        }
        let (mut bytes, mut len) = ([0; 64], 0);
        for &byte in chunk {
            let (lead, next) = (byte & 0xfe == 0xc2, byte & 0xc0 == 0x80);
            wrong |= (next != after_lead) | !(byte.is_ascii() | lead | next);
            bytes[len] = byte | upper;
            len += usize::from(!lead);
            after_lead = lead;
            upper = u8::from(byte == 0xc3) << 6;
        }
        if wrong {
            return false;
        }
        out.extend_from_slice(&bytes[..len]);
    }
    !after_lead
}

/// How far bytes are certainly UTF-8 of characters below U+0100. Ends between characters; may end early.
pub(crate) fn latin1_prefix(utf8: &[u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        return match Avx512::found() {
            Some(avx512) => avx512.latin1_prefix(utf8),
            None => avx2.latin1_prefix(utf8),
        };
    }
    utf8.iter().position(|byte| !byte.is_ascii()).unwrap_or(utf8.len())
}

/// How many bytes are not ASCII.
fn count_wide(bytes: &[u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        return avx2.count_wide(bytes);
    }
    bytes.iter().filter(|byte| !byte.is_ascii()).count()
}

/// How long bytes are as the characters of a text in UTF-8.
pub(crate) fn utf8_len_of_latin1(bytes: &[u8]) -> usize {
    bytes.len() + count_wide(bytes)
}

/// Appends bytes as the characters of a text in UTF-8.
pub(crate) fn utf8_from_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        reserve(out, utf8_len_of_latin1(bytes) + SLACK);
        let done = match Avx512::found() {
            Some(avx512) => avx512.encode(bytes, out),
            None => avx2.encode(bytes, out),
        };
        return encode_plain(&bytes[done..], out);
    }
    encode_plain(bytes, out);
}

fn encode_plain(bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    reserve(out, utf8_len_of_latin1(bytes));
    for chunk in bytes.chunks(32) {
        let (mut text, mut len) = ([0; 2 * 32], 0);
        for &byte in chunk {
            let pair = [0xc0 | byte >> 6, 0x80 | byte & 0x3f];
            let pair = if byte.is_ascii() { [byte, 0] } else { pair };
            text[len..len + 2].copy_from_slice(&pair);
            len += 1 + usize::from(byte >> 7);
        }
        out.extend_from_slice(&text[..len]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a simple generator.
    pub(super) fn noise(seed: usize, len: usize) -> Vec<u8> {
        let mut state = seed as u64 ^ 0x9e37_79b9_7f4a_7c15;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..len).map(|_| next()).collect()
    }

    /// All lengths, with few and many of what takes another form, at changing places; and each byte value.
    pub(super) fn samples() -> Vec<Vec<u8>> {
        let mut all = vec![(0..=255).collect(), (0..=255).rev().collect()];
        for len in 0..300 {
            all.push(noise(len, len));
            all.push(vec![b'a'; len]);
            all.push(vec![0; len]);
            all.push(vec![0xff; len]);
            all.push(noise(len, len).iter().map(|byte| byte & 0x7f).collect());
            all.push(noise(len, len).iter().map(|byte| byte | 0x80).collect());
            all.push(noise(len, len).iter().map(|byte| byte & 0x8a).collect());
            for odd in [0, 0x80, 0xbf, 0xc0, 0xc3, b'\\'] {
                let mut one = vec![b'x'; len];
                if let Some(place) = one.get_mut(len * 7 / 11) {
                    *place = odd;
                }
                all.push(one);
            }
        }
        all.push(noise(1, 300 << 10));
        all
    }

    type Decode = fn(&[u8], &mut Vec<u8>) -> bool;
    type Encode = fn(&[u8], &mut Vec<u8>);

    fn decode_in_full(utf8: &[u8], out: &mut Vec<u8>) -> bool {
        let bytes = latin1_from_utf8(utf8).expect("memory");
        out.extend(bytes.iter().flatten());
        bytes.is_some()
    }

    #[allow(unused_mut, reason = "only x86-64 has more ways")]
    fn decoders() -> Vec<(&'static str, Decode)> {
        let mut ways: Vec<(&str, Decode)> =
            vec![("chosen", decode_in_full), ("plain", decode_plain)];
        #[cfg(target_arch = "x86_64")]
        if Avx2::found().is_some() {
            ways.push(("avx2", |utf8, out| {
                out.reserve(utf8.len() + SLACK);
                Avx2::found().is_some_and(|avx2| avx2.decode(utf8, out) == utf8.len())
            }));
        }
        ways
    }

    #[allow(unused_mut, reason = "only x86-64 has more ways")]
    fn encoders() -> Vec<(&'static str, Encode)> {
        let mut ways: Vec<(&str, Encode)> =
            vec![("chosen", utf8_from_latin1), ("plain", encode_plain)];
        #[cfg(target_arch = "x86_64")]
        if Avx2::found().is_some() {
            ways.push(("avx2", |bytes, out| {
                out.reserve(2 * bytes.len() + SLACK);
                let done = Avx2::found().map_or(0, |avx2| avx2.encode(bytes, out));
                assert_eq!(done, bytes.len());
            }));
        }
        ways
    }

    /// What the standard library makes of it.
    fn characters(utf8: &[u8]) -> Option<Vec<u8>> {
        std::str::from_utf8(utf8).ok()?.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    }

    fn check_decoders(utf8: &[u8]) {
        let expected = characters(utf8);
        for (way, decode) in decoders() {
            let mut out = b"before".to_vec();
            let valid = decode(utf8, &mut out);
            assert_eq!(valid, expected.is_some(), "{way} {utf8:x?}");
            if let Some(expected) = &expected {
                assert!(out[..6] == *b"before" && out[6..] == *expected, "{way} {utf8:x?}");
            }
        }
        let check_prefix = |prefix: usize, width: usize| {
            assert!(characters(&utf8[..prefix]).is_some(), "{prefix} {utf8:x?}");
            assert!(expected.is_none() || prefix + width >= utf8.len(), "{prefix} {utf8:x?}");
        };
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = Avx2::found() {
            check_prefix(avx2.latin1_prefix(utf8), 32);
            return check_prefix(latin1_prefix(utf8), 64);
        }
        check_prefix(latin1_prefix(utf8), usize::MAX - utf8.len());
    }

    #[test]
    fn all_ways_agree_on_latin1() {
        for bytes in samples() {
            let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            assert_eq!(utf8_len_of_latin1(&bytes), text.len());
            for (way, encode) in encoders() {
                let mut out = b"before".to_vec();
                encode(&bytes, &mut out);
                assert!(out[..6] == *b"before" && out[6..] == *text.as_bytes(), "{way} {bytes:x?}");
            }
            check_decoders(text.as_bytes());
        }
    }

    #[test]
    fn every_place_in_memory_is_the_same() {
        let bytes = noise(5, 400);
        let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        for start in 0..70 {
            let rest = &bytes[start..start + 200];
            for (way, encode) in encoders() {
                let mut out = vec![7; start];
                encode(rest, &mut out);
                assert_eq!(characters(&out[start..]).as_deref(), Some(rest), "{way} {start}");
            }
            if text.is_char_boundary(start) {
                check_decoders(&text.as_bytes()[start..]);
            }
        }
    }

    #[test]
    fn all_ways_refuse_what_is_no_latin1() {
        let wrong: [&[u8]; 15] = [
            b"\x80",
            b"\xbf",
            b"\xc3",
            b"\xc2",
            b"\xc2a",
            b"\xc3\xc3\x80",
            b"\xc2\xff",
            b"\xc3\x80\x80",
            b"\xc0\x80",
            b"\xc1\xbf",
            b"\xc4\x80",
            b"\xdf\xbf",
            b"\xe2\x82\xac",
            b"\xf0\x9f\x98\x80",
            b"\xff",
        ];
        for wrong in wrong {
            for before in 0..140 {
                for after in [0, 1, 30, 70] {
                    for fill in ["a", "\u{e9}"] {
                        let mut text = fill.repeat(before / fill.len()).into_bytes();
                        text.extend(std::iter::repeat_n(b'b', before % fill.len()));
                        text.extend_from_slice(wrong);
                        text.extend_from_slice(fill.repeat(after).as_bytes());
                        assert!(characters(&text).is_none());
                        check_decoders(&text);
                    }
                }
            }
        }
    }

    #[test]
    fn all_ways_agree_on_any_pair_of_bytes() {
        for first in 0..=255 {
            for second in 0..=255 {
                for before in [0, 31, 62, 63] {
                    let mut text = vec![b'a'; before];
                    text.extend([first, second]);
                    check_decoders(&text);
                }
            }
        }
    }
}
