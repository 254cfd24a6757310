//! `scan`: verdicts, places, exit codes.

use crate::info::objects;
use crate::{Folder, Run, archive, npbytes, npbytes_with, pickle_bytes, pickle_file};

fn scan(names: &[&str]) -> Run {
    npbytes(["scan".to_owned()].into_iter().chain(names.iter().map(|name| pickle_file(name))))
}

#[test]
fn verdicts_have_exit_codes() {
    let cases = [
        ("grid_p0_1.pkl", "exactly NumPy data", 0),
        ("grid_p5_2.pkl", "exactly NumPy data", 0),
        ("masked2.pkl", "exactly NumPy data", 0),
        ("objects2.npz", "exactly NumPy data", 0),
        ("arrays2.pkl", "plain Python data", 0),
        ("python2_p2.pkl", "plain Python data", 0),
        ("mixed2.joblib", "plain Python data", 0),
        ("packed2.joblib", "plain Python data", 0),
        ("nested2.zip", "plain Python data", 0),
        ("tree2.pkl", "holds other objects", 1),
        ("tree1.joblib", "holds other objects", 1),
        ("frame2.pkl", "holds other objects", 1),
    ];
    for (name, words, code) in cases {
        let run = scan(&[name]);
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
        let first = run.text().lines().next().unwrap();
        assert_eq!(first, format!("{}: {words}", pickle_file(name)));
    }
    let run = npbytes(["scan", "grid.npy", "model.npz"]).good();
    assert_eq!(run.text(), "grid.npy: no pickle in it\nmodel.npz: no pickle in it\n");
}

/// Each with the class that Python would need; offsets are those of pickletools.dis.
#[test]
fn findings_have_names_and_offsets() {
    let folder = Folder::new();
    // pickle.dumps(type('E', (), {'__reduce__': lambda self: (os.system, ('id',))})(), 0)
    let evil = b"cposix\nsystem\np0\n(Vid\np1\ntp2\nRp3\n.";
    let path = folder.file("evil.pkl", evil);
    let run = npbytes(["scan".as_ref(), path.as_os_str()]);
    assert_eq!(run.code, Some(3));
    assert!(
        run.text()
            .contains("would run: posix.system, named at offset 0, called by REDUCE at offset 29"),
        "{}",
        run.text()
    );
    let run = scan(&["tree2.pkl"]);
    assert!(run.text().contains("sklearn.tree._tree.Tree, named at offset "), "{}", run.text());
}

#[test]
fn all_files_are_looked_at_and_the_highest_code_counts() {
    let folder = Folder::new();
    let cut = &pickle_bytes("arrays2.pkl")[..100];
    folder.file("a.pkl", cut);
    folder.file("b.pkl", b"cos\nsystem\n(S'id'\ntR.");
    folder.file("c.pkl", &pickle_bytes("grid_p4_2.pkl"));
    folder.file("d.pkl", &pickle_bytes("tree2.pkl"));
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let run = npbytes(["scan", &path("missing.pkl"), &path("*.pkl")]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let verdicts: Vec<&str> = run
        .text()
        .lines()
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.rsplit(": ").next().unwrap())
        .collect();
    assert_eq!(
        verdicts,
        ["unreadable", "would run code", "exactly NumPy data", "holds other objects"]
    );
    assert!(run.err.contains("missing.pkl: No such file"), "{}", run.err);
    let code = |names: &[&str]| {
        let names = names.iter().map(|name| path(name));
        let run = npbytes(["scan".to_owned(), "--quiet".to_owned()].into_iter().chain(names));
        assert!(run.out.is_empty(), "{run:?}");
        run.code
    };
    assert_eq!(code(&["c.pkl"]), Some(0));
    assert_eq!(code(&["c.pkl", "d.pkl"]), Some(1));
    assert_eq!(code(&["d.pkl", "a.pkl"]), Some(2));
    assert_eq!(code(&["b.pkl", "a.pkl", "c.pkl"]), Some(3));
    assert_eq!(code(&["missing.pkl"]), Some(2));
}

