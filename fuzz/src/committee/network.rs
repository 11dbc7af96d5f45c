//! What is between the nodes: nothing is ever lost but what the bytes take away.

use std::collections::VecDeque;
use std::mem;

use formix_proto::id::NodeId;

use super::super::reader::Reader;

/// The most messages on their way at once; what comes on top is lost.
const MOST_IN_FLIGHT: usize = 4096;

/// A message on its way.
#[derive(Clone)]
pub(super) struct Letter {
    /// Whose connection it comes on.
    pub(super) from: NodeId,
    /// To whom.
    pub(super) to: NodeId,
    /// Its bytes.
    pub(super) frame: Box<[u8]>,
}

/// The messages on their way, in the order in which they were sent, and all that ever were.
#[derive(Default)]
pub(super) struct Network {
    flight: VecDeque<Letter>,
    past: Vec<Letter>,
}

impl Network {
    pub(super) fn send(&mut self, letter: Letter) {
        self.past.push(letter.clone());
        self.put(letter);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.flight.is_empty()
    }

    /// Some message that is on its way.
    pub(super) fn take(&mut self, reader: &mut Reader<'_>) -> Option<Letter> {
        let at = reader.place(self.flight.len())?;
        self.flight.remove(at)
    }

    pub(super) fn take_all(&mut self) -> VecDeque<Letter> {
        mem::take(&mut self.flight)
    }

    pub(super) fn duplicate(&mut self, reader: &mut Reader<'_>) {
        if let Some(at) = reader.place(self.flight.len()) {
            self.put(self.flight[at].clone());
        }
    }

    pub(super) fn replay(&mut self, reader: &mut Reader<'_>) {
        if let Some(letter) = self.recall(reader) {
            self.put(letter);
        }
    }

    /// Some message that was sent at any time.
    pub(super) fn recall(&self, reader: &mut Reader<'_>) -> Option<Letter> {
        reader.place(self.past.len()).map(|at| self.past[at].clone())
    }

    /// Puts a message, or a copy of one, behind all that are on their way.
    pub(super) fn put(&mut self, letter: Letter) {
        if self.flight.len() < MOST_IN_FLIGHT {
            self.flight.push_back(letter);
        }
    }
}
