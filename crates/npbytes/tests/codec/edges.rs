//! Inputs that only a breaker writes: huge items, endless elements, fields over fields, towers of dtypes.

use bytes::Bytes;
use npbytes::{
    Array, ArrayView, ByteOrder, DType, ErrorKind, FixedBytes, Layout, Limits, NumPy, Order, Shape,
    literal, npy, raw, record,
};

use super::{array, dtype};

/// np.dtype(text) and its itemsize, of NumPy 2.4.6; those of 1.26.4 are the same where nothing else is said.
#[test]
fn repeats_are_what_python_reads() {
    let cases: [(&str, Option<&str>); 22] = [
        ("i4,(2)S3", Some("[('f0', '<i4'), ('f1', 'S3', (2,))]")),
        ("1U", Some("<U1")),
        ("1<S", Some("|S1")),
        ("(2,)3i4", Some("(('<i4', (3,)), (2,))")),
        ("4,f8", Some("('<f8', (4,))")),
        ("2,3,f8", Some("('<f8', (2, 3))")),
        ("(\n2,3)f4", None),
        ("( 2 , )i4", Some("('<i4', (2,))")),
        ("(2)i4", None),
        ("(2)i4,", Some("[('f0', '<i4', (2,))]")),
        ("3(2)i4", None),
        ("2 3i4", None),
        ("(2 3)i4", None),
        ("()3i4", Some("('<i4', (3,))")),
        (" 2i4", None),
        (",f8", None),
        ("(,)i4", None),
        ("((2,))i4", None),
        ("(2,)(3,)i4", None),
        ("2 ,i4", Some("('<i4', (2,))")),
        ("(2),i4", None),
        ("1,i4", Some("('<i4', (1,))")),
    ];
    for (text, expected) in cases {
        let found = DType::parse(text).ok().map(|dtype| dtype.to_string());
        assert_eq!(found.as_deref(), expected, "{text:?}");
    }
    let old = |text| DType::parse_for(text, NumPy::new(1, 26, 4)).unwrap().to_string();
    assert_eq!((old("1U").as_str(), old("(2)i4,").as_str()), ("<U1", "('<i4', (2,))"));
}

/// a = np.frombuffer(bytes(range(1, 33)), dtype); a[::2].tobytes()
#[test]
fn padding_that_another_field_covers_is_kept() {
    let overlapping = "{'names': ['a', 'b'], 'formats': [{'names': ['x', 'y'], 'formats': ['u1', '<i4'], \
                       'offsets': [0, 4]}, '<u8'], 'offsets': [0, 0]}";
    let bytes: Vec<u8> = (1..33).collect();
    let view = array(overlapping, &[4], &bytes);
    let view = view.view().slice(&"::2".parse().unwrap()).unwrap();
    let expected = [1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24];
    assert_eq!(raw::encode(&view, Order::C).unwrap(), expected);
}

/// np.frombuffer(bytes([1, 2, 3, 4]), dtype).astype(dtype.newbyteorder('>')).tobytes()
#[test]
fn of_fields_that_overlap_the_last_one_wins() {
    let overlapping = "{'names': ['b', 'a'], 'formats': ['<u4', {'names': ['x'], 'formats': ['u1'], \
                       'offsets': [0], 'itemsize': 4}], 'offsets': [0, 0]}";
    let array = array(overlapping, &[1], &[1, 2, 3, 4]);
    let layout = Layout::from(Order::C).byte_order(ByteOrder::Big);
    assert_eq!(raw::encode(&array.view(), layout).unwrap(), [1, 3, 2, 1]);
    assert_eq!(array.converted(Order::C, ByteOrder::Big).unwrap().data()[..], [1, 3, 2, 1]);
}

/// An item may be larger than the buffer that elements are moved through.
#[test]
fn large_items_are_written_one_by_one() {
    const SIZE: usize = 1024 * 1025 * 2;
    let bytes: Vec<u8> = (0..4 * SIZE).map(|i| (i % 251).to_le_bytes()[0]).collect();
    let array = array("[('image', '<u2', (1024, 1025))]", &[4], &bytes);
    let view = array.view().slice(&"::2".parse().unwrap()).unwrap();
    let expected = [&bytes[..SIZE], &bytes[2 * SIZE..3 * SIZE]].concat();
    let mut written = Vec::new();
    raw::encode_to(&mut written, &view, Order::C).unwrap();
    assert!(written == expected);
    let mut written = Vec::new();
    npy::encode_to(&mut written, &view, &npy::WriteOptions::default()).unwrap();
    assert!(written == npy::encode(&view, &npy::WriteOptions::default()).unwrap());
    assert!(written[128..] == expected);
}

/// The bound is the machine's, not the caller's.
#[test]
fn depth_is_bounded_whatever_the_limits_say() {
    let mut limits = Limits::default();
    limits.depth = usize::MAX;
    let options = literal::Options { limits, ..literal::Options::default() };
    let error = literal::parse_with(&"(".repeat(200_000), &options).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Limit { name: "depth", limit: 200, .. }),
        "{error:?}"
    );

    let mut tower = Ok(dtype("u1"));
    let mut levels = 0;
    while let Ok(dtype) = tower {
        levels += 1;
        tower = DType::structured([("a", dtype)]);
        assert!(levels < 1000, "no bound");
    }
    assert!(matches!(tower.unwrap_err().kind(), ErrorKind::Limit { name: "depth", .. }));
    assert_eq!(levels, 201);
}

