//! NumPy to Arrow: types, values, and what is copied. Expected values are what NumPy has for the Python named beside them.
#![allow(clippy::unwrap_used)]

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, DurationSecondType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMillisecondType, TimestampSecondType,
};
use arrow_array::{Array as _, ArrayRef};
use arrow_schema::{DataType, TimeUnit};
use npbytes::{Array, AxisOrder, DType, Shape};
use npbytes_arrow::{
    Bools, ByteStrings, Column, Complex, Copied, LongDouble, MaskedArray, Rows, Text, ToArrow,
    Values, field_of, members_to_batches, to_arrow, to_record_batch,
};

/// An array of bytes in C order.
fn array(dtype: &str, shape: &[usize], data: &[u8]) -> Array {
    ordered(dtype, shape, AxisOrder::C, data)
}

fn ordered(dtype: &str, shape: &[usize], order: AxisOrder, data: &[u8]) -> Array {
    let dtype = DType::parse(dtype).unwrap();
    let data = bytes::Bytes::copy_from_slice(data);
    Array::new(dtype, Shape::new(shape).unwrap(), order, data).unwrap()
}

fn column(array: Array, options: &ToArrow) -> Column {
    to_arrow("x", &Values::from(array), options).unwrap()
}

fn plainly(array: Array) -> Column {
    column(array, &ToArrow::default())
}

/// Options that differ from the default.
fn with(change: impl FnOnce(&mut ToArrow)) -> ToArrow {
    let mut options = ToArrow::default();
    change(&mut options);
    options
}

fn text_of(column: &Column, key: &str) -> Option<String> {
    column.field.metadata().get(key).cloned()
}

#[test]
fn types() {
    use DataType as T;
    let second = T::Timestamp(TimeUnit::Second, None);
    let cases = [
        ("?", T::Boolean),
        ("i1", T::Int8),
        (">i2", T::Int16),
        ("<i4", T::Int32),
        ("i8", T::Int64),
        ("u1", T::UInt8),
        ("u2", T::UInt16),
        ("u4", T::UInt32),
        (">u8", T::UInt64),
        ("f2", T::Float16),
        ("f4", T::Float32),
        (">f8", T::Float64),
        ("<f16", T::FixedSizeBinary(16)),
        ("<c32", T::FixedSizeBinary(32)),
        ("S5", T::FixedSizeBinary(5)),
        ("S0", T::FixedSizeBinary(0)),
        ("V3", T::FixedSizeBinary(3)),
        ("U5", T::Utf8),
        (">U1", T::Utf8),
        ("M8[Y]", T::Date32),
        ("M8[M]", T::Date32),
        ("M8[W]", T::Date32),
        ("M8[D]", T::Date32),
        ("M8[h]", second.clone()),
        ("M8[m]", second.clone()),
        ("M8[s]", second),
        ("M8[ms]", T::Timestamp(TimeUnit::Millisecond, None)),
        (">M8[us]", T::Timestamp(TimeUnit::Microsecond, None)),
        ("M8[ns]", T::Timestamp(TimeUnit::Nanosecond, None)),
        ("M8[ps]", T::Int64),
        ("M8[as]", T::Int64),
        ("M8[10us]", T::Int64),
        ("M8", T::Int64),
        ("m8[Y]", T::Int64),
        ("m8[W]", T::Duration(TimeUnit::Second)),
        ("m8[D]", T::Duration(TimeUnit::Second)),
        ("m8[s]", T::Duration(TimeUnit::Second)),
        ("m8[ns]", T::Duration(TimeUnit::Nanosecond)),
        ("m8[7D]", T::Int64),
    ];
    for (dtype, expected) in cases {
        let dtype = DType::parse(dtype).unwrap();
        let field = field_of("x", &dtype, &Shape::new(&[0]).unwrap(), &ToArrow::default()).unwrap();
        assert_eq!(*field.data_type(), expected, "{dtype}");
        let text = field.metadata().get("numpy.dtype").unwrap();
        assert_eq!(DType::parse(text).unwrap(), dtype, "{text}");
    }
}

/// Dtypes of every kind, and structs of them.
const DTYPES: [&str; 46] = [
    "?",
    "i1",
    "<i2",
    ">i4",
    "<i8",
    "u1",
    ">u2",
    "<u4",
    "<u8",
    "<f2",
    ">f2",
    "<f4",
    ">f8",
    "<f16",
    ">f16",
    "<c8",
    ">c16",
    "<c32",
    "S0",
    "S3",
    "U0",
    "<U2",
    ">U2",
    "V0",
    "V5",
    "M8",
    "<M8[Y]",
    "<M8[M]",
    "<M8[W]",
    ">M8[D]",
    "<M8[h]",
    "<M8[m]",
    "<M8[s]",
    ">M8[ns]",
    "<M8[ps]",
    "<M8[25us]",
    "m8",
    "<m8[Y]",
    "<m8[D]",
    ">m8[ms]",
    "[('a', '<i4'), ('b', '>f8')]",
    "[('a', '?'), ('b', 'U2', (2, 3)), ('c', [('d', 'M8[D]'), ('e', '<c8', (2,))])]",
    "[(('Title', 'n'), 'S2'), ('s', [('a', '<f4')], (2, 2))]",
    "{'names': ['a', 'b'], 'formats': ['<i4', '<f8'], 'offsets': [8, 0], 'itemsize': 24}",
    "{'names': ['a', 'b'], 'formats': ['i1', '<f8'], 'offsets': [0, 8], 'itemsize': 16, 'aligned': True}",
    "[]",
];

