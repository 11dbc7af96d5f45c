//! What the benchmarks share: one heavy node's machine on a disk that is always done.

use std::sync::Arc;

use formix_proto::directory::{Directory, Role};
use formix_proto::driver::Driver;
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId, Nonce, Tag};
use formix_proto::machine::{BatchSeq, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::policy::Policy;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::statistic::DomainError;
use formix_proto::wire;
use formix_testkit::cast::{self, PROPOSER, SEATS, START};
use formix_testkit::{Effect, Recorder, vectors};

/// The id of a light node.
pub fn light(number: u32) -> NodeId {
    let mut id = [9; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    NodeId(id)
}

/// A question to `lights` light nodes, about a number from 0 to 1000 in tenths.
pub fn proposal(lights: u32) -> Result<Proposal, DomainError> {
    let spec = Spec { max_participants: lights, ..cast::terms()? };
    Ok(Proposal { proposer: PROPOSER, nonce: Nonce([0; 16]), spec: spec.into() })
}

/// A contribution, as the bytes that a light node sends.
pub fn contribution(id: ComputationId, number: u32) -> Frame {
    let share = vectors::share(&[number]);
    wire::encode(&Message::Contribution { id, tag: Tag([5; 16]), share })
}

/// The heavy node in seat 1, on a disk that is always done.
#[derive(Debug)]
pub struct Bench {
    driver: Driver<Node>,
    recorder: Recorder,
    durable: BatchSeq,
    sent: u64,
}

impl Bench {
    /// A heavy node that collects answers to a question from `lights` light nodes.
    pub fn collecting(proposal: &Proposal, lights: u32) -> Result<Self, RecoverError> {
        let fixed = SEATS.map(|id| (id, Role::Heavy)).into_iter();
        let members = fixed.chain([(PROPOSER, Role::Proposer)]);
        let lights = (0..lights).map(|number| (light(number), Role::Light));
        let directory: Arc<Directory> = Arc::new(members.chain(lights).collect());
        let config =
            Config { id: SEATS[1], role: Role::Heavy, policy: Policy::default(), directory };
        let node = Node::recover(config, [7; 32], START, [])?;
        let mut recorder = Recorder::default();
        let driver = Driver::start(node, START, &mut recorder);
        let mut bench = Self { driver, recorder, durable: BatchSeq::default(), sent: 0 };
        bench.receive(SEATS[0], &wire::encode(&Message::Prepare(Box::new(proposal.clone()))));
        bench.receive(SEATS[0], &wire::encode(&Message::Open(proposal.id())));
        Ok(bench)
    }

    /// Handles one frame to the end: decoded, decided, durable, answered.
    pub fn receive(&mut self, from: NodeId, frame: &Frame) {
        self.driver.receive(START, from, frame.as_ref(), &mut self.recorder);
        self.carry_out();
        self.driver.persisted(START, self.durable, &mut self.recorder);
        self.carry_out();
    }

    /// How many frames it has sent.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    fn carry_out(&mut self) {
        for effect in self.recorder.0.drain(..) {
            match effect {
                Effect::Persist(batch) => {
                    for record in &batch.records {
                        wire::encode_record(record);
                    }
                    self.durable = batch.seq;
                }
                Effect::Send(..) => self.sent += 1,
                Effect::Tell(_) => {}
            }
        }
    }
}
