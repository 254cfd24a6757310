//! What an archive says it holds: the directory at its end, found and read with `rawzip`.

use std::ops::Range;

use rawzip::{ReaderAt, ZipArchive, ZipFileHeaderRecord, ZipLocator};

use super::record::{
    END_LEN, END64_LEN, End, LOCAL_LEN, LOCATOR64_LEN, LocalHead, Method, is_encrypted, is_utf8,
};
use super::source::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::sniff::Encoding;

/// How far before the end CPython looks for the end record: its length and that of the longest comment.
const SEARCH: u64 = END_LEN as u64 + 0xffff;
/// How many end records are looked at where the last ones are none of a whole archive: an array may hold archives
/// too, so that there may be many. The directories before them are looked at up to a few times the input in all.
const TRIES: usize = 1 << 16;
const TRIED_TIMES: u64 = 4;
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
        let mut tried = Tried::default();
        for _ in 0..TRIES {
            let locator = ZipLocator::new().max_search_space(space);
            let (offset, error) = match locator.locate_in_reader(source, &mut buffer, end) {
                Ok(archive) => match Self::parse(&archive, limits, &mut buffer, &mut tried) {
                    // Whole archives that follow each other are not left by an edit.
                    Ok(directory) if tried.starts.contains(&directory.end()) => break,
                    Ok(directory) => return Ok(directory),
                    Err(error) if matches!(error.kind(), ErrorKind::Limit { .. }) => {
                        return Err(error);
                    }
                    Err(error) => (Some(archive.eocd_offset()), error),
                },
                Err((_, error)) => (error.eocd_offset(), foreign(error)),
            };
            match offset {
                Some(at) => {
                    first_error.get_or_insert(error);
                    end = at;
                }
                // Not where CPython looks for it; further on.
                None if space == SEARCH => space = u64::MAX,
                None => break,
            }
            if tried.bytes > len.saturating_mul(TRIED_TIMES) {
                break;
            }
        }
        Err(first_error.unwrap_or_else(|| {
            no_directory(len)
                .with_help("the file may have been cut off: an archive's directory is at its end")
        }))
    }

    /// Reads the directory that an end record leads to.
    fn parse(
        archive: &ZipArchive<&Source>,
        limits: &Limits,
        buffer: &mut [u8],
        tried: &mut Tried,
    ) -> Result<Self> {
        let source = archive.get_ref();
        let (end_at, start) = (archive.eocd_offset(), archive.directory_offset());
        let end = end_records(source, end_at)?.ok_or_else(|| no_directory(end_at))?;
        if end.start.checked_add(end.size) != Some(end.at) || end.start != start {
            let fits = end.at.checked_sub(end.size).and_then(|start| start.checked_sub(end.start));
            // The head of a member there is what tells another archive from the torn end of an edit.
            if let Some(before) = fits
                && chunk(source, before)? == Some(*b"PK\x03\x04")
            {
                tried.starts.push(before);
            }
            let error = Error::archive(format!(
                "its directory, of {} bytes from byte {} on, does not end at byte {}, where its end record is",
                end.size, end.start, end.at
            ));
            return Err(match fits {
                Some(before @ 1..) => error.with_help(format!(
                    "{before} bytes may stand before it that belong to something else; cut them off"
                )),
                _ => error,
            }
            .at(end_at));
        }
        let count = end.count;
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
        while let Some(record) = records.next_entry().map_err(|error| foreign(error).at(end_at))? {
            if directory.entries.len() as u64 == limits.members {
                return Err(Error::limit("members", limits.members, limits.members + 1).at(end_at));
            }
            directory.push(&record)?;
            tried.bytes = tried
                .bytes
                .saturating_add(directory.records.end - record.central_directory_offset());
            if tried.bytes > source.len().saturating_mul(TRIED_TIMES) {
                return Err(no_directory(end_at));
            }
        }
        // Some writers let the count wrap, and CPython does not look at it.
        let wraps = (directory.entries.len() as u64) & 0xffff == count;
        if !(directory.entries.len() as u64 == count || wraps) || directory.records.end != end.at {
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
            // One that claims to lie behind the directory is no end for others.
            next = next.min(self.entries[index].offset);
            let entry = &self.entries[index];
            if entry.method.is_compressed() {
                // What is there, whatever it claims.
                let room = entry.next.saturating_sub(entry.offset);
                let (before, after) = &mut self.deflated;
                *before = before.saturating_add(entry.compressed.min(room));
                *after = after.saturating_add(entry.uncompressed);
            }
        }
    }

    pub(super) fn name(&self, entry: &Entry) -> &str {
        &self.names[entry.name.0..entry.name.1]
    }

    /// Where the archive ends.
    pub(super) fn end(&self) -> u64 {
        self.comment.end
    }

    /// Refuses members that reach into what follows them: bytes that are added could become theirs. Those that
    /// are damaged otherwise stay as they are.
    #[cfg(feature = "fs")]
    pub(super) fn check_bounds(&self, source: &Source) -> Result<()> {
        for entry in &self.entries {
            let head = chunk(source, entry.offset)?.and_then(|bytes| LocalHead::parse(&bytes));
            let head_len = head.map_or(LOCAL_LEN as u64, |head| head.len());
            let end = entry.offset.saturating_add(head_len).saturating_add(entry.compressed);
            if end > entry.next {
                return Err(self.overlap(entry, end).at(entry.offset.min(source.len())));
            }
        }
        Ok(())
    }

    fn overlap(&self, entry: &Entry, end: u64) -> Error {
        Error::archive(format!(
            "member {:?} would overlap what follows it: it ends at byte {end}, that starts at {}",
            self.name(entry),
            entry.next
        ))
    }

    /// Where the data of a member is: what the directory says of it is checked here, against the member itself
    /// and against its neighbours.
    pub(super) fn data(&self, source: &Source, entry: &Entry) -> Result<Range<u64>> {
        let name = self.name(entry);
        // Where that is no place in the file, its end.
        let at = entry.offset.min(source.len());
        let wrong = |message: String| Err(Error::archive(message).at(at));
        // Long enough for most names, so that one read is enough.
        let mut bytes = [0; LOCAL_LEN + 256];
        let len = source.fill(&mut bytes, entry.offset)?;
        let Some(head) = bytes[..len].first_chunk().and_then(LocalHead::parse) else {
            return wrong(format!("member {name:?} is not where the directory says"));
        };
        if head.encrypted || is_encrypted(entry.flags) {
            return Err(Error::unsupported(format!("member {name:?} is encrypted"))
                .at(at)
                .with_help("decrypt the archive first; NumPy writes none that are"));
        }
        let name_end = LOCAL_LEN + usize::from(head.name_len);
        let mut found = String::new();
        match bytes[..len].get(LOCAL_LEN..name_end) {
            Some(raw) => decode_name(raw, head.utf8, &mut found)?,
            None => {
                let mut raw = vec![0; usize::from(head.name_len)];
                source.read_exact_at(&mut raw, entry.offset + LOCAL_LEN as u64)?;
                decode_name(&raw, head.utf8, &mut found)?;
            }
        }
        if found != name {
            return wrong(format!("member {name:?} of the directory calls itself {found:?}"));
        }
        if head.method != entry.method {
            return wrong(format!("member {name:?} contradicts the directory on how it is stored"));
        }
        let start = entry.offset.saturating_add(head.len());
        let end = start.saturating_add(entry.compressed);
        if end > entry.next {
            return Err(self.overlap(entry, end).at(at));
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
            #[cfg(not(feature = "compressed"))]
            Method::Bzip2 | Method::Lzma => Err(Error::unsupported(format!(
                "member {name:?} is compressed by {:?}: the feature `compressed` is off",
                entry.method
            ))
            .at(at)),
            Method::Other(number) => Err(Error::unsupported(format!(
                "member {name:?} is compressed by method {number}, which this version does not read"
            ))
            .at(at)
            .with_help(
                "write the archive again, as np.savez_compressed does or with `zip -Z deflate`",
            )),
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
    let len = source.fill(&mut head, 0)?;
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

/// What was looked at before the directory that is taken.
#[derive(Default)]
struct Tried {
    /// How many bytes of directories.
    bytes: u64,
    /// Where archives would start that do not start with the file.
    starts: Vec<u64>,
}

/// The records at the end of an archive, of which the last is at `at`.
fn end_records(source: &Source, at: u64) -> Result<Option<End>> {
    let Some(end) = chunk::<END_LEN>(source, at)?.and_then(|bytes| End::parse(&bytes, at)) else {
        return Ok(None);
    };
    let Some(locator) = at.checked_sub(LOCATOR64_LEN as u64) else { return Ok(Some(end)) };
    let locator = chunk::<LOCATOR64_LEN>(source, locator)?;
    let Some(at_64) = locator.and_then(|bytes| End::parse_locator(&bytes)) else {
        return Ok(Some(end));
    };
    let large = chunk::<END64_LEN>(source, at_64)?;
    Ok(large.and_then(|bytes| end.with_64(&bytes, at_64)).or(Some(end)))
}

/// So many bytes, if there are.
fn chunk<const N: usize>(source: &Source, at: u64) -> Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    let len = source.fill(&mut bytes, at)?;
    Ok((len == N).then_some(bytes))
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
        // The buffer is as long as the file, or as the longest record.
        rawzip::ErrorKind::Eof
        | rawzip::ErrorKind::IO(_)
        | rawzip::ErrorKind::BufferTooSmall { .. } => {
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
            Some(upper) => CP437[usize::from(upper)],
            None => char::from(b),
        }));
    }
    Ok(())
}

