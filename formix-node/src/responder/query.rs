//! Answers that the question's own SQL expression computes from a table of the owner's.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use formix_proto::Decimal;
use formix_proto::answer::Answer;
use libsql::{AuthAction, AuthContext, Authorization, Connection, Row, Rows, Value, ValueType};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

use super::expression;
use super::source::{Source, code, quoted};
use super::{Question, Reply, Responder, ResponderError, Responding};

/// How often a query is interrupted that goes on after its time: an interrupt stops only what is
/// running at that moment.
const INTERRUPT_EVERY: Duration = Duration::from_millis(10);

/// The functions that a query may use: those that only look at the data, and whose cost grows no
/// faster than the text they are given. (`like` and `glob` can take for ever, and cannot be stopped.)
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "count",
    "date",
    "datetime",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "length",
    "lower",
    "ltrim",
    "max",
    "min",
    "nullif",
    "round",
    "rtrim",
    "sign",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "trim",
    "typeof",
    "unixepoch",
    "upper",
];

/// Evaluates the question's query, an SQL *expression*, over one table: `SELECT (query) FROM table`.
///
/// The query is what somebody else wants to know, so it can only read that table, with a list of
/// harmless functions, for a limited time; everything else is refused. It must have one number for a
/// result. No row, or NULL, declines, and so does a question without a query.
#[derive(Debug, Clone)]
pub struct Query {
    source: Source,
    table: String,
    time_limit: Duration,
}

impl Query {
    /// Asks `table` of the SQLite database `source`, which is only read, or the CSV file `source`, which
    /// is called `table` in queries. The file is read anew for each question.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or the time limit is zero.
    pub fn new(source: &Path, table: &str, time_limit: Duration) -> Result<Self, ResponderError> {
        if time_limit.is_zero() {
            return Err(ResponderError::NoTime);
        }
        Ok(Self { source: Source::find(source)?, table: table.to_owned(), time_limit })
    }
}

impl Responder for Query {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            let Some(text) = question.query.as_ref().map(|query| query.sql.clone()) else {
                return Ok(Reply::Decline);
            };
            expression::check(&text)?;
            let (query, handle) = (self.clone(), Handle::current());
            let work = spawn_blocking(move || query.evaluate(&handle, &text));
            work.await.unwrap_or(Err(ResponderError::Stopped))
        })
    }
}

impl Query {
    /// Blocks: libsql's local calls do.
    fn evaluate(&self, handle: &Handle, text: &str) -> Result<Reply, ResponderError> {
        let until = Instant::now() + self.time_limit;
        let connection = handle.block_on(self.source.open(&self.table))?;
        let table = self.table.clone();
        let hook = move |context: &AuthContext<'_>| authorize(context, &table);
        connection.authorizer(Some(Arc::new(hook))).map_err(evaluation)?;
        let sql = format!("SELECT ({text}) FROM {}", quoted(&self.table));
        let reply =
            interrupted_at(until, &connection, || handle.block_on(select(&connection, &sql)));
        match reply {
            Err(ResponderError::Evaluation { code: code::INTERRUPT }) => {
                Err(ResponderError::TimeOut(self.time_limit))
            }
            reply => reply,
        }
    }
}

/// Does the work, and stops it when its time is over.
fn interrupted_at<T>(until: Instant, connection: &Connection, work: impl FnOnce() -> T) -> T {
    thread::scope(|scope| {
        let (working, finished) = mpsc::channel::<()>();
        scope.spawn(move || {
            let mut wait = until.saturating_duration_since(Instant::now());
            while finished.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let _ = connection.interrupt();
                wait = INTERRUPT_EVERY;
            }
        });
        let done = work();
        drop(working);
        done
    })
}

async fn select(connection: &Connection, sql: &str) -> Result<Reply, ResponderError> {
    // Nothing of the data is read before the first step, so that this error can be shown.
    let statement = connection.prepare(sql).await.map_err(refusal)?;
    let mut rows = statement.query(()).await.map_err(evaluation)?;
    let Some(row) = rows.next().await.map_err(evaluation)? else { return Ok(Reply::Decline) };
    let reply = reply(&rows, &row)?;
    match rows.next().await.map_err(evaluation)? {
        None => Ok(reply),
        Some(_) => Err(ResponderError::ManyRows),
    }
}

/// The type is asked for first: libsql panics over text that is not UTF-8.
fn reply(rows: &Rows, row: &Row) -> Result<Reply, ResponderError> {
    let number = match rows.column_type(0).map_err(evaluation)? {
        ValueType::Text => return Err(ResponderError::NotNumeric("text")),
        ValueType::Blob => return Err(ResponderError::NotNumeric("bytes")),
        _ => row.get_value(0).map_err(evaluation)?,
    };
    match number {
        Value::Integer(number) => Ok(Reply::Answer(Answer::from(Decimal::from(number)))),
        Value::Real(number) => Ok(Reply::Answer(Answer::from(number))),
        _ => Ok(Reply::Decline),
    }
}

/// Everything that is not named here is denied.
fn authorize(context: &AuthContext<'_>, table: &str) -> Authorization {
    let allowed = match context.action {
        AuthAction::Select => true,
        AuthAction::Read { table_name, .. } => {
            // Where only rows are counted, SQLite names no database.
            let database = context.database_name.unwrap_or("main");
            table_name.eq_ignore_ascii_case(table) && database == "main"
        }
        AuthAction::Function { function_name } => {
            FUNCTIONS.iter().any(|name| function_name.eq_ignore_ascii_case(name))
        }
        _ => false,
    };
    if allowed { Authorization::Allow } else { Authorization::Deny }
}

fn refusal(error: libsql::Error) -> ResponderError {
    match error {
        libsql::Error::SqliteFailure(_, message) => ResponderError::Refused(message),
        error => evaluation(error),
    }
}

/// Without SQLite's message, which may quote the data.
fn evaluation(error: libsql::Error) -> ResponderError {
    ResponderError::Evaluation { code: code::of(&error) }
}
