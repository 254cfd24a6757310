//! Whole files: read into memory, written under a temporary name and renamed.

use std::fs;
use std::path::Path;

use npbytes::npy::{self, ReadOptions, WriteOptions};
use npbytes::raw::{self, Spec};
use npbytes::{ErrorKind, Limits, NumPy, Order};

use crate::{assert_same, counting, dtype, encode, names};

#[test]
fn files_are_read_whatever_their_size() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    // About the size up to which a file is read at once.
    for len in [0, 1, 1000, (1 << 20) - 129, (1 << 20) - 128, (1 << 20) - 127, 3 << 20] {
        let array = counting("u1", &[len]);
        let file = encode(&array);
        for trailing in [0, 5] {
            fs::write(&path, [&file[..], &vec![0xee; trailing]].concat()).unwrap();
            let found = npy::read(&path, &ReadOptions::default()).unwrap();
            assert_same(&found, &array);
            assert_same(&npy::map(&path, &ReadOptions::default()).unwrap(), &array);
            let (header, size) = npy::read_header(&path, &ReadOptions::default()).unwrap();
            assert_eq!(size, header.end() + trailing as u64);
            assert_eq!(header.shape(), array.shape());
        }
        if len > 0 {
            fs::write(&path, &file[..file.len() - 1]).unwrap();
            let expected = (file.len() - 1) as u64;
            for error in [
                npy::read(&path, &ReadOptions::default()).unwrap_err(),
                npy::map(&path, &ReadOptions::default()).unwrap_err(),
            ] {
                assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error:?}");
                assert_eq!(error.offset(), Some(expected));
            }
            // The header alone is fine.
            assert!(npy::read_header(&path, &ReadOptions::default()).is_ok());
        }
    }
}

/// A large file's elements can be borrowed as they lie, whatever the length of the header.
#[test]
fn large_files_are_aligned_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let mut file =
        b"\x93NUMPY\x01\x00\x3b\x00{'descr': '<f8', 'fortran_order': False, 'shape': (200000,)}"
            .to_vec();
    file[8] = u8::try_from(file.len() - 10).unwrap();
    file.resize(file.len() + 1_600_000, 1);
    fs::write(&path, &file).unwrap();
    let array = npy::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(array.view().as_slice::<f64>().unwrap().len(), 200_000);
}

#[test]
fn the_array_limit_holds_for_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for len in [1_000, 2 << 20] {
        fs::write(&path, encode(&counting("u1", &[len]))).unwrap();
        let limits = Limits::default().array_bytes(len as u64 - 1);
        let error = npy::read(&path, &ReadOptions::with_limits(limits)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { name: "array_bytes", .. }), "{error:?}");
        // A map is not counted.
        assert!(npy::map(&path, &ReadOptions::with_limits(limits)).is_ok());
        let limits = Limits::default().array_bytes(len as u64);
        assert!(npy::read(&path, &ReadOptions::with_limits(limits)).is_ok());
    }
}

#[test]
fn errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no/such.npy");
    let array = counting("u1", &[3]);
    let errors = [
        npy::read(&missing, &ReadOptions::default()).map(drop),
        npy::read_header(&missing, &ReadOptions::default()).map(drop),
        npy::map(&missing, &ReadOptions::default()).map(drop),
        npy::MapMut::open(&missing, npy::MapMode::ReadWrite, &ReadOptions::default()).map(drop),
        npy::MapMut::create(&missing, dtype("u1"), array.shape(), false, &WriteOptions::default())
            .map(drop),
        npy::Appender::open(&missing, &npy::AppendOptions::default()).map(drop),
        npy::write(&missing, &array.view(), &WriteOptions::default()),
        raw::read(&missing, &Spec::new(dtype("u1"))).map(drop),
        raw::map(&missing, &Spec::new(dtype("u1"))).map(drop),
        raw::write(&missing, &array.view(), Order::C),
    ];
    for (i, error) in errors.into_iter().enumerate() {
        let error = error.unwrap_err();
        let ErrorKind::Io { path, source } = error.kind() else { panic!("{i}: {error:?}") };
        assert_eq!(path.as_deref(), Some(missing.as_path()), "{i}");
        assert_eq!(source.kind(), std::io::ErrorKind::NotFound, "{i}");
        assert!(error.to_string().contains("such.npy"), "{i}: {error}");
    }
    // A folder is no file.
    for error in [
        npy::read(folder.path(), &ReadOptions::default()).map(drop),
        npy::read_header(folder.path(), &ReadOptions::default()).map(drop),
        npy::map(folder.path(), &ReadOptions::default()).map(drop),
        npy::write(folder.path(), &array.view(), &WriteOptions::default()),
    ] {
        assert!(matches!(error.unwrap_err().kind(), ErrorKind::Io { .. }));
    }
    assert!(folder.path().is_dir());
    assert_eq!(names(folder.path()), [""; 0]);
    // An empty file is no array, and says so.
    let empty = folder.path().join("empty.npy");
    fs::write(&empty, b"").unwrap();
    for error in [
        npy::read(&empty, &ReadOptions::default()).map(drop),
        npy::map(&empty, &ReadOptions::default()).map(drop),
        npy::read_header(&empty, &ReadOptions::default()).map(drop),
        npy::MapMut::open(&empty, npy::MapMode::ReadWrite, &ReadOptions::default()).map(drop),
        npy::MapMut::open(&empty, npy::MapMode::CopyOnWrite, &ReadOptions::default()).map(drop),
    ] {
        let error = error.unwrap_err();
        assert!(error.to_string().contains("no bytes at all"), "{error:?}");
    }
}

