//! How NumPy prints dtypes: `dtype.str`, `dtype.name`, `str(dtype)`, `repr(dtype)`.

use std::fmt::{self, Write};

use super::{ByteOrder, DType, Kind, Struct};
use crate::literal::{self, PyStr};
use crate::numpy::Python;
use crate::shape::Tuple;

impl DType {
    /// NumPy's `dtype.str`: `<f8`, `|S5`, `<U3`, `<M8[ns]`; `|V12` for structs and subarrays.
    #[doc(alias = "str")]
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
        let _ = Printer { out: &mut out, python: Python::DEFAULT }.construction(self, false);
        out.push_str(if self.is_aligned_struct() { ", align=True)" } else { ")" });
        out
    }

    /// NumPy's `str(dtype)` under a given Python, which decides the characters of field names that
    /// stand for themselves; [`Display`](fmt::Display) imitates the default one.
    pub fn display_for(&self, python: Python) -> String {
        let mut out = String::new();
        let mut printer = Printer { out: &mut out, python };
        match &self.kind {
            Kind::Struct(fields) => {
                let _ = printer.fields(fields, true);
            }
            Kind::Subarray(_) => {
                let _ = printer.construction(self, false);
            }
            Kind::Bytes(_) | Kind::Str(_) | Kind::Void(_) => out = self.typestr(),
            _ if !self.is_native() => out = self.typestr(),
            _ => out = self.scalar_name(),
        }
        out
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

/// Writes dtypes as NumPy shows them under a Python.
struct Printer<'a> {
    out: &'a mut String,
    python: Python,
}

impl Printer<'_> {
    /// What goes into `dtype(...)` to make the dtype; `short` inside of structs.
    fn construction(&mut self, dtype: &DType, short: bool) -> fmt::Result {
        match dtype.kind() {
            Kind::Struct(fields) => self.fields(fields, false),
            Kind::Subarray(sub) => {
                self.out.write_char('(')?;
                self.construction(sub.base(), true)?;
                write!(self.out, ", {})", Tuple(sub.shape()))
            }
            Kind::String => self.out.write_str("'T'"),
            _ => {
                self.out.write_char('\'')?;
                dtype.write_scalar(self.out, short)?;
                self.out.write_char('\'')
            }
        }
    }

    fn fields(&mut self, fields: &Struct, show_aligned: bool) -> fmt::Result {
        if fields.is_sequence() && !(show_aligned && fields.is_aligned()) {
            self.list(fields)
        } else {
            self.dict(fields, show_aligned)
        }
    }

    fn name(&self, text: &PyStr) -> String {
        literal::repr_str(text, self.python)
    }

    fn list(&mut self, fields: &Struct) -> fmt::Result {
        self.out.write_char('[')?;
        for (i, field) in fields.fields().iter().enumerate() {
            self.out.write_str(if i == 0 { "(" } else { ", (" })?;
            let name = self.name(field.name());
            match field.title() {
                Some(title) => {
                    let title = self.name(title);
                    write!(self.out, "({title}, {name}), ")?;
                }
                None => write!(self.out, "{name}, ")?,
            }
            match field.dtype().as_subarray() {
                Some((base, shape)) => {
                    self.construction(base, true)?;
                    write!(self.out, ", {}", Tuple(shape))?;
                }
                None => self.construction(field.dtype(), true)?,
            }
            self.out.write_char(')')?;
        }
        self.out.write_char(']')
    }

    fn dict(&mut self, fields: &Struct, show_aligned: bool) -> fmt::Result {
        let items = fields.fields();
        let join = |texts: Vec<String>| texts.join(", ");
        let names = join(items.iter().map(|field| self.name(field.name())).collect());
        write!(self.out, "{{'names': [{names}], 'formats': [")?;
        for (i, field) in items.iter().enumerate() {
            self.out.write_str(if i == 0 { "" } else { ", " })?;
            self.construction(field.dtype(), true)?;
        }
        let offsets = join(items.iter().map(|field| field.offset().to_string()).collect());
        write!(self.out, "], 'offsets': [{offsets}]")?;
        if items.iter().any(|field| field.title().is_some()) {
            let title =
                |title: Option<&PyStr>| title.map_or("None".into(), |title| self.name(title));
            let titles = join(items.iter().map(|field| title(field.title())).collect());
            write!(self.out, ", 'titles': [{titles}]")?;
        }
        write!(self.out, ", 'itemsize': {}", fields.itemsize())?;
        let aligned = show_aligned && fields.is_aligned();
        self.out.write_str(if aligned { ", 'aligned': True}" } else { "}" })
    }
}

/// NumPy's `str(dtype)`: `float64`, `>f8`, `[('x', '<i4')]`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display_for(Python::DEFAULT))
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}
