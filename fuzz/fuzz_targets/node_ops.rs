//! Whatever peers, owner, disk and clock do to a node: it does not panic, it reads its own log, it
//! makes at most one partial of a computation, and what has ended stays as it ended.
#![no_main]

use formix_fuzz::bench::Bench;
use formix_fuzz::reader::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut reader = Reader::new(bytes);
    let mut bench = Bench::new(&mut reader);
    while !reader.is_empty() {
        bench.step(&mut reader);
    }
    bench.restart();
});
