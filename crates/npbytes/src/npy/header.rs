//! The header: magic, version, length, a Python dict, padding. Read here, written in [`write`].

mod write;

use std::ops::Range;

use bytes::Bytes;
use smallvec::SmallVec;
pub(super) use write::{write, write_any, write_in_place};

use super::{MAGIC, ReadOptions, refuse_objects};
use crate::array::{Array, ArrayView};
use crate::dtype::{DType, parse_typestr};
use crate::error::{Error, ErrorKind, Result};
use crate::literal::{self, Value};
use crate::numpy::Python;
use crate::shape::{AxisOrder, Shape};

/// The most bytes that come before the text of a header: magic, version, length.
pub(super) const PREFIX: usize = 12;

/// The whole prefix is padded to a multiple of this, so that elements are aligned.
const ALIGN: usize = 64;

/// A step of padding.
const SPACES: &str = "                                                                ";

/// What a .npy file says of its array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    version: (u8, u8),
    dtype: DType,
    shape: Shape,
    fortran_order: bool,
    data_offset: usize,
    data_len: usize,
}

impl Header {
    /// Reads the header at the start of .npy bytes; the elements need not be there.
    ///
    /// # Errors
    /// What `np.load` refuses, and negative dimensions; a header over the limit; bytes that end inside
    /// the header.
    pub fn parse(data: &[u8], options: &ReadOptions) -> Result<Self> {
        let start = Start::parse(data)?;
        let end = start.check(options)?;
        let text = data.get(start.text..end).ok_or_else(|| {
            Error::truncated("the .npy header", end as u64, data.len() as u64).at(data.len())
        })?;
        start.header(text, options)
    }

    /// The format version: `(1, 0)`, `(2, 0)` or `(3, 0)`.
    pub fn version(&self) -> (u8, u8) {
        self.version
    }

    /// The type of the elements.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The lengths of the axes, in elements.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether the first axis varies fastest.
    pub fn fortran_order(&self) -> bool {
        self.fortran_order
    }

    /// The order of the axes in memory.
    pub fn order(&self) -> AxisOrder {
        if self.fortran_order { AxisOrder::F } else { AxisOrder::C }
    }

    /// Where the elements start, in bytes from the start of the file.
    pub fn data_offset(&self) -> usize {
        self.data_offset
    }

    /// How many bytes the elements take.
    pub fn data_len(&self) -> usize {
        self.data_len
    }

    /// Where the file or the next array begins after this one, in bytes from the start.
    pub fn end(&self) -> u64 {
        self.data_offset as u64 + self.data_len as u64
    }

    /// The axis along which rows lie one after the other: the first, the last in Fortran order; `None`
    /// for a 0-d array.
    pub fn row_axis(&self) -> Option<usize> {
        let last = self.shape.len().checked_sub(1)?;
        Some(if self.fortran_order { last } else { 0 })
    }

    /// Where the elements lie in a file of the given length.
    pub(super) fn data_range_in(&self, available: usize) -> Result<Range<usize>> {
        refuse_objects(&self.dtype)?;
        let end = self.data_offset.checked_add(self.data_len);
        match end.filter(|&end| end <= available) {
            Some(end) => Ok(self.data_offset..end),
            None => Err(self.truncated(available)),
        }
    }

    pub(super) fn truncated(&self, available: usize) -> Error {
        let found = available.saturating_sub(self.data_offset);
        Error::truncated("the array data", self.data_len as u64, found as u64)
            .at(available)
            .with_help(format!(
                "the header promises {} of {}; the file may have been cut off",
                self.shape, self.dtype
            ))
    }

    pub(super) fn into_array(self, data: Bytes) -> Result<Array> {
        let order = self.order();
        Array::new(self.dtype, self.shape, order, data)
    }

    pub(super) fn into_view(self, data: &[u8]) -> Result<ArrayView<'_>> {
        if data.len() != self.data_len {
            return Err(self.truncated(self.data_offset + data.len()));
        }
        let order = self.order();
        Ok(ArrayView::dense(self.dtype, self.shape, &order, data))
    }
}

