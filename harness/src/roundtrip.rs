//! The round trip: every fixture of NumPy through npbytes, every file of npbytes through NumPy.

mod check;
mod report;

use std::collections::BTreeMap;
use std::fs;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::fixtures::{self, Fixtures};
use crate::matrix::{Encoding, Matrix};
use crate::{manifest, script};

pub use report::{Findings, table};

/// A difference between npbytes and NumPy.
#[derive(Clone, Debug)]
pub struct Mismatch {
    /// Which NumPy.
    pub environment: String,
    /// Which case: array and encoding, header, or text.
    pub case: String,
    /// What differs, with the offset and both bytes where bytes do.
    pub what: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}: {}", self.environment, self.case, self.what)
    }
}

/// The tally of one encoding in one environment.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Fixtures that NumPy wrote, or refused to write.
    pub cases: usize,
    /// npbytes' file, made from nothing, is NumPy's to the byte.
    pub byte_exact: usize,
    /// Equal but for padding bytes, which NumPy leaves to chance.
    pub value_equal: usize,
    /// Both sides refuse to write it.
    pub refused: usize,
    /// Left out, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// npbytes' files that NumPy loaded and found equal.
    pub loaded_back: usize,
}

/// The tally of texts: `str(array)` and `repr(array)` count as one each.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Equal to NumPy's, to the character.
    pub equal: usize,
    /// Not compared, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
}

/// What the round trip of one environment found.
#[derive(Debug)]
pub struct Outcome {
    /// Which one.
    pub environment: String,
    /// A tally an encoding.
    pub tallies: BTreeMap<Encoding, Tally>,
    /// What `print` and `repr` show.
    pub texts: Texts,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

impl Outcome {
    /// Fixtures that were compared.
    pub fn cases(&self) -> usize {
        self.tallies.values().map(|tally| tally.cases).sum()
    }
}

/// Runs the matrix in one environment: NumPy's files through npbytes, npbytes' files through NumPy.
///
/// # Errors
/// When Python cannot do its part; what differs is in the outcome.
pub fn run(matrix: &Matrix, environment: &Environment) -> Result<Outcome> {
    let fixtures = fixtures::fixtures(matrix, environment)?;
    run_on(matrix, environment, &fixtures)
}

/// The same on fixtures that are there.
///
/// # Errors
/// As [`run`].
pub fn run_on(matrix: &Matrix, environment: &Environment, fixtures: &Fixtures) -> Result<Outcome> {
    let ours = fixtures::scratch(environment, "ours")?;
    let mut outcome = Outcome {
        environment: environment.name.clone(),
        tallies: BTreeMap::new(),
        texts: Texts::default(),
        mismatches: Vec::new(),
    };
    let mut written = String::new();
    {
        let mut checker = check::Checker::new(matrix, environment, fixtures, &ours, &mut outcome);
        checker.run(&mut written)?;
    }
    let list = ours.join("cases.txt");
    fs::write(&list, &written).map_err(Error::io(&list))?;
    load_back(matrix, environment, fixtures, &ours, &written, &mut outcome)?;
    fs::remove_dir_all(&ours).map_err(Error::io(&ours))?;
    Ok(outcome)
}

/// Gives npbytes' files to NumPy, all in one process, and counts what it says.
fn load_back(
    matrix: &Matrix,
    environment: &Environment,
    fixtures: &Fixtures,
    ours: &std::path::Path,
    written: &str,
    outcome: &mut Outcome,
) -> Result<()> {
    let path = ours.join("load_back.py");
    fs::write(&path, script::load_back(matrix, environment)).map_err(Error::io(&path))?;
    let answers = ours.join("answers.jsonl");
    environment.run(&path, &[&answers, &fixtures.directory, ours])?;
    let mut answered = 0;
    for row in manifest::rows(&answers)? {
        if row["kind"] != "loaded-back" {
            continue;
        }
        let (name, word) = (row["name"].as_str(), row["encoding"].as_str());
        let encoding = Encoding::ALL.into_iter().find(|encoding| Some(encoding.word()) == word);
        match (row["problem"].as_str(), encoding) {
            (None, Some(encoding)) => {
                outcome.tallies.entry(encoding).or_default().loaded_back += 1;
            }
            (problem, _) => outcome.mismatches.push(Mismatch {
                environment: environment.name.clone(),
                case: format!("{}.{}", name.unwrap_or("?"), word.unwrap_or("?")),
                what: format!("loaded by NumPy: {}", problem.unwrap_or("an unknown encoding")),
            }),
        }
        answered += 1;
    }
    let asked = written.lines().count();
    if answered != asked {
        outcome.mismatches.push(Mismatch {
            environment: environment.name.clone(),
            case: "load back".to_owned(),
            what: format!("NumPy answered {answered} of {asked} cases"),
        });
    }
    Ok(())
}

/// The first byte in which two files differ, in words.
pub(crate) fn byte_difference(ours: &[u8], theirs: &[u8]) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let offset = ours.iter().zip(theirs).position(|(a, b)| a != b);
    let offset = offset.unwrap_or(ours.len().min(theirs.len()));
    let side = |bytes: &[u8]| match bytes.get(offset) {
        Some(byte) => format!("{byte:02x}"),
        None => "nothing".to_owned(),
    };
    Some(format!(
        "offset {offset} of {} bytes is {}, NumPy's {} bytes have {}",
        ours.len(),
        side(ours),
        theirs.len(),
        side(theirs),
    ))
}
