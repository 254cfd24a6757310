//! Typed access: borrowed, copied, swapped, unaligned, checked.

use bytes::Bytes;
use half::f16;
use npbytes::{
    Array, ArrayView, AxisOrder, ByteOrder, DType, DateTime64, Element, ErrorKind, FixedBytes,
    FixedStr, Order, Shape, Slice, TimeDelta64,
};
use num_complex::Complex;

use crate::{array, dtype};

/// Values of a type come back from each way to read them, native and swapped.
#[track_caller]
fn round_trip<T: Element + PartialEq + std::fmt::Debug>(code: &str, values: &[T]) {
    let made = Array::from_vec(&[values.len()], values.to_vec()).unwrap();
    assert_eq!(made.dtype().typestr().trim_start_matches(['<', '>', '|']), code);
    assert_eq!(made.view().as_slice::<T>().unwrap(), values, "{code}");
    let other = if cfg!(target_endian = "little") { ByteOrder::Big } else { ByteOrder::Little };
    let swapped = made.converted(Order::C, other).unwrap();
    for array in [&made, &swapped] {
        assert_eq!(array.view().to_vec::<T>().unwrap(), values, "{code}");
        for (i, value) in values.iter().enumerate() {
            assert_eq!(&array.view().get::<T>(&[i]).unwrap(), value, "{code}");
        }
        assert!(matches!(
            array.view().get::<T>(&[values.len()]).unwrap_err().kind(),
            ErrorKind::Index(_)
        ));
    }
    let reversed: Vec<T> = values.iter().rev().copied().collect();
    let slice: Slice = "::-1".parse().unwrap();
    assert_eq!(swapped.view().slice(&slice).unwrap().to_vec::<T>().unwrap(), reversed, "{code}");
    if swapped.dtype() != made.dtype() {
        let error = swapped.view().as_slice::<T>().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
        assert!(error.help().unwrap().contains("to_vec"));
    }
}

#[test]
fn every_element_type_is_read_and_made() {
    round_trip("b1", &[true, false, true]);
    round_trip("i1", &[i8::MIN, -1, 0, i8::MAX]);
    round_trip("i2", &[i16::MIN, -1, 0x1234, i16::MAX]);
    round_trip("i4", &[i32::MIN, -1, 0x1234_5678, i32::MAX]);
    round_trip("i8", &[i64::MIN, -1, 0x1234_5678_9abc_def0, i64::MAX]);
    round_trip("u1", &[0_u8, 1, 255]);
    round_trip("u2", &[0_u16, 0x1234, u16::MAX]);
    round_trip("u4", &[0_u32, 0x1234_5678, u32::MAX]);
    round_trip("u8", &[0_u64, 0x1234_5678_9abc_def0, u64::MAX]);
    round_trip("f2", &[f16::from_f32(1.5), f16::INFINITY, f16::MIN_POSITIVE]);
    round_trip("f4", &[1.5_f32, f32::MIN, -0.0, f32::INFINITY]);
    round_trip("f8", &[1.5_f64, f64::MIN, 5e-324]);
    round_trip("c8", &[Complex::new(1.5_f32, -2.5), Complex::new(0.0, 1e30)]);
    round_trip("c16", &[Complex::new(1.5_f64, -2.5), Complex::new(0.0, 1e300)]);
    round_trip("M8", &[DateTime64(0), DateTime64(-1), DateTime64::NAT]);
    round_trip("m8", &[TimeDelta64(7), TimeDelta64::NAT]);
    round_trip("S3", &[FixedBytes(*b"abc"), FixedBytes(*b"\0\0\0")]);
    round_trip("U2", &[FixedStr([0x3bb, 0x1f600]), FixedStr([0, 0])]);
}

