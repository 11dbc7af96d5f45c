//! One node as a process: from its configuration to a clean end.

use std::path::PathBuf;

use formix_proto::directory::Role;
use tokio::signal::unix::{SignalKind, signal};
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
    /// It cannot start, or not go on.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// It has no way to answer.
    #[error("{}: {error}", path.display())]
    Responder {
        /// The node's configuration.
        path: PathBuf,
        /// What is wrong with its responder.
        error: ResponderError,
    },
    /// The node's configuration is another node's.
    #[error("{} says that this is `{name}`, a {role} node: asked for was `{asked}`, a {asked_role} node", path.display())]
    OtherNode {
        /// The configuration.
        path: PathBuf,
        /// Whose it is.
        name: String,
        /// What it is enrolled as.
        role: Role,
        /// Whom the command line names.
        asked: String,
        /// What it is taken for there.
        asked_role: Role,
    },
    /// The network enrols another key under the node's name.
    #[error("{} enrols another key for `{name}` than the one in {}", network.display(), key.display())]
    Key {
        /// Which node.
        name: String,
        /// Who is enrolled.
        network: PathBuf,
        /// The node's key.
        key: PathBuf,
    },
    /// The operating system gives no signals.
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
}

/// Runs the node of that name until it is told to stop: by its owner, by SIGINT or SIGTERM. Then it
/// finishes what is under way.
pub async fn run(home: &Home, name: &str, role: Role) -> Result<(), ProcessError> {
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
        signalled = told_to_end() => {
            signalled?;
            info!(name, "stopping: finishing what is under way");
            node.stop().await.map_err(NodeError::from)?;
        }
    }
    info!(name, "stopped");
    Ok(())
}

fn bind(home: &Home, name: &str, role: Role) -> Result<BoundNode, ProcessError> {
    let place = home.node(name);
    let config = NodeConfig::load(&place.config())?;
    if config.name != name || config.role != role {
        return Err(ProcessError::OtherNode {
            path: place.config(),
            name: config.name,
            role: config.role,
            asked: name.to_owned(),
            asked_role: role,
        });
    }
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

/// Waits for SIGINT or SIGTERM.
pub async fn told_to_end() -> Result<(), ProcessError> {
    let listen = |kind| signal(kind).map_err(ProcessError::Signals);
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}
