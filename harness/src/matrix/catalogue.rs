//! Every dtype of the matrix, by name.

use crate::matrix::types::{Type, aligned, packed, placed, scalar, subarray};
use crate::matrix::values::noise;

/// A dtype and what is special about it.
#[derive(Clone, Debug)]
pub struct TypeCase {
    /// Unique; part of file names.
    pub name: String,
    /// Its layout.
    pub ty: Type,
    /// The Python expression that makes it, when the model's own does not say it all.
    pub python: Option<&'static str>,
    /// How its elements differ from the usual row of values.
    pub twist: Twist,
    /// What a NumPy needs to have this dtype.
    pub needs: Needs,
    /// Why NumPy refuses to write it to `.npy`, for the dtypes it refuses.
    pub refused: Option<&'static str>,
    /// Why what NumPy prints of it is not imitated, for the dtypes that NumPy prints wrongly.
    pub misprinted: Option<&'static str>,
    /// How many arrays of it the matrix has.
    pub depth: Depth,
}

/// What is unusual about the bytes of the elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Twist {
    /// Edge values, padding zero.
    #[default]
    None,
    /// Booleans whose byte is any of 0 to 255.
    AnyBool,
    /// Padding bytes that are not zero; kept by whole-buffer copies only.
    Padding,
    /// Lone surrogates among the code points.
    Surrogates,
    /// Code points past U+10FFFF: bytes that are no text at all.
    BeyondUnicode,
}

/// What a NumPy must offer for a case to make sense there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Names or titles that a Python 2 `str` field name cannot hold.
    pub python3: bool,
    /// An 80-bit long double in 16 bytes.
    pub x87: bool,
}

/// How far a dtype is carried through shapes, layouts and encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// 0-d, 1-d, 2-d in both orders; every encoding that differs.
    Basic,
    /// Every shape.
    Shapes,
    /// Every shape, and every layout with every encoding.
    Full,
    /// One array, written as `.npy` in every version: names and titles differ, data does not.
    Names,
    /// One short array, `.npy` with the automatic version only: header lengths.
    Header,
}

impl TypeCase {
    /// The Python expression that makes the dtype.
    pub fn python(&self) -> String {
        self.python.map_or_else(|| self.ty.python(), str::to_owned)
    }

    /// The text npbytes makes the dtype from; `None` when a text cannot say it.
    pub fn descr(&self) -> Option<String> {
        self.ty.descr()
    }

    /// Element `k` of the row of values, padding included.
    pub fn element(&self, k: usize) -> Vec<u8> {
        let padding = if self.twist == Twist::Padding { 0xa5 } else { 0 };
        let mut bytes = vec![padding; self.ty.itemsize()];
        self.ty.fill(k, &mut bytes);
        match self.twist {
            Twist::AnyBool => bytes.fill([0, 1, 2, 255, 128, 7][k % 6]),
            Twist::Surrogates if k % 3 == 1 => bytes[..4].copy_from_slice(&[0x00, 0xd8, 0, 0]),
            Twist::Surrogates if k % 3 == 2 => bytes[..4].copy_from_slice(&[0xff, 0xdf, 0, 0]),
            Twist::BeyondUnicode if k % 2 == 1 => {
                bytes[..4].copy_from_slice(&[noise(k).to_le_bytes()[0], 0, 0x11, 0x80]);
            }
            _ => {}
        }
        bytes
    }

    fn made_by(mut self, expression: &'static str) -> Self {
        self.python = Some(expression);
        self
    }

    fn twist(mut self, twist: Twist) -> Self {
        self.twist = twist;
        self
    }

    fn refused(mut self, why: &'static str) -> Self {
        self.refused = Some(why);
        self
    }
}

fn case(name: impl Into<String>, ty: Type, depth: Depth) -> TypeCase {
    let needs = Needs { python3: false, x87: ty.has_long_double() };
    let (python, twist, refused, misprinted) = (None, Twist::None, None, None);
    TypeCase { name: name.into(), ty, python, twist, needs, refused, misprinted, depth }
}

