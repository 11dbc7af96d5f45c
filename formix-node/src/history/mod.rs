//! What a node remembers, for people, of the computations that it proposed. Nothing is ever deleted.
//!
//! The history listens to the log. [`Fact::Proposed`] adds a row, with the analyst's own words for the
//! question; [`Fact::Accepted`] and [`Fact::Concluded`] change it; [`Fact::Forgotten`] does not.
//!
//! # The history and the log always agree
//!
//! A row is written in the same transaction as its fact, the analyst's words included. A crash leaves
//! both or neither, so after a restart there is nothing to catch up on. If a file's log and history
//! disagree, something else has changed the file, and it is refused when it is opened.
//!
//! # The history does not delay the log
//!
//! That transaction stores the totals as they came, encoded. They are decoded for each reader, on a
//! blocking thread where decoding can take long; small results are cached. The thread that writes the
//! log only fetches stored bytes, one page of a list or one result at a time. A list reads no totals,
//! except of results that are a single number.
//!
//! [`Fact::Proposed`]: formix_proto::record::Fact::Proposed
//! [`Fact::Accepted`]: formix_proto::record::Fact::Accepted
//! [`Fact::Concluded`]: formix_proto::record::Fact::Concluded
//! [`Fact::Forgotten`]: formix_proto::record::Fact::Forgotten

mod archive;
mod reading;
mod recorder;
mod row;
mod table;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use formix_proto::id::{ComputationId, NodeId};

pub use archive::Archive;
use reading::{Cache, Listed};
use recorder::Recorder;
pub(crate) use recorder::Words;
pub use row::{ComputationRow, State};
use table::{Detail, Stored};

use crate::database::DatabaseError;
use crate::log::{Opened, Reader, SqliteLog};

/// The most rows that are fetched at once.
const PAGE: usize = 128;
/// The most ids that are fetched at once.
const PAGE_OF_IDS: usize = 4_096;

/// Opens a node's file, or creates it: its log, and the history beside it. Blocks until all of it is
/// checked.
///
/// # Errors
///
/// When the file is in use, not a node's, another node's, of another format or damaged; when the disk
/// fails; and when the file system cannot make a commit durable. A refused file is not changed.
pub fn open(path: &Path, node: NodeId) -> Result<(SqliteLog, History, Opened), DatabaseError> {
    let recorder = Recorder::default();
    let words = recorder.words.clone();
    let (log, opened) = SqliteLog::open(path, node, recorder)?;
    let history = History { reader: log.reader(), words, cache: Arc::default() };
    Ok((log, history, opened))
}

/// The history of a running node. Cheap to clone.
#[derive(Clone)]
pub struct History {
    reader: Reader,
    words: Words,
    cache: Arc<Mutex<Cache>>,
}

impl History {
    /// The newest `most` computations, newest first, as a list shows them: without
    /// [`summary`](ComputationRow::summary). Sees every batch that was queued before.
    ///
    /// # Errors
    ///
    /// When the log is closed, or the file damaged.
    pub async fn newest(&self, most: usize) -> Result<Vec<ComputationRow>, DatabaseError> {
        let (mut rows, mut before) = (Vec::new(), i64::MAX);
        while rows.len() < most {
            let limit = PAGE.min(most - rows.len());
            let page = self
                .reader
                .read(move |file| table::page(file, before, limit, Detail::Short))
                .await?;
            let Some(last) = page.last() else { break };
            before = last.position;
            for stored in &page {
                rows.push(match reading::listed(stored, self.file())? {
                    Listed::Row(row) => *row,
                    Listed::TooLong(row) => self.without_summary(*row).await?,
                });
            }
        }
        Ok(rows)
    }

    /// The ids of all computations, newest first. Sees every batch that was queued before.
    ///
    /// # Errors
    ///
    /// When the log is closed, or the file damaged.
    pub async fn ids(&self) -> Result<Vec<ComputationId>, DatabaseError> {
        let (mut ids, mut before) = (Vec::new(), i64::MAX);
        loop {
            let page = self.reader.read(move |file| table::ids(file, before, PAGE_OF_IDS)).await?;
            let Some((last, _)) = page.last() else { return Ok(ids) };
            before = *last;
            ids.extend(page.into_iter().map(|(_, id)| id));
        }
    }

    /// One computation with its result. Sees every batch that was queued before.
    ///
    /// # Errors
    ///
    /// When the log is closed, or the file damaged.
    pub async fn computation(
        &self,
        id: ComputationId,
    ) -> Result<Option<ComputationRow>, DatabaseError> {
        match self.reader.read(move |file| table::find(file, id)).await? {
            Some(stored) => self.read(stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// One computation without its result, which is cheaper.
    ///
    /// # Errors
    ///
    /// When the log is closed, or the file damaged.
    pub async fn row(&self, id: ComputationId) -> Result<Option<ComputationRow>, DatabaseError> {
        self.reader.read(move |file| table::find_row(file, id)).await
    }

    /// Where the analyst's words wait until their proposal is recorded.
    pub(crate) fn words(&self) -> Words {
        self.words.clone()
    }

    /// The row as a list shows it, if its single number is in totals too long to come along.
    async fn without_summary(&self, row: ComputationRow) -> Result<ComputationRow, DatabaseError> {
        let whole = self.computation(row.comp_id).await?;
        Ok(whole.map_or(row, |whole| ComputationRow { summary: None, ..whole }))
    }

    /// The row with its result, from the cache or else decoded on a blocking thread.
    async fn read(&self, stored: Stored) -> Result<ComputationRow, DatabaseError> {
        let Some(totals) = &stored.totals else { return stored.row(self.file()) };
        let length = totals.length();
        if let Some(summary) = self.cache().find(&stored.id) {
            let mut row = stored.row(self.file())?;
            reading::add_result(&mut row, Some(summary));
            return Ok(row);
        }
        let file = self.file().to_owned();
        let decoding = tokio::task::spawn_blocking(move || reading::whole(&stored, &file));
        let row = decoding.await.unwrap_or_else(|ended| match ended.try_into_panic() {
            Ok(defect) => std::panic::resume_unwind(defect),
            Err(_the_runtime_ends) => Err(self.reader.closed()),
        })?;
        self.cache().add(&row, length);
        Ok(row)
    }

    fn file(&self) -> &Path {
        self.reader.file()
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for History {
    /// Prints no results.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("file", &self.file()).finish_non_exhaustive()
    }
}
