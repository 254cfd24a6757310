//! Pickled dtypes: `dtype(code, align, copy)` and the state behind it, in all its versions.
//!
//! What `dtype.__reduce__` and `dtype.__setstate__` say. Reading is here, writing in `save.rs`.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::graph::{Graph, How, Node, Unpacked, Value};
use super::names::Known;
use crate::array::Axes;
use crate::dtype::{ByteOrder, DType, Field, Kind, Struct, TimeUnit, Unit};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_DEPTH;
use crate::literal;
use crate::numpy::NumPy;
use crate::shape::MAX_DIMS;

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

/// How many fields one reader looks at beyond those that the input has room for: many dtypes may share one dict of them.
const MAX_FIELDS: usize = 1 << 22;

/// How many values of metadata one reader copies beyond those that the input has room for.
const MAX_METADATA: usize = 1 << 16;

/// What one reader may still look at and copy: names, fields and metadata may be shared without end.
#[derive(Debug)]
pub(super) struct Budget {
    /// Values of metadata.
    values: Cell<usize>,
    /// Fields.
    fields: Cell<usize>,
    /// Bytes of names, of titles and of metadata.
    text: Cell<usize>,
}

impl Budget {
    /// What an input of a length can justify.
    pub(super) const fn of_input(len: usize) -> Self {
        // A name is a few bytes where it is shared, and a dozen where it is copied. Long ones are shared by few.
        let small = len.saturating_mul(64);
        let large = len.saturating_mul(8).saturating_add(32 << 20);
        let text = if small < large { small } else { large };
        Self {
            values: Cell::new(MAX_METADATA.saturating_add(len)),
            fields: Cell::new(MAX_FIELDS.saturating_add(len)),
            text: Cell::new(text.saturating_add(64 << 10)),
        }
    }

    /// That of a single key.
    const fn of_key() -> Self {
        Self { values: Cell::new(64), fields: Cell::new(0), text: Cell::new(4096) }
    }

    /// Takes from what is left; what is not enough is gone as well, so that nobody tries again.
    fn take(left: &Cell<usize>, count: usize) -> Option<()> {
        let rest = left.get().checked_sub(count);
        left.set(rest.unwrap_or(0));
        rest.map(drop)
    }
}

/// Reads dtypes, each once.
pub(super) struct DTypes<'g> {
    graph: &'g Graph,
    last: RefCell<Option<(Value, Found)>>,
    compound: RefCell<HashMap<Value, Found>>,
    /// What is wrong with those that are none.
    failed: RefCell<HashMap<Value, Error>>,
    budget: Budget,
}

/// The aligned flag of a struct in the flags of its state.
pub(super) const ALIGNED: i64 = 0x80;

