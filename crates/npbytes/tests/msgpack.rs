//! Messages as msgpack-numpy 0.4.8 packs them: `tests/data/msgpack/make.py` recorded the cases.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say so")]

use bytes::Bytes;
use npbytes::msgpack::{self, Document, NumPyValue, ReadOptions, View};
use npbytes::{ErrorKind, Limits};

/// A case: the expression, the message, and path, dtype, shape and elements of each array; none where Python fails.
struct Case {
    name: String,
    is_raw: bool,
    message: Bytes,
    arrays: Option<Vec<[String; 4]>>,
}

fn bytes(hex: &str) -> Vec<u8> {
    let digit = |c: u8| (c as char).to_digit(16).unwrap();
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::try_from(digit(pair[0]) << 4 | digit(pair[1])).unwrap()).collect()
}

fn cases() -> Vec<Case> {
    let text = include_str!("data/msgpack/cases.txt");
    let case = |line: &str| {
        let mut parts = line.split('\t').map(ToOwned::to_owned);
        let (expression, packed) = (parts.next().unwrap(), parts.next().unwrap());
        let message = bytes(&parts.next().unwrap()).into();
        let rest: Vec<String> = parts.collect();
        let arrays = (rest != ["TypeError"]).then(|| {
            let array = |four: &[String]| <[String; 4]>::try_from(four.to_vec()).unwrap();
            rest.chunks(4).map(array).collect()
        });
        let is_raw = packed == "use_bin_type=False";
        Case { name: format!("{expression}, {packed}"), is_raw, message, arrays }
    };
    text.lines().map(case).collect()
}

fn decode(message: &[u8]) -> npbytes::Result<Document> {
    msgpack::decode(&Bytes::copy_from_slice(message), &ReadOptions::default())
}

