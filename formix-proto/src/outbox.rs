//! The gate: nothing leaves before what it stands for is durable (R7).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use crate::id::NodeId;
use crate::limits::{MAX_HELD, MAX_HELD_BYTES};
use crate::machine::{Batch, BatchSeq, Event, Output};
use crate::message::Message;
use crate::record::Record;

/// Holds every message and event behind the records issued before it.
///
/// [`Outbox::poll`] is the one function that lets anything out, and it treats all alike: no message
/// type is an exception, so none can be forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbox {
    open: Vec<Record>,
    issued: BatchSeq,
    durable: BatchSeq,
    batches: VecDeque<Batch>,
    held: VecDeque<(BatchSeq, Output)>,
    held_bytes: usize,
}

impl Outbox {
    /// Adds a record to the batch that the current input makes.
    pub(crate) fn persist(&mut self, record: Record) {
        self.open.push(record);
    }

    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        if self.held.len() < MAX_HELD && self.held_bytes < MAX_HELD_BYTES {
            self.hold(Output::Send { to, message });
        }
    }

    /// What peers can cause without end is dropped like a message; what is recorded is told.
    pub(crate) fn event(&mut self, event: Event) {
        if self.held.len() < MAX_HELD || !matches!(event, Event::Fault { .. }) {
            self.hold(Output::Event(event));
        }
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

    /// How many outputs wait, or have not been taken.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// The bytes of vectors and rosters in those: questions are shared with the parts that ask them.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held_bytes
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
        let (_, output) = self.held.pop_front()?;
        self.held_bytes -= bytes_of(&output);
        Some(output)
    }

    fn hold(&mut self, output: Output) {
        let behind = if self.open.is_empty() { self.issued } else { self.issued.next() };
        self.held_bytes += bytes_of(&output);
        self.held.push_back((behind, output));
    }
}

fn bytes_of(output: &Output) -> usize {
    match output {
        Output::Send { message, .. } => message.own_bytes(),
        Output::Persist(_) | Output::Event(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;
    use crate::id::ComputationId;
    use crate::record::Fact;
    use alloc::vec;

    const PEER: NodeId = NodeId([1; 32]);
    const ID: ComputationId = ComputationId([2; 32]);

    fn record() -> Record {
        Record { id: ID, fact: Fact::Opened }
    }

    fn proposed() -> Event {
        Event::Proposed(ID)
    }

    /// What leaves now: `p` and the number of a batch, `s` for a message, `e` for an event, `f` for a
    /// fault.
    fn leaving(outbox: &mut Outbox) -> Vec<(char, u64)> {
        let named = |output| match output {
            Output::Persist(batch) => ('p', batch.seq.0),
            Output::Send { .. } => ('s', 0),
            Output::Event(Event::Fault { .. }) => ('f', 0),
            Output::Event(_) => ('e', 0),
        };
        core::iter::from_fn(|| outbox.poll()).map(named).collect()
    }

    #[test]
    fn without_a_record_everything_leaves_in_order() {
        let mut outbox = Outbox::default();
        outbox.event(proposed());
        outbox.send(PEER, Message::Ready(ID));
        outbox.close_batch();
        assert_eq!(leaving(&mut outbox), [('e', 0), ('s', 0)]);
    }

    #[test]
    fn what_follows_a_record_waits_until_it_is_durable() {
        let mut outbox = Outbox::default();
        outbox.send(PEER, Message::Ready(ID));
        outbox.persist(record());
        outbox.send(PEER, Message::Ready(ID));
        outbox.event(proposed());
        outbox.close_batch();
        assert_eq!(leaving(&mut outbox), [('p', 1), ('s', 0)], "what came before it does not");
        outbox.persisted(BatchSeq(1));
        assert_eq!(leaving(&mut outbox), [('s', 0), ('e', 0)]);
    }

    #[test]
    fn each_batch_releases_what_is_behind_it_and_no_more() {
        let mut outbox = Outbox::default();
        for _ in 0..3 {
            outbox.persist(record());
            outbox.persist(record());
            outbox.close_batch();
            outbox.event(proposed());
            outbox.close_batch();
        }
        assert_eq!(leaving(&mut outbox), [('p', 1), ('p', 2), ('p', 3)]);
        outbox.persisted(BatchSeq(2));
        assert_eq!(leaving(&mut outbox), [('e', 0), ('e', 0)]);
        outbox.persisted(BatchSeq(1));
        assert_eq!(leaving(&mut outbox), [], "the disk does not go back");
        outbox.persisted(BatchSeq(3));
        assert_eq!(leaving(&mut outbox), [('e', 0)]);
    }

    #[test]
    fn a_disk_cannot_confirm_what_it_was_not_given() {
        let mut outbox = Outbox::default();
        outbox.persisted(BatchSeq(u64::MAX));
        outbox.persist(record());
        outbox.event(proposed());
        outbox.close_batch();
        assert_eq!(leaving(&mut outbox), [('p', 1)]);
    }

    #[test]
    fn behind_a_stalled_disk_no_more_bytes_than_max_held_bytes_wait() {
        let wide = vec![0; 16 << 20];
        let share = crate::sharing::Share::parse(crate::sharing::Ring::Z32, &wide).unwrap();
        let message = Message::Contribution { id: ID, tag: crate::id::Tag([0; 16]), share };
        let mut outbox = Outbox::default();
        outbox.persist(record());
        let fit = MAX_HELD_BYTES / wide.len();
        for _ in 0..fit + 2 {
            outbox.send(PEER, message.clone());
        }
        outbox.close_batch();
        assert_eq!((outbox.held(), outbox.held_bytes()), (fit, MAX_HELD_BYTES));
        outbox.persisted(BatchSeq(1));
        assert_eq!(leaving(&mut outbox).len(), 1 + fit);
        assert_eq!(outbox.held_bytes(), 0);
    }

    /// What is dropped is sent again later; events are not, so they are kept, but for those that a peer
    /// can cause as often as it likes.
    #[test]
    fn behind_a_stalled_disk_no_more_than_max_held_messages_wait() {
        let mut outbox = Outbox::default();
        outbox.persist(record());
        for _ in 0..=MAX_HELD {
            outbox.send(PEER, Message::Ready(ID));
        }
        outbox.event(Event::Fault { peer: PEER, fault: Fault::Stranger });
        outbox.event(proposed());
        outbox.close_batch();
        outbox.persisted(BatchSeq(1));
        let left = leaving(&mut outbox);
        assert_eq!(left.len(), 1 + MAX_HELD + 1);
        assert_eq!(left.last(), Some(&('e', 0)));
    }
}
