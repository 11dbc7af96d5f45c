//! Sharing: three shares add up, two of them are coins, and sums of shares are shares of sums.

use std::collections::VecDeque;
use std::convert::Infallible;

use formix_proto::seat::{MAX_SEATS, MIN_SEATS, PerSeat};
use formix_proto::sharing::{Encoded, Partial, Ring, Scheme, Shape, Share};
use formix_testkit::vectors::reconstructed;
use proptest::prelude::*;
use rand_core::{SeedableRng, TryCryptoRng, TryRng};

use super::strategies::element;

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

fn encoded(ring: Ring, elements: impl ExactSizeIterator<Item = u128>) -> Encoded {
    let mut encoded = Encoded::zero(Shape { ring, dimension: elements.len() });
    elements.enumerate().for_each(|(at, value)| encoded.set(at, value).unwrap());
    encoded
}

fn words(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// An encoded answer, and the coins that split it.
fn secret_and_coins(dimension: usize) -> impl Strategy<Value = (Vec<u32>, Vec<u32>)> {
    let words = |count| prop::collection::vec(element(), count);
    (words(dimension), words(2 * dimension))
}

fn split(secret: &[u32], coins: &[u32]) -> PerSeat<Share> {
    let mut coins = Coins(coins.iter().copied().collect());
    let answer = encoded(Ring::Z32, secret.iter().map(|element| (*element).into()));
    let shares = Scheme::Additive.split(&answer, 3, &mut coins).unwrap();
    assert!(coins.0.is_empty(), "every coin is used once");
    shares
}

/// The elements of each of three shares.
fn shares(secret: &[u32], coins: &[u32]) -> [Vec<u32>; 3] {
    let shares: Vec<_> = split(secret, coins).values().map(|share| words(share.expose())).collect();
    shares.try_into().unwrap()
}

fn added(one: &[u32], other: &[u32]) -> Vec<u32> {
    one.iter().zip(other).map(|(a, b)| a.wrapping_add(*b)).collect()
}

proptest! {
    #[test]
    fn three_shares_add_up((secret, coins) in (1usize..9).prop_flat_map(secret_and_coins)) {
        let totals = reconstructed(&[split(&secret, &coins)]);
        prop_assert_eq!(words(totals.expose()), secret);
    }

    /// Two of the shares are the coins themselves. The third is one-to-one in either coin, so with one
    /// coin unknown it can be anything: whatever the secret, some coin makes any two shares any values.
    #[test]
    fn any_two_shares_are_independent_of_the_secret(
        (secret, coins) in (1usize..9).prop_flat_map(secret_and_coins),
        other in element(),
    ) {
        let dimension = secret.len();
        let [first, second, third] = shares(&secret, &coins);
        prop_assert_eq!(&first[..], &coins[..dimension]);
        prop_assert_eq!(&second[..], &coins[dimension..]);

        let changed: Vec<_> = secret.iter().map(|element| element.wrapping_add(other)).collect();
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
            prop::collection::vec(secret_and_coins(dimension), 1..20)
                .prop_map(move |answers| (dimension, answers))
        }),
    ) {
        let (dimension, answers) = answers;
        let split: Vec<_> = answers.iter().map(|(secret, coins)| split(secret, coins)).collect();
        let total = reconstructed(&split);
        let expected =
            answers.iter().fold(vec![0; dimension], |total, (secret, _)| added(&total, secret));
        prop_assert_eq!(words(total.expose()), expected);
    }

    /// Over every ring, for every committee: shares of all answers add up to the sum of the answers, each
    /// element for itself.
    #[test]
    fn in_every_ring_the_total_is_the_sum_mod_its_size(
        ring in prop::sample::select(&Ring::ALL[..]),
        seats in MIN_SEATS..=MAX_SEATS,
        answers in (1usize..5).prop_flat_map(|dimension| {
            let element = prop_oneof![any::<u128>(), Just(0), Just(u128::MAX)];
            prop::collection::vec(prop::collection::vec(element, dimension), 1..12)
        }),
        seed in any::<[u8; 32]>(),
    ) {
        let largest = u128::MAX >> (128 - 8 * ring.width());
        let mut coins = rand_chacha::ChaCha20Rng::from_seed(seed);
        let split = |values: &Vec<u128>| {
            let answer = encoded(ring, values.iter().map(|value| value & largest));
            Scheme::Additive.split(&answer, seats, &mut coins).unwrap()
        };
        let total = reconstructed(&answers.iter().map(split).collect::<Vec<_>>());
        for (at, found) in total.values().enumerate() {
            let sum = answers.iter().fold(0u128, |sum, values| sum.wrapping_add(values[at]));
            prop_assert_eq!(found, sum & largest);
        }
    }

    #[test]
    fn a_sum_does_not_depend_on_the_order(
        mut shares in prop::collection::vec(element(), 1..20),
        rotation in any::<prop::sample::Index>(),
    ) {
        let sum = |elements: &[u32]| {
            let share = |it: &u32| Share::parse(Ring::Z32, &it.to_le_bytes()).unwrap();
            Partial::sum(&elements.iter().map(share).collect::<Vec<_>>()).unwrap()
        };
        let before = sum(&shares);
        let middle = rotation.index(shares.len());
        shares.rotate_left(middle);
        prop_assert_eq!(sum(&shares), before);
    }
}
