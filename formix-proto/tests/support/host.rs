//! One real node behind its driver, with a log and a disk that can be made to wait.

use std::collections::VecDeque;

use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, BatchSeq, Command, Event};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::outcome::Outcome;
use formix_proto::record::{Erases, Fact, Record};
use formix_proto::status::{Standing, Status};
use formix_proto::time::Time;
use formix_proto::wire;

use super::{START, id};

/// What a node did about one input, or about several.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) batches: Vec<Batch>,
    pub(crate) sent: Vec<(NodeId, Message)>,
    pub(crate) events: Vec<Event>,
}

impl Said {
    pub(crate) fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.batches.iter().flat_map(|batch| &batch.records).map(|record| &record.fact)
    }

    /// The messages sent to one node.
    pub(crate) fn to(&self, node: NodeId) -> Vec<&Message> {
        self.sent.iter().filter(|(to, _)| *to == node).map(|(_, message)| message).collect()
    }

    /// The names of the messages sent, each with its addressee.
    pub(crate) fn names(&self) -> Vec<(NodeId, &'static str)> {
        self.sent.iter().map(|(to, message)| (*to, message.name())).collect()
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.batches.is_empty() && self.sent.is_empty() && self.events.is_empty()
    }

    pub(crate) fn extend(&mut self, more: Said) {
        self.batches.extend(more.batches);
        self.sent.extend(more.sent);
        self.events.extend(more.events);
    }
}

impl Effects for Said {
    fn persist(&mut self, batch: Batch) {
        self.batches.push(batch);
    }

    fn send(&mut self, to: NodeId, frame: Frame) {
        let message = wire::decode(frame.as_ref()).expect("nodes send what nodes can read");
        self.sent.push((to, message));
    }

    fn event(&mut self, event: Event) {
        self.events.push(event);
    }
}

/// When a batch is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// At once.
    Instant,
    /// Not before [`Host::release`].
    Withheld,
}

/// One node.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) config: Config,
    pub(crate) now: Time,
    pub(crate) disk: Disk,
    /// What is durable, without what later facts have erased.
    pub(crate) log: Vec<Record>,
    waiting: VecDeque<(BatchSeq, Vec<Record>)>,
    driver: Driver<Node>,
    life: u8,
}

impl Host {
    pub(crate) fn new(config: Config) -> Self {
        Self::restored(config, Vec::new())
    }

    /// A node whose log is this.
    pub(crate) fn restored(config: Config, log: Vec<Record>) -> Self {
        let (driver, waiting) = (start(&config, START, 0, &log).0, VecDeque::new());
        Self { config, now: START, disk: Disk::Instant, log, waiting, driver, life: 0 }
    }

    pub(crate) fn node(&self) -> &Node {
        self.driver.machine()
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.driver.next_timeout()
    }

    pub(crate) fn hear(&mut self, from: NodeId, message: &Message) -> Said {
        let frame = wire::encode(message);
        self.work(|driver, now, said| driver.receive(now, from, frame.as_ref(), said))
    }

    pub(crate) fn hear_bytes(&mut self, from: NodeId, bytes: &[u8]) -> Said {
        self.work(|driver, now, said| driver.receive(now, from, bytes, said))
    }

    pub(crate) fn command(&mut self, command: Command) -> Said {
        self.work(|driver, now, said| driver.command(now, command, said))
    }

    /// Lets time pass to `now`, and fires the timers that are due, once.
    pub(crate) fn wake_at(&mut self, now: Time) -> Said {
        self.now = now;
        self.work(|driver, now, said| driver.timeout(now, said))
    }

    /// Fires every timer up to `until`, each at its own time.
    pub(crate) fn sleep_until(&mut self, until: Time) -> Said {
        let mut said = Said::default();
        while let Some(due) = self.next_timeout().filter(|due| *due <= until) {
            said.extend(self.wake_at(due.max(self.now)));
        }
        self.now = until;
        said
    }

    /// The disk has caught up.
    pub(crate) fn release(&mut self) -> Said {
        let mut said = Said::default();
        while let Some((seq, records)) = self.waiting.pop_front() {
            records.into_iter().for_each(|record| append(&mut self.log, record));
            let seen = said.batches.len();
            self.driver.persisted(self.now, seq, &mut said);
            self.keep(&said.batches[seen..]);
        }
        said
    }

    /// Kills the node and starts it again from what is durable, with fresh coins.
    pub(crate) fn restart(&mut self) -> Said {
        self.waiting.clear();
        self.life += 1;
        let (driver, said) = start(&self.config, self.now, self.life, &self.log);
        self.driver = driver;
        said
    }

    /// What the node says of the computation that most tests are about.
    pub(crate) fn status(&self) -> Option<Status> {
        self.node().status(&id())
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        match self.status()?.standing {
            Standing::Ended(outcome) => Some(outcome),
            _ => None,
        }
    }

    fn work(&mut self, feed: impl FnOnce(&mut Driver<Node>, Time, &mut Said)) -> Said {
        let mut said = Said::default();
        feed(&mut self.driver, self.now, &mut said);
        self.keep(&said.batches);
        if self.disk == Disk::Instant {
            said.extend(self.release());
        }
        said
    }

    fn keep(&mut self, batches: &[Batch]) {
        self.waiting.extend(batches.iter().map(|batch| (batch.seq, batch.records.clone())));
    }
}

/// Starts a node whose log no store has damaged.
fn start(config: &Config, now: Time, life: u8, log: &[Record]) -> (Driver<Node>, Said) {
    let mut seed = config.id.0;
    seed[31] = life;
    let node = Node::recover(config.clone(), seed, now, log.to_vec());
    let mut said = Said::default();
    let driver = Driver::start(node.expect("a node reads its own log"), now, &mut said);
    (driver, said)
}

/// Appends as a store must: what a record makes obsolete goes with its own transaction.
fn append(log: &mut Vec<Record>, record: Record) {
    match record.fact.erases() {
        Erases::Nothing => {}
        Erases::Shares => log.retain(|old| old.id != record.id || !old.fact.holds_shares()),
        Erases::Everything => log.retain(|old| old.id != record.id),
    }
    log.push(record);
}
