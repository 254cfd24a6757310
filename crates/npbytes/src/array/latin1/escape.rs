//! Bytes in Python's `raw-unicode-escape`, as protocol 0 writes them: all but five stand for themselves, and those
//! are `\u00XX`.

#[cfg(target_arch = "x86_64")]
use super::wide::{Avx2, Avx512, ESCAPED_AT_ONCE, SLACK};
#[cfg(target_arch = "x86_64")]
use crate::array::owned::reserve;

/// What is written for each byte, as little-endian words: itself, or six characters.
pub(super) static ESCAPES: [u64; 256] = {
    let digits = b"0123456789abcdef";
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = byte as u64;
        if matches!(byte, 0 | 0x0a | 0x0d | 0x1a | 0x5c) {
            let (high, low) = (digits[byte >> 4], digits[byte & 15]);
            table[byte] = u64::from_le_bytes([b'\\', b'u', b'0', b'0', high, low, 0, 0]);
        }
        byte += 1;
    }
    table
};

/// How long such a word is.
#[inline(always)]
pub(super) const fn escape_len(word: u64) -> usize {
    if word > 0xff { 6 } else { 1 }
}

/// The value of each digit; 0xff is none.
static DIGITS: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut digit = 0_u8;
    while digit < 16 {
        let letters = [b"0123456789abcdef"[digit as usize], b"0123456789ABCDEF"[digit as usize]];
        table[letters[0] as usize] = digit;
        table[letters[1] as usize] = digit;
        digit += 1;
    }
    table
};

/// The value of a hexadecimal digit.
#[inline(always)]
pub(crate) fn hex_digit(digit: u8) -> Option<u8> {
    Some(DIGITS[usize::from(digit)]).filter(|value| *value < 16)
}

/// The byte that an escape stands for.
#[inline(always)]
pub(super) fn byte_of_escape([start @ .., high, low]: [u8; 6]) -> Option<u8> {
    let (high, low) = (DIGITS[usize::from(high)], DIGITS[usize::from(low)]);
    (start == *b"\\u00" && (high | low) < 16).then_some(high << 4 | low)
}

/// How far a text holds plain bytes and escapes of bytes, and no newline.
pub(crate) fn escaped_prefix(text: &[u8]) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        return avx2.escaped_prefix(text);
    }
    escaped_prefix_plain(text)
}

fn escaped_prefix_plain(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        match memchr::memchr2(b'\\', b'\n', rest) {
            Some(plain) => at += plain,
            None => return text.len(),
        }
        let escape = text.get(at..).and_then(<[u8]>::first_chunk);
        if escape.and_then(|escape| byte_of_escape(*escape)).is_none() {
            return at;
        }
        at += 6;
    }
    at
}

/// Appends what a text stands for, as far as it holds plain bytes and escapes of bytes; how far that is.
pub(crate) fn unescape_prefix(text: &[u8], out: &mut Vec<u8>) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::found() {
        reserve(out, text.len() + SLACK);
        return match Avx512::found() {
            Some(avx512) => avx512.unescape(text, out),
            None => avx2.unescape(text, out),
        };
    }
    unescape_prefix_plain(text, out)
}

fn unescape_prefix_plain(text: &[u8], out: &mut Vec<u8>) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let plain = memchr::memchr(b'\\', rest).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        at += plain;
        let escape = rest.get(plain..).and_then(<[u8]>::first_chunk);
        let Some(byte) = escape.and_then(|escape| byte_of_escape(*escape)) else { break };
        out.push(byte);
        at += 6;
    }
    at
}

/// Appends bytes as a line of `raw-unicode-escape`.
pub(crate) fn escape_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    #[cfg(target_arch = "x86_64")]
    let bytes = Avx2::found().map_or(bytes, |avx2| escape_wide(avx2, bytes, out));
    escape_plain(bytes, out);
}

/// Returns a short rest.
#[cfg(target_arch = "x86_64")]
fn escape_wide<'a>(avx2: Avx2, bytes: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let mut rest = bytes;
    while rest.len() >= ESCAPED_AT_ONCE {
        // More is needed where more than one byte in forty is escaped.
        reserve(out, rest.len() + rest.len() / 8 + 4 * SLACK);
        rest = &rest[avx2.escape(rest, out)..];
    }
    rest
}

