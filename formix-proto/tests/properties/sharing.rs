//! Sharing: three shares add up, two of them are coins, and sums of shares are shares of sums.

use std::collections::VecDeque;
use std::convert::Infallible;

use formix_proto::ring::{Ring, Shape};
use formix_proto::share::{Lanes, split, sum};
use proptest::prelude::*;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use super::strategies::lane;

/// Coins that are an argument: the words of a list, one after the other.
struct Coins(VecDeque<u32>);

impl TryRng for Coins {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.pop_front().expect("split takes two words a lane, and no more"))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.try_next_u32()?) | u64::from(self.try_next_u32()?) << 32)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.try_next_u32()?.to_le_bytes()[0];
        }
        Ok(())
    }
}

impl TryCryptoRng for Coins {}

fn of(dimension: usize) -> Shape {
    Shape { ring: Ring::Z32, dimension }
}

fn words(lanes: &Lanes) -> Vec<u32> {
    lanes.values(Ring::Z32).map(|value| u32::try_from(value).unwrap()).collect()
}

/// An encoded answer, and the coins that split it.
fn secret_and_coins(dimension: usize) -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
    let words = |count| prop::collection::vec(lane(), count);
    (words(dimension), words(2 * dimension))
}

fn shares(secret: &[u32], coins: &[u32]) -> [Lanes; 3] {
    let mut coins = Coins(coins.iter().copied().collect());
    let shares = split(&Lanes::new(secret), of(secret.len()), &mut coins);
    assert!(coins.0.is_empty(), "every coin is used once");
    shares
}

fn added(one: &[u32], other: &[u32]) -> Vec<u32> {
    one.iter().zip(other).map(|(a, b)| a.wrapping_add(*b)).collect()
}

proptest! {
    #[test]
    fn three_shares_add_up((secret, coins) in (0usize..9).prop_flat_map(secret_and_coins)) {
        let shares = shares(&secret, &coins);
        prop_assert_eq!(sum(of(secret.len()), &shares), Lanes::new(&secret));
    }

    /// Two of the shares are the coins themselves. The third is one-to-one in either coin, so with one
    /// coin unknown it can be anything: whatever the secret, some coin makes any two shares any values.
    #[test]
    fn any_two_shares_are_independent_of_the_secret(
        (secret, coins) in (1usize..9).prop_flat_map(secret_and_coins),
        other in lane(),
    ) {
        let dimension = secret.len();
        let [first, second, third] = shares(&secret, &coins);
        prop_assert_eq!(words(&first), &coins[..dimension]);
        prop_assert_eq!(words(&second), &coins[dimension..]);

        let changed: Vec<_> = secret.iter().map(|lane| lane.wrapping_add(other)).collect();
        let shift = |coins: &[u32]| -> Vec<u32> {
            coins.iter().map(|coin| coin.wrapping_add(other)).collect()
        };
        let (a, b) = coins.split_at(dimension);
        let [_, same_second, same_third] = shares(&changed, &[&shift(a)[..], b].concat());
        prop_assert_eq!((&same_second, &same_third), (&second, &third), "seats 1 and 2");
        let [same_first, _, same_third] = shares(&changed, &[a, &shift(b)[..]].concat());
        prop_assert_eq!((&same_first, &same_third), (&first, &third), "seats 0 and 2");
        let [same_first, same_second, _] = shares(&changed, &coins);
        prop_assert_eq!((&same_first, &same_second), (&first, &second), "seats 0 and 1");
    }

    #[test]
    fn sums_of_shares_are_shares_of_sums(
        answers in (1usize..5).prop_flat_map(|dimension| {
            prop::collection::vec(secret_and_coins(dimension), 0..20)
                .prop_map(move |answers| (dimension, answers))
        }),
    ) {
        let (dimension, answers) = answers;
        let split: Vec<_> = answers.iter().map(|(secret, coins)| shares(secret, coins)).collect();
        let partial = |seat: usize| sum(of(dimension), split.iter().map(|shares| &shares[seat]));
        let total = sum(of(dimension), &[partial(0), partial(1), partial(2)]);
        let expected =
            answers.iter().fold(vec![0; dimension], |total, (secret, _)| added(&total, secret));
        prop_assert_eq!(words(&total), expected);
    }

    /// Over every ring: shares of all answers add up to the sum of the answers, each lane for itself.
    #[test]
    fn in_every_ring_the_total_is_the_sum_mod_its_size(
        ring in prop::sample::select(&Ring::ALL[..]),
        answers in (1usize..5).prop_flat_map(|lanes| {
            let lane = prop_oneof![any::<u128>(), Just(0), Just(u128::MAX)];
            prop::collection::vec(prop::collection::vec(lane, lanes), 1..12)
        }),
        seed in any::<[u8; 32]>(),
    ) {
        let shape = Shape { ring, dimension: answers[0].len() };
        let mut coins = rand_chacha::ChaCha20Rng::from_seed(seed);
        let split: Vec<_> = answers
            .iter()
            .map(|values| {
                let mut lanes = Lanes::zero(shape);
                values.iter().enumerate().for_each(|(at, value)| lanes.set(ring, at, *value));
                split(&lanes, shape, &mut coins)
            })
            .collect();
        let partial = |seat: usize| sum(shape, split.iter().map(|shares| &shares[seat]));
        let total = sum(shape, &[partial(0), partial(1), partial(2)]);
        let size = 8 * ring.width();
        for (at, found) in total.values(ring).enumerate() {
            let sum = answers.iter().fold(0u128, |sum, values| sum.wrapping_add(values[at]));
            prop_assert_eq!(found, sum & (u128::MAX >> (128 - size)));
        }
    }

    #[test]
    fn a_sum_does_not_depend_on_the_order(
        mut shares in prop::collection::vec(lane().prop_map(|lane| Lanes::new(&[lane])), 0..20),
        rotation in any::<prop::sample::Index>(),
    ) {
        let before = sum(of(1), &shares);
        if !shares.is_empty() {
            let middle = rotation.index(shares.len());
            shares.rotate_left(middle);
        }
        prop_assert_eq!(sum(of(1), &shares), before);
    }
}
