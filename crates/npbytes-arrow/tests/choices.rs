//! What is asked for of columns that know nothing of NumPy, and what is refused: with the column, the row and a way out.
//! Metadata that contradicts the data is left aside, and noted.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{Int8Type, Int64Type};
use arrow_array::*;
use arrow_buffer::{IntervalMonthDayNano, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use npbytes::pickle::View;
use npbytes::{Array as NumPyArray, Limits};
use npbytes_arrow::{
    Binary, Decimals, Error, ErrorKind, FromArrow, Nulls, Ragged, Restored, Strings, Values,
    dtype_of, from_arrow, from_chunks,
};

fn field(array: &dyn Array) -> Field {
    Field::new("x", array.data_type().clone(), true)
}

fn with(array: &dyn Array, metadata: &[(&str, &str)]) -> Field {
    let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    field(array).with_metadata(metadata.collect::<HashMap<_, _>>())
}

fn restored(array: &dyn Array, options: &FromArrow) -> Result<Restored, Error> {
    from_arrow(array, &field(array), options)
}

fn array(values: Values) -> NumPyArray {
    match values {
        Values::Array(array) => array,
        other => panic!("{other:?}"),
    }
}

fn options(set: impl FnOnce(&mut FromArrow)) -> FromArrow {
    let mut options = FromArrow::default();
    set(&mut options);
    options
}

fn texts(values: &Values) -> Vec<Option<String>> {
    let Values::Objects(pickle) = values else { panic!("{values:?}") };
    let Some(npbytes::pickle::NumPyValue::Objects(objects)) = pickle.root().numpy().unwrap() else {
        panic!("no objects")
    };
    objects.items.iter().map(|item| item.text().map(|text| text.to_string())).collect()
}

#[test]
fn nulls_as_asked_for() {
    let ints = Int32Array::from(vec![Some(1), None, Some(3)]);
    let Values::Masked(masked) = restored(&ints, &FromArrow::default()).unwrap().values else {
        panic!("no mask")
    };
    assert_eq!(masked.mask.view().to_vec::<bool>().unwrap(), [false, true, false]);
    assert!(masked.fill_value.is_none());

    let nan = options(|options| options.nulls = Nulls::NaN);
    let found = array(restored(&ints, &nan).unwrap().values).view().to_vec::<f64>().unwrap();
    assert_eq!((found[0], found[1].is_nan(), found[2]), (1.0, true, 3.0));
    let whole = Int32Array::from(vec![1, 2]);
    assert_eq!(array(restored(&whole, &nan).unwrap().values).dtype().to_string(), "int32");
    let floats = Float32Array::from(vec![Some(1.5), None]);
    let found = array(restored(&floats, &nan).unwrap().values).view().to_vec::<f32>().unwrap();
    assert_eq!((found[0], found[1].is_nan()), (1.5, true));

    let refused = options(|options| options.nulls = Nulls::Error);
    let bools = BooleanArray::from(vec![Some(true), None]);
    let times = TimestampSecondArray::from(vec![Some(1), None]);
    let text = StringArray::from(vec![Some("a"), None]);
    let cases: [(&dyn Array, &FromArrow); 5] =
        [(&ints, &refused), (&bools, &nan), (&times, &refused), (&text, &refused), (&text, &nan)];
    for (array, options) in cases {
        let error = restored(array, options).unwrap_err();
        assert_eq!((error.column(), error.row()), (Some("x"), Some(1)), "{error}");
        assert!(matches!(error.kind(), ErrorKind::Value(_)) && error.help().is_some());
    }
    // The row is that of all chunks.
    let chunks: [ArrayRef; 2] = [Arc::new(whole), Arc::new(ints.clone())];
    let error = from_chunks(&chunks, &field(&ints), &refused).unwrap_err();
    assert_eq!(error.row(), Some(3), "{error}");
    // In a list in a struct, the row is that of the struct.
    let items = Arc::new(Int32Array::from(vec![Some(1), Some(2), Some(3), None]));
    let list = FixedSizeListArray::new(
        Arc::new(Field::new_list_field(DataType::Int32, true)),
        2,
        items,
        None,
    );
    let inner = Field::new("inner", list.data_type().clone(), true);
    let structs = StructArray::new(Fields::from(vec![inner]), vec![Arc::new(list)], None);
    let error = restored(&structs, &refused).unwrap_err();
    assert_eq!((error.column(), error.row()), (Some("x.inner"), Some(1)), "{error}");
}

#[test]
fn text_as_asked_for() {
    let text = StringArray::from(vec![Some("one"), None, Some("a\0")]);
    let error = restored(&text, &FromArrow::default()).unwrap_err();
    assert_eq!(error.row(), Some(2), "{error}");
    let expected = [Some("one".to_owned()), None, Some("a\0".to_owned())];
    for strings in [Strings::Objects, Strings::StringDType] {
        let options = options(|options| options.strings = strings);
        let found = restored(&text, &options).unwrap();
        assert_eq!(texts(&found.values), expected);
        let Values::Objects(pickle) = &found.values else { panic!("no objects") };
        let Some(npbytes::pickle::NumPyValue::Objects(objects)) = pickle.root().numpy().unwrap()
        else {
            panic!("no objects")
        };
        let is_string = matches!(objects.dtype.dtype().kind(), npbytes::Kind::String);
        assert_eq!(is_string, strings == Strings::StringDType);
        assert_eq!(objects.dtype.string_dtype().na_object.is_some(), is_string);
    }
    let fixed = options(|options| options.binary = Binary::Fixed);
    let bytes = BinaryArray::from(vec![&b"a"[..], b"", b"abc"]);
    let found = array(restored(&bytes, &fixed).unwrap().values);
    assert_eq!(
        (found.dtype().typestr().as_str(), &found.data()[..]),
        ("|S3", &b"a\0\0\0\0\0abc"[..])
    );
    let error = restored(&BinaryArray::from(vec![&b"a"[..], b"a\0"]), &fixed).unwrap_err();
    assert_eq!(error.row(), Some(1), "{error}");
}

#[test]
fn decimals_and_intervals() {
    let decimals = Decimal128Array::from(vec![Some(12345), Some(-5), None])
        .with_precision_and_scale(20, 2)
        .unwrap();
    let error = restored(&decimals, &FromArrow::default()).unwrap_err();
    assert!(error.help().unwrap().contains("Float64"), "{error}");
    let options =
        options(|options| (options.decimals, options.nulls) = (Decimals::Float64, Nulls::NaN));
    let found =
        array(restored(&decimals, &options).unwrap().values).view().to_vec::<f64>().unwrap();
    assert_eq!((found[0], found[1], found[2].is_nan()), (123.45, -0.05, true));

    let months = IntervalYearMonthArray::from(vec![Some(14), None]);
    let found = array(restored(&months, &FromArrow::default()).unwrap().values);
    assert_eq!(found.dtype().typestr(), "<m8[M]");
    assert_eq!(found.data()[..], [14, i64::MIN].map(i64::to_le_bytes).concat());
    let mixed = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 3)]);
    assert!(matches!(
        restored(&mixed, &FromArrow::default()).unwrap_err().kind(),
        ErrorKind::Type(_)
    ));
}

