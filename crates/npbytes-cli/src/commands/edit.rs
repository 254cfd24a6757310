//! What the commands share that change an archive in place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use npbytes::npz::{self, Archive, EditOptions, Editor, ReadOptions, WriteOptions};
use npbytes::sniff::Encoding;
use npbytes::{ErrorKind, Limits};

use crate::failure::{Failure, Result};
use crate::source::Source;

/// Flags about the change.
#[derive(Debug, clap::Args)]
pub(crate) struct EditArgs {
    /// Cut off bytes that follow the archive, which an interrupted edit leaves; without it they are an error
    #[arg(long)]
    discard_trailing: bool,

    /// Rewrite the archive afterwards, without what was removed or replaced
    #[arg(long)]
    compact: bool,
}

impl EditArgs {
    /// Opens an archive to change it, once `check` has seen what it is.
    pub(crate) fn open(
        &self,
        path: &Path,
        limits: Limits,
        write: WriteOptions,
        check: impl FnOnce(&Archive) -> Result<()>,
    ) -> Result<Editor> {
        // With the lock taken, what follows the archive is nothing that somebody is writing.
        let options = options(limits, write).discard_trailing(self.discard_trailing);
        let editor = Editor::open(path, &options).map_err(|error| failure(path, &error))?;
        let archive = npz::read(path, &options.read).map_err(|error| failure(path, &error))?;
        check(&archive)?;
        Ok(editor)
    }

    /// Rewrites the archive, if that is asked for.
    pub(crate) fn compact_if_asked(
        &self,
        path: &Path,
        limits: Limits,
        write: WriteOptions,
    ) -> Result<()> {
        if self.compact { compact(path, limits, write, true) } else { Ok(()) }
    }
}

/// The archive of an argument: a file that can be changed.
pub(crate) fn file(argument: OsString) -> Result<PathBuf> {
    let source = Source::new(argument);
    let name = source.name();
    match (source.path(), source.member()) {
        (Some(path), None) if path.is_dir() => Err(Failure::new(name, "is a directory")),
        // A pipe would be waited for, until somebody writes into it.
        (Some(path), None) if path.metadata().is_ok_and(|metadata| !metadata.is_file()) => {
            Err(on_a_pipe(name))
        }
        (Some(path), None) => Ok(path.to_owned()),
        (None, _) => Err(on_a_pipe(name)),
        (Some(_), Some(member)) => Err(Failure::new(&*name, "a member, where an archive belongs")
            .with_help(format!("leave ::{member} out"))),
    }
}

fn on_a_pipe(name: impl Into<String>) -> Failure {
    Failure::new(name, "an archive is changed in its file, not on a pipe")
        .with_help("name the file; `npbytes convert` writes to standard output")
}

/// Rewrites an archive without what is not needed.
pub(crate) fn compact(
    path: &Path,
    limits: Limits,
    write: WriteOptions,
    discard_trailing: bool,
) -> Result<()> {
    let options = options(limits, write).discard_trailing(discard_trailing);
    let done = npz::compact(path, &options);
    done.map(drop).map_err(|error| failure(path, &error))
}

fn options(limits: Limits, write: WriteOptions) -> EditOptions {
    let mut options = EditOptions::default().write(write);
    options.read = ReadOptions::default().limits(limits);
    options
}

/// The failure of an archive in a file.
pub(crate) fn failure(path: &Path, error: &npbytes::Error) -> Failure {
    let failure = Failure::of(path.display().to_string(), error, 0);
    match error.kind() {
        ErrorKind::Magic { found, .. } if Encoding::of(found).is_some_and(Encoding::is_wrapper) => {
            let name = path.display().to_string();
            let how = Encoding::of(found).map_or_else(String::new, |how| how.to_string());
            Failure::new(name, format!("the file is {how}, and an archive is changed as it lies"))
                .with_help("decompress it first, by the tool that compressed it")
        }
        // The one thing that is said of an archive that the flag can help with.
        ErrorKind::Archive(message) if message.contains("follow it") => {
            failure.with_help("cut them off: --discard-trailing")
        }
        _ => failure,
    }
}
