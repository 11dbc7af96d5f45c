//! A whole committee: four heavy nodes, four light nodes and a proposer, on a network, disks and a
//! clock that do what the bytes say.

mod forge;
mod judge;
mod network;

use std::collections::BTreeSet;
use std::time::Duration;

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::Command;
use formix_proto::time::Time;
use formix_proto::wire::encode;
use formix_testkit::cast::{LIGHTS, START, everyone};
use formix_testkit::{Host, RuleBroken, Said};

use super::kept;
use super::reader::Reader;
use super::scene;
use network::{Letter, Network};

/// The most things that happen in one run.
const MOST_STEPS: usize = 400;
/// The most rounds of messages that may follow from one another while the clock stands still.
const MOST_ROUNDS: usize = 64;

/// The nodes, what is between them, and which of them were lied for.
pub struct Committee {
    now: Time,
    hosts: Vec<Host>,
    network: Network,
    /// In whose names something was said that they did not say.
    forgers: BTreeSet<NodeId>,
    /// When everything began to go well.
    healed: Time,
}

impl Committee {
    /// New nodes; the proposer has asked the plain question.
    pub fn new() -> Self {
        let host = |member: (NodeId, _)| Host::start(scene::config(member), member.0.0, START, &[]);
        let hosts = everyone()
            .map(|member| host(member).expect("an empty log is nobody else's").0)
            .collect();
        let network = Network::default();
        let mut new =
            Self { now: START, hosts, network, forgers: BTreeSet::new(), healed: Time::END };
        new.propose(0);
        new
    }

    /// Things happen until the bytes run out.
    pub fn run(&mut self, reader: &mut Reader<'_>) {
        for _ in 0..MOST_STEPS {
            if reader.is_empty() {
                return;
            }
            self.step(reader);
        }
    }

    fn step(&mut self, reader: &mut Reader<'_>) {
        match reader.below(20) {
            0 | 1 => {
                if let Some(letter) = self.network.take(reader) {
                    self.deliver(&letter);
                }
            }
            2 | 16 => self.storm(reader.byte()),
            3 => drop(self.network.take(reader)),
            4 => self.network.duplicate(reader),
            5 => self.network.replay(reader),
            6 => self.forge(reader),
            7 | 8 => {
                let host = reader.below(self.hosts.len());
                self.write(host, 1);
            }
            9 => self.write_all(),
            10 => {
                let host = reader.below(self.hosts.len());
                let keep = reader.below(4);
                self.at(host, |host, now| host.restart(now, keep));
            }
            11 | 12 => self.wake_next(),
            13 => self.wake(self.now + Duration::from_millis(1 << reader.below(17))),
            14 | 15 => self.owner(reader),
            17 => self.propose(reader.below(scene::questions().len())),
            18 => self.round(),
            _ => self.quieten(),
        }
    }

    /// Everything goes well from now on, until the time of every computation is over.
    pub fn settle(&mut self) {
        self.healed = self.now;
        self.quieten();
        let end = self.now.max(scene::deadline()) + scene::policy().bound();
        while self.next_timeout().is_some_and(|next| next <= end) {
            self.wake_next();
            self.quieten();
        }
        self.now = end;
    }

    fn propose(&mut self, question: usize) {
        let proposal = scene::questions()[question].clone();
        self.command(&proposal.proposer.clone(), Command::Propose(Box::new(proposal)));
    }

    fn command(&mut self, id: &NodeId, command: Command) {
        if let Some(host) = self.hosts.iter().position(|host| host.id() == *id) {
            self.at(host, |host, now| host.command(now, command));
        }
    }

    /// The owner of a light node answers, declines, or answers what is not allowed.
    fn owner(&mut self, reader: &mut Reader<'_>) {
        let light = reader.pick(&LIGHTS);
        let question = &scene::questions()[reader.below(scene::questions().len())];
        let id = question.id();
        let answer =
            |tenths| Command::Answer { id, answer: scene::answer(question, &light, tenths) };
        let command = match reader.below(8) {
            0 => Command::Decline(id),
            1 => answer(-1),
            _ => answer(answer_of(&light).into()),
        };
        self.command(&light, command);
    }

    fn deliver(&mut self, Letter { from, to, frame }: &Letter) {
        if let Some(host) = self.hosts.iter().position(|host| host.id() == *to) {
            self.at(host, |host, now| host.receive(now, *from, frame));
        }
    }

    /// Gives a node one input, and puts what it sends on the network. Nobody accuses anybody as long
    /// as nobody lies.
    fn at(&mut self, host: usize, input: impl FnOnce(&mut Host, Time) -> Result<Said, RuleBroken>) {
        let from = self.hosts[host].id();
        let said = kept(input(&mut self.hosts[host], self.now));
        for (to, message) in &said.sent {
            let frame = encode(message).as_ref().into();
            self.network.send(Letter { from, to: *to, frame });
        }
        assert!(!said.complains() || !self.forgers.is_empty(), "an honest node is accused");
    }

    /// The disk of a node makes up to `most` batches durable.
    fn write(&mut self, host: usize, most: usize) {
        for _ in 0..most {
            if self.hosts[host].waiting() == 0 {
                return;
            }
            self.at(host, |host, now| Ok(host.write(now)?.unwrap_or_default()));
        }
    }

    fn write_all(&mut self) {
        (0..self.hosts.len()).for_each(|host| self.write(host, usize::MAX));
    }

    /// Delivers what is in flight now, in order, and writes what waits.
    fn round(&mut self) {
        for letter in self.network.take_all() {
            self.deliver(&letter);
        }
        self.write_all();
    }

    /// A round in which every fourth message has the same fate: two bits each of `fates`.
    fn storm(&mut self, fates: u8) {
        for (at, letter) in self.network.take_all().into_iter().enumerate() {
            match fates >> (2 * (at % 4)) & 3 {
                0 => self.deliver(&letter),
                1 => {}
                2 => (0..2).for_each(|_| self.deliver(&letter)),
                _ => self.network.put(letter),
            }
        }
        self.write_all();
    }

    /// Delivers and writes until nothing more comes of it. L5: it does come to an end.
    fn quieten(&mut self) {
        self.write_all();
        for _ in 0..MOST_ROUNDS {
            if self.is_quiet() {
                return;
            }
            self.round();
        }
        assert!(self.is_quiet(), "they talk without end");
    }

    fn is_quiet(&self) -> bool {
        self.network.is_empty() && self.hosts.iter().all(|host| host.waiting() == 0)
    }

    fn next_timeout(&self) -> Option<Time> {
        self.hosts.iter().filter_map(Host::next_timeout).min()
    }

    fn wake_next(&mut self) {
        if let Some(next) = self.next_timeout() {
            self.wake(next.max(self.now));
        }
    }

    fn wake(&mut self, now: Time) {
        self.now = now;
        for host in 0..self.hosts.len() {
            if self.hosts[host].next_timeout().is_some_and(|next| next <= now) {
                self.at(host, Host::timeout);
            }
        }
    }

    fn host(&self, id: &NodeId) -> Option<&Host> {
        self.hosts.iter().find(|host| host.id() == *id)
    }

    fn ids(&self) -> BTreeSet<ComputationId> {
        self.hosts.iter().flat_map(|host| host.ledger().ids()).collect()
    }
}

/// What this owner always answers, in tenths: a sum tells whose answers are in it.
fn answer_of(light: &NodeId) -> u32 {
    1 << (light.0[0] & 7)
}
