//! What Python's `repr` says of the parts of a pickle, and NumPy of the arrays among them.
//!
//! Nothing recurses over the input. What is not plain data has a text that no Python has, as its class is not at
//! hand: `<class(arguments) state {...}>`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::objects::{masked_repr, masked_str, objects_extras, objects_text};
use super::{Options, repr as array_repr, str as array_str};
use crate::array::Array;
use crate::dtype::Kind;
use crate::error::{Error, Result};
use crate::literal;
use crate::pickle::{Items, Node, NumPyValue, Object, Objects, Pairs, Pickle, Step, Value, View};

/// The longest `int` that is shown by its digits, in bytes: Python itself refuses more than 4300 digits.
const LONGEST_INT: usize = 1784;

pub(super) fn write(
    node: &Node<'_>,
    options: &Options,
    repr: bool,
    out: &mut dyn fmt::Write,
) -> Result<()> {
    let mut writer = Writer { options, left: options.elements, open: HashMap::new(), depth: 0 };
    let mut text = String::new();
    match node.numpy()? {
        None => match node.text().filter(|_| !repr) {
            Some(plain) => return put(out, &plain.to_string_lossy()),
            None => return writer.value(*node, out),
        },
        Some(value) if repr => writer.numpy(&value, &mut text)?,
        Some(NumPyValue::Array(found)) => {
            return super::write_str(&found.array.view(), options, out);
        }
        Some(NumPyValue::Scalar(array)) => return super::write_str(&array.view(), options, out),
        Some(NumPyValue::Objects(objects)) => writer.objects(&objects, false, &mut text)?,
        Some(NumPyValue::Masked(masked)) => text = masked_str(&masked, options)?,
        Some(value) => writer.numpy(&value, &mut text)?,
    }
    put(out, &text)
}

fn put(out: &mut dyn fmt::Write, text: &str) -> Result<()> {
    out.write_str(text).map_err(|error| Error::io(std::io::Error::other(error)))
}

