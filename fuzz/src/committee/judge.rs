//! What must have come of it when the time of every computation is over.
//!
//! A heavy node that lies can do anything to its own computations but make an honest one break its
//! own rules, which [`Host`] watches all the time. So the verdict is on computations
//! whose committee was not lied for; light nodes and askers may have lied.

use std::collections::BTreeSet;
use std::time::Duration;

use formix_proto::id::{ComputationId, NodeId, RosterDigest};
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Seal};
use formix_proto::roster::Entry;
use formix_proto::spec::{Proposal, Spec};
use formix_testkit::cast::LIGHTS;
use formix_testkit::{Host, Ledger, sums};

use super::super::{kept, scene};
use super::{Committee, answer_of};

impl Committee {
    /// Judges every computation that anybody has a record of.
    pub fn judge(&self) {
        for id in self.ids() {
            let proposal = self.hosts.iter().find_map(|host| host.ledger().proposal(&id));
            let proposal = proposal.expect("its first record holds the question");
            if self.are_honest(&proposal.spec.committee.nodes().collect::<Vec<_>>()) {
                self.judge_one(&id, proposal);
            }
        }
    }

    fn judge_one(&self, id: &ComputationId, proposal: &Proposal) {
        let end = self.agreed(id);
        if let Some(Some(total)) = &end {
            self.is_exact(id, proposal, total);
        }
        self.are_told(id, end.flatten().as_ref());
        let policy = scene::policy();
        if proposal.spec.deadline + policy.bound() <= self.now {
            self.has_ended(id);
        }
        let enough = 3 * policy.resend_max + Duration::from_millis(200);
        if self.healed + enough <= proposal.spec.deadline + policy.reveal_within {
            self.completes(id, proposal);
            self.learn(id);
        }
    }

    /// C4: how it ended, everywhere where it did; `None` is failed.
    fn agreed(&self, id: &ComputationId) -> Option<Option<Total>> {
        let mut ends = self.hosts.iter().flat_map(|host| ends(host.ledger(), id));
        let first = ends.next()?;
        assert!(ends.all(|end| end == first), "two nodes ended it differently");
        Some(first)
    }

    /// C1, C2, C3: the totals are the sum of the answers of exactly those in the roster.
    fn is_exact(&self, id: &ComputationId, proposal: &Proposal, total: &Total) {
        let seats = proposal.spec.committee.nodes().filter_map(|seat| self.host(&seat));
        let seals: Vec<_> =
            seats.map(|seat| seat.ledger().seal(id, &total.digest).expect("it sealed")).collect();
        let roster = &seals[0].roster;
        assert!(seals.iter().all(|seal| seal.roster == *roster), "two rosters of one digest");
        let spec = &proposal.spec;
        let partials = seals.iter().map(|seal| sums::values(spec, seal.partial.expose()));
        let sealed = sums::sum(spec, partials);
        assert!(released(spec, &sealed) == total.values, "not the partials");
        let counted: Vec<_> = roster.entries().iter().map(|entry| entry.light).collect();
        assert_eq!(counted.len(), total.participants as usize);
        assert!((spec.min_participants..=spec.max_participants).contains(&total.participants));
        let everywhere = self.heard_everywhere(id, proposal);
        assert!(everywhere.iter().all(|light| counted.contains(light)), "one was left out");
        if self.are_honest(&counted) {
            let answers = roster.entries().iter().map(|entry| self.answer(id, proposal, entry));
            let sum = sums::sum(spec, answers);
            assert!(released(spec, &sum) == total.values, "the sum is not that of the answers");
        }
    }

