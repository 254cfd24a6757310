//! `npbytes info`: what is in a file, by its headers alone.

mod text;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use bytes::Bytes;
use npbytes::msgpack::{Document, Node};
use npbytes::npz::Archive;
use npbytes::sniff::Encoding;
use npbytes::{ArrayView, npy, raw};

use super::{Outcome, for_each_file};
use crate::archive::{self, Access, Container};
use crate::arrow::table::Table;
use crate::arrow::{self, describe};
use crate::decode::{self, Content, HEADER, bytes_of_file, raw_failure, read_header};
use crate::failure::{Failure, Result};
use crate::format::{Reading, TableFormat};
use crate::guess::{self, Guess};
use crate::input::{Input, InputArgs};
use crate::json::{ArrayInfo, CandidateInfo, ErrorInfo, FileInfo, PartInfo};
use crate::pickled::{self, Pickled};
use crate::place::{end_of_file, failure_in_file, failure_in_memory};
use crate::source::{Opened, Recorded, Source, read_at};
use crate::wrapped;
use crate::{listing, message};

pub(super) use text::print_json;
use text::print_text;
pub(crate) use text::tuple;

const EXAMPLES: &str = "\
Examples:
  npbytes info a.npy
  npbytes info 'runs/*.npy'                     several files, a line above each
  npbytes info --json a.npy | jq -c .arrays[0].shape
  npbytes info a.npz                            its members
  npbytes info a.npz::x                         one of them
  npbytes info model.pkl                        what a pickle holds; nothing in it is run
  npbytes info t.parquet                        the columns of a table: Parquet, Arrow
  npbytes info k.bin                            what raw bytes could be
  npbytes info k.bin --dtype int64 --shape 28,-1

Only headers are read, so that any size takes the same short time. With --json, one object a line \
is printed for each file. The exit code is 1 where no array could be told: raw bytes without --dtype, \
a damaged member of an archive, or an encoding that is only recognised so far.";

/// Tell encoding, dtype, shape and layout without reading the elements
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Files, members of archives as FILE::MEMBER, patterns of files, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<OsString>,

    /// Print one JSON object a line for each file
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    input: InputArgs,
}

/// Tells about the files.
pub(crate) fn run(args: Args) -> Result<Outcome> {
    let input = args.input.understood()?;
    for_each_file(args.files, !args.json, |source, page| {
        let mut told = Told::new(source);
        let result = tell(source, &input, &mut told);
        if let Err(failure) = &result {
            told.info.error = Some(ErrorInfo::from(failure));
        }
        if args.json {
            print_json(page, &told.info)?;
        } else if told.info.encoding.is_some() {
            print_text(page, &told, source, &input)?;
        }
        result.map(|()| match &told.info.members {
            Some(members) => listing::outcome(members),
            None if told.info.table.is_some() => Outcome::Good,
            None if told.info.arrays.is_empty() => Outcome::Negative,
            None => Outcome::Good,
        })
    })
}

/// What is known of a file: all that was found before a failure.
struct Told {
    info: FileInfo,
    guess: Option<Guess>,
}

impl Told {
    fn new(source: &Source) -> Self {
        let info = FileInfo::new(source.argument());
        Self { info, guess: None }
    }

    /// Keeps how a stream was compressed.
    fn wrapped(&mut self, stream: &Recorded) {
        if self.info.compression.is_empty() {
            self.info.compression = stream.codecs().iter().map(|codec| codec.name()).collect();
            self.info.size = self.info.size.or(stream.compressed_len());
        }
    }

    /// Keeps how many bytes there are, inside of wrappers if there are any.
    fn size(&mut self, size: u64) {
        let slot = match self.info.compression.is_empty() {
            true => &mut self.info.size,
            false => &mut self.info.content_size,
        };
        *slot = Some(size);
    }

