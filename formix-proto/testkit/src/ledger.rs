//! The oracle of durability (R7): what was ever durable at one node, and what may leave it on that.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::id::{ComputationId, NodeId, RosterDigest, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Failure, Outcome, Reveal, Stage};
use formix_proto::record::{Fact, Record, Seal};
use formix_proto::roster::Entry;
use formix_proto::sharing::Share;
use formix_proto::spec::{Proposal, Spec};

use crate::rules::RuleBroken;
use crate::sums;

/// Every fact that was ever durable at one node, also those that its log has erased since.
#[derive(Debug, Default, Clone)]
pub struct Ledger(BTreeMap<ComputationId, Account>);

/// What was ever durable of one computation.
#[derive(Debug, Default, Clone)]
struct Account {
    /// All facts but those about single light nodes, in order.
    facts: Vec<Fact>,
    /// The light nodes heard since it was last forgotten; `None` of one that declined.
    heard: BTreeMap<NodeId, Option<(Tag, Share)>>,
    /// Those heard before.
    heard_before: BTreeSet<NodeId>,
    /// Those that have ever said here that they decline, recorded or not.
    decliners: BTreeSet<NodeId>,
}

impl Ledger {
    /// What a node starts with.
    pub fn of(log: &[Record]) -> Self {
        let mut ledger = Self::default();
        log.iter().for_each(|record| ledger.add(record));
        ledger
    }

    /// The disk is another now, which holds this log. What has come to the node has come all the same.
    pub fn replace(&mut self, log: &[Record]) {
        for account in self.0.values_mut() {
            let decliners = std::mem::take(&mut account.decliners);
            *account = Account { decliners, ..Account::default() };
        }
        log.iter().for_each(|record| self.add(record));
    }

    /// A record is durable now.
    pub fn add(&mut self, Record { id, fact }: &Record) {
        let account = self.0.entry(*id).or_default();
        match fact {
            Fact::Contributed { light, tag, share } => {
                account.heard.entry(*light).or_insert_with(|| Some((*tag, share.clone())));
            }
            Fact::Declined(light) => {
                account.heard.entry(*light).or_default();
            }
            fact => {
                if *fact == Fact::Forgotten {
                    let heard = std::mem::take(&mut account.heard);
                    account.heard_before.extend(heard.into_keys());
                }
                account.facts.push(fact.clone());
            }
        }
    }

    /// R3, R4 and R5: whether a record of this node's own may follow those that are durable.
    pub fn admits(&self, Record { id, fact }: &Record) -> Result<(), RuleBroken> {
        let Some(account) = self.0.get(id) else { return Ok(()) };
        match fact {
            Fact::Sealed(seal) if !account.adds_up(seal) => Err(RuleBroken::WrongPartial),
            Fact::Counted(_) if account.has_counted() => Err(RuleBroken::CountedTwice),
            Fact::Contributed { light, .. } | Fact::Declined(light)
                if account.heard.contains_key(light) =>
            {
                Err(RuleBroken::HeardTwice)
            }
            _ => Ok(()),
        }
    }

    /// A message has come by which a light node declines. One that comes after the freeze changes
    /// nothing, and is receipted without a record.
    pub fn hear_decline(&mut self, id: &ComputationId, light: NodeId) {
        self.0.entry(*id).or_default().decliners.insert(light);
    }

    /// The computations that it is about.
    pub fn ids(&self) -> impl Iterator<Item = ComputationId> + '_ {
        self.0.iter().filter(|(_, account)| account.has_any()).map(|(id, _)| *id)
    }

    /// The facts of one computation, in order, but those about single light nodes.
    pub fn facts(&self, id: &ComputationId) -> &[Fact] {
        self.0.get(id).map_or(&[], |account| &account.facts)
    }

    /// Whether a fact like this was ever durable; not one about a single light node.
    pub fn has(&self, id: &ComputationId, like: impl Fn(&Fact) -> bool) -> bool {
        self.facts(id).iter().any(like)
    }

    /// The question.
    pub fn proposal(&self, id: &ComputationId) -> Option<&Proposal> {
        self.0.get(id)?.proposal()
    }

    /// The tag under which this heavy node holds a light node's contribution.
    pub fn tag_of(&self, id: &ComputationId, light: &NodeId) -> Option<Tag> {
        self.0.get(id)?.tag_of(light)
    }

    /// The seal of this digest.
    pub fn seal(&self, id: &ComputationId, named: &RosterDigest) -> Option<&Seal> {
        self.0.get(id)?.seal(named)
    }

    /// Whether what a message says is durable here, and whether it is said to a node that may know
    /// it (R6).
    pub fn stands(&self, to: &NodeId, message: &Message) -> bool {
        if let Message::Propose { nonce, spec } = message {
            let same = |it: &Proposal| it.nonce == *nonce && it.spec == *spec;
            let mut facts = self.0.values().flat_map(|account| &account.facts);
            return facts.any(|fact| matches!(fact, Fact::Proposed(it) if same(it)));
        }
        about(message).is_none_or(|id| self.stands_in(&id, to, message))
    }

    /// The same of a message that is known to be about this computation, which spares hashing the
    /// terms in it.
    pub fn stands_in(&self, id: &ComputationId, to: &NodeId, message: &Message) -> bool {
        let nothing = Account::default();
        self.0.get(id).unwrap_or(&nothing).stands(to, message)
    }
}

