//! What an archive says it holds: the directory at its end, found and read with `rawzip`.

use std::ops::Range;

use rawzip::{ReaderAt, ZipArchive, ZipFileHeaderRecord, ZipLocator};

use super::record::{END_LEN, End, LOCAL_LEN, LocalHead, Method, is_encrypted, is_utf8};
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::sniff::Encoding;

/// How far before the end CPython looks for the end record: its length and that of the longest comment.
const SEARCH: u64 = END_LEN as u64 + 0xffff;
/// How many end records are looked at, where the last ones are not whole.
const TRIES: usize = 16;
/// Deflate makes no more of a byte.
const MAX_RATIO: u64 = 1032;
/// Up to this size, members may be deflated as well as they can.
const ANY_RATIO: u64 = 1 << 30;

/// What the directory says of one member.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where its name is among all names.
    name: (usize, usize),
    pub(super) method: Method,
    flags: u16,
    pub(super) crc: u32,
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    /// Where its local header is.
    pub(super) offset: u64,
    /// Where its record in the directory is.
    #[cfg(feature = "fs")]
    pub(super) record: u64,
    /// Where the next member starts, or the directory.
    next: u64,
}

/// The directory of an archive.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    pub(super) entries: Vec<Entry>,
    names: String,
    /// Where the records of the members are.
    pub(super) records: Range<u64>,
    /// Where the comment is, with which the archive ends.
    pub(super) comment: Range<u64>,
    /// What the deflated members come to, before and after.
    deflated: (u64, u64),
}

impl Directory {
    /// Finds the directory of an archive and reads it.
    ///
    /// Bytes may follow the archive, as an append leaves them that did not come to its end: the last whole
    /// archive is found. Bytes before it may not, as NumPy takes no such file for an archive.
    pub(super) fn read(source: &Source, limits: &Limits) -> Result<Self> {
        check_start(source)?;
        let len = source.len();
        let buffer_len = usize::try_from(len).unwrap_or(usize::MAX);
        let mut buffer = vec![0; buffer_len.clamp(4096, rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE)];
        let (mut end, mut space, mut first_error) = (len, SEARCH, None);
        for _ in 0..TRIES {
            let locator = ZipLocator::new().max_search_space(space);
            let (offset, error) = match locator.locate_in_reader(source, &mut buffer, end) {
                Ok(archive) => match Self::parse(&archive, limits, &mut buffer) {
                    Ok(directory) => return Ok(directory),
                    Err(error) => (Some(archive.eocd_offset()), error),
                },
                Err((_, error)) => (error.eocd_offset(), foreign(error)),
            };
            match offset {
                // Nothing was left unfinished here: the archive is whole, and wrong.
                Some(at) if ends_at(source, at, len)? => return Err(error),
                Some(at) => {
                    first_error.get_or_insert(error);
                    end = at;
                }
                // Not where CPython looks for it; further on.
                None if space == SEARCH => space = u64::MAX,
                None => break,
            }
        }
        Err(first_error
            .unwrap_or_else(|| no_directory(len))
            .with_help("the file may have been cut off: an archive's directory is at its end"))
    }

    /// Reads the directory that an end record leads to.
    fn parse(archive: &ZipArchive<&Source>, limits: &Limits, buffer: &mut [u8]) -> Result<Self> {
        let source = archive.get_ref();
        let (end_at, start) = (archive.eocd_offset(), archive.directory_offset());
        let end = end_record(source, end_at)?.ok_or_else(|| no_directory(end_at))?;
        if end.directory != u32::MAX && u64::from(end.directory) != start {
            return Err(Error::archive(format!(
                "its directory is at byte {start}, and said to be at {}",
                end.directory
            ))
            .at(end_at));
        }
        let count = archive.entries_hint();
        if count > limits.members {
            return Err(Error::limit("members", limits.members, count).at(end_at));
        }
        let mut directory = Self {
            entries: Vec::new(),
            names: String::new(),
            records: start..start,
            comment: end_at + END_LEN as u64..end_at + END_LEN as u64 + u64::from(end.comment_len),
            deflated: (0, 0),
        };
        let mut records = archive.entries(buffer);
        while let Some(record) = records.next_entry().map_err(foreign)? {
            if directory.entries.len() as u64 == count {
                break;
            }
            directory.push(&record)?;
        }
        if directory.entries.len() as u64 != count
            || records.next_entry().map_err(foreign)?.is_some()
        {
            return Err(Error::archive(format!(
                "its directory lists other than the {count} members that its end record says"
            ))
            .at(end_at));
        }
        directory.find_ends(start);
        Ok(directory)
    }

