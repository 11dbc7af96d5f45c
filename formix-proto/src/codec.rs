//! The codec: one encoding per value, bounded, with nothing left over.
//!
//! postcard over serde. Decoding refuses a value over its limit before it reads it, trailing bytes,
//! and every encoding but the canonical one (overlong varints among them), so equal values are equal
//! bytes.

use alloc::vec;
use alloc::vec::Vec;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes are not a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than the limit of its kind.
    #[error("{0} bytes are over the limit")]
    TooLong(usize),
    /// Not a value of this type, or cut short.
    #[error("not a well-formed value")]
    Malformed,
    /// A value, and then more.
    #[error("{0} bytes are left over")]
    Trailing(usize),
    /// A value, but not in the one encoding that it has.
    #[error("not the canonical encoding")]
    NotCanonical,
    /// A value of another version.
    #[error("version {found}, this build reads {expected}")]
    Version {
        /// The version that the bytes name.
        found: u8,
        /// The version that is read here.
        expected: u8,
    },
}

/// The canonical bytes of a value that holds no secret, for a digest.
pub(crate) fn public_bytes(value: &impl Serialize) -> Vec<u8> {
    to_bytes(value)
}

/// Sizes first, so that no half-grown buffer with a secret in it is left on the heap.
pub(crate) fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![0; postcard::experimental::serialized_size(value).unwrap_or(0)];
    let written = postcard::to_slice(value, &mut bytes).map_or(0, |written| written.len());
    debug_assert_eq!(written, bytes.len(), "every type here serializes, to the size it was given");
    bytes
}

pub(crate) fn from_bytes<T: DeserializeOwned + Serialize>(
    bytes: &[u8],
    most: usize,
) -> Result<T, DecodeError> {
    if bytes.len() > most {
        return Err(DecodeError::TooLong(bytes.len()));
    }
    let (value, rest) = postcard::take_from_bytes(bytes).map_err(|_| DecodeError::Malformed)?;
    if !rest.is_empty() {
        return Err(DecodeError::Trailing(rest.len()));
    }
    match postcard::serialize_with_flavor(&value, Same { expected: bytes }) {
        Ok(()) => Ok(value),
        Err(_) => Err(DecodeError::NotCanonical),
    }
}

/// Takes an encoding only if it is byte by byte the expected one: nothing of it is written anywhere.
struct Same<'a> {
    /// What must still come.
    expected: &'a [u8],
}

impl Flavor for Same<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        match self.expected.split_first() {
            Some((first, rest)) if *first == byte => {
                self.expected = rest;
                Ok(())
            }
            _ => Err(postcard::Error::SerializeBufferFull),
        }
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.expected =
            self.expected.strip_prefix(bytes).ok_or(postcard::Error::SerializeBufferFull)?;
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        if self.expected.is_empty() { Ok(()) } else { Err(postcard::Error::SerializeBufferFull) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_encoding_is_the_same() {
        let is_same = |expected: &[u8]| {
            postcard::serialize_with_flavor(&(1u8, "tea"), Same { expected }).is_ok()
        };
        assert!(is_same(b"\x01\x03tea"));
        for other in
            [b"\x01\x03te".as_slice(), b"\x01\x03teas", b"\x01\x03tee", b"\x02\x03tea", b""]
        {
            assert!(!is_same(other), "{other:?}");
        }
    }
}
