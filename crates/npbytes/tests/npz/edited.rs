//! Archives changed in place: members added, replaced and removed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use npbytes::npz::{self, Compression, EditOptions, Editor, ReadOptions, WriteOptions};
use npbytes::{Array, ErrorKind, NumPy, Profile, Python};

use crate::zip::{self, Entry};
use crate::{assert_same, contents, counting, encode, encode_with, options};

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn editor(path: &Path) -> Editor {
    Editor::open(path, &EditOptions::default()).unwrap()
}

fn keys(path: &Path) -> Vec<String> {
    let archive = npz::read(path, &ReadOptions::default()).unwrap();
    assert_eq!(archive.trailing(), 0);
    archive.read_all().unwrap();
    archive.keys().map(Into::into).collect()
}

fn three() -> Vec<u8> {
    encode(&[
        ("a", &counting("<i4", &[3])),
        ("b", &counting("u1", &[2, 2])),
        ("c", &counting("f8", &[])),
    ])
}

/// The new members and the new directory are those of np.savez, at their place: an archive of one more, but for
/// the old directory in its middle.
#[test]
fn an_append_writes_what_numpy_would() {
    let (old, new) = (counting("<i4", &[3]), counting(">f8", &[2, 5]));
    for python in [Python::new(3, 10, 13), Python::DEFAULT] {
        for compression in [Compression::None, Compression::NumPy] {
            let profile = Profile { numpy: NumPy::LATEST, python };
            let write = options(compression).profile(profile);
            let before = encode_with(&[("a", &old)], &write);
            let whole = encode_with(&[("a", &old), ("b", &new)], &write);
            let (_folder, path) = file(&before);
            let mut editor = Editor::open(&path, &EditOptions::default().write(write)).unwrap();
            editor.append("b", &new.view()).unwrap();
            assert_eq!(editor.names().collect::<Vec<_>>(), ["a.npy", "b.npy"]);
            editor.commit().unwrap();
            let after = fs::read(&path).unwrap();
            let member = before.len() - 22 - (46 + 5);
            let len = |bytes: &[u8]| bytes.len();
            assert!(after.starts_with(&before));
            let added = len(&after) - len(&before) - (22 + 2 * (46 + 5));
            assert_eq!(after[len(&before)..][..added], whole[member..][..added]);
            // The directory but for where the new member and the directory are.
            let (mut found, mut expected) =
                (after[len(&before) + added..].to_vec(), whole[member + added..].to_vec());
            assert_eq!(len(&found), len(&expected));
            for directory in [&mut found, &mut expected] {
                directory[51 + 42..51 + 46].fill(0);
                let end = directory.len() - 22;
                directory[end + 16..end + 20].fill(0);
            }
            assert_eq!(found, expected);
            // And without the old directory it is np.savez's to the byte.
            let (from, to) = npz::compact(&path, &EditOptions::default().write(write)).unwrap();
            assert_eq!((from, to), (len(&after) as u64, len(&whole) as u64));
            assert!(fs::read(&path).unwrap() == whole);
        }
    }
}

#[test]
fn members_are_replaced_and_removed() {
    let (_folder, path) = file(&three());
    let other = counting("<u2", &[4]);
    let mut edit = editor(&path);
    edit.replace("b", &other.view()).unwrap();
    edit.remove("a").unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["c", "b"]);
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_same(&archive.array("b").unwrap(), &other);
    assert_same(&archive.array("c").unwrap(), &counting("f8", &[]));
    // What was added in one edit can be changed in it again.
    let mut edit = editor(&path);
    edit.append("d", &other.view()).unwrap();
    edit.append("e", &other.view()).unwrap();
    edit.remove("d").unwrap();
    edit.replace("e", &counting("u1", &[1]).view()).unwrap();
    edit.append("d", &counting("u1", &[2]).view()).unwrap();
    assert_eq!(edit.names().collect::<Vec<_>>(), ["c.npy", "b.npy", "e.npy", "d.npy"]);
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["c", "b", "e", "d"]);
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_same(&archive.array("e").unwrap(), &counting("u1", &[1]));
    assert_same(&archive.array("d").unwrap(), &counting("u1", &[2]));
    // One that is not there is added by `replace`, and cannot be removed.
    let mut edit = editor(&path);
    edit.replace("new", &other.view()).unwrap();
    let error = edit.remove("x").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Member { .. }), "{error:?}");
    assert!(error.help().unwrap().contains("new"), "{error:?}");
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["c", "b", "e", "d", "new"]);
}

