//! A computation as its proposer remembers it.

use formix_proto::id::ComputationId;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::spec::Proposal;
use formix_proto::statistic::Summary;
use serde::{Deserialize, Serialize};

use formix_proto::statistic::Schema;

/// A computation that this node proposed.
///
/// `result`, `mean` and `summary` are not recorded: they are decoded from the totals when a row is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComputationRow {
    /// Its id.
    pub comp_id: ComputationId,
    /// The question, its terms and its committee. Its texts are untrusted: escape them before printing.
    pub proposal: Box<Proposal>,
    /// What is computed, in the analyst's words.
    pub schema: Schema,
    /// Its stage, or its end.
    pub state: State,
    /// When it was proposed, in unix milliseconds.
    pub created_at: u64,
    /// When its outcome was recorded, in unix milliseconds.
    pub completed_at: Option<u64>,
    /// The result if it is a single number, in decimal notation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The mean, in decimal notation, if the result is a single number that comes with a mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<String>,
    /// The whole result; `None` in a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
}

/// The stage of a computation, or its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Not ended. [`Stage::Revealing`] is never recorded; a running node adds it to its reports.
    Open(Stage),
    /// It has a result.
    Completed {
        /// The number of answers in the result.
        participants: u32,
    },
    /// It has no result.
    Failed(Failure),
}

impl ComputationRow {
    /// The row of a new proposal. The analyst's `words` are used if they stand for the proposed statistic,
    /// and the statistic's own words if not. `now` is in unix milliseconds.
    pub(crate) fn proposed(
        comp_id: ComputationId,
        proposal: &Proposal,
        words: Option<Schema>,
        now: u64,
    ) -> Self {
        let statistic = &proposal.spec.statistic;
        let words = words.filter(|words| words.statistic() == statistic);
        Self {
            comp_id,
            proposal: Box::new(proposal.clone()),
            schema: words.unwrap_or_else(|| Schema::from(statistic.clone())),
            state: State::Open(Stage::Pending),
            created_at: now,
            completed_at: None,
            result: None,
            mean: None,
            summary: None,
        }
    }

    /// The number of answers in the result, if it has one.
    pub fn participants_count(&self) -> Option<u32> {
        match self.state {
            State::Completed { participants } => Some(participants),
            _ => None,
        }
    }

    /// Why it failed, if it did.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.state {
            State::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

impl State {
    /// Whether it has ended with a result.
    pub fn has_result(&self) -> bool {
        matches!(self, Self::Completed { .. })
    }

    /// Whether it has ended. An end never changes.
    pub fn has_ended(&self) -> bool {
        !matches!(self, Self::Open(_))
    }
}

impl From<&Outcome> for State {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Completed(reveal) => Self::Completed { participants: reveal.participants },
            Outcome::Failed(failure) => Self::Failed(failure.clone()),
        }
    }
}
