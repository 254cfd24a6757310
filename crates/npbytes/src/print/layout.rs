//! The text of an array around those of its elements: brackets, separators, lines, ellipses.

use std::fmt;

use super::Options;
use super::element::{ElementFormat, Writer};
use crate::array::ArrayView;
use crate::error::{Error, Result};

/// A text that is being written, and the column its last line has reached.
pub(super) struct Page<'a> {
    out: &'a mut dyn fmt::Write,
    column: usize,
}

impl<'a> Page<'a> {
    pub(super) fn new(out: &'a mut dyn fmt::Write) -> Self {
        Self { out, column: 0 }
    }

    /// How many characters the last line has.
    pub(super) fn column(&self) -> usize {
        self.column
    }

    pub(super) fn write(&mut self, text: &str) -> Result<()> {
        self.column = match text.rsplit_once('\n') {
            Some((_, last)) => width(last),
            None => self.column + width(text),
        };
        self.out.write_str(text).map_err(|error| Error::io(std::io::Error::other(error)))
    }

    /// Ends the line and starts the next one with blanks.
    pub(super) fn new_line(&mut self, lines: usize, indent: usize) -> Result<()> {
        self.write(&"\n".repeat(lines))?;
        self.write(&" ".repeat(indent))
    }
}

/// Python counts a text's width in code points.
pub(super) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// An axis, of which items may be left out in the middle.
#[derive(Clone, Copy, Debug)]
struct Axis {
    len: usize,
    /// The items that are shown, where not all are: as many from the start as from the end.
    edge: Option<usize>,
}

impl Axis {
    fn new(len: usize, options: &Options, summarise: bool) -> Self {
        let edge = options.edgeitems;
        Self { len, edge: (summarise && len > edge.saturating_mul(2)).then_some(edge) }
    }

    /// The items that the widths of all are taken from. With no edge items NumPy takes all, its slice
    /// from -0 on being the whole axis.
    fn measured(self) -> (usize, usize) {
        match self.edge {
            None | Some(0) => (0, self.len),
            Some(edge) => (edge, edge),
        }
    }

    /// The items that are written: those before the ellipsis and those after it. The last item is
    /// written even where there are no edge items.
    fn written(self) -> (usize, usize) {
        match self.edge {
            None => (0, self.len),
            Some(edge) => (edge, edge.max(1)),
        }
    }
}

/// How an array of one axis or more is written.
pub(super) struct Layout<'a> {
    pub(super) view: &'a ArrayView<'a>,
    pub(super) options: &'a Options,
    /// The columns that a line may take.
    pub(super) line_width: i64,
    /// What stands between items of the last axis.
    pub(super) separator: &'static str,
}

impl<'a> Layout<'a> {
    fn summarise(&self) -> bool {
        self.view.len() > self.options.threshold
    }

    fn axis(&self, axis: usize) -> Axis {
        let len = self.view.shape().get(axis).copied().unwrap_or(0);
        Axis::new(len, self.options, self.summarise())
    }

    /// The format of the elements, from those at the edges where the middle is left out.
    pub(super) fn element_format(&self) -> Result<ElementFormat> {
        let axes: Vec<_> = (0..self.view.ndim()).map(|axis| self.axis(axis)).collect();
        let shown = axes.iter().map(|axis| axis.measured()).fold(1_u64, |n, (head, tail)| {
            n.saturating_mul(u64::try_from(head + tail).unwrap_or(u64::MAX))
        });
        if shown > self.options.elements {
            return Err(super::too_many(self.options, shown));
        }
        let all = axes.iter().all(|axis| axis.edge.is_none_or(|edge| edge == 0));
        let sized = self.view.dtype().itemsize() > 0;
        let visit = |see: &mut dyn FnMut(&'a [u8])| {
            if !sized {
                // Elements without bytes have nothing to look at, however many there are.
            } else if all {
                self.view.elements().for_each(see);
            } else {
                visit_edges(self.view, &axes, see);
            }
        };
        ElementFormat::fit(self.view.dtype(), self.options, (self.view.ndim(), false), &visit)
    }

    /// Writes the array. `indent` is the column that its first bracket stands in.
    pub(super) fn write(&self, indent: usize, page: &mut Page<'_>) -> Result<()> {
        let mut state = State {
            format: self.element_format()?,
            writer: Writer::new(self.options),
            index: Vec::with_capacity(self.view.ndim()),
            line: String::new(),
        };
        if self.view.ndim() == 0 {
            self.write_element(&mut state)?;
            return page.write(&state.line);
        }
        self.write_axis(indent + 1, self.line_width, &mut state, page)
    }

