//! What was ever durable at one node, and what a message from it must stand on.

use std::collections::BTreeMap;

use formix_proto::id::{ComputationId, NodeId, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Reveal, Stage};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::share::Lanes;
use formix_proto::spec::Proposal;

use super::parts;

/// Every fact that was ever durable, also those that the log has erased since.
#[derive(Default)]
pub struct Ledger(BTreeMap<ComputationId, Vec<Fact>>);

impl Ledger {
    /// What a node starts with.
    pub fn of(log: &[Record]) -> Self {
        let mut ledger = Self::default();
        log.iter().for_each(|record| ledger.add(record.clone()));
        ledger
    }

    /// A live node's record is durable now.
    pub fn note(&mut self, record: Record) {
        match &record.fact {
            Fact::Sealed(seal) => {
                assert!(self.adds_up(&record.id, seal), "a partial is not the sum of its roster");
            }
            Fact::Counted(_) => {
                let counted = |fact: &Fact| matches!(fact, Fact::Counted(_));
                let again = self.remembered(&record.id).iter().any(counted);
                assert!(!again, "parts were counted twice");
            }
            Fact::Contributed { light, .. } | Fact::Declined(light) => {
                let heard = self.remembered(&record.id).iter().any(|fact| is_of(fact, light));
                assert!(!heard, "a light node was heard twice");
            }
            _ => {}
        }
        self.add(record);
    }

    fn add(&mut self, Record { id, fact }: Record) {
        self.0.entry(id).or_default().push(fact);
    }

