//! Folders as inputs: the files in them that are arrays, sorted by name.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Result};
use crate::format::{Format, unwrapped_name};
use crate::input::Input;

/// What is in a folder.
pub(crate) struct Walk<'a> {
    pub(crate) input: &'a Input,
    /// The file that is not read, as it is written.
    pub(crate) target: Option<PathBuf>,
    /// The arrays, by name.
    pub(crate) found: Vec<(String, PathBuf)>,
    /// The other files.
    pub(crate) ignored: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Looks through a folder and those in it.
    pub(crate) fn folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let failure = |error: std::io::Error| Failure::io(folder.display().to_string(), &error);
        let mut paths = Vec::new();
        for item in folder.read_dir().map_err(failure)? {
            paths.push(item.map_err(failure)?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default();
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // Links to folders may lead back.
            if path.is_dir() {
                if !path.is_symlink() {
                    let name = name.to_str().ok_or_else(|| not_unicode(&path))?;
                    self.folder(&path, &format!("{prefix}{name}/"))?;
                }
                continue;
            }
            if self.target.is_some() && path.canonicalize().ok() == self.target {
                continue;
            }
            let inner = unwrapped_name(&path);
            match Format::of_extension(&inner) {
                Some(Format::Npy | Format::Npz) => {}
                Some(Format::Raw) if self.input.has_dtype() => {}
                _ => {
                    drop(inner);
                    self.ignored.push(path);
                    continue;
                }
            }
            let stem = inner.file_stem().and_then(|stem| stem.to_str());
            let name = format!("{prefix}{}", stem.ok_or_else(|| not_unicode(&path))?);
            drop(inner);
            self.found.push((name, path));
        }
        Ok(())
    }
}

fn not_unicode(path: &Path) -> Failure {
    Failure::new(path.display().to_string(), "the name is not Unicode")
        .with_help("rename it, or name the files one by one: NAME=FILE")
}
