//! How fast arrays become Arrow's and NumPy's again, beside pyarrow doing the same with NumPy in its own process.
//!
//! Everybody starts from the same `.npy` file: read before, or read within the time where a file is what is
//! converted. What becomes of it is compared with what pyarrow makes of it, and what comes back with what there was. A
//! result is dropped within the time that it took, on both sides.

mod files;
mod memory;

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use npbytes::npy::{self, Contents};
use npbytes_arrow::{
    FromArrow, Restored, Result as ArrowResult, ToArrow, Values, from_arrow, from_record_batch,
    ipc, to_arrow, to_record_batch,
};

use super::pickles::Size;
use super::worker::Worker;
use super::{Times, best, clock, failed, median};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::{fixtures, script};

/// One way of npbytes to do a job: how it is called, and the job.
type Way<'a> = (&'a str, Box<dyn Fn() -> ArrowResult<()> + 'a>);

/// How often in a row what copies nothing is done.
const OFTEN: u32 = 1000;

/// An array that becomes Arrow's, and comes back.
struct Case {
    /// The worker's word for it.
    kind: &'static str,
    elements: usize,
    title: String,
    /// How often in a row it is done.
    count: u32,
    /// How many times as fast as pyarrow it is to be.
    goal: f64,
}

/// A job that all do.
struct Job<'a> {
    title: String,
    /// Who else does it, and the worker's words for that.
    theirs: Vec<(&'static str, String)>,
    /// The file that is read and the one that is written, if they are files.
    files: Option<(&'a Path, &'a Path)>,
    /// How often in a row it is done; several rounds of that.
    count: u32,
    rounds: usize,
    ways: Vec<Way<'a>>,
    goal: f64,
}

/// Who takes turns.
pub(super) struct Contest<'a> {
    folder: &'a Path,
    pyarrow: Worker,
    table: String,
}

impl<'a> Contest<'a> {
    pub(super) fn new(environment: &Environment, folder: &'a Path) -> Result<Self> {
        let path = folder.join("speed_arrow.py");
        fs::write(&path, script::speed_arrow()).map_err(Error::io(&path))?;
        let pyarrow = Worker::python(environment, &path)?;
        let table = format!(
            "{}; processor time, best / median; x: pyarrow's best by this one's; peak: MiB above the start\n\
             {:<38} {:<28} {:>25} {:>8} {:>6} {:>6}\n",
            environment.name, "job", "who", "best / median", "x", "goal", "peak",
        );
        Ok(Self { folder, pyarrow, table })
    }

    /// Times everything, and returns the table.
    pub(super) fn run(mut self, size: Size) -> Result<String> {
        let full = size == Size::Full;
        let rounds = if full { 9 } else { 1 };
        let sizes: &[usize] = if full { &[64 << 20, 512 << 20] } else { &[64 << 10] };
        for &bytes in sizes {
            let title = format!("f8, {}", size_word(bytes));
            let elements = bytes / 8;
            self.both_ways(
                Case { kind: "floats", elements, title, count: OFTEN, goal: 1.0 },
                rounds,
            )?;
        }
        let bytes = sizes.first().copied().unwrap_or(0);
        let texts = if full { 1_000_000 } else { 1000 };
        let cases = [
            ("flags", bytes, "bool, SIZE, bits", 8.0),
            ("gaps", bytes / 8, "f8, SIZE, NaN is null", 2.0),
            ("records", bytes / 16, "(i4, f8, f4), SIZE", 1.2),
            ("ascii", texts, "COUNT of U27", 4.0),
            ("words", texts, "COUNT of U27, not ASCII", 4.0),
        ];
        for (kind, elements, title, goal) in cases {
            let title = title.replace("SIZE", &size_word(bytes));
            let title = title.replace("COUNT", &elements.to_string());
            self.both_ways(Case { kind, elements, title, count: 1, goal }, rounds)?;
        }
        self.objects(texts, rounds)?;
        for &bytes in sizes {
            self.files(bytes, if bytes > 64 << 20 { 7 } else { rounds })?;
        }
        Ok(self.table)
    }

    /// Has pyarrow make an array; the file that it is in, and what pyarrow made of it.
    fn made(&mut self, kind: &str, count: usize) -> Result<(PathBuf, Vec<ArrayRef>)> {
        let (path, theirs) = (self.folder.join("made.npy"), self.folder.join("made.arrow"));
        self.pyarrow.ask(&format!("make {kind} {count}"), "pyarrow", "", &path)?;
        self.pyarrow.ask("write", "pyarrow", "", &theirs)?;
        let file = ipc::File::read(&theirs, &ipc::ReadOptions::default()).map_err(failed)?;
        let columns = file.batch(0).map_err(failed)?.columns().to_vec();
        fs::remove_file(&theirs).map_err(Error::io(&theirs))?;
        Ok((path, columns))
    }

