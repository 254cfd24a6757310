//! Arrays of objects and of `StringDType` to Arrow.
#![allow(clippy::unwrap_used)]

use arrow_array::Array as _;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, UInt64Type};
use arrow_schema::DataType;
use npbytes::pickle::{ArrayObject, DTypeObject, Pickle, ScalarObject, StringDType, Value};
use npbytes::{Array, DType, Order, Shape};
use npbytes_arrow::{Column, Integers, Rows, Text, ToArrow, Values, to_arrow};

/// An array of objects of a shape.
fn objects(shape: &[usize], order: Order, build: impl FnOnce(&mut Pickle) -> Vec<Value>) -> Values {
    let mut pickle = Pickle::new();
    let items = build(&mut pickle);
    let shape = Shape::new(shape).unwrap();
    let array = ArrayObject::objects(DType::parse("O").unwrap(), shape, order, items).unwrap();
    let root = pickle.array(array);
    pickle.set_root(root);
    // As it comes from a file.
    let bytes = pickle.encode(&npbytes::pickle::WriteOptions::default()).unwrap();
    let pickle =
        npbytes::pickle::decode(&bytes.into(), &npbytes::pickle::ReadOptions::default()).unwrap();
    Values::from_node(pickle.root()).unwrap().unwrap()
}

/// An array of objects of one axis, as it was built.
fn row(build: impl FnOnce(&mut Pickle) -> Vec<Value>) -> Values {
    let mut pickle = Pickle::new();
    let items = build(&mut pickle);
    let shape = Shape::new(&[items.len()]).unwrap();
    let array = ArrayObject::objects(DType::parse("O").unwrap(), shape, Order::C, items).unwrap();
    let root = pickle.array(array);
    pickle.set_root(root);
    Values::from_node(pickle.root()).unwrap().unwrap()
}

fn column(values: &Values) -> Column {
    to_arrow("x", values, &ToArrow::default()).unwrap()
}

fn with(change: impl FnOnce(&mut ToArrow)) -> ToArrow {
    let mut options = ToArrow::default();
    change(&mut options);
    options
}

#[test]
fn of_one_kind() {
    let texts = column(&row(|p| vec![p.text("a"), Value::NONE, p.text("hé"), p.text("")]));
    let values: Vec<_> = texts.array.as_string::<i32>().iter().collect();
    assert_eq!(values, [Some("a"), None, Some("hé"), Some("")]);
    assert_eq!(texts.field.metadata()["numpy.dtype"], "O");
    assert_eq!(texts.field.metadata()["numpy.null"], "None");
    let bytes = column(&row(|p| vec![p.bytes(&b"a\0"[..]), Value::NONE]));
    let values: Vec<_> = bytes.array.as_binary::<i32>().iter().collect();
    assert_eq!(values, [Some(&b"a\0"[..]), None]);
    let bools = column(&row(|p| vec![p.bool(true), Value::NONE, p.bool(false)]));
    let values: Vec<_> = bools.array.as_boolean().iter().collect();
    assert_eq!(values, [Some(true), None, Some(false)]);
    let floats = column(&row(|p| vec![p.float(1.5), p.float(f64::NAN), Value::NONE]));
    let values = floats.array.as_primitive::<Float64Type>();
    assert_eq!((values.value(0), values.null_count()), (1.5, 1));
    assert!(values.value(1).is_nan());
    let nothing = column(&row(|_| vec![Value::NONE, Value::NONE]));
    assert_eq!((nothing.array.data_type(), nothing.array.len()), (&DataType::Null, 2));
    assert_eq!(column(&row(|_| vec![])).array.len(), 0);
}

#[test]
fn integers() {
    let ints = column(&row(|p| vec![p.int(1), Value::NONE, p.int(i64::MIN)]));
    let values: Vec<_> = ints.array.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(values, [Some(1), None, Some(i64::MIN)]);
    // 2**64 - 1, in two's complement.
    let most = [255, 255, 255, 255, 255, 255, 255, 255, 0];
    let wide = column(&row(|p| vec![p.int(1), p.long(&most)]));
    assert_eq!(wide.array.as_primitive::<UInt64Type>().values()[..], [1, u64::MAX]);
    let beyond = |p: &mut Pickle| vec![p.int(-1), p.long(&most), Value::NONE];
    let error = to_arrow("x", &row(beyond), &ToArrow::default()).unwrap_err();
    assert_eq!(error.row(), Some(1));
    let rounded = to_arrow("x", &row(beyond), &with(|o| o.integers = Integers::Float64)).unwrap();
    let values: Vec<_> = rounded.array.as_primitive::<Float64Type>().iter().collect();
    // float(2**64 - 1)
    assert_eq!(values, [Some(-1.0), Some(18_446_744_073_709_551_616.0), None]);
    let texts = to_arrow("x", &row(beyond), &with(|o| o.integers = Integers::Text)).unwrap();
    let values: Vec<_> = texts.array.as_string::<i32>().iter().collect();
    assert_eq!(values, [Some("-1"), Some("18446744073709551615"), None]);
    // 2**4096 is beyond float64.
    let mut huge = vec![0; 512];
    huge.push(1);
    let huge = row(|p| vec![p.int(0), p.long(&huge)]);
    let error = to_arrow("x", &huge, &with(|o| o.integers = Integers::Float64)).unwrap_err();
    assert_eq!(error.row(), Some(1));
}

