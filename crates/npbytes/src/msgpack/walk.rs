//! Walking a message: the arrays in it, and the paths to them.

use std::fmt::{self, Write as _};

use super::numpy::is_numpy;
use super::{Document, Items, Node, View};
use crate::literal::{repr_bytes, write_repr_str};
use crate::numpy::Python;

/// A step of a [`Path`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Key<'a> {
    /// An item of a list, counted from 0.
    Index(u64),
    /// The value under a key of a map.
    Key(Node<'a>),
}

/// Where a value is in a message. Its text is that of Python: `['layers'][0]`.
#[derive(Clone, Debug, Default)]
pub struct Path<'a>(Vec<Key<'a>>);

impl<'a> Path<'a> {
    /// The steps from the outermost value on; none for that itself.
    pub fn keys(&self) -> &[Key<'a>] {
        &self.0
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|key| key.fmt(f))
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let node = match self {
            Self::Index(index) => return write!(f, "[{index}]"),
            Self::Key(node) => node,
        };
        f.write_char('[')?;
        match node.view() {
            View::Nil => f.write_str("None")?,
            View::Bool(value) => f.write_str(if value { "True" } else { "False" })?,
            View::Int(value) => write!(f, "{value}")?,
            View::Float(value) => write!(f, "{value:?}")?,
            View::Str(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => {
                    let mut out = String::new();
                    let points = text.chars().map(u32::from);
                    write_repr_str(&mut out, points, Python::default());
                    f.write_str(&out)?;
                }
                Err(_) => f.write_str(&repr_bytes(bytes))?,
            },
            View::Bin(bytes) => f.write_str(&repr_bytes(bytes))?,
            // No dict of Python has such keys.
            View::List(_) | View::Map(_) | View::Ext(..) => write!(f, "key at {}", node.at)?,
        }
        f.write_char(']')
    }
}

/// A list or a map that is being walked.
struct Level<'a> {
    items: Items<'a>,
    is_map: bool,
    /// The next item of a list.
    index: u64,
}

/// The arrays of a [`Document`].
pub struct Arrays<'a> {
    /// The value itself, until it was looked at.
    root: Option<Node<'a>>,
    levels: Vec<Level<'a>>,
    /// One key for each level.
    path: Vec<Key<'a>>,
}

impl<'a> Arrays<'a> {
    pub(super) fn new(document: &'a Document) -> Self {
        Self { root: Some(document.root()), levels: Vec::new(), path: Vec::new() }
    }

    /// The next value in the order of the message, with its path.
    fn step(&mut self) -> Option<Node<'a>> {
        if let Some(root) = self.root.take() {
            return Some(root);
        }
        loop {
            // Behind the first item of the last level, the path has that item's key.
            self.path.truncate(self.levels.len().saturating_sub(1));
            let level = self.levels.last_mut()?;
            let level_key = match level.is_map {
                true => level.items.next().map(Key::Key),
                false => Some(Key::Index(level.index)),
            };
            level.index += 1;
            if let (Some(key), Some(value)) = (level_key, level.items.next()) {
                self.path.push(key);
                return Some(value);
            }
            self.levels.pop();
        }
    }

    /// Goes into a list or a map.
    fn enter(&mut self, node: Node<'a>) {
        let (items, is_map) = match node.view() {
            View::List(items) => (items, false),
            View::Map(items) => (items, true),
            _ => return,
        };
        self.levels.push(Level { items, is_map, index: 0 });
    }
}

impl<'a> Iterator for Arrays<'a> {
    type Item = (Path<'a>, Node<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let node = self.step()?;
            if is_numpy(node) {
                return Some((Path(self.path.clone()), node));
            }
            self.enter(node);
        }
    }
}

impl fmt::Debug for Arrays<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrays").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Goes along a path, key by key: what is read of the message is what lies before the value.
pub(super) fn find<'a>(document: &'a Document, path: &str) -> Option<Node<'a>> {
    go(document.root(), path).or_else(|| match document.root().view() {
        View::Map(items) => value(items, |key| key.text() == Some(path.as_bytes())),
        _ => None,
    })
}

fn go<'a>(node: Node<'a>, path: &str) -> Option<Node<'a>> {
    let (mut node, mut rest) = (node, path);
    while !rest.is_empty() {
        let (next, len) = match node.view() {
            View::List(mut items) => {
                let (digits, _) = rest.strip_prefix('[')?.split_once(']')?;
                let index = digits.parse().ok()?;
                (items.nth(index)?, digits.len() + 2)
            }
            View::Map(items) => {
                let mut len = 0;
                let found = value(items, |key| {
                    let text = Key::Key(key).to_string();
                    let is_key = rest.starts_with(&text);
                    if is_key {
                        len = text.len();
                    }
                    is_key
                })?;
                (found, len)
            }
            _ => return None,
        };
        (node, rest) = (next, rest.get(len..)?);
    }
    Some(node)
}

/// The last value whose key is right, as in a dict.
fn value<'a>(mut items: Items<'a>, mut is_key: impl FnMut(Node<'a>) -> bool) -> Option<Node<'a>> {
    let mut found = None;
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        if is_key(key) {
            found = Some(value);
        }
    }
    found
}
