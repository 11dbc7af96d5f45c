//! Collecting: light nodes are invited, and the first valid contribution of each is kept (R3).

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use super::closing::Closing;
use super::computation::Computation;
use crate::context::Context;
use crate::directory::Role;
use crate::id::{NodeId, Tag};
use crate::limits::MAX_HELD;
use crate::message::Message;
use crate::outcome::Refusal;
use crate::record::Seal;
use crate::roster::{Entry, Roster};
use crate::share::Share;
use crate::spec::{Seat, Spec};
use crate::time::Time;

/// A light node's share, under the tag of its splitting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contribution {
    pub(super) tag: Tag,
    pub(super) share: Share,
}

/// What has come in so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Collecting {
    contributions: BTreeMap<NodeId, Contribution>,
    declined: BTreeSet<NodeId>,
    /// Seats that have confirmed that they are open.
    pub(super) opened: [bool; 3],
    /// Seats that have heard from every light node.
    pub(super) all_in: [bool; 3],
}

/// What to do with a contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is the first, and valid.
    Keep,
    /// It is the very one that is kept already.
    Known,
    /// It is not accepted.
    Refused(Refusal),
}

impl Admission {
    /// R3, once the shares are gone: the tag tells whether it is the one that was summed.
    pub(super) fn after_the_seal(seal: &Seal, light: &NodeId, tag: &Tag) -> Self {
        match seal.roster.of(light) {
            Some(entry) if entry.tag == *tag => Self::Known,
            Some(_) => Self::Refused(Refusal::Conflict),
            None => Self::Refused(Refusal::Late),
        }
    }
}

impl Collecting {
    /// R3: the first valid one wins.
    pub(super) fn admit(
        &self,
        spec: &Spec,
        now: Time,
        light: &NodeId,
        offered: &Contribution,
    ) -> Admission {
        match self.contributions.get(light) {
            Some(kept) if kept == offered => Admission::Known,
            Some(_) => Admission::Refused(Refusal::Conflict),
            None if self.declined.contains(light) => Admission::Refused(Refusal::Conflict),
            None if spec.deadline <= now => Admission::Refused(Refusal::Late),
            None if self.answered() >= spec.max_participants => Admission::Refused(Refusal::Full),
            None if self.has_room_for(spec, light, &offered.share) => Admission::Keep,
            None => Admission::Refused(Refusal::Dimension),
        }
    }

    pub(super) fn has_room_for(&self, spec: &Spec, light: &NodeId, share: &Share) -> bool {
        !self.has_heard(light)
            && self.answered() < spec.max_participants
            && share.fits(spec.shape())
    }

    pub(super) fn insert(&mut self, light: NodeId, tag: Tag, share: Share) {
        self.contributions.insert(light, Contribution { tag, share });
    }

    pub(super) fn decline(&mut self, light: NodeId) {
        self.declined.insert(light);
    }

    pub(super) fn has_heard(&self, light: &NodeId) -> bool {
        self.contributions.contains_key(light) || self.declined.contains(light)
    }

    pub(super) fn has_declined(&self, light: &NodeId) -> bool {
        self.declined.contains(light)
    }

