//! Natural numbers of any size, with the few operations that the exact digits of a float take.

use std::cmp::Ordering;

/// A natural number: limbs of 32 bits, the least significant first, none of them a leading zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Big(Vec<u32>);

/// The low and the high half.
#[expect(clippy::cast_possible_truncation, reason = "the halves are what is wanted")]
fn split(wide: u64) -> (u32, u32) {
    (wide as u32, (wide >> 32) as u32)
}

impl Big {
    pub(super) fn new(value: u64) -> Self {
        let (low, high) = split(value);
        Self(vec![low, high]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        self.trim();
        self
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Multiplies by 2 to the power of `bits`.
    pub(super) fn shift_left(&mut self, bits: u32) {
        if self.is_zero() || bits == 0 {
            return;
        }
        let mut carry = 0;
        for limb in &mut self.0 {
            let (low, high) = split(u64::from(*limb) << (bits % 32));
            *limb = low | carry;
            carry = high;
        }
        self.0.push(carry);
        let whole = usize::try_from(bits / 32).unwrap_or(0);
        self.0.splice(0..0, std::iter::repeat_n(0, whole));
        self.trim();
    }

    /// Multiplies by a small number.
    pub(super) fn scale(&mut self, factor: u32) {
        let mut carry = 0;
        for limb in &mut self.0 {
            (*limb, carry) = split(u64::from(*limb) * u64::from(factor) + u64::from(carry));
        }
        self.0.push(carry);
        self.trim();
    }

    /// Multiplies by 10 to the power of `exponent`.
    pub(super) fn scale_by_power_of_ten(&mut self, exponent: u32) {
        /// The highest power of five in a limb.
        const FIVES: u32 = 13;
        for _ in 0..exponent / FIVES {
            self.scale(5_u32.pow(FIVES));
        }
        self.scale(5_u32.pow(exponent % FIVES));
        self.shift_left(exponent);
    }

    pub(super) fn add(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let mut carry = 0;
        let mut rest = other.0.iter();
        for limb in &mut self.0 {
            let addend = rest.next().copied().unwrap_or(0);
            (*limb, carry) = split(u64::from(*limb) + u64::from(addend) + u64::from(carry));
        }
        self.0.push(carry);
        self.trim();
    }

    /// Subtracts a number that is not greater.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let mut rest = other.0.iter();
        for limb in &mut self.0 {
            let (difference, first) = limb.overflowing_sub(rest.next().copied().unwrap_or(0));
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            *limb = difference;
            borrow = first || second;
        }
        debug_assert!(!borrow, "the difference of two naturals is a natural");
        self.trim();
    }

    /// Divides by `divisor`, keeps the remainder and returns the quotient, which must be a digit.
    ///
    /// Subtracts up to nine times: the divisors have few limbs for all but the largest and the
    /// smallest long doubles.
    pub(super) fn divide_to_digit(&mut self, divisor: &Self) -> u8 {
        let mut quotient = 0;
        while quotient < 9 && (*self).cmp(divisor).is_ge() {
            self.subtract(divisor);
            quotient += 1;
        }
        quotient
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(mut number: Big) -> String {
        let mut places = 0;
        let mut place = Big::new(1);
        while place <= number {
            place.scale(10);
            places += 1;
        }
        let mut text = String::new();
        for _ in 0..places {
            number.scale(10);
            text.push(char::from(b'0' + number.divide_to_digit(&place)));
        }
        text
    }

    #[test]
    fn arithmetic() {
        // python3: print(12345678901234567890 << 70, (10**40 + 2**64) * 7 - 2**65)
        let mut number = Big::new(12_345_678_901_234_567_890);
        number.shift_left(70);
        assert_eq!(decimal(number), "14575205062865268097443949312730317455360");

        let mut number = Big::new(1);
        number.scale_by_power_of_ten(40);
        let mut word = Big::new(u64::MAX);
        word.add(&Big::new(1));
        number.add(&word);
        number.scale(7);
        word.shift_left(1);
        number.subtract(&word);
        assert_eq!(decimal(number), "70000000000000000000092233720368547758080");
    }

    #[test]
    fn order() {
        let ascending = [0, 1, 2, u64::from(u32::MAX), 1 << 32, 1 << 33, u64::MAX];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(Big::new(*a).cmp(&Big::new(*b)), i.cmp(&j), "{a} {b}");
            }
        }
        assert!(Big::new(0).is_zero() && !Big::new(1).is_zero());
    }
}
