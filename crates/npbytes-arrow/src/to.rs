//! NumPy to Arrow.
//!
//! What a dtype becomes is decided first ([`field_of`] is that alone), then carried out: numbers are shared where their
//! bytes are those of Arrow, everything else is made in one pass over the elements.

mod annotate;
mod bits;
mod cells;
mod complex;
mod gather;
mod long_double;
mod objects;
mod plan;
mod primitive;
mod records;
mod rows;
mod text;
mod time;

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use arrow_schema::{DataType, Field, FieldRef};
use npbytes::{Array, AxisOrder, DType, Kind, Shape};

pub(crate) use annotate::Metadata;
use annotate::{describe_axes, describe_field_mask, describe_mask, dtype_text};
use cells::Cells;
use plan::{Context, How, Plan};
use rows::Walk;

use crate::{Copied, Error, MaskedArray, Result, ToArrow, Values, metadata};

/// What an array became.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Column {
    /// The values.
    pub array: ArrayRef,
    /// Their name, type and metadata.
    pub field: FieldRef,
    /// Whether and why bytes were copied.
    pub copied: Copied,
}

/// Makes values a column: the indices of one axis ([`ToArrow::row_axis`]) are its rows, and the other axes make each row
/// a tensor or a list. An array without axes is one row.
///
/// Numbers, timestamps, bytes and what is made of them are not copied where they lie as Arrow has them: in this
/// machine's byte order, aligned, and row behind row; [`Copied`] says what stood against it. The field says by which
/// dtype, order of axes and nulls NumPy had them (see [`metadata`](crate::metadata)).
///
/// What is masked is null, and so is NaT: beside a mask, NaT comes back masked. Texts and dates under a mask are not kept;
/// numbers are, but in Parquet.
///
/// ```
/// use npbytes::Array;
/// use npbytes_arrow::{Copied, ToArrow, Values, to_arrow};
/// let array = Array::from_vec(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6])?;
/// let column = to_arrow("x", &Values::from(array), &ToArrow::default())?;
/// assert_eq!(column.array.len(), 2);
/// assert_eq!(column.copied, Copied::NO);
/// assert_eq!(column.field.metadata()["ARROW:extension:name"], "arrow.fixed_shape_tensor");
/// # Ok::<(), npbytes_arrow::Error>(())
/// ```
///
/// # Errors
/// What Arrow has no type for, and values that its types cannot hold (text that is no Unicode, dates beyond its range,
/// objects of several kinds): with the column, where it is a field of a struct, and the row.
pub fn to_arrow(name: &str, values: &Values, options: &ToArrow) -> Result<Column> {
    match values {
        Values::Array(array) => dense(name, array, None, options),
        Values::Masked(masked) => dense(name, &masked.data, Some(masked), options),
        Values::Objects(pickle) => objects::objects(name, pickle, options),
    }
}

/// The field that [`to_arrow`] makes of any array of this dtype and these axes in C order, whatever its number of rows:
/// the schema of a stream.
///
/// Only text of more than 2 GiB in one array differs: it is LargeUtf8 there (LargeBinary), unless asked for as such.
///
/// # Errors
/// What Arrow has no type for. What objects become, they decide themselves: they have no field before.
pub fn field_of(name: &str, dtype: &DType, shape: &Shape, options: &ToArrow) -> Result<Field> {
    let walk = Walk::of(shape, &AxisOrder::C, options)?;
    let plan = plan(dtype, &walk, Context { options, masked: false })?;
    let axes: Vec<usize> = (0..shape.len()).collect();
    let mut metadata = Metadata::new();
    describe_axes(&mut metadata, &axes, options.row_axis);
    Ok(plan.field(name, dtype, options, metadata))
}

/// What the rows of an array become.
fn plan(dtype: &DType, walk: &Walk, context: Context<'_>) -> Result<Plan> {
    rows::lists(Plan::of(dtype, context)?, &walk.dims, &walk.order, context.options)
}

fn dense(
    name: &str,
    array: &Array,
    masked: Option<&MaskedArray>,
    options: &ToArrow,
) -> Result<Column> {
    let context = Context { options, masked: masked.is_some() };
    let walk = Walk::of(array.shape(), array.order(), options)?;
    let plan = plan(array.dtype(), &walk, context)?;
    let cells = Cells::of(array, &walk.axes);
    let mask = match masked {
        Some(masked) => Some(mask_cells(masked, &walk)?),
        None => None,
    };
    let mut copied = Copied::NO;
    let values = execute(&plan, &cells, mask.as_ref(), walk.rows, &mut copied)?;
    let mut metadata = Metadata::new();
    describe_axes(&mut metadata, &array.order().axes(array.ndim()), options.row_axis);
    if let Some(masked) = masked {
        describe_mask(&mut metadata, masked);
    }
    let field = plan.field(name, array.dtype(), options, metadata);
    let field = field.with_data_type(values.data_type().clone());
    Ok(Column { array: values, field: Arc::new(field), copied })
}

/// The mask's elements in the order of the data's.
fn mask_cells<'a>(masked: &'a MaskedArray, walk: &Walk) -> Result<Cells<'a>> {
    masked.check()?;
    Ok(Cells::of(&masked.mask, &walk.axes))
}

