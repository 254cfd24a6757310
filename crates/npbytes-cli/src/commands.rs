//! The subcommands, one file each, and what they share: going through the files, and the exit code.

pub(crate) mod append;
pub(crate) mod compact;
pub(crate) mod completions;
pub(crate) mod convert;
pub(crate) mod dis;
pub(crate) mod edit;
pub(crate) mod info;
pub(crate) mod ls;
pub(crate) mod man;
pub(crate) mod retarget;
pub(crate) mod rm;
pub(crate) mod scan;
pub(crate) mod show;

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::failure::{Failure, Result};
use crate::output::{Stdout, Styles, clean, stdout, styled};
use crate::source::{self, Source};

/// What a command or one of its files came to; later ones weigh more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It did what was asked.
    Good,
    /// It did, and the answer is no.
    Negative,
    /// It could not.
    Failed,
    /// It did, and loading a file would run code.
    Runs,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Good => 0,
            Outcome::Negative => 1,
            Outcome::Failed => 2,
            Outcome::Runs => 3,
        })
    }
}

/// Runs the subcommand.
pub(crate) fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Info(args) => info::run(*args),
        Command::Show(args) => show::run(*args),
        Command::Ls(args) => ls::run(*args),
        Command::Convert(args) => convert::run(*args),
        Command::Scan(args) => scan::run(*args),
        Command::Retarget(args) => retarget::run(*args),
        Command::Dis(args) => dis::run(*args),
        Command::Append(args) => append::run(*args),
        Command::Rm(args) => rm::run(args),
        Command::Compact(args) => compact::run(args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    result
        .unwrap_or_else(|failure| {
            // Whoever reads our output may stop when they have seen enough.
            if failure.is_closed_pipe() {
                return Outcome::Good;
            }
            failure.print();
            Outcome::Failed
        })
        .into()
}

/// Does something for each file, with a line above each where there are several. A file that fails is
/// reported, and the others follow.
fn for_each_file(
    files: Vec<OsString>,
    headings: bool,
    mut each: impl FnMut(&Source, &mut Page) -> Result<Outcome>,
) -> Result<Outcome> {
    let sources = source::expand(files);
    let mut page = Page {
        out: stdout(),
        styles: Styles::of(&std::io::stdout()),
        heading: None,
        is_first: true,
    };
    let many = headings && sources.len() > 1;
    let mut outcome = Outcome::Good;
    for source in sources {
        let result = source.and_then(|source| {
            page.heading = many.then(|| source.name());
            each(&source, &mut page)
        });
        outcome = outcome.max(match result {
            Ok(one) => one,
            Err(failure) if failure.is_closed_pipe() => return Ok(outcome),
            Err(failure) if failure.is_fatal() => return Err(failure),
            Err(failure) => {
                // What was printed so far belongs before the message.
                page.flush()?;
                failure.print();
                Outcome::Failed
            }
        });
    }
    page.flush()?;
    Ok(outcome)
}

/// Standard output, and the line that stands above what is printed of a file.
pub(crate) struct Page {
    out: Stdout,
    pub(crate) styles: Styles,
    /// The name above what comes next, until it is printed.
    heading: Option<String>,
    is_first: bool,
}

impl Page {
    /// The output, behind the heading.
    pub(crate) fn out(&mut self) -> Result<&mut Stdout> {
        if let Some(name) = self.heading.take() {
            let blank = if self.is_first { "" } else { "\n" };
            let line = format!("==> {} <==", clean(&name));
            self.is_first = false;
            writeln!(self.out, "{blank}{}", styled(self.styles.strong, &line))
                .map_err(|error| Failure::stdout(&error))?;
        }
        Ok(&mut self.out)
    }

    fn flush(&mut self) -> Result<()> {
        self.out.flush().map_err(|error| Failure::stdout(&error))
    }
}

/// Writes a whole text to standard output.
fn print_text(text: &[u8]) -> Result<Outcome> {
    let mut out = stdout();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Failure::stdout(&error))?;
    Ok(Outcome::Good)
}
