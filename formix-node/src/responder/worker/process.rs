//! The node's side: starts a process for one statement, exchanges messages with it, and ends it.

use std::convert::Infallible;
use std::env;
use std::ffi::OsStr;
use std::future::pending;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use formix_proto::answer::Cell;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use super::serve::serve;
use super::wire::{self, Found, Job, VERSION};
use crate::responder::{ResponderError, SqlError};

/// Names the program.
const VARIABLE: &str = "FORMIX_WORKER";

/// What the program is called where it is looked for.
const NAME: &str = "formix";

/// The argument that makes a program a worker.
const ARGUMENT: &str = "worker";

/// Whether this program is a worker when it has that argument.
static SERVES: AtomicBool = AtomicBool::new(false);

/// Limits how many workers this process has at once. A statement's time does not run while it waits.
static TURNS: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new(processors.max(4))
});

/// Why a worker did not reply.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// There is no program for it.
    #[error(
        "a question's SQL runs in a process of its own, and the program for it, `{NAME}`, is neither beside \
        this one nor in PATH: set {VARIABLE} to its path"
    )]
    NoProgram,
    /// The system refuses what is needed to wait for a process.
    #[error("cannot wait for the process that runs the question's SQL: {0}")]
    Runtime(io::Error),
    /// The program cannot be started.
    #[error("{}: {source}: set {VARIABLE} to the path of `{NAME}`", program.display())]
    Start {
        /// Which program.
        program: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The program ended without a reply, as one that is not `formix` does.
    #[error("{}: {status}, without a reply: set {VARIABLE} to the path of this version's `{NAME}`", program.display())]
    Ended {
        /// Which program.
        program: PathBuf,
        /// How it ended.
        status: ExitStatus,
    },
    /// The program is of another version.
    #[error(
        "{}: message version {found} instead of {VERSION}: set {VARIABLE} to the path of this version's `{NAME}`",
        program.display()
    )]
    Version {
        /// Which program.
        program: PathBuf,
        /// What it says.
        found: u32,
    },
    /// It was ended by a signal.
    #[error("signal {signal} ended the process that ran the question's query: {}", why(*signal))]
    Signal {
        /// Which one, by its number.
        signal: i32,
    },
    /// Its reply is longer than an answer can be.
    #[error("the process that ran the question's query replied with more than {0} bytes")]
    TooMuch(usize),
    /// Its reply cannot be read.
    #[error("the process that ran the question's query replied with something unreadable")]
    Garbled,
}

/// What a signal means for a worker.
fn why(signal: i32) -> &'static str {
    use rustix::process::Signal;
    match Signal::from_named_raw(signal) {
        Some(Signal::XCPU) => "it reached its limit of processor time",
        Some(Signal::XFSZ) => "it reached its limit of bytes written to files, which is 0",
        Some(Signal::KILL) => "the system may be out of memory",
        _ => "no limit leads to this signal, so please report it",
    }
}

/// The program that runs statements, a process for each.
#[derive(Debug, Clone, Default)]
pub(in crate::responder) struct Worker {
    /// `None` for the one that is found.
    program: Option<PathBuf>,
}

impl From<PathBuf> for Worker {
    fn from(program: PathBuf) -> Self {
        Self { program: Some(program) }
    }
}

impl Worker {
    /// Waits until there may be one more worker.
    pub(in crate::responder) async fn turn() -> Option<SemaphorePermit<'static>> {
        TURNS.acquire().await.ok()
    }

    /// Does a job in a process of its own. Dropping the future kills the process.
    pub(in crate::responder) async fn run(
        &self,
        job: &Job,
        printed: &[Zeroizing<Vec<u8>>],
        sql: &str,
    ) -> Result<Found<Cell>, ResponderError> {
        let program = self.program.clone().or_else(find).ok_or(WorkerError::NoProgram)?;
        let mut child = start(&program)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(WorkerError::Garbled.into());
        };
        // A worker ends when its input does, so the input stays open until the reply is there.
        let sending = async {
            let _ = send(&mut stdin, job, printed, sql).await;
            pending::<Infallible>().await
        };
        let reply = tokio::select! {
            reply = receive(stdout, job.want.max_reply(), &program) => reply?,
            never = sending => match never {},
        };
        match reply {
            Some(bytes) => {
                let _ = child.kill().await;
                Ok(wire::reply(&bytes).ok_or(WorkerError::Garbled)??)
            }
            None => Err(ended(&mut child, program).await),
        }
    }
}

