//! Answers from a program of the owner's.

use std::path::PathBuf;
use std::time::Duration;

use formix_proto::answer::{Answer, Cell};
use formix_proto::statistic::Statistic;
use serde_json::Value;
use tokio::time::timeout;

use super::cells::most_cells;
use super::program::Program;
use super::{Question, Reply, Responder, ResponderError, Responding};

/// Room for text in what a program writes; a number takes less than [`A_NUMBER`].
const TEXT: usize = 16 << 10;
/// The most bytes of a number.
const A_NUMBER: usize = 32;

/// Runs a program for each question.
///
/// It reads the question as one line of JSON, writes its answer and exits with 0. An answer is one
/// number, or a JSON array of numbers, strings and null: the cells that the question asks for. Writing
/// nothing, or the word `decline`, declines. What it writes to standard error is thrown away, because
/// it may tell of the owner's data. It is killed, with what it has started in its process group, when
/// it takes too long or nobody waits for it any more.
#[derive(Debug, Clone)]
pub struct Command {
    program: Program,
    time_limit: Duration,
}

impl Command {
    /// Runs `program` with `args` for at most `time_limit` a question.
    ///
    /// # Errors
    ///
    /// When the time limit is zero.
    pub fn new(
        program: PathBuf,
        args: Vec<String>,
        time_limit: Duration,
    ) -> Result<Self, ResponderError> {
        if time_limit.is_zero() {
            return Err(ResponderError::NoTime);
        }
        let program = Program { path: program, args, directory: None };
        Ok(Self { program, time_limit })
    }

    /// Runs it there, and not where the node was started.
    pub fn in_directory(mut self, directory: PathBuf) -> Self {
        self.program.directory = Some(directory);
        self
    }

    async fn ask(&self, question: &Question) -> Result<Reply, ResponderError> {
        let mut line = serde_json::to_vec(question).unwrap_or_default();
        line.push(b'\n');
        parse(&self.program.run(&line, most_bytes(&question.statistic)).await?)
    }
}

impl Responder for Command {
    fn respond<'a>(&'a self, question: &'a Question) -> Responding<'a> {
        Box::pin(async {
            timeout(self.time_limit, self.ask(question))
                .await
                .unwrap_or(Err(ResponderError::TimeOut(self.time_limit)))
        })
    }
}

fn most_bytes(statistic: &Statistic) -> usize {
    most_cells(statistic).saturating_mul(A_NUMBER).saturating_add(TEXT)
}

fn parse(output: &[u8]) -> Result<Reply, ResponderError> {
    let text = std::str::from_utf8(output).map_or("?", str::trim);
    if text.is_empty() || text.eq_ignore_ascii_case("decline") {
        return Ok(Reply::Decline);
    }
    if !text.starts_with('[') {
        return Ok(Reply::Answer(Answer::parse(text)?));
    }
    let values: Vec<Value> = serde_json::from_str(text).map_err(|_| ResponderError::NotCells)?;
    let cells = values.iter().map(cell).collect::<Result<_, _>>()?;
    Ok(Reply::Answer(Answer::new(cells)))
}

fn cell(value: &Value) -> Result<Cell, ResponderError> {
    match value {
        Value::Null => Ok(Cell::missing()),
        Value::String(text) => Ok(Cell::text(text)),
        Value::Number(number) => Ok(Cell::parse(&number.to_string())),
        _ => Err(ResponderError::NotCells),
    }
}
