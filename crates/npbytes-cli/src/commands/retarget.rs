//! `npbytes retarget`: a pickle of one NumPy, made one of another.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, Item, Member, Method};
use npbytes::pickle::{self, Changes, Pickle, ReadOptions, View};
use npbytes::sniff::Encoding;
use npbytes::{NumPy, npy};

use super::Outcome;
use crate::decode;
use crate::failure::{Failure, Result, note, quoted};
use crate::format::Format;
use crate::input::Input;
use crate::limits::LimitArgs;
use crate::pickled::no_pickle;
use crate::place::failure_in_memory;
use crate::source::Source;
use crate::unpack::write_bytes;
use crate::{output, wrapped};

const EXAMPLES: &str = "\
Examples:
  npbytes retarget new.pkl --numpy 1.26 -o old.pkl   what NumPy 2 wrote, for NumPy 1
  npbytes retarget model.joblib --numpy 2.4 --in-place
  npbytes retarget objects.npy --numpy 1.23.5 -o - | ssh host 'cat > objects.npy'
  npbytes retarget all.npz --numpy 1.26 --in-place   its members of objects and its pickles

Rewritten are the names of NumPy's modules (numpy._core, numpy.core), the flags of aligned structs, the \
metadata of datetimes, and axis orders that only newer releases know, in the midst of any other \
objects. Nothing is run or imported, and everything else stays what it is. Where there is nothing to \
change, OUT is a copy, and a file that was to be replaced is left as it is.";

/// Rewrite pickles for another NumPy: those of NumPy 2 for NumPy 1, and back
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = clap::ArgGroup::new("where").required(true).args(["output", "in_place"]))]
pub(crate) struct Args {
    /// A pickle, a joblib file, a .npy file, a .npz or other zip archive, or - for standard input
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
    Bytes(Bytes),
    Archive(Box<Rewriting>),
}

/// An archive whose pickles are rewritten as it is copied.
struct Rewriting {
    archive: Archive,
    numpy: NumPy,
    options: ReadOptions,
}

