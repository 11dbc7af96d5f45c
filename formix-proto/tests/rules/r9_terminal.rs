//! R9: terminal is terminal. An outcome never changes, nothing is computed again, and the shares of
//! single answers are gone.

use formix_proto::fault::Fault;
use formix_proto::id::NodeId;
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Reveal, Stage};
use formix_proto::record::Fact;
use formix_proto::seat::Seat;
use formix_proto::status::Standing;

use crate::support::host::Host;
use crate::support::samples::messages;
use crate::support::stage::{HELD, Phase, asking_proposer, heavy, sending_light};
use crate::support::vectors::{per_seat, seats, sums, totals, totals as totals_of};
use crate::support::world::World;
use crate::support::{
    DEADLINE, LIGHTS, PROPOSER, SEATS, answer, decline, digest, everyone, id, seconds, terms,
};

fn failed(seat: Seat) -> Host {
    let mut host = heavy(seat, Phase::Collecting);
    let by = if seat == Seat::PRIMARY { SEATS[1] } else { SEATS[0] };
    host.hear(by, &Message::Abort { id: id(), failure: Failure::NeverOpened });
    host
}

fn settled() -> Host {
    let mut light = sending_light(LIGHTS[0]);
    light.hear(SEATS[0], &Message::Ended { id: id(), counted: true });
    light
}

fn concluded() -> Host {
    let mut proposer = asking_proposer();
    let reveal = Reveal { digest: digest(&HELD), participants: 3, totals: totals(&[180]) };
    let outcome = Outcome::Completed(reveal);
    proposer.hear(SEATS[0], &Message::Outcome { id: id(), outcome });
    proposer
}

fn ended_hosts() -> Vec<Host> {
    let heavies = seats().into_iter().flat_map(|seat| [heavy(seat, Phase::Done), failed(seat)]);
    heavies.chain([settled(), concluded()]).collect()
}

/// Messages that contradict how it ended, besides one of every kind.
fn afterthoughts() -> Vec<Message> {
    let (id, digest) = (id(), digest(&HELD));
    let reveal = Reveal { digest, participants: 4, totals: totals(&[181]) };
    let mut messages = messages();
    messages.extend([
        Message::Seal { id, digest, excluded: vec![HELD[0]] },
        Message::Partial { id, digest, partial: sums(&[61]) },
        Message::Revealed { id, digest, partials: per_seat([(); 3]).map(|()| sums(&[61])) },
        Message::Abort { id, failure: Failure::RosterMismatch { by: SEATS[1] } },
        Message::Outcome { id, outcome: Outcome::Completed(reveal) },
        Message::Outcome { id, outcome: Outcome::Failed(Failure::NeverOpened) },
        Message::Progress { id, stage: Stage::Revealing },
        Message::Ended { id, counted: false },
    ]);
    messages
}

#[test]
fn r9_nothing_that_anybody_says_changes_an_outcome() {
    for mut host in ended_hosts() {
        let (me, status) = (host.config.id, host.status());
        for restarted in [false, true] {
            for (from, _) in everyone().filter(|(from, _)| *from != me) {
                for message in afterthoughts() {
                    let said = host.hear(from, &message);
                    let scene = format!("{} from {}", message.name(), from.short());
                    assert_eq!(host.status(), status, "{scene}");
                    let about_it = said.batches.iter().flat_map(|batch| &batch.records);
                    assert_eq!(about_it.filter(|record| record.id == id()).count(), 0, "{scene}");
                    let ended = |event: &Event| {
                        matches!(event, Event::Ended { .. } | Event::Learned { .. })
                    };
                    assert!(!said.events.iter().any(ended), "{scene}: {said:?}");
                }
            }
            for command in
                [Command::Answer { id: id(), answer: answer("1") }, Command::Decline(id())]
            {
                assert!(host.command(command).is_nothing(), "restarted: {restarted}");
            }
            host.restart();
        }
    }
}

#[test]
fn r9_an_ended_computation_says_nothing_of_itself() {
    for mut host in ended_hosts() {
        let status = host.status();
        let retention = DEADLINE + host.config.policy.retention;
        assert_eq!(host.next_timeout(), Some(retention), "only to forget it");
        let restarted = host.restart();
        assert!(restarted.is_nothing(), "{restarted:?}");
        assert_eq!(host.next_timeout(), Some(retention), "only to forget it");
        assert_eq!(host.status(), status);
        let forgotten = host.wake_at(retention);
        assert_eq!(forgotten.facts().collect::<Vec<_>>(), [&Fact::Forgotten]);
        assert!(forgotten.sent.is_empty() && forgotten.events.is_empty());
        assert_eq!((host.status(), host.next_timeout()), (None, None));
        assert_eq!(host.log(), [], "its facts are gone, and so is this one");
        host.restart();
        assert_eq!(host.status(), None);
    }
}

