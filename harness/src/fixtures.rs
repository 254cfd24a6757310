//! Fixture files, made once for each script and environment.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::environment::{Environment, hex, locked, target_dir};
use crate::error::{Error, Result};
use crate::manifest::Manifest;
use crate::matrix::Matrix;
use crate::script;

/// The files of one environment and what its NumPy says of them.
#[derive(Debug)]
pub struct Fixtures {
    /// Where they are.
    pub directory: PathBuf,
    /// What is in them.
    pub manifest: Manifest,
}

/// Makes the fixtures of an environment, or finds those that the same script made before.
///
/// # Errors
/// A failed script, a manifest that does not parse, a full disk.
pub fn fixtures(matrix: &Matrix, environment: &Environment) -> Result<Fixtures> {
    let text = script::make_fixtures(matrix, environment);
    let directory = cached(environment, "fixtures", &text)?;
    let manifest = Manifest::read(&directory.join("manifest.jsonl"))?;
    Ok(Fixtures { directory, manifest })
}

/// NumPy's verdicts on headers and dtype texts.
///
/// # Errors
/// As [`fixtures`].
pub fn verdicts(environment: &Environment) -> Result<Vec<serde_json::Value>> {
    let directory = cached(environment, "verdicts", &script::verdicts())?;
    crate::manifest::rows(&directory.join("answers.jsonl"))
}

/// A new, empty folder for what is made anew in each run. What runs that failed left there an hour
/// ago and more is removed.
///
/// # Errors
/// When the folder cannot be made.
pub fn scratch(environment: &Environment, purpose: &str) -> Result<PathBuf> {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let home = home(environment).join("scratch");
    fs::create_dir_all(&home).map_err(Error::io(&home))?;
    remove_old(&home, "", Duration::from_secs(3600))?;
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let directory = home.join(format!("{purpose}-{}-{count}", std::process::id()));
    if directory.exists() {
        fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
    }
    fs::create_dir_all(&directory).map_err(Error::io(&directory))?;
    Ok(directory)
}

fn home(environment: &Environment) -> PathBuf {
    target_dir().join("npbytes-fixtures").join(&environment.name)
}

/// Runs a script once: its folder is named by the hash of its text, and appears when it is whole.
pub(crate) fn cached(environment: &Environment, purpose: &str, text: &str) -> Result<PathBuf> {
    let home = home(environment);
    fs::create_dir_all(&home).map_err(Error::io(&home))?;
    let key = hex(&Sha256::digest(text.as_bytes()));
    let directory = home.join(format!("{purpose}-{}", &key[..16]));
    if directory.is_dir() {
        return Ok(directory);
    }
    locked(&home.join(format!("{purpose}.lock")), || {
        if directory.is_dir() {
            return Ok(directory.clone());
        }
        let partial = directory.with_extension("partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(Error::io(&partial))?;
        }
        fs::create_dir_all(&partial).map_err(Error::io(&partial))?;
        let script = partial.join("script.py");
        fs::write(&script, text).map_err(Error::io(&script))?;
        // These write files beside what they say.
        let folders = ["fixtures", "archives", "pickles", "arrow", "arrow-members"];
        let folder = folders.contains(&purpose);
        let out = if folder { partial.clone() } else { partial.join("answers.jsonl") };
        environment.run(&script, &[&out])?;
        fs::rename(&partial, &directory).map_err(Error::io(&directory))?;
        // Those of pickles are large.
        let hours = if purpose == "pickles" { 1 } else { 24 };
        remove_old(&home, &format!("{purpose}-"), Duration::from_secs(hours * 3600))?;
        Ok(directory.clone())
    })?
}

/// Removes the folders of a kind that nobody has made anew for a while.
fn remove_old(home: &Path, prefix: &str, age: Duration) -> Result<()> {
    for entry in fs::read_dir(home).map_err(Error::io(home))?.flatten() {
        let found = entry.metadata().and_then(|it| it.modified()).map(|it| it.elapsed());
        let old = matches!(found, Ok(Ok(found)) if found > age);
        let named = entry.file_name().to_string_lossy().starts_with(prefix);
        if old && named && entry.path().is_dir() {
            // Another process may be removing it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Reads a file, naming it in the error.
///
/// # Errors
/// When it cannot be read.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(path))
}
