//! Frames on streams.

use std::future::Future;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use formix_proto::frame::Frame;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};
use quinn::{RecvStream, SendStream};
use tokio::time::{Instant, timeout};
use zeroize::Zeroizing;

use super::close::{Close, End};
use super::inbound::Room;

/// The maximum number of bytes of small frames that are written at once.
pub(super) const MAX_BATCH: usize = SMALL_FRAME;
/// The size of a length, in bytes.
const PREFIX: usize = size_of::<u32>();
/// The bytes of a large frame that room is taken for at once.
const PIECE: usize = 64 << 10;
/// The maximum number of bytes read from a stream at once.
const MAX_CHUNK: usize = 16 << 10;

/// Reads a stream in chunks, to lock the connection less often.
pub(super) struct Reader {
    stream: RecvStream,
    chunk: Bytes,
    patience: Duration,
}

impl Reader {
    /// A length or a body must be complete within `patience` of its first read.
    pub(super) fn new(stream: RecvStream, patience: Duration) -> Self {
        Self { stream, chunk: Bytes::new(), patience }
    }

    /// The length of the next small frame; `None` at the end of the stream.
    pub(super) async fn small_length(&mut self) -> Result<Option<usize>, End> {
        if self.at_end().await? {
            return Ok(None);
        }
        let len = self.length().await?;
        if len <= SMALL_FRAME { Ok(Some(len)) } else { Err(Close::BadLength.into()) }
    }

    /// The length of the large frame on this stream.
    pub(super) async fn large_length(&mut self) -> Result<usize, End> {
        let len = self.length().await?;
        let range = SMALL_FRAME + 1..=MAX_FRAME;
        if range.contains(&len) { Ok(len) } else { Err(Close::BadLength.into()) }
    }

    /// A small body, whose length has been checked. It is allocated once, so that no copy of it remains.
    pub(super) async fn body(&mut self, len: usize) -> Result<Frame, End> {
        let mut body = Zeroizing::new(vec![0; len]);
        self.fill(&mut body).await?;
        Ok(Frame::new(std::mem::take(&mut *body)))
    }

    /// The body of a large frame, piece by piece: what has not come yet takes no room, and what does not come
    /// for `stall` ends the connection. Waiting for room does not count.
    pub(super) async fn large_body(
        &mut self,
        len: usize,
        room: &mut Room,
        stall: Duration,
    ) -> Result<Frame, End> {
        let mut body = Zeroizing::new(vec![0; len]);
        let mut patience = self.patience;
        for piece in body.chunks_mut(PIECE) {
            room.grow(piece.len()).await?;
            let began = Instant::now();
            within(patience.min(stall), self.fill_in_time(piece)).await?;
            patience = patience.saturating_sub(began.elapsed());
        }
        Ok(Frame::new(std::mem::take(&mut *body)))
    }

    /// Refuses anything but the end of the stream.
    pub(super) async fn end(&mut self) -> Result<(), End> {
        let at_end = within(self.patience, self.at_end()).await?;
        if at_end { Ok(()) } else { Err(Close::TrailingBytes.into()) }
    }

    pub(super) async fn fill(&mut self, buffer: &mut [u8]) -> Result<(), End> {
        within(self.patience, self.fill_in_time(buffer)).await
    }

    async fn fill_in_time(&mut self, mut buffer: &mut [u8]) -> Result<(), End> {
        while !buffer.is_empty() {
            if self.at_end().await? {
                return Err(Close::Truncated.into());
            }
            let taken = buffer.len().min(self.chunk.len());
            let (head, rest) = buffer.split_at_mut(taken);
            self.chunk.copy_to_slice(head);
            buffer = rest;
        }
        Ok(())
    }

    async fn length(&mut self) -> Result<usize, End> {
        let mut prefix = [0; PREFIX];
        self.fill(&mut prefix).await?;
        usize::try_from(u32::from_be_bytes(prefix)).map_err(|_| Close::BadLength.into())
    }

    /// Makes sure that a byte can be taken; `true` if the stream has ended.
    async fn at_end(&mut self) -> Result<bool, End> {
        while self.chunk.is_empty() {
            match self.stream.read_chunk(MAX_CHUNK, true).await? {
                Some(chunk) => self.chunk = chunk.bytes,
                None => return Ok(true),
            }
        }
        Ok(false)
    }
}

/// Fails with [`Close::TooSlow`] if the work takes longer than this.
pub(super) async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, End>>,
) -> Result<T, End> {
    timeout(patience, work).await.unwrap_or(Err(Close::TooSlow.into()))
}

/// Writes small frames as one buffer, which is wiped once acknowledged.
pub(super) async fn write_batch(stream: &mut SendStream, batch: Vec<Frame>) -> Result<(), End> {
    let size = batch.iter().map(|frame| PREFIX + frame.as_ref().len()).sum();
    let mut bytes = Zeroizing::new(Vec::with_capacity(size));
    for frame in batch {
        bytes.extend_from_slice(&prefix(&frame));
        bytes.extend_from_slice(frame.as_ref());
    }
    Ok(stream.write_chunk(Bytes::from_owner(bytes)).await?)
}

/// Writes the large frame of a stream, without copying it.
pub(super) async fn write_large(stream: &mut SendStream, frame: Frame) -> Result<(), End> {
    let prefix = Bytes::copy_from_slice(&prefix(&frame));
    stream.write_all_chunks(&mut [prefix, Bytes::from_owner(frame)]).await?;
    // Fails only if the peer stopped the stream, which ends the connection as well.
    let _ = stream.finish();
    Ok(())
}

fn prefix(frame: &Frame) -> [u8; PREFIX] {
    // `Queue::push` bounds frames by `MAX_FRAME`, which fits.
    (frame.as_ref().len() as u32).to_be_bytes()
}
