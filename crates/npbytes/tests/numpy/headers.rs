//! Header verdicts: what `np.load` takes and refuses.

use bytes::Bytes;
use npbytes::npy::{Header, ReadOptions, decode};
use npbytes::{DType, ErrorKind, Limits, Profile, literal};

use crate::table::{latin1, report, same, table, text};

/// A .npy file of the given header text.
fn file(major: u8, text: &[u8], data: usize) -> Vec<u8> {
    let mut out = b"\x93NUMPY".to_vec();
    out.extend([major, 0]);
    match major {
        1 => out.extend(u16::try_from(text.len()).unwrap().to_le_bytes()),
        _ => out.extend(u32::try_from(text.len()).unwrap().to_le_bytes()),
    }
    out.extend_from_slice(text);
    out.resize(out.len() + data, 0);
    out
}

fn row_file(row: &[&str]) -> Vec<u8> {
    let mut source = latin1(row[2]);
    let pad: usize = row[3].parse().unwrap();
    if pad > 0 {
        source.resize(source.len() + pad - 1, b' ');
        source.push(b'\n');
    }
    file(row[1].parse().unwrap(), &source, 1024)
}

#[test]
fn headers_are_read_as_np_load_reads_them() {
    table!("header", "2.4.6").check(|row| {
        let bytes = Bytes::from(row_file(row));
        let found = decode(&bytes, &ReadOptions::default());
        match (found, &row[4..]) {
            (Ok(array), ["ok", descr, shape, fortran, end]) => {
                let found = array.dtype().descr(Profile::default()).map_err(|e| e.to_string())?;
                same("descr", &found, &text(descr))?;
                let shape = literal::parse(&text(shape)).unwrap();
                let dims: Vec<_> =
                    shape.items().unwrap().iter().map(|v| format!("{v:?}")).collect();
                let found: Vec<_> = array.shape().iter().map(|d| format!("Int({d})")).collect();
                same("shape", &found, &dims)?;
                same("fortran", &array.view().is_fortran(), &(*fortran == "1"))?;
                let header = Header::parse(&bytes, &ReadOptions::default()).unwrap();
                same("end", &header.end(), &end.parse().unwrap())?;
                same("end", &(header.data_offset() + header.data_len()), &end.parse().unwrap())
            }
            (Err(error), ["ok", ..]) => Err(format!("refused: {error}")),
            (Ok(array), _) => Err(format!("NumPy refuses it, read as {array:?}")),
            (Err(error), _) => match error.offset() {
                Some(at) if at > bytes.len() as u64 => Err(format!("offset {at}: {error}")),
                _ => Ok(()),
            },
        }
    });
}

/// Releases before 2.4 read them from real files, to their end; NumPy 2.4 and this crate do not.
#[test]
fn negative_sizes_are_refused_with_help() {
    for shape in ["(-1,)", "(-2,)", "(-1, 2)", "(0, -1)"] {
        let text = format!("{{'descr': '<i4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let error =
            decode(&file(1, text.as_bytes(), 64).into(), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Header(_)), "{error:?}");
        assert!(error.help().unwrap().contains("raw"), "{error:?}");
        assert_eq!(error.offset(), Some(10 + text.find("'shape'").unwrap() as u64));
    }
}

/// Where the error points, in bytes of the file.
#[test]
fn errors_point_into_the_file() {
    let header = |rest: &str| format!("{{'descr': '<i4', 'fortran_order': False, {rest}}}\n");
    let cases: [(u8, Vec<u8>, u64); 12] = [
        (1, header("'shape': (3,), 'x': y").into(), 10 + 41 + 20),
        (1, header("'shape': [3]").into(), 10 + 41),
        (1, header("'shape': (03,)").into(), 10 + 41 + 10),
        (2, header("'shape': (03,)").into(), 12 + 41 + 10),
        (3, header("'shape': (03,)").into(), 12 + 41 + 10),
        // Latin-1: each byte counts as one, also where the decoded text has two.
        (1, b"{'descr': [('\xe9\xe9', '<i4')], 'fortran_order': 1, 'shape': (3,)}".into(), 10 + 27),
        (1, b"{'\xe9\xe9\xe9': x}".into(), 10 + 8),
        (3, "{'\u{e9}\u{e9}\u{e9}': x}".as_bytes().into(), 12 + 11),
        (3, b"{'descr': '\xff'}".into(), 12 + 11),
        (1, b"{'descr': '<i3', 'fortran_order': False, 'shape': (3,)}".into(), 10 + 13),
        (
            1,
            b"{'descr': [('x', '<i4'), ('y', '>f3')], 'fortran_order': False, 'shape': (3,)}"
                .into(),
            10 + 34,
        ),
        (1, b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}\0".into(), 10 + 55),
    ];
    let mut wrong = Vec::new();
    for (major, text, offset) in &cases {
        let error = decode(&file(*major, text, 64).into(), &ReadOptions::default()).unwrap_err();
        if error.offset() != Some(*offset) {
            wrong.push(format!("{}: {error:?}, expected {offset}", text.escape_ascii()));
        }
    }
    report("offsets", cases.len(), wrong);
}

