//! Collecting: light nodes are invited, and the first valid contribution of each is kept (R3).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::admission::Admission;
use super::closing::Closing;
use super::phase::{Phase, State};
use super::terms::Terms;
use crate::context::Context;
use crate::directory::{Directory, Role};
use crate::id::{LightsDigest, NodeId, Tag};
use crate::limits::{MAX_HELD, MAX_NAMED};
use crate::machine::Event;
use crate::message::Message;
use crate::outcome::Refusal;
use crate::record::{Fact, InvalidTransition};
use crate::roster::{self, Roster};
use crate::seat::{Member, Seat, SeatSet};
use crate::sharing::Share;
use crate::time::Time;
use crate::timers::Reason;

/// A light node's share, under the tag of its splitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) tag: Tag,
    pub(super) share: Share,
}

/// What a light node has said, once and for all.
#[derive(Debug, Clone)]
enum Heard {
    Answered(Contribution),
    Declined,
}

/// What has come in so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Collecting {
    heard: BTreeMap<NodeId, Heard>,
    /// How many of those have answered.
    answers: u32,
    /// Seats that have confirmed that they are open.
    opened: SeatSet,
    /// Of which light nodes each of the other seats has last said that it has heard from all.
    all_in: BTreeMap<Seat, LightsDigest>,
    /// Where the next attempt begins among the light nodes that have not answered.
    next_invite: usize,
    /// How often it has sent again, at the primary.
    attempts: u32,
}

impl State for Collecting {
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match fact {
            Fact::Contributed { light, tag, share }
                if self.answers < terms.spec().max_participants && share.shape() == terms.shape =>
            {
                self.keep(light, Heard::Answered(Contribution { tag, share }))
            }
            Fact::Declined(light) => self.keep(light, Heard::Declined),
            Fact::Frozen => Ok(self.freeze(terms).into()),
            _ => Err(InvalidTransition),
        }
    }

    fn receive(
        mut self,
        terms: &Terms,
        cx: &mut Context<'_>,
        from: Member,
        message: Message,
    ) -> Phase {
        match message {
            Message::Open(_) => cx.send(terms.primary(), Message::Opened(terms.id)),
            Message::Opened(_) => self.opened.insert(from.seat),
            Message::AllIn { lights, .. } => {
                self.opened.insert(from.seat);
                self.all_in.insert(from.seat, lights);
                return self.close_if_all_in(terms, cx);
            }
            Message::Close(_) => return self.commit(terms, cx, Fact::Frozen),
            // A seat whose clock is ahead has frozen first: what comes now could not be in the roster.
            Message::Frozen { .. } if terms.spec().deadline <= cx.now => {
                let closing = self.commit(terms, cx, Fact::Frozen);
                return closing.receive(terms, cx, from, message);
            }
            _ => {}
        }
        self.into()
    }

    fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> Phase {
        match message {
            Message::RequestInvite(_) if !self.has_heard(&light) => {
                cx.send(light, Message::Invite(Box::new(terms.proposal.clone())));
                self.into()
            }
            Message::Contribution { tag, share, .. } => {
                self.take(terms, cx, light, Contribution { tag, share })
            }
            Message::Decline { .. } => self.take_declining(terms, cx, light),
            _ => self.into(),
        }
    }

    fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        if terms.is_primary() {
            self.resend_to_heavies(terms, cx);
        } else {
            self.tell_if_all_in(terms, cx);
        }
        self.invite(terms, cx);
    }

    /// It waits for light nodes, or the deadline.
    fn missing(&self, _: &Terms) -> Vec<NodeId> {
        Vec::new()
    }

    fn answers(&self) -> u32 {
        self.answers
    }

    fn timeout(self, terms: &Terms, cx: &mut Context<'_>, reason: Reason) -> Phase {
        match reason {
            Reason::Deadline => self.commit(terms, cx, Fact::Frozen),
            Reason::RevealTimeout => self.give_up(terms, cx),
            _ => self.into(),
        }
    }
}

impl Collecting {
    /// R3: the first valid one wins.
    fn admit(&self, terms: &Terms, now: Time, light: &NodeId, offered: &Contribution) -> Admission {
        let spec = terms.spec();
        match self.heard.get(light) {
            Some(Heard::Answered(kept)) if kept == offered => Admission::Known,
            Some(_) => Admission::Refused(Refusal::Conflict),
            None if spec.deadline <= now => Admission::Refused(Refusal::Late),
            None if self.answers >= spec.max_participants => Admission::Refused(Refusal::Full),
            None if offered.share.shape() == terms.shape => Admission::Keep,
            None => Admission::Refused(Refusal::Dimension),
        }
    }

