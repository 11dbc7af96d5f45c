//! Networks of real processes, run with the `formix` command.

#![allow(dead_code, reason = "every test file uses its own part of this")]

pub(crate) mod command;
pub(crate) mod faults;
pub(crate) mod search;
pub(crate) mod trace;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use formix_node::config::{Member, Network, NodeConfig, PolicyConfig};
use formix_node::control::{ControlError, Request, Response, Standing, call};
use formix_node::home::Home;
use formix_node::key;
use formix_node::report::StatusName;
use formix_node::responder::ResponderConfig;
use formix_proto::directory::Role;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};
use serde_json::Value;
use tempfile::TempDir;

use command::{Ran, formix, through};

/// The heavy nodes of every computation here, by seat.
pub(crate) const COMMITTEE: [&str; 3] = ["heavy-1", "heavy-2", "heavy-3"];
/// A time limit that no step reaches, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// Rules that allow every question.
const ALLOWS_ALL: &str = "[[rule]]
verdict = \"allow\"
any_data = true
free_text = true
max_bits = 64
max_totals = 1048576
stand_ins = true
subset = true
min_time = \"0s\"
cooldown = \"0s\"
";

/// How a light node of a test answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer<'a> {
    /// With this, at once.
    Fixed(&'a str),
    /// With what the test passes through the node's [`Gate`], when it does.
    Gated,
}

/// A policy under which answers leave as soon as they are known: most tests wait for answers, not for the
/// time that hides when they were known.
pub(crate) fn at_once() -> PolicyConfig {
    PolicyConfig { answer_after: Duration::ZERO, ..PolicyConfig::default() }
}

/// A network of processes in a directory of its own; all are killed when it is dropped.
pub(crate) struct Up {
    home: Home,
    lights: usize,
    pids: RefCell<BTreeMap<String, Pid>>,
    _scratch: TempDir,
}