#[test]
fn r9_the_shares_are_erased_once_they_are_summed_or_useless() {
    let holds_shares = |host: &Host| host.log().iter().any(|record| record.fact.holds_shares());
    for seat in seats() {
        for phase in [Phase::Collecting, Phase::Closing] {
            assert!(holds_shares(&heavy(seat, phase)), "{seat:?} while {phase:?}");
        }
        for host in [heavy(seat, Phase::Sealed), heavy(seat, Phase::Done), failed(seat)] {
            assert!(!holds_shares(&host), "{seat:?}: {:?}", host.log());
        }
    }
    let mut light = sending_light(LIGHTS[0]);
    assert!(holds_shares(&light));
    for seat in SEATS {
        light.hear(seat, &Message::Receipt(id()));
    }
    assert!(!holds_shares(&light), "delivered");
    assert!(!holds_shares(&settled()), "learned");
}

#[test]
fn r9_an_ended_seat_tells_the_same_outcome_to_whoever_asks() {
    let mut primary = heavy(Seat::PRIMARY, Phase::Done);
    for _ in 0..3 {
        let said = primary.hear(SEATS[1], &Message::Ready(id()));
        assert_eq!(said.names(), [(SEATS[1], "revealed")]);
        let said =
            primary.hear(PROPOSER, &crate::support::stage::propose(&crate::support::question()));
        assert_eq!(said.names(), [(PROPOSER, "outcome")]);
        for (light, counted) in [(LIGHTS[0], true), (LIGHTS[3], false)] {
            for message in [Message::QueryOutcome(id()), Message::RequestInvite(id()), decline()] {
                let said = primary.hear(light, &message);
                assert_eq!(said.to(light), [&Message::Ended { id: id(), counted }]);
            }
        }
        primary.restart();
    }
    for seat in seats() {
        let (to, mut host) = (SEATS[(seat.index() + 1) % 3], failed(seat));
        let asks = if seat == Seat::PRIMARY { Message::Ready(id()) } else { Message::Open(id()) };
        let from = if seat == Seat::PRIMARY { to } else { SEATS[0] };
        assert_eq!(host.hear(from, &asks).names(), [(from, "abort")], "{seat:?}");
    }
    let prepare = Message::Prepare(Box::new(crate::support::question()));
    for seat in seats().into_iter().skip(1) {
        assert_eq!(failed(seat).hear(SEATS[0], &prepare).names(), [(SEATS[0], "abort")]);
        assert!(heavy(seat, Phase::Done).hear(SEATS[0], &prepare).is_nothing(), "it knows");
    }
}

#[test]
fn r9_a_proposer_holds_a_second_outcome_against_who_sends_it() {
    let mut proposer = concluded();
    let reveal = Reveal { digest: digest(&HELD), participants: 3, totals: totals(&[181]) };
    let outcome = Outcome::Completed(reveal);
    let said = proposer.hear(SEATS[1], &Message::Outcome { id: id(), outcome });
    let fault = Fault::Contradiction("outcome");
    assert_eq!(said.events, [Event::Fault { peer: SEATS[1], fault }]);
}

/// The reasons may differ from node to node; that it has failed may not.
#[test]
fn r9_two_reasons_for_one_failure_are_no_contradiction() {
    let mut proposer = asking_proposer();
    let failed = |missing| {
        let failure = Failure::Unreachable { missing: vec![missing] };
        Message::Outcome { id: id(), outcome: Outcome::Failed(failure) }
    };
    proposer.hear(SEATS[1], &failed(SEATS[0]));
    let before = proposer.status();
    assert!(proposer.hear(SEATS[0], &failed(SEATS[1])).is_nothing());
    assert_eq!(proposer.status(), before, "the first reason stays");
}

#[test]
fn r9_an_outcome_that_cannot_be_this_questions_is_not_taken() {
    let reveals = [
        ("below the threshold", 2, vec![180]),
        ("more than asked for", 1001, vec![180]),
        ("another dimension", 3, vec![180, 0]),
    ];
    for (what, participants, totals) in reveals {
        let totals = totals_of(&totals);
        let mut proposer = asking_proposer();
        let outcome = Outcome::Completed(Reveal { digest: digest(&HELD), participants, totals });
        let said = proposer.hear(SEATS[0], &Message::Outcome { id: id(), outcome });
        let fault = Fault::Contradiction("outcome");
        assert_eq!(said.events, [Event::Fault { peer: SEATS[0], fault }], "{what}");
        assert!(said.batches.is_empty() && proposer.outcome().is_none(), "{what}");
    }
}

#[test]
fn r9_everyone_ends_with_the_same_outcome_and_the_network_falls_silent() {
    let mut world = World::new();
    world.propose(terms());
    let expected = world.outcome(PROPOSER);
    assert!(matches!(expected, Some(Outcome::Completed(_))));
    for seat in SEATS {
        assert_eq!(world.outcome(seat), expected);
    }
    for light in LIGHTS {
        let standing = world.hosts[&light].status().map(|status| status.standing);
        assert_eq!(standing, Some(Standing::Learned { counted: Some(true) }));
    }
    let sent = world.sent.len();
    world.run_until(DEADLINE + seconds(24 * 3600));
    assert_eq!(world.sent.len(), sent);
    let faults: Vec<&(NodeId, Event)> = world.faults();
    assert!(faults.is_empty());
}
