//! Pickles in the members of zip archives.

use bytes::Bytes;

use super::{Place, Scanner};
use crate::error::Error;
use crate::npz::{self, Archive, Member, Method};
use crate::sniff::Encoding;

/// What ends an archive.
const END: &[u8] = b"PK\x05\x06";

impl Scanner {
    /// Every member, those of the same name and those that no directory entry names an array included.
    pub(super) fn archive(&mut self, data: &Bytes, place: &Place) {
        if self.is_too_deep(place, Encoding::Npz) {
            return;
        }
        match npz::decode(data, &self.options()) {
            Ok(archive) => self.members(&archive, place),
            Err(error) => self.unreadable(place, Some(Encoding::Npz), error),
        }
    }

    /// An archive behind bytes of another encoding, where zip has it: at the end of the file. Some readers look
    /// for it there first.
    pub(super) fn appended_archive(&mut self, data: &Bytes, place: &Place) {
        // The record that ends it, and its comment.
        let from = data.len().saturating_sub(22 + 0xffff);
        let tail = data.get(from..).unwrap_or_default();
        let Some(end) = tail.windows(END.len()).rposition(|window| window == END) else { return };
        if place.depth >= super::MAX_NESTED {
            return;
        }
        // The offsets in it count from its start, or from that of the file.
        let number = |at: usize| {
            let bytes = tail.get(end + at..)?.first_chunk::<4>()?;
            usize::try_from(u32::from_le_bytes(*bytes)).ok()
        };
        let directory = number(12).zip(number(16)).and_then(|(len, at)| len.checked_add(at));
        let start = directory.and_then(|before| (from + end).checked_sub(before)).unwrap_or(0);
        let opened = npz::decode(&data.slice(start..), &self.options());
        match opened.or_else(|_| npz::decode(data, &self.options())) {
            Ok(archive) => self.members(&archive, place),
            // Four bytes may be there by chance; with a directory they are not.
            Err(error) if tail.windows(4).any(|window| window == b"PK\x01\x02") => {
                self.unreadable(place, Some(Encoding::Npz), error);
            }
            Err(_) => {}
        }
    }

    fn options(&self) -> npz::ReadOptions {
        // A wrong CRC is no reason not to look: some loaders check none.
        npz::ReadOptions::default().limits(self.limits).check_crc(false)
    }

    fn members(&mut self, archive: &Archive, place: &Place) {
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
        if member.method() == Method::Deflated {
            self.spend(member.uncompressed_size())?;
        }
        let bytes = member.bytes()?;
        self.bytes(&bytes, None, place);
        Ok(())
    }
}
