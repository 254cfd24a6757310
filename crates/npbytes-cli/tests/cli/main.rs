//! The command as its users meet it: what it prints, where, and with which exit code.
//!
//! What arrays look like was recorded from NumPy, in `samples/expected/` or as a literal with the line
//! of Python that made it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

mod arrow;
mod attacks;
mod convert;
mod dis;
mod edit;
mod errors;
mod info;
mod ls;
mod members;
mod messages;
mod pack;
mod pages;
mod pickled;
mod pickles;
mod raw;
mod retarget;
mod scan;
mod show;
mod streams;
mod unpack;
mod wrapped;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a run of the command came to.
struct Run {
    code: Option<i32>,
    out: Vec<u8>,
    err: String,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let out = String::from_utf8_lossy(&self.out);
        f.debug_struct("Run")
            .field("code", &self.code)
            .field("out", &out)
            .field("err", &self.err)
            .finish()
    }
}

impl Run {
    /// Standard output as text.
    fn text(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// The run, if it went well and had nothing to say.
    #[track_caller]
    fn good(self) -> Self {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        self
    }

    /// The run, if it failed with a message that says all of these.
    #[track_caller]
    fn failed(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{}", self.err);
        assert!(self.err.starts_with("error: "), "{}", self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        for word in words {
            assert!(self.err.contains(word), "no {word:?} in:\n{}", self.err);
        }
        self
    }
}

/// The command, with nothing of our own environment that would change what it prints.
fn command() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_npbytes"));
    command.current_dir(samples()).timeout(Duration::from_secs(60));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs the command in the folder of samples.
fn npbytes(args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    run(command().args(args))
}

/// Runs it with bytes on a pipe as standard input.
fn npbytes_with(input: &[u8], args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
    run(command().args(args).write_stdin(input))
}

fn run(command: &mut assert_cmd::Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of the workspace.
fn workspace(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn samples() -> PathBuf {
    workspace("samples")
}

/// The bytes of a sample.
fn sample(name: &str) -> Vec<u8> {
    let path = samples().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An archive that Python made, by `tests/data/make.py`.
fn archive(name: &str) -> String {
    workspace("crates/npbytes-cli/tests/data").join(name).to_str().unwrap().to_owned()
}

/// The path of a pickle that Python made, by `tests/data/pickles/make.py`.
fn pickle_file(name: &str) -> String {
    archive(&format!("pickles/{name}"))
}

/// The path of a message that msgpack-numpy made, by `tests/data/messages/make.py`.
fn message_file(name: &str) -> String {
    archive(&format!("messages/{name}.msgpack"))
}

/// Its bytes.
fn pickle_bytes(name: &str) -> Vec<u8> {
    let path = pickle_file(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What Python printed of it.
fn pickle_text(name: &str) -> String {
    String::from_utf8(pickle_bytes(name)).unwrap()
}

/// What NumPy printed.
fn expected(name: &str) -> String {
    String::from_utf8(sample(&format!("expected/{name}.txt"))).unwrap()
}

/// A folder that is removed at the end, and the path of a file in it.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// A .npy file of version 1.0 with this header, as NumPy pads it, and these elements.
fn npy(header: &str, elements: &[u8]) -> Vec<u8> {
    let len = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(len).unwrap().to_le_bytes());
    file.extend(format!("{header:width$}\n", width = len - 1).into_bytes());
    file.extend(elements);
    file
}

/// The arguments of a command line, split at blanks; quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted) = (None::<String>, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Runs a command line without the command's name.
fn line(line: &str) -> Run {
    npbytes(words(line))
}
