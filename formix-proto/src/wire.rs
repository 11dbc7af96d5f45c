//! The codec: one encoding per value, bounded, with nothing left over.
//!
//! postcard over serde. Decoding refuses a frame over its limit before it reads it, trailing bytes,
//! and every encoding but the one that [`encode`] makes (overlong varints among them), so equal
//! values are equal bytes. The wire's version is in the transport's protocol name, `formix/2`; a
//! record carries its own as its first byte.

use alloc::vec;
use alloc::vec::Vec;

use postcard::ser_flavors::Flavor;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::frame::Frame;
use crate::limits::{MAX_FRAME, MAX_RECORD, SMALL_FRAME};
use crate::message::Message;
use crate::record::Record;

/// The version of the records this build writes, and the only one that it reads.
pub const RECORD_VERSION: u8 = 2;

/// Why bytes are not a message or a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_FRAME`], or than [`MAX_RECORD`].
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
    /// A record of another version.
    #[error("record version {0}, this build reads {RECORD_VERSION}")]
    Version(u8),
}

/// Encodes a message.
pub fn encode(message: &Message) -> Frame {
    Frame::new(to_bytes(message))
}

/// Decodes one whole frame.
pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
    let most = match bytes.first() {
        Some(kind) if LONG_KINDS.contains(kind) => MAX_FRAME,
        _ => SMALL_FRAME,
    };
    from_bytes(bytes, most)
}

/// The kinds of message, by the number that they begin with, that may be longer than [`SMALL_FRAME`]:
/// those that hold lanes, a roster, or who is left out of one. A question may not: its many short texts
/// would take far more memory than bytes before anything could be checked.
const LONG_KINDS: [u8; 8] = [2, 11, 12, 13, 14, 15, 16, 21];

/// Encodes a record, with its version.
pub fn encode_record(record: &Record) -> Frame {
    Frame::new(to_bytes(&(RECORD_VERSION, record)))
}

/// Decodes a record.
pub fn decode_record(bytes: &[u8]) -> Result<Record, DecodeError> {
    match bytes.first() {
        None => Err(DecodeError::Malformed),
        Some(&RECORD_VERSION) => {
            from_bytes::<(u8, Record)>(bytes, MAX_RECORD).map(|(_, record)| record)
        }
        Some(&version) => Err(DecodeError::Version(version)),
    }
}

/// The canonical bytes of a value that holds no secret, for a digest.
pub(crate) fn public_bytes(value: &impl Serialize) -> Vec<u8> {
    to_bytes(value)
}

/// Sizes first, so that no half-grown buffer with a secret in it is left on the heap.
fn to_bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![0; postcard::experimental::serialized_size(value).unwrap_or(0)];
    let written = postcard::to_slice(value, &mut bytes).map_or(0, |written| written.len());
    debug_assert_eq!(written, bytes.len(), "every type here serializes, to the size it was given");
    bytes
}

fn from_bytes<T: DeserializeOwned + Serialize>(
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
    use crate::id::ComputationId;
    use crate::record::Fact;

    const ID: ComputationId = ComputationId([7; 32]);

    #[test]
    fn every_error_has_its_cause() {
        let good = encode(&Message::Ready(ID)).as_ref().to_vec();
        let overlong = [&[0x84, 0x00], &good[1..]].concat();
        let trailing = [&good[..], &[1, 2]].concat();
        let table: [(&[u8], DecodeError); 5] = [
            (b"", DecodeError::Malformed),
            (&good[..32], DecodeError::Malformed),
            (&trailing, DecodeError::Trailing(2)),
            (&overlong, DecodeError::NotCanonical),
            (&vec![2; MAX_FRAME + 1], DecodeError::TooLong(MAX_FRAME + 1)),
        ];
        for (bytes, error) in table {
            assert_eq!(decode(bytes), Err(error));
        }
        assert_eq!(decode(&good), Ok(Message::Ready(ID)));
    }

    #[test]
    fn a_record_begins_with_its_version_and_no_other_is_read() {
        let record = Record { id: ID, fact: Fact::Opened };
        let mut bytes = encode_record(&record).as_ref().to_vec();
        assert_eq!(bytes[0], RECORD_VERSION);
        assert_eq!(decode_record(&bytes), Ok(record));
        for version in (0..=u8::MAX).filter(|version| *version != RECORD_VERSION) {
            bytes[0] = version;
            assert_eq!(decode_record(&bytes), Err(DecodeError::Version(version)));
        }
    }

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
