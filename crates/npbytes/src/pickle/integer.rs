//! Python's `int` of any size.

use std::borrow::Cow;
use std::fmt;

/// An `int` of any size.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer<'a>(Cow<'a, [u8]>);

impl<'a> Integer<'a> {
    /// Takes little-endian bytes in two's complement.
    pub(super) const fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// Reads an optional sign and decimal digits. Takes time in proportion to the square of their number, as
    /// Python's own reading does; Python refuses more than 4300 digits, and so does this.
    pub(super) fn decimal(line: &[u8]) -> Option<Integer<'static>> {
        let text = std::str::from_utf8(line).ok()?.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() || digits.len() > 4300 {
            return None;
        }
        let mut bytes = vec![0_u8];
        for digit in digits.bytes().filter(|digit| *digit != b'_') {
            let mut carry = u32::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
            for byte in &mut bytes {
                carry += u32::from(*byte) * 10;
                *byte = carry.to_le_bytes()[0];
                carry >>= 8;
            }
            if carry > 0 {
                bytes.push(carry.to_le_bytes()[0]);
            }
        }
        bytes.push(0);
        if negative {
            negate(&mut bytes);
        }
        Some(Integer(Cow::Owned(trimmed(&bytes).to_vec())))
    }

    /// The bytes: little-endian, in two's complement, as short as they can be; none for 0.
    pub fn to_le_bytes(&self) -> &[u8] {
        let short = trimmed(&self.0);
        if short == [0] { &[] } else { short }
    }

    /// The number, if it has 64 bits.
    pub fn to_i64(&self) -> Option<i64> {
        self.to_i128().and_then(|wide| wide.try_into().ok())
    }

    /// The number, if it has 128 bits.
    pub fn to_i128(&self) -> Option<i128> {
        let bytes = trimmed(&self.0);
        let fill = if is_negative(bytes) { 0xff } else { 0 };
        let mut wide = [fill; 16];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(i128::from_le_bytes(wide))
    }
}

fn is_negative(bytes: &[u8]) -> bool {
    bytes.last().is_some_and(|last| last & 0x80 != 0)
}

/// Two's complement without the bytes at its end that say nothing.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [.., before, last] = rest
        && ((*last == 0 && before & 0x80 == 0) || (*last == 0xff && before & 0x80 != 0))
    {
        rest = &rest[..rest.len() - 1];
    }
    rest
}

fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        let (sum, over) = (!*byte).overflowing_add(carry.into());
        *byte = sum;
        carry = over;
    }
}

impl fmt::Display for Integer<'_> {
    /// In decimal. Numbers of more than 4300 digits are hexadecimal, as Python refuses to print them otherwise.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(small) = self.to_i128() {
            return small.fmt(f);
        }
        let mut bytes = self.0.to_vec();
        if is_negative(&bytes) {
            f.write_str("-")?;
            bytes.push(0xff);
            negate(&mut bytes);
        }
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        if bytes.len() > 1785 {
            f.write_str("0x")?;
            return bytes.iter().rev().try_for_each(|byte| write!(f, "{byte:02x}"));
        }
        let mut groups = Vec::new();
        while !bytes.is_empty() {
            let mut rest = 0_u64;
            for byte in bytes.iter_mut().rev() {
                rest = rest << 8 | u64::from(*byte);
                *byte = u8::try_from(rest / 1_000_000_000).unwrap_or(0);
                rest %= 1_000_000_000;
            }
            groups.push(rest);
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
        }
        let mut groups = groups.iter().rev();
        if let Some(first) = groups.next() {
            write!(f, "{first}")?;
        }
        groups.try_for_each(|group| write!(f, "{group:09}"))
    }
}

impl fmt::Debug for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
