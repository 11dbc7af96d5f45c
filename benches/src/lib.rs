//! What the benchmarks share: one heavy node's machine on a disk that is always done.

use std::sync::Arc;

use formix_proto::Decimal;
use formix_proto::directory::{Directory, Role};
use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId, Nonce, Tag};
use formix_proto::machine::{Batch, BatchSeq, Event, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::policy::Policy;
use formix_proto::share::{Lanes, SEATS};
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::statistic::{Domain, DomainError, Measure, Statistic};
use formix_proto::time::Time;
use formix_proto::wire;

/// Three heavy nodes, in order of their seats.
pub const HEAVIES: [NodeId; SEATS] = [NodeId([1; 32]), NodeId([2; 32]), NodeId([3; 32])];
/// Who asks.
pub const PROPOSER: NodeId = NodeId([4; 32]);
/// When everything happens.
pub const NOW: Time = Time(1_000);

/// The id of a light node.
pub fn light(number: u32) -> NodeId {
    let mut id = [9; 32];
    id[..4].copy_from_slice(&number.to_be_bytes());
    NodeId(id)
}

/// A question to so many light nodes, about a number from 0 to 1000.
pub fn proposal(lights: u32) -> Result<Proposal, DomainError> {
    let domain = Domain::new(Decimal::ZERO, Decimal::ONE_THOUSAND, 0)?;
    let spec = Spec {
        prompt: "How many?".to_owned(),
        query: None,
        statistic: Statistic::from(Measure::Sum(domain)),
        committee: Committee(HEAVIES),
        deadline: Time(60_000),
        min_participants: 3,
        max_participants: lights,
    };
    Ok(Proposal { proposer: PROPOSER, nonce: Nonce([0; 16]), spec })
}

/// A contribution, as the bytes that a light node sends.
pub fn contribution(id: ComputationId, number: u32) -> Frame {
    let share = Lanes::new(&[number]);
    wire::encode(&Message::Contribution { id, tag: Tag([5; 16]), share })
}

/// The heavy node in seat 1, and what it has made durable.
#[derive(Debug)]
pub struct Bench {
    driver: Driver<Node>,
    done: Done,
}

#[derive(Debug, Default)]
struct Done {
    durable: BatchSeq,
    frames: u64,
}

impl Bench {
    /// A heavy node that collects answers to a question from so many light nodes.
    pub fn collecting(proposal: &Proposal, lights: u32) -> Result<Self, RecoverError> {
        let fixed = HEAVIES.map(|id| (id, Role::Heavy)).into_iter();
        let members = fixed.chain([(PROPOSER, Role::Proposer)]);
        let lights = (0..lights).map(|number| (light(number), Role::Light));
        let directory: Arc<Directory> = Arc::new(members.chain(lights).collect());
        let config =
            Config { id: HEAVIES[1], role: Role::Heavy, policy: Policy::default(), directory };
        let node = Node::recover(config, [7; 32], NOW, [])?;
        let mut done = Done::default();
        let mut bench = Self { driver: Driver::start(node, NOW, &mut done), done };
        bench.receive(HEAVIES[0], &wire::encode(&Message::Prepare(Box::new(proposal.clone()))));
        bench.receive(HEAVIES[0], &wire::encode(&Message::Open(proposal.id())));
        Ok(bench)
    }

    /// Handles one frame to the end: decoded, decided, durable, answered.
    pub fn receive(&mut self, from: NodeId, frame: &Frame) {
        self.driver.receive(NOW, from, frame.as_ref(), &mut self.done);
        let durable = self.done.durable;
        self.driver.persisted(NOW, durable, &mut self.done);
    }

    /// How many frames it has sent.
    pub fn sent(&self) -> u64 {
        self.done.frames
    }
}

impl Effects for Done {
    fn persist(&mut self, batch: Batch) {
        for record in &batch.records {
            wire::encode_record(record);
        }
        self.durable = batch.seq;
    }

    fn send(&mut self, _: NodeId, _: Frame) {
        self.frames += 1;
    }

    fn event(&mut self, _: Event) {}
}
