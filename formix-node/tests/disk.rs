//! A node whose disk is full says so and ends; with room again it goes on, and nothing is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;

use formix_node::control::Request;
use support::{Answer, Up, ended};

const ANSWERS: [Answer<'_>; 5] = [
    Answer::Gated,
    Answer::Fixed("11"),
    Answer::Fixed("20"),
    Answer::Fixed("72"),
    Answer::Fixed("0.25"),
];

/// D4: no file of this heavy node grows beyond one transaction: getting ready and opening are two.
fn goes_on_when_there_is_room_again(heavy: &str) {
    const SECTORS: u32 = 48;
    let network = Up::start(&ANSWERS);
    network.slay(heavy);
    network.revive_on_a_small_disk(heavy, SECTORS);
    network.insist(heavy, &Request::Status);
    let id = network.propose();
    let status = ended(network.pids()[heavy]).exit_status();
    assert_eq!(status, Some(1), "{heavy} does not end");
    let log = fs::read_to_string(network.home().node(heavy).log()).unwrap();
    let last = log.lines().last().unwrap();
    assert!(last.contains("node.db") && last.contains("check the disk"), "{last}");
    network.revive(heavy);
    network.gate("light-1").answer("1.5");
    network.completes(&id, "104.75", 5);
}

#[test]
fn a_primary_without_room_ends_and_goes_on_when_there_is_some() {
    goes_on_when_there_is_room_again("heavy-1");
}

#[test]
fn a_heavy_without_room_ends_and_goes_on_when_there_is_some() {
    goes_on_when_there_is_room_again("heavy-3");
}
