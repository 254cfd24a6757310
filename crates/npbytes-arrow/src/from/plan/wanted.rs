//! What a type becomes where the metadata says the dtype that it was: that, or an error that it cannot have been.
//!
//! Such an error is an [`ErrorKind::Metadata`](crate::ErrorKind::Metadata), upon which the metadata is left aside.

use std::collections::HashMap;

use arrow_schema::{DataType, Fields, IntervalUnit};
use npbytes::dtype::{Field, Unit};
use npbytes::{ByteOrder, DType, Kind};

use super::lists::{Lengths, item_of, lengths};
use super::natural::column;
use super::{Chunks, FieldPlan, Node, Object, Plan, Planned, Planner, Source, mask_size};
use crate::from::extension::Extension;
use crate::from::time::{Step, step, unit_of};
use crate::{Error, Result};

impl Planner<'_> {
    /// The plan by which a type becomes a dtype.
    pub(super) fn wanted(
        &mut self,
        source: Source<'_>,
        wanted: &DType,
        chunks: Option<&Chunks>,
    ) -> Planned {
        Self::check_depth(source)?;
        match (wanted.kind(), source.data_type) {
            (_, DataType::Dictionary(_, values)) => {
                return self.encoded(source, values, Some(wanted), chunks);
            }
            (_, DataType::RunEndEncoded(_, values)) => {
                return self.encoded(source, values.data_type(), Some(wanted), chunks);
            }
            (Kind::Subarray(_), _) => return self.subarray(source, wanted, chunks),
            (Kind::Object, _) => return self.wanted_objects(source, chunks),
            (Kind::String, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
                return Ok(Some(Plan::of(wanted.clone(), Node::Object(Object::Text))));
            }
            (Kind::Struct(_), DataType::Struct(fields)) => {
                return self.wanted_fields(source, fields, wanted, chunks);
            }
            _ => {}
        }
        if let Some(float) = part_of(wanted) {
            match source.data_type {
                DataType::Struct(fields) => {
                    return self.complex(source, fields, wanted, &float, chunks);
                }
                data_type if source.in_list && is_float(data_type, &float) => {
                    let part = self.leaf(source, &float)?;
                    return Ok(Some(Plan::of(wanted.clone(), Node::Parts(Box::new(part)))));
                }
                _ => {}
            }
        }
        let Some((item, size)) = item_of(source.data_type) else {
            return self.leaf(source, wanted).map(Some);
        };
        if let Extension::Broken(why) = source.extension {
            self.notes.push(format!("a tensor that is taken for what it is stored as: {why}"));
        }
        match (size, chunks) {
            (Some(size), _) => self.fixed_list(source, item, size, Some(wanted), chunks),
            (None, None) => Ok(None),
            (None, Some(chunks)) => match lengths(chunks) {
                Lengths::One(size) => self.regular_list(source, item, size, Some(wanted), chunks),
                Lengths::Ragged(_) => Err(no(source, wanted)),
            },
        }
    }

    /// One type as one dtype, neither of which has parts.
    fn leaf(&self, source: Source<'_>, wanted: &DType) -> Result<Plan> {
        use DataType as T;
        let swap = !matches!(wanted.byte_order(), ByteOrder::NotApplicable | ByteOrder::NATIVE);
        let fixed = |size: usize| match source.data_type {
            T::FixedSizeBinary(found) => usize::try_from(*found) == Ok(size),
            _ => false,
        };
        let node = match (wanted.kind(), source.data_type) {
            (Kind::Bool, T::Boolean) => Node::Bits,
            (Kind::Bool, T::Int8 | T::UInt8)
            | (Kind::Int8, T::Int8)
            | (Kind::Int16, T::Int16)
            | (Kind::Int32, T::Int32)
            | (Kind::Int64, T::Int64)
            | (Kind::UInt8, T::UInt8)
            | (Kind::UInt16, T::UInt16)
            | (Kind::UInt32, T::UInt32)
            | (Kind::UInt64, T::UInt64)
            | (Kind::Float16, T::Float16)
            | (Kind::Float32, T::Float32)
            | (Kind::Float64, T::Float64)
            | (Kind::DateTime64(_) | Kind::TimeDelta64(_), T::Int64) => Node::Copy { swap },
            (Kind::Float16, T::Float32) => Node::Half { swap },
            (Kind::LongDouble, T::Float64) => Node::Extended { swap },
            (Kind::LongDouble, _) if fixed(16) => Node::Copy { swap: false },
            (Kind::ComplexLongDouble, _) if fixed(32) => Node::Copy { swap: false },
            (Kind::Bytes(size) | Kind::Void(size), _) if fixed(*size) => Node::Copy { swap: false },
            (
                Kind::Bytes(_),
                T::Binary | T::LargeBinary | T::BinaryView | T::Utf8 | T::LargeUtf8 | T::Utf8View,
            ) => Node::Bytes { exact: false },
            (Kind::Str(_), T::Utf8 | T::LargeUtf8 | T::Utf8View) => Node::Text { exact: false },
            (Kind::DateTime64(unit) | Kind::TimeDelta64(unit), data_type) => {
                let date = matches!(wanted.kind(), Kind::DateTime64(_));
                let (found, wide) = ticks(data_type, date).ok_or_else(|| no(source, wanted))?;
                match step(found, *unit, date).ok_or_else(|| no(source, wanted))? {
                    Step::Same if wide => Node::Copy { swap },
                    step => Node::Time { step, swap },
                }
            }
            _ => return Err(no(source, wanted)),
        };
        Ok(Plan { nan: source.nan, ..Plan::of(wanted.clone(), node) })
    }

    /// Structs of a real and an imaginary part.
    fn complex(
        &mut self,
        source: Source<'_>,
        fields: &Fields,
        wanted: &DType,
        float: &DType,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let mut parts = Vec::with_capacity(2);
        for (i, field) in fields.iter().enumerate() {
            let inner = chunks.map(|chunks| chunks.columns(|array| column(array, i)));
            let plan = self.child(field, source, Some(float), inner.as_ref())?;
            let Some(plan) = plan else { return Ok(None) };
            if i >= 2 || !plan.dims.is_empty() || plan.dtype != *float {
                return Err(no(source, wanted));
            }
            let data = i.saturating_mul(float.itemsize());
            parts.push(FieldPlan { name: field.name().clone(), column: i, data, mask: 0, plan });
        }
        if parts.len() != 2 {
            return Err(no(source, wanted));
        }
        Ok(Some(Plan::of(wanted.clone(), Node::Fields(parts))))
    }

    /// Lists that are axes of an element.
    fn subarray(&mut self, source: Source<'_>, wanted: &DType, chunks: Option<&Chunks>) -> Planned {
        let (base, shape) = flattened(wanted);
        let Some(plan) = self.wanted(source, base, chunks)? else { return Ok(None) };
        // One list of all elements will do as well as one an axis.
        let elements = shape.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim));
        if plan.dims != shape && (elements != Some(plan.elements) || plan.dims.len() > 1) {
            return Err(no(source, wanted));
        }
        Ok(Some(Plan { dims: shape, ..plan }))
    }

    /// The columns of a struct as the fields of a dtype: by name where all are found so, else by place.
    fn wanted_fields(
        &mut self,
        source: Source<'_>,
        columns: &Fields,
        wanted: &DType,
        chunks: Option<&Chunks>,
    ) -> Planned {
        let fields = wanted.fields().unwrap_or_default();
        if fields.len() != columns.len() {
            return Err(Error::metadata(format!(
                "{} columns for {} fields",
                columns.len(),
                fields.len()
            )));
        }
        let names: HashMap<&str, usize> =
            columns.iter().enumerate().map(|(i, column)| (column.name().as_str(), i)).collect();
        let place = |field: &Field| field.name().as_str().and_then(|name| names.get(name).copied());
        let by_name: Option<Vec<usize>> = fields.iter().map(place).collect();
        let places = by_name
            .filter(|_| names.len() == columns.len())
            .unwrap_or_else(|| (0..columns.len()).collect());
        let (mut plans, mut mask) = (Vec::with_capacity(fields.len()), 0_usize);
        for (field, index) in fields.iter().zip(places) {
            let Some(child) = columns.get(index) else { return Err(no(source, wanted)) };
            let inner = chunks.map(|chunks| chunks.columns(|array| column(array, index)));
            let plan = self
                .child(child, source, Some(field.dtype()), inner.as_ref())
                .map_err(|error| error.in_column(child.name()))?;
            let Some(plan) = plan else { return Ok(None) };
            let (base, shape) = flattened(field.dtype());
            let elements = shape.iter().fold(1_usize, |n, &dim| n.saturating_mul(dim));
            if *base != plan.dtype || elements != plan.elements {
                let no = format!("{} does not become {}", child.data_type(), field.dtype());
                return Err(Error::metadata(no).in_column(child.name()));
            }
            let name = child.name().clone();
            plans.push(FieldPlan { name, column: index, data: field.offset(), mask, plan });
            mask = mask.saturating_add(mask_size(field.dtype()));
        }
        Ok(Some(Plan::of(wanted.clone(), Node::Fields(plans))))
    }
}

