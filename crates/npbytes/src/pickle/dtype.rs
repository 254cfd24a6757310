//! Pickled dtypes: `dtype(code, align, copy)` and the state behind it, in all its versions.
//!
//! What `dtype.__reduce__` and `dtype.__setstate__` say. Reading is here, writing in `save.rs`.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::graph::{Graph, How, Node, Unpacked, Value};
use super::names::Known;
use crate::array::Axes;
use crate::dtype::{ByteOrder, DType, Field, Kind, Struct, TimeUnit, Unit};
use crate::error::{Error, Result};
use crate::limits::MAX_DEPTH;
use crate::literal;
use crate::numpy::NumPy;

/// How many scalars a dtype may have in all: shared parts count wherever they stand.
const MAX_LEAVES: usize = 1 << 20;

/// A dtype of the graph, and what a layout does not say of it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) dtype: DType,
    pub(super) record: bool,
    leaves: usize,
}

/// The longest code of a dtype.
const MAX_CODE: usize = 64;

/// How many fields one reader looks at: many dtypes may share one dict of them.
const MAX_FIELDS: usize = 1 << 24;

/// How many values the metadata of dtypes may have in all.
const MAX_METADATA: usize = 1 << 16;

/// Reads dtypes, each once.
pub(super) struct DTypes<'g> {
    graph: &'g Graph,
    last: RefCell<Option<(Value, Found)>>,
    compound: RefCell<HashMap<Value, Found>>,
    /// How many values of metadata may still be copied: they may be shared without end.
    budget: Cell<usize>,
    /// How many fields may still be looked at.
    fields: Cell<usize>,
}

/// The aligned flag of a struct in the flags of its state.
pub(super) const ALIGNED: i64 = 0x80;

