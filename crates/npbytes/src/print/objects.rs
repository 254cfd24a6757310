//! The texts of arrays of Python's objects.

use super::words::{Place, Word, brackets};
use super::{Options, layout};
use crate::error::Result;
use crate::shape::Shape;

/// The elements of an array of objects in their brackets; in a `repr` behind what stands before them.
pub(super) fn objects_text(
    shape: &Shape,
    options: &Options,
    prefix: Option<&str>,
    word: Word<'_>,
) -> Result<String> {
    let place = match prefix {
        Some(prefix) => Place::of_repr(options, prefix.len()),
        None => Place::of_str(options),
    };
    brackets(shape, options, place, word)
}

/// What follows the brackets in the `repr` of an array of objects, on a line of its own if there is no room.
pub(super) fn objects_extras(
    prefix: &str,
    dtype: &str,
    shape: &Shape,
    options: &Options,
    text: &str,
) -> String {
    let numpy = options.profile.numpy;
    let elements = shape.elements();
    let is_empty = elements == 0 && shape.dims() != [0];
    let names_shape = is_empty || elements > options.threshold && numpy.repr_names_shape();
    let shape = if names_shape { format!("shape={shape}, ") } else { String::new() };
    let dtype = format!("dtype={dtype})");
    // Before a summarised array named its shape, the shape never went to a new line.
    let (before, extras) = match numpy.repr_names_shape() {
        true => (String::new(), shape + &dtype),
        false => (shape.trim_end_matches(", ").to_owned(), dtype),
    };
    let before = if before.is_empty() { before } else { format!(", {before}") };
    let last = match text.rsplit_once('\n') {
        Some((_, last)) => layout::width(last),
        None => prefix.len() + layout::width(text),
    };
    // The comma behind the brackets, and a blank.
    let column = last + layout::width(&before) + 1;
    match column + layout::width(&extras) + 1 > options.linewidth {
        true => format!("{before},\n{}{extras}", " ".repeat(prefix.len())),
        false => format!("{before}, {extras}"),
    }
}