/// The elements and all axes of a subarray dtype, those of subarrays in it included.
fn flattened(dtype: &DType) -> (&DType, Vec<usize>) {
    let (mut base, mut shape) = (dtype, Vec::new());
    while let Some((inner, dims)) = base.as_subarray() {
        shape.extend_from_slice(dims);
        base = inner;
    }
    (base, shape)
}

/// What times count, and whether in 64 bits.
fn ticks(data_type: &DataType, date: bool) -> Option<(Unit, bool)> {
    Some(match data_type {
        DataType::Date32 if date => (Unit::Day, false),
        DataType::Date64 if date => (Unit::Millisecond, true),
        DataType::Timestamp(unit, _) if date => (unit_of(*unit), true),
        DataType::Duration(unit) | DataType::Time64(unit) if !date => (unit_of(*unit), true),
        DataType::Time32(unit) if !date => (unit_of(*unit), false),
        DataType::Interval(IntervalUnit::YearMonth) if !date => (Unit::Month, false),
        _ => return None,
    })
}

/// The floats that complex numbers are made of.
fn part_of(wanted: &DType) -> Option<DType> {
    let kind = match wanted.kind() {
        Kind::Complex64 => Kind::Float32,
        Kind::Complex128 => Kind::Float64,
        Kind::ComplexLongDouble => Kind::LongDouble,
        _ => return None,
    };
    DType::new(kind).ok().map(|float| float.with_byte_order(wanted.byte_order()))
}

fn is_float(data_type: &DataType, float: &DType) -> bool {
    matches!(
        (float.kind(), data_type),
        (Kind::Float32, DataType::Float32)
            | (Kind::Float64 | Kind::LongDouble, DataType::Float64)
            | (Kind::LongDouble, DataType::FixedSizeBinary(16))
    )
}

fn no(source: Source<'_>, wanted: &DType) -> Error {
    Error::metadata(format!("{} is not what {wanted} becomes", source.data_type))
}
