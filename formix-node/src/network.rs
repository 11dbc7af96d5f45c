//! A whole network in one process: real QUIC on loopback, real files, one task a node.

mod builder;
mod proposing;
mod quick;

use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::id::ComputationId;
use formix_proto::machine::Event;
use serde::Serialize;
use tokio::sync::broadcast;

pub use builder::NetworkBuilder;
pub use proposing::Proposing;
pub use quick::{quick_computation, quick_network};

use crate::config::{ConfigError, Member, Network, check_name};
use crate::consent::Consent;
use crate::database::DatabaseError;
use crate::handle::{NodeHandle, ProposeError};
use crate::home::{Home, HomeError, HomeLock, Scratch};
use crate::node::{BoundNode, NodeError, RunningNode, Setup};
use crate::question::{Question, QuestionError};
use crate::report::Report;
use crate::responder::{Responder, ResponderConfig, ResponderError};

/// How many computations [`FormixNetwork::list`] shows.
const NEWEST: usize = 20;

/// A network of nodes in this process.
///
/// Its light nodes answer every question: who runs the process has all their data anyhow.
///
/// Its files are in a temporary directory that goes with it, unless
/// [`home`](NetworkBuilder::home) names a place for them: those are never erased.
pub struct FormixNetwork {
    /// In the order in which they joined; the first is the analyst.
    nodes: Mutex<Vec<RunningNode>>,
    network: tokio::sync::Mutex<Network>,
    home: Home,
    /// Dropped last, in this order: the lock, then the directory it is in.
    _lock: HomeLock,
    _scratch: Option<Scratch>,
}

/// Why a network cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Its home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Its configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A node cannot start.
    #[error("node {name}: {error}")]
    Node {
        /// Which node.
        name: String,
        /// Why.
        error: NodeError,
    },
    /// A light node has no way to answer.
    #[error("node {name}: {error}")]
    Responder {
        /// Which node.
        name: String,
        /// Why.
        error: ResponderError,
    },
    /// The question cannot be put.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The question was not accepted.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// A node's file fails.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// No such computation.
    #[error("no computation {0} was proposed here")]
    NoComputation(ComputationId),
    /// A wait that was given an end.
    #[error("computation {} has not ended within {}", .0.short(), humantime::format_duration(*.1))]
    TimedOut(ComputationId, Duration),
}

/// What a network is, at a glance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkStatus {
    /// Nodes that hold shares.
    pub heavy_nodes: usize,
    /// Nodes that answer.
    pub light_nodes: usize,
    /// Nodes that only ask.
    pub proposers: usize,
    /// Nodes that run now.
    pub running: usize,
    /// Whether sums over fewer than three participants are revealed: for tests only.
    pub reveals_below_three: bool,
}

impl FormixNetwork {
    /// Describes a network before it starts.
    pub fn builder() -> NetworkBuilder {
        NetworkBuilder::default()
    }

