//! What Python's `repr` says of the parts of a pickle that are no arrays, and NumPy of arrays of objects.
//!
//! Nothing recurses over the input, what is printed is bounded by a number of values, and a cycle is shown as
//! Python shows it. Objects of classes that only Python knows are shown by the name of their class and their state.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use npbytes::pickle::{Items, Masked, Node, NumPyValue, Object, Objects, Pairs, Pickle, Step, Value, View};
use npbytes::print::{self, Options};
use npbytes::{Array, ArrayView, AxisOrder, DType, Kind, Shape, literal};

/// What kept a text from being written.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The output.
    Out,
    /// There are more values than may be shown.
    Long,
    /// Something in the pickle.
    Wrong(npbytes::Error),
}

impl From<fmt::Error> for Broken {
    fn from(_: fmt::Error) -> Self {
        Self::Out
    }
}

impl From<npbytes::Error> for Broken {
    fn from(error: npbytes::Error) -> Self {
        Self::Wrong(error)
    }
}

type Result<T = ()> = std::result::Result<T, Broken>;

/// The longest `int` that is shown by its digits, in bytes: Python itself refuses more than 4300 digits.
const LONGEST_INT: usize = 1784;

/// Writes what `print(value)` shows, or `print(repr(value))`.
pub(crate) fn write(
    node: Node<'_>,
    options: &Options,
    repr: bool,
    out: &mut dyn fmt::Write,
) -> Result {
    let mut writer = Writer { options, left: options.elements, open: HashMap::new() };
    match (repr, node.numpy()?) {
        (false, None) if node.text().is_some() => {
            let text = node.text().map(|text| text.to_string_lossy().into_owned());
            Ok(out.write_str(&text.unwrap_or_default())?)
        }
        (_, None) => writer.value(node, out),
        (false, Some(NumPyValue::Array(found))) => {
            Ok(print::write_str(&found.array.view(), options, out)?)
        }
        (false, Some(NumPyValue::Scalar(array))) => {
            Ok(print::write_str(&array.view(), options, out)?)
        }
        (false, Some(NumPyValue::Objects(objects))) => writer.objects(&objects, None, out),
        (false, Some(NumPyValue::Masked(masked))) => writer.masked(&masked, false, out),
        (_, Some(value)) => writer.numpy(&value, out),
    }
}

struct Writer<'o> {
    options: &'o Options,
    /// How many more values may be shown.
    left: u64,
    /// What is being written, and what stands for it within itself.
    open: HashMap<Key, &'static str>,
}

/// Which object a node is: joblib puts pickles into pickles.
type Key = (*const Pickle, Value);

fn key(node: Node<'_>) -> Key {
    (std::ptr::from_ref(node.pickle()), node.value())
}

/// Where an array is written: its elements with blanks between them as `str` does, or as `repr` does, behind the
/// start of a line.
#[derive(Clone, Copy)]
struct Place<'s> {
    separator: &'s str,
    /// How many characters stand before the first bracket.
    indent: usize,
    /// How many characters a line has.
    width: usize,
}

