//! Why a rule is refused, a decision is not executed, or a question not answered.

use formix_proto::answer::AnswerError;
use formix_proto::id::ComputationId;
use formix_proto::statistic::Measure;

use super::log::{DecisionLogError, PastDecision};
use crate::config::ConfigError;
use crate::responder::ResponderError;

/// Why a rule is refused.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// It allows, and names no data.
    #[error(
        "it allows nothing: name the `tables` or `columns` that it allows, or write `any_data = true`, `free_text = true` or `made_up = true`"
    )]
    NoData,
    /// It names data, and allows any data.
    #[error("it names data and has `any_data = true`: remove one of the two")]
    AnyAndSome,
    /// A limit on what is allowed, in a rule that does not allow.
    #[error(
        "`{0}` is a limit on what a rule allows: remove it here, or write `verdict = \"allow\"`"
    )]
    Limit(&'static str),
    /// A column without its table.
    #[error("`{0}` is not a column: write `table.column`")]
    Column(String),
    /// No statistic has this name.
    #[error("there is no statistic `{0}`: there are {known}", known = statistics().collect::<Vec<_>>().join(", "))]
    Statistic(String),
    /// No node has this name.
    #[error("no node in network.toml is called `{0}`: use a name from there, or an id")]
    Node(String),
}

/// What statistics are called.
pub(super) fn statistics() -> impl Iterator<Item = &'static str> {
    Measure::FAMILIES.iter().map(|family| family.name)
}

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
    #[error(
        "your answer to question {} is not the one that you were shown: look at `formix preview` again, then decide", .0.short()
    )]
    Changed(ComputationId),
    #[error("no randomness from the operating system: {0}")]
    Randomness(#[from] getrandom::Error),
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
