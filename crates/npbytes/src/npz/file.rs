//! Archives in files: read member by member or mapped, and written under a temporary name that is then renamed.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use super::archive::Archive;
use super::source::Source;
use super::write::Writer;
use super::{ReadOptions, WriteOptions, decode};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::replace::{Replacement, is_special};

/// Opens an archive in a file and reads its directory; members are read when they are asked for. Others may
/// replace the file meanwhile, as [`write`](fn@super::write) does, or append to it, but not change it otherwise. Of pipes and
/// devices everything is read, as the directory is at the end.
///
/// # Errors
/// As [`decode`], and those of the file.
pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Archive> {
    let path = path.as_ref();
    let open = || from_file(File::open(path)?, options);
    open().map_err(|error: Error| error.in_file(path))
}

/// Opens an archive in a file that is open already, as [`read`] does; standard input may be one.
///
/// # Errors
/// As [`decode`], and those of the file.
pub fn from_file(mut file: File, options: &ReadOptions) -> Result<Archive> {
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Archive::open(Source::file(file, metadata.len()), *options);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    decode(&bytes.into(), options)
}

/// Maps an archive: stored members are slices of the map, which take no memory until they are looked at.
/// Unless [`ReadOptions::check_crc`] is off, a member is looked at whole when it is read.
///
/// While a member lives, nobody may truncate the file or write into it: the promise of
/// [`map_bytes`](crate::map_bytes). An [`Editor`](super::Editor) keeps it: it writes and cuts off
/// behind the archive only, which is as far as the map goes.
///
/// # Errors
/// As [`decode`], and those of the file.
pub fn map(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Archive> {
    let path = path.as_ref();
    Archive::map(path, *options).map_err(|error| error.in_file(path))
}

/// Writes the file that `np.savez` and `np.savez_compressed` write, under a temporary name in the same folder
/// that is then renamed: a file that was there is replaced whole or not at all, as by
/// [`npy::write`](fn@crate::npy::write). Pipes and devices are written directly, as NumPy writes them
/// ([`WriteOptions::streamed`]). The name is taken as it is, without `.npz` added.
///
/// # Errors
/// As [`encode`](super::encode), and those of the file.
pub fn write<S: AsRef<str>>(
    path: impl AsRef<Path>,
    members: &[(S, ArrayView<'_>)],
    options: &WriteOptions,
) -> Result<()> {
    let mut writer = FileWriter::create(path, options)?;
    writer.add_all(members)?;
    writer.finish()
}

/// A [`Writer`] to a file that replaces another one once it is whole, as by [`write`](fn@super::write). Dropped before
/// [`finish`](Self::finish), it leaves the file that was there.
///
/// ```
/// use npbytes::{Array, npz};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("log.npz");
/// let mut writer = npz::FileWriter::create(&path, &Default::default())?;
/// writer.add("x", &Array::from_vec(&[3], vec![1, 2, 3])?.view())?;
/// assert!(!path.exists());
/// writer.finish()?;
/// assert_eq!(npz::read(&path, &Default::default())?.len(), 1);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Debug)]
pub struct FileWriter {
    writer: Writer<BufWriter<File>>,
    /// `None` for pipes and devices, which are written as they are.
    replacement: Option<Replacement>,
    path: PathBuf,
}

impl FileWriter {
    /// Starts an archive under a temporary name, in the folder of the path.
    ///
    /// # Errors
    /// Those of the file.
    pub fn create(path: impl AsRef<Path>, options: &WriteOptions) -> Result<Self> {
        let path = path.as_ref();
        let buffered = |file| BufWriter::with_capacity(1 << 16, file);
        let create = || {
            if is_special(path) {
                let file = OpenOptions::new().write(true).open(path)?;
                return Ok((Writer::streamed(buffered(file), options), None));
            }
            let replacement = Replacement::new(path)?;
            let target = buffered(replacement.file().try_clone()?);
            let writer = if options.streamed {
                Writer::streamed(target, options)
            } else {
                Writer::new(target, options)?
            };
            Ok((writer, Some(replacement)))
        };
        let (writer, replacement) = create().map_err(|error: Error| error.in_file(path))?;
        Ok(Self { writer, replacement, path: path.into() })
    }

    /// Ends the archive and puts the file in its place.
    ///
    /// # Errors
    /// As [`Writer::finish`], and those of the file. Nothing has changed then.
    pub fn finish(self) -> Result<()> {
        let Self { writer, replacement, path } = self;
        writer.finish().map_err(|error| error.in_file(&path))?;
        match replacement {
            Some(replacement) => replacement.finish().map(drop),
            None => Ok(()),
        }
    }
}

impl Deref for FileWriter {
    type Target = Writer<BufWriter<File>>;

    fn deref(&self) -> &Self::Target {
        &self.writer
    }
}

impl DerefMut for FileWriter {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.writer
    }
}
