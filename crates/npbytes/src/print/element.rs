//! The text of one element: which format a dtype has, fitted to the elements that are shown.

use std::fmt::Write;

use super::Options;
use super::digits::Decimal;
use super::float::{Float, FloatKind};
use super::numeric::{ComplexFormat, FloatFormat, IntFormat, Visit};
use super::scalar;
use super::time::{TimeFormat, write_datetime, write_timedelta};
use crate::dtype::{ByteOrder, DType, Field, Kind, TimeUnit};
use crate::error::{Error, Result};
use crate::literal::{repr_bytes, write_repr_str};

/// How the elements of an array, or of one field of it, are written.
pub(super) struct ElementFormat {
    big_endian: bool,
    format: Format,
}

enum Format {
    /// `True` has a blank before it, unless there is no array around it.
    Bool {
        alone: bool,
    },
    Int(IntKind, IntFormat),
    Float(FloatKind, FloatFormat),
    /// As the scalar prints, whatever the options are.
    ScalarFloat(FloatKind),
    Complex(FloatKind, ComplexFormat),
    Time(TimeFormat),
    Bytes,
    Str,
    Void,
    Struct(Vec<FieldFormat>),
}

/// A field of a struct, or the elements of a subarray.
struct FieldFormat {
    place: Place,
    element: ElementFormat,
}

/// Where the values of a field are in the bytes of a struct.
struct Place {
    offset: usize,
    itemsize: usize,
    /// The axes of a subarray; none for a single value.
    shape: Vec<usize>,
}

/// The size and signedness of an integer.
#[derive(Clone, Copy, Debug)]
struct IntKind {
    size: usize,
    signed: bool,
}

/// The parts of an element's dtype that decide on its format.
enum Class<'a> {
    Bool,
    Int(IntKind),
    Float(FloatKind),
    Complex(FloatKind),
    DateTime(TimeUnit),
    TimeDelta(TimeUnit),
    Bytes,
    Str,
    Void,
    Struct(&'a [Field]),
}

fn classify(dtype: &DType) -> Result<Class<'_>> {
    let int = |size, signed| Class::Int(IntKind { size, signed });
    Ok(match dtype.kind() {
        Kind::Bool => Class::Bool,
        Kind::Int8 => int(1, true),
        Kind::Int16 => int(2, true),
        Kind::Int32 => int(4, true),
        Kind::Int64 => int(8, true),
        Kind::UInt8 => int(1, false),
        Kind::UInt16 => int(2, false),
        Kind::UInt32 => int(4, false),
        Kind::UInt64 => int(8, false),
        Kind::Float16 => Class::Float(FloatKind::F16),
        Kind::Float32 => Class::Float(FloatKind::F32),
        Kind::Float64 => Class::Float(FloatKind::F64),
        Kind::LongDouble => Class::Float(FloatKind::LongDouble),
        Kind::Complex64 => Class::Complex(FloatKind::F32),
        Kind::Complex128 => Class::Complex(FloatKind::F64),
        Kind::ComplexLongDouble => Class::Complex(FloatKind::LongDouble),
        Kind::DateTime64(unit) => Class::DateTime(*unit),
        Kind::TimeDelta64(unit) => Class::TimeDelta(*unit),
        Kind::Bytes(_) => Class::Bytes,
        Kind::Str(_) => Class::Str,
        Kind::Void(_) => Class::Void,
        Kind::Struct(fields) => Class::Struct(fields.fields()),
        Kind::Object | Kind::String => {
            return Err(Error::unsupported("Python objects have no text outside of Python"));
        }
        Kind::Subarray(_) => {
            return Err(Error::unsupported("an array whose elements are subarrays has no text"));
        }
    })
}

/// Works for one print: the options, scratch space, and how much may still be written.
pub(super) struct Writer<'a> {
    options: &'a Options,
    decimal: Decimal,
    left: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        Self { options, decimal: Decimal::default(), left: options.elements }
    }

    /// Counts one more element that is written.
    fn count(&mut self) -> Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(super::too_many(self.options, self.options.elements.saturating_add(1))),
        }
    }
}

