//! `info`: what headers say, as text and as JSON.

use serde_json::{Value, json};

use crate::{Folder, Run, expected, line, npbytes_with, npy, sample, words};

/// The objects that were printed.
pub(crate) fn objects(run: &Run) -> Vec<Value> {
    run.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The value behind a label.
pub(crate) fn value<'a>(run: &'a Run, label: &str) -> &'a str {
    let found = run.text().lines().find_map(|line| line.strip_prefix(&format!("{label:10}")));
    found.unwrap_or_else(|| panic!("no {label} in:\n{}", run.text()))
}

/// `a = np.load(name)`: `a.dtype`, `a.dtype.descr` or `.str`, `a.shape`, `np.isfortran(a)`; where the
/// elements start is the length of the file less `a.nbytes`.
const SAMPLES: [(&str, &str, &str, &str, &str, &str); 10] = [
    ("grid", "float64", "<f8", "(3, 4), 12 elements", "C", "96 bytes at byte 128"),
    ("fortran", "float32", "<f4", "(3, 4), 12 elements", "F", "48 bytes at byte 128"),
    ("big_endian", ">i2", ">i2", "(2, 3), 6 elements", "C", "12 bytes at byte 128"),
    ("impedance", "complex128", "<c16", "(4,), 4 elements", "C", "64 bytes at byte 128"),
    ("dates", "datetime64[s]", "<M8[s]", "(3,), 3 elements", "C", "24 bytes at byte 128"),
    ("words", "<U5", "<U5", "(2, 2), 4 elements", "C", "80 bytes at byte 128"),
    ("flags", "bool", "|b1", "(3,), 3 elements", "C", "3 bytes at byte 128"),
    ("scalar", "float64", "<f8", "(), 1 element", "C", "8 bytes at byte 128"),
    ("empty", "int32", "<i4", "(0, 3), 0 elements", "C", "0 bytes at byte 128"),
    (
        "particles",
        "[('name', '<U6'), ('position', '<f4', (3,)), ('charge', 'i1'), ('mass', '>f8')]",
        "[('name', '<U6'), ('position', '<f4', (3,)), ('charge', '|i1'), ('mass', '>f8')]",
        "(3,), 3 elements",
        "C",
        "135 bytes at byte 192",
    ),
];

#[test]
fn samples_are_described() {
    for (name, dtype, descr, shape, order, data) in SAMPLES {
        let run = line(&format!("info {name}.npy")).good();
        let size = format!("{} bytes", sample(&format!("{name}.npy")).len());
        for (label, expected) in [
            ("encoding", "npy 1.0"),
            ("size", &size),
            ("dtype", dtype),
            ("descr", descr),
            ("shape", shape),
            ("order", order),
            ("data", data),
            ("trailing", "0 bytes"),
        ] {
            assert_eq!(value(&run, label), expected, "{name}: {label}");
        }
    }
}

#[test]
fn json_says_the_same() {
    let run = line("info --json grid.npy fortran.npy").good();
    let array = |shape: Value, dtype, descr, itemsize, order, length| {
        json!({
            "start": 0, "version": "1.0", "dtype": dtype, "descr": descr, "itemsize": itemsize,
            "shape": shape, "elements": 12, "order": order, "data_offset": 128,
            "data_length": length, "pickled": false,
        })
    };
    let file = |name, size, array| {
        json!({
            "file": name, "size": size, "encoding": "npy", "arrays": [array], "trailing_bytes": 0,
        })
    };
    assert_eq!(
        objects(&run),
        [
            file("grid.npy", 224, array(json!([3, 4]), "float64", "<f8", 8, "C", 96)),
            file("fortran.npy", 176, array(json!([3, 4]), "float32", "<f4", 4, "F", 48)),
        ]
    );
}

