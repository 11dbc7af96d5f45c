//! What is asked, and how the owners of the light nodes take it.

use formix_proto::spec::Proposal;

use serde::{Deserialize, Serialize};

use super::cluster::Peer;

/// One question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// When it is asked.
    pub at: u64,
    /// Who asks.
    pub asker: Peer,
    /// Its terms.
    pub proposal: Proposal,
    /// The same domain as in the proposal, in plain integers for the oracle.
    pub scale: Scale,
    /// What each light node's owner does, in order of the light nodes.
    pub owners: Vec<Owner>,
    /// Why it must not be taken up, if so.
    pub flaw: Option<Flaw>,
}

/// A domain in plain integers: `min` to `max` steps of `10^-decimals`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Scale {
    /// The least answer, in steps.
    pub min: i64,
    /// The greatest, in steps.
    pub max: i64,
    /// The number of decimal places.
    pub decimals: u8,
}

/// What the owner of one light node does about one question.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Owner {
    /// How long after being asked.
    pub after: u64,
    /// What.
    pub deed: Deed,
}

/// What an owner does. Answers are in tenths of a step, so that some need rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deed {
    /// Answers.
    Answer {
        /// What.
        tenths: i64,
    },
    /// Declines.
    Decline,
    /// Does nothing.
    Ignore,
    /// Answers outside of the domain, and declines when that is refused.
    Blunder {
        /// What.
        tenths: i64,
    },
}

/// Why a proposal must not be taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Flaw {
    /// Its lanes could reach 2^32.
    Overflow,
    /// Its deadline has passed.
    Past,
    /// Its deadline is beyond the horizon.
    TooFar,
    /// One heavy node has two seats.
    RepeatedHeavy,
    /// Its threshold is under the policy of some heavy node.
    LowThreshold,
    /// Its threshold is more than the light nodes there are.
    HighThreshold,
    /// A seat is given to a node that is not heavy.
    NotAHeavy,
}

impl Question {
    /// The deadline, in milliseconds since the start of the run.
    pub fn deadline(&self) -> u64 {
        self.proposal.spec.deadline.0.saturating_sub(crate::EPOCH)
    }
}
