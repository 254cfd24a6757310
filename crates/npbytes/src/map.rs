//! Memory maps of whole files.
//!
//! `unsafe` lives here to say why a map may be seen as bytes; see each block.
#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use memmap2::{Mmap, MmapMut, MmapOptions};

use crate::error::{Error, Result};

/// Maps a file read-only: takes the same short time for any size, and memory only for what is looked at.
/// The bytes share the map and may outlive the call; the file may be renamed, replaced and deleted
/// meanwhile. An empty file is no bytes.
///
/// The file must not be truncated or written by anyone while the bytes live: reading a page that is gone
/// ends the process with a signal, and values may change under the reader. Where that cannot be promised,
/// read the file.
///
/// # Errors
/// Those of the file; pipes and devices cannot be mapped.
pub fn map_bytes(path: impl AsRef<Path>) -> Result<Bytes> {
    let path = path.as_ref();
    let map = || {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            let source = std::io::Error::other("only a file can be mapped, not a pipe or a device");
            return Err(source.into());
        }
        if metadata.len() == 0 {
            return Ok(Bytes::new());
        }
        // SAFETY: the bytes of a shared map are those of the file; no safe code of this process can write
        // through this map, and that nobody writes the file is the caller's promise above, as with
        // every memory map.
        Ok(Bytes::from_owner(unsafe { Mmap::map(&file)? }))
    };
    map().map_err(|error: Error| error.in_file(path))
}

/// Maps a file for writing: into memory of this process only, or into the file. The promise of
/// [`map_bytes`] is asked for here too.
pub(crate) fn map_mut(file: &File, copy_on_write: bool) -> Result<MmapMut> {
    let options = MmapOptions::new();
    // SAFETY: as in `map_bytes`: that nobody else has the file mapped or writes it is the promise of the
    // caller. A copy-on-write map changes memory of this process only.
    let map = unsafe { if copy_on_write { options.map_copy(file) } else { options.map_mut(file) } };
    Ok(map?)
}
