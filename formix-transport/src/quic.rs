//! QUIC between pinned keys. The wire format is described at the top of this crate.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

mod accept;
mod backoff;
mod close;
mod connection;
mod door;
mod endpoint;
mod framing;
mod hello;
mod inbound;
mod links;
mod node;
mod tls;

pub use close::Close;

use crate::identity::Identity;
use crate::peers::Peers;
use crate::{Limits, Received, SendError, Transport};
use node::Node;

/// The configuration of a QUIC transport.
#[derive(Debug)]
pub struct QuicConfig {
    /// This node's key.
    pub identity: Identity,
    /// The address to listen on; `None` to dial only.
    pub listen: Option<SocketAddr>,
    /// This node's role, which decides which peers it dials.
    pub role: Role,
    /// The enrolled nodes.
    pub peers: Arc<Peers>,
    /// The limits.
    pub limits: Limits,
}

/// Why a transport did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address to listen on is in use, or is not this machine's.
    #[error("cannot listen on {address}: {}", reason(error))]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the operating system reports.
        error: io::Error,
    },
    /// A socket to dial from cannot be opened.
    #[error("cannot open a UDP socket: {}", reason(.0))]
    Dial(io::Error),
    /// TLS refused its configuration.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The cryptographic provider lacks the cipher suite of QUIC's initial packets.
    #[error("cannot set up TLS: the provider lacks AES-128-GCM")]
    InitialSuite,
    /// Not called from within a tokio runtime.
    #[error("start a transport from within a tokio runtime")]
    NoRuntime,
}

/// Counts of what was refused so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Incoming handshakes that failed.
    pub refused: u64,
    /// Connections closed because the peer violated this crate's wire format.
    pub violations: u64,
}

/// A transport over one UDP socket. Dropping it ends its tasks without waiting for delivery; its
/// port is free once it is dropped and its last connections have drained.
pub struct QuicTransport {
    node: Arc<Node>,
    local: SocketAddr,
    listener: Option<AbortHandle>,
}

impl QuicTransport {
    /// Binds the socket, listens if there is an address, and dials the nodes to stay connected to.
    pub fn start(config: QuicConfig) -> Result<Self, StartError> {
        let runtime = Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let peers = config.peers.clone();
        let listens = config.listen.is_some();
        let enrolled = Arc::new(watch::Sender::new(peers.clone()));
        let endpoint = endpoint::bind(&config, enrolled.clone())?;
        let local = endpoint.local_addr().map_err(StartError::Dial)?;
        let node = Arc::new(Node::new(config, endpoint, enrolled, runtime));
        node.set_peers(peers);
        let listener = listens.then(|| node.spawn(accept::accept(node.clone())));
        Ok(Self { node, local, listener })
    }

    /// The address that this transport's socket is bound to.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Counts of what was refused so far.
    pub fn counts(&self) -> Counts {
        self.node.counts()
    }
}

impl Transport for QuicTransport {
    fn id(&self) -> NodeId {
        self.node.identity.id()
    }

    fn send(&self, to: NodeId, frame: Frame) -> Result<(), SendError> {
        self.node.send(to, frame)
    }

    fn receive(&self) -> impl Future<Output = Option<Received>> + Send {
        self.node.receive()
    }

    fn set_peers(&self, peers: Arc<Peers>) {
        self.node.set_peers(peers);
    }

    fn disconnect(&self, peer: NodeId) {
        self.node.disconnect(peer);
    }

    fn connected(&self) -> Vec<NodeId> {
        self.node.connected()
    }

    async fn close(&self) {
        if let Some(listener) = &self.listener {
            listener.abort();
        }
        self.node.close().await;
    }
}

impl Drop for QuicTransport {
    fn drop(&mut self) {
        self.node.stop();
    }
}

/// The reason without the kernel's error number, which the error's own text adds.
fn reason(error: &io::Error) -> io::ErrorKind {
    error.kind()
}
