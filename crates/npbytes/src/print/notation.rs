//! A float's digits laid out: positional or scientific, zeros trimmed or filled up, padded.

use super::digits::{Counted, Decimal, Finite, Rule};

/// What happens to zeros at the end of the fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trim {
    /// They are kept, and added up to the digits asked for: `1.50`.
    Keep,
    /// They go, the point stays: `1.`
    Zeros,
    /// They go but for one: `1.0`
    AllButOne,
    /// They go, and so does a point with nothing behind it: `1`
    Point,
}

/// How floats of one array are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notation {
    pub(super) scientific: bool,
    /// Digits end where they are unique, else where `precision` says.
    pub(super) unique: bool,
    /// The most digits after the point.
    pub(super) precision: Option<i32>,
    /// The fewest digits after the point, of the exact value where those of the shortest form end.
    pub(super) min_digits: Option<i32>,
    pub(super) trim: Trim,
    /// A plus before what is not negative.
    pub(super) plus: bool,
    /// The least width of what stands before the point, sign included.
    pub(super) pad_left: usize,
    /// The least width of what stands behind the point; positional only.
    pub(super) pad_right: usize,
    /// The least digits of the exponent; scientific only.
    pub(super) exponent_digits: usize,
}

impl Notation {
    /// The shortest form that reads back.
    pub(super) const fn shortest(scientific: bool, trim: Trim) -> Self {
        Self {
            scientific,
            unique: true,
            precision: None,
            min_digits: None,
            trim,
            plus: false,
            pad_left: 0,
            pad_right: 0,
            exponent_digits: 2,
        }
    }

    fn rule(&self) -> Rule {
        // The digit before the point is a significant one too.
        let counted = |n: i32| if self.scientific { n.saturating_add(1) } else { n };
        Rule {
            unique: self.unique,
            counted: if self.scientific { Counted::Significant } else { Counted::Fractional },
            most: self.precision.map(counted),
            least: self.min_digits.map(counted),
        }
    }

    /// Appends a finite float.
    pub(super) fn write(
        &self,
        negative: bool,
        value: &Finite,
        scratch: &mut Decimal,
        out: &mut String,
    ) {
        value.digits(&self.rule(), scratch);
        let sign = match (negative, self.plus) {
            (true, _) => "-",
            (false, true) => "+",
            (false, false) => "",
        };
        let digits = &scratch.digits[..];
        let whole_len = match usize::try_from(scratch.exponent) {
            Ok(_) if self.scientific => 1,
            Ok(exponent) => exponent + 1,
            Err(_) => usize::from(self.scientific),
        };
        let (whole, mut fraction) = digits.split_at_checked(whole_len).unwrap_or((digits, &[]));
        let mut zeros = match scratch.exponent {
            ..0 if !self.scientific => to_usize(-(scratch.exponent + 1)),
            _ => 0,
        };
        if self.trim != Trim::Keep {
            let kept = fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |at| at + 1);
            fraction = fraction.get(..kept).unwrap_or_default();
            if kept == 0 {
                zeros = 0;
            }
        }

        repeat(out, ' ', self.pad_left.saturating_sub(sign.len() + whole_len.max(1)));
        out.push_str(sign);
        if whole_len == 0 {
            out.push('0');
        }
        push_ascii(out, whole);
        repeat(out, '0', whole_len - whole.len());

        let mut width = zeros + fraction.len();
        if width > 0 || self.trim != Trim::Point {
            out.push('.');
        }
        repeat(out, '0', zeros);
        push_ascii(out, fraction);
        let filled = match self.trim {
            Trim::Keep => {
                to_usize(if self.unique { self.min_digits } else { self.precision }.unwrap_or(0))
            }
            Trim::AllButOne => 1,
            Trim::Zeros | Trim::Point => 0,
        };
        repeat(out, '0', filled.saturating_sub(width));
        width = width.max(filled);

        if self.scientific {
            out.push_str(if scratch.exponent < 0 { "e-" } else { "e+" });
            let start = out.len();
            push_number(out, scratch.exponent.unsigned_abs());
            while out.len() - start < self.exponent_digits {
                out.insert(start, '0');
            }
        } else {
            repeat(out, ' ', self.pad_right.saturating_sub(width));
        }
    }
}

fn to_usize(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

pub(super) fn repeat(out: &mut String, c: char, times: usize) {
    out.extend(std::iter::repeat_n(c, times));
}

fn push_ascii(out: &mut String, digits: &[u8]) {
    out.extend(digits.iter().copied().map(char::from));
}

fn push_number(out: &mut String, number: u32) {
    // Writing to a `String` does not fail.
    let _ = std::fmt::Write::write_fmt(out, format_args!("{number}"));
}
