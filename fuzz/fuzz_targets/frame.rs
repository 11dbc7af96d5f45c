//! Any bytes are an error, or a message whose one encoding they are.
#![no_main]

use formix_proto::wire::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = decode(bytes) {
        assert_eq!(encode(&message).as_ref(), bytes, "`{}` has two encodings", message.name());
    }
});
