//! The node's end.

use std::fmt::Display;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use formix_proto::id::ComputationId;
use formix_proto::limits::SMALL_FRAME;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;
use tracing::{debug, warn};
use zeroize::Zeroizing;

use super::{NodeStatus, Request, Response, Standing, find};
use crate::config::Network;
use crate::consent::{self, ConsentError};
use crate::handle::{NodeHandle, ProposeError};
use crate::home::{Home, HomeError, at};
use crate::question::Question;
use crate::report::Report;

/// The longest request, in bytes: the longest question, each byte of it escaped.
const MOST: u64 = 6 * SMALL_FRAME as u64;
/// How long a socket that fails is left alone.
const PAUSE: Duration = Duration::from_millis(100);

/// Answers the owner of one node.
pub(crate) struct Server {
    listener: UnixListener,
    desk: Arc<Desk>,
}

struct Desk {
    node: NodeHandle,
    home: Home,
    address: Option<String>,
}

impl Server {
    /// Opens the node's socket. The caller holds the node's log, so a socket that is there is a
    /// leftover of a process that is gone.
    pub(crate) fn open(
        home: &Home,
        node: NodeHandle,
        address: Option<String>,
    ) -> Result<Self, HomeError> {
        let path = home.node(node.name()).socket();
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(at(&path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(at(&path))?;
        Ok(Self { listener, desk: Arc::new(Desk { node, home: home.clone(), address }) })
    }

    /// Answers until it is dropped.
    pub(crate) async fn serve(&self) {
        let mut calls = JoinSet::new();
        loop {
            while calls.try_join_next().is_some() {}
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let desk = Arc::clone(&self.desk);
                    calls.spawn(async move { desk.answer(stream).await });
                }
                Err(error) => {
                    warn!(%error, "the control socket fails");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Desk {
    async fn answer(&self, stream: UnixStream) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        if (&mut stream).take(MOST).read_line(&mut line).await.is_err() {
            return;
        }
        let response = match serde_json::from_str(&line) {
            Ok(request) => self.handle(request).await.unwrap_or_else(|no| no),
            Err(error) => Response::Refused(format!("not a request: {error}")),
        };
        // It may hold an answer, for its owner.
        let mut line = Zeroizing::new(serde_json::to_vec(&response).unwrap_or_default());
        line.push(b'\n');
        if let Err(error) = stream.write_all(&line).await {
            debug!(%error, "the owner left before the answer");
        }
        if response == Response::Done {
            // After `stop`: held open until the process ends, which is what the owner waits for.
            let _ = stream.read_line(&mut String::new()).await;
        }
    }

    /// Both ends of the result are what is answered; an `Err` is one of the ways to say no.
    async fn handle(&self, request: Request) -> Result<Response, Response> {
        match request {
            Request::Status => Ok(Response::Status(self.status())),
            Request::Computation { id, answers } => self.computation(&id, answers).await,
            Request::Propose(question) => self.propose(*question).await,
            Request::List { most } => self.reports(most).await.map(Response::Reports),
            Request::Show { id } => {
                let id = self.find(&id).await?;
                report(self.node.report(id).await)
            }
            Request::Wait { id } => {
                let id = self.find(&id).await?;
                report(self.node.wait(id).await)
            }
            Request::Inbox => self.queue()?.inbox().await.map(Response::Inbox).map_err(undecided),
            Request::Preview { id } => {
                let preview = self.queue()?.preview(&id).await.map_err(undecided)?;
                Ok(Response::Preview(Box::new(preview)))
            }
            Request::Decide { id, choice } => {
                self.queue()?.decide(&id, choice).await.map_err(undecided)?;
                Ok(Response::Done)
            }
            Request::Always { id, choice, cooldown } => {
                self.queue()?.always(&id, choice, cooldown).await.map_err(undecided)?;
                Ok(Response::Done)
            }
            Request::Reload => {
                self.node.enroll(&self.network()?).await;
                Ok(Response::Done)
            }
            Request::Stop => {
                self.node.tell_to_stop().await;
                Ok(Response::Done)
            }
        }
    }

    fn status(&self) -> NodeStatus {
        NodeStatus {
            name: self.node.name().to_owned(),
            role: self.node.role(),
            id: self.node.id().to_string(),
            pid: std::process::id(),
            address: self.address.clone(),
            trouble: self.node.queue.as_ref().and_then(|queue| queue.trouble()),
        }
    }

    async fn computation(&self, id: &str, answers: u32) -> Result<Response, Response> {
        let id: ComputationId = id.parse().map_err(refused)?;
        let status = self.node.status_with(id, answers).await;
        let names = self.network()?.names();
        Ok(Response::Computation(status.map(|status| {
            Standing {
                status: (&status.standing).into(),
                answers: status.answers,
                waiting_for: status
                    .waiting_for
                    .iter()
                    .map(|id| names.get(id).cloned().unwrap_or_else(|| id.short()))
                    .collect(),
            }
        })))
    }

    async fn propose(&self, question: Question) -> Result<Response, Response> {
        let schema = question.schema.clone();
        let proposal = question.propose(&self.network()?, self.node.id()).map_err(refused)?;
        match self.node.propose(proposal, schema).await {
            // A computation that failed at once is recorded like one that failed later.
            Ok(id) | Err(ProposeError::Failed { id, .. }) => Ok(Response::Proposed(id.to_string())),
            Err(error @ ProposeError::Terms(_)) => Err(refused(error)),
            Err(error) => Err(failed(error)),
        }
    }

    /// Where questions wait; only a light node has one.
    fn queue(&self) -> Result<&consent::Queue, Response> {
        let none = || refused(format!("{} answers no questions", self.node.name()));
        self.node.queue.as_deref().ok_or_else(none)
    }

    async fn reports(&self, most: usize) -> Result<Vec<Report>, Response> {
        self.node.reports(most).await.map_err(failed)
    }

    async fn find(&self, beginning: &str) -> Result<ComputationId, Response> {
        let ids = self.node.ids().await.map_err(failed)?;
        find(ids, beginning).map_err(Response::Refused)
    }

    fn network(&self) -> Result<Network, Response> {
        Network::load(&self.home.network_file()).map_err(failed)
    }
}

fn report<E: Display>(report: Result<Option<Report>, E>) -> Result<Response, Response> {
    let report = report.map_err(failed)?;
    let gone = || Response::Failed("that computation is gone".to_owned());
    Ok(Response::Report(Box::new(report.ok_or_else(gone)?)))
}

/// What is asked of the wrong question, or with rules that are wrong, must be asked differently.
fn undecided(error: ConsentError) -> Response {
    use ConsentError::{Ambiguous, NoId, Rules, Unknown};
    match error {
        Unknown(_) | Ambiguous(_) | NoId | Rules(_) => refused(error),
        _ => failed(error),
    }
}

fn failed(error: impl Display) -> Response {
    Response::Failed(error.to_string())
}

fn refused(error: impl Display) -> Response {
    Response::Refused(error.to_string())
}
