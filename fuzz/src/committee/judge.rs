//! What must have come of it when the time of every computation is over.
//!
//! A heavy node that lies can do anything to its own computations but make an honest one break its
//! own rules, which [`super::super::host`] watches all the time. So the verdict is on computations
//! whose committee was not lied for; light nodes and askers may have lied.

use std::collections::BTreeSet;
use std::time::Duration;

use formix_proto::id::{ComputationId, NodeId};
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::Fact;
use formix_proto::roster::Entry;
use formix_proto::share::Lanes;
use formix_proto::spec::Proposal;

use super::super::host::Host;
use super::super::ledger::Ledger;
use super::super::parts;
use super::super::scene::{self, LIGHTS};
use super::{Committee, answer_of};

impl Committee {
    /// Judges every computation that anybody has a record of.
    pub fn judge(&self) {
        for id in self.ids() {
            let proposal = self.hosts.iter().find_map(|host| host.ledger().proposal(&id));
            let proposal = proposal.expect("its first record holds the question");
            if self.are_honest(&proposal.spec.committee.0) {
                self.judge_one(&id, proposal);
            }
        }
    }

    fn judge_one(&self, id: &ComputationId, proposal: &Proposal) {
        let end = self.agreed(id);
        if let Some(Some(reveal)) = &end {
            self.is_exact(id, proposal, reveal);
        }
        self.are_told(id, end.flatten().as_ref());
        let policy = scene::policy();
        if proposal.spec.deadline + policy.bound() <= self.now {
            self.has_ended(id);
        }
        let enough = 3 * policy.resend_most + Duration::from_millis(200);
        if self.healed + enough <= proposal.spec.deadline + policy.reveal_within {
            self.completes(id, proposal);
            self.learn(id);
        }
    }

    /// C4: how it ended, everywhere where it did; `None` is failed.
    fn agreed(&self, id: &ComputationId) -> Option<Option<Reveal>> {
        let mut ends = self.hosts.iter().flat_map(|host| ends(host.ledger(), id));
        let first = ends.next()?;
        assert!(ends.all(|end| end == first), "two nodes ended it differently");
        Some(first)
    }

    /// C1, C2, C3: the totals are the sum of the answers of exactly those in the roster.
    fn is_exact(&self, id: &ComputationId, proposal: &Proposal, reveal: &Reveal) {
        let seats = proposal.spec.committee.0.iter().filter_map(|seat| self.host(seat));
        let seals: Vec<_> =
            seats.map(|seat| seat.ledger().seal(id, &reveal.digest).expect("it sealed")).collect();
        let roster = &seals[0].roster;
        assert!(seals.iter().all(|seal| seal.roster == *roster), "two rosters of one digest");
        let spec = &proposal.spec;
        let sealed = parts::sum(spec, seals.iter().map(|seal| &seal.partial));
        assert!(parts::told(spec, &sealed, &sealed) == reveal.totals, "not the partials");
        let counted: Vec<_> = roster.entries().iter().map(|entry| entry.light).collect();
        assert_eq!(counted.len(), reveal.participants as usize);
        assert!((spec.min_participants..=spec.max_participants).contains(&reveal.participants));
        let everywhere = self.heard_everywhere(id, proposal);
        assert!(everywhere.iter().all(|light| counted.contains(light)), "one was left out");
        if self.are_honest(&counted) {
            let answers: Vec<_> =
                roster.entries().iter().map(|entry| self.answer(id, proposal, entry)).collect();
            let sum = parts::sum(spec, &answers);
            let told = parts::told(spec, &sum, &sum);
            assert_eq!(reveal.totals, told, "the sum is not that of the answers");
        }
    }

