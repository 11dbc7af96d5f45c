//! The things that keep the same promises, behind one face.

use std::fs;
use std::time::{Duration, Instant};

use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use formix_sim::random::Stream;
use formix_testkit::Disk;

use super::super::*;
use crate::log::memory::Memory;

/// Where a node keeps its batches.
pub(super) trait Medium {
    /// One with nothing on it.
    fn new() -> Self;
    /// Takes a batch, which is not durable yet.
    fn push(&mut self, batch: Batch);
    /// Makes durable what waits; acknowledges the last batch, if there is one.
    fn write(&mut self) -> Option<BatchSeq>;
    /// The power fails, in the midst of writing or before. What waits may be lost.
    fn crash(&mut self, draw: &mut Stream);
    /// What a node that starts now reads.
    fn records(&mut self) -> Vec<Record>;
}

/// The simulator's.
pub(super) struct Simulated(Disk);

impl Medium for Simulated {
    fn new() -> Self {
        Self(Disk::default())
    }

    fn push(&mut self, batch: Batch) {
        self.0.push(batch);
    }

    fn write(&mut self) -> Option<BatchSeq> {
        self.0.begin_write();
        self.0.end_write().last().map(|batch| batch.seq)
    }

    fn crash(&mut self, draw: &mut Stream) {
        if draw.chance(50) {
            self.0.begin_write();
        }
        self.0.crash(draw.index(6));
    }

    fn records(&mut self) -> Vec<Record> {
        self.0.records().unwrap()
    }
}

/// The node's, written as its thread does it.
pub(super) struct InFile {
    home: Home,
    writer: Option<Writer<Counter>>,
    waiting: Vec<Batch>,
}

impl Medium for InFile {
    fn new() -> Self {
        let home = Home::new();
        let writer = Some(open_writer(&home.file()));
        Self { home, writer, waiting: Vec::new() }
    }

    fn push(&mut self, batch: Batch) {
        self.waiting.push(batch);
    }

    fn write(&mut self) -> Option<BatchSeq> {
        let group = std::mem::take(&mut self.waiting);
        let writer = self.writer.as_mut().unwrap();
        writer.write(&group).unwrap();
        let last = group.last()?.seq;
        if last.0.is_multiple_of(2) {
            be_idle(writer);
        }
        Some(last)
    }

    /// What is on the disk when some of the batches were written, in one transaction or several, and
    /// the last of these has got no further than some byte.
    fn crash(&mut self, draw: &mut Stream) {
        let written = draw.index(self.waiting.len() + 1);
        let log = self.home.0.path().join("node.db-wal");
        let mut lengths = vec![fs::metadata(&log).unwrap().len()];
        let group = 1 + draw.index(written.max(1));
        for group in self.waiting[..written].chunks(group) {
            self.writer.as_mut().unwrap().write(group).unwrap();
            lengths.push(fs::metadata(&log).unwrap().len());
        }
        let [.., before, after] = lengths[..] else { return self.come_back(lengths[0]) };
        self.come_back(draw.within(before..=after));
    }

    fn records(&mut self) -> Vec<Record> {
        self.writer = None;
        let (writer, records) = Writer::open(&self.home.file(), ME, Counter).unwrap();
        self.writer = Some(writer);
        records
    }
}

impl InFile {
    /// Goes on with a copy of the files as they are, the log cut to a length.
    fn come_back(&mut self, log: u64) {
        let copy = Home::new();
        for name in ["node.db", "node.db-wal"] {
            fs::copy(self.home.0.path().join(name), copy.0.path().join(name)).unwrap();
        }
        let tail = fs::OpenOptions::new().write(true).open(copy.0.path().join("node.db-wal"));
        tail.unwrap().set_len(log).unwrap();
        self.waiting.clear();
        self.home = copy;
        self.writer = Some(open_writer(&self.home.file()));
    }
}

/// The log in memory, which loses only what it has not been given.
pub(super) struct InMemory {
    memory: Memory,
    waiting: Vec<Batch>,
}

impl InMemory {
    /// Hands over the first `count` waiting batches.
    fn append(&mut self, count: usize) -> Option<BatchSeq> {
        let (log, mut opened) = MemoryLog::open(&self.memory);
        self.waiting.drain(..count).for_each(|batch| log.append(batch));
        let mut last = None;
        while let Ok(acknowledged) = opened.acknowledgements.try_recv() {
            last = Some(acknowledged.unwrap());
        }
        last
    }
}

impl Medium for InMemory {
    fn new() -> Self {
        Self { memory: Memory::default(), waiting: Vec::new() }
    }

    fn push(&mut self, batch: Batch) {
        self.waiting.push(batch);
    }

    fn write(&mut self) -> Option<BatchSeq> {
        self.append(self.waiting.len())
    }

    fn crash(&mut self, draw: &mut Stream) {
        self.append(draw.index(self.waiting.len() + 1));
        self.waiting.clear();
    }

    fn records(&mut self) -> Vec<Record> {
        MemoryLog::open(&self.memory).1.records
    }
}

/// Nothing waits for the thread: what was erased is scrubbed, as it would be a second later at most.
fn be_idle(writer: &mut Writer<Counter>) {
    writer.erased = writer.erased.and_then(|since| since.checked_sub(Duration::from_secs(2)));
    let (requests, queue) = channel();
    requests.send(Request::Close(None)).unwrap();
    writer.next(&queue).unwrap();
    assert!(writer.erased.is_none_or(|since| since > Instant::now()));
}
