//! The units of datetimes and timedeltas.

use std::fmt;

use crate::error::{Error, Result};

/// What one count of a datetime or timedelta is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// `Y`
    Year,
    /// `M`
    Month,
    /// `W`
    Week,
    /// `D`
    Day,
    /// `h`
    Hour,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `ms`
    Millisecond,
    /// `us`
    Microsecond,
    /// `ns`
    Nanosecond,
    /// `ps`
    Picosecond,
    /// `fs`
    Femtosecond,
    /// `as`
    Attosecond,
    /// No unit said: `M8` alone.
    Generic,
}

impl Unit {
    /// All units, coarsest first.
    pub const ALL: [Self; 14] = [
        Self::Year,
        Self::Month,
        Self::Week,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
        Self::Millisecond,
        Self::Microsecond,
        Self::Nanosecond,
        Self::Picosecond,
        Self::Femtosecond,
        Self::Attosecond,
        Self::Generic,
    ];

    /// NumPy's abbreviation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Year => "Y",
            Self::Month => "M",
            Self::Week => "W",
            Self::Day => "D",
            Self::Hour => "h",
            Self::Minute => "m",
            Self::Second => "s",
            Self::Millisecond => "ms",
            Self::Microsecond => "us",
            Self::Nanosecond => "ns",
            Self::Picosecond => "ps",
            Self::Femtosecond => "fs",
            Self::Attosecond => "as",
            Self::Generic => "generic",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "μs" => Some(Self::Microsecond),
            _ => Self::ALL.into_iter().find(|unit| unit.as_str() == text),
        }
    }

    /// The finer units that a division may end in, and how many of each make one of this.
    fn parts(self) -> &'static [(u32, Self)] {
        const THOUSANDS: [u32; 3] = [1_000, 1_000_000, 1_000_000_000];
        match self {
            Self::Year => &[(12, Self::Month), (52, Self::Week), (365, Self::Day)],
            Self::Month => &[(4, Self::Week), (30, Self::Day), (720, Self::Hour)],
            Self::Week => &[(7, Self::Day), (168, Self::Hour), (10_080, Self::Minute)],
            Self::Day => &[(24, Self::Hour), (1_440, Self::Minute), (86_400, Self::Second)],
            Self::Hour => &[(60, Self::Minute), (3_600, Self::Second)],
            Self::Minute => &[(60, Self::Second), (60_000, Self::Millisecond)],
            Self::Second => &[(THOUSANDS[0], Self::Millisecond), (THOUSANDS[1], Self::Microsecond)],
            Self::Millisecond => {
                &[(THOUSANDS[0], Self::Microsecond), (THOUSANDS[1], Self::Nanosecond)]
            }
            Self::Microsecond => {
                &[(THOUSANDS[0], Self::Nanosecond), (THOUSANDS[1], Self::Picosecond)]
            }
            Self::Nanosecond => {
                &[(THOUSANDS[0], Self::Picosecond), (THOUSANDS[1], Self::Femtosecond)]
            }
            Self::Picosecond => {
                &[(THOUSANDS[0], Self::Femtosecond), (THOUSANDS[1], Self::Attosecond)]
            }
            Self::Femtosecond => &[(THOUSANDS[0], Self::Attosecond)],
            Self::Attosecond | Self::Generic => &[],
        }
    }
}

/// A unit and how many of it one count is: `25s` is `(Second, 25)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeUnit {
    unit: Unit,
    multiple: u32,
}

impl TimeUnit {
    /// No unit: `M8`, `m8`.
    pub const GENERIC: Self = Self { unit: Unit::Generic, multiple: 1 };

    /// One of a unit.
    pub const fn of(unit: Unit) -> Self {
        Self { unit, multiple: 1 }
    }

    /// A multiple of a unit; the generic unit has none.
    ///
    /// # Errors
    /// A multiple beyond 2147483647.
    pub fn new(unit: Unit, multiple: u32) -> Result<Self> {
        if i32::try_from(multiple).is_err() {
            return Err(Error::dtype(format!("a multiple of {multiple} does not fit a C int")));
        }
        Ok(if unit == Unit::Generic { Self::GENERIC } else { Self { unit, multiple } })
    }

    /// The unit.
    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// How many of the unit one count is.
    pub const fn multiple(self) -> u32 {
        self.multiple
    }

    /// Reads what stands between the brackets of `M8[...]`: `ns`, `25s`, `D/24`.
    ///
    /// Offsets of errors count from the start of `text`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let (number, rest) = number_prefix(text);
        let digits = text.len() - rest.len();
        let multiple = number.map_or(Ok(1), str::parse::<i32>);
        let multiple = multiple
            .ok()
            .and_then(|multiple| u32::try_from(multiple).ok())
            .ok_or_else(|| Error::dtype("a multiple that does not fit a C int").at(0_u64))?;
        let (name, divisor) = match rest.split_once('/') {
            Some((name, divisor)) => (name, Some(divisor)),
            None => (rest, None),
        };
        let unit = Unit::parse(name).ok_or_else(|| {
            Error::dtype(format!("no datetime unit is called {name:?}"))
                .at(digits)
                .with_help("the units are Y M W D h m s ms us ns ps fs as generic")
        })?;
        let Some(divisor) = divisor else { return Self::new(unit, multiple) };
        let at = digits + name.len() + 1;
        let divisor: u32 = match divisor.parse::<i32>() {
            Ok(divisor) if divisor > 0 => divisor.unsigned_abs(),
            _ => return Err(Error::dtype("a divisor must be a positive number").at(at)),
        };
        Self::new(unit, multiple)?.divided(divisor).ok_or_else(|| {
            Error::dtype(format!(
                "{divisor} does not divide one {} into finer units",
                unit.as_str()
            ))
            .at(at)
        })
    }

    /// One count is this many times shorter.
    fn divided(self, divisor: u32) -> Option<Self> {
        if divisor == 1 {
            return Some(self);
        }
        let &(count, unit) =
            self.unit.parts().iter().find(|(count, _)| count.is_multiple_of(divisor))?;
        Self::new(unit, self.multiple.checked_mul(count / divisor)?).ok()
    }
}

/// Splits off the number that C's `strtol` reads: blanks and a plus may stand before it.
fn number_prefix(text: &str) -> (Option<&str>, &str) {
    let bare = text.trim_start_matches(super::text::C_BLANKS);
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    match bare.split_at(digits) {
        ("", _) => (None, text),
        (number, rest) => (Some(number), rest),
    }
}

/// `[ns]`, `[25s]`; nothing for the generic unit.
impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.unit, self.multiple) {
            (Unit::Generic, _) => Ok(()),
            (unit, 1) => write!(f, "[{}]", unit.as_str()),
            (unit, multiple) => write!(f, "[{multiple}{}]", unit.as_str()),
        }
    }
}
