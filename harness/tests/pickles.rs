//! Pickles of npbytes against real NumPy, and checks that the comparison can fail.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use bytes::Bytes;
use npbytes_harness::environment::{self, Choice, Environment};
use npbytes_harness::matrix::Matrix;
use npbytes_harness::pickles::{self, Made, retarget};
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
        let (name, total) = (&environment.name, found.total());
        let written = total.byte_exact + total.value_equal;
        assert_eq!(written + total.refused + total.skips(), total.cases, "{name}: {total:?}");
        if environment.is_python2() {
            assert!(total.read > 16_000, "{name}: {total:?}");
            continue;
        }
        let least = if environment.python_version() < (3, 8) { 13_000 } else { 19_000 };
        assert!(total.read > least && total.rewritten + 6000 > total.read, "{name}: {total:?}");
        if environment.python_version() >= (3, 8) {
            assert_eq!((total.rewritten, total.loaded_back), (total.read, total.read), "{name}");
            assert!(total.skips() < 600, "{name}: {:?}", total.skipped);
        }
    }
}

/// Of the two that every machine has, in both directions.
#[test]
fn pickles_of_one_numpy_are_rewritten_as_the_other_writes_them() {
    let matrix = Matrix::new();
    let both = retarget::both_ways(&matrix, &environments()).unwrap_or_else(|e| panic!("{e}"));
    if both.is_empty() {
        use std::io::Write as _;
        let note =
            "note: no NumPy 1 beside a NumPy 2 here: no pickle is rewritten from one for the other";
        let _ = writeln!(std::io::stderr(), "{note}");
    }
    for found in both {
        assert_none(&found.mismatches);
        let same = found.byte_exact + found.value_equal;
        assert!(same > 19_000, "{found:?}");
        assert!(found.loaded_back >= same, "{found:?}");
    }
}

fn made(environment: &Environment, names: &[&str]) -> Made {
    let mut made = Made::new(&Matrix::new(), environment).unwrap();
    let wanted: BTreeSet<&str> = names.iter().copied().collect();
    made.manifest.cases.retain(|case| wanted.contains(case.name.as_str()));
    made.manifest.files.clear();
    assert_eq!(made.manifest.cases.len(), names.len());
    made
}

/// A byte changed in any of NumPy's pickles is found.
#[test]
fn a_changed_byte_is_found() {
    let (matrix, environments) = (Matrix::new(), environments());
    let environment = &environments[0];
    for name in
        ["i4.5.C", "scalars.d-upper-0", "masked.plain", "containers.list-4", "plain.str-two"]
    {
        let mut made = made(environment, &[name]);
        for dump in &mut made.manifest.cases[0].dumps {
            let theirs = dump.pickle.clone().unwrap();
            // The last byte of the elements, or of what stands before the end.
            let at = theirs.len() - 4;
            let mut changed = theirs.to_vec();
            changed[at] ^= 1;
            dump.pickle = Ok(Bytes::from(changed));
        }
        let found = pickles::run_on(&matrix, environment, &made).unwrap();
        for dump in &made.manifest.cases[0].dumps {
            let case = format!("{name} ({})", dump.way.word());
            assert!(found.mismatches.iter().any(|it| it.case == case), "{case}");
        }
    }
}

/// A description that is not the value's is found, both of what is loaded and of what is made.
#[test]
fn a_wrong_description_is_found() {
    let (matrix, environments) = (Matrix::new(), environments());
    let environment = &environments[0];
    let names = ["containers.list-4", "containers.tuple-4"];
    let mut made = made(environment, &names);
    let (list, tuple) = (made.manifest.cases[0].clone(), made.manifest.cases[1].clone());
    made.manifest.cases[0].value = tuple.value;
    for (dump, other) in made.manifest.cases[1].dumps.iter_mut().zip(&list.dumps) {
        dump.loaded = other.loaded.clone();
    }
    let found = pickles::run_on(&matrix, environment, &made).unwrap();
    let words = |name: &str, what: &str| {
        let case = |it: &&Mismatch| it.case.starts_with(name) && it.what.starts_with(what);
        found.mismatches.iter().filter(case).count()
    };
    assert_eq!(words("containers.tuple-4", "read: "), tuple.dumps.len());
    assert!(words("containers.list-4", "made: ") > 0, "{:#?}", found.mismatches);
}

/// What Python is asked to find in npbytes' pickles, it finds: each pair is a case, and the name of another
/// one that differs from it in one thing.
#[test]
fn python_finds_what_differs() {
    let pairs = [
        ("f8.2x3.C", "f8.2x3.F", "strides"),
        ("f8.5.C", "f8-be.5.C", "strides|elements|expected"),
        ("i4.5.C", "i4-metadata.5.C", "metadata"),
        ("dtypes.of-struct-aligned", "dtypes.of-struct-pad-everywhere", "aligned"),
        ("dtypes.of-struct", "dtypes.of-struct-title", "names|itemsize"),
        ("dtypes.metadata", "dtypes.code-f", "metadata"),
        ("dtypes.record", "dtypes.of-struct", "flags|names"),
        ("classes.matrix-i4", "classes.recarray-i4", "is a recarray"),
        ("containers.same-list-twice", "containers.equal-list-twice", "shared"),
        ("containers.same-array-twice", "containers.equal-array-twice", "shared"),
        ("containers.arrays-same-dtype-object", "containers.arrays-equal-dtypes", "items|shared"),
        ("masked.plain", "masked.fill-value", "fill_value"),
        ("masked.all", "masked.no-mask", "mask"),
        ("frames.u1-65535", "frames.u1-readonly-65535", "WRITEABLE"),
        ("plain.float-0", "plain.float-1", "is -0.0"),
        ("plain.bytes-x1", "plain.bytearray-x1", "is a bytearray"),
        ("objects.same-twice", "objects.equal-twice", "shared"),
    ];
    let (matrix, environments) = (Matrix::new(), environments());
    for environment in &environments {
        if environment.is_python2() || environment.python_version() < (3, 8) {
            continue;
        }
        let names: BTreeSet<&str> = pairs.iter().flat_map(|&(a, b, _)| [a, b]).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let made = made(environment, &names);
        let pickle = |name: &str| {
            let case = made.manifest.cases.iter().find(|case| case.name == name).unwrap();
            let dump = case.dumps.iter().find(|dump| dump.way.word() == "5").unwrap();
            dump.pickle.clone().unwrap()
        };
        let others: Vec<Bytes> = pairs.iter().map(|(_, other, _)| pickle(other)).collect();
        let asked: Vec<(&str, &str, &[u8])> =
            pairs.iter().zip(&others).map(|((name, ..), data)| (*name, "5", &data[..])).collect();
        let answers = pickles::ask(&matrix, environment, &made, &asked).unwrap();
        for ((name, other, words), answer) in pairs.iter().zip(answers) {
            let problem =
                answer.unwrap_or_else(|| panic!("{name} is {other} in {}", environment.name));
            assert!(
                words.split('|').any(|word| problem.contains(word)),
                "{name}, {other}: {problem}"
            );
        }
    }
}
