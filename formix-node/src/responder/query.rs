//! Answers that the question's own `SELECT` computes from tables of the owner's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use formix_proto::answer::Answer;
use formix_proto::query::{Query as Asked, Table};
use formix_proto::statistic::Statistic;
use tokio::time::timeout;

use super::cells::{self, most_cells};
use super::source::{Data, Source};
use super::statement;
use super::worker::{Found, Job, Want, Worker, WorkerError};
use super::{Question, Reply, Responder, ResponderError, Responding};

/// What one question may take of its owner's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// Its time by the clock, reading the data included.
    pub time: Duration,
    /// The maximum of rows in its result.
    pub rows: u64,
    /// The memory, in bytes, of the process that reads the data and runs the statement.
    pub memory: u64,
    /// The part of that memory that the tables may take.
    pub tables: u64,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { time: Duration::from_secs(10), rows: 1_000_000, memory: 1 << 30, tables: 512 << 20 }
    }
}

impl QueryLimits {
    pub(super) fn job(&self, tables: Vec<(Table, Data)>, want: Want) -> Job {
        // A last resort, for a node that does not get to end its worker in time.
        let seconds = self.time.as_secs().saturating_add(2);
        Job { memory: self.memory, tables_memory: self.tables, seconds, tables, want }
    }
}

/// Evaluates the question's `SELECT` over tables that the owner has mapped to data.
///
/// The statement is what somebody else wants to know, so it sees a copy in memory of the columns that
/// the question declares, in a process of its own, and can do nothing but read them, with a list of harmless
/// functions, within its [`QueryLimits`]. The rows of its result, one after the other, are the answer's cells. A question
/// without a query is declined.
#[derive(Debug, Clone)]
pub struct Query {
    tables: BTreeMap<String, Source>,
    limits: QueryLimits,
    worker: Worker,
}

impl Query {
    /// Answers from these tables, by the names that questions know them by. The data is read anew for each
    /// question. Programs, and relative paths, start at `directory`.
    ///
    /// # Errors
    ///
    /// When a name is none that a question can ask for, a file cannot be read, or the time limit is zero.
    pub fn new(
        tables: BTreeMap<String, Source>,
        directory: &Path,
        limits: QueryLimits,
    ) -> Result<Self, ResponderError> {
        if limits.time.is_zero() {
            return Err(ResponderError::NoTime);
        }
        let mut own = BTreeMap::new();
        for (name, source) in tables {
            let source = source.in_directory(directory);
            source.check(&name)?;
            if own.insert(name.to_ascii_lowercase(), source).is_some() {
                return Err(ResponderError::TableTwice(name));
            }
        }
        Ok(Self { tables: own, limits, worker: Worker::default() })
    }

    /// Runs statements with this program instead of the one that is found: see [`worker`](super::worker).
    pub fn worker(mut self, program: impl Into<PathBuf>) -> Self {
        self.worker = Worker::from(program.into());
        self
    }

    fn source(&self, table: &Table) -> Result<&Source, ResponderError> {
        let source = self.tables.get(&table.name.to_ascii_lowercase());
        source.ok_or_else(|| ResponderError::NoTable(table.name.clone()))
    }

    async fn answer(&self, query: &Asked, statistic: &Statistic) -> Result<Answer, ResponderError> {
        let sql = statement::guarded(&query.sql)?;
        let _turn = Worker::turn().await;
        let time = self.limits.time;
        timeout(time, self.evaluate(query, &sql, statistic))
            .await
            .unwrap_or(Err(ResponderError::TimeOut(time)))
    }

    async fn evaluate(
        &self,
        query: &Asked,
        sql: &str,
        statistic: &Statistic,
    ) -> Result<Answer, ResponderError> {
        let (mut tables, mut printed) = (Vec::new(), Vec::new());
        for table in &query.tables {
            let (data, text) = self.source(table)?.fetch().await?;
            tables.push((table.clone(), data));
            printed.extend(text);
        }
        let want = Want::Values { rows: self.limits.rows, values: most_cells(statistic) };
        let job = self.limits.job(tables, want);
        match self.worker.run(&job, &printed, sql).await? {
            Found::Values(cells) if cells.len() <= most_cells(statistic) => {
                Ok(cells::answer(cells, statistic))
            }
            _ => Err(WorkerError::Garbled.into()),
        }
    }
}

impl Responder for Query {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            match &question.query {
                None => Ok(Reply::Decline),
                Some(query) => self.answer(query, &question.statistic).await.map(Reply::Answer),
            }
        })
    }
}
