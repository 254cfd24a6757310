//! `npbytes show`: the text of `print(np.load(file))`.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};

use npbytes::Profile;
use npbytes::print::{self, FloatMode, Options, Sign};

use super::{Outcome, for_each_file};
use crate::decode::{self, Content};
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
  npbytes show a.npy.zst                            compressed by gzip, bzip2, xz, zstd or zlib
  npbytes show model.pkl::.tree_.nodes              one array of a pickle, as npbytes ls lists them
  npbytes show t.parquet::x                         one column of a table: Parquet, Arrow
  npbytes show model.pkl --repr                     all of it, as far as it can be told unrun
  npbytes show weights.msgpack                      all of a message, in the same way

Nothing in a pickle is run. What is no array is printed as Python's repr has it; an object of a class \
that only Python knows as <class state {...}>.";

/// Print arrays exactly as NumPy's print(a) or repr(a) would, and what else is in pickles
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files, members of archives as FILE::MEMBER, parts of pickles as FILE::PATH, patterns of files, or - for
    /// standard input
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
        let content = decode::open(source, &input)?;
        let content = match content {
            Content::Pickled(pickled) if input.has_part() => pickled.load(source)?.into(),
            content => content,
        };
        let repr = args.print.repr;
        let print = |out: &mut dyn fmt::Write| match &content {
            Content::Array(loaded) => {
                let view = input.part(source, &loaded.array.view())?;
                match repr {
                    true => print::write_repr(&view, &options, out),
                    false => print::write_str(&view, &options, out),
                }
                .map_err(|error| Failure::of(source.name(), &error, 0))
            }
            Content::Pickled(pickled) => {
                let node = pickled.node().map_err(|error| pickled.failure(source, &error))?;
                match repr {
                    true => print::write_node_repr(&node, &options, out),
                    false => print::write_node_str(&node, &options, out),
                }
                .map_err(|error| pickled.failure(source, &error))
            }
        };
        // What cannot be printed to its end is not started.
        let mut draft = Draft::default();
        print(&mut draft)?;
        match draft.text {
            Some(text) => {
                page.out()?.write_all(text.as_bytes()).map_err(|error| Failure::stdout(&error))?;
            }
            None => {
                let mut text = Text { out: page.out()?, error: None };
                let written = print(&mut text);
                // An error of the output comes back through the library without its cause.
                if let Some(error) = text.error.take() {
                    return Err(Failure::stdout(&error));
                }
                written?;
            }
        }
        writeln!(page.out()?).map_err(|error| Failure::stdout(&error))?;
        page.flush()?;
        match &content {
            Content::Array(loaded) => loaded.note_more(source),
            Content::Pickled(pickled) => pickled.note_more(source),
        }
        Ok(Outcome::Good)
    })
}

/// A text that is kept while it is short, and made a second time where it is not.
struct Draft {
    text: Option<String>,
}

impl Draft {
    /// How many bytes are kept.
    const LONGEST: usize = 1 << 22;
}

impl Default for Draft {
    fn default() -> Self {
        Self { text: Some(String::new()) }
    }
}

impl fmt::Write for Draft {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some(kept) = &mut self.text {
            kept.push_str(text);
            if kept.len() > Self::LONGEST {
                self.text = None;
            }
        }
        Ok(())
    }
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
