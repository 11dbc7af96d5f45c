//! The rings that answers are added up in: the integers mod 2^32, 2^64 or 2^128.
//!
//! A question's own numbers decide: the ring is the smallest in which no total can wrap
//! ([`Ring::holding`]). Everything else about sharing is the same code in each.

use serde::{Deserialize, Serialize};

/// The integers modulo a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Ring {
    /// Z/2^32.
    Z32,
    /// Z/2^64.
    Z64,
    /// Z/2^128.
    Z128,
}

/// The shape of a vector: how many elements it has, of which ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What each element is a number of.
    pub ring: Ring,
    /// How many elements there are.
    pub dimension: usize,
}

impl Ring {
    /// All rings, the smallest first.
    pub const ALL: [Ring; 3] = [Ring::Z32, Ring::Z64, Ring::Z128];

    /// The smallest ring in which every number from 0 to `max` is itself.
    pub fn holding(max: u128) -> Ring {
        match max {
            0..=0xffff_ffff => Ring::Z32,
            0x1_0000_0000..=0xffff_ffff_ffff_ffff => Ring::Z64,
            _ => Ring::Z128,
        }
    }

    /// The width of an element, in bytes.
    pub fn width(self) -> usize {
        match self {
            Self::Z32 => 4,
            Self::Z64 => 8,
            Self::Z128 => 16,
        }
    }

    /// How many whole elements so many bytes are. A shift, because a division by a width that is known only
    /// when running takes longer than the sum.
    pub(super) fn elements(self, bytes: usize) -> usize {
        bytes >> self.width().ilog2()
    }

    /// How many numbers it has, as people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Z32 => "2^32",
            Self::Z64 => "2^64",
            Self::Z128 => "2^128",
        }
    }

    /// Adds element by element.
    #[inline]
    pub(super) fn add(self, to: &mut [u8], other: &[u8]) {
        match self {
            Self::Z32 => combine(to, other, u32::wrapping_add),
            Self::Z64 => combine(to, other, u64::wrapping_add),
            Self::Z128 => combine(to, other, u128::wrapping_add),
        }
    }

    /// Subtracts element by element.
    #[inline]
    pub(super) fn subtract(self, from: &mut [u8], other: &[u8]) {
        match self {
            Self::Z32 => combine(from, other, u32::wrapping_sub),
            Self::Z64 => combine(from, other, u64::wrapping_sub),
            Self::Z128 => combine(from, other, u128::wrapping_sub),
        }
    }
}

impl Shape {
    /// No elements.
    pub(crate) const EMPTY: Shape = Shape { ring: Ring::Z32, dimension: 0 };

    /// The length of an encoded answer, and of each share of it, in bytes.
    pub fn bytes(self) -> usize {
        self.dimension.saturating_mul(self.ring.width())
    }
}

/// An element of a ring, in the encoding that it has everywhere: fixed width, little-endian.
trait Word: Copy {
    fn read(bytes: &[u8]) -> Self;
    fn write(self, bytes: &mut [u8]);
}

macro_rules! words {
    ($($word:ty)*) => {$(
        impl Word for $word {
            fn read(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().unwrap_or_default())
            }

            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

words!(u32 u64 u128);

#[inline]
fn combine<W: Word>(to: &mut [u8], other: &[u8], operation: impl Fn(W, W) -> W) {
    let pairs = to.chunks_exact_mut(size_of::<W>()).zip(other.chunks_exact(size_of::<W>()));
    for (element, other) in pairs {
        operation(W::read(element), W::read(other)).write(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_ring_that_holds_the_greatest_total() {
        let table = [
            (0, Ring::Z32),
            (u32::MAX.into(), Ring::Z32),
            (1 << 32, Ring::Z64),
            (u64::MAX.into(), Ring::Z64),
            (1 << 64, Ring::Z128),
            (u128::MAX, Ring::Z128),
        ];
        for (greatest, ring) in table {
            assert_eq!(Ring::holding(greatest), ring, "{greatest}");
        }
        assert_eq!(Ring::ALL.map(Ring::name), ["2^32", "2^64", "2^128"]);
    }

    #[test]
    fn each_element_wraps_for_itself() {
        for ring in Ring::ALL {
            let width = ring.width();
            let ones = [0xff; 32];
            let mut vector = [0; 32];
            vector[width] = 2;
            ring.add(&mut vector[..2 * width], &ones[..2 * width]);
            let mut expected = [0xff; 32];
            expected[width..2 * width].fill(0);
            expected[width] = 1;
            assert_eq!(vector[..2 * width], expected[..2 * width], "{ring:?}");
            ring.subtract(&mut vector[..2 * width], &ones[..2 * width]);
            assert_eq!(vector[..width], [0; 16][..width], "{ring:?}");
            assert_eq!(vector[width], 2, "{ring:?}");
        }
    }
}
