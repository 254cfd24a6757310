//! Archives as inputs: opening them, and finding the member that is meant.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use npbytes::msgpack::Document;
use npbytes::npy;
use npbytes::npz::{self, Archive, Member};
use npbytes::sniff::Encoding;

use crate::arrow::table::Table;
use crate::decode::{self, Content, bytes_of_file, rest_of_stream, start_stream};
use crate::failure::{Failure, Result, note, quoted};
use crate::format::{Reading, cannot_read};
use crate::input::Input;
use crate::message;
use crate::pickled::{self, Pickled};
use crate::place::{failure_in_file, failure_in_memory};
use crate::snippet::Snippet;
use crate::source::{self, Opened, Source, read_at};
use crate::wrapped;

/// How much of an archive will be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// The directory, and headers of arrays.
    Headers,
    /// Arrays: a large file is mapped, so that those that are stored are not copied.
    Contents,
}

/// How many bytes of a member are read to show where its header is wrong.
const SEEN: u64 = 1 << 14;

/// How many names a message lists.
const LISTED: usize = 20;

/// What has arrays that are found by name.
pub(crate) enum Container {
    Archive(Archive),
    Message(Document),
    /// With the part that the source names.
    Pickle(Box<Pickled>),
    /// A table of columns.
    Table(Box<Table>),
}

/// Opens the archive that a source is, or is a member of.
///
/// # Errors
/// Those of the file; something that is no archive.
pub(crate) fn open(source: &Source, input: &Input, access: Access) -> Result<Archive> {
    match open_any(source, input, access)? {
        Container::Archive(archive) => Ok(archive),
        Container::Message(_) => Err(cannot_read(Encoding::Msgpack, &source.whole().name())),
        Container::Pickle(_) => Err(no_archive(Encoding::Pickle, &source.whole())),
        Container::Table(_) => {
            Err(Failure::new(source.whole().name(), "this is a table, and no archive")
                .with_help(format!("npbytes info {}", quoted(&source.whole().argument()))))
        }
    }
}

/// The failure of something that has arrays in it, but is not changed or copied as an archive is.
fn no_archive(encoding: Encoding, whole: &Source) -> Failure {
    let failure = Failure::new(whole.name(), format!("this is {encoding}, and no archive"));
    failure.with_help(format!("npbytes info {}", quoted(&whole.argument())))
}

/// Opens what a source is a member of, or what has members of its own.
///
/// # Errors
/// Those of the file; something that has no members.
pub(crate) fn open_any(source: &Source, input: &Input, access: Access) -> Result<Container> {
    let whole = source.whole();
    let is_named_message = input.is_from_msgpack();
    // The offset is one in the member where there is one.
    let (input, offset) = match source.member() {
        Some(_) => (&input.inside().without_raw_flags(), 0),
        None => (input, input.offset),
    };
    let opened = match source.member() {
        Some(_) => wrapped::open(&whole, &Input::with_limits(input.limits))?,
        None => wrapped::open(&whole, input)?,
    };
    let reading = |head: &[u8]| match Encoding::of(head) {
        _ if is_named_message => Reading::Msgpack,
        // What --from says may be about the member then.
        Some(Encoding::Npz) => Reading::Npz,
        Some(Encoding::Npy) => Reading::Npy,
        head_is => match input.reading(&whole, head) {
            // By its name alone it is none.
            Ok(Reading::Npy) if head_is.is_none() => Reading::Npz,
            Ok(reading) => reading,
            Err(_) => Reading::Npz,
        },
    };
    let within = |reading: Reading, bytes: &Bytes| match reading {
        Reading::Msgpack => message::of_bytes(&whole, input, bytes, offset).map(Container::Message),
        Reading::Npy => {
            let header = npy::Header::parse(bytes, &input.npy_options());
            if !header.is_ok_and(|header| header.dtype().has_object()) {
                // It says that an array is no archive.
                expect_archive(source, input, bytes)?;
            }
            let pickled = pickled::of_npy(&whole, input, bytes, offset)?;
            Ok(Container::Pickle(Box::new(pickled.at(source, source.member())?)))
        }
        _ => {
            let pickled = pickled::of_bytes(&whole, input, bytes, offset)?;
            Ok(Container::Pickle(Box::new(pickled.at(source, source.member())?)))
        }
    };
    let is_within =
        |reading: Reading| matches!(reading, Reading::Msgpack | Reading::Pickle | Reading::Npy);
    match opened {
        Opened::Regular { mut file, len } => {
            decode::check_offset(&whole, input, len)?;
            let head = read_at(&mut file, offset, Encoding::HEAD)
                .map_err(|error| Failure::io(whole.name(), &error))?;
            let reading = reading(&head);
            if reading == Reading::Tensor {
                return Err(one_array(source));
            }
            if let Reading::Table(format) = reading {
                let table = Table::of_file(&whole, input, format, &mut file)?;
                return Ok(Container::Table(Box::new(table)));
            }
            if is_within(reading) {
                return within(reading, &bytes_of_file(&whole, input, &mut file, offset)?);
            }
            expect_archive(source, input, &head)?;
            of_file(&whole, input, &mut file, access, offset).map(Container::Archive)
        }
        Opened::Stream(mut stream) => {
            let head = start_stream(&whole, input, &mut stream)?;
            let reading = reading(&head);
            if reading == Reading::Tensor {
                return Err(one_array(source));
            }
            if let Reading::Table(format) = reading {
                let bytes = rest_of_stream(&whole, input, &head, &mut stream)?;
                let table = Table::of_bytes(&whole, input, format, bytes.into())?;
                return Ok(Container::Table(Box::new(table)));
            }
            let is_within = is_within(reading);
            if !is_within {
                expect_archive(source, input, &head)?;
            }
            let bytes = rest_of_stream(&whole, input, &head, &mut stream)?.into();
            if is_within {
                return within(reading, &bytes);
            }
            of_bytes(&whole, input, &bytes, offset).map(Container::Archive)
        }
    }
}

