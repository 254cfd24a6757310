//! Why the harness could not do its work, as opposed to a mismatch that it found.

use std::fmt;
use std::path::{Path, PathBuf};

/// What harness functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An obstacle: no Python, a failed installation, a script that stopped, a file that is not there.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No interpreter for a NumPy that must be there. Says what to install.
    NoPython {
        /// What was looked for and what would help, one line.
        need: String,
    },
    /// An environment could not be made.
    Environment {
        /// Which one.
        name: String,
        /// What went wrong, and what to do.
        cause: String,
    },
    /// A script ended with an error.
    Script {
        /// Which one.
        script: PathBuf,
        /// The end of what it wrote on stderr.
        stderr: String,
    },
    /// A file operation.
    Io {
        /// On what.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A manifest line that does not say what it should.
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong, with the line.
        cause: String,
    },
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_path_buf();
        move |source| Error::Io { path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoPython { need } => write!(f, "{need}"),
            Error::Environment { name, cause } => write!(f, "environment {name}: {cause}"),
            Error::Script { script, stderr } => {
                write!(f, "{} failed:\n{stderr}", script.display())
            }
            Error::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Error::Manifest { path, cause } => write!(f, "{}: {cause}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}
