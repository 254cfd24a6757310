//! A file that one writer has for itself.

use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Result};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use crate::regular;

/// An open file that is locked against others that lock it: by `flock`, where there is that.
#[derive(Debug)]
pub(crate) struct Locked {
    file: File,
    /// Without links.
    path: PathBuf,
}

impl Locked {
    /// Opens a file for reading and writing, and locks it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        // Whoever had the lock before may have put another file in its place.
        const TRIES: usize = 16;
        let path = path.canonicalize()?;
        for _ in 0..TRIES {
            let (file, _) = regular::open(&path, OpenOptions::new().read(true).write(true))?;
            lock(&file)?;
            let locked = Self { file, path: path.clone() };
            if locked.is_in_place()? {
                return Ok(locked);
            }
        }
        Err(Error::new(ErrorKind::ResourceBusy, "it is replaced again and again"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to the file.
    #[cfg(unix)]
    pub(crate) fn is_in_place(&self) -> Result<bool> {
        use std::os::unix::fs::MetadataExt;
        let ours = self.file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(there) => Ok((ours.dev(), ours.ino()) == (there.dev(), there.ino())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// An open file is not replaced here.
    #[cfg(not(unix))]
    pub(crate) fn is_in_place(&self) -> Result<bool> {
        self.path.try_exists()
    }
}

impl Deref for Locked {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

impl DerefMut for Locked {
    fn deref_mut(&mut self) -> &mut File {
        &mut self.file
    }
}

/// To close the file is not enough: a process that another thread is starting has it open for a moment too.
impl Drop for Locked {
    fn drop(&mut self) {
        unlock(&self.file);
    }
}

#[cfg(all(unix, not(target_os = "solaris")))]
fn lock(file: &File) -> Result<()> {
    use rustix::fs::{FlockOperation, flock};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(Error::new(ErrorKind::ResourceBusy, "somebody else is adding to it"))
        }
        // Some file systems know no locks. What is left is to look for changes before the commit.
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(all(unix, not(target_os = "solaris")))]
fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

#[cfg(not(all(unix, not(target_os = "solaris"))))]
#[allow(clippy::unnecessary_wraps, reason = "as where there are locks")]
fn lock(_: &File) -> Result<()> {
    Ok(())
}

#[cfg(not(all(unix, not(target_os = "solaris"))))]
fn unlock(_: &File) {}
