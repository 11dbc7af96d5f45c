//! A heavy node: keeps one share of every answer, and reveals only sums over a sealed roster.
//!
//! One [`Computation`] per id. Its phase is a type, one file each, which holds what it takes, what it
//! sends again and whom it waits for:
//!
//! ```text
//!   preparing -> collecting -> closing -> (counting, where groups are counted) -> sealed -> done
//! ```
//!
//! Seat 0 coordinates by two-phase commit with presumed abort; the record that decides is its `Revealed`.

mod admission;
mod closing;
mod collecting;
mod computation;
mod counting;
mod done;
mod phase;
mod preparing;
mod sealed;
mod sums;
mod terms;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::acceptance::{Load, acceptable};
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Refusal};
use crate::record::{Fact, InvalidTransition, Record};
use crate::seat::Seat;
use crate::spec::Proposal;
use crate::status::Status;
use crate::timers::Reason;
use computation::Computation;

/// The heavy part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heavy {
    computations: BTreeMap<ComputationId, Computation>,
    load: Load,
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
            message => match message.computation() {
                Some(id) if message.kind().to.is_committee() => {
                    self.with(id, |computation| computation.receive(cx, from, message));
                }
                _ => cx.fault(from, Fault::NoStanding(message.name())),
            },
        }
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        self.with(id, |computation| computation.timeout(cx, reason));
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        self.computations.remove(id);
    }

    /// Folds one record of an earlier life.
    pub(crate) fn restore(&mut self, me: NodeId, record: Record) -> Result<(), InvalidTransition> {
        let Record { id, fact } = record;
        match fact {
            Fact::Prepared(proposal) if proposal.id() == id => self.take_up(me, *proposal),
            Fact::Prepared(_) => Err(InvalidTransition),
            fact => {
                self.with(id, |computation| computation.restore(fact)).ok_or(InvalidTransition)?
            }
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
            Ok(()) => self.start(cx, proposal, Computation::begin),
            // Silence: the proposer asks again until there is room, or the deadline has come.
            Err(Refusal::Busy) => {}
            Err(refusal) => {
                let failure = Failure::Refused { by: cx.me, refusal: refusal.clone() };
                if refusal.is_permanent() {
                    let outcome = Outcome::Failed(failure);
                    cx.send(proposal.proposer, Message::Outcome { id, outcome });
                } else {
                    self.start(cx, proposal, |computation, cx| computation.fail(cx, failure));
                }
            }
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        let committee = &proposal.spec.committee;
        let seated = committee.seat_of(&cx.me).is_some_and(|seat| seat != Seat::PRIMARY);
        if from != committee.primary() || !seated {
            return cx.fault(from, Fault::NoStanding("prepare"));
        }
        if self.with(id, |computation| computation.receive_prepare(cx)).is_some() {
            return;
        }
        match self.check(cx, &proposal) {
            Ok(()) => self.start(cx, proposal, Computation::begin),
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
        acceptable(cx, proposal, self.load, self.computations.len(), proposal.spec.pool())?;
        let (enrolled, needed) = (cx.directory.lights(), proposal.spec.min_participants);
        match enrolled < needed {
            true => Err(Refusal::TooFewLights { enrolled, needed }),
            false => Ok(()),
        }
    }

    /// Records a computation, and makes its first move.
    fn start(
        &mut self,
        cx: &mut Context<'_>,
        proposal: Proposal,
        first_move: impl FnOnce(&mut Computation, &mut Context<'_>),
    ) {
        let (id, me) = (proposal.id(), cx.me);
        let fact = Fact::Prepared(Box::new(proposal));
        let taken = cx.commit(id, fact, |fact| self.restore(me, Record { id, fact }));
        debug_assert!(taken.is_ok(), "callers know that it is new, and that this node has a seat");
        self.with(id, |computation| first_move(computation, cx));
    }

    /// Takes a computation up that is not known yet, if this node has a seat.
    fn take_up(&mut self, me: NodeId, proposal: Proposal) -> Result<(), InvalidTransition> {
        let seat = proposal.spec.committee.seat_of(&me).ok_or(InvalidTransition)?;
        let computation = Computation::new(proposal, seat);
        if self.computations.contains_key(&computation.id()) {
            return Err(InvalidTransition);
        }
        self.load.add(computation.spec().pool());
        self.computations.insert(computation.id(), computation);
        Ok(())
    }

    /// Runs `act` on a computation, and keeps count of those that have not ended.
    fn with<T>(&mut self, id: ComputationId, act: impl FnOnce(&mut Computation) -> T) -> Option<T> {
        let computation = self.computations.get_mut(&id)?;
        let was_open = !computation.has_ended();
        let result = act(computation);
        if was_open && computation.has_ended() {
            self.load.remove(computation.spec().pool());
        }
        Some(result)
    }
}
