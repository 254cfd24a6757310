//! Structs and subarrays: fields at checked offsets.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::{DType, MAX_ITEMSIZE};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_DEPTH;
use crate::literal::PyStr;
use crate::shape::{Shape, Tuple};

/// A named part of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    name: PyStr,
    title: Option<PyStr>,
    dtype: DType,
    offset: usize,
}

impl Field {
    /// A field at an offset in bytes from the start of the struct.
    pub fn new(name: impl Into<PyStr>, dtype: DType, offset: usize) -> Self {
        Self { name: name.into(), title: None, dtype, offset }
    }

    /// The same field with a title: a second name that NumPy finds it by.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<PyStr>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The name.
    pub fn name(&self) -> &PyStr {
        &self.name
    }

    /// The title, where there is one.
    pub fn title(&self) -> Option<&PyStr> {
        self.title.as_ref()
    }

    /// Whether NumPy finds the field by this text: its name or its title.
    pub(super) fn is_called(&self, text: &str) -> bool {
        self.name == *text || self.title.as_ref().is_some_and(|title| *title == *text)
    }

    /// The dtype of the field's values.
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// Where the field starts, in bytes from the start of the struct.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Where the field ends. Cannot overflow: a struct holds checked fields only.
    pub(crate) fn end(&self) -> usize {
        self.offset + self.dtype.itemsize()
    }
}

/// A structured dtype: fields that lie inside an itemsize, in any order, overlapping or not.
///
/// Equality does not look at the `aligned` flag: the bytes are the same.
#[derive(Clone, Debug)]
pub struct Struct {
    fields: Vec<Field>,
    itemsize: usize,
    aligned: bool,
    padding: Box<[Range<usize>]>,
    depth: usize,
}

impl Struct {
    /// A struct with the offsets of its fields given, as `np.dtype({'names': ..., 'offsets': ...})`.
    /// Without an itemsize it ends where its last byte does, rounded up to the alignment if aligned.
    ///
    /// # Errors
    /// A name or title that occurs twice, a field that ends behind the itemsize, an offset or
    /// itemsize that an aligned struct cannot have, or an itemsize beyond 2 GiB.
    pub fn new(fields: Vec<Field>, itemsize: Option<usize>, aligned: bool) -> Result<Self> {
        check_names(&fields)?;
        let mut end = 0;
        for field in &fields {
            let field_end = field
                .offset
                .checked_add(field.dtype.itemsize())
                .filter(|&end| end <= MAX_ITEMSIZE)
                .ok_or_else(too_large)?;
            if aligned && !field.offset.is_multiple_of(field.dtype.alignment()) {
                return Err(Error::dtype(format!(
                    "the offset {} of the field {:?} is no multiple of its alignment {}",
                    field.offset,
                    field.name,
                    field.dtype.alignment()
                )));
            }
            end = end.max(field_end);
        }
        let alignment = if aligned { alignment(&fields) } else { 1 };
        let least = end.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
        let itemsize = itemsize.unwrap_or(least);
        if itemsize < end {
            return Err(Error::dtype(format!(
                "the fields take {end} bytes, the itemsize is {itemsize}"
            )));
        }
        if !itemsize.is_multiple_of(alignment) {
            return Err(Error::dtype(format!(
                "the itemsize {itemsize} is no multiple of the alignment {alignment}"
            )));
        }
        if itemsize > MAX_ITEMSIZE {
            return Err(too_large());
        }
        let padding = gaps(&fields, itemsize);
        let depth = deeper(fields.iter().map(|field| &field.dtype))?;
        Ok(Self { fields, itemsize, aligned, padding, depth })
    }

    pub(super) fn packed(
        fields: impl Iterator<Item = (PyStr, Option<PyStr>, DType)>,
    ) -> Result<Self> {
        Self::in_sequence(fields, false)
    }

    pub(super) fn aligned(
        fields: impl Iterator<Item = (PyStr, Option<PyStr>, DType)>,
    ) -> Result<Self> {
        Self::in_sequence(fields, true)
    }

    /// Lays fields one after the other.
    fn in_sequence(
        fields: impl Iterator<Item = (PyStr, Option<PyStr>, DType)>,
        aligned: bool,
    ) -> Result<Self> {
        let mut end = 0_usize;
        let mut placed = Vec::new();
        for (name, title, dtype) in fields {
            let alignment = if aligned { dtype.alignment() } else { 1 };
            let offset = end.checked_next_multiple_of(alignment).ok_or_else(too_large)?;
            end = offset.checked_add(dtype.itemsize()).ok_or_else(too_large)?;
            placed.push(Field { name, title, dtype, offset });
        }
        Self::new(placed, None, aligned)
    }

    /// The fields, in the order of `dtype.names`.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The bytes of one struct, padding included.
    pub fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The bytes that no field covers, in order.
    pub fn padding(&self) -> &[Range<usize>] {
        &self.padding
    }

