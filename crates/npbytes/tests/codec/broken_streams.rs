//! Streams that fail on the way, and what is left of them.

use std::cell::RefCell;
use std::io::{self, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::rc::Rc;

use npbytes::npy::{self, GrowingWriter, ReadOptions, Reader, WriteOptions, Writer};
use npbytes::{Array, ErrorKind, Shape};

use crate::{array, dtype};

/// Fails once, when so many bytes are through, and works again afterwards.
struct Once<T> {
    inner: T,
    left: usize,
    failed: bool,
}

impl<T> Once<T> {
    fn new(inner: T, after: usize) -> Self {
        Self { inner, left: after, failed: false }
    }

    fn allow(&mut self, wanted: usize) -> io::Result<usize> {
        if self.failed {
            return Ok(wanted);
        }
        if self.left == 0 {
            self.failed = true;
            return Err(io::Error::other("not now"));
        }
        let now = wanted.min(self.left);
        self.left -= now;
        Ok(now)
    }
}

impl<T: Read> Read for Once<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.allow(buffer.len())?;
        self.inner.read(&mut buffer[..len])
    }
}

impl<T: Write> Write for Once<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = self.allow(bytes.len())?;
        self.inner.write(&bytes[..len])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Seek> Seek for Once<T> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

fn encode(array: &Array) -> Vec<u8> {
    npy::encode(&array.view(), &WriteOptions::default()).unwrap()
}

fn bytes(len: u8) -> Array {
    array("u1", &[usize::from(len)], &(0..len).collect::<Vec<u8>>())
}

/// f = io.BytesIO(); np.save(f, np.array([None], object)); f.getvalue()
fn objects() -> Vec<u8> {
    let header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    let mut file = b"\x93NUMPY\x01\x00v\x00".to_vec();
    file.extend(header);
    file.resize(127, b' ');
    file.push(b'\n');
    file.extend(b"\x80\x03cnumpy._core.multiarray\n_reconstruct\nq\x00");
    file
}

fn assert_failed<R: Read>(reader: &mut Reader<R>) {
    for error in [
        reader.read_array().unwrap_err(),
        reader.read_rows(1).unwrap_err(),
        reader.next_array().map(drop).unwrap_err(),
    ] {
        assert!(error.to_string().contains("an earlier read failed"), "{error}");
    }
}

/// Behind an array of objects nothing is found again, as nothing says how long its pickle is.
#[test]
fn objects_in_a_stream_are_seen_and_not_passed() {
    let stream = [&encode(&bytes(200))[..], &objects(), &encode(&bytes(3))].concat();
    for taken in 0..3 {
        let mut reader = Reader::new(&stream[..], ReadOptions::default()).unwrap();
        match taken {
            0 => {}
            1 => drop(reader.read_rows(5).unwrap().unwrap()),
            _ => drop(reader.read_array().unwrap().unwrap()),
        }
        let header = reader.next_array().unwrap().unwrap();
        assert!(header.dtype().has_object());
        assert_eq!(header.shape().dims(), [1]);
        assert_eq!(reader.start(), 328);
        for _ in 0..2 {
            let error = reader.read_array().unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
            let error = reader.read_rows(1).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
            let error = reader.next_array().unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error:?}");
            assert!(error.help().unwrap().contains("cannot be skipped"), "{error:?}");
        }
        assert!(reader.into_inner().starts_with(b"\x80\x03cnumpy"));
    }
    // The first in a stream, too.
    let reader = Reader::new(&stream[328..], ReadOptions::default()).unwrap();
    assert!(reader.header().dtype().has_object());
}

/// What follows an array and is none is not handed out as one.
#[test]
fn nothing_is_read_after_a_header_that_is_none() {
    for tail in [&b"junk and more of it"[..], b"\x93NUM", b"\x93NUMPY\x01\x00\x04\x00{'a'and more"]
    {
        let stream = [&encode(&bytes(3))[..], tail, &encode(&bytes(9))].concat();
        for rows in 0..3 {
            let mut reader = Reader::new(&stream[..], ReadOptions::default()).unwrap();
            if rows > 0 {
                reader.read_rows(rows).unwrap().unwrap();
            }
            reader.next_array().unwrap_err();
            assert_eq!(reader.header().shape().dims(), [3]);
            assert_failed(&mut reader);
        }
    }
}

/// A source that fails at any byte, and would go on afterwards.
#[test]
fn nothing_is_read_after_an_error_of_the_source() {
    let file = encode(&bytes(20));
    let stream = [&file[..], &file].concat();
    for after in 128..stream.len() {
        let mut reader =
            Reader::new(Once::new(&stream[..], after), ReadOptions::default()).unwrap();
        let error = loop {
            match reader.read_rows(7) {
                Ok(Some(_)) => {}
                Ok(None) => match reader.next_array() {
                    Ok(_) => {}
                    Err(error) => break error,
                },
                Err(error) => break error,
            }
        };
        assert_eq!(error.to_string(), "not now", "{after}");
        assert_failed(&mut reader);
    }
}

