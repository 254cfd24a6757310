//! Which archives are made: every dtype of the matrix, and what is special about archives. As the
//! matrix, data only.

use crate::environment::Environment;
use crate::matrix::catalogue::Depth;
use crate::matrix::{ArrayCase, Encoding, Matrix};
use crate::script;

/// How an archive becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// `np.savez(file, ...)`
    Stored,
    /// `np.savez_compressed(file, ...)`
    Deflated,
    /// `np.savez` to what can only be written to.
    Pipe,
    /// `np.savez_compressed` to what can only be written to.
    DeflatedPipe,
    /// npbytes' own: stored members whose elements are aligned. NumPy loads it.
    Aligned,
    /// The same for what can only be written to.
    AlignedPipe,
    /// npbytes' own: deflated as quickly as can be. NumPy loads it.
    Fast,
    /// The same for what can only be written to.
    FastPipe,
}

impl Form {
    /// Those that NumPy writes.
    pub const NUMPY: [Form; 4] = [Form::Stored, Form::Deflated, Form::Pipe, Form::DeflatedPipe];
    /// Those that only npbytes writes.
    pub const OURS: [Form; 4] = [Form::Aligned, Form::AlignedPipe, Form::Fast, Form::FastPipe];

    /// A word for file names, scripts and the table.
    pub fn word(self) -> &'static str {
        match self {
            Form::Stored => "npz",
            Form::Deflated => "npz-deflated",
            Form::Pipe => "npz-pipe",
            Form::DeflatedPipe => "npz-deflated-pipe",
            Form::Aligned => "npz-aligned",
            Form::AlignedPipe => "npz-aligned-pipe",
            Form::Fast => "npz-fast",
            Form::FastPipe => "npz-fast-pipe",
        }
    }

    /// The form of a word.
    pub fn of(word: &str) -> Option<Form> {
        Form::NUMPY.into_iter().chain(Form::OURS).find(|form| form.word() == word)
    }

    /// The form that a file has where this one is for a pipe.
    pub fn seekable(self) -> Form {
        match self {
            Form::Pipe => Form::Stored,
            Form::DeflatedPipe => Form::Deflated,
            Form::AlignedPipe => Form::Aligned,
            Form::FastPipe => Form::Fast,
            seekable => seekable,
        }
    }
}

/// One call of `np.savez`.
#[derive(Clone, Debug)]
pub struct ArchiveCase {
    /// Unique; a part of file names.
    pub name: String,
    /// Positional arguments, as indices into [`Matrix::arrays`].
    pub positional: Vec<usize>,
    /// Keyword arguments.
    pub named: Vec<(String, usize)>,
    /// So many more keyword arguments, `m0` and on, with the arrays in turn.
    pub many: (usize, Vec<usize>),
    /// The forms that NumPy writes.
    pub forms: Vec<Form>,
    /// Whether NumPy leaves struct padding to chance when it writes some of the arrays.
    pub padding_is_lost: bool,
}

impl ArchiveCase {
    fn new(name: impl Into<String>) -> ArchiveCase {
        ArchiveCase {
            name: name.into(),
            positional: Vec::new(),
            named: Vec::new(),
            many: (0, Vec::new()),
            forms: Form::NUMPY.to_vec(),
            padding_is_lost: false,
        }
    }

    /// The keyword arguments, all of them.
    pub fn keywords(&self) -> Vec<(String, usize)> {
        let (count, arrays) = &self.many;
        let more = (0..*count).map(|i| (format!("m{i}"), arrays[i % arrays.len()]));
        self.named.iter().cloned().chain(more).collect()
    }

    /// How many members it has.
    pub fn len(&self) -> usize {
        self.positional.len() + self.named.len() + self.many.0
    }

