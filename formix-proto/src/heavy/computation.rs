//! One computation at one heavy node: its phase, who may speak to it, and its timers.

use core::mem;

use super::phase::Phase;
use super::preparing::Preparing;
use super::terms::Terms;
use crate::context::{Context, Retry};
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::machine::Event;
use crate::message::{Message, Party};
use crate::outcome::Stage;
use crate::places::{Claim, Ended};
use crate::record::{Fact, InvalidTransition};
use crate::seat::{Member, Seat};
use crate::spec::Proposal;
use crate::status::{Standing, Status};
use crate::timers::Reason;

/// One computation at one heavy node.
#[derive(Debug, Clone)]
pub(super) struct Computation {
    terms: Terms,
    phase: Phase,
    retry: Retry,
}

impl Computation {
    pub(super) fn new(proposal: Proposal, seat: Seat) -> Self {
        let terms = Terms::new(proposal, seat);
        Self { terms, phase: Preparing::default().into(), retry: Retry::default() }
    }

    pub(super) fn id(&self) -> ComputationId {
        self.terms.id
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Done(_))
    }

    /// What it takes of the node now.
    pub(super) fn claim(&self) -> Claim {
        let load = match &self.phase {
            Phase::Preparing(_) | Phase::Collecting(_) | Phase::Closing(_) => self.terms.load(),
            Phase::Counting(_) | Phase::Sealed(_) => self.terms.load_of_sealed(),
            Phase::Done(done) => self.terms.load_of_ended(done.bytes()),
        };
        Claim { holder: self.terms.proposal.proposer, load }
    }

    /// What is remembered of it now that it is over; `None` of one that never opened here, or goes on.
    pub(super) fn ended(&self) -> Option<Ended> {
        let Terms { id, proposal, .. } = &self.terms;
        match &self.phase {
            Phase::Done(done) if done.has_opened() => {
                Some(Ended { id: *id, deadline: proposal.spec.deadline })
            }
            _ => None,
        }
    }

    /// Folds one fact of an earlier life.
    pub(super) fn restore(&mut self, fact: Fact) -> Result<(), InvalidTransition> {
        self.phase = mem::take(&mut self.phase).apply(&self.terms, fact)?;
        Ok(())
    }

    /// The first move: the terms were accepted, and recorded.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) {
        self.arm(cx);
        self.resend(cx);
        cx.event(Event::Progress { id: self.terms.id, stage: Stage::Pending });
    }

    /// After a start, or when the clock was set back: arms the timers of the phase, and sends again.
    pub(super) fn resume(&mut self, cx: &mut Context<'_>) {
        if !self.has_ended() {
            self.arm(cx);
            self.retry.wake_now(cx, self.terms.id, Reason::HeavyResend);
        }
    }

    /// Takes a message, if its sender may send it (R1): by seat among the committee, by role for light
    /// nodes.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let (kind, is_primary) = (message.kind(), self.terms.is_primary());
        match (self.terms.committee().seat_of(&from), kind.from) {
            (Some(Seat::PRIMARY), Party::Primary | Party::Member) if !is_primary => {
                self.receive_from(cx, Member { seat: Seat::PRIMARY, node: from }, message);
            }
            (Some(seat), Party::Others | Party::Member) if seat != Seat::PRIMARY && is_primary => {
                self.receive_from(cx, Member { seat, node: from }, message);
            }
            (None, Party::Light) if cx.directory.role(&from) == Some(Role::Light) => {
                self.step(cx, |phase, terms, cx| {
                    phase.receive_from_light(terms, cx, from, message)
                });
            }
            _ => cx.fault(from, Fault::NoStanding(kind.name)),
        }
    }

    fn receive_from(&mut self, cx: &mut Context<'_>, from: Member, message: Message) {
        self.step(cx, |phase, terms, cx| phase.receive(terms, cx, from, message));
    }

    /// A repeated `Prepare`: says again what this seat has said.
    pub(super) fn receive_prepare(&self, cx: &mut Context<'_>) {
        match &self.phase {
            Phase::Done(done) => done.tell_primary(&self.terms, cx),
            _ => cx.send(self.terms.primary(), Message::Ready(self.terms.id)),
        }
    }

    pub(super) fn timeout(&mut self, cx: &mut Context<'_>, reason: Reason) {
        match reason {
            Reason::HeavyResend => self.resend(cx),
            _ => self.step(cx, |phase, terms, cx| phase.timeout(terms, cx, reason)),
        }
    }

    pub(super) fn report_to_proposer(&self, cx: &mut Context<'_>) {
        let (id, to) = (self.terms.id, self.terms.proposal.proposer);
        match (&self.phase, self.phase.stage()) {
            (Phase::Done(done), _) => done.tell_proposer(&self.terms, cx),
            (_, Some(stage)) if self.terms.is_primary() => {
                cx.send(to, Message::Progress { id, stage });
            }
            _ => {}
        }
    }

    pub(super) fn status(&self) -> Status {
        let standing = match (&self.phase, self.phase.stage()) {
            (Phase::Done(done), _) => Standing::Ended(done.outcome().clone()),
            (_, stage) => Standing::Open(stage.unwrap_or(Stage::Pending)),
        };
        Status {
            proposal: self.terms.proposal.clone(),
            standing,
            answers: Some(self.phase.answers()),
            waiting_for: self.phase.missing(&self.terms),
        }
    }

    /// Lets the phase do something, by value: the one place where it is out of its place. What a new phase
    /// waits for is sent at once.
    fn step(
        &mut self,
        cx: &mut Context<'_>,
        act: impl FnOnce(Phase, &Terms, &mut Context<'_>) -> Phase,
    ) {
        let (kind, stage) = (mem::discriminant(&self.phase), self.phase.stage());
        self.phase = act(mem::take(&mut self.phase), &self.terms, cx);
        if mem::discriminant(&self.phase) != kind {
            self.enter(cx, stage);
        }
    }

    /// Begins a phase; `before` is the stage of the one that it follows.
    fn enter(&mut self, cx: &mut Context<'_>, before: Option<Stage>) {
        let Some(stage) = self.phase.stage() else { return self.end(cx) };
        self.retry = Retry::default();
        self.resend(cx);
        if Some(stage) != before {
            cx.event(Event::Progress { id: self.terms.id, stage });
            self.report_to_proposer(cx);
        }
    }

    /// Sends what the phase waits for an answer to, and again until it is answered.
    fn resend(&mut self, cx: &mut Context<'_>) {
        if !self.has_ended() {
            self.phase.resend(&self.terms, cx);
            self.retry.wake(cx, self.terms.id, Reason::HeavyResend);
        }
    }

    /// Arms every timer that a computation may need until it has ended.
    fn arm(&self, cx: &mut Context<'_>) {
        let (id, deadline) = (self.terms.id, self.terms.spec().deadline);
        if self.terms.is_primary() && matches!(self.phase, Phase::Preparing(_)) {
            cx.wake(id, Reason::PrepareTimeout, cx.now + cx.policy.prepare_within);
        }
        cx.wake(id, Reason::Deadline, deadline);
        cx.wake(id, Reason::RevealTimeout, cx.policy.gives_up(deadline));
    }

    /// Tells everyone who waits, once; anyone who misses it asks again.
    fn end(&mut self, cx: &mut Context<'_>) {
        let id = self.terms.id;
        for reason in
            [Reason::HeavyResend, Reason::PrepareTimeout, Reason::Deadline, Reason::RevealTimeout]
        {
            cx.timers.cancel(id, reason);
        }
        if let Phase::Done(done) = &self.phase {
            done.announce(&self.terms, cx);
            cx.event(Event::Ended { id, outcome: done.outcome().clone() });
        }
    }
}
