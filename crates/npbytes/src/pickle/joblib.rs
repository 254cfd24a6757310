//! joblib's files: pickles with the elements of arrays in mid-stream.
//!
//! joblib puts a `NumpyArrayWrapper` where an array was, and behind the BUILD that completes it the elements: a byte
//! that counts padding, the padding, the data; or a pickle of the array, if it holds objects. The machine calls
//! [`follow`] there.

use std::collections::HashMap;

use super::Pickle;
use super::dtype::{Budget, DTypes};
use super::graph::{Graph, JoblibContents, Node, Value};
use super::machine;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::shape::Shape;

/// What a stand-in says of its array.
pub(super) struct Wrapper {
    pub(super) class: Value,
    pub(super) shape: Value,
    pub(super) fortran: bool,
    pub(super) dtype: Value,
    /// What the data is aligned to, by padding before it: since joblib 1.2.
    align: Option<usize>,
}

/// What is known of the arrays that came before in a stream.
#[derive(Default)]
pub(super) struct Seen {
    /// The itemsize of their dtypes, and whether they hold objects.
    dtypes: HashMap<Value, (usize, bool)>,
    /// What dtypes may still be read.
    budget: Option<Budget>,
    /// How many values their pickles have made.
    items: u64,
}

/// The stand-in whose attributes a dict sets; `None` if it is none.
pub(super) fn wrapper(graph: &Graph, state: Value) -> Option<Wrapper> {
    /// joblib sets six at most. Many stand-ins may share one state, which is looked at for each of them.
    const MOST: usize = 16;
    const LONGEST: usize = 32;
    let Some(Node::Dict(pairs)) = graph.node(state) else { return None };
    if pairs.len() > 2 * MOST {
        return None;
    }
    let get = |name: &str| {
        let is_it = |key| graph.text_within(key, LONGEST).is_some_and(|key| key == *name);
        pairs.chunks_exact(2).rev().find(|pair| is_it(pair[0])).map(|pair| pair[1])
    };
    let (Some(class), Some(shape), Some(order), Some(dtype)) =
        (get("subclass"), get("shape"), get("order"), get("dtype"))
    else {
        return None;
    };
    let fortran = match graph.text_within(order, 1).as_ref().and_then(|order| order.as_str()) {
        Some("C") => false,
        Some("F") => true,
        _ => return None,
    };
    let align = match get("numpy_array_alignment_bytes") {
        None => None,
        Some(none) if none == Value::NONE => None,
        Some(align) => match graph.int(align).and_then(|align| usize::try_from(align).ok()) {
            Some(align @ 1..=255) => Some(align),
            _ => return None,
        },
    };
    Some(Wrapper { class, shape, fortran, dtype, align })
}

/// What follows the stand-in that a node is, and where that ends.
pub(super) fn follow(
    graph: &Graph,
    seen: &mut Seen,
    index: u32,
    at: usize,
    limits: &Limits,
) -> Result<(JoblibContents, usize)> {
    let wrong = || Error::pickle("a stand-in of joblib that does not describe an array");
    let state = graph.object(Value::node(index)).map(|object| object.state).ok_or_else(wrong)?;
    let wrapper = wrapper(graph, state).ok_or_else(wrong)?;
    let budget = seen.budget.take().unwrap_or_else(|| Budget::of_input(graph.input.len()));
    let dtypes = DTypes::with_budget(graph, budget);
    // Many arrays may share one dtype.
    let (itemsize, has_object) = match seen.dtypes.get(&wrapper.dtype) {
        Some(known) => *known,
        None => {
            let dtype = dtypes.expect(wrapper.dtype)?.dtype;
            let found = (dtype.itemsize(), dtype.has_object());
            seen.dtypes.insert(wrapper.dtype, found);
            found
        }
    };
    let dims = dtypes.dims(wrapper.shape)?;
    seen.budget = Some(dtypes.into_budget());
    if has_object {
        // All of them together may make so many values.
        let used = seen.items.saturating_add(graph.nodes.len().max(graph.pool.len()) as u64);
        let left = Limits { pickle_items: limits.pickle_items.saturating_sub(used), ..*limits };
        let outcome = machine::run_nested(&graph.input, at, &left);
        let end = outcome.end;
        let made = outcome.graph.nodes.len().max(outcome.graph.pool.len()) as u64;
        seen.items = seen.items.saturating_add(made).saturating_add(1);
        let pickle = Pickle::from_outcome(outcome).map_err(|error| match error.kind() {
            ErrorKind::Limit { name: "pickle_items", needed, .. } => {
                let needed = needed.saturating_add(used);
                Error::limit("pickle_items", limits.pickle_items, needed).at(at)
            }
            _ => error,
        })?;
        return Ok((JoblibContents::Pickle(Box::new(pickle)), end));
    }
    let len = Shape::new(&dims)?.bytes(itemsize)?;
    let mut start = at;
    if wrapper.align.is_some() {
        let padding = graph
            .input
            .get(at)
            .ok_or_else(|| Error::truncated("the padding of a joblib array", 1, 0).at(at))?;
        start = at + 1 + usize::from(*padding);
    }
    let found = graph.input.len().saturating_sub(start);
    if found < len {
        return Err(Error::truncated("a joblib array", len as u64, found as u64)
            .at(start.min(graph.input.len())));
    }
    let data = start..start + len;
    Ok((JoblibContents::Data { data, align: wrapper.align }, start + len))
}
