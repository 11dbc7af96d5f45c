//! Sealed: one roster, durably, and one partial over it. The shares are gone (R5, R9).

use alloc::vec::Vec;
use core::mem;

use super::collecting::Admission;
use super::computation::{Computation, Phase};
use super::done::Done;
use super::tally::{Contradiction, Tally};
use crate::context::Context;
use crate::fault::Fault;
use crate::id::{NodeId, RosterDigest, Tag};
use crate::message::Message;
use crate::record::{Fact, Seal};
use crate::share::{Lanes, SEATS};
use crate::spec::{Seat, Spec};

/// The sealed roster, and the partials over it that this seat knows.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    seal: Seal,
    /// What the partials were made with, where parts are counted first.
    counts: Option<[Lanes; SEATS]>,
    tally: Tally,
}

impl Sealed {
    pub(super) fn new(seat: Seat, spec: &Spec, seal: Seal, counts: Option<[Lanes; SEATS]>) -> Self {
        let partial = match &counts {
            None => seal.partial.clone(),
            Some(counts) => spec.told(&seal.partial, counts),
        };
        let tally = Tally::new(seat, spec.shape(), seal.roster.digest(), partial);
        Self { seal, counts, tally }
    }

    pub(super) fn digest(&self) -> RosterDigest {
        self.tally.digest()
    }

    pub(super) fn seal(&self) -> &Seal {
        &self.seal
    }

    pub(super) fn recall(&self, light: &NodeId, tag: &Tag) -> Admission {
        Admission::after_the_seal(&self.seal, light, tag)
    }

    pub(super) fn missing(&self, of: &Computation) -> Vec<NodeId> {
        self.tally.missing(of.spec().committee)
    }

    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        let (id, digest) = (of.id, self.tally.digest());
        if !of.is_primary() {
            let partial = self.tally.own().clone();
            return cx.send(of.primary(), Message::Partial { id, digest, partial });
        }
        for to in self.missing(of) {
            let message = match &self.counts {
                None => Message::Seal { id, digest, excluded: self.seal.excluded.clone() },
                Some(counts) => Message::Counted { id, digest, counts: counts.clone() },
            };
            cx.send(to, message);
        }
    }

    pub(super) fn reveal(self, spec: &Spec, partials: [Lanes; SEATS]) -> Done {
        Done::completed(self.seal.roster, self.tally.digest(), spec.shape(), partials)
    }

    /// Whether another seat's partial tells no more than this one's: nothing of a part that is too small.
    fn tells_no_more(&self, spec: &Spec, partial: &Lanes) -> bool {
        let told = self.counts.as_ref().map(|counts| spec.told(partial, counts));
        told.is_none_or(|told| told == *partial)
    }

    /// Whether these can be the partials of the whole committee, and this seat's own is among them.
    pub(super) fn confirms(
        &self,
        spec: &Spec,
        digest: RosterDigest,
        partials: &[Lanes; SEATS],
    ) -> bool {
        self.tally.confirms(digest, partials)
            && partials.iter().all(|partial| self.tells_no_more(spec, partial))
    }

    /// Whether its partial was made with these counts.
    pub(super) fn is_over(&self, digest: RosterDigest, counts: &[Lanes; SEATS]) -> bool {
        digest == self.tally.digest() && self.counts.as_ref() == Some(counts)
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
        let sealed = match &self.phase {
            Phase::Closing(_) => return self.seal(cx, digest, excluded),
            Phase::Counting(phase) => phase.seal(),
            Phase::Sealed(phase) => phase.seal(),
            _ => return,
        };
        if sealed.roster.digest() == digest {
            self.resend_once(cx);
        } else {
            cx.fault(self.primary(), Fault::Contradiction("seal"));
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
        let spec = &self.proposal.spec;
        let Phase::Sealed(phase) = &mut self.phase else { return };
        let taken = match phase.tells_no_more(spec, &partial) {
            true => phase.tally.take(from, digest, partial),
            false => Err(Contradiction),
        };
        match taken {
            Ok(None) => {}
            Ok(Some(partials)) => {
                self.commit(cx, Fact::Revealed(partials));
                self.end(cx);
            }
            Err(Contradiction) => {
                cx.fault(spec.committee.node(from), Fault::Contradiction("partial"));
            }
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
        if !phase.confirms(self.spec(), digest, &partials) {
            return cx.fault(self.primary(), Fault::Contradiction("revealed"));
        }
        self.commit(cx, Fact::Revealed(partials));
        self.end(cx);
    }
}
