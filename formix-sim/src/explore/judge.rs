//! What must have come of a run when nothing can happen any more.

use formix_proto::outcome::Outcome;

use super::network::Network;
use crate::plan::Plan;
use crate::truth::Truth;

/// Whether it was completed; or what is wrong.
pub(super) fn judge(plan: &Plan, network: &Network) -> Result<bool, String> {
    let outcomes: Vec<_> = network.hosts().filter_map(|host| host.ended.as_ref()).collect();
    let Some(first) = outcomes.first() else { return Err("nobody knows an end".to_owned()) };
    if !outcomes.iter().all(|outcome| outcome.agrees_with(first)) {
        return Err("two nodes know different ends".to_owned());
    }
    let Outcome::Completed(reveal) = first else { return Ok(false) };
    let question = &plan.workload[0];
    let truth = Truth::new(question);
    let answers: Vec<_> =
        question.owners.iter().filter_map(|owner| truth.split(&owner.behaviour)).collect();
    let totals = truth.values(reveal.totals.expose());
    let mut possible = subsets(&answers, reveal.participants as usize);
    if possible.any(|answers| {
        let sum = truth.sum(answers);
        totals == truth.told(&sum, &sum)
    }) {
        return Ok(true);
    }
    Err("the total is the sum of no such number of answers".to_owned())
}

/// Every `count` of the answers.
fn subsets(answers: &[Vec<u128>], count: usize) -> impl Iterator<Item = Vec<Vec<u128>>> + '_ {
    let sets = (0u32..1 << answers.len()).filter(move |set| set.count_ones() as usize == count);
    sets.map(|set| {
        let chosen = answers.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
        chosen.map(|(_, answer)| answer.clone()).collect()
    })
}
