//! `cargo +nightly fuzz run files`: see `npbytes_fuzz::files`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::files(data));