#[test]
fn versions_that_numpy_never_wrote_are_refused() {
    let text = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }\n";
    for version in [(0, 0), (0, 1), (1, 1), (2, 1), (3, 1), (4, 0), (1, 255), (255, 255)] {
        let mut bytes = file(1, text, 64);
        (bytes[6], bytes[7]) = version;
        let error = decode(&bytes.into(), &ReadOptions::default()).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::NpyVersion { found } if *found == version),
            "{error:?}"
        );
        assert_eq!(error.offset(), Some(6));
        assert_eq!(
            error.to_string(),
            format!(
                "expected .npy version 1.0, 2.0 or 3.0, found {}.{} (at byte 6)",
                version.0, version.1
            )
        );
    }
}

#[test]
fn every_prefix_of_a_file_is_refused_as_cut_off() {
    let text = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }          \n";
    for major in 1..=3 {
        let bytes = file(major, text, 12);
        for len in 1..bytes.len() {
            let error = decode(&Bytes::copy_from_slice(&bytes[..len]), &ReadOptions::default())
                .unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Truncated { .. }),
                "{major} {len}: {error:?}"
            );
            assert_eq!(error.offset(), Some(len as u64), "{major} {len}");
        }
        decode(&bytes.into(), &ReadOptions::default()).unwrap();
    }
    let error = decode(&Bytes::new(), &ReadOptions::default()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Magic { .. }));
    assert!(error.to_string().contains("no bytes at all"));
}

#[test]
fn data_that_is_cut_off_is_explained() {
    let text = b"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n";
    let error = decode(&file(1, text, 40).into(), &ReadOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the input ends inside the array data: expected 48 bytes, found 40 (at byte {})",
            10 + text.len() + 40
        )
    );
    assert_eq!(
        error.help().unwrap(),
        "the header promises (2, 3) of float64; the file may have been cut off"
    );
}

#[test]
fn what_is_no_npy_file_is_told_by_its_bytes() {
    let cases: [(&[u8], &str); 7] = [
        (b"PK\x03\x04rest", "a zip archive, as .npz files are"),
        (b"PK\x05\x06", "a zip archive, as .npz files are"),
        (b"\x80\x04\x95", "a pickle"),
        (b"\x1f\x8b\x08", "compressed by gzip"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"1.5 2.5", "raw bytes need a dtype and a shape"),
        (b"\x93NUMPX\x01\x00", "raw bytes need a dtype and a shape"),
    ];
    for (bytes, help) in cases {
        let error = decode(&Bytes::from_static(bytes), &ReadOptions::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Magic { .. }), "{error:?}");
        assert_eq!(error.offset(), Some(0));
        assert!(error.help().unwrap().contains(help), "{error:?}");
    }
}

/// max_header_size: 10,000 bytes pass, 10,001 need a raised limit.
#[test]
fn the_header_limit_can_be_raised() {
    let mut text = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }".to_vec();
    text.resize(10_000, b' ');
    text.push(b'\n');
    for (major, first) in [(1, 10_usize), (2, 12), (3, 12)] {
        let bytes = Bytes::from(file(major, &text, 12));
        let error = decode(&bytes, &ReadOptions::default()).unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Limit { name: "header_bytes", limit: 10_000, needed: 10_001 }
            ),
            "{error:?}"
        );
        assert_eq!(
            error.help().unwrap(),
            "if this input is trusted, raise the limit `header_bytes` to at least 10001"
        );
        let raised = ReadOptions::with_limits(Limits::default().header_bytes(10_001));
        assert_eq!(decode(&bytes, &raised).unwrap().shape().dims(), [3]);
        let lowered = ReadOptions::with_limits(Limits::default().header_bytes(10_000));
        assert!(decode(&bytes, &lowered).is_err());
        assert_eq!(Header::parse(&bytes, &raised).unwrap().data_offset(), first + 10_001);
    }
}

