//! What Python's `repr` says of the parts of a pickle, and NumPy of the arrays among them.
//!
//! Nothing recurses over the input. What is not plain data has a text that no Python has, as its class is not at
//! hand: `<class(arguments) state {...}>`.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use super::masked::{masked_repr, masked_str};
use super::objects::{objects_extras, objects_text};
use super::words::{MOST_HELD, too_long};
use super::{Options, prefix_of, record_extras, record_prefix, short_repr, str as array_str};
use crate::array::Array;
use crate::dtype::{DType, Kind};
use crate::error::{Error, Result};
use crate::literal;
use crate::pickle::{
    ArrayClass, DTypeObject, DistinctItems, DistinctPairs, Items, NdArray, Node, NumPyValue,
    Object, Objects, Pickle, Reader, Step, Value, View,
};

/// The longest `int` that is shown by its digits, in bytes: Python itself refuses more than 4300 digits.
const LONGEST_INT: usize = 1784;

pub(super) fn write(
    node: &Node<'_>,
    options: &Options,
    repr: bool,
    out: &mut dyn fmt::Write,
) -> Result<()> {
    let mut writer = Writer {
        options,
        left: options.elements,
        open: HashMap::new(),
        depth: 0,
        reader: node.pickle().reader(),
        held: Rc::new(Cell::new(MOST_HELD)),
    };
    let mut text = String::new();
    match writer.reader.numpy(*node)? {
        None => match node.text().filter(|_| !repr) {
            Some(plain) => return put(out, &plain.to_string_lossy()),
            None => return writer.value(*node, out),
        },
        Some(NumPyValue::Array(found)) => {
            return match repr {
                true => write_array_repr(&found, options, out),
                false => super::write_str(&found.array.view(), options, out),
            };
        }
        Some(NumPyValue::ObjectScalar(inner)) if !repr => return writer.object_scalar(inner, out),
        Some(value) if repr => writer.numpy(*node, &value, &mut text)?,
        Some(NumPyValue::Scalar(array)) => return super::write_str(&array.view(), options, out),
        Some(NumPyValue::Objects(objects)) => writer.objects(&objects, false, &mut text)?,
        Some(NumPyValue::Masked(masked)) => text = masked_str(&masked, options)?,
        Some(value) => writer.numpy(*node, &value, &mut text)?,
    }
    put(out, &text)
}

/// The `repr` of an array, which names its class.
fn write_array_repr(found: &NdArray, options: &Options, out: &mut dyn fmt::Write) -> Result<()> {
    let view = found.array.view();
    match found.class {
        ArrayClass::RecArray => super::write_record_repr(found.record, &view, options, out),
        class => super::write_repr_as(prefix_of(class), &view, options, out),
    }
}

fn put(out: &mut dyn fmt::Write, text: &str) -> Result<()> {
    out.write_str(text).map_err(|error| Error::io(std::io::Error::other(error)))
}

struct Writer<'o, 'a> {
    options: &'o Options,
    /// How many more values may be shown.
    left: u64,
    /// What is being written, and what stands for it within itself.
    open: HashMap<Key, &'static str>,
    /// How many arrays around this one are being written.
    depth: usize,
    reader: Reader<'a>,
    /// How much text may still be held.
    held: Rc<Cell<usize>>,
}

/// A text that is held until it can be laid out.
struct Held<'t> {
    text: &'t mut String,
    left: &'t Cell<usize>,
}

impl fmt::Write for Held<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let left = self.left.get().checked_sub(text.len());
        self.left.set(left.unwrap_or(0));
        left.ok_or(fmt::Error)?;
        self.text.push_str(text);
        Ok(())
    }
}

/// How deep arrays of objects may hold one another: they are recursed over.
const MAX_DEPTH: usize = 32;

/// Which object a node is: joblib puts pickles into pickles.
type Key = (*const Pickle, Value);

fn key(node: Node<'_>) -> Key {
    (std::ptr::from_ref(node.pickle()), node.value())
}

