//! The positive grammar: which nodes of a graph are data, and what the others are.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::checked::Checked;
use super::plain;
use super::report::{Finding, FindingKind, Usage, Verdict};
use super::short::{encoded, short};
use super::standard::is_standard;
use crate::dtype::{DType, Kind};
use crate::pickle::Pickle;
use crate::pickle::compat;
use crate::pickle::graph::{Effect, Graph, How, JoblibContents, Node, Object, Unpacked, Value};
use crate::pickle::names::Known;
use crate::shape::Shape;

/// How many offsets a finding keeps.
const MOST_OFFSETS: usize = 16;

/// The longest name that a finding shows, in bytes.
const LONGEST_NAME: usize = 200;

/// How many findings a report keeps; of the worst, twice as many.
const MOST_FINDINGS: usize = 10_000;

/// Findings of a pickle, those of the same thing together.
pub(super) struct Findings {
    pickle: usize,
    protocol: u8,
    found: BTreeMap<(FindingKind, Usage, String), Finding>,
    /// How many the report has already.
    before: usize,
    omitted: u64,
}

impl Findings {
    pub(super) const fn new(pickle: usize, protocol: u8, before: usize) -> Self {
        Self { pickle, protocol, found: BTreeMap::new(), before, omitted: 0 }
    }

    /// For what another way to read the same bytes finds.
    pub(super) const fn hidden(&self, protocol: u8) -> Self {
        Self::new(self.pickle, protocol, 0)
    }

    /// Adds a stand-in of joblib that is an object of its own.
    pub(super) fn add_stand_in(&mut self, made_at: usize, used_at: usize) {
        self.add(
            FindingKind::Object,
            Usage::NewObj,
            "joblib.numpy_pickle.NumpyArrayWrapper",
            Some(made_at),
            Some(used_at),
            "the stand-in for an array, which joblib does not put the array in place of",
        );
    }

    /// How many there was no room for.
    pub(super) const fn omitted(&self) -> u64 {
        self.omitted
    }

    fn add(
        &mut self,
        kind: FindingKind,
        usage: Usage,
        name: &str,
        named_at: Option<usize>,
        used_at: Option<usize>,
        reason: &'static str,
    ) {
        let key = (kind, usage, name.to_owned());
        let most = match kind.verdict() {
            Verdict::Runs => 2 * MOST_FINDINGS,
            _ => MOST_FINDINGS,
        };
        if self.before + self.found.len() >= most && !self.found.contains_key(&key) {
            self.omitted += 1;
            return;
        }
        let finding = self.found.entry(key).or_insert_with(|| Finding {
            kind,
            usage,
            name: name.to_owned(),
            named_at: named_at.map(|at| at as u64),
            used_at: Vec::new(),
            count: 0,
            pickle: self.pickle,
            protocol: self.protocol,
            reason,
        });
        finding.count += 1;
        if let Some(at) = used_at
            && finding.used_at.len() < MOST_OFFSETS
        {
            finding.used_at.push(at as u64);
        }
    }

    /// Adds what another way to read the same bytes calls or names and this one does not, and says what that makes of
    /// the whole.
    pub(super) fn add_hidden(&mut self, hidden: Self) -> Verdict {
        let mut verdict = Verdict::NumPy;
        self.omitted += hidden.omitted;
        for (key, mut finding) in hidden.found {
            let fails = match finding.kind {
                // Python fails there.
                FindingKind::Malformed => {
                    finding.name.starts_with("joblib.") || finding.name == "a value"
                }
                // Those who would know what these are know joblib, too.
                FindingKind::Persistent | FindingKind::Extension => true,
                _ => false,
            };
            if !fails && !self.found.contains_key(&key) {
                verdict = verdict.max(finding.kind.verdict());
                finding.reason =
                    "hidden in the data of an array, for readers that do not know joblib";
                self.found.insert(key, finding);
            }
        }
        verdict
    }

