//! Entries into an archive: a bounded number of bytes at a time, and an array that is larger row by row.

use std::io::Write;
use std::path::Path;

use npbytes::npz::{self, Compression, Member};
use npbytes::pickle::Pickle;
use npbytes::{ArrayView, npy};

use crate::contents::Contents;
use crate::entries::{Entry, read_all};
use crate::failure::{Failure, Result, note};
use crate::flags::LayoutArgs;
use crate::input::Input;
use crate::listing::batches;
use crate::output;
use crate::progress::Progress;

/// How many bytes of rows are read at a time.
const ROWS: usize = 16 << 20;

/// What is written at a time.
pub(crate) enum Part<'a> {
    Arrays(&'a [(&'a str, ArrayView<'a>)]),
    /// An array of objects, by its pickle.
    Objects(&'a str, &'a Pickle),
}

/// How entries are packed.
pub(crate) struct Packing<'a> {
    pub(crate) input: &'a Input,
    pub(crate) layout: &'a LayoutArgs,
    pub(crate) options: npz::WriteOptions,
    /// The archive's name in messages.
    pub(crate) target: String,
    pub(crate) progress: &'a Progress,
}

impl Packing<'_> {
    /// Writes an archive to a file, which is replaced whole or not at all, or to a pipe.
    pub(crate) fn to_file(&self, path: &Path, entries: &[&Entry<'_>]) -> Result<()> {
        npbytes::replace_file(path, |file| {
            let is_stream = !file.metadata().is_ok_and(|metadata| metadata.is_file());
            let target = std::io::BufWriter::with_capacity(1 << 16, file);
            let target = self.progress.watch(target);
            if is_stream {
                return self.fill(npz::Writer::streamed(target, &self.options), entries);
            }
            let writer = npz::Writer::new(target, &self.options);
            self.fill(writer.map_err(|error| self.failure(&error))?, entries)
        })
    }

    /// Writes an archive to standard output, as NumPy writes it to a pipe.
    pub(crate) fn to_stdout(&self, entries: &[&Entry<'_>]) -> Result<()> {
        let target = self.progress.watch(output::stdout());
        self.fill(npz::Writer::streamed(target, &self.options), entries)
    }

    fn fill<W: Write>(&self, mut writer: npz::Writer<W>, entries: &[&Entry<'_>]) -> Result<()> {
        // What is no array stays as it is, where it is.
        let runs = batches(entries, |entry| entry.cost).into_iter();
        for run in runs.flat_map(|batch| batch.chunk_by(|a, b| a.is_array() && b.is_array())) {
            if let [entry] = run
                && let Some(member) = entry.other()
            {
                writer.copy(&entry.name, member).map_err(|error| self.failure(&error))?;
                continue;
            }
            if let [entry] = run
                && let Some((member, header)) = entry.by_rows(self.input, self.layout)
            {
                self.write_rows(&mut writer, entry, &member, header)?;
                continue;
            }
            self.with_parts(run, |part| match part {
                Part::Arrays(views) => writer.add_all(views),
                Part::Objects(name, pickle) => writer.add_objects(name, pickle),
            })?;
        }
        writer.finish().map(drop).map_err(|error| self.failure(&error))
    }

    /// Reads entries, and hands over what the flags leave of them.
    pub(crate) fn with_parts(
        &self,
        batch: &[&Entry<'_>],
        mut write: impl FnMut(Part<'_>) -> npbytes::Result<()>,
    ) -> Result<()> {
        let all = read_all(batch)?;
        let mut views = Vec::with_capacity(batch.len());
        let written = |result: npbytes::Result<()>| result.map_err(|error| self.failure(&error));
        for (entry, contents) in batch.iter().zip(&all) {
            match contents {
                Contents::Array(array) => {
                    let view = self.input.part(&entry.source, &array.view())?;
                    views.push((entry.name.as_str(), view));
                }
                Contents::Objects(objects) => {
                    self.input.expect_whole(&entry.source)?;
                    written(write(Part::Arrays(&views)))?;
                    views.clear();
                    let pickle = objects.to_pickle();
                    let pickle =
                        pickle.map_err(|error| Failure::of(entry.source.name(), &error, 0))?;
                    written(write(Part::Objects(&entry.name, &pickle)))?;
                }
                Contents::Bytes(_) => {}
            }
        }
        written(write(Part::Arrays(&views)))?;
        if self.options.compression != Compression::None {
            self.progress.add(batch.iter().map(|entry| entry.bytes).sum());
        }
        Ok(())
    }

    fn write_rows<W: Write>(
        &self,
        writer: &mut npz::Writer<W>,
        entry: &Entry<'_>,
        member: &Member<'_>,
        header: &npy::Header,
    ) -> Result<()> {
        let unread = |error: &npbytes::Error| Failure::of(entry.source.name(), error, 0);
        let reader = member.reader().map_err(|error| unread(&error))?;
        let reader = npy::Reader::new(reader, self.input.npy_options());
        let mut reader = reader.map_err(|error| unread(&error))?;
        let rows = writer.rows(&entry.name, header.dtype().clone(), header.shape(), false);
        let mut rows = rows.map_err(|error| self.failure(&error))?;
        let count = rows_at_once(header);
        while let Some(some) = reader.read_rows(count).map_err(|error| unread(&error))? {
            rows.write_rows(&some.view()).map_err(|error| self.failure(&error))?;
            if self.options.compression != Compression::None {
                self.progress.add(some.view().nbytes() as u64);
            }
        }
        rows.finish().map_err(|error| self.failure(&error))
    }

    fn failure(&self, error: &npbytes::Error) -> Failure {
        self.layout.failure(&self.target, error)
    }
}

/// How many rows are read at a time.
pub(crate) fn rows_at_once(header: &npy::Header) -> usize {
    let rows = header.shape().first().copied().unwrap_or(1).max(1);
    (ROWS / (header.data_len() / rows).max(1)).max(1)
}

/// The entries that are arrays, and a word on each that is not.
pub(crate) fn arrays<'e, 'a>(entries: &'e [Entry<'a>]) -> Vec<&'e Entry<'a>> {
    let (arrays, others): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.is_array());
    for other in others {
        note(&format!("{}: no array, left out", other.source.name()));
    }
    arrays
}
