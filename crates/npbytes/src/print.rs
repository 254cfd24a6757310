//! Arrays as text: exactly what NumPy's `print(a)` and `repr(a)` show.
//!
//! [`str`](fn@str) and [`repr`] return the text, [`write_str`] and [`write_repr`] write it piece by
//! piece. [`Options`] are NumPy's print options, with NumPy's defaults, and the NumPy that is imitated.
//! [`write_node_str`] and [`write_node_repr`] do the same for what a pickle holds: arrays of objects and of
//! `StringDType`, masked arrays, and Python's own values.
//!
//! The rules are those of NumPy's `arrayprint` module, of `str` of its scalars, and of the digits that
//! its floats print with; they were measured on NumPy 1.26.4 and 2.4.6, the releases between which
//! they changed on 2.0.2, 2.1.3, 2.2.6 and 2.3.0.
//!
//! ```
//! use npbytes::{Array, print};
//! let array = Array::from_vec(&[3], vec![0.1, 2.0, f64::NAN])?;
//! let options = print::Options::default();
//! assert_eq!(print::str(&array.view(), &options)?, "[0.1 2.  nan]");
//! assert_eq!(print::repr(&array.view(), &options)?, "array([0.1, 2. , nan])");
//! # Ok::<(), npbytes::Error>(())
//! ```

mod big;
mod digits;
mod element;
mod float;
mod layout;
mod masked;
mod node;
mod notation;
mod numeric;
mod objects;
mod rules;
mod scalar;
mod time;
mod words;

use std::fmt;
use std::str::FromStr;

use crate::array::ArrayView;
use crate::dtype::{ByteOrder, DType, Kind};
use crate::error::{Error, Result};
use crate::numpy::{NumPy, Profile};
use crate::pickle::{ArrayClass, Node};
use crate::shape::Shape;
use element::Writer;
use layout::{Layout, Page};

/// NumPy's print options (`np.set_printoptions`), and who is imitated.
///
/// ```
/// use npbytes::print::{FloatMode, Options};
/// let options = Options { precision: 3, floatmode: FloatMode::Fixed, ..Options::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The most digits after the decimal point. Default 8.
    pub precision: usize,
    /// The most elements that are written in full; longer arrays are summarised. Default 1000;
    /// `usize::MAX` writes all of any array.
    pub threshold: usize,
    /// How many items are shown at the start and at the end of an axis that is summarised. Default 3.
    pub edgeitems: usize,
    /// How many characters a line has before it is broken. Default 75.
    pub linewidth: usize,
    /// Never turn to scientific notation for the sake of small numbers. Default `false`.
    pub suppress: bool,
    /// How many digits after the decimal point are shown.
    pub floatmode: FloatMode,
    /// What stands before numbers that are not negative.
    pub sign: Sign,
    /// The NumPy and the Python that are imitated.
    pub profile: Profile,
    /// The most elements that are written at all, values inside of subarrays included. NumPy has no
    /// such bound: a file of a hundred bytes can hold an array of 10^18 elements without bytes, and a
    /// shape of many short axes is never summarised. Default 100,000,000.
    pub elements: u64,
}

impl Options {
    /// NumPy's defaults.
    pub const DEFAULT: Self = Self {
        precision: 8,
        threshold: 1000,
        edgeitems: 3,
        linewidth: 75,
        suppress: false,
        floatmode: FloatMode::MaxPrec,
        sign: Sign::Minus,
        profile: Profile { numpy: crate::NumPy::LATEST, python: crate::Python::DEFAULT },
        elements: 100_000_000,
    };
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// How many digits floats show after the decimal point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FloatMode {
    /// `fixed`: always as many as the precision says.
    Fixed,
    /// `unique`: as few as tell each float from its neighbours, whatever the precision.
    Unique,
    /// `maxprec`: as `unique`, up to the precision.
    #[default]
    MaxPrec,
    /// `maxprec_equal`: as `maxprec`, with the same number of digits for all of an array.
    MaxPrecEqual,
}

impl FromStr for FloatMode {
    type Err = Error;

    /// Takes NumPy's names.
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "fixed" => Self::Fixed,
            "unique" => Self::Unique,
            "maxprec" => Self::MaxPrec,
            "maxprec_equal" => Self::MaxPrecEqual,
            _ => {
                return Err(Error::value(format!("{text:?} is not a float mode"))
                    .with_help("the modes are fixed, unique, maxprec and maxprec_equal"));
            }
        })
    }
}

/// What stands before numbers that are not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sign {
    /// `-`: nothing.
    #[default]
    Minus,
    /// `+`: a plus.
    Plus,
    /// A blank.
    Space,
}

impl FromStr for Sign {
    type Err = Error;

    /// Takes NumPy's names: `-`, `+` and a blank.
    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "-" => Self::Minus,
            "+" => Self::Plus,
            " " => Self::Space,
            _ => {
                return Err(Error::value(format!("{text:?} is not a sign option"))
                    .with_help("the options are '-', '+' and ' '"));
            }
        })
    }
}

