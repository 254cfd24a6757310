//! The texts of masked arrays: elements as Python's objects print themselves, and `--` where they are masked.

use super::layout::Layout;
use super::words::{MOST_HELD, Place, brackets, too_long};
use super::{Options, is_implied, layout::Page, short_repr, str as array_str, too_many};
use crate::array::ArrayView;
use crate::dtype::{ByteOrder, DType, Kind};
use crate::error::Result;
use crate::literal;
use crate::pickle::Masked;
use crate::shape::{AxisOrder, Shape};

/// What `print` shows of a masked array.
pub(super) fn masked_str(masked: &Masked<'_>, options: &Options) -> Result<String> {
    elements(masked, options, Place::of_str(options))
}

/// The elements of a masked array in their brackets. Of long axes NumPy takes no more than this from both ends, before
/// it summarises what is left.
fn elements(masked: &Masked<'_>, options: &Options, place: Place<'_>) -> Result<String> {
    let shape = masked.data.shape();
    let longest = if shape.len() > 1 { 100 } else { 1500 };
    let corners: Vec<usize> = shape.iter().map(|&dim| dim.min(longest)).collect();
    let (data, mask) = (masked.data.view(), masked.mask.view());
    let mut words = Words { options, left: options.elements, held: 0 };
    brackets(&corners, options, place, &mut |at| {
        let mut index = index_of(at, &corners);
        for (slot, &dim) in index.iter_mut().zip(shape.iter()) {
            if dim > longest && *slot >= longest / 2 {
                *slot += dim - longest;
            }
        }
        let mut word = String::new();
        let data = (data.dtype(), data.element(&index).unwrap_or_default());
        let mask = (mask.dtype(), mask.element(&index).unwrap_or_default());
        words.push(data, mask, &mut word)?;
        words.held = words.held.saturating_add(word.len());
        Ok(word)
    })
}

/// Writes elements under their masks.
struct Words<'o> {
    options: &'o Options,
    /// How many values may still be written.
    left: u64,
    /// How much text there is already.
    held: usize,
}

/// A dtype, and the bytes of an element of it.
type Element<'a> = (&'a DType, &'a [u8]);

impl Words<'_> {
    fn push(
        &mut self,
        (dtype, bytes): Element<'_>,
        (mask_dtype, mask): Element<'_>,
        out: &mut String,
    ) -> Result<()> {
        let more = || too_many(self.options, self.options.elements.saturating_add(1));
        self.left = self.left.checked_sub(1).ok_or_else(more)?;
        if self.held.saturating_add(out.len()) > MOST_HELD {
            return Err(too_long());
        }
        match (dtype.kind(), mask_dtype.kind()) {
            (Kind::Struct(fields), Kind::Struct(masks)) => {
                out.push('(');
                for (at, (field, masked)) in fields.fields().iter().zip(masks.fields()).enumerate()
                {
                    out.push_str(if at == 0 { "" } else { ", " });
                    let value = (field.dtype(), bytes.get(field.offset()..).unwrap_or_default());
                    let masked = (masked.dtype(), mask.get(masked.offset()..).unwrap_or_default());
                    self.push(value, masked, out)?;
                }
                out.push_str(if fields.fields().len() == 1 { ",)" } else { ")" });
                Ok(())
            }
            (Kind::Subarray(values), Kind::Subarray(masks)) => {
                let elements: usize = values.shape().iter().product();
                let summarise = elements > self.options.threshold;
                let (value, masked) = ((values.base(), bytes), (masks.base(), mask));
                self.push_axes(values.shape(), 0, summarise, value, masked, out)
            }
            _ => {
                let is_masked = mask.first().is_some_and(|&byte| byte != 0);
                let bytes = bytes.get(..dtype.itemsize()).unwrap_or_default();
                out.push_str(&if is_masked {
                    "--".to_owned()
                } else {
                    python(dtype, bytes, self.options)?
                });
                Ok(())
            }
        }
    }

    /// The elements of a subarray from the first on, on one line.
    fn push_axes(
        &mut self,
        shape: &[usize],
        first: usize,
        summarise: bool,
        value: Element<'_>,
        masked: Element<'_>,
        out: &mut String,
    ) -> Result<()> {
        let Some((&len, inner)) = shape.split_first() else {
            let at = |(dtype, bytes): Element<'_>| {
                let start = first.saturating_mul(dtype.itemsize());
                bytes.len().min(start)
            };
            let (value_at, mask_at) = (at(value), at(masked));
            let value = (value.0, value.1.get(value_at..).unwrap_or_default());
            let masked = (masked.0, masked.1.get(mask_at..).unwrap_or_default());
            return self.push(value, masked, out);
        };
        let edge = self.options.edgeitems;
        let gap = summarise && len > edge.saturating_mul(2) && edge > 0;
        let (head, tail) = if gap { (edge, edge) } else { (0, len) };
        let count: usize = inner.iter().product();
        let mut separator = "";
        if len == 0 {
            // Brackets with nothing in them are counted too.
            let more = || too_many(self.options, self.options.elements.saturating_add(1));
            self.left = self.left.checked_sub(1).ok_or_else(more)?;
        }
        out.push('[');
        for (at, index) in (0..head).chain(len - tail..len).enumerate() {
            if gap && at == edge {
                out.extend([separator, "..."]);
                separator = ", ";
            }
            out.push_str(separator);
            separator = ", ";
            let first = first.saturating_add(index.saturating_mul(count));
            self.push_axes(inner, first, summarise, value, masked, out)?;
        }
        out.push(']');
        Ok(())
    }
}

