//! Where input comes from: files, patterns of files, standard input.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};

/// An input that was named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(PathBuf),
    /// `-`.
    Stdin,
}

/// An input that was opened.
#[derive(Debug)]
pub(crate) enum Opened {
    /// A file of known length that can be read anywhere.
    Regular {
        /// The file, which may be standard input.
        file: File,
        /// Its length in bytes.
        len: u64,
    },
    /// A pipe or a device: what was read is gone.
    Stream(Recorded),
}

impl Source {
    /// The source of one argument.
    pub(crate) fn new(argument: OsString) -> Self {
        if argument == "-" { Self::Stdin } else { Self::File(argument.into()) }
    }

    /// The name as messages show it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "standard input".into(),
        }
    }

    /// The name as a command line takes it.
    pub(crate) fn argument(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => "-".into(),
        }
    }

    /// The file's path.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stdin => None,
        }
    }

    /// Opens the source for reading.
    pub(crate) fn open(&self) -> Result<Opened> {
        let failure = |error: io::Error| Failure::io(self.name(), &error);
        let file = match self {
            Self::File(path) => Some(File::open(path).map_err(failure)?),
            Self::Stdin => stdin_file(),
        };
        let Some(file) = file else {
            return Ok(Opened::Stream(Recorded::new(io::stdin())));
        };
        let metadata = file.metadata().map_err(failure)?;
        if metadata.is_dir() {
            let help = format!(
                "name the files in it: '{}'",
                Path::new(&self.name()).join("*.npy").display()
            );
            return Err(Failure::new(self.name(), "is a directory").with_help(help));
        }
        if metadata.is_file() {
            return Ok(Opened::Regular { file, len: metadata.len() });
        }
        Ok(Opened::Stream(Recorded::new(file)))
    }
}

/// Standard input as a file, where it is one that was not read from yet.
#[cfg(unix)]
fn stdin_file() -> Option<File> {
    use std::os::fd::AsFd;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let at_start = file.stream_position().is_ok_and(|position| position == 0);
    (at_start && file.metadata().is_ok_and(|metadata| metadata.is_file())).then_some(file)
}

#[cfg(not(unix))]
fn stdin_file() -> Option<File> {
    None
}

/// The sources of the arguments, patterns expanded, in the order given.
pub(crate) fn expand(arguments: Vec<OsString>) -> Vec<Result<Source>> {
    let mut sources = Vec::new();
    for argument in arguments {
        let is_pattern = |text: &str| text.contains(['*', '?', '[']) && !Path::new(text).exists();
        match argument.to_str() {
            Some(pattern) if is_pattern(pattern) => expand_pattern(pattern, &mut sources),
            _ => sources.push(Ok(Source::new(argument))),
        }
    }
    sources
}

fn expand_pattern(pattern: &str, sources: &mut Vec<Result<Source>>) {
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        Err(error) => {
            let message = format!("not a pattern: {} (at character {})", error.msg, error.pos);
            return sources.push(Err(Failure::new(pattern, message)));
        }
    };
    let before = sources.len();
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => {}
            Ok(path) => sources.push(Ok(Source::File(path))),
            Err(error) => {
                let name = error.path().display().to_string();
                sources.push(Err(Failure::io(name, error.error())));
            }
        }
    }
    if sources.len() == before {
        sources.push(Err(Failure::new(pattern, "no file matches this pattern")));
    }
}

/// Up to `len` bytes at an offset; fewer where the file ends.
pub(crate) fn read_at(file: &mut File, offset: u64, len: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.take(len as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A stream whose first bytes are kept, so that an error can show them.
pub(crate) struct Recorded {
    stream: Box<dyn Read>,
    seen: Vec<u8>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded").field("seen", &self.seen.len()).finish()
    }
}

impl Recorded {
    /// More than the longest header.
    const KEPT: usize = 1 << 16;

    fn new(stream: impl Read + 'static) -> Self {
        Self { stream: Box::new(stream), seen: Vec::new() }
    }

    /// The first bytes that were read.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.seen
    }
}

impl Read for Recorded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        let keep = Self::KEPT.saturating_sub(self.seen.len()).min(read);
        self.seen.extend(buffer.iter().take(keep));
        Ok(read)
    }
}
