//! The checkers' own account of the truth: the plan, and what has become durable where.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::id::{ComputationId, NodeId, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Record};
use formix_proto::roster::Entry;
use sha2::{Digest, Sha256};

use crate::index::Index;
use crate::plan::{Deed, Peer, Plan};
use crate::sight::Sight;
use crate::truth::Truth;

/// Everything that the checkers know.
#[derive(Debug)]
pub(crate) struct Books<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) index: Index<'p>,
    /// What the answers to each question come to.
    pub(crate) truths: Vec<Truth<'p>>,
    pages: Vec<Vec<Page>>,
    /// Which seats have sent which light node which question.
    invitations: BTreeSet<(Peer, Peer, ComputationId)>,
}

/// What is durable at one node about one computation.
#[derive(Debug, Default, Clone)]
pub(crate) struct Page {
    pub(crate) began: bool,
    pub(crate) opened: bool,
    /// Every contribution that was ever durable here, superseded ones included.
    pub(crate) contributed: BTreeMap<Peer, Part>,
    pub(crate) declined: BTreeSet<Peer>,
    pub(crate) frozen: bool,
    pub(crate) sealed: Option<Sealed>,
    /// What the counts of the three seats add up to.
    pub(crate) counted: Option<Vec<u128>>,
    pub(crate) revealed: bool,
    pub(crate) failed: bool,
    pub(crate) asked: bool,
    pub(crate) split: Option<Split>,
    /// Whether it was counted, if it learned that.
    pub(crate) settled: Option<Option<bool>>,
    pub(crate) proposed: bool,
    pub(crate) concluded: bool,
    pub(crate) forgotten: bool,
}

/// One seat's share under a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) tag: Tag,
    pub(crate) share: Vec<u128>,
}

/// How a light node split its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) tag: Tag,
    pub(crate) shares: [Vec<u128>; 3],
}

/// A sealed roster and its partial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) digest: [u8; 32],
    pub(crate) entries: Vec<Entry>,
    pub(crate) partial: Vec<u128>,
}

