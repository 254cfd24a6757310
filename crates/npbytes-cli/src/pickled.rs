//! Pickles as inputs: opening them, and finding the part that is meant. Nothing in them is run.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use npbytes::npy::{self, Contents};
use npbytes::pickle::{self, Node, NumPyValue, Path, PathStep, Pickle, View};
use npbytes::{Array, ErrorKind, NumPy, Python, literal};

use crate::decode::Loaded;
use crate::failure::{Failure, Result, note, quoted};
use crate::input::Input;
use crate::json::{ArrayInfo, ErrorInfo, MemberInfo, ObjectsInfo, PickleInfo};
use crate::place::failure_in_memory;
use crate::source::Source;

/// How many paths a message lists.
const LISTED: usize = 20;

/// How many characters a message shows of each.
const WIDEST: usize = 100;

/// What a pickle was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// From a file of pickles.
    Pickle,
    /// From a .npy file of objects.
    Npy,
    /// It was made of a message of msgpack.
    Message,
}

/// A pickle of an input, and the part of it that is meant.
#[derive(Debug)]
pub(crate) struct Pickled {
    pickle: Pickle,
    origin: Origin,
    /// How it was read.
    options: pickle::ReadOptions,
    /// What is to be said where a buffer is missing.
    buffers_help: Option<String>,
    /// What it was read from, and where that starts in the source.
    bytes: Bytes,
    offset: u64,
    /// The path of the part, as the library takes it; empty for all of it.
    path: String,
    /// How many bytes follow it.
    pub(crate) trailing: u64,
}

/// The pickle at the start of bytes, which start at an offset of the source.
///
/// # Errors
/// What is no pickle, and a path that leads nowhere.
pub(crate) fn of_bytes(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    offset: u64,
) -> Result<Pickled> {
    let options = input.pickle_options();
    let pickle = pickle::decode(bytes, &options)
        .map_err(|error| no_pickle(source, bytes, &error).shifted(offset))?;
    let buffers_help = input.buffers_help();
    Ok(Pickled { options, buffers_help, ..Pickled::new(pickle, bytes.clone(), offset) })
}

/// The failure of what cannot be read as a pickle, which it may not be at all.
pub(crate) fn no_pickle(source: &Source, bytes: &[u8], error: &npbytes::Error) -> Failure {
    let failure = failure_in_memory(source, bytes, error, 0);
    // What names its protocol is one, and what is cut off may have been.
    let is_one =
        bytes.first() == Some(&0x80) || matches!(error.kind(), ErrorKind::Truncated { .. });
    if is_one || bytes.is_empty() || !matches!(error.kind(), ErrorKind::Pickle(_)) {
        return failure;
    }
    failure
        .with_prefix("this is no pickle, or a damaged one")
        .with_help(format!("to see what it may be: npbytes info {}", quoted(&source.argument())))
}

/// The pickle in a .npy file of objects at the start of bytes, which start at an offset of the source.
///
/// # Errors
/// What is no such file.
pub(crate) fn of_npy(
    source: &Source,
    input: &Input,
    bytes: &Bytes,
    offset: u64,
) -> Result<Pickled> {
    let wrong = |error: npbytes::Error| failure_in_memory(source, bytes, &error, 0).shifted(offset);
    let contents = npy::decode_contents(bytes, &input.npy_options()).map_err(wrong)?;
    let Contents::Objects(pickle) = contents else {
        return Err(Failure::new(source.name(), "expected an array of objects"));
    };
    let pickled = Pickled::new(pickle, bytes.clone(), offset);
    Ok(Pickled { origin: Origin::Npy, options: input.pickle_options(), ..pickled })
}

impl Pickled {
    /// A pickle that was read from bytes, which start at an offset of the source.
    pub(crate) fn new(pickle: Pickle, bytes: Bytes, offset: u64) -> Self {
        let trailing = bytes.len().saturating_sub(pickle.len()) as u64;
        Self {
            pickle,
            origin: Origin::Pickle,
            options: pickle::ReadOptions::default(),
            buffers_help: None,
            bytes,
            offset,
            path: String::new(),
            trailing,
        }
    }

    /// What was made of a message of msgpack.
    pub(crate) fn of_message(pickle: Pickle) -> Self {
        Self { origin: Origin::Message, trailing: 0, ..Self::new(pickle, Bytes::new(), 0) }
    }

