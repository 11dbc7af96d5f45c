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
mod refused;
mod sealed;
mod sums;
mod terms;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;

use crate::acceptance::acceptable;
use crate::context::Context;
use crate::directory::Role;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::limits::MAX_NAMED;
use crate::message::Message;
use crate::outcome::{Failure, Outcome, Refusal};
use crate::places::Places;
use crate::record::{Fact, InvalidTransition, Record};
use crate::seat::Seat;
use crate::spec::Proposal;
use crate::status::Status;
use crate::timers::Reason;
use computation::Computation;
use refused::Refused;
use terms::Terms;

/// The heavy part of a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heavy {
    computations: BTreeMap<ComputationId, Computation>,
    places: Places,
    refused: Refused,
}

impl Heavy {
    /// Handles what a heavy node may receive; the node has checked that the sender is enrolled.
    pub(crate) fn receive(&mut self, cx: &mut Context<'_>, from: NodeId, message: Message) {
        match message {
            Message::Propose { nonce, spec } => {
                self.propose(cx, Proposal { proposer: from, nonce, spec });
            }
            Message::Prepare(proposal) => self.prepare(cx, from, *proposal),
            Message::Announce { proposal, to } => self.announce(cx, from, proposal, &to),
            message => match message.computation() {
                Some(id) if message.kind().to.is_committee() => self.hear(cx, from, id, message),
                _ => cx.fault(from, Fault::NoStanding(message.name())),
            },
        }
    }

    /// Presumed abort: who is ready for what this node does not know of waits for nothing.
    fn hear(&mut self, cx: &mut Context<'_>, from: NodeId, id: ComputationId, message: Message) {
        if self.computations.contains_key(&id) {
            self.act(cx, id, |computation, cx| computation.receive(cx, from, message));
        } else if matches!(message, Message::Ready(_)) {
            cx.send(from, Message::Abort { id, failure: Failure::NeverOpened });
        }
    }

    pub(crate) fn timeout(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        self.act(cx, id, |computation, cx| computation.timeout(cx, reason));
    }

    pub(crate) fn forget(&mut self, id: &ComputationId) {
        if let Some(forgotten) = self.computations.remove(id) {
            self.places.replace(Some(forgotten.claim()), None);
        }
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
            retire(cx, computation);
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
        if let Some(computation) = self.computations.get(&id) {
            return computation.report_to_proposer(cx);
        }
        if let Some(failure) = self.refused.get(&id, cx.now) {
            let outcome = Outcome::Failed(failure.clone());
            return cx.send(proposal.proposer, Message::Outcome { id, outcome });
        }
        if proposal.spec.deadline <= cx.now {
            return self.report_never_opened(cx, id, &proposal);
        }
        if seat == Seat::PRIMARY {
            self.begin(cx, id, proposal);
        }
    }

    /// A committee member that has not heard of it by the deadline never will: it cannot have opened,
    /// unless it is forgotten.
    fn report_never_opened(&self, cx: &mut Context<'_>, id: ComputationId, proposal: &Proposal) {
        if cx.now < proposal.spec.deadline + cx.policy.retention {
            let outcome = Outcome::Failed(Failure::NeverOpened);
            cx.send(proposal.proposer, Message::Outcome { id, outcome });
        }
    }

    fn begin(&mut self, cx: &mut Context<'_>, id: ComputationId, proposal: Proposal) {
        match self.check(cx, &proposal) {
            Ok(()) => self.start(cx, proposal),
            Err(refusal) => self.refuse(cx, id, proposal.proposer, refusal),
        }
    }

    fn refuse(&mut self, cx: &mut Context<'_>, id: ComputationId, asker: NodeId, refusal: Refusal) {
        let is_permanent = refusal.is_permanent();
        let failure = Failure::Refused { by: cx.me, refusal };
        let outcome = Outcome::Failed(failure.clone());
        cx.send(asker, Message::Outcome { id, outcome });
        if !is_permanent {
            self.refused.add(cx.now, cx.now + cx.policy.echo(), (id, asker), failure);
        }
    }

