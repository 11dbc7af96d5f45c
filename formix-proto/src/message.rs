//! Everything that nodes say to each other.
//!
//! No message names its sender: that is the key which authenticated the connection (R1). All but a
//! proposal name their computation by the id that a proposal has (R2). Who may send what stands
//! beside each variant; the node's parts hold them to it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{ComputationId, NodeId, Nonce, RosterDigest, Tag};
use crate::outcome::{Failure, Outcome, Refusal, Stage};
use crate::roster::Roster;
use crate::share::{Lanes, SEATS, Share};
use crate::spec::{Proposal, Spec};

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// Proposer to a committee member: open this, or say what became of it. Sent again until there
    /// is an outcome, so it is the proposer's inquiry as well.
    Propose {
        /// Drawn by the proposer, whom the connection names.
        nonce: Nonce,
        /// The question.
        spec: Box<Spec>,
    },
    /// Primary to proposer: how far it is.
    Progress {
        /// Which computation.
        id: ComputationId,
        /// How far.
        stage: Stage,
    },
    /// Committee member to proposer: how it ended.
    Outcome {
        /// Which computation.
        id: ComputationId,
        /// How it ended.
        outcome: Outcome,
    },

    /// Primary to the other seats: are these terms acceptable?
    Prepare(Box<Proposal>),
    /// Seat to primary: they are, durably.
    Ready(ComputationId),
    /// Primary to the other seats: all are ready; invite and collect.
    Open(ComputationId),
    /// Seat to primary: it is open here, durably.
    Opened(ComputationId),
    /// Seat to primary: every enrolled light node has answered or declined here.
    AllIn(ComputationId),
    /// Primary to the other seats: accept nothing more.
    Close(ComputationId),
    /// Seat to primary: nothing more is accepted here, and this names what was.
    Frozen {
        /// Which computation.
        id: ComputationId,
        /// The digest of the frozen set.
        digest: RosterDigest,
    },
    /// Primary to a seat whose frozen set is not its own: which entries?
    List(ComputationId),
    /// Seat to primary: these entries.
    FrozenSet {
        /// Which computation.
        id: ComputationId,
        /// The frozen set.
        set: Roster,
    },
    /// Primary to the other seats: the roster is your frozen set without these light nodes.
    Seal {
        /// Which computation.
        id: ComputationId,
        /// The digest of the roster that must remain.
        digest: RosterDigest,
        /// Light nodes that some seat lacks, or holds under another tag.
        excluded: Vec<NodeId>,
    },
    /// Seat to primary: the sum of its shares of the lanes that count parts. Only where a question has
    /// such lanes, and only ever to a committee member (R6).
    Counts {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sum.
        counts: Lanes,
    },
    /// Primary to the other seats: all three of these sums, in order of the seats. Together they say
    /// which parts have enough answers to be told of.
    Counted {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sums.
        counts: [Lanes; SEATS],
    },
    /// Seat to primary: the sum of its shares over the roster. Only ever to a committee member (R6).
    Partial {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The sum.
        partial: Lanes,
    },
    /// Primary to the other seats: all three partials, in order of their seats. Together they are the
    /// outcome; each seat adds them up for itself.
    Revealed {
        /// Which computation.
        id: ComputationId,
        /// The roster that was summed.
        digest: RosterDigest,
        /// The partials.
        partials: [Lanes; SEATS],
    },
    /// Among the committee: this computation has failed for good.
    Abort {
        /// Which computation.
        id: ComputationId,
        /// Why.
        failure: Failure,
    },

    /// Heavy to heavy and to its light nodes: a committee that may not be connected to you asks this.
    Announce(Box<Proposal>),
    /// Light to a committee member: I heard of this computation; invite me if it is yours.
    Knock(ComputationId),
    /// Committee member to light: a question, with all its terms.
    Invite(Box<Proposal>),
    /// Light to a committee member: this seat's share of my answer.
    Contribution {
        /// Which computation.
        id: ComputationId,
        /// Which splitting.
        tag: Tag,
        /// This seat's share.
        share: Share,
    },
    /// Light to a committee member: I do not answer this.
    Decline(ComputationId),
    /// Heavy to light: your contribution, or your declining, is durable here.
    Receipt(ComputationId),
    /// Heavy to light: your contribution is not accepted here.
    Refuse {
        /// Which computation.
        id: ComputationId,
        /// Why.
        refusal: Refusal,
    },
    /// Light to a committee member: was I counted?
    Inquire(ComputationId),
    /// Heavy to light: it has ended.
    Ended {
        /// Which computation.
        id: ComputationId,
        /// Whether your answer is in the sum.
        counted: bool,
    },
}

impl Message {
    /// What the message is called, in faults and traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Propose { .. } => "propose",
            Self::Progress { .. } => "progress",
            Self::Outcome { .. } => "outcome",
            Self::Prepare(_) => "prepare",
            Self::Ready(_) => "ready",
            Self::Open(_) => "open",
            Self::Opened(_) => "opened",
            Self::AllIn(_) => "all-in",
            Self::Close(_) => "close",
            Self::Frozen { .. } => "frozen",
            Self::List(_) => "list",
            Self::FrozenSet { .. } => "frozen-set",
            Self::Seal { .. } => "seal",
            Self::Counts { .. } => "counts",
            Self::Counted { .. } => "counted",
            Self::Partial { .. } => "partial",
            Self::Revealed { .. } => "revealed",
            Self::Abort { .. } => "abort",
            Self::Announce(_) => "announce",
            Self::Knock(_) => "knock",
            Self::Invite(_) => "invite",
            Self::Contribution { .. } => "contribution",
            Self::Decline(_) => "decline",
            Self::Receipt(_) => "receipt",
            Self::Refuse { .. } => "refuse",
            Self::Inquire(_) => "inquire",
            Self::Ended { .. } => "ended",
        }
    }
}
