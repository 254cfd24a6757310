//! Archives that lie: what is said of them, and that none of them makes a reader panic.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use npbytes::npz::{self, Archive, Compression, ReadOptions, WriteOptions};
use npbytes::{Error, ErrorKind};

use crate::zip::{self, Entry};
use crate::{bytes_array, contents, counting, encode, encode_with, options};

fn attack(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../attacks");
    std::fs::read(folder.join(format!("{name}.npz"))).unwrap()
}

/// The error of opening and reading all of an attack.
fn refused(name: &str) -> Error {
    crate::open(&attack(name)).and_then(|archive| archive.read_all().map(drop)).expect_err(name)
}

/// What the message says, for each kind of lie. The kind and the offset are checked in `tests/attacks.rs`.
#[test]
fn messages_say_what_is_wrong() {
    for (name, part) in [
        ("bomb-claim", "\"t\" cannot have 4294967294 bytes, deflated to"),
        ("bomb-overlap", "\"0.npy\" would overlap what follows it"),
        ("bomb-one-for-all", "\"a.npy\" would overlap what follows it"),
        ("size-stored-less", "stored, with 80 bytes, and is said to have 79"),
        (
            "size-stored-past-end",
            "\"a.npy\" would overlap what follows it: it ends at byte 1000000",
        ),
        ("size-deflated-less", "inflates to more than the 63 bytes that the directory says"),
        ("size-deflated-more", "expected 65 bytes, found 64"),
        ("size-cut", "the deflated data is damaged"),
        ("size-into-directory", "would overlap what follows it"),
        ("size-into-next", "would overlap what follows it"),
        ("zip64-size-2-64", "would overlap what follows it"),
        ("offset-past-end", "\"a.npy\" is not where the directory says"),
        ("offset-into-data", "\"a.npy\" is not where the directory says"),
        ("crc", "expected 00000001"),
        ("deflate-garbage", "the deflated data is damaged"),
        ("name-differs", "\"a.npy\" of the directory calls itself \"b.npy\""),
        ("name-not-utf-8", "the name b'\\xff.npy' is no UTF-8"),
        ("method-differs", "contradicts the directory on how it is stored"),
        ("method-93", "compressed by method 93, which this version does not read"),
        ("encrypted", "is encrypted"),
        ("encrypted-in-secret", "is encrypted"),
        ("count-more", "2 members"),
        ("directory-offset-more", "does not end at byte 166, where its end record is"),
        ("prefix", "does not end at byte 170, where its end record is"),
        ("zip64-count-2-62", "4611686018427387904, the limit `members` is 10000000"),
        ("truncated-behind-members", "it has no directory of its members"),
        ("npy-shape", "member \"a.npy\": not a shape"),
        ("npy-short", "member \"a.npy\": the input ends inside the array data"),
    ] {
        crate::assert_says(&refused(name), part);
    }
    for (name, part) in [
        ("truncated-behind-data", "the file may have been cut off"),
        ("encrypted", "decrypt the archive first"),
        ("crc", "the archive was damaged"),
        ("prefix", "4 bytes may stand before it"),
        ("zip64-count-2-62", "raise the limit `members`"),
    ] {
        let error = refused(name);
        assert!(error.help().unwrap_or_default().contains(part), "{name}: {error:?}");
    }
}

/// Where a member is at fault, the error names it; in the archive's own words.
#[test]
fn errors_name_the_member_at_fault() {
    for (name, member) in [
        ("crc", "a.npy"),
        ("crc-deflated", "t"),
        ("size-deflated-less", "t"),
        ("deflate-garbage", "t"),
        ("npy-short", "a.npy"),
    ] {
        assert_eq!(refused(name).member(), Some(member), "{name}");
    }
    // The others of an archive are read all the same.
    let mut wrong = Entry::stored(b"b.npy", b"wrong");
    wrong.crc ^= 1;
    let entries = [Entry::stored(b"a", b"good"), wrong, Entry::deflated(b"c", b"good")];
    let archive = crate::open(&zip::archive(&entries, b"")).unwrap();
    let read = |key: &str| archive.member(key).and_then(|member| member.bytes());
    assert_eq!(read("a").unwrap()[..], b"good"[..]);
    assert_eq!(read("c").unwrap()[..], b"good"[..]);
    let error = read("b").unwrap_err();
    let ErrorKind::Checksum { expected, found } = error.kind() else { panic!("{error:?}") };
    assert_eq!(expected ^ 1, *found);
    assert!(archive.read_all().is_err());
    let members: Vec<_> = archive.members().collect();
    assert_eq!(archive.read_many(&[members[0], members[2]]).unwrap().len(), 2);
}

