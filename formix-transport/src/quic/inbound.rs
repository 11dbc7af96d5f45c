//! Received frames that wait for the node: bounded, and shared fairly between peers, because a full
//! channel and an exhausted semaphore serve their waiters in turn.

use std::sync::Arc;

use formix_proto::limits::MAX_FRAME;
use tokio::select;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::close::{Close, End};
use crate::{Limits, Received};

/// The memory reserved for a large frame until the node receives it.
pub(super) type Room = OwnedSemaphorePermit;

pub(super) struct Inbound {
    entrance: mpsc::Sender<(Received, Option<Room>)>,
    exit: Mutex<mpsc::Receiver<(Received, Option<Room>)>>,
    room: Arc<Semaphore>,
    closed: watch::Sender<bool>,
}

impl Inbound {
    pub(super) fn new(limits: &Limits) -> Self {
        let (entrance, exit) = mpsc::channel(limits.inbound_frames.max(1));
        // With less than the longest frame, that frame could never be received.
        let room = MAX_FRAME.max(limits.inbound_large_bytes as usize);
        Self {
            entrance,
            exit: Mutex::new(exit),
            room: Arc::new(Semaphore::new(room)),
            closed: watch::Sender::new(false),
        }
    }

    /// Passes on a small frame, when it is this peer's turn.
    pub(super) async fn small(&self, received: Received) -> Result<(), End> {
        self.put(received, None).await
    }

    /// Passes on a large frame, when it is this peer's turn.
    pub(super) async fn large(&self, received: Received, room: Room) -> Result<(), End> {
        self.put(received, Some(room)).await
    }

    /// Waits until there is memory for a large frame, and reserves it.
    pub(super) async fn room(&self, len: usize) -> Result<Room, End> {
        let len = u32::try_from(len).map_err(|_| Close::BadLength)?;
        self.room.clone().acquire_many_owned(len).await.map_err(|_| Close::Done.into())
    }

    /// The next frame; `None` once closed and empty.
    pub(super) async fn next(&self) -> Option<Received> {
        let mut exit = self.exit.lock().await;
        let mut closed = self.closed.subscribe();
        let next = select! {
            biased;
            next = exit.recv() => next,
            _ = closed.wait_for(|closed| *closed) => None,
        };
        next.map(|(received, _)| received)
    }

    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    async fn put(&self, received: Received, room: Option<Room>) -> Result<(), End> {
        self.entrance.send((received, room)).await.map_err(|_| Close::Done.into())
    }
}
