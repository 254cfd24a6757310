//! One pickle at a time: read, written back, made from nothing.

use std::collections::HashMap;

use bytes::Bytes;
use npbytes::pickle::{self, ArrayObject, OutOfBand, Pickle, ReadOptions, WriteOptions};
use npbytes::{Array, ArrayView, DType, Limits, Profile, literal};

use super::build::{self, Stop};
use super::compare::{Comparison, Elements, masked};
use super::manifest::{Case, Dump, Manifest, Way};
use super::{Ours, Pickles, Tally, files};
use crate::bridge;
use crate::environment::Environment;
use crate::error::Result;
use crate::matrix::catalogue::TypeCase;
use crate::matrix::layout::Memory;
use crate::matrix::{ArrayCase, Matrix};
use crate::roundtrip::byte_difference;
use crate::script;

/// What is written for a case: the pickle, and the buffers beside it where they were asked for.
type Written = (Vec<u8>, Vec<OutOfBand>);

/// Why nothing is written as Python 2 writes it.
pub(super) const PYTHON2: &str = "the picklers of Python 2 count references, and are not imitated";

/// Why bytes of the family `traps` may differ.
const TRAP: &str = "texts that are one object, or two, by what made them";

/// How npbytes is to write a case.
trait Source {
    /// The pickle in a way, made from nothing.
    fn encode(&self, way: Way, profile: Profile) -> Result<Written, Stop>;

    /// What to know of an array of the matrix.
    fn subject(&self) -> Option<&Subject<'_>> {
        None
    }
}

/// The family of a value, or of a file.
pub(super) fn family(manifest: &Manifest, name: &str, word: &str) -> String {
    let first = name.split('.').next().unwrap_or_default();
    if word.starts_with("np") {
        "files".to_owned()
    } else if manifest.families.contains(first) {
        first.to_owned()
    } else {
        "arrays".to_owned()
    }
}

/// Goes through all cases of an environment.
pub(super) fn run(
    matrix: &Matrix,
    environment: &Environment,
    manifest: &Manifest,
    ours: &mut Ours,
    found: &mut Pickles,
) -> Result<()> {
    let profile = match environment.profile() {
        Ok(profile) => profile,
        Err(error) => {
            found.mismatch("profile", error.to_string());
            return Ok(());
        }
    };
    let mut checker = Checker { environment, manifest, profile, ours, found };
    let arrays: HashMap<&str, &ArrayCase> =
        matrix.arrays.iter().map(|case| (case.name.as_str(), case)).collect();
    let mut made = 0;
    for case in &manifest.cases {
        match (&case.value, arrays.get(case.name.as_str())) {
            (Some(value), _) => {
                let built = build::build(manifest, value);
                checker.case(case, &Described { built })?;
            }
            (None, Some(&array)) => {
                made += 1;
                checker.array(matrix, case, array)?;
            }
            (None, None) => checker.found.mismatch(&case.name, "is not in the matrix"),
        }
    }
    let possible = matrix.arrays.iter();
    let possible =
        possible.filter(|case| script::skip_array(matrix, case, environment).is_none()).count();
    if made != possible {
        let what = format!("{made} arrays were pickled, the matrix has {possible}");
        checker.found.mismatch("arrays", what);
    }
    files::run(environment, manifest, profile, ours, found)
}

/// A value that was built from its description, or why it was not.
struct Described {
    built: Result<Pickle, Stop>,
}

impl Source for Described {
    fn encode(&self, way: Way, profile: Profile) -> Result<Written, Stop> {
        match &self.built {
            Ok(pickle) => write(pickle, way, profile),
            Err(Stop::Skip(reason)) => Err(Stop::Skip(reason)),
            Err(Stop::Fail(what)) => Err(Stop::Fail(what.clone())),
        }
    }
}

/// An array of the matrix.
struct Subject<'a> {
    case: &'a ArrayCase,
    ty: &'a TypeCase,
    view: ArrayView<'a>,
    /// The same as an array that lies as the view does, where that is in some order.
    array: Array,
    strided: bool,
    made: Vec<u8>,
    native: Vec<u8>,
    used: Vec<bool>,
}

