//! Why a decision is not executed, or a question not answered.

use formix_proto::answer::AnswerError;
use formix_proto::id::ComputationId;

use super::log::{DecisionLogError, PastDecision};
use crate::config::ConfigError;
use crate::responder::ResponderError;

/// Why the owner's decision was not executed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConsentError {
    #[error("no pending question has an id that starts with {0}: see `formix inbox`")]
    Unknown(String),
    #[error("several pending questions have ids that start with {0}: give more of the id")]
    Ambiguous(String),
    #[error("give the id of a question, or the start of it: see `formix inbox`")]
    NoId,
    #[error("question {} was already {} {}", .0.comp_id.short(), .0.verdict, .0.by)]
    Decided(Box<PastDecision>),
    #[error("question {} expired: its deadline passed before you decided", .0.short())]
    Expired(ComputationId),
    #[error(transparent)]
    Log(#[from] DecisionLogError),
    #[error(transparent)]
    Rules(#[from] ConfigError),
    #[error(transparent)]
    NoAnswer(#[from] NoAnswer),
    #[error("the node is stopping: try again when it has restarted")]
    Stopping,
}

/// Why an allowed question is declined. Holds nothing of the answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("the node declines: it has no answer")]
    Declined,
    #[error("the node declines: its answer was not there when it was time to answer")]
    TooLate,
    #[error("the node declines: {0}")]
    Responder(#[from] ResponderError),
    #[error("the node declines: {0}")]
    Unfit(#[from] AnswerError),
}
