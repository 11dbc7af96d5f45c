//! Every bound a transport keeps (R12).

use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};

/// What a transport sets aside and how long it waits.
///
/// The defaults suit a node with a thousand peers. A connection costs about 40 kB when nothing
/// moves, and at most `stream_window * (large_streams + 1)` of received and `send_window` of sent
/// bytes besides its queue.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Large frames a peer may have under way at once. Default: 7, which with the one stream of
    /// small frames makes eight.
    pub large_streams: u8,
    /// Bytes a peer may send ahead of the reader, on each stream. Default: 128 KiB, which is
    /// 6 MB/s over a round trip of 20 ms.
    pub stream_window: u32,
    /// Bytes sent and not yet acknowledged, for each connection. Default: 1 MiB.
    pub send_window: u32,
    /// Handshakes, hello included, a listener has under way at once. Default: 256.
    pub handshakes: usize,
    /// Handshakes under way from which on a source has to prove its address first (Retry; RFC
    /// 9000, 8.1.2). Default: 64.
    pub retry_from: usize,
    /// Connection attempts that may wait for a handshake to begin. Default: 1,024.
    pub waiting: usize,
    /// Bytes each waiting attempt may have buffered. Default: 8 KiB.
    pub waiting_bytes: u32,
    /// Frames queued for one peer. Default: 4,096.
    pub queued_frames: usize,
    /// Bytes queued for one peer. Default: two of the longest frames.
    pub queued_bytes: usize,
    /// Received frames that may wait for `receive`. Default: 1,024; small ones, then, take at most
    /// 64 MiB.
    pub inbound_frames: usize,
    /// Bytes of large frames being read or waiting for `receive`. Default: two of the longest
    /// frames.
    pub inbound_large_bytes: u32,
    /// The receive buffer that a listening socket asks the system for, in bytes. Default: 4 MiB.
    pub socket_buffer: usize,
    /// The round trip that is assumed before one was measured: a third of the wait before a first
    /// packet is sent again (RFC 9002, 6.2.2). Default: 100 ms.
    pub initial_rtt: Duration,
    /// Time for the handshake, and again for the hello. Default: 10 s.
    pub handshake_timeout: Duration,
    /// Time from the length of a frame to its last byte. Default: 60 s.
    pub frame_timeout: Duration,
    /// Time without a packet after which a connection is lost. Default: 30 s.
    pub silence: Duration,
    /// Time after which a dialler that has nothing to say pings. Default: 10 s.
    pub keep_alive: Duration,
    /// Time without a frame after which a connection made on demand is closed. Default: 120 s.
    pub idle: Duration,
    /// The wait after the first failure to connect. Default: 100 ms.
    pub backoff_first: Duration,
    /// The longest wait between two attempts to connect. Default: 5 s.
    pub backoff_most: Duration,
    /// Time `close` spends on delivering, and then on taking leave. Default: 1 s each.
    pub close_timeout: Duration,
}

impl Limits {
    /// The defaults for a node of this role. Heavy nodes are few and wait for one another: they ping
    /// each other every second, so that one that was killed and started again is soon found out.
    pub fn of(role: Role) -> Self {
        let limits = Self::default();
        let keep_alive = match role {
            Role::Heavy => Duration::from_secs(1),
            Role::Light | Role::Proposer => limits.keep_alive,
        };
        Self { keep_alive, ..limits }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            large_streams: 7,
            stream_window: 128 << 10,
            send_window: 1 << 20,
            handshakes: 256,
            retry_from: 64,
            waiting: 1 << 10,
            waiting_bytes: 8 << 10,
            queued_frames: 4 << 10,
            queued_bytes: 2 * MAX_FRAME,
            inbound_frames: 1 << 10,
            inbound_large_bytes: 2 * MAX_FRAME as u32,
            socket_buffer: 4 << 20,
            initial_rtt: Duration::from_millis(100),
            handshake_timeout: Duration::from_secs(10),
            frame_timeout: Duration::from_secs(60),
            silence: Duration::from_secs(30),
            keep_alive: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            backoff_first: Duration::from_millis(100),
            backoff_most: Duration::from_secs(5),
            close_timeout: Duration::from_secs(1),
        }
    }
}

const _: () = assert!(4 * MAX_FRAME <= u32::MAX as usize, "lengths are written as u32");
const _: () = assert!(SMALL_FRAME < MAX_FRAME);