#[test]
fn the_depth_limit_reaches_into_headers() {
    let text = b"{'descr': [('x', [('y', '<i4')])], 'fortran_order': False, 'shape': (3,), }\n";
    let bytes = Bytes::from(file(1, text, 12));
    for (depth, taken) in [(5, true), (4, false)] {
        let options = ReadOptions::with_limits(Limits::default().depth(depth));
        assert_eq!(decode(&bytes, &options).is_ok(), taken, "{depth}");
    }
}

/// np.save of two arrays to one BytesIO, and np.load twice.
#[test]
fn arrays_that_follow_each_other_are_split() {
    let first = file(1, b"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", 8);
    let second = file(3, b"{'descr': '|S3', 'fortran_order': False, 'shape': (), }\n", 3);
    let third = file(2, b"{'descr': '<i4', 'fortran_order': False, 'shape': (0,), }\n", 0);
    let bytes = Bytes::from([&first[..], &second, &third, b"tail"].concat());
    let options = ReadOptions::default();
    let (a, rest) = npbytes::npy::split(&bytes, &options).unwrap();
    let (b, rest) = npbytes::npy::split(&rest, &options).unwrap();
    let (c, rest) = npbytes::npy::split(&rest, &options).unwrap();
    assert_eq!([a.dtype(), b.dtype(), c.dtype()].map(|d| d.typestr()), ["<i4", "|S3", "<i4"]);
    assert_eq!(rest, "tail");
    assert!(npbytes::npy::split(&rest, &options).is_err());
    assert_eq!(decode(&bytes, &options).unwrap().shape().dims(), [2]);
    assert_eq!(npbytes::npy::view(&bytes, &options).unwrap().nbytes(), 8);
}

#[test]
fn decoding_does_not_copy() {
    let bytes =
        Bytes::from(file(1, b"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }\n", 8));
    let array = decode(&bytes, &ReadOptions::default()).unwrap();
    assert_eq!(array.data().as_ptr(), bytes[bytes.len() - 8..].as_ptr());
}

/// Object arrays hold a pickle: refused by name until there is a codec for it.
#[test]
fn objects_are_refused_by_name() {
    for descr in ["'|O'", "[('x', '|O')]", "[('x', '<i4'), ('y', [('z', '|O', (2,))])]"] {
        let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,), }}\n");
        let bytes = Bytes::from(file(1, text.as_bytes(), 1000));
        let error = decode(&bytes, &ReadOptions::default()).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
        assert!(error.to_string().contains("pickle"), "{error}");
        // The header itself can be read, for `info`.
        let header = Header::parse(&bytes, &ReadOptions::default()).unwrap();
        assert!(header.dtype().has_object());
    }
}

/// A descr that NumPy 1 wrote and no NumPy reads.
#[test]
fn metadata_in_a_header_is_explained() {
    let text = b"{'descr': [('x', ('<i4', {'k': 1}))], 'fortran_order': False, 'shape': (3,), }\n";
    let error = decode(&file(1, text, 64).into(), &ReadOptions::default()).unwrap_err();
    assert!(error.help().unwrap().contains("NumPy 1 wrote this header"), "{error:?}");
}

#[test]
fn a_header_tells_rows_and_versions() {
    let cases = [
        ("False", "(2, 3)", Some(0)),
        ("True", "(2, 3)", Some(1)),
        ("False", "()", None),
        ("True", "(4,)", Some(0)),
    ];
    for (order, shape, axis) in cases {
        for major in 1..=3 {
            let text =
                format!("{{'descr': '<i4', 'fortran_order': {order}, 'shape': {shape}, }}\n");
            let bytes = file(major, text.as_bytes(), 0);
            let header = Header::parse(&bytes, &ReadOptions::default()).unwrap();
            assert_eq!(header.version(), (major, 0));
            assert_eq!(header.row_axis(), axis);
            assert_eq!(header.fortran_order(), order == "True");
            assert_eq!(header.dtype(), &DType::parse("<i4").unwrap());
            assert_eq!(header.data_offset(), bytes.len());
        }
    }
}
