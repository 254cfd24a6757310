//! From a source to an array: which reader, how the bytes get into memory, and what to say if they are
//! no array.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use npbytes::sniff::Encoding;
use npbytes::{Array, ErrorKind, npy, raw};

use crate::archive::{self, Access, Container};
use crate::arrow::{self, table::Table};
use crate::failure::{Failure, Result, note};
use crate::format::{Reading, cannot_read};
use crate::guess::Guess;
use crate::input::Input;
use crate::message;
use crate::pickled::{self, Pickled};
use crate::place::{failure_in_file, failure_in_memory};
use crate::source::{Opened, Recorded, Source, read_at};
use crate::wrapped;

/// An array, and what came after it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) array: Array,
    /// How many bytes follow the array; 0 where that is not known.
    pub(crate) trailing: u64,
    /// Where they start in the input, if they are another array.
    pub(crate) next: Option<u64>,
}

impl Loaded {
    /// Says on standard error that something follows the array, which is left out.
    pub(crate) fn note_trailing(&self, source: &Source) {
        if self.trailing > 0 {
            let (name, trailing, next) = (source.name(), self.trailing, self.next_words());
            note(&format!("{name}: {trailing} bytes behind the array were left out{next}"));
        }
    }

    /// Says on standard error that something follows the array.
    pub(crate) fn note_more(&self, source: &Source) {
        if self.trailing > 0 {
            let (name, trailing, next) = (source.name(), self.trailing, self.next_words());
            note(&format!("{name}: {trailing} bytes follow the array{next}"));
        }
    }

    fn next_words(&self) -> String {
        let next = self.next.map(|at| format!("; a further one is at --offset {at}"));
        next.unwrap_or_default()
    }
}

/// What a source is.
#[derive(Debug)]
pub(crate) enum Content {
    /// An array whose elements are at hand.
    Array(Loaded),
    /// A pickle, or a part of one: an array, or anything else that Python has.
    Pickled(Box<Pickled>),
}

impl From<Loaded> for Content {
    fn from(loaded: Loaded) -> Self {
        Self::Array(loaded)
    }
}

impl From<Pickled> for Content {
    fn from(pickled: Pickled) -> Self {
        Self::Pickled(Box::new(pickled))
    }
}

impl Content {
    /// The part at a path, which arrays do not have.
    ///
    /// # Errors
    /// An array, and a path that leads nowhere.
    pub(crate) fn at(self, source: &Source, path: Option<&str>) -> Result<Self> {
        match (self, path) {
            (content, None) => Ok(content),
            (Self::Pickled(pickled), path) => Ok(pickled.at(source, path)?.into()),
            (Self::Array(_), Some(path)) => {
                let message =
                    format!("a path such as {path:?} is one in a pickle, and this is none");
                Err(Failure::new(source.name(), message)
                    .with_help("a part of an array is told by --slice and --field"))
            }
        }
    }

    /// The array.
    ///
    /// # Errors
    /// A pickle that is none.
    pub(crate) fn array(self, source: &Source) -> Result<Loaded> {
        match self {
            Self::Array(loaded) => Ok(loaded),
            Self::Pickled(pickled) => pickled.load(source),
        }
    }
}

/// Files up to this size are read, larger ones are mapped: then only what is looked at is read.
pub(crate) const READ_UP_TO: u64 = 1 << 20;

/// How many bytes of a file are looked at for a header at first: more than nearly all need.
pub(crate) const HEADER: usize = 4096;

/// All bytes of a source as they are, compressed or not.
///
/// # Errors
/// Those of the file; something that is no whole file and no whole member of an archive.
pub(crate) fn whole(source: &Source, input: &Input) -> Result<Bytes> {
    if source.member().is_some() {
        return archive::bytes(source, input);
    }
    match source.open()? {
        Opened::Regular { mut file, .. } => bytes_of_file(source, input, &mut file, 0),
        Opened::Stream(mut stream) => {
            rest_of_stream(source, input, &[], &mut stream).map(Into::into)
        }
    }
}

