//! P1: bit-exact non-interference.
//!
//! A run is made again with other answers, and with the coins of their splits shifted such that only
//! the share for one honest heavy node changes ([`Change`] says which). Nothing that anybody else can
//! see may then differ by a bit: not a byte that they receive, send or write down, not what any node
//! tells its owner, and of everybody's messages neither the time nor the ends nor the length. The idea
//! is non-interference (Goguen and Meseguer, 1982), and the coins' shift is the bijection of the proof
//! that additive sharing is secret.
//!
//! Two light nodes whose answers were added up exchange them: whatever is computed, and over whichever
//! groups, its sums stay the same. Where the question hides opt-outs, one of the two may be a node
//! that opts out. A node changes alone if it was never added up, or only in a suppressed group, which not
//! even the result may tell.
//!
//! Where light nodes keep to a time of the question's (R13), the nodes that change are also quicker to find
//! their answers.
//!
//! The coalition is everybody but the nodes that change and that heavy node: all other seats of the
//! committee, all other light and heavy nodes, and the proposer.

mod pair;
mod view;

use crate::plan::{Behaviour, Peer, Plan};
use crate::truth::Truth;
use crate::violation::{Breach, Invariant, Violation};
use crate::world::{Shift, Shifts, simulate, simulate_shifted};
pub use pair::Change;
use pair::{Pair, Probe, Split};
use view::{View, Views};

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// How many coalitions saw the same twice.
    pub coalitions: u64,
    /// What was changed.
    pub change: Change,
    /// Inputs that nodes handled in all the runs.
    pub events: u64,
}

/// Compares what each coalition of all seats but one sees; `None` if the plan has no two answers to change.
pub fn compare(plan: &Plan) -> Result<Option<Compared>, Violation> {
    let mut probe = Probe::new(plan);
    let mut events = run(simulate(plan, &mut probe))?;
    let Some(pair) = probe.choose() else { return Ok(None) };
    let coalitions: Vec<_> =
        pair.seats.iter().map(|honest| pair.coalition(plan, *honest)).collect();
    let mut before = Views::new(coalitions.clone());
    events += run(simulate(plan, &mut before))?;
    let honest = |peer: &Peer| !plan.adversary.has(*peer);
    let mut compared = 0;
    for (seat, before) in before.0.into_iter().enumerate() {
        // An adversary outside of the coalition gives away what it likes.
        if !honest(&pair.seats[seat]) {
            continue;
        }
        compared += 1;
        let (changed, shifts) = change(plan, &pair, seat);
        let mut after = View::new(coalitions[seat].clone());
        events += run(simulate_shifted(&changed, &shifts, &mut after))?;
        if let Some(at) = before.first_difference(&after) {
            let what = "a coalition can tell apart two runs that differ in answers only";
            let breach = Breach::new(Invariant::P1, pair.question, what).at(pair.seats[seat]);
            return Err(Violation::new(breach, at, &plan.cluster));
        }
    }
    Ok(Some(Compared { coalitions: compared, change: pair.change, events }))
}

fn run(run: crate::world::Run) -> Result<u64, Violation> {
    run.violation.map_or(Ok(run.events), Err)
}

/// The same plan with other answers, and the coins that hide it from all but one seat.
fn change(plan: &Plan, pair: &Pair, honest: usize) -> (Plan, Shifts) {
    let (mut changed, mut shifts) = (plan.clone(), Shifts::new());
    let truth = Truth::new(&plan.workload[pair.question]);
    let owners = &plan.workload[pair.question].owners;
    let quickest = [pair.one, pair.other].map(|light| owners[number(plan, light)].after);
    for (light, new) in pair.changes(plan) {
        let owner = &mut changed.workload[pair.question].owners[number(plan, light)];
        let [before, after] =
            [&owner.behaviour, &new].map(|behaviour| truth.split(behaviour).unwrap_or_default());
        let by = truth.difference(&after, &before);
        owner.behaviour = new;
        // Data takes time, and which time is nobody's business either.
        if plan.cluster.keeps_time() {
            owner.after = quickest[0].min(quickest[1]) / 2;
        }
        // The last seat's share is what the coins leave of the answer: it shifts by itself.
        let drawn = honest + 1 < pair.seats.len();
        for split in pair.splits.iter().filter(|split| drawn && split.light == light) {
            let words = shifts.entry((light, split.life)).or_default();
            words.extend(shift(&truth, split, honest, &by));
        }
    }
    (changed, shifts)
}

/// The words of one share of a split, each with the amount that it is to be greater by.
fn shift(truth: &Truth<'_>, split: &Split, seat: usize, by: &[u128]) -> Vec<(u32, Shift)> {
    let width = truth.words_of_a_lane();
    let words = by.iter().flat_map(|by| {
        (0..width).map(move |word| Shift { by: (by >> (32 * word)) as u32, carries: word > 0 })
    });
    let first = split.first_word as usize + seat * width * by.len();
    (first as u32..).zip(words).collect()
}

