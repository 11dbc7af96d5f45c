//! The codec: one encoding a value, and one value an encoding.

use formix_proto::frame::Frame;
use formix_proto::wire::{DecodeError, decode, decode_record, encode, encode_record};
use proptest::prelude::*;

use super::strategies::{message, record};

proptest! {
    #[test]
    fn every_message_survives_the_wire(message in message()) {
        prop_assert_eq!(decode(encode(&message).as_ref()), Ok(message));
    }

    #[test]
    fn every_record_survives_the_disk(record in record()) {
        prop_assert_eq!(decode_record(encode_record(&record).as_ref()), Ok(record));
    }

    #[test]
    fn any_bytes_are_an_error_or_the_encoding_of_their_value(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Ok(message) = decode(&bytes) {
            prop_assert_eq!(encode(&message), Frame::new(bytes.clone()));
        }
        if let Ok(record) = decode_record(&bytes) {
            prop_assert_eq!(encode_record(&record), Frame::new(bytes));
        }
    }

    /// Arbitrary bytes seldom get far: what is damaged in one place gets farther.
    #[test]
    fn a_message_damaged_in_one_place_is_an_error_or_another_message(
        message in message(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = encode(&message).as_ref().to_vec();
        *place.get_mut(&mut bytes) = byte;
        if let Ok(other) = decode(&bytes) {
            prop_assert_eq!(encode(&other), Frame::new(bytes));
        }
    }

    #[test]
    fn no_message_is_the_beginning_of_another(
        message in message(),
        more in prop::collection::vec(any::<u8>(), 1..20),
    ) {
        let longer = [encode(&message).as_ref(), &more].concat();
        prop_assert_eq!(decode(&longer), Err(DecodeError::Trailing(more.len())));
    }
}
