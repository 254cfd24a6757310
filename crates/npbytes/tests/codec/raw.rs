//! `np.frombuffer(data, dtype, count, offset).reshape(shape, order=...)` and `tobytes`.

use bytes::Bytes;
use npbytes::raw::{Spec, decode, encode, view};
use npbytes::{Array, ArrayView, AxisOrder, ErrorKind, Order, Shape};

use crate::{array, dtype};

/// The bytes 0, 1, 2, ...
fn counting(len: usize) -> Bytes {
    (0..len).map(|i| u8::try_from(i % 256).unwrap()).collect::<Vec<_>>().into()
}

/// np.frombuffer(bytes(range(n)), dtype, count, offset).reshape(shape).shape
#[test]
fn shapes_are_filled() {
    type Case = (&'static str, usize, Option<&'static [i64]>, &'static [usize]);
    let cases: [Case; 14] = [
        ("u1", 6, None, &[6]),
        ("<i2", 6, None, &[3]),
        ("<i2", 0, None, &[0]),
        ("<i2", 12, Some(&[2, 3]), &[2, 3]),
        ("<i2", 12, Some(&[-1, 3]), &[2, 3]),
        ("<i2", 12, Some(&[2, -1]), &[2, 3]),
        ("<i2", 12, Some(&[-1]), &[6]),
        ("<i2", 12, Some(&[1, -1, 1]), &[1, 6, 1]),
        ("<i2", 2, Some(&[]), &[]),
        ("<i2", 0, Some(&[0, 3]), &[0, 3]),
        ("<i2", 0, Some(&[3, -1]), &[3, 0]),
        ("V3", 12, Some(&[-1, 2]), &[2, 2]),
        ("S0", 0, Some(&[2, 3]), &[2, 3]),
        ("[('x', 'u1'), ('', 'V2')]", 12, None, &[4]),
    ];
    for (text, len, shape, expected) in cases {
        let mut spec = Spec::new(dtype(text));
        if let Some(shape) = shape {
            spec = spec.shape(shape);
        }
        let data = counting(len);
        let array = decode(&data, &spec).unwrap();
        assert_eq!(array.shape().dims(), expected, "{text} {len} {shape:?}");
        assert_eq!(array.data(), &data, "{text} {len} {shape:?}");
        let borrowed = view(&data, &spec).unwrap();
        assert_eq!(borrowed.shape().dims(), expected);
        assert_eq!(&*borrowed.to_bytes(Order::C).unwrap(), &data[..]);
    }
}

/// np.frombuffer(bytes(range(20)), 'u1', count, offset)
#[test]
fn offset_and_count_choose_a_part() {
    let data = counting(20);
    let cases: [(usize, Option<usize>, &[u8]); 6] = [
        (0, None, &(0..20).collect::<Vec<u8>>()),
        (15, None, &[15, 16, 17, 18, 19]),
        (20, None, &[]),
        (3, Some(4), &[3, 4, 5, 6]),
        (0, Some(0), &[]),
        (19, Some(1), &[19]),
    ];
    for (offset, count, expected) in cases {
        let mut spec = Spec::new(dtype("u1")).offset(offset);
        if let Some(count) = count {
            spec = spec.count(count);
        }
        let array = decode(&data, &spec).unwrap();
        assert_eq!(array.view().to_vec::<u8>().unwrap(), expected, "{offset} {count:?}");
        // No copy, and no alignment asked for.
        assert_eq!(array.data().as_ptr(), data[offset..].as_ptr());
    }
    // np.frombuffer(bytes(range(20)), '<u4', 4, 3).tolist()
    let spec = Spec::new(dtype("<u4")).offset(3).count(4);
    let values = decode(&data, &spec).unwrap().view().to_vec::<u32>().unwrap();
    assert_eq!(values, [0x0605_0403, 0x0a09_0807, 0x0e0d_0c0b, 0x1211_100f]);
    // A count that is more than the shape, a shape that is less than the count.
    let spec = Spec::new(dtype("u1")).count(6).shape(&[2, -1]);
    assert_eq!(decode(&data, &spec).unwrap().shape().dims(), [2, 3]);
}

/// np.frombuffer(bytes(range(6)), 'u1').reshape((2, 3), order='F').tolist()
#[test]
fn fortran_order_fills_the_first_axis_first() {
    let spec = Spec::new(dtype("u1")).shape(&[2, 3]).order(AxisOrder::F);
    let array = decode(&counting(6), &spec).unwrap();
    assert_eq!(array.view().to_vec::<u8>().unwrap(), [0, 2, 4, 1, 3, 5]);
    assert_eq!(encode(&array.view(), Order::F).unwrap(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(encode(&array.view(), Order::A).unwrap(), [0, 1, 2, 3, 4, 5]);
    // Any axis order: np.arange(6).reshape(3, 1, 2).transpose(2, 0, 1) in memory order.
    let order = AxisOrder::permuted(&[1, 2, 0]).unwrap();
    let spec = Spec::new(dtype("u1")).shape(&[2, 3, 1]).order(order);
    let array = decode(&counting(6), &spec).unwrap();
    assert_eq!(array.view().to_vec::<u8>().unwrap(), [0, 2, 4, 1, 3, 5]);
}

/// The words a person reads who has 784 int64 and says something else.
#[test]
fn what_does_not_fit_is_explained() {
    let k = counting(6272);
    let spec = |text: &str, shape: Option<&[i64]>| {
        let spec = Spec::new(dtype(text));
        match shape {
            Some(shape) => spec.shape(shape),
            None => spec,
        }
    };
    let cases: [(usize, Spec, &str, &[&str]); 14] = [
        (
            6272,
            spec("float32", Some(&[28, 28])),
            "6272 bytes do not fill (28, 28) of float32 (3136)",
            &[
                "they fill (28, 28) of any 8-byte item: int64, uint64, float64, datetime64, complex64",
                "as float32 they could be (56, 28), (28, 56), (2, 28, 28), (1568,)",
            ],
        ),
        (
            6272,
            spec("int64", Some(&[28, 27])),
            "6272 bytes do not fill (28, 27) of int64 (6048)",
            &["as int64 they could be (28, 28)", "skip them as the offset"],
        ),
        (
            6272,
            spec("int64", Some(&[28, 29])),
            "6272 bytes do not fill (28, 29) of int64 (6496)",
            &["as int64 they could be (28, 28), (784,)"],
        ),
        (
            6272,
            spec("int64", Some(&[-1, 5])),
            "6272 bytes do not fill (-1, 5) of int64: 784 elements are no multiple of 5",
            &["(784,), (28, 28)"],
        ),
        (
            6272,
            spec("V3", None),
            "6272 bytes do not fill |V3: 2090 elements of 3 bytes leave 2 over",
            &["they are whole numbers of int16, uint16, float16, uint8, int8, bool"],
        ),
        (
            6272,
            spec("int64", Some(&[14, 14])),
            "6272 bytes do not fill (14, 14) of int64 (1568)",
            &["they fill (14, 14) of any 32-byte item: clongdouble"],
        ),
        (
            6272 + 80,
            spec("int64", Some(&[28, 28])),
            "6352 bytes do not fill (28, 28) of int64 (6272)",
            &["if 80 bytes of header come first, skip them as the offset"],
        ),
        (
            7,
            spec("int32", None),
            "7 bytes do not fill int32: 1 elements of 4 bytes leave 3 over",
            &["they are whole numbers of uint8, int8, bool"],
        ),
        (
            7,
            spec("int32", Some(&[7])),
            "7 bytes do not fill (7,) of int32: 1 elements of 4 bytes leave 3 over",
            &["they fill (7,) of any 1-byte item: uint8, int8, bool"],
        ),
        (0, spec("int32", Some(&[2])), "0 bytes do not fill (2,) of int32 (8)", &["(0,)"]),
        (
            4,
            spec("int32", Some(&[0])),
            "4 bytes do not fill (0,) of int32 (0)",
            &["as int32 they could be (1,)"],
        ),
        (
            12,
            spec("u1", Some(&[4])),
            "12 bytes do not fill (4,) of uint8 (4)",
            &["they fill (4,) of any 3-byte item: S3, V3"],
        ),
        (
            48,
            spec("u1", Some(&[4])),
            "48 bytes do not fill (4,) of uint8 (4)",
            &["they fill (4,) of any 12-byte item: S12, U3, V12"],
        ),
        (20, spec("int64", None).count(3), "20 bytes do not fill 3 elements of int64 (24)", &[]),
    ];
    for (len, spec, message, help) in cases {
        let data = if len == k.len() { k.clone() } else { counting(len) };
        let error = decode(&data, &spec).unwrap_err();
        let shown = error.to_string();
        assert!(shown.starts_with(message), "found {shown}\nexpected {message}");
        let found = error.help().unwrap_or_default();
        for help in help {
            assert!(found.contains(help), "{message}\nfound {found}\nexpected {help}");
        }
        assert_eq!(view(&data, &spec).unwrap_err().to_string(), shown);
    }
}

/// Where the bytes are none of a raw buffer at all.
#[test]
fn bytes_with_a_signature_are_told() {
    let cases: [(&[u8], &str); 3] = [
        (b"\x93NUMPY\x01\x00rest....", "these bytes are a .npy file: read them as that"),
        (b"PK\x03\x04rest of it", "these bytes are a zip archive"),
        (b"\x89HDF\r\n\x1a\nrest", "these bytes are an HDF5 file"),
    ];
    for (data, help) in cases {
        let spec = Spec::new(dtype("int64")).shape(&[28, 28]);
        let error = decode(&Bytes::from_static(data), &spec).unwrap_err();
        assert!(error.help().unwrap().contains(help), "{error:?}");
    }
    // Two bytes of a pickle, three of gzip may be numbers.
    for data in [&b"\x80\x04\x95"[..], b"\x1f\x8b\x08"] {
        let spec = Spec::new(dtype("int64")).shape(&[28, 28]);
        let error = decode(&Bytes::copy_from_slice(data), &spec).unwrap_err();
        assert!(!error.help().unwrap_or_default().contains("these bytes are"), "{error:?}");
    }
}

#[test]
fn specifications_that_mean_nothing_are_refused() {
    let data = counting(24);
    let base = || Spec::new(dtype("<i4"));
    let shapes: [&[i64]; 8] = [
        &[-1, -1],
        &[-2],
        &[2, -3],
        &[i64::MIN],
        &[i64::MAX, i64::MAX],
        &[i64::MAX, 2],
        &[0, -1],
        &[1; 65],
    ];
    for shape in shapes {
        assert!(decode(&data, &base().shape(shape)).is_err(), "{shape:?}");
    }
    assert!(decode(&data, &base().offset(25)).is_err());
    assert!(decode(&data, &base().offset(usize::MAX)).is_err());
    assert!(decode(&data, &base().count(7)).is_err());
    assert!(decode(&data, &base().count(usize::MAX)).is_err());
    assert!(decode(&data, &base().count(6).shape(&[5])).is_err());
    assert!(decode(&data, &base().count(4).offset(12)).is_err());
    assert!(
        decode(&data, &base().shape(&[6]).order(AxisOrder::permuted(&[1, 0, 2]).unwrap())).is_err()
    );
    // Elements of no bytes cannot be counted, and a shape of them is taken as it is.
    for spec in [Spec::new(dtype("S0")), Spec::new(dtype("S0")).shape(&[-1])] {
        let error = decode(&Bytes::new(), &spec).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Shape(_)), "{error:?}");
        assert!(error.help().is_some());
    }
    // Objects are pointers.
    for text in ["O", "[('x', 'O')]", "T"] {
        let error = decode(&data, &Spec::new(dtype(text))).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
    }
    let objects = array("O", &[1], &[0; 8]);
    assert!(encode(&objects.view(), Order::C).is_err());
}

/// The offset of an error is where the array would have started.
#[test]
fn errors_say_where_the_array_would_start() {
    let error = decode(&counting(20), &Spec::new(dtype("<i4")).offset(3)).unwrap_err();
    assert_eq!(error.offset(), Some(3));
    let ErrorKind::Mismatch(mismatch) = error.kind() else { panic!("{error:?}") };
    assert_eq!((mismatch.available(), mismatch.shape()), (17, None));
    assert_eq!(mismatch.dtype(), &dtype("<i4"));
}

#[test]
fn arrays_of_the_wrong_length_cannot_be_made() {
    for (shape, len) in [(&[2, 3][..], 23), (&[2, 3], 25), (&[], 0), (&[0], 1)] {
        let shape = Shape::new(shape).unwrap();
        let error =
            Array::new(dtype("<i4"), shape.clone(), AxisOrder::C, counting(len)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Mismatch(_)), "{error:?}");
        let data = counting(len);
        assert!(ArrayView::new(dtype("<i4"), shape, &AxisOrder::F, &data).is_err());
    }
    // np.zeros(2**62, 'i8') is no array either.
    let huge = Shape::new(&[1 << 62]).unwrap();
    assert!(Array::new(dtype("<i8"), huge, AxisOrder::C, Bytes::new()).is_err());
}
