//! Lists: axes where all are of one length, objects where not.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, FieldRef};
use npbytes::DType;

use super::{Chunks, Node, Plan, Planned, Planner, Source};
use crate::from::extension::Extension;
use crate::from::lists::Rows;
use crate::{Error, Result};

/// The item of any kind of list, and its length where the type says it.
pub(super) fn item_of(data_type: &DataType) -> Option<(&FieldRef, Option<i32>)> {
    match data_type {
        DataType::FixedSizeList(item, size) => Some((item, Some(*size))),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Some((item, None)),
        _ => None,
    }
}

/// The length that all lists have that count.
pub(super) enum Lengths {
    One(usize),
    /// The first row that has another length than those before it.
    Ragged(u64),
}

/// What lists hold.
pub(super) fn items(array: &ArrayRef) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::FixedSizeList(..) => Some(array.as_fixed_size_list_opt()?.values().clone()),
        _ => Rows::of(array.as_ref()).map(|rows| rows.values().clone()),
    }
}

/// Which length the lists have.
pub(super) fn lengths(chunks: &Chunks) -> Lengths {
    let (mut length, mut row) = (None, 0_u64);
    for chunk in &chunks.list {
        if let Some(rows) = Rows::of(chunk.array.as_ref()) {
            for i in 0..rows.len() {
                if chunk.is_null(i) {
                    continue;
                }
                let (_, len) = rows.range(i);
                if *length.get_or_insert(len) != len {
                    return Lengths::Ragged(row + i as u64);
                }
            }
        }
        row += chunk.array.len() as u64;
    }
    Lengths::One(length.unwrap_or(0))
}

impl Planner<'_> {
    /// Lists of one length, as axes of a shape in memory of which logical axis `i` is the `permutation[i]`th.
    fn axes(
        size: usize,
        shape: &[usize],
        permutation: Option<&[usize]>,
        item: Plan,
    ) -> Result<Plan> {
        let parts = if matches!(item.node, Node::Parts(_)) { 2 } else { 1 };
        let product = shape.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim));
        if product.and_then(|n| n.checked_mul(parts)) != Some(size) {
            return Err(Error::type_(format!(
                "a tensor of the shape {shape:?} in lists of {size} elements"
            )));
        }
        let axis_at = |i: usize| permutation.map_or(i, |axes| axes.get(i).copied().unwrap_or(i));
        let own: Vec<usize> =
            (0..shape.len()).map(|i| shape.get(axis_at(i)).copied().unwrap_or(0)).collect();
        let mut axes = vec![(0, 0); shape.len()];
        let mut stride = item.elements;
        for (i, &dim) in own.iter().enumerate().rev() {
            if let Some(axis) = axes.get_mut(axis_at(i)) {
                *axis = (dim, stride);
            }
            stride = stride.saturating_mul(dim);
        }
        let dims: Vec<usize> = own.into_iter().chain(item.dims.iter().copied()).collect();
        let elements = dims.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim));
        let elements = elements.ok_or_else(|| {
            Error::type_("lists in lists of more elements than memory can address")
        })?;
        Ok(Plan {
            dtype: item.dtype.clone(),
            mask_size: item.mask_size,
            dims,
            elements,
            nan: item.nan,
            node: Node::List { size, axes, item: Box::new(item) },
        })
    }

    /// Lists whose type says their length.
    pub(super) fn fixed_list(
        &mut self,
        source: Source<'_>,
        item: &FieldRef,
        size: i32,
        wanted: Option<&DType>,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let size =
            usize::try_from(size).map_err(|_| Error::type_(format!("lists of {size} elements")))?;
        let inner = chunks.map(|chunks| chunks.parts(items));
        let Some(plan) = self.child(item, source, wanted, inner.as_ref())? else {
            return Ok(None);
        };
        let pairs = matches!(plan.node, Node::Parts(_));
        let lone = [size / if pairs { 2 } else { 1 }];
        let (shape, permutation) = match source.extension {
            Extension::Tensor(tensor) if pairs => {
                // The last axis are the two parts of a complex number.
                let Some((2, shape)) = tensor.shape.split_last() else {
                    return Err(Error::metadata("complex numbers whose last axis is not of two"));
                };
                match tensor.permutation.as_deref().map(<[usize]>::split_last) {
                    Some(Some((&last, axes))) if last == shape.len() => (shape, Some(axes)),
                    None => (shape, None),
                    Some(_) => {
                        return Err(Error::metadata("complex numbers whose parts are apart"));
                    }
                }
            }
            Extension::Tensor(tensor) => (tensor.shape.as_slice(), tensor.permutation.as_deref()),
            _ if pairs && size == 2 => (&lone[..0], None),
            _ => (&lone[..], None),
        };
        Self::axes(size, shape, permutation, plan).map(Some)
    }

    /// Lists that may be of any length but are all of one.
    pub(super) fn regular_list(
        &mut self,
        source: Source<'_>,
        item: &FieldRef,
        size: usize,
        wanted: Option<&DType>,
        chunks: &Chunks,
    ) -> Planned {
        let inner = chunks.parts(items);
        let plan = self.child(item, source, wanted, Some(&inner))?;
        plan.map(|plan| Self::axes(size, &[size], None, plan)).transpose()
    }
}
