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
        let even = self.mantissa.is_multiple_of(2);
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

#[cfg(test)]
mod tests {
    use super::super::float::{Class, FloatKind};
    use super::*;

    fn finite(kind: FloatKind, bytes: &[u8]) -> Option<Finite> {
        match kind.decode(bytes, false).class {
            Class::Finite(number) => Some(number),
            _ => None,
        }
    }

    /// The digits, without zeros at the end, which do not count.
    fn trimmed(mut decimal: Decimal) -> (Vec<u8>, i32) {
        while decimal.digits.len() > 1 && decimal.digits.last() == Some(&b'0') {
            decimal.digits.pop();
        }
        (decimal.digits, decimal.exponent)
    }

    /// The rules that printing uses, and some more.
    fn rules() -> Vec<Rule> {
        let mut rules = Vec::new();
        for counted in [Counted::Significant, Counted::Fractional] {
            for most in [None, Some(0), Some(1), Some(8), Some(17), Some(25)] {
                for least in [None, Some(0), Some(8), Some(17)] {
                    let ordered = most.is_none_or(|most| least.is_none_or(|least| least <= most));
                    if ordered && !(counted == Counted::Significant && most == Some(0)) {
                        rules.push(Rule { unique: true, counted, most, least });
                    }
                }
            }
        }
        rules
    }

    /// Both ways to the digits must agree.
    fn check(number: &Finite, rules: &[Rule]) {
        for rule in rules {
            let (mut quick, mut exact) = (Decimal::default(), Decimal::default());
            if !number.is_zero() && number.quick_digits(rule, &mut quick) {
                number.exact_digits(rule, &mut exact);
                assert_eq!(trimmed(quick), trimmed(exact), "{number:?} by {rule:?}");
            }
        }
    }

    /// Bits that are spread over all exponents, and numbers of few digits or few bits.
    fn check_many(count: u64, seed: u64) {
        let rules = rules();
        let mut state = seed;
        let mut next = || {
            // xorshift64
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..count {
            let bits = next();
            let shift = next() % 60;
            let ten = 10_f64.powi(i32::try_from(next() % 40).unwrap_or(0) - 20);
            #[expect(clippy::cast_precision_loss, reason = "any float will do")]
            let decimal = (next() % 100_000) as f64 * ten;
            #[expect(clippy::cast_possible_truncation, reason = "any float will do")]
            let floats = [
                (FloatKind::F64, bits),
                (FloatKind::F64, bits >> shift << shift),
                (FloatKind::F64, decimal.to_bits()),
                (FloatKind::F32, bits),
                (FloatKind::F32, bits >> (shift / 2) << (shift / 2)),
                (FloatKind::F32, u64::from((decimal as f32).to_bits())),
            ];
            for (kind, bits) in floats {
                if let Some(number) = finite(kind, &bits.to_le_bytes()) {
                    check(&number, &rules);
                }
            }
        }
    }

    #[test]
    fn quick_digits_are_the_exact_ones() {
        check_many(2_000, 0x9e37_79b9_7f4a_7c15);
    }

    #[test]
    fn quick_digits_at_powers_of_two() {
        let rules = rules();
        let exponents =
            (0..0x7ff_u64).step_by(3).map(|e| e << 52).chain((0..52).map(|bit| 1 << bit));
        for bits in exponents {
            for near in [bits.saturating_sub(1), bits, bits + 1] {
                finite(FloatKind::F64, &near.to_le_bytes()).iter().for_each(|n| check(n, &rules));
            }
        }
        for bits in (0..0xff_u64).map(|e| e << 23).chain((0..23).map(|bit| 1 << bit)) {
            for near in [bits.saturating_sub(1), bits, bits + 1] {
                finite(FloatKind::F32, &near.to_le_bytes()).iter().for_each(|n| check(n, &rules));
            }
        }
    }

    #[test]
    fn comparison_is_by_value() {
        let ascending =
            [0.0, 5e-324, 1e-310, f64::MIN_POSITIVE, 1e-4, 1.0, 1.5, 2.0, 1e300, f64::MAX];
        let numbers = ascending.map(|x: f64| finite(FloatKind::F64, &x.to_le_bytes()));
        for (i, a) in numbers.iter().flatten().enumerate() {
            for (j, b) in numbers.iter().flatten().enumerate() {
                assert_eq!(a.compare(b), i.cmp(&j), "{a:?} {b:?}");
            }
        }
        // 1.5 in other kinds
        let half = finite(FloatKind::F16, &[0x00, 0x3e]);
        let single = finite(FloatKind::F32, &1.5_f32.to_le_bytes());
        assert_eq!(half.zip(single).map(|(a, b)| a.compare(&b)), Some(Ordering::Equal));
    }
}
