//! Standard input, pipes that are closed, and colors.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::{
    Folder, command, expected, line, npbytes, npbytes_with, npy, run, sample, samples, words,
};

#[test]
fn standard_input_is_a_file_or_a_pipe() {
    for name in ["grid", "words", "scalar", "empty", "two"] {
        let file = format!("{name}.npy");
        let piped = npbytes_with(&sample(&file), ["show", "-"]).good();
        assert_eq!(piped.text(), expected(name));
        let redirected =
            run(command().args(["show", "-"]).pipe_stdin(samples().join(&file)).unwrap());
        assert_eq!(redirected.good().text(), expected(name));
    }
    let file = std::fs::File::open(samples().join("two.npy")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_npbytes"))
        .args(["info", "-", "--json"])
        .stdin(file)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    // A file has a length and can be read anywhere, also as standard input.
    assert!(text.contains(r#""size":284"#) && text.contains(r#""start":140"#), "{text}");
    let second = npbytes_with(&sample("two.npy"), words("show - --offset 140")).good();
    assert_eq!(second.text(), expected("two.second"));
    npbytes_with(&sample("two.npy"), words("show - --offset 285"))
        .failed(&["--offset 285 is behind the end: there are 284 bytes"]);
    npbytes_with(b"", ["show", "-"]).failed(&["standard input", "the input is empty"]);
    let both = npbytes_with(&sample("flags.npy"), words("show scalar.npy -")).good();
    let text = format!(
        "==> scalar.npy <==\n{}\n==> standard input <==\n{}",
        expected("scalar"),
        expected("flags")
    );
    assert_eq!(both.text(), text);
}

#[test]
fn what_comes_behind_a_header_on_a_pipe_is_not_waited_for() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_npbytes"))
        .args(["info", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut input, &sample("grid.npy")[..128]).unwrap();
    // The pipe stays open: the answer must come all the same.
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
    assert!(text.contains("(3, 4), 12 elements"), "{text}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new();
    let zeros = vec![0; 1 << 21];
    let path = folder.file("zeros.bin", &zeros);
    let file = folder.file(
        "zeros.npy",
        &npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2097152,), }", &zeros),
    );
    let many = vec![samples().join("grid.npy").to_str().unwrap().to_owned(); 3000];
    let path = path.to_str().unwrap();
    let cases = [
        words(&format!("show {path} -d u1 --full")),
        words(&format!("convert {} - --to raw", file.to_str().unwrap())),
        words(&format!("convert {} - --to npy --slice ::2", file.to_str().unwrap())),
        words(&format!("convert {} - --to npz", file.to_str().unwrap())),
        words(&format!("convert {} - --to npz --slice ::2", file.to_str().unwrap())),
        [words("info"), many.clone()].concat(),
        [words("info --json"), many.clone()].concat(),
        [words("show"), many].concat(),
    ];
    for args in cases {
        let mut child = Command::new(env!("CARGO_BIN_EXE_npbytes"))
            .args(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        out.read_exact(&mut [0; 10]).unwrap();
        drop(out);
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let args = &args[..args.len().min(5)];
        assert_eq!((output.status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let many = vec!["grid.npy".to_owned(); 3000];
    let lines = [
        "show grid.npy",
        "info grid.npy",
        "info --json grid.npy",
        "convert grid.npy - --to raw",
        "convert grid.npy - --to npz",
        "convert model.npz - --to npz --compress fast",
        "ls model.npz",
        "ls --json model.npz",
        "info model.npz",
        "man",
        "completions bash",
    ];
    let cases = lines.map(words).into_iter().chain([[words("info"), many].concat()]);
    for args in cases {
        let output = Command::new(env!("CARGO_BIN_EXE_npbytes"))
            .args(&args)
            .current_dir(samples())
            .stdout(full())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let context = format!("{:?}: {err}", &args[..args.len().min(5)]);
        assert_eq!(output.status.code(), Some(2), "{context}");
        assert!(err.starts_with("error: standard output: No space left"), "{context}");
        assert_eq!(err.lines().count(), 1, "{context}");
    }
}

/// Nobody writes into it: whoever waits for that waits for ever.
#[cfg(unix)]
#[test]
fn archives_are_not_changed_on_pipes() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.to_str().unwrap();
    for args in [&["append", pipe, "grid.npy"][..], &["rm", pipe, "x"], &["compact", pipe]] {
        crate::npbytes(args).failed(&["changed in its file, not on a pipe"]);
    }
}

#[cfg(unix)]
#[test]
fn named_pipes_are_read_and_written() {
    let folder = Folder::new();
    let pipe = folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, sample("grid.npy")).unwrap()
    });
    assert_eq!(line(&format!("show {}", pipe.to_str().unwrap())).good().text(), expected("grid"));
    writer.join().unwrap();
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    line(&format!("convert grid.npy {} --to npy", pipe.to_str().unwrap())).good();
    assert_eq!(reader.join().unwrap(), sample("grid.npy"));

    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, sample("packed.npz")).unwrap()
    });
    let argument = format!("{}::bias", pipe.to_str().unwrap());
    assert_eq!(crate::npbytes(["show", &argument]).good().text(), expected("model.bias"));
    writer.join().unwrap();
    // An archive on a pipe is the one that NumPy writes there.
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    let one = crate::archive("one.npz");
    crate::npbytes(["convert", &one, pipe.to_str().unwrap(), "--to", "npz"]).good();
    let piped = reader.join().unwrap();
    assert_eq!(piped, std::fs::read(crate::archive("piped.npz")).unwrap());
}

