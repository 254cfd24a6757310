//! What went wrong, as a person reads it: the file, the cause, the place, and what to do now.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use npbytes::ErrorKind;

use crate::output::{Styles, clean, styled};
use crate::snippet::Snippet;
use crate::wrapped::WrapperError;

/// The command's result.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// An error, ready to be shown.
#[derive(Debug)]
pub(crate) struct Failure(Box<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The file or the flag.
    subject: Option<String>,
    message: String,
    offset: Option<u64>,
    snippet: Option<Snippet>,
    /// Lines that belong between the message and the help.
    table: Option<String>,
    help: Vec<String>,
    /// A command line to run next.
    command: Option<String>,
    closed_pipe: bool,
    /// Whether nothing that follows can go better.
    is_fatal: bool,
}

/// The library's error about a file that it names itself.
impl From<npbytes::Error> for Failure {
    fn from(error: npbytes::Error) -> Self {
        let subject = match error.kind() {
            ErrorKind::Io { path: Some(path), .. } => path.display().to_string(),
            _ => "output".to_owned(),
        };
        Self::of(subject, &error, 0)
    }
}

impl Failure {
    /// A failure of a file or a flag.
    pub(crate) fn new(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            subject: Some(subject.into()),
            message: shortened(message.into()),
            ..Inner::default()
        }))
    }

    /// The library's error about a file or a flag. Offsets count from `base` in it. An error about a member
    /// of an archive is one of `FILE::MEMBER`.
    pub(crate) fn of(subject: impl Into<String>, error: &npbytes::Error, base: u64) -> Self {
        let subject = subject.into();
        let subject = match error.member() {
            Some(member) => of_member(subject, member),
            None => subject,
        };
        let closed_pipe = matches!(error.kind(), ErrorKind::Io { source, .. } if is_closed(source));
        let message = match error.kind() {
            // The subject says which file.
            ErrorKind::Io { source, .. } => source.to_string(),
            kind => kind.to_string(),
        };
        let wrapper = match error.kind() {
            ErrorKind::Io { source, .. } => WrapperError::within(source),
            _ => None,
        };
        let help = match (error.kind(), error.help()) {
            (ErrorKind::Limit { name, limit, needed }, _) => {
                Some(limit_help(name, *limit, *needed))
            }
            (_, Some(help)) if help.starts_with("hand in the buffers") => {
                Some("the folder that has them is named by --buffers".to_owned())
            }
            (ErrorKind::Magic { expected: "a .npz archive", .. }, None) => {
                Some("to read its bytes as elements: --from raw --dtype float64".to_owned())
            }
            (_, Some(help)) if help.starts_with("raw bytes need a dtype") => {
                Some("to read its bytes as elements: --from raw --dtype float64".to_owned())
            }
            (_, Some(help)) if help.starts_with("walk its items") => {
                Some("an array of objects is written as .npy, .npz or .pkl".to_owned())
            }
            (_, help) => help.map(std::borrow::Cow::into_owned),
        };
        Self(Box::new(Inner {
            subject: Some(subject),
            message: shortened(message),
            offset: error.offset().map(|offset| offset.saturating_add(base)),
            help: match wrapper {
                Some(wrapper) => wrapper.help.clone(),
                None => help.into_iter().map(shortened).collect(),
            },
            closed_pipe,
            ..Inner::default()
        }))
    }

    /// The library's error about a text on the command line: its offset is a place in the text.
    pub(crate) fn of_flag(flag: &str, text: &str, error: &npbytes::Error) -> Self {
        let mut failure = Self::of(flag, error, 0);
        if let Some(at) = failure.0.offset.take() {
            let at = usize::try_from(at).unwrap_or(text.len());
            failure.0.snippet = Some(Snippet::of_text(text, at));
        }
        failure
    }

    /// A failure of the system about a file.
    pub(crate) fn io(subject: impl Into<String>, error: &io::Error) -> Self {
        let mut failure = Self::new(subject, error.to_string());
        failure.0.closed_pipe = is_closed(error);
        if let Some(wrapper) = WrapperError::within(error) {
            failure.0.help.clone_from(&wrapper.help);
        }
        failure
    }

    /// A failure to write to standard output.
    pub(crate) fn stdout(error: &io::Error) -> Self {
        let mut failure = Self::io("standard output", error);
        failure.0.is_fatal = true;
        failure
    }

    /// Adds a suggestion.
    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.push(shortened(help.into()));
        self
    }

    /// Suggests this and nothing else.
    pub(crate) fn with_only_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.clear();
        self.with_help(help)
    }

    /// Adds where in the input it went wrong, in bytes.
    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.0.offset = Some(offset);
        self
    }

    /// Moves where it went wrong, for bytes that start at an offset.
    pub(crate) fn shifted(mut self, by: u64) -> Self {
        self.0.offset = self.0.offset.map(|offset| offset.saturating_add(by));
        self
    }

    /// Adds the bytes or the text around the offset.
    pub(crate) fn with_snippet(mut self, snippet: Option<Snippet>) -> Self {
        self.0.snippet = snippet;
        self
    }

    /// Adds what it comes to before what went wrong in particular.
    pub(crate) fn with_prefix(mut self, prefix: &str) -> Self {
        self.0.message = format!("{prefix}: {}", self.0.message);
        self
    }

    /// Adds lines below the message.
    pub(crate) fn with_table(mut self, table: impl Into<String>) -> Self {
        self.0.table = Some(table.into());
        self
    }

    /// Adds the command line to run next.
    pub(crate) fn with_command(mut self, command: Option<String>) -> Self {
        self.0.command = command;
        self
    }

    /// Forgets where it went wrong, where the place says nothing.
    pub(crate) fn without_offset(mut self) -> Self {
        self.0.offset = None;
        self
    }

    /// Where in the input it went wrong.
    pub(crate) fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// What went wrong, without the file.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do.
    pub(crate) fn help(&self) -> &[String] {
        &self.0.help
    }

    /// Whether somebody who read our output has had enough: nothing to report.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        self.0.closed_pipe
    }

    /// Whether there is no use in going on with other files.
    pub(crate) fn is_fatal(&self) -> bool {
        self.0.is_fatal
    }

    /// Prints the failure to standard error.
    pub(crate) fn print(&self) {
        let styles = Styles::of(&io::stderr());
        let mut out = styled(styles.error, "error");
        // Writing to a `String` does not fail.
        let _ = match &self.0.subject {
            Some(subject) => write!(out, ": {}: {}", clean(subject), clean(&self.0.message)),
            None => write!(out, ": {}", clean(&self.0.message)),
        };
        if let Some(offset) = self.0.offset {
            let _ = write!(out, " (at byte {offset})");
        }
        out.push('\n');
        if let Some(snippet) = &self.0.snippet {
            out.push_str(&snippet.render(&styles));
        }
        if let Some(table) = &self.0.table {
            out.push_str(table);
        }
        for help in &self.0.help {
            let _ = writeln!(out, "{}: {}", styled(styles.help, "help"), clean(help));
        }
        if let Some(command) = &self.0.command {
            let _ = writeln!(
                out,
                "{}: {}",
                styled(styles.help, "try"),
                styled(styles.strong, &clean(command))
            );
        }
        to_stderr(&out);
    }
}

