//! The gate: nothing leaves before what it stands for is durable (R7).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use crate::id::NodeId;
use crate::limits::MAX_HELD;
use crate::machine::{Batch, BatchSeq, Event, Output};
use crate::message::Message;
use crate::record::Record;

/// Holds every message and event behind the records issued before it.
///
/// [`Outbox::poll`] is the one function that lets anything out, and it treats all alike: no message
/// type is an exception, so none can be forgotten.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    open: Vec<Record>,
    issued: BatchSeq,
    durable: BatchSeq,
    batches: VecDeque<Batch>,
    held: VecDeque<(BatchSeq, Output)>,
}

impl Outbox {
    /// Adds a record to the batch that the current input makes.
    pub(crate) fn persist(&mut self, record: Record) {
        self.open.push(record);
    }

    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        if self.held.len() < MAX_HELD {
            self.hold(Output::Send { to, message });
        }
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.hold(Output::Event(event));
    }

    /// Ends the current input: its records become one atomic batch.
    pub(crate) fn close_batch(&mut self) {
        if !self.open.is_empty() {
            self.issued = self.issued.next();
            self.batches.push_back(Batch { seq: self.issued, records: mem::take(&mut self.open) });
        }
    }

    /// The disk says: durable up to here.
    pub(crate) fn persisted(&mut self, seq: BatchSeq) {
        self.durable = self.durable.max(seq.min(self.issued));
    }

    /// The next output that may leave now.
    pub(crate) fn poll(&mut self) -> Option<Output> {
        if let Some(batch) = self.batches.pop_front() {
            return Some(Output::Persist(batch));
        }
        let (behind, _) = self.held.front()?;
        if *behind > self.durable {
            return None;
        }
        self.held.pop_front().map(|(_, output)| output)
    }

    fn hold(&mut self, output: Output) {
        let behind = if self.open.is_empty() { self.issued } else { self.issued.next() };
        self.held.push_back((behind, output));
    }
}