impl Source for Subject<'_> {
    fn encode(&self, way: Way, profile: Profile) -> Result<Written, Stop> {
        let mut graph = Pickle::new();
        let root = graph.array(ArrayObject::new(self.array.clone()).strided(self.strided));
        graph.set_root(root);
        let built = write(&graph, way, profile)?;
        if !way.out_of_band {
            let options = WriteOptions::default().profile(profile).protocol(way.protocol);
            let direct = pickle::encode(&self.view, &options)?;
            if let Some(difference) = byte_difference(&built.0, &direct) {
                return Err(Stop::Fail(format!("Pickle::array and encode differ: {difference}")));
            }
        }
        Ok(built)
    }

    fn subject(&self) -> Option<&Subject<'_>> {
        Some(self)
    }
}

impl Subject<'_> {
    fn new<'a>(
        ty: &'a TypeCase,
        case: &'a ArrayCase,
        dtype: &DType,
        memory: &'a Memory,
        made: Vec<u8>,
    ) -> npbytes::Result<Subject<'a>> {
        let view = bridge::view(case, dtype, memory)?;
        let shape = view.shape().clone();
        let (array, strided) = match view.axis_order() {
            Some(order) => {
                // Contiguous in some order: the elements lie together, from the offset on.
                let data = &memory.bytes[memory.offset..memory.offset + made.len()];
                let data = Bytes::copy_from_slice(data);
                (Array::new(dtype.clone(), shape, order, data)?, false)
            }
            None => {
                // Padding is not moved with the elements.
                let data = Bytes::from(masked(&made, &ty.ty.used_bytes()));
                (Array::new(dtype.clone(), shape, npbytes::AxisOrder::C, data)?, true)
            }
        };
        let little = TypeCase { ty: ty.ty.in_order('<'), ..ty.clone() };
        let native = if dtype.is_native() { made.clone() } else { case.elements(&little) };
        let used = ty.ty.used_bytes();
        Ok(Subject { case, ty, view, array, strided, made, native, used })
    }

    /// May NumPy have copied element by element, which leaves padding to chance?
    fn padding_is_lost(&self) -> bool {
        self.used.contains(&false) && !self.view.is_c_contiguous() && !self.view.is_f_contiguous()
    }

    /// Is the only difference in padding bytes? For a pickle that is not NumPy's to the byte.
    fn equal_but_for_padding(
        &self,
        ours: &[u8],
        theirs: &Bytes,
        way: Way,
        profile: Profile,
    ) -> Option<String> {
        if way.protocol < 3 {
            // Bytes are text of a length that depends on them: the same elements, NumPy's padding included.
            let again = pickle::decode(theirs, &ReadOptions::default())
                .and_then(|pickle| pickle.root().array())
                .and_then(|array| {
                    let options = WriteOptions::default().profile(profile).protocol(way.protocol);
                    pickle::encode(&array.view(), &options)
                });
            return match again {
                Ok(again) => byte_difference(&again, theirs),
                Err(error) => Some(error.to_string()),
            };
        }
        let ends_at = |end: usize| {
            let start = ours.len().checked_sub(end)?.checked_sub(self.made.len())?;
            let data = ours.get(start..start + self.made.len())?;
            (masked(data, &self.used) == masked(&self.made, &self.used)).then_some(start)
        };
        let mut difference = Some("the elements are not where they were expected".to_owned());
        // They stand near the end; where there is nothing but padding, they are not told from what follows.
        for start in (0..32).filter_map(ends_at) {
            let end = start + self.made.len();
            let without = |bytes: &[u8]| {
                let parts = [bytes.get(..start), bytes.get(start..end), bytes.get(end..)];
                let [head, data, tail] = parts.map(Option::unwrap_or_default);
                [head, &masked(data, &self.used), tail].concat()
            };
            difference = byte_difference(&without(ours), &without(theirs));
            if difference.is_none() {
                break;
            }
        }
        difference
    }
}

fn write(pickle: &Pickle, way: Way, profile: Profile) -> Result<Written, Stop> {
    let options = WriteOptions::default().profile(profile).protocol(way.protocol);
    Ok(if way.out_of_band {
        pickle.encode_out_of_band(&options)?
    } else {
        (pickle.encode(&options)?, Vec::new())
    })
}

/// What the checks of one environment share.
struct Checker<'a> {
    environment: &'a Environment,
    manifest: &'a Manifest,
    profile: Profile,
    ours: &'a mut Ours,
    found: &'a mut Pickles,
}

