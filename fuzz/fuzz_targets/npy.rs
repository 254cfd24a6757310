//! `cargo +nightly fuzz run npy`: see `npbytes_fuzz::npy`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::npy(data));
