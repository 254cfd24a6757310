//! `cargo +nightly fuzz run raw`: see `npbytes_fuzz::raw`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::raw(data));