/// Several at once: those that are there go, the others are new; in the order given, at the end.
#[test]
fn several_members_are_replaced_at_once() {
    let (_folder, path) = file(&three());
    let (one, two) = (counting("u1", &[1]), counting("<u2", &[2]));
    let objects = counting("O", &[1]);
    let mut edit = editor(&path);
    edit.append("d", &one.view()).unwrap();
    edit.replace_all(&[("d", two.view()), ("a", one.view()), ("new", two.view())]).unwrap();
    assert_eq!(edit.names().collect::<Vec<_>>(), ["b.npy", "c.npy", "d.npy", "a.npy", "new.npy"]);
    let twice = [("b", one.view()), ("b", two.view())];
    let error = edit.replace_all(&twice).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
    // Nothing of what fails is lost: what is before it is replaced, what is behind it stays.
    let fails = [("b", two.view()), ("d", objects.view()), ("c", two.view())];
    assert_eq!(edit.replace_all(&fails).unwrap_err().member(), Some("d.npy"));
    let names = ["c.npy", "d.npy", "a.npy", "new.npy", "b.npy"];
    assert_eq!(edit.names().collect::<Vec<_>>(), names);
    edit.replace_all::<&str>(&[]).unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["c", "d", "a", "new", "b"]);
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    let arrays = [counting("f8", &[]), two.clone(), one, two.clone(), two];
    for (member, array) in archive.members().zip(&arrays) {
        assert_same(&member.array().unwrap(), array);
    }
}

/// A large array goes to the file as it is read, and its record is written when it is known; one that is not
/// kept leaves nothing.
#[test]
fn large_members_are_written_as_by_numpy() {
    let large = counting("<i4", &[700_000]);
    for compression in [Compression::None, Compression::NumPy] {
        for align in [false, true] {
            let write = options(compression).align(align);
            let (_folder, path) = file(&three());
            let edit = EditOptions::default().write(write);
            let mut editor = Editor::open(&path, &edit).unwrap();
            editor.append("small", &counting("u1", &[5]).view()).unwrap();
            editor.append("large", &large.view()).unwrap();
            editor.append("last", &counting("u1", &[6]).view()).unwrap();
            editor.commit().unwrap();
            let archive = npz::read(&path, &ReadOptions::default()).unwrap();
            assert_same(&archive.array("large").unwrap(), &large);
            assert_eq!(archive.read_all().unwrap().len(), 6);
            let offset = archive.member("large").unwrap().data_offset().unwrap();
            assert!(!align || compression != Compression::None || offset % 64 == 0);
            // Its local header says what the directory does.
            let bytes = fs::read(&path).unwrap();
            let member = archive.member("large").unwrap();
            let name = usize::try_from(offset).unwrap();
            let head = bytes[..name].windows(4).rposition(|four| four == b"PK\x03\x04").unwrap();
            assert_eq!(bytes[head + 14..head + 18], member.crc32().to_le_bytes());
            let sizes = head + 30 + "large.npy".len() + 4;
            assert_eq!(bytes[sizes..sizes + 8], member.uncompressed_size().to_le_bytes());
            assert_eq!(bytes[sizes + 8..sizes + 16], member.compressed_size().to_le_bytes());
        }
    }
}

