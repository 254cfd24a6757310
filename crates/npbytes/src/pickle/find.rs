//! Every array in a pickle, wherever it is, and the path that leads there.
//!
//! A path reads as Python would write it: `['coef_']`, `.tree_.nodes`, `[3]`. Where Python has no word for a
//! place, `.__args__[0]` is an argument of the call that makes an object, `.__state__` a state that is no dict of
//! attributes, and `{2}` the third item of a set or the third key of a dict. A key that is set twice has its last value,
//! as in Python.

use std::collections::HashMap;
use std::fmt;

use super::Pickle;
use super::distinct::{DistinctItems, DistinctPairs};
use super::dtype::plain_key;
use super::node::{Items, Node, Step, View};
use super::numpy::{NumPyValue, Reader};
use crate::error::{Error, Result};
use crate::literal;
use crate::numpy::Python;

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PathStep {
    /// `[3]`: an item of a list or a tuple, or of a list that has a class of its own.
    Index(usize),
    /// `[1, 2]`: an element of an array of objects.
    Element(Vec<usize>),
    /// `['key']`: the value of a key.
    Key(literal::Value),
    /// `{2}`: an item of a set; the value of a key of a dict that is no plain data, or longer than some 4000 bytes.
    Item(usize),
    /// `.name`: an attribute.
    Attribute(String),
}

/// How to get from the object that was pickled to a part of it. Empty for the object itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path(Vec<PathStep>);

impl Path {
    /// The steps, from the outermost.
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    /// Whether it leads to the root.
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for PathStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index(index) => write!(f, "[{index}]"),
            Self::Element(index) => {
                f.write_str("[")?;
                for (axis, index) in index.iter().enumerate() {
                    write!(f, "{}{index}", if axis == 0 { "" } else { ", " })?;
                }
                f.write_str(if index.is_empty() { "()]" } else { "]" })
            }
            Self::Key(key) => write!(f, "[{}]", key.repr(Python::default())),
            Self::Item(index) => write!(f, "{{{index}}}"),
            Self::Attribute(name) => write!(f, ".{name}"),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| step.fmt(f))
    }
}

impl Pickle {
    /// Every array, masked array and array of objects in the pickle, each once, with the first path that leads to
    /// it; in the order of the pickle. Scalars and dtypes are not arrays. What names itself an array and is none is an
    /// error of its own, and the walk goes on behind it.
    ///
    /// ```
    /// use npbytes::pickle::{ArrayObject, Pickle};
    /// use npbytes::Array;
    /// let mut pickle = Pickle::new();
    /// let weights = pickle.array(ArrayObject::new(Array::from_vec(&[2], vec![0.5_f32, 1.5])?));
    /// let key = pickle.text("weights");
    /// let root = pickle.dict([(key, weights)]);
    /// pickle.set_root(root);
    /// let (path, _) = pickle.arrays().next().unwrap()?;
    /// assert_eq!(path.to_string(), "['weights']");
    /// assert_eq!(pickle.find("['weights']")?.array()?.len(), 2);
    /// # Ok::<(), npbytes::Error>(())
    /// ```
    pub fn arrays(&self) -> Arrays<'_> {
        Arrays {
            start: Some(self.root()),
            frames: Vec::new(),
            seen: HashMap::new(),
            reader: Reader::new(self),
        }
    }

    /// The part of the pickle at a path, as [`Path`] writes it. Strings in it may be any Python literal of a
    /// `str`. An empty path is the root.
    ///
    /// # Errors
    /// A text that is no path; a step that leads nowhere, with the steps there are.
    pub fn find(&self, path: &str) -> Result<Node<'_>> {
        let reader = self.reader();
        let mut node = self.root();
        let mut rest = path;
        while !rest.is_empty() {
            let at = path.len() - rest.len();
            let (step, tail) = parse_step(rest).ok_or_else(|| {
                Error::value(format!("{rest:?} is no step of a path"))
                    .with_help("steps are written as [3], ['key'] and .name")
            })?;
            let inner = Frame::new(node, reader.numpy(node)?.as_ref());
            node = inner.child(&step).ok_or_else(|| {
                let mut names: Vec<String> = (0..20)
                    .map_while(|place| inner.node(place).and_then(|_| inner.step(place)))
                    .map(|step| shortened(step.to_string()))
                    .collect();
                if names.len() == 20 {
                    names.push("...".to_owned());
                }
                let here = if at == 0 { "the pickle" } else { &path[..at] };
                let error = Error::value(format!("{here} has no {step}"));
                if names.is_empty() {
                    error.with_help("nothing is in it")
                } else {
                    error.with_help(format!("there are {}", names.join(" ")))
                }
            })?;
            rest = tail;
        }
        Ok(node)
    }
}

