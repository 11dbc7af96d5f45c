//! What light nodes say to a committee member, in every phase.

use alloc::boxed::Box;

use super::collecting::{Admission, Contribution};
use super::computation::{Computation, Phase};
use crate::context::Context;
use crate::id::{NodeId, Tag};
use crate::machine::Event;
use crate::message::Message;
use crate::record::Fact;
use crate::share::Share;
use crate::spec::Seat;

impl Computation {
    pub(super) fn receive_knock(&mut self, cx: &mut Context<'_>, light: NodeId) {
        match &self.phase {
            Phase::Collecting(phase) if !phase.has_heard(&light) => {
                cx.send(light, Message::Invite(Box::new(self.proposal.clone())));
            }
            Phase::Done(done) => done.tell_light(self, cx, light),
            _ => {}
        }
    }

    pub(super) fn receive_contribution(
        &mut self,
        cx: &mut Context<'_>,
        light: NodeId,
        tag: Tag,
        share: Share,
    ) {
        let offered = Contribution { tag, share };
        let admission = match &self.phase {
            // The light node has heard of the opening before this seat: it will send again.
            Phase::Preparing(_) | Phase::Moving => return,
            Phase::Collecting(phase) => phase.admit(self.spec(), cx.now, &light, &offered),
            Phase::Closing(phase) => phase.recall(&light, &offered),
            Phase::Counting(phase) => phase.recall(&light, &offered.tag),
            Phase::Sealed(phase) => phase.recall(&light, &offered.tag),
            Phase::Done(done) => return done.tell_light(self, cx, light),
        };
        match admission {
            Admission::Keep => {
                let Contribution { tag, share } = offered;
                self.commit(cx, Fact::Contributed { light, tag, share });
                cx.send(light, Message::Receipt(self.id));
                self.heard_from_one_more(cx);
            }
            Admission::Known => cx.send(light, Message::Receipt(self.id)),
            Admission::Refused(refusal) => {
                cx.send(light, Message::Refuse { id: self.id, refusal });
            }
        }
    }

    pub(super) fn receive_decline(&mut self, cx: &mut Context<'_>, light: NodeId) {
        match &self.phase {
            Phase::Collecting(phase) if phase.has_declined(&light) => {}
            Phase::Collecting(phase) if !phase.has_heard(&light) => {
                self.commit(cx, Fact::Declined(light));
                cx.send(light, Message::Receipt(self.id));
                return self.heard_from_one_more(cx);
            }
            Phase::Done(done) => return done.tell_light(self, cx, light),
            Phase::Closing(_) | Phase::Counting(_) | Phase::Sealed(_) => {}
            _ => return,
        }
        cx.send(light, Message::Receipt(self.id));
    }

    pub(super) fn receive_inquiry(&mut self, cx: &mut Context<'_>, light: NodeId) {
        if let Phase::Done(done) = &self.phase {
            done.tell_light(self, cx, light);
        }
    }

    pub(super) fn receive_all_in(&mut self, cx: &mut Context<'_>, from: Seat) {
        if let Phase::Collecting(phase) = &mut self.phase {
            phase.all_in[from.index()] = true;
            phase.opened[from.index()] = true;
            self.close_if_all_in(cx);
        }
    }

    fn heard_from_one_more(&mut self, cx: &mut Context<'_>) {
        let Phase::Collecting(phase) = &self.phase else { return };
        let enrolled = cx.directory.lights();
        let (answered, declined) = (phase.answered(), phase.declined());
        cx.event(Event::Answers { id: self.id, answered, declined, enrolled });
        if phase.heard() < enrolled {
            return;
        }
        if self.is_primary() {
            self.close_if_all_in(cx);
        } else {
            cx.send(self.primary(), Message::AllIn(self.id));
        }
    }

    /// Early close: all three seats have heard from every enrolled light node, so waiting for the
    /// deadline could not change the roster.
    fn close_if_all_in(&mut self, cx: &mut Context<'_>) {
        let Phase::Collecting(phase) = &self.phase else { return };
        let others = Seat::OTHERS.into_iter().all(|seat| phase.all_in[seat.index()]);
        if others && phase.heard() >= cx.directory.lights() {
            self.freeze(cx);
        }
    }
}
