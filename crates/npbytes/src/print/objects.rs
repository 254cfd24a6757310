//! The texts of arrays whose elements are Python's: those of objects, and those with a mask.

use super::words::{Place, Word, brackets};
use super::{Options, PREFIX, is_implied, layout, short_repr, str as array_str};
use crate::array::ArrayView;
use crate::dtype::{DType, Kind};
use crate::error::Result;
use crate::literal;
use crate::pickle::Masked;
use crate::shape::{AxisOrder, Shape};

/// The elements of an array of objects in their brackets; of `repr` with what stands before them.
pub(super) fn objects_text(
    shape: &Shape,
    options: &Options,
    repr: bool,
    word: Word<'_>,
) -> Result<String> {
    let place = match repr {
        true => Place::of_repr(options, PREFIX.len()),
        false => Place::of_str(options),
    };
    let text = brackets(shape, options, place, word)?;
    Ok(if repr { format!("{PREFIX}{text}") } else { text })
}

/// What follows the brackets in the `repr` of an array of objects, on a line of its own if there is no room.
pub(super) fn objects_extras(
    dtype: &DType,
    shape: &Shape,
    options: &Options,
    text: &str,
) -> String {
    let numpy = options.profile.numpy;
    let elements = shape.elements();
    let is_empty = elements == 0 && shape.dims() != [0];
    let names_shape = is_empty || elements > options.threshold && numpy.repr_names_shape();
    let shape = if names_shape { format!("shape={shape}, ") } else { String::new() };
    let dtype = match dtype.kind() {
        Kind::String => dtype.to_string(),
        _ => short_repr(dtype, options.profile),
    };
    let dtype = format!("dtype={dtype})");
    // Before a summarised array named its shape, the shape never went to a new line.
    let (before, extras) = match numpy.repr_names_shape() {
        true => (String::new(), shape + &dtype),
        false => (shape.trim_end_matches(", ").to_owned(), dtype),
    };
    let before = if before.is_empty() { before } else { format!(", {before}") };
    let last = layout::width(text.rsplit('\n').next().unwrap_or(text));
    // The comma behind the brackets, and a blank.
    let column = last + layout::width(&before) + 1;
    match column + layout::width(&extras) + 1 > options.linewidth {
        true => format!("{before},\n{}{extras}", " ".repeat(PREFIX.len())),
        false => format!("{before}, {extras}"),
    }
}

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
    brackets(&corners, options, place, &mut |at| {
        let mut index = index_of(at, &corners);
        for (slot, &dim) in index.iter_mut().zip(shape.iter()) {
            if dim > longest && *slot >= longest / 2 {
                *slot += dim - longest;
            }
        }
        match element(&masked.mask.view(), &index, options)?.as_str() {
            "True" => Ok("--".to_owned()),
            _ => element(&masked.data.view(), &index, options),
        }
    })
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
    let place = |at: usize| {
        Place::of_repr(options, indents.get(at).copied().unwrap_or_default() + "data=".len())
    };
    let data = elements(masked, options, place(0))?;
    let bools = brackets(shape, options, place(1), &mut |at| {
        let text = element(&mask, &index_of(at, shape), options)?;
        // NumPy makes room for the longer of the two.
        let is_padded = text == "True" && !shape.is_empty();
        Ok(if is_padded { format!(" {text}") } else { text })
    })?;
    let head = if is_row { CLASS.to_owned() } else { format!("{CLASS}\n{first}") };
    let numpy = options.profile.numpy;
    let dtype = masked.data.dtype();
    let fill_value = fill_value
        .unwrap_or_else(|| default_fill_value(dtype, numpy.names_scalar_types()).to_owned());
    let mut text =
        format!("{head}data={data},\n{second}mask={bools},\n{third}fill_value={fill_value}");
    let shows_none = mask.elements().all(|element| element.iter().all(|&byte| byte != 0));
    if shows_none || !is_implied(dtype, numpy) {
        let dtype = short_repr(dtype, options.profile);
        text.push_str(&format!(",\n{fourth}dtype={dtype}"));
    }
    text.push(')');
    Ok(text)
}

/// An element as Python's object of it prints itself.
fn element(view: &ArrayView<'_>, index: &[usize], options: &Options) -> Result<String> {
    let bytes = view.element(index).unwrap_or_default();
    let element = ArrayView::new(view.dtype().clone(), Shape::default(), &AxisOrder::C, bytes)?;
    let python = options.profile.python;
    let text = array_str(&element, options)?;
    Ok(match element.dtype().kind() {
        Kind::Str(_) => literal::repr_str(&text.as_str().into(), python),
        Kind::Bytes(_) => {
            let inner = text.strip_prefix("np.bytes_(").and_then(|text| text.strip_suffix(')'));
            inner.unwrap_or(&text).to_owned()
        }
        Kind::Float32 => literal::Value::Float(element.get::<f32>(&[])?.into()).repr(python),
        _ => text,
    })
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
        Kind::Float16 | Kind::Float32 if names_types => "np.float64(1e+20)",
        Kind::Complex64 if names_types => "np.complex128(1e+20+0j)",
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
