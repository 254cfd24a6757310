//! An archive that is open: its members, looked up as NumPy looks them up, and read when they are asked for.

use std::fmt;
#[cfg(feature = "fs")]
use std::fs::OpenOptions;
use std::io::Read;
use std::ops::Range;
#[cfg(feature = "fs")]
use std::path::Path;
use std::sync::OnceLock;

use bytes::Bytes;

use super::ReadOptions;
use super::directory::{Directory, Entry};
use super::inflate::{Inflater, Stream, check_crc};
use super::record::Method;
use super::source::Source;
use crate::array::Array;
use crate::error::{Error, ErrorKind, Result};
#[cfg(feature = "fs")]
use crate::map::map_start;
use crate::npy::{self, Header};
use crate::pickle::Pickle;
#[cfg(feature = "fs")]
use crate::regular;

/// An archive of arrays, whose directory was read, and its members not yet.
///
/// It can be shared between threads.
///
/// ```
/// use bytes::Bytes;
/// use npbytes::{Array, npz};
/// let (a, b) = (Array::from_vec(&[2], vec![1.0, 2.0])?, Array::from_vec(&[], vec![7_u8])?);
/// let members = [("weights", a.view()), ("bias", b.view())];
/// let archive = npz::decode(&npz::encode(&members, &Default::default())?.into(), &Default::default())?;
/// assert_eq!(archive.keys().collect::<Vec<_>>(), ["weights", "bias"]);
/// assert_eq!(archive.array("weights")?.view().to_vec::<f64>()?, [1.0, 2.0]);
/// # Ok::<(), npbytes::Error>(())
/// ```
pub struct Archive {
    source: Source,
    directory: Directory,
    options: ReadOptions,
    /// Indices of the members, by name, those of one name in the order of the directory.
    by_name: OnceLock<Vec<usize>>,
    /// How many bytes there are, those behind the archive too.
    len: u64,
}

/// What a member holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Item {
    /// An array.
    Array(Array),
    /// An array of Python objects: its pickle.
    Objects(Pickle),
    /// Something that is no .npy file, which NumPy returns as `bytes`.
    Bytes(Bytes),
}

impl Archive {
    pub(super) fn open(source: Source, options: ReadOptions) -> Result<Self> {
        let directory = Directory::read(&source, &options.limits)?;
        let len = source.len();
        Ok(Self { source, directory, options, by_name: OnceLock::new(), len })
    }

    /// Maps a file as far as it is an archive: what is behind it may be cut off.
    #[cfg(feature = "fs")]
    pub(super) fn map(path: &Path, options: ReadOptions) -> Result<Self> {
        let (file, metadata) = regular::open(path, OpenOptions::new().read(true))?;
        let source = Source::file(file.try_clone()?, metadata.len());
        let directory = Directory::read(&source, &options.limits)?;
        let source = Source::Memory(map_start(&file, directory.end())?);
        Ok(Self { source, directory, options, by_name: OnceLock::new(), len: metadata.len() })
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.directory.entries.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.directory.entries.is_empty()
    }

