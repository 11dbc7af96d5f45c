//! The frames to send to one peer.

use std::collections::VecDeque;
use std::sync::Mutex;

use formix_proto::frame::Frame;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};
use tokio::sync::Notify;

use crate::sync::lock;
use crate::{Limits, SendError};

/// Two bounded queues, of small and of large frames, that outlive connections.
#[derive(Debug)]
pub(crate) struct Queue {
    queued: Mutex<Queued>,
    small: Notify,
    large: Notify,
    max_frames: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Queued {
    small: VecDeque<Frame>,
    large: VecDeque<Frame>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            queued: Mutex::default(),
            small: Notify::new(),
            large: Notify::new(),
            max_frames: limits.queued_frames,
            max_bytes: limits.queued_bytes,
        }
    }

    pub(crate) fn push(&self, frame: Frame) -> Result<(), SendError> {
        let len = check_length(&frame)?;
        let mut queued = lock(&self.queued);
        if queued.closed {
            return Err(SendError::Closed);
        }
        let frames = queued.small.len() + queued.large.len();
        if frames >= self.max_frames || queued.bytes + len > self.max_bytes {
            return Err(SendError::QueueFull);
        }
        queued.bytes += len;
        if len <= SMALL_FRAME {
            queued.small.push_back(frame);
            self.small.notify_one();
        } else {
            queued.large.push_back(frame);
            self.large.notify_one();
        }
        Ok(())
    }

    /// Refuses new frames; queued ones can still be taken.
    pub(crate) fn close(&self) {
        lock(&self.queued).closed = true;
        self.small.notify_one();
        self.large.notify_one();
    }

    pub(crate) fn is_empty(&self) -> bool {
        let queued = lock(&self.queued);
        queued.small.is_empty() && queued.large.is_empty()
    }

    /// The next small frames in order: at least one, and no more than fit into `max` bytes; `None`
    /// once closed and empty.
    pub(crate) async fn next_small(&self, max: usize) -> Option<Vec<Frame>> {
        loop {
            if let Some(batch) = lock(&self.queued).take_small(max) {
                return (!batch.is_empty()).then_some(batch);
            }
            self.small.notified().await;
        }
    }

    /// The next large frame; `None` once closed and empty.
    pub(crate) async fn next_large(&self) -> Option<Frame> {
        loop {
            if let Some(next) = lock(&self.queued).take_large() {
                return next;
            }
            self.large.notified().await;
        }
    }
}

impl Queued {
    /// `None`: no frame yet. Empty: no frame ever again.
    fn take_small(&mut self, max: usize) -> Option<Vec<Frame>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(frame) = self.small.pop_front_if(|frame| {
            bytes += frame.as_ref().len();
            batch.is_empty() || bytes <= max
        }) {
            self.bytes -= frame.as_ref().len();
            batch.push(frame);
        }
        (!batch.is_empty() || self.closed).then_some(batch)
    }

    /// `None`: no frame yet. `Some(None)`: no frame ever again.
    fn take_large(&mut self) -> Option<Option<Frame>> {
        let next = self.large.pop_front();
        self.bytes -= next.as_ref().map_or(0, |frame| frame.as_ref().len());
        (next.is_some() || self.closed).then_some(next)
    }
}

/// The length of a frame; refuses one that is too long to send.
pub(crate) fn check_length(frame: &Frame) -> Result<usize, SendError> {
    let len = frame.as_ref().len();
    if len > MAX_FRAME { Err(SendError::TooLong { len }) } else { Ok(len) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(queued_frames: usize, queued_bytes: usize) -> Queue {
        Queue::new(&Limits { queued_frames, queued_bytes, ..Limits::default() })
    }

    fn frame(len: usize) -> Frame {
        Frame::new(vec![0; len])
    }

    #[tokio::test]
    async fn frames_and_bytes_are_bounded_until_taken() {
        let queue = queue(2, 100_000);
        assert_eq!(queue.push(frame(100_001)), Err(SendError::QueueFull));
        queue.push(frame(90_000)).unwrap();
        assert_eq!(queue.push(frame(10_001)), Err(SendError::QueueFull));
        queue.push(frame(10_000)).unwrap();
        assert_eq!(queue.push(frame(0)), Err(SendError::QueueFull));
        assert_eq!(queue.next_large().await, Some(frame(90_000)));
        queue.push(frame(90_000)).unwrap();
        assert_eq!(queue.next_small(1).await, Some(vec![frame(10_000)]));
        queue.push(frame(10_000)).unwrap();
    }

    #[tokio::test]
    async fn a_batch_is_as_many_as_fit_but_at_least_one() {
        let queue = queue(9, 1_000);
        [5, 1, 2, 3].into_iter().for_each(|len| queue.push(frame(len)).unwrap());
        assert_eq!(queue.next_small(4).await, Some(vec![frame(5)]));
        assert_eq!(queue.next_small(4).await, Some(vec![frame(1), frame(2)]));
        assert_eq!(queue.next_small(4).await, Some(vec![frame(3)]));
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn a_closed_queue_drains() {
        let queue = queue(9, MAX_FRAME);
        queue.push(frame(1)).unwrap();
        queue.push(frame(MAX_FRAME - 1)).unwrap();
        queue.close();
        assert_eq!(queue.push(frame(1)), Err(SendError::Closed));
        assert_eq!(queue.next_small(9).await, Some(vec![frame(1)]));
        assert_eq!(queue.next_small(9).await, None);
        assert_eq!(queue.next_large().await, Some(frame(MAX_FRAME - 1)));
        assert_eq!(queue.next_large().await, None);
    }
}
