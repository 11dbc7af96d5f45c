//! One node as a task: its key, its log, its transport and its machine, put together and taken apart.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::id::NodeId;
use formix_proto::machine::{BatchSeq, RecoverError};
use formix_proto::node::{Config, Node};
use formix_transport::Limits;
use formix_transport::identity::Identity;
use formix_transport::quic::{QuicConfig, QuicTransport, StartError};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;
use tracing::Instrument;

use crate::clock::now;
use crate::coins::Coins;
use crate::config::Network;
use crate::consent::{Consent, DecisionLogError, Decisions, Queue, SharedEnrolled};
use crate::database::DatabaseError;
use crate::handle::NodeHandle;
use crate::history;
use crate::home::{HomeError, NodeHome};
use crate::key::{self, KeyError};
use crate::owner::Owner;
use crate::request::Request;
use crate::responder::Responder;
use crate::shell::{Ports, Shell};

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
    /// Who decides what it answers.
    pub consent: Consent,
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
    /// Its file cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// What was decided before cannot be looked up.
    #[error(transparent)]
    Consent(#[from] DecisionLogError),
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
            limits: Limits::of(setup.role),
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
        let (log, history, opened) = history::open(&database, id)?;
        let config = Config {
            id,
            role: setup.role,
            policy: network.policy.policy(),
            directory: network.directory(),
        };
        let coins = Coins::new().map_err(NodeError::Randomness)?;
        let node = Node::recover_with(config, coins, now(), opened.records)
            .map_err(|error| NodeError::Recover { path: database, error })?;
        transport.set_peers(network.peers());
        let (requests, inbox) = mpsc::channel(256);
        let (events, _) = broadcast::channel(1_024);
        let enrolled = Arc::new(RwLock::new(network.enrolled()));
        let queue = queue(setup.responder, setup.consent, &setup.home, &enrolled, &requests)?;
        let handle = NodeHandle {
            id,
            name: setup.name.into(),
            role: setup.role,
            requests: requests.clone(),
            events: events.clone(),
            history: history.clone(),
            enrolled,
            queue: queue.clone(),
            patience: network.policy.prepare_within + Duration::from_secs(2),
            bound: network.policy.policy().bound(),
            started: now(),
        };
        let ports = Ports {
            log,
            words: history.words(),
            transport: Arc::new(transport),
            events,
            owner: Owner::new(queue, requests),
            issued: BatchSeq::default(),
            durable: BatchSeq::default(),
            faults: BTreeMap::new(),
        };
        let span = tracing::info_span!("node", name = &*handle.name);
        let shell = span.in_scope(|| Shell::start(node, ports, inbox, opened.acknowledgements));
        let task = tokio::spawn(shell.run().instrument(span));
        Ok(RunningNode { handle, task })
    }
}

/// Where the owner's questions are decided and answered, if there is a way to answer them.
fn queue(
    responder: Option<Box<dyn Responder>>,
    consent: Consent,
    home: &NodeHome,
    enrolled: &SharedEnrolled,
    requests: &mpsc::Sender<Request>,
) -> Result<Option<Arc<Queue>>, DecisionLogError> {
    let Some(responder) = responder else { return Ok(None) };
    let decisions = match consent {
        Consent::Everything => None,
        Consent::Owner { made_up } => Some(Decisions::open(home, made_up, Arc::clone(enrolled))?),
    };
    Ok(Some(Arc::new(Queue::new(responder, decisions, requests.clone()))))
}

/// A node that runs as a task.
pub struct RunningNode {
    handle: NodeHandle,
    task: JoinHandle<Result<(), DatabaseError>>,
}

impl RunningNode {
    /// What others use it through.
    pub fn handle(&self) -> &NodeHandle {
        &self.handle
    }

    /// Waits until it has stopped, of itself or because it was told to.
    pub async fn stopped(&mut self) -> Result<(), DatabaseError> {
        match (&mut self.task).await {
            Ok(outcome) => outcome,
            Err(defect) if defect.is_panic() => std::panic::resume_unwind(defect.into_panic()),
            Err(_aborted) => Ok(()),
        }
    }

    /// Lets it finish what is under way, and waits until it has stopped.
    pub async fn stop(mut self) -> Result<(), DatabaseError> {
        self.handle.tell_to_stop().await;
        self.stopped().await
    }
}

impl Drop for RunningNode {
    fn drop(&mut self) {
        self.task.abort();
    }
}
