//! `npbytes show`: the text of `print(np.load(file))`.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};

use npbytes::Profile;
use npbytes::print::{self, FloatMode, Options, Sign};

use super::{Outcome, for_each_file};
use crate::decode::load;
use crate::failure::{Failure, Result};
use crate::input::InputArgs;
use crate::output::Stdout;

const EXAMPLES: &str = "\
Examples:
  npbytes show a.npy                                the text of print(np.load('a.npy'))
  npbytes show k.bin --dtype int64 --shape 28,28    raw bytes, as written by a.tobytes()
  npbytes show a.npy --slice '0, ::2' --precision 3
  npbytes show table.npy --field position           one field of a structured array
  npbytes show a.npz::x                             one array of an archive
  npbytes show two.npy --offset 140                 the second of two arrays in one file
  npbytes show 'runs/*.npy'                         several files, a line above each
  npbytes show a.npy.zst                            compressed by gzip, bzip2, xz, zstd or zlib";

/// Print arrays exactly as NumPy's print(a) or repr(a) would
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files, members of archives as FILE::MEMBER, patterns of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    print: PrintArgs,
}

/// NumPy's print options.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Text")]
struct PrintArgs {
    /// The text of repr(a) instead of that of print(a)
    #[arg(long)]
    repr: bool,

    /// All elements, however many there are
    #[arg(long, conflicts_with_all = ["threshold", "edgeitems"])]
    full: bool,

    /// The most digits after the decimal point
    #[arg(long, value_name = "DIGITS", default_value_t = Options::DEFAULT.precision)]
    precision: usize,

    /// The most elements that are shown in full; longer arrays are summarised
    #[arg(long, value_name = "ELEMENTS", default_value_t = Options::DEFAULT.threshold)]
    threshold: usize,

    /// How many items are shown at each end of a summarised axis
    #[arg(long, value_name = "ITEMS", default_value_t = Options::DEFAULT.edgeitems)]
    edgeitems: usize,

    /// How many characters a line has
    #[arg(long, value_name = "CHARACTERS", default_value_t = Options::DEFAULT.linewidth)]
    linewidth: usize,

    /// Never use scientific notation for the sake of small numbers
    #[arg(long)]
    suppress: bool,

    /// How many digits floats have: fixed, unique, maxprec or maxprec_equal [default: maxprec]
    #[arg(long, value_name = "MODE")]
    floatmode: Option<FloatMode>,

    /// What stands before numbers that are not negative: '-' nothing, '+', or ' ' [default: -]
    #[arg(long, value_name = "SIGN", allow_hyphen_values = true)]
    sign: Option<Sign>,

    /// The most elements that are shown at all
    #[arg(long, value_name = "ELEMENTS", default_value_t = Options::DEFAULT.elements)]
    max_elements: u64,
}

/// Shows the files.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = args.input.understood()?;
    let options = Options {
        precision: args.print.precision,
        threshold: if args.print.full { usize::MAX } else { args.print.threshold },
        edgeitems: args.print.edgeitems,
        linewidth: args.print.linewidth,
        suppress: args.print.suppress,
        floatmode: args.print.floatmode.unwrap_or_default(),
        sign: args.print.sign.unwrap_or_default(),
        profile: Profile::from(input.numpy),
        elements: args.print.max_elements,
    };
    for_each_file(args.files, true, |source, page| {
        let loaded = load(source, &input)?;
        let view = input.part(source, &loaded.array.view())?;
        let mut text = Text { out: page.out()?, error: None };
        let written = if args.print.repr {
            print::write_repr(&view, &options, &mut text)
        } else {
            print::write_str(&view, &options, &mut text)
        };
        // An error of the output comes back through the library without its cause.
        if let Some(error) = text.error.take() {
            return Err(Failure::stdout(&error));
        }
        if let Err(error) = written {
            // A text that broke off ends its line, so that the message has one of its own.
            let _ = writeln!(text.out);
            return Err(Failure::of(source.name(), &error, 0));
        }
        writeln!(text.out).map_err(|error| Failure::stdout(&error))?;
        Ok(Outcome::Good)
    })
}

/// An output that text is written to, and why that failed.
struct Text<'a> {
    out: &'a mut Stdout,
    error: Option<io::Error>,
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.out.write_all(text.as_bytes()).map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}
