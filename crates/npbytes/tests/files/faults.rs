//! What goes wrong beside the bytes: full disks, other writers, what is no regular file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use npbytes::npy::{self, AppendOptions, Appender, MapMut, ReadOptions, WriteOptions};
use npbytes::{ErrorKind, Shape};

#[cfg(target_os = "linux")]
use crate::child::in_child;
use crate::{assert_same, counting, dtype, encode, names};

fn open(path: &Path) -> npbytes::Result<Appender> {
    Appender::open(path, &AppendOptions::default())
}

/// The disk is full: nothing counts of what did not fit, nor of what is written later.
#[cfg(target_os = "linux")]
#[test]
fn rows_that_do_not_fit_on_disk_are_not_committed() {
    if !in_child("rows_that_do_not_fit_on_disk_are_not_committed", "-f 200") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old = encode(&counting("u1", &[10]));
    let (few, many) = (counting("u1", &[50_000]), counting("u1", &[500_000]));
    // Refused at once, or when the buffer is full.
    for rows in [&[&many][..], &[&few, &many], &[&few; 8]] {
        for retry in [false, true] {
            fs::write(&path, &old).unwrap();
            let mut appender = open(&path).unwrap();
            let mut written = rows.iter().map(|rows| appender.write_rows(&rows.view()));
            let error = written.find_map(Result::err).expect("more than fits");
            assert!(error.to_string().contains("array.npy"), "{error}");
            if retry {
                let error = appender.write_rows(&counting("u1", &[1]).view()).unwrap_err();
                assert!(error.to_string().contains("lost"), "{error}");
            }
            let error = appender.commit().unwrap_err();
            assert!(error.to_string().contains("lost"), "{error}");
            assert!(fs::read(&path).unwrap() == old);
        }
    }
    // What is in the buffer still: the commit finds out.
    let big = encode(&counting("u1", &[90_000]));
    fs::write(&path, &big).unwrap();
    let mut appender = open(&path).unwrap();
    for _ in 0..10 {
        if appender.write_rows(&counting("u1", &[30_000]).view()).is_err() {
            break;
        }
    }
    assert!(appender.commit().is_err());
    assert!(fs::read(&path).unwrap() == big);
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// One file, two appenders: the second is refused, and harms nothing.
#[cfg(unix)]
#[test]
fn one_appender_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::write(&path, encode(&counting("u1", &[3]))).unwrap();
    let link = folder.path().join("link.npy");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mut first = open(&path).unwrap();
    for path in [&path, &link] {
        let error = open(path).unwrap_err();
        let ErrorKind::Io { source, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(source.kind(), std::io::ErrorKind::ResourceBusy);
    }
    first.write_rows(&counting("u1", &[2]).view()).unwrap();
    assert_eq!(first.commit().unwrap().dims(), [5]);
    // The lock ends with the appender, committed or not.
    drop(open(&link).unwrap());
    let mut next = open(&link).unwrap();
    next.write_rows(&counting("u1", &[1]).view()).unwrap();
    assert_eq!(next.commit().unwrap().dims(), [6]);
    let array = npy::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(array.data()[..], [0, 1, 2, 0, 1, 0]);
}

/// Many threads want to append one row each, and try until they may: none is lost, also where the file is
/// replaced on the way, as its header has no room.
#[cfg(unix)]
#[test]
fn no_row_is_lost_between_appenders() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    // NumPy before 1.24 leaves no room for digits but by chance: a header that 9 rows fill.
    let options = WriteOptions::numpy(npbytes::NumPy::new(1, 23, 5));
    let padding = |letters: usize| {
        let text = format!("[('{}', 'u1')]", "n".repeat(letters));
        let file = npy::encode(&counting(&text, &[9]).view(), &options).unwrap();
        file[..file.len() - 9].iter().rev().skip(1).take_while(|&&b| b == b' ').count()
    };
    let letters = (1..70).find(|&letters| padding(letters) == 1).unwrap();
    let text = format!("[('{}', 'u1')]", "n".repeat(letters));
    npy::write(&path, &counting(&text, &[9]).view(), &options).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut left = 25;
                while left > 0 {
                    match open(&path) {
                        Ok(mut appender) => {
                            appender.write_rows(&counting(&text, &[1]).view()).unwrap();
                            appender.commit().unwrap();
                            left -= 1;
                        }
                        Err(error) => {
                            let ErrorKind::Io { source, .. } = error.kind() else {
                                panic!("{error:?}")
                            };
                            assert_eq!(source.kind(), std::io::ErrorKind::ResourceBusy);
                            std::thread::yield_now();
                        }
                    }
                }
            });
        }
    });
    let array = npy::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(array.len(), 109);
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// What somebody does to a file.
type Change<'a> = &'a dyn Fn(&Path);

/// What others do to the file that ask for no lock.
#[test]
fn what_others_wrote_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old = encode(&counting("u1", &[3]));
    let other = encode(&counting("u1", &[200_000]));
    let write_over = |path: &Path| fs::write(path, &other).unwrap();
    let append = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"another array").unwrap();
    };
    let cut = |path: &Path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(100).unwrap();
    };
    let replace = |path: &Path| {
        let beside = path.with_extension("beside");
        fs::write(&beside, &other).unwrap();
        fs::rename(&beside, path).unwrap();
    };
    let changes: [(&str, Change<'_>); 4] = [
        ("written over", &write_over),
        ("appended to", &append),
        ("cut off", &cut),
        ("replaced", &replace),
    ];
    for (name, change) in changes {
        for rows in [0, 1, 100_000] {
            for commit in [false, true] {
                fs::write(&path, &old).unwrap();
                let mut appender = open(&path).unwrap();
                appender.write_rows(&counting("u1", &[rows]).view()).unwrap();
                change(&path);
                let before = fs::read(&path).unwrap();
                if commit {
                    let error = appender.commit().unwrap_err();
                    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{name}: {error:?}");
                } else {
                    drop(appender);
                }
                let after = fs::read(&path).unwrap();
                assert!(after == before, "{name}, {rows} rows, commit: {commit}");
            }
        }
    }
    // A file that is gone does not come back.
    fs::write(&path, &old).unwrap();
    let mut appender = open(&path).unwrap();
    appender.write_rows(&counting("u1", &[1]).view()).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(appender.commit().is_err());
    assert!(names(folder.path()).is_empty());
}

