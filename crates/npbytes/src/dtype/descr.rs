//! The `descr` of a .npy header: a typestr, or a list of fields; and the other literals that NumPy
//! shows dtypes as.

use super::{DType, Field, Kind, Struct, text};
use crate::error::{Error, ErrorKind, Result};
use crate::literal::{self, PyStr, Value};
use crate::numpy::{NumPy, Profile, Python};
use crate::shape::Tuple;

impl DType {
    /// Reads the value of `descr` in a .npy header, as `numpy.lib.format.descr_to_dtype` does.
    ///
    /// A field named `''` of an unstructured void is padding.
    ///
    /// # Errors
    /// [`ErrorKind::DType`]; without an offset, as a literal's value has none.
    pub fn from_descr(descr: &Value) -> Result<Self> {
        Reader { source: "", numpy: NumPy::LATEST, dicts: false, aligned: false }.dtype(descr)
    }

    /// Reads a `descr` whose strings can be found again in `source`, so that errors say where.
    pub(crate) fn from_descr_in(source: &str, descr: &Value) -> Result<Self> {
        Reader { source, numpy: NumPy::LATEST, dicts: false, aligned: false }.dtype(descr)
    }

    /// The text that `np.save` writes as `descr`: Python's `repr` of a typestr or a list of fields.
    ///
    /// # Errors
    /// Fields that overlap or stand out of order have no `descr`; [`ErrorKind::Unsupported`].
    pub fn descr(&self, profile: Profile) -> Result<String> {
        let mut out = String::new();
        match &self.kind {
            Kind::Struct(fields) => write_fields(&mut out, fields, profile)?,
            // np.save writes this much of a StringDType; the pickle behind the header says the rest.
            Kind::String => out.push_str("'|O'"),
            _ => push_all(&mut out, ["'", &self.typestr(), "'"]),
        }
        Ok(out)
    }
}

fn push_all<const N: usize>(out: &mut String, parts: [&str; N]) {
    for part in parts {
        out.push_str(part);
    }
}

fn write_fields(out: &mut String, fields: &Struct, profile: Profile) -> Result<()> {
    let mut separator = "";
    let mut end = 0;
    let pad = |out: &mut String, separator: &str, gap: usize| {
        if gap > 0 {
            push_all(out, [separator, "('', '|V", &gap.to_string(), "')"]);
        }
        gap > 0
    };
    out.push('[');
    for field in fields.fields() {
        let gap = field.offset().checked_sub(end).ok_or_else(|| {
            Error::unsupported(format!(
                "a .npy header cannot describe overlapping or out-of-order fields: {:?} starts at {}, \
                 the one before it ends at {end}",
                field.name(),
                field.offset()
            ))
            .with_help("NumPy refuses this dtype too; a pickle can hold it")
        })?;
        if pad(out, separator, gap) {
            separator = ", ";
        }
        push_all(out, [separator, "("]);
        separator = ", ";
        let name = literal::repr_str(field.name(), profile.python);
        match field.title() {
            Some(title) => {
                push_all(out, ["(", &literal::repr_str(title, profile.python), ", ", &name, ")"]);
            }
            None => out.push_str(&name),
        }
        out.push_str(", ");
        match field.dtype().as_subarray() {
            Some((base, shape)) => {
                write_inner(out, base, profile)?;
                push_all(out, [", ", &Tuple(shape).to_string()]);
            }
            None => write_inner(out, field.dtype(), profile)?,
        }
        out.push(')');
        end = field.end();
    }
    pad(out, separator, fields.itemsize() - end);
    out.push(']');
    Ok(())
}

/// The dtype of a field, or of a subarray's elements.
fn write_inner(out: &mut String, dtype: &DType, profile: Profile) -> Result<()> {
    if let Some((base, shape)) = dtype.as_subarray() {
        out.push('(');
        write_inner(out, base, profile)?;
        push_all(out, [", ", &Tuple(shape).to_string(), ")"]);
        return Ok(());
    }
    match (dtype.kind(), dtype.metadata()) {
        (Kind::Struct(fields), _) => write_fields(out, fields, profile),
        (_, Some(metadata))
            if profile.numpy.writes_field_metadata()
                && !matches!(metadata, Value::Dict(pairs) if pairs.is_empty()) =>
        {
            push_all(out, ["('", &dtype.typestr(), "', ", &metadata.repr(profile.python), ")"]);
            Ok(())
        }
        _ => {
            push_all(out, ["'", &dtype.typestr(), "'"]);
            Ok(())
        }
    }
}

