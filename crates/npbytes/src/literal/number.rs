//! Number literals: integers of every radix, floats, imaginary numbers.

use super::Value;
use crate::error::{Error, Result};

/// The length of digits of a radix, in which single underscores may stand between digits.
fn digits(text: &[u8], radix: u32) -> usize {
    let mut len = 0;
    loop {
        match text.get(len) {
            Some(&b) if char::from(b).is_digit(radix) => len += 1,
            Some(b'_')
                if len > 0 && text.get(len + 1).is_some_and(|&b| char::from(b).is_digit(radix)) =>
            {
                len += 2;
            }
            _ => return len,
        }
    }
}

/// Reads the number at the start of the text; returns its length too. Offsets of errors count from there.
pub(super) fn parse(text: &[u8]) -> Result<(Value, usize)> {
    let plain = |part: &[u8]| {
        part.iter().filter(|&&b| b != b'_').map(|&b| char::from(b)).collect::<String>()
    };
    let integer = |digits: &str, radix: u32| {
        i128::from_str_radix(digits, radix)
            .map_err(|_| Error::literal("an integer beyond 128 bits").at(0_u64))
    };
    let radix = match text {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'b' | b'B', ..] => Some(2),
        _ => None,
    };
    if let Some(radix) = radix {
        let body = &text[2..];
        // One underscore may stand right after the prefix.
        let skip = usize::from(body.first() == Some(&b'_'));
        let len = digits(&body[skip..], radix);
        if len == 0 {
            return Err(Error::literal("a number without digits").at(2_u64));
        }
        let end = skip + len;
        return Ok((Value::Int(integer(&plain(&body[..end]), radix)?), 2 + end));
    }

    let mut len = digits(text, 10);
    let whole = len;
    let mut float = false;
    if text.get(len) == Some(&b'.') {
        float = true;
        len += 1;
        len += digits(&text[len..], 10);
        if len == 1 {
            return Err(Error::literal("a number without digits").at(0_u64));
        }
    }
    if matches!(text.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'+' | b'-')));
        let exponent = text.get(len + 1 + sign..).map_or(0, |rest| digits(rest, 10));
        if exponent > 0 {
            float = true;
            len += 1 + sign + exponent;
        }
    }
    let imaginary = matches!(text.get(len), Some(b'j' | b'J'));
    let digits = plain(&text[..len]);
    if float || imaginary {
        let value = digits.parse().map_err(|_| Error::literal("not a number").at(0_u64))?;
        return Ok(if imaginary {
            (Value::Complex(0.0, value), len + 1)
        } else {
            (Value::Float(value), len)
        });
    }
    if whole > 1 && text[0] == b'0' && digits.bytes().any(|b| b != b'0') {
        return Err(Error::literal("a decimal number starts with 0").at(0_u64));
    }
    Ok((Value::Int(integer(&digits, 10)?), len))
}
