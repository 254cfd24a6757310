//! Rust structs for structured arrays.

use npbytes::{Array, ErrorKind, FixedBytes, FixedStr, Order, Record, record};

use crate::{array, dtype};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    x: f32,
    y: f64,
}
record!(Point { x, y });

#[derive(Debug, Clone, PartialEq)]
struct Reading {
    id: i32,
    valid: bool,
    name: FixedBytes<3>,
    label: FixedStr<2>,
    weight: [[u16; 3]; 2],
    at: Point,
    path: [Point; 2],
}
record!(Reading { id, valid as "ok?", name, label, weight as "weight [kg]", at, path, });

const READING: &str = "[('id', 'i4'), ('ok?', '?'), ('name', 'S3'), ('label', 'U2'), \
    ('weight [kg]', 'u2', (2, 3)), ('at', [('x', 'f4'), ('y', 'f8')]), ('path', [('x', 'f4'), ('y', 'f8')], (2,))]";

fn readings() -> Vec<Reading> {
    (0..6_u8)
        .map(|i| {
            let f = f32::from(i);
            Reading {
                id: i32::from(i) - 3,
                valid: i % 2 == 0,
                name: FixedBytes([b'a', i, 0]),
                label: FixedStr([0x3bb, u32::from(i)]),
                weight: [[1, 2, u16::from(i)], [4, 5, 6]],
                at: Point { x: f, y: f64::from(f) + 0.5 },
                path: [Point { x: -f, y: 0.0 }, Point { x: 1.0, y: 2.0 }],
            }
        })
        .collect()
}

#[test]
fn records_go_in_and_out() {
    let records = readings();
    let array = Array::from_records(&[2, 3], &records).unwrap();
    assert_eq!(Reading::dtype().unwrap(), dtype(READING));
    assert_eq!(array.dtype(), &dtype(READING));
    assert_eq!(array.view().to_records::<Reading>().unwrap(), records);
    assert!(Array::from_records(&[2, 4], &records).is_err());
    assert!(Array::from_records::<Reading>(&[0], &[]).unwrap().is_empty());
}

/// The same values in the other byte order, in Fortran order, with padding, in another order of fields,
/// with further ones.
#[test]
fn records_are_found_by_name_wherever_they_lie() {
    let records = readings();
    let array = Array::from_records(&[2, 3], &records).unwrap();
    let big = array.converted(Order::F, npbytes::ByteOrder::Big).unwrap();
    assert_ne!(big.dtype(), array.dtype());
    assert_eq!(big.view().to_records::<Reading>().unwrap(), records);
    // np.zeros(1, ...) with x = 1.5, y = -2
    let mut data = vec![0xee; 32];
    data[4..12].copy_from_slice(&(-2.0_f64).to_be_bytes());
    data[17..21].copy_from_slice(&1.5_f32.to_le_bytes());
    let wide = "{'names': ['more', 'y', 'x'], 'formats': ['S2', '>f8', '<f4'], 'offsets': [0, 4, 17], 'itemsize': 32}";
    let wide = crate::array(wide, &[1], &data);
    assert_eq!(wide.view().to_records::<Point>().unwrap(), [Point { x: 1.5, y: -2.0 }]);
    let reversed = array.view().slice(&"::-1, 1".parse().unwrap()).unwrap();
    let found = reversed.to_records::<Reading>().unwrap();
    assert_eq!(found, [records[4].clone(), records[1].clone()]);
}

#[test]
fn what_is_no_such_record_is_refused() {
    let cases: [(&str, &str); 6] = [
        ("[('x', '<f4')]", "no field named \"y\""),
        ("[('x', '<f8'), ('y', '<f8')]", "float64 (the field \"x\")"),
        ("[('x', '<f4', (1,)), ('y', '<f8')]", "(the field \"x\")"),
        ("[('x', [('x', '<f4')]), ('y', '<f8')]", "(the field \"x\")"),
        ("<f4", "no field named \"x\""),
        ("[]", "no field named \"x\""),
    ];
    for (text, message) in cases {
        let size = dtype(text).itemsize();
        let error = array(text, &[1], &vec![0; size]).view().to_records::<Point>().unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
        assert!(matches!(error.kind(), ErrorKind::Field { .. } | ErrorKind::ElementType { .. }));
    }
    // Another length of a string or a subarray.
    let bytes = Array::from_records(&[6], &readings()).unwrap().into_data();
    for (from, to) in
        [("'S3'", "'V2'), ('', 'V1'"), ("(2, 3)", "(3, 2)"), ("(2, 3)", "(6,)"), ("'U2'", "'S8'")]
    {
        let other = READING.replacen(from, to, 1);
        let array = array(&other, &[6], &bytes);
        assert!(array.view().to_records::<Reading>().is_err(), "{other}");
    }
    // A byte that is no bool.
    let mut bytes = bytes.to_vec();
    bytes[4] = 2;
    let error = array(READING, &[6], &bytes).view().to_records::<Reading>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Value(_)), "{error:?}");
}
