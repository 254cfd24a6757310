//! Arrow IPC: files, of which any batch can be read, and streams, which are read front to back.
//!
//! [`File`] maps a file and hands out batches whose buffers are the map's, where nothing was compressed; [`Reader`]
//! takes batch after batch of a stream, or of a file from its start. Both check what a damaged file could lie about
//! before Arrow's own reader sees it, and allocate no more than the input justifies. [`Writer`] writes either.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{Int32Array, RecordBatch};
//! use arrow_schema::{DataType, Field, Schema};
//! use npbytes_arrow::ipc;
//! let schema = Arc::new(Schema::new(vec![Field::new("x", DataType::Int32, false)]));
//! let batch = RecordBatch::try_new(schema.clone(), vec![Arc::new(Int32Array::from(vec![1, 2]))])?;
//! let mut writer = ipc::Writer::new(Vec::new(), &schema, &ipc::WriteOptions::default())?;
//! writer.write(&batch)?;
//! let file = ipc::File::new(writer.finish()?.into(), &ipc::ReadOptions::default())?;
//! assert_eq!((file.num_batches(), file.num_rows()?), (1, 2));
//! assert_eq!(file.batch(0)?, batch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod write;

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::convert::fb_to_schema;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{Message, MessageHeader, root_as_footer};
use arrow_schema::{Schema, SchemaRef};
use bytes::Bytes;
use npbytes::Limits;

use crate::guard::guarded;
use crate::message::{self, CONTINUATION, Framed, broken};
use crate::{Error, Result};

pub use write::{Compression, Format, WriteOptions, Writer, write};

/// What a file starts and ends with.
const MAGIC: &[u8; 6] = b"ARROW1";
/// The magic and what pads it.
const HEAD: usize = 8;

/// How files and streams are read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// Bounds on what may be asked for: [`Limits::array_bytes`] is that on a message of a stream, and on what the
    /// compressed buffers of a message become.
    pub limits: Limits,
}

/// What the first bytes are, as far as Arrow goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Signature {
    /// An IPC file.
    File,
    /// A message: a stream, or a tensor.
    Message,
    /// Feather before it was an IPC file.
    FeatherV1,
}

/// What the first bytes show, of which twelve are enough. A message has no signature but its own plausibility: a
/// marker of four bytes of ones, a length and the start of a table.
pub fn sniff(head: &[u8]) -> Option<Signature> {
    if head.starts_with(MAGIC) {
        return Some(Signature::File);
    }
    if head.starts_with(b"FEA1") {
        return Some(Signature::FeatherV1);
    }
    let word = |at: usize| {
        let word = head.get(at..)?.first_chunk::<4>()?;
        Some(u32::from_le_bytes(*word))
    };
    let (len, root) = (word(4)?, word(8)?);
    let is_message = head.starts_with(&CONTINUATION)
        && (16..1 << 28).contains(&len)
        && len.is_multiple_of(8)
        && (4..1 << 12).contains(&root)
        && root < len
        && root.is_multiple_of(4);
    is_message.then_some(Signature::Message)
}

/// What batches are decoded with.
#[derive(Debug)]
struct Decoder {
    schema: SchemaRef,
    dictionaries: HashMap<i64, ArrayRef>,
    limits: Limits,
}

impl Decoder {
    fn of_schema(schema: arrow_ipc::Schema<'_>, limits: Limits) -> Result<Self> {
        if !schema.endianness().equals_to_target_endianness() {
            return Err(broken(
                "numbers of another byte order than that of this machine, which are not read",
            ));
        }
        let schema = guarded("the schema", || {
            check::schema(&schema)?;
            Ok(fb_to_schema(schema))
        })?;
        Ok(Self { schema: Arc::new(schema), dictionaries: HashMap::new(), limits })
    }

    fn of_message(framed: &Framed, limits: Limits) -> Result<Self> {
        let message = framed.message()?;
        let Some(schema) = message.header_as_schema() else {
            return Err(broken(format!(
                "expected a schema first, found {}",
                header_name(&message)
            )));
        };
        Self::of_schema(schema, limits)
    }

    /// The batch in a message, of which only some columns may be asked for; none in a message of a dictionary, which
    /// is kept for the batches behind it.
    fn decode(
        &mut self,
        framed: &Framed,
        columns: Option<&[usize]>,
    ) -> Result<Option<RecordBatch>> {
        let message = framed.message()?;
        if message.header_as_dictionary_batch().is_some() {
            self.dictionary(framed)?;
            return Ok(None);
        }
        self.batch(framed, columns).map(Some)
    }

    fn dictionary(&mut self, framed: &Framed) -> Result<()> {
        let message = framed.message()?;
        let Some(dictionary) = message.header_as_dictionary_batch() else {
            return Err(broken(format!("expected a dictionary, found {}", header_name(&message))));
        };
        let data = dictionary.data().ok_or_else(|| broken("a dictionary without values"))?;
        check::batch(&data, &framed.body, &self.limits)?;
        guarded("a dictionary", || {
            let body = Buffer::from(framed.body.clone());
            let (schema, dictionaries) = (&self.schema, &mut self.dictionaries);
            Ok(read_dictionary(&body, dictionary, schema, dictionaries, &message.version())?)
        })
    }