/// What `repr` says of a masked array, given the text of a fill value that was set.
pub(super) fn masked_repr(
    masked: &Masked<'_>,
    fill_value: Option<String>,
    options: &Options,
) -> Result<String> {
    const CLASS: &str = "masked_array(";
    let shape = masked.data.shape();
    let mask = masked.mask.view();
    // One row stands behind the class, and what follows is aligned with it.
    let is_row = shape.iter().rev().skip(1).all(|&dim| dim == 1);
    let labels = ["data=", "mask=", "fill_value=", "dtype="];
    let equals = CLASS.len() + "data".len();
    let indents = labels.map(|label| if is_row { equals + 1 - label.len() } else { 2 });
    let [first, second, third, fourth] = indents.map(|indent| " ".repeat(indent));
    let indent = |at: usize| indents.get(at).copied().unwrap_or_default() + "data=".len();
    let data = elements(masked, options, Place::of_repr(options, indent(0)))?;
    let bools = match mask.dtype().kind() {
        Kind::Struct(_) if !mask.is_empty() => mask_of_structs(&mask, options, indent(1))?,
        _ => brackets(shape, options, Place::of_repr(options, indent(1)), &mut |at| {
            let bytes = mask.element(&index_of(at, shape)).unwrap_or_default();
            let text = python(mask.dtype(), bytes, options)?;
            // NumPy makes room for the longer of the two.
            let is_padded = text == "True" && !shape.is_empty();
            Ok(if is_padded { format!(" {text}") } else { text })
        })?,
    };
    let head = if is_row { CLASS.to_owned() } else { format!("{CLASS}\n{first}") };
    let numpy = options.profile.numpy;
    let dtype = masked.data.dtype();
    let fill_value = match (fill_value, dtype.kind()) {
        (Some(text), _) => text,
        (None, Kind::Struct(_)) => default_struct(dtype, options)?,
        (None, _) => default_fill_value(dtype, numpy.names_scalar_types()).to_owned(),
    };
    let mut text =
        format!("{head}data={data},\n{second}mask={bools},\n{third}fill_value={fill_value}");
    // Masks without bytes have nothing to look at, however many there are.
    let shows_none = mask.dtype().itemsize() == 0
        || mask.elements().all(|element| element.iter().all(|&byte| byte != 0));
    if shows_none || !is_implied(dtype, numpy) {
        let dtype = short_repr(dtype, options.profile);
        text.push_str(&format!(",\n{fourth}dtype={dtype}"));
    }
    text.push(')');
    Ok(text)
}

/// The masks of structs, which NumPy prints as any array of structs.
fn mask_of_structs(mask: &ArrayView<'_>, options: &Options, indent: usize) -> Result<String> {
    let mut text = String::new();
    let line_width = i64::try_from(options.linewidth.saturating_sub(1)).unwrap_or(i64::MAX);
    let layout = Layout { view: mask, options, line_width, separator: ", " };
    layout.write(indent, &mut Page::new(&mut text))?;
    Ok(text)
}

/// An element as Python's object of it says itself in a `repr`.
fn python(dtype: &DType, bytes: &[u8], options: &Options) -> Result<String> {
    let profile = options.profile;
    let names_types = profile.numpy.names_scalar_types();
    let big_endian = dtype.byte_order() == ByteOrder::Big;
    let float = |float: f64| literal::Value::Float(float).repr(profile.python);
    let single = |at: usize| {
        let bits = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).copied();
        let bits = bits.unwrap_or_default();
        f64::from(if big_endian { f32::from_be_bytes(bits) } else { f32::from_le_bytes(bits) })
    };
    match dtype.kind() {
        Kind::Float16 => {
            let bits = bytes.first_chunk::<2>().copied().unwrap_or_default();
            let bits = if big_endian { u16::from_be_bytes(bits) } else { u16::from_le_bytes(bits) };
            return Ok(float(half(bits)));
        }
        Kind::Float32 => return Ok(float(single(0))),
        Kind::Complex64 => {
            return Ok(literal::Value::Complex(single(0), single(4)).repr(profile.python));
        }
        Kind::Void(_) => return Ok(literal::repr_bytes(bytes)),
        _ => {}
    }
    let element = ArrayView::new(dtype.clone(), Shape::default(), &AxisOrder::C, bytes)?;
    let text = array_str(&element, options)?;
    Ok(match dtype.kind() {
        Kind::Str(_) => literal::repr_str(&text.as_str().into(), profile.python),
        Kind::Bytes(_) => {
            let inner = text.strip_prefix("np.bytes_(").and_then(|text| text.strip_suffix(')'));
            inner.unwrap_or(&text).to_owned()
        }
        // There is no Python float for those.
        Kind::LongDouble if names_types => format!("np.longdouble('{text}')"),
        Kind::ComplexLongDouble if names_types => {
            let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
            format!("np.clongdouble('{}')", inner.unwrap_or(&text))
        }
        _ => text,
    })
}

