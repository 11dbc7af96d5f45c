//! What nodes write: what simulated ones wrote, and lives made up here.

use std::collections::BTreeMap;
use std::ops::Range;

use formix_proto::record::{Fact, Record};
use formix_sim::observation::{Observation, Observer};
use formix_sim::plan::{Peer, Plan};
use formix_sim::random::Stream;
use formix_sim::world::simulate;

use super::super::*;

/// The batches of one node, in order.
pub(crate) type Batches = Vec<Vec<Record>>;

/// What every node of these simulated networks had on its disk in the end, batch by batch.
pub(crate) fn simulated(seeds: Range<u64>) -> Vec<Batches> {
    let all = |seed| {
        let mut scribe = Scribe::default();
        let run = simulate(&Plan::from_seed(seed), &mut scribe);
        assert_eq!(run.violation, None);
        scribe.0.into_values()
    };
    seeds.flat_map(all).collect()
}

#[derive(Default)]
struct Scribe(BTreeMap<Peer, Batches>);

impl Observer for Scribe {
    fn observe(&mut self, _: u64, observation: &Observation<'_>) {
        match observation {
            Observation::Durable { peer, records } => {
                self.0.entry(*peer).or_default().push(records.to_vec());
            }
            Observation::Stopped { peer, amnesia: true, .. } => {
                self.0.remove(peer);
            }
            _ => {}
        }
    }
}

/// So many computations in each part that a node can have, each from its first fact to the last, in
/// between one another and in batches of all sizes.
pub(crate) fn whole_lives(seed: u64, each: u32) -> Batches {
    let mut draw = Stream::new(seed, "lives");
    let parts: [fn(u32) -> Vec<Record>; 5] = [sealed_life, failed_life, light, silent, proposer];
    let mut lives: Vec<_> =
        (0..each * 5).map(|n| parts[n as usize % 5](n).into_iter().peekable()).collect();
    let mut batches = vec![Vec::new()];
    while !lives.is_empty() {
        let at = draw.index(lives.len());
        match lives[at].next() {
            Some(record) => batches.last_mut().unwrap().push(record),
            None => drop(lives.swap_remove(at)),
        }
        if draw.chance(45) {
            batches.push(Vec::new());
        }
    }
    batches
}

fn life(n: u32, facts: impl IntoIterator<Item = Fact>) -> Vec<Record> {
    facts.into_iter().map(|fact| record(n, fact)).collect()
}

fn open(n: u32) -> Vec<Record> {
    let mut records = life(n, [Fact::Prepared(Box::new(proposal())), Fact::Opened]);
    records.extend((0..3).map(|light| contributed(n, light)));
    records.push(record(n, Fact::Declined(NodeId([9; 32]))));
    records
}

fn sealed_life(n: u32) -> Vec<Record> {
    let mut records = open(n);
    let partials = [1, 2, 3].map(|element| vectors::partial(&[element])).into();
    records.extend([record(n, Fact::Frozen), sealed(n)]);
    records.extend(life(n, [Fact::Revealed(partials), Fact::Forgotten]));
    records
}

fn failed_life(n: u32) -> Vec<Record> {
    let mut records = open(n);
    records.push(record(n, Fact::Failed(Failure::NeverOpened)));
    records
}

fn light(n: u32) -> Vec<Record> {
    let split =
        Fact::Split { tag: Tag([9; 16]), shares: [0, 1, 2].map(|seat| share(n, seat)).into() };
    let asked = Fact::Asked(Box::new(proposal()));
    life(n, [asked, split, Fact::Delivered, Fact::Learned(Some(true)), Fact::Forgotten])
}

fn silent(n: u32) -> Vec<Record> {
    life(n, [Fact::Asked(Box::new(proposal())), Fact::Withheld, Fact::Learned(None)])
}

fn proposer(n: u32) -> Vec<Record> {
    vec![proposed(n), record(n, Fact::Accepted), completed(n), record(n, Fact::Forgotten)]
}