    /// The first word of a light node is its only one.
    fn keep(mut self, light: NodeId, heard: Heard) -> Result<Phase, InvalidTransition> {
        let Entry::Vacant(place) = self.heard.entry(light) else { return Err(InvalidTransition) };
        self.answers += u32::from(matches!(heard, Heard::Answered(_)));
        place.insert(heard);
        Ok(self.into())
    }

    fn take(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        offered: Contribution,
    ) -> Phase {
        let admission = self.admit(terms, cx.now, &light, &offered);
        if admission != Admission::Keep {
            admission.tell(terms, cx, light);
            return self.into();
        }
        let Contribution { tag, share } = offered;
        self.hear(terms, cx, light, Fact::Contributed { light, tag, share })
    }

    fn take_declining(self, terms: &Terms, cx: &mut Context<'_>, light: NodeId) -> Phase {
        match self.heard.get(&light) {
            None => return self.hear(terms, cx, light, Fact::Declined(light)),
            Some(Heard::Declined) => cx.send(light, Message::Receipt(terms.id)),
            Some(Heard::Answered(_)) => {}
        }
        self.into()
    }

    /// Records what a light node has said, gives it a receipt, and closes if it was the last one.
    fn hear(self, terms: &Terms, cx: &mut Context<'_>, light: NodeId, fact: Fact) -> Phase {
        let phase = self.commit(terms, cx, fact);
        cx.send(light, Message::Receipt(terms.id));
        let Phase::Collecting(this) = phase else { return phase };
        let (answered, declined, enrolled) =
            (this.answers(), this.declined(), cx.directory.lights());
        cx.event(Event::Answers { id: terms.id, answered, declined, enrolled });
        if terms.is_primary() {
            return this.close_if_all_in(terms, cx);
        }
        this.tell_if_all_in(terms, cx);
        this.into()
    }

    fn tell_if_all_in(&self, terms: &Terms, cx: &mut Context<'_>) {
        if self.has_heard_all(cx.directory) {
            let lights = cx.directory.lights_digest();
            cx.send(terms.primary(), Message::AllIn { id: terms.id, lights });
        }
    }

    /// Early close: every seat has heard from every light node that is enrolled here now, so waiting for
    /// the deadline could not change the roster. A seat's word about others than these does not count: it
    /// may be from before one was enrolled.
    fn close_if_all_in(self, terms: &Terms, cx: &mut Context<'_>) -> Phase {
        let lights = cx.directory.lights_digest();
        let is_all_in = |member: Member| self.all_in.get(&member.seat) == Some(&lights);
        match terms.committee().others().all(is_all_in) && self.has_heard_all(cx.directory) {
            true => self.commit(terms, cx, Fact::Frozen),
            false => self.into(),
        }
    }

    /// Whoever was heard may not be enrolled any more, so that it takes more than to count them. Both are
    /// in order, and walked once.
    fn has_heard_all(&self, directory: &Directory) -> bool {
        let mut heard = self.heard.keys();
        self.heard() >= directory.lights()
            && directory.with_role(Role::Light).all(|light| heard.any(|node| *node == light))
    }

    fn has_heard(&self, light: &NodeId) -> bool {
        self.heard.contains_key(light)
    }

    fn heard(&self) -> u32 {
        u32::try_from(self.heard.len()).unwrap_or(u32::MAX)
    }

    fn declined(&self) -> u32 {
        self.heard().saturating_sub(self.answers)
    }

    /// Ends the collecting for good.
    pub(super) fn freeze(self, terms: &Terms) -> Closing {
        let answered = |(light, heard)| match heard {
            Heard::Answered(contribution) => Some((light, contribution)),
            Heard::Declined => None,
        };
        let contributions: BTreeMap<_, _> = self.heard.into_iter().filter_map(answered).collect();
        let entry = |(light, kept): (&NodeId, &Contribution)| roster::Entry {
            light: *light,
            tag: kept.tag,
        };
        let frozen = contributions.iter().map(entry).collect::<Vec<_>>();
        // A map's keys are in order, each once: the conversion cannot fail.
        let frozen = Roster::try_from(frozen).unwrap_or_default();
        Closing::new(terms, contributions, frozen)
    }

    /// Last, because invitations beyond [`MAX_HELD`] are dropped, and anything after them. Each
    /// attempt begins where another's end, so that those who never answer do not keep the rest of a
    /// large network from being asked.
    fn invite(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        let directory = cx.directory;
        let unheard = || self.unheard(directory);
        let first = match unheard().count() {
            0..=MAX_HELD => 0,
            count => self.next_invite % count,
        };
        for light in unheard().skip(first).chain(unheard().take(first)).take(MAX_HELD) {
            cx.send(light, Message::Invite(Box::new(terms.proposal.clone())));
        }
        self.next_invite = self.next_invite.wrapping_add(MAX_HELD);
    }

