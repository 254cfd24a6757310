//! Decimal digits of a binary float: as many as tell it from its neighbours, or as many as asked for.
//!
//! One generator on exact integers serves every float kind. It is Burger and Dybvig's free-format
//! algorithm ("Printing Floating-Point Numbers Quickly and Accurately", 1996), with the cut-offs that
//! NumPy's printing adds to it: digits end early at a position, or go on past the shortest form with
//! the digits of the exact value, and the last one is rounded half to even on the exact value.
//!
//! `f32` and `f64` take a faster way through the standard library's shortest form wherever the two
//! cannot differ; [`Finite::digits`] says why.

use std::cmp::Ordering;
use std::io::Write;

use super::big::Big;

/// A finite float without its sign: `mantissa * 2^exponent`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finite {
    pub(super) mantissa: u64,
    pub(super) exponent: i32,
    /// The next smaller float is half as far away as the next greater one: the mantissa is a power
    /// of two and not the smallest there is.
    pub(super) closer_below: bool,
    /// The same number as a Rust float, where there is such a type.
    pub(super) native: Option<Native>,
}

/// A positive float that the standard library can print.
#[derive(Clone, Copy, Debug)]
pub(super) enum Native {
    F32(f32),
    F64(f64),
}

/// Where the digits end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Stop at the shortest digits that read back as the same float, else only where the exact value
    /// ends.
    pub(super) unique: bool,
    pub(super) counted: Counted,
    /// The last digit there may be.
    pub(super) most: Option<i32>,
    /// The digit that is reached even where fewer would be unique.
    pub(super) least: Option<i32>,
}

/// What the bounds of a [`Rule`] count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// Digits from the first one on.
    Significant,
    /// Digits after the decimal point.
    Fractional,
}

/// Decimal digits, in ASCII; the first stands at 10 to the power of `exponent`.
///
/// Zeros at the end may be there or not; whoever writes the digits pads or trims them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decimal {
    pub(super) digits: Vec<u8>,
    pub(super) exponent: i32,
}

impl Rule {
    /// The shortest digits that are unique.
    pub(super) const UNIQUE: Self =
        Self { unique: true, counted: Counted::Significant, most: None, least: None };

    /// The power of ten of the last digit there may be, for a number whose first digit stands at
    /// `first`.
    fn end(&self, bound: Option<i32>, first: i32) -> Option<i32> {
        let bound = bound?;
        Some(match self.counted {
            Counted::Significant => first + 1 - bound,
            Counted::Fractional => -bound,
        })
    }
}

impl Decimal {
    fn set(&mut self, digit: u8, exponent: i32) {
        self.digits.clear();
        self.digits.push(digit);
        self.exponent = exponent;
    }

    /// Adds one to the last digit.
    fn round_up(&mut self) {
        while let Some(last) = self.digits.pop() {
            if last < b'9' {
                self.digits.push(last + 1);
                return;
            }
        }
        self.set(b'1', self.exponent + 1);
    }
}

impl Finite {
    /// A whole number.
    pub(super) const fn whole(mantissa: u64) -> Self {
        Self { mantissa, exponent: 0, closer_below: false, native: None }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// Orders by value.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        // Zero first, then the place of the highest bit, then the bits below it.
        let key = |n: &Self| {
            let zeros = n.mantissa.leading_zeros();
            let bits = n.mantissa.checked_shl(zeros)?;
            Some((i64::from(n.exponent) - i64::from(zeros), bits))
        };
        key(self).cmp(&key(other))
    }

    /// The power of two that is the lowest set bit. Not for zero.
    fn lowest_bit(&self) -> i64 {
        i64::from(self.exponent) + i64::from(self.mantissa.trailing_zeros())
    }

    /// Whether the number may lie exactly between two that end at `10^position`: an odd multiple of
    /// `5 * 10^(position - 1)` has exactly `position - 1` factors of two.
    fn may_tie(&self, position: i32) -> bool {
        self.lowest_bit() == i64::from(position) - 1
    }

    /// The number's digits by `rule`, into `out`.
    ///
    /// The cost is some hundred nanoseconds for an `f64`, a microsecond for other floats of common
    /// size, and a millisecond for the largest long doubles.
    ///
    /// The standard library's shortest digits are those nearest to the number among the shortest
    /// that round back to it, and so are NumPy's. The two can differ only where two are equally
    /// near, and that case is left to the exact generator. Cutting these digits where `rule` says so
    /// rounds as the exact value does, unless what is cut off is a lone 5: were the halfway point
    /// strictly between them and the number, it would itself be a shorter or nearer choice.
    pub(super) fn digits(&self, rule: &Rule, out: &mut Decimal) {
        if self.is_zero() {
            out.set(b'0', 0);
        } else if !self.quick_digits(rule, out) {
            self.exact_digits(rule, out);
        }
    }

