//! R12, of records: whatever a node may write down it can read when it starts. That a seal of everything that
//! there may be is no longer than a record, the compiler checks (`limits.rs`).

use formix_proto::id::{ComputationId, Tag};
use formix_proto::limits::{MAX_FRAME, MAX_RECORD};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::{Entry, Roster};
use formix_proto::sharing::{Partial, Ring};
use formix_proto::wire::{DecodeError, decode_record, encode_record};

use crate::support::LIGHTS;

/// A seal over a vector of so many bytes.
fn sealed(length: usize) -> Record {
    let entries: Vec<_> = LIGHTS.map(|light| Entry { light, tag: Tag([7; 16]) }).into();
    let seal = Seal {
        roster: Roster::try_from(entries).unwrap(),
        excluded: LIGHTS.into(),
        partial: Partial::parse(Ring::Z32, &vec![7; length]).unwrap(),
    };
    Record { id: ComputationId([1; 32]), fact: Fact::Sealed(seal) }
}

#[test]
fn r12_a_record_may_be_longer_than_a_frame_and_not_longer_than_its_own_limit() {
    let record = sealed(MAX_FRAME);
    let bytes = encode_record(&record);
    assert!(bytes.as_ref().len() > MAX_FRAME && decode_record(bytes.as_ref()) == Ok(record));
    let longer = vec![bytes.as_ref()[0]; MAX_RECORD + 1];
    assert_eq!(decode_record(&longer), Err(DecodeError::TooLong(MAX_RECORD + 1)));
    assert!(!matches!(decode_record(&longer[..MAX_RECORD]), Err(DecodeError::TooLong(_))));
}
