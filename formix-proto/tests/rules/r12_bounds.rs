//! R12: bounded. Every queue, map, frame, string and horizon has a named limit; reaching it is a typed
//! refusal. (Strings, counts and the horizon of a question are in the tests of proposals.)

use formix_proto::fault::Fault;
use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::{
    MAX_DIMENSION, MAX_FRAME, MAX_OPEN, MAX_POOL, MAX_POOLS, MAX_REMEMBERED, SMALL_FRAME,
};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::node::Occupancy;
use formix_proto::outcome::{Failure, Outcome, Refusal};
use formix_proto::record::{Fact, Record};
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Vector};
use formix_proto::time::Time;
use formix_proto::wire::{DecodeError, decode, encode};

use crate::support::host::{Disk, Host};
use crate::support::reseat;
use crate::support::samples::messages;
use crate::support::stage::{heavy, propose};
use crate::support::{DEADLINE, LIGHTS, PROPOSER, SEATS, config, question, seconds, terms};

/// As many questions as wanted, each with a nonce of its own.
fn questions(spec: Spec) -> impl Iterator<Item = Proposal> {
    (0u32..).map(move |number| {
        let mut nonce = Nonce([0; 16]);
        nonce.0[..4].copy_from_slice(&number.to_le_bytes());
        Proposal { proposer: PROPOSER, nonce, spec: spec.clone() }
    })
}

fn remembered(host: &Host) -> usize {
    host.node().computations().len()
}

/// The numbers that messages of this name begin with.
fn samples(name: &str) -> Vec<u8> {
    let named = messages().into_iter().filter(|message| message.name() == name);
    named.map(|message| encode(&message).as_ref()[0]).collect()
}

/// Only what holds lanes, a roster, or who is left out of one, may be long: many short texts would take
/// far more memory than bytes before they could be refused.
#[test]
fn r12_a_question_is_a_small_frame_whoever_sends_it() {
    let long = [
        "outcome",
        "frozen-set",
        "seal",
        "counts",
        "counted",
        "partial",
        "revealed",
        "contribution",
        "decline",
    ];
    for message in messages() {
        let mut bytes = encode(&message).as_ref().to_vec();
        bytes.resize(SMALL_FRAME + 1, 0);
        let is_refused = decode(&bytes) == Err(DecodeError::TooLong(SMALL_FRAME + 1));
        assert_eq!(is_refused, !long.contains(&message.name()), "{}", message.name());
    }
}

/// What a heavy node keeps for all computations together is bounded, however few there are.
#[test]
fn r12_a_heavy_node_keeps_no_more_shares_than_max_pools() {
    let wide = Vector(Domain::try_from((0, 1, 0)).unwrap(), MAX_DIMENSION as u32);
    let spec = Spec { statistic: wide.into(), max_participants: 256, ..terms() };
    let mut host = Host::new(config(SEATS[0]));
    let most = (MAX_POOLS / MAX_POOL) as usize;
    for proposal in questions(spec.clone()).take(most + 1) {
        host.hear(PROPOSER, &propose(&proposal));
    }
    assert_eq!(remembered(&host), most, "the one too many is not taken up, and asked again later");
    let ended = questions(spec.clone()).next().unwrap().id();
    let failure = Failure::NeverOpened;
    host.hear(SEATS[1], &Message::Abort { id: ended, failure });
    host.hear(PROPOSER, &propose(&questions(spec.clone()).nth(most).unwrap()));
    assert_eq!(remembered(&host), most + 1, "there is room where one has ended");
}

#[test]
fn r12_a_frame_over_the_limit_is_not_read() {
    let [contribution] = samples("contribution")[..] else { panic!("one") };
    let bytes = vec![contribution; MAX_FRAME + 1];
    assert_eq!(decode(&bytes), Err(DecodeError::TooLong(MAX_FRAME + 1)));
    assert!(!matches!(decode(&bytes[..MAX_FRAME]), Err(DecodeError::TooLong(_))));
    let mut host = heavy(formix_proto::seat::Seat::PRIMARY, crate::support::stage::Phase::Sealed);
    let said = host.hear_bytes(LIGHTS[0], &bytes);
    let fault = Fault::Malformed(DecodeError::TooLong(MAX_FRAME + 1));
    assert_eq!(said.events, [Event::Fault { peer: LIGHTS[0], fault }]);
}