/// Magic, version and length of the text.
pub(super) struct Start {
    version: (u8, u8),
    /// Where the text starts.
    text: usize,
    len: u32,
}

impl Start {
    /// Reads the first bytes; twelve are enough.
    pub(super) fn parse(data: &[u8]) -> Result<Self> {
        let Some(rest) = data.strip_prefix(&MAGIC) else {
            // A file that is cut off inside the magic is a truncated one, not one of another kind.
            if !data.is_empty() && MAGIC.starts_with(data) {
                return Err(Self::truncated(data.len()));
            }
            let found = data[..data.len().min(8)].to_vec();
            let error = Error::new(ErrorKind::Magic { expected: "a .npy file", found }).at(0_u64);
            return Err(match crate::sniff::Encoding::of(data) {
                Some(encoding) => error.with_help(format!("the input looks like {encoding}")),
                None => error.with_help("raw bytes need a dtype and a shape"),
            });
        };
        match *rest {
            [1, 0, a, b, ..] => {
                Ok(Self { version: (1, 0), text: 10, len: u16::from_le_bytes([a, b]).into() })
            }
            [major @ (2 | 3), 0, a, b, c, d, ..] => {
                Ok(Self { version: (major, 0), text: 12, len: u32::from_le_bytes([a, b, c, d]) })
            }
            [1..=3, 0, ..] | [1..=3] | [] => Err(Self::truncated(data.len())),
            [major, ref rest @ ..] => {
                let found = (major, rest.first().copied().unwrap_or(0));
                Err(Error::new(ErrorKind::NpyVersion { found }).at(MAGIC.len()))
            }
        }
    }

    fn truncated(found: usize) -> Error {
        Error::truncated("the .npy header", PREFIX as u64, found as u64).at(found)
    }

    /// Where the text starts and ends, once its length is known to be allowed.
    pub(super) fn check(&self, options: &ReadOptions) -> Result<usize> {
        let (limit, len) = (options.limits.header_bytes, u64::from(self.len));
        // NumPy counts characters; one of UTF-8 has four bytes at most, and is counted when it is read.
        if len > limit.saturating_mul(if self.version == (3, 0) { 4 } else { 1 }) {
            return Err(Error::limit("header_bytes", limit, len).at(8_u64));
        }
        usize::try_from(self.len)
            .ok()
            .and_then(|len| len.checked_add(self.text))
            .ok_or_else(|| Error::limit("header_bytes", usize::MAX as u64, len).at(8_u64))
    }

    /// Reads the text between the start and the elements.
    pub(super) fn header(&self, text: &[u8], options: &ReadOptions) -> Result<Header> {
        if self.version == (3, 0) {
            let is_start = |byte: &&u8| !matches!(byte, 0x80..0xc0);
            let (limit, len) =
                (options.limits.header_bytes, text.iter().filter(is_start).count() as u64);
            if len > limit {
                return Err(Error::limit("header_bytes", limit, len).at(8_u64));
            }
        }
        let parts = match Parts::canonical(text) {
            Some(parts) => parts,
            None => Parts::parse(text, self.version, options)
                .map_err(|error| error.shifted(self.text as u64))?,
        };
        let data_len =
            parts.shape.bytes(parts.dtype.itemsize()).map_err(|error| error.at(self.text))?;
        Ok(Header {
            version: self.version,
            dtype: parts.dtype,
            shape: parts.shape,
            fortran_order: parts.fortran_order,
            data_offset: self.text + text.len(),
            data_len,
        })
    }
}

/// The three values of the dict.
#[derive(Debug, PartialEq)]
struct Parts {
    dtype: DType,
    fortran_order: bool,
    shape: Shape,
}

