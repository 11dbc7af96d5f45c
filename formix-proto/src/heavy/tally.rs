//! One vector of each seat, over one and the same roster (R6).

use alloc::vec::Vec;

use crate::id::{NodeId, RosterDigest};
use crate::ring::Shape;
use crate::share::{Lanes, SEATS};
use crate::spec::{Committee, Seat};

/// What this seat says of its roster, and what the others have said of it.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    seat: Seat,
    shape: Shape,
    digest: RosterDigest,
    own: Lanes,
    others: [Option<Lanes>; SEATS],
}

/// What is said is not of this roster, or is not what the same seat has said before.
#[derive(Debug)]
pub(super) struct Contradiction;

impl Tally {
    pub(super) fn new(seat: Seat, shape: Shape, digest: RosterDigest, own: Lanes) -> Self {
        Self { seat, shape, digest, own, others: Default::default() }
    }

    pub(super) fn digest(&self) -> RosterDigest {
        self.digest
    }

    pub(super) fn own(&self) -> &Lanes {
        &self.own
    }

    /// Whom this seat waits for: the primary for the others, they for the primary.
    pub(super) fn missing(&self, committee: Committee) -> Vec<NodeId> {
        if self.seat != Seat::PRIMARY {
            return [committee.primary()].into();
        }
        let unknown = |seat: &Seat| self.others[seat.index()].is_none();
        Seat::OTHERS.into_iter().filter(unknown).map(|seat| committee.node(seat)).collect()
    }

    /// Keeps another seat's vector; a second, different one is a contradiction. All three, once they
    /// are there.
    pub(super) fn take(
        &mut self,
        from: Seat,
        digest: RosterDigest,
        lanes: Lanes,
    ) -> Result<Option<[Lanes; SEATS]>, Contradiction> {
        if digest != self.digest || !lanes.fits(self.shape) {
            return Err(Contradiction);
        }
        match &mut self.others[from.index()] {
            Some(kept) if *kept != lanes => return Err(Contradiction),
            place => *place = Some(lanes),
        }
        Ok(self.all())
    }

    /// Whether all three vectors can be of this roster, and this seat's own is what it is: then the
    /// primary's word for the third is taken.
    pub(super) fn confirms(&self, digest: RosterDigest, all: &[Lanes; SEATS]) -> bool {
        digest == self.digest
            && all[self.seat.index()] == self.own
            && all.iter().all(|lanes| lanes.fits(self.shape))
    }

    fn all(&self) -> Option<[Lanes; SEATS]> {
        let lanes = |seat: Seat| match seat == self.seat {
            true => Some(self.own.clone()),
            false => self.others[seat.index()].clone(),
        };
        let [a, b, c] = Seat::ALL.map(lanes);
        Some([a?, b?, c?])
    }
}
