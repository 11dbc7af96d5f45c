//! The thread that owns the connection: it writes what is queued in groups, and lets others read.

use std::mem;
use std::path::Path;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use formix_proto::id::NodeId;
use formix_proto::machine::{Batch, BatchSeq};
use formix_proto::record::Record;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};

use super::Acknowledgement;
use super::listener::Listener;
use super::tables::{self, Tables};
use crate::database::{Connection, Database, DatabaseError, Prepared};

/// A request to the thread.
pub(super) enum Request {
    Append(Batch),
    Read(Box<dyn FnOnce(&Connection) + Send>),
    Close(Option<Reply<()>>),
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, DatabaseError>>;

/// The most records in one transaction, so that the first of many do not wait for the last.
const MOST_RECORDS: usize = 4096;
/// How long erased shares may stay in the write-ahead log of a node that is never idle.
const SCRUB_WITHIN: Duration = Duration::from_secs(1);

/// An open log. Its fields are dropped in order: statements, then the file that they are for.
pub(super) struct Writer<L> {
    tables: Tables,
    begin: Prepared,
    commit: Prepared,
    listener: L,
    /// Since when the write-ahead log holds pages as they were before an erasure.
    pub(super) erased: Option<Instant>,
    pub(super) database: Database,
}

impl<L: Listener> Writer<L> {
    /// Opens the file, or makes it, and checks and reads all of it.
    pub(super) fn open(
        path: &Path,
        node: NodeId,
        listener: L,
    ) -> Result<(Self, Vec<Record>), DatabaseError> {
        let tables = [tables::TABLES, listener.tables()];
        let database = Database::open_or_make(path, node, &tables)?;
        let connection = &database.connection;
        let (tables, records) = Tables::load(connection)?;
        listener.check(connection, &records)?;
        let begin = connection.prepare("BEGIN IMMEDIATE")?;
        let commit = connection.prepare("COMMIT")?;
        database.checkpoint()?;
        database.sync_directory()?;
        debug!(records = records.len(), "opened the log");
        Ok((Self { tables, begin, commit, listener, erased: None, database }, records))
    }

    /// Serves requests until one closes the log, no sender is left, or the disk fails.
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
    ) -> Result<Option<Reply<()>>, DatabaseError> {
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
                Some(Request::Read(read)) => {
                    self.scrub()?;
                    read(&self.database.connection);
                }
                Some(Request::Close(reply)) => {
                    self.database.checkpoint()?;
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
    ) -> Result<Option<Request>, DatabaseError> {
        let can_wait = self.erased.is_some_and(|since| since.elapsed() < SCRUB_WITHIN);
        if can_wait && let Ok(request) = requests.try_recv() {
            return Ok(Some(request));
        }
        self.scrub()?;
        Ok(requests.recv().ok())
    }

    /// One transaction, durable when this returns.
    pub(super) fn write(&mut self, group: &[Batch]) -> Result<(), DatabaseError> {
        if group.iter().all(|batch| batch.records.is_empty()) {
            return Ok(());
        }
        let (now, mut erased) = (unix_millis(), false);
        self.begin.run(())?;
        for record in group.iter().flat_map(|batch| &batch.records) {
            erased |= self.tables.append(&self.database.connection, record)?;
            self.listener.hear(&self.database.connection, record, now)?;
        }
        self.tables.save()?;
        self.commit.run(())?;
        if erased {
            self.erased.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    /// Makes what was erased be gone from the disk.
    fn scrub(&mut self) -> Result<(), DatabaseError> {
        self.erased.take().map_or(Ok(()), |_| self.database.checkpoint())
    }
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
