//! `cargo +nightly fuzz run npz`: see `npbytes_fuzz::npz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::npz(data));
