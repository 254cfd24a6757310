//! Archives: what `np.savez` and `np.savez_compressed` write beside npbytes' own, to the byte, and
//! every archive of npbytes through NumPy.
//!
//! [`cases`] has the archives, `check` compares them, `doors` tries every way to write and read
//! one, `edits` changes archives in place, `large` those of more than 2 and 4 GiB, `lookups`
//! asks what is found under a name, [`peers`] lets npyz and ndarray-npy read and write.

pub mod cases;
mod check;
mod doors;
mod edits;
pub mod large;
pub mod lookups;
pub mod peers;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use npbytes::npz;
use npbytes::{Limits, Profile};

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::roundtrip::{Mismatch, Tally};
use crate::verdicts::Verdicts;
use crate::{fixtures, manifest, script};
use cases::{ArchiveCase, Form};
pub use check::Manifest;
use large::Large;

/// What was found in one environment.
#[derive(Debug)]
pub struct Archives {
    /// Which one.
    pub environment: String,
    /// A tally a form.
    pub tallies: BTreeMap<Form, Tally>,
    /// Members of npbytes' archives that NumPy loaded and found equal.
    pub members: usize,
    /// Other ways to write and read an archive, equal to the byte.
    pub doors: usize,
    /// Archives that were edited or compacted, and are what they must be.
    pub edits: usize,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

impl Archives {
    fn mismatch(&mut self, case: impl Into<String>, what: impl Into<String>) {
        self.mismatches.push(Mismatch {
            environment: self.environment.clone(),
            case: case.into(),
            what: what.into(),
        });
    }

    /// Archives that were compared.
    pub fn cases(&self) -> usize {
        self.tallies.values().map(|tally| tally.cases).sum()
    }
}

/// Runs all archives in one environment, in both directions.
///
/// # Errors
/// When Python cannot do its part; what differs is in the outcome.
pub fn run(matrix: &Matrix, environment: &Environment) -> Result<Archives> {
    let (cases, left_out) = cases::possible(matrix, environment);
    let made = Made::new(matrix, environment, &cases)?;
    run_on(matrix, environment, &cases, &left_out, &made)
}

/// The archives that a NumPy wrote, and what it says of them.
#[derive(Debug)]
pub struct Made {
    /// Where they are.
    pub directory: std::path::PathBuf,
    /// What is in them.
    pub manifest: Manifest,
}

impl Made {
    /// Makes the archives of an environment, or finds those that the same script made before.
    ///
    /// # Errors
    /// A failed script, a manifest that does not parse, a full disk.
    pub fn new(matrix: &Matrix, environment: &Environment, cases: &[ArchiveCase]) -> Result<Made> {
        let text = script::make_archives(matrix, environment, cases);
        let directory = fixtures::cached(environment, "archives", &text)?;
        let manifest = Manifest::read(&directory.join("manifest.jsonl"))?;
        Ok(Made { directory, manifest })
    }
}

/// The same on archives that are there.
///
/// # Errors
/// As [`run`].
pub fn run_on(
    matrix: &Matrix,
    environment: &Environment,
    cases: &[ArchiveCase],
    left_out: &[(Form, &'static str)],
    made: &Made,
) -> Result<Archives> {
    let ours = fixtures::scratch(environment, "archives")?;
    let mut archives = Archives {
        environment: environment.name.clone(),
        tallies: BTreeMap::new(),
        members: 0,
        doors: 0,
        edits: 0,
        mismatches: Vec::new(),
    };
    for &(form, reason) in left_out {
        *archives.tallies.entry(form).or_default().skipped.entry(reason).or_default() += 1;
    }
    let mut written = String::new();
    for case in cases {
        check::run(matrix, environment, case, made, &ours, &mut archives, &mut written)?;
    }
    edits::run(matrix, environment, cases, made, &ours, &mut archives, &mut written)?;
    load_back(matrix, environment, cases, made, &ours, &written, &mut archives)?;
    fs::remove_dir_all(&ours).map_err(Error::io(&ours))?;
    Ok(archives)
}

/// Gives npbytes' archives to NumPy, all in one process, and counts what it says.
fn load_back(
    matrix: &Matrix,
    environment: &Environment,
    cases: &[ArchiveCase],
    made: &Made,
    ours: &Path,
    written: &str,
    archives: &mut Archives,
) -> Result<()> {
    let list = ours.join("cases.txt");
    fs::write(&list, written).map_err(Error::io(&list))?;
    let path = ours.join("load_archives.py");
    let text = script::load_archives(matrix, environment, cases);
    fs::write(&path, text).map_err(Error::io(&path))?;
    let answers = ours.join("answers.jsonl");
    environment.run(&path, &[&answers, &made.directory, ours])?;
    let mut answered = 0;
    for row in manifest::rows(&answers)? {
        if row["kind"] != "loaded-archive" {
            continue;
        }
        answered += 1;
        let word = row["form"].as_str().unwrap_or_default();
        let members = row["members"].as_u64().unwrap_or(0);
        match (row["problem"].as_str(), Form::of(word)) {
            (None, form) => {
                archives.members += usize::try_from(members).unwrap_or(0);
                match form {
                    Some(form) => archives.tallies.entry(form).or_default().loaded_back += 1,
                    // An edited archive.
                    None => archives.edits += 1,
                }
            }
            (Some(problem), _) => {
                let name = row["name"].as_str().unwrap_or("?");
                archives.mismatch(format!("{name}.{word}"), format!("loaded by NumPy: {problem}"));
            }
        }
    }
    let asked = written.lines().count();
    if answered != asked {
        archives.mismatch("load back", format!("NumPy answered {answered} of {asked} archives"));
    }
    Ok(())
}

/// How npbytes writes a form, as the NumPy and Python of a profile.
pub(crate) fn options(form: Form, profile: Profile) -> npz::WriteOptions {
    let compression = match form.seekable() {
        Form::Deflated => npz::Compression::NumPy,
        Form::Fast => npz::Compression::Fast,
        _ => npz::Compression::None,
    };
    npz::WriteOptions::default()
        .profile(profile)
        .compression(compression)
        .align(form.seekable() == Form::Aligned)
        .streamed(form.seekable() != form)
}

/// Reads members with .npy headers of any length.
pub(crate) fn read_options() -> npz::ReadOptions {
    npz::ReadOptions::default().limits(Limits::default().header_bytes(1 << 24))
}

/// Everything that was found about archives in one environment.
#[derive(Debug)]
pub struct Findings {
    /// The archives, in both directions.
    pub archives: Archives,
    /// What is found under which name.
    pub lookups: Verdicts,
    /// Archives of more than 2 GiB.
    pub large: Large,
}

/// Compares all there is about archives in one environment: `large` ones where that is asked for,
/// those that take long, too, where the comparison is to be `thorough`.
///
/// # Errors
/// When Python cannot do its part.
pub fn findings(
    matrix: &Matrix,
    environment: &Environment,
    large: bool,
    thorough: bool,
) -> Result<Findings> {
    Ok(Findings {
        archives: run(matrix, environment)?,
        lookups: lookups::run(environment)?,
        large: if large { large::run(environment, thorough)? } else { Large::default() },
    })
}

impl Findings {
    /// Everything that differs.
    pub fn mismatches(&self) -> impl Iterator<Item = &Mismatch> {
        let Findings { archives, lookups, large } = self;
        [&archives.mismatches, &lookups.mismatches, &large.mismatches].into_iter().flatten()
    }
}
