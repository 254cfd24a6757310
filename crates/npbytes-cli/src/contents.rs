//! What is written into archives, folders and pickles, once it was read.

use std::sync::Arc;

use bytes::Bytes;
use npbytes::Array;
use npbytes::npz::Item;
use npbytes::pickle::NumPyValue;

use crate::decode::Content;
use crate::failure::{Failure, Result};
use crate::pickled::{Part, name_of};
use crate::source::Source;

/// What an entry holds.
#[derive(Clone, Debug)]
pub(crate) enum Contents {
    Array(Array),
    /// An array of objects.
    Objects(Part),
    /// Something else in an archive.
    Bytes(Bytes),
}

impl Contents {
    /// How many bytes the elements have; none if they are objects.
    pub(crate) fn nbytes(&self) -> u64 {
        match self {
            Self::Array(array) => array.view().nbytes() as u64,
            Self::Objects(_) => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// The array that a source is.
    ///
    /// # Errors
    /// Several, and those of [`all_of`](Self::all_of).
    pub(crate) fn of(source: &Source, content: Content) -> Result<Self> {
        let mut all = Self::all_of(source, content)?;
        match (all.pop(), all.is_empty()) {
            (Some((_, only)), true) => Ok(only),
            _ => Err(Failure::new(source.name(), "holds many arrays, where one belongs")),
        }
    }

    /// The array that a source is, or those in it with their names.
    ///
    /// # Errors
    /// A pickle without arrays, and one that cannot be read.
    pub(crate) fn all_of(source: &Source, content: Content) -> Result<Vec<(Option<String>, Self)>> {
        let pickled = match content {
            Content::Array(loaded) => {
                loaded.note_trailing(source);
                return Ok(vec![(None, Self::Array(loaded.array))]);
            }
            Content::Pickled(pickled) => Arc::new(*pickled),
        };
        pickled.note_trailing(source);
        if let Some(value) = pickled.numpy(source)? {
            let contents = match value {
                NumPyValue::Objects(_) => Self::Objects(pickled.part(pickled.path().to_owned())),
                _ => Self::Array(pickled.load(source)?.array),
            };
            return Ok(vec![(None, contents)]);
        }
        let mut all: Vec<(Option<String>, Self)> = Vec::new();
        if !pickled.is_part() {
            let mut room = pickled.room();
            for found in pickled.arrays() {
                let (path, value) = found.map_err(|error| pickled.failure(source, &error))?;
                let name = name_of(&path);
                if !room.take(name.len()) {
                    return Err(room.failure(source.name(), all.len()));
                }
                let contents = match value {
                    NumPyValue::Objects(_) => Self::Objects(pickled.part(path.to_string())),
                    NumPyValue::Array(found) => Self::Array(found.array),
                    NumPyValue::Masked(masked) => {
                        pickled.note_mask(source);
                        Self::Array(masked.data)
                    }
                    _ => continue,
                };
                all.push((Some(name), contents));
            }
        }
        if all.is_empty() {
            // It says what there is instead.
            pickled.load(source)?;
        }
        Ok(all)
    }
}

impl From<Item> for Contents {
    fn from(item: Item) -> Self {
        match item {
            Item::Array(array) => Self::Array(array),
            Item::Objects(pickle) => Self::Objects(Part::of(pickle)),
            Item::Bytes(bytes) => Self::Bytes(bytes),
            // There is nothing else in an archive today.
            _ => Self::Bytes(Bytes::new()),
        }
    }
}
