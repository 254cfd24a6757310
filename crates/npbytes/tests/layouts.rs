//! Arrays that are written in another layout than they have: in memory, and block by block to a writer.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may stop where it fails")]

use npbytes::{Array, AxisOrder, ByteOrder, DType, Layout, Order, Shape, npy, raw};

/// `np.arange(n, dtype='<u4').reshape(shape)`
fn counting(shape: &[usize]) -> Array {
    let elements: u32 = shape.iter().product::<usize>().try_into().unwrap();
    let bytes: Vec<u8> = (0..elements).flat_map(u32::to_le_bytes).collect();
    let dtype = DType::parse("<u4").unwrap();
    Array::new(dtype, Shape::new(shape).unwrap(), AxisOrder::C, bytes.into()).unwrap()
}

/// The offset of an element in Fortran order, without the code that is tested.
fn fortran_index(mut index: usize, shape: &[usize]) -> usize {
    let (mut offset, mut stride) = (0, shape.iter().product::<usize>());
    for &dim in shape.iter().rev() {
        stride /= dim;
        offset += index % dim * stride;
        index /= dim;
    }
    offset
}

/// Larger than a block of the writer in every way: many rows, few rows that are long, and long rows of
/// long rows.
#[test]
fn blocks_are_written_as_if_at_once() {
    for shape in [&[600_000, 1][..], &[300, 2000], &[2, 300_000], &[3, 2, 150_000], &[2, 500, 600]]
    {
        let array = counting(shape);
        let values: Vec<u32> = array.view().to_vec().unwrap();
        let mut moved = vec![0; values.len()];
        for (index, value) in values.iter().enumerate() {
            moved[fortran_index(index, shape)] = *value;
        }
        let little =
            |values: &[u32]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>();
        let big = |values: &[u32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<_>>();
        let cases: [(&str, Layout, Vec<u8>); 4] = [
            ("C", Order::C.into(), little(&values)),
            ("F", Order::F.into(), little(&moved)),
            ("C, big", Layout::from(Order::C).byte_order(ByteOrder::Big), big(&values)),
            ("F, big", Layout::from(Order::F).byte_order(ByteOrder::Big), big(&moved)),
        ];
        for (name, layout, expected) in cases {
            let mut written = Vec::new();
            raw::encode_to(&mut written, &array.view(), layout).unwrap();
            assert!(written == expected, "{shape:?} {name}: written block by block");
            assert!(raw::encode(&array.view(), layout).unwrap() == expected, "{shape:?} {name}");
        }
    }
}

/// The header says how the elements follow, as NumPy's does of an array that was made so.
#[test]
fn a_file_in_another_layout_is_that_of_the_converted_array() {
    let array = counting(&[2, 3]);
    let header = |layout: Layout| {
        let options = npy::WriteOptions::default().layout(layout);
        let file = npy::encode(&array.view(), &options).unwrap();
        let mut written = Vec::new();
        npy::encode_to(&mut written, &array.view(), &options).unwrap();
        assert_eq!(file, written);
        let text = String::from_utf8(file[10..128].to_vec()).unwrap();
        (text.trim_end().to_owned(), file[128..].to_vec())
    };
    // f = io.BytesIO(); np.save(f, np.asfortranarray(np.arange(6, dtype='<u4').reshape(2, 3).astype('>u4')))
    let (text, data) = header(Layout::from(Order::F).byte_order(ByteOrder::Big));
    assert_eq!(text, "{'descr': '>u4', 'fortran_order': True, 'shape': (2, 3), }");
    assert_eq!(data, [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 5]);
    // np.save(f, np.arange(6, dtype='<u4').reshape(2, 3))
    let (text, data) = header(Order::A.into());
    assert_eq!(text, "{'descr': '<u4', 'fortran_order': False, 'shape': (2, 3), }");
    assert_eq!(data[..8], [0, 0, 0, 0, 1, 0, 0, 0]);
    // np.asfortranarray(np.zeros((1, 3), '<u4')).flags: contiguous both ways, and so False.
    let row = counting(&[1, 3]);
    let options = npy::WriteOptions::default().layout(Order::F);
    let file = npy::encode(&row.view(), &options).unwrap();
    assert!(String::from_utf8_lossy(&file[..128]).contains("'fortran_order': False"));
}