#[test]
fn a_descr_is_a_dtype_that_can_be_given_back() {
    for (name, ..) in SAMPLES.iter().filter(|(name, ..)| *name != "fortran") {
        let file = format!("{name}.npy");
        let run = line(&format!("info --json {file}")).good();
        let array = &objects(&run)[0]["arrays"][0];
        let shape: Vec<String> =
            array["shape"].as_array().unwrap().iter().map(Value::to_string).collect();
        let run = crate::npbytes([
            "show",
            &file,
            "--from=raw",
            "--dtype",
            array["descr"].as_str().unwrap(),
            "--offset",
            &array["data_offset"].to_string(),
            "--shape",
            &shape.join(","),
        ]);
        assert_eq!(run.good().text(), expected(name), "{name}");
    }
}

#[test]
fn every_array_of_a_file_is_reported() {
    let run = line("info two.npy").good();
    assert_eq!(value(&run, "arrays"), "2");
    for words in ["0, at byte 0", "1, at byte 140", ">f8", "16 bytes at byte 268"] {
        assert!(run.text().contains(words), "no {words:?} in:\n{}", run.text());
    }
    let run = line("info --json two.npy").good();
    let arrays = &objects(&run)[0]["arrays"];
    assert_eq!((&arrays[0]["start"], &arrays[1]["start"]), (&json!(0), &json!(140)));
    assert_eq!(arrays[1]["shape"], json!([1, 2]));

    let folder = Folder::new();
    let mut bytes = sample("flags.npy");
    bytes.extend(b"and more");
    let path = folder.file("more.npy", &bytes);
    let path = path.to_str().unwrap();
    assert_eq!(value(&line(&format!("info {path}")).good(), "trailing"), "8 bytes");
    // A second array that is none.
    bytes.truncate(bytes.len() - 8);
    bytes.extend(b"\x93NUMPY\x01\x00\x10\x00{'descr': 1/2}  \n");
    std::fs::write(path, &bytes).unwrap();
    let run = line(&format!("info {path}")).failed(&["at byte 152", "{'descr': 1/2}"]);
    assert_eq!(value(&run, "dtype"), "bool");
}

#[test]
fn only_the_header_of_a_pipe_is_read() {
    let header = &sample("grid.npy")[..128];
    let run = npbytes_with(header, ["info", "--json", "-"]).good();
    let object = &objects(&run)[0];
    assert_eq!(object["file"], "-");
    assert_eq!(object["size"], Value::Null);
    assert_eq!(object["trailing_bytes"], Value::Null);
    assert_eq!(object["arrays"][0]["shape"], json!([3, 4]));
    // Raw bytes have nothing but their number.
    let run = npbytes_with(&sample("digit.bin"), words("info --json - -d i8 -s 28,-1")).good();
    assert_eq!(objects(&run)[0]["size"], 6272);
    assert_eq!(objects(&run)[0]["arrays"][0]["shape"], json!([28, 28]));
}

#[test]
fn raw_bytes_are_described_by_the_flags_or_by_what_they_could_be() {
    let run = line("info digit.bin --dtype '>i4' --shape -1,28 --order F").good();
    assert_eq!(value(&run, "encoding"), "raw");
    assert_eq!(value(&run, "dtype"), ">i4");
    assert_eq!(value(&run, "shape"), "(56, 28), 1568 elements");
    assert_eq!(value(&run, "order"), "F");
    let run = line("info digit.bin --dtype i8 --offset 8 --count 3").good();
    assert_eq!(value(&run, "data"), "24 bytes at byte 8");
    assert_eq!(value(&run, "trailing"), "6240 bytes");

    let run = line("info --json digit.bin");
    assert_eq!(run.code, Some(1));
    let object = &objects(&run)[0];
    assert_eq!(object["encoding"], "raw");
    assert_eq!(object["candidates"][0]["dtypes"], json!(["int64", "uint64"]));
    assert_eq!(object["candidates"][0]["elements"], 784);
    assert!(object["candidates"][0]["shapes"].as_array().unwrap().contains(&json!([28, 28])));
}

