//! Streams of rows: readers, writers, and writers whose length is not known at the start.

use std::io::{self, Cursor, Read, Write};

use npbytes::npy::{self, GrowingWriter, ReadOptions, Reader, WriteOptions, Writer};
use npbytes::{Array, ErrorKind, Limits, NumPy, Order, Shape};

use crate::{array, dtype};

/// Hands out a few bytes at a time, as a socket does.
struct Slow<'a> {
    data: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.step.min(buffer.len()).min(self.data.len());
        let (now, later) = self.data.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.data = later;
        Ok(len)
    }
}

/// Takes a few bytes at a time.
struct SlowSink(Vec<u8>, usize);

impl Write for SlowSink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let len = self.1.min(buffer.len());
        self.0.extend_from_slice(&buffer[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Arrays of several dtypes and shapes, in C and in Fortran order.
fn arrays() -> Vec<Array> {
    let mut out = Vec::new();
    for text in ["<i4", ">u2", "u1", "S3", "S0", "[('x', '<i2'), ('', 'V1'), ('y', '>f4')]"] {
        for shape in [&[][..], &[0], &[5], &[7, 3], &[0, 3], &[4, 0], &[3, 2, 4], &[1, 6], &[6, 1]]
        {
            let shape = Shape::new(shape).unwrap();
            let size = shape.bytes(dtype(text).itemsize()).unwrap();
            let data: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let c = array(text, &shape, &data);
            let f = c.converted(Order::F, npbytes::ByteOrder::NotApplicable).unwrap();
            out.extend([c, f]);
        }
    }
    out
}

fn encode(array: &Array) -> Vec<u8> {
    npy::encode(&array.view(), &WriteOptions::default()).unwrap()
}

/// Fortran order as `np.save` writes it: never for what is contiguous both ways.
fn is_fortran(array: &Array) -> bool {
    array.view().is_fortran()
}

#[test]
fn whole_arrays_are_read_from_slow_sources() {
    for array in arrays() {
        let file = encode(&array);
        for step in [1, 7, 64, 1 << 20] {
            let mut reader =
                Reader::new(Slow { data: &file, step }, ReadOptions::default()).unwrap();
            assert_eq!(reader.header().dtype(), array.dtype());
            let back = reader.read_array().unwrap().unwrap();
            assert_eq!(back.shape(), array.shape());
            assert_eq!(
                back.to_bytes(Order::C).unwrap(),
                npy::decode(&file.clone().into(), &Default::default())
                    .unwrap()
                    .to_bytes(Order::C)
                    .unwrap()
            );
            assert!(reader.next_array().unwrap().is_none());
            assert!(reader.next_array().unwrap().is_none());
        }
    }
}

#[test]
fn rows_are_read_in_chunks_of_any_size() {
    for array in arrays() {
        let file = encode(&array);
        let whole = npy::decode(&file.clone().into(), &Default::default()).unwrap();
        for rows in [1, 2, 3, 100, usize::MAX] {
            let mut reader = Reader::new(&file[..], ReadOptions::default()).unwrap();
            let axis = reader.header().row_axis();
            let mut data = Vec::new();
            let mut count = 0;
            while let Some(chunk) = reader.read_rows(rows).unwrap() {
                assert_eq!(chunk.dtype(), array.dtype());
                assert_eq!(chunk.order(), &reader.header().order());
                if let Some(axis) = axis {
                    assert!((1..=rows).contains(&chunk.shape()[axis]), "{array:?}");
                    count += chunk.shape()[axis];
                    let same = (0..chunk.ndim())
                        .all(|other| other == axis || chunk.shape()[other] == array.shape()[other]);
                    assert!(same, "{array:?}");
                }
                data.extend_from_slice(chunk.data());
            }
            assert_eq!(data, whole.data().as_ref(), "{array:?} {rows}");
            if let Some(axis) = axis.filter(|_| !data.is_empty()) {
                assert_eq!(count, array.shape()[axis]);
            }
            assert!(reader.read_rows(rows).unwrap().is_none());
            assert!(reader.next_array().unwrap().is_none());
        }
        let mut reader = Reader::new(&file[..], ReadOptions::default()).unwrap();
        assert!(reader.read_rows(0).is_err());
    }
}

#[test]
fn several_arrays_are_read_one_after_the_other() {
    let all = arrays();
    let stream: Vec<u8> = all.iter().flat_map(encode).collect();
    // All of each, some rows of each, nothing of each.
    for taken in 0..3 {
        let mut reader =
            Reader::new(Slow { data: &stream, step: 50 }, ReadOptions::default()).unwrap();
        let mut start = 0;
        for (i, array) in all.iter().enumerate() {
            assert_eq!(reader.start(), start, "{i}");
            assert_eq!(reader.header().dtype(), array.dtype(), "{i}");
            assert_eq!(reader.header().shape(), array.shape(), "{i}");
            start += encode(array).len() as u64;
            match taken {
                0 => drop(reader.read_array().unwrap().unwrap()),
                1 => drop(reader.read_rows(1).unwrap()),
                _ => {}
            }
            assert_eq!(reader.next_array().unwrap().is_some(), i + 1 < all.len(), "{i}");
        }
        assert_eq!(reader.into_inner().data, b"");
    }
}

/// What follows an array and is none: the error points behind the array.
#[test]
fn trailing_bytes_are_no_array() {
    let first = encode(&array("<i4", &[2], &[0; 8]));
    for (tail, offset) in [
        (&b"junk and more of it"[..], 0),
        (b"\x93NUM", 4),
        (b"\x93NUMPY\x01\x00\x76\x00{'descr'", 18),
    ] {
        let stream = [&first[..], tail].concat();
        let mut reader = Reader::new(&stream[..], ReadOptions::default()).unwrap();
        reader.read_array().unwrap().unwrap();
        let error = reader.next_array().unwrap_err();
        assert_eq!(error.offset(), Some(first.len() as u64 + offset), "{error:?}");
    }
}

#[test]
fn streams_that_end_early_are_refused_wherever_they_end() {
    for array in arrays() {
        let file = encode(&array);
        let prefix = file.len() - array.data().len();
        for len in (0..file.len()).step_by(if prefix < 200 { 1 } else { 7 }) {
            let source = &file[..len];
            match Reader::new(source, ReadOptions::default()) {
                Err(error) => {
                    assert!(len < prefix, "{error:?}");
                    assert!(matches!(
                        error.kind(),
                        ErrorKind::Truncated { .. } | ErrorKind::Magic { .. }
                    ));
                }
                Ok(mut reader) => {
                    let error = reader.read_array().unwrap_err();
                    assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error:?}");
                    assert_eq!(error.offset(), Some(len as u64));
                    let mut reader = Reader::new(source, ReadOptions::default()).unwrap();
                    let error = reader.next_array().unwrap_err();
                    assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error:?}");
                    assert_eq!(error.offset(), Some(len as u64));
                }
            }
        }
    }
}