/// Errors that read nothing leave the reader as it was.
#[test]
fn a_question_that_is_refused_harms_nothing() {
    let file = encode(&bytes(20));
    let limits = npbytes::Limits::default().array_bytes(10);
    let mut reader = Reader::new(&file[..], ReadOptions::with_limits(limits)).unwrap();
    assert!(reader.read_rows(0).is_err());
    assert!(reader.read_array().is_err());
    assert!(reader.read_rows(11).is_err());
    assert_eq!(reader.read_rows(10).unwrap().unwrap().data()[..], (0..10).collect::<Vec<u8>>());
    assert_eq!(reader.read_rows(10).unwrap().unwrap().data()[..], (10..20).collect::<Vec<u8>>());
    assert!(reader.read_rows(1).unwrap().is_none());
}

/// An array without bytes is read once, as any other.
#[test]
fn arrays_without_bytes_end() {
    for (text, shape) in [("<i4", &[0][..]), ("<i4", &[3, 0]), ("S0", &[5]), ("S0", &[])] {
        let file = encode(&array(text, shape, &[]));
        let stream = [&file[..], &file].concat();
        let mut reader = Reader::new(&stream[..], ReadOptions::default()).unwrap();
        for last in [false, true] {
            assert_eq!(reader.read_array().unwrap().unwrap().shape().dims(), shape);
            assert!(reader.read_array().unwrap().is_none(), "{text} {shape:?}");
            assert!(reader.read_rows(1).unwrap().is_none());
            assert_eq!(reader.next_array().unwrap().is_none(), last);
        }
        assert!(reader.read_array().unwrap().is_none());
    }
}

/// A target that fails at any byte of the rows: the array is never said to be complete.
#[test]
fn lost_rows_are_not_forgotten() {
    let rows = array("<u2", &[4, 3], &(0..24).collect::<Vec<u8>>());
    let shape = Shape::new(&[8, 3]).unwrap();
    let options = WriteOptions::default();
    for after in 128..128 + 48 {
        let target = Once::new(Vec::new(), after);
        let mut writer = Writer::new(target, dtype("<u2"), &shape, false, &options).unwrap();
        let written = (0..2).find_map(|_| writer.write_rows(&rows.view()).err());
        assert_eq!(written.expect("it fails once").to_string(), "not now");
        // As many as are missing, by the one count or by the other.
        let error = writer.write_rows(&rows.view()).unwrap_err();
        assert!(error.to_string().contains("rows were lost"), "{error}");
        let error = writer.finish().map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("rows were lost"), "{error}");

        let target = Once::new(Cursor::new(Vec::new()), after);
        let row = Shape::new(&[3]).unwrap();
        let mut writer = GrowingWriter::new(target, dtype("<u2"), &row, false, &options).unwrap();
        let written = (0..2).find_map(|_| writer.write_rows(&rows.view()).err());
        assert_eq!(written.expect("it fails once").to_string(), "not now");
        let error = writer.write_rows(&rows.view()).unwrap_err();
        assert!(error.to_string().contains("rows were lost"), "{error}");
        let error = writer.finish().map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("rows were lost"), "{error}");
    }
}

/// A file that can be looked at while it is written.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Cursor<Vec<u8>>>>);

impl Shared {
    /// The length of the array that is there, and the bytes behind the header.
    fn state(&self) -> (usize, usize) {
        let bytes = self.0.borrow().get_ref().clone();
        let header = npy::Header::parse(&bytes, &ReadOptions::default()).unwrap();
        (header.shape()[0], bytes.len() - header.data_offset())
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.borrow_mut().seek(to)
    }
}

/// The header is there from the start, also where the target collects what is written; and it counts the rows
/// once they were forced to disk.
#[test]
fn a_growing_file_is_an_array_at_every_time() {
    let file = Shared::default();
    let new = || {
        let target = BufWriter::new(file.clone());
        GrowingWriter::new(target, dtype("u1"), &Shape::default(), false, &WriteOptions::default())
    };
    let mut writer = new().unwrap();
    assert_eq!(file.state(), (0, 0));
    writer.write_rows(&bytes(200).view()).unwrap();
    let mut synced = Vec::new();
    writer
        .finish_synced(|_| {
            synced.push(file.state());
            Ok(())
        })
        .unwrap();
    assert_eq!(synced, [(0, 200), (200, 200)]);
    // An error there ends it before the header counts anything.
    file.0.borrow_mut().set_position(0);
    file.0.borrow_mut().get_mut().clear();
    let mut writer = new().unwrap();
    writer.write_rows(&bytes(200).view()).unwrap();
    let error = writer.finish_synced(|_| Err(io::Error::other("no disk"))).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "no disk");
    assert_eq!(file.state(), (0, 200));
}
