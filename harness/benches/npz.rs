//! Archives of 8 members of 8 MiB and of 10,000 small ones, read and written, beside npyz and
//! ndarray-npy.
//!
//! Those are built here with the zlib that npbytes asks for, and not with their own deflate:
//! `npbytes-harness speed` times them as they are, and NumPy too.
//!
//! With `--test`, members are small: each row only runs once then.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it fails")]

use std::fs::File;
use std::io::{BufReader, BufWriter, Cursor};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::ArrayD;
use ndarray_npy::{NpzReader, NpzWriter, ReadableElement, WritableElement};
use npbytes::npz::{self, Compression, ReadOptions, WriteOptions};
use npbytes::{Array, ArrayView, Element};
use npbytes_harness::speed::data::{self, KINDS, Kind};
use rayon::{ThreadPool, ThreadPoolBuilder};

const MEMBERS: usize = 8;

fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

fn member_bytes() -> usize {
    if is_test() { 64 << 10 } else { 8 << 20 }
}

fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

fn options(compression: Compression) -> WriteOptions {
    WriteOptions::default().compression(compression)
}

fn group<'c>(c: &'c mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_millis(2500));
    group.sample_size(10);
    group
}

fn members(arrays: &[Array]) -> Vec<(String, ArrayView<'_>)> {
    arrays.iter().enumerate().map(|(i, array)| (format!("m{i}"), array.view())).collect()
}

trait Value:
    ReadableElement + WritableElement + npyz::Deserialize + Element + PartialEq + Copy
{
}
impl Value for f32 {}
impl Value for u8 {}
impl Value for i64 {}

fn ndarray_npy_reads<T: Value>(path: &Path) -> Vec<ArrayD<T>> {
    let mut reader = NpzReader::new(BufReader::new(File::open(path).unwrap())).unwrap();
    (0..reader.len()).map(|index| reader.by_index(index).unwrap()).collect()
}

fn npyz_reads<T: Value>(path: &Path) -> Vec<Vec<T>> {
    let mut archive = npyz::npz::NpzArchive::open(path).unwrap();
    let mut names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    // They come in any order, and are less than ten.
    names.sort();
    let read = |name: &String| archive.by_name(name).unwrap().unwrap().into_vec::<T>().unwrap();
    names.iter().map(read).collect()
}

fn ndarray_npy_writes<T: Value>(path: &Path, arrays: &[ArrayD<T>], deflated: bool) {
    let target = BufWriter::new(File::create(path).unwrap());
    let mut writer =
        if deflated { NpzWriter::new_compressed(target) } else { NpzWriter::new(target) };
    for (i, array) in arrays.iter().enumerate() {
        writer.add_array(format!("m{i}"), array).unwrap();
    }
    writer.finish().unwrap();
}

fn foreign<T: Value>(arrays: &[Array]) -> Vec<ArrayD<T>> {
    let made = |array: &Array| {
        ArrayD::from_shape_vec(array.shape().to_vec(), array.view().to_vec::<T>().unwrap()).unwrap()
    };
    arrays.iter().map(made).collect()
}

fn read(c: &mut Criterion) {
    for kind in KINDS {
        match kind {
            Kind::Walk => read_kind::<f32>(c, kind),
            Kind::Image => read_kind::<u8>(c, kind),
            Kind::Labels => read_kind::<i64>(c, kind),
        }
    }
}

