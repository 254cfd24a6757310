//! Compressed inputs: what is read of them is what is inside.

use std::fmt;
use std::io::{self, Cursor, Read, Seek};
use std::path::Path;

use bytes::Bytes;
use npbytes::Limits;
use npbytes::compressed::{MAX_NESTED, ReadOptions, Reader};
use npbytes::sniff::Encoding;

use crate::failure::{Failure, Result};
use crate::input::Input;
use crate::source::{Opened, Recorded, Source, read_at};

/// How much of what may be compressed by zlib or lzma is tried: their first bytes may be numbers.
const TRIED: usize = 1 << 12;

/// What may become of it.
const TRIED_CONTENTS: u64 = 1 << 24;

/// Opens a source, which is the stream of its contents if it is compressed.
///
/// # Errors
/// Those of the file, and of wrappers as far as their start shows them.
pub(crate) fn open(source: &Source, input: &Input) -> Result<Opened> {
    match source.open()? {
        Opened::Regular { mut file, len } => {
            let failure = |error: io::Error| Failure::io(source.whole().name(), &error);
            let head = read_at(&mut file, 0, TRIED).map_err(failure)?;
            if !is_wrapped(source, input, &head) {
                return Ok(Opened::Regular { file, len });
            }
            file.rewind().map_err(failure)?;
            unwrapped(source, input, Box::new(file), Some(len)).map(Opened::Stream)
        }
        Opened::Stream(stream) => {
            unwrapped(source, input, Box::new(stream), None).map(Opened::Stream)
        }
    }
}

/// The contents of bytes at hand as a stream: themselves, if they are not compressed.
pub(crate) fn open_bytes(source: &Source, input: &Input, bytes: Bytes) -> Result<Recorded> {
    let len = bytes.len() as u64;
    unwrapped(source, input, Box::new(Cursor::new(bytes)), Some(len))
}

/// The first bytes of the contents, of regular files alone: a pipe would lose them.
pub(crate) fn peek(source: &Source, input: &Input) -> Option<Vec<u8>> {
    let head = source.peek(TRIED)?;
    let is_wrapped = is_wrapped(source, input, &head);
    let mut contents = Vec::new();
    let head: Box<dyn Read> = match is_wrapped.then(|| open(source, input)) {
        Some(Ok(Opened::Stream(stream))) => Box::new(stream),
        _ => Box::new(Cursor::new(head)),
    };
    head.take(Encoding::HEAD as u64).read_to_end(&mut contents).ok()?;
    Some(contents)
}

/// Reads contents to their end, where the sums are that they are checked by, and says how many bytes that were. None
/// of what is not compressed: a pipe may be a long one.
pub(crate) fn rest(source: &Source, stream: &mut Recorded) -> Result<u64> {
    if stream.codecs().is_empty() {
        return Ok(0);
    }
    io::copy(stream, &mut io::sink()).map_err(|error| Failure::io(source.name(), &error))
}

/// Takes wrappers off until there are none.
fn unwrapped(
    source: &Source,
    input: &Input,
    stream: Box<dyn Read>,
    len: Option<u64>,
) -> Result<Recorded> {
    let name = source.whole().name();
    let failure = |error: io::Error| Failure::io(&*name, &error);
    let mut stream = stream;
    let mut codecs = Vec::new();
    loop {
        let mut head = Vec::new();
        stream.by_ref().take(Encoding::HEAD as u64).read_to_end(&mut head).map_err(failure)?;
        if Encoding::of(&head).is_some_and(Encoding::is_wrapper) {
            stream
                .by_ref()
                .take((TRIED - head.len()) as u64)
                .read_to_end(&mut head)
                .map_err(failure)?;
        }
        let is_wrapped = is_wrapped(source, input, &head);
        stream = Box::new(Cursor::new(head).chain(stream));
        if !is_wrapped {
            let compressed_len = len.filter(|_| !codecs.is_empty());
            return Ok(Recorded::unwrapped(stream, codecs, compressed_len));
        }
        if codecs.len() >= MAX_NESTED {
            let message = format!("compressed more than {MAX_NESTED} times over");
            return Err(Failure::new(name, message));
        }
        let mut options = ReadOptions::default().limits(input.limits);
        options.input_len = len.filter(|_| codecs.is_empty());
        let reader = Reader::new(stream, &options)
            .map_err(|error| failure(WrapperError::of(&error).into()))?;
        codecs.extend(reader.codecs());
        stream = Box::new(Contents { reader, error: None });
    }
}

/// Whether bytes that start like this are compressed.
fn is_wrapped(source: &Source, input: &Input, head: &[u8]) -> bool {
    match Encoding::of(head.get(..Encoding::HEAD).unwrap_or(head)) {
        Some(Encoding::Zlib | Encoding::Lzma) => {
            input.takes_wrappers()
                && (names_wrapper(source) || !input.is_for_raw() && goes_on(head))
        }
        Some(encoding) => encoding.is_wrapper() && input.takes_wrappers(),
        None => false,
    }
}

/// Whether a name ends as that of a compressed file.
fn names_wrapper(source: &Source) -> bool {
    source.path().and_then(extension).is_some()
}

/// What the name of a compressed file ends with.
pub(crate) fn extension(path: &Path) -> Option<&str> {
    let extension = path.extension()?.to_str()?;
    EXTENSIONS.contains(&&*extension.to_ascii_lowercase()).then_some(extension)
}

/// What the names of compressed files end with.
pub(crate) const EXTENSIONS: [&str; 9] =
    ["gz", "z", "zz", "zlib", "bz2", "xz", "lzma", "zst", "zstd"];

/// Whether what starts like a wrapper goes on like one, as far as it is at hand.
fn goes_on(head: &[u8]) -> bool {
    let limits = Limits::default().inflate_bytes(TRIED_CONTENTS);
    let read = Reader::new(head, &ReadOptions::default().limits(limits))
        .and_then(|mut reader| Ok(io::copy(&mut reader, &mut io::sink())?));
    match read {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind(),
            npbytes::ErrorKind::Truncated { .. } | npbytes::ErrorKind::Limit { .. }
        ),
    }
}

/// A stream of contents, whose errors are those of the wrapper: they do not get mixed up with what is wrong with
/// the contents, in which offsets count otherwise. Who reads on gets the same error again.
struct Contents<R> {
    reader: Reader<R>,
    error: Option<WrapperError>,
}

impl<R: Read> Read for Contents<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = &self.error {
            return Err(error.clone().into());
        }
        self.reader.read(buffer).map_err(|error| {
            let error = npbytes::Error::from(error);
            match error.kind() {
                npbytes::ErrorKind::Io { .. } => error.into(),
                _ => self.error.insert(WrapperError::of(&error)).clone().into(),
            }
        })
    }
}

/// What is wrong with a wrapper, in words.
#[derive(Clone, Debug)]
pub(crate) struct WrapperError {
    message: String,
    pub(crate) help: Vec<String>,
}

impl WrapperError {
    fn of(error: &npbytes::Error) -> Self {
        let failure = Failure::of("", error, 0);
        let at = failure.offset().map_or_else(String::new, |offset| {
            format!(" (at byte {offset} of the compressed bytes)")
        });
        Self { message: format!("{}{at}", failure.message()), help: failure.help().to_vec() }
    }

    /// The one that an error of the system stands for.
    pub(crate) fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl From<WrapperError> for io::Error {
    fn from(error: WrapperError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

impl fmt::Display for WrapperError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WrapperError {}
