//! `np.dtype(text)`, `descr`, `str`, `repr`, sizes and alignments.

use std::hash::{Hash, Hasher};

use npbytes::literal::Value;
use npbytes::{ByteOrder, DType, NumPy, Profile, literal};

use crate::table::{numbers, report, same, table, text};

const V1: NumPy = NumPy::new(1, 26, 4);

/// Compares with the columns that `described` in `make.py` writes.
fn check_facts(dtype: &DType, facts: &[&str]) -> Result<(), String> {
    let [str_, itemsize, alignment, kind, order, shown, repr] = facts else {
        return Err("the row has other columns".into());
    };
    same("dtype.str", &dtype.typestr(), &text(str_))?;
    same("itemsize", &dtype.itemsize().to_string().as_str(), itemsize)?;
    same("alignment", &dtype.alignment().to_string().as_str(), alignment)?;
    same("kind", &dtype.char_kind().to_string().as_str(), kind)?;
    same("byteorder", &dtype.byte_order().as_char().to_string().as_str(), order)?;
    same("str()", &dtype.to_string(), &text(shown))?;
    same("repr()", &dtype.repr(), &text(repr))
}

fn check_verdict(
    text: Option<&str>,
    found: npbytes::Result<DType>,
    verdict: &[&str],
) -> Result<(), String> {
    match (found, verdict) {
        (Ok(dtype), ["ok", facts @ ..]) => check_facts(&dtype, facts),
        (Err(error), ["ok", ..]) => Err(format!("refused: {error}")),
        (Ok(dtype), ["error"]) => Err(format!("taken as {dtype:?}")),
        // An offset says where in the text, or right behind it.
        (Err(error), ["error"]) => match error.offset() {
            Some(at) if text.is_some_and(|text| at <= text.len() as u64) => Ok(()),
            // The value of a literal has no place.
            None if text.is_none() => Ok(()),
            at => Err(format!("{error} is placed at {at:?}")),
        },
        (_, other) => Err(format!("what is {other:?}?")),
    }
}

#[test]
fn texts_are_read_as_numpy_2_reads_them() {
    table!("dtype-text", "2.4.6")
        .check(|row| check_verdict(Some(&text(row[0])), DType::parse(&text(row[0])), &row[1..]));
}

#[test]
fn texts_are_read_as_numpy_1_reads_them() {
    // NumPy 1 lets a size beyond a C int wrap around to an itemsize below 0.
    const WRAPPED: [&str; 3] = ["S2147483648", "U536870912", "S-1"];
    let table = table!("dtype-text", "2.4.6").replaced_by(table!("dtype-text", "1.26.4"), 1);
    table.check(|row| {
        let source = text(row[0]);
        let found = DType::parse_for(&source, V1);
        if WRAPPED.contains(&source.trim_start_matches(['<', '>', '=', '|'])) {
            return check_verdict(Some(&source), found, &["error"]);
        }
        check_verdict(Some(&source), found, &row[1..])
    });
}

#[test]
fn what_is_refused_says_where() {
    let table = table!("dtype-text", "2.4.6");
    let mut wrong = Vec::new();
    let refused = table.rows.iter().filter(|row| row[1] == "error");
    for source in refused.map(|row| text(row[0])) {
        let Err(error) = DType::parse(&source) else { continue };
        if error.offset().is_none_or(|at| at > source.len() as u64) {
            wrong.push(format!("{source:?}: {error:?}"));
        }
    }
    report("offsets", table.rows.len(), wrong);
}

fn parse_struct(how: &str, source: &str) -> npbytes::Result<DType> {
    match how {
        "descr" => DType::from_descr(&literal::parse(source)?),
        _ => DType::parse(source),
    }
}

/// What this crate refuses though NumPy takes it, and why.
const DELIBERATE: [(&str, &str); 3] = [
    ("{}", "NumPy walks any iterable for a list of fields, and finds none in a dict"),
    ("['xd']", "NumPy takes any two or three items for a field, also those of a str"),
    (
        "{'names': ['x'], 'formats': ['<i4'], 'offsets': [0, 4]}",
        "an offset too many is a mistake in the text",
    ),
];