#[test]
fn the_array_limit_bounds_what_is_read_at_once() {
    let file = encode(&array("<i4", &[4, 5], &[0; 80]));
    let options = ReadOptions::with_limits(Limits::default().array_bytes(40));
    let mut reader = Reader::new(&file[..], options).unwrap();
    let error = reader.read_array().unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Limit { name: "array_bytes", limit: 40, needed: 80 }),
        "{error:?}"
    );
    // Rows under the limit are read.
    assert_eq!(reader.read_rows(2).unwrap().unwrap().shape().dims(), [2, 5]);
    assert!(reader.read_rows(3).unwrap().unwrap().shape().dims() == [2, 5]);
}

/// Rows of an array, from the axis along which it is streamed.
fn rows<'a>(array: &'a Array, start: usize, len: usize) -> npbytes::ArrayView<'a> {
    let all = ":, ".repeat(array.ndim() - 1);
    let range = format!("{start}:{}", start + len);
    let slice = if is_fortran(array) { all + &range } else { range };
    array.view().slice(&slice.parse().unwrap()).unwrap()
}

#[test]
fn written_rows_make_the_file_of_np_save() {
    for array in arrays().iter().filter(|array| array.ndim() > 0) {
        let file = encode(array);
        let fortran = is_fortran(array);
        let axis = if fortran { array.ndim() - 1 } else { 0 };
        let total = array.shape()[axis];
        for step in [1, 2, 100] {
            for numpy in NumPy::MEASURED {
                let options = WriteOptions::numpy(numpy);
                let expected = npy::encode(&array.view(), &options).unwrap();
                let sink = SlowSink(Vec::new(), 13);
                let mut writer =
                    Writer::new(sink, array.dtype().clone(), array.shape(), fortran, &options)
                        .unwrap();
                for start in (0..total).step_by(step) {
                    writer.write_rows(&rows(array, start, step.min(total - start))).unwrap();
                }
                let written = writer.finish().unwrap().0;
                // Padding is kept in rows that are a whole buffer, and zero in moved ones.
                if array.dtype().fields().is_none() {
                    assert_eq!(written, expected, "{array:?}");
                }
                assert_eq!(written.len(), expected.len());
            }
            let row: Vec<usize> = (0..array.ndim())
                .filter(|&other| other != axis)
                .map(|other| array.shape()[other])
                .collect();
            let row = Shape::new(&row).unwrap();
            let mut writer = GrowingWriter::new(
                Cursor::new(Vec::new()),
                array.dtype().clone(),
                &row,
                fortran,
                &WriteOptions::default(),
            )
            .unwrap();
            for start in (0..total).step_by(step) {
                writer.write_rows(&rows(array, start, step.min(total - start))).unwrap();
            }
            let target = writer.finish().unwrap();
            assert_eq!(target.position(), file.len() as u64);
            if array.dtype().fields().is_none() {
                assert_eq!(target.into_inner(), file, "{array:?}");
            }
        }
    }
}