/// How npbytes' pickle compares with NumPy's.
enum Verdict {
    ByteExact,
    ValueEqual,
    Skipped(&'static str),
}

impl<'a> Checker<'a> {
    fn array(&mut self, matrix: &Matrix, case: &Case, array: &ArrayCase) -> Result<()> {
        let ty = matrix.type_of(array);
        let elements = array.elements(ty);
        let memory = array.layout.memory(&array.shape, ty.ty.itemsize(), &elements);
        let subject =
            dtype(ty).and_then(|dtype| Subject::new(ty, array, &dtype, &memory, elements));
        match subject {
            Ok(subject) => self.case(case, &subject),
            Err(error) => {
                self.found.mismatch(&case.name, format!("no array: {error}"));
                Ok(())
            }
        }
    }

    fn case(&mut self, case: &Case, source: &dyn Source) -> Result<()> {
        for dump in &case.dumps {
            let mut tally = Tally { cases: 1, ..Tally::default() };
            let mut problems = Vec::new();
            self.dump(case, dump, source, &mut tally, &mut problems)?;
            self.found
                .tallies
                .entry((case.family.clone(), dump.way.word()))
                .or_default()
                .add(&tally);
            let name = format!("{} ({})", case.name, dump.way.word());
            problems.into_iter().for_each(|problem| self.found.mismatch(&name, problem));
        }
        Ok(())
    }

    fn dump(
        &mut self,
        case: &Case,
        dump: &Dump,
        source: &dyn Source,
        tally: &mut Tally,
        problems: &mut Vec<String>,
    ) -> Result<()> {
        let built = if self.environment.is_python2() {
            Err(Stop::Skip(PYTHON2))
        } else {
            source.encode(dump.way, self.profile)
        };
        let theirs = match &dump.pickle {
            Ok(theirs) => theirs,
            Err(error) => {
                match built {
                    Err(Stop::Fail(_)) => tally.refused += 1,
                    Err(Stop::Skip(_)) => {
                        *tally.skipped.entry("NumPy refuses, and it is not built").or_default() +=
                            1;
                    }
                    Ok((bytes, _)) => problems
                        .push(format!("writes {} bytes, Python refuses: {error}", bytes.len())),
                }
                return Ok(());
            }
        };
        let options = ReadOptions::with_limits(Limits::default())
            .buffers(dump.buffers.iter().map(|(data, _)| data.clone()).collect());
        let read = match pickle::decode(theirs, &options) {
            Ok(read) => read,
            Err(error) => {
                problems.push(format!("cannot be read: {error}"));
                return Ok(());
            }
        };
        match self.compare(&read, dump, source) {
            Ok(true) => tally.read += 1,
            Ok(false) => {
                *tally.not_compared.entry("Python cannot load what it wrote").or_default() += 1;
            }
            Err(problem) => problems.push(format!("read: {problem}")),
        }
        let again = self.rewritten(&read, theirs, dump, tally, problems);
        let verdict = match &built {
            Err(Stop::Skip(reason)) => Ok(Verdict::Skipped(reason)),
            Err(Stop::Fail(error)) => Err(format!("cannot be made: {error}")),
            Ok(built) => match self.verdict(built, theirs, dump, source) {
                // Which texts are one object is known to the interpreter alone.
                Err(_) if case.family == "traps" => Ok(Verdict::Skipped(TRAP)),
                Err(problem) => self.excuse(theirs, dump.way).map(Verdict::Skipped).ok_or(problem),
                verdict => verdict,
            },
        };
        match verdict {
            Ok(Verdict::ByteExact) => tally.byte_exact += 1,
            Ok(Verdict::ValueEqual) => tally.value_equal += 1,
            Ok(Verdict::Skipped(reason)) => *tally.skipped.entry(reason).or_default() += 1,
            Err(problem) => problems.push(problem),
        }
        if let Some((bytes, buffers)) = built.ok().or(again) {
            let buffers = dump.way.out_of_band.then_some(buffers.as_slice());
            self.ours.add(&case.name, &dump.way.word(), &bytes, buffers)?;
        }
        Ok(())
    }

    /// What was read beside what Python loads; nothing to compare with where it loads nothing.
    fn compare(&self, read: &Pickle, dump: &Dump, source: &dyn Source) -> Result<bool, String> {
        let Ok(number) = dump.loaded else { return Ok(false) };
        let row = self.manifest.loaded.get(number).ok_or("no such description")?;
        let subject = source.subject();
        let elements = subject.map(|it| Elements { made: &it.made, native: &it.native });
        let mut comparison = Comparison::new(self.manifest, elements);
        if self.environment.is_python2() {
            comparison = comparison.unordered();
        }
        if self.environment.numpy_version() < (1, 22) {
            comparison = comparison.keeping_empty_orders();
        }
        comparison.value(read.root(), row).map(|()| true)
    }