/// The computation that a message is about; a proposer's question is about one that has no id yet.
pub fn about(message: &Message) -> Option<ComputationId> {
    match message {
        Message::Prepare(proposal)
        | Message::Announce { proposal, .. }
        | Message::Invite(proposal) => Some(proposal.id()),
        other => other.computation(),
    }
}

impl Account {
    fn stands(&self, to: &NodeId, message: &Message) -> bool {
        let opened = || self.has(|fact| *fact == Fact::Opened);
        let frozen = || self.has(|fact| *fact == Fact::Frozen);
        match message {
            Message::Prepare(_) | Message::Ready(_) => self.takes_part(),
            Message::Progress { stage: Stage::Pending, .. } => self.takes_part(),
            Message::Progress { stage: Stage::Collecting, .. }
            | Message::Open(_)
            | Message::Invite(_)
            | Message::AllIn { .. } => opened(),
            // A node that hears `Close` first freezes without having opened.
            Message::Opened(_) => opened() || frozen(),
            Message::Progress { stage: Stage::Revealing, .. }
            | Message::Close(_)
            | Message::List(_)
            | Message::Frozen { .. } => frozen(),
            Message::FrozenSet { set, .. } => {
                let held = |it: &Entry| self.tag_of(&it.light) == Some(it.tag);
                frozen() && set.entries().iter().all(held)
            }
            Message::Abort { failure, .. } => self.has_failed(failure),
            Message::Outcome { outcome, .. } => self.has_ended_with(outcome),
            Message::Ended { counted, .. } => self.has_ended_for(to, *counted),
            Message::Contribution { tag, share, .. } => self.has_split(to, *tag, share),
            Message::Decline { .. } => self.has(|fact| *fact == Fact::Withheld),
            Message::Receipt(_) => self.has_heard(to),
            Message::QueryOutcome(_) => self.has(|fact| matches!(fact, Fact::Asked(_))),
            Message::Seal { digest, .. } => self.seal(digest).is_some(),
            Message::Counts { .. }
            | Message::Counted { .. }
            | Message::Partial { .. }
            | Message::Revealed { .. } => self.has_a_seat(to) && self.has_sums(message),
            Message::Propose { .. }
            | Message::Announce { .. }
            | Message::RequestInvite(_)
            | Message::Refuse { .. } => true,
        }
    }

    /// Whether what a seat says of its sums, or of those of all seats, is durable.
    fn has_sums(&self, message: &Message) -> bool {
        match message {
            Message::Counts { digest, counts, .. } => {
                self.own_counts(digest).is_some_and(|own| own == self.values(counts.expose()))
            }
            Message::Counted { digest, counts, .. } => {
                let counted = |fact: &Fact| matches!(fact, Fact::Counted(it) if it == counts);
                self.seal(digest).is_some() && self.has(counted)
            }
            Message::Partial { digest, partial, .. } => {
                self.released(digest).is_some_and(|own| own == self.values(partial.expose()))
            }
            Message::Revealed { digest, partials, .. } => {
                let revealed = |fact: &Fact| matches!(fact, Fact::Revealed(it) if it == partials);
                self.seal(digest).is_some() && self.has(revealed)
            }
            _ => false,
        }
    }

    fn has(&self, like: impl Fn(&Fact) -> bool) -> bool {
        self.facts.iter().any(like)
    }

    fn has_any(&self) -> bool {
        !self.facts.is_empty() || !self.heard.is_empty()
    }

    /// The facts since the computation was last forgotten.
    fn remembered(&self) -> &[Fact] {
        let last = self.facts.iter().rposition(|fact| *fact == Fact::Forgotten);
        &self.facts[last.map_or(0, |at| at + 1)..]
    }