/// What there was to do.
enum Done {
    Changed(Changes),
    /// There was nothing, for a reason.
    Nothing(String),
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
    if let Some(extension) = target.as_deref().and_then(wrapped::extension) {
        let name = target.as_deref().map_or_else(String::new, |path| path.display().to_string());
        let message = format!("what is written is not compressed, and .{extension} says it is");
        let plain = name.strip_suffix(extension).and_then(|name| name.strip_suffix('.'));
        return Err(Failure::new(&*name, message)
            .with_help(format!("leave the ending out: -o {}", quoted(plain.unwrap_or("OUT")))));
    }
    let bytes = decode::contents(&source, &input)?;
    let (rewritten, done) = rewritten(&source, &input, &bytes, args.numpy)?;
    let is_left = matches!(done, Done::Nothing(_)) && args.in_place;
    if !is_left {
        write(target.as_deref(), &rewritten)?;
    }
    if !args.quiet {
        let words = match done {
            Done::Changed(changes) => format!("for NumPy {}: {}", args.numpy, said(changes)),
            Done::Nothing(why) if is_left => why,
            Done::Nothing(why) => format!("{why}; it was copied as it is"),
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
) -> Result<(Rewritten, Done)> {
    let failure = |error: npbytes::Error| failure_in_memory(source, bytes, &error, 0);
    let nothing = |why: &str| (Rewritten::Bytes(bytes.clone()), Done::Nothing(why.to_owned()));
    let done = |file: Vec<u8>, changes: Changes| match changes.is_empty() {
        true => nothing(&nothing_for(numpy)),
        false => (Rewritten::Bytes(file.into()), Done::Changed(changes)),
    };
    Ok(match Encoding::of(bytes.get(..Encoding::HEAD).unwrap_or(bytes)) {
        Some(Encoding::Npy) => {
            let contents = npy::decode_contents(bytes, &input.npy_options()).map_err(failure)?;
            let npy::Contents::Objects(pickle) = contents else { return Ok(nothing(NO_PICKLE)) };
            let changes = changes_of(&pickle, numpy).map_err(failure)?;
            done(npy::encode_objects(&pickle, &npy_options(numpy)).map_err(failure)?, changes)
        }
        Some(Encoding::Npz) => {
            let archive = npz::decode(bytes, &input.npz_options()).map_err(failure)?;
            let rewriting = Rewriting { archive, numpy, options: input.pickle_options() };
            match rewriting.changes(source)? {
                None => nothing(NO_PICKLE),
                Some(changes) if changes.is_empty() => nothing(&nothing_for(numpy)),
                Some(changes) => (Rewritten::Archive(Box::new(rewriting)), Done::Changed(changes)),
            }
        }
        Some(encoding) if encoding != Encoding::Pickle => {
            return Err(Failure::new(source.name(), format!("this is {encoding}"))
                .with_help("pickles are rewritten, joblib files, .npy files and .npz archives"));
        }
        _ => {
            let options = input.pickle_options();
            let first = pickle::decode(bytes, &options);
            let first = first.map_err(|error| no_pickle(source, bytes, &error))?;
            let (file, changes) = pickle::retarget(bytes, numpy, &options).map_err(failure)?;
            match changes.is_empty() && !names_numpy(&first) {
                true => nothing("nothing of NumPy is in this pickle"),
                false => done(file, changes),
            }
        }
    })
}

const NO_PICKLE: &str = "no pickle is in it: every NumPy reads these elements";

fn nothing_for(numpy: NumPy) -> String {
    format!("nothing to change for NumPy {numpy}")
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

/// What a member of an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A .npy file of objects.
    Objects,
    /// A pickle, or a file of joblib.
    Pickle,
    /// Something that is copied.
    Other,
}

impl Kind {
    fn of(member: &Member<'_>) -> npbytes::Result<Self> {
        if let Some(header) = member.header()? {
            return Ok(if header.dtype().has_object() { Self::Objects } else { Self::Other });
        }
        if member.uncompressed_size() == 0 {
            return Ok(Self::Other);
        }
        let mut head = Vec::new();
        member.reader()?.take(Encoding::HEAD as u64).read_to_end(&mut head)?;
        Ok(match Encoding::of(&head) {
            Some(Encoding::Pickle) => Self::Pickle,
            // The oldest pickles have no signature.
            None if Self::is_named_pickle(member) => Self::Pickle,
            _ => Self::Other,
        })
    }

    fn is_named_pickle(member: &Member<'_>) -> bool {
        let format = Format::of_extension(Path::new(member.name()));
        matches!(format, Some(Format::Pickle | Format::Joblib))
    }
}

impl Rewriting {
    /// What is changed in all pickles; none where there are no pickles.
    fn changes(&self, source: &Source) -> Result<Option<Changes>> {
        let failure = |error: npbytes::Error| Failure::of(source.name(), &error, 0);
        let mut all = None;
        for member in self.archive.members() {
            let changes = match Kind::of(&member).map_err(failure)? {
                Kind::Objects => match member.read().map_err(failure)? {
                    Item::Objects(pickle) => changes_of(&pickle, self.numpy).map_err(failure)?,
                    _ => continue,
                },
                Kind::Pickle => {
                    let bytes = member.bytes().map_err(failure)?;
                    match pickle::retarget(&bytes, self.numpy, &self.options) {
                        Ok((_, changes)) => changes,
                        // Two bytes alone make no pickle.
                        Err(_) if !Kind::is_named_pickle(&member) => continue,
                        Err(error) => {
                            let source = source.with_member(member.name());
                            return Err(no_pickle(&source, &bytes, &error));
                        }
                    }
                }
                Kind::Other => continue,
            };
            all.get_or_insert_with(Changes::default).add(changes);
        }
        Ok(all)
    }

    /// Copies the archive, with its pickles rewritten.
    fn copy<W: Write>(&self, mut writer: npz::Writer<W>) -> npbytes::Result<()> {
        for member in self.archive.members() {
            match Kind::of(&member)? {
                Kind::Objects => {
                    if let Item::Objects(pickle) = member.read()? {
                        writer.add_objects(member.key(), &pickle)?;
                    }
                }
                Kind::Pickle => {
                    let bytes = member.bytes()?;
                    match pickle::retarget(&bytes, self.numpy, &self.options) {
                        Ok((file, changes)) if !changes.is_empty() => {
                            let compression = match member.method() {
                                Method::Stored => Compression::None,
                                _ => Compression::NumPy,
                            };
                            writer.add_bytes(member.name(), &file, compression)?;
                        }
                        // What cannot be read was refused before, if it is to be a pickle.
                        _ => writer.copy(member.name(), &member)?,
                    }
                }
                Kind::Other => writer.copy(member.name(), &member)?,
            }
        }
        writer.finish().map(drop)
    }

    /// How the members of objects are written: compressed if one of them was.
    fn options(&self) -> npz::WriteOptions {
        let is_deflated = self.archive.members().any(|member| {
            member.method() != Method::Stored && matches!(Kind::of(&member), Ok(Kind::Objects))
        });
        let compression = if is_deflated { Compression::NumPy } else { Compression::None };
        npz::WriteOptions::default().npy(npy_options(self.numpy)).compression(compression)
    }
}

fn write(target: Option<&Path>, rewritten: &Rewritten) -> Result<()> {
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
            let target = std::io::BufWriter::with_capacity(1 << 16, file);
            let writer = npz::Writer::new(target, &archive.options()).map_err(failure)?;
            archive.copy(writer).map_err(failure)
        }),
        (Rewritten::Archive(archive), None) => {
            let writer = npz::Writer::streamed(output::stdout(), &archive.options());
            archive.copy(writer).map_err(failure)
        }
    }
}
