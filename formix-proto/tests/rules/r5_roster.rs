//! R5: one roster, ever. At most one partial per computation and heavy node, over one roster that is a
//! part of its own frozen set, and only once that roster is durable.

use formix_proto::fault::Fault;
use formix_proto::id::{NodeId, Tag};
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome};
use formix_proto::record::{Fact, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::seat::Seat;
use formix_proto::spec::Spec;

use crate::support::host::{Disk, Host, Said};
use crate::support::stage::{HELD, Phase, heavy, partial};
use crate::support::vectors::{seats, share, totals};
use crate::support::world::World;
use crate::support::{LIGHTS, PROPOSER, SEATS, contribution, digest, id, roster, tag, terms};

fn secondary() -> Seat {
    seats()[1]
}

/// A secondary that has frozen all four answers.
fn closing_with_four() -> Host {
    let mut host = heavy(secondary(), Phase::Collecting);
    host.hear(LIGHTS[3], &contribution(LIGHTS[3], 40));
    host.hear(SEATS[0], &Message::Close(id()));
    host
}

fn seal(lights: &[NodeId], excluded: &[NodeId]) -> Message {
    Message::Seal { id: id(), digest: digest(lights), excluded: excluded.into() }
}

fn partials(said: &Said) -> Vec<&Message> {
    said.to(SEATS[0]).into_iter().filter(|message| message.name() == "partial").collect()
}

#[test]
fn r5_a_second_roster_is_refused_for_good_across_restarts() {
    let (first, second) = (seal(&HELD, &[LIGHTS[3]]), seal(&LIGHTS, &[]));
    let mut host = closing_with_four();
    let sealed = host.hear(SEATS[0], &first);
    assert_eq!(partials(&sealed).len(), 1);
    for restarts in 0..3 {
        let said = host.hear(SEATS[0], &second);
        let fault = Fault::Contradiction("seal");
        assert_eq!(said.events, [Event::Fault { peer: SEATS[0], fault }], "{restarts} restarts");
        assert!(said.sent.is_empty() && said.batches.is_empty(), "{restarts} restarts: {said:?}");

        let again = host.hear(SEATS[0], &first);
        assert_eq!(partials(&again), partials(&sealed), "the first one, byte for byte");
        assert_eq!(partials(&host.restart()), partials(&sealed), "also on its own, at a restart");
    }
}

#[test]
fn r5_a_partial_leaves_only_behind_its_durable_roster() {
    let mut host = closing_with_four();
    host.disk = Disk::Withheld;
    let said = host.hear(SEATS[0], &seal(&HELD, &[LIGHTS[3]]));
    let expected =
        Fact::Sealed(Seal { roster: roster(&HELD), excluded: Vec::new(), partial: partial() });
    assert_eq!(said.facts().collect::<Vec<_>>(), [&expected]);
    assert!(said.sent.is_empty(), "{said:?}");
    let (id, digest, partial) = (id(), digest(&HELD), partial());
    assert_eq!(host.release().to(SEATS[0]), [&Message::Partial { id, digest, partial }]);
}

#[test]
fn r5_a_seat_records_nothing_of_strangers_that_the_primary_leaves_out() {
    let strangers: Vec<_> = (0..500_000u32)
        .map(|number| {
            let mut id = [0xEE; 32];
            id[..4].copy_from_slice(&number.to_le_bytes());
            NodeId(id)
        })
        .collect();
    let mut host = closing_with_four();
    let said = host.hear(SEATS[0], &seal(&LIGHTS, &strangers));
    assert_eq!(partials(&said).len(), 1);
    let sealed = said.facts().find_map(|fact| match fact {
        Fact::Sealed(seal) => Some(seal.excluded.len()),
        _ => None,
    });
    assert_eq!(sealed, Some(0));
    assert_eq!(partials(&host.restart()), partials(&said), "and its log reads again");
}

#[test]
fn r5_a_crash_before_the_roster_is_durable_leaves_the_choice_open() {
    let mut host = closing_with_four();
    host.disk = Disk::Withheld;
    host.hear(SEATS[0], &seal(&HELD, &[LIGHTS[3]]));
    host.restart();
    host.disk = Disk::Instant;
    let said = host.hear(SEATS[0], &seal(&LIGHTS, &[]));
    assert_eq!(partials(&said).len(), 1, "nothing had left: the first roster never was");
}

#[test]
fn r5_a_roster_that_is_not_a_part_of_its_own_frozen_set_fails_at_once() {
    let foreign = Entry { light: LIGHTS[3], tag: tag(LIGHTS[3]) };
    let retagged = Entry { light: HELD[2], tag: Tag([0xff; 16]) };
    let with = |entry: Entry, kept: &[NodeId]| {
        let entries = roster(kept).entries().iter().copied().chain([entry]).collect::<Vec<_>>();
        Roster::try_from(entries).unwrap().digest()
    };
    let cases = [
        ("one more", with(foreign, &HELD), vec![]),
        ("another splitting", with(retagged, &HELD[..2]), vec![]),
        ("one less than named", digest(&HELD), vec![HELD[0]]),
    ];
    for (what, digest, excluded) in cases {
        let mut host = heavy(secondary(), Phase::Closing);
        let said = host.hear(SEATS[0], &Message::Seal { id: id(), digest, excluded });
        let failure = Failure::RosterMismatch { by: SEATS[1] };
        assert_eq!(host.outcome(), Some(Outcome::Failed(failure)), "{what}");
        assert_eq!(partials(&said), Vec::<&Message>::new(), "{what}");
        assert!(partials(&host.hear(SEATS[0], &seal(&HELD, &[]))).is_empty(), "{what}: over");
    }
}

#[test]
fn r5_nothing_is_sealed_before_the_freeze() {
    for phase in [Phase::Preparing, Phase::Collecting] {
        let said = heavy(secondary(), phase).hear(SEATS[0], &seal(&HELD, &[]));
        assert!(said.is_nothing(), "{phase:?}: {said:?}");
    }
}

/// The answers 2.5, 3.5 and 4.5 in tenths: what remains without the first light node.
fn assert_sums_all_but_the_first(world: &World) {
    for node in SEATS.into_iter().chain([PROPOSER]) {
        let Some(Outcome::Completed(reveal)) = world.outcome(node) else {
            panic!("{} has not completed: {:?}", node.short(), world.outcome(node))
        };
        assert_eq!((reveal.participants, reveal.totals.clone()), (3, totals(&[105])));
    }
    assert_eq!(world.faults(), Vec::<&(NodeId, Event)>::new());
}

fn four_or_three() -> Spec {
    Spec { min_participants: 3, ..terms() }
}

#[test]
fn r5_the_roster_is_what_all_three_seats_hold() {
    for seat in SEATS {
        let mut world = World::new();
        world.copies = Box::new(move |letter| {
            let lost = letter.from == LIGHTS[0] && letter.to == seat;
            usize::from(!(lost && letter.message.name() == "contribution"))
        });
        world.propose(four_or_three());
        world.run_until(crate::support::DEADLINE + crate::support::seconds(5));
        assert_sums_all_but_the_first(&world);
    }
}

/// A light node that lost its log and split again has left halves of two splittings behind.
#[test]
fn r5_shares_of_two_splittings_are_never_added_up() {
    for seat in SEATS {
        let mut world = World::new();
        world.owners.insert(LIGHTS[3], crate::support::world::Owner::IsAway);
        let id = world.propose(four_or_three());
        let other = Message::Contribution { id, tag: Tag([9; 16]), share: share(&[9]) };
        for to in SEATS {
            let share = share(&[45]);
            let first = Message::Contribution { id, tag: Tag([8; 16]), share };
            let said = world.host(to).hear(LIGHTS[3], if to == seat { &other } else { &first });
            assert_eq!(said.to(LIGHTS[3]), [&Message::Receipt(id)]);
        }
        world.run_until(crate::support::DEADLINE + crate::support::seconds(5));
        let Some(Outcome::Completed(reveal)) = world.outcome(PROPOSER) else { panic!() };
        assert_eq!((reveal.participants, reveal.totals.clone()), (3, totals(&[75])));
    }
}
