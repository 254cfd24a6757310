//! What the parts of a listing are, in words: looked up in the graph by the offset of what made them.

use std::collections::HashMap;
use std::fmt;

use super::line::{Line, Operand};
use crate::dtype::DType;
use crate::pickle::graph::{Graph, How, JoblibContents, Node, Object, Value};
use crate::pickle::machine::Outcome;
use crate::pickle::names::{Known, canonical};
use crate::pickle::opcode::*;
use crate::pickle::scan::checked::{Checked, describe};
use crate::pickle::scan::short::short;
use crate::shape::Shape;

/// The longest part of a name that is shown.
const LONGEST_NAME: usize = 80;

/// The nodes of a graph by offset, and what part of an array some are.
pub(super) struct Notes {
    graph: Graph,
    made: HashMap<usize, u32>,
    roles: HashMap<usize, Role>,
    dtypes: HashMap<u32, Option<DType>>,
    /// The stand-in of joblib that the last line completed.
    followed: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Shape,
    Elements,
    Mask,
    FillValue,
    Code,
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notes").field("nodes", &self.made.len()).finish_non_exhaustive()
    }
}

impl Notes {
    pub(super) fn new(outcome: Outcome) -> Self {
        let graph = outcome.graph;
        // Of what one opcode makes, the last is the whole: the arguments come before the object.
        let made = graph.offsets.iter().zip(0..).map(|(&at, index)| (at, index)).collect();
        let mut checked = Checked::new(&graph);
        let mut roles = HashMap::new();
        for (index, node) in (0..).zip(&graph.nodes) {
            if let Node::Object(object) = node {
                if matches!(graph.known(object.callable), Known::DType | Known::StringDType) {
                    checked.get(Value::node(index));
                }
                add_roles(&graph, object, &mut roles);
            }
        }
        let dtypes = checked.into_found();
        Self { graph, made, roles, dtypes, followed: None }
    }

    /// The stand-in whose contents follow the last line.
    pub(super) const fn take_followed(&mut self) -> Option<usize> {
        self.followed.take()
    }

    pub(super) fn contents(&self, made: usize) -> Option<&JoblibContents> {
        self.graph.contents.get(self.made.get(&made)?)
    }

    /// What a line makes or completes: `made` is the offset of what made the value that it leaves.
    pub(super) fn of(&mut self, code: u8, made: usize, line: &Line<'_>) -> Option<String> {
        match (code, line.operand()) {
            (FRAME, Some(&Operand::Length(len))) => {
                let end = ((line.offset + line.len) as u64).saturating_add(len);
                return Some(format!("frame to byte {end}"));
            }
            (PUT | BINPUT | LONG_BINPUT | MEMOIZE | POP | POP_MARK | PROTO | STOP | DUP, _) => {
                return None;
            }
            (APPEND | APPENDS | SETITEM | SETITEMS | ADDITEMS, _) => return None,
            _ => {}
        }
        let value = self.made.get(&made).map(|&index| Value::node(index));
        if code == BUILD {
            if self.contents(made).is_some() {
                self.followed = Some(made);
            }
            return value.and_then(|value| self.whole(value));
        }
        if let Some(role) = self.roles.get(&made) {
            return Some(self.part(*role, made, value, line));
        }
        match self.graph.node(value?)? {
            Node::Global(_) => self.name(value?),
            // One that is completed by BUILD is named there.
            Node::Object(object) if object.state == Value::ABSENT || code != REDUCE => {
                self.whole(value?)
            }
            Node::Object(object) => match self.graph.known(object.callable) {
                Known::Other | Known::Computed | Known::NumPyType => self.whole(value?),
                _ if matches!(code, GET | BINGET | LONG_BINGET) => self.whole(value?),
                _ => None,
            },
            _ => None,
        }
    }

    fn name(&self, value: Value) -> Option<String> {
        let Some(Node::Global(name)) = self.graph.node(value) else { return None };
        let part = |value| short(&self.graph, value, LONGEST_NAME);
        let (Some(module), Some(last)) = (part(name.module), part(name.name)) else {
            return Some("a global of a long or computed name".into());
        };
        let (module, last) = (String::from_utf8_lossy(&module), String::from_utf8_lossy(&last));
        let (module, last) = canonical(&module, &last, name.python2);
        Some(format!("{module}.{last}"))
    }

    fn part(&self, role: Role, made: usize, value: Option<Value>, line: &Line<'_>) -> String {
        let len = match line.operand() {
            Some(Operand::Bytes(bytes) | Operand::ByteArray(bytes)) => Some(bytes.len()),
            Some(Operand::ByteString(bytes)) => Some(bytes.len()),
            _ => None,
        };
        let of_bytes = |what: &str| match len {
            Some(len) => format!("{what}: {len} bytes"),
            None => match value.and_then(|value| self.graph.node(value)) {
                Some(Node::List(items)) => format!("{what}: {} objects", items.len()),
                _ => what.to_owned(),
            },
        };
        match role {
            Role::Shape => {
                let dims = value.and_then(|value| self.dims(value));
                dims.map_or("shape".into(), |dims| format!("shape {dims}"))
            }
            Role::Elements => of_bytes("elements"),
            Role::Mask => of_bytes("mask"),
            Role::FillValue => value
                .filter(|_| made != line.offset)
                .and_then(|value| self.whole(value))
                .unwrap_or_else(|| "fill value".into()),
            Role::Code => "code of a dtype".into(),
        }
    }

