//! Sealed: one roster, durably, and one partial over it. The shares are gone (R5, R9).

use alloc::vec::Vec;

use super::admission::{Admission, answer_late};
use super::done::Done;
use super::phase::{Phase, State};
use super::sums::{Contradiction, SeatSums};
use super::terms::Terms;
use crate::context::Context;
use crate::fault::Fault;
use crate::id::{NodeId, RosterDigest};
use crate::message::Message;
use crate::outcome::Failure;
use crate::record::{Fact, InvalidTransition, Seal};
use crate::seat::{Member, PerSeat};
use crate::sharing::{Counts, Partial};
use crate::spec::Spec;
use crate::timers::Reason;

/// The sealed roster, and the partials over it that this seat knows.
#[derive(Debug, Clone)]
pub(super) struct Sealed {
    seal: Seal,
    /// What the partials were made with, where groups are counted first.
    counts: Option<PerSeat<Counts>>,
    sums: SeatSums<Partial>,
}

impl State for Sealed {
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match fact {
            Fact::Revealed(partials)
                if self.confirms(terms.spec(), self.sums.digest(), &partials) =>
            {
                let digest = self.sums.digest();
                Done::completed(terms, self.seal.roster, digest, partials).map(Phase::from)
            }
            _ => Err(InvalidTransition),
        }
    }

    fn receive(
        mut self,
        terms: &Terms,
        cx: &mut Context<'_>,
        from: Member,
        message: Message,
    ) -> Phase {
        match message {
            Message::Seal { digest, .. } if digest == self.sums.digest() => self.resend(terms, cx),
            Message::Counted { digest, counts, .. } if self.is_over(digest, &counts) => {
                self.resend(terms, cx);
            }
            // R6: partials are added up only over one and the same roster.
            Message::Partial { digest, partial, .. } => {
                match self.take(terms.spec(), from, digest, partial) {
                    Ok(None) => {}
                    Ok(Some(partials)) => return self.commit(terms, cx, Fact::Revealed(partials)),
                    Err(Contradiction) => cx.fault(from.node, Fault::Contradiction("partial")),
                }
            }
            // The primary's word is taken only if this seat's own partial is in it.
            Message::Revealed { digest, partials, .. }
                if self.confirms(terms.spec(), digest, &partials) =>
            {
                return self.commit(terms, cx, Fact::Revealed(partials));
            }
            Message::Seal { .. } | Message::Counted { .. } | Message::Revealed { .. } => {
                cx.fault(from.node, Fault::Contradiction(message.name()));
            }
            _ => {}
        }
        self.into()
    }

    fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> Phase {
        answer_late(terms, cx, light, message, |light, offered| {
            Admission::after_the_seal(&self.seal, light, &offered.tag)
        });
        self.into()
    }

    fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        let (id, digest) = (terms.id, self.sums.digest());
        if !terms.is_primary() {
            let partial = self.sums.own().clone();
            return cx.send(terms.primary(), Message::Partial { id, digest, partial });
        }
        for to in self.missing(terms) {
            let message = match &self.counts {
                None => Message::Seal { id, digest, excluded: self.seal.excluded.clone() },
                Some(counts) => Message::Counted { id, digest, counts: counts.clone() },
            };
            cx.send(to, message);
        }
    }

    fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        self.sums.missing(terms)
    }

    fn answers(&self) -> u32 {
        self.seal.roster.len()
    }

    /// R8: the primary's own partial never leaves before the outcome, so it may fail alone. A seat has sent
    /// its partial, and waits for the primary.
    fn timeout(self, terms: &Terms, cx: &mut Context<'_>, reason: Reason) -> Phase {
        if reason == Reason::RevealTimeout && terms.is_primary() {
            let missing = self.missing(terms);
            return self.fail(terms, cx, Failure::Unreachable { missing });
        }
        self.into()
    }
}

impl Sealed {
    pub(super) fn new(
        terms: &Terms,
        seal: Seal,
        counts: Option<PerSeat<Counts>>,
    ) -> Result<Self, InvalidTransition> {
        let partial = match &counts {
            None => seal.partial.clone(),
            Some(counts) => {
                terms.spec().released(&seal.partial, counts).map_err(|_| InvalidTransition)?
            }
        };
        let sums = SeatSums::new(terms, seal.roster.digest(), partial);
        Ok(Self { seal, counts, sums })
    }

    fn take(
        &mut self,
        spec: &Spec,
        from: Member,
        digest: RosterDigest,
        partial: Partial,
    ) -> Result<Option<PerSeat<Partial>>, Contradiction> {
        match self.releases_no_more(spec, &partial) {
            true => self.sums.take(from, digest, partial),
            false => Err(Contradiction),
        }
    }

    /// Whether another seat's partial is zero wherever this one's is: in every group that is too small.
    fn releases_no_more(&self, spec: &Spec, partial: &Partial) -> bool {
        match &self.counts {
            None => true,
            Some(counts) => {
                spec.released(partial, counts).is_ok_and(|released| released == *partial)
            }
        }
    }

    /// Whether these can be the partials of the whole committee, and this seat's own is among them.
    fn confirms(&self, spec: &Spec, digest: RosterDigest, partials: &PerSeat<Partial>) -> bool {
        self.sums.confirms(digest, partials)
            && partials.values().all(|partial| self.releases_no_more(spec, partial))
    }

    /// Whether its partial was made with these counts.
    fn is_over(&self, digest: RosterDigest, counts: &PerSeat<Counts>) -> bool {
        digest == self.sums.digest() && self.counts.as_ref() == Some(counts)
    }
}
