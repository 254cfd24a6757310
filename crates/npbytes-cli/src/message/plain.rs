//! A message of msgpack as a pickle of the same values: what shows and writes pickles then shows and writes it.
//!
//! The pickle is one of protocol 3, whose parts can be joined: each numbers what it remembers from 0 on, and remembers
//! it before it asks for it.

use bytes::Bytes;
use npbytes::msgpack::{Items, Node, NumPyValue, View};
use npbytes::pickle::{self, ScalarObject, WriteOptions};

use crate::failure::{Failure, Result, quoted};
use crate::source::Source;

const PROTOCOL: u8 = 3;

/// The pickle of a value.
///
/// # Errors
/// An array that cannot be read; an array of objects whose pickle is not as msgpack-numpy writes it.
pub(super) fn pickle_of(source: &Source, node: Node<'_>) -> Result<Bytes> {
    let mut out = vec![0x80, PROTOCOL];
    value(source, node, &mut out)?;
    out.push(b'.');
    Ok(out.into())
}

/// Adds a value. Messages nest no deeper than the limit that they were read under, 200 at most.
fn value(source: &Source, node: Node<'_>, out: &mut Vec<u8>) -> Result<()> {
    let failure = |error: npbytes::Error| Failure::of(source.name(), &error, 0);
    match node.numpy().map_err(failure)? {
        Some(NumPyValue::Array(array)) => {
            let options = WriteOptions::default().protocol(PROTOCOL);
            let pickle = pickle::encode(&array.view(), &options).map_err(failure)?;
            body(&pickle, out);
        }
        Some(NumPyValue::Scalar(array)) => {
            let dtype = array.view().dtype().clone();
            let scalar = ScalarObject::new(dtype, array.data().clone()).map_err(failure)?;
            let mut pickle = pickle::Pickle::new();
            let root = pickle.scalar(scalar);
            pickle.set_root(root);
            let options = WriteOptions::default().protocol(PROTOCOL);
            body(&pickle.encode(&options).map_err(failure)?, out);
        }
        Some(NumPyValue::Objects { pickle, .. }) => match &pickle[..] {
            // Later protocols number what they remember by its count, and have frames.
            [0x80, 2 | 3, .., b'.'] => body(&pickle, out),
            _ => {
                let message = "an array of objects in it has a pickle of another protocol than 2";
                return Err(Failure::new(source.name(), message).at(node.offset()).with_help(
                    format!(
                        "name it alone; npbytes ls {} lists it",
                        quoted(&source.whole().argument())
                    ),
                ));
            }
        },
        Some(NumPyValue::Complex(real, imag)) => {
            out.extend(b"cbuiltins\ncomplex\n");
            for part in [real, imag] {
                float(part, out);
            }
            // TUPLE2 and REDUCE.
            out.extend(b"\x86R");
        }
        _ => plain(source, node, out)?,
    }
    Ok(())
}

/// Adds what a pickle makes, without its head and its STOP.
fn body(pickle: &[u8], out: &mut Vec<u8>) {
    out.extend(pickle.get(2..pickle.len().saturating_sub(1)).unwrap_or_default());
}

fn plain(source: &Source, node: Node<'_>, out: &mut Vec<u8>) -> Result<()> {
    match node.view() {
        View::Bool(value) => out.push(if value { 0x88 } else { 0x89 }),
        View::Int(int) => integer(int, out),
        View::Float(value) => float(value, out),
        View::Str(text) if std::str::from_utf8(text).is_ok() => counted(b'X', text, out),
        View::Str(bytes) | View::Bin(bytes) => counted(b'B', bytes, out),
        View::List(items) => {
            out.extend(b"](");
            each(source, items, out)?;
            out.push(b'e');
        }
        View::Map(items) => {
            out.extend(b"}(");
            each(source, items, out)?;
            out.push(b'u');
        }
        View::Ext(code, bytes) => {
            out.extend(b"cmsgpack\nExtType\n");
            integer(code.into(), out);
            counted(b'B', bytes, out);
            out.extend(b"\x86R");
        }
        // There is nothing else in msgpack.
        _ => out.push(b'N'),
    }
    Ok(())
}

fn each(source: &Source, items: Items<'_>, out: &mut Vec<u8>) -> Result<()> {
    for item in items {
        value(source, item, out)?;
    }
    Ok(())
}

fn float(value: f64, out: &mut Vec<u8>) {
    out.push(b'G');
    out.extend(value.to_be_bytes());
}

fn integer(int: i128, out: &mut Vec<u8>) {
    match (u8::try_from(int), i32::try_from(int)) {
        (Ok(small), _) => out.extend([b'K', small]),
        (_, Ok(int)) => {
            out.push(b'J');
            out.extend(int.to_le_bytes());
        }
        _ => {
            // LONG1 of nine bytes: all of 64 bits with a sign.
            out.extend([0x8a, 9]);
            out.extend(int.to_le_bytes().iter().take(9));
        }
    }
}

/// Adds bytes behind their number. In msgpack no number is larger.
fn counted(opcode: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(opcode);
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(bytes);
}
