//! The command `npbytes-harness`; see the library for what it does.

use std::io::Write as _;
use std::process::ExitCode;

use npbytes_harness::environment::{self, Choice, Environment, Environments};
use npbytes_harness::matrix::Matrix;
use npbytes_harness::roundtrip::{self, Findings, Mismatch};
use npbytes_harness::speed::pickles::Size;
use npbytes_harness::{
    Result, archives, arrow, doors, fixtures, peer, pickles, speed, throughput, verdicts,
};

const USAGE: &str = "\
Proves npbytes against real NumPy.

usage: npbytes-harness COMMAND [--all]

commands:
  roundtrip   run the whole matrix and print the table; exit 1 on any mismatch
  fixtures    make the fixture files and say where they are
  speed       time archives beside NumPy, npyz and ndarray-npy, pickles beside CPython and
              serde-pickle, and Arrow beside pyarrow; takes some minutes
  env         make the Python environments and say where they are

options:
  --all            every pinned NumPy that a Python here can run, not only the default two
                   (also: NPBYTES_ENVS=all)
  --no-throughput  roundtrip: do not measure speed
  --archives       speed: only archives
  --pickles        speed: only pickles
  --arrow          speed: only Arrow
  --smoke          speed: only pickles and Arrow, few and small, to see that it runs

NPBYTES_PYTHON names the Python to use instead of python3.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut choice = Choice::from_env();
    let mut timed = true;
    let mut part = Part::All;
    let mut command = None;
    for argument in &arguments {
        match argument.as_str() {
            "--all" => choice = Choice::All,
            "--no-throughput" => timed = false,
            "--archives" => part = Part::Archives,
            "--pickles" => part = Part::Pickles,
            "--arrow" => part = Part::Arrow,
            "--smoke" => part = Part::Smoke,
            "-h" | "--help" => {
                print(USAGE);
                return ExitCode::SUCCESS;
            }
            word if command.is_none() && !word.starts_with('-') => command = Some(word),
            _ => return usage(&format!("unknown argument: {argument}")),
        }
    }
    let outcome = match command {
        Some("roundtrip") => roundtrip(choice, timed),
        Some("fixtures") => list_fixtures(choice),
        Some("speed") => speed(choice, part),
        Some("env") => list_environments(choice),
        Some(other) => return usage(&format!("unknown command: {other}")),
        None => return usage("no command"),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

/// What is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    Archives,
    Pickles,
    Arrow,
    Smoke,
}

fn speed(choice: Choice, part: Part) -> Result<bool> {
    if matches!(part, Part::All | Part::Archives) {
        print(&speed::archives(choice)?);
    }
    let size = if part == Part::Smoke { Size::Smoke } else { Size::Full };
    if matches!(part, Part::All | Part::Pickles | Part::Smoke) {
        print(&speed::pickles(choice, size)?);
    }
    if matches!(part, Part::All | Part::Arrow | Part::Smoke) {
        print(&speed::arrow(size)?);
    }
    Ok(true)
}

fn usage(problem: &str) -> ExitCode {
    complain(&format!("error: {problem}\n\n{USAGE}"));
    ExitCode::from(2)
}

/// A closed pipe is no reason to panic.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn environments(choice: Choice) -> Result<Environments> {
    let found = environment::environments(choice)?;
    found.notes.iter().for_each(|note| complain(&format!("note: {note}")));
    Ok(found)
}

fn list_environments(choice: Choice) -> Result<bool> {
    for environment in environments(choice)?.ready {
        print(&format!("{}  {}\n", environment.name, environment.program().display()));
    }
    Ok(true)
}

fn list_fixtures(choice: Choice) -> Result<bool> {
    let matrix = Matrix::new();
    for environment in environments(choice)?.ready {
        let made = fixtures::fixtures(&matrix, &environment)?;
        let files: usize = made.manifest.arrays.values().map(|array| array.files.len()).sum();
        print(&format!("{}  {files} files in {}\n", environment.name, made.directory.display()));
    }
    Ok(true)
}