impl<'g> DTypes<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        Self::with_budget(graph, Budget::of_input(graph.input.len()))
    }

    /// Reads under a budget that others have taken from.
    pub(super) fn with_budget(graph: &'g Graph, budget: Budget) -> Self {
        Self {
            graph,
            last: RefCell::default(),
            compound: RefCell::default(),
            failed: RefCell::default(),
            budget,
        }
    }

    /// What is left of the budget.
    pub(super) fn into_budget(self) -> Budget {
        self.budget
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
        if let Some(error) = self.failed.borrow().get(&value) {
            return Err(again(error));
        }
        let found = self.reduced(value, object.args, object.state, depth).and_then(|found| {
            if found.leaves > MAX_LEAVES {
                let message = format!("a dtype of more than {MAX_LEAVES} scalars");
                return Err(self.error(value, &message));
            }
            Ok(found)
        });
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                // Less deep in others it may be one.
                if !matches!(error.kind(), ErrorKind::Limit { .. }) {
                    self.failed.borrow_mut().insert(value, again(&error));
                }
                return Err(error);
            }
        };
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
            let text = self.graph.text_within(name.name, MAX_CODE);
            let text = text.as_ref().and_then(|text| text.as_str()).unwrap_or("");
            return DType::parse_for(text, NumPy::new(1, 26, 4))
                .map_err(|_| self.error(code, "a class that is no dtype"));
        }
        // NumPy's own are a dozen characters at most; longer ones would be read again for each dtype.
        let Some(bytes) = self.short(code, MAX_CODE) else {
            let message = format!("expected the code of a dtype, of {MAX_CODE} bytes at most");
            return Err(self.error(code, &message));
        };
        let text = std::str::from_utf8(&bytes).unwrap_or("");
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
                found.dtype = found.dtype.with_metadata(self.metadata(metadata));
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
            dtype = dtype.with_metadata(self.metadata(metadata));
        }
        Ok(Some(Found { dtype, record: false, leaves: 1 }))
    }

    fn byte_order(&self, endian: Value) -> Result<Option<ByteOrder>> {
        Ok(match &*self.short(endian, 1).unwrap_or_default() {
            b"<" => Some(ByteOrder::Little),
            b">" => Some(ByteOrder::Big),
            b"|" | b"=" => Some(ByteOrder::NATIVE),
            _ => None,
        })
    }

    /// A text or bytes of a few letters; `None` if they are more, or something else.
    fn short(&self, value: Value, most: usize) -> Option<Cow<'g, [u8]>> {
        match self.graph.text_within(value, most) {
            Some(text) => Some(text.into_utf8()),
            None => self.graph.bytes_within(value, most),
        }
    }

    /// A shape: a tuple of lengths, or one length.
    pub(super) fn dims(&self, value: Value) -> Result<Axes<usize>> {
        let one = [value];
        let dims = self.graph.tuple(value).unwrap_or(&one);
        // Many arrays may share it.
        if dims.len() > MAX_DIMS {
            let message = format!("{} axes, NumPy has {MAX_DIMS} at most", dims.len());
            let error = Error::shape(message);
            return Err(match self.graph.offset(value) {
                Some(at) => error.at(at),
                None => error,
            });
        }
        let dim = |dim: &Value| self.graph.int(*dim).and_then(|dim| usize::try_from(dim).ok());
        dims.iter()
            .map(dim)
            .collect::<Option<_>>()
            .ok_or_else(|| self.error(value, "expected a tuple of lengths of axes"))
    }

    /// A name: `str`, or bytes of Python 2; `None` if it is something else.
    fn name(&self, value: Value) -> Result<Option<literal::PyStr>> {
        let left = &self.budget.text;
        if let Some(text) = self.graph.text_within(value, left.get()) {
            Budget::take(left, text.as_utf8().len());
            return Ok(Some(text.to_py_str()));
        }
        if let Some(bytes) = self.graph.bytes_within(value, left.get()) {
            Budget::take(left, 2 * bytes.len());
            return Ok(Some(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into()));
        }
        let is_text = matches!(
            value.unpack(),
            Unpacked::Text(_) | Unpacked::ByteString(_) | Unpacked::Bytes(_)
        );
        if !is_text && self.graph.encoded_bytes(value).is_none() {
            return Ok(None);
        }
        left.set(0);
        Err(self.error(value, "long names of fields that many dtypes share"))
    }

    fn expect_name(&self, value: Value) -> Result<literal::PyStr> {
        self.name(value)?.ok_or_else(|| self.error(value, "expected the name of a field"))
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
        Budget::take(&self.budget.fields, pairs.len() / 2).ok_or_else(|| {
            self.error(fields, &format!("dtypes that share more than {MAX_FIELDS} fields"))
        })?;
        // By name. The last of two wins, as in a dict.
        let mut by_name = HashMap::with_capacity(pairs.len() / 2);
        // Old versions keep the names under the key -1.
        let mut listed = names;
        for pair in pairs.chunks_exact(2) {
            if names == Value::NONE && pair[0].unpack() == Unpacked::Int(-1) {
                listed = pair[1];
                continue;
            }
            // Titles are keys, too, and may be anything.
            if let Some(name) = self.name(pair[0])? {
                by_name.insert(name, pair[1]);
            }
        }
        let order = match self.graph.node(listed) {
            Some(Node::List(names)) => names.as_slice(),
            _ => self
                .graph
                .tuple(listed)
                .ok_or_else(|| self.error(names, "expected a tuple of names"))?,
        };
        Budget::take(&self.budget.fields, order.len()).ok_or_else(|| {
            self.error(names, &format!("dtypes that share more than {MAX_FIELDS} fields"))
        })?;
        let mut placed = Vec::with_capacity(order.len());
        let mut leaves = 1_usize;
        for &name in order {
            let name = self.expect_name(name)?;
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
            // A title that is no text is left out: nobody but Python could look for it.
            if let Some(title) = title.filter(|&title| title != Value::NONE)
                && let Some(title) = self.name(title)?
            {
                field = field.with_title(title);
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
        let text = self.short(unit, MAX_CODE).ok_or_else(wrong)?;
        let unit = std::str::from_utf8(&text).ok().and_then(Unit::parse).ok_or_else(wrong)?;
        let multiple = self.graph.int(multiple).and_then(|n| u32::try_from(n).ok());
        let multiple = multiple.filter(|&n| n > 0).ok_or_else(wrong)?;
        if divisor != 1 {
            return Err(wrong());
        }
        TimeUnit::new(unit, multiple)
    }

    /// Metadata, as a literal: the entries that are plain data, and can be written again. The others are objects, `complex`
    /// and `...` included; the array is readable without them.
    fn metadata(&self, value: Value) -> Option<literal::Value> {
        use literal::Value as Plain;
        let Some(Node::Dict(pairs)) = self.graph.node(value) else {
            return self.plain(value, MAX_DEPTH);
        };
        Budget::take(&self.budget.values, pairs.len())?;
        let plain = |value: Value| self.plain(value, MAX_DEPTH - 1);
        let kept =
            pairs.chunks_exact(2).filter_map(|pair| Some((plain(pair[0])?, plain(pair[1])?)));
        let kept: Vec<(Plain, Plain)> = kept.collect();
        (!kept.is_empty() || pairs.is_empty()).then_some(Plain::Dict(kept))
    }

    /// Plain data as a literal; `None` where it is none, is nested too deep, or more than the budget has room for.
    fn plain(&self, value: Value, depth: usize) -> Option<literal::Value> {
        use literal::Value as Plain;
        let depth = depth.checked_sub(1)?;
        let all = |values: &[Value]| {
            Budget::take(&self.budget.values, values.len())?;
            values.iter().map(|&value| self.plain(value, depth)).collect::<Option<Vec<_>>>()
        };
        Some(match value.unpack() {
            Unpacked::None => Plain::None,
            Unpacked::Bool(value) => Plain::Bool(value),
            Unpacked::Int(int) => Plain::Int(int.into()),
            Unpacked::Long(_) => Plain::Int(self.graph.integer(value)?.to_i128()?),
            Unpacked::EmptyTuple => Plain::Tuple(Vec::new()),
            Unpacked::Float(_) => Plain::Float(self.graph.float(value)?),
            _ => match self.graph.node(value) {
                Some(Node::Tuple(span)) => Plain::Tuple(all(self.graph.span(*span))?),
                Some(Node::List(items)) => Plain::List(all(items)?),
                Some(Node::Set(items)) => Plain::Set(all(items)?),
                Some(Node::Float(float)) => Plain::Float(*float),
                Some(Node::Long(_)) => Plain::Int(self.graph.integer(value)?.to_i128()?),
                Some(Node::Dict(pairs)) => {
                    let mut flat = all(pairs)?.into_iter();
                    let mut out: Vec<(Plain, Plain)> = Vec::new();
                    while let (Some(key), Some(value)) = (flat.next(), flat.next()) {
                        out.push((key, value));
                    }
                    Plain::Dict(out)
                }
                _ => {
                    let left = &self.budget.text;
                    if let Some(text) = self.graph.text_within(value, left.get()) {
                        Budget::take(left, text.as_utf8().len());
                        return Some(Plain::Str(text.to_py_str()));
                    }
                    let bytes = self.graph.bytes_within(value, left.get())?;
                    Budget::take(left, bytes.len());
                    Plain::Bytes(bytes.into_owned())
                }
            },
        })
    }
}

/// What the key of a dict is, if it is plain data, and short enough to stand in a path.
pub(super) fn plain_key(graph: &Graph, key: Value) -> Option<literal::Value> {
    /// Keys are flat.
    const DEPTH: usize = 8;
    DTypes::with_budget(graph, Budget::of_key()).plain(key, DEPTH)
}

/// The same error once more.
fn again(error: &Error) -> Error {
    let copy = match error.kind() {
        ErrorKind::Limit { name, limit, needed } => Error::limit(name, *limit, *needed),
        ErrorKind::DType(message) => Error::dtype(message.clone()),
        ErrorKind::Shape(message) => Error::shape(message.clone()),
        ErrorKind::Unsupported(message) => Error::unsupported(message.clone()),
        ErrorKind::Pickle(message) => Error::pickle(message.clone()),
        kind => Error::pickle(kind.to_string()),
    };
    match error.offset() {
        Some(at) => copy.at(at),
        None => copy,
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
