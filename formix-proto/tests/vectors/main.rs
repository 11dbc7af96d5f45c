//! Golden vectors: the bytes of every message and record, good and bad, as a person can read them.
//!
//! They pin wire version 3 and record version 3. When a test here fails, the format has changed: nodes
//! of different builds no longer understand each other, or their own logs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

mod corpus;
mod notation;
mod values;

use std::fmt::Debug;

use formix_proto::frame::Frame;
use formix_proto::wire::{DecodeError, decode, decode_record, encode, encode_record};
use notation::{Section, read};
use values::{messages, records};

fn message_vectors() -> Vec<Section> {
    read(&[include_str!("nouns.txt"), include_str!("messages.txt")])
}

fn record_vectors() -> Vec<Section> {
    read(&[include_str!("nouns.txt"), include_str!("records.txt")])
}

type Decode<T> = fn(&[u8]) -> Result<T, DecodeError>;
type Encode<T> = fn(&T) -> Frame;

/// Every value has its vector, every vector its value, and they are each other's in both directions.
fn assert_each_others<T: Debug + PartialEq>(
    vectors: &[Section],
    values: &[(&str, T)],
    encode: Encode<T>,
    decode: Decode<T>,
) {
    let names = |sections: &[Section]| -> Vec<_> {
        sections.iter().filter(|it| !it.is_noun).map(|it| it.name.clone()).collect()
    };
    let expected: Vec<_> = values.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names(vectors), expected, "the vectors and the values, in the same order");
    for (section, (name, value)) in vectors.iter().filter(|it| !it.is_noun).zip(values) {
        assert_eq!(encode(value).as_ref(), section.bytes, "encoding `{name}`");
        assert_eq!(decode(&section.bytes).as_ref(), Ok(value), "decoding `{name}`");
    }
}

/// What a decoder owes to any bytes: an error, or a value whose encoding is exactly those bytes.
fn assert_canonical<T: PartialEq>(bytes: &[u8], encode: Encode<T>, decode: Decode<T>) -> Option<T> {
    let value = decode(bytes).ok()?;
    assert_eq!(encode(&value).as_ref(), bytes, "decoded, but it is not the value's encoding");
    Some(value)
}

fn assert_robust<T: Debug + PartialEq>(values: &[(&str, T)], encode: Encode<T>, decode: Decode<T>) {
    for (name, value) in values {
        let good = encode(value).as_ref().to_vec();
        for cut in 0..good.len() {
            assert_eq!(decode(&good[..cut]), Err(DecodeError::Malformed), "{name} cut at {cut}");
        }
        for extra in [0, 0xff] {
            let more = [&good[..], &[extra]].concat();
            assert_eq!(decode(&more), Err(DecodeError::Trailing(1)), "{name}, and {extra}");
        }
        for bit in 0..8 * good.len() {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let other = assert_canonical(&flipped, encode, decode);
            assert_ne!(other.as_ref(), Some(value), "{name} with bit {bit} flipped");
        }
    }
}

#[test]
fn every_message_has_its_golden_bytes() {
    assert_each_others(&message_vectors(), &messages(), encode, decode);
}

#[test]
fn every_record_has_its_golden_bytes() {
    assert_each_others(&record_vectors(), &records(), encode_record, decode_record);
}

/// A new kind of message or record changes this count, and wants a vector.
#[test]
fn no_kind_is_without_a_vector() {
    let tags = |vectors: Vec<Section>, at: usize| -> Vec<u8> {
        let kinds = vectors.iter().filter(|it| !it.is_noun).map(|it| it.bytes[at]);
        let mut tags: Vec<_> = kinds.collect();
        tags.dedup();
        tags
    };
    assert_eq!(tags(message_vectors(), 0), (0..27).collect::<Vec<_>>());
    assert!(decode(&[27]).is_err() && decode(&[26]).is_err());
    assert_eq!(tags(record_vectors(), 1 + 32), (0..18).collect::<Vec<_>>());
}

/// A vector is named after the kind that it is of, and after what is special about it.
#[test]
fn every_kind_has_a_name_of_its_own() {
    for (name, message) in messages() {
        assert_eq!(Some(message.name()), name.split(':').next());
    }
    for (name, record) in records() {
        assert_eq!(Some(record.fact.name()), name.split(':').next());
    }
}

#[test]
fn a_damaged_message_is_an_error_or_another_message() {
    assert_robust(&messages(), encode, decode);
}

#[test]
fn a_damaged_record_is_an_error_or_another_record() {
    assert_robust(&records(), encode_record, decode_record);
}

#[test]
fn bad_bytes_are_refused_for_what_is_wrong_with_them() {
    let sections = read(&[include_str!("nouns.txt"), include_str!("bad.txt")]);
    for Section { name, bytes, .. } in sections.iter().filter(|it| !it.is_noun) {
        let (what, expected) = name.split_once(" = ").expect("a bad vector names its error");
        let error = match what.split_once(' ') {
            Some(("record:", _)) => decode_record(bytes).err(),
            _ => decode(bytes).err(),
        };
        let error = error.map(|error| format!("{error:?}"));
        assert_eq!(error.as_deref(), Some(expected), "{what}");
    }
}