impl<'p> Books<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let cluster = &plan.cluster;
        Self {
            plan,
            index: Index::new(plan),
            invitations: BTreeSet::new(),
            truths: plan.workload.iter().map(Truth::new).collect(),
            pages: vec![vec![Page::default(); cluster.members.len()]; plan.workload.len()],
        }
    }

    /// Which question of the workload this is.
    pub(crate) fn question(&self, id: &ComputationId) -> Option<usize> {
        self.index.question(id)
    }

    pub(crate) fn peer(&self, id: &NodeId) -> Option<Peer> {
        self.plan.cluster.peer(id)
    }

    /// Whether a node is known, and not an adversary's.
    pub(crate) fn is_honest(&self, id: &NodeId) -> bool {
        self.peer(id).is_some_and(|peer| !self.plan.adversary.has(peer))
    }

    pub(crate) fn page(&self, question: usize, peer: Peer) -> &Page {
        &self.pages[question][peer.index()]
    }

    /// The seat of a node in a question's committee.
    pub(crate) fn seat(&self, question: usize, peer: Peer) -> Option<usize> {
        self.committee(question).iter().position(|seat| *seat == Some(peer))
    }

    /// The nodes of the seats; `None` for a stranger.
    pub(crate) fn committee(&self, question: usize) -> [Option<Peer>; 3] {
        self.plan.workload[question].proposal.spec.committee.0.map(|id| self.peer(&id))
    }

    /// The pages of the three seats.
    pub(crate) fn seats(&self, question: usize) -> Option<[&Page; 3]> {
        let [a, b, c] = self.committee(question);
        Some([a?, b?, c?].map(|peer| self.page(question, peer)))
    }

    /// The light nodes whose contribution, under one tag, is or was durable at all three seats.
    pub(crate) fn accepted_everywhere(&self, question: usize) -> Vec<(Peer, Tag)> {
        let Some([first, second, third]) = self.seats(question) else { return Vec::new() };
        let everywhere = |(light, part): (&Peer, &Part)| {
            let same = |page: &Page| page.contributed.get(light).is_some_and(|p| p.tag == part.tag);
            (same(second) && same(third)).then_some((*light, part.tag))
        };
        first.contributed.iter().filter_map(everywhere).collect()
    }

    /// What the owner of a light node does about a question.
    pub(crate) fn deed(&self, question: usize, light: Peer) -> Option<&'p Deed> {
        self.plan.workload[question].owner(&self.plan.cluster, light).map(|owner| &owner.deed)
    }

    /// What a light node is to split of a question, if it keeps to the protocol.
    pub(crate) fn expected(&self, question: usize, light: Peer) -> Option<Vec<u128>> {
        self.truths[question].split(self.deed(question, light)?)
    }

    /// What the entries of a roster come to: their answers, or whatever an adversary's shares make.
    /// `None` if there is not one for each.
    pub(crate) fn total(&self, question: usize, roster: &[Entry]) -> Option<Vec<u128>> {
        let truth = &self.truths[question];
        let all: Option<Vec<_>> = roster
            .iter()
            .map(|entry| {
                let light = self.peer(&entry.light)?;
                if !self.plan.adversary.has(light) {
                    return self.expected(question, light);
                }
                let shares = self.seats(question)?.map(|page| page.share_of(light));
                shares.into_iter().collect::<Option<Vec<_>>>().map(|shares| truth.sum(shares))
            })
            .collect();
        all.map(|all| truth.sum(all))
    }

    /// A sealed roster of this digest, from whichever seat has it.
    pub(crate) fn roster(&self, question: usize, digest: &[u8; 32]) -> Option<&[Entry]> {
        let sealed = self.pages[question].iter().filter_map(|page| page.sealed.as_ref());
        sealed.filter(|sealed| sealed.digest == *digest).map(|sealed| &sealed.entries[..]).next()
    }

    /// How many computations an adversary can have made up.
    pub(crate) fn forgeries(&self) -> usize {
        self.plan.adversary.moves.len()
    }

    /// Whether a seat has sent this question to a light node.
    pub(crate) fn has_invited(&self, seat: Peer, light: Peer, id: &ComputationId) -> bool {
        self.invitations.contains(&(seat, light, *id))
    }

    /// Takes note, before the checkers look.
    pub(crate) fn note(&mut self, sight: &Sight<'_>) {
        match sight {
            Sight::Durable { peer, records } => {
                records.iter().for_each(|record| self.record(*peer, record));
            }
            Sight::Stopped { peer, amnesia: true, .. } => self.tear_out(*peer),
            Sight::Sent { from, to, message: message @ Message::Invite(proposal), .. } => {
                let known = self.index.of(message);
                let id = known.map_or_else(|| proposal.id(), |question| self.index.ids[question]);
                self.invitations.insert((*from, *to, id));
            }
            Sight::RolledBack { peer, records } => {
                self.tear_out(*peer);
                records.iter().for_each(|record| self.record(*peer, record));
            }
            _ => {}
        }
    }

    /// A node's disk is gone, and with it all that was durable there.
    fn tear_out(&mut self, peer: Peer) {
        self.pages.iter_mut().for_each(|pages| pages[peer.index()] = Page::default());
    }

    fn record(&mut self, peer: Peer, Record { id, fact }: &Record) {
        let Some(question) = self.question(id) else { return };
        let light = |id: &NodeId| self.plan.cluster.peer(id);
        let truth = &self.truths[question];
        let page = &mut self.pages[question][peer.index()];
        match fact {
            Fact::Prepared(_) => page.began = true,
            Fact::Opened => page.opened = true,
            Fact::Contributed { light: id, tag, share } => {
                if let Some(light) = light(id) {
                    let part = Part { tag: *tag, share: truth.values(share) };
                    page.contributed.entry(light).or_insert(part);
                }
            }
            Fact::Declined(id) => page.declined.extend(light(id)),
            Fact::Frozen => page.frozen = true,
            Fact::Sealed(seal) => {
                let entries = seal.roster.entries().to_vec();
                let (digest, partial) = (digest(&entries), truth.values(&seal.partial));
                page.sealed = Some(Sealed { digest, entries, partial });
            }
            Fact::Counted(counts) => {
                page.counted = Some(truth.sum(counts.each_ref().map(|lanes| truth.values(lanes))));
            }
            Fact::Revealed(_) => page.revealed = true,
            Fact::Failed(_) => page.failed = true,
            Fact::Asked(_) => page.asked = true,
            Fact::Split { tag, shares } => {
                let shares = shares.each_ref().map(|share| truth.values(share));
                page.split = Some(Split { tag: *tag, shares });
            }
            Fact::Settled(counted) => page.settled = Some(*counted),
            Fact::Proposed(_) => page.proposed = true,
            Fact::Concluded(_) => page.concluded = true,
            Fact::Forgotten => page.forgotten = true,
            Fact::Withheld | Fact::Delivered | Fact::Accepted => {}
        }
    }
}

impl Page {
    /// The share of a light node that was accepted here.
    pub(crate) fn share_of(&self, light: Peer) -> Option<Vec<u128>> {
        self.contributed.get(&light).map(|part| part.share.clone())
    }

    /// Whether nothing that is still to be done here takes the shares of single answers.
    pub(crate) fn needs_no_shares(&self) -> bool {
        self.sealed.is_some() || self.revealed || self.failed || self.settled.is_some()
    }

    /// Whether anything of it was ever durable here.
    pub(crate) fn has_begun(&self) -> bool {
        self.began || self.asked || self.proposed || self.failed || self.settled.is_some()
    }

    /// Whether the node has taken it up as a heavy, light or proposer, and not ended it.
    pub(crate) fn is_open(&self) -> bool {
        let heavy = self.began && !self.revealed && !self.failed;
        heavy || (self.asked && self.settled.is_none()) || (self.proposed && !self.concluded)
    }
}

/// The published digest of a roster: SHA-256 over the purpose and the entries, each with its length.
pub(crate) fn digest(entries: &[Entry]) -> [u8; 32] {
    const PURPOSE: &[u8] = b"formix/1 roster";
    let mut hasher = Sha256::new();
    hasher.update((PURPOSE.len() as u64).to_le_bytes());
    hasher.update(PURPOSE);
    hasher.update((48 * entries.len() as u64).to_le_bytes());
    for entry in entries {
        hasher.update(entry.light.0);
        hasher.update(entry.tag.0);
    }
    hasher.finalize().into()
}

/// What a completed outcome says.
pub(crate) fn completion(outcome: &Outcome) -> Option<&Reveal> {
    match outcome {
        Outcome::Completed(reveal) => Some(reveal),
        Outcome::Failed(_) => None,
    }
}
