//! What will happen, in order of time. Of two things at one time, the one queued first comes first.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use formix_proto::frame::Frame;

use crate::plan::{Crash, Peer};

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// A frame arrives.
    Deliver { number: u64, from: Peer, to: Peer, frame: Rc<Frame> },
    /// A disk has finished what it was writing.
    Flushed { peer: Peer, life: u32 },
    /// A node wanted to be woken.
    Wake { peer: Peer, life: u32 },
    /// The owner of a light node has decided.
    Owner { peer: Peer, life: u32, act: Act },
    /// A question of the workload is asked.
    Ask(usize),
    /// A node stops.
    Crash(Crash),
    /// A node that has stopped in that life is started.
    Start { peer: Peer, life: u32 },
    /// A clock is set.
    Step { peer: Peer, by: i64 },
    /// A heavy node is told who is enrolled.
    Enroll { peer: Peer },
    /// A node does nothing until then.
    Pause { peer: Peer, until: u64 },
    /// Faults are over.
    Heal,
    /// A question has had its time.
    Judge(usize),
    /// Every node is started again.
    StartAll,
}

impl Happening {
    /// The node it happens to, if that node's process must run for it.
    pub(super) fn to(&self) -> Option<Peer> {
        match self {
            Self::Deliver { to, .. } => Some(*to),
            Self::Flushed { peer, .. }
            | Self::Wake { peer, .. }
            | Self::Owner { peer, .. }
            | Self::Enroll { peer }
            | Self::Step { peer, .. } => Some(*peer),
            _ => None,
        }
    }
}

/// What the owner of a light node does about a question of the workload.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Answer { question: usize },
    Decline { question: usize },
}

/// One line for each millisecond: in a large network much happens within one.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: BTreeMap<u64, VecDeque<Happening>>,
}

impl Queue {
    pub(super) fn push(&mut self, at: u64, happening: Happening) {
        self.lines.entry(at).or_default().push_back(happening);
    }

    pub(super) fn pop(&mut self) -> Option<(u64, Happening)> {
        let mut line = self.lines.first_entry()?;
        let at = *line.key();
        let happening = line.get_mut().pop_front()?;
        if line.get().is_empty() {
            line.remove();
        }
        Some((at, happening))
    }
}
