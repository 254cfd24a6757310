//! `cargo +nightly fuzz run dtype`: see `npbytes_fuzz::dtype`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::dtype(data));
