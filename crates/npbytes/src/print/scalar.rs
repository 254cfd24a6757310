//! `str` of a scalar: what `print` shows of a 0-d array, and of the floats inside a 0-d struct.

use super::digits::{Decimal, Finite};
use super::float::{Class, Float, FloatKind};
use super::notation::{Notation, Trim};
use crate::numpy::NumPy;

/// Appends `str` of a NumPy float, as `np.float32(0.1)` prints.
pub(super) fn write_float(kind: FloatKind, float: &Float, numpy: NumPy, out: &mut String) {
    write(kind, float, numpy, false, (Trim::AllButOne, Trim::Point), out);
}

/// Appends `str` of a NumPy complex number.
pub(super) fn write_complex(
    kind: FloatKind,
    real: &Float,
    imag: &Float,
    numpy: NumPy,
    out: &mut String,
) {
    const TRIM: (Trim, Trim) = (Trim::Point, Trim::Point);
    let real_is_zero = !real.negative && matches!(real.class, Class::Finite(n) if n.is_zero());
    if real_is_zero {
        write(kind, imag, numpy, false, TRIM, out);
        out.push('j');
        return;
    }
    let part = |float: &Float, plus: bool, out: &mut String| {
        let sign = if plus { "+" } else { "" };
        match float.class {
            Class::Finite(_) => write(kind, float, numpy, plus, TRIM, out),
            Class::Nan => out.extend([sign, "nan"]),
            Class::Infinite => out.extend([if float.negative { "-" } else { sign }, "inf"]),
        }
    };
    out.push('(');
    part(real, false, out);
    part(imag, true, out);
    out.push_str("j)");
}

fn write(
    kind: FloatKind,
    float: &Float,
    numpy: NumPy,
    plus: bool,
    (positional, scientific): (Trim, Trim),
    out: &mut String,
) {
    let notation = if is_positional(kind, float, numpy) {
        Notation::shortest(false, positional)
    } else {
        Notation::shortest(true, scientific)
    };
    Notation { plus, ..notation }.write_float(float, &mut Decimal::default(), out);
}

/// Scalars turn to scientific notation below 1e-4 and from 1e16 on; narrow ones earlier since 2.3.
fn is_positional(kind: FloatKind, float: &Float, numpy: NumPy) -> bool {
    let number = match float.class {
        Class::Finite(number) => number,
        Class::Nan => return true,
        Class::Infinite => return false,
    };
    let limit = match kind {
        FloatKind::F16 if numpy.prints_narrow_floats_by_precision() => 1_000,
        FloatKind::F32 if numpy.prints_narrow_floats_by_precision() => 1_000_000,
        _ => 10_000_000_000_000_000,
    };
    // NumPy compares in extended precision: np.longdouble('1e-4').tobytes(). No float64 lies between
    // that and 0.0001.
    let least = Finite {
        mantissa: 0xd1b7_1758_e219_652c,
        exponent: -77,
        closer_below: false,
        native: None,
    };
    number.is_zero()
        || (number.compare(&Finite::whole(limit)).is_lt() && number.compare(&least).is_ge())
}
