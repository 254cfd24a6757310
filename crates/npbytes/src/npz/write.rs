//! Archives written member by member, arrays row by row where they are larger than memory.

mod sink;

use std::collections::HashSet;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;

use rawzip::ReaderAt;
use sink::{Counted, Sink, Sum};

use super::archive::Member;
use super::deflate::{Deflated, Deflater, deflate, deflate_bytes};
use super::directory::Entry;
use super::record::{Method, Record, Style, directory};
use super::source::Source;
use super::{Compression, WriteOptions};
use crate::array::ArrayView;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::npy;
use crate::pickle::Pickle;
use crate::shape::Shape;

/// How many bytes of arrays are deflated at a time. A larger array goes through piece by piece.
const IN_FLIGHT: u64 = 256 << 20;

/// Up to this size, an array is looked at before it is written.
const SMALL: usize = 1 << 20;

/// Writes an archive, as `np.savez` and `np.savez_compressed` do.
///
/// Until [`finish`](Self::finish), there is no archive: the directory is its end. After an error of the target,
/// which may have taken a part of a member, nothing more is written.
///
/// ```
/// use std::io::Cursor;
/// use npbytes::{Array, DType, Shape, npz};
/// let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &npz::WriteOptions::default())?;
/// writer.add("x", &Array::from_vec(&[3], vec![1, 2, 3])?.view())?;
/// let mut rows = writer.rows("y", DType::parse("f4")?, &Shape::new(&[4, 2])?, false)?;
/// rows.write_rows(&Array::from_vec(&[3, 2], vec![0_f32; 6])?.view())?;
/// rows.write_rows(&Array::from_vec(&[1, 2], vec![1_f32; 2])?.view())?;
/// rows.finish()?;
/// let file = writer.finish()?.into_inner();
/// let archive = npz::decode(&file.into(), &Default::default())?;
/// assert_eq!(archive.array("y")?.shape().dims(), [4, 2]);
/// # Ok::<(), npbytes::Error>(())
/// ```
pub struct Writer<W> {
    target: W,
    /// How a record before the data is written once the data is known.
    rewrite: Option<Rewrite<W>>,
    /// How long the archive is so far.
    position: u64,
    records: Vec<Record>,
    names: HashSet<Box<str>>,
    options: WriteOptions,
    style: Style,
    /// Set while a member is written: after a failure, nobody knows what the target has of it.
    broken: bool,
}

/// Writes bytes so many bytes back from the end, and returns there.
pub(super) type Rewrite<W> = fn(&mut W, back: u64, &[u8]) -> std::io::Result<()>;

fn rewrite<W: Write + Seek>(target: &mut W, back: u64, bytes: &[u8]) -> std::io::Result<()> {
    let end = target.stream_position()?;
    let at = end.checked_sub(back).ok_or_else(|| {
        std::io::Error::other("the target of the archive was moved while it was written")
    })?;
    target.seek(SeekFrom::Start(at))?;
    target.write_all(bytes)?;
    target.seek(SeekFrom::Start(end)).map(drop)
}

impl<W: Write + Seek> Writer<W> {
    /// Starts an archive where the target stands: the one NumPy writes to a file, unless the options ask for
    /// the one of a pipe. The target is sought in after each large member. Offsets in the archive count from its
    /// own start; those of NumPy, which is handed a file that stands elsewhere, from that of the file.
    ///
    /// # Errors
    /// A target that cannot seek.
    pub fn new(mut target: W, options: &WriteOptions) -> Result<Self> {
        target.stream_position()?;
        let seeks = (!options.streamed).then_some(rewrite::<W> as Rewrite<W>);
        Ok(Self { rewrite: seeks, ..Self::unseekable(target, options) })
    }
}

impl<W: Write> Writer<W> {
    /// Starts an archive on what cannot seek: the one NumPy writes to a pipe, whatever the options say.
    pub fn streamed(target: W, options: &WriteOptions) -> Self {
        Self::unseekable(target, &options.streamed(true))
    }

    /// Starts an archive on what cannot seek or need not. Rows are not written to it.
    pub(super) fn unseekable(target: W, options: &WriteOptions) -> Self {
        Self::behind(target, 0, options)
    }

    /// Writes members that start at a position of an archive.
    pub(super) fn behind(target: W, position: u64, options: &WriteOptions) -> Self {
        let aligned = options.align && options.compression == Compression::None;
        Self {
            target,
            rewrite: None,
            position,
            records: Vec::new(),
            names: HashSet::new(),
            options: *options,
            style: Style::new(options.npy.profile.python, options.streamed, aligned),
            broken: false,
        }
    }

