//! What goes wrong beside the bytes: full disks, other writers, what is no regular file.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use npbytes::ErrorKind;
use npbytes::npz::{self, Compression, EditOptions, Editor, ReadOptions, WriteOptions};

#[cfg(target_os = "linux")]
use crate::child::in_child;
use crate::{COMPRESSIONS, bytes_array, counting, encode, options};

fn old() -> Vec<u8> {
    encode(&[("a", &counting("<i4", &[3])), ("b", &counting("u1", &[5]))])
}

fn open(path: &Path) -> npbytes::Result<Editor> {
    Editor::open(path, &EditOptions::default())
}

/// Bytes that no deflate makes less of.
fn noise(len: usize) -> npbytes::Array {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    bytes_array(std::iter::repeat_with(next).take(len).collect())
}

/// The disk is full: the archive is as it was, whatever is tried afterwards.
#[cfg(target_os = "linux")]
#[test]
fn edits_that_do_not_fit_on_disk_change_nothing() {
    if !in_child("edits_that_do_not_fit_on_disk_change_nothing", "-f 200") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let old = old();
    let (few, many) = (noise(50_000), noise(500_000));
    for compression in COMPRESSIONS {
        let edit = EditOptions::default().write(options(compression));
        for arrays in [&[&many][..], &[&few, &many], &[&few; 8]] {
            fs::write(&path, &old).unwrap();
            let mut editor = Editor::open(&path, &edit).unwrap();
            let mut failed = None;
            for (i, array) in arrays.iter().enumerate() {
                if let Err(error) = editor.append(&format!("n{i}"), &array.view()) {
                    failed = Some(error);
                    break;
                }
            }
            let error = failed.expect("more than fits");
            assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
            assert!(error.to_string().contains("a.npz"), "{error}");
            assert!(editor.append("more", &counting("u1", &[1]).view()).is_err());
            assert!(editor.replace("a", &counting("u1", &[1]).view()).is_err());
            assert!(editor.commit().is_err());
            assert!(fs::read(&path).unwrap() == old, "{compression:?}");
        }
    }
    // What fits only without the directory: the commit finds out.
    let names: Vec<String> = (0..700).map(|i| format!("{i}{}", "n".repeat(60))).collect();
    let array = counting("u1", &[1]);
    let members: Vec<_> = names.iter().map(|name| (name.as_str(), &array)).collect();
    let large = encode(&members[..200]);
    let (mut commits, mut last) = (0, 0);
    // What `ulimit` counts in depends on the shell: 512 or 1024 bytes.
    let room = [200 << 9, 200 << 10].into_iter().find(|&room| {
        fs::write(&path, vec![0; room]).unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").is_err()
    });
    let room = room.unwrap() - large.len();
    for less in (0..room).step_by(1000) {
        fs::write(&path, &large).unwrap();
        let mut editor = open(&path).unwrap();
        let Ok(()) = editor.append("fills", &noise(room - less).view()) else { continue };
        last = less;
        match editor.commit() {
            Ok(()) => assert_eq!(npz::read(&path, &ReadOptions::default()).unwrap().len(), 201),
            Err(error) => {
                commits += 1;
                assert!(error.to_string().contains("a.npz"), "{error}");
                assert!(fs::read(&path).unwrap() == large);
            }
        }
    }
    assert!(commits > 5 && last > 20_000, "{commits} {last}");
    // To write a new one, and to compact: the old one stays.
    fs::write(&path, &old).unwrap();
    assert!(npz::write(&path, &[("n", many.view())], &WriteOptions::default()).is_err());
    assert!(fs::read(&path).unwrap() == old);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// One file, two editors: the second is refused, and harms nothing.
#[cfg(unix)]
#[test]
fn one_editor_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, old()).unwrap();
    let link = folder.path().join("link.npz");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let mut first = open(&path).unwrap();
    for path in [&path, &link] {
        let busy = [open(path).map(drop), npz::compact(path, &EditOptions::default()).map(drop)];
        for error in busy.map(Result::unwrap_err) {
            let ErrorKind::Io { source, .. } = error.kind() else { panic!("{error:?}") };
            assert_eq!(source.kind(), std::io::ErrorKind::ResourceBusy);
        }
    }
    // Readers are not kept out, and see the old archive until the commit.
    first.append("c", &noise(200_000).view()).unwrap();
    for archive in [
        npz::read(&path, &ReadOptions::default()).unwrap(),
        npz::map(&path, &ReadOptions::default()).unwrap(),
    ] {
        assert_eq!(archive.keys().collect::<Vec<_>>(), ["a", "b"]);
        assert!(archive.trailing() > 100_000);
        archive.read_all().unwrap();
    }
    let before = npz::read(&path, &ReadOptions::default()).unwrap();
    first.commit().unwrap();
    assert_eq!(npz::read(&path, &ReadOptions::default()).unwrap().len(), 3);
    // Whoever has it open still reads what was there.
    assert_eq!(before.read_all().unwrap().len(), 2);
    // The lock ends with the editor, committed or not.
    drop(open(&link).unwrap());
    let mut next = open(&link).unwrap();
    next.remove("c").unwrap();
    next.commit().unwrap();
    assert_eq!(npz::compact(&link, &EditOptions::default()).unwrap().1, old().len() as u64);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read(&path).unwrap() == old());
}