#[cfg(unix)]
#[test]
fn names_need_not_be_unicode() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let path = folder.0.path().join(std::ffi::OsStr::from_bytes(b"gr\xffd.npy"));
    std::fs::write(&path, sample("flags.npy")).unwrap();
    let run = crate::npbytes(["show".as_ref(), path.as_os_str()]).good();
    assert_eq!(run.text(), expected("flags"));
    let run = crate::npbytes(["info".as_ref(), "--json".as_ref(), path.as_os_str()]).good();
    assert!(run.text().contains("gr\u{fffd}d.npy"));
}

/// Whether the two streams of a command line hold escapes.
fn colors(line: &str, environment: &[(&str, &str)]) -> (bool, bool) {
    let run = run(command().args(words(line)).envs(environment.iter().copied()));
    (run.out.contains(&0x1b), run.err.contains('\x1b'))
}

#[test]
fn colors_are_used_where_they_are_wanted() {
    let forced = [("CLICOLOR_FORCE", "1")];
    let line = "info grid.npy missing.npy";
    // Neither stream is a terminal.
    assert_eq!(colors(line, &[]), (false, false));
    assert_eq!(colors(line, &forced), (true, true));
    assert_eq!(colors(line, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), (false, false));
    let always = "--color always info grid.npy missing.npy";
    assert_eq!(colors(always, &[]), (true, true));
    // What was asked for on the command line counts more than the environment.
    assert_eq!(colors(always, &[("NO_COLOR", "1")]), (true, true));
    assert_eq!(colors("info --color=never grid.npy missing.npy", &forced), (false, false));
    assert_eq!(colors("info --color never --help", &forced), (false, false));
    assert_eq!(colors("info --help --color always", &[]), (true, false));
    assert_eq!(colors("info --color=never", &forced), (false, false), "wrong usage");
    // Data has no colors.
    assert_eq!(colors("show --color always grid.npy", &forced), (false, false));
    assert_eq!(colors("info --json --color always grid.npy", &forced), (false, false));
}

/// What follows is not read, where it may be endless.
#[cfg(unix)]
#[test]
fn a_count_ends_a_device() {
    for command in ["show", "info"] {
        let run = npbytes([command, "/dev/zero", "--dtype", "f8", "--count", "3"]).good();
        assert!(run.text().contains(if command == "show" { "[0. 0. 0.]" } else { "(3,)" }));
    }
    let short = npbytes_with(&[0; 20], ["show", "-", "--dtype", "f8", "--count", "3"]);
    short.failed(&["20"]);
}
