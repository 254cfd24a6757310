//! What Arrow has columns for beside plain arrays: masked arrays, texts of any length, objects of one kind, and
//! archives. NumPy makes them, npbytes writes them as Arrow's files and reads them again, and others read those, too.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use npbytes::pickle::{self, Pickle};
use npbytes::{Array, Kind, Order, npy, npz};
use npbytes_arrow::{
    Batch, FromArrow, MaskedArray, ToArrow, Values, from_record_batch, members_to_batches,
    to_record_batch,
};

use super::foreign::same;
use super::write::{NAME, read, write};
use super::{Arrow, FORMATS};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::{fixtures, manifest, script};

/// Writes all of them into a folder. Gives a line for each, of what others are to read, and says where NumPy's are.
pub(super) fn run(
    environment: &Environment,
    ours: &Path,
    found: &mut Arrow,
) -> Result<(Vec<String>, PathBuf)> {
    let directory = fixtures::cached(environment, "arrow-members", &script::make_arrow_members())?;
    let mut lines = Vec::new();
    for row in manifest::rows(&directory.join("manifest.jsonl"))? {
        let text = |key: &str| row[key].as_str().unwrap_or("?").to_owned();
        if row["kind"] != "members" {
            continue;
        }
        let (name, file) = (text("name"), text("file"));
        let data = Bytes::from(fixtures::read(&directory.join(&file))?);
        match source(&file, &data).and_then(|source| Ok((batches(&source)?, source))) {
            Ok((batches, source)) => {
                for form in FORMATS {
                    found.members.cases += 1;
                    match one(ours, &name, form, &batches, &source) {
                        Ok(()) => found.members.exact += 1,
                        Err(what) => found.mismatch(format!("{name}.{form}"), what),
                    }
                }
                lines.push(format!("{name}\t{file}\n"));
            }
            Err(what) => found.mismatch(&name, what),
        }
    }
    let list = ours.join("members.txt");
    fs::write(&list, lines.concat()).map_err(Error::io(&list))?;
    Ok((lines, directory))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// The arrays of a file of NumPy's, by name; one array has the name of the column.
fn source(file: &str, data: &Bytes) -> Result<Vec<(String, Values)>, String> {
    if !file.ends_with(".npz") {
        let pickle = pickle::decode(data, &pickle::ReadOptions::default()).map_err(said)?;
        let values = Values::from_node(pickle.root()).map_err(said)?;
        return Ok(vec![(NAME.to_owned(), values.ok_or("is no array")?)]);
    }
    let archive = npz::decode(data, &npz::ReadOptions::default()).map_err(said)?;
    let members = archive.keys().map(|key| {
        let array = archive.array(key).map_err(said)?;
        Ok((key.to_owned(), Values::from(array)))
    });
    members.collect()
}

fn batches(source: &[(String, Values)]) -> Result<Vec<Batch>, String> {
    let options = ToArrow::default();
    match source {
        [(name, values)] if name == NAME => {
            Ok(vec![to_record_batch(name, values, &options).map_err(said)?])
        }
        members => members_to_batches(members, &options).map_err(said),
    }
}

/// Writes the batches as a file each, and compares what they are when they are read again.
fn one(
    ours: &Path,
    name: &str,
    form: &str,
    batches: &[Batch],
    source: &[(String, Values)],
) -> Result<(), String> {
    let mut back = Vec::new();
    for (at, made) in batches.iter().enumerate() {
        let path = ours.join(format!("{name}.{at}.{form}"));
        write(&path, form, &made.batch).map_err(|error| format!("not written: {error}"))?;
        let batch = read(&path, form).map_err(|error| format!("not read: {error}"))?;
        back.extend(from_record_batch(&batch, &FromArrow::default()).map_err(said)?);
    }
    if back.len() != source.len() {
        return Err(format!("{} arrays of {}", back.len(), source.len()));
    }
    back.iter().zip(source).try_for_each(|((found, restored), (expected, values))| {
        if found != expected {
            return Err(format!("the name {found:?} of {expected:?}"));
        }
        let difference = match (&restored.values, values) {
            (Values::Array(a), Values::Array(b)) => same(&a.view(), &b.view(), None),
            (Values::Masked(a), Values::Masked(b)) => same_masked(a, b, form),
            (Values::Objects(a), Values::Objects(b)) => same_objects(a, b),
            // Nothing is masked: a plain array says as much.
            (Values::Array(a), Values::Masked(b)) if b.mask.data().iter().all(|&m| m == 0) => {
                same(&a.view(), &b.data.view(), None)
            }
            (a, _) => Err(format!("became {a:?}")),
        };
        difference.map_err(|what| format!("{found}: {what}"))
    })
}

/// NaT is null, as what is masked is, and masked when it comes back. Under nulls there are no texts, no dates, and in
/// Parquet nothing at all.
fn same_masked(a: &MaskedArray, b: &MaskedArray, form: &str) -> Result<(), String> {
    match (&a.fill_value, &b.fill_value) {
        (None, None) => {}
        (Some(a), Some(b)) => {
            same(&a.view(), &b.view(), None).map_err(|what| format!("fill value: {what}"))?;
        }
        (a, b) => return Err(format!("fill value {a:?}, NumPy has {b:?}")),
    }
    same_parts((&a.data, &a.mask), (&b.data, &b.mask), form)
}

fn same_parts(a: (&Array, &Array), b: (&Array, &Array), form: &str) -> Result<(), String> {
    let Some(fields) = b.0.dtype().fields() else {
        let mask = mask_with_nat(b.0, b.1)?;
        same(&a.1.view(), &mask.view(), None).map_err(|what| format!("mask: {what}"))?;
        let kept = form != "parquet" && "biufcS".contains(b.0.dtype().char_kind());
        return same(&a.0.view(), &b.0.view(), (!kept).then_some(&mask.view()));
    };
    fields.iter().try_for_each(|field| {
        let name = field.name().as_str().unwrap_or_default();
        let of = |array: &Array| -> Result<Array, String> {
            let field = array.view().field(name).map_err(said)?;
            field.to_array(Order::C, field.dtype().byte_order()).map_err(said)
        };
        let (a, b) = ((&of(a.0)?, &of(a.1)?), (&of(b.0)?, &of(b.1)?));
        same_parts(a, b, form).map_err(|what| format!("{name}: {what}"))
    })
}

/// A mask, and in it those little-endian elements that are NaT.
fn mask_with_nat(data: &Array, mask: &Array) -> Result<Array, String> {
    let mut flags = mask.data().to_vec();
    if matches!(data.dtype().kind(), Kind::DateTime64(_) | Kind::TimeDelta64(_)) {
        for (flag, count) in flags.iter_mut().zip(data.data().as_chunks::<8>().0) {
            *flag |= u8::from(i64::from_le_bytes(*count) == i64::MIN);
        }
    }
    let (dtype, order) = (mask.dtype().clone(), mask.order().clone());
    Array::new(dtype, mask.shape().clone(), order, flags.into()).map_err(said)
}

/// Arrays of objects are the same if they are the same `.npy`.
fn same_objects(a: &Pickle, b: &Pickle) -> Result<(), String> {
    let file = |pickle: &Pickle| npy::encode_objects(pickle, &npy::WriteOptions::default());
    let (a, b) = (file(a).map_err(said)?, file(b).map_err(said)?);
    crate::roundtrip::byte_difference(&a, &b).map_or(Ok(()), Err)
}
