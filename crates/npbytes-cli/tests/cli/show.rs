//! `show`: the text of NumPy's print, to the byte.

use crate::{Folder, expected, line, npbytes, npy, sample, samples};

const ARRAYS: [&str; 11] = [
    "grid",
    "fortran",
    "big_endian",
    "impedance",
    "dates",
    "words",
    "flags",
    "particles",
    "walk",
    "scalar",
    "empty",
];

#[test]
fn samples_print_as_numpy_prints_them() {
    for name in ARRAYS {
        let run = line(&format!("show {name}.npy")).good();
        assert_eq!(run.text(), expected(name), "{name}");
        let run = line(&format!("show --repr {name}.npy")).good();
        assert_eq!(run.text(), expected(&format!("{name}.repr")), "{name}");
    }
}

#[test]
fn no_sample_is_forgotten() {
    let mut files: Vec<_> = std::fs::read_dir(samples())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "npy"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    files.sort();
    let mut names = ARRAYS.map(str::to_owned).to_vec();
    names.extend(["objects".into(), "two".into()]);
    names.sort();
    assert_eq!(files, names);
}

#[test]
fn print_options_are_numpys() {
    for (options, text) in [
        ("grid.npy --precision 3", "grid.precision3"),
        ("grid.npy --suppress", "grid.suppress"),
        ("grid.npy --linewidth 30", "grid.linewidth30"),
        ("walk.npy --full", "walk.full"),
        ("walk.npy --edgeitems 2", "walk.edgeitems2"),
        ("walk.npy --threshold 1200", "walk.threshold1200"),
        ("digit.bin --dtype int64 --shape 28,28 --threshold 100", "digit.threshold100"),
        ("digit.bin -d int64 -s 28,28 --slice '3:9, ::4'", "digit.slice"),
        ("particles.npy --field position", "particles.position"),
        ("particles.npy --field mass --repr", "particles.mass"),
        ("two.npy --offset 140", "two.second"),
        ("two.npy --offset 0x8c", "two.second"),
    ] {
        assert_eq!(line(&format!("show {options}")).good().text(), expected(text), "{options}");
    }
}

/// `np.set_printoptions(sign='+', floatmode='fixed', precision=2); print(np.array([1.5, -2, 0.125]))`
/// and `print(repr(np.zeros((2, 600), 'i1')))` with NumPy 2.4.6 and 1.26.4.
#[test]
fn further_options_and_versions() {
    let folder = Folder::new();
    let floats = [1.5, -2.0, 0.125_f64].map(f64::to_le_bytes).concat();
    let file = folder.file("a.bin", &floats);
    let file = file.to_str().unwrap();
    let run = line(&format!("show {file} -d f8 --sign + --floatmode fixed --precision 2"));
    assert_eq!(run.good().text(), "[+1.50 -2.00 +0.12]\n");
    let header = "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 600), }";
    let file = folder.file("z.npy", &npy(header, &[0; 1200]));
    let file = file.to_str().unwrap();
    let run = line(&format!("show --repr {file}"));
    assert_eq!(
        run.good().text(),
        "array([[0, 0, 0, ..., 0, 0, 0],\n       [0, 0, 0, ..., 0, 0, 0]], \
         shape=(2, 600), dtype=int8)\n"
    );
    let run = line(&format!("show --repr --numpy 1.26 {file}"));
    assert_eq!(
        run.good().text(),
        "array([[0, 0, 0, ..., 0, 0, 0],\n       [0, 0, 0, ..., 0, 0, 0]], dtype=int8)\n"
    );
}

#[test]
fn several_files_have_headings_as_those_of_head() {
    let run = line("show flags.npy scalar.npy").good();
    let text = format!(
        "==> flags.npy <==\n{}\n==> scalar.npy <==\n{}",
        expected("flags"),
        expected("scalar")
    );
    assert_eq!(run.text(), text);
}

#[test]
fn patterns_are_expanded_and_must_match() {
    let run = line("show '[fs]*a[gl]*.npy'").good();
    let text = format!(
        "==> flags.npy <==\n{}\n==> scalar.npy <==\n{}",
        expected("flags"),
        expected("scalar")
    );
    assert_eq!(run.text(), text);
    // One match is one file.
    assert_eq!(line("show 'fla?s.npy'").good().text(), expected("flags"));
    line("show 'nothing-*.npy'").failed(&["nothing-*.npy", "no file matches"]);
    line("show 'a[.npy'").failed(&["a[.npy", "not a pattern"]);
    // A name with pattern characters is a name first.
    let folder = Folder::new();
    let file = folder.file("a[1]*.npy", &sample("flags.npy"));
    assert_eq!(npbytes(["show".as_ref(), file.as_os_str()]).good().text(), expected("flags"));
}

#[test]
fn the_files_after_a_bad_one_are_shown() {
    let run = line("show flags.npy missing.npy README.md scalar.npy");
    let run = run.failed(&["missing.npy: No such file", "README.md: raw bytes do not say"]);
    let text = format!(
        "==> flags.npy <==\n{}\n==> scalar.npy <==\n{}",
        expected("flags"),
        expected("scalar")
    );
    assert_eq!(run.text(), text);
}

#[test]
fn a_file_of_any_size_is_shown_at_once() {
    let folder = Folder::new();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (8589934592,), }";
    let path = folder.file("huge.npy", &npy(header, &[]));
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    // 64 GiB, of which the disk holds a block.
    file.set_len(128 + (8 << 33)).unwrap();
    let start = std::time::Instant::now();
    let run = npbytes(["show".as_ref(), path.as_os_str()]).good();
    // print(np.zeros(2000))
    assert_eq!(run.text(), "[0. 0. 0. ... 0. 0. 0.]\n");
    let run = npbytes(["info".as_ref(), path.as_os_str()]).good();
    assert!(run.text().contains("(8589934592,), 8589934592 elements"), "{}", run.text());
    let run = npbytes([
        "show".as_ref(),
        path.as_os_str(),
        "--from=raw".as_ref(),
        "--dtype=u1".as_ref(),
        "--slice=1:6".as_ref(),
    ]);
    // print(np.frombuffer(b'\x93NUMPY', 'u1')[1:])
    assert_eq!(run.good().text(), "[78 85 77 80 89]\n");
    assert!(start.elapsed() < std::time::Duration::from_secs(10));
}

#[test]
fn an_endless_text_has_a_limit() {
    let folder = Folder::new();
    let header = "{'descr': '|V0', 'fortran_order': False, 'shape': (1000000000000,), }";
    let path = folder.file("void.npy", &npy(header, &[]));
    let path = path.to_str().unwrap();
    line(&format!("show --full {path}")).failed(&["--max-elements 1000000000000"]);
    line(&format!("show {path}")).good();
}

#[test]
fn fields_and_slices_that_are_not_there_are_errors() {
    line("show particles.npy --field spin").failed(&[
        "particles.npy: no field named \"spin\"",
        "help: the fields are: name, position, charge, mass",
    ]);
    line("show grid.npy --slice 0,9")
        .failed(&["index 9 is out of bounds for axis 1 with size 4", "(3, 4)"]);
    line("show grid.npy --slice 0,x").failed(&["--slice", "  0,x\n    ^\n"]);
    assert_eq!(line("show scalar.npy --slice ...").good().text(), expected("scalar"));
    assert_eq!(line("show grid.npy --slice -1,-1").good().text(), "8.0\n");
}