/// A full committee member is silent, since there may be room later; the proposer asks again.
#[test]
fn r12_a_heavy_node_takes_part_in_no_more_than_max_open() {
    type Offer = fn(&Proposal) -> Message;
    let offers: [(NodeId, NodeId, Offer); 2] = [
        (SEATS[0], PROPOSER, propose),
        (SEATS[1], SEATS[0], |proposal| Message::Prepare(Box::new(proposal.clone()))),
    ];
    for (me, from, offer) in offers {
        let mut host = Host::new(config(me));
        let mut questions = questions(terms());
        for question in questions.by_ref().take(MAX_OPEN) {
            assert!(!host.hear(from, &offer(&question)).batches.is_empty());
        }
        let one_more = questions.next().unwrap();
        assert!(host.hear(from, &offer(&one_more)).is_nothing());
        assert_eq!(remembered(&host), MAX_OPEN);

        let known = host.node().computations()[0];
        let other = if me == SEATS[0] { SEATS[1] } else { SEATS[0] };
        host.hear(other, &Message::Abort { id: known, failure: Failure::NeverOpened });
        assert!(!host.hear(from, &offer(&one_more)).batches.is_empty(), "there is room again");
    }
}

#[test]
fn r12_a_restart_counts_what_is_open_anew() {
    let mut host = Host::new(config(SEATS[1]));
    let mut questions = questions(terms());
    for question in questions.by_ref().take(MAX_OPEN) {
        host.hear(SEATS[0], &Message::Prepare(Box::new(question)));
    }
    host.restart();
    let one_more = Message::Prepare(Box::new(questions.next().unwrap()));
    assert!(host.hear(SEATS[0], &one_more).is_nothing());
}

#[test]
fn r12_a_light_node_hears_of_no_more_than_max_open() {
    let mut light = Host::new(config(LIGHTS[0]));
    let questions: Vec<_> = questions(terms()).take(MAX_OPEN + 1).collect();
    for question in &questions {
        light.hear(SEATS[0], &Message::Announce(Box::new(question.clone())));
    }
    assert_eq!(remembered(&light), MAX_OPEN);
    light.sleep_until(DEADLINE);
    assert_eq!(remembered(&light), 0, "what never came to a question is not remembered");
}

#[test]
fn r12_a_proposer_asks_no_more_than_max_open_at_once() {
    let mut proposer = Host::new(config(PROPOSER));
    let mut questions = questions(terms());
    for question in questions.by_ref().take(MAX_OPEN) {
        proposer.command(Command::Propose(Box::new(question)));
    }
    let one_more = questions.next().unwrap();
    let (id, refusal) = (one_more.id(), Refusal::Busy);
    let said = proposer.command(Command::Propose(Box::new(one_more)));
    let failure = Failure::Refused { by: PROPOSER, refusal };
    assert_eq!(said.events, [Event::Ended { id, outcome: Outcome::Failed(failure) }]);
    assert!(said.batches.is_empty() && said.sent.is_empty());
}

/// The facts that begin a computation, and end it.
type Life = fn(Proposal) -> [Fact; 2];

/// A log of so many computations that are each over.
fn long_log(count: usize, facts: Life) -> Vec<Record> {
    let records = |question: Proposal| {
        let id = question.id();
        facts(question).map(|fact| Record { id, fact })
    };
    questions(terms()).take(count).flat_map(records).collect()
}

fn prepared_and_failed(question: Proposal) -> [Fact; 2] {
    [Fact::Prepared(Box::new(question)), Fact::Failed(Failure::NeverOpened)]
}

fn asked_and_settled(question: Proposal) -> [Fact; 2] {
    [Fact::Asked(Box::new(question)), Fact::Learned(None)]
}

