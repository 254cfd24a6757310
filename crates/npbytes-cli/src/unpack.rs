//! Entries into a folder: a file for each, under names that lead nowhere else.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use npbytes::npz::Member;
use npbytes::{ArrayView, DType, Order, Shape, npy, raw};

use crate::contents::Contents;
use crate::entries::{Entry, read_all};
use crate::failure::{Failure, Result, quoted};
use crate::flags::LayoutArgs;
use crate::input::Input;
use crate::listing::batches;
use crate::pack::rows_at_once;
use crate::progress::Progress;

/// The longest name of a file that common file systems have, in bytes.
const LONGEST: usize = 255;

/// How entries are unpacked.
pub(crate) struct Unpacking<'a> {
    pub(crate) input: &'a Input,
    pub(crate) layout: &'a LayoutArgs,
    /// Whether the files hold raw bytes rather than .npy.
    pub(crate) raw: bool,
    pub(crate) no_clobber: bool,
    pub(crate) progress: &'a Progress,
}

impl Unpacking<'_> {
    /// Writes one entry to a file, if it is too large to be held; says whether it was.
    pub(crate) fn large_to_file(&self, path: &Path, entry: &Entry<'_>) -> Result<bool> {
        let Some((member, header)) = entry.by_rows(self.input, self.layout) else {
            return Ok(false);
        };
        self.write_rows(path, entry, &member, header)?;
        Ok(true)
    }

    /// Writes the files. Nothing is written if one of them could not be by its name; one that cannot be read
    /// is found when its turn comes, and leaves those before it.
    pub(crate) fn to_folder(&self, folder: &Path, entries: &[Entry<'_>]) -> Result<()> {
        let entries: Vec<&Entry<'_>> = entries.iter().filter(|entry| !entry.is_folder()).collect();
        let paths = self.paths(folder, &entries)?;
        create(folder)?;
        let work: Vec<(&Entry<'_>, &PathBuf)> = entries.into_iter().zip(&paths).collect();
        for batch in batches(&work, |(entry, _)| entry.cost) {
            for (_, path) in batch {
                create(path.parent().unwrap_or(folder))?;
            }
            if let [(entry, path)] = batch
                && self.large_to_file(path, entry)?
            {
                continue;
            }
            let some: Vec<&Entry<'_>> = batch.iter().map(|(entry, _)| *entry).collect();
            for ((entry, path), contents) in batch.iter().zip(read_all(&some)?) {
                self.write(path, entry, &contents)?;
                self.progress.add(entry.bytes);
            }
        }
        Ok(())
    }

    /// The files that are written.
    ///
    /// # Errors
    /// A name that leads out of the folder or is that of no file; two that are the same; a file that there
    /// is and that is not to be replaced.
    fn paths(&self, folder: &Path, entries: &[&Entry<'_>]) -> Result<Vec<PathBuf>> {
        let mut paths = Vec::with_capacity(entries.len());
        let (mut files, mut folders) = (HashSet::new(), HashSet::new());
        for entry in entries {
            let refuse = |why: &str| {
                let file = if self.raw { "NAME.bin" } else { "NAME.npy" };
                let source = quoted(&entry.source.argument());
                Failure::new(
                    entry.source.name(),
                    format!("cannot become a file of its own name: {why}"),
                )
                .with_help(format!("extract it alone: npbytes convert {source} {file}"))
            };
            if let Some(why) = unsafe_part(&entry.name) {
                return Err(refuse(why));
            }
            let mut name = entry.name.clone();
            if entry.is_array() {
                name.push_str(if self.raw { ".bin" } else { ".npy" });
            }
            if name.split('/').any(|part| part.len() > LONGEST) {
                return Err(refuse("it is too long"));
            }
            let clash = "another one becomes the same file";
            if !files.insert(folded(&name)) {
                return Err(refuse(clash));
            }
            for (at, _) in name.match_indices('/') {
                folders.extend(name.get(..at).map(folded));
            }
            paths.push((folder.join(&name), name));
        }
        for (entry, (path, name)) in entries.iter().zip(&paths) {
            let shown = path.display().to_string();
            if folders.contains(&folded(name)) {
                let message = "cannot become a file: others need a folder of this name";
                let source = quoted(&entry.source.argument());
                return Err(Failure::new(entry.source.name(), message)
                    .with_help(format!("extract it alone: npbytes convert {source} OUT")));
            }
            match path.metadata() {
                Ok(metadata) if metadata.is_dir() => {
                    return Err(Failure::new(shown, "is a directory"));
                }
                _ if self.no_clobber && path.symlink_metadata().is_ok() => {
                    return Err(Failure::new(shown, "the file exists, and was left as it is")
                        .with_help("leave --no-clobber out to replace it"));
                }
                _ => {}
            }
        }
        Ok(paths.into_iter().map(|(path, _)| path).collect())
    }

    fn write(&self, path: &Path, entry: &Entry<'_>, contents: &Contents) -> Result<()> {
        let target = path.display().to_string();
        let written = match contents {
            Contents::Array(array) => {
                let view = self.input.part(&entry.source, &array.view())?;
                if self.raw {
                    raw::write(path, &view, self.layout.layout(Order::C))
                } else {
                    npy::write(path, &view, &self.layout.npy_options(self.input.numpy))
                }
            }
            Contents::Objects(objects) => {
                self.input.expect_whole(&entry.source)?;
                self.expect_npy(entry)?;
                let options = self.layout.npy_options(self.input.numpy);
                let file =
                    objects.to_pickle().and_then(|pickle| npy::encode_objects(&pickle, &options));
                file.and_then(|file| write_bytes(path, &file))
            }
            Contents::Bytes(bytes) => write_bytes(path, bytes),
        };
        written.map_err(|error| self.layout.failure(&target, &error))
    }

    /// Refuses to write objects as elements.
    fn expect_npy(&self, entry: &Entry<'_>) -> Result<()> {
        if self.raw {
            let message = "its elements are Python objects, which have no raw bytes";
            return Err(Failure::new(entry.source.name(), message)
                .with_help("write .npy files: leave --to raw out"));
        }
        Ok(())
    }

    fn write_rows(
        &self,
        path: &Path,
        entry: &Entry<'_>,
        member: &Member<'_>,
        header: &npy::Header,
    ) -> Result<()> {
        let unread = |error: &npbytes::Error| Failure::of(entry.source.name(), error, 0);
        let target = path.display().to_string();
        let unwritten = |error: &npbytes::Error| self.layout.failure(&target, error);
        let reader = member.reader().map_err(|error| unread(&error))?;
        let reader = npy::Reader::new(reader, self.input.npy_options());
        let mut reader = reader.map_err(|error| unread(&error))?;
        npbytes::replace_file(path, |file| {
            let file = BufWriter::with_capacity(1 << 16, file);
            let mut rows = Rows::new(file, header, self).map_err(|error| unwritten(&error))?;
            let count = rows_at_once(header);
            while let Some(some) = reader.read_rows(count).map_err(|error| unread(&error))? {
                rows.write(&some.view()).map_err(|error| unwritten(&error))?;
                self.progress.add(some.view().nbytes() as u64);
            }
            rows.finish().map_err(|error| unwritten(&error))
        })
    }
}

/// A file that is written by rows.
enum Rows<'f> {
    Npy(npy::Writer<BufWriter<&'f File>>),
    Raw(BufWriter<&'f File>),
}

impl<'f> Rows<'f> {
    fn new(
        file: BufWriter<&'f File>,
        header: &npy::Header,
        unpacking: &Unpacking<'_>,
    ) -> npbytes::Result<Self> {
        if unpacking.raw {
            return Ok(Self::Raw(file));
        }
        let options = unpacking.layout.npy_options(unpacking.input.numpy);
        let dtype = header.dtype().clone();
        npy::Writer::new(file, dtype, header.shape(), false, &options).map(Self::Npy)
    }

    fn write(&mut self, rows: &ArrayView<'_>) -> npbytes::Result<()> {
        match self {
            Self::Npy(writer) => writer.write_rows(rows),
            Self::Raw(file) => raw::encode_to(file, rows, Order::C),
        }
    }

    fn finish(self) -> npbytes::Result<()> {
        match self {
            Self::Npy(writer) => writer.finish().map(drop),
            Self::Raw(mut file) => Ok(file.flush()?),
        }
    }
}

pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> npbytes::Result<()> {
    let shape = Shape::new(&[bytes.len()])?;
    let view = ArrayView::from_strides(DType::parse("u1")?, shape, &[1], 0, bytes)?;
    raw::write(path, &view, Order::C)
}

fn create(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Failure::io(folder.display().to_string(), &error))
}

/// Why a name in an archive is not one of a file inside of a folder.
pub(crate) fn unsafe_part(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("it is empty");
    }
    if name.starts_with('/') {
        return Some("it is an absolute path");
    }
    if name.contains('\0') {
        return Some("it has a NUL");
    }
    let parts = || name.split('/');
    if parts().any(|part| part == "..") {
        return Some("it leads out of the folder");
    }
    if parts().any(|part| part.is_empty() || part == ".") {
        return Some("a part of it is empty");
    }
    if cfg!(windows) {
        // What Windows takes for something else: drives and streams, folders, devices.
        if name.contains(['\\', ':', '*', '?', '"', '<', '>', '|'])
            || name.contains(char::is_control)
        {
            return Some("it has characters that Windows does not take");
        }
        if parts().any(|part| part.ends_with([' ', '.']) || is_device(part)) {
            return Some("it is a name that Windows keeps for itself");
        }
    }
    None
}

/// Whether Windows takes a name for a device, with any extension.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

/// A name as the file system tells names apart.
fn folded(name: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) { name.to_lowercase() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_their_folder() {
        for name in ["a", "a/b", "a..b", "...", "a/..b", "é", "a b", "-x"] {
            assert_eq!(unsafe_part(name), None, "{name}");
        }
        for name in
            ["", "/a", "..", "../a", "a/../b", "a/..", "a//b", "a/", ".", "./a", "a/./b", "a\0b"]
        {
            assert!(unsafe_part(name).is_some(), "{name}");
        }
    }

    #[test]
    fn devices_of_windows_are_known() {
        for name in ["NUL", "con.npy", "com1.tar.npy", "LPT9", "aux "] {
            assert!(is_device(name), "{name}");
        }
        for name in ["nulls", "com", "com10", "console.npy", "a.nul"] {
            assert!(!is_device(name), "{name}");
        }
    }
}
