//! The smallest and the greatest of a column, as Parquet has them: NaN is neither, and a zero is -0.0 as the smallest
//! and 0.0 as the greatest.

use arrow_schema::DataType;
use bytemuck::AnyBitPattern;
use parquet::basic::Type;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use super::odd;
use crate::Result;

/// The bounds of what was added.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Bounds {
    #[default]
    Nothing,
    Signed(i64, i64),
    Unsigned(u64, u64),
    Single(f32, f32),
    Double(f64, f64),
}

/// How many are looked at side by side.
const LANES: usize = 16;

/// The smallest and the greatest, from `none` on. A comparison with NaN is never true.
fn bounds<T: Copy + PartialOrd>(values: &[T], none: (T, T)) -> (T, T) {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let (mut least, mut most) = ([none.0; LANES], [none.1; LANES]);
    for chunk in chunks {
        for ((least, most), &value) in least.iter_mut().zip(&mut most).zip(chunk) {
            *least = if value < *least { value } else { *least };
            *most = if value > *most { value } else { *most };
        }
    }
    let less = |a: T, b: T| if b < a { b } else { a };
    let more = |a: T, b: T| if b > a { b } else { a };
    let least = least.into_iter().chain(rest.iter().copied()).fold(none.0, less);
    (least, most.into_iter().chain(rest.iter().copied()).fold(none.1, more))
}

fn cast<T: AnyBitPattern>(values: &[u8]) -> Result<&[T]> {
    bytemuck::try_cast_slice(values).map_err(|_| odd())
}

impl Bounds {
    /// Adds values as they are stored, of the type that they had.
    pub(super) fn add(&mut self, data_type: &DataType, values: &[u8]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        match data_type {
            DataType::Float32 => {
                let none = match *self {
                    Self::Single(least, most) => (least, most),
                    _ => (f32::INFINITY, f32::NEG_INFINITY),
                };
                let (least, most) = bounds(cast(values)?, none);
                *self = Self::Single(least, most);
            }
            DataType::Float64 => {
                let none = match *self {
                    Self::Double(least, most) => (least, most),
                    _ => (f64::INFINITY, f64::NEG_INFINITY),
                };
                let (least, most) = bounds(cast(values)?, none);
                *self = Self::Double(least, most);
            }
            DataType::UInt64 => {
                let (least, most) = bounds(cast(values)?, (u64::MAX, 0));
                self.add_unsigned(least, most);
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => {
                let (least, most) = bounds(cast(values)?, (u32::MAX, 0));
                self.add_unsigned(least.into(), most.into());
            }
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Date32 => {
                let (least, most) = bounds(cast(values)?, (i32::MAX, i32::MIN));
                self.add_signed(least.into(), most.into());
            }
            _ => {
                let (least, most) = bounds(cast(values)?, (i64::MAX, i64::MIN));
                self.add_signed(least, most);
            }
        }
        Ok(())
    }

    fn add_signed(&mut self, least: i64, most: i64) {
        *self = match *self {
            Self::Signed(before, after) => Self::Signed(before.min(least), after.max(most)),
            _ => Self::Signed(least, most),
        };
    }

    fn add_unsigned(&mut self, least: u64, most: u64) {
        *self = match *self {
            Self::Unsigned(before, after) => Self::Unsigned(before.min(least), after.max(most)),
            _ => Self::Unsigned(least, most),
        };
    }

    /// What a footer says of a column. Bounds of unsigned numbers are the bits of signed ones there.
    pub(super) fn statistics(self, column: &ColumnDescriptor) -> Result<Statistics> {
        let narrow = |wide: i64| i32::try_from(wide).ok();
        let bits = |wide: u64| u32::try_from(wide).ok().map(u32::cast_signed);
        let int32 = |least, most| Statistics::int32(least, most, None, Some(0), false);
        let int64 = |least, most| Statistics::int64(least, most, None, Some(0), false);
        let float = |least, most| Statistics::float(least, most, None, Some(0), false);
        let double = |least, most| Statistics::double(least, most, None, Some(0), false);
        Ok(match (column.physical_type(), self) {
            (Type::INT32, Self::Signed(least, most)) => int32(narrow(least), narrow(most)),
            (Type::INT32, Self::Unsigned(least, most)) => int32(bits(least), bits(most)),
            (Type::INT64, Self::Signed(least, most)) => int64(Some(least), Some(most)),
            (Type::INT64, Self::Unsigned(least, most)) => {
                int64(Some(least.cast_signed()), Some(most.cast_signed()))
            }
            (Type::FLOAT, Self::Single(least, most)) if least <= most => float(
                Some(if least == 0.0 { -0.0 } else { least }),
                Some(if most == 0.0 { 0.0 } else { most }),
            ),
            (Type::DOUBLE, Self::Double(least, most)) if least <= most => double(
                Some(if least == 0.0 { -0.0 } else { least }),
                Some(if most == 0.0 { 0.0 } else { most }),
            ),
            // NaN alone.
            (Type::FLOAT, Self::Single(..)) => float(None, None),
            (Type::DOUBLE, Self::Double(..)) => double(None, None),
            _ => return Err(odd()),
        })
    }
}
