//! One computation at one light node: from the first invitation to knowing whether it counted.

use alloc::boxed::Box;
use core::mem;

use super::question;
use crate::answer::Answer;
use crate::context::Context;
use crate::id::{ComputationId, NodeId, Tag};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::Stage;
use crate::record::{Fact, Unfit};
use crate::ring::Shape;
use crate::share::{Lanes, SEATS, Share, split};
use crate::spec::{Proposal, Seat, Spec};
use crate::status::{Standing, Status};
use crate::time::Time;
use crate::timers::Reason;

/// One computation at one light node.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    id: ComputationId,
    proposal: Proposal,
    phase: Phase,
    attempt: u32,
}

#[derive(Debug, Clone)]
enum Phase {
    /// Some seats, or none yet, have invited this node.
    Hearing {
        invited: [bool; SEATS],
    },
    /// All three have: the owner is asked, or was before a restart.
    Asking,
    /// The answer is split, durably; seats without a receipt still have their share here.
    Sending {
        tag: Tag,
        shares: [Option<Share>; SEATS],
    },
    /// Declined, durably; seats without a receipt are `true`.
    Declining {
        untold: [bool; SEATS],
    },
    /// Nothing is left to deliver; whether the answer counted is not known yet.
    Waiting,
    Settled {
        counted: Option<bool>,
    },
}

impl Errand {
    pub(super) fn heard(proposal: Proposal) -> Self {
        Self::new(proposal, Phase::Hearing { invited: [false; SEATS] })
    }

    pub(super) fn asked(proposal: Proposal) -> Self {
        Self::new(proposal, Phase::Asking)
    }

    fn new(proposal: Proposal, phase: Phase) -> Self {
        Self { id: proposal.id(), proposal, phase, attempt: 0 }
    }

    pub(super) fn seat_of(&self, node: &NodeId) -> Option<Seat> {
        self.proposal.spec.committee.seat_of(node)
    }