#[test]
fn the_first_guess_is_right_for_common_arrays() {
    // np.save writes what np.ndarray.tobytes makes behind the header: samples and simple patterns.
    let folder = Folder::new();
    let float64 = |i: u32| (f64::from(i) / 7.0).sin();
    #[allow(clippy::cast_possible_truncation, reason = "what a float32 is")]
    let float32 = |i: u32| float64(i) as f32;
    let cases: [(&str, Vec<u8>); 8] = [
        ("int64", (0..300_i64).flat_map(|i| (i * i % 1000 - 500).to_le_bytes()).collect()),
        ("int32", (0..300_i32).flat_map(|i| (i * i % 1000 - 500).to_le_bytes()).collect()),
        ("int16", (0..300_i16).flat_map(|i| (i * 31 % 1000 - 500).to_le_bytes()).collect()),
        ("uint8", (0..300_u32).map(|i| u8::try_from(i * i / 40 % 200 + i % 7).unwrap()).collect()),
        ("float64", (0..300).flat_map(|i| float64(i).to_le_bytes()).collect()),
        ("float32", (0..300).flat_map(|i| float32(i).to_le_bytes()).collect()),
        (">i4", (0..300_i32).flat_map(|i| (i * i % 1000 - 500).to_be_bytes()).collect()),
        (">f8", (0..300).flat_map(|i| float64(i).to_be_bytes()).collect()),
    ];
    for (dtype, bytes) in cases {
        let path = folder.file("k.bin", &bytes);
        let run = line(&format!("info --json {}", path.to_str().unwrap()));
        let first = objects(&run)[0]["candidates"][0]["dtypes"].clone();
        assert!(first.as_array().unwrap().contains(&json!(dtype)), "{dtype}: {first}");
    }
}

#[test]
fn parts_are_described_without_reading_elements() {
    let run = line("info particles.npy --field position --slice 1:").good();
    // np.load('particles.npy')['position'][1:].shape
    assert_eq!(value(&run, "part"), "(2, 3) of float32, 6 elements");
    let run = line("info --json grid.npy --slice ::-1,None,0").good();
    assert_eq!(
        objects(&run)[0]["arrays"][0]["part"],
        json!({"dtype": "float64", "shape": [3, 1], "elements": 3})
    );
    line("info grid.npy --slice 3").failed(&["index 3 is out of bounds for axis 0 with size 3"]);
}

#[test]
fn objects_and_other_encodings_are_named() {
    let folder = Folder::new();
    // The header of np.array([1, None], dtype=object) as np.save writes it, and what is no pickle of 20 bytes.
    let header = "{'descr': '|O', 'fortran_order': False, 'shape': (2,), }";
    let objects_file = folder.file("o.npy", &npy(header, b"\x80\x04.................."));
    let run = line(&format!("info {}", objects_file.to_str().unwrap())).good();
    assert_eq!(value(&run, "dtype"), "object");
    assert_eq!(value(&run, "data"), "20 bytes at byte 128, a pickle");
    line(&format!("show {}", objects_file.to_str().unwrap()))
        .failed(&["in the pickle", "(at byte 130)"]);

    let path = folder.file("a.h5", b"\x89HDF\r\n\x1a\nrest");
    let path = path.to_str().unwrap();
    let run = line(&format!("info {path}"));
    assert_eq!((run.code, value(&run, "encoding")), (Some(1), "hdf5"));
    line(&format!("show {path}"))
        .failed(&["an HDF5 file", "this version reads .npy and .npz files"]);
    let path = folder.file("a.parquet", b"PAR1rest");
    line(&format!("info {}", path.to_str().unwrap())).failed(&["a.parquet"]);
    line("show grid.npy --from npz").failed(&["expected a .npz archive", "looks like a .npy file"]);
}

#[test]
fn errors_are_objects_too() {
    let run = line("info --json missing.npy grid.npy").failed(&["missing.npy"]);
    let objects = objects(&run);
    assert_eq!(objects.len(), 2);
    assert!(objects[0]["error"]["message"].as_str().unwrap().contains("No such file"));
    assert_eq!(objects[1]["encoding"], "npy");
}
