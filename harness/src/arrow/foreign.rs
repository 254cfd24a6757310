//! What pyarrow, polars and DuckDB write, read by npbytes.

use std::collections::BTreeMap;
use std::path::Path;

use npbytes::{ArrayView, Order};
use npbytes_arrow::{FromArrow, Values, from_record_batch, tensor};

use super::write::{numpy, read};
use crate::environment::Environment;
use crate::error::Result;
use crate::roundtrip::{Mismatch, byte_difference};
use crate::{fixtures, manifest, script};

/// What was found in the files of others.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// Columns that became what NumPy has, by writer and format.
    pub equal: BTreeMap<(String, String), usize>,
    /// What a writer does not write, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// Has others write files, or finds those that the same script had them write, and reads them.
pub(super) fn run(environment: &Environment, mismatches: &mut Vec<Mismatch>) -> Result<Foreign> {
    let directory = fixtures::cached(environment, "arrow", &script::make_arrow())?;
    let mut found = Foreign::default();
    for row in manifest::rows(&directory.join("manifest.jsonl"))? {
        let text = |key: &str| row[key].as_str().unwrap_or("?").to_owned();
        if row["kind"] != "arrow" {
            continue;
        }
        if let Some(reason) = row["skipped"].as_str() {
            *found.skipped.entry(format!("{}: {reason}", text("writer"))).or_default() += 1;
            continue;
        }
        match compare(&directory, &text, &text("format")) {
            Ok(()) => *found.equal.entry((text("writer"), text("format"))).or_default() += 1,
            Err(what) => mismatches.push(Mismatch {
                environment: environment.name.clone(),
                case: text("file"),
                what: format!("of {}: {what}", text("writer")),
            }),
        }
    }
    Ok(found)
}

/// The file of a row against the arrays that NumPy wrote of it: what is `expected`, and `NAME.mask.npy` if something is
/// masked.
fn compare(directory: &Path, text: &impl Fn(&str) -> String, format: &str) -> Result<(), String> {
    let path = directory.join(text("file"));
    let (name, expected) = (text("name"), directory.join(format!("{}.npy", text("expected"))));
    let expected = numpy(&expected).map_err(|error| error.to_string())?;
    let values = if format == "tensor" {
        let read = tensor::read(&path, &tensor::ReadOptions::default());
        Values::from(read.map_err(|error| error.to_string())?.array)
    } else {
        let batch = read(&path, format).map_err(|error| error.to_string())?;
        let mut columns =
            from_record_batch(&batch, &FromArrow::default()).map_err(|error| error.to_string())?;
        if columns.len() != 1 {
            return Err(format!("{} columns", columns.len()));
        }
        columns.remove(0).1.values
    };
    let mask = directory.join(format!("{name}.mask.npy"));
    match values {
        Values::Array(array) if !mask.exists() => same(&array.view(), &expected.view(), None),
        Values::Masked(masked) if mask.exists() => {
            let mask = numpy(&mask).map_err(|error| error.to_string())?;
            same(&masked.mask.view(), &mask.view(), None)
                .map_err(|what| format!("mask: {what}"))?;
            same(&masked.data.view(), &expected.view(), Some(&mask.view()))
        }
        other => Err(format!("became {other:?}")),
    }
}

/// Do two arrays have the same elements, where none of them is masked?
pub(super) fn same(
    a: &ArrayView<'_>,
    b: &ArrayView<'_>,
    mask: Option<&ArrayView<'_>>,
) -> Result<(), String> {
    if a.dtype() != b.dtype() || a.shape() != b.shape() {
        let (a, b) = ((a.dtype(), a.shape()), (b.dtype(), b.shape()));
        return Err(format!("{} of {}, NumPy has {} of {}", a.0, a.1, b.0, b.1));
    }
    let bytes = |view: &ArrayView<'_>| view.to_bytes(Order::C).map(|bytes| bytes.to_vec());
    let mut sides = [bytes(a), bytes(b)].map(|side| side.map_err(|error| error.to_string()));
    if let Some(mask) = mask {
        let mask = bytes(mask).map_err(|error| error.to_string())?;
        let size = a.dtype().itemsize();
        for side in sides.iter_mut().flatten() {
            for (element, _) in side.chunks_mut(size).zip(&mask).filter(|(_, mask)| **mask != 0) {
                element.fill(0);
            }
        }
    }
    let [a, b] = sides;
    byte_difference(&a?, &b?).map_or(Ok(()), Err)
}