/// Chunks that lie otherwise than the array: in the other order, reversed, strided.
#[test]
fn chunks_of_any_layout_are_written_in_the_arrays_order() {
    let array = array("<u2", &[4, 3], &(0..24).collect::<Vec<u8>>());
    let expected = encode(&array);
    let fortran = array.converted(Order::F, npbytes::ByteOrder::NotApplicable).unwrap();
    let mut writer =
        Writer::new(Vec::new(), array.dtype().clone(), array.shape(), false, &Default::default())
            .unwrap();
    writer.write_rows(&fortran.view().slice(&":2".parse().unwrap()).unwrap()).unwrap();
    let backwards = array.converted(Order::C, npbytes::ByteOrder::NotApplicable).unwrap();
    let reversed = backwards.view().slice(&"::-1".parse().unwrap()).unwrap();
    writer.write_rows(&reversed.slice(&"1::-1".parse().unwrap()).unwrap()).unwrap();
    assert_eq!(writer.finish().unwrap(), expected);
}

#[test]
fn rows_that_do_not_fit_are_refused() {
    let new = |shape: &[usize], fortran| {
        let shape = Shape::new(shape).unwrap();
        Writer::new(Vec::new(), dtype("<u2"), &shape, fortran, &Default::default())
    };
    assert!(new(&[], false).is_err());
    let mut writer = new(&[2, 3], false).unwrap();
    let write = |writer: &mut Writer<Vec<u8>>, text, shape: &[usize]| {
        let size = shape.iter().product::<usize>() * dtype(text).itemsize();
        writer.write_rows(&array(text, shape, &vec![0; size]).view())
    };
    assert!(write(&mut writer, "<i2", &[1, 3]).is_err());
    assert!(write(&mut writer, ">u2", &[1, 3]).unwrap_err().help().is_some());
    assert!(write(&mut writer, "<u2", &[1, 4]).is_err());
    assert!(write(&mut writer, "<u2", &[3]).is_err());
    assert!(write(&mut writer, "<u2", &[]).is_err());
    assert!(write(&mut writer, "<u2", &[3, 3]).is_err());
    assert!(write(&mut writer, "<u2", &[0, 3]).is_ok());
    assert!(write(&mut writer, "<u2", &[1, 3]).is_ok());
    assert!(write(&mut writer, "<u2", &[2, 3]).is_err());
    // One row is still missing.
    assert!(writer.finish().is_err());
    let mut fortran = new(&[2, 3], true).unwrap();
    assert!(write(&mut fortran, "<u2", &[1, 3]).is_err());
    assert!(write(&mut fortran, "<u2", &[2, 3]).is_ok());
    assert!(fortran.finish().is_ok());
    assert!(npy::encode(&array("O", &[1], &[0; 8]).view(), &Default::default()).is_err());
    let objects =
        Writer::new(Vec::new(), dtype("O"), &Shape::new(&[1]).unwrap(), false, &Default::default());
    assert!(objects.is_err());
}

