//! Sealed: one roster, durably, and one partial over it. The shares are gone (R5, R9).

use alloc::vec::Vec;
use core::mem;

use super::collecting::Admission;
use super::computation::{Computation, Phase};
use super::done::Done;
use crate::context::Context;
use crate::fault::Fault;
use crate::id::{NodeId, RosterDigest, Tag};
use crate::message::Message;
use crate::outcome::Refusal;
use crate::record::{Fact, Seal};
use crate::ring::Shape;
use crate::roster::Roster;
use crate::share::{Lanes, SEATS};
use crate::spec::Seat;

/// The sealed roster, and the partials over it that this seat knows.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    seat: Seat,
    shape: Shape,
    seal: Seal,
    digest: RosterDigest,
    partials: [Option<Lanes>; SEATS],
}

impl Sealed {
    pub(super) fn new(seat: Seat, shape: Shape, seal: Seal) -> Self {
        let mut partials: [Option<Lanes>; SEATS] = Default::default();
        partials[seat.index()] = Some(seal.partial.clone());
        Self { seat, shape, digest: seal.roster.digest(), seal, partials }
    }

    pub(super) fn roster(&self) -> &Roster {
        &self.seal.roster
    }

    pub(super) fn recall(&self, light: &NodeId, tag: &Tag) -> Admission {
        match self.seal.roster.of(light) {
            Some(entry) if entry.tag == *tag => Admission::Known,
            Some(_) => Admission::Refused(Refusal::Conflict),
            None => Admission::Refused(Refusal::Late),
        }
    }

    pub(super) fn missing(&self, of: &Computation) -> Vec<NodeId> {
        if !of.is_primary() {
            return [of.primary()].into();
        }
        let unknown = |seat: &Seat| self.partials[seat.index()].is_none();
        let committee = of.spec().committee;
        Seat::OTHERS.into_iter().filter(unknown).map(|seat| committee.node(seat)).collect()
    }

    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        let (id, digest) = (of.id, self.digest);
        if of.is_primary() {
            for to in self.missing(of) {
                let excluded = self.seal.excluded.clone();
                cx.send(to, Message::Seal { id, digest, excluded });
            }
        } else {
            let partial = self.seal.partial.clone();
            cx.send(of.primary(), Message::Partial { id, digest, partial });
        }
    }

    pub(super) fn reveal(self, partials: [Lanes; SEATS]) -> Done {
        Done::completed(self.seal.roster, self.digest, self.shape, partials)
    }

    fn fits(&self, digest: RosterDigest, partial: &Lanes) -> bool {
        digest == self.digest && partial.fits(self.shape)
    }

    /// Keeps a seat's partial; a second, different one is a contradiction.
    fn take(&mut self, from: Seat, partial: Lanes) -> Result<(), ()> {
        match &mut self.partials[from.index()] {
            Some(kept) if *kept == partial => Ok(()),
            Some(_) => Err(()),
            vacant => {
                *vacant = Some(partial);
                Ok(())
            }
        }
    }

    fn all(&self) -> Option<[Lanes; SEATS]> {
        match self.partials.clone() {
            [Some(a), Some(b), Some(c)] => Some([a, b, c]),
            _ => None,
        }
    }
}

impl Computation {
    /// Seals, or fails: either way the shares are consumed.
    pub(super) fn seal(
        &mut self,
        cx: &mut Context<'_>,
        digest: RosterDigest,
        excluded: Vec<NodeId>,
    ) {
        let Phase::Closing(closing) = mem::replace(&mut self.phase, Phase::Moving) else { return };
        match closing.seal(self.spec(), cx.me, digest, excluded) {
            Ok(seal) => {
                self.commit(cx, Fact::Sealed(seal));
                self.attempt = 0;
                self.resend(cx);
            }
            Err(failure) => self.fail(cx, failure),
        }
    }

    pub(super) fn receive_seal(
        &mut self,
        cx: &mut Context<'_>,
        digest: RosterDigest,
        excluded: Vec<NodeId>,
    ) {
        match &self.phase {
            Phase::Closing(_) => self.seal(cx, digest, excluded),
            Phase::Sealed(phase) if phase.digest == digest => phase.resend(self, cx),
            Phase::Sealed(_) => cx.fault(self.primary(), Fault::Contradiction("seal")),
            _ => {}
        }
    }

    /// R6: partials are added up only over one and the same roster.
    pub(super) fn receive_partial(
        &mut self,
        cx: &mut Context<'_>,
        from: Seat,
        digest: RosterDigest,
        partial: Lanes,
    ) {
        let sender = self.spec().committee.node(from);
        let Phase::Sealed(phase) = &mut self.phase else { return };
        if !phase.fits(digest, &partial) || phase.take(from, partial).is_err() {
            return cx.fault(sender, Fault::Contradiction("partial"));
        }
        if let Some(partials) = phase.all() {
            self.commit(cx, Fact::Revealed(partials));
            self.end(cx);
        }
    }

    /// The primary's word is taken only if this seat's own partial is in it.
    pub(super) fn receive_revealed(
        &mut self,
        cx: &mut Context<'_>,
        digest: RosterDigest,
        partials: [Lanes; SEATS],
    ) {
        let Phase::Sealed(phase) = &self.phase else { return };
        let own = partials[phase.seat.index()] == phase.seal.partial;
        if !own || !partials.iter().all(|partial| phase.fits(digest, partial)) {
            return cx.fault(self.primary(), Fault::Contradiction("revealed"));
        }
        self.commit(cx, Fact::Revealed(partials));
        self.end(cx);
    }
}
