//! Replays what the fuzz targets have kept, through the same functions, without a fuzzer: a finding
//! that is checked in stays found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests may fail and print as tests do"
)]

#[allow(unreachable_pub, dead_code, reason = "the fuzz targets use it from outside")]
#[path = "../../../fuzz/src/lib.rs"]
mod fuzz;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use fuzz::target::ALL;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(name)
}

/// The names of what is in a folder, without their endings.
fn names(name: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(name)).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

/// Prints the name before the input is tried, so that a failure tells which it was.
fn replay(target: &str) {
    let (_, run) = ALL.iter().find(|(name, _)| *name == target).expect("a target");
    let inputs = fs::read_dir(folder("corpus").join(target)).expect("its corpus is checked in");
    let paths: BTreeSet<_> = inputs.map(|entry| entry.expect("an entry").path()).collect();
    assert!(!paths.is_empty());
    for path in paths {
        println!("{}", path.display());
        run(&fs::read(&path).expect("it can be read"));
    }
}

#[test]
fn every_target_has_a_fuzzer_and_a_corpus_that_is_replayed_here() {
    let known: BTreeSet<_> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("corpus"), known);
    let replayed = include_str!("main.rs").matches("\n    replay(").count();
    assert_eq!(replayed, known.len());
}

#[test]
fn frames_decode_canonically_or_not_at_all() {
    replay("frame");
}

#[test]
fn records_decode_canonically_or_not_at_all() {
    replay("record");
}

#[test]
fn a_log_is_refused_or_makes_a_node_that_works() {
    replay("recovery");
}

#[test]
fn a_heavy_node_keeps_its_rules_whatever_happens_to_it() {
    replay("heavy_ops");
}

#[test]
fn a_light_node_keeps_its_rules_whatever_happens_to_it() {
    replay("light_ops");
}

#[test]
fn a_committee_is_right_and_ends_whatever_happens_to_it() {
    replay("committee_ops");
}