#[test]
fn ragged_lists_as_asked_for() {
    let rows = vec![Some(vec![Some(1), Some(2)]), Some(vec![]), None, Some(vec![None])];
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(rows);
    let strict = options(|options| options.ragged = Ragged::Error);
    let error = restored(&list, &strict).unwrap_err();
    assert_eq!(error.row(), Some(1), "{error}");
    let Values::Objects(pickle) = restored(&list, &FromArrow::default()).unwrap().values else {
        panic!("no objects")
    };
    use npbytes::pickle::NumPyValue;
    let Some(NumPyValue::Objects(objects)) = pickle.root().numpy().unwrap() else { panic!() };
    let items: Vec<_> = objects.items.iter().collect();
    assert_eq!(items[0].array().unwrap().view().to_vec::<i64>().unwrap(), [1, 2]);
    assert_eq!(items[1].array().unwrap().len(), 0);
    assert!(matches!(items[2].view(), View::None));
    assert!(matches!(items[3].numpy().unwrap(), Some(NumPyValue::Masked(_))));
}

#[test]
fn tensors_of_any_shape() {
    // data: [[0..6], [6..8]], shape: [[2, 3], [1, 2]]
    let item = Arc::new(Field::new_list_field(DataType::Int64, true));
    let data = ListArray::new(
        item,
        OffsetBuffer::new(ScalarBuffer::from(vec![0, 6, 8])),
        Arc::new(Int64Array::from_iter_values(0..8)),
        None,
    );
    let shape = |shape: Vec<i32>| {
        let axis = Arc::new(Field::new_list_field(DataType::Int32, true));
        FixedSizeListArray::new(axis, 2, Arc::new(Int32Array::from(shape)), None)
    };
    let tensors = |shape: FixedSizeListArray| {
        let fields = vec![
            Field::new("data", data.data_type().clone(), false),
            Field::new("shape", shape.data_type().clone(), false),
        ];
        StructArray::new(fields.into(), vec![Arc::new(data.clone()), Arc::new(shape)], None)
    };
    let good = tensors(shape(vec![2, 3, 1, 2]));
    for (metadata, expected) in [
        ("", [0, 1, 2, 3, 4, 5]),
        // The logical shape is (3, 2).
        (r#"{"permutation":[1,0],"uniform_shape":null}"#, [0, 3, 1, 4, 2, 5]),
    ] {
        let field = with(
            &good,
            &[
                ("ARROW:extension:name", "arrow.variable_shape_tensor"),
                ("ARROW:extension:metadata", metadata),
            ],
        );
        let found = from_arrow(&good, &field, &FromArrow::default()).unwrap().values;
        let Values::Objects(pickle) = found else { panic!("{found:?}") };
        let first = pickle.find("[0]").unwrap().array().unwrap();
        assert_eq!(first.view().to_vec::<i64>().unwrap(), expected);
        assert_eq!(first.shape().dims(), if metadata.is_empty() { [2, 3] } else { [3, 2] });
        for wrong in [vec![2, 3, 1, 3], vec![2, 3, -1, -2], vec![i32::MAX, i32::MAX, 1, 2]] {
            let error =
                from_arrow(&tensors(shape(wrong)), &field, &FromArrow::default()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Value(_)), "{error}");
        }
    }
}