#[test]
fn the_field_is_known_before_the_data() {
    let options = [
        ToArrow::default(),
        with(|o| {
            o.bools = Bools::Bool8;
            o.text = Text::Utf8View;
            o.byte_strings = ByteStrings::Binary;
        }),
        with(|o| {
            o.complex = Complex::Struct;
            o.long_double = LongDouble::Float64;
            o.rows = Rows::Lists;
        }),
        with(|o| {
            o.nan_is_null = true;
            o.widen_halves = true;
            o.text = Text::LargeUtf8;
            o.byte_strings = ByteStrings::Utf8;
        }),
        with(|o| o.plain = true),
    ];
    let mut count = 0;
    for dtype in DTYPES {
        let dtype = DType::parse(dtype).unwrap();
        for shape in [&[][..], &[3], &[0], &[2, 3], &[0, 2], &[2, 0, 3], &[2, 1, 3]] {
            for options in &options {
                let shape = Shape::new(shape).unwrap();
                // Ones are text, dates and numbers.
                let data = vec![0; shape.bytes(dtype.itemsize()).unwrap()];
                let array =
                    Array::new(dtype.clone(), shape.clone(), AxisOrder::C, data.into()).unwrap();
                let made = column(array, options);
                let field = field_of("x", &dtype, &shape, options).unwrap();
                assert_eq!(*made.field, field, "{dtype} {shape} {options:?}");
                assert_eq!(made.array.data_type(), field.data_type());
                let rows = shape.first().copied().unwrap_or(1);
                assert_eq!(made.array.len(), rows, "{dtype} {shape} {options:?}");
                made.array.to_data().validate_full().unwrap();
                count += 1;
            }
        }
    }
    assert_eq!(count, DTYPES.len() * 7 * 5);
}

/// Where the values of a column of numbers start.
fn values_at(array: &ArrayRef) -> *const u8 {
    array.to_data().buffers()[0].as_ptr()
}

#[test]
fn numbers_are_shared() {
    let cases = [
        Array::from_vec(&[4], vec![1_i8, 2, 3, 4]).unwrap(),
        Array::from_vec(&[4], vec![1_u64, 2, 3, 4]).unwrap(),
        Array::from_vec(&[2], vec![half::f16::ONE; 2]).unwrap(),
        Array::from_vec(&[4], vec![1_f32, 2.0, f32::NAN, -0.0]).unwrap(),
        Array::from_vec(&[2, 2], vec![1_f64, 2.0, 3.0, 4.0]).unwrap(),
        array("S2", &[2], b"abcd"),
        array("V3", &[2], b"abcdef"),
        array("<f16", &[1], &[7; 16]),
    ];
    for array in cases {
        let (dtype, start) = (array.dtype().clone(), array.data().as_ptr());
        let column = plainly(array);
        let data = match column.field.data_type() {
            DataType::FixedSizeList(..) => column.array.as_fixed_size_list().values().clone(),
            _ => column.array.clone(),
        };
        assert_eq!(values_at(&data), start, "{dtype}");
        assert_eq!(column.copied, Copied::NO, "{dtype}");
    }
    // Counts as they are, with a validity beside them, and both parts of complex numbers.
    let times = Array::from_vec(&[2], vec![i64::MIN, 5]).unwrap();
    let times = times.with_dtype(DType::parse("=M8[ms]").unwrap()).unwrap();
    let start = times.data().as_ptr();
    let column = plainly(times);
    assert_eq!(values_at(&column.array), start);
    assert_eq!(column.copied.to_string(), "no");
    let pairs = Array::from_vec(&[4], vec![1_f64, 2.0, 3.0, 4.0]).unwrap();
    let start = pairs.data().as_ptr();
    let pairs = Array::new(
        DType::parse("=c16").unwrap(),
        Shape::new(&[2]).unwrap(),
        AxisOrder::C,
        pairs.into_data(),
    );
    let column = plainly(pairs.unwrap());
    assert_eq!(values_at(column.array.as_fixed_size_list().values()), start);
    // NaN as null only adds a validity.
    let floats = Array::from_vec(&[3], vec![1_f64, f64::NAN, 3.0]).unwrap();
    let start = floats.data().as_ptr();
    let column = column_of_floats(floats);
    assert_eq!(values_at(&column.array), start);
    assert_eq!(column.array.nulls().unwrap().iter().collect::<Vec<_>>(), [true, false, true]);
}

