//! How NumPy prints dtypes: `dtype.str`, `dtype.name`, `str(dtype)`, `repr(dtype)`.

use std::fmt::{self, Write};

use super::{ByteOrder, DType, Kind, Struct};
use crate::literal::{self, PyStr};
use crate::numpy::Python;
use crate::shape::Tuple;

impl DType {
    /// NumPy's `dtype.str`: `<f8`, `|S5`, `<U3`, `<M8[ns]`; `|V12` for structs and subarrays.
    pub fn typestr(&self) -> String {
        let mut out = String::new();
        self.push_typestr(&mut out);
        out
    }

    /// Appends the typestr.
    pub(crate) fn push_typestr(&self, out: &mut String) {
        // Writing to a `String` does not fail.
        let _ = match &self.kind {
            Kind::String => out.write_str("StringDType()"),
            _ => out.write_char(self.order.as_char()).and_then(|()| self.write_code(out)),
        };
    }

    /// The typestr without its byte order: `f8`, `U3`, `M8[ns]`.
    fn write_code(&self, out: &mut String) -> fmt::Result {
        match &self.kind {
            Kind::Str(chars) => write!(out, "U{chars}"),
            Kind::DateTime64(unit) => write!(out, "M8{unit}"),
            Kind::TimeDelta64(unit) => write!(out, "m8{unit}"),
            Kind::Object => out.write_char('O'),
            _ => write!(out, "{}{}", self.char_kind(), self.itemsize()),
        }
    }

    /// NumPy's name of a scalar dtype, without sizes of flexible ones: `float64`, `datetime64[ns]`,
    /// `str`, `void`.
    fn scalar_name(&self) -> String {
        let bits = self.itemsize() * 8;
        match &self.kind {
            Kind::Bool => "bool".into(),
            Kind::DateTime64(unit) => format!("datetime64{unit}"),
            Kind::TimeDelta64(unit) => format!("timedelta64{unit}"),
            Kind::Object => "object".into(),
            Kind::String => "StringDType()".into(),
            _ => match self.char_kind() {
                'i' => format!("int{bits}"),
                'u' => format!("uint{bits}"),
                'f' => format!("float{bits}"),
                'c' => format!("complex{bits}"),
                'S' => "bytes".into(),
                'U' => "str".into(),
                _ => "void".into(),
            },
        }
    }

    /// NumPy's `repr(dtype)`: `dtype('float64')`, `dtype([('x', '<i4')], align=True)`.
    pub fn repr(&self) -> String {
        if matches!(self.kind, Kind::String) {
            return self.typestr();
        }
        let mut out = String::from("dtype(");
        let _ = self.write_construction(&mut out, false);
        out.push_str(if self.is_aligned_struct() { ", align=True)" } else { ")" });
        out
    }

    /// What goes into `dtype(...)` to make this dtype; `short` inside of structs.
    pub(crate) fn write_construction(&self, out: &mut String, short: bool) -> fmt::Result {
        match &self.kind {
            Kind::Struct(fields) => write_struct(out, fields, false),
            Kind::Subarray(sub) => {
                out.write_char('(')?;
                sub.base().write_construction(out, true)?;
                write!(out, ", {})", Tuple(sub.shape()))
            }
            Kind::String => out.write_str("StringDType()"),
            _ => {
                out.write_char('\'')?;
                self.write_scalar(out, short)?;
                out.write_char('\'')
            }
        }
    }

    fn write_scalar(&self, out: &mut String, short: bool) -> fmt::Result {
        match &self.kind {
            Kind::Bool => out.write_str(if short { "?" } else { "bool" }),
            Kind::Bytes(0) | Kind::Void(0) => out.write_char(self.char_kind()),
            Kind::Str(0) => write!(out, "{}U", self.order.as_char()),
            Kind::Bytes(_) | Kind::Void(_) | Kind::Object => self.write_code(out),
            Kind::Str(_) | Kind::DateTime64(_) | Kind::TimeDelta64(_) => {
                out.write_char(self.order.as_char())?;
                self.write_code(out)
            }
            _ if short || !self.is_native() => {
                if self.order != ByteOrder::NotApplicable {
                    out.write_char(self.order.as_char())?;
                }
                self.write_code(out)
            }
            _ => out.write_str(&self.scalar_name()),
        }
    }
}

fn write_struct(out: &mut String, fields: &Struct, show_aligned: bool) -> fmt::Result {
    if fields.is_sequence() && !(show_aligned && fields.is_aligned()) {
        write_list(out, fields)
    } else {
        write_dict(out, fields, show_aligned)
    }
}

fn name(text: &PyStr) -> String {
    literal::repr_str(text, Python::DEFAULT)
}

fn write_list(out: &mut String, fields: &Struct) -> fmt::Result {
    out.write_char('[')?;
    for (i, field) in fields.fields().iter().enumerate() {
        out.write_str(if i == 0 { "(" } else { ", (" })?;
        match field.title() {
            Some(title) => write!(out, "({}, {}), ", name(title), name(field.name()))?,
            None => write!(out, "{}, ", name(field.name()))?,
        }
        match field.dtype().as_subarray() {
            Some((base, shape)) => {
                base.write_construction(out, true)?;
                write!(out, ", {}", Tuple(shape))?;
            }
            None => field.dtype().write_construction(out, true)?,
        }
        out.write_char(')')?;
    }
    out.write_char(']')
}

fn write_dict(out: &mut String, fields: &Struct, show_aligned: bool) -> fmt::Result {
    let items = fields.fields();
    let separator = |i: usize| if i == 0 { "" } else { ", " };
    out.write_str("{'names': [")?;
    for (i, field) in items.iter().enumerate() {
        write!(out, "{}{}", separator(i), name(field.name()))?;
    }
    out.write_str("], 'formats': [")?;
    for (i, field) in items.iter().enumerate() {
        out.write_str(separator(i))?;
        field.dtype().write_construction(out, true)?;
    }
    out.write_str("], 'offsets': [")?;
    for (i, field) in items.iter().enumerate() {
        write!(out, "{}{}", separator(i), field.offset())?;
    }
    if items.iter().any(|field| field.title().is_some()) {
        out.write_str("], 'titles': [")?;
        for (i, field) in items.iter().enumerate() {
            let title = field.title().map_or_else(|| "None".to_owned(), name);
            write!(out, "{}{title}", separator(i))?;
        }
    }
    write!(out, "], 'itemsize': {}", fields.itemsize())?;
    out.write_str(if show_aligned && fields.is_aligned() { ", 'aligned': True}" } else { "}" })
}

/// NumPy's `str(dtype)`: `float64`, `>f8`, `[('x', '<i4')]`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        match &self.kind {
            Kind::Struct(fields) => write_struct(&mut out, fields, true)?,
            Kind::Subarray(_) => self.write_construction(&mut out, false)?,
            Kind::Bytes(_) | Kind::Str(_) | Kind::Void(_) => out = self.typestr(),
            _ if !self.is_native() => out = self.typestr(),
            _ => out = self.scalar_name(),
        }
        f.write_str(&out)
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}
