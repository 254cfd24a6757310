//! Memory for elements that are about to be written.

use bytes::Bytes;

use crate::error::Result;

/// From this size on, faulting in 4 KiB pages costs more than the copy itself, and huge pages pay.
#[cfg(feature = "fs")]
pub(super) const HUGE: usize = 4 << 20;

/// Zeroed bytes that become [`Bytes`] without a copy.
pub(crate) enum Buffer {
    Vec(Vec<u8>),
    #[cfg(feature = "fs")]
    Map(Large),
}

/// Memory of its own that starts where a large page can.
#[cfg(feature = "fs")]
pub(crate) struct Large {
    map: memmap2::MmapMut,
    start: usize,
    len: usize,
}

#[cfg(feature = "fs")]
impl Large {
    /// The size of large pages on most processors.
    const PAGE: usize = 2 << 20;

    fn new(len: usize) -> Option<Self> {
        // What is never touched takes no memory.
        let map = memmap2::MmapMut::map_anon(len.checked_add(Self::PAGE)?).ok()?;
        // Advice only: a kernel without large pages gives small ones.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
        let start = map.as_ptr().align_offset(Self::PAGE);
        (start <= Self::PAGE).then_some(Self { map, start, len })
    }
}

#[cfg(feature = "fs")]
impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        &self.map[self.start..self.start + self.len]
    }
}

impl Buffer {
    /// Allocates; an amount that the system does not have is an error, not an abort.
    pub(crate) fn zeroed(len: usize) -> Result<Self> {
        #[cfg(feature = "fs")]
        if len >= HUGE
            && let Some(map) = Large::new(len)
        {
            return Ok(Self::Map(map));
        }
        bytemuck::allocation::try_zeroed_vec(len).map(Self::Vec).map_err(|()| {
            let message = format!("no memory for {len} bytes");
            std::io::Error::new(std::io::ErrorKind::OutOfMemory, message).into()
        })
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Vec(bytes) => bytes,
            #[cfg(feature = "fs")]
            Self::Map(Large { map, start, len }) => &mut map[*start..*start + *len],
        }
    }
}

impl From<Buffer> for Bytes {
    fn from(buffer: Buffer) -> Self {
        match buffer {
            Buffer::Vec(bytes) => bytes.into(),
            #[cfg(feature = "fs")]
            Buffer::Map(map) => Self::from_owner(map),
        }
    }
}
