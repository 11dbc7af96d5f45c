//! A heavy node: keeps one share of every answer, and reveals only sums over a sealed roster.
//!
//! One [`Computation`] per id, whose phase is a type: [`preparing`], [`collecting`], [`closing`],
//! [`counting`] where answers have parts, [`sealed`], [`done`]. Seat 0 coordinates by two-phase commit
//! with presumed abort; the record that decides is its `Revealed`.

mod closing;
mod collecting;
mod committee;
mod computation;
mod counting;
mod done;
mod intake;
mod preparing;
mod sealed;
mod tally;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::limits::{MAX_OPEN, MAX_POOLS, MAX_REMEMBERED};
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Refusal};
use crate::record::{Fact, Record, Unfit};
use crate::spec::{Proposal, Seat};
use crate::status::Status;
use crate::timers::Reason;
use computation::Computation;

/// The heavy part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heavy {
    computations: BTreeMap<ComputationId, Computation>,
    open: usize,
}

impl Heavy {
    /// Handles what a heavy node may receive; the node has checked that the sender is enrolled.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        match message {
            Message::Propose { nonce, spec } => {
                self.propose(cx, Proposal { proposer: from, nonce, spec: *spec });
            }
            Message::Prepare(proposal) => self.prepare(cx, from, *proposal),
            Message::Announce(proposal) => self.announce(cx, from, proposal),
            message => self.forward(cx, from, message),
        }
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        self.with(id, |computation| computation.timeout(cx, reason));
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        self.computations.remove(id);
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, me: NodeId, record: Record) -> Result<(), Unfit> {
        let Record { id, fact } = record;
        match fact {
            Fact::Prepared(proposal) => {
                let seat = proposal.spec.committee.seat_of(&me).ok_or(Unfit)?;
                if proposal.id() != id || self.computations.contains_key(&id) {
                    return Err(Unfit);
                }
                self.insert(Computation::new(*proposal, seat));
                Ok(())
            }
            fact => self.with(id, |computation| computation.apply(fact)).ok_or(Unfit)?,
        }
    }

    /// Arms every timer and sends again whatever is unanswered.
    pub(crate) fn resume(&mut self, cx: &mut Context<'_>) {
        for computation in self.computations.values_mut() {
            computation.resume(cx);
        }
    }

    pub(crate) fn status(&self, id: &ComputationId) -> Option<Status> {
        self.computations.get(id).map(Computation::status)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.computations.keys().copied()
    }

    /// R2: the id is a digest of the content, so an id that is known is this very proposal.
    fn propose(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let id = proposal.id();
        let Some(seat) = proposal.spec.committee.seat_of(&cx.me) else {
            return cx.fault(proposal.proposer, Fault::NoStanding("propose"));
        };
        if self.with(id, |computation| computation.report_to_proposer(cx)).is_some() {
            return;
        }
        if proposal.spec.deadline <= cx.now {
            return self.report_never_opened(cx, id, &proposal);
        }
        if seat == Seat::PRIMARY {
            self.begin(cx, id, proposal);
        }
    }

    /// A committee member that has not heard of it by the deadline never will: it cannot have opened.
    fn report_never_opened(&self, cx: &mut Context<'_>, id: ComputationId, proposal: &Proposal) {
        if cx.now < proposal.spec.deadline + cx.policy.retention {
            let outcome = Outcome::Failed(Failure::NeverOpened);
            cx.send(proposal.proposer, Message::Outcome { id, outcome });
        }
    }

    fn begin(&mut self, cx: &mut Context<'_>, id: ComputationId, proposal: Proposal) {
        match self.check(cx, &proposal) {
            Ok(()) => self.take_up(cx, proposal, Computation::begin),
            // Silence: the proposer asks again until there is room, or the deadline has come.
            Err(Refusal::Busy) => {}
            Err(refusal) => {
                let failure = Failure::Refused { by: cx.me, refusal: refusal.clone() };
                if refusal.is_permanent() {
                    let outcome = Outcome::Failed(failure);
                    cx.send(proposal.proposer, Message::Outcome { id, outcome });
                } else {
                    self.take_up(cx, proposal, |computation, cx| computation.fail(cx, failure));
                }
            }
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        let committee = proposal.spec.committee;
        let seated = committee.seat_of(&cx.me).is_some_and(|seat| seat != Seat::PRIMARY);
        if from != committee.primary() || !seated {
            return cx.fault(from, Fault::NoStanding("prepare"));
        }
        if self.with(id, |computation| computation.receive_prepare(cx)).is_some() {
            return;
        }
        match self.check(cx, &proposal) {
            Ok(()) => self.take_up(cx, proposal, Computation::begin),
            Err(Refusal::Busy) => {}
            Err(refusal) => {
                let failure = Failure::Refused { by: cx.me, refusal };
                cx.send(from, Message::Abort { id, failure });
            }
        }
    }

    /// Passes an announcement on to this node's light nodes; it keeps nothing.
    fn announce(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Box<Proposal>) {
        if cx.directory.role(&from) != Some(Role::Heavy)
            || proposal.spec.committee.primary() != from
        {
            return cx.fault(from, Fault::NoStanding("announce"));
        }
        if self.check(cx, &proposal).is_ok() {
            for light in cx.directory.with_role(Role::Light) {
                cx.outbox.send(light, Message::Announce(proposal.clone()));
            }
        }
    }

    fn check(&self, cx: &Context<'_>, proposal: &Proposal) -> Result<(), Refusal> {
        if self.open >= MAX_OPEN || self.computations.len() >= MAX_REMEMBERED {
            return Err(Refusal::Busy);
        }
        let spec = &proposal.spec;
        spec.check(cx.now, cx.policy).map_err(Refusal::Terms)?;
        if cx.directory.role(&proposal.proposer).is_none() {
            return Err(Refusal::Stranger(proposal.proposer));
        }
        for node in spec.committee.0 {
            if cx.directory.role(&node) != Some(Role::Heavy) {
                return Err(Refusal::NotAHeavy(node));
            }
        }
        let open = self.computations.values().filter(|computation| !computation.has_ended());
        let pooled: u64 = open.map(|computation| computation.spec().pool()).sum();
        if pooled + spec.pool() > MAX_POOLS {
            return Err(Refusal::Busy);
        }
        let (enrolled, needed) = (cx.directory.lights(), spec.min_participants);
        if enrolled < needed {
            return Err(Refusal::TooFewLights { enrolled, needed });
        }
        Ok(())
    }

    fn forward(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        let id = match &message {
            Message::Ready(id)
            | Message::Open(id)
            | Message::Opened(id)
            | Message::AllIn(id)
            | Message::Close(id)
            | Message::Frozen { id, .. }
            | Message::List(id)
            | Message::FrozenSet { id, .. }
            | Message::Seal { id, .. }
            | Message::Counts { id, .. }
            | Message::Counted { id, .. }
            | Message::Partial { id, .. }
            | Message::Revealed { id, .. }
            | Message::Abort { id, .. }
            | Message::Knock(id)
            | Message::Contribution { id, .. }
            | Message::Decline(id)
            | Message::Inquire(id) => *id,
            other => return cx.fault(from, Fault::NoStanding(other.name())),
        };
        self.with(id, |computation| computation.receive(cx, from, message));
    }

    fn insert(&mut self, computation: Computation) {
        self.open += 1;
        self.computations.insert(computation.id(), computation);
    }

    /// Takes a computation up and makes its first move; the callers know that it is new, and that
    /// this node has a seat.
    fn take_up(
        &mut self,
        cx: &mut Context<'_>,
        proposal: Proposal,
        first_move: impl FnOnce(&mut Computation, &mut Context<'_>),
    ) {
        let Some(seat) = proposal.spec.committee.seat_of(&cx.me) else { return };
        let id = proposal.id();
        cx.persist(id, Fact::Prepared(Box::new(proposal.clone())));
        self.insert(Computation::new(proposal, seat));
        self.with(id, |computation| first_move(computation, cx));
    }

    /// Runs `act` on a computation, and keeps count of those that have not ended.
    fn with<T>(&mut self, id: ComputationId, act: impl FnOnce(&mut Computation) -> T) -> Option<T> {
        let computation = self.computations.get_mut(&id)?;
        let was_open = !computation.has_ended();
        let result = act(computation);
        if was_open && computation.has_ended() {
            self.open -= 1;
        }
        Some(result)
    }
}
