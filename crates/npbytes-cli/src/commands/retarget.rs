//! `npbytes retarget`: a pickle of one NumPy, made one of another.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, Item, Method};
use npbytes::pickle::{self, Changes, Pickle, View};
use npbytes::sniff::Encoding;
use npbytes::{NumPy, npy};

use super::Outcome;
use crate::decode;
use crate::failure::{Failure, Result, note};
use crate::input::Input;
use crate::limits::LimitArgs;
use crate::output;
use crate::place::failure_in_memory;
use crate::source::Source;
use crate::unpack::write_bytes;

const EXAMPLES: &str = "\
Examples:
  npbytes retarget new.pkl --numpy 1.26 -o old.pkl   what NumPy 2 wrote, for NumPy 1
  npbytes retarget model.joblib --numpy 2.4 --in-place
  npbytes retarget objects.npy --numpy 1.23.5 -o - | ssh host 'cat > objects.npy'
  npbytes retarget all.npz --numpy 1.26 --in-place   the members of objects; all others are copied

Rewritten are the names of NumPy's modules (numpy._core, numpy.core), the flags of aligned structs, the
metadata of datetimes, and axis orders that only newer releases know, in the midst of any other
objects. Nothing is run or imported, and everything else stays what it is.";

/// Rewrite pickles for another NumPy: those of NumPy 2 for NumPy 1, and back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["output", "in_place"]))]
pub(crate) struct Args {
    /// A pickle, a joblib file, a .npy file or a .npz archive, or - for standard input
    #[arg(value_name = "FILE")]
    file: OsString,

    /// The NumPy that is to read it: 1.23.5, 1.26, 2.4
    #[arg(long, value_name = "VERSION")]
    numpy: NumPy,

    /// The file to write, or - for standard output
    #[arg(short, long, value_name = "OUT")]
    output: Option<OsString>,

    /// Replace the file
    #[arg(long)]
    in_place: bool,

    /// Do not say what was changed
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    limits: LimitArgs,
}

/// What a file becomes.
enum Rewritten {
    Bytes(Vec<u8>),
    Archive(Box<Archive>),
}

/// Rewrites the file.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = Input::with_limits(args.limits.understood());
    let source = Source::new(args.file);
    if let Some(member) = source.member() {
        let message = "a whole file is rewritten, and this is a part of one";
        return Err(Failure::new(source.name(), message)
            .with_help(format!("leave ::{member} out, or take it out with npbytes convert")));
    }
    let target = match (args.output, source.path()) {
        (Some(output), _) if output == "-" => None,
        (Some(output), _) => Some(PathBuf::from(output)),
        (None, Some(path)) => Some(path.to_owned()),
        (None, None) => {
            return Err(Failure::new("--in-place", "standard input is no file to replace")
                .with_help("name the file to write: -o OUT"));
        }
    };
    if args.in_place {
        let outer = decode::whole(&source, &input)?;
        let head = Encoding::of(outer.get(..Encoding::HEAD).unwrap_or(&outer));
        if let Some(wrapper) = head.filter(|encoding| encoding.is_wrapper()) {
            let message = format!("the file is {wrapper}, and would not be any more");
            return Err(Failure::new(source.name(), message)
                .with_help("write what is inside to another file: -o OUT"));
        }
    }
    let bytes = decode::contents(&source, &input)?;
    let (rewritten, changes) = rewritten(&source, &input, &bytes, args.numpy)?;
    let is_done = changes.is_empty() && args.in_place;
    if !is_done {
        write(target.as_deref(), &rewritten, args.numpy)?;
    }
    if !args.quiet {
        let words = match changes.is_empty() {
            true => format!("nothing to change for NumPy {}", args.numpy),
            false => format!("for NumPy {}: {}", args.numpy, said(changes)),
        };
        note(&format!("{}: {words}", source.name()));
    }
    Ok(Outcome::Good)
}

/// What was changed, in words.
fn said(changes: Changes) -> String {
    let parts = [
        (changes.names, "name of a module", "names of modules"),
        (changes.flags, "aligned struct", "aligned structs"),
        (changes.metadata, "datetime's metadata", "datetimes' metadata"),
        (changes.orders, "array now in C order", "arrays now in C order"),
        (changes.protocols, "pickle in another protocol", "pickles in another protocol"),
    ];
    let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
    let words: Vec<String> = parts
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    words.join(", ")
}

