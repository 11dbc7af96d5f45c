//! R12, of everybody else: whatever one enrolled key sends, another's questions complete.

use std::sync::Arc;

use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::{COMPUTATION, MAX_MEMORY, MAX_PROMPT};
use formix_proto::machine::{BatchSeq, Input, Machine, Output};
use formix_proto::message::Message;
use formix_proto::node::Node;
use formix_proto::outcome::{Failure, Outcome};
use formix_proto::record::{Fact, Record};
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;

use crate::support::net::Net;
use crate::support::stage::propose;
use crate::support::{LIGHTS, PROPOSER, SEATS, START, config, seconds, terms};

const FLOODER: NodeId = LIGHTS[3];

/// Beside honest use, of 6.5 questions a minute.
const HONEST_PAUSE: u64 = 60_000 * 2 / 13;

fn asked(proposer: NodeId, number: u32, spec: Spec) -> Proposal {
    let mut nonce = Nonce([0; 16]);
    nonce.0[..4].copy_from_slice(&number.to_le_bytes());
    Proposal { proposer, nonce, spec: spec.into() }
}

/// Asks an honest question, and lets it end in time.
fn completes(net: &mut Net, number: u32) -> bool {
    let honest = asked(PROPOSER, number, Spec { deadline: net.now + seconds(60), ..terms() });
    net.ask(honest.clone());
    net.run_until(net.now + seconds(120));
    matches!(net.ended.get(&honest.id()), Some(Outcome::Completed(_)))
}

#[test]
fn r12_refused_questions_of_one_key_do_not_keep_others_from_asking() {
    let mut net = Net::new(|_| Vec::new());
    let refused = Spec { min_participants: LIGHTS.len() as u32 + 1, ..terms() };
    for number in 0..65_536 {
        let proposal = asked(FLOODER, number, refused.clone());
        net.forge(FLOODER, SEATS[0], &propose(&proposal));
    }
    assert!(completes(&mut net, 0));
}

#[test]
fn r12_far_deadlines_of_one_key_do_not_keep_others_from_asking() {
    let mut net = Net::new(|_| Vec::new());
    let far = Spec { deadline: START + seconds(29 * 24 * 3600), ..terms() };
    for number in 0..1_024 {
        net.forge(FLOODER, SEATS[0], &propose(&asked(FLOODER, number, far.clone())));
    }
    assert!(completes(&mut net, 0));
}

/// What a node wants to send at its start, and at each timer, is of one computation; and its copies of a
/// question are one in memory.
#[test]
fn r12_many_long_questions_are_not_copied_for_all_whom_they_are_sent_to() {
    let long = Spec { prompt: "?".repeat(MAX_PROMPT), ..terms() };
    let log = (0..512).flat_map(|number| {
        let proposal = asked(PROPOSER, number, long.clone());
        let id = proposal.id();
        [Fact::Prepared(Box::new(proposal)), Fact::Opened].map(|fact| Record { id, fact })
    });
    let mut node = Node::recover(config(SEATS[0]), [7; 32], START, log).expect("its own log");
    // Opening at two seats, an announcement by one other, an invitation of each light node.
    let most = 2 + 1 + LIGHTS.len();
    let mut questions = Vec::new();
    for _ in 0..3 * 512 {
        let held = node.occupancy();
        assert!(held.held <= most && held.held_bytes == 0, "{held:?}");
        while let Some(output) = node.poll_output() {
            match output {
                Output::Persist(batch) => {
                    node.handle_input(START, Input::Persisted(BatchSeq(batch.seq.0)));
                }
                Output::Send { message: Message::Invite(proposal), .. } => {
                    questions.push(proposal.spec);
                }
                _ => {}
            }
        }
        let now = node.next_timeout().expect("it sends again");
        node.handle_input(now.max(START), Input::Timeout);
    }
    assert!(questions.len() >= 512 * LIGHTS.len());
    questions.sort_unstable_by_key(|spec| Arc::as_ptr(spec).addr());
    questions.dedup_by(|one, other| Arc::ptr_eq(one, other));
    assert_eq!(questions.len(), 512);
}

/// A week of it is behind the primary: everything is over, and nothing is forgotten.
#[test]
fn r12_a_week_of_honest_use_fills_nothing() {
    const WEEK: u32 = 7 * 24 * 60 * 13 / 2 + 100;
    let over = |number: u32| {
        let deadline = Time(START.0 - u64::from(WEEK - number) * HONEST_PAUSE);
        let proposal = asked(PROPOSER, number, Spec { deadline, ..terms() });
        let failure = Failure::Unreachable { missing: vec![SEATS[1]] };
        let id = proposal.id();
        [Fact::Prepared(Box::new(proposal)), Fact::Opened, Fact::Failed(failure)]
            .map(|fact| Record { id, fact })
    };
    let mut net = Net::new(|node| match node == SEATS[0] {
        true => (0..WEEK).flat_map(over).collect(),
        false => Vec::new(),
    });
    for number in 0..20 {
        assert!(completes(&mut net, WEEK + number), "{number}");
    }
    let remembered = node_remembers(&net);
    assert!(remembered <= (MAX_MEMORY / 2 / COMPUTATION) as usize, "{remembered}");
}

fn node_remembers(net: &Net) -> usize {
    SEATS.iter().map(|seat| net.node(*seat).occupancy().computations).max().unwrap_or_default()
}

/// Three weeks of it. To run: `cargo test --release -p formix-proto --test rules -- --ignored honest`.
#[test]
#[ignore = "takes minutes"]
fn r12_200000_honest_questions_without_a_pause() {
    let mut net = Net::new(|_| Vec::new());
    let mut most = 0;
    for number in 0..200_000 {
        let deadline = net.now + seconds(60);
        let honest = asked(PROPOSER, number, Spec { deadline, ..terms() });
        net.ask(honest.clone());
        let until = Time(net.now.0 + HONEST_PAUSE);
        net.run_until(until);
        assert!(matches!(net.ended.remove(&honest.id()), Some(Outcome::Completed(_))), "{number}");
        most = most.max(node_remembers(&net));
    }
    assert!(most <= (MAX_MEMORY / 2 / COMPUTATION) as usize, "{most}");
}
