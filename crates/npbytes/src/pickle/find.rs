//! Every array in a pickle, wherever it is, and the path that leads there.
//!
//! A path reads as Python would write it: `['coef_']`, `.tree_.nodes`, `[3]`. Where Python has no word for a
//! place, `.__args__[0]` is an argument of the call that makes an object, `.__state__` a state that is no dict of
//! attributes, and `{2}` the third item of a set or the third key of a dict.

use std::collections::HashMap;
use std::fmt;

use super::Pickle;
use super::dtype::DTypes;
use super::node::{Items, Node, Pairs, Step, View};
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
    /// `{2}`: an item of a set; the value of a key of a dict that is no plain data.
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
        let mut node = self.root();
        let mut rest = path;
        while !rest.is_empty() {
            let at = path.len() - rest.len();
            let (step, tail) = parse_step(rest).ok_or_else(|| {
                Error::value(format!("{rest:?} is no step of a path"))
                    .with_help("steps are written as [3], ['key'] and .name")
            })?;
            let inner = Frame::new(node)?;
            node = inner.child(&step).ok_or_else(|| {
                let mut names: Vec<String> = (0..20)
                    .map_while(|place| inner.get(place))
                    .map(|(step, _)| step.to_string())
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
        if let Some(root) = self.start.take()
            && let Some(found) = self.visit(root)
        {
            return Some(found.map(|value| (self.path(), value)));
        }
        loop {
            let (frame, place) = self.frames.last_mut()?;
            let Some(node) = frame.node(*place) else {
                self.frames.pop();
                continue;
            };
            *place += 1;
            if let Some(found) = self.visit(node) {
                // An array of objects was entered; its own path ends before that.
                let deep = matches!(found, Ok(NumPyValue::Objects(_)));
                let path = if deep { self.path_to(self.frames.len() - 1) } else { self.path() };
                return Some(found.map(|value| (path, value)));
            }
        }
    }
}

impl<'a> Arrays<'a> {
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
        match Frame::new(node) {
            Ok(frame) => self.frames.push((frame, 0)),
            Err(error) => return Some(Err(error)),
        }
        found.filter(|found| matches!(found, NumPyValue::Objects(_))).map(Ok)
    }

    /// The path of the node that was looked at last.
    fn path(&self) -> Path {
        self.path_to(self.frames.len())
    }

    fn path_to(&self, depth: usize) -> Path {
        let steps =
            self.frames.iter().take(depth).filter_map(|(frame, place)| {
                frame.get(place.checked_sub(1)?).map(|(step, _)| step)
            });
        Path(steps.collect())
    }
}

/// What a node holds, by places.
enum Frame<'a> {
    Items(Items<'a>),
    /// The elements of an array of a shape.
    Elements(Items<'a>, Vec<usize>),
    Set(Items<'a>),
    Pairs(Pairs<'a>),
    /// The parts of an object.
    Parts(Vec<Part<'a>>),
}

enum Part<'a> {
    One(PathStep, Node<'a>),
    Items(Items<'a>),
    Pairs(Pairs<'a>),
    /// A dict whose keys are attributes.
    Attributes(Pairs<'a>),
}

impl<'a> Part<'a> {
    const fn len(&self) -> usize {
        match self {
            Self::One(..) => 1,
            Self::Items(items) => items.len(),
            Self::Pairs(pairs) | Self::Attributes(pairs) => pairs.len(),
        }
    }

    fn node(&self, place: usize) -> Option<Node<'a>> {
        match self {
            Self::One(_, node) => Some(*node),
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
                match key.text().and_then(|text| text.as_str().map(str::to_owned)) {
                    Some(name) if !name.contains(['.', '[', '{']) => PathStep::Attribute(name),
                    _ => key_step(key, place),
                }
            }
        })
    }
}

impl<'a> Frame<'a> {
    fn new(node: Node<'a>) -> Result<Self> {
        if let Some(NumPyValue::Objects(objects)) = node.numpy()? {
            return Ok(Self::Elements(objects.items, objects.shape.to_vec()));
        }
        Ok(match node.view() {
            View::List(items) | View::Tuple(items) => Self::Items(items),
            View::Set(items) | View::FrozenSet(items) => Self::Set(items),
            View::Dict(pairs) => Self::Pairs(pairs),
            View::Object(object) => {
                let mut parts = Vec::new();
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
                        Step::SetItems(pairs) => parts.push(Part::Pairs(pairs)),
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
                Self::Parts(parts)
            }
            _ => Self::Parts(Vec::new()),
        })
    }

    fn node(&self, place: usize) -> Option<Node<'a>> {
        match self {
            Self::Items(items) | Self::Elements(items, _) | Self::Set(items) => items.get(place),
            Self::Pairs(pairs) => pairs.get(place).map(|(_, value)| value),
            Self::Parts(parts) => {
                let mut place = place;
                for part in parts {
                    match place.checked_sub(part.len()) {
                        Some(beyond) => place = beyond,
                        None => return part.node(place),
                    }
                }
                None
            }
        }
    }

    fn get(&self, place: usize) -> Option<(PathStep, Node<'a>)> {
        let node = self.node(place)?;
        let step = match self {
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
            Self::Pairs(pairs) => key_step(pairs.get(place)?.0, place),
            Self::Parts(parts) => {
                let mut place = place;
                let mut found = None;
                for part in parts {
                    match place.checked_sub(part.len()) {
                        Some(beyond) => place = beyond,
                        None => {
                            found = part.step(place);
                            break;
                        }
                    }
                }
                found?
            }
        };
        Some((step, node))
    }

    /// The part that a step leads to; of several the last, as in a dict.
    fn child(&self, step: &PathStep) -> Option<Node<'a>> {
        match (self, step) {
            (Self::Items(items), PathStep::Index(index))
            | (Self::Set(items), PathStep::Item(index)) => items.get(*index),
            (Self::Elements(items, shape), PathStep::Index(index)) if shape.len() == 1 => {
                items.get(*index)
            }
            (Self::Items(_) | Self::Set(_), _) => None,
            _ => {
                let mut found = None;
                let mut place = 0;
                while let Some((name, node)) = self.get(place) {
                    if name == *step {
                        found = Some(node);
                    }
                    place += 1;
                }
                found
            }
        }
    }
}

/// What a state sets: attributes from a dict, or from the pair of a dict and a dict of slots.
fn attributes<'a>(state: Node<'a>, parts: &mut Vec<Part<'a>>) {
    match state.view() {
        View::Dict(pairs) => return parts.push(Part::Attributes(pairs)),
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
                parts.extend(dicts.into_iter().flatten().map(Part::Attributes));
                return;
            }
        }
        _ => {}
    }
    parts.push(Part::One(PathStep::Attribute("__state__".to_owned()), state));
}

/// The step to the value of a key.
fn key_step(key: Node<'_>, place: usize) -> PathStep {
    /// Keys are short and flat.
    const DEPTH: usize = 8;
    match DTypes::new(key.graph()).plain(key.value(), DEPTH) {
        Ok(key) => PathStep::Key(key),
        Err(_) => PathStep::Item(place),
    }
}
