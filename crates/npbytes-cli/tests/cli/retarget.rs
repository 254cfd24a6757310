//! `retarget`: pickles of one NumPy made those of another, compared with what the other wrote of the same objects.

use std::io::Cursor;

use npbytes::npz::{Compression, WriteOptions, Writer};

use crate::{Folder, npbytes, npbytes_with, pickle_bytes, pickle_file, run};

/// Every file that both NumPys wrote.
const FILES: [&str; 15] = [
    "grid_p0_#.pkl",
    "grid_p1_#.pkl",
    "grid_p2_#.pkl",
    "grid_p3_#.pkl",
    "grid_p4_#.pkl",
    "grid_p5_#.pkl",
    "tree#.pkl",
    "tree#.joblib",
    "frame#.pkl",
    "arrays#.pkl",
    "arrays_p2_#.pkl",
    "aligned#.pkl",
    "objects#.pkl",
    "objects#.npy",
    "objects#.npz",
];

#[test]
fn the_bytes_are_those_of_the_other_numpy() {
    let folder = Folder::new();
    for file in FILES {
        for (from, to, numpy) in [("2", "1", "1.26.4"), ("1", "2", "2.4.6")] {
            let out = folder.path("out");
            let source = pickle_file(&file.replace('#', from));
            let run = npbytes(["retarget", &source, "--numpy", numpy, "-o", out.to_str().unwrap()]);
            assert_eq!(run.code, Some(0), "{file}: {}", run.err);
            assert!(run.err.contains(&format!("for NumPy {numpy}: ")), "{file}: {}", run.err);
            let expected = pickle_bytes(&file.replace('#', to));
            assert!(std::fs::read(&out).unwrap() == expected, "{file} for NumPy {numpy}");
        }
    }
}

/// What only NumPy 2 has is changed where NumPy 1 cannot read it.
#[test]
fn orders_of_numpy_2_become_c() {
    let folder = Folder::new();
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    let source = pickle_file("orders2.pkl");
    let run = npbytes(["retarget", &source, "--numpy", "1.26", "-o", out]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("1 array now in C order"), "{}", run.err);
    let show = |file: &str| npbytes(["show", file]).good().text().to_owned();
    assert_eq!(show(out), show(&source));
    npbytes(["retarget", &pickle_file("strings2.pkl"), "--numpy", "1.26", "-o", out])
        .failed(&["NumPy 1 has no StringDType"]);
}

