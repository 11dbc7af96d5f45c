//! The targets: each takes any bytes, and panics if something does not hold.

use formix_proto::wire::{decode, decode_record, encode, encode_record};
use formix_testkit::StartError;

use super::bench::Bench;
use super::committee::Committee;
use super::reader::Reader;
use super::scene;

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// Every target, by the name that its corpus has.
pub const ALL: [(&str, Target); 6] = [
    ("frame", frame),
    ("record", record),
    ("recovery", recovery),
    ("heavy_ops", heavy_ops),
    ("light_ops", light_ops),
    ("committee_ops", committee_ops),
];

/// Any bytes are an error, or a message whose one encoding they are.
pub fn frame(bytes: &[u8]) {
    if let Ok(message) = decode(bytes) {
        assert_eq!(encode(&message).as_ref(), bytes, "`{}` has two encodings", message.name());
    }
}

/// Any bytes are an error, or a record whose one encoding they are.
pub fn record(bytes: &[u8]) {
    if let Ok(record) = decode_record(bytes) {
        assert_eq!(encode_record(&record).as_ref(), bytes, "{:?} has two encodings", record.fact);
    }
}

/// Any list of records is refused with its first misfit, or makes a node that works.
pub fn recovery(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let config = scene::any(&mut reader);
    let log: Vec<_> = (0..reader.below(32)).map(|_| scene::record(&mut reader)).collect();
    match Bench::recovered(config, &log) {
        Ok(mut bench) => (0..8).for_each(|_| bench.step(&mut reader)),
        Err(StartError::Recover(error)) => assert!(error.position < log.len()),
        Err(StartError::Rule(broken)) => panic!("{broken}"),
    }
}

/// Whatever peers, owner, disk and clock do to a heavy node.
pub fn heavy_ops(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let config = scene::heavy(&mut reader);
    Bench::new(config).run(&mut reader);
}

/// Whatever peers, owner, disk and clock do to a light node, which may ask as well.
pub fn light_ops(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let config = scene::light(&mut reader);
    Bench::new(config).run(&mut reader);
}

/// Whatever the network, the disks, the clock, the owners and forgers do to a whole committee.
pub fn committee_ops(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut committee = Committee::new();
    committee.run(&mut reader);
    committee.settle();
    committee.judge();
}
