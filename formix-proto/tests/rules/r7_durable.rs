//! R7: durable before visible. What stands for a record leaves a node only once the record is durable.

use formix_proto::id::NodeId;
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::record::Fact;
use formix_proto::seat::Seat;
use formix_testkit::Ledger;

use crate::support::host::Disk;
use crate::support::samples;
use crate::support::stage::{HELD, Phase, asked_light, heavy};
use crate::support::steps::{Step, steps};
use crate::support::vectors::{seats, sums, totals};
use crate::support::world::World;
use crate::support::{
    DEADLINE, LIGHTS, PROPOSER, SEATS, START, answer, asks_the_owner, contribution, digest, id,
    terms,
};

#[test]
fn r7_nothing_leaves_before_the_record_it_stands_for_is_durable() {
    for Step { name, mut before, act, says } in steps() {
        before.disk = Disk::Withheld;
        let said = act(&mut before);
        assert!(!said.batches.is_empty(), "{name}: writes nothing");
        assert!(said.sent.is_empty() && said.events.is_empty(), "{name}: {said:?}");

        let released = before.release();
        let names: Vec<_> = released.sent.iter().map(|(_, message)| message.name()).collect();
        assert_eq!(names, says, "{name}");
    }
}

/// The gate makes no exception for what later inputs cause either.
#[test]
fn r7_a_slow_disk_holds_back_everything_behind_the_record() {
    let mut host = heavy(seats()[1], Phase::Collecting);
    host.disk = Disk::Withheld;
    let mut said = host.hear(LIGHTS[3], &contribution(LIGHTS[3], 40));
    said.extend(host.hear(LIGHTS[3], &contribution(LIGHTS[3], 40)));
    said.extend(host.hear(LIGHTS[3], &contribution(LIGHTS[3], 41)));
    said.extend(
        host.hear(LIGHTS[3], &Message::Seal { id: id(), digest: digest(&HELD), excluded: vec![] }),
    );
    assert!(said.sent.is_empty() && said.events.is_empty(), "{said:?}");
    let released = host.release();
    let replies: Vec<_> = released.to(LIGHTS[3]).into_iter().map(Message::name).collect();
    assert_eq!(replies, ["receipt", "receipt", "refuse"]);
    assert!(released.events.iter().any(|event| matches!(event, Event::Fault { .. })));
}

#[test]
fn r7_a_crash_before_durability_leaves_no_trace() {
    for Step { name, mut before, act, .. } in steps() {
        let (log, status) = (before.log(), before.status());
        before.disk = Disk::Withheld;
        act(&mut before);
        // Before anything is due, which would happen again.
        before.now = START;
        before.restart();
        assert_eq!(before.log(), log, "{name}");
        // Single invitations are not written down: they come again.
        let expected = status.filter(|_| name != "is asked").map(|status| status.standing);
        assert_eq!(before.status().map(|status| status.standing), expected, "{name}");
    }
}

#[test]
fn r7_a_restarted_light_node_sends_the_same_bytes_again() {
    let mut light = asked_light(LIGHTS[0]);
    let first = light.command(Command::Answer { id: id(), answer: answer("72.5") });
    assert_eq!(first.sent.len(), 3);
    for life in 1..4 {
        assert_eq!(light.restart().sent, first.sent, "in life {life}");
        let again = light.command(Command::Answer { id: id(), answer: answer("1") });
        assert!(again.is_nothing(), "one answer, one splitting");
    }
}

#[test]
fn r7_a_light_node_whose_splitting_was_lost_has_shown_nothing_of_it() {
    let mut light = asked_light(LIGHTS[0]);
    light.disk = Disk::Withheld;
    let lost = light.command(Command::Answer { id: id(), answer: answer("72.5") });
    assert!(lost.sent.is_empty());
    let again = light.restart();
    assert_eq!(again.events, [asks_the_owner()], "the owner is asked again");
    light.disk = Disk::Instant;
    let said = light.command(Command::Answer { id: id(), answer: answer("72.5") });
    assert_eq!(said.sent.len(), 3);
}

/// Killed and restarted after every single delivery, the network still reveals the right sum.
#[test]
fn r7_restarts_at_every_step_lose_nothing() {
    for node in SEATS.into_iter().chain([LIGHTS[0], PROPOSER]) {
        let mut world = World::new();
        let id = world.propose(terms());
        assert_eq!(world.hosts[&node].node().computations(), [id]);
        let deliveries = world.sent.len();
        for crash_after in 0..deliveries {
            let mut world = World::new();
            let mut left = crash_after;
            world.copies = Box::new(move |_| {
                let arrives = left > 0;
                left = left.saturating_sub(1);
                usize::from(arrives)
            });
            world.propose(terms());
            world.copies = Box::new(|_| 1);
            world.restart(node);
            world.run_until(DEADLINE + crate::support::seconds(5));
            let Some(Outcome::Completed(reveal)) = world.outcome(PROPOSER) else {
                panic!("{} after {crash_after}: {:?}", node.short(), world.outcome(PROPOSER))
            };
            assert_eq!((reveal.participants, reveal.totals.clone()), (4, totals(&[120])));
            assert_eq!(world.faults(), Vec::<&(NodeId, Event)>::new());
        }
    }
}

#[test]
fn r7_every_answer_a_heavy_node_holds_is_a_record_of_its_own() {
    let host = heavy(Seat::PRIMARY, Phase::Collecting);
    let contributed = |fact: &Fact| matches!(fact, Fact::Contributed { .. });
    assert_eq!(host.log().iter().filter(|record| contributed(&record.fact)).count(), HELD.len());
}

/// The oracle that every test world asks can say no: of a node that has nothing on its disk it lets
/// only those messages through that promise nothing.
#[test]
fn r7_nothing_but_what_promises_nothing_stands_on_an_empty_log() {
    let empty = Ledger::default();
    let stands = |message: &Message| empty.stands(&SEATS[1], message);
    let messages = samples::messages();
    let names: Vec<_> = messages.iter().filter(|it| stands(it)).map(Message::name).collect();
    // Who takes no part refuses without a record.
    assert_eq!(names, ["abort", "announce", "request-invite", "refuse"]);
}

#[test]
fn r7_no_sum_stands_that_is_not_the_sealed_one_or_goes_elsewhere() {
    let host = heavy(Seat::PRIMARY, Phase::Done);
    let ledger = Ledger::of(&host.log());
    let (id, digest) = (id(), digest(&HELD));
    let stands = |to, message: Message| ledger.stands(&to, &message);
    let partial = |lane| Message::Partial { id, digest, partial: sums(&[lane]) };
    assert!(stands(SEATS[1], partial(60)));
    assert!(!stands(SEATS[1], partial(61)), "another sum");
    assert!(!stands(PROPOSER, partial(60)), "to a node without a seat");
    assert!(stands(LIGHTS[0], Message::Ended { id, counted: true }));
    assert!(!stands(LIGHTS[3], Message::Ended { id, counted: true }), "it was not counted");
}
