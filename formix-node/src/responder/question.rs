//! What the owner's program is shown of a question.

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::query::Query;
use formix_proto::spec::Proposal;
use formix_proto::statistic::Statistic;
use serde::{Serialize, Serializer};

/// What a responder is asked; also the JSON that a command reads. Ids and decimal numbers are text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// Which computation it belongs to.
    #[serde(serialize_with = "text")]
    pub comp_id: ComputationId,
    /// The question, for people. Untrusted text.
    pub prompt: String,
    /// The question, for programs, if it is for them. Untrusted text.
    pub query: Option<Query>,
    /// What is computed, and so what an answer is.
    #[serde(flatten, serialize_with = "crate::question::readable")]
    pub statistic: Statistic,
    /// When answers stop being accepted, in unix milliseconds.
    pub deadline: u64,
    /// The least number of answers that may be revealed.
    pub min_participants: u32,
    /// Who asks.
    #[serde(serialize_with = "text")]
    pub proposer: NodeId,
}

impl From<&Proposal> for Question {
    fn from(proposal: &Proposal) -> Self {
        let spec = &proposal.spec;
        Self {
            comp_id: proposal.id(),
            prompt: spec.prompt.clone(),
            query: spec.query.clone(),
            statistic: spec.statistic.clone(),
            deadline: spec.deadline.0,
            min_participants: spec.min_participants,
            proposer: proposal.proposer,
        }
    }
}

fn text<S: Serializer>(value: &impl ToString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&value.to_string())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use formix_proto::statistic::{Domain, Sum};

    /// A question that takes numbers of this domain.
    pub(in crate::responder) fn question(min: &str, max: &str, decimals: u8) -> Question {
        Question {
            comp_id: ComputationId([1; 32]),
            prompt: "How many\nhours?".into(),
            query: None,
            statistic: Sum(
                Domain::new(min.parse().unwrap(), max.parse().unwrap(), decimals).unwrap()
            )
            .into(),
            deadline: 1_700_000_000_000,
            min_participants: 3,
            proposer: NodeId([2; 32]),
        }
    }

    #[test]
    fn programs_read_one_line_of_json() {
        let json = serde_json::to_string(&question("-0.5", "24", 2)).unwrap();
        let id = |byte: &str| byte.repeat(32);
        assert_eq!(
            json,
            format!(
                r#"{{"comp_id":"{}","prompt":"How many\nhours?","query":null,"statistic":{{"kind":"sum","min":"-0.5","max":"24","decimals":2}},"groups":null,"missing":"decline","outside":"decline","hide_opt_outs":false,"deadline":1700000000000,"min_participants":3,"proposer":"{}"}}"#,
                id("01"),
                id("02")
            )
        );
    }
}
