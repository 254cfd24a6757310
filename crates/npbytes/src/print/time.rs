//! Datetimes as ISO 8601 texts, and timedeltas with the name of their unit.

use std::fmt::Write;

use super::numeric::{Visit, digits};
use crate::dtype::{TimeUnit, Unit};
use crate::error::{Error, Result};

/// The value that is not a time, of datetimes and timedeltas alike.
pub(super) const NAT: i64 = i64::MIN;

/// A point in time, as far as its unit goes.
struct DateTime {
    year: i64,
    month: i64,
    day: i64,
    /// Attoseconds are the least there is: 86,400 times 10^18 of them a day.
    of_day: i128,
}

const ATTOSECONDS: i128 = 1_000_000_000_000_000_000;
const DAY: i128 = 86_400 * ATTOSECONDS;

/// The attoseconds of a unit of hours or less.
const fn attoseconds(unit: Unit) -> Option<i128> {
    Some(match unit {
        Unit::Hour => 3_600 * ATTOSECONDS,
        Unit::Minute => 60 * ATTOSECONDS,
        Unit::Second => ATTOSECONDS,
        Unit::Millisecond => ATTOSECONDS / 1_000,
        Unit::Microsecond => ATTOSECONDS / 1_000_000,
        Unit::Nanosecond => ATTOSECONDS / 1_000_000_000,
        Unit::Picosecond => 1_000_000,
        Unit::Femtosecond => 1_000,
        Unit::Attosecond => 1,
        _ => return None,
    })
}

impl DateTime {
    /// The time that a count of units after 1970 is. Where NumPy's 64-bit arithmetic wraps, so does
    /// this.
    fn new(count: i64, unit: TimeUnit) -> Result<Self> {
        let count = count.wrapping_mul(unit.multiple().into());
        let start = Self { year: 1970, month: 1, day: 1, of_day: 0 };
        Ok(match unit.unit() {
            Unit::Generic => {
                return Err(Error::unsupported(
                    "a datetime without a unit other than NaT has no text: NumPy refuses it too",
                ));
            }
            Unit::Year => Self { year: count.wrapping_add(1970), ..start },
            Unit::Month => {
                Self { year: count.div_euclid(12) + 1970, month: count.rem_euclid(12) + 1, ..start }
            }
            Unit::Week => Self::from_days(count.wrapping_mul(7)),
            Unit::Day => Self::from_days(count),
            other => {
                let unit = attoseconds(other).unwrap_or(1);
                let (count, per_day) = (i128::from(count), DAY / unit);
                let days = i64::try_from(count.div_euclid(per_day)).unwrap_or(0);
                Self { of_day: count.rem_euclid(per_day) * unit, ..Self::from_days(days) }
            }
        })
    }

    /// The Gregorian date of a day after 1970-01-01.
    fn from_days(days: i64) -> Self {
        /// 400 years of the calendar.
        const ERA: i64 = 146_097;
        // From 2000-01-01 on, the first day of an era, as NumPy counts (and wraps).
        let since_2000 = days.wrapping_sub(10_957);
        // Years are taken from March to February, which ends them with the leap day.
        let since_march = i128::from(since_2000) - 60;
        let era = i64::try_from(since_march.div_euclid(ERA.into())).unwrap_or(0);
        let day = i64::try_from(since_march.rem_euclid(ERA.into())).unwrap_or(0);
        // Leave out the leap days, one each 4 years but for the last of each 100, but for the last.
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let of_year = day - (365 * year + year / 4 - year / 100);
        // Five months from March on have 153 days, and so have the next five.
        let month = (5 * of_year + 2) / 153;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        let before = (153 * ((month + 9) % 12) + 2) / 5;
        Self { year: 2000 + 400 * era + year + next, month, day: of_year - before + 1, of_day: 0 }
    }
}

