//! Files made to break a reader: each is refused with a message, in little time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::{Run, npbytes, workspace};

/// The attacks whose names end so.
fn attacks(ending: &str) -> Vec<(String, PathBuf)> {
    let folder = workspace("attacks");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(name, _)| name.ends_with(ending))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} holds no *{ending}", folder.display());
    files
}

/// Runs the command, which must refuse with a message that has something to say behind the subject.
#[track_caller]
fn refused(args: &[&str], subject: &str, code: i32) -> Run {
    let start = Instant::now();
    let run = npbytes(args);
    let context = format!("{} {subject}: {run:?}", args[0]);
    assert_eq!(run.code, Some(code), "{context}");
    if code == 2 {
        let message = run.err.lines().next().unwrap_or_default();
        let cause = message.strip_prefix("error: ").and_then(|rest| rest.split_once(subject));
        assert!(cause.is_some_and(|(_, cause)| cause.len() > 10), "{context}");
    }
    assert!(!run.err.contains("panicked") && !run.err.contains('\x1b'), "{context}");
    // A message is to be read: whatever the input is, it does not flood the terminal.
    assert!(run.err.len() < 4096 && run.out.len() < 4096, "{context}");
    assert!(start.elapsed() < Duration::from_secs(5), "{context}");
    run
}

#[test]
fn every_file_is_refused() {
    for (name, path) in attacks(".npy") {
        let path = path.to_str().unwrap();
        // What holds a pickle is read, but nothing in it is run.
        let is_pickle =
            ["dtype-object.npy", "dtype-object-in-field.npy", "pickle.npy"].contains(&&*name);
        let code = if is_pickle { 0 } else { 2 };
        refused(&["info", path], &name, code);
        refused(&["info", "--json", path], &name, code);
        let shown = refused(&["show", path], &name, code);
        refused(&["convert", path, "-", "--to", "raw"], &name, 2);
        if is_pickle {
            // It is shown as what it is: os.system is that of its module.
            assert!(shown.text().starts_with("[<posix.system('echo "), "{}", shown.text());
            let scanned = refused(&["scan", path], &name, 3);
            assert!(scanned.text().contains("would run: posix.system"), "{}", scanned.text());
        }
    }
}

/// Those of archives, should there be any, are listed as far as they go; nothing is written beside a folder.
#[test]
fn archives_do_no_harm() {
    let folder = crate::Folder::new();
    let names = std::fs::read_dir(workspace("attacks")).unwrap().map(|entry| entry.unwrap().path());
    for path in names.filter(|path| path.extension().is_some_and(|end| end == "npz")) {
        let inside = folder.path("inside");
        let (file, out) = (path.to_str().unwrap(), inside.to_str().unwrap());
        let target = folder.path("inside/out.npz");
        let lines = [
            vec!["info", file],
            vec!["ls", file],
            vec!["ls", "--check", "--json", file],
            vec!["show", file],
            vec!["convert", file, out],
            vec!["convert", file, target.to_str().unwrap()],
        ];
        std::fs::create_dir(&inside).unwrap();
        for args in lines {
            let start = Instant::now();
            let run = npbytes(&args);
            let context = format!("{args:?}: {run:?}");
            assert!(matches!(run.code, Some(0..=2)), "{context}");
            assert!(!run.err.contains("panicked") && !run.err.contains('\x1b'), "{context}");
            assert!(start.elapsed() < Duration::from_secs(20), "{context}");
        }
        std::fs::remove_dir_all(&inside).unwrap();
        assert_eq!(std::fs::read_dir(folder.path("")).unwrap().count(), 0, "{file}");
    }
}

#[test]
fn every_text_is_refused() {
    let text = |path| std::fs::read_to_string(path).unwrap();
    for (_, path) in attacks(".dtype.txt") {
        let flag = format!("--dtype={}", text(path));
        refused(&["show", "digit.bin", &flag], "--dtype", 2);
    }
    for (_, path) in attacks(".slice.txt") {
        let flag = format!("--slice={}", text(path));
        // An array of three axes, as the attacks expect.
        refused(&["show", "digit.bin", "--dtype=i2", "--shape=4,28,28", &flag], "", 2);
    }
}
