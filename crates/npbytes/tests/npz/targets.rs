//! Writing: what a target that fails leaves, rows, names, and padding.

use std::io::{Cursor, Error, Read, Result, Seek, SeekFrom, Write};

use bytes::Bytes;
use npbytes::npz::{self, Compression, Method, ReadOptions, WriteOptions};
use npbytes::{Array, ArrayView, ErrorKind, Profile, Python, Shape};

use crate::{
    COMPRESSIONS, assert_same, assert_says, bytes_array, counting, dtype, encode, encode_with,
    options,
};

/// Takes so many bytes, in pieces of up to so many, and no more.
struct Full {
    inner: Cursor<Vec<u8>>,
    room: usize,
    piece: usize,
    flushes: bool,
}

impl Full {
    fn new(room: usize) -> Self {
        Self { inner: Cursor::new(Vec::new()), room, piece: usize::MAX, flushes: true }
    }
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let len = bytes.len().min(self.room).min(self.piece);
        if len == 0 && !bytes.is_empty() {
            return Err(Error::other("the target is full"));
        }
        self.room -= len;
        self.inner.write(&bytes[..len])
    }

    fn flush(&mut self) -> Result<()> {
        if self.flushes { Ok(()) } else { Err(Error::other("it does not flush")) }
    }
}

impl Seek for Full {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.inner.seek(to)
    }
}

fn arrays() -> [(&'static str, Array); 3] {
    [("a", counting("<i4", &[3])), ("b", counting("u1", &[5])), ("c", counting("f8", &[2, 2]))]
}

fn views<'a>(arrays: &'a [(&'static str, Array)]) -> Vec<(&'static str, ArrayView<'a>)> {
    arrays.iter().map(|(name, array)| (*name, array.view())).collect()
}

/// Every kind of archive there is.
fn all_options() -> Vec<WriteOptions> {
    let mut all = Vec::new();
    for compression in COMPRESSIONS {
        for (streamed, align) in [(false, false), (true, false), (false, true), (true, true)] {
            for python in [Python::DEFAULT, Python::new(3, 8, 0)] {
                let profile = Profile { python, ..Profile::default() };
                let options = options(compression).streamed(streamed).align(align);
                all.push(options.profile(profile));
            }
        }
    }
    all
}

/// A target that is full after any number of bytes: an error, whichever way is taken, and never an archive.
#[test]
fn targets_that_fail_are_errors_at_every_byte() {
    let arrays = arrays();
    for options in all_options() {
        let whole = npz::encode(&views(&arrays), &options).unwrap();
        // The seeking writer of a stored member writes over its header: what is written is more than what
        // there is.
        for room in 0..whole.len() {
            let error =
                npz::encode_to(&mut Full::new(room), &views(&arrays), &options).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{room}: {error:?}");
            assert_says(&error, "the target is full");
            let mut writer = npz::Writer::new(Full::new(room), &options).unwrap();
            let mut failed = false;
            for (name, array) in &arrays {
                let result = writer.add(name, &array.view());
                // Once it has failed, it fails.
                assert!(!failed || result.is_err(), "{options:?} {room}");
                failed |= result.is_err();
            }
            if failed {
                let broken = writer.add("d", &arrays[0].1.view()).unwrap_err();
                assert_says(&broken, "not written to its end");
                let shape = Shape::new(&[2]).unwrap();
                assert!(writer.rows("e", dtype("u1"), &shape, false).is_err());
            }
            assert!(writer.finish().is_err(), "{options:?} {room}");
        }
        let mut full = Full { piece: 7, ..Full::new(whole.len()) };
        npz::encode_to(&mut full, &views(&arrays), &options).unwrap();
        assert!(full.inner.into_inner() == whole, "{options:?}");
        let mut full = Full { flushes: false, ..Full::new(whole.len()) };
        assert!(npz::encode_to(&mut full, &views(&arrays), &options).is_err());
    }
}

/// The same for rows, whose header is written twice where the target seeks.
#[test]
fn rows_that_fail_leave_no_archive() {
    let array = counting("<u2", &[9, 4]);
    for options in all_options() {
        let mut needed = 0;
        for room in 0.. {
            let mut writer = npz::Writer::new(Full::new(room), &options).unwrap();
            let write = |writer: &mut npz::Writer<Full>| {
                let mut rows = writer.rows("a", dtype("<u2"), array.shape(), false)?;
                for range in ["0:2", "2:3", "3:9"] {
                    rows.write_rows(&array.view().slice(&range.parse().unwrap())?)?;
                }
                rows.finish()
            };
            let written = write(&mut writer);
            let failed = written.is_err();
            match writer.finish() {
                Err(_) => needed = room + 1,
                Ok(target) => {
                    assert!(!failed, "{options:?} {room}");
                    let bytes = target.inner.into_inner();
                    assert!(
                        bytes == encode_with(&[("a", &array)], &options)
                            || options.compression == Compression::Fast
                    );
                    let archive = crate::open(&bytes).unwrap();
                    assert_same(&archive.array("a").unwrap(), &array);
                    break;
                }
            }
        }
        assert!(needed > 100);
    }
}

/// Rows that are missing, and a row writer that is dropped: the archive cannot be finished.
#[test]
fn unfinished_rows_leave_no_archive() {
    let shape = Shape::new(&[4, 2]).unwrap();
    let two = counting("u1", &[2, 2]);
    for options in all_options() {
        for (wrote, finish) in [(0, false), (1, false), (2, false), (0, true), (1, true)] {
            let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &options).unwrap();
            writer.add("a", &two.view()).unwrap();
            let mut rows = writer.rows("b", dtype("u1"), &shape, false).unwrap();
            for _ in 0..wrote {
                rows.write_rows(&two.view()).unwrap();
            }
            if finish {
                assert!(rows.finish().is_err());
            } else {
                drop(rows);
            }
            assert!(writer.add("c", &two.view()).is_err());
            assert_says(&writer.finish().unwrap_err(), "not written to its end");
        }
        let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &options).unwrap();
        let mut rows = writer.rows("b", dtype("u1"), &shape, false).unwrap();
        // Too many rows, another dtype, another shape: refused, and what was right still counts.
        assert!(rows.write_rows(&counting("u1", &[5, 2]).view()).is_err());
        assert!(rows.write_rows(&counting("i1", &[2, 2]).view()).is_err());
        assert!(rows.write_rows(&counting("u1", &[2, 3]).view()).is_err());
        rows.write_rows(&two.view()).unwrap();
        rows.write_rows(&two.view()).unwrap();
        rows.finish().unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        let array = crate::open(&bytes).unwrap().array("b").unwrap();
        assert_eq!(array.data()[..], [0, 1, 2, 3, 0, 1, 2, 3]);
    }
}

