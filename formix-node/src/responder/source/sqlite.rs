//! A table of a SQLite database as a table in memory.
//!
//! A copy of the declared columns, rather than the file itself behind an authorizer: what is not there
//! cannot be read, whatever a statement finds to ask for, and the file is closed before the statement is
//! looked at. The price is time and memory, which have limits.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use super::super::sandbox::quoted;
use super::{Loader, MOST_BYTES, unreadable};
use crate::responder::SqlError;

/// How long a database is waited for that somebody else writes.
const PATIENCE: Duration = Duration::from_secs(1);

impl Loader<'_> {
    /// Copies the declared columns of a table, or view, of the database, which is only read.
    pub(super) async fn copy(&self, file: &Path, table: &str) -> Result<(), SqlError> {
        if !has_whole_pages(file).map_err(unreadable(file))? {
            return Err(SqlError::Cut(file.to_owned()));
        }
        let (connection, failed) = (self.connection, self.failed(file));
        connection.busy_timeout(PATIENCE).map_err(&failed)?;
        connection.execute("ATTACH ?1 AS source", [read_only(file)]).await.map_err(&failed)?;
        self.check_columns(file, table).await?;
        // Between double quotes, SQLite would take a column that is not there for text.
        let columns: Vec<_> = self.table.columns.iter().map(|name| format!("[{name}]")).collect();
        let (name, list) = (&self.table.name, columns.join(", "));
        let copy = format!("CREATE TABLE [{name}] AS SELECT {list} FROM source.{}", quoted(table));
        connection.execute(&copy, ()).await.map_err(&failed)?;
        connection.execute("DETACH source", ()).await.map_err(&failed)?;
        self.check_lengths(file, &columns).await
    }

    async fn check_columns(&self, file: &Path, table: &str) -> Result<(), SqlError> {
        let failed = self.failed(file);
        let list = "SELECT name FROM pragma_table_xinfo(?1, 'source') WHERE hidden <> 1";
        let mut rows = self.connection.query(list, [table]).await.map_err(&failed)?;
        let mut there = Vec::new();
        while let Some(row) = rows.next().await.map_err(&failed)? {
            there.push(row.get::<String>(0).map_err(&failed)?);
        }
        if there.is_empty() {
            return Err(SqlError::NoSourceTable { file: file.to_owned(), table: table.to_owned() });
        }
        let is_there =
            |column: &&String| !there.iter().any(|name| name.eq_ignore_ascii_case(column));
        let missing = self.table.columns.iter().find(is_there);
        missing.map_or(Ok(()), |column| Err(self.missing(column)))
    }

    async fn check_lengths(&self, file: &Path, columns: &[String]) -> Result<(), SqlError> {
        let failed = self.failed(file);
        for (name, column) in self.table.columns.iter().zip(columns) {
            let table = &self.table.name;
            let longer = format!(
                "SELECT 1 FROM [{table}] WHERE octet_length({column}) > {MOST_BYTES} LIMIT 1"
            );
            let mut rows = self.connection.query(&longer, ()).await.map_err(&failed)?;
            if rows.next().await.map_err(&failed)?.is_some() {
                return Err(SqlError::LongValue { table: table.clone(), column: name.clone() });
            }
        }
        Ok(())
    }
}

/// SQLite notices that pages are missing, but takes what is missing of the last one for zeros, that is, for
/// values that are not there, <https://sqlite.org/fileformat.html>.
fn has_whole_pages(file: &Path) -> io::Result<bool> {
    let mut file = File::open(file)?;
    let mut start = [0; 18];
    match file.read_exact(&mut start) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
        read => read?,
    }
    let page = match u16::from_be_bytes([start[16], start[17]]) {
        1 => 1 << 16,
        bytes => u64::from(bytes),
    };
    Ok(file.metadata()?.len().checked_rem(page) == Some(0))
}

/// The file's name for SQLite, with the word that it is only read, <https://sqlite.org/uri.html>.
fn read_only(file: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in file.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => {
                let _ = write!(uri, "%{byte:02x}");
            }
        }
    }
    uri + "?mode=ro"
}