/// The text of an element.
type Word<'w, W> = &'w mut dyn FnMut(&mut W, usize) -> Result<String>;

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
    fn count(&mut self) -> Result {
        self.left = self.left.checked_sub(1).ok_or(Broken::Long)?;
        Ok(())
    }

    fn value<'a>(&mut self, node: Node<'a>, out: &mut dyn fmt::Write) -> Result {
        let mut tasks = vec![Task::Value(node)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Text(text) => out.write_str(&text)?,
                Task::Close(node) => {
                    self.open.remove(&key(node));
                }
                Task::Items(items, at) => {
                    let Some(item) = items.get(at) else { continue };
                    if at > 0 {
                        out.write_str(", ")?;
                    }
                    tasks.push(Task::Items(items, at + 1));
                    tasks.push(Task::Value(item));
                }
                Task::Pairs(pairs, at) => {
                    let Some((name, value)) = pairs.get(at) else { continue };
                    if at > 0 {
                        out.write_str(", ")?;
                    }
                    tasks.push(Task::Pairs(pairs, at + 1));
                    tasks.push(Task::Value(value));
                    tasks.push(Task::Text(": ".into()));
                    tasks.push(Task::Value(name));
                }
                Task::Value(node) => self.one(node, &mut tasks, out)?,
            }
        }
        Ok(())
    }

    /// Writes a value, or its start, and says what comes then.
    fn one<'a>(
        &mut self,
        node: Node<'a>,
        tasks: &mut Vec<Task<'a>>,
        out: &mut dyn fmt::Write,
    ) -> Result {
        self.count()?;
        if let Some(stand_in) = self.open.get(&key(node)) {
            return Ok(out.write_str(stand_in)?);
        }
        let python = self.options.profile.python;
        let plain = |value: literal::Value| value.repr(python);
        match node.view() {
            View::None => out.write_str("None")?,
            View::Bool(value) => out.write_str(if value { "True" } else { "False" })?,
            View::Int(int) => write!(out, "{int}")?,
            View::Long(int) if int.to_le_bytes().len() > LONGEST_INT => {
                write!(out, "<int of {} bytes>", int.to_le_bytes().len())?;
            }
            View::Long(int) => write!(out, "{int}")?,
            View::Float(float) => out.write_str(&plain(literal::Value::Float(float)))?,
            View::Complex(re, im) => out.write_str(&plain(literal::Value::Complex(re, im)))?,
            View::Str(text) => out.write_str(&literal::repr_str(&text.to_py_str(), python))?,
            // As Python 3 shows what it reads of Python 2.
            View::ByteString(bytes) => {
                let repr = literal::repr_bytes(&bytes);
                out.write_str(repr.strip_prefix('b').unwrap_or(&repr))?;
            }
            View::Bytes(bytes) => out.write_str(&literal::repr_bytes(bytes))?,
            View::ByteArray(bytes) => write!(out, "bytearray({})", literal::repr_bytes(bytes))?,
            View::Buffer { index, .. } => write!(out, "<buffer {index}>")?,
            View::Tuple(items) => {
                let end = if items.len() == 1 { ",)" } else { ")" };
                self.container(node, "(", items, end, "(...)", tasks, out)?;
            }
            View::List(items) => self.container(node, "[", items, "]", "[...]", tasks, out)?,
            View::Set(items) if items.is_empty() => out.write_str("set()")?,
            View::Set(items) => self.container(node, "{", items, "}", "set(...)", tasks, out)?,
            View::FrozenSet(items) if items.is_empty() => out.write_str("frozenset()")?,
            View::FrozenSet(items) => {
                self.container(node, "frozenset({", items, "})", "frozenset(...)", tasks, out)?;
            }
            View::Dict(pairs) => {
                self.open.insert(key(node), "{...}");
                out.write_str("{")?;
                tasks.push(Task::Close(node));
                tasks.push(Task::Text("}".into()));
                tasks.push(Task::Pairs(pairs, 0));
            }
            View::Global(global) => write!(out, "<{global}>")?,
            View::Extension(code) => write!(out, "<extension {code}>")?,
            View::Persistent(id) => {
                out.write_str("<persistent ")?;
                tasks.push(Task::Text(">".into()));
                tasks.push(Task::Value(id));
            }
            View::Object(_) | View::Built => match node.numpy()? {
                Some(NumPyValue::ObjectScalar(inner)) => tasks.push(Task::Value(inner)),
                Some(value) => {
                    self.open.insert(key(node), "<...>");
                    let written = self.numpy(&value, out);
                    self.open.remove(&key(node));
                    written?;
                }
                None => self.object(node, tasks, out)?,
            },
            _ => write!(out, "<{}>", node.type_name())?,
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "what a container is written with")]
    fn container<'a>(
        &mut self,
        node: Node<'a>,
        start: &str,
        items: Items<'a>,
        end: &'static str,
        stand_in: &'static str,
        tasks: &mut Vec<Task<'a>>,
        out: &mut dyn fmt::Write,
    ) -> Result {
        self.open.insert(key(node), stand_in);
        out.write_str(start)?;
        tasks.push(Task::Close(node));
        tasks.push(Task::Text(end.into()));
        tasks.push(Task::Items(items, 0));
        Ok(())
    }

    /// An object that only Python could make: its class or the function that makes it, and what is handed to that.
    fn object<'a>(
        &mut self,
        node: Node<'a>,
        tasks: &mut Vec<Task<'a>>,
        out: &mut dyn fmt::Write,
    ) -> Result {
        let View::Object(object) = node.view() else { return Ok(()) };
        if let Some(bytes) = node.bytes() {
            return Ok(out.write_str(&literal::repr_bytes(&bytes))?);
        }
        if object.steps().next().is_none()
            && let Some(plain) = self.plain(&object)
        {
            return Ok(out.write_str(&plain)?);
        }
        self.open.insert(key(node), "<...>");
        out.write_str("<")?;
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
                _ => tasks.push(Task::Text(" and more".into())),
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
            View::Global(global) => write!(out, "{global}")?,
            _ => tasks.push(Task::Value(object.callable())),
        }
        Ok(())
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
    fn numpy(&mut self, value: &NumPyValue<'_>, out: &mut dyn fmt::Write) -> Result {
        match value {
            NumPyValue::Array(found) => {
                let elements = found.array.len() as u64;
                // Long arrays are summarised.
                self.left = self
                    .left
                    .checked_sub(elements.min(self.options.threshold as u64))
                    .ok_or(Broken::Long)?;
                print::write_repr(&found.array.view(), self.options, out)?;
            }
            NumPyValue::Scalar(array) => self.scalar(array, out)?,
            NumPyValue::DType(dtype) => out.write_str(&dtype.dtype().repr())?,
            NumPyValue::MaskedConstant => out.write_str("masked")?,
            NumPyValue::Objects(objects) => self.objects(objects, Some("array("), out)?,
            NumPyValue::Masked(masked) => self.masked(masked, true, out)?,
            NumPyValue::ObjectScalar(inner) => self.value(*inner, out)?,
            _ => out.write_str("<numpy>")?,
        }
        Ok(())
    }

    /// A scalar, with its type in front where NumPy 2 says it.
    fn scalar(&mut self, array: &Array, out: &mut dyn fmt::Write) -> Result {
        let view = array.view();
        let text = print::str(&view, self.options)?;
        let names_types = self.options.profile.numpy.has_core_underscore();
        let quoted = |text: &str| literal::repr_str(&text.into(), self.options.profile.python);
        let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
        let (name, value) = match view.dtype().kind() {
            Kind::Bool if names_types => return Ok(write!(out, "np.{text}_")?),
            Kind::Str(_) => ("str_".to_owned(), quoted(&text)),
            // `str` of it is its `repr`.
            Kind::Bytes(_) => return Ok(out.write_str(&text)?),
            Kind::DateTime64(_) => return Ok(write!(out, "np.datetime64({})", quoted(&text))?),
            Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble => {
                (view.dtype().to_string(), inner.unwrap_or(&text).to_owned())
            }
            Kind::Struct(_) => ("void".to_owned(), text),
            _ => (view.dtype().to_string(), text),
        };
        match names_types {
            true => write!(out, "np.{name}({value})")?,
            false => out.write_str(&value)?,
        }
        Ok(())
    }

    /// The place of an array: behind the start of its `repr`, or where `str` has it.
    fn place(&self, start: Option<&str>) -> Place<'static> {
        let width = self.options.linewidth;
        match start {
            Some(start) => Place {
                separator: ", ",
                indent: start.chars().count(),
                // A bracket or a comma follows.
                width: width.saturating_sub(1),
            },
            None => Place { separator: " ", indent: 0, width },
        }
    }

    /// An array of objects as NumPy prints it; with its start, as `repr` does.
    fn objects(
        &mut self,
        objects: &Objects<'_>,
        start: Option<&str>,
        out: &mut dyn fmt::Write,
    ) -> Result {
        let items = objects.items;
        let written = start.unwrap_or_default();
        let text = if objects.shape.is_empty() {
            let Some(item) = items.get(0) else { return Ok(()) };
            let mut text = String::new();
            match item.text().filter(|_| start.is_none()) {
                Some(item) => text.push_str(&item.to_string_lossy()),
                None => self.value(item, &mut text)?,
            }
            text
        } else {
            let mut word = |writer: &mut Self, at: usize| {
                let mut word = String::new();
                if let Some(item) = items.get(at) {
                    let is_list = matches!(item.view(), View::List(_));
                    word.push_str(if is_list { "list(" } else { "" });
                    writer.value(item, &mut word)?;
                    word.push_str(if is_list { ")" } else { "" });
                }
                Ok(word)
            };
            self.brackets(&objects.shape, self.place(start), &mut word)?
        };
        write!(out, "{written}{text}")?;
        if start.is_some() {
            self.extras(objects, written, &text, out)?;
        }
        Ok(())
    }

    /// What follows the brackets in a `repr`, on a line of its own if there is no room.
    fn extras(
        &self,
        objects: &Objects<'_>,
        start: &str,
        text: &str,
        out: &mut dyn fmt::Write,
    ) -> Result {
        let elements = objects.shape.elements();
        let is_long = elements > self.options.threshold
            && self.options.profile.numpy.repr_names_shape();
        let has_shape = is_long || elements == 0 && objects.shape.len() > 1;
        let shape = if has_shape { format!("shape={}, ", objects.shape) } else { String::new() };
        let extras = format!("{shape}dtype={})", objects.dtype.dtype());
        let last = match text.rsplit_once('\n') {
            Some((_, last)) => last.chars().count(),
            None => start.len() + text.chars().count(),
        };
        // The comma behind the brackets, and a blank.
        match last + 1 + extras.chars().count() + 1 > self.options.linewidth {
            true => write!(out, ",\n{}{extras}", " ".repeat(start.len()))?,
            false => write!(out, ", {extras}")?,
        }
        Ok(())
    }

    /// A masked array as NumPy prints it; as `repr` does, or as `str`.
    fn masked(&mut self, masked: &Masked<'_>, repr: bool, out: &mut dyn fmt::Write) -> Result {
        let shape = masked.data.shape();
        let (data, mask) = (masked.data.view(), masked.mask.view());
        let mut hidden = |writer: &mut Self, at: usize| {
            writer.count()?;
            match writer.element(&mask, shape, at)?.as_str() {
                "True" => Ok("--".to_owned()),
                _ => writer.element(&data, shape, at),
            }
        };
        if !repr {
            let text = self.brackets(shape, self.place(None), &mut hidden)?;
            return Ok(out.write_str(&text)?);
        }
        let mut bools = |writer: &mut Self, at: usize| {
            let text = writer.element(&mask, shape, at)?;
            // NumPy makes room for the longer of the two.
            let is_padded = text == "True" && !shape.is_empty();
            Ok(if is_padded { format!(" {text}") } else { text })
        };
        // One row stands behind the class, and what follows is aligned with it.
        let is_row = shape.iter().rev().skip(1).all(|&dim| dim == 1);
        let (start, indents) = match is_row {
            true => ("masked_array(", [0, 13, 7, 12]),
            false => ("masked_array(\n", [2, 2, 2, 2]),
        };
        out.write_str(start)?;
        let mut part = |writer: &mut Self, label: &str, indent: usize, word: Word<'_, Self>| {
            let column = if indent == 0 { "masked_array(".len() } else { indent };
            let place = Place { indent: column + label.len(), ..writer.place(Some("")) };
            let text = writer.brackets(shape, place, word)?;
            Ok::<_, Broken>(write!(out, "{}{label}{text},\n", " ".repeat(indent))?)
        };
        let [first, second, third, fourth] = indents;
        part(self, "data=", first, &mut hidden)?;
        part(self, "mask=", second, &mut bools)?;
        write!(out, "{}fill_value=", " ".repeat(third))?;
        match masked.fill_value.map(|value| Ok::<_, Broken>((value, value.numpy()?))).transpose()? {
            Some((_, Some(NumPyValue::Array(found)))) => {
                out.write_str(&print::str(&found.array.view(), self.options)?)?;
            }
            Some((value, _)) => self.value(value, out)?,
            None => {
                let names_types = self.options.profile.numpy.has_core_underscore();
                out.write_str(default_fill_value(data.dtype(), names_types))?;
            }
        }
        // The elements that are shown say it, if there are any.
        let is_implied = matches!(
            data.dtype().kind(),
            Kind::Bool | Kind::Int64 | Kind::Float64 | Kind::Complex128
        );
        let mut all_masked = true;
        for at in 0..shape.elements() {
            all_masked = all_masked && self.element(&mask, shape, at)? == "True";
            if !all_masked {
                break;
            }
        }
        if !is_implied || all_masked {
            write!(out, ",\n{}dtype={}", " ".repeat(fourth), dtype_text(data.dtype()))?;
        }
        Ok(out.write_str(")")?)
    }

    /// An element as an array of objects shows it.
    fn element(&self, view: &ArrayView<'_>, shape: &[usize], at: usize) -> Result<String> {
        let bytes = view.element(&index_of(at, shape)).unwrap_or_default();
        let dtype = view.dtype().clone();
        let element = ArrayView::new(dtype, Shape::default(), &AxisOrder::C, bytes)?;
        let text = print::str(&element, self.options)?;
        let python = self.options.profile.python;
        Ok(match element.dtype().kind() {
            Kind::Str(_) => literal::repr_str(&text.as_str().into(), python),
            // The elements are objects of Python then.
            Kind::Float32 => literal::Value::Float(element.get::<f32>(&[])?.into()).repr(python),
            _ => text,
        })
    }

    /// Words in the brackets of a shape, broken into lines and summarised as NumPy does it.
    fn brackets(
        &mut self,
        shape: &[usize],
        place: Place<'_>,
        word: &mut dyn FnMut(&mut Self, usize) -> Result<String>,
    ) -> Result<String> {
        if shape.contains(&0) {
            return Ok("[]".to_owned());
        }
        let elements = shape.iter().fold(1_usize, |all, &dim| all.saturating_mul(dim));
        let edge = (elements > self.options.threshold).then_some(self.options.edgeitems);
        self.axis(shape, 0, edge, Place { indent: place.indent + 1, ..place }, word)
    }

    /// One axis of that; there are 64 at most. The first line starts behind the indent.
    fn axis(
        &mut self,
        shape: &[usize],
        base: usize,
        edge: Option<usize>,
        place: Place<'_>,
        word: &mut dyn FnMut(&mut Self, usize) -> Result<String>,
    ) -> Result<String> {
        let Some((&len, inner)) = shape.split_first() else { return word(self, base) };
        let indent = " ".repeat(place.indent);
        let mut text = String::from("[");
        // What comes behind the last word needs room, too.
        let mut row = Row { indent: &indent, room: place.width.saturating_sub(1), line: indent.clone() };
        let separator = match inner.len() {
            0 => place.separator.to_owned(),
            axes => place.separator.trim_end().to_owned() + &"\n".repeat(axes),
        };
        for (count, at) in shown(len, edge).enumerate() {
            let nested = Place {
                indent: place.indent + 1,
                width: place.width.saturating_sub(1),
                separator: place.separator,
            };
            let item = match at {
                Some(at) => self.axis(inner, base * len + at, edge, nested, word)?,
                None => "...".to_owned(),
            };
            if inner.is_empty() {
                if count > 0 {
                    row.line.push_str(&separator);
                }
                row.push(&item, &mut text);
            } else {
                if count > 0 {
                    text.push_str(&separator);
                    text.push_str(&indent);
                }
                text.push_str(&item);
            }
        }
        if inner.is_empty() {
            text.push_str(row.line.strip_prefix(&*indent).unwrap_or(&row.line));
        }
        text.push(']');
        Ok(text)
    }
}

