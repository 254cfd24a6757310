//! Tensor messages: those of pyarrow byte for byte.

use npbytes::{Array, AxisOrder, ByteOrder, DType, Order, Shape};
use npbytes_arrow::Copied;
use npbytes_arrow::tensor::{ReadOptions, WriteOptions, decode, encode, map, read, write};

use crate::{file, path};

fn array(dtype: &str, shape: &[usize], axes: &[usize], bytes: Vec<u8>) -> Array {
    let order = AxisOrder::permuted(axes).unwrap();
    Array::new(DType::parse(dtype).unwrap(), Shape::new(shape).unwrap(), order, bytes.into())
        .unwrap()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn swapped_axes() -> Vec<u8> {
    let places =
        (0..3_u64).flat_map(|b| (0..2).flat_map(move |a| (0..4).map(move |c| 12 * a + 4 * b + c)));
    places.flat_map(u64::to_le_bytes).collect()
}

/// `tensors()` of make.py.
fn tensors() -> Vec<(&'static str, Array, Vec<String>)> {
    let doubles = (0..6_u8).flat_map(|n| f64::from(n).to_le_bytes()).collect();
    // np.arange(6, dtype='<i2').reshape(2, 3).tobytes('F')
    let columns = vec![0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5, 0];
    vec![
        ("c_f8", array("<f8", &[2, 3], &[0, 1], doubles), vec![]),
        ("f_i2", array("<i2", &[2, 3], &[1, 0], columns), names(&["x", "y"])),
        // np.array([0.5, -2.0, 65504.0], '<f2').tobytes().hex() == '003800c0ff7b'
        ("line_f2", array("<f2", &[3], &[0], vec![0, 0x38, 0, 0xc0, 0xff, 0x7b]), vec![]),
        // np.arange(24, dtype='<u8').reshape(2, 3, 4).transpose(1, 0, 2), as pyarrow copies it.
        ("k_u8", array("<u8", &[3, 2, 4], &[0, 1, 2], swapped_axes()), vec![]),
        ("empty_u1", array("u1", &[0, 3], &[0, 1], vec![]), vec![]),
        ("one_f4", array("<f4", &[1, 1], &[0, 1], 1.5_f32.to_le_bytes().to_vec()), vec![]),
    ]
}

#[test]
fn messages_of_pyarrow_are_read_in_place() {
    for (name, expected, axes) in tensors() {
        let bytes = file(&format!("{name}.tensor"));
        let tensor = decode(&bytes, &ReadOptions::default()).unwrap();
        assert_eq!(tensor.array.dtype(), expected.dtype(), "{name}");
        assert_eq!(tensor.array.shape(), expected.shape(), "{name}");
        assert_eq!(
            tensor.array.to_bytes(Order::C).unwrap(),
            expected.to_bytes(Order::C).unwrap(),
            "{name}"
        );
        assert_eq!((tensor.names, tensor.copied), (axes, Copied::NO), "{name}");
        if !expected.is_empty() {
            let place = tensor.array.data().as_ptr() as usize - bytes.as_ptr() as usize;
            assert_eq!(place + tensor.array.data().len(), bytes.len(), "{name}: no copy");
        }
    }
}

#[test]
fn messages_are_those_of_pyarrow_byte_for_byte() {
    for (name, array, names) in tensors() {
        let mut options = WriteOptions::default();
        options.names = names;
        // An array without elements has strides in Arrow that NumPy does not have: they are of no meaning.
        if name == "empty_u1" {
            continue;
        }
        assert_eq!(encode(&array, &options).unwrap(), file(&format!("{name}.tensor")), "{name}");
    }
}

#[test]
fn every_dtype_of_numbers_comes_back() {
    for dtype in [
        "?",
        "i1",
        "u1",
        "<i2",
        ">i2",
        "<u2",
        "<i4",
        ">u4",
        "<i8",
        ">i8",
        "<u8",
        "<f2",
        ">f2",
        "<f4",
        "<f8",
        ">f8",
        "<c8",
        ">c8",
        "<c16",
        "<M8[s]",
        ">M8[10us]",
        "<m8[D]",
        "<m8",
    ] {
        for (shape, axes) in [
            (&[2, 3][..], &[0, 1][..]),
            (&[2, 3], &[1, 0]),
            (&[6], &[0]),
            (&[], &[]),
            (&[0, 2], &[0, 1]),
        ] {
            let dtype = DType::parse(dtype).unwrap();
            let shape = Shape::new(shape).unwrap();
            let len = shape.bytes(dtype.itemsize()).unwrap();
            let bytes: Vec<u8> = (0..len).map(|n| u8::from(n % 2 == 1)).collect();
            let array =
                Array::new(dtype.clone(), shape, AxisOrder::permuted(axes).unwrap(), bytes.into())
                    .unwrap();
            let message = encode(&array, &WriteOptions::default()).unwrap();
            let back = decode(&message.into(), &ReadOptions::default()).unwrap();
            let what = format!("{dtype} {}", array.shape());
            assert_eq!(
                (back.array.dtype(), back.array.shape()),
                (array.dtype(), array.shape()),
                "{what}"
            );
            assert_eq!(back.array.data(), array.data(), "{what}");
            assert_eq!(back.array.view().strides(), array.view().strides(), "{what}");
            let swapped = dtype.with_byte_order(ByteOrder::Little) != dtype;
            assert_eq!(back.copied.contains(Copied::BYTE_ORDER), swapped, "{what}");
        }
    }
}

#[test]
fn others_see_the_numbers() {
    let complex = array(
        "<c8",
        &[2],
        &[0],
        [1_f32, 2.0, 3.0, 4.0].iter().flat_map(|f| f.to_le_bytes()).collect(),
    );
    let mut plain = ReadOptions::default();
    plain.plain = true;
    let message = encode(&complex, &WriteOptions::default()).unwrap();
    let seen = decode(&message.clone().into(), &plain).unwrap().array;
    assert_eq!((seen.dtype(), &seen.shape()[..]), (&DType::parse("<f4").unwrap(), &[2, 2][..]));
    let mut without = WriteOptions::default();
    without.plain = true;
    let message = encode(&complex, &without).unwrap();
    let seen = decode(&message.into(), &ReadOptions::default()).unwrap().array;
    assert_eq!(seen.dtype(), &DType::parse("<f4").unwrap());
}

#[test]
fn what_is_no_number_is_refused() {
    for dtype in ["S3", "U2", "V4", "[('a', 'i4')]", "g"] {
        let dtype = DType::parse(dtype).unwrap();
        let bytes = vec![0; dtype.itemsize()];
        let array =
            Array::new(dtype.clone(), Shape::new(&[1]).unwrap(), AxisOrder::C, bytes.into())
                .unwrap();
        let error = encode(&array, &WriteOptions::default()).unwrap_err();
        assert!(error.to_string().contains("a tensor holds numbers"), "{error}");
        assert!(error.help().is_some());
    }
    let mut options = WriteOptions::default();
    options.names = names(&["one"]);
    assert!(
        encode(&tensors()[0].1, &options).unwrap_err().to_string().contains("1 names for 2 axes")
    );
    let error = decode(&file("plain.arrows"), &ReadOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("expected a message of a tensor, found one of Schema"),
        "{error}"
    );
}

#[test]
fn files_are_read_mapped_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.tensor");
    let (_, array, _) = &tensors()[0];
    write(&target, array, &WriteOptions::default()).unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), file("c_f8.tensor"));
    for tensor in [
        read(&target, &ReadOptions::default()).unwrap(),
        map(&target, &ReadOptions::default()).unwrap(),
    ] {
        assert_eq!(tensor.array.data(), array.data());
    }
    assert!(
        read(path("no.tensor"), &ReadOptions::default())
            .unwrap_err()
            .to_string()
            .contains("no.tensor")
    );
}
