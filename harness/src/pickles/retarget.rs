//! Pickles of one NumPy rewritten for another, beside what the other one pickles of the same value.

use std::collections::{BTreeMap, HashMap};
use std::fs;

use bytes::Bytes;
use npbytes::NumPy;
use npbytes::pickle::{self, OutOfBand, ReadOptions, WriteOptions};

use super::compare::masked;
use super::manifest::{Case, Dump, Way};
use super::{Made, Ours, load_back};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::fixtures;
use crate::matrix::Matrix;
use crate::roundtrip::{Mismatch, byte_difference};

/// What was found of one NumPy's pickles for another.
#[derive(Debug, Default)]
pub struct Retargeted {
    /// Whose pickles.
    pub from: String,
    /// For whom.
    pub to: String,
    /// Pickles of the one that were looked at.
    pub cases: usize,
    /// Rewritten, they are what the other pickles itself, to the byte.
    pub byte_exact: usize,
    /// The same but for padding of structs.
    pub value_equal: usize,
    /// The other cannot have the value, and npbytes says so.
    pub refused: usize,
    /// Not compared, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// Loaded by the other NumPy, and found equal to its own.
    pub loaded_back: usize,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

impl Retargeted {
    fn mismatch(&mut self, case: impl Into<String>, what: impl Into<String>) {
        self.mismatches.push(Mismatch {
            environment: format!("{} for {}", self.from, self.to),
            case: case.into(),
            what: what.into(),
        });
    }