/// The text of `print(a)`, which is `str(a)`.
///
/// A 0-d array prints as its scalar does, which the options do not change.
///
/// # Errors
/// As [`write_str`].
pub fn str(view: &ArrayView<'_>, options: &Options) -> Result<String> {
    let mut out = String::new();
    write_str(view, options, &mut out)?;
    Ok(out)
}

/// The text of `repr(a)`: `array([1, 2], dtype=int16)`.
///
/// # Errors
/// As [`write_str`].
pub fn repr(view: &ArrayView<'_>, options: &Options) -> Result<String> {
    let mut out = String::new();
    write_repr(view, options, &mut out)?;
    Ok(out)
}

/// Writes what [`str`](fn@str) returns. Looks at each element that is shown three times at most, and
/// holds no more than a line of text.
///
/// # Errors
/// What NumPy cannot print either: a datetime without a unit, code points beyond Unicode, in a 0-d
/// array a string with surrogates, and a precision beyond 16,000 with [`FloatMode::Fixed`]. Also
/// objects and `StringDType`, more than [`Options::elements`] elements, and a failure of `out`.
pub fn write_str(view: &ArrayView<'_>, options: &Options, out: &mut dyn fmt::Write) -> Result<()> {
    check(view.dtype(), options)?;
    let mut page = Page::new(out);
    if view.ndim() == 0 {
        let bytes = view.element(&[]).unwrap_or_default();
        let mut text = String::new();
        element::write_scalar(view.dtype(), bytes, &mut Writer::new(options), &mut text)?;
        return page.write(&text);
    }
    write_elements(view, options, options.linewidth, " ", &mut page)
}

/// Writes what `print(x)` shows of a part of a pickle: of an array as [`write_str`] does, of an array of objects or of
/// a `StringDType`, a masked array and Python's own values likewise. Nothing of the pickle is run.
///
/// Exactly NumPy's and Python's text, but for: objects of classes that only Python knows, which are shown as
/// `<module.class(arguments) state {...}>`, as are masked arrays of objects; sets, in the order of the pickle; `int` of more
/// than 4300 digits, which Python refuses; numeric fields in structs with objects, which NumPy aligns; masked datetimes and
/// timedeltas, which NumPy shows as objects of Python's `datetime`; datetimes without a unit; a fill value of another
/// dtype than its array, which NumPy converts.
///
/// Time and memory are those of what is shown, which is bounded by [`Options::elements`]; the text of an array of objects,
/// which has to be laid out, also by 64 MiB. Nothing is recursed over but arrays of objects inside of one another.
///
/// # Errors
/// As [`write_str`] and [`Node::numpy`].
pub fn write_node_str(node: &Node<'_>, options: &Options, out: &mut dyn fmt::Write) -> Result<()> {
    node::write(node, options, false, out)
}

/// Writes what `repr(x)` says of a part of a pickle.
///
/// As [`write_node_str`]; beyond what that lists, a subclass of `ndarray` that NumPy does not have is shown as
/// `array(...)`, and `MaskedRecords` as `masked_array(...)`.
///
/// ```
/// use npbytes::pickle::Pickle;
/// use npbytes::print;
/// let mut pickle = Pickle::new();
/// let items = vec![pickle.int(1), pickle.float(0.5), pickle.text("it's")];
/// let list = pickle.list(items);
/// let mut text = String::new();
/// print::write_node_repr(&pickle.node(list), &print::Options::default(), &mut text)?;
/// assert_eq!(text, r#"[1, 0.5, "it's"]"#);
/// # Ok::<(), npbytes::Error>(())
/// ```
///
/// # Errors
/// As [`write_node_str`].
pub fn write_node_repr(node: &Node<'_>, options: &Options, out: &mut dyn fmt::Write) -> Result<()> {
    node::write(node, options, true, out)
}

/// Writes what [`repr`] returns.
///
/// # Errors
/// As [`write_str`].
pub fn write_repr(view: &ArrayView<'_>, options: &Options, out: &mut dyn fmt::Write) -> Result<()> {
    write_repr_as(PREFIX, view, options, out)
}

