//! Checking a question before anybody is asked, as every node will, and that light nodes run its SQL.

use formix_proto::id::NodeId;
use formix_proto::policy::Policy;
use formix_proto::query::{Query, QueryError};
use formix_proto::seat::{Committee, MIN_SEATS};
use formix_proto::spec::{Spec, SpecError};
use formix_proto::statistic::{Cells, Rule, Statistic, StatisticError};
use formix_proto::time::Time;

use super::Question;
use super::fault::{Fault, Problem};
use crate::clock::now;
use crate::responder::{ResponderError, SqlError, columns};

impl Question {
    /// Checks it as a node with this policy does, when this many may take part; returns the terms that it
    /// would have.
    pub fn check(&self, policy: &Policy, max_participants: u32) -> Result<Spec, Fault> {
        let now = now();
        let spec = self.spec(self.stand_ins()?, now + self.deadline, max_participants);
        if let Err(error) = spec.check(now, policy) {
            return Err(match error {
                SpecError::Statistic(StatisticError::StandIn) => {
                    Fault::at(stand_in(&spec, now, policy), Problem::StandIn)
                }
                error => Fault::at(field(&error), Problem::Terms(error)),
            });
        }
        if let Some(query) = &spec.query {
            check_query(query, &spec.statistic)
                .map_err(|problem| Fault::at("data.sql", problem))?;
        }
        Ok(spec)
    }

    /// A committee of the size that is asked for, whichever heavy nodes it will be.
    fn stand_ins(&self) -> Result<Committee, Fault> {
        let seats = self.committee.as_ref().map_or(MIN_SEATS, Vec::len);
        let nodes = (1..=u8::MAX).map(|node| NodeId([node; 32])).take(seats);
        Committee::new(nodes).map_err(|error| Fault::at("committee", Problem::Committee(error)))
    }
}

/// The field that a refusal is about.
fn field(error: &SpecError) -> &'static str {
    match error {
        SpecError::EmptyPrompt | SpecError::TooLong => "prompt",
        SpecError::Query(QueryError::TooLong | QueryError::Empty) => "data.sql",
        SpecError::Query(_) => "data.tables",
        SpecError::Statistic(_)
        | SpecError::Overflow(_)
        | SpecError::TooLarge(_)
        | SpecError::RevealTooLarge(_) => "statistic",
        SpecError::DeadlinePassed | SpecError::DeadlineTooFar(_) => "deadline",
        SpecError::ThresholdTooLow { .. } | SpecError::ThresholdTooHigh { .. } => {
            "min_participants"
        }
        SpecError::GroupTooSmall { .. } => "groups.min_size",
        SpecError::TooManyParticipants(_) => "max_participants",
        SpecError::RepeatedHeavy(_) | SpecError::NotTheProposer => "committee",
    }
}

/// Which of the rules has a constant that cannot stand in: one of them is left out to see.
fn stand_in(spec: &Spec, now: Time, policy: &Policy) -> &'static str {
    let mut other = spec.clone();
    other.statistic.missing = Rule::Decline;
    if other.check(now, policy).is_ok() { "missing" } else { "outside" }
}

/// Compiles the statement as a light node would. Whether one runs it is for its owner to say.
fn check_query(query: &Query, statistic: &Statistic) -> Result<(), Problem> {
    let columns = columns(query).map_err(|error| Problem::Sql(refusal(error)))?;
    let group = usize::from(statistic.groups.is_some());
    let (cells, fits) = match statistic.measure.cells() {
        // Row by row they make up the answer, so there must be whole rows.
        Cells::Exactly(cells) => (cells + group, (cells + group).is_multiple_of(columns)),
        Cells::AtMost(cells) => (cells + group, columns <= cells + group),
    };
    if fits { Ok(()) } else { Err(Problem::Columns { columns, cells }) }
}

/// What is wrong, for the analyst.
fn refusal(error: ResponderError) -> String {
    match error {
        ResponderError::Statement(error) => error.to_string(),
        ResponderError::Sql(SqlError::Refused(message)) => message,
        error => error.to_string(),
    }
}
