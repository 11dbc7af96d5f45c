//! A disk: one writer that groups what is waiting, and an image that a crash leaves behind.
//!
//! It stands for the log of a real node: batches become durable in order, each whole or not at all.
//! That the real log keeps the same promises is shown by one suite of tests that runs on both.

use std::collections::VecDeque;

use formix_proto::machine::Batch;
use formix_proto::record::Record;
use formix_proto::wire::DecodeError;

use crate::image::Image;

/// What is durable, what is being written, and what waits for that.
#[derive(Debug, Default, Clone)]
pub struct Disk {
    image: Image,
    tail: VecDeque<Batch>,
    /// How many batches of the tail the write in flight holds.
    writing: usize,
    /// How many writes there have been.
    writes: u32,
    /// All batches that ever became durable, if an old state may be asked for.
    history: Option<Vec<Batch>>,
}

impl Disk {
    /// A disk whose log is this.
    pub fn holding(records: &[Record]) -> Self {
        Self { image: Image::holding(records), ..Self::default() }
    }

    /// What is durable.
    pub fn image(&self) -> &Image {
        &self.image
    }

    /// How many batches wait to be durable.
    pub fn waiting(&self) -> usize {
        self.tail.len()
    }

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

    /// Makes the oldest batch that waits durable, by itself.
    pub fn write_one(&mut self) -> Option<Batch> {
        self.writing = self.writing.saturating_sub(1);
        self.survive(1.min(self.tail.len())).pop()
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
        self.image = Image::default();
        let records: Vec<_> = history.iter().flat_map(|batch| batch.records.clone()).collect();
        records.iter().for_each(|record| self.image.append(record));
        self.history = Some(history);
        records
    }

    /// Loses everything that was durable.
    pub fn wipe(&mut self) {
        self.image = Image::default();
    }

    /// The records, as a node that starts reads them.
    pub fn records(&self) -> Result<Vec<Record>, DecodeError> {
        self.image.records()
    }

    fn survive(&mut self, count: usize) -> Vec<Batch> {
        let batches: Vec<_> = self.tail.drain(..count).collect();
        batches
            .iter()
            .flat_map(|batch| &batch.records)
            .for_each(|record| self.image.append(record));
        if let Some(history) = &mut self.history {
            history.extend(batches.iter().cloned());
        }
        batches
    }
}
