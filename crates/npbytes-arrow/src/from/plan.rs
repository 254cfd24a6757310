//! What an Arrow type becomes: decided once, before any element is touched.
//!
//! A plan is made from a type, from the dtype that the metadata wants, and, where widths and lengths are in the data
//! only, from the data. It holds no data.

mod lists;
mod natural;
mod objects;
mod wanted;

use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use npbytes::{DType, Kind};

use super::extension::Extension;
use super::meta::{Meta, NullWas, extension_of, says_nan};
use super::time::Step;
use crate::{Error, FromArrow, Result};

/// How the elements of an array are made.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// What one element is.
    pub(super) dtype: DType,
    /// The bytes of the mask of one element.
    pub(super) mask_size: usize,
    /// The axes that each row has, in the order of the logical axes.
    pub(super) dims: Vec<usize>,
    /// How many elements a row has.
    pub(super) elements: usize,
    /// Whether the field itself says that nulls were NaN.
    pub(super) nan: bool,
    pub(super) node: Node,
}

/// From what they are made.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// The same bytes, but for their order.
    Copy { swap: bool },
    /// Bits to bytes.
    Bits,
    /// Single to half floats.
    Half { swap: bool },
    /// float64 to long doubles.
    Extended { swap: bool },
    /// Integers or decimals to float64.
    Rounded,
    /// Another unit or another width of a time.
    Time { step: Step, swap: bool },
    /// UTF-8 to UCS-4; `exact` where a zero at the end would be lost.
    Text { exact: bool },
    /// Bytes to a fixed width.
    Bytes { exact: bool },
    /// Two floats are one complex number.
    Parts(Box<Plan>),
    /// The fields of a struct.
    Fields(Vec<FieldPlan>),
    /// Lists of one length: that length, and their axes as they lie in Arrow, with their distances in elements.
    List { size: usize, axes: Vec<(usize, usize)>, item: Box<Plan> },
    /// A dictionary or runs.
    Encoded(Box<Plan>),
    /// Python's objects.
    Object(Object),
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub(super) struct FieldPlan {
    pub(super) name: String,
    /// Which column.
    pub(super) column: usize,
    /// Where it is in an element, and in the mask of one.
    pub(super) data: usize,
    pub(super) mask: usize,
    pub(super) plan: Plan,
}

/// What an object is.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// `None`, always.
    None,
    /// `str`
    Text,
    /// `bytes`
    Bytes,
    /// A Python scalar of an element.
    Scalar(Box<Plan>),
    /// A list.
    List(Box<Plan>),
    /// An array.
    Array(Box<Plan>),
    /// An array with a shape of its own, by the columns that hold elements and shapes.
    Tensor { data: usize, shape: usize, permutation: Option<Vec<usize>>, item: Box<Plan> },
}

impl Plan {
    /// One element a row.
    pub(super) fn of(dtype: DType, node: Node) -> Self {
        let mask_size = mask_size(&dtype);
        Self { dtype, mask_size, dims: Vec::new(), elements: 1, nan: false, node }
    }

    /// Whether the elements are objects.
    pub(super) fn has_object(&self) -> bool {
        self.dtype.has_object()
    }

    /// The bytes of the elements and of the mask of a row.
    pub(super) fn row_bytes(&self) -> (usize, usize) {
        // Saturated, they are over every budget.
        (
            self.elements.saturating_mul(self.dtype.itemsize()),
            self.elements.saturating_mul(self.mask_size),
        )
    }
}

/// The bytes that `np.ma.make_mask_descr(dtype)` takes: one for each element of each field.
pub(super) fn mask_size(dtype: &DType) -> usize {
    match dtype.kind() {
        Kind::Struct(fields) => fields
            .fields()
            .iter()
            .fold(0, |size, field| size.saturating_add(mask_size(field.dtype()))),
        Kind::Subarray(sub) => {
            sub.shape().iter().fold(mask_size(sub.base()), |size, &dim| size.saturating_mul(dim))
        }
        _ => 1,
    }
}

/// An array that a plan is made for, and which of its rows do not count.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    pub(super) array: ArrayRef,
    pub(super) above: Option<NullBuffer>,
}

impl Chunk {
    /// Whether a row is null, or in one that is.
    pub(super) fn is_null(&self, row: usize) -> bool {
        let above = self.above.as_ref();
        self.array.is_null(row)
            || above.is_some_and(|nulls| row < nulls.len() && nulls.is_null(row))
    }
}

/// All arrays that a plan is made for.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    pub(super) list: Vec<Chunk>,
    /// Whether a row of what they are in is null.
    pub(super) nullable: bool,
}

impl Chunks {
    pub(super) fn new(arrays: &[ArrayRef]) -> Self {
        let chunk = |array: &ArrayRef| Chunk { array: array.clone(), above: None };
        Self { list: arrays.iter().map(chunk).collect(), nullable: false }
    }

    /// Whether any element is null.
    fn has_nulls(&self) -> bool {
        self.nullable || self.list.iter().any(|chunk| chunk.array.null_count() > 0)
    }

    /// Parts of them, of as many rows.
    fn columns(&self, column: impl Fn(&ArrayRef) -> Option<ArrayRef>) -> Self {
        let part = |chunk: &Chunk| {
            let above = NullBuffer::union(chunk.above.as_ref(), chunk.array.nulls());
            Some(Chunk { array: column(&chunk.array)?, above })
        };
        Self { nullable: self.has_nulls(), list: self.list.iter().filter_map(part).collect() }
    }

