//! Structured arrays: fields by path, subarrays as axes, padding, swaps inside.

use npbytes::{Array, AxisOrder, ByteOrder, ErrorKind, Order, Shape};

use crate::{array, dtype};

/// A struct of 11 bytes: 'u1', '<i2', then ('p', [('x', '>u2'), ('y', 'u1', (2, 2))]) and 2 of padding.
const NESTED: &str =
    "[('a', 'u1'), ('b', '<i2'), ('p', [('x', '>u2'), ('y', 'u1', (2, 2))]), ('', 'V2')]";

fn nested() -> Array {
    let data: Vec<u8> = (0..44).collect();
    array(NESTED, &[2, 2], &data)
}

/// a['b'].tolist() and so on, of a = np.frombuffer(bytes(range(44)), dtype).reshape(2, 2)
#[test]
fn fields_are_views_by_path() {
    let array = nested();
    let view = array.view();
    let a = view.field("a").unwrap();
    assert_eq!(a.to_vec::<u8>().unwrap(), [0, 11, 22, 33]);
    assert_eq!(a.strides(), [22, 11]);
    let b = view.field("b").unwrap();
    assert_eq!(b.to_vec::<i16>().unwrap(), [513, 3340, 6167, 8994]);
    let x = view.field("p.x").unwrap();
    assert_eq!(x.to_vec::<u16>().unwrap(), [772, 3599, 6426, 9253]);
    assert_eq!(x.dtype(), &dtype(">u2"));
    // A subarray field adds its axes: a['p']['y'].shape == (2, 2, 2, 2)
    let y = view.field("p.y").unwrap();
    assert_eq!(y.shape().dims(), [2, 2, 2, 2]);
    assert_eq!(y.strides(), [22, 11, 2, 1]);
    assert_eq!(
        y.to_vec::<u8>().unwrap(),
        [5, 6, 7, 8, 16, 17, 18, 19, 27, 28, 29, 30, 38, 39, 40, 41]
    );
    // a['p']['y'][1, ::-1, :, 0].tolist()
    let part = y.slice(&"1, ::-1, :, 0".parse().unwrap()).unwrap();
    assert_eq!(part.to_vec::<u8>().unwrap(), [38, 40, 27, 29]);
    assert_eq!(view.field("p").unwrap().field("x").unwrap().to_vec::<u16>().unwrap()[3], 9253);
}

/// Fields of a slice, slices of a field; in Fortran order too.
#[test]
fn fields_and_slices_commute() {
    let array = nested();
    let slice = "::-1, 1".parse().unwrap();
    let one = array.view().slice(&slice).unwrap().field("b").unwrap();
    let two = array.view().field("b").unwrap().slice(&slice).unwrap();
    assert_eq!(one.to_vec::<i16>().unwrap(), two.to_vec::<i16>().unwrap());
    assert_eq!(one.to_vec::<i16>().unwrap(), [8994, 3340]);
    let fortran =
        Array::new(dtype(NESTED), Shape::new(&[2, 2]).unwrap(), AxisOrder::F, array.into_data());
    let fortran = fortran.unwrap();
    assert_eq!(fortran.view().field("a").unwrap().to_vec::<u8>().unwrap(), [0, 22, 11, 33]);
}

#[test]
fn a_name_with_a_dot_comes_before_a_path() {
    let array = array("[('a.b', 'u1'), ('a', [('b', 'u1'), ('b.c', 'u1')])]", &[1], &[1, 2, 3]);
    let value = |path: &str| array.view().field(path).unwrap().to_vec::<u8>().unwrap()[0];
    assert_eq!((value("a.b"), value("a.b.c")), (1, 3));
}

#[test]
fn missing_fields_are_told() {
    let array = nested();
    for path in ["c", "", "a.x", "p.z", "p.", ".p", "p.x.y", "b."] {
        let error = array.view().field(path).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Field { .. }), "{path}: {error:?}");
    }
    let error = array.view().field("p.z").unwrap_err();
    let help = error.help().unwrap();
    assert!(help == "the fields are: x, y" || help == "the fields are: a, b, p", "{help}");
    assert!(array.view().field("a").unwrap().field("a").is_err());
}

/// np.array([(7,)], [(('t', 'x'), 'u1')])['t']
#[test]
fn titles_are_names_too() {
    let array = array("[(('t', 'x'), 'u1')]", &[1], &[7]);
    assert_eq!(array.view().field("x").unwrap().to_vec::<u8>().unwrap(), [7]);
    assert_eq!(array.view().field("t").unwrap().to_vec::<u8>().unwrap(), [7]);
    assert_eq!(array.dtype().fields().unwrap()[0].title().unwrap(), &"t");
}

/// np.zeros(2, [('x', 'S0'), ('y', '<i2', (0,)), ('z', 'u1')])
#[test]
fn fields_of_no_bytes_are_empty() {
    let array = array("[('x', 'S0'), ('y', '<i2', (0,)), ('z', 'u1'), ('w', 'S0')]", &[2], &[1, 2]);
    assert_eq!(array.view().field("x").unwrap().shape().dims(), [2]);
    assert_eq!(array.view().field("y").unwrap().shape().dims(), [2, 0]);
    assert_eq!(array.view().field("z").unwrap().to_vec::<u8>().unwrap(), [1, 2]);
    let w = array.view().field("w").unwrap();
    assert_eq!(w.elements().map(<[u8]>::len).collect::<Vec<_>>(), [0, 0]);
    assert!(w.to_bytes(Order::F).unwrap().is_empty());
}