/// The first step of a path, and the rest.
fn parse_step(text: &str) -> Option<(PathStep, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let end = rest.find(['.', '[', '{']).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        return (!name.is_empty()).then(|| (PathStep::Attribute(name.to_owned()), tail));
    }
    if let Some(rest) = text.strip_prefix('{') {
        let (index, tail) = rest.split_once('}')?;
        return Some((PathStep::Item(index.trim().parse().ok()?), tail));
    }
    let rest = text.strip_prefix('[')?;
    // A bracket may stand inside of a key.
    for (end, _) in rest.match_indices(']') {
        let inner = rest[..end].trim();
        let tail = &rest[end + 1..];
        if !inner.starts_with(['\'', '"', 'b', 'u', 'r', '(']) {
            if let Ok(index) = inner.parse() {
                return Some((PathStep::Index(index), tail));
            }
            let element =
                inner.split(',').map(|index| index.trim().parse().ok()).collect::<Option<Vec<_>>>();
            if let Some(element) = element {
                return Some((PathStep::Element(element), tail));
            }
        }
        if inner == "()" {
            return Some((PathStep::Element(Vec::new()), tail));
        }
        if let Ok(key) = literal::parse(inner) {
            return Some((PathStep::Key(key), tail));
        }
    }
    None
}

/// The arrays of a pickle: see [`Pickle::arrays`].
pub struct Arrays<'a> {
    start: Option<Node<'a>>,
    frames: Vec<(Frame<'a>, usize)>,
    /// Which nodes were visited, by pickle.
    seen: HashMap<*const Pickle, Vec<bool>>,
    reader: Reader<'a>,
}

impl<'a> Iterator for Arrays<'a> {
    type Item = Result<(Path, NumPyValue<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.advance()?;
        Some(found.map(|value| {
            // An array of objects was entered; its own path ends before that.
            let entered = usize::from(matches!(value, NumPyValue::Objects(_)));
            (self.path_to(self.frames.len().saturating_sub(entered)), value)
        }))
    }
}

