//! What is derived from the log, and kept beside it.

use formix_proto::record::Record;

use crate::database::{Connection, DatabaseError};

/// Keeps tables of its own in the log's file, and writes them in the log's transactions: what it derives
/// from a fact is durable exactly when the fact is.
///
/// It runs on the thread that writes the log, so slow work here delays every acknowledgement.
pub(crate) trait Listener: Send + 'static {
    /// The SQL that makes its tables.
    fn tables(&self) -> &'static str;

    /// Refuses tables that cannot have been written with this log.
    fn check(&self, connection: &Connection, records: &[Record]) -> Result<(), DatabaseError>;

    /// Writes what follows from a fact, in its transaction. `now` is in unix milliseconds.
    fn hear(
        &mut self,
        connection: &Connection,
        record: &Record,
        now: u64,
    ) -> Result<(), DatabaseError>;
}