/// The value of a `float16`.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 31, f64::from(bits & 1023));
    let value = match exponent {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1024.0 + fraction) * 2_f64.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -value } else { value }
}

/// The index of an element, in C order.
fn index_of(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    let mut rest = at;
    for (slot, &dim) in index.iter_mut().zip(shape).rev() {
        *slot = rest % dim.max(1);
        rest /= dim.max(1);
    }
    index
}

/// What NumPy fills in for masked elements unless it was told something else.
fn default_fill_value(dtype: &DType, names_types: bool) -> &'static str {
    match dtype.kind() {
        Kind::Bool => "True",
        // Those are of 64 bits, which NumPy 2 says where the elements are not.
        Kind::Int8 | Kind::Int16 | Kind::Int32 if names_types => "np.int64(999999)",
        Kind::UInt8 | Kind::UInt16 | Kind::UInt32 if names_types => "np.uint64(999999)",
        Kind::Float16 | Kind::Float32 | Kind::LongDouble if names_types => "np.float64(1e+20)",
        Kind::Complex64 | Kind::ComplexLongDouble if names_types => "np.complex128(1e+20+0j)",
        Kind::Float16 | Kind::Float32 | Kind::Float64 | Kind::LongDouble => "1e+20",
        Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble => "(1e+20+0j)",
        Kind::Bytes(_) => "b'N/A'",
        Kind::Str(_) => "'N/A'",
        Kind::DateTime64(_) if names_types => "NaT",
        Kind::DateTime64(_) => "numpy.datetime64('NaT')",
        Kind::TimeDelta64(_) if names_types => "np.timedelta64('NaT')",
        Kind::TimeDelta64(_) => "numpy.timedelta64('NaT')",
        Kind::Int8 | Kind::Int16 | Kind::Int32 | Kind::Int64 => "999999",
        Kind::UInt8 | Kind::UInt16 | Kind::UInt32 | Kind::UInt64 => "999999",
        _ => "?",
    }
}

/// The same for a struct, whose fields take what they can of it.
fn default_struct(dtype: &DType, options: &Options) -> Result<String> {
    /// Longer structs are not made up for it.
    const LONGEST: usize = 1 << 20;
    if dtype.itemsize() > LONGEST {
        return Ok("?".to_owned());
    }
    let mut bytes = vec![0; dtype.itemsize()];
    fill(dtype, &mut bytes);
    array_str(&ArrayView::new(dtype.clone(), Shape::default(), &AxisOrder::C, &bytes)?, options)
}

fn fill(dtype: &DType, bytes: &mut [u8]) {
    const COUNT: i64 = 999_999;
    const LARGE: f64 = 1e20;
    /// `np.longdouble('1e20').tobytes()`
    const LARGE_LONG: [u8; 16] =
        [0, 0, 0x62, 0xac, 0xc5, 0xeb, 0x78, 0xad, 0x41, 0x40, 0, 0, 0, 0, 0, 0];
    let little: Vec<u8> = match dtype.kind() {
        Kind::Struct(fields) => {
            for field in fields.fields() {
                let end = field.offset().saturating_add(field.dtype().itemsize());
                if let Some(bytes) = bytes.get_mut(field.offset()..end) {
                    fill(field.dtype(), bytes);
                }
            }
            return;
        }
        Kind::Subarray(sub) => {
            let size = sub.base().itemsize().max(1);
            bytes.chunks_exact_mut(size).for_each(|bytes| fill(sub.base(), bytes));
            return;
        }
        Kind::Bool => vec![1],
        Kind::Float16 => 0x7c00_u16.to_le_bytes().to_vec(),
        #[allow(clippy::cast_possible_truncation, reason = "NumPy rounds it, too")]
        Kind::Float32 | Kind::Complex64 => (LARGE as f32).to_le_bytes().to_vec(),
        Kind::Float64 | Kind::Complex128 => LARGE.to_le_bytes().to_vec(),
        Kind::LongDouble | Kind::ComplexLongDouble => LARGE_LONG.to_vec(),
        Kind::Bytes(_) => b"N/A".to_vec(),
        Kind::Void(_) => b"???".to_vec(),
        Kind::Str(_) => "N/A".chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => i64::MIN.to_le_bytes().to_vec(),
        _ => COUNT.to_le_bytes().to_vec(),
    };
    bytes.iter_mut().zip(little).for_each(|(to, from)| *to = from);
    if dtype.byte_order() == ByteOrder::Big {
        let unit = dtype.swap_unit().unwrap_or(1);
        bytes.chunks_exact_mut(unit.max(1)).for_each(<[u8]>::reverse);
    }
}
