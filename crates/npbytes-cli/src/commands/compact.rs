//! `npbytes compact`: archives without what edits have left in them.

use std::ffi::OsString;

use npbytes::npz::WriteOptions;
use npbytes::{Profile, Python};

use super::Outcome;
use super::edit;
use crate::failure::Result;
use crate::limits::LimitArgs;

const EXAMPLES: &str = "\
Examples:
  npbytes compact a.npz
  npbytes compact --discard-trailing a.npz          after an append that a crash ended

Members are copied as they are, deflated or stored, into a new file that then replaces the old one. \
Where they are those of NumPy, the file is what np.savez writes of them.";

/// Rewrite .npz archives without what was removed or replaced in them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The archives
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<OsString>,

    /// Leave out bytes that follow an archive; without it they are an error
    #[arg(long)]
    discard_trailing: bool,

    /// Start the elements of each stored member at a multiple of 64 bytes
    #[arg(long)]
    align: bool,

    /// The Python whose records the archive has
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Compacts the archives.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let limits = args.limits.understood();
    let python = args.python.unwrap_or(Python::DEFAULT);
    let profile = Profile { python, ..Profile::default() };
    let options = WriteOptions::default().profile(profile).align(args.align);
    for archive in args.archives {
        let path = edit::file(archive)?;
        edit::compact(&path, limits, options, args.discard_trailing)?;
    }
    Ok(Outcome::Good)
}
