//! `cargo +nightly fuzz run pickle_rewrite`: see `npbytes_fuzz::pickle_rewrite`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::pickle_rewrite(data));