    /// Writes an array, under a name to which `.npy` is added.
    ///
    /// # Errors
    /// As [`encode`](super::encode), and those of the target.
    pub fn add(&mut self, name: &str, array: &ArrayView<'_>) -> Result<()> {
        self.add_all(&[(name, array.clone())])
    }

    /// Writes arrays, in the order given. With the feature `rayon`, they are deflated on the threads of the
    /// pool that this is called in, up to 256 MiB of them at a time.
    ///
    /// # Errors
    /// As [`encode`](super::encode), and those of the target.
    pub fn add_all<S: AsRef<str>>(&mut self, members: &[(S, ArrayView<'_>)]) -> Result<()> {
        self.intact()?;
        let mut names = HashSet::new();
        let mut next = Vec::with_capacity(members.len());
        for (name, array) in members {
            let name = name.as_ref();
            if !names.insert(name) {
                return Err(twice(name));
            }
            next.push((name, self.record(name)?, array));
        }
        self.add_records(next)
    }

    /// Writes arrays whose names were checked.
    fn add_records(&mut self, members: Vec<(&str, Record, &ArrayView<'_>)>) -> Result<()> {
        if self.options.compression == Compression::None {
            for (name, record, array) in members {
                let member = record.name.clone();
                self.add_stored(record, array).map_err(|error| error.in_member(&member))?;
                self.names.insert(name.into());
            }
            return Ok(());
        }
        let mut members = members.into_iter().peekable();
        while let Some(first) = members.next() {
            let mut size = first.2.nbytes() as u64;
            if size > IN_FLIGHT && (self.rewrite.is_some() || self.style.descriptor) {
                let (name, record, array) = first;
                let member = record.name.clone();
                self.add_piecewise(record, array).map_err(|error| error.in_member(&member))?;
                self.names.insert(name.into());
                continue;
            }
            let mut window = vec![first];
            let fits = |size: u64, array: &ArrayView<'_>| size + array.nbytes() as u64 <= IN_FLIGHT;
            while let Some(next) = members.next_if(|(_, _, array)| fits(size, array)) {
                size += next.2.nbytes() as u64;
                window.push(next);
            }
            let arrays: Vec<_> = window.iter().map(|&(_, _, array)| array).collect();
            let deflated = deflate_all(&arrays, &self.options);
            for ((name, record, _), deflated) in window.into_iter().zip(deflated) {
                let member = record.name.clone();
                let added = deflated.and_then(|deflated| self.add_deflated(record, &deflated));
                added.map_err(|error| error.in_member(&member))?;
                self.names.insert(name.into());
            }
        }
        Ok(())
    }

    /// Writes an array row by row, under a name to which `.npy` is added: one of a known shape, in C order, or
    /// in Fortran order, whose rows are those of the last axis.
    ///
    /// # Errors
    /// As [`npy::Writer::new`], and those of the target.
    pub fn rows(
        &mut self,
        name: &str,
        dtype: DType,
        shape: &Shape,
        fortran_order: bool,
    ) -> Result<RowWriter<'_, W>> {
        self.intact()?;
        let record = self.record(name)?;
        let options = self.options.npy;
        // What cannot be written is found before anything is.
        npy::Writer::new(std::io::sink(), dtype.clone(), shape, fortran_order, &options)?;
        self.names.insert(name.into());
        let sink = self.begin(record, dtype.itemsize())?;
        let rows = npy::Writer::new(sink, dtype, shape, fortran_order, &options)?;
        Ok(RowWriter { rows })
    }

    /// Writes an array of Python objects, by its pickle, under a name to which `.npy` is added.
    ///
    /// # Errors
    /// As [`npy::encode_objects`] and [`encode`](super::encode), and those of the target.
    pub fn add_objects(&mut self, name: &str, pickle: &Pickle) -> Result<()> {
        self.intact()?;
        let record = self.record(name)?;
        let member = record.name.clone();
        let bytes = npy::encode_objects(pickle, &self.options.npy)
            .map_err(|error| error.in_member(&member))?;
        let deflated = deflate_bytes(&bytes, &self.options)?;
        self.add_deflated(record, &deflated)?;
        self.names.insert(name.into());
        Ok(())
    }

    /// Writes a member that need not be an array, under a whole name (to which nothing is added).
    ///
    /// # Errors
    /// A name that an array was given; those of the target.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8], compression: Compression) -> Result<()> {
        self.intact()?;
        if name.strip_suffix(".npy").is_some_and(|key| !self.names.insert(key.into())) {
            return Err(twice(name));
        }
        let stored = compression == Compression::None;
        let mut record = Record {
            name: Record::checked_name(name.into())?,
            method: if stored { Method::Stored } else { Method::Deflated },
            crc: 0,
            uncompressed: 0,
            compressed: 0,
            offset: 0,
            style: self.style,
        };
        record.style.aligned = self.options.align && stored;
        let deflated = deflate_bytes(bytes, &self.options.compression(compression))?;
        self.add_deflated(record, &deflated)
    }

    /// What is known of a member that comes next.
    fn record(&self, name: &str) -> Result<Record> {
        let member = Record::member_name(name)?;
        if self.names.contains(name) {
            return Err(twice(name));
        }
        let stored = self.options.compression == Compression::None;
        Ok(Record {
            name: member,
            method: if stored { Method::Stored } else { Method::Deflated },
            crc: 0,
            uncompressed: 0,
            compressed: 0,
            offset: 0,
            style: self.style,
        })
    }

    /// Starts the next member, whose contents then go into the sink.
    fn begin(&mut self, mut record: Record, itemsize: usize) -> Result<Sink<'_, W>> {
        self.broken = true;
        record.offset = self.position;
        self.put(&record.local())?;
        let deflater = match record.method {
            Method::Deflated => Deflater::new(self.options.compression, itemsize),
            _ => None,
        };
        let crc = crc32fast::Hasher::new();
        Ok(Sink { data: self.position, writer: self, record, crc, deflater })
    }