/// A CRC that is not looked at: what is stored is as it is, what is deflated has the right size at least.
#[test]
fn unchecked_members_are_read_with_a_wrong_crc() {
    let unchecked = ReadOptions::default().check_crc(false);
    for (name, len) in
        [("crc", 80), ("crc-deflated", 64), ("crc-changed", 80), ("crc-of-nothing", 0)]
    {
        let archive = npz::decode(&attack(name).into(), &unchecked).unwrap();
        let member = archive.members().next().unwrap();
        assert_eq!(member.bytes().unwrap().len(), len);
        let mut streamed = Vec::new();
        member.reader().unwrap().read_to_end(&mut streamed).unwrap();
        assert_eq!(streamed.len(), len);
    }
}

/// The head of a member is read without the rest of it, whose CRC is another matter.
#[test]
fn headers_are_read_of_damaged_members() {
    let archive = crate::open(&attack("crc-changed")).unwrap();
    let header = archive.member("a").unwrap().header().unwrap().unwrap();
    assert_eq!(header.shape().dims(), [3]);
    assert!(archive.array("a").is_err());
}

/// Names that are paths of other files are names.
#[test]
fn names_are_only_names() {
    let array = counting("u1", &[1]);
    for name in [
        "../x",
        "/etc/passwd",
        "C:\\x",
        "..\\..\\x",
        "a/../../b",
        ".",
        "..",
        "/",
        "~",
        "\u{202e}x",
        "a\nb",
        "con",
    ] {
        let bytes = encode(&[(name, &array)]);
        let archive = crate::open(&bytes).unwrap();
        assert_eq!(archive.keys().collect::<Vec<_>>(), [name]);
        assert_eq!(archive.members().next().unwrap().name(), format!("{name}.npy"));
        archive.array(name).unwrap();
    }
    let longest = vec![b'n'; 65_535];
    let cp437 = vec![0x82; 65_535];
    for name in [&longest, &cp437] {
        let bytes = zip::archive(&[Entry::stored(name, b"x")], b"");
        let archive = crate::open(&bytes).unwrap();
        let key = archive.keys().next().unwrap().to_owned();
        assert_eq!(key.chars().count(), 65_535);
        assert_eq!(archive.member(&key).unwrap().bytes().unwrap()[..], b"x"[..]);
        // An error about it is short.
        let mut wrong = Entry::stored(name, b"x");
        wrong.method = 93;
        let archive = crate::open(&zip::archive(&[wrong], b"")).unwrap();
        let error = archive.read_all().unwrap_err();
        assert!(error.to_string().len() < 1000 && format!("{error:?}").len() < 400_000);
    }
}

/// All that a small archive can be asked, whatever it answers. Returns its members if all of them are read.
pub(crate) fn ask(bytes: &[u8], options: &ReadOptions) -> Option<Vec<(String, Vec<u8>)>> {
    let len = bytes.len() as u64;
    let check = |error: &Error| {
        let _ = (error.to_string(), format!("{error:?}"), error.help());
        if error.member().is_none() {
            assert!(error.offset().is_none_or(|at| at <= len), "{error:?} of {len} bytes");
        }
    };
    let archive = match npz::decode(&Bytes::copy_from_slice(bytes), options) {
        Ok(archive) => archive,
        Err(error) => {
            check(&error);
            return None;
        }
    };
    assert!(archive.trailing() <= len);
    let _ = (format!("{archive:?}"), archive.get("a"), archive.member("no such").is_err());
    let (mut all, mut whole) = (Vec::new(), true);
    for member in archive.members() {
        let _ = format!("{member:?}");
        for error in [member.header().err(), member.data_offset().err(), member.read().err()] {
            error.iter().for_each(check);
        }
        let mut streamed = Vec::new();
        let stream = member.reader().and_then(|mut reader| Ok(reader.read_to_end(&mut streamed)?));
        let read = member.bytes();
        // Two ways to read, one answer.
        assert_eq!(stream.is_ok(), read.is_ok(), "{stream:?} {read:?}");
        match read {
            Ok(read) => {
                assert!(streamed == read);
                all.push((member.name().to_owned(), read.to_vec()));
            }
            Err(error) => {
                check(&error);
                whole = false;
            }
        }
    }
    archive.read_all().err().iter().for_each(check);
    whole.then_some(all)
}

