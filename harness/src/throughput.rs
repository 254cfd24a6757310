//! How fast npbytes decodes and encodes beside NumPy, on arrays of a MiB.
//!
//! Both sides do the same work in their own process: decoding is from the bytes of a file in memory
//! to an owned buffer in C order, encoding from an array in memory to bytes. The best of several
//! runs counts. These are the numbers of the round trip's table, not a benchmark.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use npbytes::{AxisOrder, DType, Order, Shape};

use crate::codec;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::matrix::Encoding;
use crate::script::{self, TimedCase};
use crate::{fixtures, manifest};

/// What is timed.
pub const CASES: &[TimedCase] = &[
    TimedCase { name: "f8", dtype: "<f8", shape: &[256, 512], order: 'C' },
    TimedCase { name: "f8-F", dtype: "<f8", shape: &[256, 512], order: 'F' },
    TimedCase { name: "f4-be", dtype: ">f4", shape: &[512, 512], order: 'C' },
    TimedCase { name: "u1-F", dtype: "|u1", shape: &[1024, 1024], order: 'F' },
    TimedCase {
        name: "struct",
        dtype: "[('x', '<i4'), ('y', '<f8')]",
        shape: &[87_381],
        order: 'C',
    },
];

const REPEATS: usize = 7;

/// Seconds for a number of bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    bytes: f64,
    seconds: f64,
}

/// Decoding and encoding on both sides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paces {
    /// npbytes decodes.
    pub decode: Pace,
    /// NumPy decodes.
    pub numpy_decode: Pace,
    /// npbytes encodes.
    pub encode: Pace,
    /// NumPy encodes.
    pub numpy_encode: Pace,
}

impl Pace {
    fn add(&mut self, bytes: usize, seconds: f64) {
        // A MiB is far below the precision of f64.
        self.bytes += bytes as f64;
        self.seconds += seconds;
    }

    /// Millions of bytes a second.
    pub fn megabytes_a_second(self) -> f64 {
        self.bytes / self.seconds / 1e6
    }
}

/// Times both sides; an entry an encoding that is timed.
///
/// # Errors
/// When Python cannot do its part, or npbytes refuses its own.
pub fn measure(environment: &Environment) -> Result<BTreeMap<Encoding, Paces>> {
    let directory = fixtures::scratch(environment, "throughput")?;
    let path = directory.join("throughput.py");
    std::fs::write(&path, script::throughput(CASES)).map_err(Error::io(&path))?;
    let answers = directory.join("answers.jsonl");
    environment.run(&path, &[&answers])?;
    let mut paces: BTreeMap<Encoding, Paces> = BTreeMap::new();
    let rows = manifest::rows(&answers)?;
    for case in CASES {
        let row = rows.iter().find(|row| row["name"] == case.name);
        for (format, encoding) in [("npy", Encoding::Npy), ("raw", raw_encoding(case))] {
            let seconds = |what: &str| row.and_then(|row| row["seconds"][format][what].as_f64());
            let unreadable = || Error::Manifest {
                path: answers.clone(),
                cause: format!("no {format} times of {}", case.name),
            };
            let theirs = (
                seconds("decode").ok_or_else(unreadable)?,
                seconds("encode").ok_or_else(unreadable)?,
            );
            let (bytes, decode, encode) = ours(case, encoding).map_err(|error| {
                let cause = format!("npbytes cannot time {}: {error}", case.name);
                Error::Manifest { path: answers.clone(), cause }
            })?;
            let pace = paces.entry(encoding).or_default();
            pace.decode.add(bytes, decode);
            pace.encode.add(bytes, encode);
            pace.numpy_decode.add(bytes, theirs.0);
            pace.numpy_encode.add(bytes, theirs.1);
        }
    }
    std::fs::remove_dir_all(&directory).map_err(Error::io(&directory))?;
    Ok(paces)
}

fn raw_encoding(case: &TimedCase) -> Encoding {
    if case.order == 'F' { Encoding::RawF } else { Encoding::RawC }
}

/// Bytes, seconds to decode, seconds to encode.
fn ours(case: &TimedCase, encoding: Encoding) -> npbytes::Result<(usize, f64, f64)> {
    let dtype = DType::parse(case.dtype)?;
    let shape = Shape::new(case.shape)?;
    let (order, axes) =
        if case.order == 'F' { (Order::F, AxisOrder::F) } else { (Order::C, AxisOrder::C) };
    let nbytes = shape.bytes(dtype.itemsize())?;
    // The bytes of the script: ordinary numbers in every dtype used here.
    let data: Vec<u8> = (0..nbytes).map(|i| (i * 37 % 61).to_le_bytes()[0]).collect();
    let array = npbytes::Array::new(dtype.clone(), shape, axes, Bytes::from(data))?;
    let profile = npbytes::Profile::default();
    let file = Bytes::from(codec::encode(&array.view(), encoding, profile)?);
    let decode = best(|| {
        let array = if encoding.is_npy() {
            codec::decode_npy(&file)?
        } else {
            codec::decode_raw(&file, &dtype, case.shape, order)?
        };
        let copied = array.view().to_bytes(Order::C)?.into_owned();
        Ok(black_box(copied).len())
    })?;
    let encode = best(|| Ok(black_box(codec::encode(&array.view(), encoding, profile)?).len()))?;
    Ok((nbytes, decode, encode))
}

fn best(work: impl Fn() -> npbytes::Result<usize>) -> npbytes::Result<f64> {
    work()?;
    let mut least = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        work()?;
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least.max(1e-9))
}