/// Appends a datetime as far as its unit goes: `2020-01`, `2020-01-01T00:30`, `NaT`.
///
/// # Errors
/// A datetime of the generic unit that is not NaT.
pub(super) fn write_datetime(count: i64, unit: TimeUnit, out: &mut String) -> Result<()> {
    if count == NAT {
        out.push_str("NaT");
        return Ok(());
    }
    let time = DateTime::new(count, unit)?;
    if time.year == NAT {
        out.push_str("NaT");
        return Ok(());
    }
    // Writing to a `String` does not fail.
    let _ = write!(out, "{:04}", time.year);
    let unit = unit.unit();
    if unit == Unit::Year {
        return Ok(());
    }
    let _ = write!(out, "-{:02}", time.month);
    if unit == Unit::Month {
        return Ok(());
    }
    let _ = write!(out, "-{:02}", time.day);
    if matches!(unit, Unit::Week | Unit::Day) {
        return Ok(());
    }
    let seconds = time.of_day / ATTOSECONDS;
    let _ = write!(out, "T{:02}", seconds / 3_600);
    if unit == Unit::Hour {
        return Ok(());
    }
    let _ = write!(out, ":{:02}", seconds / 60 % 60);
    if unit == Unit::Minute {
        return Ok(());
    }
    let _ = write!(out, ":{:02}", seconds % 60);
    let places = match unit {
        Unit::Millisecond => 3,
        Unit::Microsecond => 6,
        Unit::Nanosecond => 9,
        Unit::Picosecond => 12,
        Unit::Femtosecond => 15,
        Unit::Attosecond => 18,
        _ => return Ok(()),
    };
    let _ = write!(out, ".{:018}", time.of_day % ATTOSECONDS);
    out.truncate(out.len() - (18 - places));
    Ok(())
}

/// Appends `str` of a timedelta scalar: `5 days`.
pub(super) fn write_timedelta(count: i64, unit: TimeUnit, out: &mut String) {
    if count == NAT {
        out.push_str("NaT");
        return;
    }
    let name = match unit.unit() {
        Unit::Year => "years",
        Unit::Month => "months",
        Unit::Week => "weeks",
        Unit::Day => "days",
        Unit::Hour => "hours",
        Unit::Minute => "minutes",
        Unit::Second => "seconds",
        Unit::Millisecond => "milliseconds",
        Unit::Microsecond => "microseconds",
        Unit::Nanosecond => "nanoseconds",
        Unit::Picosecond => "picoseconds",
        Unit::Femtosecond => "femtoseconds",
        Unit::Attosecond => "attoseconds",
        Unit::Generic => "generic time units",
    };
    let _ = write!(out, "{} {name}", count.wrapping_mul(unit.multiple().into()));
}

/// How the datetimes or timedeltas of an array are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeFormat {
    /// The unit of datetimes, which are written as dates in quotes; timedeltas are plain numbers.
    date: Option<TimeUnit>,
    width: usize,
}

impl TimeFormat {
    /// Looks at the times that are shown. NumPy takes the width from the latest and the earliest.
    ///
    /// # Errors
    /// As [`write_datetime`].
    pub(super) fn fit(date: Option<TimeUnit>, times: &Visit<'_, i64>) -> Result<Self> {
        let mut range: Option<(i64, i64)> = None;
        let mut nat = false;
        times(&mut |time| {
            if time == NAT {
                nat = true;
            } else {
                range = Some(range.map_or((time, time), |(a, b)| (a.min(time), b.max(time))));
            }
        });
        let width = match (range, date) {
            (None, _) => 0,
            (Some((least, most)), None) => digits(least.into()).max(digits(most.into())),
            (Some((least, most)), Some(unit)) => {
                let mut text = String::new();
                write_datetime(least, unit, &mut text)?;
                let first = text.len();
                write_datetime(most, unit, &mut text)?;
                first.max(text.len() - first) + "''".len()
            }
        };
        Ok(Self { date, width: if nat { width.max("'NaT'".len()) } else { width } })
    }

    /// Appends one of the times.
    ///
    /// # Errors
    /// As [`write_datetime`].
    pub(super) fn write(&self, time: i64, out: &mut String) -> Result<()> {
        let start = out.len();
        match self.date {
            None if time != NAT => {
                let _ = write!(out, "{time}");
            }
            _ => {
                out.push('\'');
                write_datetime(time, self.date.unwrap_or(TimeUnit::GENERIC), out)?;
                out.push('\'');
            }
        }
        let missing = self.width.saturating_sub(out.len() - start);
        if missing > 0 {
            out.insert_str(start, &" ".repeat(missing));
        }
        Ok(())
    }
}
