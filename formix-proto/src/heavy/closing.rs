//! Closing: frozen sets are compared, and the shares become one partial over one roster.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::admission::{Admission, answer_late};
use super::collecting::Contribution;
use super::counting::Counting;
use super::phase::{Phase, State, commit};
use super::sealed::Sealed;
use super::terms::Terms;
use crate::context::Context;
use crate::id::{NodeId, RosterDigest};
use crate::limits::MAX_EXCLUDED;
use crate::message::Message;
use crate::outcome::{Failure, Refusal};
use crate::record::{Fact, InvalidTransition, Seal};
use crate::roster::{Roster, disputed};
use crate::seat::{Member, PerSeat};
use crate::sharing::Partial;
use crate::spec::Spec;

/// The shares, for the last time, and what the primary knows of the other frozen sets.
#[derive(Debug, Clone)]
pub(super) struct Closing {
    contributions: BTreeMap<NodeId, Contribution>,
    frozen: Roster,
    reports: PerSeat<Report>,
}

/// What a seat has said of its frozen set.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Report {
    Missing,
    /// It is the primary's own.
    Same,
    /// It is another one, with this digest.
    Differs(RosterDigest),
    /// It is this one.
    Listed(Roster),
}

impl State for Closing {
    fn apply(self, terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        Self::sealed(terms, fact)
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
            Message::Close(_) => self.resend(terms, cx),
            Message::List(_) => {
                let set = self.frozen.clone();
                cx.send(terms.primary(), Message::FrozenSet { id: terms.id, set });
            }
            Message::Seal { digest, excluded, .. } => {
                return self.seal(terms, cx, digest, excluded);
            }
            Message::Frozen { digest, .. } => {
                if self.take_digest(from, digest) {
                    cx.send(from.node, Message::List(terms.id));
                }
                return self.seal_if_reconciled(terms, cx);
            }
            Message::FrozenSet { set, .. } => {
                self.take_list(from, set);
                return self.seal_if_reconciled(terms, cx);
            }
            _ => {}
        }
        self.into()
    }

    /// R3, after the freeze: what was kept gets its receipt again, another of the same node is a conflict.
    fn receive_from_light(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        light: NodeId,
        message: Message,
    ) -> Phase {
        answer_late(terms, cx, light, message, |light, offered| {
            match self.contributions.get(light) {
                Some(kept) if *kept == offered => Admission::Known,
                Some(_) => Admission::Refused(Refusal::Conflict),
                None => Admission::Refused(Refusal::Late),
            }
        });
        self.into()
    }

    fn resend(&mut self, terms: &Terms, cx: &mut Context<'_>) {
        let id = terms.id;
        if !terms.is_primary() {
            return cx.send(terms.primary(), Message::Frozen { id, digest: self.frozen.digest() });
        }
        for member in terms.committee().others() {
            match self.reports.get(member.seat) {
                Some(Report::Missing) => cx.send(member.node, Message::Close(id)),
                Some(Report::Differs(_)) => cx.send(member.node, Message::List(id)),
                _ => {}
            }
        }
    }

    fn missing(&self, terms: &Terms) -> Vec<NodeId> {
        if !terms.is_primary() {
            return [terms.primary()].into();
        }
        let is_unknown = |member: &Member| {
            matches!(self.reports.get(member.seat), Some(Report::Missing | Report::Differs(_)))
        };
        terms.committee().others().filter(is_unknown).map(|member| member.node).collect()
    }

    fn answers(&self) -> u32 {
        self.frozen.len()
    }
}

impl Closing {
    pub(super) fn new(
        terms: &Terms,
        contributions: BTreeMap<NodeId, Contribution>,
        frozen: Roster,
    ) -> Self {
        let report = |member: Member| match member.seat == terms.seat {
            true => Report::Same,
            false => Report::Missing,
        };
        Self { contributions, frozen, reports: terms.committee().per_seat(report) }
    }

    /// Seals, or fails: either way the shares are consumed.
    fn seal(
        self,
        terms: &Terms,
        cx: &mut Context<'_>,
        digest: RosterDigest,
        excluded: Vec<NodeId>,
    ) -> Phase {
        let fact = match self.add_up(terms.spec(), cx.me, digest, excluded) {
            Ok(seal) => Fact::Sealed(seal),
            Err(failure) => Fact::Failed(failure),
        };
        commit(terms, cx, fact, |fact| Self::sealed(terms, fact))
    }