    /// Keeps what raw bytes could be.
    fn guess(&mut self, guess: Guess) {
        self.info.candidates = guess
            .candidates
            .iter()
            .map(|candidate| CandidateInfo {
                dtypes: candidate.names.clone(),
                elements: candidate.count,
                shapes: candidate.shapes.clone(),
                values: candidate.values.clone(),
            })
            .collect();
        self.guess = Some(guess);
    }
}

fn tell(source: &Source, input: &Input, told: &mut Told) -> Result<()> {
    if source.member().is_some() {
        return tell_member(source, input, told);
    }
    match wrapped::open(source, input)? {
        Opened::Regular { file, len } => {
            told.info.size = Some(len);
            tell_file(source, input, file, len, told)
        }
        Opened::Stream(stream) => tell_stream(source, input, stream, told),
    }
}

fn tell_file(
    source: &Source,
    input: &Input,
    mut file: File,
    len: u64,
    told: &mut Told,
) -> Result<()> {
    decode::check_offset(source, input, len)?;
    let io_failure = |error: io::Error| Failure::io(source.name(), &error);
    let head = read_at(&mut file, input.offset, Encoding::HEAD).map_err(io_failure)?;
    let reading = input.reading(source, &head)?;
    told.info.encoding = Some(encoding_name(reading));
    match reading {
        Reading::Npy => tell_npy_file(source, input, &mut file, len, told),
        Reading::Raw => match input.spec() {
            None => {
                let head = read_at(&mut file, input.offset, guess::HEAD).map_err(io_failure)?;
                told.guess(Guess::new(len - input.offset, &head, input.shape(), None));
                Ok(())
            }
            Some(spec) => {
                let bytes = bytes_of_file(source, input, &mut file, input.offset)?;
                tell_raw(source, input, &bytes, &spec, told)
            }
        },
        Reading::Npz => {
            let archive =
                archive::of_file(source, input, &mut file, Access::Headers, input.offset)?;
            tell_archive(source, input, &archive, told);
            Ok(())
        }
        Reading::Msgpack => {
            let bytes = bytes_of_file(source, input, &mut file, input.offset)?;
            tell_message(source, input, &bytes, told)
        }
        Reading::Pickle => {
            let bytes = bytes_of_file(source, input, &mut file, input.offset)?;
            tell_pickle(
                source,
                input,
                &pickled::of_bytes(source, input, &bytes, input.offset)?,
                told,
            )
        }
        Reading::Table(format) => {
            let table = Table::of_file(source, input, format, &mut file)?;
            told.info.encoding = Some(table.encoding());
            told.info.table = Some(describe::table(&table)?);
            Ok(())
        }
        Reading::Tensor => {
            let bytes = bytes_of_file(source, input, &mut file, input.offset)?;
            tell_tensor(source, input, &bytes, told)
        }
        Reading::Unread(_) => Ok(()),
    }
}

/// Reads header after header of a file that may hold several arrays.
fn tell_npy_file(
    source: &Source,
    input: &Input,
    file: &mut File,
    len: u64,
    told: &mut Told,
) -> Result<()> {
    let options = input.npy_options();
    let mut start = input.offset;
    loop {
        let header = file
            .seek(SeekFrom::Start(start))
            .map_err(npbytes::Error::from)
            .and_then(|_| read_header(file, HEADER, &options))
            .map_err(|error| failure_in_file(source, file, &error, start))?;
        let mut array = ArrayInfo::of_header(&header, start, input.numpy);
        let data = len.saturating_sub(array.data_offset.unwrap_or(len));
        if array.pickled {
            // How long a pickle is, only the pickle says.
            array.data_length = Some(data);
            told.info.arrays.push(array);
            return Ok(());
        }
        let end = start.saturating_add(header.end());
        told.info.arrays.push(array);
        if end > len {
            return Err(cut_off(source, file, &header, start, len));
        }
        if input.has_part() {
            let part = part_of_header(source, input, &header)?;
            if let Some(array) = told.info.arrays.last_mut() {
                array.part = Some(part);
            }
        }
        let trailing = len - end;
        let next = read_at(file, end, Encoding::HEAD)
            .map_err(|error| Failure::io(source.name(), &error))?;
        if trailing == 0 || Encoding::of(&next) != Some(Encoding::Npy) {
            told.info.trailing_bytes = Some(trailing);
            return Ok(());
        }
        start = end;
    }
}