/// Before `finish`, what is there loads as an array of no rows.
#[test]
fn a_growing_file_that_was_never_finished_is_empty() {
    let mut target = Cursor::new(Vec::new());
    let mut writer = GrowingWriter::new(
        &mut target,
        dtype("<u2"),
        &Shape::new(&[3]).unwrap(),
        false,
        &Default::default(),
    )
    .unwrap();
    writer.write_rows(&array("<u2", &[2, 3], &[1; 12]).view()).unwrap();
    drop(writer);
    let bytes = target.into_inner();
    let (empty, rest) = npy::split(&bytes.into(), &Default::default()).unwrap();
    assert_eq!(empty.shape().dims(), [0, 3]);
    assert_eq!(rest.as_ref(), [1; 12]);
}

/// A stream that does not start at 0: the header is written where the array starts.
#[test]
fn a_growing_array_may_follow_others() {
    let mut target = Cursor::new(Vec::new());
    target.write_all(b"before").unwrap();
    for n in [3_usize, 1, 0] {
        let mut writer = GrowingWriter::new(
            target,
            dtype("u1"),
            &Shape::default(),
            false,
            &WriteOptions::default(),
        )
        .unwrap();
        for i in 0..n {
            writer.write_rows(&array("u1", &[1], &[u8::try_from(i).unwrap()]).view()).unwrap();
        }
        target = writer.finish().unwrap();
    }
    let bytes = bytes::Bytes::from(target.into_inner()).slice(6..);
    let (a, rest) = npy::split(&bytes, &Default::default()).unwrap();
    let (b, rest) = npy::split(&rest, &Default::default()).unwrap();
    let (c, rest) = npy::split(&rest, &Default::default()).unwrap();
    assert_eq!([a.len(), b.len(), c.len(), rest.len()], [3, 1, 0, 0]);
    assert_eq!(a.data().as_ref(), [0, 1, 2]);
}

/// Headers of NumPy before 1.24 leave no room: where the digits need more, `finish` says so.
#[test]
fn growing_is_bounded_by_the_header_of_old_numpys() {
    let options = WriteOptions::numpy(NumPy::new(1, 23, 5));
    // 61 - 1 letters: the text of `(0,)` ends right before a multiple of 64, `(1000,)` needs three more.
    let mut refused = 0;
    for letters in 1..80 {
        let dtype = npbytes::DType::structured([("n".repeat(letters), dtype("u1"))]).unwrap();
        let mut writer = GrowingWriter::new(
            Cursor::new(Vec::new()),
            dtype.clone(),
            &Shape::default(),
            false,
            &options,
        )
        .unwrap();
        let rows = Array::new(
            dtype.clone(),
            Shape::new(&[1000]).unwrap(),
            npbytes::AxisOrder::C,
            vec![7; 1000].into(),
        )
        .unwrap();
        writer.write_rows(&rows.view()).unwrap();
        match writer.finish() {
            Ok(target) => {
                let bytes = target.into_inner();
                let back = npy::decode(&bytes.clone().into(), &Default::default()).unwrap();
                assert_eq!(back.shape().dims(), [1000]);
                assert_eq!((bytes.len() - 1000) % 64, 0);
                assert_eq!(back.data().as_ref(), [7; 1000]);
            }
            Err(error) => {
                refused += 1;
                assert!(error.help().unwrap().contains("1.24"), "{error:?}");
            }
        }
    }
    // Each 64 letters have few lengths at which the digits do not fit.
    assert!((1..=6).contains(&refused), "{refused}");
}
