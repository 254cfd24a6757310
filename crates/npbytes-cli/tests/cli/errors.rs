//! Wrong, truncated and hostile inputs: the file, the cause, the place, what to do.

use crate::{Folder, archive, line, npbytes, npbytes_with, npy, pickle_file, run, sample};

/// A header of version 1.0 without padding.
fn header(text: &str) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
    file
}

/// Each file, and what the messages of `info`, `show` and `convert` say of it. NumPy refuses them all
/// with `np.load(file, allow_pickle=False)`.
#[test]
fn bad_files_are_refused_by_every_subcommand() {
    let cases: Vec<(&str, Vec<u8>, &[&str])> = vec![
        ("empty.npy", b"".to_vec(), &["expected a .npy file, found no bytes at all"]),
        (
            "text.npy",
            b"1 2 3\n4 5 6\n".to_vec(),
            &["expected a .npy file", "|1 2 3.4 5 6.|", "--from raw --dtype"],
        ),
        ("magic.npy", b"\x93NUM".to_vec(), &["the input ends inside the .npy header"]),
        (
            "version.npy",
            b"\x93NUMPY\x04\x00rest".to_vec(),
            &[
                "found 4.0 (at byte 6)",
                "93 4e 55 4d 50 59 04 00",
                "                              ^^\n",
            ],
        ),
        (
            "short.npy",
            sample("grid.npy")[..100].to_vec(),
            &["the input ends inside the .npy header: expected 128 bytes, found 100 (at byte 100)"],
        ),
        (
            "cut.npy",
            sample("grid.npy")[..150].to_vec(),
            &[
                "ends inside the array data: expected 96 bytes, found 22 (at byte 150)",
                "the header promises (3, 4) of float64",
            ],
        ),
        (
            "huge.npy",
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(),
            &["the limit `header_bytes` is 10000", "--max-header 4294967295"],
        ),
        (
            "key.npy",
            header("{'descr': '<f8', 'fortran_order': False, 'shap': (1,)}\n"),
            &["not a .npy header", "'shap'"],
        ),
        (
            "missing.npy",
            header("{'descr': '<f8', 'shape': (1,)}\n"),
            &["the key 'fortran_order' is missing"],
        ),
        (
            "negative.npy",
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}\n"),
            &["a dimension of -1", "help: "],
        ),
        (
            "overflow.npy",
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}\n"),
            &["more elements than memory can address"],
        ),
        (
            "claim.npy",
            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1073741824,), }", b"few"),
            &["expected 8589934592 bytes, found 3"],
        ),
        (
            "open.npy",
            header("{'descr': '<f8\n"),
            &["not a Python literal", "  {'descr': '<f8\n            ^\n"],
        ),
        (
            "deep.npy",
            header(&format!("{}\n", "[".repeat(5000))),
            &["the limit `depth` is 200", "no deeper than 200"],
        ),
        (
            "code.npy",
            header(
                "{'descr': __import__('os').system('true'), 'fortran_order': False, 'shape': ()}\n",
            ),
            &["not a Python literal", "            ^\n"],
        ),
        (
            "dtype.npy",
            header("{'descr': '<f3', 'fortran_order': False, 'shape': ()}\n"),
            &["not a dtype", "'<f3'"],
        ),
        (
            "escape.npy",
            header("{'descr': '\x1b[31m<f3', 'fortran_order': False, 'shape': ()}\n"),
            &["not a dtype"],
        ),
        (
            "utf8.npy",
            b"\x93NUMPY\x03\x00\x04\x00\x00\x00{'\xff'".to_vec(),
            &["not UTF-8 (at byte 14)", "ff"],
        ),
    ];
    let folder = Folder::new();
    let target = folder.path("out.npy");
    for (name, bytes, words) in cases {
        let path = folder.file(name, &bytes);
        let path = path.to_str().unwrap();
        for args in [
            vec!["info", path],
            vec!["show", path],
            vec!["convert", path, target.to_str().unwrap()],
        ] {
            let run = npbytes(&args).failed(words).failed(&[&format!("error: {path}: ")]);
            assert!(!run.err.contains('\x1b'), "{args:?}: {}", run.err);
            let help = run.err.lines().filter(|line| line.starts_with("error: ")).count();
            assert_eq!(help, 1, "one message: {}", run.err);
        }
        // The same from a pipe; the end of one is not known before it is read.
        if name != "empty.npy" && name != "text.npy" && name != "magic.npy" {
            npbytes_with(&bytes, ["show", "-"]).failed(words).failed(&["error: standard input: "]);
        }
    }
    assert!(!target.exists());
}

