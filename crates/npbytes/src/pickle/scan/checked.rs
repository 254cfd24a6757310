//! Dtypes of a graph, each looked at once and in bounded time however they are shared; for scans and listings.
//!
//! A dtype is taken as NumPy writes it and in no other way. Its state is set by `dtype.__setstate__`, which believes
//! what it reads: flags that say there are objects where there are none, or the other way round, make pointers of
//! numbers.

use std::collections::{HashMap, HashSet};

use crate::dtype::{DType, Field, Kind};
use crate::limits::MAX_DEPTH;
use crate::literal::PyStr;
use crate::pickle::dtype::{ALIGNED, DTypes};
use crate::pickle::graph::{Graph, How, Node, Unpacked, Value};
use crate::pickle::names::Known;

/// The longest code that a dtype is made of, `V2147483647`, and some.
const LONGEST_CODE: usize = 24;

/// Flags of dtypes, as `numpy/dtype_api.h` has them: elements are references, and are pickled as a list.
const REFERENCES: i64 = 0x01;
const AS_LIST: i64 = 0x02;

/// Those that a struct has of its fields.
const OF_FIELDS: i64 = 0x1b;

/// Those of an object.
const OBJECT: i64 = 0x3f;

/// Elements have to be set to zero first, and need Python's lock.
const INIT: i64 = 0x08;
const PYTHON: i64 = 0x10;

/// A dtype that was found to be sound.
#[derive(Clone)]
pub(super) struct Sound {
    pub(super) dtype: DType,
    flags: i64,
    /// The most that its elements may be aligned to.
    alignment: usize,
}

impl Sound {
    /// Whether the elements of an array are pickled as a list, not as bytes.
    pub(super) const fn is_as_list(&self) -> bool {
        self.flags & AS_LIST != 0
    }
}

/// The dtypes of a graph.
pub(in crate::pickle) struct Checked<'g> {
    graph: &'g Graph,
    dtypes: DTypes<'g>,
    /// By node; `None` for what is no dtype as NumPy writes it.
    found: HashMap<u32, Option<Sound>>,
    /// How many fields may still be read: a dict of fields may be shared by any number of dtypes.
    budget: usize,
    /// How long the names of fields are in the input.
    lengths: HashMap<Value, usize>,
}

