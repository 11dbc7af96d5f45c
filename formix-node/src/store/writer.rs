//! The thread that owns the connection: it writes what is queued in groups, and answers questions.

use std::mem;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{SystemTime, UNIX_EPOCH};

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};

use super::connection::{Connection, Prepared};
use super::error::StoreError;
use super::file::{self, Lock};
use super::log::Log;
use super::projection::{self, ComputationRow};
use super::schema;

/// What the thread is asked for.
pub(super) enum Request {
    Append(Batch),
    Newest(usize, Reply<Vec<ComputationRow>>),
    Find(ComputationId, Reply<Option<ComputationRow>>),
    Close(Option<Reply<()>>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
pub(super) type Acknowledgement = Result<BatchSeq, StoreError>;

/// The most records in one transaction, so that the first of many do not wait for the last.
const MOST_RECORDS: usize = 4096;

/// An open file. Its fields are dropped in order: the lock goes last.
pub(super) struct Writer {
    log: Log,
    begin: Prepared,
    commit: Prepared,
    pub(super) connection: Connection,
    _lock: Lock,
}

impl Writer {
    /// Opens the file, or makes it, and checks and reads all of it.
    pub(super) fn open(path: &Path, node: NodeId) -> Result<(Self, Vec<Record>), StoreError> {
        file::make_directory(path)?;
        let lock = Lock::take(path)?;
        file::create_if_missing(path, |draft| schema::create(draft, node))?;
        let connection = open(path)?;
        schema::check_owner(&connection, node)?;
        let (log, records) = Log::load(&connection)?;
        let begin = connection.prepare("BEGIN IMMEDIATE")?;
        let commit = connection.prepare("COMMIT")?;
        let writer = Self { log, begin, commit, connection, _lock: lock };
        writer.scrub()?;
        debug!(records = records.len(), "opened the log");
        Ok((writer, records))
    }

    /// Serves requests until it is told to close, nobody is left to ask, or the disk fails.
    pub(super) fn run(
        mut self,
        requests: &Receiver<Request>,
        acknowledgements: &mpsc::UnboundedSender<Acknowledgement>,
    ) {
        match self.serve(requests, acknowledgements) {
            Ok(reply) => {
                drop(self);
                if let Some(reply) = reply {
                    let _ = reply.send(Ok(()));
                }
            }
            Err(error) => {
                error!(%error, "the log cannot be written: the node must stop");
                let _ = acknowledgements.send(Err(error));
                // Closing would write and sync again, and a sync that follows a failed one can
                // succeed without the data being there.
                mem::forget(self);
            }
        }
    }

    fn serve(
        &mut self,
        requests: &Receiver<Request>,
        acknowledgements: &mpsc::UnboundedSender<Acknowledgement>,
    ) -> Result<Option<Reply<()>>, StoreError> {
        let mut next = requests.recv().ok();
        while let Some(request) = next.take() {
            match request {
                Request::Append(batch) => {
                    let group = gather(batch, requests, &mut next);
                    if let Some(last) = group.last().map(|batch| batch.seq) {
                        self.write(&group)?;
                        let _ = acknowledgements.send(Ok(last));
                    }
                }
                Request::Newest(most, reply) => {
                    let _ = reply.send(projection::newest(&self.connection, most));
                }
                Request::Find(id, reply) => {
                    let _ = reply.send(projection::find(&self.connection, id));
                }
                Request::Close(reply) => {
                    self.scrub()?;
                    return Ok(reply);
                }
            }
            next = next.or_else(|| requests.recv().ok());
        }
        Ok(None)
    }

    /// One transaction, durable when this returns; shares that it erases are gone from the disk.
    pub(super) fn write(&mut self, group: &[Batch]) -> Result<(), StoreError> {
        if group.iter().all(|batch| batch.records.is_empty()) {
            return Ok(());
        }
        let now = unix_millis();
        let mut erased = false;
        self.begin.run(())?;
        for record in group.iter().flat_map(|batch| &batch.records) {
            erased |= self.log.append(&self.connection, record)?;
            projection::project(&self.connection, record, now)?;
        }
        self.log.save()?;
        self.commit.run(())?;
        if erased { self.scrub() } else { Ok(()) }
    }

    /// Empties the write-ahead log, which still has the pages as they were before an erasure.
    fn scrub(&self) -> Result<(), StoreError> {
        let busy = self.connection.pragma("wal_checkpoint(TRUNCATE)")?;
        if busy == "0" {
            return Ok(());
        }
        Err(StoreError::InUse { file: self.connection.file().to_owned() })
    }
}

/// Opens a file under its lock, once it is known to be a store, and checks its structure.
fn open(path: &Path) -> Result<Connection, StoreError> {
    file::check_header(path)?;
    let connection = Connection::open(path)?;
    schema::configure(&connection)?;
    schema::check_integrity(&connection)?;
    Ok(connection)
}

/// Reads the newest computations of a node that does not run.
pub(super) fn read(path: &Path, most: usize) -> Result<Vec<ComputationRow>, StoreError> {
    let _lock = Lock::take(path)?;
    projection::newest(&open(path)?, most)
}

/// Takes what else is to be written; `next` is the request that ends it, if there is one.
fn gather(first: Batch, requests: &Receiver<Request>, next: &mut Option<Request>) -> Vec<Batch> {
    let mut records = first.records.len();
    let mut group = vec![first];
    while records < MOST_RECORDS {
        match requests.try_recv() {
            Ok(Request::Append(batch)) => {
                records += batch.records.len();
                group.push(batch);
            }
            Ok(request) => {
                *next = Some(request);
                break;
            }
            Err(_) => break,
        }
    }
    group
}

fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
