//! Rows added in place, and what a crash leaves.

use std::fs;
use std::path::Path;

use npbytes::npy::{self, AppendOptions, Appender, ReadOptions, WriteOptions};
use npbytes::{Array, ByteOrder, ErrorKind, NumPy, Order, Shape};

use crate::{assert_same, counting, decode, dtype, encode, names};

fn open(path: &Path) -> npbytes::Result<Appender> {
    Appender::open(path, &AppendOptions::default())
}

/// The rows of an array as one array more, in C order along the first axis or in Fortran order along the
/// last.
fn split(array: &Array, rows: usize) -> (Array, Array) {
    let fortran = array.view().is_fortran();
    let order = if fortran { Order::F } else { Order::C };
    let part = |range: String| {
        let slice = if fortran { format!("..., {range}") } else { range };
        let view = array.view();
        let part = view.slice(&slice.parse().unwrap()).unwrap();
        part.to_array(order, ByteOrder::NotApplicable).unwrap()
    };
    (part(format!(":{rows}")), part(format!("{rows}:")))
}

fn arrays() -> Vec<Array> {
    let mut out = Vec::new();
    for (text, shape) in [
        ("<i4", &[5][..]),
        (">u2", &[4, 3]),
        ("S3", &[12]),
        ("u1", &[120, 2]),
        ("<f8", &[3, 2, 2]),
        ("[('x', 'u1'), ('', 'V3'), ('y', '>f4')]", &[11]),
        ("[('\u{e9}', 'u1')]", &[3]),
        ("[('\u{3bb}', 'u1')]", &[3]),
        ("S0", &[5]),
        ("<i4", &[3, 0]),
    ] {
        let array = counting(text, shape);
        out.push(array.converted(Order::F, ByteOrder::NotApplicable).unwrap());
        out.push(array);
    }
    out
}

/// Each split of each array: the file becomes the one that np.save writes of the whole.
#[test]
fn appended_files_are_those_of_np_save() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for array in arrays() {
        let axis = if array.view().is_fortran() { array.ndim() - 1 } else { 0 };
        let rows = array.shape()[axis];
        for first in 0..=rows.min(12) {
            let (old, new) = split(&array, first);
            fs::write(&path, encode(&old)).unwrap();
            // A part that is contiguous both ways was saved in C order.
            if old.view().is_fortran() != array.view().is_fortran() {
                continue;
            }
            let mut appender = open(&path).unwrap();
            assert_eq!(appender.header().shape(), old.shape());
            appender.write_rows(&new.view()).unwrap();
            assert_eq!(appender.commit().unwrap(), *array.shape(), "{array:?} {first}");
            assert_eq!(fs::read(&path).unwrap(), encode(&array), "{array:?} {first}");
        }
    }
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// One by one, and several at a time; rows of any layout.
#[test]
fn rows_are_added_in_any_steps() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let array = counting("<u2", &[40, 3]);
    let (old, new) = split(&array, 3);
    for step in [1, 2, 7, 37] {
        fs::write(&path, encode(&old)).unwrap();
        let mut appender = open(&path).unwrap();
        let fortran = new.converted(Order::F, ByteOrder::NotApplicable).unwrap();
        for start in (0..37).step_by(step) {
            let slice = format!("{start}:{}", start + step).parse().unwrap();
            appender.write_rows(&fortran.view().slice(&slice).unwrap()).unwrap();
        }
        assert_eq!(appender.commit().unwrap().dims(), [40, 3]);
        assert_eq!(fs::read(&path).unwrap(), encode(&array));
    }
    // No rows at all.
    open(&path).unwrap().commit().unwrap();
    let mut appender = open(&path).unwrap();
    appender.write_rows(&counting("<u2", &[0, 3]).view()).unwrap();
    assert_eq!(appender.commit().unwrap().dims(), [40, 3]);
    assert_eq!(fs::read(&path).unwrap(), encode(&array));
}

