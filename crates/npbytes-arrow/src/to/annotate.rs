//! The metadata that columns are given for the way back.

use std::collections::HashMap;
use std::fmt::Write;

use npbytes::dtype::Struct;
use npbytes::literal::repr_str;
use npbytes::{DType, Kind, Python};

use crate::{MaskedArray, metadata};

/// Keys and values of a field or a schema.
pub(crate) type Metadata = HashMap<String, String>;

/// Text that [`DType::parse`] reads back to the same dtype, whatever machine reads it; aligned structs stay aligned
/// unless one of them holds one that is not, which no text can say.
pub(super) fn dtype_text(dtype: &DType) -> String {
    match dtype.kind() {
        Kind::Struct(_) | Kind::Subarray(_) if has_aligned(dtype) => {
            let mut out = String::new();
            write_aligned(dtype, &mut out);
            out
        }
        // Native dtypes in structs are written with their byte order.
        Kind::Struct(_) => dtype.to_string(),
        Kind::Subarray(_) => {
            let mut out = String::new();
            write_aligned(dtype, &mut out);
            out
        }
        Kind::String => "T".into(),
        Kind::Object => "O".into(),
        _ => dtype.typestr(),
    }
}

fn has_aligned(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Struct(fields) => {
            fields.is_aligned() || fields.fields().iter().any(|field| has_aligned(field.dtype()))
        }
        Kind::Subarray(sub) => has_aligned(sub.base()),
        _ => false,
    }
}

/// Whether all structs inside are aligned: a reader takes those inside of an aligned one for such.
fn all_aligned(dtype: &DType) -> bool {
    match dtype.kind() {
        Kind::Struct(fields) => {
            fields.is_aligned() && fields.fields().iter().all(|field| all_aligned(field.dtype()))
        }
        Kind::Subarray(sub) => all_aligned(sub.base()),
        _ => true,
    }
}

/// Writes structs as dicts, which say where every field lies.
fn write_aligned(dtype: &DType, out: &mut String) {
    match dtype.kind() {
        Kind::Struct(fields) => write_struct(fields, all_aligned(dtype), out),
        Kind::Subarray(sub) => {
            out.push('(');
            write_aligned(sub.base(), out);
            let dims: Vec<String> = sub.shape().iter().map(usize::to_string).collect();
            // Writing to a `String` does not fail.
            let _ = write!(out, ", ({},))", dims.join(", "));
        }
        _ => {
            let _ = write!(out, "'{}'", dtype_text(dtype));
        }
    }
}

fn write_struct(fields: &Struct, aligned: bool, out: &mut String) {
    let fields_of = fields.fields();
    let python = Python::DEFAULT;
    let names: Vec<_> = fields_of.iter().map(|field| repr_str(field.name(), python)).collect();
    let _ = write!(out, "{{'names': [{}], 'formats': [", names.join(", "));
    for (i, field) in fields_of.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        write_aligned(field.dtype(), out);
    }
    let offsets: Vec<_> = fields_of.iter().map(|field| field.offset().to_string()).collect();
    let _ = write!(out, "], 'offsets': [{}]", offsets.join(", "));
    if fields_of.iter().any(|field| field.title().is_some()) {
        let title = |field: &npbytes::dtype::Field| {
            field.title().map_or("None".into(), |title| repr_str(title, python))
        };
        let titles: Vec<_> = fields_of.iter().map(title).collect();
        let _ = write!(out, ", 'titles': [{}]", titles.join(", "));
    }
    let _ = write!(out, ", 'itemsize': {}", fields.itemsize());
    out.push_str(if aligned { ", 'aligned': True}" } else { "}" });
}

