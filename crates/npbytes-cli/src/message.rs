//! Messages of msgpack as inputs: the arrays in them are found by their paths, as the members of an archive are by
//! their names.

use bytes::Bytes;
use npbytes::msgpack::{self, Document, Node, NumPyValue, Path};
use npbytes::{DType, NumPy};

use crate::decode::Loaded;
use crate::failure::{Failure, Result, note, quoted};
use crate::input::Input;
use crate::json::{ArrayInfo, ErrorInfo, MemberInfo};
use crate::place::failure_in_memory;
use crate::source::Source;

/// How many paths a message lists.
const LISTED: usize = 20;

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

/// Reads the array that a source names.
pub(crate) fn load(source: &Source, document: &Document) -> Result<Loaded> {
    let array = node(source, document)?.array();
    let array = array.map_err(|error| Failure::of(source.name(), &error, 0))?;
    Ok(Loaded { array, trailing: 0 })
}

/// Reads the only array of a message.
///
/// # Errors
/// None, or several: then all are named.
pub(crate) fn load_only(source: &Source, document: &Document) -> Result<Loaded> {
    let mut paths = document.arrays().map(|(path, _)| path.to_string());
    match (paths.next(), paths.next()) {
        (Some(only), None) => load(&source.with_member(&only), document),
        (None, _) => Err(Failure::new(source.name(), "a message without arrays")),
        (Some(first), Some(second)) => {
            let mut names = vec![first.clone(), second];
            names.extend(paths.by_ref().take(LISTED - 2));
            let more = paths.count();
            let count = names.len() + more;
            if more > 0 {
                names.push(format!("{more} others"));
            }
            let example = source.with_member(&first).argument();
            Err(Failure::new(source.name(), format!("a message of {count} arrays: say which"))
                .with_help(format!("they are: {}", names.join(", ")))
                .with_help(format!("write {}, for example", quoted(&example))))
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

/// Tells about an array.
pub(crate) fn array_info(
    document: &Document,
    node: Node<'_>,
    numpy: NumPy,
) -> npbytes::Result<ArrayInfo> {
    let offset = |bytes: &Bytes| {
        let start = bytes.as_ptr() as usize;
        start.saturating_sub(document.data().as_ptr() as usize) as u64
    };
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