impl<'a> Arrays<'a> {
    /// The arrays alone: quicker, where many lie deep, as each of their paths has to be put together.
    pub fn values(mut self) -> impl Iterator<Item = Result<NumPyValue<'a>>> {
        std::iter::from_fn(move || self.advance())
    }

    /// Goes on to the next array.
    fn advance(&mut self) -> Option<Result<NumPyValue<'a>>> {
        if let Some(root) = self.start.take()
            && let Some(found) = self.visit(root)
        {
            return Some(found);
        }
        loop {
            let (frame, place) = self.frames.last_mut()?;
            let Some(node) = frame.node(*place) else {
                self.frames.pop();
                continue;
            };
            *place += 1;
            if let Some(found) = self.visit(node) {
                return Some(found);
            }
        }
    }

    /// Looks at a node once, and enters it if it holds others.
    fn visit(&mut self, node: Node<'a>) -> Option<Result<NumPyValue<'a>>> {
        let index = node.value().index()? as usize;
        let seen = self.seen.entry(std::ptr::from_ref(node.pickle())).or_default();
        if seen.len() <= index {
            seen.resize(index + 1, false);
        }
        if std::mem::replace(seen.get_mut(index)?, true) {
            return None;
        }
        let found = match self.reader.numpy(node) {
            Err(error) => return Some(Err(error)),
            Ok(found) => found,
        };
        match &found {
            Some(NumPyValue::Array(_) | NumPyValue::Masked(_)) => return found.map(Ok),
            Some(NumPyValue::DType(_) | NumPyValue::Scalar(_) | NumPyValue::MaskedConstant) => {
                return None;
            }
            Some(NumPyValue::Objects(_) | NumPyValue::ObjectScalar(_)) | None => {}
        }
        let limit = node.pickle().depth_limit();
        if self.frames.len() as u64 >= limit {
            return Some(Err(Error::limit("pickle_depth", limit, self.frames.len() as u64 + 1)));
        }
        self.frames.push((Frame::new(node, found.as_ref()), 0));
        found.filter(|found| matches!(found, NumPyValue::Objects(_))).map(Ok)
    }

    fn path_to(&self, depth: usize) -> Path {
        let frames = self.frames.iter().take(depth);
        Path(frames.filter_map(|(frame, place)| frame.step(place.checked_sub(1)?)).collect())
    }
}

