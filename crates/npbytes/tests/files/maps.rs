//! Maps that can be written.

use std::fs;

use npbytes::npy::{self, MapMode, MapMut, ReadOptions, WriteOptions};
use npbytes::{ErrorKind, NumPy, Shape};

use crate::{assert_same, counting, decode, dtype, encode, names};

fn options() -> ReadOptions {
    ReadOptions::default()
}

/// np.load(path, mmap_mode='c')[1] = 7
#[test]
fn copy_on_write_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let array = counting("<i4", &[2, 3]);
    fs::write(&path, encode(&array)).unwrap();
    let mut map = MapMut::open(&path, MapMode::CopyOnWrite, &options()).unwrap();
    map.as_mut_slice::<i32>().unwrap()[1] = 7;
    map.flush().unwrap();
    assert_eq!(map.view().unwrap().get::<i32>(&[0, 1]).unwrap(), 7);
    assert_eq!(fs::read(&path).unwrap(), encode(&array));
    let frozen = map.freeze().unwrap();
    assert_eq!(frozen.view().get::<i32>(&[0, 1]).unwrap(), 7);
    assert_same(&npy::read(&path, &options()).unwrap(), &array);
}

/// np.load(path, mmap_mode='r+')[1] = 7
#[test]
fn read_write_changes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let array = counting("<i4", &[2, 3]);
    // What follows the array stays as it is.
    fs::write(&path, [&encode(&array)[..], b"tail"].concat()).unwrap();
    let mut map = MapMut::open(&path, MapMode::ReadWrite, &options()).unwrap();
    assert_eq!(map.header().shape(), array.shape());
    assert_eq!(map.bytes_mut().len(), 24);
    map.as_mut_slice::<i32>().unwrap()[1] = 7;
    map.flush().unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(decode(&bytes).view().get::<i32>(&[0, 1]).unwrap(), 7);
    assert!(bytes.ends_with(b"tail"));
    map.bytes_mut()[0] = 0xff;
    let frozen = map.freeze().unwrap();
    assert_eq!(frozen.data()[0], 0xff);
    assert_eq!(npy::read(&path, &options()).unwrap().data(), frozen.data());
    assert_eq!(bytes.len(), fs::read(&path).unwrap().len());
}

#[test]
fn only_native_values_of_the_type_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for (text, fits) in [
        ("<i4", cfg!(target_endian = "little")),
        (">i4", cfg!(target_endian = "big")),
        ("<u4", false),
        ("<f4", false),
    ] {
        fs::write(&path, encode(&counting(text, &[3]))).unwrap();
        let mut map = MapMut::open(&path, MapMode::CopyOnWrite, &options()).unwrap();
        assert_eq!(map.as_mut_slice::<i32>().is_ok(), fits, "{text}");
    }
    // A header of an odd length: the elements are not aligned, their bytes can be changed still.
    let text = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,)}\n";
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend(u16::try_from(text.len() + 1).unwrap().to_le_bytes());
    file.push(b' ');
    file.extend(text);
    file.extend([1; 12]);
    assert_ne!((file.len() - 12) % 4, 0);
    fs::write(&path, &file).unwrap();
    let mut map = MapMut::open(&path, MapMode::ReadWrite, &options()).unwrap();
    let error = map.as_mut_slice::<i32>().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Layout(_)), "{error:?}");
    map.bytes_mut().fill(2);
    assert_eq!(map.view().unwrap().get::<i32>(&[2]).unwrap(), 0x0202_0202);
}

/// An array of no elements has a map too.
#[test]
fn empty_arrays_are_mapped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    for shape in [&[0][..], &[3, 0]] {
        fs::write(&path, encode(&counting("<f8", shape))).unwrap();
        for mode in [MapMode::CopyOnWrite, MapMode::ReadWrite] {
            let mut map = MapMut::open(&path, mode, &options()).unwrap();
            assert_eq!(map.as_mut_slice::<f64>().unwrap(), []);
            assert_eq!(map.freeze().unwrap().shape().dims(), shape);
        }
        let mut map = MapMut::create(
            &path,
            dtype("<f8"),
            &Shape::new(shape).unwrap(),
            false,
            &WriteOptions::default(),
        )
        .unwrap();
        assert_eq!(map.as_mut_slice::<f64>().unwrap(), []);
    }
}

