//! R12: bounded. Every queue, map, frame, string and horizon has a named limit; reaching it is a typed
//! refusal. (Strings, counts and the horizon of a question are in the tests of proposals.)

use formix_proto::fault::Fault;
use formix_proto::id::{ComputationId, NodeId, Nonce};
use formix_proto::limits::{MAX_DIMENSION, MAX_FRAME, MAX_OPEN, MAX_POOL, MAX_POOLS, SMALL_FRAME};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::node::Occupancy;
use formix_proto::outcome::{Failure, Outcome, Refusal, Resource};
use formix_proto::record::{Fact, Record};
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Vector};
use formix_proto::time::Time;
use formix_proto::wire::{DecodeError, decode, encode};

use crate::support::host::{Disk, Host};
use crate::support::net::Net;
use crate::support::reseat;
use crate::support::samples::messages;
use crate::support::stage::{announced, heavy, propose};
use crate::support::vectors::seats;
use crate::support::{DEADLINE, LIGHTS, PROPOSER, SEATS, SPARE, config, question, terms};

/// As many questions as wanted, each with a nonce of its own.
fn questions(spec: Spec) -> impl Iterator<Item = Proposal> {
    (0u32..).map(move |number| {
        let mut nonce = Nonce([0; 16]);
        nonce.0[..4].copy_from_slice(&number.to_le_bytes());
        Proposal { proposer: PROPOSER, nonce, spec: spec.clone().into() }
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
fn r12_a_heavy_node_keeps_no_more_shares_for_one_asker_than_it_leaves_for_others() {
    let wide = Vector(Domain::try_from((0, 1, 0)).unwrap(), MAX_DIMENSION as u32);
    let spec = Spec { statistic: wide.into(), max_participants: 256, ..terms() };
    let mut host = Host::new(config(SEATS[0]));
    let most = (MAX_POOLS / 2 / MAX_POOL) as usize;
    let mut questions = questions(spec.clone());
    let first: Vec<_> = questions.by_ref().take(most).collect();
    for proposal in &first {
        host.hear(PROPOSER, &propose(proposal));
    }
    let one_more = questions.next().unwrap();
    let said = host.hear(PROPOSER, &propose(&one_more));
    let (resource, held) = (Resource::Shares, MAX_POOLS / 2);
    let quota = Refusal::Quota { holder: PROPOSER, resource, held };
    assert_eq!(said.sent, [(PROPOSER, refused(one_more.id(), SEATS[0], quota))]);
    assert_eq!(remembered(&host), most);
    let failure = Failure::NeverOpened;
    host.hear(SEATS[1], &Message::Abort { id: first[0].id(), failure });
    host.hear(PROPOSER, &propose(&questions.next().unwrap()));
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

fn refused(id: ComputationId, by: NodeId, refusal: Refusal) -> Message {
    Message::Outcome { id, outcome: Outcome::Failed(Failure::Refused { by, refusal }) }
}

/// The most that one asker may have open: it leaves as many for others.
const MOST: u64 = MAX_OPEN / 2;
const FULL: Refusal = Refusal::Quota { holder: PROPOSER, resource: Resource::Open, held: MOST };

/// It says so, and there is room for others, and again when one has ended.
#[test]
fn r12_a_heavy_node_takes_part_in_no_more_than_half_of_max_open_for_one_asker() {
    type Offer = fn(&Proposal) -> Message;
    let offers: [(NodeId, NodeId, Offer); 2] = [
        (SEATS[0], PROPOSER, propose),
        (SEATS[1], SEATS[0], |proposal| Message::Prepare(Box::new(proposal.clone()))),
    ];
    for (me, from, offer) in offers {
        let mut host = Host::new(config(me));
        let mut questions = questions(terms());
        for question in questions.by_ref().take(MOST as usize) {
            assert!(!host.hear(from, &offer(&question)).batches.is_empty());
        }
        let one_more = questions.next().unwrap();
        let said = host.hear(from, &offer(&one_more));
        let failure = Failure::Refused { by: me, refusal: FULL };
        let id = one_more.id();
        let answer = match me == SEATS[0] {
            true => refused(id, me, FULL),
            false => Message::Abort { id, failure },
        };
        assert_eq!((said.batches.len(), said.sent), (0, vec![(from, answer)]));
        assert_eq!(remembered(&host), MOST as usize);
        let another = Proposal { proposer: LIGHTS[0], ..one_more.clone() };
        let asks = if me == SEATS[0] { LIGHTS[0] } else { SEATS[0] };
        assert!(!host.hear(asks, &offer(&another)).batches.is_empty(), "others have room");

        // Two, as there is one place less in all by what the other has open.
        let other = if me == SEATS[0] { SEATS[1] } else { SEATS[0] };
        for id in host.node().computations().into_iter().filter(|id| *id != another.id()).take(2) {
            host.hear(other, &Message::Abort { id, failure: Failure::NeverOpened });
        }
        let next = questions.next().unwrap();
        assert!(!host.hear(from, &offer(&next)).batches.is_empty(), "there is room again");
    }
}

#[test]
fn r12_a_restart_counts_what_is_open_anew() {
    let mut host = Host::new(config(SEATS[1]));
    let mut questions = questions(terms());
    for question in questions.by_ref().take(MOST as usize) {
        host.hear(SEATS[0], &Message::Prepare(Box::new(question)));
    }
    host.restart();
    let one_more = questions.next().unwrap();
    let (id, failure) = (one_more.id(), Failure::Refused { by: SEATS[1], refusal: FULL });
    let said = host.hear(SEATS[0], &Message::Prepare(Box::new(one_more)));
    assert_eq!(said.sent, [(SEATS[0], Message::Abort { id, failure })]);
}

/// That somebody asks is the word of the heavy node that says so: its own share is used up by it.
#[test]
fn r12_what_a_light_node_only_hears_of_counts_against_the_heavy_node_that_passes_it_on() {
    let mut light = Host::new(config(LIGHTS[0]));
    let questions: Vec<_> = questions(terms()).take(MOST as usize + 1).collect();
    for question in &questions {
        light.hear(SPARE, &announced(question.clone()));
    }
    assert_eq!(remembered(&light), MOST as usize);
    for seat in SEATS {
        light.hear(seat, &Message::Invite(Box::new(questions[MOST as usize].clone())));
    }
    assert_eq!(remembered(&light), MOST as usize + 1, "its asker has a share of its own");
    light.sleep_until(DEADLINE);
    assert_eq!(remembered(&light), 1, "what never came to a question is not remembered");
}

#[test]
fn r12_a_proposer_asks_no_more_at_once_than_others_would_take() {
    let mut proposer = Host::new(config(PROPOSER));
    let mut questions = questions(terms());
    for question in questions.by_ref().take(MOST as usize) {
        proposer.command(Command::Propose(Box::new(question)));
    }
    let one_more = questions.next().unwrap();
    let id = one_more.id();
    let said = proposer.command(Command::Propose(Box::new(one_more)));
    let failure = Failure::Refused { by: PROPOSER, refusal: FULL };
    assert_eq!(said.events, [Event::Ended { id, outcome: Outcome::Failed(failure) }]);
    assert!(said.batches.is_empty() && said.sent.is_empty());
}

/// The facts that begin a computation, and end it.
type Life = fn(Proposal) -> [Fact; 3];

/// A log of so many computations that are each over.
fn long_log(count: usize, facts: Life) -> Vec<Record> {
    let records = |question: Proposal| {
        let id = question.id();
        facts(question).map(|fact| Record { id, fact })
    };
    questions(terms()).take(count).flat_map(records).collect()
}

fn opened_and_failed(question: Proposal) -> [Fact; 3] {
    let failure = Failure::Unreachable { missing: vec![SEATS[1]] };
    [Fact::Prepared(Box::new(question)), Fact::Opened, Fact::Failed(failure)]
}

fn asked_and_settled(question: Proposal) -> [Fact; 3] {
    [Fact::Asked(Box::new(question)), Fact::Withheld, Fact::Learned(None)]
}

fn proposed_and_concluded(question: Proposal) -> [Fact; 3] {
    let outcome = Outcome::Failed(Failure::NeverOpened);
    [Fact::Proposed(Box::new(question)), Fact::Accepted, Fact::Concluded(outcome)]
}

/// Whoever was away may ask how it ended for as long as that.
#[test]
fn r12_what_is_over_is_remembered_until_its_retention_is_over() {
    let nodes: [(NodeId, Life); 3] = [
        (SEATS[0], opened_and_failed),
        (LIGHTS[0], asked_and_settled),
        (PROPOSER, proposed_and_concluded),
    ];
    for (node, facts) in nodes {
        let log = |host| if host == node { long_log(1_000, facts) } else { Vec::new() };
        let mut net = Net::new(log);
        let mut remembered = |until| {
            net.run_until(until);
            net.node(node).computations().len()
        };
        let ends = DEADLINE + config(node).policy.retention;
        assert_eq!(remembered(Time(ends.0 - 1)), 1_000, "{}", node.short());
        assert_eq!(remembered(ends), 0, "{}", node.short());
    }
}

/// A question that a heavy node has passed on is that node's until every seat has asked it, and its asker's from
/// then on: that way, too, nobody gets more than a half.
#[test]
fn r12_what_is_passed_on_and_then_asked_is_on_its_askers_account() {
    let (asker, mut light) = (LIGHTS[3], Host::new(config(LIGHTS[0])));
    let mut asked = |proposal: Proposal, is_announced: bool| {
        let id = proposal.id();
        let proposal = Box::new(proposal);
        if is_announced {
            let to = [].into();
            light.hear(SPARE, &Message::Announce { proposal: proposal.clone(), to });
        }
        for seat in SEATS {
            light.hear(seat, &Message::Invite(proposal.clone()));
        }
        light.node().status(&id).is_some()
    };
    let mut own = questions(terms()).map(|question| Proposal { proposer: asker, ..question });
    for question in own.by_ref().take(MOST as usize) {
        assert!(asked(question, false));
    }
    assert!(!asked(own.next().unwrap(), false) && !asked(own.next().unwrap(), true));
    assert!(asked(questions(terms()).next().unwrap(), true), "others have room");
}

/// A primary that has vanished would keep it for good.
#[test]
fn r12_a_sealed_seat_takes_no_place_among_the_open() {
    let mut seat = heavy(seats()[1], crate::support::stage::Phase::Sealed);
    for question in questions(terms()).take(MOST as usize) {
        assert!(!seat.hear(SEATS[0], &Message::Prepare(Box::new(question))).batches.is_empty());
    }
}

/// Whatever the reason for which a question is refused: the answer is the same as long as it may come again,
/// and nothing is recorded.
#[test]
fn r12_a_refusal_is_remembered_by_id_and_briefly() {
    type Change = fn(&mut Spec);
    let refused: [(&str, Change); 3] = [
        ("too few lights", |spec| spec.min_participants = 5),
        ("not a heavy", |spec| reseat(spec, 1, LIGHTS[0])),
        ("too far", |spec| spec.deadline = Time(u64::MAX)),
    ];
    for (why, change) in refused {
        let mut host = Host::new(config(SEATS[0]));
        let proposal = crate::support::stage::with_terms(change);
        let said = host.hear(PROPOSER, &propose(&proposal));
        assert!(said.batches.is_empty() && said.sent.len() == 1, "{why}: {said:?}");
        let again = host.hear(PROPOSER, &propose(&proposal));
        assert_eq!((again.sent, remembered(&host)), (said.sent, 0), "{why}");
        assert_eq!(host.node().occupancy().timers, 0, "{why}");
    }
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
    let expected = Occupancy { computations: 2, timers: 5, held: 0, held_bytes: 0 };
    assert_eq!(primary.node().occupancy(), expected);

    let mut asking = Host::new(config(PROPOSER));
    asking.disk = Disk::Withheld;
    asking.command(Command::Propose(Box::new(question())));
    // The message and the event.
    let expected = Occupancy { computations: 1, timers: 1, held: 2, held_bytes: 0 };
    assert_eq!(asking.node().occupancy(), expected);
}