impl Parts {
    /// Reads a header that is written exactly as NumPy writes those of plain numbers and strings: most
    /// are, and a small array is decoded in a tenth of the time. `None` for all others, which may be
    /// valid still.
    fn canonical(text: &[u8]) -> Option<Self> {
        let text = text.strip_prefix(b"{'descr': '")?;
        // The longest typestr without a unit is `|S2147483647`.
        let quote = text.iter().take(16).position(|&b| b == b'\'')?;
        let dtype = parse_typestr(&text[..quote])?;
        let text = text[quote..].strip_prefix(b"', 'fortran_order': ")?;
        let (fortran_order, text) = match text.strip_prefix(b"False") {
            Some(text) => (false, text),
            None => (true, text.strip_prefix(b"True")?),
        };
        let mut text = text.strip_prefix(b", 'shape': (")?;
        let mut dims: SmallVec<[usize; 4]> = SmallVec::new();
        let mut comma = false;
        loop {
            let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
            if !(1..=18).contains(&digits) || (digits > 1 && text[0] == b'0') {
                break;
            }
            let dim = text[..digits].iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0'));
            dims.push(usize::try_from(dim).ok()?);
            text = &text[digits..];
            match text {
                [b',', b' ', ..] => text = &text[2..],
                [b',', b')', ..] if dims.len() == 1 => text = &text[1..],
                _ => break,
            }
            comma = true;
        }
        // `(3)` is a number in brackets, no tuple.
        if dims.len() == 1 && !comma {
            return None;
        }
        let padding = text.strip_prefix(b"), }")?.strip_suffix(b"\n")?;
        if !padding.chunks(ALIGN).all(|chunk| SPACES.as_bytes().starts_with(chunk)) {
            return None;
        }
        Some(Self { dtype, fortran_order, shape: Shape::new(&dims).ok()? })
    }

    /// Reads any header that `np.load` reads.
    fn parse(text: &[u8], version: (u8, u8), options: &ReadOptions) -> Result<Self> {
        let mut latin1 = false;
        let decoded = if version == (3, 0) {
            std::str::from_utf8(text)
                .map(str::to_owned)
                .map_err(|error| Error::header("the text is not UTF-8").at(error.valid_up_to()))?
        } else {
            latin1 = true;
            text.iter().map(|&b| char::from(b)).collect()
        };
        Self::parse_text(&decoded, version, options).map_err(|error| {
            // Offsets count bytes of the decoded text; those of the file are characters in Latin-1.
            error.map_offset(|at| match usize::try_from(at).ok().and_then(|at| decoded.get(..at)) {
                Some(before) if latin1 => before.chars().count() as u64,
                _ => at,
            })
        })
    }

    fn parse_text(text: &str, version: (u8, u8), options: &ReadOptions) -> Result<Self> {
        // The length of a header has its own limit, and was checked.
        let literal_options = literal::Options {
            limits: options.limits.literal_bytes(u64::MAX),
            python2_longs: version != (3, 0),
        };
        let header = literal::parse_with(text, &literal_options)?;
        // Values have no places; the last text that is a key is near enough.
        let place = |key: &Value| text.rfind(&key.repr(Python::DEFAULT)).unwrap_or(0);
        let Value::Dict(pairs) = &header else {
            return Err(
                Error::header(format!("expected a dict, found {}", header.type_name())).at(0_u64)
            );
        };
        let [descr, fortran_order, shape] =
            ["descr", "fortran_order", "shape"].map(|key| Value::Str(key.into()));
        for (key, _) in pairs {
            if ![&descr, &fortran_order, &shape].contains(&key) {
                return Err(Error::header(format!(
                    "an unexpected key {}",
                    key.repr(Python::DEFAULT)
                ))
                .at(place(key)));
            }
        }
        let value = |key: &Value| match pairs.iter().rev().find(|(found, _)| found == key) {
            Some((_, value)) => Ok(value),
            None => Err(Error::header(format!("the key {} is missing", key.repr(Python::DEFAULT)))
                .at(text.rfind('}').unwrap_or(0))),
        };
        let dims = dims(value(&shape)?).map_err(|error| error.at(place(&shape)))?;
        let fortran = match value(&fortran_order)? {
            Value::Bool(fortran) => *fortran,
            other => {
                return Err(Error::header(format!(
                    "'fortran_order' must be True or False, found {}",
                    other.repr(Python::DEFAULT)
                ))
                .at(place(&fortran_order)));
            }
        };
        let dtype = DType::from_descr_in(text, value(&descr)?)
            .and_then(element_type)
            .map_err(|error| error.at(place(&descr)))?;
        Ok(Self { dtype, fortran_order: fortran, shape: dims })
    }
}

