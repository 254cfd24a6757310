//! Counts of one unit as counts of another, exactly or not at all.

use arrow_schema::TimeUnit as ArrowUnit;
use npbytes::dtype::{TimeUnit, Unit};

/// NumPy's not-a-time.
pub(super) const NAT: i64 = i64::MIN;

const SECOND: i128 = 1_000_000_000_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// How counts become others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// They stay.
    Same,
    /// Times a number, by a number.
    Scale { mul: i128, div: i128 },
    /// So many are a day, and so many months are one of the others.
    Months { day: i128, months: i128 },
}

/// NumPy's unit of one of Arrow's.
pub(super) fn unit_of(unit: ArrowUnit) -> Unit {
    match unit {
        ArrowUnit::Second => Unit::Second,
        ArrowUnit::Millisecond => Unit::Millisecond,
        ArrowUnit::Microsecond => Unit::Microsecond,
        ArrowUnit::Nanosecond => Unit::Nanosecond,
    }
}

/// How long a unit is, in attoseconds; those of the calendar and none have no length.
fn length(unit: Unit) -> Option<i128> {
    Some(match unit {
        Unit::Week => 7 * DAY,
        Unit::Day => DAY,
        Unit::Hour => 3_600 * SECOND,
        Unit::Minute => 60 * SECOND,
        Unit::Second => SECOND,
        Unit::Millisecond => SECOND / 1_000,
        Unit::Microsecond => SECOND / 1_000_000,
        Unit::Nanosecond => SECOND / 1_000_000_000,
        Unit::Picosecond => 1_000_000,
        Unit::Femtosecond => 1_000,
        Unit::Attosecond => 1,
        Unit::Year | Unit::Month | Unit::Generic => return None,
    })
}

/// How counts of a unit become those of another, of dates or of spans; `None` if they do not.
pub(super) fn step(from: Unit, to: TimeUnit, date: bool) -> Option<Step> {
    let multiple = i128::from(to.multiple());
    let months = match to.unit() {
        Unit::Year => Some(12 * multiple),
        Unit::Month => Some(multiple),
        _ => None,
    };
    match (length(from), months) {
        (Some(from), None) => {
            let to = length(to.unit())?.checked_mul(multiple)?;
            let common = gcd(from, to);
            let (mul, div) = (from / common, to / common);
            Some(if mul == div { Step::Same } else { Step::Scale { mul, div } })
        }
        (Some(from), Some(months)) if date => Some(Step::Months { day: DAY / from, months }),
        (None, Some(1)) if from == Unit::Month => Some(Step::Same),
        (None, Some(months)) if from == Unit::Month => Some(Step::Scale { mul: 1, div: months }),
        _ => None,
    }
}

fn gcd(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

impl Step {
    /// The count that it becomes; `None` if it would be rounded or does not fit.
    pub(super) fn take(self, count: i64) -> Option<i64> {
        let count = i128::from(count);
        let taken = match self {
            Self::Same => count,
            Self::Scale { mul, div } => exactly(count.checked_mul(mul)?, div)?,
            Self::Months { day, months } => {
                let (year, month, first) = civil(exactly(count, day)?)?;
                if !first {
                    return None;
                }
                exactly((year - 1970) * 12 + (month - 1), months)?
            }
        };
        i64::try_from(taken).ok().filter(|&taken| taken != NAT)
    }
}

fn exactly(count: i128, by: i128) -> Option<i128> {
    (count.checked_rem_euclid(by)? == 0).then(|| count.div_euclid(by))
}

/// The year, the month from 1, and whether it is its first day, of a day since 1970 in the Gregorian calendar.
fn civil(days: i128) -> Option<(i128, i128, bool)> {
    // Years that start in March end with the leap day; 400 of them have 146,097 days.
    const ERA: i128 = 146_097;
    let days = days.checked_add(719_468)?;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let first = (153 * shifted + 2) / 5 == day;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i128::from(month <= 2);
    Some((year, month, first))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn unit(text: &str) -> TimeUnit {
        use npbytes::{DType, Kind};
        match DType::parse(&format!("M8[{text}]")).unwrap().kind() {
            Kind::DateTime64(unit) => *unit,
            _ => unreachable!(),
        }
    }

    /// np.array(days, "M8[D]").astype("M8[M]").astype(int), of first days of months
    #[test]
    fn days_to_months_as_numpy_has_them() {
        let to = step(Unit::Day, unit("M"), true).unwrap();
        for (day, month) in [
            (0, 0),
            (31, 1),
            (-31, -1),
            (11_016, 362), // 2000-02-29 is no first day; 2000-02-28 + 2 = 2000-03-01
            (18_262, 600), // 2020-01-01
            (-719_528, -23_640), // 0000-01-01
            (-719_162, -23_628), // 0001-01-01
            (2_932_897 - 365, 96_348), // 9999-01-01
        ] {
            let got = to.take(day);
            if day == 11_016 {
                assert_eq!(got, None);
            } else {
                assert_eq!(got, Some(month), "day {day}");
            }
        }
        assert_eq!(to.take(11_017), Some(362));
        let years = step(Unit::Day, unit("Y"), true).unwrap();
        assert_eq!(years.take(18_262), Some(50));
        assert_eq!(years.take(18_293), None);
    }

    #[test]
    fn exact_or_not_at_all() {
        let to = |from, text| step(from, unit(text), true);
        assert_eq!(to(Unit::Millisecond, "ms"), Some(Step::Same));
        assert_eq!(to(Unit::Millisecond, "s").unwrap().take(-3_000), Some(-3));
        assert_eq!(to(Unit::Millisecond, "s").unwrap().take(1_500), None);
        assert_eq!(to(Unit::Second, "25s").unwrap().take(50), Some(2));
        assert_eq!(to(Unit::Second, "ns").unwrap().take(i64::MAX), None);
        assert_eq!(to(Unit::Day, "W").unwrap().take(-14), Some(-2));
        assert_eq!(to(Unit::Second, "as").unwrap().take(9), Some(9_000_000_000_000_000_000));
        assert_eq!(to(Unit::Second, "M").unwrap().take(86_400 * 31), Some(1));
        assert_eq!(step(Unit::Second, unit("M"), false), None);
        assert_eq!(step(Unit::Month, unit("Y"), false).unwrap().take(24), Some(2));
        assert_eq!(step(Unit::Second, TimeUnit::GENERIC, true), None);
    }
}
