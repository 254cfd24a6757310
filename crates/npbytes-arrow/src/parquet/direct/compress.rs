//! Pages, compressed.

use bytes::Bytes;
use parquet::basic::ZstdLevel;

use crate::parquet::{Compression, failure};
use crate::{Error, Result};

/// Compresses one page after the other, with what one takes kept for the next.
pub(super) enum Compressor {
    None,
    Snappy(Box<snap::raw::Encoder>),
    Zstd(Box<zstd::bulk::Compressor<'static>>),
}

impl Compressor {
    /// # Errors
    /// A level that there is not.
    pub(super) fn new(compression: Compression) -> Result<Self> {
        Ok(match compression {
            Compression::None => Self::None,
            Compression::Snappy => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::Zstd(level) => {
                let level = ZstdLevel::try_new(i32::from(level)).map_err(failure)?;
                Self::Zstd(Box::new(zstd::bulk::Compressor::new(level.compression_level())?))
            }
        })
    }

    /// A page as it is stored.
    pub(super) fn compressed(&mut self, page: Bytes) -> Result<Bytes> {
        match self {
            Self::None => Ok(page),
            Self::Snappy(encoder) => {
                let compressed = encoder.compress_vec(&page);
                Ok(compressed.map_err(|error| Error::from(std::io::Error::other(error)))?.into())
            }
            Self::Zstd(compressor) => Ok(compressor.compress(&page)?.into()),
        }
    }
}
