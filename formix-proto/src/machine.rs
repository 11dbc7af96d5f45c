//! The one door in and the one door out of a node.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::answer::{Answer, AnswerError};
use crate::directory::Directory;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::message::Message;
use crate::outcome::{Outcome, Stage};
use crate::policy::Slots;
use crate::record::Record;
use crate::spec::{Proposal, SpecError};
use crate::time::Time;
use crate::wire::DecodeError;

/// A deterministic state machine without I/O, clock or randomness of its own.
///
/// # Contract
///
/// - Feed one input at a time, with a `now` that goes back at [`Input::SetBack`] only
///   ([`crate::driver::Driver`] sees to that).
/// - After every input, call [`poll_output`](Machine::poll_output) until it returns `None`, carry out
///   each output, and then wait for input or until [`next_timeout`](Machine::next_timeout), whichever
///   comes first; when the time comes, feed [`Input::Timeout`]. It fires one timer, so that its outputs are
///   carried out before another's are made.
/// - Every [`Output::Persist`] is answered, in order, by [`Input::Persisted`] once it is durable. A
///   batch that cannot be made durable ends the node: it is never retried.
/// - A message may be lost, repeated or late: the machine sends again what has not been answered.
/// - Equal inputs give equal outputs, in debug and release builds.
pub trait Machine {
    /// Takes one input. Infallible: nothing that a peer sends can stop a node.
    fn handle_input(&mut self, now: Time, input: Input);
    /// The next thing to carry out, if any.
    fn poll_output(&mut self) -> Option<Output>;
    /// When the machine wants [`Input::Timeout`], if nothing else comes before.
    fn next_timeout(&self) -> Option<Time>;
}

/// What a machine is told.
#[derive(Debug)]
pub enum Input {
    /// A message, from the node whose key authenticated the connection (R1).
    Receive {
        /// That node.
        from: NodeId,
        /// The message.
        message: Message,
    },
    /// Bytes from an authenticated node that are not a message.
    Malformed {
        /// That node.
        from: NodeId,
        /// What is wrong with them.
        error: DecodeError,
    },
    /// The owner of the node wants something.
    Command(Command),
    /// Every batch up to this one is durable.
    Persisted(BatchSeq),
    /// The time that [`Machine::next_timeout`] named has come.
    Timeout,
    /// The clock was set back to `now`. What is decided stays decided; every pause begins anew.
    SetBack,
}

/// What the owner of a node can ask of it.
#[derive(Debug)]
pub enum Command {
    /// Ask a question. Answered by [`Event::Proposed`] or [`Event::Rejected`].
    Propose(Box<Proposal>),
    /// Answer a question that [`Event::Asked`] brought.
    Answer {
        /// Which computation.
        id: ComputationId,
        /// The answer.
        answer: Answer,
    },
    /// Do not answer it.
    Decline(ComputationId),
    /// A person decides: whatever is said leaves shortly before the deadline, and not before.
    Defer(ComputationId),
    /// The enrolled nodes are now these.
    Enroll(Arc<Directory>),
}

/// What a machine wants done.
#[derive(Debug, Clone)]
pub enum Output {
    /// Make these records durable, all or none.
    Persist(Batch),
    /// Send this, at best effort.
    Send {
        /// To whom.
        to: NodeId,
        /// What.
        message: Message,
    },
    /// Tell the owner.
    Event(Event),
}

/// Records that become durable together.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its place in the log.
    pub seq: BatchSeq,
    /// What happened, in order.
    pub records: Vec<Record>,
}

/// The number of a batch: the first since the node started is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct BatchSeq(pub u64);

impl BatchSeq {
    pub(crate) fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What the owner of a node is told. Carries no answer, share or partial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Proposer: the question is recorded and on its way.
    Proposed(ComputationId),
    /// Proposer: the question is not asked, because its terms are refused here.
    Rejected {
        /// The computation that does not begin.
        id: ComputationId,
        /// Why.
        error: SpecError,
    },
    /// Proposer and heavy: a computation has come this far.
    Progress {
        /// Which computation.
        id: ComputationId,
        /// How far.
        stage: Stage,
    },
    /// Heavy: how many of the enrolled light nodes have answered or declined.
    Answers {
        /// Which computation.
        id: ComputationId,
        /// Contributions accepted here.
        answered: u32,
        /// Light nodes that do not answer.
        declined: u32,
        /// Light nodes enrolled.
        enrolled: u32,
    },
    /// Proposer and heavy: a computation has ended.
    Ended {
        /// Which computation.
        id: ComputationId,
        /// How.
        outcome: Outcome,
    },
    /// Light: every seat of the committee asks this; answer or decline.
    Asked {
        /// The question.
        proposal: Box<Proposal>,
        /// When this node's reply leaves, whatever it is; what is not known by then is declined. `None` if
        /// it leaves as soon as it is given.
        slots: Option<Slots>,
    },
    /// Light: the answer is refused here, nothing was sent, the question is still open.
    AnswerRefused {
        /// Which computation.
        id: ComputationId,
        /// Why.
        error: AnswerError,
    },
    /// Light: a computation that it answered or declined has ended.
    Learned {
        /// Which computation.
        id: ComputationId,
        /// Whether the answer is in the sum, if that is known.
        counted: Option<bool>,
    },
    /// A peer did what the protocol does not allow.
    Fault {
        /// Who.
        peer: NodeId,
        /// What.
        fault: Fault,
    },
}

/// Why a log is not one that this node wrote: it is damaged, or another node's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "record {position} does not follow from those before it: the log is damaged, or not this node's"
)]
pub struct RecoverError {
    /// Which record, from 0.
    pub position: usize,
}
