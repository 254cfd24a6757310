//! `.npz`: a zip archive of .npy files. What `np.savez` and `np.savez_compressed` write, and `np.load` reads.
//!
//! [`decode`], [`read`] and [`map`] open an [`Archive`], whose members are read when they are asked for;
//! [`encode`], [`encode_to`] and [`write`](fn@write) make one; [`Writer`] makes one that is larger than memory,
//! and [`Editor`] adds, replaces and removes members of a file without rewriting the others.
//!
//! ```
//! use npbytes::{Array, npz};
//! let (x, y) = (Array::from_vec(&[3], vec![1, 2, 3])?, Array::from_vec(&[], vec![0.5])?);
//! // np.savez(file, y, x=x): names come first, as NumPy has them.
//! let members = npz::arrange([y.view()], [("x", x.view())])?;
//! let file = npz::encode(&members, &npz::WriteOptions::default())?;
//! let archive = npz::decode(&file.into(), &npz::ReadOptions::default())?;
//! assert_eq!(archive.keys().collect::<Vec<_>>(), ["x", "arr_0"]);
//! assert_eq!(archive.array("arr_0")?.view().to_vec::<f64>()?, [0.5]);
//! # Ok::<(), npbytes::Error>(())
//! ```

mod archive;
mod deflate;
mod directory;
#[cfg(feature = "fs")]
mod edit;
#[cfg(feature = "fs")]
mod file;
mod inflate;
mod record;
mod source;
mod write;

use std::borrow::Cow;
use std::io::Write;

use bytes::Bytes;

pub use archive::{Archive, Item, Member};
#[cfg(feature = "fs")]
pub use edit::{EditOptions, Editor, compact};
#[cfg(feature = "fs")]
pub use file::{FileWriter, from_file, map, read, write};
pub use record::Method;
pub use write::{RowWriter, Writer};

use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::npy;
use crate::numpy::Profile;

/// How archives are read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the input may ask for.
    pub limits: Limits,
    /// Whether the CRC of what is read is checked. It is, unless this is switched off for a map that is too
    /// large to be looked at whole; a damaged member is then not noticed if it is stored.
    pub check_crc: bool,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { limits: Limits::DEFAULT, check_crc: true }
    }
}

impl ReadOptions {
    /// Reads under other limits.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets whether the CRC of what is read is checked.
    #[must_use]
    pub const fn check_crc(mut self, check: bool) -> Self {
        self.check_crc = check;
        self
    }
}

/// How members are compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// Not at all, as by `np.savez`.
    #[default]
    None,
    /// By zlib at level 6: the bytes of `np.savez_compressed`, where CPython has the zlib of zlib.net, which
    /// most have.
    NumPy,
    /// By the quickest good deflate there is, which every reader of zip archives reads. What bytes it makes is
    /// not promised and may change between releases.
    Fast,
}

/// How archives are written.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct WriteOptions {
    /// How the members are written, and whose bytes: [`npy::WriteOptions::profile`] decides on the records of
    /// the archive too, by its Python.
    pub npy: npy::WriteOptions,
    /// How the members are compressed.
    pub compression: Compression,
    /// Whether stored members are padded so that their elements start at a multiple of 64 bytes in the file,
    /// by an extra field that every reader skips. NumPy's own do not, but it reads them; the elements of a
    /// mapped archive are then aligned for every type.
    pub align: bool,
    /// Whether the archive is the one that NumPy writes to what cannot seek, such as a pipe: sizes and CRC
    /// follow each member.
    pub streamed: bool,
}

impl WriteOptions {
    /// Writes the bytes of a given NumPy on a given Python.
    #[must_use]
    pub const fn profile(mut self, profile: Profile) -> Self {
        self.npy = self.npy.profile(profile);
        self
    }

    /// Sets how the members are written.
    #[must_use]
    pub const fn npy(mut self, options: npy::WriteOptions) -> Self {
        self.npy = options;
        self
    }

    /// Sets how the members are compressed.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets whether the elements of stored members are aligned in the file.
    #[must_use]
    pub const fn align(mut self, align: bool) -> Self {
        self.align = align;
        self
    }

    /// Sets whether the archive is that of a pipe.
    #[must_use]
    pub const fn streamed(mut self, streamed: bool) -> Self {
        self.streamed = streamed;
        self
    }
}

/// Opens an archive in memory. Does not copy: stored members share `data`.
///
/// # Errors
/// What `np.load` refuses as no archive; a directory that contradicts itself; more members than the limit.
/// What is wrong with a single member is an error when that is read. Offsets count from the start of `data`.
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Archive> {
    Archive::open(source::Source::Memory(data.clone()), *options)
}

/// The archive that `np.savez` and `np.savez_compressed` write, in memory. Members have the names that are
/// given, with `.npy`, in the order they are given ([`arrange`] has NumPy's).
///
/// With the feature `rayon`, members are deflated on the threads of the pool that this is called in.
///
/// # Errors
/// As [`npy::encode`]; a name that is given twice, which NumPy cannot do and would hide the first array; a name
/// of more than 65,531 bytes. Names that a NUL cuts to the same are written, as NumPy writes them.
pub fn encode<S: AsRef<str>>(
    members: &[(S, ArrayView<'_>)],
    options: &WriteOptions,
) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let sizes = members.iter().map(|(_, array)| array.shape().bytes(array.dtype().itemsize()));
    if options.compression == Compression::None {
        let size = sizes.sum::<Result<usize>>()?.saturating_add(512 * members.len());
        out.try_reserve_exact(size).map_err(std::io::Error::from)?;
    }
    encode_to(&mut out, members, options)?;
    Ok(out)
}

/// Writes the archive that `np.savez` and `np.savez_compressed` write. The writer need not seek, whether the
/// archive is that of a pipe or not. Stored members are not copied if they lie in C or Fortran order already;
/// of deflated ones, some hundred MiB are held at a time, or one member.
///
/// # Errors
/// As [`encode`], and those of the writer.
pub fn encode_to<S: AsRef<str>>(
    writer: &mut impl Write,
    members: &[(S, ArrayView<'_>)],
    options: &WriteOptions,
) -> Result<()> {
    let mut writer = Writer::unseekable(writer, options);
    writer.add_all(members)?;
    writer.finish().map(drop)
}

/// The members of `np.savez(file, *positional, **named)`, in the order that NumPy writes them: those with names
/// first, then `arr_0`, `arr_1` and so on.
///
/// # Errors
/// A name that is one of those, or is given twice; `file`, which `np.savez` takes as its own. So it takes
/// `allow_pickle` since NumPy 2.2, which is an array's name here, as before.
pub fn arrange<'a, T>(
    positional: impl IntoIterator<Item = T>,
    named: impl IntoIterator<Item = (&'a str, T)>,
) -> Result<Vec<(Cow<'a, str>, T)>> {
    let mut members: Vec<(Cow<'a, str>, T)> = Vec::new();
    let mut names = std::collections::HashSet::new();
    let positional = positional.into_iter().enumerate();
    let positional = positional.map(|(index, array)| (Cow::Owned(format!("arr_{index}")), array));
    for (name, array) in
        named.into_iter().map(|(name, array)| (Cow::Borrowed(name), array)).chain(positional)
    {
        if name == "file" {
            return Err(Error::member_name("np.savez takes `file` as its own argument")
                .with_help("choose another name"));
        }
        if !names.insert(name.clone()) {
            return Err(write::twice(&name));
        }
        members.push((name, array));
    }
    Ok(members)
}
