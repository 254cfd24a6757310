//! Each limit: below it, at it, and one above.

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, Item, ReadOptions};
use npbytes::{Error, ErrorKind, Limits};

use crate::zip::{self, Entry};
use crate::{COMPRESSIONS, counting, encode, encode_with, options};

fn open(bytes: &[u8], limits: Limits) -> npbytes::Result<Archive> {
    npz::decode(&Bytes::copy_from_slice(bytes), &ReadOptions::default().limits(limits))
}

#[track_caller]
fn assert_limit(error: &Error, name: &str, limit: u64, needed: u64) {
    let ErrorKind::Limit { name: found, limit: at, needed: asked } = error.kind() else {
        panic!("{error:?}")
    };
    assert_eq!((*found, *at, *asked), (name, limit, needed));
    let help = error.help().unwrap();
    assert!(help.contains(&format!("raise the limit `{name}` to at least {needed}")), "{help}");
}

#[test]
fn members_are_counted() {
    let array = counting("u1", &[1]);
    for count in [0, 1, 5, 300] {
        let names: Vec<String> = (0..count).map(|i| i.to_string()).collect();
        let members: Vec<_> = names.iter().map(|name| (name.as_str(), &array)).collect();
        let bytes = encode(&members);
        let count = count as u64;
        for most in [count, count + 1] {
            assert_eq!(open(&bytes, Limits::DEFAULT.members(most)).unwrap().len() as u64, count);
        }
        if let Some(most) = count.checked_sub(1) {
            let error = open(&bytes, Limits::DEFAULT.members(most)).unwrap_err();
            assert_limit(&error, "members", most, count);
            assert_eq!(error.offset(), Some(bytes.len() as u64 - 22));
        }
    }
}

/// What deflated members become is counted in all, whichever of them is read; stored ones are not.
#[test]
fn inflated_bytes_are_counted() {
    let (a, b) = (counting("u1", &[1000]), counting("<f8", &[50]));
    // Two .npy files of 128 bytes of header each.
    let needed = 128 + 1000 + 128 + 400;
    for compression in COMPRESSIONS {
        let bytes = encode_with(&[("a", &a), ("b", &b)], &options(compression));
        for most in [0, needed - 1, needed, needed + 1] {
            let archive = open(&bytes, Limits::DEFAULT.inflate_bytes(most)).unwrap();
            let ways: [(&str, &dyn Fn() -> npbytes::Result<()>); 5] = [
                ("array", &|| archive.array("a").map(drop)),
                ("bytes", &|| archive.member("b")?.bytes().map(drop)),
                ("read", &|| archive.member("b")?.read().map(drop)),
                ("read_all", &|| archive.read_all().map(drop)),
                ("reader", &|| archive.member("a")?.reader().map(drop)),
            ];
            // Of which a header takes a little only.
            assert!(archive.member("a").unwrap().header().unwrap().is_some());
            for (way, read) in ways {
                match read() {
                    Ok(()) => assert!(compression == Compression::None || most >= needed, "{way}"),
                    Err(error) => {
                        assert!(compression != Compression::None && most < needed, "{way}");
                        assert_limit(&error, "inflate_bytes", most, needed);
                    }
                }
            }
        }
    }
}

/// What is copied is counted, array by array; what is shared or streamed is not.
#[test]
fn arrays_are_counted_where_they_are_copied() {
    let array = counting("u1", &[1000]);
    let size = 1128;
    for compression in COMPRESSIONS {
        let bytes = encode_with(&[("a", &array), ("b", &array)], &options(compression));
        let stored = compression == Compression::None;
        for most in [0, size - 1, size, size + 1] {
            let limits = Limits::DEFAULT.array_bytes(most);
            let memory = open(&bytes, limits).unwrap();
            let archives = vec![(memory, stored || most >= size)];
            #[cfg(feature = "fs")]
            let archives = {
                let (mut archives, folder) = (archives, tempfile::tempdir().unwrap());
                let path = folder.path().join("a.npz");
                std::fs::write(&path, &bytes).unwrap();
                let options = ReadOptions::default().limits(limits);
                archives.push((npz::map(&path, &options).unwrap(), stored || most >= size));
                archives.push((npz::read(&path, &options).unwrap(), most >= size));
                archives
            };
            for (archive, fits) in archives {
                let member = archive.member("b").unwrap();
                for result in [
                    member.bytes().map(drop),
                    member.array().map(drop),
                    archive.read_all().map(drop),
                ] {
                    match result {
                        Ok(()) => assert!(fits, "{compression:?} {most}"),
                        Err(error) => {
                            assert!(!fits, "{compression:?} {most}");
                            assert_limit(&error, "array_bytes", most, size);
                        }
                    }
                }
                let read = std::io::copy(&mut member.reader().unwrap(), &mut std::io::sink());
                assert_eq!(read.unwrap(), size);
                assert!(member.header().unwrap().is_some());
            }
        }
    }
}

/// An archive of deflated members of these sizes, before and after. None of them is what it says.
fn claims(sizes: &[(u32, u32)]) -> Vec<u8> {
    let entries: Vec<Entry> = sizes
        .iter()
        .enumerate()
        .map(|(i, &(compressed, uncompressed))| {
            let data = vec![0; usize::try_from(compressed).unwrap()];
            let entry = Entry::stored(i.to_string().as_bytes(), &data);
            Entry { method: 8, compressed, uncompressed, ..entry }
        })
        .collect();
    zip::archive(&entries, b"")
}

