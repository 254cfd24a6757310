//! One error type: what was found, in which column and row, and what to do.

use std::borrow::Cow;
use std::fmt;

use arrow_schema::ArrowError;

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why values of one side are none of the other.
///
/// One pointer wide.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    column: Option<Box<str>>,
    row: Option<u64>,
    help: Option<Cow<'static, str>>,
}

/// The causes an [`Error`] can have.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// NumPy's side: bytes that are not what they should be, with their offset.
    NumPy(npbytes::Error),
    /// Arrow's side: a file that its readers refuse.
    Arrow(ArrowError),
    /// The operating system refused.
    Io(std::io::Error),
    /// A type, a dtype or a shape that the other side does not have.
    Type(Cow<'static, str>),
    /// A value that the other side does not have.
    Value(Cow<'static, str>),
    /// Metadata that contradicts the data it came with.
    Metadata(Cow<'static, str>),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, column: None, row: None, help: None }))
    }

    pub(crate) fn type_(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Type(message.into()))
    }

    pub(crate) fn value(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Value(message.into()))
    }

    pub(crate) fn metadata(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Metadata(message.into()))
    }

    /// Says where it is; a name that an inner column gave stays, behind that of this one: `outer.inner`.
    #[must_use]
    pub(crate) fn in_column(mut self, name: &str) -> Self {
        self.0.column = Some(match self.0.column.take() {
            Some(inner) => format!("{name}.{inner}").into(),
            None => name.into(),
        });
        self
    }

    /// Says in which row it is, counted from 0.
    #[must_use]
    pub(crate) fn at_row(mut self, row: u64) -> Self {
        self.0.row = Some(row);
        self
    }

    /// Counts the rows from where a part of them starts.
    #[must_use]
    pub fn after_rows(mut self, rows: u64) -> Self {
        self.0.row = self.0.row.map(|row| row.saturating_add(rows));
        self
    }

    #[must_use]
    pub(crate) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    /// The cause.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The name of the column, with those of the structs it is in: `a.b`.
    pub fn column(&self) -> Option<&str> {
        self.0.column.as_deref()
    }

    /// The row, counted from 0.
    pub fn row(&self) -> Option<u64> {
        self.0.row
    }

    /// Where in the input of [`npbytes`] it is, in bytes.
    pub fn offset(&self) -> Option<u64> {
        match &self.0.kind {
            ErrorKind::NumPy(error) => error.offset(),
            _ => None,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<Cow<'_, str>> {
        match (&self.0.help, &self.0.kind) {
            (Some(help), _) => Some(Cow::Borrowed(help)),
            (None, ErrorKind::NumPy(error)) => error.help(),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(column) = self.column() {
            write!(f, "column {column:?}")?;
            f.write_str(if self.row().is_some() { ", " } else { ": " })?;
        }
        if let Some(row) = self.row() {
            write!(f, "row {row}: ")?;
        }
        match &self.0.kind {
            ErrorKind::NumPy(error) => error.fmt(f),
            ErrorKind::Arrow(error) => error.fmt(f),
            ErrorKind::Io(error) => error.fmt(f),
            ErrorKind::Type(message) | ErrorKind::Value(message) | ErrorKind::Metadata(message) => {
                f.write_str(message)
            }
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("column", &self.0.column)
            .field("row", &self.0.row)
            .field("help", &self.0.help)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::NumPy(error) => Some(error),
            ErrorKind::Arrow(error) => Some(error),
            ErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<npbytes::Error> for Error {
    fn from(error: npbytes::Error) -> Self {
        Self::new(ErrorKind::NumPy(error))
    }
}

impl From<ArrowError> for Error {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::IoError(_, error) => error.into(),
            error => Self::new(ErrorKind::Arrow(error)),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io(error))
    }
}