/// Many threads want to append one member each, and try until they may: none is lost.
#[cfg(unix)]
#[test]
fn no_member_is_lost_between_editors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    fs::write(&path, encode(&[])).unwrap();
    let busy = |error: npbytes::Error| {
        let ErrorKind::Io { source, .. } = error.kind() else { panic!("{error:?}") };
        assert_eq!(source.kind(), std::io::ErrorKind::ResourceBusy);
        std::thread::yield_now();
    };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (path, busy) = (&path, &busy);
            scope.spawn(move || {
                let mut left = 12;
                while left > 0 {
                    match open(path) {
                        Ok(mut editor) => {
                            let name = format!("{thread}-{left}");
                            editor.append(&name, &counting("u1", &[left]).view()).unwrap();
                            editor.commit().unwrap();
                            left -= 1;
                        }
                        Err(error) => busy(error),
                    }
                    // Another one compacts it meanwhile.
                    if left % 5 == 0
                        && let Err(error) = npz::compact(path, &EditOptions::default())
                    {
                        busy(error);
                    }
                }
            });
        }
    });
    let archive = npz::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!((archive.len(), archive.trailing()), (48, 0));
    for member in archive.members() {
        let left: usize = member.key().split_once('-').unwrap().1.parse().unwrap();
        assert_eq!(member.array().unwrap().shape().dims(), [left]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// What somebody does to a file.
type Change<'a> = &'a dyn Fn(&Path);

/// What others do to the file that ask for no lock.
#[test]
fn what_others_wrote_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let other = encode(&[("other", &noise(200_000))]);
    let write_over = |path: &Path| fs::write(path, &other).unwrap();
    let append = |path: &Path| {
        let mut file = OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"something else").unwrap();
    };
    let cut = |path: &Path| {
        OpenOptions::new().write(true).open(path).unwrap().set_len(100).unwrap();
    };
    let replace = |path: &Path| {
        let beside = path.with_extension("beside");
        fs::write(&beside, &other).unwrap();
        fs::rename(&beside, path).unwrap();
    };
    let replace_by_ours = |path: &Path| {
        let array = counting("u1", &[7]);
        npz::write(path, &[("ours", array.view())], &WriteOptions::default()).unwrap();
    };
    let remove = |path: &Path| fs::remove_file(path).unwrap();
    let changes: [(&str, Change<'_>); 6] = [
        ("written over", &write_over),
        ("appended to", &append),
        ("cut off", &cut),
        ("replaced", &replace),
        ("replaced by us", &replace_by_ours),
        ("removed", &remove),
    ];
    for (name, change) in changes {
        for size in [None, Some(1), Some(100_000)] {
            for commit in [false, true] {
                fs::write(&path, old()).unwrap();
                let mut editor = open(&path).unwrap();
                match size {
                    Some(size) => editor.append("new", &noise(size).view()).unwrap(),
                    None => editor.remove("a").unwrap(),
                }
                change(&path);
                let before = fs::read(&path).ok();
                if commit {
                    let error = editor.commit().unwrap_err();
                    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{name}: {error:?}");
                } else {
                    drop(editor);
                }
                let after = fs::read(&path).ok();
                assert!(after == before, "{name}, {size:?}, commit: {commit}");
            }
        }
    }
}

/// A way to open or change an archive.
#[cfg(unix)]
type Door = fn(&Path) -> npbytes::Result<()>;

/// Pipes and devices are neither mapped nor edited nor replaced; and a pipe without a writer is not waited for.
#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.npz");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let doors: [(&str, Door); 3] = [
        ("map", |path| npz::map(path, &ReadOptions::default()).map(drop)),
        ("edit", |path| open(path).map(drop)),
        ("compact", |path| npz::compact(path, &EditOptions::default()).map(drop)),
    ];
    for path in [pipe.as_path(), Path::new("/dev/null"), folder.path()] {
        for (name, door) in doors {
            let (done, wait) = std::sync::mpsc::channel();
            let at = path.to_owned();
            std::thread::spawn(move || done.send(door(&at)));
            let result = wait.recv_timeout(std::time::Duration::from_secs(20));
            let error = result.unwrap_or_else(|_| panic!("{name} waits")).unwrap_err();
            let text = error.to_string();
            assert!(text.contains("regular file"), "{name}: {text}");
            assert!(text.contains(path.to_str().unwrap()), "{name}: {text}");
        }
    }
    assert!(!fs::metadata(&pipe).unwrap().is_file());
}

/// A disk that takes nothing.
#[cfg(target_os = "linux")]
#[test]
fn devices_that_are_full_are_errors() {
    for compression in [Compression::None, Compression::NumPy] {
        let array = noise(1000);
        let result = npz::write("/dev/full", &[("a", array.view())], &options(compression));
        let error = result.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
        assert!(error.to_string().contains("/dev/full"), "{error}");
        npz::write("/dev/null", &[("a", array.view())], &options(compression)).unwrap();
    }
}
