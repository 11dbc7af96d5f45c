//! Whose answers to change, and where their coins are.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::id::NodeId;
use formix_proto::record::{Fact, Record};

use crate::index::Index;
use crate::plan::{Deed, Peer, Plan};
use crate::sight::{Sight, Witness};

/// Two answers to one question that can change without their sum.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) question: usize,
    pub(super) seats: [Peer; 3],
    /// Whose answer grows, and whose falls, by so many steps.
    pub(super) up: Peer,
    pub(super) down: Peer,
    pub(super) by: i64,
    pub(super) splits: Vec<Split>,
    /// Both were in a roster that was summed.
    pub(super) revealed: bool,
}

/// One splitting of an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub(super) light: Peer,
    pub(super) life: u32,
    question: usize,
    /// The ordinal of its first coin in that life.
    pub(super) first_word: u32,
}

/// Watches a run for what can be changed in it.
pub(super) struct Probe<'p> {
    plan: &'p Plan,
    index: Index<'p>,
    lives: BTreeMap<Peer, u32>,
    words: BTreeMap<(Peer, u32), u32>,
    splits: Vec<Split>,
    rosters: BTreeMap<usize, BTreeSet<Vec<NodeId>>>,
}

impl<'p> Probe<'p> {
    pub(super) fn new(plan: &'p Plan) -> Self {
        let (lives, words) = (BTreeMap::new(), BTreeMap::new());
        Self {
            plan,
            index: Index::new(plan),
            lives,
            words,
            splits: Vec::new(),
            rosters: BTreeMap::new(),
        }
    }

    fn issued(&mut self, light: Peer, record: &Record) {
        let Some(question) = self.index.question(&record.id) else { return };
        match &record.fact {
            Fact::Split { .. } => {
                let life = self.lives.get(&light).copied().unwrap_or(0);
                let word = self.words.entry((light, life)).or_default();
                self.splits.push(Split { light, life, question, first_word: *word });
                *word += 2;
            }
            Fact::Sealed(seal) => {
                let lights = seal.roster.entries().iter().map(|entry| entry.light).collect();
                self.rosters.entry(question).or_default().insert(lights);
            }
            _ => {}
        }
    }

    /// Two answers of which every roster has both or neither: if it had one, its sum would tell. One
    /// that was summed is preferred.
    pub(super) fn choose(self) -> Option<Pair> {
        let plan = self.plan;
        let candidates = (0..plan.workload.len()).filter_map(|question| self.pair(question));
        let mut pairs: Vec<_> = candidates.collect();
        pairs.sort_by_key(|pair| !pair.revealed);
        let mut pair = pairs.into_iter().next()?;
        let own = |split: &Split| {
            split.question == pair.question && [pair.up, pair.down].contains(&split.light)
        };
        pair.splits = self.splits.iter().filter(|split| own(split)).copied().collect();
        Some(pair)
    }

    fn pair(&self, question: usize) -> Option<Pair> {
        let asked = &self.plan.workload[question];
        let cluster = &self.plan.cluster;
        let [a, b, c] = asked.proposal.spec.committee.0.map(|id| cluster.peer(&id));
        let rosters = self.rosters.get(&question);
        let is_in = |light: Peer| -> Vec<bool> {
            let id = cluster.member(light).id;
            rosters.into_iter().flatten().map(|roster| roster.contains(&id)).collect()
        };
        let mut answered: Vec<_> = self.answers(question);
        answered.sort_by_key(|(light, _)| !is_in(*light).contains(&true));
        for (at, (up, high)) in answered.iter().enumerate() {
            for (down, low) in &answered[at + 1..] {
                let room = (asked.scale.max - high).min(low - asked.scale.min);
                let by = room.min(1 + (self.plan.seed % 100_000).cast_signed());
                if by > 0 && is_in(*up) == is_in(*down) {
                    let (up, down, revealed) = (*up, *down, is_in(*up).contains(&true));
                    let splits = Vec::new();
                    let seats = [a?, b?, c?];
                    return Some(Pair { question, seats, up, down, by, splits, revealed });
                }
            }
        }
        None
    }

    /// Who was to answer what, in whole steps that stay whole when they change; without whoever asks.
    fn answers(&self, question: usize) -> Vec<(Peer, i64)> {
        let asked = &self.plan.workload[question];
        let lights = self.plan.cluster.with_role(formix_proto::directory::Role::Light);
        let is_honest = |light| light != asked.asker && !self.plan.adversary.has(light);
        let whole = |(light, owner): (Peer, &crate::plan::Owner)| match owner.deed {
            Deed::Answer { tenths } if tenths % 10 == 0 && is_honest(light) => {
                Some((light, tenths / 10))
            }
            _ => None,
        };
        lights.into_iter().zip(&asked.owners).filter_map(whole).collect()
    }
}

impl Witness for Probe<'_> {
    fn see(&mut self, _: u64, sight: &Sight<'_>) {
        match sight {
            Sight::Started { peer, life } => {
                self.lives.insert(*peer, *life);
            }
            Sight::Issued { peer, records, .. } => {
                records.iter().for_each(|record| self.issued(*peer, record));
            }
            _ => {}
        }
    }
}
