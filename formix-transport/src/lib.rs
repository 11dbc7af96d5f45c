//! How Formix nodes reach each other: [in memory](memory), or over [QUIC](quic) with pinned keys.
//!
//! A transport carries [`Frame`]s between enrolled nodes and vouches for their sender (R1). It
//! promises little: a frame arrives whole or not at all, frames up to [`SMALL_FRAME`] arrive in
//! order while a connection lasts, and what a lost connection had in flight is lost with it. The
//! protocol retransmits.
//!
//! # Wire format, version 1
//!
//! QUIC (RFC 9000) with TLS 1.3 (RFC 9001, RFC 8446), nothing older:
//!
//! - Key agreement is X25519MLKEM768 and nothing else (draft-ietf-tls-ecdhe-mlkem); packets are
//!   sealed with AES-256-GCM or ChaCha20-Poly1305.
//! - Both sides present a self-signed certificate. Only its Ed25519 key counts, and the proof that
//!   the sender holds it: a node *is* the SHA-256 digest of its SubjectPublicKeyInfo. A dialler
//!   accepts the one node it dials, a listener the nodes enrolled with it.
//! - ALPN (RFC 7301) is exactly `formix/2`; there is no resumption and no 0-RTT.
//!
//! Then, with every number in network byte order:
//!
//! | stream | content |
//! |---|---|
//! | the dialler's first and only bidirectional stream | each side: the 8 bytes `formix/2`, then small frames |
//! | unidirectional streams, from either side | one large frame, then the end |
//!
//! A frame is a `u32` length and that many bytes: at most [`SMALL_FRAME`] on the bidirectional
//! stream, more than that and at most [`MAX_FRAME`] on a stream of its own. A length is judged
//! before its body is read. The hello is there because a dialler's handshake ends before the
//! listener has judged the dialler's key (RFC 8446, 4.4.2): a connection counts once each side has
//! read the other's hello.
//!
//! A node that leaves ends its bidirectional stream once its large frames are acknowledged; the
//! other side reads what is left and closes. Connections close with the application error codes of
//! [`quic::Close`].
//!
//! [`SMALL_FRAME`]: formix_proto::limits::SMALL_FRAME
//! [`MAX_FRAME`]: formix_proto::limits::MAX_FRAME

use std::future::Future;
use std::sync::Arc;

use formix_proto::frame::Frame;
use formix_proto::id::NodeId;

pub mod identity;
mod limits;
pub mod memory;
pub mod peers;
mod queue;
pub mod quic;
mod sync;

pub use limits::Limits;
use peers::Peers;

/// A frame, and the key that authenticated the connection it came over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Who sent it.
    pub from: NodeId,
    /// What was sent.
    pub frame: Frame,
}

/// Why a frame was dropped at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The addressee is not enrolled here.
    #[error("not an enrolled node")]
    UnknownPeer,
    /// There is no connection to the addressee, and it is not ours to dial.
    #[error("not connected")]
    Unreachable,
    /// What is queued for the addressee has reached its limit.
    #[error("too much is queued for this node")]
    QueueFull,
    /// The frame is longer than `MAX_FRAME`.
    #[error("{len} bytes are too long for a frame")]
    TooLong {
        /// The length of the frame.
        len: usize,
    },
    /// The transport is closed.
    #[error("the transport is closed")]
    Closed,
}

/// Best-effort delivery of frames between authenticated nodes.
pub trait Transport: Send + Sync + 'static {
    /// This node.
    fn id(&self) -> NodeId;

    /// Queues a frame; never blocks. An error says why the frame was dropped at once; without one
    /// it may still be lost with a connection.
    fn send(&self, to: NodeId, frame: Frame) -> Result<(), SendError>;

    /// The next frame from an enrolled peer; `None` once closed and drained. Cancel-safe.
    fn receive(&self) -> impl Future<Output = Option<Received>> + Send;

    /// Replaces the set of known peers; connections of peers no longer in it are closed.
    fn set_peers(&self, peers: Arc<Peers>);

    /// Drops a peer's connection, because it misbehaved; it may come back.
    fn disconnect(&self, peer: NodeId);

    /// The peers connected now.
    fn connected(&self) -> Vec<NodeId>;

    /// Delivers what is queued for a short bounded time, then closes.
    fn close(&self) -> impl Future<Output = ()> + Send;
}