    /// The quick way; `false` where it does not lead to the end.
    fn quick_digits(&self, rule: &Rule, out: &mut Decimal) -> bool {
        if !rule.unique {
            return false;
        }
        let Some(native) = self.native else { return false };
        // The most digits that are sure to be the shortest ones followed by zeros.
        let (written, certain) = match native {
            Native::F32(x) => (shortest(&x, out), if x.is_normal() { 6 } else { 0 }),
            Native::F64(x) => (shortest(&x, out), if x.is_normal() { 15 } else { 0 }),
        };
        let (Some(()), Ok(len)) = (written, i32::try_from(out.digits.len())) else { return false };
        let first = out.exponent;
        let last = first + 1 - len;
        if self.may_tie(last) {
            return false;
        }
        if let Some(least) = rule.end(rule.least, first)
            && least < last
            && first + 1 - least > certain
        {
            return false;
        }
        match rule.end(rule.most, first) {
            Some(end) if end > last => cut(out, end),
            _ => true,
        }
    }

    /// The exact generator. Not for zero.
    fn exact_digits(&self, rule: &Rule, out: &mut Decimal) {
        // value = rest / one, and half the way to the neighbours is margin / one below and, where
        // the number is closer_below, twice that above.
        let doublings = if self.closer_below { 2 } else { 1 };
        let mut rest = Big::new(self.mantissa);
        let mut one = Big::new(1);
        let mut margin = Big::new(1);
        rest.shift_left(doublings);
        one.shift_left(doublings);
        match self.exponent {
            0.. => {
                rest.shift_left(self.exponent.unsigned_abs());
                margin.shift_left(self.exponent.unsigned_abs());
            }
            _ => one.shift_left(self.exponent.unsigned_abs()),
        }

        let mut first = self.log10_at_most();
        if rule.counted == Counted::Fractional
            && let Some(most) = rule.most
            && first < -most - 2
        {
            // The digit at the cut-off is 0 and what follows it is less than a tenth.
            out.set(b'0', -most);
            return;
        }
        if first >= 0 {
            one.scale_by_power_of_ten(first.unsigned_abs());
        } else {
            rest.scale_by_power_of_ten(first.unsigned_abs());
            margin.scale_by_power_of_ten(first.unsigned_abs());
        }
        let mut ten = one.clone();
        ten.scale(10);
        if rest >= ten {
            one = ten;
            first += 1;
        }
        if rule.counted == Counted::Fractional
            && let Some(most) = rule.most
        {
            // A number that is too small starts with zeros, down to the cut-off.
            while first < -most {
                one.scale(10);
                first += 1;
            }
        }

        let end = rule.end(rule.most, first);
        let least = rule.end(rule.least, first).unwrap_or(first);
        let even = self.mantissa % 2 == 0;
        let inside = |ordering: Ordering| ordering.is_lt() || (even && ordering.is_eq());

        out.digits.clear();
        out.exponent = first;
        let mut position = first;
        loop {
            let digit = rest.divide_to_digit(&one);
            out.digits.push(b'0' + digit);
            let (down, up) = if rule.unique {
                // Are the digits so far, or their successor, nearer to this float than to another?
                let mut above = margin.clone();
                above.shift_left(u32::from(self.closer_below));
                above.add(&rest);
                (inside(rest.cmp(&margin)), inside(one.cmp(&above)))
            } else {
                (false, false)
            };
            let enough =
                if rule.unique { (down || up) && position <= least } else { rest.is_zero() };
            if enough || Some(position) == end {
                let up = if down == up {
                    rest.shift_left(1);
                    match rest.cmp(&one) {
                        Ordering::Equal => digit % 2 == 1,
                        ordering => ordering.is_gt(),
                    }
                } else {
                    up
                };
                if up {
                    out.round_up();
                }
                return;
            }
            rest.scale(10);
            if rule.unique {
                margin.scale(10);
            }
            position -= 1;
        }
    }

    /// The power of ten of the first digit, or one less. Not for zero.
    fn log10_at_most(&self) -> i32 {
        /// 2^32 times the decimal logarithm of 2, rounded down. For the exponents of all the floats
        /// there are, the product is never on the wrong side of an integer.
        const LOG10_OF_2: i64 = 1_292_913_986;
        let highest_bit = i64::from(self.exponent) + i64::from(63 - self.mantissa.leading_zeros());
        i32::try_from((highest_bit * LOG10_OF_2) >> 32).unwrap_or(0)
    }
}

/// The standard library's shortest digits.
fn shortest(value: &dyn std::fmt::LowerExp, out: &mut Decimal) -> Option<()> {
    out.digits.clear();
    write!(out.digits, "{value:e}").ok()?;
    let at = out.digits.iter().rposition(|&b| b == b'e')?;
    out.exponent = std::str::from_utf8(out.digits.get(at + 1..)?).ok()?.parse().ok()?;
    out.digits.truncate(at);
    if out.digits.get(1) == Some(&b'.') {
        out.digits.remove(1);
    }
    Some(())
}

/// Rounds shortest digits to end at `10^end`, which is before their end; `false` at a possible tie.
fn cut(out: &mut Decimal, end: i32) -> bool {
    let kept = out.exponent + 1 - end;
    let Ok(len) = usize::try_from(kept) else {
        out.set(b'0', end);
        return true;
    };
    let up = match out.digits.get(len..) {
        Some([b'5']) => return false,
        Some([first, ..]) => *first >= b'5',
        _ => return false,
    };
    out.digits.truncate(len);
    match (len, up) {
        (0, false) => out.set(b'0', end),
        (0, true) => out.set(b'1', end),
        (_, false) => {}
        (_, true) => out.round_up(),
    }
    true
}
