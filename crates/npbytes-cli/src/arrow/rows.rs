//! Where the rows of a column come from: a .npy file that is read as it is written on, or an array at hand.

use std::io::{Read, Seek, SeekFrom};

use arrow_array::RecordBatch;
use npbytes::{Array, ByteOrder, Index, Order, Slice, npy};
use npbytes_arrow::{Column, ToArrow, Values, to_arrow, to_record_batch};

use super::failure;
use crate::contents::Contents;
use crate::decode::{self, Content, HEADER, read_header};
use crate::entries::{Entry, read_all};
use crate::failure::{Failure, Result, note};
use crate::flags::LayoutArgs;
use crate::format::Reading;
use crate::input::Input;
use crate::pickled::Pickled;
use crate::source::{Opened, Source};
use crate::wrapped;

/// Arrays up to this size are read whole.
const WHOLE: usize = 16 << 20;

/// A column to be written.
pub(super) struct ColumnRows<'a> {
    pub(super) name: String,
    source: Source,
    /// How many rows it has.
    pub(super) rows: usize,
    /// How many bytes it has.
    pub(super) bytes: u64,
    /// How many rows were taken.
    at: usize,
    from: From<'a>,
}

enum From<'a> {
    Stream(Box<npy::Reader<Box<dyn Read + 'a>>>),
    Array(Array),
    /// What is no array of elements, masked ones or objects: a whole, until it was made a column.
    Values(Box<Values>),
    Column(Box<Column>),
}

impl<'a> ColumnRows<'a> {
    /// Values at hand.
    ///
    /// # Errors
    /// An axis of rows that there is not.
    pub(super) fn of_values(
        name: String,
        source: Source,
        values: Values,
        options: &ToArrow,
    ) -> Result<Self> {
        let wrong = |error: npbytes_arrow::Error| failure(source.name(), &error);
        let rows = values.rows(options.row_axis).map_err(wrong)?;
        let bytes = match &values {
            Values::Array(array) => array.data().len(),
            Values::Masked(masked) => masked.data.data().len(),
            _ => 0,
        } as u64;
        let from = match values {
            Values::Array(array) => From::Array(array),
            other => From::Values(Box::new(other)),
        };
        Ok(Self { name, source, rows, bytes, at: 0, from })
    }