    fn push(&mut self, record: &ZipFileHeaderRecord<'_>) -> Result<()> {
        let at = record.central_directory_offset();
        let flags = record.flags().bits();
        let raw = record.file_path();
        let raw: &[u8] = raw.as_ref();
        let start = self.names.len();
        decode_name(raw, is_utf8(flags), &mut self.names).map_err(|error| error.at(at))?;
        let entry = Entry {
            name: (start, self.names.len()),
            method: Method::from_number(record.compression_method().as_u16()),
            flags,
            crc: record.crc32(),
            compressed: record.compressed_size_hint(),
            uncompressed: record.uncompressed_size_hint(),
            offset: record.local_header_offset(),
            #[cfg(feature = "fs")]
            record: at,
            next: 0,
        };
        if entry.method == Method::Deflated {
            let (before, after) = &mut self.deflated;
            *before = before.saturating_add(entry.compressed);
            *after = after.saturating_add(entry.uncompressed);
        }
        let len = 46 + raw.len() + record.extra_fields().remaining_bytes().len();
        self.records.end = at + (len + record.comment().as_bytes().len()) as u64;
        self.entries.push(entry);
        Ok(())
    }

    /// Finds where each member must have ended.
    fn find_ends(&mut self, directory: u64) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        // Sorted already, but for archives by others.
        order.sort_by_key(|&index| self.entries[index].offset);
        let mut next = directory;
        for &index in order.iter().rev() {
            self.entries[index].next = next;
            next = self.entries[index].offset;
        }
    }

    pub(super) fn name(&self, entry: &Entry) -> &str {
        &self.names[entry.name.0..entry.name.1]
    }

    /// Where the archive ends.
    pub(super) fn end(&self) -> u64 {
        self.comment.end
    }

    /// Where the data of a member is: what the directory says of it is checked here, against the member itself
    /// and against its neighbours.
    pub(super) fn data(&self, source: &Source, entry: &Entry) -> Result<Range<u64>> {
        let name = self.name(entry);
        let wrong = |message: String| Err(Error::archive(message).at(entry.offset));
        let mut head = [0; LOCAL_LEN];
        let head = match source.read_exact_at(&mut head, entry.offset) {
            Ok(()) => LocalHead::parse(&head),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(error.into()),
        };
        let Some(head) = head else {
            return wrong(format!("member {name:?} is not where the directory says"));
        };
        if head.encrypted || is_encrypted(entry.flags) {
            return Err(Error::unsupported(format!("member {name:?} is encrypted"))
                .at(entry.offset)
                .with_help("decrypt the archive first; NumPy writes none that are"));
        }
        let mut raw = vec![0; usize::from(head.name_len)];
        source.read_exact_at(&mut raw, entry.offset + LOCAL_LEN as u64)?;
        let mut found = String::new();
        decode_name(&raw, head.utf8, &mut found)?;
        if found != name {
            return wrong(format!("member {name:?} of the directory calls itself {found:?}"));
        }
        if head.method != entry.method {
            return wrong(format!("member {name:?} contradicts the directory on how it is stored"));
        }
        let start = entry.offset.saturating_add(head.len());
        let end = start.saturating_add(entry.compressed);
        if end > entry.next {
            return wrong(format!(
                "member {name:?} would overlap what follows it: it ends at byte {end}, that starts at {}",
                entry.next
            ));
        }
        match entry.method {
            Method::Stored if entry.compressed != entry.uncompressed => wrong(format!(
                "member {name:?} is stored, with {} bytes, and is said to have {}",
                entry.compressed, entry.uncompressed
            )),
            Method::Deflated if entry.uncompressed > entry.compressed.saturating_mul(MAX_RATIO) => {
                wrong(format!(
                    "member {name:?} cannot have {} bytes, deflated to {}",
                    entry.uncompressed, entry.compressed
                ))
            }
            Method::Other(number) => Err(Error::unsupported(format!(
                "member {name:?} is compressed by method {number}, which NumPy never uses"
            ))
            .at(entry.offset)),
            _ => Ok(start..end),
        }
    }

    /// Refuses to inflate what would become too much.
    pub(super) fn check_inflated(&self, limits: &Limits) -> Result<()> {
        let (before, after) = self.deflated;
        if after > limits.inflate_bytes {
            return Err(Error::limit("inflate_bytes", limits.inflate_bytes, after));
        }
        let ratio = after.div_ceil(before.max(1));
        if after > ANY_RATIO && ratio > limits.inflate_ratio {
            return Err(Error::limit("inflate_ratio", limits.inflate_ratio, ratio));
        }
        Ok(())
    }
}

