//! The sharing schemes, and what each promises.

use alloc::vec::Vec;

use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{Counts, Encoded, Partial, PerSeat, Share, SharingError, Totals, additive};

/// How an answer is split among the seats of a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scheme {
    /// n-of-n additive sharing: every seat is needed, and all seats but one together learn nothing.
    Additive,
}

impl Scheme {
    /// How many seats of a committee must reveal before there is a total.
    pub fn needed(self, seats: usize) -> usize {
        match self {
            Self::Additive => seats,
        }
    }

    /// Splits an encoded answer into one share for each seat.
    ///
    /// # Errors
    ///
    /// When a committee cannot have that many seats.
    pub fn split(
        self,
        answer: &Encoded,
        seats: usize,
        coins: &mut (impl CryptoRng + ?Sized),
    ) -> Result<PerSeat<Share>, SharingError> {
        match self {
            Self::Additive => additive::split(&answer.0, seats, coins),
        }
    }

    /// The totals that the seats' partials over one roster reconstruct.
    ///
    /// # Errors
    ///
    /// When their shapes differ.
    pub fn reconstruct(self, partials: &PerSeat<Partial>) -> Result<Totals, SharingError> {
        match self {
            Self::Additive => additive::reconstruct(partials.values().map(|partial| &partial.0)),
        }
        .map(Totals)
    }

    /// How many answers each group has, from the seats' counts over one roster.
    ///
    /// # Errors
    ///
    /// When their shapes differ.
    pub fn count(self, counts: &PerSeat<Counts>) -> Result<Vec<u128>, SharingError> {
        match self {
            Self::Additive => additive::reconstruct(counts.values().map(|counts| &counts.0)),
        }
        .map(|counts| counts.elements().collect())
    }
}