fn column_of_floats(array: Array) -> Column {
    column(array, &with(|o| o.nan_is_null = true))
}

#[test]
fn a_mapped_file_is_shared() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/grid.npy");
    let array = npbytes::npy::map(path, &npbytes::npy::ReadOptions::default()).unwrap();
    let start = array.data().as_ptr();
    let column = plainly(array);
    assert_eq!(column.copied, Copied::NO);
    let values = match column.field.data_type() {
        DataType::FixedSizeList(..) => column.array.as_fixed_size_list().values().clone(),
        _ => column.array.clone(),
    };
    assert_eq!(values_at(&values), start);
}

#[test]
fn what_is_copied_is_said() {
    // Bytes that start one off.
    let bytes = bytes::Bytes::from([0_u64.to_le_bytes(); 3].concat());
    let off = bytes.slice(1..17);
    let shape = Shape::new(&[2]).unwrap();
    let dtype = DType::parse("=i8").unwrap();
    let array = Array::new(dtype, shape, AxisOrder::C, off).unwrap();
    assert_eq!(plainly(array).copied, Copied::ALIGNMENT);
    let big = array_of(">i4", &[2], &[0, 0, 0, 7, 0, 0, 1, 0]);
    let column = plainly(big);
    assert_eq!(column.copied, Copied::BYTE_ORDER);
    assert_eq!(column.array.as_primitive::<Int32Type>().values()[..], [7, 256]);
    assert_eq!(plainly(array_of("?", &[1], &[1])).copied, Copied::BITS);
    assert_eq!(plainly(array_of("<U1", &[1], b"a\0\0\0")).copied, Copied::TEXT);
    assert_eq!(plainly(array_of("<M8[h]", &[1], &[0; 8])).copied, Copied::VALUES);
    let fortran = ordered("u1", &[2, 2], AxisOrder::F, b"abcd");
    assert_eq!(plainly(fortran).copied, Copied::ORDER);
}

fn array_of(dtype: &str, shape: &[usize], data: &[u8]) -> Array {
    // Aligned, as vectors of larger numbers are.
    let words = data.len().div_ceil(8);
    let mut bytes = vec![0_u64; words];
    let aligned: &mut [u8] = bytemuck::cast_slice_mut(&mut bytes);
    aligned[..data.len()].copy_from_slice(data);
    let bytes = Array::from_vec(&[words], bytes).unwrap().into_data().slice(..data.len());
    let dtype = DType::parse(dtype).unwrap();
    Array::new(dtype, Shape::new(shape).unwrap(), AxisOrder::C, bytes).unwrap()
}

#[test]
fn booleans() {
    // Any byte that is not 0 is true, as in NumPy.
    for len in [0, 1, 7, 8, 63, 64, 65, 127, 128, 1000] {
        let data: Vec<u8> =
            (0..len).map(|i: usize| u8::try_from(i * i * 7 % 5 * 51).unwrap_or(0)).collect();
        let column = plainly(array("?", &[len], &data));
        let expected: Vec<bool> = data.iter().map(|&byte| byte != 0).collect();
        let values: Vec<bool> = column.array.as_boolean().values().iter().collect();
        assert_eq!(values, expected, "{len}");
        let bytes = array("?", &[len], &data);
        let start = bytes.data().as_ptr();
        let column = self::column(bytes, &with(|o| o.bools = Bools::Bool8));
        assert_eq!(column.copied, Copied::NO);
        assert_eq!(text_of(&column, "ARROW:extension:name").unwrap(), "arrow.bool8");
        let values = column.array.as_primitive::<Int8Type>().values();
        assert_eq!(bytemuck::cast_slice::<i8, u8>(values), data);
        assert!(len == 0 || values_at(&column.array) == start);
    }
}

/// The texts of a column.
fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().map(owned).collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(owned).collect(),
        _ => array.as_string_view().iter().map(owned).collect(),
    }
}

#[test]
fn text() {
    // np.array(['abc', '', 'hé', '\U0001F600', 'a\0b', 'fourteen chars'], 'U14') in both byte orders.
    let words = ["abc", "", "hé", "\u{1F600}", "a\0b", "fourteen chars"];
    let points = |word: &str| {
        let mut points: Vec<u32> = word.chars().map(u32::from).collect();
        points.resize(14, 0);
        points
    };
    let points: Vec<u32> = words.iter().flat_map(|word| points(word)).collect();
    let little: Vec<u8> = points.iter().flat_map(|point| point.to_le_bytes()).collect();
    let big: Vec<u8> = points.iter().flat_map(|point| point.to_be_bytes()).collect();
    for (dtype, data) in [("<U14", &little), (">U14", &big)] {
        for text in [Text::Utf8, Text::LargeUtf8, Text::Utf8View] {
            let column = column(array(dtype, &[6], data), &with(|o| o.text = text));
            let expected: Vec<_> = words.iter().map(|word| Some((*word).to_owned())).collect();
            assert_eq!(texts(&column.array), expected, "{dtype} {text:?}");
        }
    }
    for (point, what) in [(0xd800_u32, "surrogate"), (0x11_0000, "beyond")] {
        let data = [97, point].map(u32::to_le_bytes).concat();
        let values = Values::from(array("<U1", &[2], &data));
        let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
        assert_eq!(error.row(), Some(1));
        assert!(error.to_string().contains(what), "{error}");
        // The row, where a row is several texts.
        let data = [97, 97, 97, 97, point, 97].map(u32::to_le_bytes).concat();
        let values = Values::from(array("<U1", &[3, 2], &data));
        let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
        assert_eq!(error.row(), Some(2));
        // Under a mask it does not matter.
        let masked =
            MaskedArray::new(array("<U1", &[1], &point.to_le_bytes()), array("?", &[1], &[1]));
        let column = to_arrow("x", &masked.unwrap().into(), &ToArrow::default()).unwrap();
        assert_eq!(texts(&column.array), [None]);
    }
}

