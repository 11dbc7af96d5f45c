//! Additive secret sharing over Z/2^32, lane-wise and pure.
//!
//! Two shares of an answer are coins and the third is the answer minus both (Ito, Saito and
//! Nishizeki's n-of-n scheme in the additive group of Z/2^32). Any two of the three are uniformly
//! random whatever the answer is; all three add up to it. Sums of shares are shares of sums.

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;
use zeroize::{Zeroize, Zeroizing};

/// How many heavy nodes hold a share of every answer.
pub const SEATS: usize = 3;

/// Lanes up to this many need no allocation.
const INLINE: usize = 4;

/// A vector over Z/2^32 that must stay secret: an encoded answer, a share of one, or a partial sum.
///
/// It cannot be printed, is compared only for equality, and is wiped when dropped. Its encoding is
/// four bytes a lane whatever the values are (R10).
#[derive(PartialEq, Eq)]
pub struct Lanes(SmallVec<[u32; INLINE]>);

/// One of the three shares of an encoded answer.
pub type Share = Lanes;

impl Lanes {
    /// `dimension` lanes of zero.
    pub fn zero(dimension: usize) -> Self {
        match dimension {
            // Made in place: moving lanes that were just written costs more than making them.
            0..=INLINE => Self(SmallVec::from_buf_and_len([0; INLINE], dimension)),
            _ => Self(SmallVec::from_vec(alloc::vec![0; dimension])),
        }
    }

    /// Takes the values of the lanes.
    pub fn new(values: &[u32]) -> Self {
        Self(SmallVec::from_slice(values))
    }

    /// How many lanes there are.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The values, for whoever may know them.
    pub fn expose(&self) -> &[u32] {
        &self.0
    }

    fn draw(&mut self, coins: &mut (impl CryptoRng + ?Sized)) {
        for lane in &mut self.0 {
            *lane = coins.next_u32();
        }
    }

    fn subtract(&mut self, other: &Lanes) {
        for (lane, value) in self.0.iter_mut().zip(&other.0) {
            *lane = lane.wrapping_sub(*value);
        }
    }

    /// Adds lane by lane, mod 2^32. Lanes that `other` has beyond this one's are left out: callers
    /// admit only equal dimensions.
    pub fn add(&mut self, other: &Lanes) {
        for (lane, value) in self.0.iter_mut().zip(&other.0) {
            *lane = lane.wrapping_add(*value);
        }
    }
}

/// Splits an encoded answer into one share a seat. Needs `8 * dimension` bytes of coins.
pub fn split(secret: &Lanes, coins: &mut (impl CryptoRng + ?Sized)) -> [Share; SEATS] {
    let mut shares: [Share; SEATS] = core::array::from_fn(|_| Lanes::zero(secret.dimension()));
    let [first, second, third] = &mut shares;
    first.draw(coins);
    second.draw(coins);
    third.add(secret);
    third.subtract(first);
    third.subtract(second);
    shares
}

/// Adds up shares of the same dimension: a heavy's partial, or the total of all partials.
pub fn sum<'a>(dimension: usize, shares: impl IntoIterator<Item = &'a Lanes>) -> Lanes {
    let mut total = Lanes::zero(dimension);
    for share in shares {
        total.add(share);
    }
    total
}

impl Clone for Lanes {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        if self.0.spilled() {
            self.0.as_mut_slice().zeroize();
        } else {
            // A call to wipe a few lanes would cost as much as splitting them.
            self.0.iter_mut().for_each(Zeroize::zeroize);
        }
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lanes(<{} redacted>)", self.dimension())
    }
}

impl Serialize for Lanes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Zeroizing::new(alloc::vec::Vec::with_capacity(4 * self.0.len()));
        for lane in &self.0 {
            bytes.extend_from_slice(&lane.to_le_bytes());
        }
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(LanesVisitor)
    }
}

/// Four bytes a lane for lanes that are revealed, too: the length tells nothing (R10).
pub(crate) mod fixed_width {
    use alloc::vec::Vec;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Lanes;

    pub(crate) fn serialize<S: Serializer>(
        lanes: &[u32],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Lanes::new(lanes).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Vec<u32>, D::Error> {
        Lanes::deserialize(de).map(|lanes| lanes.expose().to_vec())
    }
}

struct LanesVisitor;

impl de::Visitor<'_> for LanesVisitor {
    type Value = Lanes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("four bytes a lane")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Lanes, E> {
        let (lanes, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        Ok(Lanes(lanes.iter().map(|lane| u32::from_le_bytes(*lane)).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use serde::de::value::{BytesDeserializer, Error, U32Deserializer};

    #[test]
    fn addition_wraps_lane_by_lane() {
        let mut lanes = Lanes::new(&[1, u32::MAX, 0]);
        lanes.add(&Lanes::new(&[2, 1, u32::MAX]));
        assert_eq!(lanes.expose(), [3, 0, u32::MAX]);
    }

    #[test]
    fn the_sum_of_nothing_is_zero_in_every_lane() {
        assert_eq!(sum(3, []).expose(), [0, 0, 0]);
        assert_eq!(Lanes::zero(2), Lanes::new(&[0, 0]));
        assert_eq!(Lanes::new(&[7, 8]).dimension(), 2);
    }

    #[test]
    fn lanes_are_equal_only_in_value_and_dimension() {
        assert_ne!(Lanes::zero(1), Lanes::zero(2));
        assert_ne!(Lanes::new(&[0, 1]), Lanes::new(&[1, 0]));
    }

    #[test]
    fn printing_shows_how_many_there_are_and_not_what() {
        assert_eq!(format!("{:?}", Lanes::new(&[72, 73])), "Lanes(<2 redacted>)");
    }

    #[test]
    fn what_is_not_lanes_is_refused_for_what_lanes_are() {
        let number = Lanes::deserialize(U32Deserializer::<Error>::new(7));
        let five_bytes = Lanes::deserialize(BytesDeserializer::<Error>::new(&[0; 5]));
        let refusals = [number, five_bytes].map(|refused| refused.unwrap_err().to_string());
        assert_eq!(refusals[0], "invalid type: integer `7`, expected four bytes a lane");
        assert_eq!(refusals[1], "invalid length 5, expected four bytes a lane");
    }
}
