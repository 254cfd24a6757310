//! Values as npbytes reads them, against the values that NumPy listed: each scalar of a dtype, in
//! every element, through npbytes' typed access.

use half::f16;
use npbytes::{ArrayView, ByteOrder};
use npbytes::{DateTime64, TimeDelta64};
use num_complex::Complex;
use serde_json::Value;

use crate::environment::hex;
use crate::manifest::LeafValues;

/// Compares every listed scalar; the first difference, in words.
pub fn difference(view: &ArrayView<'_>, leaves: &[LeafValues]) -> Option<String> {
    leaves.iter().find_map(|leaf| {
        let place = || format!("values at field {:?}", leaf.path);
        match at(view, &leaf.path) {
            // A name of lone surrogates has no Rust text to ask with; its bytes are compared.
            Ok(None) => None,
            Ok(Some(part)) => match values(&part, leaf) {
                Ok(ours) => {
                    let count = ours.len().max(leaf.values.len());
                    let wrong = (0..count).find(|&i| ours.get(i) != leaf.values.get(i))?;
                    let side = |values: &[Value]| {
                        values.get(wrong).map_or("nothing".to_owned(), Value::to_string)
                    };
                    let (ours, theirs) = (side(&ours), side(&leaf.values));
                    Some(format!("{}: element {wrong} is {ours}, NumPy has {theirs}", place()))
                }
                Err(error) => Some(format!("{}: {error}", place())),
            },
            Err(error) => Some(format!("{}: {error}", place())),
        }
    })
}

/// The scalar at a path of field positions.
fn at<'a>(view: &ArrayView<'a>, path: &[usize]) -> npbytes::Result<Option<ArrayView<'a>>> {
    let mut part = view.clone();
    for &position in path {
        let fields = part.dtype().fields().unwrap_or_default();
        let Some(name) = fields.get(position).and_then(|field| field.name().as_str()) else {
            return Ok(None);
        };
        let name = name.to_owned();
        part = part.field(&name)?;
    }
    Ok(Some(part))
}

/// The values in C order, in the form in which the manifest has them.
fn values(view: &ArrayView<'_>, leaf: &LeafValues) -> npbytes::Result<Vec<Value>> {
    fn each<T: npbytes::Element>(
        view: &ArrayView<'_>,
        form: impl Fn(T) -> Value,
    ) -> npbytes::Result<Vec<Value>> {
        Ok(view.to_vec::<T>()?.into_iter().map(form).collect())
    }
    match (leaf.kind, leaf.itemsize) {
        ('b', _) => Ok(view.elements().map(|bytes| Value::from(bytes != [0])).collect()),
        ('i', 1) => each(view, |x: i8| x.into()),
        ('i', 2) => each(view, |x: i16| x.into()),
        ('i', 4) => each(view, |x: i32| x.into()),
        ('i', 8) => each(view, |x: i64| x.into()),
        ('u', 1) => each(view, |x: u8| x.into()),
        ('u', 2) => each(view, |x: u16| x.into()),
        ('u', 4) => each(view, |x: u32| x.into()),
        ('u', 8) => each(view, |x: u64| x.into()),
        ('f', 2) => each(view, |x: f16| float(x.to_f64())),
        ('f', 4) => each(view, |x: f32| float(x.into())),
        ('f', 8) => each(view, float),
        ('c', 8) => each(view, |x: Complex<f32>| pair(x.re.into(), x.im.into())),
        ('c', 16) => each(view, |x: Complex<f64>| pair(x.re, x.im)),
        ('M', _) => each(view, |DateTime64(x)| x.into()),
        ('m', _) => each(view, |TimeDelta64(x)| x.into()),
        ('S', _) => Ok(view.elements().map(|bytes| hex(stripped(bytes, 1)).into()).collect()),
        ('V', _) => Ok(view.elements().map(|bytes| hex(bytes).into()).collect()),
        ('U', _) => {
            let big = view.dtype().byte_order() == ByteOrder::Big;
            let points = |bytes| code_points(bytes, big).map(Value::from).collect::<Vec<_>>();
            Ok(view.elements().map(|bytes| points(bytes).into()).collect())
        }
        (kind, size) => Ok(vec![format!("no values for {kind}{size}").into()]),
    }
}

/// Python's `repr` of a float, as far as it says which one: Rust's shortest digits parse back to the
/// same number, and so do Python's, so both are brought to one form.
fn float(x: f64) -> Value {
    if x.is_nan() { "nan".into() } else { format!("{x:e}").into() }
}

fn pair(re: f64, im: f64) -> Value {
    vec![float(re), float(im)].into()
}

/// Brings the float texts of the manifest to the form that values are compared in.
pub fn normalised(leaf: &mut LeafValues) {
    fn text(value: &mut Value) {
        if let Some(x) = value.as_str().and_then(|text| text.parse::<f64>().ok()) {
            *value = float(x);
        }
    }
    match leaf.kind {
        'f' => leaf.values.iter_mut().for_each(text),
        'c' => leaf
            .values
            .iter_mut()
            .filter_map(Value::as_array_mut)
            .for_each(|parts| parts.iter_mut().for_each(text)),
        _ => {}
    }
}

/// Without the NULs at the end, a unit of `size` at a time.
pub fn stripped(bytes: &[u8], size: usize) -> &[u8] {
    let used = bytes.chunks(size).rposition(|unit| unit.iter().any(|&byte| byte != 0));
    &bytes[..used.map_or(0, |last| (last + 1) * size)]
}

/// The code points of a UCS-4 text, without the NULs at the end.
pub fn code_points(bytes: &[u8], big: bool) -> impl Iterator<Item = u32> + '_ {
    stripped(bytes, 4).chunks_exact(4).map(move |unit| {
        let unit = [unit[0], unit[1], unit[2], unit[3]];
        if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) }
    })
}
