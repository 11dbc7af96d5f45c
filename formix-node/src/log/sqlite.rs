//! The log in a SQLite file, written by one thread.
//!
//! [`SqliteLog::append`](Log::append) queues a batch; the thread writes all queued batches in one
//! transaction and then acknowledges them. A record erases what it makes obsolete in the same
//! transaction. The old pages leave the write-ahead log as soon as the thread is idle, after a second at
//! the latest, and before anything is read: from then on no file holds an erased share.
//!
//! A file that is damaged, another node's, or not a node's at all is refused when it is opened. The
//! checks find any change to a record, missing and additional rows, and broken pages. They do not find
//! an older copy of the whole file, or one that lacks its last transactions as a whole.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use formix_proto::id::NodeId;
use formix_proto::machine::Batch;
use tokio::sync::{mpsc, oneshot};

use super::listener::Listener;
use super::writer::{Reply, Request, Writer};
use super::{Log, Opened};
use crate::database::{Connection, DatabaseError};

/// The stack of the thread, in bytes: enough for SQLite, and small enough for a thousand nodes in one
/// process.
const STACK: usize = 256 << 10;

/// A node's open log. Dropping it closes it without waiting; [`Log::close`] waits.
#[derive(Debug)]
pub struct SqliteLog {
    reader: Reader,
}

/// Reads the file of a running node, on the thread that writes it.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(super) requests: Sender<Request>,
    pub(super) file: PathBuf,
}

impl SqliteLog {
    /// Opens a node's file, or creates it (mode 0600, in a directory of mode 0700), and reads its log.
    /// Blocks until all of it is checked.
    ///
    /// # Errors
    ///
    /// When the file is in use, not a node's, another node's, of another format or damaged; when the disk
    /// fails; and when the file system cannot make a commit durable. A refused file is not changed.
    pub(crate) fn open(
        path: &Path,
        node: NodeId,
        listener: impl Listener,
    ) -> Result<(Self, Opened), DatabaseError> {
        // SQLite reads meaning into some relative names.
        let file = std::path::absolute(path).map_err(DatabaseError::io(path))?;
        let (requests, queue) = channel();
        let (acknowledge, acknowledgements) = mpsc::unbounded_channel();
        let (say, said) = channel();
        let name = file.clone();
        let work = move || match Writer::open(&name, node, listener) {
            Ok((writer, records)) => {
                let _ = say.send(Ok(records));
                writer.run(&queue, &acknowledge);
            }
            Err(error) => {
                let _ = say.send(Err(error));
            }
        };
        thread::Builder::new()
            .name("formix-log".into())
            .stack_size(STACK)
            .spawn(work)
            .map_err(DatabaseError::io(path))?;
        let ended = |_| Err(DatabaseError::Closed { file: file.clone() });
        let records = said.recv().unwrap_or_else(ended)?;
        let reader = Reader { requests, file };
        Ok((Self { reader }, Opened { records, acknowledgements }))
    }

    /// A handle for reading.
    pub(crate) fn reader(&self) -> Reader {
        self.reader.clone()
    }
}

impl Log for SqliteLog {
    fn append(&self, batch: Batch) {
        self.reader.send(Request::Append(batch));
    }

    async fn close(self) -> Result<(), DatabaseError> {
        self.reader.ask(|reply| Request::Close(Some(reply))).await
    }
}

impl Drop for SqliteLog {
    fn drop(&mut self) {
        self.reader.send(Request::Close(None));
    }
}

impl Reader {
    /// Reads between two transactions, after every batch that was queued before. Acknowledgements wait
    /// meanwhile: read little at a time, and do the work on it elsewhere.
    ///
    /// # Errors
    ///
    /// When the log is closed, or the file damaged.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.ask(|reply| {
            Request::Read(Box::new(move |connection| {
                // The caller may have given up.
                let _ = reply.send(read(connection));
            }))
        })
        .await
    }

    /// The file that is read.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The error after the log was closed.
    pub(crate) fn closed(&self) -> DatabaseError {
        DatabaseError::Closed { file: self.file.clone() }
    }

    /// Ignores a thread that has ended: it was asked to, or its last acknowledgement said why.
    fn send(&self, request: Request) {
        let _ = self.requests.send(request);
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, DatabaseError> {
        let (reply, answer) = oneshot::channel();
        self.send(request(reply));
        answer.await.unwrap_or_else(|_| Err(self.closed()))
    }
}
