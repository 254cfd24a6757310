//! Whole files: read into memory or mapped, and written under a temporary name that is then renamed.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use bytes::Bytes;

use super::{Pickle, ReadOptions, WriteOptions, decode};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::map::map_bytes;
use crate::replace::replace;

/// Reads the pickle at the start of a file into memory, pipes included. Runs nothing.
///
/// # Errors
/// As [`decode`], and those of the file; a file longer than the limit `array_bytes`, which also ends an endless pipe.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Pickle> {
    let path = path.as_ref();
    let limit = options.limits.array_bytes;
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| Error::from(error).in_file(path))?;
    if bytes.len() as u64 > limit {
        return Err(Error::limit("array_bytes", limit, bytes.len() as u64));
    }
    decode(&Bytes::from(bytes), options)
}

/// Maps a file and reads the pickle at its start: of the elements of arrays only what is looked at is read. Runs
/// nothing.
///
/// # Errors
/// As [`decode`] and [`map_bytes`].
pub fn map(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Pickle> {
    decode(&map_bytes(path)?, options)
}

/// Writes the file that `pickle.dump(array, file, protocol)` writes, under a temporary name in the same folder that
/// is then renamed: a file that was there is replaced whole or not at all.
///
/// # Errors
/// As [`encode`](super::encode), and those of the file.
pub fn write(path: impl AsRef<Path>, array: &ArrayView<'_>, options: &WriteOptions) -> Result<()> {
    replace(path.as_ref(), |file| {
        let mut writer = BufWriter::new(file);
        super::encode_to(&mut writer, array, options)?;
        Ok(writer.flush()?)
    })
}

impl Pickle {
    /// Writes the file that `pickle.dump` writes of this graph, under a temporary name that is then renamed.
    ///
    /// # Errors
    /// As [`Pickle::encode`], and those of the file.
    pub fn write(&self, path: impl AsRef<Path>, options: &WriteOptions) -> Result<()> {
        replace(path.as_ref(), |file| {
            let mut writer = BufWriter::new(file);
            self.encode_to(&mut writer, options)?;
            Ok(writer.flush()?)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::ErrorKind;
    use crate::limits::Limits;

    #[test]
    fn a_file_beyond_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pkl");
        std::fs::write(&path, b"K\x01.").unwrap();
        let read_with =
            |bytes| read(&path, &ReadOptions::with_limits(Limits::DEFAULT.array_bytes(bytes)));
        assert_eq!(read_with(3).unwrap().root().int(), Some(1));
        let error = read_with(2).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { name: "array_bytes", .. }), "{error}");
    }
}
