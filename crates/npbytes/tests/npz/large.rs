//! Members and offsets beyond 2 and 4 GiB: written into a file that is mostly holes, and read from there.

#[cfg(all(feature = "fs", unix))]
mod holes {
    use std::fs::File;
    use std::io::{Read, Result, Seek, SeekFrom, Write};
    use std::os::unix::fs::FileExt;

    use npbytes::npz::{self, EditOptions, Editor, ReadOptions, WriteOptions};
    use npbytes::{Array, NumPy, Profile, Python, Shape, npy};

    use crate::table::{Table, hex, report};
    use crate::{counting, dtype};

    const SIZES: [(&str, usize); 3] = [("a", (1 << 31) + 10), ("b", (1 << 32) + 10), ("c", 3)];
    /// A piece of zeros.
    const PIECE: usize = 1 << 19;

    /// A file in which long runs of zeros are holes.
    struct Sparse {
        file: File,
        zeros: Vec<u8>,
    }

    impl Write for Sparse {
        fn write(&mut self, bytes: &[u8]) -> Result<usize> {
            if bytes.len() < 4096 || bytes != &self.zeros[..bytes.len()] {
                return self.file.write(bytes);
            }
            self.file.seek(SeekFrom::Current(i64::try_from(bytes.len()).unwrap()))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> Result<()> {
            self.file.flush()
        }
    }

    impl Seek for Sparse {
        fn seek(&mut self, to: SeekFrom) -> Result<u64> {
            self.file.seek(to)
        }
    }

    fn write_rows<W: Write>(mut writer: npz::Writer<W>) -> W {
        let zeros = Array::from_vec(&[16 * PIECE], vec![0_u8; 16 * PIECE]).unwrap();
        for (name, size) in SIZES {
            let shape = Shape::new(&[size]).unwrap();
            let mut rows = writer.rows(name, dtype("u1"), &shape, false).unwrap();
            let mut left = size;
            while left > 0 {
                let len = left.min(zeros.len());
                let slice = format!(":{len}").parse().unwrap();
                rows.write_rows(&zeros.view().slice(&slice).unwrap()).unwrap();
                left -= len;
            }
            rows.finish().unwrap();
        }
        writer.finish().unwrap()
    }

    fn check_written(file: &File, rows: &[Vec<&str>], piped: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        for row in rows.iter().filter(|row| row[0] == if piped { "1" } else { "0" }) {
            let (at, expected) = (row[1].parse().unwrap(), hex(row[2]));
            if expected.is_empty() {
                let len = file.metadata().unwrap().len();
                if len != at {
                    wrong.push(format!("{len} bytes, NumPy has {at}"));
                }
                continue;
            }
            let mut found = vec![0; expected.len()];
            file.read_exact_at(&mut found, at).unwrap();
            if found != expected {
                let first = found.iter().zip(&expected).position(|(a, b)| a != b).unwrap();
                let shown = |bytes: &[u8]| {
                    bytes[first..].iter().take(16).map(|b| format!("{b:02x}")).collect::<String>()
                };
                wrong.push(format!(
                    "piped: {piped}, byte {first} behind {at}: {}, NumPy has {}",
                    shown(&found),
                    shown(&expected)
                ));
            }
        }
        wrong
    }