/// The `repr` of an array of a class, which is named before the bracket.
fn write_repr_as(
    prefix: &str,
    view: &ArrayView<'_>,
    options: &Options,
    out: &mut dyn fmt::Write,
) -> Result<()> {
    check(view.dtype(), options)?;
    let numpy = options.profile.numpy;
    let mut page = Page::new(out);
    page.write(prefix)?;
    // Each line leaves room for what closes the array.
    let line_width = options.linewidth.saturating_sub(1);
    write_elements(view, options, line_width, ", ", &mut page)?;

    let mut extras = Vec::new();
    let summarised = view.len() > options.threshold;
    if view.is_empty() && view.shape().dims() != [0] || summarised && numpy.repr_names_shape() {
        extras.push(format!("shape={}", view.shape()));
    }
    if !numpy.repr_names_shape() {
        // Before a summarised array named its shape, the shape never went to a new line.
        for shape in extras.drain(..) {
            page.write(", ")?;
            page.write(&shape)?;
        }
    }
    if view.is_empty() || !is_implied(view.dtype(), numpy) {
        extras.push(format!("dtype={}", short_repr(view.dtype(), options.profile)));
    }
    if extras.is_empty() {
        return page.write(")");
    }
    let extras = extras.join(", ") + ")";
    page.write(",")?;
    if page.column() + layout::width(&extras) + 1 > options.linewidth {
        page.new_line(1, prefix.len())?;
    } else {
        page.write(" ")?;
    }
    page.write(&extras)
}

/// The `repr` of a `numpy.rec.recarray`: with the dtype on a line of its own, whatever it is.
fn write_record_repr(
    is_record: bool,
    view: &ArrayView<'_>,
    options: &Options,
    out: &mut dyn fmt::Write,
) -> Result<()> {
    check(view.dtype(), options)?;
    let prefix = record_prefix(is_record, view.dtype());
    let mut page = Page::new(out);
    page.write(prefix)?;
    write_elements(view, options, options.linewidth.saturating_sub(1), ", ", &mut page)?;
    page.write(&record_extras(prefix, view.dtype(), view.shape(), options))
}

/// What the `repr` of a `recarray` starts with; one of plain structs is one only by a view.
fn record_prefix(is_record: bool, dtype: &DType) -> &'static str {
    let is_void = matches!(dtype.kind(), Kind::Struct(_) | Kind::Void(_));
    if is_record || !is_void { "rec.array(" } else { PREFIX }
}

/// What follows the brackets in it.
fn record_extras(prefix: &str, dtype: &DType, shape: &Shape, options: &Options) -> String {
    let is_empty = shape.elements() == 0 && shape.dims() != [0];
    let shape = if is_empty { format!(", shape={shape}") } else { String::new() };
    let dtype = dtype.display_for(options.profile.python);
    let view = if prefix == PREFIX { ".view(numpy.recarray)" } else { "" };
    format!("{shape},\n{}dtype={dtype}){view}", " ".repeat(prefix.len()))
}

/// What the `repr` of an array of a class starts with.
const fn prefix_of(class: ArrayClass) -> &'static str {
    match class {
        ArrayClass::Matrix => "matrix(",
        ArrayClass::MemMap => "memmap(",
        ArrayClass::CharArray => "chararray(",
        _ => PREFIX,
    }
}

/// What a repr starts with.
const PREFIX: &str = "array(";

fn write_elements(
    view: &ArrayView<'_>,
    options: &Options,
    line_width: usize,
    separator: &'static str,
    page: &mut Page<'_>,
) -> Result<()> {
    if view.is_empty() {
        return page.write("[]");
    }
    let line_width = i64::try_from(line_width).unwrap_or(i64::MAX);
    Layout { view, options, line_width, separator }.write(page.column(), page)
}

/// Refuses what has no text, also where no element would be shown.
fn check(dtype: &DType, options: &Options) -> Result<()> {
    if dtype.has_object() {
        return Err(Error::unsupported(
            "Python objects and StringDType strings have no text outside of Python",
        ));
    }
    if options.floatmode == FloatMode::Fixed && options.precision > MAX_FIXED_PRECISION {
        return Err(Error::value(format!(
            "a precision of {} digits, NumPy has room for {MAX_FIXED_PRECISION}",
            options.precision
        )));
    }
    Ok(())
}

/// NumPy writes floats into 16,384 characters; its newest releases fail where they do not fit.
const MAX_FIXED_PRECISION: usize = 16_000;

fn too_many(options: &Options, needed: u64) -> Error {
    Error::limit("elements", options.elements, needed)
}

/// Whether the elements' texts say what the dtype is, so that a repr leaves it out.
fn is_implied(dtype: &DType, numpy: NumPy) -> bool {
    (dtype.is_native() || !numpy.shows_byte_order())
        && matches!(dtype.kind(), Kind::Bool | Kind::Int64 | Kind::Float64 | Kind::Complex128)
}

/// The dtype as a repr shows it: a bare name where Python takes it for one, else in quotes.
fn short_repr(dtype: &DType, profile: Profile) -> String {
    let is_number = matches!(dtype.char_kind(), 'i' | 'u' | 'f' | 'c' | 'M' | 'm');
    let text = if is_number && !profile.numpy.shows_byte_order() {
        dtype.with_byte_order(ByteOrder::NATIVE).to_string()
    } else {
        dtype.display_for(profile.python)
    };
    let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_name || dtype.fields().is_some() { text } else { format!("'{text}'") }
}