    /// What they are made of, whose rows are others.
    fn parts(&self, part: impl Fn(&ArrayRef) -> Option<ArrayRef>) -> Self {
        let part = |chunk: &Chunk| Some(Chunk { array: part(&chunk.array)?, above: None });
        Self { nullable: self.has_nulls(), list: self.list.iter().filter_map(part).collect() }
    }
}

/// Makes plans; `None` where the data would have to be seen, and is not there.
pub(super) struct Planner<'p> {
    pub(super) options: &'p FromArrow,
    pub(super) meta: &'p Meta,
    pub(super) notes: Vec<String>,
}

/// What is planned for: a type as its field has it.
#[derive(Clone, Copy)]
pub(super) struct Source<'s> {
    pub(super) data_type: &'s DataType,
    pub(super) extension: &'s Extension,
    pub(super) nullable: bool,
    pub(super) depth: usize,
    /// Whether these are what lists of a fixed length hold, two of which may be one complex number.
    pub(super) in_list: bool,
    /// Whether the field, or one that it is in, says that nulls were NaN.
    pub(super) nan: bool,
}

/// The axes of rows whose order in memory is that of the column: which physical axis each logical one is.
pub(super) type Permutation = Option<Vec<usize>>;

/// A plan; `None` where it takes the data.
pub(super) type Planned = Result<Option<Plan>>;

/// How deep types may lie in each other: the plan is walked by recursion.
const MAX_DEPTH: usize = 200;

impl Planner<'_> {
    /// The plan of a column. The axes of a tensor stay as they lie, and the permutation is told.
    pub(super) fn column(
        &mut self,
        field: &arrow_schema::Field,
        chunks: Option<&Chunks>,
    ) -> Result<Option<(Plan, Permutation)>> {
        let mut extension = extension_of(field);
        let permutation = match (&mut extension, field.data_type()) {
            (Extension::Tensor(tensor), DataType::FixedSizeList(..)) => tensor.permutation.take(),
            _ => None,
        };
        let source = Source {
            data_type: field.data_type(),
            extension: &extension,
            nullable: field.is_nullable(),
            depth: 0,
            in_list: false,
            nan: self.meta.null == Some(NullWas::NaN),
        };
        // Pairs of floats in a tensor are no axis of their own, and stay last.
        let plan = match &self.meta.dtype {
            Some(wanted) => match self.wanted(source, wanted, chunks) {
                Err(error) if matches!(error.kind(), crate::ErrorKind::Metadata(_)) => {
                    self.notes.push(format!("its metadata was left aside: {error}"));
                    None
                }
                planned => Some(planned?),
            },
            None => None,
        };
        let plan = match plan {
            Some(plan) => plan,
            None => self.natural(source, chunks)?,
        };
        Ok(plan.map(|plan| {
            let axes = match &plan.node {
                Node::List { axes, .. } => axes.len(),
                _ => 0,
            };
            let permutation = permutation.and_then(|axes_of| shortened(axes_of, axes));
            (plan, permutation)
        }))
    }

    /// The plan of a child.
    fn child(
        &mut self,
        field: &arrow_schema::Field,
        parent: Source<'_>,
        wanted: Option<&DType>,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let extension = extension_of(field);
        let source = Source {
            data_type: field.data_type(),
            extension: &extension,
            nullable: field.is_nullable(),
            depth: parent.depth + 1,
            in_list: matches!(parent.data_type, DataType::FixedSizeList(..)),
            nan: parent.nan || (!self.options.plain && says_nan(field)),
        };
        match wanted {
            Some(wanted) => self.wanted(source, wanted, chunks),
            None => self.natural(source, chunks),
        }
    }

    /// What a dictionary or runs hold, as a plan.
    fn encoded(
        &mut self,
        source: Source<'_>,
        values: &DataType,
        wanted: Option<&DType>,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let depth = source.depth + 1;
        let values = Source { data_type: values, depth, in_list: false, ..source };
        let inner = chunks.map(|chunks| chunks.parts(super::encoded::values));
        let plan = match wanted {
            Some(wanted) => self.wanted(values, wanted, inner.as_ref())?,
            None => self.natural(values, inner.as_ref())?,
        };
        Ok(plan.map(|plan| Plan {
            node: Node::Encoded(Box::new(plan.clone())),
            dims: plan.dims.clone(),
            elements: plan.elements,
            ..plan
        }))
    }

    fn check_depth(source: Source<'_>) -> Result<()> {
        if source.depth > MAX_DEPTH {
            return Err(Error::type_(format!(
                "types lie in each other more than {MAX_DEPTH} deep"
            )));
        }
        Ok(())
    }
}

/// The permutation of the first axes alone, where the others stay last.
fn shortened(permutation: Vec<usize>, axes: usize) -> Permutation {
    let rest_in_place = permutation.iter().enumerate().skip(axes).all(|(i, &axis)| i == axis);
    if !rest_in_place {
        return None;
    }
    let first: Vec<usize> = permutation.into_iter().take(axes).collect();
    let identity = first.iter().enumerate().all(|(i, &axis)| i == axis);
    (!identity && first.len() == axes && first.iter().all(|&axis| axis < axes)).then_some(first)
}