/// What is yet to be written.
enum Task<'a> {
    Value(Node<'a>),
    Text(Cow<'static, str>),
    Items(DistinctItems<'a>, usize),
    Pairs(DistinctPairs<'a>, usize),
    /// A container is done.
    Close(Node<'a>),
}

impl<'a> Writer<'_, 'a> {
    fn count(&mut self, values: u64) -> Result<()> {
        let limit = self.options.elements;
        self.left = self
            .left
            .checked_sub(values)
            .ok_or_else(|| Error::limit("elements", limit, limit.saturating_add(values)))?;
        Ok(())
    }

    /// The text of a value that has to be laid out.
    fn text_of(&mut self, node: Node<'a>) -> Result<String> {
        let mut text = String::new();
        let left = Rc::clone(&self.held);
        self.value(node, &mut Held { text: &mut text, left: &left })
            .map_err(|error| if left.get() == 0 { too_long() } else { error })?;
        Ok(text)
    }

    fn value(&mut self, node: Node<'a>, out: &mut dyn fmt::Write) -> Result<()> {
        let mut tasks = vec![Task::Value(node)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Text(text) => put(out, &text)?,
                Task::Close(node) => {
                    self.open.remove(&key(node));
                }
                Task::Items(items, at) => {
                    let Some(item) = items.get(at) else { continue };
                    if at > 0 {
                        put(out, ", ")?;
                    }
                    tasks.push(Task::Items(items, at + 1));
                    tasks.push(Task::Value(item));
                }
                Task::Pairs(pairs, at) => {
                    let Some((name, value)) = pairs.get(at) else { continue };
                    if at > 0 {
                        put(out, ", ")?;
                    }
                    tasks.push(Task::Pairs(pairs, at + 1));
                    tasks.push(Task::Value(value));
                    tasks.push(Task::Text(": ".into()));
                    tasks.push(Task::Value(name));
                }
                Task::Value(node) => {
                    let start = self.start(node, &mut tasks)?;
                    put(out, &start)?;
                }
            }
        }
        Ok(())
    }

    /// The text of a value, or the start of it; what comes then is pushed.
    fn start(&mut self, node: Node<'a>, tasks: &mut Vec<Task<'a>>) -> Result<Cow<'static, str>> {
        self.count(1)?;
        if let Some(stand_in) = self.open.get(&key(node)) {
            return Ok((*stand_in).into());
        }
        let python = self.options.profile.python;
        Ok(match node.view() {
            View::None => "None".into(),
            View::Bool(value) => (if value { "True" } else { "False" }).into(),
            View::Int(int) => int.to_string().into(),
            View::Long(int) => match int.to_le_bytes().len() {
                len if len > LONGEST_INT => format!("<int of {len} bytes>").into(),
                _ => int.to_string().into(),
            },
            View::Float(float) => literal::Value::Float(float).repr(python).into(),
            View::Complex(re, im) => literal::Value::Complex(re, im).repr(python).into(),
            View::Str(text) => literal::repr_str(&text.to_py_str(), python).into(),
            // The `str` of Python 2, whose code nobody knows.
            View::ByteString(bytes) => {
                let repr = literal::repr_bytes(&bytes);
                repr.strip_prefix('b').unwrap_or(&repr).to_owned().into()
            }
            View::Bytes(bytes) => literal::repr_bytes(bytes).into(),
            View::ByteArray(bytes) => format!("bytearray({})", literal::repr_bytes(bytes)).into(),
            View::Buffer { index, .. } => format!("<buffer {index}>").into(),
            View::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.container(node, ["(", end, "(...)"], items, tasks)
            }
            View::List(items) => self.container(node, ["[", "]", "[...]"], items, tasks),
            View::Set(items) if items.is_empty() => "set()".into(),
            View::Set(items) => {
                let items = DistinctItems::of_set(items);
                self.distinct(node, ["{", "}", "set(...)"], items, tasks)
            }
            View::FrozenSet(items) if items.is_empty() => "frozenset()".into(),
            View::FrozenSet(items) => {
                let items = DistinctItems::of_set(items);
                self.distinct(node, ["frozenset({", "})", "frozenset(...)"], items, tasks)
            }
            View::Dict(pairs) => {
                self.open.insert(key(node), "{...}");
                tasks.push(Task::Close(node));
                tasks.push(Task::Text("}".into()));
                tasks.push(Task::Pairs(DistinctPairs::new(pairs), 0));
                "{".into()
            }
            View::Global(global) => format!("<{global}>").into(),
            View::Extension(code) => format!("<extension {code}>").into(),
            View::Persistent(id) => {
                tasks.push(Task::Text(">".into()));
                tasks.push(Task::Value(id));
                "<persistent ".into()
            }
            View::Object(_) | View::Built => match self.reader.numpy(node)? {
                Some(NumPyValue::ObjectScalar(inner)) => {
                    let [start, end] = self.void_type(node, inner)?;
                    let inner = self.inside_void(inner)?;
                    tasks.push(Task::Text(end.into()));
                    tasks.push(Task::Value(inner));
                    start.into()
                }
                Some(value) => {
                    // An array of objects may hold itself.
                    self.open.insert(key(node), "<...>");
                    let mut text = String::new();
                    let written = self.numpy(node, &value, &mut text);
                    self.open.remove(&key(node));
                    written?;
                    text.into()
                }
                None => self.object(node, tasks),
            },
        })
    }

    fn container(
        &mut self,
        node: Node<'a>,
        texts: [&'static str; 3],
        items: Items<'a>,
        tasks: &mut Vec<Task<'a>>,
    ) -> Cow<'static, str> {
        self.distinct(node, texts, DistinctItems::all(items), tasks)
    }

    fn distinct(
        &mut self,
        node: Node<'a>,
        [start, end, stand_in]: [&'static str; 3],
        items: DistinctItems<'a>,
        tasks: &mut Vec<Task<'a>>,
    ) -> Cow<'static, str> {
        self.open.insert(key(node), stand_in);
        tasks.push(Task::Close(node));
        tasks.push(Task::Text(end.into()));
        tasks.push(Task::Items(items, 0));
        start.into()
    }

    /// An object that only Python could make: its class or the function that makes it, and what is handed to that.
    fn object(&mut self, node: Node<'a>, tasks: &mut Vec<Task<'a>>) -> Cow<'static, str> {
        let View::Object(object) = node.view() else { return "".into() };
        if let Some(bytes) = node.bytes() {
            return literal::repr_bytes(&bytes).into();
        }
        if object.steps().next().is_none()
            && let Some(plain) = self.plain(&object)
        {
            return plain.into();
        }
        self.open.insert(key(node), "<...>");
        tasks.push(Task::Close(node));
        tasks.push(Task::Text(">".into()));
        let steps: Vec<Step<'a>> = object.steps().collect();
        for step in steps.into_iter().rev() {
            match step {
                Step::Build(state) => {
                    tasks.push(Task::Value(state));
                    tasks.push(Task::Text(" state ".into()));
                }
                Step::Append(items) | Step::AddItems(items) => {
                    tasks.push(Task::Text("]".into()));
                    tasks.push(Task::Items(DistinctItems::all(items), 0));
                    tasks.push(Task::Text(" items [".into()));
                }
                Step::SetItems(pairs) => {
                    tasks.push(Task::Text("}".into()));
                    tasks.push(Task::Pairs(DistinctPairs::new(pairs), 0));
                    tasks.push(Task::Text(" items {".into()));
                }
                Step::Popped(value) => {
                    tasks.push(Task::Value(value));
                    tasks.push(Task::Text(" after ".into()));
                }
            }
        }
        match object.args().items() {
            Some(args) if args.is_empty() => {}
            Some(_) => tasks.push(Task::Value(object.args())),
            None => {
                tasks.push(Task::Value(object.args()));
                tasks.push(Task::Text(" args ".into()));
            }
        }
        match object.callable().view() {
            View::Global(global) => format!("<{global}").into(),
            _ => {
                tasks.push(Task::Value(object.callable()));
                "<".into()
            }
        }
    }

    /// Python's own values that have no opcode, or had none in older protocols.
    fn plain(&self, object: &Object<'_>) -> Option<String> {
        let View::Global(global) = object.callable().view() else { return None };
        let args = object.args().items()?;
        let float = |index: usize| match args.get(index)?.view() {
            View::Float(float) => Some(float),
            _ => None,
        };
        Some(match (global.to_string().as_str(), args.len()) {
            ("builtins.complex", 2) => {
                literal::Value::Complex(float(0)?, float(1)?).repr(self.options.profile.python)
            }
            ("builtins.bytearray", 0) => "bytearray(b'')".to_owned(),
            ("builtins.bytearray", 1) => {
                let bytes = args.get(0)?.bytes()?;
                format!("bytearray({})", literal::repr_bytes(&bytes))
            }
            _ => return None,
        })
    }

    /// What NumPy's `repr` says.
    fn numpy(&mut self, node: Node<'a>, value: &NumPyValue<'a>, out: &mut String) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!(
                "arrays of objects in one another, more than {MAX_DEPTH} deep"
            )));
        }
        self.depth += 1;
        let written = self.numpy_inside(node, value, out);
        self.depth -= 1;
        written
    }

    fn numpy_inside(
        &mut self,
        node: Node<'a>,
        value: &NumPyValue<'a>,
        out: &mut String,
    ) -> Result<()> {
        // Its dtype is written with each of many arrays that share it.
        let dtype = match value {
            NumPyValue::Array(found) => Some(found.array.dtype()),
            NumPyValue::Scalar(array) => Some(array.dtype()),
            NumPyValue::Masked(masked) => Some(masked.data.dtype()),
            NumPyValue::Objects(objects) => Some(objects.dtype.dtype()),
            NumPyValue::DType(dtype) => Some(dtype.dtype()),
            _ => None,
        };
        self.count(dtype.map_or(0, parts))?;
        match value {
            NumPyValue::Array(found) => {
                // Long arrays are summarised.
                let shown = found.array.len().min(self.options.threshold);
                self.count(shown as u64)?;
                write_array_repr(found, self.options, out)?;
            }
            NumPyValue::Scalar(array) => {
                let is_record = self.reader.is_record(node)?;
                out.push_str(&self.scalar(array, is_record)?);
            }
            NumPyValue::DType(dtype) => match dtype.dtype().kind() {
                Kind::String => out.push_str(&self.string_dtype(dtype, node)?),
                _ => out.push_str(&dtype.dtype().repr()),
            },
            NumPyValue::MaskedConstant => out.push_str("masked"),
            NumPyValue::Objects(objects) => self.objects(objects, true, out)?,
            NumPyValue::Masked(masked) => {
                let fill_value = match masked.fill_value {
                    None => None,
                    Some(node) => Some(match self.reader.numpy(node) {
                        Ok(Some(NumPyValue::Array(found))) => {
                            array_str(&found.array.view(), self.options)?
                        }
                        _ => self.text_of(node)?,
                    }),
                };
                out.push_str(&masked_repr(masked, fill_value, self.options)?);
            }
            NumPyValue::ObjectScalar(inner) => {
                let [start, end] = self.void_type(node, *inner)?;
                let inner = self.inside_void(*inner)?;
                out.push_str(&start);
                out.push_str(&self.text_of(inner)?);
                out.push_str(&end);
            }
        }
        Ok(())
    }

    /// What `print` shows of a scalar that holds objects.
    fn object_scalar(&mut self, inner: Node<'a>, out: &mut dyn fmt::Write) -> Result<()> {
        let inner = self.inside_void(inner)?;
        match inner.text() {
            Some(text) => put(out, &text.to_string_lossy()),
            None => self.value(inner, out),
        }
    }

    /// What a scalar with objects in it holds: the fields, if it is an array without axes.
    fn inside_void(&self, inner: Node<'a>) -> Result<Node<'a>> {
        Ok(match self.reader.numpy(inner)? {
            Some(NumPyValue::Objects(objects)) if objects.shape.is_empty() => {
                objects.items.get(0).unwrap_or(inner)
            }
            _ => inner,
        })
    }

    /// What NumPy 2 says around the fields of a struct with objects in it.
    fn void_type(&self, scalar: Node<'a>, inner: Node<'a>) -> Result<[String; 2]> {
        let Some(NumPyValue::Objects(objects)) = self.reader.numpy(inner)? else {
            return Ok([String::new(), String::new()]);
        };
        let is_struct = matches!(objects.dtype.dtype().kind(), Kind::Struct(_));
        if !is_struct || !self.options.profile.numpy.names_scalar_types() {
            return Ok([String::new(), String::new()]);
        }
        let class = if self.reader.is_record(scalar)? { "record" } else { "void" };
        let dtype = objects.dtype.dtype().display_for(self.options.profile.python);
        Ok([format!("np.{class}("), format!(", dtype={dtype})")])
    }

    /// A `StringDType` with its parameters.
    fn string_dtype(&mut self, dtype: &DTypeObject, node: Node<'a>) -> Result<String> {
        let string = dtype.string_dtype();
        let mut parameters = Vec::new();
        if let Some(missing) = string.na_object {
            let missing = self.text_of(node.pickle().node(missing))?;
            parameters.push(format!("na_object={missing}"));
        }
        if !string.coerce {
            parameters.push("coerce=False".to_owned());
        }
        Ok(format!("StringDType({})", parameters.join(", ")))
    }

    /// A scalar, with its type in front where NumPy 2 says it.
    fn scalar(&self, array: &Array, is_record: bool) -> Result<String> {
        let view = array.view();
        let text = array_str(&view, self.options)?;
        let names_types = self.options.profile.numpy.names_scalar_types();
        let quoted = |text: &str| literal::repr_str(&text.into(), self.options.profile.python);
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let module = if names_types { "np" } else { "numpy" };
        let dtype = view.dtype().to_string();
        let unit = dtype.split_once('[').and_then(|(_, unit)| unit.strip_suffix(']'));
        let (name, value) = match view.dtype().kind() {
            Kind::Bool if names_types => return Ok(format!("np.{text}_")),
            Kind::Str(_) => ("str_".to_owned(), quoted(&text)),
            // `str` of it is its `repr`.
            Kind::Bytes(_) => return Ok(text),
            Kind::DateTime64(_) => {
                // Of what stands there in ISO 8601 the unit is plain, but for hours and multiples.
                let unit = unit
                    .filter(|unit| *unit == "h" || unit.starts_with(|c: char| c.is_ascii_digit()));
                let unit = unit.map_or_else(String::new, |unit| format!(",'{unit}'"));
                return Ok(format!("{module}.datetime64({}{unit})", quoted(&text)));
            }
            Kind::TimeDelta64(_) => {
                let count = match text.split(' ').next().unwrap_or_default() {
                    "NaT" => "'NaT'",
                    count => count,
                };
                let unit = unit.map_or_else(String::new, |unit| format!(",'{unit}'"));
                return Ok(format!("{module}.timedelta64({count}{unit})"));
            }
            Kind::Complex64 | Kind::Complex128 if names_types => {
                (view.dtype().to_string(), inner.unwrap_or(&text).to_owned())
            }
            // Their digits are more than a Python float has.
            Kind::LongDouble => ("longdouble".to_owned(), quoted_where(names_types, text)),
            Kind::ComplexLongDouble if names_types => {
                ("clongdouble".to_owned(), quoted_where(true, inner.unwrap_or(&text).to_owned()))
            }
            Kind::Struct(_) => {
                let class = if is_record { "record" } else { "void" };
                let dtype = view.dtype().display_for(self.options.profile.python);
                let dtype = if names_types { format!(", dtype={dtype}") } else { String::new() };
                (class.to_owned(), text + &dtype)
            }
            Kind::Void(_) if names_types => ("void".to_owned(), text),
            Kind::Void(_) => return Ok(format!("void({text})")),
            _ => (view.dtype().to_string(), text),
        };
        Ok(if names_types { format!("np.{name}({value})") } else { value })
    }

    /// An array of objects as NumPy prints it.
    fn objects(&mut self, objects: &Objects<'a>, repr: bool, out: &mut String) -> Result<()> {
        let written = self.objects_inside(objects, repr, out);
        if self.depth <= 1 {
            // It is written next, and not held any more.
            self.held.set(MOST_HELD);
        }
        written
    }

    fn objects_inside(
        &mut self,
        objects: &Objects<'a>,
        repr: bool,
        out: &mut String,
    ) -> Result<()> {
        let items = objects.items;
        if objects.shape.is_empty() && !repr {
            // As the object prints itself.
            let text = items.get(0).and_then(|item| item.text());
            if let Some(text) = text {
                out.push_str(&text.to_string_lossy());
                return Ok(());
            }
        }
        let options = self.options;
        let (dtype, shape) = (objects.dtype.dtype(), &objects.shape);
        let prefix = match objects.class {
            ArrayClass::RecArray => record_prefix(objects.dtype.is_record(), dtype),
            class => prefix_of(class),
        };
        let mut word = |at: usize| {
            let Some(item) = items.get(at) else { return Ok(String::new()) };
            let word = self.text_of(item)?;
            // A list is told from an axis.
            let is_list = matches!(item.view(), View::List(_)) && (repr || !shape.is_empty());
            Ok(if is_list { format!("list({word})") } else { word })
        };
        let text = objects_text(shape, options, repr.then_some(prefix), &mut word)?;
        if !repr {
            out.push_str(&text);
            return Ok(());
        }
        let extras = match (objects.class, dtype.kind()) {
            (ArrayClass::RecArray, _) => record_extras(prefix, dtype, shape, options),
            (_, kind) => {
                let dtype = match kind {
                    Kind::String => {
                        self.string_dtype(&objects.dtype, items.sibling(Value::NONE))?
                    }
                    _ => short_repr(dtype, options.profile),
                };
                objects_extras(prefix, &dtype, shape, options, &text)
            }
        };
        out.push_str(prefix);
        out.push_str(&text);
        out.push_str(&extras);
        Ok(())
    }
}

/// How many fields a dtype has, those of fields included.
fn parts(dtype: &DType) -> u64 {
    match dtype.kind() {
        Kind::Struct(fields) => fields
            .fields()
            .iter()
            .fold(0, |all: u64, field| all.saturating_add(1).saturating_add(parts(field.dtype()))),
        Kind::Subarray(sub) => parts(sub.base()),
        _ => 0,
    }
}

/// A text, in quotes where it has some.
fn quoted_where(quoted: bool, text: String) -> String {
    if quoted { format!("'{text}'") } else { text }
}
