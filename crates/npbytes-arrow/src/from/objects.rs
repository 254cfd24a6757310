//! Python's objects: a value of a pickle for each element.
//!
//! Values that are not equal objects in Arrow are none in Python either, but for the entries of a dictionary, which
//! are one object wherever they are.

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef};
use arrow_buffer::NullBuffer;
use half::f16;
use npbytes::pickle::{ArrayObject, DTypeObject, MaskedObject, Pickle, ScalarObject, Value};
use npbytes::{AxisOrder, ByteOrder, DType, Kind, Order, PyStr, Shape};

use super::encoded;
use super::fill::{Context, Dense};
use super::lists::Rows;
use super::meta::NullWas;
use super::plan::{Node, Object, Plan};
use super::text::Texts;
use crate::options::Nulls;
use crate::{Copied, Error, Result};

/// What one value may cost beside its text: a handle, and a node of the graph.
const VALUE_BYTES: usize = 32;

/// Makes objects in a pickle.
pub(super) struct Objects<'o> {
    pub(super) context: &'o Context<'o>,
    pub(super) pickle: Pickle,
    /// What a null is.
    pub(super) null: Value,
    /// Whether a null may be at all.
    pub(super) nulls: bool,
    pub(super) copied: Copied,
}

impl<'o> Objects<'o> {
    pub(super) fn new(context: &'o Context<'o>) -> Self {
        let known = context.meta.null.is_some() || context.meta.dtype.is_some();
        let nulls = known || context.options.nulls != Nulls::Error;
        let mut pickle = Pickle::new();
        let null = match context.meta.null {
            Some(NullWas::NaN | NullWas::ObjectNaN) => pickle.float(f64::NAN),
            _ => Value::NONE,
        };
        Self { context, pickle, null, nulls, copied: Copied::OBJECTS }
    }

    /// The elements of all rows, as they lie in Arrow.
    pub(super) fn items(
        &mut self,
        plan: &Plan,
        array: &dyn Array,
        above: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        self.context.budget.check_count(array.len().saturating_mul(plan.elements), VALUE_BYTES)?;
        let nulls = NullBuffer::union(above, array.nulls());
        if !self.nulls
            && let Some(row) = first_null(nulls.as_ref())
        {
            return Err(Error::value("a null, where none may be")
                .at_row(row as u64)
                .with_help("ask for None: `Nulls::Masked`"));
        }
        let nulls = nulls.as_ref();
        match &plan.node {
            Node::Encoded(item) => self.encoded(item, array, above),
            Node::List { size, axes, item } => self.list(*size, axes, item, array, nulls),
            Node::Fields(fields) => {
                let columns = array.as_struct_opt().ok_or_else(|| other(array))?;
                let mut made = Vec::with_capacity(fields.len());
                for field in fields {
                    let column = columns.columns().get(field.column).ok_or_else(|| other(array))?;
                    made.push(
                        self.field(&field.plan, column, nulls)
                            .map_err(|error| error.in_column(&field.name))?,
                    );
                }
                let row = |row: usize| -> Vec<Value> {
                    made.iter().filter_map(|column| column.get(row).copied()).collect()
                };
                Ok((0..array.len()).map(|i| self.pickle.tuple(&row(i))).collect())
            }
            Node::Object(object) => self.objects(object, array, nulls),
            _ => self.scalars(plan, array, nulls),
        }
    }

    /// The values of a field, one a row.
    fn field(
        &mut self,
        plan: &Plan,
        column: &ArrayRef,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        if !plan.has_object() {
            if let Some(row) =
                first_null(nulls).or_else(|| first_null(column.logical_nulls().as_ref()))
            {
                return Err(Error::value("a null beside a field of objects, where no mask can be")
                    .at_row(row as u64));
            }
            let dense = self.dense(plan, column)?;
            return (0..column.len()).map(|row| self.element(plan, &dense, row)).collect();
        }
        let items = self.items(plan, column.as_ref(), nulls)?;
        if plan.dims.is_empty() {
            return Ok(items);
        }
        let shape = Shape::new(&plan.dims)?;
        (0..column.len())
            .map(|row| {
                let start = row.saturating_mul(plan.elements);
                let own = items.get(start..start + plan.elements).unwrap_or_default().to_vec();
                self.array_of(plan, shape.clone(), own)
            })
            .collect()
    }

