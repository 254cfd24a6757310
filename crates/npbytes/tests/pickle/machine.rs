//! Opcodes one by one: what each makes, and what is refused, at which byte.

use bytes::Bytes;
use npbytes::pickle::{self, ReadOptions, View, WriteOptions};
use npbytes::{ErrorKind, Limits};

use super::decode;

/// A pickle, and what `repr(pickle.loads(...))` of CPython 3.11 is; bytes of Python 2 as `encoding='bytes'` gives them.
const VALUES: &[(&[u8], &str)] = &[
    (b"N.", "None"),
    (b"I01\n.", "True"),
    (b"I00\n.", "False"),
    (b"I1\n.", "1"),
    (b"I-7\n.", "-7"),
    (b"I0x10\n.", "16"),
    (b"I010\n.", "8"),
    (b"I0xffffffffffffffffffff\n.", "1208925819614629174706175"),
    (b"I-0xffffffffffffffffffff\n.", "-1208925819614629174706175"),
    (b"L0b101L\n.", "5"),
    (b"I0o7777777777777777777777777\n.", "37778931862957161709567"),
    (b"L12345678901234567890L\n.", "12345678901234567890"),
    (b"L-5\n.", "-5"),
    (b"K\xff.", "255"),
    (b"M\xff\xff.", "65535"),
    (b"J\xff\xff\xff\xff.", "-1"),
    (b"\x8a\x00.", "0"),
    (b"\x8a\x01\xff.", "-1"),
    (b"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", "18446744073709551616"),
    (b"\x8b\x02\x00\x00\x00\x00\x01.", "256"),
    (b"F1.5\n.", "1.5"),
    // Python's unpickler, but not that in C.
    (b"F 1_0.5\n.", "10.5"),
    (b"G\x3f\xf8\x00\x00\x00\x00\x00\x00.", "1.5"),
    (b"Va\\u00e9\\U0001f600\n.", "'a\u{e9}\u{1f600}'"),
    (b"Va\\\\u0041\n.", "'a\\\\\\\\u0041'"),
    (b"X\x03\x00\x00\x00\xed\xa0\x80.", "'\\ud800'"),
    (b"\x8c\x01a.", "'a'"),
    (b"\x8d\x01\x00\x00\x00\x00\x00\x00\x00a.", "'a'"),
    (b"S'a\\x41\\n'\n.", "b'aA\\n'"),
    (b"S'z\\\rn'\n.", "b'z\\\\\\rn'"),
    (b"S\"it's\"\n.", "b\"it's\""),
    (b"U\x01\xff.", "b'\\xff'"),
    (b"T\x01\x00\x00\x00z.", "b'z'"),
    (b"C\x01z.", "b'z'"),
    (b"B\x01\x00\x00\x00z.", "b'z'"),
    (b"\x8e\x01\x00\x00\x00\x00\x00\x00\x00z.", "b'z'"),
    (b"\x96\x01\x00\x00\x00\x00\x00\x00\x00z.", "bytearray(b'z')"),
    (b").", "()"),
    (b"(t.", "()"),
    (b"K\x01\x85.", "(1,)"),
    (b"K\x01K\x02\x86.", "(1, 2)"),
    (b"K\x01K\x02K\x03\x87.", "(1, 2, 3)"),
    (b"(K\x01K\x02K\x03K\x04t.", "(1, 2, 3, 4)"),
    (b"].", "[]"),
    (b"(K\x01l.", "[1]"),
    (b"]K\x01a.", "[1]"),
    (b"](K\x01K\x02e.", "[1, 2]"),
    (b"](e.", "[]"),
    (b"}.", "{}"),
    (b"(K\x01K\x02d.", "{1: 2}"),
    (b"}K\x01K\x02s.", "{1: 2}"),
    (b"}(K\x01K\x02K\x03K\x04u.", "{1: 2, 3: 4}"),
    (b"\x8f(K\x01\x90.", "{1}"),
    (b"(K\x01\x91.", "frozenset({1})"),
    (b"K\x01K\x020.", "1"),
    (b"K\x01(0.", "1"),
    (b"K\x01(K\x02K\x031.", "1"),
    (b"K\x012\x86.", "(1, 1)"),
    (b"K\x01p7\n0g7\n.", "1"),
    (b"K\x01q\x070h\x07.", "1"),
    (b"K\x01r\x00\x00\x00\xf00j\x00\x00\x00\xf0.", "1"),
    (b"K\x01\x940h\x00.", "1"),
    // Three entries: the next is number 3.
    (b"\x80\x04Np100\np64\np150\np100\n0\x8c\x01x\x940g3\n.", "'x'"),
    (b"\x80\x05\x95\x02\x00\x00\x00\x00\x00\x00\x00N..", "None"),
    (b"KN.", "78"),
    (b"NNb.", "None"),
];

