//! Archives changed in place: members are added behind the archive, with a new directory behind them.
//!
//! The directory that was there stays where it is until the new one is whole, and afterwards as bytes that
//! nobody looks at. A crash before leaves the archive that was there, with bytes behind its end, which
//! [`read`](super::read) skips; [`compact`] writes an archive without what is not needed any more.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use super::archive::{key_of, no_member};
use super::directory::Directory;
use super::record::{END_LEN, Record, directory};
use super::source::Source;
use super::write::Writer;
use super::{ReadOptions, WriteOptions};
use crate::array::ArrayView;
use crate::error::{Error, Result};
use crate::lock::Locked;
use crate::pickle::Pickle;
use crate::replace::Replacement;
use crate::tail::Tail;

/// How an archive is edited.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EditOptions {
    /// How the directory is read.
    pub read: ReadOptions,
    /// How members are written.
    pub write: WriteOptions,
    /// Whether bytes behind the archive are cut off first: those of an edit that a crash ended. Without it they
    /// are an error, as they may be something else.
    pub discard_trailing: bool,
}

impl EditOptions {
    /// Sets how members are written.
    #[must_use]
    pub const fn write(mut self, options: WriteOptions) -> Self {
        self.write = options;
        self
    }

    /// Cuts off bytes behind the archive first.
    #[must_use]
    pub const fn discard_trailing(mut self, discard: bool) -> Self {
        self.discard_trailing = discard;
        self
    }
}

/// Adds, replaces and removes members of an archive without rewriting the others.
///
/// Nothing changes until [`commit`](Self::commit). Dropped before, the archive has the members it had, and what
/// was written behind it is cut off, unless the file was changed meanwhile.
///
/// Whoever reads the archive meanwhile with this crate, or after a crash, sees the old one or the new one. NumPy looks
/// for the directory in the last 64 KiB only: while more than that is written, and after a crash in its midst
/// until the bytes are discarded, it may find none (or one that lies in an array). Others that edit in this way
/// are kept out by a lock (`flock`) where the system and the file system have one.
///
/// The file grows by what is added and by its directory; what was removed stays in it until [`compact`].
///
/// ```
/// use npbytes::{Array, npz};
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.npz");
/// let (old, new) = (Array::from_vec(&[1], vec![1])?, Array::from_vec(&[2], vec![2, 3])?);
/// npz::write(&path, &[("a", old.view()), ("b", old.view())], &Default::default())?;
/// let mut editor = npz::Editor::open(&path, &Default::default())?;
/// editor.remove("a")?;
/// editor.replace("b", &new.view())?;
/// editor.append("c", &new.view())?;
/// editor.commit()?;
/// let archive = npz::read(&path, &Default::default())?;
/// assert_eq!(archive.keys().collect::<Vec<_>>(), ["b", "c"]);
/// # Ok::<(), npbytes::Error>(())
/// ```
#[derive(Debug)]
pub struct Editor {
    writer: Writer<Tail>,
    /// The records of the old directory.
    old: Vec<u8>,
    comment: Vec<u8>,
    /// Those of the old directory, then those that were written.
    members: Vec<Listed>,
    /// How many of them are of the old directory.
    kept: usize,
    /// The members of a name that are to be listed.
    by_name: HashMap<Box<str>, Vec<usize>>,
    changed: bool,
}

/// A member of the archive, as it was or as it will be.
#[derive(Debug)]
struct Listed {
    name: Box<str>,
    is_listed: bool,
    /// Its record in the old directory; the name it was given, if it is not of that.
    from: Origin,
}

#[derive(Debug)]
enum Origin {
    Old(Range<usize>),
    Given(Box<str>),
}

impl Editor {
    /// Opens an archive, locks it and reads its directory.
    ///
    /// # Errors
    /// As [`read`](super::read), and those of the file; one that somebody else edits; bytes behind the archive,
    /// unless they are to be discarded ([`Archive::trailing`](super::Archive::trailing) tells how many).
    pub fn open(path: impl AsRef<Path>, options: &EditOptions) -> Result<Self> {
        let path = path.as_ref();
        Self::open_file(path, options).map_err(|error| error.in_file(path))
    }