/// Every state that a crash before the commit leaves: the file loads as before, and appending goes on
/// once what is behind the array is discarded.
#[test]
fn a_crash_while_rows_are_written_leaves_the_array() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for array in [counting("<u2", &[11, 3]), counting("[('x', 'u1'), ('y', '>f4')]", &[12])] {
        let (old, new) = split(&array, 9);
        let before = encode(&old);
        let added = new.data();
        for written in 0..=added.len() {
            let state = [&before[..], &added[..written]].concat();
            fs::write(&path, &state).unwrap();
            assert_same(&npy::read(&path, &ReadOptions::default()).unwrap(), &old);
            assert_same(&npy::map(&path, &ReadOptions::default()).unwrap(), &old);
            if written > 0 {
                let error = open(&path).unwrap_err();
                assert_eq!(error.offset(), Some(before.len() as u64));
                assert!(error.help().unwrap().contains("discard"), "{error:?}");
                assert_eq!(fs::read(&path).unwrap(), state);
            }
            let discard = AppendOptions::default().discard_trailing(true);
            let mut appender = Appender::open(&path, &discard).unwrap();
            appender.write_rows(&new.view()).unwrap();
            appender.commit().unwrap();
            assert_eq!(fs::read(&path).unwrap(), encode(&array));
        }
    }
}

/// The process is gone before the commit: what it did up to then is on disk, and no more than that. Rows
/// larger than any buffer, so that some of them are.
#[test]
fn a_process_that_dies_leaves_the_array() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (counting("u1", &[10]), counting("u1", &[50_000]));
    for chunks in 0..4 {
        // Each a file of its own: the locks of the others last as long as this process.
        let path = folder.path().join(format!("{chunks}.npy"));
        fs::write(&path, encode(&old)).unwrap();
        let mut appender = open(&path).unwrap();
        for _ in 0..chunks {
            appender.write_rows(&new.view()).unwrap();
        }
        // As if the process were killed: nothing is flushed, nothing is cleaned up.
        std::mem::forget(appender);
        let state = fs::read(&path).unwrap();
        assert!(state.starts_with(&encode(&old)), "the header is not touched before the commit");
        assert!(chunks < 3 || state.len() > encode(&old).len());
        assert_same(&decode(&state), &old);
    }
}

/// What the commit changes of the file that was there lies in one sector of the disk, which is written
/// whole or not at all; or the file is replaced.
#[cfg(unix)]
#[test]
fn the_header_is_changed_in_one_sector_or_not_in_place() {
    use std::os::unix::fs::MetadataExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let (mut in_place, mut replaced) = (0, 0);
    for letters in 300..560 {
        let text = format!("[('{}', 'u1')]", "n".repeat(letters));
        let (old, new) = (counting(&text, &[9]), counting(&text, &[991]));
        let before = encode(&old);
        fs::write(&path, &before).unwrap();
        let inode = fs::metadata(&path).unwrap().ino();
        let mut appender = open(&path).unwrap();
        appender.write_rows(&new.view()).unwrap();
        assert_eq!(appender.commit().unwrap().dims(), [1000]);
        let after = fs::read(&path).unwrap();
        let array = decode(&after);
        assert_eq!(array.data()[..9], old.data()[..]);
        assert_eq!(array.data()[9..], new.data()[..]);
        if fs::metadata(&path).unwrap().ino() == inode {
            in_place += 1;
            let prefix = before.len() - 9;
            let changed: Vec<usize> = (0..prefix).filter(|&i| before[i] != after[i]).collect();
            assert_eq!(changed[0] / 512, changed[changed.len() - 1] / 512, "{letters}");
            // A sector that is torn at any byte is not meant to load; one that is old or new is.
            assert_same(&decode(&[&before[..prefix], &after[prefix..]].concat()), &old);
        } else {
            replaced += 1;
        }
    }
    assert!(in_place > 200 && replaced > 0, "{in_place} {replaced}");
}