    /// The members, in the order of the directory; all of them, where several have one name.
    pub fn members(&self) -> impl ExactSizeIterator<Item = Member<'_>> {
        self.directory.entries.iter().map(|entry| Member { archive: self, entry })
    }

    /// The names of the arrays, as `NpzFile.files` gives them: those of the members without one `.npy` at
    /// their end.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.members().map(|member| member.key())
    }

    /// The member that NumPy finds under a key: the last one of exactly that name, else the last one of that
    /// name with `.npy`.
    pub fn get(&self, key: &str) -> Option<Member<'_>> {
        self.last_named(key).or_else(|| self.last_named(&format!("{key}.npy")))
    }

    /// The member that NumPy finds under a key.
    ///
    /// # Errors
    /// [`ErrorKind::Member`] if there is none.
    pub fn member(&self, key: &str) -> Result<Member<'_>> {
        self.get(key).ok_or_else(|| no_member(key, self.keys()))
    }

    fn last_named(&self, name: &str) -> Option<Member<'_>> {
        let entries = &self.directory.entries;
        let name_of = |&index: &usize| self.directory.name(&entries[index]);
        let by_name = self.by_name.get_or_init(|| {
            let mut order: Vec<usize> = (0..entries.len()).collect();
            order.sort_by(|a, b| name_of(a).cmp(name_of(b)));
            order
        });
        let end = by_name.partition_point(|index| name_of(index) <= name);
        let index = *by_name.get(end.checked_sub(1)?)?;
        (name_of(&index) == name).then(|| Member { archive: self, entry: &entries[index] })
    }

    /// Reads the array under a key, as `np.load(file)[key]`.
    ///
    /// # Errors
    /// As [`member`](Self::member) and [`Member::array`].
    pub fn array(&self, key: &str) -> Result<Array> {
        self.member(key)?.array()
    }

    /// Reads all members, in the order of the directory. With the feature `rayon`, deflated ones are inflated
    /// on the threads of the pool that this is called in, one of them on each at a time.
    ///
    /// Memory is that of the arrays, and for an archive that is not in memory or mapped, on each thread that of
    /// one deflated member.
    ///
    /// # Errors
    /// As [`Member::read`], of the first member that cannot be read.
    pub fn read_all(&self) -> Result<Vec<Item>> {
        self.read_many(&self.members().collect::<Vec<_>>())
    }

    /// Reads some members, as [`read_all`](Self::read_all).
    ///
    /// # Errors
    /// As [`Member::read`], of the first member that cannot be read.
    pub fn read_many(&self, members: &[Member<'_>]) -> Result<Vec<Item>> {
        #[cfg(feature = "rayon")]
        {
            /// Less than this is not worth the way to another thread.
            const SMALL: u64 = 1 << 20;
            let work = members.iter().fold(0, |sum: u64, member| sum.saturating_add(member.work()));
            if work > SMALL && members.len() > 1 {
                use rayon::prelude::*;
                let items: Vec<Result<Item>> = members
                    .par_iter()
                    .with_max_len(1)
                    .map_init(Inflater::new, |inflater, member| member.read_with(inflater))
                    .collect();
                return items.into_iter().collect();
            }
        }
        let mut inflater = Inflater::new();
        members.iter().map(|member| member.read_with(&mut inflater)).collect()
    }

    /// How many bytes follow the archive. An append or another edit that did not come to its end leaves some;
    /// the archive is then the one from before.
    pub fn trailing(&self) -> u64 {
        self.len.saturating_sub(self.directory.end())
    }
}

impl fmt::Debug for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("members", &self.keys().collect::<Vec<_>>())
            .field("trailing", &self.trailing())
            .finish_non_exhaustive()
    }
}

/// The name of an array, of that of its member.
pub(super) fn key_of(name: &str) -> &str {
    name.strip_suffix(".npy").unwrap_or(name)
}

/// The error of a key that no member has.
pub(super) fn no_member<'a>(key: &str, keys: impl Iterator<Item = &'a str>) -> Error {
    const MOST: usize = 20;
    let mut keys = keys;
    let mut available: Vec<String> = keys.by_ref().take(MOST).map(Into::into).collect();
    match keys.count() {
        0 => {}
        others => available.push(format!("{others} others")),
    }
    Error::new(ErrorKind::Member { name: key.into(), available })
}

/// A member of an archive.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    archive: &'a Archive,
    entry: &'a Entry,
}

