//! `.npy` files whose header a reader must take or refuse: each is given to `np.load` (from memory
//! and from a real file) and to npbytes, and the verdicts are compared.

/// A whole small file and what is known to differ.
#[derive(Clone, Debug)]
pub struct HeaderCase {
    /// Unique.
    pub name: String,
    /// The bytes of the file.
    pub file: Vec<u8>,
}

/// A case in which npbytes answers otherwise than some NumPy, on purpose.
#[derive(Clone, Copy, Debug)]
pub struct Difference {
    /// Name of the case; a trailing `*` stands for any rest.
    pub case: &'static str,
    /// Only NumPy releases before this one answer so.
    pub before: (u32, u32),
    /// Only on CPython releases before this one.
    pub python_before: (u32, u32),
    /// `file` when only a load from a real file answers so.
    pub source: Option<&'static str>,
    /// Why npbytes does not follow.
    pub reason: &'static str,
}

/// Later than every release.
const ANY: (u32, u32) = (u32::MAX, 0);

const ONE: &str = "a field shape of 1 is (1,), as in NumPy 2; NumPy 1 took it for none";
const AXES: &str = "npbytes has the 64 axes of NumPy 2; NumPy 1 has 32";
const TITLE: &str = "titles are texts; NumPy takes any object that can be a dict key";

/// NumPy releases before `before` answer otherwise, whatever the CPython and the source.
const fn numpy_before(case: &'static str, before: (u32, u32), reason: &'static str) -> Difference {
    Difference { case, before, python_before: ANY, source: None, reason }
}

/// CPythons before `python_before` make NumPy answer otherwise.
const fn python_before(
    case: &'static str,
    python_before: (u32, u32),
    reason: &'static str,
) -> Difference {
    Difference { case, before: ANY, python_before, source: None, reason }
}

/// Where npbytes does not follow NumPy. Everything not in this list must agree.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        case: "shape-negative*",
        before: (2, 4),
        python_before: ANY,
        source: Some("file"),
        reason: "before 2.4 a negative size in a real file reads to its end; npbytes refuses it",
    },
    numpy_before("shape-ones-33", (2, 0), AXES),
    numpy_before("shape-ones-64", (2, 0), AXES),
    numpy_before("descr-field-block-int-one", (2, 0), ONE),
    numpy_before("descr-repeat-one-inside", (2, 0), ONE),
    numpy_before("descr-title-int", ANY, TITLE),
    numpy_before("descr-title-bytes", ANY, TITLE),
    python_before(
        "leading-blanks",
        (3, 10),
        "CPython before 3.10 takes leading blanks for a mistake",
    ),
    python_before(
        "nested-parentheses-150",
        (3, 9),
        "the parser of CPython 3.8 has a smaller stack",
    ),
];

/// The reason that stands in [`DIFFERENCES`] for a case.
pub fn difference(
    name: &str,
    numpy: (u32, u32),
    python: (u32, u32),
    source: &str,
) -> Option<&'static str> {
    let named = |known: &Difference| match known.case.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == known.case,
    };
    DIFFERENCES
        .iter()
        .filter(|known| numpy < known.before && python < known.python_before)
        .filter(|known| known.source.is_none_or(|only| only == source))
        .find(|known| named(known))
        .map(|known| known.reason)
}

/// 24 bytes: six `<i4`, three `<f8`, eight 3-byte structs.
const DATA: [u8; 24] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23];