/// Reads a text that is a literal: a `descr`, or what `str` of a dtype shows.
pub(super) fn parse_literal(source: &str, numpy: NumPy) -> Result<DType> {
    let value = literal::parse(source).map_err(|error| match error.kind() {
        ErrorKind::Literal(message) => {
            let message = format!("the text is no literal: {message}");
            match error.offset() {
                Some(offset) => Error::dtype(message).at(offset),
                None => Error::dtype(message),
            }
        }
        _ => error,
    })?;
    // What cannot be found again is somewhere in the text.
    let reader = Reader { source, numpy, dicts: true, aligned: false };
    reader.dtype(&value).map_err(|error| error.at(0_u64))
}

/// Turns literals into dtypes.
struct Reader<'a> {
    /// The text the literal was read from, to find a wrong part again; may be empty.
    source: &'a str,
    numpy: NumPy,
    /// Whether `{'names': ..., 'formats': ...}` is taken; np.load does not.
    dicts: bool,
    /// Whether lists are laid out with a C compiler's padding: those inside of an aligned dict are.
    aligned: bool,
}

impl Reader<'_> {
    /// The offset of a string's text in the source, if it stands there as it is.
    fn find(&self, text: &str) -> Option<u64> {
        let quoted = |quote: char| self.source.find(&format!("{quote}{text}{quote}"));
        quoted('\'').or_else(|| quoted('"')).map(|at| at as u64 + 1)
    }

    fn dtype(&self, descr: &Value) -> Result<DType> {
        match descr {
            Value::Str(_) => self.text(descr),
            Value::List(fields) => self.fields(fields),
            Value::Tuple(parts) => match parts.as_slice() {
                [_, Value::Dict(_), ..] => Err(Error::dtype("a dtype with metadata").with_help(
                    "NumPy 1 wrote this header, and no NumPy can read it; drop the {...}",
                )),
                // np.load looks at the first two items only.
                [base, shape, ..] => self.subarray(self.dtype(base)?, shape),
                _ => Err(Error::dtype(format!(
                    "expected a (dtype, shape) tuple, found {} items",
                    parts.len()
                ))),
            },
            Value::Dict(_) if self.dicts => self.dict(descr),
            other => Err(Error::dtype(format!(
                "expected a str, a list or a tuple, found {}",
                other.type_name()
            ))),
        }
    }

    fn text(&self, text: &Value) -> Result<DType> {
        let text = text.as_str().ok_or_else(|| Error::dtype("a text with surrogates"))?;
        let dtype = text::parse(text, self.numpy).map_err(|error| {
            match (self.find(text), error.offset()) {
                (Some(start), Some(_)) => error.shifted(start),
                // An offset inside of the text alone would mislead.
                _ => error.without_offset(),
            }
        })?;
        match dtype.fields() {
            Some(fields) if self.aligned => {
                DType::aligned(fields.iter().map(|f| (f.name().clone(), f.dtype().clone())))
            }
            _ => Ok(dtype),
        }
    }

    fn subarray(&self, base: DType, shape: &Value) -> Result<DType> {
        let axis = |value: &Value| match value {
            Value::Int(dim) => usize::try_from(*dim).ok(),
            _ => None,
        };
        let dims: Option<Vec<usize>> = match shape {
            Value::Tuple(dims) | Value::List(dims) => dims.iter().map(axis).collect(),
            Value::Int(_) => match axis(shape) {
                Some(repeats) => return base.repeated(repeats, self.numpy),
                None => None,
            },
            _ => None,
        };
        let dims = dims.ok_or_else(|| {
            Error::dtype(format!(
                "expected the shape of a subarray, found {}",
                shape.repr(Python::DEFAULT)
            ))
        })?;
        DType::subarray(base, &dims)
    }

    fn fields(&self, fields: &[Value]) -> Result<DType> {
        let mut placed: Vec<Field> = Vec::with_capacity(fields.len());
        let mut offset = 0_usize;
        for field in fields {
            let (field, is_padding) =
                self.field(field, offset).map_err(|error| self.placed(error, field))?;
            offset = field.end();
            if !is_padding {
                placed.push(field);
            }
        }
        let itemsize = (!self.aligned).then_some(offset);
        Struct::new(placed, itemsize, self.aligned).map(DType::from)
    }

    /// A field that follows what ends at an offset, and whether it is padding.
    fn field(&self, field: &Value, end: usize) -> Result<(Field, bool)> {
        let (name, dtype) = match field.items().unwrap_or_default() {
            [name, dtype] => (name, self.dtype(dtype)?),
            [name, dtype, shape] => (name, self.subarray(self.dtype(dtype)?, shape)?),
            _ => {
                return Err(Error::dtype(format!(
                    "expected a field of two or three items, found {}",
                    field.repr(Python::DEFAULT)
                )));
            }
        };
        // A name inside of a tuple is not looked at here, as in NumPy.
        let nameless = matches!(name, Value::Str(name) if name.is_empty());
        let (title, name) = match name {
            Value::Tuple(both) => match both.as_slice() {
                [Value::None, name] => (None, name),
                [title, name] => (Some(str_of(title, "title")?), name),
                _ => return Err(Error::dtype("expected a (title, name) tuple")),
            },
            name => (None, name),
        };
        let name = str_of(name, "name")?;
        let alignment = if self.aligned { dtype.alignment() } else { 1 };
        let start = end.next_multiple_of(alignment);
        if start.saturating_add(dtype.itemsize()) > super::MAX_ITEMSIZE {
            return Err(Error::dtype("an itemsize beyond 2147483647 bytes"));
        }
        let is_padding = nameless && is_padding(&dtype);
        let field = Field::new(name.clone(), dtype, start);
        Ok(match title {
            Some(title) => (field.with_title(title.clone()), is_padding),
            None => (field, is_padding),
        })
    }

    /// Says where a wrong part stands, if nothing has said so and one of its strings can be found.
    fn placed(&self, error: Error, part: &Value) -> Error {
        match (error.offset(), self.place(part)) {
            (None, Some(place)) => error.at(place),
            _ => error,
        }
    }

    /// Where the first string of a value stands in the source.
    fn place(&self, value: &Value) -> Option<u64> {
        match value {
            Value::Str(text) => self.find(text.as_str()?),
            _ => value.items()?.iter().find_map(|item| self.place(item)),
        }
    }

    /// `{'names': [...], 'formats': [...], 'offsets': [...], 'titles': [...], 'itemsize': n, 'aligned': b}`
    fn dict(&self, dict: &Value) -> Result<DType> {
        let list = |key: &str| {
            dict.get(key)
                .map(|value| {
                    value.items().ok_or_else(|| Error::dtype(format!("{key:?} must be a list")))
                })
                .transpose()
        };
        let missing = |key: &str| Error::dtype(format!("the key {key:?} is missing"));
        let names = list("names")?.ok_or_else(|| missing("names"))?;
        let formats = list("formats")?.ok_or_else(|| missing("formats"))?;
        let (offsets, titles) = (list("offsets")?, list("titles")?);
        let aligned = self.aligned || matches!(dict.get("aligned"), Some(Value::Bool(true)));
        let inner = Reader { aligned, ..*self };
        let lengths = [Some(formats.len()), offsets.map(<[_]>::len), titles.map(<[_]>::len)];
        if lengths.into_iter().flatten().any(|len| len != names.len()) {
            return Err(Error::dtype(
                "the lists of names, formats, offsets and titles differ in length",
            ));
        }
        let size = |value: &Value| match value {
            Value::Int(size) => {
                usize::try_from(*size).ok().filter(|&size| size <= super::MAX_ITEMSIZE)
            }
            _ => None,
        };
        let mut placed = Vec::with_capacity(names.len());
        let mut end = 0_usize;
        for (i, (name, format)) in names.iter().zip(formats).enumerate() {
            let dtype = inner.dtype(format)?;
            let offset = match offsets.and_then(|offsets| offsets.get(i)) {
                Some(offset) => size(offset)
                    .ok_or_else(|| Error::dtype("an offset that is no size in bytes"))?,
                None if aligned => end.next_multiple_of(dtype.alignment()),
                None => end,
            };
            end = offset.saturating_add(dtype.itemsize());
            let field = Field::new(str_of(name, "name")?.clone(), dtype, offset);
            placed.push(match titles.and_then(|titles| titles.get(i)) {
                None | Some(Value::None) => field,
                Some(title) => field.with_title(str_of(title, "title")?.clone()),
            });
        }
        let itemsize = match dict.get("itemsize") {
            Some(value) => Some(
                size(value).ok_or_else(|| Error::dtype("an itemsize that is no size in bytes"))?,
            ),
            None => None,
        };
        Struct::new(placed, itemsize, aligned).map(DType::from)
    }
}

fn str_of<'v>(value: &'v Value, what: &str) -> Result<&'v PyStr> {
    match value {
        Value::Str(text) => Ok(text),
        other => Err(Error::dtype(format!(
            "expected a str as the {what} of a field, found {}",
            other.type_name()
        ))),
    }
}

/// NumPy takes a nameless field for padding if its type is void and has no fields, as that of any
/// subarray is.
fn is_padding(dtype: &DType) -> bool {
    matches!(dtype.kind(), Kind::Void(_) | Kind::Subarray(_))
}
