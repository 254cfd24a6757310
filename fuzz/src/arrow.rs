//! Files of Arrow and Parquet: whatever their readers make of an input goes to NumPy, and what came of it back.

use std::sync::Once;

use bytes::Bytes;
use npbytes::Limits;
use npbytes_arrow::{
    Error, FromArrow, ToArrow, Values, from_record_batch, ipc, members_to_batches, parquet, tensor,
};

/// What may be held at a time: what an input claims beyond it is refused.
const MOST: u64 = 1 << 24;

/// The most rows that are read of an input.
const ROWS: usize = 1 << 12;

/// IPC files and streams, Parquet files and Tensor messages.
pub fn arrow_files(data: &[u8]) {
    quiet();
    let bytes = Bytes::copy_from_slice(data);
    let limits = Limits::default().array_bytes(MOST);
    let mut options = ipc::ReadOptions::default();
    options.limits = limits;
    match ipc::File::new(bytes.clone(), &options) {
        Ok(file) => file.batches().for_each(|batch| to_numpy(batch, limits)),
        Err(error) => check_error(&error),
    }
    match ipc::Reader::new(data, &options) {
        Ok(reader) => reader.for_each(|batch| to_numpy(batch, limits)),
        Err(error) => check_error(&error),
    }
    let file = parquet::File::new(bytes.clone());
    match file.and_then(|file| file.batches(None, ROWS)) {
        Ok(batches) => batches.take(4).for_each(|batch| to_numpy(batch, limits)),
        Err(error) => check_error(&error),
    }
    let mut options = tensor::ReadOptions::default();
    options.limits = limits;
    match tensor::decode(&bytes, &options) {
        Ok(tensor) => {
            let mut written = tensor::WriteOptions::default();
            written.names = tensor.names.clone();
            let Ok(message) = tensor::encode(&tensor.array, &written) else { return };
            let back = tensor::decode(&message.into(), &options);
            let Ok(back) = back else { panic!("our own message is not read") };
            assert_eq!(back.array.data(), tensor.array.data());
            assert_eq!(back.array.dtype(), tensor.array.dtype());
            assert_eq!(back.names, tensor.names);
        }
        Err(error) => check_error(&error),
    }
}

/// What panics inside of the readers of others is an error; the fuzzer would take it for the end.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !npbytes_arrow::is_guarded() {
                loud(info);
            }
        }));
    });
}

fn check_error(error: &Error) {
    assert!(!error.to_string().is_empty());
    assert_ne!(error.help().as_deref(), Some(""));
}

fn to_numpy(batch: npbytes_arrow::Result<arrow_array::RecordBatch>, limits: Limits) {
    let batch = match batch {
        Ok(batch) => batch.slice(0, batch.num_rows().min(ROWS)),
        Err(error) => return check_error(&error),
    };
    let mut options = FromArrow::default();
    options.limits = limits;
    for plain in [false, true] {
        options.plain = plain;
        match from_record_batch(&batch, &options) {
            Ok(columns) => {
                let columns: Vec<(String, Values)> =
                    columns.into_iter().map(|(name, restored)| (name, restored.values)).collect();
                if let Err(error) = members_to_batches(&columns, &ToArrow::default()) {
                    check_error(&error);
                }
            }
            Err(error) => check_error(&error),
        }
    }
}