#[test]
fn what_cannot_be_mapped_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let file = encode(&counting("<i4", &[2, 3]));
    for bytes in [&file[..file.len() - 1], &file[..20], b"junk", b"PK\x03\x04"] {
        fs::write(&path, bytes).unwrap();
        for mode in [MapMode::CopyOnWrite, MapMode::ReadWrite] {
            assert!(MapMut::open(&path, mode, &options()).is_err());
        }
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

/// np.lib.format.open_memmap(path, 'w+', dtype, shape, fortran_order): the header as it is asked for, and
/// zeros.
#[test]
fn created_files_are_those_of_open_memmap() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let cases: [(&str, &[usize], bool, &str); 8] = [
        ("<i4", &[3, 2], false, "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 2), }"),
        ("<i4", &[3, 2], true, "{'descr': '<i4', 'fortran_order': True, 'shape': (3, 2), }"),
        ("<i4", &[3], true, "{'descr': '<i4', 'fortran_order': True, 'shape': (3,), }"),
        ("<i4", &[1, 3], true, "{'descr': '<i4', 'fortran_order': True, 'shape': (1, 3), }"),
        ("<i4", &[], true, "{'descr': '<i4', 'fortran_order': True, 'shape': (), }"),
        ("|S3", &[2], false, "{'descr': '|S3', 'fortran_order': False, 'shape': (2,), }"),
        (
            "[('x', '<i2')]",
            &[2],
            false,
            "{'descr': [('x', '<i2')], 'fortran_order': False, 'shape': (2,), }",
        ),
        ("<f8", &[], false, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }"),
    ];
    for (text, shape, fortran, header) in cases {
        for numpy in NumPy::MEASURED {
            // A file that was there is replaced.
            fs::write(&path, vec![0xee; 1000]).unwrap();
            let shape = Shape::new(shape).unwrap();
            let options = WriteOptions::numpy(numpy);
            let mut map = MapMut::create(&path, dtype(text), &shape, fortran, &options).unwrap();
            let file = fs::read(&path).unwrap();
            let len = shape.bytes(dtype(text).itemsize()).unwrap();
            let prefix = file.len() - len;
            assert_eq!(prefix, 128);
            let found = String::from_utf8_lossy(&file[10..prefix]);
            assert_eq!(found.trim_end(), header);
            assert_eq!(file[prefix..], vec![0; len]);
            map.bytes_mut().fill(1);
            map.flush().unwrap();
            assert_eq!(decode(&fs::read(&path).unwrap()).data().as_ref(), vec![1; len]);
        }
    }
    assert_eq!(names(folder.path()), ["array.npy"]);
}

/// A file of a size that is mapped, not read: zeros take no room on disk.
#[test]
fn large_files_are_made_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("array.npy");
    let shape = Shape::new(&[1 << 17, 1 << 10]).unwrap();
    let mut map =
        MapMut::create(&path, dtype("<f8"), &shape, false, &WriteOptions::default()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), (1 << 30) + 128);
    let last = (1 << 27) - 1;
    map.as_mut_slice::<f64>().unwrap()[last] = 1.5;
    let array = npy::map(&path, &options()).unwrap();
    assert_eq!(array.view().get::<f64>(&[(1 << 17) - 1, (1 << 10) - 1]).unwrap(), 1.5);
    assert_eq!(array.view().get::<f64>(&[0, 0]).unwrap(), 0.0);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt;
        assert!(fs::metadata(&path).unwrap().blocks() * 512 < 1 << 20);
    }
}
