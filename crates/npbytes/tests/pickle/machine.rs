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
    (b"K", "an opcode's argument: expected 1 byte, found 0", 1),
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

/// What CPython 3.11 gives for objects that hold themselves in what they are made of. Such an object is written several
/// times, one inside of the other: `c = C(); s = {c}; c.owner = s`, and so on.
const CYCLES: &[(&str, u8, &[u8])] = &[
    ("set", 0, b"(dp0\x0aVm\x0ap1\x0ac__builtin__\x0aset\x0ap2\x0a((lp3\x0accopy_reg\x0a_reconstructor\x0ap4\x0a(cm\x0aC\x0ap5\x0ac__builtin__\x0aobject\x0ap6\x0aNtp7\x0aRp8\x0a(dp9\x0aVowner\x0ap10\x0ag2\x0a((lp11\x0ag8\x0aatp12\x0aRp13\x0asbatp14\x0aR0g13\x0as."),
    ("set", 1, b"}q\x00X\x01\x00\x00\x00mq\x01c__builtin__\x0aset\x0aq\x02(]q\x03ccopy_reg\x0a_reconstructor\x0aq\x04(cm\x0aC\x0aq\x05c__builtin__\x0aobject\x0aq\x06Ntq\x07Rq\x08}q\x09X\x05\x00\x00\x00ownerq\x0ah\x02(]q\x0bh\x08atq\x0cRq\x0dsbatq\x0eR0h\x0ds."),
    ("set", 2, b"\x80\x02}q\x00X\x01\x00\x00\x00mq\x01c__builtin__\x0aset\x0aq\x02]q\x03cm\x0aC\x0aq\x04)\x81q\x05}q\x06X\x05\x00\x00\x00ownerq\x07h\x02]q\x08h\x05a\x85q\x09Rq\x0asba\x85q\x0bR0h\x0as."),
    ("set", 3, b"\x80\x03}q\x00X\x01\x00\x00\x00mq\x01cbuiltins\x0aset\x0aq\x02]q\x03cm\x0aC\x0aq\x04)\x81q\x05}q\x06X\x05\x00\x00\x00ownerq\x07h\x02]q\x08h\x05a\x85q\x09Rq\x0asba\x85q\x0bR0h\x0as."),
    ("set", 4, b"\x80\x04\x95%\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01m\x94\x8f\x94(h\x01\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x02sb\x90s."),
    ("set", 5, b"\x80\x05\x95%\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01m\x94\x8f\x94(h\x01\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x02sb\x90s."),
    ("set in a list", 0, b"(lp0\x0ac__builtin__\x0aset\x0ap1\x0a((lp2\x0accopy_reg\x0a_reconstructor\x0ap3\x0a(cm\x0aC\x0ap4\x0ac__builtin__\x0aobject\x0ap5\x0aNtp6\x0aRp7\x0a(dp8\x0aVowner\x0ap9\x0ag1\x0a((lp10\x0ag7\x0aatp11\x0aRp12\x0asbatp13\x0aR0g12\x0aa."),
    ("set in a list", 1, b"]q\x00c__builtin__\x0aset\x0aq\x01(]q\x02ccopy_reg\x0a_reconstructor\x0aq\x03(cm\x0aC\x0aq\x04c__builtin__\x0aobject\x0aq\x05Ntq\x06Rq\x07}q\x08X\x05\x00\x00\x00ownerq\x09h\x01(]q\x0ah\x07atq\x0bRq\x0csbatq\x0dR0h\x0ca."),
    ("set in a list", 2, b"\x80\x02]q\x00c__builtin__\x0aset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09a."),
    ("set in a list", 3, b"\x80\x03]q\x00cbuiltins\x0aset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09a."),
    ("set in a list", 4, b"\x80\x04\x95#\x00\x00\x00\x00\x00\x00\x00]\x94\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x01sb\x90a."),
    ("set in a list", 5, b"\x80\x05\x95#\x00\x00\x00\x00\x00\x00\x00]\x94\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x01sb\x90a."),
    ("two in a set", 0, b"(lp0\x0ac__builtin__\x0aset\x0ap1\x0a((lp2\x0accopy_reg\x0a_reconstructor\x0ap3\x0a(cm\x0aC\x0ap4\x0ac__builtin__\x0aobject\x0ap5\x0aNtp6\x0aRp7\x0a(dp8\x0aVowner\x0ap9\x0ag1\x0a((lp10\x0ag7\x0aag3\x0a(g4\x0ag5\x0aNtp11\x0aRp12\x0a(dp13\x0ag9\x0ag1\x0a((lp14\x0ag7\x0aag12\x0aatp15\x0aRp16\x0asbatp17\x0aR0g16\x0asbag12\x0aatp18\x0aR0g16\x0aa."),
    ("two in a set", 1, b"]q\x00c__builtin__\x0aset\x0aq\x01(]q\x02(ccopy_reg\x0a_reconstructor\x0aq\x03(cm\x0aC\x0aq\x04c__builtin__\x0aobject\x0aq\x05Ntq\x06Rq\x07}q\x08X\x05\x00\x00\x00ownerq\x09h\x01(]q\x0a(h\x07h\x03(h\x04h\x05Ntq\x0bRq\x0c}q\x0dh\x09h\x01(]q\x0e(h\x07h\x0cetq\x0fRq\x10sbetq\x11R0h\x10sbh\x0cetq\x12R0h\x10a."),
    ("two in a set", 2, b"\x80\x02]q\x00c__builtin__\x0aset\x0aq\x01]q\x02(cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07(h\x04h\x03)\x81q\x08}q\x09h\x06h\x01]q\x0a(h\x04h\x08e\x85q\x0bRq\x0csbe\x85q\x0dR0h\x0csbh\x08e\x85q\x0eR0h\x0ca."),
    ("two in a set", 3, b"\x80\x03]q\x00cbuiltins\x0aset\x0aq\x01]q\x02(cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07(h\x04h\x03)\x81q\x08}q\x09h\x06h\x01]q\x0a(h\x04h\x08e\x85q\x0bRq\x0csbe\x85q\x0dR0h\x0csbh\x08e\x85q\x0eR0h\x0ca."),
    ("two in a set", 4, b"\x80\x04\x950\x00\x00\x00\x00\x00\x00\x00]\x94\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x01sbh\x04)\x81\x94}\x94h\x07h\x01sb\x90a."),
    ("two in a set", 5, b"\x80\x05\x950\x00\x00\x00\x00\x00\x00\x00]\x94\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94h\x01sbh\x04)\x81\x94}\x94h\x07h\x01sb\x90a."),
    ("frozenset", 0, b"(lp0\x0ac__builtin__\x0afrozenset\x0ap1\x0a((lp2\x0accopy_reg\x0a_reconstructor\x0ap3\x0a(cm\x0aC\x0ap4\x0ac__builtin__\x0aobject\x0ap5\x0aNtp6\x0aRp7\x0a(dp8\x0aVowner\x0ap9\x0ag1\x0a((lp10\x0ag7\x0aatp11\x0aRp12\x0asbatp13\x0aR0g12\x0aa."),
    ("frozenset", 1, b"]q\x00c__builtin__\x0afrozenset\x0aq\x01(]q\x02ccopy_reg\x0a_reconstructor\x0aq\x03(cm\x0aC\x0aq\x04c__builtin__\x0aobject\x0aq\x05Ntq\x06Rq\x07}q\x08X\x05\x00\x00\x00ownerq\x09h\x01(]q\x0ah\x07atq\x0bRq\x0csbatq\x0dR0h\x0ca."),
    ("frozenset", 2, b"\x80\x02]q\x00c__builtin__\x0afrozenset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09a."),
    ("frozenset", 3, b"\x80\x03]q\x00cbuiltins\x0afrozenset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x05\x00\x00\x00ownerq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09a."),
    ("frozenset", 4, b"\x80\x04\x95&\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94(h\x04\x91\x94sb1h\x07a."),
    ("frozenset", 5, b"\x80\x05\x95&\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x05owner\x94(h\x04\x91\x94sb1h\x07a."),
    ("dict subclass", 0, b"(lp0\x0accopy_reg\x0a_reconstructor\x0ap1\x0a(cm\x0aD\x0ap2\x0ac__builtin__\x0adict\x0ap3\x0a(dp4\x0aVk\x0ap5\x0ag1\x0a(cm\x0aC\x0ap6\x0ac__builtin__\x0aobject\x0ap7\x0aNtp8\x0aRp9\x0a(dp10\x0aVd\x0ap11\x0ag1\x0a(g2\x0ag3\x0a(dp12\x0ag5\x0ag9\x0astp13\x0aRp14\x0asbstp15\x0aR0g14\x0aa."),
    ("dict subclass", 1, b"]q\x00ccopy_reg\x0a_reconstructor\x0aq\x01(cm\x0aD\x0aq\x02c__builtin__\x0adict\x0aq\x03}q\x04X\x01\x00\x00\x00kq\x05h\x01(cm\x0aC\x0aq\x06c__builtin__\x0aobject\x0aq\x07Ntq\x08Rq\x09}q\x0aX\x01\x00\x00\x00dq\x0bh\x01(h\x02h\x03}q\x0ch\x05h\x09stq\x0dRq\x0esbstq\x0fR0h\x0ea."),
    ("dict subclass", 2, b"\x80\x02]q\x00cm\x0aD\x0aq\x01)\x81q\x02X\x01\x00\x00\x00kq\x03cm\x0aC\x0aq\x04)\x81q\x05}q\x06X\x01\x00\x00\x00dq\x07h\x02sbsa."),
    ("dict subclass", 3, b"\x80\x03]q\x00cm\x0aD\x0aq\x01)\x81q\x02X\x01\x00\x00\x00kq\x03cm\x0aC\x0aq\x04)\x81q\x05}q\x06X\x01\x00\x00\x00dq\x07h\x02sbsa."),
    ("dict subclass", 4, b"\x80\x04\x95+\x00\x00\x00\x00\x00\x00\x00]\x94\x8c\x01m\x94\x8c\x01D\x94\x93\x94)\x81\x94\x8c\x01k\x94h\x01\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x01d\x94h\x04sbsa."),
    ("dict subclass", 5, b"\x80\x05\x95+\x00\x00\x00\x00\x00\x00\x00]\x94\x8c\x01m\x94\x8c\x01D\x94\x93\x94)\x81\x94\x8c\x01k\x94h\x01\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x01d\x94h\x04sbsa."),
    ("argument", 0, b"(lp0\x0acm\x0aF\x0ap1\x0a((lp2\x0ag1\x0a(g2\x0atp3\x0aRp4\x0aatp5\x0aR0g4\x0aa."),
    ("argument", 1, b"]q\x00cm\x0aF\x0aq\x01(]q\x02h\x01(h\x02tq\x03Rq\x04atq\x05R0h\x04a."),
    ("argument", 2, b"\x80\x02]q\x00cm\x0aF\x0aq\x01]q\x02h\x01h\x02\x85q\x03Rq\x04a\x85q\x05R0h\x04a."),
    ("argument", 3, b"\x80\x03]q\x00cm\x0aF\x0aq\x01]q\x02h\x01h\x02\x85q\x03Rq\x04a\x85q\x05R0h\x04a."),
    ("argument", 4, b"\x80\x04\x95\x1f\x00\x00\x00\x00\x00\x00\x00]\x94\x8c\x01m\x94\x8c\x01F\x94\x93\x94]\x94h\x03h\x04\x85\x94R\x94a\x85\x94R0h\x06a."),
    ("argument", 5, b"\x80\x05\x95\x1f\x00\x00\x00\x00\x00\x00\x00]\x94\x8c\x01m\x94\x8c\x01F\x94\x93\x94]\x94h\x03h\x04\x85\x94R\x94a\x85\x94R0h\x06a."),
    ("others", 0, b"(lp0\x0ac__builtin__\x0aset\x0ap1\x0a((lp2\x0accopy_reg\x0a_reconstructor\x0ap3\x0a(cm\x0aC\x0ap4\x0ac__builtin__\x0aobject\x0ap5\x0aNtp6\x0aRp7\x0a(dp8\x0aVo\x0ap9\x0ag1\x0a((lp10\x0ag7\x0aatp11\x0aRp12\x0asbatp13\x0aR0g12\x0aag3\x0a(g4\x0ag5\x0aNtp14\x0aRp15\x0a(dp16\x0aVa\x0ap17\x0aI1\x0asbag7\x0aag12\x0aa(dp18\x0aI1\x0ag12\x0asa."),
    ("others", 1, b"]q\x00(c__builtin__\x0aset\x0aq\x01(]q\x02ccopy_reg\x0a_reconstructor\x0aq\x03(cm\x0aC\x0aq\x04c__builtin__\x0aobject\x0aq\x05Ntq\x06Rq\x07}q\x08X\x01\x00\x00\x00oq\x09h\x01(]q\x0ah\x07atq\x0bRq\x0csbatq\x0dR0h\x0ch\x03(h\x04h\x05Ntq\x0eRq\x0f}q\x10X\x01\x00\x00\x00aq\x11K\x01sbh\x07h\x0c}q\x12K\x01h\x0cse."),
    ("others", 2, b"\x80\x02]q\x00(c__builtin__\x0aset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x01\x00\x00\x00oq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09h\x03)\x81q\x0b}q\x0cX\x01\x00\x00\x00aq\x0dK\x01sbh\x04h\x09}q\x0eK\x01h\x09se."),
    ("others", 3, b"\x80\x03]q\x00(cbuiltins\x0aset\x0aq\x01]q\x02cm\x0aC\x0aq\x03)\x81q\x04}q\x05X\x01\x00\x00\x00oq\x06h\x01]q\x07h\x04a\x85q\x08Rq\x09sba\x85q\x0aR0h\x09h\x03)\x81q\x0b}q\x0cX\x01\x00\x00\x00aq\x0dK\x01sbh\x04h\x09}q\x0eK\x01h\x09se."),
    ("others", 4, b"\x80\x04\x95:\x00\x00\x00\x00\x00\x00\x00]\x94(\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x01o\x94h\x01sb\x90h\x04)\x81\x94}\x94\x8c\x01a\x94K\x01sbh\x05h\x01}\x94K\x01h\x01se."),
    ("others", 5, b"\x80\x05\x95:\x00\x00\x00\x00\x00\x00\x00]\x94(\x8f\x94(\x8c\x01m\x94\x8c\x01C\x94\x93\x94)\x81\x94}\x94\x8c\x01o\x94h\x01sb\x90h\x04)\x81\x94}\x94\x8c\x01a\x94K\x01sbh\x05h\x01}\x94K\x01h\x01se."),
];

