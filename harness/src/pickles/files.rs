//! `.npy` and `.npz` files with a pickle inside of them: read, written from what was read, made from nothing.

use bytes::Bytes;
use npbytes::npz::{self, Item};
use npbytes::pickle::Pickle;
use npbytes::{Limits, Profile, npy};
use serde_json::Value as Json;

use super::build::{self, Stop};
use super::check::PYTHON2;
use super::compare::Comparison;
use super::manifest::{FileCase, Manifest};
use super::{Ours, Pickles, Tally};
use crate::archives;
use crate::archives::cases::Form;
use crate::environment::Environment;
use crate::error::Result;
use crate::roundtrip::byte_difference;

/// Goes through all files of an environment.
pub(super) fn run(
    environment: &Environment,
    manifest: &Manifest,
    profile: Profile,
    ours: &mut Ours,
    found: &mut Pickles,
) -> Result<()> {
    for case in &manifest.files {
        let mut tally = Tally { cases: 1, ..Tally::default() };
        let name = format!("{} ({})", case.name, case.form);
        let outcome = match &case.file {
            Err(error) => Err(format!("NumPy does not write it: {error}")),
            Ok(file) if case.form == "npz" => {
                archive(environment, case, file, manifest, profile, &mut tally)
            }
            Ok(file) => single(environment, case, file, manifest, profile, &mut tally),
        };
        match outcome {
            Ok(Some(bytes)) => ours.add(&case.name, &case.form, &bytes, None)?,
            Ok(None) => {}
            Err(problem) => found.mismatch(name, problem),
        }
        found.tallies.entry(("files".to_owned(), case.form.clone())).or_default().add(&tally);
    }
    Ok(())
}

/// A `.npy` file; npbytes' own, if there is one.
fn single(
    environment: &Environment,
    case: &FileCase,
    file: &Bytes,
    manifest: &Manifest,
    profile: Profile,
    tally: &mut Tally,
) -> Result<Option<Vec<u8>>, String> {
    let limits = Limits::default().header_bytes(1 << 24);
    let options = npy::ReadOptions::with_limits(limits);
    let pickle = match npy::decode_contents(file, &options).map_err(|error| error.to_string())? {
        npy::Contents::Objects(pickle) => pickle,
        other => return Err(format!("is {other:?}")),
    };
    let row = case.loaded.and_then(|number| manifest.loaded.get(number));
    let row = row.ok_or("no description of what NumPy loads")?;
    let mut comparison = Comparison::new(manifest, None);
    if environment.is_python2() {
        comparison = comparison.unordered();
    }
    comparison.value(pickle.root(), row).map_err(|what| format!("read: {what}"))?;
    tally.read += 1;
    if environment.is_python2() {
        *tally.not_rewritten.entry(PYTHON2).or_default() += 1;
        *tally.skipped.entry(PYTHON2).or_default() += 1;
        return Ok(None);
    }
    let options = npy::WriteOptions::default().profile(profile);
    let again = npy::encode_objects(&pickle, &options);
    let again = again.map_err(|error| format!("cannot be written back: {error}"))?;
    if let Some(difference) = byte_difference(&again, file) {
        return Err(format!("written back: {difference}"));
    }
    tally.rewritten += 1;
    match build::build(manifest, &case.value) {
        Ok(built) => {
            let made = npy::encode_objects(&built, &options);
            let made = made.map_err(|error| format!("cannot be made: {error}"))?;
            if let Some(difference) = byte_difference(&made, file) {
                return Err(format!("made: {difference}"));
            }
            tally.byte_exact += 1;
            Ok(Some(made))
        }
        Err(Stop::Skip(reason)) => {
            *tally.skipped.entry(reason).or_default() += 1;
            Ok(Some(again))
        }
        Err(Stop::Fail(what)) => Err(format!("cannot be made: {what}")),
    }
}

/// A `.npz` archive: each member, and the whole made again.
fn archive(
    environment: &Environment,
    case: &FileCase,
    file: &Bytes,
    manifest: &Manifest,
    profile: Profile,
    tally: &mut Tally,
) -> Result<Option<Vec<u8>>, String> {
    let text = |error: npbytes::Error| error.to_string();
    let members = case.value.as_array().ok_or("no description")?;
    let archive = npz::decode(file, &archives::read_options()).map_err(text)?;
    let items = archive.read_all().map_err(text)?;
    if items.len() != members.len() {
        return Err(format!("has {} members, expected {}", items.len(), members.len()));
    }
    for (item, member) in items.iter().zip(members) {
        if let Item::Objects(pickle) = item {
            let mut comparison = Comparison::new(manifest, None);
            let compared = comparison.value(pickle.root(), &member[1]);
            compared.map_err(|what| format!("read {}: {what}", member[0]))?;
        } else if !matches!(item, Item::Array(_)) || member[1].get("items").is_some() {
            return Err(format!("{} is {item:?}", member[0]));
        }
    }
    tally.read += 1;
    if environment.is_python2() {
        *tally.not_rewritten.entry(PYTHON2).or_default() += 1;
        *tally.skipped.entry(PYTHON2).or_default() += 1;
        return Ok(None);
    }
    let read: Vec<Option<&Pickle>> = items.iter().map(objects).collect();
    let again = written(members, &read, &items, profile)?;
    if let Some(difference) = byte_difference(&again, file) {
        return Err(format!("written back: {difference}"));
    }
    tally.rewritten += 1;
    let mut built = Vec::new();
    for (member, item) in members.iter().zip(&items) {
        built.push(match (item, build::build(manifest, &member[1])) {
            (Item::Objects(_), Ok(pickle)) => Some(pickle),
            (Item::Objects(_), Err(stop)) => return Err(format!("cannot be made: {stop:?}")),
            _ => None,
        });
    }
    let built: Vec<Option<&Pickle>> = built.iter().map(Option::as_ref).collect();
    let made = written(members, &built, &items, profile)?;
    if let Some(difference) = byte_difference(&made, file) {
        return Err(format!("made: {difference}"));
    }
    tally.byte_exact += 1;
    Ok(Some(made))
}

fn objects(item: &Item) -> Option<&Pickle> {
    match item {
        Item::Objects(pickle) => Some(pickle),
        _ => None,
    }
}

/// The archive of these members: objects by their pickles, other arrays as they were read.
fn written(
    members: &[Json],
    pickles: &[Option<&Pickle>],
    items: &[Item],
    profile: Profile,
) -> Result<Vec<u8>, String> {
    let text = |error: npbytes::Error| format!("cannot be written: {error}");
    let mut out = std::io::Cursor::new(Vec::new());
    let options = archives::options(Form::Stored, profile);
    let mut writer = npz::Writer::new(&mut out, &options).map_err(text)?;
    for ((member, pickle), item) in members.iter().zip(pickles).zip(items) {
        let name = member[0].as_str().unwrap_or_default();
        match (pickle, item) {
            (Some(pickle), _) => writer.add_objects(name, pickle).map_err(text)?,
            (None, Item::Array(array)) => writer.add(name, &array.view()).map_err(text)?,
            _ => return Err(format!("{name} is no array")),
        }
    }
    writer.finish().map_err(text)?;
    Ok(out.into_inner())
}
