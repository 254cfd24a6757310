//! Complex numbers: two floats each, one behind the other, as Arrow has no type for them.

use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, StructArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::{DataType, Field};
use npbytes::Kind;

use super::cells::Cells;
use super::plan::Form;
use super::{long_double, primitive};
use crate::{Copied, Error, Result};

/// Complex numbers as values of a type: lists, structs, or both parts of each as values of their own.
pub(super) fn complex(
    cells: &Cells<'_>,
    form: Form,
    data_type: &DataType,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let parts = match cells.dtype.kind() {
        Kind::ComplexLongDouble => long_double::rounded(cells, copied)?,
        Kind::Complex64 => cells.native(4, copied)?,
        _ => cells.native(8, copied)?,
    };
    let len = cells.len();
    let twice = len.checked_mul(2).ok_or_else(|| Error::type_("more elements than memory"))?;
    match (form, data_type) {
        (Form::Flat, part) => {
            primitive::typed(part, parts, twice, nulls.map(|nulls| nulls.expand(2)))
        }
        (Form::List, DataType::FixedSizeList(item, size)) => {
            let values = primitive::typed(item.data_type(), parts, twice, None)?;
            let item: Arc<Field> = item.clone();
            let lists = FixedSizeListArray::try_new_with_length(item, *size, values, nulls, len)?;
            Ok(Arc::new(lists))
        }
        (Form::Struct, DataType::Struct(fields)) => {
            *copied |= Copied::ORDER;
            let columns = fields.iter().enumerate().map(|(place, field)| {
                let part = match field.data_type() {
                    DataType::Float32 => every_other(parts.typed_data::<f32>(), place),
                    _ => every_other(parts.typed_data::<f64>(), place),
                };
                primitive::typed(field.data_type(), part, len, None)
            });
            let columns = columns.collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), columns, nulls, len)?))
        }
        (_, other) => Err(Error::type_(format!("{other} is no type of complex numbers"))),
    }
}

fn every_other<T: arrow_buffer::ArrowNativeType>(parts: &[T], place: usize) -> Buffer {
    let pairs = parts.as_chunks::<2>().0.iter();
    Buffer::from_vec(pairs.map(|[re, im]| if place == 0 { *re } else { *im }).collect::<Vec<T>>())
}
