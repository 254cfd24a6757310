//! Files that are cut off or changed: an error or other values, never a panic, never a lot of memory.

use npbytes_arrow::{ipc, parquet, tensor};

use crate::file;

/// Reads what there is of a file, as far as it can be read.
fn ipc_file(bytes: Vec<u8>) -> npbytes_arrow::Result<usize> {
    let file = ipc::File::new(bytes.into(), &ipc::ReadOptions::default())?;
    file.batches().try_fold(0, |rows, batch| Ok(rows + batch?.num_rows()))
}

fn ipc_stream(bytes: Vec<u8>) -> npbytes_arrow::Result<usize> {
    let mut reader = ipc::Reader::new(&bytes[..], &ipc::ReadOptions::default())?;
    reader.try_fold(0, |rows, batch| Ok(rows + batch?.num_rows()))
}

fn parquet_file(bytes: Vec<u8>) -> npbytes_arrow::Result<usize> {
    let file = parquet::File::new(bytes.into())?;
    file.batches(None, 1024)?.try_fold(0, |rows, batch| Ok(rows + batch?.num_rows()))
}

fn tensor_message(bytes: Vec<u8>) -> npbytes_arrow::Result<usize> {
    Ok(tensor::decode(&bytes.into(), &tensor::ReadOptions::default())?.array.len())
}

type Read = fn(Vec<u8>) -> npbytes_arrow::Result<usize>;

const CASES: [(&str, Read); 12] = [
    ("plain.arrow", ipc_file),
    ("lz4.arrow", ipc_file),
    ("zstd.arrow", ipc_file),
    ("plain.arrow", ipc_stream),
    ("plain.arrows", ipc_stream),
    ("lz4.arrow", ipc_stream),
    ("none.parquet", parquet_file),
    ("snappy.parquet", parquet_file),
    ("lz4.parquet", parquet_file),
    ("zstd.parquet", parquet_file),
    ("c_f8.tensor", tensor_message),
    ("k_u8.tensor", tensor_message),
];

/// What panics inside of a reader is an error, and nobody is to see it.
fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !npbytes_arrow::is_guarded() {
                loud(info);
            }
        }));
    });
}

#[test]
fn files_that_are_cut_off() {
    quiet();
    for (name, read) in CASES {
        let whole = file(name);
        let rows = read(whole.to_vec()).unwrap();
        for len in 0..whole.len() {
            match read(whole[..len].to_vec()) {
                // A stream may end behind any of its messages; a file read front to back has its footer left.
                Ok(some) => {
                    assert!(name.contains("arrow") && some <= rows, "{name} cut at {len}: {some}")
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

/// Every byte, turned over in a few ways.
#[test]
fn files_with_a_changed_byte() {
    quiet();
    let mut errors = 0_usize;
    for (name, read) in CASES {
        let whole = file(name).to_vec();
        let step = if cfg!(debug_assertions) { 3 } else { 1 };
        for at in (0..whole.len()).step_by(step) {
            for change in [0x01_u8, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                errors += usize::from(read(changed).is_err());
            }
        }
    }
    assert!(errors > 1000, "{errors}");
}

/// Lengths that promise what is not there.
#[test]
fn lengths_that_lie() {
    quiet();
    for (name, read) in CASES {
        let whole = file(name).to_vec();
        for at in (0..whole.len().saturating_sub(8)).step_by(4) {
            for lie in [i64::MAX, -1, 1 << 40, i64::from(i32::MAX)] {
                let mut changed = whole.clone();
                changed[at..at + 8].copy_from_slice(&lie.to_le_bytes());
                let _ = read(changed);
            }
        }
    }
}