/// np.array([...], dtype).tobytes()
#[test]
fn bytes_are_numpys() {
    // np.array([1, -2], '>i2').tobytes()
    let values = array(">i2", &[2], &[0, 1, 0xff, 0xfe]).view().to_vec::<i16>().unwrap();
    assert_eq!(values, [1, -2]);
    // np.array([1.5, -2], '<f2').tobytes()
    let values = array("<f2", &[2], &[0, 0x3e, 0, 0xc0]).view().to_vec::<f16>().unwrap();
    assert_eq!(values, [f16::from_f32(1.5), f16::from_f32(-2.0)]);
    // np.array([1+2j], '>c8').tobytes()
    let values = array(">c8", &[1], b"\x3f\x80\x00\x00\x40\x00\x00\x00");
    assert_eq!(values.view().to_vec::<Complex<f32>>().unwrap(), [Complex::new(1.0, 2.0)]);
    // np.array(['é'], '>U2').tobytes()
    let values = array(">U2", &[1], b"\0\0\0\xe9\0\0\0\0");
    let text = values.view().get::<FixedStr<2>>(&[0]).unwrap();
    assert_eq!((text.trimmed(), text.to_text().as_deref()), (&[0xe9][..], Some("\u{e9}")));
    // np.array(['2000-01-01', 'NaT'], '>M8[D]').tobytes()
    let values = array(">M8[D]", &[2], b"\0\0\0\0\0\0\x2a\xcd\x80\0\0\0\0\0\0\0");
    let days = values.view().to_vec::<DateTime64>().unwrap();
    assert_eq!(days, [DateTime64(10957), DateTime64::NAT]);
    assert!(days[1].is_nat() && !days[0].is_nat());
    // np.array([b'a\0b'], 'S5').tobytes()
    let values = array("S5", &[1], b"a\0b\0\0");
    assert_eq!(values.view().get::<FixedBytes<5>>(&[0]).unwrap().trimmed(), b"a\0b");
    // A lone surrogate or a number that is no character is kept, and is no text.
    let odd = FixedStr([0xd800, 0x11_0000]);
    assert_eq!(odd.to_text(), None);
    assert_eq!(odd.trimmed().len(), 2);
}

/// NumPy keeps a bool byte of 2 as it is: np.frombuffer(b'\x02', '?').tobytes() == b'\x02'.
#[test]
fn a_bool_of_2_is_kept_as_bytes_and_refused_as_bool() {
    let odd = array("?", &[4], &[0, 1, 2, 255]);
    assert_eq!(odd.to_bytes(Order::C).unwrap().as_ref(), [0, 1, 2, 255]);
    let file = npbytes::npy::encode(&odd.view(), &Default::default()).unwrap();
    assert_eq!(file[file.len() - 4..], [0, 1, 2, 255]);
    let back = npbytes::npy::decode(&file.into(), &Default::default()).unwrap();
    assert_eq!(back.data().as_ref(), [0, 1, 2, 255]);
    for error in [
        odd.view().as_slice::<bool>().unwrap_err(),
        odd.view().to_vec::<bool>().unwrap_err(),
        odd.view().get::<bool>(&[2]).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Value(_)), "{error:?}");
    }
    assert!(odd.view().get::<bool>(&[1]).unwrap());
    let good: Slice = ":2".parse().unwrap();
    assert_eq!(odd.view().slice(&good).unwrap().as_slice::<bool>().unwrap(), [false, true]);
    // Seen as bytes, nothing is refused.
    let seen = odd.with_dtype(dtype("u1")).unwrap();
    assert_eq!(seen.view().as_slice::<u8>().unwrap(), [0, 1, 2, 255]);
}

#[test]
fn another_element_type_is_refused_by_name() {
    let numbers = array("<i4", &[1], &[0; 4]);
    let error = numbers.view().to_vec::<f32>().unwrap_err();
    assert_eq!(error.to_string(), "the elements are int32, which f32 is not");
    assert!(numbers.view().as_slice::<u32>().is_err());
    assert!(numbers.view().get::<i64>(&[0]).is_err());
    assert!(numbers.view().to_vec::<FixedBytes<4>>().is_err());
    assert!(array("S4", &[1], &[0; 4]).view().to_vec::<FixedBytes<3>>().is_err());
    assert!(array("V4", &[1], &[0; 4]).view().to_vec::<FixedBytes<4>>().is_ok());
    assert!(array("<U1", &[1], &[0; 4]).view().to_vec::<FixedStr<2>>().is_err());
    assert!(array("<M8[s]", &[1], &[0; 8]).view().to_vec::<i64>().is_err());
    assert!(array("<M8[s]", &[1], &[0; 8]).view().to_vec::<TimeDelta64>().is_err());
    assert!(array("<f16", &[1], &[0; 16]).view().to_vec::<f64>().is_err());
}

