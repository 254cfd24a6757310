//! Where an input is wrong: the bytes around the place, in a file or in memory.

use std::fs::File;

use npbytes::ErrorKind;

use crate::failure::Failure;
use crate::snippet::Snippet;
use crate::source::{Source, read_at};

/// The failure of an array in a file, with the bytes around it.
pub(crate) fn failure_in_file(
    source: &Source,
    file: &mut File,
    error: &npbytes::Error,
    base: u64,
) -> Failure {
    let failure = Failure::of(source.name(), error, base);
    let snippet = failure.offset().and_then(|at| {
        let start = window_start(at);
        let window = read_at(file, start, WINDOW).ok()?;
        snippet(error.kind(), start, &window, at)
    });
    failure.with_snippet(snippet)
}

/// The same for bytes in memory, which start at byte 0 of the source.
pub(crate) fn failure_in_memory(
    source: &Source,
    bytes: &[u8],
    error: &npbytes::Error,
    base: u64,
) -> Failure {
    let failure = Failure::of(source.name(), error, base);
    let snippet = failure.offset().and_then(|at| {
        let start = window_start(at);
        let window = bytes.get(usize::try_from(start).ok()?..)?;
        snippet(error.kind(), start, window.get(..WINDOW).unwrap_or(window), at)
    });
    failure.with_snippet(snippet)
}

/// The last bytes of a file.
pub(crate) fn end_of_file(file: &mut File, len: u64) -> Option<Snippet> {
    let start = window_start(len);
    let window = read_at(file, start, WINDOW).ok()?;
    Some(Snippet::of_bytes(start, &window, len))
}

/// How many bytes around a place are looked at.
const WINDOW: usize = 512;

/// Where the window around an offset starts.
fn window_start(at: u64) -> u64 {
    let before = at.saturating_sub(WINDOW as u64 / 2);
    before - before % 16
}

/// The place as text where the cause is one in a text, else as bytes.
fn snippet(kind: &ErrorKind, start: u64, window: &[u8], at: u64) -> Option<Snippet> {
    let is_text = matches!(
        kind,
        ErrorKind::Literal(_) | ErrorKind::DType(_) | ErrorKind::Header(_) | ErrorKind::Shape(_)
    );
    let text = is_text.then(|| Snippet::of_text_in(start, window, at)).flatten();
    // Nothing at all needs no picture.
    text.or_else(|| (!window.is_empty()).then(|| Snippet::of_bytes(start, window, at)))
}