/// What the state of a dtype says.
struct State {
    version: i64,
    subarray: Value,
    names: Value,
    fields: Value,
    size: i64,
    alignment: i64,
    /// In the low eight bits; `None` where NumPy works them out.
    flags: Option<i64>,
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
        let found = self.found.into_iter();
        found.map(|(index, sound)| (index, sound.map(|sound| sound.dtype))).collect()
    }

    /// The dtype that a value is, if it is one that NumPy has written.
    pub(in crate::pickle) fn get(&mut self, value: Value) -> Option<DType> {
        self.sound(value).map(|sound| sound.dtype)
    }

    /// The same, and what else is known of it.
    pub(super) fn sound(&mut self, value: Value) -> Option<Sound> {
        self.at_depth(value, MAX_DEPTH)
    }

    fn at_depth(&mut self, value: Value, depth: usize) -> Option<Sound> {
        let index = value.index()?;
        if let Some(found) = self.found.get(&index) {
            return found.clone();
        }
        // What contains itself is found here when it comes round.
        self.found.insert(index, None);
        let sound = self.check(value, depth.checked_sub(1)?);
        self.found.insert(index, sound.clone());
        sound
    }

    /// The dtype that a value is, if its arguments and its state are such as NumPy writes them.
    fn check(&mut self, value: Value, depth: usize) -> Option<Sound> {
        let graph = self.graph;
        let object = graph.object(value)?;
        if object.how != How::Reduce || !super::grammar::is_unchanged(graph, value) {
            return None;
        }
        let args = graph.tuple(object.args)?;
        let code = match (graph.known(object.callable), args) {
            (Known::StringDType, [coerce] | [coerce, _]) => {
                let is_sound = object.state == Value::ABSENT && graph.int(*coerce).is_some();
                let dtype = is_sound.then(|| self.dtypes.find(value).ok().flatten()).flatten()?;
                return Some(Sound { dtype: dtype.dtype, flags: OBJECT, alignment: 8 });
            }
            (Known::DType, [code] | [code, _] | [code, _, _]) => *code,
            _ => return None,
        };
        if !self.is_code(code) || !args[1..].iter().all(|&flag| graph.int(flag).is_some()) {
            return None;
        }
        if object.state == Value::ABSENT {
            let dtype = self.dtypes.find(value).ok().flatten()?.dtype;
            let flags = if dtype.has_object() { OBJECT } else { 0 };
            return Some(Sound { flags, alignment: dtype.alignment(), dtype });
        }
        // A copy, which NumPy asks for: the state of a dtype that others share would be theirs, too.
        if args.len() != 3 || graph.int(args[1]) != Some(0) || graph.int(args[2]) != Some(1) {
            return None;
        }
        let state = self.state(object.state)?;
        let (letter, number) = self.letter(code)?;
        if state.subarray != Value::NONE {
            return self.subarray(value, &state, (letter, number), depth);
        }
        if state.fields != Value::NONE {
            return self.structure(value, &state, (letter, number), depth);
        }
        self.simple(value, &state, (letter, number))
    }

    fn state(&self, state: Value) -> Option<State> {
        const NONE: Value = Value::NONE;
        let graph = self.graph;
        let (version, subarray, names, fields, size, alignment, flags) = match *graph
            .tuple(state)?
        {
            [version, _, sub, names, fields, size, alignment, flags]
            | [version, _, sub, names, fields, size, alignment, flags, _] => {
                (Some(version), sub, names, fields, size, alignment, Some(flags))
            }
            [version, _, sub, names, fields, size, alignment] => {
                (Some(version), sub, names, fields, size, alignment, None)
            }
            [version, _, sub, fields, size, alignment] => {
                (Some(version), sub, NONE, fields, size, alignment, None)
            }
            [_, sub, fields, size, alignment] => (None, sub, NONE, fields, size, alignment, None),
            _ => return None,
        };
        let version = version.map_or(Some(0), |version| graph.int(version))?;
        let flags = match (version, flags) {
            (0..=2, None) => None,
            // NumPy 1 has them as a signed byte.
            (3 | 4, Some(flags)) => match graph.int(flags)? {
                flags @ -128..=255 => Some(flags & 0xff),
                _ => return None,
            },
            _ => return None,
        };
        let size = graph.int(size)?;
        Some(State {
            version,
            subarray,
            names,
            fields,
            size,
            alignment: graph.int(alignment)?,
            flags,
        })
    }

    /// The letter and the number of a code; `V` and no number for the class of records.
    fn letter(&self, code: Value) -> Option<(u8, Option<i64>)> {
        if self.graph.known(code) == Known::Record {
            return Some((b'V', None));
        }
        let text = super::short::short(self.graph, code, LONGEST_CODE)?;
        let (letter, digits) = text.split_first()?;
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let number = is_number.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()?;
        Some((*letter, Some(number)))
    }

    /// A subarray, whose dtype has the flags and the alignment of its base.
    fn subarray(
        &mut self,
        value: Value,
        state: &State,
        (letter, number): (u8, Option<i64>),
        depth: usize,
    ) -> Option<Sound> {
        let graph = self.graph;
        let &[base, shape] = graph.tuple(state.subarray)? else { return None };
        if state.names != Value::NONE
            || state.fields != Value::NONE
            || graph.tuple(shape).is_some_and(|shape| shape.len() > 64)
        {
            return None;
        }
        let base = self.at_depth(base, depth)?;
        let dtype = self.dtypes.find(value).ok().flatten()?.dtype;
        let flags = match state.flags {
            None if base.dtype.has_object() => OBJECT,
            None => 0,
            Some(flags) => flags,
        };
        let is_sound = letter == b'V'
            && number.is_none_or(|number| number == state.size)
            && usize::try_from(state.size) == Ok(dtype.itemsize())
            && is_alignment(state.alignment, base.alignment)
            && (flags == base.flags || state.flags.is_none());
        is_sound.then_some(Sound { dtype, flags, alignment: base.alignment })
    }

    fn structure(
        &mut self,
        value: Value,
        state: &State,
        (letter, number): (u8, Option<i64>),
        depth: usize,
    ) -> Option<Sound> {
        let fields = self.fields(state, depth)?;
        let dtype = self.dtypes.find(value).ok().flatten()?.dtype;
        let Kind::Struct(structure) = dtype.kind() else { return None };
        let placed = structure.fields();
        if placed.iter().any(|field| matches!(field.dtype().kind(), Kind::String)) {
            return None;
        }
        let of_fields = fields.iter().fold(0, |flags, field| flags | field.flags & OF_FIELDS);
        let alignment = fields.iter().map(|field| field.alignment).max().unwrap_or(1);
        let has_references = of_fields & REFERENCES != 0;
        let flags = match state.flags {
            None if has_references => OBJECT,
            None => 0,
            Some(flags) => {
                let low = flags & !ALIGNED;
                // Some of a struct's fields, as `array[['a', 'b']]` has them, keep the flags of the whole; old
                // NumPys had none for Python's lock.
                let is_known = matches!(low | PYTHON, PYTHON | 0x18 | OF_FIELDS)
                    && low & of_fields & !PYTHON == of_fields & !PYTHON;
                if !is_known || (low == OF_FIELDS & !PYTHON) {
                    return None;
                }
                flags
            }
        };
        // Without fields, NumPy 1 has no alignment where it was asked for one.
        let is_nothing = state.alignment == 0 && placed.is_empty() && state.size == 0;
        let is_sound = letter == b'V'
            && number.is_none_or(|number| number == state.size)
            && (is_nothing || is_alignment(state.alignment, alignment))
            && (!has_references || are_apart(placed));
        is_sound.then_some(Sound { dtype, flags, alignment })
    }

    /// The dtypes of fields. The keys are the names, and the titles that are texts, and no more.
    fn fields(&mut self, state: &State, depth: usize) -> Option<Vec<Sound>> {
        let graph = self.graph;
        let Some(Node::Dict(pairs)) = graph.node(state.fields) else { return None };
        // Old versions keep the names under the key -1.
        let mut listed = state.names;
        let mut others = Vec::with_capacity(pairs.len() / 2);
        for pair in pairs.chunks_exact(2) {
            if state.version < 2 && listed == Value::NONE && graph.int(pair[0]) == Some(-1) {
                listed = pair[1];
            } else {
                others.push((pair[0], pair[1]));
            }
        }
        let names = match graph.node(listed) {
            Some(Node::List(names)) if state.version < 2 => names,
            _ => graph.tuple(listed)?,
        };
        let mut cost = pairs.len() + names.len() + 1;
        // Names are read and compared; those of any length may be shared.
        for &name in names.iter().chain(others.iter().map(|(key, _)| key)) {
            cost = cost.saturating_add(self.length(name) / 8);
        }
        self.budget = self.budget.checked_sub(cost)?;
        let mut by_name = HashMap::with_capacity(others.len());
        for (key, field) in &others {
            if by_name.insert(self.name(*key)?, *field).is_some() {
                return None;
            }
        }
        let mut known = HashSet::with_capacity(others.len());
        let mut sound = Vec::with_capacity(names.len());
        for &name in names {
            let name = self.name(name)?;
            let field = *by_name.get(&name)?;
            known.insert(name);
            let dtype = match *graph.tuple(field)? {
                [dtype, _] => dtype,
                [dtype, offset, title] => {
                    let title = self.name(title)?;
                    // The same field under its title.
                    let again = graph.tuple(*by_name.get(&title)?)?;
                    if again.len() != 3 || again[0] != dtype || again[1] != offset {
                        return None;
                    }
                    known.insert(title);
                    dtype
                }
                _ => return None,
            };
            sound.push(self.at_depth(dtype, depth)?);
        }
        (known.len() == others.len()).then_some(sound)
    }

    /// The name of a field: `str`, of Python 3 or 2.
    fn name(&self, value: Value) -> Option<PyStr> {
        if let Unpacked::ByteString(_) = value.unpack() {
            let bytes = self.graph.byte_string(value)?;
            return Some(bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into());
        }
        self.graph.text(value).map(|text| text.to_py_str())
    }

    /// Neither a struct nor a subarray.
    fn simple(
        &self,
        value: Value,
        state: &State,
        (letter, number): (u8, Option<i64>),
    ) -> Option<Sound> {
        if state.names != Value::NONE {
            return None;
        }
        let dtype = self.dtypes.find(value).ok().flatten()?.dtype;
        let itemsize = i64::try_from(dtype.itemsize()).ok()?;
        let alignment = dtype.alignment();
        let has_size = state.size == itemsize
            && is_alignment(state.alignment, alignment)
            && match letter {
                b'U' => number == Some(itemsize / 4),
                _ => number.is_none_or(|number| number == itemsize),
            };
        // Of the others NumPy takes no notice.
        let has_none = matches!(state.size, -1 | 4 | 8) && matches!(state.alignment, -1 | 4 | 8);
        let (is_sound, flags) = match (dtype.kind(), letter) {
            (Kind::Object, b'O') => (has_none, OBJECT),
            (Kind::Bytes(_), b'S') | (Kind::Void(_), b'V') => (has_size, 0),
            (Kind::Str(_), b'U') => (has_size, INIT),
            (Kind::Object | Kind::Bytes(_) | Kind::Void(_) | Kind::Str(_), _) => (false, 0),
            (_, b'b' | b'i' | b'u' | b'f' | b'c' | b'M' | b'm') => {
                (has_none || (state.size, state.alignment) == (itemsize, itemsize), 0)
            }
            _ => (false, 0),
        };
        // Old NumPys had none for texts.
        let found = state.flags.unwrap_or(flags);
        let has_flags = found == flags || (flags == INIT && found == 0);
        (is_sound && has_flags).then_some(Sound { dtype, flags: found, alignment })
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

/// Whether the alignment in a state is one that elements can have; on some machines it is less than here.
fn is_alignment(found: i64, most: usize) -> bool {
    usize::try_from(found).is_ok_and(|found| found.is_power_of_two() && found <= most)
}

/// Whether no field lies on a reference of another: who writes the one would forge the other.
fn are_apart(fields: &[Field]) -> bool {
    let mut order: Vec<_> = fields.iter().filter(|field| field.dtype().itemsize() > 0).collect();
    order.sort_by_key(|field| field.offset());
    // How far the fields before reach, and those of them that have references.
    let (mut end, mut end_of_references) = (0, 0);
    order.into_iter().all(|field| {
        let has_references = field.dtype().has_object();
        let taken = if has_references { end } else { end_of_references };
        let is_apart = field.offset() >= taken;
        end = end.max(field.end());
        if has_references {
            end_of_references = end_of_references.max(field.end());
        }
        is_apart
    })
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