#[test]
fn arrays_are_those_that_python_reads() {
    let cases = cases();
    assert_eq!(cases.len(), 52);
    let mut count = 0;
    for case in cases {
        let document = msgpack::decode(&case.message, &ReadOptions::default()).unwrap();
        // What Python cannot read of what it packed is read here.
        let Some(expected) = case.arrays else { continue };
        let found: Vec<[String; 4]> = document
            .arrays()
            .map(|(path, node)| {
                let array = node.array().unwrap_or_else(|error| panic!("{}: {error}", case.name));
                let elements = array.data().iter().map(|byte| format!("{byte:02x}")).collect();
                let dtype = array.dtype().to_string();
                [path.to_string(), dtype, array.shape().to_string(), elements]
            })
            .collect();
        let expected: Vec<[String; 4]> = expected
            .into_iter()
            .map(|[path, dtype, shape, elements]| {
                // Old packers do not tell `str` from `bytes`; Python then takes all for `bytes`, and this for `str`.
                let path = match case.is_raw {
                    true => path.replace("[b'\\xc3\\xa9']", "['é']").replace("[b", "["),
                    false => path,
                };
                [path, dtype, shape, elements]
            })
            .collect();
        assert_eq!(found, expected, "{}", case.name);
        for [path, ..] in &found {
            let array = document.find(path).unwrap().array().unwrap();
            count += 1;
            // Elements are slices of the message.
            let range = case.message.as_ptr_range();
            assert!(array.is_empty() || range.contains(&array.data().as_ptr()), "{}", case.name);
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn what_python_packs_and_cannot_read_is_read() {
    // A title, which Python packs as a list, and nested fields of old packers.
    let unread: Vec<Case> = cases().into_iter().filter(|case| case.arrays.is_none()).collect();
    assert_eq!(unread.len(), 3);
    for case in unread {
        let document = msgpack::decode(&case.message, &ReadOptions::default()).unwrap();
        let array = document.root().array().unwrap();
        let expected = if case.name.contains("'T'") {
            "[(('T', 'a'), 'u1')]"
        } else {
            "[('p', [('q', '<i2'), ('r', 'u1')]), ('z', '<f8')]"
        };
        assert_eq!(array.dtype().to_string(), expected, "{}", case.name);
    }
}

#[test]
fn long_payloads_and_other_forms_are_read() {
    // m.packb(np.zeros(65536, 'u1')): a bin of 32 bits.
    let head = "85c4026e64c3c40474797065a37c7531c4046b696e64c400c4057368617065\
                91ce00010000c40464617461c600010000";
    let message = [bytes(head), vec![7; 65536]].concat();
    assert_eq!(decode(&message).unwrap().root().array().unwrap().len(), 65536);
    // Measured with msgpack.packb of dicts and m.unpackb: keys in another order and more of them, no `kind` (as before
    // 0.4.4), a number as shape, names of dtypes, more bytes than it takes, `nd` that is not True, a `str` as kind.
    let forms: [(&[u8], &str, &str, usize); 7] = [
        (b"\x84\xc4\x04data\xc4\x04abcd\xc4\x05shape\x91\x01\xc4\x04type\xa3<i4\xc4\x02nd\xc3", "int32", "(1,)", 4),
        (b"\x85\xc4\x02nd\xc3\xc4\x04type\xa3<i4\xc4\x05shape\x91\x01\xc4\x04data\xc4\x04abcd\xc4\x04more\x01", "int32", "(1,)", 4),
        (b"\x84\xc4\x02nd\xc3\xc4\x04type\xa3<i2\xc4\x05shape\x02\xc4\x04data\xc4\x04abcd", "int16", "(2,)", 4),
        (b"\x84\xc4\x02nd\xc3\xc4\x04type\xa5int32\xc4\x05shape\x91\x01\xc4\x04data\xc4\x04abcd", "int32", "(1,)", 4),
        (b"\x84\xc4\x02nd\xc3\xc4\x04type\xc4\x03<i4\xc4\x05shape\x91\x01\xc4\x04data\xc4\x08abcdefgh", "int32", "(1,)", 4),
        (b"\x84\xc4\x02nd\x01\xc4\x04type\xa3<i4\xc4\x05shape\x91\x01\xc4\x04data\xc4\x04abcd", "int32", "()", 4),
        (b"\x85\xc4\x02nd\xc3\xc4\x04type\x91\x92\xa1x\xa3<i2\xc4\x04kind\xa1V\xc4\x05shape\x91\x01\xc4\x04data\xc4\x02ab", "[('x', '<i2')]", "(1,)", 2),
    ];
    for (message, dtype, shape, len) in forms {
        let name = message.escape_ascii();
        let array =
            decode(message).unwrap().root().array().unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(array.dtype().to_string(), dtype, "{name}");
        assert_eq!(
            (array.shape().to_string().as_str(), array.data().len()),
            (shape, len),
            "{name}"
        );
    }
    // Without all keys a map is plain data.
    let plain = decode(b"\x82\xc4\x02nd\xc3\xc4\x04type\xa3<i4").unwrap();
    assert!(plain.root().numpy().unwrap().is_none());
    assert_eq!(plain.arrays().count(), 0);
}

#[test]
fn objects_are_handed_out_as_a_pickle() {
    // m.packb(np.array([1, 'a', None], dtype=object))
    let message = bytes(OBJECTS);
    let document = decode(&message).unwrap();
    let Ok(Some(NumPyValue::Objects { shape, pickle })) = document.root().numpy() else {
        panic!("{:?}", document.root().numpy());
    };
    assert_eq!(&*shape, [3]);
    assert!(
        pickle.starts_with(b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n")
            && pickle.ends_with(b".")
    );
    let error = document.root().array().unwrap_err();
    assert!(error.to_string().contains("lie in the message as a pickle"), "{error}");
    assert_eq!(document.arrays().count(), 1);
    // m.packb(np.zeros(1, dtype=[('o', 'O')])): a pointer.
    let pointers = bytes(
        "85c4026e64c3c404747970659192a16fa27c4fc4046b696e64c40156c40573686170659101c40464617461c40888e874ca107f0000",
    );
    let error = decode(&pointers).unwrap().root().array().unwrap_err();
    assert!(error.to_string().contains("pointers"), "{error}");
}

#[test]
fn complex_numbers_are_read() {
    // m.packb of each.
    for (message, real, imag) in COMPLEX {
        let document = decode(&bytes(message)).unwrap();
        let Some(NumPyValue::Complex(a, b)) = document.root().numpy().unwrap() else { panic!() };
        let bits =
            |number: f64| if number.is_nan() { f64::NAN.to_bits() } else { number.to_bits() };
        assert_eq!((bits(a), bits(b)), (bits(real), bits(imag)), "{message}");
        // No array of NumPy.
        assert_eq!(document.arrays().count(), 0);
        assert!(document.root().array().unwrap_err().to_string().contains("a complex number"));
    }
}

#[test]
fn plain_values_are_those_of_python() {
    // msgpack.unpackb of each.
    let cases: [(&[u8], &str); 22] = [
        (b"\xc0", "Nil"),
        (b"\xc2", "Bool(false)"),
        (b"\x7f", "Int(127)"),
        (b"\xe0", "Int(-32)"),
        (b"\xff", "Int(-1)"),
        (b"\xcc\xff", "Int(255)"),
        (b"\xcd\x01\x00", "Int(256)"),
        (b"\xce\x00\x01\x00\x00", "Int(65536)"),
        (b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "Int(18446744073709551615)"),
        (b"\xd0\x80", "Int(-128)"),
        (b"\xd1\x80\x00", "Int(-32768)"),
        (b"\xd2\x80\x00\x00\x00", "Int(-2147483648)"),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "Int(-9223372036854775808)"),
        (b"\xca\x3f\x80\x00\x00", "Float(1.0)"),
        (b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00", "Float(1.5)"),
        (b"\xa1\xff", "Str([255])"),
        (b"\xd9\x01a", "Str([97])"),
        (b"\xc5\x00\x01a", "Bin([97])"),
        (b"\xd4\x05\x01", "Ext(5, [1])"),
        (b"\xd6\xff\x00\x00\x00\x01", "Ext(-1, [0, 0, 0, 1])"),
        (b"\xc7\x01\x05\x01", "Ext(5, [1])"),
        (b"\xdc\x00\x01\xc0", "List(Items { left: 1, .. })"),
    ];
    for (message, expected) in cases {
        assert_eq!(format!("{:?}", decode(message).unwrap().root().view()), expected);
    }
}

#[test]
fn values_are_found_by_their_paths() {
    // m.packb({'a': [1, {2: 'x'}], b'k': None, 'a b': 1.5, 'a': 7})
    let message = b"\x84\xa1a\x92\x01\x81\x02\xa1x\xc4\x01k\xc0\xa3a b\xca\x3f\xc0\0\0\xa1a\x92\x07\x81\x02\xa1y";
    let document = decode(message).unwrap();
    let found = |path: &str| format!("{:?}", document.find(path).map(|node| node.view()).unwrap());
    // Of a key that is there twice, the last one counts.
    assert_eq!(found("['a'][0]"), "Int(7)");
    assert_eq!(found("['a'][1][2]"), "Str([121])");
    assert_eq!(found("[b'k']"), "Nil");
    assert_eq!(found("a b"), "Float(1.5)");
    assert!(matches!(document.find("").unwrap().view(), View::Map(_)));
    for path in ["['a'][2]", "['a'][x]", "['a'", "['b']", "[0]", "['a'][0][0]", "[", "]", "a[0]"] {
        let error = document.find(path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Member { .. }), "{path}: {error}");
    }
}

#[test]
fn messages_that_are_cut_anywhere_are_refused() {
    for case in cases() {
        for len in 0..case.message.len() {
            let error = msgpack::decode(&case.message.slice(..len), &ReadOptions::default())
                .expect_err(&format!("{} cut at {len}", case.name));
            assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{}: {error}", case.name);
            assert!(error.offset().unwrap() <= len as u64, "{}: {error}", case.name);
        }
    }
}

#[test]
fn messages_with_any_byte_changed_do_no_harm() {
    for case in cases().into_iter().filter(|case| case.message.len() < 400) {
        for at in 0..case.message.len() {
            for value in [0x00, 0x7f, 0x80, 0x8f, 0x9f, 0xbf, 0xc1, 0xc3, 0xc6, 0xdd, 0xdf, 0xff] {
                let mut message = case.message.to_vec();
                message[at] = value;
                let Ok((document, rest)) = msgpack::split(&message.into(), &ReadOptions::default())
                else {
                    continue;
                };
                assert!(document.data().len() + rest.len() == case.message.len());
                for (path, node) in document.arrays() {
                    let found = document.find(&path.to_string());
                    assert!(found.is_ok() || path.to_string().contains("key at"), "{path}");
                    if let Ok(array) = node.array() {
                        assert!(array.data().len() <= case.message.len());
                    }
                }
            }
        }
    }
}

#[test]
fn lengths_are_believed_of_nothing() {
    let hostile: [&[u8]; 9] = [
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xc0\xc0",
        b"\xc6\xff\xff\xff\xffabc",
        b"\xdb\xff\xff\xff\xffabc",
        b"\xc9\xff\xff\xff\xff\x01abc",
        b"\x9f\xdd\xff\xff\xff\xff",
        b"\xde\xff\xff",
        b"",
    ];
    for message in hostile {
        let error = decode(message).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
    }
    let error = decode(b"\x92\x01\xc1").unwrap_err();
    assert_eq!((error.offset(), error.to_string().contains("byte c1")), (Some(2), true));
    let error = decode(b"\x01\x02\x03").unwrap_err();
    assert_eq!((error.offset(), error.to_string().contains("2 bytes follow")), (Some(1), true));
    // A shape that fits no memory, and one that the bytes do not fill.
    let shape = |dims: &[u8]| {
        let head = b"\x84\xc4\x02nd\xc3\xc4\x04type\xa3<i4\xc4\x04data\xc4\x04abcd\xc4\x05shape";
        decode(&[&head[..], dims].concat()).unwrap().root().array().unwrap_err()
    };
    assert!(matches!(shape(b"\x91\x02").kind(), ErrorKind::Truncated { needed: 8, found: 4, .. }));
    let huge =
        shape(b"\x92\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\xcf\x7f\xff\xff\xff\xff\xff\xff\xff");
    assert!(matches!(huge.kind(), ErrorKind::Shape(_)), "{huge}");
    for dims in [&b"\x91\xff"[..], b"\x91\xa1a", b"\xc0", b"\x91\xcb\x3f\xf0\0\0\0\0\0\0"] {
        assert!(shape(dims).to_string().contains("no list of lengths"));
    }
    let axes = shape(&[&b"\xdc\x00\x41"[..], &[1; 65]].concat());
    assert!(matches!(axes.kind(), ErrorKind::Shape(_)), "{axes}");
}

#[test]
fn nesting_is_bounded_by_the_limit_on_depth() {
    let nested = |depth: usize| [vec![0x91; depth], vec![0xc0]].concat();
    decode(&nested(200)).unwrap();
    let error = decode(&nested(201)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { name: "depth", limit: 200, needed: 201 }));
    assert_eq!(error.offset(), Some(200));
    decode(&nested(1_000_000)).unwrap_err();
    let options = ReadOptions::with_limits(Limits::default().depth(3));
    assert!(msgpack::decode(&nested(3).into(), &options).is_ok());
    assert!(msgpack::decode(&nested(4).into(), &options).is_err());
    // Empty ones count, too.
    assert!(msgpack::decode(&Bytes::from_static(b"\x91\x91\x91\x90"), &options).is_err());
    // Types nest as deep as messages do.
    let mut dtype = b"\xa3<i4".to_vec();
    for _ in 0..90 {
        dtype = [b"\x91\x92\xa1x", &dtype[..]].concat();
    }
    let message =
        [&b"\x84\xc4\x02nd\xc3\xc4\x05shape\x90\xc4\x04data\xc4\x04abcd\xc4\x04type"[..], &dtype];
    let document = decode(&message.concat()).unwrap();
    assert_eq!(document.root().array().unwrap().data().len(), 4);
}

#[test]
fn messages_follow_one_another() {
    let both = Bytes::from_static(b"\x91\x01\xa1x");
    let (first, rest) = msgpack::split(&both, &ReadOptions::default()).unwrap();
    assert!(matches!(first.root().view(), View::List(_)));
    let (second, rest) = msgpack::split(&rest, &ReadOptions::default()).unwrap();
    assert!(matches!(second.root().view(), View::Str(b"x")));
    assert!(rest.is_empty());
}

/// m.packb(np.array([1, 'a', None], dtype=object))
const OBJECTS: &str = "85c4026e64c3c404747970659192a0a27c4fc4046b696e64c4014fc40573686170659103c40464617461c4cd80\
     02636e756d70792e636f72652e6d756c746961727261790a5f7265636f6e7374727563740a7100636e756d7079\
     0a6e6461727261790a71014b00857102635f636f646563730a656e636f64650a71035801000000627104580600\
     00006c6174696e317105867106527107877108527109284b014b0385710a636e756d70790a64747970650a710b\
     58020000004f38710c898887710d52710e284b0358010000007c710f4e4e4e4affffffff4affffffff4b3f7471\
     1062895d7111284b0158010000006171124e65747113622e";

/// Messages with the numbers that `m.unpackb` gives: of `(1+2j)`, `(-0-0j)`, `2j`, `complex("nan-infj")`, and two with exponents.
const COMPLEX: [(&str, f64, f64); 6] = [
    ("82c407636f6d706c6578c3c40464617461a628312b326a29", 1.0, 2.0),
    ("82c407636f6d706c6578c3c40464617461a7282d302d306a29", -0.0, -0.0),
    ("82c407636f6d706c6578c3c40464617461a2326a", 0.0, 2.0),
    ("82c407636f6d706c6578c3c40464617461aa286e616e2d696e666a29", f64::NAN, f64::NEG_INFINITY),
    ("82c407636f6d706c6578c3c40464617461ae2831652d30372b33652b32306a29", 1e-07, 3e+20),
    ("82c407636f6d706c6578c3c40464617461b0282d31652b31362d31652d3330306a29", -1e+16, -1e-300),
];
