//! Answers that the question's own `SELECT` computes from tables of the owner's.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use formix_proto::answer::Answer;
use formix_proto::query::{Query as Asked, Table};
use formix_proto::statistic::Statistic;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::source::{Data, Loader, Source};
use super::{Question, Reply, Responder, ResponderError, Responding};
use super::{cells, sandbox, statement};

/// The most bytes that the tables of a question may take in memory.
const MOST_TABLES: u64 = 512 << 20;

/// The most bytes that the process may grow by while a question is answered.
const MOST_GROWTH: u64 = 1 << 30;

/// For time limits that are longer than time.
const NEVER: Duration = Duration::from_secs(1 << 32);

/// Evaluates the question's `SELECT` over tables that the owner has mapped to data.
///
/// The statement is what somebody else wants to know, so it sees a copy in memory of the columns that
/// the question declares, and can do nothing but read them, with a list of harmless functions, for a
/// limited time. The rows of its result, one after the other, are the answer's cells. A question
/// without a query is declined.
#[derive(Debug, Clone)]
pub struct Query {
    tables: BTreeMap<String, Source>,
    limits: Limits,
}

/// What a statement may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) time: Duration,
    pub(super) rows: u64,
    pub(super) tables: u64,
    pub(super) growth: u64,
}

impl Query {
    /// Answers from these tables, by the names that questions know them by. The data is read anew for
    /// each question, all of which may take `time_limit`. Programs, and relative paths, start at
    /// `directory`.
    ///
    /// # Errors
    ///
    /// When a name is none that a question can ask for, a file cannot be read, or the time limit is zero.
    pub fn new(
        tables: BTreeMap<String, Source>,
        directory: &Path,
        time_limit: Duration,
        max_rows: u64,
    ) -> Result<Self, ResponderError> {
        if time_limit.is_zero() {
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
        let limits =
            Limits { time: time_limit, rows: max_rows, tables: MOST_TABLES, growth: MOST_GROWTH };
        Ok(Self { tables: own, limits })
    }

    #[cfg(test)]
    pub(super) fn within(mut self, tables: u64, growth: u64) -> Self {
        self.limits = Limits { tables, growth, ..self.limits };
        self
    }

    fn source(&self, table: &Table) -> Result<&Source, ResponderError> {
        let source = self.tables.get(&table.name.to_ascii_lowercase());
        source.ok_or_else(|| ResponderError::NoTable(table.name.clone()))
    }

    async fn fetch(&self, query: &Asked) -> Result<Vec<(Table, Data)>, ResponderError> {
        let mut tables = Vec::new();
        for table in &query.tables {
            tables.push((table.clone(), self.source(table)?.fetch().await?));
        }
        Ok(tables)
    }

    async fn answer(&self, query: &Asked, statistic: &Statistic) -> Result<Answer, ResponderError> {
        let limits = self.limits;
        let until =
            Instant::now().checked_add(limits.time).unwrap_or_else(|| Instant::now() + NEVER);
        let late = ResponderError::TimeOut(limits.time);
        let sql = statement::guarded(&query.sql)?;
        let Ok(tables) = timeout(limits.time, self.fetch(query)).await else { return Err(late) };
        let work = Work { tables: tables?, sql, statistic: statistic.clone(), limits, until };
        let handle = Handle::current();
        let done = spawn_blocking(move || work.evaluate(&handle)).await;
        match done.unwrap_or(Err(ResponderError::Stopped)) {
            Err(_) if Instant::now() >= until => Err(late),
            done => done,
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

/// One statement, and what it needs to be evaluated.
struct Work {
    tables: Vec<(Table, Data)>,
    sql: String,
    statistic: Statistic,
    limits: Limits,
    until: Instant,
}

impl Work {
    /// Blocks: libsql's local calls do.
    fn evaluate(self, handle: &Handle) -> Result<Answer, ResponderError> {
        let connection = handle.block_on(sandbox::open(self.limits.tables))?;
        sandbox::watched(self.until, self.limits.growth, &connection, || {
            handle.block_on(async {
                for (table, data) in &self.tables {
                    Loader { table, connection: &connection, until: self.until }.load(data).await?;
                }
                let tables = self.tables.iter().map(|(table, _)| table.clone()).collect();
                let names = sandbox::close(&connection, tables).await?;
                let rows = self.limits.rows;
                cells::read(&connection, &names, &self.sql, &self.statistic, rows).await
            })
        })
    }
}
