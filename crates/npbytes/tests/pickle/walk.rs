//! Paths: where arrays are, and what is there.

use npbytes::pickle::{ArrayObject, Pickle, ScalarObject, WriteOptions};
use npbytes::{Array, DType, Order, Shape};

fn array(pickle: &mut Pickle, first: i32) -> npbytes::pickle::Value {
    pickle.array(ArrayObject::new(Array::from_vec(&[1], vec![first]).unwrap()))
}

/// A dict of a list, a tuple in an array of objects, and keys of all kinds.
fn nested() -> Pickle {
    let mut p = Pickle::new();
    let arrays: Vec<_> = (0..6).map(|first| array(&mut p, first)).collect();
    let list = p.list(vec![arrays[0], arrays[1]]);
    let pair = p.tuple(&[arrays[2], list]);
    let none = p.text("none");
    let objects = ArrayObject::objects(
        DType::parse("O").unwrap(),
        Shape::new(&[1, 2]).unwrap(),
        Order::C,
        vec![pair, none],
    );
    let objects = p.array(objects.unwrap());
    let set = p.set(vec![arrays[3]]);
    // A key that is no plain data has a place and no name.
    let scalar = ScalarObject::new(DType::parse("i1").unwrap(), vec![1].into()).unwrap();
    let key = p.scalar(scalar);
    let (a, quoted, number) = (p.text("a"), p.text("it's [1].x"), p.int(-7));
    let bytes = p.bytes(&b"k"[..]);
    let root =
        p.dict([(a, list), (quoted, objects), (number, set), (key, arrays[4]), (bytes, arrays[5])]);
    p.set_root(root);
    p
}

