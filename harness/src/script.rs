//! Python scripts from the matrix: templates of `python-fixtures/` with their marked lines filled
//! in. The text of a script says all that it depends on, so it doubles as the key of what it made.

use std::fmt::Write as _;

use crate::archives::cases::ArchiveCase;
use crate::archives::large::LargeCase;
use crate::environment::{Environment, hex};
use crate::matrix::catalogue::TypeCase;
use crate::matrix::layout::Layout;
use crate::matrix::types::{Type, tuple};
use crate::matrix::{ArrayCase, Encoding, Matrix, dtype_texts, headers, values};

const COMMON: &str = include_str!("../../python-fixtures/templates/common.py");
const MAKE_FIXTURES: &str = include_str!("../../python-fixtures/templates/make_fixtures.py");
const LOAD_BACK: &str = include_str!("../../python-fixtures/templates/load_back.py");
const VERDICTS: &str = include_str!("../../python-fixtures/templates/verdicts.py");
const ARCHIVES: &str = include_str!("../../python-fixtures/templates/archives.py");
const MAKE_ARCHIVES: &str = include_str!("../../python-fixtures/templates/make_archives.py");
const LOAD_ARCHIVES: &str = include_str!("../../python-fixtures/templates/load_archives.py");
const LARGE_ARCHIVES: &str = include_str!("../../python-fixtures/templates/large_archives.py");
const ARCHIVE_LOOKUPS: &str = include_str!("../../python-fixtures/templates/archive_lookups.py");
const PICKLES: &str = include_str!("../../python-fixtures/templates/pickles.py");
const DESCRIBE: &str = include_str!("../../python-fixtures/templates/describe.py");
const MAKE_PICKLES: &str = include_str!("../../python-fixtures/templates/make_pickles.py");
const LOAD_PICKLES: &str = include_str!("../../python-fixtures/templates/load_pickles.py");
const SPEED: &str = include_str!("../../python-fixtures/templates/speed.py");
const SPEED_PICKLES: &str = include_str!("../../python-fixtures/templates/speed_pickles.py");
const SPEED_ARROW: &str = include_str!("../../python-fixtures/templates/speed_arrow.py");
const THROUGHPUT: &str = include_str!("../../python-fixtures/templates/throughput.py");
const READ_ARROW: &str = include_str!("../../python-fixtures/templates/read_arrow.py");
const READ_ARROW_MEMBERS: &str =
    include_str!("../../python-fixtures/templates/read_arrow_members.py");
const MAKE_ARROW_MEMBERS: &str =
    include_str!("../../python-fixtures/templates/make_arrow_members.py");
const MAKE_ARROW: &str = include_str!("../../python-fixtures/templates/make_arrow.py");
const ARROW_C_DATA: &str = include_str!("../../python-fixtures/templates/arrow_c_data.py");

/// An array that is timed: dtype text, shape, order.
#[derive(Clone, Copy, Debug)]
pub struct TimedCase {
    /// Unique.
    pub name: &'static str,
    /// The dtype, as a descr.
    pub dtype: &'static str,
    /// The shape.
    pub shape: &'static [usize],
    /// `C` or `F`.
    pub order: char,
}

/// Why an array cannot be made in an environment; `None` when it can.
pub fn skip_array(
    matrix: &Matrix,
    case: &ArrayCase,
    environment: &Environment,
) -> Option<&'static str> {
    let most_dims = if environment.numpy_version() >= (2, 0) { 64 } else { 32 };
    if case.shape.len() > most_dims {
        return Some("more than 32 dimensions need NumPy 2");
    }
    if environment.numpy_version() < (1, 19) && case.shape.iter().any(|&size| size > 1 << 40) {
        return Some("this NumPy allocates for empty arrays with huge sizes");
    }
    skip_type(matrix.type_of(case), environment)
}

/// Why a dtype cannot be made in an environment; `None` when it can.
pub fn skip_type(case: &TypeCase, environment: &Environment) -> Option<&'static str> {
    if case.needs.x87 && !environment.x87 {
        return Some("no 80-bit long double on this machine");
    }
    let no_fields = matches!(&case.ty, Type::Struct(this) if this.fields.is_empty());
    if no_fields && environment.numpy_version() < (1, 19) {
        return Some("this NumPy cannot load a dtype without fields");
    }
    if case.needs.python3 && environment.is_python2() {
        return Some("Python 2 field names are ASCII");
    }
    None
}

