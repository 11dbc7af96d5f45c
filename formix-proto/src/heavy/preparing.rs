//! Preparing: the terms are recorded here, and not yet known to be at all three seats.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::computation::{Computation, Phase};
use crate::context::Context;
use crate::id::NodeId;
use crate::message::Message;
use crate::record::Fact;
use crate::spec::Seat;
use crate::timers::Reason;

/// Which of the other seats have said that they are ready. Only the primary's is ever filled.
#[derive(Debug, Clone, Default)]
pub(super) struct Preparing {
    ready: [bool; 3],
}

impl Preparing {
    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        if of.is_primary() {
            for to in self.missing(of) {
                cx.send(to, Message::Prepare(Box::new(of.proposal.clone())));
            }
        } else {
            cx.send(of.primary(), Message::Ready(of.id));
        }
    }

    pub(super) fn missing(&self, of: &Computation) -> Vec<NodeId> {
        if !of.is_primary() {
            return [of.primary()].into();
        }
        let unready = Seat::OTHERS.into_iter().filter(|seat| !self.ready[seat.index()]);
        unready.map(|seat| of.spec().committee.node(seat)).collect()
    }
}

impl Computation {
    /// The first move: the terms were accepted, and recorded.
    pub(super) fn begin(&mut self, cx: &mut Context<'_>) {
        self.arm(cx);
        self.enter(cx);
    }

    /// A repeated `Prepare`: says again what this seat has said.
    pub(super) fn receive_prepare(&mut self, cx: &mut Context<'_>) {
        match &self.phase {
            Phase::Done(done) => done.tell_primary(self, cx),
            _ => cx.send(self.primary(), Message::Ready(self.id)),
        }
    }

    pub(super) fn receive_ready(&mut self, cx: &mut Context<'_>, from: Seat) {
        let Phase::Preparing(phase) = &mut self.phase else { return };
        phase.ready[from.index()] = true;
        if Seat::OTHERS.into_iter().all(|seat| phase.ready[seat.index()]) {
            self.open(cx);
            self.report_to_proposer(cx);
        }
    }

    /// The primary's word that all three are ready.
    pub(super) fn receive_open(&mut self, cx: &mut Context<'_>) {
        if matches!(self.phase, Phase::Preparing(_)) {
            self.open(cx);
        }
        cx.send(self.primary(), Message::Opened(self.id));
    }

    fn open(&mut self, cx: &mut Context<'_>) {
        cx.timers.cancel(self.id, Reason::PrepareTimeout);
        self.commit(cx, Fact::Opened);
        self.enter(cx);
    }
}
