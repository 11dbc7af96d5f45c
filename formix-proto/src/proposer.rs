//! A proposer: asks, and keeps asking until there is an outcome.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::context::Context;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::limits::{MAX_OPEN, MAX_REMEMBERED};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Refusal, Stage};
use crate::record::{Fact, Record, Unfit};
use crate::spec::{Proposal, SpecError};
use crate::status::{Standing, Status};
use crate::timers::Reason;

/// The proposing part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proposer {
    questions: BTreeMap<ComputationId, Question>,
}

#[derive(Debug, Clone)]
struct Question {
    proposal: Proposal,
    standing: Standing,
    attempt: u32,
}

impl Proposer {
    pub(crate) fn propose(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let id = proposal.id();
        let own = if proposal.proposer == cx.me { Ok(()) } else { Err(SpecError::NotTheProposer) };
        if let Err(error) = own.and_then(|()| proposal.spec.check(cx.now, cx.policy)) {
            return cx.event(Event::Rejected { id, error });
        }
        if self.questions.contains_key(&id) {
            return cx.event(Event::Proposed(id));
        }
        if self.is_full() {
            let failure = Failure::Refused { by: cx.me, refusal: Refusal::Busy };
            return cx.event(Event::Ended { id, outcome: Outcome::Failed(failure) });
        }
        cx.persist(id, Fact::Proposed(Box::new(proposal.clone())));
        let mut question = Question::new(proposal);
        question.resend(cx, id);
        self.questions.insert(id, question);
        cx.event(Event::Proposed(id));
    }

    pub(crate) fn progress(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        id: ComputationId,
        stage: Stage,
    ) {
        let Some(question) = self.questions.get_mut(&id) else { return };
        if question.proposal.spec.committee.primary() != from {
            return cx.fault(from, Fault::NoStanding("progress"));
        }
        let Standing::Open(known) = question.standing else { return };
        if stage <= known {
            return;
        }
        if known == Stage::Pending {
            cx.persist(id, Fact::Accepted);
        }
        question.standing = Standing::Open(stage);
        cx.event(Event::Progress { id, stage });
    }

    pub(crate) fn outcome(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        id: ComputationId,
        outcome: Outcome,
    ) {
        let Some(question) = self.questions.get_mut(&id) else { return };
        if question.proposal.spec.committee.seat_of(&from).is_none() {
            return cx.fault(from, Fault::NoStanding("outcome"));
        }
        if !question.fits(&outcome) {
            return cx.fault(from, Fault::Contradiction("outcome"));
        }
        match &question.standing {
            Standing::Open(_) => {
                cx.persist(id, Fact::Concluded(outcome.clone()));
                question.standing = Standing::Ended(outcome.clone());
                cx.timers.cancel(id, Reason::ProposerResend);
                question.arm_forgetting(cx, id);
                cx.event(Event::Ended { id, outcome });
            }
            Standing::Ended(known) if known.agrees_with(&outcome) => {}
            _ => cx.fault(from, Fault::Contradiction("outcome")),
        }
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        if let (Reason::ProposerResend, Some(question)) = (reason, self.questions.get_mut(&id)) {
            question.resend(cx, id);
        }
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        self.questions.remove(id);
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, record: Record) -> Result<(), Unfit> {
        let Record { id, fact } = record;
        match (fact, self.questions.get_mut(&id)) {
            (Fact::Proposed(proposal), None) if proposal.id() == id => {
                self.questions.insert(id, Question::new(*proposal));
            }
            (Fact::Accepted, Some(question))
                if question.standing == Standing::Open(Stage::Pending) =>
            {
                question.standing = Standing::Open(Stage::Collecting);
            }
            (Fact::Concluded(outcome), Some(question)) if question.is_open() => {
                question.standing = Standing::Ended(outcome);
            }
            _ => return Err(Unfit),
        }
        Ok(())
    }

    /// Arms every timer and asks again what has no outcome.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) {
        for (id, question) in &mut self.questions {
            match question.standing {
                Standing::Open(_) => question.resend(cx, *id),
                _ => question.arm_forgetting(cx, *id),
            }
        }
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.questions.get(id).map(Question::status)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.questions.keys().copied()
    }

    fn is_full(&self) -> bool {
        let open = self.questions.values().filter(|question| question.is_open()).count();
        open >= MAX_OPEN || self.questions.len() >= MAX_REMEMBERED
    }
}

impl Question {
    fn new(proposal: Proposal) -> Self {
        Self { proposal, standing: Standing::Open(Stage::Pending), attempt: 0 }
    }

    fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open(_))
    }

    /// Asks the primary; past the bound the other seats too, since one of them may know.
    fn resend(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        let Proposal { nonce, spec, .. } = &self.proposal;
        let late = cx.now >= cx.policy.gives_up(spec.deadline);
        let asked = if late { &spec.committee.0[..] } else { &spec.committee.0[..1] };
        for seat in asked {
            let spec = Box::new(spec.clone());
            cx.outbox.send(*seat, Message::Propose { nonce: *nonce, spec });
        }
        cx.wake_to_resend(id, Reason::ProposerResend, self.attempt);
        self.attempt = self.attempt.saturating_add(1);
    }

    /// Whether an outcome can be this question's: the threshold held, and the lanes decode.
    fn fits(&self, outcome: &Outcome) -> bool {
        let spec = &self.proposal.spec;
        match outcome {
            Outcome::Failed(_) => true,
            Outcome::Completed(reveal) => {
                (spec.min_participants..=spec.max_participants).contains(&reveal.participants)
                    && reveal.totals.fits(spec.shape())
            }
        }
    }

    fn arm_forgetting(&self, cx: &mut Context<'_>, id: ComputationId) {
        cx.wake(id, Reason::Forget, self.proposal.spec.deadline + cx.policy.retention);
    }

    fn status(&self) -> Status {
        let waiting_for = match self.standing {
            Standing::Open(_) => [self.proposal.spec.committee.primary()].into(),
            _ => alloc::vec::Vec::new(),
        };
        Status {
            proposal: self.proposal.clone(),
            standing: self.standing.clone(),
            answers: None,
            waiting_for,
        }
    }
}
