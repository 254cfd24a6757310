//! `npbytes ls`: the members of archives.

use std::ffi::OsString;
use std::io::Write;

use npbytes::NumPy;

use super::info::print_json;
use super::{Outcome, for_each_file};
use crate::archive::{self, Access, Container};
use crate::failure::{Failure, Result};
use crate::input::{Input, LimitArgs};
use crate::json::{ErrorInfo, FileInfo};
use crate::{listing, message};
use crate::progress::Progress;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  npbytes ls a.npz
  npbytes ls --check a.npz                          read every member and compare its CRC
  npbytes ls --json a.npz | jq -r '.members[].key'
  unzip -p all.zip a.npz | npbytes ls -

The ratio is that of the stored bytes to the inflated ones. The exit code is 1 if a member is
damaged: without --check no more is read of each than its header.";

/// List the members of archives: name, dtype, shape, sizes
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Archives, members as FILE::MEMBER, patterns of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print one JSON object a line for each file
    #[arg(long)]
    json: bool,

    /// Read all members, and tell which of them are damaged
    #[arg(long)]
    check: bool,

    /// Show no progress bar
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Lists the archives.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = Input::with_limits(args.limits.understood());
    for_each_file(args.files, !args.json, |source, page| {
        let mut info = FileInfo::new(source.argument());
        let result = list(source, &input, args.check, args.quiet, &mut info);
        if let Err(failure) = &result {
            info.error = Some(ErrorInfo::from(failure));
        }
        if args.json {
            print_json(page, &info)?;
        } else if let Some(members) = &info.members {
            let table = listing::table(members, &page.styles);
            page.out()?.write_all(table.as_bytes()).map_err(|error| Failure::stdout(&error))?;
        }
        result.map(|()| listing::outcome(info.members.as_deref().unwrap_or_default()))
    })
}

fn list(
    source: &Source,
    input: &Input,
    check: bool,
    quiet: bool,
    info: &mut FileInfo,
) -> Result<()> {
    let access = if check { Access::Contents } else { Access::Headers };
    let archive = match archive::open_any(source, input, access)? {
        Container::Archive(archive) => archive,
        Container::Message(document) => {
            info.encoding = Some("msgpack");
            info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
            info.members = Some(message::described(source, &document, NumPy::default())?);
            return Ok(());
        }
        Container::Pickle(pickled) => {
            info.encoding = Some("pickle");
            info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
            info.trailing_bytes = Some(pickled.trailing);
            info.members = Some(pickled.described(source, NumPy::default())?);
            return Ok(());
        }
    };
    info.encoding = Some("npz");
    info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
    info.trailing_bytes = Some(archive.trailing());
    archive::note_trailing(&source.whole(), &archive);
    let members: Vec<_> = match source.member() {
        Some(_) => vec![archive::member(source, &archive)?],
        None => archive.members().collect(),
    };
    let whole = source.whole();
    let mut infos = listing::described(&whole, &archive, &members, NumPy::default());
    if check {
        let total = members.iter().map(npbytes::npz::Member::uncompressed_size).sum();
        listing::check(&archive, &members, &mut infos, &Progress::new(total, quiet));
    }
    info.members = Some(infos);
    Ok(())
}
