//! Elements without parts: one loop a kind.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
};
use arrow_array::{Array, PrimitiveArray};
use arrow_buffer::bit_chunk_iterator::BitChunks;
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::DataType;
use half::f16;
use npbytes::{ByteOrder, DType, Kind};

use super::{Filler, NullAs, other};
use crate::from::places::Places;
use crate::from::plan::{Node, Plan};
use crate::from::text::{Texts, write_ucs4};
use crate::from::time::{NAT, Step};
use crate::{Copied, Error, Result};

impl Filler<'_> {
    /// Writes the elements, those that are null included where they have bytes.
    pub(super) fn leaf(
        &mut self,
        plan: &Plan,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        places: &Places,
    ) -> Result<()> {
        let Some(out) = self.data.as_deref_mut() else { return Ok(()) };
        let size = plan.dtype.itemsize();
        let is_null = |row: usize| nulls.is_some_and(|nulls| nulls.is_null(row));
        match &plan.node {
            Node::Copy { swap } => {
                if *swap {
                    *self.copied |= Copied::BYTE_ORDER;
                }
                copy(out, &bytes_of(array, size)?, size, *swap, places);
                Ok(())
            }
            Node::Bits => {
                *self.copied |= Copied::BITS;
                let bits = array.as_boolean_opt().ok_or_else(|| other(array))?.values();
                spread(out, bits, places);
                Ok(())
            }
            Node::Half { swap } => {
                *self.copied |= Copied::VALUES;
                let singles = bytes_of(array, 4)?;
                let (singles, _) = singles.as_chunks::<4>();
                try_each(out, size, places, |row, element| {
                    let single = singles.get(row).map_or(0.0, |&bytes| f32::from_ne_bytes(bytes));
                    let Some(half) = narrowed(single) else { return is_null(row) };
                    put(element, half.to_bits().to_ne_bytes(), *swap);
                    true
                })
                .map_err(|row| lost(row, "a number that is no half float"))
            }
            Node::Extended { swap } => {
                *self.copied |= Copied::VALUES;
                let doubles = bytes_of(array, 8)?;
                let (doubles, _) = doubles.as_chunks::<8>();
                places.each_of(out, size, |row, element| {
                    let bits = doubles.get(row).map_or(0, |&bytes| u64::from_ne_bytes(bytes));
                    put(element, extended(bits), *swap);
                });
                Ok(())
            }
            Node::Rounded => {
                *self.copied |= Copied::VALUES;
                rounded(array, out, places)
            }
            Node::Time { step, swap } => {
                *self.copied |= Copied::VALUES;
                let count = counts(array)?;
                try_each(out, size, places, |row, element| {
                    let taken = match count(row) {
                        None => return false,
                        // What was under the null is not there: another unit has it.
                        Some(_) if is_null(row) => Some(NAT),
                        Some(NAT) => Some(NAT),
                        Some(count) => step.take(count),
                    };
                    let Some(taken) = taken else { return false };
                    put(element, taken.to_ne_bytes(), *swap);
                    true
                })
                .map_err(|row| match step {
                    Step::Months { .. } => {
                        lost(row, "a time that is no first day of what is counted")
                    }
                    _ => lost(row, "a time that the unit cannot count"),
                })
            }
            Node::Text { exact } => {
                *self.copied |= Copied::TEXT;
                let texts = Texts::of(array).ok_or_else(|| other(array))?;
                let big = plan.dtype.byte_order() == ByteOrder::Big;
                try_each(out, size, places, |row, element| {
                    let text = texts.get(row);
                    if is_null(row) {
                        // What is under a null may be anything, if it fits.
                        if !write_ucs4(element, text, big) {
                            element.fill(0);
                        }
                        return true;
                    }
                    !(*exact && text.last() == Some(&0)) && write_ucs4(element, text, big)
                })
                .map_err(|row| unfit(row, *exact, "a text"))
            }
            Node::Bytes { exact } => {
                *self.copied |= Copied::TEXT;
                let texts = Texts::of(array).ok_or_else(|| other(array))?;
                try_each(out, size, places, |row, element| {
                    let text = texts.get(row);
                    match element.get_mut(..text.len()) {
                        Some(_) if *exact && text.last() == Some(&0) => is_null(row),
                        Some(element) => {
                            element.copy_from_slice(text);
                            true
                        }
                        None => is_null(row),
                    }
                })
                .map_err(|row| unfit(row, *exact, "bytes"))
            }
            _ => Err(other(array)),
        }
    }

    /// Writes what nulls become.
    pub(super) fn nulls(
        &mut self,
        plan: &Plan,
        nulls: Option<&NullBuffer>,
        places: &Places,
    ) -> Result<()> {
        let Some(nulls) = nulls.filter(|nulls| nulls.null_count() > 0) else { return Ok(()) };
        let is_null = |row: usize| row < nulls.len() && nulls.is_null(row);
        let size = plan.dtype.itemsize();
        match self.context.null_as(plan) {
            NullAs::Masked => {
                let mask_size = plan.mask_size;
                let mask = self.mask()?;
                places.each(|row, _, at| {
                    if is_null(row)
                        && let Some(bytes) = mask.get_mut(at..at + mask_size)
                    {
                        bytes.fill(1);
                    }
                });
            }
            NullAs::NaT => {
                let Some(out) = self.data.as_deref_mut() else { return Ok(()) };
                let swap = swaps(&plan.dtype);
                let mut changed = false;
                places.each_of(out, size, |row, element| {
                    if is_null(row) {
                        let mut nat = NAT.to_ne_bytes();
                        if swap {
                            nat.reverse();
                        }
                        changed |= element != nat;
                        element.copy_from_slice(&nat);
                    }
                });
                if changed {
                    *self.copied |= Copied::VALUES;
                }
            }
            NullAs::NaN => {
                let Some(out) = self.data.as_deref_mut() else { return Ok(()) };
                let mut changed = false;
                places.each_of(out, size, |row, element| {
                    if is_null(row) && !is_nan(&plan.dtype, element) {
                        changed = true;
                        write_nan(&plan.dtype, element);
                    }
                });
                if changed {
                    *self.copied |= Copied::VALUES;
                }
            }
            NullAs::Error => {
                let row = (0..nulls.len()).find(|&row| nulls.is_null(row)).unwrap_or(0);
                return Err(Error::value(format!("a null, which {} has not", plan.dtype))
                    .at_row(row as u64)
                    .with_help("ask for a masked array: `Nulls::Masked`"));
            }
        }
        Ok(())
    }
}