#[test]
fn byte_strings() {
    let data = b"a\0b\0\0\0\xc3\xa9\0";
    let fixed = plainly(array("S3", &[3], data));
    let values: Vec<_> = fixed.array.as_fixed_size_binary().iter().flatten().collect();
    assert_eq!(values, [&b"a\0b"[..], b"\0\0\0", b"\xc3\xa9\0"]);
    let stripped = column(array("S3", &[3], data), &with(|o| o.byte_strings = ByteStrings::Binary));
    let values: Vec<_> = stripped.array.as_binary::<i32>().iter().flatten().collect();
    assert_eq!(values, [&b"a\0b"[..], b"", b"\xc3\xa9"]);
    let utf8 = with(|o| o.byte_strings = ByteStrings::Utf8);
    let column = column(array("S3", &[3], data), &utf8);
    assert_eq!(texts(&column.array), ["a\0b", "", "é"].map(|text| Some(text.to_owned())));
    let values = Values::from(array("S1", &[2], b"a\xff"));
    assert_eq!(to_arrow("x", &values, &utf8).unwrap_err().row(), Some(1));
}

fn counts(dtype: &str, counts: &[i64]) -> Array {
    let data: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
    array_of(dtype, &[counts.len()], &data)
}

#[test]
fn times() {
    const NAT: i64 = i64::MIN;
    // np.array([0, 1, -1, 'NaT'], dtype).astype('M8[D]').astype('i8')
    let days = [
        ("<M8[Y]", [0, 365, -365]),
        ("<M8[M]", [0, 31, -31]),
        ("<M8[W]", [0, 7, -7]),
        ("<M8[D]", [0, 1, -1]),
    ];
    for (dtype, days) in days {
        let column = plainly(counts(dtype, &[0, 1, -1, NAT]));
        let values: Vec<_> = column.array.as_primitive::<Date32Type>().iter().collect();
        assert_eq!(values, [Some(days[0]), Some(days[1]), Some(days[2]), None], "{dtype}");
        assert_eq!(text_of(&column, "numpy.null").unwrap(), "NaT");
    }
    let column = plainly(counts("<M8[h]", &[2, NAT]));
    let values: Vec<_> = column.array.as_primitive::<TimestampSecondType>().iter().collect();
    assert_eq!(values, [Some(7200), None]);
    let column = plainly(counts("<m8[D]", &[-2, NAT]));
    let values: Vec<_> = column.array.as_primitive::<DurationSecondType>().iter().collect();
    assert_eq!(values, [Some(-172_800), None]);
    let column = plainly(counts("<M8[10us]", &[-2, NAT]));
    let values: Vec<_> = column.array.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(values, [Some(-2), None]);
    // Beyond Arrow's range.
    for (dtype, count) in [
        ("<M8[D]", 1_i64 << 31),
        ("<M8[D]", -(1 << 31) - 1),
        ("<M8[Y]", 5_881_550),
        ("<M8[Y]", i64::MAX),
        ("<M8[W]", i64::MAX),
        ("<M8[h]", i64::MAX / 3599),
        ("<m8[W]", NAT + 1),
    ] {
        let values = Values::from(counts(dtype, &[0, count]));
        let error = to_arrow("x", &values, &ToArrow::default()).unwrap_err();
        assert_eq!(error.row(), Some(1), "{dtype} {error}");
    }
    let column = plainly(counts("<M8[D]", &[i64::from(i32::MIN), i64::from(i32::MAX)]));
    let values = column.array.as_primitive::<Date32Type>();
    assert_eq!(values.values()[..], [i32::MIN, i32::MAX]);
}

