//! msgpack as msgpack-numpy writes it: plain data in which arrays and scalars are maps with the key `nd`.
//!
//! [`decode`] checks a message from its start to its end and makes nothing of it: a [`Document`] is the bytes, and
//! a [`Node`] a place in them. Arrays are found by their paths ([`Document::arrays`]) and share the bytes. Nothing
//! is written here.
//!
//! ```
//! use bytes::Bytes;
//! use npbytes::msgpack;
//! // msgpack_numpy.packb({'w': np.array([1, 2], 'u1')})
//! let message = Bytes::from_static(
//!     b"\x81\xa1w\x85\xc4\x02nd\xc3\xc4\x04type\xa3|u1\xc4\x04kind\xc4\0\xc4\x05shape\x91\x02\xc4\x04data\xc4\x02\x01\x02",
//! );
//! let document = msgpack::decode(&message, &msgpack::ReadOptions::default())?;
//! let paths: Vec<String> = document.arrays().map(|(path, _)| path.to_string()).collect();
//! assert_eq!(paths, ["['w']"]);
//! assert_eq!(document.find("['w']")?.array()?.view().as_slice::<u8>()?, [1, 2]);
//! # Ok::<(), npbytes::Error>(())
//! ```
//!
//! The rules are those of msgpack-numpy 0.4.8, as measured: a map is an array where it has the keys `nd`, which
//! is true, `type`, `shape` and `data`, in any order and whatever else it has; a scalar where `nd` is anything else;
//! a complex number where it has `complex` and `data`; and plain data otherwise. Keys are bytes; where they are `str`, as
//! packers with `use_bin_type=False` write them, msgpack-numpy reads arrays with `raw=True` only, and this
//! room always. What msgpack-numpy itself loses is lost here, too: the names of padding (`f1`), masks, and Fortran order.

mod numpy;
mod token;
mod walk;

use std::fmt;

use bytes::Bytes;

pub use numpy::NumPyValue;
use token::{Kind, Token};
pub use walk::{Arrays, Key, Path};

use crate::array::Array;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;

/// How messages are read.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// What the input may ask for: how deep lists and maps may nest ([`Limits::depth`]).
    pub limits: Limits,
}

impl ReadOptions {
    /// Reads under other limits.
    pub const fn with_limits(limits: Limits) -> Self {
        Self { limits }
    }
}

/// Reads a message, which is all there is, as `msgpack_numpy.unpackb` does. Does not copy. One pass over
/// the tokens; payloads are not looked at.
///
/// # Errors
/// What is no msgpack; an end before that of the message; bytes behind it ([`split`] returns them);
/// deeper nesting than the limit. What is wrong with an array is an error when that is read. Offsets count in
/// `data`.
pub fn decode(data: &Bytes, options: &ReadOptions) -> Result<Document> {
    let (document, rest) = split(data, options)?;
    if !rest.is_empty() {
        let at = data.len() - rest.len();
        let error = wrong(format!("{} bytes follow the message", rest.len())).at(at);
        return Err(error.with_help("where they are further messages, read one after the other"));
    }
    Ok(document)
}

/// Reads the message at the start of bytes, and returns what follows it: the next one of a stream, or nothing. Does not
/// copy.
///
/// # Errors
/// As [`decode`].
pub fn split(data: &Bytes, options: &ReadOptions) -> Result<(Document, Bytes)> {
    let end = token::check(data, options.limits.depth)?;
    let document = Document { data: data.slice(..end), limits: options.limits };
    Ok((document, data.slice(end..)))
}

/// Whether bytes are msgpack from their start to their end: one value that is no number, or several lists and maps one
/// after the other. Text would be as many numbers as it has characters.
pub(crate) fn is_whole(data: &[u8], depth: usize) -> bool {
    let starts = |at: usize| match data.get(at) {
        Some(0x80..=0x9f | 0xdc..=0xdf) => true,
        Some(0xa0..=0xbf | 0xc4..=0xc9 | 0xd4..=0xdb) => at == 0,
        _ => false,
    };
    let mut at = 0;
    while starts(at) {
        match token::check(data.get(at..).unwrap_or_default(), depth) {
            Ok(len) => at += len,
            Err(_) => return false,
        }
    }
    at > 0 && at == data.len()
}

/// A message that was checked.
#[derive(Clone)]
pub struct Document {
    /// Whole tokens, which make one value.
    data: Bytes,
    limits: Limits,
}

