//! R2: one computation, one content. An id never stands for two questions, and a light node answers
//! only what all three seats have put to it under the same id.

use formix_proto::Decimal;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::query::Query;
use formix_proto::record::Fact;
use formix_proto::spec::Proposal;
use formix_proto::statistic::{Domain, Moments, Statistic, Sum};
use formix_proto::time::Time;

use crate::support::host::{Host, Said};
use crate::support::stage::{announced, with_terms};
use crate::support::{
    DEADLINE, LIGHTS, SEATS, SPARE, answer, asks_the_owner, config, id, proposal, question, terms,
};
use crate::support::{committee, reseat};

fn numbers(min: i64, max: i64, decimals: u8) -> Statistic {
    Statistic::from(Sum(Domain::new(Decimal::from(min), Decimal::from(max), decimals).unwrap()))
}

fn variations() -> Vec<(&'static str, Proposal)> {
    let [a, b, c] = SEATS;
    vec![
        ("proposer", Proposal { proposer: LIGHTS[0], ..question() }),
        ("nonce", Proposal { nonce: Nonce([1; 16]), ..question() }),
        ("prompt", with_terms(|spec| spec.prompt.push(' '))),
        (
            "query",
            with_terms(|spec| spec.query = Some(Query { sql: String::new(), tables: vec![] })),
        ),
        ("domain's min", with_terms(|spec| spec.statistic = numbers(1, 1000, 1))),
        ("domain's max", with_terms(|spec| spec.statistic = numbers(0, 1001, 1))),
        ("domain's decimals", with_terms(|spec| spec.statistic = numbers(0, 1000, 2))),
        ("a member", with_terms(|spec| spec.committee = committee([a, b, SPARE]))),
        ("the order of the seats", with_terms(|spec| spec.committee = committee([a, c, b]))),
        ("deadline", with_terms(|spec| spec.deadline = Time(DEADLINE.0 + 1))),
        ("min_participants", with_terms(|spec| spec.min_participants += 1)),
        ("max_participants", with_terms(|spec| spec.max_participants += 1)),
    ]
}

fn invite(light: &mut Host, from: NodeId, proposal: &Proposal) -> Said {
    light.hear(from, &Message::Invite(Box::new(proposal.clone())))
}

fn is_asked(said: &Said) -> bool {
    said.events.iter().any(|event| matches!(event, Event::Asked { .. }))
}

#[test]
fn r2_the_id_stands_for_the_proposer_the_nonce_and_every_term() {
    let mut ids = vec![id()];
    for (part, variation) in variations() {
        assert!(!ids.contains(&variation.id()), "the id does not cover the {part}");
        ids.push(variation.id());
    }
    assert_eq!(proposal(terms()).id(), id(), "and nothing else");
}

#[test]
fn r2_a_light_node_is_asked_once_all_three_seats_have_invited_it() {
    for last in SEATS {
        let mut light = Host::new(config(LIGHTS[0]));
        for seat in SEATS.into_iter().filter(|seat| *seat != last) {
            for _ in 0..3 {
                assert!(
                    !is_asked(&invite(&mut light, seat, &question())),
                    "two seats are not three"
                );
            }
        }
        let said = invite(&mut light, last, &question());
        assert_eq!(said.events, [asks_the_owner()]);
        assert_eq!(said.facts().collect::<Vec<_>>(), [&Fact::Asked(Box::new(question()))]);
        assert!(!is_asked(&invite(&mut light, last, &question())), "asked once");
    }
}

#[test]
fn r2_different_terms_from_one_seat_are_never_answered() {
    for (part, variation) in variations() {
        for liar in SEATS {
            let mut light = Host::new(config(LIGHTS[0]));
            for seat in SEATS {
                let told = if seat == liar { &variation } else { &question() };
                assert!(!is_asked(&invite(&mut light, seat, told)), "{part} differs");
            }
            for id in [id(), variation.id()] {
                let said = light.command(Command::Answer { id, answer: answer("1") });
                assert!(said.is_nothing(), "{part} differs: {said:?}");
            }
        }
    }
}

#[test]
fn r2_an_owner_who_was_not_asked_cannot_answer_or_decline() {
    let mut light = Host::new(config(LIGHTS[0]));
    invite(&mut light, SEATS[0], &question());
    invite(&mut light, SEATS[1], &question());
    assert!(light.command(Command::Answer { id: id(), answer: answer("1") }).is_nothing());
    assert!(light.command(Command::Decline(id())).is_nothing());
}

/// The squares of three such numbers could reach 2^128.
fn too_wide() -> Statistic {
    Moments(Domain::try_from((i64::MIN, i64::MAX, 0)).unwrap()).into()
}

#[test]
fn r2_a_light_node_judges_the_terms_by_its_own_policy() {
    let unacceptable = [
        ("threshold", with_terms(|spec| spec.min_participants = 2)),
        ("overflow", with_terms(|spec| spec.statistic = too_wide())),
        ("not a heavy", with_terms(|spec| reseat(spec, 2, LIGHTS[1]))),
        ("unknown proposer", Proposal { proposer: crate::support::STRANGER, ..question() }),
        ("past", with_terms(|spec| spec.deadline = crate::support::START)),
    ];
    for (why, proposal) in unacceptable {
        let mut light = Host::new(config(LIGHTS[0]));
        for seat in proposal.spec.committee.nodes() {
            assert!(!is_asked(&invite(&mut light, seat, &proposal)), "{why}");
        }
        assert_eq!(light.node().status(&proposal.id()), None, "{why}");
    }
}

#[test]
fn r2_an_announcement_makes_a_light_node_knock_and_not_more() {
    let mut light = Host::new(config(LIGHTS[0]));
    let said = light.hear(SPARE, &announced(question()));
    assert_eq!(said.names(), SEATS.map(|seat| (seat, "request-invite")));
    assert!(!is_asked(&said) && said.batches.is_empty());
    assert!(light.hear(SPARE, &announced(question())).is_nothing(), "once");
}