fn roundtrip(choice: Choice, timed: bool) -> Result<bool> {
    let matrix = Matrix::new();
    let environments = environments(choice)?.ready;
    let zips = environment::for_archives(choice)?;
    zips.notes.iter().for_each(|note| complain(&format!("note: {note}")));
    let peer = peer::run(&matrix);
    let peers = archives::peers::run(&matrix);
    let mut findings = in_parallel(&environments, |environment| findings(&matrix, environment))?;
    let pickled = in_parallel(&environments, |environment| pickles::run(&matrix, environment))?;
    let retargeted = pickles::retarget::both_ways(&matrix, &environments)?;
    let thorough = choice == Choice::All;
    let archives = in_parallel(&zips.ready, |environment| {
        // Sizes are a matter of `zipfile` alone, which takes its time over 2 GiB.
        let large = thorough || environment.has_old_zipfile() || zips.is_newest_python(environment);
        archives::findings(&matrix, environment, large, thorough)
    })?;
    if timed {
        // One after the other, when nothing else runs.
        for (one, environment) in findings.iter_mut().zip(&environments) {
            one.paces = throughput::measure(environment)?;
        }
    }
    // The newest release is the last; its files grow in place, which some doors need.
    let newest = environments.iter().max_by_key(|environment| environment.numpy_version());
    let doors = newest.map(|environment| doors::run(&matrix, environment)).transpose()?;
    let doors = doors.unwrap_or_default();
    let arrow = arrow::run(&matrix, &environment::for_arrow()?)?;
    print(&roundtrip::table(&findings, &archives, &pickled, &retargeted, &doors, &peer, &peers));
    print(&format!("\n{}", arrow::table(&arrow)));
    let mismatches: Vec<&Mismatch> = findings
        .iter()
        .flat_map(|one| {
            [
                &one.outcome.mismatches,
                &one.headers.mismatches,
                &one.dtypes.mismatches,
                &one.pickled.mismatches,
            ]
        })
        .chain([&doors.mismatches, &peer.mismatches, &peers.mismatches, &arrow.mismatches])
        .flatten()
        .chain(archives.iter().flat_map(|one| one.mismatches()))
        .chain(pickled.iter().flat_map(|one| &one.mismatches))
        .chain(retargeted.iter().flat_map(|one| &one.mismatches))
        .collect();
    mismatches.iter().for_each(|mismatch| complain(&mismatch.to_string()));
    let cases: usize = findings.iter().map(|one| one.outcome.cases()).sum();
    let zips: usize = archives.iter().map(|one| one.archives.cases()).sum();
    let count: usize = pickled.iter().map(pickles::Pickles::cases).sum();
    print(&format!(
        "\n{cases} fixtures, {zips} archives, {count} pickles, {} for Arrow, {} mismatches\n",
        arrow.cases(),
        mismatches.len()
    ));
    Ok(mismatches.is_empty())
}

fn findings(matrix: &Matrix, environment: &Environment) -> Result<Findings> {
    Ok(Findings {
        outcome: roundtrip::run(matrix, environment)?,
        paces: Default::default(),
        headers: verdicts::headers(environment)?,
        dtypes: verdicts::dtype_texts(environment)?,
        pickled: verdicts::pickled(environment)?,
    })
}

/// Runs environments side by side, as many as there are processors.
fn in_parallel<T: Send>(
    environments: &[Environment],
    work: impl Fn(&Environment) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let width = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::new();
    for batch in environments.chunks(width) {
        let done: Vec<Result<T>> = std::thread::scope(|scope| {
            let running: Vec<_> =
                batch.iter().map(|environment| scope.spawn(|| work(environment))).collect();
            running
                .into_iter()
                .map(|thread| match thread.join() {
                    Ok(done) => done,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
                .collect()
        });
        for one in done {
            all.push(one?);
        }
    }
    Ok(all)
}