impl<'g> DTypes<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            last: RefCell::default(),
            compound: RefCell::default(),
            budget: Cell::new(MAX_METADATA),
            fields: Cell::new(MAX_FIELDS),
        }
    }

    /// The dtype that a value is; `None` if it is no dtype object.
    pub(super) fn find(&self, value: Value) -> Result<Option<Found>> {
        self.at_depth(value, MAX_DEPTH)
    }

    /// A dtype that has to be one.
    pub(super) fn expect(&self, value: Value) -> Result<Found> {
        self.find(value)?.ok_or_else(|| self.error(value, "expected a dtype"))
    }

    fn error(&self, value: Value, message: &str) -> Error {
        let error = Error::pickle(message.to_owned());
        match self.graph.offset(value) {
            Some(at) => error.at(at),
            None => error,
        }
    }

    fn at_depth(&self, value: Value, depth: usize) -> Result<Option<Found>> {
        if let Some((_, found)) = self.last.borrow().as_ref().filter(|(last, _)| *last == value) {
            return Ok(Some(found.clone()));
        }
        if let Some(Node::DType(object)) = self.graph.node(value) {
            return Ok(Some(Found {
                dtype: object.dtype.clone(),
                record: object.record,
                leaves: 1,
            }));
        }
        let Some(object) = self.graph.object(value) else { return Ok(None) };
        match (object.how, self.graph.known(object.callable)) {
            (How::Reduce, Known::DType) => {}
            (How::Reduce, Known::StringDType) => {
                return Ok(Some(Found {
                    dtype: DType::native(Kind::String),
                    record: false,
                    leaves: 1,
                }));
            }
            _ => return Ok(None),
        }
        if let Some(found) = self.compound.borrow().get(&value) {
            return Ok(Some(found.clone()));
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Error::limit("depth", MAX_DEPTH as u64, MAX_DEPTH as u64 + 1));
        };
        if !self.graph.effects(value).is_empty() {
            return Err(self.error(value, "a dtype that is changed more than once"));
        }
        let found = self.reduced(value, object.args, object.state, depth)?;
        if found.leaves > MAX_LEAVES {
            return Err(self.error(value, &format!("a dtype of more than {MAX_LEAVES} scalars")));
        }
        if found.leaves > 1 || matches!(found.dtype.kind(), Kind::Struct(_) | Kind::Subarray(_)) {
            self.compound.borrow_mut().insert(value, found.clone());
        } else {
            *self.last.borrow_mut() = Some((value, found.clone()));
        }
        Ok(Some(found))
    }

    /// `dtype(code, align, copy)`, and its state.
    fn reduced(&self, value: Value, args: Value, state: Value, depth: usize) -> Result<Found> {
        let args = self.graph.tuple(args).ok_or_else(|| self.error(args, "expected a tuple"))?;
        let code = match args {
            [code] | [code, _] | [code, _, _] => *code,
            _ => return Err(self.error(value, "expected dtype(code, align, copy)")),
        };
        let record = self.graph.known(code) == Known::Record;
        let base = if record { DType::native(Kind::Void(0)) } else { self.code(code)? };
        if state == Value::ABSENT {
            return Ok(Found { dtype: base, record, leaves: 1 });
        }
        let wrong = || self.error(state, "the state of a dtype is not one that NumPy has written");
        let state = self.graph.tuple(state).ok_or_else(wrong)?;
        let mut found = self.with_state(base, state, depth)?.ok_or_else(wrong)?;
        found.record = record;
        Ok(found)
    }

    /// The dtype that a code such as `f8` names, or a class of scalars.
    fn code(&self, code: Value) -> Result<DType> {
        if let Some(Node::Global(name)) = self.graph.node(code) {
            let text =
                self.graph.text(name.name).unwrap_or_else(|| super::text::Text::borrowed(b""));
            return DType::parse_for(text.as_str().unwrap_or(""), NumPy::new(1, 26, 4))
                .map_err(|_| self.error(code, "a class that is no dtype"));
        }
        let bytes;
        let text = match self.graph.text(code) {
            Some(text) => {
                bytes = text.into_utf8();
                std::str::from_utf8(&bytes).unwrap_or("")
            }
            None => {
                bytes = self.graph.bytes(code)?.unwrap_or_default();
                std::str::from_utf8(&bytes).unwrap_or("")
            }
        };
        // NumPy's own are a dozen characters at most; longer ones would be read again for each dtype.
        if text.len() > MAX_CODE {
            return Err(self.error(code, &format!("the code of a dtype of {} bytes", text.len())));
        }
        if let Some(kind) = Kind::of_code(text) {
            return Ok(DType::native(kind));
        }
        DType::parse(text).map_err(|error| {
            let message = format!("expected the code of a dtype, found {text:?}: {error}");
            self.error(code, &message)
        })
    }

    /// Applies `(version, endian, subarray, names, fields, elsize, alignment, flags, metadata)`, of which older
    /// NumPys wrote fewer; `None` where it is none of them.
    fn with_state(&self, base: DType, state: &[Value], depth: usize) -> Result<Option<Found>> {
        let graph = self.graph;
        const NONE: Value = Value::NONE;
        let (version, endian, subarray, names, fields, elsize, flags, metadata) = match *state {
            [version, endian, sub, names, fields, size, _, flags, metadata] => {
                (Some(version), endian, sub, names, fields, size, flags, metadata)
            }
            [version, endian, sub, names, fields, size, _, flags] => {
                (Some(version), endian, sub, names, fields, size, flags, NONE)
            }
            [version, endian, sub, names, fields, size, _] => {
                (Some(version), endian, sub, names, fields, size, NONE, NONE)
            }
            [version, endian, sub, fields, size, _] => {
                (Some(version), endian, sub, NONE, fields, size, NONE, NONE)
            }
            [endian, sub, fields, size, _] => (None, endian, sub, NONE, fields, size, NONE, NONE),
            _ => return Ok(None),
        };
        let version = match version.map(|version| graph.int(version)) {
            None => 0,
            Some(Some(version @ 0..=4)) => version,
            Some(_) => return Ok(None),
        };
        let Some(order) = self.byte_order(endian)? else { return Ok(None) };
        let Some(size) = graph.int(elsize) else { return Ok(None) };
        if (subarray != NONE || fields != NONE) && !matches!(base.kind(), Kind::Void(_)) {
            // NumPy would take the code's kind with the layout of the fields.
            return Ok(None);
        }
        if subarray != NONE {
            let Some(&[base, shape]) = graph.tuple(subarray) else { return Ok(None) };
            let base = self
                .at_depth(base, depth)?
                .ok_or_else(|| self.error(subarray, "expected the dtype of a subarray"))?;
            let shape = self.dims(shape)?;
            let count = shape.iter().try_fold(1_usize, |count, &dim| count.checked_mul(dim));
            let leaves = base.leaves.saturating_mul(count.unwrap_or(usize::MAX).max(1));
            // What is copied is the base, as often as the shape says: only structs in it count.
            let leaves = if base.leaves > 1 { leaves } else { 2 };
            let dtype = DType::subarray(base.dtype, &shape)?;
            return Ok(Some(Found { dtype, record: false, leaves }));
        }
        if fields != NONE {
            let Ok(size) = usize::try_from(size) else { return Ok(None) };
            let aligned =
                flags != NONE && graph.int(flags).is_some_and(|flags| flags & ALIGNED != 0);
            let mut found = self.structure(names, fields, size, aligned, depth)?;
            if version >= 4 && metadata != NONE {
                found.dtype = found.dtype.with_metadata(Some(self.plain(metadata, MAX_DEPTH)?));
            }
            return Ok(Some(found));
        }
        let kind = match base.kind() {
            Kind::Bytes(_) | Kind::Str(_) | Kind::Void(_) => {
                let Ok(size) = usize::try_from(size) else { return Ok(None) };
                match base.kind() {
                    Kind::Bytes(_) => Kind::Bytes(size),
                    Kind::Str(_) => Kind::Str(size / 4),
                    _ => Kind::Void(size),
                }
            }
            Kind::DateTime64(unit) => Kind::DateTime64(self.time_unit(metadata, *unit)?),
            Kind::TimeDelta64(unit) => Kind::TimeDelta64(self.time_unit(metadata, *unit)?),
            kind => kind.clone(),
        };
        let time = matches!(kind, Kind::DateTime64(_) | Kind::TimeDelta64(_));
        let mut dtype = DType::new(kind)?.with_byte_order(order);
        let metadata = match graph.tuple(metadata) {
            Some(&[metadata, _]) if time => metadata,
            _ => metadata,
        };
        let empty = matches!(graph.node(metadata), Some(Node::Dict(pairs)) if pairs.is_empty());
        if metadata != NONE && !(time && empty) {
            dtype = dtype.with_metadata(Some(self.plain(metadata, MAX_DEPTH)?));
        }
        Ok(Some(Found { dtype, record: false, leaves: 1 }))
    }

    fn byte_order(&self, endian: Value) -> Result<Option<ByteOrder>> {
        let bytes = match self.graph.text(endian) {
            Some(text) => text.into_utf8(),
            None => self.graph.bytes(endian)?.unwrap_or_default(),
        };
        Ok(match &*bytes {
            b"<" => Some(ByteOrder::Little),
            b">" => Some(ByteOrder::Big),
            b"|" | b"=" => Some(ByteOrder::NATIVE),
            _ => None,
        })
    }

    /// A shape: a tuple of lengths, or one length.
    pub(super) fn dims(&self, value: Value) -> Result<Axes<usize>> {
        let one = [value];
        let dims = self.graph.tuple(value).unwrap_or(&one);
        let dim = |dim: &Value| self.graph.int(*dim).and_then(|dim| usize::try_from(dim).ok());
        dims.iter()
            .map(dim)
            .collect::<Option<_>>()
            .ok_or_else(|| self.error(value, "expected a tuple of lengths of axes"))
    }

    /// A name: `str`, or bytes of Python 2.
    fn name(&self, value: Value) -> Result<literal::PyStr> {
        if let Some(text) = self.graph.text(value) {
            return Ok(text.to_py_str());
        }
        match self.graph.bytes(value)? {
            Some(bytes) => {
                Ok(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into())
            }
            None => Err(self.error(value, "expected the name of a field")),
        }
    }

    fn structure(
        &self,
        names: Value,
        fields: Value,
        size: usize,
        aligned: bool,
        depth: usize,
    ) -> Result<Found> {
        let wrong = || self.error(fields, "expected the fields of a dtype");
        let Some(Node::Dict(pairs)) = self.graph.node(fields) else { return Err(wrong()) };
        let left = self.fields.get().checked_sub(pairs.len() / 2);
        self.fields.set(left.ok_or_else(|| {
            self.error(fields, &format!("dtypes of more than {MAX_FIELDS} fields in all"))
        })?);
        // By name. The last of two wins, as in a dict.
        let mut by_name = HashMap::with_capacity(pairs.len() / 2);
        // Old versions keep the names under the key -1.
        let mut listed = names;
        for pair in pairs.chunks_exact(2) {
            if names == Value::NONE && pair[0].unpack() == Unpacked::Int(-1) {
                listed = pair[1];
                continue;
            }
            by_name.insert(self.name(pair[0])?, pair[1]);
        }
        let order = match self.graph.node(listed) {
            Some(Node::List(names)) => names.as_slice(),
            _ => self
                .graph
                .tuple(listed)
                .ok_or_else(|| self.error(names, "expected a tuple of names"))?,
        };
        let mut placed = Vec::with_capacity(order.len());
        let mut leaves = 1_usize;
        for &name in order {
            let name = self.name(name)?;
            let value =
                *by_name.get(&name).ok_or_else(|| self.error(fields, "a name without a field"))?;
            let (dtype, offset, title) = match self.graph.tuple(value) {
                Some(&[dtype, offset]) => (dtype, offset, None),
                Some(&[dtype, offset, title]) => (dtype, offset, Some(title)),
                _ => return Err(wrong()),
            };
            let found = self
                .at_depth(dtype, depth)?
                .ok_or_else(|| self.error(dtype, "expected the dtype of a field"))?;
            leaves = leaves.saturating_add(found.leaves);
            let offset = self.graph.int(offset).and_then(|offset| usize::try_from(offset).ok());
            let offset =
                offset.ok_or_else(|| self.error(value, "expected the offset of a field"))?;
            let mut field = Field::new(name, found.dtype, offset);
            if let Some(title) = title.filter(|&title| title != Value::NONE) {
                field = field.with_title(self.name(title)?);
            }
            placed.push(field);
        }
        let at = |error: Error| match self.graph.offset(fields) {
            Some(at) => error.at(at),
            None => error,
        };
        // NumPy believes the flag, whatever the offsets are.
        let structure = if aligned {
            Struct::new(placed.clone(), Some(size), true)
                .or_else(|_| Struct::new(placed, Some(size), false))
        } else {
            Struct::new(placed, Some(size), false)
        };
        Ok(Found { dtype: structure.map_err(at)?.into(), record: false, leaves })
    }

    /// The unit in `(metadata, (unit, multiple, 1, 1))`, which old files write as a pair.
    fn time_unit(&self, metadata: Value, base: TimeUnit) -> Result<TimeUnit> {
        let wrong = || self.error(metadata, "expected the unit of a datetime");
        if metadata == Value::NONE {
            return Ok(base);
        }
        let Some(&[_, unit]) = self.graph.tuple(metadata) else { return Err(wrong()) };
        let (unit, multiple, divisor) = match self.graph.tuple(unit) {
            Some(&[unit, multiple]) => (unit, multiple, 1),
            Some(&[unit, multiple, divisor, _]) => {
                (unit, multiple, self.graph.int(divisor).ok_or_else(wrong)?)
            }
            Some(&[unit, multiple, divisor]) => {
                (unit, multiple, self.graph.int(divisor).ok_or_else(wrong)?)
            }
            _ => return Err(wrong()),
        };
        let text = match self.graph.text(unit) {
            Some(text) => text.into_utf8(),
            None => self.graph.bytes(unit)?.ok_or_else(wrong)?,
        };
        let unit = std::str::from_utf8(&text).ok().and_then(Unit::parse).ok_or_else(wrong)?;
        let multiple = self.graph.int(multiple).and_then(|n| u32::try_from(n).ok());
        let multiple = multiple.filter(|&n| n > 0).ok_or_else(wrong)?;
        if divisor != 1 {
            return Err(wrong());
        }
        TimeUnit::new(unit, multiple)
    }

    /// Metadata: plain data, as a literal.
    pub(super) fn plain(&self, value: Value, depth: usize) -> Result<literal::Value> {
        use literal::Value as Plain;
        let wrong = || self.error(value, "metadata that is not plain data");
        let depth = depth
            .checked_sub(1)
            .ok_or_else(|| Error::limit("depth", MAX_DEPTH as u64, MAX_DEPTH as u64 + 1))?;
        let all = |values: &[Value]| {
            let left = self.budget.get().checked_sub(values.len()).ok_or_else(|| {
                self.error(value, &format!("metadata of more than {MAX_METADATA} values"))
            })?;
            self.budget.set(left);
            values.iter().map(|&value| self.plain(value, depth)).collect::<Result<Vec<_>>>()
        };
        Ok(match value.unpack() {
            Unpacked::None => Plain::None,
            Unpacked::Bool(value) => Plain::Bool(value),
            Unpacked::Int(int) => Plain::Int(int.into()),
            Unpacked::Long(_) => {
                let int = self.graph.integer(value).and_then(|int| int.to_i128());
                Plain::Int(int.ok_or_else(wrong)?)
            }
            Unpacked::EmptyTuple => Plain::Tuple(Vec::new()),
            Unpacked::Float(_) => match self.graph.float(value) {
                Some(float) => Plain::Float(float),
                None => return Err(wrong()),
            },
            _ => {
                if let Some(text) = self.graph.text(value) {
                    return Ok(Plain::Str(text.to_py_str()));
                }
                match self.graph.node(value) {
                    Some(Node::Tuple(span)) => Plain::Tuple(all(self.graph.span(*span))?),
                    Some(Node::List(items)) => Plain::List(all(items)?),
                    Some(Node::Set(items)) => Plain::Set(all(items)?),
                    Some(Node::Float(float)) => Plain::Float(*float),
                    Some(Node::Dict(pairs)) => {
                        let flat = all(pairs)?;
                        let mut flat = flat.into_iter();
                        let mut out: Vec<(Plain, Plain)> = Vec::new();
                        while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
                            out.push((key, value));
                        }
                        Plain::Dict(out)
                    }
                    _ => Plain::Bytes(self.graph.bytes(value)?.ok_or_else(wrong)?.into_owned()),
                }
            }
        })
    }
}