    /// The computations that it is about.
    pub fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.0.keys().copied()
    }

    /// The facts of one computation, in order.
    pub fn facts(&self, id: &ComputationId) -> &[Fact] {
        self.0.get(id).map_or(&[], Vec::as_slice)
    }

    /// Whether a fact like this was ever durable.
    pub fn has(&self, id: &ComputationId, like: impl Fn(&Fact) -> bool) -> bool {
        self.facts(id).iter().any(like)
    }

    /// The facts since the computation was last forgotten.
    fn remembered(&self, id: &ComputationId) -> &[Fact] {
        let facts = self.facts(id);
        let begin = facts.iter().rposition(|fact| *fact == Fact::Forgotten).map_or(0, |at| at + 1);
        &facts[begin..]
    }

    /// The question.
    pub fn proposal(&self, id: &ComputationId) -> Option<&Proposal> {
        self.facts(id).iter().find_map(|fact| match fact {
            Fact::Prepared(proposal) | Fact::Asked(proposal) | Fact::Proposed(proposal) => {
                Some(&**proposal)
            }
            _ => None,
        })
    }

    /// The tag under which this heavy node holds a light node's contribution.
    pub fn tag_of(&self, id: &ComputationId, of: &NodeId) -> Option<Tag> {
        self.remembered(id).iter().find_map(|fact| match fact {
            Fact::Contributed { light, tag, .. } if light == of => Some(*tag),
            _ => None,
        })
    }

    /// The seal of this digest.
    pub fn seal(&self, id: &ComputationId, named: &RosterDigest) -> Option<&Seal> {
        self.facts(id).iter().find_map(|fact| match fact {
            Fact::Sealed(seal) if seal.roster.digest() == *named => Some(seal),
            _ => None,
        })
    }

    /// Whether a heavy node has this outcome in its records.
    fn has_ended_with(&self, id: &ComputationId, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed(failure) => self.has_failed(id, failure),
            Outcome::Completed(Reveal { digest, participants, totals }) => {
                let sealed = self.seal(id, digest);
                sealed.is_some_and(|seal| seal.roster.len() == *participants)
                    && self.has(id, |fact| match fact {
                        Fact::Revealed(partials) => self.sum(id, partials) == *totals,
                        _ => false,
                    })
            }
        }
    }

    /// Who takes no part needs no record to refuse.
    fn has_failed(&self, id: &ComputationId, failure: &Failure) -> bool {
        let takes_part = |fact: &Fact| matches!(fact, Fact::Prepared(_));
        self.has(id, |fact| matches!(fact, Fact::Failed(known) if known == failure))
            || !self.remembered(id).iter().any(takes_part)
    }

    /// R4, R5: a sealed partial is the sum of this node's own shares over a large enough roster.
    fn adds_up(&self, id: &ComputationId, seal: &Seal) -> bool {
        let share = |of: &NodeId, under: &Tag| {
            self.remembered(id).iter().find_map(|fact| match fact {
                Fact::Contributed { light, tag, share } if light == of && tag == under => {
                    Some(share)
                }
                _ => None,
            })
        };
        let entries = seal.roster.entries();
        let shares: Vec<_> =
            entries.iter().filter_map(|entry| share(&entry.light, &entry.tag)).collect();
        let needed = self.proposal(id).map_or(1, |proposal| proposal.spec.min_participants);
        shares.len() == entries.len()
            && seal.roster.len() >= needed
            && self.sum(id, shares) == seal.partial
    }

    /// R7: whether what a message says is durable here. R6: and whether it is said to who may know.
    pub fn stands(&self, to: NodeId, message: &Message) -> bool {
        let has = |id, like: fn(&Fact) -> bool| self.has(id, like);
        match message {
            Message::Propose { nonce, spec } => self.0.values().flatten().any(|fact| {
                matches!(fact, Fact::Proposed(it) if it.nonce == *nonce && it.spec == **spec)
            }),
            Message::Prepare(proposal) => self.takes_part(&proposal.id()),
            Message::Progress { id, stage: Stage::Pending } | Message::Ready(id) => {
                self.takes_part(id)
            }
            Message::Invite(proposal) => has(&proposal.id(), |fact| *fact == Fact::Opened),
            Message::Progress { id, stage: Stage::Collecting }
            | Message::Open(id)
            | Message::AllIn(id) => has(id, |fact| *fact == Fact::Opened),
            // Who hears `Close` first freezes without having opened.
            Message::Opened(id) => has(id, |fact| matches!(fact, Fact::Opened | Fact::Frozen)),
            Message::Progress { id, stage: Stage::Revealing }
            | Message::Close(id)
            | Message::List(id)
            | Message::Frozen { id, .. } => has(id, |fact| *fact == Fact::Frozen),
            Message::FrozenSet { id, set } => {
                has(id, |fact| *fact == Fact::Frozen)
                    && set.entries().iter().all(|it| self.tag_of(id, &it.light) == Some(it.tag))
            }
            Message::Seal { id, digest, .. } => self.seal(id, digest).is_some(),
            Message::Counts { id, digest, counts } => {
                self.has_a_seat(id, &to)
                    && self.own_counts(id, digest).is_some_and(|own| own == *counts)
            }
            Message::Counted { id, digest, counts } => {
                let counted = |fact: &Fact| matches!(fact, Fact::Counted(it) if it == counts);
                self.has_a_seat(id, &to)
                    && self.seal(id, digest).is_some()
                    && self.has(id, counted)
            }
            Message::Partial { id, digest, partial } => {
                self.has_a_seat(id, &to) && self.told(id, digest).is_some_and(|it| it == *partial)
            }
            Message::Revealed { id, digest, partials } => {
                let revealed = |fact: &Fact| matches!(fact, Fact::Revealed(it) if it == partials);
                self.has_a_seat(id, &to)
                    && self.seal(id, digest).is_some()
                    && self.has(id, revealed)
            }
            Message::Abort { id, failure } => self.has_failed(id, failure),
            Message::Outcome { id, outcome } => self.has_ended_with(id, outcome),
            Message::Contribution { id, tag, share } => self.has_split(id, &to, *tag, share),
            Message::Decline(id) => has(id, |fact| *fact == Fact::Withheld),
            Message::Receipt(id) => self.has_heard(id, &to),
            Message::Ended { id, counted } => self.has_told(id, &to, *counted),
            Message::Inquire(id) => has(id, |fact| matches!(fact, Fact::Asked(_))),
            Message::Announce(_) | Message::Knock(_) | Message::Refuse { .. } => true,
        }
    }

    fn own_counts(&self, id: &ComputationId, digest: &RosterDigest) -> Option<Lanes> {
        let (spec, seal) = (&self.proposal(id)?.spec, self.seal(id, digest)?);
        (spec.statistic.counted_parts() > 0).then(|| parts::counts(spec, &seal.partial))
    }

    /// R4: what may leave of the sealed partial; nothing before its parts are counted.
    fn told(&self, id: &ComputationId, digest: &RosterDigest) -> Option<Lanes> {
        let (spec, seal) = (&self.proposal(id)?.spec, self.seal(id, digest)?);
        if spec.statistic.counted_parts() == 0 {
            return Some(seal.partial.clone());
        }
        let counts = self.remembered(id).iter().find_map(|fact| match fact {
            Fact::Counted(counts) => Some(parts::sum(spec, counts)),
            _ => None,
        });
        Some(parts::told(spec, &seal.partial, &counts?))
    }

    /// Adds up as the question says.
    pub fn sum<'a>(&self, id: &ComputationId, all: impl IntoIterator<Item = &'a Lanes>) -> Lanes {
        let sum = self.proposal(id).map(|proposal| parts::sum(&proposal.spec, all));
        sum.unwrap_or_else(|| Lanes::new(&[]))
    }

    fn takes_part(&self, id: &ComputationId) -> bool {
        self.has(id, |fact| matches!(fact, Fact::Prepared(_)))
    }

    fn has_a_seat(&self, id: &ComputationId, node: &NodeId) -> bool {
        self.proposal(id).is_some_and(|it| it.spec.committee.seat_of(node).is_some())
    }

    fn has_split(&self, id: &ComputationId, to: &NodeId, tag: Tag, share: &Lanes) -> bool {
        let committee = self.proposal(id).map(|proposal| proposal.spec.committee.0);
        let seat = committee.and_then(|seats| seats.iter().position(|seat| seat == to));
        self.has(id, |fact| match (fact, seat) {
            (Fact::Split { tag: known, shares }, Some(seat)) => {
                *known == tag && shares[seat] == *share
            }
            _ => false,
        })
    }

    /// Whether something of a light node is durable: its share, its declining, or a roster with it.
    fn has_heard(&self, id: &ComputationId, node: &NodeId) -> bool {
        self.has(id, |fact| match fact {
            Fact::Sealed(seal) => seal.roster.of(node).is_some(),
            fact => is_of(fact, node),
        })
    }

    fn has_told(&self, id: &ComputationId, light: &NodeId, counted: bool) -> bool {
        let failed = self.has(id, |fact| matches!(fact, Fact::Failed(_)));
        let revealed = self.has(id, |fact| matches!(fact, Fact::Revealed(_)));
        let listed = self
            .has(id, |fact| matches!(fact, Fact::Sealed(seal) if seal.roster.of(light).is_some()));
        if counted { revealed && listed } else { failed || (revealed && !listed) }
    }
}

/// Whether a heavy node heard this of that light node.
fn is_of(fact: &Fact, node: &NodeId) -> bool {
    match fact {
        Fact::Contributed { light, .. } | Fact::Declined(light) => light == node,
        _ => false,
    }
}