/// What cannot be written is refused before anything is, and the archive goes on; the name is free still.
#[test]
fn arrays_that_cannot_be_written_leave_the_archive_whole() {
    let good = counting("u1", &[3]);
    let objects = counting("O", &[1]);
    let many = counting("O", &[1 << 18]);
    for options in all_options() {
        let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &options).unwrap();
        writer.add("a", &good.view()).unwrap();
        for objects in [&objects, &many] {
            let error = writer.add("b", &objects.view()).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
            assert_eq!(error.member(), Some("b.npy"));
        }
        let shape = Shape::new(&[1]).unwrap();
        assert!(writer.rows("b", dtype("O"), &shape, false).is_err());
        writer.add("b", &good.view()).unwrap();
        let bytes = writer.finish().unwrap().into_inner();
        assert!(bytes == encode_with(&[("a", &good), ("b", &good)], &options), "{options:?}");
    }
}

#[test]
fn names_are_given_once_and_are_not_too_long() {
    let array = counting("u1", &[1]);
    let view = || array.view();
    for options in all_options() {
        for names in [&["a", "a"][..], &["a", "b", "a"], &["", ""], &["\u{e9}", "\u{e9}"]] {
            let members: Vec<_> = names.iter().map(|name| (*name, view())).collect();
            let error = npz::encode(&members, &options).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
            assert_says(&error, &format!("{:?} is given twice", names[0]));
        }
        // 65,535 bytes with `.npy`; a letter may have two.
        for name in ["n".repeat(65_531), "\u{e9}".repeat(32_765), "n".repeat(65_530) + "\0long"] {
            let bytes = encode_with(&[(&name, &array)], &options);
            let archive = crate::open(&bytes).unwrap();
            let key = name.split('\0').next().unwrap();
            assert_same(&archive.array(key).unwrap(), &array);
        }
        for name in ["n".repeat(65_532), "\u{e9}".repeat(32_766), "n".repeat(1 << 20)] {
            let error = npz::encode(&[(&name, view())], &options).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::MemberName(_)), "{error:?}");
            assert_says(&error, "it may have 65535 bytes of UTF-8");
            assert!(error.to_string().len() < 1000);
        }
    }
    // A name of the archive's that is another's key: both are there.
    let bytes = encode(&[("x", &array), ("x.npy", &counting("u1", &[2]))]);
    let archive = crate::open(&bytes).unwrap();
    assert_eq!(archive.keys().collect::<Vec<_>>(), ["x", "x.npy"]);
}

