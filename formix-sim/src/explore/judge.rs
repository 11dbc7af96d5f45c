//! What must have come of a run when nothing can happen any more.

use formix_proto::outcome::Outcome;
use formix_proto::share::Lanes;

use super::network::Network;
use crate::plan::{Deed, Plan};

/// Whether it was completed; or what is wrong.
pub(super) fn judge(plan: &Plan, network: &Network) -> Result<bool, String> {
    let outcomes: Vec<_> = network.hosts().filter_map(|host| host.ended.as_ref()).collect();
    let Some(first) = outcomes.first() else { return Err("nobody knows an end".to_owned()) };
    if !outcomes.iter().all(|outcome| outcome.agrees_with(first)) {
        return Err("two nodes know different ends".to_owned());
    }
    let Outcome::Completed(reveal) = first else { return Ok(false) };
    let question = &plan.workload[0];
    let answer = |owner: &crate::plan::Owner| match owner.deed {
        Deed::Answer { tenths } => u32::try_from(tenths / 10 - question.scale.min).ok(),
        _ => None,
    };
    let lanes: Vec<_> = question.owners.iter().filter_map(answer).collect();
    let possible = subset_sums(&lanes, reveal.participants as usize);
    if possible.iter().any(|sum| reveal.totals == Lanes::new(&[*sum])) {
        return Ok(true);
    }
    Err("the total is the sum of no such number of answers".to_owned())
}

/// The sums of every `count` of the answers.
fn subset_sums(lanes: &[u32], count: usize) -> Vec<u32> {
    let subsets = (0u32..1 << lanes.len()).filter(|set| set.count_ones() as usize == count);
    let sum = |set: u32| {
        let chosen = lanes.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        chosen.fold(0u32, |sum, (_, lane)| sum.wrapping_add(*lane))
    };
    subsets.map(sum).collect()
}
