//! What becomes Python's objects.

use arrow_schema::{DataType, FieldRef, Fields};
use npbytes::{DType, Kind};

use super::lists::{item_of, items};
use super::natural::column;
use super::{Chunks, Node, Object, Plan, Planned, Planner, Source};
use crate::from::meta::dtype_of_item;
use crate::{Error, Result};

impl Planner<'_> {
    pub(super) fn object(object: Object) -> Planned {
        Ok(Some(Plan::of(DType::new(Kind::Object)?, Node::Object(object))))
    }

    /// Lists of any lengths as objects that are arrays.
    pub(super) fn arrays(
        &mut self,
        source: Source<'_>,
        item: &FieldRef,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let inner = chunks.map(|chunks| chunks.parts(items));
        let wanted = dtype_of_item(item, &self.options.limits).filter(|_| !self.options.plain);
        let plan = self.child(item, source, wanted.as_ref(), inner.as_ref())?;
        plan.map_or(Ok(None), |plan| Self::object(Object::Array(Box::new(plan))))
    }

    /// What the metadata says were objects.
    pub(super) fn wanted_objects(
        &mut self,
        source: Source<'_>,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let object = DType::new(Kind::Object)?;
        if let Some((item, size)) = item_of(source.data_type) {
            if let Some(size) = size {
                return self.fixed_list(source, item, size, Some(&object), chunks);
            }
            if dtype_of_item(item, &self.options.limits).is_some() {
                return self.arrays(source, item, chunks);
            }
            let inner = chunks.map(|chunks| chunks.parts(items));
            let plan = self.child(item, source, Some(&object), inner.as_ref())?;
            return plan.map_or(Ok(None), |plan| Self::object(Object::List(Box::new(plan))));
        }
        match source.data_type {
            DataType::Null => Self::object(Object::None),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::object(Object::Text),
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
                Self::object(Object::Bytes)
            }
            _ => {
                // Nulls of integers are None here, and take no floats.
                let source = Source { nullable: false, ..source };
                match self.natural(source, None)? {
                    Some(plan) if plan.has_object() => Ok(Some(plan)),
                    Some(plan) => Self::object(Object::Scalar(Box::new(plan))),
                    None => Err(Error::metadata(format!("objects as {}", source.data_type))),
                }
            }
        }
    }

    /// Tensors of a shape each: a struct of lists and of shapes. The outer `None` says that it is no such struct.
    pub(super) fn tensors(
        &mut self,
        source: Source<'_>,
        fields: &Fields,
        permutation: Option<&[usize]>,
        chunks: Option<&Chunks>,
    ) -> Result<Option<Option<Plan>>> {
        let place = |name: &str| fields.iter().position(|field| field.name() == name);
        let (Some(data), Some(shape)) = (place("data"), place("shape")) else { return Ok(None) };
        let (Some(elements), Some(shapes)) = (fields.get(data), fields.get(shape)) else {
            return Ok(None);
        };
        let DataType::List(item) = elements.data_type() else { return Ok(None) };
        let DataType::FixedSizeList(axis, axes) = shapes.data_type() else { return Ok(None) };
        let fits = |axes_of: &[usize]| i32::try_from(axes_of.len()) == Ok(*axes);
        if *axis.data_type() != DataType::Int32 || !permutation.is_none_or(fits) {
            return Ok(None);
        }
        let inner = chunks.map(|chunks| chunks.columns(|array| column(array, data)).parts(items));
        let Some(item) = self.child(item, source, None, inner.as_ref())? else {
            return Ok(Some(None));
        };
        if item.has_object() || !item.dims.is_empty() {
            return Ok(None);
        }
        let permutation = permutation.map(<[usize]>::to_vec);
        let object = Object::Tensor { data, shape, permutation, item: Box::new(item) };
        Self::object(object).map(Some)
    }
}
