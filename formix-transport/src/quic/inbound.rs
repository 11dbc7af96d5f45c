//! What was received and waits for the node: bounded, and shared fairly, because a full channel
//! and a used-up semaphore serve their waiters in turn.

use std::sync::Arc;

use formix_proto::limits::MAX_FRAME;
use tokio::select;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::close::{Close, End};
use crate::{Limits, Received};

/// The room a large frame takes until it is handed over.
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
        // Less than the longest frame would never let it in.
        let room = MAX_FRAME.max(limits.inbound_large_bytes as usize);
        Self {
            entrance,
            exit: Mutex::new(exit),
            room: Arc::new(Semaphore::new(room)),
            closed: watch::Sender::new(false),
        }
    }

    /// Waits for its turn.
    pub(super) async fn small(&self, received: Received) -> Result<(), End> {
        self.put(received, None).await
    }

    /// Waits for its turn.
    pub(super) async fn large(&self, received: Received, room: Room) -> Result<(), End> {
        self.put(received, Some(room)).await
    }

    /// Waits until there is room for a large frame.
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
