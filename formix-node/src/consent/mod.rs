//! The owner's consent: nothing leaves a light node until its owner's rules, or the owner, allow it.
//!
//! A [`Policy`] is what the owner has written in `consent.toml`; it evaluates each question. What it
//! leaves open waits in a queue until the owner decides, or until its deadline. Each decision is in
//! `consent.log` on the disk before anything follows from it.

mod decisions;
mod error;
mod limit;
mod log;
mod policy;
mod queue;
mod rule;
mod seen;
mod subject;
#[cfg(test)]
mod tests;
mod turns;
mod view;

pub(crate) use decisions::{Decisions, SharedEnrolled};
pub(crate) use error::ConsentError;
pub use error::RuleError;
pub use limit::Limit;
pub use log::{By, Decision, DecisionLogError, Entry, PastDecision, read};
pub use policy::{Evaluation, Held, Policy};
pub(crate) use queue::Queue;
pub use rule::{Choice, Rule, Span, Verdict};
pub use subject::{Family, Party, Subject};
pub use view::{Disclosed, Inbox, PendingView, Preview};

/// Who decides what a light node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody: every question is answered, and no decision is recorded. For networks in one process,
    /// whose user has all the data anyway.
    Everything,
    /// The owner, and `consent.toml` in the node's directory.
    Owner {
        /// Whether the node makes its answers up.
        made_up: bool,
    },
}
