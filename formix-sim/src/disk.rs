//! A disk: one writer that groups what is waiting, and an image that a crash leaves behind.
//!
//! It stands for the log of a real node: batches become durable in order, each whole or not at all,
//! and a batch that makes older records obsolete erases them as it becomes durable. That the real
//! log keeps the same promises is shown by one suite of tests that runs on both.

use std::collections::VecDeque;

use formix_proto::frame::Frame;
use formix_proto::id::ComputationId;
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::{Erases, Record};
use formix_proto::wire::{self, DecodeError};

/// What is durable, what is being written, and what waits for that.
#[derive(Debug, Default)]
pub struct Disk {
    image: Vec<Stored>,
    tail: VecDeque<Batch>,
    /// How many batches of the tail the write in flight holds.
    writing: usize,
    /// How many writes there have been.
    writes: u32,
    /// All batches that ever became durable, if an old state may be asked for.
    history: Option<Vec<Batch>>,
}

/// One record, as its bytes.
#[derive(Debug)]
struct Stored {
    id: ComputationId,
    holds_shares: bool,
    bytes: Frame,
}

impl Disk {
    /// How many writes have begun.
    pub fn writes(&self) -> u32 {
        self.writes
    }

    /// Whether nothing waits to be durable.
    pub fn is_idle(&self) -> bool {
        self.tail.is_empty()
    }

    /// Hands over a batch; it is not durable yet.
    pub fn push(&mut self, batch: Batch) {
        self.tail.push_back(batch);
    }

    /// Begins to write all that waits, if there is anything and the disk is idle.
    pub fn begin_write(&mut self) -> bool {
        if self.writing > 0 || self.tail.is_empty() {
            return false;
        }
        self.writing = self.tail.len();
        self.writes += 1;
        true
    }

    /// The write in flight is done: its batches are durable.
    pub fn end_write(&mut self) -> Vec<Batch> {
        let written = std::mem::take(&mut self.writing);
        self.survive(written)
    }

    /// A crash: the first `keep` batches of the tail are durable after all, the rest is lost.
    pub fn crash(&mut self, keep: usize) -> (Vec<Batch>, usize) {
        let survivors = self.survive(keep.min(self.tail.len()));
        let lost = self.tail.len();
        self.tail.clear();
        self.writing = 0;
        (survivors, lost)
    }

    /// From here on, [`restore`](Self::restore) can go back.
    pub fn remember(&mut self) {
        self.history.get_or_insert_default();
    }

    /// Holds again what it held before the last `back` batches; the records of that time.
    pub fn restore(&mut self, back: usize) -> Vec<Record> {
        let mut history = self.history.take().unwrap_or_default();
        history.truncate(history.len().saturating_sub(back));
        self.image.clear();
        let records: Vec<_> = history.iter().flat_map(|batch| batch.records.clone()).collect();
        records.iter().for_each(|record| self.store(record));
        self.history = Some(history);
        records
    }

    /// Loses everything that was durable.
    pub fn wipe(&mut self) {
        self.image.clear();
    }

    /// The records, as a node that starts reads them.
    pub fn records(&self) -> Result<Vec<Record>, DecodeError> {
        self.image.iter().map(|stored| wire::decode_record(stored.bytes.as_ref())).collect()
    }

    fn survive(&mut self, count: usize) -> Vec<Batch> {
        let batches: Vec<_> = self.tail.drain(..count).collect();
        batches.iter().flat_map(|batch| &batch.records).for_each(|record| self.store(record));
        if let Some(history) = &mut self.history {
            history.extend(batches.iter().cloned());
        }
        batches
    }

    fn store(&mut self, record: &Record) {
        let id = record.id;
        match record.fact.erases() {
            Erases::Nothing => {}
            Erases::Shares => self.image.retain(|held| held.id != id || !held.holds_shares),
            // Nothing is left to be forgotten: the fact itself is not kept either.
            Erases::Everything => return self.image.retain(|held| held.id != id),
        }
        let holds_shares = record.fact.holds_shares();
        self.image.push(Stored { id, holds_shares, bytes: wire::encode_record(record) });
    }
}

/// The last of some batches.
pub fn last(batches: &[Batch]) -> Option<BatchSeq> {
    batches.last().map(|batch| batch.seq)
}
