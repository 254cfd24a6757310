//! No input makes a decoder panic, and what is refused is refused with an offset in the input.

use bytes::Bytes;
use npbytes::npy::{self, Header, ReadOptions, Reader, WriteOptions};
use npbytes::raw::{self, Spec};
use npbytes::sniff::Encoding;
use npbytes::{AxisOrder, DType, Error, Limits, NumPy, Order, Slice, literal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::strategies::{array, saved, shown};

/// An error can be shown, and points into the input or right behind it.
#[track_caller]
fn check_error(error: &Error, len: usize) {
    // Printing is total too.
    let _ = (error.to_string(), format!("{error:?}"));
    assert_ne!(error.help().as_deref(), Some(""));
    assert!(error.offset().is_none_or(|at| at <= len as u64), "{error:?} of {len} bytes");
}

fn check_npy(bytes: &[u8]) {
    let data = Bytes::copy_from_slice(bytes);
    let options = ReadOptions::with_limits(Limits::default().header_bytes(1 << 20));
    let decoded = npy::decode(&data, &options);
    match &decoded {
        Ok(array) => {
            // What was read can be written, and reads back; but not always in the same bytes.
            let file = npy::encode(&array.view(), &WriteOptions::default()).unwrap();
            let back = npy::decode(&file.into(), &options).unwrap();
            assert_eq!(back.dtype(), array.dtype());
            assert_eq!(back.shape(), array.shape());
            assert!(back.to_bytes(Order::C).unwrap() == array.to_bytes(Order::C).unwrap());
            assert!(npy::split(&data, &options).is_ok());
        }
        Err(error) => check_error(error, bytes.len()),
    }
    assert_eq!(npy::view(bytes, &options).is_ok(), decoded.is_ok());
    if let Err(error) = Header::parse(bytes, &options) {
        check_error(&error, bytes.len());
        assert!(decoded.is_err());
    }
    match Reader::new(bytes, options) {
        Ok(mut reader) => {
            while let Ok(Some(_)) = reader.read_rows(3) {}
            let _ = reader.next_array();
        }
        Err(error) => {
            check_error(&error, bytes.len());
            assert!(decoded.is_err());
        }
    }
    let _ = Encoding::of(bytes);
}

/// Changes to a valid input: bytes replaced, removed, put in, the end cut off.
#[derive(Clone, Debug)]
enum Change {
    Replace(Index, u8),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    Cut(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 1..4),
        select(vec![
            "'",
            "\"",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            ",",
            ":",
            "\\",
            "-",
            "0",
            "9",
            "L",
            "#",
            "\n",
            "None",
            "'''",
            "\\N{",
            "\\ud800",
            "1j",
            "99999999999999999999",
            "(-1,)",
            "=",
            "|",
            "(2,3)",
            "i4",
            "\0",
            "\u{e9}"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    let byte = prop_oneof![any::<u8>(), 0x20..0x7f_u8];
    let change = prop_oneof![
        4 => (any::<Index>(), byte).prop_map(|(at, byte)| Change::Replace(at, byte)),
        2 => (any::<Index>(), 1..9_usize).prop_map(|(at, len)| Change::Remove(at, len)),
        3 => (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        1 => any::<Index>().prop_map(Change::Cut),
    ];
    vec(change, 0..4)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change], first: usize) -> Vec<u8> {
    for change in changes {
        let len = bytes.len();
        let at = |index: &Index| first.min(len) + index.index(len - first.min(len) + 1);
        match change {
            Change::Replace(index, byte) => {
                if let Some(slot) = bytes.get_mut(at(index)) {
                    *slot = *byte;
                }
            }
            Change::Remove(index, count) => {
                let at = at(index);
                bytes.drain(at..(at + count).min(len));
            }
            Change::Insert(index, piece) => {
                let at = at(index);
                bytes.splice(at..at, piece.iter().copied());
            }
            Change::Cut(index) => bytes.truncate(at(index)),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in vec(any::<u8>(), 0..200), npy in any::<bool>()) {
        let mut bytes = bytes;
        if npy {
            bytes.splice(0..0, *b"\x93NUMPY");
        }
        check_npy(&bytes);
    }

    #[test]
    fn any_header_text_is_decoded_or_refused(text in vec(any::<u8>(), 0..100), major in 1..4_u8) {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([major, 0, u8::try_from(text.len()).unwrap(), 0]);
        if major > 1 {
            bytes.extend([0, 0]);
        }
        bytes.extend(&text);
        check_npy(&bytes);
    }

    #[test]
    fn any_text_is_a_dtype_or_refused(text in any::<String>()) {
        for numpy in [NumPy::LATEST, NumPy::new(1, 26, 4)] {
            if let Err(error) = DType::parse_for(&text, numpy) {
                check_error(&error, text.len());
            }
        }
    }

    #[test]
    fn text_of_the_right_letters_is_a_dtype_or_refused(
        text in "[<>|=]?[(][0-9, ]{0,6}[)][<>]?[biufcSUVMmaOT?]?[0-9]{0,3}(\\[[0-9a-z/]{0,4}\\])?[, ]{0,3}[biufcSUVMmaOT?][0-9]{0,2}"
    ) {
        match DType::parse(&text) {
            // np.dtype('StringDType()') is a TypeError.
            Ok(dtype) if dtype.char_kind() == 'T' => {}
            Ok(dtype) => prop_assert_eq!(DType::parse(&dtype.to_string()).unwrap(), dtype),
            Err(error) => check_error(&error, text.len()),
        }
    }

    #[test]
    fn any_text_is_a_literal_or_refused(text in any::<String>()) {
        if let Err(error) = literal::parse(&text) {
            check_error(&error, text.len());
        }
    }

    #[test]
    fn text_of_the_right_letters_is_a_literal_or_refused(
        text in "([\\[({]|[\\])}]|,|:|'a?'|b'x'|\\\\|-|\\+|[0-9]|\\.|j|e|_|L|0x|None|True|\\.\\.\\.|#|\n| ){0,20}"
    ) {
        match literal::parse(&text) {
            Ok(value) => {
                let repr = value.repr(npbytes::Python::DEFAULT);
                // No literals in Python either; and that of `-2j` is `(-0-2j)`, which is another number.
                if !["Ellipsis", "inf", "j"].iter().any(|part| repr.contains(part)) {
                    let again = literal::parse(&repr);
                    prop_assert!(again.is_ok(), "{} of {}", repr, text);
                    prop_assert_eq!(again.unwrap().repr(npbytes::Python::DEFAULT), repr);
                }
            }
            Err(error) => check_error(&error, text.len()),
        }
    }

    #[test]
    fn any_text_is_a_slice_or_refused(text in prop_oneof![any::<String>(), "[-0-9:., \\[\\]None]{0,16}"], array in array()) {
        match text.parse::<Slice>() {
            Ok(slice) => match array.view().slice(&slice) {
                Ok(part) => prop_assert_eq!(part.to_bytes(Order::F).unwrap().len(), part.nbytes()),
                Err(error) => check_error(&error, text.len()),
            },
            Err(error) => check_error(&error, text.len()),
        }
    }

    #[test]
    fn changed_texts_of_dtypes_are_read_or_refused(dtype in shown(), changes in changes()) {
        let text = changed(dtype.to_string().into_bytes(), &changes, 0);
        let text = String::from_utf8_lossy(&text);
        match DType::parse(&text) {
            Ok(dtype) => {
                prop_assert!(dtype.itemsize() <= 0x7fff_ffff);
                let _ = (dtype.alignment(), dtype.repr(), dtype.descr(NumPy::LATEST.into()));
            }
            Err(error) => check_error(&error, text.len()),
        }
        if let Err(error) = literal::parse(&text) {
            check_error(&error, text.len());
        }
    }

    #[test]
    fn changed_files_are_decoded_or_refused(array in array(), changes in changes(), major in 0..4_u8) {
        let version = (major > 0).then_some((major, 0));
        let options = WriteOptions::default().version(version);
        let Ok(file) = npy::encode(&array.view(), &options) else { return Ok(()) };
        // Anywhere; and in the text only, its length said right.
        check_npy(&changed(file.clone(), &changes, 0));
        let start = if file[6] == 1 { 10 } else { 12 };
        let prefix = file.len() - array.data().len();
        let text = changed(file[start..prefix].to_vec(), &changes, 0);
        let mut bytes = file[..8].to_vec();
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        bytes.extend(&len[..start - 8]);
        bytes.extend(text);
        bytes.extend_from_slice(&file[prefix..]);
        check_npy(&bytes);
    }

    #[test]
    fn any_raw_bytes_are_decoded_or_refused(
        dtype in prop_oneof![saved(), shown()],
        data in vec(any::<u8>(), 0..100),
        shape in proptest::option::of(vec(prop_oneof![4 => -1..6_i64, 1 => any::<i64>()], 0..4)),
        offset in prop_oneof![4 => 0..20_usize, 1 => any::<usize>()],
        count in proptest::option::of(prop_oneof![4 => 0..20_usize, 1 => any::<usize>()]),
        fortran in any::<bool>(),
    ) {
        let mut spec = Spec::new(dtype).offset(offset);
        if let Some(shape) = &shape {
            spec = spec.shape(shape);
        }
        if let Some(count) = count {
            spec = spec.count(count);
        }
        if fortran {
            spec = spec.order(AxisOrder::F);
        }
        let data = Bytes::from(data);
        match raw::decode(&data, &spec) {
            Ok(array) => {
                prop_assert!(array.data().len() <= data.len());
                if let Some(shape) = shape {
                    let fits = |(dim, &wanted): (&usize, &i64)| wanted == -1 || i64::try_from(*dim) == Ok(wanted);
                    prop_assert!(array.shape().iter().zip(&shape).all(fits));
                }
                prop_assert!(raw::view(&data, &spec).is_ok());
            }
            Err(error) => check_error(&error, data.len().max(offset)),
        }
    }
}
