//! The owner's data: a CSV file, or a table of a SQLite database.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use libsql::{Builder, Connection, OpenFlags};

use super::{ResponderError, table};

/// Where the data is.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Csv(PathBuf),
    Sqlite(PathBuf),
}

/// Result codes of SQLite, <https://sqlite.org/rescode.html>.
pub(super) mod code {
    pub(in crate::responder) const INTERRUPT: i32 = 9;

    /// The code of an error without its extension; 0 if it is not SQLite's.
    pub(in crate::responder) fn of(error: &libsql::Error) -> i32 {
        match error {
            libsql::Error::SqliteFailure(code, _) => code & 0xff,
            _ => 0,
        }
    }
}

/// What a SQLite database begins with, <https://sqlite.org/fileformat.html>.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

impl Source {
    /// Looks at what the file is.
    pub(super) fn find(path: &Path) -> Result<Self, ResponderError> {
        // SQLite reads meaning into some relative names.
        let path = std::path::absolute(path).map_err(unreadable(path))?;
        let mut start = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
            .map_err(unreadable(&path))?;
        Ok(if start == MAGIC { Self::Sqlite(path) } else { Self::Csv(path) })
    }

    /// A connection of its own, in which the table is.
    pub(super) async fn open(&self, table: &str) -> Result<Connection, ResponderError> {
        let (file, opened) = match self {
            Self::Csv(file) => (file, connect(Path::new(":memory:"), OpenFlags::default()).await),
            Self::Sqlite(file) => (file, connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY).await),
        };
        let failed = |error: libsql::Error| ResponderError::Table {
            file: file.clone(),
            table: table.to_owned(),
            code: code::of(&error),
        };
        let connection = opened.map_err(failed)?;
        if let Self::Csv(file) = self {
            table::load(file, table, &connection).await?;
        }
        let probe = format!("SELECT 1 FROM {} LIMIT 1", quoted(table));
        connection.query(&probe, ()).await.map_err(failed)?;
        Ok(connection)
    }
}

/// An identifier of SQL.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

pub(super) fn unreadable(file: &Path) -> impl Fn(std::io::Error) -> ResponderError + '_ {
    |source| ResponderError::Source { file: file.to_owned(), source }
}

async fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, libsql::Error> {
    let connection = Builder::new_local(path).flags(flags).build().await?.connect()?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY").await?;
    Ok(connection)
}