/// Why an encoding cannot be written in an environment; `None` when it can.
pub fn skip_encoding(encoding: Encoding, environment: &Environment) -> Option<&'static str> {
    let old = environment.numpy_version() < (1, 17);
    (old && encoding == Encoding::NpyVersion(3)).then_some("version 3.0 came with NumPy 1.17")
}

/// The script that makes the fixtures of an environment.
pub fn make_fixtures(matrix: &Matrix, environment: &Environment) -> String {
    format!("{}\n\n{MAKE_FIXTURES}", common(matrix, environment))
}

/// The script that loads npbytes' files.
pub fn load_back(matrix: &Matrix, environment: &Environment) -> String {
    format!("{}\n\n{LOAD_BACK}", common(matrix, environment))
}

/// The script that asks for verdicts.
pub fn verdicts() -> String {
    let mut lines = String::new();
    for case in headers::headers() {
        let _ = writeln!(lines, "HEADERS.append(('{}', '{}'))", case.name, hex(&case.file));
    }
    let filled = fill(VERDICTS, "HEADERS", &lines);
    let texts: String = dtype_texts::texts()
        .iter()
        .map(|text| format!("TEXTS.append({})\n", literal(text)))
        .collect();
    format!("{COMMON}\n\n{}", fill(&filled, "TEXTS", &texts))
}

/// The script that reads and writes archives when it is asked.
pub fn speed() -> String {
    format!("{COMMON}\n\n{SPEED}")
}

/// The script that loads and dumps pickles when it is asked.
pub fn speed_pickles() -> String {
    format!("{COMMON}\n\n{SPEED_PICKLES}")
}

/// The script that makes arrays Arrow's and back when it is asked.
pub fn speed_arrow() -> String {
    format!("{COMMON}\n\n{SPEED_ARROW}")
}

/// The script that makes archives.
pub fn make_archives(matrix: &Matrix, environment: &Environment, cases: &[ArchiveCase]) -> String {
    format!("{}\n\n{MAKE_ARCHIVES}", archives(matrix, environment, cases))
}

/// The script that loads npbytes' archives.
pub fn load_archives(matrix: &Matrix, environment: &Environment, cases: &[ArchiveCase]) -> String {
    format!("{}\n\n{LOAD_ARCHIVES}", archives(matrix, environment, cases))
}

/// The script that makes large archives, and looks at npbytes'.
pub fn large_archives(cases: &[LargeCase]) -> String {
    let mut lines = String::new();
    for case in cases {
        let members: String =
            case.members.iter().map(|(key, size)| format!("('{key}', {size}), ")).collect();
        let (name, form) = (case.name, case.form.word());
        let _ = writeln!(lines, "CASES.append(('{name}', '{form}', [{members}]))");
    }
    format!("{COMMON}\n\n{}", fill(LARGE_ARCHIVES, "CASES", &lines))
}

/// The script that asks what is found in odd archives.
pub fn archive_lookups() -> String {
    format!("{COMMON}\n\n{ARCHIVE_LOOKUPS}")
}

/// The script that pickles everything.
pub fn make_pickles(matrix: &Matrix, environment: &Environment) -> String {
    format!("{}\n\n{PICKLES}\n\n{DESCRIBE}\n\n{MAKE_PICKLES}", common(matrix, environment))
}

/// The script that loads npbytes' pickles.
pub fn load_pickles(matrix: &Matrix, environment: &Environment) -> String {
    format!("{}\n\n{PICKLES}\n\n{LOAD_PICKLES}", common(matrix, environment))
}

fn archives(matrix: &Matrix, environment: &Environment, cases: &[ArchiveCase]) -> String {
    let mut lines = String::new();
    let name = |array: usize| literal(&matrix.arrays[array].name);
    let list = |parts: Vec<String>| format!("[{}]", parts.join(", "));
    for case in cases {
        let positional = list(case.positional.iter().map(|&array| name(array)).collect());
        let named =
            case.named.iter().map(|(key, array)| format!("({}, {})", literal(key), name(*array)));
        let named = list(named.collect());
        let (count, arrays) = &case.many;
        let many = list(arrays.iter().map(|&array| name(array)).collect());
        let forms = list(case.forms.iter().map(|form| format!("'{}'", form.word())).collect());
        let _ = writeln!(
            lines,
            "ARCHIVES.append(Archive({}, {positional}, {named}, ({count}, {many}), {forms}))",
            literal(&case.name),
        );
    }
    format!("{}\n\n{}", common(matrix, environment), fill(ARCHIVES, "ARCHIVES", &lines))
}

