//! One connection, once both sides have said hello.

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
use super::framing::{BATCH, Reader, write_batch, write_large};
use super::inbound::Inbound;
use crate::Received;
use crate::queue::Queue;

/// Everything one established connection works with.
pub(super) struct Session<'a> {
    pub(super) peer: NodeId,
    pub(super) connection: &'a Connection,
    pub(super) queue: Arc<Queue>,
    pub(super) inbound: &'a Inbound,
    /// How long a frame may take.
    pub(super) patience: Duration,
    /// Close when nothing was said for this long.
    pub(super) idle: Option<Duration>,
}

impl Session<'_> {
    /// Moves frames both ways until the connection ends.
    pub(super) async fn run(&self, send: SendStream, receive: Reader) -> End {
        let activity = Activity::new();
        let said_all = Notify::new();
        let reads = async {
            try_join!(
                self.read_small(receive, &activity, &said_all),
                self.read_large(&activity, &said_all)
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
        said_all: &Notify,
    ) -> Result<(), End> {
        while let Some(len) = stream.small_length().await? {
            let frame = stream.body(len).await?;
            activity.mark();
            self.inbound.small(Received { from: self.peer, frame }).await?;
        }
        said_all.notify_one();
        Ok(())
    }

    /// One at a time, so that a peer takes no more than its turn of the common room for large
    /// frames. A peer that has said all did so after its large frames had arrived here.
    async fn read_large(&self, activity: &Activity, said_all: &Notify) -> Result<(), End> {
        loop {
            let stream = select! {
                biased;
                stream = self.connection.accept_uni() => stream?,
                () = said_all.notified() => return Ok(()),
            };
            self.read_one_large(stream).await?;
            activity.mark();
        }
    }

    async fn read_one_large(&self, stream: RecvStream) -> Result<(), End> {
        let mut stream = Reader::new(stream, self.patience);
        let len = stream.large_length().await?;
        let room = self.inbound.room(len).await?;
        let frame = stream.body(len).await?;
        stream.end().await?;
        self.inbound.large(Received { from: self.peer, frame }, room).await
    }

    /// Returns once the queue is closed and the peer has taken what was in it.
    async fn write(&self, mut stream: SendStream, activity: &Activity) -> Result<(), End> {
        let large = self.write_large(activity);
        let small = async {
            while let Some(batch) = self.queue.next_small(BATCH).await {
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
            // Whichever way it ended, there is nothing left to do for it.
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

/// When something was last said.
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

    /// Returns once nothing was said for `most`; never without one.
    async fn idle(&self, most: Option<Duration>) {
        let Some(most) = most else { return pending().await };
        loop {
            let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
            let due = self.since + last + most;
            if due <= Instant::now() {
                return;
            }
            sleep_until(due).await;
        }
    }
}
