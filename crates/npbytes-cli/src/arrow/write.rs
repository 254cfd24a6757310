//! Arrays into tables: files of Arrow IPC and Parquet, CSV and lines of JSON. Rows are read, converted and written a
//! block at a time, so that memory is bounded whatever the length.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::Schema;
use npbytes_arrow::{Column, tensor};

use super::failure;
use super::flags::ToArrowArgs;
use super::rows::{ColumnRows, Streamed};
use super::sink::{Sink, Target};
use super::table::Table;
use crate::archive;
use crate::decode::{self, Content};
use crate::entries::{self, Inputs, Named, Naming};
use crate::failure::{Failure, Result};
use crate::flags::LayoutArgs;
use crate::format::Format;
use crate::input::Input;
use crate::pack;
use crate::progress::Progress;
use crate::unpack;

/// How many bytes of rows are held at a time. Memory of more than 32 MiB is had from the system, and filled with zeros,
/// anew for each block.
const BLOCK: usize = 8 << 20;
/// The most rows of a block.
const MOST_ROWS: usize = 1 << 20;

/// How tables are written.
pub(crate) struct Tabling<'a> {
    pub(crate) input: &'a Input,
    pub(crate) layout: &'a LayoutArgs,
    pub(crate) flags: &'a ToArrowArgs,
    pub(crate) format: Format,
    /// The file's name in messages.
    pub(crate) target: String,
    pub(crate) quiet: bool,
}

