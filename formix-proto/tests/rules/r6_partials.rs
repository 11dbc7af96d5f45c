//! R6: partials go to committee members only, carry the digest of their roster, and are added up only
//! when all three digests agree.

use formix_proto::fault::Fault;
use formix_proto::id::RosterDigest;
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::seat::Seat;
use formix_proto::sharing::{Partial, Ring};

use crate::support::stage::{HELD, Phase, heavy, partial};
use crate::support::vectors::{per_seat, seats, sums, totals};
use crate::support::world::World;
use crate::support::{PROPOSER, SEATS, digest, id, terms};

#[test]
fn r6_partials_travel_among_the_committee_only() {
    let mut world = World::new();
    world.propose(terms());
    assert!(matches!(world.outcome(PROPOSER), Some(Outcome::Completed(_))));
    let [primary, first, second] = SEATS;
    let routes = |name: &str| {
        let mut routes: Vec<_> =
            world.letters(name).into_iter().map(|letter| (letter.from, letter.to)).collect();
        routes.sort_unstable();
        routes
    };
    assert_eq!(routes("partial"), [(first, primary), (second, primary)]);
    assert_eq!(routes("revealed"), [(primary, first), (primary, second)]);
}

fn wrong_partials() -> Vec<(&'static str, RosterDigest, Partial)> {
    vec![
        ("another roster", digest(&HELD[..2]), partial()),
        ("too many elements", digest(&HELD), sums(&[60, 0])),
        ("another ring", digest(&HELD), Partial::parse(Ring::Z64, &[0; 8]).unwrap()),
    ]
}

#[test]
fn r6_a_partial_over_another_roster_is_not_added_up() {
    for (what, wrong, sums) in wrong_partials() {
        let (id, digest) = (id(), digest(&HELD));
        let mut primary = heavy(Seat::PRIMARY, Phase::Sealed);
        primary.hear(SEATS[1], &Message::Partial { id, digest, partial: partial() });
        let said = primary.hear(SEATS[2], &Message::Partial { id, digest: wrong, partial: sums });
        let fault = Fault::Contradiction("partial");
        assert_eq!(said.events, [Event::Fault { peer: SEATS[2], fault }], "{what}");
        assert!(said.sent.is_empty() && said.batches.is_empty(), "{what}: {said:?}");
        assert_eq!(primary.outcome(), None, "{what}");

        primary.hear(SEATS[2], &Message::Partial { id, digest, partial: partial() });
        assert!(matches!(primary.outcome(), Some(Outcome::Completed(_))), "the right one counts");
    }
}

#[test]
fn r6_a_seat_cannot_change_the_partial_it_has_sent() {
    let (id, digest) = (id(), digest(&HELD));
    let mut primary = heavy(Seat::PRIMARY, Phase::Sealed);
    let first = Message::Partial { id, digest, partial: partial() };
    let second = Message::Partial { id, digest, partial: sums(&[61]) };
    assert!(primary.hear(SEATS[1], &first).is_nothing());
    assert!(primary.hear(SEATS[1], &first).is_nothing(), "a repeated one is no contradiction");
    let said = primary.hear(SEATS[1], &second);
    let fault = Fault::Contradiction("partial");
    assert_eq!(said.events, [Event::Fault { peer: SEATS[1], fault }]);
    primary.hear(SEATS[2], &first);
    let Some(Outcome::Completed(reveal)) = primary.outcome() else { panic!() };
    assert_eq!(reveal.totals, totals(&[180]), "the first one counts");
}

#[test]
fn r6_a_seat_adds_up_only_what_has_its_own_partial_and_its_own_roster() {
    for seat in seats().into_iter().skip(1) {
        let mine = seat.index();
        let whole = || [partial(), partial(), partial()];
        let mut cases = vec![("another roster", digest(&HELD[..2]), whole())];
        let mut forged = whole();
        forged[mine] = sums(&[61]);
        cases.push(("its own partial is not in it", digest(&HELD), forged));
        for other in (0..3).filter(|other| *other != mine) {
            let mut wide = whole();
            wide[other] = sums(&[60, 60]);
            cases.push(("another dimension", digest(&HELD), wide));
        }
        for (what, digest, partials) in cases {
            let partials = per_seat(partials);
            let mut host = heavy(seat, Phase::Sealed);
            let said = host.hear(SEATS[0], &Message::Revealed { id: id(), digest, partials });
            let fault = Fault::Contradiction("revealed");
            assert_eq!(said.events, [Event::Fault { peer: SEATS[0], fault }], "{what}");
            assert!(said.batches.is_empty(), "{what}");
            assert_eq!(host.outcome(), None, "{what}");
        }
    }
}