#[test]
fn the_length_of_literals_is_bounded() {
    let long = format!("[{}]", " ".repeat(1 << 20));
    for error in [literal::parse(&long).unwrap_err(), DType::parse(&long).unwrap_err()] {
        assert!(
            matches!(error.kind(), ErrorKind::Limit { name: "literal_bytes", .. }),
            "{error:?}"
        );
    }
    let limits = Limits::default().literal_bytes(2 << 20);
    literal::parse_with(&long, &literal::Options { limits, ..Default::default() }).unwrap();
    // A header has a limit of its own.
    let text = format!(
        "{{'descr': '|u1', 'fortran_order': False, 'shape': (), }}{}\n",
        " ".repeat(2 << 20)
    );
    let len = u32::try_from(text.len()).unwrap().to_le_bytes();
    let file = [b"\x93NUMPY\x02\x00", &len[..], text.as_bytes(), &[7]].concat();
    let options = npy::ReadOptions::with_limits(Limits::default().header_bytes(4 << 20));
    assert_eq!(npy::decode(&file.into(), &options).unwrap().data()[..], [7]);
}

#[derive(Debug)]
struct Nothing {
    x: FixedBytes<0>,
}
record!(Nothing { x });

/// A header may promise any number of elements of no bytes.
#[test]
fn elements_of_no_bytes_are_not_listed_without_end() {
    let shape = Shape::new(&[1 << 62]).unwrap();
    let records =
        ArrayView::new(dtype("[('x', 'S0')]"), shape.clone(), &Default::default(), &[]).unwrap();
    assert!(records.to_records::<Nothing>().is_err());
    let strings = ArrayView::new(dtype("S0"), shape, &Default::default(), &[]).unwrap();
    assert!(strings.to_vec::<FixedBytes<0>>().is_err());
    let few = array("[('x', 'S0')]", &[3], &[]);
    assert_eq!(
        few.view().to_records::<Nothing>().unwrap().iter().map(|n| n.x.0.len()).sum::<usize>(),
        0
    );
}

#[test]
fn strides_that_lead_nowhere_are_not_followed() {
    let shape = Shape::new(&[3, 0]).unwrap();
    let view = ArrayView::from_strides(dtype("u1"), shape, &[isize::MAX, 1], 0, &[]).unwrap();
    assert!(view.element(&[2, 0]).is_none());
}

#[cfg(feature = "ndarray")]
#[test]
fn what_memory_cannot_hold_is_not_collected() {
    let one = ndarray::arr0(1_u64);
    let endless = one.broadcast((1 << 24, 1 << 24)).unwrap();
    assert!(Array::from_ndarray(&endless).is_err());
}

/// pickle.dumps(np.zeros((28, 28))) with protocol 2 is 153 bytes longer than the data.
#[test]
fn a_pickle_is_told_from_a_header() {
    let mut pickle = vec![0; 6272 + 153];
    pickle[..2].copy_from_slice(&[0x80, 2]);
    *pickle.last_mut().unwrap() = b'.';
    let spec = raw::Spec::new(dtype("int64")).shape(&[28, 28]);
    let error = raw::decode(&Bytes::from(pickle), &spec).unwrap_err();
    assert_eq!(error.help().unwrap(), "these bytes are a pickle: read them as that");
}

/// f = io.BytesIO(); np.save(f, np.zeros(1, [('λ' * 6000, 'i1')])); len(f.getvalue()) == 12161, and np.load
/// takes it: the limit of 10,000 counts characters.
#[test]
fn the_limit_of_headers_counts_characters() {
    let file = |chars: usize| {
        let long = DType::structured([("λ".repeat(chars), dtype("i1"))]).unwrap();
        let array = Array::new(long, Shape::new(&[1]).unwrap(), Default::default(), vec![0].into());
        Bytes::from(npy::encode(&array.unwrap().view(), &npy::WriteOptions::default()).unwrap())
    };
    assert_eq!(file(6000).len(), 12161);
    npy::decode(&file(6000), &npy::ReadOptions::default()).unwrap();
    let error = npy::decode(&file(10_000), &npy::ReadOptions::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { name: "header_bytes", .. }), "{error:?}");
}

/// np.zeros((1,) * 33) in NumPy 1.26: "maximum supported dimension for an ndarray is 32".
#[test]
fn an_old_numpy_has_fewer_axes() {
    let array = array("u1", &[1; 33], &[0]);
    npy::encode(&array.view(), &npy::WriteOptions::default()).unwrap();
    let old = npy::WriteOptions::numpy(NumPy::new(1, 26, 4));
    assert!(npy::encode(&array.view(), &old).unwrap_err().to_string().contains("33 axes"));
}

#[cfg(all(feature = "fs", unix))]
#[test]
fn of_a_raw_file_only_the_array_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.bin");
    std::fs::write(&path, (0..100).collect::<Vec<u8>>()).unwrap();
    let spec = raw::Spec::new(dtype("u1")).offset(10).count(4);
    assert_eq!(raw::read(&path, &spec).unwrap().data()[..], [10, 11, 12, 13]);
    let small = Limits::default().array_bytes(3);
    let error = raw::read(&path, &spec.clone().limits(small)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Limit { name: "array_bytes", limit: 3, needed: 4 }));
    // Without an end, and read as far as it goes.
    assert_eq!(raw::read("/dev/zero", &spec).unwrap().data()[..], [0; 4]);
    let endless = raw::Spec::new(dtype("u1")).limits(Limits::default().array_bytes(1000));
    assert!(matches!(
        raw::read("/dev/zero", &endless).unwrap_err().kind(),
        ErrorKind::Limit { .. }
    ));
}
