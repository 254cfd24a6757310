//! What `np.save` writes before the data.

use npbytes::npy::{WriteOptions, encode};
use npbytes::{ArrayView, AxisOrder, DType, ErrorKind, NumPy, Shape};

use crate::table::{Table, code_points, numbers, same, table, text};

/// The prefix of a table row: version, length of the text, text, padding.
fn expected(row: &[&str]) -> Vec<u8> {
    let [major, hlen, source, padding] = row else { panic!("{row:?}") };
    let mut body: Vec<u8> = match *major {
        "3" => text(source).into_bytes(),
        _ => code_points(source).iter().map(|&point| u8::try_from(point).unwrap()).collect(),
    };
    body.resize(body.len() + padding.parse::<usize>().unwrap() - 1, b' ');
    body.push(b'\n');
    let hlen: u32 = hlen.parse().unwrap();
    assert_eq!(body.len(), hlen as usize);
    let mut out = b"\x93NUMPY".to_vec();
    out.extend([major.parse().unwrap(), 0]);
    match *major {
        "1" => out.extend(u16::try_from(hlen).unwrap().to_le_bytes()),
        _ => out.extend(hlen.to_le_bytes()),
    }
    out.extend(body);
    out
}

fn check(table: &Table, numpy: NumPy) {
    table.check(|row| {
        let dtype = DType::parse(text(row[0]).trim_matches('\'')).unwrap();
        let shape = Shape::new(&numbers(row[1])).unwrap();
        let order = if row[2] == "F" { AxisOrder::F } else { AxisOrder::C };
        let data = vec![0; shape.bytes(dtype.itemsize()).unwrap()];
        let view = ArrayView::new(dtype, shape, &order, &data).unwrap();
        let file = encode(&view, &WriteOptions::numpy(numpy)).map_err(|e| e.to_string())?;
        let prefix = &file[..file.len() - data.len()];
        let wanted = expected(&row[3..]);
        same("prefix", &prefix.escape_ascii().to_string(), &wanted.escape_ascii().to_string())
    });
}

#[test]
fn prefixes_are_those_of_np_save() {
    check(&table!("written", "2.4.6"), NumPy::LATEST);
    let old = |differing| table!("written", "2.4.6").replaced_by(differing, 3);
    check(&old(table!("written", "1.26.4")), NumPy::new(1, 26, 4));
    check(&old(table!("written", "1.23.5")), NumPy::new(1, 23, 5));
}

/// Names of `n` letters, so that the text crosses every boundary: padding of 1 to 64 bytes and never
/// none, room to grow since 1.24, the largest header of version 1.0.
fn check_padding(table: &Table, numpy: NumPy) {
    table.check(|row| {
        let n: usize = row[0].parse().unwrap();
        let dtype = DType::structured([("n".repeat(n), DType::parse("<i4").unwrap())]).unwrap();
        let shape = Shape::new(&numbers(row[1])).unwrap();
        let order = if row[2] == "1" { AxisOrder::F } else { AxisOrder::C };
        let data = vec![0; shape.bytes(4).unwrap()];
        let view = ArrayView::new(dtype, shape, &order, &data).unwrap();
        let file = encode(&view, &WriteOptions::numpy(numpy)).map_err(|e| e.to_string())?;
        let prefix = file.len() - data.len();
        same("version", &file[6].to_string().as_str(), &row[3])?;
        same("prefix", &prefix.to_string().as_str(), &row[4])?;
        same("newline", &file[prefix - 1], &b'\n')?;
        same("space", &file[prefix - 2], &b' ')?;
        same("alignment", &(prefix % 64), &0)
    });
}

#[test]
fn padding_is_that_of_np_save() {
    check_padding(&table!("padding", "2.4.6"), NumPy::LATEST);
    let old = |differing| table!("padding", "2.4.6").replaced_by(differing, 3);
    check_padding(&old(table!("padding", "1.26.4")), NumPy::new(1, 26, 4));
    check_padding(&old(table!("padding", "1.23.5")), NumPy::new(1, 23, 5));
    // Between the measured ones, the boundary is 1.24.0.
    check_padding(&old(table!("padding", "1.23.5")), NumPy::new(1, 23, 99));
    check_padding(&table!("padding", "2.4.6"), NumPy::new(1, 24, 0));
}

/// np.arange(3, dtype='<i4') saved to a BytesIO; the same 140 bytes in all versions.
#[test]
fn a_whole_file_is_that_of_np_save() {
    let view_data = [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0];
    let dtype = DType::parse("<i4").unwrap();
    let view = ArrayView::new(dtype, Shape::new(&[3]).unwrap(), &AxisOrder::C, &view_data).unwrap();
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    expected.extend(b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }");
    expected.extend([b' '; 60]);
    expected.push(b'\n');
    expected.extend(view_data);
    assert_eq!(expected.len(), 140);
    for numpy in NumPy::MEASURED {
        assert_eq!(encode(&view, &WriteOptions::numpy(numpy)).unwrap(), expected);
    }
}

/// numpy.lib.format.write_array(fp, array, version=...)
#[test]
fn versions_can_be_forced() {
    let dtype = |name: &str| DType::structured([(name, DType::parse("<i4").unwrap())]).unwrap();
    let options = |version| WriteOptions::default().version(Some(version));
    let encode = |name: &str, version| {
        let view = ArrayView::new(dtype(name), Shape::new(&[]).unwrap(), &AxisOrder::C, &[0; 4]);
        encode(&view.unwrap(), &options(version))
    };
    for major in 1..=3 {
        let file = encode("x", (major, 0)).unwrap();
        assert_eq!((file[6], file[7]), (major, 0));
        assert_eq!((file.len() - 4) % 64, 0);
    }
    // 'λ' is no Latin-1: UnicodeEncodeError in 1.0 and 2.0.
    assert!(encode("\u{3bb}", (1, 0)).is_err());
    assert!(encode("\u{3bb}", (2, 0)).is_err());
    assert!(encode("\u{3bb}", (3, 0)).is_ok());
    // 'é' is one byte in 1.0 and 2.0, two in 3.0.
    assert!(encode("\u{e9}", (1, 0)).unwrap().windows(3).any(|w| w == b"'\xe9'"));
    assert!(encode("\u{e9}", (3, 0)).unwrap().windows(4).any(|w| w == b"'\xc3\xa9'"));
    // "header does not fit inside 65535 bytes"
    assert!(encode(&"n".repeat(66_000), (1, 0)).is_err());
    assert!(encode(&"n".repeat(66_000), (2, 0)).is_ok());
    // "we only support format version (1,0), (2,0), and (3,0)"
    for version in [(0, 0), (1, 1), (4, 0), (2, 5)] {
        let error = encode("x", version).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::NpyVersion { found } if *found == version));
    }
}

/// What np.save refuses too, and what it writes as a pickle.
#[test]
fn what_has_no_header_is_refused() {
    let overlap = "{'names': ['a', 'b'], 'formats': ['<i4', '<i2'], 'offsets': [0, 2]}";
    let disorder = "{'names': ['a', 'b'], 'formats': ['<i4', '<i4'], 'offsets': [4, 0]}";
    for source in [overlap, disorder, "O", "[('x', 'O')]", "T"] {
        let dtype = DType::parse(source).unwrap();
        let data = vec![0; dtype.itemsize()];
        let view = ArrayView::new(dtype, Shape::default(), &AxisOrder::C, &data).unwrap();
        let error = encode(&view, &WriteOptions::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{source}: {error:?}");
        assert!(npbytes::npy::encode_to(&mut Vec::new(), &view, &WriteOptions::default()).is_err());
    }
}
