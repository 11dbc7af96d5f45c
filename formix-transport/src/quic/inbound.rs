//! Received frames that wait for the node: bounded, and shared fairly between peers, because a full
//! channel and an exhausted semaphore serve their waiters in turn.

use std::sync::Arc;

use formix_proto::limits::MAX_FRAME;
use tokio::select;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use super::close::{Close, End};
use crate::{Limits, Received};

/// The memory that a large frame takes until the node receives it.
///
/// It grows as bytes come, so that a peer that announces much and sends little holds little. Frames that have all
/// begun and for none of which enough is left would wait for one another; so the memory for one more frame, the
/// longest, is not shared: one frame at a time may have all of it.
pub(super) struct Room {
    shared: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    spare: Arc<Semaphore>,
    whole: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// Waits until there is memory for so many bytes more.
    pub(super) async fn grow(&mut self, bytes: usize) -> Result<(), End> {
        if self.whole.is_some() {
            return Ok(());
        }
        let bytes = u32::try_from(bytes).map_err(|_| Close::BadLength)?;
        select! {
            biased;
            Ok(more) = self.shared.clone().acquire_many_owned(bytes) => match &mut self.taken {
                Some(taken) => taken.merge(more),
                taken => *taken = Some(more),
            },
            Ok(whole) = self.spare.clone().acquire_owned() => self.whole = Some(whole),
            else => return Err(Close::Done.into()),
        }
        Ok(())
    }
}

pub(super) struct Inbound {
    entrance: mpsc::Sender<(Received, Option<Room>)>,
    exit: Mutex<mpsc::Receiver<(Received, Option<Room>)>>,
    shared: Arc<Semaphore>,
    spare: Arc<Semaphore>,
    closed: watch::Sender<bool>,
}

impl Inbound {
    pub(super) fn new(limits: &Limits) -> Self {
        let (entrance, exit) = mpsc::channel(limits.inbound_frames.max(1));
        let shared = (limits.inbound_large_bytes as usize).saturating_sub(MAX_FRAME);
        Self {
            entrance,
            exit: Mutex::new(exit),
            shared: Arc::new(Semaphore::new(shared)),
            spare: Arc::new(Semaphore::new(1)),
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

    /// Room for a large frame, of which nothing has come.
    pub(super) fn room(&self) -> Room {
        let (shared, spare) = (self.shared.clone(), self.spare.clone());
        Room { shared, taken: None, spare, whole: None }
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
