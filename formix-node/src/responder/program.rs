//! Programs of the owner's, and what they write.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{self, Child, ChildStdout};
use tokio::runtime::Handle;
use zeroize::Zeroizing;

use super::ResponderError;

/// So much of what a program writes is read without growing a buffer, so that no half-grown one with
/// an answer is left on the heap.
const ROOM: usize = 64 << 10;

/// A program, how it is called, and where it runs.
///
/// What it writes to standard error is thrown away, because it may tell of the owner's data. It is
/// killed, with what it has started in its process group, when nobody waits for it any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) directory: Option<PathBuf>,
}

impl Program {
    /// What it writes, when it has read `input` and ended well.
    pub(super) async fn run(
        &self,
        input: &[u8],
        most: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ResponderError> {
        let mut command = process::Command::new(&self.path);
        command.args(&self.args);
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        let mut group = Group::start(&mut command).map_err(|source| self.broken(source))?;
        let (stdin, stdout) = (group.0.stdin.take(), group.0.stdout.take());
        let write = async {
            // A program need not read its input, so that a closed pipe is no error.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input).await;
            }
        };
        let ((), output) = tokio::join!(write, self.read(stdout, most));
        let output = output?;
        let status = group.0.wait().await.map_err(|source| self.broken(source))?;
        match status.success() {
            true => Ok(output),
            false => Err(ResponderError::Failed { program: self.path.clone(), status }),
        }
    }

    async fn read(
        &self,
        stdout: Option<ChildStdout>,
        most: usize,
    ) -> Result<Zeroizing<Vec<u8>>, ResponderError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        if let Some(stdout) = stdout {
            let read = stdout.take(most as u64 + 1).read_to_end(&mut bytes).await;
            read.map_err(|source| self.broken(source))?;
        }
        match bytes.len() > most {
            true => Err(ResponderError::TooMuch { program: self.path.clone(), limit: most }),
            false => Ok(bytes),
        }
    }

    fn broken(&self, source: io::Error) -> ResponderError {
        ResponderError::Program { program: self.path.clone(), source }
    }
}

/// Gives this thread the lowest priority: what looks at data must not slow down what sends, or the time at which
/// packets leave would tell how long it looked (R13).
pub(super) fn give_way() {
    // Refused by no system for one's own thread; without it, only the processor's time is shared otherwise.
    let _ = rustix::process::nice(19);
}

/// A program and all that it starts, killed when dropped.
struct Group(Child);

impl Group {
    fn start(command: &mut process::Command) -> io::Result<Self> {
        let command = command.process_group(0).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let runtime = Handle::current();
        // On Linux a thread has a priority of its own, and what it starts inherits that (setpriority(2)).
        let spawn = || {
            let _in_runtime = runtime.enter();
            give_way();
            command.spawn()
        };
        thread::scope(|scope| scope.spawn(spawn).join())
            .map_err(|_| io::ErrorKind::Other)?
            .map(Self)
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