impl Kind {
    /// The kind of a code as NumPy pickles it; other codes are left to the reader of texts.
    fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "b1" => Self::Bool,
            "i1" => Self::Int8,
            "i2" => Self::Int16,
            "i4" => Self::Int32,
            "i8" => Self::Int64,
            "u1" => Self::UInt8,
            "u2" => Self::UInt16,
            "u4" => Self::UInt32,
            "u8" => Self::UInt64,
            "f2" => Self::Float16,
            "f4" => Self::Float32,
            "f8" => Self::Float64,
            "f16" => Self::LongDouble,
            "c8" => Self::Complex64,
            "c16" => Self::Complex128,
            "c32" => Self::ComplexLongDouble,
            "O8" | "O4" | "O" => Self::Object,
            "M8" => Self::DateTime64(TimeUnit::GENERIC),
            "m8" => Self::TimeDelta64(TimeUnit::GENERIC),
            _ => {
                let (letter, size) = code.split_at_checked(1)?;
                let number = size.bytes().all(|byte| byte.is_ascii_digit()) && !size.is_empty();
                let size = number.then(|| size.parse::<u32>().ok()).flatten()?;
                if size > 0x7fff_ffff {
                    return None;
                }
                let size = size as usize;
                match letter {
                    "S" => Self::Bytes(size),
                    "U" if size <= 0x7fff_ffff / 4 => Self::Str(size),
                    "V" => Self::Void(size),
                    _ => return None,
                }
            }
        })
    }
}