#[test]
fn json_is_an_object_a_line() {
    let run = npbytes([
        "scan",
        "--json",
        "missing.pkl",
        &pickle_file("tree2.pkl"),
        &pickle_file("stream2.pkl"),
        &pickle_file("nested2.zip"),
    ]);
    assert_eq!(run.code, Some(2));
    let told = objects(&run);
    assert_eq!(told.len(), 4);
    assert_eq!(told[0]["verdict"], "unreadable");
    assert!(told[0]["error"]["message"].as_str().unwrap().contains("No such file"));
    assert_eq!((&told[1]["verdict"], &told[1]["harmless"]), (&"other".into(), &false.into()));
    let finding = &told[1]["findings"][0];
    for key in ["member", "pickle", "kind", "name", "usage", "named_at", "used_at", "reason"] {
        assert!(finding.get(key).is_some(), "{key}");
    }
    let pickles = &told[2]["parts"][0]["pickles"];
    assert_eq!((&pickles[0]["offset"], &pickles[1]["offset"]), (&0.into(), &198.into()));
    let parts = told[3]["parts"].as_array().unwrap();
    assert_eq!(parts[0]["member"], "data.pkl");
    assert_eq!(told[3]["harmless"], true);
}

#[test]
fn standard_input_and_members_are_scanned() {
    let run = npbytes_with(&pickle_bytes("tree2.pkl"), ["scan", "-"]);
    assert_eq!(run.code, Some(1));
    assert!(run.text().starts_with("standard input: holds other objects\n"));
    let run = npbytes_with(b"", ["scan", "-"]);
    assert_eq!(run.code, Some(2));
    assert!(run.text().starts_with("standard input: unreadable\n"), "{run:?}");
    let run = scan(&["nested2.zip::data.pkl"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    scan(&["nested2.zip::nothing"]).failed(&["no member named \"nothing\""]);
    // What ends a line, or speaks to a terminal, stays one line of text.
    let run = npbytes_with(b"cos\x1b[31m\nsys\x1b[0mtem\n(tR.", ["scan", "--from", "pickle", "-"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(!run.text().contains('\x1b'), "{run:?}");
}

/// The verdict, `--json` and the exit code say the same.
#[test]
fn verdicts_and_exit_codes_agree() {
    let folder = Folder::new();
    // The start of a PNG: NEWFALSE, a persistent id, and no opcode.
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    let joblib = pickle_bytes("mixed2.joblib");
    let packed = pickle_bytes("packed2.joblib");
    // A class, and an argument that is cut off.
    let tree = b"csklearn.tree._tree\nTree\nq\0(K\x01X";
    let cases: [(&str, &[u8]); 5] = [
        ("a.png", png),
        ("cut.joblib", &joblib[..joblib.len() / 2]),
        ("cut_packed.joblib", &packed[..packed.len() / 2]),
        ("cut.pkl", tree),
        ("empty.npy", b""),
    ];
    for (name, bytes) in cases {
        let path = folder.file(name, bytes);
        let path = path.to_str().unwrap();
        let run = npbytes(["scan", path]);
        assert_eq!(run.code, Some(2), "{name}: {run:?}");
        assert_eq!(run.text().lines().next(), Some(&*format!("{path}: unreadable")), "{name}");
        let run = npbytes(["scan", "--json", path]);
        assert_eq!(run.code, Some(2), "{name}: {run:?}");
        assert_eq!(objects(&run)[0]["verdict"], "unreadable", "{name}");
    }
    // Other objects in what is broken are named all the same.
    let run = npbytes(["scan".as_ref(), folder.path("cut.pkl").as_os_str()]);
    assert!(run.text().contains("sklearn.tree._tree.Tree"), "{}", run.text());
}

#[test]
fn archives_without_members_hold_no_pickle() {
    let run = npbytes(["scan", &archive("none.npz")]).good();
    assert!(run.text().ends_with("none.npz: no pickle in it\n"), "{}", run.text());
    let run = npbytes(["scan", "--json", &archive("none.npz")]).good();
    assert_eq!(objects(&run)[0]["harmless"], true);
}
