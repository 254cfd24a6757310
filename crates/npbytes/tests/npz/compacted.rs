//! Archives rewritten without what is not needed any more.

use std::fs;

use npbytes::ErrorKind;
use npbytes::npz::{self, Compression, EditOptions, Editor, ReadOptions, WriteOptions};

use crate::table::{Table, hex};
use crate::zip::{self, Entry};
use crate::{COMPRESSIONS, contents, counting, encode, encode_with, options};

fn compacted(bytes: &[u8], options: &EditOptions) -> npbytes::Result<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, bytes).unwrap();
    let result = npz::compact(&path, options);
    let after = fs::read(&path).unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    match result {
        Ok((from, to)) => {
            assert_eq!((from, to), (bytes.len() as u64, after.len() as u64));
            Ok(after)
        }
        Err(error) => {
            assert!(after == bytes, "{error:?}");
            Err(error)
        }
    }
}

/// An archive of NumPy stays as it is, in whatever style it is asked for it becomes that.
#[test]
fn archives_of_numpy_become_what_numpy_writes() {
    let (a, b) = (counting("<i4", &[3]), counting("u1", &[300]));
    let members = [("a", &a), ("\u{e9}/b", &b), ("", &a)];
    for compression in COMPRESSIONS {
        let styles = [
            options(compression),
            options(compression).streamed(true),
            options(compression).align(true),
            options(compression).profile(npbytes::Profile {
                python: npbytes::Python::new(3, 8, 0),
                ..Default::default()
            }),
        ];
        for from in &styles {
            for to in &styles {
                let edit = EditOptions::default().write(*to);
                let found = compacted(&encode_with(&members, from), &edit).unwrap();
                // A file is never that of a pipe.
                assert!(found == encode_with(&members, &to.streamed(false)), "{from:?} {to:?}");
            }
        }
    }
}

/// Archives of the oldest NumPy become what a new one would have written.
#[test]
fn old_archives_become_new_ones() {
    let old = Table::new("old", include_str!("../data/npz/python-2-2.7.18-1.16.6.tsv"));
    for row in old.rows {
        let bytes = hex(row[2]);
        let archive = crate::open(&bytes).unwrap();
        let arrays: Vec<_> = archive
            .members()
            .map(|member| (member.key().to_owned(), member.array().unwrap()))
            .collect();
        let members: Vec<_> = arrays.iter().map(|(name, array)| (name.as_str(), array)).collect();
        let found = compacted(&bytes, &EditOptions::default()).unwrap();
        let again = crate::open(&found).unwrap();
        assert_eq!(contents(&again).unwrap(), contents(&archive).unwrap());
        // Their headers have no room to grow, as NumPy before 1.24 wrote them.
        let numpy = npbytes::NumPy::new(1, 16, 6);
        let compression = if row[1] == "1" { Compression::NumPy } else { Compression::None };
        assert!(found == encode_with(&members, &options(compression).profile(numpy.into())));
    }
}

/// What edits have left goes; the members stay in their order, deflated as they are.
#[test]
fn what_edits_left_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let (a, b) = (counting("<i4", &[3]), counting("u1", &[300]));
    fs::write(&path, encode(&[("a", &a), ("b", &b)])).unwrap();
    for round in 0..5 {
        let write = options(COMPRESSIONS[round % 3]);
        let mut editor = Editor::open(&path, &EditOptions::default().write(write)).unwrap();
        editor.replace("a", &a.view()).unwrap();
        editor.append(&format!("c{round}"), &b.view()).unwrap();
        editor.commit().unwrap();
    }
    let before = contents(&npz::read(&path, &ReadOptions::default()).unwrap()).unwrap();
    let bytes = fs::read(&path).unwrap();
    // Bytes behind it go too, if they may.
    let trailing = [&bytes[..], b"trailing"].concat();
    let error = compacted(&trailing, &EditOptions::default()).unwrap_err();
    crate::assert_says(&error, "8 bytes follow it");
    let discard = EditOptions::default().discard_trailing(true);
    let after = compacted(&trailing, &discard).unwrap();
    assert_eq!(contents(&crate::open(&after).unwrap()).unwrap(), before);
    assert!(after.len() + 1500 < bytes.len());
    assert!(compacted(&after, &EditOptions::default()).unwrap() == after);
}

/// Archives by others: what is in them stays, also what is no array, is there twice, or has a wrong CRC.
#[test]
fn archives_by_others_keep_their_members() {
    let mut wrong = Entry::stored(b"wrong", b"contents");
    wrong.crc ^= 1;
    let entries = [
        Entry::deflated(b"t.txt", b"hello hello hello"),
        Entry::stored(b"folder/", b""),
        Entry::stored(b"t.txt", b"twice"),
        Entry::stored(b"caf\x82", b"code page 437"),
        Entry::stored(b"nul\0cut", b"cut"),
        wrong,
    ];
    let bytes = zip::archive(&entries, b"a comment");
    let after = compacted(&bytes, &EditOptions::default()).unwrap();
    let unchecked = ReadOptions::default().check_crc(false);
    let read =
        |bytes: &[u8]| contents(&npz::decode(&bytes.to_vec().into(), &unchecked).unwrap()).unwrap();
    assert_eq!(read(&after), read(&bytes));
    assert!(crate::open(&after).unwrap().read_all().is_err());
}

/// A name that is longer in UTF-8 than a record can say is refused, not cut.
#[test]
fn names_that_become_too_long_are_refused() {
    // Two bytes of UTF-8 each.
    for (len, fits) in [(32_767, true), (32_768, false), (65_535, false)] {
        let bytes = zip::archive(&[Entry::stored(&vec![0x82; len], b"x")], b"");
        match compacted(&bytes, &EditOptions::default()) {
            Ok(after) => {
                assert!(fits, "{len}");
                let archive = crate::open(&after).unwrap();
                assert_eq!(archive.keys().next().unwrap().chars().count(), len);
                archive.read_all().unwrap();
            }
            Err(error) => {
                assert!(!fits, "{len}: {error:?}");
                assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
            }
        }
    }
}

/// Members that cannot be found, or are in a way that is not known, leave the archive as it is.
#[test]
fn what_cannot_be_copied_is_refused() {
    let good = Entry::stored(b"a", b"good");
    let zstd = Entry { method: 93, ..Entry::stored(b"b", b"zstd") };
    let encrypted = Entry { flags: 1, ..Entry::stored(b"b", b"encrypted") };
    let elsewhere = Entry { offset: Some(3), ..Entry::stored(b"b", b"elsewhere") };
    for entry in [zstd, encrypted, elsewhere] {
        let bytes = zip::archive(&[good.clone(), entry], b"");
        compacted(&bytes, &EditOptions::default()).unwrap_err();
    }
}

/// Permissions stay.
#[cfg(unix)]
#[test]
fn permissions_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, encode(&[("a", &counting("u1", &[1]))])).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    npz::compact(&path, &EditOptions::default()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let array = counting("u1", &[2]);
    npz::write(&path, &[("a", array.view())], &WriteOptions::default()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}
