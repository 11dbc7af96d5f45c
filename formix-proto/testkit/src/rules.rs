//! The rules that hold for every node, whatever it is fed.

use formix_proto::wire::DecodeError;

/// Something that no node may do, whatever it is fed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleBroken {
    /// R7 and R6, of this kind of message or event.
    #[error("its `{0}` leaves before what it says is durable, or to a node that may not know it")]
    Groundless(&'static str),
    /// R12.
    #[error("what it sends is not a message: {0}")]
    Illegible(#[from] DecodeError),
    /// R5.
    #[error("it sends two different partials of one computation")]
    SecondPartial,
    /// R9.
    #[error("it tells its owner of two different outcomes")]
    SecondOutcome,
    /// R4, R5.
    #[error("it seals a partial that is not the sum of its roster's shares, or a roster too small")]
    WrongPartial,
    /// R5.
    #[error("it counts the answers of groups twice")]
    CountedTwice,
    /// R3.
    #[error("it hears one light node twice")]
    HeardTwice,
    /// B3.
    #[error("it refuses an input, and records something or changes a computation")]
    RefusalLeavesTraces,
    /// P8.
    #[error("it has ended a computation and keeps its shares")]
    SharesKept,
    /// B1.
    #[error("it wants to be woken at once when it has just been")]
    WakesForever,
    /// It lists a computation of which it says nothing.
    #[error("it knows a computation, and not its status")]
    NoStatus,
    /// D2.
    #[error("it does not start from its own log")]
    LogUnreadable,
}
