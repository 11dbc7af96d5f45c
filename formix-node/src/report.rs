//! A computation as people and programs read it.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use formix_proto::id::NodeId;
use formix_proto::outcome::{Failure, Stage};
use formix_proto::status::{Standing, Status};
use formix_proto::time::Time;
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::store::ComputationRow;

/// A row of the proposer's history, and what its node knows beside it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What is recorded; the field names are those of the original Formix.
    #[serde(flatten)]
    pub row: ComputationRow,
    /// Whom it waits for now, by name.
    #[serde(default)]
    pub waiting_for: Vec<String>,
}

impl Report {
    /// A row as it stands in the history.
    pub fn recorded(row: ComputationRow) -> Self {
        Self { row, waiting_for: Vec::new() }
    }

    /// Adds what the running node knows.
    pub(crate) fn with_status(mut self, status: &Status, names: &BTreeMap<NodeId, String>) -> Self {
        if let Standing::Open(stage) = status.standing {
            self.row.status = stage_name(stage).to_owned();
        }
        let name = |id: &NodeId| names.get(id).cloned().unwrap_or_else(|| id.short());
        self.waiting_for = status.waiting_for.iter().map(name).collect();
        self
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        matches!(self.row.status.as_str(), "completed" | "failed")
    }

    /// Until when answers are accepted, as RFC 3339; none if that is over.
    pub fn still_open(&self) -> Option<String> {
        let deadline = UNIX_EPOCH + Duration::from_millis(self.row.deadline);
        let open = !self.has_ended() && now() < Time(self.row.deadline);
        open.then(|| humantime::format_rfc3339_seconds(deadline).to_string())
    }

    /// Whether it failed because fewer answers came than it needs.
    pub fn lacks_answers(&self) -> bool {
        let needed = self.row.min_participants;
        let why = Failure::TooFew { participants: 0, needed }.to_string();
        let uncounted =
            |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).to_owned();
        self.row.failure.as_deref().is_some_and(|told| uncounted(told) == uncounted(&why))
    }

    /// Whether it has ended with a result.
    pub fn is_completed(&self) -> bool {
        self.row.status == "completed"
    }
}

/// What people call a stage.
pub fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => "pending",
        Stage::Collecting => "collecting",
        Stage::Revealing => "revealing",
    }
}

/// What people call a standing.
pub(crate) fn status_name(standing: &Standing) -> &'static str {
    use formix_proto::outcome::Outcome;
    match standing {
        Standing::Open(stage) => stage_name(*stage),
        Standing::Ended(Outcome::Completed(_)) => "completed",
        Standing::Ended(Outcome::Failed(_)) => "failed",
        Standing::Settled { .. } => "settled",
    }
}