    fn open_file(path: &Path, options: &EditOptions) -> Result<Self> {
        let file = Locked::open(path)?;
        let len = file.metadata()?.len();
        let source = Source::file(file.try_clone()?, len);
        let directory = Directory::read(&source, &options.read.limits)?;
        // What lies about where it is may not come to be what is added.
        directory.check_bounds(&source)?;
        let end = directory.end();
        if len > end {
            check_trailing(len, end, options)?;
            file.set_len(end)?;
        }
        let old = source.bytes(&directory.records, |_| ())?.to_vec();
        let comment = source.bytes(&directory.comment, |_| ())?.to_vec();
        let starts = directory.entries.iter().map(|entry| entry.record - directory.records.start);
        let ends = starts.clone().skip(1).chain([old.len() as u64]);
        let kept = directory.entries.iter().zip(starts.zip(ends)).map(|(entry, (start, end))| {
            // Both lie inside of `old`, which is in memory.
            let record = usize::try_from(start).unwrap_or(0)..usize::try_from(end).unwrap_or(0);
            let name = directory.name(entry).into();
            Listed { name, is_listed: true, from: Origin::Old(record) }
        });
        let members: Vec<Listed> = kept.collect();
        let mut by_name: HashMap<Box<str>, Vec<usize>> = HashMap::new();
        for (index, member) in members.iter().enumerate() {
            by_name.entry(member.name.clone()).or_default().push(index);
        }
        let mark = directory.comment.start - END_LEN as u64..end;
        let tail = Tail::new(file, mark, end)?;
        let writer =
            Writer::behind(tail, end, &options.write.streamed(false)).rewriting(Tail::rewrite);
        Ok(Self { writer, old, comment, kept: members.len(), members, by_name, changed: false })
    }

