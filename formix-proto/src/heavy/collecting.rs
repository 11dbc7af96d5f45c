//! Collecting: light nodes are invited, and the first valid contribution of each is kept (R3).

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};

use super::closing::Closing;
use super::computation::Computation;
use crate::context::Context;
use crate::directory::Role;
use crate::id::{NodeId, Tag};
use crate::message::Message;
use crate::outcome::Refusal;
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
            && share.dimension() == spec.statistic.dimension()
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
        let (directory, proposal) = (cx.directory, &of.proposal);
        for light in directory.with_role(Role::Light).filter(|light| !self.has_heard(light)) {
            cx.send(light, Message::Invite(Box::new(proposal.clone())));
        }
        if of.is_primary() {
            self.resend_to_heavies(of, cx);
        } else if self.heard() >= directory.lights() {
            cx.send(of.primary(), Message::AllIn(of.id));
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
