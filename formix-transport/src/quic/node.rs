//! The state that the tasks of one transport share.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use quinn::{ConnectError, Connection, Endpoint, SendStream, Side};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use super::backoff::Backoff;
use super::close::{Close, End};
use super::connection::Session;
use super::framing::{Reader, within};
use super::inbound::Inbound;
use super::links::Links;
use super::tls::{Enrolled, SERVER_NAME};
use super::{Counts, QuicConfig, StartError, endpoint, hello};
use crate::identity::Identity;
use crate::peers::Peers;
use crate::sync::lock;
use crate::{Limits, Received, SendError};

/// Why there is no connection to a peer.
#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error(transparent)]
    Tls(#[from] StartError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    End(#[from] End),
}

pub(super) struct Node {
    pub(super) identity: Identity,
    pub(super) limits: Limits,
    pub(super) endpoint: Endpoint,
    inbound: Inbound,
    pub(super) enrolled: Enrolled,
    links: Mutex<Links>,
    tasks: Mutex<JoinSet<()>>,
    runtime: Handle,
    refused: AtomicU64,
    violations: AtomicU64,
}

impl Node {
    pub(super) fn new(
        config: QuicConfig,
        endpoint: Endpoint,
        enrolled: Enrolled,
        runtime: Handle,
    ) -> Self {
        let QuicConfig { identity, role, limits, .. } = config;
        Self {
            inbound: Inbound::new(&limits),
            links: Mutex::new(Links::new(identity.id(), role, limits.clone())),
            tasks: Mutex::default(),
            refused: AtomicU64::new(0),
            violations: AtomicU64::new(0),
            identity,
            limits,
            endpoint,
            enrolled,
            runtime,
        }
    }

    pub(super) fn send(self: &Arc<Self>, to: NodeId, frame: Frame) -> Result<(), SendError> {
        let mut links = self.links();
        links.queue(to, frame)?;
        self.start_dialling(&mut links, to);
        Ok(())
    }

    pub(super) async fn receive(&self) -> Option<Received> {
        loop {
            let received = self.inbound.next().await?;
            if self.enrolled.borrow().get(&received.from).is_some() {
                return Some(received);
            }
        }
    }

    pub(super) fn set_peers(self: &Arc<Self>, peers: Arc<Peers>) {
        let mut links = self.links();
        self.enrolled.send_replace(peers.clone());
        for kept in links.set_peers(peers) {
            self.start_dialling(&mut links, kept);
        }
    }

    /// Spawns a task that ends no later than the transport.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime)
    }

    /// Serves a connection until it ends, unless its hello failed.
    pub(super) async fn serve(
        &self,
        peer: NodeId,
        connection: Connection,
        hello: Result<(SendStream, Reader), End>,
    ) {
        let end = match hello {
            Ok((send, receive)) => self.session(peer, &connection, send, receive).await,
            Err(end) => end,
        };
        match end {
            End::Close(close) if close.is_violation() => {
                self.violations.fetch_add(1, Ordering::Relaxed);
                warn!(peer = %peer.short(), %close, "closed the connection: the peer violated the wire format");
            }
            _ => debug!(peer = %peer.short(), %end, "connection ended"),
        }
        if let End::Close(close) = end {
            connection.close(close.into(), &[]);
        }
    }

    async fn session(
        &self,
        peer: NodeId,
        connection: &Connection,
        send: SendStream,
        receive: Reader,
    ) -> End {
        let queue = match self.links().connected(peer, connection) {
            Ok(queue) => queue,
            Err(close) => return close.into(),
        };
        debug!(peer = %peer.short(), address = %connection.remote_address(), "connected");
        let session = Session {
            peer,
            connection,
            queue,
            inbound: &self.inbound,
            patience: self.limits.frame_timeout,
            stall: self.limits.stall_timeout,
            idle: self.idle(peer, connection.side()),
        };
        let end = session.run(send, receive).await;
        self.links().ended(peer, connection);
        end
    }

    /// Only a dialler on demand closes an idle connection: it knows that it is not needed.
    fn idle(&self, peer: NodeId, side: Side) -> Option<Duration> {
        (side.is_client() && !self.links().is_kept(peer)).then_some(self.limits.idle)
    }

    pub(super) fn disconnect(&self, peer: NodeId) {
        self.links().disconnect(peer, Close::Misbehaved);
    }

    pub(super) fn connected(&self) -> Vec<NodeId> {
        self.links().all_connected()
    }

    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            refused: self.refused.load(Ordering::Relaxed),
            violations: self.violations.load(Ordering::Relaxed),
        }
    }

    /// Waits until queued frames are delivered, then until the peers have closed; both for a bounded time.
    pub(super) async fn close(&self) {
        self.links().close();
        let mut tasks = std::mem::take(&mut *lock(&self.tasks));
        let delivered = async { while tasks.join_next().await.is_some() {} };
        let _ = timeout(self.limits.close_timeout, delivered).await;
        tasks.shutdown().await;
        self.stop();
        let _ = timeout(self.limits.close_timeout, self.endpoint.wait_idle()).await;
    }

    /// Closes everything at once.
    pub(super) fn stop(&self) {
        self.links().close();
        lock(&self.tasks).abort_all();
        self.endpoint.close(Close::Done.into(), &[]);
        self.inbound.close();
    }

    fn start_dialling(self: &Arc<Self>, links: &mut Links, peer: NodeId) {
        if links.lacks_dialler(peer) {
            let dialler = self.spawn(self.clone().keep_dialling(peer));
            links.set_dialler(peer, dialler);
        }
    }

    /// Connects to a peer, again and again, for as long as there is a reason to.
    async fn keep_dialling(self: Arc<Self>, peer: NodeId) {
        let mut backoff = Backoff::new(&self.limits);
        let mut wait = Duration::ZERO;
        loop {
            let Some(address) = self.links().next_dial(peer) else { return };
            sleep(wait).await;
            match self.dial(peer, address).await {
                Ok(held) => backoff.connected(held),
                Err(error) => debug!(peer = %peer.short(), %address, %error, "cannot connect"),
            }
            wait = backoff.wait();
        }
    }

    /// Connects and serves the connection until it ends; returns how long it lasted.
    async fn dial(&self, peer: NodeId, address: SocketAddr) -> Result<Duration, DialError> {
        let patience = self.limits.handshake_timeout;
        let config = endpoint::client(&self.identity, peer, &self.limits)?;
        let connecting = self.endpoint.connect_with(config, address, SERVER_NAME)?;
        let connection = within(patience, async { Ok(connecting.await?) }).await?;
        let connected = Instant::now();
        let hello = within(patience, hello::dialler(&connection, self.limits.frame_timeout)).await;
        self.serve(peer, connection, hello).await;
        Ok(connected.elapsed())
    }

    fn links(&self) -> MutexGuard<'_, Links> {
        lock(&self.links)
    }
}
