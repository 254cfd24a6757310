//! Archives whose sizes and offsets pass 2 and 4 GiB, compared to the byte without their data. That is
//! zeros: both sides write to a file that keeps only the pages which hold something else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom, Write};
use std::path::Path;

use npbytes::npz::{self, Writer};
use npbytes::{Array, ArrayView, AxisOrder, DType, ErrorKind, Limits, Shape};
use serde_json::Value;

use super::cases::Form;
use super::{options, read_options};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::roundtrip::Mismatch;
use crate::verdicts::unhex;
use crate::{fixtures, manifest, script};

/// An archive of arrays of zeros.
#[derive(Clone, Debug)]
pub struct LargeCase {
    /// Unique; a part of file names.
    pub name: &'static str,
    /// How it is written.
    pub form: Form,
    /// Names, and how many bytes the arrays have.
    pub members: Vec<(&'static str, u64)>,
}

/// What comparing large archives found.
#[derive(Debug, Default)]
pub struct Large {
    /// Archives of which every byte is NumPy's.
    pub byte_exact: usize,
    /// Archives of NumPy that npbytes read and of npbytes that NumPy read.
    pub read: usize,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

/// What deflate can make of a byte at most.
const DEFLATED_ZEROS: u64 = 1032;

/// The .npy header of these arrays, in all NumPys.
const HEADER: u64 = 128;
/// Where `zipfile` starts to write 64 bits.
const LIMIT: u64 = 0x7fff_ffff;
/// The length of a local header whose member has a name of one letter.
const LOCAL: u64 = 30 + "x.npy".len() as u64 + 20;

/// Which archives are compared; those that take long only when all environments are asked for.
pub fn cases(thorough: bool) -> Vec<LargeCase> {
    let case = |name, form, members: &[(&'static str, u64)]| LargeCase {
        name,
        form,
        members: members.to_vec(),
    };
    let last = LIMIT - LOCAL - HEADER;
    // Sizes on each side of 2 GiB; offsets past it, and past 4 GiB.
    let around = [("a", LIMIT - HEADER), ("b", LIMIT + 1 - HEADER), ("c", 3)];
    let mut all = vec![
        case("around-2-gib", Form::Stored, &around),
        case("around-2-gib", Form::Pipe, &around),
        // A directory at the last offset of 31 bits and at the first of 32, with its one member.
        case("directory-at-2-gib", Form::Stored, &[("x", last)]),
        case("directory-past-2-gib", Form::Stored, &[("x", last + 1)]),
        // A member there.
        case("member-at-2-gib", Form::Stored, &[("x", last), ("y", 5)]),
        case("member-past-2-gib", Form::Stored, &[("x", last + 1), ("y", 5)]),
        case("over-4-gib", Form::Stored, &[("x", (1 << 32) - HEADER + 1), ("y", 5)]),
    ];
    if thorough {
        all.extend([
            case("at-4-gib", Form::Stored, &[("x", (1 << 32) - HEADER - 1), ("y", 5)]),
            case("over-4-gib", Form::Pipe, &[("x", (1 << 32) - HEADER + 1), ("y", 5)]),
            case("deflated-2-gib", Form::Deflated, &[("x", LIMIT - HEADER), ("y", 5)]),
            case("deflated-over-2-gib", Form::Deflated, &[("x", LIMIT - HEADER + 1), ("y", 5)]),
            case("deflated-over-2-gib", Form::DeflatedPipe, &[("x", LIMIT - HEADER + 1)]),
        ]);
    }
    all
}

/// Compares them in an environment, in both directions.
///
/// # Errors
/// When Python cannot do its part.
pub fn run(environment: &Environment, thorough: bool) -> Result<Large> {
    let mut large = Large::default();
    if environment.is_python2() {
        return Ok(large);
    }
    let cases = cases(thorough);
    let text = script::large_archives(&cases);
    let rows = manifest::rows(
        &fixtures::cached(environment, "large-archives", &text)?.join("answers.jsonl"),
    )?;
    let rows: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "large").collect();
    let folder = fixtures::scratch(environment, "large-archives")?;
    let mut mismatch = |case: &LargeCase, what: String| {
        large.mismatches.push(Mismatch {
            environment: environment.name.clone(),
            case: format!("{}.{}", case.name, case.form.word()),
            what,
        });
    };
    for (at, case) in cases.iter().enumerate() {
        let Some(theirs) = rows.get(at).and_then(|row| Pages::of(row)) else {
            mismatch(case, "NumPy did not write it".to_owned());
            continue;
        };
        let ours = match write(case, environment) {
            Ok(ours) => ours,
            Err(error) => {
                mismatch(case, format!("cannot be written: {error}"));
                continue;
            }
        };
        match ours.difference(&theirs) {
            None => large.byte_exact += 1,
            Some(what) => mismatch(case, what),
        }
        let path = folder.join(format!("{}.{}", case.name, case.form.word()));
        theirs.save(&path).map_err(Error::io(&path))?;
        // One whole member is enough to know that streams count in 64 bits.
        let whole = at == 0;
        match read(case, &path, whole) {
            Ok(None) => large.read += 1,
            Ok(Some(what)) => mismatch(case, format!("NumPy's: {what}")),
            Err(error) => mismatch(case, format!("NumPy's: {error}")),
        }
        ours.save(&path).map_err(Error::io(&path))?;
    }
    let script = folder.join("look.py");
    std::fs::write(&script, text).map_err(Error::io(&script))?;
    let answers = folder.join("answers.jsonl");
    environment.run(&script, &[&answers, &folder])?;
    let rows = manifest::rows(&answers)?;
    let rows: Vec<&Value> = rows.iter().filter(|row| row["kind"] == "large-loaded").collect();
    for (at, case) in cases.iter().enumerate() {
        let row = rows.get(at).copied().unwrap_or(&Value::Null);
        match loaded(case, row) {
            None => large.read += 1,
            Some(what) => mismatch(case, format!("loaded by NumPy: {what}")),
        }
    }
    std::fs::remove_dir_all(&folder).map_err(Error::io(&folder))?;
    Ok(large)
}

/// Writes an archive of zeros: small arrays at once, a large one of some as a view that repeats one
/// zero, all others row by row.
fn write(case: &LargeCase, environment: &Environment) -> npbytes::Result<Pages> {
    let options = options(case.form, environment.profile()?);
    let dtype = DType::parse("|u1")?;
    let shape = |size: u64| Shape::new(&[usize::try_from(size).unwrap_or(usize::MAX)]);
    let mut writer = if case.form.seekable() == case.form {
        Writer::new(Pages::default(), &options)?
    } else {
        Writer::streamed(Pages::default(), &options)
    };
    const PIECE: u64 = 1 << 24;
    for (at, &(name, size)) in case.members.iter().enumerate() {
        let at_once = at == 0 && case.name == "at-4-gib";
        if at_once || size < PIECE {
            writer
                .add(name, &ArrayView::from_strides(dtype.clone(), shape(size)?, &[0], 0, &[0])?)?;
            continue;
        }
        let mut rows = writer.rows(name, dtype.clone(), &shape(size)?, false)?;
        let zeros = vec![0; usize::try_from(PIECE).unwrap_or(usize::MAX)];
        let mut left = size;
        while left > 0 {
            let len = left.min(PIECE);
            let piece = &zeros[..usize::try_from(len).unwrap_or(0)];
            let piece = ArrayView::new(dtype.clone(), shape(len)?, &AxisOrder::C, piece)?;
            rows.write_rows(&piece)?;
            left -= len;
        }
        rows.finish()?;
    }
    writer.finish()
}

fn is_ratio(error: &npbytes::Error) -> bool {
    matches!(error.kind(), ErrorKind::Limit { name: "inflate_ratio", .. })
}

/// What npbytes does not find in an archive that it must.
fn read(case: &LargeCase, path: &Path, whole: bool) -> npbytes::Result<Option<String>> {
    // Nothing comes to more for a byte than zeros do: somebody has to ask for so many of them.
    let archive = npz::read(path, &read_options())?;
    let refused = archive.members().find_map(|member| member.reader().err());
    let is_refused = refused.is_some_and(|error| is_ratio(&error));
    if is_refused != (case.form.seekable() == Form::Deflated) {
        return Ok(Some("the limit of what deflate may come to is not where it should be".into()));
    }
    let limits = Limits::default().inflate_ratio(DEFLATED_ZEROS);
    let options = npz::ReadOptions::default().limits(limits);
    for archive in [npz::read(path, &options)?, npz::map(path, &options)?] {
        let keys: Vec<&str> = archive.keys().collect();
        if !keys.iter().copied().eq(case.members.iter().map(|member| member.0)) {
            return Ok(Some(format!("the names are {keys:?}")));
        }
        for (member, &(key, size)) in archive.members().zip(&case.members) {
            let shape = member.header()?.map(|header| header.shape().to_vec());
            let found = (member.uncompressed_size(), shape);
            let expected = usize::try_from(size).ok().map(|size| vec![size]);
            if found != (size + HEADER, expected) {
                return Ok(Some(format!("member {key} has {found:?}")));
            }
            if size < HEADER {
                let array: Array = member.array()?;
                if array.data().iter().any(|&byte| byte != 0) {
                    return Ok(Some(format!("member {key} has other elements")));
                }
            }
        }
    }
    if whole {
        // CRC and size are checked on the way.
        let archive = npz::read(path, &options)?;
        for &(key, size) in &case.members {
            let mut reader = BufReader::with_capacity(1 << 20, archive.member(key)?.reader()?);
            let read = io::copy(&mut reader, &mut io::sink())?;
            if read != size + HEADER {
                return Ok(Some(format!("member {key} streams {read} bytes")));
            }
        }
    }
    Ok(None)
}

/// What NumPy does not find in an archive that it must.
fn loaded(case: &LargeCase, row: &Value) -> Option<String> {
    if let Some(problem) = row["problem"].as_str() {
        return Some(problem.to_owned());
    }
    let members = row["members"].as_array().map_or(&[][..], Vec::as_slice);
    if members.len() != case.members.len() {
        return Some(format!("{} members", members.len()));
    }
    members.iter().zip(&case.members).find_map(|(found, &(key, size))| {
        let small = size + HEADER < 4096;
        let whole = usize::try_from(size).ok().filter(|_| small).map(|size| vec![0; size]);
        let same = found[0] == key
            && found[1] == serde_json::json!([size])
            && found[2] == false
            && found[3] == "|u1"
            && found[4] == size + HEADER
            && found[6] == serde_json::json!(whole);
        (!same).then(|| format!("member {key} is {found}"))
    })
}

const PAGE: u64 = 4096;

/// A file of zeros, but for some pages.
#[derive(Debug, Default)]
struct Pages {
    pages: BTreeMap<u64, Vec<u8>>,
    position: u64,
    length: u64,
}

impl Pages {
    /// What the script says it wrote.
    fn of(row: &Value) -> Option<Pages> {
        let pages = row["pages"].as_array()?.iter();
        let pages = pages.map(|page| Some((page[0].as_u64()?, unhex(page[1].as_str()?))));
        Some(Pages {
            pages: pages.collect::<Option<_>>()?,
            position: 0,
            length: row["length"].as_u64()?,
        })
    }