    pub(super) fn answered(&self) -> u32 {
        u32::try_from(self.contributions.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn heard(&self) -> u32 {
        self.answered().saturating_add(self.declined())
    }

    pub(super) fn declined(&self) -> u32 {
        u32::try_from(self.declined.len()).unwrap_or(u32::MAX)
    }

    /// Ends the collecting for good.
    pub(super) fn freeze(self) -> Closing {
        let entry =
            |(light, kept): (&NodeId, &Contribution)| Entry { light: *light, tag: kept.tag };
        let frozen = self.contributions.iter().map(entry).collect::<alloc::vec::Vec<_>>();
        // A map's keys are in order, each once: the conversion cannot fail.
        let frozen = Roster::try_from(frozen).unwrap_or_default();
        Closing::new(self.contributions, frozen)
    }

    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        if of.is_primary() {
            self.resend_to_heavies(of, cx);
        } else if self.heard() >= cx.directory.lights() {
            cx.send(of.primary(), Message::AllIn(of.id));
        }
        self.invite(of, cx);
    }

    /// Last, because invitations beyond [`MAX_HELD`] are dropped, and anything after them. Each
    /// attempt begins where another's end, so that those who never answer do not keep the rest of a
    /// large network from being asked.
    fn invite(&self, of: &Computation, cx: &mut Context<'_>) {
        let directory = cx.directory;
        let unheard = || directory.with_role(Role::Light).filter(|light| !self.has_heard(light));
        let count = directory.lights().saturating_sub(self.heard()) as usize;
        let first = match count {
            0..=MAX_HELD => 0,
            _ => (of.attempt as usize).wrapping_mul(MAX_HELD) % count,
        };
        for light in unheard().skip(first).chain(unheard().take(first)).take(MAX_HELD) {
            cx.send(light, Message::Invite(Box::new(of.proposal.clone())));
        }
    }

    fn resend_to_heavies(&self, of: &Computation, cx: &mut Context<'_>) {
        let committee = of.spec().committee;
        for seat in Seat::OTHERS.into_iter().filter(|seat| !self.opened[seat.index()]) {
            cx.send(committee.node(seat), Message::Open(of.id));
        }
        if self.heard() < cx.directory.lights() {
            let directory = cx.directory;
            let outside = |node: &NodeId| committee.seat_of(node).is_none();
            for heavy in directory.with_role(Role::Heavy).filter(outside) {
                cx.send(heavy, Message::Announce(Box::new(of.proposal.clone())));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decimal;
    use crate::directory::Directory;
    use crate::id::Nonce;
    use crate::machine::Output;
    use crate::outbox::Outbox;
    use crate::policy::Policy;
    use crate::spec::{Committee, Proposal};
    use crate::statistic::{Domain, Measure, Statistic};
    use crate::timers::Timers;
    use alloc::vec::Vec;
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

    fn computation() -> Computation {
        let domain = Domain::new(Decimal::ZERO, Decimal::ONE, 0).unwrap();
        let spec = Spec {
            prompt: "?".into(),
            query: None,
            statistic: Statistic::from(Measure::Sum(domain)),
            committee: Committee(SEATS),
            deadline: Time(1_000),
            min_participants: 3,
            max_participants: 3,
        };
        Computation::new(
            Proposal { proposer: SEATS[0], nonce: Nonce([0; 16]), spec },
            Seat::PRIMARY,
        )
    }

    /// What a primary that has heard from nobody sends at one attempt, in order.
    fn sent(directory: &Directory, attempt: u32) -> Vec<(NodeId, Message)> {
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
        let of = Computation { attempt, ..computation() };
        Collecting::default().resend(&of, &mut cx);
        let message = |output| match output {
            Output::Send { to, message } => (to, message),
            other => unreachable!("{other:?}"),
        };
        core::iter::from_fn(|| outbox.poll()).map(message).collect()
    }

    /// Without them nobody could answer, and so it would be at every attempt.
    #[test]
    fn more_invitations_than_can_be_held_do_not_keep_the_other_seats_from_opening() {
        let sent = sent(&directory(), 0);
        assert_eq!(sent.len(), MAX_HELD);
        for seat in &SEATS[1..] {
            assert!(sent.iter().any(|(to, message)| to == seat && message.name() == "open"));
        }
    }

    #[test]
    fn those_who_never_answer_do_not_keep_the_others_from_being_invited() {
        let directory = directory();
        let invited: BTreeSet<_> =
            (0..3).flat_map(|attempt| sent(&directory, attempt)).map(|(to, _)| to).collect();
        assert!((0..LIGHTS).all(|number| invited.contains(&light(number))));
    }
}
