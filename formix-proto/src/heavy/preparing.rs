//! Preparing: the terms are recorded here, and not yet known to be at every seat.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::collecting::Collecting;
use super::phase::{Phase, State};
use super::terms::Terms;
use crate::context::Context;
use crate::id::NodeId;
use crate::message::Message;
use crate::outcome::Failure;
use crate::record::{Fact, InvalidTransition};
use crate::seat::{Member, SeatSet};
use crate::timers::Reason;

/// Which of the other seats have said that they are ready. Only the primary's is ever filled.
#[derive(Debug, Clone, Default)]
pub(super) struct Preparing {
    ready: SeatSet,
}

impl State for Preparing {
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match fact {
            Fact::Opened => Ok(Collecting::default().into()),
            // The primary has closed before this seat heard that it was open.
            Fact::Frozen => Ok(Collecting::default().freeze(terms).into()),
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
            Message::Ready(_) => {
                self.ready.insert(from.seat);
                match terms.committee().others().all(|member| self.ready.contains(member.seat)) {
                    true => self.open(terms, cx),
                    false => self.into(),
                }
            }
            Message::Open(_) => {
                let opened = self.open(terms, cx);
                cx.send(terms.primary(), Message::Opened(terms.id));
                opened
            }
            Message::Close(_) => self.commit(terms, cx, Fact::Frozen),
            _ => self.into(),
        }
    }

    /// The light node has heard of the opening before this seat has: it will send again.
    fn receive_from_light(self, _: &Terms, _: &mut Context<'_>, _: NodeId, _: Message) -> Phase {
        self.into()
    }

    fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        if terms.is_primary() {
            for to in self.missing(terms) {
                cx.send(to, Message::Prepare(Box::new(terms.proposal.clone())));
            }
        } else {
            cx.send(terms.primary(), Message::Ready(terms.id));
        }
    }

    fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        if !terms.is_primary() {
            return [terms.primary()].into();
        }
        let unready = terms.committee().others().filter(|member| !self.ready.contains(member.seat));
        unready.map(|member| member.node).collect()
    }

    fn answers(&self) -> u32 {
        0
    }

    fn timeout(self, terms: &Terms, cx: &mut Context<'_>, reason: Reason) -> Phase {
        match reason {
            Reason::PrepareTimeout => {
                let missing = self.missing(terms);
                self.fail(terms, cx, Failure::NotReady { missing })
            }
            Reason::Deadline => self.fail(terms, cx, Failure::NeverOpened),
            Reason::RevealTimeout => self.give_up(terms, cx),
            _ => self.into(),
        }
    }
}

impl Preparing {
    /// Every seat is ready.
    fn open(self, terms: &Terms, cx: &mut Context<'_>) -> Phase {
        cx.timers.cancel(terms.id, Reason::PrepareTimeout);
        self.commit(terms, cx, Fact::Opened)
    }
}
