//! Archives that are changed in place: NumPy's own, edited by npbytes, loaded by NumPy; and compacted,
//! which must make them the archive that NumPy writes of the members that are left.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use npbytes::npz::{self, EditOptions, Editor};
use npbytes::{ArrayView, Profile, Result as NpResult};

use super::cases::{ArchiveCase, Form};
use super::check::{Parts, profile};
use super::{Archives, Made, options};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::roundtrip::byte_difference;

const FORMS: [Form; 4] = [Form::Stored, Form::Deflated, Form::Aligned, Form::Fast];

/// Edits the archive made for it, and compacts it and some others.
pub(super) fn run(
    matrix: &Matrix,
    environment: &Environment,
    cases: &[ArchiveCase],
    made: &Made,
    ours: &Path,
    archives: &mut Archives,
    written: &mut String,
) -> Result<()> {
    if environment.is_python2() {
        // Nothing there is NumPy's to the byte, nor in the order of the call.
        return Ok(());
    }
    let result = cases.iter().find(|case| case.name == "edit-result");
    let Some(result) = result else { return Ok(()) };
    let parts = Parts::new(matrix, result);
    let members = parts
        .as_ref()
        .map_err(ToString::to_string)
        .and_then(|parts| parts.members().map_err(|error| error.to_string()));
    let members = match members {
        Ok(members) => members,
        Err(error) => {
            archives.mismatch("edit-result", error);
            return Ok(());
        }
    };
    let find = |key: &str| members.iter().find(|(name, _)| name == key).map(|(_, view)| view);
    for form in FORMS {
        // npbytes' own forms are added to an archive of NumPy.
        let base = if form == Form::Deflated { Form::Deflated } else { Form::Stored };
        let path = ours.join(format!("edit-result.{}-edited", form.word()));
        let from = made.directory.join(format!("edit-base.{}", base.word()));
        fs::copy(&from, &path).map_err(Error::io(&path))?;
        let name = format!("edit-base.{}, edited", form.word());
        match edit(&path, form, profile(environment), &find) {
            Ok(problem) => problem.into_iter().for_each(|what| archives.mismatch(&name, what)),
            Err(error) => {
                archives.mismatch(&name, error.to_string());
                continue;
            }
        }
        let _ = writeln!(written, "edit-result\t{}-edited", form.word());
        let compacted = ours.join(format!("edit-result.{}-compacted", form.word()));
        fs::copy(&path, &compacted).map_err(Error::io(&compacted))?;
        let expected = form == base;
        let expected =
            expected.then(|| made.directory.join(format!("edit-result.{}", form.word())));
        compact(&name, &compacted, form, environment, expected.as_deref(), archives)?;
        let _ = writeln!(written, "edit-result\t{}-compacted", form.word());
    }
    compact_others(cases, made, ours, environment, archives)
}

/// `edit-base` becomes `edit-result`.
fn edit<'a>(
    path: &Path,
    form: Form,
    profile: Profile,
    find: &impl Fn(&str) -> Option<&'a ArrayView<'a>>,
) -> NpResult<Option<String>> {
    let options = EditOptions::default().write(options(form, profile));
    let view = |key: &str| {
        find(key).cloned().ok_or_else(|| std::io::Error::other(format!("no array for {key}")))
    };
    let mut editor = Editor::open(path, &options)?;
    editor.remove("c")?;
    editor.replace("b", &view("b")?)?;
    editor.append_all(&[("e", view("e")?), ("λ/f", view("λ/f")?)])?;
    let names: Vec<&str> = editor.names().collect();
    let expected = ["a.npy", "d.npy", "é.npy", "b.npy", "e.npy", "λ/f.npy"];
    let problem = (names != expected).then(|| format!("the names will be {names:?}"));
    editor.commit()?;
    Ok(problem)
}

/// Compacts an archive, and compares it with one of NumPy where there is such a one.
fn compact(
    name: &str,
    path: &Path,
    form: Form,
    environment: &Environment,
    expected: Option<&Path>,
    archives: &mut Archives,
) -> Result<()> {
    let options = EditOptions::default().write(options(form, profile(environment)));
    let name = format!("{name}, compacted");
    if let Err(error) = npz::compact(path, &options) {
        archives.mismatch(name, error.to_string());
        return Ok(());
    }
    let Some(expected) = expected else { return Ok(()) };
    let found = fs::read(path).map_err(Error::io(path))?;
    let wanted = fs::read(expected).map_err(Error::io(expected))?;
    match byte_difference(&found, &wanted) {
        None => archives.edits += 1,
        Some(what) => archives.mismatch(name, what),
    }
    Ok(())
}

/// NumPy's archives stay as they are when they are compacted; those of a pipe become those of a file.
fn compact_others(
    cases: &[ArchiveCase],
    made: &Made,
    ours: &Path,
    environment: &Environment,
    archives: &mut Archives,
) -> Result<()> {
    // Each is forced to disk, so not all.
    let some = |case: &&ArchiveCase| {
        !case.name.starts_with("type-")
            || ["type-f8", "type-struct", "type-date-8-ns"].contains(&&*case.name)
    };
    for case in cases.iter().filter(some) {
        for &form in &case.forms {
            let wrote = |form| matches!(made.manifest.said(case, form), Some(Ok(_)));
            if !wrote(form) || !wrote(form.seekable()) || case.padding_is_lost {
                continue;
            }
            let name = format!("{}.{}", case.name, form.word());
            let path = ours.join("compacted");
            fs::copy(made.directory.join(&name), &path).map_err(Error::io(&path))?;
            let expected = made.directory.join(format!("{}.{}", case.name, form.seekable().word()));
            compact(&name, &path, form.seekable(), environment, Some(&expected), archives)?;
        }
    }
    Ok(())
}
