//! Killing and restarting one node at a time.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use formix_node::control::{ControlError, Request, Response};
use rustix::process::{Pid, Signal, WaitOptions};

use super::command::through;
use super::{PATIENCE, Up};

impl Up {
    /// Sends SIGKILL to a node, which must have been running.
    pub(crate) fn slay(&self, node: &str) {
        let pid = self.pids.borrow_mut().remove(node).unwrap();
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
        let (_, status) =
            rustix::process::waitpid(Some(pid), WaitOptions::empty()).unwrap().unwrap();
        let log = self.home().node(node).log();
        let killed = status.terminating_signal() == Some(Signal::KILL.as_raw());
        assert!(killed, "{node} had ended by itself: {}", std::fs::read_to_string(log).unwrap());
    }

    /// Starts a node, without waiting until it runs.
    pub(crate) fn revive(&self, node: &str) {
        self.revive_through(&[], node);
    }

    /// The same with a limit on the size of files, in sectors: to write beyond it is an error.
    pub(crate) fn revive_on_a_small_disk(&self, node: &str, sectors: u32) {
        let limited = format!("trap '' XFSZ; ulimit -f {sectors}; exec \"$0\" \"$@\"");
        self.revive_through(&["sh", "-c", &limited], node);
    }

    /// The same, started by what `wrapper` names, if that names anything.
    #[expect(clippy::zombie_processes, reason = "it is waited for by its process id")]
    pub(crate) fn revive_through(&self, wrapper: &[&str], node: &str) {
        let mut run = through(wrapper, self.home().path());
        let role = node.split_once('-').map_or("proposer", |(role, _)| role);
        let log = File::options().append(true).create(true).open(self.home().node(node).log());
        run.args([role, "run", node]).stdin(Stdio::null()).stdout(Stdio::null());
        let child = run.stderr(log.unwrap()).spawn().unwrap();
        let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
        self.pids.borrow_mut().insert(node.to_owned(), pid);
    }

    /// Repeats a request to a node that may be starting, until it answers.
    pub(crate) fn insist(&self, node: &str, request: &Request) -> Response {
        loop {
            match self.call_within(PATIENCE, node, request) {
                Some(Ok(response)) => return response,
                Some(Err(ControlError::NotRunning(_) | ControlError::Io { .. })) => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                other => panic!("{node}: {other:?}"),
            }
        }
    }
}
