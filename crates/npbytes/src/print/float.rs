//! Floats of every kind, taken apart into sign, mantissa and exponent.

use super::digits::{Finite, Native};

/// The kinds of float a dtype can hold, alone or as the parts of a complex number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatKind {
    F16,
    F32,
    F64,
    /// x87's 80 bits, padded to 16 bytes.
    LongDouble,
}

/// A float, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Float {
    pub(super) negative: bool,
    /// What the processor takes it for.
    pub(super) class: Class,
    /// What NumPy's digit generator takes it for: another thing for the encodings of a long double
    /// whose integer bit contradicts the exponent, which the generator does not look at.
    pub(super) printed: Class,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    Nan,
    Infinite,
    Finite(Finite),
}

impl FloatKind {
    pub(super) const fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::LongDouble => 16,
        }
    }

    /// `np.finfo(...).precision`: the decimal digits that survive.
    pub(super) const fn precision(self) -> u32 {
        match self {
            Self::F16 => 3,
            Self::F32 => 6,
            Self::F64 => 15,
            Self::LongDouble => 18,
        }
    }

    /// The bits of a mantissa, the first one included.
    pub(super) const fn mantissa_bits(self) -> u32 {
        match self {
            Self::F16 => 11,
            Self::F32 => 24,
            Self::F64 => 53,
            Self::LongDouble => 64,
        }
    }

    /// Takes apart the float in the first [`Self::size`] bytes; missing bytes count as zero.
    pub(super) fn decode(self, bytes: &[u8], big_endian: bool) -> Float {
        let bytes = bytes.get(..self.size()).unwrap_or(bytes);
        let mut word = [0; 16];
        let copied = word.iter_mut();
        if big_endian {
            copied.zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
        } else {
            copied.zip(bytes).for_each(|(to, from)| *to = *from);
        }
        let bits = u128::from_le_bytes(word);
        match self {
            Self::F16 => ieee(bits, 10, 15, None),
            Self::F32 => {
                let [a, b, c, d, ..] = word;
                let native = f32::from_le_bytes([a, b, c, d]).abs();
                ieee(bits, 23, 127, Some(Native::F32(native)))
            }
            Self::F64 => {
                let [a, b, c, d, e, f, g, h, ..] = word;
                let native = f64::from_le_bytes([a, b, c, d, e, f, g, h]).abs();
                ieee(bits, 52, 1023, Some(Native::F64(native)))
            }
            Self::LongDouble => long_double(bits),
        }
    }
}

/// The low bits of a number.
fn low(bits: u128, count: u32) -> u64 {
    u64::try_from(bits & ((1 << count) - 1)).unwrap_or(u64::MAX)
}

/// An IEEE 754 float whose mantissa is stored in `stored` bits; `bias` is also the exponent of the
/// greatest numbers.
fn ieee(bits: u128, stored: u32, bias: i32, native: Option<Native>) -> Float {
    let fraction = low(bits, stored);
    // A sign and `exponent_bits` bits of exponent lie above the fraction.
    let exponent_bits = bias.count_ones() + 1;
    let exponent = low(bits >> stored, exponent_bits);
    let negative = low(bits >> (stored + exponent_bits), 1) == 1;
    let class = if exponent == (1 << exponent_bits) - 1 {
        if fraction == 0 { Class::Infinite } else { Class::Nan }
    } else {
        let normal = exponent != 0;
        let power = i32::try_from(exponent.max(1)).unwrap_or(0) - bias;
        Class::Finite(Finite {
            mantissa: fraction | (u64::from(normal) << stored),
            exponent: power - i32::try_from(stored).unwrap_or(0),
            closer_below: exponent > 1 && fraction == 0,
            native,
        })
    };
    Float { negative, class, printed: class }
}

/// x87's extended precision, in which the mantissa's first bit is stored.
fn long_double(bits: u128) -> Float {
    let mantissa = low(bits, 64);
    let exponent = low(bits >> 64, 15);
    let negative = low(bits >> 79, 1) == 1;
    const INTEGER_BIT: u64 = 1 << 63;
    let fraction = mantissa & !INTEGER_BIT;
    let finite = |mantissa| {
        let power = i32::try_from(exponent.max(1)).unwrap_or(0) - 16_383 - 63;
        let closer_below = exponent > 1 && fraction == 0;
        Class::Finite(Finite { mantissa, exponent: power, closer_below, native: None })
    };
    let printed = match (exponent, fraction) {
        (0x7fff, 0) => Class::Infinite,
        (0x7fff, _) => Class::Nan,
        (0, _) => finite(fraction),
        _ => finite(fraction | INTEGER_BIT),
    };
    let class = match exponent {
        0 => finite(mantissa),
        _ if mantissa < INTEGER_BIT => Class::Nan,
        _ => printed,
    };
    Float { negative, class, printed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finite(kind: FloatKind, bytes: &[u8], big_endian: bool) -> (bool, u64, i32, bool) {
        let float = kind.decode(bytes, big_endian);
        match float.class {
            Class::Finite(n) => (float.negative, n.mantissa, n.exponent, n.closer_below),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn parts() {
        use FloatKind::{F16, F32, F64, LongDouble};
        assert_eq!(finite(F16, &[0x00, 0xbc], false), (true, 1 << 10, -10, true));
        assert_eq!(finite(F16, &[0x00, 0x01], true), (false, 1, -24, false));
        assert_eq!(finite(F16, &[0x00, 0x04], false), (false, 1 << 10, -24, false));
        assert_eq!(finite(F32, &1.5_f32.to_le_bytes(), false), (false, 3 << 22, -23, false));
        assert_eq!(finite(F64, &(-2.0_f64).to_be_bytes(), true), (true, 1 << 52, -51, true));
        assert_eq!(finite(F64, &[1], false), (false, 1, -1074, false));
        // np.longdouble(1).tobytes()
        let one = [0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f, 0x9c, 0x7f, 0, 0, 0, 0];
        assert_eq!(finite(LongDouble, &one, false), (false, 1 << 63, -63, true));
        let mut swapped = one;
        swapped.reverse();
        assert_eq!(finite(LongDouble, &swapped, true), (false, 1 << 63, -63, true));
    }

    #[test]
    fn specials() {
        use FloatKind::{F16, F32, F64, LongDouble};
        let class = |kind: FloatKind, bytes: &[u8]| kind.decode(bytes, false).class;
        assert!(matches!(class(F16, &[0x00, 0xfc]), Class::Infinite));
        assert!(matches!(class(F16, &[0x01, 0xfc]), Class::Nan));
        assert!(matches!(class(F32, &f32::NAN.to_le_bytes()), Class::Nan));
        assert!(matches!(class(F64, &f64::NEG_INFINITY.to_le_bytes()), Class::Infinite));
        let long = |mantissa: u64, exponent: u16| {
            let bytes = [&mantissa.to_le_bytes()[..], &exponent.to_le_bytes(), &[0xff; 6]].concat();
            LongDouble.decode(&bytes, false)
        };
        assert!(matches!(long(1 << 63, 0x7fff).class, Class::Infinite));
        assert!(matches!(long(3 << 62, 0x7fff).class, Class::Nan));
        // Numbers without their integer bit are not numbers to the processor, but are to NumPy's
        // digits: np.frombuffer(bytes(7) + b'\x40\xff\x3f' + bytes(6), 'g') prints [nan], and its
        // only element prints 1.5.
        let unnormal = long(1 << 62, 16_383);
        assert!(matches!(unnormal.class, Class::Nan));
        assert!(
            matches!(unnormal.printed, Class::Finite(Finite { mantissa: m, .. }) if m == 3 << 62)
        );
    }
}
