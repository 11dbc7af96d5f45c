//! The limits of a transport (R12).

use std::time::Duration;

use formix_proto::directory::Role;
use formix_proto::limits::{MAX_FRAME, SMALL_FRAME};

/// How much memory a transport uses, and how long it waits.
///
/// The defaults suit a node with a thousand peers. An idle connection uses about 40 kB; a busy one
/// uses up to `stream_window * (large_streams + 1)` received and `send_window` sent bytes, and its
/// queue.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Large frames that a peer may send at the same time. Default: 7, which with the stream of small
    /// frames makes eight streams.
    pub large_streams: u8,
    /// Bytes that a peer may send ahead of the reader, on each stream. Default: 128 KiB, which is
    /// 6 MB/s over a round trip of 20 ms.
    pub stream_window: u32,
    /// Bytes sent and not yet acknowledged, for each connection. Default: 1 MiB.
    pub send_window: u32,
    /// Handshakes, each with its hello, that a listener performs at the same time. One source has half of those
    /// that are left at most. Default: 256.
    pub handshakes: usize,
    /// Number of concurrent handshakes above which a source has to prove its address first (Retry;
    /// RFC 9000, 8.1.2); all of unproved addresses have the share of one source. Default: 64.
    pub retry_from: usize,
    /// Connection attempts that may wait for their handshake to begin; one source has half of those that are left
    /// at most. Default: 1,024.
    pub waiting: usize,
    /// Bytes that each waiting attempt may have buffered. Default: 8 KiB.
    pub waiting_bytes: u32,
    /// Frames queued for one peer. Default: 4,096.
    pub queued_frames: usize,
    /// Bytes queued for one peer. Default: twice the longest frame.
    pub queued_bytes: usize,
    /// Received frames that may wait for `receive`. Default: 1,024, which is up to 64 MiB of small
    /// frames.
    pub inbound_frames: usize,
    /// Bytes of large frames that are being read or wait for `receive`. Default: twice the longest
    /// frame.
    pub inbound_large_bytes: u32,
    /// The receive buffer that a listening socket requests from the system, in bytes. Default: 4 MiB.
    pub socket_buffer: usize,
    /// The round trip time that is assumed before one is measured: a third of the time before a first
    /// packet is sent again (RFC 9002, 6.2.2). Default: 100 ms.
    pub initial_rtt: Duration,
    /// The time limit of a dialler's first flight, a few packets that come at once. Default: 3 s.
    pub first_flight_timeout: Duration,
    /// The time limit of the handshake, and also of the hello. Default: 10 s.
    pub handshake_timeout: Duration,
    /// The time limit from the length of a frame to its last byte. Default: 60 s.
    pub frame_timeout: Duration,
    /// The time limit for each 64 KiB of a large frame. Default: 5 s, which is 13 kB/s.
    pub stall_timeout: Duration,
    /// The time without a packet after which a connection is lost. Default: 30 s.
    pub silence: Duration,
    /// The time after which an idle dialler sends a ping. Default: 10 s.
    pub keep_alive: Duration,
    /// The time without a frame after which a connection made on demand is closed. Default: 120 s.
    pub idle: Duration,
    /// The pause after the first failure to connect. Default: 100 ms.
    pub min_backoff: Duration,
    /// The longest pause between two attempts to connect. Default: 5 s.
    pub max_backoff: Duration,
    /// The time limit of `close` for delivery, and again for the end of connections. Default: 1 s each.
    pub close_timeout: Duration,
}

impl Limits {
    /// The defaults for a node with this role. Heavy nodes are few and wait for one another: they ping
    /// each other every second, so that a restart is noticed soon.
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
            first_flight_timeout: Duration::from_secs(3),
            handshake_timeout: Duration::from_secs(10),
            frame_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(5),
            silence: Duration::from_secs(30),
            keep_alive: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            min_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(5),
            close_timeout: Duration::from_secs(1),
        }
    }
}

const _: () = assert!(4 * MAX_FRAME <= u32::MAX as usize, "lengths are written as u32");
const _: () = assert!(SMALL_FRAME < MAX_FRAME);
