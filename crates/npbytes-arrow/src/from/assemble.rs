//! From a plan and the elements to an array: its shape, its order in memory, its mask and fill value.

use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_schema::Field;
use bytes::Bytes;
use npbytes::dtype::{Field as NumPyField, Struct};
use npbytes::pickle::{ArrayObject, DTypeObject, StringDType, Value};
use npbytes::{Array as NumPyArray, ArrayView, AxisOrder, ByteOrder, DType, Kind, Order, Shape};

use super::fill::Context;
use super::memory::Budget;
use super::meta::{Meta, NullWas};
use super::objects::{Objects, inverse};
use super::plan::{Chunks, Permutation, Plan, Planner};
use super::{Restored, RowType};
use crate::{Copied, Error, FromArrow, MaskedArray, Result, Values};

/// The axes of a whole array, and how they lie.
struct Axes {
    dims: Vec<usize>,
    /// From the slowest to the fastest.
    order: Vec<usize>,
    /// The order that they are to have.
    wanted: Vec<usize>,
    row_axis: usize,
}

/// Makes a column NumPy's.
pub(super) fn column(chunks: &[ArrayRef], field: &Field, options: &FromArrow) -> Result<Restored> {
    let mut notes = Vec::new();
    let meta = meta_of(field, options, &mut notes);
    for chunk in chunks {
        if !chunk.data_type().equals_datatype(field.data_type()) {
            return Err(Error::type_(format!(
                "{} in a field of {}",
                chunk.data_type(),
                field.data_type()
            )));
        }
    }
    let mut planner = Planner { options, meta: &meta, notes };
    let planned = planner.column(field, Some(&Chunks::new(chunks)))?;
    let mut notes = planner.notes;
    let (plan, permutation) =
        planned.ok_or_else(|| Error::type_(format!("{} without data", field.data_type())))?;
    let rows = chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
    let input = chunks.iter().map(|chunk| chunk.get_buffer_memory_size() as u64).sum();
    let budget = Budget::new(input, options.limits);
    let axes = Axes::of(&plan, permutation, rows, &meta, &mut notes);
    let context = Context { options, meta: &meta, budget, objects: false };
    let (values, copied) = if plan.has_object() {
        objects(&plan, chunks, &axes, &context)?
    } else {
        elements(&plan, chunks, &axes, &context, field, &mut notes)?
    };
    notes.dedup();
    Ok(Restored { values, copied, notes })
}

/// What the rows of a column will be.
pub(super) fn row_type(field: &Field, options: &FromArrow) -> Result<Option<RowType>> {
    let mut notes = Vec::new();
    let meta = meta_of(field, options, &mut notes);
    if meta.scalar {
        return Ok(None);
    }
    let mut planner = Planner { options, meta: &meta, notes };
    let Some((plan, permutation)) = planner.column(field, None)? else { return Ok(None) };
    if plan.has_object() {
        return Ok(None);
    }
    let axes = Axes::of(&plan, permutation, 1, &meta, &mut Vec::new());
    let order = AxisOrder::permuted(&axes.wanted)?;
    let mut dims = axes.dims;
    let row_axis = axes.row_axis;
    if row_axis < dims.len() {
        dims.remove(row_axis);
    }
    Ok(Some(RowType { dtype: plan.dtype, shape: Shape::new(&dims)?, order, row_axis }))
}

fn meta_of(field: &Field, options: &FromArrow, notes: &mut Vec<String>) -> Meta {
    if options.plain { Meta::none() } else { Meta::of(field.metadata(), &options.limits, notes) }
}

