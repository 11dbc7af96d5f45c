//! Where a question's statement runs: a database in memory.

use libsql::{Builder, Connection};

use super::SqlError;

/// The bytes of a page of the database.
const PAGE: u64 = 4096;

/// Result codes of SQLite, <https://sqlite.org/rescode.html>.
pub(super) mod code {
    pub(in crate::responder) const NOMEM: i32 = 7;
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
pub(super) async fn open(most_bytes: u64) -> Result<Connection, SqlError> {
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

/// An identifier of SQL, where no text can be meant.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// SQLite's message on a statement that it will not run, which tells of nothing but the statement.
pub(super) fn refusal(error: libsql::Error) -> SqlError {
    match error {
        libsql::Error::SqliteFailure(code, message) if code & 0xff != code::NOMEM => {
            SqlError::Refused(message)
        }
        error => evaluation(error),
    }
}

/// Without SQLite's message, which may quote the data.
pub(super) fn evaluation(error: libsql::Error) -> SqlError {
    match code::of(&error) {
        code::NOMEM => SqlError::Greedy,
        code => SqlError::Evaluation { code },
    }
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
