//! The bytes of one message: opaque to transports, wiped when dropped because it may carry a share.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

/// One encoded message. Its length is public (R10); its bytes cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(Zeroizing<Vec<u8>>);

impl Frame {
    /// Takes the encoded bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame(<{} bytes>)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    #[test]
    fn printing_shows_how_long_it_is_and_not_what() {
        assert_eq!(format!("{:?}", Frame::new(vec![72, 73, 74])), "Frame(<3 bytes>)");
    }
}