/// Files of NumPy before 1.24 have no room for more digits where the header ends right before a multiple of
/// 64: they are rewritten with a longer one.
#[test]
fn a_header_without_room_is_rewritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old_numpy = WriteOptions::numpy(NumPy::new(1, 23, 5));
    let mut grown = 0;
    for letters in 1..70 {
        let text = format!("[('{}', 'u1')]", "n".repeat(letters));
        let (old, new) = (counting(&text, &[9]), counting(&text, &[99_991]));
        npy::write(&path, &old.view(), &old_numpy).unwrap();
        let (header, _) = npy::read_header(&path, &ReadOptions::default()).unwrap();
        let mut appender = open(&path).unwrap();
        appender.write_rows(&new.view()).unwrap();
        appender.commit().unwrap();
        let (after, _) = npy::read_header(&path, &ReadOptions::default()).unwrap();
        assert_eq!(after.shape().dims(), [100_000]);
        assert_eq!(after.data_offset() % 64, 0);
        grown += usize::from(after.data_offset() > header.data_offset());
        let array = npy::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(array.data()[..9], old.data()[..]);
        assert_eq!(array.data()[9..], new.data()[..]);
        assert_eq!(names(folder.path()), ["array.npy"]);
    }
    assert!((1..10).contains(&grown), "{grown}");
}

/// Headers that NumPy reads and never writes so.
#[test]
fn unusual_headers_are_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let texts = [
        "{'shape': (3L,), 'fortran_order': False, 'descr': '|u1'}\n",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': 'u1', 'fortran_order': False, 'shape': (0x3,), } # comment\n",
        "{'descr': [('\\u03bb', '|u1')], 'fortran_order': False, 'shape': (3,), }\n",
        "{'descr': [('\\u03bb', '|u1')], 'fortran_order': False, 'shape': (3,), }                  \n",
        "{\"descr\": [(\"x\", \"|u1\")], \"fortran_order\": False, \"shape\": (3,), 'shape': (3,)}",
        "{'descr': '|u1', 'fortran_order': True, 'shape': (3,), }\n",
    ];
    for text in texts {
        for major in [1, 2] {
            let mut file = b"\x93NUMPY".to_vec();
            file.extend([major, 0]);
            match major {
                1 => file.extend(u16::try_from(text.len()).unwrap().to_le_bytes()),
                _ => file.extend(u32::try_from(text.len()).unwrap().to_le_bytes()),
            }
            file.extend(text.as_bytes());
            file.extend([1, 2, 3]);
            fs::write(&path, &file).unwrap();
            let old = decode(&file);
            for added in [1_usize, 97, 100_000] {
                let (header, _) = npy::read_header(&path, &ReadOptions::default()).unwrap();
                let rows = header.shape()[0];
                let mut appender = open(&path).unwrap();
                let new = Array::new(
                    old.dtype().clone(),
                    Shape::new(&[added]).unwrap(),
                    npbytes::AxisOrder::C,
                    vec![9; added].into(),
                )
                .unwrap();
                appender.write_rows(&new.view()).unwrap();
                assert_eq!(appender.commit().unwrap().dims(), [rows + added], "{text}");
                let array = npy::read(&path, &ReadOptions::default()).unwrap();
                assert_eq!(array.dtype(), old.dtype());
                assert_eq!(array.data()[..3], [1, 2, 3]);
                assert!(array.data()[3..].iter().all(|&byte| byte == 9));
                assert_eq!(array.len(), rows + added, "{text}");
            }
        }
    }
}

#[test]
fn dropped_without_a_commit_the_file_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let (old, new) = (counting("u1", &[10]), counting("u1", &[200_000]));
    fs::write(&path, encode(&old)).unwrap();
    for rows in [&counting("u1", &[0]), &counting("u1", &[1]), &new] {
        let mut appender = open(&path).unwrap();
        appender.write_rows(&rows.view()).unwrap();
        drop(appender);
        assert_eq!(fs::read(&path).unwrap(), encode(&old));
    }
    // Also after rows that were refused.
    let mut appender = open(&path).unwrap();
    appender.write_rows(&new.view()).unwrap();
    assert!(appender.write_rows(&counting("i1", &[1]).view()).is_err());
    drop(appender);
    assert_eq!(fs::read(&path).unwrap(), encode(&old));
    // And rows that were refused do not count.
    let mut appender = open(&path).unwrap();
    assert!(appender.write_rows(&counting("u1", &[1, 1]).view()).is_err());
    appender.write_rows(&counting("u1", &[2]).view()).unwrap();
    assert_eq!(appender.commit().unwrap().dims(), [12]);
}

