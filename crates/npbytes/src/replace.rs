//! Files that are replaced whole or not at all.
//!
//! The new file is written beside the old one and renamed over it, so that whoever opens the path finds the
//! one or the other, whatever happens to the process. A loss of power is another matter: the system may
//! have put the new name on disk and not yet the bytes. Only [`Replacement::finish_synced`] waits for both.

use std::fs::{File, OpenOptions, Permissions};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::{Error, Result};
use crate::regular;

/// A file under a temporary name, in the folder of the file that it will replace.
#[derive(Debug)]
pub(crate) struct Replacement {
    temporary: NamedTempFile,
    target: PathBuf,
}

impl Replacement {
    /// Makes the temporary file, with the permissions of the file it will replace, or those a new file
    /// has.
    ///
    /// # Errors
    /// Those of the system; something other than a regular file in its place, which a file must not take.
    pub(crate) fn new(path: &Path) -> Result<Self> {
        // A link stays a link: the file behind it is replaced.
        let target = behind_links(path).map_err(|error| Error::from(error).in_file(path))?;
        let existing = std::fs::metadata(&target).ok();
        if let Some(existing) = &existing {
            regular::expect(existing).map_err(|error| Error::from(error).in_file(path))?;
        }
        let mut builder = Builder::new();
        builder.prefix(".npbytes-").suffix(".tmp");
        if let Some(permissions) = new_file_permissions() {
            builder.permissions(permissions);
        }
        let folder = folder(&target);
        let temporary = builder.tempfile_in(folder).map_err(|error| {
            // The temporary name says nothing to whoever reads this.
            let error =
                std::fs::metadata(folder).err().unwrap_or_else(|| without_name(&error, folder));
            Error::from(error).in_file(path)
        })?;
        if let Some(existing) = existing {
            temporary.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self { temporary, target })
    }

    pub(crate) fn file(&self) -> &File {
        self.temporary.as_file()
    }

    /// Puts the file in its place. If that fails, nothing has changed.
    pub(crate) fn finish(self) -> Result<File> {
        let target = self.target;
        self.temporary.persist(&target).map_err(|error| Error::from(error.error).in_file(&target))
    }

    /// Forces the file to disk, puts it in its place and forces that to disk too. If this fails, the old
    /// file or the new one is there, whole.
    pub(crate) fn finish_synced(self) -> Result<File> {
        let target = self.target.clone();
        self.file().sync_all()?;
        let file = self.finish()?;
        sync_folder(folder(&target)).map_err(|error| Error::from(error).in_file(&target))?;
        Ok(file)
    }
}

/// The error of a file that cannot be made in a folder, without the file's name.
fn without_name(error: &std::io::Error, folder: &Path) -> std::io::Error {
    let message = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            format!("permission denied: no file can be made in the folder {}", folder.display())
        }
        kind => format!("no file can be made in the folder {}: {kind}", folder.display()),
    };
    std::io::Error::new(error.kind(), message)
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Forces the names in a folder to disk.
#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Other systems have no way to ask for it.
#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "as where there is one")]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
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

/// Lets `write` fill a file that then replaces the one at `path`, under a temporary name in the same folder until
/// then: whoever opens the path finds the old file or the new one, whatever happens to the process. The
/// permissions of a file that was there are kept, a link stays a link. If `write` fails, nothing has changed. The
/// data is not forced to disk (`fsync`) before the rename: a loss of power soon after may leave less.
///
/// Pipes and devices are written as they are; the metadata of the file tells `write` which it is.
///
/// # Errors
/// Those of `write` and of the system, the latter with the path; something other than a regular file, a pipe or a
/// device at the path.
///
/// ```
/// use std::io::Write;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("out.bin");
/// npbytes::replace_file(&path, |mut file| Ok::<(), npbytes::Error>(file.write_all(b"whole")?))?;
/// assert_eq!(std::fs::read(&path)?, b"whole");
/// # Ok::<(), npbytes::Error>(())
/// ```
pub fn replace_file<E: From<Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&File) -> Result<(), E>,
) -> Result<(), E> {
    let path = path.as_ref();
    let open = || OpenOptions::new().write(true).open(path);
    if is_special(path) {
        return write(&open().map_err(|error| Error::from(error).in_file(path))?);
    }
    let replacement = Replacement::new(path)?;
    write(replacement.file())?;
    Ok(replacement.finish().map(drop)?)
}

/// As [`replace_file`], with the path in the errors of `write`.
pub(crate) fn replace(path: &Path, write: impl FnOnce(&File) -> Result<()>) -> Result<()> {
    replace_file(path, |file| write(file).map_err(|error| error.in_file(path)))
}

/// Whether there is something that is written as it is, and not replaced: a pipe or a device.
pub(crate) fn is_special(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}