    /// The protocol that it is written in; none where it is not a pickle by itself.
    pub(crate) fn protocol(&self) -> Option<u8> {
        if self.origin != Origin::Pickle {
            return None;
        }
        Some(match self.pickle.protocol() {
            // The oldest two do not say which they are.
            0 => {
                let mut lines = pickle::disassemble(&self.bytes, &self.options);
                lines.by_ref().for_each(drop);
                lines.highest_protocol().unwrap_or(0).min(1)
            }
            protocol => protocol,
        })
    }

    /// The part that is meant as a pickle of its own.
    ///
    /// # Errors
    /// A path that leads nowhere.
    pub(crate) fn to_pickle(&self) -> npbytes::Result<Pickle> {
        let node = self.node()?;
        let mut pickle = node.pickle().clone();
        pickle.set_root(node.value());
        Ok(pickle)
    }

    /// The part at a path that the library wrote.
    pub(crate) fn part(self: &Arc<Self>, path: String) -> Part {
        Part { pickled: Arc::clone(self), path }
    }

    /// The part at a path.
    ///
    /// # Errors
    /// A path that leads nowhere.
    pub(crate) fn at(mut self, source: &Source, path: Option<&str>) -> Result<Self> {
        let path = path.unwrap_or_default();
        // A name alone is a key, so that a shell needs no quotes for it, and one with dots may be a whole key.
        let mut spellings = spellings(path).into_iter();
        self.path = spellings.next().unwrap_or_default();
        let Err(error) = self.node() else { return Ok(self) };
        let found = spellings.find(|spelling| self.pickle.find(spelling).is_ok());
        self.path = found.ok_or_else(|| self.failure(&source.whole(), &error).without_offset())?;
        Ok(self)
    }

