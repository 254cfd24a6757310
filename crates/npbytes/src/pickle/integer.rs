//! Python's `int` of any size.

use std::borrow::Cow;
use std::fmt;

use super::opcode::{INT, LONG};

/// An `int` of any size.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer<'a>(Cow<'a, [u8]>);

impl<'a> Integer<'a> {
    /// Takes little-endian bytes in two's complement.
    pub(super) const fn borrowed(bytes: &'a [u8]) -> Self {
        Self(Cow::Borrowed(bytes))
    }

    /// The number in the line of an INT or a LONG: as in a Python source, and for INT as in one of C. Takes time in
    /// proportion to the square of the number of decimal digits, as Python's own reading does; Python refuses more than
    /// 4300 of them, and so does this.
    ///
    /// # Errors
    /// What was expected.
    pub(super) fn of_line(op: u8, line: &[u8]) -> Result<Integer<'static>, &'static str> {
        const WRONG: &str = "a number";
        let line = if op == LONG { line.strip_suffix(b"L").unwrap_or(line) } else { line };
        let text = std::str::from_utf8(line).map_err(|_| WRONG)?.trim();
        let plain = without_underscores(text).ok_or(WRONG)?;
        let (negative, digits) = match plain.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let (bits, digits) = match digits {
            [b'0', b'x' | b'X', rest @ ..] => (4, rest),
            [b'0', b'o' | b'O', rest @ ..] => (3, rest),
            [b'0', b'b' | b'B', rest @ ..] => (1, rest),
            // A C integer with a 0 in front.
            [b'0', rest @ ..]
                if op == INT
                    && !rest.is_empty()
                    && rest.iter().all(|digit| matches!(digit, b'0'..=b'7')) =>
            {
                (3, rest)
            }
            rest => (0, rest),
        };
        if digits.is_empty() {
            return Err(WRONG);
        }
        let mut bytes = if bits > 0 {
            of_bits(bits, digits).ok_or(WRONG)?
        } else {
            let zeros = digits.iter().all(|digit| *digit == b'0');
            if !digits.iter().all(u8::is_ascii_digit) || (digits[0] == b'0' && !zeros) {
                return Err(WRONG);
            }
            if digits.len() > 4300 {
                return Err("a number of at most 4300 decimal digits");
            }
            of_decimal(digits)
        };
        bytes.push(0);
        if negative {
            negate(&mut bytes);
        }
        Ok(Integer(Cow::Owned(trimmed(&bytes).to_vec())))
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

/// The bytes of decimal digits, the least first.
fn of_decimal(digits: &[u8]) -> Vec<u8> {
    if let Some(number) = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<u64>().ok())
    {
        return number.to_le_bytes().to_vec();
    }
    let mut bytes = vec![0_u8];
    for digit in digits {
        let mut carry = u32::from(digit.wrapping_sub(b'0'));
        for byte in &mut bytes {
            carry += u32::from(*byte) * 10;
            *byte = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            bytes.push(carry.to_le_bytes()[0]);
        }
    }
    bytes
}

/// The bytes of digits of so many bits each, the least first; `None` if they are none.
fn of_bits(bits: u32, digits: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(digits.len() / 2 + 1);
    let (mut rest, mut filled) = (0_u32, 0);
    for digit in digits.iter().rev() {
        rest |= char::from(*digit).to_digit(1 << bits)? << filled;
        filled += bits;
        if filled >= 8 {
            bytes.push(rest.to_le_bytes()[0]);
            rest >>= 8;
            filled -= 8;
        }
    }
    bytes.push(rest.to_le_bytes()[0]);
    Some(bytes)
}

/// A number without the underscores that Python lets stand between digits; `None` where they stand elsewhere.
pub(super) fn without_underscores(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let groups: Vec<&str> = text.split('_').collect();
    let between = |group: &&str| !group.is_empty() && !group.ends_with(['+', '-']);
    groups.iter().all(between).then(|| Cow::Owned(groups.concat()))
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