/// All bytes of a source, with compression taken off.
///
/// # Errors
/// As [`whole`], and those of wrappers.
pub(crate) fn contents(source: &Source, input: &Input) -> Result<Bytes> {
    let opened = match source.member() {
        Some(_) => {
            let bytes = archive::bytes(source, input)?;
            let stream = wrapped::open_bytes(source, input, bytes.clone())?;
            if stream.codecs().is_empty() {
                return Ok(bytes);
            }
            Opened::Stream(stream)
        }
        None => wrapped::open(source, input)?,
    };
    match opened {
        Opened::Regular { mut file, .. } => bytes_of_file(source, input, &mut file, 0),
        Opened::Stream(mut stream) => {
            rest_of_stream(source, input, &[], &mut stream).map(Into::into)
        }
    }
}

/// Reads what a source is, as far as it is an array or a pickle.
///
/// # Errors
/// Whatever keeps the source from being one, with the place and what to do about it.
pub(crate) fn open(source: &Source, input: &Input) -> Result<Content> {
    if source.member().is_some() {
        let archive = match archive::open_any(source, input, Access::Contents)? {
            Container::Archive(archive) => archive,
            Container::Message(document) => {
                return message::load(source, input, &document);
            }
            Container::Pickle(pickled) => return Ok(Content::Pickled(pickled)),
            Container::Table(table) => return table.content(source),
        };
        let (member, path) = archive::found(source, &archive)?;
        return archive::load(source, &input.for_member(), &member, path);
    }
    match wrapped::open(source, input)? {
        Opened::Regular { mut file, len } => from_file(source, input, &mut file, len),
        Opened::Stream(stream) => from_stream(source, input, stream),
    }
}

fn from_file(source: &Source, input: &Input, file: &mut File, len: u64) -> Result<Content> {
    let io_failure = |error: io::Error| Failure::io(source.name(), &error);
    check_offset(source, input, len)?;
    let head = read_at(file, input.offset, Encoding::HEAD).map_err(io_failure)?;
    match input.reading(source, &head)? {
        Reading::Npy => {
            let options = input.npy_options();
            let header = file
                .seek(SeekFrom::Start(input.offset))
                .map_err(npbytes::Error::from)
                .and_then(|_| read_header(file, HEADER, &options));
            let failure = |file: &mut File, error: &npbytes::Error| {
                failure_in_file(source, file, error, input.offset)
            };
            let header = header.map_err(|error| failure(file, &error))?;
            let bytes = bytes_of_file(source, input, file, input.offset)?;
            if header.dtype().has_object() {
                return pickled::of_npy(source, input, &bytes, input.offset).map(Into::into);
            }
            let array = npy::decode(&bytes, &options).map_err(|error| failure(file, &error))?;
            let trailing = (len - input.offset).saturating_sub(header.end());
            let end = usize::try_from(header.end()).unwrap_or(usize::MAX);
            let next = next_array(bytes.get(end..), input.offset + header.end());
            Ok(Loaded { array, trailing, next }.into())
        }
        Reading::Raw => {
            let bytes = bytes_of_file(source, input, file, input.offset)?;
            let array = raw_array(source, input, &bytes)?;
            Ok(Loaded { array, trailing: 0, next: None }.into())
        }
        Reading::Pickle => {
            let bytes = bytes_of_file(source, input, file, input.offset)?;
            pickled::of_bytes(source, input, &bytes, input.offset).map(Into::into)
        }
        Reading::Npz => {
            let archive = archive::of_file(source, input, file, Access::Contents, input.offset)?;
            archive::load_only(source, &input.inside(), &archive)
        }
        Reading::Msgpack => {
            let bytes = bytes_of_file(source, input, file, input.offset)?;
            let document = message::of_bytes(source, input, &bytes, input.offset)?;
            message::load(source, input, &document)
        }
        Reading::Table(format) => Table::of_file(source, input, format, file)?.content(source),
        Reading::Tensor => {
            let bytes = bytes_of_file(source, input, file, input.offset)?;
            arrow::of_tensor(source, input, &bytes)
        }
        Reading::Unread(encoding) => Err(cannot_read(encoding, &source.name())),
    }
}

