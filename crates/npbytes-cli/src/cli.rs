//! The command line: the subcommands, the flags that stand before them, and how they are parsed.

use std::path::Path;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands::{
    append, compact, completions, convert, dis, info, ls, man, retarget, rm, scan, show,
};
use crate::{failure, source};

const EXAMPLES: &str = "\
Examples:
  npbytes info model.npy                       what is in the file
  npbytes show model.npy                       the text of print(np.load('model.npy'))
  npbytes show k.bin --dtype int64 --shape 28,28
                                               raw bytes, as written by a.tobytes()
  npbytes convert k.bin k.npy --dtype int64 --shape 28,28
  npbytes ls model.npz                         the members of an archive
  npbytes show model.npz::weights              one of them
  npbytes scan model.pkl                       what loading a pickle would run; nothing is run
  npbytes ls model.pkl                         the arrays in it
  npbytes show model.pkl::.tree_.nodes         one of them
  npbytes convert model.npz model.parquet      to Arrow or Parquet, and back

A FILE of - is standard input. FILE::MEMBER is a member of a .npz archive, with or without .npy; \
a file whose own name has the :: comes first, if there is one. FILE::COLUMN is a column \
of a table of Arrow or Parquet, FILE::PATH a part of a pickle or of a message of msgpack, and FILE.npz::MEMBER::PATH one of a pickle in an archive. Quoted patterns \
('*.npy') are expanded.
Exit codes: 0 all went well, 1 the answer is negative, 2 an error, 3 (scan) loading would run code.";

/// Look at NumPy bytes, print them as NumPy would, convert them; no Python needed
#[derive(Debug, Parser)]
#[command(name = "npbytes", version, after_help = EXAMPLES, max_term_width = 100)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// When to color messages and labels; NO_COLOR is respected
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_default_value = true
    )]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Info(Box<info::Args>),
    Show(Box<show::Args>),
    Ls(Box<ls::Args>),
    Convert(Box<convert::Args>),
    Scan(Box<scan::Args>),
    Retarget(Box<retarget::Args>),
    Dis(Box<dis::Args>),
    Append(Box<append::Args>),
    Rm(rm::Args),
    Compact(compact::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// When output is colored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Reads the command line. Help, the version and wrong usage are printed here and end the command with
/// the code that is returned.
pub(crate) fn parse() -> Result<Cli, ExitCode> {
    // Help and usage errors are printed before the flags are known, so that one flag is looked up first.
    color_flag(std::env::args_os().skip(1).filter_map(|arg| arg.into_string().ok())).write_global();
    let args = std::env::args_os().map(source::guarded);
    let parsed = Cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match parsed {
        Ok(cli) => {
            ColorChoice::from(cli.color).write_global();
            Ok(cli)
        }
        Err(error) => {
            let text = error.render();
            // A pipe that was closed is no news here.
            let _ = if error.use_stderr() {
                use std::io::Write;
                write!(anstream::stderr(), "{}", text.ansi())
            } else {
                use std::io::Write;
                write!(anstream::stdout(), "{}", text.ansi())
            };
            if let Some(file) = file_for_subcommand(&error) {
                failure::help(&format!("to look at the file: npbytes info {file}"));
            }
            Err(ExitCode::from(if error.use_stderr() { 2 } else { 0 }))
        }
    }
}

/// The file that was given where a subcommand belongs.
fn file_for_subcommand(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    match error.get(ContextKind::InvalidSubcommand)? {
        ContextValue::String(name) if Path::new(name).exists() => Some(failure::quoted(name)),
        _ => None,
    }
}

/// The value of the last `--color` among the arguments.
fn color_flag(args: impl Iterator<Item = String>) -> ColorChoice {
    let mut choice = ColorChoice::Auto;
    let mut is_value = false;
    for arg in args.take_while(|arg| arg != "--") {
        let value = match arg.strip_prefix("--color=") {
            Some(value) => value,
            None if is_value => arg.as_str(),
            None => {
                is_value = arg == "--color";
                continue;
            }
        };
        is_value = false;
        if let Ok(color) = Color::from_str(value, false) {
            choice = color.into();
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_color_flag_is_found_in_both_forms() {
        let cases: [(&[&str], ColorChoice); 5] = [
            (&["info", "a"], ColorChoice::Auto),
            (&["--color", "never", "info"], ColorChoice::Never),
            (&["info", "--color=always", "a"], ColorChoice::Always),
            (&["--color=always", "info", "--color", "never"], ColorChoice::Never),
            (&["info", "--", "--color=always"], ColorChoice::Auto),
        ];
        for (args, expected) in cases {
            assert_eq!(color_flag(args.iter().map(ToString::to_string)), expected, "{args:?}");
        }
    }
}
