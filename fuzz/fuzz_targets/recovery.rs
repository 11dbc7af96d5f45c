//! Any list of records is refused with its first misfit, or makes a node that works.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formix_fuzz::target::recovery(bytes));
