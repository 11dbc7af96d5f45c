//! What is asked, and how the owners of the light nodes take it.

use std::sync::Arc;

use formix_proto::spec::Proposal;

use serde::{Deserialize, Serialize};

use super::cluster::{Cluster, Peer};
use super::form::{Form, Reply};

/// One question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// When it is asked.
    pub at: u64,
    /// The node that asks.
    pub proposer: Peer,
    /// Its terms.
    pub proposal: Proposal,
    /// What it computes, in plain integers for the oracle.
    pub form: Form,
    /// What each light node's owner does, in order of the light nodes.
    pub owners: Vec<Owner>,
    /// Why it must be refused, if it must.
    pub flaw: Option<Flaw>,
}

/// What the owner of one light node does about one question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Owner {
    /// How long after being asked.
    pub after: u64,
    /// What.
    pub behaviour: Behaviour,
}

/// What an owner does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    /// Answers; and declines if that is refused.
    Answer(Reply),
    /// Declines.
    Decline,
    /// Does nothing.
    Ignore,
}

/// Why a proposal must be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Flaw {
    /// Its sums could reach 2^128.
    Overflow,
    /// Its deadline has passed.
    Past,
    /// Its deadline is beyond the horizon.
    TooFar,
    /// One heavy node has two seats.
    RepeatedHeavy,
    /// Its threshold is under the policy of some heavy node.
    LowThreshold,
    /// The minimum size of its groups is under the policy of some heavy node.
    SmallGroups,
    /// Its threshold is more than the light nodes there are.
    HighThreshold,
    /// A seat is given to a node that is not heavy.
    NotAHeavy,
}

impl Question {
    /// The nodes of the committee, in order of their seats; `None` for a stranger.
    pub fn committee(&self, cluster: &Cluster) -> Vec<Option<Peer>> {
        self.proposal.spec.committee.nodes().map(|id| cluster.peer(&id)).collect()
    }

    /// Lets the same question compute something else.
    pub fn compute(&mut self, form: Form) {
        Arc::make_mut(&mut self.proposal.spec).statistic = form.statistic();
        self.form = form;
    }

    /// The owner of a light node.
    pub fn owner(&self, cluster: &Cluster, light: Peer) -> Option<&Owner> {
        let number = cluster.member(light).number;
        self.owners.get(usize::try_from(number).ok()?)
    }

    /// The deadline, in milliseconds since the start of the run.
    pub fn deadline(&self) -> u64 {
        self.proposal.spec.deadline.0.saturating_sub(crate::EPOCH)
    }
}