#[test]
fn the_first_odd_one_is_named() {
    type Build = fn(&mut Pickle) -> Vec<Value>;
    let cases: [(&str, Build, u64); 6] = [
        ("int among", |p| vec![p.text("a"), p.int(1)], 1),
        ("float among", |p| vec![p.int(1), Value::NONE, p.float(2.5)], 2),
        ("bool among", |p| vec![p.int(1), p.bool(true)], 1),
        ("dict", |p| vec![Value::NONE, p.dict([])], 1),
        ("complex", |p| vec![p.complex(1.0, 2.0)], 0),
        (
            "str among",
            |p| {
                let one = p.int(1);
                let text = p.text("b");
                vec![p.list(vec![one]), p.list(vec![one, text])]
            },
            1,
        ),
    ];
    for (expected, build, at) in cases {
        let error = to_arrow("x", &row(build), &ToArrow::default()).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.row(), Some(at), "{error}");
    }
    let surrogate = npbytes::PyStr::from_code_points([0x61, 0xd800]).unwrap();
    let values = row(|p| vec![p.text("ok"), p.text(surrogate)]);
    assert_eq!(to_arrow("x", &values, &ToArrow::default()).unwrap_err().row(), Some(1));
}

#[test]
fn nan_among_texts() {
    let values = row(|p| vec![p.text("a"), p.float(f64::NAN)]);
    let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
    assert!(error.help().unwrap().contains("NaN"));
    let column = to_arrow("x", &values, &with(|o| o.nan_is_null = true)).unwrap();
    let texts: Vec<_> = column.array.as_string::<i32>().iter().collect();
    assert_eq!(texts, [Some("a"), None]);
    assert_eq!(column.field.metadata()["numpy.null"], "NaN");
}

#[test]
fn lists_and_arrays() {
    let lists = column(&row(|p| {
        let (one, two) = (p.int(1), p.int(2));
        vec![p.list(vec![one, two]), p.tuple(&[]), Value::NONE, p.tuple(&[two])]
    }));
    let list = lists.array.as_list::<i32>();
    assert_eq!(list.value_offsets(), [0, 2, 2, 2, 3]);
    assert_eq!((list.is_null(2), list.null_count()), (true, 1));
    assert_eq!(list.values().as_primitive::<Int64Type>().values()[..], [1, 2, 2]);
    let DataType::List(item) = list.data_type() else { panic!() };
    assert!(item.metadata().is_empty());
    let arrays = column(&row(|p| {
        let a = Array::from_vec(&[2, 2], vec![1_i64, 2, 3, 4]).unwrap();
        let b = Array::from_vec(&[1, 2], vec![5_i64, 6]).unwrap();
        vec![p.array(ArrayObject::new(a)), p.array(ArrayObject::new(b))]
    }));
    let list = arrays.array.as_list::<i32>();
    assert_eq!(list.value_offsets(), [0, 2, 3]);
    let DataType::List(item) = list.data_type() else { panic!() };
    assert_eq!(item.metadata()["numpy.dtype"], "<i8");
    let rows = list.values().as_fixed_size_list();
    assert_eq!(rows.values().as_primitive::<Int64Type>().values()[..], [1, 2, 3, 4, 5, 6]);
    // Of another dtype, and of another shape.
    for shape in [&[2, 1][..], &[2]] {
        let error = to_arrow(
            "x",
            &row(|p| {
                let a = Array::from_vec(&[1, 2], vec![1_i64, 2]).unwrap();
                let b = Array::from_vec(shape, vec![5_i64, 6]).unwrap();
                vec![p.array(ArrayObject::new(a)), p.array(ArrayObject::new(b))]
            }),
            &ToArrow::default(),
        );
        assert_eq!(error.unwrap_err().row(), Some(1));
    }
}

#[test]
fn lists_that_hold_each_other_end() {
    // Each list holds the one before twice: 2^40 items, of 40 objects.
    let values = objects(&[1], Order::C, |p| {
        let mut list = p.int(1);
        for _ in 0..40 {
            list = p.list(vec![list, list]);
        }
        vec![list]
    });
    let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
    assert!(error.to_string().contains("many times"), "{error}");
    // The same text in many places.
    let values = objects(&[2000], Order::C, |p| {
        let text = p.text("x".repeat(1 << 20));
        vec![text; 2000]
    });
    let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
    assert!(error.to_string().contains("many times"), "{error}");
    let values = row(|p| {
        let mut list = p.int(1);
        for _ in 0..100 {
            list = p.list(vec![list]);
        }
        vec![list]
    });
    let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
    assert!(error.to_string().contains("deep"), "{error}");
}

