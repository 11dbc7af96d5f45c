//! Bounded exploration: every order in which messages can arrive and writes can finish.
//!
//! A depth-first search over the states of a small network without faults. In each state, any frame
//! on its way may arrive next, and any disk may finish its oldest write; when there is neither, time
//! goes on to the next timer. States that were seen before are not entered again: they are told
//! apart by 64 bits of everything that the nodes hold and of what is on its way, so that among
//! 10^7 states one is missed with a probability of about 10^-5.
//!
//! The machines are copied as they are. A general model checker would want them to be hashed and
//! compared by value, secrets included; all that is needed here is a copy and a fingerprint.

mod host;
mod judge;
mod network;

use std::collections::HashSet;

use crate::plan::Plan;
use judge::judge;
use network::{Network, Step};

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The most states.
    pub states: usize,
    /// How often time may go on although something is on its way.
    pub hurries: u32,
}

/// What was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Steps from one to another.
    pub steps: u64,
    /// States in which every node has ended the computation and nothing is on its way.
    pub ends: u64,
    /// Of those, the ones that completed.
    pub completed: u64,
    /// The longest way to an end.
    pub longest: usize,
    /// Whether there was nothing left to enter.
    pub complete: bool,
    /// What was wrong, and the steps that lead there.
    pub wrong: Option<(String, Vec<String>)>,
}

/// Explores the run of a plan; its faults do not count.
pub fn explore(plan: &Plan, bounds: Bounds, progress: impl Fn(usize)) -> Explored {
    let mut explored = Explored::default();
    let mut seen = HashSet::new();
    let first = Network::new(plan, bounds.hurries);
    seen.insert(first.fingerprint());
    let mut way: Vec<(Network, Vec<Step>, Option<Step>)> =
        vec![(first.clone(), first.steps(), None)];
    while let Some((network, steps, _)) = way.last_mut() {
        if seen.len() >= bounds.states {
            explored.states = seen.len();
            return explored;
        }
        let Some(step) = steps.pop() else {
            way.pop();
            continue;
        };
        let mut next = network.clone();
        let wrong = next.take(plan, step).err();
        explored.steps += 1;
        if wrong.is_none() && !seen.insert(next.fingerprint()) {
            continue;
        }
        if seen.len().is_multiple_of(10_000) {
            progress(seen.len());
        }
        let ahead = next.steps();
        let wrong = wrong.or_else(|| {
            let end = ahead.is_empty().then(|| judge(plan, &next))?;
            explored.ends += 1;
            explored.longest = explored.longest.max(way.len());
            end.map(|completed| explored.completed += u64::from(completed)).err()
        });
        way.push((next, ahead, Some(step)));
        if let Some(wrong) = wrong {
            let steps = way.iter().filter_map(|(_, _, step)| *step);
            let steps = steps.map(|step| step.describe(plan)).collect();
            explored.wrong = Some((wrong, steps));
            break;
        }
    }
    explored.states = seen.len();
    explored.complete = explored.wrong.is_none();
    explored
}