impl ElementFormat {
    /// Looks at the elements that are shown.
    ///
    /// `axes` is how many axes of arrays there are around them: none around the element of a 0-d
    /// array, those of the array and of its own around a subarray's. `scalar` says that floats print
    /// as scalars do.
    ///
    /// # Errors
    /// A dtype without a text, a datetime without a unit, or more axes than NumPy has.
    pub(super) fn fit<'a>(
        dtype: &DType,
        options: &Options,
        (axes, scalar): (usize, bool),
        elements: &Visit<'_, &'a [u8]>,
    ) -> Result<Self> {
        let big_endian = dtype.byte_order() == ByteOrder::Big;
        let floats = |kind: FloatKind, offset: usize, see: &mut dyn FnMut(Float)| {
            elements(&mut |bytes| {
                see(kind.decode(bytes.get(offset..).unwrap_or_default(), big_endian))
            });
        };
        let times = |see: &mut dyn FnMut(i64)| elements(&mut |bytes| see(time(bytes, big_endian)));
        let format = match classify(dtype)? {
            Class::Bool => Format::Bool { alone: axes == 0 },
            Class::Int(kind) => {
                let integers = |see: &mut dyn FnMut(i128)| {
                    elements(&mut |bytes| see(kind.decode(bytes, big_endian)));
                };
                Format::Int(kind, IntFormat::fit(options, &integers))
            }
            Class::Float(kind) if scalar => Format::ScalarFloat(kind),
            Class::Float(kind) => {
                let format =
                    FloatFormat::fit(kind, options.sign, options, &|see| floats(kind, 0, see));
                Format::Float(kind, format)
            }
            Class::Complex(kind) => {
                let real = |see: &mut dyn FnMut(Float)| floats(kind, 0, see);
                let imag = |see: &mut dyn FnMut(Float)| floats(kind, kind.size(), see);
                Format::Complex(kind, ComplexFormat::fit(kind, options, &real, &imag))
            }
            Class::DateTime(unit) => Format::Time(TimeFormat::fit(Some(unit), &times)?),
            Class::TimeDelta(_) => Format::Time(TimeFormat::fit(None, &times)?),
            Class::Bytes => Format::Bytes,
            Class::Str => Format::Str,
            Class::Void => Format::Void,
            Class::Struct(fields) => {
                let fields = fields.iter().map(|field| {
                    let (place, base) = Place::new(field.offset(), field.dtype());
                    let axes = axes + place.shape.len();
                    if axes > options.profile.numpy.max_dims() {
                        return Err(too_many_axes(axes, field, options));
                    }
                    let values = |see: &mut dyn FnMut(&'a [u8])| {
                        elements(&mut |bytes| place.visit(bytes, see));
                    };
                    let element = Self::fit(base, options, (axes, scalar), &values)?;
                    Ok(FieldFormat { place, element })
                });
                Format::Struct(fields.collect::<Result<_>>()?)
            }
        };
        Ok(Self { big_endian, format })
    }

    /// Appends the text of an element.
    pub(super) fn write(
        &self,
        bytes: &[u8],
        writer: &mut Writer<'_>,
        out: &mut String,
    ) -> Result<()> {
        writer.count()?;
        let float = |kind: FloatKind, offset: usize| {
            kind.decode(bytes.get(offset..).unwrap_or_default(), self.big_endian)
        };
        match &self.format {
            Format::Bool { alone } => out.push_str(match (is_true(bytes), alone) {
                (false, _) => "False",
                (true, false) => " True",
                (true, true) => "True",
            }),
            Format::Int(kind, format) => format.write(kind.decode(bytes, self.big_endian), out),
            Format::Float(kind, format) => format.write(&float(*kind, 0), &mut writer.decimal, out),
            Format::ScalarFloat(kind) => {
                scalar::write_float(*kind, &float(*kind, 0), writer.options.profile.numpy, out);
            }
            Format::Complex(kind, format) => {
                let (real, imag) = (float(*kind, 0), float(*kind, kind.size()));
                format.write(&real, &imag, &mut writer.decimal, out);
            }
            Format::Time(format) => format.write(time(bytes, self.big_endian), out)?,
            Format::Bytes => out.push_str(&repr_bytes(without_nuls(bytes))),
            Format::Str => {
                let points = code_points(bytes, self.big_endian)?;
                write_repr_str(out, points, writer.options.profile.python);
            }
            Format::Void => write_void(bytes, out),
            Format::Struct(fields) => {
                out.push('(');
                for (i, field) in fields.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { ", " });
                    field.write(bytes, writer, out)?;
                }
                out.push_str(if fields.len() == 1 { ",)" } else { ")" });
            }
        }
        Ok(())
    }
}

