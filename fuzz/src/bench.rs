//! A node on a bench, alone: everything around it is made up.

use std::time::Duration;

use formix_proto::node::Config;
use formix_proto::record::Record;
use formix_proto::time::Time;
use formix_testkit::cast::START;
use formix_testkit::{Host, StartError};

use super::kept;
use super::reader::Reader;
use super::scene;

/// One node, and its clock.
pub struct Bench {
    host: Host,
    now: Time,
}

impl Bench {
    /// A new node.
    pub fn new(config: Config) -> Self {
        Self::recovered(config, &[]).expect("an empty log is nobody else's")
    }

    /// A node with this log.
    pub fn recovered(config: Config, log: &[Record]) -> Result<Self, StartError> {
        let seed = config.id.0;
        Ok(Self { host: Host::start(config, seed, START, log)?.0, now: START })
    }

    /// Things happen to the node until the bytes run out, and then it restarts.
    pub fn run(&mut self, reader: &mut Reader<'_>) {
        while !reader.is_empty() {
            self.step(reader);
        }
        kept(self.host.restart(self.now, 0));
    }

    /// One thing happens to the node.
    pub fn step(&mut self, reader: &mut Reader<'_>) {
        match reader.below(8) {
            0..=2 => {
                let from = scene::node(reader);
                let frame = formix_proto::wire::encode(&scene::message(reader));
                self.receive(from, frame.as_ref());
            }
            3 => self.receive(scene::node(reader), reader.bytes()),
            4 => drop(kept(self.host.command(self.now, scene::command(reader)))),
            5 => self.write(reader.below(4)),
            6 => self.wake(reader),
            _ if reader.rarely() => drop(kept(self.host.restart(self.now, reader.below(4)))),
            _ => self.write(usize::MAX),
        }
    }

    /// The disk makes up to `most` batches durable.
    fn write(&mut self, most: usize) {
        for _ in 0..most {
            if kept(self.host.write(self.now)).is_none() {
                return;
            }
        }
    }

    fn receive(&mut self, from: formix_proto::id::NodeId, frame: &[u8]) {
        if from != self.host.id() {
            kept(self.host.receive(self.now, from, frame));
        }
    }

    /// The clock goes on: to the next timer, by a power of two, or rarely to the end of time.
    fn wake(&mut self, reader: &mut Reader<'_>) {
        self.now = match reader.byte() {
            choice @ 0..=40 => self.now + Duration::from_millis(1 << choice),
            0xff => Time(u64::MAX),
            _ => self.host.next_timeout().unwrap_or(self.now).max(self.now),
        };
        kept(self.host.timeout(self.now));
    }
}
