//! Vectors with chosen elements, as an adversary could encode them, and the totals of answers.
#![allow(clippy::expect_used, reason = "a mistake of the test that calls it")]

use formix_proto::seat::{MIN_SEATS, PerSeat};
use formix_proto::sharing::{
    Counts, Encoded, Partial, Ring, Scheme, Shape, Share, SharingError, Totals,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A share with these elements over Z/2^32.
pub fn share(elements: &[u32]) -> Share {
    vector(Share::parse, elements)
}

/// A partial with these elements over Z/2^32.
pub fn partial(elements: &[u32]) -> Partial {
    vector(Partial::parse, elements)
}

/// Counts with these elements over Z/2^32.
pub fn counts(elements: &[u32]) -> Counts {
    vector(Counts::parse, elements)
}

/// Totals with these elements over Z/2^32.
pub fn totals(elements: &[u32]) -> Totals {
    vector(Totals::parse, elements)
}

/// The totals that a committee computes of these answers, each of that shape.
pub fn added_up(shape: Shape, answers: &[Encoded]) -> Totals {
    if answers.is_empty() {
        return Totals::parse(shape.ring, &vec![0; shape.bytes()]).expect("an element");
    }
    let mut coins = ChaCha20Rng::from_seed([7; 32]);
    let mut split = |answer| Scheme::Additive.split(answer, MIN_SEATS, &mut coins);
    let split: Vec<_> = answers.iter().map(|answer| split(answer).expect("three seats")).collect();
    reconstructed(&split)
}

/// The totals of answers that are split.
pub fn reconstructed(answers: &[PerSeat<Share>]) -> Totals {
    let first = answers.first().expect("an answer");
    let partials = first.try_map_ref(|(seat, _)| {
        Partial::sum(answers.iter().filter_map(|shares| shares.get(seat))).ok()
    });
    Scheme::Additive.reconstruct(&partials.expect("one shape")).expect("one shape")
}

fn vector<V>(parse: fn(Ring, &[u8]) -> Result<V, SharingError>, elements: &[u32]) -> V {
    let bytes: Vec<_> = elements.iter().flat_map(|element| element.to_le_bytes()).collect();
    parse(Ring::Z32, &bytes).expect("at least one element")
}
