//! `info`, `ls` and `show` of pickles: what Python, NumPy, joblib, scikit-learn and pandas wrote.
//!
//! The files and the texts beside them were made by `tests/data/pickles/make.py` and `make_python2.py`.

use crate::info::{objects, value};
use crate::{Folder, line, npbytes, npbytes_with, npy, pickle_bytes, pickle_file, pickle_text};

/// A command line in which words in braces are recorded pickles.
fn with_files(text: &str) -> crate::Run {
    let words = crate::words(text).into_iter().map(|word| match word.split_once('}') {
        Some((name, rest)) => format!("{}{rest}", pickle_file(name.trim_start_matches('{'))),
        None => word,
    });
    npbytes(words)
}

#[test]
fn texts_are_those_of_python_and_numpy() {
    // print(repr(pickle.load(file))), print(pickle.load(file))
    let reprs = ["values2", "arrays2", "objects2", "lines2", "masked2", "floats2", "scalar2"];
    for name in reprs.into_iter().chain(["strings2"]) {
        let run = with_files(&format!("show --repr {{{name}.pkl}}")).good();
        assert_eq!(run.text(), pickle_text(&format!("{name}.repr.txt")), "{name}");
    }
    let texts = ["objects2", "lines2", "masked2", "floats2", "strings2", "scalar2", "recarray2"];
    for name in texts.into_iter().chain(["summary2"]) {
        let run = with_files(&format!("show {{{name}.pkl}}")).good();
        assert_eq!(run.text(), pickle_text(&format!("{name}.str.txt")), "{name}");
    }
    // The same array of objects in each encoding.
    for file in ["{objects2.npy}", "{objects1.npy}", "{objects1.pkl}", "{objects2.npz}::objects"] {
        let run = with_files(&format!("show {file}")).good();
        assert_eq!(run.text(), pickle_text("objects2.str.txt"), "{file}");
    }
}

#[test]
fn every_protocol_is_the_same_array() {
    // print(np.arange(6.0).reshape(2, 3))
    let expected = "[[0. 1. 2.]\n [3. 4. 5.]]\n";
    for major in [1, 2] {
        for protocol in 0..6 {
            let name = format!("grid_p{protocol}_{major}.pkl");
            assert_eq!(with_files(&format!("show {{{name}}}")).good().text(), expected, "{name}");
            let run = npbytes_with(&pickle_bytes(&name), ["show", "-"]).good();
            assert_eq!(run.text(), expected, "{name}");
            let run = with_files(&format!("info {{{name}}}")).good();
            // Protocol 1 does not say its number.
            let named = if protocol == 1 { 0 } else { protocol };
            assert_eq!(value(&run, "encoding"), format!("pickle, protocol {named}"));
            assert_eq!(value(&run, "shape"), "(2, 3), 6 elements");
            let core = if major == 1 { "before 2.0" } else { "2.0 or later" };
            assert!(value(&run, "numpy").starts_with(core), "{name}");
        }
    }
}

