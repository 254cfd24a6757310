//! Arrow: every `.npy` fixture through npbytes-arrow to IPC files, IPC streams, Parquet and Tensor messages, which
//! pyarrow, polars and DuckDB read and which become the same fixture again; and what those write.
//!
//! `write` makes the files and reads them again, `members` those of masked arrays, texts, objects and archives,
//! [`foreign`] reads those of others, `report` counts.

mod foreign;
mod members;
mod options;
mod report;
mod write;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::roundtrip::Mismatch;
use crate::{fixtures, manifest, script};

pub use foreign::Foreign;
pub use options::Choice;
pub use report::table;

/// What became of the files of one format, by one way to make arrays columns.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Fixtures that were to be written.
    pub cases: usize,
    /// Read again and encoded: the fixture to the byte.
    pub byte_exact: usize,
    /// The same but for the padding of structs, which columns have no place for.
    pub value_equal: usize,
    /// Refused, by reason: NumPy finds that Arrow has no such value, too.
    pub refused: BTreeMap<String, usize>,
    /// Left out, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// What one reader made of the files of one format.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Files with the values (and, in pyarrow, the types) that NumPy has.
    pub equal: usize,
    /// Not compared, by reason.
    pub skipped: BTreeMap<String, usize>,
}

/// What became of masked arrays, texts of any length, objects and archives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Members {
    /// Files that were to be written.
    pub cases: usize,
    /// Read again: the same arrays, masks and objects.
    pub exact: usize,
}

/// The formats that hold columns.
const FORMATS: [&str; 3] = ["arrow", "arrows", "parquet"];

/// What was found.
#[derive(Debug)]
pub struct Arrow {
    /// In which environment.
    pub environment: String,
    /// By format and choice.
    pub tallies: BTreeMap<(String, Choice), Tally>,
    /// By reader and format.
    pub reads: BTreeMap<(String, String), Reads>,
    /// Those that are more than plain arrays.
    pub members: Members,
    /// Files of others.
    pub foreign: Foreign,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

impl Arrow {
    fn mismatch(&mut self, case: impl Into<String>, what: impl Into<String>) {
        self.mismatches.push(Mismatch {
            environment: self.environment.clone(),
            case: case.into(),
            what: what.into(),
        });
    }

    fn tally(&mut self, format: &str, choice: Choice) -> &mut Tally {
        self.tallies.entry((format.to_owned(), choice)).or_default()
    }

    /// Files that were written or refused.
    pub fn cases(&self) -> usize {
        self.members.cases + self.tallies.values().map(|tally| tally.cases).sum::<usize>()
    }
}

/// Runs the matrix through npbytes-arrow, in both directions.
///
/// # Errors
/// When Python cannot do its part; what differs is in the outcome.
pub fn run(matrix: &Matrix, environment: &Environment) -> Result<Arrow> {
    let fixtures = fixtures::fixtures(matrix, environment)?;
    let mut found = run_on(matrix, environment, &fixtures.directory, &fixtures.directory)?;
    found.foreign = foreign(environment, &mut found.mismatches)?;
    Ok(found)
}

/// The second half: files that others write.
///
/// # Errors
/// As [`run`].
pub fn foreign(environment: &Environment, mismatches: &mut Vec<Mismatch>) -> Result<Foreign> {
    foreign::run(environment, mismatches)
}

/// The first half of that: the fixtures of a folder, which others compare with those of another one.
///
/// # Errors
/// As [`run`].
pub fn run_on(
    matrix: &Matrix,
    environment: &Environment,
    theirs: &Path,
    beside: &Path,
) -> Result<Arrow> {
    let ours = fixtures::scratch(environment, "arrow")?;
    let mut found = Arrow {
        environment: environment.name.clone(),
        tallies: BTreeMap::new(),
        reads: BTreeMap::new(),
        members: Members::default(),
        foreign: Foreign::default(),
        mismatches: Vec::new(),
    };
    let lines = write::run(matrix, environment, theirs, &ours, &mut found)?;
    let (members, sources) = members::run(environment, &ours, &mut found)?;
    let list = ours.join("cases.txt");
    fs::write(&list, lines.concat()).map_err(Error::io(&list))?;
    let asked = lines.len() + members.len();
    read_by_others(environment, [beside, &ours, &sources], asked, &mut found)?;
    fs::remove_dir_all(&ours).map_err(Error::io(&ours))?;
    Ok(found)
}

/// Gives the files to pyarrow, polars and DuckDB, all in one process, and counts what they say. The folders are those
/// of NumPy's arrays, of our files, and of NumPy's masked arrays, objects and archives.
fn read_by_others(
    environment: &Environment,
    folders: [&Path; 3],
    asked: usize,
    found: &mut Arrow,
) -> Result<()> {
    let [theirs, ours, sources] = folders;
    let path = ours.join("read_arrow.py");
    fs::write(&path, script::read_arrow()).map_err(Error::io(&path))?;
    let answers = ours.join("answers.jsonl");
    environment.run(&path, &[&answers, theirs, ours, sources])?;
    let mut answered = 0;
    for row in manifest::rows(&answers)? {
        let text = |key: &str| row[key].as_str().unwrap_or("?").to_owned();
        match row["kind"].as_str() {
            Some("case" | "members") => answered += 1,
            Some("read") => {
                let reads = found.reads.entry((text("reader"), text("format"))).or_default();
                if let Some(reason) = row["skipped"].as_str() {
                    *reads.skipped.entry(reason.to_owned()).or_default() += 1;
                } else if row["problem"].is_null() {
                    reads.equal += 1;
                } else {
                    let case = [text("name"), text("choice"), text("format")].join(".");
                    found
                        .mismatch(case, format!("read by {}: {}", text("reader"), text("problem")));
                }
            }
            _ => {}
        }
    }
    if answered != asked {
        found.mismatch("arrow", format!("Python answered {answered} of {asked} cases"));
    }
    Ok(())
}
