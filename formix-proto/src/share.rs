//! Additive secret sharing over Z/2^32, Z/2^64 or Z/2^128, lane-wise and pure.
//!
//! Two shares of an answer are coins and the third is the answer minus both (Ito, Saito and
//! Nishizeki's n-of-n scheme in the additive group of the ring). Any two of the three are uniformly
//! random whatever the answer is; all three add up to it. Sums of shares are shares of sums.

use core::fmt;

use rand_core::CryptoRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;
use zeroize::Zeroize;

use crate::ring::{Ring, Shape};

/// How many heavy nodes hold a share of every answer.
pub const SEATS: usize = 3;

/// Lanes up to this many bytes need no allocation.
const INLINE: usize = 16;

/// A vector over a ring that must stay secret: an encoded answer, a share of one, or a partial sum.
///
/// Which ring it is follows from the question, as does the number of lanes: together its
/// [`Shape`]. It cannot be printed, is compared only for equality, and is wiped when dropped. It is
/// kept as it is encoded: so many bytes a lane whatever the values are (R10), little-endian.
#[derive(PartialEq, Eq)]
pub struct Lanes(SmallVec<[u8; INLINE]>);

/// One of the three shares of an encoded answer.
pub type Share = Lanes;

impl Lanes {
    /// Lanes of zero.
    pub fn zero(shape: Shape) -> Self {
        match shape.bytes() {
            // Made in place: moving lanes that were just written costs more than making them.
            bytes @ 0..=INLINE => Self(SmallVec::from_buf_and_len([0; INLINE], bytes)),
            bytes => Self(SmallVec::from_vec(alloc::vec![0; bytes])),
        }
    }

    /// Takes the values of lanes over Z/2^32.
    pub fn new(values: &[u32]) -> Self {
        let mut lanes = Self::zero(Shape { ring: Ring::Z32, dimension: values.len() });
        for (lane, value) in lanes.0.chunks_exact_mut(4).zip(values) {
            lane.copy_from_slice(&value.to_le_bytes());
        }
        lanes
    }

    /// Sets one lane to `value`, mod the size of the ring. There must be such a lane.
    pub fn set(&mut self, ring: Ring, lane: usize, value: u128) {
        let width = ring.width();
        if let Some(bytes) = self.0.get_mut(lane * width..(lane + 1) * width) {
            bytes.copy_from_slice(&value.to_le_bytes()[..width]);
        }
    }

    /// Whether this is a vector of that shape, and not an empty one.
    pub fn fits(&self, shape: Shape) -> bool {
        !self.0.is_empty() && self.0.len() == shape.bytes()
    }

    /// The encoding, for whoever may know the values.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The values, for whoever may know them.
    pub fn values(&self, ring: Ring) -> impl ExactSizeIterator<Item = u128> + '_ {
        self.0.chunks_exact(ring.width()).map(|lane| {
            let mut bytes = [0; 16];
            bytes[..lane.len()].copy_from_slice(lane);
            u128::from_le_bytes(bytes)
        })
    }

    /// The first so many lanes.
    pub(crate) fn first(&self, shape: Shape) -> Self {
        Self(SmallVec::from_slice(&self.0[..shape.bytes().min(self.0.len())]))
    }

    fn draw(&mut self, coins: &mut (impl CryptoRng + ?Sized)) {
        for word in self.0.chunks_exact_mut(4) {
            word.copy_from_slice(&coins.next_u32().to_le_bytes());
        }
    }

    /// Adds lane by lane. Lanes that `other` has beyond this one's are left out: callers admit only
    /// equal shapes.
    pub fn add(&mut self, ring: Ring, other: &Lanes) {
        ring.add(&mut self.0, &other.0);
    }
}

/// Splits an encoded answer of that shape into one share a seat. Needs as many coins as two shares
/// have bytes.
pub fn split(
    secret: &Lanes,
    shape: Shape,
    coins: &mut (impl CryptoRng + ?Sized),
) -> [Share; SEATS] {
    let mut shares: [Share; SEATS] = core::array::from_fn(|_| Lanes::zero(shape));
    let [first, second, third] = &mut shares;
    first.draw(coins);
    second.draw(coins);
    third.add(shape.ring, secret);
    shape.ring.subtract(&mut third.0, &first.0);
    shape.ring.subtract(&mut third.0, &second.0);
    shares
}