/// All of them.
pub fn headers() -> Vec<HeaderCase> {
    let mut all = Vec::new();
    let mut add = |name: &str, version: [u8; 2], header: &[u8]| {
        all.push(HeaderCase { name: name.to_owned(), file: file(version, header, &DATA) });
    };
    for &(name, text) in TEXTS {
        add(name, [1, 0], padded(text).as_bytes());
    }
    for &(name, text) in TEXTS_FOR_EVERY_VERSION {
        for major in 1..=3 {
            add(&format!("{name}.v{major}"), [major, 0], padded(text).as_bytes());
        }
    }
    for &(name, descr) in DESCRS {
        add(&format!("descr-{name}"), [1, 0], padded(&with_descr(descr)).as_bytes());
    }
    for &(name, shape) in SHAPES {
        let text = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}, }}");
        add(&format!("shape-{name}"), [1, 0], padded(&text).as_bytes());
    }
    for version in [[0, 0], [1, 1], [2, 1], [3, 1], [4, 0], [255, 255]] {
        add(&format!("version-{}.{}", version[0], version[1]), version, padded(GOOD).as_bytes());
    }
    add(
        "latin1-name",
        [1, 0],
        b"{'descr': [('\xe9', '<i4')], 'fortran_order': False, 'shape': (6,), }\n",
    );
    add(
        "latin1-name-in-3.0",
        [3, 0],
        b"{'descr': [('\xe9', '<i4')], 'fortran_order': False, 'shape': (6,), }\n",
    );
    add(
        "utf8-name-in-3.0",
        [3, 0],
        "{'descr': [('λ', '<i4')], 'fortran_order': False, 'shape': (6,), }\n".as_bytes(),
    );
    add(
        "utf8-name-in-1.0",
        [1, 0],
        "{'descr': [('λ', '<i4')], 'fortran_order': False, 'shape': (6,), }\n".as_bytes(),
    );
    add("nul-padding", [1, 0], &[GOOD.as_bytes(), &[0; 8], b"\n"].concat());
    add("nul-inside", [1, 0], b"{'descr': '<i4', 'fortran_order': False,\0 'shape': (6,), }\n");
    add("formfeed-padding", [1, 0], &[GOOD.as_bytes(), b"\x0c\n"].concat());
    add("tab-padding", [1, 0], &[GOOD.as_bytes(), b"\t\t\n"].concat());
    add("crlf", [1, 0], &[GOOD.as_bytes(), b"  \r\n"].concat());
    add("nbsp-padding", [1, 0], &[GOOD.as_bytes(), b"\xa0\n"].concat());
    add("bom-in-3.0", [3, 0], &["\u{feff}".as_bytes(), GOOD.as_bytes(), b"\n"].concat());
    for length in [10_000usize, 10_001] {
        let text = format!("{GOOD:<width$}\n", width = length - 1);
        for major in [1, 2, 3] {
            add(&format!("header-of-{length}.v{major}"), [major, 0], text.as_bytes());
        }
    }
    for depth in [20usize, 90, 150, 250] {
        let (open, close) = ("(".repeat(depth), ")".repeat(depth));
        let text =
            format!("{{'descr': {open}'<i4'{close}, 'fortran_order': False, 'shape': (6,), }}\n");
        add(&format!("nested-parentheses-{depth}"), [1, 0], text.as_bytes());
    }
    all.extend(broken_files());
    all
}

/// Files that are wrong, or surprising, outside the header's text.
fn broken_files() -> Vec<HeaderCase> {
    let good = file([1, 0], padded(GOOD).as_bytes(), &DATA);
    let header_length = good.len() - DATA.len();
    let case = |name: &str, file: Vec<u8>| HeaderCase { name: name.to_owned(), file };
    let mut all = vec![
        case("file-good", good.clone()),
        case("file-trailing-bytes", [&good[..], b"trailing"].concat()),
        case("file-two-arrays", [&good[..], &good[..]].concat()),
        case("file-empty", Vec::new()),
        case("file-data-one-short", good[..good.len() - 1].to_vec()),
        case("file-no-data", good[..header_length].to_vec()),
        case("file-no-newline", good[..header_length - 1].to_vec()),
        case("file-wrong-magic", [b"\x93NUMPX", &good[6..]].concat()),
        case("file-length-past-end", [&good[..8], &[0xff, 0x10], &good[10..60]].concat()),
        case("file-length-zero", [&good[..8], &[0, 0], &DATA[..]].concat()),
        case("file-length-huge", [b"\x93NUMPY\x02\0\xff\xff\xff\xff", &DATA[..]].concat()),
    ];
    for length in [1, 5, 6, 7, 8, 9, 10, 11, 40] {
        all.push(case(&format!("file-first-{length}"), good[..length].to_vec()));
    }
    all
}

