//! Where input comes from: files, members of archives, patterns of files, standard input.
//!
//! The one place that knows what `FILE::MEMBER` means; `FILE::PATH` is the same for what has no members but parts.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::OnceLock;

use npbytes::compressed::Codec;

use crate::failure::{Failure, Result};

/// An input that was named on the command line: `FILE`, or `FILE::MEMBER` for a member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    place: Place,
    /// The member, as NumPy looks it up: by its name with or without `.npy`.
    member: Option<String>,
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A file.
    File(PathBuf),
    /// `-`.
    Stdin,
}

/// What stands between a file and a member of it, and between a member and a path in it.
pub(crate) const MEMBER: &str = "::";

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

/// What no argument of a process can start with.
const GUARD: char = '\0';

/// The argument as it can be told from a flag: `-::x` is a member of standard input.
pub(crate) fn guarded(argument: OsString) -> OsString {
    match argument.to_str() {
        Some(text) if text.starts_with("-::") => format!("{GUARD}{text}").into(),
        _ => argument,
    }
}

impl Source {
    /// The source of one argument. A file of exactly this name comes first; else the first `::` counts that
    /// stands behind a file which exists.
    pub(crate) fn new(argument: OsString) -> Self {
        let argument = match argument.to_str().and_then(|text| text.strip_prefix(GUARD)) {
            Some(guarded) => guarded.into(),
            None => argument,
        };
        if argument == "-" {
            return Self { place: Place::Stdin, member: None };
        }
        let whole = Self::file(argument.clone().into());
        if whole.is_there() {
            return whole;
        }
        let mut splits = splits(&argument);
        let first = splits.next();
        match first {
            Some(first) if !first.is_there() => splits.find(Self::is_there).unwrap_or(first),
            Some(first) => first,
            None => whole,
        }
    }

    /// A file, whatever its name is.
    pub(crate) fn file(path: PathBuf) -> Self {
        Self { place: Place::File(path), member: None }
    }

    /// A member of this archive.
    pub(crate) fn with_member(&self, member: &str) -> Self {
        Self { place: self.place.clone(), member: Some(member.into()) }
    }

    /// The file that holds the member, or that this is.
    pub(crate) fn whole(&self) -> Self {
        Self { place: self.place.clone(), member: None }
    }

    /// Whether there is such a file.
    pub(crate) fn is_there(&self) -> bool {
        match &self.place {
            Place::File(path) => path.symlink_metadata().is_ok(),
            Place::Stdin => true,
        }
    }

    /// The name as messages show it.
    pub(crate) fn name(&self) -> String {
        let place = match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Stdin => "standard input".into(),
        };
        self.behind(place)
    }

    /// The name as a command line takes it.
    pub(crate) fn argument(&self) -> String {
        let place = match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Stdin => "-".into(),
        };
        self.behind(place)
    }

    fn behind(&self, place: String) -> String {
        match &self.member {
            Some(member) => format!("{place}{MEMBER}{member}"),
            None => place,
        }
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Stdin => None,
        }
    }

    /// The member that is meant, where one is.
    pub(crate) fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// The first bytes of a regular file, without opening anything else: a pipe would lose them.
    pub(crate) fn peek(&self, len: usize) -> Option<Vec<u8>> {
        let mut file = match &self.place {
            Place::File(path) if path.metadata().ok()?.is_file() => File::open(path).ok()?,
            Place::File(_) => return None,
            Place::Stdin => stdin_file()?,
        };
        read_at(&mut file, 0, len).ok()
    }

    /// Opens the source for reading.
    pub(crate) fn open(&self) -> Result<Opened> {
        let failure = |error: io::Error| Failure::io(self.whole().name(), &error);
        let file = match &self.place {
            Place::File(path) => Some(File::open(path).map_err(failure)?),
            Place::Stdin => stdin_file(),
        };
        let Some(file) = file else {
            return Ok(Opened::Stream(Recorded::new(io::stdin())));
        };
        let metadata = file.metadata().map_err(failure)?;
        if metadata.is_dir() {
            let help = format!(
                "name the files in it: '{}'",
                Path::new(&self.whole().name()).join("*.npy").display()
            );
            return Err(Failure::new(self.whole().name(), "is a directory").with_help(help));
        }
        if metadata.is_file() {
            return Ok(Opened::Regular { file, len: metadata.len() });
        }
        Ok(Opened::Stream(Recorded::new(file)))
    }
}

