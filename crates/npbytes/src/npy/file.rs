//! Whole files: read into memory, and written under a temporary name that is then renamed.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;

use bytes::Bytes;

use super::stream::read_first_header;
use super::{Header, ReadOptions, Reader, WriteOptions, encode_to};
use crate::array::{Array, ArrayView, Buffer};
use crate::error::{Error, Result};
use crate::replace::replace;

/// Up to this size a file is read at once, header and all.
const SMALL: u64 = 1 << 20;

/// Reads a .npy file into memory. The elements of a large one lie in memory of their own, aligned to a
/// page; those of a small one behind the header. Pipes and devices are read up to the end of the array.
///
/// What follows the array is ignored. [`read_header`] tells of it, [`split`](super::split) and [`Reader`]
/// return it.
///
/// # Errors
/// As [`decode`](super::decode), and those of the file; an array over the limit.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Array> {
    let path = path.as_ref();
    read_file(path, options).map_err(|error| error.in_file(path))
}

fn read_file(path: &Path, options: &ReadOptions) -> Result<Array> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let mut reader = Reader::new(BufReader::new(file), *options)?;
        return reader.read_array()?.ok_or_else(|| Error::header("no array"));
    }
    let len = metadata.len();
    let limit = options.limits.array_bytes;
    if len <= SMALL {
        let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        file.take(len).read_to_end(&mut bytes)?;
        let array = super::decode(&Bytes::from(bytes), options)?;
        return match array.data().len() as u64 {
            size if size > limit => Err(Error::limit("array_bytes", limit, size)),
            _ => Ok(array),
        };
    }
    let header = read_first_header(&mut BufReader::with_capacity(4096, &file), options)?;
    let range = header.data_range_in(usize::try_from(len).unwrap_or(usize::MAX))?;
    if range.len() as u64 > limit {
        return Err(Error::limit("array_bytes", limit, range.len() as u64));
    }
    let mut buffer = Buffer::zeroed(range.len())?;
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(range.start as u64))?;
    let read = fill(&mut file, buffer.bytes_mut())?;
    if read < range.len() {
        return Err(header.truncated(range.start + read));
    }
    header.into_array(buffer.into())
}

/// Reads until the buffer is full or the file ends; a file may shrink while it is read.
fn fill(file: &mut File, buffer: &mut [u8]) -> Result<usize> {
    let mut done = 0;
    while done < buffer.len() {
        match file.read(&mut buffer[done..]) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

/// Reads the header of a .npy file, and nothing behind it: instant for any size. Returns the length of
/// the file too, as [`Header::end`] against it tells of missing and of trailing bytes; 0 for pipes and
/// devices.
///
/// # Errors
/// What `np.load` refuses of a header, and those of the file.
pub fn read_header(path: impl AsRef<Path>, options: &ReadOptions) -> Result<(Header, u64)> {
    let path = path.as_ref();
    let read = || {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let header = read_first_header(&mut BufReader::with_capacity(4096, file), options)?;
        Ok((header, len))
    };
    read().map_err(|error: Error| error.in_file(path))
}

/// Writes the file that `np.save` writes, under a temporary name in the same folder that is then
/// renamed: a file that was there is replaced whole or not at all. Its permissions are kept. Pipes and
/// devices are written directly. The name is taken as it is, without `.npy` added.
///
/// As only the folder is written, a file that is read-only (mode 0444) is replaced too, where `np.save` fails
/// to open it.
///
/// The old file or the new one is there, whole, whatever happens to the process. The data is not forced to
/// disk (`fsync`) before the rename: a loss of power soon after may leave less.
///
/// # Errors
/// As [`encode`](super::encode), and those of the file.
pub fn write(path: impl AsRef<Path>, array: &ArrayView<'_>, options: &WriteOptions) -> Result<()> {
    replace(path.as_ref(), |file| {
        let mut writer = BufWriter::new(file);
        encode_to(&mut writer, array, options)?;
        Ok(writer.flush()?)
    })
}
