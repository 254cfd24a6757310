//! The matrix itself: large enough, without doubles, and covering what it says it covers.

use std::collections::{BTreeMap, BTreeSet};

use npbytes_harness::matrix::{Encoding, Matrix, layout::Layout};

#[test]
fn names_are_unique() {
    let matrix = Matrix::new();
    let types: BTreeSet<&str> = matrix.types.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(types.len(), matrix.types.len());
    // Lower case: some file systems do not tell `M8` from `m8`.
    let mut arrays = BTreeSet::new();
    for case in &matrix.arrays {
        assert!(arrays.insert(case.name.to_lowercase()), "{} twice", case.name);
    }
}

#[test]
fn no_array_is_written_twice_in_an_encoding() {
    for case in Matrix::new().arrays {
        let encodings: BTreeSet<Encoding> = case.encodings.iter().copied().collect();
        assert_eq!(encodings.len(), case.encodings.len(), "{}", case.name);
    }
}

#[test]
fn there_are_thousands_of_fixtures_for_each_numpy() {
    let matrix = Matrix::new();
    let files: usize = matrix.arrays.iter().map(|case| case.encodings.len()).sum();
    assert!(files > 4000, "{files}");
}

#[test]
fn every_kind_order_layout_and_encoding_occurs() {
    let matrix = Matrix::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for case in &matrix.arrays {
        for leaf in matrix.type_of(case).ty.leaves() {
            *seen.entry(format!("{}{}", leaf.scalar.order, leaf.scalar.kind)).or_default() += 1;
        }
        *seen.entry(case.layout.word().to_owned()).or_default() += 1;
        for encoding in &case.encodings {
            *seen.entry(encoding.word().to_owned()).or_default() += 1;
        }
    }
    let kinds = ["|b", "|i", "<i", ">i", "|u", "<u", ">u", "<f", ">f", "<c", ">c", "|S", "<U"];
    let more = [">U", "|V", "<M", ">M", "<m", ">m"];
    let layouts = Layout::ALL.map(Layout::word);
    let encodings = Encoding::ALL.map(Encoding::word);
    for wanted in kinds.iter().chain(&more).chain(&layouts).chain(&encodings) {
        assert!(seen.contains_key(*wanted), "no {wanted} in the matrix");
    }
    let dims: BTreeSet<usize> = matrix.arrays.iter().map(|case| case.shape.len()).collect();
    assert!([0, 1, 2, 3, 32, 33, 64].iter().all(|ndim| dims.contains(ndim)), "{dims:?}");
}
