//! A computation as people and programs read it.

use std::collections::BTreeMap;

use formix_proto::id::NodeId;
use formix_proto::outcome::Stage;
use formix_proto::status::{Standing, Status};
use serde::{Deserialize, Serialize};

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
