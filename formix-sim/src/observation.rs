//! What can be observed of a run from outside of the nodes.

use std::collections::BTreeSet;

use formix_proto::machine::Event;
use formix_proto::message::Message;
use formix_proto::node::Occupancy;
use formix_proto::outcome::Outcome;
use formix_proto::record::Record;
use formix_proto::status::Standing;
use formix_proto::time::Time;

use crate::plan::{Kind, Peer};
use crate::violation::Violation;

/// One observation.
#[derive(Debug)]
pub enum Observation<'a> {
    /// A node handed a batch to its disk.
    Issued {
        /// Which node.
        peer: Peer,
        /// What its clock says.
        clock: Time,
        /// The batch.
        records: &'a [Record],
    },
    /// A batch became durable, and what it makes obsolete was erased.
    Durable {
        /// On whose disk.
        peer: Peer,
        /// The batch.
        records: &'a [Record],
    },
    /// A write is done, and made several batches durable at once.
    Flushed {
        /// On whose disk.
        peer: Peer,
        /// How many.
        batches: usize,
    },
    /// A node is given one input; what it does next, it does because of that.
    Input {
        /// Which node.
        peer: Peer,
        /// What it is given.
        input: &'a InputKind,
    },
    /// A node handed a message to the network.
    Sent {
        /// The message's number in the run, from 1.
        number: u64,
        /// Which node.
        from: Peer,
        /// For whom.
        to: Peer,
        /// The bytes.
        frame: &'a [u8],
        /// What they decode to.
        message: &'a Message,
    },
    /// A node handed bytes to the network that are not a message.
    Illegible {
        /// Which node.
        from: Peer,
        /// For whom.
        to: Peer,
        /// How many bytes.
        length: usize,
    },
    /// A node told its owner something.
    Told {
        /// Which node.
        peer: Peer,
        /// What.
        event: &'a Event,
    },
    /// A fault took effect.
    Fault {
        /// Which kind.
        kind: Kind,
        /// Where: a node, or the sender of a link.
        peer: Peer,
        /// The link's other end.
        to: Option<Peer>,
    },
    /// A node stopped.
    Stopped {
        /// Which node.
        peer: Peer,
        /// Batches that were not durable and survived nevertheless.
        kept: usize,
        /// Batches that were lost.
        lost: usize,
        /// The whole disk was.
        amnesia: bool,
        /// It stopped while it recovered.
        recovering: bool,
    },
    /// The disk of a node that is stopped was replaced by an older one.
    RolledBack {
        /// Which node.
        peer: Peer,
        /// All that was ever durable on that one.
        records: &'a [Record],
    },
    /// A node was started from what its disk held.
    Started {
        /// Which node.
        peer: Peer,
        /// The number of this start, from 1.
        life: u32,
    },
    /// A heavy node was told anew who is enrolled, or started with that.
    Enrolled {
        /// Which node.
        peer: Peer,
        /// The light nodes of the plan that are strangers to it from now on.
        strangers: &'a BTreeSet<Peer>,
    },
    /// What a node that was started knows of each question of the workload, before any input.
    Recovered {
        /// Which node.
        peer: Peer,
        /// In order of the questions.
        standing: &'a [Option<Standing>],
        /// The questions of which its disk holds shares of single answers.
        shares: &'a BTreeSet<usize>,
    },
    /// A node has handled an input, and waits for the next.
    Idle {
        /// Which node.
        peer: Peer,
        /// What it holds.
        holds: Occupancy,
    },
    /// A copy of a node was given a frame a second time, as soon as it had handled the first.
    Echoed {
        /// Which node.
        peer: Peer,
        /// What came of it.
        echo: &'a Echo,
    },
    /// A node could not be started from what its disk held.
    Unrecoverable {
        /// Which node.
        peer: Peer,
    },
    /// From here on nothing goes wrong any more.
    Healed,
    /// A computation has had its time. If it is not over, the nodes must say whom they wait for.
    TimeUp {
        /// Which question of the workload.
        question: usize,
        /// Each running node with what it knows of the computation.
        standing: &'a [(Peer, Vec<Peer>)],
        /// The heavy nodes that never came back.
        dead: &'a [Peer],
    },
    /// How a question ended where it was asked.
    Concluded {
        /// Which question of the workload.
        question: usize,
        /// How; `None` if it was not taken up at all.
        outcome: Option<&'a Outcome>,
    },
}

impl Observation<'_> {
    /// The node that acts, if one does.
    pub fn actor(&self) -> Option<Peer> {
        match self {
            Self::Issued { peer, .. }
            | Self::Durable { peer, .. }
            | Self::Input { peer, .. }
            | Self::Told { peer, .. }
            | Self::Recovered { peer, .. }
            | Self::Idle { peer, .. }
            | Self::Echoed { peer, .. } => Some(*peer),
            Self::Sent { from, .. } | Self::Illegible { from, .. } => Some(*from),
            _ => None,
        }
    }
}

/// What came of a frame that was delivered twice.
#[derive(Debug)]
pub struct Echo {
    /// What was delivered.
    pub message: Message,
    /// By whom.
    pub from: Peer,
    /// What was sent back to that node the first time.
    pub first: Vec<Message>,
    /// What was sent back the second time.
    pub again: Vec<Message>,
    /// How many records the second time made.
    pub records: usize,
    /// Whether the node refused it the first time, to its sender or to its owner.
    pub refused: bool,
    /// How many records the first time made.
    pub recorded: usize,
}

/// What a node is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// It starts.
    Start,
    /// A frame arrives.
    Frame {
        /// The number that it was sent under.
        number: u64,
        /// From whom.
        from: Peer,
    },
    /// Its disk has made something durable.
    Durable,
    /// It wanted to be woken.
    Timeout,
    /// Its owner wants something.
    Command,
    /// Its owner answers.
    Answer {
        /// Which question of the workload.
        question: usize,
    },
}

/// Watches a run.
pub trait Observer {
    /// Something happened, `at` milliseconds after the start.
    fn observe(&mut self, at: u64, observation: &Observation<'_>);
    /// The run broke an invariant, and is over.
    fn violated(&mut self, _violation: &Violation) {}
}

impl Observer for () {
    fn observe(&mut self, _: u64, _: &Observation<'_>) {}
}
