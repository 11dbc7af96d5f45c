//! A light node: answers a question that all three seats put to it in the same words (R2).

mod errand;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::answer::Answer;
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::limits::{MAX_OPEN, MAX_POOLS, MAX_REMEMBERED};
use crate::message::Message;
use crate::record::{Fact, Record, Unfit};
use crate::spec::Proposal;
use crate::status::Status;
use crate::timers::Reason;
use errand::Errand;

/// The light part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Light {
    /// Boxed: a map makes room for several as soon as there is one, and most nodes have one at a time.
    errands: BTreeMap<ComputationId, Box<Errand>>,
}

impl Light {
    /// Handles what a light node may receive; the node has checked that the sender is enrolled.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let name = message.name();
        if cx.directory.role(&from) != Some(Role::Heavy) {
            return cx.fault(from, Fault::NoStanding(name));
        }
        match message {
            Message::Announce(proposal) => self.hear(cx, *proposal),
            Message::Invite(proposal) => self.invited(cx, from, *proposal),
            Message::Receipt(id) => self.with(cx, from, id, name, Errand::receipt),
            Message::Refuse { id, .. } => self.with(cx, from, id, name, Errand::refused),
            Message::Ended { id, counted } => {
                self.with(cx, from, id, name, |errand, cx, _| errand.ended(cx, counted));
            }
            _ => cx.fault(from, Fault::NoStanding(name)),
        }
    }

    pub(crate) fn answer(&mut self, cx: &mut Context<'_>, id: ComputationId, answer: &Answer) {
        if let Some(errand) = self.errands.get_mut(&id) {
            errand.answer(cx, answer);
        }
    }

    pub(crate) fn decline(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        if let Some(errand) = self.errands.get_mut(&id) {
            errand.decline(cx);
        }
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        let Some(errand) = self.errands.get_mut(&id) else { return };
        match reason {
            Reason::LightResend => errand.resend(cx),
            Reason::LightExpiry if errand.expire(cx) => {}
            Reason::LightExpiry => {
                cx.timers.cancel(id, Reason::LightResend);
                self.errands.remove(&id);
            }
            _ => {}
        }
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, record: Record) -> Result<(), Unfit> {
        let Record { id, fact } = record;
        match fact {
            Fact::Asked(proposal) => {
                if proposal.id() != id || self.errands.contains_key(&id) {
                    return Err(Unfit);
                }
                self.errands.insert(id, Box::new(Errand::asked(*proposal)));
                Ok(())
            }
            fact => self.errands.get_mut(&id).ok_or(Unfit)?.apply(fact),
        }
    }

    /// Arms every timer and sends again whatever is unanswered.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) {
        for errand in self.errands.values_mut() {
            errand.resume(cx);
        }
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        self.errands.remove(id);
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.errands.get(id).map(|errand| errand.status())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.errands.keys().copied()
    }

    /// Learns of a computation, if its terms are acceptable here.
    fn hear(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let id = proposal.id();
        if !self.errands.contains_key(&id) && self.accepts(cx, &proposal) {
            let mut errand = Errand::heard(proposal);
            errand.resume(cx);
            self.errands.insert(id, Box::new(errand));
        }
    }

    fn invited(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        if proposal.spec.committee.seat_of(&from).is_none() {
            return cx.fault(from, Fault::NoStanding("invite"));
        }
        if !self.errands.contains_key(&id) && self.accepts(cx, &proposal) {
            self.errands.insert(id, Box::new(Errand::heard(proposal)));
        }
        self.with(cx, from, id, "invite", Errand::invited);
    }

    fn accepts(&self, cx: &Context<'_>, proposal: &Proposal) -> bool {
        let open = || self.errands.values().filter(|errand| !errand.has_ended());
        let spec = &proposal.spec;
        let kept: u64 = open().map(|errand| errand.spec().shares()).sum();
        spec.check(cx.now, cx.policy).is_ok()
            && cx.directory.role(&proposal.proposer).is_some()
            && spec.committee.0.iter().all(|node| cx.directory.role(node) == Some(Role::Heavy))
            && open().count() < MAX_OPEN
            && kept + spec.shares() <= MAX_POOLS
            && self.errands.len() < MAX_REMEMBERED
    }

    fn with(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        id: ComputationId,
        name: &'static str,
        act: impl FnOnce(&mut Errand, &mut Context<'_>, crate::spec::Seat),
    ) {
        let Some(errand) = self.errands.get_mut(&id) else { return };
        match errand.seat_of(&from) {
            Some(seat) => act(errand, cx, seat),
            None => cx.fault(from, Fault::NoStanding(name)),
        }
    }
}

/// A question as an owner is asked it.
pub(crate) fn question(proposal: &Proposal) -> crate::machine::Event {
    crate::machine::Event::Asked(Box::new(proposal.clone()))
}
