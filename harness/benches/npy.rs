//! Raw and .npy, read and written, beside npyz, ndarray-npy and a plain copy or read of the same bytes.
//!
//! `cargo bench -p npbytes-harness -- 'read file'` runs one group. Ratios within a run are what counts;
//! NumPy's own times stand beside ours in the table of `just test-roundtrip`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it fails")]

use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, BufWriter, Cursor, Read, Write};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array2, ShapeBuilder};
use ndarray_npy::{ReadNpyExt, ViewNpyExt, WriteNpyExt};
use npbytes::{Array, ArrayView, AxisOrder, ByteOrder, DType, Order, Shape, npy, raw};
use npyz::WriterBuilder;

const SIZES: [(&str, usize); 3] = [("6 KiB", 6 << 10), ("1 MiB", 1 << 20), ("64 MiB", 64 << 20)];

fn read_options() -> npy::ReadOptions {
    npy::ReadOptions::default()
}

fn write_options() -> npy::WriteOptions {
    npy::WriteOptions::default()
}

fn floats(bytes: usize) -> Vec<f64> {
    (0..bytes / 8).map(|i| i as f64 * 0.5).collect()
}

fn npy_of(array: &Array) -> Bytes {
    npy::encode(&array.view(), &write_options()).unwrap().into()
}

fn group<'c>(c: &'c mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_millis(if bytes > 1 << 24 { 2500 } else { 1000 }));
    group.sample_size(if bytes > 1 << 24 { 15 } else { 30 });
    group
}

/// From memory: what it takes to have values, borrowed and owned.
fn decode(c: &mut Criterion) {
    for (label, size) in SIZES {
        let array = Array::from_vec(&[size / 8], floats(size)).unwrap();
        let file = npy_of(&array);
        let mut g = group(c, &format!("decode f64 from memory, {label}"), size);
        g.bench_function("npbytes, borrowed", |b| {
            b.iter(|| {
                npy::view(black_box(&file), &read_options())
                    .unwrap()
                    .as_slice::<f64>()
                    .unwrap()
                    .len()
            });
        });
        g.bench_function("npbytes, owned", |b| {
            b.iter(|| {
                npy::view(black_box(&file), &read_options()).unwrap().to_vec::<f64>().unwrap()
            });
        });
        g.bench_function("ndarray-npy, borrowed", |b| {
            b.iter(|| ndarray::ArrayView1::<f64>::view_npy(black_box(&file)).unwrap().len());
        });
        g.bench_function("ndarray-npy, owned", |b| {
            b.iter(|| Array1::<f64>::read_npy(black_box(&file[..])).unwrap());
        });
        g.bench_function("npyz, owned", |b| {
            b.iter(|| npyz::NpyFile::new(black_box(&file[..])).unwrap().into_vec::<f64>().unwrap());
        });
        g.bench_function("plain copy", |b| b.iter(|| black_box(&file[128..]).to_vec()));
        g.finish();

        let raw_bytes = array.data().clone();
        let spec = raw::Spec::new(DType::parse("<f8").unwrap());
        let mut g = group(c, &format!("decode raw f64 from memory, {label}"), size);
        g.bench_function("npbytes, shared", |b| {
            b.iter(|| raw::decode(black_box(&raw_bytes), &spec).unwrap())
        });
        g.bench_function("npbytes, owned", |b| {
            b.iter(|| raw::view(black_box(&raw_bytes), &spec).unwrap().to_vec::<f64>().unwrap());
        });
        g.bench_function("plain copy", |b| b.iter(|| black_box(&raw_bytes[..]).to_vec()));
        g.finish();
    }
}

fn encode(c: &mut Criterion) {
    for (label, size) in SIZES {
        let values = floats(size);
        let array = Array::from_vec(&[size / 8], values.clone()).unwrap();
        let peer = Array1::from(values.clone());
        let mut g = group(c, &format!("encode f64 to memory, {label}"), size);
        g.bench_function("npbytes", |b| {
            b.iter(|| npy::encode(&array.view(), &write_options()).unwrap())
        });
        g.bench_function("npbytes, raw", |b| {
            b.iter(|| raw::encode(&array.view(), Order::C).unwrap())
        });
        g.bench_function("ndarray-npy", |b| {
            b.iter(|| {
                let mut out = Vec::with_capacity(size + 128);
                peer.write_npy(&mut out).unwrap();
                out
            });
        });
        g.bench_function("npyz", |b| {
            b.iter(|| {
                let mut out = Vec::with_capacity(size + 128);
                write_npyz(&mut out, &values);
                out
            });
        });
        g.bench_function("plain copy", |b| b.iter(|| black_box(array.data()).to_vec()));
        g.finish();
    }
}

