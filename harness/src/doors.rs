//! Every door of npbytes' `.npy` and raw rooms beside every fixture: what is mapped, streamed in rows, grown
//! or appended must be what `decode` and `encode` make of it, which is what NumPy wrote.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use bytes::Bytes;
use npbytes::npy::{self, AppendOptions, ReadOptions, WriteOptions};
use npbytes::raw::{self, Spec};
use npbytes::{Array, ArrayView, Limits, Order, Result as NpResult, Shape, Slice, sniff};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::fixtures;
use crate::matrix::{Encoding, Matrix};
use crate::roundtrip::{Mismatch, byte_difference};

/// What the doors were found to do.
#[derive(Debug, Default)]
pub struct Doors {
    /// Door and fixture together, equal to the byte.
    pub equal: usize,
    /// Doors that a fixture cannot go through: no rows where there are no axes.
    pub not_asked: usize,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

/// A fixture and what `decode` makes of it.
struct Subject<'a> {
    path: &'a Path,
    file: &'a Bytes,
    array: &'a Array,
    scratch: &'a Path,
    read: ReadOptions,
    write: WriteOptions,
}

/// What came out of a door.
enum Found {
    /// NumPy's bytes.
    Equal,
    /// Others.
    Different(String),
    /// The array cannot go through it: a 0-d array has no rows.
    NotAsked,
}

impl From<Option<String>> for Found {
    fn from(difference: Option<String>) -> Found {
        difference.map_or(Found::Equal, Found::Different)
    }
}

