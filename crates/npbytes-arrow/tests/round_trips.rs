//! NumPy to Arrow to NumPy: the .npy that comes back is the one that NumPy wrote, to the byte.
//!
//! `data/from/make.py` has NumPy write the arrays: every dtype, in several shapes and both orders.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use npbytes::{Array as NumPyArray, ArrayView, AxisOrder, DType, Limits, Shape, npy};
use npbytes_arrow::{
    Bools, ByteStrings, Complex, Error, FromArrow, MaskedArray, Rows, Text, ToArrow, Values,
    dtype_of, from_arrow, from_chunks, from_record_batch, to_arrow, to_record_batch,
};

/// The arrays that NumPy wrote, each with its bytes.
fn arrays() -> Vec<(NumPyArray, Bytes)> {
    let mut rest = Bytes::from_static(include_bytes!("data/from/arrays.npy"));
    let options = npy::ReadOptions::with_limits(Limits::default());
    let mut arrays = Vec::new();
    while !rest.is_empty() {
        let (array, after) = npy::split(&rest, &options).unwrap();
        arrays.push((array, rest.slice(..rest.len() - after.len())));
        rest = after;
    }
    assert!(arrays.len() > 1000);
    arrays
}

fn name(array: &NumPyArray) -> String {
    format!("{} {} {:?}", array.dtype(), array.shape(), array.order())
}

fn npy_of(array: &NumPyArray) -> Vec<u8> {
    npy::encode(&array.view(), &npy::WriteOptions::default()).unwrap()
}

/// The .npy of an array that NumPy wrote: the one that it wrote. Elements of no bytes have no order that could be seen.
fn expected(array: &NumPyArray, bytes: &Bytes) -> Vec<u8> {
    if array.dtype().itemsize() == 0 { npy_of(array) } else { bytes.to_vec() }
}

/// Sends an array to Arrow and back.
fn there_and_back(array: &NumPyArray, options: &ToArrow) -> Result<NumPyArray, Error> {
    let column = to_arrow("x", &Values::from(array.clone()), options)?;
    let back = from_arrow(column.array.as_ref(), &column.field, &FromArrow::default())?;
    assert!(back.notes.is_empty(), "{:?}", back.notes);
    match back.values {
        Values::Array(back) => Ok(back),
        other => panic!("{other:?}"),
    }
}

/// Checks all arrays with some options; `skip` says which are none of theirs.
fn check(options: &ToArrow, skip: impl Fn(&NumPyArray) -> bool) {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (array, bytes) in arrays() {
        if skip(&array) {
            continue;
        }
        checked += 1;
        let name = name(&array);
        match std::panic::catch_unwind(|| there_and_back(&array, options)) {
            Err(_) => wrong.push(format!("{name}: panic")),
            Ok(Err(error)) => wrong.push(format!("{name}: {error}")),
            Ok(Ok(back)) if npy_of(&back) != expected(&array, &bytes) => {
                wrong.push(format!("{name}: other bytes, as {back:?}"));
            }
            Ok(Ok(back)) if back.dtype() != array.dtype() => {
                wrong.push(format!("{name}: as {}", back.dtype()));
            }
            Ok(Ok(_)) => {}
        }
    }
    let count = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count} of {checked}:\n{}", wrong.join("\n"));
    assert!(checked > 20, "{checked}");
}

fn has_kind(dtype: &DType, kinds: &str) -> bool {
    match (dtype.fields(), dtype.as_subarray()) {
        (Some(fields), _) => fields.iter().any(|field| has_kind(field.dtype(), kinds)),
        (_, Some((base, _))) => has_kind(base, kinds),
        _ => kinds.contains(dtype.char_kind()),
    }
}

#[test]
fn every_dtype_by_default() {
    check(&ToArrow::default(), |_| false);
}

#[test]
fn lists_in_lists() {
    let mut options = ToArrow::default();
    options.rows = Rows::Lists;
    check(&options, |_| false);
}

#[test]
fn booleans_of_bytes() {
    let mut options = ToArrow::default();
    options.bools = Bools::Bool8;
    check(&options, |array| !has_kind(array.dtype(), "b"));
}

#[test]
fn complex_numbers_as_structs() {
    let mut options = ToArrow::default();
    options.complex = Complex::Struct;
    check(&options, |array| !has_kind(array.dtype(), "c"));
}

