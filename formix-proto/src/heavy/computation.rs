//! One computation at one heavy node: its phase, and how facts move it.

use core::mem;

use super::closing::Closing;
use super::collecting::Collecting;
use super::counting::Counting;
use super::done::Done;
use super::preparing::Preparing;
use super::sealed::Sealed;
use crate::context::Context;
use crate::id::{ComputationId, NodeId};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Stage};
use crate::record::{Fact, Unfit};
use crate::spec::{Proposal, Seat, Spec};
use crate::status::{Standing, Status};
use crate::timers::Reason;

/// One computation at one heavy node.
#[derive(Debug, Clone)]
pub(super) struct Computation {
    pub(super) id: ComputationId,
    pub(super) proposal: Proposal,
    pub(super) seat: Seat,
    pub(super) phase: Phase,
    /// How often the current phase has sent again what is unanswered.
    pub(super) attempt: u32,
}

/// A phase is a type, and leaving it consumes it.
#[derive(Debug, Clone)]
pub(super) enum Phase {
    Preparing(Preparing),
    Collecting(Collecting),
    Closing(Closing),
    Counting(Counting),
    Sealed(Sealed),
    Done(Done),
    /// Only while a fact is applied, or while `Closing` is being consumed.
    Moving,
}

impl Computation {
    pub(super) fn new(proposal: Proposal, seat: Seat) -> Self {
        let (id, phase) = (proposal.id(), Phase::Preparing(Preparing::default()));
        Self { id, proposal, seat, phase, attempt: 0 }
    }

    pub(super) fn id(&self) -> ComputationId {
        self.id
    }

    pub(super) fn spec(&self) -> &Spec {
        &self.proposal.spec
    }

    pub(super) fn primary(&self) -> NodeId {
        self.spec().committee.primary()
    }

