//! Archives of npbytes against real NumPy, npyz and ndarray-npy, and a check that the comparison can
//! fail.
#![allow(clippy::unwrap_used)]

use std::fs;

use npbytes_harness::archives::cases::{self, Form};
use npbytes_harness::archives::{self, Made, large, lookups, peers};
use npbytes_harness::environment::{self, Choice, Environment};
use npbytes_harness::fixtures;
use npbytes_harness::matrix::Matrix;
use npbytes_harness::roundtrip::Mismatch;

fn environments() -> Vec<Environment> {
    let found = environment::for_archives(Choice::from_env()).unwrap_or_else(|e| panic!("{e}"));
    // Past the test runner's capture: what was left out must be seen.
    use std::io::Write as _;
    for note in &found.notes {
        let _ = writeln!(std::io::stderr(), "note: {note}");
    }
    found.ready
}

fn assert_none(mismatches: &[Mismatch]) {
    let shown: Vec<String> = mismatches.iter().take(40).map(Mismatch::to_string).collect();
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), shown.join("\n"));
}

#[test]
fn every_archive_is_numpys_to_the_byte_and_loads_there() {
    let matrix = Matrix::new();
    for environment in environments() {
        let found = archives::run(&matrix, &environment).unwrap_or_else(|e| panic!("{e}"));
        assert_none(&found.mismatches);
        for (form, tally) in &found.tallies {
            let written = tally.byte_exact + tally.value_equal;
            if Form::NUMPY.contains(form) {
                let name = &environment.name;
                assert_eq!(written + tally.refused, tally.cases, "{name} {}", form.word());
                assert_eq!(tally.loaded_back, written, "{name} {}", form.word());
            } else {
                assert_eq!(tally.loaded_back, tally.cases, "{} {}", environment.name, form.word());
            }
        }
        if !environment.is_python2() {
            assert!(found.cases() > 1000 && found.members > 20_000, "{found:?}");
            assert!(found.doors > 5000 && found.edits > 50, "{found:?}");
        }
    }
}

/// A byte changed in one of NumPy's archives is found.
#[test]
fn a_changed_byte_is_found() {
    let (matrix, environments) = (Matrix::new(), environments());
    let environment = &environments[0];
    let (mut cases, _) = cases::possible(&matrix, environment);
    let made = Made::new(&matrix, environment, &cases).unwrap();
    let directory = fixtures::scratch(environment, "changed-archives").unwrap();
    cases.retain(|case| case.name == "both");
    for form in Form::NUMPY {
        let name = format!("both.{}", form.word());
        let mut file = fs::read(made.directory.join(&name)).unwrap();
        // The time of the first member, which nothing else looks at.
        file[10] ^= 1;
        fs::write(directory.join(&name), file).unwrap();
    }
    let changed = Made { directory: directory.clone(), manifest: made.manifest };
    let found = archives::run_on(&matrix, environment, &cases, &[], &changed).unwrap();
    for form in Form::NUMPY {
        assert_eq!(found.tallies[&form].byte_exact, 0);
        let name = format!("both.{}", form.word());
        let named = |it: &&Mismatch| it.case == name && it.what.starts_with("offset 10 of ");
        assert!(found.mismatches.iter().any(|it| named(&it)), "{:#?}", found.mismatches);
    }
    fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn keys_find_what_np_load_finds() {
    for environment in environments().iter().filter(|environment| !environment.is_python2()) {
        let verdicts = lookups::run(environment).unwrap_or_else(|e| panic!("{e}"));
        assert_none(&verdicts.mismatches);
        assert!(verdicts.agreed >= 300, "only {} verdicts", verdicts.agreed);
    }
}

/// One Python with the zip headers of 3.10 and before, and the newest.
#[test]
fn archives_past_2_and_4_gib_are_numpys_to_the_byte() {
    let environments = environments();
    let newest = environments.iter().max_by_key(|environment| environment.python_version());
    let old = environments.iter().find(|it| it.has_old_zipfile() && !it.is_python2());
    for environment in newest.into_iter().chain(old) {
        let found = large::run(environment, false).unwrap_or_else(|e| panic!("{e}"));
        assert_none(&found.mismatches);
        assert_eq!(found.byte_exact, large::cases(false).len(), "{}", environment.name);
        assert_eq!(found.read, 2 * found.byte_exact, "{}", environment.name);
    }
}

#[test]
fn npyz_and_ndarray_npy_read_and_write_the_same_archives() {
    let found = peers::run(&Matrix::new());
    assert_none(&found.mismatches);
    assert!(found.npyz.read > 4000 && found.npyz.written > 3000, "{:?}", found.npyz);
    let tally = found.ndarray_npy;
    assert!(tally.read > 1500 && tally.written > 800, "{tally:?}");
}
