//! What a crash leaves of an edit: the archive that was there, or the new one.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use npbytes::npz::{self, Compression, EditOptions, Editor, ReadOptions, WriteOptions};
use npbytes::{Array, ErrorKind};

use crate::zip::{self, Entry};
use crate::{bytes_array, contents, counting, encode, encode_with, options};

type Contents = Vec<(String, Vec<u8>)>;

/// An edit, and what the archive held before and after it.
struct Edit {
    what: String,
    old: Vec<u8>,
    new: Vec<u8>,
    before: Contents,
    after: Contents,
}

impl Edit {
    fn new(what: &str, old: Vec<u8>, edit: impl FnOnce(&mut Editor)) -> Self {
        Self::with(what, old, &WriteOptions::default(), edit)
    }

    fn with(
        what: &str,
        old: Vec<u8>,
        write: &WriteOptions,
        edit: impl FnOnce(&mut Editor),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        fs::write(&path, &old).unwrap();
        let mut editor = Editor::open(&path, &EditOptions::default().write(*write)).unwrap();
        edit(&mut editor);
        editor.commit().unwrap();
        let new = fs::read(&path).unwrap();
        assert!(new.starts_with(&old) && new.len() > old.len(), "{what}");
        let read = |bytes: &[u8]| contents(&crate::open(bytes).unwrap()).unwrap();
        Self { what: what.into(), before: read(&old), after: read(&new), old, new }
    }

    /// Checks a state that the file may be in.
    fn check(&self, state: &[u8], how: &str) -> Option<String> {
        let wrong = |message: String| Some(format!("{}: {how}: {message}", self.what));
        let archive = match crate::open(state) {
            Ok(archive) => archive,
            Err(error) => return wrong(format!("{error:?}")),
        };
        match contents(&archive) {
            Ok(found) if state == self.new => {
                (found != self.after).then(|| format!("{}: {how}: not the new one", self.what))
            }
            Ok(found) if found == self.before => {
                let trailing = (state.len() - self.old.len()) as u64;
                (archive.trailing() != trailing)
                    .then(|| format!("{}: {how}: {} behind", self.what, archive.trailing()))
            }
            // The new one, whole: what is missing of the file is no part of it.
            Ok(found) if found == self.after => None,
            Ok(found) => {
                let names: Vec<_> = found.iter().map(|(name, _)| name).collect();
                wrong(format!("neither the old nor the new content: {names:?}"))
            }
            Err(error) => wrong(format!("{error:?}")),
        }
    }
}

#[track_caller]
fn report(wrong: Vec<String>) {
    let shown: Vec<_> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} states are wrong: {shown:#?}", wrong.len());
}

fn small() -> Vec<u8> {
    encode(&[("a", &counting("<i4", &[3])), ("b", &counting("u1", &[5]))])
}

/// Whole archives, as the bytes of an array: their end records are none of the archive's.
fn nested(depth: usize) -> Array {
    let mut bytes = encode(&[]);
    for _ in 0..depth {
        bytes = encode(&[("a", &counting("<i4", &[3])), ("inner", &bytes_array(bytes))]);
    }
    bytes_array(bytes)
}

/// End records that say what would fit, one behind the other.
fn end_records(count: usize, old: &[u8]) -> Array {
    let at = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().unwrap());
    let end = &old[old.len() - 22..];
    let mut bytes = Vec::new();
    for i in 0..count {
        bytes.extend(match i % 4 {
            0 => zip::end(0, 0, 0, b""),
            1 => zip::end(2, at(&end[12..16]), at(&end[16..20]), b""),
            2 => end.to_vec(),
            _ => zip::end(0, 0, u32::try_from(old.len()).unwrap(), b"comment"),
        });
        bytes.extend(b"bytes between");
    }
    bytes_array(bytes)
}