#[test]
fn descrs_and_dicts_are_read_as_numpy_reads_them() {
    table!("struct", "2.4.6").check(|row| {
        let source = text(row[1]);
        if let Some((_, reason)) = DELIBERATE.iter().find(|(known, _)| *known == source) {
            return match parse_struct(row[0], &source) {
                Ok(dtype) => Err(format!("taken as {dtype}, though {reason}")),
                Err(_) => Ok(()),
            };
        }
        let is_text = row[0] != "descr";
        check_verdict(is_text.then_some(&*source), parse_struct(row[0], &source), &row[2..])?;
        // Lists are also texts for `parse`, which takes dicts in them.
        if row[0] == "descr" && source.starts_with('[') && !source.contains('{') {
            check_verdict(Some(&source), DType::parse(&source), &row[2..])?;
        }
        Ok(())
    });
}

#[test]
fn dicts_are_no_descrs() {
    for row in table!("struct", "2.4.6").rows.iter().filter(|row| row[0] == "dict") {
        let value = literal::parse(&text(row[1])).unwrap();
        assert!(DType::from_descr(&value).is_err(), "{row:?}");
    }
}

#[test]
fn built_dtypes_show_themselves_as_numpy_shows_them() {
    table!("built", "2.4.6").check(|row| {
        let [_, facts @ .., offsets, aligned, has_object, verdict, descr] = row else {
            return Err("the row has other columns".into());
        };
        let dtype = DType::parse(&text(facts[5])).map_err(|error| format!("{error:?}"))?;
        check_facts(&dtype, facts)?;
        let fields = dtype.fields().unwrap_or_default();
        let found: Vec<usize> = fields.iter().map(|field| field.offset()).collect();
        same("offsets", &found, &numbers(offsets))?;
        same("isalignedstruct", &dtype.is_aligned_struct(), &(*aligned == "1"))?;
        same("hasobject", &dtype.has_object(), &(*has_object == "1"))?;
        if dtype.as_subarray().is_some() {
            return Ok(());
        }
        match (dtype.descr(Profile::default()), *verdict) {
            (Ok(found), "ok") => same("descr", &found, &text(descr)),
            (Err(error), "ok") => Err(format!("no descr: {error}")),
            (Ok(found), _) => Err(format!("NumPy has no descr, found {found}")),
            (Err(_), _) => Ok(()),
        }
    });
}

#[test]
fn a_descr_reads_back_as_the_layout_it_was_written_from() {
    for row in table!("built", "2.4.6").rows.iter().filter(|row| row[11] == "ok") {
        let dtype = DType::parse(&text(row[6])).unwrap();
        let descr = DType::parse(&text(row[12])).unwrap();
        if !row[0].contains("align") {
            assert_eq!(dtype, descr, "{row:?}");
        }
        assert_eq!(dtype.itemsize(), descr.itemsize(), "{row:?}");
    }
}

/// np.dtype([('a', 'u1'), ('b', np.dtype([('x', 'u1'), ('y', '<f8')], align=True))], align=True)
#[test]
fn aligned_structs_nest() {
    let inner = DType::aligned([("x", dtype("u1")), ("y", dtype("<f8"))]).unwrap();
    let outer = DType::aligned([("a", dtype("u1")), ("b", inner)]).unwrap();
    let table = table!("built", "2.4.6");
    let row = table.rows.iter().find(|row| row[0] == "aligned nested").unwrap();
    check_facts(&outer, &row[1..8]).unwrap();
}

fn dtype(source: &str) -> DType {
    DType::parse(source).unwrap()
}

/// np.dtype([(n, t), ...]) and the same with align=True, itemsize and offsets.
#[test]
fn fields_are_placed_as_numpy_places_them() {
    type Case = (&'static [&'static str], (&'static [usize], usize), (&'static [usize], usize));
    let cases: [Case; 8] = [
        (&["u1", "<f8", "<i2"], (&[0, 1, 9], 11), (&[0, 8, 16], 24)),
        (&["u1", "<f16"], (&[0, 1], 17), (&[0, 16], 32)),
        (&["u1", "<c8"], (&[0, 1], 9), (&[0, 4], 12)),
        (&["u1", "<c16"], (&[0, 1], 17), (&[0, 8], 24)),
        (&["u1", "<U1"], (&[0, 1], 5), (&[0, 4], 8)),
        (&["u1", "S3", "<i2"], (&[0, 1, 4], 6), (&[0, 1, 4], 6)),
        (&["u1", "(3,)<i4", "?"], (&[0, 1, 13], 14), (&[0, 4, 16], 20)),
        (&[], (&[], 0), (&[], 0)),
    ];
    for (formats, packed, aligned) in cases {
        let fields = || formats.iter().enumerate().map(|(i, f)| (format!("f{i}"), dtype(f)));
        for (made, (offsets, itemsize)) in
            [(DType::structured(fields()), packed), (DType::aligned(fields()), aligned)]
        {
            let made = made.unwrap();
            let found: Vec<_> = made.fields().unwrap().iter().map(|f| f.offset()).collect();
            assert_eq!((found.as_slice(), made.itemsize()), (offsets, itemsize), "{formats:?}");
        }
    }
}

