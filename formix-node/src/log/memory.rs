//! The log in memory: for tests, and the plainest implementation that keeps a log's promises.

use std::sync::{Arc, Mutex};

use formix_proto::machine::Batch;
use formix_proto::record::{Erases, Record};
use tokio::sync::mpsc;

use super::{Acknowledgement, Log, Opened};
use crate::database::DatabaseError;

/// Where such a log is kept, and from where it is opened again.
pub(crate) type Memory = Arc<Mutex<Vec<Record>>>;

/// An open log. Every batch is as durable as memory is, at once.
pub(crate) struct MemoryLog {
    memory: Memory,
    acknowledge: mpsc::UnboundedSender<Acknowledgement>,
}

impl MemoryLog {
    pub(crate) fn open(memory: &Memory) -> (Self, Opened) {
        let (acknowledge, acknowledgements) = mpsc::unbounded_channel();
        let records = memory.lock().unwrap().clone();
        (Self { memory: Arc::clone(memory), acknowledge }, Opened { records, acknowledgements })
    }
}

impl Log for MemoryLog {
    fn append(&self, Batch { seq, records }: Batch) {
        let mut kept = self.memory.lock().unwrap();
        for record in records {
            let erases = record.fact.erases();
            kept.retain(|old| {
                old.id != record.id
                    || match erases {
                        Erases::Nothing => true,
                        Erases::Shares => !old.fact.holds_shares(),
                        Erases::Everything => false,
                    }
            });
            if erases != Erases::Everything {
                kept.push(record);
            }
        }
        let _ = self.acknowledge.send(Ok(seq));
    }

    async fn close(self) -> Result<(), DatabaseError> {
        Ok(())
    }
}
