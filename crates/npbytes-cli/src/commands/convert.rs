//! `npbytes convert`: one encoding into another.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::ValueEnum;
use npbytes::{ArrayView, ByteOrder, ErrorKind, Layout, Order, Profile, Python, npy, raw};

use super::Outcome;
use crate::decode::load;
use crate::failure::{Failure, Result, note};
use crate::format::Format;
use crate::input::InputArgs;
use crate::output;
use crate::source::Source;

const EXAMPLES: &str = "\
Examples:
  npbytes convert k.bin k.npy --dtype int64 --shape 28,28
  npbytes convert a.npy a.bin                       a.tobytes()
  npbytes convert a.npy b.npy --slice '10:20' --byte-order little
  npbytes convert a.npy old.npy --numpy 1.23.5      byte for byte as that NumPy writes it
  npbytes convert a.npy - --to raw | sha256sum";

/// Convert an array between encodings: raw bytes and .npy files
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The file to read, or - for standard input
    #[arg(value_name = "IN")]
    source: OsString,

    /// The file to write, or - for standard output; its extension names the format (.npy, .bin)
    #[arg(value_name = "OUT")]
    target: OsString,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    output: OutputArgs,
}

/// Flags about the output.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
struct OutputArgs {
    /// The format to write; by default OUT's extension tells
    #[arg(long, value_name = "FORMAT")]
    to: Option<Format>,

    /// Write numbers in this byte order
    #[arg(long, value_name = "ORDER")]
    byte_order: Option<TargetByteOrder>,

    /// Lay the elements out in this order: C, F, or A, which is F for arrays in Fortran order and else
    /// C [default: A for npy, C for raw]
    #[arg(long, value_name = "C|F|A")]
    to_order: Option<Order>,

    /// Force the version of a .npy header; by default the lowest that can hold it
    #[arg(long, value_name = "VERSION")]
    npy_version: Option<NpyVersion>,

    /// The Python that runs the imitated NumPy: it decides how field names are escaped
    #[arg(long, value_name = "VERSION")]
    python: Option<Python>,

    /// Leave a file that exists as it is, with an error; by default it is replaced
    #[arg(short, long)]
    no_clobber: bool,
}

/// The byte order to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TargetByteOrder {
    /// Least significant byte first
    #[value(alias = "<")]
    Little,
    /// Most significant byte first
    #[value(alias = ">")]
    Big,
    /// That of this machine
    #[value(alias = "=")]
    Native,
}

impl From<TargetByteOrder> for ByteOrder {
    fn from(order: TargetByteOrder) -> Self {
        match order {
            TargetByteOrder::Little => Self::Little,
            TargetByteOrder::Big => Self::Big,
            TargetByteOrder::Native => Self::NATIVE,
        }
    }
}

/// A version of the .npy format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum NpyVersion {
    #[value(name = "1.0", alias = "1")]
    One,
    #[value(name = "2.0", alias = "2")]
    Two,
    #[value(name = "3.0", alias = "3")]
    Three,
}

impl From<NpyVersion> for (u8, u8) {
    fn from(version: NpyVersion) -> Self {
        match version {
            NpyVersion::One => (1, 0),
            NpyVersion::Two => (2, 0),
            NpyVersion::Three => (3, 0),
        }
    }
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
enum Encoder {
    Raw(Layout),
    Npy(npy::WriteOptions),
}

/// Converts the file.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = args.input.understood()?;
    let source = Source::new(args.source);
    let target = if args.target == "-" { Target::Stdout } else { Target::File(args.target.into()) };
    let format = target_format(&target, args.output.to)?;
    check_target(&target, args.output.no_clobber)?;
    let profile =
        Profile { numpy: input.numpy, python: args.output.python.unwrap_or(Python::DEFAULT) };
    let byte_order = args.output.byte_order.map_or(ByteOrder::NotApplicable, Into::into);
    let layout =
        |default| Layout::from(args.output.to_order.unwrap_or(default)).byte_order(byte_order);
    let encoder = match format {
        Format::Raw => Encoder::Raw(layout(Order::C)),
        Format::Npy => {
            let version = args.output.npy_version.map(Into::into);
            let options = npy::WriteOptions::default().profile(profile).version(version);
            Encoder::Npy(options.layout(layout(Order::A)))
        }
        other => return Err(other.cannot_write(&target.name())),
    };

    let loaded = load(&source, &input)?;
    let array = loaded.array.view();
    let view = input.part(&source, &array)?;
    let written = write(&target, &view, &encoder);
    written.map_err(|error| {
        let failure = Failure::of(target.name(), &error, 0);
        match error.kind() {
            ErrorKind::Unsupported(_) if args.output.npy_version.is_some() => {
                failure.with_help("leave --npy-version out to have the version chosen")
            }
            _ => failure,
        }
    })?;
    if loaded.trailing > 0 {
        note(&format!(
            "{}: {} bytes behind the array were left out",
            source.name(),
            loaded.trailing
        ));
    }
    Ok(Outcome::Good)
}

fn target_format(target: &Target, to: Option<Format>) -> Result<Format> {
    let by_name = match target {
        Target::File(path) => Format::of_extension(path),
        Target::Stdout => None,
    };
    to.or(by_name).ok_or_else(|| {
        Failure::new(target.name(), "the name does not say which format to write")
            .with_help("add --to npy or --to raw")
    })
}

fn check_target(target: &Target, no_clobber: bool) -> Result<()> {
    match target {
        Target::File(path) if path.is_dir() => {
            Err(Failure::new(target.name(), "is a directory").with_help("name a file in it"))
        }
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