const GOOD: &str = "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }";

fn with_descr(descr: &str) -> String {
    format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}")
}

/// Spaces and the newline that writers put after the text.
fn padded(text: &str) -> String {
    let length = (10 + text.len() + 1).next_multiple_of(64) - 10;
    format!("{text}{}\n", " ".repeat(length - 1 - text.len()))
}

fn file(version: [u8; 2], header: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes();
    let width = if version[0] <= 1 { 2 } else { 4 };
    [b"\x93NUMPY", &version[..], &length[..width], header, data].concat()
}

const TEXTS_FOR_EVERY_VERSION: &[(&str, &str)] = &[
    ("plain", GOOD),
    ("long-shape", "{'descr': '<i4', 'fortran_order': False, 'shape': (3L, 2L), }"),
    ("long-one", "{'descr': '<i4', 'fortran_order': False, 'shape': (6L,), }"),
    ("long-zero", "{'descr': '<i4', 'fortran_order': False, 'shape': (0L,), }"),
    ("long-block", "{'descr': [('v', '<i4', (3L,))], 'fortran_order': False, 'shape': (2L,), }"),
    ("long-block-bare", "{'descr': [('v', '<i4', 3L)], 'fortran_order': False, 'shape': (2,), }"),
    ("long-lower-case", "{'descr': '<i4', 'fortran_order': False, 'shape': (3l, 2l), }"),
    ("long-twice", "{'descr': '<i4', 'fortran_order': False, 'shape': (6LL,), }"),
    ("long-space", "{'descr': '<i4', 'fortran_order': False, 'shape': (6 L,), }"),
    ("long-hex", "{'descr': '<i4', 'fortran_order': False, 'shape': (0x6L,), }"),
    ("long-in-name", "{'descr': [('3L', '<i4')], 'fortran_order': False, 'shape': (6L,), }"),
    ("long-key", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), 1L: 2}"),
    ("long-alone", "{'descr': '<i4', 'fortran_order': False, 'shape': (L,), }"),
    ("utf8-name", "{'descr': [('日本', '<i4')], 'fortran_order': False, 'shape': (6,), }"),
    (
        "escaped-name",
        r"{'descr': [('\u03bb\x41', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    ),
];