    fn batch(&self, framed: &Framed, columns: Option<&[usize]>) -> Result<RecordBatch> {
        let message = framed.message()?;
        let Some(batch) = message.header_as_record_batch() else {
            return Err(broken(format!(
                "expected a record batch, found {}",
                header_name(&message)
            )));
        };
        check::batch(&batch, &framed.body, &self.limits)?;
        guarded("a record batch", || {
            let body = Buffer::from(framed.body.clone());
            let (schema, dictionaries) = (Arc::clone(&self.schema), &self.dictionaries);
            let batch =
                read_record_batch(&body, batch, schema, dictionaries, columns, &message.version());
            Ok(batch?)
        })
    }
}

fn header_name(message: &Message<'_>) -> &'static str {
    match message.header_type() {
        MessageHeader::Schema => "a schema",
        MessageHeader::DictionaryBatch => "a dictionary",
        MessageHeader::RecordBatch => "a record batch",
        MessageHeader::Tensor => "a tensor",
        MessageHeader::SparseTensor => "a sparse tensor",
        _ => "nothing",
    }
}

/// An IPC file whose bytes are at hand, mapped or read.
pub struct File {
    bytes: Bytes,
    decoder: Decoder,
    /// Where the messages of the batches start.
    batches: Vec<usize>,
    metadata: HashMap<String, String>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("File")
            .field("schema", self.schema())
            .field("batches", &self.num_batches())
            .field("nbytes", &self.bytes.len())
            .finish()
    }
}

impl File {
    /// A file in memory. Reads its footer and its dictionaries; batches that are not compressed share the bytes.
    ///
    /// # Errors
    /// What is no IPC file, or is cut off; a byte order that is not this machine's.
    pub fn new(bytes: Bytes, options: &ReadOptions) -> Result<Self> {
        if bytes.starts_with(b"FEA1") {
            return Err(feather_v1());
        }
        if !bytes.starts_with(MAGIC) {
            let error = broken("no IPC file: it does not start with ARROW1");
            return Err(match sniff(&bytes) {
                Some(Signature::Message) => {
                    error.with_help("this looks like a stream, which is read front to back")
                }
                _ => error,
            });
        }
        let cut = || {
            broken("cut off: the file does not end with ARROW1")
                .with_help("the batches that are there can be read front to back")
        };
        let rest = bytes.strip_suffix(MAGIC).ok_or_else(cut)?;
        let (rest, word) = rest.split_last_chunk::<4>().ok_or_else(cut)?;
        let len = usize::try_from(i32::from_le_bytes(*word)).ok();
        let start = len.and_then(|len| rest.len().checked_sub(len)).filter(|&start| start >= HEAD);
        let Some(start) = start else {
            return Err(broken("no footer: its length is none of this file"));
        };
        let footer = root_as_footer(rest.get(start..).unwrap_or_default())
            .map_err(|error| broken(format!("the footer is damaged: {error}")))?;
        let schema = footer.schema().ok_or_else(|| broken("a footer without a schema"))?;
        let mut decoder = Decoder::of_schema(schema, options.limits)?;
        for block in footer.dictionaries().iter().flatten() {
            decoder.dictionary(&framed(&bytes, block.offset())?)?;
        }
        let mut batches = Vec::new();
        for block in footer.recordBatches().iter().flatten() {
            batches.push(usize::try_from(block.offset()).map_err(|_| nowhere(block.offset()))?);
        }
        let mut metadata = HashMap::new();
        for pair in footer.custom_metadata().iter().flatten() {
            if let (Some(key), Some(value)) = (pair.key(), pair.value()) {
                metadata.insert(key.to_owned(), value.to_owned());
            }
        }
        Ok(Self { bytes: bytes.clone(), decoder, batches, metadata })
    }

    /// Maps a file: only what is looked at is read. [`npbytes::map_bytes`] says what that asks of the caller.
    ///
    /// # Errors
    /// As [`File::new`], and those of the file.
    pub fn map(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        Self::new(npbytes::map_bytes(path)?, options)
    }

    /// Reads a file into memory.
    ///
    /// # Errors
    /// As [`File::new`], and those of the file.
    pub fn read(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self> {
        Self::new(message::read_file(path.as_ref())?.into(), options)
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.decoder.schema
    }

    /// The metadata of the file, which is not that of the schema.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.metadata
    }

    /// How many batches there are.
    pub fn num_batches(&self) -> usize {
        self.batches.len()
    }

    /// How many rows there are, by the heads of the batches.
    ///
    /// # Errors
    /// Heads that are none.
    pub fn num_rows(&self) -> Result<u64> {
        (0..self.batches.len())
            .try_fold(0_u64, |rows, index| Ok(rows.saturating_add(self.rows_of(index)?)))
    }

