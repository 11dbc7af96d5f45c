//! A whole network: real nodes, and a wire that delivers at once unless a test says otherwise.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use formix_proto::answer::{Answer, Cell};
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Command, Event};
use formix_proto::message::Message;
use formix_proto::outcome::Outcome;
use formix_proto::spec::Spec;
use formix_proto::time::Time;

use super::host::{Host, Said};
use super::{LIGHTS, PROPOSER, START, answer, config, everyone, proposal};

/// One message on its way.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: NodeId,
    pub(crate) to: NodeId,
    pub(crate) message: Message,
}

/// What a light node's owner does when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Answers(&'static str),
    /// With these cells.
    Says(&'static [&'static str]),
    Declines,
    IsAway,
}

pub(crate) struct World {
    pub(crate) now: Time,
    pub(crate) hosts: BTreeMap<NodeId, Host>,
    pub(crate) owners: BTreeMap<NodeId, Owner>,
    /// Nodes that hear nothing, say nothing and do not wake.
    pub(crate) silent: BTreeSet<NodeId>,
    /// Every letter that left a node, delivered or not.
    pub(crate) sent: Vec<Letter>,
    pub(crate) events: Vec<(NodeId, Event)>,
    /// How many copies of a letter arrive; one unless a test says otherwise.
    pub(crate) copies: Box<dyn FnMut(&Letter) -> usize>,
    /// Which of so many waiting letters arrives next; the first unless a test says otherwise.
    pub(crate) order: Box<dyn FnMut(usize) -> usize>,
    wire: VecDeque<Letter>,
}

impl World {
    /// Everyone is up, and the owners answer 1.5, 2.5, 3.5 and 4.5.
    pub(crate) fn new() -> Self {
        let answers = ["1.5", "2.5", "3.5", "4.5"].map(Owner::Answers);
        Self {
            now: START,
            hosts: everyone().map(|(node, _)| (node, Host::new(config(node)))).collect(),
            owners: LIGHTS.into_iter().zip(answers).collect(),
            silent: BTreeSet::new(),
            sent: Vec::new(),
            events: Vec::new(),
            copies: Box::new(|_| 1),
            order: Box::new(|_| 0),
            wire: VecDeque::new(),
        }
    }

    pub(crate) fn host(&mut self, node: NodeId) -> &mut Host {
        let host = self.hosts.get_mut(&node).expect("everyone has a host");
        host.now = self.now;
        host
    }

    /// Asks, and lets everything happen that happens at once.
    pub(crate) fn propose(&mut self, spec: Spec) -> ComputationId {
        let asked = proposal(spec);
        let id = asked.id();
        let said = self.host(PROPOSER).command(Command::Propose(Box::new(asked)));
        self.take(PROPOSER, said);
        self.settle();
        id
    }

    /// Delivers until the wire is empty. No time passes.
    pub(crate) fn settle(&mut self) {
        while !self.wire.is_empty() {
            let at = (self.order)(self.wire.len());
            let Some(letter) = self.wire.remove(at) else { return };
            for _ in 0..(self.copies)(&letter) {
                if !self.silent.contains(&letter.to) {
                    let said = self.host(letter.to).hear(letter.from, &letter.message);
                    self.take(letter.to, said);
                }
            }
        }
    }

    /// Lets time pass to the next timer of a node that is up; `false` if it lies after `until`.
    pub(crate) fn tick(&mut self, until: Time) -> bool {
        let up = self.hosts.iter().filter(|(node, _)| !self.silent.contains(node));
        let next = up.filter_map(|(node, host)| Some((host.next_timeout()?, *node))).min();
        let Some((due, node)) = next.filter(|(due, _)| *due <= until) else {
            self.now = until;
            return false;
        };
        self.now = self.now.max(due);
        let now = self.now;
        let said = self.host(node).wake_at(now);
        self.take(node, said);
        self.settle();
        true
    }

    pub(crate) fn run_until(&mut self, until: Time) {
        while self.tick(until) {}
    }

    /// Kills a node, and starts it again from its log.
    pub(crate) fn restart(&mut self, node: NodeId) {
        let said = self.host(node).restart();
        self.take(node, said);
        self.settle();
    }

    pub(crate) fn outcome(&self, node: NodeId) -> Option<Outcome> {
        let told = |(to, event): &(NodeId, Event)| match event {
            Event::Ended { outcome, .. } if *to == node => Some(outcome.clone()),
            _ => None,
        };
        // What never opened is not known for long.
        self.hosts.get(&node)?.outcome().or_else(|| self.events.iter().find_map(told))
    }

    /// The letters of one kind, in the order in which they were sent.
    pub(crate) fn letters(&self, name: &str) -> Vec<&Letter> {
        self.sent.iter().filter(|letter| letter.message.name() == name).collect()
    }

    /// Everything that was held against anybody.
    pub(crate) fn faults(&self) -> Vec<&(NodeId, Event)> {
        self.events.iter().filter(|(_, event)| matches!(event, Event::Fault { .. })).collect()
    }

    fn take(&mut self, from: NodeId, said: Said) {
        if self.silent.contains(&from) {
            return;
        }
        for (to, message) in said.sent {
            let letter = Letter { from, to, message };
            self.sent.push(letter.clone());
            self.wire.push_back(letter);
        }
        for event in said.events {
            self.events.push((from, event.clone()));
            if let Event::Asked { proposal: question, .. } = event {
                self.ask_owner(from, question.id());
            }
        }
    }

    fn ask_owner(&mut self, light: NodeId, id: ComputationId) {
        let command = match self.owners.get(&light) {
            Some(Owner::Answers(text)) => Command::Answer { id, answer: answer(text) },
            Some(Owner::Says(cells)) => {
                let cells = cells.iter().map(|cell| Cell::parse(cell)).collect();
                Command::Answer { id, answer: Answer::new(cells) }
            }
            Some(Owner::Declines) => Command::Decline(id),
            Some(Owner::IsAway) | None => return,
        };
        let said = self.host(light).command(command);
        self.take(light, said);
    }
}
