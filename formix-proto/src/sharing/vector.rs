//! Vectors over a ring: what encoded answers, shares, partials and totals are made of.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use smallvec::SmallVec;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::SharingError;
use super::ring::{Ring, Shape};

/// Vectors up to this many bytes need no allocation.
const INLINE: usize = 16;

/// A vector that knows its own shape. It is wiped when dropped, compared in constant time and never printed.
///
/// It is kept as it is encoded: a fixed number of bytes for each element whatever its value (R10),
/// little-endian.
#[derive(Clone, Serialize)]
pub(super) struct Vector {
    ring: Ring,
    bytes: Bytes,
}

impl Vector {
    /// Zero in every element.
    #[inline]
    pub(super) fn zero(shape: Shape) -> Self {
        Self { ring: shape.ring, bytes: Bytes::zero(shape.bytes()) }
    }

    /// The vector of these bytes, if they are whole elements, and at least one.
    pub(super) fn parse(ring: Ring, bytes: &[u8]) -> Result<Self, SharingError> {
        match ring.elements(bytes.len()) * ring.width() == bytes.len() && !bytes.is_empty() {
            true => Ok(Self { ring, bytes: Bytes(SmallVec::from_slice(bytes)) }),
            false => Err(SharingError::Shape),
        }
    }

    #[inline]
    pub(super) fn shape(&self) -> Shape {
        Shape { ring: self.ring, dimension: self.ring.elements(self.bytes.0.len()) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    pub(super) fn elements(&self) -> impl ExactSizeIterator<Item = u128> + '_ {
        self.bytes.0.chunks_exact(self.ring.width()).map(|element| {
            let mut bytes = [0; 16];
            bytes[..element.len()].copy_from_slice(element);
            u128::from_le_bytes(bytes)
        })
    }

    /// Sets one element.
    pub(super) fn set(&mut self, element: usize, value: u128) -> Result<(), SharingError> {
        let width = self.ring.width();
        let encoded = value.to_le_bytes();
        let (low, high) = encoded.split_at(width);
        match self.bytes.0.chunks_exact_mut(width).nth(element) {
            Some(bytes) if high.iter().all(|byte| *byte == 0) => {
                bytes.copy_from_slice(low);
                Ok(())
            }
            _ => Err(SharingError::Element),
        }
    }

    /// The first elements, as a vector of their own.
    pub(super) fn first(&self, dimension: usize) -> Result<Self, SharingError> {
        let length = Shape { ring: self.ring, dimension }.bytes();
        let bytes = self.bytes.0.get(..length).ok_or(SharingError::Shape)?;
        Self::parse(self.ring, bytes)
    }

    #[inline]
    pub(super) fn add(&mut self, other: &Self) -> Result<(), SharingError> {
        self.combine(other, Ring::add)
    }

    #[inline]
    pub(super) fn subtract(&mut self, other: &Self) -> Result<(), SharingError> {
        self.combine(other, Ring::subtract)
    }

    /// Fills every element with coins.
    #[inline]
    pub(super) fn draw(&mut self, coins: &mut (impl rand_core::CryptoRng + ?Sized)) {
        for word in self.bytes.0.chunks_exact_mut(4) {
            word.copy_from_slice(&coins.next_u32().to_le_bytes());
        }
    }

    #[inline]
    fn combine(
        &mut self,
        other: &Self,
        operation: impl Fn(Ring, &mut [u8], &[u8]),
    ) -> Result<(), SharingError> {
        if self.ring != other.ring || self.bytes.0.len() != other.bytes.0.len() {
            return Err(SharingError::Shape);
        }
        operation(self.ring, &mut self.bytes.0, &other.bytes.0);
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (ring, bytes) = <(Ring, &[u8])>::deserialize(deserializer)?;
        Self::parse(ring, bytes).map_err(de::Error::custom)
    }
}

impl PartialEq for Vector {
    /// In constant time for vectors of the same shape; the shape is public.
    fn eq(&self, other: &Self) -> bool {
        self.ring == other.ring && self.bytes.0.ct_eq(&other.bytes.0).into()
    }
}

impl Eq for Vector {}

/// Bytes that are wiped when dropped.
struct Bytes(SmallVec<[u8; INLINE]>);

impl Bytes {
    #[inline]
    fn zero(length: usize) -> Self {
        Self(match length {
            // Made in place: moving what was just written costs more than making it.
            0..=INLINE => SmallVec::from_buf_and_len([0; INLINE], length),
            _ => Self::allocated(length),
        })
    }

    // Kept apart so that the case in place stays a few instructions.
    #[cold]
    fn allocated(length: usize) -> SmallVec<[u8; INLINE]> {
        SmallVec::from_vec(alloc::vec![0; length])
    }
}

impl Clone for Bytes {
    fn clone(&self) -> Self {
        Self(SmallVec::from_slice(&self.0))
    }
}

impl Drop for Bytes {
    #[inline]
    fn drop(&mut self) {
        if self.0.spilled() {
            self.0.as_mut_slice().zeroize();
        } else {
            // A call to wipe a few bytes would cost as much as splitting them.
            self.0.iter_mut().for_each(Zeroize::zeroize);
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}
