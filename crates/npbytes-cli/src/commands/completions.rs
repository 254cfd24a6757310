//! `npbytes completions`: what a shell needs to complete our command lines.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Outcome, print_text};
use crate::cli::Cli;
use crate::failure::Result;

const EXAMPLES: &str = "\
Examples:
  npbytes completions bash > /etc/bash_completion.d/npbytes
  npbytes completions zsh > ~/.zfunc/_npbytes
  npbytes completions fish > ~/.config/fish/completions/npbytes.fish";

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "npbytes", &mut text);
    print_text(&text)
}