/// A key removes what NumPy finds under it, and all else of the same name.
#[test]
fn removing_follows_the_rules_of_lookup() {
    let contents = |text: &str| text.as_bytes().to_vec();
    let entries = [
        Entry::stored(b"dup", &contents("plain")),
        Entry::stored(b"dup.npy", &contents("first")),
        Entry::stored(b"x.npy", &contents("x")),
        Entry::stored(b"dup.npy", &contents("second")),
    ];
    let bytes = zip::archive(&entries, b"");
    let names = |edit: &Editor| edit.names().map(Into::into).collect::<Vec<String>>();
    let (_folder, path) = file(&bytes);
    let mut edit = editor(&path);
    edit.remove("dup").unwrap();
    assert_eq!(names(&edit), ["dup.npy", "x.npy", "dup.npy"]);
    edit.remove("dup").unwrap();
    assert_eq!(names(&edit), ["x.npy"]);
    edit.remove("x.npy").unwrap();
    assert!(names(&edit).is_empty());
    assert!(edit.remove("x").is_err());
    edit.commit().unwrap();
    assert!(keys(&path).is_empty());
    // An archive of nothing is one still, and takes new members.
    let mut edit = editor(&path);
    edit.append("y", &counting("u1", &[1]).view()).unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["y"]);
}

/// A name that is there is refused, and nothing else is hurt by it.
#[test]
fn names_that_are_there_are_refused() {
    let (_folder, path) = file(&three());
    let array = counting("u1", &[1]);
    let mut edit = editor(&path);
    let error = edit.append("a", &array.view()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
    crate::assert_says(&error, "there is a member \"a.npy\" already");
    let twice = [("n", array.view()), ("n", array.view())];
    crate::assert_says(&edit.append_all(&twice).unwrap_err(), "given twice");
    let some = [("m", array.view()), ("c", array.view())];
    crate::assert_says(&edit.append_all(&some).unwrap_err(), "already");
    assert!(edit.append(&"x".repeat(65_532), &array.view()).is_err());
    // What was refused can be tried again.
    edit.append_all(&[("n", array.view()), ("m", array.view())]).unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["a", "b", "c", "n", "m"]);
}

/// A NUL ends a name in the archive, as NumPy has it: what is removed under the short name is free again.
#[test]
fn names_with_a_nul_are_those_they_become() {
    let (_folder, path) = file(&three());
    let (one, two) = (counting("u1", &[1]), counting("u1", &[2]));
    let mut edit = editor(&path);
    edit.append("n\0long", &one.view()).unwrap();
    assert_eq!(edit.names().last(), Some("n"));
    // The same member, though under another name.
    crate::assert_says(&edit.append("n\0other", &one.view()).unwrap_err(), "already");
    edit.replace("n\0other", &two.view()).unwrap();
    edit.remove("n").unwrap();
    edit.append("n\0long", &two.view()).unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["a", "b", "c", "n"]);
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_same(&archive.array("n").unwrap(), &two);
}

/// An array that cannot be written leaves all as it was, the one that it was to replace too.
#[test]
fn arrays_that_cannot_be_written_change_nothing() {
    let (_folder, path) = file(&three());
    let objects = counting("O", &[1]);
    let array = counting("u1", &[1]);
    let mut edit = editor(&path);
    assert!(edit.append("d", &objects.view()).is_err());
    assert!(edit.replace("a", &objects.view()).is_err());
    assert_eq!(edit.names().collect::<Vec<_>>(), ["a.npy", "b.npy", "c.npy"]);
    edit.append("d", &array.view()).unwrap();
    edit.commit().unwrap();
    assert_eq!(keys(&path), ["a", "b", "c", "d"]);
    // Of several, those before it may be there: then they are named, and committed.
    for compression in crate::COMPRESSIONS {
        let (_folder, path) = file(&three());
        let options = EditOptions::default().write(options(compression));
        let mut edit = Editor::open(&path, &options).unwrap();
        let members = [("d", array.view()), ("e", objects.view()), ("f", array.view())];
        let error = edit.append_all(&members).unwrap_err();
        assert_eq!(error.member(), Some("e.npy"));
        let names: Vec<String> = edit.names().map(Into::into).collect();
        edit.commit().unwrap();
        let found: Vec<String> = keys(&path).iter().map(|key| format!("{key}.npy")).collect();
        assert_eq!(found, names);
    }
}

