//! Files that are replaced whole or not at all.

use std::fs::{File, OpenOptions, Permissions};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::{Error, Result};

/// A file under a temporary name, in the folder of the file that it will replace.
pub(crate) struct Replacement {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Makes the temporary file, with the permissions of the file it will replace, or those a new file
    /// has.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        // A link stays a link: the file behind it is replaced.
        let target = behind_links(path).map_err(|error| Error::from(error).in_file(path))?;
        let existing = std::fs::metadata(&target).ok().map(|metadata| metadata.permissions());
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = Builder::new();
        builder.prefix(".npbytes-").suffix(".tmp");
        if let Some(permissions) = new_file_permissions() {
            builder.permissions(permissions);
        }
        let temporary =
            builder.tempfile_in(folder).map_err(|error| Error::from(error).in_file(path))?;
        if let Some(existing) = existing {
            temporary.as_file().set_permissions(existing)?;
        }
        Ok(Self { temporary, target })
    }

    pub(crate) fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Puts the file in its place.
    pub(crate) fn finish(self) -> Result<File> {
        let target = self.target;
        self.temporary.persist(&target).map_err(|error| Error::from(error.error).in_file(&target))
    }
}

/// The file that a path leads to, which need not be there yet.
fn behind_links(path: &Path) -> std::io::Result<PathBuf> {
    // As many as Linux follows.
    const LINKS: usize = 40;
    if let Ok(target) = path.canonicalize() {
        return Ok(target);
    }
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        match std::fs::read_link(&target) {
            Ok(next) => target = target.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(std::io::Error::other("too many links that lead to links"))
}

/// What the umask is taken from.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems have none")]
fn new_file_permissions() -> Option<Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file_permissions() -> Option<Permissions> {
    None
}

/// Lets `write` fill a file that then replaces the one at `path`. If it fails, nothing has changed.
/// Pipes and devices are written as they are.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir()) {
        let file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|error| Error::from(error).in_file(path))?;
        return write(&file).map_err(|error| error.in_file(path));
    }
    let replacement = Replacement::new(path)?;
    write(replacement.file()).map_err(|error| error.in_file(path))?;
    replacement.finish().map(drop)
}
