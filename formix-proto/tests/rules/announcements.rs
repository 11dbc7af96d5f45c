//! An announcement comes from a heavy node that asks nothing itself: it is looked at as the question is, by
//! those who pass it on and by those who hear it.

use formix_proto::id::NodeId;
use formix_proto::limits::{MAX_NAMED, MAX_PROMPT};
use formix_proto::message::Message;
use formix_proto::spec::Proposal;
use formix_proto::statistic::{Domain, Moments, Statistic};
use formix_proto::time::Time;

use crate::support::host::Host;
use crate::support::stage::{announced, with_terms};
use crate::support::{LIGHTS, SEATS, SPARE, START, STRANGER, config, policy, question, reseat};

/// Questions, each different from one that everybody takes part in by one thing.
fn proposals() -> Vec<(&'static str, Proposal)> {
    let squares_that_overflow =
        || -> Statistic { Moments(Domain::try_from((i64::MIN, i64::MAX, 0)).unwrap()).into() };
    let far = START + policy().horizon;
    vec![
        ("as it should be", question()),
        ("a later deadline", with_terms(|spec| spec.deadline = far)),
        ("no prompt", with_terms(|spec| spec.prompt.clear())),
        ("a long prompt", with_terms(|spec| spec.prompt = "?".repeat(MAX_PROMPT + 1))),
        ("a low threshold", with_terms(|spec| spec.min_participants = 2)),
        ("an empty range", with_terms(|spec| spec.max_participants = 2)),
        ("an overflow", with_terms(|spec| spec.statistic = squares_that_overflow())),
        ("no heavy node", with_terms(|spec| reseat(spec, 2, LIGHTS[1]))),
        ("a seat that is not enrolled", with_terms(|spec| reseat(spec, 2, STRANGER))),
        ("a seat twice", with_terms(|spec| reseat(spec, 2, SEATS[1]))),
        ("an unknown proposer", Proposal { proposer: STRANGER, ..question() }),
        ("a deadline that has passed", with_terms(|spec| spec.deadline = START)),
        ("a deadline too far", with_terms(|spec| spec.deadline = Time(far.0 + 1))),
    ]
}

fn announcement(proposal: &Proposal, to: &[NodeId]) -> Message {
    Message::Announce { proposal: Box::new(proposal.clone()), to: to.into() }
}

/// Whether a light node that every seat invites asks its owner.
fn is_asked_when_invited(proposal: &Proposal) -> bool {
    let mut light = Host::new(config(LIGHTS[0]));
    for seat in proposal.spec.committee.nodes() {
        light.hear(seat, &Message::Invite(Box::new(proposal.clone())));
    }
    light.node().status(&proposal.id()).is_some()
}

#[test]
fn a_light_node_hears_of_no_question_that_it_would_not_take_part_in() {
    for (what, proposal) in proposals() {
        let mut light = Host::new(config(LIGHTS[0]));
        let said = light.hear(SPARE, &announced(proposal.clone()));
        let taken = is_asked_when_invited(&proposal);
        let remembered = light.node().computations().len();
        assert_eq!((!said.is_nothing(), remembered), (taken, taken.into()), "{what}: {said:?}");
    }
}

/// Also one that is wanted by more light nodes than are enrolled, of which a light node cannot know.
#[test]
fn a_heavy_node_passes_on_no_question_that_it_would_not_take_part_in() {
    let many = with_terms(|spec| spec.min_participants = LIGHTS.len() as u32 + 1);
    for (what, proposal) in proposals().into_iter().chain([("a high threshold", many)]) {
        let mut seated = Host::new(config(SEATS[1]));
        seated.hear(SEATS[0], &Message::Prepare(Box::new(proposal.clone())));
        let taken = seated.node().status(&proposal.id()).is_some();
        let mut outside = Host::new(config(SPARE));
        let said = outside.hear(SEATS[0], &announcement(&proposal, &LIGHTS));
        let expected = match taken {
            true => LIGHTS.map(|light| (light, "announce")).to_vec(),
            false => Vec::new(),
        };
        assert_eq!(said.names(), expected, "{what}");
        assert!(said.batches.is_empty() && said.events.is_empty(), "{what}: {said:?}");
        assert_eq!(outside.node().computations().len(), 0, "it keeps nothing");
    }
}

/// What it passes on names nobody: who gets it does not pass it on again.
#[test]
fn one_announcement_becomes_no_more_than_it_may_name_and_only_for_light_nodes() {
    let everyone = [&SEATS[..], &[SPARE, STRANGER], &LIGHTS].concat();
    for (names, expected) in
        [(everyone, LIGHTS.to_vec()), (vec![LIGHTS[0]; MAX_NAMED + 1], vec![LIGHTS[0]; MAX_NAMED])]
    {
        let mut outside = Host::new(config(SPARE));
        let said = outside.hear(SEATS[0], &announcement(&question(), &names));
        let passed_on = announcement(&question(), &[]);
        let expected: Vec<_> =
            expected.into_iter().map(|light| (light, passed_on.clone())).collect();
        assert_eq!(said.sent, expected);
    }
}