#[test]
fn scalars_of_numpy() {
    let scalar = |p: &mut Pickle, dtype: &str, data: &[u8]| {
        let dtype = DType::parse(dtype).unwrap();
        let data = bytes::Bytes::copy_from_slice(data);
        p.scalar(ScalarObject::new(dtype, data).unwrap())
    };
    // np.float32(2), np.float16(1)
    let floats = column(&row(|p| {
        vec![scalar(p, "<f4", &2_f32.to_le_bytes()), scalar(p, "<f2", &[0, 0x3c]), p.float(3.0)]
    }));
    assert_eq!(floats.array.as_primitive::<Float64Type>().values()[..], [2.0, 1.0, 3.0]);
    let ints = column(&row(|p| vec![scalar(p, "i1", &[255]), scalar(p, ">u2", &[1, 0]), p.int(3)]));
    assert_eq!(ints.array.as_primitive::<Int64Type>().values()[..], [-1, 256, 3]);
    let texts = column(&row(|p| vec![scalar(p, "<U1", b"z\0\0\0"), p.text("y")]));
    assert_eq!(texts.array.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("z"), Some("y")]);
}

#[test]
fn of_several_axes() {
    let letters = |p: &mut Pickle| ["a", "b", "c", "d", "e", "f"].map(|text| p.text(text)).to_vec();
    let values = objects(&[2, 3], Order::F, letters);
    let column = column(&values);
    assert_eq!((column.array.len(), &column.field.metadata()["numpy.order"][..]), (2, "1,0"));
    let items = column.array.as_fixed_size_list().values().clone();
    let items: Vec<_> = items.as_string::<i32>().iter().flatten().collect();
    assert_eq!(items, ["a", "b", "c", "d", "e", "f"]);
    let options = with(|o| {
        o.row_axis = 1;
        o.rows = Rows::Lists;
    });
    let column = to_arrow("x", &values, &options).unwrap();
    let items = column.array.as_fixed_size_list();
    assert_eq!((items.len(), items.value_length()), (3, 2));
    let items: Vec<_> = items.values().as_string::<i32>().iter().flatten().collect();
    assert_eq!(items, ["a", "d", "b", "e", "c", "f"]);
    assert_eq!(values.rows(1).unwrap(), 3);
    assert!(values.rows(2).is_err());
    let none = objects(&[], Order::C, |p| vec![p.text("a")]);
    let column = to_arrow("x", &none, &ToArrow::default()).unwrap();
    assert_eq!((column.array.len(), &column.field.metadata()["numpy.shape"][..]), (1, "()"));
}

/// An array of a `StringDType`.
fn strings(
    na: impl FnOnce(&mut Pickle) -> Option<Value>,
    items: &[Option<&str>],
    coerce: bool,
) -> Column {
    let mut pickle = Pickle::new();
    let na_object = na(&mut pickle);
    let items: Vec<Value> = items
        .iter()
        .map(|item| match item {
            Some(text) => pickle.text(*text),
            None => na_object.unwrap(),
        })
        .collect();
    let string = StringDType { coerce, na_object };
    let dtype = DTypeObject::new(DType::parse("T").unwrap()).string(string);
    let shape = Shape::new(&[items.len()]).unwrap();
    let root = pickle.array(ArrayObject::objects(dtype, shape, Order::C, items).unwrap());
    pickle.set_root(root);
    column(&Values::from_node(pickle.root()).unwrap().unwrap())
}

#[test]
fn string_dtypes() {
    let texts = |column: &Column| -> Vec<Option<String>> {
        column.array.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
    };
    let null = |column: &Column| column.field.metadata().get("numpy.null").cloned();
    let plain = strings(|_| None, &[Some("a"), Some("")], true);
    assert_eq!(texts(&plain), [Some("a".to_owned()), Some(String::new())]);
    assert_eq!((null(&plain), &plain.field.metadata()["numpy.dtype"][..]), (None, "T"));
    let nan = strings(|p| Some(p.float(f64::NAN)), &[Some("a"), None], true);
    assert_eq!(texts(&nan), [Some("a".to_owned()), None]);
    assert_eq!(null(&nan).unwrap(), "nan");
    let none = strings(|_| Some(Value::NONE), &[None, Some("a")], false);
    assert_eq!(texts(&none), [None, Some("a".to_owned())]);
    assert_eq!(null(&none).unwrap(), "None");
    assert_eq!(none.field.metadata()["numpy.dtype"], "StringDType(coerce=False)");
    let text = strings(|p| Some(p.text("N\"A")), &[Some("a"), None], true);
    assert_eq!(texts(&text), [Some("a".to_owned()), None]);
    assert_eq!(null(&text).unwrap(), r#""N\"A""#);
}

#[test]
fn surrogates_are_found_in_every_kind_of_text() {
    let surrogate = npbytes::PyStr::from_code_points([0x61, 0xd800]).unwrap();
    for text in [Text::Utf8, Text::LargeUtf8, Text::Utf8View] {
        let values = row(|p| vec![p.text("ok"), p.text(""), p.text(surrogate.clone())]);
        let error = to_arrow("x", &values, &with(|o| o.text = text)).unwrap_err();
        assert_eq!(error.row(), Some(2), "{error}");
        assert!(error.to_string().contains("surrogate"), "{error}");
    }
}