fn number(plan: &Plan, light: Peer) -> usize {
    plan.cluster.member(light).number as usize
}

impl Pair {
    /// What each node says instead.
    fn changes(&self, plan: &Plan) -> Vec<(Peer, Behaviour)> {
        let owners = &plan.workload[self.question].owners;
        let [one, other] =
            [self.one, self.other].map(|light| &owners[number(plan, light)].behaviour);
        let mut changes = vec![(self.one, self.change.of(one, other))];
        if self.change == Change::Exchange {
            changes.push((self.other, one.clone()));
        }
        changes
    }

    /// The nodes that put together what they see.
    fn coalition(&self, plan: &Plan, honest: Peer) -> Vec<bool> {
        let mut outside = vec![self.one, honest];
        if self.change == Change::Exchange {
            outside.push(self.other);
        }
        plan.cluster.peers().map(|peer| !outside.contains(&peer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Form, Quantity, Reply, Scale, VectorTruth};
    use std::collections::BTreeSet;

    fn pair(plan: &Plan) -> Pair {
        let mut probe = Probe::new(plan);
        assert_eq!(simulate(plan, &mut probe).violation, None);
        probe.choose().unwrap()
    }

    /// What the coalition of these sees of a run, before and after the change that hides from all but
    /// one seat.
    fn difference(plan: &Plan, pair: &Pair, honest: usize, members: &[bool]) -> Option<u64> {
        let (changed, shifts) = change(plan, pair, honest);
        let [mut before, mut after] = [(); 2].map(|()| View::new(members.to_vec()));
        assert_eq!(simulate(plan, &mut before).violation, None);
        assert_eq!(simulate_shifted(&changed, &shifts, &mut after).violation, None);
        before.first_difference(&after)
    }

    /// Sums, in groups, and products in the largest ring, where one owner opts out.
    fn plans() -> Vec<Plan> {
        let mut wide = Plan::plain(3, 4);
        let scale = Scale { min: -(1 << 50), max: 1 << 50, decimals: 2 };
        let quantity = Quantity::Vector(VectorTruth(2));
        let form = Form { quantity, hides_opt_outs: true, ..Form::sum(scale) };
        wide.workload[0].compute(form);
        let answer =
            |z: i64| Behaviour::Answer(Reply { group: 0, cells: vec![Some(z), Some(1 - z)] });
        for (owner, z) in wide.workload[0].owners.iter_mut().zip([7, -(1 << 50), 1 << 52, 0]) {
            owner.behaviour = if z == 0 { Behaviour::Decline } else { answer(z) };
        }
        let mut grouped = Plan::grouped(3, 5);
        let mut alone = grouped.workload[0].owners[4].behaviour.clone();
        if let Behaviour::Answer(reply) = &mut alone {
            reply.cells = vec![Some(70)];
        }
        grouped.workload[0].owners[4].behaviour = alone;
        let plans = [Plan::plain(3, 4), grouped, wide];
        plans.iter().flat_map(|plan| (0..8).map(|seed| Plan { seed, ..plan.clone() })).collect()
    }

    #[test]
    fn two_seats_and_everybody_else_see_no_difference() {
        let mut seen = BTreeSet::new();
        for plan in plans() {
            let pair = pair(&plan);
            seen.insert(format!("{:?}", pair.change));
            for honest in 0..pair.seats.len() {
                let members = pair.coalition(&plan, pair.seats[honest]);
                assert_eq!(difference(&plan, &pair, honest, &members), None, "{pair:?}");
            }
        }
        assert_eq!(Vec::from_iter(seen), ["Exchange", "Within"]);
    }

    #[test]
    fn three_seats_together_see_the_difference() {
        for plan in plans() {
            let pair = pair(&plan);
            let outside = [pair.one, pair.other];
            let all: Vec<_> = plan.cluster.peers().map(|peer| !outside.contains(&peer)).collect();
            for honest in 0..pair.seats.len() {
                assert!(difference(&plan, &pair, honest, &all).is_some(), "{pair:?}");
            }
        }
    }

    #[test]
    fn coins_that_are_not_shifted_show() {
        for plan in plans() {
            let pair = pair(&plan);
            let (changed, _) = change(&plan, &pair, 0);
            let [mut before, mut after] =
                [(); 2].map(|()| View::new(pair.coalition(&plan, pair.seats[0])));
            simulate(&plan, &mut before);
            simulate(&changed, &mut after);
            assert!(before.first_difference(&after).is_some(), "{pair:?}");
        }
    }
}