/// The subject of an error about a member, which may be the subject already.
fn of_member(subject: String, name: &str) -> String {
    let key = name.strip_suffix(".npy").unwrap_or(name);
    let is_named = |name: &str| subject.strip_suffix(name).is_some_and(|file| file.ends_with("::"));
    if is_named(name) || is_named(key) { subject } else { format!("{subject}::{key}") }
}

/// A message that quotes its input, without what is too long to be read.
fn shortened(text: String) -> String {
    const LONGEST: usize = 600;
    const END: usize = 100;
    let len = text.chars().count();
    if len <= LONGEST {
        return text;
    }
    let start: String = text.chars().take(LONGEST - END).collect();
    let end: String = text.chars().skip(len - END).collect();
    format!("{start} ... {end}")
}

fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

/// The flag that raises a limit.
fn limit_help(name: &str, limit: u64, needed: u64) -> String {
    // Beyond the library's own bound no flag reaches.
    let deepest = npbytes::Limits::DEFAULT.depth as u64;
    let flag = match name {
        "header_bytes" => "--max-header",
        "depth" if limit >= deepest => {
            return format!("Python itself reads brackets no deeper than {deepest}");
        }
        "depth" => "--max-depth",
        "array_bytes" => "--max-array",
        "elements" => "--max-elements",
        "members" => "--max-members",
        "inflate_ratio" => "--max-inflate-ratio",
        "inflate_bytes" => "--max-inflate-bytes",
        "pickle_items" => "--max-pickle-items",
        "pickle_memo" => "--max-pickle-memo",
        "pickle_depth" => "--max-pickle-depth",
        _ => return format!("the limit is called {name}"),
    };
    format!("if you trust this input, raise the limit: {flag} {needed}")
}

/// Prints a suggestion on its own.
pub(crate) fn help(text: &str) {
    let styles = Styles::of(&io::stderr());
    to_stderr(&format!("{}: {}\n", styled(styles.help, "help"), clean(text)));
}

/// Prints a remark that is no error.
pub(crate) fn note(text: &str) {
    let styles = Styles::of(&io::stderr());
    to_stderr(&format!("{}: {}\n", styled(styles.note, "note"), clean(text)));
}

/// A message that nobody can read is not worth another one.
fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A word as a shell takes it: in quotes where it needs them.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./,:=+%@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_where_a_shell_needs_it() {
        let cases = [
            ("a/b.npy", "a/b.npy"),
            ("28,-1", "28,-1"),
            (">i4", "'>i4'"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("a b", "'a b'"),
        ];
        for (word, expected) in cases {
            assert_eq!(quoted(word), expected);
        }
    }
}
