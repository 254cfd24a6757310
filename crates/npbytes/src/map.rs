//! Memory maps of whole files.
//!
//! `unsafe` lives here to say why a map may be seen as bytes; see each block.
#![allow(unsafe_code)]

use std::fs::{File, OpenOptions};
use std::path::Path;

use bytes::Bytes;
use memmap2::{MmapMut, MmapOptions};

use crate::error::{Error, Result};
use crate::regular;

/// Maps a file read-only: takes the same short time for any size, and memory only for what is looked at.
/// The bytes share the map and may outlive the call; the file may be renamed, replaced and deleted
/// meanwhile. An empty file is no bytes.
///
/// # The caller's promise
/// While the bytes live, nobody truncates the file or writes into it: no other process, and nothing in this
/// one, another map of the file ([`npy::MapMut`](crate::npy::MapMut)) included. Reading a page that is gone
/// ends the process with a signal; bytes that change under a reader are undefined behaviour, as Rust takes
/// what is borrowed to stay as it is. What is checked of them, such as that each `bool` of a slice is 0 or
/// 1, holds at the moment of the check.
///
/// No type can keep this promise, so that by the letter this function would be `unsafe`. It is not, as it is
/// with most libraries that map files of a format; whoever calls it answers for the file. Where that cannot
/// be promised, read it.
///
/// # Errors
/// Those of the file; pipes and devices cannot be mapped.
pub fn map_bytes(path: impl AsRef<Path>) -> Result<Bytes> {
    let path = path.as_ref();
    let map = || {
        let (file, metadata) = regular::open(path, OpenOptions::new().read(true))?;
        map_start(&file, metadata.len())
    };
    map().map_err(|error: Error| error.in_file(path))
}

/// Maps the first bytes of a file, which it must have. The promise of [`map_bytes`] is asked of the caller here
/// too, of these bytes.
pub(crate) fn map_start(file: &File, len: u64) -> Result<Bytes> {
    if len == 0 {
        return Ok(Bytes::new());
    }
    let len = usize::try_from(len).map_err(std::io::Error::other)?;
    // SAFETY: the map stays as long as the bytes do, and nothing can write through it. That nobody changes the
    // file otherwise is not known here: it is the caller's promise, as said above.
    Ok(Bytes::from_owner(unsafe { MmapOptions::new().len(len).map(file)? }))
}

/// Maps a file for writing: into memory of this process only, or into the file. The promise of
/// [`map_bytes`] is asked of the caller here too.
pub(crate) fn map_mut(file: &File, copy_on_write: bool) -> Result<MmapMut> {
    let options = MmapOptions::new();
    // SAFETY: the map is written through one `MmapMut`, which borrows as any other value does. That nobody
    // changes the file otherwise, or has another map of it, is the caller's promise, as in `map_bytes`; for
    // a copy-on-write map too, whose pages are those of the file until they are written.
    let map = unsafe { if copy_on_write { options.map_copy(file) } else { options.map_mut(file) } };
    Ok(map?)
}