    fn array_of(&mut self, plan: &Plan, shape: Shape, items: Vec<Value>) -> Result<Value> {
        let dtype = DTypeObject::new(plan.dtype.clone());
        let array = ArrayObject::objects(dtype, shape, Order::C, items)?;
        Ok(self.pickle.array(array))
    }

    fn encoded(
        &mut self,
        item: &Plan,
        array: &dyn Array,
        above: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        let found = encoded::keys(array, &self.context.budget)?;
        let nulls = NullBuffer::union(above, found.nulls.as_ref());
        let values = self.items(item, found.values.as_ref(), None)?;
        let each = item.elements;
        let mut items = Vec::with_capacity(found.keys.len().saturating_mul(each));
        for (row, &key) in found.keys.iter().enumerate() {
            let start = key.saturating_mul(each);
            let value = values.get(start..start.saturating_add(each));
            match value.filter(|_| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))) {
                Some(value) => items.extend_from_slice(value),
                None if self.nulls => items.extend(std::iter::repeat_n(self.null, each)),
                None => return Err(Error::value("a null, where none may be").at_row(row as u64)),
            }
        }
        Ok(items)
    }

    fn list(
        &mut self,
        size: usize,
        axes: &[(usize, usize)],
        item: &Plan,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        let rows = Rows::of(array).ok_or_else(|| other(array))?;
        let values = match rows.contiguous(size) {
            Some(start) => {
                let len =
                    array.len().saturating_mul(size).min(rows.values().len().saturating_sub(start));
                let values = rows.values().slice(start, len);
                self.items(item, values.as_ref(), self.context.expanded(nulls, size)?.as_ref())?
            }
            None => {
                let all = self.items(item, rows.values().as_ref(), None)?;
                let mut values = Vec::new();
                let each = size.saturating_mul(item.elements);
                for row in 0..rows.len() {
                    let start = rows.range(row).0.saturating_mul(item.elements);
                    match all.get(start..start.saturating_add(each)) {
                        Some(own) if !rows.is_null(row) => values.extend_from_slice(own),
                        _ => values.extend(std::iter::repeat_n(self.null, each)),
                    }
                }
                values
            }
        };
        // From the order in which they lie to the logical one, if these differ.
        let (mut dense, mut stride) = (true, item.elements);
        for &(len, distance) in axes.iter().rev() {
            dense &= distance == stride;
            stride = stride.saturating_mul(len);
        }
        if dense {
            return Ok(values);
        }
        let mut ordered = vec![self.null; values.len()];
        let places = super::places::Places::rows(0, array.len(), stride, 0)
            .with(axes.iter().map(|&(len, data)| super::places::Axis { len, data, mask: 0 }))
            .with([super::places::Axis { len: item.elements, data: 1, mask: 0 }]);
        places.each(|i, at, _| {
            if let (Some(to), Some(&value)) = (ordered.get_mut(at), values.get(i)) {
                *to = value;
            }
        });
        Ok(ordered)
    }

    fn objects(
        &mut self,
        object: &Object,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        let is_null = |row: usize| nulls.is_some_and(|nulls| nulls.is_null(row));
        match object {
            Object::None if !self.nulls && !array.is_empty() => {
                Err(Error::value("a null, where none may be").at_row(0))
            }
            Object::None => Ok(vec![self.null; array.len()]),
            Object::Text | Object::Bytes => {
                let texts = Texts::of(array).ok_or_else(|| other(array))?;
                let text = matches!(object, Object::Text);
                let value = |row: usize| {
                    if is_null(row) {
                        return self.null;
                    }
                    let bytes = texts.get(row);
                    match std::str::from_utf8(bytes) {
                        Ok(found) if text => self.pickle.text(PyStr::from(found)),
                        _ => self.pickle.bytes(bytes.to_vec()),
                    }
                };
                Ok((0..array.len()).map(value).collect())
            }
            Object::Scalar(plan) => self.scalars(plan, array, nulls),
            Object::List(item) => {
                let rows = Rows::of(array).ok_or_else(|| other(array))?;
                let total = (0..rows.len()).map(|row| rows.range(row).1 as u64).sum::<u64>();
                self.context.budget.check(total.saturating_mul(VALUE_BYTES as u64))?;
                let values = self.items(item, rows.values().as_ref(), None)?;
                let value = |row: usize| {
                    if is_null(row) {
                        return self.null;
                    }
                    let (start, len) = rows.range(row);
                    let own = values.get(start..start + len).unwrap_or_default();
                    self.pickle.list(own.to_vec())
                };
                Ok((0..array.len()).map(value).collect())
            }
            Object::Array(item) => {
                let rows = Rows::of(array).ok_or_else(|| other(array))?;
                let ranges = (0..rows.len()).map(|row| (!is_null(row)).then(|| rows.range(row)));
                self.arrays(item, rows.values(), ranges.collect())
            }
            Object::Tensor { data, shape, permutation, item } => {
                self.tensors(*data, *shape, permutation.as_deref(), item, array, nulls)
            }
        }
    }

    /// Arrays that are parts of one; `None` where there is none.
    fn arrays(
        &mut self,
        item: &Plan,
        values: &ArrayRef,
        ranges: Vec<Option<(usize, usize)>>,
    ) -> Result<Vec<Value>> {
        let mut dims = vec![0];
        dims.extend_from_slice(&item.dims);
        let mut shape_of = |len: usize| {
            if let Some(first) = dims.first_mut() {
                *first = len;
            }
            Shape::new(&dims)
        };
        if item.has_object() {
            let all = self.items(item, values.as_ref(), None)?;
            return ranges
                .into_iter()
                .map(|range| {
                    let Some((start, len)) = range else { return Ok(self.null) };
                    let span = start * item.elements..(start + len) * item.elements;
                    let own = all.get(span).unwrap_or_default().to_vec();
                    self.array_of(item, shape_of(len)?, own)
                })
                .collect();
        }
        let dense = self.dense_parts(item, values)?;
        ranges
            .into_iter()
            .map(|range| {
                let Some((start, len)) = range else { return Ok(self.null) };
                self.part(item, &dense, start, shape_of(len)?, len, AxisOrder::C)
            })
            .collect()
    }

    /// Rows of dense elements as an array, masked where some are null.
    fn part(
        &mut self,
        plan: &Plan,
        dense: &Dense,
        start: usize,
        shape: Shape,
        rows: usize,
        order: AxisOrder,
    ) -> Result<Value> {
        let (size, mask_size) = plan.row_bytes();
        let span = |size: usize| start.saturating_mul(size)..(start + rows).saturating_mul(size);
        let data = span(size);
        if data.end > dense.data.len() {
            return Err(Error::type_("lists beyond what they hold"));
        }
        let array = npbytes::Array::new(plan.dtype.clone(), shape, order, dense.data.slice(data))?;
        let mask = dense.mask.as_ref().and_then(|mask| mask.get(span(mask_size)));
        Ok(match mask.filter(|mask| mask.contains(&1)) {
            Some(mask) => self.pickle.masked(MaskedObject::new(array, mask.to_vec().into())),
            None => self.pickle.array(ArrayObject::new(array)),
        })
    }

    fn tensors(
        &mut self,
        data: usize,
        shape: usize,
        permutation: Option<&[usize]>,
        item: &Plan,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        let columns = array.as_struct_opt().ok_or_else(|| other(array))?.columns();
        let (Some(data), Some(shapes)) = (columns.get(data), columns.get(shape)) else {
            return Err(other(array));
        };
        let rows = Rows::of(data.as_ref()).ok_or_else(|| other(array))?;
        let shapes = shapes.as_fixed_size_list_opt().ok_or_else(|| other(array))?;
        let axes = shapes.values().as_primitive_opt::<Int32Type>().ok_or_else(|| other(array))?;
        let ndim = usize::try_from(shapes.value_length()).unwrap_or(0);
        let dense = self.dense_parts(item, rows.values())?;
        let mut made = Vec::with_capacity(array.len());
        for row in 0..array.len() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                made.push(self.null);
                continue;
            }
            let (start, len) = rows.range(row);
            let dims = axes.values().get(row * ndim..(row + 1) * ndim).unwrap_or_default();
            let dims: Option<Vec<usize>> =
                dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
            let shape = dims.and_then(|dims| {
                let logical =
                    |i: usize| permutation.map_or(i, |axes| axes.get(i).copied().unwrap_or(i));
                let dims: Option<Vec<usize>> =
                    (0..ndim).map(|i| dims.get(logical(i)).copied()).collect();
                Shape::new(&dims?).ok().filter(|shape| shape.elements() == len)
            });
            let shape = shape.ok_or_else(|| {
                Error::value(format!("a tensor whose shape is none of its {len} elements"))
                    .at_row(row as u64)
            })?;
            let order = match permutation {
                Some(permutation) => AxisOrder::permuted(&inverse(permutation))?,
                None => AxisOrder::C,
            };
            made.push(self.part(item, &dense, start, shape, len, order)?);
        }
        Ok(made)
    }

    /// Elements as Python's own scalars.
    fn scalars(
        &mut self,
        plan: &Plan,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
    ) -> Result<Vec<Value>> {
        let dense = self.dense(plan, &array.slice(0, array.len()))?;
        let rows = array.len() / plan.array_rows();
        (0..rows)
            .map(|row| {
                let hidden = nulls.is_some_and(|nulls| rows == nulls.len() && nulls.is_null(row))
                    || dense.masks(plan, row);
                if hidden { Ok(self.null) } else { self.element(plan, &dense, row) }
            })
            .collect()
    }

    /// Elements whose nulls are told by a mask.
    fn dense(&mut self, plan: &Plan, array: &ArrayRef) -> Result<Dense> {
        let context = Context { objects: true, ..*self.context };
        context.dense(plan, std::slice::from_ref(array), &mut self.copied)
    }

    /// Elements of arrays, whose nulls are what they are in arrays.
    fn dense_parts(&mut self, plan: &Plan, array: &ArrayRef) -> Result<Dense> {
        self.context.dense(plan, std::slice::from_ref(array), &mut self.copied)
    }

    /// One row of dense elements: a scalar, or an array where it has axes.
    fn element(&mut self, plan: &Plan, dense: &Dense, row: usize) -> Result<Value> {
        if !plan.dims.is_empty() {
            return self.part(plan, dense, row, Shape::new(&plan.dims)?, 1, AxisOrder::C);
        }
        let size = plan.dtype.itemsize();
        let span = row.saturating_mul(size)..(row + 1).saturating_mul(size);
        let bytes = dense.data.get(span.clone()).ok_or_else(|| Error::type_("no element"))?;
        if let Some(value) = python(&mut self.pickle, &plan.dtype, bytes) {
            return Ok(value);
        }
        let scalar = ScalarObject::new(plan.dtype.clone(), dense.data.slice(span))?;
        Ok(self.pickle.scalar(scalar))
    }
}