#[test]
fn arrays_are_listed_by_their_paths() {
    // The paths lead to them in Python: model.tree_.__getstate__()['nodes'], for one.
    let run = with_files("ls {tree2.pkl}").good();
    let rows: Vec<Vec<&str>> =
        run.text().lines().skip(1).map(|row| row.split("  ").collect()).collect();
    let paths: Vec<&str> = rows.iter().map(|row| *row.last().unwrap()).collect();
    assert_eq!(paths, [".classes_", ".tree_.__args__[1]", ".tree_.nodes", ".tree_.values"]);
    for (path, expected) in [
        // print(TREE.classes_), print(TREE.tree_.n_node_samples), print(TREE.tree_.value[0])
        (".classes_", "[0 1]\n"),
        (".tree_.nodes --field n_node_samples", "[4 1 3 1 2]\n"),
        (".tree_.values --slice 0", "[[0.5 0.5]]\n"),
        // print(TREE.max_depth), print(TREE.criterion)
        (".max_depth", "2\n"),
        (".criterion", "gini\n"),
    ] {
        for file in ["tree1.pkl", "tree2.pkl", "tree1.joblib", "tree2.joblib"] {
            let run = with_files(&format!("show {{{file}}}::{path}")).good();
            assert_eq!(run.text(), expected, "{file} {path}");
        }
    }
    let run = with_files("ls --json {arrays2.pkl}").good();
    let listed = &objects(&run)[0];
    assert_eq!(listed["encoding"], "pickle");
    let member = |index: usize| &listed["members"][index];
    assert_eq!((&member(0)["key"], &member(1)["key"]), (&"['w']".into(), &"['b'][0]".into()));
    assert_eq!(member(0)["array"]["shape"], serde_json::json!([2, 3]));
    assert_eq!(member(1)["array"]["dtype"], "int16");
    let at = usize::try_from(member(1)["data_offset"].as_u64().unwrap()).unwrap();
    assert_eq!(pickle_bytes("arrays2.pkl")[at..at + 6], [0, 0, 1, 0, 2, 0]);
    // A name alone is a key.
    for path in ["['b'][0]", "[\"b\"][0]", "b[0]"] {
        let run = npbytes(["show", &format!("{}::{path}", pickle_file("arrays2.pkl"))]).good();
        assert_eq!(run.text(), "[0 1 2]\n", "{path}");
    }
    // repr(frame._mgr) names no paths; that its numbers are there is what counts.
    let run = with_files("ls {frame2.pkl}").good();
    assert_eq!(run.text().lines().filter(|row| row.contains("(1, 2)")).count(), 2);
}

#[test]
fn what_a_pickle_is_is_said() {
    let run = with_files("info {tree2.pkl}").good();
    assert_eq!(value(&run, "encoding"), "pickle, protocol 4");
    assert_eq!(value(&run, "root"), "sklearn.tree._classes.DecisionTreeClassifier");
    assert_eq!(value(&run, "arrays"), "4");
    assert!(run.text().contains("object    sklearn.tree._tree.Tree\n"), "{}", run.text());
    let run = with_files("info {arrays2.pkl}").good();
    assert_eq!(value(&run, "root"), "dict of 4 items");
    assert!(!run.text().contains("object "), "{}", run.text());
    let run = with_files("info {plain2.pkl}").good();
    assert_eq!((value(&run, "root"), value(&run, "arrays")), ("dict of 2 items", "0"));
    let run = with_files("info {stream2.pkl}").good();
    assert_eq!(value(&run, "stream"), "1 more pickle behind it");
    assert_eq!(value(&run, "trailing"), "17 bytes");
    let run = with_files("info {recarray2.pkl}").good();
    assert_eq!(value(&run, "class"), "recarray");
    // np.arange(24).reshape(2, 3, 4).transpose(1, 0, 2)
    assert_eq!(value(&with_files("info {orders2.pkl}").good(), "shape"), "(3, 2, 4), 24 elements");
    let run = with_files("info --json {packed2.joblib} {tree2.pkl}").good();
    let told = objects(&run);
    assert_eq!(told[0]["compression"], serde_json::json!(["zlib"]));
    assert_eq!(told[0]["pickle"]["numpy_modules"], serde_json::json!([]));
    let pickle = &told[1]["pickle"];
    assert_eq!(pickle["protocol"], 4);
    assert_eq!(pickle["length"], 1542);
    assert_eq!(pickle["arrays"], 4);
    assert_eq!(pickle["objects"][1]["name"], "sklearn.tree._tree.Tree");
    assert_eq!(pickle["numpy_modules"], serde_json::json!(["numpy._core"]));
}

