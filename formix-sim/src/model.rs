//! The checkers' own account of the truth: the plan, and what has become durable where.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::directory::Role;
use formix_proto::id::{ComputationId, NodeId, Tag};
use formix_proto::message::Message;
use formix_proto::outcome::{Outcome, Reveal};
use formix_proto::record::{Fact, Record};
use formix_proto::roster::Entry;
use formix_proto::seat::Seat;
use sha2::{Digest, Sha256};

use crate::index::Index;
use crate::observation::Observation;
use crate::plan::{Behaviour, Peer, Plan};
use crate::truth::Truth;

/// Everything that the checkers know.
#[derive(Debug)]
pub(crate) struct Model<'p> {
    pub(crate) plan: &'p Plan,
    pub(crate) index: Index<'p>,
    /// What the answers to each question come to.
    pub(crate) truths: Vec<Truth<'p>>,
    nodes: Vec<Vec<NodeState>>,
    /// What every split came to that was ever durable at its light node. A check of its own finds each right
    /// when it is made.
    pub(crate) splits: BTreeMap<Tag, Vec<u128>>,
    /// Which seats have sent which light node which question.
    invitations: BTreeSet<(Peer, Peer, ComputationId)>,
    /// The light nodes that are not enrolled at a heavy node.
    strangers: BTreeMap<Peer, BTreeSet<Peer>>,
}

/// What is durable at one node about one computation.
#[derive(Debug, Default, Clone)]
pub(crate) struct NodeState {
    pub(crate) began: bool,
    pub(crate) opened: bool,
    /// Every contribution that was ever durable here, superseded ones included.
    pub(crate) contributed: BTreeMap<Peer, HeldShare>,
    pub(crate) declined: BTreeSet<Peer>,
    pub(crate) frozen: bool,
    pub(crate) sealed: Option<Sealed>,
    /// What the counts of all seats add up to.
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
pub(crate) struct HeldShare {
    pub(crate) tag: Tag,
    pub(crate) share: Vec<u128>,
}

/// How a light node split its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) tag: Tag,
    /// In order of the seats.
    pub(crate) shares: Vec<Vec<u128>>,
}

/// A sealed roster and its partial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) digest: [u8; 32],
    pub(crate) entries: Vec<Entry>,
    pub(crate) partial: Vec<u128>,
}