/// The failure of a file that ends before its elements do.
fn cut_off(
    source: &Source,
    file: &mut File,
    header: &npy::Header,
    start: u64,
    len: u64,
) -> Failure {
    let found = len.saturating_sub(start).saturating_sub(header.data_offset() as u64);
    let message = format!(
        "the file ends inside the array data: expected {} bytes, found {found}",
        header.data_len()
    );
    let help = format!(
        "the header promises {} of {}; the file may have been cut off",
        header.shape(),
        header.dtype()
    );
    Failure::new(source.name(), message)
        .at(len)
        .with_snippet(end_of_file(file, len))
        .with_help(help)
}

fn tell_stream(
    source: &Source,
    input: &Input,
    mut stream: Recorded,
    told: &mut Told,
) -> Result<()> {
    told.wrapped(&stream);
    let head = decode::start_stream(source, input, &mut stream)?;
    let reading = input.reading(source, &head)?;
    told.info.encoding = Some(encoding_name(reading));
    match reading {
        Reading::Npy => {
            // No more is read than the header: what comes behind it may take long to arrive.
            let header =
                read_header(&mut head.chain(&mut stream), Encoding::HEAD, &input.npy_options());
            let header = header
                .map_err(|error| failure_in_memory(source, stream.seen(), &error, input.offset))?;
            let mut array = ArrayInfo::of_header(&header, input.offset, input.numpy);
            if input.has_part() && !array.pickled {
                array.part = Some(part_of_header(source, input, &header)?);
            }
            told.info.arrays.push(array);
            Ok(())
        }
        Reading::Raw => {
            // Nothing but their number tells what the bytes can be.
            let bytes = match input.counted_bytes() {
                Some(len) => decode::start_of_stream(source, input, &head, &mut stream, len)?,
                None => {
                    let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
                    told.size(input.offset + bytes.len() as u64);
                    bytes
                }
            };
            match input.spec() {
                Some(spec) => tell_raw(source, input, &bytes, &spec, told),
                None => {
                    told.guess(Guess::new(bytes.len() as u64, &bytes, input.shape(), None));
                    Ok(())
                }
            }
        }
        Reading::Npz => {
            let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
            told.size(input.offset + bytes.len() as u64);
            let archive = archive::of_bytes(source, input, &bytes.into(), input.offset)?;
            tell_archive(source, input, &archive, told);
            Ok(())
        }
        Reading::Msgpack => {
            let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
            told.size(input.offset + bytes.len() as u64);
            tell_message(source, input, &bytes.into(), told)
        }
        Reading::Pickle => {
            let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?.into();
            told.size(input.offset + Bytes::len(&bytes) as u64);
            tell_pickle(
                source,
                input,
                &pickled::of_bytes(source, input, &bytes, input.offset)?,
                told,
            )
        }
        Reading::Table(format) => {
            let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
            told.size(input.offset + bytes.len() as u64);
            let table = Table::of_bytes(source, input, format, bytes.into())?;
            told.info.encoding = Some(table.encoding());
            told.info.table = Some(describe::table(&table)?);
            Ok(())
        }
        Reading::Tensor => {
            let bytes = decode::rest_of_stream(source, input, &head, &mut stream)?;
            told.size(input.offset + bytes.len() as u64);
            tell_tensor(source, input, &bytes.into(), told)
        }
        Reading::Unread(_) => Ok(()),
    }
}

