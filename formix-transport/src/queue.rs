//! What waits to be sent to one peer.

use std::collections::VecDeque;
use std::sync::Mutex;

use formix_proto::frame::Frame;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};
use tokio::sync::Notify;

use crate::sync::lock;
use crate::{Limits, SendError};

/// Two bounded lines, one of small and one of large frames, that outlive connections.
#[derive(Debug)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    small: Notify,
    large: Notify,
    most_frames: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Waiting {
    small: VecDeque<Frame>,
    large: VecDeque<Frame>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            waiting: Mutex::default(),
            small: Notify::new(),
            large: Notify::new(),
            most_frames: limits.queued_frames,
            most_bytes: limits.queued_bytes,
        }
    }

    pub(crate) fn push(&self, frame: Frame) -> Result<(), SendError> {
        let len = check_length(&frame)?;
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return Err(SendError::Closed);
        }
        let frames = waiting.small.len() + waiting.large.len();
        if frames >= self.most_frames || waiting.bytes + len > self.most_bytes {
            return Err(SendError::QueueFull);
        }
        waiting.bytes += len;
        if len <= SMALL_FRAME {
            waiting.small.push_back(frame);
            self.small.notify_one();
        } else {
            waiting.large.push_back(frame);
            self.large.notify_one();
        }
        Ok(())
    }

    /// Refuses new frames; those inside can still be taken.
    pub(crate) fn close(&self) {
        lock(&self.waiting).closed = true;
        self.small.notify_one();
        self.large.notify_one();
    }

    pub(crate) fn is_empty(&self) -> bool {
        let waiting = lock(&self.waiting);
        waiting.small.is_empty() && waiting.large.is_empty()
    }

    /// The next small frames in order, at least one, then as many as fit into `most` bytes;
    /// `None` once closed and drained.
    pub(crate) async fn next_small(&self, most: usize) -> Option<Vec<Frame>> {
        loop {
            if let Some(batch) = lock(&self.waiting).take_small(most) {
                return (!batch.is_empty()).then_some(batch);
            }
            self.small.notified().await;
        }
    }

    /// The next large frame; `None` once closed and drained.
    pub(crate) async fn next_large(&self) -> Option<Frame> {
        loop {
            if let Some(next) = lock(&self.waiting).take_large() {
                return next;
            }
            self.large.notified().await;
        }
    }
}

impl Waiting {
    /// `None`: nothing yet. Empty: nothing any more.
    fn take_small(&mut self, most: usize) -> Option<Vec<Frame>> {
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(frame) = self.small.pop_front_if(|frame| {
            bytes += frame.as_ref().len();
            batch.is_empty() || bytes <= most
        }) {
            self.bytes -= frame.as_ref().len();
            batch.push(frame);
        }
        (!batch.is_empty() || self.closed).then_some(batch)
    }

    /// `None`: nothing yet. `Some(None)`: nothing any more.
    fn take_large(&mut self) -> Option<Option<Frame>> {
        let next = self.large.pop_front();
        self.bytes -= next.as_ref().map_or(0, |frame| frame.as_ref().len());
        (next.is_some() || self.closed).then_some(next)
    }
}

/// The length of a frame, if it may be sent at all.
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
