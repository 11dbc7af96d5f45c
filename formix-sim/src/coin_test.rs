//! P2: over a whole swarm, every bit of every share is as often set as not.

use std::collections::BTreeMap;

use formix_proto::record::Fact;
use formix_proto::sharing::Share;

use crate::observation::{Observation, Observer};

/// Bits of a word: an element has one, two or four.
const BITS: usize = 32;
/// How many standard deviations off a count may be: more happens by chance once in 500 million.
const DEVIATIONS: f64 = 6.0;

/// How often each bit of the shares of each seat was set.
#[derive(Debug, Clone, Default)]
pub struct CoinTest {
    /// How many words each seat's shares had.
    words: BTreeMap<usize, u64>,
    set: BTreeMap<(usize, usize), u64>,
}

impl CoinTest {
    /// Adds those of other runs.
    pub fn add(&mut self, other: &Self) {
        for (seat, count) in &other.words {
            *self.words.entry(*seat).or_default() += count;
        }
        for (place, count) in &other.set {
            *self.set.entry(*place).or_default() += count;
        }
    }

    /// How many words were split.
    pub fn words(&self) -> u64 {
        self.words.get(&0).copied().unwrap_or(0)
    }

    /// The seat and the bit that are farthest from even, if that is too far.
    pub fn bias(&self) -> Option<(usize, usize)> {
        let off = |place: &(usize, usize)| {
            let words = self.words.get(&place.0).copied().unwrap_or(0) as f64;
            let set = self.set.get(place).copied().unwrap_or(0) as f64;
            (set - words / 2.0).abs() / (words.sqrt() / 2.0).max(1.0)
        };
        let bits = |seat: &usize| (0..BITS).map(|bit| (*seat, bit)).collect::<Vec<_>>();
        let worst = self.words.keys().flat_map(bits).max_by(|a, b| off(a).total_cmp(&off(b)))?;
        (off(&worst) > DEVIATIONS).then_some(worst)
    }
}

impl Observer for CoinTest {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        let Observation::Issued { records, .. } = observation else { return };
        for record in *records {
            let Fact::Split { shares, .. } = &record.fact else { continue };
            for (seat, share) in shares.values().enumerate() {
                *self.words.entry(seat).or_default() += words(share).count() as u64;
                for word in words(share) {
                    for bit in (0..BITS).filter(|bit| word >> bit & 1 == 1) {
                        *self.set.entry((seat, bit)).or_default() += 1;
                    }
                }
            }
        }
    }
}

fn words(share: &Share) -> impl Iterator<Item = u32> + '_ {
    let (words, _) = share.expose().as_chunks();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bits: impl Fn(u64) -> u64, words: u64) -> CoinTest {
        let places = (0..3).flat_map(|seat| (0..BITS).map(move |bit| (seat, bit)));
        let words = (0..3).map(|seat| (seat, words)).collect();
        CoinTest { words, set: places.map(|place| (place, bits(place.1 as u64))).collect() }
    }

    #[test]
    fn even_bits_pass_and_a_bit_that_is_never_set_does_not() {
        assert_eq!(of(|_| 5_000, 10_000).bias(), None);
        assert_eq!(of(|_| 5_290, 10_000).bias(), None, "within six deviations of 50");
        let stuck = of(|bit| if bit == 31 { 0 } else { 5_000 }, 10_000);
        assert_eq!(stuck.bias().map(|(_, bit)| bit), Some(31));
        assert!(of(|_| 5_310, 10_000).bias().is_some());
    }
}
