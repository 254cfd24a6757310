//! Every way of npbytes to write and to read an archive, beside the one that is compared with NumPy.

use std::borrow::Cow;
use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use npbytes::npz::{self, Archive, Item, Writer};
use npbytes::{Array, ArrayView, Order, Profile, Result as NpResult};

use super::cases::{ArchiveCase, Form};
use super::{Archives, Made, options, read_options};
use crate::doors::pieces;
use crate::error::Result;
use crate::fixtures;
use crate::roundtrip::byte_difference;

type Members<'a> = [(Cow<'a, str>, ArrayView<'a>)];

/// Tries all ways on an archive that NumPy wrote in some forms.
pub(super) fn run(
    case: &ArchiveCase,
    members: &Members<'_>,
    made: &Made,
    profile: Profile,
    scratch: &Path,
    archives: &mut Archives,
) -> Result<()> {
    for &form in &case.forms {
        if !matches!(made.manifest.said(case, form), Some(Ok(_))) {
            continue;
        }
        let path = made.directory.join(format!("{}.{}", case.name, form.word()));
        let theirs = fixtures::read(&path)?;
        let mut found = |door: &str, difference: NpResult<Option<String>>| match difference {
            Ok(None) => archives.doors += 1,
            Ok(Some(what)) => {
                archives
                    .mismatch(format!("{}.{}", case.name, form.word()), format!("{door}: {what}"));
            }
            Err(error) => archives
                .mismatch(format!("{}.{}", case.name, form.word()), format!("{door}: {error}")),
        };
        // Bytes that NumPy leaves to chance are others each time; its archives are still read.
        if !case.padding_is_lost {
            for (door, bytes) in written(form, members, profile, scratch) {
                found(door, bytes.map(|bytes| byte_difference(&bytes, &theirs)));
            }
        }
        for (door, difference) in reads(&path, theirs) {
            found(door, difference);
        }
    }
    Ok(())
}

fn written(
    form: Form,
    members: &Members<'_>,
    profile: Profile,
    scratch: &Path,
) -> Vec<(&'static str, NpResult<Vec<u8>>)> {
    let options = options(form, profile);
    let streamed = form.seekable() != form;
    let to = || Cursor::new(Vec::new());
    let mut all = Vec::new();
    let encode_to = || {
        let mut out = Vec::new();
        npz::encode_to(&mut out, members, &options)?;
        Ok(out)
    };
    all.push(("encode_to", encode_to()));
    let write = || {
        let path = scratch.join("written.npz");
        npz::write(&path, members, &options)?;
        Ok(fs::read(&path)?)
    };
    all.push(("write", write()));
    if streamed {
        all.push(("Writer::streamed", one_by_one(Writer::streamed(to(), &options), members)));
        all.push(("Writer::streamed, rows", rows(Writer::streamed(to(), &options), members)));
    }
    all.push((
        "Writer::new",
        Writer::new(to(), &options).and_then(|writer| one_by_one(writer, members)),
    ));
    all.push((
        "Writer::new, rows",
        Writer::new(to(), &options).and_then(|writer| rows(writer, members)),
    ));
    all
}

type Target = Cursor<Vec<u8>>;

fn one_by_one(mut writer: Writer<Target>, members: &Members<'_>) -> NpResult<Vec<u8>> {
    for (key, view) in members {
        writer.add(key, view)?;
    }
    finished(writer)
}

fn rows(mut writer: Writer<Target>, members: &Members<'_>) -> NpResult<Vec<u8>> {
    for (key, view) in members {
        if view.ndim() == 0 || view.is_empty() {
            writer.add(key, view)?;
            continue;
        }
        let mut rows = writer.rows(key, view.dtype().clone(), view.shape(), view.is_fortran())?;
        for piece in pieces(view)? {
            rows.write_rows(&view.slice(&piece)?)?;
        }
        rows.finish()?;
    }
    finished(writer)
}

fn finished(writer: Writer<Target>) -> NpResult<Vec<u8>> {
    Ok(writer.finish()?.into_inner())
}

/// NumPy's archive read in every way, beside its members decoded one by one.
fn reads(path: &Path, theirs: Vec<u8>) -> Vec<(&'static str, NpResult<Option<String>>)> {
    let archive = match npz::decode(&theirs.into(), &read_options()) {
        Ok(archive) => archive,
        Err(error) => return vec![("decode", Err(error))],
    };
    let wanted: NpResult<Vec<Item>> = archive.members().map(|member| member.read()).collect();
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(error) => return vec![("decode", Err(error))],
    };
    let options = read_options();
    let through = |archive: NpResult<Archive>, all: bool| {
        let archive = archive?;
        let items = if all {
            archive.read_all()?
        } else {
            archive.members().map(|member| member.read()).collect::<NpResult<_>>()?
        };
        Ok(items_differ(&items, &wanted))
    };
    vec![
        ("read_all", archive.read_all().map(|items| items_differ(&items, &wanted))),
        ("read", through(npz::read(path, &options), false)),
        ("read, read_all", through(npz::read(path, &options), true)),
        ("map", through(npz::map(path, &options), false)),
        ("map unchecked", through(npz::map(path, &options.check_crc(false)), true)),
        ("reader", streams(&archive)),
        ("reader of a file", npz::read(path, &options).and_then(|archive| streams(&archive))),
        ("header", headers(&archive, &wanted)),
    ]
}

fn items_differ(found: &[Item], wanted: &[Item]) -> Option<String> {
    if found.len() != wanted.len() {
        return Some(format!("{} members, expected {}", found.len(), wanted.len()));
    }
    found.iter().zip(wanted).find_map(|pair| match pair {
        (Item::Array(a), Item::Array(b)) => arrays_differ(a, b),
        (Item::Bytes(a), Item::Bytes(b)) => byte_difference(a, b),
        _ => Some("an array here and bytes there".to_owned()),
    })
}

fn arrays_differ(a: &Array, b: &Array) -> Option<String> {
    if a.dtype() != b.dtype() || a.shape() != b.shape() {
        return Some(format!("{} {}, expected {} {}", a.dtype(), a.shape(), b.dtype(), b.shape()));
    }
    match (a.view().to_bytes(Order::A), b.view().to_bytes(Order::A)) {
        (Ok(a), Ok(b)) => byte_difference(&a, &b),
        _ => Some("no bytes".to_owned()),
    }
}

fn streams(archive: &Archive) -> NpResult<Option<String>> {
    for member in archive.members() {
        let mut streamed = Vec::new();
        member.reader()?.read_to_end(&mut streamed)?;
        if let Some(what) = byte_difference(&streamed, &member.bytes()?) {
            return Ok(Some(format!("{:?}: {what}", member.name())));
        }
    }
    Ok(None)
}

fn headers(archive: &Archive, wanted: &[Item]) -> NpResult<Option<String>> {
    for (member, item) in archive.members().zip(wanted) {
        let same = match (member.header()?, item) {
            (Some(header), Item::Array(array)) => {
                header.dtype() == array.dtype() && header.shape() == array.shape()
            }
            (None, Item::Bytes(_)) => true,
            _ => false,
        };
        if !same {
            return Ok(Some(format!("{:?} has another header", member.name())));
        }
    }
    Ok(None)
}
