//! Pickles in compressed wrappers.

use std::io::Read;

use bytes::Bytes;

use super::{Place, Scanner};
use crate::compressed::{Codec, ReadOptions, Reader};
use crate::error::{Error, Result};
use crate::pickle;
use crate::sniff::Encoding;

impl Scanner {
    /// The contents of a wrapper that starts at an offset; as far as they go, if that is damaged: who reads it as a
    /// stream runs what stands before the damage. Says where it ends.
    pub(super) fn wrapper(
        &mut self,
        data: &Bytes,
        start: usize,
        wrapper: Encoding,
        place: &Place,
    ) -> usize {
        let Some(codec) = Codec::of(wrapper) else { return data.len() };
        if self.is_too_deep(place, wrapper) {
            return data.len();
        }
        let mut contents = Vec::new();
        let rest = data.slice(start..);
        let result = self.inflate(&rest, codec, &mut contents);
        // Two bytes of zlib, or three of gzip, may be those of something else.
        if contents.is_empty() && result.is_err() && !wrapper.is_certain() {
            if start > 0 {
                return data.len();
            }
            let before = self.parts.len();
            let end = self.unknown(data, place, false);
            if self.parts.get(before).is_some_and(|part| part.pickles.is_some()) {
                return end;
            }
            self.parts.truncate(before);
        }
        let mut inside = place.clone();
        inside.depth += 1;
        inside.wrappers.push(wrapper);
        let before = self.parts.len();
        if !contents.is_empty() || result.is_ok() {
            self.bytes(&contents.into(), None, &inside);
        }
        // Who knows no wrappers may take the signature for opcodes.
        if !pickle::Report::is_out_of_question(&rest, start > 0) {
            self.pickle(data, start, place);
        }
        match result {
            Ok(consumed) => start.saturating_add(consumed).min(data.len()),
            Err(error) => {
                match self.parts.get_mut(before) {
                    Some(part) if part.error.is_none() => part.error = Some(error),
                    _ => self.unreadable(&inside, Some(wrapper), error),
                }
                data.len()
            }
        }
    }

    /// Takes off one wrapper, as what is inside of it may be two things as well; says how many bytes it has.
    fn inflate(&mut self, data: &Bytes, codec: Codec, contents: &mut Vec<u8>) -> Result<usize> {
        let options = ReadOptions::default().limits(self.limits).input_len(data.len() as u64);
        let mut reader = Reader::outermost(&data[..], codec, &options);
        let most = self.left.saturating_add(1);
        let result = reader.by_ref().take(most).read_to_end(contents);
        self.spend(contents.len() as u64)?;
        result.map_err(Error::from)?;
        Ok(usize::try_from(reader.consumed()).unwrap_or(usize::MAX))
    }
}