impl<'p> Model<'p> {
    pub(crate) fn new(plan: &'p Plan) -> Self {
        let cluster = &plan.cluster;
        Self {
            plan,
            index: Index::new(plan),
            splits: BTreeMap::new(),
            invitations: BTreeSet::new(),
            strangers: BTreeMap::new(),
            truths: plan.workload.iter().map(Truth::new).collect(),
            nodes: vec![vec![NodeState::default(); cluster.members.len()]; plan.workload.len()],
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

    pub(crate) fn node(&self, question: usize, peer: Peer) -> &NodeState {
        &self.nodes[question][peer.index()]
    }

    /// The seat of a node in a question's committee.
    pub(crate) fn seat(&self, question: usize, peer: Peer) -> Option<usize> {
        let (asked, id) = (&self.plan.workload[question], self.plan.cluster.member(peer).id);
        asked.proposal.spec.committee.seat_of(&id).map(Seat::index)
    }

    /// The nodes of the seats; `None` for a stranger.
    pub(crate) fn committee(&self, question: usize) -> Vec<Option<Peer>> {
        self.plan.workload[question].committee(&self.plan.cluster)
    }

    /// What is durable at each seat; `None` if a stranger sits in one.
    pub(crate) fn seats(&self, question: usize) -> Option<Vec<&NodeState>> {
        let node = |seat: Option<Peer>| seat.map(|peer| self.node(question, peer));
        self.committee(question).into_iter().map(node).collect()
    }

    /// The light nodes whose contribution, under one tag, is or was durable at every seat.
    pub(crate) fn accepted_everywhere(&self, question: usize) -> Vec<(Peer, Tag)> {
        let seats = self.seats(question).unwrap_or_default();
        let Some((first, others)) = seats.split_first() else { return Vec::new() };
        let everywhere = |(light, held): (&Peer, &HeldShare)| {
            let same = |node: &&NodeState| {
                node.contributed.get(light).is_some_and(|other| other.tag == held.tag)
            };
            others.iter().all(same).then_some((*light, held.tag))
        };
        first.contributed.iter().filter_map(everywhere).collect()
    }

    /// What the owner of a light node does about a question. Where there is a time to answer, to do nothing
    /// is to decline.
    pub(crate) fn behaviour(&self, question: usize, light: Peer) -> Option<&'p Behaviour> {
        let owner = self.plan.workload[question].owner(&self.plan.cluster, light)?;
        match owner.behaviour {
            Behaviour::Ignore if self.plan.cluster.keeps_time() => Some(&Behaviour::Decline),
            _ => Some(&owner.behaviour),
        }
    }

    /// The sum over a roster: of its light nodes' answers, or of the shares that an adversary's light
    /// node has sent. `None` if one of them has neither.
    pub(crate) fn total(&self, question: usize, roster: &[Entry]) -> Option<Vec<u128>> {
        let truth = &self.truths[question];
        let all: Option<Vec<_>> = roster
            .iter()
            .map(|entry| {
                let light = self.peer(&entry.light)?;
                if !self.plan.adversary.has(light) {
                    return self.splits.get(&entry.tag).cloned();
                }
                let seats = self.seats(question)?.into_iter();
                let shares = seats.map(|node| node.share_of(light)).collect::<Option<Vec<_>>>();
                shares.map(|shares| truth.sum(shares))
            })
            .collect();
        all.map(|all| truth.sum(all))
    }

    /// A sealed roster of this digest, from whichever seat has it.
    pub(crate) fn roster(&self, question: usize, digest: &[u8; 32]) -> Option<&[Entry]> {
        let sealed = self.nodes[question].iter().filter_map(|node| node.sealed.as_ref());
        sealed.filter(|sealed| sealed.digest == *digest).map(|sealed| &sealed.entries[..]).next()
    }

    /// An upper bound on the computations that an adversary has made up.
    pub(crate) fn forgeries(&self) -> usize {
        self.plan.adversary.moves.len()
    }

    /// Whether a seat has sent this question to a light node.
    pub(crate) fn has_invited(&self, seat: Peer, light: Peer, id: &ComputationId) -> bool {
        self.invitations.contains(&(seat, light, *id))
    }

    /// The light nodes that are enrolled at a heavy node now.
    pub(crate) fn enrolled_at(&self, heavy: Peer) -> impl Iterator<Item = Peer> {
        let strangers = self.strangers.get(&heavy);
        let is_known = move |light: &Peer| strangers.is_none_or(|all| !all.contains(light));
        self.plan.cluster.with_role(Role::Light).into_iter().filter(is_known)
    }

    /// Takes note, before the checkers look.
    pub(crate) fn note(&mut self, observation: &Observation<'_>) {
        match observation {
            Observation::Durable { peer, records } => {
                records.iter().for_each(|record| self.record(*peer, record));
            }
            Observation::Stopped { peer, amnesia: true, .. } => self.lose_disk(*peer),
            Observation::Enrolled { peer, strangers } => {
                self.strangers.insert(*peer, (*strangers).clone());
            }
            Observation::Sent {
                from, to, message: message @ Message::Invite(proposal), ..
            } => {
                let known = self.index.of(message);
                let id = known.map_or_else(|| proposal.id(), |question| self.index.ids[question]);
                self.invitations.insert((*from, *to, id));
            }
            Observation::RolledBack { peer, records } => {
                self.lose_disk(*peer);
                records.iter().for_each(|record| self.record(*peer, record));
            }
            _ => {}
        }
    }

    /// A node's disk is gone, and with it all that was durable there.
    fn lose_disk(&mut self, peer: Peer) {
        self.nodes.iter_mut().for_each(|nodes| nodes[peer.index()] = NodeState::default());
    }

    fn record(&mut self, peer: Peer, Record { id, fact }: &Record) {
        let Some(question) = self.question(id) else { return };
        let light = |id: &NodeId| self.plan.cluster.peer(id);
        let truth = &self.truths[question];
        let node = &mut self.nodes[question][peer.index()];
        match fact {
            Fact::Prepared(_) => node.began = true,
            Fact::Opened => node.opened = true,
            Fact::Contributed { light: id, tag, share } => {
                if let Some(light) = light(id) {
                    let held = HeldShare { tag: *tag, share: truth.values(share.expose()) };
                    node.contributed.entry(light).or_insert(held);
                }
            }
            Fact::Declined(id) => node.declined.extend(light(id)),
            Fact::Frozen => node.frozen = true,
            Fact::Sealed(seal) => {
                let entries = seal.roster.entries().to_vec();
                let (digest, partial) = (digest(&entries), truth.values(seal.partial.expose()));
                node.sealed = Some(Sealed { digest, entries, partial });
            }
            Fact::Counted(counts) => {
                node.counted =
                    Some(truth.sum(counts.values().map(|lanes| truth.values(lanes.expose()))));
            }
            Fact::Revealed(_) => node.revealed = true,
            Fact::Failed(_) => node.failed = true,
            Fact::Asked(_) => node.asked = true,
            Fact::Split { tag, shares } => {
                let shares: Vec<_> =
                    shares.values().map(|share| truth.values(share.expose())).collect();
                self.splits.entry(*tag).or_insert_with(|| truth.sum(shares.iter().cloned()));
                node.split = Some(Split { tag: *tag, shares });
            }
            Fact::Learned(counted) => node.settled = Some(*counted),
            Fact::Proposed(_) => node.proposed = true,
            Fact::Concluded(_) => node.concluded = true,
            Fact::Forgotten => node.forgotten = true,
            Fact::Withheld | Fact::Delivered | Fact::Accepted => {}
        }
    }
}

impl NodeState {
    /// The share of a light node that was accepted here.
    pub(crate) fn share_of(&self, light: Peer) -> Option<Vec<u128>> {
        self.contributed.get(&light).map(|held| held.share.clone())
    }

    /// Whether the shares of single answers are of no further use here.
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
