//! Datetimes and timedeltas: NaT becomes null.

use arrow_array::ArrayRef;
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_schema::{DataType, TimeUnit as ArrowUnit};
use npbytes::dtype::{TimeUnit, Unit};

use super::cells::Cells;
use super::plan::time_unit;
use super::{bits, primitive};
use crate::{Copied, Error, Result};

/// NumPy's value of no time.
const NAT: i64 = i64::MIN;

/// What times become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Times {
    /// The counts as they are, of a type of 64 bits.
    Counts(DataType),
    /// So many days each, as Date32.
    Days(i64),
    /// So many months each, as the Date32 of their first day.
    Months(i64),
    /// So many seconds each, as Timestamp or Duration.
    Seconds(i64, DataType),
}

impl Times {
    pub(super) fn of_datetime(unit: TimeUnit) -> Self {
        let seconds = |count| Self::Seconds(count, DataType::Timestamp(ArrowUnit::Second, None));
        match unit.unit() {
            _ if unit.multiple() != 1 => Self::Counts(DataType::Int64),
            Unit::Year => Self::Months(12),
            Unit::Month => Self::Months(1),
            Unit::Week => Self::Days(7),
            Unit::Day => Self::Days(1),
            Unit::Hour => seconds(3600),
            Unit::Minute => seconds(60),
            unit => Self::Counts(match time_unit(unit) {
                Some(unit) => DataType::Timestamp(unit, None),
                None => DataType::Int64,
            }),
        }
    }

    pub(super) fn of_timedelta(unit: TimeUnit) -> Self {
        let seconds = |count| Self::Seconds(count, DataType::Duration(ArrowUnit::Second));
        match unit.unit() {
            _ if unit.multiple() != 1 => Self::Counts(DataType::Int64),
            Unit::Week => seconds(604_800),
            Unit::Day => seconds(86_400),
            Unit::Hour => seconds(3600),
            Unit::Minute => seconds(60),
            unit => Self::Counts(match time_unit(unit) {
                Some(unit) => DataType::Duration(unit),
                // Years and months are no number of seconds.
                None => DataType::Int64,
            }),
        }
    }

    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Counts(data_type) | Self::Seconds(_, data_type) => data_type.clone(),
            Self::Days(_) | Self::Months(_) => DataType::Date32,
        }
    }
}

/// Times as values. NaT is null beside what is masked.
pub(super) fn times(
    cells: &Cells<'_>,
    times: &Times,
    masked: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let counts = cells.native(8, copied)?;
    let values = counts.typed_data::<i64>();
    let nats = bits::validity(values, |count: i64| u8::from(count != NAT))?;
    let nulls = NullBuffer::union(masked.as_ref(), nats.as_ref());
    let valid = nulls.as_ref().map(NullBuffer::inner);
    let buffer = match times {
        Times::Counts(_) => counts,
        Times::Days(days) => scaled(values, valid, cells, |count| {
            count.checked_mul(*days).and_then(|days| i32::try_from(days).ok())
        })?,
        Times::Months(months) => scaled(values, valid, cells, |count| {
            let months = count.checked_mul(*months)?;
            i32::try_from(days_of_months(months)?).ok()
        })?,
        Times::Seconds(seconds, _) => {
            scaled(values, valid, cells, |count| count.checked_mul(*seconds))?
        }
    };
    if !matches!(times, Times::Counts(_)) {
        *copied |= Copied::VALUES;
    }
    primitive::typed(&times.data_type(), buffer, cells.len(), nulls)
}

/// Every count in another unit; 0 where it is null.
fn scaled<T: arrow_buffer::ArrowNativeType>(
    counts: &[i64],
    valid: Option<&BooleanBuffer>,
    cells: &Cells<'_>,
    scale: impl Fn(i64) -> Option<T>,
) -> Result<Buffer> {
    let mut out = Vec::with_capacity(counts.len());
    for (i, &count) in counts.iter().enumerate() {
        let value = if valid.is_none_or(|valid| valid.value(i)) {
            scale(count).ok_or_else(|| {
                Error::value(format!("{count} of {} is beyond Arrow's range", cells.dtype))
                    .at_row(i as u64)
            })?
        } else {
            T::default()
        };
        out.push(value);
    }
    Ok(Buffer::from_vec(out))
}

/// The days from 1970-01-01 to the first day of a month, counted from January 1970, in the proleptic Gregorian calendar.
fn days_of_months(months: i64) -> Option<i64> {
    // Far beyond what 32 bits of days hold, and far from where the sums below would not fit.
    if months.unsigned_abs() > 1 << 40 {
        return None;
    }
    let (year, month) = (1970 + months.div_euclid(12), months.rem_euclid(12));
    // Years that start in March, so that the day that comes and goes is their last.
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn months_start_on_days() {
        // np.array([...], 'M8[M]').astype('M8[D]').astype('i8')
        let cases = [
            (0, 0),
            (1, 31),
            (2, 59),
            (-1, -31),
            (361, 10988),
            (362, 11017),
            (-23640, -719_528),
            (-23628, -719_162),
            (120_000, 3_652_425),
            (1 << 20, 31_915_375),
        ];
        for (months, days) in cases {
            assert_eq!(days_of_months(months), Some(days), "{months}");
        }
        assert_eq!(days_of_months(i64::MAX), None);
    }
}
