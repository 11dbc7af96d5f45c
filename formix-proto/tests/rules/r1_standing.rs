//! R1: a message counts as sent by the key that authenticated its connection; what a node may send
//! follows from its enrolled role and its seat.

use formix_proto::fault::{Consequence, Fault};
use formix_proto::id::NodeId;
use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::seat::Seat;
use formix_proto::spec::Proposal;

use crate::support::host::{Host, Said};
use crate::support::samples::messages;
use crate::support::stage::{Phase, asked_light, asking_proposer, heavy, propose, sending_light};
use crate::support::vectors::seats;
use crate::support::{LIGHTS, PROPOSER, SEATS, SPARE, STRANGER, config, everyone, question};

/// Who may send a message to whom, by the protocol's words. The table of this rule.
fn has_standing(name: &str, from: NodeId, to: NodeId) -> bool {
    let [primary, seats @ ..] = SEATS;
    let heavies = [primary, seats[0], seats[1], SPARE];
    let seated = |node: NodeId| SEATS.contains(&node);
    let is_light = |node: NodeId| LIGHTS.contains(&node);
    match name {
        "propose" => seated(to),
        "prepare" | "open" | "close" | "list" | "seal" | "counted" | "revealed" => {
            from == primary && seats.contains(&to)
        }
        "ready" | "opened" | "all-in" | "frozen" | "frozen-set" | "counts" | "partial" => {
            seats.contains(&from) && to == primary
        }
        "abort" => from == primary && seats.contains(&to) || seats.contains(&from) && to == primary,
        // The primary tells all heavy nodes, and each its own light nodes.
        "announce" => {
            from == primary && heavies.contains(&to) || heavies.contains(&from) && is_light(to)
        }
        "request-invite" | "contribution" | "decline" | "query-outcome" => {
            is_light(from) && seated(to)
        }
        "invite" | "receipt" | "refuse" | "ended" => seated(from) && is_light(to),
        "progress" => from == primary && to == PROPOSER,
        "outcome" => seated(from) && to == PROPOSER,
        unknown => panic!("the table has no row for `{unknown}`"),
    }
}

/// What is about a question that the receiver has not asked is not its business, whoever sends it.
fn is_about_a_question_of_its_own(name: &str, to: NodeId) -> bool {
    to == PROPOSER || !matches!(name, "progress" | "outcome")
}

fn assert_refused(said: &Said, peer: NodeId, name: &'static str, fault: Fault, scene: &str) {
    let expected = [Event::Fault { peer, fault }];
    assert_eq!(said.events, expected, "{name} {scene}");
    assert!(said.batches.is_empty() && said.sent.is_empty(), "{name} {scene}: {said:?}");
}

/// Sends every message without standing from everyone, itself included, to one node, which stays as it
/// is.
fn refuses_what_has_no_standing(to: NodeId, scene: &str, host: impl Fn() -> Host) {
    for message in messages() {
        let name = message.name();
        for (from, _) in everyone() {
            if has_standing(name, from, to) {
                continue;
            }
            let mut host = host();
            let before = host.status();
            let said = host.hear(from, &message);
            let scene = format!("from {} {scene}", from.short());
            if is_about_a_question_of_its_own(name, to) {
                assert_refused(&said, from, name, Fault::NoStanding(name), &scene);
            } else {
                assert!(said.is_nothing(), "{name} {scene}: {said:?}");
            }
            assert_eq!(host.status(), before, "{name} {scene}");
        }
    }
}

#[test]
fn r1_a_committee_member_hears_only_who_has_standing() {
    for seat in seats() {
        for phase in Phase::KNOWN {
            let (to, scene) = (SEATS[seat.index()], format!("to {seat:?} while {phase:?}"));
            refuses_what_has_no_standing(to, &scene, || heavy(seat, phase));
        }
    }
}

#[test]
fn r1_a_light_node_hears_only_who_has_standing() {
    refuses_what_has_no_standing(LIGHTS[0], "while asked", || asked_light(LIGHTS[0]));
    refuses_what_has_no_standing(LIGHTS[0], "while sending", || sending_light(LIGHTS[0]));
}

#[test]
fn r1_a_light_node_keeps_nothing_of_an_invitation_from_outside_the_committee() {
    let mut light = Host::new(config(LIGHTS[0]));
    let said = light.hear(SPARE, &Message::Invite(Box::new(question())));
    assert_refused(&said, SPARE, "invite", Fault::NoStanding("invite"), "to a light node");
    assert_eq!((light.status(), light.next_timeout()), (None, None));
}

#[test]
fn r1_a_proposer_hears_only_who_has_standing() {
    refuses_what_has_no_standing(PROPOSER, "while asking", asking_proposer);
}

#[test]
fn r1_a_heavy_node_without_a_seat_takes_no_part() {
    let offers = [propose(&question()), Message::Prepare(Box::new(question()))];
    for message in offers {
        for from in [PROPOSER, SEATS[0]] {
            let mut spare = Host::new(config(SPARE));
            let said = spare.hear(from, &message);
            let name = message.name();
            assert_refused(&said, from, name, Fault::NoStanding(name), "to a spare heavy");
            assert_eq!(spare.status(), None);
        }
    }
}

#[test]
fn r1_a_stranger_is_not_heard_at_all() {
    let hosts = [
        heavy(Seat::PRIMARY, Phase::Collecting),
        heavy(seats()[1], Phase::Closing),
        sending_light(LIGHTS[0]),
        asking_proposer(),
    ];
    for mut host in hosts {
        for message in messages() {
            let said = host.hear(STRANGER, &message);
            assert_refused(&said, STRANGER, message.name(), Fault::Stranger, "from a stranger");
        }
    }
}

#[test]
fn r1_bytes_that_are_not_a_message_are_held_against_their_sender() {
    for mut host in [heavy(Seat::PRIMARY, Phase::Collecting), asked_light(LIGHTS[0])] {
        let said = host.hear_bytes(SEATS[1], b"\xff");
        let [Event::Fault { peer, fault }] = &said.events[..] else { panic!("{said:?}") };
        assert_eq!(*peer, SEATS[1]);
        assert!(matches!(fault, Fault::Malformed(_)));
        assert_eq!(fault.consequence(), Consequence::Disconnect);
        assert!(said.sent.is_empty() && said.batches.is_empty());
    }
    assert_eq!(Fault::Stranger.consequence(), Consequence::Disconnect);
    assert_eq!(Fault::NoStanding("seal").consequence(), Consequence::Drop);
    assert_eq!(Fault::Contradiction("seal").consequence(), Consequence::Drop);
}

/// The proposer of a computation is whoever's connection the proposal came on: nobody can ask, or
/// hear the outcome, in another's name.
#[test]
fn r1_a_proposal_belongs_to_the_connection_it_came_on() {
    let theirs = Proposal { proposer: LIGHTS[0], ..question() }.id();
    for phase in [Phase::Unknown, Phase::Collecting, Phase::Done] {
        let mut primary = heavy(Seat::PRIMARY, phase);
        let said = primary.hear(LIGHTS[0], &propose(&question()));
        assert!(said.to(PROPOSER).is_empty(), "{phase:?}: {said:?}");
        let about_theirs =
            |message: &&Message| matches!(message, Message::Outcome { id, .. } if *id == theirs);
        assert!(said.to(LIGHTS[0]).iter().all(about_theirs), "{phase:?}: {said:?}");
        let written = said.batches.iter().flat_map(|batch| &batch.records);
        assert!(written.into_iter().all(|record| record.id == theirs), "{phase:?}");
    }
}
