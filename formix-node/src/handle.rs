//! The owner's way to a running node.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::Event;
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::spec::{Proposal, SpecError};
use formix_proto::status::Status;
use formix_proto::time::Time;
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::clock::{now, passed};
use crate::config::{Enrolled, Network};
use crate::consent::Queue;
use crate::database::DatabaseError;
use crate::history::{ComputationRow, History};
use crate::report::Report;
use crate::request::Request;
use formix_proto::statistic::Schema;

/// Why a question was not asked, or has failed at once.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// Its terms are refused here.
    #[error(transparent)]
    Terms(#[from] SpecError),
    /// The committee did not take it.
    #[error("{failure}")]
    Failed {
        /// The computation, which is recorded as failed.
        id: ComputationId,
        /// Why.
        failure: Failure,
    },
    /// The node itself refuses it. Nothing is recorded and nobody was asked.
    #[error("the question was not asked: {0}")]
    NotAsked(Failure),
    /// The node's file cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The node has stopped.
    #[error("the node has stopped")]
    Stopped,
}

/// The owner's way to a running node. Cheap to clone.
#[derive(Clone)]
pub struct NodeHandle {
    pub(crate) id: NodeId,
    pub(crate) name: Arc<str>,
    pub(crate) role: Role,
    pub(crate) requests: mpsc::Sender<Request>,
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) history: History,
    pub(crate) enrolled: Arc<RwLock<Enrolled>>,
    pub(crate) queue: Option<Arc<Queue>>,
    pub(crate) patience: Duration,
    /// How long after its deadline a computation has ended at every heavy node that runs.
    pub(crate) bound: Duration,
    pub(crate) started: Time,
}

