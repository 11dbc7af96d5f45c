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
    pub(crate) fn persist(&mut self, id: ComputationId, fact: Fact) {
        self.outbox.persist(Record { id, fact });
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

    /// Wakes after the pause before the attempt of that number, which doubles each time.
    pub(crate) fn wake_to_resend(&mut self, id: ComputationId, reason: Reason, attempt: u32) {
        let doubled = self.policy.resend_first.saturating_mul(1 << attempt.min(16));
        let pause: Duration = doubled.min(self.policy.resend_most).max(Policy::SHORTEST_PAUSE);
        self.wake(id, reason, self.now + pause);
    }
}
