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

/// Runs the node with that name until its owner or a signal stops it. Then it finishes what is under way.
pub async fn run(
    home: &Home,
    name: &str,
    role: Role,
    mut signals: StopSignals,
) -> Result<(), ProcessError> {
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
        signal = signals.received() => {
            info!(name, signal, "stopping: finishing what is under way");
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

/// The signals that stop a command: SIGINT, SIGTERM, and SIGHUP of a terminal that closes.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if the command was started with the signal ignored, as `nohup` does.
    hangup: Option<Signal>,
}

impl StopSignals {
    /// Listens: from now on these signals no longer end the process by themselves. SIGUSR1 and SIGUSR2, which
    /// mean nothing here, do not either.
    pub fn listen() -> Result<Self, ProcessError> {
        let listen = |kind| signal(kind).map_err(ProcessError::Signals);
        for ignored in [SignalKind::user_defined1(), SignalKind::user_defined2()] {
            drop(listen(ignored)?);
        }
        let hangup = (!is_ignored(SignalKind::hangup())).then(|| listen(SignalKind::hangup()));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    /// Waits for one of them, and returns its name.
    pub async fn received(&mut self) -> &'static str {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = hangup => "SIGHUP",
        }
    }
}

/// Whether this process was started with a signal ignored: proc_pid_status(5). A listener would undo that.
fn is_ignored(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or_default() >> (kind.as_raw_value() - 1) & 1 == 1
}
