//! Bytes that both sides share, and memory for much of them.

use arrow_buffer::Buffer;
use bytes::Bytes;
use memmap2::MmapMut;

use crate::Result;

/// From this size on, pages of 4 KiB cost more to be had from the system than what is written into them.
const LARGE: usize = 4 << 20;

/// Zeroed bytes that become [`Bytes`] without a copy.
pub(crate) enum Room {
    Vec(Vec<u8>),
    Large(Large),
}

/// Memory that starts where a large page can.
pub(crate) struct Large {
    map: MmapMut,
    start: usize,
    len: usize,
}

impl Large {
    /// The size of large pages on most processors.
    const PAGE: usize = 2 << 20;

    fn new(len: usize) -> Option<Self> {
        // What is never touched takes no memory.
        let map = MmapMut::map_anon(len.checked_add(Self::PAGE)?).ok()?;
        // Advice only: a kernel without large pages gives small ones.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        let start = map.as_ptr().align_offset(Self::PAGE);
        (start <= Self::PAGE).then_some(Self { map, start, len })
    }
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        self.map.get(self.start..self.start + self.len).unwrap_or_default()
    }
}

impl Room {
    /// Allocates; an amount that the system does not have is an error, not an abort.
    pub(crate) fn zeroed(len: usize) -> Result<Self> {
        if len >= LARGE
            && let Some(large) = Large::new(len)
        {
            return Ok(Self::Large(large));
        }
        let zeros = bytemuck::allocation::try_zeroed_vec(len);
        Ok(Self::Vec(zeros.map_err(|()| std::io::Error::from(std::io::ErrorKind::OutOfMemory))?))
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Self::Vec(bytes) => bytes,
            Self::Large(Large { map, start, len }) => {
                map.get_mut(*start..*start + *len).unwrap_or_default()
            }
        }
    }
}

impl From<Room> for Bytes {
    fn from(room: Room) -> Self {
        match room {
            Room::Vec(bytes) => bytes.into(),
            Room::Large(large) => Self::from_owner(large),
        }
    }
}

struct Owner(Buffer);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// The same bytes, not copied.
pub(crate) fn shared(buffer: Buffer) -> Bytes {
    if buffer.is_empty() { Bytes::new() } else { Bytes::from_owner(Owner(buffer)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn room_is_zeros_of_the_length_asked_for() {
        for len in [0, 1, LARGE - 1, LARGE, LARGE + 12_345] {
            let mut room = Room::zeroed(len).unwrap();
            assert_eq!(room.as_mut_slice().len(), len);
            assert!(room.as_mut_slice().iter().all(|&byte| byte == 0));
            room.as_mut_slice().fill(7);
            let bytes = Bytes::from(room);
            assert!(bytes.len() == len && bytes.iter().all(|&byte| byte == 7));
            assert!(bytes.as_ptr().addr().is_multiple_of(8) || len < 8);
        }
    }
}
