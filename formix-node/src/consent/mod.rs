//! The owner's consent: nothing that a question asks for leaves a light node before its owner's rules,
//! or the owner, have said so.
//!
//! [`Policy`] is what the owner has written down, and judges alone. What it leaves open waits in the
//! node's inbox. Each decision is on the disk before anything follows from it.

mod book;
mod deciding;
mod desk;
mod error;
mod ledger;
mod matching;
mod policy;
mod rule;
mod subject;
#[cfg(test)]
mod tests;
mod view;

pub(crate) use book::{Book, Names};
pub(crate) use desk::Desk;
pub(crate) use error::ConsentError;
pub use ledger::{By, Decision, Entry, LedgerError, Past, read};
pub use policy::{Judgement, Policy};
pub use rule::{Choice, Rule, RuleError, Span, Verdict};
pub use subject::{Family, Subject};
pub use view::{Disclosed, Inbox, Preview, Waiting};

/// Who decides what a light node answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody: everything is answered, and no decision is recorded. For networks in one process, which
    /// hold the data of whoever runs the process.
    Everything,
    /// The owner, and `consent.toml` in the node's directory.
    Owner {
        /// Whether the node makes its answers up.
        made_up: bool,
    },
}