/// A buffer at every offset: borrowing needs alignment, copying does not.
#[test]
fn unaligned_elements_are_copied_not_borrowed() {
    let mut aligned = 0;
    for shift in 0..8 {
        let mut memory = vec![0xaa; shift];
        memory.extend([1_i64, -2, 3].iter().flat_map(|v| v.to_le_bytes()));
        let data = Bytes::from(memory).slice(shift..);
        let array =
            Array::new(dtype("<i8"), Shape::new(&[3]).unwrap(), AxisOrder::C, data).unwrap();
        let view = array.view();
        assert_eq!(view.to_vec::<i64>().unwrap(), [1, -2, 3]);
        assert_eq!(view.get::<i64>(&[1]).unwrap(), -2);
        match view.as_slice::<i64>() {
            Ok(values) => {
                aligned += 1;
                assert_eq!(values, [1, -2, 3]);
            }
            Err(error) => {
                assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
                assert!(error.to_string().contains("not aligned to 8 bytes"), "{error}");
            }
        }
    }
    assert_eq!(aligned, 1);
}

#[test]
fn what_is_not_dense_is_copied_not_borrowed() {
    let array = Array::from_vec(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6]).unwrap();
    for (slice, dense) in [
        ("", true),
        ("1", true),
        (":, 0", false),
        (":, ::2", false),
        ("::-1", false),
        ("0, ::-1", false),
        (":1", true),
        (":, 1:2", false),
        ("0, 1:2", true),
        (":0", true),
    ] {
        let part = array.view().slice(&slice.parse().unwrap()).unwrap();
        assert_eq!(part.as_slice::<i32>().is_ok(), dense, "{slice}");
        assert_eq!(part.is_c_contiguous(), dense, "{slice}");
        assert_eq!(part.to_vec::<i32>().unwrap().len(), part.len());
    }
}

#[test]
fn empty_and_zero_sized_arrays_are_arrays() {
    for (text, shape) in [
        ("<i4", &[0][..]),
        ("<i4", &[3, 0, 2]),
        ("S0", &[]),
        ("S0", &[4]),
        ("<U0", &[2, 3]),
        ("V0", &[0]),
        ("[]", &[2]),
        ("[('x', 'S0')]", &[2]),
    ] {
        let empty = array(text, shape, &[]);
        let view = empty.view();
        assert_eq!(view.nbytes(), 0);
        for order in [Order::C, Order::F, Order::A] {
            assert!(view.to_bytes(order).unwrap().is_empty());
            assert!(empty.to_bytes(order).unwrap().is_empty());
            let copy = view.to_array(order, ByteOrder::Big).unwrap();
            assert_eq!(copy.shape(), empty.shape());
        }
        assert_eq!(view.elements().count(), view.len(), "{text} {shape:?}");
        assert!(view.is_c_contiguous() && view.is_f_contiguous() && !view.is_fortran());
        let file = npbytes::npy::encode(&view, &Default::default()).unwrap();
        let back = npbytes::npy::decode(&file.into(), &Default::default()).unwrap();
        assert_eq!((back.dtype(), back.shape()), (empty.dtype(), empty.shape()));
    }
    assert_eq!(array("S0", &[3], &[]).view().to_vec::<FixedBytes<0>>().unwrap().len(), 3);
    assert_eq!(array("<U0", &[3], &[]).view().to_vec::<FixedStr<0>>().unwrap().len(), 3);
    let error = array("S0", &[3], &[]).view().as_slice::<FixedBytes<0>>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
    assert!(array("S0", &[0], &[]).view().as_slice::<FixedBytes<0>>().unwrap().is_empty());
    let made = Array::from_vec(&[3], vec![FixedBytes::<0>([]); 3]).unwrap();
    assert_eq!((made.dtype().typestr().as_str(), made.len()), ("|S0", 3));
}

