//! Messages and records as bytes.
//!
//! The wire's version is in the transport's protocol name, `formix/4`; a record carries its own as its
//! first byte.

use crate::codec::{from_bytes, to_bytes};
use crate::frame::Frame;
use crate::limits::{MAX_FRAME, MAX_RECORD, SMALL_FRAME};
use crate::message::{self, Length, Message};
use crate::record::Record;

pub use crate::codec::DecodeError;

/// The version of the records this build writes, and the only one that it reads.
pub const RECORD_VERSION: u8 = 3;

/// Encodes a message.
pub fn encode(message: &Message) -> Frame {
    Frame::new(to_bytes(message))
}

/// Decodes one whole frame. The kind of message, which is its first byte, says how long it may be.
pub fn decode(bytes: &[u8]) -> Result<Message, DecodeError> {
    let kind = bytes.first().and_then(|number| message::KINDS.get(usize::from(*number)));
    let max = match kind.map(|kind| kind.length) {
        Some(Length::Long) => MAX_FRAME,
        _ => SMALL_FRAME,
    };
    from_bytes(bytes, max)
}

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
        Some(&found) => Err(DecodeError::Version { found, expected: RECORD_VERSION }),
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
            (&alloc::vec![2; MAX_FRAME + 1], DecodeError::TooLong(MAX_FRAME + 1)),
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
            assert_eq!(
                decode_record(&bytes),
                Err(DecodeError::Version { found: version, expected: RECORD_VERSION })
            );
        }
    }
}