#[test]
fn byte_strings_without_their_zeros() {
    let mut options = ToArrow::default();
    options.byte_strings = ByteStrings::Binary;
    check(&options, |array| !has_kind(array.dtype(), "S"));
}

#[test]
fn every_type_of_text() {
    for text in [Text::LargeUtf8, Text::Utf8View] {
        let mut options = ToArrow::default();
        options.text = text;
        check(&options, |array| !has_kind(array.dtype(), "U"));
    }
}

#[test]
fn not_a_number_as_null() {
    let mut options = ToArrow::default();
    options.nan_is_null = true;
    check(&options, |array| !has_kind(array.dtype(), "f"));
}

#[test]
fn halves_by_way_of_singles() {
    let mut options = ToArrow::default();
    options.widen_halves = true;
    // A signalling NaN does not survive the way through a float register.
    let signalling = |array: &NumPyArray| {
        let bits = array.data().as_chunks::<2>().0.iter();
        let big = array.dtype().byte_order() == npbytes::ByteOrder::Big;
        bits.map(|&bits| if big { u16::from_be_bytes(bits) } else { u16::from_le_bytes(bits) })
            .any(|bits| bits & 0x7c00 == 0x7c00 && bits & 0x3ff != 0 && bits & 0x200 == 0)
    };
    let half = |array: &NumPyArray| array.dtype().typestr().ends_with("f2");
    let mut checked = 0;
    for (array, bytes) in arrays().into_iter().filter(|(array, _)| half(array)) {
        if !signalling(&array) {
            assert_eq!(
                npy_of(&there_and_back(&array, &options).unwrap()),
                bytes,
                "{}",
                name(&array)
            );
            checked += 1;
        }
    }
    assert!(checked > 10, "{checked}");
}

#[test]
fn rows_along_any_axis() {
    for row_axis in 0..3 {
        let mut options = ToArrow::default();
        options.row_axis = row_axis;
        check(&options, |array| array.ndim() <= row_axis.max(1));
    }
}

/// Orders that are neither C nor Fortran, which no .npy can say.
#[test]
fn every_order_of_axes() {
    let (shape, values) = ([2, 3, 4], (0..24_u16).collect::<Vec<_>>());
    let data = NumPyArray::from_vec(&shape, values).unwrap().into_data();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let order = AxisOrder::permuted(&order).unwrap();
        let dtype = DType::parse("<u2").unwrap();
        let shape = Shape::new(&shape).unwrap();
        let array = NumPyArray::new(dtype, shape, order.clone(), data.clone()).unwrap();
        for row_axis in 0..3 {
            let mut options = ToArrow::default();
            options.row_axis = row_axis;
            let back = there_and_back(&array, &options).unwrap();
            assert_eq!(back.order(), &order);
            assert_eq!(back.shape(), array.shape());
            assert_eq!(back.data(), array.data(), "{order:?}, rows along {row_axis}");
        }
    }
}

#[test]
fn sixty_four_axes() {
    let mut dims = [1; 64];
    (dims[0], dims[40], dims[63]) = (2, 3, 2);
    let array = NumPyArray::from_vec(&dims, (0..12_i32).collect()).unwrap();
    let back = there_and_back(&array, &ToArrow::default()).unwrap();
    assert_eq!(back.shape(), array.shape());
    assert_eq!(npy_of(&back), npy_of(&array));
}

/// What a .npy cannot say: fields out of order and over each other, and the flag of `align=True`.
#[test]
fn layouts_that_no_npy_has() {
    for text in [
        "{'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [0, 2], 'itemsize': 4}",
        "{'names': ['a', 'b'], 'formats': ['<f4', '<u4'], 'offsets': [0, 0], 'itemsize': 4}",
        "{'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [2, 0], 'itemsize': 6}",
        "{'names': ['a', 'b'], 'formats': ['|u1', '<i4'], 'offsets': [0, 4], 'itemsize': 8, 'aligned': True}",
    ] {
        let dtype = DType::parse(text).unwrap();
        let mut data: Vec<u8> = (0..dtype.itemsize() * 3).map(|i| i.to_le_bytes()[0]).collect();
        if dtype.is_aligned_struct() {
            // Padding is not carried along.
            data.chunks_mut(8).for_each(|element| element[1..4].fill(0));
        }
        let array =
            NumPyArray::new(dtype.clone(), Shape::new(&[3]).unwrap(), AxisOrder::C, data.into())
                .unwrap();
        let back = there_and_back(&array, &ToArrow::default()).unwrap();
        assert_eq!(back.dtype(), &dtype);
        assert_eq!(back.dtype().is_aligned_struct(), dtype.is_aligned_struct());
        assert_eq!(back.data(), array.data(), "{text}");
    }
}

