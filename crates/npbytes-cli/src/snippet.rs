//! The place where an input is wrong, as a person can see it: a line of text with a caret under it, or
//! a few rows of bytes.

use std::fmt::Write;

use crate::output::{Styles, clean, styled};

/// How many characters of a text are shown on each side of the caret.
const REACH: usize = 44;

/// How many bytes a row of a dump shows.
const ROW: usize = 16;

/// A part of an input, and the place in it that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Snippet {
    /// One line of text.
    Text {
        /// The line, or the part of it around the caret.
        line: String,
        /// The character that the caret points at, which may be behind the last.
        column: usize,
    },
    /// Bytes.
    Bytes {
        /// Where they start in the input; a multiple of a row.
        start: u64,
        bytes: Vec<u8>,
        /// The byte that the caret points at, which may be behind the last.
        at: u64,
    },
}

impl Snippet {
    /// A text, and a byte offset in it.
    pub(crate) fn of_text(text: &str, at: usize) -> Self {
        let column = text.char_indices().take_while(|(start, _)| *start < at).count();
        let skipped = column.saturating_sub(REACH);
        let mut line: String = text.chars().skip(skipped).take(2 * REACH).collect();
        let mut column = column - skipped;
        if skipped > 0 {
            line.insert_str(0, "...");
            column += 3;
        }
        if text.chars().count() > skipped + 2 * REACH {
            line.push_str("...");
        }
        // Escapes would move the caret: what is no character becomes one.
        let line = line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        Self::Text { line, column }
    }

    /// The bytes around an offset, given those of a window that starts at `start`.
    pub(crate) fn of_bytes(start: u64, window: &[u8], at: u64) -> Self {
        let row = ROW as u64;
        let first = (at - at % row).saturating_sub(row).max(start);
        let skipped = usize::try_from(first - start).unwrap_or(usize::MAX);
        let bytes = window.iter().skip(skipped).take(3 * ROW).copied().collect();
        Self::Bytes { start: first, bytes, at }
    }

    /// The line of text around an offset in a window, if there is text.
    pub(crate) fn of_text_in(start: u64, window: &[u8], at: u64) -> Option<Self> {
        let index = usize::try_from(at.checked_sub(start)?).ok()?;
        let is_text = |byte: &u8| !byte.is_ascii_control();
        // A caret behind the last character still points at a line.
        let here = *window.get(index).or_else(|| window.get(index.checked_sub(1)?))?;
        if !(here.is_ascii_graphic() || matches!(here, b' ' | b'\n')) {
            return None;
        }
        let before = window.get(..index)?.iter().rev().take_while(|byte| is_text(byte)).count();
        let after = window.get(index..)?.iter().take_while(|byte| is_text(byte)).count();
        let line = window.get(index - before..index + after)?;
        let decode = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
        };
        let (head, tail) = (decode(line.get(..before)?), decode(line.get(before..)?));
        Some(Self::of_text(&format!("{head}{tail}"), head.len()))
    }

    /// The lines of the snippet, each indented and ended.
    pub(crate) fn render(&self, styles: &Styles) -> String {
        let mut out = String::new();
        // Writing to a `String` does not fail.
        let _ = match self {
            Self::Text { line, column } => {
                let caret = styled(styles.error, "^");
                write!(out, "  {}\n  {}{caret}\n", clean(line), " ".repeat(*column))
            }
            Self::Bytes { start, bytes, at } => {
                render_bytes(&mut out, *start, bytes, *at, styles);
                Ok(())
            }
        };
        out
    }
}

fn render_bytes(out: &mut String, start: u64, bytes: &[u8], at: u64, styles: &Styles) {
    // A place behind the last byte needs a row to be shown in.
    let rows = bytes.chunks(ROW).chain(bytes.len().is_multiple_of(ROW).then_some(&[][..]));
    for (i, row) in rows.enumerate() {
        let row_start = start + (i * ROW) as u64;
        let holds_caret = at >= row_start && at - row_start < ROW as u64;
        if row.is_empty() && !holds_caret {
            break;
        }
        let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
        let hex = format!("{:47}", hex.join(" "));
        let text: String = row
            .iter()
            .map(|&byte| if byte.is_ascii_graphic() || byte == b' ' { byte.into() } else { '.' })
            .collect();
        let offset = styled(styles.dim, &format!("{row_start:08x}"));
        let _ = writeln!(out, "  {offset}  {hex}  |{text}|");
        if holds_caret {
            let column = usize::try_from(at - row_start).unwrap_or(0);
            let _ = writeln!(
                out,
                "  {:8}  {}{}",
                "",
                " ".repeat(3 * column),
                styled(styles.error, "^^")
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_caret_stands_under_its_character() {
        let plain = Styles::default();
        assert_eq!(Snippet::of_text("i4,f9", 3).render(&plain), "  i4,f9\n     ^\n");
        assert_eq!(Snippet::of_text("ü4,f9", 4).render(&plain), "  ü4,f9\n     ^\n");
        assert_eq!(Snippet::of_text("i4", 2).render(&plain), "  i4\n    ^\n");
        let long = format!("{}x{}", "a".repeat(100), "b".repeat(100));
        let text = Snippet::of_text(&long, 100).render(&plain);
        let (line, caret) = text.split_once('\n').unwrap();
        assert_eq!(line.chars().nth(caret.find('^').unwrap()), Some('x'));
        assert!(line.len() < 100 && line.ends_with("bb...") && line.starts_with("  ...aa"));
    }

    #[test]
    fn a_line_is_cut_out_of_binary_bytes() {
        let window = b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', }   \n\x00\x00";
        let text = Snippet::of_text_in(0, window, 12).unwrap().render(&Styles::default());
        assert_eq!(text, "  {'descr': '<f8', }   \n    ^\n");
        assert_eq!(Snippet::of_text_in(0, window, 0), None);
        assert_eq!(Snippet::of_text_in(0, b"", 0), None);
    }

    #[test]
    fn bytes_are_dumped_around_their_offset() {
        let window: Vec<u8> = (0..100).collect();
        let text = Snippet::of_bytes(0, &window, 33).render(&Styles::default());
        let expected = concat!(
            "  00000010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f  |................|\n",
            "  00000020  20 21 22 23 24 25 26 27 28 29 2a 2b 2c 2d 2e 2f  | !\"#$%&'()*+,-./|\n",
            "               ^^\n",
            "  00000030  30 31 32 33 34 35 36 37 38 39 3a 3b 3c 3d 3e 3f  |0123456789:;<=>?|\n",
        );
        assert_eq!(text, expected);
        // The end of the input, at the end of a row and inside of one.
        let text = Snippet::of_bytes(0, &window[..32], 32).render(&Styles::default());
        assert!(text.ends_with("\n            ^^\n"), "{text}");
        let text = Snippet::of_bytes(0, &window[..35], 35).render(&Styles::default());
        assert!(text.ends_with("|\n                     ^^\n"), "{text}");
    }
}