/// Refuses what does not start as NumPy wants it.
fn check_start(source: &Source) -> Result<()> {
    let mut head = [0; Encoding::HEAD];
    let mut len = 0;
    while len < head.len() {
        match source.read_at(&mut head[len..], len as u64)? {
            0 => break,
            read => len += read,
        }
    }
    let head = &head[..len];
    match Encoding::of(head) {
        Some(Encoding::Npz) => Ok(()),
        other => {
            let found = head[..len.min(8)].to_vec();
            let kind = ErrorKind::Magic { expected: "a .npz archive", found };
            let error = Error::new(kind).at(0_u64);
            Err(match other {
                Some(encoding) => error.with_help(format!("the input looks like {encoding}")),
                None => error,
            })
        }
    }
}

fn end_record(source: &Source, at: u64) -> Result<Option<End>> {
    let mut bytes = [0; END_LEN];
    match source.read_exact_at(&mut bytes, at) {
        Ok(()) => Ok(End::parse(&bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether an end record and its comment are the last of the source.
fn ends_at(source: &Source, at: u64, len: u64) -> Result<bool> {
    let end = end_record(source, at)?;
    Ok(end.is_some_and(|end| at + END_LEN as u64 + u64::from(end.comment_len) == len))
}

fn no_directory(at: u64) -> Error {
    Error::archive("it has no directory of its members").at(at)
}

/// An error of the library that reads zip archives.
fn foreign(error: rawzip::Error) -> Error {
    let offset = error.eocd_offset();
    let error = match error.into_kind() {
        rawzip::ErrorKind::IO(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            return error.into();
        }
        rawzip::ErrorKind::InvalidSignature { expected, actual } => Error::archive(format!(
            "its directory has {:?} where {:?} is expected",
            actual.to_le_bytes().escape_ascii().to_string(),
            expected.to_le_bytes().escape_ascii().to_string()
        )),
        rawzip::ErrorKind::InvalidEndOfCentralDirectory => {
            Error::archive("its end record contradicts itself")
        }
        rawzip::ErrorKind::Eof | rawzip::ErrorKind::IO(_) => {
            Error::archive("it ends inside its directory")
        }
        rawzip::ErrorKind::MissingEndOfCentralDirectory => {
            Error::archive("it has no directory of its members")
        }
        other => Error::archive(other.to_string()),
    };
    match offset {
        Some(offset) => error.at(offset),
        None => error,
    }
}

/// Decodes a name as CPython does: by UTF-8 if a flag says so, else by code page 437; up to a NUL.
fn decode_name(raw: &[u8], utf8: bool, names: &mut String) -> Result<()> {
    let raw = raw.iter().position(|&b| b == 0).map_or(raw, |nul| &raw[..nul]);
    if utf8 {
        let name = std::str::from_utf8(raw).map_err(|_| {
            Error::archive(format!("the name b'{}' is no UTF-8", raw.escape_ascii()))
        })?;
        names.push_str(name);
    } else if raw.is_ascii() {
        names.extend(raw.iter().map(|&b| char::from(b)));
    } else {
        names.extend(raw.iter().map(|&b| match b.checked_sub(0x80) {
            Some(upper) => CP437.chars().nth(upper.into()).unwrap_or(char::REPLACEMENT_CHARACTER),
            None => char::from(b),
        }));
    }
    Ok(())
}

/// The upper half of code page 437, in which zip archives name their members unless they say otherwise.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