/// Python's `repr` of what is plain.
fn repr(view: &View<'_>) -> String {
    let all = |items: &npbytes::pickle::Items<'_>| {
        items.iter().map(|item| repr(&item.view())).collect::<Vec<_>>().join(", ")
    };
    match view {
        View::None => "None".to_owned(),
        View::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        View::Int(int) => int.to_string(),
        View::Long(int) => int.to_string(),
        View::Float(float) => float.to_string(),
        View::Str(text) => {
            npbytes::literal::repr_str(&text.to_py_str(), npbytes::Python::default())
        }
        View::ByteString(bytes) => npbytes::literal::repr_bytes(bytes),
        View::Bytes(bytes) => npbytes::literal::repr_bytes(bytes),
        View::ByteArray(bytes) => format!("bytearray({})", npbytes::literal::repr_bytes(bytes)),
        View::Tuple(items) if items.len() == 1 => format!("({},)", all(items)),
        View::Tuple(items) => format!("({})", all(items)),
        View::List(items) => format!("[{}]", all(items)),
        View::Set(items) => format!("{{{}}}", all(items)),
        View::FrozenSet(items) => format!("frozenset({{{}}})", all(items)),
        View::Dict(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, value)| format!("{}: {}", repr(&key.view()), repr(&value.view())));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn each_opcode_makes_what_python_makes() {
    for (bytes, expected) in VALUES {
        let case = bytes.escape_ascii();
        let pickle = decode(bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(repr(&pickle.root().view()), *expected, "{case}");
    }
}

/// Each value is the same after it was written in every protocol.
#[test]
fn what_is_written_in_any_protocol_is_the_same() {
    for (bytes, expected) in VALUES.iter().filter(|(bytes, _)| bytes.first() != Some(&0x96)) {
        let pickle = decode(bytes).unwrap();
        for protocol in 0..=5 {
            let case = format!("{} in protocol {protocol}", bytes.escape_ascii());
            let written = pickle.encode(&WriteOptions::default().protocol(protocol)).unwrap();
            let back = decode(&written).unwrap_or_else(|error| panic!("{case}: {error}"));
            let again = back.encode(&WriteOptions::default().protocol(protocol)).unwrap();
            assert_eq!(again, written, "{case}");
            let sets = expected.contains("set") || expected.starts_with("{1}");
            let bytes = expected.contains("b'") || expected.contains("b\"");
            let by_call = (sets && protocol < 4) || (bytes && protocol < 3);
            if !by_call {
                assert_eq!(repr(&back.root().view()), *expected, "{case}");
            }
        }
    }
}

/// A pickle, the words of its error, and the offset that it names: CPython refuses each of them as well.
const WRONG: &[(&[u8], &str, u64)] = &[
    (b"", "before its STOP opcode", 0),
    (b"N", "before its STOP opcode", 1),
    (b".", "more values than there are on the stack", 0),
    (b"N\xff.", "\\xff is no opcode", 1),
    (b"\x80\x06N.", "expected protocol 0 to 5, found 6", 0),
    (b"Kx", "before its STOP opcode", 2),
    (b"K", "an opcode's argument: expected 1 bytes, found 0", 1),
    (b"X\xff\xff\xff\xffabc.", "expected 4294967295 bytes, found 4", 5),
    (b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc.", "expected 18446744073709551615 bytes", 9),
    (b"\x95\xff\x00\x00\x00\x00\x00\x00\x00N.", "expected 255 bytes, found 2", 9),
    (b"\x8b\xff\xff\xff\xff.", "LONG4 of negative length", 0),
    (b"T\xff\xff\xff\xff.", "BINSTRING of negative length", 0),
    (b"X\x01\x00\x00\x00\xff.", "a str that is not UTF-8", 0),
    (b"Va\\u00\n.", "an escape", 0),
    (b"V\\U00110000\n.", "an escape that is no character", 0),
    (b"Sabc\n.", "not in quotes", 0),
    (b"S'\\x4'\n.", "an escape that is cut off", 0),
    (b"I1x\n.", "expected a number, found \"1x\"", 0),
    (b"L010L\n.", "expected a number, found \"010L\"", 0),
    (b"Fx\n.", "expected a float, found \"x\"", 0),
    (b"h\x00.", "the memo has no entry 0", 0),
    (b"g9\n.", "the memo has no entry 9", 0),
    (b"gx\n.", "expected the number of a memo entry", 0),
    (b"\x94.", "more values than there are on the stack", 0),
    (b"t.", "there is no MARK", 0),
    (b"K\x01\x86.", "more values than there are on the stack", 2),
    (b"NNa.", "APPEND to what is no list", 2),
    (b"NNNs.", "SETITEM on what is no dict", 3),
    (b"N(N\x90.", "ADDITEMS to what is no set", 3),
    (b"}(Nu.", "an odd number of keys and values", 3),
    (b"](K\x01a.", "more values than there are on the stack", 4),
    (b"NK\x01b.", "BUILD on what has no state", 3),
    (b"\x82\x00.", "an extension code that is not positive", 0),
    (b"NN\x93.", "STACK_GLOBAL on what is no str", 2),
    (b"(o.", "OBJ without a class", 1),
    (b"N\x98.", "READONLY_BUFFER on what is no buffer", 1),
];

#[test]
fn what_is_no_pickle_is_refused_at_the_byte() {
    for (bytes, words, offset) in WRONG {
        let case = bytes.escape_ascii();
        match decode(bytes) {
            Ok(_) => assert!(words.is_empty(), "{case} is taken"),
            Err(error) => {
                assert!(error.to_string().contains(words), "{case}: {error}");
                assert_eq!(error.offset(), Some(*offset), "{case}: {error}");
            }
        }
    }
}

#[test]
fn every_limit_is_kept_and_named() {
    let cases: [(&[u8], Limits, &str); 4] = [
        (b"]]]N.", Limits::DEFAULT.pickle_items(2), "pickle_items"),
        (b"(NNNNt.", Limits::DEFAULT.pickle_items(3), "pickle_items"),
        (b"N\x94\x94\x94.", Limits::DEFAULT.pickle_memo(2), "pickle_memo"),
        (b"(((N.", Limits::DEFAULT.pickle_depth(2), "pickle_depth"),
    ];
    for (bytes, limits, name) in cases {
        let data = Bytes::from_static(bytes);
        let error = pickle::decode(&data, &ReadOptions::with_limits(limits)).unwrap_err();
        let ErrorKind::Limit { name: found, .. } = error.kind() else { panic!("{error}") };
        assert_eq!(*found, name);
        assert!(error.help().unwrap().contains(name));
    }
}

/// What stands behind STOP is not looked at, and can be read as the next pickle.
#[test]
fn pickles_follow_each_other() {
    let data = Bytes::from_static(b"K\x01.K\x02.rest");
    let (first, rest) = pickle::split(&data, &ReadOptions::default()).unwrap();
    let (second, rest) = pickle::split(&rest, &ReadOptions::default()).unwrap();
    assert_eq!((first.root().int(), second.root().int()), (Some(1), Some(2)));
    assert_eq!(rest.as_ref(), b"rest");
}

/// Nothing is called: `os.system('echo')` is a note of the call.
#[test]
fn calls_stay_notes() {
    let pickle = decode(b"cos\nsystem\n(S'echo'\ntR.").unwrap();
    let View::Object(object) = pickle.root().view() else { panic!() };
    let View::Global(global) = object.callable().view() else { panic!() };
    assert_eq!(global.to_string(), "os.system");
    assert_eq!(object.args().items().unwrap().len(), 1);
    assert!(pickle.root().numpy().unwrap().is_none());
    let error = pickle.root().array().unwrap_err();
    assert_eq!(error.to_string(), "in the pickle: expected an array, found os.system (at byte 21)");
}

/// What crosses the end of a frame is read otherwise from a file than from memory by CPython.
#[test]
fn frames_are_not_crossed() {
    for (bytes, offset) in [
        (&b"\x80\x04\x95\x01\x00\x00\x00\x00\x00\x00\x00K\x01."[..], 11),
        (
            b"\x80\x04\x95\x0c\x00\x00\x00\x00\x00\x00\x00\x95\x02\x00\x00\x00\x00\x00\x00\x00N..",
            11,
        ),
        // CPython 3.11: a second pickle.load of this file reads behind the frame, where 1 is.
        (b"\x80\x04\x95\x03\x00\x00\x00\x00\x00\x00\x00N.\xffK\x01.", 12),
    ] {
        let error = decode(bytes).unwrap_err();
        assert!(error.to_string().contains("FRAME"), "{error}");
        assert_eq!(error.offset(), Some(offset), "{error}");
    }
}

/// A line cannot have a name of several lines.
#[test]
fn globals_of_several_lines_take_protocol_4() {
    let pickle = decode(b"\x80\x04\x8c\x01a\x8c\x03b\nc\x93.").unwrap();
    assert!(pickle.encode(&WriteOptions::default().protocol(4)).is_ok());
    for protocol in 0..4 {
        let error = pickle.encode(&WriteOptions::default().protocol(protocol)).unwrap_err();
        assert!(error.to_string().contains("several lines"), "{error}");
    }
    assert!(decode(b"\x80\x03cm\xe9\nn\n.").is_err(), "a name in Latin-1");
    let pickle = decode("cm\u{e9}\nn\n.".as_bytes()).unwrap();
    assert!(pickle.encode(&WriteOptions::default().protocol(3)).is_ok());
    let error = pickle.encode(&WriteOptions::default().protocol(2)).unwrap_err();
    assert!(error.to_string().contains("not ASCII"), "{error}");
}
