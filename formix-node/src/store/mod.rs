//! The durable log of a node: one SQLite file, written by one thread, all or nothing.
//!
//! [`Store::append`] queues a batch of records; a thread of its own writes what has queued in one
//! transaction and then acknowledges it. What a record makes obsolete is erased in its transaction. The
//! old pages go from the write-ahead log as soon as the thread is idle, at the latest after a second,
//! and before anything is read: then no file holds an erased share.
//!
//! A file that is damaged, another node's, or no store at all is refused when it is opened. What can
//! be found: any change to a record or a computation, missing and additional rows, broken pages. What
//! cannot: an older copy of the whole file, or one whose last transactions are missing as a whole.

mod connection;
mod error;
mod file;
mod log;
mod projection;
mod row;
mod schema;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use tokio::sync::{mpsc, oneshot};

use crate::question::Schema;
pub(crate) use connection::block_on;
pub use error::StoreError;
pub use row::ComputationRow;
use writer::{Acknowledgement, Reply, Request, Writer};

/// The stack of the thread: enough for SQLite, little enough for a thousand nodes in a process.
const STACK: usize = 256 << 10;

/// The open file of a node. Closed when dropped, but without waiting for it: see [`Store::close`].
#[derive(Debug)]
pub struct Store {
    reader: Reader,
}

/// Reads what people query from the file of a running node.
#[derive(Debug, Clone)]
pub struct Reader {
    requests: Sender<Request>,
    file: PathBuf,
}

/// What comes with an opened store.
#[derive(Debug)]
pub struct Opened {
    /// The log so far, in order.
    pub records: Vec<Record>,
    /// The last batch of each group that has become durable, in order. An error is the last message:
    /// nothing is durable any more, and the node must end.
    pub acknowledgements: mpsc::UnboundedReceiver<Result<BatchSeq, StoreError>>,
}

impl Store {
    /// Opens a node's file, or makes it (mode 0600, in a directory of mode 0700), and reads its log.
    /// Blocks until all of it is checked.
    ///
    /// # Errors
    ///
    /// When the file is in use, no store, another node's, of another build or damaged, and when the
    /// disk fails or makes no promises. No such file is changed.
    pub fn open(path: &Path, node: NodeId) -> Result<(Self, Opened), StoreError> {
        // SQLite reads meaning into some relative names.
        let file = std::path::absolute(path).map_err(StoreError::io(path))?;
        let (requests, queue) = channel();
        let (acknowledge, acknowledgements) = mpsc::unbounded_channel();
        let (tell, told) = channel();
        let name = file.clone();
        thread::Builder::new()
            .name("formix-store".into())
            .stack_size(STACK)
            .spawn(move || work(&name, node, &tell, &queue, &acknowledge))
            .map_err(StoreError::io(path))?;
        let ended = |_| Err(StoreError::Closed { file: file.clone() });
        let records = told.recv().unwrap_or_else(ended)?;
        let reader = Reader { requests, file };
        Ok((Self { reader }, Opened { records, acknowledgements }))
    }

    /// Queues a batch. Never blocks. [`Opened::acknowledgements`] tells when it is durable.
    pub fn append(&self, batch: Batch) {
        self.reader.send(Request::Append(batch));
    }

    /// Queues an analyst's words for what a computation is wanted for, if there is that computation. Never
    /// blocks.
    pub(crate) fn describe(&self, id: ComputationId, schema: Schema) {
        self.reader.send(Request::Describe(id, Box::new(schema)));
    }

    /// A handle to read with, beside this one.
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// See [`Reader::computations`].
    ///
    /// # Errors
    ///
    /// When the store is closed, or the file damaged.
    pub async fn computations(&self, most: usize) -> Result<Vec<ComputationRow>, StoreError> {
        self.reader.computations(most).await
    }

    /// See [`Reader::computation`].
    ///
    /// # Errors
    ///
    /// When the store is closed, or the file damaged.
    pub async fn computation(
        &self,
        id: ComputationId,
    ) -> Result<Option<ComputationRow>, StoreError> {
        self.reader.computation(id).await
    }

    /// Writes what is queued, closes the file and lets go of it.
    ///
    /// # Errors
    ///
    /// When writing has failed; the acknowledgements say why.
    pub async fn close(self) -> Result<(), StoreError> {
        self.reader.ask(|reply| Request::Close(Some(reply))).await
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.reader.send(Request::Close(None));
    }
}

impl Reader {
    /// The newest computations that this node proposed, newest first, at most so many. Sees every batch
    /// that was queued before.
    ///
    /// # Errors
    ///
    /// When the store is closed, or the file damaged.
    pub async fn computations(&self, most: usize) -> Result<Vec<ComputationRow>, StoreError> {
        self.ask(|reply| Request::Newest(most, reply)).await
    }

    /// The ids of all computations that this node proposed, newest first. Sees every batch that was
    /// queued before.
    ///
    /// # Errors
    ///
    /// When the store is closed, or the file damaged.
    pub async fn ids(&self) -> Result<Vec<String>, StoreError> {
        self.ask(Request::Ids).await
    }

    /// One computation that this node proposed. Sees every batch that was queued before.
    ///
    /// # Errors
    ///
    /// When the store is closed, or the file damaged.
    pub async fn computation(
        &self,
        id: ComputationId,
    ) -> Result<Option<ComputationRow>, StoreError> {
        self.ask(|reply| Request::Find(id, reply)).await
    }

    /// A thread that has ended has said why, or was told to.
    fn send(&self, request: Request) {
        let _ = self.requests.send(request);
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply));
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed { file: self.file.clone() }))
    }
}

/// Reads the newest computations from the file of a node that does not run; blocks. Newest first, at
/// most so many. A file that is not there has none.
///
/// # Errors
///
/// When the file is in use, no store, of another build or damaged, and when the disk fails.
pub fn read_computations(path: &Path, most: usize) -> Result<Vec<ComputationRow>, StoreError> {
    let file = std::path::absolute(path).map_err(StoreError::io(path))?;
    match std::fs::exists(&file) {
        Ok(true) => writer::read(&file, most),
        Ok(false) => Ok(Vec::new()),
        Err(source) => Err(StoreError::Io { file, source }),
    }
}

fn work(
    path: &Path,
    node: NodeId,
    tell: &Sender<Result<Vec<Record>, StoreError>>,
    requests: &Receiver<Request>,
    acknowledgements: &mpsc::UnboundedSender<Acknowledgement>,
) {
    match Writer::open(path, node) {
        Ok((writer, records)) => {
            let _ = tell.send(Ok(records));
            writer.run(requests, acknowledgements);
        }
        Err(error) => {
            let _ = tell.send(Err(error));
        }
    }
}