#[test]
fn an_editor_that_is_dropped_changes_nothing() {
    let old = three();
    let array = counting("<f4", &[50_000]);
    let edits: [&dyn Fn(&mut Editor); 5] = [
        &|_| (),
        &|edit| edit.append("d", &counting("u1", &[1]).view()).unwrap(),
        &|edit| edit.append("d", &array.view()).unwrap(),
        &|edit| edit.remove("a").unwrap(),
        &|edit| {
            edit.replace("a", &array.view()).unwrap();
            edit.append("e", &array.view()).unwrap();
        },
    ];
    for edit in edits {
        let (folder, path) = file(&old);
        let mut dropped = editor(&path);
        edit(&mut dropped);
        drop(dropped);
        assert!(fs::read(&path).unwrap() == old);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
    // A commit of nothing neither.
    let (_folder, path) = file(&old);
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    editor(&path).commit().unwrap();
    assert!(fs::read(&path).unwrap() == old);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
}

/// Archives by other tools: comments, data descriptors, times, extra fields, members that are no arrays. What is
/// kept is kept as it is.
#[test]
fn archives_by_others_are_edited() {
    let mut dated = Entry::stored(b"t.txt", b"hello");
    dated.extra = b"\x55\x54\x05\0\x03abcd".to_vec();
    let piped = {
        let array = counting("<i4", &[9]);
        encode_with(&[("a", &array)], &options(Compression::NumPy).streamed(true))
    };
    let by_numpy = crate::open(&piped).unwrap();
    let member = by_numpy.member("a").unwrap();
    let entries = [dated, Entry::deflated(b"caf\x82.npy", &member.bytes().unwrap())];
    let commented = zip::archive(&entries, b"a comment");
    for (bytes, comment) in [(commented, &b"a comment"[..]), (piped, b"")] {
        let (_folder, path) = file(&bytes);
        let old = contents(&crate::open(&bytes).unwrap()).unwrap();
        let mut edit = editor(&path);
        edit.append("new", &counting("u1", &[1]).view()).unwrap();
        edit.commit().unwrap();
        let after = fs::read(&path).unwrap();
        assert!(after.starts_with(&bytes));
        assert!(after.ends_with(comment));
        let found = contents(&crate::open(&after).unwrap()).unwrap();
        assert_eq!(found[..old.len()], old);
        assert_eq!(found.last().unwrap().0, "new.npy");
        // Their records are copied as they are, extra fields and all.
        let directory = |bytes: &[u8]| {
            let end = bytes.len() - 22 - comment.len();
            let at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let (size, start) = (at(end + 12), at(end + 16));
            let start = usize::try_from(start).unwrap();
            bytes[start..start + usize::try_from(size).unwrap()].to_vec()
        };
        assert!(directory(&after).starts_with(&directory(&bytes)));
        // A key in other letters than the archive's is the same member.
        if !comment.is_empty() {
            let mut edit = editor(&path);
            edit.remove("caf\u{e9}").unwrap();
            edit.commit().unwrap();
            assert_eq!(keys(&path), ["t.txt", "new"]);
            assert!(fs::read(&path).unwrap().ends_with(comment));
        }
    }
}

/// Bytes behind an archive are an error, unless they may go; and then they do.
#[test]
fn trailing_bytes_are_discarded_when_asked() {
    let old = three();
    let state = [&old[..], b"trailing"].concat();
    let (_folder, path) = file(&state);
    let error = Editor::open(&path, &EditOptions::default()).unwrap_err();
    assert_eq!(error.offset(), Some(old.len() as u64));
    assert!(fs::read(&path).unwrap() == state);
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((archive.trailing(), archive.len()), (8, 3));
    drop(Editor::open(&path, &EditOptions::default().discard_trailing(true)).unwrap());
    assert!(fs::read(&path).unwrap() == old);
}

/// Many edits of one file, each the archive it should be: beside a plain map of what is in it.
#[test]
fn long_histories_stay_true() {
    let (_folder, path) = file(&encode(&[]));
    let mut expected: BTreeMap<String, Array> = BTreeMap::new();
    let mut state = 7_u64;
    let mut below = |end: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    for round in 0..60_usize {
        let write = WriteOptions::default()
            .compression(crate::COMPRESSIONS[round % 3])
            .align(round % 2 == 0);
        let options = EditOptions::default().write(write);
        let mut edit = Editor::open(&path, &options).unwrap();
        for _ in 0..below(4) {
            let name = format!("m{}", below(8));
            let array = counting("<i2", &[usize::try_from(below(40)).unwrap(), 3]);
            match below(3) {
                0 if expected.contains_key(&name) => {
                    edit.remove(&name).unwrap();
                    expected.remove(&name);
                }
                1 if !expected.contains_key(&name) => {
                    edit.append(&name, &array.view()).unwrap();
                    expected.insert(name, array);
                }
                2 => {
                    edit.replace(&name, &array.view()).unwrap();
                    expected.insert(name, array);
                }
                _ => {}
            }
        }
        edit.commit().unwrap();
        if round % 20 == 19 {
            let (before, after) = npz::compact(&path, &options).unwrap();
            assert!(after < before);
        }
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        let mut found: Vec<&str> = archive.keys().collect();
        found.sort_unstable();
        assert!(found.iter().copied().eq(expected.keys().map(String::as_str)), "{round}");
        for (name, array) in &expected {
            assert_same(&archive.array(name).unwrap(), array);
        }
    }
}

/// A member without `.npy` is what NumPy finds first: an array of that name would never be found beside it.
#[test]
fn members_are_replaced_under_the_names_numpy_finds_them_by() {
    let npy = |array: &Array| npbytes::npy::encode(&array.view(), &Default::default()).unwrap();
    let (old, new) = (counting("<i4", &[3]), counting("f8", &[2]));
    let bytes = zip::archive(&[Entry::stored(b"x", &npy(&old)), Entry::stored(b"y", b"text")], b"");
    let (_folder, path) = file(&bytes);
    let mut edit = editor(&path);
    let error = edit.append("x", &new.view()).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
    edit.replace("x", &new.view()).unwrap();
    assert_eq!(edit.names().collect::<Vec<_>>(), ["y", "x.npy"]);
    edit.commit().unwrap();
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_same(&archive.array("x").unwrap(), &new);
}

/// Each edit takes the time of its own array, however many members there are.
#[test]
fn edits_of_many_members_take_time_in_proportion() {
    let one = counting("u1", &[1]);
    let (_folder, path) = file(&encode(&[("first", &one)]));
    let start = std::time::Instant::now();
    let mut edit = editor(&path);
    for i in 0..20_000 {
        edit.append(&i.to_string(), &one.view()).unwrap();
    }
    for i in (0..20_000).step_by(2) {
        edit.replace(&i.to_string(), &one.view()).unwrap();
    }
    for i in (1..20_000).step_by(2) {
        edit.remove(&i.to_string()).unwrap();
    }
    edit.commit().unwrap();
    assert_eq!(keys(&path).len(), 10_001);
    // In a square of the number it would be minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

/// Members are copied as they are, whatever they are compressed by that can be checked.
#[test]
fn members_of_other_archives_are_copied_as_they_lie() {
    let array = counting("<i4", &[300]);
    let from = encode_with(&[("a", &array)], &options(Compression::NumPy));
    let other =
        zip::archive(&[Entry::stored(b"notes.txt", b"text"), Entry::deflated(b"z", &[7; 99])], b"");
    let (from, other) = (crate::open(&from).unwrap(), crate::open(&other).unwrap());
    let mut writer = npz::Writer::streamed(Vec::new(), &WriteOptions::default());
    writer.add("b", &array.view()).unwrap();
    writer.copy("renamed.npy", &from.member("a").unwrap()).unwrap();
    for member in other.members() {
        writer.copy(member.name(), &member).unwrap();
    }
    let twice = writer.copy("b.npy", &from.member("a").unwrap()).unwrap_err();
    assert!(matches!(twice.kind(), ErrorKind::MemberName(_)), "{twice:?}");
    let copied = crate::open(&writer.finish().unwrap()).unwrap();
    assert_eq!(copied.keys().collect::<Vec<_>>(), ["b", "renamed", "notes.txt", "z"]);
    assert_same(&copied.array("renamed").unwrap(), &array);
    let sizes = |archive: &npz::Archive, key: &str| archive.member(key).unwrap().compressed_size();
    assert_eq!(sizes(&copied, "renamed"), sizes(&from, "a"));
    assert_eq!(contents(&copied).unwrap()[2..], contents(&other).unwrap()[..]);
}