/// The failure of a tensor where something with names in it belongs.
fn one_array(source: &Source) -> Failure {
    let whole = source.whole();
    let failure = Failure::new(whole.name(), "a tensor is one array, and has no others in it");
    match source.member() {
        Some(member) => failure.with_help(format!("leave ::{member} out")),
        None => failure.with_help(format!("npbytes info {}", quoted(&whole.argument()))),
    }
}

/// Refuses what is known to be something else, with a word on what it is.
fn expect_archive(source: &Source, input: &Input, head: &[u8]) -> Result<()> {
    let whole = source.whole();
    match Encoding::of(head) {
        Some(Encoding::Npz) => Ok(()),
        _ if input.is_from_npz() => Ok(()),
        Some(Encoding::Npy) => {
            let failure = Failure::new(whole.name(), "a .npy file is one array, and no archive");
            Err(match source.member() {
                Some(member) => failure.with_help(format!("leave ::{member} out")),
                None => failure.with_help(format!("npbytes info {}", quoted(&whole.argument()))),
            })
        }
        Some(encoding) => Err(cannot_read(encoding, &whole.name())),
        None => {
            let message = if head.is_empty() {
                "no bytes at all: no archive, no pickle, no message of msgpack"
            } else {
                "this is no archive, no pickle and no message of msgpack, as its first bytes say"
            };
            let snippet = (!head.is_empty()).then(|| Snippet::of_bytes(0, head, 0));
            Err(Failure::new(whole.name(), message)
                .with_snippet(snippet)
                .with_help(format!("npbytes info {}", quoted(&whole.argument()))))
        }
    }
}

/// The archive in an open file.
pub(crate) fn of_file(
    source: &Source,
    input: &Input,
    file: &mut File,
    access: Access,
    offset: u64,
) -> Result<Archive> {
    let options = input.npz_options();
    let io_failure = |error: std::io::Error| Failure::io(source.name(), &error);
    // What has no name cannot be mapped.
    let is_on_demand = access == Access::Headers || source.path().is_none();
    let opened = if is_on_demand && offset == 0 {
        npz::from_file(file.try_clone().map_err(io_failure)?, &options)
    } else {
        npz::decode(&bytes_of_file(source, input, file, offset)?, &options)
    };
    opened.map_err(|error| failure_in_file(source, file, &error, offset))
}

/// The archive in bytes at hand, which start at an offset of the source.
pub(crate) fn of_bytes(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    offset: u64,
) -> Result<Archive> {
    npz::decode(bytes, &input.npz_options())
        .map_err(|error| Failure::of(source.name(), &error, offset))
}

/// The member that a source names.
pub(crate) fn member<'a>(source: &Source, archive: &'a Archive) -> Result<Member<'a>> {
    found(source, archive).map(|(member, _)| member)
}

/// The member that a source names, and the path in it that stands behind another `::`.
pub(crate) fn found<'a, 's>(
    source: &'s Source,
    archive: &'a Archive,
) -> Result<(Member<'a>, Option<&'s str>)> {
    let name = source.member().unwrap_or_default();
    let error = match archive.member(name) {
        Ok(member) => return Ok((member, None)),
        Err(error) => error,
    };
    let mut splits = name.match_indices(source::MEMBER);
    let split = splits.find_map(|(at, separator)| {
        let (member, path) = (name.get(..at)?, name.get(at + separator.len()..)?);
        Some((archive.get(member)?, Some(path)))
    });
    split.ok_or_else(|| Failure::of(source.whole().name(), &error, 0))
}