    /// Writes what follows the contents of a member, and keeps its record for the directory.
    fn end(&mut self, record: Record) -> Result<()> {
        if record.style.descriptor {
            self.put(&record.descriptor())?;
        }
        self.records.push(record);
        self.broken = false;
        Ok(())
    }

    fn add_stored(&mut self, mut record: Record, array: &ArrayView<'_>) -> Result<()> {
        // To go back for a small one costs more than to look at it twice.
        let known_first = self.rewrite.is_none() || array.nbytes() <= SMALL;
        if known_first && !self.style.descriptor {
            // What the record before the data says must be known before the data is written.
            let mut sum = Sum::default();
            npy::encode_to(&mut sum, array, &self.options.npy)?;
            record.crc = sum.crc.finalize();
            (record.uncompressed, record.compressed) = (sum.len, sum.len);
            self.broken = true;
            record.offset = self.position;
            self.put(&record.local())?;
            let mut counted = Counted { target: &mut self.target, len: 0 };
            npy::encode_to(&mut counted, array, &self.options.npy)?;
            self.position += counted.len;
            return self.end(record);
        }
        self.add_piecewise(record, array)
    }

    fn add_deflated(&mut self, mut record: Record, deflated: &Deflated) -> Result<()> {
        record.crc = deflated.crc;
        record.uncompressed = deflated.uncompressed;
        record.compressed = deflated.bytes.len() as u64;
        record.offset = self.position;
        self.broken = true;
        self.put(&record.local())?;
        self.put(&deflated.bytes)?;
        self.end(record)
    }

