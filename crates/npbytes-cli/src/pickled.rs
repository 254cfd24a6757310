//! Pickles as inputs: opening them, and finding the part that is meant. Nothing in them is run.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use npbytes::npy::{self, Contents};
use npbytes::pickle::{self, Masked, Node, NumPyValue, Objects, Path, PathStep, Pickle, View};
use npbytes::{Array, ErrorKind, NumPy, Python, literal};

use crate::decode::Loaded;
use crate::failure::{Failure, Result, note, quoted};
use crate::input::Input;
use crate::json::{ArrayInfo, ErrorInfo, MemberInfo, ObjectsInfo, PickleInfo};
use crate::place::failure_in_memory;
use crate::source::Source;

/// How many paths a message lists.
const LISTED: usize = 20;

/// A pickle of an input, and the part of it that is meant.
#[derive(Debug)]
pub(crate) struct Pickled {
    pickle: Pickle,
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
    let pickle = pickle::decode(bytes, &input.pickle_options())
        .map_err(|error| failure_in_memory(source, bytes, &error, 0).shifted(offset))?;
    Ok(Pickled::new(pickle, bytes.clone(), offset))
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
    Ok(Pickled::new(pickle, bytes.clone(), offset))
}

impl Pickled {
    /// A pickle that was read from bytes, which start at an offset of the source.
    pub(crate) fn new(pickle: Pickle, bytes: Bytes, offset: u64) -> Self {
        let trailing = bytes.len().saturating_sub(pickle.len()) as u64;
        Self { pickle, bytes, offset, path: String::new(), trailing }
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

    /// The path of the part, as the library takes it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Says on standard error that something follows the pickle, which is left out.
    pub(crate) fn note_trailing(&self, source: &Source) {
        if self.trailing > 0 {
            let (name, trailing) = (source.name(), self.trailing);
            note(&format!("{name}: {trailing} bytes behind the pickle were left out"));
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
        let failure = failure_in_memory(source, &self.bytes, error, 0).shifted(self.offset);
        match error.kind() {
            ErrorKind::Pickle(message) if message.contains("out-of-band buffer") => {
                failure.with_help("the folder that has them is named by --buffers")
            }
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
        Ok(Loaded { array, trailing: self.trailing })
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
        let mut paths = self.pickle.arrays().filter_map(|found| Some(found.ok()?.0.to_string()));
        let mut names: Vec<String> = paths.by_ref().take(LISTED).collect();
        let more = paths.count();
        let count = names.len() + more;
        let example = names.first().map(|first| source.whole().with_member(first).argument());
        if more > 0 {
            names.push(format!("{more} others"));
        }
        let failure = Failure::new(source.name(), format!("a pickle of {count} arrays: say which"))
            .with_help(format!("they are: {}", names.join(", ")));
        match example {
            Some(example) => failure.with_help(format!("write {}, for example", quoted(&example))),
            None => failure,
        }
    }

    /// What there is to say of the whole.
    pub(crate) fn info(&self, input: &Input) -> PickleInfo {
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
            arrays: self.arrays().filter(|found| found.is_ok()).count(),
            objects,
            numpy_modules,
            more_pickles: self.more(input),
        }
    }

    /// What would be called that is not NumPy's and no plain data, and how NumPy's own modules are called.
    fn globals(&self) -> (Vec<ObjectsInfo>, Vec<&'static str>) {
        const NAMINGS: [&str; 2] = ["numpy._core", "numpy.core"];
        let mut objects: Vec<ObjectsInfo> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut namings = Vec::new();
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
                View::Object(_) if node.bytes().is_none() && matches!(node.numpy(), Ok(None)) => {
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
    fn more(&self, input: &Input) -> usize {
        let options = input.pickle_options();
        let mut rest = self.bytes.slice(self.pickle.len().min(self.bytes.len())..);
        let mut count = 0;
        while !rest.is_empty() {
            match pickle::split(&rest, &options) {
                Ok((_, behind)) => rest = behind,
                Err(_) => break,
            }
            count += 1;
        }
        count
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
            for found in self.arrays() {
                infos.push(match found {
                    Ok((path, value)) => self.member(&path.to_string(), &value, numpy),
                    Err(error) => self.broken(source, &error),
                });
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
            damaged: matches!(error.kind(), ErrorKind::Pickle(_)),
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
            NumPyValue::Masked(Masked { data, .. }) => {
                ArrayInfo { class: Some("MaskedArray"), ..dense(data) }
            }
            NumPyValue::Objects(Objects { dtype, shape, fortran, class, .. }) => ArrayInfo {
                class: class_name(*class),
                ..ArrayInfo::new(dtype.dtype(), shape, *fortran, None, numpy)
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