/// Whole header texts: how the dict may be written.
const TEXTS: &[(&str, &str)] = &[
    ("no-trailing-comma", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,)}"),
    ("no-spaces", "{'descr':'<i4','fortran_order':False,'shape':(6,)}"),
    (
        "many-spaces",
        "{  'descr'  :  '<i4'  ,  'fortran_order'  :  False  ,  'shape'  :  ( 6 , )  ,  }",
    ),
    ("tabs", "{\t'descr':\t'<i4',\t'fortran_order':\tFalse,\t'shape':\t(6,),\t}"),
    ("newlines-inside", "{\n'descr': '<i4',\n 'fortran_order': False,\n\n'shape': (6,\n),\n}"),
    ("leading-blanks", "  \t{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("leading-newline", "\n{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("leading-newline-blanks", "\n   {'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("leading-comment", "# hello\n{'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("comment-at-end", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), } # comment"),
    ("comment-inside", "{'descr': '<i4', # why\n'fortran_order': False, 'shape': (6,), }"),
    ("line-continuation", "{'descr': '<i4', \\\n'fortran_order': False, 'shape': (6,), }"),
    ("key-order", "{'shape': (6,), 'fortran_order': False, 'descr': '<i4'}"),
    ("duplicate-key", "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'descr': '<i4'}"),
    ("duplicate-shape", "{'descr': '<i4', 'shape': None, 'fortran_order': False, 'shape': (6,)}"),
    ("double-quotes", "{\"descr\": \"<i4\", \"fortran_order\": False, \"shape\": (6,), }"),
    (
        "triple-quotes",
        "{'''descr''': '''<i4''', \"\"\"fortran_order\"\"\": False, 'shape': (6,), }",
    ),
    ("u-prefix", "{u'descr': u'<i4', U'fortran_order': False, u\"shape\": (6,), }"),
    ("r-prefix", "{r'descr': R'<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("adjacent", "{'des' 'cr': '<' 'i4', 'fortran_order': False, 'sh' \"ape\": (6,), }"),
    ("escaped-hex", "{'\\x64escr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("escaped-octal", "{'\\144escr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("escaped-u4", "{'\\u0064escr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("escaped-u8", "{'\\U00000064escr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    (
        "escaped-name",
        "{'\\N{LATIN SMALL LETTER D}escr': '<i4', 'fortran_order': False, 'shape': (6,), }",
    ),
    (
        "escaped-name-lower-case",
        "{'\\N{latin small letter d}escr': '<i4', 'fortran_order': False, 'shape': (6,), }",
    ),
    (
        "escaped-name-unknown",
        "{'\\N{NO SUCH LETTER}escr': '<i4', 'fortran_order': False, 'shape': (6,), }",
    ),
    ("escaped-newline", "{'desc\\\nr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("escaped-unknown", "{'descr': [('\\q', '<i4')], 'fortran_order': False, 'shape': (6,), }"),
    (
        "escaped-octal-long",
        "{'descr': [('\\777', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    ),
    ("escaped-x-short", "{'\\x6': 1, 'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    (
        "escaped-u8-too-large",
        "{'descr': [('\\U00110000', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    ),
    (
        "escaped-surrogate",
        "{'descr': [('\\ud800', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    ),
    ("newline-in-string", "{'descr': [('a\nb', '<i4')], 'fortran_order': False, 'shape': (6,), }"),
    (
        "newline-in-triple",
        "{'descr': [('''a\nb''', '<i4')], 'fortran_order': False, 'shape': (6,), }",
    ),
    ("parentheses", "({'descr': ('<i4'), 'fortran_order': (False), 'shape': ((6,)), })"),
    ("parentheses-comma", "({'descr': '<i4', 'fortran_order': False, 'shape': (6,), },)"),
    ("shape-in-parentheses", "{'descr': '<i4', 'fortran_order': False, 'shape': (((6),)), }"),
    ("fortran-true", "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3), }"),
    ("fortran-true-1d", "{'descr': '<i4', 'fortran_order': True, 'shape': (6,), }"),
    ("fortran-true-0d", "{'descr': '<i4', 'fortran_order': True, 'shape': (), }"),
    ("fortran-1", "{'descr': '<i4', 'fortran_order': 1, 'shape': (6,), }"),
    ("fortran-0", "{'descr': '<i4', 'fortran_order': 0, 'shape': (6,), }"),
    ("fortran-none", "{'descr': '<i4', 'fortran_order': None, 'shape': (6,), }"),
    ("fortran-text", "{'descr': '<i4', 'fortran_order': 'False', 'shape': (6,), }"),
    ("fortran-lower-case", "{'descr': '<i4', 'fortran_order': false, 'shape': (6,), }"),
    ("missing-descr", "{'fortran_order': False, 'shape': (6,), }"),
    ("missing-shape", "{'descr': '<i4', 'fortran_order': False, }"),
    ("missing-fortran", "{'descr': '<i4', 'shape': (6,), }"),
    ("extra-key", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), 'x': 1}"),
    ("extra-none-key", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), None: 1}"),
    ("bytes-key", "{b'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("bytes-key-too", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), b'x': 1}"),
    ("unhashable-key", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), [1]: 1}"),
    ("f-string", "{f'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("rb-string", "{rb'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("ur-string", "{ur'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("mixed-bytes-text", "{'descr' b'': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("dict-call", "dict(descr='<i4', fortran_order=False, shape=(6,))"),
    ("dict-splat", "{**{'descr': '<i4'}, 'fortran_order': False, 'shape': (6,), }"),
    ("set-literal", "{'descr', '<i4'}"),
    ("list-literal", "['descr', '<i4']"),
    ("none", "None"),
    ("empty-text", ""),
    ("empty-dict", "{}"),
    ("semicolon", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), };"),
    ("two-dicts", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), } {}"),
    ("trailing-word", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), } x"),
    ("trailing-comma-tuple", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), },"),
    ("two-commas", "{'descr': '<i4',, 'fortran_order': False, 'shape': (6,), }"),
    ("leading-comma", "{, 'descr': '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("unclosed", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,), "),
    ("unclosed-string", "{'descr: '<i4', 'fortran_order': False, 'shape': (6,), }"),
    ("unclosed-tuple", "{'descr': '<i4', 'fortran_order': False, 'shape': (6, }"),
    ("wrong-close", "{'descr': '<i4', 'fortran_order': False, 'shape': (6,] }"),
    ("walrus", "{'descr': (x := '<i4'), 'fortran_order': False, 'shape': (6,), }"),
    ("lambda", "{'descr': lambda: 1, 'fortran_order': False, 'shape': (6,), }"),
    ("if-else", "{'descr': '<i4' if 1 else '', 'fortran_order': False, 'shape': (6,), }"),
    ("string-concat", "{'descr': '<' + 'i4', 'fortran_order': False, 'shape': (6,), }"),
    ("string-percent", "{'descr': '<i%d' % 4, 'fortran_order': False, 'shape': (6,), }"),
    ("name", "{'descr': x, 'fortran_order': False, 'shape': (6,), }"),
    ("ellipsis", "{'descr': ..., 'fortran_order': False, 'shape': (6,), }"),
    ("dict-comprehension", "{k: 1 for k in ()}"),
    ("json-true", "{\"descr\": \"<i4\", \"fortran_order\": true, \"shape\": [6]}"),
];

/// What stands after `'shape': `. Six `<i4` of data follow.
const SHAPES: &[(&str, &str)] = &[
    ("empty-tuple", "()"),
    ("one", "(6,)"),
    ("two", "(2, 3)"),
    ("short", "(2,)"),
    ("too-many", "(7,)"),
    ("zero", "(0,)"),
    ("zero-large", "(0, 1000000000000)"),
    ("zero-last", "(5, 0)"),
    ("list", "[6]"),
    ("list-two", "[2, 3]"),
    ("bare-int", "6"),
    ("parenthesised-int", "(6)"),
    ("none", "None"),
    ("text", "'6'"),
    ("float", "(6.0,)"),
    ("complex", "(6j,)"),
    ("none-inside", "(None,)"),
    ("text-inside", "('6',)"),
    ("bytes-inside", "(b'6',)"),
    ("tuple-inside", "((6,),)"),
    ("bool", "(True,)"),
    ("bool-false", "(False,)"),
    ("bool-two", "(6, True)"),
    ("hex", "(0x6,)"),
    ("hex-upper-case", "(0X6,)"),
    ("octal", "(0o6,)"),
    ("binary", "(0b110,)"),
    ("underscore", "(0_6,)"),
    ("underscore-good", "(1_0, 0)"),
    ("underscore-twice", "(1__0, 0)"),
    ("underscore-last", "(6_,)"),
    ("underscore-hex", "(0x_6,)"),
    ("plus", "(+6,)"),
    ("plus-plus", "(++6,)"),
    ("plus-space", "(+ 6,)"),
    ("plus-bool", "(+True,)"),
    ("sum", "(3+3,)"),
    ("product", "(2*3,)"),
    ("negated-twice", "(--6,)"),
    ("inverted", "(~6,)"),
    ("leading-zero", "(06,)"),
    ("zeros", "(00,)"),
    ("int-call", "(int(6),)"),
    ("np-int64", "(np.int64(6),)"),
    ("set", "{6}"),
    ("dict", "{6: 1}"),
    ("starred", "(*[6],)"),
    ("huge", "(99999999999999999999,)"),
    ("huge-zero", "(99999999999999999999, 0)"),
    ("max", "(9223372036854775807,)"),
    ("max-zero", "(9223372036854775807, 0)"),
    ("overflow", "(4294967296, 4294967296)"),
    ("overflow-zero", "(4294967296, 4294967296, 4294967296, 0)"),
    ("overflow-bytes", "(4611686018427387904,)"),
    ("negative-one", "(-1,)"),
    ("negative-two", "(-2,)"),
    ("negative-rest", "(-1, 2)"),
    ("negative-last", "(2, -1)"),
    ("negative-both", "(-2, -3)"),
    ("negative-zero", "(-0,)"),
    ("negative-and-zero", "(-1, 0)"),
    ("exponent", "(6e0,)"),
    (
        "ones-32",
        "(6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ),
    (
        "ones-33",
        "(6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ),
    (
        "ones-64",
        "(6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ),
    (
        "ones-65",
        "(6, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ),
];

/// What stands after `'descr': ` in a header of shape `(2,)`.
const DESCRS: &[(&str, &str)] = &[
    ("i4", "'<i4'"),
    ("native", "'=i4'"),
    ("bar", "'|i4'"),
    ("no-order", "'i4'"),
    ("name", "'int32'"),
    ("char", "'d'"),
    ("big-byte", "'>i1'"),
    ("big-bool", "'>b1'"),
    ("big-text", "'>S3'"),
    ("void", "'|V3'"),
    ("a3", "'|a3'"),
    ("dates", "'<M8[25s]'"),
    ("dates-generic", "'<M8'"),
    ("dates-divided", "'<M8[D/24]'"),
    ("object", "'|O'"),
    ("unknown", "'<i3'"),
    ("empty-text", "''"),
    ("trailing-space", "'<i4 '"),
    ("comma-list", "'i4,f4'"),
    ("repeat", "'2i4'"),
    ("block-text", "'(2,)i2'"),
    ("string-dtype", "'StringDType()'"),
    ("none", "None"),
    ("int", "4"),
    ("bytes", "b'<i4'"),
    ("dict", "{'names': ['x'], 'formats': ['<i4']}"),
    ("set", "{'<i4'}"),
    ("tuple", "('<i4', (2,))"),
    ("tuple-empty-shape", "('<i4', ())"),
    ("tuple-int", "('<i4', 2)"),
    ("tuple-one", "('<i4',)"),
    ("tuple-three", "('<i4', (2,), 1)"),
    ("tuple-empty", "()"),
    ("no-fields", "[]"),
    ("fields", "[('x', '<i2'), ('y', '|u1')]"),
    ("field-lists", "[['x', '<i2'], ['y', '|u1']]"),
    ("field-tuple-of-tuples", "(('x', '<i4'),)"),
    ("field-tuple-of-two", "(('x', '<i4'), ('y', '<i4'))"),
    ("field-one", "[('x',)]"),
    ("field-four", "[('x', '<i4', (1,), 1)]"),
    ("field-empty", "[()]"),
    ("field-text", "['x']"),
    ("field-text-pair", "['xy']"),
    ("field-block", "[('x', '<i2', (2,)), ('y', '|u1')]"),
    ("field-block-int", "[('x', '<i2', 2)]"),
    ("field-block-empty", "[('x', '<i2', ())]"),
    ("field-block-one", "[('x', '<i2', (1,))]"),
    ("field-block-int-one", "[('x', '<i2', 1)]"),
    ("field-block-zero", "[('x', '<i2', (0,)), ('y', '|u1')]"),
    ("field-block-list", "[('x', '<i2', [2])]"),
    ("field-block-negative", "[('x', '<i2', (-1,))]"),
    ("field-block-float", "[('x', '<i2', (2.0,))]"),
    ("field-block-bool", "[('x', '<i2', (True,))]"),
    ("field-block-none", "[('x', '<i2', None)]"),
    ("field-block-huge", "[('x', '<i2', (4294967296, 4294967296))]"),
    ("field-of-block", "[('x', ('<i2', (2,)))]"),
    ("field-of-block-of-block", "[('x', ('<i2', (2,)), (1,))]"),
    ("field-of-fields", "[('x', [('y', '<i2'), ('z', '<i2')])]"),
    ("field-of-fields-block", "[('x', [('y', '<i2')], (2,))]"),
    ("field-of-nothing", "[('x', [])]"),
    ("field-of-dict", "[('x', {'names': ['y'], 'formats': ['<i4']})]"),
    ("field-metadata", "[('x', ('<i4', {'k': 1}))]"),
    ("title", "[(('The title', 'x'), '<i4')]"),
    ("title-empty", "[(('', 'x'), '<i4')]"),
    ("title-none", "[((None, 'x'), '<i4')]"),
    ("title-same-as-name", "[(('x', 'x'), '<i2'), ('y', '<i2')]"),
    ("title-is-other-name", "[(('y', 'x'), '<i2'), ('y', '<i2')]"),
    ("title-twice", "[(('t', 'x'), '<i2'), (('t', 'y'), '<i2')]"),
    ("title-int", "[((1, 'x'), '<i4')]"),
    ("title-list", "[(['t', 'x'], '<i4')]"),
    ("title-three", "[(('t', 'x', 'y'), '<i4')]"),
    ("title-one", "[(('x',), '<i4')]"),
    ("title-empty-name", "[(('t', ''), '<i4')]"),
    ("title-bytes", "[((b't', 'x'), '<i4')]"),
    ("name-empty", "[('', '<i4')]"),
    ("name-empty-twice", "[('', '<i4'), ('', '<i4')]"),
    ("name-empty-text", "[('', '|S3')]"),
    ("name-empty-then-f0", "[('', '<i4'), ('f0', '<i4')]"),
    ("name-bytes", "[(b'x', '<i4')]"),
    ("name-int", "[(1, '<i4')]"),
    ("name-none", "[(None, '<i4')]"),
    ("name-twice", "[('x', '<i4'), ('x', '<i4')]"),
    ("pad-middle", "[('x', '|u1'), ('', '|V3'), ('y', '<i4')]"),
    ("pad-first", "[('', '|V4'), ('y', '<i4')]"),
    ("pad-last", "[('y', '<i4'), ('', '|V3')]"),
    ("pad-only", "[('', '|V8')]"),
    ("pad-zero", "[('x', '<i4'), ('', '|V0')]"),
    ("pad-block", "[('x', '|u1'), ('', '|V3', (2,)), ('y', '|u1')]"),
    ("pad-block-tuple", "[('x', '|u1'), ('', ('|V3', (2,))), ('y', '|u1')]"),
    ("pad-of-fields", "[('x', '|u1'), ('', [('z', '|V3')]), ('y', '|u1')]"),
    ("pad-of-no-fields", "[('x', '|u1'), ('', []), ('y', '|u1')]"),
    ("pad-twice", "[('x', '|u1'), ('', '|V1'), ('', '|V2'), ('y', '|u1')]"),
    ("pad-title", "[('x', '|u1'), (('t', ''), '|V3')]"),
    ("pad-title-none", "[('x', '|u1'), ((None, ''), '|V3')]"),
    ("pad-bar-void", "[('x', '|u1'), ('', '|V')]"),
    ("pad-big", "[('x', '|u1'), ('', '>V3')]"),
    ("unknown-inside", "[('x', '<i3')]"),
    ("none-inside", "[('x', None)]"),
    ("int-inside", "[('x', 4)]"),
    ("comma-list-inside", "[('x', 'i2,u2')]"),
    ("repeat-inside", "[('x', '2i2')]"),
    ("repeat-one-inside", "[('x', '1i2')]"),
    ("aligned-word", "[('x', '<i4')], align=True"),
    ("object-inside", "[('x', '|O')]"),
    ("surrogate-name", r"[('\ud800', '<i4')]"),
    ("empty-text-inside", "[('x', '')]"),
    ("zero-size", "[('x', '|S0'), ('y', '<U0')]"),
];