#[test]
fn files_are_written_as_np_save_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    // The name is taken as it is.
    let path = folder.path().join("array.data");
    for array in [counting("<i4", &[3, 4]), counting("S3", &[0]), counting("<f8", &[])] {
        for numpy in NumPy::MEASURED {
            let options = WriteOptions::numpy(numpy);
            npy::write(&path, &array.view(), &options).unwrap();
            assert_eq!(fs::read(&path).unwrap(), npy::encode(&array.view(), &options).unwrap());
        }
        raw::write(&path, &array.view(), Order::F).unwrap();
        assert_eq!(fs::read(&path).unwrap(), raw::encode(&array.view(), Order::F).unwrap());
    }
    assert_eq!(names(folder.path()), ["array.data"]);
}

#[test]
fn raw_files_are_read_and_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.bin");
    fs::write(&path, (0..=255).collect::<Vec<u8>>()).unwrap();
    let spec = Spec::new(dtype("<u2")).offset(4).count(6).shape(&[2, -1]);
    for array in [raw::read(&path, &spec).unwrap(), raw::map(&path, &spec).unwrap()] {
        let expected = [0x0504, 0x0706, 0x0908, 0x0b0a, 0x0d0c, 0x0f0e];
        assert_eq!(array.view().to_vec::<u16>().unwrap(), expected);
    }
    fs::write(&path, b"").unwrap();
    assert_eq!(raw::map(&path, &Spec::new(dtype("u1"))).unwrap().shape().dims(), [0]);
    assert_eq!(raw::read(&path, &Spec::new(dtype("u1"))).unwrap().shape().dims(), [0]);
}

