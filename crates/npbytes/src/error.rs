//! One error type for the crate: what was found, what was expected, where, and what to do.
//!
//! [`Error::offset`] is always a byte offset in the input the caller handed in (a file, a buffer, a
//! text); [`Error::help`] is a suggestion that a command line can print on a line of its own.

use std::borrow::Cow;
use std::fmt;
#[cfg(feature = "fs")]
use std::path::Path;
use std::path::PathBuf;

use crate::raw::Mismatch;

/// The crate's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why some bytes are not the array they were said to be, or why an array has no such bytes.
///
/// One pointer wide, so that a `Result` stays small on the paths that succeed.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    offset: Option<u64>,
    help: Option<Cow<'static, str>>,
    member: Option<Box<str>>,
}

/// The causes an [`Error`] can have.
#[derive(Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused.
    Io {
        /// The file, where one was named.
        path: Option<PathBuf>,
        /// What the system said.
        source: std::io::Error,
    },
    /// The input does not start the way its encoding does.
    Magic {
        /// The encoding that was expected, as in "a .npy file".
        expected: &'static str,
        /// The first bytes of the input, eight at most.
        found: Vec<u8>,
    },
    /// A .npy version that NumPy has never written.
    NpyVersion {
        /// The major and minor version bytes.
        found: (u8, u8),
    },
    /// The input ends before what it promised.
    Truncated {
        /// What was being read, as in "the array data".
        what: &'static str,
        /// How many bytes it takes.
        needed: u64,
        /// How many there are.
        found: u64,
    },
    /// A bound of [`Limits`](crate::Limits) was reached.
    Limit {
        /// The field of `Limits`.
        name: &'static str,
        /// Its value.
        limit: u64,
        /// What the input asks for.
        needed: u64,
    },
    /// A text is no Python literal.
    Literal(Cow<'static, str>),
    /// A text or a literal describes no dtype.
    DType(Cow<'static, str>),
    /// A .npy header is a literal, but not a header.
    Header(Cow<'static, str>),
    /// A shape that no array can have.
    Shape(Cow<'static, str>),
    /// A slice expression, an index or an axis that the array does not have.
    Index(Cow<'static, str>),
    /// Bytes are no pickle, or what a pickle holds is not what was asked for.
    Pickle(Cow<'static, str>),
    /// Compressed bytes that no compressor wrote.
    Compressed(Cow<'static, str>),
    /// Bytes are no msgpack, or not what msgpack-numpy writes.
    Msgpack(Cow<'static, str>),
    /// Bytes are no zip archive such as `np.savez` makes, or one that contradicts itself.
    Archive(Cow<'static, str>),
    /// A name that a member of an archive cannot have, or has already.
    MemberName(Cow<'static, str>),
    /// The contents of a member of an archive are not those it was written with.
    Checksum {
        /// The CRC-32 that the archive names.
        expected: u32,
        /// That of the bytes.
        found: u32,
    },
    /// An archive has no such member.
    Member {
        /// The name that was asked for.
        name: String,
        /// The names there are, some of them if there are many.
        available: Vec<String>,
    },
    /// Bytes do not fill the wanted shape and dtype.
    Mismatch(Box<Mismatch>),
    /// The elements are not of the Rust type that was asked for.
    ElementType {
        /// The Rust type.
        wanted: &'static str,
        /// The array's dtype.
        dtype: String,
    },
    /// The elements cannot be borrowed as a Rust slice as they lie in memory.
    Layout(Cow<'static, str>),
    /// A byte that is no valid value of its type, such as a `bool` of 2.
    Value(Cow<'static, str>),
    /// A structured dtype has no such field.
    Field {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// NumPy refuses this too, or this crate does not do it yet.
    Unsupported(Cow<'static, str>),
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, offset: None, help: None, member: None }))
    }

    pub(crate) fn io(source: std::io::Error) -> Self {
        Self::new(ErrorKind::Io { path: None, source })
    }

    /// Adds the byte offset, unless a deeper floor has already said it.
    pub(crate) fn at(mut self, offset: impl TryInto<u64>) -> Self {
        if self.0.offset.is_none() {
            self.0.offset = offset.try_into().ok();
        }
        self
    }

    /// Moves the offset, for an error that counted from the start of a part of the input.
    pub(crate) fn shifted(mut self, by: u64) -> Self {
        self.0.offset = self.0.offset.map(|offset| offset.saturating_add(by));
        self
    }

    /// Replaces the offset by what `map` makes of it.
    pub(crate) fn map_offset(mut self, map: impl FnOnce(u64) -> u64) -> Self {
        self.0.offset = self.0.offset.map(map);
        self
    }

    /// Forgets the offset, where it counts from something the caller cannot see.
    pub(crate) fn without_offset(mut self) -> Self {
        self.0.offset = None;
        self
    }

    /// Adds a suggestion, unless there is one.
    pub(crate) fn with_help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        if self.0.help.is_none() {
            self.0.help = Some(help.into());
        }
        self
    }

    /// Names the file that an I/O error is about.
    #[cfg(feature = "fs")]
    pub(crate) fn in_file(mut self, path: &Path) -> Self {
        if let ErrorKind::Io { path: slot @ None, .. } = &mut self.0.kind {
            *slot = Some(path.to_owned());
        }
        self
    }

    /// Names the member of an archive whose contents the error is about.
    #[cfg(feature = "npz")]
    pub(crate) fn in_member(mut self, name: &str) -> Self {
        if self.0.member.is_none() {
            self.0.member = Some(name.into());
        }
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The member of an archive whose contents the error is about, by its full name.
    pub fn member(&self) -> Option<&str> {
        self.0.member.as_deref()
    }

    /// The byte offset in the input where it went wrong, where there is one. Where a
    /// [`member`](Self::member) is named, it counts in the member's contents, inflated if they were deflated.
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// What the caller could try.
    pub fn help(&self) -> Option<Cow<'_, str>> {
        if let Some(help) = &self.0.help {
            return Some(Cow::Borrowed(help));
        }
        match &self.0.kind {
            ErrorKind::Limit { name, needed, .. } => Some(Cow::Owned(format!(
                "if this input is trusted, raise the limit `{name}` to at least {needed}"
            ))),
            ErrorKind::Mismatch(mismatch) => mismatch.help().map(Cow::Owned),
            ErrorKind::Field { available, .. } if !available.is_empty() => {
                Some(Cow::Owned(format!("the fields are: {}", available.join(", "))))
            }
            ErrorKind::Member { available, .. } if !available.is_empty() => {
                Some(Cow::Owned(format!("the members are: {}", available.join(", "))))
            }
            _ => None,
        }
    }

    pub(crate) fn literal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Literal(shortened(message.into())))
    }

    pub(crate) fn dtype(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::DType(shortened(message.into())))
    }

    pub(crate) fn header(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Header(shortened(message.into())))
    }

    pub(crate) fn shape(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Shape(shortened(message.into())))
    }

    pub(crate) fn index(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Index(shortened(message.into())))
    }

    pub(crate) fn layout(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Layout(message.into()))
    }

    pub(crate) fn value(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Value(shortened(message.into())))
    }

    pub(crate) fn pickle(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Pickle(shortened(message.into())))
    }

    #[cfg(any(feature = "compressed", feature = "npz"))]
    pub(crate) fn compressed(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Compressed(shortened(message.into())))
    }

    pub(crate) fn msgpack(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Msgpack(shortened(message.into())))
    }

    #[cfg(feature = "npz")]
    pub(crate) fn archive(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Archive(shortened(message.into())))
    }

    #[cfg(feature = "npz")]
    pub(crate) fn member_name(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::MemberName(shortened(message.into())))
    }

    pub(crate) fn unsupported(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unsupported(shortened(message.into())))
    }

    pub(crate) fn truncated(what: &'static str, needed: u64, found: u64) -> Self {
        Self::new(ErrorKind::Truncated { what, needed, found })
    }

    pub(crate) fn limit(name: &'static str, limit: u64, needed: u64) -> Self {
        Self::new(ErrorKind::Limit { name, limit, needed })
    }
}

