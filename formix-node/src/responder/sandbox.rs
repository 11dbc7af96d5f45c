//! Where a question's statement runs: a database in memory that holds the declared columns of the
//! declared tables and nothing else, behind an authorizer that allows to read these and nothing else.

use std::collections::BTreeSet;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use formix_proto::query::Table;
use libsql::{AuthAction, AuthContext, Authorization, Builder, Connection};

use super::ResponderError;

/// How often a statement is looked after, and interrupted if it goes on after its time: an interrupt stops
/// only what is running at that moment.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The bytes of a page of the database.
const PAGE: u64 = 4096;

/// The functions that a statement may use: those that only look at the data, and whose cost and result
/// grow no faster than the text they are given. (`like`, `glob` and `trim` can take for ever, or nearly, and
/// cannot be stopped; `printf`, `replace`, `hex` and their like make text of any length.)
const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "coalesce",
    "count",
    "date",
    "datetime",
    "dense_rank",
    "first_value",
    "ifnull",
    "iif",
    "instr",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "lower",
    "max",
    "min",
    "nullif",
    "rank",
    "round",
    "row_number",
    "sign",
    "strftime",
    "substr",
    "substring",
    "sum",
    "time",
    "total",
    "typeof",
    "unixepoch",
    "upper",
];

/// Result codes of SQLite, <https://sqlite.org/rescode.html>.
pub(super) mod code {
    pub(in crate::responder) const FULL: i32 = 13;

    /// The code of an error without its extension; 0 if it is not SQLite's.
    pub(in crate::responder) fn of(error: &libsql::Error) -> i32 {
        match error {
            libsql::Error::SqliteFailure(code, _) => code & 0xff,
            _ => 0,
        }
    }
}

/// An empty database of at most so many bytes. Nothing of it is ever written to a disk.
pub(super) async fn open(most_bytes: u64) -> Result<Connection, ResponderError> {
    let pages = most_bytes / PAGE;
    let settings = format!(
        "PRAGMA page_size = {PAGE}; PRAGMA max_page_count = {pages}; PRAGMA temp_store = MEMORY;
        PRAGMA journal_mode = OFF; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON"
    );
    let database = Builder::new_local(":memory:").build().await.map_err(evaluation)?;
    let connection = database.connect().map_err(evaluation)?;
    connection.execute_batch(&settings).await.map_err(evaluation)?;
    Ok(connection)
}

/// Does the work, and stops what SQLite does for it when its time is over, or the process has grown by
/// more than so many bytes: what SQLite sorts or groups in memory has no limit of its own.
pub(super) fn watched<T>(
    until: Instant,
    most_growth: u64,
    connection: &Connection,
    work: impl FnOnce() -> Result<T, ResponderError>,
) -> Result<T, ResponderError> {
    let most = resident().saturating_add(most_growth);
    thread::scope(|scope| {
        let (working, finished) = mpsc::channel::<()>();
        let watcher = scope.spawn(move || {
            let mut is_greedy = false;
            while finished.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                is_greedy |= resident() > most;
                if is_greedy || Instant::now() >= until {
                    let _ = connection.interrupt();
                }
            }
            is_greedy
        });
        let done = work();
        drop(working);
        match (done, watcher.join()) {
            (Err(_), Ok(true)) => Err(ResponderError::Greedy),
            (done, _) => done,
        }
    })
}

/// The memory of this process, in bytes; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kibibytes.unwrap_or(0) << 10
}

/// From here on only the declared columns can be read. Gives back what [`Names::check`] needs.
pub(super) async fn close(
    connection: &Connection,
    tables: Vec<Table>,
) -> Result<Arc<Names>, ResponderError> {
    connection.execute_batch("PRAGMA query_only = ON").await.map_err(evaluation)?;
    let names = Arc::new(Names { tables, others: Mutex::default() });
    let asked = Arc::clone(&names);
    let hook = move |context: &AuthContext<'_>| match asked.allow(context) {
        true => Authorization::Allow,
        false => Authorization::Deny,
    };
    connection.authorizer(Some(Arc::new(hook))).map_err(evaluation)?;
    Ok(names)
}

/// What a statement may name.
pub(super) struct Names {
    tables: Vec<Table>,
    /// What it names beside, of which it reads no column.
    others: Mutex<BTreeSet<String>>,
}

impl Names {
    /// Everything that is not named here is denied.
    fn allow(&self, context: &AuthContext<'_>) -> bool {
        match context.action {
            AuthAction::Select => true,
            AuthAction::Read { table_name, column_name: "" } => {
                context.database_name.is_none_or(|name| name == "main") && self.mentions(table_name)
            }
            AuthAction::Read { table_name, column_name } => {
                let same = |name: &String| name.eq_ignore_ascii_case(column_name);
                context.database_name == Some("main")
                    && self.table(table_name).is_some_and(|table| table.columns.iter().any(same))
            }
            AuthAction::Function { function_name } => {
                FUNCTIONS.iter().any(|name| function_name.eq_ignore_ascii_case(name))
            }
            _ => false,
        }
    }

    fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// A table of which no column is read (`SELECT count(*) FROM x`) may be one that the statement itself
    /// defines (`WITH x AS ...`), which SQLite does not say here.
    fn mentions(&self, table: &str) -> bool {
        if self.table(table).is_none() {
            self.others.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned());
        }
        true
    }

    /// Makes sure that nothing exists outside the statement of what it names and may not read. To be
    /// asked when it has been prepared.
    pub(super) async fn check(&self, connection: &Connection) -> Result<(), ResponderError> {
        let others =
            std::mem::take(&mut *self.others.lock().unwrap_or_else(PoisonError::into_inner));
        for name in others {
            let probe = connection.prepare(&format!("SELECT 1 FROM {}", quoted(&name))).await;
            let is_none = |error: libsql::Error| error.to_string().contains("no such table: ");
            if !probe.is_err_and(is_none) {
                return Err(ResponderError::Refused(format!("access to {name} is prohibited")));
            }
        }
        Ok(())
    }
}

/// An identifier of SQL, where no text can be meant.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// SQLite's message on a statement that it will not run, which tells of nothing but the statement.
pub(super) fn refusal(error: libsql::Error) -> ResponderError {
    match error {
        libsql::Error::SqliteFailure(_, message) => ResponderError::Refused(message),
        error => evaluation(error),
    }
}

/// Without SQLite's message, which may quote the data.
pub(super) fn evaluation(error: libsql::Error) -> ResponderError {
    ResponderError::Evaluation { code: code::of(&error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_of_the_database_is_ever_written_to_a_disk() {
        let connection = open(1 << 20).await.unwrap();
        let setting = async |name: &str| {
            let mut rows = connection.query(&format!("PRAGMA {name}"), ()).await.unwrap();
            rows.next().await.unwrap().unwrap().get_value(0).unwrap()
        };
        assert_eq!(setting("temp_store").await, libsql::Value::Integer(2), "in memory");
        assert_eq!(setting("journal_mode").await, libsql::Value::Text("off".to_owned()));
        assert_eq!(setting("max_page_count").await, libsql::Value::Integer(256));
        assert_eq!(setting("trusted_schema").await, libsql::Value::Integer(0));
        let mut files = connection.query("PRAGMA database_list", ()).await.unwrap();
        while let Some(row) = files.next().await.unwrap() {
            assert_eq!(row.get::<String>(2).unwrap(), "", "no file");
        }
    }
}