    fn resend_to_heavies(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        let committee = terms.committee();
        for member in committee.others().filter(|member| !self.opened.contains(member.seat)) {
            cx.send(member.node, Message::Open(terms.id));
        }
        // By way of others it costs the whole network: the pauses double without end.
        self.attempts = self.attempts.saturating_add(1);
        if self.attempts.is_power_of_two() {
            self.announce(terms, cx);
        }
    }

    /// Has the heavy nodes outside the committee tell the light nodes that have not been heard.
    fn announce(&self, terms: &Terms, cx: &mut Context<'_>) {
        let directory = cx.directory;
        let unheard: Vec<_> = self.unheard(directory).collect();
        for names in unheard.chunks(MAX_NAMED) {
            let to: Arc<[NodeId]> = names.into();
            let is_outside = |node: &NodeId| terms.committee().seat_of(node).is_none();
            for heavy in directory.with_role(Role::Heavy).filter(is_outside) {
                let (proposal, to) = (Box::new(terms.proposal.clone()), to.clone());
                cx.send(heavy, Message::Announce { proposal, to });
            }
        }
    }

    fn unheard<'a>(&'a self, directory: &'a Directory) -> impl Iterator<Item = NodeId> + 'a {
        directory.with_role(Role::Light).filter(|light| !self.has_heard(light))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decimal;
    use crate::id::Nonce;
    use crate::machine::Output;
    use crate::outbox::Outbox;
    use crate::policy::Policy;
    use crate::seat::Committee;
    use crate::seat::Seat;
    use crate::sharing::Scheme;
    use crate::spec::{Proposal, Spec};
    use crate::statistic::{Domain, Statistic, Sum};
    use crate::timers::Timers;
    use alloc::collections::BTreeSet;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    const SEATS: [NodeId; 3] = [NodeId([0xa0; 32]), NodeId([0xa1; 32]), NodeId([0xa2; 32])];
    const LIGHTS: usize = MAX_HELD + MAX_HELD / 2;

    fn light(number: usize) -> NodeId {
        let mut id = NodeId([0; 32]);
        id.0[..8].copy_from_slice(&number.to_be_bytes());
        id
    }

    fn directory() -> Directory {
        let heavies = SEATS.into_iter().map(|node| (node, Role::Heavy));
        (0..LIGHTS).map(|number| (light(number), Role::Light)).chain(heavies).collect()
    }

    fn terms() -> Terms {
        let domain = Domain::new(Decimal::ZERO, Decimal::ONE, 0).unwrap();
        let spec = Spec {
            prompt: "?".into(),
            query: None,
            statistic: Statistic::from(Sum(domain)),
            committee: Committee::new(SEATS).unwrap(),
            scheme: Scheme::Additive,
            deadline: Time(1_000),
            min_participants: 3,
            max_participants: 3,
        };
        let proposal = Proposal { proposer: SEATS[0], nonce: Nonce([0; 16]), spec: spec.into() };
        Terms::new(proposal, Seat::PRIMARY)
    }

    /// What a primary that has heard from nobody sends at its next attempt, in order.
    fn sent(directory: &Directory, collecting: &mut Collecting) -> Vec<(NodeId, Message)> {
        let (mut outbox, mut timers) = (Outbox::default(), Timers::default());
        let mut coins = ChaCha20Rng::from_seed([0; 32]);
        let mut cx = Context {
            now: Time(0),
            me: SEATS[0],
            policy: &Policy::default(),
            directory,
            coins: &mut coins,
            outbox: &mut outbox,
            timers: &mut timers,
        };
        collecting.resend(&terms(), &mut cx);
        let message = |output| match output {
            Output::Send { to, message } => (to, message),
            other => unreachable!("{other:?}"),
        };
        core::iter::from_fn(|| outbox.poll()).map(message).collect()
    }

    /// Without them nobody could answer, and so it would be at every attempt.
    #[test]
    fn more_invitations_than_can_be_held_do_not_keep_the_other_seats_from_opening() {
        let sent = sent(&directory(), &mut Collecting::default());
        assert_eq!(sent.len(), MAX_HELD);
        for seat in &SEATS[1..] {
            assert!(sent.iter().any(|(to, message)| to == seat && message.name() == "open"));
        }
    }

    #[test]
    fn those_who_never_answer_do_not_keep_the_others_from_being_invited() {
        let (directory, mut collecting) = (directory(), Collecting::default());
        let mut invited = BTreeSet::new();
        for _ in 0..3 {
            invited.extend(sent(&directory, &mut collecting).into_iter().map(|(to, _)| to));
        }
        assert!((0..LIGHTS).all(|number| invited.contains(&light(number))));
    }
}
