//! Additive n-of-n sharing over Z/2^32, Z/2^64 or Z/2^128 (Ito, Saito and Nishizeki 1987, in the additive
//! group of the ring).
//!
//! All shares but the last are coins, and the last is the answer minus all of them. All together add up to
//! the answer; any that lack one are uniformly random whatever the answer is. Sums of shares are shares of
//! sums.

use rand_core::CryptoRng;

use super::vector::Vector;
use super::{PerSeat, Share, SharingError};

/// Needs as many coins as all shares but one have bytes.
pub(super) fn split(
    answer: &Vector,
    seats: usize,
    coins: &mut (impl CryptoRng + ?Sized),
) -> Result<PerSeat<Share>, SharingError> {
    let mut shares = PerSeat::repeat_with(seats, || Share(Vector::zero(answer.shape())))
        .map_err(|_| SharingError::Seats(seats))?;
    let mut shares_mut = shares.values_mut();
    let last = shares_mut.next_back().ok_or(SharingError::Empty)?;
    // Added rather than copied: that is faster for a single element, the most common answer.
    last.0.add(answer)?;
    for share in shares_mut {
        share.0.draw(coins);
        last.0.subtract(&share.0)?;
    }
    Ok(shares)
}

/// All parts add up to the whole.
pub(super) fn reconstruct<'a>(
    parts: impl IntoIterator<Item = &'a Vector>,
) -> Result<Vector, SharingError> {
    super::sum(parts)
}