    /// All of them, the worst first, then by place.
    pub(super) fn finish(self) -> Vec<Finding> {
        let mut all: Vec<_> = self.found.into_values().collect();
        all.sort_by_key(|finding| {
            let place = finding.named_at.or(finding.used_at.first().copied());
            (std::cmp::Reverse(finding.kind.verdict()), place)
        });
        all
    }
}

/// What an object is.
pub(super) enum Class {
    /// An array, a scalar, a dtype, a masked array.
    NumPy,
    /// What NumPy's own pickles hold beside these: bytes of protocols 0 to 2.
    Part,
    /// Inert data of Python.
    Plain,
    /// Anything else: what of it is named, and why it is none of these.
    Found(FindingKind, Value, &'static str),
}

/// Whether nothing was done to an object but to set its state once.
pub(super) fn is_unchanged(graph: &Graph, value: Value) -> bool {
    graph.effects(value).iter().all(|effect| matches!(effect, Effect::Popped(_)))
}

/// How a graph was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// To its end.
    Whole,
    /// As far as it goes: there is no root.
    Broken,
    /// As those do who know nothing of joblib: what they take for opcodes are the data of arrays, so that most of what
    /// they are told to call cannot be called so.
    Unaware,
}

/// Adds what a graph holds that is no data, and says what that makes of it, and how many objects of NumPy there
/// are.
pub(super) fn judge(pickle: &Pickle, reading: Reading, findings: &mut Findings) -> (Verdict, u64) {
    let mut judge = Judge {
        graph: &pickle.graph,
        dtypes: Checked::new(&pickle.graph),
        lengths: HashMap::new(),
        names: HashMap::new(),
        paths: HashMap::new(),
        budget: (1 << 16) + pickle.graph.pool.len() + pickle.graph.nodes.len(),
        findings,
        verdict: Verdict::NumPy,
        numpy: 0,
        called: vec![false; pickle.graph.nodes.len()],
        handed: Vec::new(),
        reading,
    };
    let mut root_is_numpy = false;
    for index in 0..u32::try_from(pickle.graph.nodes.len()).unwrap_or(u32::MAX) {
        let value = Value::node(index);
        let is_numpy = judge.node(value);
        root_is_numpy |= is_numpy && value == pickle.root;
    }
    judge.globals();
    judge.hand_over();
    if reading == Reading::Whole && !root_is_numpy {
        judge.raise(Verdict::Plain);
    }
    (judge.verdict, judge.numpy)
}

/// A module, and a name in it.
pub(super) type Path = Rc<(String, String)>;

/// Looks at the nodes of a graph.
pub(super) struct Judge<'g, 'f> {
    pub(super) graph: &'g Graph,
    dtypes: Checked<'g>,
    /// How many bytes the texts that stand for bytes make.
    lengths: HashMap<Value, Option<usize>>,
    names: HashMap<Value, String>,
    paths: HashMap<Value, Option<Path>>,
    /// How many items of lists may still be looked at, which any number of calls may share.
    budget: usize,
    findings: &'f mut Findings,
    verdict: Verdict,
    numpy: u64,
    /// Which nodes are called by something.
    called: Vec<bool>,
    /// The arguments of calls of other code.
    handed: Vec<(Value, usize)>,
    reading: Reading,
}

