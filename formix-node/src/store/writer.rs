//! The thread that owns the connection: it writes what is queued in groups, and answers questions.

use std::mem;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};

use super::connection::{Connection, Prepared};
use super::error::StoreError;
use super::file::{self, Lock};
use super::log::Log;
use super::projection;
use super::row::ComputationRow;
use super::schema;
use crate::question::Schema;

/// What the thread is asked for.
pub(super) enum Request {
    Append(Batch),
    Describe(ComputationId, Box<Schema>),
    Newest(usize, Reply<Vec<ComputationRow>>),
    Ids(Reply<Vec<String>>),
    Find(ComputationId, Reply<Option<ComputationRow>>),
    Close(Option<Reply<()>>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
pub(super) type Acknowledgement = Result<BatchSeq, StoreError>;

/// The most records in one transaction, so that the first of many do not wait for the last.
const MOST_RECORDS: usize = 4096;
/// How long erased shares may stay in the write-ahead log of a node that is never idle.
const SCRUB_WITHIN: Duration = Duration::from_secs(1);

/// An open file. Its fields are dropped in order: the lock goes last.
pub(super) struct Writer {
    log: Log,
    begin: Prepared,
    commit: Prepared,
    /// Since when the write-ahead log holds pages as they were before an erasure.
    pub(super) erased: Option<Instant>,
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
        let writer = Self { log, begin, commit, erased: None, connection, _lock: lock };
        writer.checkpoint()?;
        file::sync_directory(path)?;
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
        let mut next = None;
        loop {
            if next.is_none() {
                next = self.next(requests)?;
            }
            match next.take() {
                Some(Request::Append(batch)) => {
                    let group = gather(batch, requests, &mut next);
                    self.write(&group)?;
                    let last = group.last().map_or(BatchSeq::default(), |batch| batch.seq);
                    let _ = acknowledgements.send(Ok(last));
                }
                Some(Request::Describe(id, schema)) => {
                    projection::describe(&self.connection, id, *schema)?;
                }
                Some(Request::Newest(most, reply)) => {
                    self.scrub()?;
                    let _ = reply.send(projection::newest(&self.connection, most));
                }
                Some(Request::Ids(reply)) => {
                    let _ = reply.send(projection::ids(&self.connection));
                }
                Some(Request::Find(id, reply)) => {
                    self.scrub()?;
                    let _ = reply.send(projection::find(&self.connection, id));
                }
                Some(Request::Close(reply)) => {
                    self.checkpoint()?;
                    return Ok(reply);
                }
                None => return Ok(None),
            }
        }
    }

    /// The next request. Scrubs when there is none yet, or when that has waited long enough.
    pub(super) fn next(
        &mut self,
        requests: &Receiver<Request>,
    ) -> Result<Option<Request>, StoreError> {
        let can_wait = self.erased.is_some_and(|since| since.elapsed() < SCRUB_WITHIN);
        if can_wait && let Ok(request) = requests.try_recv() {
            return Ok(Some(request));
        }
        self.scrub()?;
        Ok(requests.recv().ok())
    }

    /// One transaction, durable when this returns.
    pub(super) fn write(&mut self, group: &[Batch]) -> Result<(), StoreError> {
        if group.iter().all(|batch| batch.records.is_empty()) {
            return Ok(());
        }
        let (now, mut erased) = (unix_millis(), false);
        self.begin.run(())?;
        for record in group.iter().flat_map(|batch| &batch.records) {
            erased |= self.log.append(&self.connection, record)?;
            projection::project(&self.connection, record, now)?;
        }
        self.log.save()?;
        self.commit.run(())?;
        if erased {
            self.erased.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Makes what was erased be gone from the disk.
    fn scrub(&mut self) -> Result<(), StoreError> {
        self.erased.take().map_or(Ok(()), |_| self.checkpoint())
    }

    /// Moves everything from the write-ahead log to the database, and empties it.
    fn checkpoint(&self) -> Result<(), StoreError> {
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
