//! Room for values that objects are copied to, and their validity.

use arrow_buffer::{BooleanBuffer, NullBuffer};
use npbytes::pickle::{Node, Pickle};

use super::super::text::Texts;
use crate::{Error, Result};

/// How many bytes and items a pickle may become. One object may be in many places, so a small pickle can ask for more than
/// any memory holds.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Bytes of texts and of arrays.
    pub(super) bytes: usize,
    /// Items of lists, on all levels together.
    pub(super) items: usize,
}

impl Room {
    /// Some times what the pickle is, and as much as anyone may ask for. What was built here has no bounds.
    pub(super) fn of(pickle: &Pickle, nodes: &[Node<'_>]) -> Self {
        // The objects of joblib are in a pickle of their own.
        let inner = nodes.first().map_or(0, |node| node.pickle().len());
        match pickle.len().max(inner) {
            0 => Self { bytes: usize::MAX, items: usize::MAX },
            len => Self {
                bytes: len.saturating_mul(8).max(1 << 30),
                items: len.saturating_mul(4).max(1 << 22),
            },
        }
    }

    /// Room for texts.
    pub(super) fn texts(self, len: usize) -> Result<Bounded> {
        Ok(Bounded { texts: Texts::with_capacity(len, 8)?, most: self.bytes })
    }
}

/// Texts up to a bound.
pub(super) struct Bounded {
    texts: Texts<i64>,
    most: usize,
}

impl Bounded {
    pub(super) fn push(&mut self, text: &[u8]) -> Result<()> {
        if text.len() > self.most.saturating_sub(self.texts.bytes.len()) {
            return Err(Error::value(format!(
                "the texts are {} bytes and more, many times what the pickle is",
                self.most
            )));
        }
        self.texts.push(text)
    }

    pub(super) fn end(&mut self) -> Result<()> {
        self.texts.end()
    }

    pub(super) fn into_inner(self) -> Texts<i64> {
        self.texts
    }
}

/// Validity, one flag after the other.
#[derive(Default)]
pub(super) struct Valid {
    words: Vec<u64>,
    len: usize,
    any_null: bool,
}

impl Valid {
    pub(super) fn push(&mut self, valid: bool) {
        if self.len.is_multiple_of(64) {
            self.words.push(0);
        }
        if let Some(word) = self.words.last_mut() {
            *word |= u64::from(valid) << (self.len % 64);
        }
        self.any_null |= !valid;
        self.len += 1;
    }

    /// The validity; none if nothing is null.
    pub(super) fn finish(mut self) -> Option<NullBuffer> {
        if !self.any_null {
            return None;
        }
        self.words.iter_mut().for_each(|word| *word = word.to_le());
        let bits = arrow_buffer::Buffer::from_vec(self.words);
        Some(NullBuffer::new(BooleanBuffer::new(bits, 0, self.len)))
    }
}
