//! What a field's metadata says, read with suspicion: what cannot be is left out, and noted.

use std::collections::HashMap;

use arrow_schema::Field;
use npbytes::{DType, Kind, Limits};

use super::extension::Extension;
use crate::metadata;

/// What the metadata of a column says of NumPy.
#[derive(Clone, Debug, Default)]
pub(super) struct Meta {
    /// The dtype of all of it.
    pub(super) dtype: Option<DType>,
    /// The axes from the slowest to the fastest.
    pub(super) order: Option<Vec<usize>>,
    /// The axis that the rows are.
    pub(super) row_axis: usize,
    /// Whether the array has no axes.
    pub(super) scalar: bool,
    /// What nulls were.
    pub(super) null: Option<NullWas>,
    /// The bytes of a fill value.
    pub(super) fill_value: Option<Vec<u8>>,
    /// Whether a `StringDType` makes a `str` of what is none.
    pub(super) coerce: bool,
}

/// What nulls were.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum NullWas {
    NaT,
    NaN,
    Masked,
    /// `None`, as an object or as an `na_object`.
    None,
    /// The `na_object` NaN.
    ObjectNaN,
    /// A text as `na_object`.
    Text(String),
}

impl Meta {
    /// Nothing said.
    pub(super) fn none() -> Self {
        Self { coerce: true, ..Self::default() }
    }

    /// What the metadata says; `notes` has what it says in vain.
    pub(super) fn of(
        map: &HashMap<String, String>,
        limits: &Limits,
        notes: &mut Vec<String>,
    ) -> Self {
        let mut meta = Self::none();
        let get = |key: &str| map.get(key).map(String::as_str);
        if let Some(text) = get(metadata::DTYPE) {
            match parse_dtype(text, limits) {
                Ok((dtype, coerce)) => (meta.dtype, meta.coerce) = (Some(dtype), coerce),
                Err(why) => notes.push(format!("`{}` is no dtype: {why}", metadata::DTYPE)),
            }
        }
        let mut axes = |key: &str| {
            let text = get(key)?;
            let axes: Option<Vec<usize>> = text
                .split(',')
                .map(|axis| axis.trim().parse().ok().filter(|&axis| axis < npbytes::MAX_DIMS))
                .collect();
            if axes.is_none() {
                notes.push(format!("`{key}` is no list of axes"));
            }
            axes
        };
        meta.order = axes(metadata::ORDER);
        meta.row_axis = match axes(metadata::ROW_AXIS).as_deref() {
            Some(&[axis]) => axis,
            _ => 0,
        };
        meta.scalar = match get(metadata::SHAPE) {
            Some("()") => true,
            Some(_) => {
                notes.push(format!("`{}` can be `()` only", metadata::SHAPE));
                false
            }
            None => false,
        };
        if let Some(text) = get(metadata::NULL) {
            meta.null = null(text);
            if meta.null.is_none() {
                notes
                    .push(format!("`{}` says nothing that a null could have been", metadata::NULL));
            }
        }
        if let Some(text) = get(metadata::FILL_VALUE) {
            meta.fill_value = from_hex(text);
            if meta.fill_value.is_none() {
                notes.push(format!("`{}` is not in hexadecimal digits", metadata::FILL_VALUE));
            }
        }
        meta
    }

    /// Whether nulls were what a mask hid.
    pub(super) fn masked(&self) -> bool {
        self.null == Some(NullWas::Masked)
    }
}

/// The dtype of a field's own, where a list's items have one.
pub(super) fn dtype_of_item(field: &Field, limits: &Limits) -> Option<DType> {
    let text = field.metadata().get(metadata::DTYPE)?;
    parse_dtype(text, limits).ok().map(|(dtype, _)| dtype)
}

/// Whether a field of a struct says that its nulls were NaN.
pub(super) fn says_nan(field: &Field) -> bool {
    field.metadata().get(metadata::NULL).is_some_and(|null| null == metadata::NAN)
}

/// The extension type that a field has.
pub(super) fn extension_of(field: &Field) -> Extension {
    let get = |key: &str| field.metadata().get(key).map(String::as_str);
    match get(metadata::EXTENSION_NAME) {
        Some(name) => Extension::parse(name, get(metadata::EXTENSION_METADATA).unwrap_or_default()),
        None => Extension::None,
    }
}

/// A dtype, and whether it is a `StringDType` that coerces.
fn parse_dtype(text: &str, limits: &Limits) -> Result<(DType, bool), String> {
    if text.len() as u64 > limits.literal_bytes {
        return Err(format!("it is longer than `Limits::literal_bytes`, {}", limits.literal_bytes));
    }
    if let Some(arguments) =
        text.strip_prefix("StringDType(").and_then(|rest| rest.strip_suffix(')'))
    {
        let string = DType::new(Kind::String).map_err(|error| error.to_string())?;
        return Ok((string, !arguments.contains("coerce=False")));
    }
    DType::parse(text).map(|dtype| (dtype, true)).map_err(|error| error.to_string())
}

fn null(text: &str) -> Option<NullWas> {
    Some(match text {
        metadata::NAT => NullWas::NaT,
        metadata::NAN => NullWas::NaN,
        metadata::MASKED => NullWas::Masked,
        metadata::NONE => NullWas::None,
        "nan" => NullWas::ObjectNaN,
        _ => NullWas::Text(serde_json::from_str(text).ok()?),
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(from_hex("00fFa1"), Some(vec![0, 255, 161]));
        assert_eq!(from_hex(""), Some(vec![]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
    }

    #[test]
    fn what_cannot_be_is_noted() {
        let map = [
            (metadata::DTYPE, "<i3"),
            (metadata::ORDER, "1,x"),
            (metadata::ROW_AXIS, "99"),
            (metadata::SHAPE, "(1,)"),
            (metadata::NULL, "{"),
            (metadata::FILL_VALUE, "zz"),
        ];
        let map = map.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let mut notes = Vec::new();
        let meta = Meta::of(&map, &Limits::DEFAULT, &mut notes);
        assert_eq!(notes.len(), 6, "{notes:?}");
        assert!(meta.dtype.is_none() && meta.order.is_none() && meta.row_axis == 0);
        assert!(!meta.scalar && meta.null.is_none() && meta.fill_value.is_none());
    }
}