    /// How many rows a batch has, by its head.
    ///
    /// # Errors
    /// A head that is none, a batch that there is not.
    pub fn rows_of(&self, index: usize) -> Result<u64> {
        let framed = self.framed(index)?;
        let message = framed.message()?;
        let batch = message.header_as_record_batch();
        let batch = batch.ok_or_else(|| broken("expected a record batch, found something else"))?;
        u64::try_from(batch.length())
            .map_err(|_| broken(format!("a batch of {} rows", batch.length())))
    }

    /// A batch.
    ///
    /// # Errors
    /// A batch that there is not, or that is damaged.
    pub fn batch(&self, index: usize) -> Result<RecordBatch> {
        self.decoder.batch(&self.framed(index)?, None)
    }

    /// Some columns of a batch, by their places in the schema. The others are not decompressed.
    ///
    /// # Errors
    /// As [`File::batch`], and columns that there are not.
    pub fn columns(&self, index: usize, columns: &[usize]) -> Result<RecordBatch> {
        let there = self.schema().fields().len();
        if let Some(&wrong) = columns.iter().find(|&&column| column >= there) {
            return Err(Error::value(format!("column {wrong} of {there}")));
        }
        self.decoder.batch(&self.framed(index)?, Some(columns))
    }

    /// The batches, one after the other.
    pub fn batches(&self) -> impl Iterator<Item = Result<RecordBatch>> {
        (0..self.num_batches()).map(|index| self.batch(index))
    }

    fn framed(&self, index: usize) -> Result<Framed> {
        let Some(&at) = self.batches.get(index) else {
            return Err(Error::value(format!("batch {index} of {}", self.batches.len())));
        };
        framed(&self.bytes, at as i64)
    }
}

fn framed(bytes: &Bytes, offset: i64) -> Result<Framed> {
    let at = usize::try_from(offset).ok().filter(|&at| at >= HEAD && at < bytes.len());
    let found = message::at(bytes, at.ok_or_else(|| nowhere(offset))?)?;
    found.map(|(framed, _)| framed).ok_or_else(|| nowhere(offset))
}

fn nowhere(offset: i64) -> Error {
    broken(format!("the footer has a batch at byte {offset}, where none is"))
}

fn feather_v1() -> Error {
    broken("a Feather file of version 1, which is not read")
        .with_help("pyarrow writes version 2: pyarrow.feather.write_feather(pyarrow.feather.read_table(old), new)")
}

/// Reads the batches of a stream, or of a file from its start.
///
/// Holds one batch at a time, and the dictionaries.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    decoder: Decoder,
    /// How many bytes were read.
    offset: u64,
    columns: Option<Vec<usize>>,
    /// Whether no more can be read.
    is_over: bool,
}

impl<R: Read> Reader<R> {
    /// Reads the schema. Reads in pieces of the size it needs: wrap a source that is slow at small reads in a
    /// [`std::io::BufReader`].
    ///
    /// # Errors
    /// What is neither a stream nor a file, and those of the source.
    pub fn new(mut source: R, options: &ReadOptions) -> Result<Self> {
        let mut head = Vec::new();
        source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        if head.starts_with(b"FEA1") {
            return Err(feather_v1());
        }
        let mut offset = 0;
        if head.starts_with(MAGIC) {
            // What pads the magic is eight bytes of zeros at a time, up to a multiple of 64.
            let mut padding = 0;
            loop {
                offset += HEAD as u64;
                head.clear();
                source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
                padding += HEAD;
                if padding >= 64 || head.len() < HEAD || head.iter().any(|&byte| byte != 0) {
                    break;
                }
            }
        }
        let limit = options.limits.array_bytes;
        let first = message::next(&mut head.chain(&mut source), &mut offset, limit)?;
        let Some(first) = first else {
            return Err(broken("no stream of Arrow: it ends before its schema"));
        };
        let decoder = Decoder::of_message(&first, options.limits)?;
        Ok(Self { source, decoder, offset, columns: None, is_over: false })
    }

    /// Decodes only some columns, by their places in the schema.
    ///
    /// # Errors
    /// Columns that there are not.
    pub fn with_columns(mut self, columns: Vec<usize>) -> Result<Self> {
        let schema = self.decoder.schema.project(&columns)?;
        drop(schema);
        self.columns = Some(columns);
        Ok(self)
    }

    /// All columns that there are.
    pub fn schema(&self) -> &SchemaRef {
        &self.decoder.schema
    }

    /// How many bytes were read.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next batch; none behind the last.
    ///
    /// # Errors
    /// A message that is damaged or cut off, and those of the source: nothing more is read then.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        while !self.is_over {
            self.is_over = true;
            let limit = self.decoder.limits.array_bytes;
            let Some(framed) = message::next(&mut self.source, &mut self.offset, limit)? else {
                break;
            };
            let batch = self.decoder.decode(&framed, self.columns.as_deref())?;
            self.is_over = false;
            if batch.is_some() {
                return Ok(batch);
            }
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}

/// The schema that columns have which were asked for.
#[doc(hidden)]
pub fn projected(schema: &Schema, columns: &[usize]) -> Result<Schema> {
    Ok(schema.project(columns)?)
}