impl<'a> Member<'a> {
    /// The whole name: `weights.npy`. It may be that of a file elsewhere (`../x.npy`, `/x.npy`) and is not to
    /// be trusted as a path.
    pub fn name(&self) -> &'a str {
        self.archive.directory.name(self.entry)
    }

    /// The name of the array, without one `.npy` at the end: `weights`.
    pub fn key(&self) -> &'a str {
        key_of(self.name())
    }

    /// How the contents lie in the archive.
    pub fn method(&self) -> Method {
        self.entry.method
    }

    /// How many bytes the contents have, .npy header and all, as the directory says. Reading checks it.
    pub fn uncompressed_size(&self) -> u64 {
        self.entry.uncompressed
    }

    /// How many bytes they take in the archive, as the directory says. Reading checks it.
    pub fn compressed_size(&self) -> u64 {
        self.entry.compressed
    }

    /// The CRC-32 of the contents, as the directory says. Reading checks it.
    pub fn crc32(&self) -> u32 {
        self.entry.crc
    }

    /// Where the data starts in the archive: the contents, if they are stored.
    ///
    /// # Errors
    /// An archive that contradicts itself here.
    pub fn data_offset(&self) -> Result<u64> {
        Ok(self.archive.directory.data(&self.archive.source, self.entry)?.start)
    }

    /// Reads the array. That of a stored member in memory or in a map shares its bytes, and is not copied.
    ///
    /// # Errors
    /// A member that is no .npy file ([`ErrorKind::Magic`]); as [`bytes`](Self::bytes), and
    /// [`npy::decode`](crate::npy::decode).
    pub fn array(&self) -> Result<Array> {
        self.array_in(&self.bytes()?)
    }

    /// Reads the member as NumPy does: an array if it starts as a .npy file (one of objects as the pickle that it is, of
    /// which nothing is run), else bytes.
    ///
    /// # Errors
    /// As [`array`](Self::array), but for the magic.
    pub fn read(&self) -> Result<Item> {
        self.read_with(&mut Inflater::new())
    }

    fn read_with(&self, inflater: &mut Inflater) -> Result<Item> {
        let bytes = self.bytes_with(inflater)?;
        if bytes.starts_with(&npy::MAGIC) {
            return match npy::decode_contents(&bytes, &self.npy_options()) {
                Ok(npy::Contents::Array(array)) => Ok(Item::Array(array)),
                Ok(npy::Contents::Objects(pickle)) => Ok(Item::Objects(pickle)),
                Err(error) => Err(error.in_member(self.name())),
            };
        }
        Ok(Item::Bytes(bytes))
    }

    fn array_in(&self, bytes: &Bytes) -> Result<Array> {
        npy::decode(bytes, &self.npy_options()).map_err(|error| error.in_member(self.name()))
    }

    fn npy_options(&self) -> npy::ReadOptions {
        npy::ReadOptions::with_limits(self.archive.options.limits)
    }

    /// The contents, with CRC and size checked. Those of a stored member in memory or in a map are shared, and
    /// not copied.
    ///
    /// # Errors
    /// A member that contradicts the directory, overlaps another one or has another CRC; one that is encrypted
    /// or compressed by another method than deflate; members that inflate to more than the limits allow; those
    /// of the file.
    pub fn bytes(&self) -> Result<Bytes> {
        self.bytes_with(&mut Inflater::new())
    }

    fn bytes_with(&self, inflater: &mut Inflater) -> Result<Bytes> {
        let Archive { source, directory, options, .. } = self.archive;
        let data = directory.data(source, self.entry)?;
        let mut crc = crc32fast::Hasher::new();
        let check = options.check_crc;
        let bytes = if !matches!(self.entry.method, Method::Stored | Method::Deflated) {
            self.check_inflated()?;
            return self.bytes_of_stream(data);
        } else if self.entry.method == Method::Deflated {
            self.check_inflated()?;
            let deflated = source.bytes(&data, |_| ())?;
            let bytes = inflater
                .inflate(&deflated, self.entry.uncompressed, data.start)
                .map_err(|error| error.in_member(self.name()))?;
            if check {
                crc.update(&bytes);
            }
            bytes
        } else {
            if source.shared(&data).is_none() {
                options.limits.check_array(self.entry.uncompressed)?;
            }
            source.bytes(&data, |piece| {
                if check {
                    crc.update(piece);
                }
            })?
        };
        if check {
            check_crc(self.entry.crc, crc.finalize())
                .map_err(|error| error.in_member(self.name()))?;
        }
        Ok(bytes)
    }

    /// The contents as a stream makes them, which checks them. Memory grows with what is made: what the directory says
    /// of the size is no measure, as these methods know no bound.
    fn bytes_of_stream(&self, data: Range<u64>) -> Result<Bytes> {
        let Archive { source, options, .. } = self.archive;
        let mut bytes = Vec::new();
        Stream::new(source, data, self.entry, options.check_crc)
            .read_to_end(&mut bytes)
            .map_err(|error| Error::from(error).in_member(self.name()))?;
        Ok(bytes.into())
    }

    fn check_inflated(&self) -> Result<()> {
        let Archive { directory, options, .. } = self.archive;
        options.limits.check_array(self.entry.uncompressed)?;
        directory.check_inflated(&options.limits)
    }

    /// The contents as a stream, for members that are larger than memory, or of which only the start is
    /// wanted. Holds some 100 KiB. CRC and size are checked as it is read, the last read fails if they are
    /// others.
    ///
    /// ```
    /// use npbytes::{Array, npy, npz};
    /// let array = Array::from_vec(&[4, 2], (0_u16..8).collect())?;
    /// let bytes = npz::encode(&[("a", array.view())], &Default::default())?;
    /// let archive = npz::decode(&bytes.into(), &Default::default())?;
    /// let mut rows = npy::Reader::new(archive.member("a")?.reader()?, Default::default())?;
    /// assert_eq!(rows.read_rows(3)?.unwrap().view().to_vec::<u16>()?, [0, 1, 2, 3, 4, 5]);
    /// # Ok::<(), npbytes::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`bytes`](Self::bytes), but for what the contents are.
    pub fn reader(&self) -> Result<impl Read + 'a> {
        let stream = self.stream()?;
        if self.entry.method.is_compressed() {
            // Nothing is held of what it becomes, so that only the whole counts.
            self.archive.directory.check_inflated(&self.archive.options.limits)?;
        }
        Ok(stream)
    }

    /// What it is and where, checked.
    pub(super) fn parts(&self) -> Result<(&'a Source, &'a Entry, Range<u64>)> {
        let Archive { source, directory, .. } = self.archive;
        Ok((source, self.entry, directory.data(source, self.entry)?))
    }

    fn stream(&self) -> Result<Stream<'a>> {
        let Archive { source, directory, options, .. } = self.archive;
        let data = directory.data(source, self.entry)?;
        Ok(Stream::new(source, data, self.entry, options.check_crc))
    }

    /// What the .npy header says, read with no more than the first bytes of the member, whose CRC is not
    /// checked; `None` for a member that is no .npy file.
    ///
    /// # Errors
    /// A member that contradicts the directory or cannot be inflated; what [`Header::parse`] refuses.
    pub fn header(&self) -> Result<Option<Header>> {
        let read = || {
            let mut reader = self.stream()?;
            let mut head = [0; npy::MAGIC.len()];
            let mut len = 0;
            while len < head.len() {
                match reader.read(&mut head[len..])? {
                    0 => return Ok(None),
                    read => len += read,
                }
            }
            if head != npy::MAGIC {
                return Ok(None);
            }
            let mut whole = head.chain(reader);
            npy::read_first_header(&mut whole, &self.npy_options()).map(Some)
        };
        read().map_err(|error: Error| error.in_member(self.name()))
    }

    /// How much there is to be done to read it.
    #[cfg(feature = "rayon")]
    fn work(&self) -> u64 {
        match self.entry.method {
            Method::Stored if self.archive.source.shared(&(0..0)).is_some() => 0,
            _ => self.entry.uncompressed,
        }
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("name", &self.name())
            .field("method", &self.method())
            .field("uncompressed_size", &self.uncompressed_size())
            .field("compressed_size", &self.compressed_size())
            .finish_non_exhaustive()
    }
}