fn proposed_and_concluded(question: Proposal) -> [Fact; 2] {
    let outcome = Outcome::Failed(Failure::NeverOpened);
    [Fact::Proposed(Box::new(question)), Fact::Concluded(outcome)]
}

/// What is over takes no part, so that one more is welcome until the memory is full.
#[test]
fn r12_no_node_remembers_more_than_max_remembered() {
    type Offer = fn(&mut Host, Proposal);
    let nodes: [(NodeId, Life, Offer); 3] = [
        (SEATS[0], prepared_and_failed, |host, question| {
            host.hear(PROPOSER, &propose(&question));
        }),
        (LIGHTS[0], asked_and_settled, |host, question| {
            host.hear(SEATS[0], &Message::Announce(Box::new(question)));
        }),
        (PROPOSER, proposed_and_concluded, |host, question| {
            host.command(Command::Propose(Box::new(question)));
        }),
    ];
    for (node, facts, offer) in nodes {
        let mut host = Host::restored(config(node), long_log(MAX_REMEMBERED - 1, facts));
        for question in questions(terms()).skip(MAX_REMEMBERED).take(2) {
            offer(&mut host, question);
            assert_eq!(remembered(&host), MAX_REMEMBERED, "{}", node.short());
        }
    }
}

/// Whatever the reason for which a question is refused: none makes a node remember without limit.
#[test]
fn r12_refusals_are_not_remembered_without_limit() {
    let mut full = Host::restored(config(SEATS[0]), long_log(MAX_REMEMBERED, prepared_and_failed));
    assert_eq!(remembered(&full), MAX_REMEMBERED);
    type Change = fn(&mut Spec);
    let refused: [(&str, Change); 4] = [
        ("nothing", |_| {}),
        ("too few lights", |spec| spec.min_participants = 5),
        ("not a heavy", |spec| reseat(spec, 1, LIGHTS[0])),
        ("too far", |spec| spec.deadline = Time(u64::MAX)),
    ];
    for (why, change) in refused {
        let proposal = crate::support::stage::with_terms(change);
        let said = full.hear(PROPOSER, &propose(&proposal));
        assert!(said.batches.is_empty(), "{why}: {said:?}");
        assert_eq!(remembered(&full), MAX_REMEMBERED, "{why}");
    }
}

#[test]
fn r12_a_refused_deadline_is_not_remembered_until_it_comes() {
    let mut host = Host::new(config(SEATS[0]));
    let far = crate::support::stage::with_terms(|spec| spec.deadline = Time(u64::MAX));
    host.hear(PROPOSER, &propose(&far));
    let policy = host.config.policy.clone();
    host.sleep_until(host.now + policy.horizon + policy.retention + seconds(1));
    assert_eq!(remembered(&host), 0);
}

/// A machine whose clock stands at the end of time still handles each timer once.
#[test]
fn r12_the_end_of_time_comes_once() {
    let mut host = Host::new(config(PROPOSER));
    host.command(Command::Propose(Box::new(question())));
    let said = host.wake_at(Time(u64::MAX));
    assert_eq!(said.sent.len(), 3);
}

/// What there is a limit to can be seen. A heavy node that asks its own committee counts it twice.
#[test]
fn r12_a_node_says_how_much_it_holds() {
    let own = Proposal { proposer: SEATS[0], ..question() };
    let mut primary = Host::new(config(SEATS[0]));
    primary.command(Command::Propose(Box::new(own)));
    // To ask again; to prepare again, the end of preparing, the deadline, the end of revealing.
    let expected = Occupancy { computations: 2, timers: 5, held: 0 };
    assert_eq!(primary.node().occupancy(), expected);

    let mut asking = Host::new(config(PROPOSER));
    asking.disk = Disk::Withheld;
    asking.command(Command::Propose(Box::new(question())));
    // The message and the event.
    let expected = Occupancy { computations: 1, timers: 1, held: 2 };
    assert_eq!(asking.node().occupancy(), expected);
}
