//! The rows of arrays of several axes, and subarrays: lists of a fixed size, and Arrow's tensors over them.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field};
use npbytes::AxisOrder;

use super::plan::{Form, How, Plan};
use crate::{Error, Result, Rows, ToArrow};

/// How an array's axes are walked.
#[derive(Debug)]
pub(super) struct Walk {
    /// All axes in the order of the values: that of the rows first.
    pub(super) axes: Vec<usize>,
    /// The lengths of the others, as the array counts them.
    pub(super) dims: Vec<usize>,
    /// The others as they follow each other in the values, each by its place in `dims`.
    pub(super) order: Vec<usize>,
    /// How many rows there are.
    pub(super) rows: usize,
}

impl Walk {
    /// By rows. As the elements lie in memory where the rows follow each other there and a tensor can say so; else in C
    /// order.
    ///
    /// # Errors
    /// No such axis.
    pub(super) fn of(shape: &[usize], order: &AxisOrder, options: &ToArrow) -> Result<Self> {
        let row_axis = options.row_axis;
        let Some(&rows) = shape.get(row_axis) else {
            if shape.is_empty() && row_axis == 0 {
                let (axes, dims, order) = (Vec::new(), Vec::new(), Vec::new());
                return Ok(Self { axes, dims, order, rows: 1 });
            }
            return Err(Error::type_(format!(
                "no axis {row_axis} for the rows in an array of {} axes",
                shape.len()
            )));
        };
        let memory = order.axes(shape.len());
        let as_it_lies = options.rows == Rows::Tensor && memory.first() == Some(&row_axis);
        let walked = if as_it_lies { memory } else { (0..shape.len()).collect() };
        let others: Vec<usize> = walked.into_iter().filter(|&axis| axis != row_axis).collect();
        let place = |axis: usize| if axis > row_axis { axis - 1 } else { axis };
        let order = others.iter().map(|&axis| place(axis)).collect();
        let dims = shape.iter().enumerate().filter(|(axis, _)| *axis != row_axis);
        let dims = dims.map(|(_, &dim)| dim).collect();
        let axes = std::iter::once(row_axis).chain(others).collect();
        Ok(Self { axes, dims, order, rows })
    }
}

/// Lists of items: `dims` are the lengths of the axes, `order` says which of them varies slowest in the values.
/// Without axes the item itself.
///
/// # Errors
/// More items than Arrow can count.
pub(super) fn lists(
    mut item: Plan,
    dims: &[usize],
    order: &[usize],
    options: &ToArrow,
) -> Result<Plan> {
    if dims.is_empty() {
        return Ok(item);
    }
    let (nullable, null) = (item.nullable, item.null);
    let (sizes, data_type, extension) = match options.rows {
        Rows::Tensor => {
            let mut shape: Vec<usize> =
                order.iter().filter_map(|&axis| dims.get(axis).copied()).collect();
            let mut order = order.to_vec();
            if item.how_flat() {
                order.push(shape.len());
                shape.push(2);
            }
            let size = count(&shape, dims)?;
            // Of the items' extension types, a tensor's readers know none.
            let data_type = DataType::FixedSizeList(
                Arc::new(Field::new_list_field(item.data_type.clone(), true)),
                size,
            );
            let extension = ("arrow.fixed_shape_tensor", tensor_metadata(&shape, &order));
            (vec![size], data_type, Some(extension))
        }
        Rows::Lists => {
            let sizes = dims.iter().map(|&dim| count(&[dim], dims)).collect::<Result<Vec<_>>>()?;
            let mut field = Field::new_list_field(item.data_type.clone(), true);
            if let Some((name, text)) = &item.extension {
                field = field.with_metadata(
                    [
                        (crate::metadata::EXTENSION_NAME.to_owned(), (*name).to_owned()),
                        (crate::metadata::EXTENSION_METADATA.to_owned(), text.clone()),
                    ]
                    .into(),
                );
            }
            let mut data_type = item.data_type.clone();
            for &size in sizes.iter().rev() {
                data_type = DataType::FixedSizeList(Arc::new(field), size);
                field = Field::new_list_field(data_type.clone(), true);
            }
            (sizes, data_type, None)
        }
    };
    item.nullable = true;
    let how = How::Lists { item: Box::new(item), sizes, unpack: false };
    // A list is null only where a mask has one flag for all of it.
    Ok(Plan { how, data_type, extension, nullable, null })
}

impl Plan {
    /// Makes complex numbers two values each, if they are to be lists.
    fn how_flat(&mut self) -> bool {
        if let (How::Complex(form @ Form::List), DataType::FixedSizeList(part, 2)) =
            (&mut self.how, &self.data_type)
        {
            *form = Form::Flat;
            self.data_type = part.data_type().clone();
            self.extension = None;
            return true;
        }
        false
    }
}

/// The number of items in a list.
fn count(shape: &[usize], dims: &[usize]) -> Result<i32> {
    let product = shape.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim));
    let count = if shape.contains(&0) { Some(0) } else { product };
    count.and_then(|count| i32::try_from(count).ok()).ok_or_else(|| {
        let longest = dims.iter().enumerate().max_by_key(|(_, dim)| **dim).unwrap_or((0, &0));
        Error::type_(format!(
            "rows of more elements than the 2147483647 of Arrow's lists: the axis {} of a row has \
             {}",
            longest.0, longest.1
        ))
        .with_help("choose another axis for the rows")
    })
}

/// What `arrow.fixed_shape_tensor` takes, with the keys of the specification, and no key that would be null.
fn tensor_metadata(shape: &[usize], order: &[usize]) -> String {
    let list = |numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        numbers.join(",")
    };
    let mut text = format!("{{\"shape\":[{}]", list(shape));
    if !order.is_sorted() {
        // By the logical axis: which of the shape above it is.
        let mut permutation = vec![0; order.len()];
        for (place, &axis) in order.iter().enumerate() {
            if let Some(slot) = permutation.get_mut(axis) {
                *slot = place;
            }
        }
        // Writing to a `String` does not fail.
        let _ = write!(text, ",\"permutation\":[{}]", list(&permutation));
    }
    text.push('}');
    text
}

/// Wraps values into lists of these sizes, outermost first, of which there are `len`.
pub(super) fn wrap(
    mut values: ArrayRef,
    plan: &DataType,
    sizes: &[i32],
    nulls: Option<NullBuffer>,
    len: usize,
) -> Result<ArrayRef> {
    // How many lists there are on each level.
    let mut counts = vec![len];
    for &size in sizes {
        let outer = counts.last().copied().unwrap_or(0);
        let size = usize::try_from(size).unwrap_or(0);
        counts.push(outer.checked_mul(size).ok_or_else(|| Error::type_("more items than memory"))?);
    }
    let mut fields = Vec::new();
    let mut data_type = plan;
    while let DataType::FixedSizeList(field, _) = data_type {
        if fields.len() == sizes.len() {
            break;
        }
        fields.push(field.clone());
        data_type = field.data_type();
    }
    let mut nulls = nulls;
    for (level, (field, &size)) in fields.iter().zip(sizes).enumerate().rev() {
        let len = counts.get(level).copied().unwrap_or(0);
        // Text may have become large.
        let field = if field.data_type() == values.data_type() {
            field.clone()
        } else {
            Arc::new(field.as_ref().clone().with_data_type(values.data_type().clone()))
        };
        let outer = if level == 0 { nulls.take() } else { None };
        let lists = FixedSizeListArray::try_new_with_length(field, size, values, outer, len)?;
        values = Arc::new(lists);
    }
    Ok(values)
}
