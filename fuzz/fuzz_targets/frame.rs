//! Any bytes are an error, or a message whose one encoding they are.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formix_fuzz::target::frame(bytes));