/// NumPy takes a field out of an array as an array with the axes of both.
fn too_many_axes(axes: usize, field: &Field, options: &Options) -> Error {
    let numpy = options.profile.numpy;
    Error::unsupported(format!(
        "the field {:?} has {axes} axes with those around it, NumPy {numpy} has {} at most",
        field.name(),
        numpy.max_dims()
    ))
}

impl Place {
    /// A field's place, and the dtype of its single values: subarrays of subarrays have the axes of
    /// both.
    fn new(offset: usize, dtype: &DType) -> (Self, &DType) {
        let mut base = dtype;
        let mut shape = Vec::new();
        while let Some((inner, axes)) = base.as_subarray() {
            shape.extend_from_slice(axes);
            base = inner;
        }
        (Self { offset, itemsize: base.itemsize(), shape }, base)
    }

    fn len(&self) -> usize {
        product(&self.shape)
    }

    /// The bytes of one value, counted from the first.
    fn value<'a>(&self, element: &'a [u8], index: usize) -> &'a [u8] {
        let start = index.saturating_mul(self.itemsize).saturating_add(self.offset);
        element.get(start..).and_then(|rest| rest.get(..self.itemsize)).unwrap_or_default()
    }

    /// Goes through the values; those without bytes have nothing to look at, however many there are.
    fn visit<'a>(&self, element: &'a [u8], see: &mut dyn FnMut(&'a [u8])) {
        let len = if self.itemsize == 0 { 0 } else { self.len() };
        for index in 0..len {
            see(self.value(element, index));
        }
    }
}

/// The number of values in a shape. Subarrays of subarrays of items without bytes can have more than
/// can be counted, and no value of theirs lies anywhere.
fn product(shape: &[usize]) -> usize {
    if shape.contains(&0) { 0 } else { shape.iter().fold(1, |n, &dim| n.saturating_mul(dim)) }
}

impl FieldFormat {
    fn write(&self, element: &[u8], writer: &mut Writer<'_>, out: &mut String) -> Result<()> {
        let summarise = self.place.len() > writer.options.threshold;
        self.write_axes(element, &self.place.shape, 0, summarise, writer, out)
    }

    /// Appends the values that fill these axes, the first of which is number `first` of the field.
    ///
    /// Unlike an array's own axes, a subarray's are written on one line.
    fn write_axes(
        &self,
        element: &[u8],
        axes: &[usize],
        first: usize,
        summarise: bool,
        writer: &mut Writer<'_>,
        out: &mut String,
    ) -> Result<()> {
        let Some((&len, inner)) = axes.split_first() else {
            return self.element.write(self.place.value(element, first), writer, out);
        };
        if len == 0 {
            // Brackets with nothing in them are counted too: there may be any number of them.
            writer.count()?;
        }
        let edge = writer.options.edgeitems;
        let gap = summarise && len > edge.saturating_mul(2);
        let (head, tail) = match (gap, edge) {
            // A slice from -0 on is all there is.
            (false, _) | (true, 0) => (0, len),
            (true, _) => (edge, edge),
        };
        let values = product(inner);
        let mut separator = "";
        out.push('[');
        for (n, index) in (0..head).chain(len - tail..len).enumerate() {
            if gap && n == edge {
                out.extend([separator, "..."]);
                separator = ", ";
            }
            out.push_str(separator);
            separator = ", ";
            let first = first.saturating_add(index.saturating_mul(values));
            self.write_axes(element, inner, first, summarise, writer, out)?;
        }
        out.push(']');
        Ok(())
    }
}

