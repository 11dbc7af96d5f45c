//! P2: over a whole swarm, every bit of every share is as often set as not.

use std::collections::BTreeMap;

use formix_proto::record::Fact;
use formix_proto::share::Lanes;

use crate::sight::{Sight, Witness};

/// Bits of a word: a lane has one, two or four.
const BITS: usize = 32;
/// How many standard deviations off a count may be: more happens by chance once in 500 million.
const DEVIATIONS: f64 = 6.0;

/// How often each bit of the shares of each seat was set.
#[derive(Debug, Clone, Default)]
pub struct CoinTest {
    lanes: u64,
    set: BTreeMap<(usize, usize), u64>,
}

impl CoinTest {
    /// Adds those of other runs.
    pub fn add(&mut self, other: &Self) {
        self.lanes += other.lanes;
        for (place, count) in &other.set {
            *self.set.entry(*place).or_default() += count;
        }
    }

    /// How many lanes were split.
    pub fn lanes(&self) -> u64 {
        self.lanes
    }

    /// The seat and the bit that are farthest from even, if that is too far.
    pub fn bias(&self) -> Option<(usize, usize)> {
        let even = self.lanes as f64 / 2.0;
        let deviation = (self.lanes as f64).sqrt() / 2.0;
        let off = |place: &(usize, usize)| {
            (self.set.get(place).copied().unwrap_or(0) as f64 - even).abs() / deviation.max(1.0)
        };
        let places = (0..3).flat_map(|seat| (0..BITS).map(move |bit| (seat, bit)));
        let worst = places.max_by(|a, b| off(a).total_cmp(&off(b)))?;
        (off(&worst) > DEVIATIONS).then_some(worst)
    }
}

impl Witness for CoinTest {
    fn see(&mut self, _: u64, sight: &Sight<'_>) {
        let Sight::Issued { records, .. } = sight else { return };
        for record in *records {
            let Fact::Split { shares, .. } = &record.fact else { continue };
            self.lanes += words(&shares[0]).count() as u64;
            for (seat, share) in shares.iter().enumerate() {
                for lane in words(share) {
                    for bit in (0..BITS).filter(|bit| lane >> bit & 1 == 1) {
                        *self.set.entry((seat, bit)).or_default() += 1;
                    }
                }
            }
        }
    }
}

fn words(lanes: &Lanes) -> impl Iterator<Item = u32> + '_ {
    let (words, _) = lanes.expose().as_chunks();
    words.iter().map(|word| u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bits: impl Fn(u64) -> u64, lanes: u64) -> CoinTest {
        let places = (0..3).flat_map(|seat| (0..BITS).map(move |bit| (seat, bit)));
        CoinTest { lanes, set: places.map(|place| (place, bits(place.1 as u64))).collect() }
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