/// np.savez(file, *positional, **named).
#[test]
fn arrays_are_arranged_as_by_savez() {
    let names = |found: npbytes::Result<Vec<(std::borrow::Cow<'_, str>, i32)>>| {
        found.unwrap().into_iter().map(|(name, n)| format!("{name}={n}")).collect::<Vec<_>>()
    };
    assert_eq!(
        names(npz::arrange([1, 2], [("y", 3), ("x", 4)])),
        ["y=3", "x=4", "arr_0=1", "arr_1=2"]
    );
    assert_eq!(names(npz::arrange([1], [("arr_1", 3)])), ["arr_1=3", "arr_0=1"]);
    assert!(names(npz::arrange([], [])).is_empty());
    // ValueError: Cannot use un-named variables and keyword arr_0
    assert_says(&npz::arrange([1], [("arr_0", 3)]).unwrap_err(), "given twice");
    assert_says(&npz::arrange([], [("x", 3), ("x", 4)]).unwrap_err(), "given twice");
    // TypeError: savez() got multiple values for argument 'file'
    assert_says(&npz::arrange([], [("file", 3)]).unwrap_err(), "`file`");
}

/// The extra fields of a record: each its kind and its bytes. Nothing is left over.
fn extra_fields(mut bytes: &[u8]) -> Vec<(u16, &[u8])> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let (kind, len) = (number(0), usize::from(number(2)));
        fields.push((kind, &bytes[4..4 + len]));
        bytes = &bytes[4 + len..];
    }
    fields
}