/// A message that quotes a long input loses its middle.
fn shortened(message: Cow<'static, str>) -> Cow<'static, str> {
    const HEAD: usize = 240;
    const TAIL: usize = 120;
    let boundary = |at: usize| (0..=at).rev().find(|&at| message.is_char_boundary(at)).unwrap_or(0);
    match message.len().checked_sub(TAIL) {
        Some(tail) if tail > HEAD + 16 => {
            format!("{} [...] {}", &message[..boundary(HEAD)], &message[boundary(tail)..]).into()
        }
        _ => message,
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(member) = &self.0.member {
            write!(f, "member {member:?}: ")?;
        }
        self.0.kind.fmt(f)?;
        match self.0.offset {
            Some(offset) => write!(f, " (at byte {offset})"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path: Some(path), source } => write!(f, "{}: {source}", path.display()),
            Self::Io { path: None, source } => source.fmt(f),
            Self::Magic { expected, found } => {
                write!(f, "expected {expected}, found ")?;
                match found.as_slice() {
                    [] => f.write_str("no bytes at all"),
                    bytes => write!(f, "bytes that start with {}", bytes.escape_ascii()),
                }
            }
            Self::NpyVersion { found: (major, minor) } => {
                write!(f, "expected .npy version 1.0, 2.0 or 3.0, found {major}.{minor}")
            }
            Self::Truncated { what, needed, found } => {
                let bytes = if *needed == 1 { "byte" } else { "bytes" };
                write!(f, "the input ends inside {what}: expected {needed} {bytes}, found {found}")
            }
            Self::Limit { name, limit, needed } => {
                write!(f, "the input needs {needed}, the limit `{name}` is {limit}")
            }
            Self::Literal(message) => write!(f, "not a Python literal: {message}"),
            Self::DType(message) => write!(f, "not a dtype: {message}"),
            Self::Header(message) => write!(f, "not a .npy header: {message}"),
            Self::Shape(message) => write!(f, "not a shape: {message}"),
            Self::Index(message) => write!(f, "out of the array: {message}"),
            Self::Pickle(message) => write!(f, "in the pickle: {message}"),
            Self::Compressed(message) => f.write_str(message),
            Self::Msgpack(message) => write!(f, "not msgpack: {message}"),
            Self::Archive(message) => write!(f, "not a .npz archive: {message}"),
            Self::MemberName(message) => write!(f, "no name for a new member: {message}"),
            Self::Checksum { expected, found } => {
                write!(f, "the contents have the CRC-32 {found:08x}, expected {expected:08x}")
            }
            Self::Member { name, .. } => write!(f, "no member named {name:?}"),
            Self::Mismatch(mismatch) => mismatch.fmt(f),
            Self::ElementType { wanted, dtype } => {
                write!(f, "the elements are {dtype}, which {wanted} is not")
            }
            Self::Layout(message) => write!(f, "cannot borrow the elements in place: {message}"),
            Self::Value(message) => write!(f, "not a value: {message}"),
            Self::Field { name, .. } => write!(f, "no field named {name:?}"),
            Self::Unsupported(message) => f.write_str(message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("offset", &self.0.offset)
            .field("help", &self.help())
            .field("member", &self.member())
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    /// An error of this crate that came through a [`std::io::Read`] is itself again.
    fn from(source: std::io::Error) -> Self {
        source.downcast().unwrap_or_else(Self::io)
    }
}

impl From<Error> for std::io::Error {
    /// That of the system, or one of invalid data.
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Io { source, .. } => source.kind(),
            _ => std::io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}