#[test]
fn what_numpy_has_nothing_for() {
    let union = UnionArray::try_new(
        arrow_schema::UnionFields::try_new(vec![0], vec![Field::new("a", DataType::Int32, false)])
            .unwrap(),
        vec![0, 0].into(),
        None,
        vec![Arc::new(Int32Array::from(vec![1, 2]))],
    )
    .unwrap();
    let mut map = arrow_array::builder::MapBuilder::new(
        None,
        builder::StringBuilder::new(),
        builder::Int32Builder::new(),
    );
    map.keys().append_value("a");
    map.values().append_value(1);
    map.append(true).unwrap();
    let map = map.finish();
    for array in [&union as &dyn Array, &map] {
        let error = restored(array, &FromArrow::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Type(_)) && error.help().is_some(), "{error}");
        assert!(dtype_of(&field(array), &FromArrow::default()).is_err());
    }
}

/// Each is left aside with a note, and the column becomes what it would be without.
#[test]
fn metadata_that_contradicts_the_data() {
    let ints = Int32Array::from(vec![1, 2, 3]);
    for dtype in [
        "<i8",
        "<f4",
        "<U5",
        "S4",
        "M8[ns]",
        "[('a', '<i4')]",
        "('<i4', (3,))",
        "c8",
        "no dtype",
        "",
        "O8x",
        "<i4,<i4",
        "f16",
        "V4",
        "?",
        "T",
        "('<i4', (2147483647,))",
    ] {
        let field = with(&ints, &[("numpy.dtype", dtype)]);
        let back = from_arrow(&ints, &field, &FromArrow::default()).unwrap();
        assert_eq!(back.notes.len(), 1, "{dtype}: {:?}", back.notes);
        assert_eq!(array(back.values).view().to_vec::<i32>().unwrap(), [1, 2, 3], "{dtype}");
    }
    for (key, value) in [
        ("numpy.order", "1,0"),
        ("numpy.order", "0,0"),
        ("numpy.order", "-1"),
        ("numpy.row_axis", "1"),
        ("numpy.row_axis", "18446744073709551616"),
        ("numpy.shape", "()"),
        ("numpy.shape", "(3,)"),
        ("numpy.null", "nothing"),
        ("numpy.fill_value", "0"),
    ] {
        let field = with(&ints, &[("numpy.dtype", "<i4"), (key, value)]);
        let back = from_arrow(&ints, &field, &FromArrow::default()).unwrap();
        assert_eq!(back.notes.len(), 1, "{key} {value}: {:?}", back.notes);
        assert_eq!(array(back.values).view().to_vec::<i32>().unwrap(), [1, 2, 3]);
    }
    let field = with(&ints, &[("numpy.null", "masked"), ("numpy.fill_value", "00")]);
    let back = from_arrow(&ints, &field, &FromArrow::default()).unwrap();
    assert!(matches!(&back.values, Values::Masked(masked) if masked.fill_value.is_none()));
    assert_eq!(back.notes.len(), 1);

    let plain = options(|options| options.plain = true);
    let field = with(&ints, &[("numpy.dtype", "no dtype")]);
    assert!(from_arrow(&ints, &field, &plain).unwrap().notes.is_empty());

    // A tensor that its lists are not is an error; one that says nothing is lists.
    let axis = Arc::new(Field::new_list_field(DataType::Int32, true));
    let lists = FixedSizeListArray::new(axis, 3, Arc::new(ints), None);
    let name = ("ARROW:extension:name", "arrow.fixed_shape_tensor");
    let tensor = |text| with(&lists, &[name, ("ARROW:extension:metadata", text)]);
    let error =
        from_arrow(&lists, &tensor(r#"{"shape":[2,2]}"#), &FromArrow::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Type(_)), "{error}");
    let back = from_arrow(&lists, &tensor("?"), &FromArrow::default()).unwrap();
    assert_eq!((back.notes.len(), array(back.values).shape().dims()), (1, &[1, 3][..]));
}

#[test]
fn values_that_the_dtype_in_the_metadata_has_not() {
    let text = StringArray::from(vec!["ab", "abcd"]);
    let half = Float32Array::from(vec![1.5, 0.1]);
    let days = Date32Array::from(vec![31, 30]);
    let cases: [(&dyn Array, &str); 3] = [(&text, "<U3"), (&half, "<f2"), (&days, "<M8[M]")];
    for (array, dtype) in cases {
        let field = with(array, &[("numpy.dtype", dtype)]);
        let error = from_arrow(array, &field, &FromArrow::default()).unwrap_err();
        assert_eq!(error.row(), Some(1), "{error}");
        assert!(error.help().unwrap().contains("plain"));
        let plain = options(|options| options.plain = true);
        assert!(from_arrow(array, &field, &plain).is_ok());
    }
}

/// Little that stands for much: refused before any memory is taken.
#[test]
fn bombs() {
    // One run of 2^62 rows.
    let ends = PrimitiveArray::<Int64Type>::from(vec![1_i64 << 62]);
    let runs = RunArray::<Int64Type>::try_new(&ends, &Int64Array::from(vec![1])).unwrap();
    // 2^24 rows of a text of 2^16 characters.
    let long = StringArray::from(vec!["x".repeat(1 << 16)]);
    let keys = PrimitiveArray::<Int8Type>::from(vec![0_i8; 1 << 20]);
    let texts = DictionaryArray::new(keys, Arc::new(long));
    // One long text among many.
    let mut wide = vec![String::new(); 1 << 20];
    wide.push("x".repeat(1 << 20));
    let wide = StringArray::from(wide);
    let nulls = NullArray::new(usize::MAX >> 8);
    // Elements of no bytes, in rows of which one is null.
    let empty = FixedSizeBinaryArray::try_new_with_len(0, vec![0_u8; 0].into(), None, 1 << 33);
    let item = Arc::new(Field::new_list_field(DataType::FixedSizeBinary(0), true));
    let valid = Some(NullBuffer::from(vec![true, false, true, true]));
    let hollow =
        FixedSizeListArray::new(item, 1 << 30, Arc::new(empty.unwrap().slice(0, 1 << 32)), valid);
    let arrays: [&dyn Array; 5] = [&runs, &texts, &wide, &nulls, &hollow];
    for array in arrays {
        let error = restored(array, &FromArrow::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Value(_)) && error.help().is_some(), "{error}");
    }
    let small = options(|options| options.limits = Limits::DEFAULT.array_bytes(11));
    assert!(restored(&Int32Array::from(vec![1, 2]), &small).is_ok());
    let error = restored(&Int32Array::from(vec![1, 2, 3]), &small).unwrap_err();
    assert!(error.help().unwrap().contains("array_bytes"), "{error}");
}

/// Rows of a null struct are null in each field, whatever lies there.
#[test]
fn nulls_above() {
    let inner = Int32Array::from(vec![Some(1), Some(2), None]);
    let fields = Fields::from(vec![Field::new("a", DataType::Int32, true)]);
    let nulls = NullBuffer::from(vec![true, false, true]);
    let structs = StructArray::new(fields, vec![Arc::new(inner)], Some(nulls));
    let Values::Masked(found) = restored(&structs, &FromArrow::default()).unwrap().values else {
        panic!("no mask")
    };
    assert_eq!(found.mask.data()[..], [0, 1, 1]);
}