/// Objects cannot be written: the file that was there stays, and nothing else is left.
#[test]
fn a_write_that_fails_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old = counting("<i4", &[3]);
    npy::write(&path, &old.view(), &WriteOptions::default()).unwrap();
    let before = fs::read(&path).unwrap();
    let objects = counting("O", &[3]);
    assert!(npy::write(&path, &objects.view(), &WriteOptions::default()).is_err());
    assert!(raw::write(&path, &objects.view(), Order::C).is_err());
    let named = counting("[('\u{3bb}', 'u1')]", &[3]);
    let options = WriteOptions::default().version(Some((1, 0)));
    assert!(npy::write(&path, &named.view(), &options).is_err());
    let created =
        npy::MapMut::create(&path, dtype("O"), old.shape(), false, &WriteOptions::default());
    assert!(created.is_err());
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["array.npy"]);
    let fresh = folder.path().join("fresh.npy");
    assert!(npy::write(&fresh, &objects.view(), &WriteOptions::default()).is_err());
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// Who has the old file open or mapped goes on seeing it.
#[test]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let (old, new) = (counting("<i4", &[1000]), counting("u1", &[7]));
    npy::write(&path, &old.view(), &WriteOptions::default()).unwrap();
    let mapped = npy::map(&path, &ReadOptions::default()).unwrap();
    npy::write(&path, &new.view(), &WriteOptions::default()).unwrap();
    assert_same(&mapped, &old);
    assert_same(&npy::read(&path, &ReadOptions::default()).unwrap(), &new);
    fs::remove_file(&path).unwrap();
    assert_same(&mapped, &old);
    // A view of a map may be written over the file it lies in.
    npy::write(&path, &old.view(), &WriteOptions::default()).unwrap();
    let mapped = npy::map(&path, &ReadOptions::default()).unwrap();
    let half = mapped.view().slice(&"::2".parse().unwrap()).unwrap();
    npy::write(&path, &half, &WriteOptions::default()).unwrap();
    let found = npy::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(found.view().to_vec::<i32>().unwrap(), half.to_vec::<i32>().unwrap());
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn permissions_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("array.npy");
        let array = counting("u1", &[3]);
        // A new file has those that any new file has.
        npy::write(&path, &array.view(), &WriteOptions::default()).unwrap();
        let plain = folder.path().join("plain");
        fs::write(&plain, b"").unwrap();
        assert_eq!(mode(&path), mode(&plain));
        for bits in [0o600, 0o640, 0o444, 0o755, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bits)).unwrap();
            npy::write(&path, &array.view(), &WriteOptions::default()).unwrap();
            assert_eq!(mode(&path), bits);
            raw::write(&path, &array.view(), Order::C).unwrap();
            assert_eq!(mode(&path), bits);
            let options = WriteOptions::default();
            drop(npy::MapMut::create(&path, dtype("u1"), array.shape(), false, &options).unwrap());
            assert_eq!(mode(&path), bits);
        }
    }

    #[test]
    fn links_stay_links() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let (target, link) = (inner.join("array.npy"), folder.path().join("link.npy"));
        symlink("inner/array.npy", &link).unwrap();
        let array = counting("u1", &[3]);
        // The file behind it need not be there yet; open(link, 'wb') makes it.
        for _ in 0..2 {
            npy::write(&link, &array.view(), &WriteOptions::default()).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_same(&npy::read(&target, &ReadOptions::default()).unwrap(), &array);
        }
        let mut appender = npy::Appender::open(&link, &npy::AppendOptions::default()).unwrap();
        appender.write_rows(&array.view()).unwrap();
        appender.commit().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(npy::read(&target, &ReadOptions::default()).unwrap().len(), 6);
        assert_eq!(names(&inner), ["array.npy"]);
        // A link that leads to itself is an error, not a loop.
        let circle = folder.path().join("circle.npy");
        symlink(&circle, &circle).unwrap();
        assert!(npy::write(&circle, &array.view(), &WriteOptions::default()).is_err());
        assert!(fs::symlink_metadata(&circle).unwrap().is_symlink());
    }

    fn fifo(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn pipes_are_read_and_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.npy");
        fifo(&path);
        for array in [counting("<i4", &[3, 4]), counting("u1", &[3 << 20]), counting("<i4", &[0])] {
            std::thread::scope(|scope| {
                let writer =
                    scope.spawn(|| npy::write(&path, &array.view(), &WriteOptions::default()));
                assert_same(&npy::read(&path, &ReadOptions::default()).unwrap(), &array);
                writer.join().unwrap().unwrap();
            });
            std::thread::scope(|scope| {
                let writer = scope.spawn(|| raw::write(&path, &array.view(), Order::C));
                let spec = Spec::new(array.dtype().clone());
                assert_eq!(raw::read(&path, &spec).unwrap().data(), array.data());
                writer.join().unwrap().unwrap();
            });
        }
        // The pipe is still one, and nothing was put beside it.
        assert!(!fs::metadata(&path).unwrap().is_file());
        assert_eq!(names(folder.path()), ["pipe.npy"]);
    }

    /// A pipe that ends early, a pipe over the limit, the header of a pipe.
    #[test]
    fn pipes_are_refused_as_files_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe.npy");
        fifo(&path);
        let file = encode(&counting("<i4", &[3, 4]));
        let feed = |bytes: &[u8], read: &dyn Fn() -> npbytes::Result<()>| {
            std::thread::scope(|scope| {
                // The reader may hang up early.
                scope.spawn(|| drop(fs::write(&path, bytes)));
                read()
            })
        };
        let read = || npy::read(&path, &ReadOptions::default()).map(drop);
        let error = feed(&file[..file.len() - 1], &read).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error:?}");
        let error = feed(b"", &read).unwrap_err();
        assert!(error.to_string().contains("no bytes at all"), "{error}");
        let limits = Limits::default().array_bytes(47);
        let limited = || npy::read(&path, &ReadOptions::with_limits(limits)).map(drop);
        let error = feed(&file, &limited).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Limit { .. }), "{error:?}");
        let header = || npy::read_header(&path, &ReadOptions::default()).map(drop);
        feed(&file, &header).unwrap();
    }

    /// Only files can be mapped.
    #[test]
    fn devices_are_not_mapped() {
        let null = Path::new("/dev/null");
        assert!(matches!(npbytes::map_bytes(null).unwrap_err().kind(), ErrorKind::Io { .. }));
        assert!(npy::map(null, &ReadOptions::default()).is_err());
        assert!(raw::map(null, &Spec::new(dtype("u1"))).is_err());
        // And are written as they are.
        let array = counting("u1", &[3]);
        npy::write(null, &array.view(), &WriteOptions::default()).unwrap();
        assert!(!fs::metadata(null).unwrap().is_file());
    }
}