/// The last line of a text in brackets. The first starts behind its indent, which is not written.
struct Row<'i> {
    indent: &'i str,
    room: usize,
    line: String,
}

impl Row<'_> {
    /// Adds a word, on a line of its own if there is no room; one of several lines keeps its own columns.
    fn push(&mut self, word: &str, text: &mut String) {
        let width = |line: &str| line.chars().count();
        let mut lines = word.split('\n');
        let first = lines.next().unwrap_or_default();
        let widest = word.split('\n').map(width).max().unwrap_or_default();
        if width(&self.line) + widest > self.room && width(&self.line) > width(self.indent) {
            self.end(text);
            text.push('\n');
            text.push_str(self.indent);
            self.line = self.indent.to_owned();
        }
        let column = " ".repeat(width(&self.line));
        self.line.push_str(first);
        for next in lines {
            self.end(text);
            text.push('\n');
            text.push_str(self.indent);
            self.line = format!("{column}{next}");
        }
        if word.contains('\n') {
            let last = word.rsplit('\n').next().map_or(0, width);
            self.line.push_str(&" ".repeat(widest - last));
        }
    }

    fn end(&mut self, text: &mut String) {
        let line = self.line.strip_prefix(self.indent).unwrap_or(&self.line);
        text.push_str(line.trim_end());
        self.line.clear();
    }
}

