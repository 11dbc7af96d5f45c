//! Why a connection ends.

use quinn::{ConnectionError, ReadError, ReadExactError, VarInt, WriteError};

/// Why a node closes a connection: the application error code its peer sees (RFC 9000, 20.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[repr(u8)]
pub enum Close {
    /// One side is leaving.
    #[error("done")]
    Done = 0,
    /// A connection made on demand has been idle for too long.
    #[error("idle")]
    Idle = 1,
    /// The same peer has a newer connection.
    #[error("replaced by a newer connection")]
    Replaced = 2,
    /// The peer is not, or no longer, enrolled.
    #[error("not enrolled")]
    NotEnrolled = 3,
    /// The protocol rejected what the peer sent.
    #[error("misbehaved")]
    Misbehaved = 4,
    /// The first bytes are not the hello.
    #[error("bad hello")]
    BadHello = 16,
    /// A frame length that is not allowed on its stream.
    #[error("bad frame length")]
    BadLength = 17,
    /// Bytes after a large frame.
    #[error("trailing bytes")]
    TrailingBytes = 18,
    /// A stream ended inside a frame, or was abandoned.
    #[error("truncated frame")]
    Truncated = 19,
    /// A frame, or the hello, took too long.
    #[error("too slow")]
    TooSlow = 20,
}

impl Close {
    /// Whether the peer violated the wire format.
    pub fn is_violation(self) -> bool {
        self as u8 >= Self::BadHello as u8
    }
}

impl From<Close> for VarInt {
    fn from(close: Close) -> Self {
        Self::from_u32(close as u32)
    }
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// Whoever closes a connection says why in any bytes, enrolled or not.
    #[error("{}", .0.to_string().escape_debug())]
    Lost(#[from] ConnectionError),
    #[error("closing: {0}")]
    Close(#[from] Close),
}

impl From<ReadError> for End {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ConnectionLost(lost) => Self::Lost(lost),
            _ => Self::Close(Close::Truncated),
        }
    }
}

impl From<ReadExactError> for End {
    fn from(error: ReadExactError) -> Self {
        match error {
            ReadExactError::ReadError(error) => error.into(),
            ReadExactError::FinishedEarly(_) => Self::Close(Close::Truncated),
        }
    }
}

impl From<WriteError> for End {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConnectionLost(lost) => Self::Lost(lost),
            _ => Self::Close(Close::Truncated),
        }
    }
}

#[cfg(test)]
mod tests {
    use quinn::ApplicationClose;

    use super::*;

    #[test]
    fn what_a_peer_says_when_it_closes_is_one_line() {
        let reason = b"x\n2026-11-28T12:00:00Z INFO connected\x1b[2J\xff".as_slice().into();
        let close = ApplicationClose { error_code: Close::Done.into(), reason };
        let shown = End::from(ConnectionError::ApplicationClosed(close)).to_string();
        assert!(shown.contains("INFO connected"), "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
    }
}