/// Adds up shares of the same shape: a heavy's partial, or the total of all partials.
pub fn sum<'a>(shape: Shape, shares: impl IntoIterator<Item = &'a Lanes>) -> Lanes {
    let mut total = Lanes::zero(shape);
    for share in shares {
        total.add(shape.ring, share);
    }
    total
}

impl Clone for Lanes {
    fn clone(&self) -> Self {
        Self(SmallVec::from_slice(&self.0))
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
        write!(f, "Lanes(<{} bytes redacted>)", self.0.len())
    }
}

impl Serialize for Lanes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Lanes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(LanesVisitor)
    }
}

struct LanesVisitor;

impl de::Visitor<'_> for LanesVisitor {
    type Value = Lanes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("four bytes a lane, or a multiple of that")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Lanes, E> {
        match bytes.len().is_multiple_of(Ring::Z32.width()) {
            true => Ok(Lanes(SmallVec::from_slice(bytes))),
            false => Err(E::invalid_length(bytes.len(), &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use serde::de::value::{BytesDeserializer, Error, U32Deserializer};

    fn values(lanes: &Lanes) -> Vec<u128> {
        lanes.values(Ring::Z32).collect()
    }

    #[test]
    fn addition_wraps_lane_by_lane() {
        let mut lanes = Lanes::new(&[1, u32::MAX, 0]);
        lanes.add(Ring::Z32, &Lanes::new(&[2, 1, u32::MAX]));
        assert_eq!(values(&lanes), [3, 0, u32::MAX.into()]);
    }

    #[test]
    fn the_sum_of_nothing_is_zero_in_every_lane() {
        for ring in Ring::ALL {
            let shape = Shape { ring, dimension: 5 };
            let none = sum(shape, []);
            assert!(none.fits(shape) && none == Lanes::zero(shape));
            assert_eq!(none.values(ring).collect::<Vec<_>>(), [0; 5]);
        }
    }

    #[test]
    fn a_lane_is_set_and_no_other() {
        for ring in Ring::ALL {
            let mut lanes = Lanes::zero(Shape { ring, dimension: 3 });
            lanes.set(ring, 1, 7 + (u128::MAX << 32));
            lanes.set(ring, 3, 9);
            let expected =
                [0, (7 + (u128::MAX << 32)) & (u128::MAX >> (128 - 8 * ring.width())), 0];
            assert_eq!(lanes.values(ring).collect::<Vec<_>>(), expected, "{ring:?}");
        }
    }

    #[test]
    fn lanes_are_equal_only_in_value_and_dimension() {
        assert_ne!(Lanes::new(&[0]), Lanes::new(&[0, 0]));
        assert_ne!(Lanes::new(&[0, 1]), Lanes::new(&[1, 0]));
        let two = Shape { ring: Ring::Z32, dimension: 2 };
        assert!(Lanes::new(&[0, 1]).fits(two) && !Lanes::new(&[0]).fits(two));
        assert_eq!(Lanes::new(&[8, 9, 10]).first(two), Lanes::new(&[8, 9]));
    }

    #[test]
    fn printing_shows_how_many_there_are_and_not_what() {
        assert_eq!(format!("{:?}", Lanes::new(&[72, 73])), "Lanes(<8 bytes redacted>)");
    }

    #[test]
    fn what_is_not_lanes_is_refused_for_what_lanes_are() {
        let number = Lanes::deserialize(U32Deserializer::<Error>::new(7));
        let five_bytes = Lanes::deserialize(BytesDeserializer::<Error>::new(&[0; 5]));
        let refusals = [number, five_bytes].map(|refused| refused.unwrap_err().to_string());
        let lanes = "four bytes a lane, or a multiple of that";
        assert_eq!(refusals[0], format!("invalid type: integer `7`, expected {lanes}"));
        assert_eq!(refusals[1], format!("invalid length 5, expected {lanes}"));
    }
}
