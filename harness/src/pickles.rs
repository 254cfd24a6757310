//! Pickles: what NumPy pickles in every protocol through npbytes, and every pickle of npbytes through
//! NumPy.
//!
//! Each pickle of Python is read and compared with what `pickle.loads` makes of it; written back from what
//! was read, which must give the same bytes; and made again from nothing, from the matrix or from a
//! description of the value, which must give the same bytes, too. `compare` does the first, `build` the
//! last, `check` goes through all of them; [`manifest`] says what Python made.

mod build;
mod check;
mod compare;
mod files;
pub mod manifest;
mod report;
pub mod retarget;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use npbytes::pickle::OutOfBand;
use serde_json::json;

use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::roundtrip::Mismatch;
use crate::{fixtures, script};
use manifest::Manifest;
pub use report::{retargeted, table};

/// The tally of one family of values, or of one way to pickle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pickles that Python wrote, or refused to write.
    pub cases: usize,
    /// Read, and found to be what `pickle.loads` makes of it.
    pub read: usize,
    /// Written from what was read: the same bytes.
    pub rewritten: usize,
    /// Made from nothing: the same bytes.
    pub byte_exact: usize,
    /// Made from nothing: the same but for the padding of structs, which NumPy leaves to chance.
    pub value_equal: usize,
    /// Both sides refuse to write it.
    pub refused: usize,
    /// Not made from nothing, by reason.
    pub skipped: BTreeMap<&'static str, usize>,
    /// Not written back, by reason.
    pub not_rewritten: BTreeMap<&'static str, usize>,
    /// Read, and not compared, by reason.
    pub not_compared: BTreeMap<&'static str, usize>,
    /// npbytes' pickles that Python loaded and found equal.
    pub loaded_back: usize,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Tally) {
        self.cases += other.cases;
        self.read += other.read;
        self.rewritten += other.rewritten;
        self.byte_exact += other.byte_exact;
        self.value_equal += other.value_equal;
        self.refused += other.refused;
        self.loaded_back += other.loaded_back;
        for (ours, theirs) in [
            (&mut self.skipped, &other.skipped),
            (&mut self.not_rewritten, &other.not_rewritten),
            (&mut self.not_compared, &other.not_compared),
        ] {
            for (reason, count) in theirs {
                *ours.entry(reason).or_default() += count;
            }
        }
    }

    /// Not made from nothing.
    pub fn skips(&self) -> usize {
        self.skipped.values().sum()
    }
}

/// What was found in one environment.
#[derive(Debug)]
pub struct Pickles {
    /// Which one.
    pub environment: String,
    /// A tally a family and way: a protocol, or a kind of file.
    pub tallies: BTreeMap<(String, String), Tally>,
    /// Everything that differs.
    pub mismatches: Vec<Mismatch>,
}

impl Pickles {
    fn new(environment: &Environment) -> Pickles {
        let environment = environment.name.clone();
        Pickles { environment, tallies: BTreeMap::new(), mismatches: Vec::new() }
    }

    fn mismatch(&mut self, case: impl Into<String>, what: impl Into<String>) {
        self.mismatches.push(Mismatch {
            environment: self.environment.clone(),
            case: case.into(),
            what: what.into(),
        });
    }

    /// All families and ways together.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.tallies.values().for_each(|tally| total.add(tally));
        total
    }

    /// Pickles that were compared.
    pub fn cases(&self) -> usize {
        self.tallies.values().map(|tally| tally.cases).sum()
    }
}

/// What a NumPy pickled, and what it says of it.
#[derive(Debug)]
pub struct Made {
    /// Where the files are.
    pub directory: PathBuf,
    /// What is in them.
    pub manifest: Manifest,
}

impl Made {
    /// Pickles everything in an environment, or finds what the same script pickled before.
    ///
    /// # Errors
    /// A failed script, a manifest that does not parse, a full disk.
    pub fn new(matrix: &Matrix, environment: &Environment) -> Result<Made> {
        let text = script::make_pickles(matrix, environment);
        let directory = fixtures::cached(environment, "pickles", &text)?;
        let manifest = Manifest::read(&directory)?;
        Ok(Made { directory, manifest })
    }
}

/// npbytes' pickles, on their way to Python.
pub(crate) struct Ours {
    directory: PathBuf,
    bytes: std::io::BufWriter<fs::File>,
    rows: std::io::BufWriter<fs::File>,
    at: usize,
    count: usize,
}

impl Ours {
    fn new(directory: PathBuf) -> Result<Ours> {
        let create = |name: &str| {
            let path = directory.join(name);
            fs::File::create(&path).map(std::io::BufWriter::new).map_err(Error::io(&path))
        };
        let (bytes, rows) = (create("pickles.bin")?, create("cases.jsonl")?);
        Ok(Ours { directory, bytes, rows, at: 0, count: 0 })
    }