/// What a node holds, by places.
enum Frame<'a> {
    Items(Items<'a>),
    /// The elements of an array of a shape.
    Elements(Items<'a>, Vec<usize>),
    Set(DistinctItems<'a>),
    /// The parts of an object, by where the places of each start.
    Parts(Vec<(usize, Part<'a>)>),
}

enum Part<'a> {
    One(PathStep, Node<'a>),
    Items(Items<'a>),
    Pairs(DistinctPairs<'a>),
    /// A dict whose keys are attributes.
    Attributes(DistinctPairs<'a>),
}

impl<'a> Part<'a> {
    fn len(&self) -> usize {
        match self {
            Self::One(..) => 1,
            Self::Items(items) => items.len(),
            Self::Pairs(pairs) | Self::Attributes(pairs) => pairs.len(),
        }
    }

    fn node(&self, place: usize) -> Option<Node<'a>> {
        match self {
            Self::One(_, node) => Some(*node).filter(|_| place == 0),
            Self::Items(items) => items.get(place),
            Self::Pairs(pairs) | Self::Attributes(pairs) => {
                pairs.get(place).map(|(_, value)| value)
            }
        }
    }

    fn step(&self, place: usize) -> Option<PathStep> {
        Some(match self {
            Self::One(step, _) => step.clone(),
            Self::Items(_) => PathStep::Index(place),
            Self::Pairs(pairs) => key_step(pairs.get(place)?.0, place),
            Self::Attributes(pairs) => {
                let (key, _) = pairs.get(place)?;
                match attribute(key) {
                    Some(name) => PathStep::Attribute(name),
                    None => key_step(key, place),
                }
            }
        })
    }

    /// What a step leads to. Looks at the keys, and copies none.
    fn child(&self, step: &PathStep) -> Option<Node<'a>> {
        let last = |pairs: &DistinctPairs<'a>, is_it: &dyn Fn(Node<'a>) -> bool| {
            let mut pairs = (0..pairs.len()).rev().filter_map(|place| pairs.get(place));
            pairs.find(|(key, _)| is_it(*key)).map(|(_, value)| value)
        };
        match (self, step) {
            (Self::One(own, node), step) => (own == step).then_some(*node),
            (Self::Items(items), PathStep::Index(index)) => items.get(*index),
            (Self::Pairs(pairs) | Self::Attributes(pairs), PathStep::Item(place)) => {
                pairs.get(*place).map(|(_, value)| value)
            }
            (Self::Pairs(pairs), PathStep::Key(wanted)) => last(pairs, &|key| is_key(key, wanted)),
            (Self::Pairs(pairs), PathStep::Index(index)) => {
                let wanted = literal::Value::Int(i128::try_from(*index).ok()?);
                last(pairs, &|key| is_key(key, &wanted))
            }
            (Self::Attributes(pairs), PathStep::Key(wanted)) => {
                last(pairs, &|key| is_key(key, wanted) && attribute(key).is_none())
            }
            (Self::Attributes(pairs), PathStep::Attribute(name)) => {
                let is_it = |key: Node<'_>| {
                    let text = key.graph().text_within(key.value(), name.len());
                    text.is_some_and(|text| text == **name)
                };
                last(pairs, &is_it)
            }
            _ => None,
        }
    }
}

/// The longest name of an attribute that stands in a path.
const LONGEST_NAME: usize = 4096;

/// The name of an attribute, where a path can have it.
fn attribute(key: Node<'_>) -> Option<String> {
    let text = key.graph().text_within(key.value(), LONGEST_NAME)?;
    let name = text.as_str().filter(|name| !name.contains(['.', '[', '{']) && !name.is_empty())?;
    Some(name.to_owned())
}

impl<'a> Frame<'a> {
    /// The frame of a node, which is what of NumPy it was found to be.
    fn new(node: Node<'a>, found: Option<&NumPyValue<'a>>) -> Self {
        if let Some(NumPyValue::Objects(objects)) = found {
            return Self::Elements(objects.items, objects.shape.to_vec());
        }
        let mut parts = Vec::new();
        match node.view() {
            View::List(items) | View::Tuple(items) => return Self::Items(items),
            View::Set(items) | View::FrozenSet(items) => {
                return Self::Set(DistinctItems::of_set(items));
            }
            View::Dict(pairs) => parts.push(Part::Pairs(DistinctPairs::new(pairs))),
            View::Object(object) => {
                let args = object.args();
                if args.items().is_none_or(|args| !args.is_empty()) {
                    parts.push(Part::One(PathStep::Attribute("__args__".to_owned()), args));
                }
                for step in object.steps() {
                    match step {
                        Step::Build(state) => attributes(state, &mut parts),
                        Step::Append(items) | Step::AddItems(items) => {
                            parts.push(Part::Items(items))
                        }
                        Step::SetItems(pairs) => parts.push(Part::Pairs(DistinctPairs::new(pairs))),
                        Step::Popped(popped) => {
                            if let View::Object(call) = popped.view()
                                && let Some(state) =
                                    call.args().items().and_then(|args| args.get(1))
                            {
                                attributes(state, &mut parts);
                            }
                        }
                    }
                }
            }
            _ => {}
        }
        let mut end = 0;
        let parts = parts.into_iter().map(|part| {
            let start = end;
            end += part.len();
            (start, part)
        });
        Self::Parts(parts.collect())
    }

    fn node(&self, place: usize) -> Option<Node<'a>> {
        match self {
            Self::Items(items) | Self::Elements(items, _) => items.get(place),
            Self::Set(items) => items.get(place),
            Self::Parts(parts) => part_at(parts, place).and_then(|(part, place)| part.node(place)),
        }
    }

    fn step(&self, place: usize) -> Option<PathStep> {
        Some(match self {
            Self::Items(_) => PathStep::Index(place),
            Self::Elements(_, shape) => {
                let mut index = vec![0; shape.len()];
                let mut rest = place;
                for (slot, &dim) in index.iter_mut().zip(shape).rev() {
                    *slot = rest % dim.max(1);
                    rest /= dim.max(1);
                }
                if index.len() == 1 { PathStep::Index(place) } else { PathStep::Element(index) }
            }
            Self::Set(_) => PathStep::Item(place),
            Self::Parts(parts) => {
                return part_at(parts, place).and_then(|(part, place)| part.step(place));
            }
        })
    }

    /// The part that a step leads to; of several the last, as in a dict.
    fn child(&self, step: &PathStep) -> Option<Node<'a>> {
        match (self, step) {
            (Self::Items(items), PathStep::Index(index)) => items.get(*index),
            (Self::Set(items), PathStep::Item(index)) => items.get(*index),
            (Self::Elements(items, shape), PathStep::Index(index)) if shape.len() == 1 => {
                items.get(*index)
            }
            (Self::Elements(items, shape), PathStep::Element(index)) => {
                let is_inside = index.len() == shape.len()
                    && index.iter().zip(shape).all(|(index, dim)| index < dim);
                let place = index.iter().zip(shape).fold(0_usize, |place, (index, dim)| {
                    place.saturating_mul(*dim).saturating_add(*index)
                });
                items.get(place).filter(|_| is_inside)
            }
            (Self::Parts(parts), step) => parts.iter().rev().find_map(|(_, part)| part.child(step)),
            _ => None,
        }
    }
}

/// The part that a place is in, and the place in it.
fn part_at<'p, 'a>(parts: &'p [(usize, Part<'a>)], place: usize) -> Option<(&'p Part<'a>, usize)> {
    // Of parts that start at one place, all but the last are empty.
    let index = parts.partition_point(|(start, _)| *start <= place).checked_sub(1)?;
    let (start, part) = parts.get(index)?;
    Some((part, place - start))
}