const PADDED: &str = "[('a', 'u1'), ('', 'V3'), ('b', '<u4'), ('', 'V1')]";

/// Padding is copied where a whole buffer is, as NumPy does; moved elements get zeros, where NumPy leaves
/// what memory held.
#[test]
fn padding_is_kept_or_zero() {
    let data: Vec<u8> = (1..=36).collect();
    let array = array(PADDED, &[2, 2], &data);
    assert_eq!(array.to_bytes(Order::C).unwrap().as_ref(), data);
    let file = npbytes::npy::encode(&array.view(), &Default::default()).unwrap();
    assert_eq!(file[file.len() - 36..], data);
    let zeroed = |element: &[u8]| {
        let mut element = element.to_vec();
        element[1..4].fill(0);
        element[8] = 0;
        element
    };
    let element = |i: usize| &data[i * 9..(i + 1) * 9];
    let moved: Vec<u8> = [0, 2, 1, 3].iter().flat_map(|&i| zeroed(element(i))).collect();
    assert_eq!(array.to_bytes(Order::F).unwrap().as_ref(), moved);
    let reversed = array.view().slice(&"::-1, ::-1".parse().unwrap()).unwrap();
    let expected: Vec<u8> = [3, 2, 1, 0].iter().flat_map(|&i| zeroed(element(i))).collect();
    assert_eq!(&*reversed.to_bytes(Order::C).unwrap(), expected);
    // One row is a whole buffer again.
    let row = array.view().slice(&"1".parse().unwrap()).unwrap();
    assert_eq!(&*row.to_bytes(Order::C).unwrap(), &data[18..]);
    // Fields do not see the padding.
    assert_eq!(array.view().field("a").unwrap().to_vec::<u8>().unwrap(), [1, 10, 19, 28]);
}

/// Padding inside of nested structs and of arrays of structs.
#[test]
fn padding_inside_is_zeroed_too() {
    let inner = "[('x', 'u1'), ('', 'V1')]";
    let array = array(
        &format!("[('p', {inner}), ('q', {inner}, (2,)), ('r', 'u1')]"),
        &[2],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
    );
    let reversed = array.view().slice(&"::-1".parse().unwrap()).unwrap();
    let bytes = reversed.to_bytes(Order::C).unwrap();
    assert_eq!(&*bytes, [8, 0, 10, 0, 12, 0, 14, 1, 0, 3, 0, 5, 0, 7]);
}

/// a.astype(a.dtype.newbyteorder('>')).tobytes() with each part swapped on its own.
#[test]
fn structs_are_swapped_field_by_field() {
    let little =
        "[('a', '<i2'), ('c', '<c8'), ('p', [('u', '<U1'), ('s', 'S2')], (2,)), ('l', '<f16')]";
    let size = 2 + 8 + 2 * 6 + 16;
    let data: Vec<u8> = (0..2 * size).map(|i| u8::try_from(i).unwrap()).collect();
    let array = array(little, &[2], &data);
    let big = array.converted(Order::C, ByteOrder::Big).unwrap();
    let mut expected = Vec::new();
    for element in data.chunks(size) {
        for part in [0..2, 2..6, 6..10, 10..14] {
            expected.extend(element[part].iter().rev());
        }
        expected.extend(&element[14..16]);
        expected.extend(element[16..20].iter().rev());
        expected.extend(&element[20..22]);
        expected.extend(element[22..38].iter().rev());
    }
    assert_eq!(big.data().as_ref(), expected);
    assert_eq!(big.dtype(), &dtype(&little.replace('<', ">")));
    let back = big.converted(Order::C, ByteOrder::Little).unwrap();
    assert_eq!(back.data().as_ref(), data);
}

/// Fields of one struct in different orders: only those that differ are swapped.
#[test]
fn only_what_differs_is_swapped() {
    let array = array("[('a', '<i2'), ('b', '>i2'), ('c', 'u1')]", &[1], &[1, 2, 3, 4, 5]);
    let little = array.converted(Order::C, ByteOrder::Little).unwrap();
    assert_eq!(little.data().as_ref(), [1, 2, 4, 3, 5]);
    let big = array.converted(Order::C, ByteOrder::Big).unwrap();
    assert_eq!(big.data().as_ref(), [2, 1, 3, 4, 5]);
}

/// Two fields over the same bytes: a swap must not undo itself. NumPy's
/// a.astype(a.dtype.newbyteorder('>')) copies field by field, so that the last field wins.
#[test]
fn overlapping_fields_are_swapped_once() {
    let union = "{'names': ['a', 'b'], 'formats': ['<u4', '<u4'], 'offsets': [0, 0]}";
    let array = array(union, &[1], &[1, 2, 3, 4]);
    let big = array.converted(Order::C, ByteOrder::Big).unwrap();
    assert_eq!(big.data().as_ref(), [4, 3, 2, 1]);
    let part = "{'names': ['a', 'b'], 'formats': ['<u4', '<u2'], 'offsets': [0, 0]}";
    let array = crate::array(part, &[1], &[1, 2, 3, 4]);
    let big = array.converted(Order::C, ByteOrder::Big).unwrap();
    assert_eq!(big.data().as_ref(), [2, 1, 2, 1]);
}
