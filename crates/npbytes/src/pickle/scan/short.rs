//! Texts and bytes of which only short ones are of interest: long ones are not read, as the same one may be asked for
//! any number of times.

use crate::pickle::cursor::Cursor;
use crate::pickle::graph::{Graph, How, Node, Unpacked, Value};
use crate::pickle::names::Known;
use crate::pickle::opcode::*;

/// The most bytes that a character takes in a line: `\U0001f600`.
const ESCAPED: usize = 10;

/// The bytes or the text that a value is, if it has no more bytes than that. In constant time.
pub(in crate::pickle) fn short(graph: &Graph, value: Value, longest: usize) -> Option<Vec<u8>> {
    let few = |bytes: &[u8]| (bytes.len() <= longest).then(|| bytes.to_vec());
    if let Some(raw) = graph.raw_bytes(value) {
        return few(raw);
    }
    if let Some(Node::Text(text)) = graph.node(value) {
        return few(text.as_utf8());
    }
    let text = if graph.object(value).is_some() { encoded(graph, value)? } else { value };
    match text.unpack() {
        Unpacked::None if text != value => Some(Vec::new()),
        Unpacked::Text(_) | Unpacked::Line(_) if is_short(graph, text, longest) => {
            few(graph.text(text)?.as_utf8())
        }
        Unpacked::ByteString(_) if is_short(graph, text, longest) => few(&graph.byte_string(text)?),
        _ => None,
    }
}

/// The text that protocols 0 to 2 make of bytes, if a value is the call that makes bytes of it again; `None` stands
/// for none.
pub(super) fn encoded(graph: &Graph, value: Value) -> Option<Value> {
    let object = graph.object(value)?;
    if graph.known(object.callable) == Known::CodecsEncode {
        let &[_, encoding] = graph.tuple(object.args)? else { return None };
        if object.how != How::Reduce || !is_short(graph, encoding, 8) {
            return None;
        }
    }
    graph.encoded_bytes(value)
}

/// Whether what makes a text is no longer than a text of so many bytes can be.
fn is_short(graph: &Graph, text: Value, longest: usize) -> bool {
    let (Unpacked::Text(at) | Unpacked::ByteString(at) | Unpacked::Line(at)) = text.unpack() else {
        return false;
    };
    let mut cursor = Cursor::new(&graph.input, at);
    let code = match text.unpack() {
        Unpacked::Line(_) => Ok(UNICODE),
        _ => cursor.opcode(),
    };
    let most = ESCAPED * longest + 16;
    match code {
        Ok(UNICODE | STRING) => {
            let line = graph.input.get(cursor.at()..).unwrap_or_default();
            line.get(..most).unwrap_or(line).contains(&b'\n')
        }
        Ok(BINUNICODE | BINSTRING) => cursor.u32().is_ok_and(|len| len as usize <= longest),
        Ok(BINUNICODE8) => cursor.u64().is_ok_and(|len| len <= longest as u64),
        Ok(_) => true,
        Err(_) => false,
    }
}