fn edits() -> Vec<Edit> {
    let array = counting(">f8", &[2, 3]);
    let other = counting("<i2", &[7]);
    let mut edits = vec![
        Edit::new("append", small(), |editor| editor.append("c", &array.view()).unwrap()),
        Edit::new("append to nothing", encode(&[]), |editor| {
            editor.append("c", &array.view()).unwrap();
        }),
        Edit::new("replace", small(), |editor| editor.replace("a", &array.view()).unwrap()),
        Edit::new("remove", small(), |editor| editor.remove("a").unwrap()),
        Edit::new("remove all", small(), |editor| {
            editor.remove("a").unwrap();
            editor.remove("b").unwrap();
        }),
        Edit::new("all at once", small(), |editor| {
            editor.append("c", &array.view()).unwrap();
            editor.replace("b", &other.view()).unwrap();
            editor.remove("a").unwrap();
            editor.append_all(&[("d", other.view()), ("e", array.view())]).unwrap();
        }),
    ];
    for compression in [Compression::NumPy, Compression::Fast] {
        edits.push(Edit::with("deflated", small(), &options(compression), |editor| {
            editor.append_all(&[("c", array.view()), ("d", other.view())]).unwrap();
        }));
    }
    let aligned = WriteOptions::default().align(true);
    edits.push(Edit::with(
        "aligned",
        encode_with(&[("a", &other)], &aligned),
        &aligned,
        |editor| {
            editor.append_all(&[("c", array.view()), ("d", other.view())]).unwrap();
        },
    ));
    let commented = zip::archive(&[Entry::stored(b"t.txt", b"hello")], b"a comment");
    edits.push(Edit::new("with a comment", commented, |editor| {
        editor.append("c", &array.view()).unwrap();
    }));
    let first = edits[0].new.clone();
    edits.push(Edit::new("twice", first, |editor| editor.remove("c").unwrap()));
    edits
}

/// Every length that the file may have had.
#[test]
fn every_truncation_is_the_old_archive() {
    let mut wrong = Vec::new();
    for edit in edits() {
        for len in edit.old.len()..=edit.new.len() {
            wrong.extend(edit.check(&edit.new[..len], &format!("cut at {len}")));
        }
    }
    report(wrong);
}

/// A file that grew before its bytes were there: zeros, or what was on the disk before, from each byte on.
#[test]
fn bytes_that_are_not_there_yet_leave_the_old_archive() {
    let mut wrong = Vec::new();
    for edit in edits() {
        for len in edit.old.len()..edit.new.len() {
            let mut state = edit.new.clone();
            state[len..].fill(0);
            wrong.extend(edit.check(&state, &format!("zeros from {len}")));
            state[len..].fill(0xa5);
            wrong.extend(edit.check(&state, &format!("others from {len}")));
        }
    }
    report(wrong);
}

/// The disk takes sectors of the new directory in any order: with the last one there and another not, it is
/// the old archive. The members were forced to disk before it.
#[test]
fn a_directory_that_is_there_in_part_leaves_the_old_archive() {
    const SECTOR: usize = 512;
    let mut wrong = Vec::new();
    let array = counting("u1", &[1]);
    let names: Vec<String> = (0..60).map(|i| format!("a name of some length {i}")).collect();
    let old: Vec<(&str, &Array)> = names.iter().map(|name| (name.as_str(), &array)).collect();
    let edits = [
        Edit::new("append", encode(&old), |editor| editor.append("c", &array.view()).unwrap()),
        Edit::new("remove", encode(&old), |editor| editor.remove(&names[7]).unwrap()),
    ];
    for edit in edits {
        let end = edit.new.len() - 22;
        let at = u32::from_le_bytes(edit.new[end + 16..end + 20].try_into().unwrap());
        let start = usize::try_from(at).unwrap();
        for sector in start / SECTOR..=edit.new.len() / SECTOR {
            let range = (sector * SECTOR).max(start)..((sector + 1) * SECTOR).min(edit.new.len());
            for byte in [0, 0xa5] {
                let mut state = edit.new.clone();
                state[range.clone()].fill(byte);
                wrong.extend(edit.check(&state, &format!("sector {sector} of {byte:#x}")));
            }
        }
    }
    report(wrong);
}

/// Archives and end records as the bytes of a new array are never taken for the archive's own, nor do they hide
/// it.
#[test]
fn archives_in_an_array_are_not_the_archive() {
    let old = small();
    let mut wrong = Vec::new();
    for (what, array) in [
        ("an empty archive", nested(0)),
        ("an archive", nested(1)),
        ("archives in archives", nested(5)),
        ("the archive itself", bytes_array(old.clone())),
        ("a few end records", end_records(8, &old)),
        ("many archives in archives", nested(20)),
        ("many end records", end_records(100, &old)),
    ] {
        let edit =
            Edit::new(what, old.clone(), |editor| editor.append("c", &array.view()).unwrap());
        let before = wrong.len();
        for len in edit.old.len()..=edit.new.len() {
            wrong.extend(edit.check(&edit.new[..len], &format!("cut at {len}")));
            if wrong.len() > before + 3 {
                break;
            }
        }
    }
    report(wrong);
}

