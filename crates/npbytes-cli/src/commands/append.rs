//! `npbytes append`: members added to an archive, or put in the place of others.

use std::collections::HashSet;
use std::ffi::OsString;

use npbytes::npz::Editor;

use super::Outcome;
use super::edit::{self, EditArgs};
use crate::entries::{self, Entry, Inputs, Naming};
use crate::failure::{Failure, Result};
use crate::flags::{ArchiveArgs, LayoutArgs};
use crate::input::InputArgs;
use crate::listing::batches;
use crate::pack::{Packing, Part, arrays};
use crate::progress::Progress;

const EXAMPLES: &str = "\
Examples:
  npbytes append a.npz x.npy y.npy                  members x and y
  npbytes append a.npz w=x.npy                      x.npy as the member w
  npbytes append a.npz --replace w=b.npz::w --compress fast
  npbytes append a.npz k=k.bin --dtype int64 --shape 28,28

Members are added behind those that there are, which stay where they lie: that is quick, and whoever \
reads the archive meanwhile sees the old one or the new one. What --replace replaces stays in the \
file until it is compacted. This adds members to an archive, not rows to an array.";

/// Add members to a .npz archive, without rewriting the others
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The archive
    #[arg(value_name = "ARCHIVE")]
    archive: OsString,

    /// What to add: files, members as FILE::MEMBER, whole archives, folders, or - for standard input;
    /// without NAME=, the name of the file names the member
    #[arg(required = true, value_name = "[NAME=]FILE")]
    sources: Vec<OsString>,

    /// Replace members that there are; without it they are an error
    #[arg(long)]
    replace: bool,

    /// Show no progress bar
    #[arg(short, long)]
    quiet: bool,

    #[command(flatten)]
    edit: EditArgs,

    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    layout: LayoutArgs,

    #[command(flatten)]
    packing: ArchiveArgs,
}

/// Adds the members.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = args.input.understood()?;
    let path = edit::file(args.archive)?;
    let options = args.packing.npz_options(args.layout.npy_options(input.numpy))?;
    let all = entries::named(args.sources)?;
    let mut editor = args.edit.open(&path, input.limits, options, |_| Ok(()))?;

    let inputs = Inputs::open(all, &input, Naming::Stem, Some(&path))?;
    let entries = inputs.entries()?;
    let progress = Progress::new(entries.iter().map(|entry| entry.bytes).sum(), args.quiet);
    let packing = Packing {
        input: &input,
        layout: &args.layout,
        options,
        target: path.display().to_string(),
        progress: &progress,
    };
    let arrays = arrays(&entries);
    let there: HashSet<String> = editor.names().map(Into::into).collect();
    let is_there = |entry: &&Entry<'_>| there.contains(&format!("{}.npy", entry.name));
    let (old, new): (Vec<_>, Vec<_>) =
        arrays.into_iter().partition(|entry| args.replace && is_there(entry));
    if let Some(clash) = new.iter().find(|entry| is_there(entry)) {
        let message = format!("there is a member {:?} already", clash.name);
        return Err(Failure::new(packing.target, message)
            .with_help("replace it with --replace, or give the new one another name: NAME=FILE"));
    }
    for batch in batches(&old, |entry| entry.cost) {
        packing.with_parts(batch, |part| match part {
            Part::Arrays(views) => editor.replace_all(views),
            Part::Objects(name, pickle) => editor.replace_objects(name, pickle),
        })?;
    }
    for batch in batches(&new, |entry| entry.cost) {
        packing.with_parts(batch, |part| match part {
            Part::Arrays(views) => editor.append_all(views),
            Part::Objects(name, pickle) => editor.append_objects(name, pickle),
        })?;
    }
    drop(entries);
    drop(inputs);
    commit(editor, &path, &args.edit, input.limits, options)
}

fn commit(
    editor: Editor,
    path: &std::path::Path,
    edit: &EditArgs,
    limits: npbytes::Limits,
    options: npbytes::npz::WriteOptions,
) -> Result<Outcome> {
    editor.commit().map_err(|error| edit::failure(path, &error))?;
    edit.compact_if_asked(path, limits, options)?;
    Ok(Outcome::Good)
}