/// np.dtype(text).newbyteorder(order).str
#[test]
fn byte_orders_change_as_newbyteorder_changes_them() {
    let cases = [
        ("<i4", '>', ">i4"),
        (">i4", '<', "<i4"),
        ("|i1", '>', "|i1"),
        ("|b1", '>', "|b1"),
        ("|S5", '>', "|S5"),
        ("|V5", '>', "|V5"),
        ("<U5", '>', ">U5"),
        ("<M8[s]", '>', ">M8[s]"),
        ("<c16", '>', ">c16"),
        ("<f16", '>', ">f16"),
        ("|O", '>', "|O"),
    ];
    for (from, order, to) in cases {
        let order = if order == '>' { ByteOrder::Big } else { ByteOrder::Little };
        assert_eq!(dtype(from).with_byte_order(order).typestr(), to, "{from}");
        assert_eq!(dtype(from).with_byte_order(ByteOrder::NotApplicable), dtype(from));
    }
}

/// a == b, as np.dtype(a) == np.dtype(b), except the last two lines: see `DType`'s documentation.
#[test]
fn equality_is_that_of_layouts() {
    let cases = [
        ("<i4", "=i4", true),
        ("<i4", ">i4", false),
        ("<i4", "<u4", false),
        ("l", "q", true),
        ("S4", "V4", false),
        ("U1", "S4", false),
        ("[('x', '<i4')]", "[('x', '<i4')]", true),
        ("[('x', '<i4')]", "[('y', '<i4')]", false),
        ("[('x', '<i4')]", "[(('t', 'x'), '<i4')]", false),
        ("[('x', '<i4')]", "[('x', '<i4'), ('', '|V4')]", false),
        (
            "{'names': ['a', 'b'], 'formats': ['u1', '<i4'], 'offsets': [0, 4], 'itemsize': 8, 'aligned': True}",
            "[('a', 'u1'), ('', '|V3'), ('b', '<i4')]",
            true,
        ),
        ("M8", "M8[generic]", true),
        ("M8[s]", "M8[ms]", false),
        ("M8[s]", "M8[1000ms]", false),
    ];
    let hash = |dtype: &DType| {
        let mut state = std::hash::DefaultHasher::new();
        dtype.hash(&mut state);
        state.finish()
    };
    for (a, b, equal) in cases {
        assert_eq!(dtype(a) == dtype(b), equal, "{a} {b}");
        assert!(!equal || hash(&dtype(a)) == hash(&dtype(b)), "{a} {b}");
    }
}

/// Where in the text it goes wrong; ours, as NumPy does not say.
#[test]
fn errors_point_at_the_character() {
    let cases = [
        ("", 0),
        ("<", 1),
        ("i3", 1),
        ("<i3", 2),
        ("<f3", 2),
        (">c4", 2),
        ("x4", 0),
        ("<x4", 1),
        ("i4,", 3),
        ("i4,f3", 4),
        ("i4,,f8", 3),
        ("i4 f8", 0),
        ("(2,3i4", 4),
        ("(2,x)i4", 3),
        ("(2)i4", 0),
        ("<(2,)>i4", 5),
        ("M8[xs]", 3),
        ("M8[25xs]", 5),
        ("M8[s", 4),
        ("M8[s]x", 5),
        ("M8[s/3]", 5),
        ("M8[99999999999s]", 3),
        ("[('x', 'i3')]", 9),
        ("[('x', '<i4'), ('y', '<f3')]", 24),
        ("[('x', '<i4')", 13),
        ("[('x', '<i4'), ('y' '<f8')", 26),
        ("[(1, 2), 3+]", 11),
    ];
    let mut wrong = Vec::new();
    for (source, offset) in cases {
        match DType::parse(source) {
            // A comma at the end makes a struct in NumPy 2.
            Ok(dtype) if source == "i4," => assert_eq!(dtype.to_string(), "[('f0', '<i4')]"),
            Ok(dtype) => wrong.push(format!("{source:?} is taken as {dtype}")),
            Err(error) if error.offset() != Some(offset) => {
                wrong.push(format!("{source:?}: {:?}, expected {offset}: {error}", error.offset()));
            }
            Err(_) => {}
        }
    }
    report("offsets", cases.len(), wrong);
}