/// Makes elements values, `len` of them: fewer than elements where they are lists.
fn execute(
    plan: &Plan,
    cells: &Cells<'_>,
    mask: Option<&Cells<'_>>,
    len: usize,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    match &plan.how {
        How::Struct(children) => return records::structs(cells, children, mask, copied),
        How::Lists { item, sizes, unpack } => {
            let list = List { item, sizes, unpack: *unpack, data_type: &plan.data_type };
            return list.execute(cells, mask, len, copied);
        }
        _ => {}
    }
    if let Some(mask) = mask
        && (*mask.dtype.kind() != Kind::Bool || mask.len() != cells.len())
    {
        let (mask, dtype) = (mask.dtype, cells.dtype);
        return Err(Error::type_(format!("a mask of {mask} for elements of {dtype}")));
    }
    let nulls = bits::unmasked(mask)?;
    match &plan.how {
        How::Numbers => primitive::numbers(cells, &plan.data_type, nulls, copied),
        How::Floats => primitive::floats(cells, &plan.data_type, nulls, copied),
        How::Halves(nan_is_null) => primitive::halves(cells, *nan_is_null, nulls, copied),
        How::Rounded(nan_is_null) => long_double::array(cells, *nan_is_null, nulls, copied),
        How::Complex(form) => complex::complex(cells, *form, &plan.data_type, nulls, copied),
        How::Times(times) => time::times(cells, times, nulls, copied),
        How::Fixed(size) => primitive::fixed(cells, *size, nulls, copied),
        How::Text(text) => text::text(cells, *text, nulls, copied),
        How::Stripped(kind, text) => text::stripped(cells, *kind, *text, nulls, copied),
        How::Bits | How::Struct(_) | How::Lists { .. } => {
            let bytes = cells.bytes(copied)?;
            *copied |= Copied::BITS;
            Ok(Arc::new(BooleanArray::new(bits::nonzero(&bytes)?, nulls)))
        }
    }
}

/// Lists that elements are to become the items of.
struct List<'a> {
    item: &'a Plan,
    sizes: &'a [i32],
    unpack: bool,
    data_type: &'a DataType,
}

impl List<'_> {
    fn execute(
        &self,
        cells: &Cells<'_>,
        mask: Option<&Cells<'_>>,
        len: usize,
        copied: &mut Copied,
    ) -> Result<ArrayRef> {
        let (mut items, mut mask, mut nulls) = (cells.clone(), mask.cloned(), None);
        if self.unpack {
            items = items.unpacked();
            if let Some(whole) = mask.take_if(|mask| mask.dtype.as_subarray().is_none()) {
                // One flag for all of a subarray.
                nulls = bits::unmasked(Some(&whole))?;
            }
            mask = mask.map(|mask| mask.unpacked());
        }
        let sizes = self.sizes.iter().map(|&size| usize::try_from(size).unwrap_or(0));
        let values = sizes.fold(len, usize::saturating_mul);
        let values =
            execute(self.item, &items, mask.as_ref(), values, copied).map_err(|error| {
                let in_list = (items.len() / len.max(1)).max(1) as u64;
                match error.row() {
                    Some(item) => error.at_row(item / in_list),
                    None => error,
                }
            })?;
        rows::wrap(values, self.data_type, self.sizes, nulls, len)
    }
}

/// A struct array of one axis as a column a field, and what the schema is to say of the whole.
pub(crate) fn to_columns(
    array: &Array,
    masked: Option<&MaskedArray>,
    options: &ToArrow,
) -> Result<(Vec<Column>, Metadata)> {
    let context = Context { options, masked: masked.is_some() };
    let walk = Walk::of(array.shape(), array.order(), options)?;
    let plan = Plan::of(array.dtype(), context)?;
    let How::Struct(children) = &plan.how else {
        return Err(Error::type_(format!("{} has no fields to be columns", array.dtype())));
    };
    let cells = Cells::of(array, &walk.axes);
    let mask = match masked {
        Some(masked) => Some(mask_cells(masked, &walk)?),
        None => None,
    };
    let mut schema = Metadata::new();
    schema.insert(metadata::DTYPE.into(), dtype_text(array.dtype()));
    if let Some(masked) = masked {
        describe_mask(&mut schema, masked);
    }
    let fields = array.dtype().fields().unwrap_or_default();
    let columns = records::columns(&cells, children, mask.as_ref())?;
    let columns = columns.into_iter().zip(fields).map(|((array, mut field, copied), from)| {
        if let Some(masked) = masked
            && !options.plain
        {
            // A column that is read alone is masked as well.
            let mut metadata = field.metadata().clone();
            let fill_value = masked.fill_value.as_ref().and_then(|fill| {
                let end = from.offset().checked_add(from.dtype().itemsize())?;
                fill.data().get(from.offset()..end)
            });
            describe_field_mask(&mut metadata, fill_value);
            field = Arc::new(field.as_ref().clone().with_metadata(metadata));
        }
        Column { array, field, copied }
    });
    let schema = if options.plain { Metadata::new() } else { schema };
    Ok((columns.collect(), schema))
}
