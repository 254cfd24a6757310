//! Files of joblib 1.6.0: raw elements in mid-stream.

use bytes::Bytes;
use npbytes::pickle::{self, ArrayObject, Pickle, ReadOptions, WriteOptions};
use npbytes::{Array, ByteOrder, DType, NumPy, Order, Shape};

/// With NumPy 2.4.6 on CPython 3.11.7:
/// `a = np.arange(6.).reshape(2, 3); joblib.dump([a, a, a.T, a[:, ::2], np.arange(5, dtype='>i4')], 'joblib.bin')`
const FILE: &[u8] = include_bytes!("joblib.bin");

#[test]
fn arrays_are_read_from_mid_stream() {
    let pickle = pickle::decode(&Bytes::from_static(FILE), &ReadOptions::default()).unwrap();
    let items = pickle.root().items().unwrap();
    let array = |index: usize| items.get(index).unwrap().array().unwrap();
    assert_eq!(array(0).view().to_vec::<f64>().unwrap(), [0., 1., 2., 3., 4., 5.]);
    assert_eq!(array(2).shape().dims(), [3, 2]);
    assert_eq!(array(2).view().to_vec::<f64>().unwrap(), [0., 3., 1., 4., 2., 5.]);
    assert_eq!(array(3).view().to_vec::<f64>().unwrap(), [0., 2., 3., 5.]);
    // Numbers become native, as joblib makes them.
    assert_eq!(array(4).dtype(), &DType::parse("=i4").unwrap());
    assert_eq!(array(4).view().to_vec::<i32>().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_file_is_written_back_to_the_byte() {
    let pickle = pickle::decode(&Bytes::from_static(FILE), &ReadOptions::default()).unwrap();
    assert!(pickle.encode_joblib(&WriteOptions::default()).unwrap() == FILE);
    assert!(pickle.encode(&WriteOptions::default()).is_err());
}

#[test]
fn a_file_is_written_from_nothing() {
    let mut p = Pickle::new();
    let a = Array::from_vec(&[2, 3], (0..6).map(f64::from).collect()).unwrap();
    let first = p.array(ArrayObject::new(a.clone()));
    let turned = Array::new(
        a.dtype().clone(),
        Shape::new(&[3, 2]).unwrap(),
        npbytes::AxisOrder::F,
        a.data().clone(),
    );
    let turned = p.array(ArrayObject::new(turned.unwrap()));
    let sliced = Array::from_vec(&[2, 2], vec![0., 2., 3., 5.]).unwrap();
    let sliced = p.array(ArrayObject::new(sliced).strided(true));
    let big = Array::from_vec(&[5], (0..5).collect::<Vec<i32>>()).unwrap();
    let big = p.array(ArrayObject::new(big.converted(Order::C, ByteOrder::Big).unwrap()));
    let root = p.list(vec![first, first, turned, sliced, big]);
    p.set_root(root);
    assert!(p.encode_joblib(&WriteOptions::numpy(NumPy::new(2, 4, 6))).unwrap() == FILE);
}

#[test]
fn a_file_that_is_cut_says_what_is_missing() {
    for end in 0..FILE.len() {
        let error = pickle::decode(&Bytes::from_static(&FILE[..end]), &ReadOptions::default());
        assert!(error.unwrap_err().offset().is_some_and(|at| at <= end as u64), "{end}");
    }
}