#[test]
fn limits_can_be_raised() {
    let folder = Folder::new();
    // np.load(file, max_header_size=20000)
    let text = format!(
        "{{'descr': '<i2', 'fortran_order': False, 'shape': (1,){}}}\n",
        " ".repeat(15_000)
    );
    let mut file = header(&text);
    file.extend([1, 2]);
    let path = folder.file("long.npy", &file);
    let path = path.to_str().unwrap();
    line(&format!("show {path}")).failed(&["--max-header 15056"]);
    // print(np.frombuffer(b'\x01\x02', '<i2'))
    assert_eq!(line(&format!("show {path} --max-header 15056")).good().text(), "[513]\n");
    assert!(line(&format!("info {path} --max-header 20000")).good().text().contains("int16"));
    let text = format!(
        "{{'descr': {}'<i4'{}, 'fortran_order': False, 'shape': ()}}\n",
        "[('a', ".repeat(30),
        ")]".repeat(30)
    );
    let mut file = header(&text);
    file.extend([1, 0, 0, 0]);
    let path = folder.file("deep.npy", &file);
    let path = path.to_str().unwrap();
    line(&format!("info {path} --max-depth 20")).failed(&["--max-depth"]);
    line(&format!("info {path}")).good();
}

#[test]
fn files_that_are_none() {
    line("info missing.npy").failed(&["error: missing.npy: No such file or directory"]);
    line("show .").failed(&["error: .: is a directory", "help: name the files in it: './*.npy'"]);
    line("info expected").failed(&["'expected/*.npy'"]);
}

#[test]
fn usage_is_checked() {
    line("").code_is(2, "Usage: npbytes");
    line("info").code_is(2, "<FILE>...");
    line("show grid.npy --nonsense").code_is(2, "--nonsense");
    line("show grid.npy --order X").code_is(2, "[possible values: C, F]");
    line("grid.npy").code_is(2, "help: to look at the file: npbytes info grid.npy");
    line("show grid.npy --full --threshold 3").code_is(2, "cannot be used with");
    line("show digit.bin -d i8 --offset 12z").code_is(2, "--offset");
    line("--version").good();
}

impl crate::Run {
    /// Checks the exit code and a part of the message.
    #[track_caller]
    fn code_is(self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{}", self.err);
        assert!(self.err.contains(words), "no {words:?} in:\n{}", self.err);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.file("secret.npy", &sample("grid.npy"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read all the same.
    if std::fs::read(&path).is_err() {
        line(&format!("show {}", path.to_str().unwrap()))
            .failed(&["secret.npy: Permission denied"]);
    }
}

#[test]
fn control_characters_in_names_do_not_reach_the_terminal() {
    let folder = Folder::new();
    let path = folder.file("a\x1b[31m.npy", b"x");
    let run = run(crate::command().args(["info".as_ref(), path.as_os_str()]));
    let run = run.failed(&["a\\u{1b}[31m.npy"]);
    assert!(!run.err.contains('\x1b'));
    let text = line(&format!(
        "show {} {} grid.npy -d u1 --from raw",
        path.to_str().unwrap(),
        path.to_str().unwrap()
    ));
    assert!(!text.good().text().contains('\x1b'));
}

#[test]
fn what_is_something_else_is_told_in_the_words_of_the_command() {
    let folder = Folder::new();
    let text = folder.file("a.txt", b"hello world, this is text\n");
    let text = text.to_str().unwrap();
    npbytes(["ls", text]).failed(&["no archive, no pickle and no message", "npbytes info"]);
    npbytes(["dis", text]).failed(&["this is no pickle", "npbytes info"]);
    let named = folder.file("a.pkl", b"hello world, this is text\n");
    npbytes(["show".as_ref(), named.as_os_str()]).failed(&["this is no pickle"]);
    for name in ["a.npy", "a.npz"] {
        let named = folder.file(name, b"hello world, this is text\n");
        npbytes(["info".as_ref(), named.as_os_str()]).failed(&["--from raw --dtype"]);
    }
    let out = folder.path("out.bin");
    npbytes(["convert", &pickle_file("objects2.npy"), out.to_str().unwrap()])
        .failed(&["written as .npy, .npz or .pkl"]);
    let packed = folder.file("a.npz.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0");
    let packed = packed.to_str().unwrap();
    for args in
        [vec!["append", packed, "x=grid.npy"], vec!["rm", packed, "x"], vec!["compact", packed]]
    {
        npbytes(&args).failed(&["compressed by gzip", "decompress it first"]);
    }
}

#[test]
fn damaged_members_are_no_other_files() {
    let folder = Folder::new();
    let mut bytes = std::fs::read(archive("named_packed.npz")).unwrap();
    let at = bytes.windows(5).position(|window| window == b"w.npy").unwrap() + 5 + 20;
    bytes[at] = 0xff;
    let path = folder.file("bad.npz", &bytes);
    let run = npbytes(["show", &format!("{}::w", path.to_str().unwrap())]);
    let run = run.failed(&["bad.npz::w: the deflated data is damaged", "of the archive", "help: "]);
    assert!(!run.err.contains("not a .npz archive"), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_not_writable_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let inner = folder.path("inner");
    std::fs::create_dir(&inner).unwrap();
    let set = |mode| {
        std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o555);
    // Root writes everywhere.
    if std::fs::write(inner.join("x"), b"").is_err() {
        let out = inner.join("a.npy");
        let run = npbytes(["convert", "grid.npy", out.to_str().unwrap()]);
        let run = run.failed(&["permission denied: no file can be made in the folder"]);
        assert!(!run.err.contains(".npbytes-"), "{}", run.err);
    }
    set(0o755);
}
