//! A proposer: asks, and keeps asking until there is an outcome.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::acceptance::acceptable;
use crate::context::{Context, Retry};
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Refusal, Stage};
use crate::places::{Claim, Ended, Load, Places};
use crate::record::{Fact, InvalidTransition, Record};
use crate::spec::{Proposal, SpecError};
use crate::status::{Standing, Status};
use crate::timers::Reason;

/// The proposing part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proposer {
    questions: BTreeMap<ComputationId, Question>,
    places: Places,
}

#[derive(Debug, Clone)]
struct Question {
    proposal: Proposal,
    standing: Standing,
    /// What it takes of the node now.
    claim: Claim,
    retry: Retry,
}

impl Proposer {
    pub(crate) fn propose(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let id = proposal.id();
        if proposal.proposer != cx.me {
            return cx.event(Event::Rejected { id, error: SpecError::NotTheProposer });
        }
        if self.questions.contains_key(&id) {
            return cx.event(Event::Proposed(id));
        }
        match acceptable(cx, &proposal, &self.places, Question::claim_for(&proposal)) {
            Ok(()) => {}
            Err(Refusal::Terms(error)) => return cx.event(Event::Rejected { id, error }),
            Err(refusal) => {
                let failure = Failure::Refused { by: cx.me, refusal };
                return cx.event(Event::Ended { id, outcome: Outcome::Failed(failure) });
            }
        }
        self.commit(cx, id, Fact::Proposed(Box::new(proposal)));
        if let Some(question) = self.questions.get_mut(&id) {
            question.resend(cx, id);
        }
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
            self.commit(cx, id, Fact::Accepted);
        }
        // How far the committee is beyond that is not recorded: it says so again.
        if let Some(question) = self.questions.get_mut(&id) {
            question.standing = Standing::Open(stage);
        }
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
                self.commit(cx, id, Fact::Concluded(outcome.clone()));
                cx.timers.cancel(id, Reason::ProposerResend);
                self.retire(cx, id);
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
        if let Some(forgotten) = self.questions.remove(id) {
            self.places.replace(Some(forgotten.claim), None);
        }
    }

    fn retire(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        if let Some(ended) = self.questions.get(&id).and_then(|question| question.ended(id)) {
            ended.retire(cx);
        }
    }

    /// The one place where facts change what is asked, live and at recovery.
    pub(crate) fn apply(&mut self, record: Record) -> Result<(), InvalidTransition> {
        let Record { id, fact } = record;
        match (fact, self.questions.get_mut(&id)) {
            (Fact::Proposed(proposal), None) if proposal.id() == id => {
                let question = Question::new(*proposal);
                self.places.replace(None, Some(question.claim));
                self.questions.insert(id, question);
            }
            (Fact::Accepted, Some(question))
                if question.standing == Standing::Open(Stage::Pending) =>
            {
                question.standing = Standing::Open(Stage::Collecting);
            }
            (Fact::Concluded(outcome), Some(question)) if question.is_open() => {
                let before = question.claim;
                question.conclude(outcome);
                self.places.replace(Some(before), Some(question.claim));
            }
            _ => return Err(InvalidTransition),
        }
        Ok(())
    }

    fn commit(&mut self, cx: &mut Context<'_>, id: ComputationId, fact: Fact) {
        let applied = cx.commit(id, fact, |fact| self.apply(Record { id, fact }));
        debug_assert!(applied.is_ok(), "callers look at the standing first");
    }

    /// Arms every timer and asks again what has no outcome.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) {
        for (id, question) in &self.questions {
            match question.ended(*id) {
                None => question.retry.wake_now(cx, *id, Reason::ProposerResend),
                Some(ended) => ended.retire(cx),
            }
        }
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.questions.get(id).map(Question::status)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.questions.keys().copied()
    }
}

impl Question {
    fn new(proposal: Proposal) -> Self {
        let (standing, claim) = (Standing::Open(Stage::Pending), Self::claim_for(&proposal));
        Self { proposal, standing, claim, retry: Retry::default() }
    }

    /// What asking this takes.
    fn claim_for(proposal: &Proposal) -> Claim {
        let memory = proposal.memory().saturating_add(proposal.spec.shape().bytes() as u64);
        Claim { holder: proposal.proposer, load: Load { open: 1, shares: 0, memory } }
    }

    fn conclude(&mut self, outcome: Outcome) {
        self.standing = Standing::Ended(outcome);
        self.claim.load.open = 0;
    }

    /// What is remembered of it, once it is over.
    fn ended(&self, id: ComputationId) -> Option<Ended> {
        let deadline = self.proposal.spec.deadline;
        (!self.is_open()).then_some(Ended { id, deadline })
    }

    fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open(_))
    }

    /// Asks the primary; past the bound the other seats too, since one of them may know.
    fn resend(&mut self, cx: &mut Context<'_>, id: ComputationId) {
        let Proposal { nonce, spec, .. } = &self.proposal;
        let is_late = cx.now >= cx.policy.gives_up(spec.deadline);
        let asked = if is_late { spec.committee.seats() } else { 1 };
        for node in spec.committee.nodes().take(asked) {
            cx.outbox.send(node, Message::Propose { nonce: *nonce, spec: spec.clone() });
        }
        self.retry.wake(cx, id, Reason::ProposerResend);
    }

    /// Whether an outcome can be this question's: the threshold held, and the totals have its shape.
    fn fits(&self, outcome: &Outcome) -> bool {
        let spec = &self.proposal.spec;
        match outcome {
            Outcome::Failed(_) => true,
            Outcome::Completed(reveal) => {
                (spec.min_participants..=spec.max_participants).contains(&reveal.participants)
                    && reveal.totals.shape() == spec.shape()
            }
        }
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