/// NumPy spreads a subarray dtype over axes that the header's shape does not have: it can only read the
/// file if there is one element in it.
fn element_type(dtype: DType) -> Result<DType> {
    match dtype.as_subarray() {
        Some((base, shape)) if shape.iter().all(|&dim| dim == 1) => element_type(base.clone()),
        Some(_) => Err(Error::header(format!("an array cannot be of the subarray dtype {dtype}"))),
        None => Ok(dtype),
    }
}

fn dims(shape: &Value) -> Result<Shape> {
    let wrong = || {
        Error::header(format!(
            "'shape' must be a tuple of lengths, found {}",
            shape.repr(Python::DEFAULT)
        ))
    };
    let Value::Tuple(items) = shape else { return Err(wrong()) };
    let mut dims: SmallVec<[usize; 4]> = SmallVec::new();
    for item in items {
        match item {
            Value::Int(dim) if *dim < 0 => {
                return Err(Error::header(format!("a dimension of {dim}")).with_help(
                    "some NumPy versions read -1 as \"the rest of the file\"; read such a file as raw \
                     bytes with an offset",
                ));
            }
            Value::Int(dim) => dims.push(usize::try_from(*dim).map_err(|_| {
                Error::shape(format!("an axis of {dim} elements is more than memory can address"))
            })?),
            _ => return Err(wrong()),
        }
    }
    Shape::new(&dims)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::npy::WriteOptions;

    /// The quick reader must see in a header what the full one sees.
    #[test]
    fn canonical_headers_read_the_same_both_ways() {
        let dtypes = ["<i4", ">f8", "|b1", "|u1", "<U3", "|S12", "|V0", "<c16", ">f16", "<f2"];
        let shapes: [&[usize]; 8] =
            [&[], &[0], &[3], &[10, 2], &[0, 3], &[1, 1, 1, 1, 1], &[123_456_789], &[2, 0, 9]];
        for (dtype, shape) in dtypes.iter().flat_map(|d| shapes.iter().map(move |s| (d, s))) {
            for fortran in [false, true] {
                let mut file = Vec::new();
                let dtype = DType::parse(dtype).unwrap();
                let shape = Shape::new(shape).unwrap();
                write(&mut file, &dtype, &shape, fortran, &WriteOptions::default()).unwrap();
                let text = &file[10..];
                let quick = Parts::canonical(text).expect("written as NumPy writes it");
                let full = Parts::parse(text, (1, 0), &ReadOptions::default()).unwrap();
                assert_eq!(quick, full);
                assert_eq!(quick, Parts { dtype, fortran_order: fortran, shape });
            }
        }
    }

    #[test]
    fn what_is_not_canonical_is_left_to_the_full_reader() {
        let header = "{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }   \n";
        assert!(Parts::canonical(header.as_bytes()).is_some());
        for (from, to) in [
            ("(3,)", "(3)"),
            ("(3,)", "(03,)"),
            ("(3,)", "(3, 2,)"),
            ("(3,)", "(,)"),
            ("(3,)", "(-3,)"),
            ("(3,)", "(3L,)"),
            ("(3,)", "(99999999999999999999,)"),
            ("<i4", "<i3"),
            ("<i4", "<M8[s]"),
            ("<i4", "=i4"),
            ("<i4", "<i 4"),
            ("<i4", "<i+4"),
            ("<i4", "<i\r4"),
            ("<i4", "<i\n4"),
            ("False", "0"),
            (", }", "}"),
            ("   \n", "   "),
            ("   \n", " #\n"),
            ("   \n", "\n\n"),
        ] {
            let other = header.replace(from, to);
            assert!(Parts::canonical(other.as_bytes()).is_none(), "{other}");
        }
    }
}