/// The upper half of code page 437, in which zip archives name their members unless they say otherwise.
#[rustfmt::skip]
const CP437: [char; 128] = [
    'Ç', 'ü', 'é', 'â', 'ä', 'à', 'å', 'ç', 'ê', 'ë', 'è', 'ï', 'î', 'ì', 'Ä', 'Å',
    'É', 'æ', 'Æ', 'ô', 'ö', 'ò', 'û', 'ù', 'ÿ', 'Ö', 'Ü', '¢', '£', '¥', '₧', 'ƒ',
    'á', 'í', 'ó', 'ú', 'ñ', 'Ñ', 'ª', 'º', '¿', '⌐', '¬', '½', '¼', '¡', '«', '»',
    '░', '▒', '▓', '│', '┤', '╡', '╢', '╖', '╕', '╣', '║', '╗', '╝', '╜', '╛', '┐',
    '└', '┴', '┬', '├', '─', '┼', '╞', '╟', '╚', '╔', '╩', '╦', '╠', '═', '╬', '╧',
    '╨', '╤', '╥', '╙', '╘', '╒', '╓', '╫', '╪', '┘', '┌', '█', '▄', '▌', '▐', '▀',
    'α', 'ß', 'Γ', 'π', 'Σ', 'σ', 'µ', 'τ', 'Φ', 'Θ', 'Ω', 'δ', '∞', 'φ', 'ε', '∩',
    '≡', '±', '≥', '≤', '⌠', '⌡', '÷', '≈', '°', '∙', '·', '√', 'ⁿ', '²', '■', '\u{a0}',
];
