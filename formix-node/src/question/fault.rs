//! What is wrong with a question, and where in it.

use formix_proto::spec::SpecError;
use formix_proto::statistic::{BucketsError, DomainError, LabelsError, RegressionError};

use super::Kind;

/// What is wrong with a question, and in which field.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {wrong}")]
pub struct Fault {
    /// Which field, as `statistic.min`.
    pub field: String,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What is wrong with a field.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// A statistic that cannot do without it.
    #[error("a {0} needs it")]
    Needed(Kind),
    /// Buckets that are said in neither way.
    #[error("a histogram needs edges, or min, max and width")]
    NoBuckets,
    /// A statistic that has no use for it.
    #[error("a {0} has no use for it: it takes {taken}", taken = .0.fields().join(", "))]
    Unused(Kind),
    /// Buckets that are said in both ways.
    #[error("the edges say it already: leave one out")]
    Twice,
    /// Numbers that make no domain.
    #[error(transparent)]
    Domain(DomainError),
    /// Buckets that are none.
    #[error(transparent)]
    Buckets(BucketsError),
    /// Options, groups or columns that are none.
    #[error(transparent)]
    Labels(LabelsError),
    /// Columns that make no regression.
    #[error(transparent)]
    Regression(RegressionError),
    /// Not the place of a quantile.
    #[error("a quantile is at 0 to 1, as 0.5, and there must be at least one")]
    Quantile,
    /// More than there is to choose from, or nothing.
    #[error("it must be 1 to {0}, the number of options")]
    Top(usize),
    /// A statement that light nodes do not run over the tables that are declared.
    #[error("light nodes refuse it: {0}")]
    Sql(String),
    /// A statement whose rows are no answers.
    #[error("it has {columns} columns, which cannot make up the {cells} values of an answer")]
    Columns {
        /// Those of the statement.
        columns: usize,
        /// What the statistic takes, the group among it.
        cells: usize,
    },
    /// A constant that is no value of the question's.
    #[error(
        "what stands in for a value must itself be one that the question takes; \"decline\" has such an answer left out"
    )]
    StandIn,
    /// What the protocol refuses.
    #[error(transparent)]
    Terms(SpecError),
}

impl Fault {
    /// What is wrong with this field.
    pub(super) fn at(field: &str, wrong: Wrong) -> Self {
        Self { field: field.to_owned(), wrong }
    }

    /// The same fault, in a question that has the faulty thing for its `field`.
    pub(super) fn within(self, field: &str) -> Self {
        Self { field: format!("{field}.{}", self.field), ..self }
    }
}
