//! Named situations, each spelled out as a plan.

use formix_proto::directory::Role;
use formix_proto::id::Nonce;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::time::Time;
use formix_sim::exhaustive::{Depth, canonical, counted, exhaust};
use formix_sim::explore::{Bounds, explore};
use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::{
    Adversary, Behaviour, Crash, Fault, Kind, Move, Peer, Plan, Trick, Trigger, What,
};
use formix_sim::world::{End, Run, simulate};

const H0: Peer = Peer(0);
const H1: Peer = Peer(1);

fn light(plan: &Plan, number: usize) -> Peer {
    plan.cluster.with_role(Role::Light)[number]
}

/// The sum of the plain question's answers of these light nodes, encoded: `answer - min` each.
fn total(numbers: &[u32]) -> u128 {
    numbers.iter().map(|number| u128::from(number + 498)).sum()
}

/// When it ended, and what was revealed.
fn completed(run: &Run) -> (u64, &Reveal) {
    assert_eq!(run.violation, None);
    match &run.ends[0] {
        Some((at, End::Ended(Outcome::Completed(reveal)))) => (*at, reveal),
        other => unreachable!("{other:?}"),
    }
}

fn never(plan: &mut Plan, from: Peer, to: Peer) {
    plan.faults.list.push(Fault::Deaf { from, to });
}

fn crash(peer: Peer, trigger: Trigger) -> Crash {
    let (kind, down, relapses) = (Kind::CrashAtOutput, Some(300), Vec::new());
    Crash { kind, peer, trigger, keep: 0, down, relapses }
}

fn revealed(run: &Run) -> u128 {
    completed(run).1.totals.values().sum()
}

#[test]
fn a_share_that_never_arrives_leaves_its_light_node_out() {
    let mut plan = Plan::plain(3, 5);
    let from = light(&plan, 3);
    never(&mut plan, from, H1);
    let run = simulate(&plan, &mut ());
    assert_eq!(completed(&run).1.participants, 4);
    assert_eq!(revealed(&run), total(&[0, 1, 2, 4]));
}

#[test]
fn the_result_is_exact_over_whom_all_three_seats_saw() {
    let mut plan = Plan::plain(3, 6);
    for (number, heavy) in [(0, Peer(0)), (1, Peer(1)), (2, Peer(2))] {
        let from = light(&plan, number);
        never(&mut plan, from, heavy);
    }
    let run = simulate(&plan, &mut ());
    assert_eq!(completed(&run).1.participants, 3);
    assert_eq!(revealed(&run), total(&[3, 4, 5]));
}

#[test]
fn a_heavy_node_that_crashes_while_collecting_loses_nothing() {
    for seat in 0..3 {
        for batch in 1..=8 {
            for relapses in [vec![], vec![0, 1, 3]] {
                let mut plan = Plan::plain(3, 4);
                plan.faults.heal = 5_000;
                let crash = crash(Peer(seat), Trigger::Persist(batch));
                plan.faults.list.push(Fault::Crash(Crash { relapses, ..crash }));
                let run = simulate(&plan, &mut ());
                assert_eq!(revealed(&run), total(&[0, 1, 2, 3]), "{seat} {batch}");
            }
        }
    }
}

#[test]
fn a_light_node_that_crashes_between_its_shares_counts_once() {
    for message in 1..=4 {
        let mut plan = Plan::plain(3, 4);
        plan.faults.heal = 5_000;
        plan.faults.list.push(Fault::Crash(crash(light(&plan, 2), Trigger::Send(message))));
        let run = simulate(&plan, &mut ());
        assert_eq!(completed(&run).1.participants, 4);
        assert_eq!(revealed(&run), total(&[0, 1, 2, 3]));
    }
}

#[test]
fn the_outcome_is_early_when_everyone_has_answered_or_declined() {
    let mut plan = Plan::plain(4, 5);
    plan.workload[0].owners[1].behaviour = Behaviour::Decline;
    let run = simulate(&plan, &mut ());
    assert_eq!(completed(&run).1.participants, 4);
    assert!(completed(&run).0 < 1_000, "the deadline is at {}", plan.workload[0].deadline());
}

