//! Why a node does not take part in a computation on its terms.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::NodeId;
use crate::limits::{MAX_PARTICIPANTS, MAX_POOL, MAX_PROMPT, MAX_REVEAL};
use crate::query::QueryError;
use crate::statistic::StatisticError;

/// Why a node does not take part on these terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum SpecError {
    /// A node asks in its own name only.
    #[error("a node proposes in its own name only")]
    NotTheProposer,
    /// The prompt is empty.
    #[error("the question is empty")]
    EmptyPrompt,
    /// The prompt is longer than its limit.
    #[error("the question is longer than {MAX_PROMPT} bytes")]
    TooLong,
    /// The query cannot be run anywhere.
    #[error(transparent)]
    Query(QueryError),
    /// The statistic is none.
    #[error(transparent)]
    Statistic(StatisticError),
    /// One node has two seats.
    #[error("heavy node {} has more than one seat: a committee is different nodes", .0.short())]
    RepeatedHeavy(NodeId),
    /// The deadline has passed.
    #[error("the deadline has passed")]
    DeadlinePassed,
    /// The deadline is farther away than this node allows.
    #[error("the deadline is more than {} s away", .0.as_secs())]
    DeadlineTooFar(Duration),
    /// Revealing a sum over so few answers is against this node's policy.
    #[error(
        "min_participants is {asked}: this network requires at least {min}, because a sum over fewer says too much about each"
    )]
    ThresholdTooLow {
        /// What the question says.
        asked: u32,
        /// What the policy says.
        min: u32,
    },
    /// Reporting so small a group is against this node's policy.
    #[error(
        "groups of {asked} would be reported: this network requires at least {min}, because a sum over fewer says too much about each"
    )]
    GroupTooSmall {
        /// What the question says.
        asked: u32,
        /// What the policy says.
        min: u32,
    },
    /// More participants are asked for than allowed.
    #[error("min_participants is {min}, which is more than max_participants, {max}")]
    ThresholdTooHigh {
        /// The smallest roster.
        min: u32,
        /// The largest roster.
        max: u32,
    },
    /// More participants than [`MAX_PARTICIPANTS`].
    #[error("max_participants is {0}: at most {MAX_PARTICIPANTS} are supported")]
    TooManyParticipants(u32),
    /// A heavy node would have to keep more bytes of shares than [`MAX_POOL`].
    #[error(
        "each heavy node would have to keep {0} bytes of shares, at most {MAX_POOL} are allowed: ask for fewer numbers, or lower max_participants"
    )]
    TooLarge(u64),
    /// The partials of the whole committee do not fit in one message.
    #[error(
        "the partials of the committee take {0} bytes, at most {MAX_REVEAL} are allowed: ask for fewer numbers, or of fewer heavy nodes"
    )]
    RevealTooLarge(u64),
    /// Some element could reach 2^128.
    #[error(
        "{0} answers of this domain could overflow 2^128: narrow the domain, use fewer decimals, or lower max_participants"
    )]
    Overflow(u32),
}
