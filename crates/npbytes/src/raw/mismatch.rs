//! What to say when bytes do not fill the wanted shape and dtype: which dtypes, which shapes would,
//! and whether the bytes are no raw ones at all.

use std::fmt::{self, Write};

use super::Spec;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind};
use crate::shape::{Shape, Tuple};
use crate::sniff::Encoding;

/// Bytes that do not fill the shape and dtype they were said to have.
///
/// `Display` says what does not fit; [`Mismatch::help`] what would.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    dtype: DType,
    shape: Option<Vec<i64>>,
    available: usize,
    problem: Problem,
    encoding: Option<Encoding>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Problem {
    /// No whole number of elements.
    Remainder,
    /// Another number of elements.
    Shape,
    /// Fewer bytes than asked for.
    Short { needed: usize },
}

impl Mismatch {
    pub(super) fn new(
        spec: &Spec,
        encoding: Option<Encoding>,
        available: usize,
        problem: Problem,
    ) -> Self {
        Self { dtype: spec.dtype.clone(), shape: spec.shape.clone(), available, problem, encoding }
    }

    /// A buffer of another length than its shape and dtype say.
    pub(crate) fn of_buffer(dtype: &DType, shape: &Shape, available: usize) -> Self {
        let shape = shape.iter().filter_map(|&dim| dim.try_into().ok()).collect();
        Self {
            dtype: dtype.clone(),
            shape: Some(shape),
            available,
            problem: Problem::Shape,
            encoding: None,
        }
    }

    /// How many bytes there are, after the offset.
    pub fn available(&self) -> usize {
        self.available
    }

    /// The dtype that was asked for.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The shape that was asked for.
    pub fn shape(&self) -> Option<&[i64]> {
        self.shape.as_deref()
    }

    /// How many elements the known axes of the shape hold.
    fn elements(&self) -> Option<usize> {
        let known = self.shape.as_ref()?.iter().filter(|&&dim| dim != -1);
        known
            .map(|&dim| usize::try_from(dim).ok())
            .try_fold(1, |n, dim| usize::checked_mul(n, dim?))
    }