    /// What was read, written back.
    fn rewritten(
        &self,
        read: &Pickle,
        theirs: &Bytes,
        dump: &Dump,
        tally: &mut Tally,
        problems: &mut Vec<String>,
    ) -> Option<Written> {
        if self.environment.is_python2() {
            *tally.not_rewritten.entry(PYTHON2).or_default() += 1;
            return None;
        }
        match write(read, dump.way, self.profile) {
            Ok(written) => {
                match (differences(&written, theirs, dump), self.excuse(theirs, dump.way)) {
                    (None, _) => tally.rewritten += 1,
                    (Some(_), Some(reason)) => {
                        *tally.not_rewritten.entry(reason).or_default() += 1;
                    }
                    (Some(what), None) => problems.push(format!("written back: {what}")),
                }
                Some(written)
            }
            Err(Stop::Fail(what)) => {
                problems.push(format!("cannot be written back: {what}"));
                None
            }
            Err(Stop::Skip(_)) => None,
        }
    }

    /// Why the bytes of an old CPython may differ.
    fn excuse(&self, theirs: &[u8], way: Way) -> Option<&'static str> {
        let python = self.environment.python_version();
        let byte_array = || theirs.windows(9).any(|part| part == b"bytearray");
        if python < (3, 7) && way.protocol == 0 {
            Some("CPython 3.6 writes numbers and texts of protocol 0 in another way")
        } else if python < (3, 7) && way.protocol == 4 && !(16..1 << 16).contains(&theirs.len()) {
            Some("CPython 3.6 frames the smallest pickles, and long texts and bytes, too")
        } else if python < (3, 8) && way.protocol < 3 && byte_array() {
            Some("CPython before 3.8 has another form of bytearray below protocol 3")
        } else {
            None
        }
    }

    fn verdict(
        &self,
        built: &Written,
        theirs: &Bytes,
        dump: &Dump,
        source: &dyn Source,
    ) -> Result<Verdict, String> {
        let Some(difference) = differences(built, theirs, dump) else {
            return Ok(Verdict::ByteExact);
        };
        match source.subject() {
            Some(subject) if subject.padding_is_lost() => {
                match subject.equal_but_for_padding(&built.0, theirs, dump.way, self.profile) {
                    None => Ok(Verdict::ValueEqual),
                    Some(what) => Err(format!("made, padding aside: {what}")),
                }
            }
            Some(subject) => {
                let (name, ty) = (&subject.case.name, &subject.ty.name);
                Err(format!("made ({name} of {ty}): {difference}"))
            }
            None => Err(format!("made: {difference}")),
        }
    }
}

/// The first difference of pickle or buffers.
fn differences((ours, buffers): &Written, theirs: &Bytes, dump: &Dump) -> Option<String> {
    if let Some(difference) = byte_difference(ours, theirs) {
        return Some(difference);
    }
    if buffers.len() != dump.buffers.len() {
        return Some(format!("{} buffers, Python has {}", buffers.len(), dump.buffers.len()));
    }
    buffers.iter().zip(&dump.buffers).enumerate().find_map(|(index, (ours, (data, read_only)))| {
        if ours.read_only != *read_only {
            return Some(format!("buffer {index}: read only is {}", ours.read_only));
        }
        byte_difference(&ours.data, data).map(|what| format!("buffer {index}: {what}"))
    })
}

/// The dtype of a case as it was made, which no file has forgotten anything of.
fn dtype(ty: &TypeCase) -> npbytes::Result<DType> {
    let escaped = ty.descr().unwrap_or_default().contains('\\');
    let dtype =
        if ty.python.is_none() && !escaped { bridge::build(&ty.ty)? } else { bridge::dtype(ty)? };
    Ok(match ty.python {
        Some(text) if text.contains("metadata") => {
            let key = literal::Value::Str(npbytes::PyStr::from("k"));
            dtype.with_metadata(Some(literal::Value::Dict(vec![(key, literal::Value::Int(1))])))
        }
        _ => dtype,
    })
}
