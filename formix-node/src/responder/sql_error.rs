//! Why the owner's tables and a question's SQL make no answer.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Why a question's SQL has no result over the owner's tables. It comes from the process that runs the
/// SQL, and holds nothing of the data.
#[derive(Debug, Serialize, Deserialize, thiserror::Error)]
pub enum SqlError {
    /// The owner's data cannot be read.
    #[error("{}: {source}: check `source`", file.display())]
    Source {
        /// Which file.
        #[serde(with = "path")]
        file: PathBuf,
        /// What the system says.
        #[serde(with = "system")]
        source: io::Error,
    },
    /// A pipe, a device or the like.
    #[error("{}: this is neither a file nor a directory: check `source`", .0.display())]
    NotAFile(#[serde(with = "path")] PathBuf),
    /// A directory without data.
    #[error("{}: there is no .csv file in this directory", .0.display())]
    NoFiles(#[serde(with = "path")] PathBuf),
    /// A `table` of something that is not a database.
    #[error("{}: this is not a SQLite database, which `table` is for", .0.display())]
    NotSqlite(#[serde(with = "path")] PathBuf),
    /// The owner's data is not a table.
    #[error("{}:{line}: {what}", file.display())]
    Csv {
        /// Which file.
        #[serde(with = "path")]
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong there.
        what: CsvError,
    },
    /// A database that is not complete.
    #[error("{}: the end of this database is missing: copy it anew", .0.display())]
    Cut(#[serde(with = "path")] PathBuf),
    /// The owner's database has no such table.
    #[error("{}: there is no table `{table}` in this database: check `table`", file.display())]
    NoSourceTable {
        /// Which file.
        #[serde(with = "path")]
        file: PathBuf,
        /// Which table.
        table: String,
    },
    /// The owner's data cannot be read as that table.
    #[error("{}: table `{table}` cannot be read (SQLite code {code}): check `source`", file.display())]
    Table {
        /// Which file.
        #[serde(with = "path")]
        file: PathBuf,
        /// Which table.
        table: String,
        /// SQLite's result code, if there is one.
        code: i32,
    },
    /// The tables take more memory than they may.
    #[error(
        "table `{0}` does not fit into the memory that a question may take: declare fewer columns"
    )]
    TooLarge(String),
    /// A value that is too long.
    #[error("table `{table}`: a value of column `{column}` is longer than 64 KiB")]
    LongValue {
        /// Which table.
        table: String,
        /// Which column.
        column: String,
    },
    /// The question declares a column that the owner's table does not have.
    #[error("the question reads column `{}`, which table `{}` does not have", column.escape_debug(), table.escape_debug())]
    NoColumn {
        /// Which table.
        table: String,
        /// Which column.
        column: String,
    },
    /// The query asks for more than it declares, or names what is not there.
    #[error("the question's query is refused: {}", .0.escape_debug())]
    Refused(String),
    /// The query takes more memory than its process may have.
    #[error("the question's query takes too much memory, and was stopped")]
    Greedy,
    /// The query failed on the data.
    #[error("the question's query cannot be evaluated on this data (SQLite code {code})")]
    Evaluation {
        /// SQLite's result code, if there is one.
        code: i32,
    },
    /// The query's result is too long.
    #[error("the question's query results in more rows than `max_rows`, {0}")]
    ManyRows(u64),
    /// The query's result is more than an answer.
    #[error("the question's query results in more values than the question takes, {0}")]
    ManyCells(usize),
    /// The query's result has too much text.
    #[error("the question's query results in more than {0} bytes of text")]
    LongText(usize),
    /// The query's result has a value that is neither a number nor text.
    #[error("the question's query results in bytes that are not text")]
    NotText,
    /// Infinity.
    #[error("the question's query results in an infinite number: it may add up text")]
    Infinite,
    /// The system refuses a limit, and without limits no query runs.
    #[error("the process that runs the question's query cannot limit itself: {0}")]
    Unlimited(String),
}

/// Why text is not a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum CsvError {
    /// Two files of a directory that do not belong together.
    #[error("its header is not that of the directory's first file")]
    OtherHeader,
    /// An empty file.
    #[error("there is no header line")]
    NoHeader,
    /// SQL could not tell the two apart.
    #[error("two columns have the same name")]
    SameName,
    /// A row that is too long.
    #[error("the row is longer than 64 KiB")]
    LongRow,
    /// A row that does not fit the header.
    #[error("it has more or fewer fields than the header")]
    Fields,
    /// Quotes that would make one value of several rows.
    #[error("a quote that opens here is not closed at the end of its field")]
    Quote,
    /// Text in another encoding.
    #[error("not UTF-8")]
    NotUtf8,
    /// Another syntax error.
    #[error("not CSV")]
    NotCsv,
}

/// Paths as bytes: they need not be UTF-8.
pub(super) mod path {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::responder) fn serialize<S: Serializer>(
        path: &Path,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_bytes().serialize(serializer)
    }

    pub(in crate::responder) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<PathBuf, D::Error> {
        let bytes = Vec::deserialize(deserializer)?;
        Ok(OsString::from_vec(bytes).into())
    }
}

/// System errors by their number; other errors as text.
mod system {
    use std::io;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        error: &io::Error,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        (error.raw_os_error(), error.to_string()).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<io::Error, D::Error> {
        let (number, text) = <(Option<i32>, String)>::deserialize(deserializer)?;
        Ok(number.map_or_else(|| io::Error::other(text), io::Error::from_raw_os_error))
    }
}
