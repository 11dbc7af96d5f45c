//! Any list of records is refused with its first misfit, or makes a node that works.
#![no_main]

use formix_fuzz::bench::Bench;
use formix_fuzz::reader::Reader;
use formix_fuzz::scene;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(bytes);
    let config = scene::config(&mut reader);
    let log: Vec<_> = (0..reader.below(32)).map(|_| scene::record(&mut reader)).collect();
    let length = log.len();
    match Bench::recovered(config, log) {
        Ok(mut bench) => {
            for _ in 0..8 {
                bench.step(&mut reader);
            }
        }
        Err(error) => assert!(error.position < length),
    }
});
