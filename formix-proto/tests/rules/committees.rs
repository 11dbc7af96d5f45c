//! Committees of every size: every seat is needed, and all of them are treated alike.

use std::sync::Arc;

use formix_proto::directory::{Directory, Role};
use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::outcome::{Failure, Outcome};
use formix_proto::record::Fact;
use formix_proto::seat::{MAX_SEATS, MIN_SEATS};
use formix_proto::spec::Spec;
use formix_proto::statistic::{Groups, Labels, Statistic};

use crate::support::host::Host;
use crate::support::vectors::totals;
use crate::support::world::{Owner, World};
use crate::support::{DEADLINE, LIGHTS, PROPOSER, committee, config, everyone, seconds, terms};

/// So many heavy nodes, none of them with a seat in the usual committee.
fn heavies(seats: usize) -> Vec<NodeId> {
    (0..seats as u8).map(|seat| NodeId([0xb0 + seat; 32])).collect()
}

/// A network in which these heavy nodes are enrolled as well.
fn network(heavies: &[NodeId]) -> World {
    let more = heavies.iter().map(|heavy| (*heavy, Role::Heavy));
    let directory: Arc<Directory> = Arc::new(everyone().chain(more).collect());
    let mut world = World::new();
    for host in world.hosts.values_mut() {
        host.command(Command::Enroll(directory.clone()));
    }
    for heavy in heavies {
        let config = formix_proto::node::Config {
            id: *heavy,
            role: Role::Heavy,
            directory: directory.clone(),
            ..config(PROPOSER)
        };
        world.hosts.insert(*heavy, Host::new(config));
    }
    world
}

fn asked_of(heavies: &[NodeId]) -> Spec {
    Spec { committee: committee(heavies.iter().copied()), ..terms() }
}

#[test]
fn a_committee_of_any_size_reveals_the_sum_of_all_answers() {
    for seats in MIN_SEATS..=MAX_SEATS {
        let heavies = heavies(seats);
        let mut world = network(&heavies);
        let id = world.propose(asked_of(&heavies));
        for heavy in heavies {
            let node = world.hosts[&heavy].node();
            let standing = node.status(&id).map(|status| status.standing);
            let Some(formix_proto::status::Standing::Ended(Outcome::Completed(reveal))) = standing
            else {
                panic!("{seats} seats: {standing:?}")
            };
            assert_eq!((reveal.participants, reveal.totals), (4, totals(&[120])), "{seats} seats");
        }
        assert!(world.faults().is_empty(), "{seats} seats");
    }
}

/// R5, R3: an answer of which any seat lacks its share is in nobody's sum.
#[test]
fn a_share_that_any_seat_lacks_leaves_its_answer_out() {
    for seats in MIN_SEATS..=MAX_SEATS {
        for lacking in heavies(seats) {
            let mut world = network(&heavies(seats));
            world.copies = Box::new(move |letter| {
                let lost = letter.from == LIGHTS[0] && letter.to == lacking;
                usize::from(!(lost && letter.message.name() == "contribution"))
            });
            let id = world.propose(asked_of(&heavies(seats)));
            world.run_until(DEADLINE + seconds(5));
            let status = world.hosts[&PROPOSER].node().status(&id).expect("it has asked");
            let formix_proto::status::Standing::Ended(Outcome::Completed(reveal)) = status.standing
            else {
                panic!("{seats} seats")
            };
            assert_eq!((reveal.participants, reveal.totals), (3, totals(&[105])), "{seats} seats");
        }
    }
}

/// R8: without any one seat nothing is revealed, and everybody knows for whom it failed.
#[test]
fn a_seat_that_is_gone_fails_the_computation_by_its_name() {
    for seats in MIN_SEATS..=MAX_SEATS {
        let heavies = heavies(seats);
        for gone in &heavies[1..] {
            let mut world = network(&heavies);
            world.silent.insert(*gone);
            let id = world.propose(asked_of(&heavies));
            world.run_until(DEADLINE);
            let failure = Failure::NotReady { missing: vec![*gone] };
            let status = world.hosts[&PROPOSER].node().status(&id).expect("it has asked");
            let failed = formix_proto::status::Standing::Ended(Outcome::Failed(failure));
            assert_eq!(status.standing, failed, "{seats} seats");
        }
    }
}

/// R4: every seat has its part in the counts, and each leaves the small group out of its partial.
#[test]
fn a_committee_of_any_size_suppresses_a_group_that_is_too_small() {
    for seats in MIN_SEATS..=MAX_SEATS {
        let heavies = heavies(seats);
        let mut world = network(&heavies);
        let says: [&'static [&'static str]; 4] =
            [&["a", "1.5"], &["a", "2.5"], &["b", "72"], &["a", "3.5"]];
        world.owners = LIGHTS.into_iter().zip(says.map(Owner::Says)).collect();
        let labels = Labels::try_from(vec!["a".into(), "b".into()]).unwrap();
        let groups = Some(Groups { labels, min_size: 3 });
        let statistic = Statistic { groups, ..terms().statistic };
        world.propose(Spec { statistic, ..asked_of(&heavies) });
        let revealed = |heavy: &NodeId| {
            world.hosts[heavy].log().iter().any(|record| match &record.fact {
                Fact::Revealed(partials) => {
                    // The second group's count and sum: zero at every seat.
                    let is_zero = |at: usize, bytes: &[u8]| bytes[4 * at..4 * at + 4] == [0; 4];
                    partials.seats() == seats
                        && partials
                            .values()
                            .all(|it| is_zero(1, it.expose()) && is_zero(3, it.expose()))
                }
                _ => false,
            })
        };
        assert!(heavies.iter().all(revealed), "{seats} seats");
    }
}
