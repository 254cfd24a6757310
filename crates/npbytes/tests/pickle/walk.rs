//! Paths: where arrays are, and what is there.

use npbytes::pickle::{ArrayObject, Pickle, ScalarObject};
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