/// What is removed is not found, though it is there.
#[test]
fn a_removed_member_stays_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, small()).unwrap();
    let mut editor = Editor::open(&path, &EditOptions::default()).unwrap();
    editor.remove("a").unwrap();
    editor.commit().unwrap();
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((archive.keys().collect::<Vec<_>>(), archive.trailing()), (vec!["b"], 0));
}

/// More behind the old archive than where NumPy looks for it.
#[test]
fn large_edits_leave_the_old_archive() {
    let old = small();
    let array = counting("<f4", &[100_000]);
    let edit = Edit::new("large", old, |editor| editor.append("c", &array.view()).unwrap());
    let mut lens: Vec<usize> = (edit.old.len()..edit.new.len()).step_by(9973).collect();
    for around in [0x1_0000, 0x1_0016, 0x4_0000, edit.new.len() - edit.old.len()] {
        lens.extend((edit.old.len() + around).saturating_sub(60)..=edit.old.len() + around);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let mut wrong = Vec::new();
    for len in lens.into_iter().filter(|&len| len <= edit.new.len()) {
        let state = &edit.new[..len];
        wrong.extend(edit.check(state, &format!("cut at {len}")));
        if len % 7 == 0 {
            fs::write(&path, state).unwrap();
            let archive = npz::read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(contents(&archive).unwrap().len(), if state == edit.new { 3 } else { 2 });
            let archive = npz::map(&path, &ReadOptions::default()).unwrap();
            assert_eq!(
                archive.trailing(),
                if state == edit.new { 0 } else { (len - edit.old.len()) as u64 }
            );
            drop(archive);
            fs::remove_file(&path).unwrap();
        }
    }
    report(wrong);
}

/// After a crash, the next edit asks before it cuts off what is behind the archive; then it is as if the first
/// one had never been.
#[test]
fn an_edit_after_a_crash_asks_first() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let array = counting("<i2", &[4]);
    for edit in edits() {
        for len in (edit.old.len() + 1..edit.new.len()).step_by(7) {
            let state = &edit.new[..len];
            fs::write(&path, state).unwrap();
            let error = Editor::open(&path, &EditOptions::default()).unwrap_err();
            let behind = len - edit.old.len();
            assert!(matches!(error.kind(), ErrorKind::Archive(_)), "{error:?}");
            crate::assert_says(&error, &format!("{behind} bytes follow it"));
            assert_eq!(error.offset(), Some(edit.old.len() as u64), "{}", edit.what);
            assert!(error.help().unwrap().contains("discard"), "{error:?}");
            assert_eq!(fs::read(&path).unwrap(), state);
            let discard = EditOptions::default().discard_trailing(true);
            let mut editor = Editor::open(&path, &discard).unwrap();
            editor.append("after", &array.view()).unwrap();
            editor.commit().unwrap();
            let bytes = fs::read(&path).unwrap();
            assert!(bytes.starts_with(&edit.old), "{}", edit.what);
            let mut expected = edit.before.clone();
            let alone = crate::open(&encode(&[("after", &array)])).unwrap();
            expected.extend(contents(&alone).unwrap());
            assert_eq!(contents(&crate::open(&bytes).unwrap()).unwrap(), expected);
        }
    }
}

/// The process is gone before the commit.
#[test]
fn a_process_that_dies_leaves_the_archive() {
    let folder = tempfile::tempdir().unwrap();
    for compression in crate::COMPRESSIONS {
        for count in 0..4 {
            // Each a file of its own: the locks of the others last as long as this process.
            let path = folder.path().join(format!("{compression:?}-{count}.npz"));
            fs::write(&path, small()).unwrap();
            let options = EditOptions::default().write(options(compression));
            let mut editor = Editor::open(&path, &options).unwrap();
            for i in 0..count {
                let noise: Vec<u8> =
                    (0..90_000_u32).map(|i| (i.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
                editor.replace(["a", "c", "d"][i], &bytes_array(noise).view()).unwrap();
            }
            // As if the process were killed: nothing is flushed, nothing is cleaned up.
            std::mem::forget(editor);
            assert_old(&path);
        }
    }
}

fn assert_old(path: &Path) {
    let bytes = fs::read(path).unwrap();
    assert!(bytes.starts_with(&small()));
    let archive = npz::decode(&Bytes::from(bytes), &ReadOptions::default()).unwrap();
    assert_eq!(contents(&archive).unwrap(), contents(&crate::open(&small()).unwrap()).unwrap());
}
