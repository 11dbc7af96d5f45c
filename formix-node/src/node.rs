//! One node as a task: its key, its log, its transport and its machine, put together and taken apart.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::id::{ComputationId, NodeId};
use formix_proto::machine::{BatchSeq, Command, Event, RecoverError};
use formix_proto::node::{Config, Node};
use formix_proto::outcome::{Failure, Outcome, Stage};
use formix_proto::spec::{Proposal, SpecError};
use formix_proto::status::Status;
use formix_transport::Limits;
use formix_transport::identity::Identity;
use formix_transport::quic::{QuicConfig, QuicTransport, StartError};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::clock::now;
use crate::config::Network;
use crate::home::{HomeError, NodeHome};
use crate::key::{self, KeyError};
use crate::owner::Owner;
use crate::report::Report;
use crate::responder::Responder;
use crate::shell::{Outside, Request, Shell};
use crate::store::{Reader, Store, StoreError};

/// What a node is made of, beside its network.
pub struct Setup {
    /// What people call it.
    pub name: String,
    /// What it is enrolled as.
    pub role: Role,
    /// Where its files are.
    pub home: NodeHome,
    /// Where it listens; heavy nodes only. Port 0 takes any free one.
    pub listen: Option<SocketAddr>,
    /// How it gets its answers; light nodes only.
    pub responder: Option<Box<dyn Responder>>,
}

/// Why a node cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its directory cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// It cannot reach or be reached.
    #[error(transparent)]
    Transport(#[from] StartError),
    /// Its log cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its log is not one that it wrote.
    #[error("{}: {error}", path.display())]
    Recover {
        /// The log.
        path: std::path::PathBuf,
        /// What is wrong with it.
        error: RecoverError,
    },
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
}

/// Why a question was not asked, or has failed at once.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// Its terms are refused here.
    #[error(transparent)]
    Terms(#[from] SpecError),
    /// The committee did not take it.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// The node has stopped.
    #[error("the node has stopped")]
    Stopped,
    /// The operating system gives no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(getrandom::Error),
}

/// A node that can be reached, and does nothing yet: its address is known before its network is.
pub struct BoundNode {
    setup: Setup,
    id: NodeId,
    transport: QuicTransport,
}

impl BoundNode {
    /// Loads or makes the node's key, and binds its socket.
    pub fn bind(setup: Setup) -> Result<Self, NodeError> {
        setup.home.make()?;
        let identity = key::load_or_create(&setup.home.key())?;
        Self::bind_with(setup, identity)
    }

    fn bind_with(setup: Setup, identity: Identity) -> Result<Self, NodeError> {
        let id = identity.id();
        let transport = QuicTransport::start(QuicConfig {
            identity,
            listen: setup.listen,
            role: setup.role,
            peers: Arc::default(),
            limits: Limits::default(),
        })?;
        Ok(Self { setup, id, transport })
    }

    /// The digest of its public key.
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<SocketAddr> {
        self.setup.listen.map(|_| self.transport.local_addr())
    }

    /// What people call it, and what it is enrolled as.
    pub fn name_and_role(&self) -> (&str, Role) {
        (&self.setup.name, self.setup.role)
    }

    /// Opens its log, recovers, and runs it as a task.
    pub fn launch(self, network: &Network) -> Result<RunningNode, NodeError> {
        use formix_transport::Transport;
        let Self { setup, id, transport } = self;
        let database = setup.home.database();
        let (store, opened) = Store::open(&database, id)?;
        let config = Config {
            id,
            role: setup.role,
            policy: network.policy.policy(),
            directory: network.directory(),
        };
        let seed = random()?;
        let node = Node::recover(config, seed, now(), opened.records)
            .map_err(|error| NodeError::Recover { path: database, error })?;
        transport.set_peers(network.peers());
        let (requests, inbox) = mpsc::channel(256);
        let (events, _) = broadcast::channel(1_024);
        let handle = NodeHandle {
            id,
            name: setup.name.into(),
            role: setup.role,
            requests: requests.clone(),
            events: events.clone(),
            reader: store.reader(),
            names: Arc::new(RwLock::new(network.names())),
            patience: network.policy.prepare_within + Duration::from_secs(2),
        };
        let outside = Outside {
            store,
            transport: Arc::new(transport),
            events,
            owner: Owner::new(setup.responder, requests),
            issued: BatchSeq::default(),
            durable: BatchSeq::default(),
        };
        let span = tracing::info_span!("node", name = &*handle.name);
        let shell = span.in_scope(|| Shell::start(node, outside, inbox, opened.acknowledgements));
        let task = tokio::spawn(shell.run().instrument(span));
        Ok(RunningNode { handle, task })
    }
}

/// A node that runs as a task.
pub struct RunningNode {
    handle: NodeHandle,
    task: JoinHandle<Result<(), StoreError>>,
}

impl RunningNode {
    /// What others use it through.
    pub fn handle(&self) -> &NodeHandle {
        &self.handle
    }

    /// Waits until it has stopped, of itself or because it was told to.
    pub async fn stopped(&mut self) -> Result<(), StoreError> {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            // Aborted, or a defect that has been reported on standard error already.
            Err(_) => Ok(()),
        }
    }

    /// Lets it finish what is under way, and waits until it has stopped.
    pub async fn stop(mut self) -> Result<(), StoreError> {
        self.handle.tell_to_stop().await;
        self.stopped().await
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The owner's way to a running node. Cheap to clone.
#[derive(Clone)]
pub struct NodeHandle {
    id: NodeId,
    name: Arc<str>,
    role: Role,
    requests: mpsc::Sender<Request>,
    events: broadcast::Sender<Event>,
    reader: Reader,
    names: Arc<RwLock<BTreeMap<NodeId, String>>>,
    patience: Duration,
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
    /// returns the id all the same: the node goes on asking.
    pub async fn propose(&self, proposal: Proposal) -> Result<ComputationId, ProposeError> {
        let id = proposal.id();
        let mut events = self.events();
        self.request(Request::Command(Command::Propose(Box::new(proposal)))).await;
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
                            Outcome::Failed(failure) => Err(failure.into()),
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

    /// Waits until a computation that this node proposed has ended; `None` if it proposed none such.
    pub async fn wait(&self, id: ComputationId) -> Result<Option<Report>, StoreError> {
        let mut events = self.events();
        loop {
            match self.report(id).await? {
                Some(report) if !report.has_ended() && self.is_running() => {}
                ended_or_unknown => return Ok(ended_or_unknown),
            }
            loop {
                match self.next(&mut events).await {
                    Ok(Event::Ended { id: of, .. }) if of == id => break,
                    Ok(_) => {}
                    Err(_) => break,
                }
            }
        }
    }

    /// A computation that this node proposed, as it stands.
    pub async fn report(&self, id: ComputationId) -> Result<Option<Report>, StoreError> {
        let Some(row) = self.reader.computation(id).await? else { return Ok(None) };
        let mut report = Report::recorded(row);
        if !report.has_ended()
            && let Some(status) = self.status(id).await
        {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            report = report.with_status(&status, &names);
        }
        Ok(Some(report))
    }

    /// The newest computations that this node proposed.
    pub async fn reports(&self, most: usize) -> Result<Vec<Report>, StoreError> {
        Ok(self.reader.computations(most).await?.into_iter().map(Report::recorded).collect())
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
        *self.names.write().unwrap_or_else(PoisonError::into_inner) = network.names();
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

/// A fresh seed for the node's coins.
fn random() -> Result<[u8; 32], NodeError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(NodeError::Randomness)?;
    Ok(seed)
}
