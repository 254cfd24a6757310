//! Pickles of arrays of 6 KiB to 64 MiB, of 100,000 small ones, and of a million objects, read and written, beside
//! serde-pickle, which knows no arrays and cannot write them.
//!
//! `npbytes-harness speed` times CPython with NumPy, too.
//!
//! With `--test`, everything is small: each row only runs once then.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may stop where it fails")]

use std::time::Duration;

use bytes::Bytes;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use npbytes::npy::{self, Contents};
use npbytes::pickle::{self, ArrayObject, NumPyValue, Pickle, ReadOptions, View, WriteOptions};
use npbytes::{Array, DType, Order, Shape};
use npbytes_harness::speed::data::{self, Kind};
use serde_pickle::{DeOptions, value_from_slice};

fn is_test() -> bool {
    std::env::args().any(|argument| argument == "--test")
}

fn group<'c>(c: &'c mut Criterion, name: &str, bytes: usize) -> BenchmarkGroup<'c, WallTime> {
    let mut group = c.benchmark_group(name);
    group.throughput(Throughput::Bytes(bytes as u64));
    group.warm_up_time(Duration::from_millis(300));
    group.measurement_time(Duration::from_millis(2000));
    group.sample_size(10);
    group
}

fn unknown() -> DeOptions {
    DeOptions::new().replace_unresolved_globals()
}

fn options(protocol: u8) -> WriteOptions {
    WriteOptions::default().protocol(protocol)
}

/// Noisy doubles, as most are: half of their bytes are not ASCII.
fn floats(bytes: usize) -> Array {
    let values: Vec<f64> = (0..bytes / 8).map(|i| (i as f64).sin()).collect();
    Array::from_vec(&[values.len()], values).unwrap()
}

fn one_array(c: &mut Criterion) {
    let sizes: &[usize] = if is_test() { &[6 << 10] } else { &[6 << 10, 1 << 20, 64 << 20] };
    let read = ReadOptions::default();
    for &size in sizes {
        let array = floats(size);
        for protocol in [0, 2, 4, 5] {
            let bytes = Bytes::from(pickle::encode(&array.view(), &options(protocol)).unwrap());
            let loads = || pickle::decode(&bytes, &read).unwrap().root().array().unwrap();
            // The same on both sides, once.
            assert_eq!(loads().data(), array.data());
            let mut g = group(c, &format!("{} KiB, protocol {protocol}", size >> 10), size);
            g.bench_function("npbytes, loads", |b| b.iter(loads));
            if protocol >= 4 {
                let owned = || loads().view().to_vec::<f64>().unwrap();
                g.bench_function("npbytes, loads owned", |b| b.iter(owned));
            }
            g.bench_function("serde-pickle, loads", |b| {
                b.iter(|| value_from_slice(&bytes, unknown()).unwrap());
            });
            g.bench_function("npbytes, dumps", |b| {
                b.iter(|| pickle::encode(&array.view(), &options(protocol)).unwrap());
            });
            g.finish();
        }
        let (bytes, beside) = pickle::encode_out_of_band(&array, &options(5)).unwrap();
        let bytes = Bytes::from(bytes);
        let read =
            ReadOptions::default().buffers(beside.into_iter().map(|buffer| buffer.data).collect());
        let loads = || pickle::decode(&bytes, &read).unwrap().root().array().unwrap();
        assert_eq!(loads().data(), array.data());
        let mut g = group(c, &format!("{} KiB, protocol 5 out of band", size >> 10), size);
        g.bench_function("npbytes, loads", |b| b.iter(loads));
        g.bench_function("npbytes, dumps", |b| {
            b.iter(|| pickle::encode_out_of_band(&array, &options(5)).unwrap());
        });
        g.finish();
    }
}

fn many_arrays(c: &mut Criterion) {
    let count = if is_test() { 100 } else { 100_000 };
    let arrays = data::arrays(Kind::Image, count, 784).unwrap();
    let mut graph = Pickle::new();
    let items = arrays.iter().map(|array| graph.array(ArrayObject::new(array.clone()))).collect();
    let root = graph.list(items);
    graph.set_root(root);
    let read = ReadOptions::default();
    for protocol in [2, 4, 5] {
        let bytes = Bytes::from(graph.encode(&options(protocol)).unwrap());
        let loads = || -> Vec<Array> {
            let pickle = pickle::decode(&bytes, &read).unwrap();
            pickle.root().items().unwrap().iter().map(|item| item.array().unwrap()).collect()
        };
        assert!(loads().iter().map(Array::data).eq(arrays.iter().map(Array::data)));
        let mut g = group(c, &format!("{count} of 28 x 28 u8, protocol {protocol}"), count * 784);
        g.bench_function("npbytes, loads", |b| b.iter(loads));
        g.bench_function("npbytes, loads owned", |b| {
            b.iter(|| -> Vec<Vec<u8>> {
                let pickle = pickle::decode(&bytes, &read).unwrap();
                let items = pickle.root().items().unwrap();
                items.iter().map(|item| item.array().unwrap().view().to_vec().unwrap()).collect()
            });
        });
        g.bench_function("serde-pickle, loads", |b| {
            b.iter(|| value_from_slice(&bytes, unknown()).unwrap());
        });
        g.bench_function("npbytes, dumps", |b| {
            b.iter(|| graph.encode(&options(protocol)).unwrap());
        });
        g.finish();
    }
}

fn objects(c: &mut Criterion) {
    let count = if is_test() { 100 } else { 1_000_000 };
    for kind in ["str", "int"] {
        let mut graph = Pickle::new();
        let items = (0..count)
            .map(|i| match kind {
                "str" => graph.text(format!("string {i}")),
                _ => graph.int(i * 1000),
            })
            .collect::<Vec<_>>();
        let shape = Shape::new(&[items.len()]).unwrap();
        let array = ArrayObject::objects(DType::parse("O").unwrap(), shape, Order::C, items);
        let root = graph.array(array.unwrap());
        graph.set_root(root);
        let write = npy::WriteOptions::default();
        let file = Bytes::from(npy::encode_objects(&graph, &write).unwrap());
        let read = npy::ReadOptions::default();
        let decode = || match npy::decode_contents(&file, &read).unwrap() {
            Contents::Objects(pickle) => pickle,
            _ => panic!("no objects"),
        };
        let mut g = group(c, &format!("npy of {count} {kind}"), file.len());
        g.bench_function("npbytes, read", |b| b.iter(decode));
        g.bench_function("npbytes, read and looked at", |b| {
            b.iter(|| -> usize {
                let pickle = decode();
                let Ok(Some(NumPyValue::Objects(all))) = pickle.root().numpy() else { panic!() };
                let weight = |view: View<'_>| match view {
                    View::Str(text) => text.as_utf8().len(),
                    View::Int(int) => usize::from(int != 0),
                    _ => 0,
                };
                all.items.iter().map(|item| weight(item.view())).sum()
            });
        });
        let offset = npy::Header::parse(&file, &read).unwrap().data_offset();
        g.bench_function("serde-pickle, read", |b| {
            b.iter(|| value_from_slice(&file[offset..], unknown()).unwrap());
        });
        g.bench_function("npbytes, written", |b| {
            b.iter(|| npy::encode_objects(&graph, &write).unwrap());
        });
        g.finish();
    }
}

criterion_group!(benches, one_array, many_arrays, objects);
criterion_main!(benches);