/// No room in memory for the map: the file that was there stays.
#[cfg(target_os = "linux")]
#[test]
fn a_map_that_fails_leaves_the_old_file() {
    if !in_child("a_map_that_fails_leaves_the_old_file", "-v 4000000") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old = counting("u1", &[3]);
    fs::write(&path, encode(&old)).unwrap();
    let shape = Shape::new(&[1 << 30]).unwrap();
    let error = MapMut::create(&path, dtype("<f8"), &shape, false, &WriteOptions::default());
    assert!(matches!(error.unwrap_err().kind(), ErrorKind::Io { .. }));
    assert_same(&npy::read(&path, &ReadOptions::default()).unwrap(), &old);
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// A disk without room is an error where the room is asked for.
#[cfg(target_os = "linux")]
#[test]
fn reserved_files_take_their_place_on_disk() {
    use std::os::unix::fs::MetadataExt;
    if !in_child("reserved_files_take_their_place_on_disk", "-f 8000") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let old = counting("u1", &[3]);
    fs::write(&path, encode(&old)).unwrap();
    let create = |rows: usize| {
        let shape = Shape::new(&[rows, 1 << 10]).unwrap();
        MapMut::create_reserved(&path, dtype("u1"), &shape, false, &WriteOptions::default())
    };
    assert!(create(1 << 14).is_err());
    assert_same(&npy::read(&path, &ReadOptions::default()).unwrap(), &old);
    let mut map = create(1 << 10).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.len(), (1 << 20) + 128);
    assert!(metadata.blocks() * 512 >= metadata.len());
    assert!(map.bytes_mut().iter().all(|&byte| byte == 0));
    map.bytes_mut().fill(1);
    map.flush().unwrap();
    assert_eq!(npy::read(&path, &ReadOptions::default()).unwrap().data(), map.bytes_mut());
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// A way to open or make a file.
#[cfg(unix)]
type Door = fn(&Path, &Shape) -> npbytes::Result<()>;

/// Pipes, devices and folders are neither mapped nor appended to nor replaced; and a pipe without a writer is
/// not waited for.
#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    use npbytes::npy::MapMode;
    use npbytes::raw::{self, Spec};
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.npy");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let shape = Shape::new(&[3]).unwrap();
    let doors: [(&str, Door); 8] = [
        ("map_bytes", |path, _| npbytes::map_bytes(path).map(drop)),
        ("npy::map", |path, _| npy::map(path, &ReadOptions::default()).map(drop)),
        ("raw::map", |path, _| raw::map(path, &Spec::new(dtype("u1"))).map(drop)),
        ("copy on write", |path, _| {
            MapMut::open(path, MapMode::CopyOnWrite, &ReadOptions::default()).map(drop)
        }),
        ("read and write", |path, _| {
            MapMut::open(path, MapMode::ReadWrite, &ReadOptions::default()).map(drop)
        }),
        ("create", |path, shape| {
            MapMut::create(path, dtype("u1"), shape, false, &WriteOptions::default()).map(drop)
        }),
        ("create_reserved", |path, shape| {
            MapMut::create_reserved(path, dtype("u1"), shape, false, &WriteOptions::default())
                .map(drop)
        }),
        ("append", |path, _| open(path).map(drop)),
    ];
    for path in [pipe.as_path(), Path::new("/dev/null"), folder.path()] {
        for (name, door) in doors {
            // Not a device of this system.
            if path.starts_with("/dev") && name.starts_with("create") {
                continue;
            }
            let (done, wait) = std::sync::mpsc::channel();
            let (at, shape) = (path.to_owned(), shape.clone());
            std::thread::spawn(move || done.send(door(&at, &shape)));
            let result = wait.recv_timeout(std::time::Duration::from_secs(20));
            let error = result.unwrap_or_else(|_| panic!("{name} waits")).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("regular file"), "{name}: {text}");
            assert!(text.contains(path.to_str().unwrap()), "{name}: {text}");
        }
    }
    assert!(!fs::metadata(&pipe).unwrap().is_file());
    assert_eq!(names(folder.path()), ["pipe.npy"]);
}

/// No bytes at all are no .npy file, whoever looks at them.
#[test]
fn an_empty_file_is_one_error_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    fs::write(&path, b"").unwrap();
    let options = ReadOptions::default();
    for (name, error) in [
        ("read", npy::read(&path, &options).unwrap_err()),
        ("read_header", npy::read_header(&path, &options).unwrap_err()),
        ("map", npy::map(&path, &options).unwrap_err()),
        ("MapMut", MapMut::open(&path, npy::MapMode::ReadWrite, &options).unwrap_err()),
        ("Appender", open(&path).unwrap_err()),
        ("Reader", npy::Reader::new(&b""[..], options).unwrap_err()),
    ] {
        assert!(matches!(error.kind(), ErrorKind::Magic { .. }), "{name}: {error:?}");
        assert!(error.to_string().contains("no bytes at all"), "{name}: {error}");
    }
}
