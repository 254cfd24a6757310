//! Where the data of joblib's arrays stands between the opcodes, and what is done with the stand-ins.

use std::collections::{HashMap, HashSet};

use crate::error::Error;
use crate::pickle::graph::{Node, Value};
use crate::pickle::names::Known;
use crate::pickle::opcode::*;
use crate::pickle::{Memo, Pickle, ReadOptions, disassemble_at};

/// What the listing of a joblib file says.
#[derive(Default)]
pub(super) struct Stream {
    /// Where the data of the first array starts, its padding included: where those go astray who know no joblib.
    pub(super) data: Option<usize>,
    /// Where a stand-in is made that is more than that, and the opcode that makes it so: joblib puts the array in its place on the
    /// stack, but in the memo the stand-in stays, and where it is fetched it is an object of its own.
    pub(super) kept: Option<(usize, usize)>,
    /// Why it could not be listed to its end.
    pub(super) error: Option<Error>,
}

/// Lists a pickle in which there are stand-ins.
pub(super) fn look(pickle: &Pickle, start: usize, options: &ReadOptions) -> Stream {
    let graph = &pickle.graph;
    let made: HashSet<usize> = (0..u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX))
        .map(Value::node)
        .filter(|&node| match graph.node(node) {
            Some(Node::Object(object)) => graph.known(object.callable) == Known::JoblibArray,
            _ => false,
        })
        .filter_map(|node| graph.offset(node))
        .collect();
    let mut stream = Stream::default();
    // The memo entries that are stand-ins, and where these are made.
    let mut entries = HashMap::new();
    // The stand-in that was just made, up to its attributes.
    let mut last = None;
    let mut lines = disassemble_at(&graph.input, start as u64, options);
    loop {
        let before = lines.nesting();
        let line = match lines.next() {
            Some(Ok(line)) => line,
            Some(Err(error)) => {
                stream.error = Some(error);
                break;
            }
            None => break,
        };
        let at = usize::try_from(line.offset()).unwrap_or(usize::MAX);
        let is_nested = before > 0 || lines.nesting() > 0;
        if is_nested || line.code().is_none() {
            stream.data.get_or_insert(at);
            continue;
        }
        let code = line.code().unwrap_or_default();
        match (last, line.memo()) {
            (_, Some(Memo::Get(entry))) => {
                if let Some(made) = entries.get(&entry) {
                    stream.kept.get_or_insert((*made, at));
                }
            }
            (Some(made), Some(Memo::Put(entry))) => {
                entries.insert(entry, made);
                continue;
            }
            (None, Some(Memo::Put(entry))) => {
                entries.remove(&entry);
            }
            _ => {}
        }
        if let Some(made) = last {
            match code {
                FRAME => continue,
                EMPTY_DICT => last = None,
                // Not as joblib writes it: where the stand-in goes from here, nobody follows.
                _ => {
                    stream.kept.get_or_insert((made, at));
                    last = None;
                }
            }
        }
        if made.contains(&at) {
            last = Some(at);
        }
    }
    stream
}
