//! Names of nodes, computations and contributions: fixed-width bytes, in hexadecimal where people
//! read them.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// Text that is not the hexadecimal form of an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected} hexadecimal digits")]
pub struct ParseIdError {
    /// How many digits the id has.
    pub expected: usize,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if deserializer.is_human_readable() {
                    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
                } else {
                    Deserialize::deserialize(deserializer).map(Self)
                }
            }
        }

        impl $name {
            /// The first eight hexadecimal digits: enough for a person to tell a few apart.
            pub fn short(&self) -> String {
                hex(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                unhex(text).map(Self).ok_or(ParseIdError { expected: 2 * $len })
            }
        }
    };
}

id! {
    /// A node: the SHA-256 digest of its public key, as a DER SubjectPublicKeyInfo (RFC 5280, 4.1).
    NodeId, 32
}
id! {
    /// A computation: the digest of its proposer, nonce and whole spec (R2), so that one id can
    /// never stand for two questions.
    ComputationId, 32
}
id! {
    /// The digest of a sorted set of (light, tag) entries.
    RosterDigest, 32
}
id! {
    /// The digest of the ids of all light nodes that are enrolled, in order.
    LightsDigest, 32
}
id! {
    /// Names one splitting of one answer; drawn with its shares.
    Tag, 16
}
id! {
    /// Makes two proposals of the same question two computations.
    Nonce, 16
}

/// SHA-256 (FIPS 180-4) over a purpose and the parts, each of which is prefixed with its length.
pub(crate) fn digest(purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in core::iter::once(&purpose.as_bytes()).chain(parts) {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

impl NodeId {
    /// The id of the node that holds the key with this DER SubjectPublicKeyInfo.
    pub fn of_public_key(spki: &[u8]) -> Self {
        Self(Sha256::digest(spki).into())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(16 * high + low).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use serde::de::value::{Error, StrDeserializer};

    #[test]
    fn text_and_back() {
        let id = Tag(core::array::from_fn(|i| 17 * i as u8));
        assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!("00".parse::<Tag>(), Err(ParseIdError { expected: 32 }));
        assert!("0g112233445566778899aabbccddeeff".parse::<Tag>().is_err());
    }

    #[test]
    fn digest_separates_its_parts() {
        assert_ne!(digest("p", &[b"ab", b"c"]), digest("p", &[b"a", b"bc"]));
        assert_ne!(digest("p", &[b"a"]), digest("q", &[b"a"]));
    }

    /// As JSON, TOML and other text has it; the wire has the bytes.
    #[test]
    fn where_people_read_it_an_id_is_its_text() {
        struct Written(Tag);
        impl fmt::Display for Written {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.serialize(f)
            }
        }
        let (id, text) = (Tag([0xab; 16]), "ab".repeat(16));
        assert_eq!(Written(id).to_string(), text);
        let read = |text| Tag::deserialize(StrDeserializer::<Error>::new(text));
        assert_eq!(read(&text), Ok(id));
        assert!(read("ab").is_err());
    }

    /// The digest of "abc" in FIPS 180-4.
    #[test]
    fn a_node_is_the_digest_of_its_key() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(NodeId::of_public_key(b"abc").to_string(), expected);
    }
}
