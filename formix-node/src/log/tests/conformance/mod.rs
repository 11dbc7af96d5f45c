//! Tests of what a log promises ([`Log`](super::super::Log)), for every implementation and for the disk
//! that the simulator puts in its place. A proof on simulated disks is worth what this suite is.
//!
//! To hold another implementation to it, make it a [`Medium`], which can crash, and a
//! [`Place`](contract::Place), from which a log is opened again.

mod batches;
mod contract;
mod medium;

use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::{Fact, Record};
use formix_sim::random::Stream;

use batches::simulated;
pub(crate) use batches::{Batches, whole_lives};
use medium::{InFile, InMemory, Medium, Simulated};

/// The records that a node must find after these batches, by an account of the test's own.
pub(crate) fn left_of(batches: &[Vec<Record>]) -> Vec<Record> {
    let mut left: Vec<Record> = Vec::new();
    for record in batches.iter().flatten() {
        let id = record.id;
        let is_share = |fact: &Fact| matches!(fact, Fact::Contributed { .. } | Fact::Split { .. });
        match record.fact {
            Fact::Sealed(_) | Fact::Failed(_) | Fact::Delivered | Fact::Learned(_) => {
                left.retain(|old| old.id != id || !is_share(&old.fact));
                left.push(record.clone());
            }
            Fact::Forgotten => left.retain(|old| old.id != id),
            _ => left.push(record.clone()),
        }
    }
    left
}

/// How many of the batches a log holds, if it holds a beginning of them, none in part: at least those
/// that were acknowledged, and at most those that were handed over.
pub(crate) fn survivors(
    found: &[Record],
    batches: &[Vec<Record>],
    acknowledged: usize,
    pushed: usize,
) -> Option<usize> {
    (acknowledged..=pushed).rev().find(|count| left_of(&batches[..*count]) == found)
}

fn batch(batches: &Batches, at: usize) -> Batch {
    Batch { seq: BatchSeq(at as u64 + 1), records: batches[at].clone() }
}

/// Everything that was acknowledged comes back, in order, and what was erased does not; reading it
/// changes nothing.
fn what_is_acknowledged_comes_back<M: Medium>() {
    for batches in simulated(0..3).into_iter().chain([whole_lives(1, 4)]) {
        let mut medium = M::new();
        let mut draw = Stream::new(1, "writes");
        for at in 0..batches.len() {
            medium.push(batch(&batches, at));
            if draw.chance(40) {
                assert_eq!(medium.write(), Some(BatchSeq(at as u64 + 1)), "the last that waited");
            }
        }
        medium.write();
        assert_eq!(medium.write(), None, "nothing waits");
        for _ in 0..3 {
            assert!(medium.records() == left_of(&batches));
        }
    }
}

/// A crash at each point, with each number of batches waiting.
fn a_crash_anywhere_keeps_a_beginning_of_whole_batches<M: Medium>() {
    const WAITING: usize = 4;
    let batches = whole_lives(2, 2);
    for acknowledged in 0..batches.len() {
        for waiting in 0..=WAITING.min(batches.len() - acknowledged) {
            let (mut medium, pushed) = (M::new(), acknowledged + waiting);
            let mut draw = Stream::new((acknowledged * 8 + waiting) as u64, "crash");
            (0..acknowledged).for_each(|at| medium.push(batch(&batches, at)));
            medium.write();
            (acknowledged..pushed).for_each(|at| medium.push(batch(&batches, at)));
            medium.crash(&mut draw);
            let kept = survivors(&medium.records(), &batches, acknowledged, pushed);
            assert!(kept.is_some(), "{acknowledged} acknowledged, {waiting} waiting");
        }
    }
}

/// Nodes that crash again and again, and each time go on from what is left.
fn a_log_goes_on_after_every_crash<M: Medium>() {
    let (mut crashes, mut lost) = (0, 0);
    for (nth, batches) in simulated(3..9).into_iter().enumerate() {
        let mut draw = Stream::new(nth as u64, "crashes");
        let mut medium = M::new();
        let (mut acknowledged, mut pushed) = (0, 0);
        while acknowledged < batches.len() {
            match draw.below(10) {
                0..6 if pushed < batches.len() => {
                    medium.push(batch(&batches, pushed));
                    pushed += 1;
                }
                9 => {
                    medium.crash(&mut draw);
                    let kept = survivors(&medium.records(), &batches, acknowledged, pushed);
                    let kept =
                        kept.expect("a beginning of whole batches, the acknowledged among it");
                    (crashes, lost) = (crashes + 1, lost + pushed - kept);
                    (acknowledged, pushed) = (kept, kept);
                }
                _ => {
                    let last = medium.write();
                    assert_eq!(last, (pushed > acknowledged).then_some(BatchSeq(pushed as u64)));
                    acknowledged = pushed;
                }
            }
        }
        assert!(medium.records() == left_of(&batches));
    }
    assert!(crashes > 50 && lost > 10, "{crashes} crashes lost {lost} batches");
}

macro_rules! conformance {
    ($($test:ident)*) => {
        mod simulated_disk {
            $(#[test] fn $test() { super::$test::<super::Simulated>(); })*
        }
        mod sqlite_log {
            $(#[test] fn $test() { super::$test::<super::InFile>(); })*
        }
        mod memory_log {
            $(#[test] fn $test() { super::$test::<super::InMemory>(); })*
        }
    };
}

conformance! {
    what_is_acknowledged_comes_back
    a_crash_anywhere_keeps_a_beginning_of_whole_batches
    a_log_goes_on_after_every_crash
}
