//! Closing: frozen sets are compared, and the shares become one partial over one roster.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::collecting::{Admission, Contribution};
use super::computation::{Computation, Phase};
use crate::context::Context;
use crate::id::{NodeId, RosterDigest};
use crate::limits::MAX_EXCLUDED;
use crate::message::Message;
use crate::outcome::{Failure, Refusal};
use crate::record::Seal;
use crate::roster::{Roster, disputed};
use crate::share::sum;
use crate::spec::{Seat, Spec};

/// The shares, for the last time, and what the primary knows of the other frozen sets.
#[derive(Debug, Clone)]
pub(super) struct Closing {
    contributions: BTreeMap<NodeId, Contribution>,
    frozen: Roster,
    digest: RosterDigest,
    reports: [Report; 3],
}

/// What a seat has said of its frozen set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Report {
    #[default]
    Missing,
    /// It is the primary's own.
    Same,
    /// It is another one, with this digest.
    Differs(RosterDigest),
    /// It is this one.
    Listed(Roster),
}

impl Closing {
    pub(super) fn new(contributions: BTreeMap<NodeId, Contribution>, frozen: Roster) -> Self {
        let digest = frozen.digest();
        Self { contributions, frozen, digest, reports: Default::default() }
    }

    pub(super) fn frozen(&self) -> &Roster {
        &self.frozen
    }

    /// The only function that makes a partial. It takes the shares with it, so there is no second.
    ///
    /// R4: checks the threshold here, at every heavy. R5: the roster is a part of this frozen set by
    /// construction, and must be the one that `digest` names.
    pub(super) fn seal(
        self,
        spec: &Spec,
        me: NodeId,
        digest: RosterDigest,
        excluded: Vec<NodeId>,
    ) -> Result<Seal, Failure> {
        let roster = self.frozen.without(&excluded);
        if excluded.len() > MAX_EXCLUDED || roster.digest() != digest {
            return Err(Failure::RosterMismatch { by: me });
        }
        let (participants, needed) = (roster.len(), spec.min_participants);
        if participants < needed {
            return Err(Failure::TooFew { participants, needed });
        }
        let shares = roster.entries().iter().filter_map(|entry| {
            self.contributions.get(&entry.light).map(|contribution| &contribution.share)
        });
        let partial = sum(spec.shape(), shares);
        // Only the primary says it again.
        let excluded = if spec.committee.primary() == me { excluded } else { Vec::new() };
        Ok(Seal { roster, excluded, partial })
    }

    /// R3, after the freeze: what was kept gets the same receipt, all else is late.
    pub(super) fn recall(&self, light: &NodeId, offered: &Contribution) -> Admission {
        match self.contributions.get(light) {
            Some(kept) if kept == offered => Admission::Known,
            Some(_) => Admission::Refused(Refusal::Conflict),
            None => Admission::Refused(Refusal::Late),
        }
    }

    pub(super) fn missing(&self, of: &Computation) -> Vec<NodeId> {
        if !of.is_primary() {
            return [of.primary()].into();
        }
        let committee = of.spec().committee;
        let unknown = |seat: &Seat| {
            matches!(self.reports[seat.index()], Report::Missing | Report::Differs(_))
        };
        Seat::OTHERS.into_iter().filter(unknown).map(|seat| committee.node(seat)).collect()
    }

    pub(super) fn resend(&self, of: &Computation, cx: &mut Context<'_>) {
        let id = of.id;
        if !of.is_primary() {
            return cx.send(of.primary(), Message::Frozen { id, digest: self.digest });
        }
        for seat in Seat::OTHERS {
            let to = of.spec().committee.node(seat);
            match self.reports[seat.index()] {
                Report::Missing => cx.send(to, Message::Close(id)),
                Report::Differs(_) => cx.send(to, Message::List(id)),
                Report::Same | Report::Listed(_) => {}
            }
        }
    }

    /// Takes a seat's word; says whether its entries are needed next.
    fn take_digest(&mut self, from: Seat, digest: RosterDigest) -> bool {
        let report = &mut self.reports[from.index()];
        if *report == Report::Missing {
            *report = if digest == self.digest { Report::Same } else { Report::Differs(digest) };
        }
        matches!(report, Report::Differs(_))
    }

    /// Takes a seat's entries, if they are the ones that it has named.
    fn take_list(&mut self, from: Seat, set: Roster) {
        let report = &mut self.reports[from.index()];
        if *report == Report::Differs(set.digest()) {
            *report = Report::Listed(set);
        }
    }

