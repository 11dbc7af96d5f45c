//! R12, of everything that a node has only so much of: what one who asks may take, worked out by itself for
//! each kind of node and question.

use formix_proto::id::{NodeId, Nonce};
use formix_proto::limits::{COMPUTATION, MAX_DIMENSION, MAX_MEMORY, MAX_OPEN, MAX_POOLS};
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::{Domain, Vector};
use formix_proto::wire::encode;

use crate::support::host::Host;
use crate::support::stage::{announced, propose};
use crate::support::{LIGHTS, PROPOSER, SEATS, SPARE, config, terms};

/// What a question takes of a node: places among the open, bytes of shares, bytes of memory.
type Takes = [u64; 3];

/// Who is asked, how, and what one question takes of it.
type Asked = (NodeId, fn(&mut Host, &Proposal), fn(&Proposal) -> Takes);

/// The bytes of one encoded answer.
fn vector(spec: &Spec) -> u64 {
    spec.shape().bytes() as u64
}

/// What remembering a question takes: its bytes on the wire, behind a byte that says what they are.
fn words(proposal: &Proposal) -> u64 {
    let message = Message::Invite(Box::new(proposal.clone()));
    COMPUTATION + encode(&message).as_ref().len() as u64 - 1
}

/// A share of everybody; in the end the partials and the totals.
fn of_a_heavy_node(proposal: &Proposal) -> Takes {
    let spec = &proposal.spec;
    let (seats, participants) = (SEATS.len() as u64, u64::from(spec.max_participants));
    [1, participants * vector(spec), words(proposal) + (seats + 1) * vector(spec)]
}

/// A share for every seat.
fn of_a_light_node(proposal: &Proposal) -> Takes {
    [1, SEATS.len() as u64 * vector(&proposal.spec), words(proposal)]
}

/// The totals.
fn of_a_proposer(proposal: &Proposal) -> Takes {
    [1, 0, words(proposal) + vector(&proposal.spec)]
}

fn everybody() -> [Asked; 5] {
    [
        (
            SEATS[0],
            |host, proposal| {
                host.hear(PROPOSER, &propose(proposal));
            },
            of_a_heavy_node,
        ),
        (
            SEATS[1],
            |host, proposal| {
                host.hear(SEATS[0], &Message::Prepare(Box::new(proposal.clone())));
            },
            of_a_heavy_node,
        ),
        (
            LIGHTS[0],
            |host, proposal| {
                for seat in SEATS {
                    host.hear(seat, &Message::Invite(Box::new(proposal.clone())));
                }
            },
            of_a_light_node,
        ),
        (
            LIGHTS[1],
            |host, proposal| {
                host.hear(SPARE, &announced(proposal.clone()));
            },
            of_a_light_node,
        ),
        (
            PROPOSER,
            |host, proposal| {
                host.command(Command::Propose(Box::new(proposal.clone())));
            },
            of_a_proposer,
        ),
    ]
}

/// A question that is about nothing much; one for many elements of few; one for many elements of many.
fn questions() -> [Spec; 3] {
    let wide = Vector(Domain::try_from((0, 1, 0)).unwrap(), MAX_DIMENSION as u32);
    let wide = Spec { statistic: wide.into(), max_participants: 3, ..terms() };
    [terms(), wide.clone(), Spec { max_participants: 256, ..wide }]
}

/// Nobody gets more than is left for others, which is half where nobody else asks.
#[test]
fn r12_one_who_asks_gets_half_of_whatever_there_is_first_too_little_of() {
    let limits = [MAX_OPEN, MAX_POOLS, MAX_MEMORY];
    let mut least_of = [0; 3];
    for spec in questions() {
        for (node, ask, takes) in everybody() {
            let question = |number: u64| {
                let mut nonce = Nonce([0; 16]);
                nonce.0[..8].copy_from_slice(&number.to_le_bytes());
                Proposal { proposer: PROPOSER, nonce, spec: spec.clone().into() }
            };
            let each = takes(&question(0));
            let fit = |(limit, each): (u64, u64)| (limit / 2).checked_div(each);
            let fits = [0, 1, 2].map(|resource| fit((limits[resource], each[resource])));
            let most = fits.into_iter().flatten().min().unwrap();
            let least = fits.iter().position(|fits| *fits == Some(most)).unwrap();
            least_of[least] += 1;
            let mut host = Host::new(config(node));
            for number in 0..most + 2 {
                ask(&mut host, &question(number));
                let remembered = host.node().computations().len() as u64;
                let what = format!("{} {} of {each:?}", node.short(), number + 1);
                assert_eq!(remembered, most.min(number + 1), "{what}");
            }
        }
    }
    assert!(least_of.iter().all(|cases| *cases > 0), "each of the three is reached: {least_of:?}");
}