fn write_npyz(out: &mut (impl Write + ?Sized), values: &[f64]) {
    let mut writer = npyz::WriteOptions::new()
        .default_dtype()
        .shape(&[values.len() as u64])
        .writer(out)
        .begin_nd()
        .unwrap();
    writer.extend(values.iter().copied()).unwrap();
    writer.finish().unwrap();
}

fn read_file(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    for (label, size) in SIZES {
        let array = Array::from_vec(&[size / 8], floats(size)).unwrap();
        npy::write(&path, &array.view(), &write_options()).unwrap();
        let mut g = group(c, &format!("read file f64, {label}"), size);
        g.bench_function("npbytes, owned", |b| {
            b.iter(|| npy::read(&path, &read_options()).unwrap())
        });
        g.bench_function("npbytes, mapped", |b| {
            b.iter(|| npy::map(&path, &read_options()).unwrap())
        });
        g.bench_function("ndarray-npy, owned", |b| {
            b.iter(|| Array1::<f64>::read_npy(File::open(&path).unwrap()).unwrap());
        });
        g.bench_function("npyz, owned", |b| {
            b.iter(|| {
                let file = BufReader::new(File::open(&path).unwrap());
                npyz::NpyFile::new(file).unwrap().into_vec::<f64>().unwrap()
            });
        });
        g.bench_function("plain read into a new Vec", |b| b.iter(|| std::fs::read(&path).unwrap()));
        let mut reused = vec![0; size + 128];
        g.bench_function("plain read into a used buffer", |b| {
            b.iter(|| File::open(&path).unwrap().read_exact(&mut reused).unwrap());
        });
        g.finish();
    }
}

fn write_file(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npy");
    for (label, size) in SIZES {
        let values = floats(size);
        let array = Array::from_vec(&[size / 8], values.clone()).unwrap();
        let peer = Array1::from(values.clone());
        let mut g = group(c, &format!("write file f64, {label}"), size);
        let fresh = |path: &Path| drop(std::fs::remove_file(path));
        g.bench_function("npbytes, renamed into place", |b| {
            b.iter(|| {
                fresh(&path);
                npy::write(&path, &array.view(), &write_options()).unwrap();
            });
        });
        g.bench_function("ndarray-npy", |b| {
            b.iter(|| {
                fresh(&path);
                peer.write_npy(BufWriter::new(File::create(&path).unwrap())).unwrap();
            });
        });
        g.bench_function("npyz", |b| {
            b.iter(|| {
                fresh(&path);
                write_npyz(&mut BufWriter::new(File::create(&path).unwrap()), &values);
            });
        });
        g.bench_function("plain write", |b| {
            b.iter(|| {
                fresh(&path);
                std::fs::write(&path, array.data()).unwrap();
            });
        });
        g.finish();
    }
}

/// Elements that have to be moved or swapped.
fn convert(c: &mut Criterion) {
    for (label, size) in SIZES {
        let side = (size / 8).isqrt();
        let (rows, columns) = (side, size / 8 / side);
        let size = rows * columns * 8;
        let values = floats(size);
        let native = Array::from_vec(&[rows, columns], values.clone()).unwrap();
        let big = native.converted(Order::C, ByteOrder::Big).unwrap();
        let shape = Shape::new(&[rows, columns]).unwrap();
        let fortran =
            Array::new(native.dtype().clone(), shape, AxisOrder::F, native.data().clone()).unwrap();
        let (big_file, fortran_file) = (npy_of(&big), npy_of(&fortran));

        let mut g = group(c, &format!("big-endian f64 to native, {label}"), size);
        g.bench_function("npbytes", |b| b.iter(|| big.view().to_vec::<f64>().unwrap()));
        g.bench_function("npbytes, native", |b| b.iter(|| native.view().to_vec::<f64>().unwrap()));
        g.bench_function("ndarray-npy", |b| {
            b.iter(|| Array2::<f64>::read_npy(&big_file[..]).unwrap());
        });
        g.bench_function("npyz", |b| {
            b.iter(|| npyz::NpyFile::new(&big_file[..]).unwrap().into_vec::<f64>().unwrap());
        });
        g.finish();

        let mut g = group(c, &format!("f64 in Fortran order to C, {label}"), size);
        g.bench_function("npbytes", |b| b.iter(|| fortran.view().to_vec::<f64>().unwrap()));
        g.bench_function("ndarray-npy and ndarray", |b| {
            b.iter(|| {
                let array = Array2::<f64>::read_npy(&fortran_file[..]).unwrap();
                array.as_standard_layout().into_owned()
            });
        });
        let peer = Array2::from_shape_vec((rows, columns).f(), values.clone()).unwrap();
        g.bench_function("ndarray", |b| b.iter(|| peer.as_standard_layout().into_owned()));
        g.bench_function("plain copy", |b| b.iter(|| black_box(native.data()).to_vec()));
        g.finish();

        let every_other = "::2, ::2".parse().unwrap();
        let mut g = group(c, &format!("write a strided view of f64, {label}"), size / 4);
        g.bench_function("npbytes", |b| {
            b.iter(|| {
                let view = native.view().slice(&every_other).unwrap();
                npy::encode(&view, &write_options()).unwrap()
            });
        });
        g.finish();
    }
}