    fn add_piecewise(&mut self, record: Record, array: &ArrayView<'_>) -> Result<()> {
        // A header that cannot be written is found before anything is.
        let options = self.options.npy;
        npy::check_header(array, &options)?;
        let mut sink = self.begin(record, array.dtype().itemsize())?;
        npy::encode_to(&mut sink, array, &options)?;
        sink.end()
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.target.write_all(bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn intact(&self) -> Result<()> {
        if self.broken {
            return Err(Error::io(std::io::Error::other(
                "a member was not written to its end, the archive cannot be completed",
            )));
        }
        Ok(())
    }

    /// Writes the directory, flushes the target and returns it, standing behind the archive.
    ///
    /// # Errors
    /// A member that was not written to its end; those of the target.
    pub fn finish(mut self) -> Result<W> {
        self.intact()?;
        let (records, end) = directory(&[], &self.records, self.position, &[]);
        self.target.write_all(&records)?;
        self.target.write_all(&end)?;
        self.target.flush()?;
        Ok(self.target)
    }

    /// Writes a member of another archive, stored or deflated as it is there, without inflating it, under a whole
    /// name (to which nothing is added). It may be no array at all.
    ///
    /// # Errors
    /// A name that an array was given; a member that contradicts its directory, or is encrypted or compressed
    /// by another method than deflate; those of the source and of the target. The CRC is copied, and not checked.
    pub fn copy(&mut self, name: &str, member: &Member<'_>) -> Result<()> {
        self.intact()?;
        if name.strip_suffix(".npy").is_some_and(|key| !self.names.insert(key.into())) {
            return Err(twice(name));
        }
        let (source, entry, data) = member.parts()?;
        self.add_raw(name, entry, source, data)
    }

    /// Writes a member as it lies in another archive.
    pub(super) fn add_raw(
        &mut self,
        name: &str,
        entry: &Entry,
        source: &Source,
        data: Range<u64>,
    ) -> Result<()> {
        let mut record = Record {
            name: Record::checked_name(name.into())?,
            method: entry.method,
            crc: entry.crc,
            uncompressed: entry.uncompressed,
            compressed: entry.compressed,
            offset: self.position,
            style: self.style,
        };
        record.style.aligned = self.options.align && entry.method == Method::Stored;
        self.broken = true;
        self.put(&record.local())?;
        let mut at = data.start;
        let mut piece = vec![0; 1 << 18];
        while at < data.end {
            let left = usize::try_from(data.end - at).unwrap_or(usize::MAX);
            let len = left.min(piece.len());
            let piece = &mut piece[..len];
            source.read_exact_at(piece, at)?;
            self.put(piece)?;
            at += piece.len() as u64;
        }
        self.end(record)
    }

    /// Goes back by a way of the target's own.
    #[cfg(feature = "fs")]
    pub(super) fn rewriting(self, rewrite: Rewrite<W>) -> Self {
        Self { rewrite: Some(rewrite), ..self }
    }

    /// Lets a name be given again. Returns whether it was given.
    #[cfg(feature = "fs")]
    pub(super) fn release(&mut self, name: &str) -> bool {
        self.names.remove(name)
    }

    /// Lets a name not be given again.
    #[cfg(feature = "fs")]
    pub(super) fn reserve(&mut self, name: &str) {
        self.names.insert(name.into());
    }

    /// How many members were written.
    #[cfg(feature = "fs")]
    pub(super) fn written(&self) -> usize {
        self.records.len()
    }

    /// The name that a member has in the archive.
    #[cfg(feature = "fs")]
    pub(super) fn name_of(&self, index: usize) -> &str {
        self.records.get(index).map_or("", |record| &record.name)
    }

    #[cfg(feature = "fs")]
    pub(super) fn target(&self) -> &W {
        &self.target
    }

    /// What was written, without a directory.
    #[cfg(feature = "fs")]
    pub(super) fn into_parts(self) -> Result<(W, Vec<Record>, u64)> {
        self.intact()?;
        Ok((self.target, self.records, self.position))
    }
}

impl<W> std::fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("members", &self.records.len())
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

/// Deflates members, on several threads if there are any.
fn deflate_all(arrays: &[&ArrayView<'_>], options: &WriteOptions) -> Vec<Result<Deflated>> {
    #[cfg(feature = "rayon")]
    if arrays.len() > 1 {
        use rayon::prelude::*;
        return arrays.par_iter().with_max_len(1).map(|array| deflate(array, options)).collect();
    }
    arrays.iter().map(|array| deflate(array, options)).collect()
}

/// An array of an archive that is written row by row. Dropped before [`finish`](Self::finish), it leaves an
/// archive that cannot be completed.
pub struct RowWriter<'w, W: Write> {
    rows: npy::Writer<Sink<'w, W>>,
}

impl<W: Write> RowWriter<'_, W> {
    /// Writes the next rows, as [`npy::Writer::write_rows`].
    ///
    /// # Errors
    /// Another dtype or shape; more rows than the header says; those of the target.
    pub fn write_rows(&mut self, rows: &ArrayView<'_>) -> Result<()> {
        self.rows.write_rows(rows)
    }

    /// Ends the array.
    ///
    /// # Errors
    /// Rows that are still missing, or were lost in a write that failed; those of the target.
    pub fn finish(self) -> Result<()> {
        self.rows.finish()?.end()
    }
}

impl<W: Write> std::fmt::Debug for RowWriter<'_, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowWriter").finish_non_exhaustive()
    }
}

pub(super) fn twice(name: &str) -> Error {
    Error::member_name(format!("{name:?} is given twice, NumPy would find only the last"))
        .with_help("give each array a name of its own")
}