/// What there is to say of a whole array beside its dtype: the order of its axes, and which of them the rows are.
pub(super) fn describe_axes(out: &mut Metadata, axes: &[usize], row_axis: usize) {
    if axes.is_empty() {
        out.insert(metadata::SHAPE.into(), "()".into());
    }
    if !axes.is_sorted() {
        let axes: Vec<String> = axes.iter().map(usize::to_string).collect();
        out.insert(metadata::ORDER.into(), axes.join(","));
    }
    if row_axis != 0 {
        out.insert(metadata::ROW_AXIS.into(), row_axis.to_string());
    }
}

/// That nulls were masked elements, and what they are filled with.
pub(super) fn describe_mask(out: &mut Metadata, masked: &MaskedArray) {
    describe_field_mask(out, masked.fill_value.as_ref().map(|fill| &fill.data()[..]));
}

/// The same of a field, whose fill value is this.
pub(super) fn describe_field_mask(out: &mut Metadata, fill_value: Option<&[u8]>) {
    out.insert(metadata::NULL.into(), metadata::MASKED.into());
    if let Some(fill_value) = fill_value {
        out.insert(metadata::FILL_VALUE.into(), hexadecimal(fill_value));
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dtypes_are_read_back() {
        let cases = [
            "?",
            "i1",
            ">i8",
            "<f16",
            ">c32",
            "S0",
            "S5",
            "U0",
            ">U7",
            "V0",
            "V3",
            "M8",
            "<M8[25us]",
            ">m8[1000ms]",
            "O",
            "T",
            "[]",
            "[('a', '>i4'), ('', '|V4'), ('b', '<f8')]",
            "[(('Ti\\'tle', 'n\\x00\\u03bb'), '<f8'), ('s', [('q', 'S0'), ('r', '<U2')], (2, 3))]",
            "{'names': ['a', 'b'], 'formats': ['<i4', '<f8'], 'offsets': [8, 0], 'itemsize': 24}",
            "{'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [0, 1], 'itemsize': 9}",
            "{'names': ['a', 'b'], 'formats': ['i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, \
             'aligned': True}",
            // An aligned struct in one that is not, and in an aligned one, and in an array there.
            "{'names': ['a', 's'], 'formats': ['i1', {'names': ['b', 'c'], 'formats': ['i1', '<i4'], \
             'offsets': [0, 4], 'itemsize': 8, 'aligned': True}], 'offsets': [0, 1], 'itemsize': 9}",
            "{'names': ['a', 's'], 'formats': ['i1', ({'names': ['b', 'c'], 'formats': ['i1', '<i4'], \
             'offsets': [0, 4], 'itemsize': 8, 'aligned': True}, (2,))], 'offsets': [0, 4], \
             'itemsize': 20, 'aligned': True}",
        ];
        for case in cases {
            let dtype = DType::parse(case).unwrap();
            let text = dtype_text(&dtype);
            let back = DType::parse(&text).unwrap();
            assert_eq!(back, dtype, "{text}");
            assert_eq!(flags(&back), flags(&dtype), "{text}");
        }
    }

    #[test]
    fn a_packed_struct_in_an_aligned_one_keeps_its_layout() {
        let packed = DType::structured([("b", "i1"), ("c", "<i4")].map(parsed)).unwrap();
        let outer = DType::aligned([("a", DType::parse("i1").unwrap()), ("s", packed)]).unwrap();
        let text = dtype_text(&outer);
        assert_eq!(DType::parse(&text).unwrap(), outer, "{text}");
    }

    fn parsed((name, dtype): (&str, &str)) -> (String, DType) {
        (name.to_owned(), DType::parse(dtype).unwrap())
    }

    /// Whether a dtype and those inside of it are aligned.
    fn flags(dtype: &DType) -> Vec<bool> {
        let mut out = vec![dtype.is_aligned_struct()];
        match dtype.kind() {
            Kind::Struct(fields) => {
                out.extend(fields.fields().iter().flat_map(|field| flags(field.dtype())));
            }
            Kind::Subarray(sub) => out.extend(flags(sub.base())),
            _ => {}
        }
        out
    }
}
