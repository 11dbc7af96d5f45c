//! One computation at one light node: from the first invitation to knowing whether it counted.

use alloc::boxed::Box;
use core::mem;

use crate::answer::Answer;
use crate::context::{Context, Retry};
use crate::id::{ComputationId, NodeId, Tag};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::Stage;
use crate::places::{Claim, Ended, Load};
use crate::policy::Slots;
use crate::record::{Fact, InvalidTransition};
use crate::seat::{Committee, Member, PerSeat, Seat, SeatSet};
use crate::sharing::{Encoded, Share};
use crate::spec::Proposal;
use crate::status::{Standing, Status};
use crate::time::Time;
use crate::timers::Reason;

/// One computation at one light node.
#[derive(Debug, Clone)]
pub(super) struct Participation {
    id: ComputationId,
    proposal: Proposal,
    /// Whoever is accountable for it until every seat has invited this node.
    brought_by: NodeId,
    /// The bytes of the question in memory.
    memory: u64,
    phase: Phase,
    retry: Retry,
}

#[derive(Debug, Clone)]
enum Phase {
    /// Some seats, or none yet, have invited this node.
    Hearing { invited: SeatSet },
    /// All have: the owner is asked, or was before a restart. What the owner says waits here until it is
    /// time to say it, so that the time tells nothing.
    Asking { slots: Option<Slots>, is_deferred: bool, reply: Option<Encoded> },
    /// The answer is split, durably; seats without a receipt still have their share here.
    Sending { tag: Tag, shares: PerSeat<Option<Share>> },
    /// Declined, durably; these seats know.
    Declining { told: SeatSet },
    /// Nothing is left to deliver; whether the answer counted is not known yet.
    Waiting,
    /// The computation has ended.
    Learned { counted: Option<bool> },
}

impl Phase {
    /// The one place where facts change a participation, live and at recovery.
    fn apply(self, fact: Fact) -> Result<Phase, InvalidTransition> {
        match (self, fact) {
            (Self::Hearing { .. }, Fact::Asked(_)) => {
                Ok(Self::Asking { slots: None, is_deferred: false, reply: None })
            }
            (Self::Asking { .. }, Fact::Split { tag, shares }) => {
                Ok(Self::Sending { tag, shares: shares.map(Some) })
            }
            (Self::Asking { .. }, Fact::Withheld) => {
                Ok(Self::Declining { told: SeatSet::default() })
            }
            // The shares of a delivered answer are erased from the log.
            (
                Self::Asking { .. } | Self::Sending { .. } | Self::Declining { .. },
                Fact::Delivered,
            ) => Ok(Self::Waiting),
            (Self::Learned { .. }, _) => Err(InvalidTransition),
            (_, Fact::Learned(counted)) => Ok(Self::Learned { counted }),
            _ => Err(InvalidTransition),
        }
    }
}

impl Participation {
    pub(super) fn new(proposal: Proposal, brought_by: NodeId) -> Self {
        let (id, phase) = (proposal.id(), Phase::Hearing { invited: SeatSet::default() });
        let memory = proposal.memory();
        Self { id, proposal, brought_by, memory, phase, retry: Retry::default() }
    }

    /// What it takes of the node now.
    pub(super) fn claim(&self) -> Claim {
        let (shares, memory) = (self.proposal.spec.shares(), self.memory);
        let (holder, open, shares) = match self.phase {
            Phase::Hearing { .. } => (self.brought_by, 1, shares),
            Phase::Learned { .. } => (self.proposal.proposer, 0, 0),
            _ => (self.proposal.proposer, 1, shares),
        };
        Claim { holder, load: Load { open, shares, memory } }
    }

    /// What it will take of its asker's places, if this is the invitation that completes what a heavy node has
    /// passed on.
    pub(super) fn claim_if_asked_by(&self, seat: Seat) -> Option<Claim> {
        let Phase::Hearing { mut invited } = self.phase else { return None };
        invited.insert(seat);
        let is_complete = self.committee().members().all(|member| invited.contains(member.seat));
        let holder = self.proposal.proposer;
        (is_complete && self.brought_by != holder).then(|| Claim { holder, ..self.claim() })
    }

    /// What is remembered of it, once it is over.
    pub(super) fn ended(&self) -> Option<Ended> {
        let (id, deadline) = (self.id, self.proposal.spec.deadline);
        self.has_ended().then_some(Ended { id, deadline })
    }

    pub(super) fn id(&self) -> ComputationId {
        self.id
    }

    pub(super) fn seat_of(&self, node: &NodeId) -> Option<Seat> {
        self.committee().seat_of(node)
    }

    fn committee(&self) -> &Committee {
        &self.proposal.spec.committee
    }

