//! The matrix as npbytes sees it: dtypes from texts, arrays over buffers. Nothing from NumPy.

use npbytes::dtype::{Field, Struct};
use npbytes::{ArrayView, DType, PyStr, Shape};

use crate::matrix::ArrayCase;
use crate::matrix::catalogue::TypeCase;
use crate::matrix::layout::Memory;
use crate::matrix::types::{self, Type};

/// The dtype of a case: from its descr text where it has one, else field by field.
///
/// # Errors
/// What npbytes says.
pub fn dtype(case: &TypeCase) -> npbytes::Result<DType> {
    match case.descr() {
        Some(descr) => DType::parse(&descr),
        None => build(&case.ty),
    }
}

/// The dtype field by field, aligned flag included.
pub(crate) fn build(ty: &Type) -> npbytes::Result<DType> {
    match ty {
        Type::Scalar(this) => DType::parse(&this.typestr()),
        Type::Subarray(base, shape) => DType::subarray(build(base)?, shape),
        Type::Struct(this) => {
            let fields: npbytes::Result<Vec<Field>> = this.fields.iter().map(field).collect();
            Ok(Struct::new(fields?, Some(this.itemsize), this.aligned)?.into())
        }
    }
}

fn field(field: &types::Field) -> npbytes::Result<Field> {
    // The fields built here have plain names: odd ones come from descr texts.
    let made = Field::new(PyStr::from(field.name.as_str()), build(&field.ty)?, field.offset);
    Ok(match &field.title {
        Some(title) => made.with_title(PyStr::from(title.as_str())),
        None => made,
    })
}

/// The view of an array of the matrix over its memory.
///
/// # Errors
/// What npbytes says.
pub fn view<'a>(
    case: &ArrayCase,
    dtype: &DType,
    memory: &'a Memory,
) -> npbytes::Result<ArrayView<'a>> {
    let shape = Shape::new(&case.shape)?;
    ArrayView::from_strides(dtype.clone(), shape, &memory.strides, memory.offset, &memory.bytes)
}
