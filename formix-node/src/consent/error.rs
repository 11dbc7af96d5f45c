//! Why a decision is not carried out, or a question not answered.

use formix_proto::answer::AnswerError;
use formix_proto::id::ComputationId;

use super::ledger::{LedgerError, Past};
use crate::config::ConfigError;
use crate::responder::ResponderError;

/// Why the owner's decision was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsentError {
    #[error("no question {0} waits here: see `formix inbox`")]
    Unknown(String),
    #[error("more than one question that waits begins with {0}")]
    Ambiguous(String),
    #[error("name a question by the beginning of its id: see `formix inbox`")]
    Nameless,
    #[error("question {} is decided already: {} {}", .0.comp_id.short(), .0.verdict, .0.by)]
    Decided(Box<Past>),
    #[error("question {} has ended, and nobody had decided it", .0.short())]
    Expired(ComputationId),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Rules(#[from] ConfigError),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("the node is stopping")]
    Stopping,
}

/// Why a question is declined though it may be answered. Holds nothing of the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("the node declines: it has nothing to answer")]
    Declined,
    #[error("the node declines: {0}")]
    Responder(#[from] ResponderError),
    #[error("the node declines: {0}")]
    Unfit(#[from] AnswerError),
}