    /// The only array that a source is, or several with names of their own: those in a pickle.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) fn of_content(
        name: &str,
        source: &Source,
        input: &Input,
        content: Content,
        options: &ToArrow,
    ) -> Result<Vec<Self>> {
        let pickled = match content {
            Content::Array(loaded) => {
                loaded.note_trailing(source);
                let view = input.part(source, &loaded.array.view())?;
                let array = match input.has_part() {
                    false => loaded.array.clone(),
                    true => {
                        let part = view.to_array(Order::A, ByteOrder::NotApplicable);
                        part.map_err(|error| Failure::of(source.name(), &error, 0))?
                    }
                };
                let values = Values::Array(array);
                return Ok(vec![Self::of_values(name.into(), source.clone(), values, options)?]);
            }
            Content::Pickled(pickled) => pickled,
        };
        pickled.note_trailing(source);
        if input.has_part() {
            let loaded = pickled.load(source)?;
            return Self::of_content(name, source, input, Content::Array(loaded), options);
        }
        let columns = values_in(&pickled, source)?.into_iter().map(|(own, values)| {
            let name = own.unwrap_or_else(|| name.to_owned());
            Self::of_values(name, source.clone(), values, options)
        });
        columns.collect()
    }

    /// An entry of an archive or a folder.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) fn of_entry(
        entry: &Entry<'a>,
        input: &Input,
        layout: &LayoutArgs,
        options: &ToArrow,
    ) -> Result<Self> {
        let wrong = |error: npbytes::Error| Failure::of(entry.source.name(), &error, 0);
        if let Some((member, header)) = entry.by_rows(input, layout)
            && options.row_axis == 0
        {
            let reader: Box<dyn Read + 'a> = Box::new(member.reader().map_err(wrong)?);
            let reader = npy::Reader::new(reader, input.npy_options()).map_err(wrong)?;
            return Ok(Self {
                name: entry.name.clone(),
                source: entry.source.clone(),
                rows: header.shape().first().copied().unwrap_or(1),
                bytes: header.data_len() as u64,
                at: 0,
                from: From::Stream(Box::new(reader)),
            });
        }
        let values = match read_all(&[entry])?.pop() {
            Some(Contents::Array(array)) => {
                let view = input.part(&entry.source, &array.view())?;
                Values::Array(match input.has_part() {
                    false => array.clone(),
                    true => view.to_array(Order::A, ByteOrder::NotApplicable).map_err(wrong)?,
                })
            }
            Some(Contents::Objects(part)) => {
                input.expect_whole(&entry.source)?;
                Values::Objects(part.to_pickle().map_err(wrong)?)
            }
            _ => return Err(Failure::new(entry.source.name(), "no array")),
        };
        Self::of_values(entry.name.clone(), entry.source.clone(), values, options)
    }

    /// A .npy file or a stream of one, if it is one that is large and whose rows are those that are asked for; else
    /// what has been read of it, to go on with.
    ///
    /// # Errors
    /// Those of the source.
    pub(super) fn of_npy(
        name: &str,
        source: &Source,
        input: &Input,
        options: &ToArrow,
    ) -> Result<Streamed<'a>> {
        let wrong = |error: npbytes::Error| Failure::of(source.name(), &error, input.offset);
        if source.member().is_some() || input.has_part() {
            return Ok(Streamed::Not);
        }
        let (reader, len): (Box<dyn Read>, Option<u64>) = match wrapped::open(source, input)? {
            Opened::Regular { mut file, len } => {
                decode::check_offset(source, input, len)?;
                let head = crate::source::read_at(&mut file, input.offset, HEADER)
                    .map_err(|error| Failure::io(source.name(), &error))?;
                if input.reading(source, &head)? != Reading::Npy {
                    return Ok(Streamed::Not);
                }
                file.seek(SeekFrom::Start(input.offset))
                    .map_err(|error| Failure::io(source.name(), &error))?;
                let header = read_header(&mut file, HEADER, &input.npy_options());
                // What is wrong with it is said best where it is read whole.
                let Ok(header) = header else { return Ok(Streamed::Not) };
                let is_short = header.end() > len - input.offset;
                if is_short || header.data_len() <= WHOLE || !streams(&header, options) {
                    return Ok(Streamed::Not);
                }
                file.seek(SeekFrom::Start(input.offset))
                    .map_err(|error| Failure::io(source.name(), &error))?;
                (Box::new(file), Some(len - input.offset))
            }
            Opened::Stream(mut stream) => {
                let head = decode::start_stream(source, input, &mut stream)?;
                if input.reading(source, &head)? != Reading::Npy {
                    return Ok(Streamed::Started(decode::from_started(
                        source, input, &head, stream,
                    )?));
                }
                (Box::new(std::io::Cursor::new(head).chain(stream)), None)
            }
        };
        let mut reader = npy::Reader::new(reader, input.npy_options()).map_err(wrong)?;
        let header = reader.header();
        if let Some(trailing) = len.and_then(|len| len.checked_sub(header.end())).filter(|&n| n > 0)
        {
            note(&format!("{}: {trailing} bytes behind the array were left out", source.name()));
        }
        let rows = header.shape().get(options.row_axis).copied();
        if header.dtype().has_object() {
            return Err(Failure::new(
                source.name(),
                "an array of objects is not read from a pipe here",
            )
            .with_help("write it to a file first"));
        }
        let (Some(rows), true) = (rows, streams(header, options)) else {
            let array = reader.read_array().map_err(wrong)?;
            let array = array.ok_or_else(|| Failure::new(source.name(), "no array"))?;
            let values =
                Self::of_values(name.into(), source.clone(), Values::Array(array), options)?;
            return Ok(Streamed::Column(Box::new(values)));
        };
        Ok(Streamed::Column(Box::new(Self {
            name: name.into(),
            source: source.clone(),
            rows,
            bytes: header.data_len() as u64,
            at: 0,
            from: From::Stream(Box::new(reader)),
        })))
    }

    /// The next rows where they are read, and all of them where they are at hand.
    fn take(&mut self, rows: usize) -> Result<Values> {
        let wrong = |error: npbytes::Error| Failure::of(self.source.name(), &error, 0);
        match &mut self.from {
            From::Stream(reader) => {
                let block = reader.read_rows(rows).map_err(wrong)?;
                let cut = || Failure::new(self.source.name(), "the array ends before its rows do");
                Ok(Values::Array(block.ok_or_else(cut)?))
            }
            From::Array(array) => Ok(Values::Array(array.clone())),
            From::Values(values) => Ok((**values).clone()),
            From::Column(_) => Err(Failure::new(self.source.name(), "a column is no array")),
        }
    }

    /// The next rows as a column.
    ///
    /// # Errors
    /// Those of the source, and values that Arrow does not have, with their rows in the whole.
    pub(super) fn column(&mut self, rows: usize, options: &ToArrow) -> Result<Column> {
        if let From::Values(values) = &self.from {
            let column = to_arrow(&self.name, values, options);
            let column = column.map_err(|error| failure(self.source.name(), &error))?;
            self.from = From::Column(Box::new(column));
        }
        let start = self.at;
        let column = match &self.from {
            From::Column(column) => {
                let mut part = column.as_ref().clone();
                part.array = part.array.slice(start, rows);
                part
            }
            _ => {
                let values = self.block(rows, options)?;
                let column = to_arrow(&self.name, &values, options);
                column
                    .map_err(|error| failure(self.source.name(), &error.after_rows(start as u64)))?
            }
        };
        self.at += rows;
        Ok(column)
    }

    /// The next rows as columns: of a structured array one a field.
    ///
    /// # Errors
    /// As [`column`](Self::column).
    pub(super) fn batch(&mut self, rows: usize, options: &ToArrow) -> Result<RecordBatch> {
        let start = self.at;
        let values = self.block(rows, options)?;
        self.at += rows;
        let batch = to_record_batch(&self.name, &values, options);
        let batch =
            batch.map_err(|error| failure(self.source.name(), &error.after_rows(start as u64)));
        Ok(batch?.batch)
    }

    /// Whether rows can be taken in parts; what cannot is one batch.
    pub(super) fn has_parts(&self) -> bool {
        !matches!(self.from, From::Values(_))
    }

    fn block(&mut self, rows: usize, options: &ToArrow) -> Result<Values> {
        let (start, axis, all) = (self.at, options.row_axis, self.rows);
        let name = self.source.name();
        match self.take(rows)? {
            Values::Array(array) if matches!(self.from, From::Array(_)) && rows < all => {
                let bound = |at: usize| i64::try_from(at).unwrap_or(i64::MAX);
                let whole = Index::Range { start: None, stop: None, step: 1 };
                let mut indices = vec![whole; axis];
                indices.push(Index::Range {
                    start: Some(bound(start)),
                    stop: Some(bound(start + rows)),
                    step: 1,
                });
                let order = if array.view().is_fortran() { Order::F } else { Order::C };
                let part = Slice::new(indices).and_then(|slice| {
                    array.view().slice(&slice)?.to_array(order, ByteOrder::NotApplicable)
                });
                Ok(Values::Array(part.map_err(|error| Failure::of(name, &error, 0))?))
            }
            values => Ok(values),
        }
    }
}

