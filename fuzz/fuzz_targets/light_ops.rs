//! Whatever peers, owner, disk and clock do to a light node, it keeps its rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formix_fuzz::target::light_ops(bytes));
