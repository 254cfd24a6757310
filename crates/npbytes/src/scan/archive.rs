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
        let tail = data.len().saturating_sub(22 + 0xffff);
        let tail = data.get(tail..).unwrap_or_default();
        if place.depth < super::MAX_NESTED
            && tail.windows(END.len()).any(|window| window == END)
            && let Ok(archive) = npz::decode(data, &self.options())
            && !archive.is_empty()
        {
            self.members(&archive, place);
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