pub(super) struct Writer<'o> {
    pub(super) options: &'o Options,
    /// How many more values may be shown.
    left: u64,
    /// What is being written, and what stands for it within itself.
    open: HashMap<Key, &'static str>,
    /// How many arrays around this one are being written.
    depth: usize,
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
    Items(Items<'a>, usize),
    Pairs(Pairs<'a>, usize),
    /// A container is done.
    Close(Node<'a>),
}

impl Writer<'_> {
    fn count(&mut self, values: u64) -> Result<()> {
        let limit = self.options.elements;
        self.left = self
            .left
            .checked_sub(values)
            .ok_or_else(|| Error::limit("elements", limit, limit.saturating_add(values)))?;
        Ok(())
    }

    pub(super) fn value(&mut self, node: Node<'_>, out: &mut dyn fmt::Write) -> Result<()> {
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
    fn start<'a>(
        &mut self,
        node: Node<'a>,
        tasks: &mut Vec<Task<'a>>,
    ) -> Result<Cow<'static, str>> {
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
            View::Set(items) => self.container(node, ["{", "}", "set(...)"], items, tasks),
            View::FrozenSet(items) if items.is_empty() => "frozenset()".into(),
            View::FrozenSet(items) => {
                self.container(node, ["frozenset({", "})", "frozenset(...)"], items, tasks)
            }
            View::Dict(pairs) => {
                self.open.insert(key(node), "{...}");
                tasks.push(Task::Close(node));
                tasks.push(Task::Text("}".into()));
                tasks.push(Task::Pairs(pairs, 0));
                "{".into()
            }
            View::Global(global) => format!("<{global}>").into(),
            View::Extension(code) => format!("<extension {code}>").into(),
            View::Persistent(id) => {
                tasks.push(Task::Text(">".into()));
                tasks.push(Task::Value(id));
                "<persistent ".into()
            }
            View::Object(_) | View::Built => match node.numpy()? {
                Some(NumPyValue::ObjectScalar(inner)) => {
                    tasks.push(Task::Value(inner));
                    "".into()
                }
                Some(value) => {
                    // An array of objects may hold itself.
                    self.open.insert(key(node), "<...>");
                    let mut text = String::new();
                    let written = self.numpy(&value, &mut text);
                    self.open.remove(&key(node));
                    written?;
                    text.into()
                }
                None => self.object(node, tasks),
            },
        })
    }

    fn container<'a>(
        &mut self,
        node: Node<'a>,
        [start, end, stand_in]: [&'static str; 3],
        items: Items<'a>,
        tasks: &mut Vec<Task<'a>>,
    ) -> Cow<'static, str> {
        self.open.insert(key(node), stand_in);
        tasks.push(Task::Close(node));
        tasks.push(Task::Text(end.into()));
        tasks.push(Task::Items(items, 0));
        start.into()
    }

    /// An object that only Python could make: its class or the function that makes it, and what is handed to that.
    fn object<'a>(&mut self, node: Node<'a>, tasks: &mut Vec<Task<'a>>) -> Cow<'static, str> {
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
                    tasks.push(Task::Items(items, 0));
                    tasks.push(Task::Text(" items [".into()));
                }
                Step::SetItems(pairs) => {
                    tasks.push(Task::Text("}".into()));
                    tasks.push(Task::Pairs(pairs, 0));
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
    fn numpy(&mut self, value: &NumPyValue<'_>, out: &mut String) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!(
                "arrays of objects in one another, more than {MAX_DEPTH} deep"
            )));
        }
        self.depth += 1;
        let written = self.numpy_inside(value, out);
        self.depth -= 1;
        written
    }

    fn numpy_inside(&mut self, value: &NumPyValue<'_>, out: &mut String) -> Result<()> {
        match value {
            NumPyValue::Array(found) => {
                // Long arrays are summarised.
                let shown = found.array.len().min(self.options.threshold);
                self.count(shown as u64)?;
                out.push_str(&array_repr(&found.array.view(), self.options)?);
            }
            NumPyValue::Scalar(array) => out.push_str(&self.scalar(array)?),
            NumPyValue::DType(dtype) => out.push_str(&dtype.dtype().repr()),
            NumPyValue::MaskedConstant => out.push_str("masked"),
            NumPyValue::Objects(objects) => self.objects(objects, true, out)?,
            NumPyValue::Masked(masked) => {
                let fill_value = match masked.fill_value.map(|node| (node, node.numpy())) {
                    Some((_, Ok(Some(NumPyValue::Array(found))))) => {
                        Some(array_str(&found.array.view(), self.options)?)
                    }
                    Some((node, _)) => {
                        let mut text = String::new();
                        self.value(node, &mut text)?;
                        Some(text)
                    }
                    None => None,
                };
                out.push_str(&masked_repr(masked, fill_value, self.options)?);
            }
            NumPyValue::ObjectScalar(inner) => self.value(*inner, out)?,
        }
        Ok(())
    }

    /// A scalar, with its type in front where NumPy 2 says it.
    fn scalar(&self, array: &Array) -> Result<String> {
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
            Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble if names_types => {
                (view.dtype().to_string(), inner.unwrap_or(&text).to_owned())
            }
            Kind::Struct(_) => ("void".to_owned(), text),
            _ => (view.dtype().to_string(), text),
        };
        Ok(if names_types { format!("np.{name}({value})") } else { value })
    }

    /// An array of objects as NumPy prints it.
    fn objects(&mut self, objects: &Objects<'_>, repr: bool, out: &mut String) -> Result<()> {
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
        let mut word = |at: usize| {
            let mut word = String::new();
            if let Some(item) = items.get(at) {
                // A list is told from an axis.
                let is_list =
                    matches!(item.view(), View::List(_)) && (repr || !objects.shape.is_empty());
                word.push_str(if is_list { "list(" } else { "" });
                self.value(item, &mut word)?;
                word.push_str(if is_list { ")" } else { "" });
            }
            Ok(word)
        };
        let text = objects_text(&objects.shape, options, repr, &mut word)?;
        out.push_str(&text);
        if repr {
            out.push_str(&objects_extras(objects.dtype.dtype(), &objects.shape, options, &text));
        }
        Ok(())
    }
}
