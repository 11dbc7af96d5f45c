//! A blocking face for libsql, whose local futures do their work when they are polled.

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use libsql::{Builder, OpenFlags, Row, Statement, Value, params::IntoParams};
use serde::de::DeserializeOwned;

use super::error::StoreError;

/// The one connection to a file.
pub(super) struct Connection {
    inner: libsql::Connection,
    file: PathBuf,
}

/// A statement that is compiled once.
pub(super) struct Prepared {
    statement: Statement,
    file: PathBuf,
}

impl Connection {
    /// Opens a file that exists. `path` is absolute: SQLite reads meaning into some relative names.
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let database = block_on(Builder::new_local(path).flags(flags).build());
        let inner = database
            .and_then(|database| database.connect())
            .map_err(|error| StoreError::database(path, error))?;
        Ok(Self { inner, file: path.to_owned() })
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::damaged(&self.file, what)
    }

    pub(super) fn prepare(&self, sql: &str) -> Result<Prepared, StoreError> {
        let statement = block_on(self.inner.prepare(sql)).map_err(|error| self.failed(error))?;
        Ok(Prepared { statement, file: self.file.clone() })
    }

    /// Runs statements that return nothing.
    pub(super) fn execute(&self, sql: &str) -> Result<(), StoreError> {
        block_on(self.inner.execute_batch(sql)).map(drop).map_err(|error| self.failed(error))
    }

    /// Calls `each` with every row; the first error ends it.
    pub(super) fn query(
        &self,
        sql: &str,
        params: impl IntoParams,
        mut each: impl FnMut(Fields<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut rows =
            block_on(self.inner.query(sql, params)).map_err(|error| self.failed(error))?;
        while let Some(row) = block_on(rows.next()).map_err(|error| self.failed(error))? {
            each(Fields { row: &row, next: 0, file: &self.file })?;
        }
        Ok(())
    }

    /// Sets a pragma and makes sure that it took: some are refused without an error.
    pub(super) fn insist(
        &self,
        setting: &'static str,
        value: &str,
        wanted: &'static str,
    ) -> Result<(), StoreError> {
        self.query(&format!("PRAGMA {setting} = {value}"), (), |_| Ok(()))?;
        let found = self.pragma(setting)?;
        if found == wanted {
            return Ok(());
        }
        Err(StoreError::NotDurable { file: self.file.clone(), setting, wanted, found })
    }

    /// The first value that a pragma returns, as text.
    pub(super) fn pragma(&self, pragma: &str) -> Result<String, StoreError> {
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

    fn failed(&self, error: libsql::Error) -> StoreError {
        StoreError::database(&self.file, error)
    }
}

impl Prepared {
    /// Runs it. It is reset first: libsql does not say so when it cannot bind to a used statement.
    pub(super) fn run(&self, params: impl IntoParams) -> Result<(), StoreError> {
        self.statement.reset();
        let done = block_on(self.statement.execute(params));
        self.statement.reset();
        done.map(drop).map_err(|error| StoreError::database(&self.file, error))
    }
}

/// The columns of a row, from left to right. A value of another type than asked for is damage.
pub(super) struct Fields<'a> {
    row: &'a Row,
    next: i32,
    file: &'a Path,
}

impl Fields<'_> {
    pub(super) fn value(&mut self) -> Result<Value, StoreError> {
        let value = self.row.get_value(self.next);
        self.next += 1;
        value.map_err(|error| StoreError::database(self.file, error))
    }

    pub(super) fn integer(&mut self) -> Result<i64, StoreError> {
        match self.value()? {
            Value::Integer(number) => Ok(number),
            _ => Err(self.mistyped()),
        }
    }

    pub(super) fn blob(&mut self) -> Result<Vec<u8>, StoreError> {
        match self.value()? {
            Value::Blob(bytes) => Ok(bytes),
            _ => Err(self.mistyped()),
        }
    }

    /// A number that the type has room for, if it is not NULL.
    pub(super) fn number<N: TryFrom<i64>>(&mut self) -> Result<Option<N>, StoreError> {
        match self.value()? {
            Value::Null => Ok(None),
            Value::Integer(number) => N::try_from(number).map(Some).map_err(|_| self.mistyped()),
            _ => Err(self.mistyped()),
        }
    }

    /// Text that was selected with `CAST(... AS BLOB)`, because libsql panics over bad UTF-8.
    pub(super) fn text(&mut self) -> Result<Option<String>, StoreError> {
        match self.value()? {
            Value::Null => Ok(None),
            Value::Blob(bytes) => String::from_utf8(bytes).map(Some).map_err(|_| self.mistyped()),
            _ => Err(self.mistyped()),
        }
    }

    /// What such text stands for.
    pub(super) fn json<T: DeserializeOwned>(&mut self) -> Result<Option<T>, StoreError> {
        let value = self.text()?.map(|text| serde_json::from_str(&text)).transpose();
        value.map_err(|_| self.mistyped())
    }

    /// A column that is never NULL.
    pub(super) fn some<T>(
        &mut self,
        column: impl FnOnce(&mut Self) -> Result<Option<T>, StoreError>,
    ) -> Result<T, StoreError> {
        column(self)?.ok_or_else(|| self.mistyped())
    }

    fn mistyped(&self) -> StoreError {
        StoreError::damaged(self.file, format!("column {} has a value of a wrong type", self.next))
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