    /// An array in memory.
    fn both_ways(&mut self, case: Case, rounds: usize) -> Result<()> {
        let Case { kind, elements, title, count, goal } = case;
        let (path, theirs) = self.made(kind, elements)?;
        let array = npy::read(&path, &npy::ReadOptions::default()).map_err(failed)?;
        let values = Values::from(array.clone());
        let mut options = ToArrow::default();
        options.nan_is_null = kind == "gaps";
        let is_struct = array.dtype().fields().is_some();
        let there = || match is_struct {
            true => Ok(to_record_batch("x", &values, &options)?.batch),
            false => one_column(&values, &options),
        };
        let batch = there().map_err(failed)?;
        check(batch.columns() == theirs, &title)?;
        drop(theirs);
        let read = FromArrow::default();
        let back = || -> ArrowResult<Option<Restored>> {
            if is_struct {
                return Ok(from_record_batch(&batch, &read)?.pop().map(|(_, only)| only));
            }
            from_arrow(batch.column(0), batch.schema_ref().field(0), &read).map(Some)
        };
        let same = match back().map_err(failed)?.map(|back| back.values) {
            Some(Values::Array(back)) => {
                back.dtype() == array.dtype() && back.data() == array.data()
            }
            _ => false,
        };
        check(same, &title)?;
        self.job(Job {
            title: format!("{title}: to Arrow"),
            theirs: vec![("pyarrow", format!("to {count}"))],
            files: None,
            count,
            rounds,
            ways: vec![("npbytes", Box::new(|| there().map(|batch| drop(black_box(batch)))))],
            goal,
        })?;
        self.job(Job {
            title: format!("{title}: back"),
            theirs: vec![("pyarrow", format!("back {count}"))],
            files: None,
            count,
            rounds,
            ways: vec![("npbytes", Box::new(|| back().map(|all| drop(black_box(all)))))],
            goal: 1.0,
        })
    }

    /// A .npy file of texts that are Python's objects.
    fn objects(&mut self, count: usize, rounds: usize) -> Result<()> {
        let (path, theirs) = self.made("objects", count)?;
        let read = npy::ReadOptions::default();
        let options = ToArrow::default();
        let there = || -> ArrowResult<RecordBatch> {
            match npy::decode_contents(&npbytes::map_bytes(&path)?, &read)? {
                Contents::Objects(pickle) => one_column(&Values::Objects(pickle), &options),
                Contents::Array(array) => one_column(&array.into(), &options),
                _ => Err(std::io::Error::other("no array").into()),
            }
        };
        check(there().map_err(failed)?.columns() == theirs, "objects")?;
        self.job(Job {
            title: format!("npy of {count} str: to Arrow"),
            theirs: vec![("pyarrow", "load 1".to_owned())],
            files: None,
            count: 1,
            rounds,
            ways: vec![("npbytes", Box::new(|| there().map(|batch| drop(black_box(batch)))))],
            goal: 5.0,
        })
    }

    /// Lets all take turns at a job, and writes a row for each.
    fn job(&mut self, job: Job<'_>) -> Result<()> {
        let (source, target) = job.files.unwrap_or((self.folder, self.folder));
        let source = source.display().to_string();
        // Before each turn the target is not there, and what a turn wrote is not left for the disk to take.
        let clear = || match job.files {
            Some((_, target)) if target.exists() => {
                fs::remove_file(target).map_err(Error::io(target))
            }
            _ => Ok(()),
        };
        let mut theirs: Vec<Times> = vec![Times::new(); job.theirs.len()];
        let mut ours: Vec<Times> = vec![Times::new(); job.ways.len()];
        for _ in 0..job.rounds {
            for ((_, words), times) in job.theirs.iter().zip(&mut theirs) {
                times.push(self.pyarrow.ask(words, "pyarrow", &source, target)?);
                clear()?;
            }
            for ((_, way), times) in job.ways.iter().zip(&mut ours) {
                times.push(clock::seconds(job.count, way).map_err(failed)?);
                clear()?;
            }
        }
        let base = theirs.first().map_or(f64::NAN, best);
        for ((who, words), times) in job.theirs.iter().zip(&theirs) {
            let words = format!("{words} peak");
            let peak = match job.files {
                // It is no number of seconds.
                Some(_) => Some(self.pyarrow.ask(&words, "pyarrow", &source, target)?),
                None => None,
            };
            clear()?;
            self.row(&job.title, who, times, base, None, peak);
        }
        for ((who, way), times) in job.ways.iter().zip(&ours) {
            let peak = match job.files {
                Some(_) => memory::peak(way).map_err(failed)?,
                None => None,
            };
            clear()?;
            let goal = who.starts_with("npbytes").then_some(job.goal);
            self.row(&job.title, who, times, base, goal, peak);
        }
        Ok(())
    }

    fn row(
        &mut self,
        title: &str,
        who: &str,
        times: &Times,
        base: f64,
        goal: Option<f64>,
        peak: Option<f64>,
    ) {
        let least = best(times);
        let (scale, unit) = if least < 1e-3 { (1e6, "us") } else { (1e3, "ms") };
        let times = format!("{:.3} / {:.3} {unit}", least * scale, median(times) * scale);
        // What costs next to nothing comes to any ratio.
        let ratio = base / least;
        let goal = goal.map_or("-".to_owned(), |goal| {
            let missed = if ratio * SLACK < goal { "!" } else { "" };
            format!("{missed}{goal:.1}")
        });
        let peak = peak.map_or("-".to_owned(), |peak| format!("{:.0}", peak / f64::from(1 << 20)));
        let _ = writeln!(
            self.table,
            "{title:<38} {who:<28} {times:>25} {ratio:>8.2} {goal:>6} {peak:>6}"
        );
    }
}

/// By how much a ratio may fall short of its goal on a machine that others use too; beyond it, the goal is marked.
const SLACK: f64 = 1.15;

/// Values as a column of a table.
fn one_column(values: &Values, options: &ToArrow) -> ArrowResult<RecordBatch> {
    let column = to_arrow("x", values, options)?;
    let schema = Arc::new(Schema::new(vec![column.field]));
    Ok(RecordBatch::try_new(schema, vec![column.array])?)
}

fn check(same: bool, what: &str) -> Result<()> {
    if same { Ok(()) } else { Err(failed(format!("{what}: not what pyarrow has"))) }
}

fn size_word(bytes: usize) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// The same bytes in both files.
fn same_files(ours: &Path, theirs: &Path) -> Result<()> {
    let same = fixtures::read(ours)? == fixtures::read(theirs)?;
    check(same, &ours.display().to_string())
}
