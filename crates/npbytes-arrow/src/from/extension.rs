//! Arrow's extension types that say something of the shape or the kind of elements.
//!
//! The metadata of tensors is read as pyarrow writes it (the specification's `permutation`), as arrow-rs does
//! (`permutations`, keys that are null), and with keys that neither knows.

use serde_json::Value;

use crate::metadata;

/// What an extension type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    None,
    /// `arrow.fixed_shape_tensor`
    Tensor(Tensor),
    /// `arrow.variable_shape_tensor`: the logical axes as places of the physical ones, if they differ.
    VariableTensor(Option<Vec<usize>>),
    /// `arrow.bool8`
    Bool8,
    /// `npbytes.complex64`, `npbytes.complex128`
    Complex,
    /// `npbytes.longdouble`
    LongDouble,
    /// A tensor whose metadata is none: why.
    Broken(&'static str),
}

/// The shape of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tensor {
    /// The axes as they lie in memory.
    pub(super) shape: Vec<usize>,
    /// Which of them each logical axis is; as they lie if absent.
    pub(super) permutation: Option<Vec<usize>>,
}

impl Extension {
    /// Reads a name and its metadata. A name that says nothing here is none.
    pub(super) fn parse(name: &str, text: &str) -> Self {
        match name {
            "arrow.fixed_shape_tensor" => match tensor(text) {
                Ok(tensor) => Self::Tensor(tensor),
                Err(why) => Self::Broken(why),
            },
            "arrow.variable_shape_tensor" => match variable_tensor(text) {
                Ok(permutation) => Self::VariableTensor(permutation),
                Err(why) => Self::Broken(why),
            },
            "arrow.bool8" => Self::Bool8,
            metadata::COMPLEX64 | metadata::COMPLEX128 => Self::Complex,
            metadata::LONG_DOUBLE | metadata::COMPLEX_LONG_DOUBLE => Self::LongDouble,
            _ => Self::None,
        }
    }
}

fn tensor(text: &str) -> Result<Tensor, &'static str> {
    let json: Value = serde_json::from_str(text).map_err(|_| "its metadata is no JSON")?;
    let shape = json.get("shape").and_then(numbers).ok_or("its metadata has no shape")?;
    if shape.len() > npbytes::MAX_DIMS {
        return Err("it has more axes than NumPy knows");
    }
    let permutation = permutation(&json, Some(shape.len()))?;
    Ok(Tensor { shape, permutation })
}

fn variable_tensor(text: &str) -> Result<Option<Vec<usize>>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let json: Value = serde_json::from_str(text).map_err(|_| "its metadata is no JSON")?;
    permutation(&json, None)
}

/// The permutation that is said; `None` for that which changes nothing.
fn permutation(json: &Value, axes: Option<usize>) -> Result<Option<Vec<usize>>, &'static str> {
    let said = ["permutation", "permutations"].into_iter().find_map(|key| match json.get(key) {
        None | Some(Value::Null) => None,
        Some(value) => Some(value),
    });
    let Some(said) = said else { return Ok(None) };
    let permutation = numbers(said).ok_or("its permutation is no list of axes")?;
    let mut sorted = permutation.clone();
    sorted.sort_unstable();
    if sorted.iter().enumerate().any(|(i, &axis)| i != axis)
        || axes.is_some_and(|axes| axes != permutation.len())
    {
        return Err("its permutation is none of its axes");
    }
    let identity = permutation.iter().enumerate().all(|(i, &axis)| i == axis);
    Ok((!identity).then_some(permutation))
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    value.as_array()?.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_as_pyarrow_and_arrow_rs_write_them() {
        let fixed = |metadata| Extension::parse("arrow.fixed_shape_tensor", metadata);
        let tensor = |shape: &[usize], permutation: Option<&[usize]>| {
            Extension::Tensor(Tensor {
                shape: shape.to_vec(),
                permutation: permutation.map(<[usize]>::to_vec),
            })
        };
        // pa.fixed_shape_tensor(pa.int32(), [2, 3], permutation=[1, 0], dim_names=["a", "b"])
        // .__arrow_ext_serialize__()
        assert_eq!(
            fixed(r#"{"shape":[2,3],"permutation":[1,0],"dim_names":["a","b"]}"#),
            tensor(&[2, 3], Some(&[1, 0]))
        );
        // What arrow-schema 59.3 writes.
        assert_eq!(
            fixed(r#"{"shape":[2,3],"dim_names":null,"permutations":null}"#),
            tensor(&[2, 3], None)
        );
        assert_eq!(
            fixed(r#"{"shape":[2,3],"dim_names":null,"permutations":[1,0]}"#),
            tensor(&[2, 3], Some(&[1, 0]))
        );
        assert_eq!(fixed(r#"{"shape":[],"permutation":[],"new":{"x":1}}"#), tensor(&[], None));
        for broken in [
            "",
            "[]",
            r#"{"shape":null}"#,
            r#"{"shape":[-1]}"#,
            r#"{"shape":[1.5]}"#,
            r#"{"shape":[2,3],"permutation":[0,0]}"#,
            r#"{"shape":[2,3],"permutation":[0]}"#,
            r#"{"shape":[2,3],"permutation":"no"}"#,
        ] {
            assert!(matches!(fixed(broken), Extension::Broken(_)), "{broken}");
        }
    }

    #[test]
    fn variable_tensors_may_say_nothing() {
        let variable = |metadata| Extension::parse("arrow.variable_shape_tensor", metadata);
        for nothing in ["", "{}", r#"{"uniform_shape":null,"dim_names":null}"#] {
            assert_eq!(variable(nothing), Extension::VariableTensor(None), "{nothing}");
        }
        assert_eq!(
            variable(r#"{"permutation":[1,0]}"#),
            Extension::VariableTensor(Some(vec![1, 0]))
        );
    }
}