    /// Dtypes that would fill the shape, shapes that would fit the dtype, and what else the bytes may
    /// be.
    pub fn help(&self) -> Option<String> {
        if let Some(encoding) = self.encoding {
            return Some(format!("these bytes are {encoding}: read them as that"));
        }
        let mut parts = Vec::new();
        let open = self.shape.as_ref().is_some_and(|shape| shape.contains(&-1));
        if let (Some(shape), Some(elements)) = (&self.shape, self.elements())
            && !open
            && elements > 0
            && self.available > 0
        {
            let size = self.available / elements;
            if self.available.is_multiple_of(elements) {
                let names = dtypes_of_size(size);
                parts.push(format!(
                    "they fill {} of any {size}-byte item: {}",
                    Tuple(shape),
                    names.join(", ")
                ));
            }
            // A header is short beside the data, and leaves no whole number of elements by accident only.
            let needed = elements.saturating_mul(self.dtype.itemsize());
            if let Some(more) = self.available.checked_sub(needed)
                && !self.available.is_multiple_of(elements)
                && (1..=4096.min(needed)).contains(&more)
            {
                parts
                    .push(format!("if {more} bytes of header come first, skip them as the offset"));
            }
        }
        let itemsize = self.dtype.itemsize();
        if itemsize > 0 && self.available.is_multiple_of(itemsize) {
            let shapes = shapes_of(self.available / itemsize, self.shape.as_deref());
            if !shapes.is_empty() {
                let list: Vec<_> = shapes.iter().map(|shape| Tuple(shape).to_string()).collect();
                parts.push(format!("as {} they could be {}", self.dtype, list.join(", ")));
            }
        } else if self.shape.is_none() || open {
            let names: Vec<_> = [16, 8, 4, 2, 1]
                .into_iter()
                .filter(|size| self.available.is_multiple_of(*size) && *size < itemsize.max(2))
                .take(2)
                .flat_map(dtypes_of_size)
                .collect();
            if !names.is_empty() {
                parts.push(format!("they are whole numbers of {}", names.join(", ")));
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dtype, itemsize) = (&self.dtype, self.dtype.itemsize());
        write!(f, "{} bytes do not fill ", self.available)?;
        match (&self.shape, self.problem) {
            (Some(shape), Problem::Shape) if shape.contains(&-1) => {
                let elements = self.available.checked_div(itemsize).unwrap_or(0);
                write!(f, "{} of {dtype}: {elements} elements are no multiple of ", Tuple(shape))?;
                write!(f, "{}", self.elements().unwrap_or(0))
            }
            (Some(shape), Problem::Shape) => {
                write!(f, "{} of {dtype}", Tuple(shape))?;
                match self.elements().and_then(|elements| elements.checked_mul(itemsize)) {
                    Some(needed) => write!(f, " ({needed})"),
                    None => f.write_str(" (more than memory can address)"),
                }
            }
            (shape, Problem::Remainder) => {
                let mut what = String::new();
                if let Some(shape) = shape {
                    write!(what, "{} of ", Tuple(shape))?;
                }
                write!(
                    f,
                    "{what}{dtype}: {} elements of {itemsize} bytes leave {} over",
                    self.available / itemsize.max(1),
                    self.available % itemsize.max(1)
                )
            }
            // Without a shape every number of elements fits.
            (None, Problem::Shape) => write!(f, "an array of {dtype}"),
            (_, Problem::Short { needed }) => {
                write!(f, "{} elements of {dtype} ({needed})", needed / itemsize.max(1))
            }
        }
    }
}

impl From<Mismatch> for Error {
    fn from(mismatch: Mismatch) -> Self {
        Self::new(ErrorKind::Mismatch(Box::new(mismatch)))
    }
}

/// The encoding that bytes have beyond doubt. Two bytes of a pickle may be chance, but not if it ends as
/// one too.
pub(super) fn encoding_of(data: &[u8]) -> Option<Encoding> {
    let is_pickle = data.len() > Encoding::HEAD && data.last() == Some(&b'.');
    Encoding::of(data)
        .filter(|encoding| encoding.is_certain() || *encoding == Encoding::Pickle && is_pickle)
}

/// Names of NumPy's dtypes of an itemsize in bytes, the likeliest first; for odd sizes strings, raw
/// voids and, where it divides, characters.
pub fn dtypes_of_size(size: usize) -> Vec<String> {
    let names: &[&str] = match size {
        1 => &["uint8", "int8", "bool"],
        2 => &["int16", "uint16", "float16"],
        4 => &["float32", "int32", "uint32"],
        8 => &["int64", "uint64", "float64", "datetime64", "complex64"],
        16 => &["complex128", "longdouble"],
        32 => &["clongdouble"],
        _ => &[],
    };
    let mut names: Vec<String> = names.iter().map(|&name| name.into()).collect();
    if names.is_empty() && size > 0 {
        names.push(format!("S{size}"));
        if size.is_multiple_of(4) {
            names.push(format!("U{}", size / 4));
        }
        names.push(format!("V{size}"));
    }
    names
}

/// Shapes that hold exactly this many elements, the likeliest first, eight at most: the wanted shape
/// with one axis changed or one added, squares, cubes of images, and pairs of factors near the square.
pub fn shapes_of(elements: usize, wanted: Option<&[i64]>) -> Vec<Vec<usize>> {
    let mut shapes: Vec<Vec<usize>> = Vec::new();
    let mut add = |shape: Vec<usize>| {
        if shapes.len() < 8 && !shapes.contains(&shape) {
            shapes.push(shape);
        }
    };
    if elements == 0 {
        return vec![vec![0]];
    }
    if let Some(wanted) = wanted {
        let dims: Vec<usize> =
            wanted.iter().map(|&dim| usize::try_from(dim).unwrap_or(1).max(1)).collect();
        let product = |dims: &[usize]| dims.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim));
        for axis in 0..dims.len() {
            let mut changed = dims.clone();
            changed[axis] = 1;
            if let Some(others) =
                product(&changed).filter(|&others| elements.is_multiple_of(others))
            {
                changed[axis] = elements / others;
                add(changed);
            }
        }
        if let Some(whole) =
            product(&dims).filter(|&whole| whole > 1 && elements.is_multiple_of(whole))
        {
            add(std::iter::once(elements / whole).chain(dims).collect());
        }
    }
    add(vec![elements]);
    let root = elements.isqrt();
    if root * root == elements && root > 1 {
        add(vec![root, root]);
    }
    for channels in [3, 4] {
        let pixels = elements / channels;
        let side = pixels.isqrt();
        if side > 7 && side * side * channels == elements {
            add(vec![side, side, channels]);
        }
    }
    // Near the square first; far from it a pair says little. The bound keeps a huge prime cheap.
    let nearest = (root.saturating_sub(100_000).max(2)..=root).rev();
    for factor in nearest.filter(|factor| elements.is_multiple_of(*factor)).take(3) {
        add(vec![elements / factor, factor]);
        add(vec![factor, elements / factor]);
    }
    shapes
}