/// A dtype as NumPy names it behind an array: in quotes if that is a code.
fn dtype_text(dtype: &DType) -> String {
    let text = dtype.to_string();
    match text.starts_with(['<', '>', '|', 'S', 'U', 'V']) {
        true => format!("'{text}'"),
        false => text,
    }
}

/// What NumPy fills in for masked elements unless it was told something else.
fn default_fill_value(dtype: &DType, names_types: bool) -> &'static str {
    match dtype.kind() {
        Kind::Bool => "True",
        Kind::Float16 => "inf",
        Kind::Float32 | Kind::Float64 | Kind::LongDouble => "1e+20",
        Kind::Complex64 | Kind::Complex128 | Kind::ComplexLongDouble => "(1e+20+0j)",
        Kind::Bytes(_) => "b'N/A'",
        Kind::Str(_) => "'N/A'",
        Kind::Int8 | Kind::Int16 if names_types => "np.int64(999999)",
        Kind::UInt8 | Kind::UInt16 if names_types => "np.uint64(999999)",
        Kind::DateTime64(_) | Kind::TimeDelta64(_) => "NaT",
        Kind::Int8 | Kind::UInt8 | Kind::Int16 | Kind::UInt16 => "999999",
        Kind::Int32 | Kind::UInt32 | Kind::Int64 | Kind::UInt64 => "999999",
        _ => "?",
    }
}

/// The items of an axis that are shown, and where others are left out.
fn shown(len: usize, edge: Option<usize>) -> impl Iterator<Item = Option<usize>> {
    let edge = edge.filter(|edge| edge.saturating_mul(2) < len);
    let (start, end) = edge.map_or((len, len), |edge| (edge, len - edge));
    let dots = edge.map(|_| None);
    (0..start).map(Some).chain(dots).chain((end..len).map(Some))
}

/// The index of an element, in C order.
fn index_of(at: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    let mut rest = at;
    for (slot, &dim) in index.iter_mut().zip(shape).rev() {
        *slot = rest % dim.max(1);
        rest /= dim.max(1);
    }
    index
}
