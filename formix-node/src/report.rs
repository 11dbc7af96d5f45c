//! A computation as people and programs read it.

mod json;

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::status::Standing;
use serde::{Deserialize, Serialize};

use crate::clock::now;
use crate::history::{ComputationRow, State};
pub use json::ReportJson;

/// A row of the proposer's history, and what its node knows beside it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The recorded row; for an open computation, with its present stage.
    pub row: ComputationRow,
    /// The nodes that it is waiting for, by name.
    pub waiting_for: Vec<String>,
    /// Those of them that its node has no connection to.
    pub unreachable: Vec<String>,
    /// No heavy node has said how it ended, though each that runs has ended it by now. It may still be learned.
    pub is_unknown: bool,
}

/// A computation's status in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusName {
    /// The committee is getting ready.
    Pending,
    /// Answers are accepted.
    Collecting,
    /// The committee adds up the answers. Only a running node knows.
    Revealing,
    /// It has a result.
    Completed,
    /// It has no result.
    Failed,
    /// A light node is done with it.
    Settled,
    /// No heavy node has said how it ended.
    Unknown,
}

/// Why the end of a computation is unknown, and what to do.
const UNKNOWN: &str = "no heavy node has answered, and each that runs has ended the question by now: start the heavy \
    nodes and look again with `formix show`, or ask again with `formix propose`";

impl Report {
    /// A row as it stands in the history.
    pub fn recorded(row: ComputationRow) -> Self {
        Self { row, waiting_for: Vec::new(), unreachable: Vec::new(), is_unknown: false }
    }

    /// Adds how far the running node knows it to be.
    pub(crate) fn with_standing(mut self, standing: &Standing) -> Self {
        if let Standing::Open(stage) = standing {
            self.row.state = State::Open(*stage);
        }
        self
    }

    /// Its status in one word.
    pub fn status(&self) -> StatusName {
        match &self.row.state {
            State::Open(_) if self.is_unknown => StatusName::Unknown,
            State::Open(stage) => (*stage).into(),
            State::Completed { .. } => StatusName::Completed,
            State::Failed(_) => StatusName::Failed,
        }
    }

    /// Whether it has ended.
    pub fn has_ended(&self) -> bool {
        self.row.state.has_ended()
    }

    /// Whether it has not ended, and may do so without a heavy node that does not run.
    pub fn is_under_way(&self) -> bool {
        !self.has_ended() && !self.is_unknown
    }

    /// Why there is no result, for people.
    pub fn why(&self) -> Option<String> {
        match self.status() {
            StatusName::Unknown => Some(UNKNOWN.to_owned()),
            _ => self.row.failure().map(Failure::to_string),
        }
    }

    /// Whether it has ended with a result.
    pub fn is_completed(&self) -> bool {
        self.row.state.has_result()
    }

    /// Whether it failed because too few answers came.
    pub fn lacks_answers(&self) -> bool {
        matches!(self.row.failure(), Some(Failure::TooFew { .. }))
    }

    /// Until when answers are accepted, as RFC 3339; `None` if that is over.
    pub fn still_open(&self) -> Option<String> {
        let deadline = self.row.proposal.spec.deadline;
        let open = !self.has_ended() && now() < deadline;
        let date = UNIX_EPOCH + Duration::from_millis(deadline.0);
        open.then(|| humantime::format_rfc3339_seconds(date).to_string())
    }
}

impl From<Stage> for StatusName {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Pending => Self::Pending,
            Stage::Collecting => Self::Collecting,
            Stage::Revealing => Self::Revealing,
        }
    }
}

impl From<&Standing> for StatusName {
    fn from(standing: &Standing) -> Self {
        match standing {
            Standing::Open(stage) => (*stage).into(),
            Standing::Ended(Outcome::Completed(_)) => Self::Completed,
            Standing::Ended(Outcome::Failed(_)) => Self::Failed,
            Standing::Learned { .. } => Self::Settled,
        }
    }
}

impl fmt::Display for StatusName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use formix_proto::outcome::Refusal;

    use super::*;
    use crate::log::tests::{ME, id, proposal};

    #[test]
    fn only_too_few_answers_are_a_lack_of_answers() {
        let lacks = |state| {
            let row =
                ComputationRow { state, ..ComputationRow::proposed(id(1), &proposal(), None, 0) };
            Report::recorded(row).lacks_answers()
        };
        assert!(lacks(State::Failed(Failure::TooFew { participants: 1, needed: 3 })));
        let refusal = Refusal::TooFewLights { enrolled: 1, needed: 3 };
        assert!(!lacks(State::Failed(Failure::Refused { by: ME, refusal })));
        assert!(!lacks(State::Completed { participants: 3 }));
        assert!(!lacks(State::Open(Stage::Collecting)));
    }

    #[test]
    fn a_status_is_one_word() {
        let words = [Stage::Pending, Stage::Collecting, Stage::Revealing].map(StatusName::from);
        assert_eq!(words.map(|word| word.to_string()), ["pending", "collecting", "revealing"]);
        let settled = StatusName::from(&Standing::Learned { counted: None });
        assert_eq!(settled.to_string(), "settled");
    }
}