/// One archive of each kind, small.
fn small() -> Vec<(&'static str, Vec<u8>)> {
    let (a, b) = (counting("<i2", &[2]), counting("u1", &[40]));
    let members = [("a", &a), ("\u{e9}", &b)];
    let text = Entry::deflated(b"t", b"text text text text");
    vec![
        ("stored", encode(&members)),
        ("deflated", encode_with(&members, &options(Compression::NumPy))),
        ("streamed", encode_with(&members, &options(Compression::NumPy).streamed(true))),
        ("aligned", encode_with(&members, &WriteOptions::default().align(true))),
        ("by others", zip::archive(&[text, Entry::stored(b"e", b"")], b"comment")),
        ("empty", encode(&[])),
    ]
}

#[test]
fn every_truncation_is_refused() {
    for (what, bytes) in small() {
        let last = bytes.len();
        for len in 0..last {
            for options in [ReadOptions::default(), ReadOptions::default().check_crc(false)] {
                assert_eq!(ask(&bytes[..len], &options), None, "{what} cut at {len}");
            }
        }
    }
}

/// A file that is cut off is what its bytes are, in the same words.
#[cfg(feature = "fs")]
#[test]
fn files_are_read_as_their_bytes_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let options = ReadOptions::default();
    let all = |archive: npbytes::Result<Archive>| -> Result<_, String> {
        archive.and_then(|archive| contents(&archive)).map_err(|error| format!("{error:?}"))
    };
    for (what, bytes) in small() {
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x11;
            for state in [&bytes[..at], &flipped] {
                std::fs::write(&path, state).unwrap();
                let read = all(npz::read(&path, &options));
                assert_eq!(read, all(crate::open(state)), "{what}: {at}");
                // A map of its own file, which nobody writes to.
                if at % 16 == 0 {
                    let path = folder.path().join("mapped.npz");
                    std::fs::write(&path, state).unwrap();
                    assert_eq!(all(npz::map(&path, &options)), read, "{what}: {at}");
                    std::fs::remove_file(&path).unwrap();
                }
            }
        }
    }
}

/// A bit that has turned over is found, or does not matter: the contents are never others than they were. Names
/// and what else has no CRC may be.
#[test]
fn every_bit_flip_is_refused_or_harmless() {
    for (what, bytes) in small() {
        let expected: BTreeMap<String, Vec<u8>> =
            contents(&crate::open(&bytes).unwrap()).unwrap().into_iter().collect();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = ask(&flipped, &ReadOptions::default().check_crc(false));
            let Some(found) = ask(&flipped, &ReadOptions::default()) else { continue };
            let same = found.len() == expected.len()
                && found.iter().all(|(_, data)| expected.values().any(|known| known == data));
            assert!(same, "{what}: bit {} of byte {}: {found:?}", bit % 8, bit / 8);
        }
    }
}

/// Each byte as any other: no panic, and no other contents.
#[test]
fn every_changed_byte_is_refused_or_harmless() {
    for (what, bytes) in
        small().into_iter().filter(|(what, _)| ["by others", "empty"].contains(what))
    {
        let expected = contents(&crate::open(&bytes).unwrap()).unwrap();
        for at in 0..bytes.len() {
            for value in 0..=255 {
                let mut changed = bytes.clone();
                changed[at] = value;
                let Some(found) = ask(&changed, &ReadOptions::default()) else { continue };
                let data = |all: &[(String, Vec<u8>)]| -> Vec<_> {
                    all.iter().map(|(_, data)| data.clone()).collect()
                };
                assert_eq!(data(&found), data(&expected), "{what}: byte {at} is {value}");
            }
        }
    }
}

