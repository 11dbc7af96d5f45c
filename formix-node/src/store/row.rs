//! What people are told of a computation.

use formix_proto::id::ComputationId;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::spec::Proposal;
use formix_proto::statistic::{Finding, Statistic};
use serde::{Deserialize, Serialize};

use super::schema::checksum;

/// A computation that this node proposed. The names of the fields are those of the original Formix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComputationRow {
    /// Its id, in hexadecimal.
    pub comp_id: String,
    /// The id of the node that asked, in hexadecimal.
    pub proposer_uid: String,
    /// The heavy node in seat 0, the primary.
    pub heavy_node_1: String,
    /// The heavy node in seat 1.
    pub heavy_node_2: String,
    /// The heavy node in seat 2.
    pub heavy_node_3: String,
    /// The question. Untrusted text: escape it before it is printed.
    pub computation_prompt: String,
    /// What answers it takes: a JSON object with `statistic`, `min`, `max` and `decimals`.
    pub response_schema: String,
    /// When answers stop being accepted, in unix milliseconds.
    pub deadline: u64,
    /// The least number of answers that may be revealed.
    pub min_participants: u32,
    /// `pending`, `collecting`, `revealing` (only while its node runs), `completed` or `failed`.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
    /// The sum of the answers, in decimal notation.
    pub result: Option<String>,
    /// Their mean, in decimal notation.
    pub mean: Option<String>,
    /// How many answers there are in the sum.
    pub participants_count: Option<u32>,
    /// When it was proposed, in unix milliseconds.
    pub created_at: u64,
    /// When its outcome was recorded, in unix milliseconds.
    pub completed_at: Option<u64>,
}

impl ComputationRow {
    pub(super) fn proposed(id: ComputationId, proposal: &Proposal, now: u64) -> Self {
        let spec = &proposal.spec;
        let [first, second, third] = spec.committee.0.map(|node| node.to_string());
        Self {
            comp_id: id.to_string(),
            proposer_uid: proposal.proposer.to_string(),
            heavy_node_1: first,
            heavy_node_2: second,
            heavy_node_3: third,
            computation_prompt: spec.prompt.clone(),
            response_schema: serde_json::to_string(&spec.statistic).unwrap_or_default(),
            deadline: spec.deadline.0,
            min_participants: spec.min_participants,
            status: "pending".into(),
            failure: None,
            result: None,
            mean: None,
            participants_count: None,
            created_at: now,
            completed_at: None,
        }
    }

    pub(super) fn conclude(&mut self, outcome: &Outcome, now: u64) {
        self.completed_at = Some(now);
        match outcome {
            Outcome::Failed(failure) => {
                self.status = "failed".into();
                self.failure = Some(failure.to_string());
            }
            Outcome::Completed(reveal) => {
                self.status = "completed".into();
                self.participants_count = Some(reveal.participants);
                if let Some(Finding::Sum { sum, mean }) = self.finding(reveal) {
                    self.result = Some(sum.to_string());
                    self.mean = mean.map(|mean| mean.to_string());
                }
            }
        }
    }

    /// `None` only for totals that are not the question's, which the machine does not let through.
    fn finding(&self, reveal: &Reveal) -> Option<Finding> {
        let statistic: Statistic = serde_json::from_str(&self.response_schema).ok()?;
        let summary = statistic.decode(&reveal.totals, reveal.participants)?;
        Some(summary.parts.into_iter().next()?.found?.finding)
    }

    /// Over all of it: a row that is not as it was written is not shown.
    pub(super) fn checksum(&self) -> i64 {
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        checksum([b"computation", &bytes])
    }
}