    /// Has it no members?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Keys whose member names are more than letters.
const ODD: [&str; 48] = [
    "a/b",
    "a/",
    "a//b",
    "/absolute",
    "../up",
    "..",
    ".",
    "./here",
    "a/../../b",
    "back\\slash",
    "..\\up",
    "C:\\windows",
    "",
    ".npy",
    "x.npy",
    "x",
    "x.npy.npy",
    ".hidden",
    " ",
    "two words",
    " around ",
    "tab\t",
    "new\nline",
    "cr\r",
    "quote'",
    "double\"",
    "percent%s",
    "star*?",
    "colon:",
    "~",
    "self",
    "args",
    "kwds",
    "con",
    "\u{1}\u{1f}\u{7f}",
    "é",
    "\u{80}\u{9f}\u{a0}",
    "λ/μ",
    "日本語",
    "e\u{301}",
    "\u{200b}",
    "\u{feff}",
    "\u{ffff}",
    "😀",
    "😀/😀.npy",
    "\u{10ffff}",
    "\u{202e}rtl",
    "PK\u{3}\u{4}",
];

/// All of them.
pub fn cases(matrix: &Matrix) -> Vec<ArchiveCase> {
    let index = |name: &str| {
        let found = matrix.arrays.iter().position(|case| case.name == name);
        found.unwrap_or_else(|| panic!("the matrix has no {name}"))
    };
    let mut all = of_types(matrix);
    let some = ["f8.2x3.C", "i4.2x3.F", "u1.0d.C", "f8-be.5.C", "bytes5.2x3.C", "struct.5.C"];
    let some: Vec<usize> = some.into_iter().map(index).collect();
    let more = ["date-8-ns.2x3.F", "f8.3x0.C", "f8.0.C", "str3.0d.C", "f8.7.broadcast"];
    let mixed: Vec<usize> = some.iter().copied().chain(more.into_iter().map(index)).collect();
    let mut add = |name: &str, positional: &[usize], named: &[(&str, usize)]| {
        let mut case = ArchiveCase::new(name);
        case.positional = positional.to_vec();
        case.named = named.iter().map(|&(key, array)| (key.to_owned(), array)).collect();
        all.push(case);
    };
    add("none", &[], &[]);
    add("one", &[some[0]], &[]);
    add("positional", &mixed, &[]);
    add("named", &[], &[("z", mixed[0]), ("a", mixed[1]), ("m", mixed[6]), ("arr_1", mixed[7])]);
    add("both", &mixed[..4], &[("weights", mixed[4]), ("bias", mixed[5]), ("arr_9", mixed[2])]);
    add("clash", &some[..2], &[("arr_0", some[2])]);
    let odd: Vec<(&str, usize)> = (0..ODD.len()).map(|i| (ODD[i], some[i % some.len()])).collect();
    add("odd-names", &[], &odd);
    add("nul-names", &[], &[("a\0b", some[0]), ("folder/\0", some[1]), ("x.npy\0", some[2])]);
    add("nul-duplicates", &[], &[("a\0b", some[0]), ("a", some[1]), ("a\0c", some[2])]);
    add("nul-alone", &[], &[("\0", some[0])]);
    add("name-60000", &[], &[(&"n".repeat(60_000), some[0]), (&"λ".repeat(30_000), some[1])]);
    add("name-longest", &[], &[(&"n".repeat(65_531), some[0])]);
    add("name-longest-utf-8", &[], &[(&format!("{}n", "é".repeat(32_765)), some[0])]);
    add("name-too-long", &[], &[("a", some[1]), (&"n".repeat(65_532), some[0])]);
    add("name-too-long-utf-8", &[], &[(&"é".repeat(32_766), some[0])]);
    let (a, b, c, d) = (some[0], some[1], some[2], some[3]);
    add("edit-base", &[], &[("a", a), ("b", b), ("c", c), ("d", d), ("é", some[4])]);
    // What `edits` makes of it: `c` removed, `b` replaced, two more.
    let edited = [("a", a), ("d", d), ("é", some[4]), ("b", some[5]), ("e", b), ("λ/f", mixed[6])];
    add("edit-result", &[], &edited);
    let mut many = |count: usize, arrays: &[usize], forms: &[Form]| {
        let mut case = ArchiveCase::new(format!("many-{count}"));
        (case.many, case.forms) = ((count, arrays.to_vec()), forms.to_vec());
        all.push(case);
    };
    many(1000, &mixed, &Form::NUMPY);
    // Each side of what the end record can count.
    many(65_535, &some[2..3], &[Form::Stored]);
    many(65_536, &some[2..3], &[Form::Stored, Form::Pipe]);
    all
}

/// Each dtype with all of its arrays; those apart whose padding is left to chance.
fn of_types(matrix: &Matrix) -> Vec<ArchiveCase> {
    let mut all = Vec::new();
    let (mut headers, mut names) = (ArchiveCase::new("headers"), ArchiveCase::new("field-names"));
    let mut refused = ArchiveCase::new("refused");
    for (index, ty) in matrix.types.iter().enumerate() {
        let arrays = matrix
            .arrays
            .iter()
            .enumerate()
            .filter(|(_, array)| array.ty == index && array.encodings.contains(&Encoding::Npy));
        let member = |(at, array): (usize, &ArrayCase)| (array.name.clone(), at);
        if ty.refused.is_some() {
            refused.named.extend(arrays.map(member).take(1));
            continue;
        }
        match ty.depth {
            Depth::Header => headers.named.extend(arrays.map(member)),
            Depth::Names => names.named.extend(arrays.map(member)),
            _ => {
                let (lost, kept): (Vec<_>, Vec<_>) =
                    arrays.partition(|(_, array)| array.padding_is_lost(ty, Encoding::Npy));
                for (prefix, arrays, lost) in [("type", kept, false), ("padded", lost, true)] {
                    let mut case = ArchiveCase::new(format!("{prefix}-{}", ty.name));
                    case.named = arrays.into_iter().map(member).collect();
                    case.padding_is_lost = lost;
                    if !case.is_empty() {
                        all.push(case);
                    }
                }
            }
        }
    }
    all.extend([headers, names, refused]);
    all
}

/// The archives as an environment can make them: without the arrays that its NumPy cannot have, and
/// without the forms and names that its Python cannot have. Those left out are counted by form.
pub fn possible(
    matrix: &Matrix,
    environment: &Environment,
) -> (Vec<ArchiveCase>, Vec<(Form, &'static str)>) {
    let mut left_out = Vec::new();
    let mut all = cases(matrix);
    let can =
        |&array: &usize| script::skip_array(matrix, &matrix.arrays[array], environment).is_none();
    all.retain_mut(|case| {
        let before = case.len();
        case.positional.retain(can);
        case.named.retain(|(_, array)| can(array));
        let mut leave_out = |forms: &[Form], reason: &'static str| {
            left_out.extend(forms.iter().map(|&form| (form, reason)));
        };
        if environment.is_python2() {
            if case.name == "clash" || case.named.iter().any(|(key, _)| !key.is_ascii()) {
                leave_out(&case.forms, "Python 2 has no order and no Unicode in keyword arguments");
                return false;
            }
            if case.named.iter().any(|(key, _)| key.contains('\0')) {
                leave_out(
                    &case.forms,
                    "Python 2 has no order to tell names by that are cut at a NUL",
                );
                return false;
            }
            let pipes: Vec<Form> =
                case.forms.iter().copied().filter(|form| form.seekable() != *form).collect();
            leave_out(&pipes, "Python 2 writes archives only where it can seek");
            case.forms.retain(|form| !pipes.contains(form));
        }
        if case.is_empty() && before > 0 {
            leave_out(&case.forms, "this NumPy has none of its arrays");
            return false;
        }
        true
    });
    (all, left_out)
}