/// Runs this process as a worker if it was started as one, and returns its exit code. Otherwise the nodes of
/// this process start this program for their workers.
///
/// Call it first thing in `main`, before there are other threads: a worker sets limits for its whole process.
pub fn begin() -> Option<ExitCode> {
    if env::args_os().nth(1).is_some_and(|first| first == ARGUMENT) {
        return Some(serve());
    }
    SERVES.store(true, Ordering::Relaxed);
    None
}

/// The variable's program; else this one, if it serves; else one nearby.
fn find() -> Option<PathBuf> {
    if let Some(named) = env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    // This path stays that of the running version when another is installed.
    match (SERVES.load(Ordering::Relaxed), cfg!(target_os = "linux")) {
        (true, true) => Some("/proc/self/exe".into()),
        (true, false) => env::current_exe().ok(),
        (false, _) => near(&env::current_exe().ok()?, &env::var_os("PATH").unwrap_or_default()),
    }
}

/// The program in the directory of `own`, or in the one above, which is Cargo's layout for tests; else in `path`.
fn near(own: &Path, path: &OsStr) -> Option<PathBuf> {
    let beside = own.ancestors().skip(1).take(2).map(PathBuf::from);
    let mut programs = beside.chain(env::split_paths(path)).map(|place| place.join(NAME));
    programs.find(|program| program.is_file())
}

/// The environment is empty: nothing of it is of use to a statement.
fn start(program: &Path) -> Result<Child, WorkerError> {
    let mut command = Command::new(program);
    command.arg(ARGUMENT).env_clear().kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().map_err(|source| WorkerError::Start { program: program.to_owned(), source })
}

/// Fails when the worker has ended; the missing reply shows that, too.
async fn send(
    stdin: &mut ChildStdin,
    job: &Job,
    printed: &[Zeroizing<Vec<u8>>],
    sql: &str,
) -> io::Result<()> {
    let job = postcard::to_allocvec(job).map_err(io::Error::other)?;
    stdin.write_u32_le(VERSION).await?;
    stdin.write_u64_le(job.len() as u64).await?;
    stdin.write_all(&job).await?;
    for text in printed {
        stdin.write_all(text).await?;
    }
    stdin.write_u64_le(sql.len() as u64).await?;
    stdin.write_all(sql.as_bytes()).await
}

/// The bytes of a reply; `None` if the worker ended before its end.
async fn receive(
    mut stdout: ChildStdout,
    most: usize,
    program: &Path,
) -> Result<Option<Zeroizing<Vec<u8>>>, WorkerError> {
    let Ok(found) = stdout.read_u32_le().await else { return Ok(None) };
    if found != VERSION {
        return Err(WorkerError::Version { program: program.to_owned(), found });
    }
    let Ok(length) = stdout.read_u64_le().await else { return Ok(None) };
    let length = usize::try_from(length).ok().filter(|length| *length <= most);
    // Allocated at once: a buffer that grows would leave parts of an answer on the heap.
    let mut bytes = Zeroizing::new(vec![0; length.ok_or(WorkerError::TooMuch(most))?]);
    Ok(stdout.read_exact(&mut bytes).await.ok().map(|_| bytes))
}

/// Why a worker ended without a reply.
async fn ended(child: &mut Child, program: PathBuf) -> ResponderError {
    let status = match child.wait().await {
        Ok(status) => status,
        Err(source) => return WorkerError::Start { program, source }.into(),
    };
    match status.signal() {
        // Rust aborts when the heap or the stack is exhausted.
        Some(signal) if signal == rustix::process::Signal::ABORT.as_raw() => {
            SqlError::Greedy.into()
        }
        Some(signal) => WorkerError::Signal { signal }.into(),
        None => WorkerError::Ended { program, status }.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_program_is_found_beside_above_and_in_the_path() {
        let place = tempfile::TempDir::new().unwrap();
        let [beside, above, path] = ["a/deps", "a", "b"].map(|name| place.path().join(name));
        for directory in [&beside, &path] {
            fs::create_dir_all(directory).unwrap();
        }
        let found = || near(&beside.join("test"), path.as_os_str());
        assert_eq!(found(), None);
        for directory in [path.clone(), above, beside.clone()] {
            let program = directory.join(NAME);
            fs::write(&program, "").unwrap();
            assert_eq!(found(), Some(program));
        }
    }
}
