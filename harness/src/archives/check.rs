//! One archive at a time: its bytes in every form, and what npbytes reads of NumPy's.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use bytes::Bytes;
use npbytes::npz::{self, Archive};
use npbytes::{Array, ArrayView, DType, Order, Profile};

use super::cases::{ArchiveCase, Form};
use super::{Archives, Made, doors, options, read_options};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::layout::Memory;
use crate::matrix::{ArrayCase, Matrix};
use crate::roundtrip::byte_difference;
use crate::{bridge, fixtures, manifest};

/// What NumPy says of its archives, by name and form.
#[derive(Debug, Default)]
pub struct Manifest(HashMap<(String, Form), std::result::Result<Vec<String>, String>>);

impl Manifest {
    pub(super) fn read(path: &Path) -> Result<Manifest> {
        let mut manifest = Manifest::default();
        for row in manifest::rows(path)? {
            if row["kind"] != "archive" {
                continue;
            }
            let unknown = || Error::Manifest {
                path: path.to_path_buf(),
                cause: format!("a row of another form than documented: {row}"),
            };
            let form = row["form"].as_str().and_then(Form::of).ok_or_else(unknown)?;
            let name = row["name"].as_str().ok_or_else(unknown)?.to_owned();
            let said = match row["error"].as_str() {
                Some(error) => Err(error.to_owned()),
                None => {
                    let files = row["files"].as_array().ok_or_else(unknown)?.iter();
                    let files = files.map(|key| key.as_str().map(str::to_owned));
                    Ok(files.collect::<Option<_>>().ok_or_else(unknown)?)
                }
            };
            manifest.0.insert((name, form), said);
        }
        Ok(manifest)
    }

    /// The names that `np.load` lists, or why there is no archive.
    pub fn said(
        &self,
        case: &ArchiveCase,
        form: Form,
    ) -> Option<&std::result::Result<Vec<String>, String>> {
        self.0.get(&(case.name.clone(), form))
    }
}

/// An array of the matrix, laid out.
pub(super) struct Laid<'a> {
    pub(super) case: &'a ArrayCase,
    pub(super) dtype: DType,
    memory: Memory,
    /// In C order.
    elements: Vec<u8>,
    used: Vec<bool>,
}

impl<'a> Laid<'a> {
    pub(super) fn new(matrix: &'a Matrix, array: usize) -> npbytes::Result<Laid<'a>> {
        let case = &matrix.arrays[array];
        let ty = matrix.type_of(case);
        let elements = case.elements(ty);
        let memory = case.layout.memory(&case.shape, ty.ty.itemsize(), &elements);
        let (dtype, used) = (bridge::dtype(ty)?, ty.ty.used_bytes());
        Ok(Laid { case, dtype, memory, elements, used })
    }

    pub(super) fn view(&self) -> npbytes::Result<ArrayView<'_>> {
        bridge::view(self.case, &self.dtype, &self.memory)
    }

    /// How an array that was read differs from it.
    pub(super) fn difference(&self, array: &Array, padding_is_lost: bool) -> Option<String> {
        if *array.dtype() != self.dtype || array.dtype().repr() != self.dtype.repr() {
            return Some(format!("dtype is {}, expected {}", array.dtype(), self.dtype));
        }
        if array.shape()[..] != self.case.shape[..] {
            return Some(format!("shape is {}", array.shape()));
        }
        let bytes = match array.view().to_bytes(Order::C) {
            Ok(bytes) => bytes,
            Err(error) => return Some(format!("elements: {error}")),
        };
        let masked = |bytes: &[u8]| -> Vec<u8> {
            let keep = self.used.iter().cycle();
            bytes.iter().zip(keep).map(|(&byte, &keep)| if keep { byte } else { 0 }).collect()
        };
        let contiguous = array.view().is_c_contiguous();
        if self.used.contains(&false) && (padding_is_lost || !contiguous) {
            return byte_difference(&masked(&bytes), &masked(&self.elements));
        }
        byte_difference(&bytes, &self.elements)
    }
}