#[test]
fn a_file_is_replaced_in_place_or_left_alone() {
    let folder = Folder::new();
    let path = folder.file("tree.pkl", &pickle_bytes("tree2.pkl"));
    let path = path.to_str().unwrap();
    let run = npbytes(["retarget", path, "--numpy", "1.26.4", "--in-place"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(std::fs::read(path).unwrap() == pickle_bytes("tree1.pkl"));
    let before = std::fs::metadata(path).unwrap().modified().unwrap();
    let run = npbytes(["retarget", path, "--numpy", "1.26.4", "--in-place"]);
    assert_eq!(run.err, format!("note: {path}: nothing to change for NumPy 1.26.4\n"));
    assert_eq!(std::fs::metadata(path).unwrap().modified().unwrap(), before);
    npbytes(["retarget", path, "--numpy", "2.4", "--in-place", "--quiet"]).good();
    assert!(std::fs::read(path).unwrap() == pickle_bytes("tree2.pkl"));
    assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 1);
}

#[test]
fn what_is_not_understood_is_not_written() {
    let folder = Folder::new();
    let out = folder.path("out");
    let refused = |bytes: &[u8], words: &[&str]| {
        let path = folder.file("in", bytes);
        let path = path.to_str().unwrap();
        npbytes(["retarget", path, "--numpy", "1.26", "-o", out.to_str().unwrap()]).failed(words);
        npbytes(["retarget", path, "--numpy", "1.26", "--in-place"]).failed(words);
        assert!(!out.exists());
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    };
    refused(b"", &["the input ends inside the pickle"]);
    refused(&pickle_bytes("tree2.pkl")[..900], &["the pickle was cut"]);
    refused(b"hello world\n", &["this is no pickle", "npbytes info"]);
    npbytes(["retarget", "-", "--numpy", "1.26", "--in-place"])
        .failed(&["standard input is no file to replace"]);
    npbytes(["retarget", "missing", "--numpy", "1.26", "--in-place"]).failed(&["No such file"]);
    let packed = pickle_file("packed2.joblib");
    let folder = Folder::new();
    let copy = folder.path("packed.joblib");
    std::fs::copy(packed, &copy).unwrap();
    npbytes(["retarget", copy.to_str().unwrap(), "--numpy", "1.26", "--in-place"])
        .failed(&["compressed by zlib, and would not be any more"]);
    let part = pickle_file("arrays2.pkl") + "::w";
    npbytes(["retarget", &part, "--numpy", "1.26", "-o", "-"]).failed(&["leave ::w out"]);
    // One of -o and --in-place.
    let mut command = crate::command();
    let neither = run(command.args(["retarget", "grid.npy", "--numpy", "1.26"]));
    assert_eq!(neither.code, Some(2), "{}", neither.err);
}

#[test]
fn pipes_are_rewritten() {
    let input = pickle_bytes("tree2.pkl");
    let run = npbytes_with(&input, ["retarget", "-", "--numpy", "1.26.4", "-o", "-", "-q"]).good();
    assert!(run.out == pickle_bytes("tree1.pkl"));
    let npz = pickle_bytes("packed2.npz");
    let run = npbytes_with(&npz, ["retarget", "-", "--numpy", "1.26.4", "-o", "-", "-q"]).good();
    let run = npbytes_with(&run.out, ["dis", "-::objects"]).good();
    // np.load of NumPy 1 reads protocol 3.
    assert!(run.text().contains("PROTO      3\n"), "{}", run.text());
}

/// What needs no change is copied as it is, or left as it is.
#[test]
fn nothing_to_do_is_no_failure() {
    let folder = Folder::new();
    for (bytes, words) in [
        (pickle_bytes("plain2.pkl"), "nothing of NumPy is in this pickle"),
        (pickle_bytes("tree1.pkl"), "nothing to change for NumPy 1.26.4"),
        (pickle_bytes("objects1.npz"), "nothing to change for NumPy 1.26.4"),
        (crate::sample("grid.npy"), "no pickle is in it"),
        (crate::sample("model.npz"), "no pickle is in it"),
    ] {
        let path = folder.file("in", &bytes);
        let (path, out) = (path.to_str().unwrap(), folder.path("out"));
        let run = npbytes(["retarget", path, "--numpy", "1.26.4", "-o", out.to_str().unwrap()]);
        assert_eq!(run.code, Some(0), "{words}: {run:?}");
        assert!(run.err.starts_with(&format!("note: {path}: {words}")), "{}", run.err);
        assert!(run.err.ends_with("; it was copied as it is\n"), "{}", run.err);
        assert!(std::fs::read(&out).unwrap() == bytes, "{words}");
        let run = npbytes(["retarget", path, "--numpy", "1.26.4", "--in-place"]);
        assert_eq!(run.code, Some(0), "{words}: {run:?}");
        assert!(std::fs::read(path).unwrap() == bytes, "{words}");
    }
}

/// Pickles among the members are those of the other NumPy then, and all else is copied.
#[test]
fn pickles_in_archives_are_rewritten() {
    let folder = Folder::new();
    let members = [
        ("model/arrays#.pkl", Compression::None),
        ("tree#.joblib", Compression::NumPy),
        ("grid_p0_#.pkl", Compression::NumPy),
        // By its bytes, whatever its name is.
        ("arrays_p2_#.pkl", Compression::None),
    ];
    let stem = |name: &str| name.rsplit('/').next().unwrap().to_owned();
    let packed = |major: &str| {
        let mut writer = Writer::new(Cursor::new(Vec::new()), &WriteOptions::default()).unwrap();
        for (name, compression) in members {
            let bytes = pickle_bytes(&stem(name).replace('#', major));
            let name = name.replace("arrays_p2_#.pkl", "data").replace('#', "");
            writer.add_bytes(&name, &bytes, compression).unwrap();
        }
        writer.add_bytes("note.txt", b"\x80\x04 is no pickle", Compression::None).unwrap();
        writer.finish().unwrap().into_inner()
    };
    let (path, out) = (folder.file("2.zip", &packed("2")), folder.path("1.zip"));
    let (path, out) = (path.to_str().unwrap(), out.to_str().unwrap());
    let run = npbytes(["retarget", path, "--numpy", "1.26.4", "-o", out]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("for NumPy 1.26.4: ") && run.err.contains("names of modules"));
    assert!(std::fs::read(out).unwrap() == packed("1"));
    npbytes(["retarget", out, "--numpy", "2.4.6", "--in-place", "-q"]).good();
    assert!(std::fs::read(out).unwrap() == packed("2"));
    // A member that is to be a pickle, and is none.
    let mut writer = Writer::new(Cursor::new(Vec::new()), &WriteOptions::default()).unwrap();
    writer.add_bytes("a.pkl", b"hello world", Compression::None).unwrap();
    let path = folder.file("bad.zip", writer.finish().unwrap().into_inner().as_slice());
    npbytes(["retarget", path.to_str().unwrap(), "--numpy", "1.26", "-o", out])
        .failed(&["bad.zip::a.pkl: this is no pickle"]);
}

#[test]
fn nothing_is_written_under_the_name_of_a_compressed_file() {
    let folder = Folder::new();
    let out = folder.path("out.pkl.gz");
    npbytes([
        "retarget",
        &pickle_file("tree2.pkl"),
        "--numpy",
        "1.26",
        "-o",
        out.to_str().unwrap(),
    ])
    .failed(&["is not compressed, and .gz says it is", "out.pkl\n"]);
    assert!(!out.exists());
}