/// Elements start at multiples of 64 in the file, by an extra field that readers skip, whatever the names and
/// sizes before.
#[test]
fn aligned_members_start_at_multiples_of_64() {
    for python in [Python::DEFAULT, Python::new(3, 9, 0)] {
        let profile = Profile { python, ..Profile::default() };
        for streamed in [false, true] {
            let options = WriteOptions::default().align(true).streamed(streamed).profile(profile);
            for extra in 0..64 {
                let names: Vec<String> = (0..70).map(|i| "n".repeat(i + 1)).collect();
                let arrays: Vec<Array> =
                    (0..70).map(|i| counting("u1", &[(i * 7 + extra) % 150])).collect();
                let members: Vec<(&str, &Array)> =
                    names.iter().map(String::as_str).zip(&arrays).collect();
                let bytes = Bytes::from(encode_with(&members, &options));
                let archive = npz::decode(&bytes, &ReadOptions::default()).unwrap();
                let mut at = 0;
                for (member, array) in archive.members().zip(&arrays) {
                    let start = usize::try_from(member.data_offset().unwrap()).unwrap();
                    assert_eq!(start % 64, 0);
                    let contents = member.bytes().unwrap();
                    assert_eq!((contents.len() - array.data().len()) % 64, 0);
                    assert_same(&member.array().unwrap(), array);
                    let header = &bytes[at..start];
                    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
                    let (name, fields) = (usize::from(number(26)), usize::from(number(28)));
                    assert_eq!(30 + name + fields, header.len());
                    let fields = extra_fields(&header[30 + name..]);
                    assert_eq!(fields[0].0, 1);
                    assert_eq!(fields[0].1.len(), 16);
                    assert!(fields.len() <= 2 && fields[1..].iter().all(|f| f.0 == 0xd935));
                    at = start + contents.len() + if streamed { 24 } else { 0 };
                }
            }
        }
    }
    // In rows too; deflated ones are not padded.
    let options = WriteOptions::default().align(true);
    let mut writer = npz::Writer::new(Cursor::new(Vec::new()), &options).unwrap();
    for name in ["a", "bb", "ccc"] {
        let array = counting("<f8", &[3]);
        let mut rows = writer.rows(name, dtype("<f8"), array.shape(), false).unwrap();
        rows.write_rows(&array.view()).unwrap();
        rows.finish().unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let archive = crate::open(&bytes).unwrap();
    assert!(archive.members().all(|member| member.data_offset().unwrap() % 64 == 0));
    let array = counting("u1", &[100]);
    let plain = encode_with(&[("a", &array)], &crate::options(Compression::NumPy));
    let aligned = crate::options(Compression::NumPy).align(true);
    assert_eq!(encode_with(&[("a", &array)], &aligned), plain);
}

/// The arrays of an aligned archive in aligned memory can be borrowed as what they are.
#[cfg(feature = "fs")]
#[test]
fn aligned_members_of_a_map_are_aligned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let arrays = [counting("<f8", &[5]), counting("<c16", &[3]), counting("<u2", &[1])];
    let members = [("a", arrays[0].view()), ("bc", arrays[1].view()), ("d", arrays[2].view())];
    npz::write(&path, &members, &WriteOptions::default().align(true)).unwrap();
    let archive = npz::map(&path, &ReadOptions::default()).unwrap();
    for array in archive.read_all().unwrap() {
        assert_eq!(crate::array_of(&array).data().as_ptr().addr() % 64, 0);
    }
    assert_eq!(archive.array("a").unwrap().view().as_slice::<f64>().unwrap().len(), 5);
    // Where they are not, views still read them.
    npz::write(&path, &members, &WriteOptions::default()).unwrap();
    let archive = npz::map(&path, &ReadOptions::default()).unwrap();
    for (name, view) in &members {
        let array = archive.array(name).unwrap();
        assert_eq!(
            &array.to_bytes(npbytes::Order::C).unwrap()[..],
            &*view.to_bytes(npbytes::Order::C).unwrap()
        );
    }
}

/// Fast is deflate: every reader inflates it, and it is smaller where there is something to gain.
#[test]
fn fast_members_are_deflated() {
    for size in [0, 1, 1000, 1 << 20] {
        let array = bytes_array((0..size).map(|i| u8::try_from(i / 7 % 13).unwrap()).collect());
        let bytes = encode_with(&[("a", &array)], &options(Compression::Fast));
        let archive = crate::open(&bytes).unwrap();
        let member = archive.member("a").unwrap();
        assert_eq!(member.method(), Method::Deflated);
        assert!(size < 1000 || member.compressed_size() * 4 < member.uncompressed_size());
        let start = usize::try_from(member.data_offset().unwrap()).unwrap();
        let deflated = &bytes[start..][..usize::try_from(member.compressed_size()).unwrap()];
        // By zlib, which did not write it.
        let mut contents = Vec::new();
        flate2::read::DeflateDecoder::new(deflated).read_to_end(&mut contents).unwrap();
        assert!(contents == member.bytes().unwrap());
    }
}

/// A target that was moved by others is found out, or does no harm before its start.
#[test]
fn targets_that_cannot_seek_are_refused_at_once() {
    struct Stuck;
    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            Ok(bytes.len())
        }
        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }
    impl Seek for Stuck {
        fn seek(&mut self, _: SeekFrom) -> Result<u64> {
            Err(Error::other("it cannot seek"))
        }
    }
    let error = npz::Writer::new(Stuck, &WriteOptions::default()).unwrap_err();
    assert_says(&error, "it cannot seek");
    let mut writer = npz::Writer::streamed(Stuck, &WriteOptions::default());
    writer.add("a", &counting("u1", &[1]).view()).unwrap();
    writer.finish().unwrap();
}
