//! A node's connections, queues and diallers by peer, under one lock. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;

use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use quinn::Connection;
use tokio::task::AbortHandle;

use super::close::Close;
use crate::peers::Peers;
use crate::queue::{Queue, check_length};
use crate::{Limits, SendError};

/// One peer: the frames queued for it, its connection, and the task that dials it. A link with
/// neither connection nor task is removed, with its queue.
struct Link {
    queue: Arc<Queue>,
    connection: Option<Connection>,
    dialler: Option<AbortHandle>,
}

pub(super) struct Links {
    me: NodeId,
    role: Role,
    limits: Limits,
    peers: Arc<Peers>,
    kept: BTreeSet<NodeId>,
    links: BTreeMap<NodeId, Link>,
    closed: bool,
}

impl Links {
    pub(super) fn new(me: NodeId, role: Role, limits: Limits) -> Self {
        let (peers, kept, links) = Default::default();
        Self { me, role, limits, peers, kept, links, closed: false }
    }

    /// Queues a frame for a peer that is connected or can be dialled.
    pub(super) fn queue(&mut self, to: NodeId, frame: Frame) -> Result<(), SendError> {
        check_length(&frame)?;
        if self.closed {
            return Err(SendError::Closed);
        }
        if to == self.me || self.peers.get(&to).is_none() {
            return Err(SendError::UnknownPeer);
        }
        if !self.is_connected(to) && self.address(to).is_none() {
            return Err(SendError::Unreachable);
        }
        self.link(to).queue.push(frame)
    }

    /// Whether this peer should be dialled, and no task does so.
    pub(super) fn lacks_dialler(&self, peer: NodeId) -> bool {
        let dialled = self.links.get(&peer).is_some_and(|link| link.dialler.is_some());
        !dialled && !self.closed && !self.is_connected(peer) && self.address(peer).is_some()
    }

    pub(super) fn set_dialler(&mut self, peer: NodeId, dialler: AbortHandle) {
        self.link(peer).dialler = Some(dialler);
    }

    /// The address to dial a peer at; `None` if there is no longer a reason to.
    pub(super) fn next_dial(&mut self, peer: NodeId) -> Option<SocketAddr> {
        let address = self.address(peer);
        let link = self.links.get_mut(&peer)?;
        let wanted = !link.queue.is_empty() || (!self.closed && self.kept.contains(&peer));
        let address = address.filter(|_| wanted);
        if address.is_none() {
            link.dialler = None;
            self.forget_if_unused(peer);
        }
        address
    }

    /// Registers a connection after its hello; it replaces an older one.
    pub(super) fn connected(
        &mut self,
        peer: NodeId,
        connection: &Connection,
    ) -> Result<Arc<Queue>, Close> {
        if self.peers.get(&peer).is_none() {
            return Err(Close::NotEnrolled);
        }
        if self.closed && self.links.get(&peer).is_none_or(|link| link.queue.is_empty()) {
            return Err(Close::Done);
        }
        let link = self.link(peer);
        if let Some(older) = link.connection.replace(connection.clone()) {
            older.close(Close::Replaced.into(), &[]);
        }
        Ok(link.queue.clone())
    }

    /// Removes a connection that has ended.
    pub(super) fn ended(&mut self, peer: NodeId, connection: &Connection) {
        let ended = |current: &mut Connection| current.stable_id() == connection.stable_id();
        if let Some(link) = self.links.get_mut(&peer) {
            link.connection.take_if(ended);
        }
        self.forget_if_unused(peer);
    }

    /// Closes a peer's connection.
    pub(super) fn disconnect(&mut self, peer: NodeId, why: Close) {
        if let Some(connection) = self.links.get_mut(&peer).and_then(|link| link.connection.take())
        {
            connection.close(why.into(), &[]);
        }
        self.forget_if_unused(peer);
    }

    /// Drops the peers that are no longer enrolled; returns those to stay connected to.
    pub(super) fn set_peers(&mut self, peers: Arc<Peers>) -> Vec<NodeId> {
        self.kept = peers.kept(self.me, self.role);
        self.peers = peers;
        let gone = |peer: &&NodeId| self.peers.get(peer).is_none();
        let gone: Vec<_> = self.links.keys().filter(gone).copied().collect();
        for gone in gone {
            self.disconnect(gone, Close::NotEnrolled);
            self.stop_dialling(gone);
        }
        self.kept.iter().copied().collect()
    }

    /// Refuses new frames, and stops the diallers that have nothing to deliver.
    pub(super) fn close(&mut self) {
        self.closed = true;
        let linked: Vec<_> = self.links.keys().copied().collect();
        for peer in linked {
            let queue = self.link(peer).queue.clone();
            queue.close();
            if queue.is_empty() && !self.is_connected(peer) {
                self.stop_dialling(peer);
            }
        }
    }

    pub(super) fn is_kept(&self, peer: NodeId) -> bool {
        self.kept.contains(&peer)
    }

    pub(super) fn all_connected(&self) -> Vec<NodeId> {
        self.links.keys().copied().filter(|peer| self.is_connected(*peer)).collect()
    }

    fn stop_dialling(&mut self, peer: NodeId) {
        if let Some(dialler) = self.links.get_mut(&peer).and_then(|link| link.dialler.take()) {
            dialler.abort();
        }
        self.forget_if_unused(peer);
    }

    fn address(&self, peer: NodeId) -> Option<SocketAddr> {
        self.peers.dialable(self.me, self.role, peer)
    }

    fn is_connected(&self, peer: NodeId) -> bool {
        self.links.get(&peer).is_some_and(|link| link.connection.is_some())
    }

    fn link(&mut self, peer: NodeId) -> &mut Link {
        let queue = || Arc::new(Queue::new(&self.limits));
        let link = || Link { queue: queue(), connection: None, dialler: None };
        self.links.entry(peer).or_insert_with(link)
    }

    fn forget_if_unused(&mut self, peer: NodeId) {
        let unused = |link: &Link| link.connection.is_none() && link.dialler.is_none();
        if self.links.get(&peer).is_some_and(unused) {
            self.links.remove(&peer);
        }
    }
}
