//! Counting: which parts of a sealed roster have enough answers to be told of.
//!
//! Where a question has groups, or hides who declines, the size of the roster does not say how many
//! answers a sum is over. The first lanes of every answer do: they are added up, and known to the
//! committee alone, before anything else is. Too small a part is zero in every partial (R4).

use super::collecting::Admission;
use super::computation::{Computation, Phase};
use super::sealed::Sealed;
use super::tally::{Contradiction, Tally};
use crate::context::Context;
use crate::fault::Fault;
use crate::id::{NodeId, RosterDigest, Tag};
use crate::message::Message;
use crate::record::{Fact, Seal};
use crate::share::{Lanes, SEATS};
use crate::spec::{Seat, Spec};

/// The sealed roster, and the counts of its parts that this seat knows shares of.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    seat: Seat,
    seal: Seal,
    tally: Tally,
}

impl Counting {
    pub(super) fn new(seat: Seat, spec: &Spec, seal: Seal) -> Self {
        let shape = spec.counts_shape();
        let counts = seal.partial.first(shape);
        let tally = Tally::new(seat, shape, seal.roster.digest(), counts);
        Self { seat, seal, tally }
    }

    pub(super) fn seal(&self) -> &Seal {
        &self.seal
    }

    pub(super) fn recall(&self, light: &NodeId, tag: &Tag) -> Admission {
        Admission::after_the_seal(&self.seal, light, tag)
    }

    pub(super) fn missing(&self, of: &Computation) -> alloc::vec::Vec<NodeId> {
        self.tally.missing(of.spec().committee)
    }

    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        let (id, digest) = (of.id, self.tally.digest());
        if !of.is_primary() {
            let counts = self.tally.own().clone();
            return cx.send(of.primary(), Message::Counts { id, digest, counts });
        }
        for to in self.missing(of) {
            let excluded = self.seal.excluded.clone();
            cx.send(to, Message::Seal { id, digest, excluded });
        }
    }

    /// Whether these can be the counts of the whole committee, and this seat's own are among them.
    pub(super) fn confirms(&self, counts: &[Lanes; SEATS]) -> bool {
        self.tally.confirms(self.tally.digest(), counts)
    }

    /// The counts are known: this is the one place where it is decided what is told.
    pub(super) fn tell(self, spec: &Spec, counts: [Lanes; SEATS]) -> Sealed {
        Sealed::new(self.seat, spec, self.seal, Some(counts))
    }
}

impl Computation {
    pub(super) fn receive_counts(
        &mut self,
        cx: &mut Context<'_>,
        from: Seat,
        digest: RosterDigest,
        counts: Lanes,
    ) {
        let sender = self.spec().committee.node(from);
        let Phase::Counting(phase) = &mut self.phase else { return };
        match phase.tally.take(from, digest, counts) {
            Ok(None) => {}
            Ok(Some(counts)) => self.count(cx, counts),
            Err(Contradiction) => cx.fault(sender, Fault::Contradiction("counts")),
        }
    }

    /// Sums over other counts would be other sums: the first that this seat hears of are recorded, and
    /// no others taken (R5).
    pub(super) fn receive_counted(
        &mut self,
        cx: &mut Context<'_>,
        digest: RosterDigest,
        counts: [Lanes; SEATS],
    ) {
        match &self.phase {
            Phase::Counting(phase) if phase.tally.confirms(digest, &counts) => {
                self.count(cx, counts);
            }
            Phase::Sealed(phase) if phase.is_over(digest, &counts) => phase.resend(self, cx),
            Phase::Counting(_) | Phase::Sealed(_) => {
                cx.fault(self.primary(), Fault::Contradiction("counted"));
            }
            _ => {}
        }
    }

    fn count(&mut self, cx: &mut Context<'_>, counts: [Lanes; SEATS]) {
        self.commit(cx, Fact::Counted(counts));
        self.attempt = 0;
        self.resend(cx);
    }
}