/// Opens the table that a source is, or has a column of; none of what is something else.
///
/// # Errors
/// Those of the file, and of a damaged table.
pub(crate) fn open_table(source: &Source, input: &Input) -> Result<Option<Table>> {
    if source.member().is_some() {
        return Ok(match archive::open_any(source, input, Access::Contents)? {
            Container::Table(table) => Some(*table),
            _ => None,
        });
    }
    match wrapped::open(source, input)? {
        Opened::Regular { mut file, len } => {
            check_offset(source, input, len)?;
            let head = read_at(&mut file, input.offset, Encoding::HEAD)
                .map_err(|error| Failure::io(source.name(), &error))?;
            match input.reading(source, &head)? {
                Reading::Table(format) => {
                    Table::of_file(source, input, format, &mut file).map(Some)
                }
                _ => Ok(None),
            }
        }
        Opened::Stream(mut stream) => {
            let head = start_stream(source, input, &mut stream)?;
            let Reading::Table(format) = input.reading(source, &head)? else { return Ok(None) };
            let bytes = rest_of_stream(source, input, &head, &mut stream)?;
            Table::of_bytes(source, input, format, bytes.into()).map(Some)
        }
    }
}

/// Reads an array from bytes at hand: those of a member.
pub(crate) fn from_bytes(source: &Source, input: &Input, bytes: &Bytes) -> Result<Content> {
    let stream = wrapped::open_bytes(source, input, bytes.clone())?;
    if !stream.codecs().is_empty() {
        return from_stream(source, input, stream);
    }
    check_offset(source, input, bytes.len() as u64)?;
    let rest = bytes.slice(usize::try_from(input.offset).unwrap_or(usize::MAX).min(bytes.len())..);
    let head = rest.get(..Encoding::HEAD).unwrap_or(&rest);
    match input.reading(source, head)? {
        Reading::Npy => {
            let header = npy::Header::parse(&rest, &input.npy_options());
            if header.is_ok_and(|header| header.dtype().has_object()) {
                return pickled::of_npy(source, input, &rest, input.offset).map(Into::into);
            }
            let split = npy::split(&rest, &input.npy_options());
            let (array, behind) =
                split.map_err(|error| failure_in_memory(source, bytes, &error, input.offset))?;
            let at = input.offset + (rest.len() - behind.len()) as u64;
            let next = next_array(Some(&behind), at);
            Ok(Loaded { array, trailing: behind.len() as u64, next }.into())
        }
        Reading::Raw => {
            let array = raw_array(source, input, &rest)?;
            Ok(Loaded { array, trailing: 0, next: None }.into())
        }
        Reading::Pickle => pickled::of_bytes(source, input, &rest, input.offset).map(Into::into),
        Reading::Npz => Err(cannot_read(Encoding::Npz, &source.name())),
        Reading::Msgpack => {
            let document = message::of_bytes(source, input, &rest, input.offset)?;
            message::load(source, input, &document)
        }
        Reading::Table(format) => {
            // The source names the member that these bytes are, and none of the columns.
            let table = Table::of_bytes(source, input, format, rest)?;
            table.content(&source.whole())
        }
        Reading::Tensor => arrow::of_tensor(source, input, &rest),
        Reading::Unread(encoding) => Err(cannot_read(encoding, &source.name())),
    }
}

/// The bytes of an open file from the offset on: read, or mapped where there are many.
///
/// # Errors
/// Those of the file, and more bytes than may be read.
pub(crate) fn bytes_of_file(
    source: &Source,
    input: &Input,
    file: &mut File,
    offset: u64,
) -> Result<Bytes> {
    let io_failure = |error: io::Error| Failure::io(source.name(), &error);
    let len = file.metadata().map_err(io_failure)?.len();
    let bytes = match source.path() {
        Some(path) if len > READ_UP_TO.min(input.limits.array_bytes) => {
            npbytes::map_bytes(path).map_err(|error| Failure::of(source.name(), &error, 0))?
        }
        _ => {
            input.check_copy(source, len)?;
            read_at(file, 0, usize::MAX).map_err(io_failure)?.into()
        }
    };
    let start = usize::try_from(offset).unwrap_or(usize::MAX);
    // The file may have become shorter since the offset was checked.
    Ok(bytes.slice(start.min(bytes.len())..))
}

fn from_stream(source: &Source, input: &Input, mut stream: Recorded) -> Result<Content> {
    let head = start_stream(source, input, &mut stream)?;
    from_started(source, input, &head, stream)
}

