//! Machines: however the network loses, repeats and reorders, and whoever restarts, a computation is
//! exact or has failed, everybody agrees, and nobody honest is accused.

use std::collections::BTreeSet;

use formix_proto::Decimal;
use formix_proto::directory::Role;
use formix_proto::id::NodeId;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::statistic::Finding;
use formix_proto::time::Time;
use proptest::prelude::*;

use super::support::world::{Owner, World};
use super::support::{DEADLINE, LIGHTS, PROPOSER, SEATS, everyone, seconds, terms};
use crate::support::vectors::totals;

/// What a network does to a run; every choice is drawn before it begins.
#[derive(Debug, Clone)]
struct Weather {
    /// What becomes of each letter in turn, and after the last one again from the first: one in so many
    /// is lost, is delivered twice.
    fates: Vec<u8>,
    orders: Vec<prop::sample::Index>,
    /// After so many ticks of the clock, this node restarts.
    restarts: Vec<(u8, prop::sample::Index)>,
    owners: [Owner; 4],
}

fn owner(answer: &'static str) -> impl Strategy<Value = Owner> {
    prop_oneof![
        6 => Just(Owner::Answers(answer)),
        1 => Just(Owner::Declines),
        1 => Just(Owner::IsAway),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let index = any::<prop::sample::Index>;
    (
        prop::collection::vec(any::<u8>(), 1..60),
        prop::collection::vec(index(), 1..60),
        prop::collection::vec((0u8..40, index()), 0..4),
        [owner("1.5"), owner("2.5"), owner("3.5"), owner("4.5")],
    )
        .prop_map(|(fates, orders, restarts, owners)| Weather {
            fates,
            orders,
            restarts,
            owners,
        })
}

/// The answers in tenths, as the oracle knows them.
fn tenths(light: NodeId) -> u32 {
    let at = LIGHTS.iter().position(|known| *known == light).expect("a light node");
    [15, 25, 35, 45][at]
}

fn run(weather: Weather, faults_end: Time) -> World {
    let Weather { fates, orders, restarts, owners } = weather;
    let mut world = World::new();
    world.owners = LIGHTS.into_iter().zip(owners).collect();
    let mut fates = fates.into_iter().cycle();
    world.copies = Box::new(move |_| match fates.next() {
        Some(0..64) => 0,
        Some(64..96) => 2,
        _ => 1,
    });
    let mut orders = orders.into_iter().cycle();
    world.order = Box::new(move |waiting| orders.next().map_or(0, |order| order.index(waiting)));
    world.propose(terms());
    let nodes: Vec<_> = everyone().map(|(node, _)| node).collect();
    let mut ticks = 0u8;
    while world.tick(faults_end) {
        for (_, node) in restarts.iter().filter(|(after, _)| *after == ticks) {
            world.restart(*node.get(&nodes));
        }
        ticks = ticks.saturating_add(1);
    }
    world.copies = Box::new(|_| 1);
    world.order = Box::new(|_| 0);
    world
}

/// Whom each seat has summed, out of its own durable record.
fn summed(world: &World, seat: NodeId) -> Option<BTreeSet<NodeId>> {
    world.hosts[&seat].log().iter().find_map(|record| match &record.fact {
        Fact::Sealed(seal) => Some(seal.roster.entries().iter().map(|entry| entry.light).collect()),
        _ => None,
    })
}

fn assert_exact_or_failed(world: &World) -> Result<(), TestCaseError> {
    // A seat that has never heard of it has nothing to end.
    let knows = |node: &NodeId| world.hosts[node].status().is_some();
    let outcomes: Vec<_> = SEATS
        .into_iter()
        .chain([PROPOSER])
        .filter(knows)
        .map(|node| world.outcome(node).ok_or_else(|| TestCaseError::fail("it has not ended")))
        .collect::<Result<_, _>>()?;
    for other in &outcomes[1..] {
        prop_assert!(outcomes[0].agrees_with(other), "{:?} and {:?}", outcomes[0], other);
    }
    if let Outcome::Completed(reveal) = &outcomes[0] {
        let rosters = SEATS.map(|seat| summed(world, seat));
        let roster = rosters[0].clone().expect("what is completed was sealed");
        prop_assert!(rosters.iter().all(|other| other.as_ref() == Some(&roster)));
        let expected: u32 = roster.iter().copied().map(tenths).sum();
        prop_assert_eq!(&reveal.totals, &totals(&[expected]));
        prop_assert_eq!(reveal.participants as usize, roster.len());
        prop_assert!(reveal.participants >= terms().min_participants);
        let decoded = terms().statistic.decode(&reveal.totals, reveal.participants);
        let found = decoded.expect("one element").groups.swap_remove(0).found.expect("all answers");
        let sum = Decimal::new(expected.into(), 1).normalize();
        let is_sum = matches!(found.finding, Finding::Sum(it) if it.sum == sum);
        prop_assert!(is_sum, "{:?}", found);
    }
    prop_assert_eq!(world.faults(), Vec::<&_>::new(), "nobody honest is accused");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// The network heals before the committee gives up, so everything ends by the bound.
    #[test]
    fn every_run_is_exact_or_failed_and_everybody_agrees(weather in weather()) {
        let mut world = run(weather, DEADLINE + seconds(20));
        let bound = world.hosts[&PROPOSER].config.policy.bound();
        world.run_until(DEADLINE + bound);
        assert_exact_or_failed(&world)?;
    }

    /// When it heals only long after everybody has given up, they still agree.
    #[test]
    fn a_network_that_heals_late_still_agrees(weather in weather()) {
        let mut world = run(weather, DEADLINE + seconds(90));
        let bound = world.hosts[&PROPOSER].config.policy.bound();
        world.run_until(DEADLINE + seconds(90) + bound);
        assert_exact_or_failed(&world)?;
    }

    /// Who was told that it counted did, and who was told that it did not did not.
    #[test]
    fn every_light_node_is_told_the_truth(weather in weather()) {
        let mut world = run(weather, DEADLINE + seconds(20));
        world.run_until(DEADLINE + seconds(60));
        let roster = summed(&world, SEATS[0]).unwrap_or_default();
        let completed = matches!(world.outcome(SEATS[0]), Some(Outcome::Completed(_)));
        for light in LIGHTS {
            let settled = world.hosts[&light].log().iter().find_map(|record| match record.fact {
                Fact::Learned(counted) => counted,
                _ => None,
            });
            if let Some(counted) = settled {
                prop_assert_eq!(counted, completed && roster.contains(&light));
            }
        }
    }
}

#[test]
fn with_fair_weather_every_answer_counts() {
    let mut world = World::new();
    world.propose(terms());
    let Some(Outcome::Completed(reveal)) = world.outcome(PROPOSER) else { panic!() };
    assert_eq!((reveal.participants, &reveal.totals), (4, &totals(&[120])));
    assert_eq!(world.now, super::support::START, "it waits for nothing");
    let lights = everyone().filter(|(_, role)| *role == Role::Light).count();
    assert_eq!(world.letters("contribution").len(), 3 * lights);
}