    /// What an honest light node has split under this tag: its answer, or nothing where declining is
    /// hidden.
    fn answer(&self, id: &ComputationId, proposal: &Proposal, entry: &Entry) -> Lanes {
        let (spec, light) = (&proposal.spec, &entry.light);
        let (statistic, number) = (&spec.statistic, answer_of(light));
        let answer = match (&statistic.groups, statistic.hides_declining) {
            (Some(_), _) if *light == LIGHTS[3] => Lanes::new(&[0, 1, 0, number]),
            (Some(_), _) => Lanes::new(&[1, 0, number, 0]),
            (None, true) => Lanes::new(&[1, number]),
            (None, false) => Lanes::new(&[number]),
        };
        let facts = self.host(light).map_or(&[][..], |host| host.ledger().facts(id));
        let split = facts.iter().find_map(|fact| match fact {
            Fact::Split { tag, shares } if *tag == entry.tag => Some(parts::sum(spec, shares)),
            _ => None,
        });
        let split = split.expect("it has split what it is in a roster with");
        let nothing = statistic.hides_declining && split == Lanes::new(&[0, 0]);
        assert!(nothing || split == answer, "a split is not of the owner's answer");
        split
    }

    /// A light node that hears whether it was counted, hears the truth.
    fn are_told(&self, id: &ComputationId, reveal: Option<&Reveal>) {
        let roster = reveal.and_then(|reveal| {
            self.hosts.iter().find_map(|host| host.ledger().seal(id, &reveal.digest))
        });
        for light in LIGHTS.iter().filter_map(|light| self.host(light)) {
            let is_in = roster.is_some_and(|seal| seal.roster.of(&light.id()).is_some());
            for fact in light.ledger().facts(id) {
                if let Fact::Settled(Some(counted)) = fact {
                    assert_eq!(*counted, is_in, "a light node was told wrongly if it was counted");
                }
            }
        }
    }

    /// L1.
    fn has_ended(&self, id: &ComputationId) {
        let open = |host: &Host| {
            let statuses = host.statuses();
            statuses.iter().any(|status| status.proposal.id() == *id && status.is_open())
        };
        assert!(!self.hosts.iter().any(open), "it has not ended in time");
    }

    /// L2: with enough answers at all three seats, and time left to reveal, it does not fail.
    fn completes(&self, id: &ComputationId, proposal: &Proposal) {
        let answers = self.heard_everywhere(id, proposal).len();
        if answers >= proposal.spec.min_participants as usize {
            let failed = |host: &Host| host.ledger().has(id, |it| matches!(it, Fact::Failed(_)));
            assert!(!self.hosts.iter().any(failed), "it failed although enough had answered");
        }
    }

    /// L6: who has answered learns if it was counted.
    fn learn(&self, id: &ComputationId) {
        for light in LIGHTS.iter().filter_map(|light| self.host(light)) {
            let ledger = light.ledger();
            let unsure = ledger.has(id, |fact| *fact == Fact::Settled(None))
                && ledger.has(id, |fact| matches!(fact, Fact::Split { .. }));
            assert!(!unsure, "a light node that answered was never told");
        }
    }

    /// The light nodes whose contribution all three seats hold under one tag.
    fn heard_everywhere(&self, id: &ComputationId, proposal: &Proposal) -> Vec<NodeId> {
        let tags = |light: &NodeId| -> BTreeSet<_> {
            let seats = proposal.spec.committee.0.iter().filter_map(|seat| self.host(seat));
            seats.map(|seat| seat.ledger().tag_of(id, light)).collect()
        };
        let agreed = |light: &NodeId| tags(light).len() == 1 && !tags(light).contains(&None);
        LIGHTS.into_iter().filter(agreed).collect()
    }
}

/// How a computation ended in one node's records.
fn ends(ledger: &Ledger, id: &ComputationId) -> Vec<Option<Reveal>> {
    let seal = ledger.facts(id).iter().find_map(|fact| match fact {
        Fact::Sealed(seal) => Some(seal),
        _ => None,
    });
    let end = |fact: &Fact| match fact {
        Fact::Failed(_) | Fact::Concluded(Outcome::Failed(_)) => Some(None),
        Fact::Concluded(Outcome::Completed(reveal)) => Some(Some(reveal.clone())),
        Fact::Revealed(partials) => seal.map(|seal| {
            Some(Reveal {
                digest: seal.roster.digest(),
                participants: seal.roster.len(),
                totals: ledger.sum(id, partials),
            })
        }),
        _ => None,
    };
    ledger.facts(id).iter().filter_map(end).collect()
}
