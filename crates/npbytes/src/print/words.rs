//! Words in the brackets of a shape: NumPy's lines and ellipses where elements have no common width, as objects.

use super::Options;
use super::layout::width;
use crate::error::{Error, Result};

/// How many bytes of text are laid out at a time: what stands in brackets has to be broken into lines.
pub(super) const MOST_HELD: usize = 64 << 20;

/// The text of the element at a place in C order.
pub(super) type Word<'w> = &'w mut dyn FnMut(usize) -> Result<String>;

/// Where an array is written.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    /// What stands between two elements.
    separator: &'s str,
    /// How many characters stand before the first bracket.
    indent: usize,
    /// How many characters a line has.
    width: usize,
}

impl Place<'static> {
    /// Where `str` has it.
    pub(super) const fn of_str(options: &Options) -> Self {
        Self { separator: " ", indent: 0, width: options.linewidth }
    }

    /// Where `repr` has it: behind the start of a line.
    pub(super) fn of_repr(options: &Options, indent: usize) -> Self {
        // A bracket or a comma follows.
        Self { separator: ", ", indent, width: options.linewidth.saturating_sub(1) }
    }
}

/// Words in the brackets of a shape, broken into lines and summarised as NumPy does it. Holds all of the text.
pub(super) fn brackets(
    shape: &[usize],
    options: &Options,
    place: Place<'_>,
    word: Word<'_>,
) -> Result<String> {
    if shape.contains(&0) {
        return Ok("[]".to_owned());
    }
    let elements = shape.iter().fold(1_usize, |all, &dim| all.saturating_mul(dim));
    let edge = (elements > options.threshold).then_some(options.edgeitems);
    let shown = shape.iter().fold(1_u64, |all, &dim| all.saturating_mul(count(dim, edge)));
    if shown > options.elements {
        return Err(Error::limit("elements", options.elements, shown));
    }
    axis(shape, 0, edge, Place { indent: place.indent + 1, ..place }, word)
}

/// One axis of that; there are 64 at most. The first line starts behind the indent.
fn axis(
    shape: &[usize],
    base: usize,
    edge: Option<usize>,
    place: Place<'_>,
    word: Word<'_>,
) -> Result<String> {
    let Some((&len, inner)) = shape.split_first() else { return word(base) };
    let indent = " ".repeat(place.indent);
    let mut text = String::from("[");
    // What comes behind the last word needs room, too.
    let room = place.width.saturating_sub(1);
    let mut row = Row { indent: &indent, room, line: indent.clone() };
    let separator = match inner.len() {
        0 => place.separator.to_owned(),
        axes => place.separator.trim_end().to_owned() + &"\n".repeat(axes),
    };
    let nested = Place { indent: place.indent + 1, width: room, ..place };
    for (count, at) in shown(len, edge).enumerate() {
        let item = match at {
            Some(at) => axis(inner, base * len + at, edge, nested, word)?,
            None => "...".to_owned(),
        };
        if inner.is_empty() {
            if count > 0 {
                row.line.push_str(&separator);
            }
            row.push(&item, &mut text);
        } else {
            if count > 0 {
                text.push_str(&separator);
                text.push_str(&indent);
            }
            text.push_str(&item);
        }
    }
    if inner.is_empty() {
        text.push_str(row.line.strip_prefix(&*indent).unwrap_or(&row.line));
    }
    text.push(']');
    Ok(text)
}

/// The last line of a text in brackets. The first starts behind its indent, which is not written.
struct Row<'i> {
    indent: &'i str,
    room: usize,
    line: String,
}

impl Row<'_> {
    /// Adds a word, on a line of its own if there is no room; one of several lines keeps its own columns.
    fn push(&mut self, word: &str, text: &mut String) {
        let mut lines = word.split('\n');
        let first = lines.next().unwrap_or_default();
        let widest = word.split('\n').map(width).max().unwrap_or_default();
        if width(&self.line) + widest > self.room && width(&self.line) > width(self.indent) {
            self.end(text);
            text.push('\n');
            text.push_str(self.indent);
            self.line = self.indent.to_owned();
        }
        let column = " ".repeat(width(&self.line));
        self.line.push_str(first);
        for next in lines {
            self.end(text);
            text.push('\n');
            text.push_str(self.indent);
            self.line = format!("{column}{next}");
        }
        if word.contains('\n') {
            let last = word.rsplit('\n').next().map_or(0, width);
            self.line.push_str(&" ".repeat(widest - last));
        }
    }

    fn end(&mut self, text: &mut String) {
        let line = self.line.strip_prefix(self.indent).unwrap_or(&self.line);
        text.push_str(line.trim_end());
        self.line.clear();
    }
}

/// The failure of a text of more than [`MOST_HELD`].
pub(super) fn too_long() -> Error {
    let megabytes = MOST_HELD >> 20;
    Error::unsupported(format!("the text of an array of objects of more than {megabytes} MiB"))
        .with_help("show its items one by one, by their paths")
}

/// How many items of an axis are shown.
fn count(len: usize, edge: Option<usize>) -> u64 {
    edge.map_or(len, |edge| len.min(edge.saturating_mul(2))) as u64
}

/// The items of an axis that are shown, and where others are left out.
fn shown(len: usize, edge: Option<usize>) -> impl Iterator<Item = Option<usize>> {
    let edge = edge.filter(|edge| edge.saturating_mul(2) < len);
    let (start, end) = edge.map_or((len, len), |edge| (edge, len - edge));
    let dots = edge.map(|_| None);
    (0..start).map(Some).chain(dots).chain((end..len).map(Some))
}