/// Whether numbers of a dtype lie in the other byte order than this machine's.
fn swaps(dtype: &DType) -> bool {
    !matches!(dtype.byte_order(), ByteOrder::NotApplicable | ByteOrder::NATIVE)
}

/// The bytes of elements of a fixed width, sliced.
fn bytes_of(array: &dyn Array, size: usize) -> Result<arrow_buffer::Buffer> {
    let data = array.to_data();
    let (start, len) = (data.offset().checked_mul(size), array.len().checked_mul(size));
    match (data.buffers().first(), start, len) {
        (Some(buffer), Some(start), Some(len))
            if start.checked_add(len).is_some_and(|end| end <= buffer.len()) =>
        {
            Ok(buffer.slice_with_length(start, len))
        }
        (_, _, Some(0)) => Ok(arrow_buffer::Buffer::from(Vec::<u8>::new())),
        _ => Err(other(array)),
    }
}

/// Bits as a byte each, the lowest first.
fn spread_byte(bits: u8) -> [u8; 8] {
    // One of them is left in each byte, and made the lowest by what it takes the highest to.
    let own = (u64::from(bits) * 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201;
    ((own + 0x7f7f_7f7f_7f7f_7f7f) >> 7 & 0x0101_0101_0101_0101).to_le_bytes()
}

/// Writes bits to their places, a byte each.
fn spread(out: &mut [u8], bits: &BooleanBuffer, places: &Places) {
    let _ = places.try_runs::<()>(|run| {
        let dense = out.get_mut(run.data..run.data.saturating_add(run.len));
        if let Some(out) = dense.filter(|_| run.data_stride == 1 || run.len == 1) {
            let start = bits.offset() + run.first;
            let chunks = BitChunks::new(bits.values(), start, run.len);
            let (words, rest) = out.as_chunks_mut::<64>();
            for (out, word) in words.iter_mut().zip(chunks.iter()) {
                for (out, bits) in out.as_chunks_mut::<8>().0.iter_mut().zip(word.to_le_bytes()) {
                    *out = spread_byte(bits);
                }
            }
            let last = chunks.remainder_bits();
            for (i, byte) in rest.iter_mut().enumerate() {
                *byte = u8::from(last >> i & 1 == 1);
            }
            return Ok(());
        }
        for i in 0..run.len {
            if let Some(byte) = out.get_mut(run.data.saturating_add(i * run.data_stride)) {
                *byte = u8::from(bits.value(run.first + i));
            }
        }
        Ok(())
    });
}

/// Copies elements to their places.
fn copy(out: &mut [u8], from: &[u8], size: usize, swap: bool, places: &Places) {
    match size {
        0 => {}
        1 => copy_of::<1>(out, from, swap, places),
        2 => copy_of::<2>(out, from, swap, places),
        4 => copy_of::<4>(out, from, swap, places),
        8 => copy_of::<8>(out, from, swap, places),
        16 => copy_of::<16>(out, from, swap, places),
        _ => places.each_of(out, size, |row, element| {
            if let Some(from) = from.get(row * size..(row + 1) * size) {
                element.copy_from_slice(from);
            }
        }),
    }
}

fn copy_of<const N: usize>(out: &mut [u8], from: &[u8], swap: bool, places: &Places) {
    let (elements, _) = from.as_chunks::<N>();
    let _ = places.try_runs::<()>(|run| {
        let Some(from) = elements.get(run.first..run.first + run.len) else { return Err(()) };
        let Some(out) = out.get_mut(run.data..) else { return Err(()) };
        if run.data_stride == N {
            let (out, _) = out.as_chunks_mut::<N>();
            for (to, from) in out.iter_mut().zip(from) {
                *to = *from;
                if swap {
                    to.reverse();
                }
            }
        } else {
            // One element alone has no distance.
            for (part, from) in out.chunks_mut(run.data_stride.max(N)).zip(from) {
                if let Some(to) = part.first_chunk_mut::<N>() {
                    *to = *from;
                    if swap {
                        to.reverse();
                    }
                }
            }
        }
        Ok(())
    });
}

/// Writes each element until one fails, whose row is told.
fn try_each(
    out: &mut [u8],
    size: usize,
    places: &Places,
    mut write: impl FnMut(usize, &mut [u8]) -> bool,
) -> std::result::Result<(), u64> {
    let mut failed = None;
    places.each_of(out, size, |row, element| {
        if failed.is_none() && !write(row, element) {
            failed = Some(row as u64);
        }
    });
    failed.map_or(Ok(()), Err)
}

fn put<const N: usize>(element: &mut [u8], mut bytes: [u8; N], swap: bool) {
    if swap {
        bytes.reverse();
    }
    if let Some(to) = element.first_chunk_mut::<N>() {
        *to = bytes;
    }
}

/// The half float that a single one is, its payload included where it is NaN; `None` if it is none.
fn narrowed(single: f32) -> Option<f16> {
    if !single.is_nan() {
        let half = f16::from_f32(single);
        return (half.to_f32().to_bits() == single.to_bits()).then_some(half);
    }
    let bits = single.to_bits();
    let (sign, payload) = (bits >> 16 & 0x8000, bits >> 13 & 0x3ff);
    let half = u16::try_from(sign | 0x7c00 | payload).ok()?;
    (bits & 0x1fff == 0 && payload != 0).then_some(f16::from_bits(half))
}

/// A float64 in the x87 format, as its bits in 16 bytes; the last six are zero.
fn extended(bits: u64) -> [u8; 16] {
    const ONE: u64 = 1 << 63;
    let sign = u16::from(bits >> 63 == 1) << 15;
    let exponent = u16::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & 0xf_ffff_ffff_ffff;
    let (exponent, mantissa) = match (exponent, fraction) {
        (0, 0) => (0, 0),
        (0, _) => {
            // Subnormal here, normal there.
            let shift = fraction.leading_zeros();
            (0x3c0c - u16::try_from(shift).unwrap_or(0), fraction << shift)
        }
        (0x7ff, _) => (0x7fff, ONE | fraction << 11),
        _ => (exponent + (0x3fff - 0x3ff), ONE | fraction << 11),
    };
    let value = u128::from(mantissa) | u128::from(sign | exponent) << 64;
    value.to_ne_bytes()
}

/// The counts of times in 32 or 64 bits.
fn counts(array: &dyn Array) -> Result<impl Fn(usize) -> Option<i64>> {
    let wide = array.data_type().primitive_width() == Some(8);
    let bytes = bytes_of(array, if wide { 8 } else { 4 })?;
    Ok(move |row: usize| {
        if wide {
            bytes.as_chunks::<8>().0.get(row).map(|&bytes| i64::from_ne_bytes(bytes))
        } else {
            bytes.as_chunks::<4>().0.get(row).map(|&bytes| i32::from_ne_bytes(bytes).into())
        }
    })
}

/// Integers and decimals as float64, rounded to the nearest.
fn rounded(array: &dyn Array, out: &mut [u8], places: &Places) -> Result<()> {
    use arrow_array::types as t;
    macro_rules! integers {
        ($($name:ident: $type:ty),*) => {
            match array.data_type() {
                $(DataType::$name => {
                    let found: &PrimitiveArray<$type> =
                        array.as_primitive_opt().ok_or_else(|| other(array))?;
                    let values = found.values();
                    #[allow(clippy::cast_precision_loss, clippy::cast_lossless)]
                    places.each_of(out, 8, |row, element| {
                        put(element, (values[row] as f64).to_ne_bytes(), false);
                    });
                    Ok(())
                })*
                DataType::Decimal32(_, scale) => decimals::<Decimal32Type>(array, *scale, out, places),
                DataType::Decimal64(_, scale) => decimals::<Decimal64Type>(array, *scale, out, places),
                DataType::Decimal128(_, scale) => decimals::<Decimal128Type>(array, *scale, out, places),
                DataType::Decimal256(_, scale) => decimals::<Decimal256Type>(array, *scale, out, places),
                _ => Err(other(array)),
            }
        };
    }
    integers!(
        Int8: t::Int8Type, Int16: t::Int16Type, Int32: t::Int32Type, Int64: t::Int64Type,
        UInt8: t::UInt8Type, UInt16: t::UInt16Type, UInt32: t::UInt32Type, UInt64: t::UInt64Type
    )
}

/// Decimals by way of their digits, so that they are rounded once.
fn decimals<T: DecimalType>(
    array: &dyn Array,
    scale: i8,
    out: &mut [u8],
    places: &Places,
) -> Result<()>
where
    T::Native: std::fmt::Display,
{
    let found: &PrimitiveArray<T> = array.as_primitive_opt().ok_or_else(|| other(array))?;
    let values = found.values();
    places.each_of(out, 8, |row, element| {
        let text = format!("{}e{}", values[row], -i32::from(scale));
        put(element, text.parse::<f64>().unwrap_or(f64::NAN).to_ne_bytes(), false);
    });
    Ok(())
}

/// Whether an element is NaN, or a part of it is.
pub(super) fn is_nan(dtype: &DType, element: &[u8]) -> bool {
    let swap = swaps(dtype);
    fn ordered<const N: usize>(element: &[u8], swap: bool) -> [u8; N] {
        let mut bytes = element.first_chunk::<N>().copied().unwrap_or([0; N]);
        if swap {
            bytes.reverse();
        }
        bytes
    }
    match dtype.kind() {
        Kind::Float16 => f16::from_bits(u16::from_ne_bytes(ordered(element, swap))).is_nan(),
        Kind::Float32 => f32::from_ne_bytes(ordered(element, swap)).is_nan(),
        Kind::Float64 => f64::from_ne_bytes(ordered(element, swap)).is_nan(),
        Kind::LongDouble => {
            let mut bytes = element.first_chunk::<16>().copied().unwrap_or([0; 16]);
            if dtype.byte_order() == ByteOrder::Big {
                bytes.reverse();
            }
            let value = u128::from_le_bytes(bytes);
            // The mantissa without its leading one.
            value >> 64 & 0x7fff == 0x7fff && value & u128::from(u64::MAX >> 1) != 0
        }
        Kind::ComplexLongDouble => {
            let Ok(part) = DType::new(Kind::LongDouble) else { return false };
            let part = part.with_byte_order(dtype.byte_order());
            element.chunks_exact(16).any(|element| is_nan(&part, element))
        }
        _ => false,
    }
}

/// Writes NumPy's NaN.
fn write_nan(dtype: &DType, element: &mut [u8]) {
    let swap = swaps(dtype);
    match dtype.kind() {
        Kind::Float16 => put(element, 0x7e00_u16.to_ne_bytes(), swap),
        Kind::Float32 => put(element, f32::NAN.to_ne_bytes(), swap),
        Kind::Float64 => put(element, f64::NAN.to_ne_bytes(), swap),
        Kind::LongDouble | Kind::ComplexLongDouble => {
            for part in element.chunks_exact_mut(16) {
                put(part, extended(f64::NAN.to_bits()), swap);
            }
        }
        _ => {}
    }
}

/// A value that is no such.
fn lost(row: u64, what: &'static str) -> Error {
    Error::value(what).at_row(row).with_help("take no notice of the metadata: `FromArrow::plain`")
}

/// A text of another width.
fn unfit(row: u64, exact: bool, what: &str) -> Error {
    if exact {
        Error::value(format!("{what} with a zero at the end, which NumPy would not show"))
            .at_row(row)
            .with_help("ask for objects: `Strings::Objects`, `Binary::Objects`")
    } else {
        Error::value(format!("{what} longer than the dtype in the metadata"))
            .at_row(row)
            .with_help("take no notice of the metadata: `FromArrow::plain`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_spread_to_their_places() {
        let values: Vec<bool> = (0..500_usize).map(|i| i * i % 7 < 3).collect();
        let bits = BooleanBuffer::from(values.clone());
        for (start, len) in [(0, 0), (0, 1), (3, 64), (5, 130), (63, 200), (1, 499)] {
            let bits = bits.slice(start, len);
            let expected: Vec<u8> = values[start..start + len].iter().map(|&b| b.into()).collect();
            let mut out = vec![9; len];
            spread(&mut out, &bits, &Places::rows(0, len, 1, 0));
            assert_eq!(out, expected, "{start} {len}");
            // Every third byte, from the second on.
            let mut out = vec![9; 3 * len + 1];
            spread(&mut out, &bits, &Places::rows(0, len, 3, 0).moved(1, 0));
            let strided: Vec<u8> = out.iter().skip(1).step_by(3).copied().collect();
            assert_eq!(strided, expected, "{start} {len}");
            assert!((0..out.len()).all(|i| i % 3 == 1 || out[i] == 9));
        }
        for bits in 0..=255_u8 {
            assert_eq!(spread_byte(bits), std::array::from_fn(|i| bits >> i & 1));
        }
    }

    #[test]
    fn doubles_as_long_doubles() {
        // np.array([1.5, -0.0, 5e-324, 2.2250738585072014e-308, np.inf, -np.inf, 1e300],
        //          "<f8").astype("<f16").tobytes(), the first ten bytes of each
        let cases: [(f64, &str); 7] = [
            (1.5, "00000000000000c0ff3f"),
            (-0.0, "00000000000000000080"),
            (5e-324, "0000000000000080cd3b"),
            (2.225_073_858_507_201_4e-308, "0000000000000080013c"),
            (f64::INFINITY, "0000000000000080ff7f"),
            (f64::NEG_INFINITY, "0000000000000080ffff"),
            (1e300, "00e0ac0340e421bfe343"),
        ];
        for (double, hex) in cases {
            let got: String =
                extended(double.to_bits())[..10].iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(got, hex, "{double:?}");
        }
    }
}