/// The arrays of an archive, each laid out once, and its members.
pub(super) struct Parts<'a> {
    laid: Vec<Laid<'a>>,
    positional: Vec<usize>,
    named: Vec<(String, usize)>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(matrix: &'a Matrix, case: &ArchiveCase) -> npbytes::Result<Parts<'a>> {
        let (mut laid, mut places) = (Vec::new(), HashMap::new());
        let mut place = |array: usize| -> npbytes::Result<usize> {
            if let Some(&place) = places.get(&array) {
                return Ok(place);
            }
            laid.push(Laid::new(matrix, array)?);
            places.insert(array, laid.len() - 1);
            Ok(laid.len() - 1)
        };
        let positional = case.positional.iter().map(|&array| place(array));
        let positional = positional.collect::<npbytes::Result<_>>()?;
        let named = case.keywords().into_iter().map(|(key, array)| Ok((key, place(array)?)));
        let named = named.collect::<npbytes::Result<_>>()?;
        Ok(Parts { laid, positional, named })
    }

    /// The arguments in the order that npbytes gives them, or its refusal.
    pub(super) fn members(&self) -> npbytes::Result<Vec<(Cow<'_, str>, ArrayView<'_>)>> {
        let members = self.arranged()?;
        members.into_iter().map(|(key, laid)| Ok((key, laid.view()?))).collect()
    }

    pub(super) fn arranged(&self) -> npbytes::Result<Vec<(Cow<'_, str>, &Laid<'a>)>> {
        npz::arrange(
            self.positional.iter().map(|&place| &self.laid[place]),
            self.named.iter().map(|(key, place)| (key.as_str(), &self.laid[*place])),
        )
    }
}

/// Compares one archive in all forms. `written` gets a line for each that NumPy is to load.
pub(super) fn run(
    matrix: &Matrix,
    environment: &Environment,
    case: &ArchiveCase,
    made: &Made,
    ours: &Path,
    archives: &mut Archives,
    written: &mut String,
) -> Result<()> {
    let (parts, profile) = match (Parts::new(matrix, case), environment.profile()) {
        (Ok(parts), Ok(profile)) => (parts, profile),
        (Err(error), _) | (_, Err(error)) => {
            archives.mismatch(&case.name, error.to_string());
            return Ok(());
        }
    };
    let arranged = parts.arranged();
    let members = parts.members();
    let encode = |form: Form| -> npbytes::Result<Vec<u8>> {
        let members = members.as_ref().map_err(npbytes_error)?;
        npz::encode(members, &options(form, profile))
    };
    let mut loadable = false;
    for &form in &case.forms {
        archives.tallies.entry(form).or_default().cases += 1;
        let name = format!("{}.{}", case.name, form.word());
        let Some(said) = made.manifest.said(case, form) else {
            archives.mismatch(name, "is not in the manifest");
            continue;
        };
        let (files, bytes) = match (said, encode(form)) {
            (Err(_), Err(_)) => {
                archives.tallies.entry(form).or_default().refused += 1;
                continue;
            }
            (Err(error), Ok(bytes)) => {
                let what = format!("writes {} bytes, NumPy refuses: {error}", bytes.len());
                archives.mismatch(name, what);
                continue;
            }
            (Ok(_), Err(error)) => {
                archives.mismatch(name, format!("cannot be written: {error}"));
                continue;
            }
            (Ok(files), Ok(bytes)) => (files, bytes),
        };
        let theirs = Bytes::from(fixtures::read(&made.directory.join(&name))?);
        // Python 2 writes members through temporary files, with their times, in any order.
        let exact = !case.padding_is_lost && !environment.is_python2();
        let difference = if exact { byte_difference(&bytes, &theirs) } else { None };
        let mut problems: Vec<String> = difference.into_iter().collect();
        let arranged = arranged.as_deref().unwrap_or_default();
        let in_order = !environment.is_python2();
        problems.extend(
            differs(&theirs, files, arranged, case, in_order)
                .map(|what| format!("NumPy's archive: {what}")),
        );
        if !exact {
            let keys: Vec<String> = Vec::new();
            let keys = if in_order { files } else { &keys };
            problems.extend(differs(&bytes.clone().into(), keys, arranged, case, in_order));
        }
        if problems.is_empty() {
            let tally = archives.tallies.entry(form).or_default();
            *(if exact { &mut tally.byte_exact } else { &mut tally.value_equal }) += 1;
        }
        problems.into_iter().for_each(|problem| archives.mismatch(&name, problem));
        loadable = true;
        write(ours, &name, &bytes)?;
        let _ = writeln!(written, "{}\t{}", case.name, form.word());
    }
    if !loadable || case.len() > 2000 {
        return Ok(());
    }
    for form in Form::OURS {
        let name = format!("{}.{}", case.name, form.word());
        let arranged = arranged.as_deref().unwrap_or_default();
        let bytes = match encode(form) {
            Ok(bytes) => bytes,
            Err(error) => {
                archives.mismatch(name, format!("cannot be written: {error}"));
                continue;
            }
        };
        archives.tallies.entry(form).or_default().cases += 1;
        let shared = Bytes::from(bytes);
        let mut problem = differs(&shared, &[], arranged, case, true);
        if problem.is_none() && form.seekable() == Form::Aligned {
            problem = misaligned(&shared).unwrap_or_else(|error| Some(error.to_string()));
        }
        if let Some(problem) = problem {
            archives.mismatch(&name, problem);
        }
        write(ours, &name, &shared)?;
        let _ = writeln!(written, "{}\t{}", case.name, form.word());
    }
    let (Ok(members), false) = (&members, environment.is_python2()) else { return Ok(()) };
    doors::run(case, members, made, profile, ours, archives)
}