    /// The part that is meant.
    ///
    /// # Errors
    /// A path that leads nowhere, which is found out when it is set.
    pub(crate) fn node(&self) -> npbytes::Result<Node<'_>> {
        self.pickle.find(&self.path)
    }

    /// What a path leads to that the library wrote.
    ///
    /// # Errors
    /// A path that leads nowhere.
    pub(crate) fn find(&self, path: &str) -> npbytes::Result<Node<'_>> {
        self.pickle.find(path)
    }

    /// The path of the part, as the library takes it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Says on standard error that something follows the pickle, which is left out.
    pub(crate) fn note_trailing(&self, source: &Source) {
        if self.trailing > 0 {
            let (name, trailing, more) = (source.name(), self.trailing, self.more_words());
            note(&format!("{name}: {trailing} bytes behind the pickle were left out{more}"));
        }
    }

    /// Says on standard error that something follows the pickle.
    pub(crate) fn note_more(&self, source: &Source) {
        if self.trailing > 0 {
            let (name, trailing, more) = (source.name(), self.trailing, self.more_words());
            note(&format!("{name}: {trailing} bytes follow the pickle{more}"));
        }
    }

    /// What is among the bytes that follow the pickle.
    fn more_words(&self) -> String {
        let next = self.offset.saturating_add(self.pickle.len() as u64);
        match self.more() {
            0 => String::new(),
            1 => format!(", with 1 more pickle, at --offset {next}"),
            more => format!(", with {more} more pickles, the next at --offset {next}"),
        }
    }

    /// Says on standard error that a mask is left out.
    pub(crate) fn note_mask(&self, source: &Source) {
        let name = source.name();
        note(&format!("{name}: a mask was left out; what it hides is written as it is"));
    }

    /// Whether a part of the pickle is meant, rather than all of it.
    pub(crate) fn is_part(&self) -> bool {
        !self.path.is_empty()
    }

    /// What is meant, if it is NumPy's.
    ///
    /// # Errors
    /// What names itself NumPy's, and is not as NumPy writes it.
    pub(crate) fn numpy(&self, source: &Source) -> Result<Option<NumPyValue<'_>>> {
        self.node().and_then(|node| node.numpy()).map_err(|error| self.failure(source, &error))
    }

    /// The failure of something in the pickle.
    pub(crate) fn failure(&self, source: &Source, error: &npbytes::Error) -> Failure {
        if self.origin == Origin::Message {
            // Offsets are those of the pickle that was made.
            return Failure::of(source.name(), error, 0).without_offset();
        }
        let failure = failure_in_memory(source, &self.bytes, error, 0).shifted(self.offset);
        match &self.buffers_help {
            Some(help) if is_missing_buffer(error) => failure.with_only_help(help),
            _ => failure,
        }
    }

    /// The array that is meant; if it is none, the only one that is in it.
    ///
    /// # Errors
    /// No array, or several: then they are named.
    pub(crate) fn load(&self, source: &Source) -> Result<Loaded> {
        let node = self.node().map_err(|error| self.failure(source, &error))?;
        let array = match self.numpy(source)? {
            Some(NumPyValue::Masked(masked)) => {
                self.note_mask(source);
                masked.data
            }
            Some(NumPyValue::Array(_) | NumPyValue::Scalar(_) | NumPyValue::Objects(_)) => {
                node.array().map_err(|error| self.failure(source, &error))?
            }
            None if self.is_part() => {
                let message = format!("expected an array, found {}", node.type_name());
                let whole = quoted(&source.whole().argument());
                return Err(Failure::new(source.name(), message)
                    .with_help(format!("the arrays are listed by npbytes ls {whole}")));
            }
            None => self.only(source)?,
            Some(_) => node.array().map_err(|error| self.failure(source, &error))?,
        };
        Ok(Loaded { array, trailing: self.trailing, next: None })
    }

    /// The only array in something that is none.
    fn only(&self, source: &Source) -> Result<Array> {
        let mut arrays = self.pickle.arrays();
        match (arrays.next(), arrays.next()) {
            (None, _) => {
                let name = self.node().map_or_else(|_| "object".into(), |node| node.type_name());
                let message = format!("expected an array, found {name}, and no array is in it");
                let file = quoted(&source.argument());
                Err(Failure::new(source.name(), message)
                    .with_help(format!("to see what it is: npbytes show {file}")))
            }
            (Some(only), None) => {
                let (path, _) = only.map_err(|error| self.failure(source, &error))?;
                let node = self.pickle.find(&path.to_string());
                node.and_then(|node| node.array()).map_err(|error| self.failure(source, &error))
            }
            (Some(_), Some(_)) => Err(self.several(source)),
        }
    }

    /// The failure of several arrays where one belongs, which names them.
    fn several(&self, source: &Source) -> Failure {
        let mut arrays = self.pickle.arrays();
        let paths = arrays.by_ref().filter_map(|found| Some(found.ok()?.0.to_string()));
        let mut names: Vec<String> = paths.take(LISTED).collect();
        let more = arrays.values().filter(|found| found.is_ok()).count();
        let count = names.len() + more;
        let example = names.first().map(|first| source.whole().with_member(first).argument());
        for name in &mut names {
            if let Some((end, _)) = name.char_indices().nth(WIDEST) {
                name.truncate(end);
                name.push_str("...");
            }
        }
        if more > 0 {
            names.push(format!("{more} others"));
        }
        let what = if self.origin == Origin::Message { "a message" } else { "a pickle" };
        let failure = Failure::new(source.name(), format!("{what} of {count} arrays: say which"))
            .with_help(format!("they are: {}", names.join(", ")));
        match example {
            Some(example) => failure.with_help(format!("write {}, for example", quoted(&example))),
            None => failure,
        }
    }

    /// What there is to say of the whole.
    pub(crate) fn info(&self) -> PickleInfo {
        let (objects, numpy_modules) = self.globals();
        let root = self.pickle.root();
        let items = match root.view() {
            View::Dict(pairs) => Some(pairs.len()),
            _ => root.items().map(|items| items.len()),
        };
        PickleInfo {
            protocol: self.pickle.protocol(),
            length: self.pickle.len() as u64,
            root: root.type_name(),
            items,
            arrays: self.pickle.arrays().values().filter(|found| found.is_ok()).count(),
            objects,
            numpy_modules,
            more_pickles: self.more(),
        }
    }

    /// What would be called that is not NumPy's and no plain data, and how NumPy's own modules are called.
    fn globals(&self) -> (Vec<ObjectsInfo>, Vec<&'static str>) {
        const NAMINGS: [&str; 2] = ["numpy._core", "numpy.core"];
        let mut objects: Vec<ObjectsInfo> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut namings = Vec::new();
        let reader = self.pickle.reader();
        for node in self.pickle.nodes() {
            match node.view() {
                View::Global(global) => {
                    let (module, _) = global.path();
                    let naming = NAMINGS.into_iter().find(|naming| {
                        module.strip_prefix(naming).is_some_and(|rest| rest.starts_with('.'))
                    });
                    if let Some(naming) = naming.filter(|naming| !namings.contains(naming)) {
                        namings.push(naming);
                    }
                }
                View::Object(_) if !node.is_bytes() && matches!(reader.numpy(node), Ok(None)) => {
                    let name = node.type_name();
                    let next = objects.len();
                    let place = *places.entry(name.clone()).or_insert(next);
                    match objects.get_mut(place) {
                        Some(found) => found.count += 1,
                        None => objects.push(ObjectsInfo { name, count: 1 }),
                    }
                }
                _ => {}
            }
        }
        (objects, namings)
    }

    /// How many pickles follow this one, one after the other.
    fn more(&self) -> usize {
        let mut rest = self.bytes.slice(self.pickle.len().min(self.bytes.len())..);
        let mut count = 0;
        while !rest.is_empty() {
            match pickle::split(&rest, &self.options) {
                Ok((_, behind)) => rest = behind,
                Err(_) => break,
            }
            count += 1;
        }
        count
    }

    /// How much text there may be about its arrays: some for each of its bytes.
    pub(crate) fn room(&self) -> Room {
        let total = (32_usize << 20).saturating_add(self.pickle.len().saturating_mul(8));
        Room { total, left: total }
    }

    /// Every array, with its path.
    ///
    /// # Errors
    /// Those of single arrays, in their places.
    pub(crate) fn arrays(&self) -> impl Iterator<Item = npbytes::Result<(Path, NumPyValue<'_>)>> {
        self.pickle.arrays()
    }

    /// Tells about all arrays, or about what the path leads to. What is wrong with one is told with it.
    pub(crate) fn described(&self, source: &Source, numpy: NumPy) -> Result<Vec<MemberInfo>> {
        if !self.is_part() {
            let mut infos = Vec::new();
            let mut room = self.room();
            for found in self.arrays() {
                let info = match found {
                    Ok((path, value)) => self.member(&path.to_string(), &value, numpy),
                    Err(error) => self.broken(source, &error),
                };
                if !room.take(text_of(&info)) {
                    let failure = room.failure(source.name(), infos.len());
                    let error = Some(ErrorInfo::from(&failure));
                    infos.push(MemberInfo { error, ..MemberInfo::of_path("...", "pickle") });
                    break;
                }
                infos.push(info);
            }
            return Ok(infos);
        }
        match self.numpy(source)? {
            Some(value) => Ok(vec![self.member(&self.path, &value, numpy)]),
            None => {
                let name =
                    self.node().map_or_else(|_| "object".to_owned(), |node| node.type_name());
                Err(Failure::new(source.name(), format!("expected an array, found {name}"))
                    .with_help(format!("to see it: npbytes show {}", quoted(&source.argument()))))
            }
        }
    }

    fn member(&self, path: &str, value: &NumPyValue<'_>, numpy: NumPy) -> MemberInfo {
        let array = self.array_info(value, numpy);
        let size = array.as_ref().and_then(|array| array.data_length).unwrap_or_default();
        MemberInfo {
            data_offset: array.as_ref().and_then(|array| array.data_offset),
            uncompressed_size: size,
            compressed_size: size,
            array,
            ..MemberInfo::of_path(path, "pickle")
        }
    }

    fn broken(&self, source: &Source, error: &npbytes::Error) -> MemberInfo {
        let failure = self.failure(source, error);
        MemberInfo {
            damaged: matches!(error.kind(), ErrorKind::Pickle(_)) && !is_missing_buffer(error),
            error: Some(ErrorInfo::from(&failure)),
            ..MemberInfo::of_path("?", "pickle")
        }
    }

    /// Tells about an array, a scalar or an array of objects.
    pub(crate) fn array_info(&self, value: &NumPyValue<'_>, numpy: NumPy) -> Option<ArrayInfo> {
        let dense = |array: &Array| {
            let view = array.view();
            let offset = self.offset_of(array.data());
            ArrayInfo::new(view.dtype(), view.shape(), view.is_fortran(), offset, numpy)
        };
        Some(match value {
            NumPyValue::Array(found) => ArrayInfo {
                class: class_name(found.class),
                writeable: Some(found.writeable),
                ..dense(&found.array)
            },
            NumPyValue::Scalar(array) => ArrayInfo { class: Some("scalar"), ..dense(array) },
            NumPyValue::Masked(masked) => {
                ArrayInfo { class: Some("MaskedArray"), ..dense(&masked.data) }
            }
            NumPyValue::Objects(objects) => ArrayInfo {
                class: class_name(objects.class),
                ..ArrayInfo::new(
                    objects.dtype.dtype(),
                    &objects.shape,
                    objects.fortran,
                    None,
                    numpy,
                )
            },
            _ => return None,
        })
    }

    /// Where in the source elements lie; nowhere if they were made of a text, or turned round.
    fn offset_of(&self, data: &Bytes) -> Option<u64> {
        let (start, len) = (self.bytes.as_ptr() as usize, self.bytes.len());
        let at = (data.as_ptr() as usize).checked_sub(start)?;
        (!data.is_empty() && at.checked_add(data.len())? <= len)
            .then(|| self.offset.saturating_add(at as u64))
    }
}