/// A directory entry for each of many members in one place: each byte of the archive is read once at most.
#[test]
fn members_that_share_bytes_are_refused() {
    let check = |archive: &Archive, most: u64| {
        let mut read = 0;
        for member in archive.members() {
            read += member.bytes().map_or(0, |_| member.compressed_size());
        }
        assert!(read <= most, "{read} bytes were read of {most}");
    };
    for name in ["bomb-overlap", "bomb-one-for-all"] {
        let bytes = attack(name);
        let archive = crate::open(&bytes).unwrap();
        assert!(archive.len() >= 40);
        check(&archive, bytes.len() as u64);
    }
    // Out of order is no overlap.
    let entries = [Entry::stored(b"a", b"first"), Entry::stored(b"b", b"second")];
    let bytes = zip::archive(&entries, b"");
    let directory = bytes.len() - 22 - 2 * 47;
    let mut swapped = bytes.clone();
    let (first, second) =
        (bytes[directory..directory + 47].to_vec(), bytes[directory + 47..directory + 94].to_vec());
    swapped[directory..directory + 47].copy_from_slice(&second);
    swapped[directory + 47..directory + 94].copy_from_slice(&first);
    let archive = crate::open(&swapped).unwrap();
    assert_eq!(archive.keys().collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(archive.read_all().unwrap().len(), 2);
}

/// Where another member is said to be far behind the end of the file, that is not how far this one may reach.
#[test]
fn members_do_not_reach_beyond_the_directory() {
    let mut first = Entry::deflated(b"a", b"contents");
    first.compressed = 100_000;
    let mut empty = first.clone();
    empty.uncompressed = 0;
    let last = Entry { offset: Some(1 << 20), ..Entry::stored(b"b", b"") };
    for first in [first, empty] {
        let bytes = zip::archive(&[first, last.clone()], b"");
        let archive = crate::open(&bytes).unwrap();
        let member = archive.member("a").unwrap();
        for error in [
            member.bytes().unwrap_err(),
            member.data_offset().unwrap_err(),
            member.reader().map(drop).unwrap_err(),
            member.header().map(drop).unwrap_err(),
        ] {
            crate::assert_says(&error, "would overlap what follows it");
        }
    }
}

/// Many archives in one file cost no more than the file is long.
#[test]
fn files_full_of_end_records_are_refused_at_once() {
    let head = encode(&[("a", &counting("u1", &[1]))]);
    let mut bytes = head[..100].to_vec();
    for i in 0..40_000_u32 {
        bytes.extend(zip::end(3, i, i * 7, b""));
    }
    let start = std::time::Instant::now();
    assert!(crate::open(&bytes).is_err());
    let whole = bytes_array(bytes);
    assert!(crate::open(&encode(&[("a", &whole)])).is_ok());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

/// End records that all share one directory of long names cost no more either.
#[test]
fn directories_are_not_read_again_and_again() {
    for count in [1_u16, 16] {
        let entry = Entry::stored(&[b'a'; 65_535], b"");
        let archive = zip::archive(&vec![entry; count.into()], b"");
        let size = usize::from(count) * (46 + 65_535);
        let start = archive.len() - 22 - size;
        let mut bytes = archive[..start + size].to_vec();
        bytes.push(0);
        for _ in 0..66_000 {
            let size = u32::try_from(bytes.len() - start).unwrap();
            bytes.extend(zip::end(count, size, u32::try_from(start).unwrap(), b""));
        }
        let begin = std::time::Instant::now();
        assert!(crate::open(&bytes).is_err());
        assert!(begin.elapsed().as_secs() < 20, "{:?}", begin.elapsed());
    }
}

/// After the read that finds a wrong CRC, the contents do not end as if they were whole.
#[test]
fn a_stream_that_failed_stays_failed() {
    for entry in [Entry::stored(b"x", b"text"), Entry::deflated(b"x", b"text")] {
        let wrong = Entry { crc: entry.crc ^ 1, ..entry };
        let archive = crate::open(&zip::archive(&[wrong], b"")).unwrap();
        let mut reader = archive.member("x").unwrap().reader().unwrap();
        let mut buffer = [0; 16];
        for _ in 0..3 {
            assert!(std::io::Read::read(&mut reader, &mut buffer).is_err());
        }
    }
}

/// A folder is no archive, nor is an empty file.
#[cfg(feature = "fs")]
#[test]
fn what_is_no_archive_is_refused_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let npy = npbytes::npy::encode(&counting("u1", &[1]).view(), &Default::default()).unwrap();
    let options = ReadOptions::default();
    for (bytes, help) in [
        (&b""[..], None),
        (b"text", None),
        (&npy, Some("a .npy file")),
        (b"\x80\x04]", Some("a pickle")),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let edit = npz::EditOptions::default();
        for (way, error) in [
            ("decode", crate::open(bytes).unwrap_err()),
            ("read", npz::read(&path, &options).unwrap_err()),
            ("map", npz::map(&path, &options).unwrap_err()),
            ("edit", npz::Editor::open(&path, &edit).unwrap_err()),
            ("compact", npz::compact(&path, &edit).unwrap_err()),
        ] {
            assert!(matches!(error.kind(), ErrorKind::Magic { .. }), "{way}: {error:?}");
            crate::assert_says(&error, "expected a .npz archive");
            assert_eq!(error.offset(), Some(0));
            match help {
                Some(help) => assert!(error.help().unwrap().contains(help), "{way}: {error:?}"),
                None => assert_eq!(error.help(), None),
            }
        }
        assert!(std::fs::read(&path).unwrap() == bytes);
    }
    for error in [
        npz::map(folder.path(), &options).unwrap_err(),
        npz::Editor::open(folder.path(), &Default::default()).unwrap_err(),
        npz::read(folder.path().join("missing"), &options).unwrap_err(),
        npz::compact(folder.path().join("missing"), &Default::default()).unwrap_err(),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
        assert!(error.to_string().contains(folder.path().to_str().unwrap()), "{error}");
    }
}
