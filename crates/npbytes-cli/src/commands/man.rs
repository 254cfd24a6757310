//! `npbytes man`: the manual pages.

use std::path::PathBuf;

use clap::CommandFactory;
use clap_mangen::Man;

use super::{Outcome, print_text};
use crate::cli::Cli;
use crate::failure::{Failure, Result};

const EXAMPLES: &str = "\
Examples:
  npbytes man | man -l -
  npbytes man /usr/local/share/man/man1";

/// Print the manual page, or write those of all subcommands into a folder
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder to write npbytes.1, npbytes-info.1, ... into
    folder: Option<PathBuf>,
}

/// Prints or writes them.
pub(crate) fn run(args: &Args) -> Result<Outcome> {
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.folder else {
        return print_text(&page(command)?);
    };
    let pages = command.get_subcommands().map(|sub| {
        let name = format!("npbytes-{}", sub.get_name());
        // The page's title; clap wants names that live as long as the program.
        (name.clone(), sub.clone().display_name(name))
    });
    for (name, command) in pages.chain([("npbytes".to_owned(), command.clone())]) {
        let path = folder.join(format!("{name}.1"));
        std::fs::write(&path, page(command)?)
            .map_err(|error| Failure::io(path.display().to_string(), &error))?;
    }
    Ok(Outcome::Good)
}

/// The manual page of a command, its examples line by line.
fn page(mut command: clap::Command) -> Result<Vec<u8>> {
    let examples = command.get_after_help().map(ToString::to_string);
    command = command.after_help(clap::builder::Resettable::Reset);
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(|error| Failure::io("the manual page", &error))?;
    if let Some(examples) = examples {
        page.extend(b".SH EXAMPLES\n.nf\n");
        let mut is_filled = false;
        for line in examples.trim_start_matches("Examples:\n").lines() {
            // Examples stand as they are, and what is said about them is wrapped by whoever shows it.
            let is_prose = !line.is_empty() && !line.starts_with(' ');
            match (is_filled, is_prose) {
                (false, true) => page.extend(b".fi\n.PP\n"),
                (true, true) => page.extend(b".PP\n"),
                (true, false) if !line.is_empty() => page.extend(b".nf\n"),
                _ => {}
            }
            is_filled = is_prose || is_filled && line.is_empty();
            // What roff would take for its own.
            let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
            page.extend(line.as_bytes());
            page.push(b'\n');
        }
        if !is_filled {
            page.extend(b".fi\n");
        }
    }
    Ok(page)
}
