//! A light node: answers a question that every seat of its committee puts to it in the same words (R2).

mod participation;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::acceptance::acceptable;
use crate::answer::Answer;
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::message::{Message, Party};
use crate::places::Places;
use crate::record::{Fact, InvalidTransition, Record};
use crate::seat::Seat;
use crate::spec::Proposal;
use crate::status::Status;
use crate::timers::Reason;
use participation::Participation;

/// The light part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Light {
    /// Boxed: a map makes room for several as soon as there is one, and most nodes have one at a time.
    participations: BTreeMap<ComputationId, Box<Participation>>,
    places: Places,
}

impl Light {
    /// Handles what a light node may receive; the node has checked that the sender is enrolled.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let name = message.name();
        if cx.directory.role(&from) != Some(Role::Heavy) {
            return cx.fault(from, Fault::NoStanding(name));
        }
        match message {
            Message::Announce { proposal, .. } => self.hear(cx, from, *proposal),
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
        self.act(cx, id, |participation, cx| participation.receive(cx, seat, message));
    }

    pub(crate) fn answer(&mut self, cx: &mut Context<'_>, id: ComputationId, answer: &Answer) {
        self.act(cx, id, |participation, cx| participation.answer(cx, answer));
    }

    pub(crate) fn decline(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        self.act(cx, id, |participation, cx| participation.decline(cx));
    }

    pub(crate) fn defer(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        self.act(cx, id, |participation, cx| participation.defer(cx));
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        match reason {
            Reason::LightResend => {
                self.act(cx, id, |participation, cx| participation.resend(cx));
            }
            Reason::LightAnswer => {
                self.act(cx, id, |participation, cx| participation.reply(cx));
            }
            Reason::LightExpiry => self.expire(cx, id),
            _ => {}
        }
    }

    /// Nothing is remembered of what every seat has not asked in time.
    fn expire(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        if self.participations.get(&id).is_some_and(|participation| participation.is_hearing()) {
            cx.timers.cancel(id, Reason::LightResend);
            return self.forget(&id);
        }
        self.act(cx, id, |participation, cx| participation.expire(cx));
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, record: Record) -> Result<(), InvalidTransition> {
        let Record { id, fact } = record;
        if let Fact::Asked(proposal) = &fact
            && proposal.id() == id
            && !self.participations.contains_key(&id)
        {
            self.insert(Participation::new((**proposal).clone(), proposal.proposer));
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
            if let Some(ended) = participation.ended() {
                ended.retire(cx);
            }
        }
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        if let Some(forgotten) = self.participations.remove(id) {
            self.places.replace(Some(forgotten.claim()), None);
        }
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.participations.get(id).map(|participation| participation.status())
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.participations.keys().copied()
    }

    /// Learns of a computation, if its terms are acceptable here. That it is asked at all is only the word of
    /// the heavy node that passes it on, so its places are that node's.
    fn hear(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        if !self.participations.contains_key(&id) && self.take_up(cx, proposal, from) {
            self.act(cx, id, Participation::knock);
        }
    }

    fn invited(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        let Some(seat) = proposal.spec.committee.seat_of(&from) else {
            return cx.fault(from, Fault::NoStanding("invite"));
        };
        if !self.participations.contains_key(&id) {
            let asker = proposal.proposer;
            self.take_up(cx, proposal, asker);
        }
        if self.has_room_for_the_asker(&id, seat) {
            self.act(cx, id, |participation, cx| participation.invited(cx, seat));
        } else {
            cx.timers.cancel(id, Reason::LightResend);
            cx.timers.cancel(id, Reason::LightExpiry);
            self.forget(&id);
        }
    }

    /// With the last invitation a question that was only heard of becomes its asker's, who must have room for it.
    fn has_room_for_the_asker(&self, id: &ComputationId, seat: Seat) -> bool {
        let asked = self.participations.get(id).and_then(|heard| heard.claim_if_asked_by(seat));
        asked.is_none_or(|claim| self.places.admit(claim).is_ok())
    }

    /// Takes a question up, if its terms are acceptable; says whether they are.
    fn take_up(&mut self, cx: &Context<'_>, proposal: Proposal, brought_by: NodeId) -> bool {
        let participation = Participation::new(proposal, brought_by);
        let claim = participation.claim();
        let accepted = acceptable(cx, participation.proposal(), &self.places, claim).is_ok();
        if accepted {
            self.insert(participation);
        }
        accepted
    }

    fn insert(&mut self, participation: Participation) {
        self.places.replace(None, Some(participation.claim()));
        self.participations.insert(participation.id(), Box::new(participation));
    }

    /// Lets a participation do something, and remembers it if it has ended by that.
    fn act(
        &mut self,
        cx: &mut Context<'_>,
        id: ComputationId,
        act: impl FnOnce(&mut Participation, &mut Context<'_>),
    ) {
        let ends = |participation: &mut Participation| {
            let was_open = !participation.has_ended();
            act(participation, cx);
            participation.ended().filter(|_| was_open)
        };
        if let Some(Some(ended)) = self.with(id, ends) {
            ended.retire(cx);
        }
    }

    /// Runs `act` on a participation, and keeps count of what it takes.
    fn with<T>(
        &mut self,
        id: ComputationId,
        act: impl FnOnce(&mut Participation) -> T,
    ) -> Option<T> {
        let participation = self.participations.get_mut(&id)?;
        let before = participation.claim();
        let result = act(participation);
        self.places.replace(Some(before), Some(participation.claim()));
        Some(result)
    }
}
