//! Dicts and sets as Python has them, where a pickle sets a key twice: the first key, with the last value.
//!
//! The graph keeps all that was set, so that it can be written back. Keys that are plain are compared as Python does it;
//! those that are long, or hold others, are one key only where they are one object.

use std::borrow::Cow;
use std::hash::{BuildHasher, RandomState};

use super::graph::{Graph, Unpacked, Value};
use super::node::{Items, Node, Pairs};

/// The longest text that is compared: many keys may share one.
const LONGEST: usize = 256;

/// The pairs of a dict, each key once.
#[derive(Clone, Debug)]
pub(crate) struct DistinctPairs<'a> {
    pairs: Pairs<'a>,
    places: Option<Box<[(u32, u32)]>>,
}

impl<'a> DistinctPairs<'a> {
    pub(crate) fn new(pairs: Pairs<'a>) -> Self {
        let key = |place| Some(pairs.get(place)?.0.value());
        let places = places(pairs.graph(), pairs.len(), &key);
        Self { pairs, places }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.as_ref().map_or(self.pairs.len(), |places| places.len())
    }

    /// The key and the value at a place.
    pub(crate) fn get(&self, place: usize) -> Option<(Node<'a>, Node<'a>)> {
        let Some(places) = &self.places else { return self.pairs.get(place) };
        let &(first, last) = places.get(place)?;
        Some((self.pairs.get(first as usize)?.0, self.pairs.get(last as usize)?.1))
    }
}

/// The items of a set, each once.
#[derive(Clone, Debug)]
pub(crate) struct DistinctItems<'a> {
    items: Items<'a>,
    places: Option<Box<[(u32, u32)]>>,
}

impl<'a> DistinctItems<'a> {
    /// All of a list.
    pub(crate) const fn all(items: Items<'a>) -> Self {
        Self { items, places: None }
    }

    pub(crate) fn of_set(items: Items<'a>) -> Self {
        let key = |place| Some(items.get(place)?.value());
        let places = places(items.graph(), items.len(), &key);
        Self { items, places }
    }

    pub(crate) fn get(&self, place: usize) -> Option<Node<'a>> {
        let Some(places) = &self.places else { return self.items.get(place) };
        self.items.get(places.get(place)?.0 as usize)
    }
}

/// What makes two keys one.
#[derive(PartialEq, Eq, Hash)]
enum Key<'g> {
    /// The same object.
    Same(Value),
    Int(i64),
    Long(i128),
    /// A float that is no `int` of 64 bits, by its bits.
    Float(u64),
    Text(Cow<'g, [u8]>),
    Bytes(Cow<'g, [u8]>),
}

impl<'g> Key<'g> {
    fn of(graph: &'g Graph, value: Value) -> Self {
        match value.unpack() {
            Unpacked::Bool(bool) => return Self::Int(bool.into()),
            Unpacked::Int(int) => return Self::Int(int),
            Unpacked::None | Unpacked::EmptyTuple | Unpacked::Absent => return Self::Same(value),
            _ => {}
        }
        if let Some(long) = graph.integer(value) {
            return match (long.to_i64(), long.to_i128()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(long)) => Self::Long(long),
                (None, None) => Self::Same(value),
            };
        }
        if let Some(float) = graph.float(value) {
            return match float_as_int(float) {
                Some(int) => Self::Int(int),
                // It is equal to no other, not even to another of its kind.
                None if float.is_nan() => Self::Same(value),
                None => Self::Float(float.to_bits()),
            };
        }
        if let Some(text) = graph.text_within(value, LONGEST) {
            return Self::Text(text.into_utf8());
        }
        match graph.bytes_within(value, LONGEST) {
            Some(bytes) => Self::Bytes(bytes),
            None => Self::Same(value),
        }
    }
}

/// The `int` that a float is equal to.
#[allow(clippy::cast_possible_truncation, reason = "what does not fit is none")]
fn float_as_int(float: f64) -> Option<i64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    (float.trunc() == float && (-BEYOND..BEYOND).contains(&float)).then_some(float as i64)
}

/// For each key that there is once, where it stands first and where last; `None` if each stands once. In time and
/// memory of the keys.
fn places(
    graph: &Graph,
    len: usize,
    key: &dyn Fn(usize) -> Option<Value>,
) -> Option<Box<[(u32, u32)]>> {
    if len < 2 {
        return None;
    }
    let random = RandomState::new();
    let at = |place: u32| key(place as usize).map(|value| Key::of(graph, value));
    let mut hashes: Vec<(u64, u32)> =
        (0..u32::try_from(len).ok()?).map(|place| (random.hash_one(at(place)), place)).collect();
    hashes.sort_unstable();
    let equal = |group: &[(u64, u32)]| match group {
        [(_, first), .., (_, _)] => group.iter().all(|(_, place)| at(*place) == at(*first)),
        _ => false,
    };
    let groups = || hashes.chunk_by(|one, other| one.0 == other.0).filter(|group| equal(group));
    groups().next()?;
    // Where a key stands last, by where it stands first; nowhere if it stood before.
    let mut last: Vec<Option<u32>> = (0..u32::try_from(len).ok()?).map(Some).collect();
    for group in groups() {
        let end = group.last().map(|(_, place)| *place);
        for (index, (_, place)) in group.iter().enumerate() {
            if let Some(slot) = last.get_mut(*place as usize) {
                *slot = end.filter(|_| index == 0);
            }
        }
    }
    let kept = (0..).zip(last).filter_map(|(first, last)| Some((first, last?)));
    Some(kept.collect())
}
