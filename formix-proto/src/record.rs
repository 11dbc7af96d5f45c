//! What a node writes down before it shows: facts, folded again at recovery.

use alloc::boxed::Box;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{ComputationId, NodeId, Tag};
use crate::outcome::{Failure, Outcome};
use crate::roster::Roster;
use crate::seat::PerSeat;
use crate::sharing::{Counts, Partial, Share};
use crate::spec::{Proposal, Spec};

/// One fact about one computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which computation.
    pub id: ComputationId,
    /// What has happened.
    pub fact: Fact,
}

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// Heavy: takes part on these terms.
    Prepared(Box<Proposal>),
    /// Heavy: the whole committee is ready.
    Opened,
    /// Heavy: accepted a share.
    Contributed {
        /// Whose.
        light: NodeId,
        /// Of which splitting.
        tag: Tag,
        /// The share.
        share: Share,
    },
    /// Heavy: this light node does not answer.
    Declined(NodeId),
    /// Heavy: accepts nothing more.
    Frozen,
    /// Heavy: the one roster, and the sum of its shares over it. Supersedes the shares.
    Sealed(Seal),
    /// Heavy: the counts of every seat. What is released follows.
    Counted(PerSeat<Counts>),
    /// Heavy: the partials of every seat.
    Revealed(PerSeat<Partial>),
    /// Heavy: failed.
    Failed(Failure),

    /// Light: was asked this by every seat, and answers or declines.
    Asked(Box<Proposal>),
    /// Light: how it split its answer.
    Split {
        /// Names the splitting.
        tag: Tag,
        /// One share for each seat.
        shares: PerSeat<Share>,
    },
    /// Light: does not answer.
    Withheld,
    /// Light: every seat has its share, or will never take it.
    Delivered,
    /// Light: it has ended; whether the answer was counted, if that is known.
    Learned(Option<bool>),

    /// Proposer: asks this.
    Proposed(Box<Proposal>),
    /// Proposer: the committee collects answers.
    Accepted,
    /// Proposer: it has ended.
    Concluded(Outcome),

    /// Any: ended long ago, and is no longer remembered.
    Forgotten,
}

/// A fact that does not follow from the facts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidTransition;

/// The sealed roster of one heavy, and what it reveals of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Exactly the answers that are summed.
    pub roster: Roster,
    /// Light nodes left out, so that the primary can say so again; at the other seats, none.
    pub excluded: Vec<NodeId>,
    /// The sum of this heavy's shares over the roster.
    pub partial: Partial,
}

impl Seal {
    /// Whether it can be of a computation on these terms (R4).
    pub(crate) fn fits(&self, spec: &Spec) -> bool {
        self.roster.len() >= spec.min_participants && self.partial.shape() == spec.shape()
    }
}

/// What a record makes obsolete in the log, to be erased with the record's own transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erases {
    /// Nothing.
    Nothing,
    /// The shares of this computation: every fact that [`Fact::holds_shares`].
    Shares,
    /// Every earlier fact of this computation.
    Everything,
}

impl Fact {
    /// What the fact is called, in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prepared(_) => "prepared",
            Self::Opened => "opened",
            Self::Contributed { .. } => "contributed",
            Self::Declined(_) => "declined",
            Self::Frozen => "frozen",
            Self::Sealed(_) => "sealed",
            Self::Counted(_) => "counted",
            Self::Revealed(_) => "revealed",
            Self::Failed(_) => "failed",
            Self::Asked(_) => "asked",
            Self::Split { .. } => "split",
            Self::Withheld => "withheld",
            Self::Delivered => "delivered",
            Self::Learned(_) => "learned",
            Self::Proposed(_) => "proposed",
            Self::Accepted => "accepted",
            Self::Concluded(_) => "concluded",
            Self::Forgotten => "forgotten",
        }
    }

    /// Whether this fact holds a share of a single answer (R9: gone once the computation ended).
    pub fn holds_shares(&self) -> bool {
        matches!(self, Self::Contributed { .. } | Self::Split { .. })
    }

    /// What this fact makes obsolete.
    pub fn erases(&self) -> Erases {
        match self {
            Self::Sealed(_) | Self::Failed(_) | Self::Delivered | Self::Learned(_) => {
                Erases::Shares
            }
            Self::Forgotten => Erases::Everything,
            _ => Erases::Nothing,
        }
    }
}
