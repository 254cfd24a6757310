//! `npbytes dis`: the opcodes of a pickle, one a line.

use std::ffi::OsString;
use std::io::Write;

use bytes::Bytes;
use npbytes::npy;
use npbytes::pickle;
use npbytes::sniff::Encoding;

use super::{Outcome, Page, for_each_file};
use crate::decode;
use crate::failure::{Failure, Result, note, quoted};
use crate::input::Input;
use crate::limits::LimitArgs;
use crate::output::styled;
use crate::pickled::no_pickle;
use crate::place::failure_in_memory;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  npbytes dis a.pkl
  npbytes dis --plain a.pkl                     the text of pickletools.dis
  npbytes dis objects.npy                       the pickle behind the header
  npbytes dis a.npz::objects
  npbytes dis broken.pkl                        all up to the broken place, then why
  npbytes dis stream.pkl --offset 512

Behind an opcode stands what it makes: arrays with their dtype and shape, and the names of globals. \
Nothing is run. Long arguments are shortened, but for --plain. All pickles of a stream are listed; with \
--plain the first.";

/// List the opcodes of pickles, with NumPy's parts named
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Pickles, .npy files of objects, members of archives as FILE::MEMBER, patterns of files, or - for
    /// standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print what Python's pickletools.dis prints
    #[arg(long)]
    plain: bool,

    /// Where the pickle starts, in bytes; offsets are those of the file all the same
    #[arg(long, value_name = "BYTES", value_parser = crate::input::offset)]
    offset: Option<u64>,

    #[command(flatten)]
    limits: LimitArgs,
}

/// Lists the files.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = Input::with_limits(args.limits.understood());
    for_each_file(args.files, true, |source, page| {
        let bytes = decode::contents(source, &input)?;
        let start = match args.offset {
            Some(offset) if offset > bytes.len() as u64 => {
                let message = format!("starts at byte {offset}, the input has {}", bytes.len());
                return Err(Failure::new("--offset", message));
            }
            Some(offset) => offset,
            None => start(source, &input, &bytes)?,
        };
        list(source, &input, &bytes, start, args.plain, page)
    })
}

/// Where the pickle starts: behind the header of a .npy file.
fn start(source: &Source, input: &Input, bytes: &Bytes) -> Result<u64> {
    match Encoding::of(bytes.get(..Encoding::HEAD).unwrap_or(bytes)) {
        Some(Encoding::Npy) => {
            let header = npy::Header::parse(bytes, &input.npy_options());
            let header = header.map_err(|error| failure_in_memory(source, bytes, &error, 0))?;
            if header.dtype().has_object() {
                return Ok(header.data_offset() as u64);
            }
            let message = format!("no pickle in it: its elements are {}", header.dtype());
            Err(Failure::new(source.name(), message)
                .with_help(format!("npbytes show {}", quoted(&source.argument()))))
        }
        Some(Encoding::Npz) => {
            Err(Failure::new(source.name(), "an archive, of which one member is to be named")
                .with_help(format!("npbytes ls {}", quoted(&source.argument())))
                .with_help("write FILE::MEMBER"))
        }
        _ => Ok(0),
    }
}

fn list(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    start: u64,
    plain: bool,
    page: &mut Page,
) -> Result<Outcome> {
    let options = input.pickle_options();
    let styles = page.styles;
    let stdout = |error: std::io::Error| Failure::stdout(&error);
    let mut at = start;
    for count in 1_u64.. {
        let mut lines = pickle::disassemble_at(bytes, at, &options);
        let out = page.out()?;
        if count > 1 {
            let title = format!("pickle {count} of the stream, at byte {at}");
            writeln!(out, "\n{}", styled(styles.strong, &title)).map_err(stdout)?;
        }
        for line in lines.by_ref() {
            let line = line.map_err(|error| match at {
                0 => no_pickle(source, bytes, &error),
                _ => failure_in_memory(source, bytes, &error, 0),
            })?;
            match plain {
                true => writeln!(out, "{line}"),
                false => writeln!(out, "{line:#}"),
            }
            .map_err(stdout)?;
        }
        if let Some(protocol) = lines.highest_protocol() {
            writeln!(out, "highest protocol among opcodes = {protocol}").map_err(stdout)?;
        }
        at = lines.offset();
        let behind = (bytes.len() as u64).saturating_sub(at);
        if behind == 0 {
            break;
        }
        let rest = bytes.slice(usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len())..);
        if plain || pickle::decode(&rest, &options).is_err() {
            page.flush()?;
            note(&format!("{}: {behind} bytes follow the pickle, at byte {at}", source.name()));
            break;
        }
    }
    Ok(Outcome::Good)
}