#[test]
fn structured_arrays_as_record_batches() {
    let mut checked = 0;
    for (array, bytes) in arrays() {
        if array.dtype().fields().is_none_or(<[_]>::is_empty) || array.ndim() > 1 {
            continue;
        }
        let made =
            to_record_batch("rows", &Values::from(array.clone()), &ToArrow::default()).unwrap();
        let back = from_record_batch(&made.batch, &FromArrow::default()).unwrap();
        let [(found, restored)] = &back[..] else { panic!("{}", back.len()) };
        let Values::Array(restored) = &restored.values else { panic!("{restored:?}") };
        assert_eq!(found, "rows");
        assert_eq!(npy_of(restored), bytes, "{}", name(&array));
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

/// A mask of every element, and one of the fields where there are any.
fn masked(array: &NumPyArray) -> MaskedArray {
    fn mask_dtype(dtype: &DType) -> DType {
        match (dtype.fields(), dtype.as_subarray()) {
            (Some(fields), _) => DType::structured(
                fields.iter().map(|field| (field.name().clone(), mask_dtype(field.dtype()))),
            )
            .unwrap(),
            (_, Some((base, shape))) => DType::subarray(mask_dtype(base), shape).unwrap(),
            _ => DType::parse("?").unwrap(),
        }
    }
    let dtype = mask_dtype(array.dtype());
    let len = dtype.itemsize() * array.len();
    let mask: Vec<u8> = (0..len).map(|i| u8::from(i % 3 == 1 || i % 7 == 2)).collect();
    let mask =
        NumPyArray::new(dtype, array.shape().clone(), array.order().clone(), mask.into()).unwrap();
    let fill = vec![7; array.dtype().itemsize()];
    let fill =
        NumPyArray::new(array.dtype().clone(), Shape::new(&[]).unwrap(), AxisOrder::C, fill.into());
    MaskedArray::new(array.clone(), mask).unwrap().with_fill_value(Some(fill.unwrap()))
}

fn same_where_seen(a: &ArrayView<'_>, b: &ArrayView<'_>, mask: &ArrayView<'_>) -> bool {
    if let Some(fields) = mask.dtype().fields() {
        return fields.iter().all(|field| {
            let name = field.name().as_str();
            let Some(name) = name else { return true };
            let [a, b, mask] = [a, b, mask].map(|view| view.field(name).unwrap());
            same_where_seen(&a, &b, &mask)
        });
    }
    assert_eq!((a.shape(), a.shape()), (b.shape(), mask.shape()));
    a.elements().zip(b.elements()).zip(mask.elements()).all(|((a, b), mask)| mask != [0] || a == b)
}

/// Whether two masks are the same, but for NaT, which come back masked.
fn same_mask(a: &ArrayView<'_>, b: &ArrayView<'_>, data: &ArrayView<'_>) -> bool {
    if let Some(fields) = data.dtype().fields() {
        return fields.iter().all(|field| {
            let Some(name) = field.name().as_str() else { return true };
            let [a, b, data] = [a, b, data].map(|view| view.field(name).unwrap());
            same_mask(&a, &b, &data)
        });
    }
    assert_eq!((a.dtype(), a.shape()), (b.dtype(), b.shape()));
    let is_time = data.dtype().char_kind().eq_ignore_ascii_case(&'m');
    let nat = match data.dtype().byte_order() {
        npbytes::ByteOrder::Big => i64::MIN.to_be_bytes(),
        _ => i64::MIN.to_le_bytes(),
    };
    a.elements()
        .zip(b.elements())
        .zip(data.elements())
        .all(|((a, b), data)| if is_time && data == nat { a == [1] } else { a == b })
}

/// Whether Arrow counts such times in another unit, of which it has no NaT.
fn changes_unit(dtype: &DType) -> bool {
    match (dtype.fields(), dtype.as_subarray()) {
        (Some(fields), _) => fields.iter().any(|field| changes_unit(field.dtype())),
        (_, Some((base, _))) => changes_unit(base),
        _ => ["[Y]", "[M]", "[W]", "[D]", "[h]", "[m]"]
            .iter()
            .any(|unit| dtype.typestr().ends_with(unit)),
    }
}

fn without_nat(array: &NumPyArray) -> NumPyArray {
    let mut data = array.data().to_vec();
    for element in data.as_chunks_mut::<8>().0 {
        if *element == i64::MIN.to_le_bytes() || *element == i64::MIN.to_be_bytes() {
            *element = [0; 8];
        }
    }
    let (shape, order) = (array.shape().clone(), array.order().clone());
    NumPyArray::new(array.dtype().clone(), shape, order, data.into()).unwrap()
}

/// A null of such times may have been either, and comes back as both.
#[test]
fn not_a_time_in_a_masked_array_of_another_unit_is_masked() {
    let dtype = DType::parse("<M8[D]").unwrap();
    let days = [3, i64::MIN, 5].map(i64::to_le_bytes).concat();
    let three = Shape::new(&[3]).unwrap();
    let array = NumPyArray::new(dtype, three, AxisOrder::C, days.into()).unwrap();
    let mask = NumPyArray::from_vec(&[3], vec![false, false, true]).unwrap();
    let made = Values::Masked(MaskedArray::new(array, mask).unwrap());
    let column = to_arrow("x", &made, &ToArrow::default()).unwrap();
    let back = from_arrow(column.array.as_ref(), &column.field, &FromArrow::default()).unwrap();
    let Values::Masked(back) = back.values else { panic!("{back:?}") };
    assert_eq!(back.data.data()[..], [3, i64::MIN, i64::MIN].map(i64::to_le_bytes).concat());
    assert_eq!(back.mask.data()[..], [0, 1, 1]);
}

/// Objects come back as the .npy that NumPy wrote, where no two of them were one.
#[test]
fn objects_of_one_kind() {
    let mut rest = Bytes::from_static(include_bytes!("data/from/objects.npy"));
    let options = npy::ReadOptions::with_limits(Limits::default());
    let (mut checked, mut wrong) = (0, Vec::new());
    while !rest.is_empty() {
        let npy::Contents::Objects(pickle) = npy::decode_contents(&rest, &options).unwrap() else {
            panic!("array {checked} holds no objects");
        };
        let bytes = rest.split_to(pickle.len());
        let column = to_arrow("x", &Values::Objects(pickle.clone()), &ToArrow::default()).unwrap();
        let back = from_arrow(column.array.as_ref(), &column.field, &FromArrow::default()).unwrap();
        assert!(back.notes.is_empty(), "{:?}", back.notes);
        let Values::Objects(back) = back.values else { panic!("{back:?}") };
        let back = npy::encode_objects(&back, &npy::WriteOptions::default()).unwrap();
        if back != bytes {
            let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[128..]).into_owned();
            wrong.push(format!(
                "{checked}: {:?} {:?}\n  {:?}\n  {:?}",
                column.field,
                column.array,
                text(&bytes),
                text(&back)
            ));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{} of {checked}\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(checked, 23);
}

#[test]
fn masked_arrays_of_every_dtype() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for (array, _) in arrays() {
        let titled = |dtype: &DType| {
            dtype.fields().is_some_and(|fields| fields.iter().any(|field| field.title().is_some()))
        };
        let inner_titled = array
            .dtype()
            .fields()
            .is_some_and(|fields| fields.iter().any(|field| titled(field.dtype())));
        if titled(array.dtype()) || inner_titled {
            continue;
        }
        if changes_unit(array.dtype()) && !array.dtype().char_kind().eq_ignore_ascii_case(&'m') {
            continue;
        }
        let array = if changes_unit(array.dtype()) { without_nat(&array) } else { array };
        let name = name(&array);
        let made = masked(&array);
        let column = to_arrow("x", &Values::Masked(made.clone()), &ToArrow::default());
        let back = column.and_then(|column| {
            from_arrow(column.array.as_ref(), &column.field, &FromArrow::default())
        });
        checked += 1;
        match back.map(|back| back.values) {
            Ok(Values::Masked(back)) => {
                // What a mask hides of text and of times in Arrow's own counts is not carried along.
                let all = !has_kind(array.dtype(), "UMm");
                let seen = same_where_seen(&back.data.view(), &made.data.view(), &made.mask.view());
                if !seen || (all && npy_of(&back.data) != npy_of(&made.data)) {
                    wrong.push(format!("{name}: other data"));
                } else if !same_mask(&back.mask.view(), &made.mask.view(), &made.data.view()) {
                    wrong.push(format!("{name}: another mask"));
                } else if back.fill_value.as_ref().map(npy_of)
                    != made.fill_value.as_ref().map(npy_of)
                {
                    wrong.push(format!("{name}: another fill value"));
                }
            }
            Ok(other) => wrong.push(format!("{name}: {other:?}")),
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    let count = wrong.len();
    wrong.truncate(40);
    assert!(wrong.is_empty(), "{count} of {checked}:\n{}", wrong.join("\n"));
    assert!(checked > 1000);
}

/// Slices of a column, one behind the other, are the column; each of them is a part of the array.
#[test]
fn chunks_and_slices() {
    let mut checked = 0;
    for (array, bytes) in arrays() {
        if array.ndim() == 0 || array.shape()[0] < 2 || array.view().is_fortran() {
            continue;
        }
        let column = to_arrow("x", &Values::from(array.clone()), &ToArrow::default()).unwrap();
        let rows = array.shape()[0];
        let cut = rows / 3 + 1;
        let chunks = [
            column.array.slice(0, cut),
            column.array.slice(cut, 0),
            column.array.slice(cut, rows - cut),
        ];
        let back = from_chunks(&chunks, &column.field, &FromArrow::default()).unwrap();
        let Values::Array(back) = back.values else { panic!("{}", name(&array)) };
        assert_eq!(npy_of(&back), expected(&array, &bytes), "{}", name(&array));
        let last = from_arrow(chunks[2].as_ref(), &column.field, &FromArrow::default()).unwrap();
        let Values::Array(last) = last.values else { panic!("{}", name(&array)) };
        let size = array.data().len() / rows;
        assert_eq!(last.data(), &array.data()[cut * size..], "{}", name(&array));
        checked += 1;
    }
    assert!(checked > 200, "{checked}");
}

#[test]
fn the_dtype_of_a_stream_is_that_of_its_rows() {
    for (array, _) in arrays() {
        if array.ndim() == 0 {
            continue;
        }
        let column = to_arrow("x", &Values::from(array.clone()), &ToArrow::default()).unwrap();
        let rows = dtype_of(&column.field, &FromArrow::default()).unwrap().unwrap();
        assert_eq!(&rows.dtype, array.dtype());
        assert_eq!(rows.shape.dims(), &array.shape()[1..], "{}", name(&array));
        assert_eq!(rows.row_axis, 0);
        assert_eq!(&rows.order, array.order(), "{}", name(&array));
    }
}

#[test]
fn nothing_is_copied_that_lies_as_it_is() {
    for text in
        ["i1", "u8", "f2", "f8", "c8", "c16", "M8[ns]", "m8[us]", "V7", "S5", "f16", "M8[ps]"]
    {
        let dtype = DType::parse(text).unwrap();
        for shape in [&[6][..], &[3, 2], &[1, 2, 3]] {
            let data = Bytes::from(vec![1; 6 * dtype.itemsize()]);
            for order in [AxisOrder::C, AxisOrder::F] {
                let shape = Shape::new(shape).unwrap();
                // The rows are the slowest axis.
                let mut options = ToArrow::default();
                options.row_axis = order.axes(shape.len())[0];
                let array = NumPyArray::new(dtype.clone(), shape, order, data.clone()).unwrap();
                let column = to_arrow("x", &Values::from(array.clone()), &options).unwrap();
                let back = from_arrow(column.array.as_ref(), &column.field, &FromArrow::default())
                    .unwrap();
                assert!(!back.copied.any(), "{}: {}", name(&array), back.copied);
                let Values::Array(back) = back.values else { panic!("{text}") };
                assert_eq!(back.data().as_ptr(), column_pointer(&column.array), "{}", name(&array));
                assert_eq!(npy_of(&back), npy_of(&array));
            }
        }
    }
}

/// Where the elements of nested lists are.
fn column_pointer(array: &dyn arrow_array::Array) -> *const u8 {
    use arrow_array::cast::AsArray;
    match array.as_fixed_size_list_opt() {
        Some(list) => column_pointer(list.values()),
        None => array.to_data().buffers()[0].as_ptr(),
    }
}
