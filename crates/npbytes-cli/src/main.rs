//! The command `npbytes`: looks at NumPy bytes, prints them as NumPy would, converts them.
//!
//! It holds no knowledge of any format: what bytes mean is asked of the library, and this crate turns
//! answers into text, JSON, files and exit codes.

mod archive;
mod arrow;
mod cli;
mod commands;
mod contents;
mod decode;
mod entries;
mod failure;
mod flags;
mod format;
mod guess;
mod input;
mod json;
mod limits;
mod listing;
mod message;
mod output;
mod pack;
mod pickled;
mod place;
mod progress;
mod repickle;
mod snippet;
mod source;
mod unpack;
mod walk;
mod wrapped;

use std::process::ExitCode;

fn main() -> ExitCode {
    arrow::keep_panics_quiet();
    match cli::parse() {
        Ok(cli) => commands::run(cli),
        Err(code) => code,
    }
}
