//! Why there is no answer.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use formix_proto::answer::AnswerError;

use super::expression::ExpressionError;

/// Why a responder has no answer, or cannot be made. Holds neither an answer nor any of the data.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// What the responder gives is not a number.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The system has no randomness.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// The question's domain has more values than can be drawn from.
    #[error("the question's domain is too wide to draw from")]
    TooWide,
    /// A command that cannot be run.
    #[error("{}: {source}: check `program`", program.display())]
    Program {
        /// Which program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A command that says that it failed.
    #[error("{}: {status}: run it by hand on the question to see why", program.display())]
    Failed {
        /// Which program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// A command that writes more than one number has.
    #[error("{}: it wrote more than {limit} bytes: it must write one number", program.display())]
    TooMuch {
        /// Which program.
        program: PathBuf,
        /// How many are read.
        limit: u64,
    },
    /// It took too long, and was stopped.
    #[error("no answer within {} s: give it more time, or make it faster", .0.as_secs_f32())]
    TimeOut(Duration),
    /// A time limit of nothing.
    #[error("the time limit must be more than 0 s")]
    NoTime,
    /// The owner's data cannot be read.
    #[error("{}: {source}: check `source`", file.display())]
    Source {
        /// Which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The owner's data is not what a query can be asked of.
    #[error("{}:{line}: {what}", file.display())]
    Csv {
        /// Which file.
        file: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The owner's database, or the table in it, cannot be read.
    #[error("{}: table `{table}` cannot be read (SQLite code {code}): check `source` and `table`", file.display())]
    Table {
        /// Which file.
        file: PathBuf,
        /// Which table.
        table: String,
        /// SQLite's result code, if there is one.
        code: i32,
    },
    /// The query is not one SQL expression.
    #[error("the question's query is refused: {0}")]
    Expression(#[from] ExpressionError),
    /// The query asks for more than the node allows, or names what is not there.
    #[error("the question's query is refused: {}", .0.escape_debug())]
    Refused(String),
    /// The query failed on the data.
    #[error("the question's query cannot be evaluated on this data (SQLite code {code})")]
    Evaluation {
        /// SQLite's result code, if there is one.
        code: i32,
    },
    /// The query has more than one result.
    #[error("the question's query has a result for every row: it needs an aggregate such as avg()")]
    ManyRows,
    /// The query's result is text or bytes.
    #[error("the question's query results in {0}, not a number")]
    NotNumeric(&'static str),
    /// The work was stopped from outside.
    #[error("the node is stopping")]
    Stopped,
}