/// What became of a source that may be a .npy file.
pub(super) enum Streamed<'a> {
    /// It is one.
    Column(Box<ColumnRows<'a>>),
    /// It is something else, and from a pipe.
    Started(Content),
    /// It is to be read whole.
    Not,
}

/// Whether the rows that are asked for are those that lie one behind the other.
fn streams(header: &npy::Header, options: &ToArrow) -> bool {
    header.row_axis() == Some(options.row_axis)
        && header.data_len() > 0
        && !header.dtype().has_object()
}

/// The arrays in a pickle, masks included: itself if it is one, else all of them with their names.
fn values_in(pickled: &Pickled, source: &Source) -> Result<Vec<(Option<String>, Values)>> {
    let arrow = |error: npbytes_arrow::Error| failure(source.name(), &error);
    let node = pickled.node().map_err(|error| pickled.failure(source, &error))?;
    if let Some(values) = Values::from_node(node).map_err(arrow)? {
        return Ok(vec![(None, values)]);
    }
    let mut all = Vec::new();
    if !pickled.is_part() {
        for found in pickled.arrays() {
            let (path, _) = found.map_err(|error| pickled.failure(source, &error))?;
            let node = pickled.find(&path.to_string());
            let node = node.map_err(|error| pickled.failure(source, &error))?;
            let values = Values::from_node(node).map_err(arrow)?;
            all.extend(values.map(|values| (Some(crate::pickled::name_of(&path)), values)));
        }
    }
    if all.is_empty() {
        // It says what there is instead.
        pickled.load(source)?;
    }
    Ok(all)
}