impl Dense {
    /// Whether any of a row is masked.
    fn masks(&self, plan: &Plan, row: usize) -> bool {
        let (_, size) = plan.row_bytes();
        let own = self.mask.as_ref().and_then(|mask| mask.get(row * size..(row + 1) * size));
        own.is_some_and(|mask| mask.contains(&1))
    }
}

/// What `ndarray.item()` gives for an element, of the dtypes where that is a scalar of Python's.
fn python(pickle: &mut Pickle, dtype: &DType, bytes: &[u8]) -> Option<Value> {
    let swap = !matches!(dtype.byte_order(), ByteOrder::NotApplicable | ByteOrder::NATIVE);
    fn ordered<const N: usize>(bytes: &[u8], swap: bool) -> Option<[u8; N]> {
        let mut bytes = *bytes.first_chunk::<N>()?;
        if swap {
            bytes.reverse();
        }
        Some(bytes)
    }
    macro_rules! int {
        ($type:ty) => {
            i64::from(<$type>::from_ne_bytes(ordered(bytes, swap)?))
        };
    }
    let int = match dtype.kind() {
        Kind::Bool => return bytes.first().map(|&byte| pickle.bool(byte != 0)),
        Kind::Int8 => int!(i8),
        Kind::Int16 => int!(i16),
        Kind::Int32 => int!(i32),
        Kind::Int64 => int!(i64),
        Kind::UInt8 => int!(u8),
        Kind::UInt16 => int!(u16),
        Kind::UInt32 => int!(u32),
        Kind::UInt64 => {
            let value = u64::from_ne_bytes(ordered(bytes, swap)?);
            match i64::try_from(value) {
                Ok(value) => value,
                Err(_) => {
                    let mut long = [0; 9];
                    long.get_mut(..8)?.copy_from_slice(&value.to_le_bytes());
                    return Some(pickle.long(&long));
                }
            }
        }
        Kind::Float16 => {
            let half = f16::from_bits(u16::from_ne_bytes(ordered(bytes, swap)?));
            return Some(pickle.float(half.to_f64()));
        }
        Kind::Float32 => {
            return Some(pickle.float(f32::from_ne_bytes(ordered(bytes, swap)?).into()));
        }
        Kind::Float64 => return Some(pickle.float(f64::from_ne_bytes(ordered(bytes, swap)?))),
        Kind::Complex64 => {
            let part = |at: usize| Some(f32::from_ne_bytes(ordered(bytes.get(at..)?, swap)?));
            return Some(pickle.complex(part(0)?.into(), part(4)?.into()));
        }
        Kind::Complex128 => {
            let part = |at: usize| Some(f64::from_ne_bytes(ordered(bytes.get(at..)?, swap)?));
            return Some(pickle.complex(part(0)?, part(8)?));
        }
        Kind::Bytes(_) => {
            let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            return Some(pickle.bytes(bytes.get(..len)?.to_vec()));
        }
        // What a FixedSizeBinary holds.
        Kind::Void(_) => return Some(pickle.bytes(bytes.to_vec())),
        Kind::Str(_) => {
            let points = bytes.as_chunks::<4>().0.iter().map(|&point| {
                if dtype.byte_order() == ByteOrder::Big {
                    u32::from_be_bytes(point)
                } else {
                    u32::from_le_bytes(point)
                }
            });
            let points: Vec<u32> = points.collect();
            let len = points.iter().rposition(|&point| point != 0).map_or(0, |last| last + 1);
            let text = PyStr::from_code_points(points.into_iter().take(len))?;
            return Some(pickle.text(text));
        }
        _ => return None,
    };
    Some(pickle.int(int))
}

/// Where each axis went.
pub(super) fn inverse(permutation: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; permutation.len()];
    for (i, &axis) in permutation.iter().enumerate() {
        if let Some(place) = inverse.get_mut(axis) {
            *place = i;
        }
    }
    inverse
}

fn first_null(nulls: Option<&NullBuffer>) -> Option<usize> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0)?;
    (0..nulls.len()).find(|&row| nulls.is_null(row))
}

fn other(array: &dyn Array) -> Error {
    Error::type_(format!("{} where another type was said", array.data_type()))
}
