//! IPC files and streams.

use std::io::Read;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use bytes::Bytes;
use npbytes_arrow::ipc::{
    Compression, File, Format, ReadOptions, Reader, Signature, WriteOptions, Writer, sniff,
};

use crate::{assert_columns, columns, file, path, schema_of};

fn read(bytes: Bytes) -> Vec<RecordBatch> {
    File::new(bytes, &ReadOptions::default()).unwrap().batches().collect::<Result<_, _>>().unwrap()
}

fn streamed(source: impl Read) -> Vec<RecordBatch> {
    Reader::new(source, &ReadOptions::default()).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn files_of_pyarrow_are_read_whole_and_front_to_back() {
    for name in ["plain.arrow", "lz4.arrow", "zstd.arrow", "default.feather"] {
        assert_columns(&read(file(name)), name);
        assert_columns(&streamed(&file(name)[..]), name);
    }
    assert_columns(&streamed(&file("plain.arrows")[..]), "plain.arrows");
    let file = File::map(path("lz4.arrow"), &ReadOptions::default()).unwrap();
    assert_eq!((file.num_batches(), file.num_rows().unwrap(), file.rows_of(2).unwrap()), (3, 5, 1));
    assert_eq!(file.schema().metadata()["made"], "by pyarrow");
    assert_eq!(file.columns(1, &[1]).unwrap().num_columns(), 1);
    assert!(file.columns(1, &[6]).is_err() && file.batch(3).is_err());
}

#[test]
fn some_columns_of_a_stream() {
    let bytes = file("plain.arrows");
    let reader = Reader::new(&bytes[..], &ReadOptions::default()).unwrap();
    let batches: Vec<_> = reader.with_columns(vec![2]).unwrap().map(Result::unwrap).collect();
    assert_eq!(crate::texts(&batches, "s"), ["a", "bc", "null", "", "é"]);
    assert_eq!(batches[0].num_columns(), 1);
}

#[test]
fn buffers_of_a_file_are_those_of_its_bytes() {
    let bytes = file("plain.arrow");
    // Allocated where a map would be: at a multiple of 64.
    let mut padded = vec![0; bytes.len() + 64];
    let at = padded.as_ptr().align_offset(64);
    padded[at..at + bytes.len()].copy_from_slice(&bytes);
    let bytes = Bytes::from(padded).slice(at..at + bytes.len());
    let batch = File::new(bytes.clone(), &ReadOptions::default()).unwrap().batch(0).unwrap();
    let floats = batch.column_by_name("f").unwrap().as_primitive::<Float64Type>();
    let place = floats.values().as_ptr() as usize - bytes.as_ptr() as usize;
    assert!(place < bytes.len(), "no copy");
    assert_eq!(&bytes[place..place + 8], 0.5_f64.to_le_bytes());
}

#[test]
fn what_is_written_is_read_again() {
    let batches = columns();
    let schema = schema_of(&batches);
    for format in [Format::File, Format::Stream] {
        for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
            let mut options = WriteOptions::default();
            (options.format, options.compression) = (format, compression);
            let mut writer = Writer::new(Vec::new(), &schema, &options).unwrap();
            for batch in &batches {
                writer.write(batch).unwrap();
            }
            let bytes = writer.finish().unwrap();
            let what = format!("{format:?} {compression:?}");
            assert_columns(&streamed(&bytes[..]), &what);
            let signature =
                if format == Format::File { Signature::File } else { Signature::Message };
            assert_eq!(sniff(&bytes), Some(signature));
            if format == Format::File {
                assert_columns(&read(bytes.into()), &what);
            }
        }
    }
}

#[test]
fn a_file_is_replaced_or_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.arrow");
    std::fs::write(&path, "what was there").unwrap();
    let batches = columns();
    let schema = schema_of(&batches);
    let fails = [Ok(batches[0].clone()), Err(std::io::Error::other("no more").into())];
    let error =
        npbytes_arrow::ipc::write(&path, &schema, fails, &WriteOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "no more");
    assert_eq!(std::fs::read(&path).unwrap(), b"what was there");
    let all = batches.into_iter().map(Ok);
    npbytes_arrow::ipc::write(&path, &schema, all, &WriteOptions::default()).unwrap();
    let file = File::read(&path, &ReadOptions::default()).unwrap();
    assert_columns(&file.batches().map(Result::unwrap).collect::<Vec<_>>(), "written");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_is_something_else_is_said() {
    let options = ReadOptions::default();
    let error = File::new(file("old.feather"), &options).unwrap_err();
    assert!(error.to_string().contains("Feather file of version 1"), "{error}");
    assert!(error.help().unwrap().contains("write_feather"));
    let error = File::new(file("plain.arrows"), &options).unwrap_err();
    assert!(error.help().unwrap().contains("stream"), "{error}");
    for bytes in [&b""[..], b"ARROW1", b"\x93NUMPY\x01\x00", b"ARROW1\0\0ARROW1"] {
        assert!(File::new(Bytes::copy_from_slice(bytes), &options).is_err(), "{bytes:?}");
        assert!(Reader::new(bytes, &options).is_err(), "{bytes:?}");
    }
    let error = Reader::new(&file("c_f8.tensor")[..], &options).unwrap_err();
    assert!(error.to_string().contains("expected a schema first, found a tensor"), "{error}");
    assert_eq!(sniff(&file("c_f8.tensor")), Some(Signature::Message));
    // np.full(8, -1, 'i4') and np.array([-1, 8, 8, 8], 'i4')
    assert_eq!(sniff(&[0xff; 32]), None);
    assert_eq!(sniff(b"\xff\xff\xff\xff\x08\0\0\0\x08\0\0\0\x08\0\0\0"), None);
}

#[test]
fn memory_has_a_limit() {
    let mut options = ReadOptions::default();
    options.limits = npbytes::Limits::default().array_bytes(16);
    let zeros: arrow_array::ArrayRef =
        std::sync::Arc::new(arrow_array::Int64Array::from(vec![0; 4096]));
    let batch = RecordBatch::try_from_iter([("zeros", zeros)]).unwrap();
    for compression in [Compression::Lz4, Compression::Zstd] {
        let mut written = WriteOptions::default();
        written.compression = compression;
        let mut writer = Writer::new(Vec::new(), &batch.schema(), &written).unwrap();
        writer.write(&batch).unwrap();
        let file = File::new(writer.finish().unwrap().into(), &options).unwrap();
        let error = file.batch(0).unwrap_err();
        assert!(error.to_string().contains("becomes 32768 bytes, the limit is 16"), "{error}");
        assert!(error.help().unwrap().contains("32768"));
    }
    let error =
        Reader::new(&file("plain.arrows")[..], &options).unwrap().find_map(Result::err).unwrap();
    assert!(error.to_string().contains("the limit on what is held is 16"), "{error}");
}