impl Document {
    /// The value.
    pub fn root(&self) -> Node<'_> {
        Node { document: self, at: 0 }
    }

    /// Every array and scalar of NumPy with its path, in the order of the message. Scans what nests once for
    /// each level around it; memory is that of one path. What is inside of an array is not looked at.
    pub fn arrays(&self) -> Arrays<'_> {
        Arrays::new(self)
    }

    /// Every map at any depth, those in keys and in the maps of arrays included.
    pub(crate) fn maps(&self) -> impl Iterator<Item = Node<'_>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            while next < self.data.len() {
                let at = next;
                let token = self.token(at)?;
                next = token.end;
                if matches!(token.kind, Kind::Map(_)) {
                    return Some(Node { document: self, at });
                }
            }
            None
        })
    }

    /// The node at a path such as `['layers'][0]`; the value itself at the empty one. The brackets and quotes can be left
    /// out of a path that is one key: `layers`.
    ///
    /// # Errors
    /// [`ErrorKind::Member`] if there is none; the arrays that there are, are named.
    pub fn find(&self, path: &str) -> Result<Node<'_>> {
        walk::find(self, path).ok_or_else(|| {
            const MOST: usize = 20;
            let mut paths = self.arrays().map(|(path, _)| path.to_string());
            let mut available: Vec<String> = paths.by_ref().take(MOST).collect();
            match paths.count() {
                0 => {}
                others => available.push(format!("{others} others")),
            }
            Error::new(ErrorKind::Member { name: path.into(), available })
        })
    }

    /// The bytes of the message.
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    fn token(&self, at: usize) -> Option<Token<'_>> {
        // It was checked, so that there is one at every place a node can have.
        token::read(&self.data, at).ok()
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("nbytes", &self.data.len()).finish_non_exhaustive()
    }
}

/// A value in a message.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    at: usize,
}

/// What a value is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum View<'a> {
    /// `None`
    Nil,
    /// `True`, `False`
    Bool(bool),
    /// An integer, in all forms that there are: from -2^63 to 2^64 - 1.
    Int(i128),
    /// A float of four or eight bytes.
    Float(f64),
    /// A `str`: UTF-8, but for old packers, whose bytes are the same.
    Str(&'a [u8]),
    /// A `bytes`.
    Bin(&'a [u8]),
    /// A list.
    List(Items<'a>),
    /// A dict: keys and values by turns.
    Map(Items<'a>),
    /// An extension type, such as a time stamp (-1).
    Ext(i8, &'a [u8]),
}

impl<'a> Node<'a> {
    /// Where it starts in the message, in bytes.
    pub fn offset(&self) -> u64 {
        self.at as u64
    }

    /// What it is. Does not copy.
    pub fn view(&self) -> View<'a> {
        let Some(token) = self.document.token(self.at) else { return View::Nil };
        let items = |left| Items { document: self.document, at: token.end, left };
        match token.kind {
            Kind::Nil => View::Nil,
            Kind::Bool(value) => View::Bool(value),
            Kind::Int(value) => View::Int(value),
            Kind::Float(value) => View::Float(value),
            Kind::Str(bytes) => View::Str(bytes),
            Kind::Bin(bytes) => View::Bin(bytes),
            Kind::Ext(code, bytes) => View::Ext(code, bytes),
            Kind::List(count) => View::List(items(count)),
            Kind::Map(count) => View::Map(items(2 * count)),
        }
    }

    /// The payload of a `str`, `bytes` or extension type, shared with the message.
    pub fn bytes(&self) -> Option<Bytes> {
        match self.view() {
            View::Str(bytes) | View::Bin(bytes) | View::Ext(_, bytes) => {
                Some(self.document.data.slice_ref(bytes))
            }
            _ => None,
        }
    }

    /// The text of a `str` or a `bytes`, which are the same to old packers.
    fn text(&self) -> Option<&'a [u8]> {
        match self.view() {
            View::Str(bytes) | View::Bin(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// What NumPy's objects it stands for; none for plain data.
    ///
    /// # Errors
    /// A map that msgpack-numpy takes for one, and then cannot read: a wrong dtype, shape or number of bytes;
    /// pointers to objects, which it writes of structs with such fields.
    pub fn numpy(&self) -> Result<Option<NumPyValue>> {
        numpy::read(*self)
    }

    /// The pickle that msgpack-numpy loads when it meets this value, whatever else is wrong with it: of an array of
    /// objects, the shape is not looked at.
    ///
    /// # Errors
    /// An array of objects without bytes.
    pub(crate) fn pickle(&self) -> Result<Option<Bytes>> {
        numpy::pickle(*self)
    }

    /// The array; a scalar as one of no axes.
    ///
    /// # Errors
    /// As [`numpy`](Self::numpy); objects, whose elements are a pickle ([`NumPyValue::Objects`]); other data.
    pub fn array(&self) -> Result<Array> {
        let other = |what: &str| Err(wrong(format!("{what}, and no array")).at(self.at));
        match self.numpy()? {
            Some(NumPyValue::Array(array) | NumPyValue::Scalar(array)) => Ok(array),
            Some(NumPyValue::Objects { .. }) => Err(Error::unsupported(
                "the elements are Python objects, which lie in the message as a pickle",
            )
            .at(self.at)),
            Some(NumPyValue::Complex(..)) => other("this is a complex number"),
            None => other("this is plain data"),
        }
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("at", &self.at).field("view", &self.view()).finish()
    }
}

/// The values of a list, or the keys and values of a map. Each step goes past all that is inside of a value.
#[derive(Clone)]
pub struct Items<'a> {
    document: &'a Document,
    at: usize,
    left: u64,
}

impl Items<'_> {
    /// How many there are left.
    pub fn count_left(&self) -> u64 {
        self.left
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.left = self.left.checked_sub(1)?;
        let node = Node { document: self.document, at: self.at };
        self.at = token::skip(&self.document.data, self.at);
        Some(node)
    }
}

impl fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("left", &self.left).finish_non_exhaustive()
    }
}

/// The error of bytes that are no message, or of a map that is no array.
fn wrong(message: impl fmt::Display) -> Error {
    Error::msgpack(message.to_string())
}
