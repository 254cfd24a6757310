//! `cargo +nightly fuzz run pickle_whole`: see `npbytes_fuzz::pickle_whole`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::pickle_whole(data));