    fn proposal(&self) -> Option<&Proposal> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Prepared(proposal) | Fact::Asked(proposal) | Fact::Proposed(proposal) => {
                Some(&**proposal)
            }
            _ => None,
        })
    }

    fn spec(&self) -> Option<&Spec> {
        self.proposal().map(|proposal| &*proposal.spec)
    }

    fn tag_of(&self, light: &NodeId) -> Option<Tag> {
        self.heard.get(light)?.as_ref().map(|(tag, _)| *tag)
    }

    fn seal(&self, named: &RosterDigest) -> Option<&Seal> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Sealed(seal) if seal.roster.digest() == *named => Some(seal),
            _ => None,
        })
    }

    fn takes_part(&self) -> bool {
        self.has(|fact| matches!(fact, Fact::Prepared(_)))
    }

    fn has_counted(&self) -> bool {
        self.remembered().iter().any(|fact| matches!(fact, Fact::Counted(_)))
    }

    fn has_a_seat(&self, node: &NodeId) -> bool {
        self.spec().is_some_and(|spec| spec.committee.seat_of(node).is_some())
    }

    /// A node that takes no part needs no record to refuse.
    fn has_failed(&self, failure: &Failure) -> bool {
        let takes_part = |fact: &Fact| matches!(fact, Fact::Prepared(_));
        self.has(|fact| matches!(fact, Fact::Failed(known) if known == failure))
            || !self.remembered().iter().any(takes_part)
    }

    /// Whether a heavy node has this outcome in its records.
    fn has_ended_with(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Failed(failure) => self.has_failed(failure),
            Outcome::Completed(Reveal { digest, participants, totals }) => {
                let sealed = self.seal(digest);
                sealed.is_some_and(|seal| seal.roster.len() == *participants)
                    && self.has(|fact| match fact {
                        Fact::Revealed(partials) => {
                            let partials = partials.values().map(|it| self.values(it.expose()));
                            self.sum(partials) == self.values(totals.expose())
                        }
                        _ => false,
                    })
            }
        }
    }

    /// Whether a light node may be told that its answer was counted, or was not.
    fn has_ended_for(&self, light: &NodeId, counted: bool) -> bool {
        let failed = self.has(|fact| matches!(fact, Fact::Failed(_)));
        let revealed = self.has(|fact| matches!(fact, Fact::Revealed(_)));
        let listed = self.lists(light);
        if counted { revealed && listed } else { failed || (revealed && !listed) }
    }

    fn lists(&self, light: &NodeId) -> bool {
        self.has(|fact| matches!(fact, Fact::Sealed(seal) if seal.roster.of(light).is_some()))
    }

    /// Whether something of a light node is durable: its share, its declining, or a roster with it.
    fn has_heard(&self, light: &NodeId) -> bool {
        let late = || self.decliners.contains(light) && self.has(|fact| *fact == Fact::Frozen);
        self.heard.contains_key(light)
            || self.heard_before.contains(light)
            || self.lists(light)
            || late()
    }

    fn has_split(&self, to: &NodeId, tag: Tag, share: &Share) -> bool {
        let Some(seat) = self.spec().and_then(|spec| spec.committee.seat_of(to)) else {
            return false;
        };
        self.has(|fact| match fact {
            Fact::Split { tag: known, shares } => *known == tag && shares.get(seat) == Some(share),
            _ => false,
        })
    }

    /// R4, R5: a sealed partial is the sum of this node's own shares over a large enough roster.
    fn adds_up(&self, seal: &Seal) -> bool {
        let share = |light: &NodeId, under: &Tag| match self.heard.get(light)? {
            Some((tag, share)) if tag == under => Some(self.values(share.expose())),
            _ => None,
        };
        let entries = seal.roster.entries();
        let shares: Vec<_> =
            entries.iter().filter_map(|entry| share(&entry.light, &entry.tag)).collect();
        let needed = self.spec().map_or(1, |spec| spec.min_participants);
        shares.len() == entries.len()
            && seal.roster.len() >= needed
            && self.sum(shares) == self.values(seal.partial.expose())
    }

    fn own_counts(&self, digest: &RosterDigest) -> Option<Vec<u128>> {
        let (spec, seal) = (self.spec()?, self.seal(digest)?);
        let partial = self.values(seal.partial.expose());
        (spec.statistic.counted_groups() > 0).then(|| sums::counts(spec, &partial).to_vec())
    }

    /// R4: what may leave of the sealed partial; nothing before its groups are counted.
    fn released(&self, digest: &RosterDigest) -> Option<Vec<u128>> {
        let (spec, seal) = (self.spec()?, self.seal(digest)?);
        let partial = self.values(seal.partial.expose());
        if spec.statistic.counted_groups() == 0 {
            return Some(partial);
        }
        let counts = self.remembered().iter().find_map(|fact| match fact {
            Fact::Counted(counts) => Some(counts.values().map(|it| self.values(it.expose()))),
            _ => None,
        })?;
        Some(sums::released(spec, &partial, &self.sum(counts)))
    }

    fn values(&self, bytes: &[u8]) -> Vec<u128> {
        self.spec().map(|spec| sums::values(spec, bytes)).unwrap_or_default()
    }

    fn sum(&self, all: impl IntoIterator<Item = Vec<u128>>) -> Vec<u128> {
        self.spec().map(|spec| sums::sum(spec, all)).unwrap_or_default()
    }
}