    fn dims(&self, shape: Value) -> Option<String> {
        let dims = self.graph.tuple(shape)?;
        if dims.len() > 64 {
            return Some(format!("of {} axes", dims.len()));
        }
        let dim = |dim: &Value| self.graph.int(*dim).and_then(|dim| usize::try_from(dim).ok());
        let dims = dims.iter().map(dim).collect::<Option<Vec<_>>>()?;
        Shape::new(&dims).ok().map(|shape| shape.to_string())
    }

    fn dtype(&self, value: Value) -> String {
        let found = value.index().and_then(|index| self.dtypes.get(&index)?.as_ref());
        found.map_or_else(|| "of an unknown dtype".into(), describe)
    }

    fn array(&self, what: &str, shape: Value, dtype: Value, fortran: Value) -> String {
        let dims = self.dims(shape).unwrap_or_else(|| "of an unknown shape".into());
        let order = match self.graph.int(fortran) {
            Some(0) => "C order",
            Some(_) => "Fortran order",
            None => "unknown order",
        };
        format!("{what} {dims} {}, {order}", self.dtype(dtype))
    }

    /// What an object is: an array, a dtype, or what Python would call.
    fn whole(&self, value: Value) -> Option<String> {
        let graph = &self.graph;
        let object = graph.object(value)?;
        let args = graph.tuple(object.args).unwrap_or_default();
        let state = graph.tuple(object.state).unwrap_or_default();
        let known = graph.known(object.callable);
        let text = match (known, args, state) {
            (Known::DType, ..) | (Known::StringDType, ..) => {
                format!("dtype {}", self.dtype(value))
            }
            (Known::Reconstruct, [class, ..], [_, shape, dtype, fortran, _]) => {
                self.array(self.class(*class), *shape, *dtype, *fortran)
            }
            (Known::Reconstruct, [class, ..], [shape, dtype, fortran, _]) => {
                self.array(self.class(*class), *shape, *dtype, *fortran)
            }
            (Known::MaReconstruct, _, [_, shape, dtype, fortran, ..]) => {
                self.array("masked array", *shape, *dtype, *fortran)
            }
            (Known::FromBuffer, [_, dtype, shape, order, ..], _) => {
                let order = short(graph, *order, 1);
                let text =
                    self.array("array", *shape, *dtype, Value::bool(order == Some(b"F".to_vec())));
                match order {
                    Some(order) if order == b"K" => {
                        text.replace("C order", "in memory, axes permuted")
                    }
                    _ => text,
                }
            }
            (Known::Scalar, [dtype, _], _) => format!("scalar {}", self.dtype(*dtype)),
            (Known::MaskedConstant, ..) => "numpy.ma.masked".into(),
            (Known::JoblibArray, ..) if object.state != Value::ABSENT => {
                "joblib: the stand-in of an array, which follows".into()
            }
            (Known::CodecsEncode | Known::Bytes, ..) => "bytes".into(),
            (Known::ByteArray, ..) => "bytearray".into(),
            (Known::Complex, ..) => "complex".into(),
            (Known::Set, ..) => "set".into(),
            (Known::FrozenSet, ..) => "frozenset".into(),
            _ => {
                let verb = match object.how {
                    How::Reduce | How::Inst | How::Obj => "would call",
                    How::NewObj | How::NewObjEx => "would make a",
                };
                match self.name(object.callable) {
                    Some(name) => format!("{verb} {name}"),
                    None => "would call what another call returns".into(),
                }
            }
        };
        Some(text)
    }

    fn class(&self, class: Value) -> &'static str {
        match self.graph.known(class) {
            Known::Matrix => "matrix",
            Known::MemMap => "memmap",
            Known::RecArray => "recarray",
            Known::CharArray => "chararray",
            _ => "array",
        }
    }
}

/// What the arguments and the state of an object are to it.
fn add_roles(graph: &Graph, object: &Object, found: &mut HashMap<usize, Role>) {
    let args = graph.tuple(object.args).unwrap_or_default();
    let state = graph.tuple(object.state).unwrap_or_default();
    let mut roles = Vec::new();
    match graph.known(object.callable) {
        Known::Reconstruct => {
            if let [_, shape, _, _, data] | [shape, _, _, data] = *state {
                roles.extend([(shape, Role::Shape), (data, Role::Elements)]);
            }
        }
        Known::MaReconstruct => {
            if let [_, shape, _, _, data, mask, fill] = *state {
                roles.extend([
                    (shape, Role::Shape),
                    (data, Role::Elements),
                    (mask, Role::Mask),
                    (fill, Role::FillValue),
                ]);
            }
        }
        Known::FromBuffer => {
            if let [data, _, shape, ..] = *args {
                roles.extend([(shape, Role::Shape), (data, Role::Elements)]);
            }
        }
        Known::Scalar => {
            if let [_, data] = *args {
                roles.push((data, Role::Elements));
            }
        }
        Known::DType => {
            if let [code, ..] = *args {
                roles.push((code, Role::Code));
            }
        }
        _ => {}
    }
    for (value, role) in roles {
        if let Some(at) = graph.offset(value) {
            found.entry(at).or_insert(role);
        }
    }
}