impl Axes {
    fn of(
        plan: &Plan,
        permutation: Permutation,
        rows: usize,
        meta: &Meta,
        notes: &mut Vec<String>,
    ) -> Self {
        if meta.scalar {
            if rows == 1 && plan.dims.is_empty() {
                return Self { dims: vec![], order: vec![], wanted: vec![], row_axis: 0 };
            }
            notes.push(format!("an array without axes cannot have {rows} rows"));
        }
        let ndim = plan.dims.len() + 1;
        let row_axis = if meta.row_axis < ndim {
            meta.row_axis
        } else {
            notes.push(format!("{ndim} axes have no axis {}", meta.row_axis));
            0
        };
        // Of the axes that the plan has as they lie, the first are permuted.
        let logical = permutation.unwrap_or_default();
        let physical = |axis: usize| logical.get(axis).copied().unwrap_or(axis);
        let mut dims: Vec<usize> = (0..plan.dims.len())
            .map(|axis| plan.dims.get(physical(axis)).copied().unwrap_or(0))
            .collect();
        dims.insert(row_axis, rows);
        // Which axis of the array each of the physical ones is.
        let mut place = inverse(&logical);
        place.extend(place.len()..plan.dims.len());
        let of_array = |axis: usize| if axis < row_axis { axis } else { axis + 1 };
        let order: Vec<usize> =
            std::iter::once(row_axis).chain(place.into_iter().map(of_array)).collect();
        let wanted = match &meta.order {
            Some(wanted) if is_permutation(wanted, ndim) => wanted.clone(),
            Some(_) => {
                notes.push(format!("an order in memory that is none of {ndim} axes"));
                order.clone()
            }
            // Said of arrays of NumPy's: C order.
            None if meta.dtype.is_some() => (0..ndim).collect(),
            None => order.clone(),
        };
        Self { dims, order, wanted, row_axis }
    }

    fn shape(&self) -> Result<Shape> {
        Ok(Shape::new(&self.dims)?)
    }

    /// Whether elements in the one order lie where those in the other do: axes of one element do not count.
    fn in_place(&self) -> bool {
        let long = |order: &[usize]| -> Vec<usize> {
            let is_long = |axis: &&usize| self.dims.get(**axis).is_some_and(|&dim| dim != 1);
            order.iter().filter(is_long).copied().collect()
        };
        self.dims.contains(&0) || long(&self.order) == long(&self.wanted)
    }

    /// The array of elements that lie in this order, in the order that is wanted.
    fn array(&self, dtype: DType, data: Bytes, copied: &mut Copied) -> Result<NumPyArray> {
        let (shape, wanted) = (self.shape()?, AxisOrder::permuted(&self.wanted)?);
        if self.in_place() {
            return Ok(NumPyArray::new(dtype, shape, wanted, data)?);
        }
        *copied |= Copied::ORDER;
        // The same elements with the axes in the order in which they are to lie, in C order.
        let view = ArrayView::new(
            dtype.clone(),
            shape.clone(),
            &AxisOrder::permuted(&self.order)?,
            &data,
        )?;
        let dims: Vec<usize> =
            self.wanted.iter().filter_map(|&axis| shape.get(axis).copied()).collect();
        let strides: Vec<isize> =
            self.wanted.iter().filter_map(|&axis| view.strides().get(axis).copied()).collect();
        let turned =
            ArrayView::from_strides(dtype.clone(), Shape::new(&dims)?, &strides, 0, &data)?;
        let data = turned.to_array(Order::C, ByteOrder::NotApplicable)?.into_data();
        Ok(NumPyArray::new(dtype, shape, wanted, data)?)
    }
}

fn is_permutation(axes: &[usize], ndim: usize) -> bool {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    sorted.into_iter().eq(0..ndim)
}

fn elements(
    plan: &Plan,
    chunks: &[ArrayRef],
    axes: &Axes,
    context: &Context<'_>,
    field: &Field,
    notes: &mut Vec<String>,
) -> Result<(Values, Copied)> {
    let mut copied = Copied::NO;
    let empty = [new_empty_array(field.data_type())];
    let chunks = if chunks.is_empty() { &empty } else { chunks };
    let dense = context.dense(plan, chunks, &mut copied)?;
    let elements = axes.shape()?.elements();
    let array = axes.array(plan.dtype.clone(), dense.data, &mut copied)?;
    let meta = context.meta;
    if dense.mask.is_none() && !meta.masked() {
        return Ok((Values::Array(array), copied));
    }
    let mask = match dense.mask {
        Some(mask) => mask,
        None => context.budget.zeros(elements.saturating_mul(plan.mask_size))?,
    };
    // The mask is made in any case, and is no copy of anything.
    let mask = axes.array(mask_dtype(&plan.dtype)?, mask.into(), &mut Copied::default())?;
    let fill_value = match &meta.fill_value {
        Some(bytes) if bytes.len() == plan.dtype.itemsize() => Some(NumPyArray::new(
            plan.dtype.clone(),
            Shape::new(&[])?,
            AxisOrder::C,
            bytes.clone().into(),
        )?),
        Some(bytes) => {
            notes.push(format!("a fill value of {} bytes is none of {}", bytes.len(), plan.dtype));
            None
        }
        None => None,
    };
    Ok((Values::Masked(MaskedArray { data: array, mask, fill_value }), copied))
}

