//! How Formix nodes reach each other: [in memory](memory), or over [QUIC](quic) with pinned keys.
//!
//! A transport carries [`Frame`]s between enrolled nodes and authenticates their sender (R1). It
//! guarantees little: a frame arrives whole or not at all, frames up to [`SMALL_FRAME`] arrive in
//! order while a connection lasts, and a lost connection loses its frames in flight. The protocol
//! retransmits.
//!
//! # Wire format, version 1
//!
//! QUIC (RFC 9000) with TLS 1.3 (RFC 9001, RFC 8446) only:
//!
//! - Key agreement is X25519MLKEM768 only (draft-ietf-tls-ecdhe-mlkem); packets are encrypted with AES-256-GCM or ChaCha20-Poly1305.
//! - Both sides present a self-signed certificate. Only its Ed25519 key matters, and the proof that
//!   the sender holds it: a node's id is the SHA-256 digest of its SubjectPublicKeyInfo. A dialler
//!   accepts only the node it dials, a listener only enrolled nodes.
//! - The ALPN protocol (RFC 7301) is exactly `formix/4`. There is no resumption and no 0-RTT.
//!
//! The streams, with every number in network byte order:
//!
//! | stream | content |
//! |---|---|
//! | the dialler's first and only bidirectional stream | each side: the 8 bytes `formix/4`, then small frames |
//! | unidirectional streams, from either side | one large frame, then the end of the stream |
//!
//! A frame is a `u32` length and that many bytes: up to [`SMALL_FRAME`] on the bidirectional stream,
//! more than that and up to [`MAX_FRAME`] on a stream of its own. A length is checked before its
//! body is read. The hello is needed because a dialler's handshake ends before the listener has
//! checked the dialler's key (RFC 8446, 4.4.2): a connection is established once each side has read
//! the other's hello.
//!
//! A node that leaves ends its bidirectional stream once its large frames are acknowledged; the
//! other side reads the remaining frames and closes. Connections close with the application error
//! codes of [`quic::Close`].
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

/// A frame and its authenticated sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The node that sent it, authenticated by its key.
    pub from: NodeId,
    /// The frame.
    pub frame: Frame,
}

/// Why a frame was dropped instead of queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The recipient is not enrolled here.
    #[error("not an enrolled node")]
    UnknownPeer,
    /// There is no connection to the recipient, and this node does not dial it.
    #[error("not connected")]
    Unreachable,
    /// The queue for the recipient is full.
    #[error("the queue for this node is full")]
    QueueFull,
    /// The frame is longer than `MAX_FRAME`.
    #[error("a frame of {len} bytes is too long")]
    TooLong {
        /// The length of the frame, in bytes.
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

    /// Queues a frame; never blocks. A queued frame may still be lost with its connection.
    fn send(&self, to: NodeId, frame: Frame) -> Result<(), SendError>;

    /// The next frame from an enrolled peer; `None` once closed and empty. Cancel-safe.
    fn receive(&self) -> impl Future<Output = Option<Received>> + Send;

    /// Replaces the enrolled peers; connections to peers that are no longer enrolled are closed.
    fn set_peers(&self, peers: Arc<Peers>);

    /// Closes the connection to a peer that misbehaved; it may connect again.
    fn disconnect(&self, peer: NodeId);

    /// The peers that are connected now.
    fn connected(&self) -> Vec<NodeId>;

    /// Delivers queued frames for a short, bounded time, then closes.
    fn close(&self) -> impl Future<Output = ()> + Send;
}