    /// Who must be left out, once all three frozen sets are known.
    fn reconcile(&self) -> Option<Vec<NodeId>> {
        let set = |seat: Seat| match &self.reports[seat.index()] {
            Report::Same => Some(&self.frozen),
            Report::Listed(set) => Some(set),
            Report::Missing | Report::Differs(_) => None,
        };
        let [first, second] = Seat::OTHERS.map(set);
        Some(disputed([&self.frozen, first?, second?]))
    }
}

impl Computation {
    /// Stops accepting, for good; the primary stops the others.
    pub(super) fn freeze(&mut self, cx: &mut Context<'_>) {
        self.commit(cx, crate::record::Fact::Frozen);
        self.enter(cx);
        if self.is_primary() {
            self.report_to_proposer(cx);
        }
    }

    pub(super) fn receive_close(&mut self, cx: &mut Context<'_>) {
        match &self.phase {
            Phase::Preparing(_) | Phase::Collecting(_) => self.freeze(cx),
            Phase::Closing(phase) => phase.resend(self, cx),
            _ => {}
        }
    }

    pub(super) fn receive_frozen(
        &mut self,
        cx: &mut Context<'_>,
        from: Seat,
        digest: RosterDigest,
    ) {
        // A seat whose clock is ahead has frozen first: what comes now could not be in the roster.
        if matches!(self.phase, Phase::Collecting(_)) && self.spec().deadline <= cx.now {
            self.freeze(cx);
        }
        let Phase::Closing(phase) = &mut self.phase else { return };
        if phase.take_digest(from, digest) {
            cx.send(self.spec().committee.node(from), Message::List(self.id));
        }
        self.seal_if_reconciled(cx);
    }

    pub(super) fn receive_list(&mut self, cx: &mut Context<'_>) {
        if let Phase::Closing(phase) = &self.phase {
            let set = phase.frozen.clone();
            cx.send(self.primary(), Message::FrozenSet { id: self.id, set });
        }
    }

    pub(super) fn receive_set(&mut self, cx: &mut Context<'_>, from: Seat, set: Roster) {
        let Phase::Closing(phase) = &mut self.phase else { return };
        phase.take_list(from, set);
        self.seal_if_reconciled(cx);
    }

    fn seal_if_reconciled(&mut self, cx: &mut Context<'_>) {
        let Phase::Closing(phase) = &self.phase else { return };
        let Some(excluded) = phase.reconcile() else { return };
        let digest = phase.frozen.without(&excluded).digest();
        self.seal(cx, digest, excluded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ComputationId, Tag};
    use crate::limits::MAX_FRAME;
    use crate::roster::Entry;
    use crate::share::Lanes;
    use crate::spec::Committee;
    use crate::statistic::{Domain, Measure, Statistic};
    use crate::time::Time;
    use crate::wire;
    use alloc::vec;

    const ME: NodeId = NodeId([0xa0; 32]);
    const LIGHT: NodeId = NodeId([0x11; 32]);
    const STRANGER: NodeId = NodeId([0xee; 32]);

    fn spec() -> Spec {
        Spec {
            prompt: "?".into(),
            query: None,
            statistic: Statistic::from(Measure::Sum(Domain::try_from((0, 10, 0)).unwrap())),
            committee: Committee([ME, NodeId([0xa1; 32]), NodeId([0xa2; 32])]),
            deadline: Time(1),
            min_participants: 1,
            max_participants: 1,
        }
    }

    /// Two seats that name strangers by the million can make it fail, but not make the primary send
    /// what is no frame, and be held to have sent it.
    #[test]
    fn a_seal_leaves_out_no_more_than_fit_in_a_frame() {
        let seal = |strangers| {
            let kept = Contribution { tag: Tag([1; 16]), share: Lanes::new(&[7]) };
            let frozen = Roster::try_from(vec![Entry { light: LIGHT, tag: kept.tag }]).unwrap();
            let (digest, kept) = (frozen.digest(), [(LIGHT, kept)].into());
            Closing::new(kept, frozen).seal(&spec(), ME, digest, vec![STRANGER; strangers])
        };
        assert_eq!(seal(MAX_EXCLUDED).err(), None);
        assert_eq!(seal(MAX_EXCLUDED + 1).err(), Some(Failure::RosterMismatch { by: ME }));

        let (id, digest) = (ComputationId([0xc0; 32]), RosterDigest([0xd0; 32]));
        let nobody = wire::encode(&Message::Seal { id, digest, excluded: vec![] });
        let longest_count = 5;
        assert!(nobody.as_ref().len() + longest_count + 32 * MAX_EXCLUDED <= MAX_FRAME);
    }
}