/// How much text about arrays may be held: each has the whole of its path and of its dtype.
#[derive(Debug)]
pub(crate) struct Room {
    total: usize,
    left: usize,
}

impl Room {
    /// Whether there is room for some more bytes.
    pub(crate) fn take(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(0);
        left.is_some()
    }

    /// What is to be said where there is none, behind so many arrays.
    pub(crate) fn failure(&self, subject: String, arrays: usize) -> Failure {
        let total = self.total >> 20;
        let message = format!(
            "the paths and dtypes of the arrays take more than {total} MiB: those behind the first {arrays} \
             were left out"
        );
        Failure::new(subject, message).with_help("single arrays are reached by FILE::PATH")
    }
}

/// How much text there is about an array.
fn text_of(info: &MemberInfo) -> usize {
    let array = info.array.as_ref();
    let dtype = array.map_or(0, |array| {
        array.dtype.len().saturating_add(array.descr.as_ref().map_or(0, String::len))
    });
    let error = info.error.as_ref().map_or(0, |error| error.message.len());
    info.key.len().saturating_add(dtype).saturating_add(error)
}

/// Whether all that is wrong is that a buffer beside the pickle was not handed in.
pub(crate) fn is_missing_buffer(error: &npbytes::Error) -> bool {
    match error.kind() {
        ErrorKind::Pickle(message) | ErrorKind::Unsupported(message) => {
            message.contains("the out-of-band buffer")
        }
        _ => false,
    }
}

