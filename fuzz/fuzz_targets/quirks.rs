#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tollbridge_core::fuzz::quirks(bytes));