    pub(super) fn spec(&self) -> &Spec {
        &self.proposal.spec
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Settled { .. })
    }

    /// The one place where facts change an errand, live and at recovery.
    pub(super) fn apply(&mut self, fact: Fact) -> Result<(), Unfit> {
        let phase = mem::replace(&mut self.phase, Phase::Asking);
        self.phase = match (phase, fact) {
            (Phase::Hearing { .. }, Fact::Asked(_)) => Phase::Asking,
            (Phase::Asking, Fact::Split { tag, shares }) => {
                Phase::Sending { tag, shares: shares.map(Some) }
            }
            (Phase::Asking, Fact::Withheld) => Phase::Declining { untold: [true; SEATS] },
            // The shares of a delivered answer are erased from the log.
            (Phase::Asking | Phase::Sending { .. } | Phase::Declining { .. }, Fact::Delivered) => {
                Phase::Waiting
            }
            (Phase::Settled { counted }, _) => {
                self.phase = Phase::Settled { counted };
                return Err(Unfit);
            }
            (_, Fact::Settled(counted)) => Phase::Settled { counted },
            (phase, _) => {
                self.phase = phase;
                return Err(Unfit);
            }
        };
        Ok(())
    }

    fn commit(&mut self, cx: &mut Context<'_>, fact: Fact) {
        let applied = self.apply(fact.clone());
        debug_assert!(applied.is_ok(), "callers match on the phase first");
        if applied.is_ok() {
            cx.persist(self.id, fact);
        }
    }

    /// R2: the owner is asked once all three seats have sent the same id, which is the same content.
    pub(super) fn invited(&mut self, cx: &mut Context<'_>, from: Seat) {
        let Phase::Hearing { invited } = &mut self.phase else { return };
        let first = *invited == [false; SEATS];
        invited[from.index()] = true;
        if *invited == [true; SEATS] {
            self.commit(cx, Fact::Asked(Box::new(self.proposal.clone())));
            cx.event(question(&self.proposal));
            cx.timers.cancel(self.id, Reason::LightResend);
            self.arm(cx);
        } else if first {
            self.arm(cx);
            // The other seats' invitations are on their way: knock only if they do not come.
            self.wake_to_resend(cx);
        }
    }

    /// An answer that is not as the question declares is not sent, and the owner may try again.
    pub(super) fn answer(&mut self, cx: &mut Context<'_>, answer: &Answer) {
        if !self.is_open_to_answers(cx) {
            return;
        }
        let shape = self.proposal.spec.shape();
        match self.proposal.spec.statistic.encode(answer, shape) {
            Err(error) => cx.event(Event::AnswerRefused { id: self.id, error }),
            Ok(lanes) => self.send_split(cx, &lanes, shape),
        }
    }

    /// Where the question hides it, declining is an answer that is zero in every lane: it counts
    /// nowhere, and its shares are random like all others.
    pub(super) fn decline(&mut self, cx: &mut Context<'_>) {
        if !self.is_open_to_answers(cx) {
            return;
        }
        let spec = &self.proposal.spec;
        if spec.statistic.hides_declining {
            let shape = spec.shape();
            return self.send_split(cx, &Lanes::zero(shape), shape);
        }
        self.commit(cx, Fact::Withheld);
        self.send_afresh(cx);
    }

    /// R7: the split is recorded before the first share leaves, so a restart sends the same bytes.
    fn send_split(&mut self, cx: &mut Context<'_>, lanes: &Lanes, shape: Shape) {
        let mut tag = Tag([0; 16]);
        cx.coins.fill_bytes(&mut tag.0);
        let shares = split(lanes, shape, cx.coins);
        self.commit(cx, Fact::Split { tag, shares });
        self.send_afresh(cx);
    }

    fn is_open_to_answers(&self, cx: &Context<'_>) -> bool {
        matches!(self.phase, Phase::Asking) && cx.now < self.proposal.spec.deadline
    }

    pub(super) fn receipt(&mut self, cx: &mut Context<'_>, from: Seat) {
        self.dispatched(cx, from);
    }

    /// This seat will never take it; the others may, and say in the end whether it counted.
    pub(super) fn refused(&mut self, cx: &mut Context<'_>, from: Seat) {
        self.dispatched(cx, from);
    }

    fn dispatched(&mut self, cx: &mut Context<'_>, seat: Seat) {
        let delivered = match &mut self.phase {
            Phase::Sending { shares, .. } => {
                shares[seat.index()] = None;
                shares.iter().all(Option::is_none)
            }
            Phase::Declining { untold } => {
                untold[seat.index()] = false;
                *untold == [false; SEATS]
            }
            _ => false,
        };
        if delivered {
            self.commit(cx, Fact::Delivered);
            self.attempt = 0;
            cx.wake(self.id, Reason::LightResend, self.inquiry_time(cx));
        }
    }

    pub(super) fn ended(&mut self, cx: &mut Context<'_>, counted: bool) {
        match self.phase {
            Phase::Sending { .. } | Phase::Declining { .. } | Phase::Waiting | Phase::Asking => {
                self.settle(cx, Some(counted));
            }
            Phase::Hearing { .. } | Phase::Settled { .. } => {}
        }
    }

    /// Too late; says whether there is anything to remember.
    pub(super) fn expire(&mut self, cx: &mut Context<'_>) -> bool {
        if matches!(self.phase, Phase::Hearing { .. }) {
            return false;
        }
        if !self.has_ended() {
            self.settle(cx, None);
        }
        true
    }

    fn settle(&mut self, cx: &mut Context<'_>, counted: Option<bool>) {
        self.commit(cx, Fact::Settled(counted));
        cx.timers.cancel(self.id, Reason::LightResend);
        cx.timers.cancel(self.id, Reason::LightExpiry);
        self.arm_forgetting(cx);
        cx.event(Event::Settled { id: self.id, counted });
    }

    /// Sends whatever has not been answered.
    pub(super) fn resend(&mut self, cx: &mut Context<'_>) {
        let overdue = self.inquiry_time(cx) <= cx.now;
        for seat in Seat::ALL {
            let inquiry =
                || (overdue && self.is_delivered_to(seat)).then_some(Message::Inquire(self.id));
            if let Some(message) = self.unanswered(seat).or_else(inquiry) {
                cx.send(self.proposal.spec.committee.node(seat), message);
            }
        }
        self.wake_to_resend(cx);
    }

    /// What a seat has not answered yet.
    fn unanswered(&self, seat: Seat) -> Option<Message> {
        let id = self.id;
        match &self.phase {
            Phase::Hearing { invited } => (!invited[seat.index()]).then_some(Message::Knock(id)),
            Phase::Sending { tag, shares } => {
                let share = shares[seat.index()].clone()?;
                Some(Message::Contribution { id, tag: *tag, share })
            }
            Phase::Declining { untold } => untold[seat.index()].then_some(Message::Decline(id)),
            Phase::Waiting | Phase::Asking | Phase::Settled { .. } => None,
        }
    }

    /// Whether a seat has all that it will get, and can only be asked how it ended.
    fn is_delivered_to(&self, seat: Seat) -> bool {
        match &self.phase {
            Phase::Sending { shares, .. } => shares[seat.index()].is_none(),
            Phase::Declining { untold } => !untold[seat.index()],
            Phase::Waiting => true,
            Phase::Hearing { .. } | Phase::Asking | Phase::Settled { .. } => false,
        }
    }

    /// After a restart: arms the timers, asks the owner again or sends again.
    pub(super) fn resume(&mut self, cx: &mut Context<'_>) {
        match self.phase {
            Phase::Settled { .. } => return self.arm_forgetting(cx),
            Phase::Asking => cx.event(question(&self.proposal)),
            Phase::Waiting => cx.wake(self.id, Reason::LightResend, self.inquiry_time(cx)),
            _ => self.resend(cx),
        }
        self.arm(cx);
    }

    fn send_afresh(&mut self, cx: &mut Context<'_>) {
        self.attempt = 0;
        self.resend(cx);
    }

    fn wake_to_resend(&mut self, cx: &mut Context<'_>) {
        cx.wake_to_resend(self.id, Reason::LightResend, self.attempt);
        self.attempt = self.attempt.saturating_add(1);
    }

    /// Asks for the end only when it should have come by itself.
    fn inquiry_time(&self, cx: &Context<'_>) -> Time {
        self.proposal.spec.deadline + cx.policy.resend_first
    }

    fn arm(&self, cx: &mut Context<'_>) {
        let deadline = self.proposal.spec.deadline;
        let at = match self.phase {
            Phase::Hearing { .. } => deadline,
            _ => deadline + cx.policy.bound(),
        };
        cx.wake(self.id, Reason::LightExpiry, at);
    }

    fn arm_forgetting(&self, cx: &mut Context<'_>) {
        cx.wake(self.id, Reason::Forget, self.proposal.spec.deadline + cx.policy.retention);
    }

    pub(super) fn status(&self) -> Status {
        let committee = self.proposal.spec.committee;
        let waited = |seat: &Seat| match self.phase {
            Phase::Waiting => true,
            _ => self.unanswered(*seat).is_some(),
        };
        let waiting = Seat::ALL.into_iter().filter(waited).map(|seat| committee.node(seat));
        let standing = match self.phase {
            Phase::Hearing { .. } => Standing::Open(Stage::Pending),
            Phase::Waiting => Standing::Open(Stage::Revealing),
            Phase::Settled { counted } => Standing::Settled { counted },
            _ => Standing::Open(Stage::Collecting),
        };
        Status {
            proposal: self.proposal.clone(),
            standing,
            answers: None,
            waiting_for: waiting.collect(),
        }
    }
}