/// All of them, in the order in which tables print them.
pub fn types() -> Vec<TypeCase> {
    let mut all = scalars();
    all.extend(datetimes());
    all.extend(structs());
    all.extend(structs_inside_structs());
    all.extend(refused());
    all.extend(names());
    all.extend(large_headers());
    all.extend(header_lengths());
    all
}

fn scalars() -> Vec<TypeCase> {
    use Depth::{Basic, Full, Shapes};
    let table: [(&'static str, Depth); 40] = [
        ("|b1", Shapes),
        ("|i1", Basic),
        ("|u1", Full),
        ("<i2", Basic),
        (">i2", Full),
        ("<i4", Full),
        (">i4", Basic),
        ("<i8", Shapes),
        (">i8", Basic),
        ("<u2", Basic),
        (">u2", Basic),
        ("<u4", Basic),
        (">u4", Basic),
        ("<u8", Basic),
        (">u8", Basic),
        ("<f2", Basic),
        (">f2", Basic),
        ("<f4", Basic),
        (">f4", Basic),
        ("<f8", Full),
        (">f8", Full),
        ("<f16", Full),
        (">f16", Basic),
        ("<c8", Basic),
        (">c8", Basic),
        ("<c16", Full),
        (">c16", Basic),
        ("<c32", Basic),
        (">c32", Basic),
        ("|S1", Basic),
        ("|S5", Full),
        ("|S0", Shapes),
        ("|S20", Basic),
        ("<U1", Basic),
        ("<U3", Full),
        (">U3", Basic),
        ("<U0", Basic),
        ("|V1", Basic),
        ("|V7", Full),
        ("|V0", Basic),
    ];
    let mut all: Vec<TypeCase> = table
        .into_iter()
        .map(|(code, depth)| {
            let order = if code.starts_with('>') { "-be" } else { "" };
            // File names that differ in more than case from those of integers.
            let name = match &code[1..2] {
                "S" => format!("bytes{}", &code[2..]),
                "U" => format!("str{}", &code[2..]),
                "V" => format!("void{}", &code[2..]),
                _ => code[1..].to_owned(),
            };
            case(format!("{name}{order}"), scalar(code), depth)
        })
        .collect();
    all.extend([
        case("b1-any-byte", scalar("|b1"), Basic).twist(Twist::AnyBool),
        case("str3-surrogates", scalar("<U3"), Basic).twist(Twist::Surrogates),
        case("str2-beyond-unicode", scalar("<U2"), Basic).twist(Twist::BeyondUnicode),
        case("c-char", scalar("|S1"), Basic).made_by("np.dtype('c')"),
        case("q-long-long", scalar("<i8"), Basic).made_by("np.dtype('<q')"),
        case("i4-metadata", scalar("<i4"), Basic).made_by("np.dtype('<i4', metadata={'k': 1})"),
    ]);
    all
}

fn datetimes() -> Vec<TypeCase> {
    use Depth::{Basic, Full};
    const DATES: [&str; 20] = [
        "<M8",
        "<M8[Y]",
        "<M8[M]",
        "<M8[W]",
        "<M8[D]",
        "<M8[h]",
        "<M8[m]",
        "<M8[s]",
        "<M8[ms]",
        "<M8[us]",
        "<M8[ns]",
        "<M8[ps]",
        "<M8[fs]",
        "<M8[as]",
        "<M8[25s]",
        "<M8[7D]",
        "<M8[3M]",
        "<M8[10ns]",
        ">M8[ns]",
        ">M8",
    ];
    const SPANS: [&str; 20] = [
        "<m8",
        "<m8[Y]",
        "<m8[M]",
        "<m8[W]",
        "<m8[D]",
        "<m8[h]",
        "<m8[m]",
        "<m8[s]",
        "<m8[ms]",
        "<m8[us]",
        "<m8[ns]",
        "<m8[ps]",
        "<m8[fs]",
        "<m8[as]",
        "<m8[25s]",
        "<m8[7D]",
        "<m8[3M]",
        "<m8[10ns]",
        ">m8[25s]",
        ">m8",
    ];
    DATES
        .into_iter()
        .chain(SPANS)
        .map(|code| {
            let order = if code.starts_with('>') { "-be" } else { "" };
            // File names that differ in more than case: `M` is a month, `m` a minute.
            let name = code[2..].replace('[', "-").replace(']', "").replace('M', "month");
            let depth = if code == "<M8[ns]" { Full } else { Basic };
            let family = if code[1..].starts_with('M') { "date" } else { "span" };
            let mut made = case(format!("{family}-{name}{order}"), scalar(code), depth);
            made.misprinted = (code == ">m8").then_some(
                "NumPy misses NaT in big-endian timedeltas without a unit, and pads for its number",
            );
            made
        })
        .collect()
}

fn structs() -> Vec<TypeCase> {
    use Depth::{Basic, Full, Shapes};
    let s = scalar;
    vec![
        case("struct", packed(vec![("x", s("<i4")), ("y", s("<f8"))]), Full),
        case("struct-be", packed(vec![("x", s(">i2")), ("y", s(">f4"))]), Full),
        case(
            "struct-mixed",
            packed(vec![("x", s("<u2")), ("y", s(">u2")), ("z", s("|i1"))]),
            Basic,
        ),
        case("struct-one-field", packed(vec![("only", s("|u1"))]), Basic),
        case("struct-pad-first", placed(vec![("x", s("<i4"), 4)], 8), Basic),
        case("struct-pad-middle", placed(vec![("x", s("|i1"), 0), ("y", s("<f8"), 8)], 16), Full),
        case("struct-pad-last", placed(vec![("x", s("<i2"), 0)], 9), Basic),
        case(
            "struct-pad-everywhere",
            placed(vec![("a", s("|u1"), 3), ("b", s("<i2"), 7), ("c", s("<f4"), 20)], 31),
            Basic,
        ),
        case(
            "struct-pad-not-zero",
            placed(vec![("x", s("|i1"), 0), ("y", s("<i4"), 4)], 12),
            Basic,
        )
        .twist(Twist::Padding),
        case(
            "struct-aligned",
            aligned(vec![("a", s("|i1")), ("b", s("<f8")), ("c", s("<i2"))]),
            Shapes,
        ),
        case("struct-aligned-tight", aligned(vec![("a", s("<i4")), ("b", s("<i4"))]), Basic),
        case("struct-text", packed(vec![("s", s("|S4")), ("u", s("<U3")), ("v", s("|V3"))]), Basic),
        case("struct-dates", packed(vec![("t", s("<M8[ms]")), ("d", s(">m8[D]"))]), Basic),
        case(
            "struct-halves",
            packed(vec![("h", s("<f2")), ("b", s("|b1")), ("c", s(">c8"))]),
            Basic,
        ),
        case("struct-long-double", packed(vec![("g", s("<f16")), ("i", s("|u1"))]), Basic),
        case(
            "struct-empty-fields",
            packed(vec![("s", s("|S0")), ("i", s("<i2")), ("v", s("|V0"))]),
            Basic,
        ),
        case("struct-only-empty", packed(vec![("s", s("|S0")), ("u", s("<U0"))]), Basic),
        case("struct-no-fields", packed(vec![]), Basic).made_by("np.dtype([])"),
        case("struct-no-fields-8", placed(vec![], 8), Basic),
        case("struct-empty-names", packed(vec![("f0", s("<i4")), ("f1", s("<f8"))]), Basic)
            .made_by("np.dtype([('', '<i4'), ('', '<f8')])"),
        case(
            "struct-title",
            packed(vec![("x", s("<i4")), ("y", s("|S2"))]).titled(&["The x", ""]),
            Basic,
        ),
        case(
            "struct-title-pad",
            placed(vec![("x", s("<i2"), 2), ("y", s("<i2"), 6)], 10).titled(&["", "why"]),
            Basic,
        ),
    ]
}

fn structs_inside_structs() -> Vec<TypeCase> {
    use Depth::{Basic, Shapes};
    let s = scalar;
    let pair = || packed(vec![("b", s("<i2")), ("c", s("<f4"))]);
    let padded = || placed(vec![("p", s("|u1"), 1), ("q", s("<i4"), 4)], 12);
    vec![
        case("nested", packed(vec![("a", pair()), ("z", s("|u1"))]), Shapes),
        case(
            "nested-three",
            packed(vec![(
                "a",
                packed(vec![("b", packed(vec![("d", s("<i8"))])), ("e", s("|S3"))]),
            )]),
            Basic,
        ),
        case("nested-padded", placed(vec![("a", padded(), 4), ("z", s(">i2"), 20)], 25), Basic),
        case(
            "nested-aligned",
            aligned(vec![("a", s("|u1")), ("n", aligned(vec![("x", s("|u1")), ("y", s("<i8"))]))]),
            Basic,
        ),
        case(
            "nested-title",
            packed(vec![("a", pair().titled(&["", "sea"]))]).titled(&["top"]),
            Basic,
        ),
        case("block-1d", packed(vec![("v", subarray(s("<i2"), &[3]))]), Basic),
        case("block-2d", packed(vec![("m", subarray(s("<f4"), &[2, 3])), ("n", s("|u1"))]), Basic),
        case("block-be", packed(vec![("m", subarray(s(">f8"), &[2, 2]))]), Basic),
        case("block-of-one", packed(vec![("v", subarray(s("<i4"), &[1]))]), Basic),
        case(
            "block-of-none",
            packed(vec![("v", subarray(s("<i4"), &[0])), ("w", s("<i2"))]),
            Basic,
        ),
        case(
            "block-of-blocks",
            packed(vec![("s", subarray(subarray(s("<i4"), &[2]), &[3]))]),
            Basic,
        ),
        case(
            "block-of-structs",
            packed(vec![("s", subarray(pair(), &[2])), ("t", s("<u2"))]),
            Basic,
        ),
        case("block-of-padded", packed(vec![("s", subarray(padded(), &[2, 1]))]), Basic),
        case(
            "block-of-text",
            packed(vec![("u", subarray(s("<U2"), &[2])), ("s", subarray(s("|S3"), &[2]))]),
            Basic,
        ),
        case("block-of-dates", packed(vec![("t", subarray(s("<M8[D]"), &[2]))]), Basic),
        case(
            "block-title",
            packed(vec![("v", subarray(s("<i2"), &[2]))]).titled(&["block"]),
            Basic,
        ),
        case(
            "block-nested-block",
            packed(vec![("s", subarray(packed(vec![("v", subarray(s("|u1"), &[2, 2]))]), &[2]))]),
            Basic,
        ),
        case("void-beside-gap", placed(vec![("v", s("|V3"), 0), ("w", s("|V2"), 5)], 8), Basic),
    ]
}

/// What `np.save` refuses and `tobytes` does not: fields that share bytes or go backwards.
fn refused() -> Vec<TypeCase> {
    use Depth::Basic;
    let s = scalar;
    vec![
        case("overlap", placed(vec![("a", s("<i4"), 0), ("b", s("<i2"), 2)], 4), Basic)
            .refused("overlapping fields"),
        case("union", placed(vec![("a", s("<f4"), 0), ("b", s("<u4"), 0)], 4), Basic)
            .refused("overlapping fields"),
        case("out-of-order", placed(vec![("a", s("<i4"), 4), ("b", s("<i2"), 0)], 8), Basic)
            .refused("fields out of order"),
        case(
            "nested-overlap",
            packed(vec![
                ("n", placed(vec![("a", s("<i2"), 0), ("b", s("|u1"), 1)], 2)),
                ("z", s("|u1")),
            ]),
            Basic,
        )
        .refused("overlapping fields"),
    ]
}

/// Names and titles as bodies of Python literals: what repr quotes, escapes and leaves alone.
fn names() -> Vec<TypeCase> {
    let ascii: [(&str, &str); 14] = [
        ("space", "a b"),
        ("single-quote", r"it\'s"),
        ("double-quote", r#"say "hi""#),
        ("both-quotes", r#"it\'s "both""#),
        ("backslash", r"back\\slash"),
        ("newlines", r"a\nb\tc\rd"),
        ("controls", r"\x01\x07\x1b\x7f"),
        ("digits", "0"),
        ("keyword", "class"),
        ("punctuation", "a,b:c[0]{}()"),
        ("dot", "a.b"),
        ("hash", "#not a comment"),
        ("percent", "100%s%d"),
        ("long-L", "3L, 4L"),
    ];
    let beyond: [(&str, &str); 19] = [
        ("latin1", r"\xe9t\xe9"),
        ("latin1-last", r"\xff\xfe\xa1"),
        ("nbsp", r"a\xa0b"),
        ("soft-hyphen", r"a\xadb"),
        ("c1-control", r"\x85\x9f"),
        ("greek", r"\u03bb"),
        ("cjk", r"\u65e5\u672c"),
        ("astral", r"\U0001f600"),
        ("combining", r"e\u0301"),
        ("zero-width", r"\u200b\u2060"),
        ("line-separator", r"\u2028\u2029"),
        ("ideographic-space", r"\u3000"),
        ("private-use", r"\ue000"),
        ("private-plane", r"\U000f0000\U0010fffd"),
        ("unassigned", r"\u0378"),
        ("surrogate", r"\ud800x"),
        ("bom", r"\ufeff"),
        ("unicode-15", r"\U0001e030"),
        ("mixed", r"\xe9\u03bb\'\u200b"),
    ];
    let field = |name: &str| packed(vec![(name, scalar("<i2"))]);
    let mut all: Vec<TypeCase> = ascii
        .iter()
        .map(|(slug, name)| case(format!("name-{slug}"), field(name), Depth::Names))
        .collect();
    let titled = |title: &str| packed(vec![("x", scalar("<i2"))]).titled(&[title]);
    let mut wide: Vec<TypeCase> = beyond
        .iter()
        .map(|(slug, name)| case(format!("name-{slug}"), field(name), Depth::Names))
        .collect();
    all.push(case("title-quotes", titled(r#"it\'s a "title""#), Depth::Names));
    wide.extend([
        case("title-latin1", titled(r"\xe9"), Depth::Names),
        case("title-greek", titled(r"\u03bb\u03bc"), Depth::Names),
        case("title-escaped", titled(r"\u200b"), Depth::Names),
    ]);
    wide.iter_mut().for_each(|case| case.needs.python3 = true);
    all.extend(wide);
    all
}

/// Headers past the reader's default limit, and past what version 1.0 can hold.
fn large_headers() -> Vec<TypeCase> {
    let fields = |count: usize, prefix: &str| {
        let names: Vec<String> = (0..count).map(|i| format!("{prefix}{i}")).collect();
        packed(names.iter().map(|name| (name.as_str(), scalar("|u1"))).collect())
    };
    let mut all = vec![
        case("fields-600", fields(600, "field_"), Depth::Header),
        case("fields-3700", fields(3700, "name_"), Depth::Header),
        case("fields-3700-latin1", fields(3700, r"\xe9_"), Depth::Header),
        case("fields-3700-greek", fields(3700, r"\u03bb_"), Depth::Header),
    ];
    all[2].needs.python3 = true;
    all[3].needs.python3 = true;
    all
}

/// One field whose name grows a character at a time: every header length mod 64, each side of the
/// places where growth padding moves a file by 64 bytes, and the limit of version 1.0.
fn header_lengths() -> Vec<TypeCase> {
    (1..=66)
        .chain(65_436..=65_442)
        .chain(65_457..=65_463)
        .map(|length| {
            let name = "n".repeat(length);
            case(format!("header-{length}"), packed(vec![(&name, scalar("|u1"))]), Depth::Header)
        })
        .collect()
}