    pub(super) fn is_primary(&self) -> bool {
        self.seat == Seat::PRIMARY
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Done(_))
    }

    /// The one place where facts change a computation, live and at recovery.
    pub(super) fn apply(&mut self, fact: Fact) -> Result<(), Unfit> {
        let phase = mem::replace(&mut self.phase, Phase::Moving);
        self.phase = match (phase, fact) {
            (Phase::Preparing(_), Fact::Opened) => Phase::Collecting(Collecting::default()),
            (Phase::Preparing(_), Fact::Frozen) => Phase::Closing(Collecting::default().freeze()),
            (Phase::Collecting(mut phase), Fact::Contributed { light, tag, share })
                if phase.has_room_for(&self.proposal.spec, &light, &share) =>
            {
                phase.insert(light, tag, share);
                Phase::Collecting(phase)
            }
            (Phase::Collecting(mut phase), Fact::Declined(light)) if !phase.has_heard(&light) => {
                phase.decline(light);
                Phase::Collecting(phase)
            }
            (Phase::Collecting(phase), Fact::Frozen) => Phase::Closing(phase.freeze()),
            // `Closing::seal` has consumed the phase already when this is live.
            (Phase::Closing(_) | Phase::Moving, Fact::Sealed(seal))
                if seal.fits(&self.proposal.spec) =>
            {
                let spec = &self.proposal.spec;
                match spec.statistic.counted_parts() {
                    0 => Phase::Sealed(Sealed::new(self.seat, spec, seal, None)),
                    _ => Phase::Counting(Counting::new(self.seat, spec, seal)),
                }
            }
            (Phase::Counting(phase), Fact::Counted(counts)) if phase.confirms(&counts) => {
                Phase::Sealed(phase.tell(&self.proposal.spec, counts))
            }
            (Phase::Sealed(phase), Fact::Revealed(partials))
                if phase.confirms(&self.proposal.spec, phase.digest(), &partials) =>
            {
                Phase::Done(phase.reveal(&self.proposal.spec, partials))
            }
            (Phase::Done(phase), _) => {
                self.phase = Phase::Done(phase);
                return Err(Unfit);
            }
            (_, Fact::Failed(failure)) => Phase::Done(Done::failed(failure)),
            (phase, _) => {
                self.phase = phase;
                return Err(Unfit);
            }
        };
        Ok(())
    }

    /// Decides a fact: applies it now, and has it recorded before anything that follows leaves.
    pub(super) fn commit(&mut self, cx: &mut Context<'_>, fact: Fact) {
        let applied = self.apply(fact.clone());
        debug_assert!(applied.is_ok(), "callers match on the phase first");
        if applied.is_ok() {
            cx.persist(self.id, fact);
        }
    }

    /// Begins a phase: what it waits for is sent now, and again until it is answered.
    pub(super) fn enter(&mut self, cx: &mut Context<'_>) {
        self.attempt = 0;
        self.resend(cx);
        if let Some(stage) = self.stage() {
            cx.event(Event::Progress { id: self.id, stage });
        }
    }

    /// Sends whatever the phase waits for an answer to, to whom it waits for.
    pub(super) fn resend(&mut self, cx: &mut Context<'_>) {
        if matches!(self.phase, Phase::Done(_) | Phase::Moving) {
            return;
        }
        self.resend_once(cx);
        cx.wake_to_resend(self.id, Reason::HeavyResend, self.attempt);
        self.attempt = self.attempt.saturating_add(1);
    }

    /// The same, whenever it is asked for and not because it was time to.
    pub(super) fn resend_once(&self, cx: &mut Context<'_>) {
        match &self.phase {
            Phase::Preparing(phase) => phase.resend(self, cx),
            Phase::Collecting(phase) => phase.resend(self, cx),
            Phase::Closing(phase) => phase.resend(self, cx),
            Phase::Counting(phase) => phase.resend(self, cx),
            Phase::Sealed(phase) => phase.resend(self, cx),
            Phase::Done(_) | Phase::Moving => {}
        }
    }

    /// After a restart: arms the timers of the phase, and sends again.
    pub(super) fn resume(&mut self, cx: &mut Context<'_>) {
        if self.has_ended() {
            return self.arm_forgetting(cx);
        }
        self.arm(cx);
        self.resend(cx);
    }

    /// Arms every timer that a computation may need until it has ended.
    pub(super) fn arm(&self, cx: &mut Context<'_>) {
        let deadline = self.spec().deadline;
        if self.is_primary() && matches!(self.phase, Phase::Preparing(_)) {
            cx.wake(self.id, Reason::PrepareTimeout, cx.now + cx.policy.prepare_within);
        }
        cx.wake(self.id, Reason::Deadline, deadline);
        cx.wake(self.id, Reason::RevealTimeout, cx.policy.gives_up(deadline));
    }

    /// A refused deadline may be farther away than any accepted one.
    fn arm_forgetting(&self, cx: &mut Context<'_>) {
        let ends = self.spec().deadline.min(cx.now + cx.policy.horizon);
        cx.wake(self.id, Reason::Forget, ends + cx.policy.retention);
    }

    pub(super) fn timeout(&mut self, cx: &mut Context<'_>, reason: Reason) {
        match (reason, &self.phase) {
            (Reason::HeavyResend, _) => self.resend(cx),
            (Reason::PrepareTimeout, Phase::Preparing(phase)) => {
                let missing = phase.missing(self);
                self.fail(cx, Failure::NotReady { missing });
            }
            (Reason::Deadline, Phase::Preparing(_)) => self.fail(cx, Failure::NeverOpened),
            (Reason::Deadline, Phase::Collecting(_)) => self.freeze(cx),
            (Reason::RevealTimeout, _) => self.give_up(cx),
            _ => {}
        }
    }

    /// R8: whoever has not sent its partial may fail alone, because all three are needed. The
    /// primary never sends its own before the outcome; a seat that has waits for the primary.
    fn give_up(&mut self, cx: &mut Context<'_>) {
        let committed = matches!(self.phase, Phase::Sealed(_)) && !self.is_primary();
        if !committed && !self.has_ended() {
            let missing = self.waiting_for();
            self.fail(cx, Failure::Unreachable { missing });
        }
    }

    pub(super) fn fail(&mut self, cx: &mut Context<'_>, failure: Failure) {
        self.commit(cx, Fact::Failed(failure));
        self.end(cx);
    }

    /// Tells everyone who waits, once; who misses it asks again.
    pub(super) fn end(&mut self, cx: &mut Context<'_>) {
        for reason in
            [Reason::HeavyResend, Reason::PrepareTimeout, Reason::Deadline, Reason::RevealTimeout]
        {
            cx.timers.cancel(self.id, reason);
        }
        self.arm_forgetting(cx);
        let Phase::Done(done) = &self.phase else { return };
        done.announce(self, cx);
        cx.event(Event::Ended { id: self.id, outcome: done.outcome().clone() });
    }

    pub(super) fn report_to_proposer(&self, cx: &mut Context<'_>) {
        let (id, to) = (self.id, self.proposal.proposer);
        match (&self.phase, self.stage()) {
            (Phase::Done(done), _) => done.tell_proposer(self, cx),
            (_, Some(stage)) if self.is_primary() => cx.send(to, Message::Progress { id, stage }),
            _ => {}
        }
    }

    pub(super) fn stage(&self) -> Option<Stage> {
        match self.phase {
            Phase::Preparing(_) => Some(Stage::Pending),
            Phase::Collecting(_) => Some(Stage::Collecting),
            Phase::Closing(_) | Phase::Counting(_) | Phase::Sealed(_) => Some(Stage::Revealing),
            Phase::Done(_) | Phase::Moving => None,
        }
    }

    /// The committee members without whom it does not go on.
    pub(super) fn waiting_for(&self) -> alloc::vec::Vec<NodeId> {
        match &self.phase {
            Phase::Preparing(phase) => phase.missing(self),
            Phase::Closing(phase) => phase.missing(self),
            Phase::Counting(phase) => phase.missing(self),
            Phase::Sealed(phase) => phase.missing(self),
            Phase::Collecting(_) | Phase::Done(_) | Phase::Moving => alloc::vec::Vec::new(),
        }
    }

    pub(super) fn status(&self) -> Status {
        let standing = match (&self.phase, self.stage()) {
            (Phase::Done(done), _) => Standing::Ended(done.outcome().clone()),
            (_, stage) => Standing::Open(stage.unwrap_or(Stage::Pending)),
        };
        let answers = match &self.phase {
            Phase::Collecting(phase) => phase.answered(),
            Phase::Closing(phase) => phase.frozen().len(),
            Phase::Counting(phase) => phase.seal().roster.len(),
            Phase::Sealed(phase) => phase.seal().roster.len(),
            Phase::Done(done) => match done.outcome() {
                Outcome::Completed(reveal) => reveal.participants,
                Outcome::Failed(_) => 0,
            },
            Phase::Preparing(_) | Phase::Moving => 0,
        };
        Status {
            proposal: self.proposal.clone(),
            standing,
            answers: Some(answers),
            waiting_for: self.waiting_for(),
        }
    }
}