/// np.broadcast_to(np.int16(7), (2, 3)), and a stride of 0 on one axis only.
#[test]
fn broadcast_views_repeat_their_elements() {
    let memory = 7_i16.to_le_bytes();
    let shape = Shape::new(&[2, 3]).unwrap();
    let view = ArrayView::from_strides(dtype("<i2"), shape, &[0, 0], 0, &memory).unwrap();
    assert_eq!(view.to_vec::<i16>().unwrap(), [7; 6]);
    assert_eq!(view.nbytes(), 12);
    assert!(!view.is_c_contiguous() && !view.is_f_contiguous());
    assert_eq!(view.axis_order(), None);
    let big = view.to_array(Order::C, ByteOrder::Big).unwrap();
    assert_eq!(big.data().as_ref(), [0, 7].repeat(6));
    // A broadcast larger than memory can be looked at, and not copied.
    let shape = Shape::new(&[1 << 31, 1 << 31]).unwrap();
    let view = ArrayView::from_strides(dtype("<i2"), shape, &[0, 0], 0, &memory).unwrap();
    assert_eq!(view.get::<i16>(&[(1 << 31) - 1, 5]).unwrap(), 7);
    assert!(view.to_bytes(Order::C).is_err());
    assert!(view.to_vec::<i16>().is_err());
    assert!(view.to_array(Order::F, ByteOrder::Little).is_err());
    assert!(npbytes::npy::encode(&view, &Default::default()).is_err());
}

#[test]
fn strides_that_lead_outside_are_refused() {
    let memory = [0; 24];
    let at = |shape: &[usize], strides: &[isize], offset| {
        let shape = Shape::new(shape).unwrap();
        ArrayView::from_strides(dtype("<i4"), shape, strides, offset, &memory).map(drop)
    };
    assert!(at(&[6], &[4], 0).is_ok());
    assert!(at(&[6], &[-4], 20).is_ok());
    assert!(at(&[2, 3], &[12, 4], 0).is_ok());
    assert!(at(&[0], &[isize::MAX], usize::MAX).is_ok());
    for (shape, strides, offset) in [
        (&[6][..], &[4][..], 1),
        (&[7], &[4], 0),
        (&[6], &[-4], 19),
        (&[6], &[-4], 24),
        (&[2], &[isize::MAX], 0),
        (&[2], &[isize::MIN], 0),
        (&[3], &[isize::MIN], 20),
        (&[2, 3], &[12, 4], 4),
        (&[1], &[4], usize::MAX),
        (&[1], &[4], 21),
        (&[], &[], 21),
        (&[2, 3], &[4], 0),
    ] {
        assert!(at(shape, strides, offset).is_err(), "{shape:?} {strides:?} {offset}");
    }
}

/// A view without elements may start anywhere: nothing is ever read there.
#[test]
fn views_without_elements_lead_nowhere() {
    let point = dtype("[('x', '<i4'), ('y', '<f8', (2,))]");
    for offset in [0, 1000, usize::MAX - 1, usize::MAX] {
        let shape = Shape::new(&[0, 3]).unwrap();
        let view =
            ArrayView::from_strides(point.clone(), shape, &[isize::MIN, isize::MAX], offset, &[])
                .unwrap();
        let field = view.field("y").unwrap();
        assert_eq!(field.shape().dims(), [0, 3, 2]);
        assert_eq!(field.to_vec::<f64>().unwrap(), []);
        assert_eq!(field.elements().count(), 0);
        assert!(field.element(&[0, 0, 0]).is_none());
        assert_eq!(view.slice(&"::-1, 1".parse().unwrap()).unwrap().len(), 0);
        assert_eq!(view.index_axis(1, 2).unwrap().len(), 0);
        assert!(view.index_axis(0, 0).is_err());
        assert!(view.to_bytes(Order::F).unwrap().is_empty());
        #[cfg(feature = "ndarray")]
        {
            let _ = field.as_ndarray::<f64>();
            assert_eq!(field.to_ndarray::<f64>().unwrap().shape(), [0, 3, 2]);
        }
    }
}

