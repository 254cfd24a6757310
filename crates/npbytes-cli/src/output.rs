//! Where text goes: data to standard output, messages to standard error, and their colors.

use std::io::{self, BufWriter, StdoutLock};

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Standard output, buffered. Data is written as it is, so that colors are added only by those who
/// asked [`Styles`].
pub(crate) type Stdout = BufWriter<StdoutLock<'static>>;

/// Locks standard output.
pub(crate) fn stdout() -> Stdout {
    BufWriter::with_capacity(1 << 16, io::stdout().lock())
}

/// The styles of one stream: all plain where it takes no colors.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Styles {
    /// The word `error`, and the caret under what is wrong.
    pub(crate) error: Style,
    /// The word `help`.
    pub(crate) help: Style,
    /// The word `note`.
    pub(crate) note: Style,
    /// What a value is.
    pub(crate) label: Style,
    /// What matters most on a page.
    pub(crate) strong: Style,
    /// What matters least: offsets of a dump.
    pub(crate) dim: Style,
}

impl Styles {
    /// The styles of a stream, by the flag `--color`, the environment, and what it is connected to.
    pub(crate) fn of(stream: &impl RawStream) -> Self {
        match AutoStream::choice(stream) {
            ColorChoice::Never => Self::default(),
            _ => Self {
                error: AnsiColor::Red.on_default().bold(),
                help: AnsiColor::Cyan.on_default().bold(),
                note: AnsiColor::Yellow.on_default().bold(),
                label: AnsiColor::Green.on_default(),
                strong: Style::new().bold(),
                dim: Style::new().dimmed(),
            },
        }
    }
}

/// A text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A text from a file or a name with its control characters escaped, so that it cannot speak to the
/// terminal.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
