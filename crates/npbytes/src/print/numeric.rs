//! Numbers in an array: the widths and the notation that its numbers have in common.

use std::fmt::Write;

use super::big::Big;
use super::digits::{Decimal, Finite};
use super::float::{Class, Float, FloatKind};
use super::notation::{Notation, Trim, repeat};
use super::{FloatMode, Options, Sign};
use crate::numpy::NumPy;

/// Goes through the numbers that are shown.
pub(super) type Visit<'a, T> = dyn Fn(&mut dyn FnMut(T)) + 'a;

/// The most digits that NumPy's buffer of 16,384 characters has room for, whatever stands around
/// them.
pub(super) const MAX_PRECISION: i32 = 16_000;

/// How the floats of an array are written.
#[derive(Clone, Debug)]
pub(super) struct FloatFormat {
    notation: Notation,
    sign: Sign,
    /// The width of nan and inf.
    width: usize,
}

/// What decides between positional and scientific notation, and about room for signs.
#[derive(Default)]
struct Survey {
    greatest: Option<Finite>,
    smallest: Option<Finite>,
    finite: bool,
    special: bool,
    negative_infinity: bool,
    negative_finite: bool,
}

impl Survey {
    fn add(&mut self, float: Float) {
        match float.class {
            Class::Finite(number) => {
                self.finite = true;
                self.negative_finite |= float.negative;
                if !number.is_zero() {
                    if self.greatest.is_none_or(|greatest| number.compare(&greatest).is_gt()) {
                        self.greatest = Some(number);
                    }
                    if self.smallest.is_none_or(|smallest| number.compare(&smallest).is_lt()) {
                        self.smallest = Some(number);
                    }
                }
            }
            Class::Infinite => {
                self.special = true;
                self.negative_infinity |= float.negative;
            }
            Class::Nan => self.special = true,
        }
    }

    /// NumPy turns to scientific notation where the greatest number is large, or the smallest is
    /// small, or the one is more than a thousand times the other; zeros do not count.
    fn wants_scientific(&self, kind: FloatKind, suppress: bool, numpy: NumPy) -> bool {
        let (Some(greatest), Some(smallest)) = (self.greatest, self.smallest) else { return false };
        let cutoff = match kind.precision() {
            digits @ 0..8 if numpy.prints_narrow_floats_by_precision() => digits,
            _ => 8,
        };
        greatest.compare(&Finite::whole(10_u64.pow(cutoff))).is_ge()
            || !suppress
                && (smallest.compare(&ten_thousandth(kind, numpy)).is_lt()
                    || exceeds_thousandfold(&greatest, &smallest, kind))
    }
}

/// The 0.0001 that numbers of an array are compared with: in NumPy 2 it is first rounded to their
/// kind.
fn ten_thousandth(kind: FloatKind, numpy: NumPy) -> Finite {
    // python3: [np.dtype(t).type(0.0001).as_integer_ratio() for t in 'efd']
    let (mantissa, exponent) = match kind {
        FloatKind::F16 if numpy.rounds_python_floats() => (0x347, -23),
        FloatKind::F32 if numpy.rounds_python_floats() => (0xd1_b717, -37),
        _ => (0x1a_36e2_eb1c_432d, -66),
    };
    Finite { mantissa, exponent, closer_below: false, native: None }
}

/// Whether the quotient, rounded to the kind as NumPy's division rounds it, is more than 1000.
fn exceeds_thousandfold(greatest: &Finite, smallest: &Finite, kind: FloatKind) -> bool {
    // 1000 has ten bits, and an even mantissa in every kind, so that a quotient up to half a unit in
    // the last place above it rounds down to it: greatest > smallest * (1000 + 2^(9 - bits)).
    let shift = kind.mantissa_bits() - 9;
    let mut left = Big::new(greatest.mantissa);
    left.shift_left(shift);
    let mut right = Big::new(smallest.mantissa);
    right.scale(1000);
    right.shift_left(shift);
    right.add(&Big::new(smallest.mantissa));
    let doublings = greatest.exponent - smallest.exponent;
    let side = if doublings > 0 { &mut left } else { &mut right };
    side.shift_left(doublings.unsigned_abs());
    left > right
}

impl FloatFormat {
    /// Looks at the floats that are shown.
    pub(super) fn fit(
        kind: FloatKind,
        sign: Sign,
        options: &Options,
        floats: &Visit<'_, Float>,
    ) -> Self {
        let mut survey = Survey::default();
        floats(&mut |float| survey.add(float));

        let numpy = options.profile.numpy;
        let scientific = survey.wants_scientific(kind, options.suppress, numpy);
        let fixed = options.floatmode == FloatMode::Fixed;
        let precision =
            i32::try_from(options.precision).unwrap_or(MAX_PRECISION).min(MAX_PRECISION);
        let mut notation = Notation {
            unique: !fixed,
            precision: (options.floatmode != FloatMode::Unique).then_some(precision),
            plus: sign == Sign::Plus,
            ..Notation::shortest(scientific, if fixed { Trim::Keep } else { Trim::Zeros })
        };
        let mut widths = Widths::default();
        if survey.finite {
            let (mut scratch, mut text) = (Decimal::default(), String::new());
            floats(&mut |float| {
                if let Class::Finite(_) = float.class {
                    notation.write_float(&float, &mut scratch, &mut text);
                    widths.add(&text);
                    text.clear();
                }
            });
        }

        notation.pad_left = widths.whole;
        let mut behind = widths.fraction;
        if !survey.finite {
            notation.precision = None;
        } else if scientific {
            notation.trim = Trim::Keep;
            notation.set_digits(widths.fraction);
            notation.exponent_digits = widths.exponent;
            behind += widths.exponent + 2;
        } else {
            notation.pad_right = widths.fraction;
            if matches!(options.floatmode, FloatMode::Fixed | FloatMode::MaxPrecEqual) {
                notation.trim = Trim::Keep;
                notation.set_digits(widths.fraction);
            } else {
                notation.min_digits = Some(0);
            }
        }
        if sign == Sign::Space && !survey.negative_finite {
            notation.pad_left += 1;
        }
        if survey.special {
            let signed = sign != Sign::Minus || survey.negative_infinity;
            let widest = "nan".len() + usize::from(signed);
            notation.pad_left = notation.pad_left.max(widest.saturating_sub(behind + 1));
        }
        Self { notation, sign, width: notation.pad_left + behind + 1 }
    }

