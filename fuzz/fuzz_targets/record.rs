//! Any bytes are an error, or a record whose one encoding they are.
#![no_main]

use formix_proto::wire::{decode_record, encode_record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = decode_record(bytes) {
        assert_eq!(encode_record(&record).as_ref(), bytes, "{:?} has two encodings", record.fact);
    }
});
