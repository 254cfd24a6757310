//! Pickles of npbytes against real NumPy, and checks that the comparison can fail.
#![allow(clippy::unwrap_used)]

use npbytes_harness::environment::{self, Choice, Environment};
use npbytes_harness::matrix::Matrix;
use npbytes_harness::pickles;
use npbytes_harness::roundtrip::Mismatch;

fn environments() -> Vec<Environment> {
    let found = environment::environments(Choice::from_env()).unwrap_or_else(|e| panic!("{e}"));
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
fn every_pickle_is_numpys_to_the_byte_and_loads_there() {
    let matrix = Matrix::new();
    for environment in environments() {
        let found = pickles::run(&matrix, &environment).unwrap_or_else(|e| panic!("{e}"));
        assert_none(&found.mismatches);
        let total = found.total();
        println!("{} {total:?}", environment.name);
    }
}