#[test]
fn who_ignores_the_question_holds_it_up_until_the_deadline_only() {
    let mut plan = Plan::plain(3, 5);
    plan.workload[0].owners[1].behaviour = Behaviour::Ignore;
    let run = simulate(&plan, &mut ());
    let deadline = plan.workload[0].deadline();
    assert_eq!(completed(&run).1.participants, 4);
    assert!((deadline..deadline + 200).contains(&completed(&run).0));
}

/// Collects the nodes that wait, each with those it waits for, when the question has had its time.
#[derive(Default)]
struct Waiting(Vec<(Peer, Vec<Peer>)>);

impl Observer for Waiting {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        if let Observation::TimeUp { standing, .. } = observation {
            self.0 = standing.to_vec();
        }
    }
}

#[test]
fn seats_that_have_sent_their_partials_name_the_primary_that_is_gone() {
    let mut named = 0;
    for message in 1..=60 {
        let mut plan = Plan::plain(3, 4);
        plan.faults.heal = 10_000;
        let trigger = Trigger::Send(message);
        let death = Crash { kind: Kind::Death, down: None, ..crash(H0, trigger) };
        plan.faults.list.push(Fault::Crash(death));
        let mut waiting = Waiting::default();
        let run = simulate(&plan, &mut waiting);
        assert_eq!(run.violation, None, "{message}");
        let seats = waiting.0.iter().filter(|(peer, _)| (1..3).contains(&peer.0));
        named += u32::from(seats.filter(|(_, named)| named == &[H0]).count() == 2);
    }
    assert!(named > 0);
}

#[test]
fn a_lost_frozen_is_sent_again() {
    for nth in 1..=12 {
        let mut plan = Plan::plain(3, 3);
        plan.faults.heal = 20_000;
        plan.faults.list.push(Fault::Frame { from: H1, to: H0, nth, what: What::Lose });
        assert_eq!(completed(&simulate(&plan, &mut ())).1.participants, 3);
    }
}

/// A resumed machine, or a bad time server: the clock of any one node is an hour ahead for four seconds.
#[test]
fn a_clock_that_was_wrong_for_four_seconds_keeps_nobody_from_the_next_question() {
    for peer in Plan::plain(3, 3).cluster.peers() {
        let mut plan = Plan::plain(3, 3);
        let mut later = plan.workload[0].clone();
        later.at = 5_000;
        later.proposal.nonce = Nonce([1; 16]);
        std::sync::Arc::make_mut(&mut later.proposal.spec).deadline =
            Time(formix_sim::EPOCH + 11_000);
        plan.workload = vec![later];
        plan.faults.heal = 4_500;
        let hour = 3_600_000;
        plan.faults.list =
            [(100, hour), (4_100, -hour)].map(|(at, by)| Fault::Step { peer, at, by }).into();
        assert_eq!(completed(&simulate(&plan, &mut ())).1.participants, 3, "{peer:?}");
    }
}

/// L4, as far as it is a matter of the protocol: virtual time knows no processor.
#[test]
fn a_flood_of_one_light_node_slows_nobody() {
    let calm = Plan::plain(3, 5);
    let (unflooded, _) = completed(&simulate(&calm, &mut ()));
    let mut flooded = calm.clone();
    let flooder = light(&calm, 0);
    let flood = |nth| Move { peer: flooder, nth, trick: Trick::Flood(20_000) };
    flooded.adversary = Adversary { members: vec![flooder], moves: (1..=4).map(flood).collect() };
    let run = simulate(&flooded, &mut ());
    assert!(run.events > 60_000, "the flood has come: {}", run.events);
    assert!(completed(&run).0 <= 2 * unflooded, "{} ms, not {unflooded}", completed(&run).0);
}

#[test]
fn every_single_fault_of_the_canonical_run_is_survived() {
    for plan in [canonical(), counted()] {
        let exhausted = exhaust(&plan, Depth::Single, 2, |_, _| {});
        assert!(exhausted.faults > 900, "{} faults", exhausted.faults);
        assert!(exhausted.findings.is_empty(), "{}", exhausted.findings[0].1);
    }
}

#[test]
fn the_first_states_of_every_order_of_messages_hold() {
    let bounds = Bounds { states: 20_000, hurries: 1 };
    for plan in [Plan::plain(3, 1), Plan::grouped(3, 1)] {
        let explored = explore(&plan, bounds, |_| {});
        assert_eq!(explored.wrong, None);
        assert!(explored.ends > 0 && explored.states == bounds.states);
    }
}