fn escape_plain(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(32) {
        let mut text = [0; 32 * 6 + 2];
        let mut len = 0;
        for &byte in chunk {
            let word = ESCAPES[usize::from(byte)];
            text[len..len + 8].copy_from_slice(&word.to_le_bytes());
            len += escape_len(word);
        }
        out.extend_from_slice(&text[..len]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::latin1::tests::{noise, samples};

    type Escape = fn(&[u8], &mut Vec<u8>);
    type Unescape = fn(&[u8], &mut Vec<u8>) -> usize;

    fn escapes() -> [(&'static str, Escape); 2] {
        [("chosen", escape_latin1), ("plain", escape_plain)]
    }

    #[allow(unused_mut, reason = "only x86-64 has more ways")]
    fn unescapes() -> Vec<(&'static str, Unescape)> {
        let mut ways: Vec<(&str, Unescape)> =
            vec![("chosen", unescape_prefix), ("plain", unescape_prefix_plain)];
        #[cfg(target_arch = "x86_64")]
        if Avx2::found().is_some() {
            ways.push(("avx2", |text, out| {
                out.reserve(text.len() + SLACK);
                Avx2::found().map_or(0, |avx2| avx2.unescape(text, out))
            }));
        }
        ways
    }

    /// A byte at a time, by the rule: `'\\\x00\n\r\x1a'` are what CPython's `raw_unicode_escape` of pickles escapes.
    fn escaped(bytes: &[u8]) -> Vec<u8> {
        let one = |byte: &u8| match byte {
            b'\\' | 0 | b'\n' | b'\r' | 0x1a => format!("\\u{byte:04x}").into_bytes(),
            byte => vec![*byte],
        };
        bytes.iter().flat_map(one).collect()
    }

    #[test]
    fn all_ways_escape_alike() {
        for bytes in samples() {
            let expected = escaped(&bytes);
            for (way, escape) in escapes() {
                let mut out = b"before".to_vec();
                escape(&bytes, &mut out);
                assert!(out[..6] == *b"before" && out[6..] == expected, "{way} {bytes:x?}");
            }
            assert_eq!(escaped_prefix(&expected), expected.len());
            assert_eq!(escaped_prefix_plain(&expected), expected.len());
            for (way, unescape) in unescapes() {
                let mut out = b"before".to_vec();
                assert_eq!(unescape(&expected, &mut out), expected.len(), "{way} {bytes:x?}");
                assert!(out[..6] == *b"before" && out[6..] == bytes, "{way} {bytes:x?}");
            }
        }
    }

    #[test]
    fn all_ways_stop_at_the_same_place() {
        let others: [&[u8]; 12] = [
            b"\\",
            b"\\\\",
            b"\\u",
            b"\\u0",
            b"\\u00",
            b"\\u001",
            b"\\u0100",
            b"\\u00g1",
            b"\\u001g",
            b"\\U00000041",
            b"\\v0041",
            b"\\u00\\u0041",
        ];
        for (seed, other) in others.into_iter().enumerate() {
            for len in 0..150 {
                for tail in [0, 1, 2, 5, 40, 100] {
                    let before = escaped(&noise(seed + len, len));
                    let mut text = before.clone();
                    text.extend_from_slice(other);
                    text.extend(escaped(&noise(tail, tail)));
                    // What follows may make an escape of what was none: the plain way is the rule.
                    let mut plain = Vec::new();
                    let end = unescape_prefix_plain(&text, &mut plain);
                    assert!(end >= before.len());
                    for (way, unescape) in unescapes() {
                        let mut out = Vec::new();
                        assert_eq!(unescape(&text, &mut out), end, "{way} {text:x?}");
                        assert_eq!(out, plain, "{way} {text:x?}");
                    }
                    assert_eq!(escaped_prefix(&text), end, "{text:x?}");
                    assert_eq!(escaped_prefix_plain(&text), end, "{text:x?}");
                }
            }
        }
    }

    #[test]
    fn a_newline_ends_what_is_checked() {
        for len in 0..200 {
            let mut text = escaped(&noise(len, len));
            let end = text.len();
            text.extend_from_slice(b"\nI1\n\\u0100");
            assert_eq!(escaped_prefix(&text), end);
            assert_eq!(escaped_prefix_plain(&text), end);
        }
    }

    #[test]
    fn digits_of_both_cases_are_read() {
        for byte in 0..=255_u8 {
            for text in [format!("\\u00{byte:02x}"), format!("\\u00{byte:02X}")] {
                let long = text.repeat(30);
                for (way, unescape) in unescapes() {
                    let mut out = Vec::new();
                    assert_eq!(unescape(long.as_bytes(), &mut out), long.len(), "{way}");
                    assert_eq!(out, [byte; 30], "{way} {text}");
                }
            }
        }
    }
}
