//! Every single fault, and every pair of them, on one small run.
//!
//! A run without faults is counted first: the outputs of each node, its writes, the frames of each
//! link. Then every one of them is made to fail, in every way there is.

use core::time::Duration;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use formix_proto::directory::Role;

use crate::finding::{Finding, find};
use crate::observation::{Observation, Observer};
use crate::plan::{Crash, Fault, Kind, Peer, Plan, Trigger, What};
use crate::world::simulate;

/// How many faults of a run are made at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Each alone, in every way.
    Single,
    /// Every two, each in the ways that matter most.
    Pairs,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Exhausted {
    /// Outputs, writes and frames of the run without faults.
    pub places: usize,
    /// Faults that can happen at them.
    pub faults: usize,
    /// Runs that were made.
    pub runs: u64,
    /// Plans that broke something, and what.
    pub findings: Vec<(Plan, Finding)>,
}

/// The canonical run: three heavy nodes, three light ones, one question, a deadline that is reached.
/// The committee has time enough to reveal that it must complete whatever single thing goes wrong.
pub fn canonical() -> Plan {
    patient(Plan::plain(3, 3))
}

/// The canonical run in two groups, of which one is too small to be released.
pub fn counted() -> Plan {
    patient(Plan::grouped(3, 3))
}

fn patient(mut plan: Plan) -> Plan {
    plan.faults.heal = 9_000;
    for member in &mut plan.cluster.members {
        member.policy.reveal_within = Duration::from_secs(9);
    }
    plan
}

/// Runs the plan with every fault, or every two, on `jobs` threads.
pub fn exhaust(
    plan: &Plan,
    depth: Depth,
    jobs: usize,
    progress: impl Fn(u64, u64) + Sync,
) -> Exhausted {
    if let Some(finding) = find(plan) {
        let findings = vec![(plan.clone(), finding)];
        return Exhausted { runs: 1, findings, ..Exhausted::default() };
    }
    let mut places = Places::default();
    simulate(plan, &mut places);
    let faults = places.faults(plan, depth);
    let sets: Vec<(usize, Option<usize>)> = match depth {
        Depth::Single => (0..faults.len()).map(|one| (one, None)).collect(),
        Depth::Pairs => (0..faults.len())
            .flat_map(|one| (one + 1..faults.len()).map(move |other| (one, Some(other))))
            .collect(),
    };
    let (next, done) = (AtomicUsize::new(0), AtomicU64::new(0));
    let worker = || {
        let mut findings = Vec::new();
        while let Some((one, other)) = sets.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut faulty = plan.clone();
            let chosen = [Some(*one), *other].into_iter().flatten();
            faulty.faults.list.extend(chosen.map(|at| faults[at].clone()));
            findings.extend(find_alone(&faulty).map(|finding| (faulty, finding)));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(1_000) {
                progress(done, sets.len() as u64);
            }
        }
        findings
    };
    let findings = thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1)).map(|_| scope.spawn(worker)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.flat_map(|found| found.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    Exhausted { places: places.count(), faults: faults.len(), runs: sets.len() as u64, findings }
}

/// Without the comparison of coalitions, which would take four times as long.
fn find_alone(plan: &Plan) -> Option<Finding> {
    let violation = std::panic::catch_unwind(|| simulate(plan, &mut ()).violation);
    match violation {
        Ok(None) => None,
        // Says whether it was a violation or a panic, with the plan at hand.
        _ => find(plan),
    }
}

/// How many things in a run can fail.
#[derive(Default)]
struct Places {
    outputs: BTreeMap<Peer, u32>,
    writes: BTreeMap<Peer, u32>,
    frames: BTreeMap<(Peer, Peer), u32>,
    healed: bool,
}

impl Observer for Places {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        match observation {
            _ if self.healed => {}
            Observation::Healed => self.healed = true,
            Observation::Issued { peer, .. } => {
                *self.outputs.entry(*peer).or_default() += 1;
                *self.writes.entry(*peer).or_default() += 1;
            }
            Observation::Told { peer, .. } => *self.outputs.entry(*peer).or_default() += 1,
            Observation::Sent { from, to, .. } => {
                *self.outputs.entry(*from).or_default() += 1;
                *self.frames.entry((*from, *to)).or_default() += 1;
            }
            _ => {}
        }
    }
}

impl Places {
    fn count(&self) -> usize {
        let sums = [
            self.outputs.values().sum::<u32>(),
            self.writes.values().sum(),
            self.frames.values().sum(),
        ];
        sums.into_iter().sum::<u32>() as usize
    }

    fn faults(&self, plan: &Plan, depth: Depth) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (peer, count) in &self.outputs {
            faults.extend((1..=*count).flat_map(|nth| crashes(*peer, nth, depth)));
            if depth == Depth::Single && plan.cluster.member(*peer).role == Role::Heavy {
                faults.extend((1..=*count).map(|nth| death(*peer, nth)));
            }
        }
        for (ends, count) in &self.frames {
            faults.extend((1..=*count).flat_map(|nth| mishaps(*ends, nth, depth)));
        }
        if depth == Depth::Single {
            for (peer, count) in &self.writes {
                let slow = |nth| Fault::SlowWrite { peer: *peer, nth, extra: 7_000 };
                faults.extend((1..=*count).map(slow));
            }
        }
        faults
    }
}

/// With what was pending lost, kept, or kept in part; back at once, or after the deadline; and five
/// more crashes while it recovers.
fn crashes(peer: Peer, nth: u32, depth: Depth) -> Vec<Fault> {
    let crash = |keep, down, relapses: &[u32]| {
        let (kind, trigger, relapses) =
            (Kind::CrashAtOutput, Trigger::Output(nth), relapses.to_vec());
        Fault::Crash(Crash { kind, peer, trigger, keep, down: Some(down), relapses })
    };
    let deep = crash(0, 50, &[1, 0, 2, 1, 3]);
    match depth {
        Depth::Pairs => vec![crash(0, 50, &[]), deep],
        Depth::Single => vec![
            crash(0, 50, &[]),
            crash(1, 50, &[]),
            crash(usize::MAX, 50, &[]),
            crash(0, 7_000, &[]),
            deep,
        ],
    }
}

/// Not back at all.
fn death(peer: Peer, nth: u32) -> Fault {
    let (kind, trigger, relapses) = (Kind::Death, Trigger::Output(nth), Vec::new());
    Fault::Crash(Crash { kind, peer, trigger, keep: 0, down: None, relapses })
}

/// Lost, doubled, late, or later than the deadline.
fn mishaps((from, to): (Peer, Peer), nth: u32, depth: Depth) -> Vec<Fault> {
    let ways = match depth {
        Depth::Pairs => &[What::Lose, What::Repeat(300)][..],
        Depth::Single => &[
            What::Lose,
            What::Repeat(0),
            What::Repeat(300),
            What::Repeat(7_000),
            What::Delay(300),
            What::Delay(7_000),
        ],
    };
    ways.iter().map(|what| Fault::Frame { from, to, nth, what: *what }).collect()
}
