//! One enrolled key does all that the protocol lets it send, as fast as it can: the questions of others complete.
//!
//! A measurement of any length, with the same questions without the flood beside it:
//! `FORMIX_SECONDS=600 cargo test --release -p formix-node --test floods -- --ignored --nocapture`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod attacker;
#[allow(dead_code, reason = "a part of it is of use here")]
#[path = "../../../formix-proto/tests/properties/questions.rs"]
mod questions;
#[allow(dead_code, reason = "a part of it is of use here")]
#[path = "../../../formix-proto/tests/properties/strategies.rs"]
mod strategies;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::time::{Duration, Instant};

use formix_node::config::Network;
use rustix::process::Pid;
use serde_json::Value;

use attacker::Attacker;
use support::{Answer, COMMITTEE, Up};

const LIGHTS: usize = 5;
/// The key that floods, and how many light nodes answer then: that of a light node, or of a heavy node that
/// sits on no committee here.
const KEYS: [(&str, u32); 2] = [("light-5", 4), ("heavy-4", 5)];

fn network() -> Up {
    let network = Up::prepare(&[Answer::Fixed("3"); LIGHTS]);
    network.try_up(&["--light", &LIGHTS.to_string(), "--heavy", "4"]).succeeded();
    network
}

/// Asks, and says how long it took until the sum of the honest answers was there, or what was there instead.
fn ask(network: &Up, deadline: &str, honest: u32) -> Result<Duration, String> {
    let begun = Instant::now();
    let (question, committee) = ("What is your number?", COMMITTEE.join(","));
    let asked = [
        "propose",
        question,
        "--wait",
        "--json",
        "--committee",
        &committee,
        "--deadline",
        deadline,
    ];
    let report = network.formix(&asked).json();
    let found = [&report["status"], &report["result"], &report["participants_count"]];
    let sum = (3 * honest).to_string();
    match found == [&Value::from("completed"), &sum.into(), &honest.into()] {
        true => Ok(begun.elapsed()),
        false => Err(format!("{found:?}, {}", report["failure"])),
    }
}

/// Somebody with the key of a node that is gone.
fn attacker(network: &Up, name: &str) -> Attacker {
    let enrolled = Network::load(&network.home().network_file()).unwrap();
    Attacker::start(network.home(), &enrolled, name)
}

#[test]
fn a_key_that_sends_all_that_it_may_does_not_keep_the_questions_of_others_from_completing() {
    for (name, honest) in KEYS {
        let network = network();
        network.kill(name);
        let attacker = attacker(&network, name);
        attacker.has_sent(500);
        ask(&network, "20s", honest).unwrap();
        attacker.stop();
    }
}

#[test]
#[ignore = "a measurement of any length, which depends on the machine"]
fn questions_beside_a_light_nodes_flood_and_without_it() {
    println!("{}", beside_and_without(KEYS[0]));
}

#[test]
#[ignore = "a measurement of any length, which depends on the machine"]
fn questions_beside_a_heavy_nodes_flood_and_without_it() {
    println!("{}", beside_and_without(KEYS[1]));
}

fn beside_and_without((name, honest): (&str, u32)) -> String {
    let seconds = std::env::var("FORMIX_SECONDS").map_or(60, |text| text.parse().unwrap());
    let length = Duration::from_secs(seconds);
    let network = network();
    network.kill(name);
    let alone = asked_for(&network, honest, length / 10);
    let attacker = attacker(&network, name);
    let beside = asked_for(&network, honest, length);
    let sent = attacker.stop();
    format!("{name}: without it {alone}; beside it {beside}; {sent:?}; {}", memory(&network))
}

/// Asks again and again for that long.
fn asked_for(network: &Up, honest: u32, length: Duration) -> String {
    let begun = Instant::now();
    let (mut took, mut failed) = (Vec::new(), Vec::new());
    while begun.elapsed() < length {
        match ask(network, "4s", honest) {
            Ok(time) => took.push(time),
            Err(failure) => failed.push(failure),
        }
    }
    took.sort_unstable();
    let nth = |nth: usize| took.get(nth).copied().unwrap_or_default();
    let (median, longest) = (nth(took.len() / 2), nth(took.len().saturating_sub(1)));
    let completed = took.len();
    format!("{completed} completed, median {median:.0?}, longest {longest:.0?}, failed: {failed:?}")
}

fn memory(network: &Up) -> String {
    let pids = network.pids();
    let of = |name: &&str| {
        let place = network.home().node(name);
        let disk = fs::metadata(place.path().join("node.db")).unwrap().len() >> 20;
        format!("{name} {} MiB, {disk} MiB on disk", peak(pids[*name]))
    };
    COMMITTEE.iter().map(of).collect::<Vec<_>>().join("; ")
}

/// The most memory that a process has had, in MiB (proc(5)).
fn peak(pid: Pid) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}
