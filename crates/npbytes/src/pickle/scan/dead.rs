//! Bytes that no unpickler gets past, and that do nothing until then.
//!
//! That this crate's reader fails says little: it may be stricter than Python, or have its limits. What is looked at
//! here is no more than what the opcodes are: as long as they push data, it is all the same what the data is, and
//! where there is no opcode, or no value for it, all of Python's unpicklers fail.

use crate::pickle::cursor::Cursor;
use crate::pickle::opcode::{self, *};

/// Who might read the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Whoever has read a pickle before them, and may know persistent ids and extension codes. There is nothing on the
    /// stack.
    Next,
    /// Someone who takes for a pickle what is something else: `pickle.load` as it is. There is nothing on the stack.
    Mistaken,
    /// The same, in the midst of a pickle: there may be anything on the stack.
    MistakenWithin,
}

/// Whether a pickle cannot come to anything from an offset on.
pub(super) fn is_dead_end(input: &[u8], start: usize, reader: Reader) -> bool {
    let mut cursor = Cursor::new(input, start);
    leads_nowhere(&mut cursor, input, reader)
}

/// The same, and how far it was looked at.
pub(super) fn dead_end(input: &[u8], start: usize, reader: Reader) -> (bool, usize) {
    let mut cursor = Cursor::new(input, start);
    let is_dead = leads_nowhere(&mut cursor, input, reader);
    (is_dead, cursor.at().saturating_sub(start))
}

fn leads_nowhere(cursor: &mut Cursor<'_>, input: &[u8], reader: Reader) -> bool {
    let start = cursor.at();
    let is_fresh = reader != Reader::MistakenWithin;
    loop {
        let at = cursor.at();
        // Without a STOP nothing is returned, and nothing more is run.
        let Ok(code) = cursor.opcode() else { return true };
        let Some((_, form, _)) = opcode::describe(code) else { return true };
        match code {
            _ if is_fresh && at == start && takes(code) => return true,
            MARK | POP | POP_MARK | DUP | NONE | NEWTRUE | NEWFALSE | INT | BININT | BININT1
            | BININT2 | LONG | LONG1 | LONG4 | FLOAT | BINFLOAT | STRING | BINSTRING
            | SHORT_BINSTRING | BINBYTES | SHORT_BINBYTES | BINBYTES8 | BYTEARRAY8 | UNICODE
            | BINUNICODE | SHORT_BINUNICODE | BINUNICODE8 | NEXT_BUFFER | READONLY_BUFFER
            | EMPTY_LIST | EMPTY_DICT | EMPTY_SET | EMPTY_TUPLE | LIST | TUPLE | TUPLE1
            | TUPLE2 | TUPLE3 | PUT | BINPUT | LONG_BINPUT | MEMOIZE | GET | BINGET
            | LONG_BINGET | PROTO => {}
            // These look into what they are given, which may be an object whose code they would run.
            DICT | FROZENSET | APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS | BUILD
                if is_fresh => {}
            // A call of what is no class or function.
            REDUCE | NEWOBJ | NEWOBJ_EX | OBJ if is_fresh => return true,
            // What was pushed is returned, or what lay there before.
            STOP if !is_fresh => return true,
            PERSID | BINPERSID | EXT1 | EXT2 | EXT4 if reader != Reader::Next => return true,
            // An archive, which is looked into by itself.
            PERSID if at == start && input.get(at..).is_some_and(is_archive) => return true,
            // Read from a file by the unpickler in C it is an error; the one in Python goes on.
            FRAME if frame_is_too_long(*cursor, input) => {}
            GLOBAL | INST => {
                let rest = input.get(cursor.at()..).unwrap_or_default();
                return is_no_module(cursor.line().unwrap_or(rest));
            }
            _ => return false,
        }
        if cursor.skip(form).is_err() {
            // It ends in the midst of the argument; of a line the unpickler in Python takes what is there.
            return true;
        }
    }
}

fn is_archive(input: &[u8]) -> bool {
    input.starts_with(b"PK\x03\x04") || input.starts_with(b"PK\x05\x06")
}

/// Whether an opcode needs something on the stack.
const fn takes(code: u8) -> bool {
    matches!(
        code,
        POP | POP_MARK
            | DUP
            | PUT
            | BINPUT
            | LONG_BINPUT
            | MEMOIZE
            | READONLY_BUFFER
            | LIST
            | TUPLE
            | TUPLE1
            | TUPLE2
            | TUPLE3
            | DICT
            | FROZENSET
            | APPEND
            | APPENDS
            | SETITEM
            | SETITEMS
            | ADDITEMS
            | BUILD
            | STOP
            | STACK_GLOBAL
            | BINPERSID
    )
}

fn frame_is_too_long(mut cursor: Cursor<'_>, input: &[u8]) -> bool {
    let Ok(len) = cursor.u64() else { return true };
    input.len().saturating_sub(cursor.at()) < usize::try_from(len).unwrap_or(usize::MAX)
}

/// Whether a line cannot be the name of a module, whatever blanks are taken off it: text and numbers in other files.
fn is_no_module(line: &[u8]) -> bool {
    // To Python 3.11 and later `os\0 and more` is `os`.
    if line.contains(&0) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(line) else { return true };
    text.trim().bytes().any(|byte| byte.is_ascii_control() || b" =\"',:;#()[]{}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_ends_are_told() {
        let cases: [(&[u8], [bool; 3]); 28] = [
            (b"", [true; 3]),
            (b"\n", [true; 3]),
            (b"\0\0\0\0", [true; 3]),
            (b"N", [true; 3]),
            (b"N\n", [true; 3]),
            (b"N.", [false, false, true]),
            // As an unpickler reads them: on an empty stack, and on that of another pickle.
            (b".", [true; 3]),
            (b"\x93NUMPY", [true, true, false]),
            (b"R", [true, true, false]),
            (b"]e", [true, true, false]),
            (b"econs\nx\n", [true, true, false]),
            // The reader here refuses the number, which is no matter: what follows is a name.
            (b"F1.0\0x\n0cos\nsystem\n(S'id'\ntR.", [false; 3]),
            (b"cos\nsystem\n", [false; 3]),
            (b"cos \nsystem\n", [false; 3]),
            (b"cos\0 and more\nsystem\n", [false; 3]),
            (b"class Some(thing):\n    pass\n", [true; 3]),
            (b"import os\nimport sys\n", [true; 3]),
            // No dictionary, no lookup.
            (b"\x82\x01.", [false, true, true]),
            (b"PK\n.", [false, true, true]),
            (b"PK\x03\x04\n.", [true; 3]),
            // A length that goes on behind the end, and one that does not.
            (b"BZh91AY&SY", [true; 3]),
            (b"\x95\x08\0\0\0\0\0\0\0N0\n", [true; 3]),
            (b"\x95\x08\0\0\0\0\0\0\0Ncos\nx\n", [false; 3]),
            (b"\x95\x02\0\0\0\0\0\0\0N0\n", [false; 3]),
            (b"U*M\x18", [true; 3]),
            (b"Nb.", [false; 3]),
            (b"(S'id'\nios\nsystem", [false; 3]),
            (b"\x80\x02cos\nsystem\n.", [false; 3]),
        ];
        for (input, expected) in cases {
            let readers = [Reader::Next, Reader::Mistaken, Reader::MistakenWithin];
            let found = readers.map(|reader| is_dead_end(input, 0, reader));
            assert_eq!(found, expected, "{}", input.escape_ascii());
        }
    }
}
