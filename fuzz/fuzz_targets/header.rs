//! `cargo +nightly fuzz run header`: see `npbytes_fuzz::header`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::header(data));