#[test]
fn every_array_is_found_once_and_leads_back() {
    let pickle = nested();
    let mut found = Vec::new();
    for item in pickle.arrays() {
        let (path, _) = item.unwrap();
        found.push(path.to_string());
    }
    let expected = [
        "['a'][0]",
        "['a'][1]",
        "[\"it's [1].x\"]",
        "[\"it's [1].x\"][0, 0][0]",
        "[-7]{0}",
        "{3}",
        "[b'k']",
    ];
    assert_eq!(found, expected);
    for (first, path) in
        ["['a'][0]", "['a'][1]", "[\"it's [1].x\"][0, 0][0]", "[-7]{0}"].iter().enumerate()
    {
        let array = pickle.find(path).unwrap().array().unwrap();
        assert_eq!(
            array.view().to_vec::<i32>().unwrap(),
            [i32::try_from(first).unwrap()],
            "{path}"
        );
    }
    assert_eq!(pickle.find("{3}").unwrap().array().unwrap().view().to_vec::<i32>().unwrap(), [4]);
    // Other ways to say the same.
    assert!(pickle.find(r#"["a"][ 1 ]"#).is_ok());
    assert!(pickle.find("").unwrap().array().is_err());
}

#[test]
fn a_step_that_leads_nowhere_names_those_there_are() {
    let pickle = nested();
    let error = pickle.find("['a'][2]").unwrap_err();
    assert_eq!(error.to_string(), "not a value: ['a'] has no [2]");
    assert_eq!(error.help().unwrap(), "there are [0] [1]");
    let error = pickle.find(".a").unwrap_err();
    assert_eq!(error.to_string(), "not a value: the pickle has no .a");
    for wrong in ["a", "[", "['a'", "[]", ".", "{", "{x}", "['a']x"] {
        assert!(pickle.find(wrong).is_err(), "{wrong}");
    }
}

/// A list that holds itself, and an array: the walk ends.
#[test]
fn cycles_are_walked_once() {
    let mut bytes = b"]q\x00h\x00a".to_vec();
    bytes.extend_from_slice(b"N.");
    let pickle = super::decode(&bytes).unwrap();
    assert_eq!(pickle.arrays().count(), 0);
    assert_eq!(super::decode(b"]q\x00(h\x00h\x00h\x00e.").unwrap().arrays().count(), 0);
}

/// A key that is set twice has its last value, as in Python, wherever one looks; what is written back has both.
#[test]
fn keys_that_are_set_twice_have_the_last_value() {
    // {'a': [1], 'b': [2], 'a': array}: list(pickle.loads(...)) is ['a', 'b'].
    let array = &FIRST[2..FIRST.len() - 1];
    let bytes = [&b"\x80\x02}q\xf0(X\x01\0\0\0a](NeX\x01\0\0\0b](NeX\x01\0\0\0a"[..], array, b"u."]
        .concat();
    let pickle = super::decode(&bytes).unwrap();
    let paths: Vec<_> = pickle.arrays().map(|found| found.unwrap().0.to_string()).collect();
    assert_eq!(paths, ["['a']"]);
    assert_eq!(pickle.find("['a']").unwrap().array().unwrap().len(), 2);
    assert_eq!(pickle.root().get("a").unwrap().array().unwrap().len(), 2);
    let error = pickle.find("['c']").unwrap_err();
    assert_eq!(error.help().unwrap(), "there are ['a'] ['b']");
    // 1, True and 1.0 are one key: pickle.loads(...) is {1: 'last'}.
    let ones = super::decode(b"}(K\x01N\x88NG?\xf0\0\0\0\0\0\0X\x04\0\0\0lastu.").unwrap();
    for path in ["[1]", "[True]", "[1.0]"] {
        assert_eq!(ones.find(path).unwrap().text().unwrap().to_string(), "last", "{path}");
    }
    // As it was read it is written.
    let bytes = b"\x80\x04\x95\x13\0\0\0\0\0\0\0}\x94(\x8c\x02ab\x94K\x01\x8c\x02ab\x94K\x02u.";
    let twice = super::decode(bytes).unwrap();
    assert_eq!(twice.encode(&WriteOptions::default()).unwrap(), bytes);
}

/// `pickle.dumps(np.array([1, 2], 'i1'), 2)` with NumPy 1.26.4.
const FIRST: &[u8] = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\x00cnumpy\nndarray\nq\x01K\x00\x85q\x02c_codecs\n\
    encode\nq\x03X\x01\x00\x00\x00bq\x04X\x06\x00\x00\x00latin1q\x05\x86q\x06Rq\x07\x87q\x08Rq\t(K\x01K\x02\x85q\ncnumpy\n\
    dtype\nq\x0bX\x02\x00\x00\x00i1q\x0c\x89\x88\x87q\rRq\x0e(K\x03X\x01\x00\x00\x00|q\x0fNNNJ\xff\xff\xff\xffJ\xff\xff\xff\
    \xffK\x00tq\x10b\x89h\x03X\x02\x00\x00\x00\x01\x02q\x11h\x05\x86q\x12Rq\x13tq\x14b.";

/// An object of many states: each place leads where the walk finds it.
#[test]
fn parts_of_objects_are_found_by_place() {
    // o = C.__new__(C); items [x, y] by APPENDS; o['k'] = z by SETITEM; state {'s': ()}.
    let bytes = b"\x80\x02cm\nC\n)\x81(]]eX\x01\0\0\0k]s}X\x01\0\0\0s]sb.";
    let pickle = super::decode(bytes).unwrap();
    for path in ["[0]", "[1]", "['k']", ".s"] {
        assert_eq!(pickle.find(path).unwrap().type_name(), "list", "{path}");
    }
    let error = pickle.find(".nothing").unwrap_err();
    assert_eq!(error.help().unwrap(), "there are [0] [1] ['k'] .s");
}

/// Long keys have places, and are found by themselves all the same; a number is a key, too.
#[test]
fn keys_are_found_as_they_are_written() {
    let mut p = Pickle::new();
    let (first, second) = (array(&mut p, 0), array(&mut p, 1));
    let (long, number) = ("k".repeat(5000), p.int(7));
    let key = p.text(long.as_str());
    let root = p.dict([(key, first), (number, second)]);
    p.set_root(root);
    let paths: Vec<_> = p.arrays().map(|found| found.unwrap().0.to_string()).collect();
    assert_eq!(paths, ["{0}", "[7]"]);
    for path in ["{0}".to_owned(), format!("['{long}']"), "[7]".to_owned(), "{1}".to_owned()] {
        assert!(p.find(&path).unwrap().array().is_ok());
    }
    assert_eq!(p.arrays().values().filter(Result::is_ok).count(), 2);
}