    /// All but the zeros is what NumPy wrote, and it is read.
    fn check(python: Python, table: &'static str) {
        let table = Table::new("large", table);
        let profile = Profile { numpy: NumPy::LATEST, python };
        let options = WriteOptions::default().profile(profile);
        let folder = tempfile::tempdir().unwrap();
        let mut wrong = Vec::new();
        for piped in [false, true] {
            let path = folder.path().join(format!("{piped}.npz"));
            let file = File::create_new(&path).unwrap();
            let target = Sparse { file, zeros: vec![0; PIECE] };
            let target = if piped {
                write_rows(npz::Writer::streamed(target, &options))
            } else {
                write_rows(npz::Writer::new(target, &options).unwrap())
            };
            drop(target);
            let file = File::open(&path).unwrap();
            wrong.extend(check_written(&file, &table.rows, piped));
            let unchecked = ReadOptions::default().check_crc(false);
            for archive in
                [npz::read(&path, &unchecked).unwrap(), npz::map(&path, &unchecked).unwrap()]
            {
                assert_eq!(archive.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
                for (name, size) in SIZES {
                    let member = archive.member(name).unwrap();
                    let header = member.header().unwrap().unwrap();
                    assert_eq!(header.shape().dims(), [size]);
                    assert_eq!(member.uncompressed_size(), size as u64 + 128);
                    assert_eq!(member.compressed_size(), size as u64 + 128);
                }
                assert_eq!(archive.array("c").unwrap().data()[..], [0; 3]);
            }
            // Its elements are in the map, wherever they are.
            let archive = npz::map(&path, &unchecked).unwrap();
            let array = archive.array("b").unwrap();
            assert_eq!((array.len(), array.data()[(1 << 32) + 9]), ((1 << 32) + 10, 0));
        }
        report("large archives", 2, wrong);
    }

    #[test]
    fn members_beyond_4_gib_are_written_byte_for_byte() {
        check(Python::DEFAULT, include_str!("../data/npz/large-3.11.7-2.4.6.tsv"));
    }

    #[test]
    fn members_beyond_4_gib_are_written_byte_for_byte_in_the_old_style() {
        check(Python::new(3, 10, 13), include_str!("../data/npz/large-3.10.13-2.2.6.tsv"));
    }

    /// Checked as it is read, in pieces; and edited, beyond all offsets of 32 bits.
    #[test]
    fn archives_beyond_4_gib_are_streamed_and_edited() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npz");
        let target = Sparse { file: File::create_new(&path).unwrap(), zeros: vec![0; PIECE] };
        drop(write_rows(npz::Writer::new(target, &WriteOptions::default()).unwrap()));
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        let mut reader = archive.member("a").unwrap().reader().unwrap();
        let read = std::io::copy(&mut reader, &mut std::io::sink()).unwrap();
        assert_eq!(read, (1 << 31) + 10 + 128);
        let array = counting("<i4", &[5]);
        let before = std::fs::metadata(&path).unwrap().len();
        let mut editor = Editor::open(&path, &EditOptions::default()).unwrap();
        editor.append("d", &array.view()).unwrap();
        editor.remove("a").unwrap();
        editor.commit().unwrap();
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!(archive.keys().collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(archive.trailing(), 0);
        crate::assert_same(&archive.array("d").unwrap(), &array);
        assert!(archive.member("d").unwrap().data_offset().unwrap() > before);
        // A crash in the middle of it leaves the old archive, far from the end as it may be.
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(before + 100).unwrap();
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!((archive.len(), archive.trailing()), (3, 100));
        file.set_len(before + (1 << 30)).unwrap();
        let archive = npz::read(&path, &ReadOptions::default()).unwrap();
        assert_eq!((archive.len(), archive.trailing()), (3, 1 << 30));
    }

    /// Deflated to little, so that only one of its sizes needs 64 bits.
    #[test]
    fn members_that_deflate_to_little_are_written_byte_for_byte() {
        for (python, table) in [
            (Python::DEFAULT, include_str!("../data/npz/large-3.11.7-2.4.6.tsv")),
            (Python::new(3, 10, 13), include_str!("../data/npz/large-3.10.13-2.2.6.tsv")),
        ] {
            let profile = Profile { numpy: NumPy::LATEST, python };
            let options = crate::options(npz::Compression::NumPy).profile(profile);
            let target = std::io::Cursor::new(Vec::new());
            let mut writer = npz::Writer::new(target, &options).unwrap();
            let size = (1 << 31) + 10;
            let shape = Shape::new(&[size]).unwrap();
            let zeros = Array::from_vec(&[1 << 24], vec![0_u8; 1 << 24]).unwrap();
            let mut rows = writer.rows("a", dtype("u1"), &shape, false).unwrap();
            for _ in 0..size >> 24 {
                rows.write_rows(&zeros.view()).unwrap();
            }
            rows.write_rows(&Array::from_vec(&[10], vec![0_u8; 10]).unwrap().view()).unwrap();
            rows.finish().unwrap();
            let bytes = writer.finish().unwrap().into_inner();
            let found = [bytes.len().to_string(), format!("{:08x}", crc32fast::hash(&bytes))];
            let table = Table::new("large", table);
            let row = table.rows.iter().find(|row| row[0] == "deflated").unwrap();
            // A ratio that is refused unless it is asked for.
            let archive = crate::open(&bytes).unwrap();
            assert!(archive.member("a").unwrap().reader().is_err());
            assert!(archive.member("a").unwrap().header().unwrap().is_some());
            let limits = npbytes::Limits::DEFAULT.inflate_ratio(1032);
            let options = ReadOptions::default().limits(limits);
            let archive = npz::decode(&bytes.into(), &options).unwrap();
            let mut reader = archive.member("a").unwrap().reader().unwrap();
            let mut head = [0; 128];
            reader.read_exact(&mut head).unwrap();
            assert!(head.starts_with(&npy::MAGIC));
            assert_eq!(found[..], row[1..], "{python}");
        }
    }
}
