//! Additive n-of-n sharing over Z/2^32, Z/2^64 or Z/2^128 (Ito, Saito and Nishizeki 1987, in the additive
//! group of the ring).
//!
//! All shares but the last are coins, and the last is the answer minus all of them. All together add up to
//! the answer; any that lack one are uniformly random whatever the answer is. Sums of shares are shares of
//! sums.

use rand_core::CryptoRng;
use smallvec::SmallVec;

use super::vector::Vector;
use super::{PerSeat, Share, SharingError};
use crate::seat::MIN_SEATS;

/// Needs as many coins as all shares but one have bytes.
pub(super) fn split(
    answer: &Vector,
    seats: usize,
    coins: &mut (impl CryptoRng + ?Sized),
) -> Result<PerSeat<Share>, SharingError> {
    // Added rather than copied: that is faster for a single element, the most common answer.
    let mut last = Vector::zero(answer.shape());
    last.add(answer)?;
    let mut shares = SmallVec::<[Share; MIN_SEATS]>::new();
    for _ in 1..seats {
        let mut share = Vector::zero(answer.shape());
        share.draw(coins);
        last.subtract(&share)?;
        shares.push(Share(share));
    }
    shares.push(Share(last));
    PerSeat::try_from(shares).map_err(|_| SharingError::Seats(seats))
}

/// All parts add up to the whole.
pub(super) fn reconstruct<'a>(
    parts: impl IntoIterator<Item = &'a Vector>,
) -> Result<Vector, SharingError> {
    super::sum(parts)
}