    /// Starts a question; [`send`](Proposing::send) asks it.
    pub fn propose(&self, prompt: impl Into<String>) -> Proposing<'_> {
        self.put(Question::new(prompt))
    }

    /// Puts a question that is written down already.
    pub fn put(&self, question: Question) -> Proposing<'_> {
        Proposing::new(self, question)
    }

    /// Waits until a computation has ended, or its end is [unknown](Report::is_unknown).
    pub async fn wait(&self, id: ComputationId) -> Result<Report, NetworkError> {
        let node = self.proposer_of(id).await?;
        node.wait(id).await?.ok_or(NetworkError::NoComputation(id))
    }

    /// Waits until a computation has ended, so long at most.
    pub async fn wait_within(
        &self,
        id: ComputationId,
        patience: Duration,
    ) -> Result<Report, NetworkError> {
        let waited = tokio::time::timeout(patience, self.wait(id)).await;
        waited.unwrap_or(Err(NetworkError::TimedOut(id, patience)))
    }

    /// A computation as it stands, and whom it waits for.
    pub async fn status(&self, id: ComputationId) -> Result<Report, NetworkError> {
        let node = self.proposer_of(id).await?;
        node.report(id).await?.ok_or(NetworkError::NoComputation(id))
    }

    /// The twenty newest computations, without their
    /// [`summary`](crate::history::ComputationRow::summary): [`status`](Self::status) has it.
    pub async fn list(&self) -> Result<Vec<Report>, NetworkError> {
        let mut all = Vec::new();
        for node in self.handles() {
            all.extend(node.reports(NEWEST).await?);
        }
        all.sort_by_key(|report| std::cmp::Reverse(report.row.created_at));
        all.truncate(NEWEST);
        Ok(all)
    }

    /// What the network is, at a glance.
    pub async fn network_status(&self) -> NetworkStatus {
        let network = self.network.lock().await;
        let count = |role| network.with_role(role).count();
        NetworkStatus {
            heavy_nodes: count(Role::Heavy),
            light_nodes: count(Role::Light),
            proposers: count(Role::Proposer),
            running: self.handles().iter().filter(|node| node.is_running()).count(),
            reveals_below_three: network.policy.min_participants < 3,
        }
    }

    /// Adds a heavy node, a proposer, or a light node with a random answer, and says what it is called.
    pub async fn add_node(&self, role: Role) -> Result<String, NetworkError> {
        let responder = (role == Role::Light).then_some(ResponderConfig::Random {});
        self.add(role, |home, name| bind(home, name, role, responder.as_ref())).await
    }

    /// Adds a light node that answers in this way, and says what it is called.
    pub async fn add_light(&self, responder: ResponderConfig) -> Result<String, NetworkError> {
        self.add(Role::Light, |home, name| bind(home, name, Role::Light, Some(&responder))).await
    }

    /// Adds a light node whose answers this program finds itself, and says what it is called.
    pub async fn add_responder(&self, responder: impl Responder) -> Result<String, NetworkError> {
        let responder = Some(Box::new(responder) as Box<dyn Responder>);
        self.add(Role::Light, |home, name| bind_with(home, name, Role::Light, responder)).await
    }

    async fn add(
        &self,
        role: Role,
        bind: impl FnOnce(&Home, &str) -> Result<BoundNode, NetworkError>,
    ) -> Result<String, NetworkError> {
        let mut network = self.network.lock().await;
        let name = builder::next_name(&network, role);
        let bound = bind(&self.home, &name)?;
        let mut grown = network.clone();
        grown.nodes.push(member(&bound));
        // Enrolled only once it runs: who is enrolled is waited for.
        let node = launch(bound, &grown)?;
        grown.save(&self.home.network_file())?;
        for node in self.handles() {
            node.enroll(&grown).await;
        }
        self.running().push(node);
        *network = grown;
        Ok(name)
    }

    /// The running node of that name.
    pub fn node(&self, name: &str) -> Option<NodeHandle> {
        self.handles().into_iter().find(|node| node.name() == name)
    }

    /// What happens from now on at all nodes that there are now, with the node's name. Carries no secret.
    pub fn events(&self) -> Vec<(String, broadcast::Receiver<Event>)> {
        self.handles().iter().map(|node| (node.name().to_owned(), node.events())).collect()
    }

    /// Where the network's files are.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Lets every node finish what is under way, and stops it.
    pub async fn shutdown(self) -> Result<(), NetworkError> {
        let nodes = std::mem::take(&mut *self.running());
        for node in &nodes {
            node.handle().tell_to_stop().await;
        }
        let mut outcome = Ok(());
        for node in nodes {
            outcome = outcome.and(node.stop().await);
        }
        Ok(outcome?)
    }

    async fn proposer_of(&self, id: ComputationId) -> Result<NodeHandle, NetworkError> {
        for node in self.handles() {
            if node.has_proposed(id).await? {
                return Ok(node);
            }
        }
        Err(NetworkError::NoComputation(id))
    }

    fn handles(&self) -> Vec<NodeHandle> {
        self.running().iter().map(|node| node.handle().clone()).collect()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Vec<RunningNode>> {
        self.nodes.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn bind(
    home: &Home,
    name: &str,
    role: Role,
    responder: Option<&ResponderConfig>,
) -> Result<BoundNode, NetworkError> {
    check_name(name).map_err(|what| what.of(&home.network_file()))?;
    let responder = responder.map(|config| config.build(home.node(name).path())).transpose();
    let responder =
        responder.map_err(|error| NetworkError::Responder { name: name.to_owned(), error })?;
    bind_with(home, name, role, responder)
}

fn bind_with(
    home: &Home,
    name: &str,
    role: Role,
    responder: Option<Box<dyn Responder>>,
) -> Result<BoundNode, NetworkError> {
    let place = home.node(name);
    let listen = (role == Role::Heavy).then(|| std::net::SocketAddr::from(([127, 0, 0, 1], 0)));
    let consent = Consent::Everything;
    let setup = Setup { name: name.to_owned(), role, home: place, listen, responder, consent };
    BoundNode::bind(setup).map_err(|error| NetworkError::Node { name: name.to_owned(), error })
}

fn launch(bound: BoundNode, network: &Network) -> Result<RunningNode, NetworkError> {
    let name = bound.name_and_role().0.to_owned();
    bound.launch(network).map_err(|error| NetworkError::Node { name, error })
}

fn member(bound: &BoundNode) -> Member {
    let (name, role) = bound.name_and_role();
    Member { name: name.to_owned(), role, id: bound.id(), address: bound.address() }
}
