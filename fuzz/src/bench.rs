//! A node on a bench: whatever a step does to it, what must hold is checked.

use std::collections::BTreeMap;
use std::time::Duration;

use formix_proto::driver::{Driver, Effects};
use formix_proto::frame::Frame;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, BatchSeq, Event, RecoverError};
use formix_proto::message::Message;
use formix_proto::node::{Config, Node};
use formix_proto::outcome::Outcome;
use formix_proto::record::{Erases, Record};
use formix_proto::time::Time;
use formix_proto::wire::decode;

use crate::reader::Reader;
use crate::scene::{self, START};

/// One node, its clock, its log, and what it has said so far.
pub struct Bench {
    config: Config,
    driver: Driver<Node>,
    now: Time,
    life: u8,
    log: Vec<Record>,
    desk: Desk,
}

#[derive(Default)]
struct Desk {
    waiting: Vec<Batch>,
    partials: BTreeMap<ComputationId, Frame>,
    outcomes: BTreeMap<ComputationId, Outcome>,
}

impl Effects for Desk {
    fn persist(&mut self, batch: Batch) {
        self.waiting.push(batch);
    }

    /// R5: one partial, ever.
    fn send(&mut self, _to: NodeId, frame: Frame) {
        let message = decode(frame.as_ref()).expect("a node sends what nodes can read");
        if let Message::Partial { id, .. } = message {
            let first = self.partials.entry(id).or_insert_with(|| frame.clone());
            assert!(*first == frame, "a second partial of one computation");
        }
    }

    /// R9: an outcome never changes. (Where a heavy node asks itself, other members may lie to the
    /// asking part of it and not to the other.)
    fn event(&mut self, event: Event) {
        if let Event::Ended { id, outcome } = event
            && id != scene::own_question()
        {
            let first = self.outcomes.entry(id).or_insert_with(|| outcome.clone());
            assert!(first.agrees_with(&outcome), "{first:?}, and then {outcome:?}");
        }
    }
}

impl Bench {
    /// A new node.
    pub fn new(reader: &mut Reader<'_>) -> Self {
        let config = scene::config(reader);
        Self::recovered(config, Vec::new()).expect("an empty log is nobody else's")
    }

    /// A node with this log.
    pub fn recovered(config: Config, log: Vec<Record>) -> Result<Self, RecoverError> {
        let mut desk = Desk::default();
        let driver = start(&config, START, 0, &log, &mut desk)?;
        Ok(Self { config, driver, now: START, life: 0, log, desk })
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
            4 => self.driver.command(self.now, scene::command(reader), &mut self.desk),
            5 => self.write(reader.below(4)),
            6 => self.wake(reader),
            _ if reader.rarely() => self.restart(),
            _ => self.write(usize::MAX),
        }
        for id in self.driver.machine().computations() {
            assert!(self.driver.machine().status(&id).is_some(), "what it knows has a status");
        }
    }

    /// Kills the node; its successor reads the log that it has written.
    pub fn restart(&mut self) {
        self.life = self.life.wrapping_add(1);
        self.desk.waiting.clear();
        self.driver = start(&self.config, self.now, self.life, &self.log, &mut self.desk)
            .expect("a node reads its own log");
    }

    fn receive(&mut self, from: NodeId, frame: &[u8]) {
        if from != self.config.id {
            self.driver.receive(self.now, from, frame, &mut self.desk);
        }
    }

    /// The disk makes up to so many batches durable.
    fn write(&mut self, most: usize) {
        let count = most.min(self.desk.waiting.len());
        let batches: Vec<_> = self.desk.waiting.drain(..count).collect();
        for Batch { seq, records } in batches {
            records.into_iter().for_each(|record| append(&mut self.log, record));
            self.persisted(seq);
        }
    }

    fn persisted(&mut self, seq: BatchSeq) {
        self.driver.persisted(self.now, seq, &mut self.desk);
    }

    /// The clock goes on: to the next timer, by a power of two, or rarely to the end of time.
    fn wake(&mut self, reader: &mut Reader<'_>) {
        self.now = match reader.byte() {
            choice @ 0..=40 => self.now + Duration::from_millis(1 << choice),
            0xff => Time(u64::MAX),
            _ => self.driver.next_timeout().unwrap_or(self.now).max(self.now),
        };
        self.driver.timeout(self.now, &mut self.desk);
        assert!(self.driver.next_timeout().is_none_or(|next| next > self.now), "it wakes for ever");
    }
}

fn start(
    config: &Config,
    now: Time,
    life: u8,
    log: &[Record],
    desk: &mut Desk,
) -> Result<Driver<Node>, RecoverError> {
    let node = Node::recover(config.clone(), [life; 32], now, log.iter().cloned())?;
    Ok(Driver::start(node, now, desk))
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
