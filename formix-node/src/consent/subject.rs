//! What the owner's rules know of a question.

use std::fmt;
use std::str::FromStr;

use formix_proto::id::{ComputationId, NodeId, Nonce, ParseIdError};
use formix_proto::query::{Query, Table};
use formix_proto::seat::MIN_SEATS;
use formix_proto::sharing::Scheme;
use formix_proto::spec::{Proposal, Spec};
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

/// A question itself: its prompt, query and statistic, regardless of its proposer, committee, deadline
/// and bounds on participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family(ComputationId);

/// What the owner's rules know of a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The node that asks.
    pub proposer: NodeId,
    /// Its name in the network.
    pub proposer_name: Option<String>,
    /// The question itself.
    pub question: Family,
    /// The data that the question declares to read; `None` if it has no query.
    pub tables: Option<Vec<Table>>,
    /// The name of its statistic.
    pub statistic: String,
    /// The minimum number of participants for its result to be revealed.
    pub min_participants: u32,
    /// The minimum group size, if there are groups.
    pub min_group: Option<u32>,
    /// Whether this node makes its answers up, so that they are no one's data.
    pub made_up: bool,
}

impl Subject {
    /// What the rules know of a proposal.
    pub fn of(proposal: &Proposal, proposer_name: Option<String>, made_up: bool) -> Self {
        let Spec { query, statistic, min_participants, .. } = &proposal.spec;
        Self {
            proposer: proposal.proposer,
            proposer_name,
            question: Family::of(&proposal.spec),
            tables: query.as_ref().map(|Query { tables, .. }| tables.clone()),
            statistic: statistic.measure.name().to_owned(),
            min_participants: *min_participants,
            min_group: statistic.groups.as_ref().map(|groups| groups.min_size),
            made_up,
        }
    }
}

impl Family {
    /// The id that the question would have if the same node always asked it on the same terms.
    pub fn of(spec: &Spec) -> Self {
        let nobody = NodeId([0; 32]);
        let spec = Spec {
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            statistic: spec.statistic.clone(),
            committee: [nobody; MIN_SEATS].into(),
            scheme: Scheme::Additive,
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
