//! R4: every heavy node checks the threshold itself, in the one function that makes a partial.

use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome};
use formix_proto::record::Fact;
use formix_proto::seat::Seat;

use crate::support::host::{Host, Said};
use crate::support::stage::{HELD, Phase, heavy};
use crate::support::vectors::seats;
use crate::support::world::{Owner, World};
use crate::support::{DEADLINE, LIGHTS, PROPOSER, SEATS, digest, id, roster, seconds, terms};

fn makes_a_partial(said: &Said) -> bool {
    said.sent.iter().any(|(_, message)| matches!(message.name(), "partial" | "revealed" | "seal"))
        || said.facts().any(|fact| matches!(fact, Fact::Sealed(_) | Fact::Revealed(_)))
}

/// Two are left of three: below the threshold, by a roster that all frozen sets can make.
fn seal_below_the_threshold(host: &mut Host, seat: Seat) -> Said {
    let (id, left) = (id(), &HELD[..2]);
    if seat == Seat::PRIMARY {
        let mut said = Said::default();
        for other in [SEATS[1], SEATS[2]] {
            said.extend(host.hear(other, &Message::Frozen { id, digest: digest(left) }));
            said.extend(host.hear(other, &Message::FrozenSet { id, set: roster(left) }));
        }
        return said;
    }
    host.hear(SEATS[0], &Message::Seal { id, digest: digest(left), excluded: vec![HELD[2]] })
}

#[test]
fn r4_no_partial_below_the_threshold_at_any_seat() {
    for seat in seats() {
        let mut host = heavy(seat, Phase::Closing);
        let mut said = seal_below_the_threshold(&mut host, seat);
        let failure = Failure::TooFew { participants: 2, needed: 3 };
        assert_eq!(host.outcome(), Some(Outcome::Failed(failure.clone())), "{seat:?}");
        assert!(said.facts().any(|fact| *fact == Fact::Failed(failure.clone())), "{seat:?}");

        said.extend(host.sleep_until(DEADLINE + seconds(3600)));
        said.extend(host.restart());
        said.extend(seal_below_the_threshold(&mut host, seat));
        let whole = Message::Seal { id: id(), digest: digest(&HELD), excluded: vec![] };
        said.extend(host.hear(SEATS[0], &whole));
        assert!(!makes_a_partial(&said), "{seat:?}: {said:?}");
    }
}

#[test]
fn r4_the_threshold_itself_is_enough() {
    for seat in seats() {
        let host = heavy(seat, Phase::Sealed);
        assert!(host.log().iter().any(|record| matches!(record.fact, Fact::Sealed(_))), "{seat:?}");
    }
}

#[test]
fn r4_a_computation_with_too_few_answers_fails_everywhere_and_reveals_nothing() {
    let mut world = World::new();
    world.owners.insert(LIGHTS[0], Owner::IsAway);
    world.owners.insert(LIGHTS[1], Owner::Declines);
    world.propose(terms());
    world.run_until(DEADLINE + seconds(1));
    let expected = Outcome::Failed(Failure::TooFew { participants: 2, needed: 3 });
    for node in SEATS.into_iter().chain([PROPOSER]) {
        assert_eq!(world.outcome(node), Some(expected.clone()), "{}", node.short());
    }
    for kind in ["seal", "partial", "revealed"] {
        assert!(world.letters(kind).is_empty(), "{kind}");
    }
}
