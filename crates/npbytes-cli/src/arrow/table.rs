//! Tables as inputs: files of Arrow IPC and Parquet, whose columns are found by name.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use npbytes::Order;
use npbytes::pickle::{ArrayObject, MaskedObject, Pickle};
use npbytes_arrow::{
    FromArrow, MaskedArray, Restored, Values, from_chunks, from_record_batch, ipc, metadata,
    parquet,
};

use super::{failure, join};
use crate::decode::{Content, Loaded, bytes_of_file};
use crate::failure::{Failure, Result, note, quoted};
use crate::format::TableFormat;
use crate::input::Input;
use crate::pickled::Pickled;
use crate::source::Source;

/// How many names a message lists.
const LISTED: usize = 20;

/// How many bytes of values are decoded at a time.
const BATCH: usize = 16 << 20;

/// Files from this size on are read rather than mapped where all of their rows are looked at once.
const LARGE: usize = 256 << 20;

/// A table of columns.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) kind: Kind,
    options: FromArrow,
    /// The name of the file in messages.
    name: String,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// A file that is mapped, or at hand; where it is a large one, also its path, to be read front to back: what is
    /// mapped and looked at takes memory until something else needs it.
    File(ipc::File, Option<PathBuf>),
    /// A stream, whose bytes are read again for each pass over its columns.
    Stream {
        bytes: Bytes,
        options: ipc::ReadOptions,
        schema: arrow_schema::SchemaRef,
    },
    Parquet(parquet::File),
}

/// Batches, one after the other.
pub(crate) type Batches<'a> = Box<dyn Iterator<Item = npbytes_arrow::Result<RecordBatch>> + 'a>;

impl Table {
    /// The table in an open file, from an offset on.
    ///
    /// # Errors
    /// What is none, with what it is.
    pub(crate) fn of_file(
        source: &Source,
        input: &Input,
        format: TableFormat,
        file: &mut File,
    ) -> Result<Self> {
        if format == TableFormat::Parquet && input.offset == 0 && source.member().is_none() {
            let name = source.whole().name();
            let file = file.try_clone().map_err(|error| Failure::io(&*name, &error))?;
            let file = parquet::File::of_file(file).map_err(|error| failure(&*name, &error))?;
            return Ok(Self { kind: Kind::Parquet(file), options: input.arrow_options(), name });
        }
        let bytes = bytes_of_file(source, input, file, input.offset)?;
        let is_large = bytes.len() >= LARGE && input.offset == 0;
        let mut table = Self::of_bytes(source, input, format, bytes)?;
        if let Kind::File(_, path) = &mut table.kind {
            *path = source.path().filter(|_| is_large).map(Into::into);
        }
        Ok(table)
    }

    /// The table in bytes.
    ///
    /// # Errors
    /// What is none, with what it is.
    pub(crate) fn of_bytes(
        source: &Source,
        input: &Input,
        format: TableFormat,
        bytes: Bytes,
    ) -> Result<Self> {
        let name = source.whole().name();
        let wrong = |error: npbytes_arrow::Error| {
            let failure = failure(&*name, &error);
            match failure.message().contains("found a tensor") {
                true => failure.with_help("this is one array, a tensor: --from tensor"),
                false => failure,
            }
        };
        let mut options = ipc::ReadOptions::default();
        options.limits = input.limits;
        let kind = match (format, ipc::sniff(&bytes)) {
            (TableFormat::Parquet, _) => Kind::Parquet(parquet::File::new(bytes).map_err(wrong)?),
            (TableFormat::Ipc, Some(ipc::Signature::Message)) => {
                let reader = ipc::Reader::new(&bytes[..], &options).map_err(wrong)?;
                let schema = reader.schema().clone();
                Kind::Stream { bytes, options, schema }
            }
            (TableFormat::Ipc, _) => {
                Kind::File(ipc::File::new(bytes, &options).map_err(wrong)?, None)
            }
        };
        Ok(Self { kind, options: input.arrow_options(), name })
    }

