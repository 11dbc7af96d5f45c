//! What a node can say of a computation when its owner asks.

use alloc::vec::Vec;

use crate::id::NodeId;
use crate::outcome::{Outcome, Stage};
use crate::spec::Proposal;

/// A computation as one node knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The question.
    pub proposal: Proposal,
    /// How far it is, or how it ended.
    pub standing: Standing,
    /// Answers that this node holds or has summed; `None` where it cannot know.
    pub answers: Option<u32>,
    /// The nodes whose word it waits for now.
    pub waiting_for: Vec<NodeId>,
}

impl Status {
    /// Whether it is under way.
    pub fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open(_))
    }
}

/// How far a computation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Under way.
    Open(Stage),
    /// Over, for good.
    Ended(Outcome),
    /// Over, as far as a light node is concerned.
    Learned {
        /// Whether its answer is in the sum, if it learned that.
        counted: Option<bool>,
    },
}