impl Tabling<'_> {
    /// Writes the arrays of the sources as the columns of one table.
    ///
    /// # Errors
    /// Those of the sources; arrays of different numbers of rows; what the format does not have.
    pub(crate) fn write(&self, sources: Vec<Named>, path: Option<&Path>) -> Result<()> {
        if self.format == Format::Tensor {
            return self.write_tensor(sources, path);
        }
        if let Some(table) = self.table(&sources)? {
            return self.copy(&table, &sources, path);
        }
        let mut opened = Vec::with_capacity(sources.len());
        for named in sources {
            opened.push(self.open(named, path)?);
        }
        let mut columns = Vec::new();
        for one in &mut opened {
            match one {
                Opened::Columns(some) => columns.extend(std::mem::take(some)),
                Opened::Inputs(inputs) => columns.extend(self.entries(inputs)?),
            }
        }
        self.columns(columns, path)
    }

    /// Writes each array into a file of its own.
    ///
    /// # Errors
    /// As [`write`](Self::write); names that are none of files.
    pub(crate) fn to_folder(
        &self,
        folder: &Path,
        sources: Vec<Named>,
        no_clobber: bool,
    ) -> Result<()> {
        let inputs = Inputs::open(sources, self.input, Naming::Stem, Some(folder))?;
        let extension = self.format.extension();
        let mut work = Vec::new();
        let entries = inputs.entries()?;
        for entry in pack::arrays(&entries) {
            if let Some(why) = unpack::unsafe_part(&entry.name) {
                let message = format!("cannot become a file of its own name: {why}");
                return Err(Failure::new(entry.source.name(), message));
            }
            let path = folder.join(format!("{}.{extension}", entry.name));
            let shown = path.display().to_string();
            if no_clobber && path.symlink_metadata().is_ok() {
                return Err(Failure::new(shown, "the file exists, and was left as it is")
                    .with_help("leave --no-clobber out to replace it"));
            }
            work.push((entry, path));
        }
        for (entry, path) in work {
            let parent = path.parent().unwrap_or(folder);
            std::fs::create_dir_all(parent)
                .map_err(|error| Failure::io(parent.display().to_string(), &error))?;
            let options = self.flags.options();
            let mut column = ColumnRows::of_entry(entry, self.input, self.layout, &options)?;
            if let Some((_, last)) = column.name.rsplit_once('/') {
                column.name = last.to_owned();
            }
            let one = Tabling { target: path.display().to_string(), flags: self.flags, ..*self };
            one.columns(vec![column], Some(&path))?;
        }
        Ok(())
    }

    /// The table that the only source is, or has a column of.
    fn table(&self, sources: &[Named]) -> Result<Option<Table>> {
        match sources {
            [only] if entries::is_table(&only.source, self.input) => {
                self.input.expect_whole(&only.source)?;
                decode::open_table(&only.source, self.input)
            }
            _ => Ok(None),
        }
    }

    /// Writes the batches of another table as they are.
    fn copy(&self, table: &Table, sources: &[Named], path: Option<&Path>) -> Result<()> {
        let named = sources.first();
        let column = named.and_then(|named| named.source.member());
        let column = column.map(|name| table.column(name)).transpose()?;
        let schema = match column {
            Some(column) => {
                let projected = table.schema().project(&[column]);
                projected.map_err(|error| Failure::new(&*self.target, error.to_string()))?
            }
            None => table.schema().clone(),
        };
        let columns = column.map(|column| vec![column]);
        let name = named.map(|named| named.source.name()).unwrap_or_default();
        let rows = table.rows()?;
        let file = named.and_then(|named| named.source.path()?.metadata().ok());
        let bytes = file.map_or(0, |file| file.len());
        let progress = Progress::new(bytes, self.quiet);
        self.with_target(path, |target| {
            let mut sink = Sink::new(target, &self.target, &schema, self.format, self.flags)?;
            for batch in table.batches(columns.as_deref())? {
                let batch = batch.map_err(|error| failure(&*name, &error))?;
                sink.write(&batch)?;
                progress.add(bytes / rows.max(1) * batch.num_rows() as u64);
            }
            sink.finish()
        })
    }

    fn open(&self, named: Named, target: Option<&Path>) -> Result<Opened> {
        let source = named.source.clone();
        let is_folder = source.member().is_none() && source.path().is_some_and(Path::is_dir);
        let whole = source.whole();
        let in_archive =
            source.path().is_some() && archive::is_archive(&whole, &self.input.without_raw_flags());
        if is_folder || in_archive {
            return Ok(Opened::Inputs(Inputs::open(
                vec![named],
                self.input,
                Naming::Stem,
                target,
            )?));
        }
        let options = self.flags.options();
        let name = entries::name_of(&named)?;
        let content = match ColumnRows::of_npy(&name, &source, self.input, &options)? {
            Streamed::Column(column) => return Ok(Opened::Columns(vec![*column])),
            Streamed::Started(content) => content,
            Streamed::Not => decode::open(&source, self.input)?,
        };
        let has_own_name = !named.has_no_name();
        let columns = ColumnRows::of_content(&name, &source, self.input, content, &options)?;
        if has_own_name && columns.len() > 1 {
            return Err(entries::name_for_many(&name, &source));
        }
        Ok(Opened::Columns(columns))
    }

    fn entries<'n>(&self, inputs: &'n Inputs) -> Result<Vec<ColumnRows<'n>>> {
        let entries = inputs.entries()?;
        let options = self.flags.options();
        let columns = pack::arrays(&entries).into_iter();
        columns
            .map(|entry| ColumnRows::of_entry(entry, self.input, self.layout, &options))
            .collect()
    }

    fn columns(&self, mut columns: Vec<ColumnRows<'_>>, path: Option<&Path>) -> Result<()> {
        let rows = self.rows(&columns)?;
        let bytes = columns.iter().map(|column| column.bytes).fold(0, u64::saturating_add);
        let progress = Progress::new(bytes, self.quiet);
        let is_alone = columns.len() == 1;
        // What cannot be taken in parts is one batch where it is alone: its fields may be columns.
        let is_whole = is_alone && columns.iter().any(|column| !column.has_parts());
        let block = if is_whole { rows.max(1) } else { self.block(rows, bytes) };
        let options = self.flags.options();
        self.with_target(path, move |target| {
            let mut target = Some(target);
            let mut sink = None;
            let mut at = 0;
            // A table without rows has a batch too: it has the columns.
            while at < rows || sink.is_none() {
                let count = block.min(rows - at);
                let batch = match &mut columns[..] {
                    [only] => only.batch(count, &options)?,
                    many => {
                        let columns = many.iter_mut().map(|column| column.column(count, &options));
                        self.beside(columns.collect::<Result<_>>()?, count)?
                    }
                };
                let sink = match (&mut sink, target.take()) {
                    (Some(sink), _) => sink,
                    (none, Some(target)) => {
                        let schema = batch.schema();
                        none.insert(Sink::new(
                            target,
                            &self.target,
                            &schema,
                            self.format,
                            self.flags,
                        )?)
                    }
                    (None, None) => return Ok(()),
                };
                sink.write(&batch)?;
                at += count;
                progress.add(bytes / (rows.max(1) as u64) * count as u64);
            }
            sink.map_or(Ok(()), Sink::finish)
        })
    }

    /// Columns beside one another.
    fn beside(&self, columns: Vec<Column>, rows: usize) -> Result<RecordBatch> {
        let fields: Vec<_> = columns.iter().map(|column| Arc::clone(&column.field)).collect();
        let arrays = columns.into_iter().map(|column| column.array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options);
        batch.map_err(|error| Failure::new(&*self.target, error.to_string()))
    }

    /// The number of rows that all columns have.
    fn rows(&self, columns: &[ColumnRows<'_>]) -> Result<usize> {
        let Some(first) = columns.first() else {
            return Err(Failure::new(&*self.target, "there are no arrays to write"));
        };
        let mut names = std::collections::HashSet::new();
        if let Some(twice) = columns.iter().find(|column| !names.insert(&column.name)) {
            let message = format!("two columns would be called {:?}", twice.name);
            return Err(Failure::new(&*self.target, message)
                .with_help("give one a name of its own: NAME=FILE"));
        }
        match columns.iter().find(|column| column.rows != first.rows) {
            None => Ok(first.rows),
            Some(other) => {
                let (a, n, b, m) = (&first.name, first.rows, &other.name, other.rows);
                let message = format!(
                    "columns of one table have as many rows as each other: {a} has {n}, {b} has {m}"
                );
                let format = self.format.name();
                Err(Failure::new(&*self.target, message).with_help(format!(
                    "write a file for each, into a folder: npbytes convert IN FOLDER --to {format}"
                )))
            }
        }
    }

    /// How many rows are read at a time.
    fn block(&self, rows: usize, bytes: u64) -> usize {
        let row = bytes.checked_div(rows as u64).unwrap_or(0).max(1);
        let rows = usize::try_from(BLOCK as u64 / row).unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS);
        match self.format {
            Format::Parquet => rows,
            _ => rows.min(self.flags.group_rows().unwrap_or(rows)),
        }
    }

    /// Lets something be written to the file, which is replaced whole or not at all, or to standard output.
    fn with_target(
        &self,
        path: Option<&Path>,
        write: impl FnOnce(Target<'_>) -> Result<()>,
    ) -> Result<()> {
        const BUFFER: usize = 1 << 18;
        match path {
            Some(path) => npbytes::replace_file(path, |file: &File| {
                write(Box::new(BufWriter::with_capacity(BUFFER, file)))
            }),
            None => write(Box::new(BufWriter::with_capacity(BUFFER, io::stdout()))),
        }
    }

    fn write_tensor(&self, mut sources: Vec<Named>, path: Option<&Path>) -> Result<()> {
        let (Some(only), true) = (sources.pop(), sources.is_empty()) else {
            let message = "there are several arrays, and this is one file of one array";
            return Err(Failure::new(&*self.target, message)
                .with_help("write a table (OUT.arrow, OUT.parquet) or an archive (OUT.npz)"));
        };
        let source = only.without_name()?;
        let loaded = decode::open(&source, self.input).and_then(|content| match content {
            Content::Pickled(pickled) => pickled.load(&source),
            Content::Array(loaded) => Ok(loaded),
        })?;
        loaded.note_trailing(&source);
        let wrong = |error: npbytes::Error| self.layout.failure(&self.target, &error);
        let view = self.input.part(&source, &loaded.array.view())?;
        let keeps = !self.input.has_part() && self.layout.keeps_layout();
        let array = match keeps {
            true => loaded.array.clone(),
            false => {
                let (order, byte_order) = self.layout.elements(npbytes::Order::A);
                view.to_array(order, byte_order).map_err(wrong)?
            }
        };
        let mut options = tensor::WriteOptions::default();
        options.plain = self.flags.is_plain();
        self.with_target(path, |mut target| {
            let written = tensor::encode_to(&mut target, &array, &options);
            written
                .and_then(|()| Ok(io::Write::flush(&mut target)?))
                .map_err(|error| failure(&*self.target, &error))
        })
    }
}

enum Opened {
    Columns(Vec<ColumnRows<'static>>),
    Inputs(Inputs),
}