#[test]
fn floats() {
    // np.array([0x3c00, 0x8000, 0x0001, 0x7c00, 0xfe01, 0x7d01, 0x03ff], '<u2').view('f2').astype('f4')
    let halves = [0x3c00_u16, 0x8000, 0x0001, 0x7c00, 0xfe01, 0x7d01, 0x03ff];
    let singles = [
        0x3f80_0000_u32,
        0x8000_0000,
        0x3380_0000,
        0x7f80_0000,
        0xffc0_2000,
        0x7fa0_2000,
        0x387f_c000,
    ];
    let data: Vec<u8> = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
    let wide = column(array_of("<f2", &[7], &data), &with(|o| o.widen_halves = true));
    let values = wide.array.as_primitive::<Float32Type>().values();
    assert_eq!(values.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), singles);
    let both = with(|o| {
        o.widen_halves = true;
        o.nan_is_null = true;
    });
    for options in [&both, &with(|o| o.nan_is_null = true)] {
        let column = column(array_of("<f2", &[7], &data), options);
        let valid: Vec<_> = column.array.nulls().unwrap().iter().collect();
        assert_eq!(valid, [true, true, true, true, false, false, true]);
        assert_eq!(text_of(&column, "numpy.null").unwrap(), "NaN");
    }
    // np.array([1.5, -0.0, np.nan], '>f16').tobytes(), of which NaN has a sign; padding that is no zero.
    let mut long = Vec::new();
    for (high, low) in [(0x3fff_u16, 3_u64 << 62), (0x8000, 0), (0xffff, 3 << 62)] {
        long.extend([9; 6]);
        long.extend(high.to_be_bytes());
        long.extend(low.to_be_bytes());
    }
    let rounded = with(|o| o.long_double = LongDouble::Float64);
    let column = column(array(">f16", &[3], &long), &rounded);
    let values = column.array.as_primitive::<Float64Type>().values();
    assert_eq!(values[0], 1.5);
    assert_eq!(values[1].to_bits(), 1 << 63);
    assert_eq!(values[2].to_bits(), 0xfff8 << 48);
    let bytes = plainly(array(">f16", &[3], &long));
    assert_eq!(bytes.array.as_fixed_size_binary().value_data(), long);
    assert_eq!(text_of(&bytes, "ARROW:extension:name").unwrap(), "npbytes.longdouble");
}