/// a.flags and the order in which np.save would write, for permuted axes.
#[test]
fn axis_orders_are_found_again() {
    for axes in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let order = AxisOrder::permuted(&axes).unwrap();
        let shape = Shape::new(&[2, 3, 4]).unwrap();
        let data: Vec<u8> = (0..24).collect();
        let array =
            Array::new(dtype("u1"), shape.clone(), order.clone(), data.clone().into()).unwrap();
        assert_eq!(array.view().axis_order().as_ref(), Some(&order));
        assert_eq!(array.view().is_fortran(), axes == [2, 1, 0]);
        assert_eq!(array.view().is_c_contiguous(), axes == [0, 1, 2]);
        // Each element where its axes say: the slowest first.
        let mut strides = [0; 3];
        let mut step = 1;
        for &axis in axes.iter().rev() {
            strides[axis] = step;
            step *= shape[axis];
        }
        for i in 0..2 {
            for j in 0..3 {
                for k in 0..4 {
                    let at = i * strides[0] + j * strides[1] + k * strides[2];
                    assert_eq!(array.view().element(&[i, j, k]).unwrap(), &data[at..=at]);
                }
            }
        }
        assert!(array.view().element(&[2, 0, 0]).is_none());
        assert!(array.view().element(&[0, 0]).is_none());
    }
    assert!(AxisOrder::permuted(&[0, 2]).is_err());
    let order = AxisOrder::permuted(&[1, 0, 2]).unwrap();
    let shape = Shape::new(&[2, 3]).unwrap();
    assert!(Array::new(dtype("u1"), shape, order, vec![0; 6].into()).is_err());
}

#[test]
fn conversion_shares_what_needs_no_change() {
    let array = Array::from_vec(&[2, 3], vec![1_i32, 2, 3, 4, 5, 6]).unwrap();
    let same = array.converted(Order::C, ByteOrder::NATIVE).unwrap();
    assert_eq!(same.data().as_ptr(), array.data().as_ptr());
    assert_eq!(array.to_bytes(Order::A).unwrap().as_ptr(), array.data().as_ptr());
    let fortran = array.converted(Order::F, ByteOrder::NATIVE).unwrap();
    assert!(fortran.view().is_fortran());
    assert_eq!(fortran.view().to_vec::<i32>().unwrap(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(fortran.to_bytes(Order::A).unwrap().as_ptr(), fortran.data().as_ptr());
    assert!(array.clone().with_dtype(DType::parse("<i8").unwrap()).is_err());
    assert_eq!(array.into_data().len(), 24);
}

/// Copies whose tiles, rows and runs are of every size about those of the code that moves them.
#[test]
fn transposed_copies_are_right_at_every_size() {
    for size in [1_usize, 2, 3, 4, 5, 8, 12, 16, 20] {
        for (rows, columns) in [(1, 70), (7, 8), (8, 8), (15, 17), (16, 16), (17, 33), (40, 9)] {
            let len = rows * columns * size;
            let data: Vec<u8> = (0..len).map(|i| u8::try_from(i * 31 % 251).unwrap()).collect();
            let shape = Shape::new(&[rows, columns]).unwrap();
            let dtype = dtype(&format!("V{size}"));
            let view = ArrayView::new(dtype, shape, &AxisOrder::C, &data).unwrap();
            let found = view.to_bytes(Order::F).unwrap();
            let mut expected = Vec::with_capacity(len);
            for column in 0..columns {
                for row in 0..rows {
                    let at = (row * columns + column) * size;
                    expected.extend_from_slice(&data[at..at + size]);
                }
            }
            assert_eq!(&*found, expected, "V{size} {rows} {columns}");
        }
    }
}

/// Larger than the buffer that strided arrays are written through.
#[test]
fn large_strided_arrays_are_written_in_blocks() {
    for (shape, slice) in [
        (&[1_200, 1_000][..], ":, ::2"),
        (&[2, 1_100_000], ":, ::2"),
        (&[600_000], "::-1"),
        (&[30, 10, 2_000], "::-1, :, ::-1"),
    ] {
        let count = shape.iter().product::<usize>();
        let values: Vec<u16> = (0..count).map(|i| u16::try_from(i % 65_521).unwrap()).collect();
        let array = Array::from_vec(shape, values).unwrap();
        let part = array.view().slice(&slice.parse().unwrap()).unwrap();
        for order in [Order::C, Order::F] {
            let whole = npbytes::raw::encode(&part, order).unwrap();
            assert_eq!(part.to_bytes(order).unwrap().len(), whole.len());
            assert!(*part.to_bytes(order).unwrap() == whole, "{shape:?} {slice}");
        }
        let mut streamed = Vec::new();
        npbytes::npy::encode_to(&mut streamed, &part, &Default::default()).unwrap();
        assert!(streamed == npbytes::npy::encode(&part, &Default::default()).unwrap());
    }
}