/// One record of a table, as npyz reads it.
#[derive(npyz::Deserialize)]
#[allow(dead_code, reason = "read, not looked at")]
struct Row {
    id: i32,
    value: f64,
    weight: f32,
}

fn records(c: &mut Criterion) {
    for (label, size) in SIZES {
        let dtype = DType::parse("[('id', '<i4'), ('value', '<f8'), ('weight', '<f4')]").unwrap();
        let rows = size / 16;
        let data = vec![1_u8; rows * 16];
        let array =
            Array::new(dtype, Shape::new(&[rows]).unwrap(), AxisOrder::C, data.into()).unwrap();
        let file = npy_of(&array);
        let mut g = group(c, &format!("records (i4, f8, f4) to columns, {label}"), rows * 16);
        g.bench_function("npbytes", |b| {
            b.iter(|| {
                let view: ArrayView<'_> = array.view();
                (
                    view.field("id").unwrap().to_vec::<i32>().unwrap(),
                    view.field("value").unwrap().to_vec::<f64>().unwrap(),
                    view.field("weight").unwrap().to_vec::<f32>().unwrap(),
                )
            });
        });
        g.bench_function("npyz, structs", |b| {
            b.iter(|| npyz::NpyFile::new(&file[..]).unwrap().into_vec::<Row>().unwrap());
        });
        g.finish();
    }
}

/// 100,000 images of 28 x 28 bytes, one file each: the price of a header.
fn small(c: &mut Criterion) {
    const COUNT: usize = 100_000;
    let array = Array::from_vec(&[28, 28], vec![7_u8; 784]).unwrap();
    let file = npy_of(&array);
    let files: Vec<u8> = file.repeat(COUNT);
    let files = Bytes::from(files);
    let mut g = group(c, "100,000 arrays of 28 x 28 u8 from memory", files.len());
    g.bench_function("npbytes, views", |b| {
        b.iter(|| {
            files
                .chunks_exact(file.len())
                .map(|file| npy::view(file, &read_options()).unwrap().as_slice::<u8>().unwrap()[0])
                .map(usize::from)
                .sum::<usize>()
        });
    });
    g.bench_function("npbytes, owned", |b| {
        b.iter(|| {
            for file in files.chunks_exact(file.len()) {
                black_box(npy::view(file, &read_options()).unwrap().to_vec::<u8>().unwrap());
            }
        });
    });
    g.bench_function("npbytes, one stream of shared arrays", |b| {
        b.iter(|| {
            let mut rest = files.clone();
            let mut count = 0;
            while !rest.is_empty() {
                let (array, next) = npy::split(&rest, &read_options()).unwrap();
                count += array.len();
                rest = next;
            }
            count
        });
    });
    g.bench_function("ndarray-npy, owned", |b| {
        b.iter(|| {
            for file in files.chunks_exact(file.len()) {
                black_box(Array2::<u8>::read_npy(file).unwrap());
            }
        });
    });
    g.bench_function("npyz, owned", |b| {
        b.iter(|| {
            for file in files.chunks_exact(file.len()) {
                black_box(npyz::NpyFile::new(file).unwrap().into_vec::<u8>().unwrap());
            }
        });
    });
    g.finish();

    let peer = Array2::from_elem((28, 28), 7_u8);
    let mut g = group(c, "100,000 arrays of 28 x 28 u8 to memory", files.len());
    g.bench_function("npbytes", |b| {
        b.iter(|| {
            for _ in 0..COUNT {
                black_box(npy::encode(&array.view(), &write_options()).unwrap());
            }
        });
    });
    g.bench_function("ndarray-npy", |b| {
        b.iter(|| {
            for _ in 0..COUNT {
                let mut out = Cursor::new(Vec::with_capacity(1024));
                peer.write_npy(&mut out).unwrap();
                black_box(out.into_inner());
            }
        });
    });
    g.finish();
}

criterion_group!(benches, decode, encode, read_file, write_file, convert, records, small);
criterion_main!(benches);