#[test]
fn complex() {
    let data: Vec<u8> = [1_f32, 2.0, 3.0, 4.0].iter().flat_map(|x| x.to_be_bytes()).collect();
    let list = plainly(array(">c8", &[2], &data));
    let values = list.array.as_fixed_size_list().values().clone();
    assert_eq!(values.as_primitive::<Float32Type>().values()[..], [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(text_of(&list, "ARROW:extension:name").unwrap(), "npbytes.complex64");
    let options = with(|o| o.complex = Complex::Struct);
    let structs = column(array(">c8", &[2], &data), &options);
    let structs = structs.array.as_struct();
    assert_eq!(structs.column(0).as_primitive::<Float32Type>().values()[..], [1.0, 3.0]);
    assert_eq!(structs.column(1).as_primitive::<Float32Type>().values()[..], [2.0, 4.0]);
    assert_eq!(structs.column_names(), ["re", "im"]);
    // In a tensor both parts are a last axis.
    let tensor = plainly(array(">c8", &[1, 2], &data));
    let text = text_of(&tensor, "ARROW:extension:metadata").unwrap();
    assert_eq!(text, r#"{"shape":[2,2]}"#);
}

#[test]
fn tensors() {
    // a = np.arange(24, dtype='<i2').reshape(2, 3, 4)
    let numbers: Vec<i16> = (0..24).collect();
    let c = Array::from_vec(&[2, 3, 4], numbers.clone()).unwrap();
    let column = plainly(c.clone());
    assert_eq!(column.copied, Copied::NO);
    assert_eq!(text_of(&column, "ARROW:extension:metadata").unwrap(), r#"{"shape":[3,4]}"#);
    let DataType::FixedSizeList(item, 12) = column.field.data_type() else { panic!() };
    // Parquet loses the tensor otherwise.
    assert!(item.is_nullable());
    // [a[:, i].ravel().tolist() for i in range(3)]
    let rows = column_by(&c, 1);
    assert_eq!(text_of(&rows, "ARROW:extension:metadata").unwrap(), r#"{"shape":[2,4]}"#);
    assert_eq!(text_of(&rows, "numpy.row_axis").unwrap(), "1");
    assert_eq!(rows.copied, Copied::ORDER);
    assert_eq!(
        items(&rows),
        [0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23]
    );
    // f = np.asfortranarray(a): its last axis is the slowest, and its rows are not copied.
    let f = c.converted(npbytes::Order::F, npbytes::ByteOrder::NotApplicable).unwrap();
    let rows = column_by(&f, 2);
    assert_eq!(rows.copied, Copied::NO);
    let text = text_of(&rows, "ARROW:extension:metadata").unwrap();
    assert_eq!(text, r#"{"shape":[3,2],"permutation":[1,0]}"#);
    assert_eq!(text_of(&rows, "numpy.order").unwrap(), "2,1,0");
    // [f[..., k].ravel('F').tolist() for k in range(4)][0]
    assert_eq!(items(&rows)[..6], [0, 12, 4, 16, 8, 20]);
    // By its first axis they are, and lie in C order.
    let rows = column_by(&f, 0);
    assert_eq!(rows.copied, Copied::ORDER);
    assert_eq!(items(&rows), numbers);
    assert_eq!(text_of(&rows, "ARROW:extension:metadata").unwrap(), r#"{"shape":[3,4]}"#);
    assert_eq!(text_of(&rows, "numpy.order").unwrap(), "2,1,0");
    // Lists have no permutation.
    let lists = with(|o| {
        o.rows = Rows::Lists;
        o.row_axis = 2;
    });
    let rows = self::column(f, &lists);
    assert_eq!(rows.copied, Copied::ORDER);
    let outer = rows.array.as_fixed_size_list();
    assert_eq!((outer.len(), outer.value_length()), (4, 2));
    let inner = outer.values().as_fixed_size_list();
    assert_eq!(inner.value_length(), 3);
    // a[..., 0].ravel()
    assert_eq!(inner.values().as_primitive::<Int16Type>().values()[..6], [0, 4, 8, 12, 16, 20]);
    let error = to_arrow("x", &Values::from(c), &with(|o| o.row_axis = 3)).unwrap_err();
    assert!(error.to_string().contains("no axis 3"), "{error}");
}

fn column_by(array: &Array, row_axis: usize) -> Column {
    column(array.clone(), &with(|o| o.row_axis = row_axis))
}

fn items(column: &Column) -> Vec<i16> {
    column.array.as_fixed_size_list().values().as_primitive::<Int16Type>().values().to_vec()
}

#[test]
fn any_order_of_axes() {
    // Every order of three axes, and every axis as the rows: what is at an index is what is there in the tensor.
    let dims = [2_usize, 3, 4];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let data: Vec<u8> = (0..24_i16).flat_map(i16::to_ne_bytes).collect();
        let axes = AxisOrder::permuted(&order).unwrap();
        let array = ordered("=i2", &dims, axes, &data);
        for row_axis in 0..3 {
            let column = column_by(&array, row_axis);
            assert_eq!(column.copied.contains(Copied::ORDER), order[0] != row_axis);
            let metadata = text_of(&column, "ARROW:extension:metadata").unwrap();
            let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
            let list = |key: &str| -> Option<Vec<usize>> {
                let numbers = metadata.get(key)?.as_array()?.iter();
                numbers.map(|n| n.as_u64().and_then(|n| usize::try_from(n).ok())).collect()
            };
            let physical = list("shape").unwrap();
            let permutation = list("permutation").unwrap_or_else(|| vec![0, 1]);
            let values = items(&column);
            let view = array.view();
            for i in 0..dims[0] {
                for j in 0..dims[1] {
                    for k in 0..dims[2] {
                        let index = [i, j, k];
                        let others: Vec<usize> = (0..3)
                            .filter(|&axis| axis != row_axis)
                            .map(|axis| index[axis])
                            .collect();
                        // The logical axis n is the physical axis permutation[n].
                        let mut place = [0; 2];
                        for (axis, &index) in others.iter().enumerate() {
                            place[permutation[axis]] = index;
                        }
                        let at =
                            (index[row_axis] * physical[0] + place[0]) * physical[1] + place[1];
                        assert_eq!(
                            values[at],
                            view.get::<i16>(&index).unwrap(),
                            "{order:?} {row_axis}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn shapes_at_the_edges() {
    let scalar = plainly(array("<i4", &[], &[7, 0, 0, 0]));
    assert_eq!(scalar.array.as_primitive::<Int32Type>().values()[..], [7]);
    assert_eq!(text_of(&scalar, "numpy.shape").unwrap(), "()");
    // 64 axes.
    let mut dims = [1; 64];
    (dims[0], dims[63]) = (2, 2);
    let deep = plainly(array("u1", &dims, &[1, 2, 3, 4]));
    assert_eq!((deep.array.len(), deep.copied), (2, Copied::NO));
    // Rows without elements, and no rows.
    let none = plainly(array("u1", &[5, 0, 3], &[]));
    assert_eq!(none.array.len(), 5);
    let none = plainly(array("u1", &[0, 2], &[]));
    assert_eq!(none.array.len(), 0);
    assert_eq!(none.array.as_fixed_size_list().value_length(), 2);
    // More than a list can count, of no bytes.
    let huge = array("V0", &[1, 1 << 31], &[]);
    let error = to_arrow("x", &Values::from(huge), &ToArrow::default()).unwrap_err();
    assert!(error.to_string().contains("2147483648"), "{error}");
}

/// np.array([(1, 2., b'a', 'x', [[1, 2], [3, 4]], (5, 6)), (7, 8., b'bc', 'yz', [[9, 10], [11, 12]], (13, 'NaT'))], dtype)
const RECORD: &str = "[('a', '<i4'), ('b', '>f8'), ('s', 'S2'), ('u', '<U2'), ('m', 'i1', (2, 2)), \
                      ('n', [('p', '<u2'), ('t', '<M8[ms]')])]";

fn records() -> Array {
    let mut data = Vec::new();
    let row = |data: &mut Vec<u8>,
               a: i32,
               b: f64,
               s: &[u8; 2],
               u: [u32; 2],
               m: [u8; 4],
               p: u16,
               t: i64| {
        data.extend(a.to_le_bytes());
        data.extend(b.to_be_bytes());
        data.extend(s);
        u.iter().for_each(|point| data.extend(point.to_le_bytes()));
        data.extend(m);
        data.extend(p.to_le_bytes());
        data.extend(t.to_le_bytes());
    };
    row(&mut data, 1, 2.0, b"a\0", [0x78, 0], [1, 2, 3, 4], 5, 6);
    row(&mut data, 7, 8.0, b"bc", [0x79, 0x7a], [9, 10, 11, 12], 13, i64::MIN);
    array(RECORD, &[2], &data)
}

#[test]
fn structs() {
    let batch = to_record_batch("points", &records().into(), &ToArrow::default()).unwrap();
    let (schema, batch) = (batch.batch.schema(), batch.batch);
    assert_eq!(schema.metadata()["numpy.name"], "points");
    assert_eq!(DType::parse(&schema.metadata()["numpy.dtype"]).unwrap(), *records().dtype());
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["a", "b", "s", "u", "m", "n"]);
    assert_eq!(batch.column(0).as_primitive::<Int32Type>().values()[..], [1, 7]);
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().values()[..], [2.0, 8.0]);
    let bytes: Vec<_> = batch.column(2).as_fixed_size_binary().iter().flatten().collect();
    assert_eq!(bytes, [b"a\0", b"bc"]);
    assert_eq!(texts(batch.column(3)), ["x", "yz"].map(|text| Some(text.to_owned())));
    assert_eq!(schema.field(4).metadata()["ARROW:extension:metadata"], r#"{"shape":[2,2]}"#);
    let items = batch.column(4).as_fixed_size_list().values().clone();
    assert_eq!(items.as_primitive::<Int8Type>().values()[..], [1, 2, 3, 4, 9, 10, 11, 12]);
    let inner = batch.column(5).as_struct();
    let times: Vec<_> = inner.column(1).as_primitive::<TimestampMillisecondType>().iter().collect();
    assert_eq!(times, [Some(6), None]);
    // The same as one column, which has the same children.
    let column = plainly(records());
    assert_eq!(column.array.as_struct().columns(), batch.columns());
    // An error says where.
    let mut data = records().into_data().to_vec();
    data[14..18].copy_from_slice(&0xd800_u32.to_le_bytes());
    let error = to_arrow("x", &array(RECORD, &[2], &data).into(), &ToArrow::default()).unwrap_err();
    assert_eq!((error.column(), error.row()), (Some("u"), Some(0)));
    // Of two axes it is one column, and so it is without.
    let one = array(RECORD, &[], &data[..records().dtype().itemsize()]);
    let error = to_record_batch("x", &one.into(), &ToArrow::default()).unwrap_err();
    assert_eq!(error.column(), Some("u"));
}

#[test]
fn masks() {
    let options = ToArrow::default();
    let data = Array::from_vec(&[3], vec![1_i64, 2, 3]).unwrap();
    let start = data.data().as_ptr();
    let masked = MaskedArray::new(data, array("?", &[3], &[0, 1, 0])).unwrap();
    let masked = masked.with_fill_value(Some(array("<i8", &[], &[7, 0, 0, 0, 0, 0, 0, 0x80])));
    let column = to_arrow("x", &masked.into(), &options).unwrap();
    let values: Vec<_> = column.array.as_primitive::<Int64Type>().iter().collect();
    assert_eq!(values, [Some(1), None, Some(3)]);
    assert_eq!(values_at(&column.array), start);
    assert_eq!(text_of(&column, "numpy.null").unwrap(), "masked");
    assert_eq!(text_of(&column, "numpy.fill_value").unwrap(), "0700000000000080");
    assert!(column.field.is_nullable());
    // Each element of a row, in whatever order mask and data lie.
    let data = ordered("u1", &[2, 2], AxisOrder::F, &[1, 3, 2, 4]);
    let masked = MaskedArray::new(data, array("?", &[2, 2], &[0, 1, 0, 0])).unwrap();
    let column = to_arrow("x", &masked.into(), &options).unwrap();
    let items = column.array.as_fixed_size_list().values().clone();
    let items: Vec<_> = items.as_primitive::<arrow_array::types::UInt8Type>().iter().collect();
    assert_eq!(items, [Some(1), None, Some(3), Some(4)]);
    // NaT is null beside what is masked: -2^63 is a time to every other reader.
    let masked = || {
        let times = counts("<M8[ms]", &[i64::MIN, 5]);
        Values::from(MaskedArray::new(times, array("?", &[2], &[0, 1])).unwrap())
    };
    let column = to_arrow("x", &masked(), &options).unwrap();
    let values: Vec<_> = column.array.as_primitive::<TimestampMillisecondType>().iter().collect();
    assert_eq!(values, [None, None]);
    let column = to_arrow("x", &masked(), &with(|o| o.plain = true)).unwrap();
    assert_eq!(column.array.null_count(), 2);
    // A date out of range under the mask is none.
    let dates = counts("<M8[D]", &[i64::MAX, 5]);
    let masked = MaskedArray::new(dates, array("?", &[2], &[1, 0])).unwrap();
    let column = to_arrow("x", &masked.into(), &options).unwrap();
    let values: Vec<_> = column.array.as_primitive::<Date32Type>().iter().collect();
    assert_eq!(values, [None, Some(5)]);
    // Wrong masks.
    let data = || Array::from_vec(&[2], vec![1_u8, 2]).unwrap();
    assert!(MaskedArray::new(data(), array("?", &[1], &[0])).is_err());
    assert!(MaskedArray::new(data(), array("u1", &[2], &[0, 0])).is_err());
    let wrong = MaskedArray::new(data(), array("[('a', '?')]", &[2], &[0, 0])).unwrap();
    assert!(to_arrow("x", &wrong.into(), &options).is_err());
}

#[test]
fn masks_of_structs() {
    // The mask of each field: a, b, s, u, four of m, p and t.
    let mask = "[('a', '?'), ('b', '?'), ('s', '?'), ('u', '?'), ('m', '?', (2, 2)), \
                ('n', [('p', '?'), ('t', '?')])]";
    let flags = [[0, 0, 1, 0, 0, 1, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0, 1, 0]].concat();
    let masked = MaskedArray::new(records(), array(mask, &[2], &flags)).unwrap();
    let batch = to_record_batch("x", &masked.into(), &ToArrow::default()).unwrap().batch;
    let nulls = |array: &ArrayRef| -> Vec<bool> {
        (0..array.len()).map(|row| array.is_null(row)).collect()
    };
    assert_eq!(nulls(batch.column(0)), [false, true]);
    assert_eq!(nulls(batch.column(1)), [false, false]);
    assert_eq!(nulls(batch.column(2)), [true, false]);
    assert_eq!(texts(batch.column(3)), [Some("x".to_owned()), None]);
    let items = batch.column(4).as_fixed_size_list();
    assert_eq!(nulls(items.values()), [false, true, false, false, false, false, false, false]);
    assert_eq!(items.null_count(), 0);
    let inner = batch.column(5).as_struct();
    assert_eq!((inner.null_count(), nulls(inner.column(0))), (0, vec![false, true]));
    assert_eq!(batch.schema().metadata()["numpy.null"], "masked");
    assert_eq!(batch.schema().field(0).metadata()["numpy.null"], "masked");
    // One flag for all of a struct.
    let masked = || Values::from(MaskedArray::new(records(), array("?", &[2], &[0, 1])).unwrap());
    let column = to_arrow("x", &masked(), &ToArrow::default()).unwrap();
    assert_eq!(nulls(&column.array), [false, true]);
    let batch = to_record_batch("x", &masked(), &ToArrow::default()).unwrap().batch;
    assert_eq!(nulls(batch.column(0)), [false, true]);
    assert_eq!(nulls(batch.column(4)), [false, true]);
}

#[test]
fn members() {
    let vector =
        |len: u8| Values::from(Array::from_vec(&[len.into()], vec![1_u8; len.into()]).unwrap());
    let member = |name: &str, values| (name.to_owned(), values);
    let same = [member("a", vector(2)), member("r", records().into())];
    let batches = members_to_batches(&same, &ToArrow::default()).unwrap();
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].batch.num_rows(), batches[0].batch.num_columns()), (2, 2));
    assert!(matches!(batches[0].batch.schema().field(1).data_type(), DataType::Struct(_)));
    let other = [member("a", vector(2)), member("b", vector(3))];
    let batches = members_to_batches(&other, &ToArrow::default()).unwrap();
    let rows: Vec<_> = batches.iter().map(|batch| batch.batch.num_rows()).collect();
    assert_eq!(rows, [2, 3]);
    assert_eq!(batches[1].batch.schema().field(0).name(), "b");
    let empty = members_to_batches(&[], &ToArrow::default()).unwrap();
    assert_eq!(empty.len(), 1);
    let wrong = [member("bad", Values::from(array("<U1", &[1], &0xd800_u32.to_le_bytes())))];
    let error = members_to_batches(&wrong, &ToArrow::default()).unwrap_err();
    assert_eq!((error.column(), error.row()), (Some("bad"), Some(0)));
}

#[test]
fn plain_columns_say_nothing_of_numpy() {
    let options = with(|o| o.plain = true);
    for dtype in DTYPES {
        let dtype = DType::parse(dtype).unwrap();
        let field = field_of("x", &dtype, &Shape::new(&[3, 2]).unwrap(), &options).unwrap();
        let text = format!("{field:?}");
        assert!(!text.contains("numpy.") && !text.contains("npbytes."), "{text}");
    }
}