#[test]
fn errors_help() {
    let cases = [
        ("i3", V1, None, "1, 2, 4 or 8 bytes"),
        ("float_", NumPy::LATEST, Some("NumPy 2.0 removed this name"), "float_"),
        ("<float64", NumPy::LATEST, Some("<f8"), "<float64"),
        ("flaot64", NumPy::LATEST, Some("<f8"), "flaot64"),
        ("M8[sec]", NumPy::LATEST, Some("Y M W D h m s ms us ns ps fs as generic"), "sec"),
    ];
    for (source, numpy, help, message) in cases {
        let error = DType::parse_for(source, numpy).unwrap_err();
        assert!(error.to_string().contains(message), "{source}: {error}");
        if let Some(help) = help {
            assert!(error.help().is_some_and(|h| h.contains(help)), "{source}: {error:?}");
        }
    }
}

/// Field names that are looked up and missing: the error lists those there are.
#[test]
fn a_missing_field_is_told_with_those_there_are() {
    let point = dtype("[('x', '<f8'), ('y', '<f8')]");
    let error = point.field("z").unwrap_err();
    assert_eq!(error.to_string(), "no field named \"z\"");
    assert_eq!(error.help().unwrap(), "the fields are: x, y");
}

/// Sizes beyond a C int: ValueError in NumPy 2 ("size beyond ...", "number too large", ...).
#[test]
fn sizes_beyond_a_c_int_are_refused() {
    let base = dtype("[('x', 'V2147483647')]");
    assert!(DType::structured([("a", base.clone()), ("b", dtype("u1"))]).is_err());
    assert!(DType::aligned([("a", base.clone()), ("b", dtype("<f8"))]).is_err());
    assert!(DType::subarray(base.clone(), &[2]).is_err());
    assert!(DType::subarray(base, &[1]).is_ok());
    assert!(DType::subarray(dtype("u1"), &[1 << 31]).is_err());
    assert!(DType::subarray(dtype("S0"), &[1 << 31]).is_err());
    assert!(DType::subarray(dtype("u1"), &[usize::MAX, 2]).is_err());
    assert!(DType::subarray(dtype("u1"), &[1; 65]).is_err());
    assert!(DType::subarray(dtype("u1"), &[1; 64]).is_ok());
    for kind in [
        npbytes::Kind::Bytes(1 << 31),
        npbytes::Kind::Void(usize::MAX),
        npbytes::Kind::Str(1 << 29),
        npbytes::Kind::Str(usize::MAX / 2),
    ] {
        assert!(DType::new(kind.clone()).is_err(), "{kind:?}");
    }
}

/// np.dtype('<i4', metadata={'k': 1}) in a field: `descr` of 1.x has it, that of 2.x does not.
#[test]
fn metadata_goes_into_the_headers_of_numpy_1() {
    let metadata = literal::parse("{'k': 1}").unwrap();
    let field = dtype("<i4").with_metadata(Some(metadata.clone()));
    let made = DType::structured([("x", field.clone())]).unwrap();
    assert_eq!(made.descr(V1.into()).unwrap(), "[('x', ('<i4', {'k': 1}))]");
    assert_eq!(made.descr(Profile::default()).unwrap(), "[('x', '<i4')]");
    assert_eq!(made.fields().unwrap()[0].dtype().metadata(), Some(&metadata));
    // np.dtype('i4', metadata={'k': 1}) == np.dtype('i4')
    assert_eq!(field, dtype("<i4"));
    let swapped = field.with_byte_order(ByteOrder::Big);
    assert_eq!(swapped.metadata(), Some(&metadata));
    let empty = dtype("<i4").with_metadata(Some(Value::Dict(Vec::new())));
    let made = DType::structured([("x", empty)]).unwrap();
    assert_eq!(made.descr(V1.into()).unwrap(), "[('x', '<i4')]");
}