type Door = fn(&Subject<'_>) -> NpResult<Found>;

const DOORS: [(&str, Door); 18] = [
    ("sniff", sniffed),
    ("view", view),
    ("read", read),
    ("map", map),
    ("split", split),
    ("read_header", read_header),
    ("Reader::read_array", read_array),
    ("Reader::read_rows", read_rows),
    ("encode_to", encode_to),
    ("Writer", writer),
    ("GrowingWriter", growing_writer),
    ("write", write),
    ("MapMut::create", map_create),
    ("raw::view", raw_view),
    ("raw::read", raw_read),
    ("raw::map", raw_map),
    ("raw::encode_to", raw_encode_to),
    ("raw::write", raw_write),
];

/// Tries every door on every `.npy` fixture of an environment whose NumPy leaves room in the header
/// for growth.
///
/// # Errors
/// When there are no fixtures, or a scratch file cannot be made.
pub fn run(matrix: &Matrix, environment: &Environment) -> Result<Doors> {
    let fixtures = fixtures::fixtures(matrix, environment)?;
    let scratch = fixtures::scratch(environment, "doors")?;
    let mut doors = Doors::default();
    let profile = environment.profile().unwrap_or_default();
    for case in &matrix.arrays {
        let row = fixtures.manifest.arrays.get(&case.name);
        let files = row.map_or(&[][..], |row| &row.files);
        let file = files.iter().find(|file| file.encoding == Encoding::Npy.word());
        let Some(file) = file.filter(|file| file.error.is_none()) else { continue };
        let path = fixtures.directory.join(&file.file);
        let bytes = Bytes::from(fixtures::read(&path)?);
        let mut mismatch = |door: &str, what: String| {
            doors.mismatches.push(Mismatch {
                environment: environment.name.clone(),
                case: case.name.clone(),
                what: format!("{door}: {what}"),
            });
        };
        let read = ReadOptions::with_limits(Limits::default().header_bytes(1 << 24));
        let array = match npy::decode(&bytes, &read) {
            Ok(array) => array,
            Err(error) => {
                mismatch("decode", error.to_string());
                continue;
            }
        };
        let write = WriteOptions::default().profile(profile);
        let (path, file, array, scratch) = (&*path, &bytes, &array, &*scratch);
        let subject = Subject { path, file, array, scratch, read, write };
        // Appending forces files to disk, which takes a while: not on every array.
        let appended = [".2x3.C", ".2x3.F", ".2x3x4.F"].iter().any(|end| case.name.ends_with(end));
        let more: &[(&str, Door)] = if appended { &[("Appender", append)] } else { &[] };
        for (name, door) in DOORS.iter().chain(more) {
            match door(&subject) {
                Ok(Found::Equal) => doors.equal += 1,
                Ok(Found::NotAsked) => doors.not_asked += 1,
                Ok(Found::Different(what)) => mismatch(name, what),
                Err(error) => mismatch(name, error.to_string()),
            }
        }
    }
    fs::remove_dir_all(&scratch).map_err(Error::io(&scratch))?;
    Ok(doors)
}

/// How an array that came through another door differs.
fn difference(subject: &Subject<'_>, array: &Array) -> NpResult<Found> {
    let wanted = subject.array;
    if array.dtype() != wanted.dtype() || array.shape() != wanted.shape() {
        return Ok(Found::Different(format!("{} {}", array.dtype(), array.shape())));
    }
    if array.view().is_fortran() != wanted.view().is_fortran() {
        return Ok(Found::Different("another order".to_owned()));
    }
    Ok(byte_difference(array.data(), wanted.data()).into())
}

fn sniffed(subject: &Subject<'_>) -> NpResult<Found> {
    let found = sniff::Encoding::of(subject.file);
    let different = found != Some(sniff::Encoding::Npy);
    Ok(different.then(|| format!("{found:?}")).into())
}

fn view(subject: &Subject<'_>) -> NpResult<Found> {
    let view = npy::view(subject.file, &subject.read)?;
    let wanted = subject.array.view().to_bytes(Order::A)?;
    Ok(byte_difference(&view.to_bytes(Order::A)?, &wanted).into())
}

fn read(subject: &Subject<'_>) -> NpResult<Found> {
    difference(subject, &npy::read(subject.path, &subject.read)?)
}

fn map(subject: &Subject<'_>) -> NpResult<Found> {
    difference(subject, &npy::map(subject.path, &subject.read)?)
}

fn split(subject: &Subject<'_>) -> NpResult<Found> {
    let twice = Bytes::from([&subject.file[..], &subject.file[..]].concat());
    let (first, rest) = npy::split(&twice, &subject.read)?;
    let (second, rest) = npy::split(&rest, &subject.read)?;
    if !rest.is_empty() {
        return Ok(Found::Different(format!("{} bytes are left", rest.len())));
    }
    Ok(match difference(subject, &first)? {
        Found::Equal => difference(subject, &second)?,
        other => other,
    })
}

fn read_header(subject: &Subject<'_>) -> NpResult<Found> {
    let (header, length) = npy::read_header(subject.path, &subject.read)?;
    let expected = subject.file.len() as u64;
    let different = header.end() != length || length != expected;
    let ends = || format!("the array ends at {}, the file at {length}", header.end());
    Ok(different.then(ends).into())
}

fn read_array(subject: &Subject<'_>) -> NpResult<Found> {
    let mut reader = npy::Reader::new(&subject.file[..], subject.read)?;
    match reader.read_array()? {
        Some(array) => difference(subject, &array),
        None => Ok(Found::Different("no array".to_owned())),
    }
}

fn read_rows(subject: &Subject<'_>) -> NpResult<Found> {
    let mut reader = npy::Reader::new(&subject.file[..], subject.read)?;
    let mut bytes = Vec::new();
    while let Some(rows) = reader.read_rows(2)? {
        bytes.extend_from_slice(rows.data());
    }
    Ok(byte_difference(&bytes, subject.array.data()).into())
}

fn encode_to(subject: &Subject<'_>) -> NpResult<Found> {
    let mut bytes = Vec::new();
    npy::encode_to(&mut bytes, &subject.array.view(), &subject.write)?;
    Ok(byte_difference(&bytes, subject.file).into())
}

/// The rows of an array, two at a time: along the last axis in Fortran order. At most a few dozen
/// pieces, however many rows there are.
pub(crate) fn pieces(array: &ArrayView<'_>) -> NpResult<Vec<Slice>> {
    let (ndim, fortran) = (array.ndim(), array.is_fortran());
    let axis = if fortran { ndim - 1 } else { 0 };
    let rows = array.shape()[axis];
    let step = rows.div_ceil(16).max(2);
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < rows && !array.is_empty() {
        let end = (start + step).min(rows);
        let all = ":, ".repeat(axis);
        pieces.push(format!("{all}{start}:{end}").parse()?);
        start = end;
    }
    Ok(pieces)
}

fn writer(subject: &Subject<'_>) -> NpResult<Found> {
    let array = subject.array;
    let (view, dtype) = (array.view(), array.dtype().clone());
    if array.ndim() == 0 {
        return Ok(Found::NotAsked);
    }
    let fortran = view.is_fortran();
    let mut writer = npy::Writer::new(Vec::new(), dtype, array.shape(), fortran, &subject.write)?;
    if array.is_empty() {
        writer.write_rows(&view)?;
    }
    for piece in pieces(&view)? {
        writer.write_rows(&view.slice(&piece)?)?;
    }
    Ok(byte_difference(&writer.finish()?, subject.file).into())
}

fn growing_writer(subject: &Subject<'_>) -> NpResult<Found> {
    let array = subject.array;
    let (view, dtype) = (array.view(), array.dtype().clone());
    // An empty array may have any number of rows that cannot be written.
    if array.ndim() == 0 || array.is_empty() {
        return Ok(Found::NotAsked);
    }
    let fortran = view.is_fortran();
    let dims = array.shape().dims();
    let row = if fortran { &dims[..dims.len() - 1] } else { &dims[1..] };
    let target = Cursor::new(Vec::new());
    let mut writer =
        npy::GrowingWriter::new(target, dtype, &Shape::new(row)?, fortran, &subject.write)?;
    for piece in pieces(&view)? {
        writer.write_rows(&view.slice(&piece)?)?;
    }
    Ok(byte_difference(&writer.finish()?.into_inner(), subject.file).into())
}

fn write(subject: &Subject<'_>) -> NpResult<Found> {
    let path = subject.scratch.join("written.npy");
    npy::write(&path, &subject.array.view(), &subject.write)?;
    Ok(byte_difference(&fs::read(&path)?, subject.file).into())
}

fn map_create(subject: &Subject<'_>) -> NpResult<Found> {
    let array = subject.array;
    let path = subject.scratch.join("mapped.npy");
    let (dtype, fortran) = (array.dtype().clone(), array.view().is_fortran());
    let mut map = npy::MapMut::create(&path, dtype, array.shape(), fortran, &subject.write)?;
    map.bytes_mut().copy_from_slice(array.data());
    drop(map);
    Ok(byte_difference(&fs::read(&path)?, subject.file).into())
}

/// A file of all rows but the last, to which that one is appended.
fn append(subject: &Subject<'_>) -> NpResult<Found> {
    let (array, path) = (subject.array, subject.scratch.join("grown.npy"));
    let view = array.view();
    let all = if view.is_fortran() { ":, ".repeat(array.ndim() - 1) } else { String::new() };
    npy::write(&path, &view.slice(&format!("{all}:-1").parse()?)?, &subject.write)?;
    let mut options = AppendOptions::default();
    options.read = subject.read;
    let mut appender = npy::Appender::open(&path, &options)?;
    appender.write_rows(&view.slice(&format!("{all}-1:").parse()?)?)?;
    appender.commit()?;
    Ok(byte_difference(&fs::read(&path)?, subject.file).into())
}

/// The array's own bytes as a raw buffer: what NumPy wrote behind the header, found by a spec with an
/// offset and no end.
fn spec(subject: &Subject<'_>) -> NpResult<Spec> {
    let array = subject.array;
    let header = npy::Header::parse(subject.file, &subject.read)?;
    // Sizes of the matrix fit i64.
    let shape: Vec<i64> =
        array.shape().iter().map(|&size| i64::try_from(size).unwrap_or(-1)).collect();
    let spec = Spec::new(array.dtype().clone()).shape(&shape).order(header.order());
    Ok(spec.offset(header.data_offset()))
}

fn raw_view(subject: &Subject<'_>) -> NpResult<Found> {
    let view = raw::view(subject.file, &spec(subject)?)?;
    let wanted = subject.array.view().to_bytes(Order::C)?;
    Ok(byte_difference(&view.to_bytes(Order::C)?, &wanted).into())
}

fn raw_read(subject: &Subject<'_>) -> NpResult<Found> {
    difference(subject, &raw::read(subject.path, &spec(subject)?)?)
}

fn raw_map(subject: &Subject<'_>) -> NpResult<Found> {
    difference(subject, &raw::map(subject.path, &spec(subject)?)?)
}

fn raw_encode_to(subject: &Subject<'_>) -> NpResult<Found> {
    let mut bytes = Vec::new();
    raw::encode_to(&mut bytes, &subject.array.view(), Order::A)?;
    Ok(byte_difference(&bytes, subject.array.data()).into())
}

fn raw_write(subject: &Subject<'_>) -> NpResult<Found> {
    let path = subject.scratch.join("written.bin");
    raw::write(&path, &subject.array.view(), Order::A)?;
    Ok(byte_difference(&fs::read(&path)?, subject.array.data()).into())
}
