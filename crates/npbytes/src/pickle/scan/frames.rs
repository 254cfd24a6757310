//! Opcodes that cross the end of a frame.
//!
//! No pickler writes them, and Python reads them in two ways: from bytes as if there were no frames, from a file with
//! what was left of the frame dropped. `c` + `JUNK|os\nsystem\n`, where the frame ends at `|`, is `JUNKos.system` to
//! `pickle.loads` and `os.system` to `pickle.load`. Who reads it in one way knows half of it.

use memchr::memchr;

use crate::error::{Error, Result};
use crate::pickle::cursor::Cursor;
use crate::pickle::opcode::{self, *};
use crate::pickle::{Pickle, ReadOptions, disassemble_at};

/// The first opcode that crosses the end of its frame, as an error; `None` if there is none as far as the pickle can be
/// read.
pub(super) fn crossing(pickle: &Pickle, start: usize) -> Option<Error> {
    let input = &pickle.graph.input;
    memchr(FRAME, input.get(start..pickle.end)?)?;
    let mut frame = Frame(0);
    if !pickle.graph.contents.is_empty() {
        // The data of joblib's arrays stands between the opcodes. The listing knows where.
        let lines = disassemble_at(input, start as u64, &ReadOptions::default());
        return lines.map_while(Result::ok).find_map(|line| {
            frame.step(line.code(), line.offset(), line.offset() + line.len(), input)
        });
    }
    let mut cursor = Cursor::new(input, start);
    while cursor.at() < pickle.end {
        let at = cursor.at() as u64;
        let code = cursor.opcode().ok()?;
        let (_, form, _) = opcode::describe(code)?;
        skip(&mut cursor, form).ok()?;
        if let Some(error) = frame.step(Some(code), at, cursor.at() as u64, input) {
            return Some(error);
        }
    }
    None
}

/// The end of the frame that was begun last.
struct Frame(u64);

impl Frame {
    fn step(&mut self, code: Option<u8>, start: u64, end: u64, input: &[u8]) -> Option<Error> {
        let crosses = start < self.0 && self.0 < end;
        let error = || {
            Error::pickle("an opcode that crosses the end of its frame").at(start).with_help(
                "Python reads it otherwise from a file than from bytes; no pickler writes it",
            )
        };
        if code == Some(FRAME) {
            let len = Cursor::new(input, usize::try_from(start).ok()? + 1).u64().ok()?;
            let inner = end.saturating_add(len);
            // One that begins inside of another has to end there, too.
            if start < self.0 && inner > self.0 {
                return Some(error());
            }
            self.0 = self.0.max(inner);
        }
        crosses.then(error)
    }
}

fn skip(cursor: &mut Cursor<'_>, form: Argument) -> Result<()> {
    match form {
        Argument::None => Ok(()),
        Argument::U8 => cursor.take(1).map(drop),
        Argument::U16 => cursor.take(2).map(drop),
        Argument::I32 | Argument::U32 => cursor.take(4).map(drop),
        Argument::U64 | Argument::F64 => cursor.take(8).map(drop),
        Argument::DecimalLine | Argument::Line => cursor.line().map(drop),
        Argument::TwoLines => cursor.line().and_then(|_| cursor.line()).map(drop),
        Argument::Counted8 => cursor.counted8().map(drop),
        Argument::Counted32 => cursor.counted32().map(drop),
        Argument::Counted64 => cursor.counted64().map(drop),
    }
}