    /// How many structs and subarrays lie in each other, this one included.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Whether it was made with `align=True`.
    pub fn is_aligned(&self) -> bool {
        self.aligned
    }

    /// The alignment: that of its widest field if aligned, else 1.
    pub fn alignment(&self) -> usize {
        if self.aligned { alignment(&self.fields) } else { 1 }
    }

    /// Whether each field starts where the one before it ends (and, where the struct is aligned, its
    /// alignment lets it), and nothing follows the last: NumPy then shows it as a list.
    pub(super) fn is_sequence(&self) -> bool {
        let round = |end: usize, to| if self.aligned { end.next_multiple_of(to) } else { end };
        let mut end = 0;
        for field in &self.fields {
            if field.offset != round(end, field.dtype.alignment()) {
                return false;
            }
            end = field.end();
        }
        round(end, self.alignment()) == self.itemsize
    }

    /// The same layout with each field's dtype replaced by one of the same size.
    pub(super) fn map_dtypes(&self, map: impl Fn(&DType) -> DType) -> Self {
        let fields = self.fields.iter().map(|field| {
            let dtype = map(&field.dtype);
            debug_assert_eq!(dtype.itemsize(), field.dtype.itemsize());
            Field { dtype, ..field.clone() }
        });
        Self { fields: fields.collect(), padding: self.padding.clone(), ..*self }
    }
}

impl PartialEq for Struct {
    fn eq(&self, other: &Self) -> bool {
        self.itemsize == other.itemsize && self.fields == other.fields
    }
}

impl Eq for Struct {}

impl Hash for Struct {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.itemsize.hash(state);
        self.fields.hash(state);
    }
}

/// The bytes of an itemsize that no field covers.
fn gaps(fields: &[Field], itemsize: usize) -> Box<[Range<usize>]> {
    let mut spans: Vec<_> = fields.iter().map(|field| field.offset..field.end()).collect();
    spans.sort_by_key(|span| span.start);
    let mut end = 0;
    let mut gaps = Vec::new();
    let last = itemsize..itemsize;
    for span in spans.into_iter().chain(std::iter::once(last)) {
        if span.start > end {
            gaps.push(end..span.start);
        }
        end = end.max(span.end);
    }
    gaps.into()
}

fn alignment(fields: &[Field]) -> usize {
    fields.iter().map(|field| field.dtype.alignment()).max().unwrap_or(1)
}

/// Names and titles share one dict in NumPy, so none may occur twice; a title may equal its own name
/// no more than another's.
fn check_names(fields: &[Field]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for name in fields.iter().flat_map(|field| [Some(&field.name), field.title.as_ref()]).flatten()
    {
        if !seen.insert(name) {
            return Err(Error::dtype(format!("the field name or title {name:?} occurs twice")));
        }
    }
    Ok(())
}

/// One level more than the deepest of some dtypes. Bounded, as dtypes are walked by recursion.
fn deeper<'d>(dtypes: impl Iterator<Item = &'d DType>) -> Result<usize> {
    let depth = dtypes.map(DType::depth).max().unwrap_or(0) + 1;
    if depth > MAX_DEPTH {
        return Err(Error::limit("depth", MAX_DEPTH as u64, depth as u64));
    }
    Ok(depth)
}

fn too_large() -> Error {
    Error::dtype("an itemsize beyond 2147483647 bytes")
}

impl Error {
    pub(super) fn field(name: &str, fields: &[Field]) -> Self {
        Self::new(ErrorKind::Field {
            name: name.to_owned(),
            available: fields
                .iter()
                .map(|field| field.name.to_string_lossy().into_owned())
                .collect(),
        })
    }
}

/// A fixed shape of elements of one dtype, in C order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subarray {
    base: DType,
    shape: Shape,
    itemsize: usize,
    depth: usize,
}

impl Subarray {
    pub(super) fn new(base: DType, shape: &[usize]) -> Result<Self> {
        if let Some(dim) = shape.iter().find(|&&dim| dim > MAX_ITEMSIZE) {
            return Err(Error::dtype(format!("a subarray axis of {dim} does not fit a C int")));
        }
        let itemsize = Shape::new(shape)?.bytes(base.itemsize())?;
        if itemsize > MAX_ITEMSIZE {
            return Err(Error::dtype(format!(
                "a subarray {} of {}-byte elements is larger than 2147483647 bytes",
                Tuple(shape),
                base.itemsize()
            )));
        }
        let depth = deeper(std::iter::once(&base))?;
        Ok(Self { base, shape: Shape::new(shape)?, itemsize, depth })
    }

    /// The dtype of the elements.
    pub fn base(&self) -> &DType {
        &self.base
    }

    /// The shape: one axis or more.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn itemsize(&self) -> usize {
        self.itemsize
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    pub(super) fn map_base(&self, map: impl Fn(&DType) -> DType) -> Self {
        Self { base: map(&self.base), ..self.clone() }
    }
}