    pub(super) fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Whether some seat has not invited this node yet.
    pub(super) fn is_hearing(&self) -> bool {
        matches!(self.phase, Phase::Hearing { .. })
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Learned { .. })
    }

    /// Folds one fact of an earlier life.
    pub(super) fn restore(&mut self, fact: Fact) -> Result<(), InvalidTransition> {
        // What goes on from a step that cannot be might split a second answer (R7); so nothing does.
        let phase = mem::replace(&mut self.phase, Phase::Learned { counted: None });
        self.phase = phase.apply(fact)?;
        Ok(())
    }

    fn commit(&mut self, cx: &mut Context<'_>, fact: Fact) {
        let committed = cx.commit(self.id, fact, |fact| self.restore(fact));
        debug_assert!(committed.is_ok(), "callers match on the phase first");
    }

    /// It has only heard of the question, and asks the seats for theirs.
    pub(super) fn knock(&mut self, cx: &mut Context<'_>) {
        self.resend(cx);
        self.arm(cx);
    }

    /// R2: the owner is asked once every seat has sent the same id, which is the same content.
    pub(super) fn invited(&mut self, cx: &mut Context<'_>, from: Seat) {
        let Phase::Hearing { invited } = &mut self.phase else { return };
        let is_first = invited.is_empty();
        invited.insert(from);
        let invited = *invited;
        if self.committee().members().all(|member| invited.contains(member.seat)) {
            self.commit(cx, Fact::Asked(Box::new(self.proposal.clone())));
            self.ask(cx);
            cx.timers.cancel(self.id, Reason::LightResend);
            self.arm(cx);
        } else if is_first {
            self.arm(cx);
            // The other seats' invitations are on their way: ask for them only if they do not come.
            self.retry.wake(cx, self.id, Reason::LightResend);
        }
    }

    /// Puts the question to the owner, and fixes when the reply leaves before anybody has looked at the data.
    fn ask(&mut self, cx: &mut Context<'_>) {
        self.phase = Phase::Asking { slots: None, is_deferred: false, reply: None };
        let slots = self.keep_time(cx);
        cx.event(Event::Asked { proposal: Box::new(self.proposal.clone()), slots });
    }

    /// A person decides, and takes as long as it takes.
    pub(super) fn defer(&mut self, cx: &mut Context<'_>) {
        if let Phase::Asking { slots: Some(slots), is_deferred, .. } = &mut self.phase {
            *is_deferred = true;
            cx.wake(self.id, Reason::LightAnswer, slots.late);
        }
    }

    /// Fixes when the reply leaves, counted from now.
    fn keep_time(&mut self, cx: &mut Context<'_>) -> Option<Slots> {
        let deadline = self.proposal.spec.deadline;
        let Phase::Asking { slots, is_deferred, .. } = &mut self.phase else { return None };
        *slots = cx.policy.slots(cx.now, deadline);
        if let Some(slots) = slots {
            let at = if *is_deferred { slots.late } else { slots.soon };
            cx.wake(self.id, Reason::LightAnswer, at);
        }
        *slots
    }

    /// An answer that is not as the question declares is not sent, and the owner may try again.
    pub(super) fn answer(&mut self, cx: &mut Context<'_>, answer: &Answer) {
        if !self.is_open_to_answers(cx) {
            return;
        }
        let spec = &self.proposal.spec;
        match spec.statistic.encode(answer, spec.shape()) {
            Err(error) => cx.event(Event::AnswerRefused { id: self.id, error }),
            Ok(encoded) => self.say(cx, Some(encoded)),
        }
    }

    pub(super) fn decline(&mut self, cx: &mut Context<'_>) {
        if self.is_open_to_answers(cx) {
            self.say(cx, None);
        }
    }

    /// Keeps what the owner says until its slot; of several replies the last one counts.
    fn say(&mut self, cx: &mut Context<'_>, said: Option<Encoded>) {
        let Phase::Asking { slots, reply, .. } = &mut self.phase else { return };
        *reply = said;
        if slots.is_none() {
            self.reply(cx);
        }
    }

    /// Answers with what the owner has said by now, or declines. Where the question hides it, declining is
    /// an answer that is zero in every element: it counts nowhere, and its shares are random like all others.
    pub(super) fn reply(&mut self, cx: &mut Context<'_>) {
        let Phase::Asking { reply, .. } = &mut self.phase else { return };
        let reply = reply.take();
        let spec = &self.proposal.spec;
        let hidden = || spec.statistic.hides_opt_outs.then(|| Encoded::zero(spec.shape()));
        match reply.or_else(hidden) {
            Some(encoded) => self.send_split(cx, &encoded),
            None => {
                self.commit(cx, Fact::Withheld);
                self.send_afresh(cx);
            }
        }
    }

    /// R7: the split is recorded before the first share leaves, so a restart sends the same bytes.
    fn send_split(&mut self, cx: &mut Context<'_>, answer: &Encoded) {
        let mut tag = Tag([0; 16]);
        cx.coins.fill_bytes(&mut tag.0);
        let spec = &self.proposal.spec;
        match spec.scheme.split(answer, spec.committee.seats(), cx.coins) {
            Ok(shares) => self.commit(cx, Fact::Split { tag, shares }),
            Err(_) => {
                return debug_assert!(false, "a committee has a number of seats that it can have");
            }
        }
        self.send_afresh(cx);
    }

    fn is_open_to_answers(&self, cx: &Context<'_>) -> bool {
        matches!(self.phase, Phase::Asking { .. }) && cx.now < self.proposal.spec.deadline
    }

    /// Takes a message of a seat.
    pub(super) fn receive(&mut self, cx: &mut Context<'_>, from: Seat, message: Message) {
        match message {
            // A seat that refuses it will never take it; the others may, and say in the end whether it
            // counted.
            Message::Receipt(_) | Message::Refuse { .. } => self.dispatched(cx, from),
            Message::Ended { counted, .. } => self.told_of_end(cx, counted),
            _ => {}
        }
    }

    fn dispatched(&mut self, cx: &mut Context<'_>, seat: Seat) {
        let is_delivered = match &mut self.phase {
            Phase::Sending { shares, .. } => {
                if let Some(share) = shares.get_mut(seat) {
                    *share = None;
                }
                shares.values().all(Option::is_none)
            }
            Phase::Declining { told } => {
                told.insert(seat);
                let told = *told;
                self.committee().members().all(|member| told.contains(member.seat))
            }
            _ => false,
        };
        if is_delivered {
            self.commit(cx, Fact::Delivered);
            self.retry = Retry::default();
            cx.wake(self.id, Reason::LightResend, self.inquiry_time(cx));
        }
    }

    fn told_of_end(&mut self, cx: &mut Context<'_>, counted: bool) {
        match self.phase {
            Phase::Sending { .. }
            | Phase::Declining { .. }
            | Phase::Waiting
            | Phase::Asking { .. } => {
                self.learn(cx, Some(counted));
            }
            Phase::Hearing { .. } | Phase::Learned { .. } => {}
        }
    }

    /// Too late to learn whether it was counted.
    pub(super) fn expire(&mut self, cx: &mut Context<'_>) {
        if !self.has_ended() {
            self.learn(cx, None);
        }
    }

    fn learn(&mut self, cx: &mut Context<'_>, counted: Option<bool>) {
        self.commit(cx, Fact::Learned(counted));
        for reason in [Reason::LightResend, Reason::LightAnswer, Reason::LightExpiry] {
            cx.timers.cancel(self.id, reason);
        }
        cx.event(Event::Learned { id: self.id, counted });
    }

    /// Sends whatever has not been answered.
    pub(super) fn resend(&mut self, cx: &mut Context<'_>) {
        let is_overdue = self.inquiry_time(cx) <= cx.now;
        for Member { seat, node } in self.committee().members() {
            let query = || {
                (is_overdue && self.is_delivered_to(seat)).then_some(Message::QueryOutcome(self.id))
            };
            if let Some(message) = self.unanswered(seat).or_else(query) {
                cx.send(node, message);
            }
        }
        self.retry.wake(cx, self.id, Reason::LightResend);
    }

    /// What a seat has not answered yet.
    fn unanswered(&self, seat: Seat) -> Option<Message> {
        let id = self.id;
        match &self.phase {
            Phase::Hearing { invited } => {
                (!invited.contains(seat)).then_some(Message::RequestInvite(id))
            }
            Phase::Sending { tag, shares } => {
                let share = shares.get(seat)?.clone()?;
                Some(Message::Contribution { id, tag: *tag, share })
            }
            Phase::Declining { told } => {
                (!told.contains(seat)).then(|| Message::decline(id, self.proposal.spec.shape()))
            }
            Phase::Waiting | Phase::Asking { .. } | Phase::Learned { .. } => None,
        }
    }

    /// Whether a seat has all that it will get, and can only be asked how it ended.
    fn is_delivered_to(&self, seat: Seat) -> bool {
        match &self.phase {
            Phase::Sending { shares, .. } => matches!(shares.get(seat), Some(None)),
            Phase::Declining { told } => told.contains(seat),
            Phase::Waiting => true,
            Phase::Hearing { .. } | Phase::Asking { .. } | Phase::Learned { .. } => false,
        }
    }

    /// Asks the owner again, if it has not decided.
    pub(super) fn ask_again(&mut self, cx: &mut Context<'_>) {
        if matches!(self.phase, Phase::Asking { .. }) {
            self.ask(cx);
        }
    }

    /// After a start, or when the clock was set back: arms the timers, and sends again.
    pub(super) fn resume(&mut self, cx: &mut Context<'_>) {
        match self.phase {
            Phase::Learned { .. } => return,
            Phase::Asking { .. } => {
                self.keep_time(cx);
            }
            Phase::Waiting => cx.wake(self.id, Reason::LightResend, self.inquiry_time(cx)),
            _ => self.retry.wake_now(cx, self.id, Reason::LightResend),
        }
        self.arm(cx);
    }

    fn send_afresh(&mut self, cx: &mut Context<'_>) {
        self.retry = Retry::default();
        self.resend(cx);
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

    pub(super) fn status(&self) -> Status {
        let is_awaited = |member: &Member| match self.phase {
            Phase::Waiting => true,
            _ => self.unanswered(member.seat).is_some(),
        };
        let waiting = self.committee().members().filter(is_awaited).map(|member| member.node);
        let standing = match self.phase {
            Phase::Hearing { .. } => Standing::Open(Stage::Pending),
            Phase::Waiting => Standing::Open(Stage::Revealing),
            Phase::Learned { counted } => Standing::Learned { counted },
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
