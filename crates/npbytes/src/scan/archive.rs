//! Pickles in the members of zip archives.

use bytes::Bytes;

use super::{Place, Scanner};
use crate::error::Error;
use crate::npz::{self, Archive, Member};
use crate::sniff::Encoding;

/// What ends an archive, and how long it is without its comment.
const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;

/// What stands before that where numbers need 64 bits: what leads to the record with them, and that.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LEN: usize = 20;
const END64: &[u8] = b"PK\x06\x06";
const END64_LEN: usize = 56;

/// How far from the end Python looks for it.
const SEARCH: usize = END_LEN + (1 << 16);

impl Scanner {
    /// Every member, those of the same name and those that no directory entry names an array included.
    pub(super) fn archive(&mut self, data: &Bytes, place: &Place) {
        if self.is_too_deep(place, Encoding::Npz) {
            return;
        }
        let directory = Directory::of(data);
        self.ends.extend(directory.map(|directory| data.as_ptr() as usize + directory.end));
        match npz::decode(data, &self.options()) {
            Ok(archive) => {
                self.members(&archive, place);
                let end = (data.len() as u64).saturating_sub(archive.trailing());
                // Where Python finds none it fails.
                if directory.is_some_and(|found| !found.is_that_of(data, end)) {
                    self.unreadable(place, Some(Encoding::Npz), ambiguous());
                }
            }
            Err(error) => self.unreadable(place, Some(Encoding::Npz), error),
        }
    }

    /// An archive behind bytes of another encoding, where zip has it: at the end of the file. Some readers look
    /// for it there first.
    pub(super) fn appended_archive(&mut self, data: &Bytes, place: &Place) {
        let Some(directory) = Directory::of(data) else { return };
        let is_known = self.ends.contains(&(data.as_ptr() as usize + directory.end));
        // Four bytes may be there by chance; with a directory they are not.
        if is_known || directory.size == 0 || !directory.is_there(data) {
            return;
        }
        if self.is_too_deep(place, Encoding::Npz) {
            return;
        }
        // The offsets in it count from its start, or from that of the file.
        let opened = directory.before().map(|before| {
            let rest = data.slice(before.min(data.len())..);
            let archive = npz::decode(&rest, &self.options())?;
            let end = (rest.len() as u64).saturating_sub(archive.trailing());
            let found = Directory::of(&rest);
            if found.is_some_and(|found| {
                found.end + before == directory.end && found.is_that_of(&rest, end)
            }) {
                Ok(archive)
            } else {
                Err(ambiguous())
            }
        });
        match opened.unwrap_or_else(|| Err(ambiguous())) {
            Ok(archive) => self.members(&archive, place),
            Err(error) => self.unreadable(place, Some(Encoding::Npz), error),
        }
    }

    fn options(&self) -> npz::ReadOptions {
        // A wrong CRC is no reason not to look: some loaders check none.
        npz::ReadOptions::default().limits(self.limits).check_crc(false)
    }

    fn members(&mut self, archive: &Archive, place: &Place) {
        if archive.is_empty() {
            self.add(place, Some(Encoding::Npz)).note = Some("an archive without members");
        }
        for member in archive.members() {
            let inside = place.inside(member.name());
            if let Err(error) = self.member(&member, &inside) {
                self.unreadable(&inside, None, error);
            }
        }
        if archive.trailing() > 0
            && let Some(part) = self.parts.last_mut()
            && part.note.is_none()
        {
            part.note = Some("bytes follow the archive");
        }
    }

    fn member(&mut self, member: &Member<'_>, place: &Place) -> Result<(), Error> {
        // Of an array the header will do.
        if let Ok(Some(header)) = member.header()
            && !header.dtype().has_object()
            && header.end() == member.uncompressed_size()
        {
            let part = self.add(place, Some(Encoding::Npy));
            part.note = Some("no pickle in it");
            return Ok(());
        }
        if member.method().is_compressed() {
            self.spend(member.uncompressed_size())?;
        }
        let bytes = member.bytes()?;
        self.bytes(&bytes, None, place);
        Ok(())
    }
}

/// The directory that Python's `zipfile` takes: that of the last end record, whatever it says of itself.
#[derive(Clone, Copy)]
struct Directory {
    /// Where the end record is.
    end: usize,
    /// How many bytes stand between the directory and that.
    records: usize,
    size: u64,
    offset: u64,
    /// Whether all readers agree on where the record with 64 bits is, if there is one.
    is_clear: bool,
}

impl Directory {
    fn of(data: &[u8]) -> Option<Self> {
        let last = data.len().checked_sub(END_LEN)?;
        let starts =
            |at: usize, with: &[u8]| data.get(at..).is_some_and(|rest| rest.starts_with(with));
        let is_last = starts(last, END) && data.ends_with(&[0, 0]);
        let end = if is_last {
            last
        } else {
            let from = data.len().saturating_sub(SEARCH);
            from + memchr::memmem::rfind(data.get(from..)?, END)?
        };
        let mut directory = Self {
            end,
            records: 0,
            size: u32_at(data, end + 12)?.into(),
            offset: u32_at(data, end + 16)?.into(),
            is_clear: true,
        };
        let Some(locator) = end.checked_sub(LOCATOR_LEN) else { return Some(directory) };
        if !starts(locator, LOCATOR) {
            return Some(directory);
        }
        // Most Pythons do not look at where it says the record is, but before it.
        let large = locator.checked_sub(END64_LEN);
        let large = large.filter(|&at| starts(at, END64));
        directory.is_clear =
            large.is_some() && u64_at(data, locator + 8) == large.map(|at| at as u64);
        if let Some(at) = large {
            directory.records = LOCATOR_LEN + END64_LEN;
            directory.size = u64_at(data, at + 40)?;
            directory.offset = u64_at(data, at + 48)?;
        }
        Some(directory)
    }

    fn start(&self) -> Option<usize> {
        self.end.checked_sub(self.records)?.checked_sub(usize::try_from(self.size).ok()?)
    }

    /// Whether there is a record of a member where it is said to be: else Python fails.
    fn is_there(&self, data: &[u8]) -> bool {
        self.start()
            .and_then(|at| data.get(at..))
            .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    }

    /// How many bytes stand before the archive.
    fn before(&self) -> Option<usize> {
        self.start()?.checked_sub(usize::try_from(self.offset).ok()?)
    }

    /// Whether it is that of an archive that starts with the data, and ends where an end record was taken to end.
    fn is_that_of(&self, data: &[u8], end: u64) -> bool {
        let comment = u16_at(data, self.end + 20).map(usize::from);
        let found = comment.map(|len| self.end + END_LEN + len);
        self.is_clear && self.before() == Some(0) && found.is_some_and(|found| found as u64 == end)
    }
}

fn ambiguous() -> Error {
    Error::archive("which directory is that of its members, readers do not agree on").with_help(
        "more than one archive, or an end that contradicts itself; `zip -FF` writes one that is clear",
    )
}

fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*data.get(at..)?.first_chunk()?))
}

fn u64_at(data: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*data.get(at..)?.first_chunk()?))
}
