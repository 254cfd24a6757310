//! On any number of threads, the same bytes and the same errors.

use npbytes::npz::{self, Archive, Compression, Item, ReadOptions};
use npbytes::{Array, ErrorKind};

use crate::{COMPRESSIONS, array_of, assert_same, bytes_array, counting, options};

/// Runs something in pools of 1, 2 and 4 threads, and outside of any.
fn in_pools(run: impl Fn(&str) + Sync) {
    run("no pool");
    #[cfg(feature = "rayon")]
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&format!("{threads} threads")));
    }
}

/// Arrays large enough to be worth a thread, and small ones among them.
fn arrays() -> Vec<(String, Array)> {
    let walk = |len: usize| {
        let mut level = 0_u8;
        let step = |i: usize| {
            level = level.wrapping_add(u8::try_from(i * 7 % 5).unwrap());
            level
        };
        bytes_array((0..len).map(step).collect())
    };
    (0..9)
        .map(|i| {
            (format!("m{i}"), if i % 3 == 0 { counting("<i4", &[i]) } else { walk(400_000 + i) })
        })
        .collect()
}

fn views(arrays: &[(String, Array)]) -> Vec<(&str, npbytes::ArrayView<'_>)> {
    arrays.iter().map(|(name, array)| (name.as_str(), array.view())).collect()
}

#[test]
fn archives_are_the_same_on_any_threads() {
    let arrays = arrays();
    for compression in COMPRESSIONS {
        let options = options(compression);
        // One by one there is nothing to share out.
        let mut writer = npz::Writer::new(std::io::Cursor::new(Vec::new()), &options).unwrap();
        for (name, array) in &arrays {
            writer.add(name, &array.view()).unwrap();
        }
        let expected = writer.finish().unwrap().into_inner();
        in_pools(|pool| {
            assert!(npz::encode(&views(&arrays), &options).unwrap() == expected, "{pool}");
        });
    }
}

#[cfg(feature = "fs")]
#[test]
fn edits_are_the_same_on_any_threads() {
    let arrays = arrays();
    let folder = tempfile::tempdir().unwrap();
    for compression in COMPRESSIONS {
        let edit = npz::EditOptions::default().write(options(compression));
        let edited = |pool: &str| {
            let path = folder.path().join(format!("{pool}.npz"));
            npz::write(&path, &views(&arrays)[..1], &npz::WriteOptions::default()).unwrap();
            let mut editor = npz::Editor::open(&path, &edit).unwrap();
            editor.append_all(&views(&arrays)[1..]).unwrap();
            editor.commit().unwrap();
            std::fs::read(&path).unwrap()
        };
        let expected = edited("first");
        in_pools(|pool| assert!(edited(pool) == expected, "{pool}"));
    }
}

fn check_all(archive: &Archive, arrays: &[(String, Array)], pool: &str) {
    let items = archive.read_all().unwrap();
    assert_eq!(items.len(), arrays.len());
    for (item, (name, array)) in items.iter().zip(arrays) {
        assert!(array_of(item).data() == array.data(), "{pool} {name}");
        assert_same(array_of(item), array);
    }
    let members: Vec<_> = archive.members().collect();
    let reversed: Vec<_> = members.iter().rev().copied().collect();
    for (item, (_, array)) in archive.read_many(&reversed).unwrap().iter().rev().zip(arrays) {
        assert_same(array_of(item), array);
    }
    assert!(archive.read_many(&[]).unwrap().is_empty());
}

#[test]
fn members_are_the_same_on_any_threads() {
    let arrays = arrays();
    for compression in COMPRESSIONS {
        let bytes = npz::encode(&views(&arrays), &options(compression)).unwrap();
        let archive = npz::decode(&bytes.clone().into(), &ReadOptions::default()).unwrap();
        in_pools(|pool| check_all(&archive, &arrays, pool));
        #[cfg(feature = "fs")]
        {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.npz");
            std::fs::write(&path, &bytes).unwrap();
            let archive = npz::read(&path, &ReadOptions::default()).unwrap();
            in_pools(|pool| check_all(&archive, &arrays, pool));
            let archive = npz::map(&path, &ReadOptions::default()).unwrap();
            in_pools(|pool| check_all(&archive, &arrays, pool));
        }
    }
}

/// Of many members that are wrong, the first in order is the one that is told.
#[test]
fn the_first_error_is_told_on_any_threads() {
    let arrays = arrays();
    for compression in [Compression::None, Compression::NumPy] {
        let mut bytes = npz::encode(&views(&arrays), &options(compression)).unwrap();
        let archive = crate::open(&bytes).unwrap();
        let wrong = ["m4.npy", "m5.npy", "m8.npy"];
        for member in archive.members().filter(|member| wrong.contains(&member.name())) {
            let at = member.data_offset().unwrap() + member.compressed_size() / 2;
            bytes[usize::try_from(at).unwrap()] ^= 0x10;
        }
        let archive = npz::decode(&bytes.into(), &ReadOptions::default()).unwrap();
        in_pools(|pool| {
            let error = archive.read_all().unwrap_err();
            assert_eq!(error.member(), Some("m4.npy"), "{pool}");
        });
    }
    let mut members = views(&arrays);
    let objects = [counting("O", &[1]), counting("O", &[2])];
    members[3].1 = objects[0].view();
    members[6].1 = objects[1].view();
    in_pools(|pool| {
        for compression in COMPRESSIONS {
            let error = npz::encode(&members, &options(compression)).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{pool}");
            assert_eq!(error.member(), Some("m3.npy"), "{pool}");
        }
    });
}

/// One archive, many readers.
#[test]
fn an_archive_is_shared_between_threads() {
    let arrays = arrays();
    let bytes = npz::encode(&views(&arrays), &options(Compression::Fast)).unwrap();
    let archive = npz::decode(&bytes.into(), &ReadOptions::default()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (name, array) in &arrays {
                    let item = archive.member(name).unwrap().read().unwrap();
                    let Item::Array(read) = item else { panic!() };
                    assert_same(&read, array);
                }
            });
        }
    });
}

/// More than is held at a time: several windows of members, and an array that goes through piece by piece.
/// However they are cut, the bytes are those of one after the other.
#[test]
fn windows_and_pieces_are_the_same_bytes() {
    const MIB: usize = 1 << 20;
    let zeros = bytes_array(vec![0; 257 * MIB]);
    let part = |mib: usize| {
        Array::new(
            zeros.dtype().clone(),
            npbytes::Shape::new(&[mib * MIB]).unwrap(),
            npbytes::AxisOrder::C,
            zeros.data().slice(..mib * MIB),
        )
    };
    let (large, small) = (part(130).unwrap(), counting("u1", &[3]));
    let members = [("a", &large), ("b", &small), ("c", &large), ("d", &zeros), ("e", &small)];
    let views: Vec<_> = members.iter().map(|(name, array)| (*name, array.view())).collect();
    let options = options(Compression::NumPy);
    // Held whole.
    let encoded = npz::encode(&views, &options).unwrap();
    // Piece by piece.
    let mut writer = npz::Writer::new(std::io::Cursor::new(Vec::new()), &options).unwrap();
    writer.add_all(&views).unwrap();
    assert!(writer.finish().unwrap().into_inner() == encoded);
    let archive = crate::open(&encoded).unwrap();
    assert!(archive.array("d").unwrap().data() == zeros.data());
    assert_same(&archive.array("e").unwrap(), &small);
}
