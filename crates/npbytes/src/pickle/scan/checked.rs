//! Dtypes of a graph, each looked at once and in bounded time however they are shared; for scans and listings.

use std::collections::HashMap;

use crate::dtype::{DType, Kind};
use crate::limits::MAX_DEPTH;
use crate::pickle::dtype::DTypes;
use crate::pickle::graph::{Graph, How, Node, Value};
use crate::pickle::names::Known;

/// The longest code that a dtype is made of, `V2147483647`, and some.
const LONGEST_CODE: usize = 24;

/// The dtypes of a graph.
pub(in crate::pickle) struct Checked<'g> {
    graph: &'g Graph,
    dtypes: DTypes<'g>,
    /// By node; `None` for what is no dtype as NumPy writes it.
    found: HashMap<u32, Option<DType>>,
    /// How many fields may still be read: a dict of fields may be shared by any number of dtypes.
    budget: usize,
    /// How long the names of fields are in the input.
    lengths: HashMap<Value, usize>,
}

impl<'g> Checked<'g> {
    pub(in crate::pickle) fn new(graph: &'g Graph) -> Self {
        let budget = (1 << 16) + graph.pool.len().saturating_add(graph.nodes.len()) * 8;
        Self {
            graph,
            dtypes: DTypes::new(graph),
            found: HashMap::new(),
            budget,
            lengths: HashMap::new(),
        }
    }

    /// All that were found, by node.
    pub(in crate::pickle) fn into_found(self) -> HashMap<u32, Option<DType>> {
        self.found
    }

    /// The dtype that a value is, if it is one that NumPy has written.
    pub(in crate::pickle) fn get(&mut self, value: Value) -> Option<DType> {
        self.at_depth(value, MAX_DEPTH)
    }

    fn at_depth(&mut self, value: Value, depth: usize) -> Option<DType> {
        let index = value.index()?;
        if let Some(found) = self.found.get(&index) {
            return found.clone();
        }
        // What contains itself is found here when it comes round.
        self.found.insert(index, None);
        let sound = self.is_sound(value, depth.checked_sub(1)?);
        let dtype = sound.then(|| self.dtypes.find(value).ok().flatten()).flatten();
        let dtype = dtype.map(|found| found.dtype);
        self.found.insert(index, dtype.clone());
        dtype
    }

    /// Whether the arguments and the parts of a dtype are such as NumPy writes them. What the state says is the
    /// reader's.
    fn is_sound(&mut self, value: Value, depth: usize) -> bool {
        let graph = self.graph;
        let Some(object) = graph.object(value) else { return false };
        if object.how != How::Reduce || !super::grammar::is_unchanged(graph, value) {
            return false;
        }
        let args = graph.tuple(object.args);
        match (graph.known(object.callable), args) {
            (Known::StringDType, Some([coerce] | [coerce, _])) => {
                return object.state == Value::ABSENT && graph.int(*coerce).is_some();
            }
            (Known::DType, Some([code] | [code, _] | [code, _, _])) => {
                if !self.is_code(*code) {
                    return false;
                }
            }
            _ => return false,
        }
        if let Some([_, flags @ ..]) = args
            && !flags.iter().all(|&flag| graph.int(flag).is_some())
        {
            return false;
        }
        if object.state == Value::ABSENT {
            return true;
        }
        let (subarray, names, fields) = match graph.tuple(object.state) {
            Some(&[_, _, subarray, names, fields, _, _, ..]) => (subarray, names, fields),
            Some(&[_, _, subarray, fields, _, _]) => (subarray, Value::NONE, fields),
            Some(&[_, subarray, fields, _, _]) => (subarray, Value::NONE, fields),
            _ => return false,
        };
        if subarray != Value::NONE {
            return match graph.tuple(subarray) {
                Some(&[base, shape]) => {
                    graph.tuple(shape).is_none_or(|shape| shape.len() <= 64)
                        && self.at_depth(base, depth).is_some()
                }
                _ => false,
            };
        }
        if fields == Value::NONE {
            return true;
        }
        let Some(Node::Dict(pairs)) = graph.node(fields) else { return false };
        let names = match graph.node(names) {
            Some(Node::List(names)) => names.len(),
            _ => graph.tuple(names).map_or(0, <[Value]>::len),
        };
        let mut cost = pairs.len() + names + 1;
        for pair in pairs.chunks_exact(2) {
            // Names are copied and compared; those of any length may be shared.
            cost = cost.saturating_add(self.length(pair[0]) / 8);
        }
        match self.budget.checked_sub(cost) {
            Some(left) => self.budget = left,
            None => return false,
        }
        pairs.chunks_exact(2).all(|pair| match graph.tuple(pair[1]) {
            Some(&[dtype, _] | &[dtype, _, _]) if graph.object(dtype).is_some() => {
                self.at_depth(dtype, depth).is_some()
            }
            // The names, under the key -1.
            _ => graph.int(pair[0]) == Some(-1),
        })
    }

    fn length(&mut self, name: Value) -> usize {
        let graph = self.graph;
        *self.lengths.entry(name).or_insert_with(|| match graph.text(name) {
            Some(text) => text.as_utf8().len(),
            None => graph.bytes(name).ok().flatten().map_or(0, |bytes| bytes.len()),
        })
    }

    fn is_code(&self, code: Value) -> bool {
        if let Some(Node::Global(_)) = self.graph.node(code) {
            return matches!(self.graph.known(code), Known::Record | Known::NumPyType);
        }
        match super::short::short(self.graph, code, LONGEST_CODE) {
            Some(text) => text.is_ascii() && !text.contains(&b','),
            None => false,
        }
    }
}

/// A dtype in few words, however many fields it has.
pub(in crate::pickle) fn describe(dtype: &DType) -> String {
    let is_flat = |dtype: &DType| match dtype.kind() {
        Kind::Struct(_) => false,
        Kind::Subarray(sub) => !matches!(sub.base().kind(), Kind::Struct(_) | Kind::Subarray(_)),
        _ => dtype.metadata().is_none(),
    };
    match dtype.kind() {
        Kind::Struct(fields) => {
            let all = fields.fields();
            let short = |name: &crate::PyStr| name.as_utf8().len() <= 40;
            if all.len() <= 6
                && dtype.metadata().is_none()
                && all.iter().all(|field| is_flat(field.dtype()) && short(field.name()))
                && all.iter().all(|field| field.title().is_none_or(short))
            {
                return dtype.to_string();
            }
            format!("struct of {} fields, {} bytes", all.len(), dtype.itemsize())
        }
        Kind::Subarray(sub) if !is_flat(dtype) => {
            format!("{} of {}", describe(sub.base()), sub.shape().len())
        }
        _ if !is_flat(dtype) => format!("{:?} with metadata", dtype.kind()),
        _ => dtype.to_string(),
    }
}