impl<'g> Judge<'g, '_> {
    fn raise(&mut self, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
    }

    fn find(
        &mut self,
        kind: FindingKind,
        usage: Usage,
        what: Value,
        used_at: Option<usize>,
        reason: &'static str,
    ) {
        self.raise(kind.verdict());
        let named_at = self.graph.offset(what);
        let name = self.name(what);
        self.findings.add(kind, usage, &name, named_at, used_at, reason);
    }

    /// Judges a node, and says whether it is an object of NumPy. Globals come last.
    fn node(&mut self, value: Value) -> bool {
        let graph = self.graph;
        let at = graph.offset(value);
        match graph.node(value) {
            Some(Node::Object(object)) => self.object(value, *object),
            Some(Node::Global(_)) => {
                self.mutations(value, FindingKind::Mutation, "a global is changed");
                matches!(graph.known(value), Known::NumPyType)
            }
            Some(Node::Extension(_)) => {
                let reason = "a global by its number";
                self.find(FindingKind::Extension, Usage::Named, value, at, reason);
                self.mutations(value, FindingKind::Mutation, "a global is changed");
                false
            }
            Some(Node::Persistent(_)) => {
                let reason = "an object of the reader's own";
                self.find(FindingKind::Persistent, Usage::Named, value, at, reason);
                false
            }
            _ => false,
        }
    }

    /// What is done to something that cannot be changed.
    fn mutations(&mut self, value: Value, kind: FindingKind, reason: &'static str) {
        let graph = self.graph;
        for effect in graph.effects(value) {
            let (usage, at) = match effect {
                Effect::Popped(_) => continue,
                Effect::Build(state) => (Usage::Build, graph.offset(*state)),
                Effect::Append(items) => (Usage::Append, first(graph, items)),
                Effect::SetItems(items) => (Usage::SetItems, first(graph, items)),
                Effect::AddItems(items) => (Usage::AddItems, first(graph, items)),
            };
            self.find(kind, usage, value, at, reason);
        }
    }

    fn object(&mut self, value: Value, object: Object) -> bool {
        self.use_up(object.callable);
        let class = self.class(value, object);
        let (kind, what, reason) = match class {
            Class::NumPy => {
                self.numpy += 1;
                return true;
            }
            Class::Part => return false,
            Class::Plain => {
                self.raise(Verdict::Plain);
                return false;
            }
            Class::Found(kind, what, reason) => (kind, what, reason),
        };
        let usage = match object.how {
            How::Reduce => Usage::Reduce,
            How::NewObj => Usage::NewObj,
            How::NewObjEx => Usage::NewObjEx,
            How::Inst => Usage::Inst,
            How::Obj => Usage::Obj,
        };
        let at = self.graph.offset(value);
        self.find(kind, usage, what, at, reason);
        if kind == FindingKind::Object
            && let Some(at) = at
        {
            self.handed.push((object.args, at));
        }
        false
    }

    /// Remembers that a global is called, so that it is not found a second time.
    pub(super) fn use_up(&mut self, global: Value) {
        if let Some(called) = global.index().and_then(|index| self.called.get_mut(index as usize)) {
            *called = true;
        }
    }

    /// The module and the name of a global; `None` if they are computed, or it is none.
    pub(super) fn path(&mut self, global: Value) -> Option<Path> {
        let Some(Node::Global(name)) = self.graph.node(global) else { return None };
        let graph = self.graph;
        self.paths.entry(global).or_insert_with(|| name.path_in(graph).map(Rc::new)).clone()
    }

    /// Whether a value is a global of that name.
    pub(super) fn is_named(&mut self, value: Value, module: &str, name: &str) -> bool {
        self.path(value).is_some_and(|path| path.0 == module && path.1 == name)
    }

    /// Whether something that is shared without end may be looked at once more.
    pub(super) const fn may_spend(&mut self, items: usize) -> bool {
        match self.budget.checked_sub(items) {
            Some(left) => {
                self.budget = left;
                true
            }
            None => false,
        }
    }

    fn class(&mut self, value: Value, object: Object) -> Class {
        let malformed = Class::Found(
            FindingKind::Malformed,
            object.callable,
            "a call that NumPy and Python write with other arguments",
        );
        let known = self.graph.known(object.callable);
        if self.reading == Reading::Unaware && self.comes_to_nothing(known, object) {
            return Class::Part;
        }
        let is_numpy = match known {
            Known::Reconstruct => self.array(value, object),
            Known::FromBuffer => self.buffered(value, object),
            Known::Scalar => self.scalar(value, object),
            Known::DType | Known::StringDType => self.dtypes.get(value).is_some(),
            Known::MaReconstruct => self.masked(value, object),
            Known::MaskedConstant => {
                self.is_bare(value, object) && object.args == Value::EMPTY_TUPLE
            }
            Known::JoblibArray => self.joblib(value, object),
            Known::CodecsEncode | Known::Bytes => {
                let is_bytes =
                    is_unchanged(self.graph, value) && self.graph.encoded_bytes(value).is_some();
                return if is_bytes { Class::Part } else { malformed };
            }
            Known::ByteArray | Known::Complex | Known::Set | Known::FrozenSet => {
                let is_plain = plain::is_builtin(self, known, value, object);
                return if is_plain { Class::Plain } else { malformed };
            }
            _ => return self.other(value, object),
        };
        if is_numpy { Class::NumPy } else { malformed }
    }

    /// Whether a call of NumPy's does no harm, whatever it is told: it fails, or makes what nobody asked for. Dtypes
    /// that it is given are looked at by themselves.
    fn comes_to_nothing(&mut self, known: Known, object: Object) -> bool {
        let graph = self.graph;
        let args = graph.tuple(object.args).unwrap_or_default();
        match known {
            Known::Reconstruct => {
                let class = args.first().copied().unwrap_or(Value::NONE);
                is_plain_class(graph.known(class)) || class.index().is_none()
            }
            Known::FromBuffer | Known::NumPyType => object.how == How::Reduce,
            // In a buffer it would find pointers.
            Known::NdArray => object.how == How::Reduce && args.len() <= 2,
            Known::Scalar => {
                let dtype = args.first().and_then(|&dtype| self.dtypes.sound(dtype));
                dtype.is_none_or(|dtype| !dtype.is_as_list())
            }
            Known::DType => object.state == Value::ABSENT,
            // The names of NumPy's own come from a memo that is another one here.
            Known::Other => {
                let name = self.path(object.callable).map(|path| path.1.clone());
                match (name.as_deref(), args) {
                    (Some("dtype"), &[code, Value::FALSE, Value::TRUE]) => {
                        short(graph, code, 12).is_some()
                    }
                    (Some("scalar"), &[_, data]) => self.length(data).is_some(),
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether an object is no more than a call.
    pub(super) fn is_bare(&self, value: Value, object: Object) -> bool {
        object.how == How::Reduce
            && object.state == Value::ABSENT
            && is_unchanged(self.graph, value)
    }

    fn other(&mut self, value: Value, object: Object) -> Class {
        use FindingKind::{Call, Computed, Indirect, Malformed, Object as Foreign};
        let graph = self.graph;
        let what = object.callable;
        let found = |kind, reason| Class::Found(kind, what, reason);
        match graph.node(what) {
            Some(Node::Global(_)) => {}
            Some(Node::Extension(_)) => return found(Foreign, "a class or function by its number"),
            Some(Node::Object(_)) => return found(Indirect, "a call of what another call returns"),
            Some(Node::Persistent(_)) => {
                return found(Indirect, "a call of an object of the reader's own");
            }
            // Python fails here, and calls nothing.
            _ => return found(Malformed, "a call of what is no class or function"),
        }
        let Some(path) = self.path(what) else {
            return found(Computed, "a name that a call has to compute");
        };
        let (module, name) = (path.0.as_str(), path.1.as_str());
        if !is_identifier(name) || !module.split('.').all(is_identifier) {
            return found(Call, "a name that leads to something else, or hides what it is");
        }
        if is_of_numpy(module) {
            return match plain::is_beyond_arrays(self, module, name, value, object) {
                true => found(Foreign, "an object of NumPy that is no array"),
                false => found(Call, "a part of NumPy that no array's pickle calls"),
            };
        }
        if !comes_with_python(module, name) {
            return found(Foreign, "code of some other package");
        }
        if plain::is_inert(self, module, name, value, object) {
            return Class::Plain;
        }
        if module == "copyreg"
            && let Some(class) = self.reconstructed(name, object)
        {
            self.use_up(class);
            if self.is_named(class, "uuid", "UUID")
                && plain::is_uuid(graph, object.state)
                && is_unchanged(graph, value)
            {
                return Class::Plain;
            }
            if self.is_foreign(class) {
                return Class::Found(Foreign, class, "code of some other package");
            }
            let path = self.path(class);
            if path.is_some_and(|path| plain::is_polynomial(&path.0, &path.1))
                && is_unchanged(graph, value)
            {
                return Class::Found(Foreign, class, "an object of NumPy that is no array");
            }
            return Class::Found(Call, class, "a class that is no data, by way of copyreg");
        }
        found(Call, "a class or function of the standard library that is no data")
    }

    /// The class of the call that protocols 0 and 1 have for objects: `copyreg._reconstructor(class, object, None)`;
    /// or of the one that `copyreg.__newobj__(class, *args)` is.
    fn reconstructed(&mut self, name: &str, object: Object) -> Option<Value> {
        let args = self.graph.tuple(object.args)?;
        match (name, args) {
            ("_reconstructor", &[class, base, Value::NONE])
                if self.is_named(base, "builtins", "object") =>
            {
                Some(class)
            }
            ("__newobj__", &[class, ..]) => Some(class),
            _ => None,
        }
        .filter(|_| object.how == How::Reduce)
    }

    /// Whether a global is of neither Python nor NumPy, by a name that leads nowhere else.
    fn is_foreign(&mut self, global: Value) -> bool {
        self.path(global).is_some_and(|path| {
            !is_of_numpy(&path.0)
                && !comes_with_python(&path.0, &path.1)
                && is_identifier(&path.1)
                && path.0.split('.').all(is_identifier)
        })
    }

    /// `_reconstruct(class, (0,), b'b')` and the array's state.
    fn array(&mut self, value: Value, object: Object) -> bool {
        let graph = self.graph;
        let Some(&[class, shape, code]) = graph.tuple(object.args) else { return false };
        if object.how != How::Reduce
            || !is_unchanged(graph, value)
            || !is_plain_class(graph.known(class))
            || !self.is_empty_array(shape, code)
        {
            return false;
        }
        if object.state == Value::ABSENT {
            return true;
        }
        match graph.tuple(object.state) {
            Some(&[version, shape, dtype, fortran, data]) => {
                matches!(graph.int(version), Some(0 | 1))
                    && self.elements(shape, dtype, fortran, data).is_some()
            }
            Some(&[shape, dtype, fortran, data]) => {
                self.elements(shape, dtype, fortran, data).is_some()
            }
            _ => false,
        }
    }

    /// The shape and the code that an array starts with, before its state is set.
    fn is_empty_array(&self, shape: Value, code: Value) -> bool {
        let shape = self.graph.tuple(shape);
        shape.is_some_and(|shape| matches!(shape, [dim] if self.graph.int(*dim) == Some(0)))
            && short(self.graph, code, 1).is_some_and(|code| code == b"b")
    }

    fn shape(&self, shape: Value) -> Option<Shape> {
        let dims = self.graph.tuple(shape).filter(|dims| dims.len() <= 64)?;
        let dim = |dim: &Value| self.graph.int(*dim).and_then(|dim| usize::try_from(dim).ok());
        Shape::new(&dims.iter().map(dim).collect::<Option<Vec<_>>>()?).ok()
    }

    /// The number of elements, if their bytes or objects are as many as shape and dtype say.
    fn elements(
        &mut self,
        shape: Value,
        dtype: Value,
        fortran: Value,
        data: Value,
    ) -> Option<usize> {
        self.graph.int(fortran)?;
        let shape = self.shape(shape)?;
        let dtype = self.dtypes.sound(dtype)?;
        if matches!(dtype.dtype.kind(), Kind::Subarray(_)) {
            return None;
        }
        if dtype.is_as_list() {
            return match self.graph.node(data) {
                Some(Node::List(items)) if items.len() == shape.elements() => Some(items.len()),
                _ => None,
            };
        }
        let len = shape.bytes(dtype.dtype.itemsize()).ok()?;
        (self.length(data)? == len).then(|| shape.elements())
    }

    /// How many bytes something is that stands for bytes.
    pub(super) fn length(&mut self, value: Value) -> Option<usize> {
        let graph = self.graph;
        if let Some(raw) = graph.raw_bytes(value) {
            return Some(raw.len());
        }
        let text = encoded(graph, value).unwrap_or(value);
        *self.lengths.entry(text).or_insert_with(|| match text.unpack() {
            Unpacked::None if text != value => Some(0),
            Unpacked::Text(_) => graph.latin1(text).ok().map(|bytes| bytes.len()),
            Unpacked::ByteString(_) => graph.byte_string(text).map(|bytes| bytes.len()),
            _ => None,
        })
    }

    /// `_frombuffer(buffer, dtype, shape, order[, axes])`.
    fn buffered(&mut self, value: Value, object: Object) -> bool {
        if !self.is_bare(value, object) {
            return false;
        }
        let graph = self.graph;
        let (buffer, dtype, shape, order, axes) = match graph.tuple(object.args) {
            Some(&[buffer, dtype, shape, order]) => (buffer, dtype, shape, order, None),
            Some(&[buffer, dtype, shape, order, axes]) => (buffer, dtype, shape, order, Some(axes)),
            _ => return false,
        };
        let Some(shape) = self.shape(shape) else { return false };
        let Some(dtype) = self.dtypes.sound(dtype) else { return false };
        let Ok(len) = shape.bytes(dtype.dtype.itemsize()) else { return false };
        if dtype.is_as_list() || matches!(dtype.dtype.kind(), Kind::Subarray(_)) {
            return false;
        }
        let order = short(graph, order, 1).unwrap_or_default();
        let is_order = match (&*order, axes.map(|axes| self.shape(axes))) {
            (b"C" | b"F", None) => true,
            (b"K", Some(Some(axes))) => {
                let mut axes = axes.dims().to_vec();
                axes.sort_unstable();
                axes.len() == shape.dims().len() && axes.into_iter().eq(0..shape.dims().len())
            }
            _ => false,
        };
        let found = match buffer.unpack() {
            // One that is not at hand is not looked at.
            Unpacked::Buffer(index, _) => {
                graph.buffers.get(index).map_or(Some(len), |buffer| Some(buffer.len()))
            }
            _ => self.length(buffer),
        };
        is_order && found == Some(len)
    }

    /// `scalar(dtype, bytes)`.
    fn scalar(&mut self, value: Value, object: Object) -> bool {
        if !self.is_bare(value, object) {
            return false;
        }
        let graph = self.graph;
        let Some(&[dtype, data]) = graph.tuple(object.args) else { return false };
        let Some(sound) = self.dtypes.sound(dtype) else { return false };
        match sound.dtype.kind() {
            // An object has no scalar, and neither has a text of variable length.
            Kind::Subarray(_) | Kind::Object | Kind::String => false,
            _ if sound.is_as_list() => self.is_array_of_one(data, &sound.dtype),
            _ => self.length(data) == Some(sound.dtype.itemsize()),
        }
    }

    /// Whether a value is an array without axes, of a dtype: what holds a struct with objects in it.
    fn is_array_of_one(&mut self, value: Value, expected: &DType) -> bool {
        let graph = self.graph;
        let Some(array) = graph.object(value).copied() else { return false };
        if graph.known(array.callable) != Known::Reconstruct || !self.array(value, array) {
            return false;
        }
        match graph.tuple(array.state) {
            Some(&[_, shape, dtype, _, _]) => {
                shape == Value::EMPTY_TUPLE
                    && self
                        .dtypes
                        .sound(dtype)
                        .is_some_and(|found| found.is_as_list() && found.dtype == *expected)
            }
            _ => false,
        }
    }

    /// `_mareconstruct(class, ndarray, (0,), 'b')` and `(1, shape, dtype, is_fortran, data, mask, fill_value)`.
    fn masked(&mut self, value: Value, object: Object) -> bool {
        let graph = self.graph;
        let Some(&[class, base, shape, code]) = graph.tuple(object.args) else { return false };
        if object.how != How::Reduce
            || !is_unchanged(graph, value)
            || !self.is_masked(class)
            || !is_plain_class(graph.known(base))
            || !self.is_empty_array(shape, code)
        {
            return false;
        }
        if object.state == Value::ABSENT {
            return true;
        }
        let Some(&[_, shape, dtype, fortran, data, mask, _]) = graph.tuple(object.state) else {
            return false;
        };
        let Some(elements) = self.elements(shape, dtype, fortran, data) else { return false };
        let Some(dtype) = self.dtypes.get(dtype) else { return false };
        // A byte for each element, or for each field of each.
        let len = self.length(mask);
        match dtype.kind() {
            Kind::Struct(_) => {
                let mask = crate::pickle::numpy::mask_dtype(&dtype).map(|mask| mask.itemsize());
                mask.is_ok_and(|size| elements.checked_mul(size) == len && len.is_some())
            }
            _ => len == Some(elements),
        }
    }

    /// Whether a global is called as NumPy's own are, by a module from another memo.
    fn is_numpys(&mut self, global: Value) -> bool {
        self.path(global).is_some_and(|path| matches!(&*path.1, "dtype" | "scalar" | "ndarray"))
    }

    /// The class of masked arrays, or that of an element of one with fields.
    fn is_masked(&mut self, class: Value) -> bool {
        self.graph.known(class) == Known::MaskedArray
            || self.is_named(class, "numpy.ma.core", "mvoid")
            || self.is_named(class, "numpy.ma", "mvoid")
    }

    /// joblib's stand-in for an array. Its attributes are those that joblib gives it: others would hide its
    /// methods.
    fn joblib(&mut self, value: Value, object: Object) -> bool {
        const ATTRIBUTES: &[&str] =
            &["subclass", "shape", "order", "dtype", "allow_mmap", "numpy_array_alignment_bytes"];
        let graph = self.graph;
        let contents = value.index().and_then(|index| graph.contents.get(&index));
        let Some(Node::Dict(pairs)) = graph.node(object.state) else { return false };
        if pairs.len() > 2 * ATTRIBUTES.len() {
            return false;
        }
        let mut attributes = HashMap::new();
        for pair in pairs.chunks_exact(2) {
            let Some(key) = short(graph, pair[0], 32) else { return false };
            let known = ATTRIBUTES.iter().find(|name| name.as_bytes() == key);
            let Some(name) = known else { return false };
            attributes.insert(*name, pair[1]);
        }
        let get = |name: &str| attributes.get(name).copied();
        let small = |value: Option<Value>| {
            value.is_none_or(|value| value == Value::NONE || graph.int(value).is_some())
        };
        let (Some(class), Some(shape), Some(dtype)) = (get("subclass"), get("shape"), get("dtype"))
        else {
            return false;
        };
        object.how == How::NewObj
            && object.args == Value::EMPTY_TUPLE
            && is_unchanged(graph, value)
            && is_plain_class(graph.known(class))
            && small(get("allow_mmap"))
            && small(get("numpy_array_alignment_bytes"))
            && self.shape(shape).is_some()
            && self.dtypes.sound(dtype).is_some_and(|dtype| {
                // What follows is a pickle where the flags say so.
                dtype.is_as_list() == dtype.dtype.has_object()
                    && !matches!(dtype.dtype.kind(), Kind::Subarray(_))
            })
            && match contents {
                Some(JoblibContents::Data { .. }) => true,
                // What is in it is judged by itself; that it is an array is what joblib says of it.
                Some(JoblibContents::Pickle(nested)) => matches!(
                    nested.graph.object(nested.root),
                    Some(root) if nested.graph.known(root.callable) == Known::Reconstruct
                ),
                // What follows it is what could not be read.
                None => self.reading != Reading::Whole,
            }
    }

    /// What is named and not called.
    fn globals(&mut self) {
        for index in 0..u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX) {
            let value = Value::node(index);
            let Some(Node::Global(_)) = self.graph.node(value) else { continue };
            if self.called.get(index as usize) == Some(&true) {
                continue;
            }
            let at = self.graph.offset(value);
            match self.graph.known(value) {
                Known::Other => {}
                Known::Computed => {
                    let reason = "a name that a call has to compute";
                    self.find(FindingKind::Computed, Usage::Named, value, at, reason);
                    continue;
                }
                Known::CodecsEncode => {
                    let reason = "a function that is not called";
                    self.find(FindingKind::Reference, Usage::Named, value, at, reason);
                    continue;
                }
                _ => continue,
            }
            let is_part =
                self.is_masked(value) || self.reading == Reading::Unaware && self.is_numpys(value);
            if !is_part && !plain::is_inert_class(self, value) {
                let reason = "a global that is imported";
                self.find(FindingKind::Reference, Usage::Named, value, at, reason);
            }
        }
    }

    /// What of the standard library is handed to other code, which may call it.
    fn hand_over(&mut self) {
        let mut seen = vec![false; self.graph.nodes.len()];
        let mut left = std::mem::take(&mut self.handed);
        while let Some((value, at)) = left.pop() {
            let Some(index) = value.index() else { continue };
            match seen.get_mut(index as usize) {
                Some(seen @ false) => *seen = true,
                _ => continue,
            }
            let graph = self.graph;
            let items = match graph.node(value) {
                Some(Node::Tuple(span) | Node::FrozenSet(span)) => graph.span(*span),
                Some(Node::List(items) | Node::Dict(items) | Node::Set(items)) => items,
                Some(Node::Global(_)) => {
                    let path = self.path(value);
                    let standard = path.is_some_and(|path| {
                        // To Python 3.11 and later `os\0` is `os`.
                        comes_with_python(&path.0, &path.1) || path.0.contains('\0')
                    });
                    if standard && !plain::is_inert_class(self, value) {
                        let reason = "a part of the standard library that other code is given";
                        self.find(FindingKind::HandedOver, Usage::Reduce, value, Some(at), reason);
                    }
                    continue;
                }
                _ => continue,
            };
            left.extend(items.iter().map(|&item| (item, at)));
        }
    }

    /// The name of what is called or named, for people.
    fn name(&mut self, value: Value) -> String {
        if let Some(name) = self.names.get(&value) {
            return name.clone();
        }
        let graph = self.graph;
        let mut name = match graph.node(value) {
            Some(Node::Global(name)) => match name.path_in(graph) {
                Some((module, name)) => format!("{module}.{name}"),
                None => {
                    let part =
                        |value| graph.text(value).map_or("?".into(), |text| text.to_string());
                    format!("{}.{}", part(name.module), part(name.name))
                }
            },
            Some(Node::Extension(code)) => format!("extension {code}"),
            Some(Node::Persistent(id)) => match short(graph, *id, LONGEST_NAME) {
                Some(id) => format!("id {}", String::from_utf8_lossy(&id)),
                None => "an object by its id".into(),
            },
            Some(Node::Object(object)) => match self.path(object.callable) {
                Some(path) => format!("what {}.{} returns", path.0, path.1),
                None => "what a call returns".into(),
            },
            _ => "a value".into(),
        };
        if name.len() > LONGEST_NAME {
            let end = (0..=LONGEST_NAME).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
            name.truncate(end);
            name.push_str("...");
        }
        self.names.insert(value, name.clone());
        name
    }
}

fn first(graph: &Graph, items: &[Value]) -> Option<usize> {
    items.iter().find_map(|&item| graph.offset(item))
}

fn is_of_numpy(module: &str) -> bool {
    module == "numpy" || module.starts_with("numpy.")
}

/// Whether a global is of the standard library: of this Python or, by its name there, of an old one. What that has as
/// `__builtin__` is the same in a protocol that does not map it.
fn comes_with_python(module: &str, name: &str) -> bool {
    is_standard(module) || is_standard(compat::to_python3(module, name).0)
}

/// A class whose arrays are made without code beyond NumPy's.
const fn is_plain_class(known: Known) -> bool {
    matches!(
        known,
        Known::NdArray | Known::Matrix | Known::MemMap | Known::RecArray | Known::CharArray
    )
}

/// Whether a part of a name is one of Python in plain ASCII: no dots that lead on, no letters that look like others.
fn is_identifier(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}