    /// What an honest light node has split under this tag: its answer, or nothing where declining is
    /// hidden.
    fn answer(&self, id: &ComputationId, proposal: &Proposal, entry: &Entry) -> Vec<u128> {
        let (spec, light) = (&proposal.spec, &entry.light);
        let (statistic, number) = (&spec.statistic, answer_of(light).into());
        let answer = match (&statistic.groups, statistic.hides_opt_outs) {
            (Some(_), _) if *light == LIGHTS[3] => vec![0, 1, 0, number],
            (Some(_), _) => vec![1, 0, number, 0],
            (None, true) => vec![1, number],
            (None, false) => vec![number],
        };
        let facts = self.host(light).map_or(&[][..], |host| host.ledger().facts(id));
        let split = facts.iter().find_map(|fact| match fact {
            Fact::Split { tag, shares } if *tag == entry.tag => {
                Some(sums::sum(spec, shares.values().map(|it| sums::values(spec, it.expose()))))
            }
            _ => None,
        });
        let split = split.expect("it has split what it is in a roster with");
        let nothing = statistic.hides_opt_outs && split == [0, 0];
        assert!(nothing || split == answer, "a split is not of the owner's answer");
        split
    }

    /// A light node that hears whether it was counted, hears the truth.
    fn are_told(&self, id: &ComputationId, total: Option<&Total>) {
        let roster = total.and_then(|total| {
            self.hosts.iter().find_map(|host| host.ledger().seal(id, &total.digest))
        });
        for light in LIGHTS.iter().filter_map(|light| self.host(light)) {
            let is_in = roster.is_some_and(|seal| seal.roster.of(&light.id()).is_some());
            for fact in light.ledger().facts(id) {
                if let Fact::Learned(Some(counted)) = fact {
                    assert_eq!(*counted, is_in, "a light node was told wrongly if it was counted");
                }
            }
        }
    }

    /// L1.
    fn has_ended(&self, id: &ComputationId) {
        let open = |host: &Host| {
            let statuses = kept(host.statuses());
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

    /// L6: a light node that has answered learns whether it was counted.
    fn learn(&self, id: &ComputationId) {
        for light in LIGHTS.iter().filter_map(|light| self.host(light)) {
            let ledger = light.ledger();
            let unsure = ledger.has(id, |fact| *fact == Fact::Learned(None))
                && ledger.has(id, |fact| matches!(fact, Fact::Split { .. }));
            assert!(!unsure, "a light node that answered was never told");
        }
    }

    /// The light nodes whose contribution all three seats hold under one tag.
    fn heard_everywhere(&self, id: &ComputationId, proposal: &Proposal) -> Vec<NodeId> {
        let tags = |light: &NodeId| -> BTreeSet<_> {
            let seats = proposal.spec.committee.nodes().filter_map(|seat| self.host(&seat));
            seats.map(|seat| seat.ledger().tag_of(id, light)).collect()
        };
        let agreed = |light: &NodeId| tags(light).len() == 1 && !tags(light).contains(&None);
        LIGHTS.into_iter().filter(agreed).collect()
    }
}

/// What was revealed, in plain numbers.
#[derive(PartialEq)]
struct Total {
    digest: RosterDigest,
    participants: u32,
    values: Vec<u128>,
}

/// How a computation ended in one node's records; `None` is failed.
fn ends(ledger: &Ledger, id: &ComputationId) -> Vec<Option<Total>> {
    let Some(spec) = ledger.proposal(id).map(|proposal| &proposal.spec) else { return Vec::new() };
    let seal = ledger.facts(id).iter().find_map(|fact| match fact {
        Fact::Sealed(seal) => Some(seal),
        _ => None,
    });
    let end = |fact: &Fact| match fact {
        Fact::Failed(_) | Fact::Concluded(Outcome::Failed(_)) => Some(None),
        Fact::Concluded(Outcome::Completed(Reveal { digest, participants, totals })) => {
            let values = sums::values(spec, totals.expose());
            Some(Some(Total { digest: *digest, participants: *participants, values }))
        }
        Fact::Revealed(partials) => seal.map(|Seal { roster, .. }| {
            let partials = partials.values().map(|it| sums::values(spec, it.expose()));
            let (digest, participants) = (roster.digest(), roster.len());
            Some(Total { digest, participants, values: sums::sum(spec, partials) })
        }),
        _ => None,
    };
    ledger.facts(id).iter().filter_map(end).collect()
}

/// What may leave of the sum of whole answers.
fn released(spec: &Spec, sum: &[u128]) -> Vec<u128> {
    sums::released(spec, sum, sum)
}