    /// The names of the members as they will be, in the order of the new directory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().filter(|member| member.is_listed).map(|member| &*member.name)
    }

    /// Adds an array, under a name to which `.npy` is added, as `np.savez` does.
    ///
    /// # Errors
    /// A name under which NumPy finds a member already; as [`encode`](super::encode), and those of the file,
    /// after which nothing more is written.
    pub fn append(&mut self, name: &str, array: &ArrayView<'_>) -> Result<()> {
        self.append_all(&[(name, array.clone())])
    }

    /// Adds arrays, deflated in parallel as by [`Writer::add_all`]. Where one cannot be written, those before it are
    /// added.
    ///
    /// # Errors
    /// As [`append`](Self::append).
    pub fn append_all<S: AsRef<str>>(&mut self, members: &[(S, ArrayView<'_>)]) -> Result<()> {
        members.iter().try_for_each(|(name, _)| self.check_new(name.as_ref()))?;
        self.write(members)
    }

    /// Adds an array of Python objects, by its pickle.
    ///
    /// # Errors
    /// As [`append`](Self::append) and [`npy::encode_objects`](crate::npy::encode_objects).
    pub fn append_objects(&mut self, name: &str, pickle: &Pickle) -> Result<()> {
        self.check_new(name)?;
        self.write_objects(name, pickle)
    }

    /// Adds an array of Python objects in the place of what NumPy finds under that name, if there is something.
    ///
    /// # Errors
    /// As [`append_objects`](Self::append_objects), but for names that there are.
    pub fn replace_objects(&mut self, name: &str, pickle: &Pickle) -> Result<()> {
        Record::member_name(name)?;
        self.write_objects(name, pickle)
    }

    fn check_new(&self, name: &str) -> Result<()> {
        match self.found_under(name)?.first() {
            Some(there) => Err(Error::member_name(format!("there is a member {there:?} already"))
                .with_help("replace it, or remove it first")),
            None => Ok(()),
        }
    }

    /// Adds an array in the place of what NumPy finds under that name, if there is something.
    ///
    /// # Errors
    /// As [`append`](Self::append), but for names that there are.
    pub fn replace(&mut self, name: &str, array: &ArrayView<'_>) -> Result<()> {
        self.replace_all(&[(name, array.clone())])
    }

    /// Adds arrays in the place of what NumPy finds under their names, deflated in parallel as by
    /// [`Writer::add_all`]. Where one cannot be written, those before it are replaced.
    ///
    /// # Errors
    /// As [`replace`](Self::replace); a name that is given twice.
    pub fn replace_all<S: AsRef<str>>(&mut self, members: &[(S, ArrayView<'_>)]) -> Result<()> {
        for (name, _) in members {
            Record::member_name(name.as_ref())?;
        }
        self.write(members)
    }

    fn write<S: AsRef<str>>(&mut self, members: &[(S, ArrayView<'_>)]) -> Result<()> {
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_ref()).collect();
        self.write_with(&names, |writer| writer.add_all(members))
    }

    fn write_objects(&mut self, name: &str, pickle: &Pickle) -> Result<()> {
        self.write_with(&[name], |writer| writer.add_objects(name, pickle))
    }

    /// Writes members. What was there under their names goes only when they are there.
    fn write_with(
        &mut self,
        names: &[&str],
        add: impl FnOnce(&mut Writer<Tail>) -> Result<()>,
    ) -> Result<()> {
        let released: Vec<&str> =
            names.iter().copied().filter(|name| self.writer.release(name)).collect();
        let before = self.writer.written();
        let written = add(&mut self.writer);
        for name in released {
            self.writer.reserve(name);
        }
        for (index, name) in (before..self.writer.written()).zip(names) {
            for there in self.found_under(name)? {
                self.unlist(&there);
            }
            // A name with a NUL becomes another's.
            let member: Box<str> = self.writer.name_of(index).into();
            self.unlist(&member);
            self.by_name.insert(member.clone(), vec![self.members.len()]);
            self.members.push(Listed {
                name: member,
                is_listed: true,
                from: Origin::Given((*name).into()),
            });
            self.changed = true;
        }
        written.map_err(|error| error.in_file(self.writer.target().path()))
    }

    /// The names of the members that come before or instead of an array of a name, once it is added.
    fn found_under(&self, name: &str) -> Result<Vec<Box<str>>> {
        let mut found: Vec<Box<str>> = vec![name.into(), Record::member_name(name)?];
        found.retain(|name| self.by_name.contains_key(name));
        Ok(found)
    }

    /// Removes the member that NumPy finds under a key, and all others of the same name. Its data stays in the
    /// file, where nobody finds it, until [`compact`].
    ///
    /// # Errors
    /// [`ErrorKind::Member`](crate::ErrorKind::Member) if there is none.
    pub fn remove(&mut self, key: &str) -> Result<()> {
        let npy = format!("{key}.npy");
        if self.unlist(key) || self.unlist(&npy) {
            return Ok(());
        }
        Err(no_member(key, self.names().map(key_of)))
    }

    /// Leaves the members of a name out of the new directory. Returns whether there were any.
    fn unlist(&mut self, name: &str) -> bool {
        let Some(there) = self.by_name.remove(name) else { return false };
        for index in there {
            let Some(member) = self.members.get_mut(index) else { continue };
            member.is_listed = false;
            if let Origin::Given(name) = &member.from {
                self.writer.release(name);
            }
        }
        self.changed = true;
        true
    }

    /// Forces the new members to disk, then the new directory, then the record that ends the archive.
    ///
    /// # Errors
    /// A member that was lost in a write that failed; a file that somebody else changed; those of the file. The
    /// archive is then as it was. Only where the last step fails, which is to force the directory to disk, it
    /// may be the new one already.
    pub fn commit(self) -> Result<()> {
        self.writer.intact()?;
        if !self.changed {
            return Ok(());
        }
        let Self { writer, old, members, kept, comment, .. } = self;
        let (mut tail, added, position) = writer.into_parts()?;
        let (kept, written) = members.split_at(kept);
        let added: Vec<Record> = added
            .into_iter()
            .zip(written)
            .filter_map(|(record, member)| member.is_listed.then_some(record))
            .collect();
        let kept: Vec<&[u8]> = kept
            .iter()
            .filter(|member| member.is_listed)
            .filter_map(|member| match &member.from {
                Origin::Old(record) => old.get(record.clone()),
                Origin::Given(_) => None,
            })
            .collect();
        let mut finish = || {
            tail.sync()?;
            let (records, end) = directory(&kept, &added, position, &comment);
            tail.write_all(&records)?;
            // With the end there, whoever finds it takes what is before it for whole.
            tail.sync()?;
            tail.write_all(&end)?;
            tail.keep()
        };
        let finished = finish();
        finished.map_err(|error| Error::from(error).in_file(tail.path()))
    }
}

/// Refuses bytes behind an archive, unless they are to be discarded.
fn check_trailing(len: u64, end: u64, options: &EditOptions) -> Result<()> {
    if len > end && !options.discard_trailing {
        return Err(Error::archive(format!(
            "{} bytes follow it, as an interrupted edit leaves",
            len - end
        ))
        .at(end)
        .with_help("discard them if that is what they are"));
    }
    Ok(())
}

/// Rewrites an archive with its members as they are, deflated or stored, in the order of the directory, and
/// nothing else: without what edits have left in it. Where its members are those of NumPy, it is then byte for
/// byte the archive that NumPy writes of them. The new file replaces the old one once it is on disk.
///
/// Returns the length before and after.
///
/// # Errors
/// As [`read`](super::read); bytes behind the archive, unless they are to be discarded; a member that contradicts the
/// directory; those of the file.
pub fn compact(path: impl AsRef<Path>, options: &EditOptions) -> Result<(u64, u64)> {
    let path = path.as_ref();
    let run = || {
        let file = Locked::open(path)?;
        let len = file.metadata()?.len();
        let source = Source::file(file.try_clone()?, len);
        let directory = Directory::read(&source, &options.read.limits)?;
        check_trailing(len, directory.end(), options)?;
        let replacement = Replacement::new(path)?;
        let target = BufWriter::with_capacity(1 << 16, replacement.file());
        let mut writer = Writer::unseekable(target, &options.write.streamed(false));
        for entry in &directory.entries {
            let data = directory.data(&source, entry)?;
            writer.add_raw(directory.name(entry), entry, &source, data)?;
        }
        writer.finish()?;
        let new_len = replacement.file().metadata()?.len();
        if !file.is_in_place()? {
            return Err(Error::io(std::io::Error::other("it was replaced meanwhile")));
        }
        replacement.finish_synced()?;
        Ok((len, new_len))
    };
    run().map_err(|error: Error| error.in_file(path))
}
