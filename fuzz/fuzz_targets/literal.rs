//! `cargo +nightly fuzz run literal`: see `npbytes_fuzz::literal`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::literal(data));
