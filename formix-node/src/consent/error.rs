//! Why a decision is not carried out, or a question not answered.

use formix_proto::answer::AnswerError;
use formix_proto::id::ComputationId;

use super::ledger::{By, Decision, LedgerError, Past};
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
    #[error("question {} is decided already: {}", .0.comp_id.short(), told(.0))]
    Decided(Box<Past>),
    #[error("question {} has ended: its deadline has passed", .0.short())]
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

fn told(past: &Past) -> String {
    let what = match past.verdict {
        Decision::Allow => "allowed",
        Decision::Deny => "denied",
        Decision::Expired => return "it ended before anybody had".to_owned(),
    };
    match past.by {
        By::Rule(number) => format!("{what} by rule {number}"),
        By::Owner => format!("{what} by its owner"),
        By::Default | By::Nobody => format!("{what} by default"),
    }
}
