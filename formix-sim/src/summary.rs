//! The results of many runs, added up.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;

use formix_proto::outcome::{Failure, Outcome, Refusal};
use formix_proto::spec::SpecError;

use crate::coin_test::CoinTest;
use crate::coverage::Coverage;
use crate::coverage::Situation;
use crate::interference::{self, Change};
use crate::observation::{Observation, Observer};
use crate::plan::{Kind, Plan};
use crate::violation::{Invariant, Violation};
use crate::world::{End, Run, simulate};

/// One seed in this many is run again, to compare what coalitions see.
const COMPARED: u64 = 3;

/// Sums over runs.
#[derive(Debug, Default)]
pub struct Summary {
    /// How many runs there were.
    pub runs: u64,
    /// How many inputs the nodes handled.
    pub events: u64,
    /// A fingerprint of everything that happened in all of them, whatever their order.
    pub digest: u64,
    /// How often each kind of fault took effect.
    pub faults: BTreeMap<Kind, u64>,
    /// What came of the questions.
    pub ends: BTreeMap<&'static str, u64>,
    /// How often each situation occurred.
    pub coverage: BTreeMap<Situation, u64>,
    /// How many faults each run had in its plan.
    pub planned: BTreeMap<usize, u64>,
    /// In how many runs each kind of fault took effect.
    pub seeds_with: BTreeMap<Kind, u64>,
    /// Coalitions for which two runs were compared (P1).
    pub coalitions: u64,
    /// Those of them where two answers of one sum that was revealed were exchanged.
    pub coalitions_revealed: u64,
    /// Those of them where an answer was changed in a group that was suppressed.
    pub coalitions_suppressed: u64,
    /// In how many runs an adversary took part, and how often it did something.
    pub adversaries: u64,
    /// How often adversaries did something.
    pub tricks: u64,
    /// How often each invariant was broken where it is waived.
    pub waived: BTreeMap<Invariant, u64>,
    /// The bits of all shares (P2).
    pub coins: CoinTest,
    /// The seeds of the runs that broke an invariant, and which.
    pub violations: BTreeMap<u64, Violation>,
    /// The seeds of the runs in which some code panicked.
    pub panics: BTreeSet<u64>,
}

impl Summary {
    /// Runs the plan of a seed. A panic is a finding like any other, and does not end the swarm.
    pub fn of_seed(seed: u64) -> Self {
        panic::catch_unwind(|| Self::of_run(seed)).unwrap_or_else(|_| Self {
            runs: 1,
            panics: [seed].into(),
            ..Self::default()
        })
    }

    /// Whether everything held in all runs.
    pub fn holds(&self) -> bool {
        self.violations.is_empty() && self.panics.is_empty() && self.coins.bias().is_none()
    }

    /// The fault count that half of the runs do not exceed.
    pub fn median_faults(&self) -> usize {
        let mut left = self.runs.div_ceil(2);
        for (count, runs) in &self.planned {
            left = left.saturating_sub(*runs);
            if left == 0 {
                return *count;
            }
        }
        0
    }

    fn of_run(seed: u64) -> Self {
        let plan = Plan::from_seed(seed);
        let mut counter = Counter::new(&plan);
        let run = simulate(&plan, &mut counter);
        let Counter { coverage, faults, coins } = counter;
        let mut summary = Self {
            runs: 1,
            events: run.events,
            digest: run.digest,
            seeds_with: faults.keys().map(|kind| (*kind, 1)).collect(),
            planned: [(plan.faults.list.len(), 1)].into(),
            coverage: coverage.hits,
            adversaries: u64::from(run.tricks > 0),
            tricks: run.tricks,
            waived: run.waived.clone(),
            faults,
            coins,
            ..Self::default()
        };
        summary.count_ends(&run);
        summary.violations.extend(run.violation.map(|violation| (seed, violation)));
        if seed.is_multiple_of(COMPARED) && summary.violations.is_empty() {
            summary.compare(&plan);
        }
        summary
    }

