//! One node as a process, from its configuration to a clean stop.

use std::path::PathBuf;

use formix_proto::directory::Role;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::info;

use crate::config::{ConfigError, Network, NodeConfig};
use crate::consent::Consent;
use crate::control::Server;
use crate::home::{Home, HomeError};
use crate::node::{BoundNode, NodeError, Setup};
use crate::responder::{ResponderConfig, ResponderError};

/// Why a node process ends with an error.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// Its configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its home cannot be used.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It cannot start, or cannot continue.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// Its responder cannot be used.
    #[error("{}: {error}", path.display())]
    Responder {
        /// The node's configuration.
        path: PathBuf,
        /// What is wrong with its responder.
        error: ResponderError,
    },
    /// The network enrols another key under the node's name.
    #[error("{} enrols another key for `{name}` than the one in {}: restore the node's key, or enrol the new one", network.display(), key.display())]
    Key {
        /// The node.
        name: String,
        /// The file that enrols it.
        network: PathBuf,
        /// The file of the node's key.
        key: PathBuf,
    },
    /// The operating system delivers no signals.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
}

/// Runs the node with that name until its owner, SIGINT or SIGTERM stops it. Then it finishes what is
/// under way.
pub async fn run(home: &Home, name: &str, role: Role) -> Result<(), ProcessError> {
    let mut signals = StopSignals::listen()?;
    home.check_length(name)?;
    let _lock = home.share()?;
    let network = Network::load(&home.network_file())?;
    let enrolled = network.member(name)?;
    let bound = bind(home, name, role)?;
    if bound.id() != enrolled.id {
        return Err(ProcessError::Key {
            name: name.to_owned(),
            network: home.network_file(),
            key: home.node(name).key(),
        });
    }
    let address = bound.address().map(|address| address.to_string());
    let mut node = bound.launch(&network)?;
    let server = Server::open(home, node.handle().clone(), address)?;
    info!(name, "running");
    tokio::select! {
        outcome = node.stopped() => outcome.map_err(NodeError::from)?,
        () = server.serve() => {}
        () = signals.received() => {
            info!(name, "stopping: finishing what is under way");
            node.stop().await.map_err(NodeError::from)?;
        }
    }
    info!(name, "stopped");
    Ok(())
}

fn bind(home: &Home, name: &str, role: Role) -> Result<BoundNode, ProcessError> {
    let place = home.node(name);
    let config = NodeConfig::load(&place.config(), name, role)?;
    let build = |how: ResponderConfig| {
        let path = place.config();
        how.build(place.path()).map_err(|error| ProcessError::Responder { path, error })
    };
    let made_up = matches!(config.responder, Some(ResponderConfig::Random { .. }));
    let (listen, consent) = (config.listen, Consent::Owner { made_up });
    let responder = config.responder.map(build).transpose()?;
    let setup = Setup { name: config.name, role, home: place, listen, responder, consent };
    Ok(BoundNode::bind(setup)?)
}

/// The signals that stop a command: SIGINT and SIGTERM.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// Listens: from now on these signals no longer end the process by themselves.
    pub fn listen() -> Result<Self, ProcessError> {
        let listen = |kind| signal(kind).map_err(ProcessError::Signals);
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for one of them.
    pub async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Listens for a signal to stop, and waits for it.
pub async fn stop_signal() -> Result<(), ProcessError> {
    StopSignals::listen()?.received().await;
    Ok(())
}