/// Appends what `print` shows of a 0-d array: `str` of the scalar, which print options do not change.
pub(super) fn write_scalar<'a>(
    dtype: &DType,
    bytes: &'a [u8],
    writer: &mut Writer<'_>,
    out: &mut String,
) -> Result<()> {
    let big_endian = dtype.byte_order() == ByteOrder::Big;
    let numpy = writer.options.profile.numpy;
    let float = |kind: FloatKind, offset: usize| {
        kind.decode(bytes.get(offset..).unwrap_or_default(), big_endian)
    };
    match classify(dtype)? {
        Class::Bool => out.push_str(if is_true(bytes) { "True" } else { "False" }),
        Class::Int(kind) => IntFormat::default().write(kind.decode(bytes, big_endian), out),
        Class::Float(kind) => scalar::write_float(kind, &float(kind, 0), numpy, out),
        Class::Complex(kind) => {
            scalar::write_complex(kind, &float(kind, 0), &float(kind, kind.size()), numpy, out);
        }
        Class::DateTime(unit) => write_datetime(time(bytes, big_endian), unit, out)?,
        Class::TimeDelta(unit) => write_timedelta(time(bytes, big_endian), unit, out),
        Class::Bytes => {
            let text = repr_bytes(without_nuls(bytes));
            if numpy.names_scalar_types() {
                out.extend(["np.bytes_(", &text, ")"]);
            } else {
                out.push_str(&text);
            }
        }
        Class::Str => {
            for point in code_points(bytes, big_endian)? {
                out.push(char::from_u32(point).ok_or_else(|| {
                    Error::unsupported(format!(
                        "the string holds the surrogate U+{point:04X}, which no encoding has: Python \
                         cannot print it either"
                    ))
                })?);
            }
        }
        Class::Void => write_void(bytes, out),
        Class::Struct(_) => {
            let options = writer.options;
            let seen = |see: &mut dyn FnMut(&'a [u8])| see(bytes);
            ElementFormat::fit(dtype, options, (0, numpy.names_scalar_types()), &seen)?
                .write(bytes, writer, out)?;
        }
    }
    Ok(())
}

impl IntKind {
    fn decode(self, bytes: &[u8], big_endian: bool) -> i128 {
        let word = word(bytes, self.size, big_endian);
        if self.signed {
            // Moves the sign bit to the top and back.
            let unused = 64 - 8 * u32::try_from(self.size.min(8)).unwrap_or(8);
            i128::from((word << unused).cast_signed() >> unused)
        } else {
            i128::from(word)
        }
    }
}

fn time(bytes: &[u8], big_endian: bool) -> i64 {
    word(bytes, 8, big_endian).cast_signed()
}

/// The unsigned number in the first `size` bytes, eight at most; missing bytes count as zero.
fn word(bytes: &[u8], size: usize, big_endian: bool) -> u64 {
    let mut word = [0; 8];
    let bytes = bytes.get(..size).unwrap_or(bytes);
    if big_endian {
        word.iter_mut().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
    } else {
        word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    }
    u64::from_le_bytes(word)
}

fn is_true(bytes: &[u8]) -> bool {
    bytes.iter().any(|&byte| byte != 0)
}

/// NumPy shows no NULs at the end of a string.
fn without_nuls(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    bytes.get(..len).unwrap_or_default()
}

/// The code points of a string, without NULs at its end.
///
/// # Errors
/// Numbers beyond U+10FFFF, at which NumPy fails too.
fn code_points(bytes: &[u8], big_endian: bool) -> Result<impl Iterator<Item = u32> + Clone + '_> {
    let points = bytes.as_chunks::<4>().0.iter().map(move |&unit| {
        if big_endian { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) }
    });
    if let Some(wrong) = points.clone().find(|&point| point > char::MAX.into()) {
        return Err(Error::value(format!("a string holds {wrong:#x}, which is beyond U+10FFFF")));
    }
    let len = points.clone().rposition(|point| point != 0).map_or(0, |last| last + 1);
    Ok(points.take(len))
}

/// Appends `str` of an unstructured void.
fn write_void(bytes: &[u8], out: &mut String) {
    out.push_str("b'");
    for byte in bytes {
        // Writing to a `String` does not fail.
        let _ = write!(out, "\\x{byte:02X}");
    }
    out.push('\'');
}
