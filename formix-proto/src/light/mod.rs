//! A light node: answers a question that every seat of its committee puts to it in the same words (R2).

mod participation;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::acceptance::{Load, acceptable};
use crate::answer::Answer;
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::message::{Message, Party};
use crate::record::{Fact, InvalidTransition, Record};
use crate::spec::Proposal;
use crate::status::Status;
use crate::timers::Reason;
use participation::Participation;

/// The light part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Light {
    /// Boxed: a map makes room for several as soon as there is one, and most nodes have one at a time.
    participations: BTreeMap<ComputationId, Box<Participation>>,
    load: Load,
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
            message => match message.computation() {
                Some(id) if message.kind().to == Party::Light => {
                    self.receive_from_seat(cx, from, id, message);
                }
                _ => cx.fault(from, Fault::NoStanding(name)),
            },
        }
    }

    /// R1: only a member of its committee speaks for a computation.
    fn receive_from_seat(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        id: ComputationId,
        message: Message,
    ) {
        let Some(participation) = self.participations.get(&id) else { return };
        let Some(seat) = participation.seat_of(&from) else {
            return cx.fault(from, Fault::NoStanding(message.name()));
        };
        self.with(id, |participation| participation.receive(cx, seat, message));
    }

    pub(crate) fn answer(&mut self, cx: &mut Context<'_>, id: ComputationId, answer: &Answer) {
        self.with(id, |participation| participation.answer(cx, answer));
    }

    pub(crate) fn decline(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        self.with(id, |participation| participation.decline(cx));
    }

    pub(crate) fn defer(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        self.with(id, |participation| participation.defer(cx));
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        match reason {
            Reason::LightResend => {
                self.with(id, |participation| participation.resend(cx));
            }
            Reason::LightAnswer => {
                self.with(id, |participation| participation.reply(cx));
            }
            Reason::LightExpiry => {
                let is_worth_remembering = self.with(id, |participation| participation.expire(cx));
                if is_worth_remembering == Some(false) {
                    cx.timers.cancel(id, Reason::LightResend);
                    self.forget(&id);
                }
            }
            _ => {}
        }
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, record: Record) -> Result<(), InvalidTransition> {
        let Record { id, fact } = record;
        if let Fact::Asked(proposal) = &fact
            && proposal.id() == id
            && !self.participations.contains_key(&id)
        {
            self.insert(Participation::new((**proposal).clone()));
        }
        self.with(id, |participation| participation.restore(fact)).ok_or(InvalidTransition)?
    }

    /// Asks the owner again what is undecided: who was asked in an earlier life has forgotten it.
    pub(crate) fn ask_again(&mut self, cx: &mut Context<'_>) {
        for participation in self.participations.values_mut() {
            participation.ask_again(cx);
        }
    }

    /// Arms every timer and sends again whatever is unanswered.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) {
        for participation in self.participations.values_mut() {
            participation.resume(cx);
        }
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        if let Some(forgotten) = self.participations.remove(id)
            && !forgotten.has_ended()
        {
            self.load.remove(forgotten.spec().shares());
        }
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.participations.get(id).map(|participation| participation.status())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.participations.keys().copied()
    }

    /// Learns of a computation, if its terms are acceptable here.
    fn hear(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let id = proposal.id();
        if !self.participations.contains_key(&id) && self.accepts(cx, &proposal) {
            self.insert(Participation::new(proposal));
            self.with(id, |participation| participation.resume(cx));
        }
    }

    fn invited(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        let Some(seat) = proposal.spec.committee.seat_of(&from) else {
            return cx.fault(from, Fault::NoStanding("invite"));
        };
        if !self.participations.contains_key(&id) && self.accepts(cx, &proposal) {
            self.insert(Participation::new(proposal));
        }
        self.with(id, |participation| participation.invited(cx, seat));
    }

    fn accepts(&self, cx: &Context<'_>, proposal: &Proposal) -> bool {
        let (remembered, bytes) = (self.participations.len(), proposal.spec.shares());
        acceptable(cx, proposal, self.load, remembered, bytes).is_ok()
    }

    fn insert(&mut self, participation: Participation) {
        self.load.add(participation.spec().shares());
        self.participations.insert(participation.id(), Box::new(participation));
    }

    /// Runs `act` on a participation, and keeps count of those that have not ended.
    fn with<T>(
        &mut self,
        id: ComputationId,
        act: impl FnOnce(&mut Participation) -> T,
    ) -> Option<T> {
        let participation = self.participations.get_mut(&id)?;
        let was_open = !participation.has_ended();
        let result = act(participation);
        if was_open && participation.has_ended() {
            self.load.remove(participation.spec().shares());
        }
        Some(result)
    }
}