/// Reads the array of a stream whose first bytes were read.
///
/// # Errors
/// As [`open`].
pub(crate) fn from_started(
    source: &Source,
    input: &Input,
    head: &[u8],
    mut stream: Recorded,
) -> Result<Content> {
    match input.reading(source, head)? {
        Reading::Npy => {
            let options = input.npy_options();
            let mut start = Start { taken: head.to_vec(), rest: &mut stream };
            let header = read_header(&mut head.chain(&mut start), Encoding::HEAD, &options);
            let taken = start.taken;
            if header.is_ok_and(|header| header.dtype().has_object()) {
                let bytes = rest_of_stream(source, input, &taken, &mut stream)?.into();
                return pickled::of_npy(source, input, &bytes, input.offset).map(Into::into);
            }
            let array = npy::Reader::new(taken.chain(&mut stream), options)
                .and_then(|mut reader| reader.read_array());
            match array {
                Ok(Some(array)) => {
                    let trailing = wrapped::rest(source, &mut stream)?;
                    Ok(Loaded { array, trailing, next: None }.into())
                }
                Ok(None) => Err(Failure::new(source.name(), "no array")),
                Err(error) => Err(failure_in_memory(source, stream.seen(), &error, input.offset)),
            }
        }
        Reading::Raw => {
            // What follows the elements that are asked for may be endless.
            let bytes = match input.counted_bytes() {
                Some(len) => start_of_stream(source, input, head, &mut stream, len)?,
                None => rest_of_stream(source, input, head, &mut stream)?,
            };
            let array = raw_array(source, input, &bytes.into())?;
            Ok(Loaded { array, trailing: 0, next: None }.into())
        }
        Reading::Pickle => {
            let bytes = rest_of_stream(source, input, head, &mut stream)?;
            pickled::of_bytes(source, input, &bytes.into(), input.offset).map(Into::into)
        }
        Reading::Npz => {
            let bytes = rest_of_stream(source, input, head, &mut stream)?;
            let archive = archive::of_bytes(source, input, &bytes.into(), input.offset)?;
            archive::load_only(source, &input.inside(), &archive)
        }
        Reading::Msgpack => {
            let bytes = rest_of_stream(source, input, head, &mut stream)?;
            let document = message::of_bytes(source, input, &bytes.into(), input.offset)?;
            message::load(source, input, &document)
        }
        Reading::Table(format) => {
            let bytes = rest_of_stream(source, input, head, &mut stream)?;
            Table::of_bytes(source, input, format, bytes.into())?.content(source)
        }
        Reading::Tensor => {
            let bytes = rest_of_stream(source, input, head, &mut stream)?;
            arrow::of_tensor(source, input, &bytes.into())
        }
        Reading::Unread(encoding) => Err(cannot_read(encoding, &source.name())),
    }
}

/// A stream of which what is read is kept, for another reader to start with.
struct Start<'a> {
    taken: Vec<u8>,
    rest: &'a mut Recorded,
}

impl Read for Start<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.rest.read(buffer)?;
        self.taken.extend(buffer.iter().take(read));
        Ok(read)
    }
}

/// All bytes of a stream, of which the first were read.
///
/// # Errors
/// Those of the stream, and more bytes than may be read.
pub(crate) fn rest_of_stream(
    source: &Source,
    input: &Input,
    head: &[u8],
    stream: &mut Recorded,
) -> Result<Vec<u8>> {
    let enough = input.limits.array_bytes.saturating_add(1);
    let mut bytes = Vec::new();
    let read = head.chain(stream).take(enough).read_to_end(&mut bytes);
    let read = read.map_err(|error| Failure::io(source.name(), &error))?;
    input.check_copy(source, read as u64)?;
    Ok(bytes)
}

/// The first bytes of a stream, of which some were read; fewer where it ends.
///
/// # Errors
/// Those of the stream, and more bytes than may be read.
pub(crate) fn start_of_stream(
    source: &Source,
    input: &Input,
    head: &[u8],
    stream: &mut Recorded,
    len: u64,
) -> Result<Vec<u8>> {
    input.check_copy(source, len)?;
    let mut bytes = Vec::new();
    let read = head.chain(stream).take(len).read_to_end(&mut bytes);
    read.map_err(|error| Failure::io(source.name(), &error))?;
    Ok(bytes)
}

