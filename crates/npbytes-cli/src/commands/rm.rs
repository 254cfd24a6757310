//! `npbytes rm`: members removed from an archive.

use std::collections::HashSet;
use std::ffi::OsString;

use npbytes::npz::WriteOptions;

use super::Outcome;
use super::edit::{self, EditArgs};
use crate::failure::Result;
use crate::limits::LimitArgs;

const EXAMPLES: &str = "\
Examples:
  npbytes rm a.npz x y
  npbytes rm --compact a.npz x                      make the file smaller, too

All of the names are removed, or none. The others stay where they lie, and so does what was removed, \
where nobody finds it, until the archive is compacted.";

/// Remove members from a .npz archive, without rewriting the others
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    archive: OsString,

    /// The members, as NumPy finds them: with or without .npy
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Removes the members.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let path = edit::file(args.archive)?;
    let limits = args.limits.understood();
    let options = WriteOptions::default();
    // That one is missing is to be known before any is removed.
    let mut editor = args.edit.open(&path, limits, options, |archive| {
        args.names
            .iter()
            .try_for_each(|name| archive.member(name).map(drop))
            .map_err(|error| edit::failure(&path, &error))
    })?;
    let mut removed = HashSet::new();
    for name in args.names.iter().filter(|name| removed.insert(*name)) {
        editor.remove(name).map_err(|error| edit::failure(&path, &error))?;
    }
    editor.commit().map_err(|error| edit::failure(&path, &error))?;
    args.edit.compact_if_asked(&path, limits, options)?;
    Ok(Outcome::Good)
}