    /// Appends one of the floats.
    pub(super) fn write(&self, float: &Float, scratch: &mut Decimal, out: &mut String) {
        let text = match (float.class, float.negative) {
            (Class::Finite(_), _) => return self.notation.write_float(float, scratch, out),
            (Class::Nan, _) if self.sign == Sign::Plus => "+nan",
            (Class::Nan, _) => "nan",
            (Class::Infinite, true) => "-inf",
            (Class::Infinite, false) if self.sign == Sign::Plus => "+inf",
            (Class::Infinite, false) => "inf",
        };
        repeat(out, ' ', self.width.saturating_sub(text.len()));
        out.push_str(text);
    }
}

impl Notation {
    /// Appends a float that the processor takes for a finite one.
    pub(super) fn write_float(&self, float: &Float, scratch: &mut Decimal, out: &mut String) {
        match float.printed {
            Class::Finite(number) => self.write(float.negative, &number, scratch, out),
            Class::Infinite | Class::Nan => out.push_str(special(float, self.plus)),
        }
    }

    fn set_digits(&mut self, digits: usize) {
        let digits = i32::try_from(digits).unwrap_or(MAX_PRECISION);
        self.precision = Some(digits);
        self.min_digits = Some(digits);
    }
}

/// What NumPy's digit generator prints for what it takes for nan or inf.
fn special(float: &Float, plus: bool) -> &'static str {
    match (float.printed, float.negative) {
        (Class::Infinite, true) => "-inf",
        (Class::Infinite, false) if plus => "+inf",
        (Class::Infinite, false) => "inf",
        _ => "nan",
    }
}

/// The widths of the parts of floats' texts.
#[derive(Default)]
struct Widths {
    whole: usize,
    fraction: usize,
    exponent: usize,
}

impl Widths {
    fn add(&mut self, text: &str) {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, ""));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        self.whole = self.whole.max(whole.len());
        self.fraction = self.fraction.max(fraction.len());
        // The exponent's sign is not counted.
        self.exponent = self.exponent.max(exponent.len().saturating_sub(1));
    }
}

/// How the complex numbers of an array are written.
#[derive(Clone, Debug)]
pub(super) struct ComplexFormat {
    real: FloatFormat,
    imag: FloatFormat,
}

impl ComplexFormat {
    /// Looks at the numbers that are shown; the two parts are formatted independently.
    pub(super) fn fit(
        kind: FloatKind,
        options: &Options,
        real: &Visit<'_, Float>,
        imag: &Visit<'_, Float>,
    ) -> Self {
        Self {
            real: FloatFormat::fit(kind, options.sign, options, real),
            imag: FloatFormat::fit(kind, Sign::Plus, options, imag),
        }
    }

    /// Appends one of the numbers. The `j` stands before the blanks that pad the imaginary part.
    pub(super) fn write(
        &self,
        real: &Float,
        imag: &Float,
        scratch: &mut Decimal,
        out: &mut String,
    ) {
        self.real.write(real, scratch, out);
        self.imag.write(imag, scratch, out);
        let end = out.trim_end_matches(' ').len();
        out.insert(end, 'j');
    }
}

/// How the integers of an array are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct IntFormat {
    sign: Sign,
    width: usize,
}

impl IntFormat {
    /// Looks at the integers that are shown.
    pub(super) fn fit(options: &Options, integers: &Visit<'_, i128>) -> Self {
        let mut range: Option<(i128, i128)> = None;
        integers(&mut |n| {
            range = Some(range.map_or((n, n), |(least, most)| (least.min(n), most.max(n))));
        });
        // NumPy 1 has no signs for integers.
        let mut sign =
            if options.profile.numpy.signs_integers() { options.sign } else { Sign::Minus };
        let Some((least, most)) = range else { return Self { sign, width: 0 } };
        if sign == Sign::Space && least < 0 {
            sign = Sign::Minus;
        }
        let signed = most >= 0 && sign != Sign::Minus;
        Self { sign, width: (digits(most) + usize::from(signed)).max(digits(least)) }
    }

    /// Appends one of the integers.
    pub(super) fn write(&self, integer: i128, out: &mut String) {
        let sign = match (integer < 0, self.sign) {
            (true, _) => "-",
            (false, Sign::Minus) => "",
            (false, Sign::Plus) => "+",
            (false, Sign::Space) => " ",
        };
        let width = digits(integer) + usize::from(integer >= 0) * sign.len();
        repeat(out, ' ', self.width.saturating_sub(width));
        out.push_str(sign);
        push(out, integer.unsigned_abs());
    }
}

/// The length of an integer's text.
pub(super) fn digits(integer: i128) -> usize {
    let len = integer.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    usize::from(integer < 0) + usize::try_from(len).unwrap_or(0)
}

fn push(out: &mut String, number: u128) {
    // 128-bit arithmetic is slow, and hardly ever needed. Writing to a `String` does not fail.
    let _ = match u64::try_from(number) {
        Ok(number) => write!(out, "{number}"),
        Err(_) => write!(out, "{number}"),
    };
}
