//! `cargo +nightly fuzz run npz_edit`: see `npbytes_fuzz::npz_edit`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::npz_edit(data));
