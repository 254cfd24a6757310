//! `ast.literal_eval`: what it takes, what it refuses, and where.

use npbytes::literal::{Options, Value, parse, parse_with};
use npbytes::{ErrorKind, Limits, Python};

use crate::table::{code_points, report, same, table, text};

/// What this crate refuses though CPython takes it, and why.
const DELIBERATE: [(&str, &str); 2] = [
    ("340282366920938463463374607431768211455", "integers have 128 bits"),
    ("-170141183460469231731687303715884105728", "integers have 128 bits"),
];

#[test]
fn literals_are_read_as_cpython_reads_them() {
    table!("literal", "2.4.6").check(|row| {
        let source = text(row[0]);
        match (parse(&source), &row[1..]) {
            (Ok(value), ["ok", repr]) => {
                same("repr", &normal(&value).repr(Python::DEFAULT), &text(repr))
            }
            (Err(_), ["ok", _]) if DELIBERATE.iter().any(|(text, _)| source == *text) => Ok(()),
            (Err(error), ["ok", repr]) => Err(format!("NumPy reads {repr}, refused: {error}")),
            (Ok(value), _) => Err(format!("CPython refuses it, read as {value:?}")),
            (Err(error), _) => match error.offset() {
                Some(at) if at <= source.len() as u64 => Ok(()),
                _ => Err(format!("no offset in the text: {error:?}")),
            },
        }
    });
}

/// A dict as Python has it, with each key once: the first key, the last value.
fn normal(value: &Value) -> Value {
    match value {
        Value::Dict(pairs) => {
            let mut out: Vec<(Value, Value)> = Vec::new();
            for (key, item) in pairs {
                match out.iter_mut().find(|(known, _)| equal(known, key)) {
                    Some(known) => known.1 = normal(item),
                    None => out.push((normal(key), normal(item))),
                }
            }
            Value::Dict(out)
        }
        Value::Tuple(items) => Value::Tuple(items.iter().map(normal).collect()),
        Value::List(items) => Value::List(items.iter().map(normal).collect()),
        Value::Set(items) => Value::Set(items.iter().map(normal).collect()),
        other => other.clone(),
    }
}

/// Python's `==` between the keys in the table: `True == 1`.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Int(1), Value::Bool(true)) | (Value::Bool(true), Value::Int(1)) => true,
        _ => a == b,
    }
}

/// Where it goes wrong: the first byte that cannot be part of a literal, or the start of the part that is
/// none.
#[test]
fn errors_point_at_the_byte() {
    let cases = [
        ("", 0),
        ("  ", 2),
        ("(1, 2", 5),
        ("(1 2)", 3),
        ("[1, 2)", 5),
        ("{'a': }", 6),
        ("{'a' 1}", 5),
        ("{[]: 1}", 1),
        ("{1: 2, []: 3}", 7),
        ("'abc", 0),
        ("('a', 'b", 6),
        ("('''a'", 1),
        ("'\\x4'", 1),
        ("'ab\\u12'", 3),
        ("'\\U00110000'", 1),
        ("b'\u{e9}'", 2),
        ("'a' b'b'", 4),
        ("(1, x)", 4),
        ("(1, x.y)", 4),
        ("f'a'", 0),
        ("1+2", 1),
        ("'a'+'b'", 3),
        ("--1", 1),
        ("(1, --1)", 5),
        ("03", 0),
        ("(3, 03)", 4),
        ("0x", 2),
        ("3L", 1),
        ("1_", 1),
        ("1\0", 1),
        ("1 2", 2),
        ("1;", 1),
        ("\n 1", 2),
        ("1\n 2", 3),
        ("dict(a=1)", 0),
        ("set([1])", 0),
        ("(\u{3bb})", 1),
        ("(1, 99999999999999999999999999999999999999999)", 4),
        ("0xffffffffffffffffffffffffffffffffff", 0),
    ];
    let mut wrong = Vec::new();
    for (source, offset) in cases {
        match parse(source) {
            Ok(value) => wrong.push(format!("{source:?} is taken as {value:?}")),
            Err(error) if error.offset() != Some(offset) => {
                wrong.push(format!("{source:?}: {:?}, expected {offset}: {error}", error.offset()));
            }
            Err(_) => {}
        }
    }
    report("offsets", cases.len(), wrong);
}

#[test]
fn the_depth_is_bounded() {
    let nested = |depth: usize, open: &str, close: &str| open.repeat(depth) + &close.repeat(depth);
    // CPython's own limit is 200: `ast.literal_eval('[' * 201 + ']' * 201)` is a SyntaxError.
    for (open, close) in [("[", "]"), ("(", ",)"), ("{0:", "}")] {
        let inner = if open == "{0:" { "0" } else { "" };
        let close_at = |depth| open.repeat(depth) + inner + &close.repeat(depth);
        let text =
            if open == "(" { "(".repeat(200) + "1" + &",)".repeat(200) } else { close_at(200) };
        assert!(parse(&text).is_ok(), "{open}");
    }
    let error = parse(&nested(201, "[", "]")).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Limit { name: "depth", limit: 200, needed: 201 }),
        "{error:?}"
    );
    assert_eq!(error.offset(), Some(200));
    assert_eq!(
        error.help().unwrap(),
        "if this input is trusted, raise the limit `depth` to at least 201"
    );
    let shallow = Options { limits: Limits::default().depth(3), ..Options::default() };
    assert!(parse_with("[[[]]]", &shallow).is_ok());
    assert_eq!(parse_with("[[[[]]]]", &shallow).unwrap_err().offset(), Some(3));
    // A limit over CPython's is taken as CPython's: recursion stays bounded.
    let deep = Options { limits: Limits::default().depth(usize::MAX), ..Options::default() };
    assert!(parse_with(&nested(100_000, "[", "]"), &deep).is_err());
    assert!(parse(&"-".repeat(1_000_000)).is_err());
    assert!(parse(&"(".repeat(1_000_000)).is_err());
}