    fn skip(&mut self, reason: &'static str) {
        *self.skipped.entry(reason).or_default() += 1;
    }
}

/// Rewrites everything that one environment pickled for another, and loads it there.
///
/// # Errors
/// When Python cannot do its part; what differs is in the outcome.
pub fn run(matrix: &Matrix, from: &Environment, to: &Environment) -> Result<Retargeted> {
    let (theirs, wanted) = (Made::new(matrix, from)?, Made::new(matrix, to)?);
    let mut found =
        Retargeted { from: from.name.clone(), to: to.name.clone(), ..Retargeted::default() };
    let profile = match to.profile() {
        Ok(profile) => profile,
        Err(error) => {
            found.mismatch("profile", error.to_string());
            return Ok(found);
        }
    };
    let mut ours = Ours::new(fixtures::scratch(to, "retargeted")?)?;
    let cases: HashMap<&str, &Case> =
        wanted.manifest.cases.iter().map(|case| (case.name.as_str(), case)).collect();
    let used: HashMap<&str, Vec<bool>> = matrix
        .arrays
        .iter()
        .map(|case| (case.name.as_str(), matrix.type_of(case).ty.used_bytes()))
        .filter(|(_, used)| used.contains(&false))
        .collect();
    for case in &theirs.manifest.cases {
        for dump in &case.dumps {
            let Ok(data) = &dump.pickle else { continue };
            found.cases += 1;
            let other = cases.get(case.name.as_str());
            let other = other.and_then(|case| case.dumps.iter().find(|it| it.way == dump.way));
            let written = retarget(data, dump, profile.numpy);
            let padding = used.get(case.name.as_str()).map(Vec::as_slice);
            if let Some((bytes, buffers)) = judge(case, dump, written, other, padding, &mut found) {
                let buffers = dump.way.out_of_band.then_some(buffers.as_slice());
                ours.add(&case.name, &dump.way.word(), &bytes, buffers)?;
            }
        }
    }
    let (directory, count) = ours.finish()?;
    for (name, word, problem) in load_back(matrix, to, &wanted.directory, &directory, count)? {
        match problem {
            None => found.loaded_back += 1,
            Some(problem) => {
                found.mismatch(format!("{name} ({word})"), format!("loaded: {problem}"))
            }
        }
    }
    fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
    Ok(found)
}

type Written = (Vec<u8>, Vec<OutOfBand>);

fn retarget(data: &Bytes, dump: &Dump, numpy: NumPy) -> npbytes::Result<Written> {
    let buffers = dump.buffers.iter().map(|(data, _)| data.clone()).collect();
    let options = ReadOptions::default().buffers(buffers);
    if !dump.way.out_of_band {
        let (bytes, _) = pickle::retarget(data, numpy, &options)?;
        return Ok((bytes, Vec::new()));
    }
    let mut pickle = pickle::decode(data, &options)?;
    pickle.retarget(numpy)?;
    pickle.encode_out_of_band(&WriteOptions::numpy(numpy).protocol(dump.way.protocol))
}

/// Counts a pickle, and returns it where the other NumPy is to load it.
fn judge(
    case: &Case,
    dump: &Dump,
    written: npbytes::Result<Written>,
    other: Option<&Dump>,
    padding: Option<&[bool]>,
    found: &mut Retargeted,
) -> Option<Written> {
    let to_numpy1 = found.to.starts_with("numpy-1.");
    let name = format!("{} ({})", case.name, dump.way.word());
    let wanted = match other.map(|other| (other, &other.pickle)) {
        Some((other, Ok(wanted))) => (other, wanted),
        _ => {
            match written {
                Err(_) => found.refused += 1,
                Ok(_) => found.skip("the other NumPy has no such value"),
            }
            return None;
        }
    };
    let written = match written {
        Ok(written) => written,
        Err(error) => {
            found.mismatch(name, format!("cannot be rewritten: {error}"));
            return None;
        }
    };
    let Some(difference) = difference(&written, wanted.1, wanted.0) else {
        found.byte_exact += 1;
        return Some(written);
    };
    if let Some(used) = padding
        && same_but_for_padding(&written.0, wanted.1, dump.way, used)
    {
        found.value_equal += 1;
        return Some(written);
    }
    if let Some((reason, loads)) = excuse(case, wanted.1, dump, to_numpy1) {
        found.skip(reason);
        return loads.then_some(written);
    }
    found.mismatch(name, difference);
    None
}

fn difference((ours, buffers): &Written, wanted: &Bytes, other: &Dump) -> Option<String> {
    if let Some(difference) = byte_difference(ours, wanted) {
        return Some(difference);
    }
    if buffers.len() != other.buffers.len() {
        return Some(format!("{} buffers, expected {}", buffers.len(), other.buffers.len()));
    }
    buffers.iter().zip(&other.buffers).find_map(|(ours, (data, read_only))| {
        if ours.read_only != *read_only {
            return Some(format!("a buffer is read only: {}", ours.read_only));
        }
        byte_difference(&ours.data, data)
    })
}

/// Do two pickles of an array differ in padding alone, and in nothing around its elements?
fn same_but_for_padding(ours: &[u8], wanted: &Bytes, way: Way, used: &[bool]) -> bool {
    let elements = |data: &Bytes| {
        let pickle = pickle::decode(data, &ReadOptions::default()).ok()?;
        let array = pickle.root().array().ok()?;
        let bytes = array.to_bytes(npbytes::Order::C).ok()?;
        Some((array.dtype().clone(), array.shape().clone(), masked(&bytes, used)))
    };
    let same = elements(&Bytes::copy_from_slice(ours)) == elements(wanted);
    // Below protocol 3 the length of the elements' text depends on them.
    same && (way.protocol < 3 || ours.len() == wanted.len())
}

/// Why a rewritten pickle need not be what the other NumPy writes, and whether it is loaded all the same.
fn excuse(
    case: &Case,
    wanted: &[u8],
    dump: &Dump,
    to_numpy1: bool,
) -> Option<(&'static str, bool)> {
    let k_order = [0x8c, 1, b'K'];
    match case.name.as_str() {
        _ if case.family == "traps" => {
            Some(("texts that are one object, or two, by what made them", true))
        }
        // What is loaded lies in another order in memory.
        _ if dump.way.protocol == 5 && wanted.windows(3).any(|part| part == k_order) => {
            Some(("an order of axes that the older NumPy did not tell", false))
        }
        "others.ufunc" => Some(("ufuncs, which NumPy 2 names in another way", true)),
        "others.random-state" | "others.generator" => {
            Some(("random generators, whose form in NumPy 2 is unknown to NumPy 1", !to_numpy1))
        }
        _ => None,
    }
}

/// The newest NumPy, and the newest NumPy 1, each for the other, of one Python: another may share other texts among
/// the names of a dtype, and memoizes them so. Nothing where there is but one of them.
///
/// # Errors
/// As [`run`].
pub fn both_ways(matrix: &Matrix, environments: &[Environment]) -> Result<Vec<Retargeted>> {
    let able = || environments.iter().filter(|it| it.python_version() >= (3, 8));
    let is_old = |it: &&Environment| it.numpy_version() < (2, 0);
    let newest_for = |old: &Environment| {
        let same = able().filter(|it| it.python_version() == old.python_version());
        same.filter(|it| !is_old(it)).max_by_key(|it| it.numpy_version())
    };
    let pairs = able().filter(is_old).filter_map(|old| Some((newest_for(old)?, old)));
    let best = pairs.max_by_key(|(newest, old)| (newest.numpy_version(), old.numpy_version()));
    let Some((newest, old)) = best else { return Ok(Vec::new()) };
    let (there, back) = std::thread::scope(|scope| {
        let there = scope.spawn(|| run(matrix, newest, old));
        let back = run(matrix, old, newest);
        (there.join(), back)
    });
    match there {
        Ok(there) => Ok(vec![there?, back?]),
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
