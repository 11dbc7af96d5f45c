//! How the owner talks to a running node: JSON lines over a socket that only the owner may open.
//!
//! One request a connection: the client writes one line, the node writes one line back. A node
//! that is told to stop closes the connection when it has stopped.

mod client;
mod server;

use std::path::PathBuf;

use formix_proto::directory::Role;
use formix_proto::id::ComputationId;
use serde::{Deserialize, Serialize};

pub use client::{call, call_promptly, stop};
pub(crate) use server::Server;

use crate::consent::{Choice, Inbox, Preview, Span};
use crate::home::HomeError;
use crate::lock::Holder;
use crate::question::Question;
use crate::report::{Report, StatusName};

/// What an owner can ask of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Request {
    /// How it is.
    Status,
    /// What it knows of a computation, whatever its part in it, once it holds so many answers or
    /// the computation has ended.
    Computation {
        /// Which one, in full.
        id: String,
        /// Answers to wait for.
        answers: u32,
    },
    /// Ask a question from it.
    Propose(Box<Question>),
    /// What it has asked, newest first.
    List {
        /// How many at most.
        most: usize,
    },
    /// One that it has asked, by its id or the beginning of it.
    Show {
        /// Which one.
        id: String,
    },
    /// The same, once it has ended.
    Wait {
        /// Which one.
        id: String,
    },
    /// What waits for a light node's owner to decide.
    Inbox,
    /// Work out the answer to a question that waits, and tell nobody else.
    Preview {
        /// Which one, by its id or the beginning of it.
        id: String,
    },
    /// Answer a question that waits, or decline it.
    Decide {
        /// Which one.
        id: String,
        /// What the owner makes of it.
        choice: Choice,
    },
    /// The same, and a rule that says so from now on.
    Always {
        /// Which one.
        id: String,
        /// What the owner makes of it.
        choice: Choice,
        /// The rule answers once in this time.
        cooldown: Option<Span>,
    },
    /// Read `network.toml` again.
    Reload,
    /// Finish what is under way, and stop.
    Stop,
}

/// What a node answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// How it is.
    Status(NodeStatus),
    /// What it knows of a computation.
    Computation(Option<Standing>),
    /// The computation that the question became.
    Proposed(String),
    /// Computations that it has asked.
    Reports(Vec<Report>),
    /// One of them.
    Report(Box<Report>),
    /// What waits for the owner.
    Inbox(Inbox),
    /// What the node would answer.
    Preview(Box<Preview>),
    /// Done.
    Done,
    /// Not done, and why; it may work another time.
    Failed(String),
    /// Not done, and why; it must be asked differently.
    Refused(String),
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeStatus {
    /// What people call it.
    pub name: String,
    /// What it is enrolled as.
    pub role: Role,
    /// The digest of its public key.
    pub id: String,
    /// Its process.
    pub pid: u32,
    /// Where it listens.
    pub address: Option<String>,
    /// What keeps it from its work, if anything does.
    pub trouble: Option<String>,
}

/// What a node knows of a computation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How far it is here.
    pub status: StatusName,
    /// Answers that the node holds.
    pub answers: Option<u32>,
    /// Whom it waits for, by name.
    pub waiting_for: Vec<String>,
}

/// Why a node does not answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It does not run.
    #[error("node {0} is not running: `formix up` starts it")]
    NotRunning(String),
    /// It runs, and does not answer.
    #[error("node {0} runs but does not answer: is its process stopped?")]
    Stuck(String),
    /// A process has its log open, and no socket is there.
    #[error(
        "node {name} runs as {holder}, but has no control socket: it is starting, or the socket was removed. {}",
        stop_by_hand(holder)
    )]
    NoSocket {
        /// The node.
        name: String,
        /// Its process.
        holder: Holder,
    },
    /// Its socket fails.
    #[error("{}: {error}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What it says.
        error: std::io::Error,
    },
    /// What came over the socket is not a line of the protocol.
    #[error("node {0} answers in another language: is it another version of formix?")]
    Garbled(String),
    /// It did not work.
    #[error("{0}")]
    Failed(String),
    /// The request is wrong.
    #[error("{0}")]
    Refused(String),
    /// The socket cannot be made.
    #[error(transparent)]
    Home(#[from] HomeError),
}

fn stop_by_hand(holder: &Holder) -> String {
    match holder.0 {
        Some(pid) => format!("`kill {pid}` stops it"),
        None => "Stop it by its process id".to_owned(),
    }
}

/// The one computation whose id begins like this.
pub fn find(
    ids: impl IntoIterator<Item = ComputationId>,
    beginning: &str,
) -> Result<ComputationId, String> {
    let beginning = beginning.to_ascii_lowercase();
    if beginning.is_empty() {
        return Err("name a computation by the beginning of its id".to_owned());
    }
    let mut found = ids.into_iter().filter(|id| id.to_string().starts_with(&beginning));
    match (found.next(), found.next()) {
        (None, _) => {
            Err(format!("no computation {beginning} was proposed here: see `formix list`"))
        }
        (Some(id), None) => Ok(id),
        (Some(_), Some(_)) => Err(format!("more than one computation begins with {beginning}")),
    }
}