    /// What the format is called.
    pub(crate) fn encoding(&self) -> &'static str {
        match &self.kind {
            Kind::File(..) => "arrow",
            Kind::Stream { .. } => "arrow-stream",
            Kind::Parquet(_) => "parquet",
        }
    }

    /// The columns.
    pub(crate) fn schema(&self) -> &Schema {
        match &self.kind {
            Kind::File(file, _) => file.schema(),
            Kind::Stream { schema, .. } => schema,
            Kind::Parquet(file) => file.schema(),
        }
    }

    /// How many rows there are. Goes through a stream.
    ///
    /// # Errors
    /// Batches that are damaged.
    pub(crate) fn rows(&self) -> Result<u64> {
        match &self.kind {
            Kind::File(file, _) => file.num_rows().map_err(|error| self.failure(&error)),
            Kind::Parquet(file) => Ok(file.num_rows()),
            Kind::Stream { .. } => {
                let mut rows = 0_u64;
                for batch in self.batches(Some(&[]))? {
                    rows += batch.map_err(|error| self.failure(&error))?.num_rows() as u64;
                }
                Ok(rows)
            }
        }
    }

    /// The place of the column of a name, the first of it.
    ///
    /// # Errors
    /// A name that there is not: some are listed.
    pub(crate) fn column(&self, name: &str) -> Result<usize> {
        let fields = self.schema().fields();
        fields.iter().position(|field| field.name() == name).ok_or_else(|| {
            let failure = Failure::new(&*self.name, format!("no column {name:?}"));
            failure.with_help(format!("the columns are: {}", self.names()))
        })
    }

    fn names(&self) -> String {
        let fields = self.schema().fields();
        let mut names: Vec<&str> =
            fields.iter().take(LISTED).map(|field| &**field.name()).collect();
        let others = format!("{} others", fields.len().saturating_sub(LISTED));
        if fields.len() > LISTED {
            names.push(&others);
        }
        names.join(", ")
    }

    /// The batches, of all columns or of some.
    ///
    /// # Errors
    /// Columns that cannot be read.
    pub(crate) fn batches<'a>(&'a self, columns: Option<&[usize]>) -> Result<Batches<'a>> {
        Ok(match &self.kind {
            Kind::File(_, Some(path)) => {
                let failure = |error: std::io::Error| Failure::io(&*self.name, &error);
                let source = BufReader::new(File::open(path).map_err(failure)?);
                let mut options = ipc::ReadOptions::default();
                options.limits = self.options.limits;
                let reader = ipc::Reader::new(source, &options);
                let reader = match columns {
                    Some(columns) => {
                        reader.and_then(|reader| reader.with_columns(columns.to_vec()))
                    }
                    None => reader,
                };
                Box::new(reader.map_err(|error| self.failure(&error))?)
            }
            Kind::File(file, None) => match columns.map(<[usize]>::to_vec) {
                Some(columns) => {
                    let all = 0..file.num_batches();
                    Box::new(all.map(move |index| file.columns(index, &columns)))
                }
                None => Box::new(file.batches()),
            },
            Kind::Stream { bytes, options, .. } => {
                let reader = ipc::Reader::new(&bytes[..], options);
                let reader = match columns {
                    Some(columns) => {
                        reader.and_then(|reader| reader.with_columns(columns.to_vec()))
                    }
                    None => reader,
                };
                Box::new(reader.map_err(|error| self.failure(&error))?)
            }
            Kind::Parquet(file) => {
                let rows = file.rows_of_bytes(columns, BATCH);
                Box::new(file.batches(columns, rows).map_err(|error| self.failure(&error))?)
            }
        })
    }

    /// A column, all of it.
    ///
    /// # Errors
    /// Batches that are damaged; what NumPy does not have.
    pub(crate) fn values(&self, column: usize) -> Result<Values> {
        let Some(field) = self.schema().fields().get(column) else {
            return Err(Failure::new(&*self.name, format!("no column {column}")));
        };
        let mut chunks: Vec<ArrayRef> = Vec::new();
        for batch in self.batches(Some(&[column]))? {
            let batch = batch.map_err(|error| self.failure(&error))?;
            chunks.extend(batch.columns().first().cloned());
        }
        self.of_chunks(&chunks, field)
    }

    /// Some rows of a column, without a word on what NumPy cannot say.
    ///
    /// # Errors
    /// What NumPy does not have.
    pub(crate) fn of_chunks_quietly(
        &self,
        chunks: &[ArrayRef],
        field: &Field,
    ) -> npbytes_arrow::Result<Values> {
        from_chunks(chunks, field, &self.options).map(|restored| restored.values)
    }

    fn of_chunks(&self, chunks: &[ArrayRef], field: &Field) -> Result<Values> {
        let restored = from_chunks(chunks, field, &self.options);
        let restored = restored.map_err(|error| {
            let subject = format!("{}::{}", self.name, field.name());
            let failure = failure(subject, &error);
            match error.help().is_none() && error.to_string().contains("null") {
                true => failure.with_help("say what nulls become: --nulls masked or --nulls nan"),
                false => failure,
            }
        })?;
        self.say(field.name(), &restored);
        Ok(restored.values)
    }

    fn say(&self, column: &str, restored: &Restored) {
        for said in &restored.notes {
            note(&format!("{}::{column}: {said}", self.name));
        }
    }

    /// Whether the metadata counts that says what the columns were in NumPy.
    pub(crate) fn reads_metadata(&self) -> bool {
        !self.options.plain
    }

    /// Whether the columns are the fields of one structured array.
    pub(crate) fn is_structured(&self) -> bool {
        !self.options.plain && self.schema().metadata().contains_key(metadata::DTYPE)
    }

    /// The parts of the structured array that the columns are, a batch each; at least one.
    ///
    /// # Errors
    /// Metadata that contradicts the columns.
    pub(crate) fn records(&self) -> Result<impl Iterator<Item = Result<Values>>> {
        let mut batches = self.batches(None)?.peekable();
        let empty = batches
            .peek()
            .is_none()
            .then(|| Ok(RecordBatch::new_empty(std::sync::Arc::new(self.schema().clone()))));
        Ok(batches.chain(empty).map(|batch| {
            let batch = batch.map_err(|error| self.failure(&error))?;
            let restored = from_record_batch(&batch, &self.options);
            let mut restored = restored.map_err(|error| self.failure(&error))?;
            match (restored.pop(), restored.is_empty()) {
                (Some((name, only)), true) => {
                    self.say(&name, &only);
                    Ok(only.values)
                }
                _ => Err(Failure::new(
                    &*self.name,
                    "the metadata says that this is one array, and it is several",
                )
                .with_help("take no notice of it: --ignore-numpy")),
            }
        }))
    }

    /// All columns with their names; of a structured array that alone, without one.
    ///
    /// # Errors
    /// What NumPy does not have.
    pub(crate) fn all(&self) -> Result<Vec<(Option<String>, Values)>> {
        if self.is_structured() {
            return Ok(vec![(None, join::concatenated(&self.name, self.records()?)?)]);
        }
        let fields = self.schema().fields().iter().enumerate();
        let is_only = self.schema().fields().len() == 1;
        fields
            .map(|(column, field)| {
                let name = (!is_only).then(|| field.name().clone());
                Ok((name, self.values(column)?))
            })
            .collect()
    }

    /// What a source means: a column, or all of them as one array.
    ///
    /// # Errors
    /// A column that there is not; columns that do not fit into one array.
    pub(crate) fn content(&self, source: &Source) -> Result<Content> {
        if let Some(name) = source.member() {
            return content_of(&self.name, self.values(self.column(name)?)?);
        }
        let all = self.all()?;
        let all = match <[_; 1]>::try_from(all) {
            Ok([(_, only)]) => return content_of(&self.name, only),
            Err(all) if all.is_empty() => {
                return Err(Failure::new(&*self.name, "a table without columns"));
            }
            Err(all) => all,
        };
        let columns = all.into_iter().map(|(name, values)| (name.unwrap_or_default(), values));
        let joined = join::structured(columns.collect());
        joined.map(|array| Loaded { array, trailing: 0, next: None }.into()).map_err(|why| {
            let first = self.schema().fields().first().map_or("", |field| field.name());
            let example = source.with_member(first).argument();
            Failure::new(&*self.name, format!("columns that are no one array: {why}"))
                .with_help(format!("the columns are: {}", self.names()))
                .with_help(format!("write {}, for example", quoted(&example)))
        })
    }

    fn failure(&self, error: &npbytes_arrow::Error) -> Failure {
        failure(&*self.name, error)
    }
}

/// Values as the rest of this command has them.
pub(crate) fn content_of(name: &str, values: Values) -> Result<Content> {
    Ok(match values {
        Values::Array(array) => Loaded { array, trailing: 0, next: None }.into(),
        Values::Objects(pickle) => Pickled::of_message(pickle).into(),
        Values::Masked(masked) => {
            let pickle = pickle_of(masked).map_err(|error| Failure::of(name, &error, 0))?;
            Pickled::of_message(pickle).into()
        }
        _ => return Err(Failure::new(name, "values of a kind that this version does not know")),
    })
}

/// The pickle of a masked array.
fn pickle_of(masked: MaskedArray) -> npbytes::Result<Pickle> {
    let order = if masked.data.view().is_fortran() { Order::F } else { Order::C };
    let data = masked.data.converted(order, npbytes::ByteOrder::NotApplicable)?;
    let mask = masked.mask.to_bytes(order)?;
    let mut pickle = Pickle::new();
    let mut object = MaskedObject::new(data, mask);
    if let Some(fill) = masked.fill_value {
        object = object.fill_value(pickle.array(ArrayObject::new(fill)));
    }
    let root = pickle.masked(object);
    pickle.set_root(root);
    Ok(pickle)
}
