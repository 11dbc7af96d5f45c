//! Why there is no answer.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use formix_proto::answer::AnswerError;

use super::statement::StatementError;

/// Why a responder has no answer, or cannot be made. Holds neither an answer nor any of the data.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// What the responder gives is not a number.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// A program that cannot be run.
    #[error("{}: {source}: check `program`", program.display())]
    Program {
        /// Which program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A program that says that it failed.
    #[error("{}: {status}: run it by hand to see why", program.display())]
    Failed {
        /// Which program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// A program that writes without end.
    #[error("{}: it wrote more than {limit} bytes", program.display())]
    TooMuch {
        /// Which program.
        program: PathBuf,
        /// How many are read.
        limit: usize,
    },
    /// A command that begins an array, and does not write one of numbers, strings and null.
    #[error("the command must write one number, or one JSON array of numbers, strings and null")]
    NotCells,
    /// It took too long, and was stopped.
    #[error("no answer within {} s: give it more time, or make it faster", .0.as_secs_f32())]
    TimeOut(Duration),
    /// A time limit of nothing.
    #[error("the time limit must be more than 0 s")]
    NoTime,
    /// A table's name that no question can have.
    #[error("`{0}` is no name for a table in `[responder.tables]`: use letters, digits and _")]
    TableName(String),
    /// Two tables whose names are one for SQL.
    #[error("table `{0}` is in `[responder.tables]` twice: SQL does not tell capitals from others")]
    TableTwice(String),
    /// The owner's data cannot be read.
    #[error("{}: {source}: check `source`", file.display())]
    Source {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A pipe or the like.
    #[error("{}: this is neither a file nor a directory: check `source`", .0.display())]
    NotAFile(PathBuf),
    /// A directory without data.
    #[error("{}: there is no .csv file in this directory", .0.display())]
    NoFiles(PathBuf),
    /// A table in what has none.
    #[error("{}: this is not a SQLite database, which `table` is for", .0.display())]
    NotSqlite(PathBuf),
    /// The owner's data is not a table.
    #[error("{}:{line}: {what}", file.display())]
    Csv {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The beginning of a database.
    #[error("{}: the end of this database is missing: copy it anew", .0.display())]
    Cut(PathBuf),
    /// The owner's database has no such table.
    #[error("{}: there is no table `{table}` in this database: check `table`", file.display())]
    NoSourceTable {
        /// Which file.
        file: PathBuf,
        /// Which table.
        table: String,
    },
    /// The owner's data cannot be read as that table.
    #[error("{}: table `{table}` cannot be read (SQLite code {code}): check `source`", file.display())]
    Table {
        /// Which file.
        file: PathBuf,
        /// Which table.
        table: String,
        /// SQLite's result code, if there is one.
        code: i32,
    },
    /// More data than there is room for.
    #[error(
        "table `{0}` does not fit into the memory that a question may take: declare fewer columns"
    )]
    TooLarge(String),
    /// A query that takes all the memory.
    #[error("the question's query takes too much memory, and was stopped")]
    Greedy,
    /// One value that is too long to be looked at in time.
    #[error("table `{table}`: a value of column `{column}` is longer than 64 KiB")]
    LongValue {
        /// Which table.
        table: String,
        /// Which column.
        column: String,
    },
    /// The question declares a table that the owner does not have.
    #[error("the question asks of table `{}`, which is not in `[responder.tables]`", .0.escape_debug())]
    NoTable(String),
    /// The question declares a column that the owner's table does not have.
    #[error("the question asks of column `{}`, which table `{}` does not have", column.escape_debug(), table.escape_debug())]
    NoColumn {
        /// Which table.
        table: String,
        /// Which column.
        column: String,
    },
    /// The query is not one plain `SELECT`.
    #[error("the question's query is refused: {0}")]
    Statement(#[from] StatementError),
    /// The query asks for more than it declares, or names what is not there.
    #[error("the question's query is refused: {}", .0.escape_debug())]
    Refused(String),
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
    /// The query's result has a value that is neither a number nor text.
    #[error("the question's query results in bytes that are not text")]
    NotText,
    /// Infinity.
    #[error("the question's query results in an infinite number: it may add up text")]
    Infinite,
    /// The work was stopped from outside.
    #[error("the node is stopping")]
    Stopped,
}