#[test]
fn pickles_of_python_2_are_read() {
    // repr(pickle.load(file, encoding='latin1')), but for its str of bytes
    let expected = "[array([[0., 1., 2.],\n       [3., 4., 5.]]), 'caf\\xe9', 'caf\u{e9}', 3, 1099511627776, \
                    array(['ab', 'c'], dtype='|S2')]\n";
    for protocol in 0..3 {
        let run = with_files(&format!("show {{python2_p{protocol}.pkl}}")).good();
        let text = run.text().replace("array([b'ab', b'c']", "array(['ab', 'c']");
        assert_eq!(text, expected, "{protocol}");
        let run = with_files(&format!("show {{python2_p{protocol}.pkl}}::[0]")).good();
        assert_eq!(run.text(), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
    }
    assert_eq!(with_files("show {python2_objects.npy}").good().text(), "['one' 'two' None]\n");
}

#[test]
fn joblib_and_archives_hold_pickles_too() {
    assert_eq!(with_files("show {mixed2.joblib}::x").good().text(), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
    assert_eq!(
        with_files("show {mixed2.joblib}::o").good().text(),
        pickle_text("objects2.str.txt")
    );
    assert_eq!(with_files("show {packed2.joblib}::x").good().text(), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
    assert_eq!(with_files("show {nested2.zip}::data.pkl::b[0]").good().text(), "[0 1 2]\n");
    let run = with_files("ls {nested2.zip}::data.pkl").good();
    assert!(run.text().ends_with("int16    (3,)        6  ['b'][0]\n"), "{}", run.text());
    let run = with_files("info {nested2.zip}::data.pkl").good();
    assert_eq!(value(&run, "root"), "dict of 4 items");
    // print(OBJECTS[4]['k'])
    let part = pickle_file("objects2.npz::objects::[4]['k']");
    assert_eq!(npbytes(["show", &part]).good().text(), "b'v'\n");
    assert_eq!(with_files("show {objects2.npy}::[3]").good().text(), "[1, 2]\n");
    with_files("show {nested2.zip}::note.txt::x").failed(&["note.txt"]);
    with_files("show {objects2.npz}::grid::x").failed(&["a path such as \"x\" is one in a pickle"]);
    let packed = Folder::new();
    let file = packed.file("a.pkl.gz", &gzip(&pickle_bytes("arrays2.pkl")));
    let run = npbytes(["show".into(), format!("{}::w", file.to_str().unwrap())]).good();
    assert_eq!(run.text(), "[[0. 1. 2.]\n [3. 4. 5.]]\n");
}

/// gzip of bytes that are stored, one block.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01".to_vec();
    let len = u16::try_from(bytes.len()).unwrap();
    file.extend(len.to_le_bytes());
    file.extend((!len).to_le_bytes());
    file.extend(bytes);
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    file.extend((!crc).to_le_bytes());
    file.extend(u32::from(len).to_le_bytes());
    file
}

#[test]
fn buffers_beside_a_pickle_are_handed_in() {
    let run = with_files("show {outside2.pkl}").failed(&["out-of-band buffer 0"]);
    assert!(run.err.contains("--buffers"), "{}", run.err);
    let folder = pickle_file("buffers");
    let run = npbytes(["show", &pickle_file("outside2.pkl"), "--buffers", &folder]).good();
    // repr({"x": np.arange(6.0).reshape(2, 3), "y": np.arange(3)})
    assert_eq!(
        run.text(),
        "{'x': array([[0., 1., 2.],\n       [3., 4., 5.]]), 'y': array([0, 1, 2])}\n"
    );
}

#[test]
fn paths_that_lead_nowhere_name_what_there_is() {
    with_files("show {tree2.pkl}::.tree_.leaves").failed(&[
        "tree2.pkl",
        ".tree_ has no .leaves",
        ".nodes",
    ]);
    with_files("show {arrays2.pkl}::[7]").failed(&["has no [7]", "['w']"]);
    with_files("show {arrays2.pkl}::.").failed(&["no step of a path"]);
    with_files("info {arrays2.pkl}::name").failed(&["expected an array, found str"]);
    with_files("convert {arrays2.pkl}::name - --to raw").failed(&["expected an array, found str"]);
    with_files("convert {plain2.pkl} - --to raw").failed(&["found dict, and no array is in it"]);
    with_files("convert {arrays2.pkl} - --to npy")
        .failed(&["a pickle of 2 arrays: say which", "they are: ['w'], ['b'][0]"]);
}

/// Wrong, cut and hostile files: each is refused with the place, and none is run.
#[test]
fn broken_pickles_are_refused() {
    let folder = Folder::new();
    let whole = pickle_bytes("tree2.pkl");
    let bomb: Vec<u8> = [&b"\x80\x04]\x94("[..], &b"h\x00".repeat(100_000), b"e."].concat();
    let mut claim = b"\x80\x04\x8e".to_vec();
    claim.extend(u64::MAX.to_le_bytes());
    let files: [(&str, &[u8], &[&str]); 5] = [
        ("empty.pkl", b"", &["the input ends inside the pickle", "(at byte 0)"]),
        ("cut.pkl", &whole[..700], &["ends inside an opcode's argument", "the pickle was cut"]),
        ("text.pkl", b"hello world\n", &["in the pickle", "(at byte "]),
        ("no.pkl", b"\x80\x04\xff.", &["is no opcode (at byte 2)"]),
        ("claim.pkl", &claim, &["expected 18446744073709551615 bytes, found 0"]),
    ];
    for (name, bytes, words) in files {
        let path = folder.file(name, bytes);
        let path = path.to_str().unwrap();
        for command in ["info", "show", "ls"] {
            let run = line(&format!("{command} {path}")).failed(words);
            assert!(run.err.len() < 4096, "{name}: {}", run.err);
        }
        line(&format!("convert {path} {path}.npy")).failed(words);
    }
    // Lists in one another, a hundred thousand deep.
    let deep = [&b"]".repeat(100_000)[..], &b"a".repeat(99_999), b"."].concat();
    let path = folder.file("deep.pkl", &deep);
    let run = line(&format!("show {}", path.to_str().unwrap())).good();
    assert_eq!(run.text().len(), 200_001);
    let run = line(&format!("ls {} --max-pickle-depth 1000", path.to_str().unwrap()));
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.text().contains("raise the limit: --max-pickle-depth 1001"), "{}", run.text());
    // A list that holds itself a hundred thousand times: shown as Python shows it.
    let path = folder.file("cycle.pkl", &bomb);
    let run = line(&format!("show {}", path.to_str().unwrap())).good();
    assert!(run.text().starts_with("[[...], [...], "), "{}", &run.text()[..60]);
    // Lists that double: 2^40 values, of which as many are shown as is allowed.
    let mut laughs = b"\x80\x04]\x94K\x01a".to_vec();
    for level in 0..40_u8 {
        laughs.extend([b']', 0x94, b'(', b'h', level, b'h', level, b'e']);
    }
    laughs.push(b'.');
    let path = folder.file("laughs.pkl", &laughs);
    let path = path.to_str().unwrap();
    line(&format!("show {path} --max-elements 5000")).failed(&["limit", "--max-elements"]);
    line(&format!("info {path}")).good();
    line(&format!("info {path} --max-pickle-items 3")).failed(&["--max-pickle-items"]);
}

#[test]
fn nothing_is_run() {
    let folder = Folder::new();
    let mark = folder.path("mark");
    let code = format!("cos\nsystem\n(S'touch {}'\ntR.", mark.to_str().unwrap());
    let path = folder.file("evil.pkl", code.as_bytes());
    let path = path.to_str().unwrap();
    assert!(line(&format!("show {path}")).good().text().starts_with("<os.system('touch "));
    for command in ["info", "ls", "dis"] {
        line(&format!("{command} {path}")).good();
    }
    assert_eq!(line(&format!("scan {path}")).code, Some(3));
    let copy = folder.path("copy.pkl");
    line(&format!("convert {path} {}", copy.to_str().unwrap())).good();
    assert!(!mark.exists());
}

#[test]
fn what_follows_a_pickle_or_an_array_is_told() {
    let file = pickle_file("stream2.pkl");
    let more = "17 bytes follow the pickle, with 1 more pickle, at --offset 198";
    for command in ["ls", "show"] {
        let run = npbytes([command, &file]);
        assert_eq!(run.code, Some(0), "{command}: {run:?}");
        assert_eq!(run.err, format!("note: {file}: {more}\n"), "{command}");
        npbytes([command, &file, "--offset", "198"]).good();
    }
    let folder = Folder::new();
    let zeros = b"\0\0\0\0\0\0\0\0";
    let one = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", zeros);
    let two = folder.file("two.npy", &[one.as_slice(), &one].concat());
    let run = npbytes(["show".as_ref(), two.as_os_str()]);
    assert_eq!((run.code, run.text()), (Some(0), "[0.]\n"));
    assert!(
        run.err.ends_with("136 bytes follow the array; a further one is at --offset 136\n"),
        "{}",
        run.err
    );
    npbytes(["show".as_ref(), two.as_os_str(), "--offset".as_ref(), "136".as_ref()]).good();
}

#[test]
fn missing_buffers_are_no_damage() {
    let file = pickle_file("outside2.pkl");
    let folder = Folder::new();
    let empty = folder.path("");
    let empty = empty.to_str().unwrap();
    let run = npbytes(["ls", &file]);
    assert!(run.text().contains("--buffers") && !run.text().contains("damaged"), "{run:?}");
    let run = npbytes(["ls", &file, "--buffers", &pickle_file("buffers")]).good();
    assert!(run.text().contains("['x']") && run.text().contains("['y']"), "{}", run.text());
    let run = npbytes(["ls", &file, "--buffers", empty]);
    assert!(run.text().contains("holds 0 buffers"), "{run:?}");
    // Nothing is printed before it fails.
    let run = npbytes(["show", &file, "--buffers", empty]).failed(&["holds 0 buffers"]);
    assert_eq!(run.text(), "");
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    npbytes(["convert", &file, out, "--buffers", empty]).failed(&["holds 0 buffers"]);
    npbytes(["convert", &file, out]).failed(&["the out-of-band buffer 0", "--buffers"]);
}

/// A pickle that is converted to a pickle stays one of its protocol.
#[test]
fn protocols_are_kept() {
    let folder = Folder::new();
    let out = folder.path("out.pkl");
    let out = out.to_str().unwrap();
    for protocol in 0..6 {
        let name = format!("grid_p{protocol}_2.pkl");
        npbytes(["convert", &pickle_file(&name), out]).good();
        assert!(std::fs::read(out).unwrap() == pickle_bytes(&name), "{name}");
    }
    npbytes(["convert", &pickle_file("arrays_p2_2.pkl"), out]).good();
    assert!(std::fs::read(out).unwrap() == pickle_bytes("arrays_p2_2.pkl"));
    npbytes(["convert", &pickle_file("arrays_p2_2.pkl"), out, "--numpy", "1.26.4"]).good();
    assert!(std::fs::read(out).unwrap() == pickle_bytes("arrays_p2_1.pkl"));
    let buffers = pickle_file("buffers");
    npbytes(["convert", &pickle_file("outside2.pkl"), out, "--buffers", &buffers]).good();
    assert_eq!(std::fs::read(out).unwrap().get(..2), Some(b"\x80\x05".as_slice()));
    // What is no pickle by itself has none to keep.
    npbytes(["convert", &pickle_file("objects1.npy"), out, "--numpy", "1.26.4"]).good();
    assert_eq!(std::fs::read(out).unwrap().get(..2), Some(b"\x80\x04".as_slice()));
}
