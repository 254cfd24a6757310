//! Numbers: the bytes of both sides are the same, and shared where they are aligned.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, FixedSizeBinaryArray, PrimitiveArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};
use npbytes::Kind;

use super::bits;
use super::cells::Cells;
use crate::{Copied, Error, Result};

/// An array over a buffer of aligned values.
fn array<T: ArrowPrimitiveType>(
    buffer: Buffer,
    len: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let fits = len.checked_mul(size_of::<T::Native>()).is_some_and(|bytes| bytes <= buffer.len());
    let aligned = buffer.as_ptr().addr().is_multiple_of(align_of::<T::Native>());
    if !fits || !aligned {
        return Err(Error::type_("elements that are not as long as their dtype says"));
    }
    Ok(Arc::new(PrimitiveArray::<T>::try_new(ScalarBuffer::new(buffer, 0, len), nulls)?))
}

/// An array of a type of numbers over a buffer of aligned values.
pub(super) fn typed(
    data_type: &DataType,
    buffer: Buffer,
    len: usize,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    match data_type {
        DataType::Int8 => array::<Int8Type>(buffer, len, nulls),
        DataType::Int16 => array::<Int16Type>(buffer, len, nulls),
        DataType::Int32 => array::<Int32Type>(buffer, len, nulls),
        DataType::Int64 => array::<Int64Type>(buffer, len, nulls),
        DataType::UInt8 => array::<UInt8Type>(buffer, len, nulls),
        DataType::UInt16 => array::<UInt16Type>(buffer, len, nulls),
        DataType::UInt32 => array::<UInt32Type>(buffer, len, nulls),
        DataType::UInt64 => array::<UInt64Type>(buffer, len, nulls),
        DataType::Float16 => array::<Float16Type>(buffer, len, nulls),
        DataType::Float32 => array::<Float32Type>(buffer, len, nulls),
        DataType::Float64 => array::<Float64Type>(buffer, len, nulls),
        DataType::Date32 => array::<Date32Type>(buffer, len, nulls),
        DataType::Timestamp(TimeUnit::Second, _) => {
            array::<TimestampSecondType>(buffer, len, nulls)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            array::<TimestampMillisecondType>(buffer, len, nulls)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            array::<TimestampMicrosecondType>(buffer, len, nulls)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            array::<TimestampNanosecondType>(buffer, len, nulls)
        }
        DataType::Duration(TimeUnit::Second) => array::<DurationSecondType>(buffer, len, nulls),
        DataType::Duration(TimeUnit::Millisecond) => {
            array::<DurationMillisecondType>(buffer, len, nulls)
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            array::<DurationMicrosecondType>(buffer, len, nulls)
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            array::<DurationNanosecondType>(buffer, len, nulls)
        }
        other => Err(Error::type_(format!("{other} is no type of numbers"))),
    }
}

/// The alignment of a number of an itemsize.
pub(super) fn alignment(itemsize: usize) -> usize {
    match itemsize {
        2 | 4 | 8 => itemsize,
        _ => 1,
    }
}

/// Numbers as they are.
pub(super) fn numbers(
    cells: &Cells<'_>,
    data_type: &DataType,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let buffer = cells.native(alignment(cells.dtype.itemsize()), copied)?;
    typed(data_type, buffer, cells.len(), nulls)
}

/// Floats as they are, of which NaN are null besides what is masked.
pub(super) fn floats(
    cells: &Cells<'_>,
    data_type: &DataType,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let buffer = cells.native(alignment(cells.dtype.itemsize()), copied)?;
    let nans = numbers_of(&buffer, cells.dtype.kind())?;
    typed(data_type, buffer, cells.len(), NullBuffer::union(nulls.as_ref(), nans.as_ref()))
}

/// The validity of floats that are numbers.
fn numbers_of(buffer: &Buffer, kind: &Kind) -> Result<Option<NullBuffer>> {
    match kind {
        Kind::Float16 => bits::validity(buffer.typed_data::<u16>(), |half: u16| {
            u8::from(half & 0x7fff <= 0x7c00)
        }),
        Kind::Float32 => bits::validity(buffer.typed_data::<f32>(), |x: f32| u8::from(!x.is_nan())),
        Kind::Float64 => bits::validity(buffer.typed_data::<f64>(), |x: f64| u8::from(!x.is_nan())),
        _ => Ok(None),
    }
}

/// Half floats as single ones. The bits of a NaN stay what they are, quiet or not.
pub(super) fn halves(
    cells: &Cells<'_>,
    nan_is_null: bool,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    *copied |= Copied::VALUES;
    let buffer = cells.native(2, copied)?;
    let wide: Vec<u32> = buffer.typed_data::<u16>().iter().map(|&half| widened(half)).collect();
    let buffer = Buffer::from_vec(wide);
    let nans = if nan_is_null { numbers_of(&buffer, &Kind::Float32)? } else { None };
    let nulls = NullBuffer::union(nulls.as_ref(), nans.as_ref());
    typed(&DataType::Float32, buffer, cells.len(), nulls)
}

/// The bits of a half float as those of a single one.
fn widened(half: u16) -> u32 {
    let value = half::f16::from_bits(half);
    if value.is_nan() {
        let half = u32::from(half);
        (half & 0x8000) << 16 | 0x7f80_0000 | (half & 0x03ff) << 13
    } else {
        value.to_f32().to_bits()
    }
}

/// Elements of as many bytes each, as they are.
pub(super) fn fixed(
    cells: &Cells<'_>,
    size: i32,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let bytes = cells.bytes(copied)?;
    let buffer =
        if bytes.is_empty() { Buffer::from_vec(Vec::<u8>::new()) } else { Buffer::from(bytes) };
    Ok(Arc::new(FixedSizeBinaryArray::try_new_with_len(size, buffer, nulls, cells.len())?))
}
