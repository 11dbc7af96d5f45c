//! One connection, after both hellos.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use formix_proto::frame::Frame;
use formix_proto::id::NodeId;
use quinn::{Connection, RecvStream, SendStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tokio::{select, try_join};

use super::close::{Close, End};
use super::framing::{MAX_BATCH, Reader, write_batch, write_large};
use super::inbound::Inbound;
use crate::Received;
use crate::queue::Queue;

/// The state of one established connection.
pub(super) struct Session<'a> {
    pub(super) peer: NodeId,
    pub(super) connection: &'a Connection,
    pub(super) queue: Arc<Queue>,
    pub(super) inbound: &'a Inbound,
    /// The time limit for a frame.
    pub(super) patience: Duration,
    /// The time limit for each piece of a large frame.
    pub(super) stall: Duration,
    /// Close the connection after this long without a frame.
    pub(super) idle: Option<Duration>,
}

impl Session<'_> {
    /// Moves frames both ways until the connection ends.
    pub(super) async fn run(&self, send: SendStream, receive: Reader) -> End {
        let activity = Activity::new();
        let finished = Notify::new();
        let reads = async {
            try_join!(
                self.read_small(receive, &activity, &finished),
                self.read_large(&activity, &finished)
            )
        };
        let writes = self.write(send, &activity);
        let result = select! {
            read = reads => read.map(|_| ()),
            written = writes => written,
            () = activity.idle(self.idle) => Err(Close::Idle.into()),
        };
        result.err().unwrap_or(End::Close(Close::Done))
    }

    async fn read_small(
        &self,
        mut stream: Reader,
        activity: &Activity,
        finished: &Notify,
    ) -> Result<(), End> {
        while let Some(len) = stream.small_length().await? {
            let frame = stream.body(len).await?;
            activity.mark();
            self.inbound.small(Received { from: self.peer, frame }).await?;
        }
        finished.notify_one();
        Ok(())
    }

    /// Reads one at a time, so that a peer takes only its share of the memory for large frames. A
    /// peer ends its small frames only after its large ones have arrived here.
    async fn read_large(&self, activity: &Activity, finished: &Notify) -> Result<(), End> {
        loop {
            let stream = select! {
                biased;
                stream = self.connection.accept_uni() => stream?,
                () = finished.notified() => return Ok(()),
            };
            self.read_one_large(stream).await?;
            activity.mark();
        }
    }

    async fn read_one_large(&self, stream: RecvStream) -> Result<(), End> {
        let mut stream = Reader::new(stream, self.patience);
        let len = stream.large_length().await?;
        let mut room = self.inbound.room();
        let frame = stream.large_body(len, &mut room, self.stall).await?;
        stream.end().await?;
        self.inbound.large(Received { from: self.peer, frame }, room).await
    }

    /// Returns once the queue is closed and the peer has received everything in it.
    async fn write(&self, mut stream: SendStream, activity: &Activity) -> Result<(), End> {
        let large = self.write_large(activity);
        let small = async {
            while let Some(batch) = self.queue.next_small(MAX_BATCH).await {
                write_batch(&mut stream, batch).await?;
                activity.mark();
            }
            Ok(())
        };
        try_join!(large, small)?;
        // Fails only if the peer stopped the stream, which ends the connection as well.
        let _ = stream.finish();
        Err(self.connection.closed().await.into())
    }

    async fn write_large(&self, activity: &Activity) -> Result<(), End> {
        let mut last: Option<SendStream> = None;
        while let Some(frame) = self.queue.next_large().await {
            last = Some(self.write_one_large(frame).await?);
            activity.mark();
        }
        if let Some(last) = last {
            // However it ended, the frame needs nothing more.
            let _ = last.stopped().await;
        }
        Ok(())
    }

    async fn write_one_large(&self, frame: Frame) -> Result<SendStream, End> {
        let mut stream = self.connection.open_uni().await?;
        write_large(&mut stream, frame).await?;
        Ok(stream)
    }
}

/// The time of the last frame.
struct Activity {
    since: Instant,
    last: AtomicU64,
}

impl Activity {
    fn new() -> Self {
        Self { since: Instant::now(), last: AtomicU64::new(0) }
    }

    fn mark(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(elapsed, Ordering::Relaxed);
    }

    /// Returns after `max` without a frame; never if `max` is `None`.
    async fn idle(&self, max: Option<Duration>) {
        let Some(max) = max else { return pending().await };
        loop {
            let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
            let due = self.since + last + max;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}
