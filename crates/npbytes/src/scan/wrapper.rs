//! Pickles in compressed wrappers.

use std::io::Read;

use bytes::Bytes;

use super::{Place, Scanner};
use crate::compressed::{Codec, ReadOptions, Reader};
use crate::error::{Error, Result};
use crate::sniff::Encoding;

impl Scanner {
    /// The contents of a wrapper; as far as they go, if that is damaged: who reads it as a stream runs what
    /// stands before the damage.
    pub(super) fn wrapper(&mut self, data: &Bytes, wrapper: Encoding, place: &Place) {
        if self.is_too_deep(place, wrapper) {
            return;
        }
        let mut contents = Vec::new();
        let mut inside = place.clone();
        inside.depth += 1;
        let result = self.inflate(data, &mut contents, &mut inside);
        // Two bytes of zlib, or three of gzip, may be those of something else.
        if contents.is_empty() && result.is_err() && !wrapper.is_certain() {
            let before = self.parts.len();
            self.unknown(data, place);
            if self.parts.get(before).is_some_and(|part| part.pickles.is_some()) {
                return;
            }
            self.parts.truncate(before);
        }
        let before = self.parts.len();
        if !contents.is_empty() || result.is_ok() {
            self.bytes(&contents.into(), None, &inside);
        }
        if let Err(error) = result {
            match self.parts.get_mut(before) {
                Some(part) if part.error.is_none() => part.error = Some(error),
                _ => self.unreadable(&inside, Some(wrapper), error),
            }
        }
    }

    fn inflate(&mut self, data: &Bytes, contents: &mut Vec<u8>, inside: &mut Place) -> Result<()> {
        let options = ReadOptions::default().limits(self.limits).input_len(data.len() as u64);
        let mut reader = Reader::new(&data[..], &options)?;
        inside.wrappers.extend(reader.codecs().iter().copied().map(encoding));
        let most = self.left.saturating_add(1);
        let result = reader.by_ref().take(most).read_to_end(contents);
        self.spend(contents.len() as u64)?;
        result.map_err(Error::from)?;
        Ok(())
    }
}

const fn encoding(codec: Codec) -> Encoding {
    match codec {
        Codec::Gzip => Encoding::Gzip,
        Codec::Zlib => Encoding::Zlib,
        Codec::Bzip2 => Encoding::Bzip2,
        Codec::Xz => Encoding::Xz,
        Codec::Lzma => Encoding::Lzma,
        Codec::Zstd => Encoding::Zstd,
    }
}
