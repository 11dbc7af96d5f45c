//! A transport between nodes of one process, without sockets, for tests.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};

use formix_proto::directory::Role;
use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use tokio::sync::Notify;

use crate::peers::Peers;
use crate::queue::check_length;
use crate::sync::lock;
use crate::{Limits, Received, SendError, Transport};

/// Connects the transports of one process.
#[derive(Clone, Default)]
pub struct Hub(Arc<Room>);

#[derive(Default)]
struct Room {
    limits: Limits,
    members: Mutex<BTreeMap<NodeId, Arc<Member>>>,
}

/// A transport to the other members of its [`Hub`].
pub struct MemoryTransport {
    hub: Hub,
    me: Arc<Member>,
}

struct Member {
    id: NodeId,
    role: Role,
    peers: Mutex<Arc<Peers>>,
    inbox: Mutex<Inbox>,
    arrived: Notify,
}

#[derive(Default)]
struct Inbox {
    frames: VecDeque<Received>,
    held: BTreeMap<NodeId, Held>,
    closed: bool,
}

/// The frames of one sender in an inbox.
#[derive(Default)]
struct Held {
    frames: usize,
    bytes: usize,
}

impl Hub {
    /// A hub whose members apply these limits to the frames of each sender.
    pub fn with_limits(limits: Limits) -> Self {
        Self(Arc::new(Room { limits, members: Mutex::default() }))
    }

    /// Adds a node. An earlier node with the same id is closed: the newest wins.
    pub fn join(&self, id: NodeId, role: Role, peers: Arc<Peers>) -> MemoryTransport {
        let (peers, inbox, arrived) = (Mutex::new(peers), Mutex::default(), Notify::new());
        let me = Arc::new(Member { id, role, peers, inbox, arrived });
        if let Some(older) = lock(&self.0.members).insert(id, me.clone()) {
            older.close();
        }
        MemoryTransport { hub: self.clone(), me }
    }

    fn member(&self, id: NodeId) -> Option<Arc<Member>> {
        lock(&self.0.members).get(&id).cloned()
    }

    fn leave(&self, member: &Arc<Member>) {
        let mut members = lock(&self.0.members);
        if members.get(&member.id).is_some_and(|current| Arc::ptr_eq(current, member)) {
            members.remove(&member.id);
        }
    }
}

impl MemoryTransport {
    fn leave(&self) {
        self.hub.leave(&self.me);
        self.me.close();
    }
}

impl Transport for MemoryTransport {
    fn id(&self) -> NodeId {
        self.me.id
    }

    fn send(&self, to: NodeId, frame: Frame) -> Result<(), SendError> {
        check_length(&frame)?;
        if lock(&self.me.inbox).closed {
            return Err(SendError::Closed);
        }
        if to == self.me.id || !self.me.knows(to) {
            return Err(SendError::UnknownPeer);
        }
        let other = self.hub.member(to).filter(|other| other.meets(&self.me));
        let other = other.ok_or(SendError::Unreachable)?;
        other.put(Received { from: self.me.id, frame }, &self.hub.0.limits)
    }

    fn receive(&self) -> impl Future<Output = Option<Received>> + Send {
        self.me.next()
    }

    fn set_peers(&self, peers: Arc<Peers>) {
        *lock(&self.me.peers) = peers;
    }

    fn disconnect(&self, peer: NodeId) {
        lock(&self.me.inbox).discard(peer);
        if let Some(other) = self.hub.member(peer) {
            lock(&other.inbox).discard(self.me.id);
        }
    }

    fn connected(&self) -> Vec<NodeId> {
        let members = lock(&self.hub.0.members);
        members.values().filter(|other| other.meets(&self.me)).map(|other| other.id).collect()
    }

    async fn close(&self) {
        self.leave();
    }
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Member {
    fn knows(&self, other: NodeId) -> bool {
        lock(&self.peers).get(&other).is_some()
    }

    /// Whether each has enrolled the other, and one of them can be dialled.
    fn meets(&self, other: &Self) -> bool {
        let listens = self.role == Role::Heavy || other.role == Role::Heavy;
        self.id != other.id && listens && self.knows(other.id) && other.knows(self.id)
    }

    fn put(&self, received: Received, limits: &Limits) -> Result<(), SendError> {
        lock(&self.inbox).put(received, limits)?;
        self.arrived.notify_one();
        Ok(())
    }

    async fn next(&self) -> Option<Received> {
        loop {
            match lock(&self.inbox).take() {
                Some(Some(received)) if !self.knows(received.from) => continue,
                Some(next) => return next,
                None => {}
            }
            self.arrived.notified().await;
        }
    }

    fn close(&self) {
        lock(&self.inbox).closed = true;
        self.arrived.notify_one();
    }
}

impl Inbox {
    fn put(&mut self, received: Received, limits: &Limits) -> Result<(), SendError> {
        if self.closed {
            return Err(SendError::Unreachable);
        }
        let len = received.frame.as_ref().len();
        let held = self.held.entry(received.from).or_default();
        if held.frames >= limits.queued_frames || held.bytes + len > limits.queued_bytes {
            return Err(SendError::QueueFull);
        }
        held.frames += 1;
        held.bytes += len;
        self.frames.push_back(received);
        Ok(())
    }

    /// `None`: no frame yet. `Some(None)`: no frame ever again.
    fn take(&mut self) -> Option<Option<Received>> {
        let next = self.frames.pop_front();
        if let Some(received) = &next
            && let Some(held) = self.held.get_mut(&received.from)
        {
            held.frames -= 1;
            held.bytes -= received.frame.as_ref().len();
        }
        (next.is_some() || self.closed).then_some(next)
    }

    fn discard(&mut self, from: NodeId) {
        self.frames.retain(|received| received.from != from);
        self.held.remove(&from);
    }
}