/// Sizes of members, before and after; the limit; and the ratio that is needed, if it is refused.
type Ratio = (&'static [(u32, u32)], u64, Result<(), u64>);

/// The ratio counts beyond 1 GiB in all.
#[test]
fn ratios_are_bounded_beyond_one_gib() {
    const GIB: u32 = 1 << 30;
    let cases: [Ratio; 9] = [
        // Up to 1 GiB any ratio goes that deflate can have.
        (&[(GIB / 1032 + 1, GIB)], 200, Ok(())),
        (&[(GIB / 1032 + 1, GIB)], 0, Ok(())),
        // 5,368,710 * 200 is just enough for 1 GiB and a byte.
        (&[(5_368_710, GIB + 1)], 200, Ok(())),
        (&[(5_368_709, GIB + 1)], 200, Err(201)),
        (&[(5_368_709, GIB + 1)], 201, Ok(())),
        (&[(5_368_710, GIB + 1)], 199, Err(200)),
        // In all: small members count with the others.
        (&[(3_000_000, GIB), (2_368_710, 1)], 200, Ok(())),
        (&[(3_000_000, GIB), (2_368_709, 1)], 200, Err(201)),
        (&[(1_050_000, GIB), (1_050_000, GIB)], 1032, Ok(())),
    ];
    for (sizes, limit, expected) in cases {
        let bytes = claims(sizes);
        let archive = open(&bytes, Limits::DEFAULT.inflate_ratio(limit)).unwrap();
        for member in archive.members() {
            match (member.reader(), expected) {
                (Ok(_), Ok(())) => {}
                (Err(error), Err(needed)) => {
                    assert_limit(&error, "inflate_ratio", limit, needed);
                    assert_limit(&member.bytes().unwrap_err(), "inflate_ratio", limit, needed);
                    assert_limit(&archive.read_all().unwrap_err(), "inflate_ratio", limit, needed);
                }
                (found, expected) => {
                    panic!("{sizes:?} {limit}: {:?}, expected {expected:?}", found.map(drop));
                }
            }
        }
    }
}

/// Bytes that a member only claims to have count for nothing.
#[test]
fn a_lie_of_another_member_does_not_raise_the_ratio() {
    const GIB: u32 = 1 << 30;
    let lie = Entry { method: 8, compressed: u32::MAX - 1, ..Entry::stored(b"lie", b"") };
    let data = vec![0; 2_000_000];
    let entry = Entry { method: 8, uncompressed: GIB + 1, ..Entry::stored(b"bomb", &data) };
    for entries in [[entry.clone(), lie.clone()], [lie, entry]] {
        let archive = open(&zip::archive(&entries, b""), Limits::DEFAULT).unwrap();
        let error = archive.member("bomb").unwrap().bytes().unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { name: "inflate_ratio", .. }), "{error}");
    }
}

/// A ratio that deflate cannot have is refused, and the greatest that it can have is read.
#[test]
fn the_greatest_ratio_is_read() {
    let zeros = crate::bytes_array(vec![0; 20 << 20]);
    for compression in [Compression::NumPy, Compression::Fast] {
        let bytes = encode_with(&[("a", &zeros)], &options(compression));
        let archive = crate::open(&bytes).unwrap();
        let member = archive.member("a").unwrap();
        assert!(member.uncompressed_size() / member.compressed_size() > 100);
        assert_eq!(archive.array("a").unwrap().len(), 20 << 20);
    }
    let mut best = Entry::deflated(b"a", &vec![0; 20 << 20]);
    assert!(best.uncompressed / best.compressed >= 1020);
    let read = |entry: &Entry| {
        crate::open(&zip::archive(std::slice::from_ref(entry), b"")).unwrap().read_all()
    };
    assert!(matches!(&read(&best).unwrap()[0], Item::Bytes(bytes) if bytes.len() == 20 << 20));
    best.uncompressed = best.compressed * 1032 + 1;
    crate::assert_says(&read(&best).unwrap_err(), "cannot have");
    best.uncompressed = best.compressed * 1032;
    assert!(matches!(read(&best).unwrap_err().kind(), ErrorKind::Truncated { .. }));
}

/// The limits of .npy files hold for members.
#[test]
fn limits_of_headers_hold_in_archives() {
    let wide = counting(&format!("[('{}', 'u1')]", "n".repeat(9_000)), &[1]);
    for compression in COMPRESSIONS {
        let bytes = encode_with(&[("a", &wide)], &options(compression));
        let len = npbytes::npy::encode(&wide.view(), &Default::default()).unwrap().len() - 1 - 10;
        for (most, fits) in [(len - 1, false), (len, true), (len + 1, true)] {
            let archive = open(&bytes, Limits::DEFAULT.header_bytes(most as u64)).unwrap();
            let results = [
                archive.array("a").map(drop),
                archive.member("a").unwrap().header().map(drop),
                archive.read_all().map(drop),
            ];
            for result in results {
                assert_eq!(result.is_ok(), fits);
                if let Err(error) = result {
                    assert_limit(&error, "header_bytes", most as u64, len as u64);
                    assert_eq!((error.member(), error.offset()), (Some("a.npy"), Some(8)));
                }
            }
        }
    }
    let deep = open(
        &encode(&[("a", &counting("[('x', [('y', 'u1')])]", &[1]))]),
        Limits::DEFAULT.depth(2),
    )
    .unwrap();
    assert!(matches!(deep.array("a").unwrap_err().kind(), ErrorKind::Limit { name: "depth", .. }));
}