#[test]
fn objects_that_hold_themselves_are_written_back_to_the_byte() {
    for (name, protocol, bytes) in CYCLES {
        let case = format!("{name} in protocol {protocol}");
        let pickle = decode(bytes).unwrap_or_else(|error| panic!("{case}: {error}"));
        let back = pickle.encode(&WriteOptions::default().protocol(*protocol)).unwrap();
        assert_eq!(back.escape_ascii().to_string(), bytes.escape_ascii().to_string(), "{case}");
    }
}

/// A call whose result was thrown away is not the one that made what comes next.
#[test]
fn calls_that_were_thrown_away_by_chance_do_not_become_others() {
    // [f(1), f(2)], f(3) thrown away before the first is got again.
    let pickle = decode(b"]cm\nf\np1\n(I1\ntRp2\nag1\n(I3\ntR0g2\na.").unwrap();
    let written = pickle.encode(&WriteOptions::default().protocol(0)).unwrap();
    let text = written.escape_ascii().to_string();
    assert!(text.contains("I1") && !text.contains("I3"), "{text}");
}

/// No Python can make it, and older protocols have no way to write it.
/// Nothing is done to an object by another mention of it: it is written as `pickle.dumps(object(), 2)` is.
#[test]
fn an_object_that_is_popped_off_itself_is_left_as_it_is() {
    let plain = b"\x80\x02c__builtin__\nobject\n)\x81q\x01.";
    let popped = b"\x80\x02c__builtin__\nobject\n)\x81q\x01220h\x0100.";
    for data in [&plain[..], popped] {
        let pickle = decode(data).unwrap();
        let View::Object(object) = pickle.root().view() else { panic!("no object") };
        assert_eq!(object.steps().count(), 0);
        let written = pickle.encode(&WriteOptions::default().protocol(2)).unwrap();
        assert_eq!(written.escape_ascii().to_string(), {
            let expected = b"\x80\x02c__builtin__\nobject\nq\x00)\x81q\x01.";
            expected.escape_ascii().to_string()
        });
    }
}