    /// Appends the text of the element at the current index to the line.
    fn write_element(&self, state: &mut State<'_>) -> Result<()> {
        let Some(bytes) = self.view.element(&state.index) else {
            return Err(Error::index("an element that the array does not have"));
        };
        state.format.write(bytes, &mut state.writer, &mut state.line)
    }

    /// Writes the items along one axis, in brackets. The first is `indent` columns from the left.
    fn write_axis(
        &self,
        indent: usize,
        line_width: i64,
        state: &mut State<'_>,
        page: &mut Page<'_>,
    ) -> Result<()> {
        let axis = state.index.len();
        let below = self.view.ndim() - axis - 1;
        if below == 0 {
            return self.write_row(indent, line_width, state, page);
        }
        let Axis { len, edge } = self.axis(axis);
        let (head, tail) = self.axis(axis).written();
        page.write("[")?;
        for (n, item) in (0..head).chain(len - tail..len).enumerate() {
            let separate = |page: &mut Page<'_>| {
                page.write(self.separator.trim_end())?;
                page.new_line(below, indent)
            };
            if n > 0 {
                separate(page)?;
            }
            if Some(n) == edge {
                page.write("...")?;
                separate(page)?;
            }
            state.index.push(item);
            self.write_axis(indent + 1, line_width - 1, state, page)?;
            state.index.pop();
        }
        page.write("]")
    }

    /// Writes the items of the last axis, broken into lines.
    fn write_row(
        &self,
        indent: usize,
        line_width: i64,
        state: &mut State<'_>,
        page: &mut Page<'_>,
    ) -> Result<()> {
        let axis = self.axis(state.index.len());
        let (head, tail) = axis.written();
        // Room for the closing bracket, or for a comma.
        let limit = line_width - 1;
        page.write("[")?;
        // The line's text after the indent, and its width with it.
        state.line.clear();
        let mut column = indent;
        for (n, item) in (0..head).chain(axis.len - tail..axis.len).enumerate() {
            if n > 0 {
                state.line.push_str(self.separator);
                column += self.separator.len();
            }
            if Some(n) == axis.edge {
                let start = state.line.len();
                state.line.push_str("...");
                column = break_line(start, column, indent, limit, &mut state.line, page)?;
                state.line.push_str(self.separator);
                column += self.separator.len();
            }
            let start = state.line.len();
            state.index.push(item);
            self.write_element(state)?;
            state.index.pop();
            column = break_line(start, column, indent, limit, &mut state.line, page)?;
        }
        page.write(&state.line)?;
        page.write("]")
    }
}

struct State<'a> {
    format: ElementFormat,
    writer: Writer<'a>,
    /// The axes that have been entered.
    index: Vec<usize>,
    line: String,
}

/// Moves the word that was appended at `start` to a line of its own if it does not fit and is not the
/// first of its line. Returns the new column.
fn break_line(
    start: usize,
    column: usize,
    indent: usize,
    limit: i64,
    line: &mut String,
    page: &mut Page<'_>,
) -> Result<usize> {
    let (before, word) = line.split_at_checked(start).unwrap_or((line, ""));
    let width = width(word);
    let fits = i64::try_from(column + width).is_ok_and(|end| end <= limit);
    if fits || column <= indent {
        return Ok(column + width);
    }
    page.write(before.trim_end())?;
    page.new_line(1, indent)?;
    line.drain(..start);
    Ok(indent + width)
}

/// Goes through the elements at the edges.
fn visit_edges<'a>(view: &ArrayView<'a>, axes: &[Axis], see: &mut dyn FnMut(&'a [u8])) {
    let mut index = vec![0; axes.len()];
    loop {
        if let Some(bytes) = view.element(&index) {
            see(bytes);
        }
        // The next index, the last axis first.
        let mut next = index.iter_mut().zip(axes).rev();
        loop {
            let Some((item, axis)) = next.next() else { return };
            let (head, tail) = axis.measured();
            *item += 1;
            if *item == head && axis.edge.is_some() {
                *item = axis.len - tail;
            }
            if *item < axis.len {
                break;
            }
            *item = 0;
        }
    }
}
