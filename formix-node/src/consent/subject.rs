//! What the owner's rules look at of a question.

use std::fmt;
use std::str::FromStr;

use formix_proto::id::{ComputationId, NodeId, Nonce, ParseIdError};
use formix_proto::query::{Query, Table};
use formix_proto::share::SEATS;
use formix_proto::spec::{Committee, Proposal, Spec};
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::words;

/// A question itself: its prompt, query and statistic, whoever asks it, when, and of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family(ComputationId);

/// What the owner's rules look at of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Who asks.
    pub proposer: NodeId,
    /// What the network calls it.
    pub proposer_name: Option<String>,
    /// The question itself.
    pub question: Family,
    /// The data that it declares to read; `None` if it is for people only.
    pub tables: Option<Vec<Table>>,
    /// What its measure is called.
    pub statistic: String,
    /// The fewest participants over which it may be revealed.
    pub min_participants: u32,
    /// The fewest answers of a group that is told of, if there are groups.
    pub min_group: Option<u32>,
    /// Whether this node's answers are made up, and so nobody's data.
    pub made_up: bool,
}

impl Subject {
    /// What there is to look at of a proposal.
    pub fn of(proposal: &Proposal, proposer_name: Option<String>, made_up: bool) -> Self {
        let Spec { query, statistic, min_participants, .. } = &proposal.spec;
        Self {
            proposer: proposal.proposer,
            proposer_name,
            question: Family::of(&proposal.spec),
            tables: query.as_ref().map(|Query { tables, .. }| tables.clone()),
            statistic: words::name(&statistic.measure).to_owned(),
            min_participants: *min_participants,
            min_group: statistic.groups.as_ref().map(|groups| groups.least),
            made_up,
        }
    }
}

impl Family {
    /// The id that the question would have, were it always asked by the same node in the same terms.
    pub fn of(spec: &Spec) -> Self {
        let nobody = NodeId([0; 32]);
        let spec = Spec {
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            statistic: spec.statistic.clone(),
            committee: Committee([nobody; SEATS]),
            deadline: Time(0),
            min_participants: 0,
            max_participants: 0,
        };
        Self(Proposal { proposer: nobody, nonce: Nonce([0; 16]), spec }.id())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Family {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        text.parse().map(Self)
    }
}