/// A part of a pickle that is to be written on its own.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pickled: Arc<Pickled>,
    path: String,
}

impl Part {
    /// All of a pickle that is at hand.
    pub(crate) fn of(pickle: Pickle) -> Self {
        let pickled = Arc::new(Pickled::new(pickle, Bytes::new(), 0));
        Self { pickled, path: String::new() }
    }

    /// The part as a pickle of its own.
    pub(crate) fn to_pickle(&self) -> npbytes::Result<Pickle> {
        let node = self.pickled.pickle.find(&self.path)?;
        let mut pickle = node.pickle().clone();
        pickle.set_root(node.value());
        Ok(pickle)
    }
}

/// A path as a name of a file or of a member of an archive: `tree_/nodes`.
pub(crate) fn name_of(path: &Path) -> String {
    let words: Vec<String> = path
        .steps()
        .iter()
        .map(|step| match step {
            PathStep::Key(key) => {
                key.as_str().map_or_else(|| key.repr(Python::default()), str::to_owned)
            }
            PathStep::Index(index) | PathStep::Item(index) => index.to_string(),
            PathStep::Attribute(name) => name.clone(),
            step => step.to_string().trim_matches(['[', ']']).to_owned(),
        })
        .collect();
    words.join("/")
}

/// The name of a class other than the usual one.
fn class_name(class: pickle::ArrayClass) -> Option<&'static str> {
    Some(match class {
        pickle::ArrayClass::NdArray => return None,
        pickle::ArrayClass::Matrix => "matrix",
        pickle::ArrayClass::MemMap => "memmap",
        pickle::ArrayClass::RecArray => "recarray",
        pickle::ArrayClass::CharArray => "chararray",
        _ => "other",
    })
}

/// What a path may mean, as the library takes it: itself, or a key without brackets and quotes, whole or up to the next
/// step.
fn spellings(path: &str) -> Vec<String> {
    if path.is_empty() || path.starts_with(['[', '.', '{']) {
        return vec![path.to_owned()];
    }
    let key = |name: &str| format!("[{}]", literal::repr_str(&name.into(), Python::default()));
    let (name, rest) = path.split_at(path.find(['[', '.', '{']).unwrap_or(path.len()));
    vec![key(name) + rest, key(path)]
}
