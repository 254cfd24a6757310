//! `dis`: listings, beside those of Python's pickletools.

use crate::{Folder, command, npbytes, npbytes_with, pickle_bytes, pickle_file, pickle_text, run};

#[test]
fn plain_listings_are_those_of_pickletools() {
    for name in ["tree2.pkl", "arrays_p2_2.pkl", "grid_p0_2.pkl", "grid_p5_2.pkl", "objects2.npy"] {
        let run = npbytes(["dis", "--plain", &pickle_file(name)]).good();
        assert_eq!(run.text(), pickle_text(&format!("{name}.dis.txt")), "{name}");
    }
}

#[test]
fn parts_of_numpy_are_named() {
    let run = npbytes(["dis", &pickle_file("grid_p4_2.pkl")]).good();
    for words in ["numpy._core.multiarray._reconstruct", "dtype float64", "array (2, 3) float64"] {
        assert!(run.text().contains(words), "{words}: {}", run.text());
    }
    let run = npbytes(["dis", &pickle_file("mixed2.joblib")]).good();
    assert!(run.text().contains("joblib: raw array data, 48 bytes"), "{}", run.text());
}

#[test]
fn pickles_inside_of_files_have_their_offsets() {
    let npy = npbytes(["dis", &pickle_file("objects2.npy")]).good();
    assert!(npy.text().starts_with("  128: \\x80 PROTO      4\n"), "{}", npy.text());
    let member = npbytes(["dis", &format!("{}::objects", pickle_file("objects2.npz"))]).good();
    assert_eq!(member.text(), npy.text());
    let zip = npbytes(["dis", &format!("{}::data.pkl", pickle_file("nested2.zip"))]).good();
    assert_eq!(zip.text(), npbytes(["dis", &pickle_file("arrays2.pkl")]).good().text());
    let stream = npbytes(["dis", &pickle_file("stream2.pkl")]).good();
    assert!(stream.text().contains("\npickle 2 of the stream, at byte 198\n  198: \\x80 PROTO"));
    let second = npbytes(["dis", &pickle_file("stream2.pkl"), "--offset", "198"]).good();
    assert!(stream.text().ends_with(second.text()));
    let first = npbytes(["dis", "--plain", &pickle_file("stream2.pkl")]);
    assert!(first.err.contains("17 bytes follow the pickle, at byte 198"), "{}", first.err);
    npbytes(["dis", "grid.npy"]).failed(&["no pickle in it: its elements are float64"]);
    npbytes(["dis", "model.npz"]).failed(&["one member is to be named"]);
    npbytes(["dis", &pickle_file("stream2.pkl"), "--offset", "9999"]).failed(&["has 215"]);
}

#[test]
fn broken_pickles_are_listed_up_to_the_broken_place() {
    let folder = Folder::new();
    let whole = pickle_bytes("tree2.pkl");
    let path = folder.file("cut.pkl", &whole[..700]);
    let run = npbytes(["dis".as_ref(), path.as_os_str()]).failed(&[
        "the input ends inside",
        "(at byte 700)",
        "the pickle was cut",
    ]);
    let listed = run.text();
    let good = npbytes(["dis", "--plain", &pickle_file("tree2.pkl")]).good();
    // All lines that there is enough of, each at its offset.
    for (broken, sound) in listed.lines().zip(good.text().lines()) {
        assert_eq!(broken.split_whitespace().next(), sound.split_whitespace().next());
    }
    let last = listed.lines().last().unwrap();
    let offset: usize = last.trim_start().split(':').next().unwrap().parse().unwrap();
    assert!((650..700).contains(&offset), "{last}");
    npbytes_with(b"", ["dis", "-"]).failed(&["the input ends inside the pickle"]);
    let run = npbytes_with(b"\x80\x04]\xff.", ["dis", "-"]).failed(&["is no opcode (at byte 3)"]);
    assert!(run.text().starts_with("    0: \\x80 PROTO      4\n    2: ]    EMPTY_LIST"));
    assert_eq!(run.text().lines().count(), 2);
}

/// `npbytes dis a.pkl | head` ends when head does, without a word.
#[cfg(unix)]
#[test]
fn a_reader_that_had_enough_is_no_error() {
    let folder = Folder::new();
    let many = [&b"("[..], &b"K\x01".repeat(300_000), b"l."].concat();
    let path = folder.file("many.pkl", &many);
    let line =
        format!("'{}' dis '{}' | head -n 2", env!("CARGO_BIN_EXE_npbytes"), path.to_str().unwrap());
    let mut shell = assert_cmd::Command::new("sh");
    let out = run(shell.args(["-c", &line]).timeout(std::time::Duration::from_secs(60))).good();
    assert_eq!(out.text().lines().count(), 2);
    drop(command());
}
