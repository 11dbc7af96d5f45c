//! The coins of the nodes: a stream for each node and life, keyed by the plan's seed.

use core::convert::Infallible;
use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng, TryCryptoRng, TryRng};

use super::World;
use crate::plan::Peer;
use crate::random::Stream;

/// The words of the coins that come out greater by a known amount: for each node and life, the ordinal
/// of the word, from 0, and the amount.
///
/// A share that is drawn has one, two or four such words for each element, so this changes a split by
/// changing one seat's share and no other's.
pub type Shifts = BTreeMap<(Peer, u32), BTreeMap<u32, Shift>>;

/// By how much greater a word comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// By this amount, mod 2^32,
    pub by: u32,
    /// and by what the word before has to carry, if this one is of the same element.
    pub carries: bool,
}

/// The coins of one node in one life.
#[derive(Debug, Clone)]
pub(super) struct Coins {
    stream: ChaCha20Rng,
    /// How many single words were drawn; tags are drawn as bytes.
    words: u32,
    shifts: BTreeMap<u32, Shift>,
    /// What the last word that was shifted has to carry.
    carry: bool,
}

impl World<'_> {
    pub(super) fn coins(&self, peer: Peer, life: u32) -> Coins {
        let purpose = format!("coins {} life {life}", self.plan.cluster.name(peer));
        let seed = Stream::new(self.plan.seed, &purpose).bytes();
        let shifts = self.shifts.get(&(peer, life)).cloned().unwrap_or_default();
        Coins { stream: ChaCha20Rng::from_seed(seed), words: 0, shifts, carry: false }
    }
}

impl TryRng for Coins {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let (drawn, shift) = (self.stream.next_u32(), self.shifts.get(&self.words));
        self.words += 1;
        let Some(Shift { by, carries }) = shift else { return Ok(drawn) };
        let (word, carry) = drawn.carrying_add(*by, *carries && self.carry);
        self.carry = carry;
        Ok(word)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.stream.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.stream.fill_bytes(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Coins {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_shifted_as_a_whole() {
        let stream = ChaCha20Rng::from_seed([7; 32]);
        let draw = |shifts| -> Vec<u32> {
            let mut coins = Coins { stream: stream.clone(), words: 0, shifts, carry: false };
            (0..6).map(|_| coins.next_u32()).collect()
        };
        let lane = |words: &[u32]| u64::from(words[0]) | u64::from(words[1]) << 32;
        let drawn = draw(BTreeMap::new());
        let by = u64::from(u32::MAX);
        assert!(drawn[2] > 0, "so that the second word takes a carry");
        let word = |by: u64, carries| Shift { by: by as u32, carries };
        let shifted = draw([(2, word(by, false)), (3, word(by >> 32, true))].into());
        assert_eq!(lane(&shifted[2..]), lane(&drawn[2..]).wrapping_add(by));
        assert_eq!((&shifted[..2], &shifted[4..]), (&drawn[..2], &drawn[4..]));
    }
}