/// The script that has npbytes' Arrow files read by others.
pub fn read_arrow() -> String {
    format!("{COMMON}\n\n{READ_ARROW}\n\n{READ_ARROW_MEMBERS}")
}

/// The script that makes masked arrays, texts, objects and archives for Arrow.
pub fn make_arrow_members() -> String {
    format!("{COMMON}\n\n{MAKE_ARROW_MEMBERS}")
}

/// The script that has others write Arrow files.
pub fn make_arrow() -> String {
    format!("{COMMON}\n\n{MAKE_ARROW}")
}

/// The script that takes arrays of npbytes by Arrow's C data interface, and gives them back.
pub fn arrow_c_data() -> String {
    format!("{COMMON}\n\n{ARROW_C_DATA}")
}

/// The script that times NumPy.
pub fn throughput(cases: &[TimedCase]) -> String {
    let mut lines = String::new();
    for case in cases {
        let dtype = if case.dtype.starts_with('[') {
            case.dtype.to_owned()
        } else {
            format!("'{}'", case.dtype)
        };
        let (name, shape, order) = (case.name, tuple(case.shape), case.order);
        let _ = writeln!(lines, "CASES.append(('{name}', {dtype}, {shape}, '{order}'))");
    }
    format!("{COMMON}\n\n{}", fill(THROUGHPUT, "CASES", &lines))
}

fn common(matrix: &Matrix, environment: &Environment) -> String {
    let mut types = String::new();
    for case in &matrix.types {
        // Dtypes that cannot be made keep their place, so that indices stay the matrix's own.
        let python = match skip_type(case, environment) {
            None => case.python(),
            Some(_) => "np.dtype('u1')".to_owned(),
        };
        let pattern: Vec<u8> = (0..values::PERIOD).flat_map(|k| case.element(k)).collect();
        let used = case.ty.used_bytes();
        let mask = if used.contains(&false) {
            format!(
                "'{}'",
                used.iter().map(|&used| if used { '1' } else { '0' }).collect::<String>()
            )
        } else {
            "None".to_owned()
        };
        let (name, pattern) = (&case.name, hex(&pattern));
        let _ =
            writeln!(types, "TYPES.append(Type('{name}', lambda: {python}, '{pattern}', {mask}))");
    }
    let mut arrays = String::new();
    for case in &matrix.arrays {
        if skip_array(matrix, case, environment).is_some() {
            continue;
        }
        let itemsize = matrix.type_of(case).ty.itemsize();
        let memory = case.layout.memory(&case.shape, itemsize, &[]);
        // Flags of zero-size items depend on how NumPy was asked, unless it is given the strides.
        let layout = match case.layout {
            Layout::C | Layout::Unaligned if itemsize > 0 => "'C'".to_owned(),
            Layout::F if itemsize > 0 => "'F'".to_owned(),
            _ if case.shape.is_empty() => "()".to_owned(),
            _ => {
                let strides: Vec<String> = memory.strides.iter().map(isize::to_string).collect();
                format!("({},)", strides.join(", "))
            }
        };
        let encodings: Vec<String> = case
            .encodings
            .iter()
            .filter(|&&encoding| skip_encoding(encoding, environment).is_none())
            .map(|encoding| format!("'{}'", encoding.word()))
            .collect();
        let _ = writeln!(
            arrays,
            "ARRAYS.append(Array('{}', {}, {}, {layout}, {}, {}, {}, [{}]))",
            case.name,
            case.ty,
            tuple(&case.shape),
            memory.offset,
            memory.bytes.len(),
            case.period(),
            encodings.join(", "),
        );
    }
    fill(&fill(COMMON, "TYPES", &types), "ARRAYS", &arrays)
}

/// Replaces the line `# @@MARK@@`. A template without it is a mistake of this crate.
fn fill(template: &str, mark: &str, lines: &str) -> String {
    let mark = format!("# @@{mark}@@\n");
    assert!(template.contains(&mark), "the template has no {mark}");
    template.replace(&mark, lines)
}

/// An ASCII Python literal of a text.
fn literal(text: &str) -> String {
    let mut out = String::from("u'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            ' '..='~' => out.push(c),
            _ => {
                let _ = write!(out, "\\U{:08x}", u32::from(c));
            }
        }
    }
    out.push('\'');
    out
}