    /// P1, of one plan.
    fn compare(&mut self, plan: &Plan) {
        match interference::compare(plan) {
            Ok(None) => {}
            Ok(Some(compared)) => {
                self.events += compared.events;
                self.coalitions += compared.coalitions;
                match compared.change {
                    Change::Exchange => self.coalitions_revealed += compared.coalitions,
                    Change::Within => self.coalitions_suppressed += compared.coalitions,
                    Change::Alone => {}
                }
            }
            Err(violation) => {
                self.violations.insert(plan.seed, violation);
            }
        }
    }

    /// Adds those of other runs.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.events += other.events;
        self.digest = self.digest.wrapping_add(other.digest);
        sum_up(&mut self.faults, other.faults);
        sum_up(&mut self.ends, other.ends);
        sum_up(&mut self.coverage, other.coverage);
        sum_up(&mut self.planned, other.planned);
        sum_up(&mut self.seeds_with, other.seeds_with);
        sum_up(&mut self.waived, other.waived);
        self.adversaries += other.adversaries;
        self.tricks += other.tricks;
        self.coalitions += other.coalitions;
        self.coalitions_revealed += other.coalitions_revealed;
        self.coalitions_suppressed += other.coalitions_suppressed;
        self.coins.add(&other.coins);
        self.violations.extend(other.violations);
        self.panics.extend(other.panics);
    }

    fn count_ends(&mut self, run: &Run) {
        for end in &run.ends {
            let label = end.as_ref().map_or("no end known to the proposer", |(_, end)| label(end));
            *self.ends.entry(label).or_default() += 1;
        }
    }
}

fn sum_up<K: Ord>(sums: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *sums.entry(key).or_default() += count;
    }
}

struct Counter<'p> {
    coverage: Coverage<'p>,
    faults: BTreeMap<Kind, u64>,
    coins: CoinTest,
}

impl<'p> Counter<'p> {
    fn new(plan: &'p Plan) -> Self {
        let (coverage, coins) = (Coverage::new(plan), CoinTest::default());
        Self { coverage, faults: BTreeMap::new(), coins }
    }
}

impl Observer for Counter<'_> {
    fn observe(&mut self, at: u64, observation: &Observation<'_>) {
        self.coverage.observe(at, observation);
        self.coins.observe(at, observation);
        if let Observation::Fault { kind, .. } = observation {
            *self.faults.entry(*kind).or_default() += 1;
        }
    }
}

/// What an end is called.
pub fn label(end: &End) -> &'static str {
    match end {
        End::Ended(Outcome::Completed(_)) => "completed",
        End::Ended(Outcome::Failed(failure)) => failed(failure),
        End::Rejected(error) => match error {
            SpecError::Overflow(_) => "rejected: overflow",
            SpecError::DeadlinePassed => "rejected: deadline passed",
            SpecError::DeadlineTooFar(_) => "rejected: deadline too far",
            SpecError::RepeatedHeavy(_) => "rejected: repeated heavy",
            SpecError::ThresholdTooLow { .. } => "rejected: threshold too low",
            _ => "rejected: other terms",
        },
    }
}

fn failed(failure: &Failure) -> &'static str {
    match failure {
        Failure::NotReady { .. } => "failed: not ready",
        Failure::NeverOpened => "failed: never opened",
        Failure::TooFew { .. } => "failed: too few",
        Failure::Unreachable { .. } => "failed: unreachable",
        Failure::RosterMismatch { .. } => "failed: roster mismatch",
        Failure::Defect { .. } => "failed: defect",
        Failure::Refused { refusal, .. } => match refusal {
            Refusal::Terms(SpecError::ThresholdTooLow { .. }) => "refused: threshold too low",
            Refusal::Terms(SpecError::DeadlineTooFar(_)) => "refused: deadline too far",
            Refusal::Terms(SpecError::DeadlinePassed) => "refused: deadline passed",
            Refusal::NotAHeavy(_) => "refused: not a heavy node",
            Refusal::TooFewLights { .. } => "refused: too few light nodes",
            _ => "refused: other",
        },
    }
}
