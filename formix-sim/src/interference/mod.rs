//! P1: bit-exact non-interference.
//!
//! A run is made again with the answers of two honest light nodes changed, one by `+d` and the other
//! by `-d` (or not at all, if neither was ever in a roster: then their sum is secret as well), and with the coins of their splits shifted such that only the share for one honest heavy
//! node changes. Nothing that anybody else can see may then differ by a bit: not a byte that they
//! receive, send or write down, not what any node tells its owner, and of everybody's messages
//! neither the time nor the ends nor the length. The idea is non-interference (Goguen and Meseguer,
//! 1982), and the coins' shift is the bijection of the proof that additive sharing is secret.
//!
//! The coalition is everybody but those two and that heavy node: two seats of the committee, all other
//! light and heavy nodes, and whoever asks.

mod pair;
mod view;

use crate::plan::{Deed, Peer, Plan};
use crate::violation::{Breach, Invariant, Violation};
use crate::world::{Shifts, simulate, simulate_shifted};
use pair::{Pair, Probe};
use view::{View, Views};

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// How many coalitions saw the same twice.
    pub coalitions: u64,
    /// The question whose answers were changed was completed with both of them.
    pub revealed: bool,
    /// Inputs that nodes handled in all the runs.
    pub events: u64,
}

/// Compares what each coalition of two seats sees; `None` if the plan has no two answers to change.
pub fn compare(plan: &Plan) -> Result<Option<Compared>, Violation> {
    let mut probe = Probe::new(plan);
    let mut events = run(simulate(plan, &mut probe))?;
    let Some(pair) = probe.choose() else { return Ok(None) };
    let coalitions = pair.seats.map(|honest| pair.coalition(plan, honest));
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
    Ok(Some(Compared { coalitions: compared, revealed: pair.revealed, events }))
}

fn run(run: crate::world::Run) -> Result<u64, Violation> {
    run.violation.map_or(Ok(run.events), Err)
}

/// The same plan with the two answers changed, and the coins that hide it from all but one seat.
fn change(plan: &Plan, pair: &Pair, honest: usize) -> (Plan, Shifts) {
    let mut changed = plan.clone();
    let mut shifts = Shifts::new();
    // What was never added up may not show even in a sum.
    let fall = if pair.revealed { -pair.by } else { 0 };
    for (light, steps) in [(pair.up, pair.by), (pair.down, fall)] {
        let number = plan.cluster.member(light).number as usize;
        let owner = &mut changed.workload[pair.question].owners[number];
        if let Deed::Answer { tenths } = &mut owner.deed {
            *tenths += 10 * steps;
        }
        // The third share is what the coins leave of the answer: it shifts by itself.
        for split in pair.splits.iter().filter(|split| honest < 2 && split.light == light) {
            let word = split.first_word + honest as u32;
            let shift = (steps as i32).cast_unsigned();
            shifts.entry((light, split.life)).or_default().insert(word, shift);
        }
    }
    (changed, shifts)
}

impl Pair {
    /// Everybody who may put together what they see.
    fn coalition(&self, plan: &Plan, honest: Peer) -> Vec<bool> {
        let outside = [self.up, self.down, honest];
        plan.cluster.peers().map(|peer| !outside.contains(&peer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the coalition of these sees of a plain run, before and after the change that hides from
    /// all but one seat.
    fn difference(honest: usize, members: impl Fn(&Plan, &Pair) -> Vec<bool>) -> Option<u64> {
        let plan = Plan::plain(3, 4);
        let mut probe = Probe::new(&plan);
        simulate(&plan, &mut probe);
        let pair = probe.choose().unwrap();
        assert!(pair.revealed);
        let (changed, shifts) = change(&plan, &pair, honest);
        let [mut before, mut after] = [(); 2].map(|()| View::new(members(&plan, &pair)));
        assert_eq!(simulate(&plan, &mut before).violation, None);
        assert_eq!(simulate_shifted(&changed, &shifts, &mut after).violation, None);
        before.first_difference(&after)
    }

    #[test]
    fn two_seats_and_everybody_else_see_no_difference() {
        for honest in 0..3 {
            let seen = difference(honest, |plan, pair| pair.coalition(plan, pair.seats[honest]));
            assert_eq!(seen, None);
        }
    }

    #[test]
    fn three_seats_together_see_the_difference() {
        for honest in 0..3 {
            let seen = difference(honest, |plan, pair| {
                plan.cluster.peers().map(|peer| ![pair.up, pair.down].contains(&peer)).collect()
            });
            assert!(seen.is_some());
        }
    }

    #[test]
    fn coins_that_are_not_shifted_show() {
        let plan = Plan::plain(3, 4);
        let mut probe = Probe::new(&plan);
        simulate(&plan, &mut probe);
        let pair = probe.choose().unwrap();
        let (changed, _) = change(&plan, &pair, 0);
        let [mut before, mut after] =
            [(); 2].map(|()| View::new(pair.coalition(&plan, pair.seats[0])));
        simulate(&plan, &mut before);
        simulate(&changed, &mut after);
        assert!(before.first_difference(&after).is_some());
    }
}
