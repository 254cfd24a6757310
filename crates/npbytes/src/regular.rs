//! Regular files: what can be mapped, replaced and appended to. Pipes and devices cannot.

use std::fs::{File, Metadata, OpenOptions};
use std::path::Path;

/// Opens a file that must be a regular one. Asks before it opens: a pipe would be waited for until
/// somebody opens its other end.
pub(crate) fn open(path: &Path, options: &OpenOptions) -> std::io::Result<(File, Metadata)> {
    expect(&std::fs::metadata(path)?)?;
    let file = options.open(path)?;
    // What is open now need not be what was there then.
    let metadata = file.metadata()?;
    expect(&metadata)?;
    Ok((file, metadata))
}

/// Refuses what is no regular file.
pub(crate) fn expect(metadata: &Metadata) -> std::io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "a folder" } else { "a pipe or a device" };
    Err(std::io::Error::other(format!("it must be a regular file, not {what}")))
}