    /// The only function that makes a partial. It takes the shares with it, so there is no second.
    ///
    /// R4: checks the threshold here, at every heavy. R5: the roster is a part of this frozen set by
    /// construction, and must be the one that `digest` names.
    fn add_up(
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
        let contribution = |light| self.contributions.get(light);
        let kept = roster.entries().iter().map(|entry| contribution(&entry.light));
        // Every entry is a contribution, admitted with the question's shape.
        let kept = kept.collect::<Option<Vec<_>>>().ok_or(Failure::Defect { by: me })?;
        let shares = kept.into_iter().map(|contribution| &contribution.share);
        let partial = Partial::sum(shares).map_err(|_| Failure::Defect { by: me })?;
        // Only the primary says it again.
        let excluded = if spec.committee.primary() == me { excluded } else { Vec::new() };
        Ok(Seal { roster, excluded, partial })
    }

    /// The phase that follows once the shares are consumed, live and at recovery.
    fn sealed(terms: &Terms, fact: Fact) -> Result<Phase, InvalidTransition> {
        match fact {
            Fact::Failed(failure) => Ok(super::done::Done::failed(failure).into()),
            Fact::Sealed(seal) if seal.fits(terms.spec()) => {
                match terms.spec().statistic.counted_groups() {
                    0 => Sealed::new(terms, seal, None).map(Phase::from),
                    _ => Counting::new(terms, seal).map(Phase::from),
                }
            }
            _ => Err(InvalidTransition),
        }
    }

    /// Takes a seat's word; says whether its entries are needed next.
    fn take_digest(&mut self, from: Member, digest: RosterDigest) -> bool {
        let own = self.frozen.digest();
        let Some(report) = self.reports.get_mut(from.seat) else { return false };
        if *report == Report::Missing {
            *report = if digest == own { Report::Same } else { Report::Differs(digest) };
        }
        matches!(report, Report::Differs(_))
    }

    /// Takes a seat's entries, if they are the ones that it has named.
    fn take_list(&mut self, from: Member, set: Roster) {
        if let Some(report) = self.reports.get_mut(from.seat)
            && *report == Report::Differs(set.digest())
        {
            *report = Report::Listed(set);
        }
    }

    fn seal_if_reconciled(self, terms: &Terms, cx: &mut Context<'_>) -> Phase {
        let Some(excluded) = self.reconcile() else { return self.into() };
        let digest = self.frozen.without(&excluded).digest();
        self.seal(terms, cx, digest, excluded)
    }

    /// Who must be left out, once every frozen set is known.
    fn reconcile(&self) -> Option<Vec<NodeId>> {
        let set = |report| match report {
            &Report::Same => Some(&self.frozen),
            Report::Listed(set) => Some(set),
            Report::Missing | Report::Differs(_) => None,
        };
        let sets: Vec<_> = self.reports.values().map(set).collect::<Option<_>>()?;
        Some(disputed(&sets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Nonce;
    use crate::id::{ComputationId, Tag};
    use crate::limits::MAX_FRAME;
    use crate::roster::Entry;
    use crate::seat::{Committee, Seat};
    use crate::sharing::{Ring, Scheme, Share};
    use crate::spec::Proposal;
    use crate::statistic::{Domain, Statistic, Sum};
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
            statistic: Statistic::from(Sum(Domain::try_from((0, 10, 0)).unwrap())),
            committee: Committee::new([ME, NodeId([0xa1; 32]), NodeId([0xa2; 32])]).unwrap(),
            scheme: Scheme::Additive,
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
            let share = Share::parse(Ring::Z32, &[7, 0, 0, 0]).unwrap();
            let kept = Contribution { tag: Tag([1; 16]), share };
            let frozen = Roster::try_from(vec![Entry { light: LIGHT, tag: kept.tag }]).unwrap();
            let (digest, kept) = (frozen.digest(), [(LIGHT, kept)].into());
            let proposal = Proposal { proposer: ME, nonce: Nonce([0; 16]), spec: spec().into() };
            let terms = Terms::new(proposal, Seat::PRIMARY);
            let closing = Closing::new(&terms, kept, frozen);
            closing.add_up(terms.spec(), ME, digest, vec![STRANGER; strangers])
        };
        assert_eq!(seal(MAX_EXCLUDED).err(), None);
        assert_eq!(seal(MAX_EXCLUDED + 1).err(), Some(Failure::RosterMismatch { by: ME }));

        let (id, digest) = (ComputationId([0xc0; 32]), RosterDigest([0xd0; 32]));
        let nobody = wire::encode(&Message::Seal { id, digest, excluded: vec![] });
        let longest_count = 5;
        assert!(nobody.as_ref().len() + longest_count + 32 * MAX_EXCLUDED <= MAX_FRAME);
    }
}
