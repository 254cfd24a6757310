//! Random sets of members, written in every way and read back; and random changes to archives.

use bytes::Bytes;
use npbytes::npz::{self, Compression, ReadOptions, WriteOptions};
use npbytes::{Array, Order, Profile, Python};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::hostile::ask;
use crate::{COMPRESSIONS, array_of, encode_with};

#[allow(dead_code, reason = "more of it is for other tests")]
#[path = "../properties/strategies.rs"]
mod strategies;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z]{0,6}",
        2 => "[a-z]{0,3}(\\.npy){0,2}(/|\\\\|\\.\\.)?[a-z\u{e9}]{0,3}",
        1 => any::<String>(),
        1 => "\\PC{0,100}",
    ]
}

fn members() -> impl Strategy<Value = Vec<(String, Array)>> {
    vec((name(), strategies::array()), 0..6).prop_map(|mut members| {
        let mut seen = std::collections::HashSet::new();
        members.retain(|(name, _)| seen.insert(name.clone()));
        members
    })
}

fn write_options() -> impl Strategy<Value = WriteOptions> {
    let python = select(vec![Python::DEFAULT, Python::new(3, 10, 0)]);
    (select(COMPRESSIONS.to_vec()), any::<bool>(), any::<bool>(), python).prop_map(
        |(compression, streamed, align, python)| {
            WriteOptions::default()
                .compression(compression)
                .streamed(streamed)
                .align(align)
                .profile(Profile { python, ..Profile::default() })
        },
    )
}

/// Bytes that make a difference to an archive.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 1..5),
        select(vec![
            b"PK\x01\x02".to_vec(),
            b"PK\x03\x04".to_vec(),
            b"PK\x05\x06".to_vec(),
            b"PK\x06\x06".to_vec(),
            b"PK\x06\x07".to_vec(),
            b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            b"\x01\0\x10\0".to_vec(),
            vec![0xff; 4],
            vec![0xff; 8],
            vec![0; 8],
            b"\x93NUMPY".to_vec(),
            b".npy".to_vec(),
        ]),
    ]
}

#[derive(Clone, Debug)]
enum Change {
    Write(Index, Vec<u8>),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Double(Index, usize),
    Cut(Index),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        6 => (any::<Index>(), piece()).prop_map(|(at, bytes)| Change::Write(at, bytes)),
        2 => (any::<Index>(), piece()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        2 => (any::<Index>(), 1..50_usize).prop_map(|(at, len)| Change::Remove(at, len)),
        1 => (any::<Index>(), 1..200_usize).prop_map(|(at, len)| Change::Double(at, len)),
        1 => any::<Index>().prop_map(Change::Cut),
    ];
    vec(change, 1..5)
}

fn changed(mut bytes: Vec<u8>, changes: &[Change], near_end: bool) -> Vec<u8> {
    for change in changes {
        let len = bytes.len();
        // The directory is at the end, and most is decided there.
        let first = if near_end { len.saturating_sub(200) } else { 0 };
        let at = |index: &Index| first + index.index(len - first + 1);
        match change {
            Change::Write(index, piece) => {
                let at = at(index);
                let end = (at + piece.len()).min(len);
                bytes[at..end].copy_from_slice(&piece[..end - at]);
            }
            Change::Insert(index, piece) => {
                let at = at(index);
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            Change::Remove(index, count) => {
                let at = at(index);
                drop(bytes.drain(at..(at + count).min(len)));
            }
            Change::Double(index, count) => {
                let at = at(index);
                let piece = bytes[at..(at + count).min(len)].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            Change::Cut(index) => bytes.truncate(at(index)),
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn archives_read_back(members in members(), options in write_options()) {
        let views: Vec<_> = members.iter().map(|(name, array)| (name, array.view())).collect();
        let bytes = npz::encode(&views, &options).unwrap();
        let mut streamed = Vec::new();
        npz::encode_to(&mut streamed, &views, &options).unwrap();
        prop_assert!(streamed == bytes);
        // As they came, and written again in another way, and back.
        let archive = npz::decode(&bytes.clone().into(), &ReadOptions::default()).unwrap();
        prop_assert_eq!(archive.len(), members.len());
        prop_assert_eq!(archive.trailing(), 0);
        let items = archive.read_all().unwrap();
        for ((member, item), (name, array)) in archive.members().zip(&items).zip(&members) {
            let cut = format!("{name}.npy");
            let cut = cut.split('\0').next().unwrap();
            prop_assert_eq!(member.name(), cut);
            prop_assert_eq!(member.key(), cut.strip_suffix(".npy").unwrap_or(cut));
            let read = array_of(item);
            prop_assert_eq!(read.dtype(), array.dtype());
            prop_assert_eq!(read.shape(), array.shape());
            prop_assert!(read.to_bytes(Order::C).unwrap() == array.to_bytes(Order::C).unwrap());
            let header = member.header().unwrap().unwrap();
            prop_assert_eq!((header.dtype(), header.shape()), (array.dtype(), array.shape()));
            let offset = member.data_offset().unwrap();
            let aligned = options.align && options.compression == Compression::None;
            prop_assert!(!aligned || offset % 64 == 0);
        }
        let read = members.iter().zip(&items);
        let again: Vec<_> = read.map(|((name, _), item)| (name, array_of(item).view())).collect();
        prop_assert!(npz::encode(&again, &options).unwrap() == bytes);
        // Bytes behind it change nothing.
        let trailing = [&bytes[..], &[7; 30]].concat();
        let archive = npz::decode(&trailing.into(), &ReadOptions::default()).unwrap();
        prop_assert_eq!((archive.len(), archive.trailing()), (members.len(), 30));
    }

    #[test]
    fn changed_archives_are_read_or_refused(
        members in members(),
        options in write_options(),
        changes in changes(),
        near_end in any::<bool>(),
        check in any::<bool>(),
    ) {
        let members: Vec<_> = members.iter().map(|(name, array)| (name.as_str(), array)).collect();
        let bytes = changed(encode_with(&members, &options), &changes, near_end);
        let _ = ask(&bytes, &ReadOptions::default().check_crc(check));
    }

    #[test]
    fn any_bytes_are_an_archive_or_refused(
        start in select(vec![&b"PK\x03\x04"[..], b"PK\x05\x06", b""]),
        bytes in vec(piece(), 0..30),
    ) {
        let _ = ask(&[start, &bytes.concat()].concat(), &ReadOptions::default());
    }

    /// Members of whole archives and end records do not change what is found.
    #[test]
    fn arrays_of_archives_are_arrays(pieces in vec(piece(), 0..20), options in write_options(), times in 1..4_u8) {
        let mut bytes = pieces.concat();
        for _ in 0..times {
            bytes = encode_with(&[("inner", &crate::bytes_array(bytes))], &options);
        }
        for _ in 0..times {
            let archive = npz::decode(&Bytes::from(bytes), &ReadOptions::default()).unwrap();
            prop_assert_eq!(archive.keys().collect::<Vec<_>>(), ["inner"]);
            bytes = archive.array("inner").unwrap().data().to_vec();
        }
        prop_assert!(bytes == pieces.concat());
    }
}