fn rewritten(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    numpy: NumPy,
) -> Result<(Rewritten, Changes)> {
    let failure = |error: npbytes::Error| failure_in_memory(source, bytes, &error, 0);
    match Encoding::of(bytes.get(..Encoding::HEAD).unwrap_or(bytes)) {
        Some(Encoding::Npy) => {
            let npy::Contents::Objects(pickle) =
                npy::decode_contents(bytes, &input.npy_options()).map_err(failure)?
            else {
                return Err(no_pickle(source));
            };
            let changes = changes_of(&pickle, numpy).map_err(failure)?;
            let file = npy::encode_objects(&pickle, &npy_options(numpy)).map_err(failure)?;
            Ok((Rewritten::Bytes(file), changes))
        }
        Some(Encoding::Npz) => {
            let archive = npz::decode(bytes, &input.npz_options()).map_err(failure)?;
            let mut changes = Changes::default();
            let mut count = 0;
            for member in archive.members() {
                let failure = |error: npbytes::Error| Failure::of(source.name(), &error, 0);
                if !is_objects(&member).map_err(failure)? {
                    continue;
                }
                if let Item::Objects(pickle) = member.read().map_err(failure)? {
                    changes.add(changes_of(&pickle, numpy).map_err(failure)?);
                    count += 1;
                }
            }
            if count == 0 {
                return Err(no_pickle(source));
            }
            Ok((Rewritten::Archive(Box::new(archive)), changes))
        }
        Some(encoding) if encoding != Encoding::Pickle => {
            Err(Failure::new(source.name(), format!("this is {encoding}"))
                .with_help("pickles are rewritten, joblib files, .npy files and .npz archives"))
        }
        _ => {
            let options = input.pickle_options();
            let first = pickle::decode(bytes, &options).map_err(failure)?;
            let (file, changes) = pickle::retarget(bytes, numpy, &options).map_err(failure)?;
            if changes.is_empty() && !names_numpy(&first) {
                return Err(Failure::new(
                    source.name(),
                    "nothing of NumPy is in this pickle, and nothing was written",
                ));
            }
            Ok((Rewritten::Bytes(file), changes))
        }
    }
}

/// Whether NumPy is named anywhere.
fn names_numpy(pickle: &Pickle) -> bool {
    pickle.nodes().any(|node| match node.view() {
        View::Global(global) => {
            let (module, _) = global.path();
            module == "numpy" || module.starts_with("numpy.")
        }
        _ => false,
    })
}

fn no_pickle(source: &Source) -> Failure {
    Failure::new(source.name(), "no pickle is in it: every NumPy reads these elements")
}

/// What becomes of the pickle in a .npy file.
fn changes_of(pickle: &Pickle, numpy: NumPy) -> npbytes::Result<Changes> {
    let mut changes = pickle.clone().retarget(numpy)?;
    if pickle.protocol() != numpy.object_npy_protocol() {
        changes.protocols += 1;
    }
    Ok(changes)
}

fn npy_options(numpy: NumPy) -> npy::WriteOptions {
    npy::WriteOptions::default().profile(numpy.into())
}

fn is_objects(member: &npz::Member<'_>) -> npbytes::Result<bool> {
    Ok(member.header()?.is_some_and(|header| header.dtype().has_object()))
}

fn write(target: Option<&Path>, rewritten: &Rewritten, numpy: NumPy) -> Result<()> {
    let name =
        target.map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
    let failure = |error: npbytes::Error| Failure::of(&*name, &error, 0);
    match (rewritten, target) {
        (Rewritten::Bytes(bytes), Some(path)) => write_bytes(path, bytes).map_err(failure),
        (Rewritten::Bytes(bytes), None) => {
            let mut out = output::stdout();
            out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))
        }
        (Rewritten::Archive(archive), Some(path)) => npbytes::replace_file(path, |file| {
            let options = npz_options(archive, numpy);
            let target = std::io::BufWriter::with_capacity(1 << 16, file);
            copy(archive, npz::Writer::new(target, &options).map_err(failure)?).map_err(failure)
        }),
        (Rewritten::Archive(archive), None) => {
            let options = npz_options(archive, numpy);
            copy(archive, npz::Writer::streamed(output::stdout(), &options)).map_err(failure)
        }
    }
}

/// How the members are written that are not copied: compressed if one of them was.
fn npz_options(archive: &Archive, numpy: NumPy) -> npz::WriteOptions {
    let is_deflated = archive
        .members()
        .any(|member| member.method() == Method::Deflated && is_objects(&member).unwrap_or(false));
    let compression = if is_deflated { Compression::NumPy } else { Compression::None };
    npz::WriteOptions::default().npy(npy_options(numpy)).compression(compression)
}

fn copy<W: Write>(archive: &Archive, mut writer: npz::Writer<W>) -> npbytes::Result<()> {
    for member in archive.members() {
        if !is_objects(&member)? {
            writer.copy(member.name(), &member)?;
            continue;
        }
        if let Item::Objects(pickle) = member.read()? {
            writer.add_objects(member.key(), &pickle)?;
        }
    }
    writer.finish().map(drop)
}