/// [ast.literal_eval(s) for s in ...]
#[test]
fn big_integers_are_read_or_refused_but_never_wrapped() {
    let max = i128::MAX;
    assert_eq!(parse(&max.to_string()).unwrap(), Value::Int(max));
    assert_eq!(parse(&format!("-{max}")).unwrap(), Value::Int(-max));
    for text in [
        "170141183460469231731687303715884105728".to_owned(),
        "1".repeat(10_000),
        format!("0x{}", "f".repeat(1000)),
        format!("0b{}", "1".repeat(200)),
        format!("0o{}", "7".repeat(200)),
    ] {
        assert!(matches!(parse(&text).unwrap_err().kind(), ErrorKind::Literal(_)), "{text:.20}");
    }
    // Leading zeros after a prefix do not count: 0x000...1 == 1.
    assert_eq!(parse(&format!("0x{}1", "0".repeat(1000))).unwrap(), Value::Int(1));
    assert_eq!(parse(&"0".repeat(1000)).unwrap(), Value::Int(0));
}

/// `3L`, where NumPy's `_filter_header` deletes an `L` token behind a number.
#[test]
fn python_2_longs_are_read_where_they_are_allowed() {
    let longs = Options { python2_longs: true, ..Options::default() };
    let three = Value::Tuple(vec![Value::Int(3)]);
    for text in ["(3L,)", "(3 L,)", "(3L ,)", "(3,)"] {
        assert_eq!(parse_with(text, &longs).unwrap(), three, "{text}");
    }
    for text in ["(3l,)", "(L,)", "('3'L,)", "(3LL,)", "(3Lx,)", "(3\nL)L", "L", "3 L'a'"] {
        assert!(parse_with(text, &longs).is_err(), "{text}");
    }
    assert!(parse("(3L,)").is_err());
}

#[test]
fn surrogates_are_kept() {
    let Value::Str(text) = parse("'\\ud800x\\udfff'").unwrap() else { panic!("no str") };
    assert_eq!(text.code_points().collect::<Vec<_>>(), [0xd800, 0x78, 0xdfff]);
    assert_eq!(text.as_str(), None);
    assert_eq!(text.to_string_lossy().chars().last(), Some('\u{fffd}'));
    assert_eq!(code_points("\\ud800x"), [0xd800, 0x78]);
    // '\ud83d' '\ude00' stays two code points, as in Python.
    let Value::Str(pair) = parse("'\\ud83d' '\\ude00'").unwrap() else { panic!("no str") };
    assert_eq!(pair.code_points().count(), 2);
}

#[test]
fn a_key_that_occurs_twice_has_the_last_value() {
    let dict = parse("{'a': 1, 'b': 2, 'a': 3}").unwrap();
    assert_eq!(dict.get("a"), Some(&Value::Int(3)));
    assert_eq!(dict.get("c"), None);
    assert_eq!(parse("[1]").unwrap().get("a"), None);
}

/// What `repr` writes reads back.
#[test]
fn a_repr_reads_back() {
    let table = table!("literal", "2.4.6");
    for row in table.rows.iter().filter(|row| row[1] == "ok") {
        let Ok(value) = parse(&text(row[0])) else { continue };
        let repr = value.repr(Python::DEFAULT);
        // Python's `repr` of these is no literal.
        if repr.contains("Ellipsis") || repr.contains("inf") {
            continue;
        }
        assert_eq!(parse(&repr).unwrap(), value, "{repr}");
    }
}

/// `'\N{...}'`: `ast.literal_eval("'\\N{LATIN SMALL LETTER E WITH ACUTE}'")` is 'é'.
#[test]
fn character_names_are_looked_up_with_the_feature_and_explained_without() {
    let found = parse("'\\N{LATIN SMALL LETTER E WITH ACUTE}'");
    if cfg!(feature = "unicode-names") {
        assert_eq!(found.unwrap().as_str(), Some("\u{e9}"));
        assert_eq!(
            parse("'\\N{latin small letter e with acute}'").unwrap().as_str(),
            Some("\u{e9}")
        );
        assert!(parse("'\\N{LATINSMALLLETTEREWITHACUTE}'").is_err());
    } else {
        let error = found.unwrap_err();
        assert_eq!(error.offset(), Some(1));
        assert!(error.help().unwrap().contains("unicode-names"));
    }
}