/// Skips to the offset, and reads the first bytes there.
pub(crate) fn start_stream(
    source: &Source,
    input: &Input,
    stream: &mut Recorded,
) -> Result<Vec<u8>> {
    let io_failure = |error: io::Error| Failure::io(source.name(), &error);
    let skipped = io::copy(&mut stream.by_ref().take(input.offset), &mut io::sink());
    check_offset(source, input, skipped.map_err(io_failure)?)?;
    let mut head = Vec::new();
    stream.take(Encoding::HEAD as u64).read_to_end(&mut head).map_err(io_failure)?;
    Ok(head)
}

/// Refuses an offset behind the end.
pub(crate) fn check_offset(source: &Source, input: &Input, len: u64) -> Result<()> {
    if input.offset <= len {
        return Ok(());
    }
    let message = format!("--offset {} is behind the end: there are {len} bytes", input.offset);
    Err(Failure::new(source.name(), message))
}

/// Reads a header from where the reader stands: `first` bytes at once, then as many as it takes.
///
/// # Errors
/// What the library says of it.
pub(crate) fn read_header(
    reader: &mut impl Read,
    first: usize,
    options: &npy::ReadOptions,
) -> npbytes::Result<npy::Header> {
    let mut bytes = Vec::new();
    let mut wanted = first as u64;
    loop {
        let missing = wanted.saturating_sub(bytes.len() as u64);
        reader.by_ref().take(missing).read_to_end(&mut bytes)?;
        let error = match npy::Header::parse(&bytes, options) {
            Ok(header) => return Ok(header),
            Err(error) => error,
        };
        match error.kind() {
            // The limit on headers was checked before their end was missed.
            ErrorKind::Truncated { needed, .. }
                if *needed > wanted && bytes.len() as u64 == wanted =>
            {
                wanted = *needed;
            }
            _ => return Err(error),
        }
    }
}

/// Where the array is that what follows another one starts with, if it does.
fn next_array(behind: Option<&[u8]>, at: u64) -> Option<u64> {
    let behind = behind?;
    let head = behind.get(..Encoding::HEAD).unwrap_or(behind);
    (Encoding::of(head) == Some(Encoding::Npy)).then_some(at)
}

fn raw_array(source: &Source, input: &Input, bytes: &Bytes) -> Result<Array> {
    let Some(spec) = input.spec() else {
        return Err(no_dtype(source, input, bytes));
    };
    raw::decode(bytes, &spec).map_err(|error| raw_failure(source, input, bytes, &error))
}

/// The failure of raw bytes that do not fit the flags.
pub(crate) fn raw_failure(
    source: &Source,
    input: &Input,
    bytes: &[u8],
    error: &npbytes::Error,
) -> Failure {
    let failure = Failure::of(source.name(), error, input.offset);
    match (error.kind(), input.spec()) {
        // Bytes that are none to be guessed at have been named by the library.
        (ErrorKind::Mismatch(mismatch), Some(spec)) if Encoding::of(bytes).is_none() => {
            let guess = Guess::new(
                mismatch.available() as u64,
                bytes,
                mismatch.shape(),
                Some(spec.dtype()),
            );
            failure.without_offset().with_guess(&guess, source, input)
        }
        _ => failure,
    }
}

/// The failure of bytes that nothing is known of.
fn no_dtype(source: &Source, input: &Input, bytes: &[u8]) -> Failure {
    if bytes.is_empty() {
        return Failure::new(source.name(), "no bytes: the input is empty")
            .with_help("an empty array needs its dtype too: --dtype float64");
    }
    let guess = Guess::new(bytes.len() as u64, bytes, input.shape(), None);
    let message = format!("raw bytes do not say what they are: {} bytes need --dtype", bytes.len());
    Failure::new(source.name(), message).with_guess(&guess, source, input)
}

impl Failure {
    /// Adds what the bytes could be, and the command line that shows the first guess.
    fn with_guess(self, guess: &Guess, source: &Source, input: &Input) -> Self {
        if guess.is_empty() {
            return self;
        }
        self.with_table(guess.table()).with_command(guess.command(source, input))
    }
}
