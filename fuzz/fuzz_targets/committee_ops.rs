//! Whatever the network, the disks, the clock, the owners and forgers do to a whole committee, it is
//! right and ends.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| formix_fuzz::target::committee_ops(bytes));