impl Up {
    /// Starts an analyst, three heavy nodes, and `light-1`, `light-2`, ... with these answers.
    pub(crate) fn start(answers: &[Answer<'_>]) -> Self {
        let network = Self::prepare(answers);
        network.up();
        network
    }

    /// The same, without starting anything.
    pub(crate) fn prepare(answers: &[Answer<'_>]) -> Self {
        Self::prepare_with(at_once(), answers)
    }

    /// The same under a policy.
    pub(crate) fn prepare_with(policy: PolicyConfig, answers: &[Answer<'_>]) -> Self {
        // Nodes outlive the command that starts them: then they are this process's to wait for.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid())).unwrap();
        let scratch = TempDir::new().unwrap();
        let home = Home::at(scratch.path().join("home"));
        home.make().unwrap();
        let name = |(index, answer)| enrol(&home, &format!("light-{}", index + 1), answer);
        let nodes = answers.iter().enumerate().map(name).collect();
        let network = Network { policy, nodes };
        if !answers.is_empty() {
            network.save(&home.network_file()).unwrap();
        }
        Self { home, lights: answers.len(), pids: RefCell::default(), _scratch: scratch }
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// Runs `formix` on this home.
    pub(crate) fn formix(&self, args: &[&str]) -> Ran {
        formix(self.home.path(), args)
    }

    /// `formix up`, which must succeed.
    pub(crate) fn up(&self) {
        self.try_up(&["--light", &self.lights.to_string()]).succeeded();
    }

    /// `formix up` with these arguments; the processes are killed in the end.
    pub(crate) fn try_up(&self, args: &[&str]) -> Ran {
        self.up_through(&[], args)
    }

    /// The same, started by what `wrapper` names, if that names anything.
    pub(crate) fn up_through(&self, wrapper: &[&str], args: &[&str]) -> Ran {
        let mut up = through(wrapper, self.home.path());
        up.args(["up", "--json", "--answer-after", "0s"]).args(args);
        let ran = within("`formix up` ends", move || up.output().unwrap()).into();
        *self.pids.borrow_mut() = self.running();
        ran
    }

    /// The processes, by the name of their node.
    pub(crate) fn pids(&self) -> BTreeMap<String, Pid> {
        self.pids.borrow().clone()
    }

    fn running(&self) -> BTreeMap<String, Pid> {
        let status = self.formix(&["status", "--json"]).succeeded().json();
        let pid = |node: &Value| {
            let pid = Pid::from_raw(node["pid"].as_i64()?.try_into().ok()?)?;
            Some((node["name"].as_str()?.to_owned(), pid))
        };
        status["nodes"].as_array().unwrap().iter().filter_map(pid).collect()
    }

    /// Asks for a number from 0 to 1000, open for longer than any test; answers the id.
    pub(crate) fn propose(&self) -> String {
        self.propose_with(&[])
    }

    /// The same with further terms.
    pub(crate) fn propose_with(&self, terms: &[&str]) -> String {
        let committee = COMMITTEE.join(",");
        let ask = ["propose", "What is your number?", "--deadline", "1h", "--json", "--committee"];
        let asked = self.formix(&[&ask[..], &[&committee], terms].concat());
        asked.succeeded().json()["comp_id"].as_str().unwrap().to_owned()
    }

    /// Waits until this heavy node holds this many answers.
    pub(crate) fn holds(&self, heavy: &str, id: &str, answers: u32) {
        let request = Request::Computation { id: id.to_owned(), answers };
        match self.call(heavy, request) {
            Response::Computation(Some(Standing { status, answers: Some(held), .. })) => {
                assert_eq!((status, held), (StatusName::Collecting, answers), "at {heavy}");
            }
            other => panic!("{heavy} does not know {id}: {other:?}"),
        }
    }

    /// Waits for the outcome, which must be this sum over this many answers.
    pub(crate) fn completes(&self, id: &str, sum: &str, participants: u32) {
        let report = self.formix(&["wait", id, "--json"]).succeeded().json();
        let found = [&report["status"], &report["result"], &report["participants_count"]];
        assert_eq!(found, [&Value::from("completed"), &sum.into(), &participants.into()]);
    }

    /// Asks a node over its control socket.
    pub(crate) fn call(&self, node: &str, request: Request) -> Response {
        let answer = self.call_within(PATIENCE, node, &request);
        answer.unwrap_or_else(|| panic!("{node} says nothing")).unwrap()
    }

    /// The same for a node that may be down; `None` if it does not answer in time.
    pub(crate) fn call_within(
        &self,
        patience: Duration,
        node: &str,
        request: &Request,
    ) -> Option<Result<Response, ControlError>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let asked = async { tokio::time::timeout(patience, call(&self.home, node, request)).await };
        runtime.block_on(asked).ok()
    }

    pub(crate) fn signal(&self, node: &str, signal: Signal) {
        rustix::process::kill_process(self.pids()[node], signal).unwrap();
    }

    /// Sends SIGKILL to a node and its child processes, as if its machine had lost power.
    pub(crate) fn kill(&self, node: &str) {
        let pid = self.pids.borrow_mut().remove(node).unwrap();
        kill_all(&[pid]);
    }

    /// The same for all nodes at once.
    pub(crate) fn kill_everything(&self) {
        let pids = std::mem::take(&mut *self.pids.borrow_mut());
        kill_all(&pids.into_values().collect::<Vec<_>>());
    }

    /// Replaces the rules of a light node's owner.
    pub(crate) fn says(&self, light: &str, rules: &str) {
        fs::write(self.home.node(light).consent(), rules).unwrap();
    }

    /// The gate of a [`Answer::Gated`] light node.
    pub(crate) fn gate(&self, light: &str) -> Gate {
        Gate(gate_file(&self.home, light))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.kill_everything();
    }
}

/// Delays a light node's answer: its responder waits until the test writes into a FIFO.
pub(crate) struct Gate(PathBuf);

impl Gate {
    /// Waits until the node is asked, and lets it answer with this.
    pub(crate) fn answer(&self, number: &str) {
        self.asked().answer(number);
    }

    /// Waits until the node is asked: only then does the FIFO have a reader.
    pub(crate) fn asked(&self) -> Asked {
        let fifo = self.0.clone();
        let open = move || OpenOptions::new().write(true).open(fifo).unwrap();
        Asked(within("the node is asked", open))
    }
}

/// A light node whose responder waits for its answer.
pub(crate) struct Asked(File);

impl Asked {
    pub(crate) fn answer(mut self, number: &str) {
        self.0.write_all(number.as_bytes()).unwrap();
    }
}

/// Waits until a process has ended, and returns its status.
pub(crate) fn ended(pid: Pid) -> WaitStatus {
    within("the process ends", move || {
        rustix::process::waitpid(Some(pid), WaitOptions::empty()).unwrap().unwrap().1
    })
}

/// What `nohup` starts ignores SIGHUP, with all that it starts itself (proc_pid_status(5)).
pub(crate) fn is_ignored(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
}

/// Does work that may block, within the time limit.
pub(crate) fn within<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (done, result) = mpsc::channel();
    thread::spawn(move || done.send(work()));
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("waiting in vain until {what}"))
}

/// Kills all before it waits for any. The programs that a node runs become children of this process.
fn kill_all(nodes: &[Pid]) {
    let programs = nodes.iter().flat_map(|pid| children(*pid));
    let all: Vec<Pid> = nodes.iter().copied().chain(programs).collect();
    for pid in &all {
        let _ = rustix::process::kill_process(*pid, Signal::KILL);
    }
    for pid in all {
        let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
    }
}

fn children(parent: Pid) -> Vec<Pid> {
    let threads = fs::read_dir(format!("/proc/{}/task", parent.as_raw_nonzero()));
    let of_thread = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children"));
    let lists = threads.into_iter().flatten().flatten().filter_map(|thread| of_thread(thread).ok());
    let pid = |number: &str| number.parse().ok().and_then(Pid::from_raw);
    lists.flat_map(|list| list.split(' ').filter_map(pid).collect::<Vec<_>>()).collect()
}

/// Configures a light node as `formix up` does, with another responder.
fn enrol(home: &Home, name: &str, answer: &Answer<'_>) -> Member {
    let place = home.node(name);
    place.make().unwrap();
    let responder = match answer {
        Answer::Fixed(value) => ResponderConfig::Fixed { value: (*value).to_owned() },
        Answer::Gated => gated(&gate_file(home, name)),
    };
    let role = Role::Light;
    let config =
        NodeConfig { name: name.to_owned(), role, listen: None, responder: Some(responder) };
    config.save(&place.config()).unwrap();
    fs::write(place.consent(), ALLOWS_ALL).unwrap();
    let id = key::load_or_create(&place.key()).unwrap().id();
    Member { name: name.to_owned(), role, id, address: None }
}

fn gated(fifo: &Path) -> ResponderConfig {
    assert!(Command::new("mkfifo").arg(fifo).status().unwrap().success());
    ResponderConfig::Command {
        program: "cat".into(),
        args: vec![fifo.to_str().unwrap().to_owned()],
        time_limit: 2 * PATIENCE,
    }
}

fn gate_file(home: &Home, light: &str) -> PathBuf {
    home.node(light).path().join("gate")
}
