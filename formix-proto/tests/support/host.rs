//! One real node of the testkit, with a clock, and a disk that can be made to wait.

use formix_proto::id::NodeId;
use formix_proto::machine::Command;
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::outcome::Outcome;
use formix_proto::record::Record;
use formix_proto::status::{Standing, Status};
use formix_proto::time::Time;
use formix_proto::wire;
use formix_testkit::RuleBroken;
pub(crate) use formix_testkit::Said;

use super::{START, id};

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
    host: formix_testkit::Host,
}

impl Host {
    pub(crate) fn new(config: Config) -> Self {
        Self::restored(config, Vec::new())
    }

    /// A node whose log is this.
    pub(crate) fn restored(config: Config, log: Vec<Record>) -> Self {
        let started = formix_testkit::Host::start(config.clone(), config.id.0, START, &log);
        let (host, _) = started.expect("a node starts from its own log");
        Self { config, now: START, disk: Disk::Instant, host }
    }

    pub(crate) fn node(&self) -> &Node {
        self.host.node()
    }

    pub(crate) fn next_timeout(&self) -> Option<Time> {
        self.host.next_timeout()
    }

    /// What is durable, without what later facts have erased.
    pub(crate) fn log(&self) -> Vec<Record> {
        self.host.log().expect("a log holds records")
    }

    pub(crate) fn hear(&mut self, from: NodeId, message: &Message) -> Said {
        self.hear_bytes(from, wire::encode(message).as_ref())
    }

    pub(crate) fn hear_bytes(&mut self, from: NodeId, bytes: &[u8]) -> Said {
        let said = self.host.receive(self.now, from, bytes);
        self.settle(said)
    }

    pub(crate) fn command(&mut self, command: Command) -> Said {
        let said = self.host.command(self.now, command);
        self.settle(said)
    }

    /// Lets time pass to `now`, and fires the timers that are due, once.
    pub(crate) fn wake_at(&mut self, now: Time) -> Said {
        self.now = now;
        let said = self.host.timeout(now);
        self.settle(said)
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
        while let Some(more) = kept(self.host.write(self.now)) {
            said.extend(more);
        }
        said
    }

    /// Kills the node and starts it again from what is durable, with fresh coins.
    pub(crate) fn restart(&mut self) -> Said {
        kept(self.host.restart(self.now, 0))
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

    fn settle(&mut self, said: Result<Said, RuleBroken>) -> Said {
        let mut said = kept(said);
        if self.disk == Disk::Instant {
            said.extend(self.release());
        }
        said
    }
}

/// What a node did, which kept to the rules that hold whatever a node is fed.
fn kept<T>(said: Result<T, RuleBroken>) -> T {
    said.unwrap_or_else(|broken| panic!("{broken}"))
}
