//! Finds CPython interpreters: the one at hand, and others by version.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// What to do when a Python is missing; the end of a sentence.
pub const HOW_TO_HAVE_MORE: &str = "install Python 3.11 or 3.12 with venv (Debian, Ubuntu: \
    `apt-get install python3 python3-venv`; macOS: `brew install python@3.12`), or set \
    NPBYTES_PYTHON to an interpreter";

/// A CPython interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// Its own path, no shim.
    pub program: PathBuf,
    /// `(3, 11)`.
    pub version: (u8, u8),
    /// `3.11.7`.
    pub release: String,
}

/// Interpreters of this machine. Looking for the others runs each candidate once, so it is done
/// only when the one at hand does not do.
#[derive(Debug)]
pub struct Pythons {
    at_hand: Option<Python>,
    others: OnceCell<Vec<Python>>,
}

impl Pythons {
    /// Finds the Python at hand: `$NPBYTES_PYTHON`, else `python3`, else `python`.
    pub fn new() -> Pythons {
        let named = std::env::var_os("NPBYTES_PYTHON").map(PathBuf::from);
        let candidates = match named {
            Some(program) => vec![program],
            None => vec![PathBuf::from("python3"), PathBuf::from("python")],
        };
        let at_hand = candidates.iter().find_map(|program| probe(program));
        Pythons { at_hand, others: OnceCell::new() }
    }

    /// The Python at hand.
    pub fn at_hand(&self) -> Option<&Python> {
        self.at_hand.as_ref()
    }

    /// Every other one: `pythonX.Y` on the path and pyenv's versions. None when `NPBYTES_PYTHON`
    /// names the one to use.
    pub fn others(&self) -> &[Python] {
        self.others.get_or_init(|| {
            if std::env::var_os("NPBYTES_PYTHON").is_some() {
                return Vec::new();
            }
            let mut found: Vec<Python> = Vec::new();
            for program in candidates() {
                let Some(python) = probe(&program) else { continue };
                if found.iter().all(|other| other.program != python.program) {
                    found.push(python);
                }
            }
            found
        })
    }

    /// One of a version, the one at hand first.
    pub fn of_version(&self, version: (u8, u8)) -> Option<Python> {
        let mut all = self.at_hand().into_iter().chain(self.others());
        all.find(|python| python.version == version).cloned()
    }
}

impl Default for Pythons {
    fn default() -> Self {
        Pythons::new()
    }
}

/// Newest first: what stands in for a missing version should be recent.
fn candidates() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> =
        (6..=14).rev().map(|minor| format!("python3.{minor}").into()).collect();
    all.push("python2.7".into());
    let root = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv")));
    if let Some(Ok(versions)) = root.map(|root| std::fs::read_dir(root.join("versions"))) {
        let mut installed: Vec<PathBuf> =
            versions.flatten().map(|entry| entry.path().join("bin").join("python")).collect();
        installed.sort();
        all.extend(installed.into_iter().rev());
    }
    all
}

/// Asks an interpreter what it is; `None` when it does not run or is no CPython.
fn probe(program: &Path) -> Option<Python> {
    const QUESTION: &str = "import platform, sys; sys.stdout.write('\\n'.join([\
        sys.executable, '%d.%d.%d' % sys.version_info[:3], platform.python_implementation()]))";
    let output = super::command(program).args(["-c", QUESTION]).output().ok()?;
    let answer = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut lines = answer.lines();
    let (program, release) = (PathBuf::from(lines.next()?), lines.next()?.to_owned());
    if lines.next() != Some("CPython") {
        return None;
    }
    let mut parts = release.split('.').map(|part| part.parse::<u8>().ok());
    let version = (parts.next()??, parts.next()??);
    Some(Python { program, version, release })
}
