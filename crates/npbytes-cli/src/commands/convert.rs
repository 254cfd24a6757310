//! `npbytes convert`: one encoding into another, one array or many.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use npbytes::pickle::NumPyValue;
use npbytes::{ArrayView, Layout, Order, npy, raw};

use super::Outcome;
use crate::archive;
use crate::arrow::flags::ToArrowArgs;
use crate::arrow::stream::Streaming;
use crate::arrow::write::Tabling;
use crate::decode::{self, Content};
use crate::entries::{self, Entry, Inputs, Named, Naming};
use crate::failure::{Failure, Result, quoted};
use crate::flags::{ArchiveArgs, LayoutArgs, PickleArgs};
use crate::format::Format;
use crate::input::{Input, InputArgs};
use crate::output;
use crate::pack::Packing;
use crate::progress::Progress;
use crate::repickle::Pickling;
use crate::unpack::{Unpacking, write_bytes};

const EXAMPLES: &str = "\
Examples:
  npbytes convert k.bin k.npy --dtype int64 --shape 28,28
  npbytes convert a.npy a.bin                       a.tobytes()
  npbytes convert a.npy b.npy --slice '10:20' --byte-order little
  npbytes convert a.npy old.npy --numpy 1.23.5      byte for byte as that NumPy writes it
  npbytes convert a.npy - --to raw | sha256sum
  npbytes convert a.npy a.npz                       np.savez(file, a): its member is arr_0
  npbytes convert w=a.npy runs/*.npy all.npz        members w, and by the names of the files
  npbytes convert runs all.npz --compress numpy     a folder, as np.savez_compressed would
  npbytes convert all.npz::w w.npy                  one member
  npbytes convert all.npz folder                    each member into a file of its own
  npbytes convert all.npz small.npz --compress fast
  npbytes convert model.pkl::.tree_.nodes nodes.npy one array of a pickle, as npbytes ls lists them
  npbytes convert model.pkl folder                  each array of a pickle into a file of its own
  npbytes convert all.npz all.pkl                   a dict of the members, protocol 4
  npbytes convert new.pkl old.pkl --numpy 1.26 --protocol 2
  npbytes convert a.npy a.parquet                   one column, called a; its rows are tensors if it has more axes
  npbytes convert x=a.npy y=b.npy xy.arrow          columns x and y; a structured array has one for each field
  npbytes convert xy.arrow::x x.npy                 one column
  npbytes convert xy.parquet xy.npz                 each column; what came from NumPy is as it was
  npbytes convert table.npy - --to csv | head

Members come in the order of the arguments, those of a folder sorted by name. A file in a sub-folder \
is the member sub/name, and an archive in a folder adds its members as name/member. An OUT that is a \
folder, or that has no extension where there are many arrays to write, takes a file for each array. \
The arrays of a pickle are called by their paths: ['w'].b[0] is the member w/b/0. A pickle written as a \
pickle keeps all that is in it and its protocol, and is not run; with --numpy it is one for that NumPy. \
A message of msgpack is read as the pickle of what is in it.

The arrays of a table of Arrow or Parquet have as many rows as each other; for others name a folder, and --to. \
Several columns become one structured array in a .npy file, and the members of an archive.

A file of the name OUT is replaced by a new one that takes its name: whole, or not at all. That takes no \
permission to write it, so that a read-only file is replaced as well; --no-clobber leaves what is there.";

/// Convert arrays between encodings: raw bytes, .npy files, .npz archives, pickles, Arrow, Parquet and folders of them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to read: files, members of archives as FILE::MEMBER, parts of pickles as FILE::PATH, whole archives and
    /// pickles, folders, or - for standard input; NAME=FILE names the array in an archive or a pickle
    #[arg(required = true, value_name = "IN")]
    sources: Vec<OsString>,

    /// The file or folder to write, or - for standard output; its extension names the format (.npy, .npz,
    /// .bin, .pkl, .joblib, .arrow, .feather, .arrows, .parquet, .tensor, .csv, .ndjson)
    #[arg(required = true, value_name = "OUT")]
    target: OsString,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    output: OutputArgs,

    #[command(flatten)]
    layout: LayoutArgs,

    #[command(flatten)]
    archive: ArchiveArgs,

    #[command(flatten)]
    pickle: PickleArgs,

    #[command(flatten)]
    arrow: ToArrowArgs,
}

/// Flags about the output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// The format to write; by default OUT's extension tells
    #[arg(long, value_name = "FORMAT", value_parser = Format::to_write())]
    to: Option<Format>,

    /// Leave files that exist as they are, with an error; by default they are replaced
    #[arg(short, long)]
    no_clobber: bool,

    /// Show no progress bar
    #[arg(short, long)]
    quiet: bool,
}

/// Where the result goes.
enum Target {
    File(PathBuf),
    Stdout,
}

impl Target {
    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdout => "standard output".into(),
        }
    }
}

/// What is written.
enum Job {
    /// One array.
    Raw,
    Npy,
    /// One archive.
    Npz,
    /// One pickle: of an array, of a dict of arrays, or of what is in another pickle.
    Pickle {
        joblib: bool,
    },
    /// A file for each array, of raw bytes or .npy.
    Folder {
        raw: bool,
    },
    /// One table, or one tensor.
    Table(Format),
    /// A table or a tensor for each array.
    TableFolder(Format),
}

/// How one array is written.
enum Encoder {
    Raw(Layout),
    Npy(npy::WriteOptions),
}

/// Converts the files.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = args.input.understood()?;
    let mut sources = entries::named(args.sources)?;
    let target = if args.target == "-" { Target::Stdout } else { Target::File(args.target.into()) };
    let job = job(&sources, &target, args.output.to, &input)?;
    check_target(&target, &job, args.output.no_clobber)?;
    let npy_options = args.layout.npy_options(input.numpy);
    if !matches!(job, Job::Pickle { .. }) {
        args.pickle.expect_none()?;
    }
    let table = match job {
        Job::Table(format) | Job::TableFolder(format) => Some(format),
        _ => None,
    };
    args.arrow.expect_none(table)?;
    let encoder = match job {
        Job::Table(format) | Job::TableFolder(format) => {
            args.archive.expect_none()?;
            let tabling = Tabling {
                input: &input,
                layout: &args.layout,
                flags: &args.arrow,
                format,
                target: target.name(),
                quiet: args.output.quiet,
            };
            match (&target, matches!(job, Job::TableFolder(_))) {
                (Target::File(path), true) => {
                    tabling.to_folder(path, sources, args.output.no_clobber)?;
                }
                (Target::File(path), false) => tabling.write(sources, Some(path))?,
                (Target::Stdout, _) => tabling.write(sources, None)?,
            }
            return Ok(Outcome::Good);
        }
        Job::Npz => {
            let options = args.archive.npz_options(npy_options)?;
            let path = match &target {
                Target::File(path) => Some(path.as_path()),
                Target::Stdout => None,
            };
            let inputs = Inputs::open(sources, &input, Naming::NumPy, path)?;
            let entries = inputs.entries()?;
            let progress = Progress::new(total(&entries), args.output.quiet);
            let packing = Packing {
                input: &input,
                layout: &args.layout,
                options,
                target: target.name(),
                progress: &progress,
            };
            let entries: Vec<_> = entries.iter().collect();
            match path {
                Some(path) => packing.to_file(path, &entries)?,
                None => packing.to_stdout(&entries)?,
            }
            return Ok(Outcome::Good);
        }
        Job::Pickle { joblib } => {
            args.archive.expect_none()?;
            let pickling = Pickling {
                input: &input,
                layout: &args.layout,
                flags: &args.pickle,
                joblib,
                target: target.name(),
            };
            pickle(&pickling, sources, &target)?;
            return Ok(Outcome::Good);
        }
        Job::Folder { raw } => {
            args.archive.expect_none()?;
            let Target::File(path) = &target else { return Ok(Outcome::Failed) };
            let inputs = Inputs::open(sources, &input, Naming::NumPy, Some(path))?;
            let entries = inputs.entries()?;
            let progress = Progress::new(total(&entries), args.output.quiet);
            let unpacking = Unpacking {
                input: &input,
                layout: &args.layout,
                raw,
                no_clobber: args.output.no_clobber,
                progress: &progress,
            };
            unpacking.to_folder(path, &entries)?;
            return Ok(Outcome::Good);
        }
        Job::Raw => Encoder::Raw(args.layout.layout(Order::C)),
        Job::Npy => Encoder::Npy(npy_options),
    };

    args.archive.expect_none()?;
    let source = match (sources.pop(), sources.is_empty()) {
        (Some(only), true) => only.without_name()?,
        _ => return Err(too_many(&target)),
    };
    if let Encoder::Npy(options) = &encoder
        && !input.has_part()
        && entries::is_table(&source, &input)
        && let Some(table) = decode::open_table(&source, &input)?
    {
        let streaming = Streaming {
            table: &table,
            source: &source,
            layout: &args.layout,
            options: *options,
            target: target.name(),
            quiet: args.output.quiet,
        };
        let path = match &target {
            Target::File(path) => Some(path.as_path()),
            Target::Stdout => None,
        };
        if streaming.write(path)? {
            return Ok(Outcome::Good);
        }
    }
    let in_archive = source.member().is_some() && !entries::is_table(&source, &input);
    if let (true, Target::File(path)) = (in_archive, &target) {
        let inputs = Inputs::open(vec![Named::of(source.clone())], &input, Naming::Stem, None)?;
        let entries = inputs.entries()?;
        let progress = Progress::new(total(&entries), args.output.quiet);
        let unpacking = Unpacking {
            input: &input,
            layout: &args.layout,
            raw: matches!(encoder, Encoder::Raw(_)),
            no_clobber: args.output.no_clobber,
            progress: &progress,
        };
        for entry in &entries {
            if unpacking.large_to_file(path, entry)? {
                return Ok(Outcome::Good);
            }
        }
    }
    let content = decode::open(&source, &input);
    if let (Ok(Content::Pickled(pickled)), Encoder::Npy(options)) = (&content, &encoder)
        && let Some(NumPyValue::Objects(_)) = pickled.numpy(&source)?
    {
        input.expect_whole(&source)?;
        pickled.note_trailing(&source);
        let failure = |error: npbytes::Error| args.layout.failure(&target.name(), &error);
        let pickle = pickled.to_pickle().map_err(|error| pickled.failure(&source, &error))?;
        let file = npy::encode_objects(&pickle, options).map_err(failure)?;
        write_file(&target, &file).map_err(failure)?;
        return Ok(Outcome::Good);
    }
    let loaded = content.and_then(|content| content.array(&source)).map_err(|failure| {
        if !archive::is_archive(&source, &input) {
            return failure;
        }
        let file = quoted(&source.argument());
        failure.with_help(format!("for all of them, name a folder: npbytes convert {file} FOLDER"))
    })?;
    let array = loaded.array.view();
    let view = input.part(&source, &array)?;
    let written = write(&target, &view, &encoder);
    written.map_err(|error| args.layout.failure(&target.name(), &error))?;
    loaded.note_trailing(&source);
    Ok(Outcome::Good)
}

/// Writes a pickle: of the one thing that there is, or of a dict of arrays with names.
fn pickle(pickling: &Pickling<'_>, mut sources: Vec<Named>, target: &Target) -> Result<()> {
    let path = match target {
        Target::File(path) => Some(path.as_path()),
        Target::Stdout => None,
    };
    let input = pickling.input;
    let is_one = sources.len() == 1
        && sources.iter().all(|named| {
            let is_folder = named.source.path().is_some_and(Path::is_dir);
            named.has_no_name() && !is_folder && !archive::is_archive(&named.source, input)
        });
    if is_one && let Some(only) = sources.pop() {
        let source = only.without_name()?;
        let pickle = pickling.of_content(&source, decode::open(&source, input)?)?;
        return pickling.write(path, &pickle);
    }
    let inputs = Inputs::open(sources, input, Naming::NumPy, path)?;
    let entries = inputs.entries()?;
    let entries: Vec<_> = entries.iter().filter(|entry| !entry.is_folder()).collect();
    pickling.write(path, &pickling.of_entries(&entries)?)
}

/// What the names and the flags ask for.
fn job(sources: &[Named], target: &Target, to: Option<Format>, input: &Input) -> Result<Job> {
    let many = || {
        let is_many = |source: &Named| {
            let source = &source.source;
            source.member().is_none() && source.path().is_some_and(Path::is_dir)
                || archive::is_archive(source, input)
                || entries::is_pickle_of_many(source, input)
                || entries::is_table_of_many(source, input)
        };
        sources.len() > 1 || sources.iter().any(is_many)
    };
    let by_name = match target {
        Target::File(path) => {
            let is_folder = names_folder(path);
            let may_be = is_folder || (Format::of_extension(path).is_none() && !path.exists());
            // What comes from a pipe is not known yet.
            let is_unknown = || sources.iter().all(|source| source.source.path().is_none());
            let into_folder = may_be && (many() || is_folder && is_unknown());
            // A slip of the pen in `all.npz` is not to become a folder.
            if into_folder && !is_folder && path.extension().is_some() {
                let message = "the name does not say which format to write";
                return Err(Failure::new(target.name(), message)
                    .with_help(format!("for a folder of this name, write {}/", target.name())));
            }
            match to {
                None | Some(Format::Npy) if into_folder => return Ok(Job::Folder { raw: false }),
                Some(Format::Raw) if into_folder => return Ok(Job::Folder { raw: true }),
                Some(format) if into_folder && (format.is_table() || format == Format::Tensor) => {
                    return Ok(Job::TableFolder(format));
                }
                _ if is_folder => return Err(is_directory(target)),
                _ => Format::of_extension(path),
            }
        }
        Target::Stdout => None,
    };
    let format = to.or(by_name).ok_or_else(|| {
        Failure::new(target.name(), "the name does not say which format to write")
            .with_help("add --to npy, --to npz, --to pickle, --to arrow, --to parquet or --to raw")
    })?;
    match format {
        Format::Raw => Ok(Job::Raw),
        Format::Npy => Ok(Job::Npy),
        Format::Npz => Ok(Job::Npz),
        Format::Pickle => Ok(Job::Pickle { joblib: false }),
        Format::Joblib => Ok(Job::Pickle { joblib: true }),
        Format::Arrow
        | Format::ArrowStream
        | Format::Parquet
        | Format::Tensor
        | Format::Csv
        | Format::Ndjson => Ok(Job::Table(format)),
        other @ Format::Msgpack => Err(other.cannot_write(&target.name())),
    }
}

/// Whether a path is that of a folder, or can only be that of one.
fn names_folder(path: &Path) -> bool {
    let ends_as_one = |name: &OsStr| name.as_encoded_bytes().last() == Some(&b'/');
    path.is_dir() || ends_as_one(path.as_os_str())
}

fn is_directory(target: &Target) -> Failure {
    Failure::new(target.name(), "is a directory").with_help("name a file in it")
}

/// The failure to write several arrays where one belongs.
fn too_many(target: &Target) -> Failure {
    Failure::new(target.name(), "there are several arrays, and this is one file of one array")
        .with_help("write an archive (OUT.npz) or a folder (a name without an extension)")
}

fn total(entries: &[Entry<'_>]) -> u64 {
    entries.iter().map(|entry| entry.bytes).fold(0, u64::saturating_add)
}

fn check_target(target: &Target, job: &Job, no_clobber: bool) -> Result<()> {
    match target {
        // The files in it are looked at one by one.
        _ if matches!(job, Job::Folder { .. } | Job::TableFolder(_)) => Ok(()),
        // Text is for people too.
        Target::Stdout if matches!(job, Job::Table(Format::Csv | Format::Ndjson)) => Ok(()),
        Target::File(path) if no_clobber && path.symlink_metadata().is_ok() => {
            Err(Failure::new(target.name(), "the file exists, and was left as it is")
                .with_help("leave --no-clobber out to replace it"))
        }
        Target::Stdout if io::stdout().is_terminal() => {
            Err(Failure::new(target.name(), "a terminal cannot show the bytes of an array")
                .with_help("send them to a file or a pipe; `npbytes show` prints an array"))
        }
        _ => Ok(()),
    }
}

fn write_file(target: &Target, file: &[u8]) -> npbytes::Result<()> {
    match target {
        Target::File(path) => write_bytes(path, file),
        Target::Stdout => {
            let mut out = output::stdout();
            out.write_all(file)?;
            Ok(out.flush()?)
        }
    }
}

fn write(target: &Target, array: &ArrayView<'_>, encoder: &Encoder) -> npbytes::Result<()> {
    match (target, encoder) {
        (Target::File(path), Encoder::Raw(layout)) => raw::write(path, array, *layout),
        (Target::File(path), Encoder::Npy(options)) => npy::write(path, array, options),
        (Target::Stdout, _) => {
            let mut out = output::stdout();
            match encoder {
                Encoder::Raw(layout) => raw::encode_to(&mut out, array, *layout)?,
                Encoder::Npy(options) => npy::encode_to(&mut out, array, options)?,
            }
            Ok(out.flush()?)
        }
    }
}