/// The dtype of a mask, as `np.ma.make_mask_descr` makes it: `bool` for each element of each field, packed.
fn mask_dtype(dtype: &DType) -> Result<DType> {
    Ok(match dtype.kind() {
        Kind::Struct(fields) => {
            let (mut masks, mut offset) = (Vec::new(), 0);
            for field in fields.fields() {
                let mask = mask_dtype(field.dtype())?;
                let size = mask.itemsize();
                let mask = NumPyField::new(field.name().clone(), mask, offset);
                masks.push(match field.title() {
                    Some(title) => mask.with_title(title.clone()),
                    None => mask,
                });
                offset += size;
            }
            DType::from(Struct::new(masks, None, false)?)
        }
        Kind::Subarray(sub) => DType::subarray(mask_dtype(sub.base())?, sub.shape())?,
        _ => DType::new(Kind::Bool)?,
    })
}

fn objects(
    plan: &Plan,
    chunks: &[ArrayRef],
    axes: &Axes,
    context: &Context<'_>,
) -> Result<(Values, Copied)> {
    let mut made = Objects::new(context);
    let strings = matches!(plan.dtype.kind(), Kind::String);
    let mut dtype = DTypeObject::new(plan.dtype.clone());
    if strings {
        let nulls = chunks.iter().any(|chunk| chunk.logical_null_count() > 0);
        let na_object = match &context.meta.null {
            Some(NullWas::ObjectNaN | NullWas::NaN) => Some(made.pickle.float(f64::NAN)),
            Some(NullWas::Text(text)) => Some(made.pickle.text(text.as_str())),
            Some(NullWas::None) => Some(Value::NONE),
            _ if nulls => Some(Value::NONE),
            _ => None,
        };
        made.null = na_object.unwrap_or(Value::NONE);
        dtype = dtype.string(StringDType { coerce: context.meta.coerce, na_object });
    }
    let mut items = Vec::new();
    let mut rows = 0_u64;
    for chunk in chunks {
        let found = made.items(plan, chunk.as_ref(), None);
        items.extend(found.map_err(|error| error.after_rows(rows))?);
        rows += chunk.len() as u64;
    }
    // In C order, whatever the order in memory.
    let shape = axes.shape()?;
    let in_c = Axes {
        wanted: (0..axes.dims.len()).collect(),
        order: axes.order.clone(),
        dims: axes.dims.clone(),
        row_axis: 0,
    };
    if !in_c.in_place() {
        let numbers: Vec<u64> = (0..items.len() as u64).collect();
        let order = AxisOrder::permuted(&axes.order)?;
        let lying = NumPyArray::from_vec(&[numbers.len()], numbers)?;
        let lying =
            NumPyArray::new(lying.dtype().clone(), shape.clone(), order, lying.into_data())?;
        let places = lying.view().to_vec::<u64>()?;
        items = places
            .into_iter()
            .filter_map(|at| items.get(usize::try_from(at).ok()?).copied())
            .collect();
    }
    let fortran = axes.wanted.iter().rev().copied().eq(0..axes.dims.len());
    let order = if fortran { Order::F } else { Order::C };
    let array = ArrayObject::objects(dtype, shape, order, items)?;
    let root = made.pickle.array(array);
    made.pickle.set_root(root);
    let mut copied = made.copied;
    if chunks.len() > 1 {
        copied |= Copied::CHUNKS;
    }
    Ok((Values::Objects(made.pickle), copied))
}
