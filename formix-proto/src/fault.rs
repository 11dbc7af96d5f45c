//! Whose fault: what a peer did wrong, and what follows from it.
//!
//! The caller's faults are [`crate::spec::SpecError`] and [`crate::answer::AnswerError`], the disk's
//! is [`crate::machine::RecoverError`].

use crate::wire::DecodeError;

/// What a peer did that the protocol does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Bytes that are not a message.
    #[error("sent bytes that are not a message: {0}")]
    Malformed(DecodeError),
    /// A sender that is not enrolled.
    #[error("is not enrolled")]
    Stranger,
    /// A message that the sender's role or seat does not send, or this node's does not receive (R1).
    #[error("has no standing to send `{0}`")]
    NoStanding(&'static str),
    /// A message that contradicts what is durable: a second roster, another partial.
    #[error("sent `{0}`, which contradicts what it said before")]
    Contradiction(&'static str),
}

/// What a node does about a fault. It never stops, and never changes a computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// The message is dropped, and the node's owner told.
    Drop,
    /// The message is dropped, and the connection it came on closed.
    Disconnect,
}

impl Fault {
    /// The one table from fault to consequence.
    pub fn consequence(&self) -> Consequence {
        match self {
            Self::Malformed(_) | Self::Stranger => Consequence::Disconnect,
            Self::NoStanding(_) | Self::Contradiction(_) => Consequence::Drop,
        }
    }
}