/// All ways to read `FILE::MEMBER`, from the left to the right.
fn splits(argument: &OsStr) -> impl Iterator<Item = Source> {
    let bytes = argument.as_encoded_bytes();
    let places = (1..bytes.len()).filter(|&at| bytes[at..].starts_with(MEMBER.as_bytes()));
    places.filter_map(|at| {
        let (file, member) =
            (part(argument, 0..at)?, part(argument, at + MEMBER.len()..bytes.len())?);
        let place = if file == "-" { Place::Stdin } else { Place::File(file.into()) };
        Some(Source { place, member: Some(member.to_string_lossy().into_owned()) })
    })
}

/// A part of a name that need not be Unicode.
#[cfg(unix)]
fn part(name: &OsStr, range: Range<usize>) -> Option<OsString> {
    use std::os::unix::ffi::OsStrExt;
    Some(OsStr::from_bytes(name.as_bytes().get(range)?).into())
}

#[cfg(not(unix))]
fn part(name: &OsStr, range: Range<usize>) -> Option<OsString> {
    Some(name.to_str()?.get(range)?.into())
}

/// Standard input as a file, where it is one that nobody had read from when this process started.
#[cfg(unix)]
fn stdin_file() -> Option<File> {
    use std::os::fd::AsFd;
    // It has one position, however often it is opened here: what counts is the first time.
    static WAS_AT_START: OnceLock<bool> = OnceLock::new();
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let position = || file.stream_position().is_ok_and(|position| position == 0);
    let at_start = *WAS_AT_START.get_or_init(position);
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
        expand_one(argument, &mut sources);
    }
    sources
}

/// The sources of one argument.
pub(crate) fn expand_one(argument: OsString, sources: &mut Vec<Result<Source>>) {
    let source = Source::new(argument.clone());
    match argument.to_str() {
        Some(pattern) if is_pattern(pattern) && !source.is_there() => {
            if expand_pattern(pattern, None, sources) {
                return;
            }
            match pattern.split_once(MEMBER) {
                Some((files, member)) if is_pattern(files) => {
                    if !expand_pattern(files, Some(member), sources) {
                        sources.push(Err(Failure::new(files, "no file matches this pattern")));
                    }
                }
                Some(_) => sources.push(Ok(source)),
                None => sources.push(Err(Failure::new(pattern, "no file matches this pattern"))),
            }
        }
        _ => sources.push(Ok(source)),
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Adds the files of a pattern, and says whether there were any.
fn expand_pattern(pattern: &str, member: Option<&str>, sources: &mut Vec<Result<Source>>) -> bool {
    let paths = match glob::glob(pattern) {
        Ok(paths) => paths,
        // What stands behind `::` is none.
        Err(_) if member.is_none() && pattern.contains(MEMBER) => return false,
        Err(error) => {
            let message = format!("not a pattern: {} (at character {})", error.msg, error.pos);
            sources.push(Err(Failure::new(pattern, message)));
            return true;
        }
    };
    let before = sources.len();
    for path in paths {
        match path {
            Ok(path) if path.is_dir() => {}
            Ok(path) => {
                let member = member.map(Into::into);
                sources.push(Ok(Source { place: Place::File(path), member }));
            }
            Err(error) => {
                let name = error.path().display().to_string();
                sources.push(Err(Failure::io(name, error.error())));
            }
        }
    }
    sources.len() > before
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
    /// How it was compressed, the outermost wrapper first.
    codecs: Vec<Codec>,
    /// How many bytes it had before, where that is known.
    compressed_len: Option<u64>,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorded").field("seen", &self.seen.len()).finish()
    }
}

impl Recorded {
    /// More than the longest header.
    const KEPT: usize = 1 << 16;

    /// Keeps what is read of a stream.
    pub(crate) fn new(stream: impl Read + 'static) -> Self {
        Self::unwrapped(Box::new(stream), Vec::new(), None)
    }

    /// The contents of what was compressed.
    pub(crate) fn unwrapped(
        stream: Box<dyn Read>,
        codecs: Vec<Codec>,
        compressed_len: Option<u64>,
    ) -> Self {
        Self { stream, seen: Vec::new(), codecs, compressed_len }
    }

    /// How the stream was compressed, the outermost wrapper first.
    pub(crate) fn codecs(&self) -> &[Codec] {
        &self.codecs
    }

    /// How many bytes were compressed to it, where that is known.
    pub(crate) fn compressed_len(&self) -> Option<u64> {
        self.compressed_len
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