    fn put(&mut self, data: &[u8]) -> Result<[usize; 2]> {
        self.bytes.write_all(data).map_err(Error::io(&self.directory))?;
        let place = [self.at, data.len()];
        self.at += data.len();
        Ok(place)
    }

    /// A pickle, or a file with one in it, by the word of its way or form.
    fn add(
        &mut self,
        name: &str,
        word: &str,
        data: &[u8],
        buffers: Option<&[OutOfBand]>,
    ) -> Result<()> {
        let at = self.put(data)?;
        let mut row = json!({"name": name, "word": word, "at": at});
        if let Some(buffers) = buffers {
            let mut places = Vec::new();
            for buffer in buffers {
                let [at, len] = self.put(&buffer.data)?;
                places.push(json!([at, len, buffer.read_only]));
            }
            row["buffers"] = places.into();
        }
        self.count += 1;
        writeln!(self.rows, "{row}").map_err(Error::io(&self.directory))
    }

    fn finish(mut self) -> Result<(PathBuf, usize)> {
        self.bytes.flush().map_err(Error::io(&self.directory))?;
        self.rows.flush().map_err(Error::io(&self.directory))?;
        Ok((self.directory, self.count))
    }
}

/// Runs all pickles of one environment, in both directions.
///
/// # Errors
/// When Python cannot do its part; what differs is in the outcome.
pub fn run(matrix: &Matrix, environment: &Environment) -> Result<Pickles> {
    let made = Made::new(matrix, environment)?;
    run_on(matrix, environment, &made)
}

/// The same on pickles that are there.
///
/// # Errors
/// As [`run`].
pub fn run_on(matrix: &Matrix, environment: &Environment, made: &Made) -> Result<Pickles> {
    let mut found = Pickles::new(environment);
    let mut ours = Ours::new(fixtures::scratch(environment, "pickles")?)?;
    check::run(matrix, environment, &made.manifest, &mut ours, &mut found)?;
    let (directory, count) = ours.finish()?;
    // Pickles of Python 2 are read only: nothing was written for it.
    if count > 0 {
        let problems = load_back(matrix, environment, &made.directory, &directory, count)?;
        for (name, word, problem) in problems {
            let family = check::family(&made.manifest, &name, &word);
            match (problem, found.tallies.get_mut(&(family, word.clone()))) {
                (None, Some(tally)) => tally.loaded_back += 1,
                (problem, _) => {
                    let problem = problem.unwrap_or_else(|| "there is no tally of it".to_owned());
                    found.mismatch(
                        format!("{name} ({word})"),
                        format!("loaded by NumPy: {problem}"),
                    );
                }
            }
        }
    }
    fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
    Ok(found)
}

/// What Python says of pickles, each beside its own of the same name and way: the problem, if there is one.
///
/// # Errors
/// When Python cannot do its part.
pub fn ask(
    matrix: &Matrix,
    environment: &Environment,
    made: &Made,
    pickles: &[(&str, &str, &[u8])],
) -> Result<Vec<Option<String>>> {
    let mut ours = Ours::new(fixtures::scratch(environment, "asked")?)?;
    for (name, word, data) in pickles {
        ours.add(name, word, data, None)?;
    }
    let (directory, count) = ours.finish()?;
    let answers = load_back(matrix, environment, &made.directory, &directory, count)?;
    fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
    Ok(answers.into_iter().map(|(_, _, problem)| problem).collect())
}

/// Gives npbytes' pickles to Python, all in one process: name, way, and the problem, if there is one.
fn load_back(
    matrix: &Matrix,
    environment: &Environment,
    theirs: &Path,
    ours: &Path,
    count: usize,
) -> Result<Vec<(String, String, Option<String>)>> {
    let path = ours.join("load_pickles.py");
    let text = script::load_pickles(matrix, environment);
    fs::write(&path, text).map_err(Error::io(&path))?;
    let answers = ours.join("answers.jsonl");
    environment.run(&path, &[&answers, theirs, ours])?;
    let mut all = Vec::new();
    for row in crate::manifest::rows(&answers)? {
        if row["kind"] == "loaded-back" {
            let text = |key: &str| row[key].as_str().map(str::to_owned);
            let (name, word) = (text("name").unwrap_or_default(), text("word").unwrap_or_default());
            all.push((name, word, text("problem")));
        }
    }
    if all.len() != count {
        let problem = format!("Python answered {} of {count} cases", all.len());
        all.push(("load back".to_owned(), String::new(), Some(problem)));
    }
    Ok(all)
}