#[test]
fn a_set_that_is_its_own_item_is_written_in_protocol_4_only() {
    let pickle = decode(b"\x80\x04\x8f\x94(h\x00\x90.").unwrap();
    assert!(pickle.encode(&WriteOptions::default().protocol(4)).is_ok());
    for protocol in 0..4 {
        let error = pickle.encode(&WriteOptions::default().protocol(protocol)).unwrap_err();
        assert!(error.to_string().contains("its own item"), "{error}");
    }
}

/// Gaps between entries of the memo are no entries, however often they double.
#[test]
fn memo_numbers_do_not_ask_for_memory() {
    let mut bytes = b"\x80\x02N".to_vec();
    let mut index = 64_u32;
    for _ in 0..25 {
        bytes.push(b'r');
        bytes.extend(index.to_le_bytes());
        index = index.saturating_mul(2).saturating_add(64);
    }
    bytes.push(b'.');
    assert_eq!(repr(&decode(&bytes).unwrap().root().view()), "None");
}

/// CPython 3.11: `pickle.dumps(pickle.loads(bytes), 2)`.
#[test]
fn decoded_texts_of_one_character_are_those_of_bytes() {
    for (four, two) in [
        (
            &b"\x80\x04\x95\x0d\x00\x00\x00\x00\x00\x00\x00]\x94(\x8c\x01b\x94C\x01b\x94e."[..],
            &b"\x80\x02]q\x00(X\x01\x00\x00\x00bq\x01c_codecs\x0aencode\x0aq\x02h\x01X\x06\x00\x00\x00latin1q\x03\x86q\x04Rq\x05e."[..],
        ),
        (
            b"\x80\x04\x95\x0d\x00\x00\x00\x00\x00\x00\x00]\x94(C\x01b\x94\x8c\x01b\x94e.",
            b"\x80\x02]q\x00(c_codecs\x0aencode\x0aq\x01X\x01\x00\x00\x00bq\x02X\x06\x00\x00\x00latin1q\x03\x86q\x04Rq\x05h\x02e.",
        ),
    ] {
        let back = decode(four).unwrap().encode(&WriteOptions::default().protocol(2)).unwrap();
        assert_eq!(back.escape_ascii().to_string(), two.escape_ascii().to_string());
    }
}

/// `_frombuffer(buffer, dtype('u1'), (2, 1, 500), 'K', (1, 0, 2))`, again and again over one buffer.
#[test]
fn arrays_that_share_a_buffer_are_not_copied_without_end() {
    let mut bytes = b"\x80\x05](cnumpy._core.numeric\n_frombuffer\np0\n(".to_vec();
    bytes.extend(b"B\xe8\x03\x00\x00");
    bytes.extend([7; 1000]);
    bytes.extend(b"p1\ncnumpy\ndtype\n(X\x02\x00\x00\x00u1\x89\x88tRp2\n");
    bytes.extend(b"(I2\nI500\nI1\ntp3\nX\x01\x00\x00\x00Kp4\n(I1\nI0\nI2\ntp5\ntp6\nR");
    for _ in 0..50 {
        bytes.extend(b"g0\ng6\nR");
    }
    bytes.extend(b"e.");
    let mut pickle = decode(&bytes).unwrap();
    assert!(pickle.root().items().unwrap().get(50).unwrap().array().is_ok());
    let error = pickle.retarget(npbytes::NumPy::new(1, 26, 4)).unwrap_err();
    assert!(error.to_string().contains("share one buffer"), "{error}");
}
