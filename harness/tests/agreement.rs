//! npbytes against real NumPy and against npyz: every fixture, every verdict, and a check that the
//! comparison can fail.
#![allow(clippy::unwrap_used)]

use std::fs;

use npbytes_harness::environment::{self, Choice, Environment};
use npbytes_harness::fixtures::{self, Fixtures};
use npbytes_harness::matrix::{Encoding, Matrix};
use npbytes_harness::roundtrip::{self, Mismatch};
use npbytes_harness::verdicts::{self, Verdicts};
use npbytes_harness::{Result, doors, peer};

#[test]
fn every_fixture_round_trips_to_the_byte() {
    let matrix = Matrix::new();
    let environments = environments();
    assert!(environments.len() >= 2, "the default is two NumPy releases");
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = environments
            .iter()
            .map(|environment| scope.spawn(|| roundtrip::run(&matrix, environment)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap().unwrap_or_else(|e| panic!("{e}")))
            .collect()
    });
    let mismatches: Vec<_> = outcomes.iter().flat_map(|one| one.mismatches.clone()).collect();
    assert_none(&mismatches);
    for (outcome, environment) in outcomes.iter().zip(&environments) {
        for (encoding, tally) in &outcome.tallies {
            let counted = tally.byte_exact + tally.value_equal + tally.refused;
            assert_eq!(counted, tally.cases, "{} {}", outcome.environment, encoding.word());
            let written = tally.byte_exact + tally.value_equal;
            assert_eq!(tally.loaded_back, written, "{} {}", outcome.environment, encoding.word());
        }
        if environment.has_known_texts() {
            assert!(outcome.texts.equal > 2000, "{}: texts", outcome.environment);
        }
    }
    let cases: usize = outcomes.iter().map(roundtrip::Outcome::cases).sum();
    assert!(cases >= 3000, "{cases} fixtures");
}

/// A byte changed in a fixture is found, and named with its offset and both bytes.
#[test]
fn a_changed_byte_is_found() {
    let environments = environments();
    let mut matrix = Matrix::new();
    matrix.arrays.retain(|case| case.name == "i4.2x3.F");
    let made = fixtures::fixtures(&matrix, &environments[0]).unwrap_or_else(|e| panic!("{e}"));
    let directory = fixtures::scratch(&environments[0], "changed").unwrap();
    for entry in fs::read_dir(&made.directory).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
    let path = directory.join("i4.2x3.F.npy");
    let mut file = fs::read(&path).unwrap();
    let last = file.len() - 1;
    file[last] ^= 0x40;
    fs::write(&path, &file).unwrap();
    let changed = Fixtures { directory: directory.clone(), manifest: made.manifest };
    let outcome = roundtrip::run_on(&matrix, &environments[0], &changed).unwrap();
    let found: Vec<String> = outcome.mismatches.iter().map(ToString::to_string).collect();
    let (theirs, ours) = (file[last], file[last] ^ 0x40);
    let expected = format!(
        "offset {last} of {} bytes is {ours:02x}, NumPy's {} bytes have {theirs:02x}",
        file.len(),
        file.len()
    );
    assert!(
        found.iter().any(|line| line.contains("i4.2x3.F.npy") && line.contains(&expected)),
        "{expected:?} is not in {found:#?}"
    );
    assert_eq!(outcome.tallies[&Encoding::Npy].byte_exact, 0);
    fs::remove_dir_all(&directory).unwrap();
}

fn in_every_environment(ask: fn(&Environment) -> Result<Verdicts>, at_least: usize) {
    let mut environments = environments();
    environments.retain(Environment::has_known_texts);
    assert!(!environments.is_empty(), "no NumPy whose verdicts are followed");
    for environment in environments {
        let verdicts = ask(&environment).unwrap_or_else(|error| panic!("{error}"));
        assert_none(&verdicts.mismatches);
        assert!(verdicts.agreed >= at_least, "only {} verdicts", verdicts.agreed);
    }
}

#[test]
fn headers_are_taken_and_refused_as_np_load_does() {
    in_every_environment(verdicts::headers, 600);
}

#[test]
fn dtype_texts_are_taken_and_refused_as_np_dtype_does() {
    in_every_environment(verdicts::dtype_texts, 1100);
}

#[test]
fn pickled_arrays_are_refused_by_name() {
    for environment in environments() {
        let verdicts = verdicts::pickled(&environment).unwrap_or_else(|error| panic!("{error}"));
        assert_none(&verdicts.mismatches);
        let least = if environment.numpy_version() >= (2, 0) { 6 } else { 5 };
        assert_eq!(verdicts.agreed, least, "{}", environment.name);
    }
}

#[test]
fn every_door_reads_and_writes_numpys_bytes() {
    let matrix = Matrix::new();
    let environments = environments();
    // Files grow in place with the headers of NumPy 1.24 and later.
    let grows = |environment: &&Environment| environment.numpy_version() >= (1, 24);
    let environment = environments.iter().rev().find(grows).unwrap();
    let found = doors::run(&matrix, environment).unwrap_or_else(|error| panic!("{error}"));
    assert_none(&found.mismatches);
    assert!(found.equal > 15_000, "{} comparisons", found.equal);
}

#[test]
fn npyz_and_npbytes_read_each_other() {
    let found = peer::run(&Matrix::new());
    assert_none(&found.mismatches);
    assert!(found.read_by_npyz > 1000, "{} read", found.read_by_npyz);
    assert!(found.written_by_npyz > 1000, "{} written", found.written_by_npyz);
}

/// The environments to test with; fails with one line that says what to install where there is no
/// Python.
fn environments() -> Vec<Environment> {
    match environment::environments(Choice::from_env()) {
        Ok(found) => {
            // Past the test runner's capture: what was left out must be seen.
            use std::io::Write as _;
            for note in &found.notes {
                let _ = writeln!(std::io::stderr(), "note: {note}");
            }
            found.ready
        }
        Err(error) => panic!("{error}"),
    }
}

/// Fails with the first differences when there are any.
fn assert_none(mismatches: &[Mismatch]) {
    let shown: Vec<String> = mismatches.iter().take(40).map(Mismatch::to_string).collect();
    assert!(
        mismatches.is_empty(),
        "{} mismatches, the first of them:\n{}",
        mismatches.len(),
        shown.join("\n")
    );
}
