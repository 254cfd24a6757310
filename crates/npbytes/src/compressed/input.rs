//! Bytes on their way: those of the source, and those that one wrapper after the other makes of them.

use std::io::Read;
use std::ops::Range;

use super::layer::Layer;
use super::{Codec, ReadOptions};
use crate::error::{Error, Result};

/// How many bytes are held of each.
const PIECE: usize = 1 << 16;

/// Bytes that were made and not taken yet.
pub(super) struct Piece {
    bytes: Box<[u8]>,
    used: Range<usize>,
}

impl Piece {
    pub(super) fn new() -> Self {
        Self { bytes: vec![0; PIECE].into(), used: 0..0 }
    }

    /// One that holds nothing.
    pub(super) fn empty() -> Self {
        Self { bytes: Box::default(), used: 0..0 }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.used.clone()).unwrap_or_default()
    }

    pub(super) fn take(&mut self, count: usize) {
        self.used.start = self.used.start.saturating_add(count).min(self.used.end);
    }

    /// Adds what `read` makes behind what is there, and says how much that is.
    pub(super) fn add(&mut self, read: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<usize> {
        if self.used.is_empty() {
            self.used = 0..0;
        } else if self.used.end == self.bytes.len() {
            self.bytes.copy_within(self.used.clone(), 0);
            self.used = 0..self.used.len();
        }
        let room = self.bytes.get_mut(self.used.end..).unwrap_or_default();
        let most = room.len();
        let made = read(room)?.min(most);
        self.used.end += made;
        Ok(made)
    }
}

/// The source, and how far it was taken.
pub(super) struct Base<R> {
    source: R,
    piece: Piece,
    offset: u64,
}

/// The source, or a wrapper around what is below.
pub(super) enum Stack<R> {
    Base(Base<R>),
    Layer(Box<Layer<R>>),
}

impl<R: Read> Stack<R> {
    pub(super) fn new(source: R) -> Self {
        Self::Base(Base { source, piece: Piece::new(), offset: 0 })
    }

    /// What is inside of a wrapper that these bytes are.
    pub(super) fn wrapped(self, codec: Codec, options: &ReadOptions) -> Self {
        Self::Layer(Box::new(Layer::new(self, codec, options)))
    }

    /// The next bytes: at least `least` of them, 32 at most, unless these are the last.
    pub(super) fn fill(&mut self, least: usize) -> Result<&[u8]> {
        match self {
            Self::Base(base) => {
                while base.piece.bytes().len() < least {
                    let source = &mut base.source;
                    if base.piece.add(|room| read(source, room))? == 0 {
                        break;
                    }
                }
                Ok(base.piece.bytes())
            }
            Self::Layer(layer) => layer.fill(least),
        }
    }

    /// Takes bytes that [`fill`](Self::fill) showed.
    pub(super) fn take(&mut self, count: usize) {
        match self {
            Self::Base(base) => {
                base.piece.take(count);
                base.offset += count as u64;
            }
            Self::Layer(layer) => layer.take(count),
        }
    }

    /// Reads the next bytes, past the piece that is held where it is empty.
    pub(super) fn read_into(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Layer(layer) if layer.is_empty() => layer.make(buffer),
            _ => {
                let bytes = self.fill(1)?;
                let count = bytes.len().min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..count), bytes.get(..count)) {
                    to.copy_from_slice(from);
                }
                self.take(count);
                Ok(count)
            }
        }
    }

    /// How many bytes of the source were taken.
    pub(super) fn base_offset(&self) -> u64 {
        match self {
            Self::Base(base) => base.offset,
            Self::Layer(layer) => layer.base_offset(),
        }
    }

    pub(super) fn into_inner(self) -> R {
        match self {
            Self::Base(base) => base.source,
            Self::Layer(layer) => layer.into_below().into_inner(),
        }
    }
}

fn read(source: &mut impl Read, room: &mut [u8]) -> Result<usize> {
    loop {
        match source.read(room) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            result => return result.map_err(Error::from),
        }
    }
}