    /// The first byte that differs, in words.
    fn difference(&self, theirs: &Pages) -> Option<String> {
        let zeros = vec![0; usize::try_from(PAGE).unwrap_or(0)];
        let indices = self.pages.keys().chain(theirs.pages.keys());
        let first = indices.copied().filter_map(|index| {
            let ours = self.pages.get(&index).unwrap_or(&zeros);
            let theirs = theirs.pages.get(&index).unwrap_or(&zeros);
            let at = ours.iter().zip(theirs).position(|(a, b)| a != b)?;
            Some((index * PAGE + at as u64, ours[at], theirs[at]))
        });
        match first.min() {
            Some((at, ours, theirs)) => {
                Some(format!("offset {at} is {ours:02x}, NumPy has {theirs:02x}"))
            }
            None if self.length != theirs.length => {
                Some(format!("{} bytes, NumPy has {}", self.length, theirs.length))
            }
            None => None,
        }
    }

    /// Makes a sparse file of it.
    fn save(&self, path: &Path) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.set_len(self.length)?;
        for (index, page) in &self.pages {
            let start = index * PAGE;
            let end = (self.length - start).min(PAGE);
            file.seek(SeekFrom::Start(start))?;
            file.write_all(&page[..usize::try_from(end).unwrap_or(0)])?;
        }
        Ok(())
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Zeros where nothing was written before are there already. Compared slice by slice, as memory is.
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        let zeros = |piece: &[u8]| piece == &ZEROS[..piece.len()];
        if self.position >= self.length && bytes.chunks(ZEROS.len()).all(zeros) {
            self.position += bytes.len() as u64;
            self.length = self.length.max(self.position);
            return Ok(bytes.len());
        }
        let (index, start) = (self.position / PAGE, self.position % PAGE);
        let len = bytes.len().min(usize::try_from(PAGE - start).unwrap_or(0));
        let start = usize::try_from(start).unwrap_or(0);
        let page = usize::try_from(PAGE).unwrap_or(0);
        let page = self.pages.entry(index).or_insert_with(|| vec![0; page]);
        page[start..start + len].copy_from_slice(&bytes[..len]);
        self.position += len as u64;
        self.length = self.length.max(self.position);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Pages {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let moved = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = moved.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
