//! A blocking face for libsql, whose local futures do their work when they are polled.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use libsql::{Builder, OpenFlags, Row, Statement, Value, params::IntoParams};

use super::error::DatabaseError;

/// The one connection to a file.
pub(crate) struct Connection {
    inner: libsql::Connection,
    file: PathBuf,
}

/// A statement that is compiled once.
pub(crate) struct Prepared {
    statement: Statement,
    file: PathBuf,
}

impl Connection {
    /// Opens a file that exists. `path` is absolute: SQLite reads meaning into some relative names.
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let database = block_on(Builder::new_local(path).flags(flags).build());
        let inner = database
            .and_then(|database| database.connect())
            .map_err(|error| DatabaseError::database(path, error))?;
        Ok(Self { inner, file: path.to_owned() })
    }

    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    pub(crate) fn damaged(&self, what: impl Into<String>) -> DatabaseError {
        DatabaseError::damaged(&self.file, what)
    }

    pub(crate) fn prepare(&self, sql: &str) -> Result<Prepared, DatabaseError> {
        let statement = block_on(self.inner.prepare(sql)).map_err(|error| self.failed(error))?;
        Ok(Prepared { statement, file: self.file.clone() })
    }

    /// Runs statements that return nothing.
    pub(crate) fn execute(&self, sql: &str) -> Result<(), DatabaseError> {
        block_on(self.inner.execute_batch(sql)).map(drop).map_err(|error| self.failed(error))
    }

    /// Calls `each` with every row; the first error ends it.
    pub(crate) fn query(
        &self,
        sql: &str,
        params: impl IntoParams,
        mut each: impl FnMut(Fields<'_>) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let mut rows =
            block_on(self.inner.query(sql, params)).map_err(|error| self.failed(error))?;
        while let Some(row) = block_on(rows.next()).map_err(|error| self.failed(error))? {
            each(Fields { row: &row, next: 0, file: &self.file })?;
        }
        Ok(())
    }

    /// Sets a pragma and makes sure that it took: some are refused without an error.
    pub(crate) fn insist(
        &self,
        setting: &'static str,
        value: &str,
        wanted: &'static str,
    ) -> Result<(), DatabaseError> {
        self.query(&format!("PRAGMA {setting} = {value}"), (), |_| Ok(()))?;
        let found = self.pragma(setting)?;
        if found == wanted {
            return Ok(());
        }
        Err(DatabaseError::NotDurable { file: self.file.clone(), setting, wanted, found })
    }

    /// The first value that a pragma returns, as text.
    pub(crate) fn pragma(&self, pragma: &str) -> Result<String, DatabaseError> {
        let mut found = String::new();
        self.query(&format!("PRAGMA {pragma}"), (), |mut fields| {
            if found.is_empty() {
                found = match fields.value()? {
                    Value::Text(text) => text,
                    Value::Integer(number) => number.to_string(),
                    _ => String::new(),
                };
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn failed(&self, error: libsql::Error) -> DatabaseError {
        DatabaseError::database(&self.file, error)
    }
}

impl Prepared {
    /// Runs it. It is reset first: libsql does not say so when it cannot bind to a used statement.
    pub(crate) fn run(&self, params: impl IntoParams) -> Result<(), DatabaseError> {
        self.statement.reset();
        let done = block_on(self.statement.execute(params));
        self.statement.reset();
        done.map(drop).map_err(|error| DatabaseError::database(&self.file, error))
    }
}

/// The columns of a row, from left to right. A value of another type than asked for is damage.
pub(crate) struct Fields<'a> {
    row: &'a Row,
    next: i32,
    file: &'a Path,
}

impl Fields<'_> {
    pub(crate) fn value(&mut self) -> Result<Value, DatabaseError> {
        let value = self.row.get_value(self.next);
        self.next += 1;
        value.map_err(|error| DatabaseError::database(self.file, error))
    }

    pub(crate) fn integer(&mut self) -> Result<i64, DatabaseError> {
        match self.value()? {
            Value::Integer(number) => Ok(number),
            _ => Err(self.mistyped()),
        }
    }

    pub(crate) fn blob(&mut self) -> Result<Vec<u8>, DatabaseError> {
        match self.value()? {
            Value::Blob(bytes) => Ok(bytes),
            _ => Err(self.mistyped()),
        }
    }

    /// A blob of that many bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DatabaseError> {
        self.blob()?.try_into().map_err(|_| self.mistyped())
    }

    /// A number that the type has room for.
    pub(crate) fn number<N: TryFrom<i64>>(&mut self) -> Result<N, DatabaseError> {
        N::try_from(self.integer()?).map_err(|_| self.mistyped())
    }

    fn mistyped(&self) -> DatabaseError {
        DatabaseError::damaged(
            self.file,
            format!("column {} has a value of a wrong type", self.next),
        )
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
