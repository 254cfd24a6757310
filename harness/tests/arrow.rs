//! npbytes-arrow against pyarrow, polars and DuckDB, and a check that the comparison can fail.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

use npbytes_harness::environment::{self, Environment};
use npbytes_harness::matrix::Matrix;
use npbytes_harness::roundtrip::Mismatch;
use npbytes_harness::{arrow, fixtures, manifest, script};

fn environment() -> Environment {
    environment::for_arrow().unwrap_or_else(|e| panic!("{e}"))
}

fn assert_none(mismatches: &[Mismatch]) {
    let shown: Vec<String> = mismatches.iter().take(100).map(Mismatch::to_string).collect();
    assert!(mismatches.is_empty(), "{} mismatches:\n{}", mismatches.len(), shown.join("\n"));
}

#[test]
fn every_fixture_goes_to_arrow_and_back_and_others_read_it() {
    let environment = environment();
    let mut others = Vec::new();
    arrow::foreign(&environment, &mut others).unwrap_or_else(|e| panic!("{e}"));
    assert_none(&others);
    let found = arrow::run(&Matrix::new(), &environment).unwrap_or_else(|e| panic!("{e}"));
    println!("{}", arrow::table(&found));
    assert_none(&found.mismatches);
    for ((format, choice), tally) in &found.tallies {
        let refused: usize = tally.refused.values().sum();
        let skipped: usize = tally.skipped.values().sum();
        let counted = tally.byte_exact + tally.value_equal + refused + skipped;
        assert_eq!(counted, tally.cases, "{format} {}", choice.word());
    }
    assert!(found.cases() > 10_000, "{} cases", found.cases());
    assert!(found.members.cases > 130, "{} of more than arrays", found.members.cases);
    assert_eq!(found.members.exact, found.members.cases);
    for reader in ["pyarrow", "polars", "duckdb"] {
        for format in ["arrow", "arrows", "parquet"] {
            let reads = &found.reads[&(reader.to_owned(), format.to_owned())];
            assert!(reads.equal > 1000, "{reader} read {} of {format}", reads.equal);
        }
    }
    let foreign: usize = found.foreign.equal.values().sum();
    assert!(foreign > 500, "{foreign} columns of others");
}

/// A byte changed in a fixture is found by every reader in every format.
#[test]
fn a_changed_byte_is_found() {
    let environment = environment();
    let mut matrix = Matrix::new();
    let made = fixtures::fixtures(&matrix, &environment).unwrap_or_else(|e| panic!("{e}"));
    matrix.arrays.retain(|case| case.name == "i4.5.C");
    let folder = fixtures::scratch(&environment, "changed-arrow").unwrap();
    let mut file = std::fs::read(made.directory.join("i4.5.C.npy")).unwrap();
    *file.last_mut().unwrap() ^= 1;
    std::fs::write(folder.join("i4.5.C.npy"), file).unwrap();
    let found = arrow::run_on(&matrix, &environment, &folder, &made.directory).unwrap();
    let shown: Vec<String> = found.mismatches.iter().map(Mismatch::to_string).collect();
    for reader in ["pyarrow", "polars", "duckdb"] {
        for format in ["arrow", "arrows", "parquet"] {
            let words =
                [&format!("i4.5.C.default.{format}"), &format!("read by {reader}: column 0")];
            let told = shown.iter().any(|it| words.iter().all(|word| it.contains(word.as_str())));
            assert!(told, "{reader} in {format}: {shown:#?}");
        }
    }
    assert!(shown.iter().any(|it| it.contains("i4.5.C.default.tensor")), "{shown:#?}");
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The library that is loaded by Python, built as this test was.
fn library() -> PathBuf {
    let target = environment::target_dir();
    let release = std::env::current_exe().unwrap().starts_with(target.join("release"));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--example", "arrow_c_data"]);
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", &target);
    if release {
        cargo.arg("--release");
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let profile = if release { "release" } else { "debug" };
    let name =
        format!("{}arrow_c_data{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    target.join(profile).join("examples").join(name)
}

/// By the C data interface an array goes to pyarrow in this process' memory, and comes back: nobody copies.
#[test]
fn the_c_data_interface_copies_nothing() {
    let (environment, library) = (environment(), library());
    let matrix = Matrix::new();
    let made = fixtures::fixtures(&matrix, &environment).unwrap_or_else(|e| panic!("{e}"));
    let folder = fixtures::scratch(&environment, "c-data").unwrap();
    let path = folder.join("arrow_c_data.py");
    std::fs::write(&path, script::arrow_c_data()).unwrap();
    for name in ["f8.5.C", "i4.2x3.C", "u1.10x100.C", "i8.1001.C", "f8.2x3x4.C", "u4.5.C"] {
        let answers = folder.join("answers.jsonl");
        let (source, target) =
            (made.directory.join(format!("{name}.npy")), folder.join("back.npy"));
        let arguments: [&Path; 4] = [&answers, &library, &source, &target];
        environment.run(&path, &arguments).unwrap_or_else(|e| panic!("{name}: {e}"));
        let rows = manifest::rows(&answers).unwrap();
        let row = &rows[0];
        let place = row["exported"].as_u64().unwrap();
        assert_ne!(place, 0, "{name}");
        for side in ["pyarrow", "numpy", "imported"] {
            assert_eq!(row[side].as_u64(), Some(place), "{name}: {side} in {row}");
        }
        assert_eq!(
            (&row["equal"], &row["same_file"]),
            (&true.into(), &true.into()),
            "{name}: {row}"
        );
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
