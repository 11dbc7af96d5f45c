//! Whether owners' nodes would run a statement, found out before anybody is asked.

use std::thread;
use std::time::Duration;

use formix_proto::query::Query;
use tokio::runtime;
use tokio::time::timeout;

use super::source::Data;
use super::worker::{Found, Want, Worker, WorkerError};
use super::{QueryLimits, ResponderError, statement};

/// Compiling takes milliseconds, unless the statement is made to take forever.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many columns the rows of a question's statement have. It is compiled as a light node compiles it,
/// over empty tables as declared, and not run. Blocks.
pub(crate) fn columns(query: &Query) -> Result<usize, ResponderError> {
    // A thread of its own can have a runtime, even where the caller is a task of another.
    thread::scope(|scope| scope.spawn(|| compiled(query)).join())
        .unwrap_or(Err(WorkerError::Garbled.into()))
}

fn compiled(query: &Query) -> Result<usize, ResponderError> {
    let sql = statement::guarded(&query.sql)?;
    let tables = query.tables.iter().map(|table| (table.clone(), Data::Nothing)).collect();
    let job = QueryLimits { time: PATIENCE, ..QueryLimits::default() }.job(tables, Want::Columns);
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(WorkerError::Runtime)?;
    let worker = Worker::default();
    let found = async { timeout(PATIENCE, worker.run(&job, &[], &sql)).await };
    match runtime.block_on(found).unwrap_or(Err(ResponderError::TimeOut(PATIENCE)))? {
        Found::Columns(columns) => Ok(columns),
        Found::Values(_) => Err(WorkerError::Garbled.into()),
    }
}