/// What a state sets: attributes from a dict, or from the pair of a dict and a dict of slots.
fn attributes<'a>(state: Node<'a>, parts: &mut Vec<Part<'a>>) {
    match state.view() {
        View::Dict(pairs) => {
            return parts.push(Part::Attributes(DistinctPairs::new(pairs)));
        }
        View::Tuple(items) if items.len() == 2 => {
            let dicts: Option<Vec<_>> = items
                .iter()
                .map(|item| match item.view() {
                    View::None => Some(None),
                    View::Dict(pairs) => Some(Some(pairs)),
                    _ => None,
                })
                .collect();
            if let Some(dicts) = dicts {
                let dicts = dicts.into_iter().flatten().map(DistinctPairs::new);
                parts.extend(dicts.map(Part::Attributes));
                return;
            }
        }
        _ => {}
    }
    parts.push(Part::One(PathStep::Attribute("__state__".to_owned()), state));
}

/// The step to the value of a key. Keys that are long have their place instead.
fn key_step(key: Node<'_>, place: usize) -> PathStep {
    plain_key(key.graph(), key.value()).map_or(PathStep::Item(place), PathStep::Key)
}

/// Whether a key is equal to what a path says, as Python has it.
fn is_key(key: Node<'_>, wanted: &literal::Value) -> bool {
    use literal::Value as Plain;
    let (graph, value) = (key.graph(), key.value());
    match wanted {
        Plain::Str(text) => {
            let found = graph.text_within(value, text.as_utf8().len());
            found.is_some_and(|found| found.as_utf8() == text.as_utf8())
        }
        Plain::Bytes(bytes) => {
            graph.bytes_within(value, bytes.len()).is_some_and(|found| *found == **bytes)
        }
        _ => plain_key(graph, value).is_some_and(|found| match (number(&found), number(wanted)) {
            (Some(found), Some(wanted)) => found == wanted,
            _ => found == *wanted,
        }),
    }
}

/// A number, if it is a whole one: `1`, `1.0` and `True` are the same key.
#[allow(clippy::cast_possible_truncation, reason = "what does not fit is none")]
fn number(value: &literal::Value) -> Option<i128> {
    match value {
        literal::Value::Int(int) => Some(*int),
        literal::Value::Bool(bool) => Some((*bool).into()),
        literal::Value::Float(float) => {
            (float.trunc() == *float && float.abs() < 1e30).then_some(*float as i128)
        }
        _ => None,
    }
}

/// A text for a message, without its end if it is long.
fn shortened(text: String) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "...",
        None => text,
    }
}
