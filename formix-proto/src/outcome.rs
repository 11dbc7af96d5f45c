//! How far a computation is, how it ended, and why.

use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{NodeId, RosterDigest};
use crate::limits::{MAX_MEMORY, MAX_OPEN, MAX_POOLS};
use crate::sharing::Totals;
use crate::spec::SpecError;

/// How far a computation is that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// The committee is getting ready.
    Pending,
    /// Answers are accepted.
    Collecting,
    /// Answers are no longer accepted; the committee agrees on the roster and adds up.
    Revealing,
}

/// How a computation ended. It never changes (R9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// The totals over a roster were revealed.
    Completed(Reveal),
    /// Nothing was revealed.
    Failed(Failure),
}

impl Outcome {
    /// Whether two nodes that say this agree. Nodes that fail a computation may see different reasons.
    pub fn agrees_with(&self, other: &Outcome) -> bool {
        match (self, other) {
            (Self::Completed(this), Self::Completed(that)) => this == that,
            (Self::Failed(_), Self::Failed(_)) => true,
            _ => false,
        }
    }
}

/// What a completed computation tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// Names the set of answers that were summed, without telling whose they are.
    pub digest: RosterDigest,
    /// How many answers were summed.
    pub participants: u32,
    /// The totals, which the question's statistic decodes.
    pub totals: Totals,
}

/// Why a computation failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Failure {
    /// A committee member does not take part on these terms.
    #[error("heavy node {} refused it: {refusal}", .by.short())]
    Refused {
        /// Who refused.
        by: NodeId,
        /// Why.
        refusal: Refusal,
    },
    /// Committee members were not ready in time.
    #[error("no word from heavy nodes {} while preparing: check that they run and can be reached", names(.missing))]
    NotReady {
        /// Those who did not say that they are ready.
        missing: Vec<NodeId>,
    },
    /// The deadline came before the whole committee was ready.
    #[error("the deadline came before the committee was ready")]
    NeverOpened,
    /// Fewer answers than the question's threshold were held by every heavy node of the committee.
    #[error("{participants} answers reached every heavy node, {needed} are needed")]
    TooFew {
        /// How many there were.
        participants: u32,
        /// `min_participants`.
        needed: u32,
    },
    /// Committee members did not do their part of the reveal in time.
    #[error("no word from heavy nodes {} while revealing: check that they run and can be reached", names(.missing))]
    Unreachable {
        /// Those who were waited for.
        missing: Vec<NodeId>,
    },
    /// The roster that the primary named is not what remains of a seat's frozen set.
    #[error("heavy node {} cannot reproduce the roster", .by.short())]
    RosterMismatch {
        /// The seat.
        by: NodeId,
    },
    /// A node came to what cannot follow from what it had recorded, and goes no further.
    #[error("heavy node {} stopped at a defect of its own: please report it with its log", .by.short())]
    Defect {
        /// Which node.
        by: NodeId,
    },
}

/// Why a heavy node does not accept something that is well-formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum Refusal {
    /// The terms break a limit, or this node's policy.
    #[error(transparent)]
    Terms(SpecError),
    /// A seat's node is not enrolled as heavy here.
    #[error("{} is not an enrolled heavy node", .0.short())]
    NotAHeavy(NodeId),
    /// Fewer light nodes are enrolled than the threshold needs.
    #[error("only {enrolled} light nodes are enrolled, min_participants is {needed}")]
    TooFewLights {
        /// Enrolled light nodes.
        enrolled: u32,
        /// `min_participants`.
        needed: u32,
    },
    /// The node has no room for another computation, whoever asks.
    #[error("all its {0} are taken: ask again later, or another committee")]
    Busy(Resource),
    /// The contribution came after the freeze.
    #[error("it came too late")]
    Late,
    /// Another contribution of this light node was accepted already (R3).
    #[error("another contribution of this node was accepted already")]
    Conflict,
    /// `max_participants` contributions were accepted already.
    #[error("max_participants contributions were accepted already")]
    Full,
    /// The share does not have the statistic's dimension.
    #[error("the share does not have the question's dimension")]
    Dimension,
    /// Who asks is not enrolled here.
    #[error("{}, who asks, is not enrolled", .0.short())]
    Stranger(NodeId),
    /// Whoever asks, or passes it on, would hold more of the node than it leaves for others.
    #[error("{} holds {held} of its {resource}, and may not take what is left for others: {}", .holder.short(), .resource.advice())]
    Quota {
        /// Whose share is used up.
        holder: NodeId,
        /// Of what.
        resource: Resource,
        /// How much it holds.
        held: u64,
    },
}

/// What a node has only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Resource {
    /// Places for computations that are open: [`MAX_OPEN`].
    Open,
    /// Bytes of shares: [`MAX_POOLS`].
    Shares,
    /// Bytes of questions and results: [`MAX_MEMORY`].
    Memory,
}

impl Resource {
    /// All of them, in the order in which they are checked.
    pub(crate) const ALL: [Self; 3] = [Self::Open, Self::Shares, Self::Memory];

    /// How much there is.
    pub fn limit(self) -> u64 {
        match self {
            Self::Open => MAX_OPEN,
            Self::Shares => MAX_POOLS,
            Self::Memory => MAX_MEMORY,
        }
    }

    /// What it is called in results for programs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Shares => "shares",
            Self::Memory => "memory",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Open => "wait until one of its questions ends, and give nearer deadlines",
            Self::Shares => "wait until one of its questions ends, or lower max_participants",
            Self::Memory => "wait until the deadlines of its questions are over",
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "places for open computations",
            Self::Shares => "bytes for shares",
            Self::Memory => "bytes for questions and results",
        })
    }
}

impl Refusal {
    /// Whether the same proposal would be refused whenever it came again: such a refusal need not be
    /// remembered, the others must.
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Terms(error) if !matches!(error, SpecError::DeadlineTooFar(_)))
    }
}

fn names(nodes: &[NodeId]) -> alloc::string::String {
    nodes.iter().map(NodeId::short).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn a_failure_names_whom_it_waited_for() {
        let missing = vec![NodeId([0xab; 32]), NodeId([0xcd; 32])];
        for failure in
            [Failure::NotReady { missing: missing.clone() }, Failure::Unreachable { missing }]
        {
            let text = failure.to_string();
            assert!(
                text.starts_with("no word from heavy nodes abababab, cdcdcdcd while"),
                "{text}"
            );
        }
    }
}
