//! Done: the outcome, for good (R9). It sends nothing of itself any more; whoever asks is told.

use alloc::vec::Vec;

use super::phase::{Phase, State};
use super::terms::Terms;
use crate::context::Context;
use crate::id::{NodeId, RosterDigest};
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Reveal};
use crate::record::{Fact, InvalidTransition};
use crate::roster::Roster;
use crate::seat::{Member, PerSeat};
use crate::sharing::Partial;
use crate::timers::Reason;

/// How a computation ended, and what is needed to say so again.
#[derive(Debug, Clone)]
pub(super) struct Done {
    outcome: Outcome,
    roster: Roster,
    /// At the primary, which tells them to seats that have not heard.
    partials: Option<PerSeat<Partial>>,
    /// Whether a share may have come here.
    opened: bool,
}

impl State for Done {
    fn apply(self, _: &Terms, _: Fact) -> Result<Phase, InvalidTransition> {
        Err(InvalidTransition)
    }

    fn receive(self, terms: &Terms, cx: &mut Context<'_>, from: Member, message: Message) -> Phase {
        match message {
            Message::Abort { .. } => {}
            _ if terms.is_primary() => self.tell_seat(terms, cx, from.node),
            _ => self.tell_primary(terms, cx),
        }
        self.into()
    }

    fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        _: Message,
    ) -> Phase {
        self.tell_light(terms, cx, light);
        self.into()
    }

    fn resend(&mut self, _: &Terms, _: &mut Context<'_>) {}

    fn missing(&self, _: &Terms) -> Vec<NodeId> {
        Vec::new()
    }

    fn answers(&self) -> u32 {
        match &self.outcome {
            Outcome::Completed(reveal) => reveal.participants,
            Outcome::Failed(_) => 0,
        }
    }

    fn timeout(self, _: &Terms, _: &mut Context<'_>, _: Reason) -> Phase {
        self.into()
    }
}

impl Done {
    pub(super) fn failed(failure: Failure) -> Self {
        let (outcome, roster) = (Outcome::Failed(failure), Roster::default());
        Self { outcome, roster, partials: None, opened: true }
    }

    /// It has failed while the committee was getting ready.
    pub(super) fn never_opened(failure: Failure) -> Self {
        Self { opened: false, ..Self::failed(failure) }
    }

    pub(super) fn completed(
        terms: &Terms,
        roster: Roster,
        digest: RosterDigest,
        partials: PerSeat<Partial>,
    ) -> Result<Self, InvalidTransition> {
        let totals = terms.spec().scheme.reconstruct(&partials).map_err(|_| InvalidTransition)?;
        let reveal = Reveal { digest, participants: roster.len(), totals };
        let outcome = Outcome::Completed(reveal);
        let partials = terms.is_primary().then_some(partials);
        Ok(Self { outcome, roster, partials, opened: true })
    }

    pub(super) fn has_opened(&self) -> bool {
        self.opened
    }

    /// The bytes that it takes in memory.
    pub(super) fn bytes(&self) -> u64 {
        let totals = match &self.outcome {
            Outcome::Completed(reveal) => reveal.totals.shape().bytes(),
            Outcome::Failed(_) => 0,
        };
        let partials = self.partials.iter().flat_map(PerSeat::values);
        let partials = partials.map(|partial| partial.shape().bytes()).sum::<usize>();
        (totals + partials + size_of_val(self.roster.entries())) as u64
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Tells the committee, the proposer and whoever was counted. Other light nodes ask.
    pub(super) fn announce(&self, terms: &Terms, cx: &mut Context<'_>) {
        if !terms.is_primary() {
            return self.tell_primary(terms, cx);
        }
        for member in terms.committee().others() {
            self.tell_seat(terms, cx, member.node);
        }
        self.tell_proposer(terms, cx);
        for entry in self.roster.entries() {
            self.tell_light(terms, cx, entry.light);
        }
    }

    pub(super) fn tell_proposer(&self, terms: &Terms, cx: &mut Context<'_>) {
        let outcome = self.outcome.clone();
        cx.send(terms.proposal.proposer, Message::Outcome { id: terms.id, outcome });
    }

    /// A seat that has failed alone tells the primary, which cannot complete without it.
    pub(super) fn tell_primary(&self, terms: &Terms, cx: &mut Context<'_>) {
        if let Outcome::Failed(failure) = &self.outcome {
            let failure = failure.clone();
            cx.send(terms.primary(), Message::Abort { id: terms.id, failure });
        }
    }

    fn tell_seat(&self, terms: &Terms, cx: &mut Context<'_>, to: NodeId) {
        let id = terms.id;
        let message = match (&self.outcome, &self.partials) {
            (Outcome::Completed(reveal), Some(partials)) => {
                Message::Revealed { id, digest: reveal.digest, partials: partials.clone() }
            }
            (Outcome::Failed(failure), _) => Message::Abort { id, failure: failure.clone() },
            (Outcome::Completed(_), None) => return,
        };
        cx.send(to, message);
    }

    fn tell_light(&self, terms: &Terms, cx: &mut Context<'_>, light: NodeId) {
        let counted = self.roster.of(&light).is_some();
        cx.send(light, Message::Ended { id: terms.id, counted });
    }
}
