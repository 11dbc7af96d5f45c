//! Answers from a program of the owner's.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use formix_proto::answer::Answer;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{self, Child, ChildStdout};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Question, Reply, Responder, ResponderError, Responding};

/// The most bytes that are read of what a program writes.
const MOST_OUTPUT: u64 = 4096;

/// Runs a program for each question.
///
/// It reads the question as one line of JSON, and writes one number and exits with 0. Writing nothing,
/// or the word `decline`, declines. What it writes to standard error is thrown away, because it may
/// tell of the owner's data. It is killed, with what it has started in its process group, when it
/// takes too long or nobody waits for it any more.
#[derive(Debug, Clone)]
pub struct Command {
    program: PathBuf,
    args: Vec<String>,
    time_limit: Duration,
    directory: Option<PathBuf>,
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
        Ok(Self { program, args, time_limit, directory: None })
    }

    /// Runs it there, and not where the node was started.
    pub fn in_directory(self, directory: PathBuf) -> Self {
        Self { directory: Some(directory), ..self }
    }

    async fn ask(&self, question: &Question) -> Result<Reply, ResponderError> {
        let mut command = process::Command::new(&self.program);
        command.args(&self.args);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut group = Group::start(&mut command).map_err(|source| self.broken(source))?;
        let (input, output) = (group.0.stdin.take(), group.0.stdout.take());
        let mut line = serde_json::to_vec(question).unwrap_or_default();
        line.push(b'\n');
        let write = async {
            // A program need not read the question, so that a closed pipe is no error.
            if let Some(mut input) = input {
                let _ = input.write_all(&line).await;
            }
        };
        let ((), output) = tokio::join!(write, self.read(output));
        let output = output?;
        let status = group.0.wait().await.map_err(|source| self.broken(source))?;
        if !status.success() {
            return Err(ResponderError::Failed { program: self.program.clone(), status });
        }
        parse(&output)
    }

    async fn read(
        &self,
        output: Option<ChildStdout>,
    ) -> Result<Zeroizing<Vec<u8>>, ResponderError> {
        // As large as it can get, so that no half-grown buffer with an answer is left on the heap.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_OUTPUT as usize + 64));
        if let Some(output) = output {
            let read = output.take(MOST_OUTPUT + 1).read_to_end(&mut bytes).await;
            read.map_err(|source| self.broken(source))?;
        }
        if bytes.len() as u64 > MOST_OUTPUT {
            return Err(ResponderError::TooMuch {
                program: self.program.clone(),
                limit: MOST_OUTPUT,
            });
        }
        Ok(bytes)
    }

    fn broken(&self, source: std::io::Error) -> ResponderError {
        ResponderError::Program { program: self.program.clone(), source }
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

fn parse(output: &[u8]) -> Result<Reply, ResponderError> {
    let text = std::str::from_utf8(output).map_or("?", str::trim);
    if text.is_empty() || text.eq_ignore_ascii_case("decline") {
        return Ok(Reply::Decline);
    }
    Ok(Reply::Answer(Answer::parse(text)?))
}

/// A program and all that it starts, killed when dropped.
struct Group(Child);

impl Group {
    fn start(command: &mut process::Command) -> std::io::Result<Self> {
        let command = command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map(Self)
    }
}

impl Drop for Group {
    /// Once its leader was waited for, the number of the group could be another's: then it has no id.
    fn drop(&mut self) {
        let leader = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(leader) = leader {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}
