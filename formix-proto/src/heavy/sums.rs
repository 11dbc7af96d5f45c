//! One sum of each seat, over one and the same roster (R6).

use alloc::vec::Vec;

use super::terms::Terms;
use crate::id::{NodeId, RosterDigest};
use crate::seat::{Member, PerSeat, Seat};
use crate::sharing::SeatSum;

/// What this seat says of its roster, and what the others have said of it.
#[derive(Debug, Clone)]
pub(super) struct SeatSums<S> {
    seat: Seat,
    digest: RosterDigest,
    own: S,
    others: PerSeat<Option<S>>,
}

/// What is said is not of this roster, or is not what the same seat has said before.
#[derive(Debug)]
pub(super) struct Contradiction;

impl<S: SeatSum> SeatSums<S> {
    pub(super) fn new(terms: &Terms, digest: RosterDigest, own: S) -> Self {
        Self { seat: terms.seat, digest, own, others: terms.committee().per_seat(|_| None) }
    }

    pub(super) fn digest(&self) -> RosterDigest {
        self.digest
    }

    pub(super) fn own(&self) -> &S {
        &self.own
    }

    /// Whom this seat waits for: the primary for the others, they for the primary.
    pub(super) fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        if !terms.is_primary() {
            return [terms.primary()].into();
        }
        let is_unknown = |member: &Member| matches!(self.others.get(member.seat), Some(None));
        terms.committee().others().filter(is_unknown).map(|member| member.node).collect()
    }

    /// Keeps another seat's sum; a second, different one is a contradiction. The sums of all seats, once
    /// they are there.
    pub(super) fn take(
        &mut self,
        from: Member,
        digest: RosterDigest,
        sum: S,
    ) -> Result<Option<PerSeat<S>>, Contradiction> {
        if digest != self.digest || sum.shape() != self.own.shape() {
            return Err(Contradiction);
        }
        match self.others.get_mut(from.seat) {
            Some(Some(kept)) if *kept != sum => return Err(Contradiction),
            Some(place) => *place = Some(sum),
            None => return Err(Contradiction),
        }
        Ok(self.all())
    }

    /// Whether these can be the sums of all seats over this roster, and this seat's own is what it is: then
    /// the primary's word for the others is taken.
    pub(super) fn confirms(&self, digest: RosterDigest, all: &PerSeat<S>) -> bool {
        digest == self.digest
            && all.seats() == self.others.seats()
            && all.get(self.seat) == Some(&self.own)
            && all.values().all(|sum| sum.shape() == self.own.shape())
    }

    fn all(&self) -> Option<PerSeat<S>> {
        self.others.try_map_ref(|(seat, sum)| match seat == self.seat {
            true => Some(self.own.clone()),
            false => sum.clone(),
        })
    }
}
