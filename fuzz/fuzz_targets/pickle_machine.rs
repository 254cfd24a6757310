//! `cargo +nightly fuzz run pickle_machine`: see `npbytes_fuzz::pickle_machine`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| npbytes_fuzz::pickle_machine(data));