/// Tells about a tensor.
fn tell_tensor(source: &Source, input: &Input, bytes: &Bytes, told: &mut Told) -> Result<()> {
    let tensor = arrow::tensor_of(source, input, bytes)?;
    let place = tensor.array.data().as_ptr() as usize;
    let at = place.checked_sub(bytes.as_ptr() as usize).filter(|&at| at < bytes.len());
    let offset = at.map(|at| input.offset + at as u64);
    let mut info = describe::tensor(&tensor, offset, input.numpy);
    if input.has_part() {
        info.part = Some(part_info(&input.part(source, &tensor.array.view())?));
    }
    told.info.arrays.push(info);
    Ok(())
}

/// Tells about the arrays of a message, or about the one that it is.
fn tell_message(source: &Source, input: &Input, bytes: &Bytes, told: &mut Told) -> Result<()> {
    let document = message::of_bytes(source, input, bytes, input.offset)?;
    told.info.trailing_bytes = Some((bytes.len() - document.data().len()) as u64);
    match document.arrays().next() {
        Some((path, node)) if path.keys().is_empty() => {
            tell_value(source, input, &document, node, told)
        }
        _ => {
            told.info.members = Some(message::described(source, &document, input.numpy)?);
            Ok(())
        }
    }
}

fn tell_value(
    source: &Source,
    input: &Input,
    document: &Document,
    node: Node<'_>,
    told: &mut Told,
) -> Result<()> {
    let failure = |error: npbytes::Error| Failure::of(source.name(), &error, 0);
    let mut info = message::array_info(document, node, input.numpy).map_err(failure)?;
    if input.has_part() {
        let array = node.array().map_err(failure)?;
        info.part = Some(part_info(&input.part(source, &array.view())?));
    }
    told.info.arrays.push(info);
    Ok(())
}

/// Tells about a pickle: of an array what it is, of anything else what is in it.
fn tell_pickle(source: &Source, input: &Input, pickled: &Pickled, told: &mut Told) -> Result<()> {
    if !pickled.is_part() {
        told.info.pickle = Some(pickled.info());
        told.info.trailing_bytes = Some(pickled.trailing);
    }
    let value = pickled.numpy(source)?;
    match value.as_ref().and_then(|value| pickled.array_info(value, input.numpy)) {
        Some(mut array) => {
            if input.has_part() && !array.pickled {
                let loaded = pickled.load(source)?;
                array.part = Some(part_info(&input.part(source, &loaded.array.view())?));
            }
            told.info.arrays.push(array);
        }
        None if pickled.is_part() => {
            pickled.described(source, input.numpy)?;
        }
        None => told.info.members = Some(pickled.described(source, input.numpy)?),
    }
    Ok(())
}

fn tell_archive(source: &Source, input: &Input, archive: &Archive, told: &mut Told) {
    let members: Vec<_> = archive.members().collect();
    told.info.members = Some(listing::described(source, archive, &members, input.numpy));
    told.info.trailing_bytes = Some(archive.trailing());
    archive::note_trailing(source, archive);
}

/// Tells about one member of an archive: by its header, if it is a .npy file.
fn tell_member(source: &Source, input: &Input, told: &mut Told) -> Result<()> {
    let archive = match archive::open_any(source, input, Access::Headers)? {
        Container::Archive(archive) => archive,
        Container::Message(document) => {
            told.info.encoding = Some(Encoding::Msgpack.name());
            let node = message::node(source, &document)?;
            return tell_value(source, input, &document, node, told);
        }
        Container::Table(table) => {
            told.info.encoding = Some(table.encoding());
            let column = table.column(source.member().unwrap_or_default())?;
            told.info.table = Some(describe::table(&table)?.only(column));
            return Ok(());
        }
        Container::Pickle(pickled) => {
            told.info.encoding = Some(Encoding::Pickle.name());
            return tell_pickle(source, input, &pickled, told);
        }
    };
    let (member, path) = archive::found(source, &archive)?;
    let size = member.uncompressed_size();
    told.info.size = Some(size);
    told.info.member = Some(listing::of_member(&archive, &member));
    let input = &input.for_member();
    if path.is_some() {
        told.info.encoding = Some(Encoding::Pickle.name());
        return match archive::load(source, input, &member, path)? {
            Content::Pickled(pickled) => tell_pickle(source, input, &pickled, told),
            Content::Array(_) => Ok(()),
        };
    }
    if input.offset == 0 {
        let header =
            member.header().map_err(|error| archive::header_failure(source, &member, &error))?;
        if let Some(header) = header {
            input.reading(source, &npy::MAGIC)?;
            return tell_npy_member(source, input, &header, size, told);
        }
    }
    let bytes = member.bytes();
    let bytes = bytes.map_err(|error| Failure::of(source.name(), &error, 0))?;
    // As from a pipe: nothing is known but the bytes.
    let source = source.with_member(member.name());
    let stream = wrapped::open_bytes(&source, input, bytes)?;
    tell_stream(&source, input, stream, told)
}

