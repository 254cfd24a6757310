//! Python's `repr` of literals.

use std::fmt::Write;

use super::printable::{PRINTABLE, VERSIONS};
use super::{PyStr, Value};
use crate::numpy::Python;

/// Whether Python's `str.isprintable` accepts the code point: it then stands for itself in a `repr`.
///
/// Depends on the Unicode version that the Python was built with.
pub fn is_printable(point: u32, python: Python) -> bool {
    let index = PRINTABLE.partition_point(|&(_, last, _)| last < point);
    let known = VERSIONS.iter().rposition(|&version| version <= python.unicode()).unwrap_or(0);
    PRINTABLE
        .get(index)
        .is_some_and(|&(first, _, since)| first <= point && usize::from(since) <= known)
}

/// What Python's `repr` prints for a `str`: quotes, and escapes for what is not printable.
pub fn repr_str(text: &PyStr, python: Python) -> String {
    let mut out = String::new();
    write_repr_str(&mut out, text.code_points(), python);
    out
}

/// Writes Python's `repr` of the `str` that has these code points.
///
/// A code point beyond U+10FFFF, which no `str` has, is written as `\U` and eight digits.
pub fn write_repr_str(out: &mut String, points: impl Iterator<Item = u32> + Clone, python: Python) {
    let mut quotes = points.clone();
    let quote = match quotes.by_ref().find(|&p| p == '\''.into() || p == '"'.into()) {
        Some(p) if p == '\''.into() && !quotes.any(|p| p == '"'.into()) => '"',
        _ => '\'',
    };
    out.push(quote);
    for point in points {
        match char::from_u32(point) {
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(c) if c == '\\' || c == quote => out.extend(['\\', c]),
            Some(c) if matches!(c, ' '..='~') || is_printable(point, python) => out.push(c),
            _ => {
                // Writing to a `String` does not fail.
                let _ = match point {
                    0..0x100 => write!(out, "\\x{point:02x}"),
                    0x100..0x1_0000 => write!(out, "\\u{point:04x}"),
                    _ => write!(out, "\\U{point:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// What Python's `repr` prints for a `bytes`.
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.extend(['b', quote]);
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            _ if char::from(byte) == quote => out.extend(['\\', quote]),
            b' '..=b'~' => out.push(byte.into()),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push(quote);
    out
}

/// Python's `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and
/// from 1e16 on; `inf` and `nan`, which are no literals.
fn write_float(out: &mut String, value: f64) {
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "nan"
        } else if value > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let _ = if value != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs())
    } else {
        write!(out, "{value:?}")
    };
}

pub(super) fn write_repr(out: &mut String, value: &Value, python: Python) {
    let list = |out: &mut String, open: &str, items: &[Value], close: &str| {
        out.push_str(open);
        for (i, item) in items.iter().enumerate() {
            out.push_str(if i == 0 { "" } else { ", " });
            write_repr(out, item, python);
        }
        out.push_str(close);
    };
    match value {
        Value::None => out.push_str("None"),
        Value::Ellipsis => out.push_str("Ellipsis"),
        Value::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        Value::Int(value) => {
            let _ = write!(out, "{value}");
        }
        Value::Float(value) => write_float(out, *value),
        Value::Complex(re, im) => {
            let part = |value| {
                let mut text = String::new();
                write_float(&mut text, value);
                // 1j, not 1.0j.
                text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
            };
            let sign = if im.is_sign_negative() { "" } else { "+" };
            let _ = if *re == 0.0 && re.is_sign_positive() {
                write!(out, "{}j", part(*im))
            } else {
                write!(out, "({}{sign}{}j)", part(*re), part(*im))
            };
        }
        Value::Str(text) => write_repr_str(out, text.code_points(), python),
        Value::Bytes(bytes) => out.push_str(&repr_bytes(bytes)),
        Value::Tuple(items) => list(out, "(", items, if items.len() == 1 { ",)" } else { ")" }),
        Value::List(items) => list(out, "[", items, "]"),
        Value::Set(items) if items.is_empty() => out.push_str("set()"),
        Value::Set(items) => list(out, "{", items, "}"),
        Value::Dict(pairs) => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                out.push_str(if i == 0 { "" } else { ", " });
                write_repr(out, key, python);
                out.push_str(": ");
                write_repr(out, item, python);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_quoted_as_python_quotes_them() {
        // python3.11 -c "print([repr(s) for s in (...)])"
        let cases = [
            ("", "''"),
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("\"'", "'\"\\''"),
            ("'\"", "'\\'\"'"),
            ("a\\b\n\r\t\0", "'a\\\\b\\n\\r\\t\\x00'"),
            ("é\u{a0}\u{ad}\u{200b}", "'é\\xa0\\xad\\u200b'"),
            ("λ\u{1f600}\u{e0001}", "'λ\u{1f600}\\U000e0001'"),
        ];
        for (text, expected) in cases {
            assert_eq!(repr_str(&text.into(), Python::DEFAULT), expected);
        }
        let surrogate = PyStr::from_code_points([0xd800]).unwrap_or_default();
        assert_eq!(repr_str(&surrogate, Python::DEFAULT), "'\\ud800'");
        assert_eq!(repr_bytes(b"\x00a'\xff\n"), "b\"\\x00a'\\xff\\n\"");
    }

    #[test]
    fn printable_follows_the_unicode_version() {
        // U+1FAE8 came with Unicode 15.0: chr(0x1fae8).isprintable() is False in 3.11, True in 3.12.
        assert!(!is_printable(0x1fae8, Python::new(3, 11, 7)));
        assert!(is_printable(0x1fae8, Python::new(3, 12, 1)));
        assert!(is_printable(u32::from(' '), Python::DEFAULT));
        assert!(!is_printable(0x3000, Python::DEFAULT));
    }

    #[test]
    fn floats_print_as_in_python() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e-5, "1.5e-05"),
            (1e-4, "0.0001"),
            (1e300, "1e+300"),
            (0.1, "0.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(Value::Float(value).repr(Python::DEFAULT), expected);
        }
    }
}
