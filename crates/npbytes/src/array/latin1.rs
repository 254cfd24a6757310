//! Latin-1 and UTF-8: protocols 0 to 2 of pickle hold the bytes of arrays as text.

/// Appends the bytes that are the characters of a text; whether all were below U+0100.
pub(crate) fn latin1_from_utf8(utf8: &[u8], out: &mut Vec<u8>) -> bool {
    let mut rest = utf8;
    out.reserve(utf8.len());
    while !rest.is_empty() {
        let plain = rest.iter().position(|byte| !byte.is_ascii()).unwrap_or(rest.len());
        out.extend_from_slice(&rest[..plain]);
        rest = match &rest[plain..] {
            [] => return true,
            [lead @ 0xc2..=0xc3, next @ 0x80..=0xbf, tail @ ..] => {
                out.push(lead << 6 | next & 0x3f);
                tail
            }
            _ => return false,
        };
    }
    true
}

/// How long bytes are as the characters of a text in UTF-8.
pub(crate) fn utf8_len_of_latin1(bytes: &[u8]) -> usize {
    bytes.len() + bytes.iter().filter(|byte| !byte.is_ascii()).count()
}

/// Appends bytes as the characters of a text in UTF-8.
pub(crate) fn utf8_from_latin1(bytes: &[u8], out: &mut Vec<u8>) {
    out.reserve(utf8_len_of_latin1(bytes));
    for &byte in bytes {
        if byte.is_ascii() {
            out.push(byte);
        } else {
            out.extend([0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
        }
    }
}
