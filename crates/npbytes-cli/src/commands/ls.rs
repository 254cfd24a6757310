//! `npbytes ls`: the members of archives.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use npbytes::NumPy;
use npbytes::npz::Member;

use super::info::print_json;
use super::{Outcome, for_each_file};
use crate::archive::{self, Access, Container};
use crate::arrow::describe;
use crate::decode::Content;
use crate::failure::{Failure, Result};
use crate::format::Format;
use crate::input::Input;
use crate::json::{ErrorInfo, FileInfo};
use crate::limits::LimitArgs;
use crate::pickled::Pickled;
use crate::progress::Progress;
use crate::source::Source;
use crate::{listing, message};

const EXAMPLES: &str = "\
Examples:
  npbytes ls a.npz
  npbytes ls --check a.npz                          read every member and compare its CRC
  npbytes ls --json a.npz | jq -r '.members[].key'
  npbytes ls model.pkl                              every array in a pickle, by its path
  npbytes ls model.zip::data.pkl
  npbytes ls t.parquet                              the columns of a table: Parquet, Arrow
  npbytes ls stream.pkl --offset 512                the second pickle of a file
  unzip -p all.zip a.npz | npbytes ls -

The ratio is that of the stored bytes to the inflated ones. The exit code is 1 if a member is \
damaged: without --check no more is read of each than its header. Nothing in a pickle is run; what stands \
behind FILE:: is a path, as in model.pkl::.tree_.nodes or 'model.pkl::['\\''w'\\''][0]', and the first \
key needs no brackets: model.pkl::w[0].";

/// List the members of archives, the arrays in pickles and the columns of tables: name, dtype, shape, sizes
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Archives, pickles, tables of Arrow or Parquet, members as FILE::MEMBER, patterns of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print one JSON object a line for each file
    #[arg(long)]
    json: bool,

    /// The format of the files; by default their first bytes and their names tell
    #[arg(long, value_name = "FORMAT")]
    from: Option<Format>,

    /// Where the archive, the pickle or the message starts in the file (of FILE::MEMBER, in the member), in bytes:
    /// 128 or 0x80
    #[arg(long, value_name = "BYTES", default_value = "0", hide_default_value = true)]
    #[arg(value_parser = crate::input::offset)]
    offset: u64,

    /// The folder of the out-of-band buffers that were pickled beside a pickle of protocol 5
    #[arg(long, value_name = "FOLDER")]
    buffers: Option<PathBuf>,

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
    let input = Input::with_limits(args.limits.understood()).from(args.from).at(args.offset);
    let input = input.with_buffers(args.buffers.as_deref())?;
    for_each_file(args.files, !args.json, |source, page| {
        let mut info = FileInfo::new(source.argument());
        let result = list(source, &input, args.check, args.quiet, &mut info);
        if let Err(failure) = &result {
            info.error = Some(ErrorInfo::from(failure));
        }
        if args.json {
            print_json(page, &info)?;
        } else if let Some(table) = &info.table {
            let table = listing::table_of_columns(table, &page.styles);
            page.out()?.write_all(table.as_bytes()).map_err(|error| Failure::stdout(&error))?;
        } else if let Some(table) = listing::table_of(&info, &page.styles) {
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
        Container::Table(table) => {
            info.encoding = Some(table.encoding());
            info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
            let told = describe::table(&table)?;
            info.table = Some(match source.member() {
                Some(name) => told.only(table.column(name)?),
                None => told,
            });
            return Ok(());
        }
        Container::Pickle(pickled) => {
            info.encoding = Some("pickle");
            info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
            info.trailing_bytes = Some(pickled.trailing);
            info.members = Some(pickled.described(source, NumPy::default())?);
            pickled.note_more(source);
            return Ok(());
        }
    };
    info.encoding = Some("npz");
    info.size = source.path().and_then(|path| path.metadata().ok()).map(|data| data.len());
    info.trailing_bytes = Some(archive.trailing());
    archive::note_trailing(&source.whole(), &archive);
    let members: Vec<_> = match source.member() {
        Some(_) => {
            let (member, path) = archive::found(source, &archive)?;
            if let Some(pickled) = pickle_in(source, input, &member, path)? {
                info.encoding = Some("pickle");
                info.size = Some(member.uncompressed_size());
                info.trailing_bytes = Some(pickled.trailing);
                info.members = Some(pickled.described(source, NumPy::default())?);
                pickled.note_more(source);
                return Ok(());
            }
            vec![member]
        }
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

/// The pickle in a member, if it is one, or if a path in it is asked for.
fn pickle_in(
    source: &Source,
    input: &Input,
    member: &Member<'_>,
    path: Option<&str>,
) -> Result<Option<Box<Pickled>>> {
    let is_npy = !matches!(member.header(), Ok(None));
    if path.is_none() && is_npy {
        return Ok(None);
    }
    match archive::load(source, input, member, path) {
        Ok(Content::Pickled(pickled)) => Ok(Some(pickled)),
        Err(failure) if path.is_some() => Err(failure),
        // Something else in an archive is listed as such.
        _ => Ok(None),
    }
}
