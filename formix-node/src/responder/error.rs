//! Why there is no answer.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use formix_proto::answer::AnswerError;

use super::sql_error::SqlError;
use super::statement::StatementError;
use super::worker::WorkerError;

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
    /// The question declares a table that the owner does not have.
    #[error("the question reads table `{}`, which is not in `[responder.tables]`", .0.escape_debug())]
    NoTable(String),
    /// The query is not one plain `SELECT`.
    #[error("the question's query is refused: {0}")]
    Statement(#[from] StatementError),
    /// The tables or the query lead to no answer.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The query's process did not reply.
    #[error(transparent)]
    Worker(#[from] WorkerError),
}