fn tell_npy_member(
    source: &Source,
    input: &Input,
    header: &npy::Header,
    size: u64,
    told: &mut Told,
) -> Result<()> {
    told.info.encoding = Some(Encoding::Npy.name());
    let mut array = ArrayInfo::of_header(header, 0, input.numpy);
    if array.pickled {
        array.data_length = Some(size.saturating_sub(array.data_offset.unwrap_or(size)));
    } else if input.has_part() {
        array.part = Some(part_of_header(source, input, header)?);
    }
    let pickled = array.pickled;
    told.info.arrays.push(array);
    if pickled {
        return Ok(());
    }
    if header.end() > size {
        return Err(Failure::new(source.name(), listing::cut_off(header, size)).at(size));
    }
    told.info.trailing_bytes = Some(size - header.end());
    Ok(())
}

fn tell_raw(
    source: &Source,
    input: &Input,
    bytes: &[u8],
    spec: &raw::Spec,
    told: &mut Told,
) -> Result<()> {
    let view = raw::view(bytes, spec).map_err(|error| raw_failure(source, input, bytes, &error))?;
    let part = if input.has_part() { Some(part_info(&input.part(source, &view)?)) } else { None };
    told.info.trailing_bytes = Some((bytes.len() - view.nbytes()) as u64);
    told.info.arrays.push(ArrayInfo {
        part,
        ..ArrayInfo::new(
            view.dtype(),
            view.shape(),
            view.is_fortran(),
            Some(input.offset),
            input.numpy,
        )
    });
    Ok(())
}

/// What the flags leave of an array whose elements are not looked at.
fn part_of_header(source: &Source, input: &Input, header: &npy::Header) -> Result<PartInfo> {
    // One element stands for all of them: a part of a shape needs no more.
    let element = vec![0; header.dtype().itemsize()];
    let strides = vec![0; header.shape().len()];
    let view = ArrayView::from_strides(
        header.dtype().clone(),
        header.shape().clone(),
        &strides,
        0,
        &element,
    )
    .map_err(|error| Failure::of(source.name(), &error, 0))?;
    Ok(part_info(&input.part(source, &view)?))
}

fn part_info(view: &ArrayView<'_>) -> PartInfo {
    PartInfo { dtype: view.dtype().to_string(), shape: view.shape().to_vec(), elements: view.len() }
}

fn encoding_name(reading: Reading) -> &'static str {
    match reading {
        Reading::Raw => "raw",
        Reading::Npy => Encoding::Npy.name(),
        Reading::Npz => Encoding::Npz.name(),
        Reading::Msgpack => Encoding::Msgpack.name(),
        Reading::Pickle => Encoding::Pickle.name(),
        Reading::Table(TableFormat::Ipc) => "arrow",
        Reading::Table(TableFormat::Parquet) => Encoding::Parquet.name(),
        Reading::Tensor => "tensor",
        Reading::Unread(encoding) => encoding.name(),
    }
}
