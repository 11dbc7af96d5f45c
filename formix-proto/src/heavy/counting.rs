//! Counting: which groups of a sealed roster have enough answers to be released.
//!
//! Where a question has groups, or hides opt-outs, the size of the roster does not say how many answers a
//! sum is over. The first elements of every answer do: they are added up, and known to the committee alone,
//! before anything else is. Too small a group is zero in every partial (R4).

use alloc::vec::Vec;

use super::admission::{Admission, answer_late};
use super::phase::{Phase, State};
use super::sealed::Sealed;
use super::sums::{Contradiction, SeatSums};
use super::terms::Terms;
use crate::context::Context;
use crate::fault::Fault;
use crate::id::NodeId;
use crate::message::Message;
use crate::record::{Fact, InvalidTransition, Seal};
use crate::seat::Member;
use crate::sharing::Counts;

/// The sealed roster, and the counts of its groups that this seat knows of the other seats.
#[derive(Debug, Clone)]
pub(super) struct Counting {
    seal: Seal,
    sums: SeatSums<Counts>,
}

impl State for Counting {
    /// The counts are known: this is the one place where it is decided what is released.
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match fact {
            Fact::Counted(counts) if self.sums.confirms(self.sums.digest(), &counts) => {
                Sealed::new(terms, self.seal, Some(counts)).map(Phase::from)
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
            Message::Seal { .. } => cx.fault(from.node, Fault::Contradiction("seal")),
            Message::Counts { digest, counts, .. } => match self.sums.take(from, digest, counts) {
                Ok(None) => {}
                Ok(Some(counts)) => return self.commit(terms, cx, Fact::Counted(counts)),
                Err(Contradiction) => cx.fault(from.node, Fault::Contradiction("counts")),
            },
            // Sums over other counts would be other sums: the first that this seat hears of are recorded,
            // and no others taken (R5).
            Message::Counted { digest, counts, .. } if self.sums.confirms(digest, &counts) => {
                return self.commit(terms, cx, Fact::Counted(counts));
            }
            Message::Counted { .. } => cx.fault(from.node, Fault::Contradiction("counted")),
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
            let counts = self.sums.own().clone();
            return cx.send(terms.primary(), Message::Counts { id, digest, counts });
        }
        for to in self.missing(terms) {
            let excluded = self.seal.excluded.clone();
            cx.send(to, Message::Seal { id, digest, excluded });
        }
    }

    fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        self.sums.missing(terms)
    }

    fn answers(&self) -> u32 {
        self.seal.roster.len()
    }
}

impl Counting {
    pub(super) fn new(terms: &Terms, seal: Seal) -> Result<Self, InvalidTransition> {
        let groups = terms.spec().statistic.counted_groups();
        let counts = seal.partial.counts(groups).map_err(|_| InvalidTransition)?;
        let sums = SeatSums::new(terms, seal.roster.digest(), counts);
        Ok(Self { seal, sums })
    }
}
