//! `cargo +nightly fuzz run arrow_files`: see `npbytes_fuzz::arrow_files`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::arrow_files(data));