impl NodeHandle {
    /// The digest of its public key.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is enrolled as.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        !self.requests.is_closed()
    }

    /// What happens at it from now on. Carries no secret.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Asks a question, and waits until the committee collects answers.
    ///
    /// While the committee cannot be reached it waits no longer than that may take, and then
    /// returns the id all the same: the node goes on asking. The question is recorded in the analyst's
    /// `words`, which never leave this node.
    pub async fn propose(
        &self,
        proposal: Proposal,
        words: Schema,
    ) -> Result<ComputationId, ProposeError> {
        let id = proposal.id();
        let mut events = self.events();
        self.request(Request::Propose(Box::new(proposal), Box::new(words))).await;
        let opened = async {
            loop {
                match self.next(&mut events).await {
                    Ok(Event::Rejected { id: of, error }) if of == id => return Err(error.into()),
                    Ok(Event::Progress { id: of, stage }) if of == id && stage > Stage::Pending => {
                        return Ok(id);
                    }
                    Ok(Event::Ended { id: of, outcome }) if of == id => {
                        return match outcome {
                            Outcome::Completed(_) => Ok(id),
                            Outcome::Failed(failure) if self.has_proposed(id).await? => {
                                Err(ProposeError::Failed { id, failure })
                            }
                            Outcome::Failed(failure) => Err(ProposeError::NotAsked(failure)),
                        };
                    }
                    Ok(_) => {}
                    Err(broadcast::error::RecvError::Lagged(_)) => return Ok(id),
                    Err(broadcast::error::RecvError::Closed) => return Err(ProposeError::Stopped),
                }
            }
        };
        tokio::time::timeout(self.patience, opened).await.unwrap_or(Ok(id))
    }

    /// Waits until a computation has ended, or its end is [unknown](Report::is_unknown); `None` if this node did not
    /// propose it.
    pub async fn wait(&self, id: ComputationId) -> Result<Option<Report>, DatabaseError> {
        let mut events = self.events();
        loop {
            let report = self.report(id).await?;
            let deadline = match &report {
                Some(report) if report.is_under_way() && self.is_running() => {
                    report.row.proposal.spec.deadline
                }
                _ => return Ok(report),
            };
            tokio::select! {
                () = self.ended(id, &mut events) => {}
                () = passed(self.unknown_from(deadline)) => {}
            }
        }
    }

    /// Waits until a computation ends, or events have been missed.
    async fn ended(&self, id: ComputationId, events: &mut broadcast::Receiver<Event>) {
        loop {
            match self.next(events).await {
                Ok(Event::Ended { id: of, .. }) if of == id => return,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// When every heavy node that runs has ended a computation with this deadline, and said so to this node: the
    /// bound of R8.
    fn unknown_from(&self, deadline: Time) -> Time {
        deadline.max(self.started) + self.bound
    }

    /// A computation as it stands; `None` if this node did not propose it.
    pub async fn report(&self, id: ComputationId) -> Result<Option<Report>, DatabaseError> {
        match self.history.computation(id).await? {
            Some(row) => Ok(Some(self.with_status(row).await)),
            None => Ok(None),
        }
    }

    /// Whether this node proposed a computation.
    pub async fn has_proposed(&self, id: ComputationId) -> Result<bool, DatabaseError> {
        Ok(self.history.row(id).await?.is_some())
    }

    /// The newest `most` computations that this node proposed, without their
    /// [`summary`](ComputationRow::summary).
    pub async fn reports(&self, most: usize) -> Result<Vec<Report>, DatabaseError> {
        let mut reports = Vec::new();
        for row in self.history.newest(most).await? {
            reports.push(self.with_status(row).await);
        }
        Ok(reports)
    }

    /// The ids of all computations that this node proposed, newest first.
    pub async fn ids(&self) -> Result<Vec<ComputationId>, DatabaseError> {
        self.history.ids().await
    }

    /// Adds what the machine knows to what is recorded of a computation that has not ended.
    async fn with_status(&self, row: ComputationRow) -> Report {
        let report = Report::recorded(row);
        if report.has_ended() {
            return report;
        }
        let is_unknown = now() >= self.unknown_from(report.row.proposal.spec.deadline);
        let report = Report { is_unknown, ..report };
        let Some(status) = self.status(report.row.comp_id).await else { return report };
        let connected = self.connected().await;
        let enrolled = self.enrolled.read().unwrap_or_else(PoisonError::into_inner);
        let name = |id: &NodeId| enrolled.names.get(id).cloned().unwrap_or_else(|| id.short());
        let names = |whom: &dyn Fn(&NodeId) -> bool| {
            status.waiting_for.iter().filter(|id| whom(id)).map(name).collect()
        };
        let waiting_for = names(&|_| true);
        let unreachable = names(&|id| *id != self.id && !connected.contains(id));
        Report { waiting_for, unreachable, ..report.with_standing(&status.standing) }
    }

    /// The nodes that it is connected to.
    async fn connected(&self) -> Vec<NodeId> {
        let (reply, answer) = oneshot::channel();
        self.request(Request::Connected(reply)).await;
        answer.await.unwrap_or_default()
    }

    /// What the machine knows of a computation, whatever its part in it.
    pub async fn status(&self, id: ComputationId) -> Option<Status> {
        let (reply, answer) = oneshot::channel();
        self.request(Request::Status(id, reply)).await;
        answer.await.ok().flatten()
    }

    /// The same, once the node holds so many answers or the computation is over.
    pub async fn status_with(&self, id: ComputationId, answers: u32) -> Option<Status> {
        let mut events = self.events();
        loop {
            match self.status(id).await {
                Some(status) if status.is_open() && status.answers < Some(answers) => {}
                enough_or_unknown => return enough_or_unknown,
            }
            if let Err(broadcast::error::RecvError::Closed) = self.next(&mut events).await {
                return None;
            }
        }
    }

    /// The network is now this one.
    pub async fn enroll(&self, network: &Network) {
        *self.enrolled.write().unwrap_or_else(PoisonError::into_inner) = network.enrolled();
        self.request(Request::Enroll(network.directory(), network.peers())).await;
    }

    /// Lets it finish what is under way and stop.
    pub async fn tell_to_stop(&self) {
        self.request(Request::Stop).await;
    }

    /// The next event; `Closed` once the node has stopped, too.
    async fn next(
        &self,
        events: &mut broadcast::Receiver<Event>,
    ) -> Result<Event, broadcast::error::RecvError> {
        tokio::select! {
            biased;
            event = events.recv() => event,
            () = self.requests.closed() => Err(broadcast::error::RecvError::Closed),
        }
    }

    /// A node that has stopped takes nothing; callers see that from what does not come back.
    async fn request(&self, request: Request) {
        let _ = self.requests.send(request).await;
    }
}
