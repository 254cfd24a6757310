//! Memory that the input justifies.

use npbytes::Limits;

use crate::memory::Room;
use crate::{Error, Result};

/// What any input may take, whatever its size.
const FREE: u64 = 1 << 30;

/// How much memory a conversion may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    bytes: u64,
    limits: Limits,
}

impl Budget {
    /// That of an input of some bytes.
    pub(super) fn new(input: u64, limits: Limits) -> Self {
        Self { bytes: input.saturating_mul(limits.inflate_ratio).max(FREE), limits }
    }

    /// Refuses to take more than is justified: what dictionaries, runs, views and the width of texts come to is not
    /// bounded by what they are made of.
    pub(super) fn check(&self, bytes: u64) -> Result<()> {
        if bytes > self.limits.array_bytes {
            let most = self.limits.array_bytes;
            return Err(Error::value(format!(
                "an array of {bytes} bytes is over the limit of {most}"
            ))
            .with_help("raise `Limits::array_bytes`"));
        }
        if bytes > self.bytes {
            let most = self.bytes;
            return Err(Error::value(format!(
                "an array of {bytes} bytes is more than its input justifies, which is {most}"
            ))
            .with_help(
                "one long text makes all as wide: ask for objects or `StringDType`, or raise `Limits::inflate_ratio`",
            ));
        }
        Ok(())
    }

    /// Refuses more of something than is justified.
    pub(super) fn check_count(&self, count: usize, size: usize) -> Result<()> {
        self.check((count as u64).saturating_mul(size as u64))
    }

    /// Zeros.
    pub(super) fn zeros(&self, len: usize) -> Result<Vec<u8>> {
        self.check(len as u64)?;
        bytemuck::allocation::try_zeroed_vec(len)
            .map_err(|()| std::io::Error::from(std::io::ErrorKind::OutOfMemory).into())
    }

    /// Zeros for elements, which may be many.
    pub(super) fn room(&self, len: usize) -> Result<Room> {
        self.check(len as u64)?;
        Room::zeroed(len)
    }
}
