//! Long doubles as float64: x87's 80 bits, rounded to the nearest, ties to even.

use arrow_array::ArrayRef;
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;
use npbytes::ByteOrder;

use super::cells::Cells;
use super::{bits, primitive};
use crate::{Copied, Result};

/// The bytes that one takes, padding included.
const SIZE: usize = 16;

/// Long doubles as float64, of which NaN may be null.
pub(super) fn array(
    cells: &Cells<'_>,
    nan_is_null: bool,
    nulls: Option<NullBuffer>,
    copied: &mut Copied,
) -> Result<ArrayRef> {
    let buffer = rounded(cells, copied)?;
    let values = buffer.typed_data::<f64>();
    let nans =
        if nan_is_null { bits::validity(values, |x: f64| u8::from(!x.is_nan()))? } else { None };
    let nulls = NullBuffer::union(nulls.as_ref(), nans.as_ref());
    primitive::typed(&DataType::Float64, buffer, cells.len(), nulls)
}

/// Long doubles, or the parts of complex ones, as float64.
pub(super) fn rounded(cells: &Cells<'_>, copied: &mut Copied) -> Result<Buffer> {
    *copied |= Copied::VALUES;
    let bytes = cells.bytes(copied)?;
    let big = cells.dtype.byte_order() == ByteOrder::Big;
    let items = bytes.as_chunks::<SIZE>().0.iter();
    let values = items.map(|item| {
        let wide = if big { u128::from_be_bytes(*item) } else { u128::from_le_bytes(*item) };
        // The padding is in the bytes of the highest value in both orders.
        let [low, high] = [wide & u128::from(u64::MAX), wide >> 64 & 0xffff];
        #[allow(clippy::cast_possible_truncation, reason = "masked above")]
        to_f64(high as u16, low as u64)
    });
    Ok(Buffer::from_vec(values.collect::<Vec<f64>>()))
}

/// The float64 nearest to a sign and exponent and a significand whose highest bit is that of the ones.
fn to_f64(sign_exponent: u16, significand: u64) -> f64 {
    let sign = u64::from(sign_exponent >> 15) << 63;
    let exponent = i32::from(sign_exponent & 0x7fff);
    let bits = match exponent {
        0 if significand == 0 => 0,
        // Without the bit of the ones, and not of the smallest exponent: the processor takes no such number.
        1.. if significand >> 63 == 0 => 0xfff8 << 48,
        0x7fff if significand << 1 == 0 => 0x7ff << 52,
        // The payload's highest bits, and quiet, as the processor makes it.
        0x7fff => 0x7ff8 << 48 | (significand << 1) >> 12,
        _ => finite(exponent, significand),
    };
    f64::from_bits(sign | bits)
}

/// The bits of `significand * 2^(exponent - 16383 - 63)`.
fn finite(exponent: i32, significand: u64) -> u64 {
    // The smallest exponent counts as the next.
    let shift = significand.leading_zeros().cast_signed();
    let significand = significand << shift;
    let exponent = exponent.max(1) - 16_383 - shift;
    if exponent > 1023 {
        return 0x7ff << 52;
    }
    // Of the 64 bits 53 stay, fewer of subnormal numbers.
    let dropped = 11 + (-1022 - exponent).max(0).cast_unsigned();
    if dropped > 64 {
        return 0;
    }
    let (kept, rest) = if dropped == 64 {
        (0, u128::from(significand))
    } else {
        (significand >> dropped, u128::from(significand & ((1 << dropped) - 1)))
    };
    let half = 1_u128 << (dropped - 1);
    let up = rest > half || (rest == half && kept & 1 == 1);
    // A carry out of the significand is one of the exponent, as it should be, up to infinity.
    let base = if exponent < -1022 {
        kept
    } else {
        let biased = u64::try_from(exponent + 1023).unwrap_or(0);
        // The bit of the ones adds one to the exponent.
        ((biased - 1) << 52) + kept
    };
    base + u64::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_as_the_processor() {
        // For the bytes b of each: np.frombuffer(b, '<f16').astype('f8').view('u8'), on x86-64.
        let cases: [(u16, u64, u64); 31] = [
            (0x3fff, 0x8000_0000_0000_0000, 0x3ff0_0000_0000_0000),
            (0xbfff, 0xc000_0000_0000_0000, 0xbff8_0000_0000_0000),
            (0x3ffd, 0xaaaa_aaaa_aaaa_aaab, 0x3fd5_5555_5555_5555),
            (0x8000, 0x0, 0x8000_0000_0000_0000),
            (0x7fff, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0000),
            (0x7fff, 0xc000_0000_0000_0000, 0x7ff8_0000_0000_0000),
            (0x3bcd, 0x8000_0000_0000_0000, 0x1),
            (0x3bcc, 0x8000_0000_0000_0000, 0x0),
            (0x3bcc, 0xc000_0000_0000_0000, 0x1),
            (0x3bcb, 0x8000_0000_0000_0000, 0x0),
            (0x3c00, 0xffff_ffff_ffff_ffc0, 0x10_0000_0000_0000),
            (0x43fe, 0xffff_ffff_ffff_fc00, 0x7ff0_0000_0000_0000),
            (0x43ff, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0000),
            (0x7ffe, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0000),
            (0x0, 0x1, 0x0),
            (0x3c01, 0x8000_0000_0000_0400, 0x10_0000_0000_0000),
            (0x3fff, 0x8000_0000_0000_0400, 0x3ff0_0000_0000_0000),
            (0x3fff, 0x8000_0000_0000_0401, 0x3ff0_0000_0000_0001),
            (0x3fff, 0x8000_0000_0000_0c00, 0x3ff0_0000_0000_0002),
            (0xbbe5, 0x8000_0040_0080_0000, 0x8000_0000_0100_0001),
            (0x3bcd, 0xc000_0000_0000_0000, 0x2),
            (0x3bce, 0xa000_0000_0000_0000, 0x2),
            (0x403d, 0xffff_ffff_ffff_fffe, 0x43e0_0000_0000_0000),
            (0x7fff, 0xa000_0000_0000_0123, 0x7ffc_0000_0000_0000),
            (0xffff, 0xc000_0000_00ab_c000, 0xfff8_0000_0000_1578),
            (0x7fff, 0x8000_0000_0000_0001, 0x7ff8_0000_0000_0000),
            (0x7fff, 0xffff_ffff_ffff_ffff, 0x7fff_ffff_ffff_ffff),
            (0x3fff, 0x4000_0000_0000_0000, 0xfff8_0000_0000_0000),
            (0x0, 0x8000_0000_0000_0000, 0x0),
            (0x7fff, 0x0, 0xfff8_0000_0000_0000),
            (0x7fff, 0x1000, 0xfff8_0000_0000_0000),
        ];
        for (high, low, bits) in cases {
            assert_eq!(to_f64(high, low).to_bits(), bits, "{high:x} {low:x}");
        }
    }
}
