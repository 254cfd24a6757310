//! Messages of msgpack as inputs: the arrays in them are found by their paths, as the members of an archive are by
//! their names.

mod plain;

use bytes::Bytes;
use npbytes::msgpack::{self, Document, Node, NumPyValue, Path};
use npbytes::{DType, NumPy, pickle};

use crate::decode::{Content, Loaded};
use crate::failure::{Failure, Result, note};
use crate::input::Input;
use crate::json::{ArrayInfo, ErrorInfo, MemberInfo};
use crate::pickled::{self, Pickled};
use crate::place::failure_in_memory;
use crate::source::Source;

/// The message at the start of bytes, which start at an offset of the source.
///
/// # Errors
/// What is no msgpack.
pub(crate) fn of_bytes(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    offset: u64,
) -> Result<Document> {
    let options = msgpack::ReadOptions::with_limits(input.limits);
    let (document, rest) = msgpack::split(bytes, &options)
        .map_err(|error| failure_in_memory(source, bytes, &error, 0).shifted(offset))?;
    if !rest.is_empty() {
        let (name, count) = (source.name(), rest.len());
        let at = offset + document.data().len() as u64;
        note(&format!(
            "{name}: {count} bytes behind the message were left out; a further one is at --offset {at}"
        ));
    }
    Ok(document)
}

/// The value that a source names.
pub(crate) fn node<'a>(source: &Source, document: &'a Document) -> Result<Node<'a>> {
    let node = document.find(source.member().unwrap_or_default());
    node.map_err(|error| Failure::of(source.whole().name(), &error, 0))
}

/// What a source names in a message, which starts at an offset of it: an array, or what a pickle of it would hold.
///
/// # Errors
/// A path that leads nowhere; an array that cannot be read.
pub(crate) fn load(source: &Source, input: &Input, document: &Document) -> Result<Content> {
    let node = match source.member() {
        Some(_) => node(source, document)?,
        None => document.root(),
    };
    let failure = |error: npbytes::Error| Failure::of(source.name(), &error, input.offset);
    match node.numpy().map_err(failure)? {
        Some(NumPyValue::Array(array) | NumPyValue::Scalar(array)) => {
            Ok(Loaded { array, trailing: 0, next: None }.into())
        }
        Some(NumPyValue::Objects { pickle, .. }) => {
            let start = offset_in(document, &pickle);
            pickled::of_bytes(source, input, &pickle, start).map(Into::into)
        }
        _ => {
            let bytes = plain::pickle_of(source, node)?;
            let pickle = pickle::decode(&bytes, &input.pickle_options())
                .map_err(|error| Failure::of(source.name(), &error, 0).without_offset())?;
            Ok(Pickled::of_message(pickle).into())
        }
    }
}

/// Tells about all arrays, or about the one that the source names. What is wrong with one is told with it.
pub(crate) fn described(
    source: &Source,
    document: &Document,
    numpy: NumPy,
) -> Result<Vec<MemberInfo>> {
    match source.member() {
        Some(member) => {
            Ok(vec![with_array(source, document, member.into(), node(source, document)?, numpy)])
        }
        None => {
            let one = |(path, node): (Path<'_>, Node<'_>)| {
                with_array(source, document, path.to_string(), node, numpy)
            };
            Ok(document.arrays().map(one).collect())
        }
    }
}

fn with_array(
    source: &Source,
    document: &Document,
    path: String,
    node: Node<'_>,
    numpy: NumPy,
) -> MemberInfo {
    let mut info = MemberInfo::of_path(&path, "msgpack");
    match array_info(document, node, numpy) {
        Ok(array) => {
            info.data_offset = array.data_offset;
            info.uncompressed_size = array.data_length.unwrap_or(0);
            info.compressed_size = info.uncompressed_size;
            info.array = Some(array);
        }
        Err(error) => {
            let name = source.whole().with_member(&info.key).name();
            info.error = Some(ErrorInfo::from(&Failure::of(name, &error, 0)));
        }
    }
    info
}

/// Where bytes that a message shares start in it.
fn offset_in(document: &Document, bytes: &Bytes) -> u64 {
    let start = bytes.as_ptr() as usize;
    start.saturating_sub(document.data().as_ptr() as usize) as u64
}

/// Tells about an array.
pub(crate) fn array_info(
    document: &Document,
    node: Node<'_>,
    numpy: NumPy,
) -> npbytes::Result<ArrayInfo> {
    let offset = |bytes: &Bytes| offset_in(document, bytes);
    if let Some(NumPyValue::Objects { shape, pickle }) = node.numpy()? {
        let dtype = DType::parse("O")?;
        let mut info = ArrayInfo::new(&dtype, &shape, false, Some(offset(&pickle)), numpy);
        info.data_length = Some(pickle.len() as u64);
        return Ok(info);
    }
    let array = node.array()?;
    let start = if array.is_empty() { node.offset() } else { offset(array.data()) };
    let view = array.view();
    Ok(ArrayInfo::new(view.dtype(), view.shape(), view.is_fortran(), Some(start), numpy))
}
