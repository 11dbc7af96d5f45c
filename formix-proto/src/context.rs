//! What a node lends to its parts while they handle one input.

use core::time::Duration;

use rand_core::CryptoRng;

use crate::directory::Directory;
use crate::fault::Fault;
use crate::id::{ComputationId, NodeId};
use crate::machine::Event;
use crate::message::Message;
use crate::outbox::Outbox;
use crate::policy::Policy;
use crate::record::{Fact, Record};
use crate::time::Time;
use crate::timers::{Reason, Timers};

/// The node around its parts: who and when it is, and where its outputs go.
pub(crate) struct Context<'a> {
    pub(crate) now: Time,
    pub(crate) me: NodeId,
    pub(crate) policy: &'a Policy,
    pub(crate) directory: &'a Directory,
    pub(crate) coins: &'a mut dyn CryptoRng,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) timers: &'a mut Timers,
}

impl Context<'_> {
    /// Decides a fact: it takes effect through the function that applies it at recovery, too, and is
    /// recorded before anything that follows from it leaves. Nothing else makes a record.
    pub(crate) fn commit<S, E>(
        &mut self,
        id: ComputationId,
        fact: Fact,
        apply: impl FnOnce(Fact) -> Result<S, E>,
    ) -> Result<S, E> {
        let record = Record { id, fact: fact.clone() };
        let state = apply(fact)?;
        self.outbox.persist(record);
        Ok(state)
    }

    pub(crate) fn send(&mut self, to: NodeId, message: Message) {
        self.outbox.send(to, message);
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.outbox.event(event);
    }

    pub(crate) fn fault(&mut self, peer: NodeId, fault: Fault) {
        self.event(Event::Fault { peer, fault });
    }

    pub(crate) fn wake(&mut self, id: ComputationId, reason: Reason, at: Time) {
        self.timers.set(id, reason, at);
    }
}

/// Sending again what is unanswered, after pauses that double.
#[derive(Debug, Clone, Default)]
pub(crate) struct Retry {
    attempts: u32,
}

impl Retry {
    /// Wakes the node for the first attempt: among all that it has to send again at its start, each leaves
    /// before the next is made.
    pub(crate) fn wake_now(&self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        cx.wake(id, reason, cx.now);
    }

    /// Wakes the node for the next attempt.
    pub(crate) fn wake(&mut self, cx: &mut Context<'_>, id: ComputationId, reason: Reason) {
        let doubled = cx.policy.resend_first.saturating_mul(1 << self.attempts.min(16));
        let pause: Duration = doubled.min(cx.policy.resend_max).max(Policy::SHORTEST_PAUSE);
        cx.wake(id, reason, cx.now + pause);
        self.attempts = self.attempts.saturating_add(1);
    }
}
