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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::float::{Class, FloatKind};
    use super::*;

    /// Kind, bytes, digits, precision, min_digits, trim, positional text, scientific text. From
    /// NumPy 2.4.6 (1.26.4 agrees), with x = np.frombuffer(bytes, kind)[0]:
    /// np.format_float_positional(x, unique=..., precision=..., min_digits=..., trim=...) and
    /// np.format_float_scientific.
    const TABLE: &str = "
        F64  9a9999999999b93f     unique  -  - Keep      0.1 1.e-01
        F64  9a9999999999b93f     exact  20  - Keep      0.10000000000000000555 1.00000000000000005551e-01
        F64  9a9999999999b93f     unique  - 20 Keep      0.10000000000000000555 1.00000000000000005551e-01
        F64  555555555555d53f     unique  8  - Keep      0.33333333 3.33333333e-01
        F64  0000000000000440     unique  0  - Keep      2. 2.e+00
        F64  0000000000000c40     unique  0  - Point     4 4e+00
        F64  000000000000e03f     unique  0  - Keep      0. 5.e-01
        F64  0dc76fe1abe3e93e     unique  3  - Keep      0.000 1.234e-05
        F64  0dc76fe1abe3e93e     unique  3  - Zeros     0. 1.234e-05
        F64  613255302aa9433f     unique  3  - Keep      0.001 6.e-04
        F64  581ccefc6a0e403f     unique  3  - Keep      0.000 4.9e-04
        F64  a7e8482eff3f8f40     unique  3  - Keep      1000. 1.e+03
        F64  a7e8482eff3f8f40     unique  3  - AllButOne 1000.0 1.0e+03
        F64  000000000000c03f     unique  2  - Keep      0.12 1.25e-01
        F64  000000000000d83f     unique  2  - Keep      0.38 3.75e-01
        F64  59f3f8c21f6ea501     unique  8  - Keep      0.00000000 1.e-300
        F64  00000054346f9d41     unique  8  - Keep      123456789. 1.23456789e+08
        F64  8000000000007042     unique  -  - Keep      1099511627776.0312 1.0995116277760312e+12
        F64  8000000000007042     unique  3  - Keep      1099511627776.031 1.1e+12
        F64  0100000000000000     unique  5  - Keep      0.00000 5.e-324
        F64  0100000000000000     exact  10  - Keep      0.0000000000 4.9406564584e-324
        F64  0000000000000000     unique  5  - Keep      0. 0.e+00
        F64  0000000000000080     exact   2  - Keep      -0.00 -0.00e+00
        F64  000000000000f03f     exact   3  - Keep      1.000 1.000e+00
        F64  000000000000f03f     unique  -  - AllButOne 1.0 1.0e+00
        F64  000000000000f03f     unique  -  - Point     1 1e+00
        F64  f64ae1c7022db544     unique  -  - Keep      100000000000000000000000. 1.e+23
        F64  0000000000001000     unique 30 20 Keep      0.000000000000000000000000000000 2.22507385850720138309e-308
        F64  000000000000f8bf     unique  5  3 Keep      -1.500 -1.500e+00
        F64  000000000000d03f     exact   1  - Keep      0.2 2.5e-01
        F64  000000000000e83f     exact   1  - Keep      0.8 7.5e-01
        F16  ff7b                 unique  -  - Keep      65500. 6.55e+04
        F16  ff7b                 unique  -  0 Keep      65504. 6.55e+04
        F16  662e                 unique  -  - Keep      0.1 1.e-01
        F16  662e                 unique  -  8 Keep      0.09997559 9.99755859e-02
        F16  0100                 unique  -  - Keep      0.00000006 6.e-08
        F16  5535                 exact  12  - Keep      0.333251953125 3.332519531250e-01
        F32  0000804b             unique  -  - Keep      16777216. 1.6777216e+07
        F32  cdcccc3d             unique  - 12 Keep      0.100000001490 1.000000014901e-01
        F32  ffff7f7f             unique  -  - Keep      340282350000000000000000000000000000000. 3.4028235e+38
        F32  01000000             unique  -  - Keep      0.000000000000000000000000000000000000000000001 1.e-45
        F32  0000004b             unique  -  - Keep      8388608. 8.388608e+06
        F32  abaaaa3e             unique  4  - Keep      0.3333 3.3333e-01
        Long abaaaaaaaaaaaaaafd3f unique  -  - Keep      0.33333333333333333334 3.3333333333333333334e-01
        Long abaaaaaaaaaaaaaafd3f unique 25 25 Keep      0.3333333333333333333423684 3.3333333333333333334236835e-01
        Long 32fc145ef75f42a29b3f unique  -  - Keep      0.000000000000000000000000000001 1.e-30
        Long 00000000000000804540 unique  -  - Keep      1180591620717411303400. 1.1805916207174113034e+21
        Long 00d0ccccccccccccfb3f unique 19  - Keep      0.1000000000000000056 1.0000000000000000555e-01
    ";

    fn finite(kind: FloatKind, hex: &str) -> (bool, Finite) {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        let float = kind.decode(&bytes, false);
        match float.printed {
            Class::Finite(number) => (float.negative, number),
            other => panic!("{hex}: {other:?}"),
        }
    }

    #[test]
    fn as_numpy_writes_them() {
        let rows = TABLE.lines().filter(|line| !line.trim().is_empty());
        assert_eq!(rows.clone().count(), 48);
        for row in rows {
            let columns: Vec<&str> = row.split_whitespace().collect();
            let [kind, hex, unique, precision, min_digits, trim, positional, scientific] =
                columns[..]
            else {
                panic!("{row}")
            };
            let kind = match kind {
                "F16" => FloatKind::F16,
                "F32" => FloatKind::F32,
                "F64" => FloatKind::F64,
                _ => FloatKind::LongDouble,
            };
            let trim = match trim {
                "Keep" => Trim::Keep,
                "Zeros" => Trim::Zeros,
                "AllButOne" => Trim::AllButOne,
                _ => Trim::Point,
            };
            let (negative, number) = finite(kind, hex);
            for (is_scientific, expected) in [(false, positional), (true, scientific)] {
                let notation = Notation {
                    unique: unique == "unique",
                    precision: precision.parse().ok(),
                    min_digits: min_digits.parse().ok(),
                    ..Notation::shortest(is_scientific, trim)
                };
                let mut text = String::new();
                notation.write(negative, &number, &mut Decimal::default(), &mut text);
                assert_eq!(text, expected, "{row}");
            }
        }
    }

    #[test]
    fn padding() {
        let text = |value: f64, notation: Notation| {
            let (_, number) =
                finite(FloatKind::F64, &format!("{:016x}", value.to_bits().swap_bytes()));
            let mut text = String::new();
            notation.write(value < 0.0, &number, &mut Decimal::default(), &mut text);
            text
        };
        let positional = Notation {
            pad_left: 4,
            pad_right: 3,
            plus: true,
            ..Notation::shortest(false, Trim::Zeros)
        };
        // np.format_float_positional(x, trim='.', sign=True, pad_left=4, pad_right=3)
        assert_eq!(text(1.5, positional), "  +1.5  ");
        assert_eq!(text(-12.0, positional), " -12.   ");
        assert_eq!(text(12345.6789, positional), "+12345.6789");
        // np.format_float_scientific(x, trim='.', sign=True, pad_left=4, exp_digits=3)
        let scientific = Notation { scientific: true, exponent_digits: 3, ..positional };
        assert_eq!(text(1.5, scientific), "  +1.5e+000");
        assert_eq!(text(-1e-300, scientific), "  -1.e-300");
    }
}