fn read_kind<T: Value>(c: &mut Criterion, kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let arrays = data::arrays(kind, MEMBERS, member_bytes()).unwrap();
    let (one, two) = (pool(1), pool(2));
    let checked = ReadOptions::default();
    let size = MEMBERS * member_bytes();
    for (label, compression) in [("stored", Compression::None), ("deflated", Compression::NumPy)] {
        npz::write(&path, &members(&arrays), &options(compression)).unwrap();
        // The same on all sides, once.
        let expected: Vec<Vec<T>> =
            arrays.iter().map(|array| array.view().to_vec::<T>().unwrap()).collect();
        let ours = npz::read(&path, &checked).unwrap();
        let ours = ours.members().map(|it| it.array().unwrap().view().to_vec::<T>().unwrap());
        assert!(ours.eq(expected.iter().cloned()));
        let theirs = ndarray_npy_reads::<T>(&path);
        assert!(theirs.iter().zip(&expected).all(|(a, b)| a.iter().eq(b.iter())));
        assert!(npyz_reads::<T>(&path) == expected);
        let mut g = group(c, &format!("read {label} {}", kind.word()), size);
        g.bench_function("npbytes, file, 1 thread", |b| {
            b.iter(|| one.install(|| npz::read(&path, &checked).unwrap().read_all().unwrap()));
        });
        g.bench_function("npbytes, file, 2 threads", |b| {
            b.iter(|| two.install(|| npz::read(&path, &checked).unwrap().read_all().unwrap()));
        });
        if compression == Compression::None {
            g.bench_function("npbytes, map, CRC", |b| {
                b.iter(|| one.install(|| npz::map(&path, &checked).unwrap().read_all().unwrap()));
            });
            let unchecked = checked.check_crc(false);
            g.bench_function("npbytes, map, no CRC", |b| {
                b.iter(|| npz::map(&path, &unchecked).unwrap().read_all().unwrap());
            });
        }
        g.bench_function("ndarray-npy", |b| b.iter(|| ndarray_npy_reads::<T>(&path)));
        g.bench_function("npyz", |b| b.iter(|| npyz_reads::<T>(&path)));
        g.finish();
    }
}

fn write(c: &mut Criterion) {
    for kind in KINDS {
        match kind {
            Kind::Walk => write_kind::<f32>(c, kind),
            Kind::Image => write_kind::<u8>(c, kind),
            Kind::Labels => write_kind::<i64>(c, kind),
        }
    }
}

fn write_kind<T: Value>(c: &mut Criterion, kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let arrays = data::arrays(kind, MEMBERS, member_bytes()).unwrap();
    let peer = foreign::<T>(&arrays);
    let members = members(&arrays);
    let size = MEMBERS * member_bytes();
    let ways = [
        ("stored", Compression::None, 1),
        ("exact, 1 thread", Compression::NumPy, 1),
        ("exact, 2 threads", Compression::NumPy, 2),
        ("fast, 1 thread", Compression::Fast, 1),
        ("fast, 2 threads", Compression::Fast, 2),
    ];
    let mut g = group(c, &format!("write {}", kind.word()), size);
    for (label, compression, threads) in ways {
        let pool = pool(threads);
        g.bench_function(format!("npbytes, {label}"), |b| {
            b.iter(|| {
                pool.install(|| npz::write(&path, &members, &options(compression)).unwrap());
            });
        });
    }
    for (label, deflated) in [("stored", false), ("deflated", true)] {
        g.bench_function(format!("ndarray-npy, {label}"), |b| {
            b.iter(|| ndarray_npy_writes(&path, &peer, deflated));
        });
    }
    g.finish();
}

fn small(c: &mut Criterion) {
    const COUNT: usize = 10_000;
    let arrays = data::arrays(Kind::Image, COUNT, 784).unwrap();
    let file = Bytes::from(npz::encode(&members(&arrays), &WriteOptions::default()).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    std::fs::write(&path, &file).unwrap();
    let checked = ReadOptions::default();
    let mut g = group(c, "read 10,000 members of 28 x 28 u8", COUNT * 784);
    g.bench_function("npbytes, memory", |b| {
        b.iter(|| npz::decode(&file, &checked).unwrap().read_all().unwrap());
    });
    g.bench_function("npbytes, file", |b| {
        b.iter(|| npz::read(&path, &checked).unwrap().read_all().unwrap());
    });
    g.bench_function("npbytes, map", |b| {
        b.iter(|| npz::map(&path, &checked).unwrap().read_all().unwrap());
    });
    g.bench_function("ndarray-npy, memory", |b| {
        b.iter(|| {
            let mut reader = NpzReader::new(Cursor::new(&file)).unwrap();
            let read = |index| reader.by_index(index).unwrap();
            (0..COUNT).map(read).collect::<Vec<ArrayD<u8>>>()
        });
    });
    g.bench_function("npyz, file", |b| b.iter(|| npyz_reads::<u8>(&path)));
    g.finish();
}

criterion_group!(benches, read, write, small);
criterion_main!(benches);