/// The contents of the member that a source names, all of them.
///
/// # Errors
/// Those of the archive; a part of a member.
pub(crate) fn bytes(source: &Source, input: &Input) -> Result<Bytes> {
    let archive = open(source, input, Access::Contents)?;
    let (member, path) = found(source, &archive)?;
    if let Some(path) = path {
        let message = "a whole file or a whole member belongs here, and this is a part of one";
        return Err(Failure::new(source.name(), message).with_help(format!("leave ::{path} out")));
    }
    member.bytes().map_err(|error| Failure::of(source.name(), &error, 0))
}

/// Reads a member: an array, or raw bytes that the flags explain; or a part of it, if it is a pickle.
pub(crate) fn load(
    source: &Source,
    input: &Input,
    member: &Member<'_>,
    path: Option<&str>,
) -> Result<Content> {
    let bytes = member.bytes().map_err(|error| Failure::of(source.name(), &error, 0))?;
    // The whole name says whether it should be a .npy file.
    decode::from_bytes(&source.with_member(member.name()), input, &bytes)?.at(source, path)
}

/// Reads the only array of an archive.
///
/// # Errors
/// None, or several: then all are named.
pub(crate) fn load_only(source: &Source, input: &Input, archive: &Archive) -> Result<Content> {
    // What has no header that can be read may be the one that is meant.
    let mut arrays = archive.members().filter(|member| !matches!(member.header(), Ok(None)));
    match (arrays.next(), arrays.next()) {
        (Some(only), None) => load(source, input, &only, None),
        (None, _) => Err(no_arrays(source, archive)),
        (Some(first), Some(_)) => {
            let message = format!("an archive of {} members: say which", archive.len());
            let example = source.with_member(key_of(archive, &first)).argument();
            Err(Failure::new(source.name(), message)
                .with_help(format!("the members are: {}", names(archive)))
                .with_help(format!("write {}, for example", quoted(&example))))
        }
    }
}

/// The failure of an archive that holds nothing to be read as an array.
pub(crate) fn no_arrays(source: &Source, archive: &Archive) -> Failure {
    if archive.is_empty() {
        return Failure::new(source.name(), "an archive without members");
    }
    Failure::new(source.name(), "an archive without arrays")
        .with_help(format!("the members are: {}", names(archive)))
        .with_help("to look at the bytes of one: FILE::MEMBER --from raw --dtype uint8")
}

/// The first names of an archive, for a message.
fn names(archive: &Archive) -> String {
    let mut names: Vec<&str> =
        archive.members().take(LISTED).map(|member| key_of(archive, &member)).collect();
    let more = archive.len().saturating_sub(LISTED);
    let others = format!("{more} others");
    if more > 0 {
        names.push(&others);
    }
    names.join(", ")
}

/// What to write behind `::` for a member: its key, unless that is empty or NumPy finds another member by it.
pub(crate) fn key_of<'a>(archive: &Archive, member: &Member<'a>) -> &'a str {
    match archive.get(member.key()) {
        Some(found) if !member.key().is_empty() && found.name() == member.name() => member.key(),
        _ => member.name(),
    }
}

/// The failure to read the header of a member, with the bytes around the place.
pub(crate) fn header_failure(
    source: &Source,
    member: &Member<'_>,
    error: &npbytes::Error,
) -> Failure {
    let source = source.with_member(member.key());
    if error.member().is_none() {
        return Failure::of(source.name(), error, 0);
    }
    let mut seen = Vec::new();
    // What cannot be read is not shown; the error has said why.
    if let Ok(reader) = member.reader() {
        let _ = reader.take(SEEN).read_to_end(&mut seen);
    }
    failure_in_memory(&source, &seen, error, 0)
}

/// Says on standard error that bytes follow an archive.
pub(crate) fn note_trailing(source: &Source, archive: &Archive) {
    let trailing = archive.trailing();
    if trailing > 0 {
        note(&format!(
            "{}: {trailing} bytes follow the archive, as an edit leaves them that was interrupted \
             or is under way; if it was interrupted, \
             npbytes compact --discard-trailing {} removes them",
            source.name(),
            quoted(&source.argument())
        ));
    }
}

/// Whether a source is an archive with members, as far as that can be told without reading a pipe.
pub(crate) fn is_archive(source: &Source, input: &Input) -> bool {
    if source.member().is_some() {
        return false;
    }
    let head = wrapped::peek(source, input).unwrap_or_default();
    input.is_from_npz() || input.reading(source, &head).is_ok_and(|reading| reading == Reading::Npz)
}
