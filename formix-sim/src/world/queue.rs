//! What will happen, in order of time; what is put on it first comes first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use formix_proto::frame::Frame;

use crate::plan::{Crash, Peer};

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// A frame arrives.
    Deliver { from: Peer, to: Peer, frame: Frame },
    /// A disk has finished what it was writing.
    Flushed { peer: Peer, life: u32 },
    /// A node wanted to be woken.
    Wake { peer: Peer, life: u32 },
    /// The owner of a light node has made up its mind.
    Owner { peer: Peer, life: u32, act: Act },
    /// A question of the workload is asked.
    Ask(usize),
    /// A node stops.
    Crash(Crash),
    /// A node that has stopped in that life is started.
    Start { peer: Peer, life: u32 },
    /// Faults are over.
    Heal,
    /// A question has had its time.
    Judge(usize),
    /// Every node is started again.
    StartAll,
}

/// What the owner of a light node does about a question of the workload.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Answer { question: usize, tenths: i64 },
    Decline { question: usize },
}

/// The heap holds only keys, so that moving them is cheap.
#[derive(Debug, Default)]
pub(super) struct Queue {
    order: BinaryHeap<Reverse<(u64, u64)>>,
    waiting: BTreeMap<u64, Happening>,
    next: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: u64, happening: Happening) {
        self.order.push(Reverse((at, self.next)));
        self.waiting.insert(self.next, happening);
        self.next += 1;
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Happening)> {
        let Reverse((at, number)) = self.order.pop()?;
        Some((at, self.waiting.remove(&number)?))
    }
}
