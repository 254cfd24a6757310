//! Structs: a column a field.

use std::sync::Arc;

use arrow_array::{ArrayRef, StructArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{FieldRef, Fields};
use npbytes::dtype;

use super::cells::Cells;
use super::plan::Child;
use super::{bits, execute, gather};
use crate::{Copied, Error, Result};

/// Structs as an array of structs.
pub(super) fn structs(
    cells: &Cells<'_>,
    children: &[Child],
    mask: Option<&Cells<'_>>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let nulls = whole(mask)?;
    let columns = columns(cells, children, mask.filter(|mask| mask.dtype.fields().is_some()))?;
    let mut arrays = Vec::with_capacity(columns.len());
    let mut fields = Vec::with_capacity(columns.len());
    for (array, field, column) in columns {
        *copied |= column;
        arrays.push(array);
        fields.push(field);
    }
    let fields = Fields::from(fields);
    Ok(Arc::new(StructArray::try_new_with_length(fields, arrays, nulls, cells.len())?))
}

/// The validity of whole structs, where the mask has one flag for each.
fn whole(mask: Option<&Cells<'_>>) -> Result<Option<NullBuffer>> {
    bits::unmasked(mask.filter(|mask| mask.dtype.fields().is_none()))
}

/// The fields of structs as columns. A mask is one of structs, or has one flag for all fields.
pub(super) fn columns(
    cells: &Cells<'_>,
    children: &[Child],
    mask: Option<&Cells<'_>>,
) -> Result<Vec<(ArrayRef, FieldRef, Copied)>> {
    let fields = cells.dtype.fields().unwrap_or_default();
    let gathered = gather::numbers(cells)?;
    let columns = fields.iter().zip(children).zip(gathered).enumerate();
    let columns = columns.map(|(place, ((field, child), gathered))| {
        let mut copied = Copied::NO;
        let part = match &gathered {
            Some(gathered) => {
                copied |= gathered.copied;
                Cells::over(&gathered.dtype, &gathered.bytes, cells.len())
            }
            None => cells.part(field.dtype(), field.offset()),
        };
        let mask = match mask {
            None => None,
            Some(mask) => Some(mask_of(mask, place)?),
        };
        let array = execute(&child.plan, &part, mask.as_ref(), cells.len(), &mut copied)
            .map_err(|error| error.in_column(child.field.name()))?;
        let field = typed(&child.field, &array);
        Ok((array, field, copied))
    });
    columns.collect()
}

/// The mask of a field.
fn mask_of<'a>(mask: &Cells<'a>, place: usize) -> Result<Cells<'a>> {
    match mask.dtype.fields() {
        None => Ok(mask.clone()),
        Some(fields) => {
            let field: &dtype::Field = fields.get(place).ok_or_else(|| {
                Error::type_(format!("a mask of {} for structs of more fields", mask.dtype))
            })?;
            Ok(mask.part(field.dtype(), field.offset()))
        }
    }
}

/// The field with the type that the array turned out to have.
fn typed(field: &FieldRef, array: &ArrayRef) -> FieldRef {
    if field.data_type() == array.data_type() {
        return field.clone();
    }
    Arc::new(field.as_ref().clone().with_data_type(array.data_type().clone()))
}