/// An error once more: the members of an archive are refused for each form anew.
fn npbytes_error(error: &npbytes::Error) -> npbytes::Error {
    std::io::Error::other(error.to_string()).into()
}

fn write(ours: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = ours.join(name);
    fs::write(&path, bytes).map_err(Error::io(&path))
}

/// How an archive that npbytes reads differs from what went into it; its keys, too, where they are
/// given.
fn differs(
    file: &Bytes,
    keys: &[String],
    arranged: &[(Cow<'_, str>, &Laid<'_>)],
    case: &ArchiveCase,
    in_order: bool,
) -> Option<String> {
    let archive = match npz::decode(file, &read_options()) {
        Ok(archive) => archive,
        Err(error) => return Some(format!("cannot be read: {error}")),
    };
    if !keys.is_empty() && !archive.keys().eq(keys.iter().map(String::as_str)) {
        return Some(format!("the names are {:?}", archive.keys().collect::<Vec<_>>()));
    }
    if archive.len() != arranged.len() || archive.trailing() != 0 {
        let (len, trailing) = (archive.len(), archive.trailing());
        return Some(format!("{len} members and {trailing} bytes behind them"));
    }
    let arrays: Vec<npbytes::Result<Array>> = if in_order {
        archive.members().map(|member| member.array()).collect()
    } else {
        arranged.iter().map(|(key, _)| archive.array(key)).collect()
    };
    arrays.into_iter().zip(arranged).find_map(|(array, (key, laid))| {
        let difference = match array {
            Ok(array) => laid.difference(&array, case.padding_is_lost),
            Err(error) => Some(error.to_string()),
        };
        difference.map(|what| format!("member {key:?}: {what}"))
    })
}

/// The first member whose elements do not start at a multiple of 64.
fn misaligned(file: &Bytes) -> npbytes::Result<Option<String>> {
    let archive: Archive = npz::decode(file, &read_options())?;
    for member in archive.members() {
        let header = member.header()?.map_or(0, |header| header.data_offset() as u64);
        let start = member.data_offset()? + header;
        if start % 64 != 0 {
            return Ok(Some(format!("member {:?} has its elements at {start}", member.name())));
        }
    }
    Ok(None)
}

/// The profile of an environment, in the form that the rest of the archives' checks want it.
pub(super) fn profile(environment: &Environment) -> Profile {
    environment.profile().unwrap_or_default()
}
