//! A network for many questions: real nodes whose disks write at once, and nothing kept of what was said.

use std::collections::{BTreeMap, VecDeque};

use formix_proto::driver::Driver;
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::node::Node;
use formix_proto::outcome::Outcome;
use formix_proto::record::Record;
use formix_proto::spec::Proposal;
use formix_proto::time::Time;
use formix_proto::wire;
use formix_testkit::{Effect, Recorder};

use super::{LIGHTS, PROPOSER, START, answer, config, everyone};

/// Nodes, and a wire that delivers at once. Owners answer [`PROPOSER`] only.
pub(crate) struct Net {
    pub(crate) now: Time,
    nodes: BTreeMap<NodeId, Driver<Node>>,
    wire: VecDeque<(NodeId, NodeId, Frame)>,
    /// How the questions of each asker have ended that it has heard of.
    pub(crate) ended: BTreeMap<ComputationId, Outcome>,
}

impl Net {
    /// Everyone is up; `log` says what a node has behind it.
    pub(crate) fn new(log: impl Fn(NodeId) -> Vec<Record>) -> Self {
        let (nodes, wire, ended) = (BTreeMap::new(), VecDeque::new(), BTreeMap::new());
        let mut net = Self { now: START, nodes, wire, ended };
        for (id, _) in everyone() {
            let node = Node::recover(config(id), id.0, START, log(id)).expect("its own log");
            let mut recorder = Recorder::default();
            net.nodes.insert(id, Driver::start(node, START, &mut recorder));
            net.carry_out(id, recorder);
        }
        net.settle();
        net
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        self.nodes[&id].machine()
    }

    /// A node asks as its owner wants.
    pub(crate) fn ask(&mut self, proposal: Proposal) {
        let command = Command::Propose(Box::new(proposal.clone()));
        self.feed(proposal.proposer, |driver, now, recorder| {
            driver.command(now, command, recorder)
        });
        self.settle();
    }

    /// A message comes, whoever has sent it.
    pub(crate) fn forge(&mut self, from: NodeId, to: NodeId, message: &Message) {
        self.wire.push_back((from, to, wire::encode(message)));
        self.settle();
    }

    /// What a node answers to a message; its answers go nowhere.
    pub(crate) fn answers(&mut self, from: NodeId, to: NodeId, message: &Message) -> Vec<Message> {
        let frame = wire::encode(message);
        self.feed(to, |driver, now, recorder| driver.receive(now, from, frame.as_ref(), recorder));
        let answers = self.wire.drain(..).filter(|(_, to, _)| *to == from);
        answers.map(|(.., frame)| wire::decode(frame.as_ref()).expect("a message")).collect()
    }

    /// Lets time pass, with every timer at its own time.
    pub(crate) fn run_until(&mut self, until: Time) {
        loop {
            let due = |(id, driver): (&NodeId, &Driver<Node>)| Some((driver.next_timeout()?, *id));
            let next = self.nodes.iter().filter_map(due).min().filter(|(due, _)| *due <= until);
            let Some((due, id)) = next else { break };
            self.now = self.now.max(due);
            self.feed(id, |driver, now, recorder| driver.timeout(now, recorder));
            self.settle();
        }
        self.now = until;
    }

    fn settle(&mut self) {
        while let Some((from, to, frame)) = self.wire.pop_front() {
            self.feed(to, |driver, now, recorder| {
                driver.receive(now, from, frame.as_ref(), recorder)
            });
        }
    }

    fn feed(&mut self, id: NodeId, input: impl FnOnce(&mut Driver<Node>, Time, &mut Recorder)) {
        let mut recorder = Recorder::default();
        let driver = self.nodes.get_mut(&id).expect("everyone has a node");
        input(driver, self.now, &mut recorder);
        self.carry_out(id, recorder);
    }

    fn carry_out(&mut self, id: NodeId, Recorder(effects): Recorder) {
        for effect in effects {
            match effect {
                Effect::Persist(batch) => {
                    self.feed(id, |driver, now, recorder| {
                        driver.persisted(now, batch.seq, recorder)
                    });
                }
                Effect::Send(to, frame) => self.wire.push_back((id, to, frame)),
                Effect::Tell(event) => self.tell(id, event),
            }
        }
    }

    fn tell(&mut self, id: NodeId, event: Event) {
        match event {
            Event::Asked { proposal, .. }
                if proposal.proposer == PROPOSER && LIGHTS.contains(&id) =>
            {
                let command = Command::Answer { id: proposal.id(), answer: answer("7") };
                self.feed(id, |driver, now, recorder| driver.command(now, command, recorder));
            }
            Event::Ended { id: question, outcome } if id == PROPOSER => {
                self.ended.insert(question, outcome);
            }
            _ => {}
        }
    }
}