#[test]
fn what_cannot_be_appended_to_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let file = encode(&counting("<i4", &[2, 3]));
    let zero_d = encode(&counting("<i4", &[]));
    let mut objects = file.clone();
    let at = objects.windows(5).position(|w| w == b"'<i4'").unwrap();
    objects[at..at + 5].copy_from_slice(b"'|O' ");
    for bytes in
        [&file[..file.len() - 1], &file[..20], b"", b"junk", b"PK\x03\x04", &zero_d, &objects]
    {
        fs::write(&path, bytes).unwrap();
        for discard in [false, true] {
            let options = AppendOptions::default().discard_trailing(discard);
            assert!(Appender::open(&path, &options).is_err(), "{}", bytes.escape_ascii());
        }
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is left as it was");
    }
    // Another array behind this one is not cut off unasked.
    let two = [&file[..], &file].concat();
    fs::write(&path, &two).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Header(_)), "{error:?}");
    assert_eq!(fs::read(&path).unwrap(), two);
    let discard = AppendOptions::default().discard_trailing(true);
    drop(Appender::open(&path, &discard).unwrap());
    assert_eq!(fs::read(&path).unwrap(), file);
}

#[test]
fn rows_of_another_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::write(&path, encode(&counting("<i4", &[2, 3]))).unwrap();
    let mut appender = open(&path).unwrap();
    for (text, shape) in [
        (">i4", &[1, 3][..]),
        ("<u4", &[1, 3]),
        ("<i4", &[3]),
        ("<i4", &[1, 4]),
        ("<i4", &[1, 3, 1]),
        ("<i4", &[]),
    ] {
        assert!(appender.write_rows(&counting(text, shape).view()).is_err(), "{text} {shape:?}");
    }
    let error = appender.write_rows(&counting(">i4", &[1, 3]).view()).unwrap_err();
    assert_eq!(error.help().unwrap(), "convert them first");
    assert_eq!(dtype("<i4"), *appender.header().dtype());
    drop(appender);
    assert_eq!(fs::read(&path).unwrap(), encode(&counting("<i4", &[2, 3])));
}

/// More rows than a shape can say.
#[test]
fn rows_beyond_memory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let most = isize::MAX.unsigned_abs();
    let text = format!("{{'descr': '|S0', 'fortran_order': False, 'shape': ({most},), }}");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
    file.extend(text.as_bytes());
    fs::write(&path, &file).unwrap();
    let mut appender = open(&path).unwrap();
    assert!(appender.write_rows(&counting("S0", &[1]).view()).is_err());
    drop(appender);
    assert_eq!(fs::read(&path).unwrap(), file);
}

/// Rows are on disk already, and then somebody else writes behind them, over the header, or cuts them off:
/// nothing is counted that is not known to be there, and nobody's bytes are lost.
#[test]
fn a_file_that_somebody_else_changed_is_not_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let (old, new) = (counting("u1", &[10]), counting("u1", &[1 << 19]));
    let changes: [fn(&mut Vec<u8>); 3] =
        [|file| file.extend(b"another's"), |file| file[70] = b'#', |file| file.truncate(1000)];
    for change in changes {
        fs::write(&path, encode(&old)).unwrap();
        let mut appender = open(&path).unwrap();
        appender.write_rows(&new.view()).unwrap();
        let mut file = fs::read(&path).unwrap();
        assert!(file.len() > 1000, "large rows are written at once");
        change(&mut file);
        fs::write(&path, &file).unwrap();
        assert!(appender.commit().is_err());
        assert_eq!(fs::read(&path).unwrap(), file);
    }
}

#[test]
fn a_missing_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.npy");
    let error = open(&path).unwrap_err();
    assert!(error.to_string().contains("none.npy"), "{error}");
    assert!(!path.exists());
}