    fn prepare(&mut self, cx: &mut Context<'_>, from: NodeId, proposal: Proposal) {
        let id = proposal.id();
        let committee = &proposal.spec.committee;
        let seated = committee.seat_of(&cx.me).is_some_and(|seat| seat != Seat::PRIMARY);
        if from != committee.primary() || !seated {
            return cx.fault(from, Fault::NoStanding("prepare"));
        }
        if let Some(computation) = self.computations.get(&id) {
            return computation.receive_prepare(cx);
        }
        match self.check(cx, &proposal) {
            Ok(()) => self.start(cx, proposal),
            Err(refusal) => {
                let failure = Failure::Refused { by: cx.me, refusal };
                cx.send(from, Message::Abort { id, failure });
            }
        }
    }

    /// Passes an announcement on to the light nodes that it names; it keeps nothing.
    fn announce(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        proposal: Box<Proposal>,
        to: &[NodeId],
    ) {
        if cx.directory.role(&from) != Some(Role::Heavy)
            || proposal.spec.committee.primary() != from
        {
            return cx.fault(from, Fault::NoStanding("announce"));
        }
        if self.check(cx, &proposal).is_ok() {
            let is_light = |node: &&NodeId| cx.directory.role(node) == Some(Role::Light);
            for light in to.iter().filter(is_light).take(MAX_NAMED) {
                let (proposal, to) = (proposal.clone(), [].into());
                cx.outbox.send(*light, Message::Announce { proposal, to });
            }
        }
    }

    fn check(&self, cx: &Context<'_>, proposal: &Proposal) -> Result<(), Refusal> {
        acceptable(cx, proposal, &self.places, Terms::claim_for(proposal))?;
        let (enrolled, needed) = (cx.directory.lights(), proposal.spec.min_participants);
        match enrolled < needed {
            true => Err(Refusal::TooFewLights { enrolled, needed }),
            false => Ok(()),
        }
    }

    /// Records a computation, and makes its first move.
    fn start(&mut self, cx: &mut Context<'_>, proposal: Proposal) {
        let (id, me) = (proposal.id(), cx.me);
        let fact = Fact::Prepared(Box::new(proposal));
        let taken = cx.commit(id, fact, |fact| self.restore(me, Record { id, fact }));
        debug_assert!(taken.is_ok(), "callers know that it is new, and that this node has a seat");
        self.act(cx, id, Computation::begin);
    }

    /// Takes a computation up that is not known yet, if this node has a seat.
    fn take_up(&mut self, me: NodeId, proposal: Proposal) -> Result<(), InvalidTransition> {
        let seat = proposal.spec.committee.seat_of(&me).ok_or(InvalidTransition)?;
        let computation = Computation::new(proposal, seat);
        if self.computations.contains_key(&computation.id()) {
            return Err(InvalidTransition);
        }
        self.places.replace(None, Some(computation.claim()));
        self.computations.insert(computation.id(), computation);
        Ok(())
    }

    /// Lets a computation do something, and remembers it if it has ended by that.
    fn act(
        &mut self,
        cx: &mut Context<'_>,
        id: ComputationId,
        act: impl FnOnce(&mut Computation, &mut Context<'_>),
    ) {
        let has_ended = |computation: &mut Computation| {
            let was_open = !computation.has_ended();
            act(computation, cx);
            was_open && computation.has_ended()
        };
        if self.with(id, has_ended) == Some(true)
            && let Some(computation) = self.computations.get(&id)
        {
            retire(cx, computation);
        }
    }

    /// Runs `act` on a computation, and keeps count of what it takes.
    fn with<T>(&mut self, id: ComputationId, act: impl FnOnce(&mut Computation) -> T) -> Option<T> {
        let computation = self.computations.get_mut(&id)?;
        let before = computation.claim();
        let result = act(computation);
        self.places.replace(Some(before), Some(computation.claim()));
        Some(result)
    }
}

/// Remembers a computation that is over. One that never opened here can be forgotten soon: no share of it has
/// come, so it can open again.
fn retire(cx: &mut Context<'_>, computation: &Computation) {
    match computation.ended() {
        Some(ended) => ended.retire(cx),
        None if computation.has_ended() => {
            cx.wake(computation.id(), Reason::Forget, cx.now + cx.policy.echo());
        }
        None => {}
    }
}
