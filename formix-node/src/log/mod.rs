//! A node's log: an append-only record of its facts, each durable before the node acts on it.
//!
//! A log promises:
//!
//! - Batches become durable in order, each as a whole or not at all. An acknowledged batch survives any
//!   crash.
//! - A fact erases what it makes obsolete ([`Fact::erases`](formix_proto::record::Fact::erases)) when
//!   its own batch becomes durable. A fact that erases everything is not kept either.
//! - A batch without records is acknowledged like any other.
//! - A failed write is never retried: the error is the last acknowledgement, and the node must end.
//!
//! `tests/conformance` holds every implementation to these promises, and the simulator's disk as well.
//! Nodes use [`SqliteLog`]. Nothing in this module knows what people ask of a node.

mod listener;
#[cfg(test)]
pub(crate) mod memory;
mod sqlite;
mod tables;
#[cfg(test)]
pub(crate) mod tests;
mod writer;

use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use tokio::sync::mpsc;

use crate::database::DatabaseError;
pub(crate) use listener::Listener;
#[cfg(test)]
pub(crate) use memory::MemoryLog;
pub(crate) use sqlite::Reader;
pub use sqlite::SqliteLog;

/// An open log.
pub trait Log: Send + 'static {
    /// Queues a batch. Never blocks; [`Opened::acknowledgements`] reports when it is durable.
    fn append(&self, batch: Batch);

    /// Writes all queued batches and closes the log.
    ///
    /// # Errors
    ///
    /// When a write has failed; the last acknowledgement says why.
    fn close(self) -> impl Future<Output = Result<(), DatabaseError>> + Send;
}

/// What comes with a log that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The facts so far, in order.
    pub records: Vec<Record>,
    /// For each group of batches that became durable, its last one, in order. Nothing follows an error.
    pub acknowledgements: mpsc::UnboundedReceiver<Acknowledgement>,
}

/// This batch and all before it are durable; or the reason why nothing more will be.
pub type Acknowledgement = Result<BatchSeq, DatabaseError>;
