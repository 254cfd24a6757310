//! joblib's files: pickles with the elements of arrays in mid-stream.
//!
//! joblib puts a `NumpyArrayWrapper` where an array was, and behind the BUILD that completes it the elements: a byte
//! that counts padding, the padding, the data; or a pickle of the array, if it holds objects. The machine calls
//! [`follow`] there.

use std::collections::HashMap;

use super::Pickle;
use super::dtype::DTypes;
use super::graph::{Graph, JoblibContents, Node, Value};
use super::machine;
use crate::error::{Error, Result};
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

/// The stand-in whose attributes a dict sets; `None` if it is none.
pub(super) fn wrapper(graph: &Graph, state: Value) -> Result<Option<Wrapper>> {
    let Some(Node::Dict(pairs)) = graph.node(state) else { return Ok(None) };
    let get = |name: &str| {
        let mut pairs = pairs.chunks_exact(2).rev();
        pairs.find(|pair| graph.text(pair[0]).is_some_and(|key| key == *name)).map(|pair| pair[1])
    };
    let (Some(class), Some(shape), Some(order), Some(dtype)) =
        (get("subclass"), get("shape"), get("order"), get("dtype"))
    else {
        return Ok(None);
    };
    let fortran = match graph.text(order).as_ref().and_then(|order| order.as_str()) {
        Some("C") => false,
        Some("F") => true,
        _ => return Ok(None),
    };
    let align = match get("numpy_array_alignment_bytes") {
        None => None,
        Some(none) if none == Value::NONE => None,
        Some(align) => match graph.int(align).and_then(|align| usize::try_from(align).ok()) {
            Some(align @ 1..=255) => Some(align),
            _ => return Ok(None),
        },
    };
    Ok(Some(Wrapper { class, shape, fortran, dtype, align }))
}

/// What follows the stand-in that a node is, and where that ends.
pub(super) fn follow(
    graph: &Graph,
    known: &mut HashMap<Value, (usize, bool)>,
    index: u32,
    at: usize,
    limits: &Limits,
) -> Result<(JoblibContents, usize)> {
    let wrong = || Error::pickle("a stand-in of joblib that does not describe an array");
    let state = graph.object(Value::node(index)).map(|object| object.state).ok_or_else(wrong)?;
    let wrapper = wrapper(graph, state)?.ok_or_else(wrong)?;
    let dtypes = DTypes::new(graph);
    // Many arrays may share one dtype.
    let (itemsize, has_object) = match known.get(&wrapper.dtype) {
        Some(known) => *known,
        None => {
            let dtype = dtypes.expect(wrapper.dtype)?.dtype;
            let found = (dtype.itemsize(), dtype.has_object());
            known.insert(wrapper.dtype, found);
            found
        }
    };
    if has_object {
        let outcome = machine::run_nested(&graph.input, at, limits);
        let end = outcome.end;
        let pickle = Pickle::from_outcome(outcome)?;
        return Ok((JoblibContents::Pickle(Box::new(pickle)), end));
    }
    let len = Shape::new(&dtypes.dims(wrapper.shape)?)?.bytes(itemsize)?;
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
