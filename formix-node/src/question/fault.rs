//! What is wrong with a question, and where in it.

use std::error::Error;

use formix_proto::seat::SizeError;

use formix_proto::spec::SpecError;
use formix_proto::statistic::FieldError;

/// What is wrong with a question, and in which field.
#[derive(Debug, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Fault {
    /// Which field, as `statistic.min`.
    pub field: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A statistic that is not well declared.
    #[error(transparent)]
    Statistic(Box<dyn Error + Send + Sync>),
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
        "the stand-in for a value must itself be a value that the question takes; write \"decline\" to leave such an answer out"
    )]
    StandIn,
    /// Too many heavy nodes, or too few.
    #[error(transparent)]
    Committee(SizeError),
    /// What the protocol refuses.
    #[error(transparent)]
    Terms(SpecError),
}

impl Fault {
    /// What is wrong with this field.
    pub(super) fn at(field: &str, problem: Problem) -> Self {
        Self { field: field.to_owned(), problem }
    }
}

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        Self { field: error.field, problem: Problem::Statistic(error.problem) }
    }
}
