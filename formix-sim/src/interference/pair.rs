//! Whose answers to change, and where their coins are.

use std::collections::{BTreeMap, BTreeSet};

use formix_proto::directory::Role;
use formix_proto::record::{Fact, Record};
use formix_proto::roster::Entry;
use formix_proto::seat::PerSeat;
use formix_proto::sharing::Share;

use crate::index::Index;
use crate::observation::{Observation, Observer};
use crate::plan::{Behaviour, Peer, Plan, Reply};
use crate::random::Stream;
use crate::truth::Truth;

/// One answer to a question that can be another's, or two that can be exchanged.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) question: usize,
    pub(super) seats: Vec<Peer>,
    pub(super) one: Peer,
    pub(super) other: Peer,
    pub(super) change: Change,
    pub(super) splits: Vec<Split>,
}

/// What is changed. The sums that are released stay the same, and so does the number of answers in each group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Both are in the same sum: each says what the other has said.
    Exchange,
    /// The first is in a suppressed group: it says what the other has said, in its own group.
    Within,
    /// The first was never added up: it says what the other has said.
    Alone,
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
    /// Who has declined, or split something else than planned: its owner was not in time.
    late: BTreeSet<(usize, Peer)>,
    rosters: BTreeMap<usize, BTreeSet<Vec<Peer>>>,
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
            late: BTreeSet::new(),
            rosters: BTreeMap::new(),
        }
    }

    fn issued(&mut self, light: Peer, record: &Record) {
        // An adversary's own questions take coins, too.
        let first_word = match &record.fact {
            Fact::Split { shares, .. } => self.draw(light, shares),
            _ => 0,
        };
        let Some(question) = self.index.question(&record.id) else { return };
        match &record.fact {
            Fact::Withheld => {
                self.late.insert((question, light));
            }
            Fact::Split { shares, .. } => {
                let life = self.life(light);
                self.splits.push(Split { light, life, question, first_word });
                let asked = &self.plan.workload[question];
                let truth = Truth::new(asked);
                let split = truth.sum(shares.values().map(|share| truth.values(share.expose())));
                let owner = asked.owner(&self.plan.cluster, light);
                if owner.and_then(|owner| truth.split(&owner.behaviour)) != Some(split) {
                    self.late.insert((question, light));
                }
            }
            Fact::Sealed(seal) => {
                let peer = |entry: &Entry| self.plan.cluster.peer(&entry.light);
                let lights = seal.roster.entries().iter().filter_map(peer).collect();
                self.rosters.entry(question).or_default().insert(lights);
            }
            _ => {}
        }
    }

    /// Counts the coins of a split, and says which is its first. All shares but the last are drawn.
    fn draw(&mut self, light: Peer, shares: &PerSeat<Share>) -> u32 {
        let drawn = shares.values().take(shares.seats() - 1);
        let words: usize = drawn.map(|share| share.expose().len() / 4).sum();
        let next = self.words.entry((light, self.life(light))).or_default();
        let first = *next;
        *next += u32::try_from(words).unwrap_or(0);
        first
    }

    fn life(&self, light: Peer) -> u32 {
        self.lives.get(&light).copied().unwrap_or(0)
    }

    /// One of all the changes that there are, each kind as often as another; of an answer that was
    /// never added up only if there is no other.
    pub(super) fn choose(self) -> Option<Pair> {
        let mut pairs = BTreeMap::<_, Vec<_>>::new();
        for pair in (0..self.plan.workload.len()).flat_map(|question| self.pairs(question)) {
            pairs.entry(pair.change).or_default().push(pair);
        }
        let mut kinds: Vec<_> = pairs.into_values().collect();
        if kinds.len() > 1 && kinds.last().is_some_and(|kind| kind[0].change == Change::Alone) {
            kinds.pop();
        }
        let mut draw = Stream::new(self.plan.seed, "interference");
        let mut kind = (!kinds.is_empty()).then(|| kinds.swap_remove(draw.index(kinds.len())))?;
        let mut pair = kind.swap_remove(draw.index(kind.len()));
        let own = |split: &Split| {
            split.question == pair.question && [pair.one, pair.other].contains(&split.light)
        };
        pair.splits = self.splits.iter().filter(|split| own(split)).copied().collect();
        Some(pair)
    }

    fn pairs(&self, question: usize) -> Vec<Pair> {
        let committee = self.plan.workload[question].committee(&self.plan.cluster);
        let seats: Option<Vec<_>> = committee.into_iter().collect();
        let Some(seats) = seats else { return Vec::new() };
        let answers = self.answers(question);
        let couples =
            answers.iter().flat_map(|one| answers.iter().map(move |other| (*one, *other)));
        let pair = |((one, behaviour), (other, said))| {
            let change = self.change(question, (one, behaviour), (other, said))?;
            let (seats, splits) = (seats.clone(), Vec::new());
            Some(Pair { question, seats, one, other, change, splits })
        };
        couples.filter_map(pair).collect()
    }

    fn change(
        &self,
        question: usize,
        (one, behaviour): (Peer, &Behaviour),
        (other, said): (Peer, &Behaviour),
    ) -> Option<Change> {
        let truth = Truth::new(&self.plan.workload[question]);
        let rosters = || self.rosters.get(&question).into_iter().flatten();
        let is_in = |light| -> Vec<_> { rosters().map(|roster| roster.contains(&light)).collect() };
        let holds = |change: &Change| match change {
            // If a roster had one and not the other, its sum would tell.
            Change::Exchange => is_in(one).contains(&true) && is_in(one) == is_in(other),
            Change::Within => rosters()
                .filter(|roster| roster.contains(&one))
                .all(|roster| self.is_suppressed(question, roster, one)),
            Change::Alone => !is_in(one).contains(&true),
        };
        // Within a group nothing changes for a node that is in no roster.
        let changes = match is_in(one).contains(&true) {
            true => &[Change::Within, Change::Exchange][..],
            false => &[Change::Alone],
        };
        let changes_it = |change: &&Change| {
            let new = change.of(behaviour, said);
            truth.split(&new).is_some_and(|new| truth.split(behaviour) != Some(new))
        };
        changes.iter().filter(changes_it).find(|change| holds(change)).copied()
    }

    /// Whether the group of a roster that has this answer is suppressed. Where an adversary's answer is
    /// in it nobody can say; and a seat that lies can have any group released.
    fn is_suppressed(&self, question: usize, roster: &[Peer], light: Peer) -> bool {
        let asked = &self.plan.workload[question];
        let truth = Truth::new(asked);
        let lanes = |light: &Peer| {
            let owner = asked.owner(&self.plan.cluster, *light)?;
            (!self.plan.adversary.has(*light)).then(|| truth.split(&owner.behaviour)).flatten()
        };
        let all: Option<Vec<_>> = roster.iter().map(lanes).collect();
        let (Some(all), Some(own), 1..) = (all, lanes(&light), truth.counted()) else {
            return false;
        };
        let seats = asked.committee(&self.plan.cluster);
        if seats.into_iter().flatten().any(|seat| self.plan.adversary.has(seat)) {
            return false;
        }
        let tells = truth.tells(&truth.sum(all)[..truth.counted()]);
        own.iter().zip(tells).all(|(lane, tells)| *lane == 0 || !tells)
    }

    /// What each node says and is heard with at once, but for the proposer.
    fn answers(&self, question: usize) -> Vec<(Peer, &'p Behaviour)> {
        let asked = &self.plan.workload[question];
        let truth = Truth::new(asked);
        let is_heard = |behaviour: &Behaviour| match behaviour {
            Behaviour::Answer(reply) => truth.encode(reply).is_some(),
            _ => truth.split(behaviour).is_some(),
        };
        let lights = self.plan.cluster.with_role(Role::Light).into_iter();
        lights
            .filter(|light| *light != asked.proposer && !self.plan.adversary.has(*light))
            .filter(|light| !self.late.contains(&(question, *light)))
            .filter_map(|light| Some((light, &asked.owner(&self.plan.cluster, light)?.behaviour)))
            .filter(|(_, behaviour)| is_heard(behaviour))
            .collect()
    }
}

impl Change {
    /// What the first says instead.
    pub(super) fn of(self, behaviour: &Behaviour, said: &Behaviour) -> Behaviour {
        match (self, behaviour, said) {
            (Self::Within, Behaviour::Answer(own), Behaviour::Answer(other)) => {
                Behaviour::Answer(Reply { group: own.group, cells: other.cells.clone() })
            }
            // Declining instead would change how many answers there are.
            (Self::Within, own, _) => own.clone(),
            (_, _, said) => said.clone(),
        }
    }
}

impl Observer for Probe<'_> {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        match observation {
            Observation::Started { peer, life } => {
                self.lives.insert(*peer, *life);
            }
            Observation::Issued { peer, records, .. } => {
                records.iter().for_each(|record| self.issued(*peer, record));
            }
            _ => {}
        }
    }
}
